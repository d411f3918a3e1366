"""Why each cluster is in its period: what binds, and the cost of one period earlier and later."""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment
from indranet.engines.assignment.again import Again, Otherwise, again, around
from indranet.engines.assignment.dual import Rows, attributes_of, rows_of, tables_of
from indranet.engines.assignment.entries import dates_taken
from indranet.engines.assignment.pricing import beside
from indranet.engines.assignment.problem import FAMILIES, NEVER, Plan, Problem
from indranet.studies.plan_deadlines import last_period
from indranet.studies.plan_problem import Planned
from indranet.studies.plan_reasons import period_word, row_words

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 60
"""Clusters up to which every one is planned anew a period earlier and later, all others free."""
SOME = 20
"""Where there are more: how many are, those with most people; others are told at prices."""
AROUND = 24
"""Of such a one, the clusters that may then move; the rest is held."""
EACH = 1.0
"""Seconds for each new plan; what is not proven by then is told as a range."""
_EARLIER, _LATER = -1, 1
_LITTLE = 1e-6
_WIDE = 0.1


@dataclass(frozen=True, eq=False)
class Because:
    """Why clusters are in their periods; shape (clusters,) each.

    Attributes
    ----------
    words
        In a sentence.
    earlier, later
        What a plan with the cluster a period earlier or later costs more, infinite where it cannot
        be, NaN for clusters without a period.
    replanned
        Whether that was found by planning anew; else it is at the prices of the bound.
    """

    words: npt.NDArray[np.object_]
    earlier: Floats
    later: Floats
    replanned: Flags


@dataclass(frozen=True, eq=False)
class _Stop:
    """A row that keeps clusters from moving; by how much each is over, 0 where it is not."""

    family: str
    place: Codes
    use: Floats


@dataclass(frozen=True)
class _Cost:
    """What moving a cluster costs: between `low` and `high`; `left` more clusters are left out."""

    low: float
    high: float
    left: int

    @property
    def middle(self) -> float:
        """The value to tell where one is wanted, infinite where others are left out."""
        return float("inf") if self.left > 0 else (self.low + self.high) / 2


def because(
    made: Planned, found: Assignment, *, seconds: float, executor: Executor | None = None
) -> Because:
    """Return for each cluster why it is in its period, and what one earlier and one later costs.

    What binds is the row that has no room for the cluster where it would cost less by itself; with
    more than one, that which saves most when it alone is widened by what the cluster uses. Costs
    are found by planning anew with the cluster held to the other period, its option free: of up to
    `WHOLE` clusters with all others free, of more for the `SOME` with most people, with the
    `AROUND` that most compete with it free. For the rest they are what the rows that a cluster uses
    are worth at the prices of the bound.

    Parameters
    ----------
    made, found
        The goal and its plan.
    seconds
        That planning anew may take.
    executor
        Threads.
    """
    near = _Near(made, found)
    order = _chosen(made, found)
    replanned: dict[tuple[int, int], _Cost] = {}
    names: dict[int, tuple[str, int]] = {}
    if found.status != "interrupted" and len(order):
        replanned, names = _replanned(near, order, seconds, executor)
    count = len(made.problem)
    words = np.full(count, "", dtype=object)
    earlier, later = near.at_prices(_EARLIER), near.at_prices(_LATER)
    known = np.zeros(count, dtype=bool)
    for (cluster, step), cost in replanned.items():
        (earlier if step == _EARLIER else later)[cluster] = cost.middle
    for cluster in range(count):
        if made.done[cluster]:
            words[cluster] = "done before"
        elif found.plan.option[cluster] < 0:
            words[cluster] = _why_not(made, cluster)
        else:
            known[cluster] = (cluster, 0) in replanned
            reason = near.reason(cluster, names.get(cluster))
            steps = ((_EARLIER, earlier), (_LATER, later))
            told = [
                _moved(near, cluster, step, float(values[cluster]), replanned.get((cluster, step)))
                for step, values in steps
            ]
            how = "" if all(np.isinf(v[cluster]) for _, v in steps) else (
                ", re-planned" if known[cluster] else ", at prices"
            )  # fmt: skip
            words[cluster] = f"{reason}; {told[0]}; {told[1]}{how}"
    return Because(words, earlier, later, known)


def _chosen(made: Planned, found: Assignment) -> Codes:
    """Return the clusters that are planned anew, those with most people first."""
    planned = np.flatnonzero(found.plan.option >= 0)
    order = planned[np.argsort(-made.swaps.people[planned], kind="stable")]
    return order if len(made.problem) <= WHOLE else order[:SOME]


class _Near:
    """What clusters cost a period from where they are, and what is in the way; all at once."""

    def __init__(self, made: Planned, found: Assignment) -> None:
        self.made, self.found, self.asked = made, found, made.problem
        self.rows: Rows = rows_of(self.asked)
        attributes, prices = attributes_of(self.asked), found.proof.prices
        self.priced, self.plain = np.empty((2, len(self.asked), 5))
        option, period = found.plan.option, found.plan.period
        for values, at in ((self.priced, prices), (self.plain, np.zeros_like(prices))):
            beside(attributes, tables_of(self.asked, self.rows, at), option, period, values)
        self.laid = {
            name: _laid(self.rows, prices, name, self._size(name)) for name in FAMILIES
        }  # fmt: skip
        self.stops = {step: self._stops(step) for step in (_EARLIER, _LATER)}
        self.better = {step: self._better(step) for step in (_EARLIER, _LATER)}

    def _size(self, family: str) -> int:
        asked = self.asked
        if family in ("caps", "milestones"):
            return len(asked.caps.limit if family == "caps" else asked.milestones.need)
        return int(getattr(asked, "deliveries" if family == "late" else family).size)

    def at_prices(self, step: int) -> Floats:
        """Return what clusters cost a period away more than here, at the prices of the bound."""
        other = self.priced[:, 3 if step == _EARLIER else 4]
        here = self.priced[:, 1]
        none = self.found.plan.option < 0
        return np.where(none, np.nan, other - np.where(none, 0.0, here))

    def _better(self, step: int) -> Flags:
        """Return which clusters would cost less by themselves a period away, rows left aside."""
        asked, used, plan = self.asked, self.found.used, self.found.plan
        done = np.flatnonzero(plan.option >= 0)
        option, period, pool = plan.option[done], plan.period[done], asked.pool[done]
        saved = np.zeros(len(asked))
        saved[done] = self.plain[done, 1] - self.plain[done, 1 + step]
        over = np.maximum(used.crews - asked.crews, 0.0)[pool, period]
        spared = np.minimum(asked.work[done, option], over) * asked.overtime_price[pool, period]
        saved[done] += np.where(np.isfinite(spared), spared, 0.0)
        lacks = np.maximum(asked.milestones.need - used.milestones, 0.0)
        for row, last in enumerate(asked.milestones.last.tolist()):
            weight = asked.weights[done, asked.milestones.weight[row]]
            gains = asked.milestones.price[row] * np.minimum(weight, lacks[row])
            saved[done] += np.where((step < 0) & (period - 1 == last), gains, 0.0)
        scale = np.where(np.isfinite(self.plain[:, 1]), np.abs(self.plain[:, 1]), 1.0)
        return np.asarray(saved > _LITTLE * np.maximum(scale, 1.0))

    def _stops(self, step: int) -> list[_Stop]:
        """Return the rows that have no room for clusters a period away, and what each needs."""
        asked, used, plan = self.asked, self.found.used, self.found.plan
        periods, count = asked.periods, len(asked)
        option, to = plan.option.astype(np.int64), plan.period.astype(np.int64) + step
        can = (option >= 0) & (to >= 0) & (to < periods)
        done = np.flatnonzero(can)
        v, t = option[done], to[done]
        found: list[_Stop] = []

        def add(family: str, place: npt.NDArray[np.integer], use: Floats, room: Floats) -> None:
            places, uses = np.full(count, -1, dtype=np.int64), np.zeros(count)
            places[done] = place
            # Half a thousandth is what the checker of plans lets pass.
            uses[done] = np.where((use > 0) & (use > room * (1 + 1e-9) + 1e-9), use, 0.0)
            found.append(_Stop(family, places, uses))

        pool, region, purse = asked.pool[done], asked.region[done], asked.purse[done]
        add("crews", pool.astype(np.int64) * periods + t, asked.work[done, v],
            (asked.crews - used.crews)[pool, t])  # fmt: skip
        add("floor", region.astype(np.int64) * periods + t, asked.people[done],
            (asked.floor - used.floor)[region, t])  # fmt: skip
        if step == _EARLIER:
            for part in range(asked.product.shape[1]):
                product = asked.product[v, part].astype(np.int64)
                need = np.zeros(len(done))
                for other in range(asked.product.shape[1]):
                    same = (product >= 0) & (asked.product[v, other] == product)
                    need += np.where(same, asked.amounts[done, other], 0.0)
                room = (asked.deliveries - used.deliveries)[product, t]
                add("deliveries", product * periods + t, need, room)
                # What is used before it may be there has no limit, but a price.
                waits = self.laid["late"].reshape(asked.deliveries.shape)[product, t] > 0
                add("late", product * periods + t, np.where(waits, need, 0.0), np.zeros(len(done)))
            part_ = 1.0 - (asked.refund_share if asked.refund_lag == 0 else 0.0)
            add("cash", purse.astype(np.int64) * periods + t, part_ * asked.cost[done, v],
                (asked.cash - used.cash)[purse, t])  # fmt: skip
            for row, last in enumerate(asked.caps.last.tolist()):
                use = asked.weights[done, asked.caps.weight[row]] * asked.caps.factor[row, v]
                room = np.full(len(done), asked.caps.limit[row] - used.caps[row])
                add("caps", np.full(len(done), row), np.where(t == last, use, 0.0), room)
        else:
            for row, last in enumerate(asked.milestones.last.tolist()):
                use = asked.weights[done, asked.milestones.weight[row]]
                room = np.full(len(done), used.milestones[row] - asked.milestones.need[row])
                add("milestones", np.full(len(done), row), np.where(t == last + 1, use, 0.0), room)
        return found

    def near_is_there(self, cluster: int, step: int) -> bool:
        """Return whether a neighbour is changed in the period a step away."""
        asked, period = self.asked, self.found.plan.period
        beside_ = asked.near[asked.near_start[cluster] : asked.near_start[cluster + 1]]
        return bool((period[beside_] == period[cluster] + step).any())

    def wish(self, cluster: int) -> int:
        """Return the step to where a cluster would cost less by itself, 0 for neither.

        At the first or last period that it may take, the one beyond, if the way back costs more.
        """
        if self.better[_EARLIER][cluster]:
            return _EARLIER
        if self.better[_LATER][cluster]:
            return _LATER
        earlier, _, later = self.plain[cluster, :3]
        if np.isinf(earlier):
            return _EARLIER
        return _LATER if np.isinf(later) else 0

    def in_the_way(self, cluster: int, step: int) -> list[tuple[str, int, float]]:
        """Return rows without room for a cluster a step away, the one worth most first."""
        there = {
            (stop.family, int(stop.place[cluster])): float(stop.use[cluster])
            for stop in self.stops[step] if stop.use[cluster] > 0
        }  # fmt: skip
        ranked = sorted(
            there.items(), key=lambda item: -self.laid[item[0][0]][item[0][1]] * item[1]
        )
        return [(family, place, use) for (family, place), use in ranked]

    def reason(self, cluster: int, named: tuple[str, int] | None) -> str:
        """Return in words what keeps a cluster where it is."""
        step = self.wish(cluster)
        if step == 0:
            return "cheapest here by itself"
        if np.isinf(self.plain[cluster, 1 + step]):
            return (
                f"as early as can be: {_not_before(self.made, self.found.plan, cluster)}"
                if step == _EARLIER
                else f"as late as can be: {_not_after(self.made, cluster)}"
            )
        rows = self.in_the_way(cluster, step)
        if named is None and rows:
            named = rows[0][:2]
        if named is not None:
            return row_words(self.made, *named)
        if self.near_is_there(cluster, step):
            other = int(self.found.plan.period[cluster]) + step
            return f"a neighbour is changed in {period_word(self.made, other)}"
        return "as it fits best"


def _laid(rows: Rows, prices: Floats, family: str, size: int) -> Floats:
    laid = np.zeros(size)
    laid[rows.place[rows.of(family)]] = prices[rows.of(family)]
    return laid


def _not_before(made: Planned, plan: Plan, cluster: int) -> str:
    asked = made.problem
    other = plan.period[cluster] - 1
    if other < 0:
        return "the plan begins"
    if other < asked.earliest[cluster]:
        return "it is promised for this one"
    return _entry_before(made, plan, cluster) or "its offer is not ready before"


def _entry_before(made: Planned, plan: Plan, cluster: int) -> str:
    """Return in words the entry after which a cluster is changed as soon as may be."""
    entries, option = made.entries, plan.option[cluster]
    if not len(entries):
        return ""
    taken, _ = dates_taken(entries, plan.option, plan.period)
    for entry in np.flatnonzero(entries.options[:, option]).tolist():
        if entries.first[entry, taken[entry]] == plan.period[cluster]:
            vendor, operator = made.entry_names[entry]
            if not vendor:
                return f"the core of {operator} comes first"
            if entries.first[entry, taken[entry]] > entries.first[entry, 0]:
                return f"{vendor} is let in at {operator} by then"
    return ""


def _not_after(made: Planned, cluster: int) -> str:
    latest = made.problem.latest[cluster]
    for rule in made.rules:
        last = last_period(rule.date, rule.days, made.starts, made.goal)
        if rule.allowed <= 0 and last == latest:
            return f"{rule.rule} by {rule.date}"
    if len(made.entries) and made.entries.before[:, cluster].any():
        return "access comes after the core"
    return "the plan ends" if latest == made.goal.periods - 1 else "it is promised for this one"


def _moved(near: _Near, cluster: int, step: int, value: float, cost: _Cost | None) -> str:
    """Return in words what a period earlier or later costs."""
    word = "a period earlier" if step == _EARLIER else "a period later"
    if np.isinf(near.priced[cluster, 3 if step == _EARLIER else 4]):
        why = (
            _not_before(near.made, near.found.plan, cluster) if step == _EARLIER
            else _not_after(near.made, cluster)
        )  # fmt: skip
        return f"{word}: not possible, {why}"
    if cost is None:
        return f"{word}: {_usd(value)} USD"
    if cost.left > 0:
        return f"{word}: not possible within the limits"
    if cost.high - cost.low > max(_WIDE * abs(cost.middle), 1.0):
        return f"{word}: from {_usd(cost.low)} to {_usd(cost.high)} USD"
    return f"{word}: {_usd(cost.middle)} USD"


def _usd(value: float) -> str:
    return f"{round(value):+,}"


def _replanned(
    near: _Near, order: Codes, seconds: float, executor: Executor | None
) -> tuple[dict[tuple[int, int], _Cost], dict[int, tuple[str, int]]]:
    """Return what clusters cost elsewhere, planned anew, and which row each is stopped by.

    Keys are cluster and step; step 0 says that a cluster was planned anew at all.
    """
    asked, plan = near.asked, near.found.plan
    whole = len(asked) <= WHOLE
    cases: list[tuple[Problem, Plan, Otherwise]] = []
    keys: list[tuple[int, int, int]] = []  # cluster, step, place among the rows in the way
    for cluster in order.tolist():
        small, part, at = (asked, plan, cluster) if whole else around(asked, plan, cluster, AROUND)
        if not whole or not cases:
            cases.append((small, part, Otherwise()))
            keys.append((cluster, 0, NEVER))
        wish = near.wish(cluster)
        for step in (_EARLIER, _LATER):
            if np.isinf(near.priced[cluster, 3 if step == _EARLIER else 4]):
                continue
            period = int(plan.period[cluster]) + step
            cases.append((small, part, Otherwise(at, period)))
            keys.append((cluster, step, NEVER))
            rows = near.in_the_way(cluster, step) if step == wish else []
            for number, row in enumerate(rows if len(rows) > 1 else []):
                cases.append((small, part, Otherwise(at, period, (row,))))
                keys.append((cluster, step, number))
    answers = again(
        near.found.proof.prices, cases, seconds=seconds, each=EACH, executor=executor
    )  # fmt: skip
    return _compared(near, keys, answers)


def _compared(
    near: _Near, keys: list[tuple[int, int, int]], answers: list[Again | None]
) -> tuple[dict[tuple[int, int], _Cost], dict[int, tuple[str, int]]]:
    costs: dict[tuple[int, int], _Cost] = {}
    names: dict[int, tuple[str, int]] = {}
    least: dict[int, float] = {}
    usual: Again | None = None
    missing = {cluster for (cluster, _, _), answer in zip(keys, answers, strict=True)
               if answer is None}  # fmt: skip
    for (cluster, step, number), answer in zip(keys, answers, strict=True):
        if step == 0:
            usual = answer
        if answer is None or usual is None or cluster in missing:
            continue
        costs[cluster, 0] = _Cost(0.0, 0.0, 0)
        if number != NEVER:
            if answer.cost < least.get(cluster, np.inf):
                least[cluster] = answer.cost
                names[cluster] = near.in_the_way(cluster, step)[number][:2]
        elif step != 0:
            low, high = answer.bound - usual.cost, answer.cost - usual.bound
            costs[cluster, step] = _Cost(low, high, answer.left - usual.left)
    return costs, names


def _why_not(made: Planned, cluster: int) -> str:
    asked = made.problem
    offered = np.isfinite(asked.cost[cluster])
    if not offered.any():
        return "not swapped: no offer replaces what stands there"
    first = max(int(asked.first[offered].min()), int(asked.earliest[cluster]))
    if first > asked.latest[cluster]:
        return (
            f"not swapped: its date passes before the first offer is ready in "
            f"{period_word(made, min(first, asked.periods - 1))}"
        )
    pool = asked.pool[cluster]
    most = (asked.crews[pool] + asked.overtime[pool]).max()
    least = asked.work[cluster, offered].min()
    if least > most:
        return (
            f"not swapped: it takes {least:,.0f} crew-days and its crews have at most {most:,.0f} "
            "in one period: split the cluster or add crews"
        )
    return "not swapped: within the limits others go before it"
