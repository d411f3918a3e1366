"""The tables of runs as one workbook, for those who go on in a spreadsheet."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import xlsxwriter

from indranet.errors import UsageError
from indranet.runs.run import Run, Table

MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can hold."""
_NAME = 31
_AUTHOR = "Indranet"


def workbook(runs: Sequence[Run], out: Path) -> None:
    """Write every table of some runs as a sheet, after one that says where the numbers come from.

    Texts are written as texts: none is taken for a formula or an address. Of a table longer than a
    sheet can hold the first rows are written, and the first sheet says so.

    Parameters
    ----------
    runs
        Finished runs.
    out
        File to write, whole or not at all; an existing one is replaced.

    Raises
    ------
    UsageError
        When `out` is a file that is no workbook of a run.
    """
    if out.exists() and not _is_ours(out):
        raise UsageError(
            f"{out} is no workbook of ours, and is left as it is: choose another --out"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with xlsxwriter.Workbook(str(beside), {"constant_memory": True}) as book:
            book.set_properties({"author": _AUTHOR})
            told = book.add_worksheet("about")
            lines: list[tuple[str, str]] = []
            for number, run in enumerate(runs, 1):
                prefix = f"{number} " if len(runs) > 1 else ""
                lines += [(prefix + key, value) for key, value in _about(run)]
                for name in run.tables:
                    table = run.table(name)
                    rows = _write(book.add_worksheet((prefix + name)[:_NAME]), table)
                    count = len(next(iter(table.values())))
                    left = f"; the first {rows:,} stand here" if rows < count else ""
                    lines.append((prefix + name, f"{count:,} rows{left}"))
            for row, (key, value) in enumerate(lines):
                told.write_string(row, 0, key)
                told.write_string(row, 1, value)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    try:
        with ZipFile(path) as parts:
            return f">{_AUTHOR}<".encode() in parts.read("docProps/core.xml")
    except (BadZipFile, KeyError):
        return False


def _about(run: Run) -> list[tuple[str, str]]:
    keys = ("case", "marking", "command", "version", "seed", "case_hash", "first_day", "seconds")
    return [(key, str(run.manifest.get(key, ""))) for key in keys]


def _write(sheet: Any, table: Table) -> int:
    """Write one table; return how many of its rows were written."""
    rows = min(len(next(iter(table.values()))), MOST_ROWS)
    sheet.freeze_panes(1, 0)
    columns = [values[:rows].tolist() for values in table.values()]
    for column, name in enumerate(table):
        sheet.write_string(0, column, name)
    for row, cells in enumerate(zip(*columns, strict=True), 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str | date):
                sheet.write_string(row, column, str(cell))
            elif isinstance(cell, bool):
                sheet.write_boolean(row, column, cell)
            elif cell is not None and np.isfinite(cell):
                sheet.write_number(row, column, cell)
    return rows
