"""Problems of assignment made up for tests: tiny with every family of rows, and larger ones."""

import itertools
from typing import Any

import numpy as np

from indranet.engines.assignment import (
    Caps,
    Late,
    Milestones,
    Plan,
    Problem,
    broken,
    objective,
    problem,
)


def tiny(seed: int) -> Problem:
    """Return two to four clusters, two options, three periods, and every family of rows."""
    g = np.random.default_rng(seed)
    clusters, options, periods, regions = int(g.integers(2, 5)), 2, 3, 2
    cost = g.integers(1, 20, (clusters, options)).astype(float)
    cost[g.random((clusters, options)) < 0.15] = np.inf
    amounts = g.integers(1, 4, (clusters, 2)).astype(float)
    product = np.array([[0, 1], [1, -1]]) if g.random() < 0.5 else np.array([[0, -1], [1, 0]])
    people = g.integers(1, 6, clusters).astype(float)

    def one(low: int, high: int, kind: type) -> np.ndarray[Any, Any]:
        return np.array([g.integers(low, high)], dtype=kind)

    near_start, near = np.zeros(clusters + 1, np.int64), np.zeros(0, np.int32)
    if g.random() < 0.5:
        near_start = np.array([0, 1, 2] + [2] * (clusters - 2))
        near = np.array([1, 0], np.int32)
    return problem(
        cost=cost, periods=periods, region=g.integers(0, regions, clusters),
        pool=g.integers(0, 2, clusters), work=g.integers(0, 4, (clusters, options)).astype(float),
        amounts=amounts, product=product, people=people, wait=g.random(clusters).round(2),
        penalty=np.full(clusters, 60.0), weights=np.column_stack([people, amounts[:, 0]]),
        earliest=g.integers(0, 2, clusters), latest=g.integers(1, periods, clusters),
        first=g.integers(0, 2, options), discount=np.array([1, 0.9, 0.8]),
        work_price=g.random((2, periods)).round(2), running=g.random((2, periods)).round(2),
        deliveries=np.cumsum(g.integers(0, 6, (2, periods)), 1).astype(float),
        crews=g.integers(1, 5, (2, periods)).astype(float),
        overtime=g.integers(0, 3, (2, periods)).astype(float),
        overtime_price=g.random((2, periods)).round(2) * 3,
        floor=g.integers(3, 10, (regions, periods)).astype(float),
        purse=g.integers(0, 2, clusters),
        cash=np.cumsum(g.integers(3, 20, (2, periods)), 1).astype(float),
        refund_share=0.4, refund_lag=1,
        caps=Caps(np.array([0], np.int32), g.random((1, options)).round(2),
                  one(0, periods, np.int32), one(3, 15, np.float64)),
        milestones=Milestones(np.array([1], np.int32), one(0, periods, np.int32),
                              one(1, 8, np.float64), one(0, 5, np.float64)),
        near_start=near_start, near=near, late=tiny_late(g, periods),
        announced_option=g.integers(-1, options, clusters),
        announced_period=g.integers(-1, periods, clusters),
        change_cost=g.integers(0, 3, clusters) * 2.5,
    )  # fmt: skip


def tiny_late(g: np.random.Generator, periods: int) -> Late:
    """Return no scenarios, or three, of which all or the worst part count."""
    if g.random() < 0.4:
        return Late()
    weight = g.dirichlet(np.ones(3))
    deliveries = np.cumsum(g.integers(0, 4, (3, 2, periods)), 2).astype(float)
    return Late(deliveries, g.integers(0, 3, 2).astype(float), weight, g.choice([1.0, 0.5, 0.2]))


def brute(asked: Problem) -> float:
    """Return the least cost of all plans, by trying each."""
    choices = [(-1, -1)] + [(v, t) for v in range(asked.options) for t in range(asked.periods)]
    best = np.inf
    for some in itertools.product(choices, repeat=len(asked)):
        if any(v >= 0 and np.isinf(asked.cost[c, v]) for c, (v, _) in enumerate(some)):
            continue
        plan = Plan(
            np.array([v for v, _ in some], np.int32), np.array([t for _, t in some], np.int32)
        )
        cost = objective(asked, plan)
        if cost < best and not broken(asked, plan):
            best = cost
    return best


def programme(clusters: int, seed: int = 0, tight: float = 1.0, budget: float = 1.0) -> Problem:
    """Return a programme of six vendors, 24 periods and 20 regions."""
    g = np.random.default_rng(seed)
    options, periods, regions = 6, 24, 20
    region = np.sort(g.integers(0, regions, clusters))
    sites = np.minimum(g.lognormal(2.5, 0.7, clusters).round() + 1, 40)
    people = sites * g.lognormal(7, 0.4, clusters)
    unit = g.lognormal(np.log(40e3), 0.25, options)
    cost = sites[:, None] * unit * g.lognormal(0, 0.15, (clusters, options))
    cost[g.random((clusters, options)) < 0.15] = np.inf
    none = ~np.isfinite(cost).any(1)
    cost[none, 0] = sites[none] * 40e3
    work = sites[:, None] * g.uniform(3, 7, (clusters, 1)) * np.ones((1, options))
    amounts = (sites * g.integers(2, 6, clusters))[:, None]
    ramp = np.clip(np.arange(1, periods + 1) / 6, 0, 1)
    share = g.dirichlet(np.ones(options) * 3)
    season = 1 - 0.4 * (np.arange(periods) % 12 > 9)
    total_work = np.bincount(region, weights=work[:, 0], minlength=regions)
    crews = tight * 1.15 * total_work[:, None] * season / season.sum()
    largest = np.zeros(regions)
    np.maximum.at(largest, region, work[:, 0])
    crews = np.maximum(crews, 0.9 * largest[:, None])
    population = np.bincount(region, weights=people, minlength=regions)
    biggest = np.zeros(regions)
    np.maximum.at(biggest, region, people)
    floor = np.repeat(np.maximum(0.12 * population, 1.5 * biggest)[:, None], periods, 1)
    finite = np.where(np.isfinite(cost), cost, np.nan)
    cheap = np.nanmin(finite, 1).sum()
    discount = 1.05 ** (-np.arange(periods) / 12)
    return problem(
        cost=cost, periods=periods, region=region, work=work, amounts=amounts,
        product=np.arange(options)[:, None], people=people, wait=people * 2e-3,
        penalty=np.nanmax(finite, 1) * 3 + sites * 1e5, weights=np.column_stack([sites, people]),
        discount=discount, work_price=np.full((regions, periods), 800.0) * discount,
        deliveries=tight * 1.35 * amounts.sum() * share[:, None] * np.cumsum(ramp) / ramp.sum(),
        crews=crews, overtime=0.2 * crews, overtime_price=np.full((regions, periods), 700.0),
        floor=floor, cash=budget * 1.25 * cheap * (np.arange(1, periods + 1) + 2) / periods,
        refund_share=0.395, refund_lag=6,
        caps=Caps(np.zeros(options, np.int32), np.eye(options),
                  np.full(options, periods - 1, np.int32), np.full(options, 0.4 * sites.sum())),
        milestones=Milestones(np.array([1, 1], np.int32), np.array([8, 16], np.int32),
                              np.array([0.25, 0.65]) * people.sum(),
                              np.full(2, cheap / people.sum() * 0.5)),
    )  # fmt: skip
