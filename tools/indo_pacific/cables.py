"""Submarine cables and satellite links: landings, segments, what they need, how often they fail."""

from functools import cache

from tools.indo_pacific.facts import Fact, Row, Tables, evidence, read_facts, significant, slug
from tools.indo_pacific.rows import (
    autonomy,
    located,
    need_row,
    place_row,
    power_need,
    product_known,
    unit_row,
)

from indranet.geography.places import haversine_km

CABLE_SLACK = 1.2
"""Length of a cable over the shortest line between its landings, where no length is known."""
FAULTS_PER_KM_YEAR = 175 / 1.7e6
CABLE_REPAIR_HOURS = 30 * 24.0
FAULT_SOURCE = "175 a year on 1.7 million km: iscpc.org 2025-05; 30 days: subtelforum.com 2019"
"""The committee gives 150 to 200 faults; 30 days were the average of reported repairs in 2013."""
HOURS_PER_YEAR = 8766.0
UNVERIFIED = evidence("authored", "public knowledge, unverified")


@cache
def landings() -> tuple[Fact, ...]:
    """Return the landings of cables and the earth stations of satellites in known countries."""
    return tuple(located("landings"))


@cache
def systems() -> tuple[Fact, ...]:
    """Return the segments of cables and satellites between those places."""
    known = {fact["landing"] for fact in landings()}
    return tuple(f for f in read_facts("cables") if {f["origin"], f["destination"]} <= known)


def landing(name: str) -> str:
    """Return the identifier of a cable landing."""
    return f"landing-{name}"


def cable(fact: Fact) -> str:
    """Return the identifier of one segment of a cable system."""
    return f"cable-{slug(fact['system'])}-{fact['origin']}-{fact['destination']}"


def tables(zones: set[tuple[str, str]]) -> Tables:
    """Return the landings for sites, equipment and needs.

    Parameters
    ----------
    zones
        Countries and zones with a power region.
    """
    return {
        "sites": [place_row(landing(f["landing"]), f["kind"], f) for f in landings()],
        "equipment": _terminals(),
        "needs": [
            power_need(landing(f["landing"]), f["country"], f["zone"], "landing")
            for f in landings()
            if (f["country"], f["zone"]) in zones
        ],
    }


def _terminals() -> list[Row]:
    """Return each system at its landings, an equal part of it at each."""
    ends: dict[str, set[str]] = {}
    for fact in systems():
        ends.setdefault(fact["system"], set()).update((fact["origin"], fact["destination"]))
    rows: list[Row] = []
    for place in landings():
        touching = [
            f
            for f in systems()
            if place["landing"] in {f["origin"], f["destination"]} and _product(f)
        ]
        for product in sorted({_product(f) for f in touching}):
            here = {f["system"] for f in touching if _product(f) == product}
            part = significant(sum(1 / len(ends[system]) for system in sorted(here)), 3)
            rows.append(unit_row(landing(place["landing"]), "cable", product, part, "", UNVERIFIED))
    return rows


def _product(fact: Fact) -> str:
    """Return the product that a system is made of, empty where its maker is not in the case."""
    product = f"{fact['maker']}-cable"
    return product if product_known(product) else ""


@cache
def lengths() -> dict[str, float]:
    """Return the length of each segment, km.

    Published for the segment; else its part of the published length of the system, by the shortest
    line between its landings; else that line and a fifth, for a satellite the line alone.
    """
    at = {f["landing"]: f for f in landings()}
    line = {cable(f): _km(at[f["origin"]], at[f["destination"]]) for f in systems()}
    found = {}
    for fact in systems():
        segment = cable(fact)
        together = [f for f in systems() if f["system"] == fact["system"]]
        if fact["km"]:
            found[segment] = float(fact["km"])
        elif total := _system(fact):
            whole = sum(line[cable(f)] for f in together)
            found[segment] = significant(float(total["km"]) * line[segment] / whole, 3)
        else:
            slack = CABLE_SLACK if fact["mode"] == "cable" else 1.0
            found[segment] = significant(slack * line[segment], 2)
    return found


def _system(fact: Fact) -> Fact | None:
    """Return what is published of a segment's whole system."""
    return next((f for f in read_facts("systems") if f["system"] == fact["system"]), None)


def cable_rows() -> list[Row]:
    """Return the segments of submarine cables, and satellite links beside them, as lanes."""
    return [
        {
            "lane": cable(fact),
            "origin": landing(fact["origin"]),
            "destination": landing(fact["destination"]),
            "mode": fact["mode"],
            "km": lengths()[cable(fact)],
            "capacity": float(fact["capacity_gbps"]),
            **evidence(fact["provenance"], _source(fact)),
        }
        for fact in systems()
    ]


def _source(fact: Fact) -> str:
    if fact["km"] or fact["mode"] != "cable":
        return fact["source"]
    if _system(fact):
        return f"{fact['source']}; km: its part of the system's"
    return f"{fact['source']}; km: shortest line and a fifth"


def cable_needs() -> list[Row]:
    """Return what each segment needs: the landings at both its ends, and its maker's support."""
    shown = evidence("authored", "both landings")
    rows = [
        need_row(cable(fact), end, landing(fact[end]), shown, autonomy_hours="")
        for fact in systems()
        for end in ("origin", "destination")
    ]
    hours, shown = autonomy("cable support")
    return rows + [
        need_row(cable(fact), "support", _product(fact), shown, autonomy_hours=hours)
        for fact in systems()
        if _product(fact)
    ]


def failure_rows() -> list[Row]:
    """Return how often each segment of cable fails and how long its repair takes."""
    country = {landing(f["landing"]): f["country"] for f in landings()}
    return [
        {
            "thing": row["lane"],
            "mtbf_hours": round(HOURS_PER_YEAR / (FAULTS_PER_KM_YEAR * float(row["km"]))),
            "repair_hours": CABLE_REPAIR_HOURS,
            "crew_pool": maintenance_zone(country[str(row["destination"])]),
            **evidence("calibrated", FAULT_SOURCE),
        }
        for row in cable_rows()
        if row["mode"] == "cable"
    ]


def maintenance_zone(country: str) -> str:
    """Return the zone whose repair ships serve a country's cables (public knowledge, unverified).

    >>> maintenance_zone("FJI")
    'South Pacific'
    """
    for fact in read_facts("maintenance_zones"):
        if country in fact["countries"].split(";"):
            return fact["zone"]
    return ""


def leaving(country: str) -> dict[str, float]:
    """Return the segments of cables and satellites that leave a country, with capacity, Gb/s."""
    here = {f["landing"] for f in landings() if f["country"] == country}
    return {
        cable(f): float(f["capacity_gbps"])
        for f in systems()
        if len(here & {f["origin"], f["destination"]}) == 1
    }


def _km(a: Fact, b: Fact) -> float:
    return float(haversine_km(float(a["lat"]), float(a["lon"]), float(b["lat"]), float(b["lon"])))
