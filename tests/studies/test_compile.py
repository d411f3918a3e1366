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


def as_rows(network: Network, **asked: Any) -> set[tuple[Any, ...]]:
    table = exposure(network, by=EVERY_KIND, **asked).tables["reach"]
    return set(zip(*(table[column].tolist() for column in table), strict=True))


LAWS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LAWS
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_the_number_of_threads_do_not_matter(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = random_tables(seed)
    folder = tmp_path_factory.mktemp("law")
    plain = as_rows(network_of(folder / "a", **tables))
    with ThreadPoolExecutor(2) as threads:
        turned = network_of(folder / "b", **shuffled(tables, seed))
        assert as_rows(turned, executor=threads) == plain


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
