"""Commands that make a case: init, import, generate."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from indranet.cli.shared import Into, Json, Quiet, made, say
from indranet.errors import UsageError
from indranet.runs.progress import progress


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new case.")],
    example: Annotated[str, typer.Option(help="Case to start from.")] = "starter",
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Start a case of your own: headers, data dictionary, a worked row in each table."""
    from indranet.model.template import write_template

    write_template(folder, example)
    silent = made("case", folder, json_only, quiet)
    say(silent, f"{folder} holds a worked case: put your rows in the place of its rows, then")
    say(silent, f"  indranet check {folder}")
    say(silent, f"  indranet exposure {folder}")
    scenario = folder / (
        "scenario.toml" if example == "starter" else "scenarios/malacca-closed.toml"
    )
    say(silent, f"  indranet stress {folder} {scenario}")


_OF_COVERAGE = ("ghz", "loss-db", "device", "operator")
_OF_TRADE = ("smallest-share",)


def import_(
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="faulttree, trade, coverage")],
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to read.")],
    into: Into,
    smallest_share: Annotated[
        float | None, typer.Option(help="Of trade: leave out smaller purchases.")
    ] = None,
    ghz: Annotated[float | None, typer.Option(help="Of coverage: carrier, 0.8 by default.")] = None,
    loss_db: Annotated[
        float | None, typer.Option(help="Of coverage: largest median loss, 130 by default.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Of coverage: class of devices, such as RedCap.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Of coverage: its sites alone.")] = None,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a case from another format.

    faulttree: Open-PSA MEF; trade: input-output table; coverage: a case and the places it serves.
    """
    from indranet.intake.coverage import cover
    from indranet.intake.faulttree import faulttree
    from indranet.intake.trade import trade

    formats: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
        "faulttree": (faulttree, ()),
        "trade": (trade, _OF_TRADE),
        "coverage": (cover, _OF_COVERAGE),
    }
    if format_ not in formats:
        raise UsageError(f"no format {format_!r}: choose from {', '.join(formats)}")
    given = {
        "smallest-share": smallest_share, "ghz": ghz, "loss-db": loss_db, "device": device,
        "operator": operator,
    }  # fmt: skip
    make, options = formats[format_]
    for name, value in given.items():
        if value is not None and name not in options:
            raise UsageError(f"--{name} is not of the format {format_}: leave it out")
    asked = {n.replace("-", "_"): value for n, value in given.items() if value is not None}
    make(sources, into, **asked)
    say(made("case", into, json_only, quiet), f"{into} holds the case")


def country(
    into: Into,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")],
    sites: Annotated[int, typer.Option(help="Number of sites.", min=1)] = 10_000,
    of: Annotated[str, typer.Option("--country", help="ISO 3166-1 alpha-3 code.")] = "IND",
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a calibrated national case of any size."""
    from indranet.intake.generate import country as generate_country

    with progress(f"generating {sites:,} sites", quiet or json_only):
        generate_country(into, sites=sites, seed=seed, country=of)
    say(made("case", into, json_only, quiet), f"{into} holds the case")


def plan(
    into: Into,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")],
    clusters: Annotated[int, typer.Option(help="Number of clusters.", min=1)] = 1_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a programme of replacement of any size, with its goal."""
    from indranet.intake.plans import plans as generate_plans

    with progress(f"generating {clusters:,} clusters", quiet or json_only):
        generate_plans(into, clusters=clusters, seed=seed)
    silent = made("case", into, json_only, quiet)
    say(silent, f"{into} holds the case; indranet plan {into} {into / 'goal.toml'}")


def firms(
    into: Into,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")],
    firms: Annotated[int, typer.Option("--firms", help="Number of firms.", min=1)] = 10_000,
    table: Annotated[
        Path | None, typer.Option("--table", help="Input-output table that they add up to.")
    ] = None,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a network of firms of any size that adds up to an input-output table."""
    from indranet.intake.firms import firms as generate_firms

    with progress(f"generating {firms:,} firms", quiet or json_only):
        generate_firms(into, firms=firms, seed=seed, table=table)
    say(made("case", into, json_only, quiet), f"{into} holds the case")
