"""Services of each country, and what must hold for them to run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.indo_pacific.facts import Fact, Row, Tables, Value, evidence, read_facts
from tools.indo_pacific.lanes import cable, port
from tools.indo_pacific.others import (
    FLEETS,
    CoreSite,
    ai_site,
    datacentre,
    fleet,
    gateway,
)
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import RadioSite, power_site

MOBILE_DATA_SHARE = 0.7
EMERGENCY_SHARE = 0.3
HALF = 0.5
ABROAD_SHARE = 0.2


@dataclass(frozen=True)
class World:
    """What services can hang on, made once."""

    cities: list[City]
    radio: list[RadioSite]
    cores: list[CoreSite]

    def countries(self) -> list[str]:
        """Return the countries with people served."""
        return list(dict.fromkeys(city.country for city in self.cities))

    def zones(self, country: str) -> list[str]:
        """Return the zones of a country."""
        return list(dict.fromkeys(c.zone for c in self.cities if c.country == country))

    def people(self, country: str, zone: str = "") -> int:
        """Return the persons of a country or of one of its zones."""
        return round(
            sum(c.people for c in self.cities if c.country == country and zone in {"", c.zone})
        )


Group = Iterator[Row]


def named(kind: str, country: str, zone: str = "all") -> str:
    """Return the identifier of a service."""
    return f"{kind}-{country.lower()}" + ("" if zone == "all" else f"-{zone}")


def controlled() -> set[str]:
    """Return the countries whose grids hang on a power-control service."""
    return set(_countries_of("power-control"))


def _countries_of(kind: str) -> list[str]:
    return next(f for f in read_facts("services") if f["service"] == kind)["countries"].split(";")


def tables(world: World) -> Tables:
    """Return services, and the needs of services and ports."""
    services: list[Row] = []
    needs: list[Row] = []
    for country in world.countries():
        for zone in world.zones(country):
            service = named("mobile-data", country, zone)
            services.append(_mobile_data(service, country, zone, world))
            needs += _mobile_data_needs(service, country, zone, world)
    for fact in read_facts("services"):
        kind = fact["service"]
        for country in world.countries() if fact["countries"] == "all" else _countries_of(kind):
            service = named(kind, country)
            services.append(_service(service, fact, country, world))
            needs += NEEDS_OF[kind](service, country, world)
    needs += [row for country in _countries_of("port-operations") for row in _port_needs(country)]
    return {"services": services, "needs": needs}


def _mobile_data(service: str, country: str, zone: str, world: World) -> Row:
    return {
        "service": service,
        "name": "Mobile data",
        "sector": "telecom",
        "country": country,
        "region": "" if zone == "all" else zone,
        "people": world.people(country, zone),
        **evidence("derived", "persons of the zone's cities and their surroundings"),
    }


def _service(service: str, fact: Fact, country: str, world: World) -> Row:
    """Return one service of a country; whom it serves is known where it serves everyone."""
    everyone = fact["people"] == "everyone"
    return {
        "service": service,
        "name": fact["name"],
        "sector": fact["sector"],
        "country": country,
        "region": "",
        "people": world.people(country) if everyone else 0,
        **evidence(fact["provenance"], fact["source"]),
    }


def _need(user: str, need: str, source: str, shown: Row, **more: Value) -> Row:
    return {"user": user, "need": need, "input": source, **more, **shown}


def _chosen(
    user: str, need: str, sources: dict[str, float], at_least: float, hours: float
) -> Group:
    """Return a group of inputs, each with its capacity, of which a share must be left."""
    for source, capacity in sources.items():
        yield _need(
            user, need, source, evidence("authored", "threshold: assumption of the case"),
            capacity=capacity, at_least=at_least, autonomy_hours=hours,
        )  # fmt: skip


def _radio_people(world: World, country: str, zone: str = "") -> dict[str, float]:
    return {
        s.site: float(max(1, round(s.people)))
        for s in world.radio
        if s.city.country == country and zone in {"", s.city.zone}
    }


def _data_zones(world: World, country: str) -> dict[str, float]:
    return {
        named("mobile-data", country, zone): float(world.people(country, zone))
        for zone in world.zones(country)
    }


def _grids(world: World, country: str) -> dict[str, float]:
    return {
        power_site(country, zone): float(world.people(country, zone))
        for zone in world.zones(country)
    }


def _cores(world: World, country: str) -> dict[str, float]:
    return {c.site: 1.0 for c in world.cores if c.operator.country == country}


def _datacentres(country: str) -> dict[str, float]:
    return {datacentre(f): 1.0 for f in read_facts("datacentres") if f["country"] == country}


def _mobile_data_needs(service: str, country: str, zone: str, world: World) -> Group:
    """Most of the zone's people keep the radio of their own operator, and a way abroad."""
    yield from _chosen(service, "radio", _radio_people(world, country, zone), MOBILE_DATA_SHARE, 0)
    if country in {"FJI", "PLW"}:
        yield from _chosen(service, "abroad", {named("international", country): 1.0}, 1.0, 0)


def _emergency_needs(service: str, country: str, world: World) -> Group:
    """Any operator's radio carries the call, so far less than all of it is enough."""
    yield from _chosen(service, "radio", _radio_people(world, country), EMERGENCY_SHARE, 0)


def _international_needs(service: str, country: str, _: World) -> Group:
    """Enough of the capacity of the cables and satellite links that leave the country is left."""
    here = {f["landing"] for f in read_facts("landings") if f["country"] == country}
    leaving = {
        cable(f): float(f["capacity_gbps"])
        for f in read_facts("cables")
        if len(here & {f["origin"], f["destination"]}) == 1
    }
    yield from _chosen(service, "capacity", leaving, ABROAD_SHARE, 0)


def _voice_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "radio", _data_zones(world, country), HALF, 0)
    yield from _chosen(service, "ims", _cores(world, country), HALF, 0)


def _payments_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "network", _data_zones(world, country), HALF, 4)
    yield from _chosen(service, "processing", _datacentres(country), 1.0, 0)
    yield from _chosen(service, "abroad", {named("international", country): 1.0}, 1.0, 24)


def _hospital_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, country), HALF, 72)
    yield from _chosen(service, "network", _data_zones(world, country), HALF, 24)
    yield from _chosen(service, "records", _datacentres(country), 1.0, 48)


def _port_operations_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, country), HALF, 24)
    yield from _chosen(service, "transport", _cores(world, country), 1.0, 12)
    yield from _chosen(service, "processing", _datacentres(country), 1.0, 12)


def _air_traffic_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, country), HALF, 72)
    yield from _chosen(service, "transport", _cores(world, country), 2.0, 0)


def _power_control_needs(service: str, country: str, world: World) -> Group:
    """Grid control talks over any two cores, from a control centre at a data centre."""
    yield from _chosen(service, "transport", _cores(world, country), 2.0, 8)
    yield from _chosen(service, "control centre", _datacentres(country), 1.0, 8)


def _government_cloud_needs(service: str, country: str, world: World) -> Group:
    yield from _chosen(service, "processing", _datacentres(country), 1.0, 0)
    yield from _chosen(service, "network", _data_zones(world, country), HALF, 24)


def _ai_needs(service: str, country: str, world: World) -> Group:
    """The country's own machines, or those of any other over working cables."""
    facts = read_facts("ai_sites")
    own = {ai_site(f): float(f["gpu_servers"]) for f in facts}
    yield from _chosen(service, "compute", own, HALF, 0)
    yield from _chosen(service, "network", _data_zones(world, country), HALF, 0)
    yield from _chosen(service, "abroad", {named("international", country): 1.0}, 1.0, 0)


def _metering_needs(service: str, country: str, world: World) -> Group:
    fleets = {fleet(country, vendor): part for vendor, part in FLEETS}
    yield from _chosen(service, "meters", fleets, HALF, 0)
    yield from _chosen(service, "gateway", {gateway(country): 1.0}, 1.0, 24)
    yield from _chosen(service, "network", _data_zones(world, country), HALF, 48)


NEEDS_OF: dict[str, Callable[[str, str, World], Group]] = {
    "emergency-call": _emergency_needs,
    "international": _international_needs,
    "voice": _voice_needs,
    "payments": _payments_needs,
    "hospitals": _hospital_needs,
    "port-operations": _port_operations_needs,
    "air-traffic": _air_traffic_needs,
    "power-control": _power_control_needs,
    "government-cloud": _government_cloud_needs,
    "ai-assistance": _ai_needs,
    "iot-metering": _metering_needs,
}
"""What each kind of service needs."""


def _port_needs(country: str) -> Iterator[Row]:
    for fact in read_facts("ports"):
        if fact["country"] == country:
            yield _need(
                port(fact), "operations", named("port-operations", country),
                evidence("authored", "assumption of the case"), autonomy_hours=24.0,
            )  # fmt: skip
