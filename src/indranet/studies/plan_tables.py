"""Tables of a plan: schedule, dates, money, clusters, and the network once it is carried out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment, Plan, Problem, own_costs
from indranet.engines.assignment.borders import border_costs
from indranet.engines.assignment.entries import spent_on
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.groundwork import Groundwork, wanted_rows, with_equipment
from indranet.studies.plan_because import Because
from indranet.studies.plan_draws import CAUSES, Dates
from indranet.studies.plan_problem import Planned
from indranet.studies.plan_rules import excluded_on
from indranet.studies.reach import Plain
from indranet.studies.rules import rules

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]


def without_changes(asked: Problem) -> Problem:
    """Return the problem without a price on what is told otherwise than announced."""
    return replace(asked, change_cost=np.zeros_like(asked.change_cost))


def schedule_of(made: Planned, found: Assignment, reasons: Because) -> Table:
    """Return one row for each cluster and function: the product, period, cost and reason."""
    network, stacks, chosen = made.ground.network, made.stacks, found.plan
    offers = network["offers"]
    costs = own_costs(without_changes(made.problem), chosen)
    why, names = reasons.words, made.swaps.names
    rows: list[tuple[str, str, str, Any, float, str, Any]] = []
    practice, never = made.goal.practice, np.datetime64("NaT")
    after = np.timedelta64(practice.acceptance_days + practice.removal_days, "D")
    for cluster in range(len(made.swaps)):
        name, option = names[cluster], int(chosen.option[cluster])
        if made.done[cluster]:
            continue
        if option < 0:
            for place in np.flatnonzero(made.swaps.amounts[cluster] > 0).tolist():
                word = FUNCTIONS[made.swaps.functions[place]]
                rows.append((name, word, "", never, 0.0, why[cluster], never))
            continue
        there = np.flatnonzero(stacks.offer[option] >= 0)
        share = _parts(made, cluster, option, there)
        day = made.starts[chosen.period[cluster]]
        gone = made.starts[chosen.period[cluster] + 1] + after
        for place, part in zip(there.tolist(), share.tolist(), strict=True):
            row = stacks.offers[stacks.offer[option, place]]
            product = str(network.names["product"][offers["product"][row]])
            word = FUNCTIONS[stacks.functions[place]]
            cost = float(costs[cluster] * part)
            rows.append((name, word, product, day, cost, why[cluster], gone))
    columns = zip(*rows, strict=True) if rows else ((),) * 7
    cluster_, function, product_, period, money, reason, gone_ = map(list, columns)
    return {
        "cluster": np.array(cluster_, dtype=object), "function": np.array(function, dtype=object),
        "product": np.array(product_, dtype=object),
        "period": np.array(period, dtype="datetime64[D]"),
        "cost_usd": np.array(money, dtype=np.float64), "because": np.array(reason, dtype=object),
        "removed": np.array(gone_, dtype="datetime64[D]"),
    }  # fmt: skip


def _parts(made: Planned, cluster: int, option: int, there: npt.NDArray[np.integer]) -> Floats:
    """Return how a cluster's cost is shared out to functions: by what their units cost."""
    rows = made.stacks.offers[made.stacks.offer[option, there]]
    offers = made.ground.network["offers"]
    unit = offers["unit_cost_usd"][rows] + offers["removal_cost_usd"][rows]
    worth = unit * made.stacks.amounts[cluster, there]
    total = worth.sum()
    return worth / total if total > 0 else np.full(len(there), 1.0 / max(len(there), 1))


def dates_of(made: Planned, chances: Dates) -> Table:
    """Return when each dated rule is met, as planned and in the draws, and how likely in time."""
    best = [_best_without(chances, place) for place in range(len(made.rules))]
    return {
        "rule": np.array([rule.rule for rule in made.rules], dtype=object),
        "standing": np.array([rule.standing for rule in made.rules], dtype=object),
        "operator": np.array([rule.operator for rule in made.rules], dtype=object),
        "country": np.array([rule.country for rule in made.rules], dtype=object),
        "date": np.array([rule.date for rule in made.rules], dtype="datetime64[D]"),
        "probability": chances.probability,
        "planned": chances.planned,
        "at_best": chances.at_best,
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


def _reached(made: Planned, chosen: Plan, column: Floats, need: float, days: int) -> np.datetime64:
    """Return the day on which so much of what clusters count is swapped, NaT for never."""
    done = chosen.option >= 0
    reached = (
        np.bincount(chosen.period[done], weights=column[done], minlength=made.goal.periods).cumsum()
        + column[made.done].sum()
    )
    enough = np.flatnonzero(reached >= need)
    if not len(enough):
        return np.datetime64("NaT")
    ends: np.datetime64 = np.datetime64(made.starts[int(enough[0]) + 1], "D")
    met: np.datetime64 = ends + np.timedelta64(days, "D")
    return met


def limits_met(made: Planned, chosen: Plan) -> list[dict[str, str]]:
    """Return when each limit that holds from a day on is kept as planned, empty for never."""
    days = made.goal.practice.acceptance_days
    found = []
    for part in made.remainders:
        slack = 1e-9 * max(float(part.weight.sum()), 1.0)
        day = _reached(made, chosen, part.weight, part.need - slack, days)
        told = "" if np.isnat(day) else str(day)
        found.append({"words": part.words, "date": str(part.date), "planned": told})
    return found


def spend_of(made: Planned, found: Assignment) -> Table:
    """Return what each operator will have spent, refunds taken off, and its money, by period."""
    network, asked = made.ground.network, made.problem
    # What letting vendors in costs is taken from the cash of the problem as opened.
    let_in = np.cumsum(spent_on(made.entries, found.taken, asked.cash.shape), axis=1)
    operators = np.repeat(network.names["firm"][made.swaps.operators], asked.periods)
    return {
        "operator": operators.astype(object),
        "period": np.tile(made.starts[:-1], len(asked.cash)),
        "planned_usd": (found.used.cash + let_in).ravel(),
        "cash_usd": np.where(np.isfinite(asked.cash), asked.cash + let_in, np.nan).ravel(),
    }


def borders_told(made: Planned, chosen: Plan) -> dict[str, float] | None:
    """Return how many borders have makers that differ, and their cost; None where that costs none.

    Of several borders between two clusters each counts.
    """
    borders, price = made.problem.borders, made.goal.practice.mixed_border_usd
    if price <= 0:
        return None
    cost = border_costs(borders, chosen.option)
    whole = float(borders.cost.sum()) / 2
    return {"borders": whole / price, "mixed": cost / price, "usd": cost}


def entries_told(made: Planned, taken: npt.NDArray[np.int32]) -> list[dict[str, Any]]:
    """Return which vendors are let in at which operators: from when on, and for how much.

    An empty vendor is the core of a new network. One that is not let in has no date.
    """
    entries = made.entries
    return [
        {
            "vendor": vendor, "operator": operator, "usd": float(entries.money[entry]),
            "begins": "" if date < 0 else str(made.starts[entries.start[entry, date]]),
            "swaps_from": "" if date < 0 else str(made.starts[entries.first[entry, date]]),
        }
        for entry, ((vendor, operator), date) in enumerate(
            zip(made.entry_names, taken.tolist(), strict=True)
        )
    ]  # fmt: skip


def clusters_of(made: Planned, chosen: Plan, reasons: Because) -> Table:
    """Return each cluster: where, for whom, when, from whom to whom; what another period costs."""
    network, found = made.ground.network, made.swaps
    maker = network["products"]["firm"]
    equipment = made.ground.equipment
    had = np.full(len(found.groups), "", dtype=object)
    goes = np.flatnonzero(found.goes & (found.of_row >= 0))
    firms = np.append(network.names["firm"], "")
    had[found.of_row[goes]] = firms[maker[equipment["product"][goes]]]
    before = had[found.group]
    after = np.full(len(found), "", dtype=object)
    offers = network["offers"]["product"][made.stacks.offers]
    for cluster in np.flatnonzero(chosen.option >= 0).tolist():
        place = made.stacks.offer[chosen.option[cluster]]
        makers = maker[offers[place[place >= 0]]]
        names = sorted({str(network.names["firm"][f]) for f in makers.tolist() if f >= 0})
        after[cluster] = ", ".join(names)
    period = np.full(len(found), np.datetime64("NaT"), dtype="datetime64[D]")
    done = chosen.option >= 0
    period[done] = made.starts[chosen.period[done]]
    return {
        "cluster": np.array(found.names, dtype=object),
        "operator": network.names["firm"][found.operators[found.operator]].astype(object),
        "region": np.array([found.regions[r] for r in found.region.tolist()], dtype=object),
        "people": found.people, "sites": found.sites, "lat": found.lat, "lon": found.lon,
        "period": period, "before": before, "after": after, "earlier_usd": reasons.earlier,
        "later_usd": reasons.later, "replanned": reasons.replanned,
    }  # fmt: skip


def shares_of(made: Planned, after: Network) -> Table:
    """Return the vendors' shares of units, before and after, of each operator.

    What is wanted and not there has no share.
    """
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
        parts = []
        for one in (network, after):
            there = mine[~wanted_rows(one)[exists[mine]]]
            maker = one["products"]["firm"][one["equipment"]["product"][exists[there]]]
            parts.append(
                np.bincount(
                    np.where(maker < 0, len(firms) - 1, maker), weights=weight[there],
                    minlength=len(firms),
                ) / max(float(weight[there].sum()), 1e-12)
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


def rules_of(made: Planned, after: Network) -> Table:
    """Return whether the rules of the case hold at the end, as it is and as planned.

    What is wanted and not there breaks no rule, and meets none.
    """
    day, goal = made.starts[-1], made.goal
    now, then = (_with_what_is_there(made, one) for one in (made.ground.network, after))
    excluded = excluded_on(made.ground, goal, made.swaps.gone, day)
    both = [
        rules(ground, authority=goal.replace.authority, day=day, excluded=excluded).rules
        for ground in (now, then)
    ]
    mine = np.isin(
        both[0]["operator"].astype(str),
        [*made.ground.network.names["firm"][made.swaps.operators].astype(str), ""],
    )
    rows = np.flatnonzero(mine & (both[0]["from"] <= day))
    shared = ("rule", "standing", "operator", "country")
    return {
        **{name: both[0][name][rows] for name in shared},
        **{
            f"{name}_{when}": table[name][rows]
            for name in ("holds", "value")
            for when, table in zip(("before", "after"), both, strict=True)
        },
        "limit": both[0]["limit"][rows],
    }


def _with_what_is_there(made: Planned, network: Network) -> Groundwork:
    """Return the groundwork of a plan with the equipment of a network, without what is wanted."""
    there = made.ground.exists("equipment") & ~wanted_rows(network)
    return with_equipment(made.ground, network["equipment"].where(np.flatnonzero(there)))


def independence_of(both: tuple[Plain, Plain]) -> Table:
    """Return the losses of each thing before and after, where they differ."""
    keys = [
        list(zip(*(one.reach[c].tolist() for c in ("kind", "id", "horizon")), strict=True))
        for one in both
    ]
    people = [
        dict(zip(k, one.reach["people_lost"].tolist(), strict=True))
        for k, one in zip(keys, both, strict=True)
    ]
    changed = [key for key in keys[0] if people[0][key] != people[1].get(key, 0.0)]
    return {
        "kind": np.array([k for k, _, _ in changed], dtype=object),
        "id": np.array([i for _, i, _ in changed], dtype=object),
        "horizon": np.array([h for _, _, h in changed], dtype=object),
        "people_lost_before": np.array([people[0][key] for key in changed], dtype=np.float64),
        "people_lost_after": np.array([people[1].get(key, 0.0) for key in changed]),
    }
