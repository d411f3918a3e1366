"""Lanes before and after, and what waits at passages, in a report."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.stress_chart import Curve, chart, day_ticks, scale
from indranet.runs.stress_course import spans
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_words import is_random, on_day
from indranet.runs.words import counted, number, percent

SHOWN, MOST = 15, 500
"""Lanes shown at once, and lanes behind them at most; the run holds all."""
_CHARTS = 6
_WAITS = 0.05
_QUEUED = 0.5
"""Ships or days' worth of goods below which nobody is said to wait."""

Rows = npt.NDArray[np.int64]


def lanes_section(answer: StressAnswer, level: int) -> Html:
    """Return what closings do to the goods on each lane, and what waits at passages over the days.

    Parameters
    ----------
    answer
        What the run found.
    level
        Level of a heading here.
    """
    lanes = answer.tables["lanes"]
    if not len(lanes["lane"]):
        return element("p", "No event closes a passage or port, so that every lane is as usual.")
    order = np.argsort(-lanes["usual_usd_per_day"], kind="stable")
    parts = [
        element("p", _lead(answer)),
        _lane_table(answer, order[:SHOWN], f"{_which(len(order))} {_how(answer)}"),
    ]
    rest = order[SHOWN : SHOWN + MOST]
    if len(rest):
        left = len(order) - SHOWN - len(rest)
        more = f" {left:,} more are in lanes.parquet." if left else ""
        parts.append(
            block(
                f"The other {counted(len(order) - SHOWN, 'lane')}",
                _lane_table(answer, rest, f"In the same order.{more}", tall=True),
            )
        )
    return joined([*parts, element(f"h{level}", "What waits at passages"), *_queues(answer)])


def _which(count: int) -> str:
    if count > SHOWN:
        return f"The {SHOWN} lanes with most goods, of {count:,}."
    return "All lanes that a closing touches, those with most goods first."


def _how(answer: StressAnswer) -> str:
    """Return which course of events the table of lanes shows."""
    usual = " In the usual course of events: drawn durations at their middle." * is_random(answer)
    return f"Before: passages on the usual way. After: while closed.{usual}"


def _lead(answer: StressAnswer) -> str:
    lanes = answer.tables["lanes"]
    total = float(lanes["usual_usd_per_day"].sum())
    round_ = ~np.isnan(lanes["extra_days"])
    parts = [
        f"The closings touch {counted(len(round_), 'lane')}, which usually carry goods of USD "
        f"{number(total)} a day."
    ]
    if round_.any():
        extra = lanes["extra_days"][round_]
        span = (
            f"{counted(float(extra.max()), 'day')}"
            if extra.min() == extra.max()
            else f"{extra.min():g} to {extra.max():g} days"
        )
        parts.append(
            f"{_count(int(round_.sum()), len(round_))} a way round, {span} longer: goods are late, "
            "not lost."
        )
    if not round_.all():
        stuck = lanes["usual_usd_per_day"][~round_].sum()
        of = f" ({percent(float(stuck) / total)} of the goods)" if total else ""
        none = int((~round_).sum())
        parts.append(f"{_count(none, len(round_))} no way round{of}: goods wait.")
    return " ".join(parts)


def _count(some: int, total: int) -> str:
    """Return how many lanes have something, with the verb.

    >>> _count(3, 3), _count(1, 3), _count(2, 3)
    ('All have', '1 has', '2 have')
    """
    if some == total:
        return "All have" if total > 1 else "It has"
    return f"{some:,} {'has' if some == 1 else 'have'}"


def _lane_table(answer: StressAnswer, rows: Rows, caption: str, *, tall: bool = False) -> Html:
    lanes = answer.tables["lanes"]
    lines = [
        (
            element("bdi", answer.name(str(lanes["lane"][row]), "lane")),
            number(float(lanes["usual_usd_per_day"][row])),
            _passages(answer, str(lanes["passages"][row])),
            "no way round" if np.isnan(extra := lanes["extra_days"][row]) else f"{extra:g}",
            _waits(float(lanes["waits_days"][row])),
        )
        for row in rows.tolist()
    ]
    heads = (
        "Lane", "Goods, USD a day", "Before: by way of", "After: days longer", "Most that waits",
    )  # fmt: skip
    return table(caption, heads, lines, numbers={1, 3}, tall=tall)


def _passages(answer: StressAnswer, text: str) -> str:
    names = [answer.name(name, "passage") for name in text.split("; ") if name]
    return ", ".join(names) or "no passage"


def _waits(days: float) -> str:
    return "nothing" if days < _WAITS else f"goods of {counted(days, 'day')}"


def _queues(answer: StressAnswer) -> list[Html]:
    """Return charts of what waits at the passages where most does."""
    rows = answer.tables["queues"]
    curves = {str(passage): queue(answer, str(passage)) for passage in sorted(set(rows["passage"]))}
    most = {name: float(found.high.max()) for name, found in curves.items()}
    waiting = sorted((name for name in curves if most[name] > _QUEUED), key=lambda n: -most[n])
    if not waiting:
        return [element("p", "Nothing waits: whatever is held up takes a way round.")]
    figures = [_queue_figure(answer, name, curves[name]) for name in waiting[:_CHARTS]]
    band = (
        f" The line is the middle of {answer.draws:,} draws; nine in ten lie within the band."
        if answer.draws > 1
        else ""
    )
    more = len(waiting) - len(figures)
    left = f" {counted(more, 'passage')} where less waits are in queues.parquet." if more else ""
    note = (
        "Where the case says how many ships usually pass, ships that wait; elsewhere goods, in "
        f"days of what usually passes. Who takes a way round does not wait.{band}{left}"
    )
    return [element("p", note), element("div", *figures, class_="charts")]


def queue(answer: StressAnswer, passage: str) -> Curve:
    """Return what waits at a passage over the days: middle and 5 to 95 % of the draws."""
    rows = answer.tables["queues"]
    of = np.flatnonzero(rows["passage"] == passage)
    waiting = np.zeros((answer.draws, answer.days))
    waiting[rows["draw"][of], rows["day"][of]] = rows["waiting"][of]
    low, middle, high = np.quantile(waiting, (0.05, 0.5, 0.95), axis=0)
    return Curve(low, middle, high)


def _queue_figure(answer: StressAnswer, passage: str, found: Curve) -> Html:
    name = answer.name(passage, "passage", "facility", "site")
    top = found.middle if found.middle.any() else found.high
    at = int(top.argmax())
    gone = np.flatnonzero(top > _QUEUED)
    over = f", gone by {on_day(answer, gone[-1] + 1)}" if gone[-1] + 1 < answer.days else ""
    told = f"Most waits on {on_day(answer, at)}: {number(float(top[at]))}{over}."
    shown = scale(0.0, float(found.high.max()), lambda value, _: f"{value:g}")
    drawn = chart(
        found, shown, day_ticks(answer.first_day, answer.days), spans(answer),
        f"What waits at {name} over the days. {told}", mark=at,
    )  # fmt: skip
    lines = _queue_lines(answer, found)
    grid = table(
        f"What waits at {name}, on days when anything does.",
        ("Day", "Middle", "5\u00a0% below", "95\u00a0% below"),
        lines,
        numbers={1, 2, 3},
        tall=True,
    )
    return element(
        "figure",
        element("figcaption", element("strong", element("bdi", name)), " ", told),
        drawn,
        block(f"In numbers: {counted(len(lines), 'row')}", grid),
    )


def _queue_lines(answer: StressAnswer, found: Curve) -> Sequence[tuple[str, ...]]:
    days = np.flatnonzero(found.high > _QUEUED)
    every = -(-len(days) // 130)
    return [
        (
            f"{day} ({on_day(answer, day)})",
            *(number(float(v[day])) for v in (found.middle, found.low, found.high)),
        )
        for day in days[::every].tolist()
    ]
