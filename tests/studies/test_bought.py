"""What each kind of measure does to a case, by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.errors import InputError, UsageError
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.groundwork import groundwork
from indranet.studies.measures import bought, costs_of, measures_of
from indranet.studies.stress import stress

MEASURES: list[dict[str, Any]] = [
    {"measure": "second", "kind": "second_source", "thing": "b", "amount": 0.4, "cost_usd": 3},
    {"measure": "third", "kind": "second_source", "thing": "c", "amount": 0.25, "cost_usd": 5},
    {"measure": "grown", "kind": "plant", "thing": "b", "amount": 30, "cost_usd": 9},
    {"measure": "new", "kind": "plant", "thing": "n", "amount": 50, "cost_usd": 90},
    {"measure": "days", "kind": "stockpile", "thing": "chip", "amount": 20, "cost_usd": 1},
    {"measure": "own", "kind": "stockpile", "thing": "maker", "product": "chip", "amount": 10,
     "cost_usd": 1},
    {"measure": "national", "kind": "stockpile", "thing": "AAA", "product": "chip", "amount": 5,
     "cost_usd": 1},
    {"measure": "depot", "kind": "spare", "thing": "AAA", "product": "radio", "amount": 7,
     "cost_usd": 1, "yearly_cost_usd": 2},
    {"measure": "more", "kind": "spare", "thing": "AAA", "product": "radio", "amount": 3,
     "cost_usd": 1},
    {"measure": "cells", "kind": "battery", "thing": "one", "amount": 8, "cost_usd": 4},
    {"measure": "cable", "kind": "link", "thing": "second-cable", "cost_usd": 50},
    {"measure": "cable-soon", "kind": "link", "thing": "second-cable", "cost_usd": 80},
    {"measure": "trained", "kind": "crew", "pool": "riggers", "amount": 2, "cost_usd": 6},
    {"measure": "guest", "kind": "roaming", "thing": "one", "host": "two", "amount": 0.7,
     "cost_usd": 2},
]  # fmt: skip


def columns(rows: list[dict[str, Any]]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name, "") for row in rows] for name in names}


def tables(**more: Columns) -> dict[str, Columns]:
    """A maker and an operator buy; b can make 60 a day and sells 10, c as much as it sells."""
    return {
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {
            "firm": ["chips", "radios", "one", "two"], "country": ["BBB", "AAA", "AAA", "AAA"],
        },
        "products": {
            "product": ["chip", "radio"], "kind": ["part", "equipment"],
            "firm": ["chips", "radios"],
        },
        "components": {"product": ["radio"], "component": ["chip"]},
        "plants": {
            "plant": ["a", "b", "c", "n", "maker"], "product": ["chip"] * 4 + ["radio"],
            "country": ["BBB", "BBB", "AAA", "AAA", "AAA"],
            "capacity_per_day": ["", 60, "", 0, ""],
        },
        "supplies": {
            "supplier": ["a", "b", "b", "c", "maker"],
            "customer": ["maker", "maker", "two", "maker", "one"],
            "quantity_per_day": [100, 0, 10, 0, 5], "stock_days": [15, 15, 15, 30, 15],
            "max_per_day": [100, 20, "", "", ""],
        },
        "sites": {
            "site": ["s1", "s2", "mains"], "operator": ["one", "two", ""],
            "country": ["AAA"] * 3, "kind": ["radio", "radio", "power"], "people": [10, 10, 0],
        },
        "lanes": {
            "lane": ["first-cable", "second-cable"], "origin": ["s1"] * 2,
            "destination": ["s2"] * 2, "mode": ["cable"] * 2,
        },
        "needs": {
            "user": ["s1", "s1", "s2"], "need": ["power", "reach", "power"],
            "input": ["mains", "first-cable", "mains"], "autonomy_hours": [2, 0, 3],
        },
        "crews": {"pool": ["riggers", "divers"], "crews": [3, 4]},
        "stocks": {"holder": ["AAA"], "product": ["chip"], "quantity": [9]},
        "measures": columns(MEASURES),
        **more,
    }  # fmt: skip


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return network_of(tmp_path / "c", **tables())


def quantities(network: Network) -> dict[tuple[str, str], float]:
    rows = network["supplies"]
    plants, first = network.names["plant"], network.offset("plant")
    found = {}
    for supplier, customer, quantity in zip(
        rows["supplier"].tolist(), rows["customer"].tolist(), rows["quantity_per_day"].tolist(),
        strict=True,
    ):  # fmt: skip
        found[str(plants[supplier]), network.thing(customer)[1]] = quantity
    assert first >= 0
    return found


def test_a_second_source_takes_its_share_from_the_others(network: Network) -> None:
    now = quantities(bought(network, ["second"]))
    assert now["a", "maker"] == pytest.approx(60)
    assert now["b", "maker"] == pytest.approx(40)
    # All that `two` buys of chips it buys of b already.
    assert now["b", "two"] == 10
    both = quantities(bought(network, ["third", "second"]))
    assert [both[plant, "maker"] for plant in "abc"] == pytest.approx([35, 40, 25])
    most = bought(network, ["second"])["supplies"]["max_per_day"]
    assert np.nanmax(most[most < 100]) == pytest.approx(40)


def test_a_second_source_moves_no_more_than_its_plant_can_make(tmp_path: Path) -> None:
    rows = [{**MEASURES[0], "amount": 0.8}, *MEASURES[1:]]
    network = network_of(tmp_path / "c", **tables(measures=columns(rows)))
    assert quantities(bought(network, ["second"]))["b", "maker"] == pytest.approx(50)
    # Grown by 30 it has room for all 80, in whatever order both are named.
    for order in (["second", "grown"], ["grown", "second"]):
        now = quantities(bought(network, order))
        assert (now["a", "maker"], now["b", "maker"]) == pytest.approx((20, 80))


def test_stocks_last_longer_for_all_for_one_and_for_a_country(network: Network) -> None:
    def days(*measures: str) -> list[float]:
        rows = bought(network, measures)["supplies"]
        made = network["plants"]["product"][rows["supplier"]]
        chip = network.names["product"].tolist().index("chip")
        return sorted(rows["stock_days"][made == chip].tolist())

    assert days() == [15, 15, 15, 30]
    assert days("days") == [35, 35, 35, 50]
    assert days("own") == [15, 25, 25, 40]
    assert days("national") == [20, 20, 20, 35]
    assert days("days", "own") == days("own", "days") == [35, 45, 45, 60]


def test_spares_are_kept_and_add_up(network: Network) -> None:
    rows = bought(network, ["depot", "more"])["stocks"]
    names = network.names["product"][rows["product"]].tolist()
    assert dict(zip(names, rows["quantity"].tolist(), strict=True)) == {"chip": 9, "radio": 10}
    assert {network.thing(int(code))[1] for code in rows["holder"]} == {"AAA"}
    assert costs_of(network, years=5.0)[7] == 11


def test_batteries_bridge_the_power_of_all_sites_of_an_operator(network: Network) -> None:
    rows = bought(network, ["cells"])["needs"]
    got = sorted(zip(rows.text("need"), rows["autonomy_hours"].tolist(), strict=True))
    assert got == [("power", 3), ("power", 10), ("reach", 0)]


def test_what_a_measure_builds_is_not_there_before(network: Network) -> None:
    def there(measures: list[str], table: str) -> list[bool]:
        return [bool(b) for b in groundwork(bought(network, measures)).exists(table)]

    assert there([], "lanes") == [True, False]
    # Who builds it one way does not wait for the other.
    assert there(["cable"], "lanes") == there(["cable-soon"], "lanes") == [True, True]
    assert there([], "plants") == [True, True, True, False, True]
    assert there(["new"], "plants") == [True] * 5


def test_crews_grow_and_guests_are_carried(network: Network) -> None:
    after = bought(network, ["trained", "guest"])
    crews = dict(zip(after["crews"].text("pool"), after["crews"]["crews"].tolist(), strict=True))
    assert crews == {"riggers": 5, "divers": 4}
    assert after["roaming"]["share"].tolist() == [0.7]
    assert after["roaming"]["country"].tolist() == [-1]


def test_what_is_bought_is_no_measure_any_more_and_the_case_another(network: Network) -> None:
    after = bought(network, ["trained"])
    assert "trained" not in measures_of(after)
    assert len(measures_of(network)) == len(MEASURES)
    assert after.case_hash != network.case_hash
    assert bought(network, []) is network
    with pytest.raises(UsageError, match="no measure 'trainer' in the case, which has second"):
        bought(network, ["trainer"])


def test_a_measure_of_an_agreement_is_for_sale_while_it_is_in_force(tmp_path: Path) -> None:
    rows = [{**row, "agreement": "pact" if row["measure"] == "cable" else ""} for row in MEASURES]
    pact = {"agreement": ["pact"], "from": ["2030-01-01"]}
    network = network_of(tmp_path / "c", **tables(measures=columns(rows), agreements=pact))
    assert "cable" not in measures_of(network)
    # Not for sale, and so not there either.
    assert [bool(b) for b in groundwork(network).exists("lanes")] == [True, False]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"kind": "second_source", "thing": "n"}, "has no row in supplies; write one"),
        ({"kind": "second_source", "thing": "chip"}, "acts on; name a plant"),
        ({"kind": "second_source", "thing": "b", "amount": 2}, "is more than all of it"),
        ({"kind": "stockpile", "thing": "AAA"}, "is empty; name what is held"),
        ({"kind": "stockpile", "thing": "chip", "unit": "unit"}, "who holds it"),
        ({"kind": "battery", "thing": "one", "unit": "day"}, "is no unit of a battery; write hour"),
        ({"kind": "link", "thing": "chip"}, "acts on; name a lane or site or facility"),
        ({"kind": "crew", "pool": "rigers"}, "is no pool of the table crews"),
        ({"kind": "crew", "pool": "riggers", "amount": 1.5}, "is no whole number"),
        ({"kind": "roaming", "thing": "one"}, "is empty; name who carries them"),
    ],
)
def test_a_measure_at_fault_is_named(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    rows = [{"measure": "odd", "cost_usd": 1, **row}]
    with pytest.raises(InputError) as caught:
        network_of(tmp_path / "c", **tables(measures=columns(rows)))
    found = [str(fault) for fault in caught.value.faults]
    assert len(found) == 1
    assert "measures.csv" in found[0]
    assert told in found[0]


def test_what_is_not_built_counts_in_no_share_of_what_a_group_keeps(tmp_path: Path) -> None:
    """Half is needed: with 10 of 30 gone 20 are there, which would be too few of 60."""
    more: dict[str, Columns] = {
        "services": {"service": ["web", "far"], "country": ["AAA"] * 2, "people": [1, 1]},
        "lanes": {"lane": ["first-cable", "third-cable", "second-cable"], "origin": ["s1"] * 3,
                  "destination": ["s2"] * 3, "mode": ["cable"] * 3},
        "needs": {
            "user": ["web"] * 3 + ["far"], "need": ["capacity"] * 4, "at_least": [0.5] * 3 + [1],
            "input": ["first-cable", "third-cable", "second-cable", "second-cable"],
            "capacity": [10, 20, 30, 1],
        },
        "measures": columns([MEASURES[10]]),
    }  # fmt: skip
    network = network_of(tmp_path / "c", **tables(**more))
    cut = Scenario.model_validate_json(
        '{"name": "s", "days": 2, "event": [{"do": "cut", "what": "first-cable", "day": 0}]}'
    )
    # Who has nothing else stays without until it is built.
    for measures, served in (([], 1.0), (["cable"], 2.0)):
        totals = stress(bought(network, measures), cut).tables["totals"]
        assert totals["value"][totals["measure"] == "people_served"].tolist() == [served] * 2
