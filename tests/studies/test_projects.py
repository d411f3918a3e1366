"""Projects: what is wanted is not there before, and the island of docs/projects.md by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet import read
from indranet.errors import InputError
from indranet.model.goal import Goal, find_goal
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.exposure import Exposure, exposure
from indranet.studies.partners import partners
from indranet.studies.plan import Planning, plan
from indranet.studies.stress import stress

ISLAND: dict[str, Columns] = {
    "countries": {"country": ["ISL", "AAA", "BBB", "CCC"]},
    "firms": {
        "firm": ["telco", "project", "oldco", "fibre", "chips"],
        "country": ["ISL", "ISL", "CCC", "AAA", "BBB"],
    },
    "products": {
        "product": ["old-cable", "any-cable", "any-gpu", "fibre-cable", "chips-gpu"],
        "kind": ["equipment", "wanted", "wanted", "equipment", "equipment"],
        "firm": ["oldco", "", "", "fibre", "chips"],
        "function": ["cable", "cable", "GPU", "cable", "GPU"],
    },
    "sites": {
        "site": ["hub", "isle", "second", "room"],
        "operator": ["", "telco", "project", "project"],
        "country": ["AAA", "ISL", "ISL", "ISL"],
        "kind": ["landing", "landing", "landing", "datacentre"],
        "people": ["", "", 1000, 300],
    },
    "equipment": {
        "site": ["isle", "second", "room"], "function": ["cable", "cable", "GPU"],
        "product": ["old-cable", "any-cable", "any-gpu"], "quantity": [1, 1, 4],
    },
    "lanes": {
        "lane": ["old", "new"], "origin": ["isle", "second"], "destination": ["hub"] * 2,
        "mode": ["cable"] * 2, "km": [1000] * 2,
    },
    "services": {
        "service": ["internet", "answers"], "country": ["ISL"] * 2, "people": [1000, 300],
    },
    "needs": {
        "user": ["old", "new", "internet", "internet", "answers", "answers"],
        "need": ["landing", "landing", "way", "way", "room", "network"],
        "input": ["isle", "second", "old", "new", "room", "internet"],
        "capacity": [1, 1, 1, 9, 1, 1],
        "at_least": ["", "", 0.1, 0.1, "", ""],
    },
    "offers": {
        "product": ["fibre-cable", "chips-gpu"], "replaces": ["cable", "GPU"],
        "unit_cost_usd": [800, 50], "crew_days": [20, 1], "lead_days": [60, 30],
    },
    "agreements": {
        "agreement": ["cable-fund", "compute-fund"], "kind": ["funding"] * 2,
        "parties": ["AAA;ISL", "BBB;ISL"],
    },
    "budgets": {
        "operator": ["project"] * 2, "from": ["2026-01-01"] * 2, "usd": [800, 200],
        "agreement": ["cable-fund", "compute-fund"],
    },
}  # fmt: skip


def island(folder: Path, **more: Columns) -> Network:
    return network_of(folder / "case", **{**ISLAND, **more})


def goal(**more: Any) -> Goal:
    asked = {
        "name": "second cable", "operator": "project", "period": "month", "periods": 6,
        "first_day": "2026-01-01", "replace": {"wanted": True, "functions": ["cable", "GPU"]},
        "cost": {"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01},
        "practice": {"gate_days": 0, "neighbours_apart": False}, "uncertainty": {"draws": 0},
        **more,
    }  # fmt: skip
    return Goal.model_validate_json(json.dumps(asked))


def lost(found: Exposure, kind: str, thing: str, horizon: str = "in time") -> float:
    rows = found.tables["reach"]
    at = (rows["kind"] == kind) & (rows["id"] == thing) & (rows["horizon"] == horizon)
    return float(rows["people_lost"][at].item())


def ends(found: Planning, kind: str, thing: str, horizon: str = "in time") -> tuple[float, float]:
    rows = found.tables["exposed"]
    at = (rows["kind"] == kind) & (rows["id"] == thing) & (rows["horizon"] == horizon)
    assert (rows["country"][at] == "ISL").all()
    people = [rows[column][at].tolist() or [0.0] for column in ("people_before", "people_after")]
    return people[0][0], people[1][0]


def test_what_is_wanted_is_not_there(tmp_path: Path) -> None:
    """Of the internet a tenth must be left: of the one way that is there, not of both."""
    found = exposure(island(tmp_path))
    assert found.summary["people"] == 1000
    assert (found.summary["services"], found.summary["sites"]) == (1, 2)
    assert found.summary["wanted"] == {
        "sites": 2, "people": 1300, "units": 5, "lanes": ["new"], "services": ["answers"],
        "service_people": 300,
    }  # fmt: skip
    assert found.summary["down_before"] == {"now": [], "in time": [], "resourced": []}
    assert lost(found, "lane", "old") == lost(found, "firm", "oldco") == 1000
    assert lost(found, "lane", "new") == lost(found, "firm", "project") == 0
    assert set(found.tables["shares"]["operator"].tolist()) <= {"", "telco"}


def test_what_is_wanted_beside_something_else_leaves_that_as_it_is(tmp_path: Path) -> None:
    """More compute is wanted at a site that runs: the site stands, its wanted units do not."""
    room = {**ISLAND["equipment"], "site": ["isle", "room", "room"],
            "function": ["cable", "GPU", "server"],
            "product": ["old-cable", "any-gpu", "old-cable"]}  # fmt: skip
    found = exposure(island(tmp_path, equipment=room))
    assert found.summary["wanted"]["sites"] == 0
    assert found.summary["wanted"]["units"] == 1
    assert found.summary["people"] == 1300


def test_without_projects_nothing_is_wanted(tmp_path: Path) -> None:
    kinds = {**ISLAND["products"], "kind": ["equipment"] * 5}
    found = exposure(island(tmp_path, products=kinds))
    assert "wanted" not in found.summary
    assert found.summary["people"] == 1300


def test_a_cable_and_a_room_by_hand(tmp_path: Path) -> None:
    """Ordered on 1 January: the room is there in February, the cable in March.

    Waiting: 1,000 people for 90 days and 300 for 59, a cent a day.
    """
    found = plan(island(tmp_path), goal(), seconds=1, front=False)
    rows = found.tables["schedule"]
    told = {
        str(c): (str(p), str(d), float(m))
        for c, p, d, m in zip(
            rows["cluster"], rows["product"], rows["period"], rows["cost_usd"], strict=True
        )
    }
    assert told == {
        "second": ("fibre-cable", "2026-03-01", 800.0 + 900),
        "room": ("chips-gpu", "2026-02-01", 200.0 + 177),
    }
    assert found.summary["cost_usd"] == pytest.approx(1000)
    assert found.summary["objective"] == pytest.approx(1000 + 900 + 177)


def test_an_island_before_and_after(tmp_path: Path) -> None:
    found = plan(island(tmp_path), goal(), seconds=1, front=False)
    # Before all hang on the old cable. The new one is nine tenths of what there is then, and a
    # tenth is asked: either will do, and only where both land is there no way round.
    assert ends(found, "lane", "old") == ends(found, "firm", "oldco") == (1000, 0)
    assert ends(found, "jurisdiction", "CCC") == (1000, 0)
    assert ends(found, "lane", "new") == ends(found, "firm", "fibre") == (0, 0)
    assert ends(found, "firm", "chips") == ends(found, "jurisdiction", "BBB") == (0, 300)
    assert ends(found, "firm", "project") == (0, 300)
    assert ends(found, "site", "isle") == (1000, 0)
    assert ends(found, "site", "second") == (0, 0)
    assert ends(found, "site", "room") == (0, 300)
    project = found.summary["project"]
    assert project["countries"] == ["ISL"]
    assert project["still_wanted"] == 0
    late = next(one for one in project["served"] if one["horizon"] == "in time")
    assert (late["people_before"], late["people_after"]) == (1000, 1300)
    assert late["vendor_before"] == {"id": "oldco", "left": 0}
    assert late["vendor_after"] == {"id": "chips", "left": 1000}
    assert project["less"][0]["people_before"] == 1000
    mix = found.tables["mix"]
    told = {
        (f, b, i): (x, y)
        for f, b, i, x, y in zip(
            *(mix[c].tolist() for c in ("function", "by", "id", "before", "after")), strict=True
        )
    }
    assert told == {
        ("cable", "maker", "oldco"): (1, 0.5), ("cable", "maker", "fibre"): (0, 0.5),
        ("cable", "seat", "CCC"): (1, 0.5), ("cable", "seat", "AAA"): (0, 0.5),
        ("GPU", "maker", "chips"): (0, 1), ("GPU", "seat", "BBB"): (0, 1),
    }  # fmt: skip
    assert found.tables["shares"]["before"].tolist() == [0, 0]


def test_a_rule_is_not_broken_by_what_is_wanted(tmp_path: Path) -> None:
    """`oldco` may have six tenths of the cables: it has all before, half after."""
    cap: Columns = {
        "rule": ["cap"], "from": ["2025-01-01"], "per": ["country"], "who": ["firm"],
        "firm": ["oldco"], "functions": ["cable"], "metric": ["share"], "weight": ["units"],
        "comparison": ["<="], "limit": [0.6],
    }  # fmt: skip
    network = island(tmp_path, rules=cap)
    found = exposure(network).tables["rules"]
    here = found["country"] == "ISL"
    assert (found["holds"][here].item(), found["value"][here].item()) == ("false", 1.0)
    rows = plan(network, goal(meet=[]), seconds=1, front=False).tables["rules"]
    here = rows["country"] == "ISL"
    assert [rows[f"holds_{when}"][here].item() for when in ("before", "after")] == ["false", "true"]
    assert [rows[f"value_{when}"][here].item() for when in ("before", "after")] == [1.0, 0.5]


def test_a_scenario_finds_nothing_of_what_is_wanted(tmp_path: Path) -> None:
    """The new cable is no way round while the old one is cut, on days 1 to 3."""
    cut = {"do": "cut", "what": "old", "day": 1, "lasts_days": 3}
    asked = Scenario.model_validate_json(json.dumps({"name": "cut", "days": 6, "event": [cut]}))
    rows = stress(island(tmp_path), asked).tables["totals"]
    people = rows["value"][rows["measure"] == "people_served"]
    assert people.tolist() == [1000, 0, 0, 0, 1000, 1000]


def test_what_no_money_pays_stays_wanted(tmp_path: Path) -> None:
    asked = goal(agreements=["compute-fund"])
    found = plan(island(tmp_path), asked, seconds=1, front=False)
    project = found.summary["project"]
    assert project["still_wanted"] == 1
    assert ends(found, "lane", "old") == (1000, 1300)
    assert ends(found, "lane", "new") == (0, 0)


def test_each_partner_is_worth_what_it_pays_for(tmp_path: Path) -> None:
    """Left undone each counts ten swaps and 181 days of waiting: ten times 800, ten times 500.

    That is the dearest way of a cluster, and at least the middle of all. Each fund adds the same
    whether the other is there or not.
    """
    found = partners(island(tmp_path), goal(), seconds=0.3)
    rows = found.tables["values"]
    worth = {
        (str(a), str(u)): v
        for a, u, v in zip(rows["agreement"], rows["unit"], rows["value"], strict=True)
    }
    assert worth["cable-fund", "people"] == pytest.approx(1000)
    assert worth["compute-fund", "people"] == pytest.approx(300)
    assert worth["cable-fund", "USD"] == pytest.approx(8000 + 1810 - 800 - 900)
    assert worth["compute-fund", "USD"] == pytest.approx(5000 + 543 - 200 - 177)
    rows = found.tables["countries"]
    people = rows["unit"] == "people"
    by = dict(zip(rows["country"][people], rows["value"][people], strict=True))
    assert by == pytest.approx({"AAA": 500, "BBB": 150, "ISL": 650})


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        ("products", ("firm", ["oldco", "fibre", "", "fibre", "chips"]), "wanted"),
        ("offers", ("product", ["any-cable", "chips-gpu"]), "wanted"),
    ],
)
def test_what_is_wanted_has_no_maker(
    tmp_path: Path, table: str, column: tuple[str, list[str]], told: str
) -> None:
    name, cells = column
    with pytest.raises(InputError, match=told):
        island(tmp_path, **{table: {**ISLAND[table], name: cells}})


def test_nothing_changes_for_what_is_there(tmp_path: Path) -> None:
    """A project that is left out of the tables gives the same losses as one that is wanted."""
    bare: dict[str, Columns] = {
        **ISLAND,
        "sites": {c: list(v)[:2] for c, v in ISLAND["sites"].items()},
        "equipment": {c: list(v)[:1] for c, v in ISLAND["equipment"].items()},
        "lanes": {c: list(v)[:1] for c, v in ISLAND["lanes"].items()},
        "services": {c: list(v)[:1] for c, v in ISLAND["services"].items()},
        "needs": {c: [next(iter(v)), list(v)[2]] for c, v in ISLAND["needs"].items()},
    }
    with_it = exposure(island(tmp_path)).tables["reach"]
    without = exposure(network_of(tmp_path / "bare", **bare)).tables["reach"]
    kept = np.isin(with_it["id"], without["id"])
    for column in ("kind", "id", "horizon", "services_lost", "sites_lost", "people_lost"):
        assert with_it[column][kept].tolist() == without[column].tolist(), column
    assert (with_it["people_lost"][~kept] == 0).all()


def test_tuvalu_gets_its_first_cable() -> None:
    found = plan(read("indo-pacific"), find_goal("tuvalu-first-cable"), seconds=2, front=False)
    assert found.summary["unswapped"] == 0
    assert found.summary["cost_usd"] == pytest.approx(56e6)
    assert found.tables["schedule"]["period"].astype(str).tolist() == ["2025-10-01"]
    assert found.summary["dates"][0]["probability"] > 0.95
    rows = found.tables["exposed"]

    def people(kind: str, thing: str) -> tuple[float, float]:
        at = (rows["kind"] == kind) & (rows["id"] == thing) & (rows["horizon"] == "in time")
        return float(rows["people_before"][at].sum()), float(rows["people_after"][at].sum())

    assert people("site", "landing-teleport-funafuti") == (2 * 9646, 0)
    assert people("firm", "subcom") == (0, 9646)
    served = {one["people_before"] for one in found.summary["project"]["served"]}
    assert served == {4 * 9646}
