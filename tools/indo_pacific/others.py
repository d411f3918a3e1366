"""Sites that are not radio: core, data centres, power regions, cable landings, gateways, fleets."""

from dataclasses import dataclass

from tools.indo_pacific.facts import Fact, Row, Tables, Value, evidence, read_facts, slug
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import Operator, power_site
from tools.indo_pacific.vendors import VendorMix

CORE_5G = ("AMF", "SMF", "UPF", "AUSF", "UDM", "NRF", "PCF")
CORE_4G = ("EPC", "IMS")
CORE_GENERATOR_HOURS = 24.0
DATACENTRE_GENERATOR_HOURS = 48.0
CONTROL_HOURS = 24.0
ASSUMED = evidence("authored", "assumption of the case")
SYNTHETIC = evidence("synthetic", "assumption of the case")
FLEETS = (("quectel", 0.6), ("telit", 0.4))
"""Makers of the modules in metering fleets and their parts of it, synthetic."""
METERS_PER_PERSON = 0.02
HOURS_PER_YEAR = 8766
FAILURES = {
    "power": (10 * HOURS_PER_YEAR, 8.0),
    "core": (HOURS_PER_YEAR, 4.0),
    "datacentre": (HOURS_PER_YEAR, 4.0),
    "landing": (5 * HOURS_PER_YEAR, 12.0),
}
"""Mean time up and mean repair of a whole site, hours, synthetic."""


@dataclass(frozen=True)
class CoreSite:
    """A site of an operator's mobile core."""

    site: str
    operator: Operator
    zone: str
    lat: float
    lon: float


def core_sites(operators: list[Operator]) -> list[CoreSite]:
    """Return an operator's core sites: at each city with data centres in the zones it serves."""
    return [
        CoreSite(
            f"core-{operator.firm}-{slug(fact['place'])}",
            operator,
            fact["zone"],
            float(fact["lat"]),
            float(fact["lon"]),
        )
        for operator in operators
        for fact in read_facts("datacentres")
        if operator.serves(fact["country"], fact["zone"])
    ]


def datacentre(fact: Fact) -> str:
    """Return the identifier of the data centre at a place."""
    return f"datacentre-{slug(fact['place'])}"


def ai_site(fact: Fact) -> str:
    """Return the identifier of the AI compute site at a place."""
    return f"ai-{slug(fact['place'])}"


def landing(name: str) -> str:
    """Return the identifier of a cable landing."""
    return f"landing-{name}"


def tables(
    operators: list[Operator],
    cities: list[City],
    managers: dict[str, list[str]],
    controlled: set[str],
) -> Tables:
    """Return the rows of these sites for sites, equipment, needs and failures.

    Parameters
    ----------
    operators, cities
        Who runs a core; where power regions are.
    managers
        Element managers that each operator's radio equipment takes.
    controlled
        Countries whose power regions hang on a power-control service.
    """
    cores = core_sites(operators)
    sites = [_core_row(core) for core in cores]
    sites += _power_rows(cities) + _landing_rows() + _compute_rows() + _metering_rows(operators)
    equipment = _core_equipment(cores, managers, VendorMix())
    equipment += (
        _landing_equipment() + _compute_equipment() + _metering_equipment(operators, cities)
    )
    needs = _core_needs(cores) + _power_needs(cities, cores, controlled) + _landing_needs()
    needs += _compute_needs()
    failures = [
        {
            "thing": row["site"],
            "mtbf_hours": FAILURES[str(row["kind"])][0],
            "repair_hours": FAILURES[str(row["kind"])][1],
            **SYNTHETIC,
        }
        for row in sites
        if row["kind"] in FAILURES
    ]
    return {"sites": sites, "equipment": equipment, "needs": needs, "failures": failures}


def _site(
    site: str, kind: str, country: str, zone: str, lat: float, lon: float, operator: str = ""
) -> Row:
    return {
        "site": site,
        "operator": operator,
        "country": country,
        "region": "" if zone == "all" else zone,
        "kind": kind,
        "class": "critical" if kind in {"core", "power", "landing"} else "normal",
        "lat": lat,
        "lon": lon,
        "people": 0,
        "stands_for": 1.0,
        "structural": 0,
    }


def _place(site: str, kind: str, fact: Fact, operator: str = "") -> Row:
    row = _site(
        site, kind, fact["country"], fact["zone"], float(fact["lat"]), float(fact["lon"]), operator
    )
    return row | evidence(fact["provenance"], fact["source"])


def _core_row(core: CoreSite) -> Row:
    operator = core.operator
    row = _site(core.site, "core", operator.country, core.zone, core.lat, core.lon, operator.firm)
    return row | evidence("synthetic", "at a city with data centres")


def _power_rows(cities: list[City]) -> list[Row]:
    rows: list[Row] = []
    for country, zone in dict.fromkeys((c.country, c.zone) for c in cities):
        here = [c for c in cities if (c.country, c.zone) == (country, zone)]
        heart = max(here, key=lambda c: c.people)
        row = _site(power_site(country, zone), "power", country, zone, heart.lat, heart.lon)
        rows.append(row | evidence("authored", "one grid a zone, at its largest city"))
    return rows


def _landing_rows() -> list[Row]:
    return [_place(landing(f["landing"]), "landing", f) for f in read_facts("landings")]


def _compute_rows() -> list[Row]:
    rows = [_place(datacentre(f), "datacentre", f) for f in read_facts("datacentres")]
    return rows + [_place(ai_site(f), "datacentre", f) for f in read_facts("ai_sites")]


def metering_countries() -> list[str]:
    """Return the countries with fleets of meters."""
    return next(
        f["countries"] for f in read_facts("services") if f["service"] == "iot-metering"
    ).split(";")


def fleet(country: str, vendor: str) -> str:
    """Return the identifier of a fleet of meters with one maker's modules."""
    return f"fleet-{country.lower()}-{vendor}"


def gateway(country: str) -> str:
    """Return the identifier of the gateway of a country's meters."""
    return f"gateway-{country.lower()}"


def _first(operators: list[Operator], country: str) -> str:
    return next(o.firm for o in operators if o.country == country)


def _metering_rows(operators: list[Operator]) -> list[Row]:
    rows: list[Row] = []
    for country in metering_countries():
        fact = next(f for f in read_facts("datacentres") if f["country"] == country)
        operator = _first(operators, country)
        rows.append(_place(gateway(country), "gateway", fact, operator))
        rows += [_place(fleet(country, vendor), "fleet", fact, operator) for vendor, _ in FLEETS]
    return [row | SYNTHETIC for row in rows]


def _unit(
    site: str, function: str, product: str, quantity: float, generation: str, shown: Row
) -> Row:
    return {
        "site": site,
        "function": function,
        "product": product,
        "quantity": quantity,
        "generation": generation,
        **shown,
    }


def _core_equipment(
    cores: list[CoreSite], managers: dict[str, list[str]], mix: VendorMix
) -> list[Row]:
    operator_of = {core.operator.firm: core.operator for core in cores}
    rows: list[Row] = []
    for firm, operator in operator_of.items():
        own = {c.site: 1.0 for c in cores if c.operator.firm == firm}
        drawn = {
            layer: _drawn(mix, operator, layer, own)
            for layer in ("core", "oss", "router", "optical")
        }
        for site in own:
            rows += _core_functions(site, operator, *drawn["core"][site])
            for layer, function in (("oss", "OSS"), ("router", "router"), ("optical", "optical")):
                vendor, shown = drawn[layer][site]
                rows.append(_unit(site, function, f"{vendor}-{layer}", 1, "", shown))
            rows.append(_unit(site, "server", "server", 40, "", SYNTHETIC))
        first = next(iter(own))
        rows += [_unit(first, "EMS", manager, 1, "", SYNTHETIC) for manager in managers[firm]]
    return rows


def _drawn(
    mix: VendorMix, operator: Operator, layer: str, blocks: dict[str, float]
) -> dict[str, tuple[str, Row]]:
    key = mix.scope(operator.firm, operator.country, layer)
    shown = evidence("synthetic", mix.evidence[key][1])
    drawn = mix.draw(operator.firm, key, blocks)
    return {site: (vendor, shown) for site, vendor in drawn.items()}


def _core_functions(site: str, operator: Operator, vendor: str, shown: Row) -> list[Row]:
    rows = [_unit(site, function, f"{vendor}-core", 1, "4G", shown) for function in CORE_4G]
    if operator.five:
        rows += [_unit(site, function, f"{vendor}-core", 1, "5G", shown) for function in CORE_5G]
    return rows


def _landing_equipment() -> list[Row]:
    """Return a system's terminal at each of its landings."""
    rows: list[Row] = []
    for place in read_facts("landings"):
        touching = [
            c
            for c in read_facts("cables")
            if c["maker"] and place["landing"] in {c["origin"], c["destination"]}
        ]
        for maker in sorted({c["maker"] for c in touching}):
            rows.append(
                _unit(
                    landing(place["landing"]), "cable", f"{maker}-cable",
                    len({c["system"] for c in touching if c["maker"] == maker}), "",
                    evidence("authored", "public knowledge, unverified"),
                )
            )  # fmt: skip
    return rows


def _compute_equipment() -> list[Row]:
    rows = [
        _unit(datacentre(f), "server", "server", 1000, "", SYNTHETIC)
        for f in read_facts("datacentres")
    ]
    for fact in read_facts("ai_sites"):
        rows.append(
            _unit(ai_site(fact), "GPU", "gpu-server", int(fact["gpu_servers"]), "ai", SYNTHETIC)
        )
    return rows


def _metering_equipment(operators: list[Operator], cities: list[City]) -> list[Row]:
    rows: list[Row] = []
    for country in metering_countries():
        people = sum(c.people for c in cities if c.country == country)
        rows.append(_unit(gateway(country), "gateway", "iot-gateway", 100, "iot", SYNTHETIC))
        rows += [
            _unit(
                fleet(country, vendor), "module", f"{vendor}-module",
                round(people * METERS_PER_PERSON * part), "iot", SYNTHETIC,
            )
            for vendor, part in FLEETS
        ]  # fmt: skip
    return rows


def _need(user: str, need: str, source: str, hours: float, shown: Row, **more: Value) -> Row:
    return {"user": user, "need": need, "input": source, "autonomy_hours": hours, **more, **shown}


def _power_of(site: str, country: str, zone: str, hours: float) -> Row:
    """Return a need of grid power by a place with a generator: it also starts on it."""
    return _need(site, "power", power_site(country, zone), hours, ASSUMED, starts_without=1)


def _core_needs(cores: list[CoreSite]) -> list[Row]:
    return [_power_of(c.site, c.operator.country, c.zone, CORE_GENERATOR_HOURS) for c in cores]


def _power_needs(cities: list[City], cores: list[CoreSite], controlled: set[str]) -> list[Row]:
    """Return what steers each grid: its country's control service, else any operator's core."""
    rows: list[Row] = []
    for country, zone in dict.fromkeys((c.country, c.zone) for c in cities):
        user = power_site(country, zone)
        if country in controlled:
            rows.append(
                _need(user, "control", f"power-control-{country.lower()}", CONTROL_HOURS, ASSUMED)
            )
            continue
        here = [c.site for c in cores if c.operator.serves(country, zone)]
        rows += [
            _need(user, "control", site, CONTROL_HOURS, ASSUMED, at_least=1.0) for site in here
        ]
    return rows


def _landing_needs() -> list[Row]:
    return [
        _power_of(landing(f["landing"]), f["country"], f["zone"], DATACENTRE_GENERATOR_HOURS)
        for f in read_facts("landings")
        if f["zone"]
    ]


def _compute_needs() -> list[Row]:
    rows = [
        _power_of(datacentre(f), f["country"], f["zone"], DATACENTRE_GENERATOR_HOURS)
        for f in read_facts("datacentres")
    ]
    return rows + [
        _power_of(ai_site(f), f["country"], f["zone"], DATACENTRE_GENERATOR_HOURS)
        for f in read_facts("ai_sites")
    ]
