"""A net of gates, and the order in which one pass settles it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

LARGEST_WEIGHT = 2**20


@dataclass(frozen=True, eq=False)
class Gates:
    """A net of monotone weighted-threshold gates.

    A node is up if it is not removed and the weights of its up inputs sum to at least its
    threshold. A leaf has no inputs and threshold 0; a node that is never up has no inputs and
    threshold 1. With weights of 1, a threshold of all inputs is AND, of 1 OR, of k k-out-of-n.

    Attributes
    ----------
    threshold
        int64, shape (nodes,); 0 or less: up unless removed.
    start, inputs
        Inputs of each node in compressed sparse rows: int64 of shape (nodes + 1,), int32 of shape
        (links,).
    weights
        Weight of each input, int32 from 1 to 2**20, shape (links,).
    least
        bool, shape (nodes,). In a cycle of least nodes a node is up only if something outside gives
        it a reason (a path must exist); the rest are up unless there is a reason to be down, and so
        is a cycle that passes through any of the rest.

    Raises
    ------
    ValueError
        When shapes, types or ranges are wrong.
    """

    threshold: Ints
    start: Ints
    inputs: Codes
    weights: Codes
    least: Bools

    def __post_init__(self) -> None:
        for name, type_ in (
            ("threshold", np.int64),
            ("start", np.int64),
            ("inputs", np.int32),
            ("weights", np.int32),
            ("least", np.bool_),
        ):
            object.__setattr__(self, name, frozen(name, getattr(self, name), type_))
        nodes, links = len(self.threshold), len(self.inputs)
        if len(self.start) != nodes + 1 or len(self.least) != nodes or len(self.weights) != links:
            raise ValueError("gates: lengths of threshold, start, inputs, weights, least disagree")
        check_rows("gates: start", self.start, links)
        check_range("gates: inputs", self.inputs, 0, nodes - 1)
        check_range("gates: weights", self.weights, 1, LARGEST_WEIGHT)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.threshold)


@dataclass(frozen=True, eq=False)
class Ordered:
    """A net numbered so that inputs come first; only nodes in a cycle have inputs further on.

    Attributes
    ----------
    gates
        The net in the new numbering, weights divided by their common divisor and none above its
        threshold.
    position
        New number of each node of the caller, int32, shape (nodes,).
    cycle_first, cycle_last
        First and past-the-last node of each cycle (nodes that depend on one another, or a node on
        itself), int64, shape (cycles,).
    member
        Where each cycle's nodes begin among the nodes of all cycles, int64, shape (cycles + 1,).
    user_start, users
        Which nodes of its cycle use each node of a cycle, in compressed sparse rows over the nodes
        of all cycles.
    group_of
        Group of each node of a cycle, -1 for none, int32. A group is a set of least nodes that
        depend on one another through least nodes alone.
    group_first, group_last, group_start
        First and past-the-last node of each group, and each cycle's first group.
    """

    gates: Gates
    position: Codes
    cycle_first: Ints
    cycle_last: Ints
    member: Ints
    user_start: Ints
    users: Codes
    group_of: Codes
    group_first: Ints
    group_last: Ints
    group_start: Ints

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.position)


def frozen(name: str, values: npt.ArrayLike, kind: type[np.generic]) -> npt.NDArray[Any]:
    """Return a read-only, contiguous, one-dimensional array of a type.

    Raises
    ------
    ValueError
        When the values have more dimensions, are of another sort, or do not fit the type.
    """
    array, wanted = np.asarray(values), np.dtype(kind)
    if array.ndim != 1:
        raise ValueError(f"{name}: one dimension expected, got {array.ndim}")
    whole = array.dtype.kind in "iu" and wanted.kind in "iu"
    if array.size and not whole and not np.can_cast(array.dtype, wanted, "same_kind"):
        raise ValueError(f"{name}: {wanted} expected, got {array.dtype}")
    if wanted.kind in "iu":
        check_range(name, array, np.iinfo(wanted).min, np.iinfo(wanted).max)
    array = np.ascontiguousarray(array, dtype=wanted).view()
    array.flags.writeable = False
    return array


def check_range(name: str, values: npt.NDArray[Any], low: int, high: int) -> None:
    """Raise ValueError unless all values lie from low to high."""
    if values.size and (int(values.min()) < low or int(values.max()) > high):
        raise ValueError(f"{name}: values must lie from {low} to {high}")


def check_rows(name: str, start: Ints, links: int) -> None:
    """Raise ValueError unless start holds the row starts of that many links."""
    if not len(start) or start[0] != 0 or start[-1] != links or (np.diff(start) < 0).any():
        raise ValueError(f"{name}: must rise from 0 to the number of links, {links}")


def order(gates: Gates) -> Ordered:
    """Number a net so that one pass over it settles all that lies outside cycles.

    Strongly connected components come inputs first. Components, and nodes within one, stand in the
    order in which a depth-first search over inputs leaves them, which puts a node near what it
    reads (Tarjan 1972, Depth-first search and linear graph algorithms).

    Parameters
    ----------
    gates
        The net, in any numbering.
    """
    nodes = len(gates)
    used = np.zeros(nodes, dtype=np.bool_)
    used[gates.inputs] = True
    roots = np.argsort(used, kind="stable").astype(np.int32)
    component, left = _components(gates.start, gates.inputs, roots)
    owner = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(gates.start))
    cyclic = _cyclic(component, owner, gates.inputs)
    inside = cyclic[owner] & (component[owner] == component[gates.inputs])
    group = _groups(gates, owner, inside, left)
    sequence = _sequence(component, left, *group) if cyclic.any() else left
    position = np.empty(nodes, dtype=np.int32)
    position[sequence] = np.arange(nodes, dtype=np.int32)
    net = _relabel(gates.threshold, gates.start, gates.inputs, gates.weights, sequence, position)
    members = sequence[cyclic[sequence]]
    first, last, member = _runs(position[members], component[members])
    group_of, group_first, group_last = _group_runs(position[members], group[0][members])
    group_start = np.append(np.searchsorted(group_first, first), len(group_first))
    user_start, users = _users(
        position[members], position[gates.inputs[inside]], position[owner[inside]], nodes
    )
    return Ordered(
        gates=Gates(*net, gates.least[sequence]),
        position=frozen("position", position, np.int32),
        cycle_first=first,
        cycle_last=last,
        member=member,
        user_start=user_start,
        users=users,
        group_of=group_of,
        group_first=group_first,
        group_last=group_last,
        group_start=group_start.astype(np.int64),
    )


def _cyclic(component: Codes, owner: Codes, inputs: Codes) -> Bools:
    """Return which nodes depend on themselves, directly or through others, shape (nodes,)."""
    cyclic: Bools = np.bincount(component)[component] > 1
    cyclic[owner[owner == inputs]] = True
    return cyclic


def _groups(gates: Gates, owner: Codes, inside: Bools, left: Codes) -> tuple[Codes, Codes]:
    """Return the group of each node, -1 for none, and the order in which to sweep the grouped."""
    chosen = inside & gates.least[owner] & gates.least[gates.inputs]
    if not chosen.any():
        return np.full(len(gates), -1, dtype=np.int32), left
    owner, inputs = owner[chosen], gates.inputs[chosen]
    start = np.searchsorted(owner, np.arange(len(gates) + 1)).astype(np.int64)
    group, sweep = _components(start, inputs, left)
    return np.where(_cyclic(group, owner, inputs), group, -1).astype(np.int32), sweep


def _sequence(component: Codes, left: Codes, group: Codes, sweep: Codes) -> Codes:
    """Return the nodes by component, each group together where the first of it was left."""
    rank, turn = np.empty_like(left), np.empty_like(left)
    rank[left] = turn[sweep] = np.arange(len(left), dtype=np.int32)
    grouped = np.flatnonzero(group >= 0)
    place = rank.copy()
    if len(grouped):
        earliest = np.full(int(group.max()) + 1, len(left), dtype=np.int32)
        np.minimum.at(earliest, group[grouped], rank[grouped])
        place[grouped] = earliest[group[grouped]]
    return np.lexsort((turn, place, component)).astype(np.int32)


def _runs(position: Codes, label: Codes) -> tuple[Ints, Ints, Ints]:
    """Return first and past-the-last position of each run of a label, and where runs begin."""
    begins = np.flatnonzero(np.diff(label, prepend=-1))
    first = position[begins].astype(np.int64)
    member = np.append(begins, len(label)).astype(np.int64)
    return first, first + np.diff(member), member


def _group_runs(position: Codes, group: Codes) -> tuple[Codes, Ints, Ints]:
    """Return the number of each node's group, counted along positions, and each group's range."""
    grouped = group >= 0
    first, last, _ = _runs(position[grouped], group[grouped])
    group_of = np.full(len(group), -1, dtype=np.int32)
    group_of[grouped] = np.repeat(np.arange(len(first), dtype=np.int32), last - first)
    return group_of, first, last


def _users(members: Codes, inputs: Codes, owner: Codes, nodes: int) -> tuple[Ints, Codes]:
    """Return the users of each node of a cycle in compressed sparse rows, shape (members + 1,)."""
    ordinal = np.zeros(nodes if len(members) else 0, dtype=np.int32)
    ordinal[members] = np.arange(len(members), dtype=np.int32)
    used = ordinal[inputs]
    start = np.zeros(len(members) + 1, dtype=np.int64)
    np.cumsum(np.bincount(used, minlength=len(members)), out=start[1:])
    return start, owner[np.argsort(used, kind="stable")]


@njit(cache=True, nogil=True)
def _components(start: Ints, inputs: Codes, roots: Codes) -> tuple[Codes, Codes]:
    """Return each node's strongly connected component, and the nodes in the order of leaving.

    Components are numbered inputs first. Tarjan 1972, without recursion.
    """
    nodes = len(start) - 1
    component = np.full(nodes, -1, dtype=np.int32)
    left = np.empty(nodes, dtype=np.int32)
    entered = np.zeros(nodes, dtype=np.int32)
    lowest = np.empty(nodes, dtype=np.int32)
    waiting = np.empty(nodes, dtype=np.int32)
    path = np.empty(nodes, dtype=np.int32)
    link = np.empty(nodes, dtype=np.int64)
    components = leaves = enters = waits = 0
    for root in roots:
        if entered[root]:
            continue
        depth = 0
        node = root
        fresh = True
        while depth >= 0:
            if fresh:
                enters += 1
                entered[node] = lowest[node] = enters
                waiting[waits] = path[depth] = node
                waits += 1
                link[depth] = start[node]
                fresh = False
            if link[depth] < start[node + 1]:
                source = inputs[link[depth]]
                link[depth] += 1
                if not entered[source]:
                    depth += 1
                    node = source
                    fresh = True
                elif component[source] < 0:
                    lowest[node] = min(lowest[node], entered[source])
                continue
            left[leaves] = node
            leaves += 1
            if lowest[node] == entered[node]:
                while component[node] < 0:
                    waits -= 1
                    component[waiting[waits]] = components
                components += 1
            depth -= 1
            if depth >= 0:
                lowest[path[depth]] = min(lowest[path[depth]], lowest[node])
                node = path[depth]
    return component, left


@njit(cache=True, nogil=True)
def _relabel(
    threshold: Ints, start: Ints, inputs: Codes, weights: Codes, sequence: Codes, position: Codes
) -> tuple[Ints, Ints, Codes, Codes]:
    """Return threshold, start, inputs, weights in the new numbering, weights as small as they go.

    Weights and threshold are divided by the weights' common divisor and weights cut at the
    threshold, neither of which changes any gate.
    """
    new_threshold = np.empty(len(threshold), dtype=np.int64)
    new_start = np.zeros(len(start), dtype=np.int64)
    new_inputs = np.empty(len(inputs), dtype=np.int32)
    new_weights = np.empty(len(weights), dtype=np.int32)
    filled = 0
    for place in range(len(sequence)):
        node = sequence[place]
        divisor = total = np.int64(0)
        for e in range(start[node], start[node + 1]):
            total += weights[e]
            other = np.int64(weights[e])
            while other and divisor != 1:
                divisor, other = other, divisor % other
        needed = min(max(threshold[node], np.int64(0)), total + 1)
        if divisor:
            needed = (needed + divisor - 1) // divisor
        for e in range(start[node], start[node + 1]):
            new_inputs[filled] = position[inputs[e]]
            weight = weights[e] // divisor
            new_weights[filled] = min(weight, needed) if needed else weight
            filled += 1
        new_threshold[place] = needed
        new_start[place + 1] = filled
    return new_threshold, new_start, new_inputs, new_weights
