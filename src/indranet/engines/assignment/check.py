"""Whether a plan keeps every limit, counted anew in whole units."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment.problem import Array, Plan, Problem

UNIT = 1e-3
"""What is counted: amounts, work, people, money and weights to a thousandth."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Broken:
    """A limit that a plan breaks: its family, place in that family's array, use and limit."""

    family: str
    place: tuple[int, ...]
    used: float
    limit: float


def broken(asked: Problem, plan: Plan) -> list[Broken]:
    """Return every limit that a plan breaks, by adding up whole thousandths.

    Milestones are not among them: what they lack is paid for. A sum may exceed its limit by half a
    thousandth for each term, and by a billionth of the limit.
    """
    found = _choices(asked, plan)
    done = np.flatnonzero(plan.option >= 0)
    option, period = plan.option[done], plan.period[done]
    periods, region = asked.periods, asked.region[done]
    pool, busy = asked.pool[done], np.zeros(asked.crews.shape, dtype=np.int64)
    np.add.at(busy, (pool, period), 1)
    work = _sums((pool, period), asked.work[done, option], busy.shape)
    found += _over("crews", work, asked.crews + asked.overtime, busy)
    count = np.zeros((asked.regions, periods), dtype=np.int64)
    np.add.at(count, (region, period), 1)
    people = _sums((region, period), asked.people[done], count.shape)
    found += _over("floor", people, asked.floor, count)
    taken = np.zeros(asked.running.shape, dtype=np.int64)
    pieces = np.zeros(asked.running.shape, dtype=np.int64)
    for part in range(asked.product.shape[1]):
        there = np.flatnonzero(asked.product[option, part] >= 0)
        place = asked.product[option[there], part], period[there]
        np.add.at(taken, place, _whole(asked.amounts[done[there], part]))
        np.add.at(pieces, place, 1)
    found += _over("deliveries", taken.cumsum(axis=1), asked.deliveries, pieces.cumsum(axis=1))
    place = asked.purse[done], period
    money = asked.cost[done, option]
    money = np.where(np.isfinite(money), money, 0.0)
    spent = _sums(place, money, asked.cash.shape).cumsum(axis=1)
    number = np.zeros(asked.cash.shape, dtype=np.int64)
    np.add.at(number, place, 1)
    paid, lacking = _entries(asked, plan)
    found += lacking
    back = np.zeros_like(spent)
    if asked.refund_lag < periods:
        returned = np.floor(asked.refund_share * spent[:, : periods - asked.refund_lag])
        back[:, asked.refund_lag :] = returned.astype(np.int64)
    found += _over("cash", spent - back + paid, asked.cash, number.cumsum(axis=1))
    for row, (column, last) in enumerate(zip(asked.caps.weight, asked.caps.last, strict=True)):
        mine = period <= last
        part = asked.weights[done[mine], column] * asked.caps.factor[row, option[mine]]
        total = np.array([_whole(part).sum()])
        over = _over("caps", total, asked.caps.limit[row : row + 1], np.array([mine.sum()]))
        found += [Broken("caps", (row,), one.used, one.limit) for one in over]
    return found


def _choices(asked: Problem, plan: Plan) -> list[Broken]:
    """Return choices that are none: an option not offered, a period outside, near ones at once."""
    done = np.flatnonzero(plan.option >= 0)
    option, period = plan.option[done], plan.period[done]
    wrong = ~np.isfinite(asked.cost[done, option])
    wrong |= (period < asked.earliest[done]) | (period > asked.latest[done])
    wrong |= period < asked.first[option]
    found = [Broken("choices", (int(cluster),), 1.0, 0.0) for cluster in done[wrong]]
    owner = np.repeat(np.arange(len(asked)), np.diff(asked.near_start))
    same = (plan.period[owner] == plan.period[asked.near]) & (plan.period[owner] >= 0)
    near = zip(owner[same].tolist(), asked.near[same].tolist(), strict=True)
    return found + [Broken("near", pair, 1.0, 0.0) for pair in near]


def _entries(asked: Problem, plan: Plan) -> tuple[Whole, list[Broken]]:
    """Return money to date that entries take, and entries that a plan uses and cannot take.

    Each is taken at the last of its dates before its first use and after what comes first.
    """
    entries, lacking = asked.entries, []
    paid = np.zeros(asked.cash.shape, dtype=np.int64)
    for entry in range(len(entries)):
        uses = [c for c, v in enumerate(plan.option) if v >= 0 and entries.options[entry, v]]
        ahead = [plan.period[c] for c in np.flatnonzero(entries.before[entry])]
        ahead += [-1] if (plan.option[entries.before[entry]] < 0).any() else []
        dates = [
            (int(start), int(first))
            for start, first in zip(entries.start[entry], entries.first[entry], strict=True)
            if uses and first <= min(plan.period[uses])
            and all(0 <= period <= start for period in ahead)
        ]  # fmt: skip
        if dates:
            paid[entries.purse[entry], dates[-1][0] :] += _whole(entries.money[entry])
        elif uses:
            lacking.append(Broken("entries", (entry,), float(len(uses)), 0.0))
    return paid, lacking


def _whole(values: Array) -> Whole:
    return np.rint(values / UNIT).astype(np.int64)


def _sums(place: tuple[Array, ...], values: Array, shape: tuple[int, ...]) -> Whole:
    total = np.zeros(shape, dtype=np.int64)
    np.add.at(total, place, _whole(values))
    return total


def _over(family: str, used: Whole, limit: Array, terms: Whole) -> list[Broken]:
    known = np.isfinite(limit)
    bound = np.where(known, limit, 0.0) / UNIT
    wrong = known & (used > bound * (1 + 1e-9) + 0.5 * terms + 0.5)
    places = (tuple(int(i) for i in place) for place in np.argwhere(wrong))
    return [Broken(family, at, float(used[at] * UNIT), float(limit[at])) for at in places]
