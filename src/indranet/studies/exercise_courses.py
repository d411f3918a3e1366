"""What the decisions of an exercise come to, day by day: runs that share their draws, joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError
from indranet.model.exercise import SCRIPT
from indranet.model.network import Network
from indranet.model.scenario import SCENARIO, Event, Scenario
from indranet.studies.agreed import of_kind
from indranet.studies.days import compute
from indranet.studies.draw_model import Model
from indranet.studies.events import effects
from indranet.studies.exercise_game import Decision, Game, State, states
from indranet.studies.groundwork import groundwork
from indranet.studies.lanes import lane_routes
from indranet.studies.measures import bought
from indranet.studies.prepared import Prepared, prepare
from indranet.studies.sensitivity import usual_values

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_BATCH = 8
Fate = tuple[float | None, frozenset[str] | None]
"""What is settled of an event: day of its mending, who shared threats when its flaw came up."""
_OPEN: Fate = (None, None)


class Course(NamedTuple):
    """What happens under some decisions, the mean of all draws.

    Attributes
    ----------
    served
        Persons served in each country, those of none last, shape (days, countries + 1).
    value
        What plants add and services give, USD, shape (days,).
    stockouts
        Day and country (-1 for none) of each first day on which a buyer holds less than a day's
        use, in one draw, shape (stockouts, 2).
    """

    served: Floats
    value: Floats
    stockouts: Codes


@dataclass(frozen=True)
class _Key:
    """All that decides a run: injects known, what holds, and what is settled of each event."""

    known: int
    measures: frozenset[str]
    agreements: frozenset[str]
    fates: tuple[Fate, ...]


class Courses:
    """What decisions come to; each run is computed once.

    A run goes from the first day to the last with one set of measures and agreements. What
    decisions come to takes each day from the run of what holds on it. All runs meet the same draws.
    Two things go their own way: a repair that has begun ends as it would have, or sooner where
    whoever may come now, setting out now, is done sooner; and threats that are shared only once a
    flaw is used do not help against it.

    Parameters
    ----------
    game
        The exercise.
    progress
        Called with the number of runs done, each time there is one more.

    Raises
    ------
    InputError
        When an event of the script does not fit the case.
    """

    def __init__(self, game: Game, progress: Callable[[int], None] | None = None) -> None:
        self.game, self._progress = game, progress
        self._routes = lane_routes(game.network)
        self._networks: dict[frozenset[str], Network] = {}
        self._runs: dict[_Key, Course] = {}
        self._lengths: dict[tuple[frozenset[str], frozenset[str]], list[float]] = {}
        self._scenarios = [game.scenario(n) for n in range(len(game.script.inject) + 1)]
        every = self._scenarios[-1]
        try:
            ready = self._prepared(every, frozenset(), game.force)
        except InputError as error:
            raise InputError(_in_script(game, error), error.more) from None
        assert ready.model.nations is not None
        self.usual = ready.model.nations.sum(axis=0)
        value = usual_values(ready.model)[ready.model.measures.index("value_added")]
        self.usual_value = float(value + _worth(ready).sum())
        sharing = of_kind(game.network, "threat_sharing", np.ones(len(_names(game)), dtype=bool))
        self._sharing = frozenset(_names(game)[at] for at in sharing)

    def __len__(self) -> int:
        """How many runs there were."""
        return len(self._runs)

    def of(self, done: Sequence[Decision], known: int | None = None) -> Course:
        """Return what decisions come to.

        Parameters
        ----------
        done
            The decisions.
        known
            Only the events of so many injects happen; all by default.
        """
        known = len(self._scenarios) - 1 if known is None else known
        held = states(self.game, done)
        days = self.game.script.days
        ends = [*(state.day for state in held[1:]), days]
        parts = []
        for state, end, fates in zip(held, ends, self._fates(known, held, ends), strict=True):
            run = self._run(_Key(known, state.measures, state.agreements, fates))
            begins = state.day
            inside = (run.stockouts[:, 0] >= begins) & (run.stockouts[:, 0] < end)
            parts.append(
                Course(run.served[begins:end], run.value[begins:end], run.stockouts[inside])
            )
        return Course(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _fates(self, known: int, held: list[State], ends: list[int]) -> list[tuple[Fate, ...]]:
        """Return what is settled of each event in each state, open where the state says it."""
        events = self._scenarios[known].event
        if not any(event.repair is not None or event.do == "exploit" for event in events):
            return [(_OPEN,) * len(events)] * len(held)
        mended: dict[int, float] = {}
        shared: dict[int, frozenset[str]] = {}
        found = []
        for state, end in zip(held, ends, strict=True):
            lengths = self._lengths_of(state) if any(e.repair for e in events) else []
            fates = []
            for number, event in enumerate(events):
                fate = _OPEN
                if state.day < event.day or state.day == 0:
                    # Who shares threats on the day itself is too late for it.
                    shared[number] = state.agreements & self._sharing
                if event.day >= end:
                    pass
                elif event.repair is not None:
                    now = max(event.day, float(state.day)) + lengths[number]
                    mended[number] = min(mended.get(number, inf), now)
                    if mended[number] != event.day + lengths[number]:
                        fate = (mended[number], None)
                elif event.do == "exploit" and shared[number] != state.agreements & self._sharing:
                    fate = (None, shared[number])
                fates.append(fate)
            found.append(tuple(fates))
        return found

    def _lengths_of(self, state: State) -> list[float]:
        """Return how long each event lasts that is mended, days, under what holds."""
        key = state.measures, state.agreements
        if key not in self._lengths:
            events = self._scenarios[-1].event
            some = [number for number, event in enumerate(events) if event.repair is not None]
            asked = self._scenarios[-1].model_copy(
                update={"event": tuple(events[number] for number in some), "authority": None}
            )
            ground = groundwork(
                self._network(state.measures), agreements=self._force(state.agreements),
                routes=self._routes,
            )  # fmt: skip
            lengths = [inf] * len(events)
            for number, effect in zip(some, effects(ground, asked), strict=True):
                lasts = effect.event.lasts_days
                lengths[number] = lasts if isinstance(lasts, float) else inf
            self._lengths[key] = lengths
        return self._lengths[key]

    def _network(self, measures: frozenset[str]) -> Network:
        if measures not in self._networks:
            self._networks[measures] = bought(self.game.network, sorted(measures))
        return self._networks[measures]

    def _force(self, agreements: frozenset[str]) -> tuple[str, ...]:
        return tuple(name for name in _names(self.game) if name in agreements)

    def _prepared(
        self, scenario: Scenario, measures: frozenset[str], agreements: frozenset[str]
    ) -> Prepared:
        asked = scenario.model_copy(update={"agreements": self._force(agreements)})
        return prepare(self._network(measures), asked, routes=self._routes, by_country=True)

    def _run(self, key: _Key) -> Course:
        if key not in self._runs:
            self._runs[key] = self._computed(key)
            if self._progress is not None:
                self._progress(len(self._runs))
        return self._runs[key]

    def _computed(self, key: _Key) -> Course:
        scenario = self._scenarios[key.known]
        events = [_mended(e, fate) for e, fate in zip(scenario.event, key.fates, strict=True)]
        scenario = scenario.model_copy(update={"event": tuple(events)})
        ready = self._prepared(scenario, key.measures, key.agreements)
        model = ready.model
        for number, (_, sharing) in enumerate(key.fates):
            if sharing is not None:
                force = (key.agreements - self._sharing) | sharing
                before = self._prepared(scenario, key.measures, force).model
                model = _as_before(model, before, number)
        return _course(ready, model, scenario.draws)


def _names(game: Game) -> list[str]:
    return [str(name) for name in game.network.names["agreement"]]


def _mended(event: Event, fate: Fate) -> Event:
    """Return an event that lasts until the day on which it is mended, where that is settled."""
    until, _ = fate
    if until is None:
        return event
    lasts = None if until == inf else until - event.day
    return event.model_copy(update={"repair": None, "lasts_days": lasts})


def _as_before(model: Model, before: Model, number: int) -> Model:
    """Return a model in which operators patch a flaw as they would have in another one."""
    attack, other = model.effects[number].attack, before.effects[number].attack
    if attack is None or other is None or not np.array_equal(attack.key, other.key):
        return model
    effect = replace(model.effects[number], attack=replace(attack, sooner=other.sooner))
    every = (*model.effects[:number], effect, *model.effects[number + 1 :])
    return replace(model, effects=every)


def _worth(ready: Prepared) -> Floats:
    """Return what each service gives a day, USD, 0 for those that are down without any event."""
    value = np.nan_to_num(ready.network["services"]["value_usd_per_day"])
    value = value * ready.ground.exists("services")
    watched = ready.model.watched
    return np.where(watched.down[watched.place["service"]], 0.0, value)


def _course(ready: Prepared, model: Model, draws: int) -> Course:
    """Return the mean of all draws of a model, day by day."""
    chance = draws > 1 and model.by_chance
    numbers: list[int | None] = list(range(draws)) if chance else [0 if model.by_chance else None]
    added, worth = model.measures.index("value_added"), _worth(ready)
    nations = model.nations.shape[1] if model.nations is not None else 0
    served, value = np.zeros((model.days, nations)), np.zeros(model.days)
    stockouts: Codes | None = None
    for first in range(0, len(numbers), _BATCH):
        for draw in compute(model, numbers[first : first + _BATCH]):
            lacking = (1.0 - draw["service_up"]) @ worth[draw["service"]]
            served += draw["served_by"] / len(numbers)
            value += (draw["totals"][:, added] + worth.sum() - lacking) / len(numbers)
            stockouts = _stockouts(ready, draw["stockout"]) if stockouts is None else stockouts
    assert stockouts is not None
    return Course(served, value, stockouts)


def _stockouts(ready: Prepared, rows: Codes) -> Codes:
    """Return the day and the country of each stockout, of a plant where it stands, else a seat."""
    network = ready.network
    seats = network["firms"]["country"][ready.model.flow.operator]
    country = np.append(network["plants"]["country"], seats).astype(np.int64)
    return np.column_stack([rows[:, 0], country[rows[:, 1]]])


def _in_script(game: Game, error: InputError) -> list[Fault]:
    """Return faults of events at their place in the script."""
    place = [
        f"inject {number}, event {at}"
        for number, inject in enumerate(game.script.inject, 1)
        for at in range(1, len(inject.event) + 1)
    ]
    found: list[Fault] = []
    for fault in error.faults:
        head, _, key = fault.column.partition(": ")
        if fault.file == SCENARIO:
            of_event = head.startswith("event ") and key
            column = f"{place[int(head.split()[1]) - 1]}: {key}" if of_event else fault.column
            fault = replace(fault, file=SCRIPT, row=0, column=column)  # noqa: PLW2901
        found.append(fault)
    return game.script.placed(found)
