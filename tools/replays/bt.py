"""BT in the United Kingdom: 12,000 of 18,000 sites and the core, by dates of a direction.

Money is in pounds sterling. Each number has its source beside it; what none gives is assumed, and
says so.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from indranet.model.goal import Goal

SITES = 18_000
"""Sites of BT/EE (channelnews, totaltele)."""
TO_SWAP = 12_000
"""Of these with the vendor to be replaced (the same)."""
A_MONTH = 150
"""Sites that can be swapped in a month: 12,000 over some 80 months (derived from the same)."""
USD_A_SITE = 42_000
"""500 million pounds for 12,000 sites (the same)."""
FIRST_DAY = "2021-05-01"
"""80 months before the last date (derived)."""
CORE, CAP, ALL = "2023-12-31", "2023-07-31", "2027-12-31"
"""Dates of the direction: core, 35 % of access, all (commsupdate 2022-10-14, ispreview 2024-01)."""
CAP_SHARE = 0.35
CORE_WEEKS = 40
"""Weeks from order to delivery of a core: assumed, the longest of the usual 12 to 40."""
CREW_DAYS = 5
"""Crew-days of a swap: assumed, the middle of the usual 3 to 8."""
CREWS = 35
"""Crews of nearly five days a week that swap so many: derived."""
CLUSTERS = 480
"""Clusters of 25 sites, six a month: assumed; regions share one pool of crews."""
NEARLY_ALL = 0.001
"""Share of sites that may be left of all: with none left a date that cannot be met leaves sites out
of the plan, and says nothing of when they would be done."""
CORE_FUNCTIONS = ("AMF", "SMF", "UPF", "AUSF", "UDM", "NRF", "PCF", "EPC", "IMS")

Tables = Mapping[str, Mapping[str, Sequence[Any]]]


def tables() -> Tables:
    """Return the case."""
    names = [f"c{number:03d}" for number in range(CLUSTERS)]
    kept = CLUSTERS // 2
    size, rest = TO_SWAP / CLUSTERS, (SITES - TO_SWAP) / kept
    others = [f"k{number:03d}" for number in range(kept)]
    core = ["core-one", "core-two"]
    sites = [*names, *others, *core]
    old, new = ["excluded-ru", "excluded-core"], ["first-ru", "second-ru", "second-core"]
    return {
        "countries": {"country": ["GBR"]},
        "firms": {
            "firm": ["bt", "excluded", "first", "second"], "country": ["GBR", "", "", ""],
        },
        "products": {
            "product": [*old, *new], "firm": ["excluded"] * 2 + ["first", "second", "second"],
            "kind": ["equipment"] * 5,
        },
        "sites": {
            "site": sites, "operator": ["bt"] * len(sites), "country": ["GBR"] * len(sites),
            "cluster": sites, "kind": ["radio"] * (CLUSTERS + kept) + ["core"] * 2,
            "people": [size] * CLUSTERS + [rest] * kept + [0, 0],
            "stands_for": [size] * CLUSTERS + [rest] * kept + [1, 1],
        },
        "equipment": {
            "site": [*names, *others, *(c for c in core for _ in CORE_FUNCTIONS)],
            "function": ["RU"] * (CLUSTERS + kept) + [*CORE_FUNCTIONS] * 2,
            "product": ["excluded-ru"] * CLUSTERS + ["first-ru"] * kept
            + ["excluded-core"] * 2 * len(CORE_FUNCTIONS),
            "generation": ["5G"] * (CLUSTERS + kept + 2 * len(CORE_FUNCTIONS)),
        },
        "exclusions": {"authority": ["direction"], "firm": ["excluded"]},
        "rules": {
            "rule": ["core", "cap", "all"], "from": [CORE, CAP, ALL], "who": ["excluded"] * 3,
            "functions": [";".join(CORE_FUNCTIONS), "RU", "RU"],
            "metric": ["count", "share", "share"], "weight": ["instances", "sites", "sites"],
            "limit": [0, CAP_SHARE, NEARLY_ALL],
        },
        "offers": {
            "product": ["first-ru", "second-ru", *["second-core"] * len(CORE_FUNCTIONS)],
            "replaces": ["RU", "RU", *CORE_FUNCTIONS],
            "unit_cost_usd": [USD_A_SITE] * 2 + [0] * len(CORE_FUNCTIONS),
            "crew_days": [CREW_DAYS] * 2 + [0] * len(CORE_FUNCTIONS),
            "lead_days": [0, 0] + [CORE_WEEKS * 7] * len(CORE_FUNCTIONS),
        },
        "crews": {
            "pool": ["crews"], "crews": [CREWS],
            "crew_days_per_week": [A_MONTH * CREW_DAYS * 12 / 365.25 * 7 / CREWS],
        },
    }  # fmt: skip


def goal() -> Goal:
    """Return what is asked: all dates met, by months, swaps as early as crews can."""
    return Goal.model_validate({
        "name": "BT under the direction of 2022", "operator": "bt",
        "first_day": date.fromisoformat(FIRST_DAY),
        "period": "month", "periods": 92, "replace": {"authority": "direction"},
        "cost": {"exposure_usd_per_person_day": 1.0, "overtime_share": 0.0},
        "limits": {"service_floor": 0.0},
        "practice": {"gate_days": 0, "neighbours_apart": False, "structural_share": 0.0},
    })  # fmt: skip
