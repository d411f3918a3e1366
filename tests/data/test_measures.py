"""Measures that come with the package: each can hold, be broken and be unknown."""

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.model.schema import APPROVALS, TABLES
from indranet.studies.groundwork import groundwork, with_equipment
from indranet.studies.rules import rules

DATA = Path(str(files("indranet.data")))
Record = dict[str, str]


def told(folder: str) -> list[Record]:
    with (DATA / folder / "rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


MEASURES, BUNDLED = told("measures"), told("indo-pacific")
MAKERS = {"good": "good", "other": "other", "bad": "bad", "worse": "worse", "x": "", "y": ""}
"""Maker of each product and of the part in it; `bad` and `worse` are excluded."""
TOLD = ["good", "other", "bad", "worse"]
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
        "countries": {"country": [country, "ZZZ"]},
        "firms": {
            "firm": ["telco", "good", "other", "bad", "worse"],
            "country": [country] * 3 + ["ZZZ"] * 2,
        },
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
            "installed": [rule.get("installed_from", "")] * 2,
        },
        # Who makes a product supports it; `good` and `other` are approved in all, `bad` and
        # `worse` were refused, and of `x` and `y` nobody says anything.
        "needs": {
            "user": [f"product:{name}" for name in TOLD], "need": ["support"] * len(TOLD),
            "input": [f"firm:{name}" for name in TOLD], "plane": ["trusted"] * len(TOLD),
        },
        "approvals": {
            "kind": [kind for kind in APPROVALS.values() for _ in TOLD],
            "thing": TOLD * len(APPROVALS),
            "country": [country] * len(TOLD) * len(APPROVALS),
            "status": ["given", "given", "refused", "refused"] * len(APPROVALS),
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
    parameters = [r for r in MEASURES if not r["country"] and r["status"] != "proposed"]
    assert parameters
    assert all("parameter of the user" in rule["source"] for rule in parameters)


def test_measures_name_no_firm() -> None:
    assert {rule["who"] for rule in MEASURES} == {"excluded", "all", "country"}
    assert all(rule["firm"] in ("", rule["country"]) for rule in MEASURES)


NEW = [rule for rule in MEASURES if rule["installed_from"]]


@pytest.mark.parametrize("rule", NEW, ids=lambda rule: rule["rule"])
def test_what_stood_before_stays_and_what_has_no_day_is_not_known(
    tmp_path: Path, rule: Record
) -> None:
    ground = groundwork(network_of(tmp_path / "c", **two_sites(rule, ("bad", "bad"))))
    for days, holds in (
        (["2017-12-31"] * 2, "true"), (["2017-12-31", ""], "unknown"),
        (["", "2030-01-01"], "false"),
    ):  # fmt: skip
        installed = np.array(days, dtype="M8[D]")
        other = with_equipment(ground, ground.equipment.with_column("installed", installed))
        found = rules(other, authority="ours", day=np.datetime64(rule["from"]))
        assert found.rules["holds"].tolist() == [holds]
        asked = ["When was bad installed?"] if holds == "unknown" else []
        assert found.questions["question"].tolist() == asked


def test_a_supplier_counts_months_after_it_was_listed(tmp_path: Path) -> None:
    (rule,) = (rule for rule in MEASURES if rule["after_months"])
    tables = two_sites(rule, ("bad", "good"))
    tables["exclusions"] = {"authority": ["ours"], "firm": ["bad"], "from": ["2026-02-28"]}
    ground = groundwork(network_of(tmp_path / "c", **tables))
    told = [
        rules(ground, authority="ours", day=np.datetime64(day)).rules
        for day in ("2029-02-27", "2029-02-28")
    ]
    assert [table["holds"][0] for table in told] == ["true", "false"]
    assert told[0]["standing"][0] == "proposed"
    assert "of firms that ours excludes for 36 months" in told[0]["says"][0]


ASKED = {
    "supported": "Which firms have remote access to x?",
    "uncertified": "Is x certified, and until when?",
    "unlicensed": "Until when is x, or the site where it stands, licensed?",
    "unevaluated": "Was x evaluated for the risks of its supply?",
    "undesignated": "Is x designated as trusted, and until when?",
    "unnotified": "Was x notified before it came into use?",
}


@pytest.mark.parametrize(
    "rule", [r for r in MEASURES if r["what"] not in ("", "made")], ids=lambda rule: rule["rule"]
)
def test_what_would_settle_it_is_asked_the_most_telling_first(tmp_path: Path, rule: Record) -> None:
    """`x` stands at both sites, `y` at one of them beside it; `good` settles one site in part."""
    tables = two_sites(rule, ("x", "x"))
    sites = {**tables["sites"], "stands_for": [3, 1]}
    equipment = {name: [*cells, cells[0]] for name, cells in tables["equipment"].items()}
    equipment["site"], equipment["product"] = ["one", "two", "two"], ["x", "x", "y"]
    network = network_of(tmp_path / "c", **{**tables, "sites": sites, "equipment": equipment})
    day = np.datetime64(rule["from"])
    found = rules(groundwork(network), authority="ours", day=day).questions
    asked = ASKED[rule["what"]]
    questions = found["question"].tolist()
    assert asked in questions
    assert asked.replace(" x", " y") in questions
    assert questions.index(asked) < questions.index(asked.replace(" x", " y"))
    assert (np.diff(found["effect"]) <= 0).all()
    assert found["settles"][questions.index(asked)] > 0.5


def test_measures_stay_small() -> None:
    assert (DATA / "indo-pacific" / "rules.csv").stat().st_size < 4_000


def test_the_page_lists_every_measure() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
    if not page.exists():
        pytest.skip("the documentation is not part of an installed package")
    text = page.read_text(encoding="utf-8")
    for rule in MEASURES:
        assert f"| `{rule['rule']}` |" in text
