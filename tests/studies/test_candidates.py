"""What is taken away where nothing is asked."""

from pathlib import Path

from tests.made_up import network_of

from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, default_kinds
from indranet.studies.exposure import exposure


def test_services_alone_are_taken_away_one_by_one(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        services={"service": ["power", "water"], "people": [10, 7]},
        needs={"user": ["water"], "need": ["pumps"], "input": ["power"]},
    )
    assert default_kinds(network) == KINDS_ON_REQUEST
    worst = exposure(network).summary["worst"]["now"]
    assert [entry["things"][0]["id"] for entry in worst] == ["power"]


def test_what_stands_behind_is_taken_away_where_there_is_any(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", services={"service": ["power"]}, firms={"firm": ["grid"]})
    assert default_kinds(network) == DEFAULT_KINDS
    kinds = set(exposure(network).tables["reach"]["kind"].tolist())
    assert kinds == {"firm"}


def test_flaws_and_domains_take_installed_units_with_them(tmp_path: Path) -> None:
    """Operators a and b run v's core, with a library in it; a's radios are managed with v's EMS."""
    sites = ["core-a", "ru-a", "core-b", "ru-b"]
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        firms={"firm": ["a", "b", "v", "w"], "country": ["AAA"] * 4},
        products={
            "product": ["core", "radio-v", "radio-w", "manager", "library"],
            "kind": ["equipment", "equipment", "equipment", "software", "software"],
            "firm": ["w", "v", "w", "v", ""], "function": ["AMF", "RU", "RU", "EMS", ""],
        },
        components={"product": ["core"], "component": ["library"]},
        sites={
            "site": sites, "operator": ["a", "a", "b", "b"], "country": ["AAA"] * 4,
            "kind": ["core", "radio"] * 2,
        },
        equipment={
            "site": [*sites, "core-a"], "function": ["AMF", "RU", "AMF", "RU", "EMS"],
            "product": ["core", "radio-v", "core", "radio-w", "manager"],
        },
        services={"service": ["call-a", "call-b"], "people": [800, 200]},
        needs={"user": ["call-a", "call-b"], "need": ["radio"] * 2, "input": ["ru-a", "ru-b"]},
        vulnerabilities={
            "vulnerability": ["in-library", "in-manager", "in-nothing"],
            "product": ["library", "manager", "radio-v"],
            "status": ["affected", "", "not_affected"],
        },
    )  # fmt: skip
    found = exposure(network, by=("vulnerability", "domain"))
    rows = found.tables["reach"]
    now = (rows["horizon"] == "now") & (rows["plane"] == "works")
    lost = dict(zip(rows["id"][now].tolist(), rows["people_lost"][now].tolist(), strict=True))
    assert lost == {
        "in-library": 1000, "in-manager": 800, "a/library": 800, "b/library": 200,
        "a/manager": 800,
    }  # fmt: skip
