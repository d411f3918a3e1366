"""How an area reaches the cores of its country: a working route and routes that protect it."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tools.indo_pacific import cables, transport
from tools.indo_pacific.core import Area, CoreSite, areas, left_of, meeting, node, node_fact
from tools.indo_pacific.facts import Row, Tables, evidence, significant
from tools.indo_pacific.people import City
from tools.indo_pacific.rows import any_of, need_row

BACK_UP = ("microwave-", "satellite-")
"""Ways that are taken last: a kilometre of them counts as ten."""
TRANSIT = {"FSM": "USA"}
"""Countries whose islands reach one another over another's: Yap and Pohnpei meet in Guam."""
ROUTES = 3
"""Routes of an area at most, no two over the same segment."""
SHOWN = evidence("derived", "shortest routes of which no two share a segment")
TARGET = evidence("authored", "a core city within reach")


@dataclass(frozen=True)
class Route:
    """A way from an area to a core city: its segments, and the sites that it leads over."""

    segments: tuple[str, ...]
    nodes: tuple[str, ...]


@cache
def _links() -> dict[str, list[tuple[str, str, float, str]]]:
    """Return the ways by site: the other end, the lane, its length, the other end's country."""
    country = {node(f["place"]): f["country"] for f in transport.nodes()}
    country |= {cables.landing(f["landing"]): f["country"] for f in cables.landings()}
    rows = [
        *transport.backbone_rows(),
        *transport.backhaul_rows(list(cables.landings())),
        *cables.cable_rows(),
    ]
    found: dict[str, list[tuple[str, str, float, str]]] = {}
    for row in rows:
        ends = str(row["origin"]), str(row["destination"])
        for near, far in (ends, ends[::-1]):
            link = (far, str(row["lane"]), float(row["km"]), country[far])
            found.setdefault(near, []).append(link)
    return found


def routes(area: Area, targets: list[str]) -> list[Route]:
    """Return up to `ROUTES` routes from an area's nodes to the nearest of some core cities."""
    found: list[Route] = []
    used: set[str] = set()
    allowed = {area.country, TRANSIT.get(area.country, area.country)}
    starts, ends = [node(place) for place in area.places], set(map(node, targets))
    while len(found) < ROUTES:
        route = _shortest(starts, ends, used, allowed)
        if route is None:
            break
        found.append(route)
        used |= set(route.segments)
    return found


def _shortest(
    starts: list[str], targets: set[str], used: set[str], allowed: set[str]
) -> Route | None:
    """Return the shortest route in allowed countries over what is not used yet (Dijkstra 1959)."""
    queue: list[tuple[float, str, tuple[str, ...], tuple[str, ...]]] = [
        (0.0, start, (), (start,)) for start in sorted(starts)
    ]
    heapq.heapify(queue)
    seen: set[str] = set()
    while queue:
        km, site, segments, nodes = heapq.heappop(queue)
        if site in targets:
            return Route(segments, nodes)
        if site in seen:
            continue
        seen.add(site)
        for far, lane, length, country in _links().get(site, []):
            if lane not in used and far not in seen and country in allowed:
                cost = 10.0 * length if lane.startswith(BACK_UP) else length
                heapq.heappush(queue, (km + cost, far, (*segments, lane), (*nodes, far)))
    return None


def _km(route: Route) -> float:
    """Return the length of a route, km."""
    length = {lane: km for links in _links().values() for _, lane, km, _ in links}
    return significant(sum(length[segment] for segment in route.segments), 3)


def _mode(route: Route) -> str:
    """Return what the weakest of a route's segments goes by: sky before air, sea before land."""
    rows = [*cables.cable_rows(), *transport.backbone_rows()]
    by = {str(row["lane"]): str(row["mode"]) for row in rows}
    found = {by.get(segment, "land") for segment in route.segments}
    return next(
        mode for mode in ("satellite", "microwave", "cable", "land") if mode in found | {"land"}
    )


def reached(cities: list[City], cores: list[CoreSite]) -> Iterator[tuple[Area, list[str]]]:
    """Give each area with the core cities that it must reach: others than its own.

    All operators of a country have their cores in the same cities, so ways are asked for once an
    area. An area with enough core cities of its own needs none.
    """
    for area in areas(cities):
        places = list(
            dict.fromkeys(c.place for c in cores if c.operator.serves(area.country, area.zone))
        ) or [c.place for c in cores if c.operator.country == area.country]
        near = [place for place in places if place in area.places]
        far = [place for place in places if place not in area.places]
        yield area, far if len(near) < left_of(len(places)) else []


def way(area: Area, number: int) -> str:
    """Return the identifier of one of an area's routes."""
    return f"way-{meeting(area).removeprefix('meeting-')}-{number}"


def lane_rows(cities: list[City], cores: list[CoreSite]) -> list[Row]:
    """Return the routes of areas as lanes from where its operators meet to a core city's node."""
    return [
        {
            "lane": way(area, number),
            "origin": meeting(area),
            "destination": route.nodes[-1],
            "mode": _mode(route),
            "km": max(transport.METRO_KM, _km(route)),
            **SHOWN,
        }
        for area, far in reached(cities, cores)
        for number, route in enumerate(_of(area, far), 1)
    ]


def _of(area: Area, far: list[str]) -> list[Route]:
    return routes(area, far) if far else []


def tables(cities: list[City], cores: list[CoreSite]) -> Tables:
    """Return what areas and their routes need: any route, and all that a route leads over."""
    needs: list[Row] = []
    for area, far in reached(cities, cores):
        found = _of(area, far)
        if not found:
            near = [node(p) for p in area.places if node_fact(p).get("core")]
            needs += any_of(meeting(area), "way", near or [node(area.places[0])], TARGET)
            continue
        names = [way(area, number) for number in range(1, len(found) + 1)]
        needs += any_of(meeting(area), "way", names, TARGET)
        for name, route in zip(names, found, strict=True):
            needs += [need_row(name, "segment", segment, SHOWN) for segment in route.segments]
            needs += [need_row(name, "node", passed, SHOWN) for passed in route.nodes]
    return {"needs": needs}
