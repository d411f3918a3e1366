"""A scenario among industries: each plant is one, and deliveries are in proportion to orders."""

import numpy as np
import numpy.typing as npt

from indranet.engines.flows.ario import ArioRules, Industries, begin, industries, step
from indranet.errors import Fault, InputError
from indranet.studies.flow_net import FlowNet

Floats = npt.NDArray[np.float64]

MOST = 5000
"""Industries of the largest table: it is square."""


def economy_of(flow: FlowNet, file: str) -> Industries:
    """Return the plants of a case as industries; what operators buy is final demand.

    Stocks of a product are the mean over those who buy it, by what they buy.

    Raises
    ------
    InputError
        When there are too many plants, or goods are under way for long.
    """
    if flow.plants > MOST:
        problem = f"takes at most {MOST:,} plants, and the case has {flow.plants:,}"
        raise InputError([Fault(file, 0, "production", "ario", problem, "write leontief")])
    net = flow.net
    group = net.group.astype(np.int64)
    client = net.plant[np.repeat(np.arange(len(net)), np.diff(net.groups))[group]]
    supplier = net.plant[net.supplier]
    between = client < flow.plants
    table = np.zeros((flow.plants, flow.plants))
    np.add.at(table, (supplier[between], client[between]), net.flow[between])
    final = np.zeros(len(net))
    final[net.plant] = net.final
    np.add.at(final, supplier[~between], net.flow[~between])
    made, product = np.unique(flow.made[: flow.plants], return_inverse=True)
    of = product[supplier[between]]
    bought = np.bincount(of, net.flow[between], len(made))
    held = np.bincount(of, (net.flow * net.days[group])[between], len(made))
    days = np.divide(held, bought, out=np.full(len(made), np.inf), where=bought > 0)
    return industries(table, final[: flow.plants], product, stock_days=days)


def run_industries(economy: Industries, capacity: Floats, demand: Floats) -> tuple[Floats, Floats]:
    """Return totals and output of one draw.

    Parameters
    ----------
    economy
        The industries.
    capacity, demand
        Factors on capacity and final demand on each day, shape (plants, days).

    Returns
    -------
    Production, value added and final consumption, shape (days, 3); output, shape (days, plants).
    """
    rules = ArioRules()
    state = begin(economy, rules)
    days = capacity.shape[1]
    totals, made = np.zeros((days, 3)), np.zeros((days, len(economy.output)))
    final = np.zeros(len(economy.final))
    final[economy.industry] = economy.final
    for day in range(days):
        extra = final * (demand[:, day] - 1.0)
        found = step(economy, rules, state, 1.0 - capacity[:, day], extra)
        # What is wanted beyond the usual is final demand as well.
        wanted = demand[economy.industry, day]
        totals[day, :2] = found.production[0], found.value_added[0]
        totals[day, 2] = (state.consumed * wanted).sum()
        made[day, economy.industry] = state.made
    return totals, made
