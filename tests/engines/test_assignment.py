"""Assignment: brute force, known answers, the bound against HiGHS, limits kept, blame proven."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.made_problems import brute, programme, tiny

from indranet.engines import milp
from indranet.engines.assignment import (
    Plan,
    Problem,
    assign,
    blame,
    broken,
    finish,
    objective,
    own_costs,
    problem,
    uses,
)
from indranet.engines.assignment.dual import Pricing, best_bound, tables_of
from indranet.engines.assignment.finish import columns_of, program
from indranet.engines.assignment.pricing import price_choices
from indranet.engines.assignment.search import nothing, sample_of

BEST = {
    "a05100": 1698, "a10100": 1360, "b05100": 1843, "b10200": 2827, "c05100": 1931,
    "c05200": 3456, "c10100": 1402, "c20100": 1243, "c20200": 2391, "e05100": 12681,
    "e10100": 11577, "e20100": 8436,
}  # fmt: skip
"""Best known costs of the generalised assignment problem (OR-Library, and Yagiura's e)."""


@settings(max_examples=4, deadline=None)
@given(some.integers(0, 10_000))
def test_tiny_ones_cost_what_trying_all_finds(seed: int) -> None:
    asked = tiny(seed)
    found = assign(asked, seconds=20, gap=1e-9)
    least = brute(asked)
    assert found.cost == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert found.bound <= least + 1e-6
    assert not broken(asked, found.plan)


@settings(max_examples=20, deadline=None)
@given(some.integers(0, 10_000))
def test_the_kernel_prices_choices_as_they_are_added_up(seed: int) -> None:
    asked = tiny(seed)
    pricing = Pricing(asked)
    tables = tables_of(asked, pricing.rows, np.zeros(len(pricing.rows.limit)))
    base, priced = np.empty(asked.periods), np.empty((asked.options, asked.periods))
    for cluster in range(len(asked)):
        price_choices(pricing.attributes, tables, cluster, base, priced)
        for v, t in np.argwhere(np.isfinite(priced)).tolist():
            plan = nothing(asked)
            plan.option[cluster], plan.period[cluster] = v, t
            assert priced[v, t] == pytest.approx(own_costs(asked, plan)[cluster])


def test_what_was_announced_is_kept_until_a_change_is_worth_its_price() -> None:
    # Told option 0 in period 1 for 10; option 1 in period 0 costs 7: 3 less.
    told: dict[str, Any] = {
        "cost": [[10.0, 7.0]], "periods": 2, "announced_option": [0], "announced_period": [1],
    }  # fmt: skip

    def choice(change: float, **more: Any) -> Any:
        found = assign(problem(**{**told, "change_cost": [change], **more}), seconds=5, gap=1e-9)
        return int(found.plan.option[0]), int(found.plan.period[0]), found.cost

    assert choice(3.5) == (0, 1, pytest.approx(10))
    assert choice(2.5)[0::2] == (1, pytest.approx(9.5))
    # Any option will do: the cheaper one, in the period that was told.
    assert choice(3.5, announced_option=[-1], waited=[0.0, 1.0], wait=[2.0]) == (
        1, 1, pytest.approx(9),
    )  # fmt: skip
    # No period was told: every choice is a change, and the price changes none.
    assert choice(3.5, announced_period=[-1])[0::2] == (1, pytest.approx(10.5))


def generalised(text: str) -> Problem:
    """Return a problem of one period: agents are options, each with a resource of its own."""
    numbers = np.array(text.split(), dtype=float)
    agents, jobs = int(numbers[0]), int(numbers[1])
    rest, size = numbers[2:], agents * jobs
    product = np.full((agents, agents), -1)
    np.fill_diagonal(product, np.arange(agents))
    return problem(
        cost=rest[:size].reshape(agents, jobs).T, periods=1, product=product,
        amounts=rest[size : 2 * size].reshape(agents, jobs).T,
        deliveries=rest[2 * size : 2 * size + agents][:, None],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a05100", "b05100", "c05100", "e05100"])
def test_generalised_assignment(name: str, shared: Path) -> None:
    text = (shared / "data" / "planning-benchmarks" / name).read_text()
    found = assign(generalised(text), seconds=30, gap=1e-3)
    assert found.cost <= BEST[name] * 1.001
    assert found.bound <= BEST[name]
    assert found.gap <= 1e-3


@pytest.mark.parametrize(("number", "best"), [(0, 6353)])
def test_generalised_assignment_where_costs_run_against_resources(
    number: int, best: int, shared: Path
) -> None:
    words = (shared / "data" / "planning-benchmarks" / "gapd.txt").read_text().split()
    at = 1
    for _ in range(number + 1):
        size = 2 + (2 * int(words[at + 1]) + 1) * int(words[at])
        text, at = " ".join(words[at : at + size]), at + size
    found = assign(generalised(text), seconds=30, gap=5e-3)
    assert found.cost <= best * 1.005
    assert found.bound <= best
    assert found.gap <= 6e-3


OWN = """3 8
 17 21 22 18 24 15 20 18 23 16 21 16 17 16 19 25 16 20 16 25 24 16 17 19
 8 15 14 23 8 16 8 25 15 7 23 22 11 11 12 10 21 20 6 22 24 10 24 9
 36 34 38"""
"""Three agents and eight jobs, made up: costs, resources, capacities."""


def test_a_small_one_of_our_own() -> None:
    asked = generalised(OWN)
    found = assign(asked, seconds=20, gap=1e-9)
    costs = asked.cost
    least = np.inf
    for choice in np.ndindex(*(3,) * 8):
        used = np.zeros(3)
        np.add.at(used, list(choice), [asked.amounts[j, a] for j, a in enumerate(choice)])
        if (used <= [36, 34, 38]).all():
            least = min(least, float(sum(costs[j, a] for j, a in enumerate(choice))))
    assert found.cost == least
    assert found.bound == pytest.approx(least, rel=1e-6)


def test_the_bound_is_that_of_the_linear_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand clusters, every column, by HiGHS: within a ten-thousandth."""
    monkeypatch.setattr(finish, "MOST_COLUMNS", 1_000_000)
    asked = programme(1000)
    pricing = Pricing(asked)
    bound = best_bound(pricing)
    every = columns_of(pricing, replace(bound, value=-1e18), 1e18)
    variables, rows = program(pricing, replace(every, all=True))
    relaxed = [replace(block, whole=False) for block in variables]
    assert len(every.cluster) > 100_000
    answer = milp.solve(relaxed, rows, seconds=120)
    assert answer.status == "best"
    assert bound.value <= answer.cost * (1 + 1e-9)
    assert bound.value >= answer.cost * (1 - 1e-4)


@pytest.mark.parametrize("seed", [0])
def test_plans_of_programmes_are_near_their_bound(seed: int) -> None:
    with ThreadPoolExecutor(2) as threads:
        found = assign(programme(3500, seed), seconds=9, gap=3e-3, executor=threads)
    assert found.gap < 2e-2
    assert found.bound <= found.cost
    assert (found.plan.option >= 0).all()


def test_threads_change_no_bit_of_the_bound() -> None:
    asked = programme(500)
    alone = best_bound(Pricing(asked))
    with ThreadPoolExecutor(2) as threads:
        many = best_bound(Pricing(asked, threads))
    assert alone.value == many.value
    assert alone.prices.tobytes() == many.prices.tobytes()


def test_more_of_anything_never_raises_the_bound() -> None:
    asked = programme(400, tight=0.9)
    pricing = Pricing(asked)
    bound = best_bound(pricing)
    for name in ("crews", "deliveries", "cash", "floor"):
        grown = replace(asked, **{name: getattr(asked, name) * 1.1})
        # At the same prices a larger limit can only lower the bound.
        assert Pricing(grown).hard(bound.prices) <= bound.value + 1e-6 * abs(bound.value)


def test_the_checker_counts_for_itself() -> None:
    asked = programme(200)
    found = assign(asked, seconds=3, gap=1e-2)
    assert not broken(asked, found.plan)
    crowded = Plan(found.plan.option.copy(), np.full_like(found.plan.period, 20))
    families = {fault.family for fault in broken(asked, crowded)}
    assert {"crews", "floor"} <= families
    worst = next(f for f in broken(asked, crowded) if f.family == "crews")
    counted = uses(asked, crowded).crews[worst.place]
    assert worst.used == pytest.approx(counted, abs=0.1)
    wrong = Plan(found.plan.option.copy(), found.plan.period.copy())
    cluster = int(np.flatnonzero(np.isinf(asked.cost).any(axis=1))[0])
    wrong.option[cluster] = int(np.flatnonzero(np.isinf(asked.cost[cluster]))[0])
    assert any(f.family == "choices" for f in broken(asked, wrong))


def test_what_cannot_be_done_is_proven_and_blamed() -> None:
    asked = programme(300, tight=1.0)
    least = asked.work.min(axis=1).sum()
    short = replace(
        asked, crews=asked.crews * 0.75 * least / asked.crews.sum(), overtime=0 * asked.overtime
    )
    found = blame(short, short.people)
    assert 0.01 < found.share < 0.3
    assert found.families["crews"] > 0.9
    assert found.rows[0][0] == "crews"
    # A third more would do by work alone, were it spread as the crews are: at least that.
    assert 1.3 < found.more < 2.5
    enough = replace(short, crews=asked.crews * 4)
    assert blame(enough, enough.people).share == 0.0


def test_time_is_kept_and_a_plan_given_is_begun_with() -> None:
    asked = programme(3000)
    begun = time.monotonic()
    first = assign(asked, seconds=3, gap=1e-9)
    assert time.monotonic() - begun < 3 + 5
    assert first.status == "time limit"
    again = assign(asked, seconds=2, gap=1e-9, begun=first.plan, prices=first.proof.prices)
    assert again.cost <= first.cost
    spoiled = Plan(first.plan.option.copy(), np.full_like(first.plan.period, 20))
    with pytest.raises(ValueError, match="breaks"):
        assign(asked, seconds=2, begun=spoiled)


def test_an_interruption_leaves_the_best_plan_so_far() -> None:
    asked = programme(3500)
    begun = time.monotonic()

    def clock() -> float:
        if time.monotonic() - begun > 4:
            raise KeyboardInterrupt
        return time.monotonic()

    from indranet.engines.assignment.search import Interrupted, dive, improve

    pricing = Pricing(asked)
    bound = best_bound(pricing)
    start = dive(asked, pricing, bound)
    with pytest.raises(Interrupted) as stopped:
        improve(asked, pricing, bound, start, gap=0.0, until=1e18, seed=0, clock=clock)
    best = stopped.value.best
    assert not broken(asked, best.plan)
    assert best.cost == pytest.approx(objective(asked, best.plan))
    assert best.cost <= objective(asked, start)


@pytest.mark.parametrize(
    "wrong",
    [
        {"work": [[-1.0]]}, {"region": [-1]}, {"latest": [1, 2]},
        {"product": [[3]], "deliveries": [[1.0]]},
        {"deliveries": [[2.0, 1.0]], "product": [[0]], "amounts": [[1.0]]}, {"refund_share": 2.0},
        {"purse": [4]}, {"change_cost": [-1.0]}, {"announced_option": [1]},
        {"announced_period": [2]}, {"pool": [9], "crews": [[1.0, 1.0]], "overtime": [[0.0, 0.0]]},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, IndexError)):
        problem(cost=[[1.0]], periods=2, **wrong)


def test_a_sample_is_as_short_of_each_row_as_the_whole() -> None:
    asked = programme(2_000)
    sample = sample_of(asked, 200)
    small = sample.problem
    assert len(small) == 200
    for pool in range(len(asked.crews)):
        whole = asked.crews[pool].sum() / asked.work[asked.pool == pool].max(axis=1).sum()
        mine = small.crews[pool].sum() / small.work[small.pool == pool].max(axis=1).sum()
        assert mine == pytest.approx(whole)
    assert sample.part("crews", 0) == pytest.approx(small.crews[0, 0] / asked.crews[0, 0])
    assert sample.part("caps", 0) == pytest.approx(small.caps.limit[0] / asked.caps.limit[0])
    bound, part = best_bound(Pricing(asked)), best_bound(Pricing(small))
    share = small.cost[np.isfinite(small.cost)].sum() / asked.cost[np.isfinite(asked.cost)].sum()
    assert part.value / share == pytest.approx(bound.value, rel=0.03)
