"""What is planned before it is delivered: its cost over scenarios, on average or at worst.

Scenarios touch a plan only through deliveries: in each, units that are planned until a period and
not there wait, at a price a unit and period. That is convex and piecewise linear in what a plan
uses of each product until each period, so each product and period is one row however many the
scenarios: recourse without one row for each of them (Birge and Louveaux 2011, ch. 5).
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Late:
    """Scenarios of deliveries, and what is paid where a plan uses more than is there.

    Attributes
    ----------
    deliveries
        Units delivered until each period, shape (scenarios, products, periods); a product with no
        limit in a scenario is infinite there and never late.
    price
        Cost of one unit that waits, for each period, shape (products,).
    weight
        Probability of each scenario, sum 1, shape (scenarios,).
    tail
        Part of the worst scenarios over which costs are averaged: 1 is the expectation, less is
        the conditional value at risk (Rockafellar and Uryasev 2000).
    """

    deliveries: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    price: Floats = field(default_factory=lambda: np.zeros(0))
    weight: Floats = field(default_factory=lambda: np.zeros(0))
    tail: float = 1.0

    def __len__(self) -> int:
        """Return the number of scenarios."""
        return len(self.weight)


@dataclass(frozen=True, eq=False)
class Curve:
    """The cost of what is used of each row, weights of the scenarios given.

    Using u of a row costs price * (level[k] u - paid[k]), k the number of breaks below u.

    Attributes
    ----------
    breaks
        Deliveries of each row, least first, shape (rows, scenarios).
    level
        Weight of the scenarios whose deliveries are below, shape (rows, scenarios + 1).
    paid
        Weighted sum of those deliveries, shape (rows, scenarios + 1).
    price
        Shape (rows,).
    """

    breaks: Floats
    level: Floats
    paid: Floats
    price: Floats


def late_costs(late: Late, used: Floats) -> Floats:
    """Return what waits costs in each scenario, (scenarios,), of units used until each period."""
    lacks = np.maximum(used[None] - late.deliveries, 0.0)
    return np.asarray((lacks * late.price[None, :, None]).sum(axis=(1, 2)))


def worst_weights(late: Late, costs: Floats) -> Floats:
    """Return the weights of scenarios under which the mean cost is the mean of the worst part."""
    order = np.argsort(-costs, kind="stable")
    most = late.weight[order] / late.tail
    before = np.cumsum(most) - most
    found = np.zeros(len(late))
    found[order] = np.clip(1.0 - before, 0.0, most)
    return found


def late_cost(late: Late, used: Floats) -> float:
    """Return the mean cost of the worst part of the scenarios, of units used until each period."""
    if not len(late):
        return 0.0
    costs = late_costs(late, used)
    return float(costs @ worst_weights(late, costs))


def without(late: Late, used: Floats) -> Late:
    """Return the scenarios with what others use taken from their deliveries, below 0 if need be."""
    return replace(late, deliveries=late.deliveries - used[None]) if len(late) else late


def limited(late: Late) -> npt.NDArray[np.int64]:
    """Return which products and periods can be late, flat over (products, periods)."""
    if not len(late):
        return np.zeros(0, dtype=np.int64)
    finite = np.isfinite(late.deliveries).all(axis=0) & (late.price > 0)[:, None]
    return np.flatnonzero(finite)


def curve(late: Late, weights: Floats) -> Curve:
    """Return the costs of the rows of `limited` at some weights of the scenarios, sum 1."""
    at = limited(late)
    if not len(at):
        none = np.zeros((0, 1))
        return Curve(none, none, none, np.zeros(0))
    there = late.deliveries.reshape(len(late), -1)[:, at].T
    order = np.argsort(there, axis=1, kind="stable")
    breaks = np.take_along_axis(there, order, axis=1)
    weight = weights[order]
    zero = np.zeros((len(at), 1))
    periods = late.deliveries.shape[2]
    return Curve(
        np.ascontiguousarray(breaks),
        np.concatenate([zero, np.cumsum(weight, axis=1)], axis=1),
        np.concatenate([zero, np.cumsum(weight * breaks, axis=1)], axis=1),
        late.price[at // max(periods, 1)],
    )
