"""Measures that come with the package: each can hold, be broken and be unknown."""

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.model.schema import TABLES
from indranet.studies.groundwork import groundwork
from indranet.studies.rules import rules

DATA = Path(str(files("indranet.data")))
Record = dict[str, str]


def told(folder: str) -> list[Record]:
    with (DATA / folder / "rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


MEASURES, BUNDLED = told("measures"), told("indo-pacific")
MAKERS = {"good": "good", "other": "other", "bad": "bad", "worse": "worse", "x": "", "y": ""}
"""Maker of each product and of the part in it; `bad` and `worse` are excluded."""
VERDICTS = {
    "vendors <=": {"true": ("good", "bad"), "false": ("bad", "worse"), "unknown": ("x", "y")},
    "": {"true": ("good", "other"), "false": ("bad", "bad"), "unknown": ("x", "y")},
}
"""What stands at two sites of one operator for a rule to hold, to be broken, to be unknown."""


def two_sites(rule: Record, standing: tuple[str, str]) -> dict[str, Columns]:
    country = rule["country"] or "GBR"
    function = (rule["functions"] or "RU").split(";")[0]
    products = [*MAKERS, *(f"part-{name}" for name in MAKERS)]
    return {
        "countries": {"country": [country]},
        "firms": {"firm": ["telco", "good", "other", "bad", "worse"], "country": [country] * 5},
        "products": {
            "product": products, "firm": [*MAKERS.values()] * 2,
            "kind": ["equipment"] * len(MAKERS) + ["part"] * len(MAKERS),
        },
        "components": {
            "product": [*MAKERS], "component": [f"part-{name}" for name in MAKERS],
        },
        "sites": {
            "site": ["one", "two"], "operator": ["telco"] * 2, "country": [country] * 2,
            "people": [50, 50], "class": [rule.get("class") or "normal"] * 2,
        },
        "equipment": {
            "site": ["one", "two"], "function": [function] * 2, "product": list(standing),
            "generation": [rule["generation"] or "5G"] * 2,
        },
        "exclusions": {"authority": ["ours", "ours"], "firm": ["bad", "worse"]},
        "rules": {name: [cell] for name, cell in rule.items()},
    }  # fmt: skip


@pytest.mark.parametrize("holds", ["true", "false", "unknown"])
@pytest.mark.parametrize("rule", MEASURES + BUNDLED, ids=lambda rule: rule["rule"])
def test_each_measure_can_hold_be_broken_and_be_unknown(
    tmp_path: Path, rule: Record, holds: str
) -> None:
    sort = f"{rule['metric']} {rule['comparison']}"
    network = network_of(tmp_path / "c", **two_sites(rule, VERDICTS.get(sort, VERDICTS[""])[holds]))
    day = np.datetime64(rule["from"])
    found = rules(groundwork(network), authority="ours", day=day).rules
    assert found["holds"].tolist() == [holds]
    assert found["source"].tolist() == [rule["source"]]


@pytest.mark.parametrize("rule", MEASURES, ids=lambda rule: rule["rule"])
def test_whom_a_measure_on_excluded_firms_breaks_is_for_an_authority_to_say(
    tmp_path: Path, rule: Record
) -> None:
    network = network_of(tmp_path / "c", **two_sites(rule, ("bad", "bad")))
    found = rules(groundwork(network), authority=None, day=np.datetime64(rule["from"])).rules
    expected = "unknown" if rule["who"] == "excluded" else "false"
    assert found["holds"].tolist() == [expected]


def test_each_measure_says_where_it_comes_from() -> None:
    columns = {column.name for column in TABLES["rules"].columns}
    assert set(MEASURES[0]) <= columns
    assert len({rule["rule"] for rule in MEASURES}) == len(MEASURES)
    assert all(rule["source"] for rule in MEASURES)
    parameters = [rule for rule in MEASURES if not rule["country"]]
    assert parameters
    assert all("parameter of the user" in rule["source"] for rule in parameters)


def test_measures_name_no_firm() -> None:
    assert {rule["who"] for rule in MEASURES} == {"excluded", "all"}


def test_measures_stay_small() -> None:
    assert (DATA / "indo-pacific" / "rules.csv").stat().st_size < 4_000


def test_the_page_lists_every_measure() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
    if not page.exists():
        pytest.skip("the documentation is not part of an installed package")
    text = page.read_text(encoding="utf-8")
    for rule in MEASURES:
        assert f"| `{rule['rule']}` |" in text
