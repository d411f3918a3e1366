"""What an earlier plan announced: what holds to it, what a change costs, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Plan, Problem, broken
from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.plan_deadlines import TEN_SWAPS
from indranet.studies.plan_progress import Progress
from indranet.studies.plan_time import DAY
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import Swaps

Table = Mapping[str, npt.NDArray[Any]]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

Products = Mapping[str, str]
"""Function to product."""


@dataclass(frozen=True, eq=False)
class Announced:
    """What clusters were told by an earlier plan, and what it costs to tell them otherwise.

    Attributes
    ----------
    day, frozen_until
        First day on which anything may still happen; day before which what was announced stays.
    products
        What each cluster was to get, empty where it was told nothing, one for each cluster.
    date
        First day of its announced period, NaT where it was told none, shape (clusters,).
    option, period
        The same as a stack and a period of this plan, -1 where there is none such any more, shape
        (clusters,).
    frozen
        Clusters that stay as announced, shape (clusters,).
    price
        USD of telling a cluster otherwise, shape (clusters,).
    cost
        The same as the engine has it: more for what is frozen, 0 where nothing can be kept, shape
        (clusters,).
    late
        Clusters announced for a period that is past, and neither done nor promised, shape
        (clusters,).
    gone
        Clusters that were announced and are none of this goal's: most have nothing left to replace.
    """

    day: np.datetime64
    frozen_until: np.datetime64
    products: tuple[Products, ...]
    date: Days
    option: Codes
    period: Codes
    frozen: Flags
    price: Floats
    cost: Floats
    late: Flags
    gone: tuple[str, ...]

    @property
    def told(self) -> Flags:
        """Clusters that were told a product and a period, shape (clusters,)."""
        return ~np.isnat(self.date)


def first_day(network: Network, goal: Goal) -> np.datetime64:
    """Return the day from which on a plan is made anew: the later of the goal's and the case's."""
    if goal.first_day is None:
        return network.first_day
    return max(np.datetime64(goal.first_day, "D"), network.first_day)


def period_now(network: Network, goal: Goal, starts: Days) -> int:
    """Return the period in which a plan is made anew, the last one where all are past."""
    now = int(np.searchsorted(starts, first_day(network, goal), side="right")) - 1
    return min(max(now, 0), len(starts) - 2)


def announced_of(
    network: Network,
    goal: Goal,
    found: Swaps,
    made: Stacks,
    schedule: Table,
    *,
    cost: Floats,
    first: Codes,
    earliest: Codes,
    latest: Codes,
    progress: Progress,
    starts: Days,
    freeze_days: int,
) -> Announced:
    """Hold the clusters of a plan to what an earlier one told them.

    Parameters
    ----------
    network, goal, found, made
        The case, what is asked, what must go and what can replace it.
    schedule
        Of the earlier plan: cluster, function, product, period.
    cost, first, earliest, latest
        As in `engines.assignment.Problem`.
    progress
        What is done and promised.
    starts
        First day of each period, and the day after the last, shape (periods + 1,).
    freeze_days
        Days from the first one within which what was announced stays.

    Raises
    ------
    UsageError
        When none of the clusters that were announced is one of the goal's.
    """
    told = _told(schedule)
    names = found.names
    if told and not set(told) & set(names):
        raise UsageError(
            f"{goal.name}: none of the clusters of the earlier plan, such as {next(iter(told))}, "
            "is one of this goal's: give a plan of the same operator and authority"
        )
    day, now = first_day(network, goal), period_now(network, goal, starts)
    until = day + np.timedelta64(freeze_days, "D")
    open_ = [name in told and not progress.done[place] for place, name in enumerate(names)]
    products = tuple(told[n][0] if o else {} for n, o in zip(names, open_, strict=True))
    date = np.array(
        [told[n][1] if o else "NaT" for n, o in zip(names, open_, strict=True)],
        dtype="datetime64[D]",
    )
    known = ~np.isnat(date)
    period = np.full(len(found), -1, dtype=np.int32)
    period[known] = np.searchsorted(starts, date[known], side="right") - 1
    period[period >= goal.periods] = -1
    late = known & (date < starts[now]) & ~progress.promised
    period[late] = -1
    option = _options(network, made, products, cost)
    price = goal.cost.change_usd_per_person * found.people * known
    frozen = (period >= 0) & (date < until) & (freeze_days > 0)
    possible = _possible(cost, first, earliest, latest, option, period)
    finite = np.where(np.isfinite(cost), cost, 0.0).max(axis=1, initial=0.0)
    dear = price + TEN_SWAPS * finite * frozen
    gone = tuple(sorted(set(told) - set(names)))
    return Announced(
        day, until, products, date, option, period, frozen, price, dear * possible, late, gone
    )


def _told(schedule: Table) -> dict[str, tuple[dict[str, str], np.datetime64]]:
    """Return what each cluster was told: its products by function, and its period."""
    told: dict[str, tuple[dict[str, str], np.datetime64]] = {}
    period = schedule["period"].astype("datetime64[D]")
    rows = (schedule[name].tolist() for name in ("cluster", "function", "product"))
    for row, (cluster, function, product) in enumerate(zip(*rows, strict=True)):
        if not np.isnat(period[row]):
            told.setdefault(str(cluster), ({}, period[row]))[0][str(function)] = str(product)
    return told


def products_of(network: Network, made: Stacks, option: int) -> dict[str, str]:
    """Return what a stack puts where: function to product."""
    offers = network["offers"]["product"][made.offers]
    return {
        FUNCTIONS[made.functions[place]]: str(network.names["product"][offers[offer]])
        for place, offer in enumerate(made.offer[option].tolist())
        if offer >= 0
    }


def _options(network: Network, made: Stacks, products: tuple[Products, ...], cost: Floats) -> Codes:
    """Return the cheapest stack of each cluster with just the products it was told, -1 for none."""
    same: dict[frozenset[tuple[str, str]], list[int]] = {}
    for option in range(len(made.offer)):
        same.setdefault(frozenset(products_of(network, made, option).items()), []).append(option)
    found = np.full(len(products), -1, dtype=np.int32)
    for cluster, told in enumerate(products):
        options = same.get(frozenset(told.items()), [])
        if told and options:
            best = min(options, key=lambda option: float(cost[cluster, option]))
            found[cluster] = best if np.isfinite(cost[cluster, best]) else -1
    return found


def _possible(
    cost: Floats, first: Codes, earliest: Codes, latest: Codes, option: Codes, period: Codes
) -> Flags:
    """Return which clusters can be given what they were told, limits left aside, (clusters,)."""
    begin = np.where(np.isfinite(cost), first[None, :], np.iinfo(np.int32).max)
    any_ = begin.min(axis=1, initial=np.iinfo(np.int32).max)
    own = np.append(first, 0)[option]
    ready = np.where(option >= 0, own, any_) <= period
    return np.asarray(ready & (period >= 0) & (earliest <= period) & (period <= latest))


def begun_with(asked: Problem, told: Announced) -> Plan | None:
    """Return the plan as it was announced where every limit still holds, else None."""
    kept = told.option >= 0
    kept &= _possible(
        asked.cost, asked.first, asked.earliest, asked.latest, told.option, told.period
    )
    plan = Plan(
        np.where(kept, told.option, -1).astype(np.int32),
        np.where(kept, told.period, -1).astype(np.int32),
    )
    return None if broken(asked, plan) else plan


@dataclass(frozen=True, eq=False)
class Changes:
    """What each cluster gets now and was told before, shape (clusters,); True where they differ."""

    products: tuple[Products, ...]
    date: Days
    product_moves: Flags
    period_moves: Flags

    @property
    def moves(self) -> Flags:
        """Clusters told otherwise, shape (clusters,)."""
        return self.product_moves | self.period_moves


def changes_of(
    network: Network, made: Stacks, told: Announced, plan: Plan, starts: Days
) -> Changes:
    """Return in what a plan differs from what was announced.

    A cluster that is not swapped any more differs in both.
    """
    there = plan.option >= 0
    date = np.full(len(there), np.datetime64("NaT"), dtype="datetime64[D]")
    date[there] = starts[plan.period[there]]
    of_option = [products_of(network, made, option) for option in range(len(made.offer))]
    products = tuple(of_option[v] if v >= 0 else {} for v in plan.option.tolist())
    other = [new != old for new, old in zip(products, told.products, strict=True)]
    moved = told.told & ~(there & (plan.period == told.period) & (told.period >= 0))
    return Changes(products, date, told.told & np.array(other, dtype=bool), moved)


def changes_table(found: Swaps, told: Announced, changes: Changes) -> Table:
    """Return the rows of what is told otherwise: one for each cluster and function."""
    rows: list[tuple[Any, ...]] = []
    for cluster in np.flatnonzero(changes.moves).tolist():
        before, after = told.products[cluster], changes.products[cluster]
        for function in sorted({*before, *after}):
            rows.append((
                found.names[cluster], function, told.date[cluster], changes.date[cluster],
                before.get(function, ""), after.get(function, ""), bool(told.frozen[cluster]),
            ))  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 7
    return {
        "cluster": np.array(columns[0], dtype=object),
        "function": np.array(columns[1], dtype=object),
        "period_before": np.array(columns[2], dtype="datetime64[D]"),
        "period_after": np.array(columns[3], dtype="datetime64[D]"),
        "product_before": np.array(columns[4], dtype=object),
        "product_after": np.array(columns[5], dtype=object),
        "frozen": np.array(columns[6], dtype=bool),
    }


def changes_told(found: Swaps, told: Announced, changes: Changes) -> dict[str, Any]:
    """Return how much is told otherwise: clusters, people, USD, and what could not be kept."""
    moves, names = changes.moves, np.array(found.names, dtype=object)
    never = np.isnat(changes.date)
    lost = told.told & (told.option < 0)
    return {
        "from_day": str(told.day),
        "announced": int(told.told.sum()),
        "clusters": int(moves.sum()),
        "people": float(found.people[moves].sum()),
        "cost_usd": float(told.price[moves].sum()),
        "other_period": int((changes.period_moves & ~never).sum()),
        "other_product": int((changes.product_moves & ~never).sum()),
        "not_swapped": int((moves & never).sum()),
        "frozen_until": str(told.frozen_until),
        "frozen": int(told.frozen.sum()),
        "frozen_moved": names[told.frozen & moves].tolist(),
        "past": names[told.late].tolist(),
        "not_offered": names[lost].tolist(),
        "gone": list(told.gone),
        "days_moved": _days_moved(told, changes),
    }


def _days_moved(told: Announced, changes: Changes) -> float:
    """Return the mean of days by which clusters with another period are later, 0 without any."""
    both = changes.period_moves & ~np.isnat(changes.date)
    if not both.any():
        return 0.0
    return float(((changes.date[both] - told.date[both]) / DAY).mean())
