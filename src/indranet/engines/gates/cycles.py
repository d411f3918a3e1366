"""Cycles: nodes that depend on one another, settled by sweeps until nothing changes."""

import numpy as np
from numba import njit

from indranet.engines.gates.bits import highest, lowest
from indranet.engines.gates.rows import find_lost
from indranet.engines.gates.work import DOWN, KEPT, LOST, Array, Base, Integer, Net, Work

# Which users of a node are told that it changed.
ALL_USERS = np.uint8(0)
INSIDE = np.uint8(1)  # those in its group
OUTSIDE = np.uint8(2)


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cycle(net: Net, base: Base, work: Work, cycle: Integer, fresh: bool) -> None:
    """Settle one cycle: nodes of groups at their least, the rest at their greatest fixed point.

    The rest falls from the base state, and a group is found again from all down whenever what it
    stands on fell, until nothing changes. A least node outside every group has one value for given
    inputs, so its greatest fixed point is its least one. Without groups the work grows with what is
    lost; a group costs a search of its own each time that something it stands on falls.
    """
    _open(net, work, cycle, fresh)
    step = 1
    group: Integer = -1
    while True:
        while work.bounds[0] <= work.bounds[1]:
            _sweep(net, base, work, cycle, group, step)
            step = -step
        if group >= 0:
            _close_group(net, work, cycle, group)
            group = -1
        elif work.queue_bounds[1] == 0:
            break
        else:
            group = _open_group(net, work, cycle)


@njit(cache=True, nogil=True, error_model="numpy")
def _open(net: Net, work: Work, cycle: Integer, fresh: bool) -> None:
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
            _await(work.pending, work.bounds, local)
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


@njit(cache=True, nogil=True, error_model="numpy")
def _open_group(net: Net, work: Work, cycle: Integer) -> Integer:
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
        _await(work.pending, work.bounds, node - net.cycle_first[cycle])
    return group


@njit(cache=True, nogil=True, error_model="numpy")
def _close_group(net: Net, work: Work, cycle: Integer, group: Integer) -> None:
    """Tell the users outside the group of what it has lost since it was last found."""
    first = net.group_first[group]
    for node in range(first, net.group_last[group]):
        changed = False
        if work.code[node] == LOST:
            for word in range(work.rows.shape[1]):
                changed |= work.rows[node, word] != work.before[node - first, word]
        if changed:
            _tell(net, work, cycle, node, group, OUTSIDE)


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(net: Net, base: Base, work: Work, cycle: Integer, group: Integer, step: Integer) -> None:
    """Look at the pending nodes in turn, at those that become pending further on as well.

    Directions alternate, so that a change travels the whole length of a chain in one sweep, or two,
    whichever way it points. Outside groups nodes fall from the base state, within one they rise
    from all down.
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
            begin, end = start[node], start[node + 1]
            found = find_lost(
                begin, end, shape[node], margin[node], inputs, weights, code, rows, total, scratch
            )
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


@njit(cache=True, nogil=True, error_model="numpy")
def _join(total: Array, rows: Array, row: Integer) -> bool:
    """Add a row that is not all 0 to total; return True."""
    for word in range(len(total)):
        total[word] |= rows[row, word]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _tell(
    net: Net, work: Work, cycle: Integer, node: Integer, group: Integer, whom: Integer
) -> None:
    """Note that users of a changed node, in its group or outside it, are to be looked at."""
    users, group_of, pending, bounds = net.users, net.group_of, work.pending, work.bounds
    first, member = net.cycle_first[cycle], net.member[cycle]
    ordinal = member + node - first
    for e in range(net.user_start[ordinal], net.user_start[ordinal + 1]):
        local = users[e] - first
        theirs = np.int64(group_of[member + local])
        if whom == (OUTSIDE if theirs == group else INSIDE):
            continue
        if theirs == group or theirs < 0:
            _await(pending, bounds, local)
        else:
            _enqueue(net, work, cycle, theirs)


@njit(cache=True, nogil=True, error_model="numpy")
def _await(pending: Array, bounds: Array, local: Integer) -> None:
    """Note that a node of the cycle is to be looked at."""
    word = local >> 6
    pending[word] |= np.uint64(1) << np.uint64(local & 63)
    bounds[0] = min(bounds[0], word)
    bounds[1] = max(bounds[1], word)


@njit(cache=True, nogil=True, error_model="numpy")
def _enqueue(net: Net, work: Work, cycle: Integer, group: Integer) -> None:
    """Note that a group of the cycle is to be looked at."""
    begin = net.group_start[cycle]
    groups = net.group_start[cycle + 1] - begin
    if not work.queued[group - begin]:
        work.queued[group - begin] = 1
        work.queue[(work.queue_bounds[0] + work.queue_bounds[1]) % groups] = group
        work.queue_bounds[1] += 1
