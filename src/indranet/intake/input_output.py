"""Input-output tables of others: which industry sells how much to which in a year.

Two layouts are read. A wide CSV file has one row and one column for each industry, named
REGION_SECTOR (OECD ICIO) or REGION:SECTOR, then columns of final demand and of output, and below
the industries rows of value added and of output. A folder of pymrio has one file of flows (Z) and
one of final demand (Y).
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.intake.sheets import MAX_FAULTS, Reading, Sheet, read_sheet, records
from indranet.model.cells import RESERVED
from indranet.model.files import suggestion
from indranet.model.schema import KINDS

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_BYTES = 512 * 1024 * 1024
"""Largest file that is read unless the caller allows more."""

FINAL = (
    "FD", "HFCE", "HC", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR", "P33", "NONRES", "CONS_ABR",
    "CONS_NONRES", "DISC",
)  # fmt: skip
"""Words for columns of final demand: FD, and those of the OECD (Guide to ICIO tables)."""
ADDED = ("VA", "VALU", "TLS", "TAXSUB")
"""Words for rows of value added: its own, and taxes less subsidies on products."""
TOTAL = ("OUT", "OUTPUT", "TOTAL")
"""Words for the row and the column of output."""

# Makers of tables round and reconcile; beyond this the file is not what it was taken for.
_OUTPUT_TOLERANCE = 0.05
# Of the largest output: small rows of a table in whole millions are mostly rounding.
_ROUNDING = 1e-6
_WORTH_TELLING = 1e-4
_MOST_OPTIONS = 50
"""Names among which a similar one is looked for."""
_SCALES = (
    (re.compile(r"bill|\bbn\b|^b\W", re.IGNORECASE), 1e9),
    (re.compile(r"mill|\bmio\b|^m\W|^m(?=[A-Z]{3}$)", re.IGNORECASE), 1e6),
    (re.compile(r"thous|\b1000\b|^k\W", re.IGNORECASE), 1e3),
)


@dataclass(frozen=True, eq=False)
class InputOutputTable:
    """Industries and what they sell each other and to consumers in a year.

    Attributes
    ----------
    label, region, sector
        What each industry is called, where it stands and what it makes; text, shape (industries,).
    flows
        What each industry (row) sells each other (column) in a year, not below 0, shape
        (industries, industries).
    final
        What each sells to consumers, investors and stores in a year; below 0 where more was taken
        from stores than all of them bought; shape (industries,).
    added
        Value added in the table's own rows, NaN where it has none, shape (industries,).
    unit, scale
        Unit of money as the table writes it; how many of its currency one unit is.
    source
        Names of the files.
    notes
        What a reader of the numbers should know, in sentences.
    """

    label: Array
    region: Array
    sector: Array
    flows: Floats
    final: Floats
    added: Floats
    unit: str
    scale: float
    source: str
    notes: tuple[str, ...] = ()


def read_table(path: Path, *, max_bytes: int = MAX_BYTES) -> InputOutputTable:
    """Read an input-output table.

    Parameters
    ----------
    path
        A wide CSV file, or a folder that pymrio saved as text.
    max_bytes
        Largest size of a file, in bytes.

    Raises
    ------
    InputError
        With every fault found: what is no table, or too large; rows of different length; cells
        that are no numbers; industries named twice, or with a row and no column; flows below 0;
        rows that do not add up to the output column; units that are mixed.
    """
    reading = Reading(max_bytes)
    table = _pymrio(reading, path) if path.is_dir() else _wide(reading, path)
    reading.stop_if_faulty()
    assert table is not None
    return table


def _wide(reading: Reading, path: Path) -> InputOutputTable | None:
    sheet = read_sheet(reading, path, heads=1)
    if sheet is None:
        return None
    columns, rows = sheet.heads[0], [label[0] for label in sheet.labels]
    industry = [i for i, row in enumerate(rows) if not (_is_added(row) or _is_total(row))]
    names = [rows[i] for i in industry]
    known = set(names)
    final = [j for j, c in enumerate(columns) if c not in known and _is_final(c)]
    _check_labels(reading, sheet, industry, final)
    if reading.faults:
        return None
    within = _positions(names, columns)
    flows = np.ascontiguousarray(sheet.values[np.ix_(industry, within)])
    _negative(reading, sheet, flows, industry, names)
    demand = sheet.values[np.ix_(industry, final)].sum(axis=1)
    notes = []
    for j in [j for j, c in enumerate(columns) if _is_total(c)][:1]:
        notes += _against_output(reading, sheet, flows, demand, industry, j)
    added = [i for i, row in enumerate(rows) if _is_added(row)]
    own = sheet.values[np.ix_(added, within)].sum(axis=0) if added else np.full(len(names), np.nan)
    return InputOutputTable(
        label=_texts(names),
        region=_texts([_parts(name)[0] for name in names]),
        sector=_texts([_parts(name)[1] for name in names]),
        flows=flows,
        final=demand,
        added=own,
        # Both the OECD and WIOD write millions of dollars, and neither says so in the file.
        unit="million USD",
        scale=1e6,
        source=path.name,
        notes=(*notes, *_against_added(flows, demand, own)),
    )


def _check_labels(
    reading: Reading, sheet: Sheet, industry: Sequence[int], final: Sequence[int]
) -> None:
    """Note labels of a wide table that are twice, mean nothing, or are lacking."""
    columns, rows = sheet.heads[0], [label[0] for label in sheet.labels]
    _repeated(reading, sheet.file, columns, [1] * len(columns))
    _repeated(reading, sheet.file, rows, sheet.numbers)
    _unmatched(reading, sheet, columns, industry)
    for i in industry:
        _check_names(reading, (sheet.file, sheet.numbers[i], "", rows[i]), _parts(rows[i]))
    if not industry or not final:
        lacking = "no industry" if not industry else "no column of final demand"
        remedy = f"name industries REGION_SECTOR, final demand REGION_{FINAL[1]} or FD:REGION"
        reading.note(sheet.file, problem=f"has {lacking}", remedy=remedy)


def _is_final(label: str) -> bool:
    region, sector = _parts(label)
    return bool({label.upper(), sector.upper()} & set(FINAL)) or region.upper() == FINAL[0]


def _is_added(label: str) -> bool:
    return label.upper() in ADDED or _parts(label)[1].upper() in ADDED


def _is_total(label: str) -> bool:
    return label.upper() in TOTAL


def _parts(label: str) -> tuple[str, str]:
    """Return region and sector of a label, the sector empty where nothing parts them."""
    region, _, sector = label.partition(":" if ":" in label else "_")
    return region, sector


def _unmatched(
    reading: Reading, sheet: Sheet, columns: Sequence[str], industry: Sequence[int]
) -> None:
    """Note rows without a column, and columns that are no industry, final demand or output."""
    names = {sheet.labels[i][0] for i in industry}
    known = set(columns)
    free = [c for c in columns if not (c in names or _is_final(c) or _is_total(c))]
    for i in industry:
        name = sheet.labels[i][0]
        if name not in known:
            remedy = f"add that column, or name a row of value added {ADDED[0]}"
            remedy += _near(name, free)
            where = (sheet.file, sheet.numbers[i], "", name)
            reading.note(*where, problem="is a row without a column", remedy=remedy)
    for name in free:
        problem = "is a column without a row, and no final demand or output"
        remedy = f"add that row, or name it REGION_{FINAL[1]}, FD:REGION or {TOTAL[0]}"
        reading.note(sheet.file, 1, name, problem=problem, remedy=remedy)


def _against_output(
    reading: Reading,
    sheet: Sheet,
    flows: Floats,
    final: Floats,
    industry: Sequence[int],
    column: int,
) -> list[str]:
    """Hold rows to the output column; return a sentence where they differ a little."""
    sums, output = flows.sum(axis=1) + final, sheet.values[industry, column]
    least = _ROUNDING * float(np.abs(output).max())
    apart = np.abs(sums - output) / np.maximum(np.abs(output), least or 1.0)
    name = sheet.heads[0][column]
    off = (apart > _OUTPUT_TOLERANCE) & (np.abs(sums - output) > least)
    for k in np.flatnonzero(off).tolist():
        reading.note(
            sheet.file, sheet.numbers[industry[k]], name, f"{output[k]:.10g}",
            problem=f"is not what sales and final demand add up to, {sums[k]:.10g}",
            remedy="correct the row, or leave the column of output out",
        )  # fmt: skip
    return _told(apart, "the column of output differs from sales and final demand, which count,")


def _against_added(flows: Floats, final: Floats, added: Floats) -> list[str]:
    output = flows.sum(axis=1) + final
    apart = np.abs(output - flows.sum(axis=0) - added) / np.maximum(output, 1e-300)
    made = output > _ROUNDING * output.max(initial=0.0)
    words = "value added differs from output less purchases, which count,"
    return _told(apart[made & ~np.isnan(added)], words)


def _told(apart: Floats, words: str) -> list[str]:
    most = float(apart.max(initial=0.0))
    if most < _WORTH_TELLING:
        return []
    return [f"In the table {words} by up to {100 * most:.2g} % of output."]


def _pymrio(reading: Reading, folder: Path) -> InputOutputTable | None:
    files = {kind: _file_of(reading, folder, kind) for kind in ("Z", "Y")}
    sheets = {k: read_sheet(reading, path, heads=2) for k, path in files.items() if path}
    trade, final = sheets.get("Z"), sheets.get("Y")
    if trade is None or final is None or reading.faults:
        return None
    rows = [":".join(label[:2]) for label in trade.labels]
    columns = [":".join(pair) for pair in zip(*trade.heads, strict=True)]
    of_final = [":".join(label[:2]) for label in final.labels]
    _repeated(reading, trade.file, rows, trade.numbers)
    _repeated(reading, trade.file, columns, [1] * len(columns))
    _repeated(reading, final.file, of_final, final.numbers)
    _unlike(reading, (trade.file, "columns"), rows, columns)
    _unlike(reading, (final.file, "rows"), rows, of_final)
    for label, row in zip(trade.labels, trade.numbers, strict=True):
        _check_names(reading, (trade.file, row, "", ":".join(label[:2])), [*label, ""][:2])
    unit = _unit(reading, folder, trade)
    if reading.faults:
        return None
    flows = np.ascontiguousarray(trade.values[:, _positions(rows, columns)])
    _negative(reading, trade, flows, range(len(rows)), rows)
    return InputOutputTable(
        label=_texts(rows),
        region=_texts([label[0] for label in trade.labels]),
        sector=_texts([label[1] for label in trade.labels]),
        flows=flows,
        final=final.values[_positions(rows, of_final)].sum(axis=1),
        added=np.full(len(rows), np.nan),
        unit=unit,
        scale=next((scale for word, scale in _SCALES if word.search(unit)), 1.0),
        source=f"{folder.name}/{trade.file}, {folder.name}/{final.file}",
    )


def _file_of(reading: Reading, folder: Path, kind: str) -> Path | None:
    """Return the file of flows (Z) or of final demand (Y) in a folder of pymrio."""
    named = folder / "file_parameters.json"
    try:
        name = str(json.loads(named.read_text("utf-8"))["files"][kind]["name"])
        found = [folder / Path(name).name]
    except OSError:
        found = sorted(p for p in folder.iterdir() if re.fullmatch(rf"(.*_)?{kind}", p.stem))
    except (ValueError, KeyError, TypeError):
        problem = f"does not name the file of {kind}"
        reading.note(named.name, problem=problem, remedy="save the table with pymrio again")
        return None
    if len(found) == 1 and found[0].suffix != ".parquet":
        return found[0]
    problem = f"holds {len(found) or 'no'} files of {kind}"
    remedy = f"give a wide CSV file, or a folder with {kind}.txt as pymrio saves it"
    if len(found) == 1:
        problem, remedy = f"holds its {kind} as Parquet", "save it with table_format='txt'"
    reading.note(str(folder), problem=problem, remedy=remedy)
    return None


def _unit(reading: Reading, folder: Path, trade: Sheet) -> str:
    """Return the one unit of a pymrio table: a third cell before the numbers, or unit.txt."""
    units = {label[2] for label in trade.labels if len(label) > 2}
    path = folder / "unit.txt"
    if not units and path.is_file():
        units = {cells[-1].strip() for row, _, cells in records(reading, path) if row > 1}
    if len(units) > 1:
        problem = f"mixes units: {', '.join(sorted(units)[:5])}"
        remedy = "give a table in money alone"
        reading.note(path.name if path.is_file() else trade.file, problem=problem, remedy=remedy)
    return next(iter(units), "money")


def _unlike(
    reading: Reading, where: tuple[str, str], rows: Sequence[str], other: Sequence[str]
) -> None:
    """Note industries that only the rows of the flows have, or only the other."""
    file, what = where
    lacking, unknown = sorted(set(rows) - set(other)), sorted(set(other) - set(rows))
    for name in lacking:
        problem, remedy = f"is missing among the {what}", "add it" + _near(name, unknown)
        reading.note(file, 0, "", name, problem=problem, remedy=remedy)
    for name in unknown:
        problem = f"is among the {what}, but no row of the flows"
        remedy = "add that row, or correct the name" + _near(name, lacking)
        reading.note(file, 0, "", name, problem=problem, remedy=remedy)


def _near(name: str, options: Sequence[str]) -> str:
    return suggestion(name, options) if len(options) <= _MOST_OPTIONS else ""


def _positions(names: Sequence[str], among: Sequence[str]) -> list[int]:
    place = {name: j for j, name in enumerate(among)}
    return [place[name] for name in names]


def _repeated(reading: Reading, file: str, labels: Sequence[str], numbers: Sequence[int]) -> None:
    first: dict[str, int] = {}
    for label, row in zip(labels, numbers, strict=True):
        if label in first:
            at = f"row {first[label]}" if row != first[label] else "the header"
            reading.note(file, row, "", label, problem=f"repeats {at}", remedy="keep one of them")
        first.setdefault(label, row)


def _check_names(reading: Reading, where: tuple[Any, ...], parts: Iterable[str]) -> None:
    """Note a region or sector that cannot be part of an identifier."""
    region, sector = parts
    for text in (region, sector):
        problem = ""
        if not text:
            problem = "names no region and sector"
        elif not text.isprintable() or text != text.strip():
            problem = "holds a character that does not show"
        elif text.startswith("=") or text in RESERVED or text in KINDS:
            problem = f"has a part, {text!r}, with a meaning of its own"
        if problem:
            reading.note(*where, problem=problem, remedy="write REGION_SECTOR or REGION:SECTOR")
            return


def _negative(
    reading: Reading,
    sheet: Sheet,
    flows: Floats,
    industry: Sequence[int],
    names: Sequence[str],
) -> None:
    for i, j in np.argwhere(flows < 0)[: MAX_FAULTS + 1].tolist():
        reading.note(
            sheet.file, sheet.numbers[industry[i]], names[j], f"{flows[i, j]:.10g}",
            problem="is a flow between industries below 0",
            remedy="write 0; only final demand may be below 0 (taken from stores)",
        )  # fmt: skip


def _texts(texts: Sequence[str]) -> Array:
    return np.array(texts, dtype=object)
