"""Which passages each lane hangs on, and the ways round them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indranet.geography.sea import alternatives_many, sea_graph
from indranet.model.network import Network
from indranet.model.schema import TABLES


@dataclass(frozen=True)
class LaneRoutes:
    """The routes of every lane.

    Attributes
    ----------
    lane
        Lane of each route, ascending, shape (routes,).
    passages
        Codes of the passages on each route, one tuple a route; no passage is an empty tuple.
    km
        Length of each route, NaN where the sea network was not asked, shape (routes,).
    unplaced
        Sea lanes whose passages are not known, because an end has no position.
    """

    lane: npt.NDArray[np.int32]
    passages: tuple[tuple[int, ...], ...]
    km: npt.NDArray[np.float64]
    unplaced: npt.NDArray[np.int32]


def positions(network: Network) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return latitude and longitude of every thing, NaN where unknown, shape (things,)."""
    lat = np.full(network.size, np.nan)
    lon = np.full(network.size, np.nan)
    for kind, table in (("plant", "plants"), ("site", "sites"), ("facility", "facilities")):
        rows, first = network[table], network.offset(kind)
        lat[first : first + len(rows)] = rows["lat"]
        lon[first : first + len(rows)] = rows["lon"]
    return lat, lon


def lane_routes(network: Network, at_most: int = 8) -> LaneRoutes:
    """Return the routes of each lane, the usual one first.

    A sea lane without passages gets those of its shortest way on the sea network, and the ways
    round found by closing passages in turn, up to `at_most`. Passages that the case writes are the
    usual way; the ways round come from the sea network where both ends have a position and it knows
    the passages, else from `detour_days` (a way round exists), else there is none.
    """
    lanes = network["lanes"]
    sea = lanes["mode"] == TABLES["lanes"].column("mode").choices.index("sea")
    written = lanes["passages"] >= 0
    starts, codes = network.lists["lanes", "passages"]
    listed = [tuple(codes[a:b].tolist()) for a, b in pairwise(starts)]
    lat, lon = positions(network)
    ends = np.stack([lanes["origin"], lanes["destination"]])
    placed = ~np.isnan(lat[ends]).any(axis=0)
    asked = np.flatnonzero(sea & placed & (~written | np.array([bool(p) for p in listed], bool)))
    names = {str(name): code for code, name in enumerate(network.names["passage"])}
    found: dict[int, list[tuple[tuple[int, ...], float]]] = {}
    if len(asked):
        origin, destination = ends[:, asked]
        ways = alternatives_many(
            sea_graph(),
            np.column_stack([lat[origin], lon[origin]]),
            np.column_stack([lat[destination], lon[destination]]),
            at_most=at_most,
        )
        for lane, by_sea in zip(asked.tolist(), ways, strict=True):
            found[lane] = [
                (tuple(names[p] for p in route.passages if p in names), route.km)
                for route in by_sea
            ]
    known = set(sea_graph().passages) if found else set()
    owner: list[int] = []
    passages: list[tuple[int, ...]] = []
    kilometres: list[float] = []
    for lane in range(len(lanes)):
        routes = found.get(lane, [])
        if written[lane]:
            in_graph = all(str(network.names["passage"][p]) in known for p in listed[lane])
            own = (listed[lane], float("nan"))
            routes = [own, *(r for r in routes if in_graph and r[0] != own[0])]
        if not routes:
            routes = [((), float("nan"))]
        if not np.isnan(lanes["detour_days"][lane]):
            routes.append(((), float("nan")))
        owner += [lane] * len(routes)
        passages += [r[0] for r in routes]
        kilometres += [r[1] for r in routes]
    return LaneRoutes(
        lane=np.array(owner, dtype=np.int32),
        passages=tuple(passages),
        km=np.array(kilometres),
        unplaced=np.flatnonzero(sea & ~written & ~placed).astype(np.int32),
    )
