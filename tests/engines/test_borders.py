"""Borders between options of different sides: against trying all plans, by moves and by HiGHS."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.made_problems import brute, programme, tiny

from indranet.engines.assignment import (
    Borders,
    Plan,
    Problem,
    assign,
    objective,
    problem,
    solve,
)
from indranet.engines.assignment.again import Otherwise, again, around
from indranet.engines.assignment.borders import borders_between, mixed
from indranet.engines.assignment.dual import Pricing, best_bound


def ring(clusters: int, cost: float, side: list[int]) -> Borders:
    pairs = {(c, c + 1): cost for c in range(clusters - 1)}
    return borders_between(pairs, np.array(side, np.int32), clusters)


def row(**more: Any) -> Problem:
    """Return four clusters in a row: one option is cheaper for every second, by 4."""
    cost = [[10.0, 14.0], [14.0, 10.0]] * 2
    return problem(**{"cost": cost, "periods": 1, "borders": ring(4, 3.0, [0, 1]), **more})


def test_a_dear_border_makes_neighbours_alike() -> None:
    # Three mixed borders cost 15; one side for all 8; three of one side 4 and a border of 5.
    found = assign(row(borders=ring(4, 5.0, [0, 1])), seconds=60, gap=1e-9)
    assert len(set(found.plan.option.tolist())) == 1
    assert found.cost == pytest.approx(48)
    found = assign(row(), seconds=60, gap=1e-9)
    assert mixed(found.problem.borders, found.plan.option).sum() == 2
    assert found.cost == found.bound == pytest.approx(47)
    cheap = assign(row(borders=ring(4, 1.0, [0, 1])), seconds=60, gap=1e-9)
    assert cheap.plan.option.tolist() == [0, 1, 0, 1]
    assert cheap.cost == pytest.approx(43)
    assert mixed(cheap.problem.borders, cheap.plan.option).sum() == 6


def test_an_option_that_goes_with_all_mixes_no_border() -> None:
    asked = row(borders=ring(4, 100.0, [0, -1]))
    plan = Plan(np.array([0, 1, 0, 1], np.int32), np.zeros(4, np.int32))
    assert objective(asked, plan) == pytest.approx(40)
    left = Plan(np.array([0, -1, 1, 1], np.int32), np.array([0, -1, 0, 0], np.int32))
    sided = row(borders=ring(4, 100.0, [0, 1]))
    # What has no option has no border.
    assert objective(sided, left) == pytest.approx(10 + 141 + 14 + 10)


def bordered(seed: int) -> Problem:
    asked, g = tiny(seed), np.random.default_rng([seed, 9])
    pairs = {
        (a, b): float(g.choice([0.5, 3.0, 12.0]))
        for a in range(len(asked))
        for b in range(a)
        if g.random() < 0.7
    }
    side = g.integers(-1, 2, asked.options).astype(np.int32)
    if g.random() < 0.6:
        side = np.array([0, 1], np.int32)
    return replace(asked, borders=borders_between(pairs, side, len(asked)))


@settings(max_examples=3, deadline=None)
@given(some.integers(0, 10_000))
def test_tiny_ones_cost_what_trying_all_finds(seed: int) -> None:
    asked = bordered(seed)
    found = assign(asked, seconds=60, gap=1e-9)
    least = brute(asked)
    assert found.cost == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert found.bound <= least + 1e-6
    assert found.gap <= 1e-6


@settings(max_examples=2, deadline=None)
@given(some.integers(0, 10_000))
def test_prices_bound_what_borders_make_dearer(seed: int) -> None:
    asked = bordered(seed)
    plain = replace(asked, borders=Borders())
    bound = best_bound(Pricing(asked)).value
    assert bound == pytest.approx(best_bound(Pricing(plain)).value)
    assert bound <= brute(asked) + 1e-6


def test_moves_alone_see_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "FEW", 0)
    asked = programme(150, seed=2)
    pairs = {(c, c + 1): 3e5 for c in range(149) if asked.region[c] == asked.region[c + 1]}
    whole = replace(asked, borders=borders_between(pairs, np.arange(6, dtype=np.int32), 150))
    plain, found = (assign(one, seconds=0.8, gap=1e-6).plan for one in (asked, whole))
    assert objective(whole, found) < objective(whole, plain)
    counts = [int(mixed(whole.borders, plan.option).sum()) for plan in (found, plain)]
    assert counts[0] < 0.6 * counts[1]


def test_a_cluster_planned_anew_takes_its_neighbours_along() -> None:
    asked = row(periods=2, crews=[[4.0, 4.0]], work=np.ones((4, 2)))
    found = assign(asked, seconds=60, gap=1e-9)
    small, part, at = around(asked, found.plan, 1, 1)
    # It alone may move; those beside it are held, and their borders count.
    assert (len(small), at) == (3, 1)
    assert objective(small, part) == pytest.approx(found.cost - asked.cost[3, found.plan.option[3]])
    prices = np.zeros(len(Pricing(small).rows.limit))
    told = again(prices, [(small, part, Otherwise(at, 1))], seconds=20, each=5.0)[0]
    assert told is not None
    assert told.cost == pytest.approx(objective(small, part))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"start": np.zeros(3, np.int64)}, "start of shape"),
        ({"side": np.zeros(3, np.int32)}, "side of shape"),
        ({"cost": np.full(6, -1.0)}, "finite costs of 0 or more"),
        ({"cost": np.arange(6.0)}, "each both ways round, at one cost"),
        ({"other": np.full(6, 4, np.int32)}, "other out of range"),
    ],
)
def test_borders_that_make_no_sense_are_told(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        row(borders=replace(ring(4, 3.0, [0, 1]), **more))
