"""Trust in the report: whose exclusions, what hangs on them, why; and no judgement."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.runs.sections import answer_of, parsed, tables, texts

from indranet.runs.findings import Answer
from indranet.runs.trust_section import trust_section

# The hill has a radio of `north`, the town one of `east`, whom `ours` excludes with `east-chips`,
# which makes 60 % of the chips in both radios. `call` needs one of the two, `cover` both.
CASE: dict[str, Columns] = {
    "countries": {"country": ["AAA", "CCC"], "name": ["Aland", "Cland"]},
    "firms": {
        "firm": ["telco", "north", "east", "east-chips", "good-chips"],
        "name": ["", "", "East & Sons", "", ""],
        "country": ["AAA", "AAA", "CCC", "CCC", "AAA"],
        "parent": ["", "", "", "east", ""],
    },
    "products": {"product": ["north-radio", "east-radio", "chip"], "firm": ["north", "east", ""]},
    "components": {"product": ["north-radio", "east-radio"], "component": ["chip", "chip"]},
    "plants": {
        "plant": ["chips-east", "chips-good"], "product": ["chip", "chip"],
        "firm": ["east-chips", "good-chips"], "country": ["CCC", "AAA"],
        "capacity_per_day": [60, 40],
    },
    "sites": {
        "site": ["hill", "town"], "operator": ["telco"] * 2, "country": ["AAA"] * 2,
        "people": [10, 30], "stands_for": [5, 15],
    },
    "equipment": {
        "site": ["hill", "town"], "function": ["RU", "RU"],
        "product": ["north-radio", "east-radio"],
    },
    "services": {"service": ["call", "cover"], "people": [40, 7], "country": ["AAA", "AAA"]},
    "needs": {
        "user": ["call", "call", "cover", "cover"], "need": ["radio"] * 4,
        "input": ["hill", "town", "hill", "town"], "at_least": [1, 1, 2, 2],
    },
    "exclusions": {
        "authority": ["ours", "later"], "firm": ["east", "north"], "by": ["AAA", "AAA"],
        "from": ["", "2030-01-01"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    folder = tmp_path_factory.mktemp("runs")
    network = network_of(folder / "case", **CASE)
    return {
        authority: answer_of(network, folder / authority, by=["firm"], authority=authority)
        for authority in ("ours", "later")
    }


@pytest.fixture(scope="module")
def ours(answers: dict[str, Answer]) -> Answer:
    return answers["ours"]


def with_tables(answer: Answer, **tables: Any) -> Answer:
    return replace(answer, tables={**answer.tables, **tables})


def test_it_says_whose_exclusions_they_are(ours: Answer) -> None:
    first = texts(parsed(trust_section(ours, 3)), "p")[0]
    assert first.startswith("The exclusions are those of ours, chosen by whoever asked for this")
    assert "not a judgement of this report" in first


def test_the_table_is_as_worked_by_hand(ours: Answer) -> None:
    """At once the town's own radio counts; in time the chip, without which neither is made."""
    assert tables(parsed(trust_section(ours, 3)))[0] == [
        ["When", "Services", "Users", "Sites"],
        ["At once", "1 of 2", "7 (15 %)", "15 (75 %)"],
        ["In time", "2 of 2", "47 (100 %)", "20 (100 %)"],
        ["In time, any maker allowed", "2 of 2", "47 (100 %)", "20 (100 %)"],
    ]


def test_excluded_firms_are_named_with_what_they_control(ours: Answer) -> None:
    section = parsed(trust_section(ours, 3))
    assert "Whom it excludes: 2 firms" in texts(section, "summary")
    excluded = next(section.iter("details"))
    assert texts(excluded, "li") == ["East & Sonseast", "east-chips"]


def test_services_are_listed_once_for_equal_horizons(ours: Answer) -> None:
    section = parsed(trust_section(ours, 3))
    block = list(section.iter("details"))[1]
    assert texts(block, "p") == [
        "At once: 1 service", "In time: 2 services",
        "In time, any maker allowed: the same services as in time",
    ]  # fmt: skip
    assert texts(block, "li") == ["cover7", "call40", "cover7"]


def test_reasons_lead_from_the_service_to_an_excluded_firm(ours: Answer) -> None:
    section = parsed(trust_section(ours, 3))
    assert texts(section, "h4") == ["At once", "In time", "In time, any maker allowed"]
    assert "Why cover is not trusted, step by step down:" in texts(section, "p")
    assert "Why call is not trusted, step by step down:" in texts(section, "p")
    now, *later = [texts(steps, "li") for steps in section.iter("ol")]
    assert now[0].startswith("town site: its need “radio”")
    assert now[-1].startswith("East & Sons firm: it makes the product; excluded by ours")
    assert all("excluded by ours" in steps[-1] for steps in later)
    reasons = ours.tables["reasons"]
    steps = reasons["step"][(reasons["kind"] == "exclusion") & (reasons["horizon"] == "now")]
    assert len(now) == steps.max()


def test_steps_say_what_they_rest_on_and_what_to_find_out(ours: Answer) -> None:
    reasons = {
        "kind": ["exclusion"] * 2, "id": ["ours"] * 2, "horizon": ["now"] * 2,
        "plane": ["trusted"] * 2, "lost": ["call"] * 2, "step": [1, 0],
        "thing_kind": ["firm", "service"], "thing": ["east", "call"], "why": ["gone", "lost"],
        "known": ["derived, synthetic", ""], "ask": ["who makes it", ""],
    }  # fmt: skip
    found = {name: np.array(values, dtype=object) for name, values in reasons.items()}
    section = parsed(trust_section(with_tables(ours, reasons=found), 3))
    assert texts(next(section.iter("ol")), "li") == [
        "East & Sons firm: goneRests on worked out from observed and made-up rows. To be sure: "
        "who makes it"
    ]


def test_losses_on_the_trusted_plane_are_those_of_reach(ours: Answer) -> None:
    """At once `call` and the hill are still trusted; the operator takes them."""
    section = parsed(trust_section(ours, 3))
    assert tables(section)[1] == [
        ["Without", "Services", "People", "Sites"],
        ["telco (firm)", "1", "40", "5"],
    ]
    assert "In time nothing that was taken away takes any of it." in texts(section, "p")


def test_an_authority_that_excludes_nobody_yet(answers: dict[str, Answer]) -> None:
    section = parsed(trust_section(answers["later"], 3))
    said = texts(section, "p")
    assert "None of its rows excludes anybody on the day asked for." in said
    assert "Nothing that works rests on anyone whom it excludes." in said
    assert "There is nothing to tell." in said
    assert not list(section.iter("ol"))


def test_nothing_trusted_is_left_to_lose(ours: Answer) -> None:
    columns = {
        name: values[ours.reach["plane"] == "works"] for name, values in ours.reach.columns.items()
    }
    answer = replace(ours, reach=replace(ours.reach, columns=columns))
    section = parsed(trust_section(answer, 3))
    assert "Nothing that was taken away takes any of what is trusted." in texts(section, "p")


def test_without_services_people_are_those_of_sites(tmp_path: Path) -> None:
    tables_left = {name: t for name, t in CASE.items() if name not in ("services", "needs")}
    answer = answer_of(
        network_of(tmp_path / "c", **tables_left), tmp_path / "run", by=["firm"], authority="ours"
    )
    section = parsed(trust_section(answer, 3))
    assert tables(section)[0][:2] == [
        ["When", "People", "Sites"],
        ["At once", "30 (75 %)", "15 (75 %)"],
    ]
    assert not any("Which services" in title for title in texts(section, "summary"))


def test_ten_losses_and_two_hundred_services_are_shown(ours: Answer) -> None:
    many = {
        "kind": np.array(["service"] * 230, dtype=object),
        "id": np.array([f"s{n:03d}" for n in range(230)], dtype=object),
        "horizon": np.array(["now"] * 230, dtype=object),
        "people": np.arange(230.0), "sites": np.zeros(230),
    }  # fmt: skip
    reach = {
        "kind": np.array(["firm"] * 12, dtype=object),
        "id": np.array([f"f{n:02d}" for n in range(12)], dtype=object),
        "horizon": np.array(["now"] * 12, dtype=object),
        "plane": np.array(["trusted"] * 12, dtype=object),
        "services_lost": np.ones(12, dtype=np.int64), "sites_lost": np.zeros(12),
        "people_lost": np.arange(12.0), "people_share": np.zeros(12),
    }  # fmt: skip
    answer = replace(with_tables(ours, untrusted=many), reach=replace(ours.reach, columns=reach))
    section = parsed(trust_section(answer, 3))
    assert "30 more in untrusted.parquet" in texts(section, "li")
    assert "s229229" in texts(section, "li")
    assert [row[0] for row in tables(section)[1][1:]] == [
        f"f{n:02d} (firm)" for n in range(11, 1, -1)
    ]
    assert "At once: the 10 largest losses of 12." in texts(section, "caption")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "</td>", "日本電気"])
def test_names_from_data_stay_text(ours: Answer, name: str) -> None:
    names = {("firm", "east"): name, ("service", "call"): name, ("firm", "telco"): name}
    excluded = {**ours.summary["excluded"], "authority": name}
    html = trust_section(
        replace(ours, names=names, summary={**ours.summary, "excluded": excluded}), 3
    )
    assert "<script>" not in html
    section = parsed(html)
    assert texts(section, "p")[0].startswith(f"The exclusions are those of {name}, chosen")
    assert f"Why {name} is not trusted, step by step down:" in texts(section, "p")
    assert f"{name}east" in texts(section, "li")
