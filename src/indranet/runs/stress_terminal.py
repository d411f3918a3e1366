"""The answer of a stress run on a terminal, in a few lines."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.runs.run import Run
from indranet.runs.words import counted, listed, number, people, percent
from indranet.studies.calibration import calibration_words

MEASURE_WORDS = {
    "production": "production",
    "value_added": "value added",
    "final_consumption": "final consumption",
    "people_served": "users served",
    "sites_up": "sites up",
    "people_trusted": "users of what can be trusted",
}
"""Measures as people call them."""
_UNITS = {
    "people_served": "user-days", "people_trusted": "user-days", "sites_up": "site-days",
}  # fmt: skip
_STOCKOUTS = 5
SELDOM = 10
"""Years in which a seldom loss, as told in a line, comes once."""

Floats = npt.NDArray[np.float64]


def amount(measure: str, value: float) -> str:
    """Return an amount of a measure with its unit, as people read it."""
    if measure in ("people_served", "people_trusted"):
        return f"{people(value)} users"
    if measure == "sites_up":
        return counted(value, "site")
    return f"USD {number(value)} a day"


def lost_amount(measure: str, value: float) -> str:
    """Return an amount lost over many days with its unit, as people read it."""
    unit = _UNITS.get(measure)
    return f"{number(value)} {unit}" if unit else f"USD {number(value)}"


def lost_words(measure: str, row: Mapping[str, Any]) -> str:
    """Return what is lost of a measure over all days, with its range over the draws."""
    words = lost_amount(measure, row["lost"])
    if row["lost_high"] > row["lost_low"]:
        words += f" (from {number(row['lost_low'])} to {number(row['lost_high'])})"
    share = row["lost_share"]
    return f"{words}, {percent(share)} of the usual" if share > 0 else words


def stress_lines(run: Run) -> list[str]:
    """Return the answer of a stress run as lines of plain text.

    Parameters
    ----------
    run
        A finished stress run.
    """
    summary = run.manifest["summary"]
    days, draws = counted(summary["days"], "day"), counted(summary["draws"], "draw")
    lines = [f"{summary['scenario']}: {days}, {draws}"]
    if summary["production"] != "leontief":
        lines.append("  plants act as industries (ARIO)")
    lines += ["", "Lost against a time without events, less what is made up later:"]
    for measure, row in summary["measures"].items():
        if not row["usual"]:
            continue
        told = f"  {MEASURE_WORDS[measure]}: "
        if row["lost"] == 0 == row["lost_high"]:
            lines.append(f"{told}nothing")
            continue
        less = 1.0 - row["worst_value"] / row["usual"]
        worst = (
            f"; worst on day {row['worst_day']}, {percent(less)} below the usual "
            f"{amount(measure, row['usual'])}"
        )
        lines.append(f"{told}{lost_words(measure, row)}{worst if less > 0 else ''}")
    lines += _year_lines(run)
    first = summary["first_stockouts"]
    if first:
        lines += ["", f"Stocks that ran out: {summary['stockouts']:,}. First:"]
        lines += [
            f"  day {row['day']}: {row['product']} at {row['plant']} ({row['because']})"
            for row in first[:_STOCKOUTS]
        ]
    down = summary["services_down"]
    if down:
        lines += ["", f"Services down at some time: {listed(down, 5)}."]
        if summary["service_value_lost"] > 0:
            lines.append(f"Their value in that time: USD {number(summary['service_value_lost'])}.")
    if summary["ever_dark"]:
        lines.append(
            f"Down at the end though nothing holds it down: {listed(summary['dark'], 5)}; "
            f"a start of {listed(summary['black_start'], 5)} brings it back."
        )
    if summary["not_considered"]:
        lines += ["", f"Not considered: {listed(list(summary['not_considered']), 10)}."]
    bounds = run.table("bounds")
    if len(bounds["lost"]) and not summary["hazards"]:
        # The bound is that of the usual course, in which no hazard strikes.
        lines += ["", _bound_words(*(float(bounds[name][0]) for name in ("lost", "lost_at_least")))]
    lines += ["", calibration_words()]
    return lines


def _year_lines(run: Run) -> list[str]:
    """Return what a year loses on average, and what comes once in ten years."""
    table = run.table("exceedance")
    found = []
    for measure, row in run.manifest["summary"]["measures"].items():
        if not row.get("lost_a_year", {}).get("high"):
            continue
        year = row["lost_a_year"]
        words = f"  {MEASURE_WORDS[measure]}: {lost_amount(measure, year['mean'])}"
        words += f" ({number(year['low'])} to {number(year['high'])})"
        mine = table["measure"] == measure
        level = reached(table["loss"][mine], table["per_year"][mine], 1.0 / SELDOM)
        if level is not None and level > 0:
            words += f"; once in {SELDOM} years at least {lost_amount(measure, level)}"
        found.append(words)
    head = "What a year loses on average (90 % interval of that mean):"
    return ["", head, *found] if found else []


def reached(loss: Floats, per_year: Floats, rate: float) -> float | None:
    """Return the largest loss that is reached so often a year; None where too few draws tell.

    Parameters
    ----------
    loss, per_year
        Of an exceedance curve, the largest loss first; a rate that is not known is NaN.
    rate
        Times a year.
    """
    often = np.flatnonzero(~(per_year < rate))
    if not len(often) or not len(loss) or per_year[0] > rate:
        return None
    return float(loss[often[0]])


def _bound_words(lost: float, least: float) -> str:
    """Return what is lost of all that is used, beside the least that any plan would lose."""
    used = "what is used, by operators from their stocks"
    # Less than a dollar is the rounding of millions.
    if lost < 1:
        return f"Of {used}, nothing is lost."
    best = f"whoever had known all beforehand would have lost USD {number(max(least, 0.0))}"
    if math.isnan(least):
        best = "how little could have been lost was not found"
    return f"Of {used}, USD {number(lost)} is lost; {best}. Tables bounds and sensitivity say more."
