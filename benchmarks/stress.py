"""Whole stress runs: other assumptions, the bound and the tables of the map included."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indranet.intake.firms import firms
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import Scenario, find_scenario
from indranet.studies.ensemble import local_executor
from indranet.studies.stress import stress

FIRMS = 100_000


def rows() -> list[dict[str, Any]]:
    """Measure the bundled case, once and in many draws, and a year of a made-up economy."""
    bundled = read("indo-pacific")
    closed, short = find_scenario("malacca-closed"), find_scenario("memory-shortage")
    with tempfile.TemporaryDirectory() as folder:
        firms(Path(folder) / "case", firms=FIRMS, seed=1)
        economy = read(Path(folder) / "case")
    halt = Scenario.model_validate(
        {
            "name": "half of a sector stands for a month",
            "days": 365,
            "event": (
                {"do": "halt", "what": "s07", "share": 0.5, "day": 10.0, "lasts_days": 30.0},
            ),
        }
    )
    return [
        _row(f"stress: bundled case, {closed.days} days", _median(lambda: stress(bundled, closed))),
        _row(
            f"stress: bundled case, {short.days} days, {short.draws} draws",
            _median(lambda: _drawn(bundled, short)),
        ),
        _row(f"stress: {FIRMS:,} firms, 365 days", _median(lambda: stress(economy, halt), 1)),
    ]


def _drawn(network: Network, scenario: Scenario) -> None:
    with local_executor(os.cpu_count()) as executor:
        stress(network, scenario, executor=executor)


def _median(work: Callable[[], Any], runs: int = 3) -> float:
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _row(work: str, seconds: float) -> dict[str, Any]:
    return {
        "work": work, "ours": seconds, "unit": "s", "target": "", "peer": "none",
        "peer_value": None, "ratio": None, "note": "with six to eight other assumptions",
    }  # fmt: skip


if __name__ == "__main__":
    for row in rows():
        print(row)
