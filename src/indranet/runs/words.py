"""Numbers, shares, lists and answers as people read them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from indranet.runs.findings import HORIZON_WORDS, KIND_WORDS, Dependence, dependences

FIRST = 5
"""Dependences told in full; the others stand in tables."""

_STEPS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_THIN = "\u00a0"
"""A no-break space, so that a number and its unit stay on one line."""


def number(value: float) -> str:
    r"""Return a number rounded for reading: three figures from ten thousand up.

    >>> [number(v) for v in (0, 12, 452055, 1234567, 96.4e6, 1.4e9)]
    ['0', '12', '452,000', '1.2\xa0million', '96\xa0million', '1.4\xa0billion']
    """
    if value < 0:
        return f"\u2212{number(-value)}"
    for unit, word in _STEPS:
        # What rounds up to a whole unit is told in that unit: 999,800 is 1 million.
        if value >= unit * 0.9995:
            return f"{_figures(value / unit)}{_THIN}{word}"
    if value >= 10000:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def _figures(value: float) -> str:
    text = f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"
    return text.removesuffix(".0")


def people(value: float) -> str:
    r"""Return a number of persons rounded for reading; part of a person is a person.

    >>> people(1234567), people(0.2)
    ('1.2\xa0million', '1')
    """
    return number(max(value, 1.0) if value > 0 else 0.0)


def exact(value: float) -> str:
    """Return a number in full; below ten with one decimal where it has any.

    >>> exact(1234567), exact(1581081.3), exact(0.25)
    ('1,234,567', '1,581,081', '0.2')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    r"""Return a share as a percentage; only nothing is 0 % and only the whole is 100 %.

    >>> [percent(v) for v in (0, 0.00004, 0.00086, 0.034, 0.634, 0.9999, 1)]
    ['0\xa0%', 'under 0.01\xa0%', '0.09\xa0%', '3.4\xa0%', '63\xa0%', 'over 99\xa0%', '100\xa0%']
    """
    if 0 < share < 0.0001:
        return f"under 0.01{_THIN}%"
    if 0.995 <= share < 1:
        return f"over 99{_THIN}%"
    digits = 0 if share == 0 or share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f}".removesuffix(".0") + f"{_THIN}%"


def counted(value: float, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "service"), counted(3, "service"), counted(0, "country", "countries")
    ('1 service', '3 services', 'no countries')
    """
    noun = singular if value == 1 else plural or f"{singular}s"
    return f"{number(value) if value else 'no'} {noun}"


def listed(names: Sequence[str], at_most: int = 3, joined_by: str = "and") -> str:
    """Return names as a list in words, those beyond the first few as their number.

    >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C", "D", "E"], 2)
    ('A', 'A and B', 'A, B and 3 more')
    """
    shown = list(names[:at_most])
    if len(names) > at_most:
        shown.append(f"{len(names) - at_most:,} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {joined_by} {shown[-1]}"


def day(text: str) -> str:
    """Return an ISO date as a day in words.

    >>> day("2025-01-09")
    '9 January 2025'
    """
    at = date.fromisoformat(text)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def brief(value: float) -> str:
    """Return a number in the least room: k thousand, m million, bn billion, tn trillion.

    >>> [brief(v) for v in (0, 7, 452055, 999700, 1234567, 1.4e9)]
    ['0', '7', '452k', '1m', '1.2m', '1.4bn']
    """
    for unit, letters in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if value >= unit * 0.9995:
            return f"{_figures(value / unit)}{letters}"
    return f"{value:,.0f}"


def loss_words(dependence: Dependence) -> str:
    """Return what stops, in words: services or sites, and people; for a country, elsewhere."""
    services, persons = dependence.services_elsewhere, dependence.people_elsewhere
    if dependence.total_services and (services or not dependence.sites):
        what = _of_all(services, dependence.total_services, "service")
    else:
        what = _of_all(dependence.sites, dependence.total_sites, "site")
    unit = "users" if dependence.total_services else "people"
    return f"{what}, {people(persons)} {unit}" if persons else what


def _of_all(lost: float, total: float, noun: str) -> str:
    if lost and lost == total:
        return f"the one {noun}" if total == 1 else f"all {counted(total, noun)}"
    return f"{number(lost) if lost else 'no'} of {counted(total, noun)}"


def range_words(dependence: Dependence) -> str:
    """Return how the loss, and its place among all, hang on the share that must be left."""
    parts = []
    low, high = dependence.services_range
    if low != high:
        parts.append(f"{exact(low)} to {counted(high, 'service')}")
    few, many = dependence.people_range
    if few != many:
        unit = "users" if dependence.total_services else "people"
        parts.append(f"{people(few)} to {people(many)} {unit}")
    first, last = dependence.place_range
    if first != last:
        parts.append(f"place {first} to {last} among all losses")
    return ", ".join(parts)


def causes(dependence: Dependence) -> dict[str, str]:
    """Return what causes a loss: each name, and the kinds of thing that bear it.

    Things of one kind that share a name are told apart by their identifiers.
    """
    often = Counter((thing.kind, thing.name) for thing in dependence.things)
    kinds: dict[str, list[str]] = {}
    for thing in dependence.things:
        alone = often[thing.kind, thing.name] == 1
        name = thing.name if alone else f"{thing.name}, {thing.id}"
        kinds.setdefault(name, []).append(KIND_WORDS.get(thing.kind, thing.kind))
    return {name: listed(words, joined_by="or") for name, words in kinds.items()}


def cause_list(dependence: Dependence) -> list[str]:
    """Return what causes a loss, each name with its kinds."""
    return [f"{name} ({kinds})" for name, kinds in causes(dependence).items()]


def cause_words(dependence: Dependence, at_most: int = 3) -> str:
    """Return what causes a loss, in words: one thing, either of two, or any one of several."""
    words = cause_list(dependence)
    if len(words) == 1:
        return words[0]
    return (
        f"either {' or '.join(words)}"
        if len(words) == 2
        else f"any one of {listed(words, at_most)}"
    )


def short_cause(dependence: Dependence) -> str:
    """Return what causes a loss in the least room: one thing, and how many more would."""
    first, *others = cause_list(dependence)
    return first + (f" or {len(others):,} more" if others else "")


def sentence(worst: Mapping[str, list[Dependence]], summary: Mapping[str, Any]) -> str:
    """Return the answer in plain words: the worst loss at once, and the worst in time.

    Parameters
    ----------
    worst
        Horizon to its dependences, worst first.
    summary
        Summary of the run.
    """
    unit = "service" if summary["services"] else "site"
    at_once, in_time = worst["now"][:1], worst["in time"][:1]
    if not summary["taken_away"]:
        return "The case holds nothing of the kinds that were to be taken away."
    if not (at_once or in_time):
        return f"Nothing that was taken away stops a {unit}, at once or in time."
    first = f"Nothing that was taken away stops a {unit} at once."
    if at_once:
        first = f"Taking away {cause_words(at_once[0], 2)} stops {_stopping(at_once[0])} at once."
    if not in_time:
        return first
    then = f"the loss of {cause_words(in_time[0], 2)} stops {_stopping(in_time[0])}."
    return f"{first} Once stocks, spares and support have run out, {then}"


def _stopping(dependence: Dependence) -> str:
    """Return what stops and for what part of the users, who are counted once for each service."""
    what, _, persons = loss_words(dependence).partition(", ")
    if not (persons and dependence.total_people):
        return what
    users = "users" if dependence.total_services else "people"
    part = percent(dependence.people_elsewhere / dependence.total_people)
    return f"{what} for {part} of all {users}{' elsewhere' if dependence.of_country else ''}"


def one_sentence(manifest: Mapping[str, Any]) -> str:
    """Return the answer of an exposure run in plain words, from its manifest alone."""
    worst = {horizon: dependences(manifest, horizon) for horizon in HORIZON_WORDS}
    return sentence(worst, manifest["summary"])


def worst_lines(manifest: Mapping[str, Any]) -> list[str]:
    """Return the answer of an exposure run as lines of plain text: the five worst, twice.

    Parameters
    ----------
    manifest
        Manifest of an exposure run.
    """
    lines = [one_sentence(manifest)]
    for horizon in ("now", "in time"):
        found = dependences(manifest, horizon)[:FIRST]
        lines += ["", f"{HORIZON_WORDS[horizon]}:" + ("" if found else " nothing is lost")]
        for rank, dependence in enumerate(found, 1):
            mark = " (hangs on an assumption)" if dependence.hangs else ""
            cause = cause_words(dependence, 2)
            where = " elsewhere" if dependence.of_country else ""
            lines.append(f"  {rank}. {cause}: {loss_words(dependence)}{where}{mark}")
    near = near_words(manifest["summary"])
    if near:
        lines += ["", near]
    if manifest["summary"]["people_counted_by"] == "services":
        lines += ["", "Users are people, counted once for each service that they use."]
    return lines


def warnings(summary: Mapping[str, Any]) -> list[str]:
    """Return what a reader of an exposure run must know before its numbers, one sentence each."""
    said = []
    if "wanted" in summary:
        said.append(wanted_words(summary["wanted"]))
    for horizon, down in summary["down_before"].items():
        if down:
            said.append(
                f"{HORIZON_WORDS[horizon]}, {listed(down, 3)} {'is' if len(down) == 1 else 'are'} "
                "down before anything is taken away, and so cannot be lost."
            )
    if not summary["taken_away"]:
        said.append("Nothing was there to be taken away: ask for other kinds with --by.")
    return said


def wanted_words(wanted: Mapping[str, Any]) -> str:
    """Return what projects want, and that it counts nowhere."""
    told = f"{counted(wanted['sites'], 'site')} wanted by projects, not there"
    lanes, services = wanted["lanes"], wanted["services"]
    more = [f"{counted(len(lanes), 'lane')} to them ({listed(lanes, 3)})"] if lanes else []
    if services:
        people_ = people(wanted["service_people"])
        more.append(f"{counted(len(services), 'service')} for {people_} ({listed(services, 3)})")
    waits = f"; left out with them: {' and '.join(more)}" if more else ""
    return (
        f"{told}: {counted(wanted['units'], 'unit')} and {people(wanted['people'])} people{waits}."
    )


def near_words(summary: Mapping[str, Any]) -> str:
    """Return what stops services only if more of a supply must be left, in words; empty if none."""
    found = summary["near_misses"]
    if not found:
        return ""
    names = [f"{t['name']} ({KIND_WORDS.get(t['kind'], t['kind'])})" for t in found]
    most = int(found[0]["services_lost"])
    stops = f"the first {counted(most, 'service')}" if len(found) > 1 else counted(most, "service")
    return (
        f"If 80\u00a0% of a supply must be left, not {percent(summary['need_share'])}, services "
        f"also stop without {listed(names, 3)} ({stops})."
    )


def table_lines(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    r"""Return one line a table: its name, its rows, how they came to be known.

    Parameters
    ----------
    tables
        Entries with `table`, `rows` and `provenance` (word to share of the rows).

    >>> table_lines([{"table": "sites", "rows": 12, "provenance": {"real": 1.0}}])
    ['sites  12 rows  100\xa0% real']
    """
    names = max((len(entry["table"]) for entry in tables), default=0)
    counts = [exact(entry["rows"]) for entry in tables]
    digits = max(map(len, counts), default=0)
    lines = []
    for entry, count in zip(tables, counts, strict=True):
        shares = sorted(entry["provenance"].items(), key=lambda item: -item[1])
        known = ", ".join(f"{percent(share)} {word}" for word, share in shares)
        lines.append(f"{entry['table']:<{names}}  {count:>{digits}} rows  {known}")
    return lines
