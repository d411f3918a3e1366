"""The command that chooses measures."""

import time
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
    from indranet.model.network import Network
    from indranet.model.scenario import Scenario
    from indranet.runs.run import Run
    from indranet.studies.diversify import Diversified


def diversify(
    case: Case,
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENARIO...", help="TOML files, or names of bundled scenarios."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0.0, metavar="USD", help="To spend, USD.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="IND,JPN,...", help="What lets these build it themselves."),
    ] = None,
    years: Annotated[
        float, typer.Option("--years", min=0.0, help="Years of keeping that count as cost.")
    ] = 5.0,
    tail: Annotated[
        float | None,
        typer.Option("--tail", min=0.0, max=1.0, help="Look at the worst part of draws (CVaR)."),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option("--within", min=0.0, metavar="DAYS", help="Only what acts so soon."),
    ] = None,
    count: Annotated[
        str | None,
        typer.Option("--count", metavar="people-days|USD", help="What a loss is counted in."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Of each scenario; its own by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes; one a core by default.")
    ] = None,
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose which second sources, stocks, links and skills to buy first."""
    from indranet.model.scenario import find_scenario
    from indranet.runs.run import free_folder

    silent = quiet or json_only
    folder = vacant(free_folder("diversify") if out is None else out)
    asked = [find_scenario(name) for name in scenarios or ()]
    countries = listed("--only", only)
    if not asked and not countries:
        raise UsageError("name a scenario, or give --only and the countries")
    if asked and budget is None:
        raise UsageError("give --budget: what may be spent on measures, in USD")
    if draws is not None:
        asked = [one.model_copy(update={"draws": draws}) for one in asked]
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    given = {"budget": budget, "only": only, "years": years, "tail": tail, "within": within,
             "count": count, "draws": draws}  # fmt: skip
    inputs = [str(case), *(scenarios or ())]
    for name, value in given.items():
        if value is not None:
            inputs += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    numbers = {"years": years, "tail": tail, "within_days": within, "count": count}
    run = run_diversify(
        network, asked, folder, inputs, silent, budget or 0.0, numbers, countries, workers
    )
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def run_diversify(
    network: "Network", asked: "list[Scenario]", folder: Path, inputs: list[str], silent: bool,
    budget: float, numbers: dict[str, Any], countries: tuple[str, ...] = (),
    workers: int | None = None,
) -> "Run":  # fmt: skip
    """Choose measures and write the run."""
    from indranet.runs.run import write_run

    begun = time.perf_counter()
    tables: dict[str, Any] = {}
    summary: dict[str, Any] = {"scenarios": []}
    if asked:
        found = _chosen(network, asked, budget, numbers, workers, silent)
        tables, summary = dict(found.tables), dict(found.summary)
    if countries:
        _alone(network, countries, numbers, tables, summary, silent)
    return write_run(
        folder, "diversify", network, tables, summary, inputs=inputs,
        seconds=time.perf_counter() - begun, seed=asked[0].seed if asked else 0,
    )  # fmt: skip


def _chosen(
    network: "Network", asked: "list[Scenario]", budget: float, numbers: dict[str, Any],
    workers: int | None, silent: bool,
) -> "Diversified":  # fmt: skip
    from indranet.studies.diversify import diversify as study

    most = max(one.draws for one in asked)
    told = known("outcomes", silent)
    with progress("choosing measures", silent), draw_executor(most, workers) as executor:
        return study(network, asked, budget, executor=executor, progress=told, **numbers)


def _alone(
    network: "Network", countries: tuple[str, ...], numbers: dict[str, Any],
    tables: dict[str, Any], summary: dict[str, Any], silent: bool,
) -> None:  # fmt: skip
    from indranet.studies.diversify import for_sale
    from indranet.studies.only_measures import restoring_measures

    years = numbers["years"]
    names, _ = for_sale(network, years, numbers["within_days"])
    with progress("looking for what partners could build", silent):
        table, told = restoring_measures(network, countries, names, years)
    tables["only_measures"], summary["only"] = table, told
