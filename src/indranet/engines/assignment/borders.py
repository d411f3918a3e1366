"""Clusters that touch, and what it costs where their options are of different sides.

It hangs on pairs of clusters, so that no price on a row can say it: the bound leaves it out, which
keeps it a bound, and moves, the objective and HiGHS count it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Borders:
    """Pairs of clusters that touch, each both ways round, compressed sparse rows.

    Attributes
    ----------
    start
        First border of each cluster, and the end, shape (clusters + 1,).
    other
        Cluster beyond each border, shape (borders,).
    cost
        Of each where the options on its two sides are of different sides, shape (borders,).
    side
        Side of each option, -1 for one that goes with all, shape (options,).
    """

    start: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    other: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    cost: Floats = field(default_factory=lambda: np.zeros(0))
    side: Codes = field(default_factory=lambda: np.zeros(0, np.int32))

    def __len__(self) -> int:
        """Return the number of borders, each both ways round."""
        return len(self.other)

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """Cluster on this side of each border, shape (borders,)."""
        return np.repeat(np.arange(max(len(self.start) - 1, 0)), np.diff(self.start))


def borders_between(pairs: dict[tuple[int, int], float], side: Codes, clusters: int) -> Borders:
    """Return the borders between pairs of clusters, named once, with the cost of each."""
    both = sorted({**pairs, **{(b, a): cost for (a, b), cost in pairs.items()}}.items())
    owner = np.array([a for (a, _), _ in both], dtype=np.int64)
    return Borders(
        np.searchsorted(owner, np.arange(clusters + 1)).astype(np.int64),
        np.array([b for (_, b), _ in both], dtype=np.int32),
        np.array([cost for _, cost in both], dtype=np.float64),
        np.asarray(side, dtype=np.int32),
    )


def mixed(borders: Borders, option: Codes) -> npt.NDArray[np.bool_]:
    """Return which borders have different sides, both clusters having an option, (borders,)."""
    if not len(borders):
        return np.zeros(0, dtype=bool)
    side = np.append(borders.side, -1)[option]
    here, there = side[borders.owner], side[borders.other]
    return np.asarray((here >= 0) & (there >= 0) & (here != there))


def border_costs(borders: Borders, option: Codes) -> float:
    """Return what mixed borders cost, each counted once."""
    return float(borders.cost[mixed(borders, option)].sum()) / 2


def among(borders: Borders, members: npt.NDArray[np.int64]) -> Borders:
    """Return the borders between some clusters, ascending."""
    if not len(borders):
        return Borders()
    owner = borders.owner
    kept = np.isin(owner, members) & np.isin(borders.other, members)
    mine = np.searchsorted(members, owner[kept])
    return Borders(
        np.searchsorted(mine, np.arange(len(members) + 1)).astype(np.int64),
        np.searchsorted(members, borders.other[kept]).astype(np.int32),
        borders.cost[kept],
        borders.side,
    )


def check_borders(borders: Borders, clusters: int, options: int) -> None:
    """Raise ValueError when shapes disagree or a border is not there both ways round."""
    if not len(borders):
        return
    shapes: dict[str, tuple[int, ...]] = {
        "start": (clusters + 1,), "cost": (len(borders),), "side": (options,),
    }  # fmt: skip
    for name, shape in shapes.items():
        given: npt.NDArray[Any] = getattr(borders, name)
        if given.shape != shape:
            raise ValueError(f"borders: {name} of shape {given.shape} where {shape} is meant")
    if borders.other.min() < 0 or borders.other.max() >= clusters:
        raise ValueError("borders: other out of range")
    if not np.isfinite(borders.cost).all() or (borders.cost < 0).any():
        raise ValueError("borders: finite costs of 0 or more")
    there, back = (borders.owner, borders.other), (borders.other, borders.owner)
    one, other = (np.lexsort((borders.cost, pair[1], pair[0])) for pair in (there, back))
    same = all(
        np.array_equal(a[one], b[other])
        for a, b in ((there[0], back[0]), (there[1], back[1]), (borders.cost, borders.cost))
    )
    if not same:
        raise ValueError("borders: each both ways round, at one cost")
