"""One day of the flows, compiled: what clients do, then what suppliers do; the twin is `twin`.

Clients run in chunks side by side, each with demand of its own, which suppliers add up in a fixed
order: the same bits on any number of threads. Scenarios are innermost.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from indranet.engines.flows.net import Array

PRIORITY, PROPORTIONAL, CLIENTS_FIRST = 0, 1, 2
SHORT = 1e-9
CLOSE = 1e-12


class Links(NamedTuple):
    """The arrays of a net; see `SupplyNet`. Without `cell` every link has one cell, its own."""

    usual: Array
    capacity: Array
    final: Array
    steady: Array
    groups: Array
    links: Array
    need: Array
    whole: Array
    part: Array
    days: Array
    lag: Array
    earlier: Array
    supplier: Array
    flow: Array
    transit: Array
    most: Array
    out: Array
    out_links: Array
    out_flow: Array
    out_rank: Array
    delay: Array
    cell: Array
    room: Array
    last: Array
    last_room: Array


class Moved(NamedTuple):
    """The arrays of a state; see `State`. What is not kept has no rows."""

    stock: Array
    cells: Array
    under: Array
    made: Array
    planned: Array
    spare: Array
    consumed: Array
    reserve: Array
    placed: Array
    short: Array
    limit: Array


class Acts(NamedTuple):
    """How plants act, as numbers; see `Rules`."""

    planned: bool
    initial: bool
    rationing: int
    adjustment_days: float
    resourcing_days: int
    snap: float


@njit(cache=True, nogil=True, error_model="numpy")
def _slot(net: Links, day: int, link: int) -> int:
    """Return the cell of what leaves today."""
    if len(net.cell) == 0:
        return link
    return int(net.cell[link] + (day + 1 + net.delay[link]) % net.room[link])


@njit(cache=True, nogil=True, error_model="numpy")
def clients(
    net: Links, state: Moved, acts: Acts, allowed: Array, day: int, first: int, last: int,
    demand: Array, several: int | None,
) -> None:  # fmt: skip
    """Let clients first to last take in what arrives, find what they can make, and order.

    Orders stand in the cells of what leaves today.

    Parameters
    ----------
    allowed
        Factors on what may be ordered on each link, shape (links, scenarios); no rows for 1.
    demand
        Overwritten, shape (plants, scenarios).
    several
        How many scenarios; None for one, which compiles to code without loops over them.
    """
    # Arrays are taken out of their tuples once: in the loops each look-up would count references.
    stock, cells, under, made, planned = (
        state.stock, state.cells, state.under, state.made, state.planned,
    )  # fmt: skip
    groups, links, whole_of, days_of, supplier_of, flow_of = (
        net.groups, net.links, net.whole, net.days, net.supplier, net.flow,
    )  # fmt: skip
    transit, delay, cell, room, last_cell, last_room, most = (
        net.transit, net.delay, net.cell, net.room, net.last, net.last_room, net.most,
    )  # fmt: skip
    snap, hurry, follow, fixed = acts.snap, 1.0 / acts.adjustment_days, acts.planned, acts.initial
    wide = 1 if several is None else several
    demand[:] = 0.0
    busy, level, aim, limit = np.empty(wide), np.empty(wide), np.empty(wide), np.empty(wide)
    slow, before, after = np.empty(wide), np.empty(wide), np.empty(wide)
    got, wished = np.empty(wide), np.empty(wide)
    one_day, under_way = len(cell) == 0, len(under) > 0
    bound, capped, spares = len(allowed) > 0, len(most) > 0, len(state.short) > 0
    for client in range(first, last):
        begin, end = groups[client], groups[client + 1]
        if begin == end:
            state.limit[client] = np.inf
            continue
        usual, steady = net.usual[client], net.steady[client]
        each = 1.0 / usual if usual > 0 else 1.0
        for b in range(wide):
            busy[b] = made[client, b] * each
            level[b] = planned[client, b] * each if follow or steady else busy[b]
            if abs(level[b] - 1.0) < snap:
                level[b] = 1.0
            aim[b] = 1.0 if fixed and not steady else level[b]
            limit[b], slow[b] = np.inf, 1.0
        for group in range(begin, end):
            low, high = links[group], links[group + 1]
            whole, lot = whole_of[group], days_of[group]
            for b in range(wide):
                before[b] = after[b] = got[b] = wished[b] = 0.0
            for link in range(low, high):
                for b in range(wide):
                    before[b] += stock[link, b]
            for b in range(wide):
                # No more is drawn than is on hand: an input that binds nobody may have run out.
                used = min(busy[b] * whole, before[b])
                before[b] = 1.0 - used / before[b] if before[b] > 0 else 1.0
            for link in range(low, high):
                flow, supplier = flow_of[link], supplier_of[link]
                come, sent, go, target = link, link, link, lot * flow
                if not one_day:
                    target += transit[link] * flow
                    come = last_cell[link] + day % last_room[link]
                    sent = cell[link] + (day + delay[link]) % room[link]
                    go = cell[link] + (day + 1 + delay[link]) % room[link]
                for b in range(wide):
                    last_sent = 0.0
                    if spares and flow > 0:
                        got[b] += cells[sent, b]
                    elif spares:
                        last_sent = cells[sent, b]
                    arrived = cells[come, b]
                    cells[come, b] = 0.0
                    held = stock[link, b] * before[b] + arrived
                    stock[link, b] = held
                    after[b] += held
                    if under_way:
                        held += under[link, b] - arrived
                    order = flow * level[b] + (target * aim[b] - held) * hurry
                    if order < 0.0 or flow == 0.0:
                        order = 0.0
                    if abs(order - flow) < snap * flow:
                        order = flow
                    if spares:
                        wished[b] += order
                    if capped:
                        order = min(order, most[link])
                    if bound and allowed[link, b] < 1.0:
                        order = min(order, allowed[link, b] * flow)
                    # On spare links what was sent last, until their orders stand.
                    cells[go, b] = order + last_sent
                    if under_way:
                        under[link, b] += order - arrived
                    demand[supplier, b] += order
            if whole > 0 and net.need[group] == 0:
                for b in range(wide):
                    limit[b] = min(limit[b], after[b] / whole)
            elif whole > 0 and net.need[group] == 1:
                for b in range(wide):
                    slow[b] -= net.part[group] * max(0.0, 1.0 - after[b] / whole)
            if spares:
                _ask_spares(
                    net, state, acts, allowed, under_way, day, group, level, aim, after, got,
                    wished, demand,
                )  # fmt: skip
        for b in range(wide):
            if slow[b] < 1.0 - snap:
                limit[b] = min(limit[b], max(0.0, slow[b]))
            state.limit[client, b] = limit[b] * usual if limit[b] < np.inf else np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _ask_spares(
    net: Links, state: Moved, acts: Acts, allowed: Array, under_way: bool, day: int, group: int,
    level: Array, aim: Array, after: Array, got: Array, wished: Array, demand: Array,
) -> None:  # fmt: skip
    """Order on the spare links of a group that has been short for long."""
    low, high = net.links[group], net.links[group + 1]
    whole, hurry = net.whole[group], 1.0 / acts.adjustment_days
    patience = max(0, acts.resourcing_days - net.earlier[group])
    for b in range(len(got)):
        if got[b] < state.placed[group, b] - SHORT * whole:
            state.short[group, b] += 1
        else:
            state.short[group, b] = 0
        state.placed[group, b] = wished[b]
        held, room = after[b], 0.0
        for link in range(low, high):
            if net.flow[link] > 0:
                if under_way:
                    held += state.under[link, b] - state.cells[_slot(net, day, link), b]
            else:
                slot = _slot(net, day, link)
                state.cells[slot, b] = _room_on(net, state, allowed, link, b, slot)
                room += state.cells[slot, b]
                if under_way:
                    held += state.under[link, b]
        gap = ((net.days[group] + net.lag[group]) * whole * aim[b] - held) * hurry
        lacking = max(0.0, whole * level[b] + gap) - got[b]
        part = 0.0
        if state.short[group, b] > patience and lacking > 0.0 and room > 0.0:
            part = min(lacking, room) / room
        for link in range(low, high):
            if net.flow[link] == 0:
                slot = _slot(net, day, link)
                order = part * state.cells[slot, b]
                state.cells[slot, b] = order
                if under_way:
                    state.under[link, b] += order
                demand[net.supplier[link], b] += order


@njit(cache=True, nogil=True, error_model="numpy")
def _room_on(net: Links, state: Moved, allowed: Array, link: int, b: int, slot: int) -> float:
    """Return what may be asked of a spare link: what its supplier has left, and sent there last."""
    room = max(0.0, state.spare[net.supplier[link], b]) + state.cells[slot, b]
    factor = min(1.0, allowed[link, b]) if len(allowed) > 0 else 1.0
    if len(net.most) > 0:
        room = min(room, net.most[link])
    return float(room * factor)


@njit(cache=True, nogil=True, error_model="numpy")
def suppliers(
    net: Links, state: Moved, acts: Acts, capacity: Array, wishes: Array, day: int, first: int,
    last: int, demand: Array,
) -> None:  # fmt: skip
    """Let suppliers first to last make what is wanted and they can, and share out what they lack.

    What they cannot make they take from their reserve as far as it goes.

    Parameters
    ----------
    capacity, wishes
        Factors on capacity and final demand, shape (plants, scenarios); no rows for 1.
    demand
        Orders by chunk of clients, shape (chunks, plants, scenarios).
    """
    # Arrays are taken out of their tuples once, as above.
    cells, under, limit, made_by, planned, spare, consumed_by, reserve = (
        state.cells, state.under, state.limit, state.made, state.planned, state.spare,
        state.consumed, state.reserve,
    )  # fmt: skip
    out, out_links, flow_of, rank_of, cell, room, delay = (
        net.out, net.out_links, net.out_flow, net.out_rank, net.cell, net.room, net.delay,
    )  # fmt: skip
    usual, most, final_of = net.usual, net.capacity, net.final
    wide, one_day, under_way = limit.shape[1], len(cell) == 0, len(under) > 0
    degree = 0
    for plant in range(first, last):
        degree = max(degree, out[plant + 1] - out[plant])
    ordered, served = np.empty(degree), np.empty(degree)
    who = np.empty(degree, dtype=np.int64)
    for plant in range(first, last):
        begin, count = out[plant], out[plant + 1] - out[plant]
        for b in range(wide):
            can = most[plant]
            if len(capacity) > 0:
                can *= capacity[plant, b]
            final = final_of[plant]
            if len(wishes) > 0:
                final *= wishes[plant, b]
            wanted = 0.0
            for chunk in range(len(demand)):
                wanted += demand[chunk, plant, b]
            wanted += final
            if abs(wanted - usual[plant]) < CLOSE * usual[plant]:
                wanted = usual[plant]
            made = min(wanted, can, limit[plant, b])
            given, consumed = made, final
            if len(reserve) > 0 and made < wanted:
                given = min(wanted, made + reserve[plant, b])
                reserve[plant, b] = max(0.0, reserve[plant, b] - (given - made))
            if given < wanted:
                consumed = 0.0
                served[:count] = 0.0
                if given > 0:
                    for n in range(count):
                        link = out_links[begin + n]
                        go = link
                        if not one_day:
                            go = cell[link] + (day + 1 + delay[link]) % room[link]
                        ordered[n] = cells[go, b]
                    consumed = share_out(
                        ordered, flow_of, rank_of, begin, served, who, count, acts.rationing, given,
                        final,
                    )  # fmt: skip
                for n in range(count):
                    link = out_links[begin + n]
                    go = link
                    if not one_day:
                        go = cell[link] + (day + 1 + delay[link]) % room[link]
                    if under_way:
                        under[link, b] -= cells[go, b] - served[n]
                    cells[go, b] = served[n]
            made_by[plant, b] = made
            planned[plant, b] = min(wanted, can)
            spare[plant, b] = can - made
            consumed_by[plant, b] = consumed


@njit(cache=True, nogil=True, error_model="numpy")
def share_out(
    ordered: Array, flow: Array, rank: Array, begin: int, served: Array, who: Array, count: int,
    rationing: int, made: float, final: float,
) -> float:  # fmt: skip
    """Share out what a supplier that is short has made; return what final demand gets.

    Orders, usual flows and ranks of its first `count` clients; `served` and `who` are room for as
    many numbers, what each gets and who is served together.
    """
    lowest, highest = 127, -1
    for n in range(count):
        if flow[begin + n] > 0:
            lowest, highest = min(lowest, rank[begin + n]), max(highest, rank[begin + n])
    if highest < 0:
        lowest, highest = 0, 0
    left, got = made, 0.0
    for level in range(lowest, highest + 1):
        many = 0
        last = final if level == highest and rationing != CLIENTS_FIRST else 0.0
        asked = last
        for n in range(count):
            if flow[begin + n] > 0 and rank[begin + n] == level:
                who[many] = n
                many += 1
                asked += ordered[n]
        if asked > left and rationing == PRIORITY:
            got += _fill(ordered, flow, begin, served, who, many, left, last)
        else:
            part = left / asked if asked > left else 1.0
            for k in range(many):
                served[who[k]] = ordered[who[k]] * part
            got += last * part
        left -= min(left, asked)
    if rationing == CLIENTS_FIRST:
        got = min(left, final)
        left -= got
    asked = 0.0
    for n in range(count):
        if flow[begin + n] == 0:
            asked += ordered[n]
    part = min(1.0, max(left, 0.0) / asked) if asked > 0 else 0.0
    for n in range(count):
        if flow[begin + n] == 0:
            served[n] = ordered[n] * part
    return got


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    ordered: Array,
    flow: Array,
    begin: int,
    served: Array,
    who: Array,
    count: int,
    made: float,
    final: float,
) -> float:
    """Serve all in step with their usual flow until each is satisfied; return what final gets.

    The level L where final min(1, L) + sum flow min(order / flow, L) is what there is: whoever is
    satisfied at a level below it is served and leaves the rest a higher one (Michelot 1986, J Optim
    Theory Appl 50:195).
    """
    left, usual, got = made, final, 0.0
    for k in range(count):
        usual += flow[begin + who[k]]
    while True:
        level = max(0.0, left) / usual
        before, count, usual = count, 0, 0.0
        for k in range(before):
            n = who[k]
            if ordered[n] > flow[begin + n] * level:
                who[count] = n
                count += 1
                usual += flow[begin + n]
            else:
                served[n] = ordered[n]
                left -= ordered[n]
        served_final = final > 0 and level >= 1.0
        if served_final:
            left -= final
            got, final = final, 0.0
        usual += final
        if usual == 0.0 or (count == before and not served_final):
            break
    for k in range(count):
        served[who[k]] = flow[begin + who[k]] * level
    return got + final * level
