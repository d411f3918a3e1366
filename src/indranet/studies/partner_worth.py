"""What a study comes to in a case with some agreements in force, once for all that are alike."""

import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Assignment, Plan, Problem, assign
from indranet.engines.gates.timed import Timed
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.model.schema import TABLES
from indranet.studies.days import compute
from indranet.studies.draw_model import Model
from indranet.studies.executors import ThisThread
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.lanes import LaneRoutes, lane_routes
from indranet.studies.plan_agreed import in_plan
from indranet.studies.plan_draws import met_by_dates
from indranet.studies.plan_problem import Planned, planned
from indranet.studies.plan_time import DAYS_A_YEAR
from indranet.studies.prepared import Prepared, prepare
from indranet.studies.sensitivity import usual_values

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Asked = Scenario | Goal

_BATCH = 8
_IN_FLIGHT = 8
"""Sets of agreements that are computed or wait for it at once: each holds a model."""


@dataclass(frozen=True)
class Outcome:
    """What one set of agreements comes to, more being better.

    Attributes
    ----------
    value, low, high
        In each unit and draw, shape (units, draws).
    usual
        What there would be if nothing happened, NaN where the unit knows none, shape (units,).
    same
        Of each unit a hash of what decided it, which other outcomes may share, empty for none.
    lacking
        Days on which each service was down, in the mean of the draws, shape (services,).
    """

    value: Floats
    low: Floats
    high: Floats
    usual: Floats
    same: tuple[str, ...] = ()
    lacking: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Trial:
    """A set of agreements before it is computed.

    Attributes
    ----------
    key
        Hash of all that decides the outcome: trials of one key come to the same.
    run
        Hands the work to an executor.
    """

    key: str
    run: Callable[[Executor], "Future[Outcome]"]


Worth = Callable[[Network, Sequence[str]], Trial]
"""Makes a case with these agreements and no others in force ready."""


def units_of(asked: Asked) -> tuple[str, ...]:
    """Return in what a question counts what sets of agreements come to."""
    if isinstance(asked, Scenario):
        return ("people-days", "USD")
    every = ("USD", "people", "people-days", "days", "probability")
    return every if asked.uncertainty.draws else every[:-1]


def years_of(asked: Asked) -> float | None:
    """Return how many years a question spans whose strokes come at a rate; None for others.

    What one event costs is not lost again each year: only what hazards and random failures cost is.
    """
    if isinstance(asked, Scenario) and (asked.hazards or asked.random_failures):
        return asked.days / DAYS_A_YEAR
    return None


def worth_of(
    network: Network, asked: Asked, seconds: float | None = None, gap: float | None = None
) -> Worth:
    """Return what makes any set of agreements ready for the question.

    A scenario counts days on which people are served, summed over services (over sites where there
    is none), and the value that plants add and services give, USD. Each draw is the same for every
    set. A goal counts the objective of the plan, USD below 0 and at most what the bound leaves,
    people whose sites are swapped, their days until then and the day of the last, below 0, and how
    likely all dates are met.
    """
    if isinstance(asked, Scenario):
        return partial(_stressed, lane_routes(network), asked)
    time = asked.solve.seconds if seconds is None else seconds
    enough = asked.solve.gap if gap is None else gap
    return partial(_planned, asked, partial(_assigned, {}, asked.seed, time, enough))


def _stressed(
    routes: LaneRoutes, scenario: Scenario, network: Network, force: Sequence[str]
) -> Trial:
    ready = prepare(
        network, scenario.model_copy(update={"agreements": tuple(force)}), routes=routes
    )
    value = network["services"]["value_usd_per_day"] * ready.ground.exists("services")
    run = partial(_served, ready.model, np.nan_to_num(value), scenario.draws)
    return Trial(_key(ready), lambda executor: executor.submit(run))


def _key(ready: Prepared) -> str:
    """Return a hash of a model, whatever the agreements are called that made it.

    The gate of an agreement that nothing needs says only whether it is in force.
    """
    network, model = ready.network, ready.model
    span = network.span("agreement")
    needed = np.isin(np.arange(span.start, span.stop), network["needs"]["input"])
    idle = model.own[span][~needed]
    # Steps are made of the quiet gates, the events and the stocks, which are all there.
    plain = replace(
        model, timed=_bare(model.timed, idle), quiet=_bare(model.quiet, idle), stepped=None
    )
    return sha256(pickle.dumps(plain)).hexdigest()


def _bare(timed: Timed, idle: npt.NDArray[np.int32]) -> Timed:
    usual = timed.usual.copy()
    usual[idle] = True
    return replace(timed, usual=usual, always=np.setdiff1d(timed.always, idle))


def _served(model: Model, worth: Floats, draws: int) -> Outcome:
    """Return what is served and what that and plants are worth, over all days of each draw."""
    chance = draws > 1 and model.by_chance
    numbers: list[int | None] = list(range(draws)) if chance else [0 if model.by_chance else None]
    people = model.measures.index("people_served")
    added = model.measures.index("value_added")
    worth = np.where(model.watched.down[model.watched.place["service"]], 0.0, worth)
    found: list[tuple[float, float]] = []
    down = np.zeros(len(worth))
    for first in range(0, len(numbers), _BATCH):
        for draw in compute(model, numbers[first : first + _BATCH], blame=False):
            served, made = draw["totals"][:, people].sum(), draw["totals"][:, added].sum()
            lacking = (1.0 - draw["service_up"]).sum(axis=0)
            lost = (worth[draw["service"]] * lacking).sum()
            down[draw["service"]] += lacking / len(numbers)
            found.append((served, made + worth.sum() * model.days - lost))
    # What is down before anything happens lacks of nothing here.
    down[model.watched.down[model.watched.place["service"]]] = 0.0
    value = np.repeat(np.array(found).T, 1 if chance else draws, axis=1)
    usual = usual_values(model)[[people, added]] * model.days
    usual[1] += worth.sum() * model.days
    return Outcome(value, value, value, usual, lacking=down)


Assigned = Callable[[Problem, Executor], tuple[Assignment, str]]


def _planned(goal: Goal, assigned: Assigned, network: Network, force: Sequence[str]) -> Trial:
    seen = in_plan(network, goal.model_copy(update={"agreements": tuple(force)}))
    ground = groundwork(seen, on=goal.starts(network.first_day)[0], wanted=goal.replace.wanted)
    key = _seen(ground)

    def run(executor: Executor) -> "Future[Outcome]":
        # A plan shares its own work out: two at once would take each other's time.
        return ThisThread().submit(_plan_worth, ground, goal, key, assigned, executor)

    return Trial(key, run)


def _assigned(
    known: dict[str, Assignment],
    seed: int,
    seconds: float,
    gap: float,
    problem: Problem,
    executor: Executor,
) -> tuple[Assignment, str]:
    """Return the plan of a problem and its hash; what was planned before is not planned again."""
    key = sha256(pickle.dumps(problem)).hexdigest()
    if key not in known:
        known[key] = assign(problem, seconds=seconds, gap=gap, seed=seed, executor=executor)
        if known[key].status == "interrupted":
            # The search gives what it has; who interrupts it wants no further one.
            raise KeyboardInterrupt
    return known[key], key


def _seen(ground: Groundwork) -> str:
    """Return a hash of all that a plan reads: rows that stand, whatever agreement they are of."""
    digest = sha256()
    for name, rows in sorted(ground.network.tables.items()):
        if name == "agreements" or not len(rows):
            continue
        for column in sorted(set(rows) - {"agreement"}):
            digest.update(f"{name}.{column}".encode())
            digest.update(np.ascontiguousarray(rows[column]).tobytes())
        if TABLES[name].declares:
            digest.update(ground.exists(name).tobytes())
    return digest.hexdigest()


def _plan_worth(
    ground: Groundwork, goal: Goal, key: str, assigned: Assigned, executor: Executor
) -> Outcome:
    """Return objective with its bound, people swapped and chance of a plan."""
    made = planned(ground, goal)
    found, same = assigned(made.problem, executor)
    swapped = float(made.swaps.people[(found.plan.option >= 0) | made.done].sum())
    waited, finish = _waits(made, found.plan)
    value = [-found.cost, swapped, -waited, -finish]
    high = [-found.bound, *value[1:]]
    if goal.uncertainty.draws:
        likely = met_by_dates(made, found.plan, made.starts[-1], executor)[1]
        value, high = [*value, likely], [*high, likely]
    shape = (len(value), 1)
    return Outcome(
        np.reshape(value, shape), np.reshape(value, shape), np.reshape(high, shape),
        np.full(len(value), np.nan), (*[same] * 4, key)[: len(value)],
    )  # fmt: skip


def _waits(made: Planned, plan: Plan) -> tuple[float, float]:
    """Return people times days until their swap counts, and days until the last one does.

    From the first day of the plan; what is not swapped waits to its end.
    """
    counts = made.starts[1:] + np.timedelta64(made.goal.practice.acceptance_days, "D")
    days = (np.append(counts, made.starts[:1]) - made.starts[0]).astype(np.float64)
    period = np.where(plan.option >= 0, plan.period, made.goal.periods - 1)
    waits = days[np.where(made.done, -1, period)]
    return float((waits * made.swaps.people).sum()), float(waits.max(initial=0.0))


class Outcomes:
    """Outcomes of sets of agreements: each is computed once, and once for all that are the same.

    Parameters
    ----------
    worth
        Makes a set ready.
    executor
        Where to compute.
    progress
        Called with the number of outcomes known, each time there is one more.
    """

    def __init__(
        self, worth: Worth, executor: Executor, progress: Callable[[int], None] | None = None
    ) -> None:
        self._worth, self._executor, self._progress = worth, executor, progress
        self._keys: dict[tuple[str, tuple[str, ...]], str] = {}
        self._known: dict[str, Outcome] = {}

    def __len__(self) -> int:
        """How many different outcomes there were."""
        return len(self._known)

    def key(self, network: Network, force: Sequence[str]) -> str:
        """Return the hash of what decides an outcome, without computing it."""
        return self._begin(network, force).key

    def _begin(self, network: Network, force: Sequence[str]) -> Trial:
        trial = self._worth(network, force)
        self._keys[network.case_hash, tuple(force)] = trial.key
        return trial

    def of(
        self, network: Network, sets: Sequence[Sequence[str]]
    ) -> tuple[list[Outcome], list[str]]:
        """Return the outcome of each set of agreements, and the hash of what decided it."""
        return self.of_cases([(network, force) for force in sets])

    def of_cases(
        self, cases: Iterable[tuple[Network, Sequence[str]]]
    ) -> tuple[list[Outcome], list[str]]:
        """Return the outcome of each case with agreements in force, and what decided it."""
        under_way: dict[str, Future[Outcome]] = {}
        keys = []
        for network, force in cases:
            known = self._keys.get((network.case_hash, tuple(force)))
            if known is None or (known not in self._known and known not in under_way):
                trial = self._begin(network, force)
                known = trial.key
                if known not in self._known and known not in under_way:
                    self._make_room(under_way, _IN_FLIGHT - 1)
                    under_way[known] = trial.run(self._executor)
            keys.append(known)
        self._make_room(under_way, 0)
        return [self._known[key] for key in keys], keys

    def _make_room(self, under_way: "dict[str, Future[Outcome]]", most: int) -> None:
        """Wait until few enough are under way; take what is done."""
        while len(under_way) > most:
            wait(under_way.values(), return_when=FIRST_COMPLETED)
            for key in [key for key, future in under_way.items() if future.done()]:
                self._known[key] = under_way.pop(key).result()
                if self._progress is not None:
                    self._progress(len(self._known))
