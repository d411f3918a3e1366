"""Black start: what stays down though nothing holds it down, and the fewest starts for it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import Bounds, LinearConstraint, milp

from indranet.engines.gates.order import Codes, check_range, frozen
from indranet.engines.gates.timed import Bools, Course, Timed, long_run
from indranet.engines.gates.work import Array

ROUNDS = 200
"""Sets of starts that are tried before the search gives up proving that none is smaller."""


@dataclass(frozen=True, eq=False)
class Starts:
    """The fewest starts that bring back what is dark.

    Attributes
    ----------
    nodes
        Nodes to start, ascending.
    fewest
        Whether no smaller set does it; else the search was ended, and a smaller one may.
    """

    nodes: Codes
    fewest: bool


def held(timed: Timed, course: Course) -> tuple[Codes, Codes]:
    """Return the nodes that something holds down now, and what each node's holds wait for.

    Supports that ran out do not count, nor do holds whose end waits for a node that is down: the
    node that all holds of a node wait for stands in the second array, -1 for none, shape (nodes,).
    """
    state, waits = course.state, np.full(len(timed), -1, dtype=np.int32)
    forced = state.forced.astype(np.int64)
    np.subtract.at(forced, timed.supports.gate, state.empty.astype(np.int64))
    for number in state.waiting_holds.tolist():
        asked = state.hold_waits[number]
        if state.hold_on[number] and not state.up[asked]:
            gates = state.hold_gate[state.hold_start[number] : state.hold_start[number + 1]]
            mine = gates[(waits[gates] == asked) | (waits[gates] < 0)]
            np.subtract.at(forced, mine, 1)
            waits[mine] = asked
    waits[forced > 0] = -1
    return np.flatnonzero(forced > 0).astype(np.int32), waits


def dark(timed: Timed, course: Course) -> Bools:
    """Return which nodes are down now though nothing that lasts keeps them down, shape (nodes,).

    They are up in the greatest fixed point for what is held down now, and down in the state that
    the course came to: a circle that went down, with what hangs on it, or a change that is taken
    back only over what it took down.
    """
    gone, waits = held(timed, course)
    while True:
        could, _ = long_run(timed.gates, gone, timed.supports)
        stuck = np.flatnonzero(waits >= 0).astype(np.int32)
        stuck = np.setdiff1d(stuck[~could[waits[stuck]]], gone)
        if not len(stuck):
            break
        gone = np.union1d(gone, stuck)
    could[timed.supports.gate] = False
    return could & ~course.up


def fewest_starts(timed: Timed, course: Course, candidates: npt.ArrayLike) -> Starts:
    """Return a smallest set of nodes to start so that all that is dark among them comes back.

    A node that is started is up whatever its inputs are, and stays so if they come up thereby. The
    search is an implicit hitting set (Moreno-Centeno & Karp 2013, The implicit hitting set approach
    to solve combinatorial optimization problems): what a set of starts leaves dark holds a node of
    every set that suffices.

    Parameters
    ----------
    timed, course
        The net, and where it stands.
    candidates
        Nodes that can be started; those that are not dark do not count.

    Raises
    ------
    ValueError
        When a node is out of range.
    """
    codes = frozen("candidates", candidates, np.int32)
    check_range("candidates", codes, 0, len(timed) - 1)
    lacks = dark(timed, course)
    codes = np.unique(codes[lacks[codes]])
    if not len(codes):
        return Starts(codes, fewest=True)
    net = _Dark(timed, course, lacks, codes)
    if net.left(np.ones(len(codes), dtype=bool)).any():
        return Starts(codes, fewest=False)
    unmet: list[Bools] = []
    for _ in range(ROUNDS):
        chosen = _smallest(unmet, len(codes))
        if not net.left(chosen).any():
            return Starts(codes[chosen], fewest=True)
        unmet.append(net.left(net.widened(chosen)))
    return Starts(codes[net.narrowed(np.ones(len(codes), dtype=bool))], fewest=False)


def _smallest(sets: list[Bools], size: int) -> Bools:
    """Return a smallest choice that takes something of each set."""
    if not sets:
        return np.zeros(size, dtype=bool)
    table = np.array(sets, dtype=np.float64)
    # Ties go to the first: a little more for each that comes later, less than one in all.
    cost = 1.0 + np.arange(size) / (2.0 * size * size)
    found = milp(
        cost,
        constraints=LinearConstraint(table, 1, np.inf),
        integrality=np.ones(size, dtype=np.int64),
        bounds=Bounds(0, 1),
    )
    chosen: Bools = np.asarray(found.x) > 0.5
    return chosen


class _Dark:
    """What is dark, and what starts of some of it leave dark."""

    def __init__(self, timed: Timed, course: Course, lacks: Bools, codes: Codes) -> None:
        self.timed, self.codes, self.lacks = timed, codes, lacks
        self.up = course.up
        self.gone = np.zeros(len(timed), dtype=bool)
        gone, self.waits = held(timed, course)
        self.gone[gone] = True
        self.gone[timed.supports.gate[course.state.empty > 0]] = True

    def left(self, chosen: Bools) -> Bools:
        """Return which candidates stay dark when some of them are started, shape (candidates,)."""
        up = self.up.copy()
        up[self.codes[chosen]] = True
        gates = self.timed.gates
        _raise(gates.start, gates.inputs, gates.weights, gates.threshold, self.gone, self.waits, up)
        stays: Bools = ~up[self.codes]
        return stays

    def widened(self, chosen: Bools) -> Bools:
        """Return a largest set with the chosen ones that still leaves something dark."""
        wide = chosen.copy()
        left = self.left(wide)
        for place in np.flatnonzero(left).tolist():
            if not left[place]:
                continue
            wide[place] = True
            more = self.left(wide)
            if more.any():
                left = more
            else:
                wide[place] = False
        return wide

    def narrowed(self, chosen: Bools) -> Bools:
        """Return a set without what is not needed in it."""
        small = chosen.copy()
        for place in range(len(small)):
            small[place] = False
            if self.left(small).any():
                small[place] = True
        return small


@njit(cache=True, nogil=True)
def _raise(
    start: Array,
    inputs: Array,
    weights: Array,
    threshold: Array,
    gone: Array,
    waits: Array,
    up: Array,
) -> None:
    """Let everything rise whose inputs are up, and what it waits for."""
    queue = np.flatnonzero(~up)
    while len(queue):
        risen = 0
        for k in range(len(queue)):
            node = queue[k]
            if gone[node] or (waits[node] >= 0 and not up[waits[node]]):
                continue
            total = np.int64(0)
            for e in range(start[node], start[node + 1]):
                if up[inputs[e]]:
                    total += weights[e]
            if total >= threshold[node]:
                up[node] = True
                risen += 1
        if risen == 0:
            return
        queue = queue[~up[queue]]
