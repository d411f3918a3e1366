"""`indranet stress` as a user meets it: what it prints and writes, by whom it is computed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.clusters import two_workers, wait_until
from tests.made_up import network_of

from indranet.cli import run
from indranet.model.scenario import bundled_scenarios

MINE = """\
name = "the first of a chain stands"
days = 60
draws = 24

[[event]]
do = "halt"
what = "p1"
day = 2
lasts_days = { law = "lognormal", median = 10, sigma = 0.5 }
"""
LONG = MINE.replace("days = 60", "days = 1500").replace("draws = 24", "draws = 80")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chain of three plants with an operator at its end, and a scenario."""
    monkeypatch.chdir(tmp_path)
    network_of(
        tmp_path / "case",
        firms={"firm": ["telco"]},
        products={"product": ["a", "b", "c"], "unit_cost_usd": [1.0, 2.0, 5.0]},
        components={"product": ["b", "c"], "component": ["a", "b"]},
        plants={"plant": ["p1", "p2", "p3"], "product": ["a", "b", "c"]},
        supplies={
            "supplier": ["p1", "p2", "p3"], "customer": ["p2", "p3", "telco"],
            "quantity_per_day": [10, 10, 10], "stock_days": [5, 5, 5],
        },
    )  # fmt: skip
    (tmp_path / "mine.toml").write_text(MINE)
    (tmp_path / "long.toml").write_text(LONG)
    return tmp_path


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_the_answer_in_words_and_as_a_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stress", "case", "mine.toml", "--detail"]) == 0
    said = capsys.readouterr()
    assert "the first of a chain stands: 60 days, 24 draws" in said.out
    assert "day 12: b at p3 (halt p1, through p2)" in said.out
    assert "runs/stress-1" in said.out
    manifest = json.loads((here / "runs" / "stress-1" / "run.json").read_text())
    assert manifest["command"] == "stress"
    assert manifest["inputs"] == ["case", "mine.toml", "--draws", "24", "--seed", "0", "--detail"]
    assert set(tables(here / "runs" / "stress-1")) >= {
        f"{name}.parquet"
        for name in (
            "totals", "quantiles", "services", "outages", "stockouts", "sensitivity", "bounds",
            "production",
        )
    }  # fmt: skip
    assert run(["check", "runs/stress-1"]) == 0
    # Draws are kept only until the run is whole.
    assert [path.name for path in (here / "runs").iterdir()] == ["stress-1"]


def test_the_summary_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stress", "case", "mine.toml", "--json", "--seed", "5", "--draws", "3"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["seed"], summary["draws"], summary["days"]) == (5, 3, 60)
    assert summary["measures"]["production"]["usual"] == pytest.approx(10 + 20 + 50)


@pytest.mark.parametrize(
    ("scenario", "code", "told"),
    [
        ("malacca-closd", 2, "did you mean malacca-closed?"),
        ("nothing-like-it", 2, "bundled are "),
        ("absent.toml", 1, "absent.toml does not exist"),
        ("broken.toml", 1, "broken.toml:7 event 1: what 'p11' is not in the case; did you mean"),
    ],
)
def test_scenarios_that_cannot_be_run(
    here: Path, capsys: pytest.CaptureFixture[str], scenario: str, code: int, told: str
) -> None:
    (here / "broken.toml").write_text(MINE.replace("p1", "p11"))
    assert run(["stress", "case", scenario]) == code
    assert told in capsys.readouterr().err
    assert not (here / "runs").exists() or not list((here / "runs").iterdir())


def test_a_bundled_scenario_by_its_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = sorted(bundled_scenarios())[0]
    # Its case is another: what it names is not in this one, and is told with the line.
    assert run(["stress", "case", name]) == 1
    assert f"{name}.toml:" in capsys.readouterr().err


def test_options_that_exclude_each_other(here: Path) -> None:
    assert run(["stress", "case", "mine.toml", "--workers", "2", "--cluster", "tcp://a:1"]) == 2
    assert run(["stress", "case", "mine.toml", "--cluster", "nowhere"]) == 2


def test_any_number_of_workers_gives_the_same_bytes(here: Path) -> None:
    for workers in ("1", "2"):
        assert run(["stress", "case", "mine.toml", "--workers", workers, "--out", workers]) == 0
    assert tables(here / "1") == tables(here / "2")
    assert run(["stress", "case", "mine.toml", "--seed", "1", "--out", "3"]) == 0
    assert tables(here / "3")["totals.parquet"] != tables(here / "1")["totals.parquet"]


def test_a_killed_run_is_taken_up_again(here: Path) -> None:
    """Killed half-way nothing of the run is there but finished draws; again, it is as in one go."""
    command = [sys.executable, "-m", "indranet", "stress", "case", "long.toml", "--out", "a"]
    kept = here / ".a.draws"
    process = subprocess.Popen([*command, "--workers", "2"], cwd=here, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(list(kept.glob("draw-*"))) >= 8)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {path.name: path.stat().st_mtime_ns for path in kept.glob("draw-*")}
    assert 8 <= len(done) < 80
    assert not (here / "a").exists()

    again = subprocess.Popen([*command, "--workers", "2"], cwd=here, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(list(kept.glob("draw-*"))) > len(done))
    now = {path.name: path.stat().st_mtime_ns for path in kept.glob("draw-*")}
    again.wait()
    # What was done is not done again.
    assert {name: now[name] for name in done if name in now} == done
    assert again.returncode == 0
    assert not kept.exists()
    assert run(["stress", "case", "long.toml", "--out", "b", "--workers", "1", "--quiet"]) == 0
    assert tables(here / "a") == tables(here / "b")


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(here: Path) -> None:
    assert run(["stress", "case", "long.toml", "--out", "alone", "--quiet"]) == 0
    with two_workers(here / "cluster") as cluster:
        assert run(["stress", "case", "mine.toml", "--cluster", cluster.address, "--out", "m"]) == 0
        command = [
            sys.executable, "-m", "indranet", "stress", "case", "long.toml", "--cluster",
            cluster.address, "--out", "far",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=here, stderr=subprocess.DEVNULL)
        kept = here / ".far.draws"
        wait_until(lambda: len(list(kept.glob("draw-*"))) >= 8)
        cluster.kill(cluster.workers[0])
        assert len(list(kept.glob("draw-*"))) < 80
        assert process.wait() == 0
    assert tables(here / "far") == tables(here / "alone")
    assert run(["stress", "case", "mine.toml", "--out", "n", "--quiet"]) == 0
    assert tables(here / "m") == tables(here / "n")
