"""Pieces of a page: every text from data is escaped on its way in."""

from collections.abc import Collection, Iterable, Sequence
from html import escape

VOID = frozenset({"br", "hr", "input", "meta"})
"""Elements of HTML that have no content and no closing tag."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | float | bool | None) -> Html:
    """Return one element.

    Parameters
    ----------
    name
        Its name.
    content
        What stands in it; all but `Html` is escaped.
    attributes
        Its attributes. An underscore stands for a hyphen and one at the end is dropped (`class_`);
        True gives the bare name, False and None give nothing.

    >>> element("p", "a < b", class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b</p>'
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{joined(content)}</{name}>")


def _attribute(key: str, value: str | float | bool | None) -> str:
    key = key.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {key}" if value is True else f' {key}="{escape(str(value))}"'


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Return parts one after the other; all but `Html` is escaped."""
    return Html(
        between.join(
            part if isinstance(part, Html) else escape(part, quote=False) for part in parts
        )
    )


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    named_by: int = 0,
    tall: bool = False,
) -> Html:
    """Return a table in a box of its own that scrolls where the page is narrow.

    Parameters
    ----------
    caption
        What it shows.
    heads
        Head of each column.
    rows
        Cells of each row.
    numbers
        Columns of numbers, set to the right.
    named_by
        Column that names the row.
    tall
        Whether it scrolls within a screen's height as well.
    """
    sides = ["n" if column in numbers else None for column in range(len(heads))]
    head = [
        element("th", text, scope="col", class_=side)
        for text, side in zip(heads, sides, strict=True)
    ]
    body = (
        element(
            "tr",
            *(
                element("th", cell, scope="row", class_=side)
                if column == named_by
                else element("td", cell, class_=side)
                for column, (cell, side) in enumerate(zip(row, sides, strict=True))
            ),
        )
        for row in rows
    )
    return scrolling(
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *head)),
            element("tbody", *body),
        ),
        caption,
        "scroll tall" if tall else "scroll",
    )


def scrolling(content: Html, label: str, class_: str = "scroll") -> Html:
    """Return content in a box of its own that scrolls, by keyboard too."""
    return element("div", content, class_=class_, tabindex=0, role="region", aria_label=label)


def block(title: str, *content: str, open_on_paper: bool = False) -> Html:
    """Return content that the reader opens; on paper it stands open where asked."""
    on_paper = " on-print" if open_on_paper else ""
    return element("details", element("summary", title), *content, class_=f"block{on_paper}")
