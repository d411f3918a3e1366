"""Dates of rules as last periods of clusters and as milestones of the plan."""

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Milestones
from indranet.model.goal import Goal
from indranet.studies.plan_rules import Dated
from indranet.studies.swaps import Swaps

Floats = npt.NDArray[np.float64]

TEN_SWAPS = 10.0
"""Cost of a swap that is not done, and of a date that is missed, in swaps."""


def latest_of(
    found: Swaps,
    rules: list[Dated],
    starts: npt.NDArray[np.datetime64],
    goal: Goal,
    done: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], list[int]]:
    """Return the last period of each cluster, and the rules that leave a part standing.

    Where nothing may be left from a day on, all that counts is swapped and accepted before it; a
    day that is past, or too near for any swap, is met as soon as can be and told as missed.
    """
    latest = np.full(len(found), goal.periods - 1, dtype=np.int32)
    latest[done] = -1
    soft = []
    for number, rule in enumerate(rules):
        last = last_period(rule.date, starts, goal)
        if rule.allowed > 0 or last < 0:
            soft.append(number)
            continue
        hit = found.spread(rule.rows & found.goes, np.ones(len(rule.rows))) > 0
        latest[hit] = np.minimum(latest[hit], last)
    return latest, soft


def last_period(date: np.datetime64, starts: npt.NDArray[np.datetime64], goal: Goal) -> int:
    """Return the last period whose swaps are accepted a margin before a day, -1 for none."""
    days = goal.practice.acceptance_days + goal.practice.margin_days
    accepted = starts[1:] + np.timedelta64(days, "D")
    return int(np.searchsorted(accepted, date, side="right")) - 1


def milestones_of(
    found: Swaps,
    rules: list[Dated],
    soft: list[int],
    starts: npt.NDArray[np.datetime64],
    weights: Floats,
    goal: Goal,
    cost: Floats,
) -> tuple[Floats, Milestones, tuple[int, ...]]:
    """Return the weights with a column for each rule that leaves a part, and its milestone."""
    columns, need, last, price, of = [weights], [], [], [], []
    cheapest = np.where(np.isfinite(cost), cost, np.inf).min(axis=1, initial=np.inf)
    for number in soft:
        rule = rules[number]
        at = last_period(rule.date, starts, goal)
        column = found.spread(rule.rows & found.goes, rule.weight)
        lacking = float(rule.weight[rule.rows].sum()) - rule.allowed
        if lacking <= 0 or not column.any() or at < 0:
            continue
        reach = min(lacking, float(column.sum()))
        given = goal.cost.milestone_usd_per_unit
        known = np.isfinite(cheapest) & (column > 0)
        usual = cheapest[known].sum() / max(column[known].sum(), 1e-12) if known.any() else 1.0
        columns.append(column[:, None])
        need.append(reach)
        last.append(at)
        price.append(TEN_SWAPS * usual if given is None else given)
        of.append(number)
    made = np.concatenate(columns, axis=1)
    first = weights.shape[1]
    return made, Milestones(
        (first + np.arange(len(need))).astype(np.int32), np.array(last, dtype=np.int32),
        np.array(need, dtype=np.float64), np.array(price, dtype=np.float64),
    ), tuple(of)  # fmt: skip
