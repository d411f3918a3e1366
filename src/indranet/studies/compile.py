"""What must hold for each thing to run: one case becomes one net of gates.

Every gate is written once, in the function whose docstring says what it means. A thing's own state
is not a gate of its own: taking a thing away forces its gate down.

The three horizons differ in the dependences that they keep. `now` keeps those with no autonomy;
`in time` keeps all of them: stocks, spares and support have run out; `resourced` is in time with
any maker of a product allowed where contracts fail.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Gates
from indranet.model.network import Network, Rows
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, IMPORTANCE, KINDS, TABLES
from indranet.studies.builder import Builder, Codes
from indranet.studies.groundwork import REACHES, Groundwork
from indranet.studies.reaches import reach_gates

Horizon = Literal["now", "in time", "resourced"]
HORIZONS: tuple[Horizon, ...] = ("now", "in time", "resourced")


@dataclass(frozen=True)
class Compiled:
    """A network as gates.

    Attributes
    ----------
    gates
        The engine's arrays.
    gate
        Gate of each thing, by code over all kinds, shape (things,). Sites that nothing tells apart
        share one.
    own
        Gate to force down when a thing is taken away, shape (things,). It differs from `gate` where
        a thing must reach another: signals still pass through a place that cannot itself reach.
    absent
        Gates of things that are not there: rows of an agreement that is not in force.
    unknown
        Products in use, made nowhere in the case and without a contract: taken as available.
    """

    gates: Gates
    gate: npt.NDArray[np.int32]
    own: npt.NDArray[np.int32]
    absent: npt.NDArray[np.int32]
    unknown: npt.NDArray[np.int32]


def compile_network(ground: Groundwork, *, horizon: Horizon, need_share: float = 0.5) -> Compiled:
    """Compile a network to gates.

    Parameters
    ----------
    ground
        The case, made ready.
    horizon
        Which dependences are kept.
    need_share
        Share of a product's supply that must be left for it to count as supplied.

    Returns
    -------
    The gates, and which gate is which thing's.
    """
    return _Compiler(ground, horizon, need_share).run()


class _Compiler:
    """State shared by the gates while one network is compiled."""

    def __init__(self, ground: Groundwork, horizon: Horizon, need_share: float) -> None:
        network = ground.network
        self.ground = ground
        self.network = network
        self.horizon: Horizon = horizon
        self.late = horizon != "now"
        self.need_share = need_share
        self.unknown: set[int] = set()
        self.known = np.zeros(len(network["products"]), dtype=bool)
        self.known[network["plants"]["product"]] = True
        self.known[ground.components["product"]] = True
        self.builder = Builder()
        self.true = self.builder.add(1)
        self.own = np.zeros(network.size, dtype=np.int64)
        for kind in KINDS:
            if kind != "site":
                self.own[network.span(kind)] = self.builder.add(len(network.names[kind]))
        self.pair_gate = self.builder.add(len(ground.pairs.product))
        self.class_gate = self.builder.add(len(ground.classes.representative))
        self.own[network.span("site")] = self.class_gate[ground.classes.class_of]
        self.gate = self.own.copy()
        reaching = np.unique(ground.groups.user[ground.groups.reaches])
        self.gate[reaching] = self.builder.add(len(reaching))
        self.builder.need(self.gate[reaching], self.own[reaching])

    def run(self) -> Compiled:
        """Write every gate and return the whole."""
        self._firms()
        self._lanes()
        self._contracts()
        self._products()
        self._plants()
        self._equipment()
        self._sites()
        self._facilities()
        self._needs()
        return Compiled(
            gates=self.builder.finish(),
            gate=self.gate.astype(np.int32),
            own=self.own.astype(np.int32),
            absent=self._absent(),
            unknown=np.array(sorted(self.unknown), dtype=np.int32),
        )

    def _works(self, kind: str) -> Codes:
        """Return the gates that say whether the things of a kind work, as inputs of others."""
        return self.gate[self.network.span(kind)]

    def _bodies(self, kind: str) -> Codes:
        """Return the gates that take the inputs of the things of a kind."""
        return self.own[self.network.span(kind)]

    def _need_some(self, gates: Codes, kind: str, codes: Codes) -> None:
        """Let gates need the things of one kind beside them, where there is one."""
        there = np.flatnonzero(codes >= 0)
        self.builder.need(gates[there], self._works(kind)[codes[there]])

    def _absent(self) -> npt.NDArray[np.int32]:
        """Return gates of what an agreement that is not in force would bring, and its own."""
        gates = [self._bodies("agreement")[~self.ground.force]]
        for name in self.network.tables:
            kind = TABLES[name].declares
            if kind and kind != "agreement":
                gates.append(self._bodies(kind)[~self.ground.exists(name)])
        return np.unique(np.concatenate(gates)).astype(np.int32)

    def _firms(self) -> None:
        """A firm runs while its parent does: taking away a firm stops what it controls."""
        self._need_some(self._bodies("firm"), "firm", self.network["firms"]["parent"])

    def _lanes(self) -> None:
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
            self._need_some(self._bodies("lane"), "facility", facility)
        passages = self._works("passage")
        owner = self.ground.routes.lane
        length = np.array([len(way) for way in self.ground.routes.passages], dtype=np.int64)
        free = np.unique(owner[length == 0])
        bound = np.flatnonzero(~np.isin(owner, free))
        lane, group = np.unique(owner[bound], return_inverse=True)
        ways = self.builder.add(len(bound))
        on_way = [code for route in bound.tolist() for code in self.ground.routes.passages[route]]
        self.builder.need(
            np.repeat(ways, length[bound]), passages[np.array(on_way, dtype=np.int64)]
        )
        some = self.builder.add(len(lane))
        self.builder.need(some[group], ways)
        self.builder.at_least(some, 1)
        self.builder.need(self._bodies("lane")[lane], some)

    def _contracts(self) -> None:
        """A product is supplied to a customer while enough of its contracted flow is.

        The flow of a row is there while its plant and its lane work; enough is `need_share` of the
        flow of that product to that customer. Potential rows (quantity 0) carry no flow. Resourced:
        or while the product can be delivered at large.
        """
        supplies = self.ground.supplies
        used = np.flatnonzero(supplies["quantity_per_day"] > 0)
        flow, lane = supplies["quantity_per_day"][used], supplies["lane"][used]
        product = self.network["plants"]["product"][supplies["supplier"][used]]
        key = self._contract_key(supplies["customer"][used], product)
        self.contract_keys, group = np.unique(key, return_inverse=True)
        order = np.argsort(group, kind="stable")
        inputs = self._works("plant")[supplies["supplier"][used]].copy()
        over = np.flatnonzero(lane >= 0)
        both = self.builder.add(len(over))
        self.builder.need(both, inputs[over])
        self.builder.need(both, self._works("lane")[lane[over]])
        inputs[over] = both
        count = len(self.contract_keys)
        needed = self.need_share * np.bincount(group, weights=flow, minlength=count)
        gates = self.builder.groups(group[order], inputs[order], flow[order], needed)
        if self.horizon == "resourced":
            at_large = self._works("product")[self.contract_keys % len(self.network["products"])]
            either = self.builder.add(count)
            self.builder.need(either, gates)
            self.builder.need(either, at_large)
            self.builder.at_least(either, 1)
            gates = either
        self.contract_gates = gates

    def _contract_key(self, customer: Codes, product: Codes) -> Codes:
        return customer.astype(np.int64) * max(len(self.network["products"]), 1) + product

    def _delivered(self, customer: Codes, product: Codes) -> Codes:
        """Return the gate by which each customer gets a product, and note what is not known.

        The gate is that of the customer's contracts for the product if it has any, else that of the
        product at large. A product that is made nowhere in the case, without contract and without
        known components, counts as delivered; it is noted in `unknown`.

        Parameters
        ----------
        customer
            Code over all kinds, -1 for nobody in particular, shape (n,).
        product
            Position among the products, shape (n,).
        """
        key = self._contract_key(customer, product)
        place = np.minimum(
            np.searchsorted(self.contract_keys, key), max(len(self.contract_keys) - 1, 0)
        )
        gates = self._works("product")[product].copy()
        if len(self.contract_keys):
            contracted = self.contract_keys[place] == key
            gates[contracted] = self.contract_gates[place[contracted]]
            product = product[~contracted]
        self.unknown.update(product[~self.known[product]].tolist())
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
        inputs = self._delivered(customers[owner], rows["component"][row])
        key, first, group = np.unique(
            np.column_stack([owner, choice[row]]), axis=0, return_index=True, return_inverse=True
        )
        gates = self.builder.add(len(key))
        self.builder.need(gates[group.ravel()], inputs)
        self.builder.at_least(gates, rows["at_least"][row[first]])
        self.builder.need(owners[key[:, 0]], gates)

    def _products(self) -> None:
        """A product can be delivered while its maker runs and enough of its output is there.

        Output is the plant's capacity, else its sales and final demand, else an equal part. With no
        plant in the case the product counts as made, and in time its components bind here instead.
        """
        bodies = self._bodies("product")
        self._need_some(bodies, "firm", self.network["products"]["firm"])
        product = self.network["plants"]["product"]
        order = np.argsort(product, kind="stable")
        products, group = np.unique(product[order], return_inverse=True)
        output = plant_output(self.network)[order]
        needed = self.need_share * np.bincount(group, weights=output, minlength=len(products))
        enough = self.builder.groups(group, self._works("plant")[order], output, needed)
        self.builder.need(bodies[products], enough)
        if self.late:
            elsewhere = np.setdiff1d(np.arange(len(bodies)), products)
            self._made_of(bodies[elsewhere], np.full(len(elsewhere), -1), elsewhere)

    def _plants(self) -> None:
        """A plant runs while its firm does and its territory stands.

        In time it also takes the maker of its product, and each essential component group supplied.
        """
        plants, bodies = self.network["plants"], self._bodies("plant")
        maker = self.network["products"]["firm"][plants["product"]]
        self._need_some(bodies, "firm", np.where(plants["firm"] >= 0, plants["firm"], maker))
        self._need_some(bodies, "country", plants["country"])
        if self.late:
            self._need_some(bodies, "firm", maker)
            customers = self.network.offset("plant") + np.arange(len(plants))
            self._made_of(bodies, customers, plants["product"])

    def _equipment(self) -> None:
        """Equipment runs while what its product needs does; in time it must also be supplied.

        Supplied means that its product is delivered to the operator: spares and support.
        """
        if self.late:
            operator = self.ground.pairs.operator
            customer = np.where(operator >= 0, self.network.offset("firm") + operator, -1)
            self.builder.need(self.pair_gate, self._delivered(customer, self.ground.pairs.product))

    def _sites(self) -> None:
        """A site runs while its operator does, its territory stands and each function is served.

        A function is served by any of the equipment that is there for it. A radio site also takes
        the core (see `_cores`).
        """
        at = self.ground.classes.representative
        sites, equipment = self.network["sites"], self.ground.equipment
        self._need_some(self.class_gate, "firm", sites["operator"][at])
        self._need_some(self.class_gate, "country", sites["country"][at])
        start = np.searchsorted(equipment["site"], at)
        count = np.searchsorted(equipment["site"], at, side="right") - start
        owner, row = expand(start, count)
        keys, group = np.unique(
            owner * len(FUNCTIONS) + equipment["function"][row], return_inverse=True
        )
        served = self.builder.add(len(keys))
        self.builder.need(served[group], self.pair_gate[self.ground.pairs.of[row]])
        self.builder.at_least(served, 1)
        self.builder.need(self.class_gate[keys // len(FUNCTIONS)], served)
        self._cores(keys // len(FUNCTIONS), keys % len(FUNCTIONS))

    def _cores(self, site: Codes, function: Codes) -> None:
        """A radio site takes each core function that its operator runs in its country.

        Any of the sites that run the function will do. The rule gives way where the site's own
        needs name a site with core functions, or where the operator runs none in the country.
        """
        sites, at = self.network["sites"], self.ground.classes.representative
        countries = len(self.network["countries"]) + 1
        operator = sites["operator"][at].astype(np.int64)
        home = np.where(operator >= 0, operator * countries + sites["country"][at] + 1, -1)
        core = np.isin(function, [FUNCTIONS.index(f) for f in FUNCTION_GROUPS["core"]])
        core &= home[site] >= 0
        keys, group = np.unique(
            home[site[core]] * len(FUNCTIONS) + function[core], return_inverse=True
        )
        anywhere = self.builder.add(len(keys))
        self.builder.need(anywhere[group], self._works("site")[at[site[core]]])
        self.builder.at_least(anywhere, 1)
        homes, of = np.unique(keys // len(FUNCTIONS), return_inverse=True)
        whole = self.builder.add(len(homes))
        self.builder.need(whole[of], anywhere)
        bound = np.flatnonzero(self.ground.classes.takes_core & np.isin(home, homes))
        self.builder.need(self.class_gate[bound], whole[np.searchsorted(homes, home[bound])])

    def _facilities(self) -> None:
        """A facility works while its territory stands and what it needs does."""
        self._need_some(self._bodies("facility"), "country", self.network["facilities"]["country"])

    def _needs(self) -> None:
        """A user runs while each group of its needs keeps enough capacity.

        An input with autonomy does not count against its user now. A product as input is one that
        can be delivered: under the user's contracts if it has any, else at large. A product as user
        stands for each installed unit. An input that must be reached takes a path of working lanes.
        """
        groups = self.ground.groups
        gates = self.builder.groups(
            groups.of, self._inputs(groups.rows), groups.rows["capacity"], groups.needed
        )
        user = groups.user
        span = self.network.span("product")
        unit = (user >= span.start) & (user < span.stop)
        body = np.where(groups.reaches, self.gate[user], self.own[user])
        self.builder.need(body[~unit], gates[~unit])
        products = self.ground.pairs.product
        by_product = np.argsort(products, kind="stable")
        wanted = user[unit] - span.start
        start = np.searchsorted(products[by_product], wanted)
        end = np.searchsorted(products[by_product], wanted, side="right")
        owner, row = expand(start, end - start)
        self.builder.need(self.pair_gate[by_product[row]], gates[unit][owner])

    def _inputs(self, needs: Rows) -> Codes:
        """Return the gate that each row of needs waits for, shape (rows,)."""
        network, source = self.network, needs["input"]
        inputs = self.gate[source]
        span = self.network.span("product")
        wanted = np.flatnonzero((source >= span.start) & (source < span.stop))
        inputs[wanted] = self._delivered(
            self._customers(needs["user"][wanted]), source[wanted] - span.start
        )
        held = (needs["autonomy_hours"] > 0) & (not self.late)
        inputs[held] = self.true
        reached = np.flatnonzero((needs["how"] == REACHES) & ~held)
        inputs[reached] = reach_gates(
            network, self.builder, self.gate, self.own, needs["user"][reached], source[reached]
        )
        return inputs

    def _customers(self, user: Codes) -> Codes:
        """Return who buys for each user: a site's operator, else the user itself."""
        span = self.network.span("site")
        customer = user.astype(np.int64)
        at = np.flatnonzero((user >= span.start) & (user < span.stop))
        operator = self.network["sites"]["operator"][user[at] - span.start]
        customer[at] = np.where(operator >= 0, self.network.offset("firm") + operator, -1)
        return customer


def plant_output(network: Network) -> npt.NDArray[np.float64]:
    """Return each plant's output, units a day, shape (plants,).

    Its capacity where given, else its sales and final demand; where that leaves a product with no
    output at all, its plants count equally.
    """
    plants, supplies = network["plants"], network["supplies"]
    sales = np.bincount(
        supplies["supplier"], weights=supplies["quantity_per_day"], minlength=len(plants)
    )
    output = plants["capacity_per_day"].copy()
    given = ~np.isnan(output)
    output[~given] = (sales + plants["final_demand_per_day"])[~given]
    total = np.bincount(plants["product"], weights=output, minlength=len(network["products"]))
    output[total[plants["product"]] == 0] = 1.0
    return np.maximum(output, np.finfo(np.float64).tiny)


def expand(start: Codes, count: Codes) -> tuple[Codes, Codes]:
    """Return owner and row of every row in runs of rows, one run an owner.

    >>> expand(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    owner = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - start, count)
    return owner, row
