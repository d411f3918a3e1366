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
from indranet.studies.places import lost_bits, places_of
from indranet.studies.worst import FINE, describe_group, names_table, worst_groups

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
        (services lost, for the worst candidates); `places` and `losses` (sites gathered at places,
        and the share lost there to the worst candidates); `names` (kind, id, name).
    summary
        Totals, the worst dependences now and in time, what was down before, what is not known.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class _Counted:
    """What is counted at the gates: thousandths, one column a sum, shape (gates, sums)."""

    weights: npt.NDArray[np.int64]
    by_service: bool
    total_people: float


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
    reach: list[Table] = []
    other: list[Table] = []
    countries: list[Table] = []
    details: list[Table] = []
    losses: list[Table] = []
    worst: dict[str, Any] = {}
    compiled: dict[Horizon, Compiled] = {}
    places = places_of(network, ground.classes)
    down: dict[str, list[str]] = {}
    site_codes = network.offset("site") + ground.classes.representative
    for horizon in HORIZONS:
        compiled[horizon] = compile_network(ground, horizon=horizon)
        ordered = order(compiled[horizon].gates)
        counted = _counted(network, compiled[horizon])
        sums = _lost(ordered, asked, compiled[horizon], counted, executor)
        reach.append(_reach_rows(asked, horizon, sums, counted))
        countries.append(_country_rows(network, asked, horizon, sums))
        spread = {NEED_SHARE: sums}
        if horizon != "now":
            for share in OTHER_NEED_SHARES:
                loose = compile_network(ground, horizon=horizon, need_share=share)
                spread[share] = _lost(order(loose.gates), asked, loose, counted, executor)
                losses_then = _reach_rows(asked, horizon, spread[share], counted)
                other.append({**losses_then, "need_share": np.full(len(asked.id), share)})
        groups = worst_groups(asked, sums)
        worst[horizon] = [describe_group(network, asked, group, spread) for group in groups]
        leaders = asked.pick(np.array([g[0] for g in groups], dtype=np.int64))
        state = _states(ordered, leaders, compiled[horizon], executor)
        details.append(_service_rows(network, leaders, horizon, compiled[horizon], state))
        at_class = compiled[horizon].gate[site_codes]
        losses.append(places.losses(leaders, horizon, lost_bits(state[at_class], len(leaders.id))))
        down[horizon] = _down_before(network, compiled[horizon], state)
    tables = {
        "reach": _stacked(reach),
        "need_share": _stacked(other),
        "reach_countries": _stacked(countries),
        "services": _stacked(details),
        "places": places.table,
        "losses": _stacked(losses),
        "names": names_table(network),
    }
    return Exposure(tables, _summary(ground, compiled["in time"].unknown, worst, down, day))


def _stacked(tables: Sequence[Table]) -> Table:
    return {c: np.concatenate([table[c] for table in tables]) for c in tables[0]}


def _counted(network: Network, compiled: Compiled) -> _Counted:
    """Return the sums: services, their people, real sites, site people, then people by country."""
    gates = len(compiled.gates.threshold)
    first, sites = network.offset("service"), network["sites"]
    services = network["services"]
    at_service = compiled.gate[first : first + len(services)]
    first = network.offset("site")
    at_site = compiled.gate[first : first + len(sites)]
    by_service = len(services) > 0
    at, rows = (at_service, services) if by_service else (at_site, sites)
    people = np.rint(rows["people"] * FINE).astype(np.int64)
    columns = [
        _at(gates, at_service, np.full(len(services), 1)),
        _at(gates, at, people),
        _at(gates, at_site, np.rint(sites["stands_for"] * FINE).astype(np.int64)),
    ]
    country = rows["country"]
    for code in range(len(network["countries"])):
        columns.append(_at(gates, at, np.where(country == code, people, 0)))
        columns.append(_at(gates, at, (country == code).astype(np.int64)))
    return _Counted(np.stack(columns, axis=1), by_service, float(people.sum()) / FINE)


def _at(
    gates: int, gate: npt.NDArray[np.int32], values: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    sums = np.zeros(gates, dtype=np.int64)
    np.add.at(sums, gate, values)
    return sums


def _lost(
    ordered: Ordered,
    asked: Candidates,
    compiled: Compiled,
    counted: _Counted,
    executor: Executor | None,
) -> npt.NDArray[np.int64]:
    return lost(
        ordered, asked.gates(compiled), counted.weights, always=compiled.absent, executor=executor
    )


def _reach_rows(
    asked: Candidates, horizon: Horizon, sums: npt.NDArray[np.int64], counted: _Counted
) -> Table:
    people = sums[:, 1] / FINE
    total = counted.total_people
    return {
        "kind": asked.kind,
        "id": asked.id,
        "horizon": np.full(len(asked.id), horizon, dtype=object),
        "plane": np.full(len(asked.id), "works", dtype=object),
        "services_lost": sums[:, 0],
        "sites_lost": sums[:, 2] / FINE,
        "people_lost": people,
        "people_share": people / total if total else np.zeros(len(people)),
    }


def _country_rows(
    network: Network, asked: Candidates, horizon: Horizon, sums: npt.NDArray[np.int64]
) -> Table:
    people, services = sums[:, 3::2], sums[:, 4::2]
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
    first = network.offset("service")
    gate = compiled.gate[first : first + len(network["services"])]
    gone = lost_bits(state[gate], len(leaders.id))
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
        first = network.offset(kind)
        gate = compiled.gate[first : first + len(network.names[kind])]
        down += network.names[kind][(state[gate, 0] & np.uint64(1)) == 0].tolist()
    return down


def _summary(
    ground: Groundwork,
    unknown: npt.NDArray[np.int32],
    worst: Mapping[str, Any],
    down: Mapping[str, list[str]],
    on: np.datetime64,
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
        "worst": dict(worst),
        "down_before": dict(down),
        "unknown_products": network.names["product"][unknown].tolist(),
        "unplaced_lanes": network.names["lane"][ground.routes.unplaced].tolist(),
        "agreements_in_force": network.names["agreement"][ground.force].tolist(),
        "absent_tables": absent_tables(network),
    }
