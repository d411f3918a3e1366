"""Fleets of connected things: meters, port equipment, health monitors, vehicles."""

from collections.abc import Iterator

from tools.indo_pacific.facts import Fact, Tables, read_facts, shares
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import Operator
from tools.indo_pacific.rows import (
    SYNTHETIC,
    located,
    place_row,
    power_need,
    product_known,
    unit_row,
)

MAKERS = {"quectel": 0.45, "fibocom": 0.2, "telit": 0.2, "u-blox": 0.15}
"""Makers of cellular modules and their parts of a fleet, synthetic; Quectel and Fibocom shipped
most in 2023, Telit Cinterion most outside China (Counterpoint, rcrwireless.com 2023-10-19)."""
GATEWAYS = 100


def makers() -> dict[str, float]:
    """Return the makers whose modules the case holds, with their parts of a fleet."""
    return shares({m: part for m, part in MAKERS.items() if product_known(f"{m}-module")})


def fleet(kind: str, country: str, maker: str) -> str:
    """Return the identifier of a fleet with one maker's modules."""
    return f"fleet-{kind}-{country.lower()}-{maker}"


def gateway(country: str) -> str:
    """Return the identifier of the gateway of a country's fleets."""
    return f"gateway-{country.lower()}"


def fleets(operators: list[Operator]) -> Iterator[tuple[Fact, str, list[str]]]:
    """Give each kind of fleet with a country of it and the operators that carry it."""
    for fact in read_facts("fleets"):
        for country in fact["countries"].split(";"):
            carried = [o.firm for o in operators if o.country == country]
            if carried and any(f["country"] == country for f in located("datacentres")):
                yield fact, country, carried


def tables(operators: list[Operator], cities: list[City]) -> Tables:
    """Return fleets and their gateways for sites, equipment and needs.

    The makers' parts of a fleet are carried by the country's operators in turn.
    """
    found: Tables = {"sites": [], "equipment": [], "needs": []}
    for fact, country, carried in fleets(operators):
        place = next(f for f in located("datacentres") if f["country"] == country)
        people = sum(c.people for c in cities if c.country == country)
        for turn, (maker, part) in enumerate(makers().items()):
            operator = carried[turn % len(carried)]
            site = fleet(fact["fleet"], country, maker)
            units = max(1, round(people * float(fact["per_person"]) * part))
            found["sites"].append(place_row(site, "fleet", place, operator) | SYNTHETIC)
            found["equipment"].append(
                unit_row(site, "module", f"{maker}-module", units, "iot", SYNTHETIC)
            )
    for country in dict.fromkeys(country for _, country, _ in fleets(operators)):
        place = next(f for f in located("datacentres") if f["country"] == country)
        site = gateway(country)
        found["sites"].append(place_row(site, "gateway", place) | SYNTHETIC)
        found["equipment"].append(
            unit_row(site, "gateway", "iot-gateway", GATEWAYS, "iot", SYNTHETIC)
        )
        found["needs"].append(power_need(site, country, place["zone"], "fleet gateway"))
    return found
