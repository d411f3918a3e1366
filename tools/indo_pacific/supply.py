"""What equipment is made of, by whom and where, and the flows of it."""

from tools.indo_pacific.facts import Fact, Row, Tables, evidence, read_facts, significant
from tools.indo_pacific.lanes import GoodsLanes, Place
from tools.indo_pacific.trade import Flows, Plant, installed, plants, sell

SPARE_CAPACITY = 0.1


def tables(
    sites: list[Row], equipment: list[Row], offices: dict[str, Place], lanes: GoodsLanes
) -> Tables:
    """Return firms, products, components, plants and supplies.

    Only what is installed in the case, and what that is made of, is there: vendors whose
    equipment nobody was drawn to have, and what only they buy, are left out.

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
    facts = {f["product"]: f for f in read_facts("products")}
    stocks = {f["stock"]: f for f in read_facts("stocks")}
    used = _in_use({str(row["product"]) for row in equipment})
    flows = Flows()
    installed(flows, made_at, sites, equipment, offices)
    for product in makers_first():
        if product in used:
            group = made_at.get(product, [])
            sell(flows, group, facts[product], stocks[facts[product]["stock"]], lanes)
            _want_components(flows, product, group)
    made = [_plant_row(p, flows) for group in made_at.values() for p in group if p.product in used]
    products = [row for row in product_rows() if row["product"] in used]
    named = {str(row["firm"]) for row in [*made, *products]} | set(offices)
    named |= {str(row["operator"]) for row in sites}
    return {
        "firms": firm_rows(named),
        "products": products,
        "components": [row for row in component_rows() if row["product"] in used],
        "plants": made,
        "supplies": flows.rows,
    }


def _in_use(there: set[str]) -> set[str]:
    """Return products and all that they are made of."""
    bill = _bill()
    todo, found = sorted(there), set()
    while todo:
        product = todo.pop()
        if product not in found:
            found.add(product)
            todo += [f["component"] for f in bill.get(product, [])]
    return found


def _bill() -> dict[str, list[Fact]]:
    bill: dict[str, list[Fact]] = {}
    for fact in read_facts("components"):
        bill.setdefault(fact["product"], []).append(fact)
    return bill


def firm_rows(named: set[str]) -> list[Row]:
    """Return the firms named somewhere in the case, and those that control them."""
    facts = read_facts("firms") + read_facts("owners") + read_facts("operators")
    parent = {f["firm"]: f["parent"] for f in facts}
    kept, above = set(named), set(named)
    while above:
        above = {parent.get(firm, "") for firm in above} - kept - {""}
        kept |= above
    return [
        {
            "firm": f["firm"],
            "name": f["name"],
            "country": f["country"],
            "parent": f["parent"],
            **evidence(f["provenance"], f["source"]),
        }
        for f in facts
        if f["firm"] in kept
    ]


def product_rows() -> list[Row]:
    """Return the products; costs without a published figure are synthetic."""
    return [
        {
            "product": f["product"],
            "name": f["name"],
            "kind": f["kind"],
            "firm": f["firm"],
            "function": f["function"],
            "unit_cost_usd": float(f["unit_cost_usd"]),
            "bill": f["bill"],
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


def makers_first() -> list[str]:
    """Return the products so that each comes before its components."""
    bill = _bill()
    order: list[str] = []
    seen: set[str] = set()

    def visit(product: str) -> None:
        if product not in seen:
            seen.add(product)
            for fact in bill.get(product, []):
                visit(fact["component"])
            order.append(product)

    for fact in read_facts("products"):
        visit(fact["product"])
    return order[::-1]


def _want_components(flows: Flows, product: str, group: list[Plant]) -> None:
    """Let the plants of a product buy what they take; alternatives in equal parts."""
    bill = _bill().get(product, [])
    for fact in bill:
        ways = sum(bool(fact["choice"]) and f["choice"] == fact["choice"] for f in bill)
        each = float(fact["quantity"]) / max(ways, 1)
        for plant in group:
            daily = each * flows.output(plant.plant)
            flows.want(fact["component"], plant.plant, plant.place, daily, product)


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
