"""`indranet diversify` as a user meets it, on a terminal, on a page and in a workbook."""

import json
from pathlib import Path

import pytest
from tests.runs.sections import parsed, tables, text
from tests.studies.test_diversify import SECOND, fuel

from indranet.cli import run
from indranet.runs.diversify_page import diversify_article, read_diversify
from indranet.runs.run import open_run

HOSTILE = "<b>&c</b>"
STOPS = """\
name = "the refinery stops"
days = 20
need_share = 0.4

[[event]]
do = "halt"
what = "a"
day = 0
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    fuel(tmp_path, [SECOND[0], {**SECOND[1], "measure": HOSTILE}])
    (tmp_path / "stops.toml").write_text(STOPS)
    return tmp_path


def test_the_answer_in_words_as_a_run_and_on_a_page(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diversify", "c", "stops.toml", "--budget", "10"]) == 0
    said = capsys.readouterr().out.replace("\u00a0", " ")
    assert "Buy first: b, for USD 3. 18,000 of 18,000 people-days are avoided." in said
    assert "  1. b: USD 3, alone it avoids 18,000, beside what else is bought 18,000" in said
    folder = here / "runs" / "diversify-1"
    assert {path.stem for path in folder.glob("*.parquet")} == {
        "portfolio", "frontier", "by_scenario", "left",
    }  # fmt: skip
    manifest = json.loads((folder / "run.json").read_text())
    assert manifest["inputs"] == ["c", "stops.toml", "--budget", "10", "--years", "5"]
    assert run(["check", "runs/diversify-1"]) == 0
    assert run(["report", "runs/diversify-1", "--xlsx"]) == 0
    page = (folder / "report.html").read_text()
    assert HOSTILE not in page
    assert (folder / "report.xlsx").stat().st_size > 5000
    body = parsed(diversify_article(read_diversify(open_run(folder)), "run1", 1))
    assert "Buy first: b, for USD 3." in text(body)
    bought, frontier, scenarios = tables(body)
    assert [row[:3] for row in bought[1:]] == [
        ["1", "b", "second source"], ["not bought", HOSTILE, "second source"],
    ]  # fmt: skip
    assert frontier[1:] == [
        ["0", "18,000", "18,000", "18,000", "nothing"], ["3", "0", "0", "0", "b"],
    ]  # fmt: skip
    assert scenarios[1:] == [["the refinery stops", "18,000", "0", "0"]]


def test_the_summary_alone_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diversify", "c", "stops.toml", "--budget", "2", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["measures"] == []
    assert summary["loss"]["without"] == pytest.approx(18_000)
    assert summary["cheapest"] == {"measure": "b", "cost_usd": 3.0}
    assert run(["diversify", "c", "--only", "AAA", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["only"]["countries"] == ["AAA"]
    # A run of that alone has a page too.
    assert run(["report", "runs/diversify-2"]) == 0
    assert "Alone AAA make " in (here / "runs" / "diversify-2" / "report.html").read_text()
    assert run(["diversify", "c", "stops.toml", "--budget", "9", "--count", "USD", "--json"]) == 0
    assert json.loads("{" + capsys.readouterr().out.partition("{")[2])["unit"] == "USD"
    assert here.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a scenario, or give --only"),
        (["stops.toml"], "give --budget"),
        (["stops.toml", "--budget", "5", "--count", "cows"], "people-days or USD can"),
        (["stops.toml", "--budget", "5", "--within", "-1"], "--within"),
        (["--only", ","], "names nothing"),
        (["--only", "XXX"], "no country 'XXX'"),
    ],
)
def test_wrong_use_is_told_and_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert run(["diversify", "c", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (here / "runs").exists()
