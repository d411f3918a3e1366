"""An exercise on a terminal: what a team is told and may do, and the score at the end."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from indranet.model.schema import MEASURES
from indranet.runs.diversify_terminal import loss_words
from indranet.runs.run import Run
from indranet.runs.words import counted, number, percent
from indranet.studies.exercise import Told, Turn
from indranet.studies.exercise_game import Game, signed

_BEST, _LATE = 5, 3
_DOING = {"buy": "buys", "sign": "signs", "withhold": "withholds", "pass": "does nothing"}


def done_words(row: Mapping[str, Any]) -> str:
    """Return what a team does."""
    return f"{row['team']} {_DOING[row['do']]} {row['what']}"


def news_lines(turn: Turn) -> list[str]:
    """Return what everybody hears at a turn."""
    return ["", f"Day {turn.inject.day}. {turn.inject.words}"]


def told_lines(told: Told) -> list[str]:
    """Return what one team is told."""
    return [
        "",
        f"Team {told.team}, with USD {number(told.money_left_usd)} left:",
        f"  {number(told.people_served)} users served today",
        f"  lost so far: {number(told.lost)} people-days, abroad {number(told.lost_abroad)}",
        f"  by the end, if nothing is done: {number(told.forecast)}, abroad "
        f"{number(told.forecast_abroad)}",
        f"  stocks that ran out: {told.stockouts:,} so far, {told.stockouts_ahead:,} to come",
    ]


def choice_words(turn: Turn, do: str, what: str, done: Sequence[Any] = ()) -> str:
    """Return one choice in words: what it is, costs, and from when it acts.

    Parameters
    ----------
    turn, do, what
        When, and the choice.
    done
        All decisions before it.
    """
    game = turn.game
    if do != "buy":
        lack = [team for team in game.signers[what] if team not in signed(game, done)[what]]
        with_ = f"; still to sign: {', '.join(lack)}" if do == "sign" else "; ends at once"
        return f"{do} {what}{_called(game, what)}{with_}"
    rows = game.network["measures"]
    at = rows.text("measure").index(what)
    kind = rows.text("kind")[at]
    unit = rows.text("unit")[at] or MEASURES[kind][0]
    thing = int(rows["thing"][at])
    about = f" for {game.network.thing(thing)[1]}" if thing >= 0 else ""
    acts = ceil(turn.inject.day + game.lead[what])
    amount = _amount(float(rows["amount"][at]), unit)
    return (
        f"buy {what} ({kind.replace('_', ' ')}{about}, {amount}): "
        f"USD {number(game.cost[what])}, acts from day {acts}"
    )


def _amount(amount: float, unit: str) -> str:
    """Return how much a measure is of, in words."""
    if unit == "share":
        return percent(amount)
    first, _, rest = unit.partition(" ")
    return " ".join(part for part in (counted(amount, first), rest) if part)


def _called(game: Game, agreement: str) -> str:
    at = game.network.names["agreement"].tolist().index(agreement)
    name = game.network["agreements"].text("name")[at]
    return f" ({name})" if name else ""


def lost_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return what was lost as played, without any decision, and with hindsight."""
    lines = []
    for unit, lost in summary["lost"].items():
        saved, most = lost["without"] - lost["played"], lost["without"] - lost["hindsight"]
        said = (
            f"Lost {loss_words(lost['played'], unit)}; nobody doing anything "
            f"{loss_words(lost['without'], unit)}, with hindsight "
            f"{loss_words(lost['hindsight'], unit)}."
        )
        if unit == "people-days" and most > 0:
            said += f" So the teams saved {100 * saved / most:.0f} % of what could be saved."
        lines.append(said)
    return lines


def hindsight_words(summary: Mapping[str, Any]) -> str:
    """Return what hindsight would have done, and how it was sought."""
    found = summary["hindsight"]
    how = {
        "all sets": "every set of choices at the first turn was tried",
        "one by one": "choices at the first turn added one by one, where that gains nothing in "
        "pairs; more might be saved",
        "what was played": "nothing tried at the first turn was better",
    }[found["sought"]]
    done = ", ".join(
        f"{row['team']} {_DOING[row['do']]} {row['what']}" for row in found["decisions"]
    )
    return f"Hindsight: {done or 'nobody does anything'} ({how})."


def agreements_words(summary: Mapping[str, Any]) -> str:
    """Return what was signed and withheld added."""
    added = summary["agreements_added"]
    told = " and ".join(loss_words(added[unit], unit) for unit in added)
    return f"What was signed or withheld added {told} to what was bought."


def exercise_lines(run: Run) -> list[str]:
    """Return the score of an exercise as lines of plain text.

    Parameters
    ----------
    run
        A finished run of `exercise`.
    """
    summary = run.manifest["summary"]
    teams, days = counted(len(summary["teams"]), "team"), counted(summary["days"], "day")
    turns = counted(len(summary["turns"]), "turn")
    lines = [f"{summary['exercise']}: {teams}, {turns} in {days}", "", *lost_lines(summary)]
    lines += ["", "By team, in people-days:"]
    for row in summary["scores"]:
        team = "all countries" if row["team"] == "all" and not row["country"] else row["team"]
        lines.append(
            f"  {team}: {number(row['lost'])} lost, {number(row['without'])} without anything "
            f"done, {number(row['hindsight'])} with hindsight; spent USD "
            f"{number(row['spent_usd'])} of {number(row['budget_usd'])}"
        )
    best = [row for row in best_decisions(summary) if row["worth"]]
    if best:
        lines += ["", "What decisions were worth, each left out alone:"]
    elif summary["decisions"]:
        lines += ["", "No decision changed anything."]
    lines += [
        f"  day {row['day']}: {done_words(row)}: {loss_words(row['worth'], row['unit'])}"
        for row in best[:_BEST]
    ]
    late = late_decisions(summary)
    if late:
        lines += ["", "What came late:"]
    lines += [
        f"  day {row['day']}: {done_words(row)}, worth {loss_words(row['worth'], row['unit'])}"
        f"{better_words(row)}"
        for row in late[:_LATE]
    ]
    if best:
        lines += ["", agreements_words(summary)]
    return [*lines, "", hindsight_words(summary)]


def better_words(row: Mapping[str, Any]) -> str:
    """Return at which earlier turn a decision would have been worth more, if at any."""
    if row["better_day"] is None:
        return ""
    worth = loss_words(row["better_worth"], row["unit"])
    return f"; on day {row['better_day']:.0f} it would have been worth {worth}"


def best_decisions(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what decisions were worth, people before money and the most first."""
    units = list(summary["lost"])
    rows = [row for row in summary["decisions"] if row["worth"] or row["unit"] == units[0]]
    return sorted(rows, key=lambda row: (units.index(row["unit"]), -row["worth"]))


def late_decisions(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return decisions that were worth more at an earlier turn, those that missed most first.

    Of signatures under one agreement the last is told, for which the others waited.
    """
    unit = next(iter(summary["lost"]))
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in summary["decisions"]:
        if row["unit"] == unit and row["better_day"] is not None:
            found[row["do"], row["what"]] = row
    return sorted(found.values(), key=lambda row: row["worth"] - row["better_worth"])
