"""What happens from outside to plants, contracts, demand and passages, day by day."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Today
from indranet.studies.draw_model import Model
from indranet.studies.events import Effect
from indranet.studies.flow_net import FlowNet

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Outside:
    """What happens from outside, day by day, in all draws side by side.

    Calling it with a day returns what the engine takes.
    """

    def __init__(self, model: Model, lost: Floats) -> None:
        self.model = model
        self.lost = lost
        self.acts: Flags = np.asarray(lost.any(axis=0))
        flow = model.flow
        self.nodes, self.wide = len(flow.made), len(lost)
        of_row = np.full(int(flow.row.max(initial=-1)) + 2, -1)
        of_row[flow.row] = np.arange(len(flow.row))
        self.links = [_known(of_row, effect.contracts) for effect in model.effects]
        self.demand = [_demanding(flow, effect) for effect in model.effects]
        least = [min(gate.room, default=np.inf) for gate in flow.gates]
        self.open = np.repeat(np.array(least)[:, np.newaxis], self.wide, axis=1)

    def __call__(self, day: int, plants_up: Sequence[tuple[Codes, Floats]] = ()) -> Today:
        """Return what happens on a day.

        Parameters
        ----------
        day
            The day.
        plants_up
            For each draw, plants that are down in part of it for what they need, and what is left.
        """
        return Today(
            capacity=self._capacity(day, plants_up),
            demand=self._factors(day, self.demand, self.nodes, growing=True),
            link=self._factors(day, self.links, len(self.model.flow.row)),
            passage=self._rooms(day),
        )

    def _factors(
        self, day: int, aims: Sequence[Codes], size: int, *, growing: bool = False
    ) -> Floats | None:
        """Return products over the events that act on a day; None where none does."""
        lost = self.lost[:, :, day]
        acting = [e for e in np.flatnonzero(self.acts[:, day]).tolist() if len(aims[e])]
        if not acting:
            return None
        factors = np.ones((size, self.wide))
        for event in acting:
            factor = 1.0 - lost[:, event]
            if growing:
                factor = (
                    1.0 + ((self.model.effects[event].event.factor or 1.0) - 1.0) * lost[:, event]
                )
            factors[aims[event]] *= factor
        return factors

    def _capacity(self, day: int, plants_up: Sequence[tuple[Codes, Floats]]) -> Floats | None:
        factors = self._factors(day, [e.plants for e in self.model.effects], self.nodes)
        down = [(b, codes, up) for b, (codes, up) in enumerate(plants_up) if len(codes)]
        if any((up < 1).any() for _, _, up in down):
            factors = np.ones((self.nodes, self.wide)) if factors is None else factors
            for b, codes, up in down:
                factors[codes, b] = np.minimum(factors[codes, b], up)
        return factors

    def _rooms(self, day: int) -> Floats | None:
        gates = self.model.flow.gates
        if not gates:
            return None
        closing = [e for e, effect in enumerate(self.model.effects) if effect.closing is not None]
        if not self.acts[closing, day].any():
            return self.open
        lost = self.lost[:, :, day]
        rooms = np.full((len(gates), self.wide), np.inf)
        for place, gate in enumerate(gates):
            for group, room in zip(gate.closings, gate.room, strict=True):
                left = np.prod([1.0 - lost[:, closing[c]] for c in group], axis=0)
                most = gate.usual if np.isinf(room) else room
                rooms[place] = np.minimum(rooms[place], np.where(left >= 1.0, room, left * most))
        return rooms


def _known(of_row: Codes, rows: Codes) -> Codes:
    """Return the links of some rows of supplies; rows that are no link are left out."""
    links = of_row[rows[rows < len(of_row)]]
    return links[links >= 0]


def _demanding(flow: FlowNet, effect: Effect) -> Codes:
    """Return the plants and users whose final demand an event multiplies."""
    if effect.event.do != "surge":
        return np.zeros(0, dtype=np.int64)
    mine = np.ones(len(flow.made), dtype=bool)
    if effect.product >= 0:
        mine &= flow.made == effect.product
    if effect.territory >= 0:
        mine &= flow.country == effect.territory
    return np.flatnonzero(mine)
