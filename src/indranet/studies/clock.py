"""What is up and what is down as the hours go by: batteries and the like run out one by one."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, up
from indranet.studies.compile import Compiled

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_SAME = 1e-9
"""Hours apart that are one moment: times are sums of numbers."""


class Hold(NamedTuple):
    """Gates that are held down from one hour to another (infinite for good)."""

    begins: float
    ends: float
    gates: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Clock:
    """A net of gates with what bridges the lack of inputs, and what to look at.

    Attributes
    ----------
    ordered
        The net.
    always
        Gates that are down all the time.
    support, source, hours
        As `studies.supply_side.Support`.
    watch
        Gates to report, shape (watched,).
    """

    ordered: Ordered
    always: npt.NDArray[np.int32]
    support: npt.NDArray[np.int32]
    source: npt.NDArray[np.int32]
    hours: Floats
    watch: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Moments:
    """The state of what is watched from each moment to the next.

    Attributes
    ----------
    hour
        Ascending, the first 0, shape (moments,).
    up
        Whether each is up from then on, shape (moments, watched).
    """

    hour: Floats
    up: Flags


def clock(compiled: Compiled, ordered: Ordered, watch: npt.NDArray[np.int32]) -> Clock:
    """Return a clock over a net compiled by the hour."""
    support = compiled.support
    return Clock(
        ordered, compiled.down, support.gate, support.source, support.hours,
        np.asarray(watch, dtype=np.int32),
    )  # fmt: skip


def run_clock(clock: Clock, holds: Sequence[Hold], until: float) -> Moments:
    """Return what is up from hour to hour while gates are held down.

    At each moment the net takes its greatest fixed point for what is held down then and for the
    supports that have run out. A support begins to be used when its input goes down and has run out
    its hours later, unless the input was up in between, from when on it is whole again. What lacks
    an input without anything held down has lacked it for long: its support is empty.

    Parameters
    ----------
    clock
        The net.
    holds
        What is held down, and when.
    until
        Last hour to look at.
    """
    queue = sorted({0.0, *(hold.begins for hold in holds), *(hold.ends for hold in holds)})
    queue = [hour for hour in queue if 0 <= hour < until]
    lacking = np.where(_empty_before(clock), -np.inf, np.inf)
    hours: list[float] = []
    states: list[Flags] = []
    everything = np.concatenate([clock.source, clock.watch])
    while queue:
        now = heapq.heappop(queue)
        while queue and queue[0] - now < _SAME:
            heapq.heappop(queue)
        held = [h.gates for h in holds if h.begins <= now + _SAME and h.ends > now + _SAME]
        empty = clock.support[lacking + clock.hours <= now + _SAME]
        state = _state(clock, np.concatenate([empty, *held]), everything)
        sources, watched = state[: len(lacking)], state[len(lacking) :]
        begins = ~sources & np.isinf(lacking)
        lacking[begins] = now
        lacking[sources] = np.inf
        for end in np.unique(now + clock.hours[begins]).tolist():
            if end < until:
                heapq.heappush(queue, end)
        if not states or (watched != states[-1]).any():
            hours.append(now)
            states.append(watched)
    return Moments(np.array(hours), np.array(states).reshape(len(hours), len(clock.watch)))


def _empty_before(clock: Clock) -> Flags:
    """Return which supports are empty before anything is held down, shape (supports,)."""
    empty = np.zeros(len(clock.support), dtype=bool)
    while True:
        lacks = ~_state(clock, clock.support[empty], clock.source)
        if (lacks == empty).all():
            return empty
        empty = lacks | empty


def _state(clock: Clock, gates: npt.NDArray[np.int32], watch: npt.NDArray[np.int32]) -> Flags:
    down = np.unique(gates)
    found = up(clock.ordered, ([0, len(down)], down), always=clock.always, watch=watch)
    state: Flags = (found[:, 0] & np.uint64(1)).astype(bool)
    return state


def up_by_day(moments: Moments, days: int, which: npt.NDArray[np.integer]) -> Floats:
    """Return the part of each day for which some of what is watched is up, shape (days, which)."""
    ends = np.append(moments.hour[1:], 24.0 * days)
    found = np.zeros((days, len(which)))
    for begin, end, state in zip(moments.hour.tolist(), ends.tolist(), moments.up, strict=True):
        first, last = int(begin // 24), min(int(np.ceil(end / 24)), days)
        edges = np.arange(first, last + 1) * 24.0
        covered = np.diff(np.clip(edges, begin, end)) / 24.0
        found[first:last] += covered[:, np.newaxis] * state[which]
    return np.minimum(found, 1.0)


def outages(moments: Moments) -> list[tuple[int, float, float]]:
    """Return each time that something watched is down: position, from hour, to hour.

    What is still down at the end is down until infinity.
    """
    found = []
    state = np.vstack([np.ones((1, moments.up.shape[1]), dtype=bool), moments.up])
    moment, thing = np.nonzero(state[:-1] & ~state[1:])
    for begin, place in zip(moment.tolist(), thing.tolist(), strict=True):
        back = np.flatnonzero(moments.up[begin:, place])
        end = float(moments.hour[begin + back[0]]) if len(back) else np.inf
        found.append((place, float(moments.hour[begin]), end))
    return found
