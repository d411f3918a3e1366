"""Things taken away together at once: the same numbers as when each candidate has its turn."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.made_up import network_of, random_tables

from indranet.errors import UsageError
from indranet.model.case import read
from indranet.model.network import Network
from indranet.studies.around import links, needed_by, users_of
from indranet.studies.candidates import candidates
from indranet.studies.compile import HORIZONS
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.pairs import pairs
from indranet.studies.reach import plain_reach, reach
from indranet.studies.reason_words import Words
from indranet.studies.taking import Ready, ready, take, trusting, why

CASES = Path(__file__).resolve().parent.parent / "cases"
LOST = ("services_lost", "people_lost", "sites_lost")
MORE = ("services_more", "people_more", "sites_more")


def sums_of(case: Ready, which: list[int], horizon: str) -> tuple[float, ...]:
    totals = {str(at): sums for at, sums in take(case, which, "now", case.works).totals.items()}
    return tuple(getattr(totals[horizon], name) for name in LOST)


def assert_as_reached(network: Network) -> None:
    case = ready(network)
    found = plain_reach(case.ground, case.asked).reach
    for row, (at, horizon) in enumerate(
        (at, horizon) for horizon in HORIZONS for at in range(len(case.asked.id))
    ):
        assert found["id"][row] == case.asked.id[at]
        assert sums_of(case, [at], horizon) == tuple(found[name][row] for name in LOST)


@pytest.mark.parametrize("name", ["one_operator", "supply_chain", "two_countries"])
def test_one_thing_takes_what_its_turn_takes(name: str) -> None:
    assert_as_reached(read(CASES / name))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6))
def test_one_thing_takes_what_its_turn_takes_in_any_case(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    assert_as_reached(network_of(tmp_path_factory.mktemp("c"), **random_tables(seed)))


def test_two_together_take_what_the_pair_takes() -> None:
    network = read(CASES / "one_operator")
    kinds = ("firm", "territory", "product", "plant", "site", "service")
    found = reach(groundwork(network, apart=True), candidates(network, kinds))
    two = pairs(found.asked, found.nets, found.counts).table
    case = ready(network)
    assert len(two["a"]) > 10
    for row in range(len(two["a"])):
        which = [case.row[two[f"{end}_kind"][row], two[end][row]] for end in "ab"]
        horizon = two["horizon"][row]
        assert sums_of(case, which, horizon) == tuple(two[name][row] for name in LOST)
        more = take(case, which, "now", case.works).more[horizon]
        assert tuple(getattr(more, name) for name in LOST) == tuple(two[name][row] for name in MORE)
    assert two["services_more"].any()


def test_lists_add_up_to_the_totals() -> None:
    case = ready(read("starter"))
    assert (case.network["services"]["country"] >= 0).all()
    for at in range(len(case.asked.id)):
        found = take(case, [at], "in time", case.works)
        sums = found.totals["in time"]
        assert len(found.services) == sums.services_lost
        assert found.people.sum() == pytest.approx(sums.people_lost)
        assert np.all(found.people <= found.served)
        assert np.all((found.shares >= 0) & (found.shares <= 1))


def test_nothing_taken_takes_nothing() -> None:
    case = ready(read(CASES / "one_operator"))
    found = take(case, [], "in time", case.works)
    assert {(s.services_lost, s.people_lost, s.sites_lost) for s in found.totals.values()} == {
        (0, 0.0, 0.0)
    }
    assert not found.shares.any()


def test_what_an_authority_trusts_is_counted_as_exposure_counts_it() -> None:
    network = read("starter")
    authority = network["exclusions"].text("authority")[0]
    case = ready(network)
    table = exposure(network, by=("firm", "territory"), authority=authority).tables["reach"]
    plane = trusting(case, authority)
    rows = np.flatnonzero((table["plane"] == "trusted") & (table["horizon"] == "in time"))
    for row in rows.tolist():
        at = case.row[table["kind"][row], table["id"][row]]
        sums = take(case, [at], "now", plane).totals["in time"]
        assert tuple(getattr(sums, name) for name in LOST) == tuple(table[n][row] for n in LOST)
    with pytest.raises(UsageError, match="nobody-at-all"):
        trusting(case, "nobody-at-all")


@pytest.mark.parametrize("name", ["one_operator", "supply_chain"])
def test_a_reason_is_that_of_exposure(name: str) -> None:
    network = read(CASES / name)
    found = exposure(network, by=("firm", "territory", "plant", "product", "site")).tables[
        "reasons"
    ]
    case, told = ready(network), set()
    keys = zip(*(found[c] for c in ("kind", "id", "horizon", "lost")), strict=True)
    for kind, cause, horizon, lost in dict.fromkeys(keys):
        at = (found["kind"] == kind) & (found["id"] == cause) & (found["lost"] == lost)
        rows = np.flatnonzero(at & (found["horizon"] == horizon))
        thing = network.find(f"{found['thing_kind'][rows[0]]}:{lost}")
        steps = why(case, Words(network), [case.row[kind, cause]], horizon, thing)
        assert steps is not None
        for column in ("thing", "why", "known"):
            assert steps[column].tolist() == found[column][rows].tolist()
        told.add(horizon)
    assert len(told) > 1
    thing = network.offset("service")
    assert why(case, Words(network), [], "in time", thing) is None


def test_what_is_near(tmp_path: Path) -> None:
    """A lamp needs the mast and, by the cable from home, the hub in another land."""
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["op", "owner"], "parent": ["owner", ""]},
        sites={"site": ["mast", "hub"], "operator": ["op", "op"], "country": ["AAA", "BBB"]},
        lanes={"lane": ["cable"], "origin": ["mast"], "destination": ["hub"], "mode": ["cable"]},
        services={"service": ["lamp"], "country": ["AAA"], "people": [5]},
        needs={
            "user": ["lamp", "mast"], "need": ["mast", "backbone"], "input": ["mast", "hub"],
            "how": ["works", "reaches"],
        },
    )  # fmt: skip
    case = ready(network)
    net = links(case.ground, case.works.nets["in time"][0])

    def near(kind: str, name: str) -> list[list[str]]:
        code = np.array([network.find(f"{kind}:{name}")])
        below, above = needed_by(net, code), users_of(net, code)
        return [[network.thing(c)[1] for c in some.tolist()] for some in (below, above)]

    assert near("service", "lamp") == [["mast"], []]
    assert near("site", "mast") == [["AAA", "op", "hub"], ["lamp"]]
    assert near("site", "hub") == [["BBB", "op"], ["mast"]]
    assert near("firm", "op") == [["owner"], ["mast", "hub"]]
    assert near("firm", "owner") == [[], ["op"]]
