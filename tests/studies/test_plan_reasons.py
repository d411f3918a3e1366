"""Why clusters are in their periods: planned anew and compared, rows named by hand, prices held."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.engines.made_problems import programme
from tests.made_up import Columns, network_of
from tests.studies.test_plan import Tables, goal, tables

from indranet.engines import milp
from indranet.engines.assignment import Assignment, Problem, assign, broken, objective
from indranet.engines.assignment.again import Otherwise, again, around, changed
from indranet.engines.assignment.dual import Bound, Pricing, rows_of
from indranet.engines.assignment.finish import columns_of, program
from indranet.engines.assignment.problem import FAMILIES
from indranet.model.goal import Goal
from indranet.studies import plan_prices
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_because import SOME, because
from indranet.studies.plan_prices import binding
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.plan_reasons import row_words


def exactly(asked: Problem, cases: Sequence[Otherwise], gap: float = 1e-7) -> list[float]:
    """Return what the best plans cost: every column, no plan to begin with, no bound of ours."""
    programs = []
    for case in cases:
        pricing = Pricing(changed(asked, case))
        none = np.zeros(len(pricing.rows.limit))
        every = columns_of(pricing, Bound(-1e18, none, none), 1e18)
        assert every.all
        programs.append(milp.Program(*program(pricing, every)))
    with ThreadPoolExecutor(2) as two:
        parts = list(two.map(
            lambda first: milp.solve_each(programs[first::2], seconds=60, each=10, gap=gap), (0, 1)
        ))  # fmt: skip
    answers = [parts[number % 2][number // 2] for number in range(len(programs))]
    assert {answer.status for answer in answers} == {"best"}
    return [answer.cost for answer in answers]


def many(clusters: int, seed: int = 3) -> Tables:
    """Return clusters of one site each in two regions, of different numbers of people and units."""
    random = np.random.default_rng(seed)
    names = [f"k{n:02d}" for n in range(clusters)]
    return tables(
        sites={
            "site": names, "operator": ["telco"] * clusters, "country": ["AAA"] * clusters,
            "cluster": names, "region": [("west", "east")[n % 2] for n in range(clusters)],
            "people": random.integers(100, 900, clusters).tolist(),
        },
        equipment={
            "site": names, "function": ["RU"] * clusters, "product": ["old-ru"] * clusters,
            "quantity": random.integers(1, 3, clusters).tolist(),
        },
        offers={
            "product": ["north-ru", "south-ru"], "replaces": ["RU"] * 2, "unit_cost_usd": [10, 12],
            "crew_days": [1, 1], "lead_days": [5, 0],
            "units_per_month": [0.18 * clusters, 0.4 * clusters],
        },
        crews={"pool": ["w"], "crews": [max(clusters // 25, 2)], "crew_days_per_week": [2.8]},
    )  # fmt: skip


def made_of(folder: Path, asked: Goal, case: Tables) -> Planned:
    return planned(groundwork(network_of(folder / "case", **case)), asked)


def test_the_cost_of_another_period_is_that_of_planning_anew_on_fifty_clusters(
    tmp_path: Path,
) -> None:
    asked = goal(
        periods=4, cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.001,
                         "overtime_share": 0.0},
        limits={"service_floor": 0.0},
    )  # fmt: skip
    made = made_of(tmp_path, asked, many(50))
    found = assign(made.problem, seconds=30, gap=1e-6)
    with ThreadPoolExecutor(2) as two:
        reasons = because(made, found, seconds=40, executor=two)
    assert reasons.replanned.all()
    cases, told = [Otherwise()], []
    for cluster, period in enumerate(found.plan.period.tolist()):
        for step, values in ((-1, reasons.earlier), (1, reasons.later)):
            if 0 <= period + step < 4 and np.isfinite(values[cluster]):
                cases.append(Otherwise(cluster, period + step))
                told.append(values[cluster])
    assert len(told) > 60
    usual, *others = exactly(made.problem, cases)
    assert np.array(told) == pytest.approx(np.array(others) - usual, abs=3e-6 * usual)
    assert np.ptp(told) > 1e-3 * usual


HURRY = {"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01, "overtime_share": 0.0}
CREWS: Columns = {"pool": ["w"], "crews": [1], "crew_days_per_week": [0.5]}
ONE_A_MONTH: dict[str, tuple[Goal, Tables, str]] = {
    "crews": (
        goal(cost=HURRY, limits={"service_floor": 0.0}), {"crews": CREWS},
        "crews, all regions, 2026-01",
    ),
    "money": (
        goal(cost=HURRY, limits={"service_floor": 0.0}),
        {"budgets": {"operator": ["telco"] * 3, "usd": [30, 60, 90],
                     "from": ["2026-01-01", "2026-02-01", "2026-03-01"]}},
        "money of telco until 2026-01",
    ),
    "deliveries": (
        goal(cost=HURRY, limits={"service_floor": 0.0}),
        {"offers": {"product": ["north-ru", "north-du"], "replaces": ["RU", "DU"],
                    "unit_cost_usd": [10, 20], "units_per_month": [2.0, ""]}},
        "deliveries of north-ru until 2026-01",
    ),
    "floor": (
        goal(cost=HURRY, limits={"service_floor": 1.0}), {},
        "people under change, west, 2026-01",
    ),
}  # fmt: skip
"""Most people first, so that B comes after A: goal, tables, and what holds B in February."""


def rows_named(made: Planned) -> dict[str, tuple[str, int]]:
    """Return every row that limits anything by its words."""
    rows = rows_of(made.problem)
    return {
        row_words(made, family, int(place)): (family, int(place))
        for family in FAMILIES for place in rows.place[rows.of(family)].tolist()
    }  # fmt: skip


def told_of(made: Planned, found: Assignment) -> dict[str, str]:
    reasons = because(made, found, seconds=10)
    return dict(zip(made.swaps.names, reasons.words.tolist(), strict=True))


@pytest.mark.parametrize("name", sorted(ONE_A_MONTH))
def test_the_row_named_is_the_one_that_makes_the_earlier_period_cheap(
    name: str, tmp_path: Path
) -> None:
    asked, more, row = ONE_A_MONTH[name]
    made = made_of(tmp_path, asked, tables(**more))
    found = assign(made.problem, seconds=5, gap=1e-9)
    assert found.plan.period[1] == 1
    words = told_of(made, found)["B"]
    assert words.startswith(f"{row}; a period earlier: ")
    named = rows_named(made)
    others = [place for word, place in named.items() if word != row]
    free, *costs = exactly(made.problem, [
        Otherwise(), *(Otherwise(1, 0, ((*place, 1e6),)) for place in [named[row], *others]),
    ])  # fmt: skip
    assert costs[0] <= free + 1e-6
    assert costs[0] < min(costs[1:]) - 1.0


def test_of_two_rows_in_the_way_the_one_that_saves_most_is_named(tmp_path: Path) -> None:
    # A thousand crew-days do not help while there is money for one, and the other way round.
    more = {**ONE_A_MONTH["crews"][1], **ONE_A_MONTH["money"][1]}
    made = made_of(tmp_path, ONE_A_MONTH["crews"][0], tables(**more))
    found = assign(made.problem, seconds=5, gap=1e-9)
    words = told_of(made, found)["B"]
    assert words.startswith(("crews, all regions, 2026-01", "money of telco until 2026-01"))
    assert "re-planned" in words


def test_where_later_is_cheaper_what_stops_that_is_named(tmp_path: Path) -> None:
    rules: Columns = {
        "rule": ["all", "half"], "from": ["2026-04-10", "2026-02-10"], "metric": ["count", "share"],
        "weight": ["instances", "people"], "limit": [0, 0.5], "who": ["excluded"] * 2,
    }  # fmt: skip
    asked = goal(cost={"discount_rate": 0.5, "overtime_share": 0.0}, limits={"service_floor": 0.0})
    made = made_of(tmp_path, asked, tables(rules=rules))
    found = assign(made.problem, seconds=5, gap=1e-9)
    words = told_of(made, found)
    assert found.plan.period.tolist() == [0, 2, 2]
    assert words["A"].startswith("half by 2026-02-10; a period earlier: not possible, the plan")
    assert words["B"].startswith("as late as can be: all by 2026-04-10; a period earlier: +")
    assert "a period later: not possible, all by 2026-04-10" in words["B"]


def test_more_clusters_than_are_planned_anew_are_told_at_prices(tmp_path: Path) -> None:
    asked = goal(periods=4, cost=HURRY, limits={"service_floor": 0.0})
    crews: Columns = {"pool": ["w"], "crews": [2], "crew_days_per_week": [4.0]}
    made = made_of(tmp_path, asked, {**many(70), "crews": crews})
    found = assign(made.problem, seconds=5, gap=1e-3)
    reasons = because(made, found, seconds=20)
    first = np.argsort(-made.swaps.people, kind="stable")[:SOME]
    assert set(np.flatnonzero(reasons.replanned)) <= set(first.tolist())
    assert reasons.replanned.sum() > SOME // 2
    told = reasons.words.astype(str)
    assert all(word.endswith(", re-planned") for word in told[reasons.replanned])
    planned_ = told[~reasons.replanned & (found.plan.option >= 0)]
    assert len(planned_) > 20
    assert all(word.endswith(", at prices") for word in planned_)


def test_planning_anew_around_a_cluster_keeps_what_the_others_use() -> None:
    asked = programme(200)
    near: list[list[int]] = [[] for _ in range(200)]
    for cluster in range(0, 198, 3):
        near[cluster].append(cluster + 1)
        near[cluster + 1].append(cluster)
    start = np.cumsum([0, *(len(one) for one in near)])
    asked = replace(
        asked, near_start=start, near=np.array([n for one in near for n in one], np.int32)
    )
    found = assign(asked, seconds=3, gap=5e-3)
    for cluster in (0, 199):
        small, part, at = around(asked, found.plan, cluster, 20)
        assert not broken(small, part)
        assert part.period[at] == found.plan.period[cluster]
        step = 1 if part.period[at] < 20 else -1
        period = int(part.period[at]) + step
        usual, moved = again(
            found.proof.prices, [(small, part, Otherwise()), (small, part, Otherwise(at, period))],
            seconds=9, each=2, gap=1e-4,
        )  # fmt: skip
        assert usual is not None
        assert moved is not None
        assert usual.cost <= objective(small, part) + 1e-6
        assert moved.bound >= usual.bound - 2e-4 * usual.cost


def relaxed(asked: Problem, cases: Sequence[Otherwise]) -> list[float]:
    """Return what the relaxation is worth: every column, no prices of ours."""
    programs = []
    for case in cases:
        pricing = Pricing(changed(asked, case))
        none = np.zeros(len(pricing.rows.limit))
        variables, rows = program(pricing, columns_of(pricing, Bound(-1e18, none, none), 1e18))
        programs.append(milp.Program([replace(v, whole=False) for v in variables], rows))
    answers = milp.solve_each(programs, seconds=60, each=20)
    assert {answer.status for answer in answers} == {"best"}
    return [answer.cost for answer in answers]


def test_a_price_told_is_what_planning_anew_saves(tmp_path: Path) -> None:
    """One more of a row saves what is said, give or take a fifth, planned anew and exactly."""
    made = made_of(tmp_path, goal(periods=4, cost=HURRY, limits={"service_floor": 0.0}), many(40))
    found = assign(made.problem, seconds=10, gap=1e-6)
    told = binding(made, found, seconds=30)
    assert {row["family"] for row in told} >= {"crews", "deliveries"}
    assert {row["how"] for row in told} == {"planned anew"}
    named = rows_named(made)
    cases = [Otherwise(more=((*named[row["row"]], row["step"]),)) for row in told]
    usual, *others = exactly(made.problem, [Otherwise(), *cases])
    for row, other in zip(told, others, strict=True):
        saved = (usual - other) / row["step"]
        assert row["price_usd"] == pytest.approx(saved, rel=0.2, abs=1e-5 * usual)
        assert f"{row['row']} (re-planned with " in row["words"]
        assert row["less_usd"] >= 0


def test_prices_of_many_clusters_are_those_of_the_relaxation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_of(tmp_path, goal(periods=4, cost=HURRY, limits={"service_floor": 0.0}), many(240))
    found = assign(made.problem, seconds=2, gap=1e-2)
    told = binding(made, found, seconds=30)
    assert {row["how"] for row in told} == {"bound anew"}
    named = rows_named(made)
    cases = [Otherwise(more=((*named[row["row"]], row["step"]),)) for row in told]
    usual, *others = relaxed(made.problem, [Otherwise(), *cases])
    for row, other in zip(told, others, strict=True):
        assert row["price_usd"] == pytest.approx((usual - other) / row["step"], rel=0.01, abs=1e-3)
    monkeypatch.setattr(plan_prices, "SAMPLE", 120)
    some = {row["row"]: row["price_usd"] for row in binding(made, found, seconds=30)}
    dear = [row for row in told if row["price_usd"] > 0.2 * max(r["price_usd"] for r in told)]
    assert len(dear) > 1
    for row in dear:
        assert some[row["row"]] == pytest.approx(row["price_usd"], rel=0.2)
