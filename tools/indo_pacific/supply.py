"""What equipment is made of, where, and who supplies whom how much a day."""

import math
from collections import Counter
from dataclasses import dataclass, field

from tools.indo_pacific.facts import (
    Fact,
    Row,
    Tables,
    evidence,
    read_facts,
    shares,
    significant,
    slug,
)
from tools.indo_pacific.lanes import GoodsLanes, Place

HOME_SHARE = 0.25
"""Part of an operator's purchases that a plant in its own country takes first, synthetic."""
LIFE_DAYS = 3650.0
"""Equipment is bought anew after ten years."""
SPARE_CAPACITY = 0.1
EQUAL = ("synthetic", "its plants supply equal shares")


@dataclass(frozen=True)
class Plant:
    """A plant and its share of what its product's buyers in the case buy."""

    plant: str
    product: str
    place: Place
    share: float
    fact: Fact = field(compare=False)
    shown: tuple[str, str] = EQUAL


@dataclass
class Flows:
    """Daily flows found so far, from the finished equipment towards the materials."""

    rows: list[Row] = field(default_factory=list)
    sales: dict[str, float] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)

    def output(self, plant: str) -> float:
        """Return what a plant makes a day."""
        return self.sales.get(plant, 0.0) + self.final.get(plant, 0.0)


def tables(
    sites: list[Row], equipment: list[Row], offices: dict[str, Place], lanes: GoodsLanes
) -> Tables:
    """Return firms, products, components, plants and supplies.

    Parameters
    ----------
    sites, equipment
        What is installed, and by whom.
    offices
        Where each operator takes its deliveries.
    lanes
        Grows by the lanes that the goods take.
    """
    made_at = plants()
    flows = Flows()
    _installed_flows(flows, made_at, sites, equipment, offices, lanes)
    for product in makers_first():
        _component_flows(flows, made_at, product, lanes)
    return {
        "firms": firm_rows(),
        "products": product_rows(),
        "components": component_rows(),
        "plants": [_plant_row(p, flows) for group in made_at.values() for p in group],
        "supplies": flows.rows,
    }


def firm_rows() -> list[Row]:
    """Return makers, owners and operators."""
    return [
        {
            "firm": f["firm"],
            "name": f["name"],
            "country": f["country"],
            "parent": f["parent"],
            **evidence(f["provenance"], f["source"]),
        }
        for f in read_facts("firms") + read_facts("owners") + read_facts("operators")
    ]


def product_rows() -> list[Row]:
    """Return the products; costs without a published figure are synthetic."""
    listed = {f["product"] for f in read_facts("components")}
    return [
        {
            "product": f["product"],
            "name": f["name"],
            "kind": f["kind"],
            "firm": f["firm"],
            "function": f["function"],
            "unit_cost_usd": float(f["unit_cost_usd"]),
            "bill": "partial" if f["product"] in listed else "unknown",
            **evidence("authored", f"cost: {f['cost_source']}"),
        }
        for f in read_facts("products")
    ]


def component_rows() -> list[Row]:
    """Return the bills of materials."""
    return [
        {
            "product": f["product"],
            "component": f["component"],
            "quantity": float(f["quantity"]),
            "importance": f["importance"],
            "choice": f["choice"],
            **evidence("authored", "typical make-up; quantities synthetic"),
        }
        for f in read_facts("components")
    ]


def plants() -> dict[str, list[Plant]]:
    """Return the plants of each product.

    A country's published share is split equally over its plants, what is left equally over the
    plants elsewhere; without a published share all plants count equally.
    """
    at: dict[str, list[Fact]] = {}
    for fact in read_facts("plants"):
        at.setdefault(fact["product"], []).append(fact)
    published: dict[str, dict[str, Fact]] = {}
    for fact in read_facts("country_shares"):
        published.setdefault(fact["product"], {})[fact["country"]] = fact
    return {p: _shared_out(facts, published.get(p, {})) for p, facts in at.items()}


def _shared_out(facts: list[Fact], published: dict[str, Fact]) -> list[Plant]:
    count = Counter(f["country"] for f in facts)
    rest = sum(n for country, n in count.items() if country not in published)
    left = 1.0 - math.fsum(float(f["share"]) for f in published.values())
    shown = next((("calibrated", f["source"]) for f in published.values()), EQUAL)
    found = []
    for fact in facts:
        country = fact["country"]
        share = (
            float(published[country]["share"]) / count[country]
            if country in published
            else left / rest
        )
        place = Place(country, float(fact["lat"]), float(fact["lon"]))
        name = f"{fact['product']}-{slug(fact['place'])}"
        found.append(Plant(name, fact["product"], place, share, fact, shown))
    return found


def makers_first() -> list[str]:
    """Return the products so that each comes before its components."""
    parts: dict[str, list[str]] = {f["product"]: [] for f in read_facts("products")}
    for fact in read_facts("components"):
        parts[fact["product"]].append(fact["component"])
    order: list[str] = []
    seen: set[str] = set()

    def visit(product: str) -> None:
        if product not in seen:
            seen.add(product)
            for part in parts[product]:
                visit(part)
            order.append(product)

    for product in parts:
        visit(product)
    return order[::-1]


def _installed_flows(
    flows: Flows,
    made_at: dict[str, list[Plant]],
    sites: list[Row],
    equipment: list[Row],
    offices: dict[str, Place],
    lanes: GoodsLanes,
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
        if product not in made_at:
            continue
        daily = count / LIFE_DAYS
        if operator:
            group = _for_operator(made_at[product], offices[operator].country)
            _ship(flows, group, operator, offices[operator], daily, lanes)
        else:
            for plant in made_at[product]:
                _add(flows.final, plant.plant, daily * plant.share)


def _for_operator(group: list[Plant], country: str) -> dict[Plant, float]:
    world = {plant: plant.share for plant in group}
    home = {plant: plant.share for plant in group if plant.place.country == country}
    if not home:
        return world
    near = shares(home)
    return {p: (1 - HOME_SHARE) * s + HOME_SHARE * near.get(p, 0.0) for p, s in world.items()}


def _component_flows(
    flows: Flows, made_at: dict[str, list[Plant]], product: str, lanes: GoodsLanes
) -> None:
    """Sell a product's output beyond the case, then buy what its plants take."""
    outside = {f["product"]: float(f["outside_share"]) for f in read_facts("products")}[product]
    for plant in made_at.get(product, []):
        beyond = flows.output(plant.plant) * outside / (1.0 - outside)
        _add(flows.final, plant.plant, significant(beyond))
    bill = [f for f in read_facts("components") if f["product"] == product]
    for fact in bill:
        group = {p: p.share for p in made_at.get(fact["component"], [])}
        alternatives = sum(bool(fact["choice"]) and f["choice"] == fact["choice"] for f in bill)
        each = float(fact["quantity"]) / max(alternatives, 1)
        for plant in made_at.get(product, []):
            _ship(flows, group, plant.plant, plant.place, each * flows.output(plant.plant), lanes)


def _ship(
    flows: Flows,
    group: dict[Plant, float],
    customer: str,
    destination: Place,
    daily: float,
    lanes: GoodsLanes,
) -> None:
    products = {f["product"]: f for f in read_facts("products")}
    for plant, share in group.items():
        fact = products[plant.product]
        quantity = significant(daily * share)
        _add(flows.sales, plant.plant, quantity)
        flows.rows.append(
            {
                "supplier": plant.plant,
                "customer": customer,
                "lane": lanes.between(plant.place, destination, fact["carried"]),
                "quantity_per_day": quantity,
                "stock_days": float(fact["stock_days"]),
                **evidence(*plant.shown),
            }
        )


def _add(sums: dict[str, float], key: str, value: float) -> None:
    sums[key] = sums.get(key, 0.0) + value


def _plant_row(plant: Plant, flows: Flows) -> Row:
    output = flows.output(plant.plant)
    return {
        "plant": plant.plant,
        "product": plant.product,
        "firm": plant.fact["firm"],
        "country": plant.place.country,
        "place": plant.fact["place"],
        "lat": plant.place.lat,
        "lon": plant.place.lon,
        "capacity_per_day": significant((1.0 + SPARE_CAPACITY) * output),
        "final_demand_per_day": significant(flows.final.get(plant.plant, 0.0)),
        **evidence(plant.fact["provenance"], plant.fact["source"]),
    }
