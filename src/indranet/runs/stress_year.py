"""What a year loses by chance: how often losses of each size come, in a report."""

from math import log10
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.stress_chart import Scale, falling, scale
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_terminal import MEASURE_WORDS, lost_amount, reached
from indranet.runs.stress_words import NOTHING, cause, law_words
from indranet.runs.words import counted, number, percent
from indranet.studies.plan_time import DAYS_A_YEAR

Floats = npt.NDArray[np.float64]

_YEARS = (2, 5, 10, 20, 50, 100)
"""A loss that comes once in so many years is told, where draws are enough."""
_STEPS = (1, 2, 5)


def comes_at_a_rate(answer: StressAnswer) -> bool:
    """Whether what goes wrong comes at a rate a year: hazards, or what fails by itself."""
    return any("lost_a_year" in row for row in answer.summary["measures"].values())


def year_section(answer: StressAnswer) -> Html:
    """Return the curve of each measure that loses something, the mean year, and the hazards.

    Parameters
    ----------
    answer
        What the run found.
    """
    curves = {m: _curve(answer, m) for m, row in answer.summary["measures"].items() if row["usual"]}
    told = {m: (loss, often) for m, (loss, often) in curves.items() if len(loss) > 1}
    parts = [element("p", _intro(answer))]
    if not told:
        parts.append(element("p", "No draw loses anything to speak of."))
    if told and comes_at_a_rate(answer):
        parts.append(_mean_table(answer, list(told)))
    figures = (_figure(answer, m, loss, often) for m, (loss, often) in told.items())
    return joined([*parts, element("div", *figures, class_="charts"), *_hazards(answer)])


def _curve(answer: StressAnswer, measure: str) -> tuple[Floats, Floats]:
    """Return losses above nothing, the largest first, and how often or likely each is reached."""
    rows = answer.tables["exceedance"]
    row = answer.summary["measures"][measure]
    often = rows["per_year" if comes_at_a_rate(answer) else "chance"]
    least = NOTHING * NOTHING * float(row["usual"]) * answer.days
    kept = (rows["measure"] == measure) & (rows["loss"] > least) & np.isfinite(often)
    return rows["loss"][kept], often[kept]


def _intro(answer: StressAnswer) -> str:
    draws = counted(answer.draws, "draw")
    span = counted(answer.days, "day")
    if not comes_at_a_rate(answer):
        return (
            f"Each curve says how likely at least so much is lost in {span}: the part of {draws} "
            "that do."
        )
    return (
        f"Each of {draws} is {span} long. A loss that a share p of them reaches comes "
        "\u2212ln(1\u00a0\u2212\u00a0p) times in such a time, were losses strokes that do not "
        "hang on each other. The curve says how often at least so much is lost; the dashed line is "
        f"what is lost on average. What comes more seldom than once in {draws} has not been seen."
    )


def _mean_table(answer: StressAnswer, measures: list[str]) -> Html:
    lines = []
    for measure in measures:
        year = answer.summary["measures"][measure]["lost_a_year"]
        rows = answer.tables["exceedance"]
        mine = rows["measure"] == measure
        loss, often = rows["loss"][mine], rows["per_year"][mine]
        levels = [reached(loss, often, 1.0 / years) for years in _YEARS]
        told = ("not seen" if level is None else number(max(level, 0.0)) for level in levels)
        amounts = (number(year[name]) for name in ("mean", "low", "high"))
        name = lost_amount(measure, year["mean"]).replace(number(year["mean"]), "").strip()
        lines.append((f"{MEASURE_WORDS[measure]}, {name}", *amounts, *told))
    heads = ("Lost of", "A year", "At least", "At most", *(f"1 in {n} years" for n in _YEARS))
    caption = (
        "What a year loses on average, with a 90 % interval of that mean (Student's t), and what "
        "is reached once in so many years."
    )
    return table(caption, heads, lines, numbers=range(1, len(heads)))


def _figure(answer: StressAnswer, measure: str, loss: Floats, often: Floats) -> Html:
    at_a_rate = comes_at_a_rate(answer)
    mean = None
    along = scale(0.0, float(loss.max()), lambda value, _: number(value))
    if at_a_rate:
        year = float(answer.summary["measures"][measure]["lost_a_year"]["mean"])
        mean = min(max(year * answer.days / DAYS_A_YEAR, along.low), along.high)
    title = f"Lost of {MEASURE_WORDS[measure]}"
    up = _logarithmic(float(often.min()), float(often.max()), at_a_rate=at_a_rate)
    what = "times a year" if at_a_rate else "chance"
    told = (
        f"Upwards: {what}; to the right: what is lost in {counted(answer.days, 'day')}. The most "
        f"in any draw: {lost_amount(measure, float(loss.max()))}."
    )
    drawn = falling(loss, np.log10(often), along, up, f"{title}. {told}", mean=mean)
    return element(
        "figure", element("figcaption", element("strong", title), " ", element("span", told)), drawn
    )


def _logarithmic(low: float, high: float, *, at_a_rate: bool) -> Scale:
    """Return a scale by logarithms from one round number to another."""
    powers = range(int(np.floor(log10(low))) - 1, int(np.ceil(log10(high))) + 2)
    rounds = [step * 10.0**power for power in powers for step in _STEPS]
    first = max(value for value in rounds if value <= low * (1 + 1e-9))
    last = min(value for value in rounds if value >= high * (1 - 1e-9) and value > first)
    ticks = tuple(log10(value) for value in rounds if first <= value <= last)

    def words(value: float) -> str:
        return f"{10**value:.3g}" if at_a_rate else percent(10**value)

    return Scale(ticks[0], ticks[-1], ticks, words)


def _hazards(answer: StressAnswer) -> list[Html]:
    """Return what strikes by chance, the most frequent first."""
    rows: list[dict[str, Any]] = list(answer.summary["hazards"])
    if not rows:
        return []
    rows.sort(key=lambda row: (-float(row["per_year"]), str(row["words"])))
    lines = [
        (cause(answer, str(row["words"])), f"{float(row['per_year']):.3g}",
         law_words(row["lasts_days"]))
        for row in rows
    ]  # fmt: skip
    heads = ("Hazard", "Times a year", "Lasts")
    caption = "What strikes by chance, the most frequent first."
    return [
        block(
            f"All {counted(len(rows), 'hazard')}",
            table(caption, heads, lines, numbers={1}, tall=True),
        )
    ]
