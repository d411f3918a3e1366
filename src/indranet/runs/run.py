"""A run folder: what was asked, of which case, and every table of the answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet import __version__
from indranet.errors import Fault, InputError
from indranet.model.files import whole_folder
from indranet.model.network import Network
from indranet.model.schema import MARKINGS, PROVENANCES
from indranet.model.stored import Chunks, read_rows, write_chunks, write_rows

Table = Mapping[str, npt.NDArray[Any]]
MANIFEST = "run.json"


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        What run.json holds: command, version, seed, case hash, inputs, seconds, warnings, marking,
        provenance shares, summary.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of its tables, in alphabetical order."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.parquet")))

    def table(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Read one table, one array a column.

        Raises
        ------
        KeyError
            When the run has no such table.
        """
        if name not in self.tables:
            raise KeyError(name)
        return read_rows(self.folder / f"{name}.parquet")


def open_run(folder: Path) -> Run:
    """Open a run folder.

    Raises
    ------
    InputError
        When the folder is not a run.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        fault = Fault(str(folder), problem="is not a run folder", remedy=f"it holds no {MANIFEST}")
        raise InputError([fault]) from None
    except (ValueError, OSError) as error:
        fault = Fault(
            str(folder / MANIFEST), problem=f"cannot be read: {error}", remedy="run again"
        )
        raise InputError([fault]) from None
    return Run(folder, manifest)


def check_run(folder: Path) -> list[Fault]:
    """Return what is missing or damaged in a run folder, empty when it is whole."""
    try:
        run = open_run(folder)
    except InputError as error:
        return list(error.faults)
    faults = []
    again = "it is not as it was written: run again"
    for key in ("command", "version", "case_hash", "marking", "summary", "tables"):
        if key not in run.manifest:
            faults.append(Fault(MANIFEST, column=key, problem="is missing", remedy=again))
    for name, columns in dict(run.manifest.get("tables", {})).items():
        file = f"{name}.parquet"
        if name not in run.tables:
            faults.append(Fault(file, problem="is missing", remedy=again))
            continue
        try:
            found = sorted(run.table(name))
        except InputError as error:
            faults += error.faults
            continue
        if found != columns:
            faults.append(Fault(file, problem="has other columns than run.json says", remedy=again))
    return faults


def free_folder(command: str) -> Path:
    """Return the first folder runs/<command>-<n> that does not exist yet."""
    number = 1
    while (folder := Path("runs") / f"{command}-{number}").exists():
        number += 1
    return folder


@dataclass(frozen=True)
class Source:
    """What a run is about, as its manifest says it.

    Attributes
    ----------
    case, case_hash, first_day
        Name, hash and first day of the case.
    marking, provenance_shares
        Highest marking of any row, and the share of rows of each provenance.
    rows
        Rows of each table.
    """

    case: str
    case_hash: str
    first_day: str
    marking: str
    provenance_shares: Mapping[str, float]
    rows: Mapping[str, int]


def source_of(network: Network) -> Source:
    """Return what a run on a case is about."""
    marking, shares = _markings_and_provenance(network)
    rows = {name: len(rows) for name, rows in network.tables.items() if len(rows)}
    return Source(network.name, network.case_hash, str(network.first_day), marking, shares, rows)


def source_of_both(one: Run, other: Run) -> Source:
    """Return what a comparison of two runs is about: the second, marked as the stricter of both."""
    second, first = other.manifest, one.manifest
    names = dict.fromkeys((str(first["case"]), str(second["case"])))
    marking = max((str(m["marking"]) for m in (first, second)), key=MARKINGS.index)
    return Source(
        " and ".join(names), str(second["case_hash"]), str(second["first_day"]), marking,
        dict(second["provenance_shares"]), dict(second["rows"]),
    )  # fmt: skip


def write_run(
    folder: Path,
    command: str,
    about: Network | Source,
    tables: Mapping[str, Table | Chunks],
    summary: Mapping[str, Any],
    *,
    inputs: Sequence[str],
    seconds: float,
    seed: int | None = None,
    warnings: Sequence[str] = (),
    documents: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Write a whole run folder, or none.

    Parameters
    ----------
    folder
        Where to; must not exist.
    command
        Verb that was asked.
    about
        The case, or what stands for it.
    tables
        Table name to columns of one length, a long table in pieces.
    summary
        The answer in short, plain data.
    inputs
        What was asked: case and options as given.
    seconds
        How long it took.
    seed
        Seed of what was drawn, None where nothing was.
    warnings
        What the reader must know.
    documents
        Name to what is written as JSON beside the tables.

    Raises
    ------
    UsageError
        When the folder holds something already.
    """
    source = about if isinstance(about, Source) else source_of(about)
    manifest = {
        "command": command,
        "version": __version__,
        "seed": seed,
        "case": source.case,
        "case_hash": source.case_hash,
        "first_day": source.first_day,
        "inputs": list(inputs),
        "seconds": round(seconds, 3),
        "warnings": list(warnings),
        "marking": source.marking,
        "provenance_shares": dict(source.provenance_shares),
        "rows": dict(source.rows),
        "tables": {
            name: sorted(table.columns if isinstance(table, Chunks) else table)
            for name, table in tables.items()
        },
        "summary": dict(summary),
    }
    with whole_folder(folder) as partial:
        for name, table in tables.items():
            path = partial / f"{name}.parquet"
            if isinstance(table, Chunks):
                write_chunks(path, table)
            else:
                write_rows(path, table)
        for name, held in (documents or {}).items():
            text = json.dumps(held, indent=2, ensure_ascii=False) + "\n"
            (partial / f"{name}.json").write_text(text, encoding="utf-8")
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (partial / MANIFEST).write_text(text, encoding="utf-8")
    return Run(folder, manifest)


def _markings_and_provenance(network: Network) -> tuple[str, dict[str, float]]:
    """Return the highest marking of any row, and the share of rows of each provenance."""
    highest = 0
    counts = np.zeros(len(PROVENANCES) + 1)
    for rows in network.tables.values():
        if len(rows):
            highest = max(highest, int(rows["marking"].max()))
            counts += np.bincount(rows["provenance"].astype(int) + 1, minlength=len(counts))
    shares = counts / max(counts.sum(), 1)
    names = ("not stated", *PROVENANCES)
    return MARKINGS[highest], {
        name: round(float(share), 6) for name, share in zip(names, shares, strict=True) if share
    }
