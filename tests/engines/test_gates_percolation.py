"""Interdependent random networks: Buldyrev et al. 2010, Catastrophic cascade of failures.

Each of n networks joins the same things by its own random links. A thing works in a network if it
is joined there to the giant component and works in all other networks. "Joined to" is the engine's
least fixed point, "works in all others" its greatest. Twenty seeds stand for the giant component:
where there is none they reach next to nothing.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indranet.engines.gates import Gates, order, up

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

SEEDS = 20
DEGREE = 4.0


def links(random: np.random.Generator, things: int) -> Array:
    """Both directions of a random network's links, shape (2, links)."""
    ends = random.integers(0, things, (2, round(things * DEGREE / 2)))
    return np.concatenate([ends, ends[::-1]], axis=1)


def interdependent(networks: list[Array], things: int) -> Gates:
    """Nodes: things in all networks; what joins each in each network; things in each; a source."""
    n = len(networks)
    joined = things * (1 + np.arange(n))
    works = things * (1 + n + np.arange(n))
    source = things * (1 + 2 * n)
    thing = np.arange(things)
    owner, inputs = [], []

    def add(users: Array, used: Array) -> None:
        owner.append(users)
        inputs.append(used)

    for k, ends in enumerate(networks):
        add(thing, works[k] + thing)
        add(joined[k] + ends[0], works[k] + ends[1])
        add(joined[k] + thing[:SEEDS], np.full(SEEDS, source))
        add(works[k] + thing, joined[k] + thing)
        add(works[k] + thing, thing)
    users = np.concatenate(owner)
    turn = np.argsort(users, kind="stable")
    start = np.searchsorted(users[turn], np.arange(source + 2))
    threshold = np.ones(source + 1, dtype=np.int64)
    threshold[:things] = n
    threshold[works[0] : source] = 2
    threshold[source] = 0
    return Gates(
        threshold,
        start,
        np.concatenate(inputs)[turn].astype(np.int32),
        np.ones(len(users), dtype=np.int32),
        np.arange(source + 1) >= things,
    )


def survivors(
    seed: int, things: int, networks: int, kept: list[float]
) -> tuple[Bools, list[Array], Array]:
    """Which things work at each share kept, shape (things, shares); the networks; the removal."""
    random = np.random.default_rng(seed)
    nets = [links(random, things) for _ in range(networks)]
    rank = random.permutation(things)
    removed = [np.flatnonzero(rank >= share * things) for share in kept]
    states = up(
        order(interdependent(nets, things)),
        (np.cumsum([0] + [len(nodes) for nodes in removed]), np.concatenate(removed)),
        watch=np.arange(things),
    )
    bits = np.uint64(1) << np.arange(len(kept), dtype=np.uint64)
    return (states & bits).astype(np.bool_), nets, rank


def giant_of_all(nets: list[Array], alive: Bools) -> Bools:
    """The mutual giant component: strike what is outside the giant of each network in turn."""
    while True:
        before = alive.sum()
        for ends in nets:
            whole = alive[ends].all(axis=0)
            graph = coo_array(
                (np.ones(whole.sum(), dtype=np.int8), ends[:, whole]), shape=(len(alive),) * 2
            )
            label = connected_components(graph, directed=False)[1]
            alive = alive & (label == np.bincount(label[alive]).argmax())
        if alive.sum() == before:
            return alive


def expected(pk: float, networks: int) -> float:
    """Largest P with P = p (1 - exp(-k P))**n."""
    share = 1.0
    for _ in range(5000):
        share = pk / DEGREE * (1 - np.exp(-DEGREE * share)) ** networks
    return share


@pytest.fixture(scope="module")
def two_networks() -> Array:
    """Share of survivors of 4 pairs of networks of 100,000 at p k = 2.55 and 2.80, shape (4, 2)."""
    shares = [2.55 / DEGREE, 2.80 / DEGREE]
    return np.array([survivors(seed, 100_000, 2, shares)[0].mean(axis=0) for seed in range(4)])


def test_survivors_of_two_networks(two_networks: Array) -> None:
    assert expected(2.55, 2) == pytest.approx(0.4285, abs=5e-5)
    assert expected(2.80, 2) == pytest.approx(0.5576, abs=5e-5)
    assert two_networks.mean(axis=0) == pytest.approx([0.4285, 0.5576], abs=0.005)
    assert np.abs(two_networks - [0.4285, 0.5576]).max() < 0.012


@pytest.mark.parametrize("seed", [5])
def test_two_networks_fall_between_243_and_248(seed: int) -> None:
    shares = [2.43 / DEGREE, 2.48 / DEGREE]
    working, nets, rank = survivors(seed, 100_000, 2, shares)
    assert working.mean(axis=0)[0] < 0.001
    assert working.mean(axis=0)[1] > 0.3
    giant = giant_of_all(nets, rank < shares[1] * 100_000)
    assert (giant <= working[:, 1]).all()
    assert (working[:, 1] & ~giant).mean() < 0.001  # what hangs on a seed outside the giant


@pytest.mark.parametrize(
    ("networks", "critical"), [(1, 1.0), (2, 2.455407), (3, 3.089119), (4, 3.508901), (5, 3.822487)]
)
def test_more_networks_fall_sooner(networks: int, critical: float) -> None:
    """p_c k = least y / (1 - exp(-y))**n; the engine falls there as well."""
    y = np.linspace(1e-6, 20, 2_000_001)
    assert (y / (1 - np.exp(-y)) ** networks).min() == pytest.approx(critical, abs=2e-6)
    shares = [0.9 * critical / DEGREE, 1.04 * critical / DEGREE]
    working = survivors(1, 20_000, networks, shares)[0].mean(axis=0)
    assert working[0] < 0.02
    assert working[1] == pytest.approx(expected(1.04 * critical, networks), abs=0.03)
