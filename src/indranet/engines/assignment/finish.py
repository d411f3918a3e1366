"""A few clusters: the whole program, or its cheapest columns, given to HiGHS."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from indranet.engines import milp
from indranet.engines.assignment.borders import mixed
from indranet.engines.assignment.dual import Bound, Pricing, tables_of
from indranet.engines.assignment.late import late_costs, limited, worst_weights
from indranet.engines.assignment.pricing import price_choices
from indranet.engines.assignment.problem import (
    FAMILIES,
    NEVER,
    Floats,
    Plan,
    Problem,
    objective,
    uses,
)

MOST_COLUMNS = 60_000
MOST_WAITING = 20_000
"""Scenarios times rows above which HiGHS is not asked."""
MOST_BORDERS = 20_000
"""Borders times sides above which HiGHS does not count them: its bound stays one."""
NEAR = 0.03
"""Part of a cluster's own cost within which a column is kept where not all are."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Choices of clusters, shape (columns,) each; `all` where no other is in a better plan."""

    cluster: npt.NDArray[np.int64]
    option: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    all: bool


def columns_of(pricing: Pricing, bound: Bound, cost: float) -> Columns:
    """Return the columns that a plan cheaper than `cost` can hold, or the nearest ones.

    A column whose reduced cost exceeds what lies between bound and cost is in no better plan.
    """
    asked = pricing.asked
    tables = tables_of(asked, pricing.rows, bound.prices)
    base, priced = np.empty(asked.periods), np.empty((asked.options, asked.periods))
    parts: list[tuple[Any, ...]] = []
    for cluster in range(len(asked)):
        least = price_choices(pricing.attributes, tables, cluster, base, priced)
        option, period = np.nonzero(np.isfinite(priced))
        parts.append(
            (np.full(len(option), cluster), option, period, priced[option, period] - least)
        )
    of, option, period, above = (np.concatenate(column) for column in zip(*parts, strict=True))
    room = max(cost - bound.value, 0.0) * (1 + 1e-9) + 1e-9 * abs(cost)
    kept = above <= room
    whole = int(kept.sum()) <= MOST_COLUMNS
    if not whole:
        kept = above <= NEAR * pricing.scale[of]
    return Columns(of[kept], option[kept], period[kept], whole)


def program(pricing: Pricing, columns: Columns) -> tuple[list[milp.Variables], list[milp.Rows]]:
    """Return the program over some columns: choices, none, overtime and what milestones lack."""
    asked, rows = pricing.asked, pricing.rows
    count, clusters = len(columns.cluster), len(asked)
    one = _one_each(asked, columns)
    crews, milestones = rows.of("crews"), rows.of("milestones")
    at = rows.place[crews]
    ones = np.ones(count)
    variables = [
        milp.Variables("choices", one, np.zeros(count), ones, whole=True),
        milp.Variables("none", asked.penalty, np.zeros(clusters), np.ones(clusters), whole=True),
        milp.Variables("overtime", asked.overtime_price.ravel()[at], np.zeros(len(at)),
                       asked.overtime.ravel()[at]),
        milp.Variables("lacking", asked.milestones.price, np.zeros(len(asked.milestones.price)),
                       np.full(len(asked.milestones.price), np.inf)),
    ]  # fmt: skip
    place = np.arange(count)
    each = sparse.csr_array((ones, (columns.cluster, place)), shape=(clusters, count))
    found = [
        milp.Rows("each", {"choices": each, "none": sparse.eye_array(clusters, format="csr")},
                  np.ones(clusters), np.ones(clusters)),
    ]  # fmt: skip
    matrices = _family_rows(asked, columns)
    # Waiting comes last in `FAMILIES` and has rows of its own.
    for family, matrix in zip(FAMILIES, matrices, strict=False):
        mine = rows.of(family)
        size = mine.stop - mine.start
        if not size:
            continue
        terms = {"choices": sparse.csr_array(matrix)[rows.place[mine]]}
        if family == "crews":
            terms["overtime"] = -sparse.eye_array(crews.stop - crews.start, format="csr")
        if family == "milestones":
            terms["lacking"] = -sparse.eye_array(milestones.stop - milestones.start, format="csr")
        found.append(milp.Rows(family, terms, np.full(size, -np.inf), rows.limit[mine]))
    if len(asked.late):
        more, also = _late(asked, matrices[0])
        variables += more
        found += also
    if counts_borders(asked):
        more, also = _borders(asked, columns)
        variables += more
        found += also
    near = _near_rows(asked, columns)
    if near is not None:
        size = near.shape[0]
        found.append(milp.Rows("near", {"choices": near}, np.full(size, -np.inf), np.ones(size)))
    return variables, found


def _one_each(asked: Problem, columns: Columns) -> Floats:
    """Return what each column costs by itself."""
    c, v, t = columns.cluster, columns.option, columns.period
    found = asked.cost[c, v] * asked.discount[t] + asked.wait[c] * asked.waited[t]
    found += asked.work[c, v] * asked.work_price[asked.pool[c], t]
    for part in range(asked.product.shape[1]):
        product = asked.product[v, part]
        found += np.where(product >= 0, asked.amounts[c, part] * asked.running[product, t], 0.0)
    same = (asked.announced_option[c] == NEVER) | (asked.announced_option[c] == v)
    found += asked.change_cost[c] * ~(same & (asked.announced_period[c] == t))
    return np.asarray(found)


def _family_rows(asked: Problem, columns: Columns) -> list[sparse.coo_array]:
    """Return what each column uses of each row of each family, all rows, limited or not."""
    c, v, t = columns.cluster, columns.option, columns.period
    count, periods = len(c), asked.periods
    place = np.arange(count)

    def later(rows: npt.NDArray[Any], values: Floats, size: int, lag: int = 0) -> sparse.coo_array:
        """Spread values of (row, period) over the period so many after that, and all later ones."""
        parts = [
            (rows[mine] * periods + at, place[mine], values[mine])
            for at in range(periods)
            for mine in (np.flatnonzero((t + lag <= at) & (rows >= 0)),)
        ]
        row, column, value = (np.concatenate(x) for x in zip(*parts, strict=True))
        return sparse.coo_array((value, (row, column)), shape=(size * periods, count))

    deliveries = sparse.coo_array((len(asked.running) * periods, count))
    for part in range(asked.product.shape[1]):
        product = asked.product[v, part].astype(np.int64)
        deliveries = (
            deliveries + later(product, asked.amounts[c, part], len(asked.running))
        ).tocoo()
    spot = asked.region[c].astype(np.int64) * periods + t
    shape = (asked.regions * periods, count)
    purse = asked.purse[c].astype(np.int64)
    cash = later(purse, asked.cost[c, v], len(asked.cash))
    late = t + asked.refund_lag < periods
    back = later(np.where(late, purse, -1), asked.refund_share * asked.cost[c, v],
                 len(asked.cash), asked.refund_lag)  # fmt: skip
    cash = (cash - back).tocoo()
    caps = np.zeros((len(asked.caps.limit), count))
    for row, (column, last) in enumerate(zip(asked.caps.weight, asked.caps.last, strict=True)):
        caps[row] = asked.weights[c, column] * asked.caps.factor[row, v] * (t <= last)
    reached = np.zeros((len(asked.milestones.need), count))
    for row, (column, last) in enumerate(
        zip(asked.milestones.weight, asked.milestones.last, strict=True)
    ):
        reached[row] = -asked.weights[c, column] * (t <= last)
    return [
        deliveries,
        sparse.coo_array(
            (asked.work[c, v], (asked.pool[c].astype(np.int64) * periods + t, place)),
            shape=(len(asked.crews) * periods, count),
        ),
        sparse.coo_array((asked.people[c], (spot, place)), shape=shape),
        sparse.coo_array(cash), sparse.coo_array(caps), sparse.coo_array(reached),
    ]  # fmt: skip


def _late(asked: Problem, taken: sparse.coo_array) -> tuple[list[milp.Variables], list[milp.Rows]]:
    """Return variables and rows of what waits in each scenario, and of the worst part's mean.

    Of the tail: a least cost of the worst part, and by how much each scenario exceeds it
    (Rockafellar and Uryasev 2000).
    """
    late, at = asked.late, limited(asked.late)
    count, scenarios = len(at), len(asked.late)
    there = late.deliveries.reshape(scenarios, -1)[:, at]
    price = late.price[at // asked.periods]
    size = scenarios * count
    used = sparse.vstack([sparse.csr_array(taken)[at]] * scenarios, format="csr")
    free = np.full(size, np.inf)
    rows = [
        milp.Rows("waits", {"choices": used, "waiting": -sparse.eye_array(size, format="csr")},
                  -free, there.ravel()),
    ]  # fmt: skip
    if late.tail >= 1.0:
        each = (late.weight[:, None] * price[None]).ravel()
        return [milp.Variables("waiting", each, np.zeros(size), free)], rows
    cost = sparse.csr_array(sparse.kron(sparse.eye_array(scenarios), price[None, :]))
    rows.append(
        milp.Rows(
            "worst",
            {
                "waiting": cost, "above": -sparse.eye_array(scenarios, format="csr"),
                "least": -sparse.csr_array(np.ones((scenarios, 1))),
            },
            np.full(scenarios, -np.inf), np.zeros(scenarios),
        )
    )  # fmt: skip
    return [
        milp.Variables("waiting", np.zeros(size), np.zeros(size), free),
        milp.Variables("above", late.weight / late.tail, np.zeros(scenarios),
                       np.full(scenarios, np.inf)),
        milp.Variables("least", np.ones(1), np.zeros(1), np.full(1, np.inf)),
    ], rows  # fmt: skip


def counts_borders(asked: Problem) -> bool:
    """Return whether there are borders, and few enough for HiGHS."""
    borders = asked.borders
    return 0 < len(borders) * len(np.unique(borders.side)) <= 2 * MOST_BORDERS


def _borders(asked: Problem, columns: Columns) -> tuple[list[milp.Variables], list[milp.Rows]]:
    """Return a variable for each border, 1 where it is mixed, and a row for each of its sides.

    Where one cluster takes a side and the other one any other side, both sums are 1.
    """
    borders = asked.borders
    once = np.flatnonzero(borders.owner < borders.other)
    count, size = len(columns.cluster), len(once)
    side = borders.side[columns.option]
    place = np.arange(count)

    def taken(clusters: npt.NDArray[np.integer], mine: npt.NDArray[np.bool_]) -> sparse.csr_array:
        shape = (len(asked), count)
        cells = (columns.cluster[mine], place[mine])
        return sparse.csr_array((np.ones(int(mine.sum())), cells), shape=shape)[clusters]

    sides = np.unique(side[side >= 0]).tolist()
    choices = [
        taken(borders.owner[once], side == one)
        + taken(borders.other[once], (side >= 0) & (side != one))
        for one in sides
    ]
    if not sides:
        return [], []
    rows = size * len(sides)
    is_mixed = sparse.vstack([-sparse.eye_array(size, format="csr")] * len(sides), format="csr")
    return [
        milp.Variables("mixed", borders.cost[once], np.zeros(size), np.ones(size)),
    ], [
        milp.Rows("borders", {"choices": sparse.vstack(choices, format="csr"), "mixed": is_mixed},
                  np.full(rows, -np.inf), np.ones(rows)),
    ]  # fmt: skip


def _near_rows(asked: Problem, columns: Columns) -> sparse.csr_array | None:
    """Return a row for each pair of near clusters and period, None where there are none."""
    owner = np.repeat(np.arange(len(asked)), np.diff(asked.near_start))
    once = owner < asked.near
    pairs = np.stack([owner[once], asked.near[once]])
    if not pairs.shape[1]:
        return None
    mine = sparse.csr_array(
        (np.ones(len(columns.cluster)),
         (columns.cluster * asked.periods + columns.period, np.arange(len(columns.cluster)))),
        shape=(len(asked) * asked.periods, len(columns.cluster)),
    )  # fmt: skip
    at = (pairs[:, :, None] * asked.periods + np.arange(asked.periods)).reshape(2, -1)
    return sparse.csr_array(mine[at[0]] + mine[at[1]])


def _values(pricing: Pricing, columns: Columns, begun: Plan) -> dict[str, Floats]:
    """Return the values of all variables of `program` that a plan gives them."""
    asked, rows, used = pricing.asked, pricing.rows, uses(pricing.asked, begun)
    key = (columns.cluster * asked.options + columns.option) * asked.periods + columns.period
    mine = (np.arange(len(asked)) * asked.options + begun.option) * asked.periods + begun.period
    over = np.maximum(used.crews - asked.crews, 0.0).ravel()[rows.place[rows.of("crews")]]
    found = {
        "choices": np.isin(key, mine[begun.option >= 0]).astype(np.float64),
        "none": (begun.option < 0).astype(np.float64),
        "overtime": over,
        "lacking": np.maximum(asked.milestones.need - used.milestones, 0.0),
    }
    late, borders = asked.late, asked.borders
    if counts_borders(asked) and (borders.side[columns.option] >= 0).any():
        once = borders.owner < borders.other
        found["mixed"] = mixed(borders, begun.option)[once].astype(np.float64)
    if len(late):
        there = late.deliveries.reshape(len(late), -1)[:, limited(late)]
        taken = used.deliveries.ravel()[limited(late)]
        costs = late_costs(late, used.deliveries)
        least = costs[worst_weights(late, costs) > 0].min()
        found["waiting"] = np.maximum(taken - there, 0.0).ravel()
        if late.tail < 1.0:
            found["least"], found["above"] = np.array([least]), np.maximum(costs - least, 0.0)
    return found


def finished(
    pricing: Pricing, bound: Bound, begun: Plan, *, seconds: float, gap: float
) -> tuple[Plan, float, str]:
    """Return a plan no worse than the one given, a bound, and how the search ended.

    Parameters
    ----------
    pricing, bound
        The problem, its prices and bound.
    begun
        A plan to begin with.
    seconds, gap
        When to stop.
    """
    if waits_too_much(pricing.asked):
        return begun, bound.value, "time limit"
    made = prepared(pricing, bound, begun)
    answer = milp.solve(
        made.program.variables, made.program.rows, seconds=seconds, gap=gap,
        start=made.program.start,
    )  # fmt: skip
    plan, best = read(pricing.asked, made, answer)
    return plan, best, answer.status


def waits_too_much(asked: Problem) -> bool:
    """Return whether there are too many scenarios and rows that can be late for HiGHS."""
    return len(asked.late) * len(limited(asked.late)) > MOST_WAITING


@dataclass(frozen=True, eq=False)
class Prepared:
    """A program over columns, the plan that it begins with, its cost, and the bound so far."""

    columns: Columns
    program: milp.Program
    begun: Plan
    cost: float
    bound: float


def prepared(pricing: Pricing, bound: Bound, begun: Plan) -> Prepared:
    """Return the program that looks for a plan better than one at hand."""
    cost = objective(pricing.asked, begun)
    columns = columns_of(pricing, bound, cost)
    variables, rows = program(pricing, columns)
    start = _values(pricing, columns, begun)
    return Prepared(columns, milp.Program(variables, rows, start), begun, cost, bound.value)


def read(asked: Problem, made: Prepared, answer: milp.Answer) -> tuple[Plan, float]:
    """Return the plan of an answer, or the one at hand where it is no worse, and the bound."""
    columns, best = made.columns, made.bound
    if columns.all and np.isfinite(answer.bound):
        # What is not a column costs more than the plan at hand.
        best = max(best, min(answer.bound, made.cost))
    if "choices" not in answer.values:
        return made.begun, best
    option = np.full(len(asked), NEVER, dtype=np.int32)
    period = option.copy()
    taken = np.flatnonzero(answer.values["choices"] > 0.5)
    option[columns.cluster[taken]] = columns.option[taken]
    period[columns.cluster[taken]] = columns.period[taken]
    plan = Plan(option, period)
    better = objective(asked, plan) < made.cost
    return plan if better else made.begun, best
