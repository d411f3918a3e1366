"""The command that values agreements."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indranet.cli.shared import (
    Case,
    FileGigabytes,
    Json,
    MostColumns,
    Out,
    Quiet,
    draw_executor,
    finish,
    limits,
    listed,
    read_case,
    say,
    vacant,
)
from indranet.errors import UsageError
from indranet.runs.progress import known, progress

if TYPE_CHECKING:
    from indranet.model.goal import Goal
    from indranet.model.network import Network
    from indranet.model.scenario import Scenario
    from indranet.runs.run import Run


def partners(
    case: Case,
    question: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO_OR_GOAL", help="TOML file, or the name of a bundled scenario or goal."
        ),
    ],
    agreements: Annotated[
        str | None,
        typer.Option("--agreements", metavar="ID,...", help="Those to value; else all that act."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Of a scenario; its own by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; one a core by default.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1.0, help="Of each plan; the goal's by default."),
    ] = None,
    gap: Annotated[
        float | None, typer.Option("--gap", min=0.0, max=1.0, help="(cost - bound) / cost enough.")
    ] = None,
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Value each agreement, and each country in them, in a scenario or a goal."""
    from indranet.model.question import find_question
    from indranet.model.scenario import Scenario
    from indranet.runs.run import free_folder

    silent = quiet or json_only
    folder = vacant(free_folder("partners") if out is None else out)
    asked = find_question(question)
    if isinstance(asked, Scenario):
        if seconds is not None or gap is not None:
            raise UsageError("--seconds and --gap are of plans: a scenario takes neither")
        asked = asked if draws is None else asked.model_copy(update={"draws": draws})
    elif draws is not None or workers is not None:
        raise UsageError("--draws and --workers are of scenarios: a goal takes neither")
    named = listed("--agreements", agreements)
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    given = {
        "agreements": agreements, "draws": draws,
        "seconds": None if seconds is None else f"{seconds:g}",
        "gap": None if gap is None else f"{gap:g}",
    }  # fmt: skip
    inputs = [str(case), question]
    inputs += [word for name, value in given.items() if value is not None
               for word in (f"--{name}", str(value))]  # fmt: skip
    run = run_partners(network, asked, folder, inputs, silent, named, workers, (seconds, gap))
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def run_partners(
    network: "Network",
    asked: "Scenario | Goal",
    folder: Path,
    inputs: list[str],
    silent: bool,
    named: tuple[str, ...] = (),
    workers: int | None = None,
    limits_of_plans: tuple[float | None, float | None] = (None, None),
) -> "Run":
    """Value agreements and write the run."""
    from indranet.model.scenario import Scenario
    from indranet.runs.run import write_run
    from indranet.studies.partners import partners as study

    begun = time.perf_counter()
    seconds, gap = limits_of_plans
    if isinstance(asked, Scenario):
        pool = draw_executor(asked.draws, workers)
    else:
        pool = ThreadPoolExecutor(os.cpu_count())
    told = known("outcomes", silent)
    with progress("valuing agreements", silent), pool as executor:
        found = study(
            network, asked, agreements=named, executor=executor, seconds=seconds, gap=gap,
            progress=told,
        )  # fmt: skip
    return write_run(
        folder, "partners", network, found.tables, found.summary, inputs=inputs,
        seconds=time.perf_counter() - begun, seed=asked.seed,
    )  # fmt: skip
