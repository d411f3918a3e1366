"""Speed of valuing agreements: every set of eight, and orders drawn by lot of sixteen.

In the bundled case a sea cable hangs on each of some agreements, so that every set of them makes
another case; two cables off Fiji are cut.
"""

import time
from typing import Any

from benchmarks.gates import row
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import find_scenario
from indranet.studies.partner_acts import standing
from indranet.studies.partners import partners

SIZES = ((8, 120.0), (16, None))
"""Agreements, and seconds that the design sets as a target."""
SCENARIO = "fiji-cables-cut"


def rows() -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    found = []
    asked = find_scenario(SCENARIO)
    network, names = _hanging(2)
    partners(network, asked, agreements=names)  # compiled before it is timed
    for count, target in SIZES:
        network, names = _hanging(count)
        begun = time.perf_counter()
        valued = partners(network, asked, agreements=names)
        seconds = time.perf_counter() - begun
        orders = valued.summary["orders"][0]
        how = f"{orders:,} orders drawn" if orders else "exact"
        found.append(row(
            f"partners: {count} agreements, 60 days of the bundled case", seconds, "s",
            target=target,
            note=f"{how}; {valued.summary['outcomes']:,} different runs, one core",
        ))  # fmt: skip
    return found


def _hanging(count: int) -> tuple[Network, list[str]]:
    """Return the bundled case with a sea cable on each of some agreements in force, and these.

    Those that land at Suva come first.
    """
    network = read("indo-pacific")
    lanes, asked = network["lanes"], find_scenario(SCENARIO)
    names = standing(network, asked)[:count]
    cut = {event.what for event in asked.event}
    cables = [str(name) for name in network.names["lane"] if str(name).startswith("cable-")]
    cables = sorted(
        (name for name in cables if name not in cut), key=lambda name: "suva" not in name
    )
    code = {name: at for at, name in enumerate(network.names["agreement"].tolist())}
    lane = {name: at for at, name in enumerate(network.names["lane"].tolist())}
    of = lanes["agreement"].copy()
    for cable, name in zip(cables, names, strict=False):
        of[lane[cable]] = code[name]
    return network.replace(lanes=lanes.with_column("agreement", of)), names
