"""Made-up programmes of replacement of any size: a case and its goal, the same for a seed."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.case import write_case

Floats = npt.NDArray[np.float64]

FIRST_DAY = datetime.date(2026, 1, 1)
PERIODS = 24
REGIONS = 20
MAKERS = 6
GOAL = """# Replace the vendor that has to go within two years, month by month.
name = "generated programme"
operator = "operator"
period = "month"
periods = {periods}

[replace]
authority = "generated"

[cost]
exposure_usd_per_person_day = 0.0005

[limits.vendor_share]
limit = 0.4
per = "sites"

[practice]
neighbours_apart = false
largest_cluster_sites = 1000000
"""


def plans(folder: Path, *, clusters: int, seed: int) -> None:
    """Write a case of one operator whose access must be replaced, and goal.toml beside it.

    Sites of a cluster are log-normal with a median of 12, people a site 1,100; six makers offer at
    40,000 USD a site, give or take a quarter; together they can deliver a third more than is needed
    within the two years, crews can do a quarter more, and money is a quarter more than the cheapest
    offers cost.

    Parameters
    ----------
    folder
        Case folder to make.
    clusters
        How many.
    seed
        The same seed gives the same bytes.

    Raises
    ------
    UsageError
        When the folder holds something.
    """
    random = np.random.default_rng([seed, clusters])
    region = np.sort(random.integers(0, REGIONS, clusters))
    sites = np.round(random.lognormal(2.5, 0.7, clusters)) + 1
    people = np.round(sites * random.lognormal(7.0, 0.6, clusters))
    write_case(
        folder,
        "generated programme",
        FIRST_DAY,
        f"Made up: {clusters:,} clusters to be replaced, seed {seed}.",
        _tables(random, region, sites, people),
    )
    goal = GOAL.format(periods=PERIODS)
    (folder / "goal.toml").write_text(goal, encoding="utf-8", newline="\n")


def _tables(
    random: np.random.Generator, region: npt.NDArray[np.int64], sites: Floats, people: Floats
) -> dict[str, dict[str, Any]]:
    names = np.char.add("c", np.char.zfill(np.arange(len(sites)).astype(str), len(str(len(sites)))))
    regions = np.array([f"region-{number:02d}" for number in range(REGIONS)])
    makers = [f"maker-{number}" for number in range(MAKERS)]
    price = np.round(random.lognormal(np.log(13_300), 0.25, MAKERS))
    units = 3 * sites.sum()
    share = random.dirichlet(np.full(MAKERS, 3.0))
    # Over 24 months with a lead of two and a ramp of six a pace gives 19 months' worth.
    pace = np.round(1.33 * units * share / 19 + 1)
    work = np.bincount(region, weights=sites * 4.5, minlength=REGIONS)
    weekly = 1.25 * work / (PERIODS * 4.35)
    count = np.maximum(np.ceil(weekly / 5), np.ceil(sites.max() * 4.5 / 21)).astype(int)
    money = 1.25 * units * price.min() * np.minimum((np.arange(8) + 3) / 8, 1.0)
    quarters = [datetime.date(2026 + q // 4, 3 * (q % 4) + 1, 1) for q in range(8)]
    made_up = "synthetic"
    return {
        "countries": {"country": ["IND"], "provenance": [made_up]},
        "firms": {
            "firm": ["operator", "old-maker", *makers], "country": ["IND"] * (MAKERS + 2),
            "provenance": [made_up] * (MAKERS + 2),
        },
        "products": {
            "product": ["old-radio", *(f"radio-{n}" for n in range(MAKERS))],
            "kind": ["equipment"] * (MAKERS + 1), "firm": ["old-maker", *makers],
            "function": ["RU"] * (MAKERS + 1), "provenance": [made_up] * (MAKERS + 1),
        },
        "sites": {
            "site": names, "operator": ["operator"] * len(sites), "country": ["IND"] * len(sites),
            "region": regions[region], "cluster": names, "people": people, "stands_for": sites,
            "provenance": [made_up] * len(sites),
        },
        "equipment": {
            "site": names, "function": ["RU"] * len(sites), "product": ["old-radio"] * len(sites),
            "quantity": [3] * len(sites), "generation": ["5G"] * len(sites),
            "provenance": [made_up] * len(sites),
        },
        "exclusions": {
            "authority": ["generated"], "firm": ["old-maker"], "provenance": [made_up],
        },
        "rules": {
            "rule": ["third", "two-thirds"], "from": ["2026-10-01", "2027-07-01"],
            "who": ["excluded"] * 2, "metric": ["share"] * 2, "weight": ["people"] * 2,
            "limit": [0.75, 0.35], "provenance": [made_up] * 2,
        },
        "offers": {
            "product": [f"radio-{n}" for n in range(MAKERS)], "replaces": ["RU"] * MAKERS,
            "unit_cost_usd": price, "crew_days": [1.5] * MAKERS, "lead_days": [60] * MAKERS,
            "units_per_month": pace, "ramp_months": [6] * MAKERS, "provenance": [made_up] * MAKERS,
        },
        "crews": {
            "pool": regions, "region": regions, "crews": count, "usd_per_day": [800] * REGIONS,
            "provenance": [made_up] * REGIONS,
        },
        "budgets": {
            "operator": ["operator"] * 8, "from": quarters, "usd": np.round(money),
            "refund_share": [0.395] * 8, "refund_lag_days": [189] * 8,
            "provenance": [made_up] * 8,
        },
    }  # fmt: skip
