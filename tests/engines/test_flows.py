"""Flows: answers worked by hand or published, and what must hold on any net."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indranet.engines.flows import (
    Passages,
    Rules,
    State,
    SupplyNet,
    Today,
    begin,
    simulate,
    step,
    supply_net,
    twin,
)
from indranet.engines.flows.rules import OrderBasis, Rationing
from indranet.engines.flows.state import in_numbering_of

Floats = npt.NDArray[np.float64]
Events = Callable[[int], Today | None]

REALISED = Rules(order_basis="realised")
RULES = [
    Rules(basis, rationing, days, resourcing)
    for basis, rationing, days, resourcing in zip(
        get_args(OrderBasis) * 3, np.repeat(get_args(Rationing), 3).tolist(),
        [6.0, 6.0, 3.0] * 3, [None, 0, 2] * 3, strict=True,
    )
]  # fmt: skip


def chain(**more: Any) -> SupplyNet:
    """1 -> 2 -> 3, 100 a day, three products; the last sells 100 a day."""
    return supply_net([0, 1], [1, 2], [0, 1], [100, 100], [0, 0, 100], stock_days=5, **more)


def loop() -> SupplyNet:
    return supply_net([0, 1], [1, 0], [0, 1], [100, 100], [100, 100], stock_days=15)


def halved(net: SupplyNet, plant: int, share: float, last: float = np.inf) -> Events:
    """A plant loses a share of its capacity up to a day."""
    capacity = np.ones((len(net), 1))
    capacity[plant] = 1 - share
    return lambda day: Today(capacity=capacity) if day <= last else None


def production(net: SupplyNet, rules: Rules, days: int, events: Events) -> list[float]:
    """Total production: the day before, then day by day."""
    state = begin(net, rules)
    before = float(state.made.sum())
    return [before] + [float(t.production[0]) for t in simulate(net, rules, state, days, events)]


def runs(*parts: tuple[float, int]) -> list[float]:
    return [value for value, times in parts for _ in range(times)]


def test_a_chain_stops_as_its_stocks_run_out() -> None:
    net = chain()
    found = production(net, REALISED, 14, halved(net, 0, 1))
    assert found == pytest.approx(runs((300, 1), (200, 5), (100, 5), (0, 4)), abs=1e-9)


def test_a_short_stop_is_made_good() -> None:
    net = chain()
    found = production(net, REALISED, 9, halved(net, 0, 1, last=3))
    assert found == pytest.approx(runs((300, 1), (200, 4), (300, 5)), abs=1e-9)


def test_planned_orders_bring_a_chain_back() -> None:
    net = chain()
    found = production(net, Rules(), 18, halved(net, 0, 1, last=11))
    expected = runs((300, 1), (200, 5), (100, 5), (0, 2), (100, 1), (200, 1), (300, 4))
    assert found == pytest.approx(expected, abs=1e-9)


def test_realised_orders_leave_it_dead() -> None:
    """Whoever once stood still orders nothing, though its supplier is back on day 6."""
    net = chain()
    found = production(net, REALISED, 40, halved(net, 0, 1, last=11))
    assert found[-20:] == pytest.approx([0] * 20, abs=1e-9)


LOOP = {
    "priority": [
        400, 380, 343.333333, 303.888889, 251.851852, 231.219136, *[200.0] * 7, 204.142234,
        227.712620, 283.318080, 375.757161, 380, 380,
    ],
    "proportional": [
        400, 380, 343.333333, 303.764922, 251.748546, 231.019411, *[200.0] * 7, 204.053849,
        227.476930, 282.844244, 375.068180, 380, 380,
    ],
}  # fmt: skip


@pytest.mark.parametrize("rationing", LOOP)
def test_two_plants_that_supply_each_other(rationing: Any) -> None:
    """Inoue & Todo's rules (priority) and orders in proportion; 10 % of one plant gone for good."""
    net = loop()
    rules = Rules(order_basis="realised", rationing=rationing)
    found = production(net, rules, 18, halved(net, 0, 0.1))
    assert found == pytest.approx(LOOP[rationing], abs=2e-6)


def test_two_suppliers_of_different_products() -> None:
    net = supply_net([0, 1], [2, 2], [0, 1], [60, 40], [0, 60, 100], stock_days=5)
    found = production(net, REALISED, 9, halved(net, 0, 1))
    assert found == pytest.approx(runs((260, 1), (200, 5), (100, 1), (60, 3)), abs=1e-9)


def test_of_one_product_the_other_supplier_takes_over() -> None:
    """After three days short the orders of the lost plant go to the spare link of the other."""
    net = supply_net(
        [0, 1, 1], [2, 2, 3], [0, 0, 0], [100, 0, 50], [0, 0, 100, 50],
        capacity=[200, 400, 100, 50], stock_days=10,
    )  # fmt: skip
    lost = halved(net, 0, 1)
    without = production(net, Rules(), 120, lost)
    with_it = production(net, Rules(resourcing_days=3), 120, lost)
    assert without[-1] == pytest.approx(50 + 50, abs=1e-6)
    assert with_it[-1] == pytest.approx((100 + 50) + 100 + 50, abs=1e-3)
    assert min(with_it) >= 50 + 100 + 50 - 1e-9


def two_sources(**more: Any) -> SupplyNet:
    """Plant 2 takes 100 a day of plant 0; it may turn to plant 1, which has plenty."""
    return supply_net(
        [0, 1], [2, 2], [0, 0], [100, 0], [0, 50, 100], capacity=[100, 400, 100], stock_days=4,
        **more,
    )  # fmt: skip


def test_all_that_is_left_of_a_supplier_comes_every_day() -> None:
    """Plant 1 could make just what is lost, and does from the day after two days short on."""
    net = supply_net(
        [0, 1], [2, 2], [0, 0], [100, 0], [0, 0, 100], capacity=[100, 100, 100], stock_days=4
    )
    found = production(net, Rules(resourcing_days=2), 30, halved(net, 0, 1))
    assert found[1:] == pytest.approx([100] * 3 + [200] * 27, abs=1e-9)


def barred(link: int, factor: float = 0.0) -> Events:
    """Of two links one is bound for good."""
    factors = np.ones((2, 1))
    factors[link] = factor
    return lambda _: Today(link=factors)


def test_who_may_not_order_of_the_usual_supplier_turns_to_another() -> None:
    found = production(two_sources(), Rules(resourcing_days=1), 80, barred(0))
    assert found[-1] == pytest.approx(150 + 0 + 100, abs=1e-3)
    assert min(found) >= 150


@pytest.mark.parametrize(("factor", "left"), [(0, 0), (0.05, 17.5), (1, 100), (9, 100)])
def test_a_bound_spare_link_gives_its_part_of_the_spare_capacity(
    factor: float, left: float
) -> None:
    """Plant 1 could make 350 more: 0.05 of them are 17.5."""
    both = np.array([[0.0], [factor]])
    found = production(two_sources(), Rules(resourcing_days=1), 80, lambda _: Today(link=both))
    assert found[-1] == pytest.approx(50 + left + left, abs=1e-3)


@pytest.mark.parametrize("factor", [0.5, 1.0])
def test_most_holds_on_a_spare_link(factor: float) -> None:
    """At most 30 a day, or as much of them as is allowed."""
    net = two_sources(most=[np.inf, 30])
    both = np.array([[0.0], [factor]])
    found = production(net, Rules(resourcing_days=1), 80, lambda _: Today(link=both))
    assert found[-1] == pytest.approx(50 + 2 * 30 * factor, abs=1e-9)


def test_most_holds_on_a_usual_link() -> None:
    """After a halt stocks are filled again by no more than 120 a day, for 100 a day and 300."""
    net = supply_net(
        [0], [1], [0], [100], [0, 100], most=120, capacity=[400, 100], stock_days=8
    )  # fmt: skip
    found = production(net, Rules(), 60, halved(net, 0, 1, last=2))
    assert found[1:4] == pytest.approx([100] * 3)
    # Orders of 100 + 300 / 6, + 280 / 6, ... would be above 120 until the gap is below 120.
    assert found[4:13] == pytest.approx([220] * 9)
    assert found[14] == pytest.approx(100 + 100 + (300 - 10 * 20) / 6)
    assert found[-1] == pytest.approx(200, abs=0.1)


def test_who_is_warned_turns_sooner() -> None:
    """Two days sooner is as patience of one day; no sooner than patience of none."""
    lost = halved(two_sources(), 0, 1)
    for earlier, days in ((0, 3), (2, 1), (3, 0), (9, 0)):
        warned = two_sources(earlier=[0, earlier])
        found = production(warned, Rules(resourcing_days=3), 40, lost)
        assert found == production(two_sources(), Rules(resourcing_days=days), 40, lost)


def steady_user(**more: Any) -> SupplyNet:
    """Plant 1 uses 100 a day of what plant 0 makes."""
    return supply_net(
        [0], [1], [0], [100], [0, 100], stock_days=5, capacity=[200, 100], steady=[False, True],
        **more,
    )  # fmt: skip


@pytest.mark.parametrize("basis", get_args(OrderBasis))
def test_a_steady_plant_orders_as_usual_though_it_got_nothing(basis: Any) -> None:
    """Its supplier is back on day 12 and gets the order of an empty stock: 100 + 500 / 6."""
    net, rules = steady_user(), Rules(order_basis=basis)
    found = production(net, rules, 80, halved(net, 0, 1, last=11))
    assert found[1:] == pytest.approx(
        runs((100, 5), (0, 7), (100 + 500 / 6, 1)) + found[14:], abs=1e-9
    )
    assert found[14] == pytest.approx(100 + 100 + (500 - 550 / 3) / 6)
    assert found[-1] == pytest.approx(200, abs=1e-3)


@pytest.mark.parametrize("basis", get_args(OrderBasis))
def test_a_steady_plant_orders_for_the_demand_that_it_has(basis: Any) -> None:
    """Half the demand on days 0 and 1: 550 are on hand on day 1, where 250 are aimed at."""
    net, rules = steady_user(), Rules(order_basis=basis)
    half = np.array([[1.0], [0.5]])
    found = production(net, rules, 3, lambda day: Today(demand=half) if day < 2 else None)
    # Ordered on day 1: 50 + (250 - 550) / 6; on day 2, with 500 on hand: 50 + (250 - 500) / 6.
    assert found == pytest.approx([200, 150, 50 + 0, 100 + 50 - 250 / 6])


def test_finished_units_on_hand_are_shipped_while_a_plant_stands_still() -> None:
    """250 last two and a half days, five are in stock: the client makes 750, then nothing."""
    net = supply_net([0], [1], [0], [100], [0, 100], stock_days=5, stock=[250, 0])
    state = begin(net, Rules())
    supplier = int(np.flatnonzero(net.plant == 0)[0])
    reserve, made = [], []
    for total in simulate(net, Rules(), state, 10, halved(net, 0, 1)):
        reserve.append(float(state.reserve[supplier, 0]))
        made.append(float(total.production[0]))
    assert reserve == pytest.approx(runs((150, 1), (50, 1), (0, 8)))
    assert made == pytest.approx(runs((100, 7), (50, 1), (0, 2)), abs=1e-9)


def test_finished_units_go_into_final_demand_as_well() -> None:
    """Half of the capacity is gone; 120 on hand serve 50 a day on two days and 20 on the third."""
    net = supply_net([], [], [], [], [100], stock=120)
    found = consumed(net, 4, halved(net, 0, 0.5))
    assert found == pytest.approx([100, 100, 70, 50])
    state = begin(net, Rules())
    totals = list(simulate(net, Rules(), state, 4, halved(net, 0, 0.5)))
    assert [float(total.production[0]) for total in totals] == pytest.approx([50] * 4)


RATIONED = {
    "priority": (41.538462, 27.692308, 10, 20.769231),
    "proportional": (52.941176, 23.529412, 5.882353, 17.647059),
    "clients_first": (64.285714, 28.571429, 7.142857, 0),
}


@pytest.mark.parametrize("rationing", RATIONED)
def test_what_is_short_is_shared_out(rationing: str) -> None:
    ordered, flow = np.array([90.0, 40, 10]), np.array([60.0, 40, 20])
    served, final = twin.share_out(100.0, ordered, flow, np.zeros(3), 30.0, rationing)
    assert [*served, final] == pytest.approx(RATIONED[rationing], abs=1e-6)


def test_lower_ranks_are_served_first() -> None:
    """Of 100 the first gets its 90; the other two and final demand share 10: a ninth each."""
    ordered, flow = np.array([90.0, 40, 20]), np.array([90.0, 40, 20])
    served, final = twin.share_out(100.0, ordered, flow, np.array([0, 1, 1]), 30.0, "priority")
    assert [*served, final] == pytest.approx([90, 40 / 9, 20 / 9, 30 / 9])


def test_goods_under_way_still_arrive() -> None:
    """Three days under way, five in stock: the client makes on days 0 to 7 and stops on day 8."""
    net = supply_net([0], [1], [0], [100], [0, 100], transit=3, stock_days=5)
    state = begin(net, Rules())
    client = int(np.flatnonzero(net.plant == 1)[0])
    made = []
    for _ in simulate(net, Rules(), state, 12, halved(net, 0, 1)):
        made.append(float(state.made[client, 0]))
    assert made == pytest.approx(runs((100, 8), (0, 4)), abs=1e-9)


def test_after_a_halt_nothing_swings() -> None:
    """Thirty days under way, twice the capacity, ten days of halt: back at 200 and there."""
    net = supply_net([0], [1], [0], [100], [0, 100], transit=30, capacity=[200, 100])
    found = production(net, Rules(), 400, halved(net, 0, 1, last=9))
    assert found[-200:] == pytest.approx([200] * 200, abs=1e-6)
    assert max(found) <= 300


def test_deferrable_inputs_slow_and_negligible_ones_do_not_bind() -> None:
    """Of inputs of 60 and 40 the second is gone: 0.6 of the output is left; all if negligible."""
    for need, left in ((0, 0.0), (1, 60.0), (2, 100.0)):
        net = supply_net(
            [0, 1], [2, 2], [0, 1], [60, 40], [0, 0, 100], need=[0, need], stock_days=2
        )
        state = begin(net, Rules(order_basis="initial"))
        list(simulate(net, Rules(order_basis="initial"), state, 12, halved(net, 1, 1)))
        client = int(np.flatnonzero(net.plant == 2)[0])
        assert state.made[client, 0] == pytest.approx(left, abs=1e-9)


def through_a_strait(detour: int = -1) -> SupplyNet:
    """100 a day, four days under way, a passage after two of them; ten days in stock."""
    strait = Passages([0], [0], [2], [1.0], [detour])
    return supply_net(
        [0], [1], [0], [100], [0, 100], transit=4, stock_days=10, passages=strait,
        capacity=[300, 100],
    )  # fmt: skip


def closed(first: int, last: int, reopened: float = np.inf) -> Events:
    """A passage is closed on some days; after them it has room for so much a day."""
    return lambda day: (
        None if day < first else Today(passage=np.array([[0.0 if day <= last else reopened]]))
    )


def consumed(net: SupplyNet, days: int, events: Events) -> list[float]:
    state = begin(net, Rules())
    return [float(t.consumption[0]) for t in simulate(net, Rules(), state, days, events)]


def test_what_is_past_a_closed_passage_arrives() -> None:
    """Two days' goods are past it, ten are in stock, and one was used the day before."""
    found = consumed(through_a_strait(), 20, closed(0, 99))
    assert found == pytest.approx(runs((100, 11), (0, 9)), abs=1e-9)


def test_a_passage_that_reopens_drains_its_queue() -> None:
    """Goods of six days wait; two days' worth pass each day until none waits."""
    net = through_a_strait()
    state = begin(net, Rules(order_basis="initial"))
    waiting = []
    for _ in simulate(net, Rules(), state, 30, closed(0, 5, reopened=200.0)):
        waiting.append(float(state.waiting[0, 0]))
    assert waiting[5] == pytest.approx(600, abs=100)
    assert waiting[6] < waiting[5]
    assert waiting[-1] == pytest.approx(0, abs=1e-9)


def test_a_way_round_only_takes_longer() -> None:
    """Five days longer, ten in stock: nobody goes without."""
    assert consumed(through_a_strait(detour=5), 40, closed(0, 99)) == pytest.approx([100] * 40)


def random_net(seed: int, strained: bool = True) -> SupplyNet:
    rng = np.random.default_rng(seed)
    plants, links = 30, 120
    supplier, client = rng.integers(0, plants, links), rng.integers(0, plants, links)
    product = supplier % 7
    flow = rng.uniform(1, 10, links) * (rng.random(links) > 0.15)
    transit = rng.integers(0, 6, links) * (seed % 2)
    through = np.flatnonzero(transit >= 3)
    again = through[: len(through) // 2]
    stages = len(through) + len(again)
    plain = seed % 5 == 0
    return supply_net(
        supplier, client, product, flow, rng.uniform(0, 5, plants),
        stock_days=rng.uniform(1, 8, links), transit=transit, rank=rng.integers(0, 3, links),
        need=(client * 7 + product) * 2654435761 % 3,
        capacity=rng.uniform(20, 80, plants) if strained and seed % 3 == 0 else None,
        steady=rng.random(plants) < 0.2,
        stock=0.0 if plain else rng.uniform(0, 40, plants) * (rng.random(plants) < 0.5),
        most=np.inf if plain else flow + rng.choice([0, 2, np.inf], links),
        earlier=rng.integers(0, 3, links),
        passages=Passages(
            np.append(through, again), rng.integers(0, 3, stages),
            np.append(rng.integers(0, 2, len(through)), np.ones(len(again), dtype=np.int64)),
            rng.uniform(0.5, 2, stages), rng.choice([-1, 0, 2], stages),
        ),
    )  # fmt: skip


def random_events(net: SupplyNet, seed: int, scenarios: int) -> Events:
    """From day 2 to day 8 capacities, demand, links and passages are changed at random."""
    rng = np.random.default_rng(seed)
    passages = int(net.stages.passage.max(initial=-1)) + 1
    today = Today(
        capacity=rng.uniform(0, 1.2, (len(net), scenarios)),
        demand=rng.uniform(0.5, 1.5, (len(net), scenarios)),
        link=rng.choice([0, 0.5, 1], (len(net.link), scenarios), p=[0.1, 0.1, 0.8]),
        passage=rng.choice([0, 20, np.inf], (passages, scenarios)) if passages else None,
    )
    return lambda day: today if 2 <= day < 9 else None


KEPT = (
    "stock", "cells", "waiting", "made", "planned", "spare", "consumed", "reserve", "placed",
    "short",
)  # fmt: skip


def assert_close(one: State, other: State, within: float) -> None:
    for name in KEPT:
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=0, atol=within, err_msg=name
        )


# In the example a deferrable input is a rounding below its usual.
@example(seed=366, rules=Rules("initial", "priority", 3.0, 2))
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), rules=st.sampled_from(RULES))
def test_kernels_equal_their_twin(seed: int, rules: Rules) -> None:
    net = random_net(seed)
    ours, plain = begin(net, rules, 3), begin(net, rules, 3)
    events = random_events(net, seed, 3)
    for day in range(20):
        step(net, rules, ours, events(day))
        twin.day(net, rules, plain, in_numbering_of(net, events(day), 3))
        assert_close(ours, plain, 1e-8)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_batches_threads_and_singles_give_the_same_bits(rules: Rules) -> None:
    net = random_net(7)
    events = random_events(net, 7, 3)
    together, threaded = begin(net, rules, 3), begin(net, rules, 3)
    with ThreadPoolExecutor(2) as threads:
        for day in range(15):
            totals = step(net, rules, together, events(day))
            same = step(net, rules, threaded, events(day), threads)
            np.testing.assert_array_equal(totals, same)
    for name in KEPT:
        assert getattr(together, name).tobytes() == getattr(threaded, name).tobytes(), name
    for scenario in range(3):
        alone = begin(net, rules)
        for day in range(15):
            today = events(day)
            if today is not None:
                today = Today(
                    *(None if a is None else a[:, [scenario]] for a in vars(today).values())
                )
            mine = step(net, rules, alone, today)
        np.testing.assert_array_equal(np.array(totals)[:, [scenario]], mine)
        for name in KEPT:
            kept = getattr(together, name)[:, scenario]
            assert kept.tobytes() == getattr(alone, name)[:, 0].tobytes(), name


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), rules=st.sampled_from(RULES))
def test_nothing_happens_without_an_event(seed: int, rules: Rules) -> None:
    """Production stays where it was for ten years of weeks, whatever is under way."""
    net = random_net(seed, strained=False)
    state = begin(net, rules)
    for _ in range(520):
        step(net, rules, state)
    np.testing.assert_allclose(state.made[:, 0], net.usual, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), rules=st.sampled_from(RULES))
def test_goods_are_neither_made_nor_lost_on_the_way(seed: int, rules: Rules) -> None:
    """Shipped + final = made + drawn, made <= capacity; what is kept grows by shipped - used."""
    net = random_net(seed)
    state, events = begin(net, rules, 2), random_events(net, seed, 2)
    for day in range(15):
        today = in_numbering_of(net, events(day), 2)
        busy = state.made / np.where(net.usual > 0, net.usual, 1)[:, None]
        before = np.zeros((len(net.whole), 2))
        np.add.at(before, net.group, state.stock)
        client = np.repeat(np.arange(len(net)), np.diff(net.groups))
        used = np.minimum(busy[client] * net.whole[:, None], before).sum(axis=0)
        held = state.stock.sum(axis=0) + state.cells.sum(axis=0) + state.waiting.sum(axis=0)
        reserve = state.reserve.copy()
        step(net, rules, state, events(day))
        can = net.capacity[:, None] * (1 if today.capacity is None else today.capacity)
        assert (state.made <= can * (1 + 1e-12)).all()
        assert (state.stock >= 0).all()
        assert (state.reserve >= 0).all()
        assert (state.reserve <= reserve).all()
        drawn = (reserve - state.reserve).sum(axis=0)
        shipped = state.made.sum(axis=0) + drawn - state.consumed.sum(axis=0)
        after = state.stock.sum(axis=0) + state.cells.sum(axis=0) + state.waiting.sum(axis=0)
        np.testing.assert_allclose(after - held, shipped - used, atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_numbering_of_plants_and_links_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plants, links = 20, 60
    supplier, client = rng.integers(0, plants, links), rng.integers(0, plants, links)
    flow, final = rng.uniform(1, 5, links), rng.uniform(0, 5, plants)
    capacity = rng.uniform(0, 1, (plants, 1))
    renamed, turn = rng.permutation(plants), rng.permutation(links)
    one = supply_net(supplier, client, supplier % 5, flow, final)
    other = supply_net(
        renamed[supplier[turn]], renamed[client[turn]], supplier[turn] % 5, flow[turn],
        final[np.argsort(renamed)],
    )  # fmt: skip
    found = []
    for net, factors in ((one, capacity), (other, capacity[np.argsort(renamed)])):
        state = begin(net, Rules())
        today = Today(capacity=factors)
        found.append([float(step(net, Rules(), state, today).production[0]) for _ in range(20)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_substitution_loses_least(seed: int) -> None:
    """One product for all loses no more than a product for each plant, in the same net."""
    rng = np.random.default_rng(seed)
    plants, links = 15, 60
    supplier, client = rng.integers(0, plants, links), rng.integers(0, plants, links)
    flow, final = rng.uniform(1, 5, links), rng.uniform(1, 5, plants)
    lost = int(rng.integers(0, plants))
    made = {}
    for name, product in (("own", supplier), ("one", np.zeros(links, dtype=np.int64))):
        net = supply_net(supplier, client, product, flow, final, stock_days=4)
        made[name] = sum(production(net, Rules(), 30, halved(net, lost, 1)))
    assert made["one"] >= made["own"] - 1e-6


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"supplier": [5]}, "supplier is not among"),
    ({"client": [-1]}, "client is not among"),
    ({"flow": [-1.0]}, "flow holds"),
    ({"flow": [np.nan]}, "flow holds"),
    ({"transit": [0.5]}, "transit holds something else than whole numbers"),
    ({"rank": [101]}, "rank is not between"),
    ({"need": [3]}, "need is not between"),
    ({"product": [0, 1]}, "different lengths"),
    ({"most": [0.5]}, "most is below the flow"),
    ({"most": [np.nan]}, "most holds"),
    ({"stock": [-1.0, 0.0]}, "stock holds"),
    ({"stock": np.inf}, "stock holds"),
    ({"earlier": [-1]}, "earlier is not between"),
    ({"passages": Passages([0], [0], [9], [1.0], [-1])}, "after it has arrived"),
    ({"passages": Passages([0, 0], [0, 1], [0, 0], [1.0, 1.0], [-1, -1])}, "at least a day"),
]


@pytest.mark.parametrize(("more", "said"), FAULTS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_broken_net_is_refused(more: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = {
        "supplier": [0], "client": [1], "product": [0], "flow": [1.0], "final": [0.0, 1.0],
    }  # fmt: skip
    with pytest.raises(ValueError, match=said):
        supply_net(**{**whole, **more})


def test_broken_rules_and_days_are_refused() -> None:
    with pytest.raises(ValueError, match="order_basis"):
        Rules(order_basis="wished")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="adjustment_days"):
        Rules(adjustment_days=0)
    with pytest.raises(ValueError, match="resourcing_days"):
        Rules(resourcing_days=-1)
    net = chain()
    state = begin(net, Rules())
    with pytest.raises(ValueError, match="capacity has shape"):
        step(net, Rules(), state, Today(capacity=np.ones((2, 1))))
    with pytest.raises(ValueError, match="below 0"):
        step(net, Rules(), state, Today(demand=np.full((3, 1), -1.0)))


def test_plants_without_inputs_sales_or_links() -> None:
    """A plant with nothing, one that supplies itself, one that only sells: all stay as they are."""
    net = supply_net([1, 2], [1, 1], [0, 1], [2.0, 3.0], [0.0, 10.0, 0.0])
    state = begin(net, Rules())
    for _ in range(50):
        step(net, Rules(), state)
    made = np.empty(3)
    made[net.plant] = state.made[:, 0]
    assert made == pytest.approx([0.0, 12.0, 3.0])
