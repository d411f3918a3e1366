"""A table-top exercise: who plays, what happens when, what each may do; and what they answer."""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, ValidationError

from indranet.errors import Fault, InputError
from indranet.model.goal import Number
from indranet.model.scenario import Circle, Event, Law, Name, Repair
from indranet.model.toml import LARGEST_FILE, Strict, bundled_files, find_model, read_model

Day = Annotated[int, Field(ge=0, le=36_525)]
Doing = Literal["buy", "sign", "withhold", "pass"]
ANSWERS = "-answers"
"""Ends the name of a bundled file of answers."""


class Team(Strict):
    """Those who decide for a country."""

    country: Name = Field(description="Country for which they decide.")
    name: Name | None = Field(None, description="What the team is called; its country if absent.")
    budget_usd: Number = Field(0.0, description="Money for measures, all of it from the first day.")
    measures: tuple[Name, ...] = Field((), description="Measures that it may buy; none if absent.")
    agreements: tuple[Name, ...] = Field(
        (), description="Agreements that it may sign or withhold; none if absent."
    )

    @property
    def called(self) -> str:
        """What the team is called."""
        return self.name or self.country


class Inject(Strict):
    """What the teams are told on a day, and what happens from then on."""

    day: Day = Field(description="Day on whose morning it is told and the teams decide.")
    words: Name = Field(description="News, as the teams read it.")
    event: tuple[Event, ...] = Field(
        (), description="Events, as in a scenario; they begin on the day of the inject or later."
    )

    def happening(self) -> tuple[Event, ...]:
        """Return its events; one that says no day begins on the inject's."""
        return tuple(
            event
            if "day" in event.model_fields_set
            else event.model_copy(update={"day": float(self.day)})
            for event in self.event
        )


class Measure(Strict):
    """A measure of the exercise alone: a row of the table `measures`."""

    measure: Name = Field(description="Its name.")
    kind: Literal[
        "second_source", "stockpile", "plant", "battery", "spare", "link", "crew", "roaming"
    ] = Field(description="What it does.")
    thing: Name | None = Field(None, description="What it acts on.")
    product: Name | None = Field(None, description="What a holder keeps in store.")
    host: Name | None = Field(None, description="Operator that carries who roams.")
    pool: Name | None = Field(None, description="Pool of crews that grows.")
    need: Name | None = Field(None, description="Group of needs that batteries bridge.")
    amount: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(1.0, description="How much.")
    unit: Name | None = Field(None, description="Of the amount; what is usual if absent.")
    cost_usd: Number = Field(description="Cost of buying it.")
    yearly_cost_usd: Number = Field(0.0, description="Cost of keeping it; an exercise counts none.")
    lead_days: Number = Field(0.0, description="Time from the order until it acts.")


SCRIPT = "script"
"""File of faults of a script that was read from none."""


class Script(Strict):
    """An exercise: teams, injects, and how the answer is computed."""

    name: Name = Field(description="What it is called.")
    days: Annotated[int, Field(ge=1, le=3_660)] = Field(description="Days to look at.")
    draws: Annotated[int, Field(ge=1, le=1_000)] = Field(1, description="Draws of what is random.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="Seed of the draws.")
    authority: Name | None = Field(None, description="Whose exclusions stop deliveries.")
    resourcing_days: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Days short after which other makers are asked; never if absent."
    )
    not_in_force: tuple[Name, ...] = Field(
        (), description="Agreements of the case that are not in force when the exercise begins."
    )
    team: tuple[Team, ...] = Field(min_length=1, description="Who plays.")
    inject: tuple[Inject, ...] = Field(min_length=1, description="What happens, in order of days.")
    measure: tuple[Measure, ...] = Field((), description="Measures beside those of the case.")
    _file: str = PrivateAttr(SCRIPT)
    _lines: Mapping[tuple[Any, ...], int] = PrivateAttr(default_factory=dict)

    def placed(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults found later, those of the script with its file and line.

        Their column names the key, `inject 2: day` or `inject 2, event 1: what` for instance.
        """
        return [self._placed(fault) if fault.file == SCRIPT else fault for fault in faults]

    def _placed(self, fault: Fault) -> Fault:
        tables, _, key = fault.column.rpartition(": ")
        path: tuple[Any, ...] = (key,)
        if tables:
            found = re.findall(r"(\w+) (\d+)", tables)
            path = (*(p for table, number in found for p in (table, int(number) - 1)), key)
        steps = (path[:end] for end in range(len(path), 0, -1))
        line = next((self._lines[step] for step in steps if step in self._lines), 0)
        return replace(fault, file=self._file, row=line)


def script_faults(script: Script) -> list[Fault]:
    """Return what does not fit within a script, whatever the case is."""
    faults = []
    names: set[str] = set()
    for number, team in enumerate(script.team, 1):
        if team.called in names:
            faults.append(Fault(SCRIPT, 0, f"team {number}: name", team.called,
                                "is another team's name too", "name each team"))  # fmt: skip
        names.add(team.called)
    before = -1
    for number, inject in enumerate(script.inject, 1):
        column, day = f"inject {number}: day", str(inject.day)
        if inject.day <= before:
            faults.append(Fault(SCRIPT, 0, column, day, f"does not come after day {before}",
                                "write injects in order, one a day"))  # fmt: skip
        if inject.day >= script.days:
            faults.append(Fault(SCRIPT, 0, column, day, f"is not among the {script.days} days",
                                "write an earlier day, or more days"))  # fmt: skip
        before = inject.day
        faults += [
            Fault(SCRIPT, 0, f"inject {number}, event {at}: day", f"{event.day:g}",
                  f"is before the inject's day {day}", "leave it out, or write a later one")
            for at, event in enumerate(inject.happening(), 1)
            if event.day < inject.day
        ]  # fmt: skip
    for key in ("measures", "agreements"):
        for number, team in enumerate(script.team, 1):
            listed: Sequence[str] = getattr(team, key)
            faults += [
                Fault(SCRIPT, 0, f"team {number}: {key}", name, "stands there twice", "write once")
                for name in sorted({name for name in listed if listed.count(name) > 1})
            ]
    return faults


def read_script(path: str | Path) -> Script:
    """Read the script of an exercise.

    Raises
    ------
    InputError
        With every fault, and the line of each.
    """
    found, lines = read_model(path, Script, "script", _NESTED)
    found._file, found._lines = Path(path).name, lines
    faults = script_faults(found)
    if faults:
        raise InputError(sorted(found.placed(faults)))
    return found


def find_script(name: str) -> Script:
    """Read the script of an exercise: a file, or one that comes with the package.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled script of that name.
    """
    return find_model(name, "script", bundled_scripts(), read_script)


def bundled_scripts() -> dict[str, Traversable]:
    """Return the scripts that come with the package, by name: those of the Indo-Pacific case."""
    every = bundled_files("exercises")
    return {name: file for name, file in every.items() if not name.endswith(ANSWERS)}


def bundled_answers() -> dict[str, Traversable]:
    """Return the answers that come with the package, by name."""
    every = bundled_files("exercises")
    return {name: file for name, file in every.items() if name.endswith(ANSWERS)}


def schema() -> str:
    """Return the JSON Schema of a script, for editors that check while one types."""
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Script.model_json_schema(),
    }
    return json.dumps(found, indent=2) + "\n"


class Answer(Strict):
    """What a team does at a turn."""

    day: Day = Field(description="Day of the inject that it answers.")
    team: Name = Field(description="Who does it.")
    do: Doing = Field(description="What it does.")
    what: str = Field("", description="Measure to buy; agreement to sign or withhold.")


_COLUMNS = tuple(Answer.model_fields)


class Answers(Strict):
    """What the teams do."""

    answer: tuple[Answer, ...] = Field((), description="What they do, at each turn in order.")
    _file: str = PrivateAttr("answers")
    _lines: Mapping[tuple[Any, ...], int] = PrivateAttr(default_factory=dict)

    def fault(self, number: int, column: str, problem: str, remedy: str) -> Fault:
        """Return a fault of one answer, numbered from 0, in one of its columns."""
        answer = self.answer[number]
        lines = self._lines
        line = lines.get(("answer", number, column), lines.get(("answer", number), 0))
        return Fault(self._file, line, column, str(getattr(answer, column)), problem, remedy)


def read_answers(path: str | Path) -> Answers:
    """Read answers: a TOML file of tables `[[answer]]`, or a CSV file with the columns of one.

    Raises
    ------
    InputError
        With every fault, and the line of each.
    """
    if Path(path).suffix.lower() == ".csv":
        return _answers_of_rows(Path(path))
    found, lines = read_model(path, Answers, "file of answers", {"answer": Answer})
    found._file, found._lines = Path(path).name, lines
    return found


def find_answers(name: str) -> Answers:
    """Read answers: a file, or some that come with the package.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled one of that name.
    """
    if name.lower().endswith(".csv"):
        return read_answers(name)
    return find_model(name, "file of answers", bundled_answers(), read_answers)


def _answers_of_rows(path: Path) -> Answers:
    """Return the answers of a CSV file."""
    name = path.name

    def refused(problem: str, remedy: str, row: int = 0, column: str = "") -> InputError:
        return InputError([Fault(name, row, column, "", problem, remedy)])

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise refused("is larger than 1 MB", "give a file of answers")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise refused("does not exist", "give the path of a file of answers") from None
    except UnicodeDecodeError:
        raise refused("is no UTF-8 text", "save it as UTF-8") from None
    try:
        rows = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise refused(f"cannot be read as CSV: {error}", "save it again as CSV") from None
    heads = [head.strip() for head in rows[0]] if rows else []
    lacking = [column for column in _COLUMNS if column not in heads]
    unknown = [head for head in heads if head not in _COLUMNS]
    if lacking or unknown:
        problem = f"has no column {lacking[0]!r}" if lacking else f"has a column {unknown[0]!r}"
        raise refused(problem, f"write the columns {', '.join(_COLUMNS)}", 1)
    answers: list[Answer] = []
    lines: dict[tuple[Any, ...], int] = {}
    faults: list[Fault] = []
    for row, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        texts = dict(zip(heads, (cell.strip() for cell in cells), strict=False))
        values: dict[str, Any] = {**texts}
        if re.fullmatch(r"\d{1,6}", texts.get("day", "")):
            values["day"] = int(texts["day"])
        try:
            answer = Answer.model_validate(values)
        except ValidationError as error:
            for one in error.errors():
                column, said = str(one["loc"][0]), str(one["msg"])
                faults.append(Fault(name, row, column, texts.get(column, ""), "does not fit",
                                    f"{said[0].lower()}{said[1:]}"))  # fmt: skip
            continue
        lines["answer", len(answers)] = row
        answers.append(answer)
    if faults:
        raise InputError(faults)
    found = Answers(answer=tuple(answers))
    found._file, found._lines = name, lines
    return found


_NESTED: Mapping[str, type[BaseModel]] = {
    "team": Team, "inject": Inject, "measure": Measure, "event": Event, "lasts_days": Law,
    "within": Circle, "repair": Repair,
}  # fmt: skip
"""Tables inside a script, by their keys."""
