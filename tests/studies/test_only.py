"""What some countries can make alone, against hand-worked cases and brute force."""

import csv
import math
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indranet.errors import UsageError
from indranet.model.case import read, write_case
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies import restoring
from indranet.studies.bills import Bill, units_of
from indranet.studies.only import Table, only, only_sentence

CASES = Path(__file__).resolve().parent.parent / "cases"
BUNDLED = CASES.parent.parent / "src" / "indranet" / "data" / "indo-pacific"
QUARTER = 365 / 4
relaxed = settings(deadline=None, max_examples=100, derandomize=True)


def network_of(folder: Path, **tables: Mapping[str, Sequence[Any]]) -> Network:
    write_case(folder, "test", date(2026, 1, 1), "", tables)
    return read(folder)


def rows_of(table: Table, key: str = "product") -> dict[str, dict[str, Any]]:
    rows = zip(*(values.tolist() for values in table.values()), strict=True)
    return {row[list(table).index(key)]: dict(zip(table, row, strict=True)) for row in rows}


def sets_of(table: Table, product: str) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for name, number, plant in zip(table["product"], table["set"], table["plant"], strict=True):
        if name == product:
            found.setdefault(int(number), set()).add(plant)
    return {frozenset(members) for members in found.values()}


# Worked by hand


def test_partners_alone_is_as_worked_by_hand() -> None:
    network = read(CASES / "partners_alone")
    with (CASES / "partners_alone" / "expected_only.csv").open() as file:
        expected = list(csv.DictReader(file))
    answers = {
        asked: rows_of(only(network, asked.split(";")).tables["only"])
        for asked in {row["countries"] for row in expected}
    }
    assert len(expected) > 20
    for row in expected:
        got = answers[row["countries"]][row["product"]]
        assert got["can_be_made"] == (row["can_be_made"] == "1"), row
        assert got["unknown"] == (row["unknown"] == "1"), row
        assert got["units_per_quarter"] == pytest.approx(float(row["units_per_quarter"])), row
        assert got["missing"] == row["missing"], row
        assert got["binding"] == row["binding"], row
        assert got["restored_by"] == got["at_least"] == int(row["restored_by"]), row
        assert got["sets"] == int(row["sets"]), row


def test_functions_and_layers_of_partners_alone() -> None:
    found = only(read(CASES / "partners_alone"), ["AAA", "BBB"])
    functions = rows_of(found.tables["only_functions"], "function")
    assert list(functions) == ["RU", "AMF", "EMS", "router", "server"]
    assert functions["RU"]["nearest"] == "radio"
    assert functions["RU"]["missing"] == "chip: one of chip-bbb, chip-ccc"
    assert functions["EMS"] == {
        "function": "EMS", "products": 1, "makeable": 1, "listed": 1, "can_be_made": True,
        "unknown": False, "units_per_quarter": 5475.0, "nearest": "", "missing": "",
    }  # fmt: skip
    layers = found.tables["only_layers"]
    rows = {
        (layer, country): (made, alone, of, products)
        for layer, country, made, alone, _, of, products in zip(*layers.values(), strict=True)
    }
    assert list(dict.fromkeys(layers["layer"])) == [
        "access", "core", "management", "transport", "compute", "boards and chips",
        "other software",
    ]  # fmt: skip
    assert rows["access", "AAA"] == (1, 0, 1, "radio")
    assert rows["management", "AAA"] == (1, 0, 1, "manager")
    assert rows["management", ""] == (1, 1, 1, "manager")
    assert rows["boards and chips", "AAA"] == (2, 1, 8, "lead;tower")
    assert rows["boards and chips", "BBB"] == (2, 1, 8, "board;lithium")
    assert rows["boards and chips", ""] == (2, 2, 8, "lead;lithium")
    assert rows["other software", "BBB"] == (0, 0, 1, "")


def test_lacking_products_are_told_by_what_hangs_on_them() -> None:
    found = only(read(CASES / "partners_alone"), ["AAA", "BBB"])
    lacking = found.tables["only_lacking"]
    assert list(
        zip(lacking["product"], lacking["products"], lacking["functions"], strict=True)
    ) == [
        ("chip", 3, 2),
        ("ghost", 2, 1),
        ("core", 0, 1),
        ("antenna", 0, 0),
        ("mast", 0, 0),
    ]
    assert lacking["unknown"].tolist() == [False, True, False, False, True]
    assert found.summary["sentence"] == (
        "With the plants and firms of Aland and Bland alone, 2 of 5 installed products and 2 of 5 "
        "functions can be made whole for certain; Logic chip (packaged; 3 products hang on it), "
        "Mobile core and Antenna have no maker among them; of 8 parts, materials and tools none "
        "can be."
    )


def test_a_product_installed_for_a_function_serves_it(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        products={"product": ["core"], "kind": ["software"], "function": ["AMF"]},
        sites={"site": ["s"]},
        equipment={"site": ["s", "s"], "function": ["SMF", "UPF"], "product": ["core", "core"]},
    )
    functions = only(network, ["AAA"]).tables["only_functions"]
    assert functions["function"].tolist() == ["AMF", "SMF", "UPF"]
    assert functions["can_be_made"].all()
    assert np.isnan(functions["units_per_quarter"]).all()


def test_software_with_plants_takes_one_of_them(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["f"], "country": ["BBB"]},
        products={"product": ["design"], "kind": ["software"]},
        plants={"plant": ["works"], "product": ["design"], "firm": ["f"], "country": ["BBB"]},
    )
    assert rows_of(only(network, ["AAA"]).tables["only"])["design"]["missing"] == "design: works"
    assert only(network, ["BBB"]).tables["only"]["can_be_made"].all()


def test_what_hangs_on_an_agreement_is_there_while_it_is_in_force(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["f"], "country": ["AAA"]},
        agreements={"agreement": ["pact"], "from": ["2027-01-01"]},
        products={"product": ["radio", "chip", "pair", "a", "b"], "kind": ["part"] * 5},
        components={
            "product": ["radio", "pair", "pair"],
            "component": ["chip", "a", "b"],
            "choice": ["", "x", "x"],
            "at_least": [1, 2, 2],
            "agreement": ["pact", "", "pact"],
        },
        plants={
            "plant": ["r", "c", "p", "a-works", "b-works"],
            "product": ["radio", "chip", "pair", "a", "b"],
            "firm": ["f"] * 5,
            "country": ["AAA"] * 5,
            "agreement": ["", "pact", "", "", ""],
        },
    )  # fmt: skip
    found = rows_of(only(network, ["AAA"]).tables["only"])
    assert found["radio"]["can_be_made"]
    assert not found["chip"]["can_be_made"]
    assert found["chip"]["missing"] == "nobody in the case makes: chip"
    assert not found["chip"]["unknown"]
    assert found["pair"]["missing"] == "nobody in the case makes: pair"


def test_more_lacks_than_are_listed_are_counted(tmp_path: Path) -> None:
    count = restoring.LISTED + 10
    names = [f"p{i:02d}" for i in range(count)]
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        products={"product": names, "kind": ["part"] * count},
        components={"product": names[:-1], "component": names[1:]},
        plants={"plant": [f"at-{n}" for n in names], "product": names, "country": ["BBB"] * count},
    )
    found = only(network, ["AAA"])
    rows = rows_of(found.tables["only"])
    assert [rows[name]["restored_by"] for name in names] == list(range(count, 0, -1))
    assert rows["p00"]["missing"] == f"{count} plants and makers"
    assert rows["p10"]["missing"].count(";") == restoring.LISTED - 1
    assert found.summary["sets_unlisted"] == 10
    assert set(found.tables["only_sets"]["product"]) == set(names[10:])


# Usage


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "no country is given"),
        (["AAB"], "no country 'AAB' (did you mean AAA?)"),
        (["Bland"], "did you mean BBB?"),
        (["AAA", "QQQ", "ccc"], "'QQQ', 'ccc' (did you mean CCC?)"),
    ],
)
def test_wrong_countries_are_named(asked: list[str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        only(read(CASES / "partners_alone"), asked)
    assert said in str(raised.value)


def test_a_country_named_twice_counts_once() -> None:
    network = read(CASES / "partners_alone")
    once, twice = only(network, ["AAA", "BBB"]), only(network, ["AAA", "BBB", "AAA"])
    assert once.summary == twice.summary


# The sentence


def said_of(tmp_path: Path, country: str, **tables: Mapping[str, Sequence[Any]]) -> str:
    countries = {"country": ["AAA", "NLD"], "name": ["Aland", "Netherlands"]}
    return str(
        only(network_of(tmp_path / "c", countries=countries, **tables), [country]).summary[
            "sentence"
        ]
    )


def test_the_sentence_where_nothing_is_lacking(tmp_path: Path) -> None:
    assert said_of(
        tmp_path,
        "NLD",
        products={
            "product": ["m"],
            "kind": ["software"],
            "function": ["EMS"],
            "bill": ["complete"],
        },
    ) == (
        "With the plants and firms of the Netherlands alone, the one installed product and the one "
        "function can be made whole."
    )


def test_the_sentence_where_the_case_does_not_list_what_is_in_a_product(tmp_path: Path) -> None:
    assert said_of(
        tmp_path, "NLD", products={"product": ["m"], "kind": ["software"], "function": ["EMS"]}
    ) == (
        "With the plants and firms of the Netherlands alone, no installed product, and no "
        "function, can be made whole; 1 more lacks nothing only as the case does not list what is "
        "in it."
    )


def test_a_bill_is_listed_down_to_materials_tools_and_complete_bills(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        products={
            "product": ["radio", "filter", "ore", "mill", "whole", "mixed"],
            "kind": ["equipment", "part", "material", "tool", "part", "part"],
            "bill": ["partial", "unknown", "unknown", "unknown", "complete", "partial"],
        },
        components={
            "product": ["radio", "radio", "mixed", "mixed"],
            "component": ["ore", "whole", "filter", "mill"],
        },
        plants={
            "plant": [f"p{at}" for at in range(6)],
            "product": ["radio", "filter", "ore", "mill", "whole", "mixed"],
            "country": ["AAA"] * 6,
            "firm": ["f"] * 6,
        },
        firms={"firm": ["f"], "country": ["AAA"]},
    )
    table = only(network, ["AAA"]).tables["only"]
    assert table["can_be_made"].all()
    listed = dict(zip(table["product"], table["listed"].tolist(), strict=True))
    assert listed == {
        "radio": True, "filter": False, "ore": True, "mill": True, "whole": True, "mixed": False,
    }  # fmt: skip


def test_the_sentence_where_nothing_is_known(tmp_path: Path) -> None:
    assert said_of(tmp_path, "AAA", products={"product": ["x", "y"]}) == (
        "With the plants and firms of Aland alone, none of 2 products can be made whole for "
        "certain; whether they make x and y is not known."
    )


def test_the_sentence_of_a_case_without_products(tmp_path: Path) -> None:
    assert said_of(tmp_path, "AAA") == "The case has no products, so there is nothing to make."


def test_the_sentence_where_one_country_lacks_one_thing(tmp_path: Path) -> None:
    assert said_of(
        tmp_path,
        "AAA",
        firms={"firm": ["f"], "country": ["NLD"]},
        products={"product": ["x"], "function": ["RU"]},
        plants={"plant": ["w"], "product": ["x"], "firm": ["f"], "country": ["AAA"]},
    ) == (
        "With the plants and firms of Aland alone, no installed product, and no function, "
        "can be made whole; x has no maker there."
    )


def test_the_sentence_of_the_bundled_case_is_short_and_comes_from_the_summary() -> None:
    summary = only(read(BUNDLED), ["IND", "JPN", "USA", "AUS", "ISR"]).summary
    assert only_sentence(summary) == summary["sentence"]
    assert len(summary["sentence"].split()) <= 80
    assert summary["lacking"][0]["name"].partition(",")[0] in summary["sentence"]


# Units


def plain_bill(rows: Sequence[tuple[int, int, Sequence[tuple[int, float]]]], products: int) -> Bill:
    """Return a bill from (product, needed, [(component, quantity), ...]) a group."""
    rows = sorted(rows, key=lambda row: row[0])
    return Bill(
        names=np.array([f"p{i}" for i in range(products)], dtype=object),
        code=np.arange(products),
        owner=np.array([owner for owner, _, _ in rows], dtype=np.int64),
        needed=np.array([needed for _, needed, _ in rows], dtype=np.int64),
        start=np.cumsum([0, *(len(some) for _, _, some in rows)]),
        component=np.array([c for _, _, some in rows for c, _ in some], dtype=np.int64),
        quantity=np.array([q for _, _, some in rows for _, q in some], dtype=float),
        short=np.zeros(products, dtype=bool),
    )


def test_two_of_three_different_alternatives_a_unit() -> None:
    """10, 4 and 2: min((10 + 4 + 2) / 2, 4 + 2) = 6 units of two different ones each."""
    bill = plain_bill([(0, 2, [(1, 1.0), (2, 1.0), (3, 1.0)])], 4)
    units, binding = units_of(bill, np.array([np.inf, 10, 4, 2]))
    assert units.tolist() == [6, 10, 4, 2]
    assert binding.tolist() == [2, 1, 2, 3]


def test_a_circle_that_takes_more_than_it_gives_makes_nothing() -> None:
    units, binding = units_of(plain_bill([(0, 1, [(0, 2.0)])], 1), np.array([100.0]))
    assert units.tolist() == [0]
    assert binding.tolist() == [-1]


def test_a_circle_that_loses_a_little_each_time_makes_nothing() -> None:
    bill = plain_bill([(0, 1, [(1, 1.0)]), (1, 1, [(0, 1.000001)])], 2)
    assert units_of(bill, np.array([100.0, 100.0]))[0].tolist() == [0, 0]


def test_a_circle_with_an_alternative_settles_where_it_carries_itself() -> None:
    """x = x / 2 + 3: 6."""
    bill = plain_bill([(0, 1, [(0, 2.0), (1, 1.0)])], 2)
    units, binding = units_of(bill, np.array([1e6, 3.0]))
    assert units == pytest.approx([6, 3])
    assert binding.tolist() == [1, 1]


def test_a_bill_deeper_than_plain_rounds_is_solved() -> None:
    depth = 100
    bill = plain_bill([(i, 1, [(i + 1, 2.0 if i < 20 else 1.0)]) for i in range(depth - 1)], depth)
    units, binding = units_of(bill, np.append(np.full(depth - 1, np.inf), 8.0))
    assert units[0] == 8 / 2**20
    assert (binding == depth - 1).all()


def test_no_limit_is_known_where_a_plant_gives_no_output(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        firms={"firm": ["f"], "country": ["AAA"]},
        products={"product": ["chip", "board"], "kind": ["part", "part"]},
        components={"product": ["board"], "component": ["chip"]},
        plants={
            "plant": ["c", "d", "b"],
            "product": ["chip", "chip", "board"],
            "firm": ["f"] * 3,
            "country": ["AAA"] * 3,
            "capacity_per_day": [5, "", 0],
        },
    )
    found = rows_of(only(network, ["AAA"]).tables["only"])
    assert math.isnan(found["chip"]["units_per_quarter"])
    assert found["chip"]["binding"] == ""
    assert found["board"]["units_per_quarter"] == 0
    assert found["board"]["binding"] == "board"


def supply_by_bisection(rates: Sequence[float], needed: int) -> float:
    if sum(rate == math.inf for rate in rates) >= needed:
        return math.inf
    low, high = 0.0, sum(rate for rate in rates if rate < math.inf)
    for _ in range(80):
        middle = (low + high) / 2
        enough = sum(min(rate, middle) for rate in rates) >= needed * middle
        low, high = (middle, high) if enough else (low, middle)
    return low


@st.composite
def bills(draw: st.DrawFn) -> tuple[Bill, np.ndarray[Any, np.dtype[np.float64]]]:
    products = draw(st.integers(1, 5))
    rows = []
    for p in range(products):
        for _ in range(draw(st.integers(0, 2))):
            some = draw(st.lists(st.integers(0, products - 1), min_size=1, max_size=3, unique=True))
            quantity = [draw(st.sampled_from([0.5, 1.0, 2.0, 4.0])) for _ in some]
            pairs = sorted(zip(some, quantity, strict=True))
            rows.append((p, draw(st.integers(1, len(some))), pairs))
    capacity = [
        draw(st.sampled_from([0.0, 1.0, 3.0, 8.0, 50.0, math.inf])) for _ in range(products)
    ]
    return plain_bill(rows, products), np.array(capacity)


@relaxed
@given(bills())
def test_units_are_those_of_long_substitution(case: tuple[Bill, Any]) -> None:
    bill, capacity = case
    units = capacity.copy()
    for _ in range(300):
        limit = capacity.copy()
        for group, owner in enumerate(bill.owner.tolist()):
            rows = slice(bill.start[group], bill.start[group + 1])
            rates = (units[bill.component[rows]] / bill.quantity[rows]).tolist()
            limit[owner] = min(limit[owner], supply_by_bisection(rates, int(bill.needed[group])))
        settled = np.allclose(limit, units, rtol=1e-10, atol=1e-12)
        units = limit
        if settled:
            break
    assume(settled)
    assert units_of(bill, capacity)[0] == pytest.approx(units, rel=1e-6, abs=1e-9)


@relaxed
@given(bills())
def test_less_capacity_of_what_binds_makes_less(case: tuple[Bill, Any]) -> None:
    bill, capacity = case
    units, binding = units_of(bill, capacity)
    for product in np.flatnonzero(binding >= 0).tolist():
        less = capacity.copy()
        less[binding[product]] /= 2
        assert units[product] == 0 or units_of(bill, less)[0][product] < units[product]


# Brute force


PRODUCTS, FIRMS, PLANTS = 6, 4, 8


@dataclass(frozen=True)
class World:
    """A small case as plain lists; -1 is not known."""

    software: list[bool]
    maker: list[int]
    seat: list[int]
    parent: list[int]
    plants: list[tuple[int, int, int, float]]
    groups: list[tuple[int, int, list[int], float]]


@st.composite
def worlds(draw: st.DrawFn, scarce: bool = False) -> World:
    """Return any world, or one where most things are made outside and most groups are choices."""
    share = [2, 2, 2, 0] if scarce else [0, 0, 1, 1, 2, -1]
    software = [draw(st.integers(0, 3)) == 0 for _ in range(PRODUCTS)]
    maker = [draw(st.sampled_from([-1, -1, *range(FIRMS)])) for _ in range(PRODUCTS)]
    seat = [draw(st.sampled_from([0, 0, 1, 2, -1])) for _ in range(FIRMS)]
    parent = [draw(st.integers(-1, f - 1)) if draw(st.booleans()) else -1 for f in range(FIRMS)]
    plants = [
        (
            i if scarce and i < PRODUCTS else draw(st.integers(0, PRODUCTS - 1)),
            draw(st.sampled_from([*range(FIRMS), *range(FIRMS), -1])),
            draw(st.sampled_from(share)),
            draw(st.sampled_from([1.0, 3.0, 10.0, math.inf])),
        )
        for i in range(PLANTS)
    ]
    groups = []
    circles = draw(st.booleans())
    for p in range(PRODUCTS):
        others = list(range(PRODUCTS)) if circles else list(range(p))
        some = draw(st.lists(st.sampled_from(others), max_size=4, unique=True)) if others else []
        cut = draw(st.integers(0, len(some)))
        for part in (some[:cut], some[cut:]):
            if part:
                needed = draw(st.integers(1, max(1, len(part) - scarce)))
                groups.append((p, needed, part, draw(st.sampled_from([0.5, 1.0, 2.0]))))
    return World(software, maker, seat, parent, plants, groups)


@cache
def template() -> Network:
    """Return a case with all things that a world may hold, to be filled by `replace`."""
    names = [f"p{i}" for i in range(PRODUCTS)]
    with TemporaryDirectory() as folder:
        return network_of(
            Path(folder) / "c",
            countries={"country": ["AAA", "BBB", "CCC"]},
            firms={"firm": [f"f{i}" for i in range(FIRMS)]},
            products={"product": names, "kind": ["software"] * PRODUCTS},
            components={
                "product": [n for n in names for _ in names],
                "component": names * PRODUCTS,
                "choice": ["x", "y", "y", "y", "y", "y"] * PRODUCTS,
            },
            plants={"plant": [f"w{i}" for i in range(PLANTS)], "product": ["p0"] * PLANTS},
        )


def network_from(world: World) -> Network:
    base = template()
    kinds = TABLES["products"].column("kind").choices
    kind = [kinds.index("software" if s else "part") for s in world.software]
    products = base["products"].with_column("kind", np.array(kind))
    products = products.with_column("firm", np.array(world.maker))
    firms = base["firms"].with_column("country", np.array(world.seat))
    firms = firms.with_column("parent", np.array(world.parent))
    plants = base["plants"]
    for column, values in zip(
        ("product", "firm", "country"), list(zip(*world.plants, strict=True))[:3], strict=True
    ):
        plants = plants.with_column(column, np.array(values))
    output = np.array([plant[3] for plant in world.plants])
    plants = plants.with_column("capacity_per_day", np.where(np.isinf(output), np.nan, output))
    words = base["components"].words["choice"].tolist()
    rows: dict[int, tuple[int, int, float]] = {}
    for p, needed, part, quantity in world.groups:
        label = words.index("y" if any(q // PRODUCTS == p for q in rows) else "x")
        for component in part:
            rows[p * PRODUCTS + component] = label, needed, quantity
    components = base["components"].where(np.array(list(rows), dtype=np.int64))
    if rows:
        choice, needed_, quantity_ = zip(*rows.values(), strict=True)
        components = components.with_column("choice", np.array(choice))
        components = components.with_column("at_least", np.array(needed_))
        components = components.with_column("quantity", np.array(quantity_))
    return base.replace(products=products, firms=firms, plants=plants, components=components)


def takes_part(world: World, firm: int, countries: set[int], hopeful: bool) -> bool:
    while firm >= 0:
        if world.seat[firm] not in countries and not (hopeful and world.seat[firm] < 0):
            return False
        firm = world.parent[firm]
    return True


def kept(world: World, plant: int, countries: set[int], hopeful: bool = False) -> bool:
    product, firm, country, _ = world.plants[plant]
    firm = firm if firm >= 0 else world.maker[product]
    if firm < 0 and not hopeful:
        return False
    there = country in countries or (hopeful and country < 0)
    return there and takes_part(world, firm, countries, hopeful)


def able(world: World, p: int, countries: set[int], hopeful: bool, extra: frozenset[str]) -> bool:
    own = [i for i in range(PLANTS) if world.plants[i][0] == p]
    if any(f"w{i}" in extra for i in own):
        return True
    consent = takes_part(world, world.maker[p], countries, hopeful)
    consent = consent or f"firm:f{world.maker[p]}" in extra
    if not own:
        return consent and (world.software[p] or hopeful)
    return consent and any(kept(world, i, countries, hopeful) for i in own)


def made_of(
    world: World, countries: set[int], hopeful: bool = False, extra: frozenset[str] = frozenset()
) -> set[int]:
    made = {p for p in range(PRODUCTS) if able(world, p, countries, hopeful, extra)}
    while True:
        left = {
            p
            for p in made
            if all(len(made & {*part}) >= k for q, k, part, _ in world.groups if q == p)
        }
        if left == made:
            return made
        made = left


def elements_of(world: World, countries: set[int]) -> set[str]:
    """Return every outside plant of a product that lacks one, and makers where only they lack."""
    found = set()
    for p in range(PRODUCTS):
        own = [i for i in range(PLANTS) if world.plants[i][0] == p]
        placed = any(kept(world, i, countries) for i in own) or (world.software[p] and not own)
        if not placed:
            found |= {f"w{i}" for i in own}
        elif not takes_part(world, world.maker[p], countries, False):
            found.add(f"firm:f{world.maker[p]}")
    return found


def smallest_sets(world: World, countries: set[int]) -> dict[int, set[frozenset[str]]]:
    elements = sorted(elements_of(world, countries))
    restorable = made_of(world, countries, extra=frozenset(elements))
    found: dict[int, set[frozenset[str]]] = {}
    for size in range(len(elements) + 1):
        if found.keys() >= restorable:
            break
        at_this_size: dict[int, set[frozenset[str]]] = {}
        for some in combinations(elements, size):
            for p in made_of(world, countries, extra=frozenset(some)):
                at_this_size.setdefault(p, set()).add(frozenset(some))
        found = {**at_this_size, **found}
    return found


def asked(countries: set[int]) -> list[str]:
    return [["AAA", "BBB", "CCC"][i] for i in sorted(countries)]


def subsets() -> Iterator[set[int]]:
    yield from ({0}, {1}, {0, 1})


@relaxed
@given(worlds() | worlds(scarce=True), st.sampled_from(list(subsets())))
def test_everything_equals_brute_force(world: World, countries: set[int]) -> None:
    found = only(network_from(world), asked(countries))
    rows = rows_of(found.tables["only"])
    made, hopeful = made_of(world, countries), made_of(world, countries, hopeful=True)
    smallest = smallest_sets(world, countries)
    assert found.summary["sets_unproven"] == 0
    for p in range(PRODUCTS):
        row = rows[f"p{p}"]
        assert row["can_be_made"] == (p in made)
        assert row["unknown"] == (p in hopeful - made)
        if p in made:
            assert (row["restored_by"], row["sets"], row["missing"]) == (0, 0, "")
        elif p not in smallest:
            assert (row["restored_by"], row["sets"]) == (-1, 0)
            assert row["missing"].startswith("nobody in the case makes: p")
        else:
            sizes = {len(some) for some in smallest[p]}
            assert {row["restored_by"]} == {row["at_least"]} == sizes
            assert row["sets"] == len(smallest[p])
            listed = sets_of(found.tables["only_sets"], f"p{p}")
            assert listed <= smallest[p]
            assert len(listed) == min(len(smallest[p]), restoring.MOST_SETS)
            assert all(name in row["missing"] for some in smallest[p] for name in some)


@relaxed
@given(worlds(scarce=True), st.sampled_from(list(subsets())))
def test_bounds_hold_where_choices_are_left_open(world: World, countries: set[int]) -> None:
    with patch.object(restoring, "MOST_PROBLEMS", 0):
        found = only(network_from(world), asked(countries))
    rows = rows_of(found.tables["only"])
    made = made_of(world, countries)
    for p, sets in smallest_sets(world, countries).items():
        row = rows[f"p{p}"]
        assert row["at_least"] <= len(next(iter(sets))) <= row["restored_by"]
        assert row["missing"].startswith("one way: ") == (row["at_least"] < row["restored_by"])
        for some in sets_of(found.tables["only_sets"], f"p{p}"):
            assert p not in made
            assert p in made_of(world, countries, extra=some)


@relaxed
@given(worlds(), st.sampled_from(list(subsets())))
def test_what_nobody_makes_names_what_blocks(world: World, countries: set[int]) -> None:
    """Were the products named there to be made by somebody, all else could be brought in."""
    rows = rows_of(only(network_from(world), asked(countries)).tables["only"])
    for p in range(PRODUCTS):
        if rows[f"p{p}"]["restored_by"] != -1:
            continue
        named = rows[f"p{p}"]["missing"].removeprefix("nobody in the case makes: ").split(", ")
        helped = [s or f"p{i}" in named for i, s in enumerate(world.software)]
        open_makers = [-1 if f"p{i}" in named else m for i, m in enumerate(world.maker)]
        plants = [plant for plant in world.plants if f"p{plant[0]}" not in named]
        assert len(plants) == PLANTS, "a product with a plant can be brought in"
        easier = World(helped, open_makers, world.seat, world.parent, plants, world.groups)
        everything = frozenset(elements_of(easier, countries))
        assert p in made_of(easier, countries, extra=everything)


@relaxed
@given(worlds())
def test_a_country_more_never_makes_less(world: World) -> None:
    network = network_from(world)
    few = only(network, ["AAA"]).tables["only"]
    more = only(network, ["BBB", "AAA"]).tables["only"]
    assert (more["can_be_made"] >= few["can_be_made"]).all()
    units = [np.where(np.isnan(t["units_per_quarter"]), np.inf, t["units_per_quarter"])
             for t in (few, more)]  # fmt: skip
    assert (units[1] >= units[0] * (1 - 1e-9)).all()


@relaxed
@given(worlds(), st.sampled_from(list(subsets())))
def test_units_equal_brute_recursion(world: World, countries: set[int]) -> None:
    made = made_of(world, countries)
    capacity = [
        sum(
            plant[3]
            for i, plant in enumerate(world.plants)
            if plant[0] == p and kept(world, i, countries)
        )
        if any(plant[0] == p for plant in world.plants)
        else math.inf
        for p in range(PRODUCTS)
    ]
    units = [capacity[p] if p in made else 0.0 for p in range(PRODUCTS)]
    for _ in range(100):
        before = list(units)
        for p, needed, part, quantity in world.groups:
            rates = [units[c] / quantity for c in part]
            units[p] = min(units[p], supply_by_bisection(rates, needed))
        if units == before:
            break
    table = only(network_from(world), asked(countries)).tables["only"]
    want = [math.nan if u == math.inf else u * QUARTER for u in units]
    assert table["units_per_quarter"] == pytest.approx(want, rel=1e-6, abs=1e-6, nan_ok=True)


# The bundled case


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    shuffled = tmp_path / "case"
    shutil.copytree(BUNDLED, shuffled)
    for name in ("countries", "firms", "products", "components", "plants", "supplies"):
        header, *rows = (BUNDLED / f"{name}.csv").read_text().splitlines(keepends=True)
        random.Random(name).shuffle(rows)
        (shuffled / f"{name}.csv").write_text(header + "".join(rows))
    results = [only(read(at), ["IND", "JPN", "USA", "AUS", "ISR"]) for at in (BUNDLED, shuffled)]
    assert results[0].summary == results[1].summary
    for name, table in results[0].tables.items():
        for column, values in table.items():
            np.testing.assert_array_equal(values, results[1].tables[name][column])


def test_the_network_is_left_as_it_was() -> None:
    network = read(CASES / "partners_alone")
    before = {
        (name, column): rows[column].tobytes()
        for name, rows in network.tables.items()
        for column in rows
    }
    only(network, ["AAA"])
    for (name, column), bytes_before in before.items():
        assert network[name][column].tobytes() == bytes_before
