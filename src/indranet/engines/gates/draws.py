"""Random failures that hang on who fails and which draw it is, and on nothing else."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.gates.order import Words, frozen
from indranet.engines.gates.work import Array

BLOCK = 1024
"""Draws that are made together."""
RARE = 1e-3
"""Probability below which draws are skipped over instead of looked at."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SECOND = np.uint64(0xD1342543DE82EF95)


def draw(
    probability: npt.ArrayLike,
    keys: npt.ArrayLike,
    seed: int,
    first_draw: int,
    draws: int,
) -> Words:
    """Draw which leaves are down.

    Bit d of a leaf depends on its probability, its key, the seed and `first_draw` + d alone. Each
    draw compares a uniform number of 64 bits with the probability, 64 draws at a time from the
    highest bit down until all are decided; below 1e-3 the gaps between failures are drawn instead
    (geometric), anew in every 1,024 draws. Uniform words are the SplitMix64 finaliser (Steele, Lea
    & Flood 2014, Fast splittable pseudorandom number generators), twice, of a counter.

    Parameters
    ----------
    probability
        Probability of being down, shape (leaves,); 0 is never, 1 always.
    keys
        uint64, shape (leaves,): a hash of the leaf's identifier.
    seed
        Any integer, taken modulo 2**64.
    first_draw, draws
        First draw, a multiple of 1,024, and number of draws.

    Returns
    -------
    uint64, shape (leaves, ceil(draws / 64)); bit d % 64 of word d // 64 is 1 where the leaf is down
    in draw `first_draw` + d, unused bits 0.

    Raises
    ------
    ValueError
        When a probability lies outside 0 to 1, lengths disagree, or `first_draw` is no multiple of
        1,024.
    """
    chances, names = check_chances(probability, keys)
    if first_draw < 0 or first_draw % BLOCK or draws < 0:
        raise ValueError(f"first_draw must be a multiple of {BLOCK}, draws 0 or more")
    words = (draws + 63) // 64
    down = np.zeros((len(chances), words), dtype=np.uint64)
    _draw(chances, names, seed_word(seed), first_draw // BLOCK, down)
    if draws % 64:
        down[:, -1] &= np.uint64((1 << draws % 64) - 1)
    return down


def check_chances(probability: npt.ArrayLike, keys: npt.ArrayLike) -> tuple[Array, Words]:
    """Return probabilities and keys as arrays.

    Raises
    ------
    ValueError
        When a probability lies outside 0 to 1, or lengths disagree.
    """
    chances = frozen("probability", probability, np.float64)
    names = frozen("keys", keys, np.uint64)
    if len(chances) != len(names):
        raise ValueError("probability and keys: one each for every leaf")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("probability: values must lie from 0 to 1")
    return chances, names


def seed_word(seed: int) -> np.uint64:
    """Return the seed as the word that kernels take."""
    return np.uint64(seed % 2**64)


@njit(cache=True, nogil=True)
def _draw(probability: Array, keys: Array, seed: Any, block: int, down: Array) -> None:
    row = np.empty(BLOCK // 64, dtype=np.uint64)
    for leaf in range(len(keys)):
        for word in range(down.shape[1]):
            if word % len(row) == 0:
                draw_block(probability[leaf], keys[leaf], seed, block + word // len(row), row)
            down[leaf, word] = row[word % len(row)]


@njit(cache=True, nogil=True)
def draw_block(probability: float, key: Any, seed: Any, block: int, row: Array) -> bool:
    """Fill row with the first draws of a block of 1,024; return whether any bit is set."""
    row[:] = np.uint64(0)
    if probability <= 0.0:
        return False
    if probability >= 1.0:
        row[:] = ~np.uint64(0)
        return True
    low = _mix(_mix(seed + GOLDEN) ^ key)
    high = _mix(low + SECOND)
    if probability < RARE:
        return _skip(probability, low, high, block, row)
    limit = np.uint64(probability * 18446744073709551616.0)
    found = np.uint64(0)
    for word in range(len(row)):
        counter = np.uint64(block * BLOCK + word * 64)
        down, undecided, rest = np.uint64(0), ~np.uint64(0), limit
        # Bit by bit from the highest: a uniform number falls below the limit where it has the
        # first 0 against a 1.
        while undecided != np.uint64(0) and rest != np.uint64(0):
            random = uniform(low, high, counter)
            if rest >> np.uint64(63):
                down |= undecided & ~random
                undecided &= random
            else:
                undecided &= ~random
            rest <<= np.uint64(1)
            counter += np.uint64(1)
        row[word] = down
        found |= down
    return bool(found != np.uint64(0))


@njit(cache=True, nogil=True)
def _skip(probability: float, low: Any, high: Any, block: int, row: Array) -> bool:
    """Set the bits of the failures in one block, jumping from one to the next."""
    scale = 1.0 / math.log1p(-probability)
    counter = np.uint64(block * BLOCK)
    place = -1.0
    found = False
    while True:
        place += 1.0 + np.floor(math.log(fraction(uniform(low, high, counter))) * scale)
        if place >= 64 * len(row):
            return found
        found = True
        bit = np.int64(place)
        row[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
        counter += np.uint64(1)


@njit(cache=True, nogil=True)
def stream(seed: Any, key: Any, salt: Any) -> tuple[Any, Any]:
    """Return the two words that make a stream of random numbers: of a seed, a key and a salt."""
    low = _mix(_mix(_mix(seed + GOLDEN) ^ key) + salt * GOLDEN)
    return low, _mix(low + SECOND)


@njit(cache=True, nogil=True)
def fraction(word: Any) -> float:
    """Return a random word as a number between 0 and 1, neither of them."""
    return float((np.float64(word >> np.uint64(11)) + 0.5) * 2.0**-53)


@njit(cache=True, nogil=True)
def uniform(low: Any, high: Any, counter: Any) -> Any:
    """Return word number `counter` of a stream."""
    return _mix(_mix(low + counter * GOLDEN) + high)


@njit(cache=True, nogil=True)
def _mix(word: Any) -> Any:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
