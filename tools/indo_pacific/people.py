"""Where people and base stations are: countries, regions, cities, operators."""

import math
from dataclasses import dataclass

from tools.indo_pacific.facts import Fact, read_facts, shares

RANK_EXPONENT = 0.7
"""Subscribers of the operators of a zone fall with their rank in facts/operators.csv to this power:
synthetic, no operator's published figure."""
CITY_EXPONENT = 0.68
"""Base stations of one operator between municipalities: fitted on 1,212 Japanese ones."""
STATE_EXPONENT = 0.97
"""5G base stations between Indian states, ln(stations) = -6.38 + 0.97 ln(city population)."""
STATIONS_PER_MILLION = 900.0
"""Where no count is published, synthetic: between India's 312 and Japan's 1,400."""


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
    weights = {}
    for fact in facts:
        region = fact["region"]
        known = regions[fact["country"], region]["population"]
        mass = float(known) if known else in_region[region]
        weights[fact["city"]] = mass * float(fact["population"]) / in_region[region]
    return {city: share * covered for city, share in shares(weights).items()}


def _station_weights(
    facts: list[Fact], regions: dict[tuple[str, str], Fact], national: float
) -> dict[str, float]:
    in_region = _by_region(facts, CITY_EXPONENT)
    masses = _region_stations(facts, regions, national) or in_region
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
) -> dict[str, float] | None:
    """Return base stations by region: published, the rest by the law between states; else None."""
    here = {f["region"]: regions[f["country"], f["region"]] for f in facts}
    published = {name: float(r["stations"]) for name, r in here.items() if r["stations"]}
    if not national:
        return None
    rest = shares(
        {
            name: float(r["city_population"]) ** STATE_EXPONENT
            for name, r in here.items()
            if name not in published
        }
    )
    left = national - math.fsum(published.values())
    return published | {name: share * left for name, share in rest.items()}


def _by_region(facts: list[Fact], exponent: float) -> dict[str, float]:
    sums: dict[str, float] = {}
    for fact in facts:
        sums[fact["region"]] = sums.get(fact["region"], 0.0) + float(fact["population"]) ** exponent
    return sums
