"""Rules as predicates: what a value, or the range in which it lies, says of a limit."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network, Rows

Amounts = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

HOLDS, BROKEN, UNKNOWN = "true", "false", "unknown"
PEOPLE_LEFT = "people_without_any_one_vendor"
_TOLERANCE = 1e-9
"""Sums of shares differ from the exact ones by less than this part of the limit."""


class Asks(NamedTuple):
    """What is asked of a value: what it measures, and how it has to stand to a limit."""

    metric: str
    comparison: str
    limit: float


@dataclass(frozen=True)
class Rule:
    """One row of the table of rules.

    Attributes
    ----------
    name, source
        Identifier; where the row's facts come from.
    start, until
        First and last day; NaT for good.
    per_country
        Whether it binds the networks of a country together, not each operator by itself.
    country, firm
        Country whose networks it binds, and firm or country of the firms (a code over all kinds)
        of which it speaks; -1 for none.
    who, metric, weight, comparison, limit
        As in the table.
    functions
        Functions that it speaks of, positions in the schema; all where there are none.
    generation, site_class
        Positions in the schema's choices, -1 for all.
    tier
        Tier at which makers count.
    what
        What of theirs counts, as in the table.
    installed_from
        First day of installation of what it speaks of; NaT for any.
    after_months
        Months from the day on which a firm is excluded until it counts.
    proposed
        Whether it is only proposed.
    """

    name: str
    source: str
    start: np.datetime64
    until: np.datetime64
    per_country: bool
    country: int
    who: str
    firm: int
    functions: frozenset[int]
    generation: int
    site_class: int
    tier: int
    metric: str
    weight: str
    comparison: str
    limit: float
    what: str
    installed_from: np.datetime64
    after_months: int
    proposed: bool

    @property
    def asks(self) -> Asks:
        """What is asked of the value."""
        return Asks(self.metric, self.comparison, self.limit)

    @property
    def standing(self) -> str:
        """What is to be said of it wherever it is named: proposed, unverified, both or nothing."""
        unverified = "unverified" in self.source
        return ", ".join(["proposed"] * self.proposed + ["unverified"] * unverified)


def rule_of(network: Network, row: int) -> Rule:
    """Return one row of the table of rules."""
    rows = network["rules"].where(np.array([row]))
    start, functions = network.lists["rules", "functions"]

    def word(column: str) -> str:
        return rows.text(column)[0]

    metric = word("metric")

    return Rule(
        name=word("rule"),
        source=word("source"),
        start=rows["from"][0],
        until=rows["until"][0],
        per_country=word("per") == "country",
        country=int(rows["country"][0]),
        who=word("who"),
        firm=int(rows["firm"][0]),
        functions=frozenset(functions[start[row] : start[row + 1]].tolist()),
        generation=int(rows["generation"][0]),
        site_class=int(rows["class"][0]),
        tier=int(rows["tier"][0]),
        metric=metric,
        # People without a vendor are people, whatever the row weighs by.
        weight="people" if metric == PEOPLE_LEFT else word("weight"),
        comparison=word("comparison"),
        limit=float(rows["limit"][0]),
        what=word("what"),
        installed_from=rows["installed_from"][0],
        after_months=int(rows["after_months"][0]),
        proposed=word("status") == "proposed",
    )


def not_over(rows: Rows, day: np.datetime64) -> npt.NDArray[np.bool_]:
    """Return which rules have not ended before a day, shape (rules,)."""
    kept: npt.NDArray[np.bool_] = np.isnat(rows["until"]) | (rows["until"] >= day)
    return kept


def meets(value: Any, comparison: str, limit: float) -> npt.NDArray[np.bool_]:
    """Return which values meet a limit; a value that is the limit but for rounding is the limit.

    >>> meets(np.array([0.3, 0.1 + 0.2, 0.4]), "<=", 0.3).tolist()
    [True, True, False]
    """
    value = np.asarray(value, dtype=np.float64)
    slack = _TOLERANCE * max(abs(limit), 1.0)
    found: npt.NDArray[np.bool_] = {
        "<=": value <= limit + slack,
        "<": value < limit - slack,
        ">=": value >= limit - slack,
        ">": value > limit + slack,
        "=": np.abs(value - limit) <= slack,
    }[comparison]
    return found


def verdicts(low: Amounts, high: Amounts, comparison: str, limit: float) -> Names:
    """Return what ranges of a value say of a limit: `true`, `false` or `unknown`.

    A rule holds where every value of the range meets the limit, and is broken where none does.

    Parameters
    ----------
    low, high
        Ends of each range, as the metric, shape (n,).
    comparison, limit
        How the value has to stand to the limit.

    >>> verdicts(np.array([0.1, 0.3, 0.5]), np.array([0.2, 0.4, 0.6]), "<=", 0.35).tolist()
    ['true', 'unknown', 'false']
    """
    both = meets(low, comparison, limit) & meets(high, comparison, limit)
    if comparison == "=":
        none = ~meets(low, "<=", limit) | ~meets(high, ">=", limit)
    else:
        none = ~meets(low, comparison, limit) & ~meets(high, comparison, limit)
    return np.where(both, HOLDS, np.where(none, BROKEN, UNKNOWN)).astype(object)


def margins(low: Amounts, high: Amounts, comparison: str, limit: float) -> Amounts:
    """Return how far inside the limit each range surely is, negative how far it surely is beyond.

    Where it holds it is that of the end nearest to the limit, where it is broken as well; NaN where
    the range lies on both sides.

    >>> margins(np.array([0.1, 0.3, 0.5]), np.array([0.2, 0.4, 0.6]), "<=", 0.35).round(2).tolist()
    [0.15, nan, -0.15]
    """
    found = verdicts(low, high, comparison, limit)
    upper = comparison.startswith("<")
    if comparison == "=":
        worst = -np.maximum(np.abs(low - limit), np.abs(high - limit))
        best = np.minimum(np.where(low > limit, limit - low, high - limit), 0.0)
    else:
        worst = limit - high if upper else low - limit
        best = limit - low if upper else high - limit
    # Adding 0 turns the 0 below zero into the one that people read.
    return np.where(found == HOLDS, worst, np.where(found == BROKEN, best, np.nan)) + 0.0
