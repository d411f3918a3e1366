"""Sets that hit others: what to choose so that of every cut something is chosen.

A cut is a set of things of which one at least must be chosen. `cheapest` hits every cut, and
`most_within` as many as a budget allows, where a target is met once all its cuts are hit; both as
whole-number programs with a bound. `cheapest_that_holds` finds the cuts by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from indranet.engines import milp

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Cuts = Sequence[Sequence[int]]
"""Things of each cut, each thing once."""

_MOST_ROUNDS = 1000


@dataclass(frozen=True, eq=False)
class Hit:
    """What was chosen.

    Attributes
    ----------
    chosen
        Whether each thing is chosen, shape (things,).
    value, bound
        Cost of what is chosen, which none that does as well can be below; or weight of the targets
        met, which none within the budget can exceed.
    proven
        Whether value and bound meet.
    """

    chosen: Bools
    value: float
    bound: float
    proven: bool


def cheapest(cuts: Cuts, cost: Floats, *, seconds: float = 10.0) -> Hit | None:
    """Return the cheapest set that has a member in every cut, None where a cut has no member.

    Minimum-weight hitting set (Karp 1972, set covering) by HiGHS.

    Parameters
    ----------
    cuts
        Things of each cut.
    cost
        Of each thing, shape (things,).
    seconds
        Time that it may take.
    """
    if any(not len(cut) for cut in cuts):
        return None
    forced = np.zeros(len(cost), dtype=bool)
    forced[[cut[0] for cut in cuts if len(cut) == 1]] = True
    left = [cut for cut in cuts if not forced[np.asarray(cut, dtype=np.int64)].any()]
    if len(set().union(*left)) == sum(map(len, left)):
        # Cuts that share nothing are hit one by one.
        forced[[min(cut, key=lambda thing: (cost[thing], thing)) for cut in left]] = True
        value = float(cost[forced].sum())
        return Hit(forced, value, value, True)
    return _solved(left, cost, forced, seconds)


def _solved(cuts: Cuts, cost: Floats, forced: Bools, seconds: float) -> Hit:
    """Return what is forced, and the cheapest that hits the other cuts."""
    things = milp.Variables("things", cost, np.zeros(len(cost)), np.ones(len(cost)), whole=True)
    rows = milp.Rows(
        "cuts", {"things": _members(cuts, len(cost))}, np.ones(len(cuts)),
        np.full(len(cuts), np.inf),
    )  # fmt: skip
    answer = milp.solve([things], [rows], seconds=seconds)
    chosen, spent = forced.copy(), float(cost[forced].sum())
    if not answer.values:
        chosen[np.concatenate([np.asarray(cut, dtype=np.int64) for cut in cuts])] = True
        return Hit(chosen, float(cost[chosen].sum()), spent, False)
    chosen |= answer.values["things"] > 0.5
    value = float(cost[chosen].sum())
    return Hit(chosen, value, min(spent + answer.bound, value), answer.status == "best")


def most_within(
    cuts: Cuts, target: Codes, weight: Floats, cost: Floats, budget: float, *, seconds: float = 10.0
) -> Hit:
    """Return the set within a budget that meets the most weight of targets.

    A target is met once each of its cuts is hit; one without cuts is met always, one with a cut
    that has no member never (budgeted maximum coverage, by HiGHS).

    Parameters
    ----------
    cuts
        Things of each cut.
    target
        Target of each cut, shape (cuts,).
    weight
        Of each target, shape (targets,).
    cost, budget
        Of each thing, shape (things,), and what they may cost together.
    seconds
        Time that it may take.
    """
    things, targets = len(cost), len(weight)
    every = np.ones(targets)
    variables = [
        milp.Variables("things", np.zeros(things), np.zeros(things), np.ones(things), whole=True),
        milp.Variables("met", -weight, np.zeros(targets), every),
    ]
    members = _members(cuts, things)
    met = sparse.csr_array(
        (-np.ones(len(cuts)), (np.arange(len(cuts)), target)), shape=(len(cuts), targets)
    )
    rows = [
        milp.Rows("cuts", {"things": members, "met": met}, np.zeros(len(cuts)),
                  np.full(len(cuts), np.inf)),
        milp.Rows("budget", {"things": sparse.csr_array(cost[None, :])}, np.array([-np.inf]),
                  np.array([budget])),
    ]  # fmt: skip
    answer = milp.solve(variables, rows, seconds=seconds)
    if not answer.values:
        nothing = np.zeros(things, dtype=bool)
        return Hit(nothing, weight_met(cuts, target, weight, nothing), float(weight.sum()), False)
    chosen = answer.values["things"] > 0.5
    value = weight_met(cuts, target, weight, chosen)
    return Hit(chosen, value, max(-answer.bound, value), answer.status == "best")


def weight_met(cuts: Cuts, target: Codes, weight: Floats, chosen: Bools) -> float:
    """Return the weight of the targets all of whose cuts have a chosen member."""
    met = np.ones(len(weight), dtype=bool)
    for cut, of in zip(cuts, target.tolist(), strict=True):
        met[of] &= bool(chosen[np.asarray(cut, dtype=np.int64)].any())
    return float(weight[met].sum())


def cheapest_that_holds(
    holds: Callable[[Bools], bool], cost: Floats, *, seconds: float = 10.0
) -> Hit | None:
    """Return the cheapest set with which something holds, None where it holds with none.

    The set that hits all cuts known is tried; where it does not do, it is made as large as it can
    be and still not do, and of what is left out one must be chosen: a new cut. The first set that
    does is the cheapest of all (implicit hitting set, Moreno-Centeno and Karp 2013).

    Parameters
    ----------
    holds
        Tells of a set, shape (things,), whether it does; more never does worse.
    cost
        Of each thing, shape (things,).
    seconds
        Time for each program.
    """
    if not holds(np.ones(len(cost), dtype=bool)):
        return None
    cuts: list[list[int]] = []
    dearest = np.argsort(-cost, kind="stable").tolist()
    for _ in range(_MOST_ROUNDS):
        found = cheapest(cuts, cost, seconds=seconds)
        if found is None or holds(found.chosen):
            return found
        failing = found.chosen.copy()
        for thing in dearest:
            if not failing[thing]:
                failing[thing] = True
                failing[thing] = not holds(failing)
        cuts.append(np.flatnonzero(~failing).tolist())
    raise RuntimeError(f"more than {_MOST_ROUNDS} cuts")


def _members(cuts: Cuts, things: int) -> sparse.csr_array:
    sizes = [len(cut) for cut in cuts]
    columns = np.concatenate([np.zeros(0), *map(np.asarray, cuts)]).astype(np.int64)
    return sparse.csr_array(
        (np.ones(len(columns)), columns, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)),
        shape=(len(cuts), things),
    )
