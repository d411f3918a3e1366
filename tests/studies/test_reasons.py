"""Why a thing is lost, step by step down to what was taken away."""

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from tests.made_up import Columns, network_of, random_tables, shuffled

from indranet.errors import UsageError
from indranet.model.case import read
from indranet.studies.exposure import exposure

CASES = Path(__file__).resolve().parent.parent / "cases"

Step = tuple[str, str]


def told(case: str, identifier: str | None = None, **asked: Any) -> dict[Any, list[Step]]:
    """Return thing and reason of each step, by what was taken away, when, and what is lost."""
    if identifier is not None:
        asked["reasons"] = identifier
    table = exposure(read(CASES / case), **asked).tables["reasons"]
    rows = zip(*(values.tolist() for values in table.values()), strict=True)
    found: dict[Any, list[Step]] = {}
    for (kind, name, horizon, _, lost), group in groupby(rows, key=lambda row: row[:5]):
        key, steps = (f"{kind}:{name}", horizon, lost), list(group)
        assert key not in found
        assert [step[5] for step in steps] == list(range(len(steps)))
        found[key] = [(f"{step[6]}:{step[7]}", step[8]) for step in steps]
    return found


def test_a_strait_stops_a_radio_three_tiers_up() -> None:
    assert told("supply_chain", "new-radios")["passage:strait", "in time", "new-radios"] == [
        ("service:new-radios", "lost"),
        ("product:radio", "its need “delivery”"),
        ("plant:assembly", "its only plant"),
        ("plant:fab", "the only supplier of chip to assembly"),
        ("lane:strait-lane", "the only supplier of metal to fab"),
        ("passage:strait", "no way round; taken away"),
    ]


def test_how_much_is_left_is_told_in_capacities_not_in_weights() -> None:
    assert told("two_countries", "radios")["territory:AAA", "in time", "radios"][-2:] == [
        ("plant:big", "metal under contract with works: 2\u00a0% left, 50\u00a0% needed"),
        ("country:AAA", "it stands there; taken away"),
    ]


def test_any_maker_allowed_leads_to_the_market_that_fails_as_well() -> None:
    """The contract fails first; the last straw is that too little is made at large."""
    assert told("two_countries")["territory:AAA", "resourced", "radios"][-3:] == [
        (
            "product:metal",
            "no contract holds and too little is made at large",
        ),
        ("plant:big", "its plants: 2\u00a0% left, 50\u00a0% needed"),
        ("country:AAA", "it stands there; taken away"),
    ]


def test_a_core_function_of_another_vendor_stops_every_radio_site() -> None:
    assert told("one_operator", "full-cover")["firm:south", "in time", "full-cover"] == [
        ("service:full-cover", "lost"),
        ("site:hill", "its need “radio”: none of 2 left"),
        ("site:lab", "no site of telco left that runs AMF"),
        ("product:core-south", "nothing left that serves AMF"),
        ("firm:south", "it makes the product; taken away"),
    ]


def test_a_parent_stops_what_it_controls() -> None:
    path = told("one_operator", "full-cover")["firm:holding", "now", "full-cover"]
    assert path[-1] == ("firm:holding", "it controls the firm; taken away")


def test_a_circle_is_left_where_it_was_broken() -> None:
    """Telecom needs power needs telecom: without the utility the mast fails through the grid."""
    path = told("power_cycle")["firm:utility", "in time", "call"]
    assert [thing for thing, _ in path] == [
        "service:call", "site:mast", "site:grid", "firm:utility",
    ]  # fmt: skip


def test_each_cause_of_a_thing_is_told_at_the_first_horizon_at_which_it_counts() -> None:
    found = told("supply_chain", "new-radios")
    asked = {key: path for key, path in found.items() if key[2] == "new-radios"}
    horizons: dict[str, set[str]] = {}
    for cause, horizon, _ in asked:
        horizons.setdefault(cause, set()).add(horizon)
    assert "now" in horizons["firm:vendor"]
    assert horizons["plant:mine"] == {"in time"}
    reach = exposure(read(CASES / "supply_chain")).tables["reach"]
    stopping = {
        f"{kind}:{name}"
        for kind, name, horizon, people in zip(
            reach["kind"], reach["id"], reach["horizon"], reach["people_lost"], strict=True
        )
        if people >= 100 and horizon == "in time"
    }
    assert stopping == set(horizons)


def test_a_candidate_is_told_with_everything_that_it_stops() -> None:
    found = told("supply_chain", "plant:mine")
    lost = {key[2] for key in found if key[0] == "plant:mine"}
    assert lost == {"new-radios", "spare-chips"}


def test_a_pair_is_told_by_what_neither_stops_alone(tmp_path: Path) -> None:
    """The call takes either mast; both masts need the grid or the generator."""
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["grid", "generator", "shop"]},
        sites={"site": ["east", "west"], "people": [1, 1]},
        services={"service": ["call", "shopping"], "people": [50, 90]},
        needs={
            "user": ["east", "east", "west", "west", "call", "call", "shopping"],
            "need": ["power"] * 4 + ["radio"] * 2 + ["till"],
            "input": ["grid", "generator", "grid", "generator", "east", "west", "shop"],
            "at_least": [1] * 7,
        },
    )
    table = exposure(network, by=["facility"], pairs=True).tables["reasons"]
    at = (table["kind"] == "pair") & (table["horizon"] == "now")
    rows = list(zip(*(table[c][at] for c in ("id", "lost", "thing", "why")), strict=True))
    assert rows == [
        ("facility:generator + facility:grid", "call", "call", "lost"),
        ("facility:generator + facility:grid", "call", "east", "its need “radio”: none of 2 left"),
        (
            "facility:generator + facility:grid", "call", "generator",
            "its need “power”: none of 2 left; taken away",
        ),
    ]  # fmt: skip


ALIKE: dict[str, Columns] = {
    "firms": {"firm": ["telco"]},
    "products": {"product": ["radio"]},
    "facilities": {"facility": ["grid"]},
    "sites": {"site": ["a-mast", "b-mast", "c-mast"], "operator": ["telco"] * 3},
    "equipment": {
        "site": ["a-mast", "b-mast", "c-mast"],
        "function": ["RU"] * 3,
        "product": ["radio"] * 3,
    },
    "services": {"service": ["call", "chat"], "people": [9, 2]},
    "needs": {
        "user": ["a-mast", "b-mast", "c-mast", "call", "chat", "chat"],
        "need": ["power"] * 3 + ["radio"] * 3,
        "input": ["grid"] * 3 + ["b-mast", "c-mast", "b-mast"],
    },
}
"""Three masts that nothing tells apart: they share a gate. The call needs the second one."""


def test_of_sites_that_share_a_gate_the_one_that_is_needed_is_named(tmp_path: Path) -> None:
    """The call needs b-mast alone; of the two that the chat needs the first by name is told."""
    network = network_of(tmp_path / "c", **ALIKE)
    table = exposure(network, by=["facility"], reasons="facility:grid").tables["reasons"]
    at = table["horizon"] == "now"
    columns = ("lost", "thing", "why", "ask")
    assert list(zip(*(table[column][at] for column in columns), strict=True)) == [
        ("call", "call", "lost", ""),
        ("call", "b-mast", "its need “radio”", ""),
        ("call", "grid", "its need “power”; taken away", ""),
        ("chat", "chat", "lost", ""),
        ("chat", "b-mast", "its need “radio”: none of 2 left", ""),
        ("chat", "grid", "its need “power”; taken away", ""),
    ]  # fmt: skip


def test_what_a_site_that_shares_a_gate_has_installed_is_asked_of_that_site(
    tmp_path: Path,
) -> None:
    """The call needs b-mast: what is unsure is the row of its radio, not that of a-mast."""
    network = network_of(tmp_path / "c", **ALIKE)
    table = exposure(network, by=["product"], reasons="product:radio").tables["reasons"]
    at = (table["lost"] == "call") & (table["thing_kind"] == "product")
    assert set(table["ask"][at]) == {"What does b-mast really have installed for RU?"}


@pytest.mark.parametrize(
    ("big", "small", "share", "words"),
    [
        (501, 499, 0.5, "49\u00a0% left, 50\u00a0% needed"),
        (6662, 3338, 0.334, "33\u00a0% left, 34\u00a0% needed"),
        (600, 400, 0.5, "40\u00a0% left, 50\u00a0% needed"),
        (999, 1, 0.01, "0\u00a0% left, 1\u00a0% needed"),
        (501, 499, 1, "all 2 are needed"),
    ],
)
def test_what_is_left_never_reads_as_what_is_needed(
    tmp_path: Path, big: float, small: float, share: float, words: str
) -> None:
    """Without the big one the small one's share is left: rounded down, the need rounded up."""
    total = big + small
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["big", "small"]},
        services={"service": ["light"], "people": [1]},
        needs={
            "user": ["light"] * 2,
            "need": ["power"] * 2,
            "input": ["big", "small"],
            "capacity": [big, small],
            "at_least": [share * total] * 2,
        },
    )
    table = exposure(network, by=["facility"], reasons="facility:big").tables["reasons"]
    assert table["why"][1] == f"its need “power”: {words}; taken away"


# Either the grid or the generator powers the call, which also takes a radio of `east`, excluded.
TOLD: dict[str, Columns] = {
    "firms": {"firm": ["east"]},
    "products": {"product": ["radio"], "firm": ["east"]},
    "facilities": {"facility": ["generator", "grid"]},
    "sites": {"site": ["mast"]},
    "equipment": {"site": ["mast"], "function": ["RU"], "product": ["radio"]},
    "services": {"service": ["call"], "people": [9]},
    "needs": {
        "user": ["call"] * 3,
        "need": ["power", "power", "radio"],
        "input": ["generator", "grid", "mast"],
        "at_least": [1] * 3,
    },
    "exclusions": {"authority": ["ours"], "firm": ["east"]},
}
WORST = {("east", horizon, "worst") for horizon in ("in time", "resourced")}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, WORST),
        ({"pairs": True}, WORST | {
            ("facility:generator + facility:grid", horizon, "pair")
            for horizon in ("now", "in time", "resourced")
        }),
        ({"authority": "ours"}, WORST | {
            ("ours", horizon, "trust") for horizon in ("now", "in time", "resourced")
        }),
        # What was asked for is told at the first horizon at which it counts.
        ({"reasons": "call"}, {("east", "in time", "lost"), ("east", "resourced", "worst")}),
        ({"reasons": "east"}, {("east", "in time", "stops"), ("east", "resourced", "worst")}),
        ({"reasons": "grid"}, WORST),
    ],
    ids=["default", "pairs", "authority", "lost", "stops", "neither"],
)  # fmt: skip
def test_each_reason_says_for_what_it_is_told(
    tmp_path: Path, asked: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    """In time the call is lost with the maker of its radio, at once with both sources of power."""
    network = network_of(tmp_path / "c", **TOLD)
    table = exposure(network, by=["firm", "facility"], **asked).tables["reasons"]
    found = zip(table["id"], table["horizon"], table["told"], strict=True)
    assert set(found) == expected


def test_a_thing_is_told_both_ways(tmp_path: Path) -> None:
    """The mast is lost to the maker of its radio, and without it the call stops."""
    network = network_of(tmp_path / "c", **TOLD)
    table = exposure(network, by=["firm", "site"], reasons="mast").tables["reasons"]
    found = set(zip(*(table[c] for c in ("id", "horizon", "lost", "told")), strict=True))
    assert {row for row in found if row[3] != "worst"} == {
        ("east", "in time", "mast", "lost"),
        ("mast", "now", "call", "stops"),
    }


def test_an_identifier_of_nothing_or_of_several_things_is_refused() -> None:
    with pytest.raises(UsageError, match="names no one thing"):
        told("supply_chain", "nowhere")
    with pytest.raises(UsageError, match="write territory:AAA or jurisdiction:AAA"):
        told("supply_chain", "lane:AAA")


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_rows_does_not_choose_among_equal_paths(tmp_path: Path, seed: int) -> None:
    tables = random_tables(seed)
    one = exposure(network_of(tmp_path / "a", **tables)).tables["reasons"]
    other = exposure(network_of(tmp_path / "b", **shuffled(tables, seed))).tables["reasons"]
    rows = [
        set(zip(*(values.tolist() for values in table.values()), strict=True))
        for table in (one, other)
    ]
    # Among causes that stop the same, the one that is told may be another one.
    shared = {row[:5] for row in rows[0]} & {row[:5] for row in rows[1]}
    assert shared
    assert {r for r in rows[0] if r[:5] in shared} == {r for r in rows[1] if r[:5] in shared}
