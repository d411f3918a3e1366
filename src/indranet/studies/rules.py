"""Whether the rules of a case hold: for whom, by how far, on what evidence, and what to ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.rules import (
    BROKEN,
    HOLDS,
    UNKNOWN,
    Rule,
    margins,
    not_over,
    rule_of,
    verdicts,
)
from indranet.model.schema import APPROVALS, FUNCTIONS, GENERATIONS, TABLES
from indranet.studies.exclusions import Exclusions
from indranet.studies.exclusions import exclusions as excluded_by
from indranet.studies.groundwork import Groundwork
from indranet.studies.rule_evidence import evidence, questions
from indranet.studies.rule_metrics import Measured, count, hhi, share, vendor_count
from indranet.studies.rule_resilience import days_of_cover, people_without_any_one_vendor
from indranet.studies.rule_scope import Basis, Scope, basis, scope

Table = Mapping[str, npt.NDArray[Any]]

UNNAMED = "unknown"
"""Operator of sites that name none."""
_METRICS = {
    "share": share,
    "count": count,
    "hhi": hhi,
    "vendors": vendor_count,
    "days_of_cover": days_of_cover,
    "people_without_any_one_vendor": people_without_any_one_vendor,
}
_WEIGHTED = ("share", "count", "hhi")
_COLUMNS = (
    "rule", "from", "until", "country", "operator", "metric", "weight", "who", "says", "holds",
    "value", "low", "high", "comparison", "limit", "margin", "rows", "evidence", "standing",
    "source",
)  # fmt: skip
_ASKED = ("rule", "from", "country", "operator", "question", "effect", "settles")


@dataclass(frozen=True)
class Rulings:
    """Whether each rule holds for each whom it binds.

    Attributes
    ----------
    rules
        rule, from, until, country, operator, metric, weight, who, says (the rule in words), holds
        (`true`, `false`, `unknown`), value, low, high, comparison, limit, margin, rows (how many
        rows of equipment it speaks of), evidence, standing (what is to be said of the rule wherever
        it is named: proposed, unverified), source. A rule whose `from` is still to come is
        told by what would hold today; one that has ended is left out.
    questions
        rule, from, country, operator, question, effect (as the metric), settles (as a part of the
        range): what would settle what is not known.
    """

    rules: Table
    questions: Table


def rules(
    ground: Groundwork,
    *,
    authority: str | None,
    day: np.datetime64,
    excluded: Exclusions | None = None,
) -> Rulings:
    """Tell of each rule of a case whether it holds on a day.

    A rule is a dated predicate: of the equipment in its scope, a metric compared with a limit.
    Which supplier is excluded is never decided here: it is what the chosen authority says on that
    day, for the operator and function of each row. Measures of that form are those of the European
    Union's toolbox on 5G (NIS Cooperation Group, January 2020: SM03, SM05, SM06) and of national
    law.

    Parameters
    ----------
    ground
        The case, made ready.
    authority
        Whose exclusions `who = excluded` means; without one such rules are unknown.
    day
        The day: rules that ended before it are left out.
    excluded
        Whom it means instead, whatever any authority says.

    Returns
    -------
    The tables, in order of rule, day, country and operator.

    Raises
    ------
    UsageError
        When the case has no exclusions of such an authority.
    """
    told = rules_told(ground, day)
    found: dict[str, list[Any]] = {column: [] for column in _COLUMNS}
    asked: dict[str, list[Any]] = {column: [] for column in _ASKED}
    bases: dict[int, Basis] = {}
    for rule in told:
        months = rule.after_months
        if months not in bases:
            bases[months] = basis_on(ground, authority, day, months, excluded)
        _tell(bases[months], rule, authority, found, asked)
    return Rulings(_table(found), _table(asked))


def basis_on(
    ground: Groundwork,
    authority: str | None,
    day: np.datetime64,
    after_months: int = 0,
    excluded: Exclusions | None = None,
) -> Basis:
    """Return the equipment of a case made ready for its rules on a day.

    Parameters
    ----------
    ground, authority, day, excluded
        As for `rules`.
    after_months
        Months that an exclusion must have held.
    """
    if excluded is None and authority is not None:
        excluded = excluded_by(ground, authority, day, after_months)
    return basis(ground, excluded, day)


def rules_told(ground: Groundwork, day: np.datetime64) -> list[Rule]:
    """Return the rules that exist and have not ended before a day, in order of name and day."""
    rows = ground.network["rules"]
    kept = np.flatnonzero(ground.exists("rules") & not_over(rows, day))
    told = [rule_of(ground.network, int(row)) for row in kept]
    return sorted(told, key=lambda rule: (rule.name, str(rule.start)))


def measure(on: Basis, of: Scope) -> tuple[Measured, npt.NDArray[np.object_]]:
    """Return what a rule measures for each party, and whether it holds.

    A rule that speaks of nothing holds. One that speaks of excluded firms is unknown while no
    authority is named.
    """
    rule = of.rule
    measured = _METRICS[rule.metric](on, of)
    nothing = measured.rows == 0
    holds = verdicts(measured.low, measured.high, rule.comparison, rule.limit)
    value = measured.value
    if rule.who == "excluded" and on.exclusions is None:
        holds[:] = UNKNOWN
        value = np.full(len(value), np.nan)
    holds[nothing] = HOLDS
    value, low, high = (np.where(nothing, 0.0, end) for end in (value, *measured[1:3]))
    return Measured(value, low, high, measured.rows), holds


def _tell(
    on: Basis,
    rule: Rule,
    authority: str | None,
    found: dict[str, list[Any]],
    asked: dict[str, list[Any]],
) -> None:
    """Add what one rule says of each whom it binds."""
    if on.exclusions is not None:
        authority = on.exclusions.authority
    of = scope(on, rule)
    measured, holds = measure(on, of)
    margin = margins(measured.low, measured.high, rule.comparison, rule.limit)
    margin[(holds == UNKNOWN) | (measured.rows == 0)] = np.nan
    told = evidence(on, of, measured)
    countries, operators = _names(on, rule, of)
    order = sorted(range(len(holds)), key=lambda party: (countries[party], operators[party]))
    for party in order:
        row = (
            rule.name, rule.start, rule.until, countries[party], operators[party], rule.metric,
            rule.weight if rule.metric in _WEIGHTED else "", rule.who, words(on, rule, authority),
            holds[party], measured.value[party], measured.low[party], measured.high[party],
            rule.comparison, rule.limit, margin[party], int(measured.rows[party]), told[party],
            rule.standing, rule.source,
        )  # fmt: skip
        for column, cell in zip(_COLUMNS, row, strict=True):
            found[column].append(cell)
    place = {party: at for at, party in enumerate(order)}
    more = questions(on, of, measured, (holds == UNKNOWN) & (measured.rows > 0))
    for question in sorted(more, key=lambda question: place[question.party]):
        cells = (
            rule.name, rule.start, countries[question.party], operators[question.party],
            question.words, question.effect, question.settles,
        )  # fmt: skip
        for column, cell in zip(_ASKED, cells, strict=True):
            asked[column].append(cell)


def _names(on: Basis, rule: Rule, of: Scope) -> tuple[list[str], list[str]]:
    """Return country and operator of each party; no operator where the country is bound."""
    names = on.network.names
    countries = np.append(names["country"], "")[of.parties.country]
    bound = (of.party_of >= 0).any()
    nobody = "" if rule.per_country or not bound else UNNAMED
    operators = np.append(names["firm"], nobody)[of.parties.operator]
    return [str(c) for c in countries], [str(o) for o in operators]


def words(on: Basis, rule: Rule, authority: str | None) -> str:
    """Return a rule in words, as short as it can be said."""
    of = [
        *([", ".join(FUNCTIONS[f] for f in sorted(rule.functions))] if rule.functions else []),
        *([GENERATIONS[rule.generation]] if rule.generation >= 0 else []),
        *([f"sites of class {_class(rule)}"] if rule.site_class >= 0 else []),
        *([f"tier {rule.tier}"] if rule.tier else []),
        *([] if np.isnat(rule.installed_from) else [f"installed from {rule.installed_from}"]),
    ]
    measured = {
        "share": f"share by {rule.weight}",
        "count": f"number of {rule.weight}",
        "hhi": f"concentration of vendors by {rule.weight}",
        "vendors": "number of vendors",
        "days_of_cover": "days of cover of what is installed",
        "people_without_any_one_vendor": "part of the people served without any one vendor",
    }[rule.metric]
    since = f" for {rule.after_months} months" if rule.after_months else ""
    whose = {
        "all": "",
        "excluded": f" of firms that {authority or 'an authority, not named,'} excludes{since}",
        "firm": f" of {_thing(on, rule)} and what it controls",
        "country": f" of firms seated in {_thing(on, rule)} and what they control",
    }[rule.who]
    if rule.what == "supported":
        whose = f" with remote access{whose}"
    elif rule.what in APPROVALS:
        whose = f"{whose} without a valid {APPROVALS[rule.what]}"
    where = f" ({'; '.join(of)})" if of else ""
    per = "country" if rule.per_country else "operator"
    return f"{measured}{whose}{where} {rule.comparison} {rule.limit:g} per {per}"


def _class(rule: Rule) -> str:
    return TABLES["rules"].column("class").choices[rule.site_class]


def _thing(on: Basis, rule: Rule) -> str:
    return on.network.thing(rule.firm)[1] if rule.firm >= 0 else ""


_NUMBERS = ("value", "low", "high", "limit", "margin", "effect", "settles")


def _table(columns: Mapping[str, list[Any]]) -> dict[str, npt.NDArray[Any]]:
    kinds: dict[str, Any] = dict.fromkeys(_NUMBERS, np.float64)
    kinds |= {"from": "M8[D]", "until": "M8[D]", "rows": np.int64}
    return {name: np.array(cells, dtype=kinds.get(name, object)) for name, cells in columns.items()}


def counts(rulings: Rulings, day: np.datetime64) -> dict[str, Any]:
    """Return how many rules hold, are broken and unknown: in force, still to come, and proposed.

    A rule counts once for each whom it binds. `standing` names the rules of which something is to
    be said wherever they are named.
    """
    table = rulings.rules
    begun = table["from"] <= day
    proposed = np.array(["proposed" in text for text in table["standing"]], dtype=bool)
    standing = dict(zip(table["rule"].tolist(), table["standing"].tolist(), strict=True))

    def of(rows: npt.NDArray[np.bool_]) -> dict[str, int]:
        return {
            name: int((table["holds"][rows] == word).sum())
            for name, word in (("holds", HOLDS), ("broken", BROKEN), ("unknown", UNKNOWN))
        }

    return {
        **of(begun & ~proposed), "to_come": of(~begun & ~proposed), "proposed": of(proposed),
        "standing": {rule: text for rule, text in standing.items() if text},
    }  # fmt: skip
