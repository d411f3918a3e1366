"""The verb plan: the cheapest schedule that throws a vendor out, its proof, and its chances."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import (
    Assignment,
    Blame,
    assign,
    blame,
    loosest,
    own_costs,
)
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_after import as_planned
from indranet.studies.plan_agreed import in_plan
from indranet.studies.plan_announced import begun_with, changes_of, changes_table, changes_told
from indranet.studies.plan_because import because
from indranet.studies.plan_draws import Dates, dates
from indranet.studies.plan_limits import deliveries
from indranet.studies.plan_pace import Pace, pace_told
from indranet.studies.plan_prices import binding
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.plan_project import both_reaches, project_tables, project_told
from indranet.studies.plan_reasons import blame_words
from indranet.studies.plan_sweep import By, spent, surface, told
from indranet.studies.plan_tables import (
    borders_told,
    clusters_of,
    dates_of,
    entries_told,
    independence_of,
    limits_met,
    rules_of,
    schedule_of,
    shares_of,
    spend_of,
)

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

FRONT = (0.0, 1.0, 4.0, 16.0)
"""Weights on exposure, times what the goal says, of the points of the front."""
USUAL_USD_PER_PERSON_DAY = 0.01
"""Where a goal gives exposure no price, the front is drawn at parts of this one."""
_DAY = np.timedelta64(1, "D")
_AGAIN = 0.25
"""Part of the time of the search that planning clusters anew may take."""


@dataclass(frozen=True)
class Planning:
    """A schedule, what proves it, and what may come of it.

    Attributes
    ----------
    tables
        `schedule` (cluster, function, product, period, cost_usd, because, removed), `dates` (rule,
        date, probability, operator, planned, late, without), `pareto` (weight, cost_usd,
        exposure_person_days, gap), `spend` (operator, period, planned_usd, cash_usd), `shares`
        (operator, by, id, before, after), `clusters` (cluster, operator, region, people, sites,
        lat, lon, period, before, after, earlier_usd, later_usd, replanned), `independence` (kind,
        id, horizon, people_lost before and after); of a project `exposed`, `served` and `mix`
        (see `plan_project.project_tables`); against an earlier plan `changes` (cluster,
        function, period_before, period_after, product_before, product_after, frozen); where asked
        for `sweep` (see `plan_sweep.surface`).
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
    announced: Table | None = None,
    freeze_days: int | None = None,
    production: Table | None = None,
    production_from: np.datetime64 | None = None,
    sweep: By | None = None,
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
    announced
        Table `schedule` of an earlier plan: what is told otherwise costs
        `cost.change_usd_per_person`, and progress alone says what has happened.
    freeze_days
        Days from the first one, the later of the goal's and the case's, for which what was
        announced stays; the goal's by default.
    production, production_from
        Table `production` of a stress run with detail, and its day 0, the case's first by default:
        what is offered is delivered at the share of their usual output that its plants make each
        day, on average in the plan and draw by draw in its draws.
    sweep
        Whether to plan at other dates, or under other caps, as well: see `plan_sweep.surface`.

    Raises
    ------
    UsageError
        When the goal names what the case does not hold, nothing must go, none of what was
        announced is the goal's, or a stress run is of another case.
    """
    network = in_plan(network, goal)
    ground = groundwork(network, on=goal.starts(network.first_day)[0], wanted=goal.replace.wanted)
    again = partial(
        planned, schedule=announced, freeze_days=freeze_days, production=production,
        production_from=production_from,
    )  # fmt: skip
    made = again(ground, goal)
    time = goal.solve.seconds if seconds is None else seconds
    enough = goal.solve.gap if gap is None else gap
    found = assign(
        made.problem, seconds=time, gap=enough, seed=goal.seed, executor=executor,
        begun=None if made.announced is None else begun_with(made.problem, made.announced),
    )  # fmt: skip
    left = (found.plan.option < 0) & ~made.done
    whole = loosest(made.problem)
    faulty = blame(whole, made.swaps.people + 1e-6, executor) if left.any() else None
    # From here on who is let in when is as planned.
    made = replace(made, problem=found.problem)
    chances = dates(made, found.plan, executor)
    reasons = because(made, found, seconds=time * _AGAIN, executor=executor)
    tables: dict[str, Table] = {
        "schedule": schedule_of(made, found, reasons),
        "dates": dates_of(made, chances),
        "pareto": _front(made, found, time, enough, executor) if front else _no_front(),
        "spend": spend_of(made, found),
        "clusters": clusters_of(made, found.plan, reasons),
    }
    after = as_planned(made, found.plan)
    tables["shares"] = shares_of(made, after)
    tables["rules"] = rules_of(made, after)
    both = both_reaches(made, after, executor)
    tables["independence"] = independence_of(both)
    if goal.replace.wanted:
        tables |= project_tables(made, after, both)
    rows = binding(made, found, seconds=time * _AGAIN, executor=executor)
    summary = _summary(made, found, faulty, chances, rows, tables)
    if goal.replace.wanted:
        summary["project"] = project_told(made, after, both, tables)
    if made.announced is not None:
        changes = changes_of(network, made.stacks, made.announced, found.plan, made.starts)
        tables["changes"] = changes_table(made.swaps, made.announced, changes)
        summary["changes"] = changes_told(made.swaps, made.announced, changes)
    if sweep is not None:
        tables["sweep"] = surface(
            ground, goal, sweep, seconds=time, gap=enough, executor=executor, made=again
        )  # fmt: skip
        summary["sweep"] = told(tables["sweep"], goal)
    return Planning(tables, summary, {name: summary[name] for name in _PROOF})


def _no_front() -> Table:
    empty = np.zeros(0)
    return {"weight": empty, "cost_usd": empty, "exposure_person_days": empty, "gap": empty}


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
            priced, seconds=seconds / 8, gap=max(gap, 2e-3), seed=made.goal.seed,
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


def _summary(
    made: Planned,
    found: Assignment,
    faulty: Blame | None,
    chances: Dates,
    rows: list[dict[str, Any]],
    tables: Mapping[str, Table],
) -> dict[str, Any]:
    left = (found.plan.option < 0) & ~made.done
    let_in = float(made.entries.money[found.taken >= 0].sum())
    money = spent(made.problem, found.plan) + let_in
    cost = chances.cost + let_in
    interval = np.quantile(cost, [0.05, 0.95]).tolist() if len(cost) else [money, money]
    finish = np.sort(chances.finish)
    network = made.ground.network
    missed = [
        rule.rule for rule, day in zip(made.rules, chances.planned, strict=True)
        if not day <= rule.date
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
                "standing": str(tables["dates"]["standing"][i]),
                "country": str(tables["dates"]["country"][i]),
                "operator": str(tables["dates"]["operator"][i]),
                "date": str(tables["dates"]["date"][i]),
                "probability": float(tables["dates"]["probability"][i]),
                "planned": str(tables["dates"]["planned"][i]),
                "at_best": str(tables["dates"]["at_best"][i]),
                "raises_most": str(tables["dates"]["raises_most"][i]),
                "raised_to": float(tables["dates"]["raised_to"][i]),
            }
            for i in range(len(made.rules))
        ],
        "missed_as_planned": sorted(set(missed)),
        "limits_from": limits_met(made, found.plan),
        "other_rules": list(made.others),
        "broken_as_planned": _broken(tables["rules"]),
        "binding": rows,
        "blame": None if faulty is None else _told_blame(made, faulty),
        "lacks_offers": list(made.stacks.lacks),
        "new_dependences": _new_dependences(tables["independence"]),
        "entries": entries_told(made, found.taken),
        "mixed_borders": borders_told(made, found.plan),
        "changes": None,
        "deliveries": None if made.pace is None else _delivered(made, made.pace),
    }  # fmt: skip


def _broken(rows: Table) -> list[str]:
    """Return the rules that the network as planned breaks, with whom they bind."""
    broken = np.flatnonzero(rows["holds_after"] == "false")
    return [
        f"{rows['rule'][i]} ({rows['operator'][i] or rows['country'][i]}"
        f"{'; ' if rows['standing'][i] else ''}{rows['standing'][i]}): "
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


def _delivered(made: Planned, pace: Pace) -> dict[str, Any]:
    network = made.ground.network
    both = tuple(deliveries(network, made.stacks, made.starts, pace=p) for p in (None, pace))
    return pace_told(network, made.stacks, pace, (both[0], both[1]), made.starts)


def _told_blame(made: Planned, faulty: Blame) -> dict[str, Any]:
    return {
        "share_of_people": faulty.share,
        "families": {name: value for name, value in faulty.families.items() if value > 0},
        "more_needed": faulty.more if np.isfinite(faulty.more) else None,
        "words": blame_words(made, faulty),
    }
