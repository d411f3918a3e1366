"""Industries instead of plants: the adaptive regional input-output model, day by day."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indranet.engines.flows.net import Floats, Ints
from indranet.engines.flows.run import Totals


@dataclass(frozen=True)
class ArioRules:
    """How industries act.

    Attributes
    ----------
    psi
        Part of the stock aimed at below which production suffers.
    base, most
        Overproduction without scarcity, and the most that scarcity leads to.
    overproduction_days, restock_days
        Days over which overproduction adjusts, and over which a gap in stock is ordered.
    """

    psi: float = 0.8
    base: float = 1.0
    most: float = 1.25
    overproduction_days: float = 365.0
    restock_days: float = 60.0


@dataclass(frozen=True, eq=False)
class Industries:
    """An economy as the engine keeps it, industries ordered by their product.

    Attributes
    ----------
    industry
        The caller's number of each industry.
    output, final, value
        Units a day of each industry, its final demand, the value added of a unit; shape
        (industries,).
    first
        First industry of each product, and their number at the end, shape (products + 1,).
    part
        Part of a client's purchases of a product that comes from each supplier, shape (industries,
        industries).
    need
        What of each product a unit of each industry's output takes, shape (products, industries).
    stock_days
        Days of each product that industries hold, shape (products,); infinite binds nobody.
    """

    industry: Ints
    output: Floats
    final: Floats
    value: Floats
    first: Ints
    part: Floats
    need: Floats
    stock_days: Floats


@dataclass
class ArioState:
    """What changes from day to day, shape (products, industries) and (industries,).

    Attributes
    ----------
    stock, orders
        Of each product: units that each industry has, and orders a day.
    overproduction
        Factor on the capacity of each industry.
    made, consumed
        Yesterday's output and final demand served.
    """

    stock: Floats
    orders: Floats
    overproduction: Floats
    made: Floats
    consumed: Floats


def industries(
    flows: npt.ArrayLike,
    final: npt.ArrayLike,
    product: npt.ArrayLike,
    *,
    output: npt.ArrayLike | None = None,
    stock_days: npt.ArrayLike = 90.0,
) -> Industries:
    """Build an economy from an input-output table.

    Parameters
    ----------
    flows
        What each industry (row) sells each other (column) a day, shape (industries, industries).
    final
        Final demand of each, shape (industries,).
    product
        What each makes, whole numbers from 0 without a gap, shape (industries,).
    output
        Of each; sales and final demand by default.
    stock_days
        Days of each product that industries hold, shape (products,) or one for all.

    Raises
    ------
    ValueError
        When shapes or ranges are wrong.
    """
    table, demand = np.asarray(flows, dtype=np.float64), np.asarray(final, dtype=np.float64)
    makes = np.asarray(product, dtype=np.int64)
    count = len(demand)
    if table.shape != (count, count) or makes.shape != (count,):
        raise ValueError("industries: flows are square, as long as final and product")
    if not (np.isfinite(table).all() and np.isfinite(demand).all()):
        raise ValueError("industries: flows and final are numbers")
    if (table < 0).any() or (demand < 0).any():
        raise ValueError("industries: flows and final are not below 0")
    products = int(makes.max(initial=-1)) + 1
    if len(np.unique(makes)) != products:
        raise ValueError("industries: product counts from 0 without a gap")
    made = table.sum(axis=1) + demand if output is None else np.asarray(output, dtype=np.float64)
    order = np.lexsort((np.arange(count), makes))
    table, made = table[np.ix_(order, order)], made[order]
    first = np.searchsorted(makes[order], np.arange(products + 1))
    bought = np.add.reduceat(table, first[:-1], axis=0) if products else np.zeros((0, count))
    whole = np.repeat(bought, np.diff(first), axis=0)
    days = np.broadcast_to(np.asarray(stock_days, dtype=np.float64), (products,))
    if np.isnan(days).any() or (days <= 0).any():
        raise ValueError("industries: stock_days are above 0")
    safe = np.where(made > 0, made, 1.0)
    return Industries(
        industry=order,
        output=made,
        final=demand[order],
        value=np.where(made > 0, 1.0 - table.sum(axis=0) / safe, 0.0),
        first=first,
        part=np.divide(table, whole, out=np.zeros_like(table), where=whole > 0),
        need=np.where(made > 0, bought / safe, 0.0),
        stock_days=days.copy(),
    )


def begin(economy: Industries, rules: ArioRules) -> ArioState:
    """Return the state in which nothing has happened."""
    used = economy.need * economy.output
    days = np.where(np.isinf(economy.stock_days), 0.0, economy.stock_days)
    return ArioState(
        stock=used * days[:, np.newaxis],
        orders=used.copy(),
        overproduction=np.full(len(economy.output), rules.base),
        made=economy.output.copy(),
        consumed=economy.final.copy(),
    )


def step(
    economy: Industries,
    rules: ArioRules,
    state: ArioState,
    damage: npt.ArrayLike = 0.0,
    rebuilding: npt.ArrayLike = 0.0,
) -> Totals:
    """Move a state by one day, in place.

    Hallegatte 2008, "An adaptive regional input-output model and its application to the assessment
    of the economic cost of Katrina", Risk Analysis 28; Hallegatte 2014, "Modeling the role of
    inventories and heterogeneity in the assessment of the economic costs of natural disasters",
    Risk Analysis 34. Deliveries are in proportion to orders.

    Parameters
    ----------
    economy, rules
        The industries and how they act.
    state
        Of `begin`; moved in place.
    damage
        Part of each industry's capacity that is lost, in the caller's numbering.
    rebuilding
        Demand beside the usual final demand, units a day, in the caller's numbering.
    """
    count = len(economy.output)
    lost, extra = (
        np.broadcast_to(np.asarray(values, dtype=np.float64), (count,))[economy.industry]
        for values in (damage, rebuilding)
    )
    wanted = _ordered(economy, state.orders) + economy.final + extra
    capacity = state.overproduction * (1.0 - lost) * economy.output
    aimed = np.minimum(wanted, capacity)
    target = _target(economy, aimed)
    made = aimed * _allowed(economy, rules, state.stock, target)
    served = np.divide(made, wanted, out=np.zeros(count), where=wanted > 0)
    state.stock += _received(economy, state.orders, served) - economy.need * made
    np.maximum(state.stock, 0.0, out=state.stock)
    gap = np.maximum(0.0, target - state.stock) / rules.restock_days
    held = np.isfinite(economy.stock_days)[:, np.newaxis]
    state.orders = np.where(held, gap, 0.0) + economy.need * made
    scarce = np.divide(wanted - made, wanted, out=np.zeros(count), where=wanted > 0)
    rise = (rules.most - state.overproduction) * scarce
    fall = rules.base - state.overproduction
    state.overproduction += np.where(scarce > 0, rise, fall) / rules.overproduction_days
    state.made, state.consumed = made, economy.final * served
    return Totals(
        made.sum(keepdims=True),
        (economy.value * made).sum(keepdims=True),
        state.consumed.sum(keepdims=True),
    )


def _blocks(economy: Industries) -> list[tuple[int, slice]]:
    ends = economy.first.tolist()
    return [(product, slice(*pair)) for product, pair in enumerate(pairwise(ends))]


def _ordered(economy: Industries, orders: Floats) -> Floats:
    """Return what is ordered of each industry: orders of a product by its usual parts."""
    found = np.empty(len(economy.output))
    for product, rows in _blocks(economy):
        found[rows] = economy.part[rows] @ orders[product]
    return found


def _received(economy: Industries, orders: Floats, served: Floats) -> Floats:
    found = np.empty_like(orders)
    for product, rows in _blocks(economy):
        found[product] = orders[product] * (served[rows] @ economy.part[rows])
    return found


def _target(economy: Industries, aimed: Floats) -> Floats:
    """Return the stock that an industry aims at for what it aims to make."""
    days = np.where(np.isfinite(economy.stock_days), economy.stock_days, 0.0)
    target: Floats = economy.need * aimed * days[:, np.newaxis]
    return target


def _allowed(economy: Industries, rules: ArioRules, stock: Floats, target: Floats) -> Floats:
    """Return the part of what is aimed at that stocks allow."""
    enough = rules.psi * target
    ratio = np.divide(stock, enough, out=np.full_like(stock, np.inf), where=enough > 0)
    allowed: Floats = np.minimum(1.0, ratio.min(axis=0, initial=np.inf))
    return allowed
