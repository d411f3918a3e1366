"""Dates of rules and limits as last periods of clusters and as milestones of the plan."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Milestones
from indranet.model.goal import Goal
from indranet.studies.plan_rules import Dated
from indranet.studies.swaps import Swaps

Floats = npt.NDArray[np.float64]

TEN_SWAPS = 10.0
"""Cost of a swap that is not done, and of a date that is missed, in swaps."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part of what stands that must be swapped by a day.

    Attributes
    ----------
    words
        What for.
    date
        Day on which it begins to count.
    last
        Last period whose swaps count by then.
    weight
        What each cluster counts, shape (clusters,).
    need
        How much of it must be swapped.
    price
        Cost of one that is lacking, None for the usual.
    """

    words: str
    date: np.datetime64
    last: int
    weight: Floats
    need: float
    price: float | None


def latest_of(
    found: Swaps,
    rules: list[Dated],
    starts: npt.NDArray[np.datetime64],
    goal: Goal,
    done: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], list[int]]:
    """Return the last period of each cluster, and the rules that leave a part standing.

    Where nothing may be left from a day on, all that counts is swapped in time for it, and where a
    part may, what weighs nobody knows how much; a day that is past, or too near for any swap,
    deletes no period and is told as missed.
    """
    latest = np.full(len(found), goal.periods - 1, dtype=np.int32)
    latest[done] = -1
    soft = []
    for number, rule in enumerate(rules):
        last = last_period(rule.date, rule.days, starts, goal)
        if rule.allowed > 0 or last < 0:
            soft.append(number)
        if last < 0:
            continue
        hit = rule.must_go[found.group]
        latest[hit] = np.minimum(latest[hit], last)
    return latest, soft


def last_period(
    date: np.datetime64, days: int, starts: npt.NDArray[np.datetime64], goal: Goal
) -> int:
    """Return the last period whose swaps count a margin before a day, -1 for none.

    Parameters
    ----------
    date
        The day.
    days
        Days after its period from which on a swap counts.
    starts
        First day of each period, and the day after the last, shape (periods + 1,).
    goal
        What is asked.
    """
    counts = starts[1:] + np.timedelta64(days + goal.practice.margin_days, "D")
    return int(np.searchsorted(counts, date, side="right")) - 1


def parts_of(
    found: Swaps,
    rules: list[Dated],
    soft: list[int],
    starts: npt.NDArray[np.datetime64],
    goal: Goal,
) -> list[Part]:
    """Return what rules that leave a part standing want swapped by their dates."""
    parts = []
    for number in soft:
        rule = rules[number]
        at = last_period(rule.date, rule.days, starts, goal)
        column = rule.gain[found.group] * found.share
        if not rule.lacking or not column.any() or at < 0:
            continue
        parts.append(Part(
            f"{rule.rule} by {rule.date}", rule.date, at, column,
            min(rule.lacking, float(column.sum())), goal.cost.milestone_usd_per_unit,
        ))  # fmt: skip
    return parts


def milestones_of(
    parts: Sequence[Part], weights: Floats, cost: Floats, done: npt.NDArray[np.bool_]
) -> tuple[Floats, Milestones, tuple[str, ...]]:
    """Return the weights with a column for each part, its milestone, and what each is about.

    What is done counts: only the rest of a part is still to be swapped.
    """
    columns, need, last, price, words = [weights], [], [], [], []
    cheapest = np.where(np.isfinite(cost), cost, np.inf).min(axis=1, initial=np.inf)
    for part in parts:
        rest = part.need - float(part.weight[done].sum())
        if rest <= 0:
            continue
        known = np.isfinite(cheapest) & (part.weight > 0)
        total = max(part.weight[known].sum(), 1e-12)
        usual = cheapest[known].sum() / total if known.any() else 1.0
        columns.append(part.weight[:, None])
        need.append(rest)
        last.append(part.last)
        price.append(TEN_SWAPS * usual if part.price is None else part.price)
        words.append(part.words)
    made = np.concatenate(columns, axis=1)
    first = weights.shape[1]
    return made, Milestones(
        (first + np.arange(len(need))).astype(np.int32), np.array(last, dtype=np.int32),
        np.array(need, dtype=np.float64), np.array(price, dtype=np.float64),
    ), tuple(words)  # fmt: skip
