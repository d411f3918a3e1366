"""Plans of cases: worked by hand, dates and their chances, what cannot be done, what is told."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet import read
from indranet.cli import run
from indranet.engines.assignment import assign
from indranet.intake.plans import plans
from indranet.model.goal import Goal, Goals, read_goal
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import Planning, plan
from indranet.studies.plan_after import as_planned
from indranet.studies.plan_problem import planned

Tables = dict[str, Columns]


def tables(**more: Columns) -> Tables:
    """Three clusters of one site each with radio and baseband of `old`; two vendors offer both."""
    sites = ["a", "b", "c"]
    return {
        "countries": {"country": ["AAA"]},
        "firms": {"firm": ["telco", "old", "north", "south"], "country": ["AAA"] * 4},
        "products": {
            "product": [f"{v}-{p}" for v in ("old", "north", "south") for p in ("ru", "du")],
            "firm": [v for v in ("old", "north", "south") for _ in "ab"],
            "function": ["RU", "DU"] * 3,
        },
        "sites": {
            "site": sites, "operator": ["telco"] * 3, "country": ["AAA"] * 3,
            "region": ["west", "west", "east"], "cluster": ["A", "B", "C"],
            "people": [500, 300, 200], "structural": [0, 0, 0], "stands_for": [1, 1, 1],
        },
        "equipment": {
            "site": [s for s in sites for _ in "ab"], "function": ["RU", "DU"] * 3,
            "product": ["old-ru", "old-du"] * 3,
        },
        "exclusions": {"authority": ["list"], "firm": ["old"]},
        "offers": {
            "product": ["north-ru", "north-du", "south-ru", "south-du"],
            "replaces": ["RU", "DU"] * 2, "unit_cost_usd": [10, 20, 11, 25],
            "crew_days": [1, 1, 1, 1],
        },
        **more,
    }  # fmt: skip


def goal(**more: Any) -> Goal:
    asked = {
        "name": "g", "operator": "telco", "period": "month", "periods": 4,
        "first_day": "2026-01-01",
        "replace": {"authority": "list"}, "cost": {"discount_rate": 0.0},
        "practice": {"gate_days": 0, "structural_share": 0.0, "neighbours_apart": False},
        "uncertainty": {"draws": 20}, **more,
    }  # fmt: skip
    return Goal.model_validate_json(json.dumps(asked))


def solved(folder: Path, asked: Goal, **more: Columns) -> Planning:
    return plan(network_of(folder / "case", **tables(**more)), asked, seconds=5, front=False)


def schedule(found: Planning) -> dict[tuple[str, str], tuple[str, str]]:
    rows = found.tables["schedule"]
    return {
        (str(c), str(f)): (str(p), str(t)[:7])
        for c, f, p, t in zip(*(rows[n] for n in ("cluster", "function", "product", "period")),
                              strict=True)
    }  # fmt: skip


def test_the_cheapest_vendor_takes_all(tmp_path: Path) -> None:
    found = solved(tmp_path, goal())
    assert {product for product, _ in schedule(found).values()} == {"north-ru", "north-du"}
    assert found.summary["spend_usd"] == pytest.approx(90)
    assert found.summary["gap"] == pytest.approx(0.0, abs=1e-9)
    assert found.summary["unswapped"] == 0


def test_radio_and_baseband_are_of_one_vendor_unless_certified(tmp_path: Path) -> None:
    # The cheapest radio is south's, the cheapest baseband north's: apart 3 * (5 + 20).
    cheap: Columns = {
        "product": ["north-ru", "north-du", "south-ru", "south-du"], "replaces": ["RU", "DU"] * 2,
        "unit_cost_usd": [10, 20, 5, 30],
    }  # fmt: skip
    apart = solved(tmp_path / "one", goal(), offers=cheap)
    assert apart.summary["spend_usd"] == pytest.approx(90)
    certified: Columns = {
        "product": ["south-ru"], "other": ["north-du"], "interface": ["7.2x"],
        "status": ["certified"],
    }  # fmt: skip
    mixed = solved(tmp_path / "two", goal(), offers=cheap, interoperability=certified)
    assert mixed.summary["spend_usd"] == pytest.approx(75)
    trial = {**certified, "status": ["trial"]}
    assert solved(tmp_path / "three", goal(), offers=cheap, interoperability=trial).summary[
        "spend_usd"
    ] == pytest.approx(90)


def test_a_new_vendor_of_5g_takes_the_4g_with_it(tmp_path: Path) -> None:
    base = tables()
    more: Tables = {
        "products": {
            "product": [*base["products"]["product"], "east-enb", "north-enb"],
            "firm": [*base["products"]["firm"], "south", "north"],
            "function": [*base["products"]["function"], "eNB", "eNB"],
        },
        "equipment": {
            "site": [*base["equipment"]["site"], "a"],
            "function": [*base["equipment"]["function"], "eNB"],
            "product": [*base["equipment"]["product"], "east-enb"],
        },
        "offers": {
            "product": ["north-ru", "north-du", "south-ru", "south-du", "north-enb"],
            "replaces": ["RU", "DU", "RU", "DU", "eNB"], "unit_cost_usd": [10, 20, 11, 25, 100],
        },
    }  # fmt: skip
    free = solved(tmp_path / "alone", goal(), **more)
    # No 4G core: the network is standalone, and the 4G of site a stays.
    assert free.summary["spend_usd"] == pytest.approx(90)
    core = {
        "site": [*more["equipment"]["site"], "c"],
        "function": [*more["equipment"]["function"], "EPC"],
        "product": [*more["equipment"]["product"], "east-enb"],
    }
    anchored = solved(tmp_path / "anchored", goal(), **{**more, "equipment": core})
    # At a south stays with south's 4G (36), or north replaces 4G as well (130): south it is.
    assert schedule(anchored)["A", "RU"][0] == "south-ru"
    assert anchored.summary["spend_usd"] == pytest.approx(36 + 60)


def test_deliveries_grow_and_lead_times_pass(tmp_path: Path) -> None:
    slow: Columns = {
        "product": ["north-ru", "north-du"], "replaces": ["RU", "DU"], "unit_cost_usd": [10, 20],
        "lead_days": [31, 0], "units_per_month": [1.0, ""],
    }  # fmt: skip
    asked = goal(periods=6, cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01})
    found = schedule(solved(tmp_path, asked, offers=slow))
    # One radio a month from February on, half of it by the middle: the first is there in March.
    when = [found[c, "RU"][1] for c in "ABC"]
    assert when == ["2026-03", "2026-04", "2026-05"]  # most people first


def test_crews_bind_and_say_so(tmp_path: Path) -> None:
    crews: Columns = {
        "pool": ["w"], "region": [""], "crews": [1], "crew_days_per_week": [0.5],
        "usd_per_day": [0],
    }  # fmt: skip
    asked = goal(
        cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01, "overtime_share": 0.0},
        limits={"service_floor": 0.0},
    )
    found = solved(tmp_path, asked, crews=crews)
    # 2.2 crew-days a month, a cluster takes 2: one a month, most people first.
    assert [schedule(found)[c, "RU"][1] for c in "ABC"] == ["2026-01", "2026-02", "2026-03"]
    told = dict(zip(found.tables["schedule"]["cluster"], found.tables["schedule"]["because"],
                    strict=True))  # fmt: skip
    assert "crews" in told["B"]
    assert "a period later: +" in told["B"]
    assert any(row["family"] == "crews" for row in found.summary["binding"])


def test_dated_rules_are_met_and_their_chances_told(tmp_path: Path) -> None:
    rules: Columns = {
        "rule": ["all", "half"], "from": ["2026-04-01", "2026-03-01"], "metric": ["count", "share"],
        "weight": ["instances", "people"], "limit": [0, 0.5], "who": ["excluded"] * 2,
    }  # fmt: skip
    found = solved(tmp_path, goal(cost={"discount_rate": 0.5}), rules=rules)
    when = {c: schedule(found)[c, "RU"][1] for c in "ABC"}
    # Paying late is cheaper, so each date is met as late as can be: accepted 7 days after a period.
    assert max(when.values()) == "2026-02"
    assert when["A"] == "2026-01" or {when["B"], when["C"]} == {"2026-01"}
    dates = found.tables["dates"]
    assert dates["planned"].astype(str).tolist() == ["2026-03-08", "2026-02-08"]
    calm = {"law": "fixed", "days": 1e-6}
    sure = goal(
        cost={"discount_rate": 0.5},
        uncertainty={"draws": 10, "permit_days": calm, "delivery_slip_days": calm},
    )
    certain = solved(tmp_path / "sure", sure, rules=rules)
    assert certain.tables["dates"]["probability"].tolist() == [1.0, 1.0]
    late = {"law": "fixed", "days": 40}
    slow = goal(cost={"discount_rate": 0.5}, uncertainty={"draws": 10, "permit_days": late})
    missed = solved(tmp_path / "late", slow, rules=rules).tables["dates"]
    assert missed["probability"].tolist() == [0.0, 0.0]
    assert missed["raises_most"].tolist() == ["permit_days"] * 2


def test_a_plan_made_for_late_deliveries_keeps_its_date(tmp_path: Path) -> None:
    """One vendor is cheap and may be late, the other has all in stock: the price of being sure."""
    rules: Columns = {
        "rule": ["all"], "from": ["2026-05-01"], "metric": ["count"], "weight": ["instances"],
        "limit": [0], "who": ["excluded"],
    }  # fmt: skip
    offers: Columns = {
        "product": ["north-ru", "north-du", "south-ru", "south-du"], "replaces": ["RU", "DU"] * 2,
        "unit_cost_usd": [10, 20, 11, 25], "units_per_month": [2.0, 2.0, "", ""],
    }  # fmt: skip
    slips = {"law": "lognormal", "median": 20.0, "sigma": 1.5}
    drawn: dict[str, Any] = {
        "uncertainty": {"draws": 60, "delivery_slip_days": slips},
        "cost": {"discount_rate": 0.0},
    }
    found = {}
    for draws in (0, 40):
        asked = goal(**drawn, robust={"draws": draws, "tail": 0.2, "late_usd_per_unit_day": 1.0})
        found[draws] = solved(tmp_path / str(draws), asked, rules=rules, offers=offers)
    vendors = {n: {p for p, _ in schedule(one).values()} for n, one in found.items()}
    assert "north-ru" in vendors[0]
    assert vendors[40] == {"south-ru", "south-du"}
    chance = {n: float(one.tables["dates"]["probability"][0]) for n, one in found.items()}
    assert chance[40] > chance[0]
    assert found[40].summary["cost_usd"] > found[0].summary["cost_usd"]


def test_a_cap_for_each_operator_is_no_cap_on_the_market(tmp_path: Path) -> None:
    base = tables()
    two: Tables = {
        "firms": {"firm": [*base["firms"]["firm"], "other"], "country": ["AAA"] * 5},
        "sites": {**base["sites"], "operator": ["telco", "telco", "other"]},
    }
    rule: Columns = {
        "rule": ["cap"], "from": ["2026-03-01"], "metric": ["share"], "limit": [0.7],
        "who": ["excluded"], "country": ["AAA"],
    }  # fmt: skip
    asked = goal(cost={"discount_rate": 0.5})
    asked = Goal.model_validate_json(
        json.dumps({**json.loads(asked.model_dump_json(exclude={"operator"})), "country": "AAA"})
    )
    each = solved(tmp_path / "each", asked, rules={**rule, "per": ["operator"]}, **two)
    market = solved(tmp_path / "market", asked, rules={**rule, "per": ["country"]}, **two)

    def early(found: Planning) -> list[str]:
        rows = found.tables["clusters"]
        soon = rows["period"] < np.datetime64("2026-02-01")
        return sorted(rows["cluster"][soon].tolist())

    # Per operator: one of telco's two sites and other's only one; of the market, one of three.
    assert len(early(each)) == 2
    assert "C" in early(each)
    assert len(early(market)) == 1
    assert len(each.tables["dates"]["rule"]) == 2
    assert len(market.tables["dates"]["rule"]) == 1


def test_caps_keep_a_vendor_small(tmp_path: Path) -> None:
    found = solved(tmp_path, goal(limits={"vendor_share": {"limit": 0.7}, "service_floor": 0.0}))
    makers = [product.split("-")[0] for product, _ in schedule(found).values()]
    assert makers.count("north") == 4
    assert makers.count("south") == 2
    alone = solved(tmp_path / "none", goal(limits={"vendor_share": {"limit": 0.3}}))
    assert alone.summary["unswapped"] > 0
    assert alone.summary["blame"]["families"]["caps"] > 0.5


def test_progress_is_kept(tmp_path: Path) -> None:
    progress: Columns = {
        "cluster": ["A", "B", "C"], "state": ["done", "committed", "free"],
        "product": ["north-ru", "south-ru", ""], "period": ["2025-10-01", "2026-03-01", ""],
    }  # fmt: skip
    found = solved(tmp_path, goal(), progress=progress)
    when = schedule(found)
    assert not any(cluster == "A" for cluster, _ in when)
    assert when["B", "RU"] == ("south-ru", "2026-03")
    assert found.summary["done_before"] == 1


def test_excluded_vendors_are_no_way_out(tmp_path: Path) -> None:
    both: Columns = {"authority": ["list", "list"], "firm": ["old", "north"]}
    found = solved(tmp_path, goal(), exclusions=both)
    assert {product for product, _ in schedule(found).values()} == {"south-ru", "south-du"}


def test_the_network_as_planned_hangs_on_what_came(tmp_path: Path) -> None:
    network = network_of(tmp_path / "case", **tables())
    made = planned(groundwork(network), goal())
    found = assign(made.problem, seconds=2)
    after = as_planned(made, found.plan)
    products = after.names["product"][after["equipment"]["product"]]
    assert sorted(set(products.tolist())) == ["north-du", "north-ru"]
    rows = solved(tmp_path / "again", goal()).tables["independence"]
    worse = rows["id"][rows["people_lost_after"] > rows["people_lost_before"]]
    assert "north" in worse


def test_prices_in_words_hold_when_planned_anew(tmp_path: Path) -> None:
    """One more crew-day saves what its price says, give or take a fifth."""
    clusters = 60
    names = [f"k{n:02d}" for n in range(clusters)]
    many: Tables = {
        "sites": {
            "site": names, "operator": ["telco"] * clusters, "country": ["AAA"] * clusters,
            "cluster": names, "people": [100 + 7 * n for n in range(clusters)],
        },
        "equipment": {
            "site": names, "function": ["RU"] * clusters, "product": ["old-ru"] * clusters,
        },
    }  # fmt: skip

    def with_crews(january: float) -> Planning:
        crews: Columns = {
            "pool": ["w", "w"], "crews": [1, 1], "from": ["2026-01-01", "2026-02-01"],
            "crew_days_per_week": [january, 4.0],
        }  # fmt: skip
        asked = goal(
            periods=6, cost={"discount_rate": 0.0, "exposure_usd_per_person_day": 0.01,
                             "overtime_share": 0.0},
            limits={"service_floor": 0.0}, solve={"seconds": 5, "gap": 1e-6},
        )  # fmt: skip
        folder = tmp_path / f"{january}"
        return plan(
            network_of(folder, **tables(crews=crews, **many)), asked, seconds=6, front=False
        )

    first, more = with_crews(4.0), with_crews(4.0 + 7 / 31)
    row = next(row for row in first.summary["binding"] if row["row"].endswith("2026-01"))
    saved = first.summary["objective"] - more.summary["objective"]
    assert saved > 100
    assert saved == pytest.approx(row["price_usd"], rel=0.2)
    assert f"one more crew-day saves about {row['price_usd']:,.0f} USD" in row["words"]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan") / "case"
    network_of(folder, **tables())
    return folder


def test_the_command_writes_a_run_and_says_what_cannot_be_done(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "goal.toml"
    asked.write_text(
        'name = "g"\noperator = "telco"\nfirst_day = 2026-01-01\nperiods = 4\n[replace]\n'
        'authority = "list"\n[limits.vendor_share]\nlimit = 0.3\n[uncertainty]\ndraws = 10\n'
    )
    out = tmp_path / "run"
    assert run(["plan", str(case), str(asked), "--seconds", "3", "--out", str(out)]) == 3
    told = capsys.readouterr()
    assert "cannot be swapped in time, proven" in told.out
    assert "shares of vendors and countries" in told.out
    assert (out / "plan.json").is_file()
    proof = json.loads((out / "plan.json").read_text())
    assert set(proof) == {
        "cost_usd", "objective", "bound", "gap", "unswapped", "status", "binding", "blame",
    }  # fmt: skip
    assert run(["check", str(out)]) == 0
    page = tmp_path / "page.html"
    assert run(["report", str(out), "--out", str(page), "--quiet"]) == 0
    assert "Who is swapped when" in page.read_text()


def test_without_a_goal_the_rules_in_force_are_met(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert run(["plan", str(case), "--seconds", "3", "--out", str(out), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"operator": "telcoo"}, "did you mean 'telco'"),
        ({"operator": "old"}, "nothing of what must go"),
        ({"replace": {"firms": ["olld"]}}, "did you mean 'old'"),
        ({"replace": {"authority": "lisst"}}, "no authority"),
        ({"replace": {"authority": "list", "functions": ["RUU"]}}, "no function"),
    ],
)
def test_goals_that_name_nothing_are_told(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    from indranet.errors import UsageError

    with pytest.raises(UsageError, match=told):
        solved(tmp_path, goal(**change))


def test_a_generated_programme_is_planned(tmp_path: Path) -> None:
    assert run(["generate", "plan", "--clusters", "40", "--seed", "1", "--into",
                str(tmp_path / "case"), "--quiet"]) == 0  # fmt: skip
    out = tmp_path / "run"
    code = run(["plan", str(tmp_path / "case"), str(tmp_path / "case" / "goal.toml"), "--seconds",
                "2", "--out", str(out), "--quiet"])  # fmt: skip
    assert code in (0, 3)
    summary = json.loads((out / "run.json").read_text())["summary"]
    assert summary["objective"] >= summary["bound"] > 0


@pytest.mark.parametrize(
    ("table", "column", "factor", "family", "row"),
    [
        ("crews", "crew_days_per_week", 0.03, "crews", "crews, region-"),
        ("budgets", "usd", 0.4, "cash", "money of operator until 2027"),
        ("offers", "units_per_month", 0.5, "deliveries", "deliveries of radio-"),
        ("", "", 0.1, "caps", "at most 10% of sites of operator"),
    ],
)
def test_what_is_short_is_proven_and_blamed(
    table: str, column: str, factor: float, family: str, row: str, tmp_path: Path
) -> None:
    """Too few crews, too little money, too slow makers, and caps that cannot add up."""
    folder = tmp_path / "case"
    plans(folder, clusters=40, seed=1)
    asked = read_goal(folder / "goal.toml")
    if table:
        multiply(folder / f"{table}.csv", column, factor)
    else:
        few = Goals.model_validate({"vendor_share": {"limit": factor, "per": "sites"}})
        asked = asked.model_copy(update={"limits": few})
    found = plan(read(folder), asked, seconds=1, front=False)
    blamed = found.summary["blame"]
    assert found.summary["unswapped"] > 0
    assert 0 < blamed["share_of_people"] <= found.summary["unswapped_people"] / people_of(found)
    assert max(blamed["families"], key=blamed["families"].get) == family
    assert any(row in words for words in blamed["words"])
    assert len(found.tables["schedule"]["cluster"]) >= found.summary["clusters"]


def multiply(path: Path, column: str, factor: float) -> None:
    """Multiply a column of a table, 5 where the table has none."""
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        row[column] = str(float(row.get(column, 5.0)) * factor)
    with path.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def people_of(found: Planning) -> float:
    return float(found.tables["clusters"]["people"].sum())


def test_the_page_escapes_what_comes_from_data(tmp_path: Path) -> None:
    from indranet.runs.report import report
    from indranet.runs.run import write_run

    base = tables()
    names = ["<script>alert(1)</script>", "B", "C"]
    network = network_of(
        tmp_path / "case", **tables(sites={**base["sites"], "cluster": names, "lat": [1, 2, 3],
                                           "lon": [4, 5, 6]})
    )  # fmt: skip
    found = plan(network, goal(), seconds=3)
    made = write_run(
        tmp_path / "run", "plan", network, found.tables, found.summary, inputs=[], seconds=1.0,
        documents={"plan": found.proof},
    )  # fmt: skip
    report([made], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert found.tables["pareto"]["cost_usd"].tolist() == sorted(found.tables["pareto"]["cost_usd"])
