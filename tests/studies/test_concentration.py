"""The range of an index of concentration, and how much a fact is sure to narrow it."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from indranet.studies.concentration import concentration, narrows


def of_one(known: list[float], unknown: float) -> tuple[float, float]:
    """Return the range of one question."""
    rows = np.zeros(len(known), dtype=np.int64)
    found = concentration(rows, np.arange(len(known)), np.array(known), np.array([unknown]))
    return float(found.low[0]), float(found.high[0])


def test_the_range_of_four_known_tenths() -> None:
    assert of_one([0.3, 0.1], 0.6) == pytest.approx((0.1, 0.9**2 + 0.1**2))


def test_all_known_is_a_point() -> None:
    assert of_one([0.5, 0.5], 0.0) == (0.5, 0.5)


def test_nothing_known_may_be_anything() -> None:
    assert of_one([], 0.2) == (0.0, 1.0)


def test_what_has_ended_is_left_out() -> None:
    assert of_one([0.3], 0.1) == pytest.approx((0.75**2, 1.0))


def test_the_first_of_equals_is_the_top() -> None:
    question = np.array([0, 0, 0, 2])
    # 0.1 + 0.2 is not 0.3 to the last bit: still a tie.
    share = np.array([0.3, 0.1 + 0.2, 0.2, 1.0])
    found = concentration(question, np.array([4, 7, 1, 3]), share, np.array([0.2, 0.5, 0.0]))
    assert found.top.tolist() == [4, -1, 3]
    assert found.top_share.tolist() == [0.3, 0.0, 1.0]
    assert found.left.tolist() == pytest.approx([1.0, 0.5, 1.0])


STEPS = 6
CASES = [
    (Fraction(s, 10), Fraction(t, 10), Fraction(u, 10), Fraction(m, 10))
    for s, t, u in product(range(11), range(11), range(1, 11))
    for m in range(1, u + 1)
    if t <= s and s + t + u <= 10 and (s + t + u == 10 or t in {s, 0})
]
"""Top, next, unknown and what becomes known of it, in tenths; the rest is spread thin."""


def width(top: Fraction, unknown: Fraction, left: Fraction) -> Fraction:
    return unknown * (2 * top + unknown) / left**2


def widths_after(
    top: Fraction, other: Fraction, unknown: Fraction, mass: Fraction, *, ends: bool
) -> list[Fraction]:
    """Return the width left by each way to know the mass: on the top, the next, thin, or ended."""
    found = []
    for a, b, c in product(range(STEPS + 1), repeat=3):
        if a + b + c <= STEPS and (ends or c == 0):
            first, second, ended = (mass * x / STEPS for x in (a, b, c))
            if ended < 1:
                new_top = max(top + first, other + second)
                found.append(width(new_top, unknown - mass, 1 - ended))
    return found


@pytest.mark.parametrize("ends", [False, True])
def test_no_outcome_leaves_a_wider_range_than_promised(ends: bool) -> None:
    tops, unknowns, masses = (np.array([float(case[i]) for case in CASES]) for i in (0, 2, 3))
    sure = narrows(unknowns, tops, masses, np.full(len(CASES), ends))
    for (top, other, unknown, mass), least in zip(CASES, sure.tolist(), strict=True):
        before = width(top, unknown, Fraction(1))
        worst = max(widths_after(top, other, unknown, mass, ends=ends), default=Fraction(0))
        assert least <= float(before - worst) + 1e-12
        assert least >= -1e-12


@pytest.mark.parametrize(
    ("top", "unknown", "mass", "stopped", "worst"),
    [
        # All on the top: (0.2) (2 x 0.6 + 0.2).
        (0.5, 0.3, 0.1, False, 0.28),
        # c = 1 + 0.3 + 0.1 - 2 = -0.6, below 1 - m = 0.9: all has ended, 0.2 (1.8 - 0.6) / 0.81.
        (0.5, 0.3, 0.1, True, 0.24 / 0.81),
        # c = 0 + 0.5 + 0.3 - 2 = -1.2, above 1: all on the top, 0.2 (2 - 1.2).
        (0.0, 0.5, 0.3, True, 0.16),
        # c = 0.2 + 0.5 + 0.4 - 2 = -0.9: 0.1 (1.8 - 0.9) / 0.81, a part of it has ended.
        (0.1, 0.5, 0.4, True, 0.09 / 0.81),
        # Half is left to be anything once the other half has ended.
        (0.0, 1.0, 0.5, True, 1.0),
        # Nothing is left.
        (0.4, 0.6, 0.6, True, 0.0),
        (0.0, 1.0, 1.0, True, 0.0),
    ],
)
def test_the_promise_is_met_by_the_worst_outcome(
    top: float, unknown: float, mass: float, stopped: bool, worst: float
) -> None:
    found = narrows(np.array([unknown]), np.array([top]), np.array([mass]), np.array([stopped]))
    assert found[0] == pytest.approx(unknown * (2 * top + unknown) - worst)
