from hashlib import sha256
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.errors import UsageError
from indranet.intake import calibration as facts
from indranet.intake.generate import country
from indranet.intake.layout import SMALLEST, apportioned, lay_out
from indranet.model.case import check, read
from indranet.model.network import Network, Rows
from indranet.model.schema import FUNCTIONS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("country") / "case"
    country(path, sites=200, seed=7)
    return path


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return read(folder)


def of_kind(network: Network, kind: str) -> np.ndarray:
    return np.flatnonzero(np.array(network["sites"].text("kind")) == kind)


def names(rows: Rows, column: str, network: Network) -> np.ndarray:
    """Identifiers that a column refers to, empty where it is empty."""
    return np.array([network.thing(code)[1] if code >= 0 else "" for code in rows[column].tolist()])


def test_known_counts(network: Network) -> None:
    """200 sites: 200 // 40 = 5 regions, 4 operators with 3 + 3 + 2 + 2 core sites."""
    sites = network["sites"]
    kinds = {kind: len(of_kind(network, kind)) for kind in ("aggregation", "core", "power")}
    assert len(sites) == 200
    assert kinds == {"aggregation": 5 * 4, "core": 10, "power": 5}
    radio = len(of_kind(network, "radio"))
    assert radio == 200 - 35
    assert len(network["equipment"]) == 3 * radio + 2 * 20 + 11 * 10
    # Two rows a radio site for transport and power, one for the service that it carries.
    users = names(network["needs"], "user", network)
    assert np.char.startswith(users, "r").sum() == 2 * radio
    assert len(network["services"]) == 5 * (3 * 4 + 2)


def test_people_add_up_to_those_served(network: Network) -> None:
    """Five regions are served by their share of India's 1,450,935,791 inhabitants."""
    served = lay_out("IND", 200, 7).country.people
    assert 0 < served < facts.POPULATION["IND"] == 1_450_935_791
    assert network["sites"]["people"].sum() == served
    services = np.array([name.partition("-")[0] for name in network.names["service"]])
    for kind in ("data", "voice", "emergency", "payments"):
        assert network["services"]["people"][services == kind].sum() == served
    assert network["services"]["people"][services == "access"].sum() == 0


def test_all_regions_serve_all_inhabitants() -> None:
    """Of India's 36 states and territories 34 have one of its thousand largest towns."""
    layout = lay_out("IND", 40 * 36, 0)
    assert len(layout.country.regions) == 34
    assert layout.country.people == layout.radio.people.sum() == facts.POPULATION["IND"]


@pytest.mark.parametrize(
    ("code", "sites"),
    [("JPN", 300), ("FJI", 40), ("NPL", 80), ("TUV", 55), ("CHN", 120), ("USA", 100)],
)
def test_any_country_passes_check(code: str, sites: int, tmp_path: Path) -> None:
    country(tmp_path / "case", sites=sites, seed=3, country=code)
    assert check(tmp_path / "case") == []
    network = read(tmp_path / "case")
    assert len(network["sites"]) == sites
    modes = set(network["lanes"].text("mode"))
    assert modes == ({"cable", "sea", "air"} if code in ("NPL", "TUV") else {"cable", "sea"})


def test_case_passes_check(folder: Path) -> None:
    assert check(folder) == []


def test_every_row_is_marked_as_synthetic(network: Network) -> None:
    for table in network.present:
        assert set(network[table].text("provenance")) == {"synthetic"}
        assert set(network[table].text("source")) <= set(facts.SOURCES.values())


def test_the_same_arguments_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    country(tmp_path / "case", sites=200, seed=7)
    country(tmp_path / "other", sites=200, seed=8)
    files = sorted(folder.iterdir())
    assert [file.name for file in sorted((tmp_path / "case").iterdir())] == [f.name for f in files]
    digests = [sha256(file.read_bytes()).hexdigest() for file in files]
    for name, same in (("case", True), ("other", False)):
        again = [sha256((tmp_path / name / f.name).read_bytes()).hexdigest() for f in files]
        assert (again == digests) == same


def test_stations_follow_population_as_published() -> None:
    """Indian states: ln(stations) grows with ln(population) by 0.97, residual sd 0.47."""
    slopes, residuals = [], []
    for seed in range(30):
        layout = lay_out("IND", 50_000, seed)
        place, operators = layout.country, len(layout.operators)
        stations = np.bincount(layout.radio.cell // operators)
        people = np.bincount(place.region, weights=place.towns.population)
        (slope, _), (error, *_), *_ = np.polyfit(np.log(people), np.log(stations), 1, full=True)
        slopes.append(slope)
        residuals.append(error / (len(people) - 2))
    # The exponent holds between towns; a region's many small ones pull its sum up a little.
    assert np.mean(slopes) == pytest.approx(0.97, abs=0.03)
    assert np.sqrt(np.mean(residuals)) == pytest.approx(0.47, abs=0.03)


def test_vendors_come_out_as_published() -> None:
    """Outside China: Ericsson 37, Nokia 27, Huawei 21, Samsung 8, ZTE 3, others 4 (Dell'Oro)."""
    layout = lay_out("IND", 50_000, 1)
    sites = np.bincount(layout.radio.cell)
    largest = sites.max() / sites.sum()
    published = {"ericsson": 0.37, "nokia": 0.27, "huawei": 0.21, "samsung": 0.08, "zte": 0.03}
    for vendor, share in published.items():
        found = sites[layout.radio_vendor == vendor].sum() / sites.sum()
        assert found == pytest.approx(share, abs=largest)


@pytest.mark.parametrize("code", ["AUS", "JPN", "USA"])
def test_vendors_that_a_country_has_not(code: str) -> None:
    layout = lay_out(code, 2_000, 5)
    used = {*layout.radio_vendor, *layout.router_vendor, *layout.optical_vendor}
    assert not {"huawei", "zte"} & (used | {*layout.core_vendor})


def test_one_vendor_in_each_cell_and_core(network: Network) -> None:
    """An operator buys its radios in a region, and its core, from one vendor each."""
    equipment, sites = network["equipment"], network["sites"]
    vendor = network["products"]["firm"][equipment["product"]]
    kind = np.array(sites.text("kind"))[equipment["site"]]
    function = np.array(FUNCTIONS)[equipment["function"]]
    owner = np.char.add(
        sites["operator"][equipment["site"]].astype(str),
        np.where(kind == "core", "", np.array(sites.text("region"))[equipment["site"]]),
    )
    for what in (kind == "radio", (kind == "core") & (function != "server")):
        for one in np.unique(owner[what]):
            assert len(np.unique(vendor[what & (owner == one)])) == 1


def test_every_operator_runs_each_core_function_twice(network: Network) -> None:
    equipment = network["equipment"]
    operator = network["sites"]["operator"][equipment["site"]]
    for function in (*facts.CORE_FUNCTIONS, "OSS"):
        at = equipment["function"] == FUNCTIONS.index(function)
        assert sorted(np.bincount(operator[at])[np.unique(operator[at])]) == [2, 2, 3, 3]


def test_any_one_cable_may_be_cut(network: Network) -> None:
    """With its core sites taken as one, an operator's cables hold no bridge."""
    lanes = network["lanes"]
    cables = np.array(lanes.text("mode")) == "cable"
    graph = nx.MultiGraph()
    kind = dict(zip(network.names["site"].tolist(), network["sites"].text("kind"), strict=True))
    ends = [names(lanes.where(cables), end, network) for end in ("origin", "destination")]
    for a, b in zip(*ends, strict=True):
        graph.add_edge(*("core" if kind[end] == "core" else end for end in (a, b)))
    hubs = network.names["site"][of_kind(network, "aggregation")]
    assert set(graph) == {*hubs, "core"}
    assert nx.edge_connectivity(nx.Graph(subdivided(graph))) >= 2


def subdivided(graph: nx.MultiGraph) -> nx.Graph:
    """Put a point on each edge, so that two edges of one pair stay two."""
    points = nx.Graph()
    for number, (a, b) in enumerate(e for e in graph.edges() if e[0] != e[1]):
        points.add_edges_from([(a, number), (number, b)])
    return points


def test_power_and_telecoms_need_each_other(network: Network) -> None:
    needs = network["needs"]
    users, inputs = (names(needs, column, network) for column in ("user", "input"))
    graph = nx.DiGraph(zip(users, inputs, strict=True))
    power = network.names["site"][of_kind(network, "power")]
    for site in power:
        assert any(site in graph.successors(hub) for hub in graph.successors(site))
        control = (users == site) & (needs["autonomy_hours"] == facts.CONTROL_HOURS)
        assert control.sum() == facts.OPERATORS


def test_plants_make_what_they_sell_from_what_they_buy(network: Network) -> None:
    supplies, plants = network["supplies"], network["plants"]
    sold = np.bincount(supplies["supplier"], supplies["quantity_per_day"], minlength=len(plants))
    product = plants["product"]
    components = network["components"]
    to_plant = np.array([network.thing(c)[0] == "plant" for c in supplies["customer"].tolist()])
    customer = supplies["customer"] - network.offset("plant")
    for row in range(len(components)):
        makers = np.flatnonzero(product == components["product"][row])
        for plant in makers:
            part = product[supplies["supplier"]] == components["component"][row]
            bought = supplies["quantity_per_day"][to_plant & (customer == plant) & part].sum()
            assert bought == pytest.approx(sold[plant] * components["quantity"][row], rel=1e-6)
    assert (sold > 0).all()


def test_published_country_shares(network: Network) -> None:
    """Emerging Technology Observatory 2022; wafers 56, 16, 14 and 10 of the 96 listed."""
    supplies, plants = network["supplies"], network["plants"]
    sold = np.bincount(supplies["supplier"], supplies["quantity_per_day"])
    product = network.names["product"][plants["product"]]
    place = network.names["country"][plants["country"]]

    def share(what: str, where: str) -> float:
        made = product == what
        return float(sold[made & (place == where)].sum() / sold[made].sum())

    assert share("euv-lithography", "NLD") == pytest.approx(1.0)
    assert share("resist-processing", "JPN") == pytest.approx(0.96)
    assert share("design-software", "USA") == pytest.approx(0.96)
    assert share("assembly-tool", "CHN") == pytest.approx(0.98)
    assert share("wafer", "JPN") == pytest.approx(56 / 96)
    assert share("wafer", "TWN") == pytest.approx(16 / 96)


def test_bill_of_materials_is_several_tiers_deep(network: Network) -> None:
    components = network["components"]
    graph = nx.DiGraph(
        zip(components["product"].tolist(), components["component"].tolist(), strict=True)
    )
    assert nx.dag_longest_path_length(graph) >= 4
    made_in = {network.names["country"][c] for c in network["plants"]["country"].tolist()}
    assert {"CHN", "JPN", "KOR", "NLD", "TWN", "USA"} <= made_in


def test_sea_lanes_name_their_passages(network: Network) -> None:
    lanes = dict(
        zip(network.names["lane"].tolist(), network["lanes"].text("passages"), strict=True)
    )
    assert "malacca" in lanes["lane-TWN-IND"].split(";")
    assert "suez" in lanes["lane-NLD-TWN"].split(";")
    assert lanes["lane-CHN-KOR"] == "none"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"sites": SMALLEST - 1, "seed": 0}, "at least 40"),
        ({"sites": 100, "seed": -1}, "0 or more"),
        ({"sites": 100, "seed": 0, "country": "DEU"}, "no town of 'DEU'"),
        ({"sites": 100, "seed": 0, "country": "India"}, "no town of 'India'"),
    ],
)
def test_refused(arguments: dict[str, object], problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=problem):
        country(tmp_path / "case", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "case").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError):
        country(tmp_path, sites=SMALLEST, seed=0)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@given(
    st.integers(0, 10**9),
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=50),
)
def test_parts_add_up(total: int, weights: list[float]) -> None:
    parts = apportioned(total, np.array(weights))
    assert parts.sum() == total
    assert (parts >= 0).all()
    assert np.abs(parts - np.array(weights) / sum(weights) * total).max() <= 1 + 1e-6


@settings(max_examples=30, deadline=None)
@given(
    st.integers(SMALLEST, 3_000),
    st.integers(0, 2**40),
    st.sampled_from(["IND", "JPN", "AUS", "FJI", "SGP", "TUV", "NIU", "TKL", "COK", "WLF"]),
)
def test_any_layout_is_whole(sites: int, seed: int, code: str) -> None:
    layout = lay_out(code, sites, seed)
    radio, hubs, place = layout.radio, layout.hubs, layout.country
    total = len(radio.cell) + len(hubs.cell) + len(layout.core_town) + len(place.regions)
    assert total == sites
    assert (np.diff(radio.hub) >= 0).all()
    assert (np.bincount(radio.hub, minlength=len(hubs.cell)) > 0).all()
    assert (hubs.cell[radio.hub] == radio.cell).all()
    assert (place.region[radio.town] == radio.cell // len(layout.operators)).all()
    assert (np.bincount(radio.cell) > 0).all()
    assert radio.people.sum() == hubs.people.sum() == place.people
    assert (np.abs(radio.lat) <= 90).all()
    assert (np.abs(radio.lon) <= 180).all()
    assert len(layout.radio_vendor) == len(place.regions) * len(layout.operators)
