"""Which clusters touch, and are not swapped in one period."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from indranet.geography.places import haversine_km
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.swaps import Swaps

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FAR_KM = 100.0


def neighbours_of(
    network: Network, goal: Goal, found: Swaps
) -> tuple[Codes, npt.NDArray[np.int32]]:
    """Return which clusters touch, compressed sparse rows.

    Only periods of a month keep neighbours apart: in a quarter one is frozen, swapped and accepted
    after the other. Without a table of neighbours those touch that a Delaunay triangulation of
    their positions joins, up to 100 km apart, of one operator.
    """
    pairs: set[tuple[int, int]] = set()
    if goal.practice.neighbours_apart and goal.period == "month":
        pairs = _told_pairs(network, found) or _near_pairs(found)
    both = sorted(pairs | {(b, a) for a, b in pairs})
    owner = np.array([a for a, _ in both], dtype=np.int64)
    other = np.array([b for _, b in both], dtype=np.int32)
    return np.searchsorted(owner, np.arange(len(found) + 1)).astype(np.int64), other


def _told_pairs(network: Network, found: Swaps) -> set[tuple[int, int]]:
    rows = network["neighbours"]
    first = np.searchsorted(found.group, np.arange(len(found.groups))).tolist()
    place = dict(zip(found.groups, first, strict=True))
    pairs = zip(rows.text("cluster"), rows.text("other"), strict=True)
    return {(place[a], place[b]) for a, b in pairs if a in place and b in place}


def _near_pairs(found: Swaps) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for operator in range(len(found.operators)):
        known = np.isfinite(found.lat) & np.isfinite(found.lon) & (found.operator == operator)
        # The parts of one cluster stand at one place.
        known &= np.append(True, np.diff(found.group) > 0)
        mine = np.flatnonzero(known)
        if len(mine) < 4:
            continue
        flat = np.column_stack([
            found.lon[mine] * np.cos(np.radians(found.lat[mine].mean())), found.lat[mine]
        ])  # fmt: skip
        try:
            corners = Delaunay(flat).simplices
        except QhullError:
            continue
        edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
        a, b = mine[edges[:, 0]], mine[edges[:, 1]]
        km = haversine_km(found.lat[a], found.lon[a], found.lat[b], found.lon[b])
        near = km <= _FAR_KM
        pairs |= {
            (min(x, y), max(x, y)) for x, y in zip(a[near].tolist(), b[near].tolist(), strict=True)
        }
    return pairs
