"""An exercise told: on the terminal as it goes on, and in its debrief."""

from pathlib import Path

import pytest
from tests.made_up import network_of
from tests.runs.sections import parsed, tables, text
from tests.studies.test_exercise import BOTH, SCRIPT, answers, script
from tests.studies.test_exercise import tables as island

from indranet.cli.exercising import ask_teams
from indranet.runs.exercise_page import exercise_article, read_exercise
from indranet.runs.exercise_terminal import exercise_lines
from indranet.runs.run import Run, open_run, write_run
from indranet.studies.exercise import exercise

HOSTILE = "<b>News & more</b>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    network = network_of(folder / "case", **island())
    injects = [{**SCRIPT["inject"][0], "words": HOSTILE}, SCRIPT["inject"][1]]
    found = exercise(network, script(inject=injects), answers(*BOTH))
    write_run(
        folder / "run", "exercise", network, found.tables, found.summary, inputs=[], seconds=1.0
    )
    return open_run(folder / "run")


def test_the_debrief_tells_what_the_tables_hold(run: Run) -> None:
    page = exercise_article(read_exercise(run), "run1", 1)
    assert HOSTILE not in page
    body = parsed(page)
    said = text(body)
    assert "nobody doing anything 20,000 people-days, with hindsight 3,000" in said
    assert f"Day 1. {HOSTILE}" in said
    held = tables(body)
    first = next(rows for rows in held if rows[0] == ["Team", "Does", "What", "USD"])
    assert first[1:] == [
        ["island", "signs", "ships", ""], ["BBB", "passes", "", ""], ["CCC", "signs", "ships", ""],
    ]  # fmt: skip
    worth = next(rows for rows in held if rows[0][0] == "Decision")
    assert ["island signs spares", "6", "11,000 people-days",
            "on day 1 it would have been worth 16,000 people-days"] in worth  # fmt: skip
    assert held[-1][1] == ["island", "9,000", "20,000", "3,000", "11,000", "0", "100"]
    assert held[-1][-1][0] == "All countries"
    # The island alone has users: one chart of all, and one of it.
    assert len(list(body.iter("figure"))) == 2


def test_lines_for_a_terminal(run: Run) -> None:
    lines = exercise_lines(run)
    assert lines[0] == "an island: 3 teams, 2 turns in 21 days"
    late = lines[lines.index("What came late:") + 1]
    assert late.startswith("  day 6: BBB signs spares, worth 11,000")


def test_teams_are_asked_until_they_do_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = network_of(tmp_path / "case", **island())
    # Of the island: the cable, then nothing; nothing of all others.
    given = iter([1, 0])
    asked: list[str] = []

    def ask(words: str, most: int) -> int:
        asked.append(words)
        return min(next(given, 0), most)

    found = exercise(network, script(), deciding=lambda turn: ask_teams(turn, ask))
    assert found.summary["lost"]["people-days"]["played"] == 3000
    said = capsys.readouterr().out
    assert "Day 1. The cable is cut." in said
    assert "1  buy cable-2 (link for second, 1 link): USD 80, acts from day 4" in said
    assert "  noted: 1,island,buy,cable-2" in said
    assert "2  sign ships; still to sign: island, CCC" in said
    assert "by the end, if nothing is done: 20,000, abroad 0" in said
    assert len(asked) == 2 + 2 + 3
    # What is bought is offered to nobody again.
    assert said.count("buy cable-2") == 1
