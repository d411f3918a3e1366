"""The network: one case as frozen arrays with integer codes, names beside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as _replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.schema import KINDS, TABLES

Array = npt.NDArray[Any]


def _frozen(array: Array) -> Array:
    frozen = array.view()
    frozen.flags.writeable = False
    return frozen


@dataclass(frozen=True)
class Rows:
    """The rows of one table, one array a column, read-only.

    A number is float64 (NaN where empty without default), an integer int64 (-1 where empty), a flag
    bool, a date datetime64[D] (NaT where empty). A text is int32, a position in `words[column]`
    (-1 where empty); a choice is int8, a position in the schema's choices (-1 where empty).
    A reference to one kind is int32, a position among its names (-1 where empty); a reference
    that may name several kinds is int32, a code over all kinds (`Network.code`). Several references
    in one cell are a text; `Network.lists` holds them parsed.

    Attributes
    ----------
    name
        Table name.
    columns
        Column name to array of shape (rows,).
    words
        Text column name to the different texts that it holds.
    """

    name: str
    columns: Mapping[str, Array]
    words: Mapping[str, Array]

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "columns", MappingProxyType({k: _frozen(v) for k, v in self.columns.items()})
        )
        object.__setattr__(
            self, "words", MappingProxyType({k: _frozen(v) for k, v in self.words.items()})
        )

    def __getitem__(self, column: str) -> Array:
        """Return the array of one column."""
        return self.columns[column]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __iter__(self) -> Iterator[str]:
        """Iterate over the column names."""
        return iter(self.columns)

    def where(self, mask: Array) -> "Rows":
        """Return the rows that a mask or an index array picks, in its order."""
        return Rows(self.name, {k: v[mask] for k, v in self.columns.items()}, self.words)

    def with_column(self, column: str, values: Array) -> "Rows":
        """Return a copy with one column changed, shape (rows,)."""
        if column not in self.columns or len(values) != len(self):
            raise ValueError(f"{self.name} has no column {column!r} of {len(values)} rows")
        values = np.asarray(values, dtype=self.columns[column].dtype)
        return Rows(self.name, {**self.columns, column: values}, self.words)

    def text(self, column: str) -> list[str]:
        """Return one text or choice column as words, empty where empty."""
        words = self.words.get(column)
        if words is None:
            words = np.array(TABLES[self.name].column(column).choices, dtype=object)
        return [str(words[code]) if code >= 0 else "" for code in self.columns[column].tolist()]


@dataclass(frozen=True)
class Network:
    """One case: everything that the studies read, frozen.

    Attributes
    ----------
    name, first_day, description
        From case.toml.
    case_hash
        SHA-256 of the files that the case was read from, or of the change that was made to one.
    tables
        Every table of the schema by name; a table that the case lacks has no rows. Tables with
        `sorted_by` lie sorted by that column.
    present
        Names of the tables that the case holds.
    names
        Kind to its identifiers, shape (things of that kind,); the position is the code.
    lists
        ("lanes", "passages") and the like: cells with several references, as compressed sparse rows
        (start of shape (rows + 1,), codes), codes as for a reference to those kinds.
    start
        Table with `sorted_by` to the first row of each owner, shape (owners + 1,); owners are the
        codes of the one kind that the column may name, or codes over all kinds.
    """

    name: str
    first_day: np.datetime64
    description: str
    case_hash: str
    tables: Mapping[str, Rows]
    present: frozenset[str]
    names: Mapping[str, Array]
    lists: Mapping[tuple[str, str], tuple[Array, Array]]
    start: Mapping[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        start = {
            name: row_starts(rows[TABLES[name].sorted_by], self.owners(name))
            for name, rows in self.tables.items()
            if TABLES[name].sorted_by
        }
        names = {kind: _frozen(self.names[kind]) for kind in KINDS}
        lists = {k: (_frozen(a), _frozen(b)) for k, (a, b) in self.lists.items()}
        for attribute, value in (
            ("start", {k: _frozen(v) for k, v in start.items()}),
            ("names", names),
            ("lists", lists),
            ("tables", dict(self.tables)),
        ):
            object.__setattr__(self, attribute, MappingProxyType(value))

    def __getitem__(self, table: str) -> Rows:
        """Return the rows of one table."""
        return self.tables[table]

    @property
    def size(self) -> int:
        """Number of things of all kinds."""
        return sum(len(names) for names in self.names.values())

    def offset(self, kind: str) -> int:
        """Return the code over all kinds of the first thing of a kind."""
        return sum(len(self.names[k]) for k in KINDS[: KINDS.index(kind)])

    def span(self, kind: str) -> slice:
        """Return where the things of a kind lie among the codes over all kinds."""
        first = self.offset(kind)
        return slice(first, first + len(self.names[kind]))

    def owners(self, table: str) -> int:
        """Return how many owners the rows of a sorted table may have."""
        schema = TABLES[table]
        refers = schema.column(schema.sorted_by).refers
        return len(self.names[refers[0]]) if len(refers) == 1 else self.size

    def thing(self, code: int) -> tuple[str, str]:
        """Return kind and identifier of a code over all kinds.

        Raises
        ------
        IndexError
            When the code is outside the network.
        """
        for kind in KINDS:
            if 0 <= code < len(self.names[kind]):
                return kind, str(self.names[kind][code])
            code -= len(self.names[kind])
        raise IndexError(code)

    def find(self, identifier: str) -> int:
        """Return the code over all kinds of an identifier, written with or without its kind.

        Raises
        ------
        KeyError
            When nothing has it, or several kinds have it and none is named.
        """
        kind, _, rest = identifier.partition(":")
        found = [(kind, rest)] if kind in KINDS and rest else [(k, identifier) for k in KINDS]
        codes = [
            self.offset(k) + int(i)
            for k, name in found
            for i in np.flatnonzero(self.names[k] == name)
        ]
        if len(codes) != 1:
            raise KeyError(identifier)
        return codes[0]

    def replace(self, **tables: Rows) -> "Network":
        """Return a copy with some tables changed; a table that declares things keeps its rows.

        Raises
        ------
        ValueError
            When a table is unknown, or rows of a table that others refer to were added or dropped.
        """
        digest = sha256(self.case_hash.encode())
        changed = dict(self.tables)
        for name, rows in sorted(tables.items()):
            if name not in TABLES or rows.name != name:
                raise ValueError(f"no table {name!r} to replace by rows of {rows.name!r}")
            if TABLES[name].declares and len(rows) != len(self.tables[name]):
                raise ValueError(f"{name} declares things that others refer to: keep its rows")
            owner = TABLES[name].sorted_by
            if owner:
                rows = rows.where(np.argsort(rows[owner], kind="stable"))  # noqa: PLW2901
            changed[name] = rows
            for column in rows:
                digest.update(f"{name}.{column}".encode())
                digest.update(np.ascontiguousarray(rows[column]).tobytes())
        return _replace(self, tables=changed, case_hash=digest.hexdigest())


def row_starts(sorted_codes: Array, owners: int) -> Array:
    """Return the first row of each owner, shape (owners + 1,), for codes sorted ascending."""
    return np.searchsorted(sorted_codes, np.arange(owners + 1)).astype(np.int64)
