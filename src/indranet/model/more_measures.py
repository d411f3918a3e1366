"""A case with measures added that its own tables do not hold."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault
from indranet.model.aims import measure_aims
from indranet.model.cells import default_column
from indranet.model.coded import Tables
from indranet.model.exercise import SCRIPT, Measure
from indranet.model.files import LIMITS, Source
from indranet.model.network import Network, Rows
from indranet.model.schema import MEASURE_UNITS, MEASURES, TABLES

_TABLE = "measures"


class _InScript(Source):
    """Where measures stand that are written in a script."""

    def fault(self, record: int, column: str, value: str, problem: str, remedy: str) -> Fault:
        """Return a fault of one measure."""
        return Fault(SCRIPT, 0, f"measure {record + 1}: {column}", value, problem, remedy)


def with_measures(network: Network, added: Sequence[Measure]) -> tuple[Network, list[Fault]]:
    """Return a case with measures added, and what is wrong with them.

    Parameters
    ----------
    network
        The case.
    added
        Measures, as a script holds them. With faults the case is returned as it was.
    """
    if not added:
        return network, []
    source = _InScript(Path(SCRIPT), 0, LIMITS)
    faults: list[Fault] = []
    names = network[_TABLE].text("measure")
    for record, one in enumerate(added):
        if one.measure in names:
            faults.append(source.fault(record, "measure", one.measure, "is a measure already",
                                       "give it another name"))  # fmt: skip
        names.append(one.measure)
    cells = [_codes(network, one, record, source, faults) for record, one in enumerate(added)]
    if faults:
        return network, faults
    rows = _rows(cells)
    every = {**network.tables, _TABLE: rows}
    sound = {_TABLE: np.ones(len(rows), dtype=bool)}
    whole = {"supplies", "crews"}
    faults = measure_aims(Tables(every, network.names, sound, whole, {_TABLE: source}))
    return (network if faults else network.replace(measures=_joined(network[_TABLE], rows))), faults


def _codes(
    network: Network, one: Measure, record: int, source: Source, faults: list[Fault]
) -> dict[str, Any]:
    """Return the cells of a measure: names of things as codes, choices as positions."""
    cells: dict[str, Any] = one.model_dump(exclude_none=True)
    cells["kind"] = tuple(MEASURES).index(one.kind)
    if one.unit is not None:
        if one.unit not in MEASURE_UNITS:
            faults.append(source.fault(record, "unit", one.unit, "is not a choice",
                                       f"write {' or '.join(MEASURES[one.kind])}"))  # fmt: skip
        cells["unit"] = MEASURE_UNITS.index(one.unit) if one.unit in MEASURE_UNITS else -1
    for name, kind in (("thing", ""), ("product", "product"), ("host", "firm")):
        if name not in cells:
            continue
        try:
            code = network.find(f"{kind}:{cells[name]}" if kind else cells[name])
            cells[name] = code - (network.offset(kind) if kind else 0)
        except KeyError:
            known = [str(n) for k, names in network.names.items() if kind in ("", k) for n in names]
            near = get_close_matches(cells[name], known, n=1)
            if cells[name] in known:
                meant = f"write its kind before it, as in plant:{cells[name]}"
            else:
                meant = f"did you mean {near[0]!r}?" if near else "correct it"
            faults.append(source.fault(record, name, cells[name], "is no one thing of the case",
                                       meant))  # fmt: skip
    return cells


def _rows(cells: Sequence[Mapping[str, Any]]) -> Rows:
    columns, words = {}, {}
    for column in TABLES[_TABLE].columns:
        values = default_column(column, len(cells)).copy()
        given = [(at, one[column.name]) for at, one in enumerate(cells) if column.name in one]
        if column.type == "text":
            known = list(dict.fromkeys(text for _, text in given))
            words[column.name] = np.array(known, dtype=object)
            given = [(at, known.index(text)) for at, text in given]
        for at, value in given:
            values[at] = value
        columns[column.name] = values
    return Rows(_TABLE, columns, words)


def _joined(one: Rows, other: Rows) -> Rows:
    columns, words = {}, dict(one.words)
    for column in TABLES[_TABLE].columns:
        codes = other[column.name]
        if column.type == "text":
            words[column.name], codes = _both(one, other, column.name)
        columns[column.name] = np.concatenate([one[column.name], codes])
    return Rows(_TABLE, columns, words)


def _both(
    one: Rows, other: Rows, column: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.integer[Any]]]:
    """Return the words of two tables, and the codes of the second among them."""
    first = one.words.get(column, np.empty(0, dtype=object))
    codes = other[column]
    return np.append(first, other.words[column]), np.where(codes >= 0, codes + len(first), codes)
