"""What a schedule must bring about: a rule means the same in a plan as in exposure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of

from indranet.engines.assignment import Plan
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.rules import Asks
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_after import as_planned
from indranet.studies.plan_draws import dates
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.requirements import first_met, requirements
from indranet.studies.rule_metrics import Ends
from indranet.studies.rule_scope import scope
from indranet.studies.rules import basis_on, rules, rules_told

TODAY = np.datetime64("2026-01-01")
LIMITS = {"share": [0.0, 0.3, 0.5, 0.8], "count": [0.0, 2.0, 6.0, 15.0]}
WEIGHTS = ("sites", "people", "traffic", "instances", "units", "spend")


def random_case(seed: int) -> dict[str, Columns]:
    """Make two operators of four clusters, with makers, generations, days and costs not all known.

    Rules are of each weight, on firms, countries, exclusions and approvals; of the products on
    offer some have a known maker and a certificate and some have not.
    """
    rng = np.random.default_rng(seed)
    sites = [f"s{i}" for i in range(6)]
    products = [f"p{i}" for i in range(5)] + [f"o{i}" for i in range(4)]
    installed = sorted(
        {
            (str(rng.choice(sites)), str(rng.choice(["RU", "OLT", "router"])), int(rng.integers(5)))
            for _ in range(10)
        }
        | {("s0", "RU", 1)}
    )

    def some(values: list[Any], count: int) -> list[Any]:
        return [values[i] for i in rng.integers(0, len(values), count)]

    rows = len(installed)
    asked = [
        {
            "rule": f"r{n:02}", "from": str(rng.choice(["2025-01-01", "2026-03-10", "2026-05-01"])),
            "metric": metric, "weight": weight, "per": per,
            "limit": float(rng.choice(LIMITS[metric])),
            "who": who, "firm": {"firm": "east", "country": "CCC"}.get(who, ""),
            "functions": str(rng.choice(["", "RU;OLT"])), "generation": str(rng.choice(["", "5G"])),
            "what": what,
            "installed_from": str(rng.choice(["", "2022-01-01", "2026-02-01"])),
            "after_months": int(rng.choice([0, 30])) if who == "excluded" else 0,
        }
        for n, (weight, metric, per, who, what) in enumerate(
            (weight, str(rng.choice(["share", "count"])), per, who, what)
            for weight in WEIGHTS
            for per in ("operator", "country")
            for who, what in (
                ("excluded", "made"), ("firm", "made"), ("country", "made"),
                ("all", "uncertified"), ("excluded", "unlicensed"), ("excluded", "supported"),
            )
        )
    ]  # fmt: skip
    return {
        "countries": {"country": ["AAA", "BBB", "CCC"]},
        "firms": {
            "firm": ["one", "two", "north", "east", "west"],
            "country": ["AAA", "AAA", "BBB", "CCC", ""],
        },
        "products": {
            "product": products, "unit_cost_usd": some([5, 7, ""] if seed % 3 else [5, 7], 9),
            "firm": ["north", "east", "east", "west", "", "north", "north", "west", "east"],
        },
        "sites": {
            "site": sites, "operator": some(["one", "one", "two"], 6), "country": ["AAA"] * 6,
            "cluster": some(["A", "B", "C"], 6), "people": some([0, 3, 5], 6),
            "stands_for": some([1, 2, 3], 6),
        },
        "equipment": {
            "site": [s for s, _, _ in installed], "function": [f for _, f, _ in installed],
            "product": [f"p{p}" for _, _, p in installed], "quantity": some([1, 2, 4], rows),
            "generation": some(["5G", "4G", ""], rows),
            "installed": some(["", "2021-05-01", "2023-05-01"], rows),
        },
        "exclusions": {"authority": ["ours"], "firm": ["east"], "from": ["2024-01-01"]},
        "needs": {
            "user": ["p0", "p1", "o1"], "need": ["support"] * 3, "input": ["north", "east", "west"],
            "plane": ["trusted"] * 3,
        },
        "approvals": {
            "kind": ["certificate", "certificate", "licence", "certificate"],
            "thing": ["o0", "p0", "s0", "o3"], "country": ["AAA", "", "AAA", "BBB"],
            "until": ["", "2027-01-01", "2026-12-31", ""], "status": ["given"] * 4,
        },
        "offers": {
            "product": ["o0", "o1", "o2", "o3", "o0"],
            "replaces": ["RU", "RU", "OLT", "OLT", "router"], "unit_cost_usd": [1] * 5,
        },
        "rules": {name: [row[name] for row in asked] for name in asked[0]},
    }  # fmt: skip


def goal(**more: Any) -> Goal:
    asked = {
        "name": "g", "country": "AAA", "period": "month", "periods": 3, "first_day": "2026-01-01",
        "replace": {"authority": "ours"}, "uncertainty": {"draws": 0}, **more,
    }  # fmt: skip
    return Goal.model_validate_json(json.dumps(asked))


def any_plan(made: Planned, seed: int) -> Plan:
    """Return a stack that fits and a period for each cluster, none for some."""
    rng = np.random.default_rng(seed)
    fits = [
        np.flatnonzero(made.stacks.of_kind == kind).tolist() for kind in made.stacks.kind.tolist()
    ]
    option = [int(rng.choice([*some, *some, *some, -1])) if some else -1 for some in fits]
    period = rng.integers(0, made.goal.periods, len(option))
    return Plan(
        np.array(option, dtype=np.int32),
        np.where(np.array(option) >= 0, period, -1).astype(np.int32),
    )


def networks(made: Planned, chosen: Plan) -> Iterator[Network]:
    """Yield the case as things stand, and as planned after each period."""
    for until in range(made.goal.periods + 1):
        there = (chosen.period >= 0) & (chosen.period < until)
        yield as_planned(made, Plan(np.where(there, chosen.option, -1), chosen.period))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
@example(seed=134)
def test_a_plan_meets_a_rule_on_the_day_on_which_exposure_says_that_it_holds(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    network = network_of(tmp_path_factory.mktemp("c") / "c", **random_case(seed))
    made = planned(groundwork(network), goal())
    chosen = any_plan(made, seed)
    found = dates(made, chosen)
    ends = made.starts[1:] + np.timedelta64(made.goal.practice.acceptance_days, "D")
    after = list(networks(made, chosen))
    holding: dict[np.datetime64, list[set[tuple[str, str, str]]]] = {}
    for place, rule in enumerate(made.rules):
        assert rule.reading is not None
        day = rule.reading.on.day
        if day not in holding:
            holding[day] = [holds(one, day) for one in after]
        key = (rule.rule, rule.country, rule.operator)
        met = [key in some for some in holding[day]]
        if not any(met):
            expected = np.datetime64("NaT")
        elif met[0]:
            expected = np.datetime64(min(made.starts[0], rule.date))
        else:
            expected = ends[met.index(True) - 1]
        assert str(found.planned[place]) == str(expected), (key, met)
        assert not found.at_best[place] > found.planned[place]


def holds(network: Network, day: np.datetime64) -> set[tuple[str, str, str]]:
    table = rules(groundwork(network), authority="ours", day=day).rules
    rows = zip(*(table[n].tolist() for n in ("rule", "country", "operator", "holds")), strict=True)
    return {row[:3] for row in rows if row[3] == "true"}


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_sums_over_sites_are_what_rules_compare(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    network = network_of(tmp_path_factory.mktemp("c") / "c", **random_case(seed))
    ground = groundwork(network)
    table = rules(ground, authority="ours", day=TODAY).rules
    firms = np.append(network.names["firm"], "")
    columns = (table[n].tolist() for n in ("rule", "operator", "low", "high"))
    told = {(rule, who): ends for rule, who, *ends in zip(*columns, strict=True)}
    sites, seen = len(network["sites"]), 0
    for rule in rules_told(ground, TODAY):
        on = basis_on(ground, "ours", TODAY, rule.after_months)
        for one in requirements(on, scope(on, rule), np.arange(sites), sites):
            low, high = one.ends.summed(np.zeros(sites, dtype=np.int64), 1).values(rule.metric)
            row = told[rule.name, str(firms[one.operator])]
            assert [float(low[0]), float(high[0])] == pytest.approx(row)
            seen += 1
    assert seen == len(table["rule"])


# Of 10 real sites of `one`, `a` (3) has two units of `east`, `b` (2) one, `c` (5) one of a maker
# that is not known; `two` has one site of `east`.
CASE: dict[str, Columns] = {
    "countries": {"country": ["AAA"]},
    "firms": {"firm": ["one", "two", "east", "north"], "country": ["AAA", "AAA", "", "AAA"]},
    "products": {
        "product": ["radio-e", "base-e", "radio-x", "radio-n", "base-n"],
        "firm": ["east", "east", "", "north", "north"],
    },
    "sites": {
        "site": ["a", "b", "c", "d"], "operator": ["one", "one", "one", "two"],
        "country": ["AAA"] * 4, "stands_for": [3, 2, 5, 1],
        "people": [40, 10, 50, 7],
    },
    "equipment": {
        "site": ["a", "a", "b", "c", "d"], "function": ["RU", "DU", "RU", "RU", "RU"],
        "product": ["radio-e", "base-e", "radio-e", "radio-x", "radio-e"],
        "quantity": [3, 1, 3, 3, 3],
    },
    "offers": {
        "product": ["radio-n", "base-n"], "replaces": ["RU", "DU"], "unit_cost_usd": [1, 1],
    },
    "exclusions": {"authority": ["ours"], "firm": ["east"]},
}  # fmt: skip
CAP = {"rule": "cap", "from": "2026-03-01", "metric": "share", "limit": 0.25}


def made_of(folder: Path, rule: dict[str, Any], asked: Goal, **tables: Columns) -> Planned:
    rows = {name: [cell] for name, cell in {**CAP, **rule}.items()}
    network = network_of(folder, **{**CASE, "rules": rows, **tables})
    return planned(groundwork(network, wanted=asked.replace.wanted), asked)


def days(made: Planned, **period: int) -> list[tuple[str, str, str]]:
    """Return operator, and the days on which each rule is met and is no longer surely broken."""
    names = list(made.swaps.groups)
    when = np.array([period.get(name, -1) for name in names], dtype=np.int32)
    found = dates(made, Plan(np.where(when >= 0, 0, -1).astype(np.int32), when))
    return [
        (rule.operator, str(found.planned[i]), str(found.at_best[i]))
        for i, rule in enumerate(made.rules)
    ]


def test_what_is_not_known_keeps_a_rule_from_being_met(tmp_path: Path) -> None:
    """Of `one` 5 of 10 surely count and 5 may: without `a` and `b` it hangs on the maker of `c`."""
    made = made_of(tmp_path / "c", {}, goal())
    one, two = made.rules
    assert one.lacking == pytest.approx(7.5)
    assert one.allowed == pytest.approx(2.5)
    assert one.gain.tolist() == [3, 2, 0]
    assert two.lacking == pytest.approx(0.75)
    assert days(made, a=0, b=1, d=2) == [
        ("one", "NaT", "2026-02-08"), ("two", "2026-04-08", "2026-04-08"),
    ]  # fmt: skip
    known = {**CASE["products"], "firm": ["east", "east", "north", "north", "north"]}
    made = made_of(tmp_path / "d", {}, goal(), products=known)
    assert days(made, a=1)[0] == ("one", "2026-03-08", "2026-03-08")


def test_a_country_is_one_party_with_all_its_operators(tmp_path: Path) -> None:
    """`one` plans; the site of `two` counts in the country's share all the same: 6 of 11."""
    known = {**CASE["products"], "firm": ["east", "east", "north", "north", "north"]}
    asked = Goal.model_validate_json(
        json.dumps({**json.loads(goal().model_dump_json(exclude={"country"})), "operator": "one"})
    )
    made = made_of(tmp_path / "c", {"per": "country"}, asked, products=known)
    (rule,) = made.rules
    assert (rule.operator, rule.country) == ("", "AAA")
    assert rule.lacking == pytest.approx(6 - 0.25 * 11)
    assert days(made, b=0)[0][1] == "NaT"
    assert days(made, a=0, b=1)[0][1] == "2026-03-08"


def test_firms_that_a_goal_replaces_are_those_whom_it_excludes(tmp_path: Path) -> None:
    made = made_of(tmp_path / "c", {"limit": 0.6}, goal(replace={"firms": ["east"]}))
    assert made.rules[1].lacking == pytest.approx(0.4)
    wanted = goal(replace={"wanted": True, "functions": ["RU"]})
    nobody = {**CASE["products"], "kind": ["equipment", "equipment", "wanted", *["equipment"] * 2]}
    made = made_of(tmp_path / "d", {}, wanted, products=nobody)
    assert made.rules == ()
    assert made.others == ("cap: share <= 0.25, and the goal names nobody whom it excludes",)


def test_whoever_is_excluded_later_is_a_date_of_its_own(tmp_path: Path) -> None:
    """`east` is listed on 15 March; a rule that counts it a month later asks so on 15 April."""
    rule = {"metric": "count", "limit": 0, "from": "2020-01-01"}
    listed: Columns = {"authority": ["ours"], "firm": ["east"], "from": ["2026-03-15"]}
    made = made_of(tmp_path / "c", rule, goal(periods=6), exclusions=listed)
    told = [(d.rule, d.operator, str(d.date), float(d.lacking)) for d in made.rules]
    assert told == [
        ("cap", "one", "2020-01-01", 0), ("cap", "two", "2020-01-01", 0),
        ("cap", "one", "2026-03-15", 3), ("cap", "two", "2026-03-15", 1),
    ]  # fmt: skip
    assert made.problem.latest.tolist() == [1, 1, 1]
    later = made_of(tmp_path / "d", {**rule, "after_months": 1}, goal(periods=6), exclusions=listed)
    assert {str(d.date) for d in later.rules} == {"2020-01-01", "2026-04-15"}
    assert later.problem.latest.tolist() == [2, 2, 2]


def test_each_site_is_swapped_before_its_own_licence_ends(tmp_path: Path) -> None:
    rule = {
        "metric": "count", "limit": 0, "from": "2020-01-01", "what": "unlicensed",
        "functions": "RU",
    }  # fmt: skip
    licences: Columns = {
        "kind": ["licence"] * 4,
        "thing": ["a", "b", "c", "d"],
        "until": ["2026-02-20", "2026-05-20", "2030-12-31", "2026-02-25"],
    }
    made = made_of(tmp_path / "c", rule, goal(periods=6), approvals=licences)
    assert dict(zip(made.swaps.groups, made.problem.latest.tolist(), strict=True)) == {
        "a": 0, "b": 3, "d": 0,
    }  # fmt: skip
    dates_ = {(d.operator, str(d.date)) for d in made.rules if d.lacking}
    assert dates_ == {("one", "2026-02-21"), ("one", "2026-05-21"), ("two", "2026-02-21")}


def test_steps_count_from_what_is_done_before() -> None:
    start = Ends(np.array([5.0, 1, 0, 2]), np.array([5.0, 1, 0, 2]))
    change = np.array([[-2.0, -3.0], [0, 0], [0, 0], [-1, -1]])
    asks = Asks("count", "<=", 3.0)

    def met(*step: int) -> int:
        return first_met(asks, start, Ends(change, change), np.array(step), 4)

    assert (met(0, 2), met(3, 2), met(-1, 9), met(9, 9)) == (1, 3, 0, -1)
