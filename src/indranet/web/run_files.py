"""The runs of a folder, read and never written: a name leads to a run in it or to nothing."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from indranet.errors import InputError, UsageError
from indranet.runs.report import REPORTED, report
from indranet.runs.run import MANIFEST, Run, open_run
from indranet.web.answers import RunRow, Runs, TableRows

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")
MOST_ROWS = 1000


def runs_in(folder: Path) -> Runs:
    """Return the runs of a folder by name; none where it is not there yet."""
    rows, damaged = [], []
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in paths:
        if not _is_run(folder, path.name):
            continue
        try:
            manifest = open_run(path).manifest
            command = str(manifest["command"])
            row = RunRow(
                name=path.name, command=command, case=str(manifest["case"]),
                marking=str(manifest["marking"]), seconds=float(manifest["seconds"]),
                reported=command in REPORTED,
            )  # fmt: skip
        except (InputError, KeyError, TypeError, ValueError):
            damaged.append(path.name)
            continue
        rows.append(row)
    return Runs(runs=rows, damaged=damaged)


def run_of(folder: Path, name: str) -> Run:
    """Return one run of a folder.

    Raises
    ------
    UsageError
        When the folder has no run of that name.
    InputError
        When the run cannot be read.
    """
    if not _is_run(folder, name):
        raise UsageError("there is no run of that name")
    return open_run(folder / name)


def _is_run(folder: Path, name: str) -> bool:
    """Return whether a name is that of a run that lies in the folder and nowhere else."""
    if not _NAME.fullmatch(name):
        return False
    manifest = folder / name / MANIFEST
    return manifest.is_file() and manifest.resolve().parent.parent == folder.resolve()


def table_of(run: Run, name: str, limit: int, offset: int) -> TableRows:
    """Return some rows of a table of a run.

    Parameters
    ----------
    run
        The run.
    name
        The table.
    limit, offset
        How many rows, and after how many.

    Raises
    ------
    UsageError
        When the run has no such table in its folder.
    InputError
        When it cannot be read.
    """
    path = run.folder / f"{name}.parquet"
    if name not in run.tables or path.resolve().parent != run.folder.resolve():
        raise UsageError("the run has no such table")
    table = run.table(name)
    some = [_plain(values[offset : offset + limit]) for values in table.values()]
    total = len(next(iter(table.values()), ()))
    rows = [list(row) for row in zip(*some, strict=True)]
    return TableRows(columns=list(table), total=total, offset=offset, rows=rows)


def _plain(values: np.ndarray[Any, Any]) -> list[Any]:
    """Return values as JSON has them: what is no number is null, days are text."""
    if values.dtype.kind == "M":
        return [None if text == "NaT" else text for text in np.datetime_as_string(values).tolist()]
    if values.dtype.kind == "f":
        return [value if np.isfinite(value) else None for value in values.tolist()]
    return list(values.tolist())


def report_of(run: Run) -> str:
    """Return the report on a run, made anew; nothing is written beside the run.

    Raises
    ------
    UsageError
        When runs of its command have no report.
    InputError
        When the run lacks something that the report reads.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder) / "report.html"
        report([run], out)
        return out.read_text(encoding="utf-8")
