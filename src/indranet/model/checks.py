"""Checks across rows and tables: pure functions from tables to faults."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indranet.errors import Fault
from indranet.model.aims import hazard_aims, measure_aims, rule_aims, rule_subjects
from indranet.model.coded import Array, Tables
from indranet.model.schema import TABLES
from indranet.model.versions import bounds

ACYCLIC = ("equipment", "part", "material", "tool")
"""Kinds of product among which a component cannot contain its own product."""
INSTALLED = ("equipment", "software", "wanted")
"""Kinds of product that a site can have installed, or is to have."""
REACHING = ("site", "plant", "facility", "service")
REACHED = ("site", "facility", "plant", "country")

_TOLERANCE = 1e-9
_SHARE_TOLERANCE = 1e-6


def cross_row_faults(tables: Tables) -> list[Fault]:
    """Return every fault that only shows when cells, rows or tables are read together."""
    return [fault for check in CHECKS for fault in check(tables)]


def _kind_codes(*kinds: str) -> list[int]:
    choices = TABLES["products"].column("kind").choices
    return [choices.index(kind) for kind in kinds]


def _cycles(start: Array, end: Array, nodes: int) -> Iterator[list[int]]:
    """Yield one cycle of edges, as their positions, for each knot of a directed graph."""
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(nodes, nodes))
    knot = connected_components(graph, connection="strong")[1]
    inside = np.flatnonzero(knot[start] == knot[end])
    edge_from = {int(start[edge]): int(edge) for edge in inside[::-1]}
    for _, first in sorted({int(knot[start[edge]]): int(edge) for edge in inside[::-1]}.items()):
        path: list[int] = []
        seen: dict[int, int] = {}
        node = int(start[first])
        while node not in seen:
            seen[node] = len(path)
            path.append(edge_from[node])
            node = int(end[path[-1]])
        yield path[seen[node] :]


def _cycle_faults(
    tables: Tables, table: str, columns: tuple[str, str], records: Array, ends: tuple[Array, Array]
) -> list[Fault]:
    kind = TABLES[table].column(columns[1]).refers[0]
    faults = []
    for cycle in _cycles(*ends, len(tables.names[kind])):
        edges = sorted(cycle)
        at = cycle.index(edges[0])
        turned = cycle[at:] + cycle[:at]
        things = [str(tables.names[kind][ends[0][edge]]) for edge in turned]
        way = " > ".join([*things, things[0]])
        rows = ", ".join(str(tables.sources[table].row(int(records[edge]))) for edge in edges)
        problem = f"closes a cycle: {way} (rows {rows})"
        remedy = "remove or correct one of these rows"
        record = records[edges[:1]]
        faults += tables.faults(table, columns[1], record, problem, remedy)
    return faults


def component_cycles(tables: Tables) -> list[Fault]:
    """Find equipment, parts, materials and tools that contain themselves."""
    rows = tables.rows["components"]
    physical = np.isin(tables.rows["products"]["kind"], _kind_codes(*ACYCLIC))
    physical &= tables.sound["products"]
    records = np.flatnonzero(tables.sound["components"])
    product, component = rows["product"][records], rows["component"][records]
    kept = _both(physical, product, component)
    ends = (product[kept], component[kept])
    return _cycle_faults(tables, "components", ("product", "component"), records[kept], ends)


def _both(mask: Array, first: Array, second: Array) -> Array:
    known = (first >= 0) & (second >= 0)
    known[known] = mask[first[known]] & mask[second[known]]
    return known


def parent_cycles(tables: Tables) -> list[Fault]:
    """Find firms that control themselves through their parents."""
    parent = tables.rows["firms"]["parent"]
    records = np.flatnonzero(tables.sound["firms"] & (parent >= 0))
    ends = (records, parent[records])
    return _cycle_faults(tables, "firms", ("firm", "parent"), records, ends)


def plant_capacities(tables: Tables) -> list[Fault]:
    """Find plants whose capacity is below what they sell."""
    plants, supplies = tables.rows["plants"], tables.rows["supplies"]
    sold = tables.sound["supplies"] & (supplies["supplier"] >= 0)
    quantity = supplies["quantity_per_day"][sold]
    sales = np.bincount(supplies["supplier"][sold], weights=quantity, minlength=len(plants))
    demand = sales + plants["final_demand_per_day"]
    low = plants["capacity_per_day"] < demand * (1 - _TOLERANCE)

    def problem(record: int) -> str:
        return f"is below sales and final demand, {demand[record]:.15g} units a day"

    remedy = "raise it, lower its supplies, or leave it empty (then it just meets them)"
    records = np.flatnonzero(low & tables.sound["plants"])
    return tables.faults("plants", "capacity_per_day", records, problem, remedy)


def contract_limits(tables: Tables) -> list[Fault]:
    """Find contracts under which more flows than they allow."""
    supplies = tables.rows["supplies"]
    quantity = supplies["quantity_per_day"]
    low = supplies["max_per_day"] < quantity * (1 - _TOLERANCE)

    def problem(record: int) -> str:
        return f"is below what flows, quantity_per_day {quantity[record]:.15g}"

    remedy = "raise it, lower quantity_per_day, or leave it empty (then nothing limits it)"
    records = np.flatnonzero(low & tables.sound["supplies"])
    return tables.faults("supplies", "max_per_day", records, problem, remedy)


def _groups(first_key: Array, second_key: Array) -> tuple[Array, Array]:
    """Return the group of each row and the first row of each group, for rows with equal keys."""
    size = int(second_key.max(initial=0)) + 2
    keys = first_key.astype(np.int64) * size + second_key + 1
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return group, first


def _disagreements(
    tables: Tables, table: str, records: Array, opening: Array, columns: tuple[str, ...]
) -> list[Fault]:
    """Return the rows that differ from the one that opens their group, both of shape (rows,)."""
    faults = []
    for column in columns:
        values = tables.rows[table][column]
        ours, theirs = values[records], values[opening]
        differ = (ours != theirs) & ~((ours != ours) & (theirs != theirs))  # noqa: PLR0124
        opening_of = dict(zip(records[differ].tolist(), opening[differ].tolist(), strict=True))

        def problem(
            record: int, column: str = column, opening_of: Mapping[int, int] = opening_of
        ) -> str:
            first = opening_of[record]
            other = tables.cell(table, column, first) or "nothing"
            return f"differs from {other} in row {tables.sources[table].row(first)} of its group"

        remedy = "write the same in all rows of the group"
        faults += tables.faults(table, column, records[differ], problem, remedy)
    return faults


def _asking_too_much(
    tables: Tables, table: str, opening: Array, high: Array, most: Array, texts: tuple[str, str]
) -> list[Fault]:
    """Return the groups marked `high`; `most` is what each has, all of shape (groups,)."""
    most_of = dict(zip(opening[high].tolist(), most[high].tolist(), strict=True))
    problem, remedy = texts
    return tables.faults(
        table,
        "at_least",
        np.sort(opening[high]),
        lambda record: f"is above {problem}, {most_of[record]:.15g}",
        remedy,
    )


def need_groups(tables: Tables) -> list[Fault]:
    """Find groups of needs whose rows disagree, or that ask for more than they have."""
    needs = tables.rows["needs"]
    records = np.flatnonzero(tables.sound["needs"])
    group, first = _groups(needs["user"][records], needs["need"][records])
    opening = records[first]
    columns = ("at_least", "how", "plane")
    faults = _disagreements(tables, "needs", records, opening[group], columns)
    if "needs" in tables.whole:
        total = np.bincount(group, weights=needs["capacity"][records], minlength=len(first))
        asked = needs["at_least"][opening]
        high = (asked >= 1) & (asked > total * (1 + _TOLERANCE))
        texts = "the capacity of its whole group", "lower it, or add inputs to the group"
        faults += _asking_too_much(tables, "needs", opening, high, total, texts)
    return faults


def reach_ends(tables: Tables) -> list[Fault]:
    """Find needs that are to be reached from or at something that stands nowhere."""
    needs = tables.rows["needs"]
    reaches = needs["how"] == TABLES["needs"].column("how").choices.index("reaches")
    reaches &= tables.sound["needs"]
    faults = []
    for column, kinds in (("user", REACHING), ("input", REACHED)):
        wrong = reaches & ~tables.of_kinds(needs[column], kinds)
        listed = f"{', '.join(kinds[:-1])} or {kinds[-1]}"
        problem = f"is no {listed}, which how = reaches asks for"
        remedy = "write how = works, or name a place"
        faults += tables.faults("needs", column, np.flatnonzero(wrong), problem, remedy)
    return faults


def component_choices(tables: Tables) -> list[Fault]:
    """Find alternatives that disagree, or are fewer than needed."""
    components = tables.rows["components"]
    records = np.flatnonzero(tables.sound["components"])
    choice = components["choice"][records].astype(np.int64)
    # A row without choice is a group of its own.
    words = len(components.words["choice"])
    choice = np.where(choice >= 0, choice, words + np.arange(len(records)))
    group, first = _groups(components["product"][records], choice)
    opening, columns = records[first], ("at_least", "importance")
    faults = _disagreements(tables, "components", records, opening[group], columns)
    if "components" in tables.whole:
        size = np.bincount(group, minlength=len(first))
        high = components["at_least"][opening] > size
        texts = (
            "the number of alternatives",
            "lower it, or add alternatives with the same product and choice",
        )
        faults += _asking_too_much(tables, "components", opening, high, size, texts)
    return faults


def supplied_components(tables: Tables) -> list[Fault]:
    """Find supplies of something that the customer's product does not contain.

    Of a product without any component the case says nothing: whatever its plants buy goes into it.
    """
    supplies, components = tables.rows["supplies"], tables.rows["components"]
    if "components" not in tables.sources or "components" not in tables.whole or not len(supplies):
        return []
    product = tables.rows["plants"]["product"].astype(np.int64)
    customer = supplies["customer"] - tables.offset("plant")
    to_plant = tables.of_kinds(supplies["customer"], ("plant",)) & (supplies["supplier"] >= 0)
    to_plant &= tables.sound["supplies"] & (customer != supplies["supplier"])
    records = np.flatnonzero(to_plant)
    made = product[customer[records]]
    sent = product[supplies["supplier"][records]]
    size = len(tables.names["product"]) + 1
    listed = np.unique(components["product"].astype(np.int64) * size + components["component"])
    unlisted = ~np.isin(made * size + sent, listed) & (made >= 0) & (sent >= 0)
    unlisted &= np.isin(made, components["product"])
    pairs = zip(made[unlisted].tolist(), sent[unlisted].tolist(), strict=True)
    pair_of = dict(zip(records[unlisted].tolist(), pairs, strict=True))
    names = tables.names["product"]

    def problem(record: int) -> str:
        makes, sends = pair_of[record]
        return f"makes {str(names[makes])!r}, of which {str(names[sends])!r} is no component"

    remedy = "add that row to components, or correct supplier or customer"
    return tables.faults("supplies", "customer", records[unlisted], problem, remedy)


_SECTOR = TABLES["products"].column("kind").choices.index("sector")


def same_ends(tables: Tables) -> list[Fault]:
    """Find supplies and lanes that end where they start; a sector may buy from itself."""
    supplies, lanes = tables.rows["supplies"], tables.rows["lanes"]
    same = (supplies["customer"] == supplies["supplier"] + tables.offset("plant")) & (
        supplies["supplier"] >= 0
    )
    makes = np.append(tables.rows["plants"]["product"].astype(np.int64), -1)[supplies["supplier"]]
    same &= np.append(tables.rows["products"]["kind"], -1)[makes] != _SECTOR
    faults = tables.faults(
        "supplies",
        "customer",
        np.flatnonzero(same & tables.sound["supplies"]),
        "is its own supplier",
        "correct supplier or customer",
    )
    back = (lanes["origin"] == lanes["destination"]) & tables.sound["lanes"]
    problem, remedy = "is also the lane's origin", "correct origin or destination"
    return faults + tables.faults("lanes", "destination", np.flatnonzero(back), problem, remedy)


def days_in_order(tables: Tables) -> list[Fault]:
    """Find rows that end before they start."""
    faults = []
    for name, rows in tables.rows.items():
        if "from" in rows.columns and "until" in rows.columns:
            wrong = (rows["until"] < rows["from"]) & tables.sound[name]
            problem, remedy = "is before from", "exchange or correct the two days"
            faults += tables.faults(name, "until", np.flatnonzero(wrong), problem, remedy)
    return faults


def installed_products(tables: Tables) -> list[Fault]:
    """Find equipment whose product is neither equipment nor software."""
    product = tables.rows["equipment"]["product"]
    allowed = np.isin(tables.rows["products"]["kind"], _kind_codes(*INSTALLED))
    allowed |= ~tables.sound["products"]
    # The place at the end stands for a product that is not known.
    wrong = ~np.append(allowed, True)[product] & tables.sound["equipment"]
    kinds = tables.rows["products"]["kind"]
    choices = TABLES["products"].column("kind").choices

    def problem(record: int) -> str:
        kind = choices[kinds[product[record]]]
        return f"is a product of kind {kind}, which no site has installed"

    remedy = f"use a product of kind {' or '.join(INSTALLED)}, or correct its kind"
    return tables.faults("equipment", "product", np.flatnonzero(wrong), problem, remedy)


def wanted_products(tables: Tables) -> list[Fault]:
    """Find products that are wanted, and yet made by somebody or offered."""
    wanted = tables.rows["products"]["kind"] == _kind_codes("wanted")[0]
    wanted &= tables.sound["products"]
    made = wanted & (tables.rows["products"]["firm"] >= 0)
    problem = "makes a product that is wanted, of which nobody has chosen the maker"
    remedy = "leave the maker empty, or give the product another kind"
    faults = tables.faults("products", "firm", np.flatnonzero(made), problem, remedy)
    for table, column, does in (
        ("plants", "product", "made"), ("offers", "product", "offered"),
        ("components", "product", "made of anything"),
        ("components", "component", "part of anything"),
    ):  # fmt: skip
        wrong = np.append(wanted, False)[tables.rows[table][column]] & tables.sound[table]
        problem = f"is wanted by a project, and cannot be {does}"
        remedy = "name the product of a maker, or correct its kind in products"
        faults += tables.faults(table, column, np.flatnonzero(wrong), problem, remedy)
    return faults


def traffic_shares(tables: Tables) -> list[Fault]:
    """Find sites whose shares of traffic add up to more than one."""
    equipment = tables.rows["equipment"]
    given = np.flatnonzero(tables.sound["equipment"] & ~np.isnan(equipment["traffic_share"]))
    site = equipment["site"][given]
    shares = equipment["traffic_share"][given]
    total = np.bincount(site, weights=shares, minlength=len(tables.names["site"]))
    high = total[site] > 1 + _SHARE_TOLERANCE
    _, first = np.unique(site[high], return_index=True)
    records = np.sort(given[high][first])

    def problem(record: int) -> str:
        code = equipment["site"][record]
        return (
            f"is one of the shares of site {str(tables.names['site'][code])!r} "
            f"that add up to {total[code]:.6g}"
        )

    remedy = "lower them to 1 together, or leave them empty"
    return tables.faults("equipment", "traffic_share", records, problem, remedy)


def failure_figures(tables: Tables) -> list[Fault]:
    """Find failures without figures, or with both sorts of figures."""
    rows = tables.rows["failures"]
    up, down = ~np.isnan(rows["mtbf_hours"]), ~np.isnan(rows["repair_hours"])
    share = ~np.isnan(rows["unavailability"])
    sound = tables.sound["failures"]
    faults = []
    for wrong, problem in (
        (share & (up | down), "is given beside mtbf_hours or repair_hours"),
        (~share & ~up & ~down, "is empty, and so are mtbf_hours and repair_hours"),
        (~share & (up ^ down), "is empty, and only one of mtbf_hours and repair_hours is given"),
    ):
        remedy = "give unavailability, or both mtbf_hours and repair_hours"
        records = np.flatnonzero(wrong & sound)
        faults += tables.faults("failures", "unavailability", records, problem, remedy)
    return faults


def affected_versions(tables: Tables) -> list[Fault]:
    """Find versions of vulnerabilities that are no ranges."""
    rows = tables.rows["vulnerabilities"]
    wrong = np.zeros(len(rows), dtype=bool)
    for record, text in enumerate(rows.text("versions")):
        try:
            bounds(text)
        except ValueError:
            wrong[record] = True
    remedy = "write ranges such as >=2.1,<2.4;3.0, or nothing for all versions"
    return tables.faults(
        "vulnerabilities", "versions", np.flatnonzero(wrong), "is no range of versions", remedy
    )


def known_clusters(tables: Tables) -> list[Fault]:
    """Find clusters that no site is in, and clusters that are their own neighbours."""
    known = set(tables.rows["sites"].text("cluster")) - {""}
    if "sites" not in tables.whole:
        return []
    faults = []
    for table, column in (
        ("progress", "cluster"), ("neighbours", "cluster"), ("neighbours", "other"),
    ):  # fmt: skip
        texts = tables.rows[table].text(column)
        wrong = np.array([text not in known for text in texts], dtype=bool) & tables.sound[table]
        problem, remedy = "is the cluster of no site", "correct it, or fill sites.cluster"
        faults += tables.faults(table, column, np.flatnonzero(wrong), problem, remedy)
    rows = tables.rows["neighbours"]
    same = np.array(rows.text("cluster")) == np.array(rows.text("other"))
    same = np.flatnonzero(same & tables.sound["neighbours"])
    return faults + tables.faults("neighbours", "other", same, "is the cluster itself", "name one")


def progress_periods(tables: Tables) -> list[Fault]:
    """Find clusters that are promised or done, and nobody says when or with what."""
    rows, sound = tables.rows["progress"], tables.sound["progress"]
    states = TABLES["progress"].column("state").choices
    settled = (rows["state"] != states.index("free")) & sound
    faults = []
    for column, lacks in (("period", np.isnat(rows["period"])), ("product", rows["product"] < 0)):
        problem, remedy = "is empty, and the swap is promised or done", "fill it, or write free"
        records = np.flatnonzero(settled & lacks)
        faults += tables.faults("progress", column, records, problem, remedy)
    return faults


def positions(tables: Tables) -> list[Fault]:
    """Find positions of which only one coordinate is given."""
    faults = []
    for name, rows in tables.rows.items():
        if "lat" in rows.columns and "lon" in rows.columns:
            for column, other in (("lat", "lon"), ("lon", "lat")):
                alone = np.isnan(rows[column]) & ~np.isnan(rows[other]) & tables.sound[name]
                problem, remedy = f"is empty, but {other} is not", "give both or neither"
                faults += tables.faults(name, column, np.flatnonzero(alone), problem, remedy)
    return faults


CHECKS: tuple[Callable[[Tables], list[Fault]], ...] = (
    parent_cycles,
    component_cycles,
    component_choices,
    plant_capacities,
    contract_limits,
    supplied_components,
    same_ends,
    installed_products,
    wanted_products,
    traffic_shares,
    need_groups,
    reach_ends,
    failure_figures,
    affected_versions,
    hazard_aims,
    measure_aims,
    rule_aims,
    rule_subjects,
    known_clusters,
    progress_periods,
    days_in_order,
    positions,
)
"""Every check across rows."""
