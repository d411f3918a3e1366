"""What a report says of one stress run: the answer, day by day, why, where, how sure."""

import shlex

from indranet.runs.article import article
from indranet.runs.markup import Html, element, joined
from indranet.runs.stress_course import course_section
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_first import first_section
from indranet.runs.stress_lanes import lanes_section
from indranet.runs.stress_map import map_section
from indranet.runs.stress_trust import trust_stress_section
from indranet.runs.stress_words import (
    answer_words,
    event_words,
    is_random,
    on_day,
    range_words,
)
from indranet.runs.stress_year import comes_at_a_rate, year_section
from indranet.runs.words import counted


def stress_article(answer: StressAnswer, key: str, level: int) -> Html:
    """Return the article of one stress run.

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
    about = f"Sections on {answer.summary['scenario']}"
    return article(_head(answer, level), sections, key, level, about, "stress")


def _sections(answer: StressAnswer, key: str, level: int) -> list[tuple[str, str, Html]]:
    """Return name, title and body of each section."""
    year = []
    if comes_at_a_rate(answer):
        year = [("year", "What a year loses by chance", year_section(answer))]
    elif answer.draws > 1 and is_random(answer):
        year = [("year", "How likely losses of each size are", year_section(answer))]
    return [
        ("course", "Day by day", course_section(answer)),
        *year,
        ("first", "What ran out first, and what went down", first_section(answer, level + 2)),
        ("map", "Where it is felt, and when", map_section(answer, key)),
        ("lanes", "Lanes before and after", lanes_section(answer, level + 2)),
        ("trust", "How much to trust it", trust_stress_section(answer, level + 2)),
    ]


def _head(answer: StressAnswer, level: int) -> Html:
    spread = range_words(answer)
    users = "Users are people, counted once for each service that they use."
    notes = [note for note in (spread, users if answer.counts_services else "") if note]
    return joined(
        [
            element("p", "What happens if", class_="overline"),
            element(f"h{level}", element("bdi", str(answer.summary["scenario"]))),
            element("p", answer_words(answer), class_="answer"),
            *([element("p", " ".join(notes), class_="soft small")] if notes else []),
            *_events(answer, level + 1),
            _facts(answer),
        ]
    )


def _events(answer: StressAnswer, level: int) -> list[Html]:
    events, hazards = answer.summary["events"], answer.summary["hazards"]
    strikes = []
    if hazards:
        often = sum(float(hazard["per_year"]) for hazard in hazards)
        text = (
            f"{counted(len(hazards), 'hazard')} of the case strike by chance, {often:.1f} times a "
            "year in all. In the usual course of events, which the map, the lanes and what ran out "
            "first tell, none does."
        )
        strikes = [element("p", text)]
    if not events:
        return strikes or [element("p", "Nothing happens in this scenario.")]
    items = [element("li", element("bdi", event_words(answer, event))) for event in events]
    return [
        element(f"h{level}", "What happens", class_="happens"),
        element("ul", *items, class_="limits events"),
        *strikes,
    ]


def _facts(answer: StressAnswer) -> Html:
    """Return what was asked, of what, and how it was computed."""
    manifest = answer.manifest
    asked = shlex.join(["indranet", "stress", *map(str, manifest["inputs"])])
    draws = counted(answer.draws, "draw")
    facts = [
        ("Case", element("bdi", str(manifest["case"]))),
        ("Days", f"{answer.days:,}, {on_day(answer, 0)} to {on_day(answer, answer.days - 1)}"),
        ("Draws", f"{draws}, seed {answer.summary['seed']}"),
        ("Marking", str(manifest["marking"])),
        ("Indranet", f"version {manifest['version']}"),
        ("Case, by its hash", element("code", str(manifest["case_hash"])[:12])),
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
