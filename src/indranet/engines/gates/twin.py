"""The same answers in plain NumPy, one alternative at a time: slow, and short enough to trust."""

import math

import numpy as np

from indranet.engines.gates.order import Bools, Gates, Ints

MASK = 2**64 - 1


def up_twin(gates: Gates, removed: Bools, least_everywhere: bool = False) -> Bools:
    """Find which nodes are up in each alternative, as nu X. mu Y over the whole net.

    Parameters
    ----------
    gates
        The net.
    removed
        bool, shape (alternatives, nodes).
    least_everywhere
        Take the least fixed point of all nodes.

    Returns
    -------
    bool, shape (alternatives, nodes).
    """
    least = gates.least | least_everywhere
    return np.array([_settle(gates, gone, least) for gone in removed]).reshape(removed.shape)


def _settle(gates: Gates, gone: Bools, least: Bools) -> Bools:
    greatest = np.ones(len(gates), dtype=np.bool_)
    while True:
        state = np.where(least, False, greatest)
        while True:
            risen = np.where(least, _step(gates, gone, state), greatest)
            if (risen == state).all():
                break
            state = risen
        fallen = np.where(least, state, _step(gates, gone, state))
        if (fallen == state).all():
            return state
        greatest = fallen


def _step(gates: Gates, gone: Bools, state: Bools) -> Bools:
    owner = np.repeat(np.arange(len(gates)), np.diff(gates.start))
    weight = np.zeros(len(gates), dtype=np.int64)
    np.add.at(weight, owner, np.where(state[gates.inputs], gates.weights, 0))
    enough: Bools = weight >= gates.threshold
    return enough & ~gone


def lost_twin(gates: Gates, removed: Bools, weights: Ints, always: Bools) -> Ints:
    """Sum the weights, shape (nodes, sums), of what each alternative takes down, exactly.

    `removed` is bool of shape (alternatives, nodes), `always` of shape (nodes,).
    """
    before = up_twin(gates, always[np.newaxis])
    after = up_twin(gates, removed | always)
    return (before & ~after).astype(np.int64) @ weights


def draw_twin(probability: float, key: int, seed: int, first_draw: int, draws: int) -> Bools:
    """Draw in which draws one leaf is down, shape (draws,); see `draw`."""
    low = _mix(_mix(seed % 2**64 + 0x9E3779B97F4A7C15) ^ key)
    high = _mix(low + 0xD1342543DE82EF95)

    def uniform(counter: int) -> int:
        return _mix(_mix(low + counter * 0x9E3779B97F4A7C15) + high)

    down = np.zeros(-(-draws // 1024) * 1024, dtype=np.bool_)
    if probability >= 1:
        down[:] = True
    elif probability >= 1e-3:
        for first in range(0, len(down), 64):
            words = [uniform(first_draw + first + bit) for bit in range(64)]
            for place in range(64):
                number = sum((words[bit] >> place & 1) << (63 - bit) for bit in range(64))
                down[first + place] = number < int(probability * 2**64)
    elif probability > 0:
        for first in range(0, len(down), 1024):
            place, jump = -1, 0
            while place < 1024:
                chance = ((uniform(first_draw + first + jump) >> 11) + 0.5) * 2.0**-53
                gap = math.log(chance) * (1 / math.log1p(-probability))
                place += 1 + math.floor(min(gap, 1024))
                jump += 1
                if place < 1024:
                    down[first + place] = True
    return down[:draws]


def _mix(word: int) -> int:
    word &= MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31
