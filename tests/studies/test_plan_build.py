"""What comes before swaps: a new network's core before its access, a vendor let in for money."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns
from tests.studies.test_plan_wanted import CASE, goal, project

from indranet import read
from indranet.engines.assignment import Assignment, assign, broken
from indranet.model.goal import Goal, find_goal
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import plan
from indranet.studies.plan_after import as_planned
from indranet.studies.plan_entries import dates_from
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.plan_tables import borders_told, entries_told, spend_of

CALM = {"draws": 0}


def assigned(network: Network, asked: Goal, gap: float = 1e-3) -> tuple[Planned, Assignment]:
    """Return a goal made ready, and its plan with proof."""
    made = planned(groundwork(network, wanted=True), asked)
    return made, assign(made.problem, seconds=20, gap=gap)


def with_core(folder: Path, **more: Any) -> Network:
    """The project of two sites with a core of its own, which takes 60 days until it is there."""
    products = [
        ("any-ru", "", "RU"), ("any-du", "", "DU"), ("any-core", "", "AMF"),
        ("rays-ru", "rays", "RU"), ("bands-du", "bands", "DU"), ("both-ru", "both", "RU"),
        ("both-du", "both", "DU"), ("bands-core", "bands", "AMF"), ("both-core", "both", "AMF"),
    ]  # fmt: skip
    tables: dict[str, Columns] = {
        "products": {
            "product": [p for p, _, _ in products], "firm": [f for _, f, _ in products],
            "function": [f for _, _, f in products],
            "kind": ["equipment" if firm else "wanted" for _, firm, _ in products],
        },
        "sites": {
            "site": ["a", "b", "core"], "operator": ["island"] * 3, "country": ["AAA"] * 3,
            "cluster": ["A", "B", "C"], "people": [900, 100, 0], "stands_for": [1, 1, 1],
            "structural": [""] * 3, "kind": ["radio", "radio", "core"],
        },
        "equipment": {
            "site": ["a", "a", "b", "b", "core"], "function": ["RU", "DU"] * 2 + ["AMF"],
            "product": ["any-ru", "any-du"] * 2 + ["any-core"],
        },
        "offers": {
            "product": ["rays-ru", "bands-du", "both-ru", "both-du", "bands-core", "both-core"],
            "replaces": ["RU", "DU"] * 2 + ["AMF"] * 2,
            "unit_cost_usd": [10, 20, 15, 25, 100, 104], "crew_days": [1, 1, 1, 1, 5, 5],
            "lead_days": [0, 0, 0, 0, 60, 60],
        },
        **more,
    }  # fmt: skip
    return project(folder, **tables)


def core_goal(**more: Any) -> Any:
    functions = {"functions": ["RU", "DU", "AMF"]}
    waits = {"discount_rate": 0.05, "exposure_usd_per_person_day": 0.01}
    return goal(**{"replace": functions, "cost": waits, "uncertainty": CALM, **more})


def when(made: Planned, found: Assignment) -> dict[str, str]:
    done = np.flatnonzero(found.plan.option >= 0).tolist()
    names = made.swaps.names
    return {names[c]: str(made.starts[found.plan.period[c]]) for c in done}


def test_access_comes_after_the_core(tmp_path: Path) -> None:
    found = plan(with_core(tmp_path), core_goal(), seconds=20, gap=1e-3, front=False)
    rows = found.tables["clusters"]
    # 60 days from January: the middle of March is the first after it.
    assert dict(zip(rows["cluster"], rows["period"].astype(str), strict=True)) == {
        "A": "2026-04-01",
        "B": "2026-04-01",
        "C": "2026-03-01",
    }
    assert found.summary["gap"] <= 1e-3
    told = found.summary["entries"]
    assert [(one["vendor"], one["swaps_from"]) for one in told] == [("", "2026-04-01")]
    why = dict(zip(found.tables["schedule"]["cluster"], found.tables["schedule"]["because"],
                   strict=True))  # fmt: skip
    assert "the core of island comes first" in why["A"]


def test_a_core_that_is_done_has_no_access_wait_for_it(tmp_path: Path) -> None:
    done: Columns = {
        "cluster": ["C"], "state": ["done"], "product": ["both-core"], "period": ["2025-06-01"],
    }  # fmt: skip
    made, found = assigned(with_core(tmp_path, progress=done), core_goal())
    assert when(made, found) == {"A": "2026-01-01", "B": "2026-01-01"}
    assert not made.entry_names


def test_what_crews_keep_back_of_the_core_access_waits_for(tmp_path: Path) -> None:
    # The core takes five crew-days: too many for any month before May.
    crews: Columns = {
        "pool": ["all"] * 2, "from": ["2025-01-01", "2026-05-01"], "crews": [1, 1],
        "crew_days_per_week": [0.9, 2.0], "usd_per_day": [0, 0],
    }  # fmt: skip
    asked = core_goal(cost={"exposure_usd_per_person_day": 0.01, "overtime_share": 0.0})
    made, found = assigned(with_core(tmp_path, crews=crews), asked)
    assert when(made, found) == {"A": "2026-06-01", "B": "2026-06-01", "C": "2026-05-01"}


def gated(folder: Path, **more: Any) -> Network:
    """The project where a maker of both asks 15 + 25, or two others 10 + 20 over 7.2x."""
    pair: Columns = {
        "product": ["rays-ru"], "other": ["bands-du"], "interface": ["7.2x"],
        "status": ["certified"],
    }  # fmt: skip
    return project(folder, interoperability=pair, **more)


@pytest.mark.parametrize(
    ("usd", "cost", "vendors"),
    [
        (0.0, 60.0, None),
        # Two sites: 2 * 10 cheaper with two makers, who cost one entry more.
        (15.0, 60 + 30.0, {"rays", "bands"}),
        (25.0, 80 + 25.0, {"both"}),
    ],
)
def test_who_is_let_in_hangs_on_what_that_costs(
    usd: float, cost: float, vendors: set[str] | None, tmp_path: Path
) -> None:
    asked = goal(practice={"gate_days": 0, "gate_usd": usd, "neighbours_apart": False},
                 uncertainty=CALM)  # fmt: skip
    made, found = assigned(gated(tmp_path), asked)
    assert [found.cost, found.bound] == pytest.approx([cost, cost])
    told = entries_told(made, found.taken)
    assert {one["vendor"] for one in told if one["begins"]} == (vendors or set())
    opened = replace(made, problem=found.problem)
    assert spend_of(opened, found)["planned_usd"].max() == pytest.approx(cost)


def test_a_vendor_who_stays_is_let_in_for_nothing(tmp_path: Path) -> None:
    there: Columns = {
        "site": ["a", "a", "b", "b", "a"], "function": ["RU", "DU"] * 2 + ["router"],
        "product": ["any-ru", "any-du"] * 2 + ["both-ru"],
    }  # fmt: skip
    asked = goal(practice={"gate_days": 0, "gate_usd": 15.0, "neighbours_apart": False},
                 uncertainty=CALM)  # fmt: skip
    made, found = assigned(gated(tmp_path, equipment=there), asked)
    assert found.cost == pytest.approx(80)
    assert {vendor for vendor, _ in made.entry_names} == {"rays", "bands"}


def test_money_until_a_day_lets_the_dear_way_wait(tmp_path: Path) -> None:
    funded: Columns = {
        "operator": ["island"] * 2, "from": ["2026-01-01", "2026-04-01"], "usd": [50, 200],
    }  # fmt: skip
    asked = goal(practice={"gate_days": 60, "gate_usd": 15.0, "neighbours_apart": False},
                 cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.001},
                 uncertainty=CALM)  # fmt: skip
    made, found = assigned(gated(tmp_path, budgets=funded), asked, gap=0.05)
    rows = spend_of(replace(made, problem=found.problem), found)
    assert (rows["planned_usd"] <= rows["cash_usd"] + 1e-6).all()
    # 15 for the entry leave 35 of the 50 until April: less than one site of 40 of one maker; two
    # makers take 30 and leave 20 for no site.
    assert set(when(made, found).values()) == {"2026-04-01"}
    assert made.entries.money.tolist() == [15.0] * 3
    assert (made.entries.first - made.entries.start >= 1).all()


def test_dates_are_every_period_or_further_and_further_apart() -> None:
    assert dates_from(2, 7).tolist() == [2, 3, 4, 5, 6]
    far = dates_from(3, 40)
    assert len(far) <= 8
    assert far[0] == 3
    assert far[-1] == 39
    assert (np.diff(np.diff(far)) >= 0).all()


def test_the_bundled_island_has_its_core_first_and_hangs_on_its_makers() -> None:
    asked = find_goal("palau-open-ran")
    network = read(CASE)
    made = planned(groundwork(network, wanted=True), asked)
    found = assign(made.problem, seconds=10, gap=1e-3)
    assert not broken(made.problem, found.plan)
    assert found.gap <= 1e-3
    core = np.array([name.endswith("core") for name in made.swaps.names])
    assert found.plan.period[core].max() < found.plan.period[~core].min()
    after = as_planned(replace(made, problem=found.problem), found.plan)
    makers = network["products"]["firm"][after["equipment"]["product"]]
    project_ = np.isin(
        network["sites"]["operator"][after["equipment"]["site"]], made.swaps.operators
    )
    assert (makers[project_] >= 0).all()


@pytest.mark.parametrize(("usd", "makers"), [(3.0, 2), (30.0, 1)])
def test_neighbours_take_one_maker_where_borders_between_makers_are_dear(
    usd: float, makers: int, tmp_path: Path
) -> None:
    # One DU of each of three units at A, one at B; the cheap maker has no more than three.
    touch: Columns = {"cluster": ["A"], "other": ["B"], "borders": [2]}
    offers: Columns = {
        "product": ["bands-du", "both-du"], "replaces": ["DU"] * 2, "unit_cost_usd": [20, 30],
        "units_per_month": [0.5, 100], "crew_days": [1, 1],
    }  # fmt: skip
    asked = goal(
        replace={"functions": ["DU"]}, uncertainty=CALM, periods=3,
        practice={"gate_days": 0, "mixed_border_usd": usd, "neighbours_apart": False},
    )  # fmt: skip
    there: Columns = {"site": ["a", "b"], "function": ["DU"] * 2, "product": ["any-du"] * 2}
    network = project(tmp_path, neighbours=touch, offers=offers, equipment=there)
    made, found = assigned(network, asked)
    told = borders_told(made, found.plan)
    assert len(set(found.plan.option.tolist())) == makers
    assert told == {
        "borders": 2.0, "mixed": 2.0 * (makers > 1), "usd": 2 * usd * (makers > 1),
    }  # fmt: skip
    assert found.cost == pytest.approx(20 + 30 + 2 * usd if makers > 1 else 60)
