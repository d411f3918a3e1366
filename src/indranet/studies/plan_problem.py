"""A goal as a problem of assignment: costs, deliveries, crews, floor, money, limits and dates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from indranet.engines.assignment import Caps, Milestones, Problem, problem
from indranet.geography.places import haversine_km
from indranet.model.goal import Cap, Goal
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_rules import Dated, dated_rules
from indranet.studies.stacks import Stacks, stacks
from indranet.studies.swaps import ACCESS, RADIO, Swaps, swaps

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12
_DAY = np.timedelta64(1, "D")
_FREE, _COMMITTED, _DONE = TABLES["progress"].column("state").choices
_TEN_SWAPS = 10.0
_FAR_KM = 100.0


@dataclass(frozen=True, eq=False)
class Planned:
    """A goal made ready for the engine.

    Attributes
    ----------
    ground, goal
        The case and what is asked.
    swaps, stacks
        What must go, and what can replace it.
    problem
        For the engine.
    starts
        First day of each period, and the day after the last, shape (periods + 1,).
    cap_words, milestone_rules
        What each cap limits, in words; place in `rules` of what each milestone is about.
    rules
        Dated rules that swaps can meet.
    others
        Rules of the goal that swaps do not meet by themselves, in words.
    done
        Clusters that are done already: they cost nothing more and have no options.
    pools
        Names of the pools of crews, empty for one that works everywhere.
    """

    ground: Groundwork
    goal: Goal
    swaps: Swaps
    stacks: Stacks
    problem: Problem
    starts: npt.NDArray[np.datetime64]
    cap_words: tuple[str, ...]
    milestone_rules: tuple[int, ...]
    rules: tuple[Dated, ...]
    others: tuple[str, ...]
    done: npt.NDArray[np.bool_]
    pools: tuple[str, ...]


def planned(ground: Groundwork, goal: Goal) -> Planned:
    """Make a goal ready.

    Parameters
    ----------
    ground
        The case.
    goal
        What is asked.

    Raises
    ------
    UsageError
        As `studies.swaps.swaps`.
    """
    network = ground.network
    found = swaps(ground, goal)
    made = stacks(ground, goal, found)
    starts = goal.starts(network.first_day)
    rules, others = dated_rules(ground, goal, found)
    done, fixed_period, fixed_product = _progress(network, found, starts)
    cost, work = _costs(network, goal, found, made)
    first = _first_periods(network, goal, made, starts)
    latest, soft = _latest(found, rules, starts, goal, done)
    earliest = np.zeros(len(found), dtype=np.int32)
    _hold_to_progress(network, made, cost, earliest, latest, fixed_period, fixed_product)
    discount = _discount(goal)
    days = (starts[1:] - starts[0]) / _DAY
    person_day = goal.cost.exposure_usd_per_person_day
    crews = _crews(network, goal, found, work, starts)
    purses = _cash(network, found, starts)
    weights, caps, words = _caps(ground, goal, found, made)
    weights, milestones, of_rule = _milestones(found, rules, soft, starts, weights, goal, cost)
    typical = float(np.median(_finite(cost))) if np.isfinite(cost).any() else 1.0
    penalty = _TEN_SWAPS * np.where(np.isfinite(cost), cost, 0.0).max(axis=1, initial=typical)
    penalty += person_day * found.people * days[-1]
    penalty[done] = 0.0
    near = _neighbours(network, goal, found)
    asked = problem(
        cost=cost, periods=goal.periods, region=found.region, pool=crews.pool, work=work,
        amounts=made.amounts,
        product=made.offer, people=found.people * _part_under_change(goal, starts),
        wait=person_day * found.people, penalty=penalty, weights=weights, earliest=earliest,
        latest=latest, first=first, discount=discount, waited=days * discount,
        work_price=crews.price * discount, running=_running(network, made, goal, discount),
        deliveries=deliveries(network, made, starts), crews=crews.days,
        overtime=np.where(
            np.isfinite(crews.days), goal.cost.overtime_share * crews.days, 0.0
        ),
        overtime_price=(goal.cost.overtime_factor - 1) * crews.price * discount,
        floor=_floor(network, goal, found), purse=found.operator, cash=purses[0],
        refund_share=purses[1], refund_lag=_periods(purses[2], goal), caps=caps,
        milestones=milestones, near_start=near[0], near=near[1],
    )  # fmt: skip
    return Planned(
        ground, goal, found, made, asked, starts, words, of_rule, tuple(rules), tuple(others), done,
        crews.names,
    )  # fmt: skip


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _periods(days: float, goal: Goal) -> int:
    return int(np.ceil(days / (goal.months * DAYS_A_MONTH) - 1e-9))


def _discount(goal: Goal) -> Floats:
    years = np.arange(goal.periods) * goal.months / 12
    return np.asarray((1.0 + goal.cost.discount_rate) ** -years)


def _progress(
    network: Network, found: Swaps, starts: npt.NDArray[np.datetime64]
) -> tuple[npt.NDArray[np.bool_], Codes, Codes]:
    """Return which clusters are done, and period and product of those promised, -1 for none."""
    rows = network["progress"]
    place = {name: number for number, name in enumerate(found.groups)}
    done = np.zeros(len(found), dtype=bool)
    period, product = np.full((2, len(found)), -1, dtype=np.int64)
    for row, (cluster, state) in enumerate(
        zip(rows.text("cluster"), rows.text("state"), strict=True)
    ):
        at = place.get(cluster, -1)
        if at < 0 or state == _FREE:
            continue
        mine = found.group == at
        done[mine] = state == _DONE
        if state == _COMMITTED:
            period[mine] = np.searchsorted(starts, rows["period"][row], side="right") - 1
            product[mine] = rows["product"][row]
    return done, np.clip(period, -1, len(starts) - 2), product


def _hold_to_progress(
    network: Network,
    made: Stacks,
    cost: Floats,
    earliest: npt.NDArray[np.int32],
    latest: npt.NDArray[np.int32],
    period: Codes,
    product: Codes,
) -> None:
    """Leave clusters that are promised their period and the stacks with their product."""
    offered = np.append(network["offers"]["product"][made.offers], -1)[made.offer]
    for cluster in np.flatnonzero(period >= 0).tolist():
        earliest[cluster] = latest[cluster] = period[cluster]
        with_it = (offered == product[cluster]).any(axis=1) & np.isfinite(cost[cluster])
        if with_it.any():
            cost[cluster, ~with_it] = np.inf


def _costs(network: Network, goal: Goal, found: Swaps, made: Stacks) -> tuple[Floats, Floats]:
    """Return money and work of each cluster with each stack, money infinite where it is for others.

    Units times price and removal, structural work, and old equipment running beside the new.
    """
    offers = network["offers"].where(made.offers)
    practice = goal.practice
    unit = np.append(offers["unit_cost_usd"] + offers["removal_cost_usd"], 0.0)[made.offer]
    days = np.append(offers["crew_days"], 0.0)[made.offer]
    money = made.amounts @ unit.T
    work = made.amounts @ days.T
    money += (found.structural * practice.structural_usd)[:, None]
    running = practice.dual_running_usd_per_day * practice.dual_running_days
    money += (found.sites * running)[:, None]
    work += (found.structural * practice.structural_crew_days)[:, None]
    money[made.kind[:, None] != made.of_kind[None, :]] = np.inf
    return money, work


def _first_periods(
    network: Network, goal: Goal, made: Stacks, starts: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.int32]:
    """Return from which period each stack may be used: ordered, delivered, its vendor joined.

    Joining a vendor's core and management takes `gate_days` from the day on which all its offers of
    the stack can be ordered.
    """
    offers = network["offers"].where(made.offers)
    begins = np.where(np.isnat(offers["from"]), starts[0], np.maximum(offers["from"], starts[0]))
    ready = begins + np.ceil(offers["lead_days"]).astype("timedelta64[D]")
    joined = begins + np.timedelta64(goal.practice.gate_days, "D")
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    later = np.append(np.maximum(ready, joined), starts[0])[made.offer].max(
        axis=1, initial=starts[0]
    )
    return np.asarray(np.searchsorted(middles, later), dtype=np.int32)


def _latest(
    found: Swaps,
    rules: list[Dated],
    starts: npt.NDArray[np.datetime64],
    goal: Goal,
    done: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], list[int]]:
    """Return the last period of each cluster, and the rules that leave a part standing.

    Where nothing may be left from a day on, all that counts is swapped and accepted before it; a
    day that is past, or too near for any swap, is met as soon as can be and told as missed.
    """
    latest = np.full(len(found), goal.periods - 1, dtype=np.int32)
    latest[done] = -1
    soft = []
    for number, rule in enumerate(rules):
        last = last_period(rule.date, starts, goal)
        if rule.allowed > 0 or last < 0:
            soft.append(number)
            continue
        hit = found.spread(rule.rows & found.goes, np.ones(len(rule.rows))) > 0
        latest[hit] = np.minimum(latest[hit], last)
    return latest, soft


def last_period(date: np.datetime64, starts: npt.NDArray[np.datetime64], goal: Goal) -> int:
    """Return the last period whose swaps are accepted a margin before a day, -1 for none."""
    days = goal.practice.acceptance_days + goal.practice.margin_days
    accepted = starts[1:] + np.timedelta64(days, "D")
    return int(np.searchsorted(accepted, date, side="right")) - 1


@dataclass(frozen=True, eq=False)
class _Crews:
    """Crews: pool of each cluster, names of the pools, crew-days and a day's cost by period."""

    pool: npt.NDArray[np.int32]
    names: tuple[str, ...]
    days: Floats
    price: Floats


def _crews(
    network: Network, goal: Goal, found: Swaps, work: Floats, starts: npt.NDArray[np.datetime64]
) -> _Crews:
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
        return _Crews(pool, names, never, np.zeros((1, periods)))
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    weeks = (starts[1:] - starts[:-1]) / _DAY / 7
    months = (
        starts[:-1].astype("datetime64[M]").astype(int)[:, None] + np.arange(goal.months)
    ) % 12
    season = np.array(goal.practice.season)[months].mean(axis=1)
    days, paid = np.zeros((2, len(names), periods))
    pools = rows.text("pool")
    for name in sorted(set(pools)):
        mine = np.array([row for row in range(len(rows)) if pools[row] == name])
        begins = np.where(np.isnat(rows["from"][mine]), starts[0] - _DAY, rows["from"][mine])
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
    return _Crews(pool, names, days, price)


def _cash(
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
        now = np.searchsorted(rows["from"][mine], starts[1:] - _DAY, side="right") - 1
        cash[place] = np.where(now >= 0, rows["usd"][mine][np.maximum(now, 0)], 0.0)
        shares += rows["refund_share"][mine].tolist()
        lags += rows["refund_lag_days"][mine].tolist()
    return cash, min(shares, default=0.0), max(lags, default=0.0)


def _running(network: Network, made: Stacks, goal: Goal, discount: Floats) -> Floats:
    """Return what one unit costs to run until the end from each period on, (offers, periods)."""
    yearly = network["offers"]["yearly_cost_usd"][made.offers]
    left = np.cumsum(discount[::-1])[::-1] - discount
    return np.asarray(yearly[:, None] * left[None, :] * goal.months / 12)


def deliveries(
    network: Network, made: Stacks, starts: npt.NDArray[np.datetime64], slip: Floats | None = None
) -> Floats:
    """Return units delivered of each offer until the middle of each period.

    From the lead time on deliveries grow evenly to their full pace over the ramp; nothing is
    ordered after the last day of the offer. `slip` days late where given, shape (offers,).
    """
    rows = network["offers"].where(made.offers)
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    begins = np.where(np.isnat(rows["from"]), starts[0], np.maximum(rows["from"], starts[0]))
    late = rows["lead_days"] + (0.0 if slip is None else slip)
    since = (middles[None, :] - begins[:, None]) / _DAY - late[:, None]
    ends = np.where(np.isnat(rows["until"]), np.inf, (rows["until"] - begins) / _DAY + 1.0)
    months = np.clip(since, 0.0, ends[:, None]) / DAYS_A_MONTH
    ramp = rows["ramp_months"][:, None]
    grown = np.where(months < ramp, months**2 / np.maximum(2 * ramp, 1e-12), months - ramp / 2)
    pace = rows["units_per_month"][:, None]
    return np.asarray(np.where(np.isnan(pace), np.inf, np.nan_to_num(pace) * grown))


def _part_under_change(goal: Goal, starts: npt.NDArray[np.datetime64]) -> float:
    """Return the part of a period in which a cluster that is swapped in it is under change."""
    length = float(((starts[1:] - starts[:-1]) / _DAY).mean())
    return min((goal.practice.acceptance_days + 1) / length, 1.0)


def _floor(network: Network, goal: Goal, found: Swaps) -> Floats:
    """Return people who may be under change at a time, those included whom hosts carry.

    The largest cluster of a region may always be changed by itself.
    """
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
    part = _part_under_change(goal, goal.starts(network.first_day))
    largest = np.zeros(len(found.regions))
    np.maximum.at(largest, found.region, found.people * part)
    return np.repeat(np.maximum(most, largest)[:, None], goal.periods, axis=1)


def _caps(
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
            weight = {"sites": found.sites, "people": found.people, "units": units}[cap.per] * mine
            kept, whole = _kept(ground, found, what, cap.per, place)
            holders, factor = _held(ground.network, made, what, access)
            for holder, name in enumerate(holders):
                if factor[:, holder].any():
                    left = cap.limit * (whole + weight.sum()) - kept.get(name, 0.0)
                    firm = ground.network.names["firm"][found.operators[place]]
                    said = {
                        "vendor": f"{name} at most {cap.limit:.0%} of {cap.per} of {firm}",
                        "country": f"made in {name} at most {cap.limit:.0%} of {cap.per} of {firm}",
                        "survive": f"at most {cap.limit:.0%} of people of {firm} on {name}",
                    }[what]
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


def _milestones(
    found: Swaps,
    rules: list[Dated],
    soft: list[int],
    starts: npt.NDArray[np.datetime64],
    weights: Floats,
    goal: Goal,
    cost: Floats,
) -> tuple[Floats, Milestones, tuple[int, ...]]:
    """Return the weights with a column for each rule that leaves a part, and its milestone."""
    columns, need, last, price, of = [weights], [], [], [], []
    cheapest = np.where(np.isfinite(cost), cost, np.inf).min(axis=1, initial=np.inf)
    for number in soft:
        rule = rules[number]
        at = last_period(rule.date, starts, goal)
        column = found.spread(rule.rows & found.goes, rule.weight)
        lacking = float(rule.weight[rule.rows].sum()) - rule.allowed
        if lacking <= 0 or not column.any() or at < 0:
            continue
        reach = min(lacking, float(column.sum()))
        given = goal.cost.milestone_usd_per_unit
        known = np.isfinite(cheapest) & (column > 0)
        usual = cheapest[known].sum() / max(column[known].sum(), 1e-12) if known.any() else 1.0
        columns.append(column[:, None])
        need.append(reach)
        last.append(at)
        price.append(_TEN_SWAPS * usual if given is None else given)
        of.append(number)
    made = np.concatenate(columns, axis=1)
    first = weights.shape[1]
    return made, Milestones(
        (first + np.arange(len(need))).astype(np.int32), np.array(last, dtype=np.int32),
        np.array(need, dtype=np.float64), np.array(price, dtype=np.float64),
    ), tuple(of)  # fmt: skip


def _neighbours(network: Network, goal: Goal, found: Swaps) -> tuple[Codes, npt.NDArray[np.int32]]:
    """Return which clusters touch, compressed sparse rows.

    Only periods of a month keep neighbours apart: in a quarter one is frozen, swapped and accepted
    after the other. Without a table of neighbours those touch that a Delaunay triangulation of
    their positions joins, up to 100 km apart, of one operator.
    """
    pairs: set[tuple[int, int]] = set()
    if goal.practice.neighbours_apart and goal.period == "month":
        pairs = _told_pairs(network, found) or _near_pairs(found)
    both = sorted(pairs | {(b, a) for a, b in pairs})
    owner = np.array([a for a, _ in both], dtype=np.int64)
    other = np.array([b for _, b in both], dtype=np.int32)
    return np.searchsorted(owner, np.arange(len(found) + 1)).astype(np.int64), other


def _told_pairs(network: Network, found: Swaps) -> set[tuple[int, int]]:
    rows = network["neighbours"]
    first = np.searchsorted(found.group, np.arange(len(found.groups))).tolist()
    place = dict(zip(found.groups, first, strict=True))
    pairs = zip(rows.text("cluster"), rows.text("other"), strict=True)
    return {(place[a], place[b]) for a, b in pairs if a in place and b in place}


def _near_pairs(found: Swaps) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for operator in range(len(found.operators)):
        known = np.isfinite(found.lat) & np.isfinite(found.lon) & (found.operator == operator)
        # The parts of one cluster stand at one place.
        known &= np.append(True, np.diff(found.group) > 0)
        mine = np.flatnonzero(known)
        if len(mine) < 4:
            continue
        flat = np.column_stack([
            found.lon[mine] * np.cos(np.radians(found.lat[mine].mean())), found.lat[mine]
        ])  # fmt: skip
        try:
            corners = Delaunay(flat).simplices
        except QhullError:
            continue
        edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
        a, b = mine[edges[:, 0]], mine[edges[:, 1]]
        km = haversine_km(found.lat[a], found.lon[a], found.lat[b], found.lon[b])
        near = km <= _FAR_KM
        pairs |= {
            (min(x, y), max(x, y)) for x, y in zip(a[near].tolist(), b[near].tolist(), strict=True)
        }
    return pairs
