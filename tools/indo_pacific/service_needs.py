"""What must hold for each kind of service to run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tools.indo_pacific import cables, fleets, power, transport
from tools.indo_pacific.compute import ai_servers, ai_site, datacentre
from tools.indo_pacific.core import CoreSite, Network, area_of, hub, node
from tools.indo_pacific.facts import Row, evidence, read_facts
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import RadioSite, power_site
from tools.indo_pacific.rows import autonomy, located, need_row

HALF = 0.5
FEW = 0.3
"""What must be left of something that everyone uses: it counts as lost when most of it is."""
ABROAD_SHARE = 0.2
PAIR = 2.0
WARNED_FROM_ABROAD = frozenset({"TON", "WSM", "PNG", "VUT", "SLB", "FSM", "MDV", "LKA"})
"""Countries whose warnings start from centres in other countries (public knowledge, unverified)."""
FISHERIES_CENTRE = "SLB"
THRESHOLD = evidence("authored", "assumed")

Group = Iterator[Row]


@dataclass(frozen=True)
class Served:
    """A country, or one of its zones, that a service is for."""

    country: str
    zone: str = "all"


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

    def people(self, country: str, zone: str = "all") -> int:
        """Return the persons of a country or of one of its zones."""
        return round(
            sum(c.people for c in self.cities if c.country == country and zone in {"all", c.zone})
        )

    @cached_property
    def networks(self) -> list[Network]:
        """Return each operator's network in each area with its radio sites and people."""
        found: dict[str, Network] = {}
        for site in self.radio:
            area = area_of(site.city)
            name = hub(site.operator.firm, area)
            service = f"mobile-data-{area.country.lower()}-{name.removeprefix('hub-')}"
            network = found.setdefault(name, Network(service, site.operator, area, {}))
            network.sites[site.site] = site.people
        return list(found.values())


def mobile_networks(world: World) -> list[Network]:
    """Return each operator's network in each area."""
    return world.networks


def named(kind: str, country: str, zone: str = "all") -> str:
    """Return the identifier of a service."""
    return f"{kind}-{country.lower()}" + ("" if zone == "all" else f"-{zone}")


def needs_of(kind: str, service: str, served: Served, world: World) -> list[Row]:
    """Return what one service of a kind needs."""
    return list(_NEEDS[kind](service, served, world))


def mobile_data_needs(network: Network) -> Group:
    """Half of an operator's people in the area keep their radio; abroad is a service of its own."""
    sites = {site: float(max(1, round(people))) for site, people in network.sites.items()}
    yield from _chosen(network.service, "radio", sites, HALF)


def _chosen(
    user: str, need: str, sources: dict[str, float], at_least: float, hours: float = 0.0,
    shown: Row = THRESHOLD,
) -> Group:  # fmt: skip
    """Return a group of inputs, each with its capacity, of which so much must be left."""
    for source, capacity in sources.items():
        yield need_row(
            user, need, source, shown,
            capacity=capacity, at_least=at_least, autonomy_hours=hours or "",
        )  # fmt: skip


def _abroad(user: str, country: str, hours: float) -> Group:
    yield from _chosen(user, "abroad", {named("international", country): 1.0}, 1.0, hours)


def _networks(world: World, served: Served) -> dict[str, float]:
    return {
        n.service: float(max(1, round(n.people)))
        for n in world.networks
        if n.area.country == served.country and served.zone in {"all", n.area.zone}
    }


def _grids(world: World, served: Served) -> dict[str, float]:
    zones = world.zones(served.country) if served.zone == "all" else [served.zone]
    return {
        power_site(served.country, zone): float(world.people(served.country, zone))
        for zone in zones
    }


def _cores(world: World, country: str) -> dict[str, float]:
    return {c.site: 1.0 for c in world.cores if c.operator.country == country}


def _nodes(country: str) -> dict[str, float]:
    return {node(f["place"]): 1.0 for f in transport.nodes() if f["country"] == country}


def _datacentres(country: str) -> dict[str, float]:
    return {datacentre(f): 1.0 for f in located("datacentres") if f["country"] == country}


def _emergency(service: str, served: Served, world: World) -> Group:
    """Any operator's radio carries the call, so much less than all of it is enough."""
    yield from _chosen(service, "radio", _networks(world, served), FEW)


def _international(service: str, served: Served, _: World) -> Group:
    """Enough of the capacity of what leaves the country is left: cables, fibre, satellites."""
    ways = cables.leaving(served.country) | transport.leaving(served.country)
    yield from _chosen(service, "capacity", ways, ABROAD_SHARE)


def _voice(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "radio", _networks(world, served), FEW)
    yield from _chosen(service, "ims", _cores(world, served.country), FEW)


def _payments(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "network", _networks(world, served), FEW, 4.0)
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0)
    yield from _abroad(service, served.country, 24.0)


def _mobile_money(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "network", _networks(world, served), FEW)
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0)


def _settlement(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0)
    yield from _chosen(service, "transport", _nodes(served.country), HALF)
    yield from _chosen(service, "power", _grids(world, served), HALF, 48.0)


def _hospitals(service: str, served: Served, world: World) -> Group:
    exact = f"hospital {served.country}"
    known = {fact["what"] for fact in read_facts("autonomies")}
    hours, shown = autonomy(exact if exact in known else "hospital")
    yield from _chosen(service, "power", _grids(world, served), HALF, hours, shown)
    yield from _chosen(service, "network", _networks(world, served), HALF, 24.0)
    yield from _chosen(service, "records", _datacentres(served.country), 1.0, 48.0)


def _remote_monitoring(service: str, served: Served, world: World) -> Group:
    yield from _fleet("health", service, served.country)
    yield from _chosen(service, "network", _networks(world, served), HALF, 12.0)


def _telehealth(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "network", _networks(world, served), FEW)
    yield from _abroad(service, served.country, 0.0)


def _port_operations(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF, 24.0)
    yield from _chosen(service, "transport", _cores(world, served.country), 1.0, 12.0)
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0, 12.0)


def _port_tracking(service: str, served: Served, world: World) -> Group:
    yield from _fleet("port", service, served.country)
    yield from _chosen(service, "network", _networks(world, served), HALF, 12.0)


def _air_traffic(service: str, served: Served, world: World) -> Group:
    cores = _cores(world, served.country)
    yield from _chosen(service, "power", _grids(world, served), HALF, 72.0)
    yield from _chosen(service, "transport", cores, min(PAIR, float(len(cores))))


def _rail(service: str, served: Served, world: World) -> Group:
    """Trains stand at once without traction power or the radio of their signalling."""
    yield from _chosen(service, "power", _grids(world, served), HALF)
    yield from _chosen(service, "signalling", _nodes(served.country), HALF)
    yield from _chosen(service, "control centre", _datacentres(served.country), 1.0)


def _vehicles(service: str, served: Served, world: World) -> Group:
    yield from _fleet("vehicle", service, served.country)
    yield from _chosen(service, "network", _networks(world, served), HALF, 4.0)


def _power_control(service: str, served: Served, world: World) -> Group:
    """Grid control talks over the grids' own links, with two mobile cores behind them."""
    zones = [zone for country, zone in power.zones(world.cities) if country == served.country]
    links = {power.grid_links(served.country, zone): PAIR for zone in zones}
    yield from _chosen(service, "links", links | _cores(world, served.country), PAIR, 8.0)


def _fuel(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF, 12.0)
    yield from _chosen(service, "transport", _nodes(served.country), HALF, 12.0)


def _metering(service: str, served: Served, world: World) -> Group:
    yield from _fleet("meter", service, served.country)
    yield from _chosen(service, "gateway", {fleets.gateway(served.country): 1.0}, 1.0, 24.0)
    yield from _chosen(service, "network", _networks(world, served), HALF, 48.0)


def _water(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF, 24.0)
    yield from _chosen(service, "control", _cores(world, served.country), 1.0, 24.0)


def _government_cloud(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0)
    yield from _chosen(service, "network", _networks(world, served), HALF, 24.0)


def _warning(service: str, served: Served, world: World) -> Group:
    """A warning reaches enough people over any operator; small states hear it from abroad."""
    yield from _chosen(service, "spread", _networks(world, served), FEW)
    if served.country in WARNED_FROM_ABROAD:
        yield from _abroad(service, served.country, 0.0)


def _broadcasting(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF, 24.0)
    yield from _chosen(service, "transport", _nodes(served.country), HALF, 4.0)


def _fisheries(service: str, served: Served, _: World) -> Group:
    yield from _abroad(service, served.country, 24.0)
    centre = {named("international", FISHERIES_CENTRE): 1.0}
    yield from _chosen(service, "regional centre", centre, 1.0, 4.0)


def _industry(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF)
    yield from _chosen(service, "transport", _nodes(served.country), HALF, 24.0)
    yield from _chosen(service, "processing", _datacentres(served.country), 1.0, 24.0)


def _agriculture(service: str, served: Served, world: World) -> Group:
    yield from _chosen(service, "power", _grids(world, served), HALF, 12.0)
    yield from _chosen(service, "network", _networks(world, served), HALF, 72.0)


def _ai(service: str, served: Served, world: World) -> Group:
    """Half of the case's machines are left, the country's own or those of others over cables."""
    machines = {ai_site(f): float(ai_servers(f)) for f in located("ai_sites")}
    yield from _chosen(service, "compute", machines, HALF)
    yield from _chosen(service, "network", _networks(world, served), HALF)
    yield from _abroad(service, served.country, 0.0)


def _fleet(kind: str, service: str, country: str, hours: float = 0.0) -> Group:
    units = {fleets.fleet(kind, country, maker): part for maker, part in fleets.makers().items()}
    yield from _chosen(service, "fleet", units, HALF, hours)


_NEEDS: dict[str, Callable[[str, Served, World], Group]] = {
    "emergency-call": _emergency,
    "international": _international,
    "voice": _voice,
    "payments": _payments,
    "mobile-money": _mobile_money,
    "settlement": _settlement,
    "hospitals": _hospitals,
    "remote-monitoring": _remote_monitoring,
    "telehealth": _telehealth,
    "port-operations": _port_operations,
    "port-tracking": _port_tracking,
    "air-traffic": _air_traffic,
    "rail": _rail,
    "vehicle-telematics": _vehicles,
    "power-control": _power_control,
    "fuel-pipelines": _fuel,
    "iot-metering": _metering,
    "water": _water,
    "government-cloud": _government_cloud,
    "digital-identity": _mobile_money,
    "cyclone-warning": _warning,
    "tsunami-warning": _warning,
    "broadcasting": _broadcasting,
    "fisheries": _fisheries,
    "industry": _industry,
    "agriculture": _agriculture,
    "ai-assistance": _ai,
}
"""What each kind of service needs."""
