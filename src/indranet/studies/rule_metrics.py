"""What a rule measures: shares, counts, concentration, vendors; ranges where facts are missing."""

from typing import NamedTuple

import numpy as np

from indranet.studies.groundwork import expand
from indranet.studies.market import Amounts, Codes, summed
from indranet.studies.rule_makers import LEAST
from indranet.studies.rule_scope import BY_SITE, Basis, Flags, Scope, members, vendors


class Measured(NamedTuple):
    """What was measured for each party, shape (parties,).

    Attributes
    ----------
    value
        What follows from what is known.
    low, high
        Ends of the range in which it lies.
    rows
        Rows of equipment that the rule may speak of; 0 where it speaks of nothing.
    """

    value: Amounts
    low: Amounts
    high: Amounts
    rows: Amounts


class Counted(NamedTuple):
    """What is counted once: rows of equipment, or sites, shape (things,).

    Attributes
    ----------
    thing
        Thing of each row of the scope, shape (scoped,).
    party, weight
        Party and weight of each thing; NaN where the weight is not known.
    """

    thing: Codes
    party: Codes
    weight: Amounts


def row_weights(on: Basis, scope: Scope) -> Amounts:
    """Return the weight of each row of a scope; that of its site where sites count once.

    A unit whose cost is not known has none.
    """
    rows, ground = scope.rows, on.ground
    site = ground.equipment["site"][rows]
    weight = scope.rule.weight
    if weight == "sites":
        return on.real[site]
    if weight == "people":
        return on.people[site]
    if weight == "traffic":
        return on.traffic[rows]
    real = on.real[site]
    if weight == "instances":
        return real
    units = real * ground.equipment["quantity"][rows]
    if weight == "units":
        return units
    product = ground.equipment["product"][rows].astype(np.int64)
    return units * on.network["products"]["unit_cost_usd"][product]


def counted(on: Basis, scope: Scope) -> Counted:
    """Return what a share or a count counts once: sites, by sites and people, else rows."""
    weight = row_weights(on, scope)
    if scope.rule.weight not in BY_SITE:
        return Counted(np.arange(len(scope.rows)), scope.party, weight)
    site = on.ground.equipment["site"][scope.rows]
    seen = np.zeros(len(on.real), dtype=bool)
    seen[site] = True
    place = np.cumsum(seen) - 1
    of_site = on.real if scope.rule.weight == "sites" else on.people
    party = scope.party_of[on.network_of[seen]]
    return Counted(place[site], party, of_site[seen])


THEIRS, WHOLE, OPEN, SOME = range(4)
"""Rows of an end of a range: see `Ends`."""


class Ends(NamedTuple):
    """What the ends of the range of a share or count are made of, as sums over things.

    Sums of both ends say what a rule says, so that a schedule is held against it by adding up.

    Attributes
    ----------
    low, high
        Rows of sums, each of shape (4, things): weight of theirs; weight by which a share is
        divided; number of things whose unknown weight leaves that end open; number of things that
        keep the share from being all at the low end, or nothing at the high one.
    """

    low: Amounts
    high: Amounts

    def summed(self, by: Codes, count: int) -> "Ends":
        """Return the sums over the things of each of some sets, shape (4, count)."""
        return Ends(*(np.stack([summed(by, row, count) for row in end]) for end in self))

    def values(self, metric: str) -> tuple[Amounts, Amounts]:
        """Return the low and the high end of a share or count, of each column."""
        if metric == "count":
            high = np.where(self.high[OPEN] > 0, np.inf, self.high[THEIRS])
            return self.low[THEIRS].copy(), high
        low = np.nan_to_num(_ratio(self.low[THEIRS], self.low[WHOLE]))
        low = np.where(self.low[OPEN] > 0, 0.0, low)
        low = np.where(self.low[SOME] > 0, low, 1.0)
        high = np.nan_to_num(_ratio(self.high[THEIRS], self.high[WHOLE]), nan=1.0)
        high = np.where(self.high[OPEN] > 0, 1.0, high)
        high = np.where(self.high[SOME] > 0, high, 0.0)
        # Of nothing all is theirs and nothing is: it counts as nothing.
        return np.minimum(low, high), high


def _ratio(above: Amounts, below: Amounts) -> Amounts:
    """Return above / below, NaN where nothing is below."""
    found: Amounts = np.where(below > 0, above, np.nan) / np.where(below > 0, below, 1.0)
    return found


def ends(scope: Scope, things: Counted) -> Ends:
    """Return what the ends of a share or a count are made of, thing by thing.

    By sites and people a site is theirs if any of its equipment is. By the other weights each row
    counts with the part of it that is theirs: all or nothing at tier 0, by money beneath; a count
    counts what has anything of theirs whole. At the low end what is not known is not theirs, and
    what may be outside the scope and is not theirs is inside it; at the high end the other way
    round.
    """
    size = len(things.party)
    part, may, left = scope.counts, scope.may_count, scope.left[scope.unit]
    if scope.rule.metric == "count" or scope.rule.weight in BY_SITE:
        theirs, perhaps = part > LEAST, (part + may) > LEAST
        inside = _any(things.thing, scope.sure, size).astype(float)
        sure = _any(things.thing, scope.sure & theirs, size).astype(float)
        most = _any(things.thing, perhaps, size).astype(float)
        other = _any(things.thing, ~theirs, size) & (sure == 0)
        outside = ((inside == 0) & other).astype(float)
        wide = np.maximum(inside, most)
    else:
        inside, sure = left * scope.sure, part * scope.sure
        most = part + may
        other = left - part > LEAST
        outside = np.where(scope.sure, 0.0, left - part)
        wide = np.where(scope.sure, left, most)
    known, lost = np.nan_to_num(things.weight), np.isnan(things.weight)
    some = most > LEAST
    return Ends(
        np.stack([known * sure, known * (inside + outside), lost & other, other]),
        np.stack([known * most, known * wide, lost & some, some]),
    )


def count(on: Basis, scope: Scope) -> Measured:
    """Return how much there is that has anything in it of those of whom the rule speaks.

    Known is what surely has; at most what may have as well. What has no known weight counts as
    nothing at the low end, and as no number at the high end.
    """
    things, parties = counted(on, scope), len(scope.parties.country)
    low, high = ends(scope, things).summed(things.party, parties).values(scope.rule.metric)
    return Measured(low, low, high, rows_of(scope))


def share(on: Basis, scope: Scope) -> Measured:
    """Return the part of what the rule speaks of that is of those of whom it speaks."""
    things, parties = counted(on, scope), len(scope.parties.country)
    low, high = ends(scope, things).summed(things.party, parties).values(scope.rule.metric)
    value = _known_share(scope, things)
    value = np.clip(np.where(np.isnan(value), low, value), low, high)
    return Measured(value, low, high, rows_of(scope))


def _known_share(scope: Scope, things: Counted) -> Amounts:
    """Return the share of what is surely theirs in what is surely in the scope, of each party."""
    size, parties = len(things.party), len(scope.parties.country)
    if scope.rule.weight in BY_SITE:
        sure = _any(things.thing, scope.sure & (scope.counts > LEAST), size).astype(float)
        inside = _any(things.thing, scope.sure, size).astype(float)
    else:
        sure, inside = scope.counts * scope.sure, scope.left[scope.unit] * scope.sure
    known = np.nan_to_num(things.weight)
    above, below = (summed(things.party, known * row, parties) for row in (sure, inside))
    return _ratio(above, below)


def _any(thing: Codes, flags: Flags, size: int) -> Flags:
    found = np.zeros(size, dtype=bool)
    found[thing[flags]] = True
    return found


def _there(scope: Scope) -> Flags:
    """Return the parties of which the rule may speak of anything."""
    found = np.zeros(len(scope.parties.country), dtype=bool)
    found[scope.party] = True
    return found


def rows_of(scope: Scope) -> Amounts:
    """Return how many rows of equipment the rule may speak of, of each party."""
    rows = np.bincount(scope.party, minlength=len(scope.parties.country))
    return rows.astype(np.float64)


class Divided(NamedTuple):
    """What each party has of each vendor.

    Attributes
    ----------
    party, vendor, weight
        Of those of whom the rule speaks, what surely is theirs, shape (entries,).
    unknown, other
        Weight of which it is not known whether or whose it is; of other vendors, shape (parties,).
    """

    party: Codes
    vendor: Codes
    weight: Amounts
    unknown: Amounts
    other: Amounts


def divided(on: Basis, scope: Scope) -> Divided:
    """Return how what a rule speaks of divides over vendors, a firm with whoever controls it.

    By sites and people a site divides evenly over its rows in the scope.
    """
    weight = row_weights(on, scope)
    if scope.rule.weight in BY_SITE:
        site = on.ground.equipment["site"][scope.rows]
        weight = weight / np.bincount(site, minlength=len(on.real))[site]
    parties, size = len(scope.parties.country), len(scope.part)
    surely = summed(scope.unit[scope.sure], weight[scope.sure], size)
    outside = summed(scope.unit[~scope.sure], weight[~scope.sure], size)
    of_unit = scope.party_of[on.units.network]
    used = np.flatnonzero((surely != 0) | (outside != 0) | np.isnan(surely + outside))
    used = used[of_unit[used] >= 0]

    def by_party(values: Amounts) -> Amounts:
        return summed(of_unit[used], values[used], parties)

    made, units = on.made_at(scope.rule.tier), on.units
    owner, entry = expand(made.first[units.pair[used]], np.diff(made.first)[units.pair[used]])
    firm = made.firm[entry]
    certain, _ = members(on, scope.rule)
    bound = units.bound[used[owner]] if scope.rule.who == "excluded" else np.zeros(len(owner), int)
    theirs = np.flatnonzero(certain[bound, firm] & (firm >= 0))
    key = (
        of_unit[used[owner[theirs]]] * len(on.network["firms"]) + vendors(on.network)[firm[theirs]]
    )
    keys, at = np.unique(key, return_inverse=True)
    party, vendor = np.divmod(keys, max(len(on.network["firms"]), 1))
    of_vendor = summed(at, surely[used[owner[theirs]]] * made.share[entry[theirs]], len(keys))
    return Divided(
        party=party,
        vendor=vendor,
        weight=of_vendor,
        unknown=by_party(surely * scope.may + outside * scope.left),
        other=by_party(surely * (scope.left - scope.part - scope.may)),
    )


def hhi(on: Basis, scope: Scope) -> Measured:
    """Return the sum of the squared shares of vendors (Hirschman 1964).

    The European Commission's toolbox on 5G (2020) asks for a balance of suppliers in a country
    (SM06); it names no limit. Known is the index of what is known; at the low end the unknown is
    spread thin over many, at the high end all of it belongs to the largest. Of a rule that speaks
    of some firms only their squares are added, of shares of the whole scope.
    """
    parties = len(scope.parties.country)
    if scope.rule.who == "excluded" and on.exclusions is None:
        return Measured(
            np.full(parties, np.nan), np.zeros(parties), np.ones(parties), rows_of(scope)
        )
    found = divided(on, scope)
    held = summed(found.party, found.weight, parties)
    known = held + found.other
    whole = known + found.unknown
    square = summed(found.party, found.weight**2, parties)
    top = np.zeros(parties)
    np.maximum.at(top, found.party, found.weight)
    top = np.where(np.isnan(top), 0.0, top)
    lost = np.isnan(whole)

    def over(values: Amounts, below: Amounts) -> Amounts:
        found: Amounts = np.where(below > 0, values, 0.0) / np.where(below > 0, below, 1.0) ** 2
        return found

    low = over(square, whole)
    high = over(square + found.unknown * (2 * top + found.unknown), whole)
    value = np.clip(over(square, known), low, high)
    # Weights that are not known leave every index open.
    low, high = np.where(lost, 0.0, low), np.where(lost, 1.0, high)
    weightless = _there(scope) & (whole == 0)
    return Measured(
        np.where(lost, np.nan, value), low, np.where(weightless, 1.0, high), rows_of(scope)
    )


def vendor_count(on: Basis, scope: Scope) -> Measured:
    """Return how many vendors there are among those of whom the rule speaks.

    The European Commission's toolbox on 5G (2020) asks for more than one an operator (SM05). At the
    high end each installed product of which it is not known whether it is theirs is one more; at a
    deeper tier there is no number.
    """
    parties, width = len(scope.parties.country), len(on.network["firms"]) + 1
    surely, perhaps = _vendor_sets(on, scope)
    low = np.bincount(surely // width, minlength=parties).astype(np.float64)
    more = np.setdiff1d(perhaps, surely) // width
    high: Amounts = low + np.bincount(more, minlength=parties)
    hidden = (scope.may[scope.unit] > LEAST) & _no_maker(on, scope)
    if scope.rule.tier:
        high[scope.party[hidden]] = np.inf
    else:
        products = max(len(on.network["products"]), 1)
        product = on.ground.equipment["product"][scope.rows[hidden]]
        key = np.unique(scope.party[hidden] * products + product)
        high += np.bincount(key // products, minlength=parties)
    if scope.rule.who == "all":
        # Whatever is installed has one vendor at least.
        sure = np.zeros(parties, dtype=bool)
        sure[scope.party[scope.sure]] = True
        low = np.where(sure, np.maximum(low, 1.0), low)
    return Measured(low, low, high, rows_of(scope))


def _no_maker(on: Basis, scope: Scope) -> Flags:
    """Return the rows of a scope some part of which has no known maker, shape (scoped,)."""
    made = on.made_at(scope.rule.tier)
    of_pair = np.zeros(len(made.left), dtype=bool)
    owner = np.repeat(np.arange(len(made.left)), np.diff(made.first))
    of_pair[owner[made.firm < 0]] = True
    found: Flags = of_pair[on.units.pair[scope.unit]]
    return found


def _vendor_sets(on: Basis, scope: Scope) -> tuple[Codes, Codes]:
    """Return party and vendor, as one number, of those surely and of those possibly there."""
    size = len(scope.part)
    surely, perhaps = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    surely[scope.unit[scope.sure]] = True
    perhaps[scope.unit] = True
    used = np.flatnonzero(perhaps)
    made, units = on.made_at(scope.rule.tier), on.units
    owner, entry = expand(made.first[units.pair[used]], np.diff(made.first)[units.pair[used]])
    firm = made.firm[entry]
    none = np.zeros((1, len(on.network["firms"]) + 1), dtype=bool)
    if scope.rule.who == "excluded" and on.exclusions is None:
        certain, possible = none, ~none
    else:
        certain, possible = members(on, scope.rule)
    many = len(certain) > 1
    bound = units.bound[used[owner]] if many else np.zeros(len(owner), dtype=np.int64)
    known = (firm >= 0) & (made.share[entry] > LEAST)
    top = np.append(vendors(on.network), -1)[firm]
    key = scope.party_of[units.network[used[owner]]] * len(none[0]) + top
    sure = known & certain[bound, firm] & surely[used[owner]]
    return np.unique(key[sure]), np.unique(key[known & possible[bound, firm]])
