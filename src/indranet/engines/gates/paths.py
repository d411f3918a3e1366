"""Why a node is lost: the shortest way from it down to a node that was removed."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from indranet.engines.gates.order import Codes, Ints, Ordered, frozen
from indranet.engines.gates.states import Removed, rows_of, up
from indranet.engines.gates.work import Array, Integer

Amounts = npt.NDArray[np.float64]

PASS = 255
"""Alternatives settled together; with the base state their bits fill four words a node."""


def failing_paths(
    ordered: Ordered,
    removed: Removed,
    lost: Removed,
    *,
    always: npt.ArrayLike = (),
    rank: npt.ArrayLike | None = None,
    amounts: npt.ArrayLike | None = None,
) -> tuple[Ints, Codes, Amounts]:
    """Find the shortest failing path of each node asked in each alternative.

    Losses spread in rounds: nodes removed fall in round 0, any other in the round after the one in
    which inputs enough to take it down have fallen. A failing path leads from the node asked down
    to a node that is itself removed, and from each node on it to the last straw: an input that fell
    in the round just before. It has as few nodes as a loss can take rounds, and it does not stop at
    an input whose fall alone would have changed nothing. Among such paths the one counts whose
    second node has the lowest rank, then whose third has, and so on.

    Least nodes that hold one another up fall together once nothing else falls: those with a fallen
    input first, and their path goes on with their input that fell earliest. So every lost node has
    a path: if nothing fell any more, those still standing would read only what stands.

    Parameters
    ----------
    ordered, removed, always
        As for `up`.
    lost
        int64 row starts of shape (alternatives + 1,) and the int32 nodes asked in each alternative.
    rank
        int64, shape (nodes,), the node's number by default; of equal ranks the lower number counts.
    amounts
        What each input adds to its node, for the third result; links as in the caller's `Gates`,
        shape (links,); nothing by default.

    Returns
    -------
    int64 row starts of shape (nodes asked + 1,); the int32 nodes of each path, the node asked
    first; and for each of them the amount of its inputs that still stood when it fell. The path of
    a node that the alternative does not take down is empty.

    Raises
    ------
    ValueError
        When a node or a row start is out of range, the numbers of alternatives differ, or there is
        not one rank a node or one amount a link.
    """
    away_start, away = rows_of(ordered, "removed", removed)
    asked_start, asked = rows_of(ordered, "lost", lost)
    if len(away_start) != len(asked_start):
        raise ValueError("removed and lost: one row each for every alternative")
    sequence = np.argsort(ordered.position).astype(np.int32)
    ranks = _ranks(ordered, rank)[sequence]
    gates = ordered.gates
    user_start, users, weights = _users(ordered)
    distance = np.full(len(ordered), -1, dtype=np.int32)
    queue = np.empty(len(ordered), dtype=np.int32)
    lengths = np.zeros(len(asked), dtype=np.int64)
    own = _own_links(ordered)
    added = (
        np.zeros(len(gates.inputs)) if amounts is None else frozen("amounts", amounts, np.float64)
    )
    if len(added) != len(gates.inputs):
        raise ValueError("amounts: one for every link")
    parts, left = [np.zeros(0, dtype=np.int32)], [np.zeros(0)]
    wanted = np.flatnonzero(np.diff(asked_start))
    for first in range(0, len(wanted), PASS):
        some = wanted[first : first + PASS]
        rows = [away[away_start[a] : away_start[a + 1]] for a in some]
        before, gone = _lost_rows(ordered, rows, always, sequence)
        margin = _margins(ordered, before)
        for bit, a in enumerate(some.tolist()):
            sources = ordered.position[rows[bit]]
            span = slice(asked_start[a], asked_start[a + 1])
            ends = ordered.position[asked[span]]
            seen = _spread(
                user_start, users, weights, gates.least, margin.copy(), gone, bit + 1,
                sources, ends, distance, queue,
            )  # fmt: skip
            path, lengths[span] = _walk(gates.start, gates.inputs, ranks, sequence, distance, ends)
            parts.append(path)
            left.append(_standing(gates.start, gates.inputs, before, distance, own, added, path))
            distance[queue[:seen]] = -1
    start = np.append(0, np.cumsum(lengths)).astype(np.int64)
    return start, sequence[np.concatenate(parts)], np.concatenate(left)


def _ranks(ordered: Ordered, rank: npt.ArrayLike | None) -> Ints:
    ranks = frozen("rank", np.arange(len(ordered)) if rank is None else rank, np.int64)
    if len(ranks) != len(ordered):
        raise ValueError("rank: one for every node")
    return ranks


def _own_links(ordered: Ordered) -> Ints:
    """Return where the links of each node begin in the caller's numbering, shape (nodes,)."""
    degree = np.diff(ordered.gates.start)[ordered.position]
    begin = np.append(0, np.cumsum(degree))[:-1]
    own: Ints = np.empty(len(ordered), dtype=np.int64)
    own[ordered.position] = begin
    return own


def _users(ordered: Ordered) -> tuple[Array, Array, Array]:
    """Return which nodes use each node and with which weight, in compressed sparse rows."""
    gates = ordered.gates
    reads = csr_array(
        (gates.weights, gates.inputs, gates.start), shape=(len(gates), len(gates))
    ).tocsc()
    return reads.indptr.astype(np.int64), reads.indices.astype(np.int32), reads.data


def _lost_rows(
    ordered: Ordered, away: list[Codes], always: npt.ArrayLike, watch: Codes
) -> tuple[Array, Array]:
    """Return which watched nodes are up before, and bit a + 1 where alternative a takes one down.

    Shapes (nodes,) and (nodes, words).
    """
    start = np.cumsum([0, 0, *(len(nodes) for nodes in away)])
    nodes = np.concatenate([np.zeros(0, dtype=np.int32), *away])
    states = up(ordered, (start, nodes), always=always, watch=watch)
    before = (states[:, :1] & np.uint64(1)) != 0
    return before[:, 0], np.where(before, ~states, np.uint64(0))


def _margins(ordered: Ordered, before: Array) -> Ints:
    """Return the weight of inputs that has to fall for each node to fall, shape (nodes,)."""
    gates = ordered.gates
    weight = np.where(before[gates.inputs], gates.weights, 0).astype(np.int64)
    total = np.append(0, np.cumsum(weight))
    margin: Ints = total[gates.start[1:]] - total[gates.start[:-1]] - gates.threshold + 1
    return margin


@njit(cache=True, nogil=True)
def _spread(
    user_start: Array,
    users: Array,
    weights: Array,
    least: Array,
    margin: Array,
    gone: Array,
    bit: int,
    sources: Array,
    ends: Array,
    distance: Array,
    queue: Array,
) -> int:
    """Fill in the round in which lost nodes fall, earliest first, until all ends have one.

    `distance`, shape (nodes,), is -1 all over and stays so where nothing was found; the nodes found
    stand in `queue`, and their number is returned. `margin` is used up.
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
        if read == filled:
            # Nothing falls by weight any more: least nodes that lean on what has fallen do.
            for place in range(read):
                node = queue[place]
                for e in range(user_start[node], user_start[node + 1]):
                    user = users[e]
                    lost = (gone[user, word] >> shift) & np.uint64(1)
                    if least[user] and distance[user] < 0 and lost:
                        missing -= distance[user] == -2
                        distance[user] = distance[queue[read - 1]] + 1
                        queue[filled] = user
                        filled += 1
        node = queue[read]
        read += 1
        for e in range(user_start[node], user_start[node + 1]):
            user = users[e]
            margin[user] -= weights[e]
            lost = (gone[user, word] >> shift) & np.uint64(1)
            if margin[user] <= 0 and distance[user] < 0 and lost:
                missing -= distance[user] == -2
                distance[user] = distance[node] + 1
                queue[filled] = user
                filled += 1
    return filled


@njit(cache=True, nogil=True)
def _walk(
    start: Array, inputs: Array, ranks: Array, number: Array, distance: Array, ends: Array
) -> tuple[Array, Array]:
    """Return the paths from all ends that fell, one after the other, and the length of each."""
    total = 0
    for end in ends:
        total += max(distance[end] + 1, 0)
    path = np.empty(total, dtype=np.int32)
    length = np.zeros(len(ends), dtype=np.int64)
    filled = 0
    for asked in range(len(ends)):
        node = ends[asked]
        if distance[node] < 0:
            continue
        first = filled
        path[filled] = node
        filled += 1
        while distance[node] > 0:
            straw, earliest = np.int32(-1), np.int32(-1)
            for e in range(start[node], start[node + 1]):
                source = inputs[e]
                fell = distance[source]
                if fell < 0 or fell >= distance[node]:
                    continue
                if fell == distance[node] - 1 and _first(source, straw, ranks, number):
                    straw = source
                sooner = earliest < 0 or fell < distance[earliest]
                level = earliest >= 0 and fell == distance[earliest]
                if sooner or (level and _first(source, earliest, ranks, number)):
                    earliest = source
            node = straw if straw >= 0 else earliest
            path[filled] = node
            filled += 1
        length[asked] = filled - first
    return path[:filled], length


@njit(cache=True, nogil=True)
def _first(node: Integer, other: Integer, ranks: Array, number: Array) -> bool:
    """Return whether a node comes before another, -1 for none, by rank and then by number."""
    if other < 0 or ranks[node] != ranks[other]:
        return bool(other < 0 or ranks[node] < ranks[other])
    return bool(number[node] < number[other])


@njit(cache=True, nogil=True)
def _standing(
    start: Array,
    inputs: Array,
    before: Array,
    distance: Array,
    own: Array,
    amounts: Array,
    path: Array,
) -> Array:
    """Return the amount of inputs that stood when each node of a path fell, shape (nodes,)."""
    left = np.zeros(len(path))
    for place in range(len(path)):
        node = path[place]
        for e in range(start[node], start[node + 1]):
            fell = distance[inputs[e]]
            if before[inputs[e]] and (fell < 0 or fell >= distance[node]):
                left[place] += amounts[own[node] + e - start[node]]
    return left
