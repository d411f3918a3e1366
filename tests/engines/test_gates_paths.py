"""Why a node is lost: shortest failing paths against a listing of every path."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.nets import Array, needs, net, sparse

from indranet.engines.gates import Gates, order
from indranet.engines.gates.paths import failing_paths
from indranet.engines.gates.twin import up_twin


def random_net(seed: int) -> Gates:
    """A net of up to 14 nodes with circles, weights, thresholds and least nodes."""
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(1, 15))
    rows = []
    for node in range(nodes):
        highest = nodes if rng.random() < 0.3 else max(node, 1)
        sources = rng.integers(0, highest, int(rng.integers(0, 5))).tolist()
        weights = rng.integers(1, rng.choice([2, 5]), len(sources)).tolist()
        total = sum(weights)
        threshold = int(rng.choice([min(total, 1), (total + 1) // 2, total])) if sources else 0
        links = list(zip(sources, weights, strict=True))
        rows.append((threshold, links, bool(rng.random() < 0.5)))
    return net(rows)


def paths_of(found: tuple[Array, Array, Array]) -> list[list[int]]:
    start, nodes, _ = found
    return [nodes[a:b].tolist() for a, b in pairwise(start)]


def reason(gates: Gates, removed: list[int], asked: int, **how: Any) -> list[int]:
    (path,) = paths_of(
        failing_paths(order(gates), ([0, len(removed)], removed), ([0, 1], [asked]), **how)
    )
    return path


def test_a_node_that_is_itself_removed_is_its_own_reason() -> None:
    gates = net([needs(), needs(0)])
    assert reason(gates, [1, 0], 1) == [1]


def test_the_path_goes_down_a_chain_and_stops_at_what_was_removed() -> None:
    chain = net([needs(), needs(0), needs(1), needs(2)])
    assert reason(chain, [1], 3) == [3, 2, 1]
    assert reason(chain, [0, 1], 3) == [3, 2, 1]


def test_a_node_that_stands_has_no_path() -> None:
    gates = net([needs(), needs(), needs(0, 1, at_least=1)])
    assert reason(gates, [0], 2) == []
    assert reason(gates, [0, 1], 2) == [2, 0]


def test_the_path_follows_the_last_straw_not_the_nearest_failure() -> None:
    """5 needs 0 or 4, which hangs on 3, 2, 1: the loss of 0 alone would have changed nothing."""
    gates = net([needs(), needs(), needs(1), needs(2), needs(3), needs(0, 4, at_least=1)])
    assert reason(gates, [0, 1], 5) == [5, 4, 3, 2, 1]
    assert reason(gates, [0, 4], 5) == [5, 0]


def test_weights_decide_which_failure_is_the_last_straw() -> None:
    """4 keeps while 2 of 0 (weight 2), 1 and 3 (weight 1 each) are left; 3 hangs on 2."""
    gates = net([needs(), needs(), needs(), needs(2), (2, [(0, 2), (1, 1), (3, 1)], False)])
    assert reason(gates, [0, 2], 4) == [4, 3, 2]
    assert reason(gates, [0, 1, 2], 4) == [4, 0]


def test_what_was_down_before_is_no_reason() -> None:
    gates = net([needs(), needs(), needs(0, 1, at_least=1), needs(2)])
    assert reason(gates, [1], 3, always=[0]) == [3, 2, 1]
    assert reason(gates, [0], 3, always=[0]) == []


def test_of_equal_paths_the_first_step_of_lowest_rank_decides() -> None:
    """From 6: 6-4-2, 6-5-2 and 6-5-1 are as short."""
    gates = net([needs(), needs(), needs(), needs(), needs(2), needs(1, 2), needs(4, 5)])
    assert reason(gates, [1, 2], 6) == [6, 4, 2]
    assert reason(gates, [1, 2], 6, rank=[0, 1, 2, 3, 5, 4, 6]) == [6, 5, 1]
    assert reason(gates, [1, 2], 6, rank=[0, 2, 1, 3, 5, 4, 6]) == [6, 5, 2]
    assert reason(gates, [1, 2], 6, rank=[0] * 7) == [6, 4, 2]


def test_what_stood_when_a_node_fell_is_told_in_the_caller_s_amounts() -> None:
    """2 falls with 1 of amount 6 though 0 of amount 4 stands; 0 falls for it later."""
    gates = net([needs(2), needs(), (6, [(0, 4), (1, 6)], False)])
    start, nodes, left = failing_paths(
        order(gates), ([0, 1], [1]), ([0, 1], [0]), amounts=[1.0, 0.4, 0.6]
    )
    assert paths_of((start, nodes, left)) == [[0, 2, 1]]
    assert left.tolist() == [0.0, 0.4, 0.0]


def test_a_circle_of_greatest_nodes_falls_for_what_broke_it() -> None:
    """1, 2 and 3 need each other; 1 needs 0 as well."""
    gates = net([needs(), needs(0, 3), needs(1), needs(2)])
    assert reason(gates, [0], 3) == [3, 2, 1, 0]


def test_least_nodes_that_lost_their_last_support_have_a_path_to_it() -> None:
    """2 and 3 can hold each other up only while 0 or 1 holds one of them up."""
    either = {"at_least": 1, "least": True}
    gates = net([needs(), needs(), needs(0, 3, **either), needs(1, 2, **either)])  # type: ignore[arg-type]
    assert reason(gates, [0], 2) == []
    assert reason(gates, [0, 1], 2) == [2, 0]
    assert reason(gates, [0, 1], 3) == [3, 1]


def rounds(gates: Gates, before: Array, lost: Array, removed: Array) -> Array:
    """The round in which each lost node falls, by trying the definition until nothing changes."""
    fell = np.where(lost & removed, 0, -1)
    for now in range(1, 3 * len(gates) + 1):
        fallen = fell >= 0
        falling = np.zeros(len(gates), dtype=bool)
        leaning = np.zeros(len(gates), dtype=bool)
        for node in np.flatnonzero(lost & ~fallen):
            links = slice(gates.start[node], gates.start[node + 1])
            left = before[gates.inputs[links]] & ~fallen[gates.inputs[links]]
            falling[node] = gates.weights[links][left].sum() < gates.threshold[node]
            leaning[node] = gates.least[node] and fallen[gates.inputs[links]].any()
        fell[falling if falling.any() else leaning] = now
    return fell


def shortest(gates: Gates, fell: Array, node: int, rank: Array) -> list[int]:
    """The failing path by listing all that lead from each node to a last straw."""
    if fell[node] < 0:
        return []

    def listed(top: int) -> list[list[int]]:
        if fell[top] == 0:
            return [[top]]
        inputs = {int(n) for n in gates.inputs[gates.start[top] : gates.start[top + 1]]}
        inputs = {n for n in inputs if 0 <= fell[n] < fell[top]}
        straws = {n for n in inputs if fell[n] == fell[top] - 1}
        if not straws:
            first = min(fell[n] for n in inputs)
            straws = {min((n for n in inputs if fell[n] == first), key=lambda n: rank[n])}
        return [[top, *rest] for straw in straws for rest in listed(straw)]

    best: list[int] = min(listed(node), key=lambda path: [rank[n] for n in path])
    return best


@pytest.mark.parametrize("seed", range(200))
def test_paths_are_those_found_by_listing_all(seed: int) -> None:
    gates, rng = random_net(seed), np.random.default_rng(seed)
    removed = rng.random((5, len(gates))) < 0.2
    always = rng.random(len(gates)) < 0.1
    rank = rng.permutation(len(gates))
    asked = np.ones_like(removed)
    found = paths_of(
        failing_paths(
            order(gates), sparse(removed), sparse(asked), always=np.flatnonzero(always), rank=rank
        )
    )
    (before,) = up_twin(gates, always[np.newaxis])
    after = up_twin(gates, removed | always)
    expected = []
    for a in range(5):
        fell = rounds(gates, before, before & ~after[a], removed[a])
        assert ((fell >= 0) == (before & ~after[a])).all()
        expected += [shortest(gates, fell, node, rank) for node in range(len(gates))]
    assert found == expected


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_numbering_does_not_matter_where_ranks_are_carried_along(seed: int) -> None:
    gates, rng = random_net(seed), np.random.default_rng(seed)
    sequence = rng.permutation(len(gates))
    position = np.argsort(sequence)
    links = np.concatenate(
        [np.arange(gates.start[node], gates.start[node + 1]) for node in sequence]
    )
    other = Gates(
        gates.threshold[sequence],
        np.append(0, np.cumsum(np.diff(gates.start)[sequence])),
        position[gates.inputs[links]].astype(np.int32),
        gates.weights[links],
        gates.least[sequence],
    )
    removed = rng.random((4, len(gates))) < 0.3
    asked = np.ones_like(removed)
    plain = paths_of(failing_paths(order(gates), sparse(removed), sparse(asked)))
    turned = failing_paths(order(other), sparse(removed[:, sequence]), sparse(asked), rank=sequence)
    back = [sequence[path].tolist() for path in map(np.array, paths_of(turned)) if len(path)]
    assert sorted(back) == sorted(path for path in plain if path)


def test_many_alternatives_are_answered_as_each_alone() -> None:
    """More than one pass; alternatives in which nothing is asked in between."""
    gates = net([needs(), *(needs(node) for node in range(99))])
    away = np.arange(700) % 100
    asked = np.arange(700) % 3 == 0
    found = failing_paths(
        order(gates),
        (np.arange(701), away),
        (np.append(0, np.cumsum(asked)), np.full(int(asked.sum()), 99)),
    )
    assert paths_of(found) == [list(range(99, node - 1, -1)) for node in away[asked].tolist()]


def test_a_node_may_be_asked_twice_and_nothing_may_be_asked() -> None:
    ordered = order(net([needs(), needs(0)]))
    twice = failing_paths(ordered, ([0, 1], [0]), ([0, 3], [1, 1, 0]))
    assert paths_of(twice) == [[1, 0], [1, 0], [0]]
    assert paths_of(failing_paths(ordered, ([0, 1], [0]), ([0, 0], []))) == []
    assert paths_of(failing_paths(ordered, ([0], []), ([0], []))) == []


@pytest.mark.parametrize(
    ("removed", "lost", "how", "words"),
    [
        (([0, 1], [2]), ([0, 1], [1]), {}, "removed: values must lie from 0 to 1"),
        (([0, 1], [0]), ([0, 1], [2]), {}, "lost: values must lie from 0 to 1"),
        (([0, 1], [0]), ([0, 2], [1]), {}, "lost: must rise"),
        (([0, 1], [0]), ([0, 0, 1], [1]), {}, "one row each"),
        (([0, 1], [0]), ([0, 1], [1]), {"always": [2]}, "always"),
        (([0, 1], [0]), ([0, 1], [1]), {"rank": [1]}, "rank: one for every node"),
        (([0, 1], [0]), ([0, 1], [1]), {"amounts": []}, "amounts: one for every link"),
    ],
)
def test_broken_questions_are_refused(
    removed: Any, lost: Any, how: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        failing_paths(order(net([needs(), needs(0)])), removed, lost, **how)
