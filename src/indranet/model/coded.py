"""The tables of a case, coded, as checks across rows read them."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault
from indranet.model.files import Source
from indranet.model.network import Rows
from indranet.model.schema import KINDS, TABLES

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tables:
    """The tables of a case in the order of their files, coded as in a `Network`.

    Attributes
    ----------
    rows
        Every table of the schema; a cell at fault counts as empty.
    names
        Kind to its identifiers.
    sound
        Table to which of its rows have no fault of their own, shape (rows,).
    whole
        Tables of which nothing is at fault, or that the case does not hold.
    sources
        The file of each table that the case holds.
    """

    rows: Mapping[str, Rows]
    names: Mapping[str, Array]
    sound: Mapping[str, Array]
    whole: Set[str]
    sources: Mapping[str, Source]

    def offset(self, kind: str) -> int:
        """Return the code over all kinds of the first thing of a kind."""
        return sum(len(self.names[k]) for k in KINDS[: KINDS.index(kind)])

    def of_kinds(self, codes: Array, kinds: tuple[str, ...]) -> Array:
        """Return which codes over all kinds are of some kinds, shape as `codes`."""
        result = np.zeros(len(codes), dtype=bool)
        for kind in kinds:
            start = self.offset(kind)
            result |= (codes >= start) & (codes < start + len(self.names[kind]))
        return result

    def cell(self, table: str, column: str, record: int) -> str:
        """Return the text of a cell, empty where empty."""
        schema, value = TABLES[table].column(column), self.rows[table][column][record]
        if schema.type in ("number", "integer"):
            return "" if np.isnan(value) else f"{value:.15g}"
        if schema.type in ("flag", "date"):
            return str(value)
        if value < 0:
            return ""
        if schema.type == "choice":
            return schema.choices[int(value)]
        if schema.type == "reference":
            kinds = schema.refers if len(schema.refers) == 1 else KINDS
            for kind in kinds:
                if value < len(self.names[kind]):
                    return str(self.names[kind][value])
                value -= len(self.names[kind])
        return str(self.rows[table].words[column][value])

    def faults(
        self,
        table: str,
        column: str,
        records: Array,
        problem: str | Callable[[int], str],
        remedy: str,
    ) -> list[Fault]:
        """Return one fault for each record; a problem may depend on it."""
        if not len(records):
            return []
        source = self.sources[table]
        return [
            source.fault(
                record,
                column,
                self.cell(table, column, record) if column else "",
                problem if isinstance(problem, str) else problem(record),
                remedy,
            )
            for record in records[: source.limits.faults + 1].tolist()
        ]
