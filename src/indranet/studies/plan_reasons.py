"""Rows that bind, and what is to blame, in words."""

import numpy as np

from indranet.engines.assignment import Blame
from indranet.studies.plan_problem import Planned

_FAMILY = {
    "deliveries": "deliveries", "crews": "crews", "floor": "people under change at a time",
    "cash": "money", "caps": "shares of vendors and countries", "milestones": "dates",
    "late": "deliveries that may be late",
}  # fmt: skip


def period_word(made: Planned, period: int) -> str:
    """Return a period as people write it: 2027Q1 or 2027-01."""
    month = made.starts[period].astype("datetime64[M]").astype(int)
    year, number = 1970 + month // 12, month % 12
    return (
        f"{year}Q{number // 3 + 1}" if made.goal.period == "quarter" else f"{year}-{number + 1:02d}"
    )


def row_words(made: Planned, family: str, place: int) -> str:
    """Return what a row limits, where and when, in words."""
    periods, network = made.problem.periods, made.ground.network
    row, period = divmod(place, periods)
    when = period_word(made, period) if family not in ("caps", "milestones") else ""
    if family in ("deliveries", "late"):
        offer = made.stacks.offers[row]
        product = network.names["product"][network["offers"]["product"][offer]]
        return f"deliveries of {product} until {when}"
    if family in ("crews", "floor"):
        names = made.pools if family == "crews" else made.swaps.regions
        what = "crews" if family == "crews" else "people under change"
        return f"{what}, {names[row] or 'all regions'}, {when}"
    if family == "cash":
        return f"money of {network.names['firm'][made.swaps.operators[row]]} until {when}"
    if family == "caps":
        return made.cap_words[place]
    return made.milestone_words[place]


def unit_of(made: Planned, family: str) -> str:
    """Return what one more of a row of a family is."""
    return {
        "deliveries": "unit", "crews": "crew-day", "floor": "person", "cash": "dollar",
        "caps": "site, person or unit",
        "milestones": "unit of the rule", "late": "unit",
    }[family]  # fmt: skip


def blame_words(made: Planned, faulty: Blame) -> list[str]:
    """Return what cannot be done and for want of what, in sentences."""
    if faulty.share <= 0:
        return [
            "Not all clusters are swapped in the best plan found, and no proof shows that they "
            "cannot be: that none was found does not mean that there is none."
        ]
    told = [f"At least {faulty.share:.2%} of the people cannot be swapped in time, proven."]
    families = sorted(faulty.families.items(), key=lambda item: -item[1])
    parts = [f"{_FAMILY[name]} {part:.1%}" for name, part in families if part > 1e-3]
    if parts:
        told.append(f"To blame: {', '.join(parts)}.")
        rows = [row_words(made, family, place) for family, place, _ in faulty.rows[:5]]
        told.append(f"Most of all: {'; '.join(rows)}.")
        worst = _FAMILY[families[0][0]]
        if np.isfinite(faulty.more):
            told.append(f"At least {faulty.more - 1:.0%} more is needed of: {worst}.")
        else:
            told.append(f"More of {worst} alone does not suffice.")
    else:
        told.append("They have no offer that is ready before their date.")
    return told
