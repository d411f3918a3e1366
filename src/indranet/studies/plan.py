"""The verb plan: the cheapest schedule that throws a vendor out, its proof, and its chances."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import (
    Assignment,
    Blame,
    Plan,
    Problem,
    assign,
    blame,
    own_costs,
)
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_draws import CAUSES, Dates, dates
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.plan_reasons import because, binding, blame_words
from indranet.studies.rules import rules

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

FRONT = (0.0, 1.0, 4.0, 16.0)
"""Weights on exposure, times what the goal says, of the points of the front."""
USUAL_USD_PER_PERSON_DAY = 0.01
"""Where a goal gives exposure no price, the front is drawn at parts of this one."""
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Planning:
    """A schedule, what proves it, and what may come of it.

    Attributes
    ----------
    tables
        `schedule` (cluster, function, product, period, cost_usd, because), `dates` (rule, date,
        probability, operator, planned, late, without), `pareto` (weight, cost_usd,
        exposure_person_days, gap), `spend` (operator, period, planned_usd, cash_usd), `shares`
        (operator, by, id, before, after), `clusters` (cluster, operator, region, people, sites,
        lat, lon, period, before, after), `independence` (kind, id, horizon, people_lost before and
        after).
    summary
        Cost with its interval, chance of each date, what is not done and for want of what.
    proof
        What plan.json holds: cost, objective, bound, gap, unswapped, status, binding rows with
        their prices, blame.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]
    proof: Mapping[str, Any]


_PROOF = ("cost_usd", "objective", "bound", "gap", "unswapped", "status", "binding", "blame")


def plan(
    network: Network,
    goal: Goal,
    *,
    seconds: float | None = None,
    gap: float | None = None,
    executor: Executor | None = None,
    front: bool = True,
) -> Planning:
    """Plan who is swapped for what and when, prove how near the cost is to the least, and draw it.

    Parameters
    ----------
    network, goal
        The case and what is asked.
    seconds, gap
        When the search stops; the goal's by default.
    executor
        Threads; answers do not hang on their number.
    front
        Whether to find plans at other prices of exposure as well.

    Raises
    ------
    UsageError
        When the goal names what the case does not hold, or nothing must go.
    """
    ground = groundwork(network)
    made = planned(ground, goal)
    time = goal.solve.seconds if seconds is None else seconds
    enough = goal.solve.gap if gap is None else gap
    found = assign(made.problem, seconds=time, gap=enough, seed=goal.seed, executor=executor)
    left = (found.plan.option < 0) & ~made.done
    faulty = blame(made.problem, made.swaps.people + 1e-6, executor) if left.any() else None
    chances = dates(made, found.plan, executor)
    tables: dict[str, Table] = {
        "schedule": _schedule(made, found),
        "dates": _dates(made, found.plan, chances),
        "pareto": _front(made, found, time, enough, executor) if front else _no_front(),
        "spend": _spend(made, found),
        "clusters": _clusters(made, found.plan),
    }
    after = as_planned(made, found.plan)
    tables["shares"] = _shares(made, after)
    tables["rules"] = _rules(made, after)
    tables["independence"] = _independence(network, after, executor)
    summary = _summary(made, found, faulty, chances, tables)
    return Planning(tables, summary, {name: summary[name] for name in _PROOF})


def _no_front() -> Table:
    empty = np.zeros(0)
    return {"weight": empty, "cost_usd": empty, "exposure_person_days": empty, "gap": empty}


def _schedule(made: Planned, found: Assignment) -> Table:
    """Return one row for each cluster and function: the product, period, cost and reason."""
    network, stacks, chosen = made.ground.network, made.stacks, found.plan
    offers = network["offers"]
    costs = own_costs(made.problem, chosen)
    why, names = because(made, found), made.swaps.names
    rows: list[tuple[str, str, str, Any, float, str]] = []
    for cluster in range(len(made.swaps)):
        name, option = names[cluster], int(chosen.option[cluster])
        if made.done[cluster]:
            continue
        if option < 0:
            for place in np.flatnonzero(made.swaps.amounts[cluster] > 0).tolist():
                word = FUNCTIONS[made.swaps.functions[place]]
                rows.append((name, word, "", np.datetime64("NaT"), 0.0, why[cluster]))
            continue
        there = np.flatnonzero(stacks.offer[option] >= 0)
        share = _parts(made, cluster, option, there)
        day = made.starts[chosen.period[cluster]]
        for place, part in zip(there.tolist(), share.tolist(), strict=True):
            row = stacks.offers[stacks.offer[option, place]]
            product = str(network.names["product"][offers["product"][row]])
            word = FUNCTIONS[stacks.functions[place]]
            rows.append((name, word, product, day, float(costs[cluster] * part), why[cluster]))
    columns = zip(*rows, strict=True) if rows else ((),) * 6
    cluster_, function, product_, period, cost, reason = (list(column) for column in columns)
    return {
        "cluster": np.array(cluster_, dtype=object), "function": np.array(function, dtype=object),
        "product": np.array(product_, dtype=object),
        "period": np.array(period, dtype="datetime64[D]"),
        "cost_usd": np.array(cost, dtype=np.float64), "because": np.array(reason, dtype=object),
    }  # fmt: skip


def _parts(made: Planned, cluster: int, option: int, there: npt.NDArray[np.integer]) -> Floats:
    """Return how a cluster's cost is shared out to functions: by what their units cost."""
    rows = made.stacks.offers[made.stacks.offer[option, there]]
    offers = made.ground.network["offers"]
    unit = offers["unit_cost_usd"][rows] + offers["removal_cost_usd"][rows]
    worth = unit * made.stacks.amounts[cluster, there]
    total = worth.sum()
    return worth / total if total > 0 else np.full(len(there), 1.0 / max(len(there), 1))


def _dates(made: Planned, chosen: Plan, chances: Dates) -> Table:
    """Return when each dated rule is met, as planned and in the draws, and how likely in time."""
    best = [_best_without(chances, place) for place in range(len(made.rules))]
    return {
        "rule": np.array([rule.rule for rule in made.rules], dtype=object),
        "operator": np.array([rule.operator for rule in made.rules], dtype=object),
        "date": np.array([rule.date for rule in made.rules], dtype="datetime64[D]"),
        "probability": chances.probability,
        "planned": np.array(
            [met_by(made, chosen, place) for place in range(len(made.rules))],
            dtype="datetime64[D]",
        ),
        "late": chances.late,
        "raises_most": np.array([cause for cause, _ in best], dtype=object),
        "raised_to": np.array([value for _, value in best], dtype=np.float64),
    }


def _best_without(chances: Dates, place: int) -> tuple[str, float]:
    """Return the cause whose absence makes a date likeliest, and how likely it is then."""
    now = float(chances.probability[place])
    cause = max(CAUSES, key=lambda name: float(chances.without[name][place]))
    then = float(chances.without[cause][place])
    return (cause, then) if then > now else ("", now)


def met_by(made: Planned, chosen: Plan, place: int) -> np.datetime64:
    """Return the day on which a rule is met when all goes as planned, NaT for never."""
    rule, found = made.rules[place], made.swaps
    if not rule.lacking:
        return np.datetime64(min(made.starts[0], rule.date))
    column = found.spread(rule.rows & found.goes, rule.weight)
    done = chosen.option >= 0
    reached = (
        np.bincount(chosen.period[done], weights=column[done], minlength=made.goal.periods).cumsum()
        + column[made.done].sum()
    )
    enough = np.flatnonzero(reached >= rule.lacking - rule.slack)
    if not len(enough):
        return np.datetime64("NaT")
    accepted = np.timedelta64(made.goal.practice.acceptance_days, "D")
    ends: np.datetime64 = np.datetime64(made.starts[int(enough[0]) + 1], "D")
    met: np.datetime64 = ends + accepted
    return met


def _front(
    made: Planned, found: Assignment, seconds: float, gap: float, executor: Executor | None
) -> Table:
    """Return plans at other prices of a day on which a person hangs on what must go.

    Each begins with the plan before it, in an eighth of the time.
    """
    given = made.goal.cost.exposure_usd_per_person_day
    usual = given or USUAL_USD_PER_PERSON_DAY
    days = (made.starts[1:] - made.starts[0]) / _DAY
    weights, costs, exposed, gaps = [], [], [], []
    plain = replace(made.problem, wait=np.zeros_like(made.problem.wait))
    begun = found.plan
    for factor in FRONT:
        worth = usual * factor * made.swaps.people
        # Never to be swapped counts as exposed until the end, at the price of this point.
        never = made.problem.penalty + (worth - given * made.swaps.people) * days[-1] * ~made.done
        priced = replace(plain, wait=worth, penalty=never)
        point = assign(
            priced, seconds=max(seconds / 8, 2.0), gap=max(gap, 2e-3), seed=made.goal.seed,
            executor=executor, begun=begun, prices=found.proof.prices,
        )  # fmt: skip
        begun = point.plan
        done = point.plan.option >= 0
        until = np.where(done, days[point.plan.period], days[-1])
        weights.append(usual * factor)
        costs.append(float(own_costs(plain, point.plan)[done].sum()))
        exposed.append(float((until * made.swaps.people)[~made.done].sum()))
        gaps.append(point.gap)
    return {
        "weight": np.array(weights), "cost_usd": np.array(costs),
        "exposure_person_days": np.array(exposed), "gap": np.array(gaps),
    }  # fmt: skip


def _spend(made: Planned, found: Assignment) -> Table:
    """Return what each operator will have spent, refunds taken off, and its money, by period."""
    network, asked = made.ground.network, made.problem
    operators = np.repeat(network.names["firm"][made.swaps.operators], asked.periods)
    return {
        "operator": operators.astype(object),
        "period": np.tile(made.starts[:-1], len(asked.cash)),
        "planned_usd": found.used.cash.ravel(),
        "cash_usd": np.where(np.isfinite(asked.cash), asked.cash, np.nan).ravel(),
    }


def _clusters(made: Planned, chosen: Plan) -> Table:
    network, found = made.ground.network, made.swaps
    maker = network["products"]["firm"]
    equipment = made.ground.equipment
    had = np.full(len(found.groups), "", dtype=object)
    goes = np.flatnonzero(found.goes & (found.of_row >= 0))
    had[found.of_row[goes]] = network.names["firm"][maker[equipment["product"][goes]]]
    before = had[found.group]
    after = np.full(len(found), "", dtype=object)
    offers = network["offers"]["product"][made.stacks.offers]
    for cluster in np.flatnonzero(chosen.option >= 0).tolist():
        place = made.stacks.offer[chosen.option[cluster]]
        firms = maker[offers[place[place >= 0]]]
        names = sorted({str(network.names["firm"][f]) for f in firms.tolist() if f >= 0})
        after[cluster] = ", ".join(names)
    period = np.full(len(found), np.datetime64("NaT"), dtype="datetime64[D]")
    done = chosen.option >= 0
    period[done] = made.starts[chosen.period[done]]
    return {
        "cluster": np.array(found.names, dtype=object),
        "operator": network.names["firm"][found.operators[found.operator]].astype(object),
        "region": np.array([found.regions[r] for r in found.region.tolist()], dtype=object),
        "people": found.people, "sites": found.sites, "lat": found.lat, "lon": found.lon,
        "period": period, "before": before, "after": after,
    }  # fmt: skip


def as_planned(made: Planned, chosen: Plan) -> Network:
    """Return the network once the plan is carried out: what goes is replaced by what comes.

    The rows of equipment that a cluster's stack replaces take the stack's products; of a cluster
    that is swapped in parts, those of the stack that most of its parts take.
    """
    network, stacks, found = made.ground.network, made.stacks, made.swaps
    offers = network["offers"]["product"][stacks.offers]
    equipment = network["equipment"]
    exists = np.flatnonzero(made.ground.exists("equipment"))
    product = equipment["product"].copy()
    place = np.searchsorted(stacks.functions, made.ground.equipment["function"])
    known = place < len(stacks.functions)
    known &= (
        stacks.functions[np.minimum(place, len(stacks.functions) - 1)]
        == made.ground.equipment["function"]
    )
    option = np.where(found.of_row >= 0, _of_groups(made, chosen)[found.of_row], -1)
    rows = np.flatnonzero(known & (option >= 0))
    offer = stacks.offer[option[rows], place[rows]]
    amount_goes = found.goes[rows] | ~np.isin(stacks.functions[place[rows]], found.functions)
    taken = rows[(offer >= 0) & amount_goes]
    product[exists[taken]] = offers[stacks.offer[option[taken], place[taken]]]
    return network.replace(equipment=equipment.with_column("product", product))


def _of_groups(made: Planned, chosen: Plan) -> npt.NDArray[np.int64]:
    """Return the option that most parts of each group take, -1 where most take none."""
    found, options = made.swaps, len(made.stacks.offer)
    votes = np.zeros((len(found.groups), options + 1))
    np.add.at(votes, (found.group, chosen.option + 1), found.share)
    return np.asarray(votes.argmax(axis=1) - 1)


def _shares(made: Planned, after: Network) -> Table:
    """Return the vendors' shares of sites, before and after, of each operator's access."""
    rows: list[tuple[str, str, str, float, float]] = []
    network = made.ground.network
    exists = np.flatnonzero(made.ground.exists("equipment"))
    equipment = made.ground.equipment
    at = equipment["site"].astype(np.int64)
    runs = network["sites"]["operator"][at]
    weight = equipment["quantity"] * network["sites"]["stands_for"][at]
    access = np.isin(equipment["function"], made.stacks.functions)
    firms = np.append(network.names["firm"], "unknown")
    for operator in made.swaps.operators.tolist():
        mine = np.flatnonzero((runs == operator) & access)
        total = max(float(weight[mine].sum()), 1e-12)
        parts = []
        for one in (network, after):
            maker = one["products"]["firm"][one["equipment"]["product"][exists[mine]]]
            parts.append(
                np.bincount(
                    np.where(maker < 0, len(firms) - 1, maker), weights=weight[mine],
                    minlength=len(firms),
                ) / total
            )  # fmt: skip
        for firm in np.flatnonzero((parts[0] > 0) | (parts[1] > 0)).tolist():
            rows.append((
                str(firms[operator]), "vendor", str(firms[firm]),
                float(parts[0][firm]), float(parts[1][firm]),
            ))  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 5
    return {
        "operator": np.array(columns[0], dtype=object), "by": np.array(columns[1], dtype=object),
        "id": np.array(columns[2], dtype=object), "before": np.array(columns[3], dtype=np.float64),
        "after": np.array(columns[4], dtype=np.float64),
    }  # fmt: skip


def _rules(made: Planned, after: Network) -> Table:
    """Return whether the rules of the case hold at the end, as it is and as planned.

    Where firms are named and no authority, rules on whom an authority excludes stay unknown.
    """
    authority, day = made.goal.replace.authority, made.starts[-1]
    exists = np.flatnonzero(made.ground.exists("equipment"))
    swapped = after["equipment"]["product"][exists]
    before = rules(made.ground, authority=authority, day=day).rules
    then = rules(made.ground, authority=authority, day=day, swapped=swapped).rules
    mine = np.isin(
        before["operator"].astype(str),
        [*made.ground.network.names["firm"][made.swaps.operators].astype(str), ""],
    )
    rows = np.flatnonzero(mine & (before["from"] <= day))
    return {
        "rule": before["rule"][rows], "operator": before["operator"][rows],
        "country": before["country"][rows], "holds_before": before["holds"][rows],
        "holds_after": then["holds"][rows], "value_before": before["value"][rows],
        "value_after": then["value"][rows], "limit": before["limit"][rows],
    }  # fmt: skip


def _independence(network: Network, after: Network, executor: Executor | None) -> Table:
    """Return the losses of each firm, country and product before and after, where they differ."""
    kinds = ("firm", "territory", "jurisdiction", "product")
    both = [exposure(one, by=kinds, executor=executor).tables["reach"] for one in (network, after)]
    keys = [
        list(zip(*(t[c].tolist() for c in ("kind", "id", "horizon")), strict=True)) for t in both
    ]
    people = [
        dict(zip(k, t["people_lost"].tolist(), strict=True))
        for k, t in zip(keys, both, strict=True)
    ]
    changed = [key for key in keys[0] if people[0][key] != people[1].get(key, 0.0)]
    return {
        "kind": np.array([k for k, _, _ in changed], dtype=object),
        "id": np.array([i for _, i, _ in changed], dtype=object),
        "horizon": np.array([h for _, _, h in changed], dtype=object),
        "people_lost_before": np.array([people[0][key] for key in changed], dtype=np.float64),
        "people_lost_after": np.array([people[1].get(key, 0.0) for key in changed]),
    }


def _summary(
    made: Planned,
    found: Assignment,
    faulty: Blame | None,
    chances: Dates,
    tables: Mapping[str, Table],
) -> dict[str, Any]:
    asked = made.problem
    left = (found.plan.option < 0) & ~made.done
    money = float(own_costs(_money(asked), found.plan)[found.plan.option >= 0].sum())
    cost = chances.cost
    interval = np.quantile(cost, [0.05, 0.95]).tolist() if len(cost) else [money, money]
    finish = np.sort(chances.finish)
    network = made.ground.network
    missed = [
        rule.rule for place, rule in enumerate(made.rules)
        if not met_by(made, found.plan, place) <= rule.date
    ]  # fmt: skip
    return {
        "goal": made.goal.name,
        "operators": [str(name) for name in network.names["firm"][made.swaps.operators]],
        "clusters": len(made.swaps),
        "done_before": int(made.done.sum()),
        "unswapped": int(left.sum()),
        "unswapped_people": float(made.swaps.people[left].sum()),
        "spend_usd": money,
        "spend_low_usd": float(interval[0]),
        "spend_high_usd": float(interval[1]),
        "cost_usd": money,
        "objective": found.cost,
        "bound": found.bound,
        "gap": found.gap,
        "status": found.status,
        "last_period": str(made.starts[int(found.plan.period.max(initial=0))]),
        "finish_median": str(finish[len(finish) // 2]) if len(finish) else "",
        "dates": [
            {
                "rule": str(tables["dates"]["rule"][i]),
                "operator": str(tables["dates"]["operator"][i]),
                "date": str(tables["dates"]["date"][i]),
                "probability": float(tables["dates"]["probability"][i]),
                "planned": str(tables["dates"]["planned"][i]),
                "raises_most": str(tables["dates"]["raises_most"][i]),
                "raised_to": float(tables["dates"]["raised_to"][i]),
            }
            for i in range(len(made.rules))
        ],
        "missed_as_planned": sorted(set(missed)),
        "other_rules": list(made.others),
        "broken_as_planned": _broken(tables["rules"]),
        "binding": binding(made, found),
        "blame": None if faulty is None else _told_blame(made, faulty),
        "lacks_offers": list(made.stacks.lacks),
        "new_dependences": _new_dependences(tables["independence"]),
    }  # fmt: skip


def _broken(rows: Table) -> list[str]:
    """Return the rules that the network as planned breaks, with whom they bind."""
    broken = np.flatnonzero(rows["holds_after"] == "false")
    return [
        f"{rows['rule'][i]} ({rows['operator'][i] or rows['country'][i]}): "
        f"{float(rows['value_after'][i]):.3g} against {float(rows['limit'][i]):.3g}"
        for i in broken.tolist()
    ]


def _new_dependences(rows: Table) -> list[dict[str, Any]]:
    """Return the five things whose loss takes most more people once the plan is carried out."""
    more = rows["people_lost_after"] - rows["people_lost_before"]
    return [
        {
            "kind": str(rows["kind"][i]), "id": str(rows["id"][i]),
            "horizon": str(rows["horizon"][i]), "people_lost_more": float(more[i]),
        }
        for i in np.argsort(-more, kind="stable")[:5].tolist()
        if more[i] > 0
    ]  # fmt: skip


def _money(asked: Problem) -> Problem:
    """Return the problem with nothing counted but the money spent."""
    zero = np.zeros_like
    return replace(
        asked, discount=np.ones_like(asked.discount), work_price=zero(asked.work_price),
        running=zero(asked.running), wait=zero(asked.wait),
    )  # fmt: skip


def _told_blame(made: Planned, faulty: Blame) -> dict[str, Any]:
    return {
        "share_of_people": faulty.share,
        "families": {name: value for name, value in faulty.families.items() if value > 0},
        "more_needed": faulty.more if np.isfinite(faulty.more) else None,
        "words": blame_words(made, faulty),
    }
