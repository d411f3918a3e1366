"""Which events take a node down, alone or together: minimal cut sets."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from indranet.engines.gates.meetings import (
    Meetings,
    joint,
    meetings,
    pair_blocks,
    picked,
)
from indranet.engines.gates.order import (
    Bools,
    Codes,
    Gates,
    Ints,
    Ordered,
    Words,
    check_range,
)
from indranet.engines.gates.order import order as numbered
from indranet.engines.gates.states import Removed, rows_of, up
from indranet.engines.gates.work import Array

MOST = 50_000_000
AT_ONCE = 64
"""First classes of triples handed out together."""
TABLE = 1 << 32
"""Most bits of a table of events by nodes, or by events: half a gigabyte."""


@dataclass(frozen=True, eq=False)
class CutSets:
    """Minimal sets of events that take a node down.

    Attributes
    ----------
    sets
        Events of each set, ascending, then -1; int64, shape (sets, 3). Smaller sets come first,
        then those of earlier events.
    complete_to
        All minimal sets of up to so many events are there, and none of more.
    tried
        Alternatives for which the net was settled, one settled twice counted twice.
    """

    sets: Ints
    complete_to: int
    tried: int


class _Cone(NamedTuple):
    """What can change the state of one node.

    `net` holds the nodes between it and the events, `top` is its number there; `start` and `nodes`
    say what the events of each class remove there, `members` which events these are. Events of a
    class take down the same.
    """

    net: Ordered
    top: int
    start: Ints
    nodes: Codes
    members: list[Ints]


def cut_sets(
    ordered: Ordered,
    events: Removed,
    watch: int,
    *,
    order: int = 3,
    always: npt.ArrayLike = (),
    most: int = MOST,
    executor: Executor | None = None,
) -> CutSets:
    """Find the minimal sets of up to three events that take a node down (minimal cut sets).

    All sets are tried but those that cannot be minimal cuts: events that remove nothing that the
    node hangs on; events that take down the same, of which one is tried for all; pairs that do not
    meet (see `meetings`) or of which one is within the other; sets that hold a smaller cut. Triples
    are pairs after the loss of their first event, and are left out as pairs are.

    Parameters
    ----------
    ordered, always, executor
        As for `up`.
    events
        int64 row starts of shape (events + 1,) and the int32 nodes that each event removes.
    watch
        The node.
    order
        Most events of a set, 1 to 3.
    most
        Alternatives to try, and sets to return, at most: sets of a size that would take more are
        left out. They are as well where a table of events by nodes would take over half a gigabyte.

    Returns
    -------
    The sets, how far they are complete, and what was tried.

    Raises
    ------
    ValueError
        When a node, a row start or `order` is out of range, or the node is down before any event.
    """
    if not 1 <= order <= 3:
        raise ValueError("order: 1 to 3")
    start, nodes = rows_of(ordered, "events", events)
    check_range("watch", np.array([watch]), 0, len(ordered) - 1)
    cone = _cone(ordered, start, nodes, watch, always)
    found, tried = [np.zeros((0, 3), dtype=np.int64)], 0
    for sets, so_far in islice(_by_size(cone, most, executor), order):
        tried = so_far
        if sets is None:
            break
        found.append(sets)
    return CutSets(np.concatenate(found), len(found) - 1, tried)


def _cone(ordered: Ordered, start: Ints, nodes: Codes, watch: int, always: npt.ArrayLike) -> _Cone:
    """Cut a net down to what can change the state of one node.

    What no event takes down, though all happen, stays up; what is down before stays down. Both are
    taken out of the gates that read them, which changes no other gate's state.
    """
    top, gates = int(ordered.position[watch]), ordered.gates
    states = up(
        ordered, ([0, 0, len(nodes)], nodes), always=always, watch=np.argsort(ordered.position)
    )[:, 0]
    before = (states & np.uint64(1)) != 0
    if not before[top]:
        raise ValueError("watch: the node is down before any event")
    falls = states == np.uint64(1)
    stays = before & ~falls
    owner = np.repeat(np.arange(len(gates)), np.diff(gates.start))
    held = np.where(stays[gates.inputs], gates.weights, 0)
    threshold = gates.threshold - np.bincount(owner, held, len(gates)).astype(np.int64)
    kept = np.flatnonzero(falls[owner] & falls[gates.inputs] & (threshold[owner] > 0))
    chosen = _below(top, owner[kept], gates.inputs[kept], len(gates))
    number = np.full(len(gates), -1, dtype=np.int32)
    number[chosen] = np.arange(len(chosen))
    kept = kept[number[owner[kept]] >= 0]
    net = Gates(
        np.maximum(threshold[chosen], 0),
        np.searchsorted(owner[kept], np.append(chosen, len(gates))),
        number[gates.inputs[kept]],
        gates.weights[kept],
        gates.least[chosen],
    )
    own = number[ordered.position[nodes]]
    event = np.repeat(np.arange(len(start) - 1), np.diff(start))[own >= 0]
    events, first = np.unique(event, return_index=True)
    return _Cone(
        numbered(net),
        int(number[top]),
        np.append(first, len(event)).astype(np.int64),
        own[own >= 0],
        list(events[:, np.newaxis]),
    )


def _below(top: int, owner: Ints, inputs: Codes, nodes: int) -> Ints:
    """Return a node and all that it reads, directly or through others, ascending."""
    links = csr_array((np.ones(len(owner)), (owner, inputs)), shape=(nodes, nodes))
    return np.sort(breadth_first_order(links, top, return_predecessors=False)).astype(np.int64)


def _by_size(
    cone: _Cone, most: int, executor: Executor | None
) -> Iterator[tuple[Ints | None, int]]:
    """Yield the cut sets of one, of two and of three events, and what was tried so far.

    None stands for sets that would take too many; nothing follows.
    """
    tried = len(cone.members)
    states = up(cone.net, (cone.start, cone.nodes), watch=[cone.top], executor=executor)
    alone = ~_bits(states, tried)
    yield _expanded(np.flatnonzero(alone)[:, np.newaxis], cone.members, most), tried
    cone = _pick(cone, np.flatnonzero(~alone))
    if max(len(cone.net), len(cone.members)) * len(cone.members) > TABLE:
        yield None, tried
        return
    tried += len(cone.members)
    cone, met = _merged(cone, executor)
    tried += _pairs_in(met.meets)
    if tried > most:
        yield None, tried
        return
    pairs = _cut_pairs(cone, met.meets, (), executor)
    yield _expanded(pairs, cone.members, most), tried
    triples = [np.zeros((0, 3), dtype=np.int64)]
    known = _known(met, pairs)
    # Each class has a few alternatives only: classes side by side, not the alternatives of one.
    for first in range(0, len(cone.members), AT_ONCE):
        last = min(first + AT_ONCE, len(cone.members))
        job = partial(_triples_after, cone, met, known, most - tried)
        for count, found in (executor.map if executor else map)(job, range(first, last)):
            tried += count
            if tried > most or found is None:
                yield None, tried
                return
            triples.append(found)
    yield _expanded(np.concatenate(triples), cone.members, most), tried


def _triples_after(
    cone: _Cone, met: Meetings, known: Words, most: int, first: int
) -> tuple[int, Ints | None]:
    """Return how many alternatives a first class takes, and its cut sets of three, None if many."""
    table = _after(cone, met, known, first)
    tried = len(cone.members) - 1 - first + _pairs_in(table)
    if tried > most:
        return tried, None
    away = cone.nodes[cone.start[first] : cone.start[first + 1]]
    return tried, np.insert(_cut_pairs(cone, table, away, None), 0, first, axis=1)


def _merged(cone: _Cone, executor: Executor | None) -> tuple[_Cone, Meetings]:
    """Put events that take down the same into one class; return who then meets whom."""
    met = meetings(cone.net, (cone.start, cone.nodes), watch=[], executor=executor)
    first = _first_alike(met.within)
    kept = np.unique(first)
    if len(kept) == len(first):
        return cone, met
    of = np.argsort(first, kind="stable")
    members = np.split(np.array(cone.members)[of, 0], np.searchsorted(first[of], kept)[1:])
    cone = _pick(cone, kept)._replace(members=members)
    return cone, meetings(cone.net, (cone.start, cone.nodes), watch=[], executor=executor)


@njit(cache=True, nogil=True)
def _first_alike(within: Array) -> Array:
    """Return the first alternative that takes down the same as each, shape (alternatives,)."""
    one = np.uint64(1)
    first = np.arange(len(within))
    for a in range(len(within)):
        for b in range(a):
            if (within[a, b >> 6] >> np.uint64(b & 63)) & one and (
                (within[b, a >> 6] >> np.uint64(a & 63)) & one
            ):
                first[a] = b
                break
    return first


def _pick(cone: _Cone, classes: Ints) -> _Cone:
    """Return the cone with some of the classes of events."""
    start, nodes = picked((cone.start, cone.nodes), classes)
    return cone._replace(start=start, nodes=nodes, members=[cone.members[c] for c in classes])


def _pairs_in(table: Words) -> int:
    """Return how many pairs a symmetric table of bits holds."""
    return int(np.bitwise_count(table).sum(dtype=np.int64)) // 2


def _cut_pairs(cone: _Cone, table: Words, always: npt.ArrayLike, executor: Executor | None) -> Ints:
    """Return those of the pairs of a table that take the node down, shape (pairs, 2)."""
    cut = [np.zeros((0, 2), dtype=np.int64)]
    for pair in pair_blocks(table):
        away = joint((cone.start, cone.nodes), *pair)
        states = up(cone.net, away, always=always, watch=[cone.top], executor=executor)
        cut.append(np.stack(pair, axis=1)[~_bits(states, len(pair[0]))])
    return np.concatenate(cut)


def _bits(states: Words, alternatives: int) -> Bools:
    """Return the bits of one row of words, shape (alternatives,)."""
    return np.unpackbits(states.view(np.uint8), bitorder="little")[:alternatives].astype(np.bool_)


def _known(met: Meetings, pairs: Ints) -> Words:
    """Return the pairs that are cuts by themselves as a symmetric table of bits."""
    known = np.zeros_like(met.meets)
    for a, b in (pairs.T, pairs[:, ::-1].T):
        bit = np.uint64(1) << (b & 63).astype(np.uint64)
        np.bitwise_or.at(known, (a, b >> 6), bit)
    return known


def _after(cone: _Cone, met: Meetings, known: Words, first: int) -> Words:
    """Return the pairs of later classes to be tried once a first one has happened.

    Not tried are pairs that do not meet then, that hold or make a smaller cut, and those of which
    one event takes down all that the first removes.
    """
    end = cone.start[first + 1]
    later = np.maximum(cone.start - end, 0), cone.nodes[end:]
    away = cone.nodes[cone.start[first] : end]
    then = meetings(cone.net, later, always=away, watch=[cone.top])
    settled = then.lost[0] | met.within[first]
    table: Words = then.meets & ~known & ~settled
    table[_bits(settled, len(table))] = 0
    return table


def _expanded(sets: Ints, members: list[Ints], most: int) -> Ints | None:
    """Return the sets of events that sets of classes stand for, sorted and padded, shape (sets, 3).

    None if there are too many.
    """
    size = np.array([len(events) for events in members], dtype=np.int64)
    count = size[sets].prod(axis=1)
    if size[sets].astype(np.float64).prod(axis=1).sum() > most:
        return None
    start = np.append(0, np.cumsum(size))
    events = np.concatenate([np.zeros(0, dtype=np.int64), *members])
    owner = np.repeat(np.arange(len(sets)), count)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    found = np.full((len(owner), 3), -1, dtype=np.int64)
    for place in range(sets.shape[1]):
        of = sets[owner, place]
        found[:, place] = events[start[of] + turn % size[of]]
        turn //= size[of]
    found[:, : sets.shape[1]].sort(axis=1)
    return found[np.lexsort(found.T[::-1])]
