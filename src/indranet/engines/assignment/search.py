"""A plan near the bound: a dive along the prices, then moves, until it is near or time is over."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import moving as kernels
from indranet.engines.assignment.borders import Borders, borders_between
from indranet.engines.assignment.dual import Bound, Pricing, attributes_of, best_bound, tables_of
from indranet.engines.assignment.late import curve, limited, without
from indranet.engines.assignment.moving import LITTLE, Limits, Moving
from indranet.engines.assignment.problem import (
    NEVER,
    Caps,
    Floats,
    Milestones,
    Plan,
    Problem,
    Uses,
    objective,
    uses,
)

BITE = 0.35
"""Part of the clusters left that a dive places before it prices anew."""
AGAIN = 15
"""Evaluations with which it does."""
_LAST = 0.005
_BATCH = 20_000
_RUINS = 4_000
_COOL = 0.97

Clock = Callable[[], float]


@dataclass(frozen=True, eq=False)
class Attempt:
    """The best plan so far, and what it costs."""

    plan: Plan
    cost: float


def limits_of(asked: Problem, weights: Floats) -> Limits:
    """Return the limits of a problem for the kernels, scenarios at some weights."""
    wide = 1.0 + LITTLE
    costs, at = curve(asked.late, weights), limited(asked.late)
    row = np.full(asked.deliveries.size, -1, dtype=np.int64)
    row[at] = np.arange(len(at))
    borders = asked.borders
    if not len(borders):
        borders = borders_between({}, np.full(asked.options, -1, np.int32), len(asked))
    return Limits(
        asked.deliveries * wide, asked.crews, asked.overtime + LITTLE * asked.overtime,
        asked.overtime_price, asked.floor * wide, asked.cash * wide,
        float(asked.refund_share), int(asked.refund_lag), asked.caps.weight, asked.caps.factor,
        asked.caps.last, asked.caps.limit + LITTLE * np.abs(asked.caps.limit),
        asked.milestones.weight, asked.milestones.last, asked.milestones.need,
        asked.milestones.price, asked.near_start, asked.near,
        row.reshape(asked.deliveries.shape), costs.breaks, costs.level, costs.paid, costs.price,
        borders.start, borders.other, borders.cost, borders.side,
    )  # fmt: skip


def moving_of(asked: Problem, plan: Plan) -> Moving:
    """Return a plan under way."""
    used = uses(asked, plan)
    return Moving(
        plan.option.astype(np.int32), plan.period.astype(np.int32), used.deliveries, used.crews,
        used.floor, used.cash, used.caps, used.milestones,
    )  # fmt: skip


def nothing(asked: Problem) -> Plan:
    """Return the plan that gives no cluster an option."""
    none = np.full(len(asked), NEVER, dtype=np.int32)
    return Plan(none, none.copy())


def part_of(asked: Problem, clusters: npt.NDArray[np.integer], used: Uses) -> Problem:
    """Return the problem of some of the clusters, with what others use taken from the limits."""
    over = np.maximum(used.crews - asked.crews, 0.0)
    return replace(
        asked,
        region=asked.region[clusters], pool=asked.pool[clusters],
        purse=asked.purse[clusters], cost=asked.cost[clusters], work=asked.work[clusters],
        amounts=asked.amounts[clusters], people=asked.people[clusters], wait=asked.wait[clusters],
        penalty=asked.penalty[clusters], weights=asked.weights[clusters],
        earliest=asked.earliest[clusters], latest=asked.latest[clusters],
        announced_option=asked.announced_option[clusters],
        announced_period=asked.announced_period[clusters],
        change_cost=asked.change_cost[clusters],
        deliveries=np.maximum(asked.deliveries - used.deliveries, 0.0),
        crews=np.maximum(asked.crews - used.crews, 0.0),
        overtime=np.maximum(asked.overtime - np.where(np.isfinite(over), over, 0.0), 0.0),
        floor=np.maximum(asked.floor - used.floor, 0.0),
        cash=np.maximum(asked.cash - used.cash, 0.0),
        caps=Caps(asked.caps.weight, asked.caps.factor, asked.caps.last,
                  np.maximum(asked.caps.limit - used.caps, 0.0)),
        milestones=Milestones(asked.milestones.weight, asked.milestones.last,
                              asked.milestones.need - used.milestones, asked.milestones.price),
        late=without(asked.late, used.deliveries),
        near_start=np.zeros(len(clusters) + 1, dtype=np.int64), near=np.zeros(0, dtype=np.int32),
        borders=Borders(),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sample:
    """A problem of some of the clusters; family of rows to the part of each that is theirs."""

    problem: Problem
    parts: Mapping[str, Floats]

    def part(self, family: str, place: int) -> float:
        """Return what part of a row's limit the sample has."""
        return float(self.parts[family].ravel()[place])


def sample_of(asked: Problem, size: int) -> Sample:
    """Return some of the clusters as a problem, evenly from small to large of each region.

    Each limit is to the measure of what the sample may use of it, so that what is short for all is
    as short for the sample, and prices of its rows are those of the whole problem's, nearly.
    """
    order = np.lexsort((own_size(asked), asked.region))
    chosen = np.sort(order[((np.arange(size) + 0.5) * (len(asked) / size)).astype(np.int64)])
    small = part_of(asked, chosen, uses(asked, nothing(asked)))

    def part(of: Callable[[Problem], Floats]) -> Floats:
        some, every = of(small), of(asked)
        return np.asarray(np.where(every > 0, some / np.where(every > 0, every, 1.0), 1.0))

    def grouped(group: str, count: int, value: Callable[[Problem], Floats]) -> Floats:
        found = part(
            lambda one: np.bincount(
                getattr(one, group), weights=value(one), minlength=count
            ).astype(np.float64)
        )
        return np.repeat(found[:, None], asked.periods, axis=1)

    crews = grouped("pool", len(asked.crews), _most_work)
    taken = np.repeat(part(_most_taken)[:, None], asked.periods, axis=1)
    columns = part(lambda one: one.weights.sum(axis=0))
    parts = {
        "deliveries": taken, "late": taken, "crews": crews,
        "floor": grouped("region", asked.regions, lambda one: one.people),
        "cash": grouped("purse", len(asked.cash), _cheapest),
        "caps": columns[asked.caps.weight], "milestones": columns[asked.milestones.weight],
    }  # fmt: skip
    made = replace(
        small, deliveries=small.deliveries * taken, crews=small.crews * crews,
        overtime=small.overtime * crews, floor=small.floor * parts["floor"],
        cash=small.cash * parts["cash"],
        caps=replace(small.caps, limit=small.caps.limit * parts["caps"]),
        milestones=replace(small.milestones, need=small.milestones.need * parts["milestones"]),
        late=replace(small.late, deliveries=small.late.deliveries * taken) if len(small.late)
        else small.late,
    )  # fmt: skip
    return Sample(made, parts)


def _most_taken(asked: Problem) -> Floats:
    """Return what clusters could take of each product, their options added up, (products,)."""
    found = np.zeros(len(asked.running))
    offered = np.isfinite(asked.cost)
    for option, product in enumerate(asked.product):
        amount = offered[:, option] @ asked.amounts
        np.add.at(found, product[product >= 0], amount[product >= 0])
    return found


def _most_work(asked: Problem) -> Floats:
    """Return the work that each cluster takes at most, (clusters,)."""
    return np.asarray(asked.work.max(axis=1, initial=0.0))


def _cheapest(asked: Problem) -> Floats:
    """Return what each cluster costs at least, 0 where it has no option, (clusters,)."""
    least = np.where(np.isfinite(asked.cost), asked.cost, np.inf).min(axis=1, initial=np.inf)
    return np.asarray(np.where(np.isfinite(least), least, 0.0))


def priced_limits(limits: Limits) -> Limits:
    """Return limits under which milestones and waiting count by price alone, as in the bound.

    Where everything wants to be early for a milestone's sake, the price says who should be.
    """
    return limits._replace(
        milestone_price=np.zeros_like(limits.milestone_price), late_price=np.zeros(0)
    )


def dive(asked: Problem, pricing: Pricing, bound: Bound) -> Plan:
    """Place clusters at their cheapest choices, largest first, and price the rest anew as they go.

    Parameters
    ----------
    asked, pricing, bound
        The problem, and prices to begin with.
    """
    attributes, limits = attributes_of(asked), priced_limits(limits_of(asked, pricing.weights))
    under_way = moving_of(asked, nothing(asked))
    size = own_size(asked)
    left = np.argsort(-size, kind="stable")
    prices = bound.prices
    smallest = max(50, int(_LAST * len(asked)))
    while len(left):
        count = len(left) if len(left) <= smallest else max(int(BITE * len(left)), 1)
        tables = tables_of(asked, pricing.rows, prices)
        kernels.fill(attributes, limits, under_way, tables, left[:count])
        left = left[count:]
        if len(left):
            used = uses(asked, Plan(under_way.option, under_way.period))
            part = part_of(asked, np.sort(left), used)
            rest = Pricing(part, pricing.executor, pricing.weights)
            prices = best_bound(rest, prices, temperatures=(1e-3,), steps=AGAIN).prices
    return Plan(under_way.option, under_way.period)


def own_size(asked: Problem) -> Floats:
    """Return how large each cluster is: what it costs and works at least, shape (clusters,)."""
    return np.asarray(_cheapest(asked) + _most_work(asked))


def improve(
    asked: Problem,
    pricing: Pricing,
    bound: Bound,
    begun: Plan,
    *,
    gap: float,
    until: float,
    seed: int,
    clock: Clock = time.monotonic,
) -> Attempt:
    """Move clusters until the plan is near enough to the bound, or the time is over.

    Shifts with a falling part of the prices, exchanges within a region, then ruin and recreate with
    annealing; the best plan seen is kept, and given also when the user interrupts.

    Parameters
    ----------
    asked, pricing, bound
        The problem, its prices and bound.
    begun
        A plan that fits.
    gap
        (cost - bound) / cost that is enough.
    until
        Time of `clock` at which to stop.
    seed
        Of the order in which clusters are tried.
    clock
        Seconds.
    """
    state = _State(asked, pricing, bound, begun, gap, until, clock)
    random = np.random.default_rng([seed, 1])
    try:
        for part in (1.0, 0.7, 0.3, 0.0, 0.0):
            state.shifts(part, random.permutation(len(asked)))
        state.swaps(random)
        state.shifts(0.0, random.permutation(len(asked)))
        state.ruins(random)
    except KeyboardInterrupt:
        state.keep()
        raise Interrupted(state.best) from None
    return state.best


class Interrupted(Exception):  # noqa: N818 - it is no error
    """The user asked for an end; `best` is the best plan so far."""

    def __init__(self, best: Attempt) -> None:
        self.best = best
        super().__init__("interrupted")


class _State:
    """The plan that is being moved, and the best one seen."""

    def __init__(
        self,
        asked: Problem,
        pricing: Pricing,
        bound: Bound,
        begun: Plan,
        gap: float,
        until: float,
        clock: Clock,
    ) -> None:
        self.asked, self.pricing, self.bound = asked, pricing, bound
        self.gap, self.until, self.clock = gap, until, clock
        self.attributes, self.limits = attributes_of(asked), limits_of(asked, pricing.weights)
        self.moving = moving_of(asked, begun)
        self.best = Attempt(begun, objective(asked, begun))
        order = np.argsort(asked.region, kind="stable")
        self.members = order.astype(np.int32)
        self.member_start = np.searchsorted(asked.region[order], np.arange(asked.regions + 1))
        self.plain = tables_of(asked, pricing.rows, np.zeros_like(bound.prices))

    def keep(self) -> float:
        """Keep the plan if it is the best so far, and return what it costs."""
        plan = Plan(self.moving.option.copy(), self.moving.period.copy())
        cost = objective(self.asked, plan)
        if cost < self.best.cost:
            self.best = Attempt(plan, cost)
        return cost

    def over(self) -> bool:
        """Return whether the best plan is near enough, or the time is over."""
        near = self.best.cost - self.bound.value <= self.gap * abs(self.best.cost)
        return near or self.clock() >= self.until

    def shifts(self, part: float, order: npt.NDArray[np.int64]) -> None:
        """Let each cluster move to what is cheaper for it, a part of the prices added."""
        prices = self.bound.prices * part
        if part > 0:
            for family in ("milestones", "late"):
                mine = self.pricing.rows.of(family)
                prices[mine] = self.bound.prices[mine]
        limits = priced_limits(self.limits) if part > 0 else self.limits
        tables = tables_of(self.asked, self.pricing.rows, prices)
        for first in range(0, len(order), _BATCH):
            if self.over():
                return
            kernels.shift(
                self.attributes, limits, self.moving, tables, order[first : first + _BATCH]
            )
        self.keep()

    def swaps(self, random: np.random.Generator) -> None:
        """Exchange choices within regions, some ten tries for each cluster."""
        word = random.integers(1, 2**63, size=1, dtype=np.uint64)
        for _ in range(0, 10 * len(self.asked), _BATCH):
            if self.over():
                return
            kernels.swap(
                self.attributes, self.limits, self.moving, self.plain, self.member_start,
                self.members, _BATCH, word,
            )  # fmt: skip
        self.keep()

    def ruins(self, random: np.random.Generator) -> None:
        """Take out and put back until the end."""
        word = random.integers(1, 2**63, size=1, dtype=np.uint64)
        prices = self.bound.prices.copy()
        for family in ("milestones", "late"):
            prices[self.pricing.rows.of(family)] = 0.0
        priced = tables_of(self.asked, self.pricing.rows, prices)
        heat = 2e-3 * self.best.cost / max(len(self.asked), 1)
        while not self.over():
            kernels.ruin(
                self.attributes, self.limits, self.moving, self.plain, priced, self.member_start,
                self.members, _RUINS, word, heat,
            )  # fmt: skip
            self.keep()
            heat *= _COOL
