"""How long it takes to mend something: who may come from where, with which spares, how fast."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.geography.places import haversine_km
from indranet.geography.sea import route, sea_graph
from indranet.model.scenario import Repair
from indranet.model.schema import TABLES
from indranet.studies.agreed import of_kind, parties
from indranet.studies.groundwork import Groundwork
from indranet.studies.lanes import KM_PER_DAY, positions

Codes = npt.NDArray[np.int64]
Place = tuple[float, float]

_LEVELS = TABLES["facilities"].column("repair").choices
_TRIED = 8
"""Facilities that are tried in full, the nearest first."""
ROAD = 1.3
"""Length of a way by land over that of the great circle."""


@dataclass(frozen=True)
class Mending:
    """How something is mended.

    Attributes
    ----------
    days
        Days from the damage until it works again, infinite where what it takes is not to be had.
    facility
        Code of where the crew or ship comes from, -1 where the case does not say.
    holders
        Codes of those whose spares it takes, in the order in which they are fetched.
    travel_days
        Days under way.
    lacking
        Spares that nobody holds who would lend them.
    """

    days: float
    facility: int
    holders: tuple[int, ...]
    travel_days: float
    lacking: float


def mending(ground: Groundwork, thing: int, repair: Repair, spare: int) -> Mending:
    """Return how a thing is mended fastest.

    A crew or ship sets out from a facility that may be used, fetches spares from those who hold
    them, nearest first, and works on the spot once it is there and the permit is. A facility or
    stock may be used if it is the operator's, or in its country or that of the thing, or in a
    country that has an agreement on access with one of these, while that is in force. Ways by sea
    are those of the sea network, by land great circles times 1.3, at 600 km a day unless told.

    Parameters
    ----------
    ground
        The case.
    thing
        What is broken, code over all kinds. A lane lies half-way between its ends.
    repair
        What it takes.
    spare
        Position of the product among the products, -1 for none.
    """
    facilities = _facilities(ground, thing, repair)
    if not len(facilities) and len(ground.network["facilities"]):
        return Mending(np.inf, -1, (), 0.0, 0.0)
    lat, lon = positions(ground.network)
    goal = _place(ground, thing)
    held = _held(ground, thing, spare) if spare >= 0 else {}
    wanted = repair.quantity if spare >= 0 else 0.0
    lacking = max(wanted - sum(held.values()), 0.0)
    if lacking > 0:
        return Mending(np.inf, -1, tuple(sorted(held)), 0.0, lacking)
    speed = repair.km_per_day or KM_PER_DAY
    starts: list[tuple[int, Place | None]] = [
        (int(code), (float(lat[code]), float(lon[code]))) for code in facilities.tolist()
    ] or [(-1, None)]
    starts.sort(key=lambda start: _km(start[1], goal, "land"))
    best = Mending(np.inf, -1, (), 0.0, 0.0)
    for code, start in starts[:_TRIED]:
        km, holders = _tour(start, goal, held, wanted, (lat, lon), repair.by)
        travel = km / speed
        days = max(repair.ready_days + travel, repair.permit_days) + repair.work_days
        if days < best.days:
            best = Mending(days, code, holders, travel, 0.0)
    return best


def _parties(ground: Groundwork, thing: int) -> Codes:
    """Return operators of a thing and the countries it and they belong to, codes over all kinds."""
    network = ground.network
    kind, _ = network.thing(thing)
    code = thing - network.offset(kind)
    ends = [thing]
    if kind == "lane":
        ends = [int(network["lanes"][end][code]) for end in ("origin", "destination")]
    found: list[int] = []
    for end in ends:
        which, _ = network.thing(end)
        row = end - network.offset(which)
        if which == "country":
            found.append(end)
        elif which in ("site", "plant", "facility"):
            table = {"site": "sites", "plant": "plants", "facility": "facilities"}[which]
            country = int(network[table]["country"][row])
            if country >= 0:
                found.append(network.offset("country") + country)
            runs = {"site": "operator", "plant": "firm"}.get(which)
            if runs and network[table][runs][row] >= 0:
                firm = int(network[table][runs][row])
                found.append(network.offset("firm") + firm)
                seat = int(network["firms"]["country"][firm])
                if seat >= 0:
                    found.append(network.offset("country") + seat)
    return np.unique(np.array(found, dtype=np.int64))


def _allowed(ground: Groundwork, thing: int) -> tuple[Codes, Codes]:
    """Return those whose facilities and stocks may be used: parties, and who grants them access."""
    network = ground.network
    own = _parties(ground, thing)
    granted = [own]
    for agreement in of_kind(network, "access", ground.force):
        bound = parties(network, agreement)
        if np.isin(bound, own).any():
            granted.append(bound)
    return own, np.unique(np.concatenate(granted))


def _facilities(ground: Groundwork, thing: int, repair: Repair) -> Codes:
    """Return the facilities from which the crew or ship may come, codes over all kinds."""
    network = ground.network
    rows = network["facilities"]
    _, allowed = _allowed(ground, thing)
    country = np.where(rows["country"] >= 0, network.offset("country") + rows["country"], -1)
    lat, _ = positions(network)
    span = network.span("facility")
    there = ground.exists("facilities") & ~np.isnan(lat[span])
    able = rows["repair"] >= _LEVELS.index(repair.level)
    found: Codes = span.start + np.flatnonzero(there & able & np.isin(country, allowed))
    return found


def _held(ground: Groundwork, thing: int, spare: int) -> dict[int, float]:
    """Return how much of a product each of those holds who may lend it, by code."""
    network = ground.network
    rows = network["stocks"].where(np.flatnonzero(ground.exists("stocks")))
    _, allowed = _allowed(ground, thing)
    span = network.span("facility")
    facility_country = network["facilities"]["country"]
    there = ground.exists("facilities")
    found: dict[int, float] = {}
    for holder, product, quantity in zip(
        rows["holder"].tolist(), rows["product"].tolist(), rows["quantity"].tolist(), strict=True
    ):
        if span.start <= holder < span.stop and not there[holder - span.start]:
            continue
        who = {holder}
        if span.start <= holder < span.stop and facility_country[holder - span.start] >= 0:
            who.add(network.offset("country") + int(facility_country[holder - span.start]))
        kind, _ = network.thing(holder)
        if kind == "firm":
            seat = int(network["firms"]["country"][holder - network.offset("firm")])
            who.add(network.offset("country") + seat)
        if product == spare and quantity > 0 and who & set(allowed.tolist()):
            found[holder] = found.get(holder, 0.0) + quantity
    return found


def _place(ground: Groundwork, thing: int) -> Place | None:
    """Return where a thing is, half-way for a lane, None where the case does not say."""
    network = ground.network
    lat, lon = positions(network)
    kind, _ = network.thing(thing)
    ends = [thing]
    if kind == "lane":
        code = thing - network.offset("lane")
        ends = [int(network["lanes"][end][code]) for end in ("origin", "destination")]
    known = [end for end in ends if not np.isnan(lat[end])]
    if not known:
        return None
    at = np.radians(np.array([[lat[end], lon[end]] for end in known]))
    points = np.column_stack(
        [np.cos(at[:, 0]) * np.cos(at[:, 1]), np.cos(at[:, 0]) * np.sin(at[:, 1]), np.sin(at[:, 0])]
    ).mean(axis=0)
    return (
        float(np.degrees(np.arctan2(points[2], np.hypot(points[0], points[1])))),
        float(np.degrees(np.arctan2(points[1], points[0]))),
    )


def _tour(
    start: Place | None,
    goal: Place | None,
    held: dict[int, float],
    wanted: float,
    where: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    by: str,
) -> tuple[float, tuple[int, ...]]:
    """Return length of the way to the goal over those who hold enough spares, and these."""
    lat, lon = where
    left, at, km = dict(held), start, 0.0
    fetched: list[int] = []
    while wanted > 1e-9:
        places: dict[int, Place | None] = {
            who: None if np.isnan(lat[who]) else (float(lat[who]), float(lon[who])) for who in left
        }
        near = min(left, key=lambda who: (_km(at, places[who], "land"), -left[who], who))
        km += _km(at, places[near], by)
        at = places[near] or at
        wanted -= left.pop(near)
        fetched.append(near)
    return km + _km(at, goal, by), tuple(fetched)


def _km(one: Place | None, other: Place | None, by: str) -> float:
    """Return the length of the way between two places, 0 where one is not known."""
    if one is None or other is None:
        return 0.0
    straight = float(haversine_km(*(np.array([value]) for value in (*one, *other)))[0])
    if by == "land":
        return straight * ROAD
    found = route(sea_graph(), one, other)
    return straight * ROAD if found is None else found.km
