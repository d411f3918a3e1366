"""The answer of a stress run as plain data, for a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from indranet.errors import InputError
from indranet.model.schema import KINDS
from indranet.runs.findings import manifest_faults, names_of, read_tables
from indranet.runs.run import Run, Table

_NEEDED = {
    "quantiles": ("day", "measure", "mean", "q05", "q50", "q95"),
    "exceedance": ("measure", "loss", "chance", "per_year"),
    "outages": ("draw", "thing", "from_hour", "to_hour", "because", "reportable"),
    "stockouts": ("draw", "day", "plant", "product", "because"),
    "queues": ("draw", "day", "passage", "waiting"),
    "sensitivity": ("parameter", "value", "measure", "lost", "lost_share"),
    "bounds": ("measure", "lost", "lost_at_least", "days_met"),
    "hours": ("hour", "people_served"),
    "lanes": ("lane", "passages", "usual_usd_per_day", "extra_days", "waits_days"),
    "places": ("place", "lat", "lon", "sites", "people"),
    "place_days": ("day", "place", "up"),
    "plants": ("plant", "product", "country", "lat", "lon", "usual"),
    "plant_days": ("day", "plant", "part"),
    "names": ("kind", "id", "name"),
}
"""Tables and columns of a stress run that a report reads."""
_TOLD = (
    "case", "case_hash", "version", "first_day", "marking", "inputs", "summary", "warnings",
    "provenance_shares", "rows",
)  # fmt: skip
_SAID = (
    "scenario", "days", "draws", "seed", "events", "hazards", "measures", "stockouts",
    "services_down", "services_ever_down", "agreements_in_force", "order_basis", "production",
    "dark", "ever_dark", "black_start", "fewest_starts", "not_considered",
)  # fmt: skip


@dataclass(frozen=True)
class StressAnswer:
    """What a report tells of one stress run.

    Attributes
    ----------
    manifest, summary
        The run's manifest, and its summary.
    tables
        The tables that a report reads, by name.
    names
        (kind, id) to the name in words, of what has one.
    """

    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    tables: Mapping[str, Table]
    names: Mapping[tuple[str, str], str]

    @property
    def first_day(self) -> date:
        """Day 0."""
        return date.fromisoformat(str(self.manifest["first_day"]))

    @property
    def days(self) -> int:
        """Days looked at."""
        return int(self.summary["days"])

    @property
    def draws(self) -> int:
        """Draws of what is random."""
        return int(self.summary["draws"])

    @property
    def counts_services(self) -> bool:
        """Whether people are counted once for each service, not at the sites that serve them."""
        return bool(self.manifest["rows"].get("services"))

    def name(self, thing: str, *kinds: str) -> str:
        """Return the name in words of a thing of one of some kinds, else its identifier.

        A thing is written as a run writes it: its identifier, with its kind before where several
        things have it (`plant:p0`).
        """
        kind, _, bare = thing.partition(":")
        among = (kind,) if bare and kind in KINDS else kinds or KINDS
        identifier = bare if among == (kind,) else thing
        found = (self.names.get((kind, identifier)) for kind in among)
        return next((name for name in found if name), identifier)

    def kind(self, thing: str) -> str:
        """Return the kind of a thing, written as for `name`; empty if it is not known."""
        kind, _, bare = thing.partition(":")
        if bare and kind in KINDS:
            return kind
        if thing in self.summary["services_down"]:
            return "service"
        return next((kind for kind in KINDS if (kind, thing) in self.names), "")


def read_stress(run: Run) -> StressAnswer:
    """Read all that a report of a stress run needs.

    Raises
    ------
    InputError
        With every table, column and entry that is missing or damaged.
    """
    tables, faults = read_tables(run, _NEEDED)
    faults = manifest_faults(run.manifest, _TOLD, _SAID) + faults
    if faults:
        raise InputError(faults)
    return StressAnswer(
        manifest=run.manifest,
        summary=run.manifest["summary"],
        names=names_of(tables.pop("names")),
        tables=tables,
    )
