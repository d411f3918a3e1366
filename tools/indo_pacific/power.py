"""Power regions, and what steers them."""

from tools.indo_pacific.facts import Row, Tables, evidence
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import power_site
from tools.indo_pacific.rows import any_of, autonomy, place_row


def zones(cities: list[City]) -> list[tuple[str, str]]:
    """Return the countries and zones with a power region."""
    return list(dict.fromkeys((city.country, city.zone) for city in cities))


def tables(cities: list[City], controlled: set[str]) -> Tables:
    """Return power regions for sites and needs.

    A grid is steered by its country's control service, or by hand over the telephone: emergency
    calls stand for a telephone that any operator carries. A grid without a control service in the
    case is steered on the spot and needs nobody's network.

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
        if country in controlled:
            code = country.lower()
            part = "" if zone == "all" else f"-{zone}"
            ways = [f"power-control-{code}", f"emergency-call-{code}{part}"]
            site = power_site(country, zone)
            needs += any_of(site, "control", ways, shown, autonomy_hours=hours)
    return {"sites": [_row(cities, *zone) for zone in zones(cities)], "needs": needs}


def _row(cities: list[City], country: str, zone: str) -> Row:
    here = [c for c in cities if (c.country, c.zone) == (country, zone)]
    heart = max(here, key=lambda city: city.people)
    shown = evidence("authored", "one grid a zone, at its largest city")
    place = {"country": country, "zone": zone, "lat": str(heart.lat), "lon": str(heart.lon)}
    text = {key: str(value) for key, value in shown.items()}
    return place_row(power_site(country, zone), "power", place | text)
