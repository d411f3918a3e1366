"""Interdependent random networks: Buldyrev et al. 2010, Catastrophic cascade of failures.

Each of n networks joins the same things by its own random links. A thing works in a network if it
is joined there to the giant component and works in all other networks. "Joined to" is the engine's
least fixed point, "works in all others" its greatest. Twenty seeds stand for the giant component:
where there is none they reach next to nothing.
"""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indranet.engines.gates import Gates, order, up

SEEDS = 20
DEGREE = 4.0


def links(random: np.random.Generator, things: int, degree: float) -> np.ndarray:
    """Both directions of a random network's links, shape (2, links)."""
    ends = random.integers(0, things, (2, round(things * degree / 2)))
    return np.concatenate([ends, ends[::-1]], axis=1)


def interdependent(networks: list[np.ndarray], things: int) -> Gates:
    """Nodes: each thing in all networks, then for each network what joins it and itself, a source."""
    n = len(networks)
    joined = things * (1 + np.arange(n))
    works = things * (1 + n + np.arange(n))
    source = things * (1 + 2 * n)
    thing = np.arange(things)
    owner, inputs = [], []

    def add(users: np.ndarray, used: np.ndarray) -> None:
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
    seed: int, things: int, networks: int, degree: float, kept: list[float]
) -> tuple[list[float], list[np.ndarray], np.ndarray]:
    """Share of things that work at each share kept; the networks; the order of removal."""
    random = np.random.default_rng(seed)
    nets = [links(random, things, degree) for _ in range(networks)]
    rank = random.permutation(things)
    removed = [np.flatnonzero(rank >= share * things) for share in kept]
    states = up(
        order(interdependent(nets, things)),
        (np.cumsum([0] + [len(nodes) for nodes in removed]), np.concatenate(removed)),
        watch=np.arange(things),
    )
    return (
        [float((states >> np.uint64(a) & np.uint64(1)).mean()) for a in range(len(kept))],
        nets,
        rank,
    )


def test_two_networks() -> None:
    """Survivors at p k = 2.55 and 2.80; none at 2.43, always some at 2.48."""
    pk = np.array([2.43, 2.48, 2.55, 2.80])
    shares = [survivors(seed, 100_000, 2, DEGREE, list(pk / DEGREE))[0] for seed in range(8)]
    none, some, low, high = np.array(shares).T
    assert (none < 0.01).all()
    assert (some > 0.3).all()
    assert low.mean() == pytest.approx(0.4285, abs=0.005)
    assert high.mean() == pytest.approx(0.5576, abs=0.005)
    assert np.abs(low - 0.4285).max() < 0.012
    assert np.abs(high - 0.5576).max() < 0.012
