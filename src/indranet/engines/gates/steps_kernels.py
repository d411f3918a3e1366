"""One draw of a net that goes in steps: rows of instants, one bit each."""

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from indranet.engines.gates.bits import ones
from indranet.engines.gates.draws import fraction, stream, uniform
from indranet.engines.gates.rows import any_bit, find_lost
from indranet.engines.gates.timed_kernels import (
    DONE,
    LOGGED,
    Net,
    State,
    force,
    meet,
    run,
    settle,
)
from indranet.engines.gates.work import DOWN, KEPT, LOST, Array, Integer

ALL = ~np.uint64(0)


class Memory(NamedTuple):
    """Memory of one worker: `code` (nodes,), `rows` (nodes, words) and scratch."""

    code: Array
    rows: Array
    total: Array  # (words,) the row being made
    scratch: Array  # (3, planes, words) counters


@njit(cache=True, nogil=True, error_model="numpy")
def plain(
    start: Array,
    inputs: Array,
    weights: Array,
    shape: Array,
    margin: Array,
    delay: Array,
    memory: Memory,
    first: Integer,
    last: Integer,
) -> None:
    """Settle the nodes from first to last, whose inputs are settled."""
    code, rows, total, scratch = memory.code, memory.rows, memory.total, memory.scratch
    for node in range(first, last):
        known = code[node]
        if known == DOWN:
            continue
        begin, end = start[node], start[node + 1]
        if delay[node]:
            source = np.int64(inputs[begin])
            if code[source] != LOST:
                continue
            _erode(rows[source], np.int64(delay[node]), total)
            found = any_bit(total)
        else:
            found = find_lost(
                begin, end, shape[node], margin[node], inputs, weights, code, rows, total, scratch
            )
        if not found:
            continue
        if known == LOST:
            for word in range(len(total)):
                rows[node, word] |= total[word]
        else:
            code[node] = LOST
            for word in range(len(total)):
                rows[node, word] = total[word]


@njit(cache=True, nogil=True, error_model="numpy")
def _erode(row: Array, steps: Integer, out: Array) -> None:
    """Write where a row is set, and was at so many instants before as well."""
    words = len(row)
    for word in range(words):
        out[word] = row[word]
    have = np.int64(1)
    while have < steps + 1:
        by = min(have, steps + 1 - have)
        have += by
        far, near = by >> 6, by & 63
        if far >= words:
            for word in range(words):
                out[word] = np.uint64(0)
            return
        for word in range(words - 1, -1, -1):
            earlier = np.uint64(0)
            if word - far >= 0:
                earlier = out[word - far] << np.uint64(near)
                if near and word - far - 1 >= 0:
                    earlier |= out[word - far - 1] >> np.uint64(64 - near)
            out[word] &= earlier


@njit(cache=True, nogil=True, error_model="numpy")
def _open(memory: Memory, node: Integer) -> None:
    """Let a node have a row of its own, empty unless it has one."""
    if memory.code[node] == KEPT:
        memory.code[node] = LOST
        for word in range(memory.rows.shape[1]):
            memory.rows[node, word] = np.uint64(0)


@njit(cache=True, nogil=True, error_model="numpy")
def _mark(row: Array, first: Integer, last: Integer, down: bool) -> None:
    """Set or clear the bits from first to last."""
    if first >= last:
        return
    for word in range(first >> 6, ((last - 1) >> 6) + 1):
        mask = ALL
        if word == first >> 6:
            mask &= ALL << np.uint64(first & 63)
        if word == (last - 1) >> 6:
            mask &= ALL >> np.uint64(63 - ((last - 1) & 63))
        if down:
            row[word] |= mask
        else:
            row[word] &= ~mask


@njit(cache=True, nogil=True, error_model="numpy")
def take(memory: Memory, nodes: Array, first: Integer, last: Integer) -> None:
    """Hold nodes down from one instant to another."""
    for k in range(len(nodes)):
        node = np.int64(nodes[k])
        _open(memory, node)
        if memory.code[node] == LOST:
            _mark(memory.rows[node], first, last, True)


@njit(cache=True, nogil=True, error_model="numpy")
def fail(
    memory: Memory,
    position: Array,
    gate: Array,
    mean_up: Array,
    mean_down: Array,
    fixed: Array,
    key: Array,
    units: Array,
    seed: Any,
    draw: Any,
    steps: Integer,
    hours: float,
) -> None:
    """Enter the failures of some units, which wait for nobody; numbers are drawn as in `timed`."""
    end = steps * hours
    for k in range(len(units)):
        one = np.int64(units[k])
        low, high = stream(seed, key[one], draw)
        counter = np.uint64(0)
        now = -math.log(fraction(uniform(low, high, counter))) * mean_up[one]
        node = np.int64(position[gate[one]])
        while now < end:
            length = mean_down[one]
            if not fixed[one]:
                counter += np.uint64(1)
                length *= -math.log(fraction(uniform(low, high, counter)))
            first = np.int64(math.ceil(now / hours - 1e-9))
            last = np.int64(math.ceil(min(now + length, end) / hours - 1e-9))
            if first < last:
                _open(memory, node)
                if memory.code[node] == LOST:
                    _mark(memory.rows[node], first, last, True)
            counter += np.uint64(1)
            now += length - math.log(fraction(uniform(low, high, counter))) * mean_up[one]


@njit(cache=True, nogil=True)
def _note(state: State, memory: Memory, places: Array, steps: Integer, hours: float) -> None:
    """Enter what a course has logged into the rows of its nodes, and empty the log."""
    for k in range(state.counts[LOGGED]):
        node = np.int64(places[state.log_what[k]])
        first = np.int64(math.ceil(state.log_hour[k] / hours - 1e-9))
        down = state.log_up[k] == 0
        if down:
            _open(memory, node)
        if memory.code[node] == LOST and first < steps:
            _mark(memory.rows[node], first, steps, down)
    state.counts[LOGGED] = 0


@njit(cache=True, nogil=True)
def follow(
    net: Net, state: State, memory: Memory, places: Array, steps: Integer, hours: float
) -> None:
    """Go through a course and enter what its nodes do into the rows of others."""
    while run(net, state, steps * hours, len(places)) != DONE:
        _note(state, memory, places, steps, hours)
    _note(state, memory, places, steps, hours)


@njit(cache=True, nogil=True)
def circle(
    net: Net,
    state: State,
    memory: Memory,
    members: Array,
    outside: Array,
    steps: Integer,
    hours: float,
) -> None:
    """Move a circle from change to change of what it reads, and of what holds its nodes down.

    The first nodes of its net are the members, the others what it reads from outside.
    """
    nodes = len(members) + len(outside)
    words = memory.rows.shape[1]
    place = np.empty(nodes, dtype=np.int64)
    count = 0
    for k in range(nodes):
        node = np.int64(members[k] if k < len(members) else outside[k - len(members)])
        if memory.code[node] == LOST:
            place[count] = k
            count += 1
    if count == 0:
        return
    told = np.empty((count, words), dtype=np.uint64)
    for j in range(count):
        k = place[j]
        node = np.int64(members[k] if k < len(members) else outside[k - len(members)])
        for word in range(words):
            told[j, word] = memory.rows[node, word]
        if k < len(members):
            memory.code[node] = KEPT
    for word in range(words):
        moved = np.uint64(0)
        for j in range(count):
            moved |= _turns(told[j], word)
        while moved != np.uint64(0):
            bit = _lowest(moved)
            moved &= moved - np.uint64(1)
            step = (word << 6) + bit
            if step >= steps:
                break
            while run(net, state, step * hours, len(members)) != DONE:
                _note(state, memory, members, steps, hours)
            meet(net, state, step * hours)
            for j in range(count):
                if (_turns(told[j], word) >> np.uint64(bit)) & np.uint64(1):
                    down = (told[j, word] >> np.uint64(bit)) & np.uint64(1)
                    force(state, place[j], 1 if down else -1)
            if state.counts[LOGGED] + len(members) > len(state.log_hour):
                _note(state, memory, members, steps, hours)
            settle(net, state)
    while run(net, state, steps * hours, len(members)) != DONE:
        _note(state, memory, members, steps, hours)
    _note(state, memory, members, steps, hours)


@njit(cache=True, nogil=True, error_model="numpy")
def _turns(row: Array, word: Integer) -> Any:
    """Return at which instants of a word a row is other than at the instant before."""
    before = row[word - 1] >> np.uint64(63) if word else np.uint64(0)
    return row[word] ^ ((row[word] << np.uint64(1)) | before)


@njit(cache=True, nogil=True, error_model="numpy")
def _lowest(word: Any) -> Any:
    return ones((word & (~word + np.uint64(1))) - np.uint64(1))


@njit(cache=True, nogil=True, error_model="numpy")
def add_lost(
    memory: Memory,
    position: Array,
    weights: Array,
    steps: Integer,
    per_period: Integer,
    hours: float,
    tally: Array,
) -> None:
    """Add hours lost in each period, weighed by node and sum."""
    for node in range(len(position)):
        place = np.int64(position[node])
        if memory.code[place] != LOST:
            continue
        counted = False
        for s in range(weights.shape[1]):
            counted |= weights[node, s] != 0.0
        if not counted:
            continue
        row = memory.rows[place]
        for period in range(len(tally)):
            first = period * per_period
            last = min(first + per_period, steps)
            lost = 0
            for word in range(first >> 6, ((last - 1) >> 6) + 1):
                bits = row[word]
                if bits == np.uint64(0):
                    continue
                if word == first >> 6:
                    bits &= ALL << np.uint64(first & 63)
                if word == (last - 1) >> 6:
                    bits &= ALL >> np.uint64(63 - ((last - 1) & 63))
                lost += ones(bits)
            if lost:
                for s in range(weights.shape[1]):
                    tally[period, s] += weights[node, s] * lost * hours


@njit(cache=True, nogil=True, error_model="numpy")
def count_changes(memory: Memory, places: Array, steps: Integer) -> int:
    """Return how often nodes change."""
    count = 0
    for k in range(len(places)):
        place = np.int64(places[k])
        if memory.code[place] != LOST:
            continue
        row = memory.rows[place]
        for word in range(len(row)):
            turns = _turns(row, word)
            rest = steps - (word << 6)
            if rest < 64:
                turns &= (np.uint64(1) << np.uint64(rest)) - np.uint64(1)
            count += ones(turns)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def read_changes(
    memory: Memory,
    places: Array,
    what: Array,
    steps: Integer,
    hours: float,
    hour: Array,
    thing: Array,
    up: Array,
) -> None:
    """Write the changes of nodes, each node's together."""
    at = 0
    for k in range(len(places)):
        place = np.int64(places[k])
        if memory.code[place] != LOST:
            continue
        row = memory.rows[place]
        for word in range(len(row)):
            turns = _turns(row, word)
            while turns != np.uint64(0):
                bit = _lowest(turns)
                turns &= turns - np.uint64(1)
                step = (word << 6) + bit
                if step >= steps:
                    break
                hour[at] = step * hours
                thing[at] = what[k]
                up[at] = np.uint8(1) - np.uint8((row[word] >> np.uint64(bit)) & np.uint64(1))
                at += 1
