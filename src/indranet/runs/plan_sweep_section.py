"""What a report says of a plan at other dates or caps: two curves, cost and chance, and a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indranet.runs.markup import Html, element, joined, table
from indranet.runs.stress_chart import Curve, chart, scale
from indranet.runs.words import number, percent

SWEEP_TITLES = {
    "deadline": "What other dates would cost",
    "cap": "What other caps would cost",
}
"""Title of the section, by what was swept."""


def sweep_section(summary: Mapping[str, Any]) -> Html:
    """Return what plans cost, and how likely their dates are met, at each value.

    Parameters
    ----------
    summary
        Of a plan with a sweep.
    """
    swept = summary["sweep"]
    points = swept["points"]
    charts = [
        _figure("Cost, USD", points, "cost_usd", lambda value, _: number(value)),
        _figure("Probability that all dates are met", points, "together",
                lambda value, _: percent(value)),
    ]  # fmt: skip
    told = [
        (
            point["words"] + (" (asked for)" if point["value"] == swept["asked"] else ""),
            number(point["cost_usd"]), f"{point['gap']:.2%}", f"{point['unswapped']:,}",
            percent(point["together"]),
        )
        for point in points
    ]  # fmt: skip
    heads = ("Point", "Cost, USD", "Gap", "Clusters not swapped", "All dates met")
    return joined([
        element("p", " ".join(swept["words"])),
        element("div", *charts, class_="charts"),
        table("Each point is a plan of its own", heads, told, numbers={1, 2, 3, 4}),
    ])  # fmt: skip


def _figure(title: str, points: Sequence[Mapping[str, Any]], name: str, words: Any) -> Html:
    """Return one curve over the points; nothing where it is not known at any."""
    values = np.array([point[name] for point in points], dtype=np.float64)
    if not np.isfinite(values).all():
        return Html("")
    low, high = float(values.min()), float(values.max())
    if name == "together":
        low, high = 0.0, 1.0
    elif high - low <= 1e-6 * max(abs(high), 1.0):
        low, high = 0.9 * low, 1.1 * max(high, 1.0)
    ticks = [(at, _short(point)) for at, point in enumerate(points)]
    said = "; ".join(f"{point['words']}: {words(float(point[name]), 0.0)}" for point in points)
    drawn = chart(
        Curve(values, values, values), scale(low, high, words), ticks, [], f"{title}: {said}"
    )
    return element("figure", element("figcaption", title), drawn)


def _short(point: Mapping[str, Any]) -> str:
    """Return the value of a point as it stands below the chart."""
    if point["words"] == "no cap":
        return "none"
    value = float(point["value"])
    return percent(value) if point["words"].startswith("at most") else f"{value:+.0f} q"
