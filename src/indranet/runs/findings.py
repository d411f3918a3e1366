"""The answer of an exposure run as plain data: its dependences, and their losses by country."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError
from indranet.model.schema import MARKINGS
from indranet.runs.run import MANIFEST, Run, Table, check_run

HORIZON_WORDS = {
    "now": "At once",
    "in time": "In time",
    "resourced": "In time, any maker allowed",
}
"""Horizon to how a reader is told of it."""
KIND_WORDS = {
    "firm": "firm",
    "territory": "territory",
    "jurisdiction": "jurisdiction",
    "control": "subsidiaries",
    "product": "product",
    "plant": "plant",
    "passage": "passage",
    "lane": "lane",
    "site": "site",
    "service": "service",
    "facility": "facility",
}
"""Kind of candidate to the word that stands behind a name."""
COUNTRY_KINDS = ("territory", "jurisdiction")

NEEDED = {
    "reach": (
        "kind", "id", "horizon", "plane", "services_lost", "sites_lost", "people_lost",
        "people_share",
    ),
    "need_share": ("kind", "id", "horizon", "need_share", "services_lost", "people_lost"),
    "reach_countries": ("kind", "id", "horizon", "country", "rows_lost", "people_lost"),
    "services": ("kind", "id", "horizon", "service", "people"),
    "places": ("place", "lat", "lon", "sites", "people"),
    "losses": ("kind", "id", "horizon", "place", "share"),
}  # fmt: skip
"""Tables and columns of an exposure run that a report reads."""
_TOLD = ("case", "inputs", "warnings", "provenance_shares", "rows")
_SAID = (
    "on", "services", "site_rows", "sites", "people", "people_counted_by", "need_share", "worst",
    "down_before", "unknown_products", "unplaced_lanes", "absent_tables",
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """What is taken away.

    Attributes
    ----------
    kind, id, name
        As in the run; the name is the identifier where the case gives none.
    """

    kind: str
    id: str
    name: str


@dataclass(frozen=True)
class Dependence:
    """One loss, and every thing that causes just this loss.

    Attributes
    ----------
    horizon
        When: now, in time, resourced.
    things
        Causes, any one of which is enough.
    services, sites, people
        What stops.
    own_services, own_people
        The part of it in the very country that is taken away; 0 for anything else.
    own_known
        Whether that part was looked up: a manifest alone does not tell it.
    total_services, total_sites, total_people
        What the case holds.
    services_range, people_range
        Least and most, over the shares of a supply that may have to be left.
    hangs
        The range is more than one value.
    """

    horizon: str
    things: tuple[Thing, ...]
    services: int
    sites: float
    people: float
    own_services: int
    own_people: float
    own_known: bool
    total_services: int
    total_sites: float
    total_people: float
    services_range: tuple[int, int]
    people_range: tuple[float, float]
    hangs: bool

    @property
    def of_country(self) -> bool:
        """Whether a whole country is what is taken away."""
        return self.things[0].kind in COUNTRY_KINDS

    @property
    def part(self) -> tuple[float, str]:
        """Share that is lost outside the country itself, and of what.

        Of all people; of services where nobody loses any, of sites where no service stops either.
        """
        for lost, total, unit in (
            (self.people - self.own_people, self.total_people, "people"),
            (self.services - self.own_services, self.total_services, "services"),
            (self.sites, self.total_sites, "sites"),
        ):
            if total and lost:
                return lost / total, unit
        return 0.0, "people"


def check_exposure(run: Run) -> None:
    """Check that a run is whole and holds all that a report of an exposure reads.

    Raises
    ------
    InputError
        With every table, column and entry that is missing or damaged.
    """
    faults = check_run(run.folder) or _lacking(run)
    if faults:
        raise InputError(faults)


def _lacking(run: Run) -> list[Fault]:
    again = "run again"
    there = set(run.manifest) | {f"summary.{name}" for name in run.manifest["summary"]}
    names = (*_TOLD, *(f"summary.{name}" for name in _SAID))
    faults = [
        Fault(MANIFEST, column=name, problem="is missing", remedy=again)
        for name in names
        if name not in there
    ]
    marking = str(run.manifest["marking"])
    if marking not in MARKINGS:
        faults.append(Fault(MANIFEST, 0, "marking", marking, "is no TLP 2.0 marking", again))
    for table, columns in NEEDED.items():
        file = f"{table}.parquet"
        if table not in run.tables:
            faults.append(Fault(file, problem="is missing", remedy=again))
            continue
        found = run.table(table)
        faults += [
            Fault(file, column=column, problem="is missing", remedy=again)
            for column in columns
            if column not in found
        ]
    return faults


def dependences(manifest: Mapping[str, Any], horizon: str) -> list[Dependence]:
    """Return the worst dependences of a horizon, worst first, from a manifest alone."""
    summary = manifest["summary"]
    return [
        Dependence(
            horizon=horizon,
            things=tuple(Thing(t["kind"], t["id"], t["name"]) for t in group["things"]),
            services=int(group["services_lost"]),
            sites=float(group["sites_lost"]),
            people=float(group["people_lost"]),
            own_services=0,
            own_people=0.0,
            own_known=False,
            total_services=int(summary["services"]),
            total_sites=float(summary["sites"]),
            total_people=float(summary["people"]),
            services_range=(group["services_lost_range"][0], group["services_lost_range"][-1]),
            people_range=(group["people_lost_range"][0], group["people_lost_range"][-1]),
            hangs=bool(group["hangs_on_need_share"]),
        )
        for group in summary["worst"].get(horizon, [])
    ]


def without_own(found: list[Dependence], by_country: Table) -> list[Dependence]:
    """Note what each country loses by its own absence, so that it can be told apart.

    Parameters
    ----------
    found
        Dependences.
    by_country
        The run's table `reach_countries`.
    """
    noted = []
    for dependence in found:
        services, persons = own_part(by_country, dependence.things[0], dependence.horizon)
        own = services if dependence.total_services else 0
        noted.append(replace(dependence, own_services=own, own_people=persons, own_known=True))
    return noted


def own_part(by_country: Table, thing: Thing, horizon: str) -> tuple[int, float]:
    """Return services (or sites) and people that a country loses by its own absence, else 0."""
    if thing.kind not in COUNTRY_KINDS:
        return 0, 0.0
    rows = rows_of(by_country, thing, horizon)
    rows = rows[by_country["country"][rows] == thing.id]
    return int(by_country["rows_lost"][rows].sum()), float(by_country["people_lost"][rows].sum())


def rows_of(columns: Table, thing: Thing, horizon: str) -> npt.NDArray[np.int64]:
    """Return the rows of a table that tell of one thing's loss, on the plane of what works."""
    rows = (columns["kind"] == thing.kind) & (columns["id"] == thing.id)
    rows &= columns["horizon"] == horizon
    if "plane" in columns:
        rows &= columns["plane"] == "works"
    return np.flatnonzero(rows)
