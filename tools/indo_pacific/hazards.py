"""What strikes by chance: cables, grids, storms, earthquakes, plants, passages and ports."""

import math

from tools.indo_pacific.cables import (
    CABLE_REPAIR_HOURS,
    FAULTS_PER_KM_YEAR,
    cable,
    landings,
    lengths,
    systems,
)
from tools.indo_pacific.facts import Fact, Row, evidence, read_facts, significant
from tools.indo_pacific.radio import operators

FEW_WAYS = 9
"""A country's cables to others are listed where it has so many or fewer."""
_HALF = 0.5
"""Added to a count: the mean rate under Jeffreys' prior, above 0 where nothing was found."""


def hazard_rows() -> list[Row]:
    """Return every hazard of the case."""
    return [*(_row(fact) for fact in read_facts("hazards")), *_cable_faults()]


def _row(fact: Fact) -> Row:
    restated = ("hazard", "do", "thing", "lat", "lon", "km", "law", "lasts_days", "sigma")
    return {
        **{column: fact[column] for column in restated},
        "per_year": per_year(fact),
        **evidence(fact["provenance"], fact["source"]),
    }


def per_year(fact: Fact) -> float:
    """Return how often something strikes in a year.

    Where n strikes were counted in T years, (n + 1/2) / T; where it comes with a chance p in T
    years, -ln(1 - p) / T; else the rate as it stands.

    >>> per_year({"times": "2", "years": "25", "chance": "", "per_year": ""})
    0.1
    >>> per_year({"times": "", "years": "30", "chance": "0.7", "per_year": ""})
    0.0401
    """
    if fact["times"]:
        return significant((float(fact["times"]) + _HALF) / float(fact["years"]), 3)
    if fact["chance"]:
        return significant(-math.log1p(-float(fact["chance"])) / float(fact["years"]), 3)
    return float(fact["per_year"])


def _cable_faults() -> list[Row]:
    """Return the faults of cables by their length, where one end is a country that has few."""
    served = {operator.country for operator in operators()}
    country = {f["landing"]: f["country"] for f in landings()}
    ends = {
        cable(f): {country[f["origin"]], country[f["destination"]]}
        for f in systems()
        if f["mode"] == "cable"
    }
    abroad = {segment: two for segment, two in ends.items() if len(two) == 2}
    ways = {c: sum(c in two for two in abroad.values()) for c in served}
    few = {c for c, count in ways.items() if count <= FEW_WAYS}
    return [
        {
            "hazard": segment.removeprefix("cable-"),
            "do": "cut",
            "thing": segment,
            "per_year": significant(FAULTS_PER_KM_YEAR * lengths()[segment], 3),
            "law": "exponential",
            "lasts_days": CABLE_REPAIR_HOURS / 24.0,
            **evidence("derived", "ICPC, by km"),
        }
        for segment, two in abroad.items()
        if two & few
    ]
