"""Services of each country, zone and operator; what they need is in `service_needs`."""

from collections.abc import Iterator

from tools.indo_pacific import core, hospital, power
from tools.indo_pacific.facts import Fact, Row, Tables, Value, evidence, read_facts, significant
from tools.indo_pacific.service_needs import (
    Served,
    World,
    mobile_data_needs,
    mobile_networks,
    named,
    needs_of,
)

DAYS_PER_YEAR = 365.0

__all__ = ["World", "controlled", "tables"]


def controlled() -> set[str]:
    """Return the countries whose grids hang on a power-control service."""
    return set(_countries_of("power-control"))


def _countries_of(kind: str) -> list[str]:
    return next(f for f in read_facts("services") if f["service"] == kind)["countries"].split(";")


def tables(world: World) -> Tables:
    """Return services, and the needs of services and radio sites."""
    services: list[Row] = []
    needs: list[Row] = core.radio_needs(world.radio)
    for network in mobile_networks(world):
        services.append(_mobile_data(network))
        needs += mobile_data_needs(network)
    for fact in read_facts("services"):
        for served in _served(fact, world):
            service = named(fact["service"], served.country, served.zone)
            services.append(_service(service, fact, served, world))
            needs += needs_of(fact["service"], service, served, world)
    made_up = hospital.service_tables(set(power.zones(world.cities)))
    return {
        "services": services + made_up.get("services", []),
        "needs": needs + made_up.get("needs", []),
    }


def _served(fact: Fact, world: World) -> Iterator[Served]:
    """Give the countries or zones in which one kind of service is found."""
    here = world.countries()
    chosen = here if fact["countries"] == "all" else fact["countries"].split(";")
    for country in (c for c in chosen if c in here):
        zones = world.zones(country) if fact["scope"] == "zone" else ["all"]
        yield from (Served(country, zone) for zone in zones)


def _mobile_data(network: core.Network) -> Row:
    return {
        "service": network.service,
        "name": f"Mobile data, {network.words}",
        "sector": "telecom",
        "country": network.area.country,
        "region": "" if network.area.zone == "all" else network.area.zone,
        "people": round(network.people),
        "value_usd_per_day": "",
        **evidence("synthetic", "the operator's share of the persons of the area"),
    }


def _service(service: str, fact: Fact, served: Served, world: World) -> Row:
    """Return one service; whom it serves is known where it serves everyone."""
    everyone = fact["people"] == "everyone"
    people = world.people(served.country, served.zone)
    return {
        "service": service,
        "name": fact["name"],
        "sector": fact["sector"],
        "country": served.country,
        "region": "" if served.zone == "all" else served.zone,
        "people": people if everyone else 0,
        "value_usd_per_day": _value(fact, served, world),
        **evidence(fact["provenance"], _source(fact)),
    }


def _source(fact: Fact) -> str:
    share = fact["value_share"]
    if not share:
        return fact["source"]
    return f"{fact['source']}; value: {float(share):.2%} of gross product, synthetic"


def _value(fact: Fact, served: Served, world: World) -> Value:
    """Return the value of a day, USD: a synthetic share of the gross product of those served."""
    nation = next(f for f in read_facts("countries") if f["country"] == served.country)
    if not (fact["value_share"] and nation["gdp_usd"]):
        return ""
    part = world.people(served.country, served.zone) / float(nation["population"])
    return significant(
        float(nation["gdp_usd"]) / DAYS_PER_YEAR * float(fact["value_share"]) * part, 3
    )
