"""A case as a net of flows: plants, whoever only uses, the contracts between them, in money.

Quantities are turned to USD a day by the cost of a unit, so that sums over products mean something;
a plant's recipe and its shortages are the same in either. An operator buys each product by itself
and uses a steady flow of it: it is one user a product, whose stock is its spares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Passages, SupplyNet, supply_net
from indranet.studies.agreed import covered, days_of, of_kind, parties
from indranet.studies.groundwork import Groundwork, expand, seats
from indranet.studies.lanes import KM_PER_DAY, positions
from indranet.studies.trade import bindings, transit_days, unit_costs

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ANY_DEMAND = 1000.0
"""Operators may use so many times what they usually do: what they want, not a capacity, binds."""


@dataclass(frozen=True, eq=False)
class Closing:
    """A passage or a place at the end of lanes, which something may close.

    Attributes
    ----------
    thing
        Passage, facility or site, code over all kinds.
    lanes
        Which lanes it is closed to, shape (lanes,).
    """

    thing: int
    lanes: Flags


@dataclass(frozen=True, eq=False)
class Gate:
    """Where some closings hold goods up together.

    Attributes
    ----------
    closings
        For each thing that is closed, the closings of it that bind here.
    room
        Room of each of these things without a closing, in usual days' worth; infinite for no limit.
    usual
        Usual traffic of the case through this gate, in usual days' worth.
    """

    closings: tuple[tuple[int, ...], ...]
    room: tuple[float, ...]
    usual: float


@dataclass(frozen=True, eq=False)
class Piles:
    """What is held in store for days of shortage.

    Attributes
    ----------
    amount
        USD in each pile, shape (piles,).
    pile, group
        Which groups of the net may take from which pile, in order of pile, shape (entries,).
    """

    amount: Floats
    pile: Codes
    group: Codes


@dataclass(frozen=True, eq=False)
class FlowNet:
    """A case as a net of flows.

    Attributes
    ----------
    net
        For the engine, USD a day. Its plants are those of the case, then the users; its links are
        the contracts.
    plants
        Number of plants of the case.
    operator, product
        Firm and product of each user, shape (users,).
    row
        Row of `Groundwork.supplies` of each contract, shape (links,).
    supplier, client
        Plant that sells, and plant or user that buys, of each contract.
    made
        Product of each plant, and that each user uses, shape (plants + users,).
    cost
        USD of a unit of it.
    country
        Where each stands, position among the countries, -1 for none.
    gates
        What may hold goods up: the engine's passages.
    piles
        What is held in store.
    """

    net: SupplyNet
    plants: int
    operator: Codes
    product: Codes
    row: Codes
    supplier: Codes
    client: Codes
    made: Codes
    cost: Floats
    country: Codes
    gates: tuple[Gate, ...]
    piles: Piles


def flow_net(
    ground: Groundwork, closings: Sequence[Closing] = (), *, stock_factor: float = 1.0
) -> FlowNet:
    """Turn a case into a net of flows.

    Stock and transit are in whole days of use and travel: less than a day's stock counts as one
    day's, since what a day needs is on hand when it begins. Value added is sales less purchases; a
    plant that buys for more than it sells adds none. A plant of which no sale and no final demand
    is known sells to consumers what it makes, for what it pays for its inputs.

    Parameters
    ----------
    ground
        The case.
    closings
        What may be closed; only these hold goods up.
    stock_factor
        Multiplies the stocks that customers keep.
    """
    network = ground.network
    span = network.span("plant")
    plants = span.stop - span.start
    supplies = ground.supplies
    customer = supplies["customer"].astype(np.int64)
    by_plant = (customer >= span.start) & (customer < span.stop)
    there = ground.exists("plants")
    goes_to = np.where(by_plant, customer - span.start, 0)
    row = np.flatnonzero(~by_plant | there[goes_to]) if plants else np.zeros(0, dtype=np.int64)
    makes = network["plants"]["product"].astype(np.int64)
    supplier = supplies["supplier"][row].astype(np.int64)
    bought = makes[supplier]
    client, operator, product = _clients(ground, row, bought, plants)
    made = np.append(makes, product)
    cost = unit_costs(ground)[made]
    quantity = supplies["quantity_per_day"][row]
    flow = quantity * cost[supplier]
    final = np.append(network["plants"]["final_demand_per_day"] * there, np.zeros(len(operator)))
    final = final * cost
    final[plants:] += _sums(client, flow, len(made))[plants:]
    need, input_ = bindings(ground, made[client], bought)
    need[client >= plants] = 0
    input_[client >= plants] = bought[client >= plants]
    sold, spent = (_sums(end, flow, len(made)) for end in (supplier, client))
    silent = sold + final == 0
    final = np.where(silent, spent, final)
    usual = sold + final
    capacity = np.append(network["plants"]["capacity_per_day"] * cost[:plants], final[plants:])
    capacity = np.where(silent, np.fmax(capacity, usual), capacity)
    capacity = np.where(np.isnan(capacity), usual, capacity)
    capacity[plants:] *= ANY_DEMAND
    value = 1.0 - np.divide(spent, usual, out=np.zeros_like(spent), where=usual > 0)
    value[plants:] = 0.0
    most = supplies["max_per_day"][row]
    transit = np.rint(transit_days(ground)[row]).astype(np.int64)
    gates, passages = _gates(ground, row, flow, transit, closings)
    steady = np.arange(len(made)) >= plants
    net = supply_net(
        supplier, client, input_, flow, final,
        stock_days=np.maximum(supplies["stock_days"][row] * stock_factor, 1.0),
        transit=transit,
        rank=np.minimum(supplies["priority"][row] - 1, 100),
        need=need,
        capacity=capacity,
        value=np.maximum(value, 0.0),
        passages=passages,
        steady=steady,
        most=np.maximum(np.where(np.isnan(most), np.inf, most * cost[supplier]), flow),
        stock=np.append(network["plants"]["stock"] * there, np.zeros(len(operator))) * cost,
        earlier=_earlier(ground, row, bought),
    )  # fmt: skip
    country = np.append(network["plants"]["country"], network["firms"]["country"][operator])
    return FlowNet(
        net=net, plants=plants, operator=operator, product=product, row=row,
        supplier=supplier, client=client, made=made, cost=cost, country=country.astype(np.int64),
        gates=gates, piles=_piles(ground, net, client, bought, plants, operator, country),
    )  # fmt: skip


def _sums(owner: Codes, amounts: Floats, owners: int) -> Floats:
    return np.bincount(owner, weights=amounts, minlength=owners).astype(np.float64)


def _clients(
    ground: Groundwork, row: Codes, bought: Codes, plants: int
) -> tuple[Codes, Codes, Codes]:
    """Return who buys on each contract, and operator and product of each user."""
    network = ground.network
    span = network.span("plant")
    customer = ground.supplies["customer"][row].astype(np.int64)
    used = np.flatnonzero((customer < span.start) | (customer >= span.stop))
    products = max(len(network["products"]), 1)
    key = (customer[used] - network.offset("firm")) * products + bought[used]
    keys, user = np.unique(key, return_inverse=True)
    client = customer - span.start
    client[used] = plants + user
    return client, keys // products, keys % products


def _earlier(ground: Groundwork, row: Codes, bought: Codes) -> Codes:
    """Return the days by which an agreement on early warning lets each customer act sooner."""
    network = ground.network
    customer = ground.supplies["customer"][row].astype(np.int64)
    country = seats(network)[customer]
    sooner = np.zeros(len(row), dtype=np.int64)
    for agreement in of_kind(network, "early_warning", ground.force):
        bound = parties(network, agreement)
        mine = np.isin(customer, bound) | np.isin(country, bound)
        mine &= covered(network, agreement)[bought]
        sooner[mine] = np.maximum(sooner[mine], int(days_of(network, agreement)))
    return sooner


def _gates(
    ground: Groundwork, row: Codes, flow: Floats, transit: Codes, closings: Sequence[Closing]
) -> tuple[tuple[Gate, ...], Passages | None]:
    """Return where closings may hold goods up, and where each contract's goods pass there."""
    if not closings:
        return (), None
    lanes = ground.supplies["lane"][row]
    where = positions(ground.network)
    used = np.unique(lanes[lanes >= 0])
    ways = {lane: _way(ground, lane, closings, where) for lane in used.tolist()}
    bound = np.flatnonzero(np.isin(lanes, [lane for lane, way in ways.items() if way]))
    stages: list[tuple[int, tuple[tuple[int, ...], ...], int, int]] = []
    for link in bound.tolist():
        for held, before, detour in _merged(ways[int(lanes[link])], int(transit[link])):
            stages.append((link, held, before, detour))
    if not stages:
        return (), None
    keys = sorted({held for _, held, _, _ in stages})
    place = {held: position for position, held in enumerate(keys)}
    links, key = np.array([s[0] for s in stages]), np.array([place[s[1]] for s in stages])
    through = np.bincount(key, weights=flow[links], minlength=len(keys))
    traffic: dict[int, float] = {}
    for held, usual in zip(keys, through.tolist(), strict=True):
        for group in held:
            thing = closings[group[0]].thing
            traffic[thing] = traffic.get(thing, 0.0) + usual
    gates = []
    for held, usual in zip(keys, through.tolist(), strict=True):
        things = [closings[group[0]].thing for group in held]
        parts = [usual / traffic[thing] if traffic[thing] > 0 else 0.0 for thing in things]
        room = tuple(_room(ground, thing) * part for thing, part in zip(things, parts, strict=True))
        gates.append(Gate(held, room, max(parts)))
    weight = np.array([gate.usual for gate in gates])
    load = np.divide(weight, through, out=np.zeros(len(keys)), where=through > 0)
    return tuple(gates), Passages(
        link=links,
        passage=key,
        before=np.array([s[2] for s in stages]),
        load=load[key],
        detour=np.array([s[3] for s in stages]),
    )


def _room(ground: Groundwork, thing: int) -> float:
    """Return the room of a passage in usual days' worth, infinite where nothing limits it."""
    network = ground.network
    span = network.span("passage")
    if not span.start <= thing < span.stop:
        return np.inf
    passages, code = network["passages"], thing - span.start
    most, usual = passages["ships_per_day"][code], passages["usual_ships_per_day"][code]
    if np.isnan(most):
        return np.inf
    return float(most / (most if np.isnan(usual) else usual)) if most > 0 else 0.0


def _way(
    ground: Groundwork, lane: int, closings: Sequence[Closing], where: tuple[Floats, Floats]
) -> list[tuple[tuple[int, ...], float, float]]:
    """Return what may hold up a lane's goods: closings, place on the way (0 to 1), extra days.

    The extra days are those of the shortest way round all of them, -1 where there is none.
    """
    network, routes = ground.network, ground.routes
    first = network.offset("passage")
    mine = np.flatnonzero(routes.lane == lane)
    usual = routes.passages[mine[0]]
    origin, destination = network["lanes"]["origin"][lane], network["lanes"]["destination"][lane]
    bound: dict[int, list[int]] = {}
    for number, closing in enumerate(closings):
        if closing.lanes[lane]:
            bound.setdefault(closing.thing, []).append(number)
    shut = {thing - first for thing in bound}
    along = _along(ground, lane, usual, where)
    extra = _extra_days(ground, mine, shut)
    found = [
        (tuple(bound[first + passage]), place, extra)
        for passage, place in zip(usual, along, strict=True)
        if first + passage in bound
    ]
    for end, place in ((int(origin), 0.0), (int(destination), 1.0)):
        if end in bound:
            found.append((tuple(bound[end]), place, -1.0))
    return sorted(found, key=lambda stage: stage[1])


def _along(
    ground: Groundwork, lane: int, passages: Sequence[int], where: tuple[Floats, Floats]
) -> list[float]:
    """Return where on the way each passage lies, by great circles from point to point, 0 to 1."""
    network, (lat, lon) = ground.network, where
    ends = [int(network["lanes"][end][lane]) for end in ("origin", "destination")]
    codes = list(passages)
    points = [
        (lat[ends[0]], lon[ends[0]]),
        *zip(network["passages"]["lat"][codes], network["passages"]["lon"][codes], strict=True),
        (lat[ends[1]], lon[ends[1]]),
    ]
    at = np.radians(np.array(points, dtype=np.float64))
    half = np.sin(np.diff(at[:, 0]) / 2) ** 2
    half += np.cos(at[:-1, 0]) * np.cos(at[1:, 0]) * np.sin(np.diff(at[:, 1]) / 2) ** 2
    legs = 2 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    if np.isnan(legs).any() or legs.sum() == 0:
        legs = np.ones(len(points) - 1)
    return list((np.cumsum(legs) / legs.sum())[:-1])


def _extra_days(ground: Groundwork, ways: Codes, shut: set[int]) -> float:
    """Return the extra days of the shortest of a lane's ways that avoids what is shut, -1 none."""
    routes, lanes = ground.routes, ground.network["lanes"]
    lane = int(routes.lane[ways[0]])
    usual = routes.km[ways[0]]
    best = np.inf
    for way in ways[1:].tolist():
        if shut & set(routes.passages[way]):
            continue
        days = (routes.km[way] - usual) / KM_PER_DAY
        if np.isnan(days) and not routes.passages[way]:
            days = lanes["detour_days"][lane]
        if not np.isnan(days):
            best = min(best, max(float(days), 0.0))
    return -1.0 if np.isinf(best) else float(np.ceil(best - 1e-9))


def _merged(
    way: Sequence[tuple[tuple[int, ...], float, float]], transit: int
) -> list[tuple[tuple[tuple[int, ...], ...], int, int]]:
    """Return the stages of goods on their way: closings, days from the stage before, detour.

    What comes on one day is one stage.
    """
    days: dict[int, list[tuple[tuple[int, ...], float]]] = {}
    for closings, place, extra in way:
        days.setdefault(round(place * transit), []).append((closings, extra))
    found, last = [], 0
    for day, held in sorted(days.items()):
        extra = min(extra for _, extra in held)
        found.append((tuple(sorted({closings for closings, _ in held})), day - last, int(extra)))
        last = day
    return found


def _piles(
    ground: Groundwork,
    net: SupplyNet,
    client: Codes,
    bought: Codes,
    plants: int,
    operator: Codes,
    country: Codes,
) -> Piles:
    """Return who may take from what is in store: the holder, or all who buy in its country."""
    network = ground.network
    rows = network["stocks"].where(np.flatnonzero(ground.exists("stocks")))
    group = np.empty(len(client), dtype=np.int64)
    group[net.link] = net.group
    holder = np.where(
        client < plants,
        network.offset("plant") + client,
        network.offset("firm") + np.append(operator, 0)[np.maximum(client - plants, 0)],
    )
    stands = np.append(country, -1)[client]
    amounts, parts = [], []
    costs = unit_costs(ground)
    for who, product, quantity in zip(
        rows["holder"].tolist(), rows["product"].tolist(), rows["quantity"].tolist(), strict=True
    ):
        takes = (bought == product) & ((holder == who) | (stands == who))
        groups = np.unique(group[takes])
        if len(groups) and quantity > 0:
            amounts.append(quantity * costs[product])
            parts.append(groups)
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    pile, _ = expand(np.zeros(len(sizes), dtype=np.int64), sizes)
    return Piles(np.array(amounts), pile, np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
