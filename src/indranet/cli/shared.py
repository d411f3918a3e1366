"""What several commands share: options, reading a case, saying what was made."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indranet.runs.progress import progress

if TYPE_CHECKING:
    from indranet.model.files import Limits
    from indranet.model.network import Network

Case = Annotated[
    Path, typer.Argument(metavar="CASE", help="Folder of a case, a zip of it, or indo-pacific.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write; never overwritten.")]
Into = Annotated[Path, typer.Option("--into", help="Folder of the new case.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary alone, as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
FileGigabytes = Annotated[
    float, typer.Option("--max-file-gb", help="Refuse larger files, and zips that unpack to twice.")
]
MostColumns = Annotated[int, typer.Option("--max-columns", help="Refuse tables with more columns.")]


def made(what: str, path: Path, json_only: bool, quiet: bool) -> bool:
    """Print what was made as JSON where that was asked; return whether words are unwanted."""
    if json_only:
        typer.echo(json.dumps({what: str(path)}))
    return json_only or quiet


def read_case(case: Path, silent: bool, limits: "Limits | None" = None) -> "Network":
    """Read and check a case."""
    from indranet.model.case import LIMITS, read

    with progress(f"reading {case}", silent):
        return read(case, limits=limits or LIMITS)


def limits(file_gigabytes: float, columns: int) -> "Limits":
    """Return what a case may ask of the machine."""
    from indranet.model.files import Limits as Made

    size = int(file_gigabytes * (1 << 30))
    return Made(file_bytes=size, unpacked_bytes=2 * size, columns=columns)


def say(quiet: bool, text: str) -> None:
    """Print a line unless words are unwanted."""
    if not quiet:
        typer.echo(text)
