"""Days of flows: one after the other, chunks side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from indranet.engines.flows import kernels
from indranet.engines.flows.kernels import Acts, Links, Moved
from indranet.engines.flows.net import Array, Floats, Ints, SupplyNet
from indranet.engines.flows.rules import RATIONINGS, SNAP, Rules, Today
from indranet.engines.flows.state import State, in_numbering_of
from indranet.engines.flows.twin import pass_on

CHUNKS, PARTS = 4, 16
"""Parts of the clients, and of the suppliers, that run side by side; fixed, so that sums hang on no
number of threads. Each part of the clients keeps demand of its own."""
_NONE = np.zeros((0, 1))


class Totals(NamedTuple):
    """Sums of one day, shape (scenarios,): production, its value added, final demand served."""

    production: Floats
    value_added: Floats
    consumption: Floats


def step(
    net: SupplyNet,
    rules: Rules,
    state: State,
    today: Today | None = None,
    executor: Executor | None = None,
) -> Totals:
    """Move a state by one day, in place.

    The order within a day is that of Hallegatte 2008 and Inoue & Todo 2019: damage, stocks, orders,
    demand, production, rationing.

    Parameters
    ----------
    net, rules
        The net and how its plants act.
    state
        Of `begin`; moved in place.
    today
        What happens from outside; nothing by default.
    executor
        Threads; results do not hang on their number.

    Raises
    ------
    ValueError
        When what happens has another shape than the net and the state.
    """
    day = in_numbering_of(net, today, state.stock.shape[1])
    pass_on(net, state, day.passage)
    links, (buyers, sellers) = _links(net), _bounds(net)
    wide = state.stock.shape[1]
    moved = Moved(
        state.stock, state.cells, _NONE if state.under is None else state.under, state.made,
        state.planned, state.spare, state.consumed, state.reserve, state.placed, state.short,
        np.empty((len(net), wide)),
    )  # fmt: skip
    acts = Acts(
        rules.order_basis == "planned",
        rules.order_basis == "initial",
        RATIONINGS.index(rules.rationing),
        rules.adjustment_days,
        -1 if rules.resourcing_days is None else rules.resourcing_days,
        SNAP,
    )
    allowed, capacity, wishes = (
        _NONE if values is None else values for values in (day.link, day.capacity, day.demand)
    )
    demand = np.empty((CHUNKS, len(net), wide))

    def buy(chunk: int) -> None:
        kernels.clients(
            links, moved, acts, allowed, state.day, buyers[chunk], buyers[chunk + 1],
            demand[chunk], None if wide == 1 else wide,
        )  # fmt: skip

    def sell(chunk: int) -> None:
        kernels.suppliers(
            links, moved, acts, capacity, wishes, state.day,
            sellers[chunk], sellers[chunk + 1], demand,
        )  # fmt: skip

    _each(buy, CHUNKS, executor)
    _each(sell, PARTS, executor)
    state.day += 1
    return Totals(_sum(state.made), _sum(net.value[:, None] * state.made), _sum(state.consumed))


def _each(task: Callable[[int], None], parts: int, executor: Executor | None) -> None:
    # The last parts, of many small plants, take longest: they begin first.
    list((executor.map if executor else map)(task, range(parts)[::-1]))


def _sum(values: Floats) -> Floats:
    """Sum over plants: each scenario by itself, so that it hangs on no other."""
    total: Floats = np.add.reduce(np.ascontiguousarray(values.T), axis=1)
    return total


@lru_cache(maxsize=8)
def _bounds(net: SupplyNet) -> tuple[Ints, Ints]:
    """Return the first plant of each part of clients and of suppliers, of as much work each."""
    # A group and a plant take time of their own, here as measured, in links.
    plants = np.arange(len(net) + 1)
    buying = net.links[net.groups] + 0.8 * net.groups + 1.6 * plants
    return _even(buying, CHUNKS), _even(net.out + 0.5 * plants, PARTS)


def _even(done: Floats, parts: int) -> Ints:
    bounds = np.searchsorted(done, np.linspace(0, done[-1], parts + 1))
    bounds[0], bounds[-1] = 0, len(done) - 1
    return np.maximum.accumulate(bounds).astype(np.int64)


@lru_cache(maxsize=8)
def _links(net: SupplyNet) -> Links:
    """Return a net as the kernels take it."""
    none: Array = np.zeros(0, dtype=np.int64)
    short = np.zeros(0, dtype=np.int32)
    at_once = net.at_once
    return Links(
        net.usual, net.capacity, net.final, net.steady, net.groups, net.links, net.need, net.whole,
        net.part, net.days, net.lag, net.earlier, net.supplier, net.flow, net.transit,
        net.most, net.out, net.out_links, net.flow[net.out_links], net.rank[net.out_links],
        short if at_once else net.delay,
        none if at_once else net.cell, short if at_once else net.room,
        none if at_once else net.last, short if at_once else net.last_room,
    )  # fmt: skip


def simulate(
    net: SupplyNet,
    rules: Rules,
    state: State,
    days: int,
    events: Callable[[int], Today | None] = lambda _: None,
    executor: Executor | None = None,
) -> Iterator[Totals]:
    """Yield the totals of each of some days; see `step`."""
    for day in range(days):
        yield step(net, rules, state, events(day), executor)
