"""Made-up cases: how long they take to draw and write, and how much memory."""

import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indranet.intake.firms import firms
from indranet.intake.generate import country

SITES = 1_000_000
FIRMS = 1_000_000
RUNS = 3


def rows(sites: int = SITES, firms: int = FIRMS) -> list[dict[str, Any]]:
    """Measure a national case and a network of firms, each run in a process of its own."""
    found = []
    for work, count, target in ((_country, sites, "60 s"), (_firms, firms, "30 s")):
        measured = [_alone(work, count) for _ in range(RUNS)]
        what = measured[0][2]
        common = {"peer": "none", "peer_value": None, "ratio": None}
        found += [
            {
                "work": what,
                "ours": statistics.median(run[0] for run in measured),
                "unit": "s",
                "target": target,
                "note": "drawn and written as CSV",
                **common,
            },
            {
                "work": f"{what}, peak memory",
                "ours": max(run[1] for run in measured),
                "unit": "GB",
                "target": "4 GB",
                "note": "largest resident set",
                **common,
            },
        ]
    return found


def _alone(work: Callable[[Path, int], str], count: int) -> tuple[float, float, str]:
    """Return seconds, peak memory in GB and what was made."""
    # Spawned, so that the peak of memory is that of this work alone.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, count))


def _measured(work: Callable[[Path, int], str], count: int) -> tuple[float, float, str]:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        table = work(Path(folder) / "case", count)
        seconds = time.perf_counter() - begun
        with (Path(folder) / "case" / table).open("rb") as file:
            made = sum(1 for _ in file) - 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, peak, _NAMES[table].format(count / 1e6, made / 1e6)


_NAMES = {
    "equipment.csv": "generate country: {:g}M sites, {:.2g}M equipment rows",
    "supplies.csv": "generate firms: {:g}M firms, {:.2g}M links",
}


def _country(case: Path, count: int) -> str:
    country(case, sites=count, seed=1)
    return "equipment.csv"


def _firms(case: Path, count: int) -> str:
    firms(case, firms=count, seed=1)
    return "supplies.csv"


if __name__ == "__main__":
    for row in rows():
        print(row)
