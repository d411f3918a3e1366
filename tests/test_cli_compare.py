"""Two runs, or two cases, side by side, as a user meets them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.runs.sections import parsed, tables, text
from tests.studies.test_diversify import SECOND, fuel

from indranet.cli import run
from indranet.model.case import read
from indranet.runs.compare import compare_cases, compare_runs
from indranet.runs.compare_page import compare_article, read_comparison
from indranet.runs.run import Run, open_run, write_run

HOSTILE = "<i>&d</i>"
STOPS = """\
name = "the refinery stops"
days = 20
draws = {draws}
seed = {seed}

[[event]]
do = "halt"
what = "a"
day = 0
lasts_days = {{ law = "uniform", low = {low}, high = {high} }}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    fuel(tmp_path, SECOND)
    return tmp_path


def stressed(out: str, case: str = "c", **asked: Any) -> Run:
    told = {"draws": 6, "seed": 1, "low": 0, "high": 10, **asked}
    Path(f"{out}.toml").write_text(STOPS.format(**told))
    assert run(["stress", case, f"{out}.toml", "--out", out, "--workers", "1", "--quiet"]) == 0
    return open_run(Path(out))


def by_draw(one: Run) -> Any:
    totals = one.table("totals")
    mine = totals["measure"] == "people_served"
    return np.bincount(totals["draw"][mine], weights=totals["value"][mine])


def test_the_same_asked_again_differs_in_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stressed("one")
    stressed("two")
    assert run(["compare", "one", "two"]) == 0
    said = capsys.readouterr().out
    assert "asked: c one.toml" in said  # the file is called otherwise
    assert "Nothing differs." in said
    assert (
        json.loads((here / "runs" / "compare-1" / "run.json").read_text())["command"] == "compare"
    )
    assert run(["check", "runs/compare-1"]) == 0


def test_draws_are_held_against_draws_where_they_are_the_same(here: Path) -> None:
    """Stops twice as long: each draw against itself, with the interval of the mean difference."""
    one, two = stressed("one"), stressed("two", high=20)
    changes, summary = compare_runs(one, two)
    rows = changes["changes"]
    mine = np.flatnonzero((rows["table"] == "totals") & (rows["key"] == "people_served"))
    differs = by_draw(two) - by_draw(one)
    half = 2.570582 * differs.std(ddof=1) / np.sqrt(6)
    found = [float(rows[name][mine[0]]) for name in ("difference", "low", "high")]
    assert found == pytest.approx(
        [differs.mean(), differs.mean() - half, differs.mean() + half], rel=1e-6
    )
    assert differs.mean() < 0
    assert summary["changed"]["totals"] >= 1
    # Of other draws only the means are held against each other (Welch).
    other = stressed("three", seed=2)
    rows = compare_runs(one, other)[0]["changes"]
    mine = np.flatnonzero((rows["table"] == "totals") & (rows["key"] == "people_served"))
    a, b = by_draw(one), by_draw(other)
    spread = np.sqrt(a.var(ddof=1) / 6 + b.var(ddof=1) / 6)
    width = float(rows["high"][mine[0]] - rows["low"][mine[0]]) / 2
    assert 2.2 * spread < width < 2.6 * spread
    assert here.exists()


def test_two_cases_differ_row_by_row(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = [{**SECOND[0], "cost_usd": 4}, {**SECOND[1], "measure": HOSTILE}]
    fuel(here / "other", more, services={"service": ["light"], "country": ["AAA"],
                                         "people": [1200]})  # fmt: skip
    _, summary = compare_cases(read(here / "c"), read(here / "other" / "c"))
    assert summary["changed"] == {"services": 1, "measures": 3}
    told = {(row["table"], row["key"], row["column"]): row for row in summary["first"]}
    people = told["services", "light", "people"]
    assert (people["one"], people["other"], people["difference"]) == ("1000", "1200", 200)
    assert told["measures", "c", ""]["other"] == "not there"
    assert told["measures", HOSTILE, ""]["other"] == "there"
    assert told["measures", "b", "cost_usd"]["difference"] == 1
    assert run(["compare", "c", "other/c"]) == 0
    said = capsys.readouterr().out.replace("\u00a0", " ")
    assert "services: light, people: 1000 → 1200 (+200)" in said
    assert run(["report", "runs/compare-1", "--xlsx"]) == 0
    page = (here / "runs" / "compare-1" / "report.html").read_text()
    assert HOSTILE not in page
    body = parsed(compare_article(read_comparison(open_run(Path("runs/compare-1"))), "run1", 1))
    assert "What differs: services 1 change, measures 3 changes." in text(body)
    assert ["light", "people", "1000", "1200", "200", "", ""] in tables(body)[0]


def test_each_command_is_compared_by_what_names_its_rows(here: Path) -> None:
    assert run(["exposure", "c", "--out", "a", "--quiet"]) == 0
    network = read(here / "c")
    lost = open_run(Path("a")).table("reach")
    more = {**lost, "people_lost": lost["people_lost"] + (lost["id"] == "a")}
    shuffled = {name: values[::-1] for name, values in more.items()}
    whole = {name: open_run(Path("a")).table(name) for name in open_run(Path("a")).tables}
    write_run(
        here / "b", "exposure", network, {**whole, "reach": shuffled},
        open_run(Path("a")).manifest["summary"], inputs=["c"], seconds=1.0,
    )  # fmt: skip
    rows = compare_runs(open_run(Path("a")), open_run(Path("b")))[0]["changes"]
    assert set(rows["table"]) == {"reach"}
    assert all(key.startswith("plant / a / ") for key in rows["key"])
    assert set(rows["difference"]) == {1.0}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["one", "c"], 2, "compare two runs, or two cases"),
        (["one", "exposed"], 2, "only runs of one command"),
        (["c", "nowhere"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_told(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    stressed("one", draws=1)
    assert run(["exposure", "c", "--out", "exposed", "--quiet"]) == 0
    assert run(["compare", *arguments]) == code
    assert told in capsys.readouterr().err
    assert not (here / "runs").exists()
