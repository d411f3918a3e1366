"""Stress: known answers through the whole of it, from tables to totals; what must always hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.made_up import Columns, network_of, random_tables

from indranet.errors import InputError
from indranet.model.network import Network
from indranet.model.scenario import Scenario, read_scenario
from indranet.studies import stress as module
from indranet.studies.courses import Course, lost_by_day
from indranet.studies.stress import Stress, stress

Tables = dict[str, Columns]


def scenario(*events: dict[str, Any], days: int = 20, **more: Any) -> Scenario:
    return Scenario.model_validate({"name": "s", "days": days, "event": events, **more})


def series(found: Stress, measure: str = "production", draw: int = 0) -> list[float]:
    totals = found.tables["totals"]
    mine = (totals["measure"] == measure) & (totals["draw"] == draw)
    return [float(value) for value in totals["value"][mine]]


def chain(**supplies: Any) -> Tables:
    """p1 sells 100 a day to p2, p2 to p3, p3 to consumers; each a product of its own."""
    return {
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {"firm": ["f", "g"], "country": ["AAA", "BBB"], "parent": ["", "f"]},
        "products": {"product": ["a", "b", "c"]},
        "plants": {
            "plant": ["p1", "p2", "p3"], "product": ["a", "b", "c"], "firm": ["g", "f", ""],
            "country": ["AAA", "BBB", "BBB"], "place": ["here", "there", "there"],
            "lat": [0.0, 10.0, 10.0], "lon": [0.0, 10.0, 10.5],
            "final_demand_per_day": [0, 0, 100],
        },
        "supplies": {
            "supplier": ["p1", "p2"], "customer": ["p2", "p3"], "quantity_per_day": [100, 100],
            "stock_days": [5, 5], **supplies,
        },
    }  # fmt: skip


CHAIN_STOPS = [200.0] * 5 + [100.0] * 5 + [0.0] * 10


@pytest.fixture(scope="module")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "chain", **chain())


@pytest.mark.parametrize(
    "event",
    [
        {"do": "halt", "what": "p1"},
        {"do": "halt", "what": "plant:p1"},
        {"do": "halt", "what": "a"},
        {"do": "halt", "what": "g"},
        {"do": "halt", "what": "AAA"},
        {"do": "halt", "what": "territory:AAA"},
        {"do": "halt", "region": "here"},
        {"do": "halt", "within": {"lat": 0.1, "lon": 0.1, "km": 50.0}},
    ],
    ids=str,
)
def test_a_halt_of_the_first_of_a_chain(chained: Network, event: dict[str, Any]) -> None:
    """Papers' orders, five days of stock: 200 for five days, 100 for five, then nothing."""
    found = stress(chained, scenario(event, order_basis="realised"))
    assert series(found) == pytest.approx(CHAIN_STOPS, abs=1e-9)
    assert series(found, "final_consumption") == pytest.approx([100.0] * 10 + [0.0] * 10, abs=1e-9)


def test_what_runs_out_and_because_of_what(chained: Network) -> None:
    rows = stress(chained, scenario({"do": "halt", "what": "p1"}, days=30)).tables["stockouts"]
    found = [
        tuple(rows[name][row] for name in ("day", "plant", "product", "because"))
        for row in range(len(rows["day"]))
    ]
    assert found == [
        (5, "p2", "a", "halt p1, through p1"),
        (10, "p3", "b", "halt p1, through p2"),
    ]


def test_a_firm_stops_what_it_controls(chained: Network) -> None:
    """f runs p2 and controls g, which runs p1; p3 lives on its stock."""
    found = stress(chained, scenario({"do": "halt", "what": "f"}, order_basis="realised"))
    assert series(found) == pytest.approx([100.0] * 5 + [0.0] * 15, abs=1e-9)


def test_a_short_halt_leaves_no_trace(chained: Network) -> None:
    """Down on days 0 to 3: 200 for four days, then 300 for ever (papers' orders)."""
    event = {"do": "halt", "what": "p1", "day": 0.0, "lasts_days": 4.0}
    found = stress(chained, scenario(event, order_basis="realised"))
    assert series(found) == pytest.approx([200.0] * 4 + [300.0] * 16, abs=1e-9)


def test_all_recovers_where_plants_order_for_what_they_plan(chained: Network) -> None:
    event = {"do": "halt", "what": "p1", "lasts_days": 12.0}
    expected = [200.0] * 5 + [100.0] * 5 + [0.0, 0.0, 100.0, 200.0] + [300.0] * 6
    assert series(stress(chained, scenario(event))) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_half_a_day_counts_half(chained: Network, share: float) -> None:
    event = {"do": "halt", "what": "p1", "day": 2.5, "lasts_days": 1.0, "share": share}
    made = stress(chained, scenario(event, days=5), detail=True).tables["production"]
    first = made["production"][made["plant"] == "p1"]
    part = 100 * (1 - share / 2)
    assert first == pytest.approx([100, 100, part, part, 100])


@settings(max_examples=25, deadline=None)
@given(begins=st.floats(0, 30), lasts=st.floats(1e-6, 100))
@example(begins=10.37, lasts=67.0)
def test_no_day_loses_more_than_there_is(begins: float, lasts: float) -> None:
    (event,) = scenario({"do": "halt", "what": "p1", "day": begins, "lasts_days": lasts}).event
    lost = lost_by_day(event, Course(begins, begins + lasts, True), 40)
    assert (lost >= 0).all()
    assert (lost <= 1).all()
    assert lost.sum() == pytest.approx(min(lasts, 40 - begins))


def test_events_that_overlap_multiply(chained: Network) -> None:
    events = ({"do": "halt", "what": "p1", "share": 0.5}, {"do": "halt", "what": "a", "share": 0.2})
    made = stress(chained, scenario(*events, days=3), detail=True).tables["production"]
    assert made["production"][made["plant"] == "p1"] == pytest.approx([40.0] * 3)


def test_recoveries(chained: Network) -> None:
    """Linear over four days: the mean of each day; exponential: its integral."""
    halt = {"do": "halt", "what": "p1", "lasts_days": 1.0, "recovery_days": 4.0}
    for recovery, lost in (
        ("linear", [1, 0.875, 0.625, 0.375, 0.125, 0]),
        ("exponential", [1, *(-4 * np.diff(np.exp(-np.arange(6) / 4)))]),
    ):
        found = stress(chained, scenario({**halt, "recovery": recovery}, days=6), detail=True)
        made = found.tables["production"]
        # Its client orders no more than usual: five days of stock last.
        most = np.minimum(100 * (1 - np.array(lost)), 100)
        assert made["production"][made["plant"] == "p1"] == pytest.approx(most, abs=1e-9)


def test_a_surge_of_what_consumers_want(tmp_path: Path) -> None:
    tables = chain()
    tables["plants"] = {**tables["plants"], "capacity_per_day": [1000, 1000, 150]}
    network = network_of(tmp_path / "case", **tables)
    for aim in ({"what": "c"}, {"what": "BBB"}, {"what": "c", "territory": "BBB"}):
        event = {"do": "surge", "factor": 2.0, "day": 1.0, "lasts_days": 2.0, **aim}
        found = stress(network, scenario(event, days=4))
        assert series(found, "final_consumption") == pytest.approx([100, 150, 150, 100])
    event = {"do": "surge", "factor": 2.0, "what": "c", "territory": "AAA"}
    assert series(stress(network, scenario(event, days=3))) == pytest.approx([300.0] * 3)


def bought_by_an_operator(tmp_path: Path, **more: Columns) -> Network:
    """p makes 10 a day for the operator, five days of which it keeps."""
    return network_of(
        tmp_path / "case",
        countries={"country": ["AAA", "BBB"]},
        firms={"firm": ["op", "maker", "sub"], "country": ["AAA", "BBB", "AAA"],
               "parent": ["", "", "maker"]},
        products={"product": ["x"], "firm": ["maker"], "unit_cost_usd": [3.0], "function": ["RU"]},
        plants={"plant": ["p"], "product": ["x"], "country": ["BBB"], "firm": ["sub"],
                "capacity_per_day": [100]},
        supplies={"supplier": ["p"], "customer": ["op"], "quantity_per_day": [10],
                  "stock_days": [5]},
        exclusions={"authority": ["we", "we"], "firm": ["maker", "BBB"], "by": ["AAA", "BBB"],
                    "from": ["2026-01-04", ""]},
        **more,
    )  # fmt: skip


OPERATOR_EVENTS: list[dict[str, Any]] = [
    {"do": "halt", "what": "p"},
    {"do": "exclude", "what": "maker", "by": ("AAA",)},
    {"do": "exclude", "what": "sub", "by": ("op",)},
    {"do": "exclude", "what": "BBB", "by": ("op", "AAA")},
    {"do": "embargo", "from": ("BBB",)},
    {"do": "embargo", "to": ("AAA",), "products": ("x",)},
    {"do": "embargo", "from": ("territory:BBB",), "to": ("AAA",)},
    {"do": "embargo", "from": ("jurisdiction:AAA",)},
    {"do": "cut", "what": "p > op"},
]


@pytest.mark.parametrize("event", OPERATOR_EVENTS, ids=lambda e: f"{e['do']} {e.get('what')}")
def test_an_operator_gets_nothing_while_something_holds_back(
    tmp_path: Path, event: dict[str, Any]
) -> None:
    """What left on the last day before still comes; five days in store last, counted as spares."""
    network = bought_by_an_operator(tmp_path)
    found = stress(network, scenario({**event, "day": 2.0, "lasts_days": 4.0}, days=14))
    assert series(found, "final_consumption")[:7] == pytest.approx([30, 30, 30, 0, 0, 0, 0])
    # The four days that are missing are ordered over six days each, and come a day later.
    assert series(found, "final_consumption")[7] == pytest.approx(30 + 4 * 30 / 6)
    assert not len(found.tables["stockouts"]["day"])
    for_good = stress(network, scenario({**event, "day": 2.0}, days=14)).tables["stockouts"]
    assert for_good["day"].tolist() == [7]
    assert for_good["plant"].tolist() == ["op"]


@pytest.mark.parametrize(
    "event",
    [
        {"do": "embargo", "from": ("AAA",)},
        {"do": "embargo", "from": ("BBB",), "to": ("BBB",)},
        {"do": "embargo", "from": ("jurisdiction:BBB",), "to": ("BBB",)},
        {"do": "exclude", "what": "maker", "by": ("BBB",)},
        {"do": "halt", "what": "AAA"},
    ],
    ids=str,
)
def test_what_does_not_concern_it_changes_nothing(tmp_path: Path, event: dict[str, Any]) -> None:
    network = bought_by_an_operator(tmp_path)
    found = stress(network, scenario(event))
    assert series(found, "final_consumption") == pytest.approx([30.0] * 20)


def test_an_authority_holds_deliveries_back_from_its_day_on(tmp_path: Path) -> None:
    """AAA excludes the maker from day 3 on; the other row binds nobody who buys."""
    network = bought_by_an_operator(tmp_path)
    found = stress(network, scenario(authority="we", days=8))
    assert series(found, "final_consumption") == pytest.approx([30.0] * 4 + [0.0] * 4)
    with pytest.raises(InputError, match="did you mean 'we'"):
        stress(network, scenario(authority="wee"))


@pytest.mark.parametrize("holder", ["op", "AAA"])
def test_what_is_in_store_is_used_when_the_day_lacks(tmp_path: Path, holder: str) -> None:
    """35 pieces bridge three and a half more days."""
    network = bought_by_an_operator(
        tmp_path, stocks={"holder": [holder], "product": ["x"], "quantity": [35]}
    )
    found = stress(network, scenario({"do": "halt", "what": "p"}, days=14))
    assert found.tables["stockouts"]["day"].tolist() == [8]


def test_finished_pieces_in_store_are_sold_while_a_plant_stands(tmp_path: Path) -> None:
    tables = chain()
    tables["plants"] = {**tables["plants"], "stock": [0, 0, 250]}
    network = network_of(tmp_path / "case", **tables)
    found = stress(network, scenario({"do": "halt", "what": "p3"}, days=4))
    assert series(found, "final_consumption") == pytest.approx([100, 100, 50, 0])


def by_sea(
    tmp_path: Path, detour: Any, ships: Any = "", usual: Any = "", stock: float = 5
) -> Network:
    """p sells 100 a day to q over the strait, ten days under way, five in store."""
    return network_of(
        tmp_path / "case",
        countries={"country": ["AAA", "BBB", "CCC"]},
        products={"product": ["a", "b"]},
        facilities={"facility": ["port", "quay"], "country": ["AAA", "BBB"]},
        passages={"passage": ["strait"], "ships_per_day": [ships], "usual_ships_per_day": [usual]},
        lanes={"lane": ["way"], "origin": ["port"], "destination": ["quay"],
               "passages": ["strait"], "transit_days": [10], "detour_days": [detour]},
        plants={"plant": ["p", "q"], "product": ["a", "b"], "country": ["AAA", "BBB"],
                "final_demand_per_day": [0, 100]},
        supplies={"supplier": ["p"], "customer": ["q"], "lane": ["way"],
                  "quantity_per_day": [100], "stock_days": [stock]},
    )  # fmt: skip


def consumed(network: Network, *events: dict[str, Any], days: int = 40, **more: Any) -> list[float]:
    return series(stress(network, scenario(*events, days=days, **more)), "final_consumption")


def test_goods_wait_before_a_closed_strait(tmp_path: Path) -> None:
    """Half-way: what passed in five days still comes, and of five in store the last goes on day 8.

    On day 20 all that waits passes, and is there five days later.
    """
    network = by_sea(tmp_path, "")
    event = {"do": "close", "what": "strait", "day": 0.0, "lasts_days": 20.0}
    found = consumed(network, event)
    assert found == pytest.approx([100.0] * 9 + [0.0] * 16 + [100.0] * 15, abs=1e-9)
    queue = stress(network, scenario(event, days=40)).tables["queues"]
    # Days' worth: one more each day, until nobody orders more than is under way.
    assert queue["waiting"][:14] == pytest.approx(np.arange(1, 15))
    assert queue["waiting"][20] == 0


def test_a_way_round_takes_longer_and_no_more(tmp_path: Path) -> None:
    """Four days more: the store of five bridges them."""
    network = by_sea(tmp_path, 4)
    event = {"do": "close", "what": "strait", "day": 0.0, "lasts_days": 20.0}
    assert consumed(network, event) == pytest.approx([100.0] * 40)
    lanes = stress(network, scenario(event)).tables["lanes"]
    assert [lanes[name][0] for name in ("lane", "passages", "extra_days")] == ["way", "strait", 4]


@pytest.mark.parametrize(
    ("names", "held"),
    [
        ({"only": ("AAA",)}, True),
        ({"only": ("CCC",)}, False),
        ({"except": ("BBB",)}, False),
        ({"except": ("CCC",)}, True),
    ],
    ids=str,
)
def test_a_strait_closed_to_some(tmp_path: Path, names: dict[str, Any], held: bool) -> None:
    network = by_sea(tmp_path, "")
    found = consumed(network, {"do": "close", "what": "strait", **names})
    assert (found[20] == 0) == held


@pytest.mark.parametrize("end", ["port", "quay"])
def test_a_closed_port_holds_goods_up(tmp_path: Path, end: str) -> None:
    network = by_sea(tmp_path, 4)
    assert consumed(network, {"do": "close", "what": end})[30] == 0


def test_a_queue_drains_as_fast_as_a_strait_lets_through(tmp_path: Path) -> None:
    """Usually 50 ships a day, 75 at most: 500 that wait are gone after twenty days."""
    network = by_sea(tmp_path, "", ships=75, usual=50, stock=50)
    event = {"do": "close", "what": "strait", "day": 0.0, "lasts_days": 10.0}
    waiting = stress(network, scenario(event, days=40)).tables["queues"]["waiting"]
    assert waiting[:10] == pytest.approx(50 * np.arange(1, 11))
    assert waiting[9:30] == pytest.approx(np.arange(500, -25, -25), abs=1e-6)
    assert waiting[30:] == pytest.approx(np.zeros(10), abs=1e-9)


def test_half_a_strait_lets_half_through_and_the_rest_goes_round(tmp_path: Path) -> None:
    network = by_sea(tmp_path, 4)
    event = {"do": "close", "what": "strait", "share": 0.5}
    queue = stress(network, scenario(event, days=80)).tables["queues"]["waiting"]
    # More than four days' wait at half a day's worth a day goes round.
    assert queue.max() <= 2.0 + 1e-9
    assert consumed(network, event, days=80)[60:] == pytest.approx([100.0] * 20, rel=0.02)


def services(tmp_path: Path) -> Network:
    """A service on a site with a battery of 8 hours, which needs the grid; so does a plant."""
    return network_of(
        tmp_path / "case",
        countries={"country": ["AAA"]},
        firms={"firm": ["op"]},
        products={"product": ["a"]},
        plants={"plant": ["p"], "product": ["a"], "final_demand_per_day": [10]},
        sites={"site": ["grid", "mast"], "operator": ["", "op"], "country": ["AAA", "AAA"],
               "region": ["north", "south"], "kind": ["power", "radio"], "people": [0, 7],
               "stands_for": [1, 3], "lat": [1.0, 2.0], "lon": [1.0, 2.0]},
        services={"service": ["call", "pay"], "country": ["AAA", "AAA"], "people": [100, 10]},
        needs={"user": ["mast", "call", "p", "pay"], "need": ["power", "radio", "power", "call"],
               "input": ["grid", "mast", "grid", "call"], "autonomy_hours": [8, 0, 0, 24]},
    )  # fmt: skip


def test_batteries_run_out_by_the_hour(tmp_path: Path) -> None:
    """Down from 06:00 on day 1 for 48 hours: call from 14:00 on, pay a day after that."""
    network = services(tmp_path)
    event = {"do": "outage", "what": "grid", "day": 1.25, "lasts_days": 2.0}
    found = stress(network, scenario(event, days=5))
    rows = found.tables["outages"]
    hours = {
        thing: (begin, end)
        for thing, begin, end in zip(rows["thing"], rows["from_hour"], rows["to_hour"], strict=True)
    }
    assert hours == {
        "grid": (30, 78), "p": (30, 78), "mast": (38, 78), "call": (38, 78), "pay": (62, 78),
    }  # fmt: skip
    assert set(rows["because"]) == {"outage grid"}
    lost = [0, 100 * 10 / 24, 100 + 10 * 10 / 24, 110 * 6 / 24, 0]
    assert series(found, "people_served") == pytest.approx([110 - value for value in lost])
    assert series(found, "sites_up") == pytest.approx(
        [4, 4 - 18 / 24 - 3 * 10 / 24, 0, 4 - 4 * 6 / 24, 4]
    )
    assert series(found, "production") == pytest.approx([10, 2.5, 0, 7.5, 10])
    table = found.tables["services"]
    call = table["up"][table["service"] == "call"]
    assert call == pytest.approx([1, 14 / 24, 0, 18 / 24, 1])


def test_services_and_supply_part_where_that_is_asked(tmp_path: Path) -> None:
    network = services(tmp_path)
    event = {"do": "outage", "what": "grid"}
    assert series(stress(network, scenario(event, coupled=False, days=3))) == [10.0] * 3
    assert series(stress(network, scenario(event, days=3))) == [0.0] * 3


def test_a_support_is_whole_again_once_its_input_was_back(tmp_path: Path) -> None:
    """Two cuts of six hours, an hour apart, leave a battery of eight in use."""
    network = services(tmp_path)
    events = [
        {"do": "outage", "what": "grid", "day": day, "lasts_days": 0.25}
        for day in (0.0, 0.25 + 1 / 24)
    ]
    rows = stress(network, scenario(*events, days=2)).tables["outages"]
    assert set(rows["thing"]) == {"grid", "p"}


def test_each_outage_is_told_by_the_event_that_alone_does_it(tmp_path: Path) -> None:
    network = services(tmp_path)
    events = (
        {"do": "outage", "what": "grid", "day": 1.0, "lasts_days": 3.0},
        {"do": "outage", "what": "mast", "day": 0.0, "lasts_days": 1.0},
    )
    rows = stress(network, scenario(*events, days=6)).tables["outages"]
    found = dict(
        zip(zip(rows["thing"], rows["from_hour"], strict=True), rows["because"], strict=True)
    )
    assert found[("call", 0.0)] == found[("mast", 0.0)] == "outage mast"
    assert found[("call", 32.0)] == found[("grid", 24.0)] == "outage grid"


def test_a_part_of_many_is_drawn_by_lot(tmp_path: Path) -> None:
    count = 400
    network = network_of(
        tmp_path / "case",
        sites={"site": [f"s{i}" for i in range(count)], "region": ["north"] * count},
    )
    event = {"do": "outage", "region": "north", "share": 0.3}
    asked = scenario(event, days=1, draws=30)
    found = stress(network, asked)
    up = np.array([series(found, "sites_up", draw)[0] for draw in range(30)])
    assert abs(up.mean() - 0.7 * count) < 4 * np.sqrt(0.21 * count / 30)
    assert len(set(up.tolist())) > 5
    assert up.tolist() == [series(stress(network, asked), "sites_up", d)[0] for d in range(30)]
    other = stress(network, scenario(event, days=1, draws=30, seed=1))
    assert up.tolist() != [series(other, "sites_up", draw)[0] for draw in range(30)]


def test_how_long_events_last_follows_their_laws(chained: Network) -> None:
    laws: list[tuple[dict[str, Any], float, float]] = [
        ({"law": "fixed", "days": 4.0}, 4, 0),
        ({"law": "uniform", "low": 2.0, "high": 6.0}, 4, 16 / 12),
        ({"law": "triangular", "low": 0.0, "mode": 3.0, "high": 9.0}, 4, (81 + 9 - 27) / 18),
        ({"law": "exponential", "mean": 4.0}, 4, 16),
        ({"law": "lognormal", "median": 4.0, "sigma": 0.5}, 4 * np.exp(0.125),
         16 * np.exp(0.25) * (np.exp(0.25) - 1)),
    ]  # fmt: skip
    draws = 400
    for law, mean, variance in laws:
        event = {"do": "halt", "what": "p1", "lasts_days": law}
        found = stress(chained, scenario(event, days=60, draws=draws, coupled=False), detail=True)
        made = found.tables["production"]
        lost = 100 - made["production"][made["plant"] == "p1"].reshape(draws, 60)
        days = lost.sum(axis=1) / 100
        assert days.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / draws) + 1e-9)


def test_an_event_of_some_chance_happens_that_often(chained: Network) -> None:
    event = {"do": "halt", "what": "p1", "chance": 0.3}
    found = stress(chained, scenario(event, days=1, draws=500))
    made = np.array([series(found, draw=draw)[0] for draw in range(0, 500)])
    assert set(np.round(made, 6)) == {200.0, 300.0}
    assert abs((made < 250).mean() - 0.3) < 4 * np.sqrt(0.21 / 500)
    assert found.tables["quantiles"]["q05"][0] == 200


def test_a_draw_hangs_on_nothing_but_seed_event_and_number(
    chained: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes for other batches, other numbers of draws, other events beside it."""
    law = {"law": "lognormal", "median": 6.0, "sigma": 0.8}
    event = {"do": "halt", "what": "p1", "lasts_days": law}
    whole = stress(chained, scenario(event, draws=20)).tables["totals"]
    few = stress(chained, scenario(event, draws=7)).tables["totals"]
    assert few["value"].tobytes() == whole["value"][: len(few["value"])].tobytes()
    monkeypatch.setattr(module, "BATCH", 3)
    assert stress(chained, scenario(event, draws=20)).tables["totals"]["value"].tobytes() == (
        whole["value"].tobytes()
    )
    nothing = {"do": "halt", "what": "p2", "share": 0.0}
    beside = stress(chained, scenario(nothing, event, draws=20)).tables["totals"]
    assert beside["value"].tobytes() == whole["value"].tobytes()


def test_the_same_in_another_order_of_rows(tmp_path: Path) -> None:
    event = {"do": "halt", "what": "p1", "lasts_days": 8.0}
    tables = chain()
    first = stress(network_of(tmp_path / "a", **tables), scenario(event))
    for name in ("plants", "supplies", "products"):
        tables[name] = {column: list(values)[::-1] for column, values in tables[name].items()}
    other = stress(network_of(tmp_path / "b", **tables), scenario(event))
    assert series(other) == pytest.approx(series(first), rel=1e-12)


@pytest.mark.parametrize("production", ["leontief", "ario"])
def test_plants_of_which_little_is_known(tmp_path: Path, production: str) -> None:
    """Without inputs, without sales, without anything, from itself: each stays as it is.

    `all` makes from 40 of `a` what nobody is known to buy: it is worth 40 to consumers.
    """
    network = network_of(
        tmp_path / "case",
        products={"product": ["a", "b", "s"], "kind": ["part", "part", "sector"]},
        components={"product": ["b", "s"], "component": ["a", "s"]},
        plants={
            "plant": ["source", "all", "idle", "ring"], "product": ["a", "b", "b", "s"],
            "final_demand_per_day": [0, 0, 0, 9],
        },
        supplies={
            "supplier": ["source", "ring"], "customer": ["all", "ring"],
            "quantity_per_day": [40, 3],
        },
    )  # fmt: skip
    found = stress(network, scenario(days=40, production=production))
    assert series(found) == pytest.approx([40 + 40 + 12] * 40)
    assert series(found, "value_added") == pytest.approx([40 + 9] * 40)
    assert series(found, "final_consumption") == pytest.approx([40 + 9] * 40)
    halt = {"do": "halt", "what": "source"}
    found = stress(network, scenario(halt, days=40, production=production))
    # Once the 15 days in store are used up; industries slow down before that, and never quite stop.
    assert series(found)[-1] == pytest.approx(12, abs=2 if production == "ario" else 1e-9)


def allied(tmp_path: Path) -> Network:
    """`first` sells 100 a day to `maker`; `other` may step in under an agreement, or two."""
    return network_of(
        tmp_path / "allied",
        countries={"country": ["AAA", "BBB"]},
        products={"product": ["a", "b"]},
        components={"product": ["b"], "component": ["a"]},
        plants={
            "plant": ["first", "other", "maker"], "product": ["a", "a", "b"],
            "country": ["AAA", "AAA", "BBB"], "capacity_per_day": [None, 100, None],
            "final_demand_per_day": [0, 0, 100],
        },
        supplies={
            "supplier": ["first", "other"], "customer": ["maker", "maker"],
            "quantity_per_day": [100, 0], "stock_days": [5, 5], "agreement": ["", "help"],
        },
        agreements={
            "agreement": ["help", "warning"], "kind": ["supply", "early_warning"],
            "parties": ["AAA;BBB", "AAA;BBB"], "days": [None, 3],
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("agreements", "starts"),
    [((), None), (("warning",), None), (("help",), 9), (("help", "warning"), 6)],
    ids=["none", "warning", "help", "both"],
)
def test_agreements_decide_who_steps_in_and_when(
    tmp_path: Path, agreements: tuple[str, ...], starts: int | None
) -> None:
    """Five days of stock; the other supplier starts after eight days short, warned after five."""
    halt = {"do": "halt", "what": "first"}
    asked = scenario(halt, days=20, agreements=agreements, resourcing_days=8)
    expected = [100.0] * 5 + [0.0] * 15
    if starts is not None:
        # The other makes 100 on its first day, and the maker another 100 a day from the next.
        expected = [*expected[:starts], 100.0, *[200.0] * (19 - starts)]
    assert series(stress(allied(tmp_path), asked)) == pytest.approx(expected, abs=1e-9)
    with pytest.raises(InputError, match="agreements 'hlep' is not in the case"):
        stress(allied(tmp_path / "again"), scenario(halt, agreements=("hlep",)))


def test_faults_stand_on_their_line(chained: Network, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "s"\ndays = 3\n\n[[event]]\ndo = "halt"\nwhat = "p9"\n'
        '\n[[event]]\ndo = "exclude"\nwhat = "f"\n\nby = ["CCC"]\n'
    )
    with pytest.raises(InputError) as caught:
        stress(chained, read_scenario(file))
    assert [(fault.file, fault.row, fault.value) for fault in caught.value.faults] == [
        ("mine.toml", 6, "p9"), ("mine.toml", 12, "CCC"),
    ]  # fmt: skip


def test_industries_instead_of_plants(chained: Network) -> None:
    """30 % of the first is lost: the first day it makes 70."""
    event = {"do": "halt", "what": "p1", "share": 0.3}
    found = stress(chained, scenario(event, production="ario", days=3), detail=True)
    made = found.tables["production"]
    first = made["production"][made["plant"] == "p1"]
    # With what is scarce the next day's capacity grows: 1 + 0.25 x 0.3 / 365.
    assert first[:2] == pytest.approx([70, 70 * (1 + 0.25 * 0.3 / 365)])
    surge = {"do": "surge", "what": "c", "factor": 0.5}
    found = stress(chained, scenario(surge, production="ario", days=2))
    assert series(found, "final_consumption")[0] == pytest.approx(50)
    with pytest.raises(InputError, match="does not act on industries"):
        stress(chained, scenario({"do": "cut", "what": "p1>p2"}, production="ario"))


def test_the_least_that_is_lost_and_what_is_lost(chained: Network) -> None:
    """Ten days of stock and one under way on each link, for thirty days: half is lost at least."""
    event = {"do": "halt", "what": "p1"}
    bounds = stress(chained, scenario(event, days=30)).tables["bounds"]
    # The stocks of five days and what is under way for one: twelve days in all.
    assert bounds["lost_at_least"] == pytest.approx([100 * (30 - 12)])
    assert bounds["lost"] >= bounds["lost_at_least"]
    assert bounds["days_met"] == pytest.approx([12])


def test_other_assumptions_stand_beside_the_answer(chained: Network) -> None:
    found = stress(chained, scenario({"do": "halt", "what": "p1", "lasts_days": 12.0}, days=40))
    rows = found.tables["sensitivity"]
    lost = {
        (parameter, value): lost
        for parameter, value, measure, lost in zip(
            *(rows[name] for name in ("parameter", "value", "measure", "lost")), strict=True
        )
        if measure == "final_consumption"
    }
    assert {parameter for parameter, _ in lost} == {
        "as asked", "stock_days", "adjustment_days", "order_basis", "need_share",
    }  # fmt: skip
    # Ten days in store on each link bridge twelve days; two and a half on each bridge five.
    assert lost["stock_days", "x 2"] == pytest.approx(0)
    assert lost["stock_days", "x 0.5"] > lost["as asked", ""] > 0
    # Who orders for what it made is dead once it stood still.
    assert lost["order_basis", "realised"] == pytest.approx(100 * 30)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000), basis=st.sampled_from(["planned", "realised", "initial"]))
def test_without_events_every_day_is_as_usual(
    tmp_path_factory: pytest.TempPathFactory, seed: int, basis: str
) -> None:
    network = network_of(tmp_path_factory.mktemp("case") / "c", **random_tables(seed))
    found = stress(network, scenario(days=30, order_basis=basis, resourcing_days=2))
    totals = found.tables["totals"]["value"].reshape(30, -1)
    assert totals == pytest.approx(np.tile(totals[0], (30, 1)), rel=1e-12, abs=1e-9)
    usual = [row["usual"] for row in found.summary["measures"].values()]
    down = found.tables["outages"]
    if not len(down["thing"]):
        assert totals[0] == pytest.approx(usual, rel=1e-9)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_nothing_loses_less_than_must_be_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    network = network_of(tmp_path_factory.mktemp("case") / "c", **random_tables(seed))
    plant = f"w{rng.integers(0, 8)}"
    event = {"do": "halt", "what": plant, "lasts_days": float(rng.integers(1, 60))}
    bounds = stress(network, scenario(event, days=90)).tables["bounds"]
    assert bounds["lost"][0] >= bounds["lost_at_least"][0] * (1 - 1e-9) - 1e-6


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"do": "halt", "what": "pp1"}, "did you mean 'p1'"),
    ({"do": "close", "what": "p1"}, "is a plant"),
    ({"do": "cut", "what": "p2>p1"}, "no row of supplies"),
    ({"do": "embargo", "from": ("AAB",)}, "did you mean 'AAA'"),
    ({"do": "halt", "region": "nowhere"}, "holds no plant"),
    ({"do": "exploit", "what": "v"}, "not in vulnerabilities"),
    ({"do": "surge", "what": "c", "factor": 2.0, "territory": "p1"}, "is a plant"),
    ({"do": "close", "region": "here"}, "takes one thing"),
]


@pytest.mark.parametrize(("event", "said"), FAULTY, ids=str)
def test_an_event_that_does_not_fit_the_case(
    chained: Network, event: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        stress(chained, scenario(event))


def test_all_that_is_wrong_is_told_at_once(chained: Network) -> None:
    with pytest.raises(InputError) as caught:
        stress(chained, scenario(*(event for event, _ in FAULTY)))
    assert len(caught.value.faults) == len(FAULTY)
    assert all(f"event {n}" in str(f) for n, f in enumerate(caught.value.faults, 1))
