"""A bound that no plan can beat: prices on what links clusters, set as well as they can be.

With a price of 0 or more on each row, every cluster takes its cheapest choice by itself, and what
these cost together, less the prices times the limits, is at most what the best plan costs
(Lagrangian relaxation; Geoffrion 1974). At the best prices it equals the linear relaxation. The
least over choices is smoothed (Nesterov 2005) at falling temperatures and maximised by L-BFGS-B;
only the bound without smoothing is reported.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from indranet.engines.assignment.late import Curve, curve, limited
from indranet.engines.assignment.pricing import (
    CHUNKS,
    FEWEST,
    Attributes,
    Tables,
    least_costs,
    soft_costs,
)
from indranet.engines.assignment.problem import FAMILIES, Floats, Problem

Result = TypeVar("Result")

TEMPERATURES = (3e-2, 1e-2, 3e-3, 1e-3, 3e-4)
"""Of the smoothing, as a part of each cluster's own cost."""
WARM = (3e-3, 1e-3, 3e-4)
"""The same where prices are already near the best."""
STEPS = 1_000
"""Most evaluations at each temperature; where nothing is short a few dozen suffice."""
SETTLED = 1e-7
"""Part of the bound by which a step must raise it for more steps to follow: where money is so short
that some clusters get none, prices end far from where they begin, and 60 steps leave the bound 8 to
27 % low."""
AGAIN_WORTH = 1e-6
"""Part of the bound by which beginning anew must raise it to be done once more."""
_SMALL = 1e-9
_SAFE = 1e-12
"""Part of a bound that rounding may have added."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that link clusters, one after the other as in a vector of prices.

    Attributes
    ----------
    start
        First row of each family of `FAMILIES`, and the end, shape (families + 1,).
    place
        Position of each row in its family's array, flat, shape (rows,).
    limit
        What is there of each; of milestones less what must be reached, shape (rows,).
    ceiling
        Largest price, infinite for none, shape (rows,).
    """

    start: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    limit: Floats
    ceiling: Floats

    def of(self, family: str) -> slice:
        """Return the rows of a family."""
        number = FAMILIES.index(family)
        return slice(int(self.start[number]), int(self.start[number + 1]))


@dataclass(frozen=True, eq=False)
class Bound:
    """A bound, the prices that prove it and what their choices would use.

    Attributes
    ----------
    value
        No plan costs less.
    prices
        Of each row of `rows`, shape (rows,).
    used
        What clusters that choose for themselves would use of each row on average, shape (rows,).
    """

    value: float
    prices: Floats
    used: Floats


def rows_of(asked: Problem) -> Rows:
    """Return the rows of a problem that limit anything."""
    kinds = (
        asked.deliveries, asked.crews, asked.floor, asked.cash, asked.caps.limit,
        -asked.milestones.need,
    )  # fmt: skip
    place = [np.flatnonzero(np.isfinite(limit).ravel()) for limit in kinds]
    limit = [kind.ravel()[at] for kind, at in zip(kinds, place, strict=True)]
    ceiling = [np.full(len(at), np.inf) for at in place]
    ceiling[-1] = asked.milestones.price.copy()
    # Waiting has no limit, only costs: see `Pricing`.
    place.append(limited(asked.late))
    limit.append(np.zeros(len(place[-1])))
    ceiling.append(asked.late.price[place[-1] // asked.periods])
    return Rows(
        np.cumsum([0, *(len(at) for at in place)]).astype(np.int64),
        np.concatenate(place).astype(np.int64),
        np.concatenate(limit).astype(np.float64),
        np.concatenate(ceiling),
    )


def attributes_of(asked: Problem) -> Attributes:
    """Return the arrays of a problem that the kernels price."""
    return Attributes(
        asked.region, asked.pool, asked.purse, asked.cost, asked.work, asked.amounts,
        asked.product, asked.people, asked.wait, asked.penalty, asked.weights,
        asked.earliest, asked.latest, asked.first, asked.announced_option,
        asked.announced_period, asked.change_cost,
    )  # fmt: skip


def tables_of(asked: Problem, rows: Rows, prices: Floats) -> Tables:
    """Return what one of each attribute costs in each period at some prices of the rows."""
    spread = {
        family: _laid(rows, prices, family, shape)
        for family, shape in (
            ("deliveries", asked.deliveries.shape), ("crews", asked.crews.shape),
            ("floor", asked.floor.shape), ("cash", asked.cash.shape),
            ("caps", asked.caps.limit.shape), ("milestones", asked.milestones.need.shape),
            ("late", asked.deliveries.shape),
        )
    }  # fmt: skip
    cash = _from_then_on(spread["cash"])
    money = asked.discount + cash
    back = asked.periods - asked.refund_lag
    if back > 0:
        money[:, :back] -= asked.refund_share * cash[:, asked.refund_lag :]
    weights = np.zeros((asked.weights.shape[1], asked.options, asked.periods))
    for row, price in enumerate(spread["caps"]):
        until = asked.caps.last[row] + 1
        weights[asked.caps.weight[row], :, :until] += price * asked.caps.factor[row][:, None]
    for row, price in enumerate(spread["milestones"]):
        weights[asked.milestones.weight[row], :, : asked.milestones.last[row] + 1] -= price
    return Tables(
        money,
        asked.work_price + spread["crews"],
        spread["floor"],
        asked.waited.astype(np.float64),
        asked.running + _from_then_on(spread["deliveries"] + spread["late"]),
        weights,
    )


def _laid(rows: Rows, prices: Floats, family: str, shape: tuple[int, ...]) -> Floats:
    laid = np.zeros(int(np.prod(shape)))
    laid[rows.place[rows.of(family)]] = prices[rows.of(family)]
    return laid.reshape(shape)


def _from_then_on(values: Floats) -> Floats:
    found: Floats = np.cumsum(values[..., ::-1], axis=-1)[..., ::-1].copy()
    return found


def used_of(asked: Problem, rows: Rows, used: Tables) -> Floats:
    """Return what is used of each row, from what is used of each attribute in each period."""
    spent = np.cumsum(used.money, axis=1)
    back = np.zeros_like(spent)
    if asked.refund_lag < asked.periods:
        back[:, asked.refund_lag :] = spent[:, : asked.periods - asked.refund_lag]
    caps = np.array([
        (used.weights[column, :, : last + 1].sum(axis=1) * factor).sum()
        for column, last, factor in zip(
            asked.caps.weight, asked.caps.last, asked.caps.factor, strict=True
        )
    ])  # fmt: skip
    reached = np.array([
        used.weights[column, :, : last + 1].sum()
        for column, last in zip(asked.milestones.weight, asked.milestones.last, strict=True)
    ])  # fmt: skip
    taken = np.cumsum(used.amounts, axis=1)
    kinds = (
        taken, used.work, used.people, spent - asked.refund_share * back, caps, -reached, taken,
    )  # fmt: skip
    parts = [
        np.asarray(kind, dtype=np.float64).ravel()[rows.place[rows.of(family)]]
        for family, kind in zip(FAMILIES, kinds, strict=True)
    ]
    return np.concatenate(parts)


class Pricing:
    """Evaluates the bound of a problem at prices, over threads.

    Where scenarios may be late, the bound holds at any weights of them that their tail allows; by
    default their probabilities.
    """

    def __init__(
        self, asked: Problem, executor: Executor | None = None, weights: Floats | None = None
    ) -> None:
        self.asked, self.rows, self.executor = asked, rows_of(asked), executor
        self.weights = asked.late.weight if weights is None else weights
        self.curve = curve(asked.late, self.weights)
        self.attributes = attributes_of(asked)
        finite = np.where(np.isfinite(asked.cost), asked.cost, np.inf)
        own = finite.min(axis=1, initial=np.inf) * asked.discount.max(initial=0.0)
        own = np.minimum(np.where(np.isnan(own), np.inf, own), asked.penalty)
        if own.sum() <= _SMALL * asked.penalty.sum():
            # Where choices cost nothing, what counts is whether there is one.
            own = asked.penalty
        # A cluster that costs next to nothing is weighed by the mean: no temperature is 0.
        self.scale = np.maximum(own, 0.05 * own.mean() if len(own) else 1.0) + 1e-12
        crews = self.rows.of("crews")
        at = self.rows.place[crews]
        self._over = asked.overtime.ravel()[at], asked.overtime_price.ravel()[at]
        pieces = min(CHUNKS, max(len(asked) // FEWEST, 1))
        cuts = np.linspace(0, len(asked), pieces + 1).astype(np.int64)
        self._pieces = list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))

    def hard(self, prices: Floats) -> float:
        """Return the bound at some prices, less what rounding may have added."""
        tables = tables_of(self.asked, self.rows, prices)
        parts = self._each(lambda piece: least_costs(self.attributes, tables, *piece))
        most, price = self._over
        over = most * np.maximum(prices[self.rows.of("crews")] - price, 0.0)
        terms = prices * self.rows.limit
        waits, _ = _conjugate(self.curve, prices[self.rows.of("late")])
        value = float(np.sum(parts)) - float(terms.sum()) - float(over.sum()) - waits
        size = float(np.abs(parts).sum() + np.abs(terms).sum() + over.sum()) + waits
        return value - _SAFE * size

    def soft(self, prices: Floats, heat: float) -> tuple[float, Floats, Floats]:
        """Return the smoothed bound, its gradient and what is used, at a temperature."""
        asked, tables = self.asked, tables_of(self.asked, self.rows, prices)
        temperature = heat * self.scale

        def piece(bounds: tuple[int, int]) -> tuple[float, Tables]:
            used = Tables(*(np.zeros_like(table) for table in tables))
            soft, _ = soft_costs(self.attributes, tables, temperature, *bounds, used)
            return soft, used

        parts = self._each(piece)
        total = Tables(
            *(np.sum(column, axis=0) for column in zip(*(p[1] for p in parts), strict=True))
        )
        used = used_of(asked, self.rows, total)
        most, price = self._over
        crews = self.rows.of("crews")
        over, slope = _smooth_excess(prices[crews] - price, heat * (price + _SMALL))
        value = float(np.sum([p[0] for p in parts])) - float((prices * self.rows.limit).sum())
        value -= float((most * over).sum())
        gradient = used - self.rows.limit
        gradient[crews] -= most * slope
        late = self.rows.of("late")
        waits, there = _conjugate(self.curve, prices[late], heat)
        value -= waits
        gradient[late] -= there
        return value, gradient, used

    def _each(self, work: Callable[[tuple[int, int]], Result]) -> list[Result]:
        if self.executor is None:
            return [work(piece) for piece in self._pieces]
        return list(self.executor.map(work, self._pieces))


def _smooth_excess(value: Floats, heat: Floats) -> tuple[Floats, Floats]:
    """Return max(value, 0) smoothed, and its slope."""
    scaled = np.clip(value / heat, -500, 500)
    return heat * np.logaddexp(0.0, scaled), 1.0 / (1.0 + np.exp(-scaled))


def _conjugate(curve: Curve, prices: Floats, heat: float = 0.0) -> tuple[float, Floats]:
    """Return the most by which prices of what is used can exceed what waiting costs, and its slope.

    The conjugate of a row's cost: from its least break on, each further one adds the step between
    them times the price above the cost's slope there.
    """
    if not len(prices):
        return 0.0, np.zeros(0)
    steps = np.diff(curve.breaks, axis=1)
    above = prices[:, None] - curve.price[:, None] * curve.level[:, 1:-1]
    over, slope = np.maximum(above, 0.0), (above > 0).astype(np.float64)
    if heat > 0:
        over, slope = _smooth_excess(above, heat * (curve.price[:, None] + _SMALL))
    least = curve.breaks[:, 0]
    found = prices @ least + (steps * over).sum()
    return float(found), np.asarray(least + (steps * slope).sum(axis=1))


_UNITS = {"deliveries": 0.05, "cash": 0.05, "crews": 3e-3, "floor": 3e-3, "caps": 0.05,
          "milestones": 0.05}  # fmt: skip
"""Sizes of prices with which L-BFGS-B takes the fewest steps, tried on made-up instances: of rows
that count from a period on or back, and of rows of one period."""


def _units(rows: Rows, total: float) -> Floats:
    """Return the size in which each price is measured: what all costs, over the row's limit."""
    unit = np.ones(len(rows.limit))
    for family, part in _UNITS.items():
        size = np.abs(rows.limit[rows.of(family)])
        if len(size):
            unit[rows.of(family)] = part * total / np.maximum(size, 1e-2 * size.max() + _SMALL)
    late = rows.of("late")
    unit[late] = np.maximum(rows.ceiling[late], _SMALL)
    return unit


def best_bound(
    pricing: Pricing,
    prices: Floats | None = None,
    *,
    temperatures: tuple[float, ...] = TEMPERATURES,
    steps: int = STEPS,
    enough: Callable[[float], bool] = lambda _: False,
) -> Bound:
    """Return the best bound found from some prices on.

    Parameters
    ----------
    pricing
        The problem.
    prices
        Where to begin; 0 by default, shape (rows,).
    temperatures, steps
        Of the smoothing, and evaluations at each.
    enough
        Asked after each evaluation with the best bound so far: whether to stop.
    """
    rows = pricing.rows
    at = np.zeros(len(rows.limit)) if prices is None else prices.copy()
    best = pricing.hard(at)
    answer = at.copy()
    if not len(at):
        return Bound(best, answer, np.zeros(0))
    total = float(pricing.scale.sum())
    unit = _units(rows, total)
    used = np.zeros(len(at))
    for heat in temperatures:
        at, last_used = _climbed(pricing, at, unit, heat, steps, partial(enough, best))
        value = pricing.hard(at)
        if value > best:
            best, answer, used = value, at.copy(), last_used
        if enough(best):
            break
    return Bound(best, answer, used)


def _climbed(
    pricing: Pricing,
    begun: Floats,
    unit: Floats,
    heat: float,
    steps: int,
    over: Callable[[], bool],
) -> tuple[Floats, Floats]:
    """Return the prices of the best smoothed bound at one temperature, and what is used at them.

    L-BFGS-B is begun anew where it stopped until that no longer helps: from prices of a sample its
    first steps may raise the bound too little to go on.
    """
    total = float(pricing.scale.sum())
    ceiling = (pricing.rows.ceiling / unit).tolist()
    used = np.zeros(len(begun))

    def evaluate(scaled: Floats) -> tuple[float, Floats]:
        nonlocal used
        value, gradient, used = pricing.soft(scaled * unit, heat)
        return -value / total, -gradient * unit / total

    def stop(xk: Floats) -> None:
        if over():
            raise StopIteration

    at, before, left = begun / unit, np.inf, steps
    while left > 0:
        found = minimize(
            evaluate, at, jac=True, method="L-BFGS-B", callback=stop,
            bounds=[(0.0, c if np.isfinite(c) else None) for c in ceiling],
            options={
                "maxiter": left, "maxfun": left, "maxcor": 20, "ftol": SETTLED, "gtol": 1e-9,
            },
        )  # fmt: skip
        at, left = np.maximum(np.asarray(found.x), 0.0), left - max(int(found.nfev), 1)
        if before - found.fun < AGAIN_WORTH * abs(found.fun) or over():
            break
        before = float(found.fun)
    return at * unit, used
