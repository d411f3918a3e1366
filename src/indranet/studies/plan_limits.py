"""What a plan may use: crews, money, deliveries, people under change at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Late
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.attacks import uniforms
from indranet.studies.laws import drawn
from indranet.studies.plan_pace import Pace
from indranet.studies.plan_time import DAY, DAYS_A_MONTH
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import RADIO, Swaps

Floats = npt.NDArray[np.float64]

_ROBUST = 27
"""Salt of the draws that a plan is made for."""


@dataclass(frozen=True, eq=False)
class Crews:
    """Crews: pool of each cluster, names of the pools, crew-days and a day's cost by period."""

    pool: npt.NDArray[np.int32]
    names: tuple[str, ...]
    days: Floats
    price: Floats


def crews_of(
    network: Network, goal: Goal, found: Swaps, work: Floats, starts: npt.NDArray[np.datetime64]
) -> Crews:
    """Return crew-days in each pool and period, infinite without a table of crews; and their cost.

    Pools without a region are one that works everywhere. Where some have a region, each region is a
    pool of its own, and those without one are shared out in the measure of the work.
    """
    rows = network["crews"]
    clusters, periods = len(found), goal.periods
    texts = rows.text("region")
    if not any(texts):
        pool: npt.NDArray[np.int32] = np.zeros(clusters, dtype=np.int32)
        names: tuple[str, ...] = ("",)
        share: Floats = np.ones(1)
    else:
        pool, names = found.region.astype(np.int32), found.regions
        least = np.where(np.isfinite(work), work, np.inf).min(axis=1, initial=np.inf)
        least = np.where(np.isfinite(least), least, 0.0)
        share = np.bincount(found.region, weights=least, minlength=len(names)).astype(np.float64)
        share /= max(share.sum(), 1e-12)
    if not len(rows):
        never = np.full((1, periods), np.inf)
        return Crews(pool, names, never, np.zeros((1, periods)))
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    weeks = (starts[1:] - starts[:-1]) / DAY / 7
    months = (
        starts[:-1].astype("datetime64[M]").astype(int)[:, None] + np.arange(goal.months)
    ) % 12
    season = np.array(goal.practice.season)[months].mean(axis=1)
    days, paid = np.zeros((2, len(names), periods))
    pools = rows.text("pool")
    for name in sorted(set(pools)):
        mine = np.array([row for row in range(len(rows)) if pools[row] == name])
        begins = np.where(np.isnat(rows["from"][mine]), starts[0] - DAY, rows["from"][mine])
        order = np.argsort(begins, kind="stable")
        now = np.searchsorted(begins[order], middles, side="right") - 1
        for period in np.flatnonzero(now >= 0).tolist():
            row = int(mine[order][now[period]])
            there = rows["crews"][row] * rows["crew_days_per_week"][row]
            there = there * weeks[period] * season[period]
            where = np.array([float(region == texts[row]) for region in names])
            part = share if not texts[row] else where
            days[:, period] += part * there
            paid[:, period] += part * there * rows["usd_per_day"][row]
    price = np.divide(paid, days, out=np.zeros_like(paid), where=days > 0)
    return Crews(pool, names, days, price)


def cash_of(
    network: Network, found: Swaps, starts: npt.NDArray[np.datetime64]
) -> tuple[Floats, float, float]:
    """Return the money of each operator until each period ends; share and lag of refunds.

    Where rows tell different refunds, the least share and the longest lag count for all.
    """
    rows = network["budgets"]
    cash = np.full((len(found.operators), len(starts) - 1), np.inf)
    shares, lags = [], []
    for place, operator in enumerate(found.operators.tolist()):
        mine = np.flatnonzero(rows["operator"] == operator)
        if not len(mine):
            continue
        mine = mine[np.argsort(rows["from"][mine], kind="stable")]
        now = np.searchsorted(rows["from"][mine], starts[1:] - DAY, side="right") - 1
        cash[place] = np.where(now >= 0, rows["usd"][mine][np.maximum(now, 0)], 0.0)
        shares += rows["refund_share"][mine].tolist()
        lags += rows["refund_lag_days"][mine].tolist()
    return cash, min(shares, default=0.0), max(lags, default=0.0)


def running_of(network: Network, made: Stacks, goal: Goal, discount: Floats) -> Floats:
    """Return what one unit costs to run until the end from each period on, (offers, periods)."""
    yearly = network["offers"]["yearly_cost_usd"][made.offers]
    left = np.cumsum(discount[::-1])[::-1] - discount
    return np.asarray(yearly[:, None] * left[None, :] * goal.months / 12)


def deliveries(
    network: Network,
    made: Stacks,
    starts: npt.NDArray[np.datetime64],
    slip: Floats | None = None,
    pace: Pace | None = None,
    draw: int | None = None,
) -> Floats:
    """Return units delivered of each offer until the middle of each period.

    From the lead time on deliveries grow evenly to their full pace over the ramp; nothing is
    ordered after the last day of the offer. `slip` days late where given, shape (offers,). At
    another pace than offered on the days of `pace`, as in its draw or on average.
    """
    rows = network["offers"].where(made.offers)
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    begins = np.where(np.isnat(rows["from"]), starts[0], np.maximum(rows["from"], starts[0]))
    late = rows["lead_days"] + (0.0 if slip is None else slip)
    ends = np.where(np.isnat(rows["until"]), np.inf, (rows["until"] - begins) / DAY + 1.0)

    def grown(days: npt.NDArray[np.datetime64], mine: npt.NDArray[np.integer]) -> Floats:
        """Return months' worth of full pace until each day, (mine, days)."""
        since = (days[None, :] - begins[mine, None]) / DAY - late[mine, None]
        months = np.clip(since, 0.0, ends[mine, None]) / DAYS_A_MONTH
        ramp = rows["ramp_months"][mine, None]
        growing = months**2 / np.maximum(2 * ramp, 1e-12)
        return np.asarray(np.where(months < ramp, growing, months - ramp / 2))

    worth = grown(middles, np.arange(len(rows)))
    if pace is not None and len(pace.offers):
        share = pace.of(draw)
        edges = pace.first + np.arange(share.shape[1] + 1) * DAY
        until = grown(edges, pace.offers)
        # A day's worth at the share of that day; before the first day and after the last in whole.
        made_then = np.concatenate([until[:, :1], share * np.diff(until, axis=1)], axis=1).cumsum(
            axis=1
        )
        at = np.clip((middles - pace.first) // DAY, 0, share.shape[1])
        after = np.minimum(share[:, -1:], 1.0) * np.maximum(worth[pace.offers] - until[:, -1:], 0.0)
        before = np.minimum(worth[pace.offers] - until[:, :1], 0.0)
        worth[pace.offers] = made_then[:, at] + after + before
    units = rows["units_per_month"][:, None]
    return np.asarray(np.where(np.isnan(units), np.inf, np.nan_to_num(units) * worth))


def slips(network: Network, made: Stacks, goal: Goal, draw: int, salt: int) -> Floats:
    """Return by how many days each offer is late in a draw, one number a vendor, (offers,)."""
    maker = network["products"]["firm"].astype(np.int64)[network["offers"]["product"][made.offers]]
    keys = (maker + 1).astype(np.uint64)
    return drawn(goal.uncertainty.delivery_slip_days, uniforms(keys, goal.seed, draw, salt))


def late_of(
    network: Network,
    goal: Goal,
    made: Stacks,
    starts: npt.NDArray[np.datetime64],
    pace: Pace | None = None,
) -> Late:
    """Return the scenarios that the plan reckons with: deliveries when vendors are late.

    Drawn apart from the draws in which the plan is carried out, so that these judge it fairly.
    """
    count = goal.robust.draws
    if not count or not len(made.offers):
        return Late()
    there = np.stack([
        deliveries(network, made, starts, slips(network, made, goal, draw, _ROBUST), pace, draw)
        for draw in range(count)
    ])  # fmt: skip
    days = float(((starts[1:] - starts[:-1]) / DAY).mean())
    price = np.full(len(made.offers), goal.robust.late_usd_per_unit_day * days)
    return Late(there, price, np.full(count, 1.0 / count), goal.robust.tail)


def part_under_change(goal: Goal, starts: npt.NDArray[np.datetime64]) -> float:
    """Return the part of a period in which a cluster that is swapped in it is under change."""
    length = float(((starts[1:] - starts[:-1]) / DAY).mean())
    return min((goal.practice.acceptance_days + 1) / length, 1.0)


def floor_of(network: Network, goal: Goal, found: Swaps) -> Floats:
    """Return people who may be under change at a time, those included whom hosts carry.

    The largest cluster of a region may always be changed by itself; where nothing is served yet,
    nobody is under change.
    """
    if goal.replace.wanted:
        return np.full((len(found.regions), goal.periods), np.inf)
    sites = network["sites"]
    mine = np.isin(sites["operator"], found.operators) & (sites["kind"] == RADIO)
    words = np.append(sites.words["region"], "")[sites["region"]].astype(str)
    people = np.array([sites["people"][mine & (words == name)].sum() for name in found.regions])
    rows = network["roaming"]
    carried = np.bincount(
        rows["operator"][np.isin(rows["operator"], found.operators)],
        weights=rows["share"][np.isin(rows["operator"], found.operators)],
        minlength=len(network["firms"]) + 1,
    )[found.operators].mean()
    most = (1.0 - goal.limits.service_floor + carried) * people
    part = part_under_change(goal, goal.starts(network.first_day))
    largest = np.zeros(len(found.regions))
    np.maximum.at(largest, found.region, found.people * part)
    return np.repeat(np.maximum(most, largest)[:, None], goal.periods, axis=1)
