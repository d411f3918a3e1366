"""Why a node is lost: the shortest way from it down to a node that was removed."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from indranet.engines.gates.order import Codes, Ints, Ordered, check_range, check_rows, frozen
from indranet.engines.gates.states import Removed, up
from indranet.engines.gates.work import Array

PASS = 255
"""Alternatives settled together; with the base state their bits fill four words a node."""


def failing_paths(
    ordered: Ordered,
    removed: Removed,
    lost: Removed,
    *,
    always: npt.ArrayLike = (),
    rank: npt.ArrayLike | None = None,
) -> tuple[Ints, Codes]:
    """Find the shortest failing path of each node asked in each alternative.

    A failing path leads from the node asked to a node that is itself removed in the alternative;
    every node on it is up with only `always` removed and down in the alternative, and an input of
    the one before it. Among paths of the fewest nodes the one counts whose second node has the
    lowest rank, then whose third has, and so on.

    Every lost node has such a path, in circles and among least nodes too: lost nodes without one
    would not be removed and would read only one another and nodes that are as before, so that what
    held them up before would still hold them up.

    Parameters
    ----------
    ordered, removed, always
        As for `up`.
    lost
        int64 row starts of shape (alternatives + 1,) and the int32 nodes asked in each alternative.
    rank
        int64, shape (nodes,), all different; the node's number by default.

    Returns
    -------
    int64 row starts of shape (nodes asked + 1,) and the int32 nodes of each path, the node asked
    first. The path of a node that the alternative does not take down is empty.

    Raises
    ------
    ValueError
        When a node or a row start is out of range, the numbers of alternatives differ, or two nodes
        share a rank.
    """
    away_start, away = _rows(ordered, "removed", removed)
    asked_start, asked = _rows(ordered, "lost", lost)
    if len(away_start) != len(asked_start):
        raise ValueError("removed and lost: one row each for every alternative")
    sequence = np.argsort(ordered.position).astype(np.int32)
    ranks = _ranks(ordered, rank)[sequence]
    links = ordered.gates.start, ordered.gates.inputs
    user_start, users = _users(ordered)
    distance = np.full(len(ordered), -1, dtype=np.int32)
    queue = np.empty(len(ordered), dtype=np.int32)
    lengths = np.zeros(len(asked), dtype=np.int64)
    parts = [np.zeros(0, dtype=np.int32)]
    wanted = np.flatnonzero(np.diff(asked_start))
    for first in range(0, len(wanted), PASS):
        some = wanted[first : first + PASS]
        rows = [away[away_start[a] : away_start[a + 1]] for a in some]
        gone = _lost_rows(ordered, rows, always, sequence)
        for bit, a in enumerate(some.tolist()):
            sources = ordered.position[rows[bit]]
            span = slice(asked_start[a], asked_start[a + 1])
            ends = ordered.position[asked[span]]
            seen = _measure(user_start, users, gone, bit + 1, sources, ends, distance, queue)
            lengths[span] = distance[ends] + 1
            parts.append(_walk(*links, ranks, distance, ends))
            distance[queue[:seen]] = -1
    start = np.append(0, np.cumsum(lengths)).astype(np.int64)
    return start, sequence[np.concatenate(parts)]


def _rows(ordered: Ordered, name: str, rows: Removed) -> tuple[Ints, Codes]:
    start, nodes = frozen(name, rows[0], np.int64), frozen(name, rows[1], np.int32)
    check_rows(name, start, len(nodes))
    check_range(name, nodes, 0, len(ordered) - 1)
    return start, nodes


def _ranks(ordered: Ordered, rank: npt.ArrayLike | None) -> Ints:
    ranks = frozen("rank", np.arange(len(ordered)) if rank is None else rank, np.int64)
    if len(ranks) != len(ordered) or len(np.unique(ranks)) != len(ranks):
        raise ValueError("rank: one for every node, all different")
    return ranks


def _users(ordered: Ordered) -> tuple[Array, Array]:
    """Return which nodes use each node, in compressed sparse rows."""
    gates = ordered.gates
    links = np.ones(len(gates.inputs), dtype=np.int8)
    reads = csr_array((links, gates.inputs, gates.start), shape=(len(gates), len(gates))).tocsc()
    return reads.indptr.astype(np.int64), reads.indices.astype(np.int32)


def _lost_rows(ordered: Ordered, away: list[Codes], always: npt.ArrayLike, watch: Codes) -> Array:
    """Return a row of bits for each node watched: bit a + 1 where alternative a takes it down."""
    start = np.cumsum([0, 0, *(len(nodes) for nodes in away)])
    nodes = np.concatenate([np.zeros(0, dtype=np.int32), *away])
    states = up(ordered, (start, nodes), always=always, watch=watch)
    before = (states[:, :1] & np.uint64(1)) != 0
    return np.where(before, ~states, np.uint64(0))


@njit(cache=True, nogil=True)
def _measure(
    user_start: Array,
    users: Array,
    gone: Array,
    bit: int,
    sources: Array,
    ends: Array,
    distance: Array,
    queue: Array,
) -> int:
    """Fill in how many steps lost nodes are from a source, nearest first, until all ends have one.

    `distance`, shape (nodes,), is -1 all over and stays so where nothing was found; the nodes found
    stand in `queue`, and their number is returned.
    """
    word, shift = bit >> 6, np.uint64(bit & 63)
    missing = 0
    for end in ends:
        if (gone[end, word] >> shift) & np.uint64(1) and distance[end] == -1:
            distance[end] = -2  # asked, not yet found
            missing += 1
    filled = read = 0
    for source in sources:
        if (gone[source, word] >> shift) & np.uint64(1) and distance[source] < 0:
            missing -= distance[source] == -2
            distance[source] = 0
            queue[filled] = source
            filled += 1
    while missing > 0:
        node = queue[read]
        read += 1
        for e in range(user_start[node], user_start[node + 1]):
            user = users[e]
            if distance[user] < 0 and (gone[user, word] >> shift) & np.uint64(1):
                missing -= distance[user] == -2
                distance[user] = distance[node] + 1
                queue[filled] = user
                filled += 1
    return filled


@njit(cache=True, nogil=True)
def _walk(start: Array, inputs: Array, ranks: Array, distance: Array, ends: Array) -> Array:
    """Return the paths from all ends that were found, one after the other."""
    total = 0
    for end in ends:
        total += distance[end] + 1
    path = np.empty(total, dtype=np.int32)
    filled = 0
    for end in ends:
        if distance[end] < 0:
            continue
        node = end
        path[filled] = node
        filled += 1
        for left in range(distance[end] - 1, -1, -1):
            best = np.int32(-1)
            for e in range(start[node], start[node + 1]):
                source = inputs[e]
                if distance[source] == left and (best < 0 or ranks[source] < ranks[best]):
                    best = source
            node = best
            path[filled] = node
            filled += 1
    return path
