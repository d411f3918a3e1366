"""Files of numbers with names above and before them, read with every fault at its place."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError

Floats = npt.NDArray[np.float64]

MAX_FAULTS = 1_000
"""Faults listed before "and more"."""

_LARGEST = 1e100
"""What is above is no money, and sums of it might overflow."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Sheet:
    """A file of numbers with names above and before them.

    Attributes
    ----------
    file
        Name of the file.
    heads
        Cells above the numbers, a list for each row above them.
    labels
        Cells before the numbers, a list for each row.
    numbers
        Row of each record as a spreadsheet counts.
    values
        The numbers, finite, shape (rows, columns).
    """

    file: str
    heads: list[list[str]]
    labels: list[list[str]]
    numbers: list[int]
    values: Floats


@dataclass
class Reading:
    """A table under way: the largest file allowed, in bytes, and the faults found so far."""

    max_bytes: int
    faults: list[Fault] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether enough faults were found to stop."""
        return len(self.faults) > MAX_FAULTS

    def note(
        self,
        file: str,
        row: int = 0,
        column: str = "",
        value: str = "",
        *,
        problem: str,
        remedy: str,
        line: int = 0,
    ) -> None:
        """Add a fault."""
        self.faults.append(Fault(file, row, column, value, problem, remedy, line))

    def stop_if_faulty(self) -> None:
        """Raise the faults found, if any."""
        if self.faults:
            raise InputError(self.faults[:MAX_FAULTS], more=self.full)


def read_sheet(reading: Reading, path: Path, *, heads: int) -> Sheet | None:
    """Read a file of numbers, None when something is wrong with it.

    Parameters
    ----------
    reading
        Takes the faults.
    path
        The file; cells are separated by tabs where its first line holds one, else by commas.
    heads
        Rows above the numbers. Below two of them, pymrio leaves a row that names the cells before
        the numbers.
    """
    above: list[list[str]] = []
    labels: list[list[str]] = []
    numbers: list[int] = []
    values: list[Floats] = []
    index = width = 0
    for number, line, cells in records(reading, path):
        if not above:
            index = _before(cells) if heads > 1 else 1
            width = len(cells)
        if len(cells) != width:
            problem = f"has {len(cells)} cells where the header has {width}"
            reading.note(
                path.name, number, problem=problem, remedy="fill it up or correct it", line=line
            )
        elif len(above) < heads:
            above.append([_name(cell) for cell in cells[index:]])
        elif labels or any(cells[index:]):
            labels.append([_name(cell) for cell in cells[:index]])
            numbers.append(number)
            values.append(_numbers(reading, (path.name, number, line), above, cells[index:]))
        if reading.full:
            return None
    if reading.faults:
        return None
    if not labels or width <= index:
        problem = "holds no table of numbers separated by commas or tabs"
        remedy = "give a wide CSV file, or a folder with Z.txt and Y.txt as pymrio saves it"
        reading.note(path.name, problem=problem, remedy=remedy)
        return None
    return Sheet(path.name, above, labels, numbers, np.array(values))


def _name(cell: str) -> str:
    # ';' parts identifiers in the cells of a case that list several.
    return unicodedata.normalize("NFC", cell.strip()).replace(";", ",")


def _before(cells: Sequence[str]) -> int:
    """Return how many cells stand before the numbers: no region is written above them."""
    count = 1
    while count < len(cells) and not cells[count].strip():
        count += 1
    return count


def records(reading: Reading, path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """Yield row, line and cells of each record that is not empty."""
    refused = _refused(path, reading.max_bytes)
    if refused:
        reading.note(str(path), problem=refused[0], remedy=refused[1])
        return
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            tabs = "\t" in stream.readline()
            stream.seek(0)
            reader = csv.reader(stream, delimiter="\t" if tabs else ",", strict=True)
            for number, cells in enumerate(reader, 1):
                line = reader.line_num
                if any(cells):
                    yield number, line if line != number else 0, cells
    except UnicodeDecodeError:
        reading.note(path.name, line + 1, problem="is not UTF-8", remedy="save it as UTF-8")
    except csv.Error as error:
        problem = f"cannot be read as CSV: {error}"
        reading.note(path.name, line + 1, problem=problem, remedy="correct the line")


def _refused(path: Path, max_bytes: int) -> tuple[str, str] | None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        return f"cannot be read: {error.strerror}", "correct the path"
    if size > max_bytes:
        return f"has {size} bytes, more than the {max_bytes} allowed", "leave out what is not asked"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16", "save it as UTF-8"
    if start.startswith(b"PK"):
        return "is a zip or a spreadsheet", "unpack it, or save it as CSV"
    return None


def _numbers(
    reading: Reading, where: tuple[str, int, int], above: list[list[str]], cells: list[str]
) -> Floats:
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.full(len(cells), np.nan)
    # NumPy takes some texts for numbers that a spreadsheet would not.
    if (np.abs(values) < _LARGEST).all() and "_" not in "".join(cells):
        return values
    file, number, line = where
    for column, cell in enumerate(cells):
        text = cell.strip()
        sound = bool(_NUMBER.fullmatch(text)) and abs(float(text)) < _LARGEST
        if not sound and not reading.full:
            name = ":".join(head[column] for head in above)
            problem = "is no number" if text else "is empty"
            remedy = "write digits, with a decimal point where needed; 0 for no flow"
            reading.note(file, number, name, cell, problem=problem, remedy=remedy, line=line)
        values[column] = float(text) if sound else np.nan
    return values
