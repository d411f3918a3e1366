"""Known answers that need no time: reliability textbooks, fixed points, capacity."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from indranet.engines.gates import Gates, dark, order, sample, up

Array = npt.NDArray[Any]
Row = tuple[int, dict[int, int], bool]

LEAF: Row = (0, {}, False)
NOTHING = [0, 0], np.zeros(0, dtype=np.int32)


def both(*inputs: int) -> Row:
    return len(inputs), dict.fromkeys(inputs, 1), False


def either(*inputs: int) -> Row:
    return 1, dict.fromkeys(inputs, 1), False


def some(needed: int, inputs: Sequence[int]) -> Row:
    return needed, dict.fromkeys(inputs, 1), False


def reach(*inputs: int) -> Row:
    return 1, dict.fromkeys(inputs, 1), True


def net(*rows: Row) -> Gates:
    return Gates(
        np.array([threshold for threshold, _, _ in rows]),
        np.cumsum([0] + [len(links) for _, links, _ in rows]),
        np.array([node for _, links, _ in rows for node in links], dtype=np.int32),
        np.array([weight for _, links, _ in rows for weight in links.values()], dtype=np.int32),
        np.array([least for _, _, least in rows]),
    )


def states(gates: Gates, *removed: Sequence[int], least: bool = False) -> list[str]:
    """The nodes that are up in each alternative, as a string of 0 and 1 each."""
    start = np.cumsum([0] + [len(nodes) for nodes in removed])
    words = up(
        order(gates), (start, [n for nodes in removed for n in nodes]), least_everywhere=least
    )
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, : len(removed)]
    return ["".join(map(str, column)) for column in bits.T]


def enumerated(gates: Gates, down: Sequence[float], top: int) -> float:
    """Exact probability that `top` is down; leaf i of the first ones is down with `down[i]`."""
    cases = np.array(list(product([False, True], repeat=len(down))))
    chance = np.where(cases, down, 1 - np.array(down)).prod(axis=1)
    start = np.concatenate([[0], np.cumsum(cases.sum(axis=1))])
    words = up(order(gates), (start, np.nonzero(cases)[1]), watch=[top])
    lost = 1 - np.unpackbits(words.view(np.uint8), bitorder="little")[: len(cases)]
    return float(chance @ lost)


def four_sigma(chance: float, draws: int) -> float:
    return 4 * float(np.sqrt(chance * (1 - chance) / draws))


def sampled(gates: Gates, down: Sequence[float], top: int, draws: int) -> float:
    keys = np.arange(len(down), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    counts = sample(
        order(gates), np.arange(len(down)), down, keys, [top], seed=1, draws=draws
    )  # fmt: skip
    return float(counts[0]) / draws


def path(*inputs: int) -> Row:
    return len(inputs), dict.fromkeys(inputs, 1), True


BRIDGE = net(
    *[LEAF] * 5,  # links source-a, source-b, a-b, a-target, b-target
    reach(6, 8),  # 5: a, from the source or from b
    path(0),  # 6: source to a
    reach(9, 10),  # 7: b
    path(7, 2),  # 8: b to a
    path(1),  # 9: source to b
    path(5, 2),  # 10: a to b
    both(5, 3),  # 11
    both(7, 4),  # 12
    either(11, 12),  # 13: target
)

BASICS: list[tuple[str, Gates, list[float], int, float]] = [
    ("2 of 3", net(*[LEAF] * 3, some(2, range(3))), [0.1] * 3, 3, 1 - 0.972),
    ("3 of 5", net(*[LEAF] * 5, some(3, range(5))), [0.05] * 5, 5, 1 - 0.998841875),
    ("8 of 10", net(*[LEAF] * 10, some(8, range(10))), [0.01] * 10, 10, 1 - 0.99988615085),
    ("2 of 3, unequal", net(*[LEAF] * 3, some(2, range(3))), [0.1, 0.2, 0.3], 3, 0.098),
    ("bridge network", BRIDGE, [0.1] * 5, 13, 1 - 0.97848),
    ("theatre", net(*[LEAF] * 3, both(1, 2), either(0, 3)), [0.03, 0.02, 0.05], 4, 0.00207),
    (
        "two trains",
        net(*[LEAF] * 4, both(0, 1), both(2, 3), either(4, 5)),
        [0.5, 0.7, 0.5, 0.7], 6, 0.7225,
    ),
    (
        "two trains, beta 0.2 on both groups",
        net(*[LEAF] * 6, both(0, 1), both(2, 3), either(6, 7), both(8, 4, 5)),
        [0.08] * 4 + [0.02] * 2, 9, 0.0622586788,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gates", "down", "top", "chance"), [row[1:] for row in BASICS], ids=[row[0] for row in BASICS]
)
def test_exact_by_enumeration(gates: Gates, down: list[float], top: int, chance: float) -> None:
    assert enumerated(gates, down, top) == pytest.approx(chance, abs=1e-10)


@pytest.mark.parametrize(
    ("gates", "down", "top", "chance"), [row[1:] for row in BASICS], ids=[row[0] for row in BASICS]
)
def test_sampling_agrees(gates: Gates, down: list[float], top: int, chance: float) -> None:
    draws = 1_000_000
    assert sampled(gates, down, top, draws) == pytest.approx(chance, abs=four_sigma(chance, draws))


def test_400_of_500() -> None:
    gates = net(*[LEAF] * 500, some(400, range(500)))
    chance, draws = 1 - 0.9989565, 200_000
    got = sampled(gates, [0.15] * 500, 500, draws)
    assert got == pytest.approx(chance, abs=four_sigma(chance, draws))


def test_rare_events_are_seen_at_their_rate() -> None:
    """A leaf of 1e-6 in 100 million draws, and either of two of 5e-4 and 1e-6."""
    draws = 100_000_000
    got = sampled(net(LEAF, LEAF, both(0, 1)), [1e-6, 0.0], 2, draws)
    assert got == pytest.approx(1e-6, abs=four_sigma(1e-6, draws))
    draws = 5_000_000
    chance = 1 - (1 - 5e-4) * (1 - 1e-6)
    got = sampled(net(LEAF, LEAF, both(0, 1)), [5e-4, 1e-6], 2, draws)
    assert got == pytest.approx(chance, abs=four_sigma(chance, draws))


def test_two_that_need_each_other_are_the_dark_set() -> None:
    """Both stay up, neither comes back alone; either of them started brings back both."""
    gates = net(both(1), both(0))
    assert states(gates, []) == ["11"]
    assert states(gates, [], least=True) == ["00"]
    assert states(gates, [0], [1]) == ["00", "00"]
    assert dark(order(gates), NOTHING).tolist() == [[1], [1]]
    assert states(net(either(1, 2), both(0), LEAF), [], least=True) == ["111"]


def test_a_generator_leaves_nothing_dark() -> None:
    """A needs B or the generator, B needs A."""
    gates = net(either(1, 2), both(0), LEAF)
    assert dark(order(gates), NOTHING).tolist() == [[0], [0], [0]]
    removed = [0, 1], [2]  # without the generator they hold each other up, but stay dark once down
    assert dark(order(gates), removed).tolist() == [[1], [1], [0]]


def test_a_path_must_exist() -> None:
    """Two sites joined to each other hold no path to a core that is gone."""
    gates = net(LEAF, reach(0, 2), reach(1))
    assert states(gates, [], [0], [1]) == ["111", "000", "100"]
    needing = net(LEAF, either(0, 2), either(1))
    assert states(needing, [0]) == ["011"]


def test_paths_through_what_needs_them() -> None:
    """Relays reach the core through each other and need power that needs both relays to be run."""
    gates = net(
        LEAF,  # core
        (2, {0: 2, 2: 1, 3: 1}, True),  # relay: the core, or relay and power
        (2, {1: 1, 3: 1}, True),  # relay: relay and power
        both(1, 2),  # power: both relays
    )
    assert states(gates, [], [0], [1], [3]) == ["1111", "0000", "1000", "1100"]
    assert states(gates, [], least=True) == ["1100"]
    assert dark(order(gates), NOTHING).ravel().tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(("needed", "expected"), [(50, ["001", "111"]), (1, ["011", "111"])])
def test_a_metal_of_two_countries(needed: int, expected: list[str]) -> None:
    """Shares 98 and 2 of 100: the first alone decides at half, neither does at a hundredth."""
    gates = net(LEAF, LEAF, (needed, {0: 98, 1: 2}, False))
    lost_first, lost_second = states(gates, [0], [1])
    assert lost_first == ("010" if needed == 50 else "011")
    assert lost_second == "101"


@pytest.mark.parametrize(("peak", "holds"), [(95, "1"), (130, "0")])
def test_two_cables_and_a_microwave_link(peak: int, holds: str) -> None:
    """Cables of 1,310 Gb/s lost, 12.6 Gb/s of microwave left, peak of 9.5 or 13 Gb/s."""
    gates = net(LEAF, LEAF, LEAF, (peak, {0: 13100, 1: 13100, 2: 126}, False))
    assert states(gates, [0, 1], [0], [0, 1, 2]) == ["001" + holds, "0111", "0000"]


def test_constants_and_free_nodes() -> None:
    never: Row = (1, {}, False)
    free: Row = (0, {1: 1}, False)
    gates = net(LEAF, never, free, either(0, 1), both(0, 1))
    assert states(gates, [], [0], [2]) == ["10110", "00100", "10010"]
