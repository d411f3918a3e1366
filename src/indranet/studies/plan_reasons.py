"""Why each cluster is in its period, what binds, and what is to blame, in words."""

from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment, Blame, Problem
from indranet.engines.assignment.dual import rows_of, tables_of
from indranet.studies.plan_deadlines import last_period
from indranet.studies.plan_problem import Planned

Floats = npt.NDArray[np.float64]

_MOST = 12
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


def binding(made: Planned, found: Assignment) -> list[dict[str, Any]]:
    """Return the rows with the highest worth: price times limit, with the price in words."""
    rows = rows_of(made.problem)
    prices, worth = found.proof.prices, found.proof.prices * np.abs(rows.limit)
    order = np.argsort(-worth, kind="stable")[:_MOST]
    family_of = np.repeat(np.arange(len(_FAMILY)), np.diff(rows.start))
    names = list(_FAMILY)
    told = []
    for row in order.tolist():
        if worth[row] <= 1e-9 * max(abs(found.cost), 1.0):
            continue
        family = names[family_of[row]]
        what = row_words(made, family, int(rows.place[row]))
        unit = unit_of(made, family)
        told.append({
            "row": what, "family": family, "price_usd": float(prices[row]), "unit": unit,
            "words": f"one more {unit} saves about {prices[row]:,.0f} USD: {what}",
        })  # fmt: skip
    return told


def because(made: Planned, found: Assignment) -> list[str]:
    """Return for each cluster why it is in its period, with the cost of one earlier and one later.

    Costs are those of the cluster's own stack and work plus what the rows that it would use are
    worth at the prices of the proof: what re-planning around it would cost at least.
    """
    asked, chosen = made.problem, found.plan
    rows = rows_of(asked)
    tables = tables_of(asked, rows, found.proof.prices)
    plain = tables_of(asked, rows, np.zeros_like(found.proof.prices))
    words = []
    for cluster in range(len(asked)):
        option, period = int(chosen.option[cluster]), int(chosen.period[cluster])
        if made.done[cluster]:
            words.append("done before")
        elif option < 0:
            words.append(_why_not(made, cluster))
        else:
            words.append(_why(made, cluster, option, period, tables, plain))
    return words


def _why_not(made: Planned, cluster: int) -> str:
    asked = made.problem
    offered = np.isfinite(asked.cost[cluster])
    if not offered.any():
        return "not swapped: no offer replaces what stands there"
    first = max(int(asked.first[offered].min()), int(asked.earliest[cluster]))
    if first > asked.latest[cluster]:
        return (
            f"not swapped: its date passes before the first offer is ready in "
            f"{period_word(made, min(first, asked.periods - 1))}"
        )
    pool = asked.pool[cluster]
    most = (asked.crews[pool] + asked.overtime[pool]).max()
    least = asked.work[cluster, offered].min()
    if least > most:
        return (
            f"not swapped: it takes {least:,.0f} crew-days and its crews have at most {most:,.0f} "
            "in one period: split the cluster or add crews"
        )
    return "not swapped: within the limits others go before it"


def _why(made: Planned, cluster: int, option: int, period: int, tables: Any, plain: Any) -> str:
    asked = made.problem
    here = _cost(asked, tables, cluster, option, period)
    parts: list[tuple[str, float | None, str]] = []
    for step, name in ((-1, "earlier"), (1, "later")):
        other = period + step
        word = "a period " + name
        first = max(int(asked.first[option]), int(asked.earliest[cluster]))
        if other < first:
            parts.append(
                (
                    word,
                    None,
                    "its offer is not ready before"
                    if asked.first[option] >= first
                    else "it is promised for this one",
                )
            )
        elif other > asked.latest[cluster]:
            parts.append((word, None, _deadline(made, cluster)))
        else:
            parts.append((word, _cost(asked, tables, cluster, option, other) - here, ""))
    earlier = parts[0]
    if earlier[1] is None:
        reason = f"as early as can be: {earlier[2]}"
    else:
        reason = _stops(made, cluster, option, period, tables, plain)
    told = [
        f"{word}: {value:+,.0f} USD" if value is not None else f"{word}: not possible, {why}"
        for word, value, why in parts
    ]
    return f"{reason}; {'; '.join(told)}"


def _deadline(made: Planned, cluster: int) -> str:
    latest = made.problem.latest[cluster]
    for rule in made.rules:
        last = last_period(rule.date, rule.days, made.starts, made.goal)
        if rule.allowed <= 0 and last == latest:
            return f"{rule.rule} by {rule.date}"
    return "the horizon ends" if latest == made.goal.periods - 1 else "it is promised for this one"


def _stops(made: Planned, cluster: int, option: int, period: int, tables: Any, plain: Any) -> str:
    """Return what makes one period earlier dearer, or that it is cheapest here."""
    asked, before = made.problem, period - 1
    region, purse, pool = asked.region[cluster], asked.purse[cluster], asked.pool[cluster]
    money, work = asked.cost[cluster, option], asked.work[cluster, option]

    def extra(t: int) -> dict[str, float]:
        amounts = sum(
            asked.amounts[cluster, f] * (tables.amounts[p, t] - plain.amounts[p, t])
            for f, p in enumerate(asked.product[option].tolist())
            if p >= 0
        )
        return {
            "crews": work * (tables.work[pool, t] - plain.work[pool, t]),
            "money": money * (tables.money[purse, t] - plain.money[purse, t]),
            "deliveries": float(amounts),
            "people under change": asked.people[cluster] * tables.people[region, t],
        }

    now, then = extra(period), extra(before)
    name = max(then, key=lambda k: then[k] - now[k])
    if then[name] - now[name] <= 1e-6 * max(money, 1.0):
        later = _cost(asked, plain, cluster, option, period) <= _cost(
            asked, plain, cluster, option, before
        )
        return "paying later is cheaper" if later else "as it fits best"
    offer = ""
    if name == "deliveries":
        network = made.ground.network
        dearest = max(
            (p for p in asked.product[option].tolist() if p >= 0),
            key=lambda p: tables.amounts[p, before] - tables.amounts[p, period],
        )
        row = made.stacks.offers[dearest]
        offer = f" of {network.names['product'][network['offers']['product'][row]]}"
    where = f" in {made.pools[pool]}" if name == "crews" and made.pools[pool] else ""
    return f"{name}{offer}{where} in {period_word(made, before)}"


def _cost(asked: Problem, tables: Any, cluster: int, option: int, period: int) -> float:
    """Return what a choice costs at the tables' prices."""
    region, purse, pool = asked.region[cluster], asked.purse[cluster], asked.pool[cluster]
    value = asked.cost[cluster, option] * tables.money[purse, period]
    value += asked.work[cluster, option] * tables.work[pool, period]
    value += asked.people[cluster] * tables.people[region, period]
    value += asked.wait[cluster] * tables.wait[period]
    for part, product in enumerate(asked.product[option].tolist()):
        if product >= 0:
            value += asked.amounts[cluster, part] * tables.amounts[product, period]
    value += asked.weights[cluster] @ tables.weights[:, option, period]
    same = asked.announced_option[cluster] in (option, -1)
    value += asked.change_cost[cluster] * (not same or asked.announced_period[cluster] != period)
    return float(value)


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
