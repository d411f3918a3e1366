"""Laws that shares keep in every case, and every path walked one by one."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indranet.model.case import read, write_case
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.shares import Table, shares

Columns = Mapping[str, Sequence[Any]]
Tables = dict[str, dict[str, list[Any]]]
Place = tuple[Any, ...]

COUNTRIES = ["AAA", "BBB", "CCC"]
FIRMS = ["f0", "f1", "f2"]
OPERATORS = ["o1", "o2", ""]
LANES: dict[str, list[Any]] = {
    "lane": ["written", "free", "lost"],
    "origin": ["AAA"] * 3,
    "destination": ["BBB"] * 3,
    "mode": ["sea"] * 3,
    "passages": ["sound;bight", "none", ""],
}
WAYS = {"": "none", "written": "bight;sound", "free": "none", "lost": None}
LEAVES = ("material", "tool")


def network_of(folder: Path, tables: Mapping[str, Columns]) -> Network:
    write_case(folder, "test", date(2026, 1, 1), "", tables)
    return read(folder)


def told(folder: Path, tables: Mapping[str, Columns]) -> dict[str, Table]:
    return shares(groundwork(network_of(folder, tables)))


def columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    cells = [list(column) for column in zip(*rows, strict=True)]
    return dict(zip(names, cells or [[] for _ in names], strict=True))


def of_product(tables: Mapping[str, Table], product: str, tier: int, by: str) -> dict[str, float]:
    table = tables["product_shares"]
    at = (table["product"] == product) & (table["tier"] == tier) & (table["by"] == by)
    return dict(zip(table["id"][at].tolist(), table["share"][at].tolist(), strict=True))


CIRCLE: dict[str, Columns] = {
    "products": {"product": ["app", "base", "cloud"], "kind": ["software"] * 3},
    "services": {"service": ["s"]},
    "needs": {"user": ["s"], "need": ["x"], "input": ["app"]},
}


def test_two_programs_in_each_other_come_up_once(tmp_path: Path) -> None:
    components = {"product": ["app", "base"], "component": ["base", "app"]}
    found = told(tmp_path / "c", {**CIRCLE, "components": components})
    by_tier = [of_product(found, "app", tier, "component") for tier in range(4)]
    assert by_tier == [{"app": 1.0}, {"base": 1.0}, {"ends": 1.0}, {"ends": 1.0}]
    assert of_product(found, "app", 2, "passage") == {"ends": 1.0}


def test_a_program_in_itself_comes_up_once(tmp_path: Path) -> None:
    """Half of what app is made of is app again; cloud is then asked for its bill."""
    products = {**CIRCLE["products"], "unit_cost_usd": [5, 5, 5]}
    components = {"product": ["app", "app"], "component": ["app", "cloud"]}
    tables = {**CIRCLE, "products": products, "components": components}
    found = told(tmp_path / "c", tables)
    assert of_product(found, "app", 1, "component") == {"cloud": 0.5, "ends": 0.5}
    assert of_product(found, "app", 2, "component") == {"unknown": 0.5, "ends": 0.5}


def test_a_large_circle_is_walked_to_the_last_tier(tmp_path: Path) -> None:
    """Thirteen sectors buy of themselves and the next: no turn ends at a second time."""
    sectors = [f"sector-{i:02}" for i in range(13)]
    tables: dict[str, Columns] = {
        "products": {"product": sectors, "kind": ["sector"] * 13, "unit_cost_usd": [1] * 13},
        "components": {
            "product": sectors * 2, "component": [*sectors, *sectors[1:], sectors[0]],
        },
        "services": {"service": ["s"]},
        "needs": {"user": ["s"], "need": ["x"], "input": [sectors[0]]},
    }  # fmt: skip
    found = told(tmp_path / "c", tables)
    last = of_product(found, sectors[0], 9, "component")
    assert last == pytest.approx({sectors[i]: math.comb(9, i) / 2**9 for i in range(10)})


def random_tables(seed: int) -> Tables:
    """Make a small case in which everything may be known or not, circles and choices included."""
    rng = np.random.default_rng(seed)
    size = 7
    products = [f"p{i}" for i in rng.permutation(size)]
    kinds = ["equipment", *rng.choice(["equipment", "part", "software", "software"], 4).tolist()]
    kinds += rng.choice(["part", "software", *LEAVES], 2).tolist()
    soft = [kind == "software" for kind in kinds]
    edges = [
        (a, b)
        for a in range(size)
        for b in range(size)
        if (a < b and rng.random() < 0.4) or (soft[a] and soft[b] and rng.random() < 0.4)
    ]
    components = []
    for a in range(size):
        inside = [b for x, b in edges if x == a]
        alternatives = int(rng.integers(2, 4)) if len(inside) > 1 and rng.random() < 0.6 else 0
        at_least = int(rng.integers(1, 3))
        for place, b in enumerate(inside):
            of_choice = place < min(alternatives, len(inside))
            components.append(
                (products[a], products[b], int(rng.integers(1, 4)),
                 "x" if of_choice else "", at_least if of_choice else 1)
            )  # fmt: skip
    plants = [
        (f"w{i}", products[int(rng.integers(0, size))], str(rng.choice([*FIRMS, ""])),
         str(rng.choice([*COUNTRIES, ""])), rng.choice(["", "", "", "200"]),
         int(rng.choice([0, 0, 0, 5])))
        for i in rng.permutation(9)
    ]  # fmt: skip
    bought = {(a, b) for a, b, *_ in components}
    pairs = [
        (plant, customer)
        for plant, made, *_ in plants
        for customer in [c for c, makes, *_ in plants if (makes, made) in bought] + OPERATORS[:2]
        if customer != plant and rng.random() < 0.3
    ]
    supplies = [
        (plant, customer, lane, float(rng.choice([0, 0.1, 0.7, 1.3])))
        for plant, customer in pairs
        for lane in rng.choice([*WAYS], int(rng.integers(1, 5)), replace=False).tolist()
    ]
    installed = sorted(
        {
            (f"s{rng.integers(0, 6)}", str(rng.choice(["RU", "AMF"])),
             str(rng.choice([p for p, k in zip(products, kinds, strict=True)
                             if k in {"equipment", "software"}])))
            for _ in range(9)
        }
    )  # fmt: skip
    sites = [(f"s{i}", OPERATORS[i % 3], float(rng.choice([0.1, 1.7, 3]))) for i in range(6)]
    return {
        "countries": {"country": COUNTRIES},
        "firms": {
            "firm": FIRMS + OPERATORS[:2],
            "country": [*rng.choice([*COUNTRIES, ""], 3).tolist(), "", ""],
        },
        "passages": {"passage": ["sound", "bight"]},
        "lanes": LANES,
        "products": columns(
            ("product", "kind", "firm", "unit_cost_usd", "bill"),
            [
                (p, k, str(rng.choice([*FIRMS, "", ""])), str(rng.choice(["", *"111234"])),
                 str(rng.choice(["complete", "partial", "unknown"])))
                for p, k in zip(products, kinds, strict=True)
            ],
        ),
        "components": columns(
            ("product", "component", "quantity", "choice", "at_least"), components
        ),
        "plants": columns(
            ("plant", "product", "firm", "country", "capacity_per_day", "final_demand_per_day"),
            plants,
        ),
        "supplies": columns(("supplier", "customer", "lane", "quantity_per_day"), supplies),
        "sites": columns(("site", "operator", "stands_for"), sites),
        "equipment": columns(("site", "function", "product"), installed),
    }  # fmt: skip


class World:
    """The tables of a case read row by row, as slowly as plainly."""

    def __init__(self, tables: Tables) -> None:
        def rows(name: str) -> list[dict[str, Any]]:
            cells = tables[name]
            return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]

        self.products = {row["product"]: row for row in rows("products")}
        self.plants = {row["plant"]: row for row in rows("plants")}
        self.seats = {row["firm"]: row["country"] for row in rows("firms")}
        self.components = rows("components")
        self.supplies = [row for row in rows("supplies") if row["quantity_per_day"] > 0]
        self.sites = {row["site"]: row for row in rows("sites")}
        self.equipment = rows("equipment")

    def cost(self, product: str) -> float | None:
        cell = self.products[product]["unit_cost_usd"]
        return float(cell) if cell != "" else None

    def makers(self, product: str) -> list[str]:
        return [name for name, row in self.plants.items() if row["product"] == product]

    def output(self, plant: str) -> float:
        row = self.plants[plant]
        if row["capacity_per_day"] != "":
            return float(row["capacity_per_day"])
        sold = sum(s["quantity_per_day"] for s in self.supplies if s["supplier"] == plant)
        return float(sold + row["final_demand_per_day"])

    def contracts(self, customer: str, product: str) -> list[dict[str, Any]]:
        return [
            row for row in self.supplies
            if row["customer"] == customer
            and self.plants[row["supplier"]]["product"] == product
        ]  # fmt: skip

    def sources(self, customer: str, product: str) -> list[tuple[Place, float]]:
        """Return (product, plant or "", way or None) and share of all that a customer buys."""
        rows = self.contracts(customer, product)
        total = sum(row["quantity_per_day"] for row in rows)
        if rows:
            return [
                ((product, r["supplier"], WAYS[r["lane"]]), r["quantity_per_day"] / total)
                for r in rows
            ]
        makers = self.makers(product)
        outputs = [self.output(plant) for plant in makers]
        if len(makers) == 1:
            return [((product, makers[0], None), 1.0)]
        if sum(outputs) == 0:
            return [((product, "", None), 1.0)]
        return [
            ((product, plant, None), output / sum(outputs))
            for plant, output in zip(makers, outputs, strict=True)
        ]

    def fractions(self, customer: str, group: list[dict[str, Any]]) -> list[float] | None:
        """Return how the units of a group divide over its alternatives, None if not known."""
        if len(group) == 1:
            return [1.0]
        flows = [
            sum(c["quantity_per_day"] for c in self.contracts(customer, row["component"]))
            for row in group
        ]
        units = flows
        if not sum(flows):
            units = [sum(map(self.output, self.makers(row["component"]))) for row in group]
            if not all(units):
                return None
        used = [unit / row["quantity"] for unit, row in zip(units, group, strict=True)]
        return [unit / sum(used) for unit in used]

    def spending(self, product: str, customer: str) -> list[tuple[Place, float]]:
        """Return ("buy", component) or where the money stops, and the share of each."""
        rows = [row for row in self.components if row["product"] == product]
        own = self.products[product]
        if not rows:
            done = own["kind"] in LEAVES or own["bill"] == "complete"
            return [(("ends",) if done else ("unknown", product, "bill"), 1.0)]
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            groups[row["choice"] or f"only {row['component']}"].append(row)
        divided = [(group, self.fractions(customer, group)) for group in groups.values()]
        whole: list[tuple[Place, float]] = [(("unknown", product, "alternatives"), 1.0)]
        if all(fractions is None for _, fractions in divided):
            return whole
        used = [
            row["component"]
            for group, fractions in divided
            for row, part in zip(group, fractions or [1.0] * len(group), strict=True)
            if part > 0
        ]
        if len(used) == 1:
            return [(("buy", used[0]), 1.0)]
        lacking = [component for component in used if self.cost(component) is None]
        if lacking:
            return [(("unknown", c, "cost"), 1 / len(lacking)) for c in lacking]
        found: list[tuple[Place, float]] = []
        for group, fractions in divided:
            worth = [row["quantity"] * (self.cost(row["component"]) or 0.0) for row in group]
            many = group[0]["at_least"]
            if fractions is None and len(set(worth)) > 1:
                return whole
            if fractions is None:
                found.append((whole[0][0], many * worth[0]))
                continue
            found += [
                (("buy", row["component"]), many * part * each)
                for row, part, each in zip(group, fractions, worth, strict=True)
            ]
        total = sum(weight for _, weight in found)
        return [(where, weight / total) for where, weight in found]

    def tiers(self, begin: list[tuple[Place, float]]) -> list[dict[Place, float]]:
        """Follow money from ("ends",), ("unknown", ...) or (product, plant, way); ten tiers.

        Each key ends with the set of products on its path.
        """
        now: dict[Place, float] = defaultdict(float)
        for where, mass in begin:
            now[where, frozenset(where[:1])] += mass
        found = [now]
        for _ in range(9):
            then: dict[Place, float] = defaultdict(float)
            for (where, path), mass in now.items():
                if where[0] in {"ends", "unknown"}:
                    then[where, path] += mass
                    continue
                product, plant, _ = where
                for (what, *rest), share in self.spending(product, plant):
                    if what != "buy":
                        then[(what, *rest), frozenset()] += mass * share
                    elif rest[0] in path:
                        then[("ends",), frozenset()] += mass * share
                    else:
                        for source, part in self.sources(plant, rest[0]):
                            then[source, path | {rest[0]}] += mass * share * part
            now = then
            found.append(now)
        return found

    def begin(self, operator: str | None, function: str) -> list[tuple[Place, float]]:
        """Return the money of an operator at tier 0, of all operators for None."""
        units: dict[tuple[str, str], float] = defaultdict(float)
        for row in self.equipment:
            site = self.sites[row["site"]]
            if row["function"] == function and operator in {None, site["operator"]}:
                units[site["operator"], row["product"]] += site["stands_for"]
        products = sorted({product for _, product in units})
        lacking = [product for product in products if self.cost(product) is None]
        if len(products) > 1 and lacking:
            return [(("unknown", product, "cost"), 1 / len(lacking)) for product in lacking]
        weights = {
            (buyer, product): count * ((self.cost(product) or 0.0) if len(products) > 1 else 1.0)
            for (buyer, product), count in units.items()
        }
        total = sum(weights.values())
        return [
            (source, weight / total * share)
            for (buyer, product), weight in weights.items()
            for source, share in self.sources(buyer, product)
        ]

    def common(self, product: str, values: list[Place], without: str) -> Place:
        """Return what values of all plants agree on, ("unknown", product, fact) otherwise."""
        if not values:
            return ("unknown", product, without)
        missing = [value for value in values if value[0] == "unknown"]
        if missing:
            return next((v for v in missing if v[2] == "seat"), missing[0])
        return values[0] if len(set(values)) == 1 else ("unknown", product, "output")

    def label(self, by: str, where: Place) -> Place:
        """Return (id,), ("ends",) or ("unknown", product, fact)."""
        if where[0] in {"ends", "unknown"}:
            return where
        product, plant, way = where
        own = self.products[product]["firm"]
        plants = [plant] if plant else self.makers(product)
        if by == "component":
            return (product,)
        if by == "passage":
            return (way,) if way else ("unknown", product, "contract")
        if by == "territory":
            stands = [self.plants[p]["country"] for p in plants]
            values = [(s,) if s else ("unknown", product, "plants") for s in stands]
            return self.common(product, values, "plants")
        firms = [own] if own else [self.plants[p]["firm"] for p in plants]
        if by == "maker":
            values = [(f,) if f else ("unknown", product, "maker") for f in firms]
        else:
            values = [
                ((self.seats[f],) if self.seats[f] else ("unknown", product, "seat"))
                if f else ("unknown", product, "maker")
                for f in firms
            ]  # fmt: skip
        return self.common(product, values, "maker")


LAWS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def keyed(table: Table, value: str, *names: str) -> dict[Place, float]:
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    found = dict(zip(rows, table[value].tolist(), strict=True))
    assert len(found) == len(table[value])
    return found


@LAWS
@given(seed=st.integers(0, 10_000))
def test_shares_are_those_of_every_path_walked_by_itself(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = random_tables(seed)
    found = told(tmp_path_factory.mktemp("law") / "c", tables)
    world = World(tables)
    functions = sorted({row["function"] for row in world.equipment})
    expected: dict[Place, float] = defaultdict(float)
    facts: dict[Place, float] = defaultdict(float)
    for operator in (None, *OPERATORS):
        name = {None: "", "": "unknown"}.get(operator, operator)
        for function in functions:
            begin = world.begin(operator, function)
            for tier, masses in enumerate(world.tiers(begin) if begin else []):
                for (where, _), mass in masses.items():
                    for by in ("maker", "seat", "territory", "component", "passage"):
                        label = world.label(by, where)
                        expected[name, function, tier, by, label[0]] += mass
                        if label[0] == "unknown":
                            facts[name, function, tier, by, *label[1:]] += mass
    key = ("operator", "function", "tier", "by")
    shown = keyed(found["shares"], "share", *key, "id")
    assert shown == pytest.approx({k: v for k, v in expected.items() if v > 1e-12})
    asked = keyed(found["unknowns"], "share", *key, "product", "fact")
    assert asked == pytest.approx({k: v for k, v in facts.items() if v > 1e-12})


@LAWS
@given(seed=st.integers(0, 10_000))
def test_each_tier_sums_to_one_and_steps_carry_it_on(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = told(tmp_path_factory.mktemp("law") / "c", random_tables(seed))
    for table, key in (
        (found["shares"], ("operator", "function", "tier", "by")),
        (found["product_shares"], ("product", "tier", "by")),
    ):
        sums: dict[Place, float] = defaultdict(float)
        for *row, share in zip(*(table[c].tolist() for c in (*key, "share")), strict=True):
            sums[tuple(row)] += share
        assert list(sums.values()) == pytest.approx([1.0] * len(sums))
        assert len(sums) == len(set(zip(*(table[c].tolist() for c in key[:-2]), strict=True))) * 50
    assert found["spend"]["share"].sum() == pytest.approx(1)
    component = found["shares"]["by"] == "component"
    component &= found["shares"]["operator"] == ""
    names = ("function", "tier", "id", "share")
    rows = zip(*(found["shares"][c][component].tolist() for c in names), strict=True)
    here = {(function, tier, name): share for function, tier, name, share in rows}
    out: dict[Place, float] = defaultdict(float)
    into: dict[Place, float] = defaultdict(float)
    for (function, tier, product, part), share in keyed(
        found["steps"], "share", "function", "tier", "product", "component"
    ).items():
        out[function, tier, product] += share
        into[function, tier + 1, part] += share
    for (function, tier, name), share in here.items():
        if name in {"unknown", "ends"}:
            assert into[function, tier, name] <= share + 1e-9
        elif tier < 9:
            assert out[function, tier, name] == pytest.approx(share, abs=2e-5)
        if name not in {"unknown", "ends"} and tier > 0:
            assert into[function, tier, name] == pytest.approx(share, abs=2e-5)


def shuffled(tables: Mapping[str, Columns], seed: int) -> dict[str, Columns]:
    """Return the same tables with their rows in another order."""
    rng = np.random.default_rng(seed)
    turned: dict[str, Columns] = {}
    for name, cells in tables.items():
        order = rng.permutation(len(next(iter(cells.values()))))
        turned[name] = {c: [column[i] for i in order] for c, column in cells.items()}
    return turned


@settings(LAWS, max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_does_not_move_a_bit(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables, folder = random_tables(seed), tmp_path_factory.mktemp("law")
    turned = shuffled(tables, seed)
    plain, other = told(folder / "a", tables), told(folder / "b", turned)
    for name, table in plain.items():
        for column, values in table.items():
            assert values.tolist() == other[name][column].tolist(), (name, column)


def test_sums_of_many_rows_do_not_hang_on_their_order(tmp_path: Path) -> None:
    """Two plants sell odd flows to thirty firms; an operator runs odd numbers of two products."""
    rng = np.random.default_rng(0)
    firms = [f"f{i}" for i in range(30)]
    sites = [f"s{i}" for i in range(60)]
    tables: dict[str, Columns] = {
        "countries": {"country": COUNTRIES},
        "firms": {"firm": [*firms, "telco"]},
        "products": {"product": ["ra", "rb"], "unit_cost_usd": [0.1, 0.7]},
        "plants": {"plant": ["wa", "wb"], "product": ["ra", "ra"], "country": COUNTRIES[:2]},
        "supplies": {
            "supplier": ["wa", "wb"] * 30, "customer": np.repeat(firms, 2).tolist(),
            "quantity_per_day": rng.random(60).tolist(),
        },
        "sites": {"site": sites, "operator": ["telco"] * 60},
        "equipment": {
            "site": sites, "function": ["RU"] * 60, "product": ["ra", "rb"] * 30,
            "quantity": rng.random(60).tolist(),
        },
    }  # fmt: skip
    plain = told(tmp_path / "plain", tables)
    assert len(plain["shares"]["share"]) > 100
    for seed in range(3):
        other = told(tmp_path / str(seed), shuffled(tables, seed))
        for name, table in plain.items():
            for column, values in table.items():
                assert values.tolist() == other[name][column].tolist(), (name, column)


def with_detail(tables: Tables, seed: int) -> Tables:
    """Return the tables with one thing known that was not."""
    rng = np.random.default_rng(seed)
    out = {name: {c: list(cells) for c, cells in table.items()} for name, table in tables.items()}
    products, plants, components = out["products"], out["plants"], out["components"]
    made, consists = set(plants["product"]), set(components["product"])
    edits: list[tuple[str, int, Any]] = []
    for i, product in enumerate(products["product"]):
        own_plants = [j for j, p in enumerate(plants["product"]) if p == product]
        if products["unit_cost_usd"][i] == "":
            edits.append(("unit_cost_usd", i, int(rng.integers(1, 5))))
        if products["firm"][i] == "" and not any(plants["firm"][j] for j in own_plants):
            edits.append(("firm", i, str(rng.choice(FIRMS))))
        if product not in made:
            edits.append(("plants", i, rng.integers(1, 3)))
        leaf = products["kind"][i] in LEAVES or products["bill"][i] == "complete"
        if product not in consists and not leaf:
            edits.append(("components", i, [p for p in products["product"] if p not in consists]))
            edits.append(("bill", i, "complete"))
    for column in ("firm", "country"):
        edits += [
            (f"plant {column}", j, str(rng.choice(FIRMS if column == "firm" else COUNTRIES)))
            for j, cell in enumerate(plants[column])
            if cell == ""
        ]
    if not edits:
        return tables
    what, at, value = edits[int(rng.integers(0, len(edits)))]
    product = products["product"][at % len(products["product"])]
    if what == "plants":
        for i in range(int(value)):
            row = (f"new{i}", product, "f0", str(rng.choice(COUNTRIES)), "200", 0)
            for cells, cell in zip(plants.values(), row, strict=True):
                cells.append(cell)
    elif what == "components":
        for component in [p for p in value if p != product][:2]:
            for cells, cell in zip(
                components.values(), (product, component, 1, "", 1), strict=True
            ):
                cells.append(cell)
    elif what.startswith("plant "):
        plants[what.split()[1]][at] = value
    else:
        products[what][at] = value
    return out


@settings(LAWS, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_one_thing_more_known_never_widens_a_range(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """New makers, plants, bills, costs and territories: each range lies within the one before."""
    tables, folder = random_tables(seed), tmp_path_factory.mktemp("law")
    key = ("operator", "function", "tier", "by")
    before = told(folder / "a", tables)["concentration"]
    after = told(folder / "b", with_detail(tables, seed))["concentration"]
    low, high = (keyed(before, column, *key) for column in ("hhi_low", "hhi_high"))
    for row, value in keyed(after, "hhi_low", *key).items():
        assert value >= low[row] - 1e-9
    for row, value in keyed(after, "hhi_high", *key).items():
        assert value <= high[row] + 1e-9
