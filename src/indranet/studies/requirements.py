"""What a schedule must bring about: a rule as sums over sites, and when these sums meet it."""

from dataclasses import dataclass

import numpy as np

from indranet.model.rules import BROKEN, HOLDS, Asks, Rule, verdicts
from indranet.studies.market import Amounts, Codes
from indranet.studies.rule_metrics import Ends, counted, ends
from indranet.studies.rule_scope import Basis, Scope

SUMS = ("share", "count")
"""Metrics that are sums over sites."""
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Requirement:
    """What one rule measures of one whom it binds, as sums over sets of sites.

    Attributes
    ----------
    rule
        The rule, of a metric in `SUMS`.
    country, operator
        Whom it binds, codes in the network; operator -1 for the country together.
    ends
        Sums of both ends of the range over each set, shape (4, sets).
    """

    rule: Rule
    country: int
    operator: int
    ends: Ends


def requirements(on: Basis, of: Scope, sets: Codes, count: int) -> list[Requirement]:
    """Return what a rule measures of each whom it binds, as sums over sets of sites.

    Sums over all sets are what `studies.rules` compares with the limit.

    Parameters
    ----------
    on, of
        The equipment, and what the rule speaks of.
    sets
        Set of each site of the case, shape (sites,).
    count
        Number of sets.

    Returns
    -------
    One entry for each party.
    """
    things = counted(on, of)
    site = np.zeros(len(things.party), dtype=np.int64)
    site[things.thing] = on.ground.equipment["site"][of.rows]
    every = ends(of, things).summed(things.party * count + sets[site], _size(of) * count)
    parts = [end.reshape(len(end), _size(of), count) for end in every]
    return [
        Requirement(of.rule, int(country), int(operator), Ends(*(end[:, party] for end in parts)))
        for party, (country, operator) in enumerate(zip(*of.parties, strict=True))
    ]


def _size(of: Scope) -> int:
    return len(of.parties.country)


def first_met(
    asks: Asks,
    start: Ends,
    change: Ends,
    step: Codes,
    steps: int,
    *,
    at_best: bool = False,
) -> int:
    """Return after how many steps of a schedule a rule holds for the first time, -1 for never.

    Parameters
    ----------
    asks
        What the rule asks of a share or a count.
    start
        Sums before the first step, shape (4,).
    change
        What each part of the schedule changes in them, shape (4, parts).
    step
        Step, from 0, in which each part is done; `steps` and above for none, below 0 for before the
        first, shape (parts,).
    steps
        Number of steps.
    at_best
        Count it as soon as it is no longer surely broken.
    """
    low, high = course(start, change, step, steps).values(asks.metric)
    found = verdicts(low, high, asks.comparison, asks.limit)
    there = found != BROKEN if at_best else found == HOLDS
    return int(there.argmax()) if there.any() else -1


def course(start: Ends, change: Ends, step: Codes, steps: int) -> Ends:
    """Return the sums before the first step of a schedule and after each, shape (4, steps + 1).

    Parameters
    ----------
    start, change, step, steps
        As for `first_met`.
    """
    place = np.clip(step + 1, 0, steps + 1)
    return Ends(
        *(_after(*end, place, steps + 2)[:, :-1] for end in zip(start, change, strict=True))
    )


def _after(start: Amounts, change: Amounts, place: Codes, places: int) -> Amounts:
    """Return sums as they change place by place; what is left of a sum by rounding is nothing."""
    rows = [np.bincount(place, weights=row, minlength=places) for row in change]
    found = start[:, None] + np.cumsum(np.stack(rows), axis=1)
    scale = np.abs(start) + np.abs(change).sum(axis=1)
    return np.where(np.abs(found) <= _ROUNDING * scale[:, None], 0.0, found)
