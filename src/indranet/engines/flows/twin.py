"""One day of the flows in plain NumPy: the twin that the kernels are held to."""

import numpy as np

from indranet.engines.flows.net import DEFERRABLE, ESSENTIAL, Array, Floats, SupplyNet
from indranet.engines.flows.rules import SNAP, Rules
from indranet.engines.flows.state import Day, State

CLOSE = 1e-12
"""Demand this close to the usual is the usual: sums differ in their last digits."""


def day(net: SupplyNet, rules: Rules, state: State, today: Day) -> None:
    """Move a state by one day, all its scenarios.

    Parameters
    ----------
    net, rules
        The net and how its plants act.
    state
        Moved in place.
    today
        What happens from outside, in the numbering of the net.
    """
    pass_on(net, state, today.passage)
    sent = _sent_yesterday(net, state)
    _take_in(net, state)
    on_hand = _by_group(net, state.stock)
    limit = _limits(net, on_hand)
    wished = _orders(net, rules, state)
    ordered = _allowed(net, wished, today.link)
    if rules.resourcing_days is not None:
        days = np.maximum(0, rules.resourcing_days - net.earlier)[:, None]
        room = _room_on_spare_links(net, state, sent, today.link)
        asked = _spare_orders(net, rules, state, wished, sent, on_hand, days, room)
        ordered = ordered + asked
    final = np.broadcast_to(net.final[:, None], state.made.shape)
    capacity = np.broadcast_to(net.capacity[:, None], state.made.shape)
    if today.demand is not None:
        final = today.demand * final
    if today.capacity is not None:
        capacity = today.capacity * capacity
    wanted = final + _by_supplier(net, ordered)
    usual = np.broadcast_to(net.usual[:, None], wanted.shape)
    wanted = np.where(np.abs(wanted - usual) < CLOSE * usual, usual, wanted)
    made = np.minimum(np.minimum(wanted, capacity), limit)
    given = made
    if len(state.reserve):
        given = np.minimum(wanted, made + state.reserve)
        state.reserve[:] = np.maximum(0.0, state.reserve - (given - made))
    shipped, consumed = _rationed(net, rules, ordered, final, wanted, given)
    for scenario in range(shipped.shape[1]):
        slot = net.cell + (state.day + 1 + net.delay) % net.room
        state.cells[slot, scenario] = shipped[:, scenario]
    if state.under is not None:
        state.under += shipped
    state.made[:] = made
    state.spare[:] = capacity - made
    state.planned[:] = np.minimum(wanted, capacity)
    state.consumed[:] = consumed
    state.day += 1


def pass_on(net: SupplyNet, state: State, room: Floats | None) -> None:
    """Let goods pass as far as a passage has room.

    What would wait for longer than its way round takes goes round: all of it where the passage is
    closed, else what is more than the passage lets through in these days.
    """
    stages = net.stages
    if not len(stages):
        return
    slot = stages.start + state.day % stages.room
    state.waiting += state.cells[slot]
    state.cells[slot] = 0.0
    if room is None:
        room = np.full((int(stages.passage.max()) + 1, state.waiting.shape[1]), np.inf)
    load = np.zeros_like(room)
    np.add.at(load, stages.passage, stages.load[:, None] * state.waiting)
    short = load > room
    part = np.where(short, room / np.where(load > 0, load, 1.0), 1.0)[stages.passage]
    # Days that what is left waits for, at today's room.
    wait = np.divide(load - room, room, out=np.full_like(room, np.inf), where=short & (room > 0))
    detour = stages.detour[:, None]
    goes = np.maximum(1.0 - detour / wait[stages.passage], 0.0)
    goes = np.where(short[stages.passage] & (detour >= 0), goes, 0.0)
    passed = state.waiting * part
    round_ = (state.waiting - passed) * goes
    state.waiting -= passed + round_
    ways: list[tuple[Floats, Array | int]] = [(passed, 0)]
    if short.any():
        ways.append((round_, np.maximum(stages.detour, 0)))
    for scenario in range(passed.shape[1]):
        for moved, extra in ways:
            to = stages.to + (state.day + stages.after + extra) % stages.to_room
            np.add.at(state.cells[:, scenario], to, moved[:, scenario])


def _sent_yesterday(net: SupplyNet, state: State) -> Floats:
    sent: Floats = state.cells[net.cell + (state.day + net.delay) % net.room].copy()
    return sent


def _take_in(net: SupplyNet, state: State) -> None:
    """Draw yesterday's use from the lots in proportion to their size, then add what arrives."""
    slot = net.last + state.day % net.last_room
    arrived = state.cells[slot].copy()
    state.cells[slot] = 0.0
    busy = state.made / np.where(net.usual > 0, net.usual, 1.0)[:, None]
    before = _by_group(net, state.stock)
    used = np.minimum(busy[_client(net)] * net.whole[:, None], before)
    left = 1.0 - np.divide(used, before, out=np.zeros_like(used), where=before > 0)
    state.stock[:] = state.stock * left[net.group] + arrived
    if state.under is not None:
        state.under -= arrived


def _client(net: SupplyNet) -> Array:
    return np.repeat(np.arange(len(net)), np.diff(net.groups))


def _by_group(net: SupplyNet, values: Floats) -> Floats:
    total = np.zeros((len(net.whole), values.shape[1]))
    np.add.at(total, net.group, values)
    return total


def _by_supplier(net: SupplyNet, values: Floats) -> Floats:
    total = np.zeros((len(net), values.shape[1]))
    np.add.at(total, net.supplier, values)
    return total


def _limits(net: SupplyNet, on_hand: Floats) -> Floats:
    """Return what the inputs on hand let each plant make."""
    limit = np.full((len(net), on_hand.shape[1]), np.inf)
    part = np.ones_like(limit)
    client, used = _client(net), net.whole > 0
    ratio = on_hand / np.where(used, net.whole, 1.0)[:, None]
    binds = used & (net.need == ESSENTIAL)
    np.minimum.at(limit, client[binds], ratio[binds])
    slows = used & (net.need == DEFERRABLE)
    lacking = net.part[:, None] * np.maximum(0.0, 1.0 - ratio)
    np.subtract.at(part, client[slows], lacking[slows])
    limit = np.minimum(limit, np.where(part < 1.0 - SNAP, np.maximum(part, 0.0), np.inf))
    return np.where(np.isinf(limit), np.inf, limit * net.usual[:, None])


def _activity(net: SupplyNet, rules: Rules, state: State) -> tuple[Floats, Floats]:
    """Return what each plant orders for, and what its stock is to last for, of its usual output."""
    usual = np.where(net.usual > 0, net.usual, 1.0)[:, None]
    steady = net.steady[:, None]
    follows = steady | (rules.order_basis == "planned")
    activity = _snapped(np.where(follows, state.planned, state.made) / usual, 1.0)
    fixed = ~steady & (rules.order_basis == "initial")
    return activity, np.where(fixed, 1.0, activity)


def _orders(net: SupplyNet, rules: Rules, state: State) -> Floats:
    """Return what each plant wants of its usual suppliers."""
    client = _client(net)[net.group]
    activity, aim = (values[client] for values in _activity(net, rules, state))
    flow = net.flow[:, None]
    under = 0.0 if state.under is None else state.under
    target = (net.days[net.group] + net.transit)[:, None] * flow * aim
    gap = (target - state.stock - under) / rules.adjustment_days
    ordered = np.where(flow > 0, np.maximum(0.0, flow * activity + gap), 0.0)
    return _snapped(ordered, np.broadcast_to(flow, ordered.shape))


def _allowed(net: SupplyNet, wished: Floats, link: Floats | None) -> Floats:
    """Return as much of orders on usual links as may be placed."""
    ordered = np.minimum(wished, net.most[:, None]) if len(net.most) else wished
    if link is not None:
        ordered = np.where(link < 1.0, np.minimum(ordered, link * net.flow[:, None]), ordered)
    return ordered


def _room_on_spare_links(net: SupplyNet, state: State, sent: Floats, link: Floats | None) -> Floats:
    """Return what may be asked of each spare link, 0 for usual ones.

    That is what its supplier has left and what it sent there last: who took all that was left is
    not turned away the next day because nothing is left.
    """
    room = np.maximum(state.spare[net.supplier], 0.0) + sent
    if len(net.most):
        room = np.minimum(room, net.most[:, None])
    if link is not None:
        room = room * np.minimum(link, 1.0)
    return np.where((net.flow > 0)[:, None], 0.0, room)


def _snapped(values: Floats, usual: Floats | float) -> Floats:
    return np.where(np.abs(values - usual) < SNAP * usual, usual, values)


def _spare_orders(
    net: SupplyNet, rules: Rules, state: State, wished: Floats, sent: Floats, on_hand: Floats,
    days: Array, room: Floats,
) -> Floats:  # fmt: skip
    """Return orders on spare links, where a group has been short for long."""
    usual_links = (net.flow > 0)[:, None]
    got = _by_group(net, np.where(usual_links, sent, 0.0))
    short = got < state.placed - 1e-9 * net.whole[:, None]
    state.short[:] = np.where(short, state.short + 1, 0)
    state.placed[:] = _by_group(net, wished)
    level, aim = (values[_client(net)] for values in _activity(net, rules, state))
    under = 0.0 if state.under is None else _by_group(net, state.under)
    target = ((net.days + net.lag) * net.whole)[:, None] * aim
    gap = (target - on_hand - under) / rules.adjustment_days
    lacking = np.maximum(0.0, net.whole[:, None] * level + gap) - got
    asks = (state.short > days) & (lacking > 0)
    total = _by_group(net, room)
    part = np.where(asks, np.minimum(lacking, total), 0.0)
    part = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
    spare: Floats = room * part[net.group]
    return spare


def _rationed(
    net: SupplyNet, rules: Rules, ordered: Floats, final: Floats, wanted: Floats, given: Floats
) -> tuple[Floats, Floats]:
    """Return what is shipped on each link, and what goes into final demand."""
    shipped, consumed = ordered.copy(), final.copy()
    for plant, scenario in zip(*np.nonzero(given < wanted), strict=True):
        links = net.out_links[net.out[plant] : net.out[plant + 1]]
        served, last = share_out(
            given[plant, scenario], ordered[links, scenario], net.flow[links], net.rank[links],
            final[plant, scenario], rules.rationing,
        )  # fmt: skip
        shipped[links, scenario] = served
        consumed[plant, scenario] = last
    return shipped, consumed


def share_out(
    made: float, ordered: Floats, flow: Floats, rank: Array, final: float, rationing: str
) -> tuple[Floats, float]:
    """Return what each client of a supplier that is short gets, and what final demand gets.

    Parameters
    ----------
    made
        What there is.
    ordered, flow, rank
        Of each client: its order, its usual flow (0: served last), its rank; shape (clients,).
    final
        Final demand; of the highest rank among the clients, with `clients_first` after them all.
    rationing
        See `Rules`.
    """
    served = np.zeros_like(ordered)
    usual = flow > 0
    ranks = np.unique(rank[usual]).tolist()
    left, got = made, 0.0
    for place, level in enumerate(ranks or [0]):
        mine = usual & (rank == level)
        with_final = place == max(len(ranks) - 1, 0) and rationing != "clients_first"
        asked = float(ordered[mine].sum()) + (final if with_final else 0.0)
        given = min(left, asked)
        if given >= asked:
            served[mine] = ordered[mine]
            got += final if with_final else 0.0
        elif rationing == "priority":
            level_ = _water_level(given, ordered[mine], flow[mine], final if with_final else 0.0)
            served[mine] = np.minimum(ordered[mine], flow[mine] * level_)
            got += final * min(1.0, level_) if with_final else 0.0
        else:
            served[mine] = ordered[mine] * given / asked
            got += final * given / asked if with_final else 0.0
        left -= given
    if rationing == "clients_first":
        got = min(left, final)
        left -= got
    rest = ~usual
    asked = float(ordered[rest].sum())
    if asked > 0:
        served[rest] = ordered[rest] * min(1.0, max(left, 0.0) / asked)
    return served, got


def _water_level(made: float, ordered: Floats, flow: Floats, final: float) -> float:
    """Return L where final min(1, L) + sum flow min(order / flow, L) is made: Newton from below."""
    total = final + float(flow.sum())
    if total <= 0 or made <= 0:
        return 0.0
    relative = ordered / flow
    level = made / total
    for _ in range(1000):
        under = float((flow * np.minimum(relative, level)).sum()) + final * min(1.0, level)
        slope = float(flow[relative > level].sum()) + (final if level < 1.0 else 0.0)
        if slope <= 0 or made - under <= 1e-14 * made:
            break
        level += (made - under) / slope
    return level
