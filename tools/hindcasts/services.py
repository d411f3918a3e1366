"""Outages that happened, against what the model says: runs and measures.

Verdicts and numbers are told as in `measures`. A range is either 5 to 95 % of the draws, or what a
slow and a quick scenario give where the input is not known (`SPREAD`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tools.hindcasts.measures import (
    FOLDER,
    Observed,
    Predicted,
    observed,
    told,
    verdict,
    with_range,
)

from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import read_scenario
from indranet.studies.stress import Stress, stress

Floats = npt.NDArray[np.float64]

EVENTS = (
    "tonga", "matsu", "kddi", "att", "rogers", "viasat", "crowdstrike", "tohoku_sites", "noto",
    "puerto_rico",
)  # fmt: skip
SPREAD = ("kddi", "att", "rogers", "crowdstrike")
"""Events whose range is that of a slow and a quick scenario."""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "service-hindcasts.md"


@cache
def case(event: str) -> Network:
    """Return the case of an event."""
    return read(FOLDER / event / "case")


@cache
def run(
    event: str,
    scenario: str = "",
    *,
    agreements: tuple[str, ...] | None = None,
    pace: float | None = None,
) -> Stress:
    """Run a scenario of an event.

    Parameters
    ----------
    event
        Its folder.
    scenario
        What follows `scenario` in the name of the file.
    agreements
        Those in force; as the scenario says if None.
    pace
        Part of all users who come back in an hour; as the scenario says if None.
    """
    asked = read_scenario(FOLDER / event / f"scenario{scenario}.toml")
    if agreements is not None:
        asked = asked.model_copy(update={"agreements": agreements})
    if pace is not None:
        users = float(case(event)["services"]["people"].sum())
        events = tuple(
            one.model_copy(update={"registrations_per_hour": pace * users})
            if one.do == "misconfigure" else one
            for one in asked.event
        )  # fmt: skip
        asked = asked.model_copy(update={"event": events})
    return stress(case(event), asked)


def outage(found: Stress, thing: str) -> tuple[float, float]:
    """Return the hours from and to which something is down in the first draw; infinite for good."""
    rows = found.tables["outages"]
    (row,) = np.flatnonzero((rows["thing"] == thing) & (rows["draw"] == 0))[:1]
    end = float(rows["to_hour"][row])
    return float(rows["from_hour"][row]), np.inf if np.isnan(end) else end


def begins(event: str, number: int = 0) -> float:
    """Return the hour at which an event of the scenario begins."""
    return 24 * read_scenario(FOLDER / event / "scenario.toml").event[number].day


def short(found: Stress) -> tuple[Floats, Floats]:
    """Return hours, and the part of all users that is not served in each."""
    table = found.tables["hours"]
    whole = float(found.summary["measures"]["people_served"]["usual"])
    return table["hour"], 1.0 - table["people_served"] / whole


def last_back(found: Stress) -> float:
    """Return the hour at which the last user is back, in a queue that shrinks evenly.

    In the hour in which it ends the mean of those who wait is r f² / 2, in the one before
    r (f + 1/2), with a part f of the hour and r that come back in one.
    """
    hours, part = short(found)
    end = int(np.flatnonzero(part > 1e-9)[-1])
    ratio = part[end] / part[end - 1]
    return float(hours[end]) + float(ratio + np.sqrt(ratio * ratio + ratio))


def waiting_at(found: Stress, hour: float) -> float:
    """Return the part of all users that is not served at an hour, between means of hours."""
    hours, part = short(found)
    return float(np.interp(hour, hours + 0.5, part))


@dataclass(frozen=True, eq=False)
class Spans:
    """When rows of sites are down: draw, hours, real sites; without grids."""

    draws: int
    draw: npt.NDArray[np.int64]
    begins: Floats
    ends: Floats
    sites: Floats

    def down(self, hour: float) -> Floats:
        """Return real sites down at an hour, shape (draws,)."""
        now = (self.begins <= hour) & (self.ends > hour)
        found: Floats = np.bincount(self.draw[now], self.sites[now], self.draws).astype(np.float64)
        return found


@cache
def spans(event: str) -> Spans:
    """Return when sites are down in the draws of an event's scenario."""
    found = run(event)
    rows, sites = found.tables["outages"], case(event)["sites"]
    counts = {
        name: count
        for name, count in zip(
            case(event).names["site"].tolist(), sites["stands_for"].tolist(), strict=True
        )
        if not name.startswith("grid-")
    }
    weight = np.array([counts.get(thing, 0.0) for thing in rows["thing"].tolist()])
    ends = np.where(np.isnan(rows["to_hour"]), np.inf, rows["to_hour"])
    draws = int(found.summary["draws"])
    return Spans(draws, rows["draw"].astype(np.int64), rows["from_hour"], ends, weight)


def _once(value: float) -> Floats:
    return np.array([value])


def tonga(_: str) -> dict[str, Floats]:
    """Return when the ship comes, when the cable works, how long the other one does not."""
    begin, end = outage(run("tonga"), "tongatapu-online")
    work = read_scenario(FOLDER / "tonga" / "scenario.toml").event[0].repair
    if work is None:
        raise ValueError("the cable is mended")
    start, back = outage(run("tonga", "-islands"), "vavau-online")
    days = (end - begin) / 24
    return {
        "days until the ship is there": _once(days - work.work_days),
        "days until the cable works": _once(days),
        "days without the cable between the islands, first year": _once(
            min((back - start) / 24, 365.0)
        ),
    }


def matsu(_: str) -> dict[str, Floats]:
    """Return how long internet is not as usual, and whether a smaller link is enough."""
    found = run("matsu")
    begin, end = outage(found, "evening")
    from_, to = outage(found, "by-day")
    at = 24 * 35.5  # noon of 8 March
    again = run("matsu", "-2025").tables["outages"]
    mine = again["thing"] == "evening-2025"
    lost = (again["to_hour"][mine] - again["from_hour"][mine]).sum()
    return {
        "days without internet as usual": _once((end - begin) / 24),
        "internet by day on 8 March, link of 3.8 Gb/s (1: yes)": _once(float(not from_ <= at < to)),
        "hours without internet, January 2025": _once(float(lost)),
    }


def kddi(scenario: str) -> dict[str, Floats]:
    """Return how long it lasts, and for how many."""
    found = run("kddi", scenario)
    services = case("kddi")["services"]
    down = np.isin(case("kddi").names["service"], found.tables["outages"]["thing"])
    return {
        "hours until the last is back": _once(last_back(found) - begins("kddi")),
        "users cut off": _once(float(services["people"][down].sum()) / 1e6),
    }


def att(scenario: str) -> dict[str, Floats]:
    """Return how long it lasts, and with the length given how many are back by an hour."""
    back = 1.0 - waiting_at(run("att", "-fitted"), begins("att") + 7.5)
    return {
        "hours until the last is back": _once(last_back(run("att", scenario)) - begins("att")),
        "back after 7.5 hours, if all are after 12": _once(100 * back),
    }


def rogers(scenario: str) -> dict[str, Floats]:
    """Return whether it ends from afar, when the core works, when the last is back."""
    found = run("rogers", scenario)
    _, never = outage(run("rogers", "-remote"), "service")
    begin, end = outage(found, "service")
    return {
        "comes back without people on the spot (1: yes)": _once(float(np.isfinite(never))),
        "hours until the core carries traffic": _once(end - begin),
        "hours until the last is back": _once(last_back(found) - begin),
    }


def viasat(_: str) -> dict[str, Floats]:
    """Return wind farms that are back."""
    farms = float(case("viasat")["sites"]["stands_for"].sum())
    return {
        f"wind farms back on {day}": farms - spans("viasat").down(24 * days)
        for day, days in (("1 April", 36.5), ("19 April", 54.5))
    }


def crowdstrike(scenario: str) -> dict[str, Floats]:
    """Return when most computers work, and how many do not on a day."""
    found = run("crowdstrike", scenario)
    begin, whole = begins("crowdstrike"), 8.5
    hours, part = short(found)
    after = int(np.argmax(part))
    worked = float(np.interp(-0.03, -part[after:], hours[after:] + 0.5))
    return {
        "days until 97 % work": _once((worked - begin) / 24),
        "computers still down, 25 July": _once(whole * waiting_at(found, 24 * 7.0)),
    }


def _stations(event: str, unit: float, when: Mapping[str, float]) -> dict[str, Floats]:
    return {measure: unit * spans(event).down(hour) for measure, hour in when.items()}


def tohoku_sites(_: str) -> dict[str, Floats]:
    """Return stations down when the operator counted."""
    when = {"12": (1, 17), "14": (3, 17), "15": (4, 10), "24": (13, 13), "28": (17, 14)}
    return _stations("tohoku_sites", 1.0, {
        f"stations down, {day} March, {hour}:00": 24.0 * days + hour
        for day, (days, hour) in when.items()
    })  # fmt: skip


def noto(_: str) -> dict[str, Floats]:
    """Return when most stations are down, and how many are on two days."""
    quake = begins("noto")
    counts = np.array([spans("noto").down(quake + hour + 0.01) for hour in range(100)])
    most = np.argmax(counts, axis=0).astype(float)
    return {
        "hours until most stations are down": most,
        **_stations("noto", 1.0, {
            "stations down, 6 January, 14:30": 24 * 5 + 14.5,
            "stations down, 31 January": 24 * 30 + 12.0,
        }),
    }  # fmt: skip


def puerto_rico(_: str) -> dict[str, Floats]:
    """Return the part of the sites that is down at 11:00 on four days."""
    sites = case("puerto_rico")["sites"]
    whole = float(sites["stands_for"][sites["stands_for"] > 1].sum())
    when = {"21 September": 1, "27 September": 7, "1 October": 11, "10 October": 20}
    return _stations("puerto_rico", 100 / whole, {
        f"sites down, {day}": 24.0 * days + 11 for day, days in when.items()
    })  # fmt: skip


MEASURES: Mapping[str, Callable[[str], dict[str, Floats]]] = {
    "tonga": tonga, "matsu": matsu, "kddi": kddi, "att": att, "rogers": rogers, "viasat": viasat,
    "crowdstrike": crowdstrike, "tohoku_sites": tohoku_sites, "noto": noto,
    "puerto_rico": puerto_rico,
}  # fmt: skip


@cache
def predicted(event: str) -> dict[str, Predicted]:
    """Return what is predicted of each measure of an event, with its range."""
    middle = MEASURES[event]("")
    if event not in SPREAD:
        return {
            measure: Predicted(*(float(v) for v in np.quantile(values, (0.5, 0.05, 0.95))))
            for measure, values in middle.items()
        }
    others = [MEASURES[event](name) for name in ("-slow", "-quick")]
    found = {}
    for measure, values in middle.items():
        every = [float(values[0]), *(float(other[measure][0]) for other in others)]
        found[measure] = Predicted(every[0], min(every), max(every))
    return found


def headed(measure: str, seen: Observed) -> str:
    """Return how the page's line on a measure begins."""
    return f"| {measure}, {seen.unit} |" if seen.unit else f"| {measure} |"


def line(event: str, measure: str) -> str:
    """Return the page's line on a measure, up to the verdict."""
    said, seen = predicted(event)[measure], observed(event)[measure]
    spread = "" if told(said.low) == told(said.high) else f"{told(said.low)} to {told(said.high)}"
    return (
        f"{headed(measure, seen)} {told(said.value)} | {spread or '-'} "
        f"| {with_range(seen.value, seen.low, seen.high)} | {verdict(said, seen)} |"
    )


def refreshed(page: str) -> str:
    """Return the page with the numbers of its lines on measures made anew; words stay."""
    lines = page.splitlines()
    sections = {number: text for number, text in enumerate(lines) if text.startswith("## ")}
    for event in EVENTS:
        title = (FOLDER / event / "README.md").read_text(encoding="utf-8").splitlines()[0]
        (start,) = [n for n, text in sections.items() if text[3:] == title[2:]]
        after = [n for n in sections if n > start]
        stop = min(after, default=len(lines))
        for measure, seen in observed(event).items():
            begun = headed(measure, seen)
            (at,) = [n for n in range(start, stop) if lines[n].startswith(begun)]
            why = lines[at].split("|")[-2]
            lines[at] = f"{line(event, measure)}{why}|"
    return "\n".join(lines) + "\n"
