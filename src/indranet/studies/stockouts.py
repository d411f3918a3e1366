"""What runs out when, and what is to blame."""

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import State, Today
from indranet.studies.draw_model import Model

Codes = npt.NDArray[np.int64]

LEAST = 1e-6
"""A stock this little below a day's use is a day's use."""


class Stockouts:
    """Watches when whose stock of what falls below a day's use, and what is to blame.

    To blame is the supplier from whom most is missing: an event that acts on it or on the way from
    it, or else what was to blame for its own lack.
    """

    def __init__(self, model: Model, wide: int) -> None:
        flow = model.flow
        net = flow.net
        self.model, self.net = model, net
        self.group = net.group.astype(np.int64)
        self.client = np.repeat(np.arange(len(net)), np.diff(net.groups))
        self.out = np.zeros((len(net.whole), wide), dtype=bool)
        self.low = np.ones((len(net), wide))
        self.cause = np.full((len(net), wide), -1, dtype=np.int64)
        self.link_low = np.ones((len(net.link), wide))
        self.link_cause = np.full((len(net.link), wide), -1, dtype=np.int64)
        self.rows: list[Codes] = []
        place = np.empty(len(net.plant), dtype=np.int64)
        place[net.plant] = np.arange(len(net.plant))
        self.hit = [place[effect.plants] for effect in model.effects]
        rows = flow.row[net.link]
        self.held = [np.flatnonzero(np.isin(rows, effect.contracts)) for effect in model.effects]

    def look(self, day: int, state: State, outside: Today) -> None:
        """Note what ran out today, and who makes less than usual because of what."""
        net = self.net
        if outside.capacity is not None:
            factor = outside.capacity[net.plant]
            for event, plants in enumerate(self.hit):
                hit = (factor[plants] < 1.0) & (self.cause[plants] < 0)
                self.cause[plants] = np.where(hit, event, self.cause[plants])
            # What no event takes away, an outage of what the plant needs does.
            self.cause[(factor < 1.0) & (self.cause < 0)] = len(self.model.effects)
        self._ways(state, outside)
        if len(net.whole):
            held = np.add.reduceat(state.stock, net.links[:-1], axis=0)
            out = (held < net.whole[:, np.newaxis] * (1.0 - LEAST)) & (net.need[:, np.newaxis] < 2)
            out &= net.whole[:, np.newaxis] > 0
            new = np.argwhere(out & ~self.out)
            self.out = out
            if len(new):
                self._blame(day, new)
        usual = np.where(net.usual > 0, net.usual, 1.0)[:, np.newaxis]
        np.minimum(
            self.low, np.where(net.usual[:, np.newaxis] > 0, state.made / usual, 1.0), out=self.low
        )

    def _ways(self, state: State, outside: Today) -> None:
        """Note the links on which an event lets less pass."""
        net, model = self.net, self.model
        if outside.link is not None:
            factor = outside.link[net.link]
            worse = factor < self.link_low
            self.link_low = np.minimum(self.link_low, factor)
            for event, links in enumerate(self.held):
                self.link_cause[links] = np.where(worse[links], event, self.link_cause[links])
        stages = net.stages
        if len(stages) and state.waiting.any():
            events = [e for e, effect in enumerate(model.effects) if effect.closing is not None]
            first = np.array([events[gate.closings[0][0]] for gate in model.flow.gates])
            waits = state.waiting > 0
            flow = np.maximum(net.flow[stages.link], np.finfo(float).tiny)[:, np.newaxis]
            left = np.where(waits, 1.0 - np.minimum(state.waiting / flow, 1.0), 1.0)
            np.minimum.at(self.link_low, stages.link, left)
            stage, scenario = np.nonzero(waits)
            self.link_cause[stages.link[stage], scenario] = first[stages.passage[stage]]

    def _blame(self, day: int, new: Codes) -> None:
        net = self.net
        group, scenario = new[:, 0], new[:, 1]
        count = net.links[group + 1] - net.links[group]
        owner = np.repeat(np.arange(len(group)), count)
        link = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - net.links[group], count)
        b = scenario[owner]
        supplier = net.supplier[link].astype(np.int64)
        by_way = 1.0 - self.link_low[link, b]
        by_plant = 1.0 - self.low[supplier, b]
        weight = net.flow[link] * np.maximum(by_way, by_plant)
        order = np.lexsort((-weight, owner))
        worst = order[np.searchsorted(owner[order], np.arange(len(group)))]
        way, plant = by_way[worst], by_plant[worst]
        cause = np.where(
            (way >= plant) & (way > 0),
            self.link_cause[link[worst], scenario],
            self.cause[supplier[worst], scenario],
        )
        cause = np.where(weight[worst] > 0, cause, -1)
        client = self.client[group]
        blank = self.cause[client, scenario] < 0
        self.cause[client[blank], scenario[blank]] = cause[blank]
        flow = self.model.flow
        seller = net.plant[supplier[worst]]
        self.rows.append(
            np.column_stack(
                [
                    np.full(len(group), day), net.plant[client], flow.made[seller], cause, seller,
                    scenario,
                ]
            )
        )  # fmt: skip

    def found(self, scenario: int) -> Codes:
        """Return the rows of one draw: day, buyer, product, cause, supplier."""
        rows = np.concatenate([np.zeros((0, 6), dtype=np.int64), *self.rows])
        return rows[rows[:, 5] == scenario, :5]
