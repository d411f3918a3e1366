"""Speed of the gates engine, beside networkx and rustworkx on the same nets in the same run.

The net has twelve layers, inputs that lie near by in lower layers or are hubs, and 45 % AND, 45 %
OR, 5 % majorities and 5 % weighted gates. In each alternative every leaf is down with probability
0.05, so that almost every part of the net has something to work out.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import rustworkx as rx

from indranet.engines.gates import Gates, Ordered, kernels, lost, order, states

Array = npt.NDArray[Any]

NODES = 1_000_000
LINKS = 5_000_000
ALTERNATIVES = 1024
DOWN = 0.05
RUNS = 5
LAYERS = np.array([20, 2, 10, 10, 20, 20, 10, 5, 5, 2, 1, 1])


def rows() -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    drawn = layered(NODES, LINKS)
    given = shuffled(drawn)
    ordered = order(given)
    leaves = np.flatnonzero(np.diff(given.start) == 0)
    size = f"{NODES // 10**6}M nodes, {LINKS // 10**6}M links"
    work = f"{size}, {ALTERNATIVES:,} alternatives"
    by_layer = in_layers(drawn)
    scattered = median(passes(by_layer, np.flatnonzero(np.diff(by_layer.gates.start) == 0)))
    one = passes(ordered, leaves)
    alone = median(one)
    other = passes(ordered, leaves)
    both = median(lambda: two_threads(one, other))
    removed = np.arange(ALTERNATIVES + 1), np.random.default_rng(3).choice(leaves, ALTERNATIVES)
    weights = np.ones((NODES, 1), dtype=np.int64)
    return [
        row(f"gates: order {size}", median(lambda: order(given)), "s"),
        row(f"gates: pass over {work}, random numbers in each layer", scattered, "s", 0.4),
        row(f"gates: pass over {work}, reordered", alone, "s", 0.1),
        row(
            "gates: two blocks on two threads against one after the other",
            2 * alone / both, "times", 1.6,
        ),
        row(
            f"gates: what each of {ALTERNATIVES:,} single losses takes away, {size}, all steps",
            median(lambda: lost(ordered, removed, weights)), "s", 0.4,
        ),
        beside_rustworkx(given, leaves, alone),
        beside_networkx(),
    ]  # fmt: skip


def row(
    work: str, ours: float, unit: str, target: float | None = None, **peer: Any
) -> dict[str, Any]:
    absent = {"peer": "", "peer_value": None, "ratio": None, "note": ""}
    return {"work": work, "ours": ours, "unit": unit, "target": target, **absent, **peer}


def median(what: Callable[[], object]) -> float:
    """Median seconds of some runs after one that compiles and warms up."""
    what()
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        what()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def passes(ordered: Ordered, leaves: Array) -> Callable[[], None]:
    """One pass over one block; its leaves have failed already, so that nothing else is timed."""
    base, net = states._base(ordered, (), False), states.net_of(ordered, False)
    memory = states._work(ordered, False, ALTERNATIVES)
    failing = states._positions(ordered, "leaves", leaves)
    chance, keys = np.full(len(leaves), DOWN), np.arange(len(leaves), dtype=np.uint64)
    memory.code[:] = base.code
    chance, keys = states._read_only(chance), states._read_only(keys)
    states._fail(memory, failing, chance, keys, np.uint64(0), 0)
    code = memory.code.copy()

    def run() -> None:
        memory.code[:] = code  # leaves have no inputs: a pass leaves their rows as they are
        kernels.solve(net, base, memory, False)

    return run


def two_threads(one: Callable[[], None], other: Callable[[], None]) -> None:
    with ThreadPoolExecutor(2) as executor:
        list(executor.map(lambda run: run(), (one, other)))


def layered(nodes: int, links: int) -> Gates:
    """The net described above, numbered layer by layer and by place within a layer."""
    random = np.random.default_rng(1)
    first = np.concatenate([[0], np.cumsum(LAYERS * nodes // LAYERS.sum())])
    first[-1] = nodes
    leaves = first[1]
    degree = np.where(np.arange(nodes) < leaves, 0, 1)
    degree += np.bincount(random.integers(leaves, nodes, links - degree.sum()), minlength=nodes)
    start = np.concatenate([[0], np.cumsum(degree)])
    user = np.repeat(np.arange(nodes), degree)
    layer = np.searchsorted(first, user, "right") - 1
    below = np.maximum(layer - 1 - random.exponential(0.8, links).astype(np.int64), 0)
    place = (user - first[layer]) / (first[layer + 1] - first[layer])
    place = (place + random.normal(0, 2e-4, links)) % 1
    hub = random.random(links) < 0.15
    place[hub] = random.random(int(hub.sum())) ** 12
    inputs = first[below] + (place * (first[below + 1] - first[below])).astype(np.int64)
    kind = random.choice(4, nodes, p=[0.45, 0.45, 0.05, 0.05])
    weights = np.where(kind[user] == 3, random.integers(1, 64, links), 1)
    total = np.bincount(user, weights, minlength=nodes).astype(np.int64)
    threshold = np.choose(kind, [total, np.ones_like(total), (total + 1) // 2, (total + 1) // 2])
    threshold[:leaves] = 0
    return Gates(threshold, start, inputs, weights, np.zeros(nodes, dtype=np.bool_))


def renumbered(gates: Gates, sequence: Array) -> Gates:
    """The same net with node `sequence[k]` called k."""
    position = np.empty(len(gates), dtype=np.int32)
    position[sequence] = np.arange(len(gates), dtype=np.int32)
    degree = np.diff(gates.start)[sequence]
    start = np.concatenate([[0], np.cumsum(degree)])
    link = np.arange(start[-1]) + np.repeat(gates.start[sequence] - start[:-1], degree)
    return Gates(
        gates.threshold[sequence],
        start,
        position[gates.inputs[link]],
        gates.weights[link],
        gates.least[sequence],
    )


def shuffled(gates: Gates) -> Gates:
    return renumbered(gates, np.random.default_rng(2).permutation(len(gates)))


def in_layers(gates: Gates) -> Ordered:
    """The net in layers with random numbers within each: a pass can run, but nothing lies near."""
    layer = np.repeat(np.arange(len(LAYERS)), LAYERS * len(gates) // LAYERS.sum())
    layer = np.append(layer, np.full(len(gates) - len(layer), len(LAYERS) - 1))
    random = np.random.default_rng(2).random(len(gates))
    net = renumbered(gates, np.lexsort((random, layer)))
    return replace(order(net), gates=net, position=np.arange(len(gates), dtype=np.int32))


def failures(leaves: Array, number: int) -> list[Array]:
    return [leaves[np.random.default_rng([4, k]).random(len(leaves)) < DOWN] for k in range(number)]


def beside_rustworkx(gates: Gates, leaves: Array, ours: float) -> dict[str, Any]:
    """All that lies above the failed leaves, which is what rustworkx can say of a failure."""
    graph: rx.PyDiGraph[None, None] = rx.PyDiGraph(multigraph=True)
    user = np.repeat(np.arange(len(gates)), np.diff(gates.start))
    graph.add_nodes_from([None] * (len(gates) + 3))
    graph.extend_from_edge_list(list(zip(gates.inputs.tolist(), user.tolist(), strict=True)))
    seconds = []
    for k, failed in enumerate(failures(leaves, 3)):
        cause = len(gates) + k
        graph.extend_from_edge_list([(cause, int(leaf)) for leaf in failed])
        start = time.perf_counter()
        rx.descendants(graph, cause)
        seconds.append(time.perf_counter() - start)
    return against(
        f"gates: one alternative of {ALTERNATIVES:,}, {len(gates):,} nodes",
        ours, "rustworkx, descendants", statistics.median(seconds),
        "the peer treats every gate as AND; its graph was built beforehand",
    )  # fmt: skip


def beside_networkx() -> dict[str, Any]:
    """The same losses, passed from user to user through a networkx graph."""
    gates = shuffled(layered(NODES // 10, LINKS // 10))
    leaves = np.flatnonzero(np.diff(gates.start) == 0)
    ours = median(passes(order(gates), leaves))
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    user = np.repeat(np.arange(len(gates)), np.diff(gates.start)).tolist()
    graph.add_nodes_from(range(len(gates)))
    graph.add_weighted_edges_from(
        zip(gates.inputs.tolist(), user, gates.weights.tolist(), strict=True)
    )
    total = np.zeros(len(gates), dtype=np.int64)
    np.add.at(total, user, gates.weights)
    slack = (total - gates.threshold).tolist()
    seconds = []
    for failed in failures(leaves, 3):
        start = time.perf_counter()
        spread(graph, failed.tolist(), slack)
        seconds.append(time.perf_counter() - start)
    return against(
        f"gates: one alternative of {ALTERNATIVES:,}, {len(gates):,} nodes",
        ours, "networkx, losses passed on in Python", statistics.median(seconds),
        "a tenth of the net; the graph was built beforehand",
    )  # fmt: skip


def spread(graph: "nx.MultiDiGraph[int]", failed: list[int], slack: list[int]) -> set[int]:
    """All nodes that are down when some fail; slack is the weight that a node can lose."""
    left = dict[int, int]()
    down, waiting = set(failed), failed
    while waiting:
        for user, links in graph.adj[waiting.pop()].items():
            left[user] = left.get(user, slack[user]) - sum(
                link["weight"] for link in links.values()
            )
            if left[user] < 0 and user not in down:
                down.add(user)
                waiting.append(user)
    return down


def against(work: str, ours: float, peer: str, theirs: float, note: str) -> dict[str, Any]:
    share = ours / ALTERNATIVES
    return row(
        work, 1e6 * share, "microseconds", peer=peer, peer_value=1e6 * theirs, ratio=theirs / share,
        note=note,
    )  # fmt: skip


if __name__ == "__main__":
    for line in rows():
        print(line)
