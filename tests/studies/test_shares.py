"""Shares worked by hand: whose and whence, tier by tier."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indranet.errors import UsageError
from indranet.model.case import read, write_case
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.shares import Table, first_questions, shares

Columns = Mapping[str, Sequence[Any]]
Shares = dict[str, float]


def network_of(folder: Path, **tables: Any) -> Network:
    write_case(folder, "test", date(2026, 1, 1), "", tables)
    return read(folder)


def told(folder: Path, **tables: Any) -> dict[str, Table]:
    return shares(groundwork(network_of(folder, **tables)))


def picked(table: Table, column: str, **where: Any) -> dict[str, Any]:
    """Return one column by id of the rows where other columns have given values."""
    at = np.ones(len(table[column]), dtype=bool)
    for name, value in where.items():
        at &= table[name] == value
    key = "id" if "id" in table else "fact"
    return dict(zip(table[key][at].tolist(), table[column][at].tolist(), strict=True))


def of_product(tables: Mapping[str, Table], product: str, tier: int, by: str) -> Shares:
    return picked(tables["product_shares"], "share", product=product, tier=tier, by=by)


def installed(
    product: Sequence[str], quantity: Sequence[float] = (), operator: Sequence[str] = ()
) -> dict[str, Columns]:
    """Return tables in which operators run products as radio units, one site each."""
    site = [f"s{i}" for i in range(len(product))]
    operators = list(operator) or ["telco"] * len(product)
    return {
        "firms": {"firm": sorted(set(operators) - {""})},
        "sites": {"site": site, "operator": operators},
        "equipment": {
            "site": site,
            "function": ["RU"] * len(site),
            "product": product,
            "quantity": list(quantity) or [1] * len(site),
        },
    }


RADIO: dict[str, Columns] = {
    **installed(["radio"]),
    "countries": {"country": ["KOR", "TWN"]},
    "firms": {"firm": ["telco", "vendor"], "country": ["", "KOR"]},
    "products": {
        "product": ["radio", "chip", "board"],
        "firm": ["vendor", "", ""],
        "unit_cost_usd": ["", 20, 30],
    },
    "components": {
        "product": ["radio", "radio"], "component": ["chip", "board"], "quantity": [2, 1],
    },
    "plants": {
        "plant": ["fab", "foundry"], "product": ["chip", "chip"],
        "country": ["TWN", "KOR"], "capacity_per_day": [70, 30],
    },
}  # fmt: skip


def test_a_radio_unit_of_two_chips_and_a_board(tmp_path: Path) -> None:
    tables = told(tmp_path / "c", **RADIO)
    where = {"operator": "telco", "function": "RU", "tier": 1}
    component = picked(tables["shares"], "share", by="component", **where)
    assert component == pytest.approx({"chip": 4 / 7, "board": 3 / 7})
    territory = picked(tables["shares"], "share", by="territory", **where)
    assert {k: round(v, 4) for k, v in territory.items()} == {
        "KOR": 0.1714, "TWN": 0.4, "unknown": 0.4286,
    }  # fmt: skip
    index = tables["concentration"]
    at = (index["operator"] == "telco") & (index["tier"] == 1) & (index["by"] == "territory")
    assert at.sum() == 1
    assert round(float(index["hhi_low"][at][0]), 4) == 0.1894
    assert round(float(index["hhi_high"][at][0]), 4) == 0.7159
    assert index["unknown"][at][0] == pytest.approx(3 / 7)
    assert index["top"][at].tolist() == ["TWN"]
    assert index["top_share"][at][0] == pytest.approx(0.4)


def test_what_is_installed_belongs_to_the_vendor_and_its_seat(tmp_path: Path) -> None:
    tables = told(tmp_path / "c", **RADIO)
    for by, whole in (
        ("maker", "vendor"), ("seat", "KOR"), ("component", "radio"),
        ("territory", "unknown"), ("passage", "unknown"),
    ):  # fmt: skip
        where = {"operator": "telco", "tier": 0, "by": by}
        assert picked(tables["shares"], "share", **where) == {whole: 1.0}


def test_the_facts_that_are_asked_for(tmp_path: Path) -> None:
    tables = told(tmp_path / "c", **RADIO)
    where = {"operator": "telco", "tier": 1}
    unknowns = tables["unknowns"]
    at = (unknowns["operator"] == "telco") & (unknowns["tier"] == 1)
    rows = {
        (by, product, fact): share
        for by, product, fact, share in zip(
            *(unknowns[c][at].tolist() for c in ("by", "product", "fact", "share")), strict=True
        )
    }
    assert rows == pytest.approx(
        {
            ("maker", "board", "maker"): 3 / 7,
            ("maker", "chip", "maker"): 4 / 7,
            ("seat", "board", "maker"): 3 / 7,
            ("seat", "chip", "maker"): 4 / 7,
            ("territory", "board", "plants"): 3 / 7,
            ("passage", "board", "contract"): 3 / 7,
            ("passage", "chip", "contract"): 4 / 7,
        }
    )
    narrows = picked(unknowns, "narrows", by="territory", **where)
    assert narrows == pytest.approx({"plants": 3 / 7 * (0.8 + 3 / 7)})  # all of the width
    deeper = picked(unknowns, "share", operator="telco", tier=2, by="component", product="chip")
    assert deeper == pytest.approx({"bill": 4 / 7})


def test_an_operator_buys_from_several_vendors_by_spend(tmp_path: Path) -> None:
    """2 x 30 from a, 1 x 40 from b; the second operator buys b alone, 5 x 40."""
    tables = told(
        tmp_path / "c",
        **{
            **installed(["ra", "rb", "rb", "ra"], [2, 1, 5, 1], ["one", "one", "two", ""]),
            "firms": {"firm": ["one", "two", "a", "b"]},
            "products": {
                "product": ["ra", "rb"], "firm": ["a", "b"], "unit_cost_usd": [30, 40],
            },
        },
    )  # fmt: skip
    where = {"function": "RU", "tier": 0, "by": "maker"}
    found = {
        operator: picked(tables["shares"], "share", operator=operator, **where)
        for operator in ("one", "two", "unknown", "")
    }
    assert found["one"] == pytest.approx({"a": 0.6, "b": 0.4})
    assert found["two"] == {"b": 1.0}
    assert found["unknown"] == {"a": 1.0}
    assert found[""] == pytest.approx({"a": 90 / 330, "b": 240 / 330})
    spend = tables["spend"]
    assert spend["operator"].tolist() == ["unknown", "one", "two"]
    assert spend["share"].tolist() == pytest.approx([30 / 330, 100 / 330, 200 / 330])


def test_a_site_that_stands_for_many_counts_as_many(tmp_path: Path) -> None:
    tables = {
        **installed(["ra", "rb"]),
        "products": {"product": ["ra", "rb"], "unit_cost_usd": [1, 1]},
    }
    tables["sites"] = {**tables["sites"], "stands_for": [9, 1]}
    found = picked(
        told(tmp_path / "c", **tables)["shares"], "share", operator="telco", tier=0, by="component"
    )
    assert found == pytest.approx({"ra": 0.9, "rb": 0.1})


def test_a_missing_cost_leaves_what_is_installed_unknown(tmp_path: Path) -> None:
    tables = told(
        tmp_path / "c",
        **{
            **installed(["ra", "rb", "rc", "ra"], operator=["one", "one", "one", "two"]),
            "products": {"product": ["ra", "rb", "rc"], "unit_cost_usd": ["", 40, ""]},
        },
    )
    unknowns = tables["unknowns"]
    at = (unknowns["tier"] == 0) & (unknowns["by"] == "component") & (unknowns["operator"] == "one")
    assert unknowns["product"][at].tolist() == ["ra", "rc"]
    assert unknowns["fact"][at].tolist() == ["cost", "cost"]
    assert unknowns["share"][at].tolist() == [0.5, 0.5]
    # One product alone needs no cost.
    assert picked(tables["shares"], "share", operator="two", tier=0, by="component") == {"ra": 1.0}
    # All operators together have three products: the two that cost something unknown are asked.
    everyone = {"operator": "", "tier": 0, "by": "component"}
    assert picked(tables["shares"], "share", **everyone) == {"unknown": 1.0}


def test_products_that_cost_nothing_are_not_weighed(tmp_path: Path) -> None:
    tables = told(
        tmp_path / "c",
        **{
            **installed(["ra", "rb"]),
            "products": {"product": ["ra", "rb"], "unit_cost_usd": [0, 0]},
        },
    )
    where = {"operator": "telco", "tier": 0, "by": "component"}
    assert picked(tables["shares"], "share", **where) == {"unknown": 1.0}
    assert tables["spend"]["share"].tolist() == [1.0]


def made_of(
    costs: Mapping[str, Any], *rows: tuple[Any, ...], **more: Columns
) -> dict[str, Columns]:
    """Return tables in which a box of complete parts is made of rows.

    A row is component, quantity, choice and at_least.
    """
    component, quantity, choice, at_least = zip(*rows, strict=True)
    return {
        "products": {
            "product": ["box", *costs],
            "unit_cost_usd": ["", *costs.values()],
            "kind": ["equipment", *["part"] * len(costs)],
        },
        "components": {
            "product": ["box"] * len(rows), "component": component, "quantity": quantity,
            "choice": choice, "at_least": at_least,
        },
        "services": {"service": ["boxes"]},
        "needs": {"user": ["boxes"], "need": ["delivery"], "input": ["box"]},
        **more,
    }  # fmt: skip


def parts_of_box(folder: Path, tables: Mapping[str, Columns]) -> tuple[Shares, dict[Any, Any]]:
    """Return shares of the box by component at tier 1, and what of it hangs on which fact."""
    ground = groundwork(network_of(folder, **tables, **installed(["box"])))
    found = shares(ground)
    unknowns = found["unknowns"]
    at = (unknowns["operator"] == "telco") & (unknowns["tier"] == 1)
    at &= unknowns["by"] == "component"
    asked = dict(
        zip(
            zip(unknowns["product"][at].tolist(), unknowns["fact"][at].tolist(), strict=True),
            unknowns["share"][at].tolist(),
            strict=True,
        )
    )
    return of_product(found, "box", 1, "component"), asked


def test_one_component_needs_no_cost(tmp_path: Path) -> None:
    found, asked = parts_of_box(tmp_path / "c", made_of({"a": ""}, ("a", 3, "", 1)))
    assert found == {"a": 1.0}
    assert not asked


def test_a_cost_that_is_missing_takes_all_the_mass(tmp_path: Path) -> None:
    rows = [("a", 1, "", 1), ("b", 1, "", 1), ("c", 1, "", 1)]
    found, asked = parts_of_box(tmp_path / "one", made_of({"a": 1, "b": 2, "c": ""}, *rows))
    assert found == {"unknown": 1.0}
    assert asked == {("c", "cost"): 1.0}
    found, asked = parts_of_box(tmp_path / "two", made_of({"a": 0, "b": "", "c": ""}, *rows))
    assert asked == {("b", "cost"): 0.5, ("c", "cost"): 0.5}
    found, asked = parts_of_box(tmp_path / "none", made_of({"a": 0, "b": 0, "c": 0}, *rows))
    assert asked == pytest.approx({(part, "cost"): 1 / 3 for part in "abc"})
    found, asked = parts_of_box(tmp_path / "free", made_of({"a": 1, "b": 0, "c": 3}, *rows))
    assert found == pytest.approx({"a": 0.25, "c": 0.75})


def test_importance_does_not_matter_to_money(tmp_path: Path) -> None:
    tables = made_of({"a": 1, "b": 2, "c": 1}, *[(part, 1, "", 1) for part in "abc"])
    tables["components"] = {
        **tables["components"], "importance": ["essential", "deferrable", "negligible"],
    }  # fmt: skip
    found, _ = parts_of_box(tmp_path / "c", tables)
    assert found == pytest.approx({"a": 0.25, "b": 0.5, "c": 0.25})


ALTERNATIVES = [("a", 1, "memory", 1), ("b", 2, "memory", 1), ("case", 1, "", 1)]
MAKERS: Columns = {
    "plant": ["of-a", "of-b", "of-box"],
    "product": ["a", "b", "box"],
    "capacity_per_day": [30, 40, ""],
}


def test_alternatives_divide_by_output_at_large(tmp_path: Path) -> None:
    """30 of a and 40 / 2 of b: 3/5 of the boxes hold an a of 10, 2/5 two b of 4; a case is 2.8."""
    tables = made_of({"a": 10, "b": 4, "case": 2.8}, *ALTERNATIVES, plants=MAKERS)
    found, _ = parts_of_box(tmp_path / "c", tables)
    assert found == pytest.approx({"a": 6 / 12, "b": 3.2 / 12, "case": 2.8 / 12})


def test_alternatives_divide_by_the_contracts_of_the_plant(tmp_path: Path) -> None:
    """1 of a and 6 / 2 of b: 1/4 of an a of 10, 3/4 of two b of 4; a case is 1.5."""
    supplies: Columns = {
        "supplier": ["of-a", "of-b"], "customer": ["of-box"] * 2, "quantity_per_day": [1, 6],
    }  # fmt: skip
    costs = {"a": 10, "b": 4, "case": 1.5}
    tables = made_of(costs, *ALTERNATIVES, plants=MAKERS, supplies=supplies)
    found, _ = parts_of_box(tmp_path / "c", tables)
    assert found == pytest.approx({"a": 2.5 / 10, "b": 6 / 10, "case": 1.5 / 10})


def test_an_alternative_that_is_not_used_needs_no_cost(tmp_path: Path) -> None:
    supplies: Columns = {
        "supplier": ["of-a"], "customer": ["of-box"], "quantity_per_day": [1],
    }  # fmt: skip
    costs = {"a": 10, "b": "", "case": 10}
    tables = made_of(costs, *ALTERNATIVES, plants=MAKERS, supplies=supplies)
    found, asked = parts_of_box(tmp_path / "c", tables)
    assert found == pytest.approx({"a": 0.5, "case": 0.5})
    assert not asked


def test_alternatives_that_nothing_divides(tmp_path: Path) -> None:
    """No plant of b is known, so the use of the memory is not."""
    plants = {name: list(cells)[:1] for name, cells in MAKERS.items()}
    alone, asked = parts_of_box(
        tmp_path / "alone", made_of({"a": "", "b": ""}, *ALTERNATIVES[:2], plants=plants)
    )
    assert alone == {"unknown": 1.0}
    assert asked == {("box", "alternatives"): 1.0}

    alike = made_of({"a": 8, "b": 4, "case": 2}, *ALTERNATIVES, plants=plants)
    found, asked = parts_of_box(tmp_path / "alike", alike)  # 1 x 8 = 2 x 4
    assert found == pytest.approx({"case": 0.2, "unknown": 0.8})
    assert asked == pytest.approx({("box", "alternatives"): 0.8})

    differ = made_of({"a": 9, "b": 4, "case": 2}, *ALTERNATIVES, plants=plants)
    found, asked = parts_of_box(tmp_path / "differ", differ)
    assert asked == {("box", "alternatives"): 1.0}

    dear = made_of({"a": 9, "b": "", "case": 2}, *ALTERNATIVES, plants=plants)
    found, asked = parts_of_box(tmp_path / "dear", dear)
    assert asked == {("b", "cost"): 1.0}


def test_two_of_a_choice_weigh_twice(tmp_path: Path) -> None:
    """Two of three disks of 1, 2 and 3, each a third of the units: 2 x 2, beside a case of 4."""
    rows = [(disk, 1, "disk", 2) for disk in "abc"]
    costs = {"a": 1, "b": 2, "c": 3, "case": 4}
    plants: Columns = {
        "plant": ["wa", "wb", "wc"], "product": ["a", "b", "c"], "capacity_per_day": [5, 5, 5],
    }  # fmt: skip
    tables = made_of(costs, *rows, ("case", 1, "", 1), plants=plants)
    found, _ = parts_of_box(tmp_path / "c", tables)
    third = 2 / 3
    assert found == pytest.approx(
        {"a": third / 8, "b": 2 * third / 8, "c": 3 * third / 8, "case": 0.5}
    )


def test_money_ends_at_materials_tools_and_complete_bills(tmp_path: Path) -> None:
    letters = ["metal", "lathe", "lid", "glue"]
    tables = made_of(dict.fromkeys(letters, 1), *[(x, 1, "", 1) for x in letters])
    tables["products"] = {
        **tables["products"],
        "kind": ["equipment", "material", "tool", "part", "part"],
        "bill": ["complete", "unknown", "unknown", "complete", "partial"],
    }
    found = told(tmp_path / "c", **tables)
    assert of_product(found, "box", 2, "component") == {"ends": 0.75, "unknown": 0.25}
    assert of_product(found, "box", 9, "maker") == {"ends": 0.75, "unknown": 0.25}
    index = found["product_concentration"]
    at = (index["tier"] == 2) & (index["by"] == "component")
    assert index["unknown"][at].tolist() == [1.0]  # of what has not ended
    assert index["top"][at].tolist() == [""]
    assert (index["hhi_low"][at][0], index["hhi_high"][at][0]) == (0.0, 1.0)


def test_a_question_that_has_ended_has_no_concentration(tmp_path: Path) -> None:
    tables = {**installed(["radio"]), "products": {"product": ["radio"], "bill": ["complete"]}}
    found = told(tmp_path / "c", **tables)
    assert picked(found["shares"], "share", operator="telco", tier=1, by="maker") == {"ends": 1.0}
    assert set(found["concentration"]["tier"].tolist()) == {0}


SEA: dict[str, Columns] = {
    **installed(["radio"]),
    "countries": {"country": ["AAA", "BBB"]},
    "firms": {"firm": ["telco"]},
    "products": {"product": ["radio", "chip"]},
    "components": {"product": ["radio"], "component": ["chip"]},
    "plants": {
        "plant": ["rw1", "rw2", "cw"], "product": ["radio", "radio", "chip"],
        "country": ["AAA", "BBB", "AAA"],
    },
    "passages": {"passage": ["sound", "bight"]},
    "lanes": {
        "lane": ["written", "free", "lost", "road"],
        "origin": ["AAA", "AAA", "AAA", "AAA"],
        "destination": ["BBB", "BBB", "BBB", "BBB"],
        "mode": ["sea", "sea", "sea", "land"],
        "passages": ["sound;bight", "none", "", ""],
    },
    "supplies": {
        "supplier": ["rw1", "rw1", "rw2", "rw2", "cw", "rw1"],
        "customer": ["telco", "telco", "telco", "telco", "rw1", "telco"],
        "lane": ["written", "free", "lost", "", "written", "road"],
        "quantity_per_day": [4, 2, 1, 1, 3, 2],
    },
}  # fmt: skip


def test_passages_on_the_usual_way_of_the_goods(tmp_path: Path) -> None:
    """Of ten radios four come through both passages, five through none, one nobody knows how.

    Eight of ten were made at rw1, which gets its chips through both; rw2 has no contract.
    """
    found = told(tmp_path / "c", **SEA)["shares"]
    ways = {
        tier: picked(found, "share", operator="telco", tier=tier, by="passage")
        for tier in (0, 1, 2)
    }
    assert ways[0] == pytest.approx({"bight;sound": 0.4, "none": 0.5, "unknown": 0.1})
    assert ways[1] == pytest.approx({"bight;sound": 0.8, "unknown": 0.2})
    assert ways[2] == {"unknown": 1.0}
    made = picked(found, "share", operator="telco", tier=0, by="territory")
    assert made == pytest.approx({"AAA": 0.8, "BBB": 0.2})


def test_a_contract_counts_while_its_agreement_is_in_force(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {
        **SEA,
        "agreements": {"agreement": ["pact"], "until": ["2026-03-31"]},
        "supplies": {
            "supplier": ["rw1", "rw2", "rw2"], "customer": ["telco"] * 3,
            "lane": ["written", "free", "road"], "quantity_per_day": [1, 1, 2],
            "agreement": ["", "", "pact"],
        },
    }  # fmt: skip
    network = network_of(tmp_path / "c", **tables)
    for day, share in (("2026-03-31", 0.75), ("2026-04-01", 0.5)):
        found = shares(groundwork(network, on=np.datetime64(day)))["shares"]
        where = {"operator": "telco", "tier": 0, "by": "territory"}
        assert picked(found, "share", **where)["BBB"] == share


def test_a_plant_and_a_site_count_while_their_agreement_is_in_force(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {
        **installed(["radio", "radio"], operator=["one", "two"]),
        "countries": {"country": ["AAA", "BBB"]},
        "agreements": {"agreement": ["pact"], "until": ["2026-03-31"]},
        "products": {"product": ["radio"]},
        "plants": {
            "plant": ["here", "there"], "product": ["radio"] * 2, "country": ["AAA", "BBB"],
            "capacity_per_day": [1, 3], "agreement": ["", "pact"],
        },
    }  # fmt: skip
    tables["sites"] = {**tables["sites"], "agreement": ["", "pact"]}
    network = network_of(tmp_path / "c", **tables)
    found = shares(groundwork(network, on=np.datetime64("2026-04-01")))["shares"]
    assert set(found["operator"].tolist()) == {"", "one"}
    where = {"operator": "one", "tier": 0, "by": "territory"}
    assert picked(found, "share", **where) == {"AAA": 1.0}


def test_what_all_plants_have_in_common_is_known(tmp_path: Path) -> None:
    """Nothing says how the plants of a product share what is bought."""
    products = ["agreed", "mixed", "placeless", "homeless"]
    found = told(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["f", "g"], "country": ["AAA", "AAA"]},
        products={"product": products},
        plants={
            "plant": [f"w{i}" for i in range(6)],
            "product": ["agreed", "agreed", "mixed", "mixed", "placeless", "placeless"],
            "firm": ["f", "f", "f", "g", "f", ""],
            "country": ["AAA", "AAA", "AAA", "BBB", "AAA", ""],
        },
        services={"service": ["s"]},
        needs={"user": ["s"] * 4, "need": ["x"] * 4, "input": products},
    )
    expected = {
        "agreed": {"maker": "f", "seat": "AAA", "territory": "AAA"},
        "mixed": {"maker": "unknown", "seat": "AAA", "territory": "unknown"},
        "placeless": {"maker": "unknown", "seat": "unknown", "territory": "unknown"},
        "homeless": {"maker": "unknown", "seat": "unknown", "territory": "unknown"},
    }
    assert expected == {
        product: {
            by: next(iter(of_product(found, product, 0, by)))
            for by in ("maker", "seat", "territory")
        }
        for product in products
    }


def test_which_fact_about_plants_is_asked(tmp_path: Path) -> None:
    products = ["mixed", "placeless", "homeless", "seatless"]
    tables: dict[str, Columns] = {
        **installed(products, operator=products),
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {"firm": [*products, "f", "g", "h"], "country": ["AAA"] * 5 + ["BBB", ""]},
        "products": {"product": products},
        "plants": {
            "plant": [f"w{i}" for i in range(5)],
            "product": ["mixed", "mixed", "placeless", "placeless", "seatless"],
            "firm": ["f", "g", "f", "", "h"],
            "country": ["AAA", "BBB", "AAA", "", "AAA"],
        },
    }
    unknowns = told(tmp_path / "c", **tables)["unknowns"]
    at = (unknowns["tier"] == 0) & (unknowns["operator"] != "") & (unknowns["by"] != "passage")
    rows = set(
        zip(*(unknowns[c][at].tolist() for c in ("operator", "by", "product", "fact")), strict=True)
    )
    facts = {
        "mixed": {"maker": "output", "seat": "output", "territory": "output"},
        "placeless": {"maker": "maker", "seat": "maker", "territory": "plants"},
        "homeless": {"maker": "maker", "seat": "maker", "territory": "plants"},
        "seatless": {"seat": "seat"},
    }
    assert rows == {(p, by, p, fact) for p, found in facts.items() for by, fact in found.items()}


def test_one_plant_alone_makes_all(tmp_path: Path) -> None:
    found = told(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        products={"product": ["radio"]},
        plants={"plant": ["w"], "product": ["radio"], "country": ["AAA"]},
        services={"service": ["s"]},
        needs={"user": ["s"], "need": ["x"], "input": ["radio"]},
    )
    assert of_product(found, "radio", 0, "territory") == {"AAA": 1.0}


def test_products_are_told_on_request(tmp_path: Path) -> None:
    ground = groundwork(network_of(tmp_path / "c", **RADIO))
    found = shares(ground, ["chip", "board"])["product_shares"]
    assert set(found["product"].tolist()) == {"chip", "board"}
    with pytest.raises(UsageError, match="'bord'"):
        shares(ground, ["chip", "bord"])


def test_a_case_without_products_has_no_shares(tmp_path: Path) -> None:
    tables = told(tmp_path / "c", services={"service": ["s"]})
    assert {name: len(next(iter(table.values()))) for name, table in tables.items()} == {
        "shares": 0, "concentration": 0, "unknowns": 0, "product_shares": 0,
        "product_concentration": 0, "steps": 0, "spend": 0,
    }  # fmt: skip


def test_steps_lead_from_product_to_component(tmp_path: Path) -> None:
    steps = told(tmp_path / "c", **RADIO)["steps"]
    rows = list(zip(*(steps[c].tolist() for c in ("tier", "product", "component")), strict=True))
    assert rows == [
        (0, "radio", "board"), (0, "radio", "chip"),
        (1, "board", "unknown"), (1, "chip", "unknown"),
    ]  # fmt: skip
    assert steps["share"].tolist() == pytest.approx([3 / 7, 4 / 7, 3 / 7, 4 / 7])
    assert set(steps["function"].tolist()) == {"RU"}


def test_first_questions_are_weighed_by_spend(tmp_path: Path) -> None:
    """The dear product's bill is asked before the cheap one's; both makers are known."""
    network = network_of(
        tmp_path / "c",
        **{
            **installed(["dear", "cheap"], operator=["one", "two"]),
            "countries": {"country": ["AAA"]},
            "firms": {"firm": ["one", "two"], "country": ["AAA", "AAA"]},
            "products": {
                "product": ["dear", "cheap"], "name": ["Dear radio", ""],
                "firm": ["one", "two"], "unit_cost_usd": [90, 10],
            },
        },
    )  # fmt: skip
    asked = first_questions(network, shares(groundwork(network)))
    # A bill: tiers 1 to 9 by five, each a range of one; plants and contract: tier 0 by one each.
    assert [(q["product"], q["fact"]) for q in asked] == [
        ("dear", "bill"), ("cheap", "bill"),
        ("dear", "contract"), ("dear", "plants"), ("cheap", "contract"), ("cheap", "plants"),
    ]  # fmt: skip
    assert [q["narrows"] for q in asked] == pytest.approx([40.5, 4.5, 0.9, 0.9, 0.1, 0.1])
    assert asked[0]["words"] == "What is Dear radio made of?"
    assert asked[1]["words"] == "What is cheap made of?"
