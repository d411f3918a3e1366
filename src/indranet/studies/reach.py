"""How far each loss reaches: services, sites and people, at every horizon and on every plane."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, lost, order, up
from indranet.model.network import Network
from indranet.studies.candidates import Candidates
from indranet.studies.compile import HORIZONS, Compiled, Horizon, compile_network
from indranet.studies.exclusions import Exclusions
from indranet.studies.groundwork import Groundwork, wanted_lanes, wanted_rows, wanted_sites
from indranet.studies.places import lost_bits, places_of
from indranet.studies.site_classes import hashed
from indranet.studies.worst import (
    BY_COUNTRY,
    COUNTRIES,
    FINE,
    PEOPLE,
    SERVICES,
    SITES,
    Counts,
    describe_group,
    near_misses,
    standing,
    worst_groups,
)

NEED_SHARE = 0.5
OTHER_NEED_SHARES = (0.3, 0.8)

Table = Mapping[str, npt.NDArray[Any]]
Sums = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Leaders:
    """The first cause of each of the worst dependences of a horizon, and what each takes.

    Attributes
    ----------
    asked
        The causes, worst first.
    state
        State of every gate with nothing away (bit 0) and then with each cause away, as `gates.up`
        gives it.
    """

    asked: Candidates
    state: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Reach:
    """What each candidate takes away.

    Attributes
    ----------
    asked
        The candidates.
    nets
        Horizon to the case as gates, at the usual need_share, and their order.
    counts
        Horizon to what the loss of gates adds to each sum, on the plane of what works.
    losses
        (horizon, need_share) to the losses on that plane, shape (candidates, sums).
    leaders
        Horizon to its worst causes.
    waiting
        Services that wait for what is wanted, and count nowhere, shape (services,).
    tables, summary
        What `studies.exposure.Exposure` holds of them.
    """

    asked: Candidates
    nets: Mapping[Horizon, tuple[Compiled, Ordered]]
    counts: Mapping[Horizon, Counts]
    losses: Mapping[tuple[Horizon, float], Sums]
    leaders: Mapping[Horizon, Leaders]
    waiting: npt.NDArray[np.bool_]
    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def waiting_services(ground: Groundwork, executor: Executor | None = None) -> npt.NDArray[np.bool_]:
    """Return which services do not run, and would if what is wanted were there, shape (services,).

    All dependences are kept: what a service would live on for some time was never there.
    """
    network = ground.network
    services = network.span("service")
    if ground.wanted or not wanted_rows(network).any() or services.start == services.stop:
        return np.zeros(services.stop - services.start, dtype=bool)
    compiled = compile_network(ground, horizon="in time")
    there = np.setdiff1d(compiled.down, compiled.own[_wanted_things(ground)])
    ordered = order(compiled.gates)
    none = np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int32)
    without, within = (
        up(ordered, none, always=down, executor=executor)[compiled.gate[services], 0] > 0
        for down in (compiled.down, there.astype(np.int32))
    )
    return np.asarray(within & ~without & ground.exists("services"))


def _wanted_things(ground: Groundwork) -> npt.NDArray[np.int64]:
    """Return the codes of sites and lanes that are wanted."""
    network = ground.network
    return np.concatenate([
        network.offset("site") + np.flatnonzero(wanted_sites(network)),
        network.offset("lane") + np.flatnonzero(wanted_lanes(network)),
    ])  # fmt: skip


def wanted_told(ground: Groundwork, waiting: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return what projects want and is left out, as plain data.

    Real sites and their people, units, lanes to such sites, and services that wait with their
    people.
    """
    network = ground.network
    rows = wanted_rows(network)
    sites, equipment, services = network["sites"], network["equipment"], network["services"]
    at = wanted_sites(network)
    real = sites["stands_for"][equipment["site"]] * equipment["quantity"]
    return {
        "sites": float(sites["stands_for"][at].sum()),
        "people": float(sites["people"][at].sum()),
        "units": float(real[rows].sum()),
        "lanes": network.names["lane"][wanted_lanes(network)].tolist(),
        "services": network.names["service"][waiting].tolist(),
        "service_people": float(services["people"][waiting].sum()),
    }


class Counted:
    """What is counted when things stop, in thousandths; see `studies.worst.SERVICES`."""

    def __init__(self, ground: Groundwork, waiting: npt.NDArray[np.bool_]) -> None:
        network = ground.network
        services, sites = network["services"], network["sites"]
        self.network = network
        self.by_service = len(services) > 0
        rows = services if self.by_service else sites
        there = ground.exists(rows.name)
        if self.by_service:
            there = there & ~waiting
        self.people = np.rint(rows["people"] * there * FINE).astype(np.int64)
        self.total_people = float(self.people.sum()) / FINE
        self.total_services = int(there.sum()) if self.by_service else 0
        real = sites["stands_for"] * ground.exists("sites")
        self.sites = np.rint(real * FINE).astype(np.int64)

    def at(self, gate: npt.NDArray[np.int32]) -> Counts:
        """Return what the loss of each gate adds to each sum.

        Parameters
        ----------
        gate
            Gate of each thing, on the plane that is counted.
        """
        network = self.network
        services, sites = network["services"], network["sites"]
        spans = [network.span("service"), network.span("site")]
        counted, place = np.unique(
            np.concatenate([gate[span] for span in spans]), return_inverse=True
        )
        gates = len(counted)
        at_service, at_site = place[: len(services)], place[len(services) :]
        at, rows = (at_service, services) if self.by_service else (at_site, sites)
        ones = np.ones(len(services), dtype=np.int64)
        columns = [
            _at(gates, at_service, ones),
            _at(gates, at, self.people),
            _at(gates, at_site, self.sites),
            _at(gates, at_service, hashed(np.arange(len(services)))),
            # After those of services: what stops a service is told apart from what stops a site.
            _at(gates, at_site, hashed(len(services) + np.arange(len(sites)))),
        ]
        for code in range(len(network["countries"])):
            mine = rows["country"] == code
            columns.append(_at(gates, at[mine], self.people[mine]))
            columns.append(_at(gates, at[mine], np.ones(int(mine.sum()), dtype=np.int64)))
            there = sites["country"] == code
            columns.append(_at(gates, at_site[there], self.sites[there]))
        return Counts(counted, np.stack(columns, axis=1))


def reach(
    ground: Groundwork,
    asked: Candidates,
    *,
    exclusions: Exclusions | None = None,
    executor: Executor | None = None,
) -> Reach:
    """Take away each candidate in turn and count what stops.

    Parameters
    ----------
    ground
        The case, made ready.
    asked
        What to take away.
    exclusions
        Whom an authority excludes: losses are counted on the trusted plane as well.
    executor
        Threads to spread the work over; results do not depend on their number.
    """
    network = ground.network
    waiting = waiting_services(ground, executor)
    counted = Counted(ground, waiting)
    losses: dict[tuple[Horizon, float], Sums] = {}
    counts: dict[Horizon, Counts] = {}
    nets: dict[Horizon, tuple[Compiled, Ordered]] = {}
    rows: list[Table] = []
    untrusted: dict[Horizon, Table] = {}
    for horizon in HORIZONS:
        for share in (NEED_SHARE, *(OTHER_NEED_SHARES if horizon != "now" else ())):
            compiled = compile_network(
                ground,
                horizon=horizon,
                need_share=share,
                exclusions=exclusions if share == NEED_SHARE else None,
            )
            ordered = order(compiled.gates)
            always = compiled.down
            # Within a horizon the share moves thresholds only, but the trusted plane adds gates.
            if share == NEED_SHARE or exclusions is not None:
                summed = counted.at(compiled.gate)
            if share == NEED_SHARE:
                nets[horizon], counts[horizon] = (compiled, ordered), summed
            removed = asked.gates(compiled)
            found = lost(
                ordered, removed, summed.weights, of=summed.gates, always=always, executor=executor
            )
            losses[horizon, share] = found
            if share == NEED_SHARE:
                rows.append(_reach_rows(asked, horizon, "works", found, counted))
        if exclusions is not None:
            compiled, ordered = nets[horizon]
            table, taken = _on_trust(network, asked, horizon, nets[horizon], counted, executor)
            rows.append(table)
            untrusted[horizon] = taken
    details, shares, worst, down, leaders = _worst(ground, asked, nets, losses, waiting, executor)
    other = [
        {
            **_reach_rows(asked, horizon, "works", sums, counted),
            "need_share": np.full(len(asked.id), share),
        }
        for (horizon, share), sums in losses.items()
        if share != NEED_SHARE
    ]
    tables = {
        "reach": stacked(rows),
        "need_share": stacked(other),
        "reach_countries": stacked(
            [_country_rows(network, asked, h, losses[h, NEED_SHARE]) for h in HORIZONS]
        ),
        "services": stacked(details),
        "places": shares[0],
        "losses": stacked(shares[1:]),
    }
    summary: dict[str, Any] = {
        "taken_away": len(asked.id),
        "worst": worst,
        "near_misses": near_misses(
            network, asked, losses["in time", NEED_SHARE],
            losses["in time", max(OTHER_NEED_SHARES)],
        ),
        "down_before": down,
    }  # fmt: skip
    if exclusions is not None:
        tables["untrusted"] = stacked(list(untrusted.values()))
    if not ground.wanted and wanted_rows(network).any():
        summary["wanted"] = wanted_told(ground, waiting)
    return Reach(asked, nets, counts, losses, leaders, waiting, tables, summary)


@dataclass(frozen=True)
class Plain:
    """What each candidate takes away on the plane of what works, at the usual need_share.

    Attributes
    ----------
    reach, countries
        As `reach` and `reach_countries` of `studies.exposure.Exposure`.
    served
        Country, horizon, people: who is served with nothing away.
    """

    reach: Table
    countries: Table
    served: Table


def plain_reach(ground: Groundwork, asked: Candidates, executor: Executor | None = None) -> Plain:
    """Take away each candidate in turn and count what stops, and where, and no more than that."""
    network = ground.network
    counted = Counted(ground, waiting_services(ground, executor))
    names = network.names["country"]
    rows: list[Table] = []
    countries: list[Table] = []
    served: list[Table] = []
    for horizon in HORIZONS:
        compiled = compile_network(ground, horizon=horizon)
        ordered = order(compiled.gates)
        summed = counted.at(compiled.gate)
        found = lost(
            ordered, asked.gates(compiled), summed.weights, of=summed.gates, always=compiled.down,
            executor=executor,
        )  # fmt: skip
        rows.append(_reach_rows(asked, horizon, "works", found, counted))
        countries.append(_country_rows(network, asked, horizon, found))
        state = up(ordered, ([0, 0], []), always=compiled.down, executor=executor)
        runs = state[summed.gates, 0] > 0
        people = summed.weights[runs, COUNTRIES::BY_COUNTRY].sum(axis=0)[: len(names)]
        served.append({
            "country": names, "horizon": np.full(len(names), horizon, dtype=object),
            "people": people / FINE,
        })  # fmt: skip
    return Plain(stacked(rows), stacked(countries), stacked(served))


def _worst(
    ground: Groundwork,
    asked: Candidates,
    nets: Mapping[Horizon, tuple[Compiled, Ordered]],
    losses: Mapping[tuple[Horizon, float], Sums],
    waiting: npt.NDArray[np.bool_],
    executor: Executor | None,
) -> tuple[list[Table], list[Table], dict[str, Any], dict[str, list[str]], dict[Horizon, Leaders]]:
    """Find the worst dependences of each horizon, and what the first cause of each takes.

    Returns
    -------
    Services lost; places, then the shares lost there; the dependences as plain data; what was down
    before; the causes.
    """
    network = ground.network
    details: list[Table] = []
    worst: dict[str, Any] = {}
    down: dict[str, list[str]] = {}
    leaders: dict[Horizon, Leaders] = {}
    places = places_of(network, ground.classes)
    shares: list[Table] = [places.table]
    site_codes = network.offset("site") + ground.classes.representative
    for horizon, (compiled, ordered) in nets.items():
        spread = {share: sums for (at, share), sums in losses.items() if at == horizon}
        alike = [sums for share, sums in spread.items() if share != NEED_SHARE]
        then = losses["resourced", NEED_SHARE] if horizon == "in time" else None
        alike += [then] if then is not None else []
        groups = worst_groups(network, asked, spread[NEED_SHARE], alike, then)
        place = {share: standing(network, asked, sums, then) for share, sums in spread.items()}
        worst[horizon] = [describe_group(network, asked, group, spread, place) for group in groups]
        first = asked.pick(np.array([g[0] for g in groups], dtype=np.int64))
        state = states(ordered, first, compiled, executor)
        leaders[horizon] = Leaders(first, state)
        details.append(_service_rows(network, first, horizon, compiled, state))
        gone = lost_bits(state[compiled.gate[site_codes]], len(first.id))
        shares.append(places.losses(first, horizon, gone))
        down[horizon] = _down_before(ground, compiled, state, waiting)
    return details, shares, worst, down, leaders


def stacked(tables: Sequence[Table]) -> Table:
    """Return tables of the same columns one below the other."""
    return {c: np.concatenate([table[c] for table in tables]) for c in tables[0]}


def _at(gates: int, gate: npt.NDArray[np.integer], values: Sums) -> Sums:
    sums = np.zeros(gates, dtype=np.int64)
    np.add.at(sums, gate, values)
    return sums


def _reach_rows(
    asked: Candidates, horizon: Horizon, plane: str, sums: Sums, counted: Counted
) -> Table:
    people = sums[:, PEOPLE] / FINE
    total = counted.total_people
    return {
        "kind": asked.kind,
        "id": asked.id,
        "horizon": np.full(len(asked.id), horizon, dtype=object),
        "plane": np.full(len(asked.id), plane, dtype=object),
        "services_lost": sums[:, SERVICES],
        "sites_lost": sums[:, SITES] / FINE,
        "people_lost": people,
        "people_share": people / total if total else np.zeros(len(people)),
    }


def _on_trust(
    network: Network,
    asked: Candidates,
    horizon: Horizon,
    net: tuple[Compiled, Ordered],
    counted: Counted,
    executor: Executor | None,
) -> tuple[Table, Table]:
    """Count what each candidate takes of what was trusted, and what the exclusions take of trust.

    Returns
    -------
    Rows of `reach` on the trusted plane; rows of `untrusted`: kind, id, horizon, people, real sites
    of services and sites that work and are not trusted.
    """
    compiled, ordered = net
    summed = counted.at(compiled.trusted)
    removed = asked.gates(compiled)
    found = lost(
        ordered, removed, summed.weights, of=summed.gates, always=compiled.down, executor=executor
    )
    state = up(ordered, ([0, 0], []), always=compiled.down, executor=executor)[:, 0] > 0
    parts: list[Table] = []
    services, sites = network["services"], network["sites"]
    for kind, people, real in (
        ("service", services["people"], np.zeros(len(services))),
        ("site", sites["people"], sites["stands_for"]),
    ):
        span = network.span(kind)
        rows = np.flatnonzero(state[compiled.gate[span]] & ~state[compiled.trusted[span]])
        parts.append(
            {
                "kind": np.full(len(rows), kind, dtype=object),
                "id": network.names[kind][rows],
                "horizon": np.full(len(rows), horizon, dtype=object),
                "people": people[rows],
                "sites": real[rows],
            }
        )
    return _reach_rows(asked, horizon, "trusted", found, counted), stacked(parts)


def _country_rows(network: Network, asked: Candidates, horizon: Horizon, sums: Sums) -> Table:
    people, services, _ = (sums[:, COUNTRIES + i :: BY_COUNTRY] for i in range(BY_COUNTRY))
    candidate, country = np.nonzero((people > 0) | (services > 0))
    return {
        "kind": asked.kind[candidate],
        "id": asked.id[candidate],
        "horizon": np.full(len(candidate), horizon, dtype=object),
        "country": network.names["country"][country],
        "rows_lost": services[candidate, country],
        "people_lost": people[candidate, country] / FINE,
    }


def states(
    ordered: Ordered, asked: Candidates, compiled: Compiled, executor: Executor | None
) -> npt.NDArray[np.uint64]:
    """Return the state of every gate with nothing away (bit 0) and then each candidate away."""
    start, gates = asked.gates(compiled)
    removed = np.append(0, start), gates
    return up(ordered, removed, always=compiled.down, executor=executor)


def _service_rows(
    network: Network,
    leaders: Candidates,
    horizon: Horizon,
    compiled: Compiled,
    state: npt.NDArray[np.uint64],
) -> Table:
    gone = lost_bits(state[compiled.gate[network.span("service")]], len(leaders.id))
    candidate, service = np.nonzero(gone.T)
    return {
        "kind": leaders.kind[candidate],
        "id": leaders.id[candidate],
        "horizon": np.full(len(candidate), horizon, dtype=object),
        "service": network.names["service"][service],
        "people": network["services"]["people"][service],
    }


def _down_before(
    ground: Groundwork,
    compiled: Compiled,
    state: npt.NDArray[np.uint64],
    waiting: npt.NDArray[np.bool_],
) -> list[str]:
    """Return the services and sites that exist and are down though nothing was taken away.

    Those that wait for what is wanted are told as such.
    """
    network = ground.network
    down: list[str] = []
    for kind, table in (("service", "services"), ("site", "sites")):
        gate = compiled.gate[network.span(kind)]
        is_down = ((state[gate, 0] & np.uint64(1)) == 0) & ground.exists(table)
        if kind == "service":
            is_down &= ~waiting
        down += network.names[kind][is_down].tolist()
    return down
