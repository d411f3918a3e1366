"""Which portfolio within a budget loses least, where each loss has to be simulated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Portfolio = frozenset[int]
"""Positions of the measures bought."""
Losses = Callable[[Sequence[Portfolio]], Sequence[float]]
"""Loss of each of some portfolios."""

ALL = 256
"""Portfolios up to which every one is tried."""
MOST = 400
"""Portfolios that are simulated at most in the search for the best."""
_SAME = 1e-9
"""Part of the loss without any measure by which two losses count as one."""
NOTHING: Portfolio = frozenset()


@dataclass(frozen=True, eq=False)
class Searched:
    """What was found.

    Attributes
    ----------
    best
        The portfolio that loses least within the budget; of those that lose the same the cheapest,
        then the smallest.
    known
        Loss of each portfolio that was tried.
    acting
        Measures that do something alone or last of all.
    tried_all
        Every portfolio of these within the budget was tried.
    """

    best: Portfolio
    known: dict[Portfolio, float]
    acting: tuple[int, ...]
    tried_all: bool


def search(
    cost: Floats, budget: float, losses: Losses, *, seeds: Iterable[Portfolio] = ()
) -> Searched:
    """Look for the portfolio within a budget that loses least.

    Measures that do something alone or last of all are looked at; all their portfolios where these
    are few. Else the seeds, greed by loss avoided for each USD, from nothing up and from all down,
    and exchanging one measure for another lead to the best.

    Parameters
    ----------
    cost, budget
        Of each measure, shape (measures,), and what they may cost together, USD.
    losses
        Tells what portfolios lose.
    seeds
        Portfolios worth trying.
    """
    known: dict[Portfolio, float] = {}
    every = frozenset(range(len(cost)))

    def ask(some: Iterable[Portfolio]) -> None:
        new = list(dict.fromkeys(one for one in some if one not in known))
        known.update(zip(new, losses(new) if new else (), strict=True))

    ask([NOTHING, every, *(frozenset({m}) for m in every), *(every - {m} for m in every)])
    least = _SAME * max(abs(known[NOTHING]), abs(known[every]), 1e-300)
    acting = tuple(
        m for m in sorted(every)
        if known[NOTHING] - known[frozenset({m})] > least
        or known[every - {m}] - known[every] > least
    )  # fmt: skip
    few = [m for m in acting if cost[m] <= budget]
    if 2 ** len(acting) <= ALL:
        # Those beyond the budget as well: they tell what more money would avoid.
        ask(_subsets(acting))
        return Searched(_best(known, cost, budget, least), known, acting, True)
    ask([frozenset(acting)])
    if 2 ** len(few) <= ALL:
        ask(one for one in _subsets(few) if _sum(cost, one) <= budget)
        return Searched(_best(known, cost, budget, least), known, acting, True)
    ask(one & frozenset(few) for one in seeds if _sum(cost, one) <= budget)
    _greedy(few, cost, budget, known, ask, least)
    _thin(few, cost, budget, known, ask)
    _exchange(few, cost, budget, known, ask, least)
    return Searched(_best(known, cost, budget, least), known, acting, False)


def _subsets(of: Sequence[int]) -> Iterable[Portfolio]:
    sizes = (combinations(of, size) for size in range(len(of) + 1))
    return (frozenset(one) for one in chain.from_iterable(sizes))


def _sum(cost: Floats, portfolio: Portfolio) -> float:
    return float(sum(cost[m] for m in sorted(portfolio)))


def _best(known: dict[Portfolio, float], cost: Floats, budget: float, least: float) -> Portfolio:
    inside = [one for one in known if _sum(cost, one) <= budget]
    lowest = min(known[one] for one in inside)
    near = [one for one in inside if known[one] <= lowest + least]
    return min(near, key=lambda one: (_sum(cost, one), len(one), sorted(one)))


def _greedy(
    few: Sequence[int], cost: Floats, budget: float, known: dict[Portfolio, float],
    ask: Callable[[Iterable[Portfolio]], None], least: float,
) -> None:  # fmt: skip
    """Buy what avoids most for each USD, one or, where one does nothing, two at a time."""
    now: Portfolio = NOTHING
    while len(known) < MOST:
        left = budget - _sum(cost, now)
        ones: list[Portfolio] = [frozenset({m}) for m in few if m not in now and cost[m] <= left]
        ask(now | one for one in ones)
        steps: list[Portfolio] = [one for one in ones if known[now] - known[now | one] > least]
        if not steps:
            pairs: list[Portfolio] = [a | b for a, b in combinations(ones, 2)]
            pairs = [pair for pair in pairs if _sum(cost, pair) <= left]
            ask(now | pair for pair in pairs[: max(MOST - len(known), 0)])
            steps = [pair for pair in pairs if known.get(now | pair, np.inf) < known[now] - least]
        if not steps:
            return
        gain = {step: known[now] - known[now | step] for step in steps}
        each = {step: (_each(gain[step], _sum(cost, step)), sorted(step)) for step in steps}
        best = sorted(steps, key=each.__getitem__)[-1]
        now = now.union(best)


def _thin(
    few: Sequence[int], cost: Floats, budget: float, known: dict[Portfolio, float],
    ask: Callable[[Iterable[Portfolio]], None],
) -> None:  # fmt: skip
    """Begin with all and leave out what costs least loss for each USD: pairs stay together."""
    now: Portfolio = frozenset(few)
    ask([now])
    while _sum(cost, now) > budget and len(known) < MOST:
        ask(now - {m} for m in sorted(now))
        now -= {
            min(
                now,
                key=lambda m: (_each(known[now - {m}] - known[now], float(cost[m])), -cost[m], m),
            )
        }


def _each(loss: float, cost: float) -> float:
    return loss / max(cost, 1e-9)


def _exchange(
    few: Sequence[int], cost: Floats, budget: float, known: dict[Portfolio, float],
    ask: Callable[[Iterable[Portfolio]], None], least: float,
) -> None:  # fmt: skip
    """Change the best for better by one more, or one for another, until there is none."""
    while len(known) < MOST:
        now = _best(known, cost, budget, least)
        others = [m for m in few if m not in now]
        near: list[Portfolio] = [now | {m} for m in others]
        near += [now - {a} | {m} for a in sorted(now) for m in others]
        near = [one for one in near if _sum(cost, one) <= budget and one not in known]
        ask(near[: MOST - len(known)])
        if _best(known, cost, budget, least) == now:
            return
