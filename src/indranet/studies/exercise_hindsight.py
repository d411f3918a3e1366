"""What could have been bought and signed, had all been known at the first turn."""

from collections.abc import Callable, Sequence
from itertools import combinations

from indranet.model.exercise import Answer
from indranet.studies.exercise_game import Decision, Game, decided, money_left

MOST_TRIED = 6
"""Options of which every set is tried; beyond they are added one by one, or two by two."""

Loss = tuple[float, float]
"""People-days, then USD: what is lost, less being better."""
Option = tuple[Decision, ...]
"""What belongs together: a purchase, or all signatures under one agreement."""


def options(game: Game) -> list[Option]:
    """Return what could be done at the first turn: purchases, and agreements not yet in force."""
    day = game.days[0]
    found: list[Option] = []
    for team in game.script.team:
        for name in team.measures:
            asked = Answer(day=day, team=team.called, do="buy", what=name)
            found.append((decided(game, asked),))
    for name, teams in game.signers.items():
        if name not in game.force and teams:
            found.append(tuple(Decision(day, team, "sign", name) for team in teams))
    return found


def fits(game: Game, some: Sequence[Option]) -> bool:
    """Return whether the teams can pay for some options, and nobody buys what another has."""
    done = [one for option in some for one in option]
    bought = [one.what for one in done if one.do == "buy"]
    enough = all(money_left(game, name, done) >= 0 for name in game.teams)
    return enough and len(set(bought)) == len(bought)


def best(
    game: Game, loss: Callable[[Sequence[Decision]], Loss]
) -> tuple[list[Decision], str, Loss]:
    """Return what loses least at the first turn, how it was sought, and what it loses.

    Of up to six options every set is tried that the teams can pay for. Of more, the one that saves
    most is added time after time; where none saves anything, the two that do so together.

    Parameters
    ----------
    game
        The exercise.
    loss
        What decisions lose.
    """
    every = options(game)
    if len(every) <= MOST_TRIED:
        sets = [
            list(some)
            for size in range(len(every) + 1)
            for some in combinations(every, size)
            if fits(game, some)
        ]
        found = min(sets, key=lambda some: loss(_flat(some)))
        return _flat(found), "all sets", loss(_flat(found))
    chosen: list[Option] = []
    least = loss([])
    while True:
        left = [one for one in every if one not in chosen]
        for size in (1, 2):
            sets = [[*chosen, *some] for some in combinations(left, size)]
            sets = [some for some in sets if fits(game, some)]
            found = min(sets, key=lambda some: loss(_flat(some)), default=chosen)
            if loss(_flat(found)) < least:
                break
        else:
            return _flat(chosen), "one by one", least
        chosen, least = found, loss(_flat(found))


def _flat(some: Sequence[Option]) -> list[Decision]:
    return [one for option in some for one in option]
