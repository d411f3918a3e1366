"""A plan carried out with what may come between: how likely each date is, what it costs."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.assignment import Plan
from indranet.engines.gates.work import Array
from indranet.model.scenario import Law
from indranet.studies.attacks import uniforms
from indranet.studies.laws import drawn
from indranet.studies.plan_after import changes
from indranet.studies.plan_limits import deliveries, slips
from indranet.studies.plan_problem import Planned
from indranet.studies.plan_progress import free_units
from indranet.studies.plan_time import DAYS_A_MONTH
from indranet.studies.requirements import first_met
from indranet.studies.rule_metrics import Ends

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

CAUSES = ("delivery_slip_days", "crew_factor", "season_factor", "permit_days", "refund")
"""What may come between, by the key of the goal that holds its law."""
LONGER = 3
"""Times the horizon for which a plan that runs late is followed."""
_DAY = np.timedelta64(1, "D")
_ENOUGH = 200
"""Draws at most at each point of a sweep."""
_FEWER = 100
"""Draws in which one cause is left out; the same ones as the first of all."""


@dataclass(frozen=True, eq=False)
class Dates:
    """What draws of a plan gave.

    Attributes
    ----------
    planned
        Day on which each rule is met when all goes as planned, NaT for never, shape (rules,).
    at_best
        Day from which it is not surely broken, should all that is not known turn out well.
    probability
        Of each rule being met by its date, shape (rules,).
    late
        Day on which each rule is met in the middle of the draws, NaT for not within three times the
        horizon, shape (rules,).
    without
        Cause to the probabilities if that alone did not come between, shape (rules,) each.
    cost
        Money spent in each draw, shape (draws,).
    finish
        Day on which the last swap was accepted in each draw, NaT for later, shape (draws,).
    """

    planned: npt.NDArray[np.datetime64]
    at_best: npt.NDArray[np.datetime64]
    probability: Floats
    late: npt.NDArray[np.datetime64]
    without: dict[str, Floats]
    cost: Floats
    finish: npt.NDArray[np.datetime64]


def dates(made: Planned, plan: Plan, executor: Executor | None = None) -> Dates:
    """Carry a plan out in draws.

    Period by period, in the order of the plan, clusters are swapped as far as deliveries, crews,
    permits and money of the draw let them; what could not be done goes before what comes next. The
    floor and neighbours are kept by the order alone. A swap counts from its acceptance on.

    Parameters
    ----------
    made
        The goal.
    plan
        What each cluster gets, and when.
    executor
        Threads; the draws do not hang on their number.
    """
    draws = made.goal.uncertainty.draws
    periods = LONGER * made.goal.periods
    every = _carried_out(made, plan, draws, periods, frozenset(), executor)
    changed = changes(made, plan)
    met = _met_all(made, changed, every.period, periods)
    without = {}
    for cause in CAUSES:
        fewer = min(draws, _FEWER)
        other = _carried_out(made, plan, fewer, periods, frozenset({cause}), executor)
        without[cause] = _likely(made, _met_all(made, changed, other.period, periods))
    if draws:
        middle = np.sort(met, axis=1)[:, (draws - 1) // 2] if len(met) else np.zeros(0, np.int64)
        last = every.period.max(axis=1, initial=-1)
    else:
        middle, last = np.full(len(met), periods), np.zeros(0, np.int64)
    return Dates(
        _as_planned(made, changed, plan), _as_planned(made, changed, plan, at_best=True),
        _likely(made, met), _of_rules(made, middle[:, None], periods)[:, 0], without, every.cost,
        _counted(made, last, periods, made.goal.practice.acceptance_days),
    )  # fmt: skip


def met_by_dates(
    made: Planned, plan: Plan, end: np.datetime64, executor: Executor | None = None
) -> tuple[Floats, float]:
    """Return how likely each dated rule is met in time, and all of them in one draw.

    Where there is none, all is the last swap accepted by the day `end`. NaN without draws.
    """
    draws, periods = min(made.goal.uncertainty.draws, _ENOUGH), LONGER * made.goal.periods
    if not draws:
        return np.full(len(made.rules), np.nan), float("nan")
    every = _carried_out(made, plan, draws, periods, frozenset(), executor)
    met = _met_all(made, changes(made, plan), every.period, periods)
    if not len(met):
        last = every.period[:, ~made.done].max(axis=1, initial=-1)
        accepted = _counted(made, last, periods, made.goal.practice.acceptance_days)
        return np.zeros(0), float((accepted <= end).mean())
    kept = _kept(made, met)
    return kept.mean(axis=1), float(kept.all(axis=0).mean())


@dataclass(frozen=True, eq=False)
class _Carried:
    """Period of each cluster, shape (draws, clusters), and the money spent, shape (draws,)."""

    period: Codes
    cost: Floats


def _likely(made: Planned, met: Codes) -> Floats:
    """Return in which part of the draws each rule was met by its date."""
    return _kept(made, met).mean(axis=1) if met.shape[1] else np.full(len(met), np.nan)


def _kept(made: Planned, met: Codes) -> npt.NDArray[np.bool_]:
    """Return whether each rule is met by its date in each draw, shape (rules, draws)."""
    dates_ = np.array([rule.date for rule in made.rules], dtype="datetime64[D]")
    days = _of_rules(made, met, LONGER * made.goal.periods)
    # What is met before the first day is met, however long its date is past.
    return np.asarray((days <= dates_[:, None]) | (met < 0))


def _counted(made: Planned, period: Codes, periods: int, days: int) -> npt.NDArray[np.datetime64]:
    """Return the day so long after each period's end, NaT past the last period."""
    month = made.starts[0].astype("datetime64[M]")
    ends = (month + (np.arange(periods) + 1) * made.goal.months).astype("datetime64[D]")
    ends = ends + np.timedelta64(days, "D")
    table = np.concatenate([ends, [np.datetime64("NaT")], made.starts[:1]])
    return np.asarray(table[np.clip(period, -1, periods)])


def _of_rules(made: Planned, met: Codes, periods: int) -> npt.NDArray[np.datetime64]:
    """Return the day on which each rule is met that is met after some period, as `met`."""
    found = np.empty(met.shape, dtype="datetime64[D]")
    for place, rule in enumerate(made.rules):
        found[place] = _counted(made, met[place], periods, rule.days)
    return found


def _as_planned(
    made: Planned, changed: Sequence[Ends], plan: Plan, *, at_best: bool = False
) -> npt.NDArray[np.datetime64]:
    """Return the day on which each rule is met when all goes as planned, NaT for never."""
    periods = made.goal.periods
    met = _met_all(
        made, changed, np.where(plan.option >= 0, plan.period, periods)[None], periods,
        at_best=at_best,
    )  # fmt: skip
    days = _of_rules(made, met, periods)[:, 0]
    dates_ = np.array([rule.date for rule in made.rules], dtype="datetime64[D]")
    # What is met as things stand is met, however long its date is past.
    return np.where(met[:, 0] < 0, np.minimum(days, dates_), days)


def _met_all(
    made: Planned, changed: Sequence[Ends], period: Codes, periods: int, *, at_best: bool = False
) -> Codes:
    """Return the period after which each rule is met in each draw, shape (rules, draws)."""
    found = np.empty((len(made.rules), len(period)), dtype=np.int64)
    for place, (rule, change) in enumerate(zip(made.rules, changed, strict=True)):
        some = np.flatnonzero(change.high.any(axis=0) | change.low.any(axis=0))
        part, done = Ends(change.low[:, some], change.high[:, some]), made.done[some]
        for draw in range(len(period)):
            step = np.where(done, -1, period[draw, some])
            after = first_met(rule.asks, rule.start, part, step, periods, at_best=at_best)
            found[place, draw] = periods if after < 0 else after - 1
    return found


def _carried_out(
    made: Planned,
    plan: Plan,
    draws: int,
    periods: int,
    left_out: frozenset[str],
    executor: Executor | None,
) -> _Carried:
    asked = made.problem
    chosen = np.flatnonzero(plan.option >= 0)
    order = chosen[np.lexsort((-made.swaps.people[chosen], plan.period[chosen]))]
    period = np.full((draws, len(asked)), periods, dtype=np.int64)
    cost = np.zeros(draws)
    if not draws:
        return _Carried(period, cost)
    longer = _Longer(made, periods)

    def one(draw: int) -> tuple[int, Codes, float]:
        between = _Draw(made, draw, left_out)
        first = plan.period.astype(np.int64) + between.wait
        when = np.full(len(asked), periods, dtype=np.int64)
        spent = _carry(
            order.astype(np.int64), first, plan.option.astype(np.int64), asked.pool, asked.purse,
            asked.cost, asked.work, asked.amounts, asked.product,
            longer.deliveries(between.slip, draw), longer.crews(between.crews, between.season),
            longer.cash, between.price,
            asked.refund_share * min(between.refund, 1.0), asked.refund_lag + between.late, when,
        )  # fmt: skip
        return draw, when, spent

    run: Callable[..., object] = map if executor is None else executor.map
    for draw, when, spent in run(one, range(draws)):  # type: ignore[attr-defined]
        period[draw], cost[draw] = when, spent
    return _Carried(period, cost)


class _Draw:
    """What comes between in one draw; each number hangs on seed, draw and whom it is about."""

    def __init__(self, made: Planned, draw: int, left_out: frozenset[str]) -> None:
        goal, seed = made.goal, made.goal.seed
        laws = goal.uncertainty

        def of(law: Law, keys: Codes, salt: int) -> Floats:
            return drawn(law, uniforms(keys.astype(np.uint64), seed, draw, salt))

        pools = len(made.problem.crews)
        months = goal.months * DAYS_A_MONTH
        clusters = np.arange(len(made.swaps), dtype=np.int64)
        self.slip = slips(made.ground.network, made.stacks, goal, draw, 20)
        self.crews = of(laws.crew_factor, np.arange(pools), 21)
        years = LONGER * goal.periods * goal.months // 12 + 1
        self.season = of(laws.season_factor, np.arange(years), 22)
        wait = of(laws.permit_days, clusters, 23) / months
        # A permit that comes within the period delays nothing; a third of a period is usual slack.
        self.wait = np.floor(wait + 2.0 / 3.0).astype(np.int64)
        self.refund = float(of(laws.refund_factor, np.zeros(1, np.int64), 24)[0])
        late = float(of(laws.refund_late_days, np.zeros(1, np.int64), 25)[0])
        self.late = int(np.ceil(late / months))
        self.price = float(of(laws.cost_factor, np.zeros(1, np.int64), 26)[0])
        if "delivery_slip_days" in left_out:
            self.slip = np.zeros_like(self.slip)
        if "crew_factor" in left_out:
            self.crews = np.ones_like(self.crews)
        if "season_factor" in left_out:
            self.season = np.ones_like(self.season)
        if "permit_days" in left_out:
            self.wait = np.zeros_like(self.wait)
        if "refund" in left_out:
            self.refund, self.late = 1.0, 0


class _Longer:
    """Limits of the problem, carried on beyond its horizon as in its last periods."""

    def __init__(self, made: Planned, periods: int) -> None:
        self.made, self.periods = made, periods
        month = made.starts[0].astype("datetime64[M]")
        steps = np.arange(periods + 1) * made.goal.months
        self.starts = (month + steps).astype("datetime64[D]")
        asked = made.problem
        cycle = min(12 // made.goal.months, asked.periods)
        later = np.arange(periods)
        later = np.where(
            later < asked.periods, later,
            asked.periods - cycle + (later - asked.periods) % cycle,
        )  # fmt: skip
        self._crews = (asked.crews + asked.overtime)[:, later]
        self.cash = asked.cash[:, np.minimum(np.arange(periods), asked.periods - 1)]

    def deliveries(self, slip: Floats, draw: int) -> Floats:
        """Return units delivered when makers are so many days late, (offers, periods)."""
        network, stacks = self.made.ground.network, self.made.stacks
        found = deliveries(network, stacks, self.starts, slip, self.made.pace, draw)
        if not len(found):
            return np.full((1, self.periods), np.inf)
        until = np.minimum(np.arange(self.periods), self.made.problem.periods - 1)
        return free_units(found, self.made.taken[:, until])

    def crews(self, factor: Floats, season: Floats) -> Floats:
        """Return the work of crews when some are missing and seasons are worse."""
        year = np.arange(self.periods) * self.made.goal.months // 12
        return np.asarray(self._crews * factor[:, None] * season[year][None, :])


@njit(cache=True, nogil=True, error_model="numpy")
def _carry(
    order: Array,
    first: Array,
    option: Array,
    pool: Array,
    purse: Array,
    cost: Array,
    work: Array,
    amounts: Array,
    product: Array,
    deliveries: Array,
    crews: Array,
    cash: Array,
    price: float,
    refund: float,
    lag: int,
    when: Array,
) -> float:
    """Carry out swaps in order, period by period, and write the period of each; return the cost."""
    periods, parts = crews.shape[1], product.shape[1]
    used = np.zeros(len(deliveries))
    spent = np.zeros((len(cash), periods + 1))
    # Clusters by the period from which they may be swapped, in the order of the plan.
    start = np.zeros(periods + 2, np.int64)
    for c in order:
        start[min(first[c], periods) + 1] += 1
    for t in range(periods + 1):
        start[t + 1] += start[t]
    place = start.copy()
    ready = np.empty(len(order), np.int64)
    for c in order:
        bucket = min(first[c], periods)
        ready[place[bucket]] = c
        place[bucket] += 1
    waiting = np.empty(len(order), np.int64)
    left = 0
    total = 0.0
    for t in range(periods):
        for k in range(start[t], start[t + 1]):
            waiting[left] = ready[k]
            left += 1
        if left == 0:
            continue
        free = crews[:, t].copy()
        owed = np.zeros(len(cash))
        for p in range(len(cash)):
            gone = 0.0
            for s in range(t + 1):
                gone += spent[p, s]
                if s + lag <= t:
                    gone -= refund * spent[p, s]
            owed[p] = cash[p, t] - gone
        kept = 0
        for k in range(left):
            c = waiting[k]
            v = option[c]
            money = cost[c, v] * price
            fits = work[c, v] <= free[pool[c]] * (1 + 1e-9)
            fits = fits and money <= owed[purse[c]] * (1 + 1e-9) + 1e-6
            for f in range(parts):
                if fits and product[v, f] >= 0:
                    need = used[product[v, f]] + amounts[c, f]
                    fits = need <= deliveries[product[v, f], t] * (1 + 1e-9)
            if not fits:
                waiting[kept] = c
                kept += 1
                continue
            when[c] = t
            free[pool[c]] -= work[c, v]
            owed[purse[c]] -= money
            spent[purse[c], t] += money
            total += money
            for f in range(parts):
                if product[v, f] >= 0:
                    used[product[v, f]] += amounts[c, f]
        left = kept
    return total
