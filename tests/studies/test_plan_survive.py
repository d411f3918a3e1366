"""A rule on people served without any one vendor sets the caps that keep it."""

from pathlib import Path

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_plan import goal, schedule, tables

from indranet.studies.groundwork import groundwork
from indranet.studies.plan import plan
from indranet.studies.plan_problem import Planned, planned

LATE = {"discount_rate": 0.5}


def rule(limit: float, day: str = "2026-03-01", **more: str) -> Columns:
    row = {
        "rule": "any-one", "from": day, "who": "all", "functions": "RU;DU",
        "metric": "people_without_any_one_vendor", "comparison": ">=", "limit": limit, **more,
    }  # fmt: skip
    return {name: [cell] for name, cell in row.items()}


def made(folder: Path, **more: Columns) -> Planned:
    return planned(groundwork(network_of(folder, **tables(**more))), goal(cost=LATE))


def test_no_vendor_comes_to_carry_too_many(tmp_path: Path) -> None:
    """1,000 people, 500, 300 and 200 to a site; at most 600 on one vendor, by March."""
    network = network_of(tmp_path / "c", **tables(rules=rule(0.4)))
    found = plan(network, goal(cost=LATE), seconds=1, front=False)
    rows = found.tables["rules"]
    assert (rows["holds_before"].tolist(), rows["holds_after"].tolist()) == (["false"], ["true"])
    vendors = {cluster: p.split("-")[0] for (cluster, _), (p, _) in schedule(found).items()}
    assert vendors["B"] == vendors["C"] != vendors["A"]
    assert found.summary["broken_as_planned"] == []
    assert found.summary["other_rules"] == []
    # 400 have to leave `old` before: the largest site, or the two others, in January.
    early = found.tables["clusters"]
    soon = early["period"] < np.datetime64("2026-02-01")
    assert early["people"][soon].sum() >= 400
    assert [one["planned"] for one in found.summary["limits_from"]] == ["2026-02-08"]
    assert found.summary["spend_usd"] == pytest.approx(min(36 + 60, 72 + 30))


def test_caps_and_parts_by_hand(tmp_path: Path) -> None:
    one = made(tmp_path / "c", rules=rule(0.4))
    assert one.cap_words == (
        "at most 60% of people of telco on north (any-one)",
        "at most 60% of people of telco on south (any-one)",
    )
    assert one.problem.caps.limit == pytest.approx([600, 600])
    assert one.problem.weights[:, one.problem.caps.weight[0]].tolist() == [500, 300, 200]
    assert one.problem.milestones.need == pytest.approx([400])


def test_what_stays_counts(tmp_path: Path) -> None:
    """A site of `north` alone stays: 300 of 1,300 hang on it, and at most 780 may."""
    base = tables()
    more: dict[str, Columns] = {
        "sites": {
            **{name: [*cells, cells[0]] for name, cells in base["sites"].items()},
            "site": ["a", "b", "c", "d"], "people": [500, 300, 200, 300],
            "cluster": ["A", "B", "C", "D"],
        },
        "equipment": {
            "site": [*base["equipment"]["site"], "d"],
            "function": [*base["equipment"]["function"], "RU"],
            "product": [*base["equipment"]["product"], "north-ru"],
        },
    }  # fmt: skip
    one = made(tmp_path / "c", rules=rule(0.4), **more)
    assert dict(zip(one.cap_words, one.problem.caps.limit, strict=True)) == {
        "at most 60% of people of telco on north (any-one)": pytest.approx(480),
        "at most 60% of people of telco on south (any-one)": pytest.approx(780),
    }


def test_what_no_swap_can_meet_is_told(tmp_path: Path) -> None:
    """Every radio is of `north` and stays: without it nobody is served, whatever comes beside."""
    base = tables()
    product = ["north-ru", "old-du"] * 3
    equipment = {**base["equipment"], "product": product}
    one = made(tmp_path / "c", rules=rule(0.4), equipment=equipment)
    assert one.cap_words == ()
    assert one.others == (
        "any-one: people_without_any_one_vendor >= 0.4: telco: without north 1,000 of 1,000 people "
        "are not served, whatever is swapped",
    )


@pytest.mark.parametrize("change", [{"who": "excluded"}, {"functions": "RU;AMF"}])
def test_what_caps_do_not_meet_is_told_as_it_is(tmp_path: Path, change: dict[str, str]) -> None:
    one = made(tmp_path / "c", rules=rule(0.4, **change))
    assert one.cap_words == ()
    assert one.others == ("any-one: people_without_any_one_vendor >= 0.4: telco",)
