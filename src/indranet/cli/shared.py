"""What several commands share: options, reading a case, saying what was made."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indranet.errors import UsageError
from indranet.runs.progress import progress

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from indranet.model.files import Limits
    from indranet.model.network import Network
    from indranet.runs.run import Run

_FEW_DRAWS = 16
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


def draw_executor(draws: int, workers: int | None) -> "Executor":
    """Return where draws are computed: in this process if few, as others take a while to start."""
    from indranet.studies.ensemble import local_executor

    return local_executor(1 if draws < _FEW_DRAWS and workers is None else workers)


def vacant(folder: Path) -> Path:
    """Return a folder that is not there yet.

    Raises
    ------
    UsageError
        When it is.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists, and a run never overwrites: choose another --out")
    return folder


def listed(option: str, text: str | None) -> tuple[str, ...]:
    """Return the words of a list with commas between, none where the option is absent."""
    words = tuple(word.strip() for word in (text or "").split(",") if word.strip())
    if text is not None and not words:
        raise UsageError(f"{option} {text!r} names nothing: leave the option out, or name some")
    return words


def finish(run: "Run", json_only: bool, quiet: bool) -> None:
    """Print the answer of a run: its summary as JSON, or in words."""
    from indranet.runs.compare_terminal import compare_lines
    from indranet.runs.diversify_terminal import diversify_lines
    from indranet.runs.exercise_terminal import exercise_lines
    from indranet.runs.partners_terminal import partners_lines
    from indranet.runs.plan_terminal import plan_lines
    from indranet.runs.stress_terminal import stress_lines
    from indranet.runs.terminal import answer_lines

    lines = {"stress": stress_lines, "plan": plan_lines, "diversify": diversify_lines,
             "partners": partners_lines, "exercise": exercise_lines,
             "compare": compare_lines}  # fmt: skip
    told = lines.get(str(run.manifest["command"]), answer_lines)
    if json_only:
        typer.echo(json.dumps(run.manifest["summary"], indent=2, ensure_ascii=False))
    elif not quiet:
        typer.echo("\n".join(told(run)))
