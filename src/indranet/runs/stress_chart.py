"""A curve over days in SVG: its middle, the band around it, and when events act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

import numpy as np
import numpy.typing as npt

from indranet.runs.markup import Html, element, joined

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT = 520, 230
"""Size of every chart in its own units; the page scales it."""
_LEFT, _RIGHT, _TOP, _FOOT = 62, 12, 14, 30
_MOST = 700
"""Points of a curve at most: more cannot be told apart."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TICKS = 7


@dataclass(frozen=True)
class Curve:
    """Values over the days.

    Attributes
    ----------
    low, middle, high
        Lower edge of the band, what is drawn as a line, and upper edge, shape (days,) each.
    """

    low: Floats
    middle: Floats
    high: Floats


@dataclass(frozen=True)
class Scale:
    """What a chart's height stands for.

    Attributes
    ----------
    low, high
        Values at the foot and at the top.
    ticks
        Values with a line of their own.
    words
        A value in words.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    words: Callable[[float], str]


def scale(low: float, high: float, words: Callable[[float, float], str]) -> Scale:
    """Return a scale over some values that begins and ends on a round number.

    Parameters
    ----------
    low, high
        Least and largest value; they differ.
    words
        Gives a value in words, from it and from the distance between two ticks.
    """
    rough = (high - low) / 6
    power = 10.0 ** floor(log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(at * step for at in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, lambda value: words(value, step))


def day_ticks(first: date, days: int) -> list[tuple[int, str]]:
    """Return some days of a span with their words: single days, months or years.

    >>> day_ticks(date(2024, 7, 1), 20)
    [(0, '1 Jul'), (7, '8 Jul'), (14, '15 Jul')]
    """
    if days <= 7 * _TICKS:
        step = next(step for step in (1, 2, 7) if days <= step * _TICKS)
        dates = [first + timedelta(days=at) for at in range(0, days, step)]
        return [((at - first).days, f"{at.day} {_MONTHS[at.month - 1]}") for at in dates]
    last = first + timedelta(days=days - 1)
    months = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    apart = next((n for n in (1, 2, 3, 6) if len(months) <= n * _TICKS), 12)
    some = [at for at in months if (at.month - 1) % apart == 0]
    if apart == 12:
        some = some[:: ceil(len(some) / _TICKS)]
    return [
        ((at - first).days, f"{at.year}" if at.month == 1 else _MONTHS[at.month - 1]) for at in some
    ]


def chart(
    curve: Curve,
    shown: Scale,
    ticks: Sequence[tuple[int, str]],
    spans: Sequence[tuple[float, float]],
    words: str,
    *,
    usual: float | None = None,
    mark: int | None = None,
    beside: Sequence[tuple[str, Floats]] = (),
) -> Html:
    """Draw a curve.

    Parameters
    ----------
    curve
        Values over the days.
    shown
        What the height stands for.
    ticks
        Days with their words.
    spans
        When events begin and end, in days; those that do not last are lines.
    words
        What it shows, for those who do not see it.
    usual
        A value with a dashed line.
    mark
        A day whose middle is marked with a dot.
    beside
        Other lines, under the curve's own: the class of each and its values over the days.
    """
    days = len(curve.middle)
    across, down = _across(days), _down(shown)
    parts = [_spans(spans, across, days), *_grid(shown, ticks, across)]
    if usual is not None:
        parts.append(_line("usual", _LEFT, down(usual), WIDTH - _RIGHT))
    x = [across(at + 0.5) for at in _kept(days).tolist()]
    if (curve.high > curve.low).any():
        upper = [down(v) for v in _thin(curve.high, np.maximum)]
        lower = [down(v) for v in _thin(curve.low, np.minimum)]
        ring = list(zip(x + x[::-1], upper + lower[::-1], strict=True))
        parts.append(element("path", class_="band", d=_path(ring) + "z"))
    worst = np.maximum if usual is None else np.minimum
    for class_, values in (*beside, ("line", curve.middle)):
        line = list(zip(x, [down(v) for v in _thin(values, worst)], strict=True))
        parts.append(element("path", class_=class_, d=_path(line)))
    if mark is not None:
        at = across(mark + 0.5), down(float(curve.middle[mark]))
        parts.append(element("circle", class_="dot", cx=f"{at[0]:.1f}", cy=f"{at[1]:.1f}", r=4))
    return element(
        "svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=words,
        class_="chart",
    )  # fmt: skip


def falling(
    x: Floats, y: Floats, along: Scale, up: Scale, words: str, *, mean: float | None = None
) -> Html:
    """Draw a curve of one amount over another.

    Parameters
    ----------
    x, y
        Its points, in order.
    along, up
        What the width and the height stand for.
    words
        What it shows, for those who do not see it.
    mean
        A value of `x` with a dashed line.
    """
    down, wide = _down(up), WIDTH - _LEFT - _RIGHT

    def across(value: float) -> float:
        return _LEFT + wide * (value - along.low) / (along.high - along.low)

    # The words of the last tick would stand over the edge.
    ticks = [(value, along.words(value) if value < along.high else "") for value in along.ticks]
    parts = _grid(up, ticks, across)
    if mean is not None:
        line = f"M{across(mean):.1f} {_TOP}v{HEIGHT - _TOP - _FOOT}"
        parts.append(element("path", class_="usual", d=line))
    line = _path([(across(a), down(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
    return element(
        "svg", *parts, element("path", class_="line", d=line), viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img", aria_label=words, class_="chart",
    )  # fmt: skip


def _across(days: int) -> Callable[[float], float]:
    return lambda day: _LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(day / days, 0.0), 1.0)


def _down(shown: Scale) -> Callable[[float], float]:
    tall = HEIGHT - _TOP - _FOOT
    return lambda value: _TOP + tall * (shown.high - value) / (shown.high - shown.low)


def _kept(days: int) -> npt.NDArray[np.int64]:
    """Return the first day of each point that is drawn."""
    return np.unique(np.linspace(0, days, min(days, _MOST), endpoint=False).astype(np.int64))


def _thin(values: Floats, keep: np.ufunc) -> list[float]:
    """Return one value a point: the extreme of its days, so that no dip is lost."""
    return [float(v) for v in keep.reduceat(values, _kept(len(values)))]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _line(class_: str, x: float, y: float, until: float) -> Html:
    return element("path", class_=class_, d=f"M{x:.1f} {y:.1f}H{until:.1f}")


def _spans(
    spans: Sequence[tuple[float, float]], across: Callable[[float], float], days: int
) -> Html:
    """Return when events act, as shades from top to foot."""
    tall = HEIGHT - _TOP - _FOOT
    shades = []
    for begins, ends in spans:
        if begins >= days:
            continue
        if ends <= begins:
            line = f"M{across(begins):.1f} {_TOP}v{tall}"
            shades.append(element("path", class_="begins", d=line))
            continue
        wide = max(across(ends) - across(begins), 1.0)
        shades.append(
            element(
                "rect", class_="span", x=f"{across(begins):.1f}", y=_TOP, width=f"{wide:.1f}",
                height=tall,
            )
        )  # fmt: skip
    return joined(shades)


def _grid(
    shown: Scale, ticks: Sequence[tuple[float, str]], across: Callable[[float], float]
) -> list[Html]:
    down = _down(shown)
    foot = HEIGHT - _FOOT
    parts = []
    for value in shown.ticks:
        parts.append(_line("rule", _LEFT, down(value), WIDTH - _RIGHT))
        words = shown.words(value)
        at = f"{down(value) + 4:.1f}"
        parts.append(element("text", words, x=_LEFT - 7, y=at, text_anchor="end"))
    for day, words in ticks:
        x = f"{across(day):.1f}"
        parts.append(element("path", class_="rule", d=f"M{x} {foot}v5"))
        parts.append(element("text", words, x=x, y=foot + 19, text_anchor="middle"))
    return parts
