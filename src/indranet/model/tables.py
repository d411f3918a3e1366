"""Tables into DuckDB, checked there: with `stored`, the only SQL of the project.

A table is loaded as text, checked there, and leaves as NumPy arrays. Nothing is guessed: every
column is read as text, and a cell becomes a number or a day only where a guard has seen that it is
written as one.
"""

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from indranet.errors import Fault
from indranet.model.cells import (
    DTYPES,
    EMPTY,
    HIDDEN,
    as_type,
    default_column,
    literal,
    parsed,
    quoted,
    rules,
    text_of_stored,
    typed,
    value_name,
)
from indranet.model.files import CELL_CHARACTERS, Contents, Source
from indranet.model.schema import KINDS, Column, Table

Array = npt.NDArray[Any]

UNKNOWN, AMBIGUOUS = -2, -3
"""Codes of a reference that nothing has, and that several kinds have."""

_COMPARISONS_FOR_SUGGESTIONS = 20_000_000


@dataclass(frozen=True)
class Loaded:
    """A table in the database: the columns of its schema that it has, and how many rows."""

    schema: Table
    columns: Mapping[str, Column]
    rows: int

    @property
    def relation(self) -> str:
        """Name of the table as SQL writes it."""
        return quoted(self.schema.name)


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in memory that loads nothing and sees no Python variable."""
    with tempfile.TemporaryDirectory(prefix="indranet-") as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "threads": min(2, os.cpu_count() or 1),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
                "temp_directory": folder,
            },
        )
        try:
            # Objects are texts, and are not to be guessed from a sample of them.
            connection.execute("SET pandas_analyze_sample = 0")
            # After two seconds it would be drawn into standard output.
            connection.execute("SET enable_progress_bar = false")
            yield connection
        finally:
            connection.close()


def path_literal(path: Path) -> str:
    """Return a path as SQL writes it; one such as "a[1]/" would be taken for a pattern."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path.resolve())))


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    # A result not fetched to its end blocks the connection.
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


def load_csv(
    connection: duckdb.DuckDBPyConnection,
    schema: Table,
    path: Path,
    header: Sequence[str],
    contents: Contents,
) -> Loaded | None:
    """Load a CSV file as text; None when its rows are not sound.

    Unsound are ragged rows, quotation marks astray, bytes that are not UTF-8 and mixed line ends.
    """
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    source = (
        f"read_csv({path_literal(path)}, columns = {{{columns}}}, auto_detect = false, "
        "header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
        f"null_padding = false, ignore_errors = false, hive_partitioning = false, "
        f"max_line_size = {CELL_CHARACTERS})"
    )
    known = {column.name for column in schema.columns}
    names = [
        name if name in known and name not in header[:i] else f"column {i}"
        for i, name in enumerate(header)
    ]
    chosen = ", ".join(f"c{i} AS {quoted(name)}" for i, name in enumerate(names))
    # A blank line is a row of nothing only where a table has one column.
    where = "WHERE c0 IS NOT NULL" if len(header) == 1 else ""
    try:
        columns_kept = _keep(connection, schema, names, f"SELECT {chosen} FROM {source} {where}")
    except duckdb.Error:
        return None
    inside = "0"
    if contents.quoted:
        inside = " + ".join(
            f"coalesce(sum(CASE WHEN contains({name}, ',') "
            f"THEN length({name}) - length(replace({name}, ',', '')) END), 0)"
            for name in map(quoted, names)
        )
    rows, commas = _one(connection, f"SELECT count(*), {inside} FROM {quoted(schema.name)}")
    # DuckDB drops an empty cell too many at the end of a row, which hides a row that slid to the
    # right: the commas of the file must be those between cells and those inside them.
    commas += (len(header) - 1) * (rows + 1) + sum(name.count(",") for name in header)
    if contents.commas == commas:
        return Loaded(schema, columns_kept, rows)
    connection.execute(f"DROP TABLE {quoted(schema.name)}")
    return None


def _keep(
    connection: duckdb.DuckDBPyConnection, schema: Table, names: Collection[str], query: str
) -> dict[str, Column]:
    """Make the table of the rows that a query gives, with the values of numbers and days."""
    columns = {column.name: column for column in schema.columns if column.name in names}
    values = "".join(
        f", {parsed(column)} AS {quoted(value_name(column))}"
        for column in columns.values()
        if parsed(column)
    )
    connection.execute(f"CREATE TABLE {quoted(schema.name)} AS SELECT *{values} FROM ({query})")
    return columns


def parquet_header(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str] | None:
    """Return column names and types of a Parquet file, None when it is none."""
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()
    except duckdb.Error:
        return None
    return {str(row[0]): str(row[1]) for row in rows}


def parquet(path: Path) -> str:
    """Return what SQL reads a Parquet file from."""
    return f"read_parquet({path_literal(path)}, hive_partitioning = false)"


def load_parquet(
    connection: duckdb.DuckDBPyConnection, schema: Table, path: Path, types: Mapping[str, str]
) -> tuple[Loaded | None, list[Fault]]:
    """Load a Parquet file as text, None when it cannot be read; give its columns of wrong type."""
    faults, chosen = [], {}
    for column in schema.columns:
        stored = types.get(column.name)
        if stored is not None:
            cast = text_of_stored(column, stored)
            if cast or _all_empty(connection, path, column.name):
                chosen[column.name] = f"{cast or 'NULL::VARCHAR'} AS {quoted(column.name)}"
            else:
                problem = f"has type {stored} where {column.type} is meant"
                faults.append(Fault(path.name, 1, column.name, "", problem, "store it as text"))
    if not chosen:
        return None, faults
    query = f"SELECT {', '.join(chosen.values())} FROM {parquet(path)}"
    try:
        columns = _keep(connection, schema, chosen, query)
    except duckdb.Error:
        return None, faults
    rows = _one(connection, f"SELECT count(*) FROM {quoted(schema.name)}")[0]
    return Loaded(schema, columns, rows), faults


def _all_empty(connection: duckdb.DuckDBPyConnection, path: Path, column: str) -> bool:
    return _one(connection, f"SELECT count({quoted(column)}) FROM {parquet(path)}") == (0,)


def cell_faults(
    connection: duckdb.DuckDBPyConnection, table: Loaded, source: Source
) -> tuple[list[Fault], Array]:
    """Return faults of single cells, and which rows have one, shape (rows,)."""
    broken = np.zeros(table.rows, dtype=bool)
    asked = [rule for c in table.columns.values() for rule in rules(table.schema, c)]
    counts = ", ".join(f"count(*) FILTER (WHERE {rule.condition})" for rule in asked)
    faults = []
    found = _one(connection, f"SELECT {counts} FROM {table.relation}")
    for rule, count in zip(asked, found, strict=True):
        if not count:
            continue
        where = f"FROM {table.relation} WHERE {rule.condition}"
        records = connection.execute(f"SELECT rowid {where}").fetchnumpy()["rowid"]
        broken[np.asarray(records)] = True
        listed = connection.execute(
            f"SELECT rowid, coalesce({quoted(rule.column)}, '') {where} "
            f"ORDER BY rowid LIMIT {source.limits.faults + 1}"
        ).fetchall()
        for record, cell in listed:
            remedy = rule.remedy if isinstance(rule.remedy, str) else rule.remedy(cell)
            faults.append(source.fault(record, rule.column, cell, rule.problem, remedy))
    return faults, broken


def typed_columns(connection: duckdb.DuckDBPyConnection, table: Loaded) -> dict[str, Array]:
    """Return numbers, integers, flags, days and choices of a loaded table, shape (rows,) each."""
    columns = {c.name: c for c in table.schema.columns if c.type in DTYPES}
    result = {name: default_column(column, table.rows) for name, column in columns.items()}
    there = [column for name, column in columns.items() if name in table.columns]
    if there:
        chosen = ", ".join(f"{typed(column)} AS {quoted(column.name)}" for column in there)
        fetched = connection.execute(f"SELECT {chosen} FROM {table.relation}").fetchnumpy()
        result |= {c.name: as_type(c, np.asarray(fetched[c.name])) for c in there}
    return result


def text_columns(connection: duckdb.DuckDBPyConnection, table: Loaded) -> dict[str, Array]:
    """Return the cells of a loaded table as they stand in its file, None where empty."""
    chosen = ", ".join(quoted(name) for name in table.columns)
    fetched = connection.execute(f"SELECT {chosen} FROM {table.relation}").fetchnumpy()
    return {
        name: np.ma.filled(np.ma.asarray(values, dtype=object), None)
        for name, values in fetched.items()
    }


def _strings(connection: duckdb.DuckDBPyConnection, column: str, relation: str) -> Array:
    fetched = connection.execute(
        f"SELECT coalesce({quoted(column)}, '') AS text FROM {relation}"
    ).fetchnumpy()
    return np.asarray(fetched["text"], dtype=object)


def word_codes(
    connection: duckdb.DuckDBPyConnection, table: Loaded, column: str
) -> tuple[Array, Array]:
    """Return the different texts of a column, sorted, and each row's position among them."""
    name = quoted(column)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE words AS SELECT id, "
        "(row_number() OVER (ORDER BY id) - 1)::INTEGER AS code FROM "
        f"(SELECT DISTINCT {name} AS id FROM {table.relation} WHERE {name} IS NOT NULL) "
        "ORDER BY code"
    )
    words = _strings(connection, "id", "words")
    if not len(words):
        return words, np.full(table.rows, EMPTY, dtype=np.int32)
    return words, _joined(connection, column_relation(table, column), "words", table.rows)


def _joined(connection: duckdb.DuckDBPyConnection, relation: str, known: str, rows: int) -> Array:
    # Joins come in any order; each code is put where its row stands.
    fetched = connection.execute(
        "SELECT r.position AS position, "
        f"coalesce(k.code, CASE WHEN r.value IS NULL THEN {EMPTY} ELSE {UNKNOWN} END)::INTEGER "
        f"AS code FROM ({relation}) r LEFT JOIN {known} k ON r.value = k.id"
    ).fetchnumpy()
    positions, codes = np.asarray(fetched["position"]), np.asarray(fetched["code"])
    result = np.empty(rows, dtype=np.int32)
    result[positions] = codes
    if len(positions) > rows:
        result[np.bincount(positions, minlength=rows) > 1] = AMBIGUOUS
    return result


def declare(
    connection: duckdb.DuckDBPyConnection, table: Loaded, source: Source
) -> tuple[Array, list[Fault]]:
    """Make the identifiers of a table known.

    Returns
    -------
    identifiers
        In the order of the table, objects of shape (rows,).
    faults
        Identifiers declared twice.
    """
    column = table.schema.columns[0].name
    name, relation = quoted(column), table.relation
    known = quoted(f"known_{table.schema.declares}")
    identifiers = _strings(connection, column, relation)
    repeats = _one(connection, f"SELECT count({name}) - count(DISTINCT {name}) FROM {relation}")
    if not repeats[0]:
        connection.execute(
            f"CREATE VIEW {known} AS SELECT {name} AS id, rowid::INTEGER AS code FROM {relation} "
            f"WHERE {name} IS NOT NULL"
        )
        return identifiers, []
    connection.execute(
        f"CREATE TABLE {known} AS SELECT {name} AS id, min(rowid)::INTEGER AS code FROM {relation} "
        f"WHERE {name} IS NOT NULL GROUP BY {name}"
    )
    repeated = connection.execute(
        f"SELECT t.rowid, k.code, k.id FROM {relation} t JOIN {known} k ON t.{name} = k.id "
        f"WHERE t.rowid <> k.code ORDER BY t.rowid LIMIT {source.limits.faults + 1}"
    ).fetchall()
    remedy = "give each its own identifier, or remove one row"
    return identifiers, [
        source.fault(record, column, value, f"is already in row {source.row(first)}", remedy)
        for record, first, value in repeated
    ]


def declare_none(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Make a kind known of which the case declares nothing."""
    connection.execute(f"CREATE TABLE {quoted(f'known_{kind}')} (id VARCHAR, code INTEGER)")


def declare_things(
    connection: duckdb.DuckDBPyConnection, declared_in: tuple[str, str], used_in: tuple[str, str]
) -> Array:
    """Make known the things that stand in one column, are nothing else, and are used in another.

    Parameters
    ----------
    connection
        The other kinds must be known.
    declared_in, used_in
        Table and column.

    Returns
    -------
    things
        In the order of the rows that declare them, objects of shape (things,).
    """
    (table, thing), (user_table, used) = declared_in, used_in
    prefix = "thing:"

    def bare(column: str) -> str:
        name = quoted(column)
        rest = f"substr({name}, {len(prefix) + 1})"
        return f"CASE WHEN starts_with({name}, '{prefix}') THEN {rest} ELSE {name} END"

    others = [kind for kind in KINDS if kind != "thing"]
    elsewhere = " UNION ALL ".join(f"SELECT id FROM {quoted(f'known_{k}')}" for k in others)
    name = quoted(thing)
    connection.execute(
        "CREATE TABLE known_thing AS SELECT id, (row_number() OVER (ORDER BY first) - 1)::INTEGER "
        f"AS code FROM (SELECT {bare(thing)} AS id, min(rowid) AS first FROM {quoted(table)} "
        f"WHERE {name} IS NOT NULL AND {name} NOT IN (SELECT id FROM ({elsewhere}) WHERE id "
        f"IS NOT NULL) AND NOT regexp_matches({name}, '^({'|'.join(others)}):') GROUP BY 1) "
        f"WHERE id IN (SELECT {bare(used)} FROM {quoted(user_table)} WHERE {quoted(used)} "
        "IS NOT NULL) ORDER BY code"
    )
    return _strings(connection, "id", "known_thing")


def reference_codes(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    rows: int,
    offsets: Mapping[str, int],
) -> Array:
    """Return the code that each reference names, shape (rows,).

    Parameters
    ----------
    connection
        All kinds must be known.
    relation
        Query that gives `position` and `value`.
    rows
        Number of positions.
    offsets
        Allowed kinds, each with the code of its first thing.
    """
    known = " UNION ALL ".join(
        f"SELECT id, code + {offset} AS code, '{kind}' AS kind FROM {quoted(f'known_{kind}')}"
        for kind, offset in offsets.items()
    )
    codes = _joined(connection, relation, f"({known})", rows)
    if (codes == UNKNOWN).any():
        fetched = connection.execute(
            f"SELECT r.position AS position, k.code AS code FROM ({relation}) r JOIN ({known}) k "
            "ON k.kind = split_part(r.value, ':', 1) "
            "AND k.id = substr(r.value, length(k.kind) + 2) WHERE contains(r.value, ':')"
        ).fetchnumpy()
        positions = np.asarray(fetched["position"], dtype=np.int64)
        still = codes[positions] == UNKNOWN
        codes[positions[still]] = np.asarray(fetched["code"], dtype=np.int32)[still]
    return codes


def column_relation(table: Loaded, column: str) -> str:
    """Return the query that gives each row's position and cell of one column."""
    return f"SELECT rowid AS position, {quoted(column)} AS value FROM {table.relation}"


def text_codes(
    connection: duckdb.DuckDBPyConnection, texts: Sequence[str], offsets: Mapping[str, int]
) -> Array:
    """Return the code that each text names, shape (texts,)."""
    values = {"position": np.arange(len(texts)), "value": np.array(texts, dtype=object)}
    connection.register("texts", values)
    try:
        return reference_codes(connection, "SELECT * FROM texts", len(texts), offsets)
    finally:
        connection.unregister("texts")


def cells(
    connection: duckdb.DuckDBPyConnection, table: Loaded, column: str, records: Array
) -> list[str]:
    """Return the text of one column at some records, in their order."""
    connection.register("picked", {"record": np.asarray(records, dtype=np.int64)})
    try:
        found = connection.execute(
            f"SELECT t.rowid, coalesce(t.{quoted(column)}, '') FROM {table.relation} t "
            "JOIN picked p ON t.rowid = p.record"
        ).fetchall()
    finally:
        connection.unregister("picked")
    by_record = dict(found)
    return [by_record[record] for record in np.asarray(records).tolist()]


def kinds_of(
    connection: duckdb.DuckDBPyConnection, identifier: str, kinds: Sequence[str]
) -> list[str]:
    """Return the kinds among those given that have an identifier."""
    return [
        kind
        for kind in kinds
        if connection.execute(
            f"SELECT 1 FROM {quoted(f'known_{kind}')} WHERE id = ? LIMIT 1", [identifier]
        ).fetchall()
    ]


def nearest(
    connection: duckdb.DuckDBPyConnection, values: Sequence[str], kinds: Sequence[str]
) -> dict[str, str]:
    """Return for each value the identifier of these kinds that is written most like it, if any."""
    known = " UNION ALL ".join(f"SELECT id FROM {quoted(f'known_{kind}')}" for kind in kinds)
    size = _one(connection, f"SELECT count(*) FROM ({known})")[0]
    asked = list(dict.fromkeys(values))[: max(1, _COMPARISONS_FOR_SUGGESTIONS // max(1, size))]
    if not asked or not size:
        return {}
    connection.register("asked", {"value": np.array(asked, dtype=object)})
    try:
        # Lengths and distances are of bytes.
        found = connection.execute(
            "SELECT value, arg_min(id, (distance, id)) FROM (SELECT value, id, "
            "levenshtein(lower(seen), lower(id)) AS distance, strlen(seen) // 3 AS slack FROM "
            f"(SELECT value, trim(regexp_replace(value, '{HIDDEN}', '', 'g')) AS seen FROM asked), "
            f"(SELECT DISTINCT id FROM ({known}) WHERE id IS NOT NULL) "
            "WHERE abs(strlen(seen) - strlen(id)) <= greatest(1, slack)) "
            "WHERE distance <= greatest(1, slack) GROUP BY value"
        ).fetchall()
    finally:
        connection.unregister("asked")
    return dict(found)
