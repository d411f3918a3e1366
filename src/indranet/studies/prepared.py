"""A scenario made ready: the case as flows and gates, the events, all that the draws share."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Rules
from indranet.engines.gates import order
from indranet.errors import Fault, InputError
from indranet.model.network import Network
from indranet.model.scenario import SCENARIO, Scenario
from indranet.model.schema import KINDS
from indranet.studies.clock import clock, run_clock
from indranet.studies.compile import compile_network
from indranet.studies.draw_model import Model, Watched
from indranet.studies.events import Effect, effects, touched_sites
from indranet.studies.flow_net import FlowNet, flow_net
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.sectors import economy_of

WATCHED = ("plant", "lane", "site", "service", "facility", "thing")
"""Kinds of thing whose outages are told."""
TRACED = 2000
"""Plants at most whose output is drawn on the map."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scenario made ready: what the draws share, and what names their numbers."""

    network: Network
    scenario: Scenario
    ground: Groundwork
    model: Model


def prepare(network: Network, scenario: Scenario, detail: bool = False) -> Prepared:
    """Make a scenario ready.

    Raises
    ------
    InputError
        See `stress`.
    """
    try:
        _check(network, scenario)
        ground = groundwork(
            network, agreements=scenario.agreements, apart=touched_sites(network, scenario)
        )
        found = effects(ground, scenario)
        model = model_of(ground, scenario, found, detail)
    except InputError as error:
        raise InputError(scenario.placed(error.faults), error.more) from None
    return Prepared(network, scenario, ground, model)


def _check(network: Network, scenario: Scenario) -> None:
    known = network.names["agreement"].tolist()
    later = {"random_failures": scenario.random_failures, "hazards": scenario.hazards}
    faults = [
        Fault(SCENARIO, 0, name, "true", "is not there yet", "leave it out")
        for name, asked in later.items()
        if asked
    ]
    faults += [
        Fault(
            SCENARIO, 0, "agreements", name, "is not in the case",
            f"choose from {', '.join(known)}" if known else "leave it out",
        )
        for name in scenario.agreements or ()
        if name not in known
    ]  # fmt: skip
    if scenario.production == "ario":
        faults += [
            Fault(
                SCENARIO, 0, f"event {number}: do", event.do,
                "does not act on industries (production = 'ario')", "halt or surge do",
            )
            for number, event in enumerate(scenario.event, 1)
            if event.do in ("close", "cut", "embargo", "exclude")
        ]  # fmt: skip
    if faults:
        raise InputError(faults)


def model_of(
    ground: Groundwork,
    scenario: Scenario,
    found: Sequence[Effect],
    detail: bool,
    *,
    stock_factor: float = 1.0,
) -> Model:
    """Return what the draws of a scenario share.

    Parameters
    ----------
    ground, scenario
        The case and how it acts.
    found
        The events.
    detail
        Keep the output of every plant on every day.
    stock_factor
        Multiplies the stocks that customers keep.
    """
    network = ground.network
    closings = [effect.closing for effect in found if effect.closing is not None]
    flow = flow_net(ground, closings, stock_factor=stock_factor)
    compiled = compile_network(ground, horizon="by the hour", need_share=scenario.need_share)
    place, gates = _watched(network, compiled.gate)
    hours = clock(compiled, order(compiled.gates), gates)
    down = ~run_clock(hours, [], 1.0).up[0]
    identifiers = [f"{kind}:{name}" for kind in KINDS for name in network.names[kind]]
    keys = [int.from_bytes(sha256(text.encode()).digest()[:8], "big") for text in identifiers]
    return Model(
        flow=flow,
        rules=Rules(
            scenario.order_basis, scenario.rationing, scenario.adjustment_days,
            scenario.resourcing_days,
        ),
        economy=economy_of(flow, SCENARIO) if scenario.production == "ario" else None,
        effects=tuple(found),
        clock=hours,
        watched=_counted(ground, place, down),
        own=compiled.own,
        keys=np.array(keys, dtype=np.uint64),
        days=scenario.days,
        seed=scenario.seed,
        coupled=scenario.coupled,
        detail=detail,
        traced=_traced(flow),
    )  # fmt: skip


def _traced(flow: FlowNet) -> npt.NDArray[np.int64]:
    """Return the plants with the largest output, in order of the case."""
    usual = np.empty(len(flow.net))
    usual[flow.net.plant] = flow.net.usual
    largest = np.argsort(-usual[: flow.plants], kind="stable")[:TRACED]
    return np.sort(largest).astype(np.int64)


def _watched(
    network: Network, gate: npt.NDArray[np.int32]
) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.int32]]:
    """Return kind to the position of each of its things among the gates to watch, and these."""
    things = np.concatenate([np.arange(network.size)[network.span(kind)] for kind in WATCHED])
    gates, position = np.unique(gate[things], return_inverse=True)
    place, at = {}, 0
    for kind in WATCHED:
        count = len(network.names[kind])
        place[kind] = position[at : at + count].astype(np.int64)
        at += count
    return place, gates.astype(np.int32)


def _counted(
    ground: Groundwork, place: dict[str, npt.NDArray[np.int64]], down: npt.NDArray[np.bool_]
) -> Watched:
    """Return what each gate counts for: people by service, or by site where there is none."""
    network = ground.network
    rows, kind = ("services", "service") if len(network["services"]) else ("sites", "site")
    people = network[rows]["people"] * ground.exists(rows)
    real = network["sites"]["stands_for"] * ground.exists("sites")
    users, sites = (
        np.bincount(place[of], weights=values, minlength=len(down)).astype(np.float64)
        for of, values in ((kind, people), ("site", real))
    )
    return Watched(place, np.where(down, 0.0, users), np.where(down, 0.0, sites), down)
