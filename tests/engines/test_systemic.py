"""Systemic risk: published and hand-worked answers, and the kernel against its twin."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.engines.systemic import (
    Recipe,
    Risk,
    RiskNet,
    days_survived,
    least_loss,
    risk_net,
    systemic_risk,
    twin,
)

Floats = npt.NDArray[np.float64]


def largest(net: RiskNet) -> Floats:
    """The larger of a firm's purchases and sales."""
    return np.maximum(net.sells, net.buys)


def each(net: RiskNet, **more: Any) -> Risk:
    """Every firm lost, one by one."""
    firms = np.arange(len(net))
    ones = np.ones(len(net))
    return systemic_risk(net, (np.arange(len(net) + 1), firms, ones), weight=largest(net), **more)


def test_a_chain_falls_towards_both_ends() -> None:
    """1 -> 2 -> 3, 10 each, own products: what is below falls by supply, what is above by sales."""
    found = each(risk_net([0, 1], [1, 2], [10, 10], [0, 1, 2]))
    assert found.total.tolist() == pytest.approx([1, 1, 1])
    assert found.downstream.tolist() == pytest.approx([1, 2 / 3, 1 / 3])
    assert found.upstream.tolist() == pytest.approx([1 / 3, 2 / 3, 1])


def test_an_input_that_can_be_deferred_takes_its_part() -> None:
    """1 -> 3 (6, essential), 2 -> 3 (4, deferrable), 3 -> 4 (10, essential)."""
    net = risk_net([0, 1, 2], [2, 2, 3], [6, 4, 10], [0, 1, 2, 3], need=[0, 1, 0])
    assert each(net).total.tolist() == pytest.approx([26 / 30, 12 / 30, 1, 1])


FIGURE_1 = "3>6 4>6 4>7 5>7 6>1 6>2 7>10 7>11 8>1 8>2 9>11"
SECTORS = (1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5)
REPLACEABLE = (
    .277778, .277778, .094276, .416667, .089226, .444444, .388889, .333333, .111111, .166667,
    .277778,
)  # fmt: skip
OTHERWISE = {2: 0.222222, 4: 0.194444, 8: 0.166667}


def test_the_net_of_the_paper() -> None:
    """Figure 1 of Diem et al. 2023, arXiv 2302.11451; all inputs essential."""
    ends = [[int(firm) - 1 for firm in link.split(">")] for link in FIGURE_1.split()]
    supplier, client = zip(*ends, strict=True)
    net = risk_net(supplier, client, np.ones(len(ends)), np.array(SECTORS) - 1)
    found = each(net, tolerance=1e-6).total
    assert found.tolist() == pytest.approx(REPLACEABLE, abs=1e-6)
    alone = [OTHERWISE.get(i, value) for i, value in enumerate(REPLACEABLE)]
    found = each(net, tolerance=1e-6, replaceable=False).total
    assert found.tolist() == pytest.approx(alone, abs=1e-6)


def test_negligible_inputs_and_final_demand_bind_nobody() -> None:
    """2 goes on without 1, and sells half to consumers, so half without 3."""
    net = risk_net([0, 1], [1, 2], [10, 10], [0, 1, 2], need=[2, 0], final=[0, 10, 0])
    first, _, last = each(net).total * largest(net).sum()
    assert first == pytest.approx(10)
    assert last == pytest.approx(10 + 10 + 5)


def random_net(seed: int, firms: int = 40) -> RiskNet:
    rng = np.random.default_rng(seed)
    links = 4 * firms
    supplier, client = rng.integers(0, firms, links), rng.integers(0, firms, links)
    sector = rng.integers(0, 8, firms)
    need = (client * 8 + sector[supplier]) * 2654435761 % 3
    final = rng.exponential(1, firms) * (rng.random(firms) < 0.5)
    return risk_net(
        supplier, client, rng.exponential(1, links) + 0.01, sector, need=need, final=final
    )


def random_shocks(rng: np.random.Generator, firms: int) -> tuple[Any, Any, Any]:
    size = rng.integers(0, 4, 12)
    hit = np.concatenate([rng.choice(firms, n, replace=False) for n in size])
    return np.append(0, np.cumsum(size)), hit, rng.uniform(0, 1, len(hit))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), replaceable=st.booleans())
def test_only_what_is_touched_gives_the_same_as_all_links(seed: int, replaceable: bool) -> None:
    net, rng = random_net(seed), np.random.default_rng(seed)
    start, hit, part = random_shocks(rng, len(net))
    for tolerance in (1e-2, 1e-9):
        found = systemic_risk(net, (start, hit, part), tolerance=tolerance, replaceable=replaceable)
        for at in range(len(start) - 1):
            shock = np.zeros(len(net))
            shock[hit[start[at] : start[at + 1]]] = part[start[at] : start[at + 1]]
            down, up = twin.left_after(net, shock, tolerance=tolerance, replaceable=replaceable)
            weight = net.sells / net.sells.sum()
            assert found.total[at] == pytest.approx(weight @ (1 - np.minimum(down, up)), abs=1e-9)
            assert found.downstream[at] == pytest.approx(weight @ (1 - down), abs=1e-9)
            assert found.upstream[at] == pytest.approx(weight @ (1 - up), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_small_losses_left_out_change_little_and_threads_nothing(seed: int) -> None:
    net = random_net(seed)
    shocks = random_shocks(np.random.default_rng(seed), len(net))
    exact = systemic_risk(net, shocks, tolerance=1e-6)
    near = systemic_risk(net, shocks, tolerance=1e-6, threshold=1e-5)
    assert near.total == pytest.approx(exact.total, abs=1e-3)
    # Rounds may end a little earlier or later, by the tolerance.
    assert (near.total <= exact.total + 1e-4).all()
    with ThreadPoolExecutor(2) as threads:
        again = systemic_risk(net, shocks, tolerance=1e-6, executor=threads)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(exact, again, strict=True))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_more_firms_lost_never_lose_less(seed: int) -> None:
    net, rng = random_net(seed), np.random.default_rng(seed)
    order = rng.permutation(len(net))[:10]
    start = np.cumsum(np.arange(11))
    firms = np.concatenate([order[:n] for n in range(1, 11)])
    found = systemic_risk(net, (start, firms, np.ones(len(firms))), tolerance=1e-9)
    assert (np.diff(found.total) >= -1e-9).all()


def test_nothing_lost_takes_nothing() -> None:
    net = random_net(1)
    found = systemic_risk(net, ([0, 0, 1], [3], [0.0]))
    assert found.total.tolist() == [0.0, 0.0]
    assert systemic_risk(net, ([0], [], [])).total.tolist() == []


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"supplier": [9]}, "supplier is not among"),
    ({"client": [-1]}, "client is not among"),
    ({"flow": [0.0]}, "flow holds"),
    ({"flow": [np.inf]}, "flow holds"),
    ({"flow": [1.0, 2.0]}, "different lengths"),
    ({"need": [3]}, "need is"),
    ({"final": [-1.0, 0.0]}, "final holds"),
    ({"sector": [-1, 0]}, "sector holds"),
]


@pytest.mark.parametrize(("more", "said"), FAULTS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_broken_net_is_refused(more: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = {"supplier": [0], "client": [1], "flow": [1.0], "sector": [0, 1]}
    with pytest.raises(ValueError, match=said):
        risk_net(**{**whole, **more})


def test_broken_shocks_are_refused() -> None:
    net = risk_net([0], [1], [1.0], [0, 1])
    for shocks, said in (
        (([0, 1], [2], [1.0]), "not there"),
        (([0, 2], [0], [1.0]), "row starts"),
        (([0, 1], [0], [1.5]), "from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=said):
            systemic_risk(net, shocks)
    with pytest.raises(ValueError, match="weight"):
        systemic_risk(net, ([0, 1], [0], [1.0]), weight=np.zeros(2))
    with pytest.raises(ValueError, match="tolerance"):
        systemic_risk(net, ([0, 1], [0], [1.0]), tolerance=-1)


PLANTS = ("S1", "S2", "S3", "P1", "P2")
RECIPE = Recipe(
    capacity=np.array([220.0, 60, 50, 120, 60]),
    demand=np.array([0.0, 0, 0, 100, 50]),
    stock=np.array([200.0, 0, 40, 100, 25]),
    margin=np.array([0.0, 0, 0, 10, 30]),
    supplier=np.array([0, 1, 0, 1, 2]),
    client=np.array([3, 3, 4, 4, 4]),
    input=np.array([0, 0, 0, 0, 1]),
    per_unit=np.array([1.0, 1, 2, 2, 1]),
)
"""S1 and S2 make a, S3 makes b; P1 is one a, P2 is two a and one b."""
SURVIVED = (2.5, np.inf, 1.3, 1.0, 0.5)
LOST = {
    "S1": (0, 0, 2100, 8050),
    "S2": (0, 0, 0, 0),
    "S3": (0, 1050, 4050, 10050),
    "P1": (0, 1000, 3000, 7000),
    "P2": (750, 2250, 5250, 11250),
}
"""Profit lost after 1, 2, 4 and 8 days."""


@pytest.mark.parametrize("plant", PLANTS)
def test_with_perfect_planning_no_less_is_lost(plant: str) -> None:
    halted = np.array(PLANTS) == plant
    assert days_survived(RECIPE, halted) == pytest.approx(SURVIVED[PLANTS.index(plant)])
    found = [least_loss(RECIPE, halted, days) for days in (1, 2, 4, 8)]
    assert found == pytest.approx(LOST[plant], abs=1e-6)
    survived = min(days_survived(RECIPE, halted), 100.0)
    assert least_loss(RECIPE, halted, survived) == pytest.approx(0, abs=1e-6)
    assert survived == 100.0 or least_loss(RECIPE, halted, survived + 0.1) > 0
