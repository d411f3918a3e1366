"""Entries: the dates that are enumerated, against trying all plans; what they cost; what is cut."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.engines.made_problems import brute, programme, tiny

from indranet.engines.assignment import (
    Caps,
    Entries,
    Late,
    Milestones,
    Plan,
    Problem,
    assign,
    broken,
    entry,
    objective,
    problem,
)
from indranet.engines.assignment.entries import SHUT, dates_taken


def entries(**more: Any) -> Entries:
    """Return one entry that opens option 1 from period 0, 1 or 2 on, for 10, paid at once."""
    given_: dict[str, Any] = {
        "options": [[False, True]], "money": [10.0], "purse": [0], "start": [[0, 1, 2]],
        "first": [[0, 1, 2]], "before": np.zeros((1, 3), bool), **more,
    }  # fmt: skip
    kinds = {"options": bool, "before": bool, "money": np.float64}
    return Entries(**{n: np.array(v, dtype=kinds.get(n, np.int32)) for n, v in given_.items()})


def with_entries(seed: int) -> Problem:
    """Return a tiny problem of every family with two entries, of cheap, dear or no money."""
    asked, g = tiny(seed), np.random.default_rng([seed, 5])
    count = int(g.integers(1, 3))
    start = np.sort(g.integers(0, asked.periods, (count, 2)), axis=1)
    before = np.zeros((count, len(asked)), dtype=bool)
    if g.random() < 0.4:
        before[0, int(g.integers(len(asked)))] = True
    made = entries(
        options=np.eye(2, dtype=bool)[:count] | (g.random((count, 2)) < 0.3),
        money=g.choice([0.0, 2.0, 8.0, 25.0], count), purse=g.integers(0, 2, count), start=start,
        first=start + g.integers(0, 2, (count, 1)), before=before,
    )  # fmt: skip
    return replace(asked, entries=made)


def as_tried(asked: Problem) -> None:
    found = assign(asked, seconds=60, gap=1e-9)
    least = brute(asked)
    assert found.cost == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert least * (1 - 1e-6) <= found.bound <= least + 1e-6
    assert not broken(asked, found.plan)
    assert not broken(found.problem, found.plan)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_tiny_ones_cost_what_trying_all_finds(seed: int) -> None:
    as_tried(with_entries(seed))


@settings(max_examples=10, deadline=None)
@given(some.integers(0, 10_000))
def test_so_do_those_that_entries_alone_link(seed: int) -> None:
    asked, free = with_entries(seed), Caps()
    as_tried(replace(
        asked, deliveries=np.full_like(asked.deliveries, np.inf), caps=free, near=asked.near[:0],
        crews=np.full_like(asked.crews, np.inf), floor=np.full_like(asked.floor, np.inf),
        cash=np.full_like(asked.cash, np.inf), milestones=Milestones(), late=Late(),
        near_start=np.zeros_like(asked.near_start),
    ))  # fmt: skip


def three(**more: Any) -> Problem:
    """Return three clusters; option 1 saves 4 at each."""
    given_ = {"entries": entries(), "discount": [1.0, 0.5, 0.25], **more}
    return problem(cost=[[20.0, 16.0]] * 3, periods=3, **given_)


def test_an_entry_is_taken_where_what_it_saves_is_worth_it() -> None:
    # Waiting costs so much that all come at once: 12 saved against 10.
    at_once = {"wait": [50.0] * 3}
    found = assign(three(**at_once), seconds=5, gap=1e-9)
    assert (found.plan.option.tolist(), found.taken.tolist()) == ([1, 1, 1], [0])
    assert found.cost == pytest.approx(48 + 10)
    dearer = three(**at_once, entries=entries(money=[13.0]))
    found = assign(dearer, seconds=5, gap=1e-9)
    assert (found.plan.option.tolist(), found.taken.tolist()) == ([0, 0, 0], [SHUT])
    assert [found.cost, found.bound] == pytest.approx([60, 60])


def test_an_entry_counts_at_the_last_date_before_its_first_use() -> None:
    plan = Plan(np.array([0, 1, 1], np.int32), np.array([0, 1, 2], np.int32))
    assert dates_taken(entries(), plan.option, plan.period)[0].tolist() == [1]
    # 20 at once, half of 16 and of the entry, a quarter of 16.
    assert objective(three(), plan) == pytest.approx(20 + 8 + 5 + 4)
    early = replace(plan, period=np.array([0, 0, 2], np.int32))
    late = entries(start=[[1, 1, 2]], first=[[1, 2, 2]])
    assert dates_taken(late, early.option, early.period)[1].tolist() == [True]
    faults = broken(three(entries=late), early)
    assert [(fault.family, fault.place) for fault in faults] == [("entries", (0,))]


def test_money_for_an_entry_is_no_longer_there_for_clusters() -> None:
    asked = three(wait=[50.0] * 3, cash=[[57.0, 60.0, 60.0]])
    found = assign(asked, seconds=5, gap=1e-9)
    # 58 are not there at once: the third cluster waits, or the entry is left.
    assert found.cost == pytest.approx(brute(asked))
    spent = asked.entries.money[0] + 48
    all_at_once = Plan(np.ones(3, np.int32), np.zeros(3, np.int32))
    assert [fault.used for fault in broken(asked, all_at_once)] == [pytest.approx(spent)]


def test_what_comes_first_comes_first() -> None:
    # Cluster 0 is the core: by itself it would come last, since paying later is cheaper.
    core = entries(
        options=[[False, True]], money=[0.0], start=[[0, 1]], first=[[1, 2]],
        before=[[True, False, False]],
    )  # fmt: skip
    asked = problem(
        cost=[[30.0, np.inf], [np.inf, 16.0], [np.inf, 16.0]], periods=3,
        wait=[0.0, 7.0, 7.0], discount=[1.0, 0.9, 0.8], entries=core,
    )  # fmt: skip
    found = assign(asked, seconds=5, gap=1e-9)
    assert found.plan.period.tolist() == [0, 1, 1]
    assert found.cost == pytest.approx(brute(asked)) == pytest.approx(30 + 2 * (0.9 * 16 + 7))
    left = Plan(np.array([-1, 1, 1], np.int32), np.array([-1, 1, 1], np.int32))
    assert [fault.family for fault in broken(asked, left)] == ["entries"]


def many(asked: Problem, money: float) -> Entries:
    """Return an entry for each of six options, with three dates."""
    dates = np.repeat(np.array([[0, 5, 12]]), 6, axis=0)
    return entries(
        options=np.eye(6, dtype=bool), money=np.full(6, money), purse=np.zeros(6), start=dates,
        first=dates, before=np.zeros((6, len(asked)), bool),
    )  # fmt: skip


def test_where_no_entry_costs_anything_none_is_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entry._Tree, "halves", None)
    asked = programme(24, seed=1)
    # Packing leaves a gap, which no date of an entry would close.
    found = assign(replace(asked, entries=many(asked, 0.0)), seconds=1, gap=1e-6)
    assert not broken(asked, found.plan)
    assert found.bound <= found.cost


def test_dear_entries_are_left_and_that_is_proven() -> None:
    asked = programme(24, seed=4)
    asked = replace(
        asked, caps=Caps(), deliveries=np.full_like(asked.deliveries, np.inf),
        cash=np.full_like(asked.cash, np.inf),
    )  # fmt: skip
    part = 0.08 * asked.cost.min(axis=1).sum()
    found = assign(replace(asked, entries=many(asked, part)), seconds=40, gap=0.1)
    plain = assign(asked, seconds=2, gap=0.02)
    assert len(np.unique(plain.plan.option)) > (found.taken != SHUT).sum() >= 1
    # The plan of all options pays for more of them than it is cheaper.
    whole = replace(asked, entries=many(asked, part))
    assert found.cost < objective(whole, plain.plan)
    assert found.bound > plain.cost
    assert found.gap <= 0.1
    assert not broken(whole, found.plan)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"options": [[True, True, True]]}, "options of shape"),
        ({"first": [[2, 1, 0]]}, "dates rise"),
        ({"start": [[0, 1, 3]]}, "start out of range"),
        ({"money": [np.inf]}, "finite money"),
        ({"purse": [1]}, "purse out of range"),
        ({"start": [[0] * 9], "first": [[0] * 9]}, "from 1 to 8 dates"),
    ],
)
def test_entries_that_make_no_sense_are_told(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        three(entries=entries(**more))
