"""Plans at other dates and caps: worked by hand, dearer when tighter, told and drawn."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_plan import Tables, goal, tables

from indranet.cli import run
from indranet.model.goal import Goal
from indranet.studies import plan_sweep
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import plan
from indranet.studies.plan_problem import planned
from indranet.studies.plan_sweep import QUARTERS, surface

RULES: Columns = {
    "rule": ["half", "all"], "from": ["2026-07-10", "2027-01-10"], "metric": ["share", "count"],
    "weight": ["people", "instances"], "limit": [0.5, 0], "who": ["excluded"] * 2,
}  # fmt: skip


def test_dates_move_by_quarters_and_the_end_with_them(tmp_path: Path) -> None:
    network = network_of(tmp_path / "case", **tables(rules=RULES))
    ground, asked = groundwork(network), goal(period="quarter", periods=5)
    usual = planned(ground, asked)
    same = planned(ground, asked, moved=0, room=8)
    assert same.problem.latest.tolist() == usual.problem.latest.tolist() == [3, 3, 3]
    later = planned(ground, asked, moved=2, room=8)
    assert [str(rule.date) for rule in later.rules] == ["2027-01-10", "2027-07-10"]
    assert later.problem.latest.tolist() == [5, 5, 5]
    assert later.problem.milestones.last.tolist() == [3]
    earlier = planned(ground, asked, moved=-2, room=8)
    assert earlier.problem.latest.tolist() == [1, 1, 1]
    none = planned(groundwork(network_of(tmp_path / "none", **tables())), asked, moved=-2, room=8)
    assert none.problem.latest.tolist() == [2, 2, 2]


def test_later_dates_cost_less(tmp_path: Path) -> None:
    crews: Columns = {
        "pool": ["w", "w"], "from": ["2026-01-01", "2026-10-01"], "crews": [1, 1],
        "crew_days_per_week": [0.32, 4], "usd_per_day": [30, 10],
    }  # fmt: skip
    network = network_of(tmp_path / "case", **tables(rules=RULES, crews=crews))
    asked = goal(period="quarter", periods=6, cost={"discount_rate": 0.1})
    rows = surface(groundwork(network), asked, "deadline", seconds=8, gap=1e-6)
    # Four quarters earlier half is to be gone before the plan begins, and three after 10 days.
    assert rows["value"].tolist() == [q for q in QUARTERS if q > -2 for _ in RULES["rule"]]
    assert rows["rule"].tolist()[:2] == ["half", "all"]
    cost = rows["objective"][::2]
    assert (np.diff(cost) <= 1e-6 * cost[:-1]).all()
    assert cost[0] > cost[-1] * 1.01
    for place in range(2):
        assert (rows["together"] <= rows["probability"] + 1e-12)[place::2].all()
    # The point that moves nothing is the plan itself.
    here = int(np.flatnonzero(rows["value"] == 0)[0])
    alone = plan(network, asked, seconds=4, gap=1e-6, front=False)
    assert rows["cost_usd"][here] == pytest.approx(alone.summary["cost_usd"])


def test_later_dates_are_met_more_often_where_waiting_costs(tmp_path: Path) -> None:
    slow: Columns = {"pool": ["w"], "crews": [1], "crew_days_per_week": [0.17]}
    network = network_of(tmp_path / "case", **tables(rules=RULES, crews=slow))
    hurry = {"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01}
    asked = goal(period="quarter", periods=6, cost=hurry, uncertainty={"draws": 60})
    rows = surface(groundwork(network), asked, "deadline", seconds=8, gap=1e-6)
    together = rows["together"][::2]
    assert (np.diff(together) >= 0).all()
    assert together[0] < 0.8
    assert together[-1] > 0.9


def test_looser_caps_cost_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_sweep, "CAPS", (0.3, 0.9, 1.0))
    network = network_of(tmp_path / "case", **tables())
    asked = goal(limits={"vendor_share": {"limit": 0.7}, "service_floor": 0.0})
    rows = surface(groundwork(network), asked, "cap", seconds=8, gap=1e-6)
    cost = dict(zip(rows["value"].tolist(), rows["cost_usd"].tolist(), strict=True))
    assert list(cost) == [0.3, 0.7, 0.9, 1.0]
    assert rows["unswapped"].tolist() == [3, 0, 0, 0]
    # North takes two of three at 30 and south one at 36, or north all three at 30.
    assert cost[0.7] == cost[0.9] == pytest.approx(96)
    assert cost[1.0] == pytest.approx(90)


def test_without_a_cap_one_vendor_is_capped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_sweep, "CAPS", (0.7, 1.0))
    network = network_of(tmp_path / "case", **tables())
    vendor = surface(groundwork(network), goal(), "cap", seconds=8, gap=1e-6)
    assert vendor["cost_usd"].tolist() == pytest.approx([96, 90])
    # Nobody says where things are made: a cap on countries binds nothing, and no vendor is capped.
    asked = goal(limits={"country_share": {"limit": 0.7}})
    country = surface(groundwork(network), asked, "cap", seconds=8, gap=1e-6)
    assert country["cost_usd"].tolist() == pytest.approx([90, 90])


def test_a_country_is_swept_with_all_its_operators(tmp_path: Path) -> None:
    base = tables()
    two: Tables = {
        "firms": {"firm": [*base["firms"]["firm"], "other"], "country": ["AAA"] * 5},
        "sites": {**base["sites"], "operator": ["telco", "telco", "other"]},
    }
    one: Any = json.loads(goal(period="quarter", periods=5).model_dump_json(exclude={"operator"}))
    asked = Goal.model_validate_json(json.dumps({**one, "country": "AAA"}))
    network = network_of(
        tmp_path / "case", **tables(rules={**RULES, "per": ["operator"] * 2}, **two)
    )
    rows = surface(groundwork(network), asked, "deadline", seconds=8, gap=1e-6)
    assert set(rows["operator"].tolist()) == {"telco", "other"}


def test_the_command_sweeps_tells_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network_of(tmp_path / "case", **tables(rules=RULES))
    asked = tmp_path / "goal.toml"
    asked.write_text(
        'name = "g"\noperator = "telco"\nfirst_day = 2026-01-01\nperiods = 5\n[replace]\n'
        'authority = "list"\n[uncertainty]\ndraws = 10\n'
    )
    out = tmp_path / "run"
    told = ["plan", str(tmp_path / "case"), str(asked), "--seconds", "2"]
    assert run([*told, "--sweep", "deadline", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "With dates 8 quarters later it costs" in said
    assert "dates as they are (asked for): USD" in said
    page = tmp_path / "page.html"
    assert run(["report", str(out), "--out", str(page), "--xlsx", "--quiet"]) == 0
    assert "What other dates would cost" in page.read_text()
    assert page.with_suffix(".xlsx").is_file()
    assert run([*told, "--sweep", "dates", "--out", str(tmp_path / "no")]) == 2
    assert "choose from deadline, cap" in capsys.readouterr().err
