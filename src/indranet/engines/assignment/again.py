"""The same problem again with one thing otherwise: a cluster in another period, more of a limit."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines import milp
from indranet.engines.assignment import moving as kernels
from indranet.engines.assignment.borders import Borders, among
from indranet.engines.assignment.check import broken
from indranet.engines.assignment.dual import Bound, Pricing, tables_of
from indranet.engines.assignment.finish import (
    Columns,
    Prepared,
    columns_of,
    prepared,
    program,
    read,
    waits_too_much,
)
from indranet.engines.assignment.problem import (
    FAMILIES,
    NEVER,
    Floats,
    Plan,
    Problem,
    objective,
    uses,
)
from indranet.engines.assignment.search import (
    limits_of,
    moving_of,
    nothing,
    own_size,
    part_of,
    priced_limits,
)

Codes = npt.NDArray[np.int64]

_PROCESSES = 2
_SAME = 1e-6
"""Part of a value below which two are the same."""
NEAR_ENOUGH = 0.01
"""Columns of a relaxation cost at most such a part of a usual cluster above the best of theirs."""


@dataclass(frozen=True)
class Otherwise:
    """What is otherwise.

    Attributes
    ----------
    cluster, period
        A cluster that is held to a period, its option free; `NEVER` for none.
    more
        Limits of which there is so much more, or less: family, place in its array, amount. Of what
        is delivered, or was, until a period no less is until later ones, and no more until earlier.
    """

    cluster: int = NEVER
    period: int = NEVER
    more: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True)
class Again:
    """What the best plan found then costs, what none costs less than, and clusters left out."""

    cost: float
    bound: float
    left: int


def changed(asked: Problem, otherwise: Otherwise) -> Problem:
    """Return a problem with something otherwise."""
    made = asked
    if otherwise.cluster != NEVER:
        earliest, latest = made.earliest.copy(), made.latest.copy()
        earliest[otherwise.cluster] = latest[otherwise.cluster] = otherwise.period
        made = replace(made, earliest=earliest, latest=latest)
    for family, place, amount in otherwise.more:
        made = _with_more(made, family, place, amount)
    return made


def _with_more(asked: Problem, family: str, place: int, amount: float) -> Problem:
    if family == "caps":
        limit = asked.caps.limit.copy()
        limit[place] = max(limit[place] + amount, 0.0)
        return replace(asked, caps=replace(asked.caps, limit=limit))
    if family == "milestones":
        # More of a milestone is less that must be reached.
        need = asked.milestones.need.copy()
        need[place] -= amount
        return replace(asked, milestones=replace(asked.milestones, need=need))
    row, period = divmod(place, asked.periods)
    if family == "late":
        there = asked.late.deliveries.copy()
        there[:, row, period] = np.maximum(there[:, row, period] + amount, 0.0)
        there[:, row, :period] = np.minimum(there[:, row, :period], there[:, row, period, None])
        there[:, row, period:] = np.maximum(there[:, row, period:], there[:, row, period, None])
        return replace(asked, late=replace(asked.late, deliveries=there))
    limits: Floats = getattr(asked, family).copy()
    limits[row, period] = max(limits[row, period] + amount, 0.0)
    if family == "deliveries":
        limits[row, :period] = np.minimum(limits[row, :period], limits[row, period])
        limits[row, period:] = np.maximum(limits[row, period:], limits[row, period])
    more: dict[str, Any] = {family: limits}
    return replace(asked, **more)


def again(
    prices: Floats,
    cases: Sequence[tuple[Problem, Plan, Otherwise]],
    *,
    seconds: float,
    each: float = 1.0,
    gap: float = 1e-6,
    executor: Executor | None = None,
) -> list[Again | None]:
    """Return what plans cost when one thing is otherwise, by HiGHS, `None` where time was over.

    Meant for few clusters: every column that can be in a better plan is in the program.

    Parameters
    ----------
    prices
        Of the rows of the problems, near the best ones, shape (rows,).
    cases
        A problem, a plan of it that keeps all limits and is near the best one, and what is
        otherwise; the most important first.
    seconds, each
        Time for all, and for one.
    gap
        (cost - bound) / cost that is enough.
    executor
        Threads, each of which may wait for a process; the answers do not hang on them.
    """
    until = time.monotonic() + seconds
    made: list[tuple[Problem, Prepared]] = []
    for asked, begun, case in cases:
        if time.monotonic() > until - 0.5 * seconds:
            break
        problem = changed(asked, case)
        if waits_too_much(problem):
            return [None] * len(cases)
        pricing = Pricing(problem)
        bound = Bound(pricing.hard(prices), prices, np.zeros_like(prices))
        plan = _repaired(problem, pricing, bound, begun, case)
        made.append((problem, prepared(pricing, bound, plan)))
    left = max(until - time.monotonic(), each)
    answers = _solved([one.program for _, one in made], left, each, gap, executor)
    found: list[Again | None] = [None] * len(cases)
    for number, ((problem, one), answer) in enumerate(zip(made, answers, strict=True)):
        if answer.status in ("stopped", "failed"):
            continue
        plan, value = read(problem, one, answer)
        found[number] = Again(objective(problem, plan), value, int((plan.option < 0).sum()))
    return found


def relaxed_prices(asked: Problem, prices: Floats, *, seconds: float) -> Floats | None:
    """Return the prices of the rows in the linear relaxation, `None` where time was over.

    HiGHS solves it over the columns that are near the best of their cluster at the prices given;
    those near at its own are added until its value is, but for a millionth, a bound over all.

    Parameters
    ----------
    asked, prices, seconds
        As `again`, of one problem.
    """
    until = time.monotonic() + seconds
    asked = replace(asked, borders=Borders())
    if waits_too_much(asked):
        return None
    columns = _near(asked, prices)
    while (left := until - time.monotonic()) > 0:
        program = _relaxed(Pricing(asked), columns)
        answer = milp.solve_each([program], seconds=left, each=left)[0]
        if answer.status != "best":
            break
        value, its_own = _proven(asked, answer)
        if answer.cost - value <= _SAME * abs(answer.cost):
            return its_own
        columns = _joined(asked, columns, _near(asked, its_own))
    return None


def again_relaxed(
    asked: Problem,
    prices: Floats,
    cases: Sequence[Otherwise],
    *,
    seconds: float,
    executor: Executor | None = None,
) -> list[Again | None]:
    """Return what the linear relaxation is worth when one thing is otherwise, `None` for no time.

    Parameters
    ----------
    asked, prices, cases, seconds, executor
        As `again`, of one problem; the prices near those of `relaxed_prices`.
    """
    until = time.monotonic() + seconds
    asked = replace(asked, borders=Borders())
    columns = _near(asked, prices)
    problems = [changed(asked, case) for case in cases]
    found: list[Again | None] = [None] * len(cases)
    left = list(range(len(cases)))
    while left and time.monotonic() < until:
        programs = [_relaxed(Pricing(problems[number]), columns) for number in left]
        time_left = until - time.monotonic()
        answers = _solved(programs, time_left, time_left, 0.0, executor)
        wide: list[int] = []
        for number, answer in zip(left, answers, strict=True):
            if answer.status != "best":
                continue
            value, its_own = _proven(problems[number], answer)
            if answer.cost - value <= _SAME * abs(answer.cost):
                without = round(float(answer.values["none"].sum()))
                found[number] = Again(answer.cost, value, without)
                continue
            columns = _joined(asked, columns, _near(asked, its_own))
            wide.append(number)
        left = wide
    return found


def _near(asked: Problem, prices: Floats) -> Columns:
    """Return the columns that are near the best of their cluster at some prices."""
    pricing = Pricing(asked)
    room = NEAR_ENOUGH * float(pricing.scale.mean())
    return columns_of(pricing, Bound(0.0, prices, np.zeros_like(prices)), room)


def _joined(asked: Problem, one: Columns, other: Columns) -> Columns:
    """Return the columns of both."""
    both = [np.concatenate(pair) for pair in (
        (one.cluster, other.cluster), (one.option, other.option), (one.period, other.period),
    )]  # fmt: skip
    key = (both[0] * asked.options + both[1]) * asked.periods + both[2]
    _, kept = np.unique(key, return_index=True)
    return Columns(both[0][kept], both[1][kept], both[2][kept], one.all and other.all)


def _relaxed(pricing: Pricing, columns: Columns) -> milp.Program:
    variables, rows = program(pricing, columns)
    return milp.Program([replace(block, whole=False) for block in variables], rows)


def _proven(asked: Problem, answer: milp.Answer) -> tuple[float, Floats]:
    """Return the bound over all columns at the prices of a relaxation, and these prices."""
    late, prices = asked.late, dict(answer.prices)
    weights = late.weight
    if len(late):
        prices["late"] = prices["waits"].reshape(len(late), -1).sum(axis=0)
        worst = np.maximum(prices.get("worst", weights), 0.0)
        weights = worst / worst.sum() if worst.sum() > 0 else weights
    parts = [prices.get(family, np.zeros(0)) for family in FAMILIES]
    its_own = np.maximum(np.concatenate(parts), 0.0)
    return Pricing(asked, weights=weights).hard(its_own), its_own


def _solved(
    programs: Sequence[milp.Program],
    seconds: float,
    each: float,
    gap: float,
    executor: Executor | None,
) -> list[milp.Answer]:
    """Return the answers to programs, solved in turn by a few processes."""
    processes = 1 if executor is None else _PROCESSES

    def solved(first: int) -> list[milp.Answer]:
        mine = programs[first::processes]
        return milp.solve_each(mine, seconds=seconds, each=each, gap=gap) if mine else []

    firsts = range(processes)
    parts = list(map(solved, firsts) if executor is None else executor.map(solved, firsts))
    return [parts[n % processes][n // processes] for n in range(len(programs))]


def _repaired(asked: Problem, pricing: Pricing, bound: Bound, begun: Plan, case: Otherwise) -> Plan:
    """Return a plan that keeps the limits, near the one to begin with, by a few moves."""
    plan = Plan(begun.option.copy(), begun.period.copy())
    if case.cluster != NEVER and plan.period[case.cluster] != case.period:
        # Those of the period make room, and are put back after it.
        out = np.flatnonzero((plan.period == case.period) | (np.arange(len(asked)) == case.cluster))
        plan.option[out] = plan.period[out] = NEVER
        first = np.argsort(-own_size(asked)[out] - 1e300 * (out == case.cluster), kind="stable")
        plan = _filled(asked, pricing, bound, plan, out[first])
    if broken(asked, plan):
        order = np.argsort(-own_size(asked), kind="stable")
        plan = _filled(asked, pricing, bound, nothing(asked), order)
    under_way = moving_of(asked, plan)
    tables = tables_of(asked, pricing.rows, np.zeros_like(bound.prices))
    order = np.argsort(-own_size(asked), kind="stable")
    kernels.shift(pricing.attributes, limits_of(asked, pricing.weights), under_way, tables, order)
    return Plan(under_way.option, under_way.period)


def _filled(asked: Problem, pricing: Pricing, bound: Bound, plan: Plan, order: Codes) -> Plan:
    under_way = moving_of(asked, plan)
    tables = tables_of(asked, pricing.rows, bound.prices)
    limits = priced_limits(limits_of(asked, pricing.weights))
    kernels.fill(pricing.attributes, limits, under_way, tables, order)
    return Plan(under_way.option, under_way.period)


def around(asked: Problem, plan: Plan, cluster: int, size: int) -> tuple[Problem, Plan, int]:
    """Return the problem of a cluster and those that most compete with it, the others held.

    First those of its crews in periods near its own, then others near in time. What others use is
    taken from the limits; those next to one of the chosen are held to their period.

    Parameters
    ----------
    asked, plan
        The problem and a plan of it.
    cluster
        In the middle.
    size
        How many may move.

    Returns
    -------
    tuple[Problem, Plan, int]
        The smaller problem, the plan's part of it, and the place of the cluster.
    """
    movable = _nearest(asked, plan, cluster, size)
    beside = [asked.near[asked.near_start[c] : asked.near_start[c + 1]] for c in movable.tolist()]
    beside.append(asked.borders.other[np.isin(asked.borders.owner, movable)])
    held = np.setdiff1d(np.concatenate([np.zeros(0, np.int64), *beside]), movable)
    held = held[plan.option[held.astype(np.int64)] >= 0].astype(np.int64)
    members = np.sort(np.concatenate([movable, held]))
    rest = Plan(plan.option.copy(), plan.period.copy())
    rest.option[members] = rest.period[members] = NEVER
    small = part_of(asked, members, uses(asked, rest))
    cost, earliest, latest = small.cost.copy(), small.earliest.copy(), small.latest.copy()
    for place in np.searchsorted(members, held).tolist():
        option, period = int(plan.option[members[place]]), int(plan.period[members[place]])
        cost[place, np.arange(asked.options) != option] = np.inf
        earliest[place] = latest[place] = period
    start, near = _near_among(asked, members)
    small = replace(
        small, cost=cost, earliest=earliest, latest=latest, near_start=start, near=near,
        borders=among(asked.borders, members),
    )  # fmt: skip
    part = Plan(plan.option[members].copy(), plan.period[members].copy())
    return small, part, int(np.searchsorted(members, cluster))


def _nearest(asked: Problem, plan: Plan, cluster: int, size: int) -> Codes:
    """Return the clusters that compete most with one, itself among them, ascending.

    Two thirds are of its own crews or region, whatever fills the others; each the nearest in time.
    """
    apart = np.abs(plan.period - plan.period[cluster])
    apart = np.where(plan.option < 0, 1, apart)
    apart[cluster] = -1
    apart[~np.isfinite(asked.cost).any(axis=1)] = asked.periods
    mine = (asked.pool == asked.pool[cluster]) | (asked.region == asked.region[cluster])
    order = np.argsort(apart, kind="stable")
    order = order[apart[order] < asked.periods]
    own, other = order[mine[order]], order[~mine[order]]
    payer = asked.purse[other] == asked.purse[cluster]
    other = np.concatenate([other[payer], other[~payer]])
    few = max(size - len(other), 2 * size // 3)
    own = own[:few]
    return np.sort(np.concatenate([own, other[: size - len(own)]])).astype(np.int64)


def _near_among(
    asked: Problem, members: Codes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return which of some clusters are next to each other, compressed sparse rows."""
    start, near = [0], []
    for cluster in members.tolist():
        beside = asked.near[asked.near_start[cluster] : asked.near_start[cluster + 1]]
        place = np.searchsorted(members, beside)
        inside = place < len(members)
        inside[inside] = members[place[inside]] == beside[inside]
        near += place[inside].tolist()
        start.append(len(near))
    return np.array(start, dtype=np.int64), np.array(near, dtype=np.int32)
