"""A hospital network in detail, made up: for scenarios of power cuts, cable cuts, ransomware.

It stands in the Visayas, on islands that hang on power and cables of their own; no site is a real
hospital. Records lie in two data centres, one of them over the sea; every site has two operators.
"""

from tools.indo_pacific.facts import Fact, Row, Tables, evidence, read_facts, slug
from tools.indo_pacific.radio import power_site
from tools.indo_pacific.rows import (
    SYNTHETIC,
    any_of,
    autonomy,
    need_row,
    place_row,
    product_known,
    unit_row,
)

COUNTRY = "PHL"
ZONE = "south"
ZONE_OF_CLARK = "luzon"
HUBS = ("hub-globe-visayas", "hub-smart-visayas")
NODES = ("Cebu City", "Iloilo", "Tacloban")
"""Cities whose nodes of the backbone its sites join: each the nearest."""
PUMPS_PER_BED = 0.8
"""Connected infusion pumps and monitors a bed, synthetic."""
HALF = 0.5
MADE_UP = evidence("synthetic", "made-up hospital network")
PEOPLE = 2_000_000
"""Persons in its reach, synthetic."""
SERVICES: dict[str, tuple[str, int]] = {
    "hospital-emergency": ("Hospital network: emergency care", PEOPLE),
    "hospital-admission": ("Hospital network: admission", 0),
    "hospital-surgery": ("Hospital network: surgery", 0),
    "hospital-intensive-care": ("Hospital network: intensive care", 0),
    "hospital-imaging": ("Hospital network: imaging", 0),
    "hospital-records": ("Hospital network: patient records", 0),
    "hospital-blood": ("Hospital network: blood and laboratory", 0),
    "hospital-dispatch": ("Hospital network: ambulance dispatch", PEOPLE),
}
"""Services with their names and persons."""


def _sites() -> list[Fact]:
    return [
        fact | {"country": COUNTRY, "zone": ZONE_OF_CLARK if fact["place"] == "Clark" else ZONE}
        for fact in read_facts("hospitals")
    ]


def _beds() -> dict[str, float]:
    return {fact["site"]: float(fact["beds"]) for fact in _sites() if fact["beds"]}


def tables(zones: set[tuple[str, str]]) -> Tables:
    """Return the network for sites, equipment and needs; nothing where its zones are not served.

    Parameters
    ----------
    zones
        Countries and zones with a power region.
    """
    if not {(COUNTRY, ZONE), (COUNTRY, ZONE_OF_CLARK)} <= zones:
        return {}
    return {
        "sites": [place_row(fact["site"], fact["kind"], fact) for fact in _sites()],
        "equipment": [row for fact in _sites() for row in _units(fact)],
        "needs": [row for fact in _sites() for row in _site_needs(fact)],
    }


def _units(fact: Fact) -> list[Row]:
    """Return what stands at a site: servers, a router, a gateway and the pumps of its beds."""
    site = fact["site"]
    rows = [unit_row(site, "server", "server", int(fact["servers"]), "", SYNTHETIC)]
    rows.append(unit_row(site, "router", "cisco-router", 2, "", SYNTHETIC))
    rows.append(unit_row(site, "power", "site-power", 1, "", SYNTHETIC))
    if fact["beds"]:
        rows.append(unit_row(site, "gateway", "iot-gateway", 4, "iot", SYNTHETIC))
        pumps = round(PUMPS_PER_BED * int(fact["beds"]))
        makers = [m for m in ("telit", "u-blox") if product_known(f"{m}-module")]
        rows += [
            unit_row(site, "module", f"{m}-module", round(pumps / len(makers)), "iot", SYNTHETIC)
            for m in makers
        ]
    return rows


def _site_needs(fact: Fact) -> list[Row]:
    """Return what a site needs: the grid after its generator, and a network of two operators."""
    hours, shown = autonomy("hospital" if fact["beds"] else "datacentre")
    power = need_row(
        fact["site"], "power", power_site(COUNTRY, fact["zone"]), shown,
        autonomy_hours=hours, starts_without=1,
    )  # fmt: skip
    if fact["kind"] == "datacentre":
        return [power]
    return [power, *any_of(fact["site"], "network", list(HUBS), MADE_UP, autonomy_hours=24.0)]


def lane_rows() -> list[Row]:
    """Return the two operators' ways from each site to the nearest node of the backbone."""
    return [
        {
            "lane": f"access-{fact['site']}-{operator}",
            "origin": fact["site"],
            "destination": f"exchange-{slug(_nearest(fact))}",
            "mode": mode,
            "km": 20.0,
            **MADE_UP,
        }
        for fact in _sites()
        for operator, mode in (("globe", "land"), ("smart", "microwave"))
    ]


def _nearest(fact: Fact) -> str:
    if fact["place"] == "Clark":
        return "Clark"
    at = {f["place"]: f for t in ("datacentres", "exchanges") for f in read_facts(t)}
    return min(
        NODES,
        key=lambda place: (
            (float(at[place]["lat"]) - float(fact["lat"])) ** 2
            + (float(at[place]["lon"]) - float(fact["lon"])) ** 2
        ),
    )


def service_tables(zones: set[tuple[str, str]]) -> Tables:
    """Return the network's services and what they need; nothing where its zones are not served."""
    if not {(COUNTRY, ZONE), (COUNTRY, ZONE_OF_CLARK)} <= zones:
        return {}
    services: list[Row] = [
        {
            "service": service,
            "name": name,
            "sector": "health",
            "country": COUNTRY,
            "region": ZONE,
            "people": people,
            **MADE_UP,
        }
        for service, (name, people) in SERVICES.items()
    ]
    return {"services": services, "needs": _service_needs()}


def _group(
    user: str, need: str, sources: dict[str, float], at_least: float, hours: float = 0.0,
    how: str = "works",
) -> list[Row]:  # fmt: skip
    return [
        need_row(
            user, need, source, MADE_UP,
            capacity=capacity, at_least=at_least, autonomy_hours=hours, how=how,
        )
        for source, capacity in sources.items()
    ]  # fmt: skip


def _service_needs() -> list[Row]:
    """Return the needs: beds left, records in reach, what lasts on paper, blood, dispatch."""
    centres = {"hospital-records-cebu": 1.0, "hospital-records-clark": 1.0}
    dispatch = {"hospital-dispatch-cebu": 1.0, "hospital-dispatch-iloilo": 1.0}
    stores = {"hospital-blood-bank": 1.0, "hospital-laboratory": 1.0}
    large = {site: beds for site, beds in _beds().items() if beds >= 200}
    rows = _group("hospital-records", "data centre", centres, 1.0, how="reaches")
    rows += _group("hospital-dispatch", "centre", dispatch, 1.0)
    rows += _group("hospital-dispatch", "radio", dict.fromkeys(HUBS, 1.0), 1.0)
    rows += _group("hospital-blood", "stores", stores, 2.0, 24.0)
    rows += _group("hospital-blood", "records", {"hospital-records": 1.0}, 1.0, 12.0)
    for service, sites, paper in (
        ("hospital-admission", _beds(), 4.0),
        ("hospital-surgery", large, 24.0),
        ("hospital-intensive-care", large, 72.0),
        ("hospital-imaging", large, 0.0),
        ("hospital-emergency", _beds(), 24.0),
    ):
        rows += _group(service, "hospitals", sites, HALF)
        rows += _group(service, "records", {"hospital-records": 1.0}, 1.0, paper)
    rows += _group("hospital-surgery", "blood", {"hospital-blood": 1.0}, 1.0, 72.0)
    rows += _group("hospital-intensive-care", "blood", {"hospital-blood": 1.0}, 1.0, 72.0)
    rows += _group("hospital-emergency", "dispatch", {"hospital-dispatch": 1.0}, 1.0)
    return rows
