"""What a cluster's choices cost at given prices of what they use: the kernels of the bound."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from indranet.engines.gates.work import Array, Integer

CHUNKS = 16
"""Pieces into which clusters are cut: sums go piece by piece, so that threads change nothing."""
FEWEST = 64
"""Clusters of a piece at least, but of a single one."""
FAR = 34.0
"""Choices that cost so many temperatures more than the best weigh nothing."""


class Attributes(NamedTuple):
    """What clusters and options are; see `Problem`."""

    region: Array
    pool: Array
    purse: Array
    cost: Array
    work: Array
    amounts: Array
    product: Array
    people: Array
    wait: Array
    penalty: Array
    weights: Array
    earliest: Array
    latest: Array
    first: Array
    announced_option: Array
    announced_period: Array
    change_cost: Array


class Tables(NamedTuple):
    """What one of each attribute costs in each period, prices of rows included."""

    money: Array  # (purses, periods)
    work: Array  # (pools, periods)
    people: Array  # (regions, periods)
    wait: Array  # (periods,)
    amounts: Array  # (products, periods)
    weights: Array  # (columns, options, periods)


@njit(cache=True, nogil=True, error_model="numpy")
def price_choices(
    attributes: Attributes, tables: Tables, cluster: Integer, base: Array, priced: Array
) -> float:
    """Write what each option costs in each period, and return the least, penalty included."""
    periods = len(base)
    region, purse = attributes.region[cluster], attributes.purse[cluster]
    first, last = attributes.earliest[cluster], attributes.latest[cluster]
    least: float = attributes.penalty[cluster]
    people, wait = attributes.people[cluster], attributes.wait[cluster]
    for t in range(periods):
        base[t] = people * tables.people[region, t] + wait * tables.wait[t]
    change, told = attributes.change_cost[cluster], -1
    if change > 0.0:
        told = attributes.announced_period[cluster]
        for t in range(periods):
            if t != told:
                base[t] += change
    for v in range(priced.shape[0]):
        money = attributes.cost[cluster, v]
        begin = max(first, attributes.first[v])
        if math.isinf(money) or begin > last:
            for t in range(periods):
                priced[v, t] = np.inf
            continue
        work = attributes.work[cluster, v]
        row = priced[v]
        for t in range(periods):
            row[t] = (
                base[t]
                + money * tables.money[purse, t]
                + work * tables.work[attributes.pool[cluster], t]
            )
        for f in range(attributes.product.shape[1]):
            product = attributes.product[v, f]
            amount = attributes.amounts[cluster, f]
            if product >= 0 and amount > 0.0:
                for t in range(periods):
                    row[t] += amount * tables.amounts[product, t]
        for k in range(attributes.weights.shape[1]):
            weight = attributes.weights[cluster, k]
            if weight > 0.0:
                for t in range(periods):
                    row[t] += weight * tables.weights[k, v, t]
        if told >= 0 and attributes.announced_option[cluster] not in (v, -1):
            row[told] += change
        for t in range(begin):
            row[t] = np.inf
        for t in range(last + 1, periods):
            row[t] = np.inf
        for t in range(begin, last + 1):
            least = min(least, row[t])
    return least


@njit(cache=True, nogil=True, error_model="numpy")
def least_costs(attributes: Attributes, tables: Tables, begin: int, end: int) -> float:
    """Return the sum over clusters of what the cheapest choice of each costs."""
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced = np.empty(periods), np.empty((options, periods))
    total = 0.0
    for cluster in range(begin, end):
        total += price_choices(attributes, tables, cluster, base, priced)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def soft_costs(
    attributes: Attributes,
    tables: Tables,
    temperature: Array,
    begin: int,
    end: int,
    used: Tables,
) -> tuple[float, float]:
    """Add what clusters use on average, and return the sums of smoothed and of least costs.

    The smoothed cost is -h log(sum of exp(-cost / h)), h the cluster's temperature: below the least
    cost, and nearer to it the lower h is. Each choice weighs exp(-cost / h) over that sum.
    """
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced = np.empty(periods), np.empty((options, periods))
    soft = 0.0
    hard = 0.0
    for cluster in range(begin, end):
        least = price_choices(attributes, tables, cluster, base, priced)
        hard += least
        heat = temperature[cluster]
        bound = least + FAR * heat
        total = math.exp(-(attributes.penalty[cluster] - least) / heat)
        for v in range(options):
            for t in range(periods):
                if priced[v, t] <= bound:
                    priced[v, t] = math.exp(-(priced[v, t] - least) / heat)
                    total += priced[v, t]
                else:
                    priced[v, t] = 0.0
        soft += least - heat * math.log(total)
        region, purse = attributes.region[cluster], attributes.purse[cluster]
        people, wait = attributes.people[cluster], attributes.wait[cluster]
        for v in range(options):
            money, work = attributes.cost[cluster, v], attributes.work[cluster, v]
            for t in range(periods):
                part = priced[v, t]
                if part == 0.0:
                    continue
                part /= total
                used.money[purse, t] += part * money
                used.work[attributes.pool[cluster], t] += part * work
                used.people[region, t] += part * people
                used.wait[t] += part * wait
                for f in range(attributes.product.shape[1]):
                    product = attributes.product[v, f]
                    if product >= 0:
                        used.amounts[product, t] += part * attributes.amounts[cluster, f]
                for k in range(attributes.weights.shape[1]):
                    used.weights[k, v, t] += part * attributes.weights[cluster, k]
    return soft, hard


@njit(cache=True, nogil=True, error_model="numpy")
def beside(
    attributes: Attributes, tables: Tables, option: Array, period: Array, found: Array
) -> None:
    """Write what each cluster costs where it is, and one period earlier and later.

    Columns of `found`: with its own option a period earlier, here, and a period later; with the
    cheapest option earlier and later; infinite where there is no such choice.
    """
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced = np.empty(periods), np.empty((options, periods))
    for cluster in range(len(option)):
        v, t = option[cluster], period[cluster]
        for column in range(5):
            found[cluster, column] = np.inf
        if v < 0:
            continue
        price_choices(attributes, tables, cluster, base, priced)
        for step in range(-1, 2):
            if 0 <= t + step < periods:
                found[cluster, step + 1] = priced[v, t + step]
        for other in range(options):
            if t > 0:
                found[cluster, 3] = min(found[cluster, 3], priced[other, t - 1])
            if t + 1 < periods:
                found[cluster, 4] = min(found[cluster, 4], priced[other, t + 1])
