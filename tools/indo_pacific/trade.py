"""Who sells to whom how much a day: by published shares of the market, less over distance."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from tools.indo_pacific.facts import (
    Fact,
    Key,
    Row,
    Value,
    evidence,
    read_facts,
    shares,
    significant,
    slug,
)
from tools.indo_pacific.lanes import GoodsLanes, Place

from indranet.geography.places import haversine_km

LIFE_DAYS = 3650.0
"""Equipment is bought anew after ten years."""
NEAREST_KM = 500.0
"""Distance below which nearer is no better, synthetic."""
ROUNDS = 200
"""Of balancing before flows are left out, and again afterwards."""


@dataclass(frozen=True)
class Market:
    """How a product is bought.

    Attributes
    ----------
    elasticity
        Trade falls with distance to this power.
    sources
        Plants from which one buyer takes it at most, its largest flows.
    least
        A flow below this part of a buyer's purchases is left out.
    """

    elasticity: float
    sources: int
    least: float


HEAVY = Market(0.9, 3, 0.15)
"""Equipment that goes by sea: trade as a whole falls with distance to the power 0.9 (mean of 1,467
estimates: Disdier and Head 2008, Review of Economics and Statistics 90: 37); the rest synthetic."""
LIGHT = Market(0.2, 6, 0.02)
"""What is light for its price, and what goes into products: from qualified makers wherever they
are, with little regard to distance, synthetic."""
ANYWHERE = Market(0.0, 6, 0.03)
"""Machines and software, synthetic."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plant:
    """A plant and its share of all that is sold of its product."""

    plant: str
    product: str
    place: Place
    share: float
    fact: Fact = field(compare=False)
    shown: tuple[str, str] = ("synthetic", "equal shares")


@dataclass(frozen=True)
class Buyer:
    """An operator or a plant that buys a product, how much a day, and what it makes of it."""

    name: str
    place: Place
    daily: float
    makes: str = ""


@dataclass
class Flows:
    """Daily flows found so far, from the finished equipment towards the materials."""

    rows: list[Row] = field(default_factory=list)
    wanted: dict[str, dict[str, Buyer]] = field(default_factory=dict)
    sales: dict[str, float] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)

    def output(self, plant: str) -> float:
        """Return what a plant makes a day."""
        return self.sales.get(plant, 0.0) + self.final.get(plant, 0.0)

    def want(self, product: str, name: str, place: Place, daily: float, makes: str = "") -> None:
        """Note that a buyer takes so much of a product a day, and what it makes of it."""
        if daily > 0:
            self.wanted.setdefault(product, {})[name] = Buyer(name, place, daily, makes)


def plants() -> dict[str, list[Plant]]:
    """Return the plants of each product.

    A published share (of a territory, of the firms seated in a country, or of a maker) is split
    over the makers it covers in equal parts, what is left over the other makers; a maker's part
    over its plants by their weights.
    """
    at: dict[str, list[Fact]] = {}
    for fact in read_facts("plants"):
        at.setdefault(fact["product"], []).append(fact)
    published: dict[str, list[Fact]] = {}
    for fact in read_facts("market_shares"):
        published.setdefault(fact["product"], []).append(fact)
    return {p: list(_shared_out(facts, published.get(p, []))) for p, facts in at.items()}


def _shared_out(facts: list[Fact], published: list[Fact]) -> Iterator[Plant]:
    holders = [_holder(fact, published) for fact in facts]
    known = {f["holder"]: float(f["share"]) for f in published}
    left = max(0.0, 1.0 - math.fsum(known.values()))
    makers = {(holder, fact["firm"]) for holder, fact in zip(holders, facts, strict=True)}
    of_holder = Counter(holder for holder, _ in makers)
    of_maker: dict[tuple[str, str], float] = {}
    for holder, fact in zip(holders, facts, strict=True):
        key = holder, fact["firm"]
        of_maker[key] = of_maker.get(key, 0.0) + float(fact["weight"] or 1.0)
    parts = {
        place: known.get(holder, left)
        / of_holder[holder]
        * float(fact["weight"] or 1.0)
        / of_maker[holder, fact["firm"]]
        for place, (holder, fact) in enumerate(zip(holders, facts, strict=True))
    }
    shown = ("synthetic", "equal shares")
    if len(facts) == 1:
        shown = ("authored", "the only plant listed")
    if published:
        shown = (published[0]["provenance"], published[0]["source"])
    names = _names(facts)
    for place, share in shares(parts).items():
        fact = facts[place]
        where = Place(fact["country"], float(fact["lat"]), float(fact["lon"]))
        yield Plant(names[place], fact["product"], where, share, fact, shown)


def _holder(fact: Fact, published: list[Fact]) -> str:
    """Return whose published share a plant belongs to, empty for what is left."""
    if not published:
        return ""
    by = published[0]["by"]
    holder = fact["country"] if by == "territory" else fact["firm"]
    if by == "seat":
        holder = _seats()[holder]
    return holder if any(f["holder"] == holder for f in published) else ""


def _seats() -> dict[str, str]:
    return {f["firm"]: f["country"] for f in read_facts("firms")}


def _names(facts: list[Fact]) -> list[str]:
    """Return identifiers: product and place, and the firm where two share a place."""
    short = [f"{f['product']}-{slug(f['place'])}" for f in facts]
    return [
        f"{name}-{fact['firm']}" if short.count(name) > 1 else name
        for name, fact in zip(short, facts, strict=True)
    ]


def installed(
    flows: Flows,
    made_at: dict[str, list[Plant]],
    sites: list[Row],
    equipment: list[Row],
    offices: dict[str, Place],
) -> None:
    """Let operators renew what they have; what has no operator is final demand."""
    site_of = {row["site"]: row for row in sites}
    units: dict[tuple[str, str], float] = {}
    for row in equipment:
        site = site_of[row["site"]]
        key = str(site["operator"]), str(row["product"])
        real = float(row["quantity"]) * float(site["stands_for"])
        units[key] = units.get(key, 0.0) + real
    for (operator, product), count in units.items():
        daily = count / LIFE_DAYS
        if operator in offices:
            flows.want(product, operator, offices[operator], daily)
        else:
            for plant in made_at.get(product, []):
                _add(flows.final, plant.plant, daily * plant.share)


def sell(flows: Flows, group: list[Plant], product: Fact, stock: Fact, lanes: GoodsLanes) -> None:
    """Sell what buyers in the case want of a product, and what is sold beyond the case.

    Parameters
    ----------
    flows
        Grows by the flows of the product.
    group
        Plants that make it.
    product, stock
        Its facts, and those of the stock that buyers keep.
    lanes
        Grows by the lanes that the goods take.
    """
    buyers = list(flows.wanted.get(product["product"], {}).values())
    if buyers and group:
        flow = _balanced(group, buyers, _market(product))
        for plant, per_plant in zip(group, flow, strict=True):
            for buyer, daily in zip(buyers, per_plant, strict=True):
                if daily > 0:
                    _ship(flows, plant, buyer, significant(daily), product, stock, lanes)
    outside = float(product["outside_share"])
    for plant in group:
        beyond = flows.output(plant.plant) * outside / (1.0 - outside)
        _add(flows.final, plant.plant, beyond)
        if plant.plant in flows.final:
            flows.final[plant.plant] = significant(flows.final[plant.plant])


def _market(product: Fact) -> Market:
    if product["kind"] in {"tool", "software"}:
        return ANYWHERE
    return HEAVY if product["kind"] == "equipment" and product["carried"] == "sea" else LIGHT


def _balanced(group: list[Plant], buyers: list[Buyer], market: Market) -> Matrix:
    """Return daily flows, shape (plants, buyers).

    A flow is in proportion to the plant's share and the buyer's demand and falls with distance;
    then rows and columns are scaled in turn (iterative proportional fitting, Deming and Stephan
    1940) until each plant has its share and each buyer its demand, the last exactly.
    """
    share = np.array([plant.share for plant in group])
    demand = np.array([buyer.daily for buyer in buyers])
    shunned = {(fact["country"], fact["firm"]) for fact in read_facts("not_bought")}
    open_ = np.array(
        [[(b.place.country, p.fact["firm"]) not in shunned for b in buyers] for p in group]
    )
    open_ |= ~open_.any(axis=0)
    km = np.maximum(
        haversine_km(
            np.array([plant.place.lat for plant in group])[:, None],
            np.array([plant.place.lon for plant in group])[:, None],
            np.array([buyer.place.lat for buyer in buyers])[None, :],
            np.array([buyer.place.lon for buyer in buyers])[None, :],
        ),
        NEAREST_KM,
    )
    near = km**-market.elasticity
    flow = _fitted(share[:, None] * demand * near * open_, share, demand)
    rank = np.argsort(np.argsort(-flow, axis=0, kind="stable"), axis=0, kind="stable")
    kept = (flow >= market.least * demand) & (rank < market.sources)
    # A small plant keeps its best customer.
    kept[np.arange(len(group)), np.argmax(flow, axis=1)] = True
    kept &= flow > 0
    return _fitted(np.where(kept, flow, 0.0), share, demand)


def _fitted(flow: Matrix, share: Matrix, demand: Matrix) -> Matrix:
    sales = share * demand.sum()
    for _ in range(ROUNDS):
        sold = flow.sum(axis=1)
        flow = flow * np.divide(sales, sold, out=np.zeros_like(sold), where=sold > 0)[:, None]
        flow = flow * (demand / flow.sum(axis=0))
    return flow


def _ship(
    flows: Flows,
    plant: Plant,
    buyer: Buyer,
    daily: float,
    product: Fact,
    stock: Fact,
    lanes: GoodsLanes,
) -> None:
    provenance, source = plant.shown
    _add(flows.sales, plant.plant, daily)
    flows.rows.append(
        {
            "supplier": plant.plant,
            "customer": buyer.name,
            "quantity_per_day": daily,
            "stock_days": float(stock["days"]),
            "priority": _priority(product["product"], buyer.makes),
            **lanes.way(plant.place, buyer.place, product["carried"]),
            **evidence(provenance, source),
        }
    )


def _priority(product: str, makes: str) -> Value:
    """Return whether a buyer is served after others when a product is short; empty means first."""
    of_product = {f["buyer_makes"]: f for f in read_facts("priorities") if f["product"] == product}
    found = of_product.get(makes, of_product.get("*"))
    return int(found["priority"]) if found and found["priority"] != "1" else ""


def _add(sums: dict[Key, float], key: Key, value: float) -> None:
    if value > 0:
        sums[key] = sums.get(key, 0.0) + value
