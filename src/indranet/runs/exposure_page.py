"""What a report says of one exposure run: the answer, the worst dependences, the map."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from indranet.runs.article import article
from indranet.runs.availability_section import availability_section
from indranet.runs.exposure_tables import (
    country_section,
    data_section,
    limits_section,
    tables_section,
)
from indranet.runs.findings import HORIZON_WORDS, Answer, Dependence, own_part
from indranet.runs.map_section import map_section
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.only_section import only_lead, only_section
from indranet.runs.pairs_section import pairs_section
from indranet.runs.reason_section import Chain, chains, reasons_section, why_line
from indranet.runs.rules_section import rules_section
from indranet.runs.systemic_section import systemic_section
from indranet.runs.tiers_section import tiers_section
from indranet.runs.trust_section import trust_section
from indranet.runs.words import (
    FIRST,
    cause_list,
    cause_words,
    causes,
    counted,
    day,
    exact,
    listed,
    loss_words,
    number,
    people,
    percent,
    range_words,
    sentence,
)

_HORIZON_NOTES = {
    "now": "What stops the moment the thing is gone: nothing is left to run on.",
    "in time": "What stops once batteries, stocks, spares and support have run out and nothing new "
    "arrives.",
    "resourced": "As in time, but where a contract fails any other maker may step in.",
}
_ORDER_NOTES = {
    "now": "Ordered by people. ",
    "in time": "Ordered by people: those lost here and those lost though any maker may step in, "
    "added. ",
    "resourced": "Ordered by people. ",
}
_KIND_NOTES = {
    "firm": "The firm and every firm that it controls.",
    "subsidiaries": "All that a firm controls, without the firm itself.",
    "territory": "Everything that stands where a code of ISO 3166-1 says; nothing is said of its "
    "status.",
    "jurisdiction": "The firms seated in the country and what they control, wherever it stands.",
    "product": "The making of the product, everywhere; installed units run on at once, and in time "
    "lack spares and support.",
    "plant": "One factory, and what it makes.",
    "passage": "A strait, canal or cape closed to ships.",
    "vulnerability": "A flaw used everywhere at once: all installed units that contain a product "
    "that has it, and what such a unit manages.",
    "domain": "What one operator runs under one manager, or with one software in it: one bad "
    "change reaches all of it.",
    "lane": "A way for goods or signals between two places: a sea route, a cable.",
}


def exposure_article(answer: Answer, key: str, level: int) -> Html:
    """Return the article of one exposure run.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page, one for each run.
    level
        Level of its title among the headings of the page.
    """
    sections = _sections(answer, key, level)
    about = f"Sections on {answer.manifest['case']}"
    return article(_head(answer, level), sections, key, level, about)


def _sections(answer: Answer, key: str, level: int) -> list[tuple[str, str, Html]]:
    """Return name, title and body of each section; what was not asked for has none."""
    there = answer.tables
    made = [
        ("only", "What they can make alone", only_section(answer, level + 2))
        if "only" in there
        else None,
        ("worst", "The five worst dependences", _worst_section(answer, level + 2)),
        ("map", "Where it is felt", map_section(answer, key)),
        ("countries", "Losses by country", country_section(answer)),
        ("tiers", "Down every tier", tiers_section(answer, key, level + 2)),
        ("pairs", "Two losses at once", pairs_section(answer, level + 2))
        if "pairs" in there
        else None,
        ("trust", "What works and is not trusted", trust_section(answer, level + 2))
        if "untrusted" in there
        else None,
        ("rules", "Rules", rules_section(answer, level + 2)) if "rules" in there else None,
        ("reasons", f"Why {_asked_name(answer)}", reasons_section(answer, level + 2))
        if "reasons_of" in answer.summary
        else None,
        ("systemic", "How much production stops in the end", systemic_section(answer))
        if "systemic" in there
        else None,
        ("availability", "How often services are down", availability_section(answer, level + 2))
        if "availability" in there
        else None,
        ("tables", "The tables behind it", tables_section(answer, level + 2)),
        (
            "data",
            "What the data is",
            joined([_facts(answer), data_section(answer.manifest, level + 2)]),
        ),
        ("limits", "What this report does not say", limits_section(answer)),
    ]
    return [section for section in made if section is not None]


def _asked_name(answer: Answer) -> str:
    """Return the name in words of the thing whose reasons were asked for."""
    asked = answer.summary["reasons_of"]
    return answer.name(asked["kind"], asked["id"])


def _head(answer: Answer, level: int) -> Html:
    manifest, summary = answer.manifest, answer.summary
    known = [
        day(summary["on"]),
        counted(summary["services"], "service"),
        _sites_words(summary),
        f"version {manifest['version']}",
    ]
    return joined(
        [
            element("p", "What it depends on", class_="overline"),
            element(f"h{level}", element("bdi", str(manifest["case"]))),
            *only_lead(answer),
            element("p", sentence(answer.worst, summary), class_="answer"),
            element("p", _people_note(summary), class_="soft small"),
            element(
                "p",
                " · ".join(known),
                " · case ",
                element("code", str(manifest["case_hash"])[:12]),
                class_="soft small",
            ),
        ]
    )


def _facts(answer: Answer) -> Html:
    """Return what was asked, of what, and how much it holds."""
    manifest, summary = answer.manifest, answer.summary
    asked = shlex.join(["indranet", str(manifest["command"]), *map(str, manifest["inputs"])])
    things = len(set(zip(answer.reach["kind"], answer.reach["id"], strict=True)))
    facts = [
        ("As of", day(summary["on"])),
        ("Services", exact(summary["services"])),
        ("Sites", _sites_words(summary)),
        (f"People, over all {summary['people_counted_by']}", people(summary["people"])),
        ("Taken away, one by one", counted(things, "thing")),
        ("Marking", str(manifest["marking"])),
        ("Indranet", f"version {manifest['version']}"),
        ("Case", element("code", str(manifest["case_hash"])[:12])),
    ]
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", value)) for name, value in facts),
        element(
            "div",
            element("dt", "Command"),
            element("dd", element("code", asked)),
            class_="wide",
        ),
        class_="facts",
    )


def _sites_words(summary: Mapping[str, Any]) -> str:
    rows = int(summary["site_rows"])
    return f"{number(summary['sites'])} sites in {counted(rows, 'row')}" if rows else "no sites"


def _people_note(summary: Mapping[str, Any]) -> str:
    if summary["people_counted_by"] == "services":
        return (
            "People are summed over services: someone who uses three services that stop is counted "
            "three times."
        )
    return "The case names no services: people are those whom the lost sites serve."


def _worst_section(answer: Answer, level: int) -> Html:
    return joined(
        [
            element(
                "p",
                "Each line is one loss. Causes that stop the same services stand together: any "
                "one of them is enough. What a country loses by its own absence counts for nothing "
                "in this order.",
            ),
            *_made_up(answer.manifest["provenance_shares"]),
            element(
                "div",
                *(_worst_column(answer, horizon, level) for horizon in ("now", "in time")),
                class_="columns",
            ),
            *(_all_of(answer, horizon) for horizon in HORIZON_WORDS),
            block("What the words mean", _glossary(), open_on_paper=True),
        ]
    )


def _made_up(shares: Mapping[str, float]) -> list[Html]:
    """Return a mark where the case holds rows that nobody observed."""
    share = shares.get("synthetic", 0.0)
    if not share:
        return []
    tag = element("span", "Synthetic rows", class_="tag")
    return [
        element(
            "p",
            tag,
            f" {percent(share)} of the rows of the case are made up; each reason says what it "
            "rests on.",
        )
    ]


def _glossary() -> Html:
    notes = {HORIZON_WORDS[horizon]: note for horizon, note in _HORIZON_NOTES.items()}
    notes |= {kind.capitalize(): note for kind, note in _KIND_NOTES.items()}
    terms = [element("div", element("dt", w), element("dd", n)) for w, n in notes.items()]
    return element("dl", *terms, class_="glossary")


def _worst_column(answer: Answer, horizon: str, level: int) -> Html:
    found = answer.worst[horizon][:FIRST]
    paths = chains(answer)
    lines = [_worst_line(answer, dependence, paths) for dependence in found]
    return element(
        "div",
        element(f"h{level}", HORIZON_WORDS[horizon], class_="horizon"),
        element("p", _HORIZON_NOTES[horizon], class_="soft small"),
        element("ol", *lines, class_="worst") if lines else element("p", "Nothing is lost."),
    )


def _worst_line(answer: Answer, dependence: Dependence, found: Sequence[Chain]) -> Html:
    share, unit = dependence.part
    name, kinds = next(iter(causes(dependence).items()))
    return element(
        "li",
        element(
            "p",
            element("bdi", name),
            " ",
            element("span", kinds, class_="kind"),
            class_="cause",
        ),
        _others(cause_list(dependence)[1:]),
        element(
            "div",
            element("div", style=f"width:{100 * share:.2f}%") if share else "",
            class_="bar",
            aria_hidden="true",
        ),
        element(
            "p",
            element("span", loss_words(dependence)),
            element("span", f"{percent(share)} of {unit}"),
            class_="loss",
        ),
        *(element("p", note, class_="note") for note in _notes(answer, dependence)),
        *why_line(found, dependence),
    )


def _others(words: Sequence[str]) -> Html:
    if not words:
        return Html("")
    if len(words) <= 2:
        return element("p", f"or {listed(words, joined_by='or')}", class_="others")
    return element(
        "details",
        element(
            "summary",
            f"or any one of {len(words):,} more",
            element("span", f": {listed(words, 2)}", class_="off-paper"),
        ),
        element("ul", *(element("li", element("bdi", word)) for word in words)),
        class_="others on-print",
    )


def _notes(answer: Answer, dependence: Dependence) -> list[Html]:
    """Return what a reader must know of one loss: its own people, assumptions, other makers."""
    notes = []
    if dependence.people > dependence.people_elsewhere:
        whole = counted(dependence.services, "service") if dependence.total_services else ""
        unit = "users" if dependence.total_services else "people"
        both = [part for part in (whole, f"{people(dependence.people)} {unit}") if part]
        notes.append(joined([f"Counted outside the country itself; with it {listed(both)}."]))
    if dependence.hangs:
        tag = element("span", "Hangs on an assumption", class_="tag")
        share = "as 30 to 80\u00a0% of a supply must be left"
        notes.append(joined([tag, f" {range_words(dependence)}, {share}."]))
    taken = set(answer.summary["unknown_products"])
    unknown = [t.name for t in dependence.things if t.kind == "product" and t.id in taken]
    if unknown:
        tag = element("span", "Not known", class_="tag")
        notes.append(joined([tag, f" who makes {listed(unknown)}: taken as available."]))
    if dependence.horizon == "in time":
        notes.append(joined([_resourced_words(answer, dependence)]))
    return notes


def _resourced_words(answer: Answer, dependence: Dependence) -> str:
    """Return what remains lost of a loss in time when any maker of a product may step in."""
    first, reach = dependence.things[0], answer.reach
    rows = reach.of(first, "resourced")
    if not len(rows):
        return "Not examined with any maker allowed."
    own, own_people = own_part(answer.countries, first, "resourced")
    by_service = dependence.services_elsewhere > 0
    rest = float(reach["services_lost" if by_service else "sites_lost"][rows[0]])
    rest -= own if by_service else 0
    persons = float(reach["people_lost"][rows[0]]) - own_people
    before = dependence.services_elsewhere if by_service else dependence.sites
    if (rest, persons) == (before, dependence.people_elsewhere):
        return "Just as much with any maker allowed."
    if not (rest or persons):
        return "Nothing is lost with any maker allowed."
    what = counted(rest, "service" if by_service else "site")
    return f"With any maker allowed: {what}{f', {people(persons)} people' if persons else ''}."


def _all_of(answer: Answer, horizon: str) -> Html:
    found = answer.worst[horizon]
    if not found:
        return Html("")
    rows = [
        (
            f"{rank}",
            _cause_cell(dependence),
            exact(dependence.services_elsewhere),
            exact(dependence.sites),
            exact(dependence.people_elsewhere),
            " of ".join([percent(dependence.part[0]), dependence.part[1]]),
            range_words(dependence) if dependence.hangs else "",
        )
        for rank, dependence in enumerate(found, 1)
    ]
    return block(
        f"{HORIZON_WORDS[horizon]}: the {len(found):,} worst",
        table(
            f"{_HORIZON_NOTES[horizon]} {_ORDER_NOTES[horizon]}For a country: services and people "
            "outside it, but sites and the last column count its own as well.",
            (
                "Rank", "Without", "Services", "Sites", "People", "Share",
                "If 30 to 80\u00a0% of a supply must be left",
            ),
            rows,
            numbers={0, 2, 3, 4, 5},
            named_by=1,
        ),
    )  # fmt: skip


def _cause_cell(dependence: Dependence) -> Html:
    words = cause_list(dependence)
    if len(words) <= 3:
        return element("bdi", cause_words(dependence))
    return element(
        "details",
        element("summary", cause_words(dependence, 2)),
        element("ul", *(element("li", element("bdi", word)) for word in words)),
    )
