"""Limits from a day on, and old equipment that counts until it is removed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_plan import goal, schedule, solved, tables

from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.runs.plan_terminal import plan_lines
from indranet.runs.run import Run
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import Planning
from indranet.studies.plan_problem import Planned, planned

FREE = {"service_floor": 0.0}
LATE = {"discount_rate": 0.5}
PLANTS: Columns = {
    "plant": [f"{v}-{p}-works" for v in ("old", "north", "south") for p in ("ru", "du")],
    "product": [f"{v}-{p}" for v in ("old", "north", "south") for p in ("ru", "du")],
    "country": [c for c in ("AAA", "BBB", "CCC") for _ in "ab"],
}
COUNTRIES: Columns = {"country": ["AAA", "BBB", "CCC"]}


def early(found: Planning) -> list[str]:
    rows = found.tables["clusters"]
    return sorted(rows["cluster"][rows["period"] < np.datetime64("2026-02-01")].tolist())


def limited(what: str, start: str | None, **more: Any) -> Goal:
    cap = {"limit": 0.7, **({"from": start} if start else {}), **more}
    return goal(cost=LATE, limits={what: cap, **FREE})


def test_a_limit_from_a_day_on_binds_what_stays_until_then(tmp_path: Path) -> None:
    found = solved(tmp_path, limited("vendor_share", "2026-03-01"))
    # Of three sites one must be gone by March: swapped in January, accepted on the 8th of February.
    assert len(early(found)) == 1
    (told,) = found.summary["limits_from"]
    assert told["planned"] == "2026-02-08"
    assert told["words"] == "old at most 70% of sites of telco from 2026-03-01"
    # What comes keeps the limit as well, in the end.
    makers = [product.split("-")[0] for product, _ in schedule(found).values()]
    assert makers.count("north") == 4


def made(folder: Path, asked: Goal, **more: Columns) -> Planned:
    return planned(groundwork(network_of(folder, **tables(**more))), asked)


def test_what_a_limit_wants_swapped_by_its_day(tmp_path: Path) -> None:
    more: dict[str, Columns] = {"plants": PLANTS, "countries": COUNTRIES}
    assert len(made(tmp_path / "end", limited("vendor_share", None)).problem.milestones.need) == 0
    by_country = made(tmp_path / "land", limited("country_share", "2026-03-01"), **more)
    milestones, weights = by_country.problem.milestones, by_country.problem.weights
    assert by_country.milestone_words == (
        "made in AAA at most 70% of sites of telco from 2026-03-01",
    )
    assert milestones.need == pytest.approx([0.3 * 3])
    assert weights[:, milestones.weight[0]].tolist() == [1, 1, 1]
    assert milestones.last.tolist() == [0]
    people = made(tmp_path / "people", limited("vendor_share", "2026-03-01", per="people"))
    assert people.problem.milestones.need == pytest.approx([0.3 * 1000])
    column = people.problem.weights[:, people.problem.milestones.weight[0]]
    assert column.tolist() == [500, 300, 200]
    # A third of the radios is made elsewhere: half a site's equipment is a radio.
    mixed: Columns = {
        "plant": [*PLANTS["plant"], "old-ru-2"], "product": [*PLANTS["product"], "old-ru"],
        "country": [*PLANTS["country"], "CCC"], "capacity_per_day": [2.0] * 6 + [1.0],
    }  # fmt: skip
    shared = made(tmp_path / "mixed", limited("country_share", "2026-03-01"),
                  plants=mixed, countries=COUNTRIES)  # fmt: skip
    assert shared.problem.milestones.need == pytest.approx([3 * (0.5 + 0.5 * 2 / 3) - 0.7 * 3])
    progress: Columns = {
        "cluster": ["A"], "state": ["done"], "product": ["north-ru"], "period": ["2025-12-01"],
    }  # fmt: skip
    done = made(tmp_path / "done", limited("vendor_share", "2026-03-01"), progress=progress)
    assert len(done.problem.milestones.need) == 0


def test_a_day_too_near_is_told(tmp_path: Path) -> None:
    near = solved(tmp_path / "near", limited("vendor_share", "2026-01-15"))
    assert len(early(near)) == 1
    run = Run(tmp_path, {"summary": near.summary, "command": "plan"})
    said = "  old at most 70% of sites of telco from 2026-01-15: not before 8 February 2026"
    assert said in plan_lines(run)


RULES: Columns = {
    "rule": ["swapped", "removed"], "from": ["2026-04-01", "2026-04-01"],
    "metric": ["count", "count"], "weight": ["instances"] * 2, "limit": [0, 0],
    "who": ["excluded"] * 2,
}  # fmt: skip


def removing(**practice: Any) -> Goal:
    usual = {"gate_days": 0, "structural_share": 0.0, "neighbours_apart": False}
    calm = {"law": "fixed", "days": 1e-6}
    return goal(
        cost=LATE, limits=FREE, practice={**usual, **practice},
        uncertainty={"draws": 10, "permit_days": calm, "delivery_slip_days": calm},
    )  # fmt: skip


def test_a_rule_on_what_is_removed_is_met_later_than_one_on_what_is_swapped(tmp_path: Path) -> None:
    """Swapped in February it is accepted on the 8th of March; removed 40 days later it is late."""
    found = solved(tmp_path / "swapped", removing(removal_days=40), rules=RULES)
    assert {when for _, when in schedule(found).values()} == {"2026-02"}
    assert found.tables["dates"]["planned"].astype(str).tolist() == ["2026-03-08"] * 2
    assert set(found.tables["schedule"]["removed"].astype(str)) == {"2026-04-17"}
    asked = removing(removal_days=40, removed_counts=["removed"])
    found = solved(tmp_path / "removed", asked, rules=RULES)
    assert {when for _, when in schedule(found).values()} == {"2026-01"}
    dates = found.tables["dates"]
    assert dates["planned"].astype(str).tolist() == ["2026-02-08", "2026-03-20"]
    assert dates["late"].astype(str).tolist() == ["2026-02-08", "2026-03-20"]
    assert dates["probability"].tolist() == [1.0, 1.0]
    # 100 days more are too many for any period: told as missed.
    asked = removing(removal_days=100, removed_counts="all")
    found = solved(tmp_path / "never", asked, rules=RULES)
    assert found.tables["dates"]["probability"].tolist() == [0.0, 0.0]
    assert found.summary["missed_as_planned"] == ["removed", "swapped"]


def test_disposal_costs_money_and_work(tmp_path: Path) -> None:
    found = solved(tmp_path / "money", removing(disposal_usd=5.0))
    assert found.summary["spend_usd"] == pytest.approx(90 + 3 * 5)
    crews: Columns = {"pool": ["w"], "crews": [1], "crew_days_per_week": [1.0]}
    asked = goal(
        cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01, "overtime_share": 0.0},
        limits=FREE, practice={"gate_days": 0, "structural_share": 0.0, "disposal_crew_days": 2.0},
    )  # fmt: skip
    # Four to five crew-days a month: two swaps of 2, or one with the disposal of 2.
    found = solved(tmp_path / "work", asked, crews=crews)
    assert [schedule(found)[c, "RU"][1] for c in "ABC"] == ["2026-01", "2026-02", "2026-03"]


def test_a_rule_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rule 'remove' in the case: did you mean 'removed'"):
        solved(tmp_path, removing(removed_counts=["remove"]), rules=RULES)


def test_a_goal_says_from_when_a_limit_holds() -> None:
    asked = limited("vendor_share", "2026-03-01")
    again = Goal.model_validate_json(asked.model_dump_json(by_alias=True))
    assert again == asked
    assert json.loads(asked.model_dump_json(by_alias=True))["limits"]["vendor_share"]["from"]
