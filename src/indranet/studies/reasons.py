"""Why a thing is lost: the shortest failing path down to what was taken away, in words."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered
from indranet.engines.gates.paths import failing_paths
from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.candidates import Candidates, joined
from indranet.studies.compile import HORIZONS, Compiled, Horizon
from indranet.studies.places import lost_bits
from indranet.studies.reach import Reach, Table, stacked, states
from indranet.studies.reason_words import Lost, Words, steps

PAIRS = 5
"""Pairs of a horizon whose reasons are told."""
SHOWN = 40
"""Most services told of, of those that one cause takes away."""

_KEY = ("kind", "id", "horizon", "plane", "lost", "step")


def _ranks(
    network: Network, compiled: Compiled, order: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return a rank for each gate by role and names, shape (gates,)."""
    labels = compiled.labels
    words = network["needs"].words["need"]
    by_word = np.append(np.argsort(np.argsort(words.astype(str))), -1)
    by = labels.by.astype(np.int64)
    roles = np.array(labels.roles)[labels.role]
    at = np.flatnonzero(roles == "need")
    by[at] = by_word[labels.by[at]]
    at = np.flatnonzero(~np.isin(roles, ("need", "served", "core function")))
    by[at] = order[labels.by[at]]
    things = len(order) + max(len(words), len(FUNCTIONS)) + 1
    return (labels.role * np.int64(things) + order[labels.of] + 1) * things + by + 1


def reasons(
    network: Network,
    reach: Reach,
    identifier: str | None = None,
    authority: str = "",
    pairs: Table | None = None,
) -> Table:
    """Say why things are lost.

    Without an identifier: for the first cause of each of the worst dependences, why it stops the
    service that most people use of those that it stops (the site, where it stops no service). With
    the identifier of a thing: why each candidate takes it away, at the first horizon at which it
    does. With that of a candidate, as in `territory:TWN`: why it stops each service that it stops.

    Parameters
    ----------
    network
        The case.
    reach
        What each candidate takes away.
    identifier
        A thing or a candidate.
    authority
        Whose exclusions the trusted plane holds: why they take trust from the service that most
        people use is told as well.
    pairs
        Pairs of candidates (see `studies.pairs.pairs`): why the first of each horizon stop what
        neither stops alone is told as well, the kind of what was taken away being `pair`.

    Returns
    -------
    One row a step: kind and id of what was taken away, horizon, plane, lost (identifier), step (0
    for what is lost itself), thing_kind, thing, why (how the step before hangs on this one), known
    (provenances of the rows that this rests on), ask (what to find out to be sure of it).

    Raises
    ------
    UsageError
        When the identifier names nothing, or several things.
    """
    words = Words(network)
    order = words.order()
    tables = []
    for horizon in HORIZONS:
        leaders = reach.leaders[horizon]
        compiled, _ = reach.nets[horizon]
        chosen = _most_used(network, compiled, horizon, leaders.asked, leaders.state)
        tables.append(_told(words, order, reach.nets[horizon], leaders.asked, chosen))
    if identifier is not None:
        tables += _asked_for(words, order, reach, identifier)
    if pairs is not None:
        tables += [_pairs(words, order, reach, horizon, pairs) for horizon in HORIZONS]
    if authority:
        tables += [_trust(words, order, reach, horizon, authority) for horizon in HORIZONS]
    return _once(stacked(tables))


def _once(table: Table) -> Table:
    """Return a table in which each loss is told once, though it may have been asked for twice."""
    keys = list(zip(*(table[column].tolist() for column in _KEY), strict=True))
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    kept = np.array([first[key] == row for row, key in enumerate(keys)], dtype=bool)
    return {column: values[kept] for column, values in table.items()}


def _most_used(
    network: Network,
    compiled: Compiled,
    horizon: Horizon,
    asked: Candidates,
    state: npt.NDArray[np.uint64],
) -> list[Lost]:
    """Return for each candidate the service, else site, that most people lose with it."""
    chosen: list[Lost] = []
    for kind, turn in _most_people_first(network):
        first = network.offset(kind)
        gone = lost_bits(state[compiled.gate[network.span(kind)][turn]], len(asked.id))
        told = {item.alternative for item in chosen}
        for candidate in np.flatnonzero(gone.any(axis=0)).tolist():
            if candidate not in told:
                thing = first + int(turn[np.argmax(gone[:, candidate])])
                chosen.append(
                    Lost(str(asked.kind[candidate]), str(asked.id[candidate]), horizon, thing,
                           candidate)
                )  # fmt: skip
    return sorted(chosen, key=lambda item: item.alternative)


def _most_people_first(network: Network) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Yield services, then sites: their positions, most people first, then by name."""
    for kind, table in (("service", "services"), ("site", "sites")):
        yield kind, np.lexsort((network.names[kind].astype(str), -network[table]["people"]))


def _asked_for(
    words: Words, order: npt.NDArray[np.int64], reach: Reach, identifier: str
) -> list[Table]:
    """Return why a thing is lost, or why a candidate takes what it takes."""
    network = words.network
    kind, _, rest = identifier.partition(":")
    named = (reach.asked.kind == kind) & (reach.asked.id == rest)
    if named.any():
        return _all_of(words, order, reach, int(np.flatnonzero(named)[0]))
    try:
        thing = network.find(identifier)
        if words.kind(thing) == "country":
            raise KeyError(identifier)
    except KeyError:
        bare = rest or identifier
        known = dict.fromkeys(reach.asked.kind[reach.asked.id == bare].tolist())
        hint = f": write {' or '.join(f'{k}:{bare}' for k in known)}" if known else ""
        raise UsageError(f"--reasons {identifier!r} names no one thing of the case{hint}") from None
    tables = []
    told = np.zeros(len(reach.asked.id), dtype=bool)
    for horizon in HORIZONS:
        compiled, ordered = reach.nets[horizon]
        rest_of = reach.asked.pick(np.flatnonzero(~told))
        state = states(ordered, rest_of, compiled, None)
        gone = lost_bits(state[compiled.gate[[thing]]], len(rest_of.id))[0]
        chosen = [
            Lost(str(rest_of.kind[c]), str(rest_of.id[c]), horizon, thing, c)
            for c in np.flatnonzero(gone).tolist()
        ]
        tables.append(_told(words, order, (compiled, ordered), rest_of, chosen))
        told[np.flatnonzero(~told)[gone]] = True
    return tables


def _all_of(
    words: Words, order: npt.NDArray[np.int64], reach: Reach, candidate: int
) -> list[Table]:
    """Return why a candidate stops each service, those that most people use first."""
    network = words.network
    tables = []
    asked = reach.asked.pick(np.array([candidate]))
    first, people = network.offset("service"), network["services"]["people"]
    turn = np.lexsort((network.names["service"].astype(str), -people))
    told: set[int] = set()
    for horizon in HORIZONS:
        compiled, ordered = reach.nets[horizon]
        state = states(ordered, asked, compiled, None)
        gone = lost_bits(state[compiled.gate[network.span("service")][turn]], 1)[:, 0]
        things = [t for t in turn[gone].tolist() if t not in told][:SHOWN]
        told |= set(things)
        chosen = [Lost(str(asked.kind[0]), str(asked.id[0]), horizon, first + t, 0) for t in things]
        tables.append(_told(words, order, (compiled, ordered), asked, chosen))
    return tables


def _pairs(
    words: Words,
    order: npt.NDArray[np.int64],
    reach: Reach,
    horizon: Horizon,
    pairs: Table,
) -> Table:
    """Return why the first pairs of a horizon stop what neither of the two stops alone."""
    more = (pairs["services_more"] > 0) | (pairs["sites_more"] > 0)
    rows = np.flatnonzero((pairs["horizon"] == horizon) & more)[:PAIRS]
    asked = reach.asked
    at = {key: place for place, key in enumerate(zip(asked.kind, asked.id, strict=True))}
    sides = [
        [at[key] for key in zip(pairs[f"{side}_kind"][rows], pairs[side][rows], strict=True)]
        for side in ("a", "b")
    ]
    both = list(zip(*sides, strict=True))
    together = joined(asked, both)
    compiled, ordered = reach.nets[horizon]
    alone = asked.pick(np.array([*sides[0], *sides[1]], dtype=np.int64))
    state = states(ordered, together, compiled, None)
    each = states(ordered, alone, compiled, None)
    chosen: list[Lost] = []
    for kind, people in _most_people_first(words.network):
        gates = compiled.gate[words.network.span(kind)][people]
        one = lost_bits(each[gates], len(alone.id))
        gone = lost_bits(state[gates], len(both)) & ~(one[:, : len(both)] | one[:, len(both) :])
        told = {item.alternative for item in chosen}
        for place in np.flatnonzero(gone.any(axis=0)).tolist():
            if place not in told:
                thing = words.network.offset(kind) + int(people[np.argmax(gone[:, place])])
                chosen.append(Lost("pair", str(together.id[place]), horizon, thing, place))
    return _told(words, order, (compiled, ordered), together, chosen)


def _trust(
    words: Words, order: npt.NDArray[np.int64], reach: Reach, horizon: Horizon, authority: str
) -> Table:
    """Return why exclusions take trust from the service (or site) that most people use."""
    network = words.network
    compiled, ordered = reach.nets[horizon]
    gone = reach.tables["untrusted"]
    at = np.flatnonzero(gone["horizon"] == horizon)
    chosen = []
    if len(at):
        turn = np.lexsort((gone["id"][at].astype(str), -gone["people"][at], gone["kind"][at]))
        most = at[turn[0]]
        thing = network.find(f"{gone['kind'][most]}:{gone['id'][most]}")
        chosen = [Lost("exclusion", authority, horizon, thing, 0)]
    removed = np.array([0, len(compiled.excluded)]), compiled.excluded
    return _told(words, order, (compiled, ordered), removed, chosen)


def _told(
    words: Words,
    order: npt.NDArray[np.int64],
    net: tuple[Compiled, Ordered],
    asked: Candidates | tuple[Any, Any],
    chosen: Sequence[Lost],
) -> Table:
    """Return the steps of the shortest failing path of each lost thing.

    Parameters
    ----------
    words, order
        Names, and the order of things by name.
    net
        The case as gates.
    asked
        What the alternatives take away; gates alone where exclusions do.
    chosen
        Lost things.
    """
    compiled, ordered = net
    trust = isinstance(asked, tuple)
    gate = compiled.trusted if trust else compiled.gate
    start, gates = asked if isinstance(asked, tuple) else asked.gates(compiled)
    alternatives = len(start) - 1
    by_alternative = sorted(chosen, key=lambda item: item.alternative)
    count = np.bincount([c.alternative for c in by_alternative], minlength=alternatives)
    lost = (
        np.append(0, np.cumsum(count[:alternatives])).astype(np.int64),
        np.array([gate[c.thing] for c in by_alternative], dtype=np.int32),
    )
    path_start, path, left = failing_paths(
        ordered,
        (start, gates),
        lost,
        always=compiled.absent if trust else compiled.down,
        rank=_ranks(words.network, compiled, order),
        amounts=compiled.labels.capacity,
    )
    rows: list[tuple[Any, ...]] = []
    for item, first, last in zip(by_alternative, path_start[:-1], path_start[1:], strict=True):
        here = slice(first, last)
        found = steps(words, compiled, path[here].tolist(), left[here].tolist(), item)
        plane = "trusted" if trust else "works"
        lost_id = str(words.names[item.thing])
        rows += [
            (item.kind, item.id, item.horizon, plane, lost_id, step, *rest)
            for step, rest in enumerate(found)
        ]
    columns = (*_KEY, "thing_kind", "thing", "why", "known", "ask")
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    return {
        name: np.array(values, dtype=np.int64 if name == "step" else object)
        for name, values in zip(columns, cells, strict=True)
    }
