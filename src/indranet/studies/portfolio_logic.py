"""What portfolios of measures keep up, by gates alone: all of them in one pass, and cuts of them.

Only what is built is looked at: lanes, sites, facilities and plants that a measure names and that
are not there without it. In time, when what bridges a lack has run out, a thing is up or down;
stocks, batteries, crews and shares of contracts change when, and are simulated instead.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, lost, order, up
from indranet.engines.hitting import Hit, most_within
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.compile import Compiled, compile_network
from indranet.studies.events import Effect, effects, touched_sites
from indranet.studies.groundwork import BUILT, groundwork, not_yet
from indranet.studies.measures import bought

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MOST_SETS = 20_000
"""Sets of measures of one size that are looked at; a larger order is left out."""
FINE = 1000
"""Parts of a person in which people are summed."""


@dataclass(frozen=True, eq=False)
class Logic:
    """A scenario at its worst as gates, with everything built that can be.

    Attributes
    ----------
    measures
        Names of what is built.
    ordered, always
        The net, and what is down in it whatever is built: what is not there, and what the events
        take away whole.
    of
        Gate of each measure: down where it is not bought, shape (measures,).
    watch, people
        Gates that people hang on, and how many, shape (watched,).
    """

    measures: tuple[str, ...]
    ordered: Ordered
    always: npt.NDArray[np.int32]
    of: npt.NDArray[np.int32]
    watch: npt.NDArray[np.int32]
    people: Floats


def building(network: Network, measures: Sequence[str]) -> list[str]:
    """Return which measures build something that is not there without them."""
    rows = network["measures"]
    place = {name: at for at, name in enumerate(rows.text("measure"))}
    kinds, things = rows.text("kind"), rows["thing"].tolist()
    waits = {
        (kind, network.offset(thing) + at)
        for table, (kind, thing) in BUILT.items()
        for at in np.flatnonzero(not_yet(network, table)).tolist()
    }
    return [name for name in measures if (kinds[place[name]], things[place[name]]) in waits]


def logic(network: Network, scenario: Scenario, measures: Sequence[str]) -> Logic:
    """Make a scenario ready as gates.

    Parameters
    ----------
    network, scenario
        The case and what happens to it.
    measures
        What may be built; see `building`.
    """
    whole = bought(network, measures)
    rows = network["measures"]
    names = rows.text("measure")
    things = np.array([rows["thing"][names.index(name)] for name in measures], dtype=np.int64)
    apart, span = touched_sites(whole, scenario), whole.span("site")
    apart[things[(things >= span.start) & (things < span.stop)] - span.start] = True
    ground = groundwork(whole, agreements=scenario.agreements, apart=apart)
    compiled = compile_network(ground, horizon="in time", need_share=scenario.need_share)
    kind, table = ("service", "services") if len(whole["services"]) else ("site", "sites")
    persons = np.nan_to_num(whole[table]["people"]) * ground.exists(table)
    watch, place = np.unique(compiled.gate[whole.span(kind)], return_inverse=True)
    away = [_taken(compiled, effect) for effect in effects(ground, scenario)]
    return Logic(
        tuple(measures), order(compiled.gates),
        np.unique(np.concatenate([compiled.down, *away])).astype(np.int32),
        compiled.own[things], watch.astype(np.int32),
        np.bincount(place.reshape(-1), weights=persons, minlength=len(watch)).astype(np.float64),
    )  # fmt: skip


def _taken(compiled: Compiled, effect: Effect) -> npt.NDArray[np.int32]:
    """Return the gates that an event takes down whole."""
    if effect.event.share < 1.0 or effect.by_lot or effect.attack is not None:
        return np.zeros(0, dtype=np.int32)
    gates = [compiled.own[effect.things], compiled.units[effect.pairs]]
    if effect.closing is not None and not (effect.event.only or effect.event.but):
        gates.append(compiled.own[[effect.closing.thing]])
    return np.concatenate(gates).astype(np.int32)


def people_lost(ready: Logic, portfolios: Flags, executor: Executor | None = None) -> Floats:
    """Return how many people each portfolio leaves without, beside those lost with all built.

    Parameters
    ----------
    ready
        The scenario.
    portfolios
        Whether each measure is bought, shape (portfolios, measures); 64 are settled at a time.
    executor
        Threads to spread them over.
    """
    weights = np.zeros(len(ready.ordered), dtype=np.int64)
    np.add.at(weights, ready.watch, np.rint(ready.people * FINE).astype(np.int64))
    measure = np.nonzero(~portfolios)[1]
    start = np.append(0, np.cumsum((~portfolios).sum(axis=1))).astype(np.int64)
    sums = lost(
        ready.ordered, (start, ready.of[measure]), weights[:, None], always=ready.always,
        executor=executor,
    )  # fmt: skip
    return np.asarray(sums[:, 0] / FINE)


@dataclass(frozen=True, eq=False)
class Cuts:
    """Smallest sets of measures of which one must be bought, by whom they keep up.

    Attributes
    ----------
    sets, target
        Measures of each cut, positions in `Logic.measures`; target of each, shape (cuts,).
    people
        Who hangs on each target, shape (targets,).
    order
        All cuts of so many members are there, and none of more.
    """

    sets: tuple[tuple[int, ...], ...]
    target: Ints
    people: Floats
    order: int


def cuts(ready: Logic, executor: Executor | None = None) -> Cuts:
    """Return the minimal cut sets up to order three: what must not be left unbought together.

    All sets of up to three measures are left out in one pass over the gates, and gates that go down
    with the same sets are one target.
    """
    count = len(ready.measures)
    sizes = [size for size in (1, 2, 3) if _choose(count, size) <= MOST_SETS]
    sets = [one for size in sizes for one in combinations(range(count), size)]
    start = np.append(0, np.cumsum([0, *map(len, sets)])).astype(np.int64)
    members = np.array([member for one in sets for member in one], dtype=np.int64)
    state = up(
        ready.ordered, (start, ready.of[members]), always=ready.always, watch=ready.watch,
        executor=executor,
    )  # fmt: skip
    bits = np.unpackbits(state.view(np.uint8), axis=1, bitorder="little")[:, : len(sets) + 1]
    # Whoever is down with all built, or up without any of the sets, is no target.
    open_ = (bits[:, 0] == 1) & (bits[:, 1:] == 0).any(axis=1) & (ready.people > 0)
    patterns, of = np.unique(bits[open_], axis=0, return_inverse=True)
    weights = ready.people[open_]
    people = np.bincount(of.reshape(-1), weights=weights, minlength=len(patterns))
    found: list[tuple[int, ...]] = []
    target: list[int] = []
    for number, pattern in enumerate(patterns):
        minimal: list[tuple[int, ...]] = []
        for one in (sets[at] for at in np.flatnonzero(pattern[1:] == 0).tolist()):
            if not any(set(smaller) <= set(one) for smaller in minimal):
                minimal.append(one)
        found += minimal
        target += [number] * len(minimal)
    return Cuts(
        tuple(found), np.array(target, dtype=np.int64), people.astype(np.float64),
        max(sizes, default=0),
    )  # fmt: skip


def _choose(count: int, size: int) -> int:
    found = 1
    for at in range(size):
        found = found * (count - at) // (at + 1)
    return found


def best_built(found: Cuts, cost: Floats, budget: float, *, seconds: float = 10.0) -> Hit:
    """Return what to build within a budget so that most people are kept, with its bound.

    Parameters
    ----------
    found
        The cuts.
    cost, budget
        Of each measure, and what they may cost together, USD.
    seconds
        Time that it may take.
    """
    return most_within(found.sets, found.target, found.people, cost, budget, seconds=seconds)
