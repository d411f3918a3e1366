"""Two runs, or two cases, side by side: what changed in what was asked and in what came out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from indranet.errors import UsageError
from indranet.model.decoded import decoded
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.runs.run import Run, Table

Floats = npt.NDArray[np.float64]

_LEVEL = 0.95
_SAME = 1e-9
"""Part of a number by which rounding may change it."""
_KEYS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "exposure": {
        "reach": (("kind", "id", "horizon", "plane"),
                  ("services_lost", "sites_lost", "people_lost")),
        "concentration": (("operator", "function", "tier", "by"),
                          ("hhi_low", "hhi_high", "unknown", "top", "top_share")),
        "rules": (("rule", "from", "country", "operator"), ("holds", "value", "low", "high")),
        "only": (("product",), ("can_be_made", "units_per_quarter", "missing")),
        "availability": (("service", "horizon"), ("unavailability",)),
        "systemic": (("kind", "id"), ("systemic_risk",)),
    },
    "stress": {
        "bounds": (("measure",), ("lost", "lost_at_least")),
        "lanes": (("lane",), ("extra_days", "waits_days")),
    },
    "plan": {
        "dates": (("rule", "operator", "country", "date"), ("probability", "planned")),
        "schedule": (("cluster", "function"), ("product", "period", "cost_usd")),
        "shares": (("operator", "by", "id"), ("after",)),
        "independence": (("kind", "id", "horizon"), ("people_lost_after",)),
    },
    "diversify": {
        "portfolio": (("measure",), ("chosen", "order", "alone", "last_in", "cost_usd")),
        "by_scenario": (("scenario",), ("without", "chosen", "all")),
        "only_measures": (("product",), ("measures", "cost_usd", "ready_days")),
    },
    "partners": {
        "values": (("agreement", "unit"), ("value", "first_in", "last_in")),
        "countries": (("country", "unit"), ("value", "first_in", "last_in")),
        "matrix": (("country", "other", "unit"), ("value",)),
    },
    "exercise": {
        "decisions": (("team", "day", "do", "what", "unit"), ("worth",)),
        "scores": (("team",), ()),
    },
}  # fmt: skip
"""Command and table to what names a row, and what of it is compared; nothing for all the rest."""
_ASKED = ("command", "case", "case_hash", "first_day", "seed", "version", "inputs", "marking")


class Change(NamedTuple):
    """One cell that differs; a difference, and its interval, where both are numbers."""

    table: str
    key: str
    column: str
    one: str
    other: str
    difference: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")


def compare_runs(one: Run, other: Run) -> tuple[dict[str, Table], dict[str, Any]]:
    """Return what differs between two runs of one command.

    Rows are held against each other by what names them. Of stress runs with the same seed and
    number of draws, draw is held against draw, and a difference has the interval of its mean
    (Student's t over paired draws; Welch's where they are not the same).

    Returns
    -------
    Tables `asked` (what, one, other) and `changes` (table, key, column, one, other, difference,
    low, high), and the answer in short.

    Raises
    ------
    UsageError
        When the runs are of different commands.
    """
    command, named = (str(run.manifest["command"]) for run in (one, other))
    if command != named:
        raise UsageError(
            f"{one.folder} is a run of {command}, {other.folder} of {named}: only runs of one "
            "command are compared"
        )
    asked = _asked(one, other)
    changes = _summed(one, other) if command == "stress" else []
    for table, (keys, columns) in _KEYS.get(command, {}).items():
        if table in one.tables and table in other.tables:
            changes += _joined(table, one.table(table), other.table(table), keys, columns)
    changes += _summaries(one, other, command)
    return _told("runs", command, (str(one.folder), str(other.folder)), asked, changes)


def compare_cases(one: Network, other: Network) -> tuple[dict[str, Table], dict[str, Any]]:
    """Return what differs between two cases, row by row as their keys name them.

    Tables and summary as of `compare_runs`.
    """
    asked = [
        (what, str(getattr(one, what)), str(getattr(other, what)))
        for what in ("name", "first_day", "description", "case_hash")
        if getattr(one, what) != getattr(other, what)
    ]
    changes: list[Change] = []
    for name, schema in TABLES.items():
        first, second = decoded(one, name), decoded(other, name)
        if not len(one[name]) and not len(other[name]):
            continue
        columns = [c.name for c in schema.columns if c.name not in schema.key]
        changes += _joined(name, first, second, schema.key, columns)
    return _told("cases", "", (one.name, other.name), asked, changes)


def _told(
    kind: str, command: str, names: tuple[str, str], asked: list[tuple[str, str, str]],
    changes: list[Change],
) -> tuple[dict[str, Table], dict[str, Any]]:  # fmt: skip
    columns = list(zip(*changes, strict=True)) or [()] * len(Change._fields)
    numbers = Change._fields[-3:]
    table = {
        name: np.array(values, dtype=np.float64 if name in numbers else object)
        for name, values in zip(Change._fields, columns, strict=True)
    }
    what = list(zip(*asked, strict=True)) or [()] * 3
    told = {
        name: np.array(values, dtype=object)
        for name, values in zip(("what", "one", "other"), what, strict=True)
    }
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.table] = counts.get(change.table, 0) + 1
    summary = {
        "of": kind, "command": command, "one": names[0], "other": names[1],
        "asked": [dict(zip(("what", "one", "other"), row, strict=True)) for row in asked],
        "changed": counts,
        "first": [_plain(change) for change in _largest(changes)],
    }  # fmt: skip
    return {"asked": told, "changes": table}, summary


def _plain(change: Change) -> dict[str, Any]:
    found = change._asdict()
    return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in found.items()}


def _largest(changes: Sequence[Change], most: int = 5) -> list[Change]:
    """Return the first few changes of each table, the largest numbers first."""
    by_table: dict[str, list[Change]] = {}
    for change in changes:
        by_table.setdefault(change.table, []).append(change)
    found: list[Change] = []
    for some in by_table.values():
        size = [0.0 if np.isnan(c.difference) else abs(c.difference) for c in some]
        found += [some[at] for at in np.argsort(-np.array(size), kind="stable")[:most].tolist()]
    return found


def _asked(one: Run, other: Run) -> list[tuple[str, str, str]]:
    """Return what was asked otherwise, and of what."""
    return [
        (what, _words(a), _words(b))
        for what in _ASKED
        if (a := one.manifest.get(what)) != (b := other.manifest.get(what))
    ]


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _joined(
    table: str, one: Mapping[str, Any], other: Mapping[str, Any], keys: Sequence[str],
    columns: Iterable[str],
) -> list[Change]:  # fmt: skip
    """Return the cells in which two tables differ, rows matched by their keys."""
    keys = [key for key in keys if key in one and key in other]
    columns = [column for column in columns if column in one and column in other]
    first, second = (_rows(some, keys) for some in (one, other))
    changes = [Change(table, key, "", "there", "not there") for key in first if key not in second]
    changes += [Change(table, key, "", "not there", "there") for key in second if key not in first]
    both = [key for key in first if key in second]
    left = np.array([first[key] for key in both], dtype=np.int64)
    right = np.array([second[key] for key in both], dtype=np.int64)
    for column in columns:
        a, b = np.asarray(one[column])[left], np.asarray(other[column])[right]
        for at in np.flatnonzero(_differ(a, b)).tolist():
            change = Change(table, both[at], column, _cell(a[at]), _cell(b[at]))
            if a.dtype.kind in "fiu" and b.dtype.kind in "fiu":
                change = change._replace(difference=float(b[at]) - float(a[at]))
            changes.append(change)
    return changes


def _rows(table: Mapping[str, Any], keys: Sequence[str]) -> dict[str, int]:
    columns = [[_cell(value) for value in table[key]] for key in keys]
    return {" / ".join(row): at for at, row in enumerate(zip(*columns, strict=True))}


def _differ(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if one.dtype.kind in "fiu" and other.dtype.kind in "fiu":
        a, b = one.astype(np.float64), other.astype(np.float64)
        near = np.abs(a - b) <= _SAME * np.maximum(np.abs(a), np.abs(b))
        return np.asarray(~(near | (a == b) | (np.isnan(a) & np.isnan(b))))
    return np.array(
        [_cell(x) != _cell(y) for x, y in zip(one.tolist(), other.tolist(), strict=True)],
        dtype=bool,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.10g}"
    if isinstance(value, np.datetime64):
        return "" if np.isnat(value) else str(value.astype("M8[D]"))
    return str(value)


def _summed(one: Run, other: Run) -> list[Change]:
    """Return the differences of what is summed over days, with intervals over draws."""
    first, second = (_by_draw(run.table("totals")) for run in (one, other))
    same = one.manifest.get("seed") == other.manifest.get("seed")
    changes = []
    for measure in first:
        if measure not in second:
            continue
        a, b = first[measure], second[measure]
        difference = float(b.mean() - a.mean())
        if abs(difference) <= _SAME * max(abs(a.mean()), abs(b.mean())) and len(a) == len(b):
            continue
        half = _half_width(a, b, paired=same and len(a) == len(b))
        changes.append(Change(
            "totals", measure, "mean of draws, all days", _cell(a.mean()), _cell(b.mean()),
            difference, difference - half, difference + half,
        ))  # fmt: skip
    return changes


def _by_draw(totals: Mapping[str, Any]) -> dict[str, Floats]:
    """Return each measure summed over days, in each draw."""
    draws = int(np.max(totals["draw"], initial=0)) + 1
    found = {}
    for measure in dict.fromkeys(np.asarray(totals["measure"]).tolist()):
        mine = totals["measure"] == measure
        sums = np.bincount(totals["draw"][mine], weights=totals["value"][mine], minlength=draws)
        found[str(measure)] = sums.astype(np.float64)
    return found


def _half_width(one: Floats, other: Floats, paired: bool) -> float:
    if paired:
        differs = other - one
        if len(differs) < 2:
            return 0.0
        spread = differs.std(ddof=1) / np.sqrt(len(differs))
        return float(student.ppf(0.5 + _LEVEL / 2, len(differs) - 1) * spread)
    if min(len(one), len(other)) < 2:
        return float("nan")
    a, b = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    if a + b == 0:
        return 0.0
    free = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))
    return float(student.ppf(0.5 + _LEVEL / 2, free) * np.sqrt(a + b))


def _summaries(one: Run, other: Run, command: str) -> list[Change]:
    """Return the numbers of a plan's answer that stand in no table."""
    names = ("cost_usd", "objective", "bound", "gap", "unswapped") if command == "plan" else ()
    changes = []
    for name in names:
        a, b = (run.manifest["summary"].get(name) for run in (one, other))
        if a is not None and b is not None and a != b:
            changes.append(Change("summary", name, "", _cell(a), _cell(b), float(b) - float(a)))
    return changes
