"""Of which rows of equipment a rule speaks, for whom, and how much of each is made by whom."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.rules import Rule
from indranet.model.schema import APPROVALS, FUNCTION_GROUPS, FUNCTIONS, GENERATIONS, TABLES
from indranet.studies.exclusions import Exclusions, excluded_firms, whose_and_where
from indranet.studies.groundwork import Groundwork, expand
from indranet.studies.market import Amounts, Codes, summed
from indranet.studies.rule_facts import Units as Standing
from indranet.studies.rule_facts import access, lacking
from indranet.studies.rule_makers import LEAST, Makers, makers

Flags = npt.NDArray[np.bool_]

BY_SITE = ("sites", "people")
"""Weights by which a site counts once, whatever of it counts."""
_TELL_APART = ("hhi", "vendors", "people_without_any_one_vendor")
"""Metrics that tell the firms apart of which a rule speaks."""
_CLASSES = len(TABLES["sites"].column("class").choices)
_UNTOLD, _NONE = len(GENERATIONS), len(GENERATIONS) + 1
_OF_FUNCTION = {
    **dict.fromkeys(FUNCTION_GROUPS["core"], "5G"),
    "gNB": "5G", "eNB": "4G", "EPC": "4G", "OLT": "fixed", "module": "iot", "gateway": "iot",
}  # fmt: skip
_ANY_GENERATION = ("RU", "DU", "CU")
_WITH = {"5G": ("5G", "5G-Advanced")}


class Parties(NamedTuple):
    """Whom a rule binds: country and operator, -1 for none, each of shape (parties,)."""

    country: Codes
    operator: Codes


class Units(NamedTuple):
    """Units of one product in one network that the same exclusions bind, shape (units,).

    Attributes
    ----------
    of
        Unit of each row of equipment, shape (rows,).
    network, pair, bound
        Network, pair of `Groundwork.pairs` and set of exclusions of each unit.
    """

    of: Codes
    network: Codes
    pair: Codes
    bound: Codes


@dataclass(frozen=True)
class Basis:
    """The equipment of a case made ready for all of its rules.

    Attributes
    ----------
    ground, exclusions
        The case, and whom the chosen authority excludes; None where none was named.
    networks
        Operator's sites in one country: country and operator of each, shape (networks,).
    network_of
        Network of each site, shape (sites,).
    units
        See the class.
    day
        Day on which approvals have to hold.
    """

    ground: Groundwork
    exclusions: Exclusions | None
    networks: Parties
    network_of: Codes
    units: Units
    day: np.datetime64

    @property
    def network(self) -> Network:
        """The case."""
        return self.ground.network

    @cached_property
    def place(self) -> npt.NDArray[np.int32]:
        """Position of each row among all countries, classes, functions and generations."""
        sites, rows = self.network["sites"], self.ground.equipment
        country = self.networks.country[self.network_of] + 1
        of_site = ((country * _CLASSES + sites["class"]) * len(FUNCTIONS)).astype(np.int32)
        place = of_site[rows["site"]] + rows["function"]
        generation = np.where(
            rows["generation"] < 0, _default_generations()[rows["function"]], rows["generation"]
        )
        return np.asarray(place * (_NONE + 1) + generation, dtype=np.int32)

    @cached_property
    def real(self) -> Amounts:
        """Real sites of each row of sites, 0 where it does not exist, shape (sites,)."""
        there = self.ground.exists("sites")
        return np.where(there, self.network["sites"]["stands_for"], 0.0)

    @cached_property
    def people(self) -> Amounts:
        """People served by each row of sites, 0 where it does not exist, shape (sites,)."""
        there = self.ground.exists("sites")
        return np.where(there, self.network["sites"]["people"], 0.0)

    @cached_property
    def traffic(self) -> Amounts:
        """Traffic of each row of equipment, in people, or in real sites where nobody is served."""
        rows = self.ground.equipment
        site, sites = rows["site"], len(self.real)
        of_site = self.people if self.people.any() else self.real
        given = ~np.isnan(rows["traffic_share"])
        told = np.where(given, rows["traffic_share"], 0.0)
        rest = np.maximum(1.0 - summed(site, told, sites), 0.0)
        quantity = np.where(given, 0.0, rows["quantity"])
        whole = summed(site, quantity, sites)[site]
        share: Amounts = told + rest[site] * quantity / np.where(whole > 0, whole, 1.0)
        return of_site[site] * share

    def untold(self, rows: Codes) -> Flags:
        """Return of which rows of equipment the generation is not known, shape (n,)."""
        found: Flags = self.place[rows] % (_NONE + 1) == _UNTOLD
        return found

    def made_at(self, tier: int) -> Makers:
        """Return who makes each pair at a tier; each tier is worked out once."""
        if tier not in self._made:
            self._made[tier] = makers(self.ground, tier)
        return self._made[tier]

    @cached_property
    def _made(self) -> dict[int, Makers]:
        return {}


@dataclass(frozen=True)
class Scope:
    """What one rule speaks of.

    Attributes
    ----------
    rule
        The rule.
    parties
        Whom it binds.
    party_of
        Party of each network, -1 where it binds it not, shape (networks,).
    rows, sure
        Rows of equipment that it may speak of, and whether it surely does, shape (scoped,).
    party
        Party of each, shape (scoped,).
    unit
        Unit of each, shape (scoped,).
    part, may, left
        Of each unit: the part surely made by those of whom the rule speaks, the part that may be,
        and all that has not ended above the tier, shape (units,).
    counts, may_count
        Of each row: the part that surely counts, and the part that may. What is made counts, unless
        the rule counts what is supported or lacks an approval, shape (scoped,).
    """

    rule: Rule
    parties: Parties
    party_of: Codes
    rows: Codes
    sure: Flags
    party: Codes
    unit: Codes
    part: Amounts
    may: Amounts
    left: Amounts
    counts: Amounts
    may_count: Amounts


def basis(ground: Groundwork, exclusions: Exclusions | None, day: np.datetime64) -> Basis:
    """Return the equipment of a case made ready for its rules.

    Parameters
    ----------
    ground
        The case, made ready.
    exclusions
        Whom the chosen authority excludes, None where none was named.
    day
        Day on which approvals have to hold.
    """
    operator, country = whose_and_where(ground.network)
    width = len(ground.network["firms"]) + 1
    keys, of_site = np.unique((country + 1) * width + operator + 1, return_inverse=True)
    networks = Parties(keys // width - 1, keys % width - 1)
    units = _units(ground, exclusions, networks, of_site.astype(np.int64))
    return Basis(ground, exclusions, networks, of_site.astype(np.int64), units, day)


def _units(
    ground: Groundwork, exclusions: Exclusions | None, networks: Parties, of_site: Codes
) -> Units:
    """Return the units; a pair has one operator, so that its country tells the network."""
    pairs = len(ground.pairs.product)
    sets = 1 if exclusions is None else len(exclusions.sets)
    places, at = np.unique(networks.country, return_inverse=True)
    key = at[of_site][ground.equipment["site"]] * pairs + ground.pairs.of
    if exclusions is not None:
        key = key * sets + exclusions.of_row
    used = np.zeros(len(places) * pairs * sets, dtype=bool)
    used[key] = True
    keys = np.flatnonzero(used)
    position = np.zeros(len(used), dtype=np.int64)
    position[keys] = np.arange(len(keys))
    whose, bound = np.divmod(keys, sets)
    where, pair = np.divmod(whose, max(pairs, 1))
    width = int(networks.operator.max(initial=-1)) + 2
    wanted = (places[where] + 1) * width + ground.pairs.operator[pair] + 1
    network = np.searchsorted((networks.country + 1) * width + networks.operator + 1, wanted)
    return Units(position[key], network, pair, bound)


def _default_generations() -> npt.NDArray[np.int8]:
    """Return the generation that an empty cell means, of each function.

    Functions of one generation have that one; a radio without one may serve any; what carries all
    serves none by itself.
    """
    found = np.full(len(FUNCTIONS), _NONE, dtype=np.int8)
    for function, generation in _OF_FUNCTION.items():
        if function != "IMS":
            found[FUNCTIONS.index(function)] = GENERATIONS.index(generation)
    found[[FUNCTIONS.index(function) for function in _ANY_GENERATION]] = _UNTOLD
    return found


def scope(on: Basis, rule: Rule) -> Scope:
    """Return what a rule speaks of, and whom it binds.

    It binds every operator with sites in its country, or the country; in each country by itself
    where it names none. A rule of 5G speaks of 5G-Advanced as well.
    """
    part, may, left = _parts(on, rule)
    possible, surely = _tables(on, rule)
    looked = possible[on.place]
    installed = on.ground.equipment["installed"]
    if not np.isnat(rule.installed_from):
        looked &= np.isnat(installed) | (installed >= rule.installed_from)
    rows = np.flatnonzero(looked)
    unit = on.units.of[rows]
    if rule.tier:
        there = left[unit] > LEAST
        rows, unit = rows[there], unit[there]
    sure = surely[on.place[rows]]
    if not np.isnat(rule.installed_from):
        sure &= ~np.isnat(installed[rows])
    parties, party_of = _parties(on, rule, on.units.network[unit])
    counts, may_count = part[unit], may[unit]
    if rule.what != "made":
        product = on.ground.equipment["product"][rows].astype(np.int64)
        counts, may_count = _by_facts(on, rule, (rows, product), (counts, may_count))
    return Scope(
        rule=rule,
        parties=parties,
        party_of=party_of,
        rows=rows,
        sure=sure,
        party=party_of[on.units.network[unit]],
        unit=unit,
        part=part,
        may=may,
        left=left,
        counts=counts,
        may_count=may_count,
    )


def if_installed(on: Basis, rule: Rule, rows: Codes, product: Codes) -> tuple[Amounts, Amounts]:
    """Return what would count of rows of equipment if these products stood there, at tier 0.

    Parameters
    ----------
    on, rule
        The equipment and the rule.
    rows, product
        Rows of equipment, and a product in the place of each, shape (n,).

    Returns
    -------
    The part that surely would count, and the part that may, shape (n,) each.
    """
    ones, zeros = np.ones(len(rows)), np.zeros(len(rows))
    if rule.who == "excluded" and on.exclusions is None:
        made = zeros, ones
    elif rule.who == "all":
        made = ones, zeros
    else:
        maker = on.network["products"]["firm"][product].astype(np.int64)
        certain, possible = members(on, rule)
        bound = _bound(on, rule, rows)
        surely = (maker >= 0) & certain[bound, maker]
        anybody: Flags = np.logical_or.reduce(possible, axis=1)
        perhaps = np.where(maker >= 0, possible[bound, maker], anybody[bound])
        made = surely.astype(np.float64), (perhaps & ~surely).astype(np.float64)
    return made if rule.what == "made" else _by_facts(on, rule, (rows, product), made)


def _bound(on: Basis, rule: Rule, rows: Codes) -> Codes:
    if rule.who != "excluded" or on.exclusions is None:
        return np.zeros(len(rows), dtype=np.int64)
    return on.exclusions.of_row[rows]


def standing(on: Basis, rule: Rule, rows: Codes, product: Codes) -> Standing:
    """Return products in the place of rows of equipment as the case's other facts look them up."""
    site = on.ground.equipment["site"][rows].astype(np.int64)
    country = on.networks.country[on.network_of[site]]
    return Standing(site, country, product, _bound(on, rule, rows))


def unfounded(on: Basis, scope: Scope) -> Flags:
    """Return of which rows of a scope nobody says who approved or supports them, (scoped,)."""
    rule, rows = scope.rule, scope.rows
    product = on.ground.equipment["product"][rows].astype(np.int64)
    units = standing(on, rule, rows, product)
    if rule.what in APPROVALS:
        return lacking(on.ground, units, APPROVALS[rule.what], on.day)[1]
    nobody = np.zeros((int(units.bound.max(initial=0)) + 1, len(on.network["firms"]) + 1), bool)
    return ~access(on.ground, units, nobody, nobody).told


def _by_facts(
    on: Basis, rule: Rule, installed: tuple[Codes, Codes], made: tuple[Amounts, Amounts]
) -> tuple[Amounts, Amounts]:
    """Return what surely counts and what may, given what surely and possibly is theirs."""
    units = standing(on, rule, *installed)
    if rule.what in APPROVALS:
        surely, untold = lacking(on.ground, units, APPROVALS[rule.what], on.day)
        part = made[0] * surely
        return part, (made[0] + made[1]) * (surely | untold) - part
    if rule.who == "excluded" and on.exclusions is None:
        return np.zeros(len(units.site)), np.ones(len(units.site))
    found = access(on.ground, units, *members(on, rule))
    return found.surely, np.where(found.told, found.possibly - found.surely, 1.0)


def _tables(on: Basis, rule: Rule) -> tuple[Flags, Flags]:
    """Return for each place whether a rule may speak of it, and whether it surely does."""
    countries = int(on.networks.country.max(initial=-1)) + 2
    possible = np.zeros((countries, _CLASSES, len(FUNCTIONS), _NONE + 1), dtype=bool)
    country = slice(None) if rule.country < 0 else slice(rule.country + 1, rule.country + 2)
    site_class = slice(None) if rule.site_class < 0 else slice(rule.site_class, rule.site_class + 1)
    functions = np.ones(len(FUNCTIONS), dtype=bool)
    if rule.functions:
        functions[:] = False
        functions[sorted(rule.functions)] = True
    generations = np.ones(_NONE + 1, dtype=bool)
    if rule.generation >= 0:
        generations[:] = False
        named = GENERATIONS[rule.generation]
        generations[[GENERATIONS.index(word) for word in _WITH.get(named, (named,))]] = True
        generations[_UNTOLD] = True
    possible[country, site_class] = functions[:, None] & generations
    surely = possible.copy()
    if rule.generation >= 0:
        surely[..., _UNTOLD] = False
    return possible.reshape(-1), surely.reshape(-1)


def _parties(on: Basis, rule: Rule, spoken_of: Codes) -> tuple[Parties, Codes]:
    """Return whom a rule binds, and the party of each network.

    Sites of no operator are bound only where the rule speaks of anything there.
    """
    networks = on.networks
    bound = np.ones(len(networks.country), dtype=bool)
    if rule.country >= 0:
        bound &= networks.country == rule.country
    some = np.zeros(len(bound), dtype=bool)
    some[spoken_of] = True
    if not rule.per_country:
        bound &= (networks.operator >= 0) | some
    places = np.flatnonzero(bound)
    party_of = np.full(len(bound), -1, dtype=np.int64)
    if not len(places):
        return Parties(np.array([rule.country]), np.array([-1])), party_of
    if not rule.per_country:
        party_of[places] = np.arange(len(places))
        return Parties(networks.country[places], networks.operator[places]), party_of
    countries, of = np.unique(networks.country[places], return_inverse=True)
    party_of[places] = of
    return Parties(countries, np.full(len(countries), -1)), party_of


def _parts(on: Basis, rule: Rule) -> tuple[Amounts, Amounts, Amounts]:
    """Return for each unit the part surely and possibly of those spoken of, and what is left."""
    made, units = on.made_at(rule.tier), on.units
    owner, entry = expand(made.first[units.pair], np.diff(made.first)[units.pair])
    firm, share, count = made.firm[entry], made.share[entry], len(units.pair)
    left = made.left[units.pair]
    if rule.who == "excluded" and on.exclusions is None:
        return np.zeros(count), left.copy(), left
    if rule.who == "all" and rule.metric not in _TELL_APART:
        # Whoever made it is one of all, known or not.
        return left.copy(), np.zeros(count), left
    certain, possible = members(on, rule)
    bound = units.bound[owner] if rule.who == "excluded" else np.zeros(len(owner), dtype=np.int64)
    some: Flags = np.logical_or.reduce(possible, axis=1)
    surely = (firm >= 0) & certain[bound, firm]
    maybe = np.where(firm >= 0, possible[bound, firm] & ~surely, some[bound])
    return (
        summed(owner, share * surely, count),
        summed(owner, share * maybe, count),
        left,
    )


def members(on: Basis, rule: Rule) -> tuple[Flags, Flags]:
    """Return which firms surely, and which possibly, belong to those of whom a rule speaks.

    Returns
    -------
    Two tables of shape (sets, firms + 1), one set but for excluded firms; the last column stands
    for no firm.
    """
    firms = len(on.network["firms"])
    if rule.who == "excluded":
        assert on.exclusions is not None
        certain = np.stack([np.append(found, False) for found in on.exclusions.sets])
        return certain, certain
    if rule.who == "all":
        certain = np.append(np.ones(firms, dtype=bool), False)[None]
        possible = np.ones((1, firms + 1), dtype=bool)
        return certain, possible
    certain = np.append(excluded_firms(on.network, rule.firm), False)[None]
    possible = certain.copy()
    if rule.who == "country":
        possible[0, :-1] |= _seat_unknown(on.network)
    return certain, possible


def _seat_unknown(network: Network) -> Flags:
    """Return the firms of which the seat, or that of a firm that controls them, is not known."""
    firms = network["firms"]
    found = firms["country"] < 0
    while True:
        grown = found | np.append(found, False)[firms["parent"]]
        if (grown == found).all():
            return found
        found = grown


def vendors(network: Network) -> Codes:
    """Return the firm that in the end controls each firm, or itself, shape (firms,)."""
    parent = network["firms"]["parent"].astype(np.int64)
    top = np.arange(len(parent))
    while True:
        above = np.where(parent[top] >= 0, parent[top], top)
        if (above == top).all():
            return top
        top = above
