"""Give each cluster an option and a period at nearly least cost, with a proof of how near."""

import time
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from indranet.engines.assignment.check import Broken, broken
from indranet.engines.assignment.dual import TEMPERATURES, WARM, Bound, Pricing, best_bound
from indranet.engines.assignment.finish import finished
from indranet.engines.assignment.late import late_costs, worst_weights
from indranet.engines.assignment.problem import Codes, Floats, Plan, Problem, Uses, objective, uses
from indranet.engines.assignment.search import (
    Attempt,
    Interrupted,
    dive,
    improve,
    nothing,
    part_of,
)

FEW = 3_000
"""Clusters up to which HiGHS is asked to finish."""
SAMPLES = (2_000, 40_000)
"""Clusters on which prices are first set, one after the other, where there are five times more."""
_ROUNDS, _ROUND_STEPS = 12, 150
Status = Literal["near enough", "time limit", "interrupted"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """A plan, its proof and its prices.

    Attributes
    ----------
    plan
        What each cluster gets, and when.
    cost, bound, gap
        What it costs, what none can cost less than, (cost - bound) / cost.
    status
        Why the search ended.
    seconds
        That it took.
    proof
        Prices of the rows, and what would be used at them.
    used
        What the plan uses.
    problem
        What was solved; with entries, the problem as opened by the dates that the plan takes.
    taken
        Date of each entry, `SHUT` for none.
    """

    plan: Plan
    cost: float
    bound: float
    gap: float
    status: Status
    seconds: float
    proof: Bound
    used: Uses
    problem: Problem
    taken: Codes


def solved(
    asked: Problem,
    *,
    seconds: float,
    gap: float,
    seed: int,
    executor: Executor | None,
    begun: Plan | None,
    prices: Floats | None,
) -> Assignment:
    """Return a plan of a problem without entries near the least cost, and a bound: see `assign`.

    Prices by a smoothed Lagrangian dual (`dual`), a dive along them and moves (`search`), and for
    few clusters HiGHS at the end (`finish`).
    """
    first = time.monotonic()
    until = first + seconds
    if begun is not None and broken(asked, begun):
        raise ValueError(f"the plan to begin with breaks {broken(asked, begun)[0].family}")

    def late(_: float) -> bool:
        return time.monotonic() > first + 0.6 * seconds

    status: Status = "near enough"
    best = Attempt(nothing(asked), objective(asked, nothing(asked)))
    pricing = Pricing(asked, executor)
    proof = Bound(-np.inf, np.zeros(len(pricing.rows.limit)), np.zeros(len(pricing.rows.limit)))
    try:
        start, weights = _begun(asked, prices, seed, executor)
        pricing = Pricing(asked, executor, weights)
        heats = TEMPERATURES if start is None else WARM
        proof = best_bound(pricing, start, temperatures=heats, enough=late)
        best = _better(asked, best, begun)
        best = _better(asked, best, dive(asked, pricing, proof))
        best = improve(
            asked, pricing, proof, best.plan, gap=gap, seed=seed,
            until=min(until, _moves_end(asked, first, seconds)),
        )  # fmt: skip
    except Interrupted as stopped:
        best, status = stopped.best, "interrupted"
    except KeyboardInterrupt:
        status = "interrupted"
    value = proof.value
    if status != "interrupted" and len(asked) <= FEW and not near(best.cost, value, gap):
        left = until - time.monotonic()
        if left > 1.0:
            plan, value, _ = finished(pricing, proof, best.plan, seconds=left, gap=gap / 2)
            best = _better(asked, best, plan)
    if status != "interrupted" and not near(best.cost, value, gap):
        status = "time limit"
    faults = broken(asked, best.plan)
    if faults:
        raise AssertionError(f"the plan breaks a limit: {_told(faults)}")
    ratio = (best.cost - value) / best.cost if best.cost > 0 else 0.0
    return Assignment(
        best.plan, best.cost, value, max(ratio, 0.0), status, time.monotonic() - first, proof,
        uses(asked, best.plan), asked, np.zeros(0, dtype=np.int32),
    )  # fmt: skip


def _moves_end(asked: Problem, first: float, seconds: float) -> float:
    """Return until when moves go on: for few clusters HiGHS gets the larger part of the time."""
    if len(asked) > FEW:
        return first + seconds
    return time.monotonic() + min(0.3 * seconds, 0.2 + len(asked) / 200)


def near(cost: float, bound: float, gap: float) -> bool:
    """Return whether a cost is near enough to a bound."""
    return cost - bound <= gap * abs(cost)


def _better(asked: Problem, best: Attempt, plan: Plan | None) -> Attempt:
    if plan is None or broken(asked, plan):
        return best
    cost = objective(asked, plan)
    return Attempt(plan, cost) if cost < best.cost else best


def _told(faults: list[Broken]) -> str:
    return "; ".join(f"{f.family} {f.place}: {f.used:g} of {f.limit:g}" for f in faults[:3])


def _begun(
    asked: Problem, prices: Floats | None, seed: int, executor: Executor | None
) -> tuple[Floats | None, Floats]:
    """Return prices to begin with, None for none, and the weights of scenarios.

    Prices are set on samples of the clusters with limits to their measure, where there are many:
    clusters are taken evenly from each region, so that each keeps its share.
    """
    order = np.lexsort((np.random.default_rng([seed, 2]).permutation(len(asked)), asked.region))
    samples = [] if prices is not None else [s for s in SAMPLES if len(asked) >= 5 * s]
    weights: Floats | None = None
    for size in samples:
        every = len(asked) / size
        chosen = np.sort(order[(np.arange(size) * every).astype(np.int64)])
        sample = _shrunk(part_of(asked, chosen, uses(asked, nothing(asked))), 1.0 / every)
        if weights is None:
            weights, prices = _tail_weights(sample, prices, executor)
        heats = TEMPERATURES if prices is None else WARM
        pricing = Pricing(sample, executor, weights)
        prices = best_bound(pricing, prices, temperatures=heats).prices
    if weights is None:
        weights, prices = _tail_weights(asked, prices, executor)
    return prices, weights


def _tail_weights(
    asked: Problem, prices: Floats | None, executor: Executor | None
) -> tuple[Floats, Floats | None]:
    """Return the weights of scenarios at which the bound is highest, nearly, and prices there.

    The mean of the worst part is the most over all weights that the tail allows, so each gives a
    bound. Weights step towards those of the worst part at what the prices would use, in steps that
    shrink (fictitious play; Brown 1951).
    """
    weights = asked.late.weight
    if asked.late.tail >= 1.0:
        return weights, prices
    used = np.zeros(asked.deliveries.size)
    for number in range(_ROUNDS):
        pricing = Pricing(asked, executor, weights)
        heats = (3e-2, 1e-2, 3e-3) if prices is None else (3e-3,)
        bound = best_bound(pricing, prices, temperatures=heats, steps=_ROUND_STEPS)
        late, prices = pricing.rows.of("late"), bound.prices
        used[pricing.rows.place[late]] = bound.used[late]
        costs = late_costs(asked.late, used.reshape(asked.deliveries.shape))
        weights = weights + (worst_weights(asked.late, costs) - weights) * 2 / (number + 3)
    return weights, prices


def _shrunk(asked: Problem, factor: float) -> Problem:
    return replace(
        asked, deliveries=asked.deliveries * factor, crews=asked.crews * factor,
        overtime=asked.overtime * factor, floor=asked.floor * factor, cash=asked.cash * factor,
        caps=replace(asked.caps, limit=asked.caps.limit * factor),
        milestones=replace(asked.milestones, need=asked.milestones.need * factor),
        late=replace(asked.late, deliveries=asked.late.deliveries * factor,
                     price=asked.late.price),
    )  # fmt: skip
