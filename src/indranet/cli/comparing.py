"""The command that puts two runs or two cases side by side."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indranet.cli.shared import Json, Out, Quiet, finish, read_case, say, vacant
from indranet.errors import UsageError
from indranet.runs.progress import progress

if TYPE_CHECKING:
    from indranet.runs.run import Run


def compare(
    one: Annotated[Path, typer.Argument(metavar="RUN|CASE", help="Folder of a run, or a case.")],
    other: Annotated[Path, typer.Argument(metavar="RUN|CASE", help="What it is held against.")],
    out: Out = None,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what changed between two runs of one command, or between two cases."""
    from indranet.runs.run import MANIFEST, free_folder

    silent = quiet or json_only
    folder = vacant(free_folder("compare") if out is None else out)
    are_runs = [(path / MANIFEST).is_file() for path in (one, other)]
    if are_runs[0] != are_runs[1]:
        raise UsageError("one is a run and the other none: compare two runs, or two cases")
    begun = time.perf_counter()
    with progress("comparing", silent):
        compared = _runs if are_runs[0] else _cases
        run = compared(one, other, folder, begun, silent)
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def _runs(one: Path, other: Path, folder: Path, begun: float, silent: bool) -> "Run":
    from indranet.runs.compare import compare_runs
    from indranet.runs.run import open_run, source_of_both, write_run

    del silent
    first, second = open_run(one), open_run(other)
    tables, summary = compare_runs(first, second)
    return write_run(
        folder, "compare", source_of_both(first, second), tables, summary,
        inputs=[str(one), str(other)], seconds=time.perf_counter() - begun,
    )  # fmt: skip


def _cases(one: Path, other: Path, folder: Path, begun: float, silent: bool) -> "Run":
    from indranet.runs.compare import compare_cases
    from indranet.runs.run import write_run

    first, second = read_case(one, silent), read_case(other, silent)
    tables, summary = compare_cases(first, second)
    summary |= {"one": str(one), "other": str(other)}
    return write_run(
        folder, "compare", second, tables, summary, inputs=[str(one), str(other)],
        seconds=time.perf_counter() - begun,
    )  # fmt: skip
