"""What must fail together for a service to stop, in the names of a case."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of, random_tables, shuffled

from indranet.engines.gates import order, up
from indranet.model.network import Network
from indranet.studies.compile import HORIZONS, Horizon, compile_network
from indranet.studies.cut_sets import ServiceCuts, service_cut_sets
from indranet.studies.groundwork import groundwork

GRID: dict[str, Columns] = {
    "facilities": {"facility": ["east", "west", "pump"]},
    "services": {"service": ["power", "water"], "people": [10, 4]},
    "needs": {
        "user": ["power", "power", "water", "water"],
        "need": ["grid", "grid", "pump", "power"],
        "input": ["east", "west", "pump", "power"],
        "at_least": [1, 1, "", ""],
    },
    "failures": {"thing": ["west", "east", "pump"], "unavailability": [0.1, 0.1, 0.1]},
}
TWO_MAKERS: dict[str, Columns] = {
    "firms": {"firm": ["left", "right"]},
    "products": {"product": ["chip"], "kind": ["part"]},
    "plants": {"plant": ["one", "other"], "product": ["chip"] * 2, "firm": ["left", "right"]},
    "services": {"service": ["chips"], "people": [5]},
    "needs": {"user": ["chips"], "need": ["delivery"], "input": ["chip"], "autonomy_hours": [9]},
}


def cuts_of(network: Network, service: str, horizon: Horizon = "now", **how: Any) -> ServiceCuts:
    ground = groundwork(network, apart=True)
    compiled = compile_network(ground, horizon=horizon)
    code = network.find(f"service:{service}")
    return service_cut_sets(ground, compiled, order(compiled.gates), code, horizon, **how)


def named(found: ServiceCuts) -> list[tuple[str, ...]]:
    """The sets as kind:id, as they stand."""
    table = found.table
    sets: dict[int, list[str]] = {}
    for number, kind, name in zip(table["set"], table["kind"], table["id"], strict=True):
        sets.setdefault(int(number), []).append(f"{kind}:{name}")
    assert list(sets) == list(range(1, len(sets) + 1))
    sizes = dict(zip(table["set"].tolist(), table["size"].tolist(), strict=True))
    assert sizes == {number: len(members) for number, members in sets.items()}
    return [tuple(members) for members in sets.values()]


def test_what_fails_by_itself_is_an_event(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **GRID)
    found = cuts_of(network, "water")
    assert named(found) == [("facility:pump",), ("facility:east", "facility:west")]
    assert set(found.table["lost"]) == {"water"}
    assert set(found.table["horizon"]) == {"now"}
    assert (found.complete_to, found.down_before) == (3, False)
    assert named(cuts_of(network, "power")) == [("facility:east", "facility:west")]


def test_without_failures_only_the_kinds_asked_are_events(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **{**GRID, "failures": {"thing": []}})
    assert named(cuts_of(network, "water")) == []
    asked = cuts_of(network, "water", kinds=("service", "facility"))
    assert named(asked) == [
        ("facility:pump",), ("service:power",), ("facility:east", "facility:west"),
    ]  # fmt: skip


def test_a_plant_and_the_firm_that_runs_it_each_make_sets_of_their_own(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **TWO_MAKERS)
    assert named(cuts_of(network, "chips", "in time")) == [
        ("firm:left", "firm:right"),
        ("firm:left", "plant:other"),
        ("firm:right", "plant:one"),
        ("plant:one", "plant:other"),
    ]
    assert named(cuts_of(network, "chips", "now")) == []


def test_a_set_may_be_asked_to_be_small_and_the_search_to_be_short(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **TWO_MAKERS)
    alone = cuts_of(network, "chips", "in time", order=1)
    assert (named(alone), alone.complete_to) == ([], 1)
    short = cuts_of(network, "chips", "in time", most=5)
    assert (named(short), short.complete_to) == ([], 1)


def test_a_service_that_is_down_before_has_no_sets(tmp_path: Path) -> None:
    tables = {**TWO_MAKERS, "plants": {"plant": [], "product": [], "firm": []}}
    tables["agreements"] = {"agreement": ["pact"], "until": ["2020-01-01"], "parties": ["left"]}
    tables["facilities"] = {"facility": ["hall"], "agreement": ["pact"]}
    tables["needs"] = {"user": ["chips"], "need": ["hall"], "input": ["hall"]}
    found = cuts_of(network_of(tmp_path / "c", **tables), "chips")
    assert (named(found), found.down_before) == ([], True)


def test_failures_of_an_agreement_that_is_not_in_force_are_no_events(tmp_path: Path) -> None:
    tables = dict(GRID)
    tables["countries"] = {"country": ["AAA"]}
    tables["agreements"] = {"agreement": ["pact"], "until": ["2020-01-01"], "parties": ["AAA"]}
    tables["failures"] = {**GRID["failures"], "agreement": ["pact", "", ""]}
    assert named(cuts_of(network_of(tmp_path / "c", **tables), "water")) == [("facility:pump",)]


def test_sites_that_share_a_gate_cannot_be_lost_one_by_one(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        sites={"site": ["a", "b"], "kind": ["radio", "radio"]},
        services={"service": ["call"]},
        needs={
            "user": ["call", "call"], "need": ["mast", "mast"], "input": ["a", "b"],
            "at_least": [1, 1],
        },
    )  # fmt: skip
    assert named(cuts_of(network, "call", kinds=["site"])) == [("site:a", "site:b")]
    ground = groundwork(network)
    compiled = compile_network(ground, horizon="now")
    with pytest.raises(ValueError, match="share gates"):
        service_cut_sets(ground, compiled, order(compiled.gates), 0, "now", kinds=["site"])


def by_trying(network: Network, service: str, horizon: Horizon) -> list[tuple[str, ...]]:
    """Every set of up to three other losses that stops the service and holds no smaller one."""
    ground = groundwork(network, apart=True)
    compiled = compile_network(ground, horizon=horizon)
    itself = network.find(f"service:{service}")
    codes = {int(code) for code in network["failures"]["thing"]} - {itself}
    for kind in ("firm", "plant", "passage", "lane"):
        codes |= set(range(network.size)[network.span(kind)])
    events = sorted(codes, key=network.thing)
    every: list[Sequence[int]] = [some for size in (1, 2, 3) for some in combinations(events, size)]
    removed = np.cumsum([0, *map(len, every)]), compiled.own[np.concatenate(every)]
    watch = compiled.gate[[itself]]
    words = up(order(compiled.gates), removed, always=compiled.down, watch=watch)
    stays = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[0].astype(bool)
    cuts: list[Sequence[int]] = []
    for some, kept in zip(every, stays, strict=False):
        if not kept and not any(set(cut) <= set(some) for cut in cuts):
            cuts.append(some)
    return [tuple(":".join(network.thing(code)) for code in cut) for cut in cuts]


def failing_tables(seed: int) -> dict[str, Columns]:
    """A case at random, some of whose sites and services fail."""
    things = np.random.default_rng(seed).choice(
        [*(f"s{i}" for i in range(10)), *(f"v{i}" for i in range(4))], 5, replace=False
    )
    failures = {"thing": things.tolist(), "unavailability": [0.1] * 5}
    return {**random_tables(seed), "failures": failures}


LAWS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LAWS
@given(seed=st.integers(0, 10_000))
def test_sets_are_those_found_by_trying_all(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = network_of(tmp_path_factory.mktemp("law") / "c", **failing_tables(seed))
    for horizon in HORIZONS:
        for service in network.names["service"].tolist():
            found = cuts_of(network, service, horizon)
            if not found.down_before:
                assert named(found) == by_trying(network, service, horizon)


@LAWS
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_the_number_of_threads_do_not_matter(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables, folder = failing_tables(seed), tmp_path_factory.mktemp("law")
    plain = network_of(folder / "a", **tables)
    turned = network_of(folder / "b", **shuffled(tables, seed))
    with ThreadPoolExecutor(2) as threads:
        for service in tables["services"]["service"]:
            one = cuts_of(plain, service, "in time")
            other = cuts_of(turned, service, "in time", executor=threads)
            assert named(one) == named(other)
            assert one.tried == other.tried
