"""Earlier runs that a plan begins with: what was announced, and what plants will make."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from indranet.errors import Fault, InputError, UsageError
from indranet.model.goal import Goal
from indranet.runs.run import Run, Table, open_run

GOAL = "goal"
"""Document of a plan's run that holds its goal."""


def announced(folder: Path, goal: Goal | None) -> tuple[Goal, Table]:
    """Return the goal of a plan that follows an earlier one, and the schedule of that.

    Parameters
    ----------
    folder
        Run of the earlier plan.
    goal
        What is asked now; what was asked then by default.

    Raises
    ------
    InputError
        When the folder is no run, or a table of it cannot be read.
    UsageError
        When it is the run of another command, holds no goal where none is given, or its periods are
        of another length.
    """
    run = _run_of(folder, "plan", "--from")
    then = _goal_of(folder)
    asked = goal or then
    if asked is None:
        raise UsageError(f"--from {folder} holds no goal.json: name the goal")
    if then is not None and then.period != asked.period:
        raise UsageError(
            f"--from {folder} plans by {then.period} and {asked.name} by {asked.period}: what was "
            f'announced holds for one length of period, write period = "{then.period}"'
        )
    return asked, _table(run, "schedule")


@dataclass(frozen=True)
class Made:
    """What plants make in a stress run: its table, its day 0, the case it is of."""

    production: Table
    first_day: np.datetime64
    case_hash: str


def stressed(folder: Path) -> Made:
    """Return what plants make in a stress run.

    Raises
    ------
    InputError
        When the folder is no run, or a table of it cannot be read.
    UsageError
        When it is the run of another command, or does not keep the output of plants.
    """
    run = _run_of(folder, "stress", "--deliveries")
    if "production" not in run.tables:
        raise UsageError(
            f"--deliveries {folder} does not keep what each plant makes: run indranet stress with "
            "--detail"
        )
    day = np.datetime64(str(run.manifest["first_day"]), "D")
    return Made(_table(run, "production"), day, str(run.manifest["case_hash"]))


def _run_of(folder: Path, command: str, option: str) -> Run:
    run = open_run(folder)
    found = run.manifest.get("command")
    if found != command:
        raise UsageError(
            f"{option} {folder} is a run of indranet {found}: give one of indranet {command}"
        )
    return run


def _table(run: Run, name: str) -> Table:
    if name not in run.tables:
        fault = Fault(f"{run.folder}/{name}.parquet", problem="is missing", remedy="run again")
        raise InputError([fault])
    return run.table(name)


def _goal_of(folder: Path) -> Goal | None:
    file = folder / f"{GOAL}.json"
    if not file.is_file():
        return None
    try:
        return Goal.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise UsageError(
            f"{file} is not as it was written ({error.error_count()} faults): name the goal"
        ) from None
