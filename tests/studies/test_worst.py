"""Which dependences are called worst, and which causes stand on one line."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from indranet.model.case import read, write_case
from indranet.model.network import Network
from indranet.studies.exposure import exposure


def network_of(folder: Path, **tables: Mapping[str, Sequence[Any]]) -> Network:
    write_case(folder, "test", date(2026, 1, 1), "", tables)
    return read(folder)


def lines(network: Network, horizon: str, *by: str) -> list[set[str]]:
    worst = exposure(network, by=by).summary["worst"][horizon]
    return [{thing["id"] for thing in group["things"]} for group in worst]


def test_causes_of_equal_but_different_losses_stand_apart(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["f1", "f2", "f3"]},
        services={"service": ["hospital", "games"], "people": [100, 100]},
        needs={
            "user": ["hospital", "games", "games"],
            "need": ["power", "power", "water"],
            "input": ["f1", "f2", "f3"],
        },
    )
    assert lines(network, "now", "facility") == [{"f1"}, {"f2", "f3"}]


def test_causes_that_differ_once_any_maker_may_step_in_stand_apart(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["telco"]},
        products={"product": ["radio"]},
        facilities={"facility": ["port"]},
        plants={"plant": ["works"], "product": ["radio"]},
        lanes={"lane": ["way"], "origin": ["works"], "destination": ["port"], "mode": ["land"]},
        supplies={
            "supplier": ["works"], "customer": ["telco"], "lane": ["way"], "quantity_per_day": [1],
        },
        sites={"site": ["mast"], "operator": ["telco"], "people": [9]},
        equipment={"site": ["mast"], "function": ["RU"], "product": ["radio"]},
        services={"service": ["call"], "people": [9]},
        needs={"user": ["call"], "need": ["radio"], "input": ["mast"]},
    )  # fmt: skip
    assert lines(network, "in time", "plant", "lane", "product") == [{"radio", "works"}, {"way"}]


def test_what_hangs_on_the_share_stands_apart_and_is_marked(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        products={"product": ["chip", "board"]},
        plants={
            "plant": ["main", "second", "board-works"],
            "product": ["chip", "chip", "board"],
            "capacity_per_day": [60, 40, 1],
        },
        services={"service": ["chips", "boards"], "people": [5, 4]},
        needs={"user": ["chips", "boards"], "need": ["x", "x"], "input": ["chip", "board"]},
    )
    summary = exposure(network, by=["plant"]).summary
    found = {g["things"][0]["id"]: g["hangs_on_need_share"] for g in summary["worst"]["in time"]}
    assert found == {"main": True, "board-works": False}
    # Where 30 % is enough the chips go on without it, and the board is the worst loss.
    places = {g["things"][0]["id"]: g["place_range"] for g in summary["worst"]["in time"]}
    assert places == {"main": [1, 2], "board-works": [1, 2]}
    assert [miss["id"] for miss in summary["near_misses"]] == ["second"]
    assert summary["near_misses"][0]["people_lost"] == 5


def test_a_country_that_takes_only_sites_of_others_is_among_the_worst(tmp_path: Path) -> None:
    """Masts in AAA run on radios made in BBB; no service hangs on them."""
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        products={"product": ["radio"]},
        plants={"plant": ["works"], "product": ["radio"], "country": ["BBB"]},
        sites={"site": ["mast"], "country": ["AAA"], "people": [9]},
        equipment={"site": ["mast"], "function": ["RU"], "product": ["radio"]},
        services={"service": ["other"], "people": [1]},
    )
    assert lines(network, "in time", "territory") == [{"BBB"}]
    assert lines(network, "now", "territory") == []


@pytest.mark.parametrize("kind", ["site", "facility"])
def test_what_is_asked_for_one_by_one_is_ranked(tmp_path: Path, kind: str) -> None:
    table = {"site": "sites", "facility": "facilities"}[kind]
    network = network_of(
        tmp_path / "c",
        **{table: {kind: ["only", "spare"]}},
        services={"service": ["call"], "people": [2]},
        needs={"user": ["call"], "need": ["x"], "input": ["only"]},
    )
    assert lines(network, "now", kind)[0] == {"only"}


def test_a_service_is_no_dependence_of_its_own(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        services={"service": ["cloud", "payments"], "people": [1, 7]},
        needs={"user": ["payments"], "need": ["x"], "input": ["cloud"]},
    )
    assert lines(network, "now", "service") == [{"cloud"}]


def test_names_tell_services_of_one_name_apart(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"], "name": ["Aland"]},
        services={
            "service": ["v1", "v2", "v3"],
            "name": ["Voice", "Voice", ""],
            "country": ["AAA", "AAA", "AAA"],
            "region": ["north", "", ""],
        },
    )
    names = exposure(network).tables["names"]
    assert dict(zip(names["id"], names["name"], strict=True)) == {
        "AAA": "Aland",
        "v1": "Voice (north, Aland)",
        "v2": "Voice (Aland)",
    }
