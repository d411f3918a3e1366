"""The order of a net, and where its kernels are kept."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.engines import cache
from indranet.engines.gates import Gates, Ordered, order

CONFIG: Any = numba.config  # its names are made at run time


def random_gates(nodes: int, links: int, seed: int) -> Gates:
    random = np.random.default_rng(seed)
    owner = np.sort(random.integers(0, nodes, links))
    return Gates(
        random.integers(0, 4, nodes),
        np.searchsorted(owner, np.arange(nodes + 1)),
        random.integers(0, nodes, links).astype(np.int32),
        (random.integers(1, 5, links) * 6).astype(np.int32),
        random.random(nodes) < 0.7,
    )


def graph(gates: Gates, nodes: set[int] | None = None) -> "nx.DiGraph[int]":
    owner = np.repeat(np.arange(len(gates)), np.diff(gates.start)).tolist()
    found: nx.DiGraph[int] = nx.DiGraph()
    found.add_nodes_from(range(len(gates)) if nodes is None else nodes)
    found.add_edges_from(
        (source, user)
        for source, user in zip(gates.inputs.tolist(), owner, strict=True)
        if nodes is None or {source, user} <= nodes
    )
    return found


def cycles(net: "nx.DiGraph[int]") -> set[frozenset[int]]:
    return {
        frozenset(found)
        for found in nx.strongly_connected_components(net)
        if len(found) > 1 or net.has_edge(*list(found) * 2)
    }


def ranges(first: np.ndarray, last: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(range(a, b)) for a, b in zip(first.tolist(), last.tolist(), strict=True)}


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 40), st.floats(0, 2.5), st.integers(0, 2**32))
def test_order_is_sound(nodes: int, density: float, seed: int) -> None:
    gates = random_gates(nodes, int(nodes * density), seed)
    ordered = order(gates)
    net = graph(ordered.gates)
    assert sorted(ordered.position.tolist()) == list(range(nodes))
    assert nx.utils.edges_equal(
        net.edges, nx.relabel_nodes(graph(gates), dict(enumerate(ordered.position.tolist()))).edges,
        directed=True,
    )  # fmt: skip
    together = ranges(ordered.cycle_first, ordered.cycle_last)
    assert together == cycles(net)
    for source, user in net.edges:
        assert source < user or any({source, user} <= cycle for cycle in together)
    check_groups(ordered, together)


def check_groups(ordered: Ordered, together: set[frozenset[int]]) -> None:
    least = ordered.gates.least
    groups = ranges(ordered.group_first, ordered.group_last)
    wanted = set()
    for cycle in together:
        wanted |= cycles(graph(ordered.gates, {node for node in cycle if least[node]}))
    assert groups == wanted
    for c, first in enumerate(ordered.cycle_first.tolist()):
        inside = graph(ordered.gates, set(range(first, int(ordered.cycle_last[c]))))
        for k, node in enumerate(range(first, int(ordered.cycle_last[c]))):
            ordinal = int(ordered.member[c]) + k
            users = ordered.users[ordered.user_start[ordinal] : ordered.user_start[ordinal + 1]]
            assert set(users.tolist()) == set(inside.successors(node))
            group = int(ordered.group_of[ordinal])
            if group < 0:
                assert not any(node in found for found in groups)
            else:
                assert ordered.group_start[c] <= group < ordered.group_start[c + 1]
                assert ordered.group_first[group] <= node < ordered.group_last[group]


def three_inputs(threshold: int, weights: list[int]) -> Gates:
    return Gates(
        np.array([threshold, 0, 0, 0]),
        np.array([0, 3, 3, 3, 3]),
        np.array([1, 2, 3], dtype=np.int32),
        np.array(weights, dtype=np.int32),
        np.zeros(4, dtype=np.bool_),
    )


def test_weights_become_small() -> None:
    """Weights 6, 12, 60 of which 15 are needed are 1, 2, 3 of which 3 are needed."""
    ordered = order(three_inputs(15, [6, 12, 60]))
    last = ordered.position[0]
    assert ordered.gates.threshold[last] == 3
    links = slice(*ordered.gates.start[last : last + 2])
    assert ordered.gates.weights[links].tolist() == [1, 2, 3]


@pytest.mark.parametrize("threshold", [-(2**63), -1, 0, 1, 3, 4, 2**63 - 1])
def test_extreme_thresholds_are_kept_in_meaning(threshold: int) -> None:
    ordered = order(three_inputs(threshold, [1, 1, 1]))
    got = int(ordered.gates.threshold[ordered.position[0]])
    assert got == min(max(threshold, 0), 4)


def test_kernels_are_kept_by_state_of_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = CONFIG.CACHE_DIR
    try:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
        folder = cache.keep_kernels()
        assert folder.parent == tmp_path / "indranet"
        assert len(folder.name) == 64
        assert Path(CONFIG.CACHE_DIR) == folder
        monkeypatch.setattr(cache, "__file__", str(tmp_path / "other" / "cache.py"))
        assert cache.keep_kernels() != folder
    finally:
        CONFIG.CACHE_DIR = before


@pytest.mark.skipif(os.name != "posix", reason="folders belong to users on POSIX only")
def test_kernels_of_others_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = CONFIG.CACHE_DIR
    try:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "open"))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        cache.keep_kernels()
        (tmp_path / "open" / "indranet").chmod(0o777)
        folder = cache.keep_kernels()
        assert folder.is_relative_to(tmp_path)
        assert not folder.is_relative_to(tmp_path / "open")
    finally:
        CONFIG.CACHE_DIR = before


BOUNDS = """
import numpy as np
from indranet.engines.gates import Gates, dark, draw, lost, order, sample, up
from indranet.engines.gates.twin import up_twin

random = np.random.default_rng(0)
for case in range(30):
    nodes, links = 30, int(random.integers(1, 90))
    owner = np.sort(random.integers(0, nodes, links))
    gates = Gates(
        random.integers(0, 9, nodes),
        np.searchsorted(owner, np.arange(nodes + 1)),
        random.integers(0, nodes, links).astype(np.int32),
        random.integers(1, 6, links).astype(np.int32),
        random.random(nodes) < 0.5,
    )
    ordered = order(gates)
    alternatives = int(random.choice([1, 65, 1025]))
    removed = random.random((alternatives, nodes)) < 0.05
    sparse = np.concatenate([[0], np.cumsum(removed.sum(axis=1))]), np.nonzero(removed)[1]
    got = np.unpackbits(up(ordered, sparse).view(np.uint8), axis=1, bitorder="little")
    if case < 10:
        assert (got[:, :alternatives].T == up_twin(gates, removed)).all()
    dark(ordered, sparse)
    lost(ordered, sparse, random.integers(0, 99, (nodes, 2)))
    keys = random.integers(0, 2**63, nodes).astype(np.uint64)
    chance = random.choice([1e-4, 0.3], nodes)
    sample(ordered, np.arange(nodes), chance, keys, np.arange(nodes), seed=1, draws=1100)
    draw(chance, keys, 1, 0, 1100)
print("within bounds")
"""


def test_no_kernel_leaves_its_arrays(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """Compiled with checks of every index, in a folder of its own that outlives the run."""
    kept = getattr(pytestconfig, "cache", None)
    folder = kept.mkdir("bounds") if kept else tmp_path
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BOUNDS],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "within bounds", done.stderr
