"""The article of one run on a page: its head, links to its sections, and these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indranet.runs.markup import Html, element
from indranet.runs.run import Table


@dataclass(frozen=True)
class Told:
    """What a page tells of a run: its manifest, and the tables that it reads."""

    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]

    @property
    def summary(self) -> Mapping[str, Any]:
        """The answer in short."""
        return dict(self.manifest["summary"])


def article(
    head: Html,
    sections: Sequence[tuple[str, str, Html]],
    key: str,
    level: int,
    about: str,
    class_: str | None = None,
) -> Html:
    """Return an article.

    Parameters
    ----------
    head
        What stands above the links.
    sections
        Name, title and body of each.
    key
        Prefix of the identifiers on the page, one for each run.
    level
        Level of the article's title among the headings of the page.
    about
        What the links are called.
    class_
        Of the article.
    """
    links = [
        element("li", element("a", title, href=f"#{key}-{name}")) for name, title, _ in sections
    ]
    return element(
        "article",
        head,
        element("nav", element("ol", *links), aria_label=about),
        *(
            element("section", element(f"h{level + 1}", title, id=f"{key}-{name}"), body,
                    aria_labelledby=f"{key}-{name}")
            for name, title, body in sections
        ),
        id=key,
        class_=class_,
    )  # fmt: skip
