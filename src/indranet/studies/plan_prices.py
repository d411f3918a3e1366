"""What binds, and what one more and one less of it is worth, by planning anew."""

import time
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment, Problem
from indranet.engines.assignment.again import (
    Again,
    Otherwise,
    again,
    again_relaxed,
    relaxed_prices,
)
from indranet.engines.assignment.dual import rows_of
from indranet.engines.assignment.problem import FAMILIES, Plan
from indranet.engines.assignment.search import sample_of
from indranet.studies.plan_because import WHOLE
from indranet.studies.plan_problem import Planned
from indranet.studies.plan_reasons import row_words, unit_of

Floats = npt.NDArray[np.float64]

MOST = 12
"""Rows that are told."""
SAMPLE = 500
"""Clusters up to which all are in the relaxation that is solved anew; of more, so many are."""
PART = 0.02
"""Of a limit, by which it is raised and lowered; at least what one usual cluster uses."""
_LITTLE = 1e-7
_AGREES = 0.2
"""Part of a price by which that of the bound may differ before both are told."""
_PROVEN = 0.05
"""Part of a difference that may be left unproven."""


def binding(
    made: Planned, found: Assignment, *, seconds: float, executor: Executor | None = None
) -> list[dict[str, Any]]:
    """Return the rows with the highest worth, and what one more and one less of each changes.

    A row is worth price times limit at the prices of the linear relaxation. Each row is then raised
    and lowered by a part of its limit and all is planned anew: up to `WHOLE` clusters exactly,
    beyond that as the linear relaxation, above `SAMPLE` clusters on a sample of them. What is told
    is the difference that this makes, for one unit; where it makes none the row is not told.

    Parameters
    ----------
    made, found
        The goal and its plan.
    seconds
        That planning anew may take.
    executor
        Threads.
    """
    asked, prices = made.problem, found.proof.prices
    sample = sample_of(asked, SAMPLE) if len(asked) > SAMPLE else None
    asked = asked if sample is None else sample.problem
    until = time.monotonic() + seconds
    if found.status != "interrupted":
        exact = relaxed_prices(asked, prices, seconds=0.5 * seconds)
        prices = prices if exact is None else exact
    rows = rows_of(made.problem)
    worth = prices * np.abs(rows.limit)
    family_of = np.repeat(np.arange(len(FAMILIES)), np.diff(rows.start))
    order = np.argsort(-worth, kind="stable")[:MOST]
    order = order[worth[order] > 1e-9 * max(abs(found.cost), 1.0)]
    asked_of = [
        (FAMILIES[family_of[row]], int(rows.place[row]), float(found.proof.prices[row]),
         _step(made.problem, found.plan, FAMILIES[family_of[row]], int(rows.place[row]),
               abs(float(rows.limit[row]))))
        for row in order.tolist()
    ]  # fmt: skip
    if not asked_of:
        return []
    if found.status == "interrupted":
        return [_told(made, one, None, None) for one in asked_of]
    whole = _exactly(made, found, asked_of, until - time.monotonic(), executor)
    parts = [1.0 if sample is None else sample.part(*one[:2]) for one in asked_of]
    answers = whole or again_relaxed(
        asked, prices, _cases(asked_of, parts), seconds=max(until - time.monotonic(), 1.0),
        executor=executor,
    )  # fmt: skip
    usual, pairs = answers[0], zip(answers[1::2], answers[2::2], strict=True)
    told = []
    for one, part, (more, less) in zip(asked_of, parts, pairs, strict=True):
        saved, lost = _apart(usual, more, part), _apart(less, usual, part)
        if saved is not None and max(saved, lost or 0.0) <= _LITTLE * abs(found.cost):
            continue
        told.append(_told(made, one, saved, lost, bool(whole)))
    return told


Asked = tuple[str, int, float, float]
"""Family, place in its array, price in the proof, and by how much a row is raised and lowered."""


def _exactly(
    made: Planned,
    found: Assignment,
    rows: list[Asked],
    seconds: float,
    executor: Executor | None,
) -> list[Again | None]:
    """Return what plans cost as it is, and with more and less of each row; empty if not proven."""
    asked = made.problem
    if len(asked) > WHOLE:
        return []
    cases = [(asked, found.plan, case) for case in _cases(rows, [1.0] * len(rows))]
    answers = again(found.proof.prices, cases, seconds=0.7 * seconds, executor=executor)
    known = [one for one in answers if one is not None]
    enough = len(known) == len(answers) and all(_narrow(one, known[0]) for one in known)
    return answers if enough else []


def _cases(rows: list[Asked], parts: list[float]) -> list[Otherwise]:
    """Return what is as it is, and with more and less of each row, a part of it on a sample."""
    return [Otherwise()] + [
        Otherwise(more=((family, place, sign * step * part),))
        for (family, place, _, step), part in zip(rows, parts, strict=True) for sign in (1.0, -1.0)
    ]  # fmt: skip


def _narrow(one: Again, usual: Again) -> bool:
    """Return whether an answer is proven well enough to be compared with another."""
    return one.cost - one.bound <= max(_PROVEN * abs(one.cost - usual.cost), 1e-6 * one.cost)


def _apart(one: Again | None, other: Again | None, part: float) -> float | None:
    """Return by how much one of all is dearer, None where either is not known."""
    if one is None or other is None:
        return None
    return max((one.cost + one.bound - other.cost - other.bound) / 2 / part, 0.0)


def _step(asked: Problem, plan: Plan, family: str, place: int, limit: float) -> float:
    """Return by how much a row is raised and lowered."""
    done = np.flatnonzero(plan.option >= 0)
    option = plan.option[done]
    used: Floats
    if family == "crews":
        mine = asked.pool[done] == place // asked.periods
        used = asked.work[done, option][mine]
    elif family == "floor":
        used = asked.people[done][asked.region[done] == place // asked.periods]
    elif family == "cash":
        mine = asked.purse[done] == place // asked.periods
        used = asked.cost[done, option][mine]
    elif family == "deliveries":
        parts = asked.product[option] == place // asked.periods
        used = (asked.amounts[done] * parts).sum(axis=1)
    else:
        column = (asked.caps if family == "caps" else asked.milestones).weight[place]
        used = asked.weights[done, column]
    used = used[used > 0]
    return max(PART * limit, float(np.median(used)) if len(used) else 0.0)


def _told(
    made: Planned, row: Asked, saved: float | None, lost: float | None, exact: bool = False
) -> dict[str, Any]:
    family, place, price, step = row
    what, unit = row_words(made, family, place), unit_of(made, family)
    each = price if saved is None else saved / step
    words = f"one more {unit} saves about {_usd(each)} USD"
    if lost is not None:
        words += f", one less costs about {_usd(lost / step)} USD"
    how = "at prices" if saved is None else f"re-planned with {_usd(step)} more and less"
    if saved is not None and not exact:
        how += ", as a bound"
    if saved is not None and abs(each - price) > _AGREES * max(each, price):
        how += f"; {_usd(price)} at prices"
    return {
        "row": what, "family": family, "price_usd": each, "unit": unit, "step": step,
        "less_usd": None if lost is None else lost / step, "at_bound_usd": price,
        "how": "at prices" if saved is None else "planned anew" if exact else "bound anew",
        "words": f"{words}: {what} ({how})",
    }  # fmt: skip


def _usd(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:.3g}"
