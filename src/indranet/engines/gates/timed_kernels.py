"""One course of a net through time: what happens at one moment, and the next moment after it.

With so many arrays at hand, counting references to them took ten times as long as the work; so
these functions own no memory and count none.

A node keeps its state until something happens to it: first everything falls that what holds it up
no longer does, then everything rises whose inputs are up. So a circle that went down stays down
until something outside it, or a start of its own, brings one of its nodes back.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit

from indranet.engines.gates.draws import fraction, stream, uniform
from indranet.engines.gates.work import Array, Integer

SAME = 1e-9
"""Hours apart that are one moment: times are sums of numbers."""
DONE, FULL = 0, 1
"""What `run` returns: it reached its end, or the log must be emptied before it goes on."""

# What a unit does.
WORKS = np.uint8(0)
HELD = np.uint8(1)  # waits for what its repair needs
QUEUED = np.uint8(2)  # waits for a crew
REPAIRED = np.uint8(3)
PAUSED = np.uint8(4)  # has a crew, and waits for what its repair needs

SOUGHT = np.uint8(2)
"""State of a node that was up, while it is found again whether anything outside holds it up."""

# Where each number stands in `State.counts`.
FALLS, RISES, CHANGED, LOGGED, HEAP, SUSPECTS, LOST, DUE = range(8)
COUNTS = 8


Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function that owns no memory, without counting references to its arrays."""
    compiled: Function = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload]
    return compiled


class Net(NamedTuple):
    """The arrays of a net that moves through time; see `Timed`."""

    threshold: Array
    user_start: Array
    users: Array
    user_weight: Array
    group: Array  # group of least nodes that each node is in, -1 for none
    member_start: Array
    members: Array
    support_gate: Array
    support_hours: Array
    support_start: Array  # supports by their source, compressed sparse rows
    supports: Array
    starts: Array
    unit_gate: Array
    unit_up: Array
    unit_down: Array
    unit_fixed: Array
    unit_pool: Array
    unit_waits: Array
    waiter_start: Array  # units by what their repair waits for, compressed sparse rows
    waiters: Array
    watch_of: Array  # place among the nodes watched, -1 for none
    weights: Array  # (nodes, sums)


class State(NamedTuple):
    """Where a course stands."""

    up: Array
    total: Array
    forced: Array
    was: Array  # state before this moment, 2 where it has not changed
    changed: Array
    falls: Array
    in_falls: Array
    rises: Array
    in_rises: Array
    suspects: Array
    suspected: Array
    scratch: Array
    tried: Array
    counts: Array
    time: Array  # of each slot: supports, units, holds; infinite for none
    heap: Array
    place: Array  # of each slot in the heap, -1 for none
    lacking: Array
    empty: Array
    due: Array  # supports whose hours are over at this moment
    unit_state: Array
    unit_left: Array
    unit_count: Array
    unit_low: Array
    unit_high: Array
    free: Array
    head: Array
    tail: Array
    following: Array
    hold_end: Array
    hold_on: Array
    hold_waits: Array
    hold_left: Array
    waiting_holds: Array  # those that count only while something is up
    hold_start: Array
    hold_gate: Array
    log_hour: Array
    log_what: Array
    log_up: Array
    now: Array
    sums: Array
    tally: Array  # (periods, sums)
    period: Array


@kernel
def run(net: Net, state: State, until: float, watched: Integer) -> int:
    """Go on to a time; what happens at that time itself is left for the next call.

    At one moment at most `watched` entries are made in the log.
    """
    counts = state.counts
    room = len(state.log_hour) - watched
    while counts[HEAP] > 0 and state.time[state.heap[0]] < until:
        if counts[LOGGED] > room:
            return FULL
        hour = state.time[state.heap[0]]
        _add_up(state, hour)
        meet(net, state, hour)
        settle(net, state)
    _add_up(state, until)
    return DONE


@kernel
def meet(net: Net, state: State, hour: float) -> None:
    """Let all happen whose time has come, without settling what follows from it."""
    while state.counts[HEAP] > 0 and state.time[state.heap[0]] <= hour + SAME:
        _happen(net, state, np.int64(state.heap[0]))


@kernel
def _add_up(state: State, until: float) -> None:
    """Add what is lost, weighed, from now to a time, period by period."""
    length = state.period[0]
    now = state.now[0]
    while now < until:
        number = np.int64((now + SAME) // length)
        end = min(until, (number + 1) * length)
        if number < len(state.tally):
            for k in range(len(state.sums)):
                state.tally[number, k] += state.sums[k] * (end - now)
        elif math.isinf(until):
            break
        now = end
    state.now[0] = until


@kernel
def _happen(net: Net, state: State, slot: Integer) -> None:
    """Let what one slot waits for happen."""
    supports, units = len(net.support_gate), len(net.unit_gate)
    hour = state.time[slot]
    if slot < supports:
        schedule(state, slot, np.inf)
        state.due[state.counts[DUE]] = slot
        state.counts[DUE] += 1
    elif slot < supports + units:
        unit = slot - supports
        schedule(state, slot, np.inf)
        if state.unit_state[unit] == WORKS:
            force(state, np.int64(net.unit_gate[unit]), 1)
            _ask(net, state, unit, hour)
        else:
            _restore(net, state, unit, hour)
    else:
        number = slot - supports - units
        on = state.hold_on[number] == 0
        state.hold_on[number] = 1 if on else 0
        waits, end = state.hold_waits[number], state.hold_end[number]
        if on and waits >= 0 and not state.up[waits]:
            state.hold_left[number] = end - hour
            end = np.inf
        schedule(state, slot, end if on else np.inf)
        for e in range(state.hold_start[number], state.hold_start[number + 1]):
            force(state, np.int64(state.hold_gate[e]), 1 if on else -1)


@kernel
def force(state: State, node: Integer, by: Integer) -> None:
    """Hold a node down for one reason more, or less."""
    state.forced[node] += by
    if by > 0:
        _push(state.falls, state.in_falls, state.counts, FALLS, node)
    else:
        _push(state.rises, state.in_rises, state.counts, RISES, node)


@kernel
def settle(net: Net, state: State) -> None:
    """Let everything fall and rise, start clocks and repairs, and note what changed."""
    counts = state.counts
    seen = 0
    while True:
        _fall(net, state)
        _rise(net, state)
        if len(net.starts):
            _start(net, state)
        while seen < counts[CHANGED]:
            _look(net, state, np.int64(state.changed[seen]))
            seen += 1
        if counts[FALLS] == 0 and counts[RISES] == 0 and not _run_out(net, state):
            break
        # What changed once may change again: its clocks are looked at anew.
        seen = 0
    for k in range(counts[CHANGED]):
        node = np.int64(state.changed[k])
        if state.was[node] != state.up[node]:
            sign = -1 if state.up[node] else 1
            counts[LOST] += sign
            for s in range(len(state.sums)):
                # Where nothing is lost the sum is 0, whatever rounding has left of it.
                lost = state.sums[s] + sign * net.weights[node, s]
                state.sums[s] = lost if counts[LOST] > 0 else 0.0
            what = net.watch_of[node]
            if what >= 0:
                at = counts[LOGGED]
                state.log_hour[at] = state.now[0]
                state.log_what[at] = what
                state.log_up[at] = state.up[node]
                counts[LOGGED] += 1
        state.was[node] = 2
    counts[CHANGED] = 0


@kernel
def _run_out(net: Net, state: State) -> bool:
    """Empty the supports whose hours are over and whose source is not back at this very moment."""
    found = False
    while state.counts[DUE] > 0:
        state.counts[DUE] -= 1
        support = np.int64(state.due[state.counts[DUE]])
        if state.lacking[support] and math.isinf(state.time[support]):
            state.empty[support] = 1
            force(state, np.int64(net.support_gate[support]), 1)
            found = True
    return found


@kernel
def _look(net: Net, state: State, node: Integer) -> None:
    """Start or stop the clocks of supports and repairs that hang on a node."""
    now = state.now[0]
    for e in range(net.support_start[node], net.support_start[node + 1]):
        support = np.int64(net.supports[e])
        if state.up[node]:
            if state.lacking[support]:
                state.lacking[support] = 0
                schedule(state, support, np.inf)
                if state.empty[support]:
                    state.empty[support] = 0
                    force(state, np.int64(net.support_gate[support]), -1)
        elif not state.lacking[support]:
            state.lacking[support] = 1
            schedule(state, support, now + net.support_hours[support])
    for k in range(len(state.waiting_holds)):
        number = np.int64(state.waiting_holds[k])
        if state.hold_waits[number] == node and state.hold_on[number]:
            slot = len(net.support_gate) + len(net.unit_gate) + number
            if state.up[node] and math.isinf(state.time[slot]):
                schedule(state, slot, now + state.hold_left[number])
            elif not state.up[node] and not math.isinf(state.time[slot]):
                state.hold_left[number] = state.time[slot] - now
                schedule(state, slot, np.inf)
    for e in range(net.waiter_start[node], net.waiter_start[node + 1]):
        unit = np.int64(net.waiters[e])
        slot = len(net.support_gate) + unit
        doing = state.unit_state[unit]
        if state.up[node] and doing == HELD:
            _ask(net, state, unit, now)
        elif state.up[node] and doing == PAUSED:
            state.unit_state[unit] = REPAIRED
            schedule(state, slot, now + state.unit_left[unit])
        elif not state.up[node] and doing == REPAIRED:
            state.unit_state[unit] = PAUSED
            state.unit_left[unit] = state.time[slot] - now
            schedule(state, slot, np.inf)


@kernel
def _ask(net: Net, state: State, unit: Integer, now: float) -> None:
    """Let a unit that is down ask for its repair."""
    waits, pool = net.unit_waits[unit], net.unit_pool[unit]
    if waits >= 0 and not state.up[waits]:
        state.unit_state[unit] = HELD
    elif pool < 0:
        _repair(net, state, unit, now)
    elif state.free[pool] > 0:
        state.free[pool] -= 1
        _repair(net, state, unit, now)
    else:
        state.unit_state[unit] = QUEUED
        state.following[unit] = -1
        if state.tail[pool] >= 0:
            state.following[state.tail[pool]] = unit
        else:
            state.head[pool] = unit
        state.tail[pool] = unit


@kernel
def _repair(net: Net, state: State, unit: Integer, now: float) -> None:
    state.unit_state[unit] = REPAIRED
    hours = net.unit_down[unit]
    if not net.unit_fixed[unit]:
        hours *= _exponential(state, unit)
    schedule(state, len(net.support_gate) + unit, now + hours)


@kernel
def _restore(net: Net, state: State, unit: Integer, now: float) -> None:
    """End a repair: the crew goes to who has waited longest, and the unit runs until it fails."""
    state.unit_state[unit] = WORKS
    force(state, np.int64(net.unit_gate[unit]), -1)
    schedule(
        state,
        len(net.support_gate) + unit,
        now + net.unit_up[unit] * _exponential(state, unit),
    )
    pool = net.unit_pool[unit]
    if pool < 0:
        return
    state.free[pool] += 1
    while state.free[pool] > 0 and state.head[pool] >= 0:
        other = np.int64(state.head[pool])
        state.head[pool] = state.following[other]
        if state.head[pool] < 0:
            state.tail[pool] = -1
        _ask(net, state, other, now)


@kernel
def _exponential(state: State, unit: Integer) -> float:
    """Draw from the exponential law of mean 1."""
    word = uniform(state.unit_low[unit], state.unit_high[unit], state.unit_count[unit])
    state.unit_count[unit] += np.uint64(1)
    return -math.log(fraction(word))


@kernel
def first_failures(net: Net, state: State, keys: Array, seed: Any, draw: Any) -> None:
    """Draw when each unit fails first."""
    for unit in range(len(net.unit_gate)):
        state.unit_low[unit], state.unit_high[unit] = stream(seed, keys[unit], draw)
        hours = net.unit_up[unit] * _exponential(state, unit)
        schedule(state, len(net.support_gate) + unit, hours)


@kernel
def _push(stack: Array, inside: Array, counts: Array, which: Integer, node: Integer) -> None:
    if not inside[node]:
        inside[node] = 1
        stack[counts[which]] = node
        counts[which] += 1


@kernel
def _note(state: State, node: Integer) -> None:
    """Keep the state of a node before this moment."""
    if state.was[node] == 2:
        state.was[node] = state.up[node]
        state.changed[state.counts[CHANGED]] = node
        state.counts[CHANGED] += 1


@kernel
def _fall(net: Net, state: State) -> None:
    """Let everything fall that nothing holds up; circles of least nodes are found again."""
    counts = state.counts
    while True:
        while counts[FALLS] > 0:
            counts[FALLS] -= 1
            node = np.int64(state.falls[counts[FALLS]])
            state.in_falls[node] = 0
            if state.up[node] and (
                state.forced[node] > 0 or state.total[node] < net.threshold[node]
            ):
                _note(state, node)
                state.up[node] = 0
                _tell_fall(net, state, node, -2)
                _suspect(net, state, np.int64(net.group[node]))
        if counts[SUSPECTS] == 0:
            return
        counts[SUSPECTS] -= 1
        group = np.int64(state.suspects[counts[SUSPECTS]])
        state.suspected[group] = 0
        _find_again(net, state, group)


@kernel
def _suspect(net: Net, state: State, group: Integer) -> None:
    if group >= 0:
        _push(state.suspects, state.suspected, state.counts, SUSPECTS, group)


@kernel
def _tell_fall(net: Net, state: State, node: Integer, but: Integer) -> None:
    """Take a node's weight from its users, except for those in a group."""
    for e in range(net.user_start[node], net.user_start[node + 1]):
        user = np.int64(net.users[e])
        if net.group[user] == but:
            continue
        state.total[user] -= net.user_weight[e]
        if state.up[user]:
            if state.total[user] < net.threshold[user]:
                _push(state.falls, state.in_falls, state.counts, FALLS, user)
            # What is left may be the group alone, which must not hold itself up.
            _suspect(net, state, np.int64(net.group[user]))


@kernel
def _find_again(net: Net, state: State, group: Integer) -> None:
    """Find the least fixed point of a group in which something fell, from all down."""
    first, last = net.member_start[group], net.member_start[group + 1]
    were = 0
    for m in range(first, last):
        node = np.int64(net.members[m])
        if state.up[node]:
            state.scratch[were] = node
            were += 1
            state.up[node] = SOUGHT
            _add_inside(net, state, node, group, -1)
    rises = 0
    for k in range(were):
        node = np.int64(state.scratch[k])
        if state.forced[node] == 0 and state.total[node] >= net.threshold[node]:
            state.scratch[len(state.up) + rises] = node
            rises += 1
            state.up[node] = 1
    while rises > 0:
        rises -= 1
        node = np.int64(state.scratch[len(state.up) + rises])
        for e in range(net.user_start[node], net.user_start[node + 1]):
            user = np.int64(net.users[e])
            if net.group[user] != group:
                continue
            state.total[user] += net.user_weight[e]
            # Who was down before may rise as well at this moment, but only once all has fallen.
            if (
                state.up[user] == SOUGHT
                and state.forced[user] == 0
                and state.total[user] >= net.threshold[user]
            ):
                state.up[user] = 1
                state.scratch[len(state.up) + rises] = user
                rises += 1
    for k in range(were):
        node = np.int64(state.scratch[k])
        if state.up[node] == SOUGHT:
            state.up[node] = 1
            _note(state, node)
            state.up[node] = 0
            _tell_fall(net, state, node, group)


@kernel
def _add_inside(net: Net, state: State, node: Integer, group: Integer, by: Integer) -> None:
    for e in range(net.user_start[node], net.user_start[node + 1]):
        user = net.users[e]
        if net.group[user] == group:
            state.total[user] += by * net.user_weight[e]


@kernel
def _rise(net: Net, state: State) -> None:
    """Let everything rise whose inputs are up."""
    counts = state.counts
    while counts[RISES] > 0:
        counts[RISES] -= 1
        node = np.int64(state.rises[counts[RISES]])
        state.in_rises[node] = 0
        if state.up[node] or state.forced[node] > 0 or state.total[node] < net.threshold[node]:
            continue
        _note(state, node)
        state.up[node] = 1
        for e in range(net.user_start[node], net.user_start[node + 1]):
            user = np.int64(net.users[e])
            state.total[user] += net.user_weight[e]
            if not state.up[user] and state.total[user] >= net.threshold[user]:
                _push(state.rises, state.in_rises, counts, RISES, user)


@kernel
def _start(net: Net, state: State) -> None:
    """Let users start that can without an input; they stay up if the input comes up thereby."""
    tried = 0
    for k in range(len(net.starts)):
        node = np.int64(net.starts[k])
        wanted = False
        for e in range(net.user_start[node], net.user_start[node + 1]):
            wanted |= not state.up[net.users[e]]
        if wanted:
            state.tried[tried] = node
            tried += 1
            state.forced[node] -= 1
            _push(state.rises, state.in_rises, state.counts, RISES, node)
    if tried == 0:
        return
    _rise(net, state)
    for k in range(tried):
        force(state, np.int64(state.tried[k]), 1)
    _fall(net, state)


@kernel
def schedule(state: State, slot: Integer, hour: float) -> None:
    """Set when a slot's time comes, infinite for never (Williams 1964, Algorithm 232: heapsort)."""
    heap, place, time = state.heap, state.place, state.time
    at = np.int64(place[slot])
    if math.isinf(hour):
        if at < 0:
            time[slot] = hour
            return
        state.counts[HEAP] -= 1
        last = np.int64(heap[state.counts[HEAP]])
        place[slot] = -1
        time[slot] = hour
        if last != slot:
            heap[at] = last
            place[last] = at
            _up(state, at)
            _down(state, np.int64(place[last]))
        return
    time[slot] = hour
    if at < 0:
        at = np.int64(state.counts[HEAP])
        heap[at] = slot
        place[slot] = at
        state.counts[HEAP] += 1
    _up(state, at)
    _down(state, np.int64(place[slot]))


@kernel
def _before(state: State, one: Integer, other: Integer) -> bool:
    a, b = state.time[one], state.time[other]
    return bool(a < b or (a == b and one < other))


@kernel
def _up(state: State, at: Integer) -> None:
    heap, place = state.heap, state.place
    slot = np.int64(heap[at])
    while at > 0:
        above = (at - 1) >> 1
        other = np.int64(heap[above])
        if not _before(state, slot, other):
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = slot
    place[slot] = at


@kernel
def _down(state: State, at: Integer) -> None:
    heap, place, size = state.heap, state.place, state.counts[HEAP]
    slot = np.int64(heap[at])
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and _before(state, np.int64(heap[below + 1]), np.int64(heap[below])):
            below += 1
        other = np.int64(heap[below])
        if not _before(state, other, slot):
            break
        heap[at] = other
        place[other] = at
        at = below
    heap[at] = slot
    place[slot] = at


@kernel
def hold_now(net: Net, state: State, gates: Array, release: Array) -> None:
    """Hold nodes down for one reason more from now on, release others from one, and settle."""
    meet(net, state, state.now[0])
    for k in range(len(gates)):
        force(state, np.int64(gates[k]), 1)
    for k in range(len(release)):
        force(state, np.int64(release[k]), -1)
    settle(net, state)
