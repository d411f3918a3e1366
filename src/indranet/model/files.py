"""The files of a case: folder or zip, case.toml, headers, and where in a file a record stands."""

import csv
import difflib
import io
import os
import re
import shutil
import stat
import tempfile
import tomllib
import zipfile
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from importlib.resources import as_file
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

import numpy as np

from indranet.errors import Fault, InputError, UsageError
from indranet.model.examples import EXAMPLES, example_folder
from indranet.model.schema import TABLES, Table

SETTINGS = "case.toml"
"""File that names a case."""
SUFFIXES = (".csv", ".parquet")
CELL_CHARACTERS = 1 << 20
"""Longest cell of a CSV file, and longest line."""

ANSWERS = "expected"
"""How the names of files begin that hold the answers to a worked case, beside its tables."""

_CHUNK = 1 << 20
_BLOCK = 1 << 26
_RATIO_FROM = 1 << 20
_BYTE_ORDER_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\xef\xbb\xbf": "a byte order mark",
}
_WITHOUT_MARK = (
    "save it without: in a spreadsheet as 'CSV', not as 'CSV UTF-8'; in an editor as plain UTF-8"
)
_EXAMPLE = 'write lines such as name = "My case" and first_day = 2025-01-31'
_OTHER_SHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".txt", ".tsv", ".json")
"""Endings of files that a user may take for a table of the case."""
_SETTING_KEYS = ("name", "first_day", "description")


@dataclass(frozen=True)
class Limits:
    """What a case may ask of the machine before it is refused.

    Attributes
    ----------
    file_bytes, unpacked_bytes
        Size of one file; size of all files of a zip once unpacked.
    zip_ratio
        Unpacked to packed size of one member of a zip (of members above 1 MiB).
    columns, header_bytes
        Columns of one table; length of a header and of case.toml.
    faults
        Faults listed before "and more".
    """

    file_bytes: int = 4 << 30
    unpacked_bytes: int = 8 << 30
    zip_ratio: int = 300
    columns: int = 10_000
    header_bytes: int = 1 << 20
    faults: int = 1_000


LIMITS = Limits()
"""Limits where none are given."""


@dataclass(frozen=True)
class Settings:
    """What case.toml says."""

    name: str
    first_day: date
    description: str


@dataclass(frozen=True)
class Contents:
    """What the bytes of a file hold.

    Attributes
    ----------
    commas, nuls
        Numbers of commas and of NUL bytes.
    quoted, astray
        Whether there are quotation marks; whether one stands where no cell begins or ends.
    """

    commas: int
    nuls: int
    quoted: bool
    astray: bool


def suggestion(value: str, options: Iterable[str]) -> str:
    """Return " (did you mean '...'?)" for the nearest option, empty when none is near."""
    by_lower = {option.lower(): option for option in sorted(options, reverse=True)}
    near = difflib.get_close_matches(value.strip().lower(), by_lower, n=1)
    return f" (did you mean {by_lower[near[0]]!r}?)" if near else ""


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Path]:
    """Give the folder of a case: its own, a zip's unpacked for now, or one that comes with us.

    Raises
    ------
    InputError
        When there is no such folder or zip, or the zip is unsafe.
    """
    if path.is_dir():
        yield path
    elif str(path) in EXAMPLES and not path.exists():
        with as_file(example_folder(str(path))) as folder:
            yield folder
    elif not path.exists():
        remedy = (
            f"correct the path, or name one that comes with the package: {' or '.join(EXAMPLES)}"
        )
        raise InputError([Fault(str(path), problem="does not exist", remedy=remedy)])
    elif not path.is_file() or not zipfile.is_zipfile(path):
        problem, remedy = "is neither a folder nor a zip", "give a case folder or its zip"
        raise InputError([Fault(str(path), problem=problem, remedy=remedy)])
    elif path.stat().st_size > limits.file_bytes:
        problem = f"is larger than the limit of {limits.file_bytes:,} bytes"
        raise InputError([Fault(str(path), problem=problem, remedy="give the folder")])
    else:
        with tempfile.TemporaryDirectory(prefix="indranet-") as folder:
            faults = _unpack(path, Path(folder), limits)
            if faults:
                raise InputError(faults)
            yield Path(folder)


def _unpack(path: Path, folder: Path, limits: Limits) -> list[Fault]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            faults = _member_faults(path.name, members, limits)
            root, more = _zip_root(path.name, [m.filename for m in members])
            if faults or more:
                return faults + more
            room = limits.unpacked_bytes
            for member in members:
                name = PurePosixPath(member.filename)
                if str(name.parent) == root and _belongs(name.name):
                    room -= _extract(archive, member, folder / name.name, room)
                    if room < 0:
                        return [_too_big(path.name, limits)]
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError) as error:
        problem = f"cannot be unpacked: {error}"
        return [Fault(path.name, problem=problem, remedy="make the zip again")]
    return []


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, room: int) -> int:
    # Sizes in a zip's directory can lie, so the bytes are counted as they come.
    size = 0
    with archive.open(member) as source, to.open("xb") as target:
        while size <= room and (chunk := source.read(_CHUNK)):
            size += len(chunk)
            target.write(chunk)
    return size


def _belongs(name: str) -> bool:
    return name == SETTINGS or PurePosixPath(name).suffix.lower() in SUFFIXES


def _too_big(name: str, limits: Limits) -> Fault:
    problem = f"unpacks to more than {limits.unpacked_bytes:,} bytes"
    return Fault(name, problem=problem, remedy="give the folder, or raise the limit")


def _member_faults(file: str, members: list[zipfile.ZipInfo], limits: Limits) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for member in members:
        name = member.filename
        problem = ""
        if re.match(r"/|[A-Za-z]:", name) or "\\" in name or ".." in name.split("/"):
            problem = "leads out of the case"
        elif stat.S_ISLNK(member.external_attr >> 16):
            problem = "is a symbolic link"
        elif member.flag_bits & 1:
            problem = "is encrypted"
        elif name in seen:
            problem = "is there twice"
        elif (
            member.file_size > _RATIO_FROM
            and member.file_size > limits.zip_ratio * member.compress_size
        ):
            problem = f"unpacks to more than {limits.zip_ratio} times its packed size"
        seen.add(name)
        if problem:
            faults.append(Fault(file, 0, "", name, problem, "make the zip again without it"))
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        faults.append(_too_big(file, limits))
    return faults


def _zip_root(file: str, names: list[str]) -> tuple[str, list[Fault]]:
    roots = [str(PurePosixPath(name).parent) for name in names if name.split("/")[-1] == SETTINGS]
    if "." in roots:
        return ".", []
    tops = [root for root in roots if "/" not in root]
    if len(tops) == 1:
        return tops[0], []
    if tops:
        problem, remedy = f"holds {len(tops)} cases", "make one zip for each"
    elif roots:
        problem = f"holds its case in nested folders ({sorted(roots)[0]}/{SETTINGS})"
        remedy = "put the case at the top of the zip or in one folder"
    else:
        problem, remedy = f"holds no {SETTINGS}", "zip the case folder"
    return "", [Fault(file, problem=problem, remedy=remedy)]


def find_tables(folder: Path, limits: Limits) -> tuple[dict[str, Path], list[Fault]]:
    """Return the file of each table in a case folder, and what is wrong with the files.

    Folders, files of other sorts and the answers to a worked case are passed over.
    """
    found: dict[str, Path] = {}
    faults = []
    for path in sorted(folder.iterdir()):
        if path.name.partition(".")[0] in TABLES and path.suffix.lower() in _OTHER_SHEETS:
            remedy = f"save it as {path.name.partition('.')[0]}.csv, or move it away"
            faults.append(Fault(path.name, problem="is not read as a table", remedy=remedy))
        if path.suffix.lower() not in SUFFIXES or path.name.startswith((".", ANSWERS)):
            continue
        name = path.stem
        problem, remedy = _file_problem(folder, path, limits)
        if problem:
            faults.append(Fault(path.name, problem=problem, remedy=remedy))
        elif name not in TABLES or path.suffix not in SUFFIXES:
            near = suggestion(name, TABLES)
            remedy = f"rename or move it{near}; tables are {', '.join(TABLES)}"
            faults.append(Fault(path.name, problem="is not a table of a case", remedy=remedy))
        elif name in found:
            problem = f"stands beside {found[name].name}"
            faults.append(Fault(path.name, problem=problem, remedy="keep one of the two"))
        else:
            found[name] = path
    return {name: found[name] for name in TABLES if name in found}, faults


def _file_problem(folder: Path, path: Path, limits: Limits) -> tuple[str, str]:
    if not path.resolve().is_relative_to(folder.resolve()):
        return "is a link that leads out of the case", "put the file itself there"
    if not path.is_file():
        return "is not a file", "put a file there"
    if not os.access(path, os.R_OK):
        return "cannot be opened", "give yourself the right to read it"
    if path.stat().st_size > limits.file_bytes:
        return (
            f"is larger than the limit of {limits.file_bytes:,} bytes",
            "raise the limit (--max-file-gb), save it as Parquet or split the case",
        )
    return "", ""


def read_settings(folder: Path, limits: Limits) -> tuple[Settings | None, list[Fault]]:
    """Return what case.toml of a folder says, None with the faults when it cannot be used."""
    path = folder / SETTINGS
    example = 'name = "...", first_day = 2025-01-01'
    if not path.exists() and not path.is_symlink():
        return None, [Fault(SETTINGS, problem="is missing", remedy=f"add it with {example}")]
    problem, remedy = _file_problem(folder, path, limits)
    if not problem and path.stat().st_size > limits.header_bytes:
        problem, remedy = f"is larger than the limit of {limits.header_bytes:,} bytes", "shorten it"
    if problem:
        return None, [Fault(SETTINGS, problem=problem, remedy=remedy)]
    try:
        text = path.read_bytes().decode("utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError:
        return None, [Fault(SETTINGS, problem="is not UTF-8", remedy="save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        row = int(at.group(1)) if at else 0
        return None, [Fault(SETTINGS, row, problem=f"is not TOML: {error}", remedy=_EXAMPLE)]
    return _settings(values, text)


def _settings(values: dict[str, Any], text: str) -> tuple[Settings | None, list[Fault]]:
    faults = []

    def fault(key: str, problem: str, remedy: str) -> None:
        at = re.search(rf"(?m)^\s*\[?\[?\s*[\"']?{re.escape(key)}\b", text)
        row = text.count("\n", 0, at.start()) + 1 if at and key in values else 0
        value = str(values[key]) if key in values else ""
        faults.append(Fault(SETTINGS, row, key, value, problem, remedy))

    for key in values:
        if key not in _SETTING_KEYS:
            near = suggestion(key, _SETTING_KEYS)
            fault(key, "is not a key of case.toml", f"remove it or correct it{near}")
    name, first_day = values.get("name"), values.get("first_day")
    description = values.get("description", "")
    if not isinstance(name, str) or not name.strip():
        fault("name", "must be a text", 'write name = "..."')
    if isinstance(first_day, str):
        try:
            written, first_day = first_day, date.fromisoformat(first_day)
            first_day = first_day if first_day.isoformat() == written else None
        except ValueError:
            first_day = None
    if not isinstance(first_day, date) or isinstance(first_day, datetime):
        fault("first_day", "must be a day", "write first_day = 2025-01-01")
    if not isinstance(description, str):
        fault("description", "must be a text", 'write description = "..."')
    if faults:
        return None, faults
    assert isinstance(first_day, date)
    return Settings(str(name), first_day, description), []


def scan(folder: Path, paths: Collection[Path]) -> tuple[str, dict[str, Contents]]:
    """Return the case hash and what the bytes of each table's file hold.

    The hash is SHA-256 over name, size and bytes of case.toml and of every table, in name order.
    """
    digest = sha256()
    contents = {}
    for path in sorted({folder / SETTINGS, *paths}, key=lambda p: p.name):
        if not path.is_file():
            continue
        commas = quotes = nuls = 0
        digest.update(f"{path.name}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                commas += chunk.count(b",")
                quotes += chunk.count(b'"')
                nuls += chunk.count(b"\0")
        astray = path.suffix == ".csv" and quotes > 0 and _quote_astray(path)
        contents[path.name] = Contents(commas, nuls, quotes > 0, astray)
    return digest.hexdigest(), contents


def _quote_astray(path: Path) -> bool:
    """Return whether a quotation mark stands where no cell begins or ends.

    Marks open and close in turn, a doubled one closes and opens: each that opens follows a comma,
    a line end or a mark, each that closes comes before one.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    beside = np.zeros(256, dtype=bool)
    beside[np.frombuffer(b',"\r\n', dtype=np.uint8)] = True
    opens = True
    for start in range(0, len(data), _BLOCK):
        at = np.flatnonzero(data[start : start + _BLOCK] == ord('"')) + start
        opening, closing = (at[::2], at[1::2]) if opens else (at[1::2], at[::2])
        before = opening[opening > 0] - 1
        after = closing[closing + 1 < len(data)] + 1
        if not (beside[data[before]].all() and beside[data[after]].all()):
            return True
        opens ^= bool(len(at) % 2)
    return not opens


def read_header(path: Path, limits: Limits) -> tuple[list[str] | None, list[Fault]]:
    """Return the column names of a CSV file, None with the fault when it cannot be read."""

    def fault(problem: str, remedy: str) -> tuple[None, list[Fault]]:
        return None, [Fault(path.name, 1, problem=problem, remedy=remedy, line=1)]

    with path.open("rb") as file:
        start = file.read(limits.header_bytes + 1)
    if not start.strip():
        return fault("is empty", "write a header, or remove the file")
    for mark, name in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return fault(
                f"begins with {name}",
                _WITHOUT_MARK,
            )
    if b"\0" in start[:4]:
        return fault("is UTF-16 or no text at all", "save it as UTF-8")
    text = start.decode("utf-8", errors="replace")
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader)
    except (csv.Error, StopIteration) as error:
        return fault(f"has a header that is not CSV: {error}", "correct its quotation marks")
    lines = max(text.count("\n"), text.count("\r"))
    if len(start) > limits.header_bytes and reader.line_num > lines:
        return fault(
            f"has a header longer than {limits.header_bytes:,} bytes", "shorten its first row"
        )
    return header, []


def header_faults(
    file: str, header: Sequence[str], schema: Table, limits: Limits
) -> tuple[bool, list[Fault]]:
    """Return whether the rows below a header can be read, and what is wrong with the header."""
    known = [column.name for column in schema.columns]
    if len(header) > limits.columns:
        problem = f"has more than {limits.columns:,} columns"
        return False, [Fault(file, 1, "", "", problem, "keep the columns of the table")]
    if not set(header) & set(known):
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if len(header) == 1 and set(header[0].split(separator)) & set(known):
                problem = f"was saved with {name} between cells"
                return False, [Fault(file, 1, problem=problem, remedy="save as CSV with commas")]
        problem = "has no header: its first row holds no column name of this table"
        remedy = f"write the header first: {','.join(known[: max(3, len(schema.key))])},..."
        return False, [Fault(file, 1, "", ",".join(header)[:80], problem, remedy)]
    faults = []
    for position, name in enumerate(header):
        if name in header[:position]:
            problem, remedy = "is there twice", "remove or rename one of the two columns"
            faults.append(Fault(file, 1, name, "", problem, remedy))
        elif not name:
            problem = f"has a column without name (column {position + 1})"
            faults.append(Fault(file, 1, "", "", problem, "name it or remove it"))
        elif name not in known:
            near = suggestion(name, known)
            problem, remedy = f"is not a column of {schema.name}", f"remove it or correct it{near}"
            faults.append(Fault(file, 1, name, "", problem, remedy))
    missing = [c.name for c in schema.columns if c.required and c.name not in header]
    faults += [Fault(file, 1, name, "", "is missing", "add this column") for name in missing]
    return True, faults


class _Lines:
    """Lines of a text file, kept until they are taken."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.kept = ""

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.kept += line
            yield line

    def take(self) -> tuple[str, str]:
        """Return the lines since the last call, as one text, and how it ends."""
        text, self.kept = self.kept, ""
        body = text.rstrip("\r\n")
        return body, text[len(body) :]


@dataclass(frozen=True)
class Walk:
    """Where the records of a CSV file stand, blank lines not counted.

    Attributes
    ----------
    rows, lines
        Row as a spreadsheet numbers it and line of the file, one of each a record.
    faults
        Ragged rows, quotation marks astray, bytes that are not UTF-8, NUL bytes, mixed line ends.
    """

    rows: Sequence[int]
    lines: Sequence[int]
    faults: list[Fault]


def walk(path: Path, columns: int, limits: Limits) -> Walk:
    """Walk a CSV file of so many columns record by record, as far as it can be read."""
    rows, lines = array("q"), array("q")
    faults: list[Fault] = []
    row, line, first_ending = 0, 1, ""
    previous_limit = csv.field_size_limit(CELL_CHARACTERS)
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = _Lines(file)
            reader = csv.reader(iter(text), strict=True)
            for cells in reader:
                row += 1
                body, ending = text.take()
                first_ending = first_ending or ending
                blank = not cells or (columns == 1 and cells == [""])
                if row > 1 and not blank:
                    rows.append(row)
                    lines.append(line)
                problem, remedy = ("", "") if blank else _row_problem(body, cells, columns)
                if not problem and ending not in ("", first_ending):
                    problem = "ends its line in another way than the header"
                    remedy = "save it again with one kind of line end"
                if problem and len(faults) <= limits.faults:
                    faults.append(Fault(path.name, row, "", "", problem, remedy, line))
                line = reader.line_num + 1
    except csv.Error as error:
        problem = f"is not CSV: {error}"
        faults.append(Fault(path.name, row + 1, "", "", problem, _QUOTE_REMEDY, line))
    finally:
        csv.field_size_limit(previous_limit)
    return Walk(rows, lines, faults)


_QUOTE_REMEDY = "put the whole cell in quotation marks and double those inside it"
_WELL_QUOTED = re.compile(r'(?:"(?:[^"]|"")*+"|[^",]*+)(?:,(?:"(?:[^"]|"")*+"|[^",]*+))*+')


def _row_problem(body: str, cells: list[str], columns: int) -> tuple[str, str]:
    if '"' in body and not _WELL_QUOTED.fullmatch(body):
        return "has a quotation mark inside a cell", _QUOTE_REMEDY
    if len(cells) != columns:
        remedy = "quote cells that hold a comma, and fill the row up to the header"
        return f"has {len(cells)} cells where the header has {columns}", remedy
    if "\0" in body:
        return "holds a NUL byte", "remove it, or save the file as UTF-8"
    if not body.isascii() and any("\udc80" <= c <= "\udcff" for c in body):
        return "holds bytes that are not UTF-8", "save the file as UTF-8"
    return "", ""


class Source:
    """The file of one table, which knows where each of its records stands.

    Parameters
    ----------
    path
        The file.
    columns
        Columns of its header.
    limits
        Limits of the walk that finds the records of a CSV file; it is made when first asked for.
    """

    def __init__(self, path: Path, columns: int, limits: Limits) -> None:
        self.name = path.name
        self.limits = limits
        self._path = path
        self._columns = columns

    @cached_property
    def walked(self) -> Walk:
        """Walk of the whole file; of none for Parquet, whose records need no search."""
        if self._path.suffix == ".parquet":
            return Walk((), (), [])
        return walk(self._path, self._columns, self.limits)

    def row(self, record: int) -> int:
        """Return the row of a record, 0 for the first below the header, as a spreadsheet does."""
        rows = self.walked.rows
        return rows[record] if record < len(rows) else record + 2

    def fault(self, record: int, column: str, value: str, problem: str, remedy: str) -> Fault:
        """Return a fault of one record."""
        row = self.row(record)
        lines = self.walked.lines
        line = lines[record] if record < len(lines) else 0
        return Fault(self.name, row, column, value, problem, remedy, 0 if line == row else line)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that becomes `folder` when all went well, and is gone otherwise.

    Raises
    ------
    UsageError
        When the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already and is not empty; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}.{os.getpid()}.{os.urandom(4).hex()}"
    beside.mkdir()
    try:
        yield beside
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
