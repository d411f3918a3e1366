"""What counts against a rule, and what to ask where it is not known whether it holds."""

import heapq
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from indranet.model.schema import FUNCTIONS
from indranet.studies.groundwork import expand
from indranet.studies.market import Amounts, Codes, summed
from indranet.studies.rule_makers import LEAST
from indranet.studies.rule_metrics import Measured, divided, row_weights
from indranet.studies.rule_resilience import cover, surely_in, without
from indranet.studies.rule_scope import BY_SITE, Basis, Flags, Scope, members, unfounded
from indranet.studies.shares import ASK
from indranet.studies.tiers import FACTS

FEW = 3
"""Rows told one by one."""
QUESTIONS = 10
"""Questions asked of one rule and party."""
_GENERATION = "Which generation of network does {} serve?"
_INSTALLED = "When was {} installed?"
_TOLD = {
    "supported": "Which firms have remote access to {}?",
    "uncertified": "Is {} certified, and until when?",
    "unlicensed": "Until when is {}, or the site where it stands, licensed?",
    "unevaluated": "Was {} evaluated for the risks of its supply?",
    "undesignated": "Is {} designated as trusted, and until when?",
    "unnotified": "Was {} notified before it came into use?",
}
"""What to ask of a product, by what a rule counts."""


class Question(NamedTuple):
    """A fact that would settle whether a rule holds: for which party, and how much hangs on it."""

    party: int
    words: str
    effect: float
    settles: float = 1.0
    """Part of the range of the value that hangs on it."""


def evidence(on: Basis, scope: Scope, measured: Measured) -> list[str]:
    """Return for each party what counts against the rule, in short.

    Of a share or a count the rows of equipment that count towards an upper limit, or do not count
    towards a lower one, the weightiest first; of an index or a number of vendors the vendors; of
    what is left without one vendor the one whose loss is worst; of days the product that runs out
    first.
    """
    told = {
        "share": _rows, "count": _rows, "hhi": _vendors, "vendors": _vendors,
        "people_without_any_one_vendor": _worst_vendor, "days_of_cover": _first_out,
    }[scope.rule.metric]  # fmt: skip
    words = told(on, scope)
    for party in np.flatnonzero(measured.rows == 0).tolist():
        words[party] = "nothing in its scope"
    if scope.rule.who == "excluded" and on.exclusions is None:
        return ["; ".join(filter(None, ("no authority is named", text))) for text in words]
    if scope.rule.who == "excluded" and on.exclusions is not None:
        anybody = np.array([found.any() for found in on.exclusions.sets])
        some = np.zeros(len(words), dtype=bool)
        some[scope.party[anybody[on.units.bound[scope.unit]]]] = True
        for party in np.flatnonzero(~some & (measured.rows > 0)).tolist():
            words[party] = f"{on.exclusions.authority} excludes nobody there on this day"
    return words


def _rows(on: Basis, scope: Scope) -> list[str]:
    """Return the rows that count against a rule, then those of which it is not known."""
    part, may, left = scope.counts, scope.may_count, scope.left[scope.unit]
    if scope.rule.comparison.startswith(">"):
        surely = scope.sure & (left - part - may > LEAST)
        perhaps = left - part > LEAST
    else:
        surely = scope.sure & (part > LEAST)
        perhaps = part + may > LEAST
    weight = row_weights(on, scope)
    sure = _listed(on, scope, np.flatnonzero(surely), weight)
    rest = _listed(on, scope, np.flatnonzero(perhaps & ~surely), weight)
    return [
        "; ".join(filter(None, (known, f"not known: {other}" if other else "")))
        for known, other in zip(sure, rest, strict=True)
    ]


def _listed(on: Basis, scope: Scope, rows: Codes, weight: Amounts) -> list[str]:
    """Return some rows of a scope in words, for each party."""
    party = scope.party[rows]
    # Sorting is fastest on small integers.
    small = len(scope.parties.country) <= np.iinfo(np.int16).max
    order = np.argsort(party.astype(np.int16) if small else party, kind="stable")
    first = np.searchsorted(party[order], np.arange(len(scope.parties.country) + 1))
    return [
        _row_words(on, scope.rows[rows[order[a:b]]], weight[rows[order[a:b]]])
        for a, b in pairwise(first.tolist())
    ]


def _row_words(on: Basis, rows: Codes, weight: Amounts) -> str:
    """Return the weightiest rows as site/function/product, ties by name, and how many more."""
    if not len(rows):
        return ""
    equipment, names = on.ground.equipment, on.network.names
    heavy = np.nan_to_num(weight, nan=np.inf)
    if len(rows) > FEW:
        least = np.partition(heavy, len(rows) - FEW)[len(rows) - FEW]
        kept = heavy >= least
        tied = np.flatnonzero(heavy == least)
        sites = names["site"][equipment["site"][rows[tied]]].tolist()
        last = heapq.nsmallest(FEW, sites)[-1]
        kept[tied[[site > last for site in sites]]] = False
        rows_told, heavy = rows[kept], heavy[kept]
    else:
        rows_told = rows
    told = [
        (-size, str(names["site"][site]), FUNCTIONS[function], str(names["product"][product]))
        for size, site, function, product in zip(
            heavy.tolist(),
            *(equipment[c][rows_told].tolist() for c in ("site", "function", "product")),
            strict=True,
        )
    ]
    words = ["/".join(row[1:]) for row in sorted(told)[:FEW]]
    return _and_more(words, len(rows))


def _and_more(words: list[str], count: int) -> str:
    more = f" and {count - len(words):,} more" if count > len(words) else ""
    return ", ".join(words) + more


def _vendors(on: Basis, scope: Scope) -> list[str]:
    """Return the vendors of each party with their shares, the largest first."""
    parties = len(scope.parties.country)
    if scope.rule.who == "excluded" and on.exclusions is None:
        return [""] * parties
    found, names = divided(on, scope), on.network.names["firm"]
    held = summed(found.party, found.weight, parties)
    whole = held + found.unknown + found.other
    lists: list[list[tuple[float, str]]] = [[] for _ in range(parties)]
    for party, vendor, weight in zip(*(c.tolist() for c in found[:3]), strict=True):
        if weight > 0 and whole[party] > 0:
            lists[party].append((-round(weight / whole[party], 12), str(names[vendor])))
    words = []
    for party, shares in enumerate(lists):
        told = [f"{name} {-share:.1%}" for share, name in sorted(shares)[:FEW]]
        text = _and_more(told, len(shares))
        if found.unknown[party] > 0 and whole[party] > 0:
            text += f"{', ' if text else ''}not known {found.unknown[party] / whole[party]:.1%}"
        words.append(text)
    return words


def _worst_vendor(on: Basis, scope: Scope) -> list[str]:
    found = without(on, surely_in(scope), hidden_goes=False)
    names = on.network.names["firm"]
    parties = len(scope.parties.country)
    words = [""] * parties
    for party in range(parties):
        mine = scope.party_of == party
        spoken = np.flatnonzero(found.may_speak[mine, :-1].any(axis=0))
        people = float(found.people[mine].sum())
        left = [
            (float(found.served[mine, v].sum()), str(names[found.vendors[v]]))
            for v in spoken.tolist()
        ]
        if left and people > 0:
            served, vendor = min(left)
            words[party] = f"without {vendor} {served:,.0f} of {people:,.0f} people are served"
    return words


def _first_out(on: Basis, scope: Scope) -> list[str]:
    found, names = cover(on, scope), on.network.names["product"]
    told = np.flatnonzero(~np.isnan(found.days))
    lists: list[list[tuple[float, str]]] = [[] for _ in range(len(scope.parties.country))]
    for party, product, days in zip(
        found.party[told].tolist(), found.product[told].tolist(), found.days[told].tolist(),
        strict=True,
    ):  # fmt: skip
        lists[party].append((days, str(names[product])))
    return [
        _and_more([f"{name} {days:,.1f} days" for days, name in sorted(some)[:FEW]], len(some))
        for some in lists
    ]


def questions(on: Basis, scope: Scope, measured: Measured, unknown: Flags) -> list[Question]:
    """Return the facts that would settle what is not known, the most telling first.

    The effect is the part of the range of the value that hangs on the fact, as the metric: at most
    all of it, of days up to the limit.

    Parameters
    ----------
    on, scope, measured
        The equipment, what the rule speaks of, what was measured.
    unknown
        Parties of which it is not known whether the rule holds, shape (parties,).
    """
    if not unknown.any():
        return []
    width = _width(scope, measured)
    if scope.rule.who == "excluded" and on.exclusions is None:
        whose = "Whose exclusions does the rule speak of? Name an authority."
        parties = np.flatnonzero(unknown).tolist()
        return [Question(party, whose, float(width[party])) for party in parties]
    found: dict[tuple[int, str], float] = {}
    asking = _cover_facts(on, scope) if scope.rule.metric == "days_of_cover" else _facts(on, scope)
    for party, words, effect, _ in asking:
        if unknown[party]:
            found[party, words] = found.get((party, words), 0.0) + effect
    told = [
        Question(party, words, *_part(effect, float(width[party])))
        for (party, words), effect in found.items()
    ]
    told.sort(key=lambda asked: (asked.party, -round(asked.effect, 12), asked.words))
    counts: dict[int, int] = {}
    kept = []
    for asked in told:
        counts[asked.party] = counts.get(asked.party, 0) + 1
        if counts[asked.party] <= QUESTIONS:
            kept.append(asked)
    return kept


def _part(effect: float, width: float) -> tuple[float, float]:
    """Return an effect that is no wider than a range, and what part of it that is."""
    effect = min(effect, width)
    return effect, effect / width if width > 0 else 0.0


def _width(scope: Scope, measured: Measured) -> Amounts:
    """Return how wide each range is; without an end, up to the limit or 1 beyond the least."""
    low = np.where(np.isinf(measured.low), 0.0, measured.low)
    open_end = np.maximum(scope.rule.limit, low + 1.0)
    if scope.rule.metric == "days_of_cover":
        return np.minimum(measured.high, open_end) - low
    return np.where(np.isinf(measured.high), open_end, measured.high) - low


def _cover_facts(on: Basis, scope: Scope) -> Iterator[Question]:
    found = cover(on, scope)
    for entry in np.flatnonzero(np.isnan(found.days)).tolist():
        product = _spoken(on, int(found.product[entry]))
        asked = f"How much of {product} is used a day, and how much is in store?"
        yield Question(int(found.party[entry]), asked, np.inf)


def _facts(on: Basis, scope: Scope) -> Iterator[Question]:
    """Yield what is not known of the rows of a scope, with the effect of each unit's rows."""
    units, parties = on.units, len(scope.parties.country)
    weight = row_weights(on, scope)
    if scope.rule.weight in BY_SITE:
        weight = _once_a_site(on, scope, weight)
    if scope.rule.metric == "vendors":
        weight = np.ones(len(weight))
    known = np.nan_to_num(weight)
    whole = summed(scope.party, known, parties)
    if scope.rule.metric in ("count", "vendors"):
        whole = np.ones(parties)

    def of(unknown: Flags) -> Amounts:
        """Return the weight of some rows of each unit, as the metric."""
        found = summed(scope.unit[unknown], known[unknown], len(scope.part))
        if scope.rule.metric == "vendors":
            return np.minimum(found, 1.0)
        return found

    # Only rows of which something may count hang on what is not known of them.
    open_ = scope.counts + scope.may_count > LEAST
    if scope.rule.metric == "share":
        open_ = np.ones(len(scope.rows), dtype=bool)
    asked: list[tuple[str, Amounts]] = []
    if scope.rule.generation >= 0:
        asked.append((_GENERATION, of(on.untold(scope.rows) & open_)))
    if not np.isnat(scope.rule.installed_from):
        undated = np.isnat(on.ground.equipment["installed"][scope.rows])
        asked.append((_INSTALLED, of(undated & open_)))
    if scope.rule.what != "made":
        asked.append((_TOLD[scope.rule.what], of(unfounded(on, scope) & open_)))
    lacking = np.bincount(scope.unit[np.isnan(weight)], minlength=len(scope.part)) > 0
    party_of, used = scope.party_of[units.network], np.unique(scope.unit)
    for unit in used.tolist():
        party = int(party_of[unit])
        share = 1.0 / whole[party] if whole[party] > 0 else 1.0
        product = _spoken(on, int(on.ground.pairs.product[units.pair[unit]]))
        for words, weights in asked:
            if weights[unit]:
                yield Question(party, words.format(product), float(weights[unit]) * share)
        if lacking[unit]:
            yield Question(party, ASK["cost"].format(product), np.inf)
    yield from _maker_facts(on, scope, used, of(open_), whole)


def _maker_facts(
    on: Basis, scope: Scope, used: Codes, of_unit: Amounts, whole: Amounts
) -> Iterator[Question]:
    """Yield what is not known of makers, at the rule's tier."""
    units, made = on.units, on.made_at(scope.rule.tier)
    used = used[scope.may[used] > LEAST]
    owner, entry = expand(made.first[units.pair[used]], np.diff(made.first)[units.pair[used]])
    certain, possible = members(on, scope.rule)
    for at, row in zip(used[owner].tolist(), entry.tolist(), strict=True):
        firm, bound = int(made.firm[row]), int(units.bound[at]) if len(certain) > 1 else 0
        party = int(scope.party_of[units.network[at]])
        effect = float(of_unit[at] * made.share[row])
        effect /= whole[party] if whole[party] > 0 else 1.0
        if firm < 0:
            fact = FACTS[int(made.fact[row])]
            yield Question(party, ASK[fact].format(_spoken(on, int(made.product[row]))), effect)
        elif possible[bound, firm] and not certain[bound, firm]:
            name = on.network["firms"].where(np.array([firm])).text("name")[0]
            name = name or str(on.network.names["firm"][firm])
            asked = f"In which country is {name}, or a firm that controls it, seated?"
            yield Question(party, asked, effect)


def _once_a_site(on: Basis, scope: Scope, weight: Amounts) -> Amounts:
    """Return weights in which each site counts once for each unit in it."""
    site = on.ground.equipment["site"][scope.rows].astype(np.int64)
    key = scope.unit * len(on.real) + site
    _, first = np.unique(key, return_index=True)
    once = np.zeros(len(weight))
    once[first] = weight[first]
    return once


def _spoken(on: Basis, product: int) -> str:
    """Return the name in words of a product, else its identifier."""
    name = on.network["products"].where(np.array([product])).text("name")[0]
    return name or str(on.network.names["product"][product])
