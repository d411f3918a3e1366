"""The reimbursement programme of the United States: 126 recipients, 39.5 % funded at first.

Each number has its source beside it; what none gives is assumed, and says so.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from indranet.model.goal import Goal

RECIPIENTS = 126
"""Applications approved (DOC-397596A1)."""
LOCATIONS = 8_400
"""Locations of all applications (DA-22-131A1)."""
USD_A_LOCATION = 593_000
"""4.98 billion USD approved over the locations (derived)."""
FUNDED = 0.395
"""Part paid until the further allocation (insidetowers)."""
LAG_DAYS = 189
"""Mean age of unpaid invoices of SI Wireless, 204 sites (insidetowers)."""
CARRIED = 15e6 / (204 * USD_A_LOCATION)
"""Part of the cost that a recipient can carry: SI Wireless had 15 million USD unpaid (the same)."""
FIRST_DAY, TERM, FURTHER, COUNTED = "2022-10-01", "2023-10-01", "2024-12-31", "2025-12-31"
"""First disbursements were a year before the first deadlines, of 29 September 2023; the further
allocation came in December 2024; the report of December 2025 counts who is done (insidetowers,
ruralspectrumscanner)."""
LEAD_DAYS = 40 * 7
"""From order to delivery: assumed, the longest of the usual 12 to 40 weeks."""
CREW_DAYS = 5
"""Of a swap: assumed, the middle of the usual 3 to 8. How many tower crews there were is not known:
they bind nobody here."""
SPREAD = 1.0
"""Standard deviation of the logarithm of a recipient's locations: assumed."""
STATED = 118 / 139
"""Part of the requests for more time that name the lack of money (the programme's reports)."""
FINISHED = 13
"""Recipients done by the report of December 2025 (ruralspectrumscanner)."""

Tables = Mapping[str, Mapping[str, Sequence[Any]]]


def sizes(seed: int = 0) -> list[int]:
    """Return the locations of each recipient, drawn, 8,400 in all."""
    drawn = np.random.default_rng(seed).lognormal(0.0, SPREAD, RECIPIENTS)
    found = np.maximum(np.round(drawn * LOCATIONS / drawn.sum()), 1).astype(int)
    found[found.argmax()] += LOCATIONS - found.sum()
    return [int(number) for number in found]


def tables() -> Tables:
    """Return the case."""
    names = [f"recipient-{number:03d}" for number in range(RECIPIENTS)]
    count = sizes()
    cost = [USD_A_LOCATION * number for number in count]
    # Whoever can carry less than one location carries one: assumed, or the small could not begin.
    own = [max(CARRIED * number, 1.5 * USD_A_LOCATION) for number in cost]
    rest = [mine + (1 - FUNDED) * number for mine, number in zip(own, cost, strict=True)]
    return {
        "countries": {"country": ["USA"]},
        "firms": {
            "firm": [*names, "covered", "maker"], "country": ["USA"] * RECIPIENTS + ["", ""],
        },
        "products": {
            "product": ["covered-ru", "new-ru"], "firm": ["covered", "maker"],
            "kind": ["equipment"] * 2,
        },
        "sites": {
            "site": [f"{name}-sites" for name in names], "operator": names,
            "country": ["USA"] * RECIPIENTS, "people": count, "stands_for": count,
            "cluster": names,
        },
        "equipment": {
            "site": [f"{name}-sites" for name in names], "function": ["RU"] * RECIPIENTS,
            "product": ["covered-ru"] * RECIPIENTS,
        },
        "exclusions": {"authority": ["covered list"], "firm": ["covered"]},
        "rules": {
            "rule": ["done"], "from": [COUNTED], "who": ["excluded"], "metric": ["count"],
            "weight": ["instances"], "limit": [0],
        },
        "offers": {
            "product": ["new-ru"], "replaces": ["RU"], "unit_cost_usd": [USD_A_LOCATION],
            "crew_days": [CREW_DAYS], "lead_days": [LEAD_DAYS],
        },
        "budgets": {
            "operator": names * 2, "from": [FIRST_DAY] * RECIPIENTS + [FURTHER] * RECIPIENTS,
            "usd": [*own, *rest], "refund_share": [FUNDED] * 2 * RECIPIENTS,
            "refund_lag_days": [LAG_DAYS] * 2 * RECIPIENTS,
        },
    }  # fmt: skip


def goal(periods: int) -> Goal:
    """Return what is asked of all recipients over so many quarters, as early as they can."""
    return Goal.model_validate({
        "name": "the programme", "country": "USA",
        "first_day": date.fromisoformat(FIRST_DAY), "period": "quarter",
        "periods": periods, "replace": {"authority": "covered list"},
        "cost": {"exposure_usd_per_person_day": 100.0, "discount_rate": 0.0},
        "limits": {"service_floor": 0.0}, "uncertainty": {"draws": 400},
        "practice": {"gate_days": 0, "structural_share": 0.0, "largest_cluster_sites": 1},
    })  # fmt: skip
