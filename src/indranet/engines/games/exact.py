"""Games whose coalitions are all known: one array, the coalition is the index.

Bit i of an index says whether player i is in. Further axes are games of their own, side by side.
"""

from math import factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_ROUNDING = 1e-12


def shapley_weights(players: int) -> Floats:
    """Return what each coalition counts for in each player's Shapley value, shape (n, 2^n).

    Shapley 1953: sum over coalitions S of s players, without i, of s! (n - s - 1)! / n! times
    v(S + i) - v(S).
    """
    everything = np.arange(1 << players)
    size = np.bitwise_count(everything)
    of_size = [factorial(s) * factorial(players - s - 1) / factorial(players)
               for s in range(players)]  # fmt: skip
    inside = everything >> np.arange(players)[:, None] & 1 == 1
    joined = np.array([0.0, *of_size])[size]
    before = -np.array([*of_size, 0.0])[size]
    return np.where(inside, joined, before)


def shapley(values: Floats) -> Floats:
    """Return what each player adds on average over all orders of joining.

    Parameters
    ----------
    values
        Value of each coalition, shape (2^n, ...).

    Returns
    -------
    Shape (n, ...); it sums to the value of all less that of none.

    Raises
    ------
    ValueError
        When the number of coalitions is no power of two.

    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0]))
    array([2., 3.])
    """
    return np.asarray(np.tensordot(shapley_weights(_players(values)), values, axes=1))


def merged(weights: Floats, same: Codes) -> tuple[Floats, Codes]:
    """Return weights of coalitions with those added up that are worth the same, whatever it is.

    Parameters
    ----------
    weights
        What each coalition counts for, shape (n, coalitions).
    same
        Number of what each comes to; one number stands for one worth.

    Returns
    -------
    Weights of shape (n, different), and a coalition that stands for each, shape (different,).
    """
    _, first, of = np.unique(same, return_index=True, return_inverse=True)
    summed = np.zeros((len(weights), len(first)))
    np.add.at(summed.T, of, weights.T)
    # What cancels leaves rounding, which would count as a worth, and each way in a range.
    summed[np.abs(summed) < _ROUNDING] = 0.0
    return summed, first


def value_range(weights: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return between what sums lie whose terms are known between two values, shape (n, ...) each.

    A term that counts for more than nothing is at its low where the sum is, one that counts for
    less at its high.

    Parameters
    ----------
    weights
        What each coalition counts for, shape (n, coalitions); see `merged` where some are the same.
    low, high
        Least and most that each may be worth, shape (coalitions, ...).
    """
    more, less = np.maximum(weights, 0.0), np.minimum(weights, 0.0)
    least = np.tensordot(more, low, axes=1) + np.tensordot(less, high, axes=1)
    most = np.tensordot(more, high, axes=1) + np.tensordot(less, low, axes=1)
    return np.asarray(least), np.asarray(most)


def first_in(values: Floats) -> Floats:
    """Return what each player adds to nobody, shape (n, ...)."""
    players = _players(values)
    return np.asarray(values[1 << np.arange(players)] - values[0])


def last_in(values: Floats) -> Floats:
    """Return what each player adds to all others, shape (n, ...)."""
    players = _players(values)
    return np.asarray(values[-1] - values[len(values) - 1 - (1 << np.arange(players))])


def interactions(values: Floats) -> Floats:
    """Return how much more two players are worth together than one by one, shape (n, n, ...).

    Grabisch & Roubens 1999: sum over S of s, without both, of s! (n - s - 2)! / (n - 1)! times
    v(S + i + j) - v(S + i) - v(S + j) + v(S). Above 0 they need each other, below they stand in for
    each other; 0 on the diagonal.
    """
    players = _players(values)
    found = np.zeros((players, players, *values.shape[1:]))
    everything = np.arange(len(values))
    for one in range(players):
        for other in range(one + 1, players):
            both = 1 << one | 1 << other
            without = everything[everything & both == 0]
            size = np.bitwise_count(without)
            weight = np.array(
                [factorial(s) * factorial(players - s - 2) / factorial(players - 1)
                 for s in range(players - 1)]
            )[size]  # fmt: skip
            more = values[without | both] - values[without | 1 << one]
            more = more - values[without | 1 << other] + values[without]
            found[one, other] = found[other, one] = np.tensordot(weight, more, axes=1)
    return found


def _players(values: Floats) -> int:
    players = len(values).bit_length() - 1
    if len(values) != 1 << players:
        raise ValueError(f"{len(values)} coalitions are no power of two: give one for every set")
    return players
