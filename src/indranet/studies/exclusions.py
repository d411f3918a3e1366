"""Whom an authority excludes on a day, for whom, and below which functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.network import Network, Rows
from indranet.model.schema import FUNCTIONS
from indranet.studies.groundwork import Groundwork, Pairs

Firms = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

_ANY_FUNCTION = -1


@dataclass(frozen=True)
class Exclusions:
    """Exclusions of one authority, resolved for everything that they bind.

    Attributes
    ----------
    authority
        Whose.
    named
        Firms that the rows that hold exclude, whether or not they bind anything, shape (firms,).
    sets
        Different sets of excluded firms, what these control included, each of shape (firms,); the
        first one excludes nobody.
    of_row
        Set that binds each row of equipment that exists, shape (rows,).
    of_thing
        Set that binds what a site, service or facility buys, shape (things,); 0 for the rest.
    """

    authority: str
    named: Firms
    sets: tuple[Firms, ...]
    of_row: Codes
    of_thing: Codes

    def units(self, ground: Groundwork) -> tuple[Pairs, Codes, Codes]:
        """Return each operator's units of a product that the same set binds.

        Returns
        -------
        The units; for each its pair of `Groundwork.pairs`, shape (units,); and its set.
        """
        pairs = ground.pairs
        keys, of = np.unique(pairs.of * len(self.sets) + self.of_row, return_inverse=True)
        twin, bound = np.divmod(keys, len(self.sets))
        return Pairs(of, pairs.operator[twin], pairs.product[twin]), twin, bound


def exclusions(
    ground: Groundwork, authority: str, on: np.datetime64, after_months: int = 0
) -> Exclusions:
    """Resolve the exclusions of an authority that hold on a day.

    An excluded firm is excluded with what it controls; an excluded country with the firms seated
    there and what these control. A row binds the sites of one operator, or those in one country; a
    site without a country counts to that of its operator.

    Parameters
    ----------
    ground
        The case.
    authority
        As the table of exclusions names it.
    on
        The day.
    after_months
        Months that an exclusion must have held by then.

    Raises
    ------
    UsageError
        When the table names no such authority.
    """
    network = ground.network
    rows = network["exclusions"]
    known = sorted(set(rows.text("authority")))
    if authority not in known:
        raise UsageError(_unknown_authority(authority, known))
    named = np.array([name == authority for name in rows.text("authority")], dtype=bool)
    begun = np.isnat(rows["from"]) | (months_after(rows["from"], after_months) <= on)
    holds = named & begun & (np.isnat(rows["until"]) | (rows["until"] >= on))
    holds &= ground.exists("exclusions")
    table = _Table(network, rows, np.flatnonzero(holds))
    operator, country = whose_and_where(network)
    at = ground.equipment["site"]
    of_thing = np.zeros(network.size, dtype=np.int64)
    of_row = table.resolve(operator[at], country[at], ground.equipment["function"])
    of_thing[network.span("site")] = table.resolve(operator, country)
    for kind, name in (("service", "services"), ("facility", "facilities")):
        where = network[name]["country"].astype(np.int64)
        of_thing[network.span(kind)] = table.resolve(np.full(len(where), -1), where)
    named_firms = np.zeros(len(network["firms"]), dtype=bool)
    for firms, _, _ in table.rows:
        named_firms |= firms
    return Exclusions(authority, named_firms, tuple(table.sets), of_row, of_thing)


def months_after(days: npt.NDArray[np.datetime64], months: int) -> npt.NDArray[np.datetime64]:
    """Return the same days of a month so many months later, the last one where it is shorter.

    >>> months_after(np.array(["2026-01-31"], dtype="M8[D]"), 1).astype(str).tolist()
    ['2026-02-28']
    """
    month = days.astype("M8[M]")
    later = month + np.timedelta64(months, "M")
    last = (later + np.timedelta64(1, "M")).astype("M8[D]") - np.timedelta64(1, "D")
    within = days.astype("M8[D]") - month.astype("M8[D]")
    found: npt.NDArray[np.datetime64] = np.minimum(later.astype("M8[D]") + within, last)
    return found


def of_firms(ground: Groundwork, name: str, firms: Firms) -> Exclusions:
    """Return exclusions of some firms everywhere, as whoever is named has it."""
    none = np.zeros(len(firms), dtype=bool)
    return Exclusions(
        name, firms, (none, firms), np.ones(len(ground.equipment), dtype=np.int64),
        np.ones(ground.network.size, dtype=np.int64),
    )  # fmt: skip


def whose_and_where(network: Network) -> tuple[Codes, Codes]:
    """Return operator and country of each site, -1 for none, shape (sites,).

    A site without a country counts to that of its operator.
    """
    sites = network["sites"]
    operator = sites["operator"].astype(np.int64)
    seat = np.append(network["firms"]["country"], -1)[operator]
    return operator, np.where(sites["country"] >= 0, sites["country"], seat).astype(np.int64)


def nobody(ground: Groundwork) -> Exclusions:
    """Return exclusions that exclude nobody: trust hangs on what is compromised alone."""
    network = ground.network
    none = np.zeros(len(network["firms"]), dtype=bool)
    return Exclusions(
        "", none, (none,), np.zeros(len(ground.equipment), dtype=np.int64),
        np.zeros(network.size, dtype=np.int64),
    )  # fmt: skip


def _unknown_authority(authority: str, known: list[str]) -> str:
    if not known:
        return f"no authority {authority!r}: the case has no exclusions"
    near = get_close_matches(authority, known, n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"no authority {authority!r} in exclusions{meant}: choose from {', '.join(known)}"


class _Table:
    """Rows of exclusions that hold, and the sets of firms found so far."""

    def __init__(self, network: Network, rows: Rows, holding: npt.NDArray[np.integer]) -> None:
        start, codes = network.lists["exclusions", "functions"]
        self.firms = len(network["firms"])
        self.first_firm = network.offset("firm")
        self.rows = [
            (
                excluded_firms(network, int(rows["firm"][row])),
                int(rows["by"][row]),
                frozenset(codes[start[row] : start[row + 1]].tolist()),
            )
            for row in holding.tolist()
        ]
        self.sets: list[Firms] = [np.zeros(self.firms, dtype=bool)]

    def resolve(
        self, operator: Codes, country: Codes, function: npt.NDArray[np.integer] | None = None
    ) -> Codes:
        """Return the set that binds each operator (-1 none) in a country, below a function."""
        wanted = np.full(len(operator), _ANY_FUNCTION) if function is None else function
        functions = len(FUNCTIONS) + 1
        countries = int(country.max(initial=0)) + 2
        key = ((operator + 1) * countries + country + 1) * functions + wanted + 1
        keys, of = np.unique(key, return_inverse=True)
        place, below = np.divmod(keys, functions)
        runs, where = np.divmod(place, countries)
        bound = [
            self._set(int(o) - 1, int(c) - 1, int(f) - 1)
            for o, c, f in zip(runs, where, below, strict=True)
        ]
        return np.array(bound, dtype=np.int64)[of]

    def _set(self, operator: int, country: int, function: int) -> int:
        firms = np.zeros(self.firms, dtype=bool)
        # Countries come first among the codes over all kinds.
        bound = {-1, country, self.first_firm + operator} if operator >= 0 else {-1, country}
        for excluded, by, functions in self.rows:
            if by in bound and (not functions or function in functions):
                firms |= excluded
        for place, known in enumerate(self.sets):
            if (known == firms).all():
                return place
        self.sets.append(firms)
        return len(self.sets) - 1


def excluded_firms(network: Network, code: int) -> Firms:
    """Return a firm and what it controls, or the firms of a country and what they control.

    Parameters
    ----------
    network
        The case.
    code
        Firm or country, over all kinds.

    Returns
    -------
    bool, shape (firms,).
    """
    kind, _ = network.thing(code)
    firms = network["firms"]
    chosen: Firms = np.zeros(len(firms), dtype=bool)
    if kind == "country":
        chosen = firms["country"] == code - network.offset("country")
    else:
        chosen[code - network.offset("firm")] = True
    parent = firms["parent"]
    while True:
        grown = chosen | np.append(chosen, False)[parent]
        if (grown == chosen).all():
            return chosen
        chosen = grown


def excluded_words(network: Network, found: Exclusions) -> Mapping[str, Any]:
    """Return whom the exclusions name, and whether they bind anything, as plain data."""
    names = network.names["firm"][found.named]
    return {
        "authority": found.authority,
        "firms": sorted(names.tolist()),
        "binds": bool(found.of_row.any() or found.of_thing.any()),
    }
