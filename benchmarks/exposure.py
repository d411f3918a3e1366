"""What a large national case depends on: reach, reasons, shares at every tier, pairs; memory."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from indranet.intake.generate import country
from indranet.model.case import read
from indranet.studies.availability import availability
from indranet.studies.candidates import candidates
from indranet.studies.compile import compile_network
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.only import only
from indranet.studies.pairs import pairs
from indranet.studies.reach import reach
from indranet.studies.shares import shares
from indranet.studies.systemic import systemic

KINDS = ("firm", "territory", "product", "passage")
PARTNERS = ("IND", "JPN", "USA", "AUS", "ISR")

_PEAK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from indranet.model.case import read
from indranet.studies.exposure import exposure
with ThreadPoolExecutor(2) as threads:
    exposure(read(Path(sys.argv[1])), by=sys.argv[2].split(","), executor=threads)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def rows(sites: tuple[int, ...] = (250_000, 1_000_000)) -> list[dict[str, Any]]:
    """Measure the study on generated cases, three horizons and three need shares; and its parts."""
    found = [row for count in sites for row in _measured(count, parts=count == max(sites))]
    return found + _bundled()


def _measured(sites: int, parts: bool) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
        case = Path(folder) / "case"
        country(case, sites=sites, seed=1)
        network = read(case)
        equipment = len(network["equipment"])
        size = f"{sites / 1e6:.3g}M sites, {equipment / 1e6:.3g}M equipment"
        nodes = f"{(sites + equipment) / 1e6:.0f}M nodes ({size})"
        asked = candidates(network, KINDS)
        ground = groundwork(network)
        gates = len(compile_network(ground, horizon="in time").gates.threshold)
        found = [
            _row(
                f"reach: {len(asked.id):,} candidates on {nodes}, 7 passes (three horizons, three "
                "need shares)",
                _median(lambda: reach(groundwork(network), asked, executor=threads)),
                target="2 s" if sites <= 250_000 else "",
                note="compiling included; sites that nothing tells apart share a gate: "
                f"{gates:,} gates",
            )
        ]
        if not parts:
            return found
        net = reach(ground, asked, executor=threads)
        return [
            *found,
            _row(
                f"shares, concentration and unknowns at ten tiers, {size}",
                _median(lambda: shares(ground)),
                note="every operator, function and product",
            ),
            _row(
                f"pairs of {len(asked.id):,} candidates, three horizons, {size}",
                _median(lambda: pairs(asked, net.nets, net.counts, executor=threads), 3),
            ),
            _row(
                f"exposure, all of it (reach, reasons, shares), {size}",
                _median(lambda: exposure(network, by=KINDS, executor=threads), 3),
            ),
            _row(f"exposure with reading, most memory, {size}", _peak(case), unit="GB"),
        ]


def _bundled() -> list[dict[str, Any]]:
    network = read("indo-pacific")
    ground = groundwork(network, failing=True)
    with ThreadPoolExecutor(2) as threads:
        whole = _median(lambda: exposure(network, pairs=True, executor=threads), 3)
        risk = _median(lambda: systemic(ground, executor=threads), 3)
    return [
        _row("bundled case: exposure with all pairs", whole),
        _row("bundled case: systemic risk of every cause", risk),
        _row(
            "bundled case: what five partners can make alone",
            _median(lambda: only(ground, PARTNERS)),
        ),
        _row(
            f"bundled case: availability of {len(network['services']):,} services, two horizons",
            _median(lambda: availability(ground), 1),
            note="exact by decision diagrams for at most 10 s a horizon, the rest drawn",
        ),
    ]


def _median(work: Callable[[], object], times: int = 5) -> float:
    """Return the median seconds of some runs, after one that is not counted."""
    work()
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _peak(case: Path) -> float:
    """Return the most memory that reading a case and exposure take, in a process of their own."""
    command = [sys.executable, "-c", _PEAK, str(case), ",".join(KINDS)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(told.stdout) / 1e6


def _row(
    work: str, ours: float, *, unit: str = "s", target: str = "", note: str = ""
) -> dict[str, Any]:
    return {
        "work": work, "ours": ours, "unit": unit, "target": target,
        "peer": "none", "peer_value": None, "ratio": None, "note": note,
    }  # fmt: skip


if __name__ == "__main__":
    for row in rows():
        print(row)
