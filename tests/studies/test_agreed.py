"""What agreements do by kind: worked by hand, and nothing but what they name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_plan import goal, tables

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.attacks import Attack
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import plan
from indranet.studies.plan_agreed import in_plan
from indranet.studies.plan_problem import planned
from indranet.studies.stress import stress

Tables = dict[str, Columns]
Found = dict[str, dict[str, npt.NDArray[Any]]]


def scenario(*events: dict[str, Any], **more: Any) -> Scenario:
    return Scenario.model_validate({"name": "s", "days": 20, "event": events, **more})


def served(found: Any) -> list[float]:
    rows = found.tables["quantiles"]
    mine = rows["measure"] == "people_served"
    return [float(value) for value in rows["mean"][mine]]


def flawed(**agreements: Any) -> Tables:
    """Two operators with a site each of one flawed product; `one` is seated in a party."""
    return {
        "countries": {"country": ["AAA", "BBB", "CCC"]},
        "firms": {"firm": ["one", "two", "maker"], "country": ["AAA", "CCC", "BBB"]},
        "products": {
            "product": ["radio", "core"], "firm": ["maker"] * 2, "function": ["RU", "AMF"],
        },
        "sites": {
            "site": ["s1", "s2"], "operator": ["one", "two"], "country": ["CCC", "AAA"],
            "people": [100, 10],
        },
        "equipment": {"site": ["s1", "s2"], "function": ["RU"] * 2, "product": ["radio"] * 2},
        "vulnerabilities": {
            "vulnerability": ["flaw"], "product": ["radio"], "patch_days": [8],
            "status": ["affected"],
        },
        "agreements": {
            "agreement": ["pact"], "kind": ["threat_sharing"], "parties": ["AAA;BBB"], **agreements,
        },
    }  # fmt: skip


EXPLOIT = {"do": "exploit", "what": "flaw", "day": 2, "patch": "fixed"}


def test_patching_starts_sooner_where_the_operator_is_seated(tmp_path: Path) -> None:
    """Down from day 2 for 8 days; that of the party, whose site stands abroad, for 8 - 3."""
    with_it = stress(network_of(tmp_path / "a", **flawed(days=[3])), scenario(EXPLOIT))
    assert served(with_it) == [110.0] * 2 + [0.0] * 5 + [100.0] * 3 + [110.0] * 10
    without = stress(
        network_of(tmp_path / "b", **flawed(days=[3])), scenario(EXPLOIT, agreements=())
    )
    assert served(without) == [110.0] * 2 + [0.0] * 8 + [110.0] * 10
    early = stress(network_of(tmp_path / "c", **flawed(days=[9])), scenario(EXPLOIT))
    assert served(early) == [110.0] * 2 + [100.0] * 8 + [110.0] * 10


@pytest.mark.parametrize(
    ("covers", "helps"),
    [("", True), ("radio", True), ("core;material", False), ("equipment", True)],
)
def test_it_helps_against_flaws_in_what_it_covers(tmp_path: Path, covers: str, helps: bool) -> None:
    network = network_of(tmp_path / "a", **flawed(days=[3], covers=[covers]))
    found = served(stress(network, scenario(EXPLOIT)))
    assert found[7:10] == [100.0 if helps else 0.0] * 3


def test_of_those_that_patch_sooner_fewer_are_ever_taken() -> None:
    """e / (e + r) exp(-r d), with e = 1/2, r = 1/10 and d = 4: .8333 x .6703 = .5586."""
    n = 40_000
    keys = np.random.default_rng(5).integers(0, 2**63, n).astype(np.uint64)
    plain = Attack(
        rows=np.arange(n), managed=(), per_day=np.full(n, 0.5), patch_days=np.full(n, 10.0),
        fixed=False, sooner=np.zeros(n), first_day=np.zeros(n), untrusted=np.zeros(n, dtype=bool),
        key=keys, unsure=0,
    )  # fmt: skip
    for days, part in ((0.0, 0.5 / 0.6), (4.0, 0.5 / 0.6 * np.exp(-0.4))):
        taken = replace(plain, sooner=np.full(n, days)).spans(0.0, np.inf, 1.0, 0, 0)[2]
        # Four standard deviations of a mean of 40,000.
        assert taken.mean() == pytest.approx(part, abs=4 * (part * (1 - part) / n) ** 0.5)


def certified(**more: Any) -> Tables:
    """As the plans of `test_plan`, but makers in BBB and CCC, and 100 days to deliver."""
    made = tables()
    made["countries"] = {"country": ["AAA", "BBB", "CCC"]}
    made["firms"] = {**made["firms"], "country": ["AAA", "AAA", "BBB", "CCC"]}
    made["offers"] = {**made["offers"], "lead_days": [100] * 4}
    made["agreements"] = {
        "agreement": ["pact"], "kind": ["certification"], "parties": ["AAA;BBB"], "days": [60],
        **more,
    }  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("more", "lead"),
    [
        ({}, [40, 40, 100, 100]),
        ({"covers": ["north-ru;south-ru"]}, [40, 100, 100, 100]),
        ({"parties": ["AAA;south"]}, [100, 100, 40, 40]),
        ({"parties": ["BBB;CCC"]}, [100, 100, 100, 100]),
        ({"days": [140]}, [0, 0, 100, 100]),
        # 20 days until it holds, and 40 from then on; after 70 days there is nothing to gain.
        ({"from": ["2026-01-21"]}, [60, 60, 100, 100]),
        ({"from": ["2026-03-12"]}, [100, 100, 100, 100]),
        ({"until": ["2025-12-31"]}, [100, 100, 100, 100]),
    ],
)
def test_what_is_certified_is_there_sooner(
    tmp_path: Path, more: dict[str, Any], lead: list[int]
) -> None:
    network = network_of(tmp_path / "a", **certified(**more))
    assert in_plan(network, goal())["offers"]["lead_days"].tolist() == lead
    assert in_plan(network, goal(agreements=[]))["offers"]["lead_days"].tolist() == [100] * 4


def test_what_is_certified_is_planned_sooner(tmp_path: Path) -> None:
    """In the middle of February 46 days are over, in the middle of April 105."""
    network = network_of(tmp_path / "a", **certified())
    for agreements, first in ((None, [1, 1, 3, 3]), ([], [3, 3, 3, 3])):
        asked = goal(agreements=agreements)
        case = in_plan(network, asked)
        made = planned(groundwork(case, on=np.datetime64("2026-01-01")), asked)
        stacks = made.stacks.offers[made.stacks.offer[:, 0]]
        firms = case["products"]["firm"][case["offers"]["product"][stacks]]
        by_firm = dict(zip(firms.tolist(), made.problem.first.tolist(), strict=True))
        assert [by_firm[2], by_firm[2], by_firm[3], by_firm[3]] == first


def test_several_operators_wait_for_the_last_of_them(tmp_path: Path) -> None:
    made = certified()
    made["firms"] = {
        "firm": [*made["firms"]["firm"], "other"], "country": [*made["firms"]["country"], "CCC"],
    }  # fmt: skip
    made["sites"] = {**made["sites"], "operator": ["telco", "telco", "other"]}
    network = network_of(tmp_path / "a", **made)
    alone, both = goal(), goal(operator=None, country="AAA")
    assert in_plan(network, alone)["offers"]["lead_days"].tolist() == [40, 40, 100, 100]
    assert in_plan(network, both)["offers"]["lead_days"].tolist() == [100] * 4


def test_offers_of_an_agreement_are_there_while_it_is(tmp_path: Path) -> None:
    made = tables()
    made["offers"] = {
        **made["offers"], "agreement": ["pact"] * 2 + [""] * 2,
        "from": [None, "2026-01-10", None, None], "until": [None, "2026-12-31", None, None],
    }  # fmt: skip
    made["agreements"] = {
        "agreement": ["pact"], "kind": ["joint_development"], "parties": ["AAA"],
        "from": ["2026-02-01"], "until": ["2026-03-31"],
    }  # fmt: skip
    network = network_of(tmp_path / "a", **made)
    seen = in_plan(network, goal())["offers"]
    assert seen["from"][:2].tolist() == [np.datetime64("2026-02-01").item()] * 2
    assert seen["until"][:2].tolist() == [np.datetime64("2026-03-31").item()] * 2
    assert np.isnat(seen["from"][2:]).all()
    found = plan(network, goal(agreements=[]), seconds=3, front=False)
    assert set(found.tables["schedule"]["product"]) == {"south-ru", "south-du"}
    with_it = plan(network, goal(), seconds=3, front=False)
    assert set(with_it.tables["schedule"]["product"]) == {"north-ru", "north-du"}
    assert min(with_it.tables["schedule"]["period"]) == np.datetime64("2026-02-01")
    with pytest.raises(UsageError, match="no agreement 'pcat' in the case"):
        plan(network, goal(agreements=["pcat"]), seconds=3)


def test_tranches_are_added_from_their_day_and_without_them_there_is_no_money(
    tmp_path: Path,
) -> None:
    """Own 10 and, from February, 20; of one fund 5, then 15 in all, of another 7 from April."""
    money: Columns = {
        "operator": ["telco"] * 5, "usd": [10, 20, 5, 15, 7],
        "from": ["2025-01-01", "2026-02-01", "2026-01-01", "2026-03-01", "2026-03-15"],
        "agreement": ["", "", "fund", "fund", "later"], "refund_share": [0.5, 0.5, 0, 0, 0],
    }  # fmt: skip
    funds: Columns = {
        "agreement": ["fund", "later"], "kind": ["funding"] * 2, "parties": ["AAA", "AAA"],
        "from": ["2025-06-01", "2026-04-01"],
    }  # fmt: skip
    network = network_of(tmp_path / "a", **tables(budgets=money, agreements=funds))

    def cash(seen: Network, **more: Any) -> list[float]:
        asked = goal(**more)
        made = planned(groundwork(in_plan(seen, asked), on=np.datetime64("2026-01-01")), asked)
        assert made.problem.refund_share == pytest.approx(refund)
        return [float(usd) for usd in made.problem.cash[0]]

    refund = 0.5
    assert cash(network) == [15, 25, 35, 42]
    assert cash(network, agreements=["later"]) == [10, 20, 20, 27]
    assert cash(network, agreements=[]) == [10, 20, 20, 20]
    refund = 0.0
    only = {name: column[2:] for name, column in money.items()}
    alone = network_of(tmp_path / "b", **tables(budgets=only, agreements=funds))
    assert cash(alone) == [5, 5, 15, 22]
    assert cash(alone, agreements=[]) == [0, 0, 0, 0]


def test_crews_of_an_agreement_come_and_go(tmp_path: Path) -> None:
    """Two crews; five in February and March under an agreement, which are not asked for later."""
    crews: Columns = {
        "pool": ["all", "all", "guests"], "crews": [2, 5, 1],
        "from": [None, "2026-01-01", None], "agreement": ["", "pact", "pact"],
    }  # fmt: skip
    pact: Columns = {
        "agreement": ["pact"], "parties": ["AAA"], "from": ["2026-02-01"],
        "until": ["2026-03-31"],
    }  # fmt: skip
    network = network_of(tmp_path / "a", **tables(crews=crews, agreements=pact))
    weeks = np.array([31, 28, 31, 30]) / 7
    for agreements, count in ((None, [2, 6, 6, 2]), ([], [2, 2, 2, 2])):
        asked = goal(agreements=agreements)
        made = planned(groundwork(in_plan(network, asked), on=np.datetime64("2026-01-01")), asked)
        assert made.problem.crews[0] == pytest.approx(np.array(count) * 5 * weeks)


def hosting(**more: Columns) -> Tables:
    """`one` has two sites, of which `two` can carry a quarter, under an agreement."""
    return {
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {"firm": ["one", "two"], "country": ["AAA", "AAA"]},
        "sites": {
            "site": ["s1", "s2", "t", "abroad"], "operator": ["one", "one", "two", "one"],
            "country": ["AAA", "AAA", "AAA", "BBB"], "people": [80, 20, 60, 40],
        },
        "roaming": {
            "operator": ["one"], "host": ["two"], "share": [0.25], "agreement": ["pact"],
        },
        "agreements": {"agreement": ["pact"], "kind": ["roaming"], "parties": ["one;two"]},
        **more,
    }  # fmt: skip


OUT = [
    {"do": "outage", "what": "s1", "day": 2.25, "lasts_days": 0.5},
    {"do": "outage", "what": "s2", "day": 4, "lasts_days": 1},
    {"do": "outage", "what": "t", "day": 2.5, "lasts_days": 1},
    {"do": "outage", "what": "abroad", "day": 6, "lasts_days": 1},
]


def test_a_host_carries_as_many_as_it_can_while_it_runs(tmp_path: Path) -> None:
    """A quarter of 100 for six hours until the host stops, then all 20 for a day, abroad nobody.

    Day 2 is without 80 for half a day and 60 for half a day: 200 - 40 - 30, and 25 / 4 more.
    """
    network = network_of(tmp_path / "a", **hosting())
    with_it = served(stress(network, scenario(*OUT)))
    assert with_it[:8] == [200, 200, 136.25, 170, 200, 200, 160, 200]
    without = served(stress(network, scenario(*OUT, agreements=())))
    assert without[:8] == [200, 200, 130, 170, 180, 200, 160, 200]
    hours = stress(network, scenario(*OUT)).tables["hours"]
    # From six in the morning, three hours of it, and one when the host stands still as well.
    assert hours["people_served"][hours["hour"] == 56].tolist() == [145]
    assert hours["people_served"][hours["hour"] == 62].tolist() == [60]


def test_users_of_services_are_carried_by_those_of_the_host(tmp_path: Path) -> None:
    """Data of `one` needs its radio; calls need anybody's, and are nobody's to carry."""
    services: Columns = {
        "service": ["data-one", "data-two", "calls"], "country": ["AAA"] * 3,
        "people": [1000, 600, 500],
    }  # fmt: skip
    needs: Columns = {
        "user": ["data-one", "data-two", "calls", "calls"],
        "need": ["radio", "radio", "radio", "radio"],
        "input": ["s1", "t", "s1", "t"], "at_least": [None, None, 1, 1],
        "capacity": [1, 1, 1, 1],
    }  # fmt: skip
    network = network_of(tmp_path / "a", **hosting(services=services, needs=needs))
    out = {"do": "outage", "what": "s1", "day": 2, "lasts_days": 1}
    assert served(stress(network, scenario(out)))[1:4] == [2100, 1350, 2100]
    assert served(stress(network, scenario(out, agreements=())))[1:4] == [2100, 1100, 2100]


def test_hosts_carry_in_draws_of_failures_as_well(tmp_path: Path) -> None:
    failures: Columns = {"thing": ["s1"], "mtbf_hours": [48], "repair_hours": [24]}
    network = network_of(tmp_path / "a", **hosting(failures=failures))
    both = [
        stress(network, scenario(random_failures=True, draws=4, agreements=agreements)).tables
        for agreements in (None, ())
    ]
    rows = [found["totals"] for found in both]
    mine = rows[0]["measure"] == "people_served"
    lost = 200 - rows[1]["value"][mine]
    assert lost.max() > 40
    # 80 are without, of whom 25 are carried, all the time.
    assert 200 - rows[0]["value"][mine] == pytest.approx(lost * 55 / 80)


def everything() -> Tables:
    """One agreement of each kind, and in each table a row that one of them carries or helps."""
    made = tables()
    made["countries"] = {"country": ["AAA", "BBB"]}
    firms = ["telco", "old", "north", "south", "guest"]
    made["firms"] = {"firm": firms, "country": ["AAA", "BBB", "BBB", "AAA", "AAA"]}
    base = made["products"]
    made["products"] = {
        "product": [*base["product"], "ore", "chip", "rope"],
        "firm": [*base["firm"], "", "", ""], "function": [*base["function"], "", "", ""],
    }  # fmt: skip
    made["components"] = {"product": ["chip"], "component": ["ore"]}
    made["plants"] = {
        "plant": ["first", "other", "third", "maker"], "product": ["ore", "ore", "ore", "chip"],
        "country": ["AAA", "BBB", "BBB", "AAA"], "capacity_per_day": [None, 60, 40, None],
        "final_demand_per_day": [0, 0, 0, 100],
    }  # fmt: skip
    made["supplies"] = {
        "supplier": ["first", "other", "third"], "customer": ["maker"] * 3,
        "quantity_per_day": [100, 0, 0], "stock_days": [5] * 3, "agreement": ["", "supply", ""],
    }  # fmt: skip
    sites = made["sites"]
    made["sites"] = {
        **{name: [*column, *column[:2]] for name, column in sites.items()},
        "site": [*sites["site"], "g", "h"], "operator": ["telco"] * 3 + ["guest"] * 2,
        "cluster": ["A", "B", "C", "G", "H"], "lat": [0.0] * 5, "lon": [0.0, 1.0, 2.0, 3.0, 4.0],
    }  # fmt: skip
    equipment = made["equipment"]
    made["equipment"] = {
        "site": [*equipment["site"], "g", "h"], "function": [*equipment["function"], "RU", "RU"],
        "product": [*equipment["product"], "south-ru", "north-ru"],
    }  # fmt: skip
    made["rules"] = {
        "rule": ["any"], "from": ["2020-01-01"], "who": ["all"], "comparison": [">="],
        "metric": ["people_without_any_one_vendor"], "limit": [0.5],
    }  # fmt: skip
    made["lanes"] = {
        "lane": ["cable"], "origin": ["a"], "destination": ["c"], "mode": ["cable"], "km": [100],
    }  # fmt: skip
    made["facilities"] = {
        "facility": ["yard", "base"], "country": ["AAA", "BBB"], "repair": ["major", "major"],
        "lat": [0.0, 0.0], "lon": [20.0, 4.0],
    }  # fmt: skip
    made["stocks"] = {"holder": ["BBB"], "product": ["rope"], "quantity": [9]}
    made["roaming"] = {
        "operator": ["telco"], "host": ["guest"], "share": [0.2], "agreement": ["roaming"],
    }  # fmt: skip
    made["vulnerabilities"] = {
        "vulnerability": ["flaw"], "product": ["old-ru"], "patch_days": [6],
        "status": ["affected"],
    }  # fmt: skip
    made["offers"] = {
        **made["offers"], "unit_cost_usd": [8, 16, 5, 25], "lead_days": [60, 60, 20, 20],
        "agreement": ["joint_development"] * 2 + [""] * 2,
    }  # fmt: skip
    made["crews"] = {"pool": ["own"], "crews": [1], "crew_days_per_week": [1]}
    made["budgets"] = {
        "operator": ["telco"] * 2, "usd": [40, 60], "from": ["2026-01-01", "2026-02-01"],
        "agreement": ["", "funding"],
    }  # fmt: skip
    kinds = ["supply", "access", "threat_sharing", "roaming", "certification", "joint_development",
             "early_warning", "funding"]  # fmt: skip
    made["agreements"] = {
        "agreement": kinds, "kind": kinds, "parties": ["AAA;BBB"] * 8,
        "days": [None, None, 2, None, 40, None, 3, None],
    }  # fmt: skip
    return made


KINDS = tuple(everything()["agreements"]["kind"])
ASKED = scenario(
    {"do": "halt", "what": "first", "day": 2},
    {"do": "outage", "what": "a", "day": 3, "lasts_days": 2},
    {"do": "outage", "what": "g", "day": 6, "lasts_days": 1},
    {"do": "exploit", "what": "flaw", "day": 8},
    {
        "do": "cut", "what": "cable", "day": 1,
        "repair": {"spare": "rope", "quantity": 5, "level": "major", "work_days": 2, "by": "land"},
    },
    days=30, resourcing_days=8,
)  # fmt: skip


def without(network: Network, *kinds: str) -> Network:
    """Return the case with the agreements of some kinds over before it begins."""
    rows = network["agreements"]
    until = rows["until"].copy()
    until[np.isin(rows.text("kind"), kinds)] = np.datetime64("2020-01-01")
    return network.replace(agreements=rows.with_column("until", until))


VERBS: dict[str, Callable[[Network], Any]] = {
    "exposure": lambda case: exposure(case, authority="list", pairs=True, reasons="a").tables,
    "stress": lambda case: stress(case, ASKED).tables,
    "plan": lambda case: plan(case, goal(periods=6), seconds=1, front=False).tables,
}


def runs(network: Network, *verbs: str) -> Found:
    """Return all tables of some verbs, or all; what is told by measure, measure by measure."""
    told: Found = {}
    for verb in verbs or VERBS:
        for name, table in VERBS[verb](network).items():
            parts = {"": np.ones(len(next(iter(table.values()))), dtype=bool)} if table else {}
            if "measure" in table:
                parts = {f" {m}": table["measure"] == m for m in set(table["measure"].tolist())}
            for part, mine in parts.items():
                told[f"{verb} {name}{part}"] = {c: v[mine] for c, v in table.items()}
    return told


def changed(one: Found, other: Found) -> set[str]:
    """Return the tables that are not the same, bit by bit."""
    return {
        name
        for name in {*one, *other}
        if name not in one
        or name not in other
        or any(
            one[name][column].dtype != other[name][column].dtype
            # As text, since what is not known is not the same as itself.
            or repr(one[name][column].tolist()) != repr(other[name][column].tolist())
            for column in one[name]
        )
    }


FLOWS = ("production", "value_added", "final_consumption")
PEOPLE = ("people_served",)
SITES = ("people_served", "sites_up")
PLANNED = {"plan clusters", "plan schedule", "plan spend"}


def told(*measures: str) -> set[str]:
    return {
        f"stress {table} {m}"
        for m in measures
        for table in ("totals", "quantiles", "sensitivity", "exceedance")
    }


STEPS_IN = {"stress bounds final use", "stress plant_days", *told(*FLOWS)}
NAMED = {
    "supply": STEPS_IN,
    "early_warning": STEPS_IN,
    "access": {"stress outages"},
    "threat_sharing": {"stress hours", "stress outages", "stress place_days", *told(*SITES)},
    # Hosts count for the floor of a plan as well, and for rules.
    "roaming": {
        "stress hours",
        *told(*PEOPLE),
        "exposure rules",
        "plan rules",
        "plan clusters",
        "plan schedule",
    },
    "certification": PLANNED,
    "joint_development": {*PLANNED, "plan independence", "plan rules", "plan shares"},
    "funding": {*PLANNED, "plan independence", "plan rules", "plan shares"},
}
"""What each kind of agreement acts on in the case with everything; all else stays as it is."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Found]:
    network = network_of(tmp_path_factory.mktemp("whole") / "case", **everything())
    return network, runs(network)


@pytest.mark.parametrize("kind", KINDS)
def test_switched_off_an_agreement_changes_what_it_names_and_nothing_else(
    whole: tuple[Network, Found], kind: str
) -> None:
    network, found = whole
    assert changed(found, runs(without(network, kind))) == NAMED[kind]


GHOST: dict[str, tuple[str, dict[str, Any]]] = {
    "components": ("exposure", {"product": "old-ru", "component": "chip"}),
    "crews": ("plan", {"pool": "more", "crews": 1}),
    "equipment": ("exposure", {"site": "g", "function": "AMF", "product": "old-ru"}),
    "interoperability": (
        "plan",
        {"product": "south-ru", "other": "north-du", "interface": "7.2x", "status": "certified"},
    ),
    "needs": ("exposure", {"user": "b", "need": "power", "input": "g"}),
    "offers": ("plan", {"product": "north-du", "replaces": "RU", "unit_cost_usd": 0.1}),
    "progress": (
        "plan",
        {"cluster": "A", "state": "done", "product": "north-ru", "period": "2025-10-01"},
    ),
    "roaming": ("stress", {"operator": "guest", "host": "telco", "share": 1}),
    "rules": (
        "exposure",
        {"rule": "none", "from": "2020-01-01", "who": "all", "metric": "count", "limit": 0},
    ),
    "stocks": ("stress", {"holder": "AAA", "product": "ore", "quantity": 99}),
    "supplies": ("stress", {"supplier": "third", "customer": "telco", "quantity_per_day": 5}),
    "vulnerabilities": (
        "stress", {"vulnerability": "flaw", "product": "south-ru", "status": "affected"},
    ),
}  # fmt: skip
"""A row for some tables, which changes what a verb answers."""


def with_row(tables: Tables, table: str, row: dict[str, Any]) -> Tables:
    """Return tables with one row more, which an agreement carries that is over."""
    had = tables.get(table, {})
    rows = len(next(iter(had.values()))) if had else 0
    filled = {name: [*had.get(name, [None] * rows), row.get(name)] for name in {**had, **row}}
    return {**tables, table: filled}


def test_rows_of_an_agreement_that_is_over_are_as_if_they_were_not_there(
    whole: tuple[Network, Found], tmp_path: Path
) -> None:
    """Each row alone changes an answer of some verb; all together, carried so, none."""
    made = everything()
    agreements = {name: [*column, None] for name, column in made["agreements"].items()}
    agreements |= {"agreement": [*KINDS, "over"], "kind": [*KINDS, "supply"]}
    ghosts = {**made, "agreements": {**agreements, "until": [None] * 8 + ["2025-12-31"]}}
    for table, (_, row) in GHOST.items():
        ghosts = with_row(ghosts, table, {**row, "agreement": "over"})
    assert changed(whole[1], runs(network_of(tmp_path / "ghost", **ghosts))) == set()
    for table, (verb, row) in GHOST.items():
        there = runs(network_of(tmp_path / table, **with_row(made, table, row)), verb)
        had = {name: found for name, found in whole[1].items() if name.split()[0] == verb}
        assert changed(had, there), table
