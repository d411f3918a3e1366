"""Plans under scenarios of deliveries: costs by hand, the worst part, the bound, and plans."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.made_problems import brute, programme, tiny, tiny_late

from indranet.engines import milp
from indranet.engines.assignment import Late, assign, objective, problem, uses
from indranet.engines.assignment.dual import Pricing, best_bound
from indranet.engines.assignment.finish import Columns, program
from indranet.engines.assignment.late import curve, late_cost, late_costs, worst_weights


def two_units(tail: float) -> Late:
    """Return two scenarios of one product in two periods: all in time, or one of two units late."""
    return Late(
        np.array([[[2.0, 2.0]], [[0.0, 1.0]]]), np.array([10.0]), np.array([0.75, 0.25]), tail
    )


def test_what_waits_costs_by_unit_and_period() -> None:
    used = np.array([[2.0, 2.0]])
    late = two_units(1.0)
    # In the second scenario two units wait for the first period and one for the second.
    assert late_costs(late, used).tolist() == [0.0, 30.0]
    assert late_cost(late, used) == pytest.approx(7.5)
    assert late_cost(replace(late, tail=0.5), used) == pytest.approx(15.0)
    assert late_cost(replace(late, tail=0.1), used) == pytest.approx(30.0)


def test_a_swap_waits_where_waiting_for_its_parts_costs_more() -> None:
    # One swap of two units; a period later costs 6 more, and saves 20 in a quarter of scenarios.
    asked = problem(
        cost=[[100.0]], periods=2, product=[[0]], amounts=[[2.0]], running=[[0.0, 3.0]],
        deliveries=[[2.0, 2.0]],
    )  # fmt: skip
    assert assign(asked, seconds=2).plan.period.tolist() == [0]
    mean = assign(replace(asked, late=two_units(1.0)), seconds=2)
    assert mean.plan.period.tolist() == [0]
    assert mean.cost == pytest.approx(107.5)
    worst = assign(replace(asked, late=two_units(0.25)), seconds=2, gap=1e-6)
    assert worst.plan.period.tolist() == [1]
    assert worst.cost == pytest.approx(116.0)


@settings(max_examples=50, deadline=None)
@given(some.integers(0, 10_000))
def test_the_worst_part_is_the_most_over_weights_that_the_tail_allows(seed: int) -> None:
    g = np.random.default_rng(seed)
    weight = g.dirichlet(np.ones(5))
    late = Late(np.zeros((5, 1, 1)), np.ones(1), weight, float(g.uniform(0.05, 1.0)))
    costs = g.uniform(0, 10, 5)
    worst = worst_weights(late, costs)
    assert worst.sum() == pytest.approx(1.0)
    assert (worst <= weight / late.tail + 1e-12).all()
    # Rockafellar and Uryasev: the least over thresholds of the threshold and the mean excess.
    least = min(c + (weight * np.maximum(costs - c, 0)).sum() / late.tail for c in costs)
    assert costs @ worst == pytest.approx(least)


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 10_000))
def test_the_curve_of_a_row_is_the_weighted_cost(seed: int) -> None:
    g = np.random.default_rng(seed)
    late = Late(g.uniform(0, 5, (4, 2, 3)), np.array([2.0, 3.0]), g.dirichlet(np.ones(4)))
    found, used = curve(late, late.weight), g.uniform(0, 6, (2, 3))
    k = np.array([np.searchsorted(b, u) for b, u in zip(found.breaks, used.ravel(), strict=True)])
    rows = np.arange(len(k))
    cost = found.price * (found.level[rows, k] * used.ravel() - found.paid[rows, k])
    assert cost.sum() == pytest.approx(late_cost(late, used))


@settings(max_examples=4, deadline=None)
@given(some.integers(0, 10_000))
def test_tiny_ones_under_scenarios_cost_what_trying_all_finds(seed: int) -> None:
    g = np.random.default_rng(seed)
    asked = replace(tiny(seed), late=tiny_late(np.random.default_rng([seed, 1]), 3))
    if not len(asked.late):
        asked = replace(asked, late=Late(np.cumsum(g.integers(0, 4, (1, 2, 3)), 2).astype(float),
                                         np.ones(2), np.ones(1)))  # fmt: skip
    found = assign(asked, seconds=20, gap=1e-9)
    assert found.cost == pytest.approx(brute(asked), rel=1e-9, abs=1e-9)
    assert found.bound <= found.cost + 1e-6


def test_the_bound_is_that_of_the_linear_relaxation_with_scenarios() -> None:
    asked = programme(60)
    g = np.random.default_rng(1)
    slip = asked.deliveries[None] * g.uniform(0.5, 1.1, (6, len(asked.deliveries), 1))
    for tail in (1.0, 0.4):
        late = Late(slip, np.full(len(asked.deliveries), 50.0), np.full(6, 1 / 6), tail)
        robust = replace(asked, late=late)
        kept = np.argwhere(np.isfinite(asked.cost)[:, :, None] & np.ones(asked.periods, dtype=bool))
        cluster, option, period = (np.ascontiguousarray(column) for column in kept.T)
        variables, rows = program(Pricing(robust), Columns(cluster, option, period, all=True))
        relaxed = [replace(block, whole=False) for block in variables]
        linear = milp.solve(relaxed, rows, seconds=60, gap=1e-9).cost
        found = assign(robust, seconds=2, gap=1e-9)
        # HiGHS may lift the bound above the relaxation, never above the best plan.
        assert found.bound <= found.cost
        own = best_bound(Pricing(robust)).value if tail == 1.0 else found.proof.value
        assert own >= linear * (1 - 3e-3)


def test_a_robust_plan_waits_less_in_the_worst_scenarios_than_one_that_knows_none() -> None:
    asked = programme(120)
    g = np.random.default_rng(2)
    slip = asked.deliveries[None] * g.uniform(0.3, 1.0, (20, len(asked.deliveries), 1))
    late = Late(slip, np.full(len(asked.deliveries), 200.0), np.full(20, 0.05), 0.2)
    robust = replace(asked, late=late)
    blind = assign(asked, seconds=2)
    aware = assign(robust, seconds=3)
    assert aware.cost < objective(robust, blind.plan)
    waits = [late_cost(late, uses(asked, one.plan).deliveries) for one in (aware, blind)]
    assert waits[0] < waits[1]
