"""Clusters, options and periods: what may be chosen, what it costs, and what it uses of what."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment.borders import Borders, border_costs, check_borders
from indranet.engines.assignment.entries import Entries, check_entries, dates_taken, spent_on
from indranet.engines.assignment.late import Late, late_cost

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NEVER = -1
"""Option and period of a cluster to which none is given."""
FAMILIES = ("deliveries", "crews", "floor", "cash", "caps", "milestones", "late")
"""Families of rows that link clusters, in the order of a vector of prices."""


@dataclass(frozen=True, eq=False)
class Caps:
    """Upper limits on what some options use, from a period back to the first.

    Attributes
    ----------
    weight
        Column of `Problem.weights` that is summed, shape (caps,).
    factor
        What part of it each option counts, shape (caps, options).
    last
        Period up to which choices count, shape (caps,).
    limit
        Most of the sum, shape (caps,).
    """

    weight: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    factor: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    last: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    limit: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Milestones:
    """Sums that must be reached by a period; what is lacking costs a price.

    Attributes
    ----------
    weight
        Column of `Problem.weights` that is summed, shape (milestones,).
    last
        Period up to which choices count, shape (milestones,).
    need
        Least of the sum, shape (milestones,).
    price
        Cost of one that is lacking, shape (milestones,).
    """

    weight: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    last: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    need: Floats = field(default_factory=lambda: np.zeros(0))
    price: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Problem:
    """Each cluster gets one option in one period, or none at a penalty.

    The cost of cluster c with option v in period t is cost[c, v] * discount[t] + work[c, v] *
    work_price[pool, t] + sum over parts f of amounts[c, f] * running[product[v, f], t] +
    wait[c] * waited[t] + change_cost[c], the last unless v and t are those announced.

    Attributes
    ----------
    region
        Region of each cluster, shape (clusters,).
    pool
        Crews that work on each cluster, shape (clusters,).
    cost
        Money spent, infinite where an option is not for a cluster, shape (clusters, options).
    work
        Work that it takes of the pool's crews, shape (clusters, options).
    amounts
        Units of each part of a cluster, shape (clusters, parts).
    product
        Product that an option puts in the place of each part, -1 for none, shape (options, parts).
    people
        What counts against the floor while a cluster is changed, shape (clusters,).
    wait
        Cost of a period's waiting, shape (clusters,).
    penalty
        Cost of no option at all, shape (clusters,).
    weights
        What caps and milestones sum, shape (clusters, columns).
    earliest, latest
        Periods between which a cluster may be changed, shape (clusters,); a latest one before the
        earliest leaves none.
    first
        Period from which each option may be used, shape (options,).
    discount, waited
        Factors of each period, shape (periods,).
    work_price
        Shape (pools, periods).
    running
        Shape (products, periods).
    deliveries
        Units delivered until each period, infinite for no limit, shape (products, periods).
    crews, overtime
        Work of the crews, and most that may be added at `overtime_price`, shape (pools, periods).
    floor
        Most people under change at a time, infinite for no limit, shape (regions, periods).
    purse
        Who pays for each cluster, shape (clusters,).
    cash
        Money to date of each who pays, infinite for no limit, shape (purses, periods).
    refund_share, refund_lag
        Part of the money spent that comes back, and after how many periods.
    caps, milestones
        Further rows.
    late
        Scenarios of deliveries, and what waiting for them costs.
    entries
        What must happen before some options may be used, and costs once.
    borders
        What it costs where clusters that touch have options of different sides.
    near_start, near
        Clusters that must not be changed in the same period, compressed sparse rows; symmetric.
    announced_option, announced_period
        What each cluster was told before, shape (clusters,): an option, -1 where any will do, and a
        period, -1 where none was told.
    change_cost
        Cost of any other choice than that, shape (clusters,). The penalty holds what it costs to be
        left out.
    """

    region: Codes
    pool: Codes
    cost: Floats
    work: Floats
    amounts: Floats
    product: Codes
    people: Floats
    wait: Floats
    penalty: Floats
    weights: Floats
    earliest: Codes
    latest: Codes
    first: Codes
    discount: Floats
    waited: Floats
    work_price: Floats
    running: Floats
    deliveries: Floats
    crews: Floats
    overtime: Floats
    overtime_price: Floats
    floor: Floats
    purse: Codes
    cash: Floats
    refund_share: float = 0.0
    refund_lag: int = 0
    caps: Caps = field(default_factory=Caps)
    milestones: Milestones = field(default_factory=Milestones)
    late: Late = field(default_factory=Late)
    entries: Entries = field(default_factory=Entries)
    borders: Borders = field(default_factory=Borders)
    near_start: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    near: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    announced_option: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    announced_period: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    change_cost: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.region)

    @property
    def options(self) -> int:
        """Number of options."""
        return len(self.product)

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.discount)

    @property
    def regions(self) -> int:
        """Number of regions."""
        return len(self.floor)


def problem(
    *,
    cost: npt.ArrayLike,
    periods: int,
    region: npt.ArrayLike | None = None,
    **more: Any,
) -> Problem:
    """Return a problem with what is not given left without effect, and check it.

    Parameters
    ----------
    cost, region, more
        See `Problem`; shapes are those told there. By default everything has no limit, one region,
        no work, no parts, and a penalty above what any choice can cost.
    periods
        Number of periods.

    Raises
    ------
    ValueError
        When shapes disagree, a number is not finite where it must be, or is below 0.
    """
    money = np.ascontiguousarray(cost, dtype=np.float64)
    clusters, options = money.shape
    areas = np.zeros(clusters) if region is None else np.asarray(region)
    regions = int(areas.max(initial=-1)) + 1
    regions = max(regions, len(more.get("floor", ())), 1)
    pool = np.asarray(more.pop("pool", areas))
    told = (len(more.get(name, ())) for name in ("crews", "overtime", "work_price"))
    pools = max(int(pool.max(initial=-1)) + 1, *told, 1)
    product = np.asarray(more.get("product", np.full((options, 0), -1)))
    products = int(max(product.max(initial=-1) + 1, len(more.get("deliveries", ())), 1))
    finite = np.where(np.isfinite(money), money, 0.0)
    largest = float(finite.max(initial=0.0))
    unlimited = np.inf
    default: dict[str, Any] = {
        "work": np.zeros((clusters, options)), "amounts": np.zeros((clusters, product.shape[1])),
        "product": product, "people": np.zeros(clusters), "wait": np.zeros(clusters),
        "penalty": np.full(clusters, 10 * largest + 1), "weights": np.zeros((clusters, 0)),
        "earliest": np.zeros(clusters), "latest": np.full(clusters, periods - 1),
        "first": np.zeros(options), "discount": np.ones(periods), "waited": np.arange(periods),
        "pool": pool, "work_price": np.zeros((pools, periods)),
        "running": np.zeros((products, periods)),
        "deliveries": np.full((products, periods), unlimited),
        "crews": np.full((pools, periods), unlimited), "overtime": np.zeros((pools, periods)),
        "overtime_price": np.zeros((pools, periods)),
        "floor": np.full((regions, periods), unlimited), "purse": np.zeros(clusters),
        "cash": np.full((1, periods), unlimited),
        "announced_option": np.full(clusters, NEVER), "announced_period": np.full(clusters, NEVER),
        "change_cost": np.zeros(clusters),
    }  # fmt: skip
    integer = {
        "pool", "product", "earliest", "latest", "first", "purse", "announced_option",
        "announced_period",
    }  # fmt: skip
    arrays: dict[str, Any] = {
        name: np.ascontiguousarray(
            more.pop(name, value), dtype=np.int32 if name in integer else np.float64
        )
        for name, value in default.items()
    }
    arrays["cash"] = np.atleast_2d(arrays["cash"])
    if "near_start" not in more:
        more["near_start"] = np.zeros(clusters + 1, dtype=np.int64)
    more["near_start"] = np.ascontiguousarray(more["near_start"], dtype=np.int64)
    more["near"] = np.ascontiguousarray(more.get("near", ()), dtype=np.int32)
    made = Problem(region=np.ascontiguousarray(areas, dtype=np.int32), cost=money, **arrays, **more)
    check_shapes(made)
    return made


def check_shapes(asked: Problem) -> None:
    """Raise ValueError when shapes disagree or a number is out of range."""
    clusters, options, periods, regions = (
        len(asked), asked.options, asked.periods, asked.regions,
    )  # fmt: skip
    parts, products, pools = asked.product.shape[1], len(asked.running), len(asked.crews)
    shapes = {
        "cost": (clusters, options), "work": (clusters, options), "amounts": (clusters, parts),
        "people": (clusters,), "wait": (clusters,), "penalty": (clusters,),
        "weights": (clusters, asked.weights.shape[1]), "earliest": (clusters,),
        "latest": (clusters,), "first": (options,), "discount": (periods,), "waited": (periods,),
        "pool": (clusters,), "work_price": (pools, periods), "running": (products, periods),
        "deliveries": (products, periods), "crews": (pools, periods),
        "overtime": (pools, periods), "overtime_price": (pools, periods),
        "floor": (regions, periods), "purse": (clusters,), "cash": (len(asked.cash), periods),
        "near_start": (clusters + 1,), "announced_option": (clusters,),
        "announced_period": (clusters,), "change_cost": (clusters,),
    }  # fmt: skip
    for name, shape in shapes.items():
        given: Array = getattr(asked, name)
        if given.shape != shape:
            raise ValueError(f"{name}: shape {given.shape} where {shape} is meant")
        if given.dtype.kind == "f" and (np.isnan(given).any() or (given < 0).any()):
            raise ValueError(f"{name}: numbers of 0 or more")
    for name in (
        "work", "amounts", "people", "wait", "penalty", "weights", "discount", "running",
        "change_cost",
    ):  # fmt: skip
        if not np.isfinite(getattr(asked, name)).all():
            raise ValueError(f"{name}: finite numbers")
    if clusters and (asked.region.min() < 0 or asked.region.max() >= regions):
        raise ValueError("region: out of range")
    if clusters and (asked.pool.min() < 0 or asked.pool.max() >= pools):
        raise ValueError("pool: out of range")
    if clusters and (asked.purse.min() < 0 or asked.purse.max() >= len(asked.cash)):
        raise ValueError("purse: out of range")
    if asked.product.size and (asked.product.min() < -1 or asked.product.max() >= products):
        raise ValueError("product: out of range")
    for name, count in (("announced_option", options), ("announced_period", periods)):
        told: Array = getattr(asked, name)
        if clusters and (told.min() < NEVER or told.max() >= count):
            raise ValueError(f"{name}: out of range")
    if (asked.deliveries[:, 1:] < asked.deliveries[:, :-1]).any():
        raise ValueError("deliveries: until each period, so never less than before")
    caps, milestones = asked.caps, asked.milestones
    if caps.factor.shape != (len(caps.limit), options if len(caps.limit) else caps.factor.shape[1]):
        raise ValueError("caps: one factor for each option")
    columns = asked.weights.shape[1]
    for name, rows in (("caps", caps.weight), ("milestones", milestones.weight)):
        if len(rows) and (rows.min() < 0 or rows.max() >= columns):
            raise ValueError(f"{name}: no such column of weights")
    _check_late(asked.late, (products, periods))
    check_borders(asked.borders, clusters, options)
    check_entries(asked.entries, clusters, options, len(asked.cash), periods)
    if not 0 <= asked.refund_share <= 1 or asked.refund_lag < 0:
        raise ValueError("refund_share: from 0 to 1; refund_lag: 0 or more")


def _check_late(late: Late, shape: tuple[int, int]) -> None:
    if not len(late):
        return
    if late.deliveries.shape != (len(late), *shape) or late.price.shape != shape[:1]:
        raise ValueError("late: deliveries (scenarios, products, periods) and price (products,)")
    if np.isnan(late.deliveries).any() or (late.deliveries < 0).any() or (late.price < 0).any():
        raise ValueError("late: numbers of 0 or more")
    if not np.isfinite(late.price).all() or not 0 < late.tail <= 1:
        raise ValueError("late: finite prices, and a tail above 0 and up to 1")
    if (late.weight < 0).any() or abs(late.weight.sum() - 1) > 1e-9:
        raise ValueError("late: weights of 0 or more, 1 together")


@dataclass(frozen=True, eq=False)
class Plan:
    """What each cluster gets, and when: `NEVER` for none; shape (clusters,) each."""

    option: Codes
    period: Codes


@dataclass(frozen=True, eq=False)
class Uses:
    """What a plan uses of what links clusters; shapes as the limits in `Problem`."""

    deliveries: Floats
    crews: Floats
    floor: Floats
    cash: Floats
    caps: Floats
    milestones: Floats


def own_costs(asked: Problem, plan: Plan) -> Floats:
    """Return what each cluster costs by itself, its penalty where it gets none, (clusters,)."""
    done = np.flatnonzero(plan.option >= 0)
    option, period = plan.option[done], plan.period[done]
    found: Floats = asked.penalty.copy()
    value = asked.cost[done, option] * asked.discount[period]
    value += asked.work[done, option] * asked.work_price[asked.pool[done], period]
    value += asked.wait[done] * asked.waited[period]
    for part in range(asked.product.shape[1]):
        product = asked.product[option, part]
        price = np.where(product >= 0, asked.running[product, period], 0.0)
        value += asked.amounts[done, part] * price
    found[done] = value + asked.change_cost[done] * ~as_announced(asked, plan)[done]
    return found


def as_announced(asked: Problem, plan: Plan) -> Flags:
    """Return which clusters get what they were told before, shape (clusters,)."""
    same = (asked.announced_option == NEVER) | (plan.option == asked.announced_option)
    return np.asarray(same & (plan.option >= 0) & (plan.period == asked.announced_period))


def uses(asked: Problem, plan: Plan) -> Uses:
    """Return what a plan uses of deliveries, crews, floor, cash, caps and milestones."""
    done = np.flatnonzero(plan.option >= 0)
    option, period = plan.option[done], plan.period[done]
    region, periods = asked.region[done], asked.periods

    def grouped(first: Array, count: int, values: Floats) -> Floats:
        place = first.astype(np.int64) * periods + period
        total = np.zeros((count, periods))
        np.add.at(total.reshape(-1), place, values)
        return total

    taken = np.zeros_like(asked.running)
    for part in range(asked.product.shape[1]):
        product = asked.product[option, part]
        there = np.flatnonzero(product >= 0)
        place = product[there].astype(np.int64) * periods + period[there]
        amount = asked.amounts[done[there], part]
        np.add.at(taken.reshape(-1), place, amount)
    money = np.zeros_like(asked.cash)
    np.add.at(money, (asked.purse[done], period), asked.cost[done, option])
    spent = np.cumsum(money, axis=1)
    taken_on, _ = dates_taken(asked.entries, plan.option, plan.period)
    opened = np.cumsum(spent_on(asked.entries, taken_on, asked.cash.shape), axis=1)
    back = np.zeros_like(spent)
    if asked.refund_lag < periods:
        back[:, asked.refund_lag :] = spent[:, : periods - asked.refund_lag]
    caps = np.zeros(len(asked.caps.limit))
    for row, (column, last) in enumerate(zip(asked.caps.weight, asked.caps.last, strict=True)):
        counts = period <= last
        caps[row] = (asked.weights[done, column] * asked.caps.factor[row, option] * counts).sum()
    reached = np.zeros(len(asked.milestones.need))
    for row, (column, last) in enumerate(
        zip(asked.milestones.weight, asked.milestones.last, strict=True)
    ):
        reached[row] = asked.weights[done, column][period <= last].sum()
    return Uses(
        np.cumsum(taken, axis=1),
        grouped(asked.pool[done], len(asked.crews), asked.work[done, option]),
        grouped(region, asked.regions, asked.people[done]),
        spent - asked.refund_share * back + opened,
        caps,
        reached,
    )


def linked_costs(asked: Problem, used: Uses) -> float:
    """Return what overtime, lacking milestones and waiting for deliveries cost."""
    over = np.maximum(used.crews - np.where(np.isfinite(asked.crews), asked.crews, np.inf), 0.0)
    lacks = np.maximum(asked.milestones.need - used.milestones, 0.0)
    paid = float((over * asked.overtime_price).sum() + (lacks * asked.milestones.price).sum())
    return paid + late_cost(asked.late, used.deliveries)


def entry_costs(asked: Problem, plan: Plan) -> float:
    """Return what the entries cost that a plan takes."""
    taken, _ = dates_taken(asked.entries, plan.option, plan.period)
    return float((spent_on(asked.entries, taken, asked.cash.shape) * asked.discount).sum())


def objective(asked: Problem, plan: Plan) -> float:
    """Return what a plan costs in all, penalties included."""
    linked = linked_costs(asked, uses(asked, plan)) + entry_costs(asked, plan)
    return float(own_costs(asked, plan).sum() + linked) + border_costs(asked.borders, plan.option)
