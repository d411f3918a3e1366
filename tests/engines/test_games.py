"""Games: what each player is worth, against games whose answer is known."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.engines.games import (
    first_in,
    interactions,
    last_in,
    merged,
    sampled_shapley,
    shapley,
    shapley_weights,
    value_range,
)

Floats = npt.NDArray[np.float64]


def additive(worth: Sequence[float]) -> Floats:
    masks = np.arange(1 << len(worth))
    return np.asarray(((masks[:, None] >> np.arange(len(worth))) & 1) @ np.array(worth))


def by_orders(values: Floats) -> Floats:
    """Return Shapley values as they are defined: the mean over all orders."""
    players = len(values).bit_length() - 1
    found = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        mask = 0
        for player in order:
            found[player] += values[mask | 1 << player] - values[mask]
            mask |= 1 << player
    return found / len(orders)


def as_function(values: Floats):  # type: ignore[no-untyped-def]
    def value(masks: Sequence[int]) -> Floats:
        asked.extend(masks)
        return values[list(masks)][:, None]

    asked: list[int] = []
    return value, asked


def test_airport() -> None:
    """Littlechild & Owen 1973: a runway for the largest; costs 4, 6, 9 give 4/3, 7/3, 16/3."""
    costs = [4.0, 6.0, 9.0]
    values = np.array(
        [max((costs[i] for i in range(3) if mask >> i & 1), default=0.0) for mask in range(8)]
    )
    assert shapley(values) == pytest.approx([4 / 3, 7 / 3, 16 / 3])
    assert first_in(values) == pytest.approx(costs)
    assert last_in(values) == pytest.approx([0.0, 0.0, 3.0])


def test_what_adds_up_is_worth_what_it_is_worth_alone() -> None:
    worth = [3.0, 0.0, -2.0, 7.5]
    values = additive(worth)
    for found in (shapley(values), first_in(values), last_in(values)):
        assert found == pytest.approx(worth)
    assert interactions(values) == pytest.approx(np.zeros((4, 4)))


def test_two_that_only_work_together_share_equally() -> None:
    """The third player changes nothing and is worth nothing."""
    values = np.array([0.0, 0.0, 0.0, 10.0] * 2)
    assert shapley(values) == pytest.approx([5.0, 5.0, 0.0])
    assert first_in(values) == pytest.approx([0.0, 0.0, 0.0])
    assert last_in(values) == pytest.approx([10.0, 10.0, 0.0])
    assert interactions(values)[0, 1] == pytest.approx(10.0)
    assert interactions(values)[2] == pytest.approx([0.0, 0.0, 0.0])


def test_two_that_stand_in_for_each_other() -> None:
    assert interactions(np.array([0.0, 4.0, 4.0, 4.0]))[0, 1] == pytest.approx(-4.0)


def test_games_stand_side_by_side() -> None:
    one, other = additive([1.0, 2.0]), np.array([0.0, 0.0, 0.0, 8.0])
    both = np.stack([one, other], axis=1)
    assert shapley(both) == pytest.approx(np.array([[1.0, 4.0], [2.0, 4.0]]))


def test_nobody_plays() -> None:
    assert shapley(np.array([3.0])).shape == (0,)


def test_coalitions_must_be_all() -> None:
    with pytest.raises(ValueError, match="no power of two"):
        shapley(np.zeros(6))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_exact_is_the_mean_over_orders_and_shares_out_all(players: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=1 << players)
    found = shapley(values)
    assert found == pytest.approx(by_orders(values))
    assert found.sum() == pytest.approx(values[-1] - values[0])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_any_game_between_two_is_worth_between_theirs(players: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.normal(size=1 << players)
    high = low + rng.random(size=1 << players)
    least, most = value_range(shapley_weights(players), low, high)
    for _ in range(5):
        inside = shapley(low + rng.random(size=len(low)) * (high - low))
        assert (inside >= least - 1e-12).all()
        assert (inside <= most + 1e-12).all()
    # The ends are reached: by the low of what joins and the high of what it joins.
    with_first = np.arange(1 << players) & 1 == 1
    assert shapley(np.where(with_first, low, high))[0] == pytest.approx(least[0])
    assert shapley(np.where(with_first, high, low))[0] == pytest.approx(most[0])


def test_intervals_of_orders_drawn_hold_the_value() -> None:
    """At 95 %, nine games of ten at least; each coalition is asked for once."""
    inside = []
    for seed in range(60):
        values = np.random.default_rng(seed).gamma(0.3, size=1 << 12)
        exact = shapley(values)
        value, asked = as_function(values)
        found = sampled_shapley(value, 12, seed=seed, least=30, most=30)
        inside.append(np.abs(found.value[:, 0] - exact) <= found.half_width[:, 0])
        assert found.weights @ values[list(found.masks)] == pytest.approx(found.value[:, 0])
        assert found.value.sum() == pytest.approx(values[-1] - values[0])
        assert len(asked) == len(set(asked)) == len(found.masks)
    assert 0.9 <= np.mean(inside) < 1.0


def test_what_adds_up_is_sampled_exactly_and_at_once() -> None:
    worth = np.arange(12.0)
    value, _ = as_function(additive(worth.tolist()))
    found = sampled_shapley(value, 12, seed=1, half_width=1e-9)
    assert found.value[:, 0] == pytest.approx(worth)
    assert found.pairs == 200


def test_sampling_goes_on_until_it_is_sure_enough() -> None:
    values = np.random.default_rng(3).gamma(0.3, size=1 << 12) + additive([3.0] * 12)
    value, _ = as_function(values)
    whole = abs(values[-1] - values[0])
    rough = sampled_shapley(value, 12, seed=1, half_width=1.0)
    width = 0.8 * float(rough.half_width.max() / whole)
    fine = sampled_shapley(value, 12, seed=1, half_width=width)
    assert rough.pairs == 200 < fine.pairs < 2000
    assert float(fine.half_width.max()) <= width * whole


def test_what_is_the_same_is_worth_the_same_whatever_that_is() -> None:
    """The second of two players changes nothing: it is worth nothing, and not within a range."""
    low, high = np.array([0.0, 4.0, 0.0, 4.0]), np.array([1.0, 6.0, 1.0, 6.0])
    weights = shapley_weights(2)
    assert value_range(weights, low, high)[1] == pytest.approx([6.0, 1.5])
    weights, first = merged(weights, np.array([0, 1, 0, 1]))
    least, most = value_range(weights, low[first], high[first])
    assert least == pytest.approx([3.0, 0.0])
    assert most == pytest.approx([6.0, 0.0])


@pytest.mark.parametrize(("least", "most"), [(1, 5), (10, 5)])
def test_too_few_orders_are_refused(least: int, most: int) -> None:
    value, _ = as_function(np.zeros(8))
    with pytest.raises(ValueError, match="pairs"):
        sampled_shapley(value, 3, seed=0, least=least, most=most)
