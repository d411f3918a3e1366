"""Who makes what, who buys it from whom, and over which passages it comes.

Things are numbered in order of their names, so that sums do not hang on the order of rows.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.groundwork import Groundwork, expand

Codes = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

_SEA = TABLES["lanes"].column("mode").choices.index("sea")


@dataclass(frozen=True)
class Market:
    """Who makes what, and who buys it from whom.

    Attributes
    ----------
    products
        Code of each product in the network, in order of name, shape (products,).
    plants
        Code of each plant that exists, in order of product and name, shape (plants,).
    makes
        Product of each plant, shape (plants,).
    customer
        Each plant as a customer: its code as `named_code` gives it, shape (plants,).
    output
        Units a day of each plant, 0 where nothing says, shape (plants,).
    total
        Units a day of all plants of each product, shape (products,).
    settled
        Whether it is known how a product's plants share what is bought without a contract, shape
        (products,).
    contract
        Customer and product of each contract as one number, ascending, shape (contracts,).
    supplier, flow
        Plant and units a day of each contract, shape (contracts,).
    way
        Position in `ways` of each contract, -1 where its lane's way is not known, shape
        (contracts,).
    ways
        Passages on the usual way of the goods, joined by ";"; "none" for no passage.
    """

    products: Codes
    plants: Codes
    makes: Codes
    customer: Codes
    output: Amounts
    total: Amounts
    settled: npt.NDArray[np.bool_]
    contract: Codes
    supplier: Codes
    flow: Amounts
    way: Codes
    ways: Names

    def contracts(self, customer: Codes, product: Codes) -> tuple[Codes, Codes]:
        """Return the first of each customer's contracts for a product, and their number."""
        key = customer * len(self.products) + product
        first = np.searchsorted(self.contract, key)
        return first, np.searchsorted(self.contract, key, side="right") - first


class Deliveries(NamedTuple):
    """What customers get from where, shape (deliveries,).

    Attributes
    ----------
    owner
        Which customer and product.
    node
        Where it is made: a product at large, or a plant, numbered after the products.
    share
        Part of what the customer buys of the product.
    way
        Position among the market's ways, -1 where not known.
    """

    owner: Codes
    node: Codes
    share: Amounts
    way: Codes


def market(ground: Groundwork) -> Market:
    """Return who makes what and who buys it from whom, under the agreements in force.

    A contract is a row of supplies with a flow. A plant's output is its capacity, else its sales
    and final demand. One plant alone makes all there is, whatever its output.
    """
    network = ground.network
    product_at = ranks(network.names["product"])
    plants, makes = _plants(ground, product_at)
    place = np.full(len(network["plants"]), -1, dtype=np.int64)
    place[plants] = np.arange(len(plants))
    rows = ground.supplies
    rows = rows.where((rows["quantity_per_day"] > 0) & (place[rows["supplier"]] >= 0))
    supplier = place[rows["supplier"]]
    contract = named_code(network, rows["customer"]) * len(product_at) + makes[supplier]
    lane_at = np.append(ranks(network.names["lane"]), -1)
    order = np.lexsort((lane_at[rows["lane"]], supplier, contract))
    rows, supplier, contract = rows.where(order), supplier[order], contract[order]
    ways, way = _ways(ground, rows["lane"])

    flow = rows["quantity_per_day"].astype(np.float64)
    capacity = network["plants"]["capacity_per_day"][plants]
    sales = summed(supplier, flow, len(plants)) + network["plants"]["final_demand_per_day"][plants]
    output = np.where(np.isnan(capacity), sales, capacity)
    total = summed(makes, output, len(product_at))
    alone = np.bincount(makes, minlength=len(product_at)) == 1
    return Market(
        products=np.argsort(product_at),
        plants=plants,
        makes=makes,
        customer=named_code(network, network.offset("plant") + plants),
        output=output,
        total=total,
        settled=alone | (total > 0),
        contract=contract,
        supplier=supplier,
        flow=flow,
        way=way,
        ways=ways,
    )


def summed(index: Codes, values: npt.NDArray[Any], count: int) -> Amounts:
    """Return the sum of the values at each index, in order of rows, shape (count,)."""
    return np.bincount(index, weights=values, minlength=count).astype(np.float64, copy=False)


def ranks(names: Names) -> Codes:
    """Return the place of each name in their order, shape (names,)."""
    place = np.empty(len(names), dtype=np.int64)
    place[np.argsort(names.astype(str), kind="stable")] = np.arange(len(names))
    return place


def named_code(network: Network, code: npt.NDArray[np.integer]) -> Codes:
    """Return codes over all kinds as they would be with plants and firms in order of name."""
    named = np.arange(network.size)
    for kind in ("plant", "firm"):
        named[network.span(kind)] = network.offset(kind) + ranks(network.names[kind])
    return named[np.asarray(code, dtype=np.int64)]


def _plants(ground: Groundwork, product_at: Codes) -> tuple[Codes, Codes]:
    """Return the plants that exist, in order of product and name, and what each makes."""
    there = np.flatnonzero(ground.exists("plants"))
    makes = product_at[ground.network["plants"]["product"][there]]
    order = np.lexsort((ranks(ground.network.names["plant"])[there], makes))
    return there[order], makes[order]


def _ways(ground: Groundwork, lane: npt.NDArray[np.int32]) -> tuple[Names, Codes]:
    """Return the usual ways over some lanes in order of name, and the way of each lane or -1.

    The way of a sea lane is not known where it is not written and the sea network has none.
    """
    network, routes = ground.network, ground.routes
    lanes, passages = network["lanes"], network.names["passage"]
    used, row = np.unique(lane, return_inverse=True)
    words = []
    for code in used.tolist():
        if code < 0:
            words.append("none")
            continue
        usual = int(np.searchsorted(routes.lane, code))
        derived = lanes["mode"][code] == _SEA and lanes["passages"][code] < 0
        on_way = ";".join(sorted({str(passages[p]) for p in routes.passages[usual]}))
        words.append("" if derived and np.isnan(routes.km[usual]) else on_way or "none")
    names = sorted(set(words) - {""})
    place = {"": -1} | {name: position for position, name in enumerate(names)}
    way = np.array([place[word] for word in words], dtype=np.int64)
    return np.array(names, dtype=object), way[row]


def contracted(market: Market, customer: Codes, product: Codes) -> Amounts:
    """Return the units a day that each customer has contracts for, shape (n,)."""
    owner, row = expand(*market.contracts(customer, product))
    return summed(owner, market.flow[row], len(product))


def deliveries(market: Market, customer: Codes, product: Codes) -> Deliveries:
    """Return where each customer gets a product from.

    By the customer's contracts in proportion to their flow; without one, from the product at large,
    which `tiers.Chain.settles` shares among its plants.

    Parameters
    ----------
    market
        Who makes what and who buys it.
    customer
        Code as `named_code` gives it, -1 for nobody, shape (n,).
    product
        Position among the products, shape (n,).
    """
    first, count = market.contracts(customer, product)
    owner, row = expand(first, count)
    total = summed(owner, market.flow[row], len(product))
    at_large = np.flatnonzero(count == 0)
    return Deliveries(
        owner=np.concatenate([owner, at_large]),
        node=np.concatenate([len(market.products) + market.supplier[row], product[at_large]]),
        share=np.concatenate([market.flow[row] / total[owner], np.ones(len(at_large))]),
        way=np.concatenate([market.way[row], np.full(len(at_large), -1)]),
    )
