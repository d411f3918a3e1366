"""Systemic risk of a case: shocks, money, inputs that are a choice, days of cover."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.model.network import Network
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.systemic import Weight, systemic

# Ore, chips of it, radios of these for the operator, 1 a day each; they cost 10, 30 and 60.
CHAIN: dict[str, Columns] = {
    "countries": {"country": ["AAA", "BBB"]},
    "firms": {"firm": ["miner", "maker", "telco"], "country": ["AAA", "BBB", "BBB"]},
    "products": {
        "product": ["ore", "chip", "radio"],
        "unit_cost_usd": [10, 30, 60],
    },
    "components": {"product": ["chip", "radio"], "component": ["ore", "chip"]},
    "plants": {
        "plant": ["mine", "fab", "works"],
        "product": ["ore", "chip", "radio"],
        "firm": ["miner", "maker", "maker"],
        "country": ["AAA", "BBB", "BBB"],
    },
    "supplies": {
        "supplier": ["mine", "fab", "works"],
        "customer": ["fab", "works", "telco"],
        "quantity_per_day": [1, 1, 1],
        "stock_days": [5, 7, 9],
        "transit_days": [2, 0, 1],
    },
}


def risk(network: Network, **asked: Any) -> dict[tuple[str, str], tuple[float, ...]]:
    table = systemic(groundwork(network), tolerance=1e-9, **asked).table
    numbers = ("systemic_risk", "downstream", "upstream", "cover_days")
    return {
        key: tuple(float(table[n][row]) for n in numbers)
        for row, key in enumerate(zip(table["kind"], table["id"], strict=True))
    }


def test_a_chain_falls_whole_and_days_add_up(tmp_path: Path) -> None:
    """All sales are 10 + 30 + 60. The mine's stop reaches the operator after 5 + 2 + 7 + 9 + 1."""
    found = risk(network_of(tmp_path / "c", **CHAIN))
    assert found["plant", "mine"] == pytest.approx((1, 1, 0.1, 24))
    # Above it the mine cannot sell; below it the works lack their chips.
    assert found["plant", "fab"] == pytest.approx((1, 0.9, 0.4, 17))
    assert found["plant", "works"] == pytest.approx((1, 0.6, 1, 10))
    assert found["firm", "maker"] == pytest.approx((1, 0.9, 1, 10))
    assert found["territory", "AAA"] == found["jurisdiction", "AAA"] == found["plant", "mine"]
    assert found["product", "chip"] == found["plant", "fab"]
    # The operator makes nothing.
    assert found["firm", "telco"][:3] == (0, 0, 0)
    assert np.isnan(found["firm", "telco"][3])


@pytest.mark.parametrize(("weight", "share"), [("sales", 0.4), ("largest", 0.4)])
def test_what_is_deferrable_takes_its_part(tmp_path: Path, weight: Weight, share: float) -> None:
    """The works go on without chips up to their part of what they buy: here all of it."""
    parts = {**CHAIN["components"], "importance": ["essential", "negligible"]}
    found = risk(network_of(tmp_path / "c", **{**CHAIN, "components": parts}), weight=weight)
    assert found["plant", "mine"][0] == pytest.approx(share)


def test_a_choice_is_one_input(tmp_path: Path) -> None:
    """Radios take either of two chips, half of each: without one of them half are left."""
    tables: dict[str, Columns] = {
        "products": {"product": ["old", "new", "radio"], "unit_cost_usd": [1, 1, 1]},
        "components": {
            "product": ["radio"] * 2, "component": ["old", "new"], "choice": ["chip"] * 2,
        },
        "plants": {"plant": ["a", "b", "works"], "product": ["old", "new", "radio"]},
        "supplies": {
            "supplier": ["a", "b"], "customer": ["works"] * 2, "quantity_per_day": [1, 1],
        },
    }  # fmt: skip
    tables["plants"]["final_demand_per_day"] = [0, 0, 2]  # type: ignore[index]
    found = risk(network_of(tmp_path / "c", **tables))
    assert found["plant", "a"][1] == pytest.approx((1 + 1) / 4)
    apart = {**tables, "components": {**tables["components"], "choice": ["", ""]}}
    assert risk(network_of(tmp_path / "d", **apart))["plant", "a"][1] == pytest.approx(3 / 4)


def test_exposure_tells_it_when_asked(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **CHAIN)
    found = exposure(network, by=["firm"], systemic=True, tolerance=1e-9)
    worst = found.summary["systemic"]["worst"]
    assert {row["systemic_risk"] for row in worst} == {1.0}
    assert found.tables["systemic"]["kind"].tolist().count("plant") == 3
    assert "systemic" not in exposure(network, by=["firm"]).tables


def test_a_case_without_plants_loses_nothing(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", firms={"firm": ["one"]})
    assert risk(network)["firm", "one"][:3] == (0, 0, 0)
