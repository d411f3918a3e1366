"""Commands that ask: each reads files, calls one function of the package, writes a run."""

import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indranet.cli.shared import (
    Case,
    FileGigabytes,
    Json,
    MostColumns,
    Out,
    Quiet,
    finish,
    limits,
    listed,
    made,
    read_case,
    say,
    vacant,
)
from indranet.errors import InputError, NoAnswerError, UsageError
from indranet.runs.progress import draws_done, progress

if TYPE_CHECKING:
    from indranet.model.goal import Goal
    from indranet.model.network import Network
    from indranet.model.scenario import Scenario
    from indranet.runs.run import Run


def check(
    what: Annotated[Path, typer.Argument(metavar="CASE|RUN", help="Case, or folder of a run.")],
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """List all faults of a case at once: file, row, column, value, remedy."""
    from indranet.runs.run import MANIFEST, check_run

    if (what / MANIFEST).is_file():
        faults = check_run(what)
    else:
        from indranet.model.case import check as check_case

        with progress(f"checking {what}", quiet or json_only):
            faults = check_case(what, limits=limits(max_file_gb, max_columns))
    if json_only:
        typer.echo(json.dumps({"faults": [vars(fault) for fault in faults]}, indent=2))
    if faults:
        raise InputError(faults)
    if not json_only:
        say(quiet, f"{what}: no fault found")


def describe(
    case: Case,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell what a case holds: tables, counts, provenance, gaps."""
    from indranet.runs.words import table_lines
    from indranet.studies.description import describe as describe_network

    network = read_case(case, quiet or json_only, limits(max_file_gb, max_columns))
    found = describe_network(network)
    if json_only:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    if json_only or quiet:
        return
    typer.echo(f"{network.name} ({network.first_day}), case {network.case_hash[:12]}")
    typer.echo("\n".join(table_lines(found["tables"])))
    for gap in found["gaps"]:
        typer.echo(f"- {gap}")


def exposure(
    case: Case,
    by: Annotated[
        str | None, typer.Option("--by", metavar="KIND,...", help="Kinds of thing to take away.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="IND,JPN,...", help="What these countries make alone."),
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option("--authority", metavar="NAME", help="Whose exclusions decide on trust."),
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day; the case's first by default.")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Take away two at once as well.")] = False,
    reasons: Annotated[
        str | None,
        typer.Option("--reasons", metavar="ID", help="Why it is lost, and its smallest cuts."),
    ] = None,
    availability: Annotated[
        bool, typer.Option("--availability", help="How often services are down, from failures.")
    ] = False,
    systemic: Annotated[
        bool, typer.Option("--systemic", help="How much of all production stops in the end.")
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, max=1.0, help="Of --systemic: smallest loss.")
    ] = 0.01,
    weight: Annotated[
        str, typer.Option("--weight", metavar="sales|largest", help="Of --systemic: what counts.")
    ] = "sales",
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take away each vendor, firm, country, product, plant, passage and lane; count what stops."""
    from indranet.runs.run import free_folder

    silent = quiet or json_only
    folder = vacant(free_folder("exposure") if out is None else out)
    asked: dict[str, Any] = {
        "by": listed("--by", by),
        "only": listed("--only", only),
        "authority": _named("--authority", authority),
        "on": _day(on),
        "pairs": pairs,
        "reasons": _named("--reasons", reasons),
        "availability": availability,
        "systemic": systemic,
    }
    if systemic:
        asked |= {"tolerance": tolerance, "weight": _weight(weight)}
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    options = {"by": by, "only": only, "authority": authority, "on": on, "reasons": reasons}
    inputs = [str(case)]
    inputs += [word for name, text in options.items() if text for word in (f"--{name}", text)]
    inputs += [f"--{name}" for name in ("pairs", "availability", "systemic") if asked[name]]
    inputs += ["--tolerance", f"{tolerance:g}", "--weight", weight] if systemic else []
    run = run_exposure(network, folder, inputs, silent, {k: v for k, v in asked.items() if v})
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def stress(
    case: Case,
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="TOML file, or the name of a bundled one.")
    ],
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Draws; the scenario's by default.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed; the scenario's by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; one a core by default.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler to compute draws."),
    ] = None,
    detail: Annotated[
        bool, typer.Option("--detail", help="Keep the output of every plant on every day.")
    ] = False,
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario day by day: what runs short, what goes down, for whom, and why."""
    from indranet.model.scenario import find_scenario
    from indranet.runs.run import free_folder

    if workers is not None and cluster is not None:
        raise UsageError("--workers and --cluster exclude each other: give one")
    silent = quiet or json_only
    folder = vacant(free_folder("stress") if out is None else out)
    asked = find_scenario(scenario)
    other = {"draws": draws, "seed": seed}
    asked = asked.model_copy(update={k: v for k, v in other.items() if v is not None})
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    inputs = [str(case), scenario, "--draws", str(asked.draws), "--seed", str(asked.seed)]
    inputs += ["--detail"] if detail else []
    run = run_stress(network, asked, folder, inputs, silent, workers, cluster, detail)
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def plan(
    case: Case,
    goal: Annotated[
        str | None,
        typer.Argument(metavar="[GOAL]", help="TOML file, or the name of a bundled one."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=1.0, help="Time; the goal's by default.")
    ] = None,
    gap: Annotated[
        float | None, typer.Option("--gap", min=0.0, max=1.0, help="(cost - bound) / cost enough.")
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Earlier plan that was announced."),
    ] = None,
    freeze_days: Annotated[
        int | None,
        typer.Option(
            "--freeze-days", min=0, help="Days for which it stays; the goal's by default."
        ),
    ] = None,
    deliveries: Annotated[
        Path | None,
        typer.Option("--deliveries", metavar="RUN", help="Stress run with --detail to go by."),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option("--sweep", metavar="deadline|cap", help="Plan at other dates or caps, too."),
    ] = None,
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Plan how to replace a vendor: who, when, at what cost, how likely each date is."""
    from indranet.model.goal import find_goal
    from indranet.runs.earlier import announced, stressed
    from indranet.runs.run import free_folder
    from indranet.studies.plan_sweep import SWEEPS

    if freeze_days is not None and from_ is None:
        raise UsageError("--freeze-days freezes what was announced: give --from RUN with it")
    if sweep is not None and sweep not in SWEEPS:
        raise UsageError(f"--sweep {sweep!r} is not known: choose from {', '.join(SWEEPS)}")
    silent = quiet or json_only
    folder = vacant(free_folder("plan") if out is None else out)
    begun: dict[str, Any] = {}
    asked = find_goal(goal) if goal is not None else None
    if from_ is not None:
        asked, schedule = announced(from_, asked)
        begun = {"announced": schedule, "freeze_days": freeze_days}
    made_by = stressed(deliveries) if deliveries is not None else None
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    said: list[str] = []
    if made_by is not None:
        begun |= {"production": made_by.production, "production_from": made_by.first_day}
        if made_by.case_hash != network.case_hash:
            said.append(f"{deliveries} was run on another state of the case.")
    asked = _rules_in_force(network) if asked is None else asked
    options = {
        "from": from_, "freeze-days": freeze_days, "deliveries": deliveries,
        "seconds": None if seconds is None else f"{seconds:g}",
        "gap": None if gap is None else f"{gap:g}", "sweep": sweep,
    }  # fmt: skip
    inputs = [str(case), *([goal] if goal else [])]
    given = {name: value for name, value in options.items() if value is not None}
    inputs += [word for name, value in given.items() for word in (f"--{name}", str(value))]
    begun["sweep"] = sweep
    run = run_plan(network, asked, folder, inputs, silent, seconds, gap, begun, said)
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")
    summary = run.manifest["summary"]
    if summary["status"] == "interrupted":
        raise KeyboardInterrupt
    if summary["unswapped"]:
        raise NoAnswerError(f"not all can be swapped: what was found is in {run.folder}")


def _rules_in_force(network: "Network") -> "Goal":
    """Return the goal of a case without one: meet the rules in force of the only authority."""
    from indranet.model.goal import Goal

    authorities = sorted(set(network["exclusions"].text("authority")))
    sites = network["sites"]
    operators = sorted({int(o) for o in sites["operator"].tolist() if o >= 0})
    if len(authorities) != 1 or not operators:
        told = ", ".join(authorities) or "none"
        raise UsageError(f"which goal? The case has these authorities: {told}; give a goal file")
    names = network.names["firm"]
    equipment = network["equipment"]["site"]
    most = max(operators, key=lambda o: int((sites["operator"][equipment] == o).sum()))
    return Goal.model_validate(
        {
            "name": f"{authorities[0]}, {names[most]}",
            "operator": str(names[most]),
            "replace": {"authority": authorities[0]},
        }
    )


def run_plan(
    network: "Network",
    goal: "Goal",
    folder: Path,
    inputs: list[str],
    silent: bool,
    seconds: float | None = None,
    gap: float | None = None,
    begun: dict[str, Any] | None = None,
    said: "tuple[str, ...] | list[str]" = (),
) -> "Run":
    """Plan and write the run, whole or not at all."""
    from indranet.runs.earlier import GOAL
    from indranet.runs.plan_changes import change_warnings
    from indranet.runs.plan_deliveries import delivery_warnings
    from indranet.runs.run import write_run
    from indranet.studies.plan import plan as study

    first = time.perf_counter()
    with progress("planning", silent), ThreadPoolExecutor(os.cpu_count()) as threads:
        found = study(network, goal, seconds=seconds, gap=gap, executor=threads, **(begun or {}))
    minded = [*said, *change_warnings(found.summary), *delivery_warnings(found.summary)]
    for line in () if silent else minded:
        sys.stderr.write(f"mind: {line}\n")
    asked = {
        "first_day": str(network.first_day),
        **json.loads(goal.model_dump_json(by_alias=True, exclude_none=True)),
    }
    return write_run(
        folder, "plan", network, found.tables, found.summary, inputs=inputs,
        seconds=time.perf_counter() - first, seed=goal.seed,
        warnings=minded, documents={"plan": found.proof, GOAL: asked},
    )  # fmt: skip


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[Path | None, typer.Option("--out", help="HTML file to write.")] = None,
    xlsx: Annotated[
        bool, typer.Option("--xlsx", help="Write the tables as a workbook beside it as well.")
    ] = False,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw runs as one HTML file that needs no network."""
    from indranet.runs.run import open_run
    from indranet.runs.workbook import workbook

    opened = [open_run(folder) for folder in runs]
    page = opened[0].folder / "report.html" if out is None else out
    write_report(opened, page, quiet or json_only)
    if xlsx:
        with progress("writing the workbook", quiet or json_only):
            workbook(opened, page.with_suffix(".xlsx"))
        say(quiet or json_only, f"workbook: {page.with_suffix('.xlsx')}")
    made("report", page, json_only, quiet)


def run_exposure(
    network: "Network",
    folder: Path,
    inputs: "tuple[str, ...] | list[str]",
    silent: bool,
    asked: dict[str, Any],
) -> "Run":
    """Take each thing away and write the run."""
    from indranet.runs.run import write_run
    from indranet.runs.words import warnings
    from indranet.studies.exposure import exposure as study

    begun = time.perf_counter()
    with progress("taking each thing away", silent), ThreadPoolExecutor(os.cpu_count()) as threads:
        found = study(network, **asked, executor=threads)
    seconds = time.perf_counter() - begun
    said = warnings(found.summary)
    for line in () if silent else said:
        sys.stderr.write(f"mind: {line}\n")
    return write_run(
        folder, "exposure", network, found.tables, found.summary,
        inputs=inputs, seconds=seconds, warnings=said,
        seed=0 if "availability" in asked else None,
    )  # fmt: skip


def run_stress(
    network: "Network",
    scenario: "Scenario",
    folder: Path,
    inputs: list[str],
    silent: bool,
    workers: int | None = None,
    cluster: str | None = None,
    detail: bool = False,
) -> "Run":
    """Run a scenario; finished draws are kept beside the folder until the run is whole."""
    from indranet.runs.run import write_run
    from indranet.studies.ensemble import cluster_executor, local_executor
    from indranet.studies.stress import stress as study

    begun = time.perf_counter()
    kept = folder.parent / f".{folder.name}.draws" if scenario.draws > 1 else None
    told = draws_done(scenario.draws, silent)
    executor = cluster_executor(cluster) if cluster else local_executor(_workers(scenario, workers))
    with progress("running the scenario", silent), executor as pool:
        found = study(network, scenario, executor=pool, folder=kept, detail=detail, progress=told)
        seconds = time.perf_counter() - begun
        tables = {name: found.tables[name] for name in found.tables if name not in found.long}
        run = write_run(
            folder, "stress", network, {**tables, **found.long}, found.summary,
            inputs=inputs, seconds=seconds, seed=scenario.seed,
        )  # fmt: skip
    if kept is not None:
        shutil.rmtree(kept, ignore_errors=True)
    return run


def _workers(scenario: "Scenario", asked: int | None) -> int:
    """Return how many processes to start: no more than there is work for."""
    return min(asked or os.cpu_count() or 1, max(scenario.draws // 8, 1))


def _weight(text: str) -> str:
    from indranet.studies.systemic import WEIGHTS

    if text not in WEIGHTS:
        raise UsageError(f"--weight {text!r} is not known: choose from {', '.join(WEIGHTS)}")
    return text


def _named(option: str, text: str | None) -> str | None:
    """Return what an option names, None where it is absent."""
    if text is not None and not text.strip():
        raise UsageError(f"{option} {text!r} names nothing: leave the option out, or name one")
    return text


def write_report(runs: "list[Run]", out: Path, quiet: bool) -> None:
    """Draw some runs on one page, and say where it is."""
    from indranet.runs.report import report as write

    with progress("drawing the report", quiet):
        write(runs, out)
    say(quiet, f"report: {out}")


def _day(text: str | None) -> Any:
    import numpy as np

    if text is None:
        return None
    try:
        return np.datetime64(time.strftime("%Y-%m-%d", time.strptime(text, "%Y-%m-%d")), "D")
    except ValueError:
        raise UsageError(f"--on {text!r} is no date: write YYYY-MM-DD") from None
