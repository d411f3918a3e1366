"""Plans made anew: what was announced is kept, frozen or changed at a price; what is done."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.made_problems import tiny
from tests.made_up import Columns, network_of
from tests.studies.test_plan import goal, schedule, tables

from indranet.cli import run
from indranet.engines.assignment import Plan, Problem, broken, uses
from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.runs.earlier import announced
from indranet.runs.plan_changes import change_lines, change_warnings, changes_section
from indranet.runs.run import open_run, write_run
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import Planning, plan
from indranet.studies.plan_problem import planned
from indranet.studies.plan_progress import what_is_left

FREE = {"service_floor": 0.0}
LATE = {"cost": {"discount_rate": 0.5, "change_usd_per_person": 0.0}, "limits": FREE}
"""Paying late is cheaper, and telling otherwise costs nothing: all wait for the last period."""


def told(*rows: tuple[str, str, str], functions: tuple[str, ...] = ("RU", "DU")) -> Any:
    """Return a schedule: cluster, vendor and first day of its period."""
    every = [(c, f, f"{v}-{f.lower()}", day) for c, v, day in rows for f in functions]
    return {
        "cluster": np.array([c for c, *_ in every], dtype=object),
        "function": np.array([f for _, f, *_ in every], dtype=object),
        "product": np.array([p for _, _, p, _ in every], dtype=object),
        "period": np.array([day for *_, day in every], dtype="datetime64[D]"),
    }


NORTH = told(("A", "north", "2026-01-01"), ("B", "north", "2026-02-01"),
             ("C", "north", "2026-03-01"))  # fmt: skip


def again(
    folder: Path, asked: Goal, before: Any = NORTH, freeze: int | None = 0, **more: Columns
) -> Planning:
    network = network_of(folder / "case", **tables(**more))
    return plan(network, asked, seconds=5, front=False, announced=before, freeze_days=freeze)


def months(found: Planning) -> dict[str, str]:
    return {c: when for (c, f), (_, when) in schedule(found).items() if f == "RU"}


def test_where_nothing_happens_nothing_is_told_otherwise(tmp_path: Path) -> None:
    asked = goal(cost={"discount_rate": 0.05})
    found = again(tmp_path, asked)
    assert months(found) == {"A": "2026-01", "B": "2026-02", "C": "2026-03"}
    assert found.summary["changes"]["clusters"] == 0
    assert change_lines(found.summary["changes"]) == [
        "Nothing changes against what 3 clusters had been told."
    ]
    assert len(found.tables["changes"]["cluster"]) == 0
    # The price of changes is none of what is spent.
    assert found.summary["spend_usd"] == pytest.approx(90)


def test_a_change_is_made_where_it_saves_more_than_its_price(tmp_path: Path) -> None:
    cheap: Columns = {
        "product": ["north-ru", "north-du", "south-ru", "south-du"], "replaces": ["RU", "DU"] * 2,
        "unit_cost_usd": [10, 20, 5, 10],
    }  # fmt: skip
    # South saves 15 a cluster: at 0.04 a person, C with 200 and B with 300 people change, A stays.
    asked = goal(cost={"discount_rate": 0.0, "change_usd_per_person": 0.04})
    found = again(tmp_path, asked, offers=cheap)
    assert {c: p for (c, f), (p, _) in schedule(found).items() if f == "RU"} == {
        "A": "north-ru", "B": "south-ru", "C": "south-ru",
    }  # fmt: skip
    changes = found.summary["changes"]
    assert (changes["announced"], changes["clusters"], changes["people"]) == (3, 2, 500)
    assert changes["cost_usd"] == pytest.approx(500 * 0.04)
    assert changes["other_product"] == 2
    assert found.summary["spend_usd"] == pytest.approx(30 + 15 + 15)
    assert found.summary["objective"] == pytest.approx(60 + 20)
    page = changes_section(changes, found.tables["changes"])
    assert "2 with 500 people are told otherwise, at USD 20: " in page
    assert "2 with another product." in page
    assert "<td>south-ru</td>" in page
    rows = found.tables["changes"]
    assert sorted(zip(rows["cluster"], rows["product_before"], rows["product_after"],
                      strict=True)) == [
        ("B", "north-du", "south-du"), ("B", "north-ru", "south-ru"),
        ("C", "north-du", "south-du"), ("C", "north-ru", "south-ru"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("freeze", "kept"), [(0, ""), (None, "A"), (31, "A"), (32, "AB"), (365, "ABC")]
)
def test_what_was_announced_for_the_first_days_stays(
    freeze: int | None, kept: str, tmp_path: Path
) -> None:
    # By default 30 days: February begins on the 31st day after the first of January.
    found = again(tmp_path, goal(**LATE), freeze=freeze)
    early = {"A": "2026-01", "B": "2026-02", "C": "2026-03"}
    assert months(found) == {c: early[c] if c in kept else "2026-04" for c in "ABC"}
    assert found.summary["changes"]["frozen"] == len(kept)
    assert found.summary["changes"]["frozen_moved"] == []


def test_what_is_frozen_and_cannot_be_kept_is_told(tmp_path: Path) -> None:
    # Two clusters were told January; the crews do one a month.
    crews: Columns = {"pool": ["w"], "crews": [1], "crew_days_per_week": [0.5]}
    before = told(("A", "north", "2026-01-01"), ("B", "north", "2026-01-01"))
    asked = goal(cost={"discount_rate": 0.0, "overtime_share": 0.0}, limits={"service_floor": 0.0})
    found = again(tmp_path, asked, before, freeze=30, crews=crews)
    changes = found.summary["changes"]
    assert (changes["announced"], changes["frozen"], changes["clusters"]) == (2, 2, 1)
    assert changes["frozen_moved"] == ["B"]
    assert changes["cost_usd"] == pytest.approx(300)
    assert found.summary["unswapped"] == 0
    (warning,) = change_warnings(found.summary)
    assert warning == ("1 cluster announced before 2026-01-31 and to stay, cannot be kept: B.")


def test_a_period_is_kept_where_the_product_is_no_longer_offered(tmp_path: Path) -> None:
    before = told(("A", "west", "2026-02-01"), ("B", "north", "2026-02-01"),
                  ("Z", "north", "2026-01-01"))  # fmt: skip
    found = again(tmp_path, goal(cost={"discount_rate": 0.5}, limits=FREE), before)
    assert schedule(found)["A", "RU"] == ("north-ru", "2026-02")
    # C was told nothing: it waits, and is no change.
    assert schedule(found)["C", "RU"] == ("north-ru", "2026-04")
    changes = found.summary["changes"]
    assert changes["not_offered"] == ["A"]
    assert changes["gone"] == ["Z"]
    assert (changes["clusters"], changes["other_period"], changes["other_product"]) == (1, 0, 1)
    said = change_warnings(found.summary)
    assert said[0].endswith("no longer offered for it: A.")
    assert said[1] == (
        "1 cluster announced and no longer among those with something to replace: Z."
    )


def test_the_past_is_left_alone_and_what_was_missed_planned_anew(tmp_path: Path) -> None:
    """The goal begins in November, the case stands in January: A was done, B was missed."""
    progress: Columns = {
        "cluster": ["A", "C"], "state": ["done", "committed"],
        "product": ["north-ru", "north-ru"], "period": ["2025-11-01", "2025-12-01"],
    }  # fmt: skip
    before = told(("A", "north", "2025-11-01"), ("B", "north", "2025-12-01"),
                  ("C", "north", "2026-03-01"))  # fmt: skip
    asked = goal(first_day="2025-11-01", periods=6,
                 cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.1})  # fmt: skip
    found = again(tmp_path, asked, before, progress=progress)
    # As early as can be, and never before the day of the case; C's promise of December is past.
    assert months(found) == {"B": "2026-01", "C": "2026-01"}
    changes = found.summary["changes"]
    assert changes["from_day"] == "2026-01-01"
    assert (changes["announced"], changes["clusters"]) == (2, 2)
    assert changes["past"] == ["B"]
    assert changes["days_moved"] == pytest.approx((31 - 59) / 2)


def test_what_clusters_that_are_done_have_used_is_not_there_any_more(tmp_path: Path) -> None:
    progress: Columns = {
        "cluster": ["A"], "state": ["done"], "product": ["north-ru"], "period": ["2026-01-01"],
    }  # fmt: skip
    slow: Columns = {
        "product": ["north-ru", "north-du"], "replaces": ["RU", "DU"], "unit_cost_usd": [10, 20],
        "units_per_month": [1.0, ""],
    }  # fmt: skip
    cash: Columns = {
        "operator": ["telco"] * 2, "from": ["2026-01-01", "2026-04-01"], "usd": [60, 90],
    }  # fmt: skip
    early = {"discount_rate": 0.0, "exposure_usd_per_person_day": 0.1}
    found = again(tmp_path, goal(cost=early), told(("B", "north", "2026-02-01")), offers=slow,
                  budgets=cash, progress=progress)  # fmt: skip
    # Radios until the middle of each month: .5, 1.5, 2.5, 3.5; A took one and 30 of the 60 USD.
    assert months(found) == {"B": "2026-03", "C": "2026-04"}
    before = {**progress, "period": ["2025-12-01"]}
    free = again(tmp_path / "free", goal(cost=early), told(("B", "north", "2026-02-01")),
                 offers=slow, budgets=cash, progress=before)  # fmt: skip
    # Done before the first day: what it took is in none of the limits.
    assert months(free) == {"B": "2026-02", "C": "2026-03"}


@settings(max_examples=100, deadline=None)
@given(some.integers(0, 10_000))
def test_others_fit_into_what_is_left_just_where_all_fit_together(seed: int) -> None:
    g = np.random.default_rng(seed)
    asked = tiny(seed)
    asked = replace(asked, caps=replace(asked.caps, last=np.full_like(asked.caps.last, 2)))
    offered = [np.flatnonzero(np.isfinite(row)) for row in asked.cost]
    option = np.array([g.choice(o) if len(o) and g.random() < 0.7 else -1 for o in offered])
    period = np.where(option >= 0, g.integers(0, asked.periods, len(asked)), -1)
    done = np.arange(len(asked)) == 0

    def broken_by(problem: Problem, mine: Any) -> set[str]:
        plan = Plan(
            np.where(mine, option, -1).astype(np.int32), np.where(mine, period, -1).astype(np.int32)
        )
        kept = {"deliveries", "crews", "cash", "caps"}
        return {fault.family for fault in broken(problem, plan)} & kept

    settled = Plan(
        np.where(done, option, -1).astype(np.int32), np.where(done, period, -1).astype(np.int32)
    )
    left, taken = what_is_left(asked, settled)
    assert (taken == uses(asked, settled).deliveries).all()
    if not broken_by(asked, done):
        assert broken_by(left, ~done) == broken_by(asked, done | ~done)


def test_what_is_done_counts_against_limits_and_towards_dates(tmp_path: Path) -> None:
    progress: Columns = {
        "cluster": ["A"], "state": ["done"], "product": ["north-ru"], "period": ["2025-12-01"],
    }  # fmt: skip
    asked = goal(limits={"vendor_share": {"limit": 0.4}, **FREE})
    found = again(tmp_path, asked, told(("B", "south", "2026-02-01")), progress=progress)
    # North has A, a third of the sites: no more is left for it, and south may have one of three.
    assert found.summary["unswapped"] == 1
    shares = found.tables["shares"]
    after = dict(zip(shares["id"], shares["after"], strict=True))
    assert after["north"] == pytest.approx(1 / 3)
    assert after["south"] == pytest.approx(1 / 3)
    rules: Columns = {
        "rule": ["half"], "from": ["2026-03-01"], "metric": ["share"], "weight": ["people"],
        "limit": [0.5], "who": ["excluded"],
    }  # fmt: skip
    made = planned(
        groundwork(network_of(tmp_path / "dated", **tables(progress=progress, rules=rules))),
        goal(),
    )
    assert len(made.problem.milestones.need) == 0


def test_a_plan_of_others_is_none_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none of the clusters of the earlier plan, such as X"):
        again(tmp_path, goal(), told(("X", "north", "2026-01-01")))


GOAL = """name = "g"
operator = "telco"
first_day = 2026-01-01
period = "month"
periods = 4
[replace]
authority = "list"
[limits.vendor_share]
limit = 1.0
from = 2026-03-01
[practice]
gate_days = 0
[uncertainty]
draws = 5
"""


def test_a_run_is_planned_anew_from_its_folder_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, asked = tmp_path / "case", tmp_path / "goal.toml"
    network = network_of(case, **tables())
    asked.write_text(GOAL)
    first, second = tmp_path / "first", tmp_path / "second"
    common = ["--seconds", "2", "--quiet"]
    assert run(["plan", str(case), str(asked), "--out", str(first), *common]) == 0
    kept = json.loads((first / "goal.json").read_text())
    assert kept["limits"]["vendor_share"]["from"] == "2026-03-01"
    assert run(["plan", str(case), "--from", str(first), "--freeze-days", "40", "--out",
                str(second), "--seconds", "2"]) == 0  # fmt: skip
    assert "Nothing changes against what 3 clusters had been told." in capsys.readouterr().out
    assert run(["check", str(second)]) == 0
    page = tmp_path / "page.html"
    assert run(["report", str(second), "--out", str(page), "--quiet"]) == 0
    assert "What is told otherwise than announced" in page.read_text()
    capsys.readouterr()

    def refused(*options: str) -> str:
        assert run(["plan", str(case), *options, "--out", str(tmp_path / "no")]) == 2
        return capsys.readouterr().err

    assert "--freeze-days freezes what was announced" in refused("--freeze-days", "3")
    other = write_run(tmp_path / "stress", "stress", network, {}, {}, inputs=[], seconds=1.0)
    assert "is a run of indranet stress: give one of indranet plan" in refused(
        "--from", str(other.folder)
    )
    quarters = tmp_path / "quarters.toml"
    quarters.write_text(GOAL.replace('"month"', '"quarter"'))
    assert 'write period = "month"' in refused(str(quarters), "--from", str(first))
    (second / "schedule.parquet").rename(tmp_path / "kept.parquet")
    assert run(["plan", str(case), "--from", str(second), "--out", str(tmp_path / "no")]) == 1
    assert "schedule.parquet is missing" in capsys.readouterr().err
    (tmp_path / "kept.parquet").rename(second / "schedule.parquet")
    (second / "goal.json").write_text("{}")
    assert "is not as it was written" in refused("--from", str(second))
    (second / "goal.json").unlink()
    assert "holds no goal.json: name the goal" in refused("--from", str(second))
    assert run(["plan", str(case), "--from", str(tmp_path / "none"), "--quiet"]) == 1
    assert announced(second, Goal.model_validate(kept, strict=False))[1]["cluster"].size == 6
    assert open_run(second).manifest["warnings"] == []
