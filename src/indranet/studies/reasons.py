"""Why a thing is lost: the shortest failing path down to what was taken away, in words."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, up
from indranet.engines.gates.paths import failing_paths
from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS, KINDS
from indranet.studies.candidates import Candidates, joined
from indranet.studies.compile import HORIZONS, Compiled, Horizon
from indranet.studies.places import lost_bits
from indranet.studies.reach import Reach, Table, stacked, states
from indranet.studies.reason_words import Lost, Words, steps

PAIRS = 5
"""Pairs of a horizon whose reasons are told."""
SHOWN = 40
"""Most services told of, of those that one cause takes away."""

_COMPARED = 20_000
"""Names of each kind that a mistyped one is compared with."""
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


@dataclass(frozen=True)
class Question:
    """Whose reasons are to be told in full.

    Attributes
    ----------
    asked
        As it was written.
    thing
        A thing of the case, which is lost to others, a code over all kinds; -1 for none.
    candidate
        Position among the candidates of what takes others away; -1 for none.
    """

    asked: str
    thing: int
    candidate: int


def question(network: Network, asked: Candidates, identifier: str) -> Question:
    """Find the thing that an identifier names, and the candidate.

    Parameters
    ----------
    network, asked
        The case, and what is taken away.
    identifier
        Of a thing, with or without its kind; or of a candidate that is no thing, as in
        `territory:TWN`.

    Raises
    ------
    UsageError
        When it names nothing, or several things.
    """
    kind, _, rest = identifier.partition(":")
    thing = -1
    with suppress(KeyError):
        thing = network.find(identifier)
    if thing >= 0 and network.thing(thing)[0] == "country":
        thing = -1
    if thing >= 0:
        kind, rest = network.thing(thing)
    place = np.flatnonzero((asked.kind == kind) & (asked.id == rest))
    if thing < 0 and not len(place):
        raise UsageError(_nothing_named(network, asked, identifier))
    return Question(identifier, thing, int(place[0]) if len(place) else -1)


def _nothing_named(network: Network, asked: Candidates, identifier: str) -> str:
    bare = identifier.partition(":")[2] or identifier
    ways = [f"{k}:{bare}" for k in dict.fromkeys(asked.kind[asked.id == bare].tolist())]
    if not ways:
        known = {str(name) for kind in KINDS for name in network.names[kind][:_COMPARED]}
        ways = get_close_matches(bare.strip(), known, n=1)
    hint = f": write {' or '.join(ways)}" if ways else ""
    return f"--reasons {identifier!r} names no one thing of the case{hint}"


def reasons(
    network: Network,
    reach: Reach,
    asked: Question | None = None,
    authority: str = "",
    pairs: Table | None = None,
) -> Table:
    """Say why things are lost.

    For the first cause of each of the worst dependences it is told why it stops the service that
    most people use of those that it stops (the site, where it stops no service). Of what was asked
    for: why each other candidate takes the thing away, at the first horizon at which it does; and
    why the candidate stops each of the `SHOWN` services (or sites) of those that it stops that most
    people use, at the first horizon at which it does.

    Parameters
    ----------
    network
        The case.
    reach
        What each candidate takes away.
    asked
        Whose reasons are told in full.
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
    (provenances of the rows that this rests on), ask (what to find out to be sure of it), told (for
    what: `lost` and `stops` as asked, `worst`, `pair`, `trust`).
    """
    words = Words(network)
    order = words.order()
    tables = [] if asked is None else _asked_for(words, order, reach, asked)
    for horizon in HORIZONS:
        leaders = reach.leaders[horizon]
        compiled, _ = reach.nets[horizon]
        chosen = _most_used(network, compiled, horizon, leaders.asked, leaders.state)
        tables.append(_told(words, order, reach.nets[horizon], leaders.asked, chosen, "worst"))
    if pairs is not None:
        tables += [_pairs(words, order, reach, horizon, pairs) for horizon in HORIZONS]
    if authority:
        tables += [_trust(words, order, reach, horizon, authority) for horizon in HORIZONS]
    return _once(stacked(tables))


def together(
    words: Words, net: tuple[Compiled, Ordered], horizon: Horizon, asked: Candidates, thing: int
) -> Table:
    """Say why one thing is lost when others are taken away together.

    Parameters
    ----------
    words
        Names of the network's things.
    net
        The case as gates, and their order.
    horizon
        At which they were compiled.
    asked
        What is taken away, as one candidate (see `studies.candidates.joined`).
    thing
        What is lost, a code over all kinds; it must be lost.

    Returns
    -------
    The steps, as in the table `reasons`.
    """
    lost = Lost(str(asked.kind[0]), str(asked.id[0]), horizon, thing, 0)
    return _told(words, words.order(), net, asked, [lost], "pair")


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
    words: Words, order: npt.NDArray[np.int64], reach: Reach, asked: Question
) -> list[Table]:
    """Return why the thing asked for is lost, and why the candidate takes what it takes."""
    tables = []
    if asked.thing >= 0:
        tables += _lost_to(words, order, reach, asked)
    if asked.candidate >= 0:
        tables += _stopped_by(words, order, reach, asked.candidate)
    return tables


def _lost_to(
    words: Words, order: npt.NDArray[np.int64], reach: Reach, asked: Question
) -> list[Table]:
    """Return why each other candidate takes a thing away."""
    tables = []
    left = np.flatnonzero(np.arange(len(reach.asked.id)) != asked.candidate)
    for horizon in HORIZONS:
        compiled, ordered = reach.nets[horizon]
        rest = reach.asked.pick(left)
        start, gates = rest.gates(compiled)
        watch = compiled.gate[[asked.thing]]
        state = up(ordered, (np.append(0, start), gates), always=compiled.down, watch=watch)
        gone = lost_bits(state, len(left))[0]
        chosen = [
            Lost(str(rest.kind[c]), str(rest.id[c]), horizon, asked.thing, c)
            for c in np.flatnonzero(gone).tolist()
        ]
        tables.append(_told(words, order, (compiled, ordered), rest, chosen, "lost"))
        left = left[~gone]
    return tables


def _stopped_by(
    words: Words, order: npt.NDArray[np.int64], reach: Reach, candidate: int
) -> list[Table]:
    """Return why a candidate stops services, else sites, those that most people use first."""
    network = words.network
    asked = reach.asked.pick(np.array([candidate]))
    found: dict[str, list[Lost]] = {}
    for kind, turn in _most_people_first(network):
        stopped = np.zeros(len(turn), dtype=bool)
        for horizon in HORIZONS:
            compiled, ordered = reach.nets[horizon]
            state = states(ordered, asked, compiled, None)
            gone = lost_bits(state[compiled.gate[network.span(kind)][turn]], 1)[:, 0]
            things = network.offset(kind) + turn[gone & ~stopped][:SHOWN]
            stopped |= gone
            found.setdefault(horizon, []).extend(
                Lost(str(asked.kind[0]), str(asked.id[0]), horizon, int(thing), 0)
                for thing in things
                if network.thing(int(thing)) != (asked.kind[0], asked.id[0])
            )
        if any(found.values()):
            break
    return [
        _told(words, order, reach.nets[horizon], asked, found[horizon], "stops")
        for horizon in HORIZONS
    ]


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
    return _told(words, order, (compiled, ordered), together, chosen, "pair")


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
    return _told(words, order, (compiled, ordered), removed, chosen, "trust")


def _told(
    words: Words,
    order: npt.NDArray[np.int64],
    net: tuple[Compiled, Ordered],
    asked: Candidates | tuple[Any, Any],
    chosen: Sequence[Lost],
    told: str,
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
    told
        For what they are told, as the table says it.
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
            (item.kind, item.id, item.horizon, plane, lost_id, step, *rest, told)
            for step, rest in enumerate(found)
        ]
    columns = (*_KEY, "thing_kind", "thing", "why", "known", "ask", "told")
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    return {
        name: np.array(values, dtype=np.int64 if name == "step" else object)
        for name, values in zip(columns, cells, strict=True)
    }
