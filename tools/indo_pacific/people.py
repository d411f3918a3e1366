"""Where people and base stations are: countries, regions, cities, operators."""

import math
from dataclasses import dataclass

from tools.indo_pacific.facts import Fact, read_facts, shares

RANK_EXPONENT = 0.7
"""Where no share of subscribers is known, they fall with the operators' rank in
facts/operators.csv to this power: synthetic, no operator's published figure."""
CITY_EXPONENT = 0.68
"""Base stations of one operator between municipalities: fitted on 1,212 Japanese ones."""
STATE_EXPONENT = 0.97
"""5G base stations between Indian states, ln(stations) = -6.38 + 0.97 ln(city population); the
same power is taken between the regions of every country."""
GDP_FACTOR, GDP_EXPONENT = 7.92, 0.485
"""Where no count is published, base stations of an operator for each million of its people are
factor * (gross product a head, USD) ** exponent: fitted on the countries with published counts
(`against.law_of_countries`), so an order of magnitude and no more."""


@dataclass(frozen=True)
class City:
    """A city whose surroundings one row of radio sites serves, for each operator.

    Attributes
    ----------
    country, zone, region, name
        Where it is; a zone is one or several regions with power and services in common.
    lat, lon
        Position, degree.
    people
        Persons of its region who are served from it, by all operators together.
    weight
        Share of its country's base stations.
    source
        Where its position comes from.
    """

    country: str
    zone: str
    region: str
    name: str
    lat: float
    lon: float
    people: float
    weight: float
    source: str


def cities() -> list[City]:
    """Return every city of the case with its people and its weight in base stations."""
    regions = {(r["country"], r["region"]): r for r in read_facts("regions")}
    by_country: dict[str, list[Fact]] = {}
    for fact in read_facts("cities"):
        by_country.setdefault(fact["country"], []).append(fact)
    nations = {f["country"]: f for f in read_facts("countries")}
    found = []
    for country, facts in by_country.items():
        nation = nations[country]
        covered = float(nation["covered_population"] or nation["population"])
        people = _people(facts, regions, covered)
        weights = _station_weights(facts, regions, float(nation["stations"] or 0))
        found += [
            City(
                country,
                regions[country, f["region"]]["zone"],
                f["region"],
                f["city"],
                float(f["lat"]),
                float(f["lon"]),
                people[f["city"]],
                weights[f["city"]],
                f["source"],
            )
            for f in facts
        ]
    return found


def _people(
    facts: list[Fact], regions: dict[tuple[str, str], Fact], covered: float
) -> dict[str, float]:
    in_region = _by_region(facts, 1.0)
    sizes = _sizes(facts, regions)
    weights = {
        f["city"]: sizes[f["region"]] * float(f["population"]) / in_region[f["region"]]
        for f in facts
    }
    return {city: share * covered for city, share in shares(weights).items()}


def _sizes(facts: list[Fact], regions: dict[tuple[str, str], Fact]) -> dict[str, float]:
    """Return the population of each region; where it is not known, that of its listed cities."""
    listed = _by_region(facts, 1.0)
    return {
        name: float(regions[facts[0]["country"], name]["population"] or people)
        for name, people in listed.items()
    }


def _station_weights(
    facts: list[Fact], regions: dict[tuple[str, str], Fact], national: float
) -> dict[str, float]:
    in_region = _by_region(facts, CITY_EXPONENT)
    masses = _region_stations(facts, regions, national)
    return shares(
        {
            f["city"]: masses[f["region"]]
            * float(f["population"]) ** CITY_EXPONENT
            / in_region[f["region"]]
            for f in facts
        }
    )


def _region_stations(
    facts: list[Fact], regions: dict[tuple[str, str], Fact], national: float
) -> dict[str, float]:
    """Return base stations by region: as published, the rest by the law between states.

    A country of which no total is published gets its regions' shares.
    """
    country = facts[0]["country"]
    rest, published = {}, {}
    for name, people in _sizes(facts, regions).items():
        region = regions[country, name]
        if region["stations"]:
            published[name] = float(region["stations"])
        else:
            rest[name] = float(region["city_population"] or people) ** STATE_EXPONENT
    left = (national or 1.0) - math.fsum(published.values())
    return published | {name: share * left for name, share in shares(rest).items()}


def _by_region(facts: list[Fact], exponent: float) -> dict[str, float]:
    sums: dict[str, float] = {}
    for fact in facts:
        sums[fact["region"]] = sums.get(fact["region"], 0.0) + float(fact["population"]) ** exponent
    return sums


def stations_per_person(gdp_per_head: float) -> float:
    """Return base stations for each person served, from a gross product a head in USD."""
    return GDP_FACTOR * math.pow(gdp_per_head, GDP_EXPONENT) / 1e6
