"""Rules on people served without any one vendor, as caps on what each vendor may come to carry."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Caps
from indranet.model.goal import Goal
from indranet.model.rules import PEOPLE_LEFT, Rule
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_deadlines import Part, last_period
from indranet.studies.plan_rules import parties_of, rules_bound, sets_of
from indranet.studies.rule_resilience import sole_vendor
from indranet.studies.rule_scope import Basis, Scope, basis, scope, vendors
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import Swaps

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_CORE = frozenset(FUNCTIONS.index(function) for function in FUNCTION_GROUPS["core"])
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Survival:
    """What rules on people served without any one vendor ask of a plan.

    Attributes
    ----------
    weights
        Columns of people, for `caps`, shape (clusters, columns).
    caps
        Most people that may come to hang on each vendor, by column of `weights`.
    words
        What each cap limits.
    parts
        People who must no longer hang on a vendor by the day of a rule.
    others
        Rules that no swap can meet, in words.
    """

    weights: Floats
    caps: Caps
    words: tuple[str, ...]
    parts: tuple[Part, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Hanging:
    """People whose site does not serve them without each vendor, by group of clusters.

    Attributes
    ----------
    vendors
        Firms that nobody else controls, shape (vendors,).
    now, kept
        As things stand, and whatever is swapped; the last group is what no swap touches, shape
        (vendors, groups + 1).
    swapped
        Of those sites where something is swapped, whom nothing that stays makes hang on it, shape
        (vendors, groups + 1).
    people
        All of them.
    """

    vendors: Codes
    now: Floats
    kept: Floats
    swapped: Floats
    people: float

    def most(self, rule: Rule) -> float:
        """Return how many people may hang on one vendor."""
        slack = _SLACK * max(self.people, 1.0)
        sign = -1.0 if rule.comparison == ">" else 1.0
        return (1.0 - rule.limit) * self.people + sign * slack


def survivals(
    ground: Groundwork,
    goal: Goal,
    found: Swaps,
    made: Stacks,
    starts: npt.NDArray[np.datetime64],
) -> Survival:
    """Return the caps that such rules set, and what they want swapped by their days.

    People hang on a vendor where it alone does any function of the rule at their site. A stack of
    which anything is a vendor's makes them hang on it, unless what stays does already. Roaming is
    not counted: what it carries is beyond what is asked. A rule that what stays breaks whatever is
    swapped sets no cap, and neither does one with functions of the core, on which all sites hang.
    """
    columns: list[Floats] = []
    rows: list[tuple[int, Floats, float, str]] = []
    parts: list[Part] = []
    others: list[str] = []
    on, sets = basis(ground, None, starts[0]), sets_of(ground, found)
    for rule in rules_bound(ground, goal, starts):
        if rule.metric != PEOPLE_LEFT:
            continue
        of = scope(on, rule)
        last = max(last_period(rule.start, goal.practice.acceptance_days, starts, goal), 0)
        for party, whose in parties_of(found, on, of):
            hanging = None
            if _by_caps(rule) and of.sure[of.party == party].all():
                hanging = _hanging(found, made, on, of, party, sets)
            why = "" if hanging is None else _out_of_reach(on, rule, hanging)
            if hanging is None or why:
                said = f"{rule.name}: {rule.metric} {rule.comparison} {rule.limit:g}"
                others.append(f"{said}: {whose}{why}")
                continue
            for place, firm in enumerate(hanging.vendors.tolist()):
                name = ground.network.names["firm"][firm]
                said = f"at most {1 - rule.limit:.0%} of people of {whose} on {name} ({rule.name})"
                weight = hanging.swapped[place, found.group] * found.share
                touched = _touched(on, rule, made, firm)
                if touched.any() and weight.any():
                    left = hanging.most(rule) - float(hanging.kept[place].sum())
                    rows.append((len(columns), touched, max(left, 0.0), said))
                    columns.append(weight)
                gain = (hanging.now - hanging.kept)[place, found.group] * found.share
                need = float(hanging.now[place].sum()) - hanging.most(rule)
                if need > 0 and gain.any():
                    need = min(need, float(gain.sum()))
                    parts.append(Part(said, rule.start, last, gain, need, None))
    caps = Caps(
        np.array([row[0] for row in rows], dtype=np.int32),
        np.array([row[1] for row in rows]).reshape(len(rows), len(made.offer)),
        np.full(len(rows), goal.periods - 1, dtype=np.int32),
        np.array([row[2] for row in rows]),
    )
    weights = np.column_stack(columns) if columns else np.zeros((len(found), 0))
    return Survival(weights, caps, tuple(row[3] for row in rows), tuple(parts), tuple(others))


def _out_of_reach(on: Basis, rule: Rule, hanging: "_Hanging") -> str:
    """Return why no swap meets a rule, in words, nothing where swaps may."""
    base = hanging.kept.sum(axis=1)
    worst = int(base.argmax()) if len(base) else -1
    if worst < 0 or base[worst] <= hanging.most(rule):
        return ""
    name = on.network.names["firm"][hanging.vendors[worst]]
    return (
        f": without {name} {base[worst]:,.0f} of {hanging.people:,.0f} people are not served, "
        "whatever is swapped"
    )


def joined(weights: Floats, caps: Caps, more: Survival) -> tuple[Floats, Caps]:
    """Return columns of weights and caps with those of a survival after them."""
    return np.concatenate([weights, more.weights], axis=1), replace(
        caps,
        weight=np.append(caps.weight, more.caps.weight + weights.shape[1]).astype(np.int32),
        factor=np.concatenate([caps.factor, more.caps.factor]),
        last=np.append(caps.last, more.caps.last).astype(np.int32),
        limit=np.append(caps.limit, more.caps.limit),
    )


def _by_caps(rule: Rule) -> bool:
    """Return whether caps on what comes can meet a rule."""
    named = bool(rule.functions) and not rule.functions & _CORE
    return rule.who == "all" and rule.comparison.startswith(">") and named


def _hanging(found: Swaps, made: Stacks, on: Basis, of: Scope, party: int, sets: Codes) -> _Hanging:
    rows = of.rows[of.party == party]
    equipment, groups = on.ground.equipment, len(found.groups)
    site = equipment["site"][rows].astype(np.int64)
    top = np.append(vendors(on.network), -1)
    maker = on.network["products"]["firm"].astype(np.int64)
    offered = on.network["offers"]["product"][made.offers]
    mine = np.concatenate([top[maker[equipment["product"][rows]]], top[maker[offered]]])
    firms = np.unique(mine[mine >= 0])
    width = len(firms) + 1
    known = mine[: len(rows)]
    column = np.where(known >= 0, np.searchsorted(firms, np.maximum(known, 0)), len(firms))
    key = site * len(FUNCTIONS) + equipment["function"][rows]
    going = found.goes[rows] & (found.of_row[rows] >= 0)
    keys, sole = sole_vendor(key, column, width, hidden_goes=True)
    stays = ~np.isin(keys, key[going])
    some = np.zeros((2, width, len(sets)), dtype=bool)
    some[0, sole, keys // len(FUNCTIONS)] = True
    some[1, sole[stays], keys[stays] // len(FUNCTIONS)] = True
    # Whatever hangs on a maker that is not known may hang on any.
    some |= some[:, -1:]
    changed = np.zeros(len(sets), dtype=bool)
    changed[site[going]] = True

    def by_group(sites: npt.NDArray[np.bool_]) -> Floats:
        return np.stack([
            np.bincount(sets, weights=on.people * one, minlength=groups + 1)
            for one in sites[:-1]
        ])  # fmt: skip

    there = np.zeros(len(sets), dtype=bool)
    there[site] = True
    return _Hanging(
        firms, by_group(some[0]), by_group(some[1]), by_group(changed & ~some[1]),
        float(on.people[there].sum()),
    )  # fmt: skip


def _touched(on: Basis, rule: Rule, made: Stacks, firm: int) -> Floats:
    """Return 1 for each stack that brings anything of a vendor, for a function of a rule."""
    offers = on.network["offers"]["product"][made.offers]
    maker = on.network["products"]["firm"].astype(np.int64)[offers]
    top = np.append(vendors(on.network), -1)[maker]
    theirs = np.append((top == firm) | (top < 0), False)
    functions = np.isin(made.functions, sorted(rule.functions))
    return np.asarray(theirs[made.offer[:, functions]].any(axis=1), dtype=np.float64)
