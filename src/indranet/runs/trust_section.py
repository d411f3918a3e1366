"""What works and is not trusted under one authority's exclusions, as a part of the report."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indranet.runs.findings import HORIZON_WORDS, KIND_WORDS, Answer
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.words import counted, exact, listed, number, people, percent

_WORST = 10
_NAMED_AT_ONCE = 3
_SERVICES = 200
_AUTHORED = {
    "real": "observed", "derived": "worked out from observed", "calibrated": "calibrated",
    "synthetic": "made-up", "authored": "authored", "inferred": "inferred",
    "not stated": "unstated",
}  # fmt: skip
"""How a row came to be known, as it stands before the word rows."""


def trust_section(answer: Answer, level: int) -> Html:
    """Return what works and is not trusted, why, and what else would take trust.

    Parameters
    ----------
    answer
        What the run found, with the table `untrusted` and `summary["excluded"]`.
    level
        Level of a heading here.
    """
    authority = str(answer.summary["excluded"]["authority"])
    return joined(
        [
            _whose_words(authority),
            _excluded_block(answer),
            _table(answer),
            _services_block(answer),
            element(f"h{level}", "Why it is not trusted"),
            *_chains(answer, level + 1),
            element(f"h{level}", "What else would take trust away"),
            _losses(answer),
        ]
    )


def _whose_words(authority: str) -> Html:
    return element(
        "p",
        "The exclusions are those of ",
        element("bdi", authority),
        ", chosen by whoever asked for this run. They are not a judgement of this report on any "
        "firm or country. Something is not trusted if, as far as they reach, it would not work "
        "without the excluded firms and what these control; it does work all the same.",
    )


def _excluded_block(answer: Answer) -> Html:
    """Return whom the authority excludes, by name."""
    firms = list(answer.summary["excluded"]["firms"])
    if not firms:
        return element("p", "None of its rows excludes anybody on the day asked for.")
    bound = (
        []
        if answer.summary["excluded"]["binds"]
        else [
            element("p", "Its rows that hold bind nothing in the case (columns by and functions).")
        ]
    )
    names = sorted((answer.name("firm", firm), firm) for firm in firms)
    items = [
        element(
            "li",
            element("span", name),
            *([element("span", firm, class_="soft")] if name != firm else []),
        )
        for name, firm in names
    ]
    listing = block(
        f"Whom it excludes: {counted(len(firms), 'firm')}",
        element("p", "Firms that an excluded firm controls are among them.", class_="soft small"),
        element("ul", *items, class_="services"),
    )
    return joined([*bound, listing])


def _rows(answer: Answer, horizon: str, kind: str) -> npt.NDArray[np.int64]:
    """Return the rows of what is not trusted, those that most people use first."""
    found = answer.tables["untrusted"]
    rows = np.flatnonzero((found["horizon"] == horizon) & (found["kind"] == kind))
    return rows[np.lexsort((found["id"][rows].astype(str), -found["people"][rows]))]


def _table(answer: Answer) -> Html:
    """Return how much works and is not trusted at each horizon."""
    found, summary = answer.tables["untrusted"], answer.summary
    if not len(found["id"]):
        return element("p", "Nothing that works rests on anyone whom it excludes.")
    by_service = bool(summary["services"])
    rows = []
    for horizon, words in HORIZON_WORDS.items():
        services, sites = (_rows(answer, horizon, kind) for kind in ("service", "site"))
        persons = float(found["people"][services if by_service else sites].sum())
        cells = [words]
        if by_service:
            cells.append(f"{len(services):,} of {summary['services']:,}")
        cells.append(_with_share(people(persons), persons, float(summary["people"])))
        real = float(found["sites"][sites].sum())
        cells.append(_with_share(number(real), real, float(summary["sites"])))
        rows.append(cells)
    unit = "Users" if by_service else "People"
    heads = ["When", *(["Services"] if by_service else []), unit, "Sites"]
    counted_so = " Users are people, counted once for each service that they use."
    caption = (
        "What works and is not trusted. In time whoever supplies the makers counts as well, down "
        f"every tier.{counted_so if by_service else ''}"
    )
    return table(caption, heads, rows, numbers=range(1, len(heads)))


def _with_share(words: str, part: float, total: float) -> str:
    return f"{words} ({percent(part / total)})" if part and total else "none"


def _services_block(answer: Answer) -> Html:
    """Return the services that work and are not trusted, most used first."""
    found = answer.tables["untrusted"]
    parts: list[Html] = []
    told: dict[tuple[str, ...], str] = {}
    for horizon, words in HORIZON_WORDS.items():
        rows = _rows(answer, horizon, "service")
        services = tuple(found["id"][rows].tolist())
        if not services:
            continue
        if services in told:
            title = f"{words}: the same services as {told[services].lower()}"
            parts.append(element("p", title))
            continue
        told[services] = words
        items = [
            element(
                "li",
                element("span", answer.name("service", str(found["id"][row]))),
                element("span", people(float(found["people"][row]))),
            )
            for row in rows[:_SERVICES].tolist()
        ]
        if len(rows) > _SERVICES:
            more = f"{len(rows) - _SERVICES:,} more in untrusted.parquet"
            items.append(element("li", element("span", more)))
        parts.append(element("p", f"{words}: {counted(len(rows), 'service')}"))
        parts.append(element("ul", *items, class_="services"))
    return block("Which services, and how many use them", *parts) if parts else Html("")


def _chains(answer: Answer, level: int) -> list[Html]:
    """Return for each horizon why the most used thing that is not trusted is not."""
    reasons = answer.tables["reasons"]
    parts = []
    for horizon, words in HORIZON_WORDS.items():
        rows = np.flatnonzero((reasons["kind"] == "exclusion") & (reasons["horizon"] == horizon))
        if not len(rows):
            continue
        rows = rows[np.argsort(reasons["step"][rows], kind="stable")]
        lost = answer.name(str(reasons["thing_kind"][rows[0]]), str(reasons["lost"][rows[0]]))
        parts.append(element(f"h{level}", words))
        parts.append(
            element("p", "Why ", element("bdi", lost), " is not trusted, step by step down:")
        )
        parts.append(
            element("ol", *(_step(answer, row) for row in rows[1:].tolist()), class_="limits")
        )
    lead = (
        "For each point in time the thing that most people use of those that are not trusted, and "
        "the shortest way from it down to somebody who is excluded."
    )
    return [element("p", lead), *parts] if parts else [element("p", "There is nothing to tell.")]


def _step(answer: Answer, row: int) -> Html:
    reasons = answer.tables["reasons"]
    kind, thing, why, known, ask = (
        str(reasons[column][row]) for column in ("thing_kind", "thing", "why", "known", "ask")
    )
    notes = []
    if known:
        words = [_AUTHORED.get(word, word) for word in known.split(", ")]
        notes.append(f"Rests on {listed(words, len(words))} rows.")
    if ask:
        notes.append(f"To be sure: {ask}")
    return element(
        "li",
        element("bdi", element("strong", answer.name(kind, thing))),
        " ",
        element("span", KIND_WORDS.get(kind, kind), class_="kind"),
        f": {why}",
        *([element("div", " ".join(notes), class_="soft small")] if notes else []),
    )


def _losses(answer: Answer) -> Html:
    """Return what the worst losses take of what is still trusted."""
    reach = answer.reach.columns
    trusted = reach["plane"] == "trusted"
    lost = (reach["people_lost"] > 0) | (reach["services_lost"] > 0) | (reach["sites_lost"] > 0)
    if not (trusted & lost).any():
        return element("p", "Nothing that was taken away takes any of what is trusted.")
    parts = []
    for horizon, words in HORIZON_WORDS.items():
        rows = np.flatnonzero(trusted & lost & (reach["horizon"] == horizon))
        groups = _alike(answer, rows)
        if not groups:
            parts.append(element("p", f"{words} nothing that was taken away takes any of it."))
            continue
        lines = [
            (
                _cause_words(answer, group),
                *(
                    exact(float(reach[column][group[0]]))
                    for column in ("services_lost", "people_lost", "sites_lost")
                ),
            )
            for group in groups[:_WORST]
        ]
        of = f" of {len(groups):,}" if len(groups) > len(lines) else ""
        caption = f"{words}: the {counted(len(lines), 'largest loss', 'largest losses')}{of}."
        parts.append(
            table(caption, ("Without", "Services", "People", "Sites"), lines, numbers={1, 2, 3})
        )
    return joined(
        [
            element(
                "p",
                "Of what the exclusions leave trusted, this is what one more loss takes. Causes of "
                "the same numbers stand together: any one of them is enough.",
            ),
            block("The largest losses among what is trusted", *parts),
        ]
    )


def _alike(answer: Answer, rows: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return rows of reach that lose the same numbers, the largest losses first."""
    reach = answer.reach.columns
    groups: dict[tuple[float, float, float], list[int]] = {}
    for row in rows.tolist():
        people_lost, services, sites = (
            float(reach[column][row]) for column in ("people_lost", "services_lost", "sites_lost")
        )
        groups.setdefault((people_lost, services, sites), []).append(row)
    return [groups[key] for key in sorted(groups, reverse=True)]


def _cause_words(answer: Answer, rows: Sequence[int]) -> str:
    reach = answer.reach.columns
    words = [
        f"{answer.name(kind, identifier)} ({KIND_WORDS.get(kind, kind)})"
        for kind, identifier in sorted((str(reach["kind"][r]), str(reach["id"][r])) for r in rows)
    ]
    any_of = {1: "", 2: "either "}.get(len(words), "any one of ")
    return f"{any_of}{listed(words, _NAMED_AT_ONCE, joined_by='or')}"
