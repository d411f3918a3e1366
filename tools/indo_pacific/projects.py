"""Projects that are planned and not yet there: their sites, what these are to hold, who waits."""

from tools.indo_pacific.facts import Row, Tables, read_facts

WANTED = {
    "wanted-radio": ("Radio unit, maker not chosen", "RU"),
    "wanted-baseband": ("Baseband unit, maker not chosen", "DU"),
    "wanted-core": ("Core, maker not chosen", "AMF"),
    "wanted-cable": ("Sea cable, maker not chosen", "cable"),
}
"""Products without a maker, as a project's sites are to hold them: name and function."""


def tables() -> Tables:
    """Return the rows of projects for products, sites, equipment, lanes, services and needs."""
    products: list[Row] = [
        {
            "product": product, "name": name, "kind": "wanted", "firm": "",
            "function": function, "unit_cost_usd": "", "bill": "unknown",
            "provenance": "authored", "source": "wanted by a project",
        }
        for product, (name, function) in WANTED.items()
    ]  # fmt: skip
    sites: list[Row] = [{**fact, "cluster": fact["site"]} for fact in read_facts("projects")]
    equipment: list[Row] = [{**fact} for fact in read_facts("projects_wanted")]
    more: Tables = {
        table: [{**fact} for fact in read_facts(f"projects_{table}")]
        for table in ("lanes", "services", "needs")
    }
    return {"products": products, "sites": sites, "equipment": equipment, **more}
