"""Deliveries by a stress run, against what is worked out by hand."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.made_up import Columns, network_of
from tests.studies.test_plan import goal, schedule, tables

from indranet.cli import run
from indranet.errors import UsageError
from indranet.model.scenario import Scenario
from indranet.runs.plan_deliveries import delivery_lines, delivery_warnings
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import plan
from indranet.studies.plan_limits import deliveries
from indranet.studies.plan_pace import Pace, pace_of
from indranet.studies.plan_problem import planned
from indranet.studies.stress import stress

MONTH = 365.25 / 12
PLANTS: Columns = {
    "plant": ["one", "two", "baseband"], "product": ["north-ru", "north-ru", "north-du"],
    "country": ["AAA"] * 3, "final_demand_per_day": [3.0, 1.0, 2.0],
}  # fmt: skip
OFFERS: Columns = {
    "product": ["north-ru", "north-du"], "replaces": ["RU", "DU"], "unit_cost_usd": [10, 20],
    "units_per_month": [MONTH, ""],
}  # fmt: skip
HALT = {"do": "halt", "what": "plant:one", "day": 10, "lasts_days": 90}


def scenario(*events: dict[str, Any], **more: Any) -> Scenario:
    return Scenario.model_validate({"name": "s", "days": 120, "event": events, **more})


def made_up(folder: Path, **more: Columns) -> Any:
    return network_of(folder, **tables(plants=PLANTS, offers=OFFERS, **more))


def test_a_plant_that_is_halted_for_90_days_makes_what_is_lacking_by_then(tmp_path: Path) -> None:
    """One radio a day; a plant with three quarters of them is halted from day 10 to day 99."""
    network = made_up(tmp_path / "case")
    found = stress(network, scenario(HALT), detail=True).tables["production"]
    made = planned(groundwork(network), goal(periods=12))
    usual = made.problem.deliveries[0]
    now = planned(groundwork(network), goal(periods=12), production=found).problem.deliveries[0]
    # Until the middle of January 15 radios, of which 5 days' are made at a quarter.
    middles = (made.starts[:-1] + (made.starts[1:] - made.starts[:-1]) // 2) - made.starts[0]
    days = middles / np.timedelta64(1, "D")
    assert usual == pytest.approx(days)
    assert now == pytest.approx(days - 0.75 * np.clip(days - 10, 0, 90))
    assert usual[-1] - now[-1] == pytest.approx(0.75 * 90)


def test_the_plan_waits_for_what_is_made_later_and_says_so(tmp_path: Path) -> None:
    """Both plants are halted at once: nothing until the end of the 90 days."""
    network = made_up(tmp_path / "case")
    events = [HALT, {**HALT, "what": "plant:two"}]
    found = stress(network, scenario(*[{**e, "day": 0} for e in events]), detail=True)
    asked = goal(
        periods=8, cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.1},
        limits={"service_floor": 0.0}, uncertainty={"draws": 4},
    )  # fmt: skip
    free = plan(network, asked, seconds=3, front=False)
    assert {when for _, when in schedule(free).values()} == {"2026-01"}
    held = plan(network, asked, seconds=3, front=False, production=found.tables["production"])
    assert {when for _, when in schedule(held).values()} == {"2026-04"}
    told = held.summary["deliveries"]
    assert [one["product"] for one in told["products"]] == ["north-ru"]
    assert told["products"][0]["units_fewer"] == pytest.approx(90)
    assert delivery_lines(told) == [
        "Deliveries go by a stress run, on average over 1 draw:",
        "  north-ru at 0\xa0% of its usual pace at the least, on 1 January 2026, 90 units fewer by "
        "the end",
    ]
    assert delivery_warnings(held.summary) == []
    # The draws of the plan wait as well: nobody is done before April.
    assert held.summary["finish_median"] >= "2026-05-01"
    assert free.summary["finish_median"] < "2026-05-01"


def test_what_lasts_and_what_has_no_pace_is_told(tmp_path: Path) -> None:
    network = made_up(tmp_path / "case")
    events = [{"do": "halt", "what": "plant:baseband", "day": 5},
              {"do": "halt", "what": "plant:two", "day": 5}]  # fmt: skip
    found = stress(network, scenario(*events, days=20), detail=True).tables["production"]
    held = plan(network, goal(periods=6), seconds=2, front=False, production=found)
    ends, unlimited = delivery_warnings(held.summary)
    later = plan(network, goal(first_day="2026-02-01"), seconds=2, front=False, production=found)
    assert delivery_warnings(later.summary)[0] == (
        "The stress run ends on 20 January 2026, before the first day of the plan: only what its "
        "last day lacks counts."
    )
    assert ends.startswith(
        "The stress run ends on 20 January 2026 with less than usual of north-du"
    )
    assert unlimited.startswith("The offers of north-du say no units_per_month")
    # A quarter of the radios is lacking from day 5 until the middle of June.
    units = {one["product"]: one["units_fewer"] for one in held.summary["deliveries"]["products"]}
    assert units["north-ru"] == pytest.approx(0.25 * (151 + 15 - 5))


def test_each_draw_of_the_plan_goes_by_one_of_the_stress_run(tmp_path: Path) -> None:
    network = made_up(tmp_path / "case")
    asked = scenario({**HALT, "chance": 0.5}, draws=6)
    found = stress(network, asked, detail=True).tables["production"]
    ground = groundwork(network)
    made = planned(ground, goal(periods=12), production=found)
    pace = made.pace
    assert pace is not None
    assert pace.share.shape == (6, 1, 120)
    hit = pace.share[:, 0, 50] < 1
    assert 0 < hit.sum() < 6
    each = [
        deliveries(network, made.stacks, made.starts, pace=pace, draw=d)[0, -1] for d in range(12)
    ]
    last = deliveries(network, made.stacks, made.starts)[0, -1]
    assert each[:6] == pytest.approx(last - 0.75 * 90 * hit)
    assert each[6:] == each[:6]
    assert made.problem.deliveries[0, -1] == pytest.approx(np.mean(each))


@cache
def small() -> Any:
    """Return the small case, what it offers and four months, made once for all examples."""
    with tempfile.TemporaryDirectory() as folder:
        network = made_up(Path(folder) / "case")
    made = planned(groundwork(network), goal())
    return network, made.stacks, made.starts


@settings(max_examples=40, deadline=None)
@given(
    some.lists(some.floats(0, 1.5), min_size=1, max_size=80), some.integers(-40, 60),
    some.floats(0, 4), some.integers(0, 40), some.floats(0, 30), some.booleans(),
)  # fmt: skip
def test_units_are_what_is_made_day_by_day(
    share: list[float], begins: int, ramp: float, lead: int, slip: float, ends: bool
) -> None:
    network, made, starts = small()
    offers = network["offers"]
    changed = network.replace(
        offers=offers.with_column("ramp_months", np.full(len(offers), ramp))
        .with_column("lead_days", np.full(len(offers), float(lead)))
        .with_column(
            "until", np.full(len(offers), "2026-03-11" if ends else "NaT", dtype="datetime64[D]")
        )
    )
    first = starts[0] + np.timedelta64(begins, "D")
    pace = Pace(first, np.array([0]), np.array(share).reshape(1, 1, -1))
    late = np.full(len(made.offers), slip)
    found = deliveries(changed, made, starts, late, pace)[0]
    middles = ((starts[:-1] + (starts[1:] - starts[:-1]) // 2) - starts[0]).astype(int)

    def grown(day: float) -> float:
        months = np.clip(day - lead - slip, 0.0, 70.0 if ends else np.inf) / MONTH
        return float(months**2 / (2 * ramp) if months < ramp else months - ramp / 2)

    for period, middle in enumerate(middles.tolist()):
        total = 0.0
        for day in range(middle):
            at = day - begins
            part = 1.0 if at < 0 else min(share[-1], 1.0) if at >= len(share) else share[at]
            total += part * (grown(day + 1) - grown(day))
        assert found[period] == pytest.approx(total * MONTH, abs=1e-9)


def test_a_run_of_another_case_is_told(tmp_path: Path) -> None:
    network = made_up(tmp_path / "case")
    ground = groundwork(network)
    stacks = planned(ground, goal()).stacks
    strange = {
        "draw": np.zeros(1), "day": np.zeros(1), "plant": np.array(["three"], dtype=object),
        "production": np.ones(1),
    }  # fmt: skip
    with pytest.raises(UsageError, match="another case: this one has no plant 'three'"):
        pace_of(ground, stacks, strange, network.first_day)
    none = {name: values[:0] for name, values in strange.items()}
    with pytest.raises(UsageError, match="has no plants"):
        pace_of(ground, stacks, none, network.first_day)


def test_the_command_takes_a_stress_run_with_detail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, events, asked = tmp_path / "case", tmp_path / "s.toml", tmp_path / "goal.toml"
    made_up(case)
    events.write_text(
        'name = "s"\ndays = 120\n[[event]]\ndo = "halt"\nwhat = "plant:one"\nday = 10\n'
        "lasts_days = 90\n"
    )
    asked.write_text(
        'name = "g"\noperator = "telco"\nperiod = "month"\nperiods = 6\n[replace]\n'
        'authority = "list"\n[uncertainty]\ndraws = 4\n'
    )
    bare, detail = tmp_path / "bare", tmp_path / "detail"
    assert run(["stress", str(case), str(events), "--out", str(bare), "--quiet"]) == 0
    assert run(["stress", str(case), str(events), "--detail", "--out", str(detail),
                "--quiet"]) == 0  # fmt: skip
    begun = ["plan", str(case), str(asked), "--seconds", "2", "--deliveries"]
    assert run([*begun, str(bare), "--out", str(tmp_path / "no")]) == 2
    assert "with --detail" in capsys.readouterr().err
    out = tmp_path / "plan"
    assert run([*begun, str(detail), "--out", str(out)]) == 0
    assert "north-ru at 25\xa0% of its usual pace at the least" in capsys.readouterr().out
    assert run([*begun, str(out), "--out", str(tmp_path / "no")]) == 2
    assert "is a run of indranet plan: give one of indranet stress" in capsys.readouterr().err
    page = tmp_path / "page.html"
    assert run(["report", str(out), "--out", str(page), "--quiet"]) == 0
    assert "Deliveries go by a stress run" in page.read_text()
