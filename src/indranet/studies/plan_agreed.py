"""Agreements in a plan: offers, crews and money from the day on which each begins to hold."""

import numpy as np
import numpy.typing as npt

from indranet.model.goal import Goal
from indranet.model.network import Network, Rows
from indranet.studies.agreed import covered, days_of, of_kind, party_of_firms
from indranet.studies.groundwork import chosen
from indranet.studies.plan_time import DAY
from indranet.studies.swaps import planning

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

_NEVER = np.datetime64("0001-01-01")
_LAST = np.datetime64("9999-12-31")


def in_plan(network: Network, goal: Goal) -> Network:
    """Return a case as a plan sees it, which looks years ahead.

    Offers, crews and money of an agreement are there while it is in force, also where it begins or
    ends within the plan: their dates become those of the agreement, and they hang on it no more.
    All other rows hang on the agreements in force on the plan's first day. What is approved sooner
    has a shorter lead time. Agreements that the goal leaves out are never in force.

    Raises
    ------
    UsageError
        When the goal names an agreement, operator or country that is not in the case.
    """
    agreements = network["agreements"]
    if not len(agreements):
        return network
    if goal.agreements is not None:
        until = agreements["until"].copy()
        until[~chosen(network, goal.agreements)] = _NEVER
        network = network.replace(agreements=agreements.with_column("until", until))
    start = goal.starts(network.first_day)[0]
    changed = {
        "offers": _offers(network, planning(network, goal), start),
        "crews": _crews(network),
        "budgets": _budgets(network, start),
    }
    return network.replace(**{k: rows for k, rows in changed.items() if rows is not network[k]})


def _span(network: Network, agreement: Codes) -> tuple[Days, Days]:
    """Return first and last day of agreements, those of -1 always in force."""
    rows = network["agreements"]
    first = np.where(np.isnat(rows["from"]), _NEVER, rows["from"])
    last = np.where(np.isnat(rows["until"]), _LAST, rows["until"])
    return np.append(first, _NEVER)[agreement], np.append(last, _LAST)[agreement]


def _offers(network: Network, operators: Codes, start: np.datetime64) -> Rows:
    """Return the offers with the dates of their agreements, and lead times as approved."""
    rows = network["offers"]
    of_product = network["products"]["agreement"][rows["product"]].astype(np.int64)
    begins, ends = rows["from"], rows["until"]
    for agreement in (rows["agreement"].astype(np.int64), of_product):
        first, last = _span(network, agreement)
        bound = agreement >= 0
        begins = np.where(bound, np.fmax(begins, first), begins)
        ends = np.where(bound, np.fmin(ends, last), ends)
    if (rows["agreement"] >= 0).any() or (of_product >= 0).any():
        rows = rows.with_column("from", begins).with_column("until", ends)
        rows = rows.with_column("agreement", np.full(len(rows), -1))
        rows = rows.where(np.flatnonzero(~(begins > ends)))
    lead = lead_days(network, rows, operators, start)
    return rows if (lead == rows["lead_days"]).all() else rows.with_column("lead_days", lead)


def lead_days(network: Network, offers: Rows, operators: Codes, start: np.datetime64) -> Floats:
    """Return the days from the first order to delivery of each offer, approval included, (offers,).

    An agreement on certification takes days off where the maker belongs to one party and the
    operator to another, and it covers the product. Who orders may wait for an agreement that
    begins later: b + min(L, max(b, a) + L - d - b), with b the first day of order, L the lead time,
    a the first day of the agreement and d its days. Where several operators plan, the longest of
    their lead times counts, since they share what is delivered.

    Parameters
    ----------
    network, offers
        The case, and its offers.
    operators
        Who plans, positions among the firms.
    start
        First day of the plan.
    """
    given = offers["lead_days"]
    agreements = network["agreements"]
    maker = network["products"]["firm"].astype(np.int64)[offers["product"]]
    begins = np.where(np.isnat(offers["from"]), start, np.maximum(offers["from"], start))
    lead = np.repeat(given[None, :], len(operators), axis=0)
    for agreement in of_kind(network, "certification", np.ones(len(agreements), dtype=bool)):
        first, last = _span(network, np.full(len(offers), agreement))
        orders = np.maximum(begins, first)
        sooner = (orders - begins) / DAY + np.maximum(given - days_of(network, agreement), 0.0)
        party = np.append(party_of_firms(network, agreement), -1)
        made, runs = party[maker], party[operators]
        helped = (made >= 0) & (runs[:, None] >= 0) & (made != runs[:, None])
        helped &= covered(network, agreement)[offers["product"]] & (orders <= last)
        lead = np.where(helped, np.minimum(lead, sooner), lead)
    mine = (offers["operator"] < 0) | (offers["operator"] == operators[:, None])
    longest = np.where(mine, lead, 0.0).max(axis=0, initial=0.0)
    return np.asarray(np.where(mine.any(axis=0), longest, given))


def _crews(network: Network) -> Rows:
    """Return the crews with the dates of their agreements; after these the pool is as before.

    A pool that has nothing but such crews has none without them.
    """
    rows = network["crews"]
    agreement = rows["agreement"].astype(np.int64)
    if not (agreement >= 0).any():
        return rows
    first, last = _span(network, agreement)
    begins = np.where(agreement >= 0, np.fmax(rows["from"], first), rows["from"])
    pools = np.array(rows.text("pool"), dtype=object)
    here = begins <= last
    here[agreement < 0] = True
    row, day = np.flatnonzero(here).tolist(), list(begins[here])
    crews = rows["crews"][here].tolist()
    for place in np.flatnonzero((agreement >= 0) & ~(here & (last == _LAST))).tolist():
        own = np.flatnonzero((pools == pools[place]) & (agreement < 0))
        if not len(own):
            row.append(place)
            day.append(np.maximum(begins[place], last[place] + 1))
            crews.append(0)
        elif here[place]:
            order = np.where(np.isnat(rows["from"][own]), _NEVER, rows["from"][own])
            back = int(own[np.argmax(np.where(order <= last[place], order, _NEVER))])
            begun = np.isnat(rows["from"][back]) or rows["from"][back] <= last[place]
            row.append(back)
            day.append(last[place] + 1)
            crews.append(int(rows["crews"][back]) if begun else 0)
    return _written(rows, row, day, "crews", crews)


def _budgets(network: Network, start: np.datetime64) -> Rows:
    """Return the money of each operator until each day, tranches of agreements added.

    A tranche that falls into the days of its agreement is paid, and stays; its sum is all that the
    agreement has given by then. An operator that has nothing but such money has none without it.
    """
    rows = network["budgets"]
    agreement = rows["agreement"].astype(np.int64)
    if not (agreement >= 0).any():
        return rows
    first, last = _span(network, agreement)
    begins = np.maximum(rows["from"], first)
    row, day, usd = [], [], []
    for operator in np.unique(rows["operator"]).tolist():
        mine = np.flatnonzero(rows["operator"] == operator)
        paid = mine[begins[mine] <= last[mine]]
        own = [place for place in mine.tolist() if agreement[place] < 0]
        for now in np.unique(np.append(begins[paid], min(start, begins[mine].min()))):
            latest: dict[int, int] = {}
            for place in paid[np.argsort(rows["from"][paid], kind="stable")].tolist():
                if begins[place] <= now:
                    latest[int(agreement[place])] = place
            row.append(latest.get(-1, own[0] if own else int(mine[0])))
            day.append(now)
            usd.append(float(sum(rows["usd"][place] for place in latest.values())))
    return _written(rows, row, day, "usd", usd)


def _written(
    rows: Rows, row: list[int], day: list[np.datetime64], column: str, amount: list[float]
) -> Rows:
    """Return copies of rows with other days and amounts, which hang on no agreement."""
    made = rows.where(np.array(row, dtype=np.int64)).with_column("from", np.array(day, "M8[D]"))
    made = made.with_column(column, np.array(amount))
    return made.with_column("agreement", np.full(len(made), -1))
