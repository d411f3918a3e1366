"""How often services are down, in the report: times as people say them, bounds told as bounds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.made_up import network_of
from tests.runs.sections import answer_of, parsed, tables, texts

from indranet.runs.availability_section import HOURS_A_YEAR, availability_section, year_words
from indranet.runs.findings import Answer

NEVER = "nothing that fails stops it"


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """A call takes one of two masts, each the grid or 4 h of it; a chat takes nothing that fails.

    The masts are down for 10 and 20 % of the time, the grid for 4 hours in 1,004.
    """
    folder = tmp_path_factory.mktemp("runs")
    network = network_of(
        folder / "case",
        sites={"site": ["mast-1", "mast-2", "mast-3"], "people": [1, 1, 1]},
        services={"service": ["call", "chat"], "people": [2, 1], "name": ["Call", ""]},
        needs={
            "user": ["call", "call", "mast-1", "mast-2", "chat"],
            "need": ["radio", "radio", "power", "power", "radio"],
            "input": ["mast-1", "mast-2", "grid", "grid", "mast-3"],
            "at_least": [1, 1, np.nan, np.nan, np.nan],
            "autonomy_hours": [0, 0, 4, 4, 0],
        },
        failures={
            "thing": ["mast-1", "mast-2", "grid"],
            "unavailability": [0.1, 0.2, np.nan],
            "mtbf_hours": [np.nan, np.nan, 1000],
            "repair_hours": [np.nan, np.nan, 4],
        },
    )
    return answer_of(network, folder / "run", by=["firm"], availability=True)


def with_rows(answer: Answer, *rows: Mapping[str, Any]) -> Answer:
    """Return an answer in which some rows of the table, in order, are changed."""
    table = {name: values.copy() for name, values in answer.tables["availability"].items()}
    for row, changed in enumerate(rows):
        for column, value in changed.items():
            table[column][row] = value
    return replace(answer, tables={**answer.tables, "availability": table})


def bounds(answer: Answer) -> dict[str, list[str]]:
    """Return each service with its two bounds and how they are known, of the table of the worst."""
    return {row[0]: row[1:] for row in tables(parsed(availability_section(answer, 3)))[0][1:]}


def sampled(share: float, low: float, high: float, why: str = "") -> dict[str, Any]:
    return {
        "unavailability": share, "low": low, "high": high, "method": "sampled", "draws": 16384,
        "why": why,
    }  # fmt: skip


def test_the_worst_are_told_in_time_a_year(answer: Answer) -> None:
    """0.02 of 8,766 hours is 175; in time the grid is added: 1 - 0.98 x 1000 / 1004, 210 hours."""
    assert bounds(answer) == {"Call": ["175 hours", "210 hours", "exactly"]}
    said = texts(parsed(availability_section(answer, 3)), "p")
    assert "Call is down longest: between 175 hours and 210 hours a year." in said
    assert said[0].startswith("3 things of the case fail and are repaired, each independently")
    assert "Batteries, stocks and spares have no clocks here." in said[0]


def test_every_service_stands_with_both_bounds(answer: Answer) -> None:
    everything = tables(parsed(availability_section(answer, 3)))[1]
    why = "nothing that the case says can fail stops it"
    assert everything[1:] == [
        ["Call", "0.02", "175 hours", "0.0239", "210 hours", "exactly", ""],
        ["chat", "0", NEVER, "0", NEVER, "exactly", why],
    ]


def test_importance_stands_with_what_it_means(answer: Answer) -> None:
    section = parsed(availability_section(answer, 3))
    assert texts(section, "h4") == ["Call"]
    rows = tables(section)[2]
    assert rows[0] == ["Bound", "Thing", "Birnbaum", "Fussell\u2013Vesely"]
    assert rows[1:3] == [
        ["At least", "mast-1 (site)", "0.2", "100 %"],
        ["At least", "mast-2 (site)", "0.1", "100 %"],
    ]
    whole = 1 - 0.98 * 1000 / 1004
    part = f"{100 * (whole - 0.02) / whole:.0f} %"
    assert ["At most", "grid (thing)", "0.98", part] in rows
    meaning = " ".join(texts(section, "p"))
    assert "the part of the service\u2019s time down that would go if the thing never" in meaning


def test_what_was_sampled_stands_with_its_interval(answer: Answer) -> None:
    changed = with_rows(answer, sampled(0.001, 0.0009, 0.0011))
    assert bounds(changed)["Call"] == [
        "8.8 hours (7.9 hours to 9.6 hours)",
        "210 hours",
        "at least sampled, 16,384 draws; at most exactly",
    ]
    section = parsed(availability_section(changed, 3))
    assert "stands with its 95 % interval" in texts(section, "caption")[0]
    assert tables(section)[1][1][1] == "0.001 (9 \u00d7 10\u207b\u2074 to 0.0011)"
    plain = texts(parsed(availability_section(answer, 3)), "caption")
    assert not any("sampled" in caption for caption in plain[:2])


def test_what_no_draw_has_seen_is_less_than_its_bound_and_never_nothing(answer: Answer) -> None:
    seen_never = sampled(2e-4, 0, 2e-4, "too large; not seen in 16,384 draws: this is a bound")
    assert bounds(with_rows(answer, seen_never))["Call"][0] == "less than 1.8 hours"
    with_cut = with_rows(answer, sampled(2e-4, 1e-5, 2e-4))
    assert bounds(with_cut)["Call"][0] == "less than 1.8 hours, more than 5.3 minutes"
    everything = tables(parsed(availability_section(with_rows(answer, seen_never), 3)))[1]
    assert everything[1][1] == "less than 2 \u00d7 10\u207b\u2074"
    assert everything[1][-1] == ("At least: too large; not seen in 16,384 draws: this is a bound")
    tiny = with_rows(answer, sampled(1e-12, 0, 1e-12))
    assert bounds(tiny)["Call"][0] == "less than 0.1 seconds"


def test_what_no_draw_has_seen_up_is_more_than_its_bound(answer: Answer) -> None:
    rows = bounds(with_rows(answer, {}, {}, sampled(1, 0.9998, 1)))
    assert rows["Call"][1] == "more than 8,764 hours"


def test_a_service_that_is_down_before_anything_fails(answer: Answer) -> None:
    always = {"unavailability": 1.0, "low": 1.0, "high": 1.0}
    changed = with_rows(answer, always, {}, always)
    assert bounds(changed)["Call"][:2] == ["the whole year", "the whole year"]
    said = texts(parsed(availability_section(changed, 3)), "p")
    assert "Call is down longest: the whole year a year." not in said
    assert "Call is down longest: all the time." in said


def test_what_holds_while_batteries_do(answer: Answer) -> None:
    nothing = {"unavailability": 0.0, "low": 0.0, "high": 0.0}
    changed = with_rows(answer, nothing)
    assert bounds(changed)["Call"][0] == NEVER
    assert (
        "Call is down longest: up to 210 hours a year, and not at all while batteries, stocks and "
        "spares hold."
    ) in texts(parsed(availability_section(changed, 3)), "p")


def test_nothing_that_can_fail_stops_a_service(answer: Answer) -> None:
    nothing = {"unavailability": 0.0, "low": 0.0, "high": 0.0}
    section = parsed(availability_section(with_rows(answer, nothing, {}, nothing), 3))
    assert "Nothing that the case says can fail stops a service." in texts(section, "p")
    assert len(tables(section)) == 1


def test_services_come_in_the_order_of_the_longer_bound(answer: Answer) -> None:
    half = {"unavailability": 0.5, "low": 0.5, "high": 0.5}
    rows = bounds(with_rows(answer, {}, {}, {}, half))
    assert list(rows) == ["chat", "Call"]
    section = parsed(availability_section(with_rows(answer, {}, {}, {}, half), 3))
    assert texts(section, "h4") == ["chat", "Call"]
    assert "Not known: importances are given with exact answers only." in texts(section, "p")


def test_what_was_left_out_is_named(answer: Answer) -> None:
    def told(*things: tuple[str, str]) -> str:
        names, kinds = zip(*things, strict=True) if things else ((), ())
        left = {"thing": np.array(names, dtype=object), "kind": np.array(kinds, dtype=object)}
        changed = replace(answer, tables={**answer.tables, "left_out": left})
        return texts(parsed(availability_section(changed, 3)), "p")[-1]

    assert told().startswith("Every thing in the table of failures has figures")
    assert told(("mast-3", "site")).startswith(
        "1 thing fails and nothing says how often: mast-3 (site). It counts as never failing."
    )
    assert told(("y", "lane"), ("x", "firm")).startswith(
        "2 things fail and nothing says how often: x (firm) and y (lane). They count as never"
    )


def test_a_case_without_services_says_so(answer: Answer) -> None:
    empty = {name: values[:0] for name, values in answer.tables["availability"].items()}
    changed = replace(answer, tables={**answer.tables, "availability": empty})
    section = parsed(availability_section(changed, 3))
    assert texts(section, "p") == ["The case has no services, so there is none to be down."]


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.floats(1e-30, 0.999))
def test_times_say_what_they_are_to_a_twentieth(share: float) -> None:
    words = year_words(share).replace("\xa0", " ")
    hours = share * HOURS_A_YEAR
    if words == "under 0.1 seconds":
        assert hours * 3600 < 0.1
        return
    value, unit = words.split()
    told = float(value.replace(",", "")) / {"h": 1, "m": 60, "s": 3600}[unit[0]]
    assert told == pytest.approx(hours, rel=0.05) or abs(told - hours) * 3600 <= 0.05 + 1e-9
    assert (value == "1") == (not unit.endswith("s"))
    assert told > 0


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "</td>", "日本電気"])
def test_names_from_data_stay_text(answer: Answer, name: str) -> None:
    html = availability_section(replace(answer, names={("service", "call"): name}), 3)
    assert "<script>" not in html
    section = parsed(html)
    assert tables(section)[0][1][0] == name
    assert texts(section, "h4") == [name]
