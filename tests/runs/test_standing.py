"""What is only proposed, or unverified, says so wherever a rule is named."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_plan import tables

from indranet.cli import run
from indranet.runs.run import open_run

RULES: Columns = {
    "rule": ["told", "heard", "drafted", "both"],
    "from": ["2020-01-01"] * 4, "metric": ["count"] * 4, "limit": [0] * 4,
    "status": ["", "", "proposed", "proposed"],
    "source": ["a law", "hearsay, unverified", "a bill", "a bill; unverified"],
}  # fmt: skip
STANDING = {"heard": "unverified", "drafted": "proposed", "both": "proposed, unverified"}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standing") / "case"
    network_of(folder, **tables(rules=RULES))
    return folder


def words_of(book: Path) -> str:
    with zipfile.ZipFile(book) as archive:
        return "".join(archive.read(n).decode() for n in archive.namelist() if n.endswith(".xml"))


def test_exposure_says_so_on_terminal_page_workbook_and_in_json(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    asked = ["exposure", str(case), "--authority", "list", "--by", "firm", "--out", str(out)]
    assert run(asked) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "broken: told (count <= 0): telco 3" in lines
    assert "broken: heard (count <= 0; unverified): telco 3" in lines
    assert "would break: drafted (count <= 0; proposed): telco 3" in lines
    assert "would break: both (count <= 0; proposed, unverified): telco 3" in lines
    told = open_run(out).manifest["summary"]["rules"]
    assert told["standing"] == STANDING
    assert told["broken"] == told["proposed"]["broken"] == 2
    page = tmp_path / "page.html"
    assert run(["report", str(out), "--out", str(page), "--xlsx", "--quiet"]) == 0
    text, sheets = page.read_text(), words_of(page.with_suffix(".xlsx"))
    assert "Rules that are only proposed" in text
    assert ">told<" in text
    for name, standing in STANDING.items():
        assert f"{name} ({standing})" in text
        assert f">{standing}<" in sheets


def test_a_plan_says_so_as_well(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = tmp_path / "goal.toml"
    goal.write_text(
        'name = "g"\noperator = "telco"\nperiods = 4\n[replace]\nauthority = "list"\n'
        "[uncertainty]\ndraws = 5\n"
    )
    out = tmp_path / "run"
    assert run(["plan", str(case), str(goal), "--seconds", "2", "--out", str(out)]) == 0
    lines = capsys.readouterr().out
    summary = json.loads((out / "run.json").read_text())["summary"]
    assert {one["rule"]: one["standing"] for one in summary["dates"]} == {"told": "", **STANDING}
    page = tmp_path / "page.html"
    assert run(["report", str(out), "--out", str(page), "--xlsx", "--quiet"]) == 0
    text, sheets = page.read_text(), words_of(page.with_suffix(".xlsx"))
    for name, standing in STANDING.items():
        assert f"{name} (telco; {standing}) by" in lines
        assert text.count(f"{name} ({standing})") >= 2
        assert f">{standing}<" in sheets


def test_what_is_broken_as_planned_says_so(tmp_path: Path) -> None:
    """A rule that wants more vendors than come is broken at the end, and only proposed."""
    rules: Columns = {
        "rule": ["three"], "from": ["2020-01-01"], "metric": ["vendors"], "who": ["all"],
        "comparison": [">="], "limit": [3], "status": ["proposed"],
    }  # fmt: skip
    network_of(tmp_path / "case", **tables(rules=rules))
    goal = tmp_path / "goal.toml"
    goal.write_text('name = "g"\noperator = "telco"\nperiods = 4\n[replace]\nauthority = "list"\n')
    out = tmp_path / "run"
    asked = ["plan", str(tmp_path / "case"), str(goal), "--seconds", "1", "--out", str(out)]
    assert run([*asked, "--quiet"]) == 0
    summary = json.loads((out / "run.json").read_text())["summary"]
    assert summary["broken_as_planned"] == ["three (telco; proposed): 1 against 3"]
