"""Rules in the report and on the terminal: what is broken, what is not known, and what to ask."""

from pathlib import Path
from typing import Any

import pytest
from tests.made_up import Columns, network_of
from tests.runs.sections import answer_of, parsed, tables, texts

from indranet.model.network import Network
from indranet.runs.exposure_page import exposure_article
from indranet.runs.findings import Answer
from indranet.runs.rules_section import rules_section
from indranet.runs.run import open_run
from indranet.runs.terminal import answer_lines

# `one` has radios of `east`, whom `ours` excludes, at 3 of 10 real sites; at 2 of the 10 sites of
# `two` the maker is not known.
CASE: dict[str, Columns] = {
    "countries": {"country": ["AAA"], "name": ["Aland"]},
    "firms": {
        "firm": ["one", "two", "north", "east"], "name": ["Operator <One>", "", "", ""],
        "country": ["AAA"] * 4,
    },
    "products": {"product": ["radio-n", "radio-e", "radio-x"], "firm": ["north", "east", ""]},
    "sites": {
        "site": ["a", "b", "c", "d"], "operator": ["one", "one", "two", "two"],
        "country": ["AAA"] * 4, "people": [1] * 4, "stands_for": [3, 7, 8, 2],
    },
    "equipment": {
        "site": ["a", "b", "c", "d"], "function": ["RU"] * 4,
        "product": ["radio-e", "radio-n", "radio-n", "radio-x"],
    },
    "exclusions": {"authority": ["ours"], "firm": ["east"]},
    "rules": {
        "rule": ["cap", "none-left"], "from": ["2020-01-01", "2030-01-01"],
        "metric": ["share", "count"], "limit": [0.1, 0], "source": ["a law", "a plan"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "case", **CASE)


@pytest.fixture(scope="module")
def answers(network: Network, tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Answer]:
    folder = tmp_path_factory.mktemp("runs")
    return {
        authority: answer_of(network, folder / f"{authority}", by=["firm"], authority=authority)
        for authority in ("ours", None)
    }


def test_exposure_fills_both_tables_and_counts(answers: dict[Any, Answer]) -> None:
    ours = answers["ours"]
    assert ours.tables["rules"]["holds"].tolist() == ["false", "unknown", "false", "unknown"]
    assert ours.tables["rule_questions"]["question"].tolist() == ["Which firm makes radio-x?"] * 2
    to_come = {"holds": 0, "broken": 1, "unknown": 1}
    assert ours.summary["rules"] == {
        "holds": 0, "broken": 1, "unknown": 1, "to_come": to_come, "standing": {},
        "proposed": {"holds": 0, "broken": 0, "unknown": 0},
    }  # fmt: skip
    assert answers[None].summary["rules"]["unknown"] == 2


def test_the_section_says_what_is_broken_on_what_evidence(answers: dict[Any, Answer]) -> None:
    section = parsed(rules_section(answers["ours"], 3))
    assert texts(section, "h3") == [
        "Rules in force", "Rules still to come", "What would settle what is not known",
    ]  # fmt: skip
    broken, unknown, coming, _, questions = tables(section)
    assert broken[1:] == [
        [
            "cap", "2020-01-01", "Operator <One>, Aland",
            "share by sites of firms that ours excludes <= 0.1 per operator", "30 %", "<= 10 %",
            "\u221220 %", "a/RU/radio-e", "a law",
        ]
    ]  # fmt: skip
    assert unknown[1][4:8] == ["0 % to 20 %", "<= 10 %", "\u2013", "not known: d/RU/radio-x"]
    assert coming[1][0] == "none-left"
    assert questions[1][0] == "Which firm makes radio-x?"
    assert "0 hold, 1 are broken, and of 1 it is not known" in texts(section, "p")[0]
    assert "Of 2 still to come, 0 would hold today" in texts(section, "p")[0]


def test_the_section_rates_nobody(answers: dict[Any, Answer]) -> None:
    for answer in answers.values():
        words = " ".join(parsed(rules_section(answer, 3)).itertext()).lower()
        assert "rates no vendor and no country" in words
        assert not {"safe", "unsafe", "risky", "trustworthy"} & set(words.split())
    assert "as ours says, who was named by whoever asked" in rules_section(answers["ours"], 3)
    assert "No authority was named" in rules_section(answers[None], 3)


def test_a_case_without_rules_has_no_section(tmp_path: Path) -> None:
    plain = {name: columns for name, columns in CASE.items() if name != "rules"}
    answer = answer_of(network_of(tmp_path / "case", **plain), tmp_path / "run", by=["firm"])
    assert "rules" not in answer.tables
    assert "rules" not in answer.summary
    assert ">Rules<" not in exposure_article(answer, "r1", 2)


def test_the_report_has_the_section(answers: dict[Any, Answer]) -> None:
    assert ">Rules<" in exposure_article(answers["ours"], "r1", 2)


def test_the_terminal_tells_each_broken_rule(
    answers: dict[Any, Answer], network: Network, tmp_path: Path
) -> None:
    answer_of(network, tmp_path / "run", by=["firm"], authority="ours")
    lines = answer_lines(open_run(tmp_path / "run"))
    counts = "Rules: 0 hold, 1 broken, 1 not known, counted once for each whom they bind"
    told = [line.replace("\xa0", " ") for line in lines[lines.index(counts) + 1 :]]
    assert told == [
        "  broken: cap (share <= 10 %): Operator <One> 30 %", "  to find out first:",
        "    Which firm makes radio-x?",
    ]  # fmt: skip
