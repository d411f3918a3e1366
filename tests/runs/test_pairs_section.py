"""Losses two by two in the report: what is more than one by one, told once and told truly."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_up import network_of
from tests.runs.sections import answer_of, parsed, tables, texts

from indranet.runs.findings import Answer
from indranet.runs.pairs_section import pairs_section

HEAD = ["Without", "Beyond what each takes alone", "Together"]
COLUMNS = (
    "a_kind", "a", "b_kind", "b", "horizon", "services_lost", "people_lost", "sites_lost",
    "services_more", "people_more", "sites_more",
)  # fmt: skip
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """Power needs east or west, light east, water the pump and power; each has its users."""
    folder = tmp_path_factory.mktemp("runs")
    network = network_of(
        folder / "case",
        facilities={"facility": ["east", "west", "pump", "idle"], "name": ["East", "", "", ""]},
        services={"service": ["power", "light", "water"], "people": [10, 3, 4]},
        needs={
            "user": ["power", "power", "light", "water", "water"],
            "need": ["grid", "grid", "grid", "pump", "power"],
            "input": ["east", "west", "east", "pump", "power"],
            "at_least": [1, 1, "", "", ""],
        },
    )
    return answer_of(network, folder / "run", by=["facility"], pairs=True)


def with_pairs(answer: Answer, rows: Sequence[Row], **summary: Any) -> Answer:
    """Return an answer with other pairs, rows as in `COLUMNS`."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    table = {
        name: np.array(values, dtype=object if at < 5 else np.float64)
        for at, (name, values) in enumerate(zip(COLUMNS, columns, strict=True))
    }
    return replace(
        answer,
        tables={**answer.tables, "pairs": table},
        summary={**answer.summary, **summary},
    )


def firms(a: str, b: str, lost: int = 3, more: int = 3, people: float = 7.0) -> Row:
    return ("firm", a, "firm", b, "now", lost, people, 0, more, people, 0)


def test_a_pair_is_told_with_what_it_takes_more(answer: Answer) -> None:
    section = parsed(pairs_section(answer, 3))
    assert texts(section, "h3") == ["At once", "In time", "In time, any maker allowed"]
    summary, listing = tables(section)[:2]
    told = "East (facility) and west (facility)"
    assert summary == [HEAD, [told, "2 services, 14 users", "3 services, 17 users"]]
    assert listing[1] == ["East (facility)", "west (facility)", "2", "14", "0", "3", "17", "0"]
    assert len(listing) == 2
    assert texts(section, "summary") == [f"Why {told}", "1 pair, one by one"] * 3
    path = next(parsed(pairs_section(answer, 3)).iter("ol"))
    assert texts(path, "li")[-1].endswith("taken away")
    assert (
        "One by one, East (facility) and west (facility) stop 1 service at once; together they "
        "stop all 3 services, for 100 % of all users."
    ) in texts(section, "p")


def test_what_neither_stops_alone_is_said_so(answer: Answer) -> None:
    section = parsed(pairs_section(with_pairs(answer, [firms("a", "b", 2, 2, 8.5)]), 3))
    assert (
        "Neither a (firm) nor b (firm) alone stops a service at once; together they stop 2 of 3 "
        "services, for 50 % of all users."
    ) in texts(section, "p")


def test_what_no_single_loss_stops_is_said_so(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        facilities={"facility": ["east", "west"]},
        services={"service": ["power"], "people": [10]},
        needs={
            "user": ["power"] * 2, "need": ["grid"] * 2, "input": ["east", "west"],
            "at_least": [1, 1],
        },
    )  # fmt: skip
    answer = answer_of(network, tmp_path / "run", by=["facility"], pairs=True)
    section = parsed(pairs_section(answer, 3))
    start = "No single loss that was tried stops a service"
    end = ", but east (facility) and west (facility) together stop the one service, for 100 % of "
    for when in (" at once", " in time", " in time, with any maker allowed"):
        assert f"{start}{when}{end}all users." in texts(section, "p")


def test_sites_are_counted_where_no_service_stops(answer: Answer) -> None:
    rows = [
        ("firm", "a", "firm", "b", "now", 0, 0, 40, 0, 0, 12),
        ("firm", "a", "firm", "c", "now", 0, 0, 9, 0, 0, 1),
    ]
    section = parsed(pairs_section(with_pairs(answer, rows, sites=100.0), 3))
    assert tables(section)[0][1:] == [
        ["a (firm) and b (firm)", "12 sites", "40 sites"],
        ["a (firm) and c (firm)", "1 site", "9 sites"],
    ]
    assert any("together stop 40 of 100 sites." in p for p in texts(section, "p"))


def test_pairs_that_take_the_same_stand_together(answer: Answer) -> None:
    """The parent or the firm itself, with the firm or its country: one line of four pairs."""
    one, other = [("firm", "f"), ("control", "p")], [("territory", "AAA"), ("firm", "g")]
    rows = [(*a, *b, "now", 3, 7, 0, 3, 7, 0) for a, b in product(one, other)]
    rows += [firms("x", "y"), firms("v", "w", 2, 2, 6)]
    section = parsed(pairs_section(with_pairs(answer, rows), 3))
    (_, same, alone), caption = tables(section)[0], texts(section, "caption")[0]
    assert same[0] == (
        "f (firm) and g (firm) and 4 more pairs with the same loss"
        "either f (firm) or p (subsidiaries) with either g (firm) or AAA (territory)"
        "x (firm) and y (firm)"
    )
    assert alone[0] == "v (firm) and w (firm)"
    assert caption == (
        "The 2 largest of 2 losses that only two things at once cause, from 6 pairs. Pairs that "
        "take the same numbers stand together."
    )


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.sets(st.sampled_from(list(combinations("abcdefg", 2))), min_size=2))
def test_lines_hold_every_pair_once(answer: Answer, chosen: set[tuple[str, str]]) -> None:
    html = pairs_section(with_pairs(answer, [firms(*pair) for pair in sorted(chosen)]), 3)
    details = next(parsed(html).iter("details"))
    told = []
    for line in texts(details, "li"):
        sides = re.split(" with " if " with " in line else " and ", line)
        told += [
            frozenset(pair)
            for pair in product(*(re.findall(r"\b([a-g]) \(firm\)", side) for side in sides))
        ]
    assert len(told) == len(set(told))
    assert set(told) == {frozenset(pair) for pair in chosen}


def test_things_of_one_name_are_told_apart(answer: Answer) -> None:
    rows = [firms("a", "z"), firms("b", "z")]
    named = replace(
        with_pairs(answer, rows), names={("firm", "a"): "North", ("firm", "b"): "North"}
    )
    (_, row), *_ = tables(parsed(pairs_section(named, 3)))
    assert row[0] == (
        "North (firm) and z (firm) and 1 more pair with the same loss"
        "either North, a (firm) or North, b (firm) with z (firm)"
    )


def test_ten_losses_and_two_hundred_pairs_are_shown(answer: Answer) -> None:
    rows = [firms(f"a{n:03d}", "z", 3, 3, 500.0 - n) for n in range(210)]
    section = parsed(pairs_section(with_pairs(answer, rows), 3))
    worst, listing = tables(section)
    assert [row[0] for row in worst[1:]] == [f"a{n:03d} (firm) and z (firm)" for n in range(10)]
    assert len(listing) == 201
    assert "The first 200 of 210 pairs, one by one" in texts(section, "summary")
    assert texts(section, "caption")[0].startswith("The 10 largest of 210 losses")


def test_pairs_that_only_add_up_are_not_told(answer: Answer) -> None:
    rows = [("firm", "a", "firm", "b", "now", 2, 7, 1, 0, 0, 0)]
    for found in (with_pairs(answer, rows), with_pairs(answer, [])):
        section = parsed(pairs_section(found, 3))
        nothing = "No two of the things that were tried take more than one by one."
        assert texts(section, "p").count(nothing) == 3
        assert not tables(section)


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, None), (1, "1 thing that takes least alone was not"), (43, "43 things that take least")],
)
def test_what_did_not_enter_is_told(answer: Answer, count: int, told: str | None) -> None:
    html = pairs_section(replace(answer, summary={**answer.summary, "pairs_left_out": count}), 3)
    said = [p for p in texts(parsed(html), "p") if "not tried in pairs" in p]
    assert len(said) == (told is not None)
    assert all(text.startswith(told or "") for text in said)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "</td>", "日本電気"])
def test_names_from_data_stay_text(answer: Answer, name: str) -> None:
    html = pairs_section(with_pairs(answer, [firms(name, "z"), firms("y", "z")]), 3)
    assert "<script>" not in html
    section = parsed(html)
    assert f"{name} (firm)" in tables(section)[1][1] + tables(section)[1][2]
    assert f"either y (firm) or {name} (firm) with z (firm)" in texts(section, "li") or (
        f"either {name} (firm) or y (firm) with z (firm)" in texts(section, "li")
    )
