"""Reach of every vendor, territory, product and passage of a large national case."""

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from indranet.intake.generate import country
from indranet.model.case import read
from indranet.studies.candidates import candidates
from indranet.studies.compile import compile_network
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork

KINDS = ("firm", "territory", "product", "passage")


def rows(sites: tuple[int, ...] = (250_000, 1_000_000)) -> list[dict[str, Any]]:
    """Measure the whole study on generated cases, three horizons and three need shares."""
    return [_measured(count) for count in sites]


def _measured(sites: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        country(Path(folder) / "case", sites=sites, seed=1)
        network = read(Path(folder) / "case")
    things = sites + len(network["equipment"])
    seconds = []
    with ThreadPoolExecutor(2) as threads:
        exposure(network, by=KINDS, executor=threads)
        for _ in range(5):
            begun = time.perf_counter()
            exposure(network, by=KINDS, executor=threads)
            seconds.append(time.perf_counter() - begun)
    gates = len(compile_network(groundwork(network), horizon="in time").gates.threshold)
    count = len(candidates(network, KINDS).id)
    return {
        "work": f"exposure: {count:,} candidates on {things / 1e6:.0f}M nodes "
        f"({sites / 1e6:.3g}M sites, {len(network['equipment']) / 1e6:.3g}M equipment), "
        "7 passes (three horizons, three need shares)",
        "ours": statistics.median(seconds),
        "unit": "s",
        "target": "2 s" if things <= 1_100_000 else "",
        "peer": "none",
        "peer_value": None,
        "ratio": None,
        "note": f"compiling included; sites that nothing tells apart share a gate: {gates:,} gates",
    }


if __name__ == "__main__":
    for row in rows():
        print(row)
