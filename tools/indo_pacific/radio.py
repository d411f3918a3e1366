"""Radio sites: one row a city and operator, and the equipment that stands there."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.indo_pacific.facts import (
    Fact,
    Row,
    Tables,
    evidence,
    random_for,
    read_facts,
    shares,
    slug,
)
from tools.indo_pacific.people import RANK_EXPONENT, STATIONS_PER_MILLION, City
from tools.indo_pacific.vendors import VendorMix

STRUCTURAL_SHARE = 0.1
BATTERY_HOURS = 3.0
"""Radio sites after the Tohoku earthquake of 2011 ran about 3 hours on their batteries."""


@dataclass(frozen=True)
class Operator:
    """A mobile operator.

    Attributes
    ----------
    firm, country
        Identifier; where it runs its sites.
    zones
        Zones that it serves; empty means all.
    five
        It runs 5G.
    """

    firm: str
    country: str
    zones: tuple[str, ...]
    five: bool

    def serves(self, country: str, zone: str) -> bool:
        """Return whether it has sites in a zone."""
        return country == self.country and (not self.zones or zone in self.zones)


@dataclass(frozen=True)
class RadioSite:
    """One row of radio sites."""

    site: str
    operator: Operator
    city: City
    people: float
    stations: float


def operators() -> list[Operator]:
    """Return the operators in the order of facts/operators.csv."""
    return [
        Operator(
            fact["firm"],
            fact["country"],
            () if fact["zones"] == "all" else tuple(fact["zones"].split(";")),
            "5G" in fact["generations"].split(";"),
        )
        for fact in read_facts("operators")
    ]


def subscriber_shares(
    served_by: list[Operator], cities: list[City]
) -> dict[tuple[str, str], dict[str, float]]:
    """Return each operator's share of the people, by country and zone: a rank-size rule."""
    found = {}
    for place in dict.fromkeys((c.country, c.zone) for c in cities):
        here = [o.firm for o in served_by if o.serves(*place)]
        found[place] = shares({firm: (i + 1) ** -RANK_EXPONENT for i, firm in enumerate(here)})
    return found


def radio_sites(served_by: list[Operator], cities: list[City]) -> list[RadioSite]:
    """Return every row of radio sites with its people and its count of real stations.

    A published count of an operator, or of a country's 5G operators together, is spread over the
    cities; elsewhere the count follows the operator's people.
    """
    share = subscriber_shares(served_by, cities)
    counts = _station_counts(served_by, cities, share)
    return [
        RadioSite(
            f"{operator.firm}-{slug(city.name)}",
            operator,
            city,
            city.people * share[city.country, city.zone][operator.firm],
            counts[operator.firm] * weight,
        )
        for operator in served_by
        for city, weight in _spread(operator, cities)
    ]


def _spread(operator: Operator, cities: list[City]) -> Iterator[tuple[City, float]]:
    here = [c for c in cities if operator.serves(c.country, c.zone)]
    total = sum(c.weight for c in here)
    return ((city, city.weight / total) for city in here)


def _station_counts(
    served_by: list[Operator], cities: list[City], share: dict[tuple[str, str], dict[str, float]]
) -> dict[str, float]:
    people: dict[str, float] = {}
    for city in cities:
        for firm, part in share[city.country, city.zone].items():
            people[firm] = people.get(firm, 0.0) + part * city.people
    counts = {firm: number * STATIONS_PER_MILLION / 1e6 for firm, number in people.items()}
    national = {
        f["country"]: float(f["stations"]) for f in read_facts("countries") if f["stations"]
    }
    for country, total in national.items():
        together = [o.firm for o in served_by if o.country == country and o.five]
        for firm, part in shares({firm: people[firm] for firm in together}).items():
            counts[firm] = part * total
    return counts | {f["operator"]: float(f["stations"]) for f in read_facts("stations")}


def site_rows(sites: list[RadioSite]) -> list[Row]:
    """Return the rows of the sites table."""
    published = {f["operator"]: f["source"] for f in read_facts("stations")}
    national = {f["country"]: f["stations_source"] for f in read_facts("countries")}
    rows = []
    for site in sites:
        operator, city = site.operator, site.city
        count = published.get(operator.firm) or (operator.five and national[city.country]) or ""
        rows.append(
            {
                "site": site.site,
                "operator": operator.firm,
                "country": city.country,
                "region": city.region,
                "cluster": site.site,
                "kind": "radio",
                "class": "normal",
                "lat": round(city.lat, 3),
                "lon": round(city.lon, 3),
                "people": round(site.people),
                "stands_for": max(1.0, round(site.stations, 1)),
                "structural": int(random_for("structural", site.site).random() < STRUCTURAL_SHARE),
                **evidence("calibrated" if count else "synthetic", _site_source(city, count)),
            }
        )
    return rows


def _site_source(city: City, count: str) -> str:
    place = "GeoNames" if city.source.startswith("GeoNames") else city.source
    return f"{place}; count: {count or 'synthetic'}; people: synthetic share"


def vendors_by_region(
    sites: list[RadioSite], mix: VendorMix, *layers: str
) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return vendor, provenance and source by operator and region, drawn by size in stations."""
    blocks: dict[Operator, dict[str, float]] = {}
    for site in sites:
        regions = blocks.setdefault(site.operator, {})
        regions[site.city.region] = regions.get(site.city.region, 0.0) + site.stations
    found = {}
    for operator, regions in blocks.items():
        key = mix.scope(operator.firm, operator.country, *layers)
        _, source = mix.evidence[key]
        for region, vendor in mix.draw(operator.firm, key, regions).items():
            found[operator.firm, region] = (vendor, "synthetic", source)
    return found


def equipment_rows(sites: list[RadioSite], mix: VendorMix) -> list[Row]:
    """Return what stands at each radio site: radio and baseband, the 4G anchor, power."""
    made = {fact["vendor"]: fact for fact in read_facts("ran")}
    five = vendors_by_region(sites, mix, "radio-5G", "radio")
    four = vendors_by_region(sites, mix, "radio")
    legacy = _legacy(sites, mix)
    rows: list[Row] = []
    for site in sites:
        key = site.operator.firm, site.city.region
        newest = five if site.operator.five else four
        rows += _radio(site, made[newest[key][0]], newest[key])
        rows.append(_unit(site, "eNB", made[four[key][0]]["baseband"], 1, "4G", four[key]))
        if key in legacy:
            rows.append(_unit(site, "eNB", made[legacy[key][0]]["baseband"], 1, "2G", legacy[key]))
        rows.append(
            _unit(site, "power", "site-power", 1, "", ("", "synthetic", "one at each site"))
        )
    return rows


def _legacy(sites: list[RadioSite], mix: VendorMix) -> dict[tuple[str, str], tuple[str, str, str]]:
    old = [s for s in sites if (s.operator.firm, "legacy") in mix.weights]
    return vendors_by_region(old, mix, "legacy") if old else {}


def _radio(site: RadioSite, made: Fact, drawn: tuple[str, str, str]) -> list[Row]:
    if not site.operator.five:
        return [_unit(site, "RU", made["radio"], 3, "4G", drawn)]
    return [
        _unit(site, "RU", made["radio"], 3, "5G", drawn),
        _unit(site, "DU", made["baseband"], 1, "5G", drawn),
    ]


def _unit(
    site: RadioSite, function: str, product: str, quantity: int, generation: str,
    drawn: tuple[str, str, str],
) -> Row:  # fmt: skip
    return {
        "site": site.site,
        "function": function,
        "product": product,
        "quantity": quantity,
        "generation": generation,
        **evidence(drawn[1], drawn[2]),
    }


def needs_rows(sites: list[RadioSite]) -> list[Row]:
    """Return what each radio site needs: power, after its battery."""
    return [
        {
            "user": site.site,
            "need": "power",
            "input": power_site(site.city.country, site.city.zone),
            "autonomy_hours": BATTERY_HOURS,
            **evidence("authored", "ntt-east.co.jp 2011-03-30: about 3 h"),
        }
        for site in sites
    ]


def power_site(country: str, zone: str) -> str:
    """Return the identifier of a power region."""
    return f"power-{country.lower()}" + ("" if zone == "all" else f"-{zone}")


def managers(sites: list[RadioSite], equipment: list[Row]) -> dict[str, list[str]]:
    """Return the element managers that each operator's basebands take, by operator."""
    firm_of = {site.site: site.operator.firm for site in sites}
    manager_of = {fact["baseband"]: fact["manager"] for fact in read_facts("ran")}
    found: dict[str, set[str]] = {site.operator.firm: set() for site in sites}
    for row in equipment:
        if row["product"] in manager_of:
            found[firm_of[str(row["site"])]].add(manager_of[str(row["product"])])
    return {firm: sorted(names) for firm, names in found.items()}


def tables(sites: list[RadioSite]) -> Tables:
    """Return the rows of radio sites for each table."""
    return {
        "sites": site_rows(sites),
        "equipment": equipment_rows(sites, VendorMix()),
        "needs": needs_rows(sites),
    }
