"""What all draws of a scenario share: arrays and plain data, which any worker can take."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Rules
from indranet.engines.flows.ario import Industries
from indranet.engines.gates.steps import Stepped
from indranet.engines.gates.timed import Timed
from indranet.model.scenario import Law
from indranet.studies.events import Effect
from indranet.studies.flow_net import FlowNet
from indranet.studies.hosted import Hosted

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MEASURES = ("production", "value_added", "final_consumption", "people_served", "sites_up")
"""What is summed up each day: USD a day, USD a day, USD a day, persons, real sites."""


@dataclass(frozen=True, eq=False)
class Watched:
    """What the clock watches: gates, each once, and what hangs on them.

    Attributes
    ----------
    place
        Kind to the position of each of its things among the gates watched.
    people, sites
        Persons and real sites that each gate counts for, shape (watched,); 0 for what is down
        without any event.
    down
        Whether it is, shape (watched,).
    """

    place: Mapping[str, Codes]
    people: Floats
    sites: Floats
    down: Flags


@dataclass(frozen=True, eq=False)
class Model:
    """All that the draws of a scenario share; arrays and plain data alone.

    Attributes
    ----------
    flow, rules
        The case as a net of flows, and how its plants act.
    economy
        Its plants as industries, where they act as such; else None.
    effects
        The events.
    timed, quiet
        The case as gates by the hour; `quiet` tells nothing of sites, of which many fail,
        unless hosts carry their users.
    stepped
        `quiet` in steps, in which draws of failures go where they are many; else None.
    watched
        What is looked at.
    own, gate
        Gate to force down for each thing, and gate that says whether it works, shape (things,).
    units, installed, sound
        As for `Compiled`.
    usual_lots
        Persons, real sites, and with trust persons who use what can be trusted, before anything
        happens.
    stocked, stock_of
        Leaves of what customers have on hand that something hangs on, and the group of inputs in
        `flow` that each is, shape (stocks,).
    stock_words
        What it is to lack each of them, in words.
    plant_of
        Plant of each gate watched, -1 for none.
    random
        Whether things fail by themselves.
    need_share
        Share of a day's use that must be on hand.
    hosted
        Whose users hosts carry; None for nobody's.
    keys
        Hash of each thing, for drawing lots, shape (things,).
    days, seed
        Days to look at, seed of the draws.
    coupled
        Whether plants that are down for what they need lose their capacity.
    detail
        Whether the output of every plant is kept.
    traced
        Plants whose output is kept in the usual course of events.
    nations
        Persons that each gate watched counts for in each country, those of none last, shape
        (watched, countries + 1); None where nobody asks by country.
    """

    flow: FlowNet
    rules: Rules
    economy: Industries | None
    effects: tuple[Effect, ...]
    timed: Timed
    quiet: Timed
    stepped: Stepped | None
    watched: Watched
    own: npt.NDArray[np.int32]
    gate: npt.NDArray[np.int32]
    units: npt.NDArray[np.int32]
    installed: npt.NDArray[np.int32]
    sound: npt.NDArray[np.int32]
    usual_lots: Floats
    stocked: npt.NDArray[np.int32]
    stock_of: Codes
    stock_words: tuple[str, ...]
    plant_of: Codes
    random: bool
    need_share: float
    hosted: Hosted | None
    keys: npt.NDArray[np.uint64]
    days: int
    seed: int
    coupled: bool
    detail: bool
    traced: Codes
    nations: Floats | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of what is summed up each day; trust only where something happens to it."""
        return (*MEASURES, "people_trusted")[: 3 + len(self.usual_lots)]

    @property
    def by_chance(self) -> bool:
        """Whether draws differ: an event may fail to happen, or lasts or strikes by lot."""
        return self.random or any(
            0 < effect.event.chance < 1
            or effect.by_lot
            or effect.strikes[1] > 0
            or (effect.attack is not None and len(effect.attack.rows) > 0)
            or (isinstance(effect.event.lasts_days, Law) and effect.event.lasts_days.law != "fixed")
            for effect in self.effects
        )
