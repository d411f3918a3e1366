"""`indranet partners` as a user meets it."""

import json
from datetime import date
from pathlib import Path

import pytest
from tests.studies.test_partners import DAYS, island

from indranet.cli import run
from indranet.model.case import write_case

CUT = f"""\
name = "the cable is cut"
days = {DAYS}

[[event]]
do = "cut"
what = "cable"
day = 1

[event.repair]
spare = "rope"
quantity = 5
level = "major"
work_days = 4
by = "land"
"""
GOAL = """\
name = "one goes"
operator = "cableco"

[replace]
firms = ["nobody"]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_case(tmp_path / "case", "isle", date(2026, 1, 1), "", island())
    (tmp_path / "cut.toml").write_text(CUT)
    (tmp_path / "goal.toml").write_text(GOAL)
    return tmp_path


def test_the_answer_in_words_and_as_a_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["partners", "case", "cut.toml"]) == 0
    said = capsys.readouterr().out.replace("\u00a0", " ")
    assert "fund is worth 14,700 people-days in this scenario" in said
    assert "Not valued, as they act on nothing here:\n  talks: no row hangs on it" in said
    assert "runs/partners-1" in said
    folder = here / "runs" / "partners-1"
    assert {path.stem for path in folder.glob("*.parquet")} == {
        "values", "countries", "matrix", "clauses",
    }  # fmt: skip
    manifest = json.loads((folder / "run.json").read_text())
    assert (manifest["command"], manifest["inputs"]) == ("partners", ["case", "cut.toml"])
    assert run(["check", "runs/partners-1"]) == 0
    assert run(["report", "runs/partners-1", "--xlsx"]) == 0
    assert (folder / "report.xlsx").exists()
    assert "Which clause makes the difference" in (folder / "report.html").read_text()


def test_the_summary_alone_of_some(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["partners", "case", "cut.toml", "--json", "--agreements", "ships,spares"]
    assert run(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["agreement"] for row in found["agreements"]][:2] == ["ships", "spares"]
    # The second cable stays, and carries all that they would save.
    assert found["together"]["people-days"]["worth"] == 0
    assert found["always"] == ["fund", "talks"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["cut.toml", "--agreements", "shops"], 2, "no agreement 'shops' in the case, which has"),
        (["cut.toml", "--agreements", ","], 2, "--agreements ',' names nothing"),
        (["cut.toml", "--seconds", "5"], 2, "--seconds and --gap are of plans"),
        (["goal.toml", "--draws", "5"], 2, "--draws and --workers are of scenarios"),
        (["goal.toml"], 2, "nobody"),
        (["malaca-closed"], 2, "did you mean malacca-closed?"),
        (["bsnl-two-vendor"], 2, "did you mean bsnl-two-vendors?"),
        (["gone.toml"], 1, "gone.toml"),
    ],
)
def test_what_cannot_be_asked(
    here: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["partners", "case", *words]) == code
    assert said in capsys.readouterr().err
    assert not (here / "runs").exists()
