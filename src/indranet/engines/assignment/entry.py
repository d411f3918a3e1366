"""Which entries are taken, and when: their dates are enumerated, and what cannot be best is cut.

A node leaves each entry a range of its dates, never last of them. Taken as loosely as the range
allows, its problem has a bound by prices as any other (`dual`), to which comes what the entries
cost at least that are taken for certain. Nodes are halved in the order of their bounds (Land and
Doig 1960); at a leaf every entry has its date, and what is left is a problem without entries. The
bound of the whole is the least over all nodes that are left.
"""

import heapq
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from indranet.engines.assignment.check import broken
from indranet.engines.assignment.dual import WARM, Bound, Pricing, best_bound
from indranet.engines.assignment.entries import SHUT, Codes, Entries, dates_taken
from indranet.engines.assignment.problem import Floats, Plan, Problem, objective, uses
from indranet.engines.assignment.search import dive, nothing
from indranet.engines.assignment.solve import FEW, Assignment, near, solved

ROOT = 0.3
"""Part of the time for the problem with all open from the first date on."""
TREE = 0.75
"""Part of the time after which no node is looked into any more."""
_LEAST_SECONDS = 0.5
_LEAF_SECONDS = 3.0
_CENT = 0.01


def opened(asked: Problem, taken: Codes) -> Problem:
    """Return the problem without entries that is left once the date of each is chosen.

    Parameters
    ----------
    asked
        The problem.
    taken
        Date of each entry, `SHUT` for never, shape (entries,).
    """
    at = np.where(taken == SHUT, asked.entries.dates, taken)
    return _relaxed(asked, at, at)


def loosest(asked: Problem) -> Problem:
    """Return the problem with every entry open from its first date on, at no cost."""
    count = len(asked.entries)
    never = np.full(count, asked.entries.dates)
    return _relaxed(asked, np.zeros(count, dtype=np.int64), never)


def _relaxed(asked: Problem, low: Codes, high: Codes) -> Problem:
    """Return the loosest problem where each entry is taken within a range of dates.

    The number after the last date is never. Money that is not there is told by cash below 0.
    """
    entries = asked.entries
    first, latest = asked.first.copy(), asked.latest.copy()
    cash, penalty = asked.cash.copy(), asked.penalty.copy()
    for entry in range(len(entries)):
        waits = entries.options[entry]
        begin = asked.periods
        if low[entry] < entries.dates:
            begin = int(entries.first[entry, low[entry]])
        first[waits] = np.maximum(first[waits], begin)
        if high[entry] < entries.dates:
            start, ahead = int(entries.start[entry, high[entry]]), entries.before[entry]
            latest[ahead] = np.minimum(latest[ahead], start)
            left = cash[entries.purse[entry], start:] - entries.money[entry]
            cash[entries.purse[entry], start:] = np.where(np.abs(left) < _CENT, 0.0, left)
            # Without what comes first there is no such entry, so that leaving it out is no way.
            penalty[ahead] = asked.penalty.sum() + 1.0
    return replace(asked, first=first, latest=latest, cash=cash, penalty=penalty, entries=Entries())


@dataclass(frozen=True, eq=False)
class _Node:
    """A range of dates for each entry, a bound on what a plan within them costs, and prices."""

    low: Codes
    high: Codes
    bound: float
    prices: Floats


class _Tree:
    """The nodes left, and the best plan so far."""

    def __init__(self, asked: Problem, gap: float, executor: Executor | None) -> None:
        self.asked, self.gap, self.executor = asked, gap, executor
        self.plan = nothing(asked)
        self.cost = objective(asked, self.plan)
        self.waiting: list[tuple[float, int, _Node]] = []
        self.closed: dict[tuple[int, ...], float] = {}
        self.last = -np.inf
        self.number = 0
        # Nothing is lost by taking what is free and waits for nothing as early as can be.
        self.asked_about = (asked.entries.money > 0) | asked.entries.before.any(axis=1)

    def offer(self, plan: Plan) -> None:
        """Keep a plan that is the best so far."""
        cost = objective(self.asked, plan)
        if cost < self.cost and not broken(self.asked, plan):
            self.plan, self.cost = plan, cost

    def try_dates(self, at: Codes, prices: Floats) -> None:
        """Try a plan along some prices with each entry at a date."""
        problem = _relaxed(self.asked, at, at)
        if (problem.cash >= 0).all():
            pricing = Pricing(problem, self.executor)
            bound = Bound(-np.inf, prices, np.zeros_like(prices))
            self.offer(dive(problem, pricing, bound))

    def near(self, bound: float) -> bool:
        """Return whether nothing above a bound is worth looking for."""
        return near(self.cost, bound, self.gap)

    def add(self, node: _Node) -> None:
        """Let a node wait."""
        self.number += 1
        heapq.heappush(self.waiting, (node.bound, self.number, node))

    def next(self) -> _Node:
        """Return the node of the least bound, which waits no more."""
        self.last, _, node = heapq.heappop(self.waiting)
        return node

    def prove(self, at: Codes, bound: float) -> None:
        """Raise the bound of the leaf with some dates, where it is one that is left."""
        key = tuple(at.tolist())
        if key in self.closed:
            self.closed[key] = max(self.closed[key], bound)
        left = [node for _, _, node in self.waiting]
        self.waiting = []
        for node in left:
            same = (node.low == at).all() and (node.high == at).all()
            self.add(replace(node, bound=max(node.bound, bound)) if same else node)

    @property
    def bound(self) -> float:
        """What no plan costs less than."""
        left = [bound for bound, _, _ in self.waiting]
        return min([self.cost, *left, *self.closed.values()])

    def paid(self, low: Codes, high: Codes) -> float:
        """Return what the entries cost at least that are taken for certain."""
        entries, total = self.asked.entries, 0.0
        for entry in np.flatnonzero(high < entries.dates).tolist():
            worth = self.asked.discount[entries.start[entry, low[entry] : high[entry] + 1]]
            total += entries.money[entry] * float(worth.min())
        return total

    def looked_into(self, node: _Node, over: Callable[[], bool]) -> None:
        """Bound a node by its parent's prices and by better ones, and try a plan along them."""
        problem = _relaxed(self.asked, node.low, node.high)
        if (problem.cash < 0).any():
            return
        pricing, paid = Pricing(problem, self.executor), self.paid(node.low, node.high)
        value = max(node.bound, paid + pricing.hard(node.prices))
        if self.near(value):
            self.add(replace(node, bound=value))
            return
        found = best_bound(
            pricing, node.prices, temperatures=WARM,
            enough=lambda reached: over() or self.near(paid + reached),
        )  # fmt: skip
        value = max(value, paid + found.value)
        self.add(replace(node, bound=value, prices=found.prices))
        if not self.near(value):
            self.offer(dive(problem, pricing, found))

    def halves(self, node: _Node) -> tuple[_Node, _Node]:
        """Return the two nodes of a range that is cut: first whether at all, then when.

        The entry that costs most is asked first, then the one with most dates left.
        """
        dates = self.asked.entries.dates
        size, never = (node.high - node.low) * self.asked_about, node.high == dates
        keys = (-size, -self.asked.entries.money, ~never, size == 0)
        entry = int(np.lexsort(keys)[0])
        low, high = node.low.copy(), node.high.copy()
        cut = dates - 1 if never[entry] else (node.low[entry] + node.high[entry]) // 2
        high[entry], low[entry] = cut, cut + 1
        return replace(node, high=high), replace(node, low=low)


def assign(
    asked: Problem,
    *,
    seconds: float = 60.0,
    gap: float = 1e-3,
    seed: int = 0,
    executor: Executor | None = None,
    begun: Plan | None = None,
    prices: Floats | None = None,
) -> Assignment:
    """Return a plan near the least cost, with a bound that no plan can beat.

    Without entries as `solve.solved`; with them that solves the problem as opened, after the dates
    of entries have been enumerated. The plan is checked anew in whole units (`check`).

    Parameters
    ----------
    asked
        The problem.
    seconds, gap
        When to stop: time, and (cost - bound) / cost that is enough.
    seed
        Of the order in which clusters are moved; with the same seed and time to spare, same plan.
    executor
        Threads for the bound; the plan does not hang on their number.
    begun
        A plan to begin with, which must keep every limit.
    prices
        Prices to begin with.

    Raises
    ------
    ValueError
        When the plan given breaks a limit.
    """
    solve = partial(solved, gap=gap, seed=seed, executor=executor)
    if not len(asked.entries):
        return solve(asked, seconds=seconds, begun=begun, prices=prices)
    if begun is not None and (faults := broken(asked, begun)):
        raise ValueError(f"the plan to begin with breaks {faults[0].family}")
    first = time.monotonic()
    tree = _Tree(asked, gap, executor)
    if begun is not None:
        tree.offer(begun)
    root = solve(
        loosest(asked), seconds=max(ROOT * seconds, _LEAST_SECONDS), begun=begun, prices=prices
    )
    tree.offer(root.plan)
    count, never = len(asked.entries), asked.entries.dates
    low, high = np.zeros(count, dtype=np.int32), np.full(count, never, dtype=np.int32)
    # Plans to cut by: all at once, and each entry where the loosest plan would have it.
    wished, lacking = dates_taken(asked.entries, root.plan.option, root.plan.period)
    for at in (low, np.where(lacking, 0, np.where(wished == SHUT, never, wished))):
        tree.try_dates(at, root.proof.prices)
    tree.add(_Node(low, high, root.bound, root.proof.prices))
    stopped = root.status == "interrupted" or _cut(tree, solve, first + TREE * seconds)
    if stopped:
        return _with_entries(tree, root, first, stopped)
    taken, _ = dates_taken(asked.entries, tree.plan.option, tree.plan.period)
    left = max(first + seconds - time.monotonic(), _LEAST_SECONDS)
    last = solve(opened(asked, taken), seconds=left, begun=tree.plan, prices=root.proof.prices)
    tree.offer(last.plan)
    at = np.where(taken == SHUT, never, taken)
    tree.prove(at, tree.paid(at, at) + last.bound)
    return _with_entries(tree, last, first, last.status == "interrupted")


def _cut(tree: _Tree, solve: Callable[..., Assignment], until: float) -> bool:
    """Look into nodes until none is left or time is over; return whether the user asked to end."""

    def over() -> bool:
        return time.monotonic() > until

    try:
        while tree.waiting and not over() and not tree.near(tree.waiting[0][0]):
            node = tree.next()
            if ((node.low < node.high) & tree.asked_about).any():
                for half in tree.halves(node):
                    tree.looked_into(half, over)
                continue
            problem = _relaxed(tree.asked, node.low, node.high)
            left = until - time.monotonic()
            answer = solve(
                problem, seconds=max(left / 3, min(left, _LEAF_SECONDS), _LEAST_SECONDS),
                begun=None if broken(problem, tree.plan) else tree.plan, prices=node.prices,
            )  # fmt: skip
            tree.offer(answer.plan)
            value = max(node.bound, tree.paid(node.low, node.high) + answer.bound)
            if len(tree.asked) <= FEW and not tree.near(value):
                # HiGHS gets further with more time, once no other node has a lower bound.
                tree.add(replace(node, bound=value))
            else:
                tree.closed[tuple(node.low.tolist())] = value
            if answer.status == "interrupted":
                return True
    except KeyboardInterrupt:
        # A node that was being looked into is still there by what its parent's bound says.
        tree.closed[()] = tree.last
        return True
    return False


def _with_entries(tree: _Tree, found: Assignment, first: float, stopped: bool) -> Assignment:
    """Return the best plan as the answer to the whole problem."""
    asked, plan, cost, bound = tree.asked, tree.plan, tree.cost, tree.bound
    taken, _ = dates_taken(asked.entries, plan.option, plan.period)
    problem = opened(asked, taken)
    enough = near(cost, bound, tree.gap)
    return Assignment(
        plan, cost, float(bound), max(float((cost - bound) / cost), 0.0) if cost > 0 else 0.0,
        "interrupted" if stopped else "near enough" if enough else "time limit",
        time.monotonic() - first, found.proof, uses(problem, plan), problem, taken,
    )  # fmt: skip
