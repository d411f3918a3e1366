"""Trust: what hangs on those whom an authority excludes, and only for those whom it binds."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of, random_tables

from indranet.engines.gates import order
from indranet.errors import UsageError
from indranet.model.case import check, write_case
from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, candidates
from indranet.studies.compile import HORIZONS, compile_network
from indranet.studies.exclusions import excluded_firms, exclusions
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.reach import states

EVERY_KIND = DEFAULT_KINDS + KINDS_ON_REQUEST


# The operator has a radio of `north` on the hill and one of `east` in the town; its core is of
# `north`. Both radios and the core contain the chip, of which `east-chips`, a subsidiary of `east`,
# makes 60 %. `call` needs one of the two radio sites, `cover` both.
SAME_CHIPS: dict[str, Columns] = {
    "countries": {"country": ["AAA", "BBB", "CCC"]},
    "firms": {
        "firm": ["telco", "north", "east", "east-chips", "good-chips"],
        "country": ["AAA", "BBB", "CCC", "CCC", "BBB"],
        "parent": ["", "", "", "east", ""],
    },
    "products": {
        "product": ["north-radio", "east-radio", "north-core", "chip"],
        "firm": ["north", "east", "north", ""],
    },
    "components": {
        "product": ["north-radio", "east-radio", "north-core"],
        "component": ["chip", "chip", "chip"],
    },
    "plants": {
        "plant": ["chips-east", "chips-good"],
        "product": ["chip", "chip"],
        "firm": ["east-chips", "good-chips"],
        "country": ["CCC", "BBB"],
        "capacity_per_day": [60, 40],
    },
    "sites": {
        "site": ["hill", "town", "lab"],
        "operator": ["telco"] * 3,
        "country": ["AAA"] * 3,
        "kind": ["radio", "radio", "core"],
        "people": [10, 30, 0],
    },
    "equipment": {
        "site": ["hill", "town", "lab"],
        "function": ["RU", "RU", "AMF"],
        "product": ["north-radio", "east-radio", "north-core"],
    },
    "services": {"service": ["call", "cover"], "people": [40, 7], "country": ["AAA", "AAA"]},
    "needs": {
        "user": ["call", "call", "cover", "cover"],
        "need": ["radio"] * 4,
        "input": ["hill", "town", "hill", "town"],
        "at_least": [1, 1, 2, 2],
    },
}


def untrusted(network: Network, horizon: str, authority: str = "ours", **asked: Any) -> set[str]:
    table = exposure(network, by=["firm"], authority=authority, **asked).tables["untrusted"]
    return set(table["id"][table["horizon"] == horizon].tolist())


def with_exclusion(folder: Path, **row: str) -> Network:
    columns = {name: [cell] for name, cell in {"authority": "ours", "firm": "east", **row}.items()}
    return network_of(folder, **{**SAME_CHIPS, "exclusions": columns})


def test_at_once_trust_hangs_on_the_maker_of_what_is_installed(tmp_path: Path) -> None:
    assert untrusted(with_exclusion(tmp_path / "c"), "now") == {"town", "cover"}


def test_in_time_trust_hangs_on_the_makers_of_its_parts(tmp_path: Path) -> None:
    """40 % of the chips come from elsewhere; half has to. The core is below another function."""
    network = with_exclusion(tmp_path / "c", functions="RU;DU")
    assert untrusted(network, "in time") == {"hill", "town", "call", "cover"}
    assert untrusted(network, "resourced") == {"hill", "town", "call", "cover"}


def test_an_exclusion_holds_below_every_function_unless_it_names_some(tmp_path: Path) -> None:
    assert "lab" in untrusted(with_exclusion(tmp_path / "c"), "in time")
    core = with_exclusion(tmp_path / "d", functions="AMF")
    assert untrusted(core, "now") == set()
    # Each radio site takes the core.
    assert untrusted(core, "in time") == {"lab", "hill", "town", "call", "cover"}


@pytest.mark.parametrize(
    ("row", "bound"),
    [
        ({"by": "AAA"}, True),
        ({"by": "telco"}, True),
        ({"by": "BBB"}, False),
        ({"by": "north"}, False),
        ({"firm": "CCC"}, True),
        ({"firm": "AAA", "by": "BBB"}, False),
        ({"from": "2026-01-01"}, True),
        ({"from": "2026-01-02"}, False),
        ({"until": "2026-01-01"}, True),
        ({"until": "2025-12-31"}, False),
    ],
    ids=str,
)
def test_whom_a_row_binds_and_when(tmp_path: Path, row: dict[str, str], bound: bool) -> None:
    found = untrusted(with_exclusion(tmp_path / "c", **row), "now")
    assert found == ({"town", "cover"} if bound else set())


def test_the_day_asked_for_decides(tmp_path: Path) -> None:
    network = with_exclusion(tmp_path / "c", **{"from": "2027-07-01"})
    assert untrusted(network, "now") == set()
    assert untrusted(network, "now", on=np.datetime64("2027-07-01")) == {"town", "cover"}


def test_a_subsidiary_alone_taints_only_what_contains_its_part(tmp_path: Path) -> None:
    network = with_exclusion(tmp_path / "c", firm="east-chips")
    assert untrusted(network, "now") == set()
    assert untrusted(network, "in time") == {"hill", "town", "lab", "call", "cover"}


def test_trust_travels_only_over_needs_whose_plane_carries_it(tmp_path: Path) -> None:
    for plane, expected in (("works", {"town"}), ("trusted", {"town", "cover"})):
        needs = {**SAME_CHIPS["needs"], "plane": ["both", "both", plane, plane]}
        network = network_of(
            tmp_path / plane,
            **{
                **SAME_CHIPS,
                "needs": needs,
                "exclusions": {"authority": ["ours"], "firm": ["east"]},
            },
        )
        assert untrusted(network, "now") == expected


def test_rows_of_one_group_agree_on_the_plane(tmp_path: Path) -> None:
    """Of two rows of one group, 2 and 3, the second names another plane; the third is alone."""
    tables: dict[str, Columns] = {
        "sites": {"site": ["hill", "town"]},
        "services": {"service": ["call"]},
        "needs": {
            "user": ["call"] * 3,
            "need": ["radio", "radio", "core"],
            "input": ["hill", "town", "town"],
            "plane": ["works", "trusted", "both"],
        },
    }
    write_case(tmp_path / "c", "test", date(2026, 1, 1), "", tables)
    (fault,) = check(tmp_path / "c")
    assert (Path(fault.file).stem, fault.row, fault.column, fault.value) == (
        "needs", 3, "plane", "trusted",
    )  # fmt: skip
    assert fault.problem == "differs from works in row 2 of its group"


# The island reaches the mainland through a relay whose box is of `east`, whom `ours` excludes.
RELAY: dict[str, Columns] = {
    "firms": {"firm": ["telco", "east"]},
    "products": {"product": ["box"], "firm": ["east"]},
    "sites": {"site": ["island", "relay", "mainland"], "operator": ["telco"] * 3},
    "equipment": {"site": ["relay"], "function": ["microwave"], "product": ["box"]},
    "lanes": {
        "lane": ["near", "far"],
        "origin": ["island", "relay"],
        "destination": ["relay", "mainland"],
        "mode": ["microwave"] * 2,
    },
    "services": {"service": ["call"], "people": [10]},
    "exclusions": {"authority": ["ours"], "firm": ["east"]},
}


def on_trust(network: Network, kind: str, thing: str) -> tuple[int, float]:
    """Return services and sites that at once lose trust with a thing."""
    reach = exposure(network, by=[kind], authority="ours").tables["reach"]
    at = (reach["plane"] == "trusted") & (reach["horizon"] == "now") & (reach["id"] == thing)
    assert at.sum() == 1
    return int(reach["services_lost"][at][0]), float(reach["sites_lost"][at][0])


@pytest.mark.parametrize(
    ("plane", "expected", "without_lane"),
    [
        ("both", {"relay", "island", "call"}, (0, 0)),
        ("trusted", {"relay", "island", "call"}, (0, 0)),
        ("works", {"relay"}, (1, 1)),
    ],
)
def test_trust_takes_the_way_to_a_place_where_its_plane_says_so(
    tmp_path: Path, plane: str, expected: set[str], without_lane: tuple[int, float]
) -> None:
    """A way that need only work may pass an untrusted relay; cut, nothing works to be trusted."""
    needs = {
        "user": ["call", "island"],
        "need": ["radio", "core"],
        "input": ["island", "mainland"],
        "how": ["works", "reaches"],
        "plane": ["both", plane],
    }
    network = network_of(tmp_path / "c", **RELAY, needs=needs)
    assert untrusted(network, "now") == expected
    assert on_trust(network, "lane", "far") == without_lane


def test_what_must_itself_reach_something_lets_trusted_signals_pass(tmp_path: Path) -> None:
    """Without its spur the hut, which the watch needs, is down; the island still passes it."""
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["east"]},
        sites={"site": ["island", "mainland", "yard"]},
        facilities={"facility": ["hut"]},
        lanes={
            "lane": ["near", "far", "spur"],
            "origin": ["island", "hut", "hut"],
            "destination": ["hut", "mainland", "yard"],
            "mode": ["cable"] * 3,
        },
        services={"service": ["call", "watch"]},
        needs={
            "user": ["call", "island", "watch", "hut"],
            "need": ["radio", "core", "hut", "yard"],
            "input": ["island", "mainland", "hut", "yard"],
            "how": ["works", "reaches", "works", "reaches"],
        },
        exclusions={"authority": ["ours"], "firm": ["east"]},
    )
    assert untrusted(network, "now") == set()
    assert on_trust(network, "lane", "spur") == (1, 0)
    assert on_trust(network, "lane", "near") == (1, 1)


@pytest.mark.parametrize(
    ("plane", "expected", "works_without_far"),
    [
        ("both", {"far"}, 0),
        ("works", {"far", "mast", "call"}, 0),
        ("trusted", {"far"}, 1),
    ],
)
def test_a_core_site_named_on_one_plane_leaves_the_core_rule_to_the_other(
    tmp_path: Path, plane: str, expected: set[str], works_without_far: int
) -> None:
    """The mast names the near core; under the rule it also takes the IMS, which only far runs."""
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        firms={"firm": ["telco", "north", "east"]},
        products={"product": ["core-north", "core-east"], "firm": ["north", "east"]},
        sites={
            "site": ["mast", "near", "far"],
            "operator": ["telco"] * 3,
            "country": ["AAA"] * 3,
            "kind": ["radio", "core", "core"],
        },
        equipment={
            "site": ["near", "far"],
            "function": ["AMF", "IMS"],
            "product": ["core-north", "core-east"],
        },
        services={"service": ["call"]},
        needs={
            "user": ["call", "mast"],
            "need": ["radio", "core"],
            "input": ["mast", "near"],
            "plane": ["both", plane],
        },
        exclusions={"authority": ["ours"], "firm": ["east"]},
    )
    assert untrusted(network, "now") == expected
    reach = exposure(network, by=["site"]).tables["reach"]
    at = (reach["id"] == "far") & (reach["horizon"] == "now")
    assert reach["services_lost"][at].tolist() == [works_without_far]


@pytest.mark.parametrize("horizon", ["now", "in time", "resourced"])
def test_a_contract_for_what_an_excluded_maker_makes_does_not_deliver(
    tmp_path: Path, horizon: str
) -> None:
    """`east` makes the fuel, a plant of `west` fills it: whom `ours` binds cannot buy it."""
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["telco", "rival", "east", "west"]},
        products={"product": ["fuel"], "firm": ["east"]},
        plants={"plant": ["refinery"], "product": ["fuel"], "firm": ["west"]},
        supplies={
            "supplier": ["refinery"] * 2,
            "customer": ["telco", "rival"],
            "quantity_per_day": [1] * 2,
        },
        sites={"site": ["mast", "tower"], "operator": ["telco", "rival"]},
        services={"service": ["call", "chat"]},
        needs={
            "user": ["call", "chat", "mast", "tower"],
            "need": ["radio", "radio", "power", "power"],
            "input": ["mast", "tower", "fuel", "fuel"],
        },
        exclusions={"authority": ["ours"], "firm": ["east"], "by": ["telco"]},
    )
    assert untrusted(network, horizon) == {"mast", "call"}


def test_a_maker_that_is_gone_takes_no_trust_at_once(tmp_path: Path) -> None:
    """The call is trusted through the hill: it runs on without the maker of its radio, `north`."""
    network = with_exclusion(tmp_path / "c")
    assert on_trust(network, "firm", "north") == (0, 0)
    assert on_trust(network, "firm", "telco") == (1, 2)  # the hill and the lab


def test_what_works_is_counted_as_without_an_authority(tmp_path: Path) -> None:
    network = with_exclusion(tmp_path / "c")
    plain = exposure(network, by=EVERY_KIND).tables
    named = exposure(network, by=EVERY_KIND, authority="ours").tables
    works = named["reach"]["plane"] == "works"
    for column in plain["reach"]:
        assert plain["reach"][column].tolist() == named["reach"][column][works].tolist()
    assert set(plain["reach"]["plane"]) == {"works"}
    assert "untrusted" not in plain


def test_losses_of_trust_are_counted_from_what_was_trusted(tmp_path: Path) -> None:
    """The call is trusted through the hill alone: without its radio's maker trust is gone."""
    reach = exposure(with_exclusion(tmp_path / "c"), by=["site"], authority="ours").tables["reach"]
    at = (reach["plane"] == "trusted") & (reach["horizon"] == "now") & (reach["id"] == "hill")
    assert reach["people_lost"][at].tolist() == [40]
    at = (reach["plane"] == "works") & (reach["horizon"] == "now") & (reach["id"] == "hill")
    assert reach["people_lost"][at].tolist() == [7]


def test_reasons_say_who_excludes_whom(tmp_path: Path) -> None:
    told = exposure(
        with_exclusion(tmp_path / "c", functions="RU"), by=["firm"], authority="ours"
    ).tables["reasons"]
    at = np.flatnonzero((told["kind"] == "exclusion") & (told["horizon"] == "in time"))
    assert told["plane"][at].tolist() == ["trusted"] * len(at)
    things = told["thing"][at].tolist()
    assert things[0] == "call"
    assert things[-1] in {"east", "east-chips"}
    assert told["why"][at[-1]].endswith("excluded by ours")


def test_an_unknown_authority_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'ours'\?.*choose from ours"):
        exposure(with_exclusion(tmp_path / "c"), authority="our")
    with pytest.raises(UsageError, match="the case has no exclusions"):
        exposure(network_of(tmp_path / "d", **SAME_CHIPS), authority="ours")


def test_an_agreement_that_is_not_in_force_brings_no_exclusion(tmp_path: Path) -> None:
    agreements = {"agreement": ["pact"], "from": ["2026-06-01"]}
    rows = {"authority": ["ours"], "firm": ["east"], "agreement": ["pact"]}
    network = network_of(
        tmp_path / "c", **{**SAME_CHIPS, "agreements": agreements, "exclusions": rows}
    )
    assert untrusted(network, "now") == set()
    assert untrusted(network, "now", on=np.datetime64("2026-06-01")) == {"town", "cover"}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), firm=st.integers(0, 4))
def test_excluded_by_all_is_untrusted_where_its_loss_would_be_felt(seed: int, firm: int) -> None:
    """Once stocks are gone, what everybody excludes is as good as gone: the oracle is removal."""
    tables = {
        **random_tables(seed),
        "exclusions": {"authority": ["all"], "firm": [f"f{firm}"]},
    }
    tables["needs"] = {name: cells for name, cells in tables["needs"].items() if name != "plane"}
    with tempfile.TemporaryDirectory() as folder:
        network = network_of(Path(folder) / "c", **tables)
    found = exposure(network, by=["firm"], authority="all").tables
    reach = found["reach"]
    gone = found["untrusted"]
    for horizon in ("in time", "resourced"):
        at = (reach["plane"] == "works") & (reach["horizon"] == horizon)
        at &= reach["id"] == f"f{firm}"
        mine = gone["horizon"] == horizon
        services = mine & (gone["kind"] == "service")
        assert int(services.sum()) == int(reach["services_lost"][at][0])
        assert gone["people"][services].sum() == reach["people_lost"][at][0]
        assert gone["sites"][mine].sum() == reach["sites_lost"][at][0]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), firm=st.integers(0, 4), country=st.integers(0, 1))
def test_what_is_trusted_works_and_fewer_exclusions_trust_more(
    seed: int, firm: int, country: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = random_tables(seed)
        by = base["countries"]["country"][country]
        some = {"authority": ["all"], "firm": [f"f{firm}"], "by": [by], "functions": ["RU"]}
        more = {"authority": ["all"], "firm": [f"f{firm}"], "by": [""], "functions": [""]}
        network = network_of(Path(folder) / "a", **base, exclusions=some)
        wider = network_of(Path(folder) / "b", **base, exclusions=more)
    for horizon in ("now", "in time", "resourced"):
        assert untrusted(network, horizon, "all") <= untrusted(wider, horizon, "all")


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), firm=st.integers(0, 4), by=st.sampled_from(["AAA", "f1", ""]))
def test_what_is_trusted_works_whatever_is_taken_away(seed: int, firm: int, by: str) -> None:
    rows = {"authority": ["all"], "firm": [f"f{firm}"], "by": [by]}
    with tempfile.TemporaryDirectory() as folder:
        network = network_of(Path(folder) / "c", **random_tables(seed), exclusions=rows)
    ground = groundwork(network, apart=True)
    excluded = exclusions(ground, "all", network.first_day)
    asked = candidates(network, EVERY_KIND)
    for horizon in HORIZONS:
        compiled = compile_network(ground, horizon=horizon, exclusions=excluded)
        state = states(order(compiled.gates), asked, compiled, None)
        assert not (state[compiled.trusted] & ~state[compiled.gate]).any()


def test_a_country_stands_for_its_firms_and_what_they_control(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **SAME_CHIPS)
    names = network.names["firm"]
    assert set(names[excluded_firms(network, network.find("CCC"))]) == {"east", "east-chips"}
    assert set(names[excluded_firms(network, network.find("east"))]) == {"east", "east-chips"}
    assert set(names[excluded_firms(network, network.find("good-chips"))]) == {"good-chips"}
