"""Speed of valuing agreements: every set of eight, and orders drawn by lot of sixteen.

In the bundled case a sea cable hangs on each of some agreements, so that every set of them makes
another case; two cables off Fiji are cut.
"""

import time
from typing import Any

import numpy as np

from benchmarks.gates import row
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import find_scenario
from indranet.studies.partners import partners

SIZES = ((8, 120.0), (16, None))
"""Agreements, and seconds that the design sets as a target."""
SCENARIO = "fiji-cables-cut"


def rows() -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    found = []
    asked = find_scenario(SCENARIO)
    partners(_hanging(2), asked)  # compiled before it is timed
    for count, target in SIZES:
        network = _hanging(count)
        begun = time.perf_counter()
        valued = partners(network, asked)
        seconds = time.perf_counter() - begun
        orders = valued.summary["orders"][0]
        how = f"{orders:,} orders drawn" if orders else "exact"
        players = len({one["agreement"] for one in valued.summary["agreements"]})
        found.append(row(
            f"partners: {count} agreements, 60 days of the bundled case", seconds, "s",
            target=target,
            note=f"{how}; {players} act; {valued.summary['outcomes']:,} different runs, one core",
        ))  # fmt: skip
    return found


def _hanging(count: int) -> Network:
    """Return the bundled case with a cable of the sea on each of the first agreements in force."""
    network = read("indo-pacific")
    lanes = network["lanes"]
    names = network.names["lane"]
    near = [
        at for at, name in enumerate(names) if str(name).startswith("cable-") and "suva" in name
    ]
    others = [at for at, name in enumerate(names) if str(name).startswith("cable-")
              and at not in near]  # fmt: skip
    of = lanes["agreement"].copy()
    of[[*near, *others][:count]] = np.arange(count)
    return network.replace(lanes=lanes.with_column("agreement", of))
