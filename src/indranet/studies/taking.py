"""Chosen things taken away together: what stops, answered at once from gates kept ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, order, up
from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, UNITS, Candidates
from indranet.studies.candidates import candidates as candidates_of
from indranet.studies.compile import HORIZONS, Compiled, Horizon, compile_network
from indranet.studies.exclusions import exclusions
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.places import Places, lost_bits, places_of
from indranet.studies.reach import Counted, waiting_services
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
    parts = [case.asked.things[case.asked.start[i] : case.asked.start[i + 1]] for i in which]
    things = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
    states = {at: _state(*net, things) for at, net in plane.nets.items()}
    lost = {at: _lost_sums(plane.counts[at], states[at]) for at in states}
    totals = {
        at: Sums(int(sums[SERVICES]), float(sums[PEOPLE]) / FINE, float(sums[SITES]) / FINE)
        for at, sums in lost.items()
    }
    network, state, gate = case.network, states[horizon], plane.gates[horizon]
    gone = lost_bits(state[gate[network.span("service")]], 1)[:, 0]
    services = np.flatnonzero(gone)
    most = np.argsort(-network["services"]["people"][services], kind="stable")
    at_sites = network.offset("site") + case.ground.classes.representative
    stopped = lost_bits(state[gate[at_sites]], 1)[:, 0]
    people, rows, sites = (lost[horizon][COUNTRIES + i :: BY_COUNTRY] for i in range(BY_COUNTRY))
    counts = plane.counts[horizon]
    before = counts.weights[(state[counts.gates, 0] & np.uint64(1)) > 0]
    return Taken(
        totals,
        network.offset("service") + services[most],
        people / FINE,
        before[:, COUNTRIES::BY_COUNTRY].sum(axis=0) / FINE,
        rows,
        sites / FINE,
        np.minimum(case.places.classes @ stopped.astype(np.float64), 1.0),
    )


def _state(compiled: Compiled, ordered: Ordered, things: Codes) -> npt.NDArray[np.uint64]:
    """Return the state of every gate with nothing away (bit 0) and with things away (bit 1)."""
    removed = np.concatenate([compiled.own, compiled.units])[things]
    start = np.array([0, 0, len(removed)], dtype=np.int64)
    return up(ordered, (start, removed), always=compiled.down)


def _lost_sums(counts: Counts, state: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    gone = lost_bits(state[counts.gates], 1)[:, 0]
    return np.asarray(counts.weights[gone].sum(axis=0), dtype=np.int64)
