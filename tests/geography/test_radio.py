"""Path loss, rates and coverage: check values of the specifications, and every pair tried."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from indranet.geography.places import haversine_km
from indranet.geography.radio import (
    DEVICES,
    OVERHEAD,
    breakpoint_rma,
    breakpoint_uma,
    cell_radius,
    coverage,
    data_rate,
    rma,
    seen_rma,
    seen_uma,
    still_covered,
    throughput,
    uma,
)


@pytest.mark.parametrize(
    ("metres", "los", "answer"),
    [(100, True, 83.138), (500, True, 98.269), (100, False, 103.038), (500, False, 129.916)],
)
def test_uma_at_three_and_a_half_gigahertz(metres: float, los: bool, answer: float) -> None:
    assert float(uma(metres, 3.5, los=los)) == pytest.approx(answer, abs=5e-4)


@pytest.mark.parametrize(
    ("metres", "los", "answer"),
    [(500, True, 84.633), (2000, True, 105.416), (500, False, 104.843), (2000, False, 128.068)],
)
def test_rma_at_seven_hundred_megahertz(metres: float, los: bool, answer: float) -> None:
    assert float(rma(metres, 0.7, los=los)) == pytest.approx(answer, abs=5e-4)


def test_breakpoints_and_line_of_sight() -> None:
    assert float(breakpoint_uma(3.5)) == pytest.approx(560.0)
    assert float(breakpoint_rma(0.7)) == pytest.approx(769.69, abs=5e-3)
    assert seen_uma([10, 200, 500]).tolist() == pytest.approx([1, 0.12805, 0.03634], abs=5e-6)
    assert float(seen_rma(500)) == pytest.approx(0.61263, abs=5e-6)


@pytest.mark.parametrize(
    ("carrier", "answer"),
    [
        ((273, 1, 4, 8, "DL FR1"), 2337.0),
        ((106, 0, 4, 8, "DL FR1"), 453.703),
        ((51, 1, 1, 6, "DL FR1"), 81.859),
        ((273, 1, 2, 8, "UL FR1"), 1250.023),
    ],
)
def test_peak_rates(carrier: tuple[int, int, int, int, str], answer: float) -> None:
    *numbers, way = carrier
    found = data_rate(*numbers, overhead=OVERHEAD[way])
    assert found == pytest.approx(answer, abs=6e-3)


def test_classes_of_devices_by_release() -> None:
    assert DEVICES["RedCap"].release == 17
    assert DEVICES["RedCap"].rate == pytest.approx(81.859, abs=5e-4)
    assert DEVICES["5G-Advanced"].release == 18
    assert DEVICES["NR"].rate == pytest.approx(2337.0, abs=6e-3)
    assert np.isnan(DEVICES["NB-IoT"].rate)


def test_average_throughput_has_a_floor_and_a_top() -> None:
    found = throughput([-11, -10, 0, 10, 60])
    assert found.tolist() == pytest.approx([0, 0.6 * np.log2(1.1), 0.6, 0.6 * np.log2(11), 4.4])
    assert float(throughput(60, uplink=True)) == 2.0


@given(some.floats(10, 4900), some.floats(1.0, 1.02), some.floats(0.5, 30))
def test_loss_grows_with_distance_and_hiding(metres: float, longer: float, ghz: float) -> None:
    for loss in (uma, rma):
        for los in (True, False):
            near, far = loss([metres, min(metres * longer, 5000)], ghz, los=los)
            assert far >= near - 1e-9
        assert float(loss(metres, ghz, los=False)) >= float(loss(metres, ghz, los=True))


def test_beyond_the_breakpoint_rma_goes_on_where_it_was() -> None:
    turn = float(breakpoint_rma(0.7))
    before, after = rma([turn * (1 - 1e-9), turn * (1 + 1e-9)], 0.7, los=True)
    assert after == pytest.approx(
        before, abs=0.02
    )  # the breakpoint is on the ground, the loss in space


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: uma(5, 3.5, los=True), "metres"),
        (lambda: uma(6000, 3.5, los=True), "metres"),
        (lambda: rma(6000, 0.7, los=False), "metres"),
        (lambda: rma(100, 31, los=True), "ghz"),
        (lambda: rma(100, 0.7, los=True, street=3), "street"),
        (lambda: uma(100, 3.5, los=True, user=20), "user"),
        (lambda: data_rate(300, 1, 4, 8), "blocks"),
        (lambda: data_rate(51, 1, 4, 7), "bits"),
        (lambda: data_rate(51, 1, 4, 8, scaling=0.5), "scaling"),
        (lambda: coverage(([0.0], [np.nan]), ([0.0], [0.0]), 100), "finite"),
        (lambda: coverage(([0.0], [0.0]), ([0.0], [0.0]), -1), "0 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(call: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("scenario", ["UMa", "RMa"])
def test_the_radius_is_where_the_loss_meets_its_bound(scenario: Any) -> None:
    loss = {"UMa": uma, "RMa": rma}[scenario]
    radius = cell_radius(scenario, 0.8, 125.0)
    assert 100 < radius < 5000
    assert float(loss(radius, 0.8, los=False)) == pytest.approx(125.0, abs=1e-4)
    assert cell_radius(scenario, 0.8, 20.0) == 0.0
    assert cell_radius(scenario, 0.8, 300.0) == 5000.0


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 10_000), some.sampled_from([(0, 179.99), (89.9, 0), (-18, -179.99)]))
def test_coverage_is_that_of_every_pair(seed: int, middle: tuple[float, float]) -> None:
    rng = np.random.default_rng(seed)
    lat = np.clip(middle[0] + rng.normal(0, 0.03, 20), -90, 90)
    lon = (middle[1] + rng.normal(0, 0.03, 20) + 180) % 360 - 180
    radius = rng.uniform(0, 6000, 8)
    found = coverage((lat[:12], lon[:12]), (lat[12:], lon[12:]), radius)
    km = haversine_km(lat[:12, None], lon[:12, None], lat[None, 12:], lon[None, 12:])
    reached = km * 1000 <= radius[None]
    for place in range(12):
        mine = slice(found.start[place], found.start[place + 1])
        assert sorted(found.sites[mine]) == np.flatnonzero(reached[place]).tolist()
        assert (np.diff(found.km[mine]) >= 0).all()
    up = rng.random(8) < 0.5
    left = still_covered(found, up)
    assert (left == (reached & up).any(axis=1)).all()
    assert not (left & ~still_covered(found, np.ones(8, bool))).any()
