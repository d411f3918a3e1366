"""What ran out first and why, and what went down, in a report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indranet.model.schema import KINDS
from indranet.runs.findings import KIND_WORDS
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Table
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_services import dark_section, reportable_section
from indranet.runs.stress_words import because, cause, on_day, when
from indranet.runs.words import counted, listed

SHOWN, MOST = 15, 500
"""Rows shown at once, and rows behind them at most; the run holds all."""
_STEPS = 6
_NAMED = 12
_PLURALS = {"facility": "facilities"}


@dataclass(frozen=True)
class Lack:
    """An input that runs out at one buyer.

    Attributes
    ----------
    buyer, product
        Identifiers.
    draws
        In how many draws it runs out.
    day
        Middle of the days on which it first does.
    times
        How often it does, at most in one draw.
    because
        The most frequent cause, as the run writes it.
    draw
        The first draw with this cause.
    first
        The day on which it runs out there.
    """

    buyer: str
    product: str
    draws: int
    day: float
    times: int
    because: str
    draw: int
    first: int


@dataclass(frozen=True)
class Down:
    """A thing that goes down.

    Attributes
    ----------
    thing
        As the run writes it.
    draws
        In how many draws.
    hour, hours
        Middle of the hours at which it first goes down, and of how long it is down in all, infinite
        where it does not come back.
    because
        The most frequent cause, as the run writes it.
    """

    thing: str
    draws: int
    hour: float
    hours: float
    because: str


def first_section(answer: StressAnswer, level: int) -> Html:
    """Return what ran out, in order, with the way it came, and which services went down.

    Parameters
    ----------
    answer
        What the run found.
    level
        Level of a heading here.
    """
    return joined(
        [
            element(f"h{level}", "Stocks that ran out"),
            *_stockouts(answer),
            element(f"h{level}", "Services that went down"),
            *_services(answer),
            *dark_section(answer, level),
            *reportable_section(answer, level),
        ]
    )


def lacks(answer: StressAnswer) -> list[Lack]:
    """Return what runs out at whom, that of most draws first and then by day."""
    rows = answer.tables["stockouts"]
    groups: dict[tuple[str, str], list[int]] = {}
    for at, key in enumerate(zip(rows["plant"].tolist(), rows["product"].tolist(), strict=True)):
        groups.setdefault(key, []).append(at)
    found = []
    for (buyer, product), of in groups.items():
        by_draw = _by_draw(rows, of)
        firsts = [min(group, key=lambda row: int(rows["day"][row])) for group in by_draw.values()]
        why = Counter(str(rows["because"][row]) for row in firsts).most_common(1)[0][0]
        told = next(row for row in firsts if rows["because"][row] == why)
        found.append(
            Lack(
                buyer,
                product,
                len(by_draw),
                float(np.median(rows["day"][firsts])),
                max(map(len, by_draw.values())),
                why,
                int(rows["draw"][told]),
                int(rows["day"][told]),
            )
        )
    return sorted(found, key=lambda lack: (-lack.draws, lack.day, lack.buyer, lack.product))


def _by_draw(rows: Table, of: Sequence[int]) -> dict[int, list[int]]:
    """Return rows of a table by the draw in which they stand."""
    found: dict[int, list[int]] = {}
    for row in of:
        found.setdefault(int(rows["draw"][row]), []).append(row)
    return found


def way_back(answer: StressAnswer, lack: Lack) -> list[tuple[str, str, int]]:
    """Return by which suppliers a lack came: each with what it lacked before, and since when.

    The last one lacked nothing of note (its product is empty): there the cause struck.
    """
    rows = answer.tables["stockouts"]
    found: list[tuple[str, str, int]] = []
    _, supplier = because(answer, lack.because)
    until, seen = lack.first, {lack.buyer}
    while supplier and supplier not in seen and len(found) < _STEPS:
        seen.add(supplier)
        before = np.flatnonzero(
            (rows["draw"] == lack.draw) & (rows["plant"] == supplier) & (rows["day"] <= until)
        )
        if not len(before):
            return [*found, (supplier, "", 0)]
        row = before[np.argmin(rows["day"][before])]
        until = int(rows["day"][row])
        found.append((supplier, str(rows["product"][row]), until))
        _, supplier = because(answer, str(rows["because"][row]))
    return found


def _stockouts(answer: StressAnswer) -> list[Html]:
    found = lacks(answer)
    if not found:
        return [element("p", "No stock runs out: less than a day's use is never all that is left.")]
    parts = [element("p", _first_words(answer, found[0]))]
    shown = found[:SHOWN]
    what = f"The first {len(shown)} of {len(found):,}" if len(found) > SHOWN else "All, in order"
    parts.append(_lack_table(answer, shown, f"{what}. {_order_words(answer)}"))
    if len(found) > SHOWN:
        rest = found[SHOWN : SHOWN + MOST]
        more = _more(len(found) - SHOWN, len(rest), "stockouts")
        parts.append(
            block(
                f"The other {counted(len(found) - SHOWN, 'stock')} that ran out",
                _lack_table(answer, rest, f"In the same order.{more}", tall=True),
            )
        )
    return parts


def _more(count: int, shown: int, name: str) -> str:
    return f" {count - shown:,} more are in {name}.parquet." if count > shown else ""


def _order_words(answer: StressAnswer) -> str:
    if answer.draws == 1:
        return "A stock has run out when less than a day's use is on hand."
    return (
        f"What runs out in most of the {answer.draws:,} draws comes first; the day is the middle "
        "one. A stock has run out when less than a day's use is on hand."
    )


def _first_words(answer: StressAnswer, first: Lack) -> str:
    why, _ = because(answer, first.because)
    what = answer.name(first.product, "product")
    where = answer.name(first.buyer, "plant", "firm")
    caused = _begun(answer, first)
    after = "" if caused is None else f", {counted(first.day - caused, 'day')} after it began"
    if answer.draws == 1:
        said = f"First to run out is {what} at {where}, on {when(answer, first.day)}."
    else:
        said = (
            f"Most often {what} runs out at {where}: in {first.draws:,} of {answer.draws:,} draws, "
            f"in the middle one of them on {when(answer, first.day)}."
        )
    return f"{said} The cause: {why}{after}."


def _begun(answer: StressAnswer, lack: Lack) -> float | None:
    """Return the day on which the event began that caused a lack; None where none alone did."""
    why = lack.because.rpartition(", through ")[0]
    begins = [float(e["day"]) for e in answer.summary["events"] if e["words"] == why]
    return min(begins) if begins and min(begins) <= lack.day else None


def _lack_table(
    answer: StressAnswer, found: Sequence[Lack], caption: str, *, tall: bool = False
) -> Html:
    several = answer.draws > 1
    again = any(lack.times > 1 for lack in found)
    heads = ["Ran out", "At", "Day", *(["Draws"] if several else []), "Why"]
    rows = []
    for lack in found:
        often = [f"{lack.draws:,}"] if several else []
        times = f", {lack.times:,} times" if again and lack.times > 1 else ""
        rows.append(
            (
                element("bdi", answer.name(lack.product, "product")),
                element("bdi", answer.name(lack.buyer, "plant", "firm")),
                f"{lack.day:g} ({on_day(answer, lack.day)}){times}",
                *often,
                _why(answer, lack),
            )
        )
    return table(caption, heads, rows, numbers={3} if several else (), tall=tall)


def _why(answer: StressAnswer, lack: Lack) -> Html:
    """Return the cause of a lack, and the suppliers through which it came."""
    why, _ = because(answer, lack.because)
    steps = []
    for supplier, product, day in way_back(answer, lack):
        lacked = (
            f", which had run out of {answer.name(product, 'product')} on day {day}"
            if product
            else ""
        )
        name = element("bdi", answer.name(supplier, "plant"))
        steps.append(element("span", "through ", name, lacked, class_="because"))
    return joined([why, *steps])


def downs(answer: StressAnswer) -> list[Down]:
    """Return what goes down, that of most draws first and then by hour."""
    rows = answer.tables["outages"]
    until = np.where(np.isnan(rows["to_hour"]), np.inf, rows["to_hour"])
    groups: dict[str, list[int]] = {}
    for at, thing in enumerate(rows["thing"].tolist()):
        groups.setdefault(thing, []).append(at)
    found = []
    for thing, of in groups.items():
        by_draw = _by_draw(rows, of)
        begins = [float(rows["from_hour"][group].min()) for group in by_draw.values()]
        lasts = [float((until - rows["from_hour"])[group].sum()) for group in by_draw.values()]
        why = Counter(str(rows["because"][row]) for row in of).most_common(1)[0][0]
        found.append(Down(thing, len(by_draw), float(np.median(begins)), _middle(lasts), why))
    return sorted(found, key=lambda down: (-down.draws, down.hour, down.thing))


def _middle(values: Sequence[float]) -> float:
    """Return the middle value; the upper one of two, so that for good stays for good."""
    return sorted(values)[len(values) // 2]


def _services(answer: StressAnswer) -> list[Html]:
    found = downs(answer)
    services = [down for down in found if answer.kind(down.thing) == "service"]
    others = [down for down in found if answer.kind(down.thing) != "service"]
    parts = []
    if services:
        shown = services[:SHOWN]
        what = f"The first {len(shown)} of {len(services):,}" if len(services) > SHOWN else "All"
        parts.append(_down_table(answer, shown, f"{what} services that go down."))
        if len(services) > SHOWN:
            rest = services[SHOWN : SHOWN + MOST]
            more = _more(len(services) - SHOWN, len(rest), "outages")
            parts.append(
                block(
                    f"The other {counted(len(services) - SHOWN, 'service')}",
                    _down_table(answer, rest, f"In the same order.{more}", tall=True),
                )
            )
    else:
        none = "No service goes down." if answer.counts_services else "The case has no services."
        parts.append(element("p", none))
    return [*parts, *_others(answer, others)]


def _down_table(
    answer: StressAnswer, found: Sequence[Down], caption: str, *, tall: bool = False
) -> Html:
    several = answer.draws > 1
    rows = [
        (
            element("bdi", answer.name(down.thing)),
            on_day(answer, down.hour / 24),
            _long(down.hours),
            *([f"{down.draws:,}"] if several else []),
            _cause(answer, down.because),
        )
        for down in found
    ]
    heads = ("Service", "Down from", "For", *(["Draws"] if several else []), "Because of")
    return table(caption, heads, rows, numbers={3} if several else (), tall=tall)


def _long(hours: float) -> str:
    """Return how long something is down.

    >>> _long(6), _long(2160), _long(float("inf"))
    ('6 hours', '90 days', 'to the end')
    """
    if np.isinf(hours):
        return "to the end"
    return counted(hours / 24, "day") if hours >= 48 else counted(hours, "hour")


def _cause(answer: StressAnswer, text: str) -> str:
    return cause(answer, text) if text else "\u2013"


def _others(answer: StressAnswer, found: Sequence[Down]) -> list[Html]:
    """Return plants, sites and lanes that went down, those of one fate in one row."""
    if not found:
        return []
    groups: dict[tuple[int, float, float, str], list[str]] = {}
    for down in found:
        groups.setdefault((down.draws, down.hour, down.hours, down.because), []).append(down.thing)
    several = answer.draws > 1
    rows = [
        (
            element("bdi", _names(answer, things)),
            on_day(answer, hour / 24),
            _long(hours),
            *([f"{draws:,}"] if several else []),
            _cause(answer, why),
        )
        for (draws, hour, hours, why), things in list(groups.items())[:MOST]
    ]
    heads = ("What", "Down from", "For", *(["Draws"] if several else []), "Because of")
    more = _more(len(groups), len(rows), "outages")
    caption = f"What is down at the same time stands in one row.{more}"
    return [
        block(
            f"What else went down: {_count_words(answer, [down.thing for down in found])}",
            table(caption, heads, rows, numbers={3} if several else (), tall=True),
        )
    ]


def _count_words(answer: StressAnswer, things: Sequence[str]) -> str:
    """Return how many things of each kind there are; sites and lanes have no names to know by."""
    counts = Counter(answer.kind(thing) for thing in things)
    known = [
        counted(counts[kind], KIND_WORDS.get(kind, kind), _PLURALS.get(kind, ""))
        for kind in KINDS
        if counts[kind]
    ]
    others = "site, lane or the like", "sites, lanes and the like"
    rest = [counted(counts[""], *(others if answer.names else ("thing", "")))] if counts[""] else []
    return listed([*known, *rest], len(KINDS) + 1)


def _names(answer: StressAnswer, things: Sequence[str]) -> str:
    count = _count_words(answer, things)
    named = listed([answer.name(thing) for thing in things], _NAMED)
    return named if len(things) == 1 else f"{count}: {named}"
