"""The command line as a whole: its commands, its exit codes."""

import os
import signal
import sys
import traceback
from typing import Annotated

import typer

from indranet import __version__
from indranet.cli import asking, buying, comparing, exercising, making, serving, showing, valuing
from indranet.errors import Fault, InputError, NoAnswerError, UsageError

# Modules that take a while to import are imported inside the commands: --help answers at once.

app = typer.Typer(
    name="indranet",
    help="What networks and critical services depend on, and what a loss takes away.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(showing.demo)
app.command()(making.init)
app.command()(asking.check)
app.command()(asking.describe)
app.command()(asking.exposure)
app.command()(asking.stress)
app.command()(asking.plan)
app.command()(buying.diversify)
app.command()(valuing.partners)
app.command()(exercising.exercise)
app.command()(comparing.compare)
app.command()(asking.report)
app.command()(serving.serve)
app.command(name="import")(making.import_)
generate = typer.Typer(no_args_is_help=True, help="Make a synthetic case of any size.")
generate.command()(making.country)
generate.command()(making.firms)
generate.command()(making.plan)
app.add_typer(generate, name="generate")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take what the whole command takes."""
    del version


def _print_faults(faults: tuple[Fault, ...], more: bool) -> None:
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
    sys.stderr.write(f"{count}{' and more' if more else ''}\n")


_SIGNALS: list[int] = []
"""Signals that asked for an end. A library may turn the interruption into an error of its own."""


def _stopped(number: int, _: object) -> None:
    _SIGNALS.append(number)
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 input at fault, 2 wrong usage, 3 no answer within the limits, 70 an error of ours,
    130 interrupted.
    """
    try:
        result = app(args=arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except InputError as error:
        _print_faults(error.faults, error.more)
        return 1
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted; nothing half-written is left\n")
        return 130
    except typer.TyperException as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except NoAnswerError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'a file'}: {error.strerror or error}\n")
        return 1
    except Exception:
        if _SIGNALS:
            sys.stderr.write("interrupted; nothing half-written is left\n")
            return 130
        traceback.print_exc()
        sys.stderr.write("this is an error of indranet, not of your input: please report it\n")
        return 70


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stopped)
        code = run()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
