"""Hitting sets by hand and against trying all."""

from itertools import product

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import given, settings

from indranet.engines.hitting import (
    cheapest,
    cheapest_that_holds,
    most_within,
    weight_met,
)

SERVICES = [[0, 1], [1, 2], [2]]
"""Three services, the first and second of which share cause 1, the last two share cause 2."""
COST = np.array([1.0, 4.0, 3.0])
PEOPLE = np.array([10.0, 20.0, 5.0])
OWN = np.arange(3)


def test_three_services_with_two_shared_causes() -> None:
    # 2 must be chosen for the last and serves the second; the first takes 0 for 1, or 1 for 4.
    found = cheapest(SERVICES, COST)
    assert found is not None
    assert found.chosen.tolist() == [True, False, True]
    assert found.proven
    assert [found.value, found.bound] == pytest.approx([4.0, 4.0])
    assert cheapest([*SERVICES, []], COST) is None
    nothing = cheapest([], COST)
    assert nothing is not None
    assert not nothing.chosen.any()


@pytest.mark.parametrize(
    ("budget", "chosen", "people"),
    [(0, [], 0), (1, [0], 10), (3, [2], 25), (4, [0, 2], 35), (2.9, [0], 10)],
)
def test_a_budget_meets_what_it_can(budget: float, chosen: list[int], people: float) -> None:
    found = most_within(SERVICES, OWN, PEOPLE, COST, budget)
    assert np.flatnonzero(found.chosen).tolist() == chosen
    assert found.value == pytest.approx(people)
    assert found.bound == pytest.approx(people)


def test_a_target_needs_all_its_cuts_hit_and_one_without_any_is_met() -> None:
    target, weight = np.array([0, 0, 1]), np.array([7.0, 1.0, 2.0])
    found = most_within([[0], [1], [2]], target, weight, np.ones(3), 1)
    assert (found.chosen.tolist(), found.value) == ([False, False, True], 3.0)
    assert most_within([[0], [1], [2]], target, weight, np.ones(3), 2).value == 9.0
    assert most_within([[]], np.array([0]), weight, np.ones(3), 9).value == 3.0
    assert most_within([], np.zeros(0, dtype=np.int64), weight, np.ones(3), 9).value == 10.0


@settings(max_examples=6, deadline=None)
@given(seed=some.integers(0, 10_000))
def test_it_is_what_trying_all_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    things, cuts = 6, 7
    members = [np.flatnonzero(rng.random(things) < 0.4).tolist() or [0] for _ in range(cuts)]
    cost = rng.integers(1, 9, things).astype(float)
    target, weight = rng.integers(0, 4, cuts), rng.integers(1, 9, 4).astype(float)
    every = [np.array(bits, dtype=bool) for bits in product([False, True], repeat=things)]
    hitting = [c for c in every if all(c[cut].any() for cut in members)]
    found = cheapest(members, cost)
    assert found is not None
    assert found.value == min(cost[c].sum() for c in hitting)
    budget = float(cost.sum() * rng.random())
    within = most_within(members, target, weight, cost, budget)
    assert cost[within.chosen].sum() <= budget
    assert within.value == max(
        weight_met(members, target, weight, c) for c in every if cost[c].sum() <= budget
    )
    implied = cheapest_that_holds(lambda c: all(c[cut].any() for cut in members), cost)
    assert implied is not None
    assert implied.value == found.value
    assert cheapest_that_holds(lambda _: False, cost) is None
