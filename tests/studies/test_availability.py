"""How often services are down: worked by hand, against every case of failures, and sampled."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.made_up import Columns, network_of, random_tables, shuffled

from indranet.engines.gates import order, up
from indranet.intake.faulttree import faulttree
from indranet.model.case import read
from indranet.model.network import Network
from indranet.studies.availability import Availability, availability, draws_for, interval
from indranet.studies.compile import compile_network
from indranet.studies.groundwork import groundwork

TREES = Path(__file__).parents[1] / "intake" / "faulttrees"
Answer = dict[tuple[str, str], dict[str, Any]]

POWERED: dict[str, Columns] = {  # a call takes one of two masts; each takes the grid, or 4 h of it
    "sites": {"site": ["mast-1", "mast-2"], "people": [1, 1]},
    "services": {"service": ["call"], "people": [2]},
    "needs": {
        "user": ["call", "call", "mast-1", "mast-2"],
        "need": ["radio", "radio", "power", "power"],
        "input": ["mast-1", "mast-2", "grid", "grid"],
        "at_least": [1, 1, np.nan, np.nan],
        "autonomy_hours": [0, 0, 4, 4],
    },
    "failures": {
        "thing": ["mast-1", "mast-2", "grid"],
        "unavailability": [0.1, 0.2, np.nan],
        "mtbf_hours": [np.nan, np.nan, 1000],
        "repair_hours": [np.nan, np.nan, 4],
    },
}
OUTAGE = 4 / 1004


def answers(found: Availability) -> Answer:
    table = found.tables["availability"]
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return {(row["service"], row["horizon"]): row for row in rows}


def asked(network: Network, **options: Any) -> Answer:
    return answers(availability(groundwork(network), **options))


def down(network: Network, horizon: str, **options: Any) -> dict[str, float]:
    found = asked(network, **options).items()
    return {service: row["unavailability"] for (service, at), row in found if at == horizon}


def test_autonomy_holds_now_and_has_run_out_in_time(tmp_path: Path) -> None:
    """The masts share a gate unless they fail apart: 0.1 x 0.2, and the grid in time."""
    found = availability(groundwork(network_of(tmp_path / "c", **POWERED)))
    rows = answers(found)
    both = 0.1 * 0.2
    assert rows["call", "now"]["unavailability"] == pytest.approx(both, rel=1e-11)
    late = rows["call", "in time"]
    assert late["unavailability"] == pytest.approx(1 - (1 - both) * (1 - OUTAGE), rel=1e-11)
    assert late["low"] == late["unavailability"] == late["high"]
    assert (late["method"], late["draws"], late["why"]) == ("exact", 0, "")
    assert set(found.summary["bounds"]) == {"now", "in time"}
    assert (found.summary["exact"], found.summary["sampled"]) == (2, 0)
    (worst,) = found.summary["worst"]["in time"]
    assert worst["service"] == "call"
    assert worst["hours_a_year"] == pytest.approx(late["unavailability"] * 8766)


def test_importance_by_hand(tmp_path: Path) -> None:
    found = availability(groundwork(network_of(tmp_path / "c", **POWERED)))
    table = found.tables["importance"]
    now = table["horizon"] == "now"
    assert table["thing"][now].tolist() == ["mast-1", "mast-2"]  # equal shares: by Birnbaum
    assert table["birnbaum"][now] == pytest.approx([0.2, 0.1])
    assert table["fussell_vesely"][now].tolist() == [1, 1]
    assert table["thing"][~now].tolist() == ["mast-1", "mast-2", "grid"]
    assert table["kind"][~now].tolist() == ["site", "site", "thing"]
    whole = 1 - 0.98 * (1 - OUTAGE)
    assert table["birnbaum"][~now][2] == pytest.approx(0.98)
    assert table["fussell_vesely"][~now][2] == pytest.approx((whole - 0.02) / whole)


def test_the_twenty_most_important_and_ties_by_name(tmp_path: Path) -> None:
    things = [f"part-{i:02d}" for i in range(25)]
    network = network_of(
        tmp_path / "c",
        services={"service": ["call"]},
        needs={"user": ["call"] * 25, "need": things, "input": things},
        failures={"thing": things[::-1], "unavailability": [0.01] * 24 + [0.02]},
    )
    table = availability(groundwork(network)).tables["importance"]
    assert table["thing"][table["horizon"] == "now"].tolist() == things[:20]


def test_vendors_plants_and_lanes_fail_too(tmp_path: Path) -> None:
    """Radios come from two works at 6 to 4, half is enough: the larger one and its lane count.

    Installed radios run on now; the operator that fails takes the site at once.
    """
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["telco", "maker"]},
        products={"product": ["radio"], "firm": ["maker"]},
        plants={"plant": ["large", "small"], "product": ["radio", "radio"]},
        facilities={"facility": ["port"]},
        lanes={"lane": ["way"], "origin": ["large"], "destination": ["port"], "mode": ["land"]},
        supplies={
            "supplier": ["large", "small"], "customer": ["telco", "telco"],
            "lane": ["way", ""], "quantity_per_day": [6, 4],
        },
        sites={"site": ["mast"], "operator": ["telco"]},
        equipment={"site": ["mast"], "function": ["RU"], "product": ["radio"]},
        services={"service": ["call"]},
        needs={"user": ["call"], "need": ["radio"], "input": ["mast"]},
        failures={
            "thing": ["telco", "large", "small", "way"], "unavailability": [0.01, 0.1, 0.2, 0.3],
        },
    )  # fmt: skip
    assert down(network, "now") == {"call": pytest.approx(0.01, rel=1e-11)}
    late = 1 - 0.99 * 0.9 * 0.7
    assert down(network, "in time") == {"call": pytest.approx(late, rel=1e-11)}


def test_certain_answers_say_why(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        agreements={"agreement": ["pact"], "kind": ["access"], "until": ["2020-01-01"]},
        facilities={"facility": ["port", "base"], "agreement": ["", "pact"]},
        services={"service": ["safe", "gone", "risky", "spared"]},
        needs={
            "user": ["safe", "gone", "risky", "spared"],
            "need": ["x"] * 4,
            "input": ["port", "base", "grid", "pump"],
        },
        failures={
            "thing": ["grid", "base", "pump", "port"],
            "unavailability": [0.5, 0.5, 0.0, 0.4],
            "agreement": ["", "", "", "pact"],
        },
    )
    rows = asked(network)
    for horizon in ("now", "in time"):
        said = {s: (rows[s, horizon]["unavailability"], rows[s, horizon]["why"])
                for s in ("safe", "gone", "risky", "spared")}  # fmt: skip
        nothing = "nothing that the case says can fail stops it"
        assert said == {
            "safe": (0.0, nothing),
            "gone": (1.0, "it is down before anything fails"),
            "risky": (0.5, ""),
            "spared": (0.0, nothing),
        }


def test_the_day_decides_which_agreements_bring_help(tmp_path: Path) -> None:
    """The second mast exists only under the pact; masts that fail get gates of their own."""
    tables = {
        **POWERED,
        "agreements": {"agreement": ["pact"], "kind": ["access"], "until": ["2026-06-30"]},
        "sites": {**POWERED["sites"], "agreement": ["", "pact"]},
    }
    network = network_of(tmp_path / "c", **tables)
    for day, wanted in (("2026-06-30", 0.02), ("2026-07-01", 0.1)):
        on = np.datetime64(day)
        found = answers(availability(groundwork(network, on=on), on=on))
        assert found["call", "now"]["unavailability"] == pytest.approx(wanted, rel=1e-11)


def test_failures_without_figures_are_left_out_and_listed(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **POWERED)
    rows = network["failures"]
    grid = rows["thing"] == network.find("grid")
    unknown = rows.with_column("repair_hours", np.where(grid, np.nan, rows["repair_hours"]))
    found = availability(groundwork(network.replace(failures=unknown)))
    assert found.summary["left_out"] == ["thing:grid"]
    assert found.tables["left_out"]["thing"].tolist() == ["grid"]
    assert answers(found)["call", "in time"]["unavailability"] == pytest.approx(0.02, rel=1e-11)


def test_a_case_without_failures_or_services_has_an_answer(tmp_path: Path) -> None:
    none: dict[str, Columns] = {
        "services": POWERED["services"],
        "sites": POWERED["sites"],
        "needs": {name: cells[:2] for name, cells in POWERED["needs"].items()},
    }
    assert down(network_of(tmp_path / "a", **none), "in time") == {"call": 0.0}
    sites = network_of(tmp_path / "b", sites=POWERED["sites"])
    found = availability(groundwork(sites))
    assert not len(found.tables["availability"]["service"])
    assert found.summary["worst"] == {"now": [], "in time": []}


@pytest.mark.parametrize(
    ("tree", "top", "chance"),
    [("bridge", "no-way-through", 1 - 0.97848), ("theatre", "dark", 0.00207),
     ("two_trains", "no-flow", 0.7225), ("two_of_three", "top", 0.098)],
)  # fmt: skip
def test_fault_trees_worked_by_hand(tree: str, top: str, chance: float, tmp_path: Path) -> None:
    faulttree([TREES / f"{tree}.xml"], tmp_path / "case")
    network = read(tmp_path / "case")
    assert down(network, "now")[top] == pytest.approx(chance, rel=1e-11)
    sampled = asked(network, seconds=0, seed=3)[top, "now"]
    assert sampled["method"] == "sampled"
    assert sampled["low"] <= chance <= sampled["high"]
    assert sampled["low"] < sampled["unavailability"] < sampled["high"]


def with_failures(seed: int) -> dict[str, Columns]:
    """A made-up case in which eight things of all kinds fail."""
    tables = random_tables(seed)
    things = [
        name
        for table, kind in (("sites", "site"), ("firms", "firm"), ("plants", "plant"),
                            ("products", "product"), ("services", "service"))
        for name in tables[table][kind]
    ]  # fmt: skip
    rng = np.random.default_rng(seed)
    failing = rng.choice(things, 8, replace=False).tolist()
    return {
        **tables,
        "failures": {"thing": failing, "unavailability": rng.uniform(0.01, 0.6, 8).tolist()},
    }


made_up = settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@made_up
@given(st.integers(0, 10_000))
def test_any_case_gives_what_adding_up_all_failures_gives(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    network = network_of(tmp_path_factory.mktemp("c") / "c", **with_failures(seed))
    rows, ground = network["failures"], groundwork(network, apart=True)
    cases = np.array(list(product((False, True), repeat=8)))
    start = np.append(0, np.cumsum(cases.sum(axis=1)))
    chance = np.where(cases, rows["unavailability"], 1 - rows["unavailability"]).prod(axis=1)
    found = availability(groundwork(network))
    for horizon, mine in (("now", slice(0, 4)), ("in time", slice(4, 8))):
        compiled = compile_network(ground, horizon=horizon)  # type: ignore[arg-type]
        failed = np.tile(compiled.own[rows["thing"]], len(cases))[cases.ravel()]
        watch = compiled.gate[network.span("service")]
        words = up(order(compiled.gates), (start, failed), watch=watch)
        works = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
        table = found.tables["availability"]
        assert table["unavailability"][mine] == pytest.approx(chance @ (1 - works).T, abs=1e-11)
        assert set(table["horizon"][mine]) == {horizon}


@made_up
@given(st.integers(0, 10_000), st.sampled_from([0.0, 60.0]))
def test_order_of_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, seed: int, seconds: float
) -> None:
    tables = with_failures(seed)
    folder = tmp_path_factory.mktemp("c")
    first, second = (
        availability(groundwork(network_of(folder / name, **rows)), seconds=seconds)
        for name, rows in (("a", tables), ("b", shuffled(tables, seed)))
    )
    assert answers(first) == answers(second)
    for column in ("service", "thing", "kind", "birnbaum", "fussell_vesely"):
        ones, others = (
            {
                (s, h): found.tables["importance"][column][
                    (found.tables["importance"]["service"] == s)
                    & (found.tables["importance"]["horizon"] == h)
                ].tolist()
                for s, h in answers(found)
            }
            for found in (first, second)
        )
        assert ones == others


def test_what_was_not_seen_is_bounded_and_never_none(tmp_path: Path) -> None:
    """Needs one of a and b, or one of c and d: the likelier pair fails at 1e-4 x 1e-5."""
    network = network_of(
        tmp_path / "c",
        services={"service": ["call"]},
        needs={
            "user": ["call"] * 4,
            "need": ["x", "x", "y", "y"],
            "input": ["a", "b", "c", "d"],
            "at_least": [1, 1, 1, 1],
        },
        failures={"thing": ["a", "b", "c", "d"], "unavailability": [1e-4, 1e-5, 1e-6, 1e-5]},
    )
    row = asked(network, seconds=0)["call", "now"]
    draws = 1 << 20
    assert (row["method"], row["draws"]) == ("sampled", draws)
    assert row["low"] == pytest.approx(1e-9)
    assert row["unavailability"] == row["high"] == pytest.approx(1 - 0.05 ** (1 / draws))
    assert row["why"] == (
        "its decision diagram was not there in the time allowed; "
        "not seen in 1,048,576 draws: this is a bound"
    )
    assert down(network, "now")["call"] == pytest.approx(1e-9 + 1e-11, rel=1e-6)
    assert not len(availability(groundwork(network), seconds=0).tables["importance"]["service"])


def test_what_was_never_seen_up_has_a_lower_bound(tmp_path: Path) -> None:
    sure: Columns = {"thing": ["mast-1", "mast-2", "grid"], "unavailability": [1, 1, 0]}
    network = network_of(tmp_path / "c", **{**POWERED, "failures": sure})
    row = asked(network, seconds=0)["call", "now"]
    assert (row["unavailability"], row["high"]) == (1.0, 1.0)
    assert row["low"] == pytest.approx(0.05 ** (1 / (1 << 20)))
    assert row["why"].endswith("never seen up in 1,048,576 draws: low is a bound")


def test_draws_hang_on_the_seed_and_not_on_threads(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **POWERED)
    alone = asked(network, seconds=0, seed=1)
    with ThreadPoolExecutor(3) as executor:
        assert asked(network, seconds=0, seed=1, executor=executor) == alone
    assert asked(network, seconds=0, seed=2) != alone


def test_draws_follow_the_size_of_the_net_within_limits() -> None:
    assert [draws_for(n) for n in (0, 1, 10**5, 10**6, 10**9)] == [
        1 << 20, 1 << 20, 1 << 19, 1 << 16, 1 << 14,
    ]  # fmt: skip


def test_intervals_are_those_of_clopper_and_pearson() -> None:
    low, high = interval(np.array([0, 1, 7, 99, 100]), 100)
    for place, hits in ((1, 1), (2, 7), (3, 99)):
        wanted = binomtest(hits, 100).proportion_ci(0.95, method="exact")
        assert (low[place], high[place]) == pytest.approx((wanted.low, wanted.high))
    one_sided = binomtest(0, 100, alternative="less").proportion_ci(0.95, method="exact").high
    assert (low[0], high[0]) == pytest.approx((0, one_sided))
    assert (low[4], high[4]) == pytest.approx((1 - one_sided, 1))


def test_every_service_of_the_bundled_case_has_an_answer() -> None:
    """How many are exact hangs on the machine; without autonomies none is down less often."""
    network = read("indo-pacific")
    found = availability(groundwork(network), seconds=4.0)
    table = found.tables["availability"]
    assert set(table["method"]) == {"exact", "sampled"}
    assert len(found.summary["left_out"]) == 0
    assert (table["low"] <= table["unavailability"]).all()
    assert (table["unavailability"] <= table["high"]).all()
    exact = table["method"] == "exact"
    assert (table["low"][exact] == table["high"][exact]).all()
    now, late = (table["horizon"] == h for h in ("now", "in time"))
    assert (table["high"][late] >= table["low"][now] * (1 - 1e-9)).all()
    assert (table["low"][late] > table["high"][now]).any()
