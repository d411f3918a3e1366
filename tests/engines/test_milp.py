"""Programs with whole numbers: answers by hand, conflicts, time kept, an instance of OR-Library."""

import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from indranet.engines.milp import Rows, Variables, solve


def block(*cost: float, whole: bool = True, upper: float = np.inf) -> Variables:
    size = len(cost)
    return Variables("x", np.array(cost), np.zeros(size), np.full(size, upper), whole)


def at_most(name: str, table: list[list[float]], *upper: float) -> Rows:
    return Rows(
        name,
        {"x": sparse.csr_array(np.array(table))},
        np.full(len(upper), -np.inf),
        np.array(upper),
    )


def test_whole_numbers_by_hand() -> None:
    found = solve([block(-1, -2)], [at_most("room", [[1.0, 1.0], [1.0, 3.0]], 4, 6.5)], seconds=10)
    assert (found.status, found.cost, found.values["x"].tolist()) == ("best", -5.0, [3, 1])
    assert "proven" in found.words()


def test_prices_say_what_one_more_saves() -> None:
    rows = [at_most("room", [[1.0, 1.0], [1.0, 3.0]], 4, 6)]
    found = solve([block(-1, -2, whole=False)], rows, seconds=10)
    more = solve(
        [block(-1, -2, whole=False)], [at_most("room", [[1.0, 1.0], [1.0, 3.0]], 5, 6)], seconds=10
    )
    assert found.prices["room"][0] == pytest.approx(found.cost - more.cost)


def test_what_cannot_hold_together_is_named() -> None:
    table = sparse.csr_array(np.array([[1.0, 0.0]]))
    many = Rows("many", {"x": table}, np.array([5.0]), np.array([np.inf]))
    rows = [
        at_most("few", [[1.0, 1.0]], 4),
        many,
        at_most("other", [[0.0, 1.0]], 9),
    ]
    found = solve([block(1, 1)], rows, seconds=10)
    assert found.status == "infeasible"
    assert set(found.conflict) == {("few", 0), ("many", 0)}
    assert "few, many cannot hold together" in found.words()


def test_time_is_kept() -> None:
    g = np.random.default_rng(0)
    size = 400
    weights = g.integers(10_000, 99_999, (30, size)).astype(float)
    rows = [at_most("room", weights.tolist(), *(weights.sum(axis=1) / 2))]
    begun = time.monotonic()
    found = solve([block(*(-g.integers(1000, 9999, size)).tolist(), upper=1)], rows, seconds=3)
    assert time.monotonic() - begun < 3 + 5
    assert found.status in {"time limit", "stopped"}


def test_blocks_have_names_of_their_own() -> None:
    with pytest.raises(ValueError, match="another name"):
        solve([block(1), block(2)], [], seconds=1)
    other = Rows("r", {"y": sparse.csr_array(np.array([[1.0]]))}, np.zeros(1), np.ones(1))
    with pytest.raises(ValueError, match="unknown"):
        solve([block(1)], [other], seconds=1)


def test_a_warehouse_location_problem(shared: Path) -> None:
    """OR-Library cap41: demand may be split, opening costs 7,500."""
    numbers = np.array(
        (shared / "data/planning-benchmarks/cap41.txt")
        .read_text()
        .replace("capacity", "5000")
        .split(),
        dtype=float,
    )
    houses, customers = int(numbers[0]), int(numbers[1])
    capacity, opening = numbers[2 : 2 + 2 * houses].reshape(houses, 2).T
    rest = numbers[2 + 2 * houses :].reshape(customers, houses + 1)
    demand, cost = rest[:, 0], rest[:, 1:]
    share = Variables("share", cost.ravel(), np.zeros(cost.size), np.ones(cost.size), whole=False)
    open_ = Variables("open", opening, np.zeros(houses), np.ones(houses), whole=True)
    each = sparse.csr_array(sparse.kron(sparse.eye_array(customers), np.ones((1, houses))))
    load = sparse.csr_array(sparse.kron(demand[None, :], sparse.eye_array(houses)))
    room = sparse.csr_array(-np.diag(capacity))
    rows = [
        Rows("served", {"share": each}, np.ones(customers), np.ones(customers)),
        Rows("room", {"share": load, "open": room}, np.full(houses, -np.inf), np.zeros(houses)),
    ]  # fmt: skip
    found = solve([share, open_], rows, seconds=60, gap=1e-7)
    assert found.cost == pytest.approx(1040444.375, rel=1e-6)
