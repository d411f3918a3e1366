"""Sites that are not radio, put together: core, transport, power, landings, compute, fleets."""

from tools.indo_pacific import cables, compute, core, fleets, hospital, power, routes, transport
from tools.indo_pacific.core import CoreSite, core_sites
from tools.indo_pacific.facts import Row, Tables
from tools.indo_pacific.people import City
from tools.indo_pacific.radio import Operator
from tools.indo_pacific.rows import SYNTHETIC

__all__ = ["CoreSite", "core_sites", "tables"]

HOURS_PER_YEAR = 8766
FAILURES = {
    "power": (10 * HOURS_PER_YEAR, 8.0),
    "core": (HOURS_PER_YEAR, 4.0),
    "datacentre": (HOURS_PER_YEAR, 4.0),
    "landing": (5 * HOURS_PER_YEAR, 12.0),
    "aggregation": (2 * HOURS_PER_YEAR, 4.0),
    "exchange": (5 * HOURS_PER_YEAR, 4.0),
}
"""Mean time up and mean repair of a whole site, hours, synthetic."""


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
    zones = set(power.zones(cities))
    parts = (
        core.tables(operators, cities, managers),
        transport.tables(zones),
        routes.tables(cities, core_sites(operators)),
        power.tables(cities, controlled),
        cables.tables(zones),
        compute.tables(zones),
        fleets.tables(operators, cities),
        hospital.tables(zones),
    )
    joined: Tables = {
        table: [row for part in parts for row in part.get(table, [])]
        for table in ("sites", "equipment", "needs")
    }
    return joined | {"failures": [*_failures(joined["sites"]), *transport.failure_rows()]}


def _failures(sites: list[Row]) -> list[Row]:
    return [
        {
            "thing": row["site"],
            "mtbf_hours": FAILURES[str(row["kind"])][0],
            "repair_hours": FAILURES[str(row["kind"])][1],
            **SYNTHETIC,
        }
        for row in sites
        if row["kind"] in FAILURES
    ]
