"""Which rules a plan must meet by when, and what of the equipment counts against each."""

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.exclusions import excluded_firms, exclusions
from indranet.studies.groundwork import Groundwork
from indranet.studies.swaps import Swaps

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_RULES = TABLES["rules"]
_SHRINKS = ("share", "count")
ALL_OF_IT = "all of it"
"""Name of the goal's own date among the rules."""
_AT_MOST = ("<=", "<", "=")


@dataclass(frozen=True, eq=False)
class Dated:
    """A rule that binds some of the operators that plan: what counts against it must shrink.

    Attributes
    ----------
    rule, date, operator
        Name; day on which it begins to hold; operator, or country's operators where empty.
    rows
        Rows of equipment that count against it, shape (equipment,).
    weight
        What each of them counts, shape (equipment,).
    whole
        What all equipment in its scope counts.
    allowed
        How much may be left, in the same unit.
    days
        Days after its period from which on a swap counts: accepted, or removed where that counts.
    """

    rule: str
    date: np.datetime64
    operator: str
    rows: Flags
    weight: Floats
    whole: float
    allowed: float
    days: int

    @property
    def lacking(self) -> float:
        """How much of what counts must go, 0 where rounding alone asks for it."""
        total = float(self.weight[self.rows].sum())
        lacking = total - self.allowed
        return lacking if lacking > self.slack else 0.0

    @property
    def slack(self) -> float:
        """How much of what counts rounding may have added or lost."""
        return 1e-9 * max(float(self.weight[self.rows].sum()), 1.0)


def dated_rules(ground: Groundwork, goal: Goal, found: Swaps) -> tuple[list[Dated], list[str]]:
    """Return the rules of the goal that a swap can meet, and in words those that it cannot.

    Rules on the share or number of what stands at sites are met by replacing it. A share of 0 or a
    number of 0 is met when the last of it is gone. Others are told as they are on the network as
    planned.

    Raises
    ------
    UsageError
        When a rule is named that counts what is removed, and the case has none of that name.
    """
    network = ground.network
    rules = network["rules"]
    names = rules.text("rule")
    counted = goal.practice.removed_counts
    strange = [] if counted == "all" else [name for name in counted if name not in names]
    if strange:
        near = get_close_matches(strange[0], names, n=1)
        raise UsageError(
            f"{goal.name}: practice.removed_counts: no rule {strange[0]!r} in the case"
            + (f": did you mean {near[0]!r}?" if near else "")
        )
    first, last = goal.starts(network.first_day)[[0, -1]]
    dated, others = [], []
    for row in range(len(rules)):
        if goal.meet != "all" and names[row] not in goal.meet:
            continue
        if rules["from"][row] > last or rules["until"][row] < first:
            continue
        metric = _word("metric", rules, row)
        comparison = _word("comparison", rules, row)
        country = int(rules["country"][row])
        parties = _parties(network, found, country)
        if not len(parties):
            continue
        if metric not in _SHRINKS or comparison not in _AT_MOST or rules["tier"][row] > 0:
            others.append(f"{names[row]}: {metric} {comparison} {rules['limit'][row]:g}")
            continue
        each = [parties[i : i + 1] for i in range(len(parties))]
        if _word("per", rules, row) == "country":
            each = [parties]
        for some in each:
            made = _dated(ground, goal, row, some, names[row])
            if made is not None:
                dated.append(made)
    if goal.replace.by is not None:
        dated.append(_all_of_it(goal, found))
    return dated, others


def _all_of_it(goal: Goal, found: Swaps) -> Dated:
    """Return the goal's own date as a rule: nothing of what must go is left, or wanted, then."""
    ones = np.ones(len(found.goes))
    days = days_until_it_counts(goal, ALL_OF_IT)
    day = np.datetime64(goal.replace.by, "D")
    return Dated(ALL_OF_IT, day, "", found.goes, ones, float(found.goes.sum()), 0.0, days)


def _word(column: str, rules: object, row: int) -> str:
    return str(_RULES.column(column).choices[rules[column][row]])  # type: ignore[index]


def _parties(network: Network, found: Swaps, country: int) -> npt.NDArray[np.int64]:
    """Return the operators that plan and run sites in a country, -1 for any."""
    if country < 0:
        return found.operators
    sites = network["sites"]
    seat = np.append(network["firms"]["country"], -1)[sites["operator"]]
    where = np.where(sites["country"] >= 0, sites["country"], seat)
    return found.operators[np.isin(found.operators, sites["operator"][where == country])]


def _dated(
    ground: Groundwork, goal: Goal, row: int, parties: npt.NDArray[np.int64], name: str
) -> Dated | None:
    network, equipment, rules = ground.network, ground.equipment, ground.network["rules"]
    at = equipment["site"].astype(np.int64)
    sites = network["sites"]
    scope = np.isin(sites["operator"][at], parties)
    if rules["country"][row] >= 0:
        scope &= (sites["country"][at] == rules["country"][row]) | (sites["country"][at] < 0)
    start, codes = (
        network.lists["rules", "functions"] if "rules" in network.present else (None, None)
    )
    if start is not None and codes is not None and start[row + 1] > start[row]:
        scope &= np.isin(equipment["function"], codes[start[row] : start[row + 1]])
    if rules["generation"][row] >= 0:
        scope &= equipment["generation"] == rules["generation"][row]
    if rules["class"][row] >= 0:
        scope &= sites["class"][at] == rules["class"][row]
    counted = _who(ground, goal, row)
    if counted is None:
        return None
    rows = scope & counted
    weight = _weight(ground, _word("weight", rules, row), scope)
    whole = float(weight[scope].sum())
    limit = float(rules["limit"][row])
    allowed = limit * whole if _word("metric", rules, row) == "share" else limit
    firms = network.names["firm"]
    operator = str(firms[parties[0]]) if len(parties) == 1 else ""
    days = days_until_it_counts(goal, name)
    return Dated(name, rules["from"][row], operator, rows, weight, whole, allowed, days)


def days_until_it_counts(goal: Goal, rule: str) -> int:
    """Return days after its period from which on a swap counts for a rule."""
    practice, days = goal.practice, goal.practice.acceptance_days
    counted = practice.removed_counts
    return days + practice.removal_days if counted == "all" or rule in counted else days


def _who(ground: Groundwork, goal: Goal, row: int) -> Flags | None:
    """Return the rows of equipment of whom a rule speaks, None where it speaks of all."""
    network, equipment, rules = ground.network, ground.equipment, ground.network["rules"]
    maker = network["products"]["firm"].astype(np.int64)[equipment["product"]]
    who = _word("who", rules, row)
    if who == "all":
        return None
    firms = np.zeros(len(network["firms"]), dtype=bool)
    if who in ("firm", "country"):
        firms = excluded_firms(network, int(rules["firm"][row]))
    elif goal.replace.authority is not None:
        found = exclusions(ground, goal.replace.authority, rules["from"][row])
        sets = np.column_stack([np.stack(found.sets), np.zeros(len(found.sets), dtype=bool)])
        counted: Flags = sets[found.of_row, maker]
        return counted
    else:
        for name in goal.replace.firms:
            place = int(np.flatnonzero(network.names["firm"] == name)[0])
            firms |= excluded_firms(network, network.offset("firm") + place)
    return np.append(firms, False)[maker]


def _weight(ground: Groundwork, word: str, scope: Flags) -> Floats:
    """Return what each row of equipment counts: of a site's numbers, its part among the rows."""
    network, equipment = ground.network, ground.equipment
    at = equipment["site"].astype(np.int64)
    sites = network["sites"]
    quantity = equipment["quantity"] * sites["stands_for"][at]
    if word == "units":
        return np.asarray(quantity)
    if word == "spend":
        cost = network["products"]["unit_cost_usd"][equipment["product"]]
        return np.asarray(quantity * np.where(np.isnan(cost), 1.0, cost))
    if word == "instances":
        return np.ones(len(at))
    mine = np.where(scope, equipment["quantity"], 0.0)
    given = np.where(scope, equipment["traffic_share"], np.nan)
    if word == "traffic":
        mine = np.where(np.isnan(given), mine, given)
    total = np.bincount(at, weights=mine, minlength=len(sites))
    part = np.divide(mine, total[at], out=np.zeros_like(mine), where=total[at] > 0)
    column = "people" if word in ("people", "traffic") else "stands_for"
    return np.asarray(part * sites[column][at])
