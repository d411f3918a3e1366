"""Ways over the sea against a table made with another program, brute force, and their laws."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.geography.places import haversine_km, ports
from indranet.geography.sea import (
    PASSAGES,
    Passage,
    Place,
    SeaGraph,
    alternatives,
    alternatives_many,
    route,
    sea_graph,
    sea_of,
    snapped,
)

HERE = Path(__file__).parent
CHANGED_NAMES = {
    "malacca_strait": "malacca",
    "palk_8degree": "eight_degree",
    "south_china_sea_mid": "south_china_sea",
    "bab_el_mandeb": "babalmandab",
}
SHORTER_BECAUSE_JOINED_AT_THE_DATE_LINE = {("Brisbane", "Honolulu"), ("Brisbane", "Seattle")}
OTHER_BERTH = {("Rotterdam", "Hamburg")}
GATES_NOT_IN_TABLE = {("Seattle", "Djibouti"), ("Honolulu", "Djibouti")}

YOKOHAMA = (35.4576, 139.6345)
NHAVA_SHEVA = (18.95, 72.95)
ROTTERDAM = (51.95, 4.14)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


HUBS: dict[str, Place] = {
    row["hub"]: (float(row["lat"]), float(row["lon"])) for row in _rows(HERE / "hubs.csv")
}


# Known answers


@pytest.mark.parametrize("row", _rows(HERE / "lanes.csv"), ids=lambda r: f"{r['from']}-{r['to']}")
def test_lane_agrees_with_searoute(row: dict[str, str]) -> None:
    found = route(sea_graph(), HUBS[row["from"]], HUBS[row["to"]])
    assert found is not None
    assert found.km - found.access_km == pytest.approx(float(row["km"]), rel=0.01)
    assert sorted(found.passages) == sorted(filter(None, row["passages"].split(";")))


def test_every_lane_of_the_table_agrees_with_searoute(shared: Path) -> None:
    rows = _rows(shared / "data" / "searoute-marnet" / "derived_lanes_30hubs.csv")
    found = alternatives_many(
        sea_graph(), [HUBS[r["from"]] for r in rows], [HUBS[r["to"]] for r in rows], at_most=1
    )
    off, unlike, exact = set(), set(), 0
    for row, (way, *_) in zip(rows, found, strict=True):
        lane = (row["from"], row["to"])
        ratio = (way.km - way.access_km) / float(row["km"])
        off |= {lane} if abs(ratio - 1) > 0.01 else set()
        exact += abs(ratio - 1) < 0.001
        names = f"{row['searoute_passages']}|{row['authored_gates']}".split("|")
        expected = {CHANGED_NAMES.get(n, n.removesuffix("_strait")) for n in names if n}
        unlike |= {lane} if expected != set(way.passages) else set()
    assert len(rows) == 435
    assert exact >= 430
    assert off == SHORTER_BECAUSE_JOINED_AT_THE_DATE_LINE | OTHER_BERTH
    assert unlike == GATES_NOT_IN_TABLE


def test_closing_malacca_lengthens_yokohama_to_nhava_sheva_by_a_tenth() -> None:
    usual = route(sea_graph(), YOKOHAMA, NHAVA_SHEVA)
    detour = route(sea_graph(), YOKOHAMA, NHAVA_SHEVA, ["malacca"])
    assert usual is not None
    assert detour is not None
    assert usual.passages == ("luzon", "south_china_sea", "singapore", "malacca")
    assert "sunda" in detour.passages
    assert detour.km / usual.km - 1 == pytest.approx(0.109, abs=0.001)


def test_without_suez_europe_is_reached_round_the_cape() -> None:
    detour = route(sea_graph(), NHAVA_SHEVA, ROTTERDAM, ["suez"])
    assert detour is not None
    assert detour.passages == ("south_africa",)


def test_black_sea_and_gulf_are_cut_off_by_their_straits() -> None:
    odesa, kuwait = (46.5, 30.7), (29.4, 47.9)
    assert route(sea_graph(), odesa, NHAVA_SHEVA, ["bosporus"]) is None
    assert route(sea_graph(), kuwait, NHAVA_SHEVA, ["ormuz"]) is None
    assert alternatives(sea_graph(), kuwait, NHAVA_SHEVA)[0].passages == ("ormuz",)


def test_both_ends_of_a_closed_canal_are_still_reached_from_their_own_side() -> None:
    suez, port_said = (29.95, 32.55), (31.25, 32.3)
    south = route(sea_graph(), suez, NHAVA_SHEVA, ["suez"])
    north = route(sea_graph(), port_said, ROTTERDAM, ["suez"])
    assert south is not None
    assert south.passages == ("babalmandab",)
    assert north is not None
    assert north.passages == ("gibraltar",)


def test_pacific_lane_crosses_the_date_line() -> None:
    way = route(sea_graph(), YOKOHAMA, (33.7386, -118.1933))
    assert way is not None
    assert way.lonlat is not None
    assert way.km == pytest.approx(9112, rel=0.01)
    steps = haversine_km(*way.lonlat[:-1].T[::-1], *way.lonlat[1:].T[::-1])
    assert steps.sum() + way.access_km == pytest.approx(way.km)
    assert np.abs(way.lonlat[:, 0]).max() <= 180


def test_inland_place_reports_its_way_to_the_sea() -> None:
    delhi = (28.61, 77.21)
    way = route(sea_graph(), delhi, YOKOHAMA)
    assert way is not None
    (_, near), legs = snapped(sea_graph(), [YOKOHAMA, delhi])
    assert way.access_km == pytest.approx(legs.sum())
    assert 850 < way.access_km < 950
    assert near in sea_graph().snap_point


def test_every_passage_is_marked_and_separates_its_sides() -> None:
    graph = sea_graph()
    tail = np.repeat(np.arange(len(graph.lat)), np.diff(graph.start))
    nowhere_near = 135.0
    for bit, passage in enumerate(PASSAGES):
        arcs = np.flatnonzero(graph.marks >> np.uint64(bit) & np.uint64(1))
        assert len(arcs) > 0, passage
        if passage.passage in graph.closed:
            continue
        a, b = int(tail[arcs[0]]), int(graph.head[arcs[0]])
        around = route(
            graph,
            (graph.lat[a], graph.lon[a]),
            (graph.lat[b], graph.lon[b]),
            [passage.passage],
        )
        assert around is None or around.km > nowhere_near, passage


def test_northwest_passage_opens_only_in_a_changed_graph() -> None:
    graph = replace(sea_graph(), closed=frozenset())
    usual = route(sea_graph(), YOKOHAMA, ROTTERDAM)
    arctic = route(graph, YOKOHAMA, ROTTERDAM)
    assert usual is not None
    assert arctic is not None
    assert "northwest" not in usual.passages
    assert arctic.km < usual.km


def test_ways_round_survive_every_set_of_closures_that_a_route_survives() -> None:
    hubs = [*HUBS.values(), (46.5, 30.7), (29.4, 47.9)]
    random = np.random.default_rng(7)
    pairs = [random.choice(len(hubs), 2, replace=False) for _ in range(60)]
    origins, destinations = [hubs[a] for a, _ in pairs], [hubs[b] for _, b in pairs]
    ways = alternatives_many(sea_graph(), origins, destinations)
    for origin, destination, found in zip(origins, destinations, ways, strict=True):
        closed = set(random.choice(sea_graph().passages, random.integers(1, 8)).tolist())
        reached = route(sea_graph(), origin, destination, closed)
        left = [way for way in found if not closed & set(way.passages)]
        assert (reached is None) == (not left)
        assert reached is None or left[0].km >= reached.km - 1e-6


# Laws on the bundled network

_PORTS = st.integers(0, len(ports().port) - 1).map(
    lambda row: (float(ports().lat[row]), float(ports().lon[row]))
)
_CLOSED = st.sets(st.sampled_from([p.passage for p in PASSAGES]), max_size=5)


def _km(origin: Place, destination: Place, closed: set[str] | None = None) -> float:
    way = route(sea_graph(), origin, destination, closed or ())
    return np.inf if way is None else way.km


@settings(deadline=None)
@given(_PORTS, _PORTS, _CLOSED)
def test_there_is_as_far_as_back(a: Place, b: Place, closed: set[str]) -> None:
    assert _km(a, b, closed) == pytest.approx(_km(b, a, closed))


@settings(deadline=None)
@given(_PORTS, _PORTS, _PORTS)
def test_a_stop_on_the_way_never_shortens(a: Place, b: Place, c: Place) -> None:
    assert _km(a, c) <= _km(a, b) + _km(b, c) + 1e-6


@settings(deadline=None)
@given(_PORTS, _PORTS, _CLOSED, _CLOSED)
def test_closing_never_shortens_and_closed_is_never_taken(
    a: Place, b: Place, closed: set[str], more: set[str]
) -> None:
    way = route(sea_graph(), a, b, closed)
    assert _km(a, b, closed | more) >= _km(a, b, closed) - 1e-6
    assert way is None or not closed & set(way.passages)


# Against brute force on small networks

_SMALL = tuple(Passage(name, name, "strait", 0, 0) for name in "pqrs")


@st.composite
def _small_seas(draw: st.DrawFn) -> SeaGraph:
    count = draw(st.integers(2, 9))
    lonlat = [(7.0 * i + (i * i) % 5, 11.0 * ((i * 7) % 5) - 20) for i in range(count)]
    edges = draw(
        st.lists(st.sampled_from(list(combinations(range(count), 2))), min_size=1, unique=True)
    )
    labels = [draw(st.sampled_from(["", "p", "q", "r", "s"])) for _ in edges]
    joined = [*edges, *[(i, i + 1) for i in range(count - 1) if (i, i + 1) not in edges]]
    labels += [draw(st.sampled_from(["", "p"])) for _ in joined[len(edges) :]]
    return sea_of(lonlat, joined, labels, _SMALL, closed=())


def _subsets() -> Iterator[set[str]]:
    for size in range(5):
        for names in combinations("pqrs", size):
            yield set(names)


@settings(deadline=None)
@given(_small_seas(), st.data())
def test_ways_round_are_what_brute_force_finds(graph: SeaGraph, data: st.DataObject) -> None:
    point = st.integers(0, len(graph.lat) - 1).map(lambda i: (graph.lat[i], graph.lon[i]))
    origin, destination = data.draw(point), data.draw(point)
    (found,) = alternatives_many(graph, [origin], [destination], at_most=100)
    assert [way.km for way in found] == sorted(way.km for way in found)
    assert len({frozenset(way.passages) for way in found}) == len(found)
    first, last = snapped(graph, [origin, destination])[0]
    tail = np.repeat(np.arange(len(graph.lat)), np.diff(graph.start))
    for closed in _subsets():
        bits = sum(1 << "pqrs".index(name) for name in closed)
        oracle = networkx.Graph()
        oracle.add_nodes_from(range(len(graph.lat)))
        for a, b, km, mark in zip(tail, graph.head, graph.km, graph.marks.tolist(), strict=True):
            if not mark & bits:
                oracle.add_edge(int(a), int(b), weight=km)
        lengths = networkx.single_source_dijkstra_path_length(oracle, int(first))
        expected = lengths.get(int(last), np.inf)
        left = [way.km for way in found if not closed & set(way.passages)]
        assert min(left, default=np.inf) == pytest.approx(expected)
        single = route(graph, origin, destination, closed)
        assert (np.inf if single is None else single.km) == pytest.approx(expected)


@settings(deadline=None)
@given(_small_seas(), st.integers(1, 4))
def test_no_more_ways_than_asked_and_the_usual_one_among_them(graph: SeaGraph, most: int) -> None:
    ends = (graph.lat[0], graph.lon[0]), (graph.lat[-1], graph.lon[-1])
    (few,) = alternatives_many(graph, [ends[0]], [ends[1]], at_most=most)
    usual = route(graph, *ends)
    assert usual is not None
    assert 1 <= len(few) <= most
    assert few[0].km == pytest.approx(usual.km)


def test_one_pair_is_answered_as_many_are() -> None:
    (many,) = alternatives_many(sea_graph(), [YOKOHAMA], [NHAVA_SHEVA])
    one = alternatives(sea_graph(), YOKOHAMA, NHAVA_SHEVA)
    assert [way.passages for way in one] == [way.passages for way in many]
    assert [way.km for way in one] == pytest.approx([way.km for way in many])
    assert all(way.lonlat is not None for way in one)


def test_graph_without_passages_has_one_way() -> None:
    graph = sea_of([(0, 0), (1, 0), (2, 1)], [(0, 1), (1, 2)], ["", ""], (), closed=())
    (found,) = alternatives_many(graph, [(0, 0)], [(1, 2)])
    assert [way.passages for way in found] == [()]


# Broken input


def test_arrays_of_the_graph_are_not_writeable() -> None:
    with pytest.raises(ValueError, match="read-only"):
        sea_graph().km[0] = 0


def test_unknown_passage_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no passage 'mallaca'.*malacca"):
        route(sea_graph(), YOKOHAMA, NHAVA_SHEVA, ["mallaca"])


@pytest.mark.parametrize("place", [(np.nan, 0.0), (91.0, 0.0), (0.0, np.inf)])
def test_place_that_is_none_is_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="latitude and longitude"):
        route(sea_graph(), place, YOKOHAMA)


def test_as_many_origins_as_destinations() -> None:
    with pytest.raises(ValueError, match="2 origins and 1 destinations"):
        alternatives_many(sea_graph(), [YOKOHAMA, YOKOHAMA], [NHAVA_SHEVA])


@pytest.mark.parametrize("edges", [[(0, 1), (1, 0)], [(0, 2)]])
def test_edge_twice_or_without_length_is_refused(edges: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="listed once"):
        sea_of([(0, 0), (1, 0), (0, 0)], edges, [""] * len(edges))


def test_no_pair_has_no_answer() -> None:
    assert alternatives_many(sea_graph(), np.empty((0, 2)), np.empty((0, 2))) == []
