"""Which alternatives have to do with each other: those that do not add up need no second look."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.gates.bits import lowest
from indranet.engines.gates.order import (
    Bools,
    Codes,
    Ints,
    Ordered,
    Words,
    check_range,
    frozen,
)
from indranet.engines.gates.states import Removed, rows_of, up
from indranet.engines.gates.work import Array, Integer

PAIRS = 65_536
"""Pairs that are listed at once."""


@dataclass(frozen=True, eq=False)
class Meetings:
    """What alternatives take down one by one, and which can take down more together.

    Attributes
    ----------
    lost
        uint64, shape (watched nodes, words); bit a is 1 where alternative a takes the node down.
    meets
        uint64, shape (alternatives, words); bit b of row a is 1 where a and b may take down more
        together than one by one. Where it is 0 they take down what either does, and no more.
    within
        uint64, shape (alternatives, words); bit b of row a is 1 where b takes down all that a
        removes: both together are then as b alone.
    """

    lost: Words
    meets: Words
    within: Words


def meetings(
    ordered: Ordered,
    removed: Removed,
    *,
    always: npt.ArrayLike = (),
    watch: npt.ArrayLike | None = None,
    executor: Executor | None = None,
) -> Meetings:
    """Find which alternatives can take down more together than one by one.

    Two alternatives meet at a node that both leave up if the inputs that one takes down and those
    that the other does weigh enough together to take the node down; in a circle with least nodes,
    wherever both take down inputs of nodes that they leave up. Where two do not meet, every node
    that both leave up keeps enough inputs when all falls that either takes down: so does the
    greatest fixed point. In a circle with least nodes, such nodes see losses of one of the two
    alone, and what holds them up under that one holds them up under both.

    Parameters
    ----------
    ordered, removed, always, watch, executor
        As for `up`. Memory is a few bits for each node and alternative, and for each two
        alternatives.

    Raises
    ------
    ValueError
        When a node or a row start is out of range.
    """
    start, nodes = rows_of(ordered, "removed", removed)
    alternatives = len(start) - 1
    # In one alternative more nothing is removed: what was up before.
    states = up(
        ordered, (np.append(start, start[-1]), nodes), always=always,
        watch=np.argsort(ordered.position), executor=executor,
    )  # fmt: skip
    bit = np.uint64(alternatives & 63)
    before = (states[:, alternatives >> 6] >> bit & np.uint64(1)) != 0
    every = np.full((alternatives + 63) // 64, ~np.uint64(0))
    if bit:
        every[-1] = (np.uint64(1) << bit) - np.uint64(1)
    lost = np.where(before[:, np.newaxis], ~states[:, : len(every)] & every, np.uint64(0))
    within = _within(start, ordered.position[nodes], lost, before, every)
    meets = np.zeros_like(within)
    gates, falls = ordered.gates, np.bitwise_or.reduce(lost, axis=1) != 0
    begins, least = _units(ordered)
    links = gates.start, gates.inputs, gates.weights
    _meet(gates.threshold, *links, begins, least, lost, falls, before, meets)
    _part(meets, within)
    if watch is None:
        return Meetings(lost[ordered.position], meets, within)
    watched = frozen("watch", watch, np.int32)
    check_range("watch", watched, 0, len(ordered) - 1)
    return Meetings(lost[ordered.position[watched]], meets, within)


def _within(start: Ints, nodes: Codes, lost: Words, before: Bools, every: Words) -> Words:
    """Return which alternatives take down all nodes of each, shape (alternatives, words)."""
    within = np.tile(every, (len(start) - 1, 1))
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        rows = np.where(before[nodes, np.newaxis], lost[nodes], every)
        within[filled] = np.bitwise_and.reduceat(rows, start[filled])
    return within


def _units(ordered: Ordered) -> tuple[Ints, Bools]:
    """Return where each circle with least nodes, and each other node, begins; which are circles.

    A least node that no circle of least nodes holds up counts as greatest: its two fixed points are
    one. The end of the nodes stands after the last beginning.
    """
    circles = np.flatnonzero(np.diff(ordered.group_start))
    begins = np.ones(len(ordered) + 1, dtype=np.bool_)
    for cycle in circles.tolist():
        begins[ordered.cycle_first[cycle] + 1 : ordered.cycle_last[cycle]] = False
    units = np.flatnonzero(begins)
    return units, np.isin(units[:-1], ordered.cycle_first[circles])


@njit(cache=True, nogil=True)
def _meet(
    threshold: Array,
    start: Array,
    inputs: Array,
    weights: Array,
    units: Array,
    least: Array,
    lost: Array,
    falls: Array,
    before: Array,
    meets: Array,
) -> None:
    """Set bit b of row a where alternatives a and b meet; what a does with itself is not told."""
    row = np.zeros(lost.shape[1], dtype=np.uint64)
    weight = np.zeros(len(meets), dtype=np.int64)
    hit = np.empty(len(meets), dtype=np.int64)
    for unit in range(len(units) - 1):
        hits: Integer = 0
        for node in range(units[unit], units[unit + 1]):
            if not before[node]:
                continue
            margin = 1 - threshold[node]
            for e in range(start[node], start[node + 1]):
                source = inputs[e]
                if before[source]:
                    margin += weights[e]
                if falls[source]:
                    hits = _weigh(lost[source], lost[node], weights[e], weight, hit, hits)
        if hits > 1:
            _pair_up(hit[:hits], weight, np.int64(0) if least[unit] else margin, row, meets)
        weight[hit[:hits]] = 0


@njit(cache=True, nogil=True)
def _weigh(
    source: Array, node: Array, gives: Integer, weight: Array, hit: Array, hits: Integer
) -> Integer:
    """Add what an input gives to the weight of each alternative that takes it and not the node."""
    for word in range(len(source)):
        bits = source[word] & ~node[word]
        while bits != np.uint64(0):
            a = (word << 6) + lowest(bits)
            bits &= bits - np.uint64(1)
            if weight[a] == 0:
                hit[hits] = a
                hits += 1
            weight[a] += gives
    return hits


@njit(cache=True, nogil=True)
def _pair_up(hit: Array, weight: Array, margin: Integer, row: Array, meets: Array) -> None:
    """Let those meet whose weights reach the margin together."""
    heaviest = second = np.int64(0)
    for a in hit:
        if weight[a] > heaviest:
            heaviest, second = weight[a], heaviest
        elif weight[a] > second:
            second = weight[a]
    if heaviest + second < margin:
        return
    hit = hit[np.argsort(weight[hit])]
    row[:] = np.uint64(0)
    left = len(hit)
    # Lightest first: the heavier an alternative is, the more of the others it meets.
    for a in hit:
        while left > 0 and weight[a] + weight[hit[left - 1]] >= margin:
            left -= 1
            b = hit[left]
            row[b >> 6] |= np.uint64(1) << np.uint64(b & 63)
        for word in range(len(row)):
            meets[a, word] |= row[word]


@njit(cache=True, nogil=True)
def _part(meets: Array, within: Array) -> None:
    """Clear the bits of an alternative and itself, and of those of which one is within another."""
    one = np.uint64(1)
    for a in range(len(meets)):
        meets[a, a >> 6] &= ~(one << np.uint64(a & 63))
        for word in range(meets.shape[1]):
            meets[a, word] &= ~within[a, word]
            bits = meets[a, word]
            while bits != np.uint64(0):
                shift = lowest(bits)
                bits &= bits - one
                if (within[(word << 6) + shift, a >> 6] >> np.uint64(a & 63)) & one:
                    meets[a, word] &= ~(one << np.uint64(shift))


def pair_blocks(table: Words) -> Iterator[tuple[Ints, Ints]]:
    """Yield the pairs a < b whose bit is set in a symmetric table, in order, some at a time.

    Parameters
    ----------
    table
        uint64, shape (alternatives, words), as `Meetings.meets`.

    Yields
    ------
    int64 a and b, each of shape (pairs,): rows together until they have `PAIRS` set bits.
    """
    total = np.cumsum(np.bitwise_count(table).sum(axis=1, dtype=np.int64))
    first = 0
    while first < len(table):
        done = int(total[first - 1]) if first else 0
        last = min(int(np.searchsorted(total, done + PAIRS)) + 1, len(table))
        yield _pairs(table[first:last], first, int(total[last - 1]) - done)
        first = last


@njit(cache=True, nogil=True)
def _pairs(rows: Array, first: int, at_most: int) -> tuple[Array, Array]:
    a, b = np.empty(at_most, dtype=np.int64), np.empty(at_most, dtype=np.int64)
    filled = 0
    for row in range(len(rows)):
        for word in range((first + row) >> 6, rows.shape[1]):
            bits = rows[row, word]
            while bits != np.uint64(0):
                other = (word << 6) + lowest(bits)
                bits &= bits - np.uint64(1)
                if other > first + row:
                    a[filled], b[filled] = first + row, other
                    filled += 1
    return a[:filled], b[:filled]


def joint(removed: tuple[Ints, Codes], a: Ints, b: Ints) -> tuple[Ints, Codes]:
    """Return what both alternatives of each pair remove, in compressed sparse rows.

    Parameters
    ----------
    removed
        Row starts of shape (alternatives + 1,) and the nodes that each alternative removes.
    a, b
        Alternatives, each of shape (pairs,).
    """
    start, nodes = picked(removed, np.stack([a, b], axis=1).ravel())
    return start[::2], nodes


def picked(rows: tuple[Ints, Codes], which: Ints) -> tuple[Ints, Codes]:
    """Return some of the rows of compressed sparse rows, in the order given."""
    start, nodes = rows
    count = np.diff(start)[which]
    ends = np.cumsum(count)
    place = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start[which] - ends + count, count)
    return np.append(0, ends), nodes[place]
