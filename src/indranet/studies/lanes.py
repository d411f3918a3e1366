"""Which passages each lane hangs on, and the ways round them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.geography.sea import alternatives_many, sea_graph
from indranet.model.network import Network
from indranet.model.schema import TABLES

KM_PER_DAY = 600.0
"""How far a ship goes in a day, as in the table of lanes."""
_DETOURS: dict[str, type] = {
    "passage": object,
    "lanes": np.int64,
    "lanes_lost": np.int64,
    "extra_km_median": np.float64,
    "extra_km_most": np.float64,
    "extra_days_most": np.float64,
}


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
        lat[network.span(kind)] = network[table]["lat"]
        lon[network.span(kind)] = network[table]["lon"]
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
            own = (
                listed[lane],
                dict(routes).get(listed[lane], float("nan")) if in_graph else float("nan"),
            )
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


def detours(network: Network, routes: LaneRoutes) -> dict[str, npt.NDArray[Any]]:
    """Return what the closing of each passage does to the lanes whose usual way leads through it.

    A lane that has a way round is late, not lost: its detour is the shortest of its routes that
    avoid the passage, less its usual one; 600 km take a day.

    Returns
    -------
    One row a passage that a lane uses: passage, lanes, lanes_lost (no way round), extra_km_median,
    extra_km_most and extra_days_most over the lanes whose ways were measured (NaN where none was).
    """
    usual = np.searchsorted(routes.lane, np.unique(routes.lane))
    rows: list[tuple[str, int, int, float, float, float]] = []
    for code, name in enumerate(network.names["passage"]):
        through = [route for route in usual.tolist() if code in routes.passages[route]]
        extra, lost = [], 0
        for route in through:
            ways = np.flatnonzero(routes.lane == routes.lane[route])
            ways = ways[[code not in routes.passages[way] for way in ways.tolist()]]
            lost += not len(ways)
            longer = routes.km[ways] - routes.km[route]
            if len(ways) and not np.isnan(longer).all():
                extra.append(float(np.nanmin(longer)))
        if through:
            most = max(extra, default=np.nan)
            median = float(np.median(extra)) if extra else np.nan
            rows.append((str(name), len(through), lost, median, most, most / KM_PER_DAY))
    columns = zip(*rows, strict=True) if rows else ((),) * len(_DETOURS)
    return {
        column: np.array(values, dtype=kind)
        for (column, kind), values in zip(_DETOURS.items(), columns, strict=True)
    }
