"""Speed of choosing measures: 1,024 portfolios over the gates of a million sites, and whole."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gates import row
from indranet.intake.generate import country
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import Scenario, find_scenario
from indranet.studies.diversify import diversify
from indranet.studies.portfolio_logic import cuts, logic, people_lost

MEASURES = 10
BUNDLED = ("fiji-cables-cut", "grid-failure")


def rows(sites: int = 1_000_000) -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case"
        country(case, sites=sites, seed=1)
        network, names, asked = _with_measures(case)
    begun = time.perf_counter()
    ready = logic(network, asked, names)
    made = time.perf_counter() - begun
    every = (np.arange(1 << MEASURES)[:, None] >> np.arange(MEASURES) & 1).astype(bool)
    people_lost(ready, every[:64])  # compiled before it is timed
    with ThreadPoolExecutor(2) as threads:
        begun = time.perf_counter()
        lost = people_lost(ready, every, threads)
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        found = cuts(ready, threads)
        cutting = time.perf_counter() - begun
    assert lost[-1] == 0.0
    bundled = read("indo-pacific")
    begun = time.perf_counter()
    bought = diversify(bundled, [find_scenario(name) for name in BUNDLED], 2e9)
    whole = time.perf_counter() - begun
    size = f"{sites / 1e6:.3g}M sites"
    return [
        row(
            f"diversify: 1,024 portfolios of {MEASURES} sites to build in one pass, {size}",
            seconds, "s",
            note=f"{len(ready.ordered):,} gates, made ready in {made:.1f} s; "
            f"{lost.max():,.0f} people lost with nothing built",
        ),
        row(
            f"diversify: minimal cuts up to order {found.order} of the same", cutting, "s",
            note=f"{len(found.sets):,} cuts of {len(found.people):,} groups of people",
        ),
        row(
            "diversify: two scenarios of the bundled case, 15 measures", whole, "s",
            note=f"{bought.summary['tried']:,} portfolios, {bought.summary['outcomes']:,} "
            "different runs, one core",
        ),
    ]  # fmt: skip


def _with_measures(case: Path) -> tuple[Network, list[str], Scenario]:
    """Return a case with its most needed sites for sale, these, and the loss of one."""
    network = read(case)
    span, needs = network.span("site"), network["needs"]
    used = np.bincount(needs["input"], minlength=network.size)[span]
    most = [str(network.names["site"][at]) for at in np.argsort(-used, kind="stable")]
    names = [f"build-{name}" for name in most[1 : MEASURES + 1]]
    lines = [f"{name},link,{name.removeprefix('build-')},1" for name in names]
    (case / "measures.csv").write_text("\n".join(["measure,kind,thing,cost_usd", *lines, ""]))
    asked = Scenario.model_validate(
        {
            "name": "a site is lost",
            "days": 30,
            "event": ({"do": "outage", "what": most[0], "day": 0.0},),
        }
    )
    return read(case), names, asked


if __name__ == "__main__":
    for one in rows():
        print(one["work"], one["ours"], one["unit"], one["note"])
