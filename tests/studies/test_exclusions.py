"""Trust: what hangs on those whom an authority excludes, and only for those whom it binds."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of, random_tables

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST
from indranet.studies.exclusions import excluded_firms
from indranet.studies.exposure import exposure

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


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), firm=st.integers(0, 4))
def test_excluded_by_all_is_untrusted_where_its_loss_would_be_felt(seed: int, firm: int) -> None:
    """Once stocks are gone, what everybody excludes is as good as gone: the oracle is removal."""
    tables = {
        **random_tables(seed),
        "exclusions": {"authority": ["all"], "firm": [f"f{firm}"]},
    }
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


@settings(max_examples=15, deadline=None)
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


def test_a_country_stands_for_its_firms_and_what_they_control(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **SAME_CHIPS)
    names = network.names["firm"]
    assert set(names[excluded_firms(network, network.find("CCC"))]) == {"east", "east-chips"}
    assert set(names[excluded_firms(network, network.find("east"))]) == {"east", "east-chips"}
    assert set(names[excluded_firms(network, network.find("good-chips"))]) == {"good-chips"}
