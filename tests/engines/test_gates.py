"""The kernels against their plain twins, and the laws that any answer obeys."""

import pickle
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.nets import Array, net, sparse

from indranet.engines.gates import Gates, dark, lost, order, sample, up
from indranet.engines.gates.twin import draw_twin, lost_twin, up_twin

relaxed = settings(deadline=None, max_examples=150)


def unpacked(words: Array, alternatives: int) -> Array:
    """Bool table (alternatives, rows) of rows of bits; the bits beyond must be 0."""
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    assert not bits[:, alternatives:].any()
    return bits[:, :alternatives].T


@st.composite
def nets(draw: st.DrawFn) -> Gates:
    """Nets with cycles, repeated inputs, all kinds of gates, leaves and constants."""
    nodes = draw(st.integers(1, 12))
    weight = draw(
        st.sampled_from([st.just(1), st.integers(1, 4), st.just(6), st.integers(1, 2**20)])
    )
    rows = []
    for node in range(nodes):
        sources = st.integers(0, nodes - 1) if draw(st.booleans()) else st.integers(0, node)
        links = draw(st.lists(st.tuples(sources, weight), max_size=7))
        total = sum(w for _, w in links)
        threshold = draw(st.sampled_from([1, total, (total + 1) // 2]) | st.integers(-1, total + 1))
        rows.append((threshold if links else draw(st.integers(0, 1)), links, draw(st.booleans())))
    return net(rows)


def random_net(nodes: int, seed: int, cyclic: float = 0.02) -> Gates:
    """A net of mixed gates with mostly earlier inputs."""
    random = np.random.default_rng(seed)
    rows = []
    for node in range(nodes):
        count = int(random.integers(1, 6)) if node > nodes // 5 else 0
        highest = nodes if random.random() < cyclic else max(node, 1)
        weight = random.integers(1, random.choice([2, 2, 9]), count).tolist()
        links = list(zip(random.integers(0, highest, count).tolist(), weight, strict=True))
        total = sum(weight)
        threshold = int(random.choice([min(1, total), total, (total + 1) // 2]))
        rows.append((threshold, links, bool(random.random() < 0.5)))
    return net(rows)


@relaxed
@given(nets(), st.integers(0, 2**32), st.integers(1, 70), st.sampled_from([0.0, 0.02, 0.2]))
def test_kernel_and_twin_agree(gates: Gates, seed: int, alternatives: int, share: float) -> None:
    random = np.random.default_rng(seed)
    removed = random.random((alternatives, len(gates))) < share
    always = random.random(len(gates)) < share / 2
    weights = random.integers(-(2**40), 2**40, (len(gates), 2))
    ordered = order(gates)
    gone = np.flatnonzero(always)
    for least in (False, True):
        got = up(ordered, sparse(removed), always=gone, least_everywhere=least)
        want = up_twin(gates, removed | always, least)
        assert (unpacked(got, alternatives) == want).all()
    sums = lost(ordered, sparse(removed), weights, always=gone)
    assert (sums == lost_twin(gates, removed, weights, always)).all()


@relaxed
@given(nets(), st.integers(0, 2**32))
def test_dark_set_is_greatest_minus_least(gates: Gates, seed: int) -> None:
    removed = np.random.default_rng(seed).random((9, len(gates))) < 0.1
    want = up_twin(gates, removed) & ~up_twin(gates, removed, least_everywhere=True)
    assert (unpacked(dark(order(gates), sparse(removed)), 9) == want).all()


@pytest.mark.parametrize("alternatives", [0, 1, 63, 64, 65, 1023, 1024, 1025, 2049])
def test_all_alternatives_at_once_equal_one_by_one(alternatives: int) -> None:
    gates = random_net(60, seed=alternatives)
    removed = np.random.default_rng(alternatives).random((alternatives, 60)) < 0.03
    ordered = order(gates)
    weights = np.arange(60)[:, np.newaxis]
    got = unpacked(up(ordered, sparse(removed)), alternatives)
    sums = lost(ordered, sparse(removed), weights)
    assert got.shape == (alternatives, 60)
    assert sums.shape == (alternatives, 1)
    for a in {*range(0, alternatives, 97), *range(alternatives - 2, alternatives)} - {-1, -2}:
        alone = sparse(removed[[a]])
        assert (unpacked(up(ordered, alone), 1)[0] == got[a]).all()
        assert (got[a] == up_twin(gates, removed[[a]])[0]).all()
        assert (lost(ordered, alone, weights) == sums[a]).all()
    some = np.random.default_rng(alternatives).permutation(60)[:20]
    counted = np.zeros_like(weights)
    counted[some] = weights[some]
    part = lost(ordered, sparse(removed), weights[some], of=some)
    assert (part == lost(ordered, sparse(removed), counted)).all()


def test_all_nodes_removed_one_by_one() -> None:
    gates = random_net(300, seed=5)
    alone = np.arange(301), np.arange(300)
    assert (unpacked(up(order(gates), alone), 300) == up_twin(gates, np.eye(300, dtype=bool))).all()


def relabelled(gates: Gates, sequence: Array) -> Gates:
    """The same net with node `sequence[k]` called k."""
    position = np.argsort(sequence)
    links = [np.arange(gates.start[node], gates.start[node + 1]) for node in sequence]
    return Gates(
        gates.threshold[sequence],
        np.cumsum([0] + [len(link) for link in links]),
        position[gates.inputs[np.concatenate(links).astype(np.int64)]].astype(np.int32),
        gates.weights[np.concatenate(links).astype(np.int64)],
        gates.least[sequence],
    )


@relaxed
@given(nets(), st.integers(0, 2**32))
def test_numbering_does_not_matter(gates: Gates, seed: int) -> None:
    random = np.random.default_rng(seed)
    sequence = random.permutation(len(gates))
    removed = random.random((40, len(gates))) < 0.1
    one = unpacked(up(order(gates), sparse(removed)), 40)
    other = unpacked(up(order(relabelled(gates, sequence)), sparse(removed[:, sequence])), 40)
    assert (one[:, sequence] == other).all()


@relaxed
@given(nets(), st.integers(0, 2**32))
def test_removing_more_never_brings_anything_up(gates: Gates, seed: int) -> None:
    random = np.random.default_rng(seed)
    removed = random.random((40, len(gates))) < 0.1
    more = removed | (random.random(removed.shape) < 0.2)
    ordered = order(gates)
    assert not (up(ordered, sparse(more)) & ~up(ordered, sparse(removed))).any()


@relaxed
@given(nets(), st.integers(0, 2**32))
def test_another_alternative_input_never_takes_anything_down(gates: Gates, seed: int) -> None:
    random = np.random.default_rng(seed)
    removed = random.random((40, len(gates))) < 0.1
    node, source = random.integers(0, len(gates), 2)
    at = gates.start[node + 1]
    wider = Gates(
        gates.threshold,
        gates.start + (np.arange(len(gates) + 1) > node),
        np.insert(gates.inputs, at, source),
        np.insert(gates.weights, at, 1),
        gates.least,
    )
    assert not (up(order(gates), sparse(removed)) & ~up(order(wider), sparse(removed))).any()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16, 33, 100, 517])
def test_counts_and_sums_of_any_size(count: int) -> None:
    """Equal weights go through carry-save counters, others through bit-sliced sums."""
    random = np.random.default_rng(count)
    leaf = (0, list[tuple[int, int]](), False)
    rows = [leaf] * count
    weights = random.integers(1, 50, count).tolist()
    for threshold in {*range(1, min(count, 8) + 1), count // 2 + 1, count}:
        rows.append((threshold * 3, [(node, 3) for node in range(count)], False))
        share = sum(weights) * threshold // (count + 1) + 1
        rows.append((share, list(enumerate(weights)), False))
        rows.append((share, [(node, weights[node] * 2**14) for node in range(count)], False))
    gates = net(rows)
    removed = np.zeros((200, len(gates)), dtype=np.bool_)
    removed[:, :count] = random.random((200, count)) < random.random((200, 1))
    assert (unpacked(up(order(gates), sparse(removed)), 200) == up_twin(gates, removed)).all()


def test_workers_give_the_same_bytes() -> None:
    gates = random_net(400, seed=1)
    ordered = order(gates)
    random = np.random.default_rng(2)
    removed = sparse(random.random((5000, 400)) < 0.01)
    weights = random.integers(0, 1000, (400, 3))
    leaves, keys = np.arange(80), random.integers(0, 2**63, 80).astype(np.uint64)
    watch = np.arange(300, 400)

    def answers(executor: Executor | None) -> list[bytes]:
        return [
            up(ordered, removed, executor=executor).tobytes(),
            up(ordered, removed, watch=watch, least_everywhere=True, executor=executor).tobytes(),
            dark(ordered, removed, executor=executor).tobytes(),
            lost(ordered, removed, weights, executor=executor).tobytes(),
            sample(
                ordered, leaves, np.full(80, 0.1), keys, watch, seed=3, draws=5000,
                executor=executor,
            ).tobytes(),
        ]  # fmt: skip

    alone = answers(None)
    for workers in (1, 2, 3):
        with ThreadPoolExecutor(workers) as executor:
            assert answers(executor) == alone


def test_an_ordered_net_can_travel_to_another_process() -> None:
    ordered = order(random_net(100, seed=3))
    removed = np.arange(101), np.arange(100)
    other = pickle.loads(pickle.dumps(ordered))
    assert up(other, removed).tobytes() == up(ordered, removed).tobytes()


def test_nothing_is_changed() -> None:
    gates = random_net(100, seed=4)
    before = [array.tobytes() for array in vars(gates).values()]
    removed = np.arange(101), np.arange(100)
    up(order(gates), removed)
    assert [array.tobytes() for array in vars(gates).values()] == before
    assert not any(array.flags.writeable for array in vars(gates).values())


def test_samples_equal_removal_of_the_same_draws() -> None:
    gates = random_net(60, seed=6)
    leaves = np.array([9, 3, 4, 11, 30])
    probability = np.array([0.5, 0.0, 1.0, 5e-4, 0.2])
    keys = np.array([7, 2**64 - 1, 0, 5, 6], dtype=np.uint64)
    removed = np.zeros((1500, 60), dtype=np.bool_)
    for leaf, chance, key in zip(leaves, probability, keys, strict=True):
        removed[:, leaf] = draw_twin(float(chance), int(key), 42, 0, 1500)
    counts = sample(
        order(gates), leaves, probability, keys, np.arange(60), seed=42, draws=1500, always=[12]
    )
    removed[:, 12] = True
    assert (counts == (~up_twin(gates, removed)).sum(axis=0)).all()


@pytest.mark.parametrize("least", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("backward", [False, True])
def test_a_long_ring_is_settled(least: float, backward: bool) -> None:
    """A ring of 100,000 nodes in any numbering, one break in each alternative: all of it falls."""
    nodes = 100_000
    random = np.random.default_rng(7)
    name = random.permutation(nodes)
    source = np.empty(nodes, dtype=np.int32)
    source[name] = np.roll(name, 1 if backward else -1)
    gates = Gates(
        np.ones(nodes, dtype=np.int64),
        np.arange(nodes + 1),
        source,
        np.ones(nodes, dtype=np.int32),
        np.arange(nodes) < least * nodes,
    )
    breaks = np.concatenate([np.zeros(2, dtype=np.int64), np.arange(1, 1024)])
    states = up(order(gates), (breaks, random.integers(0, nodes, 1023)))
    unbroken = np.uint64(least < 1)  # with a greatest node in it the ring holds itself up
    assert (states[:, 0] == unbroken).all()
    assert not states[:, 1:].any()


def test_no_nodes_and_no_alternatives() -> None:
    nothing = order(net([]))
    assert up(nothing, ([0, 0], [])).shape == (0, 1)
    assert lost(nothing, ([0, 0], []), np.zeros((0, 2), dtype=np.int64)).tolist() == [[0, 0]]
    one = order(net([(0, [], False)]))
    assert up(one, ([0], [])).shape == (1, 0)
    assert sample(one, [], [], np.zeros(0, np.uint64), [0], seed=0, draws=10).tolist() == [0]


def arrays(**changed: Any) -> dict[str, Any]:
    good = {
        "threshold": [0, 1], "start": [0, 0, 1], "inputs": [0], "weights": [1],
        "least": [False, False],
    }  # fmt: skip
    return {**good, **changed}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"threshold": [0.5, 1]}, "threshold: int64 expected"),
        ({"threshold": [[0, 1]]}, "threshold: one dimension"),
        ({"start": [0, 1]}, "lengths"),
        ({"start": [1, 1, 1]}, "start: must rise from 0"),
        ({"start": [0, 2, 1]}, "start: must rise from 0"),
        ({"start": [0, 0, 2]}, "start: must rise from 0 to the number of links, 1"),
        ({"inputs": [2]}, "inputs: values must lie from 0 to 1"),
        ({"inputs": [-1]}, "inputs: values must lie from 0 to 1"),
        ({"inputs": [2**40]}, "inputs"),
        ({"weights": [0]}, "weights: values must lie from 1 to 1048576"),
        ({"weights": [2**20 + 1]}, "weights"),
        ({"weights": [1, 1]}, "lengths"),
        ({"least": [0, 1]}, "least: bool expected"),
        ({"least": [False]}, "lengths"),
    ],
)
def test_broken_nets_are_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Gates(**arrays(**changed))


@pytest.mark.parametrize(
    ("start", "nodes", "words"),
    [
        ([0, 1], [2], "removed: values must lie from 0 to 1"),
        ([0, 1], [-1], "removed"),
        ([0, 2], [1], "removed: must rise"),
        ([1, 1], [1], "removed: must rise"),
        ([], [], "removed: must rise"),
        ([0, 1], [0.0], "removed: int32 expected"),
    ],
)
def test_broken_removals_are_refused(start: list[int], nodes: list[int], words: str) -> None:
    ordered = order(Gates(**arrays()))
    with pytest.raises(ValueError, match=words):
        up(ordered, (start, nodes))
    with pytest.raises(ValueError, match=words):
        lost(ordered, (start, nodes), np.ones((2, 1), dtype=np.int64))


def test_broken_questions_are_refused() -> None:
    ordered = order(Gates(**arrays()))
    none = [0, 0], np.zeros(0, dtype=np.int32)
    key = np.zeros(1, dtype=np.uint64)
    with pytest.raises(ValueError, match="always"):
        up(ordered, none, always=[2])
    with pytest.raises(ValueError, match="watch"):
        up(ordered, none, watch=[-1])
    for weights in (np.ones(2, np.int64), np.ones((1, 1), np.int64), np.ones((2, 1))):
        with pytest.raises(ValueError, match=r"weights: integers of shape \(nodes counted, sums\)"):
            lost(ordered, none, weights)
    with pytest.raises(ValueError, match="weights: values must lie from"):
        lost(ordered, none, np.full((2, 1), 2**63, dtype=np.uint64))
    with pytest.raises(ValueError, match="leaves: each once"):
        sample(ordered, [0, 0], [0.5, 0.5], [1, 2], [1], seed=0, draws=1)
    with pytest.raises(ValueError, match="leaves"):
        sample(ordered, [5], [0.5], key, [1], seed=0, draws=1)
    with pytest.raises(ValueError, match="draws"):
        sample(ordered, [0], [0.5], key, [1], seed=0, draws=-1)
