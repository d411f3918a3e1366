"""Ways: ports and the lanes that goods take between them, submarine cables, passages of the sea."""

from dataclasses import dataclass, field

from tools.indo_pacific import cables, core, hospital, radio, routes, transport
from tools.indo_pacific.facts import Fact, Row, evidence, read_facts, slug
from tools.indo_pacific.people import cities

from indranet.geography.places import haversine_km
from indranet.geography.sea import PASSAGES

_EUROPE = "AUT BEL CHE CZE DEU DNK ESP EST FIN FRA GBR HUN IRL ITA LUX NLD NOR POL PRT SWE"
LAND = tuple(
    frozenset(together.split(" "))
    for together in (_EUROPE, "CAN MEX USA", "MYS SGP THA", "BGD IND NPL", "COD ZAF")
)
"""Countries between which goods go by road and rail."""
FARTHEST_BY_LAND_KM = 4000.0
"""Beyond it goods of one of these groups go as between others: to Guam or Hawaii from Mexico."""
AIR_DAYS = 3.0
LAND_DAYS = 4.0
"""Time under way by air and by road, customs included, synthetic."""
_CANALS = {
    "suez": (
        51.4, 81.0,
        "approximate position; usual: Suez Canal Authority, 18,829 ships in 2020 (informare.it "
        "20210002); most: 81 on 2 August 2019 (peoplesdaily.pdnews.cn 30001304632)",
    ),
    "panama": (
        36.0, 40.0,
        "approximate position; usual: 35 to 36 a day (oodaloop.com 2023-07-26); most: 40 "
        "(maritimemag.com, August 2024)",
    ),
}  # fmt: skip
"""Ships a day that usually pass a canal, the most that can, and how they are known. No published
number limits a strait."""


@dataclass(frozen=True)
class Place:
    """Somewhere that goods leave or reach."""

    country: str
    lat: float
    lon: float


@dataclass
class GoodsLanes:
    """The sea lanes that goods were found to need, each once; grows as it is asked."""

    ports: tuple[Fact, ...] = read_facts("ports")
    gateways: dict[str, str] = field(
        default_factory=lambda: {f["country"]: f["by_way_of"] for f in read_facts("gateways")}
    )
    rows: dict[str, Row] = field(default_factory=dict)

    def way(self, origin: Place, destination: Place, carried: str) -> Row:
        """Return the lane and the days under way from one place to another, as cells of a flow.

        By road between neighbours, by sea between the nearest ports of the two countries, else by
        air. Only what goes by sea takes a lane: roads and flights have many ways, and none of them
        a passage. So does what goes by sea to or from an island of the same country.
        """
        ends = [self._port(place) for place in (origin, destination)]
        ports = [port(end) for end in ends if end]
        by_sea = carried == "sea" and len(set(ports)) > 1
        if not carried:
            return {}
        if origin.country == destination.country:
            to_island = by_sea and any(end["island"] for end in ends if end)
            return self._sea(*ports) if to_island else {}
        together = any({origin.country, destination.country} <= group for group in LAND)
        if together and _km(origin, destination) <= FARTHEST_BY_LAND_KM:
            return {"transit_days": LAND_DAYS}
        return self._sea(*ports) if by_sea else {"transit_days": AIR_DAYS}

    def _port(self, place: Place) -> Fact | None:
        """Return the nearest port of a country, of the one it ships by way of if landlocked."""
        country = self.gateways.get(place.country, place.country)
        here = [f for f in self.ports if f["country"] == country]
        at = {f["port"]: Place(country, float(f["lat"]), float(f["lon"])) for f in here}
        return min(here, key=lambda f: _km(place, at[f["port"]])) if here else None

    def _sea(self, origin: str, destination: str) -> Row:
        lane = f"sea-{origin.removeprefix('port-')}-{destination.removeprefix('port-')}"
        self.rows[lane] = {
            "lane": lane,
            "origin": origin,
            "destination": destination,
            "mode": "sea",
            **evidence("derived", "nearest ports; way from the sea network"),
        }
        return {"lane": lane}


def port(fact: Fact) -> str:
    """Return the identifier of a port."""
    return f"port-{slug(fact['port'])}"


def facility_rows(lanes: GoodsLanes) -> list[Row]:
    """Return the ports of the countries in which some lane uses a port."""
    used = {str(row[end]) for row in lanes.rows.values() for end in ("origin", "destination")}
    countries = {fact["country"] for fact in lanes.ports if port(fact) in used}
    return [
        {
            "facility": port(fact),
            "name": fact["port"],
            "country": fact["country"],
            "kind": "port",
            "lat": float(fact["lat"]),
            "lon": float(fact["lon"]),
            **evidence(fact["provenance"], fact["source"]),
        }
        for fact in lanes.ports
        if fact["country"] in countries
    ]


def passage_rows() -> list[Row]:
    """Return the passages of the bundled sea network."""
    return [
        {
            "passage": passage.passage,
            "name": passage.name,
            "kind": passage.kind,
            "lat": passage.lat,
            "lon": passage.lon,
            "ships_per_day": most,
            "usual_ships_per_day": usual,
            **evidence("authored", source),
        }
        for passage in PASSAGES
        for usual, most, source in [_CANALS.get(passage.passage, ("", "", "approximate position"))]
    ]


def cable_rows() -> list[Row]:
    """Return the ways of signals as lanes: backbones, sea cables, satellites, and between them."""
    return [
        *transport.backbone_rows(),
        *routes.lane_rows(cities(), core.core_sites(radio.operators())),
        *transport.backhaul_rows(list(cables.landings())),
        *hospital.lane_rows(),
        *cables.cable_rows(),
    ]


def cable_needs() -> list[Row]:
    """Return what the segments of sea cables need."""
    return cables.cable_needs()


def failure_rows() -> list[Row]:
    """Return how often each segment of sea cable fails and how long its repair takes."""
    return cables.failure_rows()


def _km(a: Place, b: Place) -> float:
    return float(haversine_km(a.lat, a.lon, b.lat, b.lon))
