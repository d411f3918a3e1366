"""What changes from day to day: stocks, goods under way, yesterday's output."""

from dataclasses import dataclass

import numpy as np

from indranet.engines.flows.net import Floats, Ints, SupplyNet
from indranet.engines.flows.rules import Rules, Today


@dataclass
class State:
    """The state of some scenarios side by side, moved in place day by day.

    Attributes
    ----------
    day
        The day that comes next; 0 at first.
    stock
        On hand, by lot: what each link brought, shape (links, scenarios).
    cells
        Goods under way: for each day of each leg what arrives then, shape (cells, scenarios).
    under
        Goods under way by link; None where everything arrives the day after.
    waiting
        Goods that wait before a passage, shape (stages, scenarios).
    made, planned, spare, consumed
        Yesterday's output, demand as far as there is capacity, capacity left, and final demand
        served; shape (plants, scenarios).
    reserve
        Finished units on hand, shape (plants, scenarios); no rows where no plant had any.
    placed, short
        What each group wanted to order yesterday, whatever it might, and for how many days it has
        got less; shape (groups, scenarios); only with `Rules.resourcing_days`.
    """

    day: int
    stock: Floats
    cells: Floats
    under: Floats | None
    waiting: Floats
    made: Floats
    planned: Floats
    spare: Floats
    consumed: Floats
    reserve: Floats
    placed: Floats
    short: Ints


@dataclass(frozen=True, eq=False)
class Day:
    """What happens on one day, in the numbering of the net; see `Today`."""

    capacity: Floats | None
    demand: Floats | None
    link: Floats | None
    passage: Floats | None


def begin(net: SupplyNet, rules: Rules, scenarios: int = 1) -> State:
    """Return the state in which nothing has happened: stocks at their targets, pipelines full.

    Parameters
    ----------
    net, rules
        The net and how its plants act.
    scenarios
        How many to keep side by side.
    """

    def wide(values: Floats) -> Floats:
        return np.repeat(values[:, None], scenarios, axis=1)

    cells = np.zeros(net.cells)
    # What arrives on day d stands in cell d of a leg; one that ends at a passage is a day longer.
    legs = [(net.last, net.transit.astype(np.int64) + 1, net.flow)]
    stages = net.stages
    if len(stages):
        last = np.append(np.diff(stages.link) != 0, True)
        legs[0][1][stages.link[last]] = stages.after[last]
        first = np.append(True, np.diff(stages.link) != 0)
        days = stages.before + first
        legs.append((stages.start, days, net.flow[stages.link]))
    for start, days, flow in legs:
        leg = np.repeat(np.arange(len(start)), days)
        within = np.arange(len(leg)) - np.repeat(np.cumsum(days) - days, days)
        cells[start[leg] + within] = flow[leg]
    count = len(net.whole) if rules.resourcing_days is not None else 0
    return State(
        day=0,
        stock=wide(net.days[net.group] * net.flow),
        cells=wide(cells),
        under=None if net.at_once else wide((net.transit + 1.0) * net.flow),
        waiting=np.zeros((len(stages), scenarios)),
        made=wide(net.usual),
        planned=wide(net.usual),
        spare=wide(net.capacity - net.usual),
        consumed=wide(net.final),
        reserve=wide(net.stock),
        placed=wide(net.whole[:count]),
        short=np.zeros((count, scenarios), dtype=np.int64),
    )


def in_numbering_of(net: SupplyNet, today: Today | None, scenarios: int) -> Day:
    """Return what happens on a day in the numbering of the net, whole.

    Raises
    ------
    ValueError
        When an array has another shape than it should.
    """
    today = today or Today()
    passages = int(net.stages.passage.max(initial=-1)) + 1

    def shaped(name: str, values: Floats | None, rows: int) -> Floats | None:
        if values is None:
            return None
        array = np.asarray(values, dtype=np.float64)
        if array.shape != (rows, scenarios):
            raise ValueError(f"today: {name} has shape {array.shape}, not {(rows, scenarios)}")
        if np.isnan(array).any() or (array < 0).any():
            raise ValueError(f"today: {name} holds a number below 0 or none")
        return array

    capacity = shaped("capacity", today.capacity, len(net))
    demand = shaped("demand", today.demand, len(net))
    link = shaped("link", today.link, len(net.link))
    room = shaped("passage", today.passage, passages)
    return Day(
        capacity=None if capacity is None else capacity[net.plant],
        demand=None if demand is None else demand[net.plant],
        link=None if link is None else np.ascontiguousarray(link[net.link]),
        passage=room,
    )
