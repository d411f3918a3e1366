"""The cheapest ways to choose one of each kind where some pairs of choices do not fit together.

Kinds that fit or not with each other make a graph, most often a tree or nearly one. Bucket
elimination (Dechter 1999) finds what any beginning costs at least until its end, exactly; a
best-first search along these costs (Hart, Nilsson and Raphael 1968) then meets complete choices in
the order of their cost and takes no way that leads nowhere. All that is possible is never listed.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Part:
    """What some kinds cost together: their places in the order of choosing, ascending."""

    places: tuple[int, ...]
    cost: Floats


def cheapest(
    costs: Sequence[Floats], fits: Mapping[tuple[int, int], Flags], most: int
) -> list[tuple[int, ...]]:
    """Return the cheapest complete choices, one of each kind, by rising cost.

    Of choices that cost the same any may come first, and be left out beyond `most`: always the same
    ones for the same numbers.

    Parameters
    ----------
    costs
        What each choice of each kind costs, shape (choices,) each; infinite where it may not be.
    fits
        For pairs of kinds which of their choices fit together, shape (choices, choices); pairs that
        are not named always do.
    most
        How many are returned at most.
    """
    order = _order(len(costs), fits)
    place = {kind: number for number, kind in enumerate(order)}
    buckets: list[list[_Part]] = [[_Part((n,), costs[kind])] for n, kind in enumerate(order)]
    for (one, other), flags in fits.items():
        a, b = place[one], place[other]
        banned = np.where(flags if a < b else flags.T, 0.0, np.inf)
        buckets[max(a, b)].append(_Part((min(a, b), max(a, b)), banned))
    least, joined = _eliminated(buckets)
    if not np.isfinite(least):
        return []
    found: list[tuple[int, ...]] = []
    waiting: list[tuple[float, int, tuple[int, ...]]] = [(least, 0, ())]
    while waiting and len(found) < most:
        cost, _, chosen = heapq.heappop(waiting)
        number = len(chosen)
        if number == len(order):
            found.append(tuple(chosen[place[kind]] for kind in range(len(order))))
            continue
        part = joined[number]
        row = part.cost[tuple(chosen[at] for at in part.places[:-1])]
        for choice in np.flatnonzero(np.isfinite(row)).tolist():
            more = float(row[choice] - row.min())
            heapq.heappush(waiting, (cost + more, -number - 1, (*chosen, choice)))
    return found


def _order(count: int, fits: Mapping[tuple[int, int], Flags]) -> list[int]:
    """Return in which order kinds are chosen: the reverse of eliminating those of fewest others."""
    near: dict[int, set[int]] = {kind: set() for kind in range(count)}
    for one, other in fits:
        near[one].add(other)
        near[other].add(one)
    gone: list[int] = []
    while near:
        kind = min(near, key=lambda k: (len(near[k]), k))
        others = near.pop(kind)
        for other in others:
            near[other] = (near[other] | others) - {kind, other}
        gone.append(kind)
    return gone[::-1]


def _eliminated(buckets: list[list[_Part]]) -> tuple[float, list[_Part]]:
    """Return the least that all costs, and of each kind what it and those after it cost at least.

    The latter by choices of the kind, last axis, and of those before it that matter to them.
    """
    least = 0.0
    joined: list[_Part] = []
    for number in reversed(range(len(buckets))):
        parts = buckets[number]
        places = tuple(sorted({at for part in parts for at in part.places}))
        total = np.zeros(())
        for part in parts:
            sizes = iter(part.cost.shape)
            shape = [next(sizes) if at in part.places else 1 for at in places]
            total = total + part.cost.reshape(shape)
        joined.append(_Part(places, total))
        rest = total.min(axis=-1, initial=np.inf)
        if len(places) > 1:
            buckets[places[-2]].append(_Part(places[:-1], rest))
        else:
            least += float(rest)
    return least, joined[::-1]
