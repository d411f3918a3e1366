"""The answer of an exposure run as plain data: its dependences, and their losses by country."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError
from indranet.model.schema import MARKINGS
from indranet.runs.run import MANIFEST, Run, Table

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
    "vulnerability": "vulnerability",
    "domain": "domain",
}
"""Kind of candidate to the word that stands behind a name."""
COUNTRY_KINDS = ("territory", "jurisdiction")
_THING = {"territory": "country", "jurisdiction": "country", "control": "firm"}

_AGAIN = "run again"
_NEEDED = {
    "reach": (
        "kind", "id", "horizon", "plane", "services_lost", "sites_lost", "people_lost",
        "people_share",
    ),
    "need_share": ("kind", "id", "horizon", "need_share", "services_lost", "people_lost"),
    "reach_countries": ("kind", "id", "horizon", "country", "rows_lost", "people_lost"),
    "services": ("kind", "id", "horizon", "service", "people"),
    "places": ("place", "lat", "lon", "sites", "people"),
    "losses": ("kind", "id", "horizon", "place", "share"),
    "names": ("kind", "id", "name"),
    "detours": (
        "passage", "lanes", "lanes_lost", "extra_km_median", "extra_km_most", "extra_days_most",
    ),
    "reasons": (
        "kind", "id", "horizon", "plane", "lost", "step", "thing_kind", "thing", "why", "known",
        "ask", "told",
    ),
    "shares": ("operator", "function", "tier", "by", "id", "share"),
    "concentration": (
        "operator", "function", "tier", "by", "hhi_low", "hhi_high", "unknown", "left", "top",
        "top_share",
    ),
    "unknowns": (
        "operator", "function", "tier", "by", "product", "fact", "share", "left", "narrows",
    ),
    "steps": ("function", "tier", "product", "component", "share"),
    "spend": ("operator", "function", "share"),
}  # fmt: skip
"""Tables and columns of an exposure run that a report reads."""
_IF_ASKED = {
    "only": (
        "product", "can_be_made", "listed", "units_per_quarter", "missing", "unknown", "binding",
        "restored_by", "sets",
    ),
    "only_functions": (
        "function", "products", "makeable", "listed", "can_be_made", "unknown", "units_per_quarter",
        "nearest", "missing",
    ),
    "only_layers": ("layer", "country", "made", "alone", "listed", "of", "products"),
    "only_lacking": ("product", "unknown", "products", "functions"),
    "untrusted": ("kind", "id", "horizon", "people", "sites"),
    "rules": (
        "rule", "from", "country", "operator", "metric", "says", "holds", "value", "low", "high",
        "comparison", "limit", "margin", "evidence", "standing", "source",
    ),
    "rule_questions": ("rule", "country", "operator", "question", "settles"),
    "pairs": (
        "a", "b", "horizon", "services_lost", "people_lost", "sites_lost", "a_kind", "b_kind",
        "services_more", "people_more", "sites_more",
    ),
    "systemic": (
        "kind", "id", "systemic_risk", "downstream", "upstream", "cover_days",
    ),
    "cut_sets": ("lost", "horizon", "set", "size", "kind", "id"),
    "availability": (
        "service", "horizon", "unavailability", "low", "high", "method", "draws", "why",
    ),
    "importance": ("service", "horizon", "thing", "kind", "birnbaum", "fussell_vesely"),
    "left_out": ("thing", "kind"),
}  # fmt: skip
"""The same for what a run holds only where it was asked for."""
_BY_THING = (
    "reach", "need_share", "reach_countries", "services", "losses",
)  # fmt: skip
"""Tables whose rows are found by what was taken away and when."""
_TOLD = (
    "case",
    "case_hash",
    "version",
    "marking",
    "summary",
    "inputs",
    "warnings",
    "provenance_shares",
    "rows",
)
_SAID = (
    "on", "services", "site_rows", "sites", "people", "people_counted_by", "need_share", "worst",
    "down_before", "near_misses", "taken_away", "unknown_products", "unplaced_lanes",
    "absent_tables", "first_questions",
)  # fmt: skip
_GROUPED = (
    "things", "services_lost", "people_lost", "sites_lost", "services_elsewhere",
    "people_elsewhere", "hangs_on_need_share", "services_lost_range", "people_lost_range",
    "place_range",
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
    services_elsewhere, people_elsewhere
        The same without what a country loses by its own absence; equal for anything else.
    total_services, total_sites, total_people
        What the case holds.
    services_range, people_range
        Least and most, over the shares of a supply that may have to be left.
    place_range
        Best and worst place among all losses, over the same shares; 1 is the worst loss.
    hangs
        The loss has more than one value over them.
    """

    horizon: str
    things: tuple[Thing, ...]
    services: int
    sites: float
    people: float
    services_elsewhere: int
    people_elsewhere: float
    total_services: int
    total_sites: float
    total_people: float
    services_range: tuple[int, int]
    people_range: tuple[float, float]
    place_range: tuple[int, int]
    hangs: bool

    @property
    def of_country(self) -> bool:
        """Whether a whole country is what is taken away."""
        return self.things[0].kind in COUNTRY_KINDS

    @property
    def part(self) -> tuple[float, str]:
        """Share that is lost outside the country itself, and of what.

        Of all users, who are counted once for each service (of all people, where there are no
        services); of services where nobody loses any, of sites where no service stops either.
        """
        for lost, total, unit in (
            (
                self.people_elsewhere,
                self.total_people,
                "all users" if self.total_services else "people",
            ),
            (self.services_elsewhere, self.total_services, "services"),
            (self.sites, self.total_sites, "sites"),
        ):
            if total and lost:
                return lost / total, unit
        return 0.0, "people"


@dataclass(frozen=True)
class Losses:
    """One table of a run, its rows found by what was taken away and when.

    Attributes
    ----------
    columns
        Column name to values, shape (rows,).
    rows
        (kind, id, horizon) to its rows on the plane of what works.
    """

    columns: Table
    rows: Mapping[tuple[str, str, str], list[int]]

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        """Return one column."""
        return self.columns[column]

    def of(self, thing: Thing, horizon: str) -> npt.NDArray[np.int64]:
        """Return the rows of one thing's loss."""
        found = self.rows.get((thing.kind, thing.id, horizon), [])
        return np.array(found, dtype=np.int64)


@dataclass(frozen=True)
class Answer:
    """What a report tells of one exposure run.

    Attributes
    ----------
    manifest, summary
        The run's manifest, and its summary.
    worst
        Horizon to its dependences, worst first.
    reach, need_share, countries, services, losses
        The run's tables by what was taken away (`countries` is `reach_countries`).
    tables
        The other tables that a report reads, by name; those asked for only where they are.
    names
        (kind, id) to the name in words, of what has one; a country's kind is country.
    """

    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    worst: Mapping[str, list[Dependence]]
    reach: Losses
    need_share: Losses
    countries: Losses
    services: Losses
    losses: Losses
    tables: Mapping[str, Table]
    names: Mapping[tuple[str, str], str]

    def name(self, kind: str, identifier: str) -> str:
        """Return the name in words of a thing or of a kind of loss, else its identifier."""
        return self.names.get((_THING.get(kind, kind), identifier), identifier)


def read_answer(run: Run) -> Answer:
    """Read all that a report of an exposure run needs.

    Raises
    ------
    InputError
        With every table, column and entry that is missing or damaged.
    """
    tables, faults = _tables(run)
    faults = _manifest_faults(run.manifest) + faults
    if faults:
        raise InputError(faults)
    names = tables.pop("names")
    losses = {name: _by_thing(tables.pop(name)) for name in _BY_THING}
    countries = losses.pop("reach_countries")
    worst = {horizon: dependences(run.manifest, horizon) for horizon in HORIZON_WORDS}
    return Answer(
        manifest=run.manifest,
        summary=run.manifest["summary"],
        worst=worst,
        countries=countries,
        tables=tables,
        names=names_of(names),
        **losses,
    )


def _manifest_faults(manifest: Mapping[str, Any]) -> list[Fault]:
    faults = manifest_faults(manifest, _TOLD, _SAID)
    summary = dict(manifest.get("summary", {}))
    groups = (group for found in dict(summary.get("worst", {})).values() for group in found)
    lacking = sorted({name for group in groups for name in _GROUPED if name not in group})
    return faults + [
        Fault(MANIFEST, column=f"summary.worst.{name}", problem="is missing", remedy=_AGAIN)
        for name in lacking
    ]


def manifest_faults(
    manifest: Mapping[str, Any], told: Sequence[str], said: Sequence[str]
) -> list[Fault]:
    """Return what a manifest lacks of what a report reads, `said` in its summary."""
    summary = dict(manifest.get("summary", {}))
    faults = [
        Fault(MANIFEST, column=name, problem="is missing", remedy=_AGAIN)
        for names, there, of in ((told, manifest, ""), (said, summary, "summary."))
        for name in (of + name for name in names if name not in there)
    ]
    marking = str(manifest.get("marking", ""))
    if marking and marking not in MARKINGS:
        faults.append(Fault(MANIFEST, 0, "marking", marking, "is no TLP 2.0 marking", _AGAIN))
    return faults


def _tables(run: Run) -> tuple[dict[str, Table], list[Fault]]:
    asked = {name: columns for name, columns in _IF_ASKED.items() if name in run.tables}
    return read_tables(run, {**_NEEDED, **asked})


def read_tables(
    run: Run, needed: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Table], list[Fault]]:
    """Read the tables that a report needs; return what is wrong with them beside them.

    Parameters
    ----------
    run
        A finished run.
    needed
        Name of each table to the columns that are read.
    """
    tables: dict[str, Table] = {}
    faults = []
    for name, columns in needed.items():
        try:
            tables[name] = run.table(name)
        except KeyError:
            faults.append(Fault(f"{name}.parquet", problem="is missing", remedy=_AGAIN))
            continue
        except InputError as error:
            faults += error.faults
            continue
        faults += [
            Fault(f"{name}.parquet", column=column, problem="is missing", remedy=_AGAIN)
            for column in columns
            if column not in tables[name]
        ]
    return tables, faults


def names_of(columns: Table) -> dict[tuple[str, str], str]:
    """Return (kind, id) to the name in words, from a table of names."""
    keys = zip(columns["kind"].tolist(), columns["id"].tolist(), strict=True)
    return dict(zip(keys, columns["name"].tolist(), strict=True))


def _by_thing(columns: Table) -> Losses:
    works = columns["plane"] == "works" if "plane" in columns else None
    keys = zip(*(columns[c].tolist() for c in ("kind", "id", "horizon")), strict=True)
    rows: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(keys):
        if works is None or works[row]:
            rows.setdefault(key, []).append(row)
    return Losses(columns, rows)


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
            services_elsewhere=int(group["services_elsewhere"]),
            people_elsewhere=float(group["people_elsewhere"]),
            total_services=int(summary["services"]),
            total_sites=float(summary["sites"]),
            total_people=float(summary["people"]),
            services_range=(group["services_lost_range"][0], group["services_lost_range"][-1]),
            people_range=(group["people_lost_range"][0], group["people_lost_range"][-1]),
            place_range=(group["place_range"][0], group["place_range"][-1]),
            hangs=bool(group["hangs_on_need_share"]),
        )
        for group in summary["worst"].get(horizon, [])
    ]


def own_part(countries: Losses, thing: Thing, horizon: str) -> tuple[int, float]:
    """Return services (or sites) and people that a country loses by its own absence, else 0."""
    if thing.kind not in COUNTRY_KINDS:
        return 0, 0.0
    rows = countries.of(thing, horizon)
    rows = rows[countries["country"][rows] == thing.id]
    return int(countries["rows_lost"][rows].sum()), float(countries["people_lost"][rows].sum())
