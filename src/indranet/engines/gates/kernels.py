"""One pass over an ordered net settles a block of alternatives; what goes in and comes out of it.

Blocks run side by side; a row is never split.
"""

import numpy as np
from numba import njit

from indranet.engines.gates.bits import lowest, ones, prefetch
from indranet.engines.gates.cycles import settle_cycle
from indranet.engines.gates.rows import add_row, any_bit, find_lost
from indranet.engines.gates.work import (
    ALL,
    ALWAYS,
    ANY,
    DOWN,
    KEPT,
    LOST,
    NEVER,
    PLANES,
    SOME,
    Array,
    Base,
    Integer,
    Net,
    Work,
)

LINE = 8  # words in a cache line
AHEAD = 24  # links between asking for a row and reading it: about one memory latency
FEW = 64  # alternatives up to which adding one by one is faster than bit-sliced


@njit(cache=True, nogil=True, error_model="numpy")
def margins(net: Net, threshold: Array, code: Array, margin: Array, shape: Array) -> None:
    """Fill margin and shape of each node for a base state, both of shape (nodes,)."""
    for node in range(len(code)):
        total = np.int64(0)
        smallest = np.int64(1) << 30
        for e in range(net.start[node], net.start[node + 1]):
            if code[net.inputs[e]] != DOWN:
                total += net.weights[e]
                smallest = min(smallest, np.int64(net.weights[e]))
        left = total - threshold[node] + 1
        margin[node] = left
        if threshold[node] <= 0:
            shape[node] = NEVER
        elif left <= 0:
            shape[node] = ALWAYS
        elif left <= smallest:
            shape[node] = ANY
        elif left > total - smallest:
            shape[node] = ALL
        else:
            shape[node] = SOME


@njit(cache=True, nogil=True, error_model="numpy")
def solve(net: Net, base: Base, work: Work, fresh: bool) -> None:
    """Settle one block; `work` holds the nodes removed, as rows whose code is LOST.

    With `fresh` the base state is "all up", which need not be a state that the net can be in.
    """
    first = np.int64(0)
    cycles = len(net.cycle_first)
    for cycle in range(cycles + 1):
        last = net.cycle_first[cycle] if cycle < cycles else len(base.code)
        _plain(net, base, work, first, last)
        if cycle < cycles:
            settle_cycle(net, base, work, cycle, fresh)
            first = net.cycle_last[cycle]


@njit(cache=True, nogil=True, error_model="numpy")
def _plain(net: Net, base: Base, work: Work, first: Integer, last: Integer) -> None:
    """Settle the nodes from first to last, whose inputs are settled."""
    start, inputs, weights, shape, margin = (
        net.start,
        net.inputs,
        net.weights,
        base.shape,
        base.margin,
    )
    code, rows, total, scratch = work.code, work.rows, work.total, work.scratch
    words = len(total)
    links = start[last]
    end = start[first]
    for node in range(first, last):
        begin, end = end, start[node + 1]
        for e in range(begin + AHEAD, min(end + AHEAD, links)):
            prefetch(rows, inputs[e], 0)
            if words > LINE:
                prefetch(rows, inputs[e], LINE)
        known = code[node]
        if known == DOWN or not find_lost(
            begin, end, shape[node], margin[node], inputs, weights, code, rows, total, scratch
        ):
            continue
        if known == LOST:
            for word in range(words):
                rows[node, word] |= total[word]
        else:
            code[node] = LOST
            for word in range(words):
                rows[node, word] = total[word]


@njit(cache=True, nogil=True, error_model="numpy")
def remove(
    work: Work, position: Array, start: Array, nodes: Array, first: Integer, last: Integer
) -> None:
    """Enter the nodes removed in alternatives first to last into an empty block."""
    for alternative in range(first, last):
        word = (alternative - first) >> 6
        bit = np.uint64(1) << np.uint64((alternative - first) & 63)
        for e in range(start[alternative], start[alternative + 1]):
            node = position[nodes[e]]
            if work.code[node] == KEPT:
                work.code[node] = LOST
                for other in range(work.rows.shape[1]):
                    work.rows[node, other] = np.uint64(0)
            if work.code[node] == LOST:
                work.rows[node, word] |= bit


@njit(cache=True, nogil=True, error_model="numpy")
def read_up(work: Work, nodes: Array, bits: Integer, up: Array) -> None:
    """Write the states of nodes in the first `bits` alternatives, shape (nodes, words)."""
    for k in range(len(nodes)):
        code = work.code[nodes[k]]
        for word in range(up.shape[1]):
            state = ~np.uint64(0) if code != DOWN else np.uint64(0)
            if code == LOST:
                state = ~work.rows[nodes[k], word]
            rest = bits - (word << 6)
            if rest < 64:
                state &= (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
            up[k, word] = state


@njit(cache=True, nogil=True, error_model="numpy")
def add_lost(work: Work, nodes: Array, weights: Array, sums: Array) -> None:
    """Add weights, shape (nodes, sums), of what is lost to sums, shape (sums, alternatives)."""
    code, rows, carry = work.code, work.rows, work.total
    words = len(carry)
    planes = np.zeros((len(sums), PLANES, words), dtype=np.uint64)
    for k in range(len(nodes)):
        node = nodes[k]
        if code[node] != LOST:
            continue
        lost = 0
        for word in range(words):
            lost += ones(rows[node, word])
        for s in range(len(sums)):
            weight = weights[k, s]
            if weight == 0:
                continue
            if lost > FEW:
                _add_weight(planes[s], np.uint64(weight), rows, np.int64(node), carry)
                continue
            for word in range(words):
                bits = rows[node, word]
                while bits != np.uint64(0):
                    sums[s, (word << 6) + lowest(bits)] += weight
                    bits &= bits - np.uint64(1)
    for s in range(len(sums)):
        for plane in range(PLANES):
            for word in range(words):
                bits = planes[s, plane, word]
                while bits != np.uint64(0):
                    sums[s, (word << 6) + lowest(bits)] += np.int64(1) << plane
                    bits &= bits - np.uint64(1)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_weight(planes: Array, weight: Integer, rows: Array, row: Integer, carry: Array) -> None:
    """Add a weight, modulo 2**64, to the bit-sliced sums of the alternatives in one row."""
    words = len(carry)
    carry[:] = np.uint64(0)
    left = weight
    for plane in range(PLANES):
        if left == np.uint64(0) and not any_bit(carry):
            return
        if left & np.uint64(1):
            add_row(planes, plane, carry, rows, row)
        else:
            for word in range(words):
                old = planes[plane, word]
                planes[plane, word] = old ^ carry[word]
                carry[word] &= old
        left >>= np.uint64(1)


@njit(cache=True, nogil=True, error_model="numpy")
def count_lost(work: Work, nodes: Array, bits: Integer, counts: Array) -> None:
    """Add to counts in how many of the first `bits` alternatives each node is down."""
    for k in range(len(nodes)):
        code = work.code[nodes[k]]
        if code == DOWN:
            counts[k] += bits
        elif code == LOST:
            for word in range((bits + 63) >> 6):
                row = work.rows[nodes[k], word]
                rest = bits - (word << 6)
                if rest < 64:
                    row &= (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
                counts[k] += ones(row)
