"""Exact probabilities against closed forms, published fault trees and every case of failures."""

from collections.abc import Callable
from importlib import import_module
from itertools import product
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oxidd.bdd import BDDManager
from tests.engines.nets import BY_HAND, TREES, Row, net

from indranet.engines.gates import Gates
from indranet.engines.gates.diagram import TooWideError, reaches
from indranet.engines.gates.exact import Exact, evaluate, exact
from indranet.engines.gates.twin import up_twin
from indranet.intake.faulttree import faulttree
from indranet.model.case import read

ARALIA = {  # the Aralia collection, CC BY-SA 4.0; what is published, das9204 corrected
    "baobab1": 1.01708e-4, "baobab3": 2.24117e-3, "das9201": 1.34237e-2, "das9202": 1.01154e-2,
    "das9204": 2.16942e-11, "das9205": 1.38408e-8, "das9207": 0.346696, "das9209": 1.058e-13,
    "edf9202": 0.781302, "edf9204": 0.525374, "edf9205": 0.209351, "edf9206": 8.615e-12,
    "edfpa14b": 0.29562, "edfpa14p": 0.0807059, "edfpa14q": 0.295905, "edfpa14r": 0.0209977,
    "edfpa15b": 0.362737, "edfpa15o": 0.362956, "edfpa15p": 0.0736302, "edfpa15q": 0.362737,
    "isp9601": 0.0571245, "isp9603": 3.23326e-3, "isp9604": 0.142751, "isp9606": 0.0543174,
    "isp9607": 9.4951e-7,
}  # fmt: skip


def some_of(threshold: int, inputs: list[int]) -> Row:
    return threshold, [(node, 1) for node in inputs], False


def all_of(*inputs: int) -> Row:
    return some_of(len(inputs), list(inputs))


LEAF: Row = (0, [], False)


def importances(found: Exact, place: int = 0) -> dict[int, tuple[float, float]]:
    mine = found.watched == place
    columns = (found.leaf, found.birnbaum, found.fussell_vesely)
    return {leaf: (b, v) for leaf, b, v in zip(*(c[mine].tolist() for c in columns), strict=True)}


@pytest.mark.parametrize(
    ("needed", "of", "up", "works"),
    [(2, 3, 0.9, 0.972), (3, 5, 0.95, 0.998841875), (8, 10, 0.99, 0.99988615085),
     (400, 500, 0.85, 0.9989565)],
)  # fmt: skip
def test_so_many_of_equal_parts(needed: int, of: int, up: float, works: float) -> None:
    gates = net([LEAF] * of + [some_of(needed, list(range(of)))])
    found = exact(gates, range(of), [1 - up] * of, [of])
    by_formula = sum(comb(of, k) * (1 - up) ** k * up ** (of - k) for k in range(of - needed + 1))
    assert found.probability[0] == pytest.approx(1 - by_formula, rel=1e-9)
    assert 1 - found.probability[0] == pytest.approx(works, abs=5e-8)
    assert found.why.tolist() == [""]


def test_importances_by_hand() -> None:
    """A and (B or C), failing at .1, .2, .3: down at .1 + .9 x .06 = .154."""
    gates = net([LEAF, LEAF, LEAF, some_of(1, [1, 2]), all_of(0, 3)])
    found = exact(gates, [0, 1, 2], [0.1, 0.2, 0.3], [4])
    assert found.probability[0] == pytest.approx(0.154)
    wanted = {
        0: (1 - 0.06, (0.154 - 0.06) / 0.154),
        1: (0.9 * 0.3, (0.154 - 0.1) / 0.154),
        2: (0.9 * 0.2, (0.154 - 0.1) / 0.154),
    }
    assert importances(found) == {k: pytest.approx(v) for k, v in wanted.items()}


def test_what_cannot_change_is_certain_and_hangs_on_nothing() -> None:
    never_up: Row = (1, [], False)
    gates = net([LEAF, LEAF, never_up, all_of(0, 2), some_of(1, [0, 1]), some_of(1, [0, 2])])
    found = exact(gates, [0], [0.25], [3, 4, 5, 1])
    assert found.probability.tolist() == [1.0, 0.0, 0.25, 0.0]
    assert found.why.tolist() == [""] * 4
    assert (found.watched.tolist(), found.leaf.tolist()) == ([2], [0])
    always = exact(gates, [0], [0.25], [4, 5], always=[1])
    assert always.probability.tolist() == [0.25, 0.25]
    gone = exact(gates, [0], [0.25], [5], always=[0])
    assert (gone.probability.tolist(), len(gone.leaf)) == ([1.0], 0)


def test_a_leaf_that_fails_is_down_whatever_its_inputs() -> None:
    """B (own .2) stands on A (.1): down at 1 - .9 x .8."""
    found = exact(net([LEAF, all_of(0)]), [0, 1], [0.1, 0.2], [1, 0, 1])
    assert found.probability == pytest.approx([0.28, 0.1, 0.28])
    assert found.watched.tolist() == [0, 0, 1, 2, 2]


def test_a_circle_stays_up_unless_it_must_be_held_up_from_outside() -> None:
    """Two that need one another, the first also a source or the second.

    At the greatest fixed point the circle never falls when the source does; at the least it does.
    """
    for least, wanted in ((False, 0.0), (True, 0.3)):
        rows: list[Row] = [LEAF, (1, [(0, 1), (2, 1)], least), (1, [(1, 1)], least)]
        assert exact(net(rows), [0], [0.3], [2]).probability == pytest.approx([wanted])


def test_one_that_never_fails_or_always_does() -> None:
    gates = net([LEAF, LEAF, some_of(1, [0, 1])])
    assert importances(exact(gates, [0, 1], [0.0, 0.5], [2])) == {0: (0.5, 0.0), 1: (0.0, 0.0)}
    assert importances(exact(gates, [0, 1], [1.0, 0.5], [2])) == {0: (0.5, 1.0), 1: (1.0, 1.0)}


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], tuple[Any, ...]]:
    """How to read a fault tree: network, gates, leaves, probabilities."""

    def load(file: Path) -> tuple[Any, ...]:
        folder = tmp_path_factory.mktemp("tree") / "case"
        faulttree([file], folder)
        network = read(folder)
        needs, failures = network["needs"], network["failures"]
        weights, start = needs["capacity"].astype(np.int32), network.start["needs"]
        threshold = np.add.reduceat(np.append(weights, 0), start[:-1]) * (np.diff(start) > 0)
        asked = ~np.isnan(needs["at_least"])
        threshold[needs["user"][asked]] = needs["at_least"][asked]
        gates = Gates(
            threshold.astype(np.int64), start, needs["input"].astype(np.int32), weights,
            np.zeros(network.size, dtype=bool),
        )  # fmt: skip
        return network, gates, failures["thing"], failures["unavailability"]

    return load


@pytest.mark.parametrize("tree", BY_HAND)
def test_fault_trees_worked_by_hand(tree: str, trees: Callable[[Path], tuple[Any, ...]]) -> None:
    network, gates, leaves, chances = trees(TREES / f"{tree}.xml")
    watch = [network.find(top) for top in BY_HAND[tree]]
    found = exact(gates, leaves, chances, watch)
    assert found.probability == pytest.approx(list(BY_HAND[tree].values()), rel=1e-12)


@pytest.mark.parametrize("tree", ARALIA)
def test_published_fault_trees(
    tree: str, trees: Callable[[Path], tuple[Any, ...]], shared: Path
) -> None:
    network, gates, leaves, chances = trees(shared / "data" / "aralia" / f"{tree}.xml")
    services = network.offset("service") + np.arange(len(network["services"]))
    top = np.setdiff1d(services, network["needs"]["input"])
    found = exact(gates, leaves, chances, top)
    assert found.why.tolist() == [""]
    assert found.probability[0] == pytest.approx(ARALIA[tree], rel=1e-5)


@st.composite
def nets(draw: st.DrawFn) -> Gates:
    """Nets with cycles, repeated inputs, least nodes, all kinds of gates and constants."""
    nodes = draw(st.integers(1, 11))
    weight = draw(st.sampled_from([st.just(1), st.integers(1, 4), st.integers(1, 2**20)]))
    rows: list[Row] = []
    for node in range(nodes):
        sources = st.integers(0, nodes - 1) if draw(st.booleans()) else st.integers(0, node)
        links = draw(st.lists(st.tuples(sources, weight), max_size=6))
        total = sum(w for _, w in links)
        threshold = draw(st.sampled_from([1, total, (total + 1) // 2]) | st.integers(-1, total + 1))
        rows.append((threshold if links else draw(st.integers(0, 1)), links, draw(st.booleans())))
    return net(rows)


@settings(deadline=None, max_examples=40)
@given(nets(), st.integers(0, 2**32), st.sampled_from([0.0, 0.1]))
def test_any_net_gives_what_adding_up_all_cases_gives(
    gates: Gates, seed: int, always_down: float
) -> None:
    random = np.random.default_rng(seed)
    nodes = len(gates)
    leaves = random.permutation(nodes)[: int(random.integers(1, 7))]
    chances = random.choice([0.0, 1e-9, 0.1, 0.5, 0.9, 1.0], len(leaves))
    gone = random.random(nodes) < always_down
    found = exact(gates, leaves, chances, range(nodes), always=np.flatnonzero(gone))

    failed = np.array(list(product((False, True), repeat=len(leaves))))
    removed = np.repeat(gone[np.newaxis], len(failed), axis=0)
    removed[:, leaves] |= failed
    down = ~up_twin(gates, removed)
    each = np.where(failed, chances, 1 - chances)
    whole = each.prod(axis=1) @ down
    assert found.probability == pytest.approx(whole, rel=1e-9, abs=1e-18)
    for node in range(nodes):
        of_node = importances(found, node)
        for leaf in range(len(leaves)):
            rest = np.delete(each, leaf, axis=1).prod(axis=1)
            with_it, without = (
                rest[f] @ down[f, node] for f in (failed[:, leaf], ~failed[:, leaf])
            )
            share = (whole[node] - without) / whole[node] if whole[node] else 0.0
            birnbaum, vesely = of_node.get(leaf, (0.0, 0.0))
            assert birnbaum == pytest.approx(with_it - without, abs=1e-12)
            assert vesely == pytest.approx(share, abs=1e-6)


@settings(deadline=None, max_examples=10)
@given(nets(), st.integers(0, 2**32))
def test_numbering_does_not_matter(gates: Gates, seed: int) -> None:
    nodes = len(gates)
    new = np.random.default_rng(seed).permutation(nodes)
    old = np.argsort(new)
    rows: list[Row] = []
    for node in old.tolist():
        links = slice(gates.start[node], gates.start[node + 1])
        pairs = zip(new[gates.inputs[links]].tolist(), gates.weights[links].tolist(), strict=True)
        rows.append((int(gates.threshold[node]), list(pairs)[::-1], bool(gates.least[node])))
    leaves = np.arange(min(nodes, 6))
    chances = np.linspace(0.05, 0.6, len(leaves))
    one = exact(gates, leaves, chances, range(nodes))
    other = exact(net(rows), new[leaves], chances, new)
    assert other.probability == pytest.approx(one.probability, rel=1e-12)
    assert other.birnbaum == pytest.approx(one.birnbaum, abs=1e-12)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(1, 9) | st.just(2**20), min_size=1, max_size=8), st.data())
def test_counted_weights(weights: list[int], data: st.DataObject) -> None:
    needed = data.draw(st.integers(-1, sum(weights) + 1))
    manager = BDDManager(1 << 12, 1 << 12, 1)
    manager.add_vars(len(weights))
    holds = [manager.var(level) for level in range(len(weights))]
    found = reaches(list(zip(holds, weights, strict=True)), needed, manager)
    for states in product((False, True), repeat=len(weights)):
        total = sum(weight for weight, state in zip(weights, states, strict=True) if state)
        assert found.eval(enumerate(states)) == (total >= needed)


def test_many_equal_capacities_take_few_states(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = BDDManager(1 << 16, 1 << 16, 1)
    manager.add_vars(60)
    inputs = [(manager.var(level), 1000 + level) for level in range(60)]
    assert reaches(inputs, 50_000, manager).node_count() > 60
    monkeypatch.setattr("indranet.engines.gates.diagram.STATES", 50)
    with pytest.raises(TooWideError):
        reaches(inputs, 50_000, manager)


def test_things_that_go_down_together_are_counted_as_one() -> None:
    """3,000 sites of different sizes on two grids: half of all is left with either one."""
    sizes = np.random.default_rng(1).integers(1000, 1100, 3000).tolist()
    on_a_grid: list[Row] = [all_of(site % 2) for site in range(3000)]
    share: Row = (sum(sizes) // 3, list(zip(range(2, 3002), sizes, strict=True)), False)
    found = exact(net([LEAF, LEAF, *on_a_grid, share]), [0, 1], [0.1, 0.2], [3002])
    assert found.probability == pytest.approx([0.02])


def test_a_gate_that_counts_too_much_says_so() -> None:
    many = 1100
    gates = net([LEAF] * many + [some_of(many // 2, list(range(many)))])
    found = exact(gates, range(many), [0.1] * many, [many])
    assert np.isnan(found.probability[0])
    assert found.why[0] == "a gate below it takes more than 262,144 states to count"
    assert not len(found.leaf)


def test_limits_stop_one_node_and_not_the_next() -> None:
    gates = net([LEAF] * 20 + [some_of(10, list(range(20))), all_of(0, 1)])
    found = exact(gates, range(20), [0.5] * 20, [20, 21], nodes=50)
    assert found.why.tolist() == ["its decision diagram takes more than 50 nodes", ""]
    assert found.probability == pytest.approx([np.nan, 0.75], nan_ok=True)
    over = "its decision diagram was not there in the time allowed"
    none = exact(gates, range(20), [0.5] * 20, [20, 21, 19], seconds=0)
    assert none.why.tolist() == [over, over, over]


def test_a_hundred_thousand_leaves_are_the_most() -> None:
    leaves = 100_000
    for count, why in ((leaves, ""), (leaves + 1, "more than 100,000 things below it can fail")):
        gates = net([LEAF] * count + [all_of(*range(count))])
        found = exact(gates, np.arange(count), np.full(count, 1e-6), [count])
        assert found.why.tolist() == [why]
        if not why:
            assert found.probability[0] == pytest.approx(-np.expm1(count * np.log1p(-1e-6)))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import time; time.sleep(60)", "its decision diagram was not there in the time allowed"),
        ("raise SystemExit(3)", "the process that builds decision diagrams ended"),
        ("import os; input(); os.abort()", "the process that builds decision diagrams ended"),
        ("import sys; input(); sys.stdout.write('{')",
         "the process that builds decision diagrams ended"),
    ],
)  # fmt: skip
def test_a_process_that_hangs_or_dies_costs_one_answer(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It plays its trick once; the next question finds a fresh process that answers."""
    module = import_module("indranet.engines.gates.exact")
    file = tmp_path / "builder.py"
    file.write_text(
        "import pathlib, runpy\n"
        f"played = pathlib.Path({str(tmp_path / 'played')!r})\n"
        f"if played.exists():\n    runpy.run_path({str(module.BUILDER)!r}, run_name='__main__')\n"
        f"else:\n    played.touch()\n    {script}\n"
    )
    monkeypatch.setattr(module, "BUILDER", file)
    gates = net([LEAF, all_of(0), all_of(0, 1)])
    found = exact(gates, [0], [0.5], [1, 2], seconds=6)
    assert found.why.tolist() == [why, ""]
    assert found.probability == pytest.approx([np.nan, 0.5], nan_ok=True)


def test_a_diagram_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    """a (b or c) over variables 0, 2 and 3 of four: 1 does not occur."""
    manager = BDDManager(100, 100, 1)
    manager.add_vars(4)
    a, _, b, c = map(manager.var, range(4))
    manager.export_dddmp(tmp_path / "f", [a & (b | c)], ascii=True)
    probability, occurring, birnbaum = evaluate(tmp_path / "f", np.array([0.5, 0.9, 0.1, 0.2]))
    assert probability == pytest.approx(0.5 * 0.28)
    assert occurring.tolist() == [0, 2, 3]
    assert birnbaum == pytest.approx([0.28, 0.5 * 0.8, 0.5 * 0.9])


def test_only_leaves_that_matter_are_named() -> None:
    """A and (A or B): B is below it and makes no difference."""
    found = exact(net([LEAF, LEAF, some_of(1, [0, 1]), all_of(0, 2)]), [0, 1], [0.1, 0.2], [3])
    assert importances(found) == {0: pytest.approx((1.0, 1.0))}


def test_many_nodes_and_little_time_give_all_easy_answers() -> None:
    """An even share would be too short for the process to start."""
    gates = net([LEAF] * 300 + [all_of(leaf) for leaf in range(300)])
    found = exact(gates, range(300), [0.25] * 300, range(300, 600), seconds=15)
    assert found.probability.tolist() == [0.25] * 300


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leaves": [0, 0]}, "leaves: each once"),
        ({"leaves": [0]}, "with one probability"),
        ({"leaves": [0, 3]}, "leaves: values must lie from 0 to 2"),
        ({"watch": [-1]}, "watch: values must lie from 0 to 2"),
        ({"probability": [0.5, 1.5]}, "probability: values must lie from 0 to 1"),
        ({"probability": [0.5, np.nan]}, "probability: values must lie from 0 to 1"),
        ({"nodes": 0}, "nodes: 1 or more"),
        ({"seconds": np.nan}, "seconds: 0 or more"),
        ({"always": [3]}, "always: values must lie from 0 to 2"),
    ],
)
def test_broken_questions_are_refused(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"leaves": [0, 1], "probability": [0.5, 0.5], "watch": [2]} | change
    with pytest.raises(ValueError, match=message):
        exact(net([LEAF, LEAF, all_of(0, 1)]), **asked)
