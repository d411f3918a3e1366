"""What a report says of what agreements are worth: each, by country, by pair, by clause."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from indranet.runs.article import Told, article
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.partners_terminal import (
    UNIT_WORDS,
    amount,
    left_out_words,
    summary_words,
    together_words,
    worth_words,
    year_words,
)
from indranet.runs.run import Run
from indranet.runs.words import listed

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 920, 30, 230, 150, 8
_ROWS = 30
_SHADES = 5


def read_partners(run: Run) -> Told:
    """Read what the page tells of agreements.

    Raises
    ------
    InputError
        When the run lacks a table.
    """
    names = ("values", "countries", "matrix", "clauses")
    return Told(run.manifest, {name: run.table(name) for name in names})


def partners_article(answer: Told, key: str, level: int) -> Html:
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
    sections = [
        ("worth", "What each agreement is worth", _worth(answer, "agreements", "agreement")),
        ("clauses", "Which clause makes the difference", _clauses(answer)),
        ("countries", "What each country is worth", _worth(answer, "countries", "country")),
        ("matrix", "What hangs on two countries", _matrix(answer)),
        ("left", "What acts on nothing here", _left_out(answer)),
    ]
    if not answer.summary["agreements"]:
        sections = sections[-1:]
    about = f"Sections on agreements in {answer.summary['question']}"
    return article(_head(answer, level), sections, key, level, about, "partners")


def _head(answer: Told, level: int) -> Html:
    summary = answer.summary
    first = [row for row in summary["agreements"] if row["unit"] == summary["units"][0]][:1]
    said = " ".join(together_words(summary)) or "No agreement in force can change the answer."
    most = [
        f"Most is worth {row['agreement']}: {worth_words(row)}{year_words(row)}."
        for row in first
        if row["value"] > 0
    ]
    left = [] if summary["of"] == "goal" or summary["draws"] == 1 else ["the draws"]
    left += ["the bounds of the plans"] if summary["of"] == "goal" else []
    left += ["the orders drawn"] if any(summary["orders"]) else []
    interval = (
        f"The interval is what {listed(left)} leave open" if left else "One draw leaves no interval"
    )
    how = (
        f"Small print: {summary_words(summary)}. A value is what an agreement adds on average over "
        "all orders in which agreements may come into force (Shapley); values sum to what all are "
        f"worth together. {interval}; what the case assumes is in none."
    )
    return joined([
        element("p", f"Partners, {summary['of']}", class_="overline"),
        element(f"h{level}", element("bdi", str(summary["question"]))),
        element("p", " ".join([said, *most]), class_="answer"),
        element("p", how, class_="soft small") if summary["agreements"] else Html(""),
    ])  # fmt: skip


def _worth(answer: Told, told: str, kind: str) -> Html:
    summary = answer.summary
    found = []
    for unit in summary["units"]:
        rows = [row for row in summary[told] if row["unit"] == unit]
        if unit != summary["units"][0] and not any(row["value"] for row in rows):
            continue
        by_year = any("a_year" in row for row in rows)
        cells = [
            (str(row[kind]), *(amount(row[name], unit) for name in
                               ("value", "low", "high", "first_in", "last_in")),
             *([amount(row["a_year"]["value"], unit)] if by_year else []))
            for row in rows
        ]  # fmt: skip
        heads = [kind.capitalize(), "Worth", "At least", "At most", "Alone", "Last of all"]
        heads += ["Worth a year"] if by_year else []
        words = UNIT_WORDS[unit]
        found += [
            _bars(rows[:_ROWS], kind, unit),
            block(
                f"All, in {words}", table(f"In {words}", heads, cells, numbers=range(1, len(heads)))
            ),
        ]
    return joined(found)


def _bars(rows: list[Mapping[str, Any]], kind: str, unit: str) -> Html:
    """Return a bar from nothing to each worth, and a line over its interval."""
    least = min(0.0, *(min(row["low"], row["value"]) for row in rows))
    most = max(0.0, *(max(row["high"], row["value"]) for row in rows))
    span = (most - least) or 1.0

    def x(value: float) -> float:
        return float(_LEFT + (value - least) / span * (_WIDTH - _LEFT - _RIGHT))

    height = _TOP + _ROW * len(rows) + 4
    marks: list[Html] = [element("path", class_="rule", d=f"M{x(0.0):.1f} 0V{height}")]
    for place, row in enumerate(rows):
        y = _TOP + place * _ROW
        name = str(row[kind])
        label = name if len(name) <= 28 else f"{name[:27]}…"
        left, right = sorted((x(0.0), x(row["value"])))
        middle = y + _ROW / 2 - 3
        marks += [
            element("text", label, x=_LEFT - 8, y=y + 17, text_anchor="end"),
            element("rect", element("title", f"{name}: {worth_words(row)}"), class_="c2",
                    x=f"{left:.1f}", y=y + 3, width=f"{max(right - left, 1.0):.1f}",
                    height=_ROW - 12),
            element("path", class_="line",
                    d=f"M{x(row['low']):.1f} {middle:.1f}H{x(row['high']):.1f}"),
            element("text", amount(row["value"], unit), y=y + 17,
                    x=f"{max(x(row['high']), right) + 8:.1f}"),
        ]  # fmt: skip
    wide = any(row["low"] < row["high"] for row in rows)
    words = f"Worth by {kind}, in {UNIT_WORDS[unit]}{'; the line is its interval' if wide else ''}."
    picture = element("svg", *marks, viewBox=f"0 0 {_WIDTH} {height}", role="img",
                      aria_label=words, class_="chart")  # fmt: skip
    return element("figure", element("figcaption", words), picture)


def _clauses(answer: Told) -> Html:
    rows = answer.tables["clauses"]
    units = answer.summary["units"]
    order = np.lexsort((-rows["value"], [units.index(unit) for unit in rows["unit"]]))
    cells = [
        (str(rows["agreement"][i]), str(rows["clause"][i]),
         amount(float(rows["value"][i]), str(rows["unit"][i])), UNIT_WORDS[str(rows["unit"][i])])
        for i in order.tolist()
    ]  # fmt: skip
    text = (
        "Each clause is left out while everything else is in force: rows of a table that hang on "
        "the agreement, its days, or the access that it grants."
    )
    heads = ("Agreement", "Clause", "Lost without it", "In")
    return joined([
        element("p", text), table("What is lost without a clause", heads, cells, numbers={2})
    ])  # fmt: skip


def _matrix(answer: Told) -> Html:
    """Return countries by countries: what is lost when their common agreements end."""
    summary, rows = answer.summary, answer.tables["matrix"]
    unit = summary["units"][0]
    mine = np.flatnonzero(rows["unit"] == unit).tolist()
    lost = {(str(rows["country"][i]), str(rows["other"][i])): float(rows["value"][i]) for i in mine}
    lost |= {(other, country): value for (country, other), value in lost.items()}
    names = sorted({country for country, _ in lost})
    most = max((abs(value) for value in lost.values()), default=0.0) or 1.0
    head = element("tr", element("th", "", scope="col"),
                   *(element("th", name, scope="col", class_="n") for name in names))  # fmt: skip
    body = []
    for one in names:
        cells = []
        for other in names:
            value = lost.get((one, other))
            shade = 0 if value is None or value <= 0 else int(np.ceil(value / most * _SHADES))
            told = "" if value is None else amount(value, unit)
            cells.append(element("td", told, class_=f"n s{shade}" if shade else "n"))
        body.append(element("tr", element("th", one, scope="row"), *cells))
    words = (
        f"What is lost, in {UNIT_WORDS[unit]}, when all agreements to which both are parties end; "
        "empty where they share none."
    )
    return element(
        "div",
        element("table", element("caption", words), element("thead", head),
                element("tbody", *body)),
        class_="scroll", tabindex=0, role="region", aria_label=words,
    )  # fmt: skip


def _left_out(answer: Told) -> Html:
    told = left_out_words(answer.summary)
    if not told:
        return element("p", "Every agreement in force that was asked for is valued.")
    return element("ul", *(element("li", words) for words in told))
