"""Plans of networks that are not there yet: what is wanted of any maker, by when, for how much."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.made_up import Columns, network_of

from indranet import read
from indranet.engines.assignment import Plan, assign
from indranet.model.goal import Goal, find_goal
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import Planning, plan
from indranet.studies.plan_after import as_planned
from indranet.studies.plan_problem import Planned, planned

CASE = Path(str(files("indranet.data") / "indo-pacific"))


def project(folder: Path, **more: Columns) -> Network:
    """Two sites to be built: radio and baseband of any maker, offers of three."""
    tables: dict[str, Columns] = {
        "countries": {"country": ["AAA"]},
        "firms": {"firm": ["island", "rays", "bands", "both"], "country": ["AAA"] * 4},
        "products": {
            "product": ["any-ru", "any-du", "rays-ru", "bands-du", "both-ru", "both-du"],
            "kind": ["wanted"] * 2 + ["equipment"] * 4,
            "firm": ["", "", "rays", "bands", "both", "both"], "function": ["RU", "DU"] * 3,
        },
        "sites": {
            "site": ["a", "b"], "operator": ["island"] * 2, "country": ["AAA"] * 2,
            "cluster": ["A", "B"], "people": [900, 100], "stands_for": [1, 1],
            "structural": ["", ""],
        },
        "equipment": {
            "site": ["a", "a", "b", "b"], "function": ["RU", "DU"] * 2,
            "product": ["any-ru", "any-du"] * 2,
        },
        "offers": {
            "product": ["rays-ru", "bands-du", "both-ru", "both-du"], "replaces": ["RU", "DU"] * 2,
            "unit_cost_usd": [10, 20, 15, 25], "removal_cost_usd": [7, 7, 7, 7],
            "crew_days": [1, 1, 1, 1],
        },
        **more,
    }  # fmt: skip
    return network_of(folder / "case", **tables)


def goal(**more: Any) -> Goal:
    replace = {"wanted": True, "functions": ["RU", "DU"], **more.pop("replace", {})}
    asked = {
        "name": "island", "operator": "island", "period": "month", "periods": 6,
        "first_day": "2026-01-01", "replace": replace, "cost": {"discount_rate": 0.0},
        "practice": {"gate_days": 0, "neighbours_apart": False},
        "uncertainty": {"draws": 20}, **more,
    }  # fmt: skip
    return Goal.model_validate_json(json.dumps(asked))


def solved(network: Network, asked: Goal) -> Planning:
    return plan(network, asked, seconds=3, front=False)


def test_nothing_is_removed_for_what_is_new(tmp_path: Path) -> None:
    found = solved(project(tmp_path), goal())
    # Radio and baseband of one maker at two sites, 15 + 25 each; no removal, no structural work.
    assert found.summary["cost_usd"] == pytest.approx(80)
    assert found.summary["unswapped"] == 0


def test_makers_mix_where_their_interface_is_certified(tmp_path: Path) -> None:
    pair: Columns = {
        "product": ["rays-ru"], "other": ["bands-du"], "interface": ["7.2x"],
        "status": ["certified"],
    }  # fmt: skip
    network = project(tmp_path, interoperability=pair)
    found = solved(network, goal())
    assert found.summary["cost_usd"] == pytest.approx(60)
    made = planned(groundwork(network, wanted=True), goal())
    after = as_planned(made, solved_plan(made))
    names = network.names["product"][after["equipment"]["product"]]
    assert sorted(set(names)) == ["bands-du", "rays-ru"]
    trial = {**pair, "status": ["trial"]}
    other = solved(project(tmp_path / "trial", interoperability=trial), goal())
    assert other.summary["cost_usd"] == pytest.approx(80)


def solved_plan(made: Planned) -> Plan:
    return assign(made.problem, seconds=3).plan


def test_a_project_has_a_date_of_its_own_and_money_of_partners(tmp_path: Path) -> None:
    late = {"law": "fixed", "days": 1e-6}
    calm = {"draws": 20, "permit_days": late, "delivery_slip_days": late,
            "cost_factor": {"law": "fixed", "days": 1.0}}  # fmt: skip
    asked = goal(replace={"by": "2026-05-01"}, uncertainty=calm)
    found = solved(project(tmp_path), asked)
    dates = found.tables["dates"]
    assert dates["rule"].tolist() == ["all of it"]
    assert dates["probability"].tolist() == [1.0]
    assert found.tables["schedule"]["period"].max() <= dates["date"][0]
    funded: Columns = {
        "operator": ["island"] * 2, "from": ["2026-01-01", "2026-04-01"], "usd": [40, 80],
    }  # fmt: skip
    waits = goal(cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01})
    paid = solved(project(tmp_path / "paid", budgets=funded), waits)
    rows = paid.tables["clusters"]
    when = dict(zip(rows["cluster"], rows["period"].astype(str), strict=True))
    # Money for one site at first: that of most people.
    assert when == {"A": "2026-01-01", "B": "2026-04-01"}


@pytest.mark.parametrize(
    ("replace", "told"),
    [
        ({"wanted": True, "functions": []}, "wanted takes functions as well"),
        ({"firms": ["rays"]}, "authority, firms or wanted, one of them"),
    ],
)
def test_a_goal_says_what_is_wanted(replace: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        goal(replace=replace)


def test_the_bundled_island_is_planned() -> None:
    found = solved(read(CASE), find_goal("palau-open-ran"))
    assert found.summary["unswapped"] == 0
    assert found.summary["spend_high_usd"] < 20e6
    assert found.summary["dates"][0]["probability"] > 0.9
