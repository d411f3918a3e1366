"""What is used: gates of equipment, sites, core functions, facilities, services and their needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates.timed import Supports
from indranet.model.network import Rows
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS
from indranet.studies.builder import Codes
from indranet.studies.groundwork import REACHES, Groups, Pairs, expand
from indranet.studies.reaches import reach_gates
from indranet.studies.supply_side import Draft, SupplySide

_CORE = [FUNCTIONS.index(function) for function in FUNCTION_GROUPS["core"]]


@dataclass(frozen=True)
class Sides:
    """Who accepts which makers.

    Attributes
    ----------
    supply
        What is made and delivered, for each set of makers that somebody accepts.
    units
        Each operator's units of one product that accept the same makers, and run together.
    of_unit
        Position in `supply` for each of those, shape (pairs,).
    of_thing
        The same for what the users of needs buy, shape (things,).
    """

    supply: Sequence[SupplySide]
    units: Pairs
    of_unit: npt.NDArray[np.int64]
    of_thing: npt.NDArray[np.int64]

    def delivered(self, side: Codes, customer: Codes, product: Codes) -> Codes:
        """Return the gate by which each customer gets a product from makers that it accepts."""
        gates = np.zeros(len(product), dtype=np.int64)
        for place in np.unique(side).tolist():
            rows = np.flatnonzero(side == place)
            gates[rows] = self.supply[place].delivered(customer[rows], product[rows])
        return gates

    def allowed(self, side: Codes, firms: Codes) -> Codes:
        """Return the gates that say whether each side accepts a firm as maker."""
        return np.stack([supply.allowed for supply in self.supply])[side, firms]

    def works(self, side: Codes, kind: str, codes: Codes) -> Codes:
        """Return the gates of things of one kind as each side accepts them."""
        gates = np.zeros(len(codes), dtype=np.int64)
        for place in np.unique(side).tolist():
            rows = np.flatnonzero(side == place)
            gates[rows] = self.supply[place].works(kind)[codes[rows]]
        return gates


class ServiceSide:
    """Gates of what is used, on one plane.

    Attributes
    ----------
    own, gate
        As for `SupplySide`.
    installed
        Leaf of each row of equipment that stops by itself, -1 for others, shape (equipment,).
    works
        On the plane of trust, those of the plane of what works; else None.
    """

    def __init__(
        self,
        draft: Draft,
        sides: Sides,
        groups: Groups,
        takes_core: npt.NDArray[np.bool_],
        own: Codes,
        unit_gate: Codes,
        class_gate: Codes,
        works: Codes | None = None,
    ) -> None:
        self.network = draft.ground.network
        self.ground = draft.ground
        self.draft = draft
        self.builder = draft.builder
        self.sides = sides
        self.groups = groups
        self.takes_core = takes_core
        self.own = own
        self.unit_gate = unit_gate
        self.class_gate = class_gate
        self.works = works
        self.installed = np.full(len(self.ground.equipment), -1, dtype=np.int64)
        self.own[self.network.span("site")] = class_gate[self.ground.classes.class_of]
        self.gate = own.copy()
        reaching = np.unique(groups.user[groups.reaches])
        self.gate[reaching] = self.builder.add(len(reaching), "reaching", reaching)
        self.builder.need(self.gate[reaching], self.own[reaching])

    def equipment(self) -> None:
        """Equipment runs while what its product needs does; in time it must also be supplied.

        Supplied means that its product is delivered to the operator: spares and support.
        """
        if self.draft.late:
            units = self.sides.units
            customer = np.where(
                units.operator >= 0, self.network.offset("firm") + units.operator, -1
            )
            self.builder.need(
                self.unit_gate,
                self.sides.delivered(self.sides.of_unit, customer, units.product),
            )

    def sites(self) -> None:
        """A site runs while its operator does, its territory stands and each function is served.

        A function is served by any of the equipment that is there for it. A radio site also takes
        the core (see `_cores`).
        """
        at = self.ground.classes.representative
        sites, equipment = self.network["sites"], self.ground.equipment
        self._need_of_site("firm", sites["operator"][at])
        self._need_of_site("country", sites["country"][at])
        start = np.searchsorted(equipment["site"], at)
        count = np.searchsorted(equipment["site"], at, side="right") - start
        owner, row = expand(start, count)
        keys, group = np.unique(
            owner * len(FUNCTIONS) + equipment["function"][row], return_inverse=True
        )
        site, function = np.divmod(keys, len(FUNCTIONS))
        served = self.builder.add(
            len(keys), "served", self.network.offset("site") + at[site], function
        )
        self.builder.need(served[group], self._installed(row))
        self.builder.at_least(served, 1)
        self.builder.need(self.class_gate[site], served)
        self._cores(site, function)

    def _installed(self, rows: Codes) -> Codes:
        """Return the gate of each row of equipment: that of its operator's units of the product.

        By the hour, units that stop one by one take a leaf of their own beside it.
        """
        gates = self.unit_gate[self.sides.units.of[rows]]
        if self.draft.by_the_hour:
            alone = np.flatnonzero(self.ground.alone[rows])
            site, product = (
                self.network.offset(kind) + self.ground.equipment[kind][rows[alone]]
                for kind in ("site", "product")
            )
            leaf = self.builder.add(len(alone), "installed", site, product)
            both = self.builder.add(len(alone))
            self.builder.need(both, gates[alone])
            self.builder.need(both, leaf)
            if self.works is not None:
                self.builder.need(both, self.works[rows[alone]])
            gates[alone] = both
            self.installed[rows[alone]] = leaf
        return gates

    def _need_of_site(self, kind: str, codes: Codes) -> None:
        there = np.flatnonzero(codes >= 0)
        at = self.network.offset("site") + self.ground.classes.representative[there]
        self.builder.need(
            self.class_gate[there],
            self.sides.works(self.sides.of_thing[at], kind, codes[there]),
        )

    def _cores(self, site: Codes, function: Codes) -> None:
        """A radio site takes each core function that its operator runs in its country.

        Any of the sites that run the function will do. The rule gives way where the site's own
        needs name a site with core functions, or where the operator runs none in the country.
        """
        sites, at = self.network["sites"], self.ground.classes.representative
        countries = len(self.network["countries"]) + 1
        operator = sites["operator"][at].astype(np.int64)
        home = np.where(operator >= 0, operator * countries + sites["country"][at] + 1, -1)
        core = np.isin(function, _CORE) & (home[site] >= 0)
        keys, group = np.unique(
            home[site[core]] * len(FUNCTIONS) + function[core], return_inverse=True
        )
        homes, of = np.unique(keys // len(FUNCTIONS), return_inverse=True)
        runs = self.network.offset("firm") + homes // countries
        anywhere = self.builder.add(len(keys), "core function", runs[of], keys % len(FUNCTIONS))
        self.builder.need(anywhere[group], self.gate[self.network.span("site")][at[site[core]]])
        self.builder.at_least(anywhere, 1)
        whole = self.builder.add(len(homes), "core", runs)
        self.builder.need(whole[of], anywhere)
        bound = np.flatnonzero(self.takes_core & np.isin(home, homes))
        self.builder.need(self.class_gate[bound], whole[np.searchsorted(homes, home[bound])])

    def facilities(self) -> None:
        """A facility works while its territory stands and what it needs does."""
        country = self.network["facilities"]["country"]
        there = np.flatnonzero(country >= 0)
        self.builder.need(
            self.own[self.network.span("facility")][there],
            self.gate[self.network.span("country")][country[there]],
        )

    def needs(self) -> None:
        """A user runs while each group of its needs keeps enough capacity.

        An input with autonomy does not count against its user now. A product as input is one that
        can be delivered: under the contracts of whoever buys for the user if there are any, else at
        large. A product as user stands for each installed unit, for which its operator buys. An
        input that must be reached takes a path of working lanes.
        """
        groups, network = self.groups, self.network
        span = network.span("product")
        unit = (groups.user >= span.start) & (groups.user < span.stop)
        others = np.flatnonzero(~unit)
        user = groups.user[others]
        gates = self._group_gates(others, self.sides.of_thing[user], self._customers(user))
        self.builder.need(np.where(groups.reaches[others], self.gate[user], self.own[user]), gates)
        of_units = np.flatnonzero(unit)
        units = self.sides.units
        by_product = np.argsort(units.product, kind="stable")
        wanted = groups.user[of_units] - span.start
        start = np.searchsorted(units.product[by_product], wanted)
        end = np.searchsorted(units.product[by_product], wanted, side="right")
        owner, row = expand(start, end - start)
        mine = by_product[row]
        operator = units.operator[mine]
        customer = np.where(operator >= 0, network.offset("firm") + operator, -1)
        gates = self._group_gates(of_units[owner], self.sides.of_unit[mine], customer)
        self.builder.need(self.unit_gate[mine], gates)

    def _group_gates(self, which: Codes, side: Codes, customer: Codes) -> Codes:
        """Return a gate for each of some groups of needs, as one user has it.

        Parameters
        ----------
        which
            The groups, shape (n,).
        side
            Position of what the user accepts among `Sides.supply`, shape (n,).
        customer
            Who buys for the user, code over all kinds or -1, shape (n,).
        """
        groups = self.groups
        size = np.diff(np.append(groups.first, len(groups.rows)))
        of, rows = expand(groups.first[which], size[which])
        needs = groups.rows.where(rows)
        return self.builder.groups(
            of,
            self._inputs(needs, side[of], customer[of]),
            needs["capacity"],
            groups.needed[which],
            "need",
            groups.user[which],
            groups.rows["need"][groups.first[which]],
        )

    def _inputs(self, needs: Rows, side: Codes, customer: Codes) -> Codes:
        """Return the gate that each row of needs waits for, shape (rows,)."""
        network, source, user = self.network, needs["input"], needs["user"]
        inputs = self.gate[source]
        for kind in ("firm", "plant"):
            span = network.span(kind)
            made = np.flatnonzero((source >= span.start) & (source < span.stop))
            inputs[made] = self.sides.works(side[made], kind, source[made] - span.start)
        span = network.span("product")
        wanted = np.flatnonzero((source >= span.start) & (source < span.stop))
        inputs[wanted] = self.sides.delivered(
            side[wanted], customer[wanted], source[wanted] - span.start
        )
        held = (needs["autonomy_hours"] > 0) & (not self.draft.late)
        reached = (needs["how"] == REACHES) & (~held | self.draft.by_the_hour)
        reached = np.flatnonzero(reached)
        inputs[reached] = reach_gates(
            network, self.builder, self.gate, self.own, self.ground.exists("lanes"),
            user[reached], source[reached],
        )  # fmt: skip
        if self.draft.by_the_hour:
            starts = needs["starts_without"] == 1
            bridged = held | starts
            inputs[bridged] = self._bridged(
                inputs[bridged], needs["autonomy_hours"][bridged], starts[bridged]
            )
        else:
            inputs[held] = self.draft.true
        return inputs

    def _bridged(
        self, inputs: Codes, hours: npt.NDArray[np.float64], starts: npt.NDArray[np.bool_]
    ) -> Codes:
        """An input will do, or what bridges its lack, or a start without it.

        Which support runs out when, and when a user starts, is said from outside.
        """
        either = self.builder.add(len(inputs))
        self.builder.need(either, inputs)
        lasting, starting = np.flatnonzero(hours > 0), np.flatnonzero(starts)
        support = self.builder.add(len(lasting), "support")
        self.builder.need(either[lasting], support)
        start = self.builder.add(len(starting), "start")
        self.builder.need(either[starting], start)
        self.builder.at_least(either, 1)
        self.draft.supports.append(
            Supports(support.astype(np.int32), inputs[lasting].astype(np.int32), hours[lasting])
        )
        self.draft.starts.append(start.astype(np.int32))
        return either

    def _customers(self, user: Codes) -> Codes:
        """Return who buys for each user: a site's operator, else the user itself."""
        span = self.network.span("site")
        customer = user.astype(np.int64)
        at = np.flatnonzero((user >= span.start) & (user < span.stop))
        operator = self.network["sites"]["operator"][user[at] - span.start]
        customer[at] = np.where(operator >= 0, self.network.offset("firm") + operator, -1)
        return customer
