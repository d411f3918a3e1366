"""Ways of signals on land: nodes of backbones, fibre between them, microwave and satellite."""

from collections.abc import Iterator
from itertools import pairwise

from tools.indo_pacific.core import node
from tools.indo_pacific.facts import Fact, Row, Tables, evidence, read_facts, significant, slug
from tools.indo_pacific.rows import located, place_row, power_need

from indranet.geography.places import haversine_km

WINDING = 1.3
"""Length of fibre on land over the shortest line between its ends."""
METRO_KM = 20.0
"""Fibre inside a city, synthetic."""
CUTS_PER_KM_YEAR = 4.39 / 1609.0
CUT_REPAIR_HOURS = 12.0
CUT_SOURCE = "4.39 cuts a year on 1,000 miles, 12 h: Grover 2003, unverified"
HOURS_PER_YEAR = 8766.0


def nodes() -> list[Fact]:
    """Return the cities with a node of the backbone."""
    return located("datacentres") + located("exchanges")


def segments() -> Iterator[tuple[Fact, Fact, Fact]]:
    """Give each segment of the backbones: its route and the two cities at its ends."""
    known = {fact["place"]: fact for fact in nodes()}
    for route in read_facts("fibres"):
        for origin, destination in pairwise(route["places"].split(";")):
            if origin in known and destination in known:
                yield route, known[origin], known[destination]


def segment(route: Fact, origin: Fact, destination: Fact) -> str:
    """Return the identifier of one segment of a route."""
    mode = "fibre" if route["mode"] == "land" else route["mode"]
    return f"{mode}-{slug(origin['place'])}-{slug(destination['place'])}"


def tables(zones: set[tuple[str, str]]) -> Tables:
    """Return the nodes for sites and needs.

    Parameters
    ----------
    zones
        Countries and zones with a power region.
    """
    sites = [place_row(node(f["place"]), "exchange", f) for f in nodes()]
    needs = [
        power_need(node(f["place"]), f["country"], f["zone"], "exchange")
        for f in nodes()
        if (f["country"], f["zone"]) in zones
    ]
    return {"sites": sites, "needs": needs}


def backbone_rows() -> list[Row]:
    """Return the segments of the backbones as lanes."""
    rows = {
        segment(*ends): _lane(
            segment(*ends), node(ends[1]["place"]), node(ends[2]["place"]), ends[0]["mode"],
            _km(ends[1], ends[2], 1.0 if ends[0]["mode"] == "satellite" else WINDING),
            evidence(ends[0]["provenance"], f"{ends[0]['source']}; km: line and a third"
                     if ends[0]["mode"] == "land" else ends[0]["source"]),
        ) | {"capacity": float(ends[0]["capacity_gbps"]) if ends[0]["capacity_gbps"] else ""}
        for ends in segments()
    }  # fmt: skip
    return list(rows.values())


def _lane(lane: str, origin: str, destination: str, mode: str, km: float, shown: Row) -> Row:
    return {
        "lane": lane,
        "origin": origin,
        "destination": destination,
        "mode": mode,
        "km": km,
        **shown,
    }


def leaving(country: str) -> dict[str, float]:
    """Return the ways on land that leave a country, with what each carries, Gb/s."""
    return {
        segment(route, origin, destination): float(route["capacity_gbps"])
        for route, origin, destination in segments()
        if (origin["country"] == country) != (destination["country"] == country)
    }


def failure_rows() -> list[Row]:
    """Return how often a segment of fibre between cities is cut and how long its repair takes."""
    found = {segment(*ends): _km(ends[1], ends[2], WINDING) for ends in segments()}
    return [
        {
            "thing": lane,
            "mtbf_hours": round(HOURS_PER_YEAR / (CUTS_PER_KM_YEAR * km)),
            "repair_hours": CUT_REPAIR_HOURS,
            **evidence("authored", CUT_SOURCE),
        }
        for lane, km in found.items()
        if lane.startswith("fibre-")
    ]


def backhaul_rows(landings: list[Fact]) -> list[Row]:
    """Return two ways from each landing: to the nearest node and one beside it, or twice to it."""
    rows = []
    shown = evidence("synthetic", "nearest node and one beside it")
    for fact in landings:
        ends = _nearest(fact)
        for way, end in enumerate(ends * 2 if len(ends) == 1 else ends):
            second = "-second" if way and len(ends) == 1 else ""
            name = f"backhaul-{fact['landing']}-{slug(end['place'])}{second}"
            km = max(METRO_KM, _km(fact, end, WINDING))
            rows.append(
                _lane(name, f"landing-{fact['landing']}", node(end["place"]), "land", km, shown)
            )
    return rows


def _nearest(landing: Fact) -> list[Fact]:
    """Return the nearest node of a landing's country and the nearest with fibre to that one."""
    if not landing["zone"]:
        return []
    zone = landing["country"], landing["zone"]
    here = [f for f in nodes() if (f["country"], f["zone"]) == zone]
    if not here:
        return []
    first = min(here, key=lambda f: _km(landing, f, 1.0))
    beside = [
        far
        for route, a, b in segments()
        for near, far in ((a, b), (b, a))
        if route["mode"] == "land" and near == first and far["country"] == first["country"]
    ]
    return [first] + ([min(beside, key=lambda f: _km(landing, f, 1.0))] if beside else [])


def _km(a: Fact, b: Fact, winding: float) -> float:
    line = haversine_km(float(a["lat"]), float(a["lon"]), float(b["lat"]), float(b["lon"]))
    return significant(winding * float(line), 2)
