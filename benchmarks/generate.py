"""A made-up national case: how long it takes to draw and write, and how much memory."""

import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from indranet.intake.generate import country

SITES = 1_000_000
RUNS = 3


def rows(sites: int = SITES) -> list[dict[str, Any]]:
    """Measure a national case, each run in a process of its own."""
    # Spawned, so that the peak of memory is that of this work alone.
    context = multiprocessing.get_context("spawn")
    measured = []
    for _ in range(RUNS):
        with context.Pool(1) as pool:
            measured.append(pool.apply(_generated, (sites,)))
    equipment = measured[0][2]
    common = {"peer": "none", "peer_value": None, "ratio": None}
    what = f"generate country: {sites / 1e6:g}M sites, {equipment / 1e6:.2g}M equipment rows"
    return [
        {
            "work": what,
            "ours": statistics.median(run[0] for run in measured),
            "unit": "s",
            "target": "60 s",
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


def _generated(sites: int) -> tuple[float, float, int]:
    """Return seconds, peak memory in GB and rows of equipment."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case"
        begun = time.perf_counter()
        country(case, sites=sites, seed=1)
        seconds = time.perf_counter() - begun
        with (case / "equipment.csv").open("rb") as table:
            equipment = sum(1 for _ in table) - 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, peak, equipment


if __name__ == "__main__":
    for row in rows():
        print(row)
