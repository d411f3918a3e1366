"""Nets in steps: the same courses as at exact times, seen at instants; unbiased."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.nets import needs, net
from tests.engines.test_gates_timed import (
    BATTERY,
    CYCLE,
    LEAF,
    counting,
    held,
    supports,
    systems,
    units,
)

from indranet.engines.gates import Gates
from indranet.engines.gates.steps import Walk, stepped, walk
from indranet.engines.gates.timed import Changes, Supports, Timed, advance, begin, timed

Array = npt.NDArray[Any]


def at_instants(changes: Changes, usual: Array, steps: int, hours: float = 1.0) -> Array:
    """Whether each node is up at each instant."""
    up = np.repeat(usual[np.newaxis], steps, axis=0)
    for hour, what, to in sorted(zip(*(c.tolist() for c in changes), strict=True)):
        up[int(np.ceil(hour / hours - 1e-9)) :, what] = to
    return up


def exactly(system: Timed, steps: int, holds: Any = (), hours: float = 1.0, **draw: Any) -> Array:
    course = begin(system, list(holds), **draw)
    advance(system, course, steps * hours)
    return at_instants(course.told(), system.usual[system.watch], steps, hours)


def in_steps(system: Timed, found: Walk, steps: int, hours: float = 1.0) -> Array:
    return at_instants(found.changes, system.usual[system.watch], steps, hours)


@settings(max_examples=15, deadline=None)
@given(systems())
def test_it_is_the_exact_course_at_the_instants(
    case: tuple[Gates, Supports, list[tuple[int, float, float]]],
) -> None:
    gates, bridges, down = case
    system = timed(gates, supports=bridges, watch=np.arange(len(gates)))
    holds = [held(*row) for row in down]
    steps = 70
    (found,) = walk(stepped(system), steps, [0], holds=lambda _: holds)
    assert (in_steps(system, found, steps) == exactly(system, steps, holds)).all()


@pytest.mark.parametrize("pool", [-1, 0])
def test_failures_are_those_of_the_exact_course(pool: int) -> None:
    gates = net([LEAF, LEAF, LEAF, needs(0, 1, 2, at_least=2), needs(3), needs(4, 0, at_least=1)])
    fails = units([0, 1, 2], 20, 6, pool=pool)
    system = timed(gates, units=fails, crews=[1], watch=np.arange(6), weights=np.eye(6))
    steps, hours = 300, 0.5
    found = list(walk(stepped(system, hours), steps, range(20), seed=3, periods=3, per_period=100))
    for draw, one in enumerate(found):
        exact = exactly(system, steps, hours=hours, seed=3, draw=draw)
        assert (in_steps(system, one, steps, hours) == exact).all()
        lost = (~exact).reshape(3, 100, 6).sum(axis=1) * hours
        assert one.tally == pytest.approx(lost)


@pytest.mark.parametrize(
    ("hours", "answer"), [(2, 2.416457e-3), (4, 1.465655e-3), (8, 5.391844e-4)]
)
def test_steps_do_not_bias_what_a_battery_leaves(hours: float, answer: float) -> None:
    system = timed(
        BATTERY, supports=supports((1, 0, hours)), units=units([0], 1000, 4),
        weights=counting(BATTERY, 2),
    )  # fmt: skip
    draws, steps = 600, 200_000
    down = sum(
        one.tally[0, 0]
        for one in walk(stepped(system), steps, range(draws), periods=1, per_period=steps)
    )
    # An outage in which the grid is back between two instants counts as one: about 1 / 1000 more.
    outages = draws * steps / 1004 * np.exp(-hours / 4)
    assert down / (draws * steps) == pytest.approx(answer, rel=4 * np.sqrt(2 / outages) + 0.003)


@pytest.mark.parametrize("hours", [4, 8, 20])
@pytest.mark.parametrize("starts", [[], [6]])
def test_telecom_and_power_in_steps(hours: float, starts: list[int]) -> None:
    system = timed(
        CYCLE, supports=supports((3, 1, 6.0), (5, 0, 12.0)), starts=starts,
        always=[] if starts else [6], watch=[0, 1],
    )  # fmt: skip
    holds = [held(1, 1, 1 + hours)]
    (found,) = walk(stepped(system), 100, [0], holds=lambda _: holds)
    assert (in_steps(system, found, 100) == exactly(system, 100, holds)).all()


@settings(max_examples=30, deadline=None)
@given(systems(), some.sampled_from([63, 64, 65, 127, 128, 129]))
def test_threads_pieces_and_word_ends_change_nothing(
    case: tuple[Gates, Supports, list[tuple[int, float, float]]], steps: int
) -> None:
    gates, bridges, _ = case
    system = timed(
        gates, supports=bridges, units=units([0, 1], 9, 4, pool=0), crews=[1],
        watch=np.arange(len(gates)), weights=np.eye(len(gates)),
    )  # fmt: skip
    ready = stepped(system)
    alone = list(walk(ready, steps, range(5), seed=1, periods=2, per_period=40))
    with ThreadPoolExecutor(2) as threads:
        many = list(
            walk(ready, steps, range(5), seed=1, periods=2, per_period=40, executor=threads)
        )
    longer = list(walk(ready, steps + 40, range(4, 5), seed=1, periods=2, per_period=40))
    for one, other in zip(alone, many, strict=True):
        assert one.tally.tobytes() == other.tally.tobytes()
        for column, same in zip(one.changes, other.changes, strict=True):
            assert np.asarray(column).tolist() == np.asarray(same).tolist()
    until = longer[0].changes.hour < steps
    assert longer[0].changes.hour[until].tolist() == alone[4].changes.hour.tolist()


def test_what_steps_cannot_do_is_refused() -> None:
    waiting = timed(BATTERY, units=units([0], 1, 1, waits=2))
    with pytest.raises(ValueError, match="exact times alone"):
        stepped(waiting)
    with pytest.raises(ValueError, match="above 0"):
        stepped(timed(BATTERY), 0)
    holds = [held(0, 1, 2)._replace(waits=1)]
    with pytest.raises(ValueError, match="exact times alone"):
        list(walk(stepped(timed(BATTERY)), 5, [0], holds=lambda _: holds))
    assert stepped(timed(BATTERY, supports=supports((1, 0, 2.5)))).rounded == 1
