"""A table-top exercise: teams decide turn by turn, the model answers, and at the end counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log10
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.exercise import Answers, Inject, Script
from indranet.model.network import Network
from indranet.studies.exercise_courses import Course, Courses
from indranet.studies.exercise_game import (
    Decision,
    Game,
    decisions_of,
    made_ready,
    money_left,
)
from indranet.studies.exercise_hindsight import Loss, best

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

UNITS = ("people-days", "USD")
_ROUNDING = 1e-9
"""Part of the usual below which a difference is rounding."""


@dataclass(frozen=True)
class Told:
    """What a team is told at a turn.

    Attributes
    ----------
    team, day
        Who, and when.
    people_served
        Persons served in its country on that day.
    lost, lost_abroad
        People-days lost so far, in its country and elsewhere.
    forecast, forecast_abroad
        People-days lost by the end if nobody does anything more and nothing more happens.
    stockouts, stockouts_ahead
        Times that stocks in its country ran out so far, and will if nothing is done.
    money_left_usd
        What it can still spend.
    """

    team: str
    day: int
    people_served: float
    lost: float
    lost_abroad: float
    forecast: float
    forecast_abroad: float
    stockouts: int
    stockouts_ahead: int
    money_left_usd: float


@dataclass(frozen=True, eq=False)
class Turn:
    """A turn: what has happened, what each team is told, and what was done before.

    Attributes
    ----------
    game, inject
        The exercise, and what is new.
    told
        What each team is told.
    done
        Decisions of earlier turns.
    """

    game: Game
    inject: Inject
    told: tuple[Told, ...]
    done: tuple[Decision, ...]


Deciding = Callable[[Turn], Sequence[Decision]]
"""Gives what the teams do at a turn."""


@dataclass(frozen=True)
class Exercise:
    """What an exercise came to.

    Attributes
    ----------
    tables
        `turns` (day, team, choice, what, cost_usd), `told` (what each team was told at each turn,
        see `Told`), `days` (day, country, people_served, without, hindsight), `decisions` (team,
        day, do, what, worth, unit, better_day, better_worth), `scores` (team, country, lost,
        without, hindsight, saved, spent_usd, budget_usd; the team "all" counts everybody).
    summary
        The answer in short, as plain data.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def exercise(
    network: Network,
    script: Script,
    answers: Answers | None = None,
    *,
    deciding: Deciding | None = None,
    progress: Callable[[int], None] | None = None,
) -> Exercise:
    """Hold an exercise.

    Parameters
    ----------
    network, script
        The case, and what happens to whom.
    answers
        What the teams do; nothing by default.
    deciding
        Asked at each turn instead, where given.
    progress
        Called with the number of runs done.

    Raises
    ------
    InputError
        When the script does not fit the case, or an answer cannot be.
    """
    game = made_ready(network, script)
    given = decisions_of(game, answers) if answers is not None else []
    courses = Courses(game, progress)
    asked = deciding or (lambda turn: [one for one in given if one.day == turn.inject.day])
    done: list[Decision] = []
    told: list[Told] = []
    for known, inject in enumerate(script.inject, 1):
        now = _told(courses, done, inject.day, known)
        told += now
        done += asked(Turn(game, inject, now, tuple(done)))
    return _scored(courses, done, told)


def _told(courses: Courses, done: Sequence[Decision], day: int, known: int) -> tuple[Told, ...]:
    """Return what each team is told on a day of which it knows so many injects."""
    game = courses.game
    course = courses.of(done, known)
    lost = courses.usual - course.served
    found = []
    for team in game.script.team:
        at = _country(game, team.country)
        usual = float(courses.usual[at])
        here, abroad = lost[:, at], np.delete(lost, at, axis=1)
        others = float(courses.usual.sum()) - usual
        mine = course.stockouts[course.stockouts[:, 1] == at, 0]
        found.append(
            Told(
                team=team.called, day=day, people_served=float(course.served[day, at]),
                lost=_sum_of(here[:day], usual), lost_abroad=_sum_of(abroad[:day], others),
                forecast=_sum_of(here, usual), forecast_abroad=_sum_of(abroad, others),
                stockouts=int((mine < day).sum()), stockouts_ahead=int((mine >= day).sum()),
                money_left_usd=money_left(game, team.called, done),
            )
        )  # fmt: skip
    return tuple(found)


def _country(game: Game, country: str) -> int:
    return int(np.flatnonzero(game.network.names["country"] == country)[0])


def _kept(lost: Floats, usual: Floats | float) -> Floats:
    """Return losses without those that are rounding."""
    return np.where(np.abs(lost) <= _ROUNDING * np.maximum(usual, 1.0), 0.0, lost)


def _loss(courses: Courses, course: Course) -> Loss:
    """Return what is lost in all: people-days and USD."""
    people, money = courses.usual - course.served, courses.usual_value - course.value
    return _sum_of(people, float(courses.usual.sum())), _sum_of(money, courses.usual_value)


def _sum_of(lost: Floats, usual: float) -> float:
    """Return a sum of losses without the last digits, which rounding alone decides."""
    digits = 9 - ceil(log10(max(usual * len(lost), 1.0)))
    return round(float(lost.sum()), min(digits, 3)) + 0.0


def _scored(courses: Courses, done: list[Decision], told: Sequence[Told]) -> Exercise:
    """Return tables and summary of an exercise that is over."""
    game = courses.game
    acted = [one for one in done if one.do != "pass"]

    def loss(some: Sequence[Decision]) -> Loss:
        return _loss(courses, courses.of(some))

    found, how, least = best(game, loss)
    if loss(acted) < least:
        found, how, least = acted, "what was played", loss(acted)
    by_name = {"people_served": courses.of(acted), "without": courses.of([])}
    by_name["hindsight"] = courses.of(found)
    decisions = _decisions(game, acted, loss)
    bought = [one for one in acted if one.do == "buy"]
    alone = loss(bought)
    tables = {
        "turns": _turns(game, done),
        "told": _columns(told, tuple(Told.__dataclass_fields__)),
        "days": _days(courses, by_name),
        "decisions": decisions,
        "scores": _scores(courses, by_name, acted),
    }
    lost = {name: _loss(courses, course) for name, course in by_name.items()}
    summary = {
        "exercise": game.script.name,
        "days": game.script.days,
        "draws": game.script.draws,
        "turns": [{"day": i.day, "words": i.words} for i in game.script.inject],
        "teams": [{"team": t.called, "country": t.country} for t in game.script.team],
        "lost": {
            unit: {"played": lost["people_served"][at], "without": lost["without"][at],
                   "hindsight": lost["hindsight"][at]}
            for at, unit in enumerate(UNITS)
        },
        "scores": _rows(tables["scores"]),
        "decisions": _rows(decisions),
        "hindsight": {
            "sought": how,
            "decisions": [{"team": d.team, "do": d.do, "what": d.what, "cost_usd": d.cost_usd}
                          for d in found],
        },
        "agreements_added": {
            unit: alone[at] - lost["people_served"][at] for at, unit in enumerate(UNITS)
        },
        "spent_usd": sum(one.cost_usd for one in acted),
        "runs": len(courses),
    }  # fmt: skip
    return Exercise(tables, summary)


def _turns(game: Game, done: Sequence[Decision]) -> Table:
    """Return what each team did at each turn; who did nothing passed."""
    rows: list[Decision] = []
    for day in game.days:
        for team in game.teams:
            mine = [d for d in done if (d.day, d.team) == (day, team) and d.do != "pass"]
            rows += mine or [Decision(day, team, "pass", "")]
    names = {"day": "day", "team": "team", "choice": "do", "what": "what", "cost_usd": "cost_usd"}
    held = _columns(rows, tuple(names.values()))
    return {name: held[column] for name, column in names.items()}


def _columns(rows: Sequence[Any], names: Sequence[str]) -> Table:
    """Return some attributes of rows as columns."""
    found = {}
    for name in names:
        values = [getattr(row, name) for row in rows]
        text = bool(values) and isinstance(values[0], str)
        found[name] = np.array(values, dtype=object if text else None)
    return found


def _days(courses: Courses, by_name: Mapping[str, Course]) -> Table:
    """Return persons served by day and country, of countries that have any."""
    names = np.append(courses.game.network.names["country"], "").astype(object)
    mine = np.flatnonzero(courses.usual > 0)
    days = courses.game.script.days
    table: dict[str, npt.NDArray[Any]] = {
        "day": np.repeat(np.arange(days), len(mine)),
        "country": np.tile(names[mine], days),
    }
    for name, course in by_name.items():
        lost = _kept(courses.usual - course.served, courses.usual)
        table[name] = (courses.usual - lost)[:, mine].ravel()
    return table


def _scores(courses: Courses, by_name: Mapping[str, Course], done: Sequence[Decision]) -> Table:
    """Return what each team's country lost, what was spent, and all together last."""
    game = courses.game
    lost = {name: courses.usual - course.served for name, course in by_name.items()}
    teams = game.script.team
    places = [_country(game, team.country) for team in teams]
    spent = [team.budget_usd - money_left(game, team.called, done) for team in teams]
    budgets = [team.budget_usd for team in teams]

    def column(name: str) -> Floats:
        found = [_sum_of(lost[name][:, at], float(courses.usual[at])) for at in places]
        return np.array([*found, _sum_of(lost[name], float(courses.usual.sum()))])

    played, without = column("people_served"), column("without")
    return {
        "team": np.array([*(team.called for team in teams), "all"], dtype=object),
        "country": np.array([*(team.country for team in teams), ""], dtype=object),
        "lost": played, "without": without, "hindsight": column("hindsight"),
        "saved": without - played,
        "spent_usd": np.array([*spent, sum(spent)]),
        "budget_usd": np.array([*budgets, sum(budgets)]),
    }  # fmt: skip


def _decisions(
    game: Game, done: list[Decision], loss: Callable[[Sequence[Decision]], Loss]
) -> Table:
    """Return what each decision was worth, and the earliest turn at which it was worth more.

    Its worth is what would have been lost more without it, all others being as they were. For an
    earlier turn a purchase moves there alone, a signature with all others under its agreement that
    came later.
    """
    whole = loss(done)
    rows: list[tuple[Any, ...]] = []
    for number, one in enumerate(done):
        without = loss([*done[:number], *done[number + 1 :]])
        worth = [without[at] - whole[at] for at in range(len(UNITS))]
        earlier = [(day, loss(_moved(done, one, day))) for day in game.days if day < one.day]
        for at, unit in enumerate(UNITS):
            better = next(((d, without[at] - m[at]) for d, m in earlier if m[at] < whole[at]), None)
            rows.append(
                (
                    one.team,
                    one.day,
                    one.do,
                    one.what,
                    worth[at],
                    unit,
                    *(better or (np.nan, np.nan)),
                )
            )
    names = ("team", "day", "do", "what", "worth", "unit", "better_day", "better_worth")
    texts = ("team", "do", "what", "unit")
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {
        name: np.array(
            values, dtype=object if name in texts else np.int64 if name == "day" else np.float64
        )
        for name, values in zip(names, columns, strict=True)
    }


def _moved(done: Sequence[Decision], one: Decision, day: int) -> list[Decision]:
    """Return decisions with one of them made on an earlier day."""
    found = []
    for other in done:
        together = other.do == one.do != "buy" and other.what == one.what and other.day > day
        found.append(replace(other, day=day) if other is one or together else other)
    return sorted(found, key=lambda decision: decision.day)


def _rows(table: Table) -> list[dict[str, Any]]:
    """Return a table as rows of plain data; what is no number is None."""
    found = []
    for row in zip(*table.values(), strict=True):
        cells = {n: v.item() if hasattr(v, "item") else v for n, v in zip(table, row, strict=True)}
        found.append({n: None if v != v else v for n, v in cells.items()})  # noqa: PLR0124
    return found
