"""Games of too many players for all coalitions: orders of joining drawn by lot, two at a time.

After an order comes the same one backwards (antithetic): who was early is late, so that what hangs
on being early or late weighs less by chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

Floats = npt.NDArray[np.float64]
Value = Callable[[Sequence[int]], Floats]
"""Coalitions, bit i for player i, to their value, shape (coalitions, games)."""

LEAST_PAIRS, MOST_PAIRS = 200, 2000
"""Pairs of orders before which nothing is said, and after which no more are drawn."""
_ROUND = 50
"""Pairs between two looks at how sure the answer is."""


@dataclass(frozen=True)
class Sampled:
    """Shapley values from orders drawn by lot.

    Attributes
    ----------
    value
        Shape (n, games); it sums to the value of all less that of none.
    half_width
        Half of the interval that holds the value of all orders with the probability asked for.
    pairs
        Pairs of orders.
    masks
        Coalitions that were looked at.
    weights
        What each of them counts for in the value of each player, shape (n, coalitions).
    """

    value: Floats
    half_width: Floats
    pairs: int
    masks: tuple[int, ...]
    weights: Floats


def sampled_shapley(
    value: Value,
    players: int,
    *,
    seed: int,
    half_width: float = 0.0,
    level: float = 0.95,
    least: int = LEAST_PAIRS,
    most: int = MOST_PAIRS,
) -> Sampled:
    """Return Shapley values over antithetic pairs of orders (Castro et al. 2009, Mitchell 2022).

    Parameters
    ----------
    value
        Asked for many coalitions at once, for each of them once at most.
    players
        How many.
    seed
        Of the orders.
    half_width
        Enough, as a share of the value of all less that of none, in every game.
    level
        Probability with which the interval holds the value.
    least, most
        Pairs of orders.

    Raises
    ------
    ValueError
        When fewer than two pairs are asked for, or fewer at most than at least.
    """
    if least < 2 or most < least:
        raise ValueError(f"from {least} to {most} pairs: at least two, and not fewer at most")
    draw = np.random.default_rng(seed)
    everyone = (1 << players) - 1
    known: dict[int, Floats] = {}
    _ask(value, known, [0, everyone])
    whole = np.abs(known[everyone] - known[0])
    counted: list[dict[int, float]] = [{} for _ in range(players)]
    pairs, mean, squares = 0, np.zeros((players, *whole.shape)), np.zeros((players, *whole.shape))
    while True:
        count = min(_ROUND, most - pairs) if pairs else least
        orders = [draw.permutation(players).tolist() for _ in range(count)]
        _ask(value, known, [mask for order in orders for way in (order, order[::-1])
                            for mask in _joining(way)])  # fmt: skip
        for order in orders:
            pairs += 1
            found = _pair(known, order, counted)
            away = found - mean
            # Welford 1962: mean and sum of squares without all that went before.
            mean += away / pairs
            squares += away * (found - mean)
        half = student.ppf(0.5 + level / 2, pairs - 1) * np.sqrt(squares / (pairs - 1) / pairs)
        if pairs >= most or (half <= half_width * whole).all():
            masks = tuple(known)
            weights = np.array([[of.get(mask, 0.0) for mask in masks] for of in counted])
            return Sampled(mean, half, pairs, masks, weights / (2 * pairs))


def _ask(value: Value, known: dict[int, Floats], masks: Sequence[int]) -> None:
    new = [mask for mask in dict.fromkeys(masks) if mask not in known]
    if new:
        known.update(zip(new, value(new), strict=True))


def _joining(order: Sequence[int]) -> list[int]:
    """Return the coalitions as players join, from nobody to all."""
    found = [0]
    for player in order:
        found.append(found[-1] | 1 << player)
    return found


def _pair(
    known: dict[int, Floats], order: Sequence[int], counted: list[dict[int, float]]
) -> Floats:
    """Return what each adds in an order and backwards, on average; count the coalitions."""
    found = np.zeros((len(order), *known[0].shape))
    for way in (order, order[::-1]):
        masks = _joining(way)
        found[way] += np.diff([known[mask] for mask in masks], axis=0)
        for player, before, after in zip(way, masks[:-1], masks[1:], strict=True):
            of = counted[player]
            of[before] = of.get(before, 0.0) - 1.0
            of[after] = of.get(after, 0.0) + 1.0
    return found / 2
