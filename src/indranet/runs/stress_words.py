"""Days, events and losses of a stress run in words."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil, exp, floor
from typing import Any

from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_terminal import MEASURE_WORDS, amount, lost_amount
from indranet.runs.words import counted, day, number, people, percent

NOTHING = 1e-6
"""Part of what is usual below which a change is rounding."""
_SMALL, _NOTICED = 1e-4, 1e-3
"""Part of the usual over all days, and on one day, above which a loss is told."""
_DONE = {
    "halt": "halted", "outage": "down", "close": "closed", "cut": "cut", "exclude": "excluded",
    "surge": "in higher demand", "misconfigure": "misconfigured", "exploit": "exploited",
}  # fmt: skip
"""What an event does to its aim, in the run's words and in ours."""
_PLAIN = frozenset({"by", "from", "to", "of", "in", "except", "embargo", "several", "events"})
_EARLY = "orders ran ahead of supply"


def on_day(answer: StressAnswer, at: float) -> str:
    """Return a day of a scenario as a date, with its hour where it is not midnight."""
    text = day((answer.first_day + timedelta(days=floor(at))).isoformat())
    minutes = round((at - floor(at)) * 24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d} on {text}" if minutes else text


def when(answer: StressAnswer, at: float) -> str:
    """Return a day of a scenario as a date and as its number."""
    return f"{on_day(answer, at)} (day\u00a0{at:g})"


def cause(answer: StressAnswer, text: str) -> str:
    """Return an event as the run writes it, with names: `close malacca`, Strait of Malacca closed.

    What the run writes otherwise (an embargo, several events) stays as it is, but for the names.
    """
    verb, _, rest = text.partition(" ")
    if verb not in _DONE:
        named = _named(answer, text)
        return named[:1].upper() + named[1:]
    if rest.startswith("by "):
        return f"Hazard {rest.removeprefix('by ')}: {_DONE[verb]}"
    if rest.startswith("within "):
        return f"All {rest} {_DONE[verb]}"
    aim, *further = re.split(r"( (?:by|to|but to|in) )", rest, maxsplit=1)
    whom = _named(answer, "".join(further).replace(" but to ", " except to "))
    between = ", " if verb == "misconfigure" else " to "
    aims = between.join(answer.name(name) for name in aim.split(">"))
    return f"{aims} {_DONE[verb]}{whom}"


def _named(answer: StressAnswer, text: str) -> str:
    """Return a text with names in the place of identifiers."""
    return "".join(
        answer.name(word) if word and word not in _PLAIN else word
        for word in re.split(r"([\s,()>]+)", text)
    )


def because(answer: StressAnswer, text: str) -> tuple[str, str]:
    """Return why a stock ran out, split into the cause in words and the supplier's identifier."""
    why, _, supplier = text.rpartition(", through ")
    if why == _EARLY:
        return "More was ordered than came", supplier
    return cause(answer, why), supplier


def event_words(answer: StressAnswer, event: Mapping[str, Any]) -> str:
    """Return one event in words: what, how much, from when, for how long, how likely."""
    begins, share = float(event["day"]), float(event["share"])
    words = [cause(answer, str(event["words"]))]
    if event.get("factor"):
        words[0] += f" ({float(event['factor']):g} times the usual)"
    if share < 1:
        words.append(f"by {percent(share)}")
    lasts = event["lasts_days"]
    words.append(_span(answer, begins, lasts))
    if event["recovery"] != "sudden":
        how = (
            "day by day over" if event["recovery"] == "linear" else "ever more slowly, by a mean of"
        )
        words.append(f"then coming back {how} {counted(event['recovery_days'], 'day')}")
    if float(event["chance"]) < 1:
        words.append(f"with a chance of {percent(float(event['chance']))}")
    return ", ".join(words) + "."


def _span(answer: StressAnswer, begins: float, lasts: float | Mapping[str, Any] | None) -> str:
    start = f"from {when(answer, begins)}"
    if lasts is None:
        return f"{start} for good"
    if isinstance(lasts, Mapping):
        return f"{start} for {law_words(lasts)}"
    ends = begins + float(lasts)
    long = counted(float(lasts), "day")
    if ends == ceil(ends) and begins == floor(begins) and lasts >= 1:
        return f"{start} to {on_day(answer, ends - 1)}, {long}"
    return f"{start} to {on_day(answer, ends)}, {long}"


def law_words(law: Mapping[str, Any]) -> str:
    """Return a law of duration in words."""
    kind = law["law"]
    if kind == "fixed":
        return counted(law["days"], "day")
    if kind == "uniform":
        return f"{law['low']:g} to {law['high']:g} days, all alike likely"
    if kind == "triangular":
        return f"{law['low']:g} to {law['high']:g} days, most likely {law['mode']:g}"
    if kind == "exponential":
        return f"a time of {law['mean']:g} days on average (exponential)"
    median, spread = float(law["median"]), exp(float(law["sigma"]))
    return (
        f"about {median:g} days (lognormal; two draws in three lie between {median / spread:.0f} "
        f"and {median * spread:.0f})"
    )


def is_random(answer: StressAnswer) -> bool:
    """Whether the draws of a scenario may differ."""
    return bool(answer.summary["hazards"]) or any(
        isinstance(event["lasts_days"], Mapping) or 0 < float(event["chance"]) < 1
        for event in answer.summary["events"]
    )


def answer_words(answer: StressAnswer) -> str:
    """Return the answer in two or three sentences.

    What is lost, of what, when it is worst, for how many people, and what would be lost even with
    perfect foresight.
    """
    told = [_lost_sentence(answer), *_worst_sentence(answer), *_year_sentence(answer)]
    told += _bound_sentence(answer)
    return " ".join(told)


def range_words(answer: StressAnswer) -> str:
    """Return what the ranges in the answer mean; empty where there is none."""
    if answer.draws < 2:
        return ""
    return f"The middle of {answer.draws:,} draws is told; nine in ten lie in the ranges given."


def changes(row: Mapping[str, Any], days: int) -> str:
    """Return how a measure fares: `lost`, `late` (made up later), `hardly` or `same`."""
    whole = max(float(row["usual"]) * days, 1e-300)
    lost = max(float(row["lost"]), float(row["lost_high"])) / whole
    if lost > _SMALL:
        return "lost"
    if fall(row) > _NOTICED:
        return "late"
    return "hardly" if max(lost, fall(row)) > NOTHING else "same"


def fall(row: Mapping[str, Any]) -> float:
    """Return the part of the usual that is missing on the worst day."""
    return max(0.0, 1.0 - float(row["worst_value"]) / max(float(row["usual"]), 1e-300))


def _told_measures(answer: StressAnswer, names: Sequence[str]) -> list[tuple[str, Any]]:
    measures = answer.summary["measures"]
    return [(name, measures[name]) for name in names if measures.get(name, {}).get("usual")]


def _lost_sentence(answer: StressAnswer) -> str:
    span = f"in the {counted(answer.days, 'day')} from {on_day(answer, 0)}"
    rows = _told_measures(answer, ("production", "final_consumption"))
    how = {measure: changes(row, answer.days) for measure, row in rows}
    lost = [(measure, row) for measure, row in rows if how[measure] == "lost"]
    lost.sort(key=lambda item: -float(item[1]["lost_share"]))
    if lost:
        verb = "is" if len(lost) == 1 else "are"
        return f"{' and '.join(_lost_part(m, row) for m, row in lost)} {verb} lost {span}."
    capital = span[:1].upper() + span[1:]
    if "late" in how.values():
        return f"{capital}, next to nothing is lost for good: what is missed is made up later."
    if "hardly" in how.values():
        return f"{capital}, next to nothing is lost."
    return f"{capital}, neither production nor final consumption falls."


def _lost_part(measure: str, row: Mapping[str, Any]) -> str:
    """Return what is lost of a measure of money, with its range over the draws."""
    low, high = max(float(row["lost_low"]), 0.0), float(row["lost_high"])
    share = float(row["lost_share"])
    notes = [f"{percent(share)} of the usual"] if share > 0 else []
    notes += [f"from {number(low)} to {number(high)} over the draws"] if high > low else []
    inside = f" ({'; '.join(notes)})" if notes else ""
    return f"USD {number(max(float(row['lost']), 0.0))} of {MEASURE_WORDS[measure]}{inside}"


def _worst_sentence(answer: StressAnswer) -> list[str]:
    rows = _told_measures(answer, ("production", "final_consumption"))
    told = []
    if rows:
        measure, row = max(rows, key=lambda item: fall(item[1]))
        if fall(row) > NOTHING:
            told.append(
                f"It is worst on {when(answer, row['worst_day'])}, when {MEASURE_WORDS[measure]} "
                f"is {percent(fall(row))} below the usual {amount(measure, row['usual'])}"
            )
    users = _users_words(answer)
    if not told:
        return [users[:1].upper() + users[1:] + "."] if users else []
    return [f"{told[0]}; {users}." if users else f"{told[0]}."]


def _users_words(answer: StressAnswer) -> str:
    rows = _told_measures(answer, ("people_served",))
    if not rows:
        return ""
    row = rows[0][1]
    missing = float(row["usual"]) - float(row["worst_value"])
    unit = "users" if answer.counts_services else "people"
    if missing <= 0 and float(row["lost"]) > 0:
        what = "service" if answer.counts_services else "site"
        return f"{what}s go down, on other days in each draw"
    if missing <= 0:
        often = "no" if float(row["lost_high"]) <= 0 else "in most draws no"
        return f"{often} service goes down" if answer.counts_services else f"{often} site goes down"
    return (
        f"on {when(answer, row['worst_day'])} services are down for {people(missing)} {unit}, "
        f"{percent(fall(row))} of all"
    )


def _year_sentence(answer: StressAnswer) -> list[str]:
    """Return what a year loses on average of services, and of what is used."""
    told = []
    for measure, row in _told_measures(answer, ("people_served", "final_consumption")):
        year = row.get("lost_a_year")
        if year and float(year["mean"]) > 0:
            used = " of final consumption" if measure == "final_consumption" else ""
            told.append(f"{lost_amount(measure, float(year['mean']))}{used}")
    if not told:
        return []
    return [f"A year loses {' and '.join(told)} on average."]


def _bound_sentence(answer: StressAnswer) -> list[str]:
    bounds, row = answer.tables["bounds"], answer.summary["measures"].get("final_consumption")
    if not len(bounds["lost"]) or row is None or changes(row, answer.days) == "same":
        return []
    if answer.summary["hazards"]:
        # The bound is that of the usual course, in which no hazard strikes.
        return []
    least = float(bounds["lost_at_least"][0])
    if math.isnan(least):
        return []
    if least <= NOTHING * float(row["usual"]) * answer.days:
        return ["With perfect foresight nothing that is used would have to be lost."]
    return [f"Even with perfect foresight USD {number(least)} of what is used would be lost."]
