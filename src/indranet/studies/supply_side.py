"""What is made and delivered: gates of firms, lanes, contracts, products and plants."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from indranet.engines.gates.timed import Supports
from indranet.model.schema import IMPORTANCE
from indranet.studies.builder import Builder, Codes
from indranet.studies.groundwork import Groundwork, expand, plant_output

Horizon = Literal["now", "in time", "resourced", "by the hour"]


@dataclass(frozen=True)
class Stocked:
    """What customers have on hand under contracts, said from outside by the flows.

    Attributes
    ----------
    gate
        A leaf each, shape (stocks,).
    customer, product
        Whose stock of what: a code over all kinds, a position among the products.
    """

    gate: npt.NDArray[np.int32]
    customer: npt.NDArray[np.int64]
    product: npt.NDArray[np.int64]


NO_STOCKED = Stocked(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass
class Draft:
    """What the gates of one case share while they are written.

    Attributes
    ----------
    ground, horizon, need_share
        As for `compile.compile_network`.
    builder
        Where the gates are written.
    true
        A gate that is always up.
    known
        Whether the case says how each product is made, shape (products,).
    unknown
        Products in use of which the case does not, filled as gates are written.
    coupled
        Whether the flows say what customers have on hand.
    supports, starts
        What bridges the lack of inputs for some hours, and leaves of users that start without an
        input, filled as gates are written.
    """

    ground: Groundwork
    horizon: Horizon
    need_share: float
    builder: Builder
    true: Codes
    known: npt.NDArray[np.bool_]
    coupled: bool = False
    unknown: set[int] = field(default_factory=set)
    supports: list[Supports] = field(default_factory=list)
    starts: list[npt.NDArray[np.int32]] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """Whether stocks, spares and batteries have run out."""
        return self.horizon not in ("now", "by the hour")

    @property
    def by_the_hour(self) -> bool:
        """Whether batteries and the like are gates of their own, which run out one by one."""
        return self.horizon == "by the hour"


class SupplySide:
    """Gates of what is made and delivered, for those who accept the same makers.

    Attributes
    ----------
    own
        Gate that takes the inputs of each thing, shape (things,).
    gate
        Gate that says whether each thing works, as input of others, shape (things,).
    allowed
        Gate that says whether each firm may be the maker, whether or not it runs, shape (firms,).
    """

    def __init__(self, draft: Draft, own: Codes, gate: Codes, allowed: Codes) -> None:
        self.draft = draft
        self.ground = draft.ground
        self.network = draft.ground.network
        self.builder = draft.builder
        self.own = own
        self.gate = gate
        self.allowed = allowed
        self._contract_keys: Codes = np.zeros(0, dtype=np.int64)
        self._contract_gates: Codes = np.zeros(0, dtype=np.int64)
        self.stocked = NO_STOCKED

    def works(self, kind: str) -> Codes:
        """Return the gates that say whether the things of a kind work, as inputs of others."""
        return self.gate[self.network.span(kind)]

    def bodies(self, kind: str) -> Codes:
        """Return the gates that take the inputs of the things of a kind."""
        return self.own[self.network.span(kind)]

    def need_some(self, gates: Codes, kind: str, codes: Codes) -> None:
        """Let gates need the things of one kind beside them, where there is one."""
        there = np.flatnonzero(codes >= 0)
        self.builder.need(gates[there], self.works(kind)[codes[there]])

    def firms(self) -> None:
        """A firm runs while its parent does: taking away a firm stops what it controls."""
        self.need_some(self.bodies("firm"), "firm", self.network["firms"]["parent"])

    def lanes(self) -> None:
        """A lane is open while one of its routes is, and the facilities at its ends work.

        A route is open while all its passages are. A lane whose usual route is closed and that has
        a way round is late, not lost.
        """
        lanes = self.network["lanes"]
        span = self.network.span("facility")
        for end in ("origin", "destination"):
            facility = np.where(
                (lanes[end] >= span.start) & (lanes[end] < span.stop), lanes[end] - span.start, -1
            )
            there = np.flatnonzero(facility >= 0)
            # Signals pass through a facility that cannot itself reach what it must.
            ends = self.bodies("facility")[facility[there]]
            self.builder.need(self.bodies("lane")[there], ends)
        passages = self.works("passage")
        owner = self.ground.routes.lane
        length = np.array([len(way) for way in self.ground.routes.passages], dtype=np.int64)
        free = np.unique(owner[length == 0])
        bound = np.flatnonzero(~np.isin(owner, free))
        lane, group = np.unique(owner[bound], return_inverse=True)
        ways = self.builder.add(len(bound), "way", self.network.offset("lane") + lane[group])
        on_way = [code for route in bound.tolist() for code in self.ground.routes.passages[route]]
        self.builder.need(
            np.repeat(ways, length[bound]), passages[np.array(on_way, dtype=np.int64)]
        )
        some = self.builder.add(len(lane), "ways", self.network.offset("lane") + lane)
        self.builder.need(some[group], ways)
        self.builder.at_least(some, 1)
        self.builder.need(self.bodies("lane")[lane], some)

    def contracts(self) -> None:
        """A product is supplied to a customer while enough of its contracted flow is.

        The flow of a row is there while its plant and its lane work; enough is `need_share` of the
        flow of that product to that customer. Potential rows (quantity 0) carry no flow. Resourced:
        or while the product can be delivered at large. Whoever excludes the maker gets nothing.
        Coupled with flows, it is supplied while the customer has it on hand.
        """
        supplies = self.ground.supplies
        used = np.flatnonzero(supplies["quantity_per_day"] > 0)
        flow, lane = supplies["quantity_per_day"][used], supplies["lane"][used]
        product = self.network["plants"]["product"][supplies["supplier"][used]]
        key = self._contract_key(supplies["customer"][used], product)
        self._contract_keys, group = np.unique(key, return_inverse=True)
        customer, bought = np.divmod(self._contract_keys, max(len(self.network["products"]), 1))
        of = self.network.offset("product") + bought
        if self.draft.coupled:
            self._contract_gates = self.builder.add(len(customer), "stocked", of, customer)
            self.stocked = Stocked(self._contract_gates.astype(np.int32), customer, bought)
            return
        order = np.argsort(group, kind="stable")
        inputs = self.works("plant")[supplies["supplier"][used]].copy()
        over = np.flatnonzero(lane >= 0)
        both = self.builder.add(
            len(over),
            "flow",
            self.network.offset("plant") + supplies["supplier"][used[over]],
            self.network.offset("lane") + lane[over],
        )
        self.builder.need(both, inputs[over])
        self.builder.need(both, self.works("lane")[lane[over]])
        inputs[over] = both
        count = len(self._contract_keys)
        needed = self.draft.need_share * np.bincount(group, weights=flow, minlength=count)
        gates = self.builder.groups(
            group[order], inputs[order], flow[order], needed, "contract", of, customer
        )
        if self.draft.horizon == "resourced":
            either = self.builder.add(count, "any maker", of, customer)
            self.builder.need(either, gates)
            self.builder.need(either, self.works("product")[bought])
            self.builder.at_least(either, 1)
            gates = either
        maker = self.network["products"]["firm"][bought]
        made = np.flatnonzero(maker >= 0)
        made = made[self.allowed[maker[made]] != self.draft.true]
        accepted = self.builder.add(len(made))
        self.builder.need(accepted, gates[made])
        self.builder.need(accepted, self.allowed[maker[made]])
        self._contract_gates = gates.copy()
        self._contract_gates[made] = accepted

    def _contract_key(self, customer: Codes, product: Codes) -> Codes:
        return customer.astype(np.int64) * max(len(self.network["products"]), 1) + product

    def delivered(self, customer: Codes, product: Codes) -> Codes:
        """Return the gate by which each customer gets a product, and note what is not known.

        The gate is that of the customer's contracts for the product if it has any, else that of the
        product at large. A product that is made nowhere in the case, without contract and without
        known components, counts as delivered; it is noted in `Draft.unknown`.

        Parameters
        ----------
        customer
            Code over all kinds, -1 for nobody in particular, shape (n,).
        product
            Position among the products, shape (n,).
        """
        keys = self._contract_keys
        key = self._contract_key(customer, product)
        place = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
        gates = self.works("product")[product].copy()
        if len(keys):
            contracted = keys[place] == key
            gates[contracted] = self._contract_gates[place[contracted]]
            product = product[~contracted]
        self.draft.unknown.update(product[~self.draft.known[product]].tolist())
        return gates

    def _made_of(self, owners: Codes, customers: Codes, products: Codes) -> None:
        """In time, making a product takes each essential component group.

        A group holds while at least so many of its alternatives are delivered to the maker; a row
        without a choice is a group of its own.

        Parameters
        ----------
        owners
            Gates that make, shape (n,).
        customers
            Who buys the components, code over all kinds or -1, shape (n,).
        products
            What each gate makes, shape (n,).
        """
        rows = self.ground.components
        rows = rows.where(np.flatnonzero(rows["importance"] == IMPORTANCE.index("essential")))
        choice = rows["choice"].astype(np.int64)
        choice[choice < 0] = -1 - np.flatnonzero(choice < 0)
        start = np.searchsorted(rows["product"], products)
        count = np.searchsorted(rows["product"], products, side="right") - start
        owner, row = expand(start, count)
        inputs = self.delivered(customers[owner], rows["component"][row])
        key, first, group = np.unique(
            np.column_stack([owner, choice[row]]), axis=0, return_index=True, return_inverse=True
        )
        product = self.network.offset("product")
        gates = self.builder.add(
            len(key),
            "component",
            product + products[key[:, 0]],
            product + rows["component"][row[first]],
        )
        self.builder.need(gates[group.ravel()], inputs)
        self.builder.at_least(gates, rows["at_least"][row[first]])
        self.builder.need(owners[key[:, 0]], gates)

    def products(self) -> None:
        """A product can be delivered while its maker runs and enough of its output is there.

        Output is the plant's capacity, else its sales and final demand, else an equal part. With no
        plant in the case the product counts as made, and in time its components bind here instead.
        """
        bodies = self.bodies("product")
        self.need_some(bodies, "firm", self.network["products"]["firm"])
        there = np.flatnonzero(self.ground.exists("plants"))
        product = self.network["plants"]["product"][there]
        order = there[np.argsort(product, kind="stable")]
        products, group = np.unique(self.network["plants"]["product"][order], return_inverse=True)
        output = plant_output(self.network, self.ground.supplies)[order]
        needed = self.draft.need_share * np.bincount(group, weights=output, minlength=len(products))
        enough = self.builder.groups(
            group,
            self.works("plant")[order],
            output,
            needed,
            "output",
            self.network.offset("product") + products,
        )
        self.builder.need(bodies[products], enough)
        if self.draft.late:
            elsewhere = np.setdiff1d(np.arange(len(bodies)), products)
            self._made_of(bodies[elsewhere], np.full(len(elsewhere), -1), elsewhere)

    def plants(self) -> None:
        """A plant runs while its firm does and its territory stands.

        In time it also takes the maker of its product, and each essential component group supplied.
        """
        plants, bodies = self.network["plants"], self.bodies("plant")
        maker = self.network["products"]["firm"][plants["product"]]
        self.need_some(bodies, "firm", np.where(plants["firm"] >= 0, plants["firm"], maker))
        self.need_some(bodies, "country", plants["country"])
        if self.draft.late:
            self.need_some(bodies, "firm", maker)
            customers = self.network.offset("plant") + np.arange(len(plants))
            self._made_of(bodies, customers, plants["product"])
