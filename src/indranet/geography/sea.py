"""Ways over the sea: shortest routes, the passages on them, and the ways round a closed passage.

The network is a graph of points at sea with great-circle edges. An edge that runs through a passage
(a strait, canal or cape) is marked with it, and closing a passage removes its edges; nothing else
of the sea ever closes. So distances between the ends of marked edges over unmarked water are
measured once, and each question of the form "shortest with these passages closed" becomes one on a
graph of about a hundred nodes.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, floyd_warshall
from scipy.spatial import cKDTree

from indranet.geography.passages import CLOSED_TO_TRADE, PASSAGES, Passage
from indranet.geography.places import haversine_km, unit_vectors

__all__ = [
    "PASSAGES",
    "Passage",
    "Place",
    "SeaGraph",
    "SeaRoute",
    "alternatives",
    "alternatives_many",
    "route",
    "sea_graph",
    "sea_of",
    "snapped",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Place = tuple[float, float]
"""Latitude and longitude, degree."""

_EVERY = np.uint64(2**64 - 1)


@dataclass(frozen=True, eq=False)
class SeaGraph:
    """A network of the sea in compressed sparse rows, each edge in both directions, read-only.

    Attributes
    ----------
    lat, lon
        Position of each point, degree, longitude from -180 up to 180, shape (points,).
    start
        First arc of each point, shape (points + 1,).
    head, km, marks
        Point that each arc leads to; its length; bit p set where it runs through passage p; shape
        (arcs,).
    passages
        Identifiers of the passages, the position is the bit.
    closed
        Passages that no route takes.
    snap
        Search tree over the points that a route may start or end at: the largest part of the
        network that is joined when nothing else is closed.
    snap_point
        Point of each entry of that tree.
    """

    lat: Floats
    lon: Floats
    start: Integers
    head: Integers
    km: Floats
    marks: npt.NDArray[np.uint64]
    passages: tuple[str, ...]
    closed: frozenset[str] = frozenset()
    snap: cKDTree = field(init=False, repr=False)
    snap_point: Integers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        part = connected_components(_matrix(self, _bits(self, self.closed)), directed=False)[1]
        usable = np.flatnonzero(part == np.bincount(part).argmax())
        object.__setattr__(self, "snap_point", usable)
        object.__setattr__(self, "snap", cKDTree(unit_vectors(self.lat[usable], self.lon[usable])))
        for array in (
            self.lat, self.lon, self.start, self.head, self.km, self.marks, self.snap_point,
        ):  # fmt: skip
            array.flags.writeable = False


@dataclass(frozen=True, eq=False)
class SeaRoute:
    """One way over the sea.

    Attributes
    ----------
    km
        Length with the straight legs from the origin to the network and from it to the destination.
    passages
        Passages in the order of travel.
    access_km
        Length of the two straight legs.
    lonlat
        Points of the way on the network, longitude and latitude, shape (points, 2); None where only
        lengths were asked for. Two neighbours may lie on either side of the date line.
    """

    km: float
    passages: tuple[str, ...]
    access_km: float = 0.0
    lonlat: Floats | None = None


def sea_of(
    lonlat: npt.ArrayLike,
    edges: npt.ArrayLike,
    labels: Sequence[str],
    passages: Sequence[Passage] = PASSAGES,
    closed: Iterable[str] = CLOSED_TO_TRADE,
) -> SeaGraph:
    """Return the graph of points, edges between them and passages.

    Parameters
    ----------
    lonlat
        Longitude and latitude of each point, degree, shape (points, 2).
    edges
        Two points of each edge, shape (edges, 2).
    labels
        Identifier of a passage that the edge runs through, empty for none; read for passages
        without a gate.
    passages
        Passages to mark.
    closed
        Passages that no route takes.

    Raises
    ------
    ValueError
        When an edge is listed twice or has no length.
    """
    points = np.asarray(lonlat, dtype=np.float64)
    ends = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    a, b = points[ends[:, 0]], points[ends[:, 1]]
    label = np.asarray(labels, dtype=np.str_)
    marks = np.zeros(len(ends), dtype=np.uint64)
    for bit, passage in enumerate(passages):
        through = label == passage.passage if passage.gate is None else _crosses(a, b, passage.gate)
        marks[through] |= np.uint64(1 << bit)
    km = haversine_km(a[:, 1], a[:, 0], b[:, 1], b[:, 0])
    if len(np.unique(np.sort(ends, axis=1), axis=0)) < len(ends) or not (km > 0).all():
        raise ValueError("each edge is listed once and joins two points that lie apart")
    tail = np.concatenate([ends[:, 0], ends[:, 1]])
    head = np.concatenate([ends[:, 1], ends[:, 0]])
    order = np.lexsort((head, tail))
    return SeaGraph(
        lat=points[:, 1].copy(),
        lon=points[:, 0].copy(),
        start=np.searchsorted(tail[order], np.arange(len(points) + 1)).astype(np.int64),
        head=head[order],
        km=np.concatenate([km, km])[order],
        marks=np.concatenate([marks, marks])[order],
        passages=tuple(p.passage for p in passages),
        closed=frozenset(closed),
    )


@cache
def sea_graph() -> SeaGraph:
    """Return the bundled network of the sea."""
    folder = files("indranet.data").joinpath("sea")
    points = np.loadtxt(
        folder.joinpath("points.csv").read_text("utf-8").splitlines()[1:], delimiter=","
    )
    rows = list(csv.reader(folder.joinpath("edges.csv").read_text("utf-8").splitlines()))[1:]
    edges = np.array([(int(row[0]), int(row[1])) for row in rows])
    return sea_of(points, edges, [row[2] for row in rows])


def snapped(graph: SeaGraph, places: npt.ArrayLike) -> tuple[Integers, Floats]:
    """Return the nearest point of the network to each place, and its distance in km.

    Parameters
    ----------
    places
        Latitude and longitude, degree, shape (places, 2).

    Raises
    ------
    ValueError
        When a position is not finite or a latitude lies beyond a pole.
    """
    latlon = np.asarray(places, dtype=np.float64).reshape(-1, 2)
    if not (np.isfinite(latlon).all() and (np.abs(latlon[:, 0]) <= 90).all()):
        raise ValueError("places are finite pairs of latitude and longitude in degrees")
    near = graph.snap.query(unit_vectors(latlon[:, 0], latlon[:, 1]))[1]
    point = graph.snap_point[near]
    lat, lon = graph.lat[point], graph.lon[point]
    return point, haversine_km(latlon[:, 0], latlon[:, 1], lat, lon)


def route(
    graph: SeaGraph, origin: Place, destination: Place, closed: Iterable[str] = ()
) -> SeaRoute | None:
    """Return the shortest way over the sea with some passages closed, None when there is none.

    Parameters
    ----------
    graph
        Network of the sea.
    origin, destination
        Latitude and longitude; a place on land reaches the nearest point at sea straight.
    closed
        Passages closed besides those that the graph never opens.

    Raises
    ------
    ValueError
        When a passage is unknown or a position is not finite.
    """
    bits = _bits(graph, {*closed, *graph.closed})
    (first, last), legs = snapped(graph, [origin, destination])
    water = _matrix(graph, bits)
    km, before = dijkstra(water, indices=first, return_predecessors=True)
    if not np.isfinite(km[last]):
        return None
    points = [int(last)]
    while points[-1] != first:
        points.append(int(before[points[-1]]))
    path = np.array(points[::-1])
    access = float(legs.sum())
    lonlat = np.column_stack([graph.lon[path], graph.lat[path]])
    return SeaRoute(float(km[last]) + access, _passages_on(graph, path), access, lonlat)


def alternatives(
    graph: SeaGraph, origin: Place, destination: Place, at_most: int = 8
) -> tuple[SeaRoute, ...]:
    """Return the usual way and ways round its passages, shortest first, with their points.

    As `alternatives_many`, for one pair of places.
    """
    points, _ = snapped(graph, [origin, destination])
    found = _search(graph, points[:1], points[1:], at_most)[0]
    ways = [route(graph, origin, destination, _closed(graph, way.closed)) for way in found]
    return tuple(way for way in ways if way is not None)


def alternatives_many(
    graph: SeaGraph, origins: npt.ArrayLike, destinations: npt.ArrayLike, at_most: int = 8
) -> list[tuple[SeaRoute, ...]]:
    """Return for each pair of places its usual way and ways round, shortest first, without points.

    Beside the usual way stand first those that need the least sets of passages, so that some way of
    a pair is open whenever the sea has one, whatever is closed, unless `at_most` cuts them off.
    Then come the ways round found by closing passages in turn: each passage of the usual way, then
    each passage of what that gave, and so on, breadth first over sets of closed passages. There is
    one way for each set of passages taken. Where `at_most` leaves no room for all that one round of
    closings gave, those are kept that save most distance under its closings; a pair with fewer ways
    than `at_most` has the shortest for every set of closed passages. A pair that the sea does not
    join has none.

    Parameters
    ----------
    graph
        Network of the sea.
    origins, destinations
        Latitude and longitude, degree, shape (pairs, 2).
    at_most
        Most ways of one pair.

    Raises
    ------
    ValueError
        When a position is not finite, or there are not as many origins as destinations.
    """
    first = np.asarray(origins, dtype=np.float64).reshape(-1, 2)
    last = np.asarray(destinations, dtype=np.float64).reshape(-1, 2)
    if len(first) != len(last):
        raise ValueError(f"{len(first)} origins and {len(last)} destinations")
    points, legs = snapped(graph, np.concatenate([first, last]))
    pairs, same = np.unique(points.reshape(2, -1), axis=1, return_inverse=True)
    found = _search(graph, pairs[0], pairs[1], at_most)
    return [
        tuple(
            SeaRoute(way.km + leg, tuple(graph.passages[p] for p in way.order), leg)
            for way in found[pair]
        )
        for pair, leg in zip(same.tolist(), np.add(*np.split(legs, 2)).tolist(), strict=True)
    ]


@dataclass(frozen=True)
class _Way:
    """Length of a way without its legs, its passages in order, and the closed ones that gave it."""

    km: float
    order: tuple[int, ...]
    closed: int

    @property
    def bits(self) -> int:
        return sum(1 << passage for passage in self.order)


@dataclass(frozen=True, eq=False)
class _Gates:
    """The points where marked edges end, and what lies between them.

    Attributes
    ----------
    point
        Point of each end, shape (ends,).
    water
        Distance over unmarked edges from each end to every point, shape (ends, points).
    edge, km, marks
        Ends of each marked edge, both directions, shape (marked, 2); its length; its bits.
    basin
        Water that each point lies in: what unmarked edges join, shape (points,).
    """

    point: Integers
    water: Floats
    edge: Integers
    km: Floats
    marks: npt.NDArray[np.uint64]
    basin: npt.NDArray[np.int32]


@lru_cache(maxsize=4)
def _gates(graph: SeaGraph) -> _Gates:
    """Return the ends of marked edges that may be taken, measured once for each graph."""
    tail = np.repeat(np.arange(len(graph.lat)), np.diff(graph.start))
    marked = (graph.marks != 0) & (graph.marks & _bits(graph, graph.closed) == 0)
    point = np.unique(graph.head[marked])
    edge = np.column_stack([tail[marked], graph.head[marked]])
    water = _matrix(graph, _EVERY)
    return _Gates(
        point=point,
        water=np.array([dijkstra(water, indices=p) for p in point]).reshape(-1, len(graph.lat)),
        edge=np.searchsorted(point, edge),
        km=graph.km[marked],
        marks=graph.marks[marked],
        basin=connected_components(water, directed=False)[1],
    )


@lru_cache(maxsize=1024)
def _least_passages(graph: SeaGraph, origin: int, destination: int) -> tuple[int, ...]:
    """Return the least sets of passages, as bits, that must be open to get from basin to basin."""
    gates = _gates(graph)
    basins = gates.basin[gates.point[gates.edge]].tolist()
    links = {
        (a, b, mark) for (a, b), mark in zip(basins, gates.marks.tolist(), strict=True) if a != b
    }
    least: set[int] = set()
    walks = [(origin, 0, frozenset({origin}))]
    while walks:
        here, used, been = walks.pop()
        if here == destination:
            if not any(used & other == other for other in least):
                least = {other for other in least if used & other != used} | {used}
            continue
        walks += [
            (b, used | mark, been | {b}) for a, b, mark in links if a == here and b not in been
        ]
    return tuple(sorted(least))


def _search(
    graph: SeaGraph, origins: Integers, destinations: Integers, at_most: int
) -> list[list[_Way]]:
    """Return the ways from point to point of the network, shortest first."""
    direct = _direct(graph, origins, destinations)
    found: list[dict[int, _Way]] = [{} for _ in origins]

    def ask(turn: dict[int, list[int]]) -> list[list[_Way]]:
        ways: list[list[_Way]] = [[] for _ in origins]
        for closed, pairs in turn.items():
            for pair, way in _ways(graph, closed, pairs, origins, destinations, direct):
                ways[pair].append(way)
        for kept, given in zip(found, ways, strict=True):
            _keep(kept, given, at_most - len(kept))
        return ways

    level = ask({0: list(range(len(origins)))})
    ask(_only_least(graph, origins, destinations))
    seen: list[set[int]] = [{0} for _ in origins]
    while any(level):
        turn: dict[int, list[int]] = {}
        for pair, ways in enumerate(level):
            if len(found[pair]) >= at_most:
                continue
            for closed in sorted({way.closed | 1 << p for way in ways for p in way.order}):
                if closed not in seen[pair]:
                    seen[pair].add(closed)
                    turn.setdefault(closed, []).append(pair)
        level = ask(turn)
    return [sorted(ways.values(), key=lambda way: way.km) for ways in found]


def _keep(kept: dict[int, _Way], given: list[_Way], room: int) -> None:
    """Add to the ways kept, by passages taken as bits, those of the ways given that are new.

    Where there is no room for all, a way counts as much as it shortens the ways that the closings
    asked about leave open.
    """
    new: dict[int, _Way] = {}
    for way in sorted(given, key=lambda way: way.km):
        if way.bits not in kept:
            new.setdefault(way.bits, way)
    if len(new) <= room:
        kept.update(new)
        return
    closed = np.array([way.closed for way in given])
    km = np.array([way.km for way in new.values()])
    usable = np.array(list(new))[:, None] & closed == 0
    best = np.min(
        [np.where(way.bits & closed == 0, way.km, np.inf) for way in kept.values()],
        axis=0,
        initial=np.inf,
    )
    for _ in range(room):
        saved = np.where(usable, np.maximum(best - km[:, None], 0.0), 0.0).sum(axis=1)
        bits, way = list(new.items())[int(saved.argmax())]
        kept[bits] = way
        best = np.where(usable[saved.argmax()], np.minimum(best, way.km), best)


def _only_least(graph: SeaGraph, origins: Integers, destinations: Integers) -> dict[int, list[int]]:
    """Return sets of closed passages that leave one least set open, and the pairs they serve."""
    basin = _gates(graph).basin
    every = (1 << len(graph.passages)) - 1
    turn: dict[int, list[int]] = {}
    for pair, (a, b) in enumerate(np.column_stack([basin[origins], basin[destinations]]).tolist()):
        for least in _least_passages(graph, a, b):
            turn.setdefault(every ^ least, []).append(pair)
    return turn


def _ways(
    graph: SeaGraph,
    closed: int,
    pairs: list[int],
    origins: Integers,
    destinations: Integers,
    direct: Floats,
) -> Iterator[tuple[int, _Way]]:
    """Yield the shortest way of each pair that has one with some passages closed."""
    gates = _gates(graph)
    if len(gates.point):
        between, before, marks = _between(gates, closed)
    for pair in pairs:
        km, order = float(direct[pair]), _order([])
        if len(gates.point):
            to, on = gates.water[:, origins[pair]], gates.water[:, destinations[pair]]
            total = to[:, None] + between + on
            u, v = divmod(int(total.argmin()), len(to))
            if total[u, v] < km:
                km, order = float(total[u, v]), _order(_steps(before, marks, u, v))
        if np.isfinite(km):
            yield pair, _Way(km, order, closed)


def _steps(before: Any, marks: Any, u: int, v: int) -> list[int]:
    """Return the bits of each step from one end of a gate to another."""
    words = []
    while v != u:
        words.append(int(marks[before[u, v], v]))
        v = int(before[u, v])
    return words[::-1]


def _direct(graph: SeaGraph, origins: Integers, destinations: Integers) -> Floats:
    """Return distances over unmarked water, shape (pairs,)."""
    water = _matrix(graph, _EVERY)
    km = np.empty(len(origins))
    for origin in np.unique(origins):
        pairs = np.flatnonzero(origins == origin)
        km[pairs] = dijkstra(water, indices=origin)[destinations[pairs]]
    return km


def _between(gates: _Gates, closed: int) -> tuple[Floats, Any, Any]:
    """Return how ends of gates lie to each other with some passages closed.

    Shortest distances, the end before the last on the way, and the bits of each single step, shape
    (ends, ends) each.
    """
    step = gates.water.take(gates.point, axis=1)
    marks = np.zeros(step.shape, dtype=np.uint64)
    a, b = gates.edge.T
    usable = (gates.marks & np.uint64(closed) == 0) & (gates.km < step[a, b])
    a, b = a[usable], b[usable]
    step[a, b] = gates.km[usable]
    marks[a, b] = gates.marks[usable]
    between, before = floyd_warshall(step, return_predecessors=True)
    return between, before, marks


def _bits(graph: SeaGraph, passages: Iterable[str]) -> np.uint64:
    bits = 0
    for passage in passages:
        if passage not in graph.passages:
            raise ValueError(f"no passage {passage!r}; there are {', '.join(graph.passages)}")
        bits |= 1 << graph.passages.index(passage)
    return np.uint64(bits)


def _matrix(graph: SeaGraph, closed: np.uint64) -> csr_array:
    """Return arc lengths as a sparse matrix without the arcs through closed passages."""
    usable = graph.marks & closed == 0
    kept = np.concatenate([[0], np.cumsum(usable)])
    size = len(graph.lat)
    return csr_array((graph.km[usable], graph.head[usable], kept[graph.start]), shape=(size, size))


def _passages_on(graph: SeaGraph, path: Integers) -> tuple[str, ...]:
    words = []
    for a, b in pairwise(path.tolist()):
        arcs = graph.head[graph.start[a] : graph.start[a + 1]]
        words.append(int(graph.marks[graph.start[a] + int(np.flatnonzero(arcs == b)[0])]))
    return tuple(graph.passages[p] for p in _order(words))


def _order(words: Iterable[int]) -> tuple[int, ...]:
    """Return the bits set in a row of words, each where it is first met."""
    bits: dict[int, None] = {}
    for word in words:
        bits.update(dict.fromkeys(bit for bit in range(word.bit_length()) if word >> bit & 1))
    return tuple(bits)


def _closed(graph: SeaGraph, bits: int) -> list[str]:
    return [graph.passages[p] for p in _order([bits])]


def _crosses(
    a: Floats, b: Floats, gate: tuple[float, float, float, float]
) -> npt.NDArray[np.bool_]:
    """Return which edges cross a line, points as longitude and latitude, shape (edges, 2) each."""
    east = (b[:, 0] - a[:, 0] + 180) % 360 - 180
    middle = (gate[0] + gate[2]) / 2
    p = np.column_stack([(a[:, 0] - middle + 180) % 360 - 180 + middle, a[:, 1]])
    q = np.column_stack([p[:, 0] + east, b[:, 1]])
    g, h = np.array(gate[:2]), np.array(gate[2:])
    return (_side(g, h, p) * _side(g, h, q) < 0) & (_side(p, q, g) * _side(p, q, h) < 0)


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """Return a number whose sign tells on which side of a line a point lies."""
    run, off = end - start, point - start
    return np.asarray(run[..., 0] * off[..., 1] - run[..., 1] * off[..., 0])
