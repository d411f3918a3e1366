"""A plan at other dates, or under other caps: what each costs and how likely its dates are met."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment, Plan, Problem, assign, broken, own_costs
from indranet.engines.assignment.dual import rows_of
from indranet.model.goal import Cap, Goal
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_deadlines import last_period
from indranet.studies.plan_draws import met_by_dates
from indranet.studies.plan_problem import Planned, planned

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]
By = Literal["deadline", "cap"]

SWEEPS: tuple[By, ...] = ("deadline", "cap")
QUARTERS = (-4, -3, -2, -1, 0, 1, 2, 4, 8)
"""Quarters by which all dates of the goal's rules are moved, a point each."""
CAPS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Most of one vendor or country, a point each beside the goal's own; 1 is no cap."""
_LEAST_SECONDS = 2.0
_LEAST_GAP = 2e-3


@dataclass(frozen=True, eq=False)
class _Point:
    """One value of what is swept, its plan and the chances of its dates."""

    value: float
    made: Planned
    found: Assignment
    each: Floats
    together: float


def surface(
    ground: Groundwork,
    goal: Goal,
    by: By,
    *,
    seconds: float,
    gap: float,
    executor: Executor | None = None,
    made: Callable[..., Planned] = planned,
) -> Table:
    """Return what plans cost and how likely their dates are met, at each value of what is swept.

    `deadline` moves the dates of all rules that the goal meets by `QUARTERS`. Every point has the
    same periods, those of the goal and as many more as the latest date is moved; what no rule dates
    is done by the goal's last period, moved as well where dates come later or there is no rule.
    Points at which a date passes before any swap can be accepted are left out: nothing would bind.
    `cap` limits the share of one vendor to `CAPS`, or of one country where the goal caps that
    alone. From the tightest value to the loosest each plan begins with the one before it, in an
    eighth of the time. For a country all its operators share makers and crews.

    Parameters
    ----------
    ground, goal
        The case and what is asked.
    by
        What is swept.
    seconds, gap
        When the search for one plan stops: an eighth of the time, twice a thousandth at least.
    executor
        Threads.
    made
        Makes a goal ready, as `planned` does.

    Returns
    -------
    Table
        One row for each value and rule, one with an empty rule where there is none: by, value
        (quarters, or share), rule, operator, date, cost_usd, objective, bound, gap, unswapped,
        unswapped_people, probability, together (of all dates in one draw).
    """
    points: list[_Point] = []
    begun: Plan | None = None
    prices: Floats | None = None
    for value in _values(goal, by):
        point = _point(made, ground, goal, by, value)
        if by == "deadline" and value < 0 and _too_near(point):
            continue
        asked = point.problem
        if begun is not None and broken(asked, begun):
            begun = None
        if prices is not None and len(prices) != len(rows_of(asked).limit):
            prices = None
        found = assign(
            asked, seconds=max(seconds / 8, _LEAST_SECONDS), gap=max(gap, _LEAST_GAP),
            seed=goal.seed, executor=executor, begun=begun, prices=prices,
        )  # fmt: skip
        begun, prices = found.plan, found.proof.prices
        each, together = met_by_dates(point, found.plan, _end(point, goal, by, value), executor)
        points.append(_Point(value, point, found, each, together))
    return _table(by, points, goal)


def _values(goal: Goal, by: By) -> tuple[float, ...]:
    if by == "deadline":
        return tuple(float(quarters) for quarters in QUARTERS)
    cap = goal.limits.vendor_share or goal.limits.country_share
    return tuple(sorted({*CAPS, *([cap.limit] if cap is not None else [])}))


def _too_near(made: Planned) -> bool:
    """Return whether a date has come so near that no swap counts before it."""
    if not made.rules:
        return int(made.problem.latest.max(initial=-1)) < 0
    ends = (last_period(rule.date, rule.days, made.starts, made.goal) for rule in made.rules)
    return any(end < 0 for end in ends)


def _point(
    made: Callable[..., Planned], ground: Groundwork, goal: Goal, by: By, value: float
) -> Planned:
    if by == "deadline":
        months = 3 // goal.months
        return made(ground, goal, moved=int(value) * months, room=max(QUARTERS) * months)
    limits = goal.limits
    name = (
        "country_share"
        if limits.vendor_share is None and limits.country_share is not None
        else "vendor_share"
    )
    cap: Cap = getattr(limits, name) or Cap.model_validate({"limit": value})
    one = cap.model_copy(update={"limit": value})
    other = goal.model_copy(update={"limits": limits.model_copy(update={name: one})})
    return made(ground, other)


def _end(made: Planned, goal: Goal, by: By, value: float) -> np.datetime64:
    """Return the day by which a plan without dated rules is to be done."""
    last = goal.periods + (int(value) * (3 // goal.months) if by == "deadline" else 0)
    end: np.datetime64 = made.starts[max(last, 1)]
    return end + np.timedelta64(goal.practice.acceptance_days, "D")


def spent(asked: Problem, plan: Plan) -> float:
    """Return the money that a plan spends, nothing else counted, USD."""
    zero = np.zeros_like
    money = replace(
        asked, discount=np.ones_like(asked.discount), work_price=zero(asked.work_price),
        running=zero(asked.running), wait=zero(asked.wait), change_cost=zero(asked.change_cost),
    )  # fmt: skip
    return float(own_costs(money, plan)[plan.option >= 0].sum())


def _table(by: By, points: list[_Point], goal: Goal) -> Table:
    rows: list[tuple[Any, ...]] = []
    for point in points:
        made, found = point.made, point.found
        left = (found.plan.option < 0) & ~made.done
        shared = (
            spent(made.problem, found.plan), found.cost, found.bound, found.gap, int(left.sum()),
            float(made.swaps.people[left].sum()),
        )  # fmt: skip
        named = [(rule.rule, rule.operator, rule.date) for rule in made.rules]
        for (rule, operator, date), chance in zip(
            named or [("", "", _end(made, goal, by, point.value))],
            point.each.tolist() if named else [point.together], strict=True,
        ):  # fmt: skip
            rows.append((by, point.value, rule, operator, date, *shared, chance, point.together))
    names: dict[str, npt.DTypeLike] = {
        "by": object, "value": np.float64, "rule": object, "operator": object,
        "date": "datetime64[D]", "cost_usd": np.float64, "objective": np.float64,
        "bound": np.float64, "gap": np.float64, "unswapped": np.int64,
        "unswapped_people": np.float64, "probability": np.float64, "together": np.float64,
    }  # fmt: skip
    columns = zip(*rows, strict=True)
    return {
        name: np.array(column, dtype=kind)
        for (name, kind), column in zip(names.items(), columns, strict=True)
    }


def told(rows: Table, goal: Goal) -> dict[str, Any]:
    """Return a sweep in short: what is swept, a point for each value, and the answer in words."""
    by = str(rows["by"][0])
    _, first = np.unique(rows["value"], return_index=True)
    points: list[dict[str, Any]] = [
        {
            "value": float(rows["value"][i]), "words": _value_words(by, float(rows["value"][i])),
            **{name: float(rows[name][i]) for name in ("cost_usd", "objective", "bound", "gap")},
            "unswapped": int(rows["unswapped"][i]),
            "unswapped_people": float(rows["unswapped_people"][i]),
            "together": float(rows["together"][i]),
        }
        for i in first.tolist()
    ]  # fmt: skip
    cap = goal.limits.vendor_share or goal.limits.country_share
    asked = 0.0 if by == "deadline" else cap.limit if cap is not None else 1.0
    now = next(point for point in points if point["value"] == asked)
    ends = [point for point in (points[-1], points[0]) if point is not now]
    words = [_apart(point, now) for point in ends]
    if by == "deadline" and points[0]["value"] > QUARTERS[0]:
        words.append("Still earlier a date passes before any swap can be accepted.")
    return {"by": by, "asked": asked, "points": points, "words": words}


def _value_words(by: str, value: float) -> str:
    if by == "cap":
        return "no cap" if value >= 1 else f"at most {value:.0%}"
    if not value:
        return "dates as they are"
    quarters = f"{abs(value):.0f} quarter{'s' if abs(value) > 1 else ''}"
    return f"dates {quarters} {'later' if value > 0 else 'earlier'}"


def _apart(point: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return how one point differs from that which is asked for, in a sentence."""
    more = point["cost_usd"] - now["cost_usd"]
    part = abs(more) / max(now["cost_usd"], 1e-9)
    money = (
        "the same" if part < 5e-4
        else f"{part:.1%} {'more' if more > 0 else 'less'} (USD {abs(more):,.0f})"
    )  # fmt: skip
    said = f"With {point['words']} it costs {money}"
    if np.isfinite(point["together"]):
        said += (
            f", and all dates are met with probability {point['together']:.0%} "
            f"instead of {now['together']:.0%}"
        )
    left = point["unswapped"] - now["unswapped"]
    if left:
        said += f"; {abs(left):,} {'more' if left > 0 else 'fewer'} clusters are not swapped"
    return f"{said}."
