"""What cannot be done, proven, and which rows are to blame."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from indranet.engines.assignment.dual import WARM, Bound, Pricing, best_bound
from indranet.engines.assignment.late import Late
from indranet.engines.assignment.problem import FAMILIES, Floats, Milestones, Problem
from indranet.engines.assignment.search import sample_of

NOTICED = 1e-4
"""Part of all that counts, below which a proven shortfall is taken for rounding."""
SAMPLE = 2_000
"""Clusters of a sample on which more is tried, where there are more than twice as many."""
_TRIES = 7
_MOST = 8.0
_STEPS = 150
_HEATS = (3e-2, 3e-3, 3e-4)
_NONE_MORE = 1.005


@dataclass(frozen=True, eq=False)
class Blame:
    """How much cannot be done, and for want of what.

    Attributes
    ----------
    share
        Part of what counts that no plan can give an option; 0 proves nothing.
    families
        Family of rows to its share of the blame: what its limits are worth at the prices of the
        proof, over what all are worth.
    rows
        Rows with a price, those of the family most blamed first: family, place in its array, share
        of the blame.
    more
        Of the family most blamed, by which factor its limits must grow at least before nothing is
        proven impossible any more; infinite where no growth of it alone suffices.
    """

    share: float
    families: Mapping[str, float]
    rows: tuple[tuple[str, int, float], ...]
    more: float


def phase_one(asked: Problem, counts: Floats) -> Problem:
    """Return the problem that asks how much can be done at all: costs 0, penalty what counts."""
    zero = np.zeros_like
    nothing = Milestones(
        asked.milestones.weight, asked.milestones.last, asked.milestones.need,
        zero(asked.milestones.price),
    )  # fmt: skip
    free = np.where(np.isfinite(asked.cost), 0.0, np.inf)
    spends = np.isfinite(asked.cash).any()
    return replace(
        asked,
        # Money still counts against the cash, at a price too low to matter.
        cost=asked.cost if spends else free,
        discount=zero(asked.discount), work_price=zero(asked.work_price),
        running=zero(asked.running), wait=zero(asked.wait), penalty=counts.astype(np.float64),
        overtime_price=zero(asked.overtime_price), change_cost=zero(asked.change_cost),
        crews=asked.crews + asked.overtime, overtime=zero(asked.overtime), milestones=nothing,
        late=Late(),
    )  # fmt: skip


def blame(asked: Problem, counts: Floats, executor: Executor | None = None) -> Blame:
    """Prove how much of what counts cannot be given an option, and tell for want of what.

    The bound of the problem with no costs and what counts as penalty (a phase-one problem): its
    value is a part that no plan can serve; its prices say which rows it comes from.

    Parameters
    ----------
    asked
        The problem.
    counts
        What each cluster counts, such as its people, shape (clusters,).
    executor
        Threads.
    """
    first = phase_one(asked, counts)
    total = float(counts.sum())
    if total <= 0:
        return Blame(0.0, {}, (), 1.0)
    pricing = Pricing(first, executor)
    small = sample_of(first, SAMPLE).problem if len(first) > 2 * SAMPLE else first
    bound = best_bound(Pricing(small, executor))
    if small is not first:
        bound = best_bound(pricing, bound.prices, temperatures=WARM, steps=_STEPS)
    share = bound.value / total
    if share < NOTICED:
        return Blame(0.0, {}, (), 1.0)
    rows = pricing.rows
    worth = bound.prices * np.abs(rows.limit)
    # What has no options within its dates counts, and has no row to blame.
    alone = _without(first, counts)
    all_of_it = float(worth.sum())
    families = {
        family: float(worth[rows.of(family)].sum()) / all_of_it if all_of_it > 0 else 0.0
        for family in FAMILIES
    }
    family_of = np.repeat(np.arange(len(FAMILIES)), np.diff(rows.start))
    whole = np.array([families[family] for family in FAMILIES])[family_of]
    order = np.lexsort((-worth, -whole))
    order = order[worth[order] > 1e-3 * all_of_it]
    told = tuple(
        (FAMILIES[family_of[row]], int(rows.place[row]), float(worth[row] / all_of_it))
        for row in order.tolist()
    )
    worst = max(families, key=lambda name: families[name])
    more = np.inf
    if all_of_it > 0:
        more = _needed(first, small, worst, alone / total, bound.prices, executor)
    return Blame(min(share, 1.0), families if all_of_it > 0 else {}, told, more)


def _without(asked: Problem, counts: Floats) -> float:
    """Return what clusters count that have no choice at all."""
    first = np.where(np.isfinite(asked.cost), asked.first[None, :], asked.periods)
    begin = np.maximum(first.min(axis=1, initial=asked.periods), asked.earliest)
    return float(counts[begin > np.minimum(asked.latest, asked.periods - 1)].sum())


def _needed(
    first: Problem,
    small: Problem,
    family: str,
    alone: float,
    prices: Floats,
    executor: Executor | None,
) -> float:
    """Return a factor on a family's limits at which something more is still proven impossible.

    The largest that is found on a sample, where there are many clusters; the prices found there are
    then to prove it of all, or it is lowered. Infinite where `_MOST` is proven not to suffice.
    """

    def proven(asked: Problem, factor: float, begun: Floats, heats: tuple[float, ...]) -> Bound:
        pricing = Pricing(grow(asked, family, factor), executor)
        return best_bound(
            pricing, begun, temperatures=heats, steps=_STEPS, enough=lambda v: too_much(asked, v)
        )

    def too_much(asked: Problem, value: float) -> bool:
        return value >= (NOTICED + alone) * float(asked.penalty.sum())

    def of_all(factor: float, begun: Floats) -> bool:
        return small is first or too_much(first, proven(first, factor, begun, (3e-4,)).value)

    found = proven(small, _MOST, prices, _HEATS)
    if too_much(small, found.value) and of_all(_MOST, found.prices):
        return float("inf")
    low, high = 1.0, _MOST
    for _ in range(_TRIES):
        middle = float(np.sqrt(low * high))
        found = proven(small, middle, prices, _HEATS)
        if too_much(small, found.value):
            low, prices = middle, found.prices
        else:
            high = middle
    while low > _NONE_MORE and not of_all(low, prices):
        low = float(np.sqrt(low))
    return low


def grow(asked: Problem, family: str, factor: float) -> Problem:
    """Return the problem with all limits of a family multiplied."""
    if family == "caps":
        caps = replace(asked.caps, limit=asked.caps.limit * factor)
        return replace(asked, caps=caps)
    if family == "crews":
        return replace(asked, crews=asked.crews * factor, overtime=asked.overtime * factor)
    return replace(asked, **{family: getattr(asked, family) * factor})
