"""What each loss takes away: services, sites and people, at every horizon."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, lost, order, up
from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, Candidates, candidates
from indranet.studies.compile import HORIZONS, Compiled, Horizon, compile_network
from indranet.studies.description import absent_tables
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.lanes import detours
from indranet.studies.places import lost_bits, places_of
from indranet.studies.site_classes import hashed
from indranet.studies.worst import (
    BY_COUNTRY,
    COUNTRIES,
    FINE,
    PEOPLE,
    SERVICES,
    SITES,
    describe_group,
    names_table,
    near_misses,
    worst_groups,
)

NEED_SHARE = 0.5
OTHER_NEED_SHARES = (0.3, 0.8)

Table = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Exposure:
    """What each candidate's loss takes away.

    Attributes
    ----------
    tables
        `reach` (kind, id, horizon, plane, services_lost, sites_lost, people_lost, people_share);
        `need_share` (the same losses where a product counts as supplied with 30 or 80 % of its
        contracted flow left); `reach_countries` (losses by country of the service); `services`
        (services lost), `places` and `losses` (sites gathered at places, and the share lost there),
        both for the first cause of each of the worst; `names` (kind, id, name); `detours` (what the
        closing of each passage does to the lanes that use it).
    summary
        Totals, the worst dependences now and in time, what was down before, what is not known.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


class _Counted:
    """What is counted when things stop, in thousandths; see `studies.worst.SERVICES`."""

    def __init__(self, network: Network) -> None:
        services, sites = network["services"], network["sites"]
        self.network = network
        self.by_service = len(services) > 0
        rows = services if self.by_service else sites
        self.people = np.rint(rows["people"] * FINE).astype(np.int64)
        self.total_people = float(self.people.sum()) / FINE
        self.sites = np.rint(sites["stands_for"] * FINE).astype(np.int64)

    def weights(self, compiled: Compiled) -> npt.NDArray[np.int64]:
        """Return what the loss of each gate adds to each sum, shape (gates, sums)."""
        network, gates = self.network, len(compiled.gates.threshold)
        services, sites = network["services"], network["sites"]
        at_service = compiled.gate[network.span("service")]
        at_site = compiled.gate[network.span("site")]
        at, rows = (at_service, services) if self.by_service else (at_site, sites)
        ones = np.ones(len(services), dtype=np.int64)
        columns = [
            _at(gates, at_service, ones),
            _at(gates, at, self.people),
            _at(gates, at_site, self.sites),
            _at(gates, at_service, hashed(np.arange(len(services)))),
            _at(gates, at_site, hashed(np.arange(len(sites)))),
        ]
        for code in range(len(network["countries"])):
            mine = rows["country"] == code
            columns.append(_at(gates, at[mine], self.people[mine]))
            columns.append(_at(gates, at[mine], np.ones(int(mine.sum()), dtype=np.int64)))
            there = sites["country"] == code
            columns.append(_at(gates, at_site[there], self.sites[there]))
        return np.stack(columns, axis=1)


def exposure(
    network: Network,
    *,
    by: Sequence[str] = DEFAULT_KINDS,
    on: np.datetime64 | None = None,
    executor: Executor | None = None,
) -> Exposure:
    """Take away each candidate in turn and count what stops.

    Parameters
    ----------
    network
        The case.
    by
        Kinds of candidate (see `studies.candidates.candidates`).
    on
        Day that decides which agreements are in force; the case's first day by default.
    executor
        Threads to spread the work over; results do not depend on their number.

    Returns
    -------
    Tables and summary.

    Raises
    ------
    UsageError
        When a kind of candidate is unknown.
    """
    asked = candidates(network, by)
    day = network.first_day if on is None else on
    ground = groundwork(network, on=day, apart="site" in by)
    counted, losses, nets = _Counted(network), {}, {}
    for horizon in HORIZONS:
        for share in (NEED_SHARE, *(OTHER_NEED_SHARES if horizon != "now" else ())):
            compiled = compile_network(ground, horizon=horizon, need_share=share)
            ordered = order(compiled.gates)
            if share == NEED_SHARE:
                # The share moves thresholds only: gates keep their numbers within a horizon.
                nets[horizon] = compiled, ordered
                weights = counted.weights(compiled)
            losses[horizon, share] = lost(
                ordered,
                asked.gates(compiled),
                weights,
                always=compiled.absent,
                executor=executor,
            )
    details: list[Table] = []
    shares: list[Table] = []
    worst: dict[str, Any] = {}
    down: dict[str, list[str]] = {}
    places = places_of(network, ground.classes)
    site_codes = network.offset("site") + ground.classes.representative
    for horizon, (compiled, ordered) in nets.items():
        spread = {share: sums for (at, share), sums in losses.items() if at == horizon}
        alike = [sums for share, sums in spread.items() if share != NEED_SHARE]
        then = losses["resourced", NEED_SHARE] if horizon == "in time" else None
        alike += [then] if then is not None else []
        groups = worst_groups(network, asked, spread[NEED_SHARE], alike, then)
        worst[horizon] = [describe_group(network, asked, group, spread) for group in groups]
        leaders = asked.pick(np.array([g[0] for g in groups], dtype=np.int64))
        state = _states(ordered, leaders, compiled, executor)
        details.append(_service_rows(network, leaders, horizon, compiled, state))
        gone = lost_bits(state[compiled.gate[site_codes]], len(leaders.id))
        shares.append(places.losses(leaders, horizon, gone))
        down[horizon] = _down_before(network, compiled, state)
    reach = {key: _reach_rows(asked, key[0], sums, counted) for key, sums in losses.items()}
    tables = {
        "reach": _stacked([t for (_, share), t in reach.items() if share == NEED_SHARE]),
        "need_share": _stacked(
            [
                {**t, "need_share": np.full(len(asked.id), share)}
                for (_, share), t in reach.items()
                if share != NEED_SHARE
            ]
        ),
        "reach_countries": _stacked(
            [_country_rows(network, asked, h, losses[h, NEED_SHARE]) for h in HORIZONS]
        ),
        "services": _stacked(details),
        "places": places.table,
        "losses": _stacked(shares),
        "names": names_table(network),
        "detours": detours(network, ground.routes),
    }
    missed = near_misses(
        network, asked, losses["in time", NEED_SHARE], losses["in time", max(OTHER_NEED_SHARES)]
    )
    unknown = nets["in time"][0].unknown
    summary = _summary(ground, unknown, day) | {
        "taken_away": len(asked.id),
        "worst": worst,
        "near_misses": missed,
        "down_before": down,
    }
    return Exposure(tables, summary)


def _stacked(tables: Sequence[Table]) -> Table:
    return {c: np.concatenate([table[c] for table in tables]) for c in tables[0]}


def _at(
    gates: int, gate: npt.NDArray[np.int32], values: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    sums = np.zeros(gates, dtype=np.int64)
    np.add.at(sums, gate, values)
    return sums


def _reach_rows(
    asked: Candidates, horizon: Horizon, sums: npt.NDArray[np.int64], counted: _Counted
) -> Table:
    people = sums[:, PEOPLE] / FINE
    total = counted.total_people
    return {
        "kind": asked.kind,
        "id": asked.id,
        "horizon": np.full(len(asked.id), horizon, dtype=object),
        "plane": np.full(len(asked.id), "works", dtype=object),
        "services_lost": sums[:, SERVICES],
        "sites_lost": sums[:, SITES] / FINE,
        "people_lost": people,
        "people_share": people / total if total else np.zeros(len(people)),
    }


def _country_rows(
    network: Network, asked: Candidates, horizon: Horizon, sums: npt.NDArray[np.int64]
) -> Table:
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


def _states(
    ordered: Ordered, leaders: Candidates, compiled: Compiled, executor: Executor | None
) -> npt.NDArray[np.uint64]:
    """Return the state of every gate with nothing away (bit 0) and then each leader away."""
    start, gates = leaders.gates(compiled)
    removed = np.append(0, start), gates
    return up(ordered, removed, always=compiled.absent, executor=executor)


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


def _down_before(network: Network, compiled: Compiled, state: npt.NDArray[np.uint64]) -> list[str]:
    """Return the services and sites that are down though nothing was taken away."""
    down: list[str] = []
    for kind in ("service", "site"):
        gate = compiled.gate[network.span(kind)]
        down += network.names[kind][(state[gate, 0] & np.uint64(1)) == 0].tolist()
    return down


def _summary(
    ground: Groundwork, unknown: npt.NDArray[np.int32], on: np.datetime64
) -> dict[str, Any]:
    network = ground.network
    services, sites = network["services"], network["sites"]
    rows = services if len(services) else sites
    return {
        "on": str(on),
        "services": len(services),
        "site_rows": len(sites),
        "sites": float(sites["stands_for"].sum()),
        "people": float(rows["people"].sum()),
        "people_counted_by": "services" if len(services) else "sites",
        "need_share": NEED_SHARE,
        "unknown_products": network.names["product"][unknown].tolist(),
        "unplaced_lanes": network.names["lane"][ground.routes.unplaced].tolist(),
        "agreements_in_force": network.names["agreement"][ground.force].tolist(),
        "absent_tables": absent_tables(network),
    }
