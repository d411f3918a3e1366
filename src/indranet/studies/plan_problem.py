"""A goal as a problem of assignment: costs, deliveries, crews, floor, money, limits and dates."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Entries, Plan, Problem, problem
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.exclusions import months_after
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_announced import Announced, Table, announced_of, period_now
from indranet.studies.plan_caps import caps_of, remainders
from indranet.studies.plan_deadlines import TEN_SWAPS, Part, latest_of, milestones_of, parts_of
from indranet.studies.plan_entries import entries_of
from indranet.studies.plan_limits import (
    cash_of,
    crews_of,
    deliveries,
    floor_of,
    late_of,
    part_under_change,
    running_of,
)
from indranet.studies.plan_neighbours import borders_of, neighbours_of
from indranet.studies.plan_pace import Pace, pace_of
from indranet.studies.plan_progress import (
    hold_to_progress,
    progress_of,
    settled_of,
    what_is_left,
)
from indranet.studies.plan_rules import Dated, dated_rules
from indranet.studies.plan_survive import joined, survivals
from indranet.studies.plan_time import DAY, DAYS_A_MONTH
from indranet.studies.stacks import Stacks, stacks
from indranet.studies.swaps import Swaps, swaps

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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
    cap_words, milestone_words
        What each cap limits, and what each milestone is about.
    remainders
        What limits that hold from a day on want swapped by then.
    rules
        Dated rules that swaps can meet.
    others
        Rules of the goal that swaps do not meet by themselves, in words.
    done
        Clusters that are done already: they cost nothing more and have no options.
    settled
        Option and period of clusters that are done, -1 where not known.
    taken
        Units that they took of each offer until each period, shape (offers, periods).
    pools
        Names of the pools of crews, empty for one that works everywhere.
    announced
        What an earlier plan told the clusters, None without one.
    pace
        At what pace a stress run has it that offers are made, None without one.
    entries, entry_names
        What happens once before swaps; of each the vendor, empty for a core, and the operator.
    """

    ground: Groundwork
    goal: Goal
    swaps: Swaps
    stacks: Stacks
    problem: Problem
    starts: npt.NDArray[np.datetime64]
    cap_words: tuple[str, ...]
    milestone_words: tuple[str, ...]
    remainders: tuple[Part, ...]
    rules: tuple[Dated, ...]
    others: tuple[str, ...]
    done: npt.NDArray[np.bool_]
    settled: Plan
    taken: Floats
    pools: tuple[str, ...]
    announced: Announced | None
    pace: Pace | None
    entries: Entries
    entry_names: tuple[tuple[str, str], ...]


def planned(
    ground: Groundwork,
    goal: Goal,
    schedule: Table | None = None,
    freeze_days: int | None = None,
    production: Table | None = None,
    production_from: np.datetime64 | None = None,
    *,
    moved: int = 0,
    room: int = 0,
) -> Planned:
    """Make a goal ready.

    Parameters
    ----------
    ground
        The case.
    goal
        What is asked.
    schedule
        Of an earlier plan that was announced: cluster, function, product, period.
    freeze_days
        Days from the first one for which it stays; the goal's by default.
    production, production_from
        Of a stress run: draw, day, plant, production; and its day 0, the case's by default.
    moved
        Periods by which the dates of rules come later.
    room
        Further periods after the goal's. What no rule dates is still done by the goal's last one,
        which moves with the dates where they come later or there are none.

    Raises
    ------
    UsageError
        As `studies.swaps.swaps`, `studies.plan_announced.announced_of` and
        `studies.plan_pace.pace_of`.
    """
    network = ground.network
    found = swaps(ground, goal)
    made = stacks(ground, goal, found)
    rules, others = dated_rules(ground, goal, found, made)
    end = goal.periods - 1 + (moved if moved > 0 or not rules else 0)
    if moved or room:
        months = moved * goal.months
        days = months_after(np.array([r.date for r in rules], dtype="M8[D]"), months)
        rules = [replace(rule, date=day) for rule, day in zip(rules, days, strict=True)]
        goal = goal.model_copy(update={"periods": goal.periods + room})
    starts = goal.starts(network.first_day)
    now = 0 if schedule is None else period_now(network, goal, starts)
    progress = progress_of(network, found, starts, now)
    done = progress.done
    cost, work = _costs(network, goal, found, made)
    first = _first_periods(network, goal, made, starts)
    latest, soft = latest_of(found, rules, starts, goal, done)
    latest = np.minimum(latest, end, dtype=np.int32)
    earliest = np.full(len(found), now, dtype=np.int32)
    settled = settled_of(network, made, cost, progress)
    hold_to_progress(network, made, cost, earliest, latest, progress)
    discount = _discount(goal)
    days = (starts[1:] - starts[0]) / DAY
    person_day = goal.cost.exposure_usd_per_person_day
    crews = crews_of(network, goal, found, work, starts)
    purses = cash_of(network, found, starts)
    weights, caps, words = caps_of(ground, goal, found, made)
    survival = survivals(ground, goal, found, made, starts)
    weights, caps = joined(weights, caps, survival)
    words, others = (*words, *survival.words), [*others, *survival.others]
    held = [*remainders(ground, goal, found, made, starts), *survival.parts]
    parts = [*parts_of(found, rules, soft, starts, goal), *held]
    weights, milestones, dated_words = milestones_of(parts, weights, cost, done)
    typical = float(np.median(_finite(cost))) if np.isfinite(cost).any() else 1.0
    penalty = TEN_SWAPS * np.where(np.isfinite(cost), cost, 0.0).max(axis=1, initial=typical)
    penalty += person_day * found.people * days[-1]
    told = None if schedule is None else announced_of(
        network, goal, found, made, schedule, cost=cost, first=first, earliest=earliest,
        latest=latest, progress=progress, starts=starts,
        freeze_days=goal.practice.freeze_days if freeze_days is None else freeze_days,
    )  # fmt: skip
    never = np.full(len(found), -1)
    change = np.zeros(len(found)) if told is None else told.cost
    penalty += change
    penalty[done] = 0.0
    near = neighbours_of(network, goal, found)
    day = network.first_day if production_from is None else production_from
    pace = None if production is None else pace_of(ground, made, production, day)
    entries, entry_names = entries_of(ground, goal, found, made, first, settled, done, now)
    asked = problem(
        cost=cost, periods=goal.periods, region=found.region, pool=crews.pool, work=work,
        amounts=made.amounts,
        product=made.offer, people=found.people * part_under_change(goal, starts),
        wait=person_day * found.people, penalty=penalty, weights=weights, earliest=earliest,
        latest=latest, first=first, discount=discount, waited=days * discount,
        work_price=crews.price * discount, running=running_of(network, made, goal, discount),
        deliveries=deliveries(network, made, starts, pace=pace), crews=crews.days,
        overtime=goal.cost.overtime_share * np.where(np.isfinite(crews.days), crews.days, 0.0),
        overtime_price=(goal.cost.overtime_factor - 1) * crews.price * discount,
        floor=floor_of(network, goal, found), purse=found.operator, cash=purses[0],
        refund_share=purses[1], refund_lag=_periods(purses[2], goal), caps=caps,
        milestones=milestones, late=late_of(network, goal, made, starts, pace),
        near_start=near[0], near=near[1], entries=entries,
        borders=borders_of(network, goal, found, made),
        announced_option=never if told is None else told.option,
        announced_period=never if told is None else told.period, change_cost=change,
    )  # fmt: skip
    left, taken = what_is_left(asked, settled)
    return Planned(
        ground, goal, found, made, left, starts, words, dated_words, tuple(held), tuple(rules),
        tuple(others), done, settled, taken, crews.names, told, pace, entries, entry_names,
    )  # fmt: skip


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _periods(days: float, goal: Goal) -> int:
    return int(np.ceil(days / (goal.months * DAYS_A_MONTH) - 1e-9))


def _discount(goal: Goal) -> Floats:
    years = np.arange(goal.periods) * goal.months / 12
    return np.asarray((1.0 + goal.cost.discount_rate) ** -years)


def _costs(network: Network, goal: Goal, found: Swaps, made: Stacks) -> tuple[Floats, Floats]:
    """Return money and work of each cluster with each stack, money infinite where it is for others.

    Units times price and removal, structural work, old equipment running beside the new, and its
    disposal.
    """
    offers = network["offers"].where(made.offers)
    practice = goal.practice
    removal = 0.0 if goal.replace.wanted else offers["removal_cost_usd"]
    unit = np.append(offers["unit_cost_usd"] + removal, 0.0)[made.offer]
    days = np.append(offers["crew_days"], 0.0)[made.offer]
    money = made.amounts @ unit.T
    work = made.amounts @ days.T
    money += (found.structural * practice.structural_usd)[:, None]
    running = practice.dual_running_usd_per_day * practice.dual_running_days
    money += (found.sites * (running + practice.disposal_usd))[:, None]
    work += (found.structural * practice.structural_crew_days)[:, None]
    work += (found.sites * practice.disposal_crew_days)[:, None]
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
