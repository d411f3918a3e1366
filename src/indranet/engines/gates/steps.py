"""A net through time in many draws: equal steps, 64 of them a machine word.

Where nodes do not depend on one another in a circle, a node's whole course follows from those of
its inputs: one pass over the net settles a draw, with the instants of time side by side in a row.
A support that bridges n steps has run out where its source is down at the n before as well: a few
shifts of the row. Circles move from change to change as in `timed`.

Units fail and are repaired at exact times, of which the instants see what is the case then; so how
often they are down is not biased by the length of a step, and neither is what a support leaves over
if it lasts a whole number of steps; others are rounded up. What comes and goes between two instants
is not seen: of a unit's outages a part of about step / mean repair at most.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from indranet.engines.gates import steps_kernels as kernels
from indranet.engines.gates.draws import seed_word
from indranet.engines.gates.kernels import margins
from indranet.engines.gates.order import Codes, Gates, Ordered, order
from indranet.engines.gates.states import net_of
from indranet.engines.gates.timed import (
    NO_SUPPORTS,
    Changes,
    Floats,
    Hold,
    Supports,
    Timed,
    Units,
    begin,
    timed,
)
from indranet.engines.gates.work import DOWN, KEPT, PLANES, Array, Base, Net

JOBS = 32
"""Most jobs that one call hands to an executor; each takes its own memory once."""


class Walk(NamedTuple):
    """One draw.

    Attributes
    ----------
    tally
        Hours that what is usually up was down in each period, weighed, shape (periods, sums).
    changes
        What changed when, each node's changes together; hours are those of the steps.
    """

    tally: Floats
    changes: Changes


@dataclass(frozen=True, eq=False)
class _Circle:
    """A circle as a net of its own, with what it reads from outside."""

    system: Timed
    members: Array  # positions in the ordered net, those of the first nodes of `system`
    outside: Array  # positions of the nodes after these
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Stepped:
    """A net made ready to go in steps.

    Attributes
    ----------
    timed
        The net.
    hours
        Length of a step.
    rounded
        How many supports last no whole number of steps.
    """

    timed: Timed
    hours: float
    rounded: int
    ordered: Ordered
    net: Net
    base: Base
    delay: Array
    circles: tuple[_Circle, ...]
    pooled: Timed | None
    pooled_gate: Array
    free: Array


def stepped(system: Timed, hours: float = 1.0) -> Stepped:
    """Make a net ready to go in steps.

    Parameters
    ----------
    system
        The net; no repair may wait for a node, which only `timed.advance` can do.
    hours
        Length of a step.

    Raises
    ------
    ValueError
        When a repair waits for a node, or the step is not above 0.
    """
    if not hours > 0:
        raise ValueError("hours: above 0")
    if (system.units.waits >= 0).any():
        raise ValueError("units: repairs that wait for a node go at exact times alone")
    gates, supports = _with_sources(system), system.supports
    ordered = order(gates)
    position = ordered.position
    code = np.empty(len(gates), dtype=np.uint8)
    code[position] = np.where(system.usual, KEPT, DOWN)
    margin = np.empty(len(gates), dtype=np.int64)
    shape = np.empty(len(gates), dtype=np.uint8)
    net = net_of(ordered)
    code = _read_only(code)
    margins(net, ordered.gates.threshold, code, margin, shape)
    delay = np.zeros(len(gates), dtype=np.int32)
    steps = np.ceil(supports.hours / hours - 1e-9)
    delay[position[supports.gate]] = np.minimum(steps, 2**30)
    inexact = np.abs(supports.hours / hours - np.rint(supports.hours / hours)) > 1e-9
    pooled = np.flatnonzero(system.units.pool >= 0)
    return Stepped(
        timed=system, hours=hours, rounded=int(inexact.sum()), ordered=ordered, net=net,
        base=Base(code, _read_only(margin), _read_only(shape)), delay=_read_only(delay),
        circles=tuple(_circles(system, ordered, code)),
        pooled=_pooled(system, pooled) if len(pooled) else None,
        pooled_gate=_read_only(position[np.unique(system.units.gate[pooled])].astype(np.int32)),
        free=_read_only(np.flatnonzero(system.units.pool < 0)),
    )  # fmt: skip


def walk(
    stepped: Stepped,
    steps: int,
    draws: Sequence[int],
    *,
    holds: Callable[[int], Sequence[Hold]] = lambda _: (),
    seed: int = 0,
    periods: int = 0,
    per_period: int = 24,
    executor: Executor | None = None,
) -> Iterator[Walk]:
    """Yield what happens in each draw, at the instants 0, 1, 2 ... steps - 1 times a step.

    Parameters
    ----------
    stepped
        The net.
    steps
        Number of instants.
    draws
        Numbers of the draws; the failures are those of `timed.begin` with the same seed and draw.
    holds
        What is held down in a draw, and when; none may wait.
    seed
        Of the failures.
    periods, per_period
        Number of periods of the tally, and instants in each.
    executor
        Threads; the answer does not hang on them.

    Raises
    ------
    ValueError
        When a hold waits for a node.
    """
    parts = [draws[j * len(draws) // JOBS : (j + 1) * len(draws) // JOBS] for j in range(JOBS)]
    job = partial(_job, stepped, steps, holds, seed, periods, per_period)
    for part in (executor.map if executor else map)(job, [part for part in parts if len(part)]):
        yield from part


def _job(
    stepped: Stepped,
    steps: int,
    holds: Callable[[int], Sequence[Hold]],
    seed: int,
    periods: int,
    per_period: int,
    draws: Sequence[int],
) -> list[Walk]:
    """Go through some draws in one thread, with memory of its own."""
    words = (steps + 63) // 64
    rows = np.empty((len(stepped.ordered), words), dtype=np.uint64)
    code = np.empty(len(stepped.ordered), dtype=np.uint8)
    memory = kernels.Memory(
        code, rows, np.empty(words, np.uint64), np.empty((3, PLANES, words), np.uint64)
    )
    return [
        _walk(stepped, memory, steps, holds(draw), seed, draw, periods, per_period)
        for draw in draws
    ]


def _walk(
    stepped: Stepped,
    memory: kernels.Memory,
    steps: int,
    holds: Sequence[Hold],
    seed: int,
    draw: int,
    periods: int,
    per_period: int,
) -> Walk:
    system, hours = stepped.timed, stepped.hours
    if any(hold.waits >= 0 for hold in holds):
        raise ValueError("holds: those that wait for a node go at exact times alone")
    memory.code[:] = stepped.base.code
    _fail(stepped, memory, steps, holds, seed, draw)
    first = 0
    for circle in stepped.circles:
        _plain(stepped, memory, first, circle.first)
        _around(circle, memory, steps, hours)
        first = circle.last
    _plain(stepped, memory, first, len(memory.code))
    tally = np.zeros((periods, system.weights.shape[1]))
    position = stepped.ordered.position
    kernels.add_lost(memory, position, system.net.weights, steps, per_period, hours, tally)
    return Walk(tally, _changes(stepped, memory, steps))


def _plain(stepped: Stepped, memory: kernels.Memory, first: int, last: int) -> None:
    net, base = stepped.net, stepped.base
    kernels.plain(
        net.start, net.inputs, net.weights, base.shape, base.margin, stepped.delay, memory,
        first, last,
    )  # fmt: skip


def _fail(
    stepped: Stepped,
    memory: kernels.Memory,
    steps: int,
    holds: Sequence[Hold],
    seed: int,
    draw: int,
) -> None:
    """Enter what fails by itself and what is held down into an empty draw."""
    units, hours, position = stepped.timed.units, stepped.hours, stepped.ordered.position
    kernels.fail(
        memory, position, units.gate, units.mean_up, units.mean_down, units.fixed, units.key,
        stepped.free, seed_word(seed), np.uint64(draw), steps, hours,
    )  # fmt: skip
    if stepped.pooled is not None:
        course = begin(stepped.pooled, seed=seed, draw=draw)
        kernels.follow(stepped.pooled.net, course.state, memory, stepped.pooled_gate, steps, hours)
    for hold in holds:
        first = max(math.ceil(hold.begins / hours - 1e-9), 0)
        last = steps if math.isinf(hold.ends) else math.ceil(hold.ends / hours - 1e-9)
        if first < min(last, steps):
            kernels.take(memory, position[hold.gates], first, min(last, steps))


def _around(circle: _Circle, memory: kernels.Memory, steps: int, hours: float) -> None:
    course = begin(circle.system)
    kernels.circle(
        circle.system.net, course.state, memory, circle.members, circle.outside, steps, hours
    )


def _changes(stepped: Stepped, memory: kernels.Memory, steps: int) -> Changes:
    system = stepped.timed
    what = system.net.watch_of[system.watch] >= 0
    watch = system.watch[what]
    places = stepped.ordered.position[watch]
    count = kernels.count_changes(memory, places, steps)
    found = np.empty(count), np.empty(count, np.int32), np.empty(count, np.uint8)
    kernels.read_changes(memory, places, np.flatnonzero(what), steps, stepped.hours, *found)
    return Changes(found[0], found[1], found[2].astype(np.bool_))


def _with_sources(system: Timed) -> Gates:
    """Return the gates, in which each support also reads its source."""
    gates, supports = system.gates, system.supports
    owner = np.repeat(np.arange(len(gates)), np.diff(gates.start))
    owner = np.concatenate([owner, supports.gate])
    inputs = np.concatenate([gates.inputs, supports.source])
    weights = np.concatenate([gates.weights, np.ones(len(supports.gate), dtype=np.int32)])
    row = np.argsort(owner, kind="stable")
    threshold = gates.threshold.copy()
    threshold[supports.gate] = 1
    return Gates(
        threshold, np.searchsorted(owner[row], np.arange(len(gates) + 1)).astype(np.int64),
        inputs[row].astype(np.int32), weights[row].astype(np.int32), gates.least,
    )  # fmt: skip


def _circles(system: Timed, ordered: Ordered, code: Array) -> Iterator[_Circle]:
    """Yield each circle of the net as a net of its own; what it reads from outside are leaves."""
    caller = np.empty(len(ordered), dtype=np.int64)
    caller[ordered.position] = np.arange(len(ordered))
    is_support = np.zeros(len(ordered), dtype=bool)
    is_support[ordered.position[system.supports.gate]] = True
    starts = ordered.position[system.starts]
    gone = ordered.position[system.always]
    gates = ordered.gates
    for first, last in zip(ordered.cycle_first.tolist(), ordered.cycle_last.tolist(), strict=True):
        members = np.arange(first, last)
        rows = [
            gates.inputs[gates.start[n] : gates.start[n + 1]] if not is_support[n] else _NONE
            for n in members.tolist()
        ]
        weights = [
            gates.weights[gates.start[n] : gates.start[n + 1]] if not is_support[n] else _NONE
            for n in members.tolist()
        ]
        read = np.unique(np.concatenate([_NONE, *rows]))
        outside = read[(read < first) | (read >= last)]
        nodes = np.concatenate([members, outside])
        local = np.full(len(ordered), -1, dtype=np.int32)
        local[nodes] = np.arange(len(nodes))
        inside = [k for k, g in enumerate(ordered.position[system.supports.gate]) if local[g] >= 0
                  and g >= first and g < last]  # fmt: skip
        supports = NO_SUPPORTS
        if inside:
            supports = Supports(
                local[ordered.position[system.supports.gate[inside]]],
                local[ordered.position[system.supports.source[inside]]],
                system.supports.hours[inside],
            )
        threshold = np.where(is_support[members], 0, gates.threshold[members])
        net = Gates(
            np.concatenate([threshold, np.zeros(len(outside), dtype=np.int64)]),
            np.cumsum([0, *(len(row) for row in rows), *([0] * len(outside))]),
            local[np.concatenate([_NONE, *rows]).astype(np.int64)],
            np.concatenate([_NONE, *weights]).astype(np.int32),
            np.concatenate([gates.least[members], np.zeros(len(outside), dtype=bool)]),
        )
        begun = local[starts[np.isin(starts, outside)]]
        down = np.concatenate([outside[code[outside] == DOWN], np.intersect1d(members, gone)])
        yield _Circle(
            timed(
                net, always=np.setdiff1d(local[down], begun), supports=supports, starts=begun,
                watch=np.arange(len(members)),
            ),
            _read_only(members.astype(np.int32)), _read_only(outside.astype(np.int32)),
            first, last,
        )  # fmt: skip


def _pooled(system: Timed, rows: Array) -> Timed:
    """Return the units that share crews, alone: as leaves without users."""
    units = system.units
    gates, local = np.unique(units.gate[rows], return_inverse=True)
    size = len(gates)
    alone = Units(**{name: getattr(units, name)[rows] for name in vars(units)} | {"gate": local})
    leaves = Gates(
        np.zeros(size, np.int64), np.zeros(size + 1, np.int64), _NONE, _NONE, np.zeros(size, bool)
    )
    return timed(leaves, units=alone, crews=system.crews, watch=np.arange(size))


_NONE: Codes = np.zeros(0, dtype=np.int32)


def _read_only(array: Array) -> Array:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
