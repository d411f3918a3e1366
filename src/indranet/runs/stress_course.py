"""How production, consumption and services fare from day to day, in a report."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from math import ceil, floor, log10
from typing import Any

import numpy as np

from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.stress_chart import Curve, Scale, chart, day_ticks, scale
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_terminal import MEASURE_WORDS, amount
from indranet.runs.stress_words import NOTHING, changes, fall, on_day
from indranet.runs.words import counted, listed, number, percent

MOST_ROWS = 130
"""Rows of a table of days at most; the run holds all."""
_TITLES = {
    "production": "Production", "value_added": "Value added",
    "final_consumption": "Final consumption", "people_served": "Users served",
    "sites_up": "Sites up", "people_trusted": "Users of what can be trusted",
}  # fmt: skip
_NOTES = {
    "production": "What all plants make, at the prices of the case.",
    "value_added": "Production less what it uses up.",
    "final_consumption": "What reaches consumers and operators.",
    "people_served": "Users of the services that are up.",
    "sites_up": "Sites that work.",
    "people_trusted": "Users of services on whose path nothing is compromised or excluded.",
}


def course_section(answer: StressAnswer) -> Html:
    """Return what becomes of each measure over the days: a chart and a table each.

    Parameters
    ----------
    answer
        What the run found.
    """
    rows = {m: row for m, row in answer.summary["measures"].items() if row["usual"]}
    curves = {measure: curve(answer, measure, row) for measure, row in rows.items()}
    moving = {m: c for m, c in curves.items() if _moves(c)}
    still = [MEASURE_WORDS[measure] for measure in rows if measure not in moving]
    same = []
    if still:
        verb = "does" if len(still) == 1 else "do"
        text = f"{listed(still, 5)} {verb} not change on any day."
        same.append(element("p", text[:1].upper() + text[1:]))
    if not moving:
        return joined(same)
    shown = common_scale(list(moving.values()))
    return joined(
        [
            element("p", _intro(answer, shown)),
            *same,
            element(
                "div",
                *(_figure(answer, m, rows[m], c, shown) for m, c in moving.items()),
                class_="charts",
            ),
            *_hourly(answer),
        ]
    )


def _hourly(answer: StressAnswer) -> list[Html]:
    """Return users served hour by hour, where that changes: outages last hours, not days."""
    rows = answer.tables["hours"]
    usual = float(answer.summary["measures"]["people_served"]["usual"])
    if not len(rows["hour"]) or not usual:
        return []
    part = rows["people_served"] / usual
    found = Curve(part, part, part)
    if not _moves(found):
        return []
    first, hours = float(rows["hour"][0]), len(part)
    begins = [
        ((begin * 24 - first), (end * 24 - first))
        for begin, end in spans(answer)
        if end * 24 > first and begin * 24 < first + hours
    ]
    worst = int(np.argmin(part))
    title = _title(answer, "people_served")
    told = (
        f"Least at {on_day(answer, (first + worst) / 24)}: {percent(1 - float(part[worst]))} below "
        f"the usual {amount('people_served', usual)}."
    )
    random = " In the usual course of events: each lasts for the middle of its law."
    return [
        element(
            "figure",
            element(
                "figcaption",
                element("strong", f"{title}, hour by hour"),
                " ",
                element("span", told + (random if answer.draws > 1 else "")),
            ),
            chart(
                found,
                common_scale([found]),
                _hour_ticks(answer, first, hours),
                begins,
                f"{title}, hour by hour. {told}",
                usual=1.0,
                mark=worst,
            ),
        )
    ]


def _hour_ticks(answer: StressAnswer, first: float, hours: int) -> list[tuple[int, str]]:
    """Return midnights with their dates, or every six hours where there are few."""
    if hours > 48:
        days = day_ticks(answer.first_day + timedelta(days=first / 24), ceil(hours / 24))
        return [(at * 24, words) for at, words in days]
    return [(at, f"{at % 24:02d}:00") for at in range(0, hours, 6)]


def curve(answer: StressAnswer, measure: str, row: Mapping[str, Any]) -> Curve:
    """Return a measure over the days as parts of its usual."""
    table_ = answer.tables["quantiles"]
    rows = np.flatnonzero(table_["measure"] == measure)
    rows = rows[np.argsort(table_["day"][rows], kind="stable")]
    low, middle, high = (table_[name][rows] / float(row["usual"]) for name in ("q05", "q50", "q95"))
    return Curve(low, middle, high)


def _moves(found: Curve) -> bool:
    values = (found.low, found.middle, found.high)
    return any(len(v) and np.abs(v - 1.0).max() > NOTHING for v in values)


def common_scale(curves: Sequence[Curve]) -> Scale:
    """Return one scale for all curves, so that they can be compared; the usual lies within it."""
    low = min([float(c.low.min()) for c in curves] + [1.0])
    high = max([float(c.high.max()) for c in curves] + [1.0])
    return scale(low, high, _percent_words)


def _percent_words(value: float, step: float) -> str:
    digits = max(0, -floor(log10(100 * step) + 1e-9))
    return f"{100 * value:.{digits}f}\u00a0%"


def spans(answer: StressAnswer) -> list[tuple[float, float]]:
    """Return when each event acts, in days; of a drawn duration only the beginning is known."""
    found = []
    for event in answer.summary["events"]:
        begins, lasts = float(event["day"]), event["lasts_days"]
        if lasts is None:
            found.append((begins, float(answer.days)))
        else:
            found.append((begins, begins + (0.0 if isinstance(lasts, Mapping) else float(lasts))))
    return found


def _intro(answer: StressAnswer, shown: Scale) -> str:
    cut = f", which begins at {shown.words(shown.low)}" if shown.low > 0 else ""
    band = (
        f" The line is the middle of {answer.draws:,} draws; nine in ten lie within the band."
        if answer.draws > 1
        else ""
    )
    drawn = any(isinstance(event["lasts_days"], Mapping) for event in answer.summary["events"])
    shade = (
        " A shade shows when an event acts; where its length is drawn, a line where it begins."
        if drawn
        else " A shade shows when an event acts."
    )
    return f"Each chart shows a part of what is usual (dashed), all on one scale{cut}.{band}{shade}"


def _figure(
    answer: StressAnswer, measure: str, row: Mapping[str, Any], found: Curve, shown: Scale
) -> Html:
    told = _told(answer, measure, row)
    title = _title(answer, measure)
    drawn = chart(
        found,
        shown,
        day_ticks(answer.first_day, answer.days),
        spans(answer),
        f"{title} over the days. {told}",
        usual=1.0,
        mark=int(row["worst_day"]) if fall(row) > NOTHING else None,
    )
    return element(
        "figure",
        element("figcaption", element("strong", title), " ", element("span", told)),
        drawn,
        _table(answer, measure, title, found),
    )


def _title(answer: StressAnswer, measure: str) -> str:
    if measure == "people_served" and not answer.counts_services:
        return "People served"
    return _TITLES.get(measure, measure)


def _told(answer: StressAnswer, measure: str, row: Mapping[str, Any]) -> str:
    """Return how a measure fares, in words."""
    if fall(row) <= NOTHING:
        return f"{_NOTES[measure]} In the middle of the draws nothing falls."
    worst = (
        f"{_NOTES[measure]} Worst on {on_day(answer, row['worst_day'])}: {percent(fall(row))} "
        f"below the usual {amount(measure, row['usual'])}."
    )
    how = changes(row, answer.days)
    if how == "late":
        return f"{worst} What is missed is made up later, but for next to nothing."
    share = float(row["lost_share"])
    return f"{worst} Over all days {percent(share)} is lost." if share > 0 else worst


def _table(answer: StressAnswer, measure: str, title: str, found: Curve) -> Html:
    """Return the days of a measure, those alike in one row."""
    rows = answer.tables["quantiles"]
    of = np.flatnonzero(rows["measure"] == measure)
    of = of[np.argsort(rows["day"][of], kind="stable")]
    several = answer.draws > 1
    names = ("q50", "q05", "q95", "mean") if several else ("q50",)
    cells = [
        (*(number(float(rows[name][at])) for name in names), _part(float(part)))
        for at, part in zip(of.tolist(), found.middle.tolist(), strict=True)
    ]
    lines = [
        (_span_words(answer, group[0][0], group[-1][0]), *key)
        for key, group in (
            (key, list(same)) for key, same in groupby(enumerate(cells), key=lambda item: item[1])
        )
    ]
    every = ceil(len(lines) / MOST_ROWS)
    kept = lines[::every]
    more = f" Every {every}th row; all days are in quantiles.parquet." if every > 1 else ""
    spread = ("5\u00a0% below", "95\u00a0% below", "Mean") if several else ()
    heads = ("Days", "Middle" if several else "Amount", *spread, "Of the usual")
    unit = "sites" if measure == "sites_up" else "USD a day"
    unit = "persons" if measure.startswith("people") else unit
    caption = f"{title}, {unit}. Days alike stand in one row.{more}"
    return block(
        f"{title} in numbers: {counted(len(kept), 'row')}",
        table(caption, heads, kept, numbers=range(1, len(heads)), tall=True),
    )


def _part(share: float) -> str:
    return f"{100 * share:.2f}\u00a0%"


def _span_words(answer: StressAnswer, first: int, last: int) -> str:
    if first == last:
        return f"{first} ({on_day(answer, first)})"
    return f"{first} to {last} ({on_day(answer, first)} to {on_day(answer, last)})"
