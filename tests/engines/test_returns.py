"""The queue through which people come back after an outage."""

from math import inf, isinf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.integrate import quad, solve_ivp

from indranet.engines.returns import Returning


def test_the_last_of_ten_million_is_back_twelve_hours_after_the_start() -> None:
    outage, queue = 2.0, Returning(10e6, 1e6)
    assert outage + queue.hours == 12.0
    assert queue.waiting(4.0) == 6e6
    assert queue.device_hours(10.0) == pytest.approx(10e6 * 10 / 2)


def test_refusals_that_take_all_capacity_keep_everybody_out() -> None:
    queue = Returning(10e6, 1e6, attempts=4, load=0.05)
    assert queue.collapses
    assert isinf(queue.hours)
    assert queue.waiting(100) == 10e6
    assert queue.device_hours(3) == 30e6
    assert not Returning(4.9e6, 1e6, attempts=4, load=0.05).collapses


@given(
    some.floats(1, 1e8), some.floats(1e3, 1e7), some.floats(0.2, 20), some.floats(0, 0.3),
    some.floats(0.01, 50),
)  # fmt: skip
def test_it_is_the_solution_of_its_equation(
    devices: float, per_hour: float, attempts: float, load: float, hour: float
) -> None:
    queue = Returning(devices, per_hour, attempts, load)

    def speed(_: float, waiting: Any) -> list[float]:
        asked = attempts * max(waiting[0], 0.0)
        if asked <= per_hour:
            return [-asked]
        return [-max(0.0, (per_hour - load * asked) / (1 - load))]

    solved = solve_ivp(speed, (0, hour), [devices], rtol=1e-8, atol=1e-7 * devices, max_step=0.5)
    assert queue.waiting(hour) == pytest.approx(solved.y[0, -1], rel=1e-3, abs=devices * 1e-3)
    over = queue.overloaded_hours
    breaks = [over] if 0 < over < hour else None
    area, _ = quad(queue.waiting, 0, hour, points=breaks, limit=200, epsabs=1e-6 * devices)
    assert queue.device_hours(hour) == pytest.approx(area, rel=1e-4, abs=1e-4 * devices)


@given(some.floats(1, 1e8), some.floats(1e3, 1e7), some.floats(0.2, 20), some.floats(0, 0.3))
def test_retries_never_help(devices: float, per_hour: float, attempts: float, load: float) -> None:
    free = Returning(devices, per_hour, attempts)
    loaded = Returning(devices, per_hour, attempts, load)
    for hour in (0.0, 1.0, 5.0, 30.0):
        assert loaded.waiting(hour) >= free.waiting(hour) * (1 - 1e-12)
    assert loaded.hours >= free.hours * (1 - 1e-12)


@pytest.mark.parametrize(
    "wrong", [(-1, 1, 1, 0), (1, 0, 1, 0), (1, 1, 0, 0), (1, 1, 1, 1), (1, 1, inf, 0.1)]
)
def test_numbers_out_of_range_are_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"or more|below 1"):
        Returning(*wrong)
