"""Down every tier: what the money of each function goes into, whence it comes, what to ask."""

import json
from collections.abc import Sequence
from typing import Any

from indranet.runs import flow
from indranet.runs.findings import Answer
from indranet.runs.flow import Layout
from indranet.runs.markup import Html, block, element, joined, scrolling
from indranet.runs.tiers_told import (
    OPERATOR_TIERS,
    OPERATORS,
    VIEWS,
    Cell,
    Panel,
    Row,
    case_questions,
    panels,
)
from indranet.runs.words import percent

_LEGEND = (
    "product", "smaller ones together", "ended: a material, a tool, or nothing more in it",
    "not known: carried on to the foot of each tier",
)  # fmt: skip


def tiers_section(answer: Answer, key: str, level: int) -> Html:
    """Return whose and whence everything comes, tier by tier, with a function to choose.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page.
    level
        Level of a heading here.
    """
    told = panels(answer)
    if not told:
        return element(
            "p", "No equipment is installed at a site of the case, so there are no tiers to tell."
        )
    first = told[0]
    return element(
        "div",
        element(
            "p",
            "The same money is followed from what operators run down to what that is made of, and "
            "what goes into that in turn. Tier 0 is what is installed, of all operators together. "
            "Each tier beneath divides the money by what components cost, and sums to 100\u00a0%.",
        ),
        _chooser(told, key),
        element("p", first.sentence, class_="told", aria_live="polite"),
        _figure(first),
        element(f"h{level}", "Tier by tier"),
        _tier_table(first),
        _share_block(first),
        _operator_block(first),
        element(f"h{level}", "What to ask first"),
        _questions(answer, first, level + 1),
        _data(told),
        class_="tiers",
    )


def _chooser(told: Sequence[Panel], key: str) -> Html:
    options = [element("option", panel.option, value=at) for at, panel in enumerate(told)]
    return joined(
        [
            element(
                "p",
                element("label", "What the money is spent on", for_=f"{key}-function"),
                element("select", *options, id=f"{key}-function", autocomplete="off"),
                class_="chooser",
                hidden=True,
            ),
            element(
                "p",
                "Without scripts the page shows what most is spent on. All functions are in "
                "shares.parquet.",
                class_="unscripted soft small",
            ),
        ]
    )


def _figure(panel: Panel) -> Html:
    picture = flow.draw(panel.flow, "Tier", panel.sentence)
    heads: list[Cell] = ["From", ("Tier", "n"), "Into", ("Share", "n")]
    return joined(
        [
            element(
                "figure",
                scrolling(picture, "Flow from tier to tier", "scroll drawing"),
                flow.legend(_LEGEND),
                class_="flow",
            ),
            block(
                "Every ribbon of the picture",
                _grid(
                    "What goes from a tier into the next, on ",
                    panel.name,
                    heads,
                    _moves(panel.flow),
                    "moves",
                ),
            ),
        ]
    )


def _moves(shown: Layout) -> list[Row]:
    """Return one row a ribbon: where it comes from and leads to."""
    ends = ((shown.nodes[r.source], shown.nodes[r.target], r.share) for r in shown.ribbons)
    return [[of.name, f"{of.column}", into.name, percent(share)] for of, into, share in ends]


def _tier_table(panel: Panel) -> Html:
    heads: list[Cell] = ["Tier", *VIEWS.values(), ("Not known", "n"), ("Ended", "n")]
    return _grid(
        "The largest of each tier with its share of all that is spent, and how concentrated the "
        "tier is: HHI, of what has not ended, as a range where something is unknown. Spent on ",
        panel.name, heads, panel.tiers, "tiers", "scroll wide",
    )  # fmt: skip


def _share_block(panel: Panel) -> Html:
    heads: list[Cell] = ["Tier", *VIEWS.values()]
    return block(
        "All shares of half a per cent or more",
        _grid(
            "What each tier divides into. Smaller shares are in shares.parquet. Spent on ",
            panel.name, heads, panel.shares, "shares", "scroll tall",
        ),
    )  # fmt: skip


def _operator_block(panel: Panel) -> Html:
    heads: list[Cell] = ["Operator", ("Part of spend", "n")]
    for tier in OPERATOR_TIERS:
        heads += [(f"Tier {tier}", "n"), ("not known", "n")]
    return block(
        "The same operator by operator",
        _grid(
            "The territory in which the largest part of each tier is made, and for how much the "
            f"place is not known; largest spend first, {OPERATORS} operators at most. A stronger "
            "shade is a larger share. Spent on ",
            panel.name, heads, panel.operators, "operators", "scroll tall matrix",
        ),
    )  # fmt: skip


def _grid(
    caption: str,
    name: str,
    heads: Sequence[Cell],
    rows: Sequence[Row],
    part: str,
    class_: str = "scroll",
) -> Html:
    """Return a table whose rows a script can change.

    Parameters
    ----------
    caption, name
        What it shows, and of which function.
    heads, rows
        Its cells; those of a column are set as its head is.
    part
        Name of the rows among what a script shows.
    class_
        Of the box in which it scrolls.
    """
    sides = [_split(head)[1] for head in heads]
    head = (element("th", _split(cell)[0], scope="col", class_=_split(cell)[1]) for cell in heads)
    body = (
        element(
            "tr",
            *(
                element("td" if at else "th", *_lines(text), scope=None if at else "row",
                        class_=own or side)
                for at, ((text, own), side) in enumerate(
                    zip(map(_split, row), sides, strict=True)
                )
            ),
        )
        for row in rows
    )  # fmt: skip
    of = element("span", name, class_="function")
    return scrolling(
        element(
            "table",
            element("caption", caption, of, "."),
            element("thead", element("tr", *head)),
            element("tbody", *body, data_part=part),
        ),
        caption.partition(".")[0].strip(", "),
        class_,
    )


def _split(cell: Cell) -> tuple[str, str | None]:
    return (cell, None) if isinstance(cell, str) else cell


def _lines(text: str) -> list[Html]:
    return [element("span", line) for line in text.split("\n")]


def _questions(answer: Answer, panel: Panel, level: int) -> Html:
    whole = case_questions(answer)
    return joined(
        [
            element(
                "p",
                "The Herfindahl\u2013Hirschman index (HHI) is the sum of squared shares: 1 where "
                "all comes from one, 0.1 from ten alike. It is least if what is unknown is spread "
                "thin over many, and most if all of it belongs to the largest. The answers below "
                "are sure to narrow that range the most, whatever they turn out to be.",
            ),
            element(
                "div",
                element(
                    "div",
                    element(f"h{level}", "In the whole case"),
                    element("ol", *_items(whole), class_="asks")
                    if whole
                    else element("p", "No answer is sure to narrow it."),
                ),
                element(
                    "div",
                    element(f"h{level}", "For ", element("span", panel.name, class_="function")),
                    element("ol", *_items(panel.questions), class_="asks", data_part="questions"),
                    element(
                        "p",
                        "No one answer is sure to narrow it.",
                        class_="without",
                        hidden=bool(panel.questions),
                    ),
                ),
                class_="columns",
            ),
        ]
    )


def _items(questions: Sequence[tuple[str, str]]) -> list[Html]:
    return [
        element("li", element("p", asked), element("p", note, class_="soft small"))
        for asked, note in questions
    ]


def _data(told: Sequence[Panel]) -> Html:
    """Return what the script shows of each function; what several have in common stands once."""
    parts: dict[str, list[Any]] = {
        "flow": [flow.packed(panel.flow) for panel in told],
        "tiers": [panel.tiers for panel in told],
        "shares": [panel.shares for panel in told],
        "questions": [panel.questions for panel in told],
        "operators": [panel.operators for panel in told],
    }
    held: dict[str, Any] = {"functions": [[panel.name, panel.sentence] for panel in told]}
    for part, contents in parts.items():
        texts = [json.dumps(content, ensure_ascii=False) for content in contents]
        kept = list(dict.fromkeys(texts))
        held[part] = {
            "of": [kept.index(text) for text in texts],
            "held": [contents[texts.index(text)] for text in kept],
        }
    # Inside a script nothing is markup but its own end.
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", joined([Html(text)]), type="application/json")
