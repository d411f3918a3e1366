"""Limits on what one vendor or country holds in the end, and from a day on."""

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Caps
from indranet.model.goal import Cap, Goal
from indranet.model.network import Network
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_deadlines import Part, last_period
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import ACCESS, Swaps

Floats = npt.NDArray[np.float64]


def caps_of(
    ground: Groundwork, goal: Goal, found: Swaps, made: Stacks
) -> tuple[Floats, Caps, tuple[str, ...]]:
    """Return columns of weights and caps on what one vendor or country holds in the end.

    What stays of each counts with what comes; only access counts.
    """
    columns: list[Floats] = []
    rows: list[tuple[int, Floats, float, str]] = []
    limits = goal.limits
    asked: list[tuple[str, Cap]] = []
    if limits.vendor_share is not None:
        asked.append(("vendor", limits.vendor_share))
    if limits.country_share is not None:
        asked.append(("country", limits.country_share))
    if limits.survive_any_one_vendor is not None:
        rest = max(1.0 - limits.survive_any_one_vendor, 0.0)
        asked.append(("survive", Cap.model_validate({"limit": rest, "per": "people"})))
    access = np.isin(made.functions, ACCESS)
    units = made.amounts[:, access].sum(axis=1)
    for what, cap in asked:
        for place in range(len(found.operators)):
            mine = (found.operator == place) & (units > 0)
            weight = _weight(found, units, cap.per) * mine
            kept, whole = _kept(ground, found, what, cap.per, place)
            holders, factor = _held(ground.network, made, what, access)
            for holder, name in enumerate(holders):
                if factor[:, holder].any():
                    left = cap.limit * (whole + weight.sum()) - kept.get(name, 0.0)
                    firm = ground.network.names["firm"][found.operators[place]]
                    said = _words(what, cap, name, str(firm))
                    rows.append((len(columns), factor[:, holder], max(left, 0.0), said))
            columns.append(weight)
    weights = np.column_stack(columns) if columns else np.zeros((len(found), 0))
    caps = Caps(
        np.array([row[0] for row in rows], dtype=np.int32),
        np.array([row[1] for row in rows]).reshape(len(rows), len(made.offer)),
        np.full(len(rows), goal.periods - 1, dtype=np.int32),
        np.array([row[2] for row in rows]),
    )
    return weights, caps, tuple(row[3] for row in rows)


def _weight(found: Swaps, units: Floats, per: str) -> Floats:
    return {"sites": found.sites, "people": found.people, "units": units}[per]


def _words(what: str, cap: Cap, name: str, firm: str) -> str:
    return {
        "vendor": f"{name} at most {cap.limit:.0%} of {cap.per} of {firm}",
        "country": f"made in {name} at most {cap.limit:.0%} of {cap.per} of {firm}",
        "survive": f"at most {cap.limit:.0%} of people of {firm} on {name}",
    }[what]


def remainders(
    ground: Groundwork,
    goal: Goal,
    found: Swaps,
    made: Stacks,
    starts: npt.NDArray[np.datetime64],
) -> list[Part]:
    """Return what must be swapped by the day from which a limit holds.

    What comes of a holder only grows, so that the end says all of it; what stays of one that goes
    is too much until enough of it is swapped. A day that is past is met as soon as can be.
    """
    network, limits, parts = ground.network, goal.limits, []
    access = np.isin(made.functions, ACCESS)
    units = made.amounts[:, access].sum(axis=1)
    for what, cap in (("vendor", limits.vendor_share), ("country", limits.country_share)):
        if cap is None or cap.start is None:
            continue
        day = np.datetime64(cap.start, "D")
        last = max(last_period(day, goal.practice.acceptance_days, starts, goal), 0)
        names, held = _stands(ground, found, what)
        for place in range(len(found.operators)):
            mine = (found.operator == place) & (units > 0)
            weight = _weight(found, units, cap.per) * mine
            kept, whole = _kept(ground, found, what, cap.per, place)
            most = cap.limit * (whole + float(weight.sum()))
            firm = str(network.names["firm"][found.operators[place]])
            for holder in np.flatnonzero(held.any(axis=0)).tolist():
                column = weight * held[found.group, holder]
                need = kept.get(names[holder], 0.0) + float(column.sum()) - most
                if need > 1e-9 * most and column.any():
                    said = f"{_words(what, cap, names[holder], firm)} from {day}"
                    need = min(need, float(column.sum()))
                    parts.append(Part(said, day, last, column, need, None))
    return parts


def _stands(ground: Groundwork, found: Swaps, what: str) -> tuple[list[str], Floats]:
    """Return who holds a part of what goes, and how much of each group's access, (groups, who)."""
    network, equipment = ground.network, ground.equipment
    names, shares = _makers(network, what)
    there = (found.of_row >= 0) & np.isin(equipment["function"], ACCESS)
    real = equipment["quantity"] * network["sites"]["stands_for"][equipment["site"]]
    total = np.bincount(
        found.of_row[there], weights=real[there], minlength=len(found.groups)
    ).astype(np.float64)
    rows = np.flatnonzero(there & found.goes)
    held = np.zeros((len(found.groups), len(names)))
    part = real[rows] / np.maximum(total[found.of_row[rows]], 1e-12)
    np.add.at(held, found.of_row[rows], part[:, None] * shares[equipment["product"][rows]])
    return names, held


def _held(
    network: Network, made: Stacks, what: str, access: npt.NDArray[np.bool_]
) -> tuple[list[str], Floats]:
    """Return who holds a part of stacks, and how much of each one's access, (stacks, who)."""
    offers = network["offers"]["product"][made.offers]
    count = (made.offer[:, access] >= 0).sum(axis=1)
    names, shares = _makers(network, what)
    found = np.zeros((len(made.offer), len(names)))
    for place in np.flatnonzero(access).tolist():
        there = np.flatnonzero(made.offer[:, place] >= 0)
        found[there] += shares[offers[made.offer[there, place]]]
    part = found / np.maximum(count, 1)[:, None]
    return names, (part > 0).astype(np.float64) if what == "survive" else part


def _makers(network: Network, what: str) -> tuple[list[str], Floats]:
    """Return vendors or countries, and the share of each product's making that is theirs."""
    products = len(network["products"])
    if what != "country":
        names = [str(name) for name in network.names["firm"]]
        shares = np.zeros((products, len(names)))
        firm = network["products"]["firm"]
        known = np.flatnonzero(firm >= 0)
        shares[known, firm[known]] = 1.0
        return names, shares
    names = [str(name) for name in network.names["country"]]
    shares = np.zeros((products, len(names)))
    plants = network["plants"]
    placed = plants["country"] >= 0
    output = np.where(np.isnan(plants["capacity_per_day"]), 1.0, plants["capacity_per_day"])
    np.add.at(shares, (plants["product"][placed], plants["country"][placed]), output[placed])
    return names, shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)


def _kept(
    ground: Groundwork, found: Swaps, what: str, per: str, place: int
) -> tuple[dict[str, float], float]:
    """Return what stays of each vendor or country where nothing is swapped, and in all."""
    network, equipment = ground.network, ground.equipment
    at = equipment["site"].astype(np.int64)
    mine = network["sites"]["operator"][at] == found.operators[place]
    mine &= (found.of_row < 0) & np.isin(equipment["function"], ACCESS)
    rows = np.flatnonzero(mine)
    quantity = equipment["quantity"][rows]
    total = np.bincount(at[rows], weights=quantity, minlength=len(network["sites"]))
    part = quantity / np.maximum(total[at[rows]], 1e-12)
    sites = network["sites"]
    weight = {
        "sites": part * sites["stands_for"][at[rows]], "people": part * sites["people"][at[rows]],
        "units": quantity * sites["stands_for"][at[rows]],
    }[per]  # fmt: skip
    names, shares = _makers(network, what)
    held = weight @ shares[equipment["product"][rows]] if len(rows) else np.zeros(len(names))
    return dict(zip(names, held.tolist(), strict=True)), float(weight.sum())
