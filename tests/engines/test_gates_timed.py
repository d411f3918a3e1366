"""Nets through time: batteries, repair, crews, black start; closed forms and a slow twin."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.nets import Row, needs, net

from indranet.engines.gates import Gates
from indranet.engines.gates.starting import dark, fewest_starts
from indranet.engines.gates.timed import (
    NO_UNITS,
    Changes,
    Hold,
    Supports,
    Timed,
    Units,
    advance,
    begin,
    hold,
    timed,
)

Array = npt.NDArray[Any]
LEAF: Row = (0, [], False)


def supports(*rows: tuple[int, int, float]) -> Supports:
    gate, source, hours = zip(*rows, strict=True) if rows else ((), (), ())
    return Supports(
        np.array(gate, np.int32), np.array(source, np.int32), np.array(hours, np.float64)
    )


def units(
    gates: list[int],
    mean_up: float,
    mean_down: float,
    *,
    fixed: bool = False,
    pool: int = -1,
    waits: int = -1,
) -> Units:
    n = len(gates)
    return Units(
        np.array(gates, np.int32), np.full(n, mean_up), np.full(n, mean_down), np.full(n, fixed),
        np.full(n, pool, np.int32), np.full(n, waits, np.int32),
        np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15),
    )  # fmt: skip


def counting(gates: Gates, *nodes: int) -> Array:
    weights = np.zeros((len(gates), 1))
    weights[list(nodes)] = 1.0
    return weights


def unavailability(system: Timed, *, draws: int, hours: float, seed: int = 1) -> float:
    down = 0.0
    for draw in range(draws):
        course = begin(system, seed=seed, draw=draw, periods=1, hours=hours)
        advance(system, course, hours)
        down += float(course.tally[0, 0])
    return down / (draws * hours)


def held(gate: int, begins: float, ends: float) -> Hold:
    return Hold(begins, ends, np.array([gate], np.int32))


def told(changes: Changes) -> list[tuple[float, int, bool]]:
    return list(zip(changes.hour.tolist(), changes.what.tolist(), changes.up.tolist(), strict=True))


# Grid 0; battery 1; user 2.
BATTERY = net([LEAF, LEAF, needs(0, 1, at_least=1)])


@pytest.mark.parametrize(
    ("hours", "answer"),
    [(0, 3.984064e-3), (2, 2.416457e-3), (4, 1.465655e-3), (8, 5.391844e-4)],
)
def test_a_battery_bridges_what_is_shorter_than_it(hours: float, answer: float) -> None:
    bridged = supports((1, 0, hours)) if hours else supports()
    always = [] if hours else [1]
    system = timed(
        BATTERY, always=always, supports=bridged, units=units([0], 1000, 4),
        weights=counting(BATTERY, 2),
    )  # fmt: skip
    # About 100,000 outages, each longer than the battery with probability e^(-B/4).
    found = unavailability(system, draws=100, hours=1e6)
    assert found == pytest.approx(answer, rel=4 * np.sqrt(2 / (1e5 * np.exp(-hours / 4))))


def test_a_battery_shorter_than_every_repair_takes_its_hours_from_each() -> None:
    system = timed(
        BATTERY, supports=supports((1, 0, 3.0)), units=units([0], 1000, 4, fixed=True),
        weights=counting(BATTERY, 2),
    )  # fmt: skip
    assert unavailability(system, draws=100, hours=1e6) == pytest.approx(1 / 1004, rel=0.015)


@pytest.mark.parametrize(("crews", "answer"), [(1, 1.9603999e-4), (2, 9.8029605e-5)])
def test_two_units_share_their_crews(crews: int, answer: float) -> None:
    gates = net([LEAF, LEAF, needs(0, 1, at_least=1)])
    system = timed(
        gates, units=units([0, 1], 1000, 10, pool=0), crews=[crews], weights=counting(gates, 2)
    )
    # About 16,000 times that both are down.
    assert unavailability(system, draws=400, hours=2e6) == pytest.approx(answer, rel=0.045)


def test_mean_time_to_failure_of_two_units_with_one_crew() -> None:
    gates = net([LEAF, LEAF, needs(0, 1, at_least=1)])
    system = timed(gates, units=units([0, 1], 1000, 10, pool=0), crews=[1], watch=[2])
    hours = [first_failure(system, draw) for draw in range(2000)]
    assert np.mean(hours) == pytest.approx(51_500, rel=4 / np.sqrt(2000))


def test_mean_time_to_failure_of_two_of_three_without_repair() -> None:
    gates = net([LEAF, LEAF, LEAF, needs(0, 1, 2, at_least=2)])
    system = timed(gates, units=units([0, 1, 2], 1000, 1e15), watch=[3])
    hours = [first_failure(system, draw) for draw in range(4000)]
    # Its standard deviation is 600.9: two exponentials, of 333 and 500 hours.
    assert np.mean(hours) == pytest.approx(833.33, abs=4 * 601 / np.sqrt(4000))


def first_failure(system: Timed, draw: int) -> float:
    course = begin(system, seed=5, draw=draw)
    until = 1e4
    while not len(course.told().hour):
        advance(system, course, until)
        until *= 2
    return float(course.told().hour[0])


# Telecom 0 needs power 1 or its battery 3; power needs telecom or its battery 5, or may start.
CYCLE = net(
    [
        needs(2),
        needs(4),
        needs(1, 3, at_least=1),
        LEAF,
        needs(0, 5, 6, at_least=1),
        LEAF,
        LEAF,
    ]
)


@pytest.mark.parametrize(
    ("hours", "starts", "answer"),
    [
        (4, [], [(1, 1, False), (5, 1, True)]),
        (8, [], [(1, 1, False), (7, 0, False), (9, 1, True), (9, 0, True)]),
        (20, [], [(1, 1, False), (7, 0, False)]),
        (20, [6], [(1, 1, False), (7, 0, False), (21, 1, True), (21, 0, True)]),
    ],
)
def test_telecom_and_power_need_each_other(
    hours: float, starts: list[int], answer: list[tuple[float, int, bool]]
) -> None:
    always = [] if starts else [6]
    system = timed(
        CYCLE, supports=supports((3, 1, 6.0), (5, 0, 12.0)), starts=starts, always=always,
        watch=[0, 1],
    )  # fmt: skip
    course = begin(system, [held(1, 1, 1 + hours)])
    advance(system, course, 1000)
    assert sorted(told(course.told())) == sorted(answer)


def test_what_stays_dark_and_the_fewest_starts_that_bring_it_back() -> None:
    system = timed(CYCLE, supports=supports((3, 1, 6.0), (5, 0, 12.0)), always=[6])
    course = begin(system, [held(1, 1, 21)])
    advance(system, course, 20)
    assert not dark(system, course).any()  # its own failure still holds power down
    advance(system, course, 100)
    assert np.flatnonzero(dark(system, course)).tolist() == [0, 1, 2, 4]
    found = fewest_starts(system, course, [0, 1])
    assert found.nodes.tolist() == [0]
    assert found.fewest


@pytest.mark.parametrize("seed", range(20))
def test_no_smaller_set_of_starts_does_it(seed: int) -> None:
    # Things that need one another at random, all down at once: only starts bring them back.
    rng = np.random.default_rng(seed)
    size = 7
    rows = [
        needs(*rng.choice(size, rng.integers(1, 3), replace=False), at_least=1) for _ in range(size)
    ]
    system = timed(net(rows))
    course = begin(system, [Hold(0, 1, np.arange(size, dtype=np.int32))])
    advance(system, course, 2)
    found = fewest_starts(system, course, np.arange(size))

    def enough(chosen: tuple[int, ...]) -> bool:
        up = np.isin(np.arange(size), chosen)
        for _ in range(size):
            up |= [sum(up[i] for i, _ in links) >= least for least, links, _ in rows]
        return bool(up.all())

    assert found.fewest
    assert enough(tuple(found.nodes.tolist()))
    for fewer in range(len(found.nodes)):
        assert not any(enough(chosen) for chosen in combinations(range(size), fewer))


def test_a_start_that_does_not_bring_its_input_back_ends_at_once() -> None:
    system = timed(CYCLE, supports=supports((3, 1, 6.0), (5, 0, 12.0)), starts=[6], watch=[0, 1])
    course = begin(system, [held(1, 1, 21), held(0, 15, 50)])
    advance(system, course, 1000)
    assert told(course.told())[:2] == [(1, 1, False), (7, 0, False)]
    assert sorted(told(course.told())[2:]) == [(50, 0, True), (50, 1, True)]


def test_a_repair_waits_for_what_it_needs() -> None:
    # The network 0 fails at its first failure; whoever mends it needs the management system 1.
    gates = net([LEAF, LEAF])
    system = timed(gates, units=units([0], 1.0, 4, fixed=True, waits=1), watch=[0])
    free = begin(system, draw=0)
    advance(system, free, 4.0)
    fails = told(free.told())[0][0]
    halted = begin(system, [held(1, fails + 1, fails + 11)], draw=0)
    advance(system, halted, fails + 14.5)
    assert told(halted.told())[:2] == [(fails, 0, False), (pytest.approx(fails + 14), 0, True)]
    before = begin(system, [held(1, fails - 0.01, fails + 11)], draw=0)
    advance(system, before, fails + 15.5)
    assert told(before.told())[:2] == [(fails, 0, False), (pytest.approx(fails + 15), 0, True)]


def test_a_hold_that_waits_counts_only_while_it_can_be_ended() -> None:
    # A bad change takes the network 0 down; taking it back takes 3 hours of access over 1.
    gates = net([LEAF, LEAF, needs(0)])
    system = timed(gates, watch=[0, 1])
    change = Hold(1, 4, np.array([0], np.int32), waits=1)
    for outage, back in ((held(1, 2, 7), 9), (held(1, 0, 7), 10), (held(1, 5, 7), 4)):
        course = begin(system, [change, outage])
        advance(system, course, 50)
        assert [row for row in told(course.told()) if row[1] == 0] == [
            (1, 0, False),
            (back, 0, True),
        ]
    stuck = timed(gates, watch=[0])
    course = begin(stuck, [Hold(1, 4, np.array([0], np.int32), waits=2)])
    advance(stuck, course, 1000)
    assert told(course.told()) == [(1, 0, False)]


def test_a_change_taken_back_over_what_it_took_down_stays_dark() -> None:
    # A change holds the network 0 down; who takes it back comes over the management 1, which needs
    # the network. A line of its own, 2, would do as well where there is one.
    gates = net([LEAF, needs(0), LEAF])
    system = timed(gates, watch=[0, 1])
    course = begin(system, [Hold(1, 4, np.array([0], np.int32), waits=1)])
    advance(system, course, 1000)
    assert dark(system, course).tolist() == [True, True, False]
    found = fewest_starts(system, course, [0, 1])
    assert (len(found.nodes), found.fewest) == (1, True)
    other = begin(system, [Hold(1, 4, np.array([0], np.int32), waits=2), held(2, 0, 1e6)])
    advance(system, other, 1000)
    assert not dark(system, other).any()


def test_a_path_that_only_holds_itself_up_falls() -> None:
    # A source 0 feeds a ring of three; cut off, the ring does not feed itself.
    ring = net([LEAF, needs(0, 3, at_least=1, least=True), needs(1, 3, at_least=1, least=True),
                needs(2, 1, at_least=1, least=True), needs(3)])  # fmt: skip
    system = timed(ring, watch=[1, 2, 3, 4])
    course = begin(system, [held(0, 2, 5), held(2, 3, 4)])
    advance(system, course, 10)
    assert sorted(told(course.told())) == sorted(
        [(2, i, False) for i in range(4)] + [(5, i, True) for i in range(4)]
    )


def test_a_support_is_empty_where_its_source_never_was_up() -> None:
    system = timed(BATTERY, always=[0], supports=supports((1, 0, 5.0)), watch=[2])
    assert system.usual.tolist() == [False, False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"supports": supports((1, 0, 0.0))},
        {"supports": supports((1, 9, 1.0))},
        {"units": units([0], 0.0, 1.0)},
        {"units": units([0], 1.0, 1.0, pool=0)},
        {"units": units([0], 1.0, 1.0, waits=7)},
        {"units": units([0], 1.0, 1.0, pool=0), "crews": [0]},
        {"watch": [1, 1]},
        {"weights": np.zeros((2, 1))},
        {"always": [3]},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        timed(BATTERY, **wrong)


class Slow:
    """The same by looking at every node again and again."""

    def __init__(self, gates: Gates, bridges: Supports, down: list[tuple[int, float, float]]):
        self.gates, self.bridges, self.down = gates, bridges, down
        self.rows = [
            list(
                zip(
                    gates.inputs[a:b].tolist(),
                    gates.weights[a:b].tolist(),
                    strict=True,
                )
            )
            for a, b in zip(gates.start[:-1], gates.start[1:], strict=True)
        ]

    def holds(self, node: int, state: list[bool], gone: set[int]) -> bool:
        weight = sum(w for i, w in self.rows[node] if state[i])
        return node not in gone and weight >= self.gates.threshold[node]

    def fallen(self, state: list[bool], gone: set[int]) -> list[bool]:
        while True:
            new = [up and self.holds(n, state, gone) for n, up in enumerate(state)]
            least = [up and not self.gates.least[n] for n, up in enumerate(new)]
            while True:
                more = [up or (new[n] and self.holds(n, least, gone)) for n, up in enumerate(least)]
                if more == least:
                    break
                least = more
            if least == state:
                return state
            state = least

    def moved(self, state: list[bool], gone: set[int]) -> list[bool]:
        state = self.fallen(state, gone)
        while True:
            new = [up or self.holds(n, state, gone) for n, up in enumerate(state)]
            if new == state:
                return state
            state = new

    def run(self, state: list[bool], until: float) -> list[tuple[float, list[bool]]]:
        b = self.bridges
        lacking = [np.inf] * len(b.gate)
        empty = [False] * len(b.gate)
        hours = sorted({h for _, *ends in self.down for h in ends})
        found = []
        while hours and hours[0] < until:
            now = hours.pop(0)
            while True:
                gone = {n for n, a, e in self.down if a <= now < e}
                gone |= {int(g) for g, out in zip(b.gate, empty, strict=True) if out}
                state = self.moved(state, gone)
                before = [*lacking, *empty]
                for k, source in enumerate(b.source.tolist()):
                    if state[source]:
                        lacking[k], empty[k] = np.inf, False
                    elif np.isinf(lacking[k]):
                        lacking[k] = now
                        hours = sorted({*hours, now + float(b.hours[k])})
                if before != [*lacking, *empty]:
                    continue
                # A source that is back at the moment at which its support runs out is in time.
                empty = [since + h <= now + 1e-9 for since, h in zip(lacking, b.hours, strict=True)]
                if before == [*lacking, *empty]:
                    break
            found.append((now, list(state)))
        return found


@some.composite
def systems(draw: Any) -> tuple[Gates, Supports, list[tuple[int, float, float]]]:
    size = draw(some.integers(4, 9))
    leaves = draw(some.integers(2, 3))
    rows: list[Any] = [LEAF for _ in range(leaves)]
    bridges: list[tuple[int, int, float]] = []
    bridged = draw(some.lists(some.integers(0, size - 1), max_size=3))
    first = leaves + size
    for n in range(size):
        inputs = draw(some.lists(some.integers(0, first - 1), min_size=1, max_size=3, unique=True))
        if n in bridged:
            bridges.append((first + len(bridges), inputs[0], float(draw(some.integers(1, 5)))))
            rows.append((1, [(inputs[0], 1), (first + len(bridges) - 1, 1)], False))
        else:
            rows.append(
                (draw(some.integers(1, len(inputs))), [(i, 1) for i in inputs],
                 draw(some.booleans()))
            )  # fmt: skip
    rows += [LEAF for _ in bridges]
    down = draw(
        some.lists(
            some.tuples(some.integers(0, first - 1), some.integers(0, 12), some.integers(1, 9)),
            max_size=5,
        )
    )
    return net(rows), supports(*bridges), [(n, float(a), float(a + b)) for n, a, b in down]


@settings(max_examples=100, deadline=None)
@given(systems())
def test_the_engine_does_what_looking_at_every_node_does(
    case: tuple[Gates, Supports, list[tuple[int, float, float]]],
) -> None:
    gates, bridges, down = case
    system = timed(gates, supports=bridges, watch=np.arange(len(gates)))
    course = begin(system, [held(*row) for row in down])
    advance(system, course, 100)
    state = system.usual.tolist()
    slow = Slow(gates, bridges, down)
    lacks = [not state[s] for s in bridges.source.tolist()]
    if any(lacks):  # the slow one knows of no time before hour 0
        return
    expected = []
    for now, then in slow.run(state, 100):
        expected += [(now, n, up) for n, up in enumerate(then) if up != state[n]]
        state = then
    assert sorted(told(course.told())) == sorted(expected)
    assert course.up.tolist() == state


@settings(max_examples=60, deadline=None)
@given(systems(), some.integers(0, 1000))
def test_pieces_workers_and_numbering_change_nothing(
    case: tuple[Gates, Supports, list[tuple[int, float, float]]], seed: int
) -> None:
    gates, bridges, down = case
    size = len(gates)
    fails = units([0, 1], 7, 3, pool=0)
    whole = timed(gates, supports=bridges, units=fails, crews=[1], watch=np.arange(size))
    one = begin(whole, [held(*row) for row in down], seed=seed, draw=3)
    advance(whole, one, 60)
    parts = begin(whole, [held(*row) for row in down], seed=seed, draw=3)
    for hour in (0.5, 7, 7, 24, 59.9, 60):
        advance(whole, parts, hour)
    assert told(one.told()) == told(parts.told())
    new = np.random.default_rng(seed).permutation(size).astype(np.int32)
    old = np.argsort(new)
    rows = [
        (int(gates.threshold[n]),
         [(int(new[i]), int(w)) for i, w in zip(gates.inputs[gates.start[n]:gates.start[n + 1]],
                                     gates.weights[gates.start[n]:gates.start[n + 1]],
                                     strict=True)],
         bool(gates.least[n]))
        for n in old
    ]  # fmt: skip
    again = timed(
        net(rows),
        supports=Supports(new[bridges.gate], new[bridges.source], bridges.hours),
        units=Units(**{**vars(fails), "gate": new[fails.gate]}),
        crews=[1],
        watch=new,
    )
    other = begin(again, [held(int(new[n]), a, b) for n, a, b in down], seed=seed, draw=3)
    advance(again, other, 60)
    assert sorted(told(other.told())) == sorted(told(one.told()))


def test_what_is_held_from_outside_falls_and_comes_back() -> None:
    system = timed(BATTERY, supports=supports((1, 0, 2.0)), units=NO_UNITS, watch=[0, 2],
                   weights=counting(BATTERY, 2))  # fmt: skip
    course = begin(system, periods=2, hours=6.0)
    advance(system, course, 3)
    hold(system, course, [0])
    advance(system, course, 8)
    hold(system, course, release=[0])
    advance(system, course, 12)
    assert told(course.told()) == [(3, 0, False), (5, 1, False), (8, 0, True), (8, 1, True)]
    assert course.tally[:, 0].tolist() == [1, 2]
