"""A case in and out: read and check a folder or zip, write a folder."""

import shutil
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError
from indranet.model import tables as sql
from indranet.model.cells import CODED, EMPTY, LISTS, default_column, not_a_choice
from indranet.model.checks import cross_row_faults
from indranet.model.coded import Tables
from indranet.model.files import (
    LIMITS,
    SETTINGS,
    Contents,
    Limits,
    Settings,
    Source,
    find_tables,
    header_faults,
    opened,
    read_header,
    read_settings,
    scan,
    whole_folder,
)
from indranet.model.network import Network, Rows
from indranet.model.schema import DECLARED_BY, KINDS, TABLES, Column, Table
from indranet.model.stored import copy_rows

__all__ = ["LIMITS", "Limits", "check", "extend_case", "read", "write_case"]

Array = npt.NDArray[Any]


def read(path: str | Path, *, limits: Limits = LIMITS) -> Network:
    """Read and check a case.

    Parameters
    ----------
    path
        A case folder, a zip of one, or the name of a case that comes with the package.
    limits
        What the case may ask of the machine.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    with opened(Path(path), limits) as folder:
        files, faults = find_tables(folder, limits)
        settings, more = read_settings(folder, limits)
        digest, contents = scan(folder, files.values())
        with sql.connected() as connection:
            refused = {Path(fault.file).stem for fault in faults}
            case = _Case(connection, limits, files, refused, faults + more)
            tables = _assemble(case, contents)
            if case.faults:
                raise _refusal(case.faults, limits)
            assert settings is not None
            return _network(case, tables, settings, digest)


def check(path: str | Path, *, limits: Limits = LIMITS) -> list[Fault]:
    """Return every fault of a case, none when it can be read.

    Parameters
    ----------
    path
        A case folder, a zip of one, or the name of a case that comes with the package.
    limits
        What the case may ask of the machine.
    """
    try:
        read(path, limits=limits)
    except InputError as error:
        return list(error.faults)
    return []


def _refusal(faults: list[Fault], limits: Limits) -> InputError:
    rank = {table: i for i, table in enumerate(TABLES)}

    def order(fault: Fault) -> tuple[int, str, int, int, Fault]:
        table = fault.file.partition(".")[0]
        place = -2 if fault.file == SETTINGS else rank.get(table, -1)
        names = [c.name for c in TABLES[table].columns] if table in TABLES else []
        column = names.index(fault.column) if fault.column in names else -1
        return place, fault.file, fault.row, column, fault

    faults = sorted(dict.fromkeys(faults), key=order)
    return InputError(faults[: limits.faults], more=len(faults) > limits.faults)


_THINGS = (("failures", "thing"), ("needs", "input"))
"""Where a thing is declared, and where it must be used."""


@dataclass
class _Case:
    """A case under way from files to arrays."""

    connection: duckdb.DuckDBPyConnection
    limits: Limits
    files: Mapping[str, Path]
    refused: Set[str]
    faults: list[Fault]
    sources: dict[str, Source] = field(default_factory=dict)
    loaded: dict[str, sql.Loaded] = field(default_factory=dict)
    misheaded: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    sound: dict[str, Array] = field(default_factory=dict)
    names: dict[str, Array] = field(default_factory=dict)
    words: dict[tuple[str, str], Array] = field(default_factory=dict)
    lists: dict[tuple[str, str], tuple[Array, Array]] = field(default_factory=dict)

    def offsets(self, kinds: Sequence[str]) -> dict[str, int]:
        """Return the code of the first thing of each kind, 0 for a kind alone."""
        if len(kinds) == 1:
            return {kinds[0]: 0}
        return {kind: sum(len(self.names[k]) for k in KINDS[: KINDS.index(kind)]) for kind in kinds}

    def has(self, table: str, column: str) -> bool:
        """Return whether a table was loaded with a column."""
        return table in self.loaded and column in self.loaded[table].columns

    def unclear(self, kinds: Sequence[str]) -> bool:
        """Return whether a file that declares one of these kinds is there but not read."""
        declaring = [(DECLARED_BY[kind], kind) for kind in kinds if kind in DECLARED_BY]
        declaring += list(_THINGS) if "thing" in kinds else []
        return any(
            table in self.refused or (table in self.files and not self.has(table, key))
            for table, key in declaring
        )


def _assemble(case: _Case, contents: Mapping[str, Contents]) -> Tables:
    for name, path in case.files.items():
        loaded = _load(case, TABLES[name], path, contents[path.name])
        if loaded:
            case.loaded[name] = loaded
    for name, schema in TABLES.items():
        case.sound[name] = np.zeros(0, dtype=bool)
        if name in case.loaded:
            table = case.loaded[name]
            faults, broken = sql.cell_faults(case.connection, table, case.sources[name])
            case.faults += faults
            complete = all(c.name in table.columns for c in schema.columns if c.required)
            case.sound[name] = ~broken & complete
    _declare(case)
    rows = {name: _rows(case, schema) for name, schema in TABLES.items()}
    for name in case.loaded:
        case.faults += _repeated_keys(case, TABLES[name], rows[name])
    unsure = case.refused | case.misheaded | (set(case.files) - set(case.loaded))
    whole = {name for name, sound in case.sound.items() if sound.all()} - unsure
    tables = Tables(rows, case.names, case.sound, whole, case.sources)
    case.faults += cross_row_faults(tables)
    return tables


def _load(case: _Case, schema: Table, path: Path, contents: Contents) -> sql.Loaded | None:
    if path.suffix == ".parquet":
        return _load_parquet(case, schema, path)
    header, faults = read_header(path, case.limits)
    case.faults += faults
    if header is None or not _header_is_sound(case, schema, path, header):
        return None
    if not contents.nuls and not contents.astray:
        loaded = sql.load_csv(case.connection, schema, path, header, contents)
        if loaded:
            return loaded
    remedy = "save it again as CSV (UTF-8, commas)"
    unclear = Fault(path.name, problem="cannot be read as CSV", remedy=remedy)
    case.faults += case.sources[schema.name].walked.faults or [unclear]
    return None


def _load_parquet(case: _Case, schema: Table, path: Path) -> sql.Loaded | None:
    types = sql.parquet_header(case.connection, path)
    loaded, faults = None, list[Fault]()
    if types is not None:
        if not _header_is_sound(case, schema, path, list(types)):
            return None
        loaded, faults = sql.load_parquet(case.connection, schema, path, types)
        case.faults += faults
        case.misheaded |= {schema.name} if faults else set()
    if loaded is None and not faults:
        problem = "cannot be read as Parquet"
        case.faults.append(Fault(path.name, problem=problem, remedy="write the file again"))
    return loaded


def _header_is_sound(case: _Case, schema: Table, path: Path, header: Sequence[str]) -> bool:
    """Return whether the rows below a header can be read, and note what is wrong with it."""
    readable, faults = header_faults(path.name, header, schema, case.limits)
    case.faults += faults
    case.misheaded |= {schema.name} if faults else set()
    case.sources[schema.name] = Source(path, len(header), case.limits)
    return readable


def _declare(case: _Case) -> None:
    for kind in KINDS:
        name = DECLARED_BY.get(kind, "")
        if case.has(name, kind):
            table, source = case.loaded[name], case.sources[name]
            case.names[kind], faults = sql.declare(case.connection, table, source)
            case.faults += faults
        elif kind == "thing" and all(case.has(*place) for place in _THINGS):
            case.names[kind] = sql.declare_things(case.connection, *_THINGS)
        else:
            sql.declare_none(case.connection, kind)
            # A table without its key keeps its rows, each without a name.
            rows = case.loaded[name].rows if name in case.loaded else 0
            case.names[kind] = np.full(rows, "", dtype=object)


def _rows(case: _Case, schema: Table) -> Rows:
    if schema.name not in case.loaded:
        columns = {c.name: default_column(c, 0) for c in schema.columns}
    else:
        columns = {c.name: _column(case, schema, c) for c in schema.columns if c.type in CODED}
        columns |= sql.typed_columns(case.connection, case.loaded[schema.name])
    texts = [c.name for c in schema.columns if c.type in CODED and c.type != "reference"]
    words = {name: case.words.get((schema.name, name), np.empty(0, object)) for name in texts}
    if schema.declares:
        words[schema.columns[0].name] = case.names[schema.declares]
    return Rows(schema.name, {c.name: columns[c.name] for c in schema.columns}, words)


def _column(case: _Case, schema: Table, column: Column) -> Array:
    table = case.loaded[schema.name]
    if schema.declares and column == schema.columns[0]:
        return np.arange(table.rows, dtype=np.int32)
    if column.name not in table.columns:
        return default_column(column, table.rows)
    if column.type == "reference":
        return _references(case, table, column)
    words, codes = sql.word_codes(case.connection, table, column.name)
    case.words[schema.name, column.name] = words
    if column.type in LISTS:
        _lists(case, table, column, words, codes)
    return codes


def _references(case: _Case, table: sql.Loaded, column: Column) -> Array:
    relation = sql.column_relation(table, column.name)
    offsets = case.offsets(column.refers)
    codes = sql.reference_codes(case.connection, relation, table.rows, offsets)
    wrong = np.flatnonzero(codes < EMPTY)
    if len(wrong):
        values = sql.cells(case.connection, table, column.name, wrong[: case.limits.faults + 1])
        found = list(zip(wrong.tolist(), values, codes[wrong].tolist(), strict=False))
        case.faults += _reference_faults(case, table.schema, column, found)
        case.sound[table.schema.name][wrong] = False
        codes[wrong] = EMPTY
    return codes


def _reference_faults(
    case: _Case, schema: Table, column: Column, found: Sequence[tuple[int, str, int]]
) -> list[Fault]:
    """Return the faults of references that name nothing or several things.

    Each is found with its record, its text and its code.
    """
    if case.unclear(column.refers):
        return []
    source = case.sources[schema.name]
    tables = [DECLARED_BY[kind] for kind in column.refers if kind in DECLARED_BY]
    if not any(table in case.files for table in tables):
        return _missing_table(case, source, column, found[0], tables)
    unknown = [value for _, value, code in found if code == sql.UNKNOWN]
    near = sql.nearest(case.connection, unknown, column.refers)
    faults = []
    for record, value, code in found:
        if code == sql.AMBIGUOUS:
            kinds = sql.kinds_of(case.connection, value, column.refers)
            problem = f"is the identifier of a {' and of a '.join(kinds)}"
            remedy = "write " + " or ".join(repr(f"{kind}:{value}") for kind in kinds)
        else:
            problem, remedy = _unknown(case, schema, column, tables)
            remedy += f" (did you mean {near[value]!r}?)" if value in near else ""
        faults.append(source.fault(record, column.name, value, problem, remedy))
    return faults


def _missing_table(
    case: _Case,
    source: Source,
    column: Column,
    first: tuple[int, str, int],
    tables: Sequence[str],
) -> list[Fault]:
    missing = " or ".join(f"{table}.csv" for table in tables)
    if missing in case.missing:
        return []
    case.missing.add(missing)
    record, value, _ = first
    problem = f"is missing, and {source.name} row {source.row(record)} refers to it"
    remedy = f"add this table with {column.refers[0]} {value!r}, or leave {column.name} empty"
    return [Fault(missing, 0, "", "", problem, remedy)]


def _unknown(case: _Case, schema: Table, column: Column, tables: Sequence[str]) -> tuple[str, str]:
    if "thing" in column.refers:
        declaring, using = (place[0] for place in _THINGS)
        other = f"{using}.csv as an input" if schema.name == declaring else f"{declaring}.csv"
        remedy = f"add it to the table of its kind or to {other}, or correct it"
        return "is no identifier of the case", remedy
    there = [case.files[table].name for table in tables if table in case.files]
    absent = [f"{table}.csv" for table in tables if table not in case.files]
    problem = f"is not in {' or '.join(there)}"
    if absent:
        problem += f", and there is no {' or '.join(absent)}"
    return problem, "add it there or correct it"


def _lists(case: _Case, table: sql.Loaded, column: Column, words: Array, codes: Array) -> None:
    """Parse the cells that hold lists, and keep them as compressed sparse rows."""
    assert not table.schema.sorted_by, "the lists of a table that is sorted would be sorted too"
    parts = [[] if w in column.words else [p.strip() for p in str(w).split(";")] for w in words]
    flat = list(dict.fromkeys(p for some in parts for p in some))
    if column.type == "choices":
        place = {choice: code for code, choice in enumerate(column.choices)}
        code_of = {part: place.get(part, sql.UNKNOWN) for part in flat}
    else:
        found = sql.text_codes(case.connection, flat, case.offsets(column.refers))
        code_of = dict(zip(flat, found.tolist(), strict=True))
    _list_faults(case, table.schema, column, codes, parts, code_of)
    sizes = np.array([len(some) for some in parts] + [0], dtype=np.int64)
    pieces = np.array([code_of[p] for some in parts for p in some], dtype=np.int32)
    # An empty cell has code -1 and so takes the size at the end, 0.
    size = sizes[codes]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(sizes)])[codes]
    inside = np.arange(start[-1]) - np.repeat(start[:-1], size)
    case.lists[table.schema.name, column.name] = start, pieces[np.repeat(first, size) + inside]


def _list_faults(
    case: _Case,
    schema: Table,
    column: Column,
    codes: Array,
    parts: Sequence[Sequence[str]],
    code_of: Mapping[str, int],
) -> None:
    """Note the lists that name nothing, several things, or one thing twice."""
    source, sound = case.sources[schema.name], case.sound[schema.name]
    unresolved = []
    for position, some in enumerate(parts):
        wrong = [p for p in dict.fromkeys(some) if code_of[p] < 0 or some.count(p) > 1]
        if not wrong:
            continue
        records = np.flatnonzero(codes == position)
        sound[records] = False
        for record in records[: case.limits.faults + 1].tolist():
            for part in wrong:
                if part and part not in column.words and code_of[part] < 0:
                    unresolved.append((record, part, code_of[part]))
                    continue
                problem, remedy = "is in its list twice", "remove one of the two"
                if not part:
                    problem, remedy = "has an empty place in its list", "remove one ';'"
                elif part in column.words:
                    problem, remedy = "stands in a list, but means no list", "remove it"
                case.faults.append(source.fault(record, column.name, part, problem, remedy))
    if unresolved and column.type == "choices":
        case.faults += [
            source.fault(record, column.name, part, *not_a_choice(part, column))
            for record, part, _ in sorted(unresolved)
        ]
    elif unresolved:
        case.faults += _reference_faults(case, schema, column, sorted(unresolved))


def _repeated_keys(case: _Case, schema: Table, rows: Rows) -> list[Fault]:
    if schema.declares:
        return []
    records = np.flatnonzero(case.sound[schema.name])
    keys = np.zeros(len(records), dtype=np.int64)
    for name in schema.key:
        codes = rows[name][records].astype(np.int64) + 1
        if schema.column(name).type == "date":
            codes = np.unique(codes, return_inverse=True)[1]
        size = int(codes.max(initial=0)) + 1
        if size * (int(keys.max(initial=0)) + 1) >= 1 << 62:
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        keys = keys * size + codes
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():
        return []
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1]) + 1
    opening = np.flatnonzero(np.concatenate([[True], keys[order][1:] != keys[order][:-1]]))
    first = order[opening[np.searchsorted(opening, same, side="right") - 1]]
    later = order[same]
    source, table = case.sources[schema.name], case.loaded[schema.name]
    picked = np.argsort(later, kind="stable")[: case.limits.faults + 1]
    shown = [
        sql.cells(case.connection, table, name, records[later[picked]])
        for name in schema.key
        if case.has(schema.name, name)
    ]
    values = [", ".join(filter(None, cells)) for cells in zip(*shown, strict=True)]
    remedy = f"keep one row for each {', '.join(schema.key)}"
    return [
        source.fault(record, schema.key[0], value, f"repeats row {source.row(of)}", remedy)
        for record, of, value in zip(
            records[later[picked]].tolist(), records[first[picked]].tolist(), values, strict=True
        )
    ]


def _network(case: _Case, tables: Tables, settings: Settings, digest: str) -> Network:
    rows = dict(tables.rows)
    for name, schema in TABLES.items():
        if schema.sorted_by:
            rows[name] = rows[name].where(np.argsort(rows[name][schema.sorted_by], kind="stable"))
    for name, schema in TABLES.items():
        for column in schema.columns:
            if column.type in LISTS:
                empty = (np.zeros(len(rows[name]) + 1, np.int64), np.empty(0, np.int32))
                case.lists.setdefault((name, column.name), empty)
    return Network(
        name=settings.name,
        first_day=np.datetime64(settings.first_day, "D"),
        description=settings.description,
        case_hash=digest,
        tables=rows,
        present=frozenset(case.files),
        names=case.names,
        lists=case.lists,
    )


def write_case(
    folder: Path,
    name: str,
    first_day: date,
    description: str,
    tables: Mapping[str, Mapping[str, Sequence[Any] | Array]],
) -> None:
    """Write a case folder, whole or not at all; the same input gives the same bytes.

    Texts are written as they are, also those that a spreadsheet takes for a formula: the
    identifiers of a case come back unchanged.

    Parameters
    ----------
    folder
        Folder to make; it may exist if it is empty.
    name, first_day, description
        For case.toml.
    tables
        Table name to column name to values, all of one table of shape (rows,); None, NaN, NaT and
        empty text are empty cells.

    Raises
    ------
    UsageError
        When the folder holds something already.
    ValueError
        When a table or column is not of the schema, or the columns of a table differ in length.
    """
    for table, columns in tables.items():
        _known_columns(table, columns)
    settings = Settings(name, first_day, description)
    with whole_folder(Path(folder)) as beside, sql.connected() as connection:
        _write_settings(beside, settings)
        for schema in TABLES.values():
            given = tables.get(schema.name, {})
            named = [column.name for column in schema.columns if column.name in given]
            cells = {column: _writable(given[column]) for column in named}
            if cells:
                copy_rows(connection, beside / f"{schema.name}.csv", cells, neutral=False)


def _write_settings(folder: Path, settings: Settings) -> None:
    text = (
        f"name = {_toml(settings.name)}\nfirst_day = {settings.first_day.isoformat()}\n"
        f"description = {_toml(settings.description)}\n"
    )
    (folder / SETTINGS).write_text(text, encoding="utf-8", newline="\n")


def extend_case(
    path: str | Path,
    folder: Path,
    note: str,
    added: Mapping[str, Mapping[str, Sequence[Any]]],
    *,
    limits: Limits = LIMITS,
) -> None:
    """Write a case that is another with rows added, whole or not at all.

    Parameters
    ----------
    path
        A sound case: folder, zip, or name of one that comes with the package.
    folder
        Folder to make; it may exist if it is empty.
    note
        Sentences to add to its description.
    added
        Table name to column name to values, all of one table of shape (rows,), as in `write_case`.

    Raises
    ------
    InputError
        With every fault of the case with the rows added.
    UsageError
        When the folder holds something already.
    ValueError
        When a table or column is not of the schema, or the columns of a table differ in length.
    """
    for table, columns in added.items():
        _known_columns(table, columns)
    with (
        opened(Path(path), limits) as source,
        whole_folder(Path(folder)) as beside,
        sql.connected() as connection,
    ):
        files, _ = find_tables(source, limits)
        settings, _ = read_settings(source, limits)
        assert settings is not None
        described = " ".join(part for part in (settings.description, note) if part)
        _write_settings(beside, Settings(settings.name, settings.first_day, described))
        case = _Case(connection, limits, files, set(), [])
        contents = scan(source, files.values())[1]
        for table, file in files.items():
            if table not in added:
                shutil.copyfile(file, beside / file.name)
        for table, columns in added.items():
            schema, before = TABLES[table], dict[str, Array]()
            if table in files:
                loaded = _load(case, schema, files[table], contents[files[table].name])
                assert loaded is not None
                before = sql.text_columns(connection, loaded)
            rows = _stacked(schema, before, columns)
            copy_rows(connection, beside / f"{table}.csv", rows, neutral=False)
        faults = check(beside, limits=limits)
        if faults:
            raise InputError(faults)


def _stacked(
    schema: Table, before: Mapping[str, Array], added: Mapping[str, Sequence[Any]]
) -> dict[str, Array]:
    """Return the texts of rows above those of others, None where one has no such column."""
    above = max((len(values) for values in before.values()), default=0)
    below = max((len(values) for values in added.values()), default=0)
    rows = {}
    for column in schema.columns:
        if column.name in before or column.name in added:
            cells = np.full(above + below, None, dtype=object)
            cells[:above] = before.get(column.name)
            cells[above:] = [_cell(value) for value in added.get(column.name, [None] * below)]
            rows[column.name] = cells
    return rows


def _known_columns(table: str, columns: Mapping[str, Any]) -> None:
    known = {column.name for column in TABLES[table].columns} if table in TABLES else set()
    unknown = sorted(set(columns) - known)
    if unknown or not known:
        raise ValueError(f"{table} is not a table with columns {', '.join(unknown)}")


def _toml(text: str) -> str:
    plain = (c if c >= " " and c not in '"\\\x7f' else f"\\u{ord(c):04x}" for c in text)
    return f'"{"".join(plain)}"'


def _writable(values: Sequence[Any] | Array) -> Array:
    """Return the cells of one column as numbers or as texts."""
    given = np.asarray(values, dtype=None if isinstance(values, np.ndarray) else object)
    if given.dtype.kind in "biufU":
        return given
    if given.dtype.kind == "M":
        given = given.astype("M8[D]").astype(object)
    cells = np.empty(len(given), dtype=object)
    cells[:] = [_cell(value) for value in given.tolist()]
    return cells


def _cell(value: Any) -> str | None:
    if value is None or value == "" or value != value:  # noqa: PLR0124
        return None
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        whole = number.is_integer() and abs(number) < _WHOLE_BELOW
        return str(int(number)) if whole else repr(number)
    return str(value)


_WHOLE_BELOW = 1e15
