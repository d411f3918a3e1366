"""Industries: first steps by hand, and what must hold on any table."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.engines.flows.ario import (
    ArioRules,
    Industries,
    begin,
    industries,
    step,
)

Floats = npt.NDArray[np.float64]


def one_industry(**more: Any) -> Industries:
    """It makes 100, of which it takes 20 itself."""
    return industries([[20.0]], [80.0], [0], **more)


def test_damage_lowers_output_and_scarcity_raises_overproduction() -> None:
    """Of 100 wanted 70 are made: scarcity 0.3, which adds 0.25 x 0.3 / 365."""
    economy = one_industry(stock_days=1000.0)
    state = begin(economy, ArioRules())
    found = step(economy, ArioRules(), state, damage=0.3)
    assert found.production[0] == pytest.approx(70)
    assert found.consumption[0] == pytest.approx(0.7 * 80)
    assert state.overproduction[0] == pytest.approx(1 + 0.25 * 0.3 / 365)


def test_stock_below_what_is_needed_lowers_output() -> None:
    """At 60 % of the stock aimed at, with psi 0.8, three quarters are made."""
    economy = one_industry()
    state = begin(economy, ArioRules())
    state.stock *= 0.6
    assert step(economy, ArioRules(), state).production[0] == pytest.approx(75)


def test_overproduction_falls_back_when_nothing_is_scarce() -> None:
    economy = one_industry()
    state = begin(economy, ArioRules())
    state.overproduction[:] = 1.1
    step(economy, ArioRules(), state)
    assert state.overproduction[0] == pytest.approx(1.1 - 0.1 / 365)


def test_an_input_of_which_nothing_is_held_binds_nobody() -> None:
    """The second makes services that nobody stores: without it the first goes on."""
    economy = industries(
        [[0.0, 10.0], [10.0, 0.0]], [90.0, 90.0], [0, 1], stock_days=[90.0, np.inf]
    )
    state = begin(economy, ArioRules())
    for _ in range(400):
        step(economy, ArioRules(), state, damage=[0.0, 1.0])
    assert state.made[0] == pytest.approx(90, rel=1e-3)
    assert state.made[1] == 0


def test_rebuilding_is_demand_of_its_own() -> None:
    economy = one_industry()
    state = begin(economy, ArioRules())
    found = step(economy, ArioRules(), state, rebuilding=100.0)
    # All of 200 wanted get half.
    assert found.consumption[0] == pytest.approx(40)


def random_economy(seed: int) -> tuple[Industries, Floats]:
    rng = np.random.default_rng(seed)
    regions, products = 3, 4
    count = regions * products
    flows = rng.exponential(1, (count, count)) * (rng.random((count, count)) < 0.7)
    return (
        industries(flows, rng.exponential(20, count), np.tile(np.arange(products), regions)),
        flows,
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_an_event_nothing_changes(seed: int) -> None:
    economy, _ = random_economy(seed)
    state = begin(economy, ArioRules())
    for _ in range(520):
        step(economy, ArioRules(), state)
    np.testing.assert_allclose(state.made, economy.output, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_goods_are_neither_made_nor_lost(seed: int) -> None:
    """What is received and consumed is what is made; it never is above capacity."""
    economy, _ = random_economy(seed)
    rng = np.random.default_rng(seed)
    damage = rng.uniform(0, 0.5, len(economy.output))
    state = begin(economy, ArioRules())
    for _ in range(20):
        before, most = state.stock.sum(), state.overproduction.copy()
        step(economy, ArioRules(), state, damage=damage)
        used = (economy.need * state.made).sum()
        received = state.stock.sum() - before + used
        assert received + state.consumed.sum() == pytest.approx(state.made.sum())
        limit = most * (1 - damage[economy.industry]) * economy.output
        assert (state.made <= limit * (1 + 1e-12)).all()
        assert (state.stock >= 0).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_numbering_of_industries_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 12
    flows, final = rng.exponential(1, (count, count)), rng.exponential(20, count)
    product, damage = np.tile(np.arange(4), 3), rng.uniform(0, 0.5, count)
    turn = rng.permutation(count)
    found = []
    for economy, lost in (
        (industries(flows, final, product), damage),
        (industries(flows[np.ix_(turn, turn)], final[turn], product[turn]), damage[turn]),
    ):
        state = begin(economy, ArioRules())
        found.append(
            [float(step(economy, ArioRules(), state, lost).production[0]) for _ in range(50)]
        )
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


def test_industries_that_make_nothing_stay_so() -> None:
    economy = industries(np.zeros((2, 2)), [0.0, 5.0], [0, 1])
    state = begin(economy, ArioRules())
    assert step(economy, ArioRules(), state, damage=0.5).production[0] == pytest.approx(2.5)
    assert np.isfinite(state.orders).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([[1.0, 2.0]], [1.0], [0]), "square"),
        (([[-1.0]], [1.0], [0]), "not below 0"),
        (([[np.nan]], [1.0], [0]), "are numbers"),
        (([[1.0]], [1.0], [1]), "without a gap"),
    ],
)
def test_a_broken_table_is_refused(arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        industries(*arguments)
    with pytest.raises(ValueError, match="stock_days"):
        industries([[1.0]], [1.0], [0], stock_days=0.0)
