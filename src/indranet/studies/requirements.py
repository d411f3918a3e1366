"""What a plan must bring about: the equipment that counts against each rule, and by when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.rules import Rule, meets
from indranet.studies.exclusions import exclusions as excluded_by
from indranet.studies.groundwork import Groundwork
from indranet.studies.market import Amounts, Codes, summed
from indranet.studies.rule_makers import LEAST
from indranet.studies.rule_metrics import Counted, counted
from indranet.studies.rule_scope import BY_SITE, Basis, Flags, Scope, basis, scope

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Requirement:
    """What one rule asks of one whom it binds, as a sum over rows of equipment.

    Attributes
    ----------
    rule
        The rule: its comparison, limit, first and last day.
    country, operator
        Whom it binds, codes in the network; operator -1 for the country together.
    size
        Rows of equipment that exist.
    rows, surely
        Those of which any part counts, positions in `Groundwork.equipment`, and whether that is
        sure, shape (counting,).
    thing
        What each counts as: itself, or its site, which counts once and until none of its rows
        does; a position in `weight`, shape (counting,).
    part
        The part of each that counts: 1 at tier 0, and of sites at every tier; by money beneath,
        with what may count where it is not sure, shape (counting,).
    weight
        Weight of each thing, shape (things,); NaN where it is not known: a value is then infinite
        until the thing is gone.
    total
        Weight by which a share is divided, 1 for a count.
    """

    rule: Rule
    country: int
    operator: int
    size: int
    rows: Codes
    surely: Flags
    thing: Codes
    part: Amounts
    weight: Amounts
    total: float

    @property
    def counts(self) -> Flags:
        """Which rows of equipment surely count, shape (rows,) as `Groundwork.equipment`."""
        return self._mask(self.rows[self.surely])

    @property
    def may_count(self) -> Flags:
        """Which rows may count and of which it is not known, shape (rows,)."""
        return self._mask(self.rows[~self.surely])

    def _mask(self, rows: Codes) -> Flags:
        found = np.zeros(self.size, dtype=bool)
        found[rows] = True
        return found

    @property
    def limit(self) -> float:
        """The limit, as the metric."""
        return self.rule.limit

    @property
    def due(self) -> np.datetime64:
        """First day on which the rule is in force."""
        return self.rule.start

    def steps(self, gone: Days, *, unknown_counts: bool = False) -> tuple[Days, Amounts]:
        """Return the days on which the value changes along a schedule, and the value from each on.

        Parameters
        ----------
        gone
            First day on which each row of equipment no longer counts, NaT where it stays, shape
            (rows,).
        unknown_counts
            Count what may count as well.

        Returns
        -------
        Days ascending, the first of them NaT: from the start; values, each of shape (steps,).
        """
        looked = np.ones(len(self.rows), dtype=bool) if unknown_counts else self.surely
        rows, thing = self.rows[looked], self.thing[looked]
        never = np.datetime64("9999-12-31")
        last = np.where(np.isnat(gone[rows]), never, gone[rows].astype("M8[D]"))
        until = np.full(len(self.weight), np.datetime64("0001-01-01"))
        np.maximum.at(until, thing, last)
        held = np.zeros(len(self.weight))
        np.maximum.at(held, thing, self.part[looked])
        some = held > 0
        amount = np.nan_to_num(self.weight[some] * held[some], nan=np.inf) / self.total
        days, at = np.unique(until[some], return_inverse=True)
        leaving = summed(at, amount, len(days))
        left = np.append(np.cumsum(leaving[::-1])[::-1], 0.0)
        kept = days < never
        start = np.array(["NaT"], dtype="M8[D]")
        return np.append(start, days[kept]), np.append(left[:1], left[1:][kept])


def requirement(
    ground: Groundwork,
    asked: Sequence[Rule],
    *,
    authority: str | None,
    day: np.datetime64,
    equipment: Flags | None = None,
) -> tuple[Requirement, ...]:
    """Return what some rules ask of each whom they bind, for a schedule to be held against.

    Parameters
    ----------
    ground
        The case, made ready.
    asked
        Rules, as `studies.rules.rules_told` gives them, of metric share or count.
    authority
        Whose exclusions `who = excluded` means.
    day
        Day that decides whom the authority excludes.
    equipment
        Rows to look at, shape (rows,); all by default.

    Returns
    -------
    One entry a rule and party, in order of rules, country and operator codes.

    Raises
    ------
    UsageError
        When a rule is no sum over rows, or speaks of excluded firms and no authority is named.
    """
    for rule in asked:
        if rule.metric not in ("share", "count"):
            raise UsageError(
                f"rule {rule.name!r} measures {rule.metric}, which is no sum over equipment: "
                "a schedule is held against shares and counts"
            )
        if rule.who == "excluded" and authority is None:
            raise UsageError(f"rule {rule.name!r} speaks of excluded firms: name an authority")
    excluded = None if authority is None else excluded_by(ground, authority, day)
    on = basis(ground, excluded, equipment)
    return tuple(found for rule in asked for found in _of_rule(on, scope(on, rule)))


def _of_rule(on: Basis, of: Scope) -> list[Requirement]:
    things = counted(on, of)
    part, may, left = (values[of.unit] for values in (of.part, of.may, of.left))
    surely = (part > LEAST) & of.sure
    counting = np.flatnonzero(part + may > LEAST)
    if of.rule.weight in BY_SITE or of.rule.metric == "count":
        amount, whole = np.ones(len(part)), np.ones(len(part))
    else:
        amount, whole = np.where(surely, part, part + may), left
    totals = _totals(of, things, whole)
    party = of.party[counting]
    order = np.argsort(party, kind="stable")
    first = np.searchsorted(party[order], np.arange(len(totals) + 1))
    found = []
    for number, total in enumerate(totals.tolist()):
        mine = counting[order[first[number] : first[number + 1]]]
        used, thing = np.unique(things.thing[mine], return_inverse=True)
        found.append(
            Requirement(
                rule=of.rule,
                country=int(of.parties.country[number]),
                operator=int(of.parties.operator[number]),
                size=len(on.ground.equipment),
                rows=of.rows[mine],
                surely=surely[mine],
                thing=thing,
                part=amount[mine],
                # Where nothing weighs anything, a share is not known until nothing counts.
                weight=things.weight[used] if total > 0 else np.full(len(used), np.nan),
                total=total if total > 0 else 1.0,
            )
        )
    return found


def _totals(of: Scope, things: Counted, whole: Amounts) -> Amounts:
    """Return by what a share of each party is divided; 1 for a count."""
    parties = len(of.parties.country)
    if of.rule.metric == "count":
        return np.ones(parties)
    inside = np.zeros(len(things.party))
    np.maximum.at(inside, things.thing[of.sure], whole[of.sure])
    return summed(things.party, np.nan_to_num(things.weight) * inside, parties)


def first_day_met(
    required: Requirement, gone: Days, first_day: np.datetime64, *, unknown_counts: bool = False
) -> np.datetime64:
    """Return the first day on which a schedule meets a requirement, NaT where it never does.

    Parameters
    ----------
    required
        The requirement.
    gone
        First day on which each row of equipment no longer counts, NaT where it stays.
    first_day
        Day from which one looks.
    unknown_counts
        Count what may count as well.
    """
    days, values = _from(required, gone, first_day, unknown_counts)
    met = np.flatnonzero(meets(values, required.rule.comparison, required.limit))
    return days[met[0]] if len(met) else np.datetime64("NaT")


def first_day_broken(
    required: Requirement, gone: Days, first_day: np.datetime64, *, unknown_counts: bool = False
) -> np.datetime64:
    """Return the first day in force on which a schedule breaks a requirement, NaT where none is.

    Parameters
    ----------
    required, gone, first_day, unknown_counts
        As for `first_day_met`; days before the rule is in force, and after it, do not count.
    """
    begin = max(first_day, required.due)
    days, values = _from(required, gone, begin, unknown_counts)
    broken = ~meets(values, required.rule.comparison, required.limit)
    if not np.isnat(required.rule.until):
        broken &= days <= required.rule.until
    at = np.flatnonzero(broken)
    return days[at[0]] if len(at) else np.datetime64("NaT")


def _from(
    required: Requirement, gone: Days, first_day: np.datetime64, unknown_counts: bool
) -> tuple[Days, Amounts]:
    """Return the days from a first one on, it included, on which the value changes."""
    days, values = required.steps(gone, unknown_counts=unknown_counts)
    at = int(np.searchsorted(days[1:], first_day, side="right"))
    start = np.array([first_day], dtype="M8[D]")
    return np.append(start, days[1 + at :]), values[at:]
