"""The passes over an ordered net, many alternatives at once.

A row holds for one node a bit for each alternative: 1 where the node is lost, which means up in the
base state and down in the alternative. Rows of nodes that lose nothing are neither written nor
read; `code` says which those are. Blocks of alternatives run side by side, rows are never split.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.gates.bits import highest, lowest, ones, prefetch

Array = npt.NDArray[Any]

# What is known of a node in this block.
KEPT = np.uint8(0)  # up in the base state and in every alternative
LOST = np.uint8(1)  # up in the base state, lost in some alternative: its row counts
DOWN = np.uint8(2)  # down in the base state, hence in every alternative

# What takes a node down, given the base state.
NEVER = np.uint8(0)
ANY = np.uint8(1)  # the loss of any input that was up
ALL = np.uint8(2)  # the loss of all of them
SOME = np.uint8(3)  # the loss of a certain weight of them
ALWAYS = np.uint8(4)

# Which users of a node are told that it changed.
ALL_USERS = np.uint8(0)
INSIDE = np.uint8(1)  # those in its group
OUTSIDE = np.uint8(2)

PLANES = 64  # bits of a counter: no sum of weights needs more
LINE = 8  # words in a cache line
AHEAD = 24  # links between asking for a row and reading it: about one memory latency
FEW = 64  # alternatives up to which adding one by one is faster than bit-sliced


OUTER = {"cache": True, "nogil": True, "error_model": "numpy"}
INNER = {**OUTER, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # half the compile time


class Net(NamedTuple):
    """The arrays of an ordered net; see `Ordered`."""

    start: Array
    inputs: Array
    weights: Array
    cycle_first: Array
    cycle_last: Array
    member: Array
    user_start: Array
    users: Array
    group_of: Array
    group_first: Array
    group_last: Array
    group_start: Array


class Base(NamedTuple):
    """The state that alternatives are compared with.

    `code` (uint8, KEPT or DOWN), `margin` (int64, lost weight of inputs that takes the node down)
    and `shape` (uint8, NEVER to ALWAYS), each of shape (nodes,).
    """

    code: Array
    margin: Array
    shape: Array


class Work(NamedTuple):
    """Memory of one worker: `code` (nodes,), `rows` (nodes, words) and scratch."""

    code: Array
    rows: Array
    total: Array  # (words,) the row being made
    scratch: Array  # (3, PLANES, words) counters; carries that wait for a second one; a carry
    pending: Array  # nodes of the cycle to be looked at, one bit each
    bounds: Array  # (2,) first and last word of pending that may hold a bit
    forced: Array  # nodes of the cycle's groups that are removed somewhere
    removed: Array  # their rows
    before: Array  # rows of the group as they were
    queue: Array  # groups of the cycle to be looked at
    queued: Array
    queue_bounds: Array  # (2,) next to look at, number waiting


@njit(**OUTER)
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


@njit(**OUTER)
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
            _cycle(net, base, work, cycle, fresh)
            first = net.cycle_last[cycle]


@njit(**INNER)
def _plain(net: Net, base: Base, work: Work, first: int, last: int) -> None:
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
    for node in range(first, last):
        for e in range(start[node] + AHEAD, min(start[node + 1] + AHEAD, links)):
            prefetch(rows, inputs[e], 0)
            if words > LINE:
                prefetch(rows, inputs[e], LINE)
        known = code[node]
        if known == DOWN:
            continue
        if not _lost(node, start, inputs, weights, shape, margin, code, rows, total, scratch):
            continue
        if known == LOST:
            for word in range(words):
                rows[node, word] |= total[word]
        else:
            code[node] = LOST
            for word in range(words):
                rows[node, word] = total[word]


@njit(**INNER, forceinline=True)
def _lost(
    node: int,
    start: Array,
    inputs: Array,
    weights: Array,
    shape: Array,
    margin: Array,
    code: Array,
    rows: Array,
    total: Array,
    scratch: Array,
) -> bool:
    """Return whether the node's inputs take it down anywhere, and if so write where into total."""
    words = len(total)
    kind = shape[node]
    found = False
    if kind == ANY:
        for e in range(start[node], start[node + 1]):
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
    elif kind == ALL:
        for e in range(start[node], start[node + 1]):
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
        found = _any(total)
    elif kind == SOME:
        found = _some(
            start[node], start[node + 1], margin[node], inputs, weights, code, rows, total, scratch
        )
    elif kind == ALWAYS:
        found = True
        for word in range(words):
            total[word] = ~np.uint64(0)
    return found


@njit(**INNER)
def _any(row: Array) -> bool:
    bits = np.uint64(0)
    for word in range(len(row)):
        bits |= row[word]
    return bits != np.uint64(0)


@njit(**INNER)
def _some(
    first: int,
    last: int,
    margin: int,
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
    return _any(total)


@njit(**INNER)
def _add(planes: Array, bit: int, carry: Array, rows: Array, row: int) -> None:
    """Add carry and one row to a plane of the counters; carry becomes what overflows from it."""
    for word in range(len(carry)):
        one, other, plane = rows[row, word], carry[word], planes[bit, word]
        either = one ^ other
        planes[bit, word] = plane ^ either
        carry[word] = (one & other) | (plane & either)


@njit(**INNER)
def _ripple(planes: Array, bit: int, bits: int, carry: Array, total: Array) -> None:
    """Add carry to the counters from one plane upwards; overflow goes into total."""
    for plane in range(bit, bits):
        for word in range(len(carry)):
            old = planes[plane, word]
            planes[plane, word] = old ^ carry[word]
            carry[word] &= old
    for word in range(len(carry)):
        total[word] |= carry[word]


@njit(**INNER)
def _count(
    first: int,
    last: int,
    bits: int,
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
        _add(planes, np.int64(0), carry, rows, source)
        waiting = np.int64(-1)
        pairs += 1
        bit, turn = np.int64(1), pairs
        while bit < bits and turn & 1 == 0:
            _add(planes, bit, carry, parked, bit)
            bit += 1
            turn >>= 1
        if bit == bits:
            for word in range(len(carry)):
                total[word] |= carry[word]
        else:
            for word in range(len(carry)):
                parked[bit, word] = carry[word]
    for bit in range(bits):
        if bit == 0 and waiting >= 0:
            for word in range(len(carry)):
                carry[word] = rows[waiting, word]
        elif bit > 0 and (pairs >> (bit - 1)) & 1:
            for word in range(len(carry)):
                carry[word] = parked[bit, word]
        else:
            continue
        _ripple(planes, bit, bits, carry, total)


@njit(**INNER)
def _weigh(
    first: int,
    last: int,
    bits: int,
    margin: int,
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
                _add(planes, bit, carry, rows, np.int64(inputs[e]))
            else:
                for word in range(len(carry)):
                    old = planes[bit, word]
                    planes[bit, word] = old ^ carry[word]
                    carry[word] &= old
            bit += 1
            weight >>= 1
        _ripple(planes, bit, bits, carry, total)


@njit(**INNER)
def _cycle(net: Net, base: Base, work: Work, cycle: int, fresh: bool) -> None:
    """Settle one cycle: nodes of groups at their least, the rest at their greatest fixed point.

    The rest falls from the base state, and a group is found again from all down whenever what it
    stands on fell, until nothing changes. A least node outside every group has one value for given
    inputs, so its greatest fixed point is its least one.
    """
    _open(net, work, cycle, fresh)
    step = np.int64(1)
    group = np.int64(-1)
    while True:
        while work.bounds[0] <= work.bounds[1]:
            _sweep(net, base, work, cycle, group, step)
            step = -step
        if group >= 0:
            _close_group(net, work, cycle, group)
            group = np.int64(-1)
        elif work.queue_bounds[1] == 0:
            break
        else:
            group = _open_group(net, work, cycle)


@njit(**INNER)
def _open(net: Net, work: Work, cycle: int, fresh: bool) -> None:
    """Set up a cycle: all its single nodes are to be looked at, and each group that was touched.

    What is removed in groups is kept aside.
    """
    first, last = net.cycle_first[cycle], net.cycle_last[cycle]
    work.bounds[0], work.bounds[1] = len(work.pending), 0
    work.queue_bounds[:] = 0
    for local in range(last - first):
        node = first + local
        group = np.int64(net.group_of[net.member[cycle] + local])
        if group < 0:
            _await(work, local)
            continue
        touched = fresh
        work.forced[local] = work.code[node] == LOST
        if work.forced[local]:
            touched = True
            for word in range(work.rows.shape[1]):
                work.removed[local, word] = work.rows[node, word]
        for e in range(net.start[node], net.start[node + 1]):
            if work.code[net.inputs[e]] == LOST:
                touched = True
        if touched:
            _enqueue(net, work, cycle, group)


@njit(**INNER)
def _open_group(net: Net, work: Work, cycle: int) -> int:
    """Take the next group, all down and its nodes to be looked at; return its number."""
    begin = net.group_start[cycle]
    group = np.int64(work.queue[work.queue_bounds[0]])
    work.queue_bounds[0] = (work.queue_bounds[0] + 1) % (net.group_start[cycle + 1] - begin)
    work.queue_bounds[1] -= 1
    work.queued[group - begin] = 0
    first = net.group_first[group]
    for node in range(first, net.group_last[group]):
        if work.code[node] == DOWN:
            continue
        lost = work.code[node] == LOST
        work.code[node] = LOST
        for word in range(work.rows.shape[1]):
            work.before[node - first, word] = work.rows[node, word] if lost else np.uint64(0)
            work.rows[node, word] = ~np.uint64(0)
        _await(work, node - net.cycle_first[cycle])
    return group


@njit(**INNER)
def _close_group(net: Net, work: Work, cycle: int, group: int) -> None:
    """Tell the users outside the group of what it has lost since it was last found."""
    first = net.group_first[group]
    for node in range(first, net.group_last[group]):
        changed = False
        if work.code[node] == LOST:
            for word in range(work.rows.shape[1]):
                changed |= work.rows[node, word] != work.before[node - first, word]
        if changed:
            _tell(net, work, cycle, node, group, OUTSIDE)


@njit(**INNER)
def _await(work: Work, local: int) -> None:
    """Note that a node of the cycle is to be looked at."""
    word = local >> 6
    work.pending[word] |= np.uint64(1) << np.uint64(local & 63)
    work.bounds[0] = min(work.bounds[0], word)
    work.bounds[1] = max(work.bounds[1], word)


@njit(**INNER)
def _enqueue(net: Net, work: Work, cycle: int, group: int) -> None:
    """Note that a group of the cycle is to be looked at."""
    begin = net.group_start[cycle]
    groups = net.group_start[cycle + 1] - begin
    if not work.queued[group - begin]:
        work.queued[group - begin] = 1
        work.queue[(work.queue_bounds[0] + work.queue_bounds[1]) % groups] = group
        work.queue_bounds[1] += 1


@njit(**INNER)
def _sweep(net: Net, base: Base, work: Work, cycle: int, group: int, step: int) -> None:
    """Look at the pending nodes in turn, at those that become pending further on as well.

    Directions alternate, so that a change travels the whole length of a chain in one sweep whichever
    way it points. Outside groups nodes fall from the base state, within one they rise from all down.
    """
    start, inputs, weights, shape, margin = (
        net.start,
        net.inputs,
        net.weights,
        base.shape,
        base.margin,
    )
    code, rows, total, scratch = work.code, work.rows, work.total, work.scratch
    pending, bounds, forced, removed = work.pending, work.bounds, work.forced, work.removed
    first = net.cycle_first[cycle]
    here = bounds[0] if step > 0 else bounds[1]
    while bounds[0] <= here <= bounds[1]:
        while pending[here] != np.uint64(0):
            bit = lowest(pending[here]) if step > 0 else highest(pending[here])
            pending[here] &= ~(np.uint64(1) << np.uint64(bit))
            local = (here << 6) + bit
            node = first + local
            known = code[node]
            if known == DOWN or (group >= 0 and known == KEPT):
                continue
            found = _lost(node, start, inputs, weights, shape, margin, code, rows, total, scratch)
            if not found:
                total[:] = np.uint64(0)
            if group < 0 and known == LOST:
                found |= _join(total, rows, node)
            elif group >= 0 and forced[local]:
                found |= _join(total, removed, local)
            changed = np.uint64(0)
            for place in range(len(total)):
                old = rows[node, place] if known == LOST else np.uint64(0)
                changed |= old ^ total[place]
                rows[node, place] = total[place]
            code[node] = LOST if found else KEPT
            if changed != np.uint64(0):
                _tell(net, work, cycle, node, group, ALL_USERS if group < 0 else INSIDE)
        here += step
    while bounds[0] <= bounds[1] and pending[bounds[0]] == np.uint64(0):
        bounds[0] += 1
    while bounds[0] <= bounds[1] and pending[bounds[1]] == np.uint64(0):
        bounds[1] -= 1
    if bounds[0] > bounds[1]:
        bounds[0], bounds[1] = len(pending), 0


@njit(**INNER)
def _join(total: Array, rows: Array, row: int) -> bool:
    """Add a row that is not all 0 to total; return True."""
    for word in range(len(total)):
        total[word] |= rows[row, word]
    return True


@njit(**INNER)
def _tell(net: Net, work: Work, cycle: int, node: int, group: int, whom: int) -> None:
    """Note that users of a changed node, in its group or outside it, are to be looked at."""
    first, member = net.cycle_first[cycle], net.member[cycle]
    ordinal = member + node - first
    for e in range(net.user_start[ordinal], net.user_start[ordinal + 1]):
        local = net.users[e] - first
        theirs = np.int64(net.group_of[member + local])
        if whom == (OUTSIDE if theirs == group else INSIDE):
            continue
        if theirs == group or theirs < 0:
            _await(work, local)
        else:
            _enqueue(net, work, cycle, theirs)


@njit(**OUTER)
def remove(work: Work, position: Array, start: Array, nodes: Array, first: int, last: int) -> None:
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


@njit(**OUTER)
def read_up(work: Work, nodes: Array, bits: int, up: Array) -> None:
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


@njit(**OUTER)
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


@njit(**INNER)
def _add_weight(planes: Array, weight: int, rows: Array, row: int, carry: Array) -> None:
    """Add a weight, modulo 2**64, to the bit-sliced sums of the alternatives in one row."""
    words = len(carry)
    carry[:] = np.uint64(0)
    left = weight
    for plane in range(PLANES):
        if left == np.uint64(0) and not _any(carry):
            return
        if left & np.uint64(1):
            _add(planes, plane, carry, rows, row)
        else:
            for word in range(words):
                old = planes[plane, word]
                planes[plane, word] = old ^ carry[word]
                carry[word] &= old
        left >>= np.uint64(1)


@njit(**OUTER)
def count_lost(work: Work, nodes: Array, bits: int, counts: Array) -> None:
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
