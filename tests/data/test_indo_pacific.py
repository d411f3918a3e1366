"""The bundled case: it rebuilds to the same bytes, keeps the published counts, and answers."""

import csv
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tools.indo_pacific import against, people, published

from indranet.model.case import check, read
from indranet.model.goal import bundled_goals, find_goal
from indranet.model.network import Network, Rows
from indranet.model.schema import TABLES
from indranet.studies.exposure import exposure

CASE = Path(str(files("indranet.data") / "indo-pacific"))
BUILD = Path(__file__).resolve().parents[2] / "tools" / "indo_pacific" / "build.py"
LICENCES = Path(__file__).resolve().parents[3] / "shared" / "data" / "japan-rakuten-licences"

Record = dict[str, str]


def rows(table: str) -> list[Record]:
    with (CASE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def network() -> Network:
    return read(CASE)


def stations(sites: list[Record], **where: str) -> float:
    return math.fsum(
        float(s["stands_for"])
        for s in sites
        if s["kind"] == "radio" and all(s[column] == value for column, value in where.items())
    )


def test_the_script_rebuilds_the_committed_bytes(tmp_path: Path) -> None:
    if not BUILD.exists():
        pytest.skip("the build script is not part of an installed package")
    subprocess.run([sys.executable, str(BUILD), "--into", str(tmp_path)], check=True)
    written = {p.name for p in tmp_path.iterdir()}
    # Words, scenarios, goals and exercises are written by hand.
    by_hand = {"README.md", "scenarios", "goals", "exercises"}
    assert written == {p.name for p in CASE.iterdir()} - by_hand
    for name in written:
        assert (tmp_path / name).read_bytes() == (CASE / name).read_bytes(), name


def test_the_case_passes_check() -> None:
    assert check(CASE) == []


def test_it_is_as_large_as_promised() -> None:
    assert sum(p.stat().st_size for p in CASE.iterdir() if p.is_file()) < 4_000_000
    operators = {s["operator"] for s in rows("sites")}
    radio = [s for s in rows("sites") if s["kind"] == "radio"]
    assert len(radio) >= 2000
    assert len({s["operator"] for s in radio}) >= 80
    assert len({s["country"] for s in radio}) == 30
    assert len({f["firm"] for f in rows("firms")} - operators) >= 120
    assert len(rows("products")) >= 120
    assert len(rows("plants")) >= 180
    assert len(rows("services")) >= 200


def for_sale() -> set[str]:
    """Plants of no capacity that a measure would build."""
    empty = {p["plant"] for p in rows("plants") if not float(p["capacity_per_day"])}
    return empty & {m["thing"] for m in rows("measures") if m["kind"] == "plant"}


def test_its_page_counts_the_rows() -> None:
    page = (CASE / "README.md").read_text(encoding="utf-8")
    for table in TABLES:
        if (CASE / f"{table}.csv").exists():
            assert f"| {table} | {len(rows(table)):,} |" in page, table


def test_every_row_says_how_it_is_known() -> None:
    for path in CASE.glob("*.csv"):
        for row in rows(path.stem):
            assert row["provenance"], (path.stem, row)
            assert row["source"], (path.stem, row)


@pytest.mark.parametrize(
    ("where", "count"),
    [
        # Department of Telecommunications, 5G base stations, July 2024 (Jio and Airtel together).
        ({"region": "Uttar Pradesh"}, 50_752),
        ({"region": "Maharashtra"}, 45_971),
        ({"region": "Tamil Nadu"}, 34_726),
        ({"region": "Gujarat"}, 30_851),
        ({"region": "Karnataka"}, 30_214),
        ({"country": "IND"}, 452_055),
    ],
)
def test_indian_5g_stations_are_those_published(where: dict[str, str], count: int) -> None:
    sites = [s for s in rows("sites") if s["operator"] in {"jio", "airtel"}]
    assert stations(sites, **where) == pytest.approx(count, rel=1e-3)


@pytest.mark.parametrize(
    ("operator", "count"),
    [
        ("bsnl", 96_103),
        ("rakuten-mobile", 59_529),
        # ACCC, January 2023.
        ("telstra", 11_302),
        ("optus", 8_821),
        ("tpg-telecom", 5_769),
        # Towers sold or counted, 2022 to 2024.
        ("one-nz", 1_484),
        ("two-degrees", 1_124),
        ("grameenphone", 19_719),
        ("celcomdigi", 18_000),
        ("dnb", 7_065),
    ],
)
def test_an_operators_published_count_is_kept(operator: str, count: int) -> None:
    # A row stands for one site at least, so that small towns lift a small count a little.
    assert stations(rows("sites"), operator=operator) == pytest.approx(count, rel=5e-3)


@pytest.mark.parametrize(
    ("country", "count"),
    [("KOR", 202_903), ("TWN", 90_000), ("IDN", 121_000), ("VNM", 90_000), ("PHL", 38_000)],
)
def test_a_countrys_published_count_is_kept(country: str, count: int) -> None:
    assert stations(rows("sites"), country=country) == pytest.approx(count, rel=1e-3)


@pytest.mark.parametrize(
    ("operator", "share"),
    # TRAI, November 2024; MIC Japan, September 2024; yozzo.com, end of 2023.
    [("jio", 0.4015), ("airtel", 0.3345), ("ntt-docomo", 0.408), ("kddi", 0.317), ("true", 0.5292)],
)
def test_people_follow_published_shares_of_subscribers(operator: str, share: float) -> None:
    sites = rows("sites")
    country = next(s["country"] for s in sites if s["operator"] == operator)
    mine = sum(float(s["people"]) for s in sites if s["operator"] == operator)
    whole = sum(float(s["people"]) for s in sites if s["country"] == country)
    assert mine / whole == pytest.approx(share, abs=2e-3)


def test_no_equipment_is_younger_than_the_case_or_older_than_its_launch() -> None:
    days = {e["installed"] for e in rows("equipment") if e["installed"]}
    assert min(days) >= "2014-07-01"
    assert max(days) <= "2024-07-01"
    operator = {s["site"]: s["operator"] for s in rows("sites")}
    first = min(
        e["installed"]
        for e in rows("equipment")
        if operator[e["site"]] == "jio" and e["generation"] == "5G" and e["installed"]
    )
    assert first == "2022-10-01"


def test_the_law_of_countries_is_the_one_fitted() -> None:
    factor, exponent = against.law_of_countries()
    assert factor == pytest.approx(people.GDP_FACTOR, rel=0.02)
    assert exponent == pytest.approx(people.GDP_EXPONENT, rel=0.02)


@pytest.mark.parametrize(
    ("pairs", "least"), [(against.countries, 0.8), (against.firms, 0.7)], ids=["country", "firm"]
)
def test_modelled_counts_explain_published_ones(
    pairs: Callable[[], list[against.Pair]], least: float
) -> None:
    assert against.fit(pairs()) > least


def test_the_law_of_indian_states_holds_between_japanese_prefectures() -> None:
    if not LICENCES.exists():
        pytest.skip("the licences by municipality are not part of the project")
    pairs = against.prefectures(LICENCES)
    assert sum(pair.published for pair in pairs) == 59_529
    assert against.fit(pairs) > 0.8


def test_people_add_up_to_the_population() -> None:
    found: dict[str, float] = defaultdict(float)
    wanted = {e["site"] for e in rows("equipment") if e["product"].startswith("wanted-")}
    for site in rows("sites"):
        # Those whom a project is for are served by somebody already.
        if site["site"] not in wanted:
            found[site["country"]] += float(site["people"])
    population = {c["country"]: float(c["population"]) for c in rows("countries")}
    served = {country for country, number in found.items() if number}
    for country in served - {"USA"}:
        assert found[country] == pytest.approx(population[country], rel=1e-4), country
    # California, Oregon, Washington and Hawaii (Census Bureau, Vintage 2024), Guam (World Bank).
    assert found["USA"] == pytest.approx(53_275_637, rel=1e-4)


def test_no_huawei_or_zte_in_5g_where_rules_or_markets_left_none() -> None:
    country = {s["site"]: s["country"] for s in rows("sites")}
    maker = {p["product"]: p["firm"] for p in rows("products")}
    found = {
        (country[e["site"]], maker[e["product"]])
        for e in rows("equipment")
        if e["generation"] == "5G" and e["function"] in {"RU", "DU"}
    }
    makers = {vendor for place, vendor in found if place in {"AUS", "JPN", "USA", "IND"}}
    assert makers
    assert not makers & {"huawei", "zte"}
    assert {v for place, v in found if place == "IND"} <= {"ericsson", "nokia", "samsung", "tejas"}


def test_bsnl_keeps_the_older_equipment_of_2020() -> None:
    site = {s["site"]: s for s in rows("sites") if s["operator"] == "bsnl"}
    maker = {p["product"]: p["firm"] for p in rows("products")}
    share: dict[str, float] = defaultdict(float)
    for unit in rows("equipment"):
        if unit["site"] in site and unit["generation"] == "2G":
            share[maker[unit["product"]]] += float(site[unit["site"]]["stands_for"])
    total = sum(share.values())
    # ZTE 44.4 %, Huawei 9 % (2020); blocks are states, so a share is met to about one state.
    assert share["zte"] / total == pytest.approx(0.444, abs=0.06)
    assert share["huawei"] / total == pytest.approx(0.09, abs=0.06)


def test_stocks_change_nothing_that_exposure_says(network: Network) -> None:
    """Now they are full, in time they have run out, however large."""
    supplies = network["supplies"]
    more = {**supplies.columns, "stock_days": supplies["stock_days"] * 3}
    other = network.replace(supplies=Rows("supplies", more, supplies.words))
    for kind in ("firm", "territory"):
        one, two = (exposure(n, by=[kind]).tables["reach"] for n in (network, other))
        assert (one["people_lost"] == two["people_lost"]).all()


def test_published_facts_are_met() -> None:
    """Thirty facts and more, each within its bound; what the case did not use is among them."""
    found = list(published.compared(published.case_tables()))
    assert len(found) >= 30
    assert all(fact.source for fact in found)
    assert sum(not fact.used for fact in found) >= 4
    far = [(f.words, f.value) for f in found if abs(f.difference) > f.within]
    assert not far


def test_a_plant_buys_what_it_uses_and_can_make_what_it_sells() -> None:
    plants = {p["plant"]: p for p in rows("plants") if p["plant"] not in for_sale()}
    sold: dict[str, float] = defaultdict(float)
    bought: dict[tuple[str, str], float] = defaultdict(float)
    for supply in rows("supplies"):
        quantity = float(supply["quantity_per_day"])
        # A potential contract is there because of an agreement alone.
        assert quantity > 0 or supply["agreement"]
        sold[supply["supplier"]] += quantity
        bought[supply["customer"], plants[supply["supplier"]]["product"]] += quantity
    bill = rows("components")
    made = {p["product"] for p in plants.values()}
    for name, plant in plants.items():
        output = sold[name] + float(plant["final_demand_per_day"])
        assert 0 < output <= float(plant["capacity_per_day"])
        for part in bill:
            if part["product"] == plant["product"] and part["component"] in made:
                ways = sum(
                    bool(part["choice"])
                    and (p["product"], p["choice"]) == (part["product"], part["choice"])
                    for p in bill
                )
                used = output * float(part["quantity"]) / max(ways, 1)
                assert bought[name, part["component"]] == pytest.approx(used, rel=1e-4)


def test_the_bill_of_materials_is_nine_tiers_deep() -> None:
    parts: dict[str, list[str]] = defaultdict(list)
    for part in rows("components"):
        parts[part["product"]].append(part["component"])

    def depth(product: str) -> int:
        return 1 + max((depth(p) for p in parts[product]), default=0)

    assert depth("symphony-du") >= 9
    assert depth("ericsson-baseband") >= 8
    assert depth("ericsson-radio") >= 8
    chosen = {p["component"]: p["choice"] for p in rows("components") if p["choice"]}
    assert "lithium-battery" in chosen
    assert "euv-lithography" not in chosen


def test_it_takes_no_side(network: Network) -> None:
    """Nobody is excluded until an authority is named; what is made up comes as a mirror pair."""
    found = exposure(network, by=["firm"])
    assert set(found.tables["reach"]["plane"]) == {"works"}
    assert "untrusted" not in found.tables
    excluded = rows("exclusions")
    made_up = {e["authority"] for e in excluded if e["source"].startswith("made up")}
    assert made_up == {"example-one", "example-two"}
    pair = [(e["firm"], e["by"]) for e in excluded if e["authority"] in made_up]
    assert pair == [("CHN", ""), ("USA", "")]
    listed = [e for e in excluded if e["provenance"] == "real"]
    assert {e["authority"] for e in listed} == {"us-covered-list"}
    told = rows("rules")
    assert {r["who"] for r in told} == {"excluded", "all"}
    assert not any(r.get("firm") for r in told)


def test_its_rules_say_where_they_come_from(network: Network) -> None:
    """What no law says is marked so; without an authority nobody is held to break one of it."""
    for rule in rows("rules"):
        if rule["who"] == "all":
            assert "no law, unverified" in rule["source"]
            assert rule["provenance"] == "authored"
        if rule["rule"].startswith("example-"):
            assert rule["source"].startswith("made up")
    table = exposure(network, by=["firm"]).tables["rules"]
    excluded = table["who"] == "excluded"
    assert set(table["holds"][excluded & (table["rows"] > 0)]) == {"unknown"}
    assert set(table["country"]) == {"AUS", "IND", "JPN", "USA"}


@pytest.mark.parametrize("authority", ["example-one", "example-two"])
def test_either_of_the_mirror_pair_reaches_what_buys_the_same_parts(
    network: Network, authority: str
) -> None:
    """At once trust hangs on vendors; in time on who makes the parts, several tiers down."""
    lost = exposure(network, by=["firm"], authority=authority).summary["untrusted"]
    assert 0 < lost["now"]["services"] < lost["in time"]["services"]


def test_what_partners_lack_is_true_to_the_tables(network: Network) -> None:
    """The sentence of the demo, worked from the rows of plants and firms."""
    partners = {"IND", "JPN", "USA", "AUS", "ISR"}
    seat = {f["firm"]: f["country"] for f in rows("firms")}
    parent = {f["firm"]: f["parent"] for f in rows("firms")}

    def inside(firm: str) -> bool:
        return not firm or (seat[firm] in partners and inside(parent[firm]))

    there = [p for p in rows("plants") if p["plant"] not in for_sale()]
    made = {p["product"] for p in there if p["country"] in partners and inside(p["firm"])}
    plants = {p["product"] for p in there}
    summary = exposure(network, by=["firm"], only=sorted(partners)).summary["only"]
    for lacking in summary["lacking"]:
        assert lacking["product"] in plants
        assert lacking["product"] not in made
    assert {"euv-lithography", "rare-gases"} & (plants - made)
    assert "gallium" in made
    for lacking in summary["lacking"][:3]:
        assert lacking["name"].partition(", ")[0] in summary["sentence"]


def test_everything_works_before_anything_is_taken_away(network: Network) -> None:
    found = exposure(network, by=("firm", "territory", "plant", "passage"))
    assert not any(found.summary["down_before"].values())
    reach = found.tables["reach"]
    lost = {
        (str(h), str(k), str(i)): int(n)
        for h, k, i, n in zip(
            reach["horizon"], reach["kind"], reach["id"], reach["services_lost"], strict=True
        )
    }
    everything = len(network["services"])
    # A vendor's installed units run on; without its spares and support some services stop.
    assert lost["now", "firm", "ericsson"] == 0
    assert 0 < lost["in time", "firm", "ericsson"] < everything
    # The one maker of EUV lithography stops what takes chips of the newest kind, in time; its
    # machines for older chips far more.
    euv, older = (f"{kind}-lithography-veldhoven" for kind in ("euv", "immersion"))
    assert lost["now", "plant", euv] == 0
    assert 0 < lost["in time", "plant", euv] < lost["in time", "plant", older] < everything
    # An operator with two fifths of the people takes mobile data with it at once.
    assert lost["now", "firm", "jio"] >= 4
    # A closed passage makes lanes longer, not lost: its effect is on flows.
    assert lost["in time", "passage", "malacca"] == 0


def test_radio_and_grid_hang_on_each_other(network: Network) -> None:
    needs = network["needs"]
    named = [network.thing(int(code))[1] for code in needs["user"]]
    inputs = [network.thing(int(code))[1] for code in needs["input"]]
    pairs = set(zip(named, inputs, strict=True))
    assert ("jio-mumbai", "power-ind-west") in pairs
    assert ("power-ind-west", "power-control-ind") in pairs
    assert ("power-control-ind", "grid-links-ind-west") in pairs
    assert ("grid-links-ind-west", "power-ind-west") in pairs
    at = np.array(
        [u == "jio-mumbai" and i.startswith("power") for u, i in zip(named, inputs, strict=True)]
    )
    assert needs["autonomy_hours"][at].tolist() == [3.0]


def test_goals_that_name_vendors_come_in_mirror_pairs() -> None:
    """What one goal throws out another keeps and the other way round: the tool takes no side."""
    named = [find_goal(name).replace.firms for name in bundled_goals()]
    pairs = {frozenset(firms) for firms in named if firms}
    assert pairs == {frozenset({"huawei", "zte"}), frozenset({"ericsson", "nokia"})}


def test_a_maker_that_has_stopped_is_not_offered() -> None:
    """NEC ended the development of base stations in December 2025, Kyocera never began."""
    makers = {p["product"]: p["firm"] for p in rows("products")}
    offered = {makers[offer["product"]] for offer in rows("offers")}
    assert not offered & {"nec", "kyocera"}
    # The partners' own makers deliver at a small part of the pace of the largest.
    pace = {o["product"]: float(o["units_per_month"] or "inf") for o in rows("offers")}
    assert pace["fujitsu-radio"] <= 0.1 * pace["ericsson-radio"]
    assert pace["tejas-radio"] <= 0.3 * pace["ericsson-radio"]


def test_cables_fail_by_their_length_and_the_rest_as_counted() -> None:
    hazards = {row["hazard"]: row for row in rows("hazards")}
    km = {row["lane"]: float(row["km"]) for row in rows("lanes") if row["km"]}
    cut = [row for row in hazards.values() if row["do"] == "cut"]
    assert len(cut) >= 50
    for row in cut:
        assert float(row["per_year"]) == pytest.approx(km[row["thing"]] * 175 / 1.7e6, rel=5e-3)
    # Two strokes in 24 years; 70 % in 30 years.
    assert float(hazards["blackout-bgd"]["per_year"]) == pytest.approx(2.5 / 24, rel=5e-3)
    assert float(hazards["quake-kanto"]["per_year"]) == pytest.approx(-math.log(0.3) / 30, rel=5e-3)
    # No strait is judged: all have one rate, length and law.
    straits = {
        (row["per_year"], row["lasts_days"], row["sigma"])
        for row in hazards.values()
        if row["source"].startswith("none found since 1945")
    }
    assert len(straits) == 1
    for row in hazards.values():
        assert row["provenance"] == "derived" or "unverified" in row["source"]
