"""What must hold for each thing to run, and laws that every case keeps."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of, random_tables, shuffled

from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, candidates
from indranet.studies.compile import compile_network
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import expand, groundwork, plant_output
from indranet.studies.lanes import detours, lane_routes

EVERY_KIND = DEFAULT_KINDS + KINDS_ON_REQUEST


def loss(network: Network, kind: str, thing: str, horizon: str, **asked: Any) -> tuple[int, float]:
    table = exposure(network, by=[kind], **asked).tables["reach"]
    at = (table["id"] == thing) & (table["horizon"] == horizon)
    assert at.sum() == 1
    return int(table["services_lost"][at][0]), float(table["people_lost"][at][0])


ISLAND: dict[str, Columns] = {
    "countries": {"country": ["AAA"]},
    "firms": {"firm": ["telco"], "country": ["AAA"]},
    "sites": {
        "site": ["island", "relay", "mainland"],
        "operator": ["telco"] * 3,
        "country": ["AAA"] * 3,
        "kind": ["radio", "aggregation", "core"],
        "people": [10, 0, 0],
    },
    "lanes": {
        "lane": ["cable-1", "cable-2", "beam", "ferry"],
        "origin": ["island", "relay", "island", "island"],
        "destination": ["relay", "mainland", "mainland", "mainland"],
        "mode": ["cable", "cable", "microwave", "sea"],
    },
    "services": {"service": ["call"], "people": [10]},
    "needs": {
        "user": ["call", "island"],
        "need": ["radio", "core"],
        "input": ["island", "mainland"],
        "how": ["works", "reaches"],
    },
}


def test_two_ways_to_reach_a_place(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **ISLAND)
    for thing in ("cable-1", "cable-2", "beam", "ferry"):
        assert loss(network, "lane", thing, "now") == (0, 0)
    assert loss(network, "site", "relay", "now") == (0, 0)
    assert loss(network, "site", "mainland", "now") == (1, 10)


@pytest.mark.parametrize("thing", ["cable-1", "cable-2", "relay"])
def test_the_only_way_to_reach_a_place(tmp_path: Path, thing: str) -> None:
    lanes = {name: list(cells)[:2] for name, cells in ISLAND["lanes"].items()}
    network = network_of(tmp_path / "c", **{**ISLAND, "lanes": lanes})
    assert loss(network, "site" if thing == "relay" else "lane", thing, "now") == (1, 10)


def test_goods_do_not_carry_signals(tmp_path: Path) -> None:
    lanes = {name: list(cells)[3:] for name, cells in ISLAND["lanes"].items()}
    network = network_of(tmp_path / "c", **{**ISLAND, "lanes": lanes})
    assert exposure(network).summary["down_before"]["now"] == ["call", "island"]


def test_two_places_that_reach_only_each_other_reach_nothing(tmp_path: Path) -> None:
    """Reach is always least: a circle does not hold itself up."""
    sites = {**ISLAND["sites"], "kind": ["radio", "radio", "core"]}
    needs = {
        "user": ["call", "island", "relay"],
        "need": ["radio", "core", "core"],
        "input": ["island", "mainland", "mainland"],
        "how": ["works", "reaches", "reaches"],
    }
    lanes = {
        "lane": ["between", "out"],
        "origin": ["island", "relay"],
        "destination": ["relay", "mainland"],
        "mode": ["cable", "cable"],
    }
    network = network_of(
        tmp_path / "c", **{**ISLAND, "sites": sites, "needs": needs, "lanes": lanes}
    )
    assert loss(network, "lane", "out", "now") == (1, 10)
    assert loss(network, "lane", "between", "now") == (1, 10)


@pytest.mark.parametrize(
    ("where", "without_north", "without_south"),
    [
        ({"country": ["AAA"]}, (0, 0.0), (0, 0.0)),
        ({"country": ["AAA"], "region": ["north"]}, (1, 4.0), (0, 0.0)),
        ({"country": ["AAA"], "region": ["nowhere"]}, None, None),
    ],
    ids=["country", "region", "no site there"],
)
def test_a_service_sets_out_from_the_sites_where_it_is_used(
    tmp_path: Path,
    where: Columns,
    without_north: tuple[int, float] | None,
    without_south: tuple[int, float] | None,
) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        sites={
            "site": ["north-gate", "south-gate", "cloud"],
            "country": ["AAA", "AAA", "BBB"],
            "region": ["north", "south", "north"],
        },
        lanes={
            "lane": ["n", "s"], "origin": ["north-gate", "south-gate"],
            "destination": ["cloud", "cloud"], "mode": ["cable", "cable"],
        },
        services={"service": ["mail"], "people": [4], **where},
        needs={"user": ["mail"], "need": ["cloud"], "input": ["cloud"], "how": ["reaches"]},
    )  # fmt: skip
    if without_north is None or without_south is None:
        assert exposure(network).summary["down_before"]["now"] == ["mail"]
        return
    assert loss(network, "lane", "n", "now") == without_north
    assert loss(network, "lane", "s", "now") == without_south
    assert loss(network, "site", "cloud", "now") == (1, 4)


def test_an_agreement_brings_a_second_cable_while_it_is_in_force(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {
        **ISLAND,
        "agreements": {
            "agreement": ["pact"],
            "parties": ["AAA"],
            "from": ["2026-03-01"],
            "until": ["2026-03-31"],
        },
        "lanes": {
            "lane": ["old", "new"],
            "origin": ["island", "island"],
            "destination": ["mainland", "mainland"],
            "mode": ["cable", "cable"],
            "agreement": ["", "pact"],
        },
    }
    network = network_of(tmp_path / "c", **tables)
    for day, lost in (
        ("2026-02-28", (1, 10.0)),
        ("2026-03-01", (0, 0.0)),
        ("2026-03-31", (0, 0.0)),
        ("2026-04-01", (1, 10.0)),
    ):
        assert loss(network, "lane", "old", "now", on=np.datetime64(day)) == lost


def test_a_lane_ends_at_a_facility_that_must_itself_reach_something(tmp_path: Path) -> None:
    """Signals pass through the hut while it stands, though it lacks the way to the yard."""
    network = network_of(
        tmp_path / "c",
        sites={"site": ["island", "mainland", "yard"]},
        facilities={"facility": ["hut"]},
        lanes={
            "lane": ["near", "far", "spur"],
            "origin": ["island", "hut", "hut"],
            "destination": ["hut", "mainland", "yard"],
            "mode": ["cable"] * 3,
        },
        services={"service": ["call", "watch"], "people": [10, 4]},
        needs={
            "user": ["call", "island", "watch", "hut"],
            "need": ["radio", "core", "hut", "yard"],
            "input": ["island", "mainland", "hut", "yard"],
            "how": ["works", "reaches", "works", "reaches"],
        },
    )
    assert exposure(network).summary["down_before"]["now"] == []
    assert loss(network, "lane", "spur", "now") == (1, 4)  # the watch of the hut
    assert loss(network, "lane", "near", "now") == (1, 10)
    assert loss(network, "facility", "hut", "now") == (2, 14)


PLANNED: dict[str, Columns] = {
    "agreements": {"agreement": ["pact"], "from": ["2027-01-01"]},
    "products": {"product": ["chip"]},
    "services": {"service": ["chips"], "people": [5]},
    "needs": {"user": ["chips"], "need": ["delivery"], "input": ["chip"]},
}
"""A service that takes chips, and an agreement that begins a year after the first day."""
LATER = np.datetime64("2027-01-01")


def test_a_plant_that_is_not_there_yet_makes_nothing(tmp_path: Path) -> None:
    """The old plant makes 40 of 40 today and 40 of 100 later; half is needed."""
    plants: Columns = {
        "plant": ["old", "new"],
        "product": ["chip"] * 2,
        "capacity_per_day": [40, 60],
        "agreement": ["", "pact"],
    }
    network = network_of(tmp_path / "c", **PLANNED, plants=plants)
    assert exposure(network).summary["down_before"]["now"] == []
    assert loss(network, "plant", "old", "now") == (1, 5)
    assert loss(network, "plant", "new", "now") == (0, 0)
    assert loss(network, "plant", "old", "now", on=LATER) == (0, 0)
    assert loss(network, "plant", "new", "now", on=LATER) == (1, 5)


def test_a_product_whose_only_plant_is_planned_is_named_as_unknown(tmp_path: Path) -> None:
    plants: Columns = {"plant": ["new"], "product": ["chip"], "agreement": ["pact"]}
    network = network_of(tmp_path / "c", **PLANNED, plants=plants)
    assert exposure(network).summary["unknown_products"] == ["chip"]
    assert exposure(network, on=LATER).summary["unknown_products"] == []


def test_a_planned_core_site_does_not_bind_the_radio_sites_of_today(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        agreements=PLANNED["agreements"],
        countries={"country": ["AAA"]},
        firms={"firm": ["telco"], "country": ["AAA"]},
        products={"product": ["radio", "core"]},
        sites={
            "site": ["mast", "lab"],
            "operator": ["telco"] * 2,
            "country": ["AAA"] * 2,
            "kind": ["radio", "core"],
            "people": [9, 0],
            "agreement": ["", "pact"],
        },
        equipment={
            "site": ["mast", "lab"], "function": ["RU", "AMF"], "product": ["radio", "core"],
        },
    )  # fmt: skip
    found = exposure(network).summary
    assert found["down_before"]["now"] == []
    assert found["unknown_products"] == ["radio"]
    later = exposure(network, by=["site"], on=LATER).tables["reach"]
    at = (later["id"] == "lab") & (later["horizon"] == "now")
    assert later["people_lost"][at].tolist() == [9]


def test_a_planned_lane_is_no_place_to_set_out_from(tmp_path: Path) -> None:
    """Mail sets out from the gate today; the planned lane starts at the country's place."""
    network = network_of(
        tmp_path / "c",
        agreements=PLANNED["agreements"],
        countries={"country": ["AAA", "BBB"]},
        sites={"site": ["gate", "cloud"], "country": ["AAA", "BBB"]},
        lanes={
            "lane": ["old", "new"],
            "origin": ["gate", "AAA"],
            "destination": ["cloud"] * 2,
            "mode": ["cable"] * 2,
            "agreement": ["", "pact"],
        },
        services={"service": ["mail"], "country": ["AAA"], "people": [3]},
        needs={"user": ["mail"], "need": ["x"], "input": ["cloud"], "how": ["reaches"]},
    )
    assert exposure(network).summary["down_before"]["now"] == []
    assert loss(network, "lane", "old", "now") == (1, 3)
    # Where a service sets out from must itself run.
    assert loss(network, "site", "gate", "now") == (1, 3)


def test_sales_under_an_agreement_that_is_not_in_force_are_no_output(tmp_path: Path) -> None:
    """Output is what is sold: 10 of 10 from the small plant today, 90 of 100 from the big later."""
    network = network_of(
        tmp_path / "c",
        **PLANNED,
        firms={"firm": ["buyer"]},
        plants={"plant": ["big", "small"], "product": ["chip"] * 2},
        supplies={
            "supplier": ["big", "small"],
            "customer": ["buyer"] * 2,
            "quantity_per_day": [90, 10],
            "agreement": ["pact", ""],
        },
    )
    assert loss(network, "plant", "big", "now") == (0, 0)
    assert loss(network, "plant", "small", "now") == (1, 5)
    assert loss(network, "plant", "big", "now", on=LATER) == (1, 5)
    assert loss(network, "plant", "small", "now", on=LATER) == (0, 0)


def test_sites_that_are_not_there_yet_are_not_counted(tmp_path: Path) -> None:
    """The mast serves 3 people; the tower, which stands for two sites, serves 5 more later."""
    network = network_of(
        tmp_path / "c",
        agreements=PLANNED["agreements"],
        countries={"country": ["AAA"]},
        sites={
            "site": ["mast", "tower"],
            "country": ["AAA"] * 2,
            "people": [3, 5],
            "stands_for": [1, 2],
            "agreement": ["", "pact"],
        },
    )
    for on, people, sites in ((None, 3, 1), (LATER, 8, 3)):
        found = exposure(network, by=["territory"], on=on)
        assert found.summary["people"] == people
        assert found.summary["sites"] == sites
        assert found.summary["down_before"]["now"] == []
        now = found.tables["reach"]["horizon"] == "now"
        assert found.tables["reach"]["people_lost"][now].tolist() == [people]
        assert found.tables["reach"]["sites_lost"][now].tolist() == [sites]


def test_alternatives_of_a_choice(tmp_path: Path) -> None:
    """Two of three alternatives needed: any one may go, no two may."""
    letters = ["a", "b", "c"]
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        products={"product": [*letters, "board"], "kind": ["part"] * 3 + ["equipment"]},
        components={
            "product": ["board"] * 3,
            "component": letters,
            "choice": ["memory"] * 3,
            "at_least": [2] * 3,
        },
        plants={
            "plant": ["pa", "pb", "pc", "works"],
            "product": [*letters, "board"],
            "country": ["AAA", "AAA", "BBB", ""],
        },
        services={"service": ["boards"], "people": [1]},
        needs={"user": ["boards"], "need": ["delivery"], "input": ["board"]},
    )
    for plant in ("pa", "pb", "pc"):
        assert loss(network, "plant", plant, "in time") == (0, 0)
    assert loss(network, "territory", "AAA", "in time") == (1, 1)
    assert loss(network, "territory", "BBB", "in time") == (0, 0)
    assert loss(network, "territory", "AAA", "now") == (0, 0)


def test_components_bind_where_no_plant_is_listed(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        products={"product": ["chip", "radio", "mystery"]},
        components={"product": ["radio", "radio"], "component": ["chip", "mystery"]},
        plants={"plant": ["fab"], "product": ["chip"]},
        services={"service": ["radios"], "people": [5]},
        needs={"user": ["radios"], "need": ["delivery"], "input": ["radio"]},
    )
    assert loss(network, "plant", "fab", "in time") == (1, 5)
    assert loss(network, "plant", "fab", "now") == (0, 0)
    assert exposure(network).summary["unknown_products"] == ["mystery"]


def test_deferrable_components_do_not_stop_a_plant(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        products={"product": ["paint", "radio"]},
        components={
            "product": ["radio"], "component": ["paint"], "importance": ["deferrable"],
        },
        plants={"plant": ["paint-works", "radio-works"], "product": ["paint", "radio"]},
        services={"service": ["radios"], "people": [5]},
        needs={"user": ["radios"], "need": ["delivery"], "input": ["radio"]},
    )  # fmt: skip
    assert loss(network, "product", "paint", "in time") == (0, 0)
    assert loss(network, "plant", "radio-works", "in time") == (1, 5)


def test_a_need_of_a_product_binds_each_installed_unit(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        products={"product": ["radio"]},
        sites={"site": ["mast"], "people": [3]},
        equipment={"site": ["mast"], "function": ["RU"], "product": ["radio"]},
        services={"service": ["licence-server", "call"], "people": [0, 3]},
        needs={
            "user": ["radio", "call"],
            "need": ["licence", "radio"],
            "input": ["licence-server", "mast"],
        },
    )
    assert loss(network, "service", "licence-server", "now") == (2, 3)


def test_what_a_unit_needs_is_bought_by_its_operator(tmp_path: Path) -> None:
    """The telco buys of the small plant; the rival at large, of which the large one makes 90 %."""
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["telco", "rival"]},
        products={"product": ["radio", "coolant"]},
        plants={
            "plant": ["small", "large"],
            "product": ["coolant"] * 2,
            "capacity_per_day": [10, 90],
        },
        supplies={"supplier": ["small"], "customer": ["telco"], "quantity_per_day": [1]},
        sites={"site": ["mast", "tower"], "operator": ["telco", "rival"]},
        equipment={"site": ["mast", "tower"], "function": ["RU"] * 2, "product": ["radio"] * 2},
        services={"service": ["call", "chat"], "people": [3, 7]},
        needs={
            "user": ["call", "chat", "radio"],
            "need": ["radio", "radio", "cooling"],
            "input": ["mast", "tower", "coolant"],
        },
    )
    assert loss(network, "plant", "small", "now") == (1, 3)
    assert loss(network, "plant", "large", "now") == (1, 7)


def test_what_is_in_use_and_made_nowhere_is_taken_as_available_and_named(tmp_path: Path) -> None:
    """Boards are made of chips; of radios the case knows only paint, which they can do without."""
    network = network_of(
        tmp_path / "c",
        products={"product": ["radio", "paint", "board", "chip", "idle"]},
        components={
            "product": ["radio", "board"],
            "component": ["paint", "chip"],
            "importance": ["deferrable", "essential"],
        },
        plants={"plant": ["fab"], "product": ["chip"]},
        services={"service": ["radios", "boards"], "people": [5, 2]},
        needs={
            "user": ["radios", "boards"],
            "need": ["delivery"] * 2,
            "input": ["radio", "board"],
        },
    )
    summary = exposure(network).summary
    assert summary["unknown_products"] == ["radio"]
    assert summary["down_before"]["in time"] == []


def test_a_site_that_names_a_core_site_is_freed_from_the_rule(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {
        "countries": {"country": ["AAA"]},
        "firms": {"firm": ["telco"]},
        "products": {"product": ["radio", "server"]},
        "sites": {
            "site": ["mast", "east", "west"],
            "operator": ["telco"] * 3,
            "country": ["AAA"] * 3,
            "kind": ["radio", "core", "core"],
        },
        "equipment": {
            "site": ["mast", "east", "west", "west"],
            "function": ["RU", "AMF", "AMF", "IMS"],
            "product": ["radio", "server", "server", "server"],
        },
        "services": {"service": ["call"], "people": [3]},
        "needs": {"user": ["call"], "need": ["radio"], "input": ["mast"]},
    }
    network = network_of(tmp_path / "rule", **tables)
    assert loss(network, "site", "east", "now") == (0, 0)  # the AMF is in the west as well
    assert loss(network, "site", "west", "now") == (1, 3)  # the IMS is nowhere else
    tables["needs"] = {
        "user": ["call", "mast"], "need": ["radio", "core"], "input": ["mast", "east"],
    }  # fmt: skip
    network = network_of(tmp_path / "own", **tables)
    assert loss(network, "site", "east", "now") == (1, 3)
    assert loss(network, "site", "west", "now") == (0, 0)


def test_a_way_round_keeps_a_lane_open(tmp_path: Path) -> None:
    tables: dict[str, Columns] = {
        "products": {"product": ["ore"]},
        "plants": {"plant": ["mine", "works"], "product": ["ore", "ore"]},
        "passages": {"passage": ["gap"]},
        "firms": {"firm": ["buyer"]},
        "lanes": {
            "lane": ["way"], "origin": ["mine"], "destination": ["works"],
            "passages": ["gap"], "detour_days": [9],
        },
        "supplies": {
            "supplier": ["mine"], "customer": ["buyer"], "lane": ["way"], "quantity_per_day": [1],
        },
        "sites": {"site": ["mast"], "operator": ["buyer"]},
        "equipment": {"site": ["mast"], "function": ["RU"], "product": ["ore"]},
        "services": {"service": ["call"], "people": [1]},
        "needs": {"user": ["call"], "need": ["radio"], "input": ["mast"]},
    }  # fmt: skip
    tables["products"] = {"product": ["ore"], "kind": ["equipment"]}
    network = network_of(tmp_path / "round", **tables)
    assert loss(network, "passage", "gap", "in time") == (0, 0)
    tables["lanes"] = {k: v for k, v in tables["lanes"].items() if k != "detour_days"}
    network = network_of(tmp_path / "none", **tables)
    assert loss(network, "passage", "gap", "in time") == (1, 1)
    assert loss(network, "lane", "way", "in time") == (1, 1)
    assert loss(network, "plant", "works", "in time") == (0, 0)


def test_the_sea_network_finds_passages_and_the_way_round(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["JPN", "IND"]},
        facilities={
            "facility": ["yokohama", "nhava-sheva"],
            "country": ["JPN", "IND"],
            "lat": [35.4, 18.95],
            "lon": [139.7, 72.9],
        },
        passages={"passage": ["malacca", "sunda", "lombok", "singapore"]},
        lanes={"lane": ["east-west"], "origin": ["yokohama"], "destination": ["nhava-sheva"]},
        services={"service": ["s"]},
    )
    routes = lane_routes(network)
    names = network.names["passage"]
    assert "malacca" in names[list(routes.passages[0])]
    assert any("malacca" not in names[list(way)] for way in routes.passages[1:])
    assert (np.diff(routes.km) >= 0).all()
    assert len(routes.unplaced) == 0


def test_detours_of_malacca(tmp_path: Path) -> None:
    """Yokohama to Nhava Sheva is 10.9 % longer without Malacca, by Sunda."""
    network = network_of(
        tmp_path / "c",
        countries={"country": ["JPN", "IND"]},
        facilities={
            "facility": ["yokohama", "nhava-sheva"],
            "country": ["JPN", "IND"],
            "lat": [35.4437, 18.95],
            "lon": [139.638, 72.95],
        },
        passages={"passage": ["malacca", "panama"]},
        lanes={
            "lane": ["east-west", "written"],
            "origin": ["yokohama", "IND"],
            "destination": ["nhava-sheva", "JPN"],
            "passages": ["", "malacca"],
        },
        services={"service": ["s"]},
    )
    routes = lane_routes(network)
    found = detours(network, routes)
    assert found["passage"].tolist() == ["malacca"]
    assert found["lanes"].tolist() == [2]
    assert found["lanes_lost"].tolist() == [1]  # the written lane has no position and no detour
    usual = routes.km[0]
    assert found["extra_km_most"][0] / usual == pytest.approx(0.109, abs=0.003)
    assert found["extra_days_most"][0] == found["extra_km_most"][0] / 600


EXCLUDED: dict[str, Columns] = {
    "exclusions": {"authority": ["all"] * 2, "firm": ["f0", "f1"], "by": ["AAA", ""]},
}


def answer(network: Network, **asked: Any) -> dict[str, Any]:
    """Return what is lost to what: the rows of each table, and what the summary says."""
    found = exposure(network, by=EVERY_KIND, authority="all", **asked)
    rows = {
        name: set(zip(*(cells.tolist() for cells in found.tables[name].values()), strict=True))
        for name in ("reach", "need_share", "reach_countries", "untrusted")
    }
    told = {name: found.summary[name] for name in ("near_misses", "people", "sites")}
    down = {horizon: set(things) for horizon, things in found.summary["down_before"].items()}
    return {**rows, **told, "down_before": down}


LAWS = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LAWS
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_the_number_of_threads_do_not_matter(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables, folder = {**random_tables(seed), **EXCLUDED}, tmp_path_factory.mktemp("law")
    plain = answer(network_of(folder / "a", **tables))
    with ThreadPoolExecutor(2) as threads:
        turned = network_of(folder / "b", **shuffled(tables, seed))
        assert answer(turned, executor=threads) == plain


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_rows_does_not_choose_the_worst(tmp_path: Path, seed: int) -> None:
    tables = random_tables(seed)
    plain = exposure(network_of(tmp_path / "a", **tables), by=EVERY_KIND)
    turned = exposure(network_of(tmp_path / "b", **shuffled(tables, seed)), by=EVERY_KIND)
    assert turned.summary["worst"] == plain.summary["worst"]
    rows = [
        set(zip(*(cells.tolist() for cells in found.tables["services"].values()), strict=True))
        for found in (plain, turned)
    ]
    assert rows[0] == rows[1]


def test_what_stops_one_service_stands_apart_from_what_stops_one_site(tmp_path: Path) -> None:
    """The grid stops the call and no site, the mast itself and no service."""
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["grid"]},
        sites={"site": ["mast"]},
        services={"service": ["call"], "people": [5]},
        needs={"user": ["call"], "need": ["power"], "input": ["grid"]},
    )
    worst = exposure(network, by=["facility", "site"]).summary["worst"]["now"]
    assert [[thing["id"] for thing in found["things"]] for found in worst] == [["grid"], ["mast"]]


@LAWS
@given(seed=st.integers(0, 10_000))
def test_rows_that_are_not_in_force_are_as_good_as_not_written(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables, folder = {**random_tables(seed), **EXCLUDED}, tmp_path_factory.mktemp("law")
    rng = np.random.default_rng(seed)
    planned, written = dict(tables), dict(tables)
    for name in ("components", "plants", "supplies", "equipment", "needs"):
        kept = rng.random(len(next(iter(tables[name].values())))) < 0.7
        if name == "plants":  # of these only such as no row of supplies refers to
            kept |= np.isin(tables["plants"]["plant"], tables["supplies"]["supplier"])
        planned[name] = {**tables[name], "agreement": np.where(kept, "", "pact").tolist()}
        written[name] = {
            column: [cell for cell, there in zip(cells, kept, strict=True) if there]
            for column, cells in tables[name].items()
        }
    pact = {"agreement": ["pact"], "from": ["2027-01-01"]}
    some = answer(network_of(folder / "a", **planned, agreements=pact))
    other = answer(network_of(folder / "b", **written, agreements=pact))
    gone = {*tables["plants"]["plant"]} - {*written["plants"]["plant"]}
    for name in ("reach", "need_share"):
        some[name] = {row for row in some[name] if row[0] != "plant" or row[1] not in gone}
    assert some == other


@LAWS
@given(seed=st.integers(0, 10_000))
def test_sites_that_share_a_gate_fall_as_if_each_had_its_own(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = network_of(tmp_path_factory.mktemp("law") / "c", **random_tables(seed))
    shared = exposure(network, by=DEFAULT_KINDS).tables["reach"]
    apart = exposure(network, by=(*DEFAULT_KINDS, "site")).tables["reach"]
    kept = np.isin(apart["kind"], DEFAULT_KINDS)
    for column in shared:
        assert (shared[column] == apart[column][kept]).all()


@LAWS
@given(seed=st.integers(0, 10_000))
def test_each_horizon_keeps_what_it_should(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Taken away: nothing more is up in time than now; resourcing never takes anything."""
    network = network_of(tmp_path_factory.mktemp("law") / "c", **random_tables(seed))
    down = exposure(network, by=["firm"]).summary["down_before"]
    assert set(down["now"]) <= set(down["in time"])
    assert set(down["resourced"]) <= set(down["in time"])


@LAWS
@given(seed=st.integers(0, 10_000))
def test_a_second_maker_never_raises_a_loss(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("law")
    tables = random_tables(seed)
    product = list(tables["plants"]["product"])
    # One plant more, in a country of its own, as large as all that make its product together.
    plants: dict[str, Columns] = {
        "plants": {
            "plant": [*tables["plants"]["plant"], "extra"],
            "product": [*product, product[0]],
            "country": [*tables["plants"]["country"], "DDD"],
            "capacity_per_day": [*[1.0] * len(product), float(product.count(product[0]))],
        },
        "countries": {"country": ["AAA", "BBB", "CCC", "DDD"]},
        "supplies": {"supplier": [], "customer": [], "quantity_per_day": []},
    }
    without = {c: list(cells)[:-1] for c, cells in plants["plants"].items()}
    before = exposure(
        network_of(folder / "b", **{**tables, **plants, "plants": without}), by=["territory"]
    )
    after = exposure(network_of(folder / "c", **{**tables, **plants}), by=["territory"])
    losses = [
        dict(
            zip(
                zip(t["id"].tolist(), t["horizon"].tolist(), strict=True),
                t["services_lost"].tolist(),
                strict=True,
            )
        )
        for t in (before.tables["reach"], after.tables["reach"])
    ]
    up = [e.summary["down_before"] for e in (before, after)]
    if up[0] == up[1]:
        assert all(losses[1][key] <= lost for key, lost in losses[0].items() if key[0] != "DDD")


def test_output_of_plants(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        products={"product": ["a", "b"]},
        firms={"firm": ["buyer"]},
        plants={
            "plant": ["given", "sold", "x", "y"],
            "product": ["a", "a", "b", "b"],
            "capacity_per_day": [70, "", "", ""],
            "final_demand_per_day": [1, 10, 0, 0],
        },
        supplies={"supplier": ["sold"], "customer": ["buyer"], "quantity_per_day": [20]},
    )
    assert plant_output(network, network["supplies"]).tolist() == [70, 30, 1, 1]


def test_candidates_of_control_and_jurisdiction(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={
            "firm": ["top", "middle", "low", "other"],
            "country": ["AAA", "BBB", "BBB", "BBB"],
            "parent": ["", "top", "middle", ""],
        },
    )
    found = candidates(network, ["control", "jurisdiction"])
    things = {
        (str(k), str(i)): {
            network.thing(int(c))[1] for c in found.things[found.start[n] : found.start[n + 1]]
        }
        for n, (k, i) in enumerate(zip(found.kind, found.id, strict=True))
    }
    assert things == {
        ("control", "top"): {"middle", "low"},
        ("control", "middle"): {"low"},
        ("jurisdiction", "AAA"): {"top"},
        ("jurisdiction", "BBB"): {"middle", "low", "other"},
    }


def test_compiling_names_a_gate_for_every_thing(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **random_tables(1))
    compiled = compile_network(groundwork(network), horizon="in time")
    assert compiled.gate.shape == (network.size,)
    assert compiled.gate.min() >= 0
    assert compiled.gate.max() < len(compiled.gates.threshold)


def test_expand_takes_owners_without_rows() -> None:
    owner, row = expand(np.array([3, 0, 7]), np.array([2, 0, 1]))
    assert owner.tolist() == [0, 0, 2]
    assert row.tolist() == [3, 4, 7]
