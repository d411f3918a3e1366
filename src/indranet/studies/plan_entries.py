"""What happens once before swaps: a vendor is let in at an operator; a new network has its core."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Entries, Plan
from indranet.engines.assignment.entries import MOST_DATES
from indranet.model.goal import Goal
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_time import DAYS_A_MONTH
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import ACCESS, Swaps

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

CORE = np.array([FUNCTIONS.index(name) for name in FUNCTION_GROUPS["core"]])


@dataclass(frozen=True)
class _Entry:
    """One entry; `vendor` is empty where it is the core of a new network."""

    vendor: str
    operator: int
    options: Flags
    start: Codes
    first: Codes
    before: Flags


def entries_of(
    ground: Groundwork,
    goal: Goal,
    found: Swaps,
    made: Stacks,
    first: Codes,
    settled: Plan,
    done: Flags,
    now: int,
) -> tuple[Entries, tuple[tuple[str, str], ...]]:
    """Return the entries of a goal, and of each the vendor, empty for a core, and the operator.

    Where letting a vendor in costs money, it is done once at each operator at which the vendor has
    no equipment that stays, `gate_days` before its first swap there. Of a network that is not there
    yet, sites with access alone come after all that hold a core.

    Parameters
    ----------
    ground, goal, found, made
        The case, the goal, what must go and what can replace it.
    first
        Period from which each stack may be used, shape (stacks,).
    settled, done
        What clusters got that are done already; which are, shape (clusters,).
    now
        Period before which nothing may happen any more.
    """
    entries: list[_Entry] = []
    for operator in range(len(found.operators)):
        kinds = np.unique(made.kind[(found.operator == operator) & ~done])
        mine = np.isin(made.of_kind, kinds)
        if goal.practice.gate_usd > 0:
            entries += _vendors(ground, goal, found, made, first, settled, operator, mine, now)
        if goal.replace.wanted:
            entries += _core(goal, found, made, first, done, operator, mine, now)
    names = ground.network.names["firm"][found.operators].astype(str)
    money = [goal.practice.gate_usd if one.vendor else 0.0 for one in entries]
    if not entries:
        return Entries(), ()
    width = max(len(one.first) for one in entries)
    return Entries(
        np.stack([one.options for one in entries]),
        np.array(money),
        np.array([one.operator for one in entries], dtype=np.int32),
        np.stack([_padded(one.start, width) for one in entries]),
        np.stack([_padded(one.first, width) for one in entries]),
        np.stack([one.before for one in entries]),
    ), tuple((one.vendor, str(names[one.operator])) for one in entries)


def _padded(dates: Codes, width: int) -> Codes:
    """Return dates with the last one over again."""
    return np.asarray(np.pad(dates, (0, width - len(dates)), mode="edge"), dtype=np.int32)


def dates_from(begin: int, periods: int) -> Codes:
    """Return up to eight periods from one on, further and further apart, the last one among them.

    What is decided early matters most, and what late costs least to be a little off.
    """
    left = periods - begin
    steps = np.unique(np.rint(np.geomspace(1, left, MOST_DATES)).astype(np.int32)) - 1
    few = np.arange(left) if left <= MOST_DATES else steps
    return np.asarray(begin + few, dtype=np.int32)


def _vendors(
    ground: Groundwork,
    goal: Goal,
    found: Swaps,
    made: Stacks,
    first: Codes,
    settled: Plan,
    operator: int,
    mine: Flags,
    now: int,
) -> list[_Entry]:
    """Return an entry for each vendor that is new at an operator."""
    network = ground.network
    maker = network["products"]["firm"].astype(np.int64)
    offers = np.append(network["offers"]["product"][made.offers], -1)
    makers = np.append(maker, -1)[offers[made.offer]]
    at = network["sites"]["operator"][ground.equipment["site"]] == found.operators[operator]
    there = maker[ground.equipment["product"][at & ~found.goes]]
    given = settled.option[(found.operator == operator) & (settled.option >= 0)]
    known = {-1, *there.tolist(), *makers[given].ravel().tolist()}
    length = goal.months * DAYS_A_MONTH
    ahead = int(np.ceil(goal.practice.gate_days / length - 1e-9))
    entries = []
    for vendor in sorted(set(makers[mine].ravel().tolist()) - known):
        options = mine & (makers == vendor).any(axis=1)
        begin = max(int(first[options].min()), now)
        if begin < goal.periods:
            dates = dates_from(begin, goal.periods)
            start = np.maximum(dates - ahead, now).astype(np.int32)
            name = str(network.names["firm"][vendor])
            none = np.zeros(len(found), dtype=bool)
            entries.append(_Entry(name, operator, options, start, dates, none))
    return entries


def _core(
    goal: Goal,
    found: Swaps,
    made: Stacks,
    first: Codes,
    done: Flags,
    operator: int,
    mine: Flags,
    now: int,
) -> list[_Entry]:
    """Return the entry of an operator's core, where it is wanted; access comes a period later."""
    core = (found.amounts[:, np.isin(found.functions, CORE)] > 0).any(axis=1)
    before = core & ~done & (found.operator == operator)
    holds = made.offer >= 0
    late = mine & holds[:, np.isin(made.functions, ACCESS)].any(axis=1)
    late &= ~holds[:, np.isin(made.functions, CORE)].any(axis=1)
    ways = mine & np.isin(made.of_kind, made.kind[before])
    if not before.any() or not late.any() or not ways.any():
        return []
    begin = max(int(first[ways].min()), now)
    if begin + 1 >= goal.periods:
        return []
    start = dates_from(begin, goal.periods - 1)
    return [_Entry("", operator, late, start, np.asarray(start + 1, dtype=np.int32), before)]
