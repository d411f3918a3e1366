"""The command that holds a table-top exercise."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated

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
    read_case,
    say,
    vacant,
)
from indranet.runs.progress import known

if TYPE_CHECKING:
    from indranet.studies.exercise import Turn
    from indranet.studies.exercise_game import Decision

Ask = Callable[[str, int], int]
"""Asks for a number from 0 to another."""


def exercise(
    case: Case,
    script: Annotated[
        str, typer.Argument(metavar="SCRIPT", help="TOML file, or the name of a bundled one.")
    ],
    answers: Annotated[
        str | None,
        typer.Option("--answers", metavar="FILE", help="What the teams do: TOML or CSV."),
    ] = None,
    out: Out = None,
    max_file_gb: FileGigabytes = 4.0,
    max_columns: MostColumns = 10_000,
    json_only: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold a table-top exercise: teams decide turn by turn, the model answers and keeps the score.

    Without --answers the teams are asked on the terminal; where there is none, nobody does
    anything.
    """
    from indranet.model.exercise import find_answers, find_script
    from indranet.runs.run import free_folder, write_run
    from indranet.studies.exercise import exercise as study

    silent = quiet or json_only
    folder = vacant(free_folder("exercise") if out is None else out)
    asked = find_script(script)
    given = None if answers is None else find_answers(answers)
    network = read_case(case, silent, limits(max_file_gb, max_columns))
    inputs = [str(case), script, *(["--answers", answers] if answers is not None else [])]
    at_table = given is None and not silent and sys.stdin.isatty()
    begun = time.perf_counter()
    found = study(
        network, asked, given, deciding=_at_table if at_table else None,
        progress=known("runs", silent),
    )  # fmt: skip
    run = write_run(
        folder, "exercise", network, found.tables, found.summary, inputs=inputs,
        seconds=time.perf_counter() - begun, seed=asked.seed,
    )  # fmt: skip
    finish(run, json_only, quiet)
    say(silent, f"\nrun written to {run.folder}; indranet report {run.folder} draws it")


def _at_table(turn: "Turn") -> "list[Decision]":
    """Ask every team what it does."""
    return ask_teams(turn, _asked)


def _asked(words: str, most: int) -> int:
    from rich.prompt import IntPrompt

    numbers = [str(number) for number in range(most + 1)]
    try:
        return IntPrompt.ask(words, choices=numbers, show_choices=False)
    except EOFError:
        return 0


def ask_teams(turn: "Turn", ask: Ask) -> "list[Decision]":
    """Return what the teams do at a turn, each asked until it does nothing more.

    Parameters
    ----------
    turn
        The turn.
    ask
        Asks for the number of a choice.
    """
    from indranet.model.exercise import Answer
    from indranet.runs.exercise_terminal import choice_words, news_lines, told_lines
    from indranet.studies.exercise_game import choices, decided

    done = list(turn.done)
    _say(news_lines(turn))
    for told in turn.told:
        _say(told_lines(told))
        if not choices(turn.game, told.team, done):
            _say(["  There is nothing that it can do."])
        while some := choices(turn.game, told.team, done):
            _say(f"  {at}  {choice_words(turn, *one, done)}" for at, one in enumerate(some, 1))
            number = ask(f"  What does {told.team} do? (0: nothing more)", len(some))
            if number == 0:
                break
            do, what = some[number - 1]
            answer = Answer.model_validate(
                {"day": turn.inject.day, "team": told.team, "do": do, "what": what}
            )
            done.append(decided(turn.game, answer))
            _say([f"  noted: {answer.day},{answer.team},{do},{what}"])
    return done[len(turn.done) :]


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
