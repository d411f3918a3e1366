"""Rules: each metric by hand, three values, whom a rule binds, and when."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.model.network import Network
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
