"""One gate, all alternatives of a block at once: which losses of its inputs take it down."""

import numpy as np
from numba import njit

from indranet.engines.gates.work import ALL, ALWAYS, ANY, DOWN, KEPT, LOST, SOME, Array, Integer


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def find_lost(
    first: Integer,
    last: Integer,
    shape: Integer,
    margin: Integer,
    inputs: Array,
    weights: Array,
    code: Array,
    rows: Array,
    total: Array,
    scratch: Array,
) -> bool:
    """Return whether inputs first to last take a node down anywhere; if so write where into total.

    Shape and margin are the node's of `Base`.
    """
    words = len(total)
    found = False
    if shape == ANY:
        for e in range(first, last):
            source = inputs[e]
            if code[source] != LOST:
                continue
            if found:
                for word in range(words):
                    total[word] |= rows[source, word]
            else:
                found = True
                for word in range(words):
                    total[word] = rows[source, word]
    elif shape == ALL:
        for e in range(first, last):
            source = inputs[e]
            if code[source] == KEPT:
                return False
            if code[source] == DOWN:
                continue
            if found:
                for word in range(words):
                    total[word] &= rows[source, word]
            else:
                found = True
                for word in range(words):
                    total[word] = rows[source, word]
        found = any_bit(total)
    elif shape == SOME:
        found = _some(first, last, margin, inputs, weights, code, rows, total, scratch)
    elif shape == ALWAYS:
        found = True
        for word in range(words):
            total[word] = ~np.uint64(0)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def any_bit(row: Array) -> bool:
    """Return whether any bit of a row is set."""
    bits = np.uint64(0)
    for word in range(len(row)):
        bits |= row[word]
    return bool(bits != np.uint64(0))


@njit(cache=True, nogil=True, error_model="numpy")
def _some(
    first: Integer,
    last: Integer,
    margin: Integer,
    inputs: Array,
    weights: Array,
    code: Array,
    rows: Array,
    total: Array,
    scratch: Array,
) -> bool:
    """Return whether lost inputs weigh the margin anywhere, and if so write where into total."""
    weight = np.int64(0)
    smallest, largest = np.int64(1) << 30, np.int64(0)
    for e in range(first, last):
        if code[inputs[e]] == LOST:
            weight += weights[e]
            smallest = min(smallest, np.int64(weights[e]))
            largest = max(largest, np.int64(weights[e]))
    if weight < margin:
        return False
    even = smallest == largest
    needed = (margin + smallest - 1) // smallest if even else margin
    bits = 0
    while (np.int64(1) << bits) <= needed:
        bits += 1
    # Counters start so far from overflow that they overflow when what is needed is reached.
    offset = (np.int64(1) << bits) - needed
    for word in range(len(total)):
        total[word] = np.uint64(0)
    for bit in range(bits):
        for word in range(len(total)):
            scratch[0, bit, word] = ~np.uint64(0) if (offset >> bit) & 1 else np.uint64(0)
    if even:
        _count(first, last, bits, inputs, code, rows, total, scratch)
    else:
        _weigh(first, last, bits, margin, inputs, weights, code, rows, total, scratch)
    return any_bit(total)


@njit(cache=True, nogil=True, error_model="numpy")
def add_row(planes: Array, bit: Integer, carry: Array, rows: Array, row: Integer) -> None:
    """Add carry and one row to a plane of the counters; carry becomes what overflows from it."""
    for word in range(len(carry)):
        one, other, plane = rows[row, word], carry[word], planes[bit, word]
        either = one ^ other
        planes[bit, word] = plane ^ either
        carry[word] = (one & other) | (plane & either)


@njit(cache=True, nogil=True, error_model="numpy")
def _ripple(planes: Array, bit: Integer, bits: Integer, carry: Array, total: Array) -> None:
    """Add carry to the counters from one plane upwards; overflow goes into total."""
    for plane in range(bit, bits):
        for word in range(len(carry)):
            old = planes[plane, word]
            planes[plane, word] = old ^ carry[word]
            carry[word] &= old
    for word in range(len(carry)):
        total[word] |= carry[word]


@njit(cache=True, nogil=True, error_model="numpy")
def _count(
    first: Integer,
    last: Integer,
    bits: Integer,
    inputs: Array,
    code: Array,
    rows: Array,
    total: Array,
    scratch: Array,
) -> None:
    """Count lost inputs; write into total where the counters overflow.

    Carry-save: two rows and a plane go in, the plane and one carry for the next plane come out, and
    a carry waits there for a second one.
    """
    planes, parked, carry = scratch[0], scratch[1], scratch[2, 0]
    waiting = np.int64(-1)
    pairs = 0
    for e in range(first, last):
        source = np.int64(inputs[e])
        if code[source] != LOST:
            continue
        if waiting < 0:
            waiting = source
            continue
        for word in range(len(carry)):
            carry[word] = rows[waiting, word]
        add_row(planes, np.int64(0), carry, rows, source)
        waiting = np.int64(-1)
        pairs += 1
        bit, turn = np.int64(1), pairs
        while bit < bits and turn & 1 == 0:
            add_row(planes, bit, carry, parked, bit)
            bit += 1
            turn >>= 1
        if bit == bits:
            for word in range(len(carry)):
                total[word] |= carry[word]
        else:
            for word in range(len(carry)):
                parked[bit, word] = carry[word]
    for plane in range(bits):
        if plane == 0 and waiting >= 0:
            for word in range(len(carry)):
                carry[word] = rows[waiting, word]
        elif plane > 0 and (pairs >> (plane - 1)) & 1:
            for word in range(len(carry)):
                carry[word] = parked[plane, word]
        else:
            continue
        _ripple(planes, plane, bits, carry, total)


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh(
    first: Integer,
    last: Integer,
    bits: Integer,
    margin: Integer,
    inputs: Array,
    weights: Array,
    code: Array,
    rows: Array,
    total: Array,
    scratch: Array,
) -> None:
    """Sum the weights of lost inputs; write into total where the counters overflow."""
    planes, carry = scratch[0], scratch[2, 0]
    for e in range(first, last):
        if code[inputs[e]] != LOST:
            continue
        # A weight above the margin does no more than the margin would, and fits the counters.
        weight = min(np.int64(weights[e]), margin)
        for word in range(len(carry)):
            carry[word] = np.uint64(0)
        bit = np.int64(0)
        while weight:
            if weight & 1:
                add_row(planes, bit, carry, rows, np.int64(inputs[e]))
            else:
                for word in range(len(carry)):
                    old = planes[bit, word]
                    planes[bit, word] = old ^ carry[word]
                    carry[word] &= old
            bit += 1
            weight >>= 1
        _ripple(planes, bit, bits, carry, total)
