"""Which rules a plan must meet by when, read as exposure does, and what swaps take out of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.rules import PEOPLE_LEFT, Asks, Rule, rule_of
from indranet.model.schema import APPROVALS
from indranet.studies.exclusions import Exclusions, exclusions, months_after, of_firms
from indranet.studies.groundwork import Groundwork
from indranet.studies.requirements import SUMS, requirements
from indranet.studies.rule_makers import LEAST
from indranet.studies.rule_metrics import OPEN, SOME, THEIRS, WHOLE, Ends
from indranet.studies.rule_scope import Basis, Scope, basis, if_installed, scope
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import Swaps

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

ALL_OF_IT = "all of it"
"""Name of the goal's own date among the rules."""
_AT_MOST = ("<=", "<")
_GOALS = "the goal"
"""Whose exclusions they are where a goal names firms."""
_DAY = np.timedelta64(1, "D")


class Reading(NamedTuple):
    """How a rule is read: the equipment on a day, the rule, and whom of it this is about.

    Country and operator are codes in the network, operator -1 for the country together.
    """

    on: Basis
    rule: Rule
    country: int
    operator: int


@dataclass(frozen=True, eq=False)
class Dated:
    """A rule that binds some of the operators that plan: what counts against it must shrink.

    Attributes
    ----------
    rule, date, operator, country
        Name; day on which it begins to ask this; operator, or all of the country where empty.
    standing
        What is to be said of the rule wherever it is named.
    days
        Days after its period from which on a swap counts: accepted, or removed where that counts.
    asks
        What is asked.
    start
        What it measures as things stand, as `rule_metrics.Ends`, shape (4,).
    leaves
        What the swap of each group changes in that, by offers of which nothing counts where there
        are such, shape (4, groups).
    reading
        How it is read, None of the goal's own date.
    """

    rule: str
    date: np.datetime64
    operator: str
    country: str
    standing: str
    days: int
    asks: Asks
    start: Ends
    leaves: Ends
    reading: Reading | None = field(default=None, repr=False)

    @property
    def allowed(self) -> float:
        """How much may be left; 0 where nothing may, as where a share of nothing is asked for."""
        whole = 1.0 if self.asks.metric == "count" else float(self.start.high[WHOLE])
        return self.asks.limit * whole

    @property
    def lacking(self) -> float:
        """How much of what counts must go, 0 where rounding alone asks for it."""
        if not self.allowed:
            return float(self.start.high[SOME])
        lacking = float(self.start.high[THEIRS]) - self.allowed
        slack = 1e-9 * max(float(self.start.high[THEIRS]), 1.0)
        if self.asks.comparison == "<":
            return max(lacking + 2 * slack, 0.0)
        return lacking if lacking > slack else 0.0

    @property
    def must_go(self) -> Flags:
        """Which groups have something of which nothing may be left, shape (groups,)."""
        found: Flags = self.leaves.high[OPEN if self.allowed else SOME] < 0
        return found

    @property
    def gain(self) -> Floats:
        """How much the swap of each group takes out of what is lacking, shape (groups,)."""
        per = 0.0 if self.asks.metric == "count" else self.asks.limit
        gone = self.leaves.high[THEIRS] - per * self.leaves.high[WHOLE]
        return np.asarray(np.maximum(-gone, 0.0))


def dated_rules(
    ground: Groundwork, goal: Goal, found: Swaps, made: Stacks
) -> tuple[list[Dated], list[str]]:
    """Return the rules of the goal that a swap can meet, and in words those that it cannot.

    Rules on the share or number of what stands at sites are met by replacing it. A rule in force
    is read as on the first day of the plan, one to come as on its own; where whom it speaks of, or
    what is approved, changes later so that more must go, that day is a date of its own. Others are
    told as they are on the network as planned; those on people left without any one vendor are for
    `plan_survive`.

    Raises
    ------
    UsageError
        When a rule is named that counts what is removed, and the case has none of that name.
    """
    _known_names(ground.network, goal)
    starts = goal.starts(ground.network.first_day)
    readers = _Readers(ground, goal, found)
    sets = sets_of(ground, found)
    dated: list[Dated] = []
    others: list[str] = []
    for rule in rules_bound(ground, goal, starts):
        if rule.metric == PEOPLE_LEFT:
            continue
        why = _why_not(rule, goal)
        first = max(rule.start, starts[0])
        if why is not None:
            on = readers.on(rule, first)
            if any(True for _ in parties_of(found, on, scope(on, rule))):
                others.append(f"{rule.name}: {_asked(rule)}{why}")
            continue
        last: dict[tuple[str, str], Dated] = {}
        for date, day in [(rule.start, first), *readers.later(rule, first, starts)]:
            on = readers.on(rule, day)
            for one in _dated(goal, found, made, on, scope(on, rule), sets):
                who = one.country, one.operator
                if who not in last or _asks_more(last[who], one):
                    last[who] = replace(one, date=date)
                    dated.append(last[who])
    if goal.replace.by is not None:
        dated.append(_all_of_it(goal, found))
    return dated, others


def _known_names(network: Network, goal: Goal) -> None:
    counted, names = goal.practice.removed_counts, network["rules"].text("rule")
    strange = [] if counted == "all" else [name for name in counted if name not in names]
    if strange:
        near = get_close_matches(strange[0], names, n=1)
        raise UsageError(
            f"{goal.name}: practice.removed_counts: no rule {strange[0]!r} in the case"
            + (f": did you mean {near[0]!r}?" if near else "")
        )


def rules_bound(
    ground: Groundwork, goal: Goal, starts: npt.NDArray[np.datetime64]
) -> Iterator[Rule]:
    """Yield the rules of the goal that are in force on any day of it."""
    for row in np.flatnonzero(ground.exists("rules")).tolist():
        rule = rule_of(ground.network, row)
        over = rule.start > starts[-1] or rule.until < starts[0]
        if not over and (goal.meet == "all" or rule.name in goal.meet):
            yield rule


def _asked(rule: Rule) -> str:
    return f"{rule.metric} {rule.comparison} {rule.limit:g}"


def _why_not(rule: Rule, goal: Goal) -> str | None:
    """Return why swaps do not meet a rule by themselves, in words, None where they do."""
    if rule.who == "excluded" and goal.replace.wanted:
        return ", and the goal names nobody whom it excludes"
    at_most = rule.comparison in _AT_MOST or (rule.comparison == "=" and rule.limit == 0)
    everybody = rule.who == "all" and rule.what == "made"
    return "" if rule.metric not in SUMS or not at_most or rule.tier or everybody else None


class _Readers:
    """The equipment as rules read it on each day, made ready once for each that differs."""

    def __init__(self, ground: Groundwork, goal: Goal, found: Swaps) -> None:
        self.ground, self.goal, self.gone = ground, goal, found.gone
        self._made: dict[tuple[np.datetime64, int], Basis] = {}

    def on(self, rule: Rule, day: np.datetime64) -> Basis:
        """Return the equipment on a day, with the firms that the goal replaces as excluded."""
        key = day, rule.after_months
        if key not in self._made:
            excluded = excluded_on(self.ground, self.goal, self.gone, day, rule.after_months)
            self._made[key] = basis(self.ground, excluded, day)
        return self._made[key]

    def later(
        self, rule: Rule, first: np.datetime64, starts: npt.NDArray[np.datetime64]
    ) -> list[tuple[np.datetime64, np.datetime64]]:
        """Return the days after a first one on which a rule may come to ask more, in order.

        Of days that the same swaps can meet, the first as the date and the last to read it on.
        """
        network, days = self.ground.network, [np.zeros(0, dtype="M8[D]")]
        rows = network["exclusions"]
        if rule.who == "excluded" and self.goal.replace.authority is not None:
            mine = np.array(rows.text("authority")) == self.goal.replace.authority
            days.append(months_after(rows["from"][mine], rule.after_months))
        if rule.what in APPROVALS:
            approvals = network["approvals"]
            kind = np.array(approvals.text("kind")) == APPROVALS[rule.what]
            days.append(approvals["until"][kind] + _DAY)
        every = np.unique(np.concatenate(days))
        end = starts[-1] if np.isnat(rule.until) else min(starts[-1], rule.until)
        every = every[(every > first) & (every <= end)]
        wait = days_until_it_counts(self.goal, rule.name) + self.goal.practice.margin_days
        period = np.searchsorted(starts[1:] + wait * _DAY, every, side="right")
        return [(some[0], some[-1]) for some in (every[period == p] for p in np.unique(period))]


def excluded_on(
    ground: Groundwork, goal: Goal, gone: Flags, day: np.datetime64, after_months: int = 0
) -> Exclusions | None:
    """Return whom a goal takes as excluded on a day: as its authority says, or whom it replaces.

    Parameters
    ----------
    ground, goal
        The case and what is asked.
    gone
        Firms whose equipment must go, shape (firms,).
    day, after_months
        The day, and for how many months an exclusion must have held.
    """
    if goal.replace.authority is not None:
        return exclusions(ground, goal.replace.authority, day, after_months)
    return None if goal.replace.wanted else of_firms(ground, _GOALS, gone)


def sets_of(ground: Groundwork, found: Swaps) -> Codes:
    """Return the group of each site, the number of groups where nothing goes, shape (sites,)."""
    sets = np.full(len(ground.network["sites"]), len(found.groups))
    inside = np.flatnonzero(found.of_row >= 0)
    sets[ground.equipment["site"][inside]] = found.of_row[inside]
    return sets


def parties_of(found: Swaps, on: Basis, of: Scope) -> Iterator[tuple[int, str]]:
    """Yield whom of those whom a rule binds the goal is about, and its name."""
    names = on.network.names
    mine = np.isin(on.networks.operator, found.operators)
    for party, (country, operator) in enumerate(zip(*of.parties, strict=True)):
        there = mine & (on.networks.country == country)
        if operator in found.operators or (operator < 0 and of.rule.per_country and there.any()):
            kind, code = ("firm", operator) if operator >= 0 else ("country", country)
            yield party, str(names[kind][code])


def _dated(
    goal: Goal, found: Swaps, made: Stacks, on: Basis, of: Scope, sets: Codes
) -> Iterator[Dated]:
    """Yield what a rule asks of each whom it binds, as on the day of a basis."""
    groups, names = len(found.groups), on.network.names
    free = _free(found, made, on, of)
    best = replace(
        of, counts=np.where(free, 0.0, of.counts), may_count=np.where(free, 0.0, of.may_count)
    )
    now, then = (requirements(on, one, sets, groups + 1) for one in (of, best))
    for party, _ in parties_of(found, on, of):
        ends, after = now[party].ends, then[party].ends
        country, operator = now[party].country, now[party].operator
        yield Dated(
            rule=of.rule.name, date=of.rule.start,
            operator=str(names["firm"][operator]) if operator >= 0 else "",
            country=str(names["country"][country]) if country >= 0 else "",
            standing=of.rule.standing, days=days_until_it_counts(goal, of.rule.name),
            asks=of.rule.asks, start=Ends(*(end.sum(axis=1) for end in ends)),
            leaves=Ends(*((b - a)[:, :groups] for a, b in zip(ends, after, strict=True))),
            reading=Reading(on, of.rule, country, operator),
        )  # fmt: skip


def _free(found: Swaps, made: Stacks, on: Basis, of: Scope) -> Flags:
    """Return of which rows of a scope nothing need count once they are swapped, (scoped,)."""
    offers = on.network["offers"].where(made.offers)
    free = np.zeros(len(of.rows), dtype=bool)
    going = found.goes[of.rows] & (found.of_row[of.rows] >= 0)
    function = on.ground.equipment["function"][of.rows]
    for one in np.unique(function[going]).tolist():
        here = np.flatnonzero(going & (function == one))
        for product in np.unique(offers["product"][offers["replaces"] == one]).tolist():
            there = np.full(len(here), product, dtype=np.int64)
            counts, may = if_installed(on, of.rule, of.rows[here], there)
            free[here] |= counts + may <= LEAST
    return free


def _asks_more(before: Dated, after: Dated) -> bool:
    """Return whether a rule comes to count anything at a group that it did not count before."""
    now, then = before.leaves.high[SOME], after.leaves.high[SOME]
    return bool((then < now).any())


def _all_of_it(goal: Goal, found: Swaps) -> Dated:
    """Return the goal's own date as a rule: nothing of what must go is left, or wanted, then."""
    rows = np.flatnonzero(found.goes & (found.of_row >= 0))
    each = np.bincount(found.of_row[rows], minlength=len(found.groups)).astype(np.float64)
    sums = np.zeros((4, len(each)))
    sums[[THEIRS, SOME]] = each
    start, leaves = sums.sum(axis=1), -sums
    return Dated(
        rule=ALL_OF_IT, date=np.datetime64(goal.replace.by, "D"), operator="", country="",
        standing="", days=days_until_it_counts(goal, ALL_OF_IT), asks=Asks("count", "=", 0.0),
        start=Ends(start, start), leaves=Ends(leaves, leaves),
    )  # fmt: skip


def days_until_it_counts(goal: Goal, rule: str) -> int:
    """Return days after its period from which on a swap counts for a rule."""
    practice, days = goal.practice, goal.practice.acceptance_days
    counted = practice.removed_counts
    return days + practice.removal_days if counted == "all" or rule in counted else days
