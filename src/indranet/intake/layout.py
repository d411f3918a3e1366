"""Where the sites of a made-up case stand, whom they serve and whose equipment they hold.

A cell is one operator in one region, numbered region * operators + operator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.geography.places import Cities, cities
from indranet.intake import calibration as facts

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALLEST = 40
"""Fewest sites of a case: one region with four operators and their core."""

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, eq=False)
class Country:
    """The country that a case is about.

    Attributes
    ----------
    code
        ISO 3166-1 alpha-3 code.
    towns
        Towns with sites, largest first.
    region
        Region of each town, shape (towns,).
    regions
        Names of the regions, shape (regions,).
    people
        Persons served.
    """

    code: str
    towns: Cities
    region: Integers
    regions: Array
    people: int


@dataclass(frozen=True, eq=False)
class Radio:
    """Radio sites, sorted by cell and aggregation site; every array of shape (sites,).

    Attributes
    ----------
    cell, town, hub
        Cell, town and aggregation site of each.
    lat, lon
        Position, degree.
    people
        Persons served.
    has_5g, structural
        Whether it has 5G; whether a swap takes structural work.
    """

    cell: Integers
    town: Integers
    hub: Integers
    lat: Floats
    lon: Floats
    people: Integers
    has_5g: Flags
    structural: Flags


@dataclass(frozen=True, eq=False)
class Hubs:
    """Aggregation sites, sorted by cell: cell, position and persons behind, shape (sites,)."""

    cell: Integers
    lat: Floats
    lon: Floats
    people: Integers


@dataclass(frozen=True, eq=False)
class Layout:
    """All sites of a case.

    Attributes
    ----------
    country, radio, hubs
        The country, its radio and its aggregation sites.
    operators
        Identifiers, shape (operators,).
    core_operator, core_town
        Operator and town of each core site, shape (core sites,).
    radio_vendor, router_vendor, optical_vendor
        Vendor of each cell, shape (cells,).
    core_vendor
        Vendor of each operator's core, shape (operators,).
    """

    country: Country
    radio: Radio
    hubs: Hubs
    operators: Array
    core_operator: Integers
    core_town: Integers
    radio_vendor: Array
    router_vendor: Array
    optical_vendor: Array
    core_vendor: Array


def lay_out(country: str, sites: int, seed: int) -> Layout:
    """Draw a country's sites.

    Radio sites follow the population of towns to the published exponent, with a log-normal
    residual between regions; a case too small for all regions takes the largest. Operators share
    each region as 1 / rank, and each serves every region. Vendors are drawn by cell, so that their
    shares of sites come out as published, as nearly as whole cells allow.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-3 code.
    sites
        Sites of all kinds: radio, aggregation, core, and a power site for each region.
    seed
        Every draw follows from it.

    Raises
    ------
    UsageError
        When there are too few sites, the seed is negative, or no town of the country is known.
    """
    if sites < SMALLEST:
        raise UsageError(f"a country takes at least {SMALLEST} sites, not {sites}")
    if seed < 0:
        raise UsageError(f"a seed is 0 or more, not {seed}")
    place = _country(country, sites)
    share = 1 / np.arange(1, facts.OPERATORS + 1)
    share /= share.sum()
    weight = _town_weight(place, seed)
    cell_weight = np.outer(np.bincount(place.region, weights=weight), share).ravel()
    core_operator, core_town = _core(len(place.towns.name), len(share), seed)
    part = cell_weight / cell_weight.sum() * sites / facts.SITES_PER_HUB
    hubs = np.maximum(1, np.rint(part)).astype(np.int64)
    others = int(hubs.sum()) + len(core_town) + len(place.regions)
    in_cell = 1 + apportioned(sites - others - len(hubs), cell_weight)
    radio = _radio(place, in_cell, hubs, weight, share, seed)
    vendors = _market(country)
    core_vendors = {vendor: vendors[vendor] for vendor in facts.CORE_VENDORS if vendor in vendors}
    return Layout(
        country=place,
        radio=radio,
        hubs=_hubs(radio, np.repeat(np.arange(len(hubs)), hubs)),
        operators=np.array([f"operator-{i + 1}" for i in range(len(share))], dtype=object),
        core_operator=core_operator,
        core_town=core_town,
        radio_vendor=_drawn(vendors, in_cell, _random(seed, 3)),
        router_vendor=_drawn(_allowed(facts.ROUTER_SHARES, country), hubs, _random(seed, 4)),
        optical_vendor=_drawn(_allowed(facts.OPTICAL_SHARES, country), hubs, _random(seed, 5)),
        core_vendor=_drawn(core_vendors, share, _random(seed, 6)),
    )


def apportioned(total: int, weights: Array) -> Integers:
    """Return whole numbers that add up to a total, each within one of its weight's part of it."""
    steps = np.cumsum(weights, dtype=np.float64)
    parts: Integers = np.diff(np.rint(steps / steps[-1] * total).astype(np.int64), prepend=0)
    return parts


def _random(seed: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, purpose])


def _country(code: str, sites: int) -> Country:
    towns = cities().of(code)
    settled = np.flatnonzero(towns.population > 0)
    if not len(settled):
        raise UsageError(
            f"no town of {code!r} is known: give a country of the Indo-Pacific, as IND"
        )
    towns = _picked(towns, settled)
    names, region = np.unique(towns.admin1, return_inverse=True)
    people = np.bincount(region, weights=towns.population)
    # At least this many sites a region, so that every operator has a few in each.
    largest = np.argsort(-people, kind="stable")[: max(1, sites // SMALLEST)]
    kept = np.sort(largest)
    inside = np.flatnonzero(np.isin(region, kept))
    population = facts.POPULATION.get(code, int(towns.population.sum()))
    return Country(
        code=code,
        towns=_picked(towns, inside),
        region=np.searchsorted(kept, region[inside]),
        regions=np.array([f"{code}-{name or '00'}" for name in names[kept]], dtype=object),
        people=round(population * people[kept].sum() / people.sum()),
    )


def _picked(towns: Cities, rows: Integers) -> Cities:
    return Cities(
        towns.name[rows], towns.country[rows], towns.admin1[rows],
        towns.lat[rows], towns.lon[rows], towns.population[rows],
    )  # fmt: skip


def _town_weight(place: Country, seed: int) -> Floats:
    exponent, _ = facts.SITES_BY_POPULATION.get(place.code, facts.ELSEWHERE)
    residual = _random(seed, 0).normal(scale=facts.REGION_SD, size=len(place.regions))
    return np.asarray(place.towns.population**exponent * np.exp(residual[place.region]))


def _core(towns: int, operators: int, seed: int) -> tuple[Integers, Integers]:
    """Return operator and town of each core site: the large operators have three, the others two.

    They stand in the six largest towns.
    """
    random = _random(seed, 1)
    operator = np.repeat(np.arange(operators), np.where(np.arange(operators) < 2, 3, 2))
    town = [random.permutation(min(6, towns)) for _ in range(operators)]
    sites = [np.resize(t, n) for t, n in zip(town, np.bincount(operator), strict=True)]
    return operator, np.concatenate(sites)


def _radio(
    place: Country, in_cell: Integers, hubs: Integers, weight: Floats, share: Floats, seed: int
) -> Radio:
    cell_of, town_of, count = _by_town(place, in_cell, weight, len(share))
    group = np.repeat(np.arange(len(count)), count)
    lat, lon = _scattered(place.towns, town_of[group], seed)
    order = np.lexsort((lat, group))
    cell, town = cell_of[group], town_of[group]
    rank = np.arange(len(group)) - (np.cumsum(in_cell) - in_cell)[cell]
    serves = place.towns.population[town_of] * share[cell_of % len(share)] / np.maximum(count, 1)
    structural = _random(seed, 7).random(len(group)) < facts.STRUCTURAL_SHARE
    return Radio(
        cell=cell,
        town=town,
        hub=(np.cumsum(hubs) - hubs)[cell] + rank * hubs[cell] // in_cell[cell],
        lat=lat[order],
        lon=lon[order],
        people=apportioned(place.people, serves[group]),
        has_5g=_with_5g(town, len(place.region)),
        structural=structural,
    )


def _by_town(
    place: Country, in_cell: Integers, weight: Floats, operators: int
) -> tuple[Integers, Integers, Integers]:
    """Split each cell's sites over its towns, west to east; return cell, town and sites of each."""
    cells, towns, counts = [], [], []
    for cell, sites in enumerate(in_cell.tolist()):
        members = np.flatnonzero(place.region == cell // operators)
        members = members[np.argsort(place.towns.lon[members], kind="stable")]
        cells.append(np.full(len(members), cell))
        towns.append(members)
        counts.append(apportioned(sites, weight[members]))
    return np.concatenate(cells), np.concatenate(towns), np.concatenate(counts)


def _scattered(towns: Cities, town: Integers, seed: int) -> tuple[Floats, Floats]:
    """Return a position near its town for each site, further out where the town is larger."""
    spread = np.clip(2 * np.sqrt(towns.population / 1e5), 1, 20)[town] / _KM_PER_DEGREE
    north, east = _random(seed, 2).normal(size=(2, len(town)))
    lat = np.clip(towns.lat[town] + spread * north, -89, 89)
    lon = towns.lon[town] + spread * east / np.cos(np.radians(towns.lat[town]))
    return np.round(lat, 5), np.round((lon + 180) % 360 - 180, 5)


def _with_5g(town: Integers, towns: int) -> Flags:
    """Return which sites have 5G: those of the largest towns, up to the share of all sites."""
    sites = np.bincount(town, minlength=towns)
    served = (np.cumsum(sites) - sites / 2) / len(town)
    return np.asarray(served <= facts.SHARE_5G)[town]


def _hubs(radio: Radio, cell: Integers) -> Hubs:
    size = np.bincount(radio.hub, minlength=len(cell))
    # Averaged on the circle, for towns on both sides of the date line.
    east = np.bincount(radio.hub, weights=np.cos(np.radians(radio.lon)))
    north = np.bincount(radio.hub, weights=np.sin(np.radians(radio.lon)))
    lon = np.asarray(np.degrees(np.arctan2(north, east)), dtype=np.float64)
    return Hubs(
        cell=cell,
        lat=np.round(np.bincount(radio.hub, weights=radio.lat) / size, 5),
        lon=np.round(lon, 5),
        people=np.bincount(radio.hub, weights=radio.people).astype(np.int64),
    )


def _market(country: str) -> dict[str, float]:
    """Return the shares of radio vendors in a country."""
    vendors = {name: facts.VENDORS[name] for name in facts.RADIO_VENDORS}
    if country == "CHN":
        return {name: vendor.share_in_china for name, vendor in vendors.items()}
    return _allowed({name: vendor.share for name, vendor in vendors.items()}, country)


def _allowed(shares: Mapping[str, float], country: str) -> dict[str, float]:
    absent = facts.NOT_IN.get(country, ())
    return {vendor: share for vendor, share in shares.items() if vendor not in absent}


def _drawn(shares: Mapping[str, float], weights: Array, random: np.random.Generator) -> Array:
    """Return a vendor for each weight: shuffled, laid end to end and cut at the vendors' shares."""
    order = random.permutation(len(weights))
    laid = weights[order]
    middle = (np.cumsum(laid) - laid / 2) / laid.sum()
    cuts = np.cumsum(list(shares.values()))
    vendor = np.empty(len(weights), dtype=object)
    names = np.array(list(shares), dtype=object)
    vendor[order] = names[np.searchsorted(cuts[:-1] / cuts[-1], middle, side="right")]
    return vendor
