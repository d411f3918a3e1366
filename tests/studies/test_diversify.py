"""What to buy first: cases by hand, the newsvendor, and against trying all."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_bought import columns

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.diversify import diversify
from indranet.studies.measures import bought, costs_of
from indranet.studies.only_measures import restoring_measures
from indranet.studies.portfolio_logic import best_built, building, cuts, logic, people_lost
from indranet.studies.portfolios import search
from indranet.studies.stress import stress

SECOND: list[dict[str, Any]] = [
    {"measure": "b", "kind": "second_source", "thing": "b", "amount": 0.4, "cost_usd": 3},
    {"measure": "c", "kind": "second_source", "thing": "c", "amount": 0.4, "cost_usd": 5},
]


def scenario(*events: dict[str, Any], **more: Any) -> Scenario:
    asked = {"name": "s", "days": 20, "event": events, **more}
    return Scenario.model_validate_json(json.dumps(asked))


def fuel(folder: Path, measures: list[dict[str, Any]], **more: Columns) -> Network:
    """A station that needs fuel lights 1,000 people; a sells it all, two more could."""
    tables: dict[str, Columns] = {
        "countries": {"country": ["AAA", "BBB", "CCC"]},
        "firms": {"firm": ["oil", "grid"], "country": ["AAA", "AAA"]},
        "products": {"product": ["fuel"], "kind": ["material"]},
        "plants": {"plant": ["a", "b", "c"], "product": ["fuel"] * 3,
                   "country": ["AAA", "BBB", "CCC"], "firm": ["oil"] * 3},
        "supplies": {"supplier": ["a", "b", "c"], "customer": ["grid"] * 3,
                     "quantity_per_day": [10, 0, 0], "stock_days": [2, 2, 2]},
        "sites": {"site": ["station"], "operator": ["grid"], "country": ["AAA"],
                  "kind": ["power"]},
        "services": {"service": ["light"], "country": ["AAA"], "people": [1000]},
        "needs": {"user": ["station", "light"], "need": ["fuel", "power"],
                  "input": ["fuel", "station"]},
        "measures": columns(measures),
        **more,
    }  # fmt: skip
    return network_of(folder / "c", **tables)


STOPS = {"do": "halt", "what": "a", "day": 0}


def test_of_two_second_sources_the_cheaper_one_that_is_enough(tmp_path: Path) -> None:
    """A share of 40 % is needed and each gives 40 %: the one for 3 does."""
    network = fuel(tmp_path, SECOND)
    asked = scenario(STOPS, need_share=0.4)
    found = diversify(network, [asked], 10)
    assert found.summary["unit"] == "people-days"
    # Two days of stock last two days, then 18 are dark.
    assert found.summary["loss"]["without"] == pytest.approx(18_000)
    table = {name: values.tolist() for name, values in found.tables["portfolio"].items()}
    assert table["measure"] == ["b", "c"]
    assert table["chosen"] == [True, False]
    assert table["order"] == [1, 0]
    assert table["alone"] == pytest.approx([18_000, 18_000])
    assert table["last_in"] == pytest.approx([18_000, 0])
    assert found.tables["frontier"]["cost_usd"].tolist() == [0, 3]
    assert found.tables["frontier"]["loss"] == pytest.approx([18_000, 0])
    assert found.summary["tried_all"]


def test_what_strikes_the_cheaper_one_as_well_makes_the_other_the_answer(tmp_path: Path) -> None:
    network = fuel(tmp_path, SECOND)
    both = [scenario(STOPS, need_share=0.4),
            scenario(STOPS, {"do": "halt", "what": "b", "day": 0}, need_share=0.4)]  # fmt: skip
    assert chosen(diversify(network, both, 5)) == ["c"]
    assert chosen(diversify(network, both, 4)) == ["b"]
    found = diversify(network, both, 2)
    assert chosen(found) == []
    # With a need of 80 % it takes both, where neither strikes.
    found = diversify(network, [scenario(STOPS, need_share=0.8)], 8)
    assert chosen(found) == ["b", "c"]
    # One alone stretches what is in store by a day.
    assert found.tables["portfolio"]["alone"] == pytest.approx([1000] * 2)
    assert found.tables["portfolio"]["last_in"] == pytest.approx([17_000] * 2)


def chosen(found: Any) -> list[str]:
    table = found.tables["portfolio"]
    return sorted(table["measure"][table["chosen"]].tolist())


def test_a_stock_is_worth_what_the_newsvendor_says(tmp_path: Path) -> None:
    """Fuel stops for 0 to 10 days, all alike likely; a dark day costs 1,000, one of stock 350.

    Best is the smallest stock that lasts with a probability of (1,000 - 350) / 1,000: that of 6.5
    days, and up to one day more, as what is made is there the next morning. Two days are there.
    """
    days = [{"measure": f"day-{n}", "kind": "stockpile", "thing": "fuel", "amount": 1,
             "cost_usd": 350} for n in range(8)]  # fmt: skip
    network = fuel(tmp_path, days)
    law = {"law": "uniform", "low": 0, "high": 10}
    asked = scenario({**STOPS, "lasts_days": law}, draws=300, seed=3)
    found = diversify(network, [asked], 8 * 350)
    front = found.tables["frontier"]
    whole = front["cost_usd"] + 1.0 * front["loss"]
    more = round(front["cost_usd"][whole.argmin()] / 350)
    assert more in (5, 6)
    # Dark are the days beyond the stock s, and part of the one after: E max(D - s, 0) at least.
    stock = 2 + np.arange(9)
    least, most = (np.maximum(end - stock, 0) ** 2 / 20 * 1000 for end in (10, 11))
    assert (0.85 * least <= front["loss"]).all()
    assert (front["loss"] <= 1.15 * most + 50).all()
    # Which of the days is bought does not matter: each number of them is one run.
    assert found.summary["outcomes"] == 9
    assert ((front["low"] <= front["loss"]) & (front["loss"] <= front["high"])).all()


def test_it_is_what_trying_all_finds(tmp_path: Path) -> None:
    measures = [
        *SECOND,
        {"measure": "d", "kind": "stockpile", "thing": "fuel", "amount": 6, "cost_usd": 4},
        {"measure": "e", "kind": "battery", "thing": "station", "need": "fuel", "amount": 48,
         "cost_usd": 1, "yearly_cost_usd": 0.2},
    ]  # fmt: skip
    network = fuel(tmp_path, measures)
    asked = [scenario(STOPS), scenario({**STOPS, "lasts_days": 7}, days=30)]
    cost = costs_of(network, years=5)
    lost = {}
    for size in range(5):
        for one in combinations(range(4), size):
            case = bought(network, [measures[m]["measure"] for m in one])
            lost[one] = np.mean([days_lost(case, which) for which in asked])
    for budget in (4, 7):
        found = diversify(network, asked, budget)
        inside = {one: loss for one, loss in lost.items() if cost[list(one)].sum() <= budget}
        assert found.summary["loss"]["chosen"] == pytest.approx(min(inside.values()))
        best = tuple(sorted("bcde".index(name) for name in chosen(found)))
        assert lost[best] == pytest.approx(min(inside.values()))
        table = found.tables["portfolio"]
        for name, alone in zip(table["measure"], table["alone"], strict=True):
            assert alone == pytest.approx(lost[()] - lost["bcde".index(name),])


def days_lost(case: Network, asked: Scenario) -> float:
    totals = stress(case, asked).tables["totals"]
    served = totals["value"][totals["measure"] == "people_served"]
    return float(1000.0 * asked.days - served.sum())


def test_the_worst_draws_ask_for_something_else_than_the_mean(tmp_path: Path) -> None:
    """A stop of 3 days is likely, one for good is not: stock serves the mean, c the tail."""
    measures = [
        {"measure": "days", "kind": "stockpile", "thing": "fuel", "amount": 2, "cost_usd": 5},
        {"measure": "c", "kind": "second_source", "thing": "c", "amount": 0.5, "cost_usd": 5},
    ]
    network = fuel(tmp_path, measures)
    good = [scenario({**STOPS, "lasts_days": 4, "day": 1})] * 19
    bad = scenario({"do": "halt", "what": "a", "day": 0})
    lost = diversify(network, [*good, bad], 5, tail=0.05)
    assert chosen(lost) == ["c"]
    assert lost.summary["loss"]["without"] == pytest.approx(18_000)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"scenarios": []}, "name a scenario"),
        ({"budget_usd": -1}, "give 0 or more"),
        ({"tail": 0.0}, "give more than 0"),
        ({"within_days": 10}, "no measure can be bought"),
    ],
)
def test_what_cannot_be_asked_is_told(tmp_path: Path, arguments: dict[str, Any], told: str) -> None:
    network = fuel(tmp_path, [{**row, "lead_days": 30} for row in SECOND])
    with pytest.raises(UsageError, match=told):
        diversify(network, **{"scenarios": [scenario(STOPS)], "budget_usd": 9, **arguments})


def cables(folder: Path) -> Network:
    """Three islands: the first takes cable p or q, the second q or r, the third r alone."""
    measures = [{"measure": f"lay-{n}", "kind": "link", "thing": n, "cost_usd": cost}
                for n, cost in (("p", 1), ("q", 4), ("r", 3))]  # fmt: skip
    return network_of(
        folder / "c",
        countries={"country": ["ISL"]},
        sites={"site": ["i", "h"], "country": ["ISL"] * 2, "kind": ["landing"] * 2},
        lanes={"lane": ["old", "p", "q", "r"], "origin": ["i"] * 4, "destination": ["h"] * 4,
               "mode": ["cable"] * 4},
        services={"service": ["s1", "s2", "s3"], "country": ["ISL"] * 3, "people": [10, 20, 5]},
        needs={"user": ["s1"] * 3 + ["s2"] * 3 + ["s3"] * 2, "need": ["line"] * 8,
               "input": ["old", "p", "q", "old", "q", "r", "old", "r"], "at_least": [1] * 8},
        measures=columns(measures),
    )  # fmt: skip


def test_three_services_with_two_shared_causes_are_cut_as_by_hand(tmp_path: Path) -> None:
    network = cables(tmp_path)
    names = building(network, ["lay-p", "lay-q", "lay-r"])
    cut = scenario({"do": "cut", "what": "old", "day": 0})
    ready = logic(network, cut, names)
    found = cuts(ready)
    kept = {
        (members, float(found.people[target]))
        for members, target in zip(found.sets, found.target.tolist(), strict=True)
    }
    assert kept == {((0, 1), 10.0), ((1, 2), 20.0), ((2,), 5.0)}
    for budget, people in ((1, 10), (3, 25), (4, 35), (8, 35)):
        best = best_built(found, np.array([1.0, 4.0, 3.0]), budget)
        assert (best.value, best.proven) == (people, True)
    # All eight portfolios in one pass.
    every = np.array([[m >> at & 1 for at in range(3)] for m in range(8)], dtype=bool)
    assert people_lost(ready, every).tolist() == [35, 25, 5, 5, 10, 0, 0, 0]


def test_the_gates_and_the_runs_choose_alike_where_only_links_are_bought(tmp_path: Path) -> None:
    network = cables(tmp_path)
    cut = scenario({"do": "cut", "what": "old", "day": 5})
    found = diversify(network, [cut], 4)
    assert chosen(found) == ["lay-p", "lay-r"]
    (told,) = found.summary["logic"]
    assert sorted(told["measures"]) == ["lay-p", "lay-r"]
    assert told["people_kept"] == told["bound"] == 35
    assert found.summary["loss"] == {
        "without": 35 * 15, "chosen": 0.0, "all": 0.0, "chosen_half_width": 0.0,
    }  # fmt: skip
    assert diversify(network, [cut], 0).tables["left"]["service"].tolist() == []


def test_what_no_money_can_buy_is_told(tmp_path: Path) -> None:
    network = fuel(tmp_path, SECOND[:1])
    found = diversify(network, [scenario({"do": "outage", "what": "station", "day": 12})], 9)
    assert chosen(found) == []
    assert found.tables["left"]["service"].tolist() == ["light"]
    assert found.tables["left"]["days"] == pytest.approx([8])
    assert found.summary["idle"] == ["b"]


def test_many_measures_are_found_by_greed_and_exchange() -> None:
    """12 measures: two help only together, one is dear and good, the rest add up."""
    cost = np.array([1.0] * 10 + [4.0, 4.0])
    rng = np.random.default_rng(1)
    worth = rng.integers(1, 9, 10).astype(float)

    def losses(some: Any) -> list[float]:
        return [
            100.0 - sum(worth[m] for m in one if m < 10) - 50.0 * ({10, 11} <= one) for one in some
        ]

    found = search(cost, 9.0, losses)
    assert found.best == {10, 11, int(worth.argmax())}
    assert not found.tried_all
    most = search(cost, 5.0, losses)
    assert most.known[most.best] == 100.0 - np.sort(worth)[-5:].sum()


def test_what_partners_could_build_is_found_with_its_cost_and_date(tmp_path: Path) -> None:
    """Radios take a chip and a board; chips are made outside, boards nowhere yet.

    Two works could make chips, of which the dearer is ready sooner; one boards.
    """
    plant = {"kind": "plant", "amount": 10}
    measures = [
        {**plant, "measure": "fab", "thing": "fab", "cost_usd": 70, "lead_days": 900},
        {**plant, "measure": "fab-soon", "thing": "fab-soon", "cost_usd": 90, "lead_days": 200},
        {**plant, "measure": "boards", "thing": "boards", "cost_usd": 5, "yearly_cost_usd": 1,
         "lead_days": 100, "amount": 4},
    ]  # fmt: skip
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["ours", "theirs"], "country": ["AAA", "BBB"]},
        products={"product": ["radio", "board", "chip"], "kind": ["equipment", "part", "part"]},
        components={"product": ["radio", "radio"], "component": ["board", "chip"]},
        plants={
            "plant": ["works", "outside", "fab", "fab-soon", "boards"],
            "product": ["radio", "chip", "chip", "chip", "board"],
            "firm": ["ours", "theirs", "ours", "ours", "ours"],
            "country": ["AAA", "BBB", "AAA", "AAA", "AAA"],
            "capacity_per_day": [8, 50, 0, 0, 0],
        },
        measures=columns(measures),
    )
    table, told = restoring_measures(network, ["AAA"], ["fab", "fab-soon", "boards"], 5)
    rows = {row[0]: row[1:] for row in zip(*table.values(), strict=True)}
    assert rows["board"][:3] == ("boards", 10, 100)
    assert rows["chip"][:3] == ("fab", 70, 900)
    assert rows["radio"][:3] == ("fab; boards", 80, 900)
    assert rows["radio"][3] == pytest.approx(4 * 365 / 4)
    assert (told["made_already"], told["made_with_measures"], told["made_with_none"]) == (0, 3, 0)
    # In time for a year: only what is ready by then is for sale.
    sooner, _ = restoring_measures(network, ["AAA"], ["fab-soon", "boards"], 5)
    assert sooner["measures"].tolist() == ["boards", "fab-soon", "fab-soon; boards"]
    with pytest.raises(UsageError, match="no country 'AA'"):
        restoring_measures(network, ["AA"], ["fab"], 5)
