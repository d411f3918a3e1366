"""Stacks: the cheapest offers that work together, as listing all of them finds; and how fast."""

import json
import time
from itertools import product as every
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.made_up import network_of

from indranet.engines.choices import cheapest
from indranet.model.goal import Goal
from indranet.model.schema import FUNCTIONS
from indranet.studies.groundwork import groundwork
from indranet.studies.stacks import _interface, _Market, _subsets, stacks
from indranet.studies.swaps import swaps

COUPLED = [FUNCTIONS.index(name) for name in ("RU", "DU", "gNB", "CU", "eNB", "EMS")]
FREE = FUNCTIONS.index("AMF")


@settings(max_examples=80, deadline=None)
@given(some.integers(0, 100_000))
def test_the_cheapest_choices_are_those_that_listing_all_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    kinds = int(random.integers(1, 6))
    sizes = random.integers(1, 5, kinds)
    costs = [random.integers(0, 9, size).astype(float) for size in sizes]
    for cost in costs:
        cost[random.random(len(cost)) < 0.1] = np.inf
    fits = {
        (a, b): random.random((sizes[a], sizes[b])) < 0.6
        for a in range(kinds)
        for b in range(kinds)
        if a != b and random.random() < 0.25
    }
    listed = {
        chosen: total
        for chosen in every(*(range(size) for size in sizes))
        if all(flags[chosen[a], chosen[b]] for (a, b), flags in fits.items())
        and np.isfinite(total := sum(costs[k][c] for k, c in enumerate(chosen)))
    }
    most = int(random.integers(1, 30))
    found = cheapest(costs, fits, most)
    assert len(set(found)) == len(found) == min(most, len(listed))
    assert [listed[chosen] for chosen in found] == sorted(listed.values())[:most]


def test_nothing_to_choose_is_one_choice() -> None:
    assert cheapest([], {}, 5) == [()]
    assert cheapest([np.zeros(0), np.ones(2)], {}, 5) == []


def market(random: np.random.Generator, functions: list[int], offers: int) -> _Market:
    makers = random.integers(0, 4, 200).tolist()
    products = {f: random.integers(0, 200, offers).tolist() for f in functions}
    pairs = set()
    for f, g in every(functions, functions):
        for p, q in every(products[f], products[g]):
            if (word := _interface(f, g)) and random.random() < 0.15:
                pairs |= {(p, q, word), (q, p, word)}
    costs = {f: random.integers(1, 50, offers).astype(float) for f in functions}
    return _Market(costs, products, makers, frozenset(pairs))


def works(of: _Market, f: int, p: int, g: int, q: int) -> bool:
    word = _interface(f, g)
    return not word or of.maker[p] == of.maker[q] or (p, q, word) in of.certified


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 100_000))
def test_stacks_are_those_that_listing_all_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    asked = tuple(sorted(random.choice([*COUPLED, FREE], int(random.integers(1, 5)), False)))
    rest = [f for f in COUPLED if f not in asked]
    kept = {
        int(f): random.integers(0, 200, int(random.integers(1, 3))).tolist()
        for f in random.choice(rest, int(random.integers(0, 3)), False)
    }
    of = market(random, list(asked), 3)
    listed: dict[frozenset[int], list[float]] = {}
    for chosen in every(range(3), repeat=len(asked)):
        there = {f: of.products[f][c] for f, c in zip(asked, chosen, strict=True)}
        if not all(works(of, f, there[f], g, there[g]) for f, g in every(asked, asked)):
            continue
        wrong = frozenset(
            g for g, products in kept.items()
            if not all(works(of, f, p, g, q) for f, p in there.items() for q in products)
        )  # fmt: skip
        cost = sum(float(of.costs[f][c]) for f, c in zip(asked, chosen, strict=True))
        listed.setdefault(wrong, []).append(cost)
    found = of.stacks(asked, kept, most=500)
    costs = [sum(of.costs[f][c] for f, c in zip(asked, one, strict=True)) for one in found]
    assert costs == pytest.approx(sorted(listed.get(frozenset(), [])))
    for wrong in _subsets(kept):
        assert of.clash(asked, kept, wrong) == (wrong in listed)


@pytest.mark.parametrize("functions", [COUPLED, [FUNCTIONS.index(f) for f in FUNCTIONS[8:14]]])
def test_many_offers_for_many_functions_take_no_time(functions: list[int]) -> None:
    # Twelve offers for each of six functions: three million combinations.
    of = market(np.random.default_rng(3), functions, 12)
    of.stacks(tuple(sorted(functions)), {})
    begun = time.perf_counter()
    found = of.stacks(tuple(sorted(functions)), {})
    assert time.perf_counter() - begun < 0.25
    assert len(found) == 64


def test_each_offer_is_in_a_stack_however_many_are_cheaper(tmp_path: Path) -> None:
    # Nine offers for each of four functions without interfaces: 6,561 stacks, 64 of them kept, in
    # which the last makers would never be.
    functions = ["AMF", "SMF", "UPF", "UDM"]
    offers = [f"{f}-{n}" for f in functions for n in range(9)]
    network = network_of(
        tmp_path / "case",
        countries={"country": ["AAA"]},
        firms={"firm": ["op", "old", *(f"m{n}" for n in range(9))], "country": ["AAA"] * 11},
        products={
            "product": [*offers, *(f"old-{f}" for f in functions)],
            "firm": [f"m{n}" for _ in functions for n in range(9)] + ["old"] * 4,
            "function": [f for f in functions for _ in range(9)] + functions,
        },
        sites={"site": ["s"], "operator": ["op"], "country": ["AAA"], "kind": ["core"]},
        equipment={
            "site": ["s"] * 4, "function": functions, "product": [f"old-{f}" for f in functions],
        },
        offers={
            "product": offers, "replaces": [f for f in functions for _ in range(9)],
            "unit_cost_usd": [10.0 + n for _ in functions for n in range(9)],
        },
    )  # fmt: skip
    asked = json.dumps({"name": "g", "operator": "op", "replace": {"firms": ["old"]}})
    goal, ground = Goal.model_validate_json(asked), groundwork(network)
    made = stacks(ground, goal, swaps(ground, goal))
    assert set(made.offer.ravel().tolist()) == set(range(36))
    cost = network["offers"]["unit_cost_usd"][made.offers][made.offer].sum(axis=1)
    assert (np.diff(cost) >= 0).all()
    # Every one cheaper than the dearest of the 64 is there: 1 + 4 + 10 + 20 of cost 40 to 43.
    assert (cost <= 43).sum() == 35
    assert 64 < len(cost) <= 64 + 36
