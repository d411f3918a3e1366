"""Radio sites: one row a city and operator, and the equipment that stands there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

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
from tools.indo_pacific.people import RANK_EXPONENT, City, stations_per_person
from tools.indo_pacific.vendors import VendorMix

STRUCTURAL_SHARE = 0.1
LIFE_YEARS = 10
FIRST_DAY = date(2024, 7, 1)
"""No equipment is younger than the first day of the case."""
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
    generations
        Generations that most of its sites carry, older ones than 4G apart.
    """

    firm: str
    country: str
    zones: tuple[str, ...]
    generations: tuple[str, ...]

    @property
    def five(self) -> bool:
        """Whether most of its sites carry 5G."""
        return "5G" in self.generations

    @property
    def four(self) -> bool:
        """Whether most of its sites carry 4G."""
        return "4G" in self.generations

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


@dataclass(frozen=True)
class Subscribers:
    """An operator's share of the people of a zone, and where it comes from."""

    share: float
    source: str


def operators() -> list[Operator]:
    """Return the operators in the order of facts/operators.csv."""
    return [
        Operator(
            fact["firm"],
            fact["country"],
            () if fact["zones"] == "all" else tuple(fact["zones"].split(";")),
            tuple(fact["generations"].split(";")),
        )
        for fact in read_facts("operators")
    ]


def subscribers(
    served_by: list[Operator], cities: list[City]
) -> dict[tuple[str, str], dict[str, Subscribers]]:
    """Return each operator's share of the people, by country and zone.

    Shares of subscribers are those of facts/subscribers.csv, among the operators of the zone; where
    one of them lacks, a rank-size rule stands in for all.
    """
    known = {fact["operator"]: fact for fact in read_facts("subscribers")}
    found = {}
    for place in dict.fromkeys((c.country, c.zone) for c in cities):
        here = [o.firm for o in served_by if o.serves(*place)]
        if all(firm in known for firm in here):
            weights = {firm: float(known[firm]["weight"]) for firm in here}
            sources = {firm: known[firm]["source"] for firm in here}
        else:
            weights = {firm: (i + 1) ** -RANK_EXPONENT for i, firm in enumerate(here)}
            sources = dict.fromkeys(here, "by rank, synthetic")
        if len(here) == 1:
            sources = dict.fromkeys(here, "everybody")
        found[place] = {f: Subscribers(s, sources[f]) for f, s in shares(weights).items()}
    return found


def radio_sites(served_by: list[Operator], cities: list[City]) -> list[RadioSite]:
    """Return every row of radio sites with its people and its count of real stations.

    A published count of an operator, or of a country's 5G operators together, is spread over the
    cities; elsewhere the count follows the operator's people.
    """
    share = subscribers(served_by, cities)
    counts = station_counts(served_by, people_served(share, cities))
    return [
        RadioSite(
            f"{operator.firm}-{slug(city.name)}",
            operator,
            city,
            city.people * share[city.country, city.zone][operator.firm].share,
            counts[operator.firm] * weight,
        )
        for operator in served_by
        for city, weight in _spread(operator, cities)
    ]


def _spread(operator: Operator, cities: list[City]) -> Iterator[tuple[City, float]]:
    here = [c for c in cities if operator.serves(c.country, c.zone)]
    total = sum(c.weight for c in here)
    return ((city, city.weight / total) for city in here)


def people_served(
    share: dict[tuple[str, str], dict[str, Subscribers]], cities: list[City]
) -> dict[str, float]:
    """Return the people whom each operator serves."""
    people: dict[str, float] = {}
    for city in cities:
        for firm, part in share[city.country, city.zone].items():
            people[firm] = people.get(firm, 0.0) + part.share * city.people
    return people


def station_counts(served_by: list[Operator], people: dict[str, float]) -> dict[str, float]:
    """Return the base stations of each operator.

    They are the operator's published count; else its part of what is left of its country's, by
    counts of another kind where there are any and else by people; else a number by people and
    gross product.
    """
    own = published_counts("total")
    weights = people | published_counts("weight")
    counts = {o.firm: modelled_stations(o.country, people[o.firm]) for o in served_by}
    for country in (f for f in read_facts("countries") if f["stations"]):
        sharing = [o.firm for o in served_by if shares_total(o, country)]
        left = float(country["stations"]) - sum(own.get(firm, 0.0) for firm in sharing)
        rest = {firm: weights[firm] for firm in sharing if firm not in own}
        counts |= {firm: part * left for firm, part in shares(rest).items()}
    return counts | own


def modelled_stations(country: str, people: float) -> float:
    """Return how many base stations serve so many people where no count is published."""
    nation = next(f for f in read_facts("countries") if f["country"] == country)
    if not nation["gdp_usd"]:
        return 0.0
    return people * stations_per_person(float(nation["gdp_usd"]) / float(nation["population"]))


def shares_total(operator: Operator, country: Fact) -> bool:
    """Return whether a country's published count of base stations is about this operator too."""
    if operator.country != country["country"]:
        return False
    return country["stations_of"] == "all" or country["stations_of"] in operator.generations


def published_counts(use: str) -> dict[str, float]:
    """Return published counts by operator, of one use: total, weight or check."""
    return {f["operator"]: float(f["stations"]) for f in read_facts("stations") if f["use"] == use}


def site_rows(sites: list[RadioSite]) -> list[Row]:
    """Return the rows of the sites table."""
    served_by = list(dict.fromkeys(site.operator for site in sites))
    cities = list(dict.fromkeys(site.city for site in sites))
    share = subscribers(served_by, cities)
    counted = {operator.firm: _count_source(operator) for operator in served_by}
    rows = []
    for site in sites:
        operator, city = site.operator, site.city
        shown, count = counted[operator.firm]
        part = share[city.country, city.zone][operator.firm]
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
                **evidence(shown, _site_source(city, count, part.source)),
            }
        )
    return rows


def _count_source(operator: Operator) -> tuple[str, str]:
    """Return how an operator's count of base stations is known; what was counted, by whom."""
    for fact in read_facts("stations"):
        if fact["operator"] == operator.firm and fact["use"] == "total":
            return fact["provenance"], f"{fact['counts']}, {fact['source']}"
    for country in read_facts("countries"):
        if country["stations"] and shares_total(operator, country):
            return "calibrated", f"{country['stations_count']}, {country['stations_source']}"
    return "synthetic", "by gross product, synthetic"


def _site_source(city: City, count: str, people: str) -> str:
    """Return the short sources of a row; what stands in brackets there is left to the facts."""
    place = city.source.removesuffix(", CC BY 4.0").removesuffix(", rounded, unverified")
    return f"{place}; count: {_short(count)}; people: {_short(people)}"


def _short(source: str) -> str:
    return source.partition(" (")[0]


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
        provenance, source = mix.evidence[key]
        # Who equips which region is drawn, unless there is but one vendor.
        shown = provenance if len(mix.weights[key]) == 1 else "synthetic"
        for region, vendor in mix.draw(operator.firm, key, regions).items():
            found[operator.firm, region] = (vendor, shown, source)
    return found


def equipment_rows(sites: list[RadioSite], mix: VendorMix) -> list[Row]:
    """Return what stands at each radio site: radio and baseband, the 4G anchor, power."""
    made = {fact["vendor"]: fact for fact in read_facts("ran")}
    five = vendors_by_region(sites, mix, "radio-5G", "radio")
    four = vendors_by_region(sites, mix, "radio")
    legacy = _legacy(sites, mix)
    days = installed_days(sites)
    rows: list[Row] = []
    for site in sites:
        key = site.operator.firm, site.city.region
        newest, generation = (five, "5G") if site.operator.five else (four, "4G")
        product, day = made[newest[key][0]], days.get((site.site, generation), "")
        rows.append(_unit(site, "RU", product["radio"], 3, generation, newest[key], day))
        if site.operator.five:
            rows.append(_unit(site, "DU", product["baseband"], 1, "5G", newest[key], day))
        if site.operator.four:
            product, day = made[four[key][0]], days.get((site.site, "4G"), "")
            rows.append(_unit(site, "eNB", product["baseband"], 1, "4G", four[key], day))
        if key in legacy:
            product = made[legacy[key][0]]
            rows.append(_unit(site, "eNB", product["baseband"], 1, "2G", legacy[key]))
        rows.append(_unit(site, "power", "site-power", 1, "", ("", "synthetic", "one a site")))
    return rows


def _legacy(sites: list[RadioSite], mix: VendorMix) -> dict[tuple[str, str], tuple[str, str, str]]:
    old = [s for s in sites if (s.operator.firm, "legacy") in mix.weights]
    return vendors_by_region(old, mix, "legacy") if old else {}


def installed_days(sites: list[RadioSite]) -> dict[tuple[str, str], str]:
    """Return when a site got the equipment of a generation, by site and generation.

    An operator's largest cities come first, from its launch (or renewal) evenly until today; after
    the life of equipment it is renewed. Nothing where the launch is not known.
    """
    places: dict[str, list[RadioSite]] = {}
    for site in sites:
        places.setdefault(site.operator.firm, []).append(site)
    found = {}
    for fact in read_facts("launches"):
        start = date.fromisoformat(fact["renewed"] or fact["launched"])
        here = sorted(places.get(fact["operator"], []), key=lambda s: (-s.people, s.site))
        for i, site in enumerate(here):
            day = start + (FIRST_DAY - start) * (i / len(here))
            if day.replace(year=day.year + LIFE_YEARS, day=1) <= FIRST_DAY:
                day = day.replace(year=day.year + LIFE_YEARS, day=1)
            found[site.site, fact["generation"]] = day.replace(day=1).isoformat()
    return found


def _unit(
    site: RadioSite, function: str, product: str, quantity: int, generation: str,
    drawn: tuple[str, str, str], day: str = "",
) -> Row:  # fmt: skip
    return {
        "site": site.site,
        "function": function,
        "product": product,
        "quantity": quantity,
        "installed": day,
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
