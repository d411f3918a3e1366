"""Speed of nets through time: in steps and at exact times, beside a copy of memory by `dd`.

One operator's 100,000 radio sites hang on 200 power regions and run four hours without; grids,
sites, core and its power fail after 1,000 hours on average and are repaired in four. The core and
its power need each other, a circle with batteries. Site-draw-steps count what is answered: each
site in each draw in each hour.
"""

import re
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.gates import row
from indranet.engines.gates import Gates
from indranet.engines.gates.steps import stepped, walk
from indranet.engines.gates.timed import Supports, Timed, Units, advance, begin, timed

Array = npt.NDArray[Any]

SITES = 100_000
REGIONS = 200
DRAWS = 256
HOURS = 720
MARK = 1e9
"""Site-draw-steps a second and core that the design sets as a mark."""


def rows() -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    system = country(SITES)
    ready = stepped(system)
    days = HOURS // 24

    def steps(draws: int, threads: int) -> Callable[[], object]:
        def run() -> None:
            with ThreadPoolExecutor(threads) as executor:
                for one in walk(ready, HOURS, range(draws), periods=days, executor=executor):
                    assert one.tally.shape == (days, 1)

        return run

    def exact() -> None:
        course = begin(system, seed=1, draw=0, periods=days)
        advance(system, course, HOURS)

    one, both = seconds(steps(32, 1), 3), seconds(steps(DRAWS, 2), 3)
    rate = SITES * 32 * HOURS / one
    alone = seconds(exact, 3)
    course = begin(system, seed=1, draw=0)
    advance(system, course, HOURS)
    events = int(course.state.unit_count.sum())
    copied = dd_gigabytes()
    work = f"{SITES // 1000}k sites, {HOURS} hours"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [
        row(
            f"in time: steps, {work}, one core", rate / 1e9, "1e9 site-draw-steps/s", MARK / 1e9,
            peer="dd, the same bits copied", peer_value=copied * 8, ratio=copied * 8e9 / rate,
            note="peer: bits a second that dd copies in memory; a bit is a site-draw-step",
        ),
        row(
            f"in time: steps, {work}, {DRAWS} draws, two cores", both, "s", 20.0,
            note=f"memory of the process {memory:.1f} GiB",
        ),
        row(
            f"in time: exact times, {work}, one draw", alone, "s",
            note=f"{events / alone / 1e6:.1f} million failures and repairs a second",
        ),
    ]  # fmt: skip


def seconds(what: Callable[[], object], runs: int) -> float:
    """Median seconds of some runs after one that compiles and warms up."""
    what()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        what()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def dd_gigabytes() -> float:
    """Gigabytes a second that dd copies from zeros to nothing, in blocks of 1 MiB."""
    told = subprocess.run(
        ["dd", "if=/dev/zero", "of=/dev/null", "bs=1M", "count=20000"],
        capture_output=True, text=True, check=True, env={"LC_ALL": "C"},
    ).stderr  # fmt: skip
    size, took = re.search(r"(\d+) bytes", told), re.search(r", ([\d.]+) s,", told)
    if not size or not took:
        raise ValueError(f"dd said: {told}")
    return int(size[1]) / float(took[1]) / 1e9


def country(sites: int) -> Timed:
    """The net described above; the last `sites` nodes are the sites."""
    random = np.random.default_rng(0)
    core, grid, site = 0, 10, 10 + REGIONS
    region = random.integers(0, REGIONS, sites)
    own, battery = site + np.arange(sites), site + sites + np.arange(sites)
    either = site + 2 * sites + np.arange(sites)
    last = site + 3 * sites + np.arange(sites)
    nodes = site + 4 * sites
    # Core 0 needs power 1 or its battery 3 (2); power needs the core or its battery 5 (4).
    links = [(core, 2, 1), (1, 4, 1), (2, 1, 1), (2, 3, 1), (4, 0, 1), (4, 5, 1)]
    user = np.concatenate([[a for a, _, _ in links], either, either, last, last, last])
    inputs = np.concatenate(
        [[b for _, b, _ in links], grid + region, battery, own, either, np.full(sites, core)]
    )
    threshold = np.zeros(nodes, dtype=np.int64)
    threshold[[0, 1, 2, 4]] = 1
    threshold[either], threshold[last] = 1, 3
    order = np.argsort(user, kind="stable")
    gates = Gates(
        threshold, np.searchsorted(user[order], np.arange(nodes + 1)), inputs[order],
        np.ones(len(user), dtype=np.int32), np.zeros(nodes, dtype=bool),
    )  # fmt: skip
    supports = Supports(
        np.concatenate([[3, 5], battery]).astype(np.int32),
        np.concatenate([[1, 0], grid + region]).astype(np.int32),
        np.concatenate([[6.0, 12.0], np.full(sites, 4.0)]),
    )
    failing = np.concatenate([[0, 1], grid + np.arange(REGIONS), own]).astype(np.int32)
    count = len(failing)
    units = Units(
        failing, np.full(count, 1000.0), np.full(count, 4.0), np.zeros(count, dtype=bool),
        np.full(count, -1, dtype=np.int32), np.full(count, -1, dtype=np.int32),
        np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15),
    )  # fmt: skip
    weights = np.zeros((nodes, 1))
    weights[last] = 1.0
    return timed(gates, supports=supports, units=units, weights=weights)


if __name__ == "__main__":
    for line in rows():
        print(line)
