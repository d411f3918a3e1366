"""Checks across rows: each on a case that breaks it, and on the nearest one that does not."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.errors import Fault
from indranet.model.case import check
from indranet.model.cells import default_column
from indranet.model.checks import component_cycles, cross_row_faults, parent_cycles
from indranet.model.coded import Tables
from indranet.model.files import LIMITS, Source
from indranet.model.network import Array, Rows
from indranet.model.schema import KINDS, TABLES

SETTINGS = 'name = "n"\nfirst_day = 2025-01-01\n'

WORLD = {
    "countries": "country\nIND\nTWN\n",
    "firms": "firm\nF\nG\n",
    "products": "product,kind\nradio,\nchip,part\nwafer,material\nsuite,software\nhelp,service\n",
    "plants": "plant,product\np1,radio\np2,chip\np3,wafer\n",
    "components": "product,component\nradio,chip\nchip,wafer\n",
    "sites": "site\ns1\ns2\n",
    "services": "service\ncall\npay\n",
    "facilities": "facility\nport\n",
}


def faults_of(folder: Path, tables: Mapping[str, str]) -> list[Fault]:
    (folder / "case.toml").write_text(SETTINGS)
    for name, text in {**WORLD, **tables}.items():
        (folder / f"{name}.csv").write_text(text)
    return check(folder)


COMPONENTS = "product,component,importance,choice,at_least\n"
SUPPLIES = "supplier,customer,quantity_per_day\n"
PLANTS = "plant,product,capacity_per_day,final_demand_per_day\n"
NEEDS = "user,need,input,capacity,at_least,how\n"
FAILURES = "thing,mtbf_hours,repair_hours,unavailability\n"
EQUIPMENT = "site,function,product,traffic_share\n"

RULES = "rule,from,who,firm,tier,metric,limit\n"

BROKEN = {
    "a rule without the firm that it speaks of": (
        {"rules": RULES + "a,2025-01-01,firm,,0,count,0\n"},
        [("rules.csv", 2, "firm", "", "is empty, and the rule speaks of one")],
    ),
    "a rule on what is installed at a deeper tier": (
        {
            "rules": RULES
            + "a,2025-01-01,all,,1,days_of_cover,9\n"
            + "b,2025-01-01,all,,1,share,0.5\n"
            + "c,2025-01-01,all,,2,people_without_any_one_vendor,0.5\n"
            + "d,2025-01-01,all,,0,days_of_cover,9\n"
        },
        [
            ("rules.csv", 2, "tier", "1", "is above 0, and the metric is of what is installed"),
            ("rules.csv", 4, "tier", "2", "is above 0, and the metric is of what is installed"),
        ],
    ),
    "a rule on approvals that measures vendors, deeper, or waits for nobody": (
        {
            "rules": "rule,from,who,what,tier,after_months,metric,limit\n"
            + "a,2025-01-01,all,uncertified,,,vendors,1\n"
            + "b,2025-01-01,all,supported,1,,share,0.5\n"
            + "c,2025-01-01,all,,,36,count,0\n"
            + "d,2025-01-01,excluded,unlicensed,,36,count,0\n"
        },
        [
            ("rules.csv", 2, "metric", "vendors", "the rule speaks of what else is told of them"),
            ("rules.csv", 3, "tier", "1", "what is approved or supported is what is installed"),
            ("rules.csv", 4, "after_months", "36", "the rule speaks of no excluded firms"),
        ],
    ),
    "parents in a ring": (
        {"firms": "firm,parent\nF,G\nH,F\nG,H\nK,F\n"},
        [("firms.csv", 2, "parent", "G", "F > G > H > F (rows 2, 3, 4)")],
    ),
    "its own parent": (
        {"firms": "firm,parent\nF,\nG,G\n"},
        [("firms.csv", 3, "parent", "G", "G > G (rows 3)")],
    ),
    "components in a ring": (
        {"components": "product,component\nradio,chip\nchip,wafer\nwafer,radio\n"},
        [("components.csv", 2, "component", "chip", "radio > chip > wafer > radio (rows 2, 3, 4)")],
    ),
    "two rings": (
        {"components": "product,component\nradio,chip\nwafer,wafer\nchip,radio\n"},
        [
            ("components.csv", 2, "component", "chip", "radio > chip > radio (rows 2, 4)"),
            ("components.csv", 3, "component", "wafer", "wafer > wafer"),
        ],
    ),
    "alternatives disagree": (
        {"components": COMPONENTS + "radio,chip,,c,2\nradio,wafer,deferrable,c,\n"},
        [
            ("components.csv", 3, "importance", "deferrable", "differs from essential in row 2"),
            ("components.csv", 3, "at_least", "1", "differs from 2 in row 2"),
        ],
    ),
    "more than the alternatives": (
        {"components": COMPONENTS + "radio,chip,,c,3\nradio,wafer,,c,3\n"},
        [("components.csv", 2, "at_least", "3", "above the number of alternatives, 2")],
    ),
    "more than one without alternatives": (
        {"components": COMPONENTS + "radio,chip,,,2\nradio,wafer,,,\n"},
        [("components.csv", 2, "at_least", "2", "above the number of alternatives, 1")],
    ),
    "capacity below sales": (
        {
            "plants": PLANTS + "p1,radio,,\np2,chip,9.99,4\n",
            "supplies": SUPPLIES + "p2,p1,5\np2,F,1\n",
        },
        [("plants.csv", 3, "capacity_per_day", "9.99", "final demand, 10 units a day")],
    ),
    "more than the contract allows": (
        {"supplies": "supplier,customer,quantity_per_day,max_per_day\np2,F,2,2\np2,p1,5,4.5\n"},
        [("supplies.csv", 3, "max_per_day", "4.5", "below what flows, quantity_per_day 5")],
    ),
    "not a component": (
        {"supplies": SUPPLIES + "p2,p1,1\np3,p1,1\n"},
        [("supplies.csv", 3, "customer", "p1", "makes 'radio', of which 'wafer' is no component")],
    ),
    "its own supplier": (
        {"supplies": SUPPLIES + "p2,p2,1\n"},
        [("supplies.csv", 2, "customer", "p2", "is its own supplier")],
    ),
    "lane to where it starts": (
        {"lanes": "lane,origin,destination\na,IND,TWN\nb,port,facility:port\n"},
        [("lanes.csv", 3, "destination", "port", "is also the lane's origin")],
    ),
    "installed help": (
        {"equipment": EQUIPMENT + "s1,RU,radio,\ns1,OSS,suite,\ns1,RU,help,\n"},
        [("equipment.csv", 4, "product", "help", "kind service, which no site has installed")],
    ),
    "too much traffic": (
        {
            "equipment": EQUIPMENT
            + "s1,RU,radio,.2\ns2,RU,radio,.7\ns1,RU,suite,\ns2,DU,radio,.31\n"
        },
        [("equipment.csv", 3, "traffic_share", "0.7", "of site 's2' that add up to 1.01")],
    ),
    "needs disagree": (
        {
            "needs": NEEDS + "call,n,s1,,2,\ncall,n,s2,,,\ncall,n,pay,,2,\npay,n,s1,,,\n"
            "call,m,s1,,,\ncall,m,s2,,,reaches\n"
        },
        [
            ("needs.csv", 3, "at_least", "", "differs from 2 in row 2 of its group"),
            ("needs.csv", 7, "how", "reaches", "differs from works in row 6 of its group"),
        ],
    ),
    "needs more than all": (
        {"needs": NEEDS + "call,n,s1,1.5,3.6,\ncall,n,s2,2,3.6,\n"},
        [("needs.csv", 2, "at_least", "3.6", "above the capacity of its whole group, 3.5")],
    ),
    "reached from nowhere": (
        {"needs": NEEDS + "radio,n,s1,,,reaches\ncall,n,F,,,reaches\n"},
        [
            ("needs.csv", 2, "user", "radio", "is no site, plant, facility or service"),
            ("needs.csv", 3, "input", "F", "is no site, facility, plant or country"),
        ],
    ),
    "failure figures": (
        {"failures": FAILURES + "s1,9,1,.1\ns2,,,\ncall,9,,\npay,,1,\nF,,1,.1\n"},
        [
            ("failures.csv", 2, "unavailability", "0.1", "is given beside"),
            ("failures.csv", 3, "unavailability", "", "and so are mtbf_hours and repair_hours"),
            ("failures.csv", 4, "unavailability", "", "only one of mtbf_hours and repair_hours"),
            ("failures.csv", 5, "unavailability", "", "only one of mtbf_hours and repair_hours"),
            ("failures.csv", 6, "unavailability", "0.1", "is given beside"),
        ],
    ),
    "ends before it starts": (
        {"agreements": "agreement,from,until\na,2025-01-02,2025-01-01\n"},
        [("agreements.csv", 2, "until", "2025-01-01", "is before from")],
    ),
    "half a position": (
        {"sites": "site,lat,lon\ns1,1,\ns2,,2\n"},
        [
            ("sites.csv", 2, "lon", "", "is empty, but lat is not"),
            ("sites.csv", 3, "lat", "", "is empty, but lon is not"),
        ],
    ),
}


@pytest.mark.parametrize(("tables", "expected"), BROKEN.values(), ids=BROKEN)
def test_each_check_finds_its_fault(
    tables: dict[str, str], expected: list[tuple[str, int, str, str, str]], tmp_path: Path
) -> None:
    faults = faults_of(tmp_path, tables)
    found = [(fault.file, fault.row, fault.column, fault.value) for fault in faults]
    assert found == [place[:4] for place in expected]
    for fault, place in zip(faults, expected, strict=True):
        assert place[4] in fault.problem
        assert fault.remedy


SOUND = {
    "as it is": {},
    "parents in a tree": {"firms": "firm,parent\nF,G\nH,F\nG,\nK,F\n"},
    "software in a ring": {
        "products": "product,kind\na,software\nb,sector\nc,service\nradio,\n",
        "plants": "plant,product\np1,a\n",
        "components": "product,component\na,b\nb,a\nc,c\na,radio\nradio,a\n",
    },
    "alternatives agree": {"components": COMPONENTS + "radio,chip,,c,2\nradio,wafer,,c,2\n"},
    "choices of two products": {
        "components": COMPONENTS + "radio,chip,,c,\nchip,wafer,deferrable,c,\n"
    },
    "capacity just met": {
        "plants": PLANTS + "p1,radio,,\np2,chip,0.3,0.1\n",
        "supplies": SUPPLIES + "p2,p1,.1\np2,F,.1\n",
    },
    "operators take anything": {"supplies": SUPPLIES + "p1,F,1\np3,F,1\n"},
    "no product of components": {"plants": "plant,product,firm\np1,help,\n"},
    "traffic in thirds": {
        "equipment": EQUIPMENT
        + "s1,RU,radio,.3333333\ns1,DU,radio,.3333334\ns1,CU,radio,.3333334\n"
    },
    "a share of the group": {"needs": NEEDS + "call,n,s1,1,.5,\ncall,n,s2,1,.5,\n"},
    "all of the group": {"needs": NEEDS + "call,n,s1,.1,,\ncall,m,s2,.7,,\n"},
    "reached": {"needs": NEEDS + "call,n,IND,,,reaches\ncall,n,s1,,,reaches\ns1,n,p1,,,reaches\n"},
    "failure figures": {"failures": FAILURES + "s1,9,0,\ns2,,,0\n"},
    "a day": {"agreements": "agreement,from,until\na,2025-01-01,2025-01-01\nb,,2025-01-01\n"},
    "positions": {"sites": "site,lat,lon\ns1,0,0\ns2,,\n"},
}


@pytest.mark.parametrize("tables", SOUND.values(), ids=SOUND)
def test_no_check_finds_what_is_sound(tables: dict[str, str], tmp_path: Path) -> None:
    assert faults_of(tmp_path, tables) == []


def test_components_may_be_missing_as_a_whole(tmp_path: Path) -> None:
    """Of a product without a bill the case says nothing, and its plants may buy anything."""
    tables = {"supplies": SUPPLIES + "p3,F,1\np2,p1,1\np3,p2,1\n"}
    faults_of(tmp_path, tables)
    (tmp_path / "components.csv").unlink()
    assert check(tmp_path) == []


def test_a_sector_may_buy_from_itself(tmp_path: Path) -> None:
    tables = {
        "products": "product,kind\nradio,sector\nchip,part\nwafer,material\n",
        "components": "product,component\nradio,radio\n",
        "supplies": SUPPLIES + "p1,p1,1\np2,p2,1\n",
    }
    (fault,) = faults_of(tmp_path, tables)
    assert (fault.row, fault.problem) == (3, "is its own supplier")


FAULTY = {
    "a component that is unknown": {
        "components": "product,component\nradio,chp\n",
        "supplies": SUPPLIES + "p2,p1,1\n",
    },
    "a component column that is unknown": {
        "components": "product,component,chioce,at_least\nradio,chip,a,2\nradio,wafer,a,2\n",
    },
    "components that cannot be read": {
        "components": "product,component\nradio,chip,x\n",
        "supplies": SUPPLIES + "p2,p1,1\n",
    },
    "an input that is unknown": {
        "needs": NEEDS + "call,n,s1,1,2,\ncall,n,s9,1,2,\n",
    },
    "a plant without its column": {
        "plants": "product,capacity_per_day,lat\nradio,1,\nchip,0,\n",
        "supplies": SUPPLIES + "p2,p1,1\n",
    },
    "a latitude that is none": {"sites": "site,lat,lon\ns1,north,4\n"},
    "a product of a kind that is none": {
        "products": "product,kind\nradio,radio\nchip,part\nwafer,material\n",
        "components": "product,component\nradio,chip\nchip,radio\n",
        "equipment": EQUIPMENT + "s1,RU,radio,\n",
    },
    "a parent that is unknown": {"firms": "firm,parent\nF,X\nG,F\n"},
}


@pytest.mark.parametrize("tables", FAULTY.values(), ids=FAULTY)
def test_a_fault_brings_no_others_along(tables: dict[str, str], tmp_path: Path) -> None:
    assert len(faults_of(tmp_path, tables)) == 1


def test_rows_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    tables = {"firms": 'firm,parent,name\nG,,"a\nb"\n\nF,F,\n'}
    (fault,) = faults_of(tmp_path, tables)
    assert (fault.row, fault.line) == (4, 5)
    assert "(rows 4)" in fault.problem


def tables_of(columns: Mapping[str, Mapping[str, Array]], names: Mapping[str, int]) -> Tables:
    rows, sound, sources = {}, {}, {}
    for name, schema in TABLES.items():
        given = columns.get(name, {})
        count = len(next(iter(given.values()), []))
        filled = {c.name: default_column(c, count) for c in schema.columns} | dict(given)
        rows[name] = Rows(name, filled, {"choice": np.empty(0, dtype=object)})
        sound[name] = np.ones(count, dtype=bool)
        sources[name] = Source(Path(f"{name}.parquet"), 1, LIMITS)
    identifiers = {k: np.array([f"{k}{i}" for i in range(names.get(k, 0))], object) for k in KINDS}
    return Tables(rows, identifiers, sound, frozenset(TABLES), sources)


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True)


@settings(max_examples=80, deadline=None)
@given(EDGES, st.lists(st.integers(0, 6), min_size=8, max_size=8))
def test_components_are_cyclic_where_networkx_says_so(
    edges: list[tuple[int, int]], kinds: list[int]
) -> None:
    choices = TABLES["products"].column("kind").choices
    ends = np.array(edges, dtype=np.int32).reshape(-1, 2)
    tables = tables_of(
        {
            "products": {"product": np.arange(8), "kind": np.array(kinds, dtype=np.int8)},
            "components": {"product": ends[:, 0], "component": ends[:, 1]},
        },
        {"product": 8},
    )
    physical = {
        i for i, k in enumerate(kinds) if choices[k] not in ("software", "service", "sector")
    }
    graph = nx.DiGraph([edge for edge in edges if physical.issuperset(edge)])
    knots = [
        knot
        for knot in nx.strongly_connected_components(graph)
        if len(knot) > 1 or any(graph.has_edge(node, node) for node in knot)
    ]
    faults = component_cycles(tables)
    assert len(faults) == len(knots)
    for fault in faults:
        way = fault.problem.removeprefix("closes a cycle: ").split(" (")[0].split(" > ")
        nodes = [int(name.removeprefix("product")) for name in way]
        assert nodes[0] == nodes[-1]
        assert all(graph.has_edge(a, b) for a, b in pairwise(nodes))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-1, 9), min_size=10, max_size=10))
def test_parents_are_cyclic_where_networkx_says_so(parents: list[int]) -> None:
    columns: dict[str, Array] = {"firm": np.arange(10), "parent": np.array(parents, np.int32)}
    graph = nx.DiGraph([(i, p) for i, p in enumerate(parents) if p >= 0])
    faults = parent_cycles(tables_of({"firms": columns}, {"firm": 10}))
    assert len(faults) == len(list(nx.simple_cycles(graph)))


def test_nothing_at_all_has_no_faults() -> None:
    assert cross_row_faults(tables_of({}, {})) == []
