"""Minimal cut sets against every subset, and against decision diagrams; and who meets whom."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oxidd.bdd import BDDFunction, BDDManager
from tests.engines.nets import TREES, Array, Row, compiled, needs, net

from indranet.engines.gates import Gates, order, up
from indranet.engines.gates.cuts import CutSets, cut_sets
from indranet.engines.gates.meetings import meetings, pair_blocks
from indranet.engines.gates.twin import up_twin
from indranet.intake.faulttree import faulttree
from indranet.model.case import read
from indranet.model.network import Network


def random_net(rng: np.random.Generator, nodes: int) -> Gates:
    """A net with circles, weights, thresholds and least nodes, most of it redundant."""
    rows = []
    for node in range(nodes):
        highest = nodes if rng.random() < 0.3 else max(node, 1)
        count = int(rng.integers(2, 6)) if node > nodes // 2 else 0
        weights = rng.integers(1, rng.choice([2, 5]), count).tolist()
        total = sum(weights)
        threshold = int(rng.choice([min(total, 1), (total + 2) // 3, (total + 2) // 3, total]))
        links = list(zip(rng.integers(0, highest, count).tolist(), weights, strict=True))
        rows.append((threshold, links, bool(rng.random() < 0.4)))
    return net(rows)


def sparse(table: Array) -> tuple[Array, Array]:
    """Row starts and nodes of a bool table (alternatives, nodes)."""
    return np.concatenate([[0], np.cumsum(table.sum(axis=1))]), np.nonzero(table)[1]


def one_by_one(nodes: int) -> tuple[Array, Array]:
    return np.arange(nodes + 1), np.arange(nodes)


def sets_of(found: CutSets) -> list[tuple[int, ...]]:
    return [tuple(event for event in row if event >= 0) for row in found.sets.tolist()]


def by_trying(gates: Gates, removed: Array, watch: int, always: Array) -> list[tuple[int, ...]]:
    """Every set of up to three events, smallest first, that holds no smaller one."""
    events = range(len(removed))
    every = [some for size in (1, 2, 3) for some in combinations(events, size)]
    away = np.array([removed[list(some)].any(axis=0) | always for some in every])
    down = ~up_twin(gates, away.reshape(len(every), len(gates)))[:, watch]
    cuts: list[tuple[int, ...]] = []
    for some, falls in zip(every, down, strict=True):
        if falls and not any(set(cut) <= set(some) for cut in cuts):
            cuts.append(some)
    return cuts


def unpacked(words: Array, bits: int) -> Array:
    return np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :bits].astype(bool)


def test_one_of_two_of_three() -> None:
    """Up while 0 is and two of 1, 2, 3 are."""
    gates = net([needs(), needs(), needs(), needs(), needs(1, 2, 3, at_least=2), needs(0, 4)])
    found = cut_sets(order(gates), one_by_one(6), 5)
    assert sets_of(found) == [(0,), (4,), (5,), (1, 2), (1, 3), (2, 3)]
    assert found.complete_to == 3


def test_three_in_parallel_need_three_events() -> None:
    gates = net([needs(), needs(), needs(), needs(0, 1, 2, at_least=1)])
    leaves = (np.arange(4), np.arange(3))
    assert sets_of(cut_sets(order(gates), leaves, 3)) == [(0, 1, 2)]
    assert sets_of(cut_sets(order(gates), leaves, 3, order=2)) == []
    assert sets_of(cut_sets(order(gates), leaves, 3, always=[1])) == [(0, 2)]


def test_the_bridge_has_its_four_cuts() -> None:
    """Paths 0-3, 1-4, 0-2-4, 1-2-3 (in-left, in-right, across, left-out, right-out)."""
    either: dict[str, Any] = {"at_least": 1}
    gates = net(
        [needs(), needs(), needs(), needs(), needs(),
         needs(0, 3), needs(1, 4), needs(0, 2, 4), needs(1, 2, 3), needs(5, 6, 7, 8, **either)]
    )  # fmt: skip
    found = cut_sets(order(gates), one_by_one(5), 9)
    assert sets_of(found) == [(0, 1), (3, 4), (0, 2, 4), (1, 2, 3)]


def test_least_nodes_fall_when_both_of_their_supports_do() -> None:
    """2 and 3 hold each other up, each by a support of its own: no node reads both supports."""
    either: dict[str, Any] = {"at_least": 1, "least": True}
    gates = net([needs(), needs(), needs(0, 3, **either), needs(1, 2, **either), needs(2, 3)])
    assert sets_of(cut_sets(order(gates), one_by_one(2), 4)) == [(0, 1)]
    (row,) = meetings(order(gates), one_by_one(2)).meets[:1]
    assert row.tolist() == [2]


def test_a_least_node_does_not_hold_itself_up() -> None:
    gates = net([needs(), needs(), needs(2, 0, 1, at_least=1, least=True)])
    assert sets_of(cut_sets(order(gates), one_by_one(2), 2)) == [(0, 1)]


def test_two_meet_only_where_they_weigh_enough_together() -> None:
    """Up while 4 of 7 is: 0 weighs 3, 1 and 2 weigh 2, so that 1 and 2 together leave 3."""
    leaf = needs()
    by_weight: Row = (4, [(0, 3), (1, 2), (2, 2)], False)
    found = meetings(order(net([leaf, leaf, leaf, by_weight])), one_by_one(3))
    assert found.meets.tolist() == [[0b110], [0b101], [0b011]]
    by_weight = (3, [(0, 3), (1, 2), (2, 2)], False)
    found = meetings(order(net([leaf, leaf, leaf, by_weight])), one_by_one(3))
    assert found.meets.tolist() == [[0b110], [0b001], [0b001]]


def test_events_that_take_down_the_same_are_each_named() -> None:
    """0 holds up 1 alone; 2 is the spare. Event 3 removes nothing that matters."""
    gates = net([needs(), needs(0), needs(), needs(), needs(1, 2, at_least=1)])
    found = cut_sets(order(gates), one_by_one(4), 4)
    assert sets_of(found) == [(0, 2), (1, 2)]
    together = cut_sets(order(gates), ([0, 2, 3, 3], [2, 3, 0]), 4)
    assert sets_of(together) == [(0, 1)]


def test_a_set_of_events_that_takes_too_many_tries_is_left_out_whole() -> None:
    parts = 40
    leaves = [needs() for _ in range(parts)]
    gates = net([*leaves, needs(*range(parts), at_least=parts - 1)])
    every = cut_sets(order(gates), one_by_one(parts), parts)
    assert every.complete_to == 3
    assert len(every.sets) == parts * (parts - 1) // 2
    for most, complete_to in ((every.tried, 3), (every.tried - 1, 2), (parts + 1, 1)):
        found = cut_sets(order(gates), one_by_one(parts), parts, most=most)
        assert found.complete_to == complete_to
        assert found.sets.tolist() == (every.sets.tolist() if complete_to > 1 else [])


def test_sets_that_would_be_too_many_are_left_out() -> None:
    """Two redundant chains of 30: 900 pairs, found by trying one."""
    chain = [needs(), *(needs(node) for node in range(29))]
    other = [needs(), *(needs(node) for node in range(30, 59))]
    gates = net([*chain, *other, needs(29, 59, at_least=1)])
    assert len(cut_sets(order(gates), one_by_one(60), 60).sets) == 900
    assert cut_sets(order(gates), one_by_one(60), 60, most=899).complete_to == 1


@pytest.mark.parametrize("seed", range(250))
def test_cut_sets_are_those_found_by_trying_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 20))
    gates = random_net(rng, nodes)
    removed = rng.random((int(rng.integers(1, 10)), nodes)) < rng.choice([0.1, 0.2])
    removed[:, (nodes + 1) // 2 :] &= seed % 3 == 0
    always = rng.random(nodes) < 0.05
    (before,) = up_twin(gates, always[np.newaxis])
    if not before.any():
        return
    watch = int(np.flatnonzero(before)[-1])
    found = cut_sets(order(gates), sparse(removed), watch, always=np.flatnonzero(always))
    assert sets_of(found) == by_trying(gates, removed, watch, always)
    assert found.complete_to == 3


def test_workers_and_order_of_events_do_not_matter() -> None:
    """Twenty groups of three of sixty leaves, one of each group needed; 90 events of 1 or 2."""
    rng = np.random.default_rng(11)
    groups = [rng.choice(60, 3, replace=False).tolist() for _ in range(20)]
    gates = net(
        [*(needs() for _ in range(60)), *(needs(*group, at_least=1) for group in groups),
         needs(*range(60, 80))]
    )  # fmt: skip
    removed = np.zeros((90, 81), dtype=bool)
    removed[np.arange(90), rng.integers(0, 60, 90)] = True
    removed[:20, :60] |= np.eye(20, 60, dtype=bool)
    ordered = order(gates)
    plain = cut_sets(ordered, sparse(removed), 80)
    assert len(plain.sets) > 10
    with ThreadPoolExecutor(2) as threads:
        spread = cut_sets(ordered, sparse(removed), 80, executor=threads)
    assert spread.sets.tobytes() == plain.sets.tobytes()
    assert spread.tried == plain.tried
    turn = rng.permutation(90)
    turned = sets_of(cut_sets(ordered, sparse(removed[turn]), 80))
    back = {tuple(sorted(turn[list(some)].tolist())) for some in turned}
    assert back == set(sets_of(plain))


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 2**32))
def test_what_does_not_meet_adds_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(1, 16))
    gates = random_net(rng, nodes)
    removed = rng.random((int(rng.integers(1, 70)), nodes)) < 0.12
    always = rng.random(nodes) < 0.1
    count = len(removed)
    found = meetings(order(gates), sparse(removed), always=np.flatnonzero(always))
    (before,) = up_twin(gates, always[np.newaxis])
    lost = before & ~up_twin(gates, removed | always)
    assert (lost == unpacked(found.lost, count).T).all()
    meets, within = unpacked(found.meets, count), unpacked(found.within, count)
    assert (meets == meets.T).all()
    assert not np.diagonal(meets).any()
    covered = ((removed & before)[:, np.newaxis] <= lost[np.newaxis]).all(axis=2)
    assert (within == covered).all()
    assert not (meets & (within | within.T)).any()
    pairs = list(combinations(range(count), 2))
    both = np.array([removed[a] | removed[b] | always for a, b in pairs]).reshape(-1, nodes)
    for (a, b), state in zip(pairs, up_twin(gates, both), strict=True):
        if not meets[a, b]:
            assert ((before & ~state) == (lost[a] | lost[b])).all()


def test_meetings_reports_the_nodes_watched() -> None:
    gates = net([needs(), needs(0), needs(), needs(1, 2, at_least=1)])
    found = meetings(order(gates), one_by_one(4), watch=[3, 1])
    assert found.lost.tolist() == [[0b1000], [0b11]]
    assert found.meets.tolist() == [[0b100], [0b100], [0b11], [0]]
    assert found.within.tolist() == [[0b1], [0b11], [0b100], [0b1000]]


def test_pairs_are_listed_once_and_in_order() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((400, 400)) < 0.9
    table |= table.T
    packed = np.packbits(np.pad(table, ((0, 0), (0, 48))), axis=1, bitorder="little")
    blocks = list(pair_blocks(packed.view(np.uint64)))
    assert len(blocks) > 1
    a, b = (np.concatenate(column) for column in zip(*blocks, strict=True))
    assert (np.stack([a, b]) == np.stack(np.nonzero(np.triu(table, 1)))).all()
    assert list(pair_blocks(np.zeros((0, 0), dtype=np.uint64))) == []


@pytest.mark.parametrize(
    ("events", "watch", "how", "words"),
    [
        (([0, 1], [2]), 1, {}, "events: values must lie from 0 to 1"),
        (([0, 2], [0]), 1, {}, "events: must rise"),
        (([0, 1], [0]), 2, {}, "watch: values must lie from 0 to 1"),
        (([0, 1], [0]), 1, {"order": 4}, "order: 1 to 3"),
        (([0, 1], [0]), 1, {"order": 0}, "order: 1 to 3"),
        (([0, 1], [0]), 1, {"always": [0]}, "down before any event"),
    ],
)
def test_broken_questions_are_refused(
    events: Any, watch: int, how: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        cut_sets(order(net([needs(), needs(0)])), events, watch, **how)


def imported(folder: Path, file: Path) -> Network:
    faulttree([file], folder / "case")
    return read(folder / "case")


def diagram(gates: Gates, events: Array, top: int) -> tuple[BDDFunction, Array]:
    """The top's failure as a decision diagram, and the event of each variable.

    Variables stand in the order in which a search from the top first sees the events.
    """
    seen: dict[int, None] = {}
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen[node] = None
            waiting += gates.inputs[gates.start[node] : gates.start[node + 1]].tolist()[::-1]
    number = {int(node): event for event, node in enumerate(events.tolist())}
    known = [node for node in seen if node in number]
    manager = BDDManager(1 << 22, 1 << 18, 1)
    manager.add_vars(len(known))
    failed = {node: manager.var(place) for place, node in enumerate(known)}

    def enough(links: list[tuple[BDDFunction, int]], needed: int, memo: Any) -> BDDFunction:
        """Whether the weights of inputs that failed reach what takes the gate down."""
        if needed <= 0:
            return manager.true()
        if not links:
            return manager.false()
        key = len(links), needed
        if key not in memo:
            (first, weight), rest = links[0], links[1:]
            memo[key] = first.ite(enough(rest, needed - weight, memo), enough(rest, needed, memo))
        found: BDDFunction = memo[key]
        return found

    def down(node: int) -> BDDFunction:
        if node not in failed:
            span = slice(gates.start[node], gates.start[node + 1])
            sources, weights = gates.inputs[span].tolist(), gates.weights[span].tolist()
            links = [(down(n), w) for n, w in zip(sources, weights, strict=True)]
            failed[node] = enough(links, sum(weights) - int(gates.threshold[node]) + 1, {})
        return failed[node]

    return down(top), np.array([number[node] for node in known])


def minimal(failure: BDDFunction, size: int, memo: dict[Any, Any]) -> set[frozenset[int]]:
    """Minimal solutions of at most so many variables (Rauzy 1993, minsol, cut at a size)."""
    if not failure.satisfiable():
        return set()
    if failure.valid():
        return {frozenset()}
    if (failure, size) not in memo:
        cofactors = failure.cofactors()
        assert cofactors is not None
        variable = failure.node_var()
        without = minimal(cofactors[1], size, memo)
        having = minimal(cofactors[0], size - 1, memo) if size else set()
        memo[failure, size] = without | {
            some | {variable}
            for some in having
            if not any(
                frozenset(part) in without
                for count in range(len(some) + 1)
                for part in combinations(sorted(some), count)
            )
        }
    found: set[frozenset[int]] = memo[failure, size]
    return found


def held_to_its_diagram(network: Network, top: int, size: int) -> int:
    """Compare the cut sets of one service with those of its diagram; return how many there are."""
    gates, events = compiled(network), network["failures"]["thing"].astype(np.int32)
    found = cut_sets(order(gates), (np.arange(len(events) + 1), events), top, order=size)
    failure, event_of = diagram(gates, events, top)
    expected = {tuple(sorted(event_of[list(some)].tolist())) for some in minimal(failure, size, {})}
    assert found.complete_to == size
    assert len(found.sets) == len(expected)
    assert set(sets_of(found)) == expected
    return len(expected)


@pytest.mark.parametrize("tree", sorted(file.stem for file in TREES.glob("*.xml")))
def test_fault_trees_worked_by_hand_have_the_cuts_of_their_diagrams(
    tree: str, tmp_path: Path
) -> None:
    network = imported(tmp_path, TREES / f"{tree}.xml")
    tops = network.offset("service") + np.arange(len(network["services"]))
    before = up(order(compiled(network)), ([0, 0], []), watch=tops)[:, 0] == 1
    assert before.any()
    assert sum(held_to_its_diagram(network, int(top), 3) for top in tops[before]) > 0


@pytest.mark.parametrize(
    ("tree", "size"),
    [
        ("baobab1", 3), ("baobab3", 3), ("das9201", 2), ("das9202", 3), ("das9207", 2),
        ("das9209", 3), ("edf9205", 3), ("edf9206", 3), ("edfpa14p", 3), ("isp9603", 3),
        ("isp9606", 3),
    ],
)  # fmt: skip
def test_aralia_trees_have_the_cuts_of_their_diagrams(
    tree: str, size: int, tmp_path: Path, shared: Path
) -> None:
    network = imported(tmp_path, shared / "data" / "aralia" / f"{tree}.xml")
    services = network.offset("service") + np.arange(len(network["services"]))
    (top,) = np.setdiff1d(services, network["needs"]["input"]).tolist()
    held_to_its_diagram(network, top, size)
