"""Flows of goods and systemic risk on made-up nets of the size of an economy."""

import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from indranet.engines.flows import Rules, SupplyNet, Today, begin, step, supply_net
from indranet.engines.flows.run import CHUNKS
from indranet.engines.systemic import RiskNet, risk_net, systemic_risk

LARGE, MEDIUM = (1_000_000, 5_000_000), (100_000, 500_000)
DAYS = 365
FIRMS, LINKS = 100_000, 1_000_000
PRODUCTS = 60

_PEAK = """
from benchmarks.flows import LARGE, made_up, one_day
one_day(made_up(*LARGE), days=3)
from pathlib import Path
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def rows() -> list[dict[str, Any]]:
    """Measure a day of a whole economy, a year of a smaller one, and the risk of all firms."""
    net = made_up(*LARGE)
    day, stream, moved = one_day(net, days=7), _bandwidth(), _bytes_moved(net)
    del net
    with ThreadPoolExecutor(2) as threads:
        year = _year(made_up(*MEDIUM), threads)
        risk = _risk(made_up_risk(FIRMS, LINKS), threads)
    return [
        _row(
            "flows: 1M firms, 5M links, one day", day, "s", 0.1,
            f"at least {moved / 1e9:.2f} GB a day through memory, {moved / day / stream:.0%} of "
            f"what a copy reaches here ({stream / 1e9:.0f} GB/s)",
        ),
        _row(
            "most memory of it", _peak(), "GB", 2.0, "whole process, building the net included",
        ),
        _row("flows: 100k firms, 500k links, 365 days", year, "s", 3.0, "one scenario"),
        _row(
            "systemic risk of all firms, 100k firms, 1M links", risk, "s", 300.0,
            "losses under 1e-5 of a firm not passed on",
        ),
    ]  # fmt: skip


def _row(work: str, ours: float, unit: str, target: float, note: str) -> dict[str, Any]:
    return {
        "work": work, "ours": ours, "unit": unit, "target": target, "peer": "none",
        "peer_value": None, "ratio": None, "note": note,
    }  # fmt: skip


def _ends(random: np.random.Generator, firms: int, links: int) -> tuple[Any, Any]:
    """Draw suppliers and clients; a few have many links."""
    reach = np.cumsum(np.arange(1, firms + 1) ** -0.8)
    drawn = (random.random((2, links)) * reach[-1]).reshape(2, links)
    supplier, client = np.minimum(np.searchsorted(reach, drawn), firms - 1)
    return supplier, client


def made_up(firms: int, links: int) -> SupplyNet:
    """Return a net of firms with a product each of sixty, links of all sizes."""
    random = np.random.default_rng(0)
    supplier, client = _ends(random, firms, links)
    product = random.integers(0, PRODUCTS, firms)[supplier]
    return supply_net(
        supplier, client, product, random.exponential(1, links), random.exponential(1, firms)
    )


def made_up_risk(firms: int, links: int) -> RiskNet:
    """Return a net for systemic risk; a third of the inputs binds, a third can be deferred."""
    random = np.random.default_rng(0)
    supplier, client = _ends(random, firms, links)
    sector = random.integers(0, PRODUCTS, firms)
    need = (client * PRODUCTS + sector[supplier]) * 2654435761 % 3
    flow, final = random.exponential(1, links) + 0.01, random.exponential(10, firms)
    return risk_net(supplier, client, flow, sector, need=need, final=final)


def one_day(net: SupplyNet, days: int) -> float:
    """Return the median seconds of a day after some firms have stopped."""
    state, today = begin(net, Rules()), Today(capacity=_stopped(net))
    seconds = []
    with ThreadPoolExecutor(2) as threads:
        for _ in range(days):
            begun = time.perf_counter()
            step(net, Rules(), state, today, threads)
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


def _stopped(net: SupplyNet) -> Any:
    """Stop one firm of a thousand."""
    capacity = np.ones((len(net), 1))
    capacity[np.random.default_rng(1).choice(len(net), len(net) // 1000)] = 0.0
    return capacity


def _year(net: SupplyNet, threads: ThreadPoolExecutor) -> float:
    state, today = begin(net, Rules()), Today(capacity=_stopped(net))
    step(net, Rules(), begin(net, Rules()), today, threads)
    begun = time.perf_counter()
    for _ in range(DAYS):
        step(net, Rules(), state, today, threads)
    return time.perf_counter() - begun


def _risk(net: RiskNet, threads: ThreadPoolExecutor) -> float:
    shocks = np.arange(len(net) + 1), np.arange(len(net)), np.ones(len(net))
    begun = time.perf_counter()
    systemic_risk(net, shocks, threshold=1e-5, executor=threads)
    return time.perf_counter() - begun


def _bandwidth() -> float:
    """Return bytes a second that a copy on two threads reads and writes."""
    source = [np.ones(1 << 25) for _ in range(2)]
    target = [np.empty_like(part) for part in source]

    def copied(_: int) -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(np.copyto, target, source))
        return time.perf_counter() - begun

    return 2 * sum(part.nbytes for part in source) / min(map(copied, range(5)))


def _bytes_moved(net: SupplyNet) -> float:
    """Return the least bytes of a day: what is read, and what is read and written, once each."""
    link = 4 + 8 + 2 * 8 + 2 * 8  # supplier, flow; stock, shipment
    group = 8 + 8 + 8 + 1  # first link, flow, days of stock, need
    firm = 8 * (12 + 2 * CHUNKS)  # its own numbers; demand by chunk
    return link * len(net.link) + group * len(net.whole) + firm * len(net)


def _peak() -> float:
    done = subprocess.run([sys.executable, "-c", _PEAK], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1e6
