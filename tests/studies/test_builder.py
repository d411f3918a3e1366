"""Weights in integers decide as the capacities do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.studies.builder import EXACT, integer_weights


def decide(capacity: list[float], needed: float, up: list[bool]) -> bool:
    weights, threshold = integer_weights(
        np.zeros(len(capacity), dtype=np.int64), np.array(capacity), np.array([needed])
    )
    return bool(weights[np.array(up)].sum() >= threshold[0])


def test_matsu_cables_and_microwave() -> None:
    # services.md: two cables of 1,310 Gb/s lost, microwave 12.6; peak 9.5 holds, 13 does not.
    assert decide([1310, 1310, 12.6], 9.5, [False, False, True])
    assert not decide([1310, 1310, 12.6], 13, [False, False, True])
    assert decide([1310, 1310, 12.6], 13, [True, False, False])


def test_equal_capacities_become_a_count() -> None:
    weights, threshold = integer_weights(
        np.zeros(3, dtype=np.int64), np.array([2.5, 2.5, 2.5]), np.array([5.0])
    )
    assert weights.tolist() == [1, 1, 1]
    assert threshold.tolist() == [2]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_98_to_2(share: float) -> None:
    assert decide([98, 2], share * 100, [True, False])
    assert not decide([98, 2], share * 100, [False, True])
    assert decide([98, 2], 1.0, [False, True])


def test_half_of_three_equal_thirds_with_no_common_measure() -> None:
    third = 1 / 3
    assert decide([third, third, third], 0.5, [True, True, False])
    assert not decide([third, third, third], 0.5, [True, False, False])
    assert decide([1 / 7, 1 / 7, 2 / 7], 2 / 7, [False, False, True])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 5000), min_size=1, max_size=8),
    st.integers(1, 30000),
    st.integers(0, 255),
    st.sampled_from([1.0, 0.1, 0.001]),
)
def test_integers_of_thousandths_decide_exactly(
    capacity: list[int], needed: int, mask: int, unit: float
) -> None:
    needed = min(needed, sum(capacity))
    up = [bool(mask >> i & 1) for i in range(len(capacity))]
    exact = sum(c for c, u in zip(capacity, up, strict=True) if u) >= needed
    if not any(up):
        assert not decide([c * unit for c in capacity], needed * unit, up)
    else:
        assert decide([c * unit for c in capacity], needed * unit, up) == exact


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=20), st.floats(0.01, 1))
def test_all_that_is_there_always_suffices(capacity: list[float], share: float) -> None:
    assert decide(capacity, share * sum(capacity), [True] * len(capacity))
    assert not decide(capacity, share * sum(capacity), [False] * len(capacity))


def test_weights_stay_small() -> None:
    rng = np.random.default_rng(3)
    capacity = rng.lognormal(10, 4, 500)
    weights, _ = integer_weights(
        np.zeros(500, dtype=np.int64), capacity, np.array([capacity.sum() / 2])
    )
    assert weights.max() <= EXACT
    assert weights.min() >= 1
