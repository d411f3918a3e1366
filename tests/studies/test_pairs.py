"""Losses two by two: equal to taking both away, and what is more than one by one."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.made_up import network_of, random_tables, shuffled

import indranet
from indranet.engines.gates import lost
from indranet.model.case import read
from indranet.model.network import Network
from indranet.studies import pairs as module
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, Candidates, candidates
from indranet.studies.groundwork import groundwork
from indranet.studies.pairs import PairLosses, pairs
from indranet.studies.reach import Reach, reach, states
from indranet.studies.worst import FINE, PEOPLE, SERVICES, SITES

EVERY_KIND = DEFAULT_KINDS + KINDS_ON_REQUEST
CASES = Path(__file__).resolve().parent.parent / "cases"
WORKED = sorted(p.parent for p in CASES.glob("*/expected.csv"))
LOST = ("services_lost", "people_lost", "sites_lost")
MORE = ("services_more", "people_more", "sites_more")

REDUNDANT: dict[str, Any] = {
    "facilities": {"facility": ["east", "west", "pump", "idle"]},
    "services": {"service": ["power", "light", "water"], "people": [10, 3, 4]},
    "needs": {
        "user": ["power", "power", "light", "water", "water"],
        "need": ["grid", "grid", "grid", "pump", "power"],
        "input": ["east", "west", "east", "pump", "power"],
        "at_least": [1, 1, "", "", ""],
    },
}


def reach_of(network: Network, *by: str) -> Reach:
    ground = groundwork(network, apart="site" in by)
    return reach(ground, candidates(network, by))


def found_by(found: Reach, **how: Any) -> PairLosses:
    return pairs(found.asked, found.nets, found.counts, **how)


def rows_of(found: PairLosses, horizon: str) -> list[tuple[Any, ...]]:
    """(a kind, a, b kind, b, lost ..., more ...) of one horizon, in order."""
    columns = ("a_kind", "a", "b_kind", "b", *LOST, *MORE)
    at = found.table["horizon"] == horizon
    return list(zip(*(found.table[column][at].tolist() for column in columns), strict=True))


def test_a_spare_counts_only_with_what_it_is_a_spare_of(tmp_path: Path) -> None:
    """Power needs east or west, light east, water the pump and power."""
    found = found_by(reach_of(network_of(tmp_path / "c", **REDUNDANT), "facility"))
    assert found.left_out == 0
    f = "facility"
    assert rows_of(found, "now") == [
        (f, "east", f, "west", 3, 17, 0, 2, 14, 0),
        (f, "east", f, "pump", 2, 7, 0, 0, 0, 0),
        (f, "idle", f, "pump", 1, 4, 0, 0, 0, 0),
        (f, "pump", f, "west", 1, 4, 0, 0, 0, 0),
        (f, "east", f, "idle", 1, 3, 0, 0, 0, 0),
    ]


def test_what_both_take_is_not_counted_twice(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["a", "b"]},
        services={"service": ["x", "y", "z"], "people": [1, 10, 100]},
        needs={
            "user": ["x", "y", "y", "z"], "need": ["n", "n", "n", "n"],
            "input": ["a", "a", "b", "b"],
        },
    )  # fmt: skip
    found = found_by(reach_of(network, "facility"))
    assert rows_of(found, "now") == [("facility", "a", "facility", "b", 3, 111, 0, 0, 0, 0)]


def test_a_thing_and_what_it_stands_on_come_last(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        products={"product": ["radio"]},
        plants={"plant": ["works"], "product": ["radio"], "country": ["AAA"]},
        facilities={"facility": ["port"], "country": ["BBB"]},
        services={"service": ["radios", "ships"], "people": [9, 1]},
        needs={"user": ["radios", "ships"], "need": ["x", "x"], "input": ["radio", "port"]},
    )
    found = found_by(reach_of(network, "plant", "territory", "facility"))
    assert [(row[1], row[3], row[5]) for row in rows_of(found, "in time")] == [
        ("port", "works", 10),
        ("port", "AAA", 10),
        ("works", "BBB", 10),
        ("AAA", "BBB", 10),
        ("works", "AAA", 9),
        ("port", "BBB", 1),
    ]


def taken_two_by_two(found: Reach, horizon: Any) -> list[tuple[Any, ...]]:
    """Every pair that takes anything, in order, by taking both away and comparing sets of gates."""
    asked, (compiled, _) = found.asked, found.nets[horizon]
    weights = weight_of_gates(found, horizon)
    named = sorted(range(len(asked.id)), key=lambda i: (str(asked.kind[i]), str(asked.id[i])))
    couples = list(combinations(named, 2))
    own = [compiled.own[asked.things[slice(*asked.start[i : i + 2])]] for i in range(len(asked.id))]
    down, alone = (
        gates_lost(together(asked, couples), found, horizon),
        gates_lost(asked, found, horizon),
    )
    before = standing(found, horizon)
    expected = []
    for n, (a, b) in enumerate(couples):
        sums = down[n].astype(np.int64) @ weights
        more = sums - (alone[a] | alone[b]).astype(np.int64) @ weights
        inside = not (before & ~alone[b])[own[a]].any() or not (before & ~alone[a])[own[b]].any()
        if sums.any():
            key = (
                not more.any(), -more[PEOPLE], -more[SERVICES], -more[SITES],
                inside and not more.any(), -sums[PEOPLE], -sums[SERVICES], -sums[SITES], n,
            )  # fmt: skip
            things_named = (asked.kind[a], asked.id[a], asked.kind[b], asked.id[b])
            counts = [
                int(total[column]) if column == SERVICES else total[column] / FINE
                for total in (sums, more)
                for column in (SERVICES, PEOPLE, SITES)
            ]
            expected.append((key, (*things_named, *counts)))
    return [row for _, row in sorted(expected)]


def together(asked: Candidates, couples: list[tuple[int, int]]) -> Candidates:
    """Each two candidates as one."""
    both = asked.pick(np.array(couples, dtype=np.int64).ravel())
    none = np.full(len(couples), "", dtype=object)
    return Candidates(none, none, np.full(len(couples), -1), both.start[::2], both.things)


def standing(found: Reach, horizon: Any) -> npt.NDArray[np.bool_]:
    compiled, ordered = found.nets[horizon]
    nothing = found.asked.pick(np.zeros(0, dtype=np.int64))
    return np.asarray(states(ordered, nothing, compiled, None)[:, 0] & np.uint64(1), dtype=np.bool_)


def weight_of_gates(found: Reach, horizon: Any) -> npt.NDArray[np.int64]:
    """What the loss of each gate counts, shape (gates, 3)."""
    gates, counted = found.counts[horizon]
    weights = np.zeros((len(found.nets[horizon][1]), 3), dtype=np.int64)
    weights[gates] = counted[:, :3]
    return weights


def gates_lost(asked: Candidates, found: Reach, horizon: Any) -> npt.NDArray[np.bool_]:
    """Whether each candidate takes down each gate, shape (candidates, gates)."""
    compiled, ordered = found.nets[horizon]
    words = states(ordered, asked, compiled, None)
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(bool)
    return np.asarray((bits[:, :1] & ~bits[:, 1 : len(asked.id) + 1]).T)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_pairs_lose_what_both_take_when_taken_together(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = network_of(tmp_path_factory.mktemp("law") / "c", **random_tables(seed))
    found = reach_of(network, *EVERY_KIND)
    answer = found_by(found)
    for horizon in found.nets:
        assert rows_of(answer, horizon) == taken_two_by_two(found, horizon)


@pytest.mark.parametrize("folder", WORKED, ids=lambda p: p.name)
def test_pairs_of_the_worked_cases_are_those_taken_together(folder: Path) -> None:
    found = reach_of(read(folder), *EVERY_KIND)
    answer = found_by(found)
    for horizon in found.nets:
        assert rows_of(answer, horizon) == taken_two_by_two(found, horizon)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_the_number_of_threads_do_not_matter(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables, folder = random_tables(seed), tmp_path_factory.mktemp("law")
    plain = found_by(reach_of(network_of(folder / "a", **tables), *EVERY_KIND))
    turned = reach_of(network_of(folder / "b", **shuffled(tables, seed)), *EVERY_KIND)
    with ThreadPoolExecutor(2) as threads:
        spread = found_by(turned, executor=threads)
    for column, cells in plain.table.items():
        assert spread.table[column].tolist() == cells.tolist()


def test_only_the_worst_pairs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reach_of(network_of(tmp_path / "c", **random_tables(3)), *EVERY_KIND)
    every = found_by(found)
    for most in (0, 1, 40):
        monkeypatch.setattr(module, "MOST_PAIRS", most)
        some = found_by(found)
        for horizon in found.nets:
            assert rows_of(some, horizon) == rows_of(every, horizon)[:most]


def test_what_takes_most_alone_enters_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """East takes light and the pump water; west and idle take nothing: idle comes first by name."""
    found = reach_of(network_of(tmp_path / "c", **REDUNDANT), "facility")
    for most, names in ((2, {"east", "pump"}), (3, {"east", "pump", "idle"})):
        monkeypatch.setattr(module, "MOST_CANDIDATES", most)
        some = found_by(found)
        assert some.left_out == 4 - most
        assert {*some.table["a"], *some.table["b"]} == names


def test_nothing_to_take_away_and_one_thing_make_no_pairs(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **REDUNDANT)
    for by in ("passage", "firm"):
        assert len(found_by(reach_of(network, by)).table["a"]) == 0
    one = network_of(
        tmp_path / "one", facilities={"facility": ["f"]}, services={"service": ["s"]},
        needs={"user": ["s"], "need": ["n"], "input": ["f"]},
    )  # fmt: skip
    assert len(found_by(reach_of(one, "facility")).table["a"]) == 0


def test_sums_are_exact_however_large(tmp_path: Path) -> None:
    """Thousandths of a person beyond 2**40 a service and near 2**53 in all."""
    people = [4_000_000_000_001.001, 3_000_000_000_000.002, 0.003]
    tables: dict[str, Any] = {
        "facilities": {"facility": ["a", "b"]},
        "services": {"service": ["x", "y", "z"], "people": people},
        "needs": {
            "user": ["x", "y", "y", "z", "z"], "need": ["n"] * 5,
            "input": ["a", "a", "b", "a", "b"], "at_least": ["", "", "", 1, 1],
        },
    }  # fmt: skip
    found = found_by(reach_of(network_of(tmp_path / "c", **tables), "facility"))
    (row,) = rows_of(found, "now")
    assert row[4:] == (3, 7_000_000_000_001_006 / FINE, 0, 1, 0.003, 0)


def test_pairs_of_the_bundled_case_are_those_taken_together() -> None:
    """Some of the pairs found, and some of all pairs: what is not found more adds up."""
    network = read(Path(indranet.__file__).parent / "data" / "indo-pacific")
    found = reach_of(network, *DEFAULT_KINDS)
    answer, asked = found_by(found), found.asked
    code = {thing: n for n, thing in enumerate(zip(asked.kind, asked.id, strict=True))}
    rng = np.random.default_rng(0)
    for horizon, (compiled, ordered) in found.nets.items():
        weights, alone = weight_of_gates(found, horizon), gates_lost(asked, found, horizon)
        rows = {(code[row[:2]], code[row[2:4]]): row[4:] for row in rows_of(answer, horizon)}
        more = {couple for couple, row in rows.items() if any(row[3:])}
        assert 0 < len(more) <= len(rows) == module.MOST_PAIRS
        couples = [list(rows)[i] for i in rng.integers(0, len(rows), 200)]
        couples += [(int(a), int(b)) for a, b in rng.integers(0, len(code), (500, 2))]
        removed = together(asked, couples).gates(compiled)
        sums = lost(ordered, removed, weights, always=compiled.down)
        for (a, b), total in zip(couples, sums, strict=True):
            either = (alone[a] | alone[b]) @ weights
            if (a, b) in rows:
                counts = np.array([*total, *(total - either)])
                counts = counts / [1, FINE, FINE, 1, FINE, FINE]
                assert rows[a, b] == tuple(counts.tolist())
            if not {(a, b), (b, a)} & more and len(more) < module.MOST_PAIRS:
                assert (total == either).all()
