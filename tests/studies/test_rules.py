"""Rules: each metric by hand, three values, whom a rule binds, and when."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of, shuffled

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.rules import meets
from indranet.studies.groundwork import groundwork
from indranet.studies.rules import rules

TODAY = np.datetime64("2026-01-01")

# Two operators in AAA. `one` has a radio of `east` at a site that stands for 3 and a radio of
# `north` at one that stands for 7; `two` has only radios of `north`, at 10 sites. `east` is
# excluded in AAA by `ours`.
CASE: dict[str, Columns] = {
    "countries": {"country": ["AAA", "BBB", "CCC"]},
    "firms": {
        "firm": ["one", "two", "north", "east", "east-radio", "south"],
        "country": ["AAA", "AAA", "BBB", "CCC", "BBB", ""],
        "parent": ["", "", "", "", "east", ""],
    },
    "products": {
        "product": ["radio-n", "radio-e", "radio-s", "radio-x", "core-n", "core-e"],
        "firm": ["north", "east-radio", "south", "", "north", "east"],
        "unit_cost_usd": [10, 20, 30, "", 100, 100],
    },
    "sites": {
        "site": ["a", "b", "c", "lab", "hub"],
        "operator": ["one", "one", "two", "one", "two"],
        "country": ["AAA"] * 5,
        "kind": ["radio", "radio", "radio", "core", "core"],
        "people": [60, 40, 100, 0, 0],
        "stands_for": [3, 7, 10, 1, 1],
    },
    "equipment": {
        "site": ["a", "b", "c", "lab", "hub"],
        "function": ["RU", "RU", "RU", "AMF", "AMF"],
        "product": ["radio-e", "radio-n", "radio-n", "core-n", "core-n"],
        "quantity": [2, 3, 3, 1, 1],
        "generation": ["5G", "5G", "5G", "", ""],
    },
    "exclusions": {"authority": ["ours"], "firm": ["east"], "by": ["AAA"]},
}  # fmt: skip
ACCESS = {"rule": "cap", "from": "2020-01-01", "country": "AAA", "functions": "RU"}


def case(folder: Path, *rows: dict[str, Any], **tables: Columns) -> Network:
    names = sorted({name for row in rows for name in row})
    told = {name: [row.get(name, "") for row in rows] for name in names}
    return network_of(folder, **{**CASE, **tables, "rules": told})


def found(network: Network, authority: str | None = "ours", **asked: Any) -> list[dict[str, Any]]:
    table = rules(groundwork(network), authority=authority, day=TODAY, **asked).rules
    columns = {name: values.tolist() for name, values in table.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def of(network: Network, operator: str = "one", **asked: Any) -> dict[str, Any]:
    rows = [row for row in found(network, **asked) if row["operator"] == operator]
    assert len(rows) == 1
    return rows[0]


def with_units(**changed: Any) -> Columns:
    return {**CASE["equipment"], **changed}


@pytest.mark.parametrize(
    ("weight", "value"),
    [
        ("sites", 3 / 10), ("people", 60 / 100), ("traffic", 60 / 100), ("instances", 3 / 10),
        ("units", 6 / 27), ("spend", 120 / 330),
    ],
)  # fmt: skip
def test_a_share_by_each_weight(tmp_path: Path, weight: str, value: float) -> None:
    rule = {**ACCESS, "metric": "share", "weight": weight, "limit": 0.35}
    row = of(case(tmp_path / "c", rule))
    assert row["value"] == row["low"] == row["high"] == pytest.approx(value)
    assert row["holds"] == ("true" if value <= 0.35 else "false")
    assert row["margin"] == pytest.approx(0.35 - value)
    assert row["evidence"] == "a/RU/radio-e"


@pytest.mark.parametrize(
    ("weight", "value"),
    [("sites", 3), ("people", 60), ("traffic", 60), ("instances", 3), ("units", 6), ("spend", 120)],
)
def test_a_count_by_each_weight(tmp_path: Path, weight: str, value: float) -> None:
    rule = {**ACCESS, "metric": "count", "weight": weight, "comparison": "=", "limit": 0}
    row = of(case(tmp_path / "c", rule))
    assert (row["value"], row["holds"], row["margin"]) == (value, "false", -value)
    other = of(case(tmp_path / "d", rule), "two")
    assert (other["value"], other["holds"], other["margin"], other["evidence"]) == (
        0, "true", 0, "",
    )  # fmt: skip


def test_of_a_site_with_two_vendors_all_its_traffic_is_divided(tmp_path: Path) -> None:
    """`a` carries 60 people: 3 in 4 of them on two units of `radio-e`, as its share says."""
    equipment = {name: [*cells, cells[0]] for name, cells in CASE["equipment"].items()}
    equipment["product"] = [*CASE["equipment"]["product"], "radio-n"]
    equipment["traffic_share"] = [0.75, "", "", "", "", ""]
    rule = {**ACCESS, "metric": "share", "weight": "traffic", "limit": 0.35}
    row = of(case(tmp_path / "c", rule, equipment=equipment))
    assert row["value"] == pytest.approx(45 / 100)
    by_site = of(case(tmp_path / "d", {**rule, "weight": "sites"}, equipment=equipment))
    assert by_site["value"] == pytest.approx(3 / 10)


def test_concentration_by_hand(tmp_path: Path) -> None:
    rule = {**ACCESS, "who": "all", "metric": "hhi", "weight": "sites", "limit": 0.6}
    row = of(case(tmp_path / "c", rule))
    assert row["value"] == row["high"] == pytest.approx(0.3**2 + 0.7**2)
    assert row["margin"] == pytest.approx(0.02)
    assert row["evidence"] == "north 70.0%, east 30.0%"
    country = of(case(tmp_path / "d", {**rule, "per": "country"}), "")
    assert country["value"] == pytest.approx(0.15**2 + 0.85**2)
    some = of(case(tmp_path / "e", {**rule, "who": "country", "firm": "CCC"}))
    assert some["value"] == pytest.approx(0.3**2)


def test_concentration_is_a_range_where_a_maker_is_not_known(tmp_path: Path) -> None:
    """Spread thin the unknown 3 of 10 add nothing; on the top all is one vendor's."""
    units = with_units(product=["radio-x", "radio-n", "radio-n", "core-n", "core-n"])
    rule = {**ACCESS, "who": "all", "metric": "hhi", "weight": "sites", "limit": 0.6}
    row = of(case(tmp_path / "c", rule, equipment=units))
    assert (row["low"], row["high"]) == (pytest.approx(0.49), pytest.approx(1.0))
    assert row["value"] == pytest.approx(1.0)
    assert row["holds"] == "unknown"
    assert np.isnan(row["margin"])
    assert row["evidence"] == "north 70.0%, not known 30.0%"


def test_vendors_are_counted_with_whoever_controls_them(tmp_path: Path) -> None:
    rule = {
        "rule": "two", "from": "2020-01-01", "who": "all", "metric": "vendors", "comparison": ">=",
        "limit": 2,
    }  # fmt: skip
    units = with_units(product=["radio-e", "radio-e", "radio-n", "core-e", "core-n"])
    row = of(case(tmp_path / "c", rule, equipment=units))
    assert (row["value"], row["holds"], row["evidence"]) == (1, "false", "east 100.0%")
    assert of(case(tmp_path / "d", rule))["value"] == 2


def test_a_product_without_a_maker_may_be_one_vendor_more(tmp_path: Path) -> None:
    rule = {**ACCESS, "who": "all", "metric": "vendors", "comparison": ">=", "limit": 2}
    units = with_units(product=["radio-x", "radio-n", "radio-n", "core-n", "core-n"])
    row = of(case(tmp_path / "c", rule, equipment=units))
    assert (row["low"], row["high"], row["holds"]) == (1, 2, "unknown")
    most = {**rule, "comparison": "<=", "limit": 2}
    assert of(case(tmp_path / "d", most, equipment=units))["holds"] == "true"


def test_people_left_without_the_worst_vendor(tmp_path: Path) -> None:
    rule = {
        **ACCESS, "who": "all", "metric": "people_without_any_one_vendor", "comparison": ">=",
        "limit": 0.5,
    }  # fmt: skip
    network = case(tmp_path / "c", rule)
    row = of(network)
    # Without `east` the 60 people of `a` are lost, without `north` the 40 of `b`.
    assert (row["value"], row["holds"]) == (pytest.approx(0.4), "false")
    assert row["evidence"] == "without east 40 of 100 people are served"
    assert of(network, "two")["value"] == 0
    # With its core in the scope, all radio sites hang on `north`.
    core = of(case(tmp_path / "d", {**rule, "functions": "RU;AMF"}))
    assert core["value"] == 0
    east = of(case(tmp_path / "e", {**rule, "functions": "AMF", "who": "firm", "firm": "east"}))
    assert east["value"] == 1


def test_hosts_carry_those_who_lose_their_network(tmp_path: Path) -> None:
    """`two` can carry 30 % of the 100 users of `one` unless its own radios are gone too."""
    rule = {
        **ACCESS, "who": "firm", "firm": "east", "comparison": ">=", "limit": 0.5,
        "metric": "people_without_any_one_vendor",
    }  # fmt: skip
    roaming: Columns = {"operator": ["one"], "host": ["two"], "country": ["AAA"], "share": [0.3]}
    assert of(case(tmp_path / "c", rule, roaming=roaming))["value"] == pytest.approx(0.7)
    north = {**rule, "firm": "north"}
    assert of(case(tmp_path / "d", north, roaming=roaming))["value"] == pytest.approx(0.6)
    elsewhere: Columns = {**roaming, "country": ["BBB"]}
    assert of(case(tmp_path / "e", rule, roaming=elsewhere))["value"] == pytest.approx(0.4)
    both = of(case(tmp_path / "f", {**rule, "per": "country"}, roaming=roaming), "")
    assert both["value"] == pytest.approx(170 / 200)


def test_what_has_no_known_maker_may_go_with_any_vendor(tmp_path: Path) -> None:
    units = with_units(product=["radio-x", "radio-n", "radio-n", "core-n", "core-n"])
    rule = {
        **ACCESS, "who": "all", "metric": "people_without_any_one_vendor", "comparison": ">=",
        "limit": 0.5,
    }  # fmt: skip
    network = case(tmp_path / "c", rule, equipment=units)
    row = of(network)
    assert (row["low"], row["high"], row["holds"]) == (0, pytest.approx(0.6), "unknown")
    asked = rules(groundwork(network), authority=None, day=TODAY).questions
    assert asked["effect"].tolist() == pytest.approx([0.6])


SUPPLIED: dict[str, Columns] = {
    "plants": {"plant": ["works"], "product": ["radio-n"], "country": ["BBB"]},
    "supplies": {
        "supplier": ["works", "works"], "customer": ["one", "two"],
        "quantity_per_day": [2, 3], "stock_days": [10, 0],
    },
    "stocks": {
        "holder": ["one", "AAA"], "product": ["radio-n", "radio-n"], "quantity": [8, 50],
    },
}  # fmt: skip
COVER = {
    **ACCESS, "who": "firm", "firm": "north", "metric": "days_of_cover", "comparison": ">=",
    "limit": 20,
}  # fmt: skip


def test_days_of_cover_by_hand(tmp_path: Path) -> None:
    """Contracts keep 10 days, 8 units last 4, and 50 of the country last all buyers 10."""
    network = case(tmp_path / "c", COVER, **SUPPLIED)
    one, two = of(network), of(network, "two")
    assert (one["value"], one["holds"], one["evidence"]) == (24, "true", "radio-n 24.0 days")
    assert (two["value"], two["holds"], two["margin"]) == (10, "false", -10)
    together = of(case(tmp_path / "d", {**COVER, "per": "country"}, **SUPPLIED), "")
    assert together["value"] == pytest.approx((20 + 8) / 5 + 10)


def test_nobody_knows_how_long_lasts_what_nobody_is_told_to_use(tmp_path: Path) -> None:
    network = case(tmp_path / "c", {**COVER, "firm": "east"}, **SUPPLIED)
    row = of(network)
    assert (row["low"], row["high"], row["holds"]) == (0, np.inf, "unknown")
    asked = rules(groundwork(network), authority=None, day=TODAY).questions
    assert asked["question"].tolist() == [
        "How much of radio-e is used a day, and how much is in store?"
    ]
    assert asked["effect"].tolist() == [20]
    # Of `two`, which has nothing of `east`, there is nothing to tell.
    assert of(network, "two")["holds"] == "true"


# The design's known answer: a radio is 2 chips at 20 and a board at 30 of whose maker nothing is
# known, so that tier 1 is 40 parts in 70 chips.
PARTS: dict[str, Columns] = {
    "products": {
        "product": ["radio-n", "radio-e", "core-n", "chip", "board"],
        "firm": ["north", "east", "north", "south", ""],
        "unit_cost_usd": [100, 100, 100, 20, 30],
    },
    "components": {
        "product": ["radio-n", "radio-n", "radio-e", "radio-e"],
        "component": ["chip", "board", "chip", "board"], "quantity": [2, 1, 2, 1],
    },
}  # fmt: skip


def test_makers_of_components_count_at_their_tier(tmp_path: Path) -> None:
    rule = {
        **ACCESS, "who": "firm", "firm": "south", "tier": 1, "metric": "share", "weight": "spend",
        "limit": 0.6,
    }  # fmt: skip
    network = case(tmp_path / "c", rule, **PARTS)
    row = of(network)
    assert (row["low"], row["high"]) == (pytest.approx(4 / 7), pytest.approx(1))
    assert (row["value"], row["holds"]) == (pytest.approx(4 / 7), "unknown")
    asked = rules(groundwork(network), authority=None, day=TODAY).questions
    mine = asked["operator"] == "one"
    assert asked["question"][mine].tolist() == ["Which firm makes board?"]
    assert asked["effect"][mine].tolist() == pytest.approx([3 / 7])
    installed = of(case(tmp_path / "d", {**rule, "tier": 0}, **PARTS))
    assert (installed["value"], installed["holds"]) == (0, "true")


def test_at_a_deeper_tier_anything_of_theirs_in_a_unit_counts(tmp_path: Path) -> None:
    rule = {
        **ACCESS, "who": "firm", "firm": "south", "tier": 1, "metric": "count", "weight": "sites",
        "comparison": "=", "limit": 0,
    }  # fmt: skip
    row = of(case(tmp_path / "c", rule, **PARTS))
    assert (row["value"], row["low"], row["high"], row["holds"]) == (10, 10, 10, "false")


def test_concentration_and_vendors_at_a_deeper_tier(tmp_path: Path) -> None:
    rule = {**ACCESS, "who": "all", "tier": 1, "metric": "hhi", "weight": "spend", "limit": 0.9}
    row = of(case(tmp_path / "c", rule, **PARTS))
    assert (row["low"], row["high"]) == (pytest.approx((4 / 7) ** 2), pytest.approx(1))
    vendors = {**rule, "metric": "vendors", "comparison": ">=", "limit": 2}
    row = of(case(tmp_path / "d", vendors, **PARTS))
    assert (row["low"], row["high"], row["holds"]) == (1, np.inf, "unknown")


def test_without_an_authority_a_rule_on_excluded_firms_is_unknown(tmp_path: Path) -> None:
    rule = {**ACCESS, "metric": "vendors", "limit": 1}
    network = case(tmp_path / "c", rule)
    row = of(network, authority=None)
    assert row["holds"] == "unknown"
    assert np.isnan(row["value"])
    assert row["evidence"].startswith("no authority is named")
    assert "an authority, not named," in row["says"]
    asked = rules(groundwork(network), authority=None, day=TODAY).questions
    assert set(asked["question"]) == {"Whose exclusions does the rule speak of? Name an authority."}
    assert of(network)["holds"] == "true"


@pytest.mark.parametrize("metric", ["share", "count", "hhi", "people_without_any_one_vendor"])
def test_no_authority_leaves_every_metric_unknown(tmp_path: Path, metric: str) -> None:
    rule = {**ACCESS, "metric": metric, "limit": 0.5}
    assert of(case(tmp_path / "c", rule), authority=None)["holds"] == "unknown"


def test_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    network = case(tmp_path / "c", {**ACCESS, "metric": "count", "limit": 0})
    with pytest.raises(UsageError, match="did you mean 'ours'"):
        found(network, "our")


def test_exclusions_that_bind_others_are_said_to_exclude_nobody_there(tmp_path: Path) -> None:
    exclusions = {"authority": ["ours"], "firm": ["east"], "by": ["BBB"]}
    rule = {**ACCESS, "metric": "count", "limit": 0}
    row = of(case(tmp_path / "c", rule, exclusions=exclusions))
    assert (row["holds"], row["evidence"]) == ("true", "ours excludes nobody there on this day")


def test_what_has_no_maker_counts_at_the_high_end_alone(tmp_path: Path) -> None:
    units = with_units(product=["radio-e", "radio-x", "radio-n", "core-n", "core-n"])
    rule = {**ACCESS, "metric": "share", "weight": "sites", "limit": 0.35}
    network = case(tmp_path / "c", rule, equipment=units)
    row = of(network)
    assert (row["value"], row["low"], row["high"]) == (pytest.approx(0.3), pytest.approx(0.3), 1)
    assert row["holds"] == "unknown"
    assert row["evidence"] == "a/RU/radio-e; not known: b/RU/radio-x"
    asked = rules(groundwork(network), authority="ours", day=TODAY).questions
    assert asked["question"].tolist() == ["Which firm makes radio-x?"]
    assert asked["effect"].tolist() == pytest.approx([0.7])


def test_a_firm_without_a_seat_may_be_of_any_country(tmp_path: Path) -> None:
    units = with_units(product=["radio-s", "radio-e", "radio-n", "core-n", "core-n"])
    rule = {**ACCESS, "who": "country", "firm": "CCC", "metric": "share", "limit": 0.8}
    network = case(tmp_path / "c", rule, equipment=units)
    row = of(network)
    # `east-radio` is seated in BBB, and `east` of CCC controls it.
    assert (row["low"], row["high"], row["holds"]) == (pytest.approx(0.7), 1, "unknown")
    asked = rules(groundwork(network), authority=None, day=TODAY).questions
    assert asked["question"].tolist() == [
        "In which country is south, or a firm that controls it, seated?"
    ]


def test_the_questions_that_settle_most_come_first(tmp_path: Path) -> None:
    products = {name: [*cells, ""] for name, cells in CASE["products"].items()}
    products["product"] = [*CASE["products"]["product"], "radio-y"]
    units = with_units(product=["radio-y", "radio-x", "radio-n", "core-n", "core-n"])
    rule = {**ACCESS, "metric": "share", "weight": "sites", "limit": 0.35}
    network = case(tmp_path / "c", rule, products=products, equipment=units)
    asked = rules(groundwork(network), authority="ours", day=TODAY).questions
    assert asked["question"].tolist() == ["Which firm makes radio-x?", "Which firm makes radio-y?"]
    assert asked["effect"].tolist() == pytest.approx([0.7, 0.3])


def test_a_radio_without_a_generation_may_be_of_any(tmp_path: Path) -> None:
    units = with_units(generation=["", "4G", "5G-Advanced", "", ""])
    rule = {**ACCESS, "generation": "5G", "metric": "count", "comparison": "=", "limit": 0}
    network = case(tmp_path / "c", rule, equipment=units)
    row = of(network)
    assert (row["low"], row["high"], row["holds"]) == (0, 3, "unknown")
    asked = rules(groundwork(network), authority="ours", day=TODAY).questions
    assert asked["question"].tolist() == ["Which generation of network does radio-e serve?"]
    assert asked["effect"].tolist() == [3]
    # 5G-Advanced is 5G, and so is its core; 4G is not.
    every = {**rule, "who": "all", "functions": ""}
    counted = {
        r["operator"]: (r["low"], r["high"])
        for r in found(case(tmp_path / "d", every, equipment=units))
    }
    assert counted == {"one": (1, 4), "two": (11, 11)}


def test_what_may_be_outside_a_scope_widens_its_share(tmp_path: Path) -> None:
    """3 of `east` may be outside: then 0 of 7, else 3 of 10; if the 7 may be: 3 of 3 or of 10."""
    rule = {**ACCESS, "generation": "5G", "metric": "share", "weight": "sites", "limit": 0.35}
    first = with_units(generation=["", "5G", "5G", "", ""])
    row = of(case(tmp_path / "c", rule, equipment=first))
    assert (row["low"], row["high"], row["holds"]) == (0, pytest.approx(0.3), "true")
    other = with_units(generation=["5G", "", "5G", "", ""])
    row = of(case(tmp_path / "d", rule, equipment=other))
    assert (row["low"], row["high"], row["holds"]) == (pytest.approx(0.3), 1, "unknown")


def test_what_costs_nobody_knows_what_leaves_the_share_of_spend_open(tmp_path: Path) -> None:
    products = {**CASE["products"], "unit_cost_usd": ["", 20, 30, "", 100, 100]}
    rule = {**ACCESS, "metric": "share", "weight": "spend", "limit": 0.35}
    network = case(tmp_path / "c", rule, products=products)
    row = of(network)
    assert (row["low"], row["high"], row["holds"]) == (0, 1, "unknown")
    asked = rules(groundwork(network), authority="ours", day=TODAY).questions
    assert asked["question"].tolist() == ["What does one unit of radio-n cost?"]
    # Where nothing is theirs no cost is needed.
    assert of(network, "two")["holds"] == "true"


def test_a_cap_may_hold_for_the_country_and_be_broken_by_one_operator(tmp_path: Path) -> None:
    cap = {**ACCESS, "metric": "share", "weight": "people", "limit": 0.35}
    operators = {r["operator"]: r["holds"] for r in found(case(tmp_path / "c", cap))}
    assert operators == {"one": "false", "two": "true"}
    country = found(case(tmp_path / "d", {**cap, "per": "country"}))
    assert [(r["country"], r["operator"], r["holds"]) for r in country] == [("AAA", "", "true")]
    assert country[0]["value"] == pytest.approx(0.3)


def test_a_moved_date_is_a_new_row(tmp_path: Path) -> None:
    old = {**ACCESS, "metric": "count", "limit": 0, "until": "2026-06-30"}
    new = {**old, "from": "2026-07-01", "until": ""}
    network = case(tmp_path / "c", new, old)
    rows = [r for r in found(network) if r["operator"] == "one"]
    assert [str(r["from"]) for r in rows] == ["2020-01-01", "2026-07-01"]
    assert [r["holds"] for r in rows] == ["false", "false"]
    later = rules(groundwork(network), authority="ours", day=np.datetime64("2026-07-01")).rules
    assert set(map(str, later["from"])) == {"2026-07-01"}


def test_a_rule_holds_on_its_first_and_last_day(tmp_path: Path) -> None:
    rule = {**ACCESS, "from": "2026-01-01", "until": "2026-01-01", "metric": "count", "limit": 0}
    assert of(case(tmp_path / "c", rule))["rows"] == 2
    ended = {**rule, "from": "2025-01-01", "until": "2025-12-31"}
    assert found(case(tmp_path / "d", ended)) == []


def test_a_rule_stands_and_falls_with_its_agreement(tmp_path: Path) -> None:
    pact = {"agreement": ["pact"], "until": ["2025-12-31"]}
    rule = {**ACCESS, "metric": "count", "limit": 0, "agreement": "pact"}
    assert found(case(tmp_path / "c", rule, agreements=pact)) == []


def test_a_rule_that_speaks_of_nothing_holds(tmp_path: Path) -> None:
    rule = {**ACCESS, "functions": "OLT", "metric": "share", "limit": 0.35}
    for authority in ("ours", None):
        row = of(case(tmp_path / f"{authority}", rule), authority=authority)
        assert (row["holds"], row["value"], row["rows"]) == ("true", 0, 0)
        assert row["evidence"].endswith("nothing in its scope")
    most = {**rule, "who": "all", "metric": "vendors", "comparison": ">=", "limit": 2}
    assert of(case(tmp_path / "c", most))["holds"] == "true"
    nowhere = {**rule, "country": "BBB"}
    assert [r["operator"] for r in found(case(tmp_path / "d", nowhere))] == [""]


def test_a_rule_on_a_class_of_sites_speaks_of_those_alone(tmp_path: Path) -> None:
    sites = {**CASE["sites"], "class": ["normal", "critical", "normal", "normal", "normal"]}
    rule = {**ACCESS, "class": "critical", "who": "all", "metric": "count", "limit": 0}
    assert of(case(tmp_path / "c", rule, sites=sites))["value"] == 7


@pytest.mark.parametrize(
    ("comparison", "limit", "holds", "margin"),
    [
        ("<=", 0.3, "true", 0.0), ("<", 0.3, "false", 0.0), ("<", 0.4, "true", 0.1),
        (">=", 0.3, "true", 0.0), (">", 0.3, "false", 0.0), (">=", 0.5, "false", -0.2),
        ("=", 0.3, "true", 0.0), ("=", 0.2, "false", -0.1),
    ],
)  # fmt: skip
def test_every_comparison(
    tmp_path: Path, comparison: str, limit: float, holds: str, margin: float
) -> None:
    rule = {**ACCESS, "metric": "share", "comparison": comparison, "limit": limit}
    row = of(case(tmp_path / "c", rule))
    assert (row["holds"], row["margin"]) == (holds, pytest.approx(margin))


def test_what_counts_against_a_lower_limit_is_what_is_not_theirs(tmp_path: Path) -> None:
    rule = {
        **ACCESS,
        "who": "firm",
        "firm": "north",
        "metric": "share",
        "comparison": ">=",
        "limit": 1,
    }
    row = of(case(tmp_path / "c", rule))
    assert (row["holds"], row["evidence"]) == ("false", "a/RU/radio-e")


def test_many_rows_are_told_by_the_weightiest_and_their_number(tmp_path: Path) -> None:
    sites = [f"s{i}" for i in range(8)]
    tables: dict[str, Columns] = {
        "sites": {
            "site": sites, "operator": ["one"] * 8, "country": ["AAA"] * 8,
            "stands_for": [1, 1, 1, 1, 5, 1, 1, 1],
        },
        "equipment": {"site": sites, "function": ["RU"] * 8, "product": ["radio-e"] * 8},
    }  # fmt: skip
    rule = {**ACCESS, "metric": "count", "limit": 0}
    assert of(case(tmp_path / "c", rule, **tables))["evidence"] == (
        "s4/RU/radio-e, s0/RU/radio-e, s1/RU/radio-e and 5 more"
    )


def test_sites_of_no_operator_are_told_where_the_rule_speaks_of_them(tmp_path: Path) -> None:
    sites = {**CASE["sites"], "operator": ["", "one", "two", "", "two"]}
    rule = {**ACCESS, "metric": "count", "limit": 0}
    operators = {r["operator"]: r["value"] for r in found(case(tmp_path / "c", rule, sites=sites))}
    assert operators == {"one": 0, "two": 0, "unknown": 3}


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    told = [
        {**ACCESS, "rule": f"r{i}", "metric": metric, "limit": 1, "who": who}
        for i, (metric, who) in enumerate(
            (m, w)
            for m in ("share", "count", "hhi", "vendors", "people_without_any_one_vendor")
            for w in ("all", "excluded")
        )
    ]
    names = sorted({name for row in told for name in row})
    tables = {**CASE, **{"rules": {n: [row.get(n, "") for row in told] for n in names}}}
    tables["equipment"] = with_units(product=["radio-e", "radio-x", "radio-n", "core-n", "core-n"])
    one = network_of(tmp_path / "c", **tables)
    for seed in range(3):
        other = network_of(tmp_path / f"d{seed}", **shuffled(tables, seed))
        assert str(found(other)) == str(found(one))


def test_names_do_not_matter(tmp_path: Path) -> None:
    rule = {**ACCESS, "metric": "share", "limit": 0.35}
    renamed = {"a": "zz", "east-radio": "aaa", "radio-e": "0", "one": "z-one"}

    def again(columns: Columns) -> Columns:
        return {n: [renamed.get(cell, cell) for cell in cells] for n, cells in columns.items()}

    one = of(case(tmp_path / "c", rule))
    other = of(case(tmp_path / "d", rule, **{n: again(c) for n, c in CASE.items()}), "z-one")
    for column in ("value", "low", "high", "margin", "holds", "rows"):
        assert one[column] == other[column]


def test_what_a_swap_brings_is_told(tmp_path: Path) -> None:
    network = case(tmp_path / "c", {**ACCESS, "metric": "count", "limit": 0})
    equipment, names = network["equipment"], network.names["product"].tolist()
    swapped = equipment["product"].copy()
    swapped[swapped == names.index("radio-e")] = names.index("radio-n")
    assert of(network)["holds"] == "false"
    after = network.replace(equipment=equipment.with_column("product", swapped))
    assert of(after)["holds"] == "true"


def test_a_rule_says_what_it_asks(tmp_path: Path) -> None:
    rule = {**ACCESS, "generation": "5G", "metric": "share", "weight": "people", "limit": 0.35}
    assert of(case(tmp_path / "c", rule))["says"] == (
        "share by people of firms that ours excludes (RU; 5G) <= 0.35 per operator"
    )


def random_case(seed: int) -> dict[str, Columns]:
    """Make two operators whose products have known and unknown makers and generations."""
    rng = np.random.default_rng(seed)
    sites = [f"s{i}" for i in range(5)]
    installed = sorted(
        {
            (str(rng.choice(sites)), str(rng.choice(["RU", "DU"])), int(rng.integers(0, 5)))
            for _ in range(8)
        }
    )
    return {
        "countries": {"country": ["AAA"]},
        "firms": {
            "firm": ["one", "two", "north", "east", "fresh", "other"], "country": ["AAA"] * 6,
        },
        "products": {
            "product": [f"p{i}" for i in range(5)], "firm": ["north", "east", "east", "", ""],
        },
        "sites": {
            "site": sites, "operator": rng.choice(["one", "two"], 5).tolist(),
            "country": ["AAA"] * 5, "people": rng.integers(1, 9, 5).tolist(),
            "stands_for": rng.integers(1, 4, 5).tolist(),
        },
        "equipment": {
            "site": [s for s, _, _ in installed], "function": [f for _, f, _ in installed],
            "product": [f"p{p}" for _, _, p in installed],
            "quantity": rng.integers(1, 4, len(installed)).tolist(),
            "generation": rng.choice(["5G", "5G", "4G", ""], len(installed)).tolist(),
        },
        "exclusions": {"authority": ["ours"], "firm": ["east"]},
    }  # fmt: skip


METRICS = [
    (metric, weight, who)
    for metric, weights in (
        ("share", ("sites", "people", "traffic", "units")),
        ("count", ("sites", "instances")),
        ("hhi", ("sites", "units")),
        ("vendors", ("sites",)),
        ("people_without_any_one_vendor", ("sites",)),
    )
    for weight in weights
    for who in ("excluded", "all")
]


def completions(network: Network) -> Iterator[Network]:
    """Yield the case with every unknown maker and generation filled in, in many ways."""
    products, equipment = network["products"], network["equipment"]
    unknown = np.flatnonzero(products["firm"] < 0)
    untold = np.flatnonzero(equipment["generation"] < 0)
    names = network.names["firm"].tolist()
    makers = [names.index(name) for name in ("north", "east", "fresh", "other")]
    rng = np.random.default_rng(0)
    for chosen in product(makers, repeat=len(unknown)):
        for _ in range(3):
            firm, generation = products["firm"].copy(), equipment["generation"].copy()
            firm[unknown] = chosen
            generation[untold] = rng.choice([2, 3], len(untold))
            yield network.replace(
                products=products.with_column("firm", firm),
                equipment=equipment.with_column("generation", generation),
            )


@pytest.mark.parametrize("seed", range(6))
def test_whatever_turns_out_lies_in_the_range(tmp_path: Path, seed: int) -> None:
    """And the ends of a share by units and of a count are reached, with a fresh maker or east."""
    told = [
        {
            "rule": f"{i:02}", "from": "2020-01-01", "functions": "RU;DU", "metric": metric,
            "weight": weight, "who": who, "limit": 0.3, "generation": generation,
        }
        for i, (metric, weight, who, generation) in enumerate(
            (*asked, generation) for asked in METRICS for generation in ("5G", "")
        )
    ]  # fmt: skip
    columns = {name: [row[name] for row in told] for name in told[0]}
    network = network_of(tmp_path / "c", **{**random_case(seed), "rules": columns})
    ranges = found(network)
    values = np.array([[row["value"] for row in found(other)] for other in completions(network)])
    for at, row in enumerate(ranges):
        seen = values[:, at]
        assert row["low"] - 1e-9 <= seen.min(), row
        assert seen.max() <= row["high"] + 1e-9, row
        if row["holds"] != "unknown":
            met = meets(seen, row["comparison"], row["limit"])
            assert met.all() if row["holds"] == "true" else not met.any(), row
        sum_of_rows = row["metric"] == "count" or (
            row["metric"] == "share" and row["weight"] == "units"
        )
        if sum_of_rows and not told[int(row["rule"])]["generation"]:
            assert (seen.min(), seen.max()) == (
                pytest.approx(row["low"]), pytest.approx(row["high"]),
            )  # fmt: skip
