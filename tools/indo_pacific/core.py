"""Each operator's mobile core, its management, and the aggregation sites between core and radio."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.indo_pacific.facts import Fact, Row, Tables, evidence, read_facts, slug
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import Operator, RadioSite
from tools.indo_pacific.rows import (
    SYNTHETIC,
    located,
    need_row,
    place_row,
    power_need,
    unit_row,
)
from tools.indo_pacific.vendors import VendorMix

CORE_5G = ("AMF", "SMF", "UPF", "AUSF", "UDM", "NRF", "PCF")
CORE_4G = ("EPC", "IMS")
LEFT_OF_MANY = 2.0
"""Core sites that must be left where an operator has three or more: one could not carry all."""
MANAGEMENT_SITES = 2
"""Core sites that also hold element managers and operations support."""
CORE_SERVERS = 40
ENOUGH = evidence("authored", "2 of 3 cores or more, 1 of a pair")
JOINED = evidence("authored", "joins there")


@dataclass(frozen=True)
class CoreSite:
    """A site of an operator's mobile core."""

    site: str
    operator: Operator
    zone: str
    lat: float
    lon: float
    place: str


@dataclass(frozen=True)
class Area:
    """Part of a zone whose radio sites reach the core over ways in common.

    Attributes
    ----------
    country, zone, name
        Where it is; the name is the zone's unless an island hangs on cables of its own.
    places
        Cities with a node of the backbone where its aggregation sites join it.
    """

    country: str
    zone: str
    name: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """An operator's radio sites in one area, with the people of each."""

    service: str
    operator: Operator
    area: Area
    sites: dict[str, float]

    @property
    def people(self) -> float:
        """Persons served."""
        return sum(self.sites.values())

    @property
    def words(self) -> str:
        """Operator and area in words."""
        name = next(
            fact["name"] for fact in read_facts("operators") if fact["firm"] == self.operator.firm
        )
        # The zone stands in the column of the region.
        plain = self.area.name in {"all", self.area.zone}
        return name if plain else f"{name}, {self.area.name.replace('-', ' ')}"


def core_sites(operators: list[Operator]) -> list[CoreSite]:
    """Return an operator's core sites: at the core cities in the zones it serves, else at any."""
    return [
        CoreSite(
            f"core-{operator.firm}-{slug(fact['place'])}",
            operator,
            fact["zone"],
            float(fact["lat"]),
            float(fact["lon"]),
            fact["place"],
        )
        for operator in operators
        for fact in _core_cities(operator)
    ]


def _core_cities(operator: Operator) -> list[Fact]:
    here = [f for f in located("datacentres") if operator.serves(f["country"], f["zone"])]
    return [f for f in here if f["core"]] or here


def area_of(city: City) -> Area:
    """Return the area of a city: that of its region, else its zone."""
    for fact in read_facts("areas"):
        if (fact["country"], fact["region"]) == (city.country, city.region):
            return Area(city.country, city.zone, fact["area"], tuple(fact["places"].split(";")))
    places = tuple(
        fact["place"]
        for table in ("datacentres", "exchanges")
        for fact in located(table)
        if (fact["country"], fact["zone"]) == (city.country, city.zone)
    )
    return Area(city.country, city.zone, city.zone, places[:2])


def areas(cities: list[City]) -> list[Area]:
    """Return every area with cities, each once."""
    return list(dict.fromkeys(area_of(city) for city in cities))


def hub(operator: str, area: Area) -> str:
    """Return the identifier of an operator's aggregation in an area."""
    return f"hub-{operator}" + ("" if area.name == "all" else f"-{area.name}")


def meeting(area: Area) -> str:
    """Return the identifier of the place where the operators of an area join the backbone."""
    part = "" if area.name == "all" else f"-{area.name}"
    return f"meeting-{area.country.lower()}{part}"


def hubs(operators: list[Operator], cities: list[City]) -> Iterator[tuple[str, Operator, Area]]:
    """Give each operator's aggregation sites."""
    for operator in operators:
        for area in areas(cities):
            if operator.serves(area.country, area.zone):
                yield hub(operator.firm, area), operator, area


def node(place: str) -> str:
    """Return the identifier of a city's node of the backbone."""
    return f"exchange-{slug(place)}"


def node_fact(place: str) -> Fact:
    """Return the fact of a city with a node of the backbone."""
    return next(
        fact
        for table in ("datacentres", "exchanges")
        for fact in read_facts(table)
        if fact["place"] == place
    )


def tables(operators: list[Operator], cities: list[City], managers: dict[str, list[str]]) -> Tables:
    """Return cores and aggregation for sites, equipment and needs.

    Parameters
    ----------
    operators, cities
        Who runs a core; where the radio sites are.
    managers
        Element managers that each operator's radio equipment takes.
    """
    cores = core_sites(operators)
    between = list(hubs(operators, cities))
    sites = [_core_row(core) for core in cores]
    sites += [_hub_row(site, operator, area) for site, operator, area in between]
    joined = list(dict.fromkeys(area for _, _, area in between))
    sites += [_meeting_row(area) for area in joined]
    equipment: list[Row] = []
    mix = VendorMix()
    for operator in operators:
        own = [core for core in cores if core.operator.firm == operator.firm]
        here = [site for site, runs, _ in between if runs.firm == operator.firm]
        equipment += _equipment(operator, own, here, managers.get(operator.firm, []), mix)
    needs = [power_need(c.site, c.operator.country, c.zone, "core") for c in cores]
    for area in joined:
        needs.append(power_need(meeting(area), area.country, area.zone, "hub"))
    for site, operator, area in between:
        needs.append(power_need(site, area.country, area.zone, "hub"))
        own = [core for core in cores if core.operator.firm == operator.firm]
        needs += _core_needs(site, own)
        needs.append(need_row(site, "backbone", meeting(area), JOINED))
    return {"sites": sites, "equipment": equipment, "needs": needs}


def left_of(number: int) -> float:
    """Return how many of so many cores must be left."""
    return LEFT_OF_MANY if number > MANAGEMENT_SITES else 1.0


def _core_needs(site: str, cores: list[CoreSite]) -> list[Row]:
    """Return the cores that an operator's aggregation needs."""
    left = left_of(len(cores))
    return [need_row(site, "core", core.site, ENOUGH, at_least=left) for core in cores]


def radio_needs(sites: list[RadioSite]) -> list[Row]:
    """Return what each radio site needs: its operator's aggregation."""
    return [
        need_row(s.site, "transport", hub(s.operator.firm, area_of(s.city)), JOINED) for s in sites
    ]


def _core_row(core: CoreSite) -> Row:
    row = place_row(core.site, "core", node_fact(core.place), core.operator.firm)
    return row | evidence("synthetic", "at a city with data centres")


def _hub_row(site: str, operator: Operator, area: Area) -> Row:
    row = place_row(site, "aggregation", node_fact(area.places[0]), operator.firm)
    return row | evidence("synthetic", "one an operator and area")


def _meeting_row(area: Area) -> Row:
    row = place_row(meeting(area), "aggregation", node_fact(area.places[0]))
    return row | evidence("synthetic", "where operators of an area join the backbone")


def _equipment(
    operator: Operator,
    cores: list[CoreSite],
    between: list[str],
    managers: list[str],
    mix: VendorMix,
) -> list[Row]:
    """Return what stands at one operator's core and aggregation sites."""
    own = {core.site: 1.0 for core in cores}
    everywhere = own | dict.fromkeys(between, 1.0)
    core, support = (_drawn(mix, operator, layer, own) for layer in ("core", "oss"))
    router, optical = (_drawn(mix, operator, layer, everywhere) for layer in ("router", "optical"))
    rows: list[Row] = []
    for site in own:
        rows += _core_functions(site, operator, *core[site])
        rows.append(unit_row(site, "server", "server", CORE_SERVERS, "", SYNTHETIC))
    for site in list(own)[:MANAGEMENT_SITES]:
        vendor, shown = support[site]
        rows.append(unit_row(site, "OSS", f"{vendor}-oss", 1, "", shown))
        rows += [unit_row(site, "EMS", manager, 1, "", SYNTHETIC) for manager in managers]
    for site in everywhere:
        for drawn, function in ((router, "router"), (optical, "optical")):
            vendor, shown = drawn[site]
            rows.append(unit_row(site, function, f"{vendor}-{function}", 1, "", shown))
    return rows


def _drawn(
    mix: VendorMix, operator: Operator, layer: str, blocks: dict[str, float]
) -> dict[str, tuple[str, Row]]:
    key = mix.scope(operator.firm, operator.country, layer)
    shown = evidence("synthetic", mix.evidence[key][1])
    drawn = mix.draw(operator.firm, key, blocks)
    return {site: (vendor, shown) for site, vendor in drawn.items()}


def _core_functions(site: str, operator: Operator, vendor: str, shown: Row) -> list[Row]:
    rows = [unit_row(site, function, f"{vendor}-core", 1, "4G", shown) for function in CORE_4G]
    if operator.five:
        rows += [unit_row(site, function, f"{vendor}-core", 1, "5G", shown) for function in CORE_5G]
    return rows
