"""The bundled Indo-Pacific case: facts and draws put together, the same bytes each time."""

import argparse
import shutil
import tempfile
from datetime import date
from pathlib import Path

from tools.indo_pacific import hazards, lanes, others, projects, radio, services, supply
from tools.indo_pacific.facts import (
    FACTS,
    SEED,
    Row,
    Tables,
    Value,
    drawn_with,
    evidence,
    read_facts,
)
from tools.indo_pacific.people import cities

from indranet.model.case import write_case
from indranet.model.schema import TABLES

NAME = "Indo-Pacific"
FIRST_DAY = date(2024, 7, 1)
PROJECTS = ("plw-project", "works-aus", "works-ind", "works-jpn", "works-usa")
"""Firms that run projects, or works that measures would build, alone."""
DESCRIPTION = (
    "Mobile networks and the services on them in thirty countries of the Indo-Pacific, with what "
    "their equipment is made of: real places, names and ways, calibrated counts, synthetic mixes."
)
BUNDLED = FACTS.parents[2] / "src" / "indranet" / "data" / "indo-pacific"


def case_tables() -> Tables:
    """Return every table of the case as rows."""
    operators, places = radio.operators(), cities()
    sites = radio.radio_sites(operators, places)
    access = radio.tables(sites)
    cores = others.core_sites(operators)
    rest = others.tables(
        operators, places, radio.managers(sites, access["equipment"]), services.controlled()
    )
    standing = access["sites"] + rest["sites"]
    installed = access["equipment"] + rest["equipment"]
    offices = {
        c.operator.firm: lanes.Place(c.operator.country, c.lat, c.lon) for c in reversed(cores)
    }
    goods = lanes.GoodsLanes()
    made = supply.tables(standing, installed, offices, goods)
    planned = projects.tables()
    made["products"] += planned["products"]
    standing, installed = standing + planned["sites"], installed + planned["equipment"]
    made["firms"] += [{**fact} for fact in read_facts("firms") if fact["firm"] in PROJECTS]
    made["supplies"] += [{**fact} for fact in read_facts("agreed_supplies")]
    # What measures would build stands among its kind, and is not there before.
    made["plants"] += [{**fact} for fact in read_facts("planned_plants")]
    built: list[Row] = [{**fact} for fact in read_facts("planned_lanes")]
    needed: list[Row] = [{**fact} for fact in read_facts("planned_needs")]
    served = services.tables(services.World(places, sites, cores))
    facilities = lanes.facility_rows(goods)
    facilities += [{**fact} for fact in read_facts("agreed_facilities")]
    countries = _country_rows(made["firms"] + made["plants"] + standing + facilities)
    return {
        "countries": countries,
        **made,
        "passages": lanes.passage_rows(),
        "lanes": [goods.rows[k] for k in sorted(goods.rows)] + lanes.cable_rows() + built
        + planned["lanes"],
        "sites": standing,
        "equipment": installed,
        "services": served["services"] + planned["services"],
        "needs": access["needs"] + rest["needs"] + lanes.cable_needs() + served["needs"]
        + needed + planned["needs"],
        "failures": rest["failures"] + lanes.failure_rows(),
        "hazards": hazards.hazard_rows(),
        "facilities": facilities,
        "agreements": _restated(
            "agreements", "name", "kind", "parties", "from", "days", "covers"
        ),
        "exclusions": _restated("exclusions", "firm", "by", "functions", "from"),
        "rules": _restated(
            "rules", "from", "per", "country", "who", "functions", "generation", "metric",
            "weight", "comparison", "limit",
        ),
        "vulnerabilities": _restated(
            "vulnerabilities", "product", "exploit_per_day", "patch_days", "effect", "status"
        ),
        "offers": _restated(
            "offers", "replaces", "operator", "unit_cost_usd", "removal_cost_usd",
            "yearly_cost_usd", "crew_days", "lead_days", "units_per_month", "ramp_months",
            "agreement",
        ),
        "roaming": _restated("roaming", "host", "country", "share", "agreement"),
        "crews": _restated("crews", "region", "crews", "crew_days_per_week", "usd_per_day"),
        "measures": _restated(
            "measures", "kind", "thing", "amount", "unit", "cost_usd", "yearly_cost_usd",
            "lead_days",
        ),
        "interoperability": _restated("interoperability", "other", "interface", "status"),
        "budgets": _restated(
            "budgets", "from", "usd", "refund_share", "refund_lag_days", "agreement"
        ),
    }  # fmt: skip


def _country_rows(places: list[Row]) -> list[Row]:
    """Return the countries in which something is seated, stands or is served."""
    named = {str(row["country"]) for row in places}
    return [
        {
            "country": f["country"],
            "name": f["name"],
            "population": float(f["population"]),
            "gdp_usd": float(f["gdp_usd"]) if f["gdp_usd"] else "",
            **evidence(f["provenance"], f["source"]),
        }
        for f in read_facts("countries")
        if f["country"] in named
    ]


def _restated(table: str, *columns: str) -> list[Row]:
    """Return the rows of a table that the facts hold as it is."""
    named = (TABLES[table].columns[0].name, *columns, "provenance", "source")
    return [{column: fact[column] for column in named} for fact in read_facts(table)]


def columns_of(table: str, rows: list[Row]) -> dict[str, list[Value | None]]:
    """Return rows as columns in the order of the schema, without those that no row fills."""
    found: dict[str, list[Value | None]] = {}
    for column in TABLES[table].columns:
        cells = [row.get(column.name, "") for row in rows]
        if all(cell == "" for cell in cells):
            continue
        found[column.name] = [None if cell == "" else cell for cell in cells]
    return found


def build(into: Path, seed: int = SEED) -> None:
    """Write the case into a folder, in place of the case that is there; its README stays."""
    with drawn_with(seed):
        tables = {name: columns_of(name, rows) for name, rows in case_tables().items()}
    with tempfile.TemporaryDirectory() as beside:
        made = Path(beside) / "case"
        write_case(made, NAME, FIRST_DAY, DESCRIPTION, tables)
        into.mkdir(parents=True, exist_ok=True)
        for old in [*into.glob("*.csv"), *into.glob("case.toml")]:
            old.unlink()
        for new in sorted(made.iterdir()):
            shutil.copyfile(new, into / new.name)


def main() -> None:
    """Build the case from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--into", type=Path, default=BUNDLED, help="folder to write the case into")
    parser.add_argument("--seed", type=int, default=SEED, help="of the synthetic draws")
    asked = parser.parse_args()
    build(asked.into, asked.seed)
    print(f"wrote {asked.into}")
