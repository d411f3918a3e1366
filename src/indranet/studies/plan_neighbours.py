"""Which clusters touch: not swapped in one period, and dearer where their makers differ."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from indranet.engines.assignment import Borders
from indranet.engines.assignment.borders import borders_between
from indranet.geography.places import haversine_km
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.stacks import BASEBAND, Stacks
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
        pairs = set(_told_pairs(network, found)) or _near_pairs(found)
    both = sorted(pairs | {(b, a) for a, b in pairs})
    owner = np.array([a for a, _ in both], dtype=np.int64)
    other = np.array([b for _, b in both], dtype=np.int32)
    return np.searchsorted(owner, np.arange(len(found) + 1)).astype(np.int64), other


def borders_of(network: Network, goal: Goal, found: Swaps, made: Stacks) -> Borders:
    """Return the borders between clusters, and what one costs whose basebands differ in maker.

    As many as the table of neighbours says, or one where positions say that two clusters touch;
    one between each part of a cluster that is swapped in parts and the next. What is replaced
    beside a baseband that stays goes with all.
    """
    price = goal.practice.mixed_border_usd
    if price <= 0:
        return Borders()
    told = _told_pairs(network, found)
    pairs = told or dict.fromkeys(_near_pairs(found), 1.0)
    parts = np.flatnonzero(np.diff(found.group) == 0).tolist()
    pairs |= {(c, c + 1): 1.0 for c in parts}
    maker = network["products"]["firm"].astype(np.int64)
    offered = np.append(maker[network["offers"]["product"][made.offers]], -1)
    makers = np.sort(offered[made.offer[:, np.isin(made.functions, BASEBAND)]], axis=1)
    there = (makers >= 0).any(axis=1)
    _, side = np.unique(makers, axis=0, return_inverse=True)
    costs = {pair: price * borders for pair, borders in pairs.items()}
    return borders_between(costs, np.where(there, side.ravel(), -1).astype(np.int32), len(found))


def _told_pairs(network: Network, found: Swaps) -> dict[tuple[int, int], float]:
    """Return which clusters touch by the table of neighbours, and along how many borders."""
    rows = network["neighbours"]
    first = np.searchsorted(found.group, np.arange(len(found.groups))).tolist()
    place = dict(zip(found.groups, first, strict=True))
    told: dict[tuple[int, int], float] = {}
    for row, (a, b) in enumerate(zip(rows.text("cluster"), rows.text("other"), strict=True)):
        if a in place and b in place and a != b:
            pair = min(place[a], place[b]), max(place[a], place[b])
            told[pair] = max(told.get(pair, 0.0), float(rows["borders"][row]))
    return told


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
