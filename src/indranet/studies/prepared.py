"""A scenario made ready: the case as flows and gates, the events, all that the draws share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Rules
from indranet.errors import Fault, InputError
from indranet.model.network import Network
from indranet.model.scenario import SCENARIO, Scenario
from indranet.studies.attacks import attackable
from indranet.studies.compile import Compiled, compile_network
from indranet.studies.draw_model import Model, Watched
from indranet.studies.events import Effect, effects, touched_sites
from indranet.studies.exclusions import Exclusions, exclusions, nobody
from indranet.studies.flow_net import FlowNet, flow_net
from indranet.studies.groundwork import BUILT, Groundwork, groundwork, not_yet
from indranet.studies.hosted import hosted
from indranet.studies.in_time import (
    failing,
    failing_products,
    in_steps,
    moving,
    quieter,
    stocks_that_matter,
    thing_keys,
)
from indranet.studies.lanes import LaneRoutes
from indranet.studies.sectors import economy_of

WATCHED = ("plant", "lane", "site", "service", "facility", "thing")
"""Kinds of thing whose outages are told."""
TRACED = 2000
"""Plants at most whose output is drawn on the map."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scenario made ready: what the draws share, and what names their numbers.

    `left_out` says what the case holds and the answer leaves out, and why.
    """

    network: Network
    scenario: Scenario
    ground: Groundwork
    model: Model
    left_out: Mapping[str, str]


def prepare(
    network: Network,
    scenario: Scenario,
    detail: bool = False,
    *,
    routes: LaneRoutes | None = None,
    by_country: bool = False,
) -> Prepared:
    """Make a scenario ready.

    Parameters
    ----------
    network, scenario, detail
        See `stress`.
    routes
        Those of the lanes, where they are known.
    by_country
        Whether draws tell persons served by country as well.

    Raises
    ------
    InputError
        See `stress`.
    """
    try:
        _check(network, scenario)
        ground = groundwork(
            network, agreements=scenario.agreements, apart=touched_sites(network, scenario),
            failing=scenario.random_failures, alone=_alone(network, scenario),
            routes=routes,
        )  # fmt: skip
        found = effects(ground, scenario)
        model = model_of(ground, scenario, found, detail)
    except InputError as error:
        raise InputError(scenario.placed(error.faults), error.more) from None
    if by_country:
        model = replace(model, nations=_nations(ground, model.watched))
    return Prepared(network, scenario, ground, model, _left_out(network, scenario))


def _nations(ground: Groundwork, watched: Watched) -> npt.NDArray[np.float64]:
    """Return the persons that each gate watched counts for in each country (`Model.nations`)."""
    network = ground.network
    rows, kind = ("services", "service") if len(network["services"]) else ("sites", "site")
    found = np.zeros((len(watched.down), len(network["countries"]) + 1))
    people = network[rows]["people"] * ground.exists(rows)
    np.add.at(found, (watched.place[kind], network[rows]["country"].astype(np.int64)), people)
    found[watched.down] = 0.0
    return found


def _left_out(network: Network, scenario: Scenario) -> dict[str, str]:
    """Return what of the case the answer leaves out, and why."""
    found = {}
    rows = network["failures"]
    timeless = int(np.isnan(rows["mtbf_hours"]).sum())
    if len(rows) and not scenario.random_failures:
        found["random failures"] = "nothing fails by itself, as the scenario asks"
    elif timeless:
        found["failures without times"] = f"{timeless:,} things of which only a share is known"
    without = sorted({*rows.text("crew_pool")} - {"", *network["crews"].text("pool")})
    if without and scenario.random_failures:
        found["crews"] = f"as many as it takes repair at once for {', '.join(without)}"
    if len(network["hazards"]) and not scenario.hazards:
        found["hazards"] = "none strikes, as the scenario asks"
    waits = sum(int(not_yet(network, table).sum()) for table in BUILT)
    if waits:
        told = "is one thing" if waits == 1 else f"are {waits:,} things"
        found["measures"] = f"there {told} for sale, not there until bought"
    if not scenario.coupled:
        found["coupling"] = "supply and services do not act on each other, as the scenario asks"
    return found


def _alone(network: Network, scenario: Scenario) -> npt.NDArray[np.bool_]:
    """Return the products whose installed units stop one by one, shape (products,)."""
    flaws = [event.what or "" for event in scenario.event if event.do == "exploit"]
    alone = attackable(network, flaws)
    if scenario.random_failures:
        alone |= failing_products(network)
    return alone


def _check(network: Network, scenario: Scenario) -> None:
    known = network.names["agreement"].tolist()
    asked = {"random_failures": ("failures", scenario.random_failures),
             "hazards": ("hazards", scenario.hazards)}  # fmt: skip
    faults = [
        Fault(SCENARIO, 0, name, "true", f"needs the table {table}", "fill it in, or write false")
        for name, (table, wanted) in asked.items()
        if wanted and not len(network[table])
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
    coupled = scenario.coupled and scenario.production != "ario"
    trust = _trust(ground, scenario, found)
    compiled = compile_network(
        ground, horizon="by the hour", need_share=scenario.need_share, coupled=coupled,
        exclusions=trust,
    )  # fmt: skip
    place, gates = _watched(network, compiled.gate)
    failures = failing(ground, compiled) if scenario.random_failures else None
    weights = _counted(ground, compiled, trust is not None)
    system = moving(compiled, failures, gates, weights)
    down = ~system.usual[gates]
    people, sites = np.where(down, 0.0, weights[gates, :2].T)
    few = np.ones(len(gates), dtype=bool)
    carried = hosted(ground, place, down)
    few[place["site"]] = carried is not None and not len(network["services"])
    for kind in WATCHED:
        few[place[kind][: 0 if kind == "site" else None]] = True
    quiet = quieter(system, few)
    stocked, stock_of, stock_words = stocks_that_matter(network, flow, compiled, system)
    plant_of = np.full(len(gates), -1, dtype=np.int64)
    plant_of[place["plant"]] = np.arange(len(place["plant"]))
    plant_of[down] = -1
    return Model(
        flow=flow,
        rules=Rules(
            scenario.order_basis, scenario.rationing, scenario.adjustment_days,
            scenario.resourcing_days,
        ),
        economy=economy_of(flow, SCENARIO) if scenario.production == "ario" else None,
        effects=tuple(found),
        timed=system,
        quiet=quiet,
        stepped=in_steps(quiet, found, len(stocked)),
        watched=Watched(place, people, sites, down),
        own=compiled.own,
        gate=compiled.gate,
        units=compiled.units,
        installed=compiled.installed,
        sound=compiled.sound,
        usual_lots=weights[system.usual].sum(axis=0),
        stocked=stocked,
        stock_of=stock_of,
        stock_words=stock_words,
        plant_of=plant_of,
        random=failures is not None and len(failures.units.gate) > 0,
        need_share=scenario.need_share,
        hosted=carried,
        keys=thing_keys(ground),
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


def _trust(ground: Groundwork, scenario: Scenario, found: Sequence[Effect]) -> Exclusions | None:
    """Return whom trust excludes, where something happens to it; else None."""
    if not any(one.attack is not None and one.attack.untrusted.any() for one in found):
        return None
    if scenario.authority is None:
        return nobody(ground)
    return exclusions(ground, scenario.authority, ground.network.first_day)


def _counted(ground: Groundwork, compiled: Compiled, trust: bool) -> npt.NDArray[np.float64]:
    """Return what each gate counts for: persons, real sites, and with trust persons again.

    Persons are counted by service, or by site where there is none; those that use what can be
    trusted at its gates on the trusted plane. Shape (gates, 2 or 3).
    """
    network = ground.network
    rows, kind = ("services", "service") if len(network["services"]) else ("sites", "site")
    people = network[rows]["people"] * ground.exists(rows)
    real = network["sites"]["stands_for"] * ground.exists("sites")
    counted = [
        (compiled.gate[network.span(kind)], people), (compiled.gate[network.span("site")], real),
        (compiled.trusted[network.span(kind)], people),
    ]  # fmt: skip
    sums = [
        np.bincount(gates, weights=values, minlength=len(compiled.gates)).astype(np.float64)
        for gates, values in counted[: 3 if trust else 2]
    ]
    return np.column_stack(sums)
