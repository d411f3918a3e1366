"""`indranet exercise` as a user meets it."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.model.test_exercise import HEAD, SCRIPT
from tests.studies.test_exercise import BOTH, tables

from indranet.cli import run
from indranet.model.case import write_case


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
    late = "day 6: BBB signs spares, worth 11,000 people-days; on day 1 it would have been worth"
    assert late in said
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


def test_what_is_at_fault_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "did.csv").write_text(f"{HEAD}1,isle,pass,\n")
    asked = ["exercise", "case", "script.toml", "--answers"]
    assert run([*asked, "did.csv"]) == 1
    assert "did.csv:2 team 'isle' is no team; teams are island" in capsys.readouterr().err
    assert run([*asked, "did"]) == 2
    assert "no file of answers 'did'" in capsys.readouterr().err
    assert not (here / "runs").exists()
