"""Chosen things taken away together: what stops, answered at once from gates kept ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, order, up
from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, UNITS, Candidates, joined
from indranet.studies.candidates import candidates as candidates_of
from indranet.studies.compile import HORIZONS, Compiled, Horizon, compile_network
from indranet.studies.exclusions import exclusions
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.places import Places, lost_bits, places_of
from indranet.studies.reach import Counted, Table, waiting_services
from indranet.studies.reason_words import Words
from indranet.studies.reasons import together
from indranet.studies.worst import BY_COUNTRY, COUNTRIES, FINE, PEOPLE, SERVICES, SITES, Counts

TAKEN: tuple[str, ...] = (*DEFAULT_KINDS, *KINDS_ON_REQUEST, *UNITS)
"""Kinds of candidate that can be taken away together."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane, ready to be asked.

    Attributes
    ----------
    nets
        Horizon to the case as gates, and their order.
    gates
        Horizon to the gate of each thing on this plane, shape (things,).
    counts
        Horizon to what the loss of gates adds to each sum.
    """

    nets: Mapping[Horizon, tuple[Compiled, Ordered]]
    gates: Mapping[Horizon, npt.NDArray[np.int32]]
    counts: Mapping[Horizon, Counts]


@dataclass(frozen=True, eq=False)
class Ready:
    """A case of which anything can be taken away at once.

    Attributes
    ----------
    network, ground, day
        The case, made ready on a day; each site has a gate of its own.
    asked
        Everything that can be taken away.
    row
        (kind, identifier) to the position among `asked`.
    counted
        What is counted when things stop.
    places
        Sites gathered at places.
    works
        The plane of what works.
    """

    network: Network
    ground: Groundwork
    day: np.datetime64
    asked: Candidates
    row: Mapping[tuple[str, str], int]
    counted: Counted
    places: Places
    works: Plane


@dataclass(frozen=True)
class Sums:
    """What is lost: services, people and real sites, as in the table `reach`."""

    services_lost: int
    people_lost: float
    sites_lost: float


@dataclass(frozen=True, eq=False)
class Taken:
    """What stops when some things are taken away together.

    Attributes
    ----------
    totals
        What is lost at each horizon.
    more
        What of it no one of them takes alone: it stops only because more than one is away.
    services
        Codes over all kinds of the services that stop at the horizon asked for; most people first.
    people, served
        Persons of each country who lose a service at that horizon, and who had it before, shape
        (countries,).
    rows, sites
        Services (sites where the case has none) and real sites that each country loses, shape
        (countries,).
    shares
        Share of the sites of each place that stops, shape (places,).
    """

    totals: Mapping[Horizon, Sums]
    more: Mapping[Horizon, Sums]
    services: Codes
    people: npt.NDArray[np.float64]
    served: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    sites: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]


def ready(network: Network, on: np.datetime64 | None = None) -> Ready:
    """Compile and order the gates of a case once, so that each question after takes moments.

    Parameters
    ----------
    network
        The case.
    on
        Day that decides which agreements are in force; the case's first day by default.
    """
    day = network.first_day if on is None else on
    ground = groundwork(network, on=day, apart=True)
    asked = candidates_of(network, TAKEN, ground)
    counted = Counted(ground, waiting_services(ground))
    names = zip(asked.kind.tolist(), asked.id.tolist(), strict=True)
    return Ready(
        network, ground, day, asked, {name: at for at, name in enumerate(names)}, counted,
        places_of(network, ground.classes), _plane(ground, counted),
    )  # fmt: skip


def trusting(case: Ready, authority: str) -> Plane:
    """Return the plane of what an authority trusts.

    Raises
    ------
    UsageError
        When the case has no exclusions of that authority.
    """
    return _plane(case.ground, case.counted, authority, case.day)


def _plane(
    ground: Groundwork,
    counted: Counted,
    authority: str | None = None,
    day: np.datetime64 | None = None,
) -> Plane:
    nets: dict[Horizon, tuple[Compiled, Ordered]] = {}
    gates: dict[Horizon, npt.NDArray[np.int32]] = {}
    counts: dict[Horizon, Counts] = {}
    excluded = None if authority is None or day is None else exclusions(ground, authority, day)
    for horizon in HORIZONS:
        compiled = compile_network(ground, horizon=horizon, exclusions=excluded)
        nets[horizon] = compiled, order(compiled.gates)
        gates[horizon] = compiled.gate if excluded is None else compiled.trusted
        counts[horizon] = counted.at(gates[horizon])
    return Plane(nets, gates, counts)


def take(case: Ready, which: Sequence[int], horizon: Horizon, plane: Plane) -> Taken:
    """Take some candidates away together.

    What was down before is not counted.

    Parameters
    ----------
    case
        The case.
    which
        Positions among `case.asked`.
    horizon
        When services, countries and places are told; the totals are told at every horizon.
    plane
        `case.works`, or what `trusting` returned.
    """
    away = _away(case.asked, which)
    states = {at: _state(*net, away) for at, net in plane.nets.items()}
    lost = {at: _lost_sums(plane.counts[at], state, len(away)) for at, state in states.items()}
    network, state, gate = case.network, states[horizon], plane.gates[horizon]
    gone = lost_bits(state[gate[network.span("service")]], 1)[:, 0]
    services = np.flatnonzero(gone)
    most = np.argsort(-network["services"]["people"][services], kind="stable")
    at_sites = network.offset("site") + case.ground.classes.representative
    stopped = lost_bits(state[gate[at_sites]], 1)[:, 0]
    of_countries = lost[horizon][0, COUNTRIES:].reshape(-1, BY_COUNTRY)
    counts = plane.counts[horizon]
    before = counts.weights[(state[counts.gates, 0] & np.uint64(1)) > 0]
    return Taken(
        {at: _told(sums[0]) for at, sums in lost.items()},
        {at: _told(sums[1]) for at, sums in lost.items()},
        network.offset("service") + services[most],
        of_countries[:, 0] / FINE,
        before[:, COUNTRIES::BY_COUNTRY].sum(axis=0) / FINE,
        of_countries[:, 1],
        of_countries[:, 2] / FINE,
        np.minimum(case.places.classes @ stopped.astype(np.float64), 1.0),
    )


def why(
    case: Ready, words: Words, which: Sequence[int], horizon: Horizon, thing: int
) -> Table | None:
    """Say why a thing stops when some candidates are taken away together, on the plane of works.

    Parameters
    ----------
    case, which
        As for `take`.
    words
        Names of the things of the case.
    horizon
        When.
    thing
        Code over all kinds.

    Returns
    -------
    The steps from the thing down to what was taken away, as in the table `reasons`; None where the
    thing does not stop.
    """
    compiled, ordered = case.works.nets[horizon]
    state = _state(compiled, ordered, _away(case.asked, which)[:2])
    if not lost_bits(state[compiled.gate[[thing]]], 1)[0, 0]:
        return None
    one = case.asked.pick(np.array(which)) if len(which) == 1 else joined(case.asked, [which])
    return together(words, (compiled, ordered), horizon, one, thing)


def _away(asked: Candidates, which: Sequence[int]) -> list[Codes]:
    """Return what is taken away in each alternative: nothing, all, then each one by itself."""
    nothing = np.zeros(0, dtype=np.int64)
    each = [asked.things[asked.start[i] : asked.start[i + 1]] for i in which]
    return [nothing, np.unique(np.concatenate([nothing, *each])), *(each if len(each) > 1 else ())]


def _state(compiled: Compiled, ordered: Ordered, away: Sequence[Codes]) -> npt.NDArray[np.uint64]:
    """Return the state of every gate in some alternatives, as `gates.up` gives it."""
    start = np.cumsum([0, *(len(things) for things in away)], dtype=np.int64)
    removed = np.concatenate([compiled.own, compiled.units])[np.concatenate(away)]
    return up(ordered, (start, removed), always=compiled.down)


def _lost_sums(counts: Counts, state: npt.NDArray[np.uint64], alternatives: int) -> Codes:
    """Return what all take, and what of it no one of them takes alone, shape (2, sums)."""
    gone = lost_bits(state[counts.gates], alternatives - 1)
    # One thing by itself is all there is.
    alone = gone[:, 1:].any(axis=1) if alternatives > 2 else gone[:, 0]
    return np.stack(
        [counts.weights[some].sum(axis=0) for some in (gone[:, 0], gone[:, 0] & ~alone)]
    )


def _told(sums: Codes) -> Sums:
    return Sums(int(sums[SERVICES]), float(sums[PEOPLE]) / FINE, float(sums[SITES]) / FINE)
