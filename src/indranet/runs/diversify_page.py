"""What a report says of measures: what to buy first, cost against loss, what no money buys."""

import numpy as np

from indranet.runs.article import Told, article
from indranet.runs.diversify_terminal import (
    answer_words,
    how_words,
    loss_words,
    only_words,
    rest_words,
)
from indranet.runs.markup import Html, element, joined, table
from indranet.runs.run import Run, Table
from indranet.runs.words import listed, number

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BELOW = 920, 340, 110, 30, 14, 44


def read_diversify(run: Run) -> Told:
    """Read what the page tells of measures.

    Raises
    ------
    InputError
        When the run lacks a table.
    """
    summary = run.manifest["summary"]
    names = ["portfolio", "frontier", "by_scenario", "left"] if summary["scenarios"] else []
    names += ["only_measures"] if "only" in summary else []
    return Told(run.manifest, {name: run.table(name) for name in names})


def diversify_article(answer: Told, key: str, level: int) -> Html:
    """Return the article of one run.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page.
    level
        Level of its title among the headings of the page.
    """
    sections: list[tuple[str, str, Html]] = []
    if answer.summary["scenarios"]:
        sections = [
            ("buy", "What to buy, in this order", _portfolio(answer)),
            ("frontier", "What more money would avoid", _frontier(answer)),
            ("scenarios", "Scenario by scenario", _by_scenario(answer)),
            ("left", "What no money buys", _left(answer)),
        ]
    if "only" in answer.summary:
        sections.append(("alone", "What would let partners build it themselves", _only(answer)))
    return article(_head(answer, level), sections, key, level, "Sections on measures", "diversify")


def _head(answer: Told, level: int) -> Html:
    summary = answer.summary
    asked = summary["scenarios"] or summary["only"]["countries"]
    said = answer_words(summary) if summary["scenarios"] else only_words(summary["only"])
    how = Html("")
    if summary["scenarios"]:
        words = (
            f"Small print: {how_words(summary)}. Every loss is that of simulated runs with the "
            "measures bought, in place before anything happens; all portfolios meet the same "
            "draws. The interval is what the draws leave open; what the case assumes is in none."
        )
        how = element("p", words, class_="soft small")
    return joined([
        element("p", "Measures", class_="overline"),
        element(f"h{level}", element("bdi", listed(asked, 4))),
        element("p", said, class_="answer"),
        how,
    ])  # fmt: skip


def _portfolio(answer: Told) -> Html:
    rows, unit = answer.tables["portfolio"], answer.summary["unit"]
    cells = [
        (
            str(rows["order"][i]) if rows["chosen"][i] else "not bought", str(rows["measure"][i]),
            str(rows["kind"][i]).replace("_", " "), number(rows["cost_usd"][i]),
            number(rows["alone"][i]), number(rows["last_in"][i]), number(rows["lead_days"][i]),
        )
        for i in range(len(rows["measure"]))
    ]  # fmt: skip
    heads = ("Order", "Measure", "Kind", "Cost, USD", "Avoids alone", "Avoids beside the others",
             "Acts after days")  # fmt: skip
    text = (
        f"What each avoids, in {unit}: as the only one, and beside all others that are bought. "
        "First comes what avoids most for each USD."
    )
    return joined([element("p", text), table("Measures", heads, cells, numbers={3, 4, 5, 6})])


def _frontier(answer: Told) -> Html:
    rows, summary = answer.tables["frontier"], answer.summary
    unit = summary["unit"]
    cells = [
        (number(rows["cost_usd"][i]), number(rows["loss"][i]),
         number(rows["low"][i]) if np.isfinite(rows["low"][i]) else "",
         number(rows["high"][i]) if np.isfinite(rows["high"][i]) else "",
         str(rows["measures"][i]) or "nothing")
        for i in range(len(rows["loss"]))
    ]  # fmt: skip
    heads = ("Cost, USD", f"Lost, {unit}", "At least", "At most", "What is bought")
    return joined([
        _curve(rows, float(summary["budget_usd"]), unit),
        table("Portfolios that none tried beats", heads, cells, numbers={0, 1, 2, 3}),
    ])  # fmt: skip


def _curve(rows: Table, budget: float, unit: str) -> Html:
    """Return the loss that is left at each cost as steps, with intervals and the budget."""
    cost, loss = rows["cost_usd"].astype(float), rows["loss"].astype(float)
    if len(cost) < 2:
        return Html("")
    low, high = (np.where(np.isfinite(rows[name]), rows[name], loss) for name in ("low", "high"))
    most, end = max(float(high.max()), 1e-12), max(float(cost.max()), 1e-12) * 1.04

    def x(value: float) -> float:
        return _LEFT + value / end * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1.0 - max(value, 0.0) / most) * (_HEIGHT - _TOP - _BELOW)

    path = f"M{x(cost[0]):.1f} {y(loss[0]):.1f}" + "".join(
        f"H{x(c):.1f}V{y(v):.1f}" for c, v in zip(cost[1:], loss[1:], strict=True)
    )
    marks: list[Html] = [
        element("path", class_="rule", d=f"M{_LEFT} {y(0.0):.1f}H{_WIDTH - _RIGHT}"),
        element("path", class_="line", d=f"{path}H{x(end):.1f}", fill="none"),
    ]
    for at in range(len(cost)):
        told = f"USD {number(cost[at])}: {loss_words(loss[at], unit)} lost"
        middle = f"{x(cost[at]):.1f}"
        marks.append(element("path", class_="rule",
                             d=f"M{middle} {y(low[at]):.1f}V{y(high[at]):.1f}"))  # fmt: skip
        marks.append(element("circle", element("title", told), class_="c2", r=4, cx=middle,
                             cy=f"{y(loss[at]):.1f}"))  # fmt: skip
    if budget <= end:
        marks.append(element("path", class_="rule", d=f"M{x(budget):.1f} {_TOP}V{y(0.0):.1f}"))
        marks.append(element("text", "budget", x=f"{x(budget) + 6:.1f}", y=_TOP + 10))
    marks += [
        element("text", number(most), x=_LEFT - 8, y=y(most) + 5, text_anchor="end"),
        element("text", "0", x=_LEFT - 8, y=y(0.0) + 5, text_anchor="end"),
        element("text", "0", x=_LEFT, y=_HEIGHT - 8, text_anchor="middle"),
        element("text", f"USD {number(cost.max())}", x=f"{x(cost.max()):.1f}", y=_HEIGHT - 8,
                text_anchor="end"),
    ]  # fmt: skip
    words = (
        f"Lost, in {unit}, by what is spent on measures; each point is the best portfolio tried."
    )
    picture = element("svg", *marks, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img",
                      aria_label=words, class_="chart")  # fmt: skip
    return element("figure", element("figcaption", words), picture)


def _by_scenario(answer: Told) -> Html:
    rows, unit = answer.tables["by_scenario"], answer.summary["unit"]
    cells = [
        (str(rows["scenario"][i]),
         *(number(rows[name][i]) for name in ("without", "chosen", "all")))
        for i in range(len(rows["scenario"]))
    ]  # fmt: skip
    heads = ("Scenario", "Without any", "With what is bought", "With all there are")
    return table(f"Lost, in {unit}", heads, cells, numbers={1, 2, 3})


def _left(answer: Told) -> Html:
    rows = answer.tables["left"]
    text = joined(element("p", words) for words in rest_words(answer.summary))
    if not len(rows["service"]):
        return text
    cells = [(str(rows["service"][i]), number(rows["days"][i]), number(rows["of_days"][i]))
             for i in range(len(rows["service"]))]  # fmt: skip
    heads = ("Service", "Down, days", "Of days")
    return joined([text, table("Down whatever is bought", heads, cells, numbers={1, 2})])


def _only(answer: Told) -> Html:
    rows = answer.tables["only_measures"]
    text = element("p", only_words(answer.summary["only"]))
    if not len(rows["product"]):
        return text
    cells = [
        (str(rows["product"][i]), str(rows["measures"][i]), number(rows["cost_usd"][i]),
         number(rows["ready_days"][i]),
         number(rows["units_per_quarter"][i]) if np.isfinite(rows["units_per_quarter"][i]) else "")
        for i in range(len(rows["product"]))
    ]  # fmt: skip
    heads = ("Product", "Cheapest measures", "Cost, USD", "Ready after days", "Units a quarter")
    return joined([text, table("Made alone with measures", heads, cells, numbers={2, 3, 4})])
