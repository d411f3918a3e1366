"""What agreements are worth, on a terminal: in words, the most first."""

from collections.abc import Mapping
from typing import Any

from indranet.runs.run import Run
from indranet.runs.words import counted, listed, number

_ROWS = 8
_FIRST = 3
UNIT_WORDS = {
    "people-days": "people-days",
    "USD": "USD",
    "people": "people swapped",
    "days": "days until all is swapped",
    "probability": "points of the chance that all dates are met",
}
"""Units as people call them."""


def amount(value: float, unit: str) -> str:
    """Return an amount of a unit as people read it."""
    if unit == "probability":
        return number(100.0 * value)
    return number(value)


def worth_words(row: Mapping[str, Any]) -> str:
    """Return a worth with its interval."""
    unit = row["unit"]
    told = amount(row["value"], unit)
    said = f"USD {told}" if unit == "USD" else f"{told} {UNIT_WORDS[unit]}"
    low, high = amount(row["low"], unit), amount(row["high"], unit)
    return said if low == high == told else f"{said} ({low} to {high})"


def year_words(row: Mapping[str, Any]) -> str:
    """Return a worth by the year; empty where what strikes comes at no rate."""
    year = row.get("a_year")
    if year is None:
        return ""
    value = year["value"] if isinstance(year, Mapping) else year
    return f", {amount(value, row['unit'])} a year"


def left_out_words(summary: Mapping[str, Any]) -> list[str]:
    """Return which agreements were not valued, and why, those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for name, why in summary["left_out"].items():
        reasons.setdefault(why, []).append(name)
    return [f"{listed(names, _ROWS)}: {why}" for why, names in reasons.items()]


def together_words(summary: Mapping[str, Any]) -> list[str]:
    """Return what all agreements are worth together, a line for each unit."""
    found = []
    for unit, one in summary["together"].items():
        if not one["worth"] and unit != summary["units"][0]:
            continue
        row = {"value": one["worth"], "low": one["worth"], "high": one["worth"], "unit": unit}
        row["a_year"] = one.get("a_year")
        more = ""
        if unit == "people-days":
            lost = [number(one["usual"] - one[side]) for side in ("without", "with")]
            more = f": {lost[0]} are lost without any of them, {lost[1]} with all"
        elif unit == "USD" and summary["of"] == "goal":
            more = (
                f": plan, waiting and what is left undone count {number(-one['without'])} without "
                f"any of them, {number(-one['with'])} with all"
            )
        found.append(f"Together they are worth {worth_words(row)}{year_words(row)}{more}.")
    return found


def partners_sentence(summary: Mapping[str, Any]) -> str:
    """Return what each agreement is worth in a sentence, in the first unit that says anything."""
    for unit in summary["units"]:
        rows = [row for row in summary["agreements"] if row["unit"] == unit]
        some = [row for row in rows if row["value"] or row["low"] < row["high"]]
        if not some:
            continue
        worth = [f"{row['agreement']} {worth_words(row)}" for row in some]
        count = len(summary["left_out"]) + len(rows) - len(some)
        rest = f"; {counted(count, 'other agreement')} in force nothing" if count else ""
        return f"{summary['question']}: worth are {listed(worth, _ROWS)}{rest}."
    return f"{summary['question']}: no agreement in force is worth anything here."


def partners_lines(run: Run) -> list[str]:
    """Return what agreements are worth as lines of plain text.

    Parameters
    ----------
    run
        A finished run of `partners`.
    """
    summary = run.manifest["summary"]
    here = f"in this {summary['of']}"
    lines = [f"{summary['question']}: {summary_words(summary)}"]
    if summary["agreements"]:
        lines += ["", *together_words(summary), ""]
    for row in _shown(summary, "agreements"):
        lines.append(
            f"  {row['agreement']} is worth {worth_words(row)} {here}{year_words(row)}; "
            f"alone {amount(row['first_in'], row['unit'])}, "
            f"last of all {amount(row['last_in'], row['unit'])}"
        )
    for row in _clauses(run)[:_FIRST]:
        lines.append(
            f"  most hangs on a clause: {row['agreement']}, {row['clause']}: "
            f"{worth_words({**row, 'low': row['value'], 'high': row['value']})}"
        )
    nations = _shown(summary, "countries")
    if nations:
        lines += ["", "By country, which takes all its agreements with it:"]
        lines += [f"  {row['country']}: {worth_words(row)}{year_words(row)}" for row in nations]
    if summary["left_out"]:
        lines += ["", "Not valued, as they act on nothing here:"]
        lines += [f"  {words}" for words in left_out_words(summary)]
    return lines


def summary_words(summary: Mapping[str, Any]) -> str:
    """Return how values were found."""
    if not summary["agreements"]:
        return "no agreement in force can change the answer"
    count = len({row["agreement"] for row in summary["agreements"]})
    draws = f", {counted(summary['draws'], 'draw')}" if summary["of"] == "scenario" else ""
    orders = summary["orders"][0]
    how = f"{number(orders)} orders drawn by lot" if orders else "all sets of them"
    return f"{counted(count, 'agreement')}, {how}{draws}, {counted(summary['outcomes'], 'outcome')}"


def _shown(summary: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """Return the rows worth telling: those of most worth, by unit, without a worth of nothing."""
    found: list[Mapping[str, Any]] = []
    for unit in summary["units"]:
        rows = [row for row in summary[kind] if row["unit"] == unit]
        some = [row for row in rows if row["value"] or row["low"] < row["high"]]
        if unit == summary["units"][0] and not some:
            some = rows
        found += some[:_ROWS]
    return found


def _clauses(run: Run) -> list[dict[str, Any]]:
    """Return the clauses of agreements that have several, by what is lost without each."""
    table = run.table("clauses")
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    unit = run.manifest["summary"]["units"][0]
    count: dict[str, int] = {}
    for row in rows:
        if row["unit"] == unit:
            count[row["agreement"]] = count.get(row["agreement"], 0) + 1
    held = [row for row in rows if row["unit"] == unit and count[row["agreement"]] > 1]
    return sorted((row for row in held if row["value"] > 0), key=lambda row: -row["value"])
