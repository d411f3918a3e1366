"""Power regions, and what steers them."""

from tools.indo_pacific.facts import Row, Tables, evidence
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import power_site
from tools.indo_pacific.rows import any_of, autonomy, place_row, power_need


def zones(cities: list[City]) -> list[tuple[str, str]]:
    """Return the countries and zones with a power region."""
    return list(dict.fromkeys((city.country, city.zone) for city in cities))


def tables(cities: list[City], controlled: set[str]) -> Tables:
    """Return power regions for sites and needs.

    A grid is steered over links of its own, or by its country's control service. Whose equipment
    these links run on is not known. They take the power of the grid themselves, after a day on
    generators: power and control hang on each other.

    Parameters
    ----------
    cities
        Where people are.
    controlled
        Countries with a service of grid control.
    """
    hours, shown = autonomy("grid control")
    needs: list[Row] = []
    for country, zone in zones(cities):
        site, links = power_site(country, zone), grid_links(country, zone)
        control = [f"power-control-{country.lower()}"] if country in controlled else []
        needs += any_of(site, "control", [links, *control], shown, autonomy_hours=hours)
        needs.append(power_need(links, country, zone, "core"))
    return {
        "sites": [row for zone in zones(cities) for row in _rows(cities, *zone)],
        "needs": needs,
    }


def grid_links(country: str, zone: str) -> str:
    """Return the identifier of the links over which a grid is steered."""
    return power_site(country, zone).replace("power-", "grid-links-", 1)


def _rows(cities: list[City], country: str, zone: str) -> list[Row]:
    here = [c for c in cities if (c.country, c.zone) == (country, zone)]
    heart = max(here, key=lambda city: city.people)
    shown = evidence("authored", "one grid a zone, at its largest city")
    place = {"country": country, "zone": zone, "lat": str(heart.lat), "lon": str(heart.lon)}
    text = {key: str(value) for key, value in shown.items()}
    own = {**place, "provenance": "authored", "source": "the grid's own links; equipment not known"}
    return [
        place_row(power_site(country, zone), "power", place | text),
        place_row(grid_links(country, zone), "aggregation", own),
    ]
