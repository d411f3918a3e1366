"""`indranet exercise` as a user meets it."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.studies.test_exercise import BOTH, tables

from indranet.cli import run
from indranet.model.case import write_case

SCRIPT = """\
name = "an island"
days = 21
not_in_force = ["ships", "spares"]

[[team]]
country = "ISL"
name = "island"
budget_usd = 100
measures = ["cable-2"]
agreements = ["ships", "spares"]

[[team]]
country = "BBB"
agreements = ["spares"]

[[team]]
country = "CCC"
agreements = ["ships"]

[[measure]]
measure = "cable-2"
kind = "link"
thing = "second"
cost_usd = 80
lead_days = 2.5

[[inject]]
day = 1
words = "The cable is cut."

[[inject.event]]
do = "cut"
what = "cable"

[inject.event.repair]
spare = "rope"
quantity = 5
level = "major"
work_days = 4
by = "land"

[[inject]]
day = 6
words = "Still nothing."
"""
HEAD = "day,team,do,what\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_case(tmp_path / "case", "isle", date(2026, 1, 1), "", tables())
    (tmp_path / "script.toml").write_text(SCRIPT)
    (tmp_path / "did.csv").write_text(HEAD + "".join(f"{','.join(map(str, r))}\n" for r in BOTH))
    return tmp_path


def test_the_score_in_words_and_as_a_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exercise", "case", "script.toml", "--answers", "did.csv"]) == 0
    said = capsys.readouterr().out.replace("\u00a0", " ")
    assert (
        "Lost 9,000 people-days; nobody doing anything 20,000 people-days, with hindsight" in said
    )
    assert "saved 65 % of what could be saved" in said
    assert (
        "day 6: BBB signs spares: 11,000 people-days; on day 1 it would have been worth 16,000"
        in said
    )
    assert "Hindsight: island buys cable-2 (every set of choices" in said
    folder = here / "runs" / "exercise-1"
    assert {path.stem for path in folder.glob("*.parquet")} == {
        "turns", "told", "days", "decisions", "scores",
    }  # fmt: skip
    assert run(["check", "runs/exercise-1"]) == 0
    assert run(["report", "runs/exercise-1", "--xlsx"]) == 0
    assert (folder / "report.xlsx").exists()
    page = (folder / "report.html").read_text()
    assert "What each decision was worth" in page
    assert 'class="hindsight"' in page


def test_same_answers_same_bytes(here: Path) -> None:
    for name in ("one", "two"):
        assert run(["exercise", "case", "script.toml", "--answers", "did.csv", "--out", name,
                    "--quiet"]) == 0  # fmt: skip
    for path in (here / "one").glob("*.parquet"):
        assert path.read_bytes() == (here / "two" / path.name).read_bytes()
    one, two = (json.loads((here / name / "run.json").read_text()) for name in ("one", "two"))
    assert one["summary"] == two["summary"]


def test_nobody_does_anything_without_answers(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert run(["exercise", "case", "script.toml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lost"]["people-days"]["played"] == 20000
    assert found["decisions"] == []
    assert here.exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,isle,pass,", "did.csv:2 team 'isle' is no team; teams are island, BBB, CCC"),
        ("2,island,pass,", "day '2' is no day of an inject; the teams decide on days 1, 6"),
        ("1,BBB,buy,cable-2", "what 'cable-2' is not among the measures of team 'BBB'; it has no"),
        ("1,island,buy,cable", "of team 'island'; did you mean 'cable-2'?"),
        ("1,island,sign,fund", "what 'fund' is not among the agreements of team 'island'"),
        ("1,island,withhold,ships", "what 'ships' is not signed by the team; leave the answer out"),
        ("1,island,pass,ships", "what 'ships' is named, and passing does nothing; empty it"),
        ("1,island,sell,ships", "did.csv:2 do 'sell' does not fit; input should be 'buy'"),
        ("one,island,pass,", "did.csv:2 day 'one' does not fit; input should be a valid integer"),
        ("1,island,buy,cable-2\n6,island,buy,cable-2", "did.csv:3 what 'cable-2' was bought by"),
        ("1,island,sign,ships\n1,island,sign,ships", "did.csv:3 what 'ships' is signed by the"),
    ],
)
def test_a_wrong_answer(
    here: Path, row: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "did.csv").write_text(f"{HEAD}{row}\n")
    assert run(["exercise", "case", "script.toml", "--answers", "did.csv"]) == 1
    assert said in capsys.readouterr().err
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('do = "cut"\nwhat = "cable"', 'do = "cut"\nwhat = "cabel"',
         "script.toml:33 inject 1, event 1: what 'cabel' is not in the case"),
        ("day = 6", "day = 1", "script.toml:43 inject 2: day '1' does not come after day 1"),
        ("day = 6", "day = 21", "inject 2: day '21' is not among the 21 days"),
        ('do = "cut"', 'do = "cut"\nday = 0', "inject 1, event 1: day '0' is before the inject's"),
        ('country = "BBB"', 'country = "BBC"', "script.toml:13 team 2: country 'BBC' is not in"),
        ('country = "BBB"', 'country = "BBB"\nname = "island"', "name 'island' is another team's"),
        ('measures = ["cable-2"]', 'measures = ["cable2"]', "did you mean 'cable-2'?"),
        ('agreements = ["spares"]', 'agreements = ["ships"]', "'ships' does not bind the team's"),
        ('agreements = ["spares"]', "", "team 2: agreements 'spares' binds this team too"),
        ('not_in_force = ["ships"', 'not_in_force = ["shops"', "not_in_force 'shops' is not in"),
        ('thing = "second"', 'thing = "secnd"', "measure 1: thing 'secnd' is no one thing of the"),
        ('thing = "second"', 'thing = "rope"', "is nothing that a link acts on; name a lane or"),
        ('kind = "link"', 'kind = "lnk"', "script.toml:22 measure.kind 'lnk' is not a choice"),
        ('words = "Still nothing."', "", "inject.words is missing; add it"),
        ('what = "cable"', 'what = "cable"\nwat = 1', "did you mean 'what'?"),
        ("days = 21", "days = 0", "script.toml:2 days '0' does not fit"),
    ],
)  # fmt: skip
def test_a_script_at_fault(
    here: Path, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in SCRIPT
    (here / "script.toml").write_text(SCRIPT.replace(old, new, 1))
    assert run(["exercise", "case", "script.toml"]) == 1
    assert said in capsys.readouterr().err
