"""A net of gates through time: batteries run out, things fail and are repaired, at exact times."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import timed_kernels as kernels
from indranet.engines.gates.draws import seed_word
from indranet.engines.gates.order import (
    Codes,
    Gates,
    Ints,
    Ordered,
    check_range,
    frozen,
    order,
)
from indranet.engines.gates.states import up
from indranet.engines.gates.timed_kernels import DONE, Net, State
from indranet.engines.gates.work import Array

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_LOG = 1 << 14
_UNIT_TYPES = (
    ("gate", np.int32), ("mean_up", np.float64), ("mean_down", np.float64), ("fixed", np.bool_),
    ("pool", np.int32), ("waits", np.int32), ("key", np.uint64),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Supports:
    """What lets users run without an input for some hours.

    Attributes
    ----------
    gate
        A leaf for each support, down once it has run out, shape (supports,).
    source
        Node whose lack it bridges.
    hours
        How long it lasts, above 0.
    """

    gate: Codes
    source: Codes
    hours: Floats


@dataclass(frozen=True, eq=False)
class Units:
    """What fails by itself and is repaired.

    Attributes
    ----------
    gate
        Node that is down while the unit is, shape (units,).
    mean_up, mean_down
        Mean time until it fails (exponential), and mean length of its repair, hours.
    fixed
        Whether each repair takes just that long; else it is exponential.
    pool
        Crews that repair it, a position in `Timed.crews`, -1 for as many as it takes.
    waits
        Node that must be up for the repair to begin and to go on, -1 for none.
    key
        uint64, a hash of the unit's identifier: its failures hang on seed, key and draw alone.
    """

    gate: Codes
    mean_up: Floats
    mean_down: Floats
    fixed: Bools
    pool: Codes
    waits: Codes
    key: npt.NDArray[np.uint64]


NO_SUPPORTS = Supports(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
NO_UNITS = Units(
    np.zeros(0, np.int32), np.zeros(0), np.zeros(0), np.zeros(0, bool), np.zeros(0, np.int32),
    np.zeros(0, np.int32), np.zeros(0, np.uint64),
)  # fmt: skip


class Hold(NamedTuple):
    """Nodes that are held down from one hour to another (infinite for good).

    With `waits` the time from begin to end counts only while that node is up.
    """

    begins: float
    ends: float
    gates: npt.NDArray[np.int32]
    waits: int = -1


class Changes(NamedTuple):
    """What changed when, in order: hour, place among the nodes watched, whether it is up then."""

    hour: Floats
    what: Codes
    up: Bools

    def of(self, rows: slice | npt.NDArray[np.integer]) -> "Changes":
        """Return some of them."""
        return Changes(self.hour[rows], self.what[rows], self.up[rows])


@dataclass(frozen=True, eq=False)
class Timed:
    """A net that moves through time.

    Attributes
    ----------
    gates
        The net.
    supports, units
        What bridges the lack of inputs, and what fails.
    crews
        Crews in each pool, shape (pools,).
    starts
        Leaves, down but for the moment in which a user starts without an input; the user stays up
        if that brings the input back.
    always
        Nodes that are down all the time, starts included.
    watch, weights
        Nodes whose changes are told, and numbers summed over the nodes that are lost, shape
        (nodes, sums).
    usual
        Which nodes are up before anything happens, shape (nodes,): the greatest fixed point, with
        the supports empty whose source is down in it.
    """

    gates: Gates
    supports: Supports
    units: Units
    crews: Ints
    starts: Codes
    always: Codes
    watch: Codes
    weights: Floats
    usual: Bools
    net: Net
    empty: Bools

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.gates)


@dataclass(eq=False)
class Course:
    """One course of a net through time, under way.

    Attributes
    ----------
    state
        Where it stands; arrays that the engine changes.
    changes
        What changed until now.
    """

    state: State
    changes: list[Changes]

    @property
    def up(self) -> Bools:
        """Which nodes are up now, shape (nodes,)."""
        return self.state.up.astype(np.bool_)

    @property
    def tally(self) -> Floats:
        """Hours that what is usually up was down in each period, weighed, shape (periods, sums)."""
        return self.state.tally

    def told(self) -> Changes:
        """Return what changed until now."""
        parts = self.changes or [_none()]
        return Changes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _none() -> Changes:
    return Changes(np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.bool_))


def timed(
    gates: Gates,
    *,
    always: npt.ArrayLike = (),
    supports: Supports = NO_SUPPORTS,
    units: Units = NO_UNITS,
    crews: npt.ArrayLike = (),
    starts: npt.ArrayLike = (),
    watch: npt.ArrayLike = (),
    weights: npt.ArrayLike | None = None,
) -> Timed:
    """Make a net ready to move through time.

    Parameters
    ----------
    gates, always, supports, units, crews, starts, watch, weights
        See `Timed`. A support takes part through an or-gate over its source and its leaf, which
        the net holds.

    Raises
    ------
    ValueError
        When a node or pool is out of range, lengths disagree or hours are not positive.
    """
    nodes = len(gates)
    begun = frozen("starts", starts, np.int32)
    supports = Supports(
        frozen("supports: gate", supports.gate, np.int32),
        frozen("supports: source", supports.source, np.int32),
        frozen("supports: hours", supports.hours, np.float64),
    )
    units = Units(**{
        name: frozen(f"units: {name}", getattr(units, name), kind) for name, kind in _UNIT_TYPES
    })  # fmt: skip
    gone = np.union1d(frozen("always", always, np.int32), begun).astype(np.int32)
    seen = frozen("watch", watch, np.int32)
    pools = frozen("crews", crews, np.int64)
    table = np.zeros((nodes, 0)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(nodes, gone, seen, supports, units, pools, table)
    usual, empty = long_run(gates, gone, supports)
    net = _net(gates, supports, units, begun, seen, table)
    return Timed(
        gates, supports, units, pools, begun, gone, seen, table, usual, net, empty
    )  # fmt: skip


def _check(
    nodes: int,
    gone: Codes,
    seen: Codes,
    supports: Supports,
    units: Units,
    crews: Ints,
    weights: Floats,
) -> None:
    for name, codes in (
        ("always", gone), ("watch", seen), ("supports: gate", supports.gate),
        ("supports: source", supports.source), ("units: gate", units.gate),
    ):  # fmt: skip
        check_range(name, codes, 0, nodes - 1)
    check_range("units: waits", units.waits, -1, nodes - 1)
    check_range("units: pool", units.pool, -1, len(crews) - 1)
    if not (len(supports.gate) == len(supports.source) == len(supports.hours)):
        raise ValueError("supports: one gate, source and hours each")
    if len({len(column) for column in vars(units).values()}) > 1:
        raise ValueError("units: columns of one length")
    for name, hours in (("supports: hours", supports.hours), ("units: mean_up", units.mean_up)):
        if not (hours > 0).all():
            raise ValueError(f"{name}: above 0")
    if not (units.mean_down >= 0).all() or (crews < 1).any():
        raise ValueError("units: mean_down 0 or more, crews 1 or more")
    if len(np.unique(seen)) != len(seen):
        raise ValueError("watch: each node once")
    if weights.ndim != 2 or len(weights) != nodes:
        raise ValueError("weights: shape (nodes, sums)")


def long_run(gates: Gates, gone: Codes, supports: Supports) -> tuple[Bools, Bools]:
    """Return which nodes are up, and which supports empty, when nothing changes for long.

    It is the greatest fixed point with some nodes down, and supports empty whose source is down.
    """
    ordered = order(gates)
    empty = np.zeros(len(supports.gate), dtype=np.bool_)
    while True:
        state = _greatest(ordered, np.concatenate([gone, supports.gate[empty]]))
        lacks = empty | ~state[supports.source]
        if (lacks == empty).all():
            return state, empty
        empty = lacks


def _greatest(ordered: Ordered, down: Codes) -> Bools:
    removed = np.unique(down)
    state: Bools = (up(ordered, ([0, len(removed)], removed))[:, 0] & np.uint64(1)).astype(np.bool_)
    return state


def _rows(owner: Array, size: int) -> tuple[Ints, Codes]:
    """Return the rows of each owner in compressed sparse rows; those of owner -1 are left out."""
    rows = np.argsort(owner, kind="stable")
    rows = rows[np.searchsorted(owner[rows], 0) :]
    return np.searchsorted(owner[rows], np.arange(size + 1)).astype(np.int64), rows.astype(np.int32)


def _net(
    gates: Gates,
    supports: Supports,
    units: Units,
    starts: Codes,
    watch: Codes,
    weights: Floats,
) -> Net:
    nodes = len(gates)
    ordered = order(gates)
    group = np.full(nodes, -1, dtype=np.int32)
    # The engine keeps groups of the nodes of cycles, in its own numbering.
    cyclic = np.concatenate(
        [np.zeros(0, np.int64)]
        + [np.arange(a, b) for a, b in zip(ordered.cycle_first, ordered.cycle_last, strict=True)]
    )
    inside = np.full(nodes, -1, dtype=np.int32)
    inside[cyclic] = ordered.group_of
    group[:] = inside[ordered.position]
    member_start, members = _rows(group, len(ordered.group_first))
    owner = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(gates.start))
    user_start, link = _rows(gates.inputs, nodes)
    support_start, by_source = _rows(supports.source, nodes)
    waiter_start, waiters = _rows(units.waits, nodes)
    watch_of = np.full(nodes, -1, dtype=np.int32)
    watch_of[watch] = np.arange(len(watch))
    # Kernels are compiled once, for read-only arrays of these types.
    return Net(*(_read_only(array) for array in Net(
        threshold=gates.threshold, user_start=user_start, users=owner[link],
        user_weight=gates.weights[link].astype(np.int64), group=group, member_start=member_start,
        members=members, support_gate=supports.gate, support_hours=supports.hours,
        support_start=support_start, supports=by_source, starts=starts, unit_gate=units.gate,
        unit_up=units.mean_up, unit_down=units.mean_down, unit_fixed=units.fixed,
        unit_pool=units.pool, unit_waits=units.waits, waiter_start=waiter_start, waiters=waiters,
        watch_of=watch_of, weights=weights,
    )))  # fmt: skip


def _read_only(array: Array) -> Array:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def begin(
    timed: Timed,
    holds: Sequence[Hold] = (),
    *,
    seed: int = 0,
    draw: int | None = None,
    periods: int = 0,
    hours: float = 24.0,
) -> Course:
    """Return a course at hour 0, before anything that happens at hour 0.

    Parameters
    ----------
    timed
        The net.
    holds
        What is held down, and when.
    seed, draw
        Which failures; without a draw nothing fails by itself. All units are up at hour 0.
    periods, hours
        Number and length of the periods of `Course.tally`.

    Raises
    ------
    ValueError
        When a node is out of range.
    """
    nodes, net = len(timed), timed.net
    supports, units = len(timed.supports.gate), len(timed.units.gate)
    slots = supports + units + len(holds)
    total = np.bincount(
        np.repeat(np.arange(nodes), np.diff(timed.gates.start)),
        weights=timed.gates.weights * timed.usual[timed.gates.inputs],
        minlength=nodes,
    )
    forced = np.zeros(nodes, dtype=np.int32)
    np.add.at(forced, timed.always, 1)
    np.add.at(forced, timed.supports.gate[timed.empty], 1)
    lacking = ~timed.usual[timed.supports.source]
    held = [frozen("holds", hold.gates, np.int32) for hold in holds]
    for gates in held:
        check_range("holds", gates, 0, nodes - 1)
    waits = np.array([hold.waits for hold in holds], dtype=np.int32)
    check_range("holds: waits", waits, -1, nodes - 1)
    room = max(_LOG, 2 * len(timed.watch))
    state = State(
        up=timed.usual.astype(np.uint8), total=total.astype(np.int64), forced=forced,
        was=np.full(nodes, 2, np.uint8), changed=np.empty(nodes, np.int32),
        falls=np.empty(nodes, np.int32), in_falls=np.zeros(nodes, np.uint8),
        rises=np.empty(nodes, np.int32), in_rises=np.zeros(nodes, np.uint8),
        suspects=np.empty(len(net.member_start), np.int32),
        suspected=np.zeros(len(net.member_start), np.uint8),
        scratch=np.empty(2 * nodes, np.int32),
        tried=np.empty(len(timed.starts), np.int32), counts=np.zeros(kernels.COUNTS, np.int64),
        time=np.full(slots, np.inf), heap=np.empty(slots, np.int32),
        place=np.full(slots, -1, np.int32), lacking=lacking.astype(np.uint8),
        empty=timed.empty.astype(np.uint8), due=np.empty(supports, np.int32),
        unit_state=np.zeros(units, np.uint8),
        unit_left=np.zeros(units), unit_count=np.zeros(units, np.uint64),
        unit_low=np.zeros(units, np.uint64), unit_high=np.zeros(units, np.uint64),
        free=timed.crews.copy(), head=np.full(len(timed.crews), -1, np.int32),
        tail=np.full(len(timed.crews), -1, np.int32), following=np.full(units, -1, np.int32),
        hold_end=np.array([hold.ends for hold in holds], dtype=np.float64),
        hold_on=np.zeros(len(holds), np.uint8), hold_waits=waits,
        hold_left=np.zeros(len(holds)), waiting_holds=np.flatnonzero(waits >= 0).astype(np.int32),
        hold_start=np.cumsum([0, *(len(gates) for gates in held)]).astype(np.int64),
        hold_gate=np.concatenate([np.zeros(0, np.int32), *held]),
        log_hour=np.empty(room), log_what=np.empty(room, np.int32),
        log_up=np.empty(room, np.uint8), now=np.zeros(1),
        sums=np.zeros(timed.weights.shape[1]),
        tally=np.zeros((periods, timed.weights.shape[1])), period=np.array([hours]),
    )  # fmt: skip
    for number, hold in enumerate(holds):
        if hold.ends > hold.begins:
            kernels.schedule(state, supports + units + number, max(float(hold.begins), 0.0))
    if draw is not None:
        kernels.first_failures(net, state, timed.units.key, seed_word(seed), np.uint64(draw))
    return Course(state, [])


def advance(timed: Timed, course: Course, until: float) -> None:
    """Move a course on to an hour; what happens at that hour itself is left for the next call.

    A node falls when it is held down or its inputs no longer suffice, and rises once they do: from
    the state before, first the greatest fixed point below it, then the least one above that. So a
    circle that has gone down comes back only if something outside it brings it back. Supports last
    for their hours from the loss of their source, whether or not their user is up, and are whole
    again as soon as it is back; a source that is back at the very moment at which they run out is
    back in time. Units fail whether or not they have what they need.

    Parameters
    ----------
    timed
        The net.
    course
        What is moved.
    until
        Hour, finite.
    """
    while kernels.run(timed.net, course.state, float(until), len(timed.watch)) != DONE:
        _empty_log(course)
    _empty_log(course)


def hold(
    timed: Timed, course: Course, gates: npt.ArrayLike = (), release: npt.ArrayLike = ()
) -> None:
    """Hold nodes down for one reason more from now on, and release others from one.

    What else happens at this very hour happens with it.

    Raises
    ------
    ValueError
        When a node is out of range.
    """
    codes = frozen("gates", gates, np.int32), frozen("release", release, np.int32)
    for some in codes:
        check_range("gates", some, 0, len(timed) - 1)
    if course.state.counts[kernels.LOGGED] + len(timed.watch) > len(course.state.log_hour):
        _empty_log(course)
    kernels.hold_now(timed.net, course.state, *codes)


def _empty_log(course: Course) -> None:
    state = course.state
    size = int(state.counts[kernels.LOGGED])
    if size:
        course.changes.append(
            Changes(
                state.log_hour[:size].copy(), state.log_what[:size].copy(),
                state.log_up[:size].astype(np.bool_),
            )
        )  # fmt: skip
        state.counts[kernels.LOGGED] = 0
