"""Rows that the parts beside the radio network share: sites, units, needs, autonomy."""

from functools import cache

from tools.indo_pacific.facts import Fact, Row, Value, evidence, read_facts
from tools.indo_pacific.radio import power_site

ASSUMED = evidence("authored", "assumption of the case")
SYNTHETIC = evidence("synthetic", "assumption of the case")
CRITICAL = frozenset({"core", "power", "landing"})
"""Kinds of site whose class is critical."""


def located(table: str) -> list[Fact]:
    """Return the rows of a table of facts in countries that the case knows."""
    known = {f["country"] for f in read_facts("countries")}
    return [f for f in read_facts(table) if f["country"] in known]


def place_row(site: str, kind: str, fact: Fact, operator: str = "") -> Row:
    """Return a row of sites at the place of a fact, with the fact's evidence."""
    row: Row = {
        "site": site,
        "operator": operator,
        "country": fact["country"],
        "region": "" if fact["zone"] == "all" else fact["zone"],
        "kind": kind,
        "class": "critical" if kind in CRITICAL else "normal",
        "lat": float(fact["lat"]),
        "lon": float(fact["lon"]),
        "people": 0,
        "stands_for": 1.0,
        "structural": 0,
    }
    return row | evidence(fact["provenance"], fact["source"])


def unit_row(
    site: str, function: str, product: str, quantity: float, generation: str, shown: Row
) -> Row:
    """Return a row of equipment."""
    return {
        "site": site,
        "function": function,
        "product": product,
        "quantity": quantity,
        "generation": generation,
        **shown,
    }


def need_row(user: str, need: str, source: str, shown: Row, **more: Value) -> Row:
    """Return a row of needs."""
    return {"user": user, "need": need, "input": source, **more, **shown}


def any_of(user: str, need: str, sources: list[str], shown: Row, **more: Value) -> list[Row]:
    """Return a group of needs of which one input is enough."""
    return [need_row(user, need, source, shown, at_least=1.0, **more) for source in sources]


def product_known(product: str) -> bool:
    """Return whether the case holds a product; part of it may still be to come."""
    return any(f["product"] == product for f in read_facts("products"))


@cache
def autonomy(what: str) -> tuple[float, Row]:
    """Return how long something runs by itself, hours, and how that is known."""
    fact = next(f for f in read_facts("autonomies") if f["what"] == what)
    return float(fact["hours"]), evidence(fact["provenance"], fact["source"])


def power_need(site: str, country: str, zone: str, what: str) -> Row:
    """Return a need of grid power by a place with a generator: it also starts on it."""
    hours, shown = autonomy(what)
    return need_row(
        site, "power", power_site(country, zone), shown, autonomy_hours=hours, starts_without=1
    )
