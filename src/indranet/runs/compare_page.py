"""What a report says of two runs or cases side by side."""

import numpy as np

from indranet.runs.article import Told
from indranet.runs.compare_terminal import asked_lines, change_words, counts_words
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Run
from indranet.runs.words import number

_ROWS = 200
"""Changes of one table that stand on the page; all of them stand in the run's table."""


def read_comparison(run: Run) -> Told:
    """Read what the page tells of two runs or cases.

    Raises
    ------
    InputError
        When the run lacks a table.
    """
    return Told(run.manifest, {name: run.table(name) for name in ("asked", "changes")})


def compare_article(answer: Told, key: str, level: int) -> Html:
    """Return the article of one comparison.

    Parameters
    ----------
    answer
        What differs.
    key
        Prefix of the identifiers on the page.
    level
        Level of its title among the headings of the page.
    """
    summary = answer.summary
    title = joined([element("bdi", summary["one"]), " → ", element("bdi", summary["other"])])
    first = [element("li", change_words(change)) for change in summary["first"]]
    return element(
        "article",
        element("p", f"Two {summary['of']} side by side", class_="overline"),
        element(f"h{level}", title),
        element("p", counts_words(summary), class_="answer"),
        element("section", element(f"h{level + 1}", "What was asked otherwise", id=f"{key}-asked"),
                element("ul", *(element("li", line.strip()) for line in asked_lines(summary))),
                aria_labelledby=f"{key}-asked"),
        element("section", element(f"h{level + 1}", "The largest changes", id=f"{key}-first"),
                element("ul", *first) if first else element("p", "None."),
                aria_labelledby=f"{key}-first"),
        element("section", element(f"h{level + 1}", "Table by table", id=f"{key}-tables"),
                *_tables(answer), aria_labelledby=f"{key}-tables"),
        id=key,
        class_="compare",
    )  # fmt: skip


def _tables(answer: Told) -> list[Html]:
    rows = answer.tables["changes"]
    found = []
    for name in dict.fromkeys(rows["table"].tolist()):
        mine = np.flatnonzero(rows["table"] == name)
        size = np.nan_to_num(np.abs(rows["difference"][mine].astype(np.float64)))
        shown = mine[np.argsort(-size, kind="stable")][:_ROWS].tolist()
        cells = [
            (*(str(rows[column][i]) for column in ("key", "column", "one", "other")),
             *(_number(rows[column][i]) for column in ("difference", "low", "high")))
            for i in shown
        ]  # fmt: skip
        heads = ("Row", "Column", "One", "Other", "Difference", "At least", "At most")
        told = f"{name}, {len(mine):,} changes"
        if len(shown) < len(mine):
            told += f", the largest {len(shown):,}"
        found.append(block(told, table(told, heads, cells, numbers={4, 5, 6})))
    return found


def _number(value: float) -> str:
    return number(float(value)) if np.isfinite(float(value)) else ""
