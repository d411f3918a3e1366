"""What could have been bought and signed, had all been known at the first turn."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import inf

from indranet.model.exercise import Answer
from indranet.studies.exercise_game import Decision, Game, decided, money_left

MOST_TRIED = 6
"""Options of which every set is tried; beyond they are added one by one, or two by two."""

Loss = tuple[float, float]
"""People-days, then USD: what is lost, less being better."""
_NOTHING: Loss = (0.0, 0.0)
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
    most is added time after time; who saved less than another before is asked again only once that
    one saves less (Minoux 1978). Where none saves anything, pairs are tried.

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
    gains = dict.fromkeys(every, (inf, inf))
    while more := _more(game, loss, chosen, gains):
        chosen += more
    return _flat(chosen), "one by one", loss(_flat(chosen))


def _more(
    game: Game,
    loss: Callable[[Sequence[Decision]], Loss],
    chosen: list[Option],
    gains: dict[Option, Loss],
) -> list[Option]:
    """Return the option, or the two, that save most beside those chosen; none where none does.

    Parameters
    ----------
    game, loss
        See `best`.
    chosen
        Options taken.
    gains
        What each option saved when it was last asked, which is kept up to date.
    """
    least = loss(_flat(chosen))

    def saved(*some: Option) -> Loss:
        after = loss(_flat([*chosen, *some]))
        return least[0] - after[0], least[1] - after[1]

    left = [one for one in gains if one not in chosen and fits(game, [*chosen, one])]
    asked: set[Option] = set()
    while len(asked) < len(left):
        first = max(left, key=lambda one: gains[one])
        if first in asked and gains[first] > _NOTHING:
            return [first]
        # Who is first of all and saves nothing says nothing of those who were not asked again.
        one = first if first not in asked else next(one for one in left if one not in asked)
        gains[one] = saved(one)
        asked.add(one)
    found = [[one] for one in left if gains[one] > _NOTHING]
    if found:
        return max(found, key=lambda some: gains[some[0]])
    pairs = [list(two) for two in combinations(left, 2) if fits(game, [*chosen, *two])]
    worth = {number: saved(*two) for number, two in enumerate(pairs)}
    most = max(worth, key=lambda number: worth[number], default=-1)
    return pairs[most] if most >= 0 and worth[most] > _NOTHING else []


def _flat(some: Sequence[Option]) -> list[Decision]:
    return [one for option in some for one in option]
