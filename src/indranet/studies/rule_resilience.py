"""Rules on what is left: people without any one vendor, and days that stocks last."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES
from indranet.studies.market import Amounts, Codes, summed
from indranet.studies.rule_makers import LEAST
from indranet.studies.rule_metrics import Measured, rows_of
from indranet.studies.rule_scope import Basis, Flags, Scope, vendors

_RADIO = TABLES["sites"].column("kind").choices.index("radio")
_CORE = [FUNCTIONS.index(function) for function in FUNCTION_GROUPS["core"]]
_MIXED = -2
"""Stands where a vendor would for what more than one vendor can do."""


class Without(NamedTuple):
    """What each network keeps without each vendor.

    Attributes
    ----------
    vendors
        Firms that nobody else controls, whose equipment is in the scope, shape (vendors,).
    served
        People still served, hosts included, shape (networks, vendors + 1); the last column is
        without whoever is not known.
    people
        People served now, shape (networks,).
    hidden
        Whether the maker of anything in the scope is not known.
    speaks, may_speak
        Whether the rule surely, and possibly, speaks of a vendor's units in a network, shape
        (networks, vendors + 1).
    """

    vendors: Codes
    served: Amounts
    people: Amounts
    hidden: bool
    speaks: Flags
    may_speak: Flags


def people_without_any_one_vendor(on: Basis, scope: Scope) -> Measured:
    """Return the part of the people still served when the vendor whose loss is worst is gone.

    A site serves its people while for each function of the scope that it has some equipment of
    another vendor is left; a radio site also while each function of the core in the scope that its
    operator runs in the country is. Hosts carry those who lose their network, as far as the table
    of roaming says and by the part of the host that is left. At the low end what has no known maker
    goes with every vendor, at the high end with none. Of a party with equipment that may be outside
    the scope nothing is sure: the value is that of the rest.
    """
    narrow = surely_in(scope)
    most = without(on, narrow, hidden_goes=False)
    least = without(on, narrow, hidden_goes=True) if most.hidden else most
    low = _worst(scope, least, least.may_speak)
    high = _worst(scope, most, most.speaks)
    value = high.copy()
    if scope.rule.who == "excluded" and on.exclusions is None:
        value[:] = np.nan
    untold = scope.party[~scope.sure]
    low[untold], high[untold] = 0.0, 1.0
    return Measured(value, np.minimum(low, high), high, rows_of(scope))


def surely_in(scope: Scope) -> Scope:
    """Return a scope without the rows that may be outside it."""
    if scope.sure.all():
        return scope
    return replace(
        scope,
        rows=scope.rows[scope.sure],
        sure=scope.sure[scope.sure],
        party=scope.party[scope.sure],
        unit=scope.unit[scope.sure],
    )


def _worst(scope: Scope, found: Without, speaks: Flags) -> Amounts:
    """Return the least part of each party's people left without one of the vendors spoken of."""
    parties = len(scope.parties.country)
    bound = np.flatnonzero(scope.party_of >= 0)
    served = np.zeros((parties, speaks.shape[1]))
    spoken = np.zeros(served.shape, dtype=bool)
    np.add.at(served, scope.party_of[bound], found.served[bound])
    np.logical_or.at(spoken, scope.party_of[bound], speaks[bound])
    people = summed(scope.party_of[bound], found.people[bound], parties)
    part = np.where(people[:, None] > 0, served, 1.0) / np.where(people > 0, people, 1.0)[:, None]
    least: Amounts = np.where(spoken, part, 1.0).min(axis=1, initial=1.0)
    return least


def without(on: Basis, scope: Scope, *, hidden_goes: bool) -> Without:
    """Return what each network keeps without each vendor.

    Parameters
    ----------
    on, scope
        The equipment, and what the rule speaks of.
    hidden_goes
        Whether what has no known maker is gone with every vendor.
    """
    equipment, rows = on.ground.equipment, scope.rows
    maker = on.network["products"]["firm"][equipment["product"][rows]].astype(np.int64)
    top = np.append(vendors(on.network), -1)[maker]
    known = np.flatnonzero(np.bincount(top[top >= 0], minlength=len(on.network["firms"])))
    column = np.where(top >= 0, np.searchsorted(known, np.maximum(top, 0)), len(known))
    site = equipment["site"][rows].astype(np.int64)
    function = equipment["function"][rows].astype(np.int64)
    network = on.network_of[site]
    networks, width = len(on.networks.country), len(known) + 1
    radio = on.network["sites"]["kind"] == _RADIO

    owner, sole = sole_vendor(site * len(FUNCTIONS) + function, column, width, hidden_goes)
    lost = _distinct((owner // len(FUNCTIONS)) * width + sole)
    at, vendor = np.divmod(lost, width)
    always = np.zeros(len(radio), dtype=bool)
    always[at[vendor == width - 1]] = True
    keep = ~always[at] | (vendor == width - 1)
    at, vendor = at[keep], vendor[keep]
    by_radio, by_other = (
        _people_lost(on, at[which], vendor[which], networks, width)
        for which in (radio[at], ~radio[at])
    )

    core = np.isin(function, _CORE)
    owner, sole = sole_vendor(
        network[core] * len(FUNCTIONS) + function[core], column[core], width, hidden_goes
    )
    core_lost = np.zeros((networks, width), dtype=bool)
    core_lost[owner // len(FUNCTIONS), sole] = True
    core_lost |= core_lost[:, -1:]
    base = np.zeros(len(radio), dtype=bool)
    base[site] = True
    has_core = np.zeros(networks, dtype=bool)
    has_core[network[core]] = True
    base |= radio & has_core[on.network_of]
    people = summed(on.network_of[base], on.people[base], networks)
    in_radio = summed(on.network_of[base & radio], on.people[base & radio], networks)
    gone = by_other + np.where(core_lost, in_radio[:, None], by_radio)
    served = people[:, None] - gone
    speaks, may_speak = _spoken_of(on, scope, network, column, width)
    return Without(
        vendors=known,
        served=served + _carried(on, gone, people),
        people=people,
        hidden=bool((top < 0).any()),
        speaks=speaks,
        may_speak=may_speak,
    )


def sole_vendor(key: Codes, column: Codes, width: int, hidden_goes: bool) -> tuple[Codes, Codes]:
    """Return the keys that only one vendor can do, and which; what has no maker is the last one.

    Where what is hidden goes with every vendor, a key is a vendor's alone if the rest is hidden,
    and all vendors' if all of it is.
    """
    if not len(key):
        return key, column
    order = np.argsort(key, kind="stable")
    key, column = key[order], column[order]
    first = np.flatnonzero(np.append(True, np.diff(key) != 0))
    hidden = column == width - 1
    least = np.minimum.reduceat(column, first)
    most = np.maximum.reduceat(np.where(hidden, -1, column), first)
    some_hidden = np.maximum.reduceat(hidden.astype(np.int64), first) > 0
    sole = np.where(least == most, least, _MIXED)
    all_hidden = most < 0
    if hidden_goes:
        sole = np.where(all_hidden, width - 1, sole)
    else:
        sole = np.where(some_hidden, _MIXED, sole)
    told = sole != _MIXED
    return key[first][told], sole[told]


def _distinct(key: Codes) -> Codes:
    """Return keys once each, ascending; they come nearly in order, so that sorting is fast."""
    key = np.sort(key, kind="stable")
    found: Codes = key[np.append(True, np.diff(key) != 0)[: len(key)]]
    return found


def _people_lost(on: Basis, at: Codes, vendor: Codes, networks: int, width: int) -> Amounts:
    """Return the people of sites lost with each vendor; those lost with all count with each."""
    key = on.network_of[at] * width + vendor
    lost = summed(key, on.people[at], networks * width).reshape(networks, width)
    lost[:, :-1] += lost[:, -1:]
    return lost


def _spoken_of(
    on: Basis, scope: Scope, network: Codes, column: Codes, width: int
) -> tuple[Flags, Flags]:
    """Return of which vendors a rule speaks in each network: surely, and possibly."""
    shape = (len(on.networks.country), width)
    speaks, may_speak = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    surely = scope.sure & (scope.part[scope.unit] > LEAST)
    perhaps = (scope.part + scope.may)[scope.unit] > LEAST
    speaks[network[surely], column[surely]] = True
    may_speak[network[perhaps], column[perhaps]] = True
    return speaks, may_speak


def _carried(on: Basis, gone: Amounts, people: Amounts) -> Amounts:
    """Return the people whom hosts carry of those who lost their network, shape as `gone`."""
    rows = on.network["roaming"].where(np.flatnonzero(on.ground.exists("roaming")))
    carried = np.zeros(gone.shape)
    left = 1.0 - gone / np.where(people > 0, people, 1.0)[:, None]
    for operator, host, country, share in zip(
        *(rows[c].tolist() for c in ("operator", "host", "country", "share")), strict=True
    ):
        for mine in np.flatnonzero(on.networks.operator == operator).tolist():
            where = on.networks.country[mine]
            host_at = (on.networks.operator == host) & (on.networks.country == where)
            if country in (-1, where) and host_at.any():
                carried[mine] += share * people[mine] * left[np.flatnonzero(host_at)[0]]
    return np.minimum(carried, gone)


class Cover(NamedTuple):
    """How long what is in store of each product lasts each party, shape (entries,).

    Attributes
    ----------
    party, product
        Party, and product that it has installed.
    days
        Days that it lasts, NaN where nothing says how much is used.
    surely
        Whether the rule surely speaks of it.
    """

    party: Codes
    product: Codes
    days: Amounts
    surely: Flags


def days_of_cover(on: Basis, scope: Scope) -> Measured:
    """Return how long what is in store of the product that runs out first lasts.

    In store is what contracts keep (stock_days), what the operator holds, and what the country
    holds, which all who buy there use alike. Of a product without a contract nothing says how much
    is used: it may last no day or for good. Where nothing is theirs nothing runs out.
    """
    found, parties = cover(on, scope), len(scope.parties.country)
    told = ~np.isnan(found.days)
    low, high = np.full(parties, np.inf), np.full(parties, np.inf)
    np.minimum.at(low, found.party, np.where(told, found.days, 0.0))
    sure = told & found.surely
    np.minimum.at(high, found.party[sure], found.days[sure])
    value = np.where(np.isinf(high) & ~np.isinf(low), np.nan, high)
    return Measured(value, low, high, rows_of(scope))


def cover(on: Basis, scope: Scope) -> Cover:
    """Return how long what is in store of each installed product lasts each party."""
    network, ground = on.network, on.ground
    products = max(len(network["products"]), 1)
    surely = scope.part[scope.unit] > LEAST
    perhaps = surely | (scope.may[scope.unit] > LEAST)
    product = ground.equipment["product"][scope.rows].astype(np.int64)
    keys = np.unique(scope.party[perhaps] * products + product[perhaps])
    sure = np.isin(keys, (scope.party * products + product)[surely & scope.sure])
    party, of = np.divmod(keys, products)

    rows = ground.supplies
    sent = network["plants"]["product"][rows["supplier"]].astype(np.int64)
    buyer = rows["customer"].astype(np.int64) - network.offset("firm")
    firm = (buyer >= 0) & (buyer < len(network["firms"]))
    bought, flow = buyer[firm] * products + sent[firm], rows["quantity_per_day"][firm]
    use, kept = _totals(bought, flow), _totals(bought, flow * rows["stock_days"][firm])
    held, of_country = _stocks(on, products)
    country_days = _country_days(on, of_country, use, products)

    # An operator uses and holds what it does wherever it is; it is not told by country.
    days = np.full(len(keys), np.nan)
    for entry, (whose, what) in enumerate(zip(party.tolist(), of.tolist(), strict=True)):
        mine = on.networks.operator[scope.party_of == whose]
        at = mine[mine >= 0] * products + what
        if used := use.at(at):
            own = (kept.at(at) + held.at(at)) / used
            days[entry] = own + country_days.get((int(scope.parties.country[whose]), what), 0.0)
    return Cover(party, of, days, sure)


class _Totals(NamedTuple):
    """Amounts by key, keys ascending, shape (keys,)."""

    key: Codes
    amount: Amounts

    def at(self, wanted: Codes) -> float:
        """Return the amount of some keys together."""
        return float(self.amount[np.isin(self.key, wanted)].sum())


def _totals(key: Codes, amount: Amounts) -> _Totals:
    keys, at = np.unique(key, return_inverse=True)
    return _Totals(keys, summed(at, amount, len(keys)))


def _stocks(on: Basis, products: int) -> tuple[_Totals, dict[tuple[int, int], float]]:
    """Return what each firm holds of each product, and what each country does."""
    network = on.network
    rows = network["stocks"].where(np.flatnonzero(on.ground.exists("stocks")))
    holder = rows["holder"].astype(np.int64)
    firm = holder - network.offset("firm")
    own = (firm >= 0) & (firm < len(network["firms"]))
    held = _totals(firm[own] * products + rows["product"][own], rows["quantity"][own])
    of_country: dict[tuple[int, int], float] = {}
    country = holder - network.offset("country")
    for row in np.flatnonzero((country >= 0) & (country < len(network["countries"]))).tolist():
        held_of = int(country[row]), int(rows["product"][row])
        of_country[held_of] = of_country.get(held_of, 0.0) + float(rows["quantity"][row])
    return held, of_country


def _country_days(
    on: Basis, of_country: dict[tuple[int, int], float], use: _Totals, products: int
) -> dict[tuple[int, int], float]:
    """Return how long what a country holds of a product lasts all who buy it there."""
    network, rows = on.network, on.ground.supplies
    plant = rows["customer"].astype(np.int64) - network.offset("plant")
    to_plant = (plant >= 0) & (plant < len(network["plants"]))
    sent = network["plants"]["product"][rows["supplier"]]
    days = {}
    for (country, product), quantity in of_country.items():
        operators = on.networks.operator[on.networks.country == country]
        used = use.at(operators[operators >= 0] * products + product)
        there = to_plant & (sent == product)
        there[there] = network["plants"]["country"][plant[there]] == country
        used += rows["quantity_per_day"][there].sum()
        if used > 0:
            days[country, product] = quantity / used
    return days
