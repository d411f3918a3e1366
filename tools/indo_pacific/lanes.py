"""Ways: ports and the lanes that goods take between them, submarine cables, passages of the sea."""

from dataclasses import dataclass, field

from tools.indo_pacific.facts import Fact, Row, evidence, read_facts, significant, slug
from tools.indo_pacific.others import landing

from indranet.geography.places import haversine_km
from indranet.geography.sea import PASSAGES

LAND = frozenset({"BEL", "DEU", "EST", "FIN", "FRA", "GBR", "IRL", "ITA", "NLD", "SWE"})
"""Countries between which goods go by road and rail."""
AIR_DAYS = 3.0
LAND_DAYS = 4.0
CABLE_SLACK = 1.2
"""Length of a cable over the shortest line between its landings, where no length is known."""
FAULTS_PER_KM_YEAR = 0.13e-3
CABLE_REPAIR_HOURS = 30 * 24.0
SUEZ_SHIPS_PER_DAY = 51.0
HOURS_PER_YEAR = 8766.0


@dataclass(frozen=True)
class Place:
    """Somewhere that goods leave or reach."""

    country: str
    lat: float
    lon: float


@dataclass
class GoodsLanes:
    """The lanes that goods were found to need, each once; grows as it is asked."""

    ports: tuple[Fact, ...] = read_facts("ports")
    rows: dict[str, Row] = field(default_factory=dict)

    def between(self, origin: Place, destination: Place, carried: str) -> str:
        """Return the lane from one place to another, empty inside one country.

        By sea between the nearest ports of the two countries, by land inside Europe, else by air.
        """
        if origin.country == destination.country:
            return ""
        if origin.country in LAND and destination.country in LAND:
            return self._straight(origin, destination, "land", LAND_DAYS)
        ends = [self._port(place) for place in (origin, destination)]
        if carried == "sea" and all(ends):
            return self._sea(str(ends[0]), str(ends[1]))
        return self._straight(origin, destination, "air", AIR_DAYS)

    def _port(self, place: Place) -> str | None:
        here = [f for f in self.ports if f["country"] == place.country]
        if not here:
            return None
        nearest = min(here, key=lambda f: _km(place, Place("", float(f["lat"]), float(f["lon"]))))
        return port(nearest)

    def _sea(self, origin: str, destination: str) -> str:
        lane = f"sea-{origin.removeprefix('port-')}-{destination.removeprefix('port-')}"
        self.rows[lane] = {
            "lane": lane,
            "origin": origin,
            "destination": destination,
            "mode": "sea",
            **evidence("derived", "nearest ports; way from the sea network"),
        }
        return lane

    def _straight(self, origin: Place, destination: Place, mode: str, days: float) -> str:
        lane = f"{mode}-{origin.country}-{destination.country}".lower()
        self.rows[lane] = {
            "lane": lane,
            "origin": origin.country,
            "destination": destination.country,
            "mode": mode,
            "transit_days": days,
            **evidence("synthetic", "assumption of the case"),
        }
        return lane


def port(fact: Fact) -> str:
    """Return the identifier of a port."""
    return f"port-{slug(fact['port'])}"


def facility_rows(lanes: GoodsLanes) -> list[Row]:
    """Return the ports that some lane uses."""
    used = {str(row[end]) for row in lanes.rows.values() for end in ("origin", "destination")}
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
        if port(fact) in used
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
            "ships_per_day": SUEZ_SHIPS_PER_DAY if passage.passage == "suez" else "",
            **evidence(
                "authored",
                "approximate position; ships a day: nationalpost.com, March 2021"
                if passage.passage == "suez"
                else "approximate position",
            ),
        }
        for passage in PASSAGES
    ]


def cable(fact: Fact) -> str:
    """Return the identifier of one segment of a cable system."""
    return f"cable-{slug(fact['system'])}-{fact['origin']}-{fact['destination']}"


def cable_rows() -> list[Row]:
    """Return the segments of submarine cables, and satellite links beside them, as lanes."""
    at = {f["landing"]: Place("", float(f["lat"]), float(f["lon"])) for f in read_facts("landings")}
    rows: list[Row] = []
    for fact in read_facts("cables"):
        km = fact["km"] or significant(
            CABLE_SLACK * _km(at[fact["origin"]], at[fact["destination"]]), 2
        )
        rows.append(
            {
                "lane": cable(fact),
                "origin": landing(fact["origin"]),
                "destination": landing(fact["destination"]),
                "mode": fact["mode"],
                "km": float(km),
                "capacity": float(fact["capacity_gbps"]),
                **evidence(fact["provenance"], _cable_source(fact)),
            }
        )
    return rows


def _cable_source(fact: Fact) -> str:
    return fact["source"] if fact["km"] else f"{fact['source']}; km: shortest line and a fifth"


def cable_needs() -> list[Row]:
    """Return what each segment needs: the landings at both its ends."""
    return [
        {
            "user": cable(fact),
            "need": end,
            "input": landing(fact[end]),
            "autonomy_hours": 0.0,
            **evidence("authored", "a cable works while both its landings do"),
        }
        for fact in read_facts("cables")
        for end in ("origin", "destination")
    ]


def failure_rows() -> list[Row]:
    """Return how often each segment of cable fails and how long its repair takes."""
    return [
        {
            "thing": row["lane"],
            "mtbf_hours": round(HOURS_PER_YEAR / (FAULTS_PER_KM_YEAR * float(row["km"]))),
            "repair_hours": CABLE_REPAIR_HOURS,
            **evidence(
                "authored", "0.13 faults a year and 1,000 km, repair about 30 days: unverified"
            ),
        }
        for row in cable_rows()
        if row["mode"] == "cable"
    ]


def _km(a: Place, b: Place) -> float:
    return float(haversine_km(a.lat, a.lon, b.lat, b.lon))
