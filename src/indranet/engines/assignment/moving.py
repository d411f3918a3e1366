"""A plan under way: what it uses, whether a choice still fits, and moves that make it cheaper."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from indranet.engines.assignment.pricing import Attributes, Tables, price_choices
from indranet.engines.gates.work import Array, Integer

LITTLE = 1e-9
"""Part of a limit by which rounding may seem to exceed it."""


class Limits(NamedTuple):
    """What there is of what links clusters; see `Problem`. Limits are widened by `LITTLE`."""

    deliveries: Array
    crews: Array  # overtime not counted
    overtime: Array
    overtime_price: Array
    floor: Array
    cash: Array
    refund_share: float
    refund_lag: int
    cap_weight: Array
    cap_factor: Array
    cap_last: Array
    cap_limit: Array
    milestone_weight: Array
    milestone_last: Array
    milestone_need: Array
    milestone_price: Array
    near_start: Array
    near: Array
    late_row: Array  # (products, periods), -1 for none; the rest by row, see `late.Curve`
    late_breaks: Array
    late_level: Array
    late_paid: Array
    late_price: Array
    border_start: Array  # see `borders.Borders`
    border_other: Array
    border_cost: Array
    border_side: Array


class Moving(NamedTuple):
    """Choices of all clusters, and what they use."""

    option: Array
    period: Array
    deliveries: Array
    crews: Array
    floor: Array
    cash: Array
    caps: Array
    milestones: Array


@njit(cache=True, nogil=True, error_model="numpy")
def fits(
    attributes: Attributes, limits: Limits, moving: Moving, cluster: Integer, v: Integer, t: Integer
) -> bool:
    """Return whether a choice leaves every limit kept."""
    periods = moving.cash.shape[1]
    region, pool = attributes.region[cluster], attributes.pool[cluster]
    work = attributes.work[cluster, v]
    if work > 0.0:
        room = limits.crews[pool, t] + limits.overtime[pool, t] - moving.crews[pool, t]
        if work > room:
            return False
    people = attributes.people[cluster]
    if people > limits.floor[region, t] - moving.floor[region, t]:
        return False
    for e in range(limits.near_start[cluster], limits.near_start[cluster + 1]):
        if moving.period[limits.near[e]] == t:
            return False
    parts = attributes.product.shape[1]
    for f in range(parts):
        product, need = attributes.product[v, f], 0.0
        if product < 0:
            continue
        for g in range(parts):
            if attributes.product[v, g] == product:
                need += attributes.amounts[cluster, g]
        if need > 0.0:
            for later in range(t, periods):
                if need > limits.deliveries[product, later] - moving.deliveries[product, later]:
                    return False
    money, purse = attributes.cost[cluster, v], attributes.purse[cluster]
    for later in range(t, periods):
        part = money
        if later >= t + limits.refund_lag:
            part -= limits.refund_share * money
        if part > limits.cash[purse, later] - moving.cash[purse, later]:
            return False
    for j in range(len(limits.cap_limit)):
        if t <= limits.cap_last[j]:
            used = attributes.weights[cluster, limits.cap_weight[j]] * limits.cap_factor[j, v]
            if used > 0.0 and used > limits.cap_limit[j] - moving.caps[j]:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def linked(
    attributes: Attributes, limits: Limits, moving: Moving, cluster: Integer, v: Integer, t: Integer
) -> float:
    """Return what a choice adds in overtime, waiting and borders, less milestones it saves."""
    found = 0.0
    pool = attributes.pool[cluster]
    work = attributes.work[cluster, v]
    if work > 0.0 and not math.isinf(limits.crews[pool, t]):
        before = max(moving.crews[pool, t] - limits.crews[pool, t], 0.0)
        after = max(moving.crews[pool, t] + work - limits.crews[pool, t], 0.0)
        found += (after - before) * limits.overtime_price[pool, t]
    for j in range(len(limits.milestone_need)):
        if t <= limits.milestone_last[j]:
            weight = attributes.weights[cluster, limits.milestone_weight[j]]
            lack = max(limits.milestone_need[j] - moving.milestones[j], 0.0)
            found -= limits.milestone_price[j] * min(weight, lack)
    found += _mixes(limits, moving, cluster, v)
    return found + _waits(attributes, limits, moving, cluster, v, t)


@njit(cache=True, nogil=True, error_model="numpy")
def _mixes(limits: Limits, moving: Moving, cluster: Integer, v: Integer) -> float:
    """Return what an option adds in borders to clusters of another side."""
    found = 0.0
    side = limits.border_side[v]
    if side < 0:
        return found
    for e in range(limits.border_start[cluster], limits.border_start[cluster + 1]):
        option = moving.option[limits.border_other[e]]
        if option >= 0 and limits.border_side[option] >= 0 and limits.border_side[option] != side:
            found += limits.border_cost[e]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _waits(
    attributes: Attributes, limits: Limits, moving: Moving, cluster: Integer, v: Integer, t: Integer
) -> float:
    """Return what a choice adds in waiting for deliveries."""
    found = 0.0
    if len(limits.late_price) == 0:
        return found
    parts = attributes.product.shape[1]
    for f in range(parts):
        product, need, first = attributes.product[v, f], 0.0, True
        for g in range(parts):
            if product >= 0 and attributes.product[v, g] == product:
                need += attributes.amounts[cluster, g]
                first = first and g >= f
        if need <= 0.0 or not first:
            continue
        for later in range(t, moving.deliveries.shape[1]):
            row = limits.late_row[product, later]
            if row >= 0:
                used = moving.deliveries[product, later]
                found += _waited(limits, row, used + need) - _waited(limits, row, used)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _waited(limits: Limits, row: Integer, used: float) -> float:
    """Return what waiting costs of a row of which so much is used."""
    k = np.searchsorted(limits.late_breaks[row], used)
    cost: float = limits.late_price[row] * (
        limits.late_level[row, k] * used - limits.late_paid[row, k]
    )
    return cost


@njit(cache=True, nogil=True, error_model="numpy")
def put(
    attributes: Attributes,
    moving: Moving,
    limits: Limits,
    cluster: Integer,
    v: Integer,
    t: Integer,
    sign: float,
) -> None:
    """Add what a choice uses, or with sign -1 take it away again."""
    periods = moving.cash.shape[1]
    region = attributes.region[cluster]
    moving.crews[attributes.pool[cluster], t] += sign * attributes.work[cluster, v]
    moving.floor[region, t] += sign * attributes.people[cluster]
    for f in range(attributes.product.shape[1]):
        product = attributes.product[v, f]
        if product >= 0:
            for later in range(t, periods):
                moving.deliveries[product, later] += sign * attributes.amounts[cluster, f]
    money, purse = sign * attributes.cost[cluster, v], attributes.purse[cluster]
    for later in range(t, periods):
        moving.cash[purse, later] += money
        if later >= t + limits.refund_lag:
            moving.cash[purse, later] -= limits.refund_share * money
    for j in range(len(limits.cap_limit)):
        if t <= limits.cap_last[j]:
            weight = attributes.weights[cluster, limits.cap_weight[j]]
            moving.caps[j] += sign * weight * limits.cap_factor[j, v]
    for j in range(len(limits.milestone_need)):
        if t <= limits.milestone_last[j]:
            moving.milestones[j] += sign * attributes.weights[cluster, limits.milestone_weight[j]]
    moving.option[cluster] = v if sign > 0 else -1
    moving.period[cluster] = t if sign > 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def choose(
    attributes: Attributes,
    limits: Limits,
    moving: Moving,
    tables: Tables,
    cluster: Integer,
    most: float,
    priced: Array,
    base: Array,
) -> tuple[int, int, float]:
    """Return the cheapest choice below `most` that fits, -1 for none, and what it costs then.

    Costs are those of `tables`, overtime and milestones added.
    """
    price_choices(attributes, tables, cluster, base, priced)
    best = most
    option = -1
    period = -1
    saved = _most_saved(attributes, limits, moving, cluster)
    for v in range(priced.shape[0]):
        for t in range(priced.shape[1]):
            value = priced[v, t]
            if math.isinf(value) or value >= best + saved:
                continue
            value += linked(attributes, limits, moving, cluster, v, t)
            if value < best and fits(attributes, limits, moving, cluster, v, t):
                best, option, period = value, v, t
    return option, period, best


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    attributes: Attributes,
    limits: Limits,
    moving: Moving,
    tables: Tables,
    order: Array,
) -> int:
    """Give each cluster in turn its cheapest choice that fits, and return how many got none."""
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced = np.empty(periods), np.empty((options, periods))
    without = 0
    for cluster in order:
        most = attributes.penalty[cluster]
        v, t, _ = choose(attributes, limits, moving, tables, cluster, most, priced, base)
        if v >= 0:
            put(attributes, moving, limits, cluster, v, t, 1.0)
        else:
            without += 1
    return without


@njit(cache=True, nogil=True, error_model="numpy")
def shift(
    attributes: Attributes,
    limits: Limits,
    moving: Moving,
    tables: Tables,
    order: Array,
) -> int:
    """Give each cluster in turn a cheaper choice where one fits, and return how many moved."""
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced = np.empty(periods), np.empty((options, periods))
    moved = 0
    for cluster in order:
        v, t = moving.option[cluster], moving.period[cluster]
        most = attributes.penalty[cluster]
        if v >= 0:
            put(attributes, moving, limits, cluster, v, t, -1.0)
            price_choices(attributes, tables, cluster, base, priced)
            here = priced[v, t] + linked(attributes, limits, moving, cluster, v, t)
            most = min(most, here - 1e-9 * abs(here))
        new_v, new_t, _ = choose(attributes, limits, moving, tables, cluster, most, priced, base)
        if new_v >= 0:
            put(attributes, moving, limits, cluster, new_v, new_t, 1.0)
            moved += 1
        elif v >= 0:
            put(attributes, moving, limits, cluster, v, t, 1.0)
    return moved


@njit(cache=True, nogil=True, error_model="numpy")
def _below(random: Array, count: Integer) -> int:
    """Return a random number from 0 to below count (xorshift; Marsaglia 2003)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    below: int = np.int64((x >> np.uint64(11)) % np.uint64(count))  # type: ignore[assignment]
    return below


@njit(cache=True, nogil=True, error_model="numpy")
def _part(random: Array) -> float:
    return (_below(random, 1 << 50) + 0.5) / (1 << 50)


@njit(cache=True, nogil=True, error_model="numpy")
def swap(
    attributes: Attributes,
    limits: Limits,
    moving: Moving,
    tables: Tables,
    region_start: Array,
    region_members: Array,
    tries: Integer,
    random: Array,
) -> int:
    """Let pairs of clusters of a region exchange option and period where that is cheaper."""
    periods, options = len(tables.wait), attributes.product.shape[0]
    base = np.empty(periods)
    one, other = np.empty((options, periods)), np.empty((options, periods))
    swapped = 0
    clusters = len(moving.option)
    for _ in range(tries):
        a = _below(random, clusters)
        region = attributes.region[a]
        first, count = region_start[region], region_start[region + 1] - region_start[region]
        b = region_members[first + _below(random, count)]
        va, ta, vb, tb = moving.option[a], moving.period[a], moving.option[b], moving.period[b]
        if a == b or va < 0 or vb < 0 or (va == vb and ta == tb):
            continue
        price_choices(attributes, tables, a, base, one)
        price_choices(attributes, tables, b, base, other)
        if math.isinf(one[vb, tb]) or math.isinf(other[va, ta]):
            continue
        rough = one[vb, tb] + other[va, ta] - one[va, ta] - other[vb, tb]
        one_pool, other_pool = attributes.pool[a], attributes.pool[b]
        over = moving.crews[one_pool, ta] > limits.crews[one_pool, ta]
        over |= moving.crews[other_pool, tb] > limits.crews[other_pool, tb]
        linked_ = len(limits.late_price) > 0 or len(limits.border_other) > 0
        if rough >= 0 and not over and not linked_ and len(limits.milestone_need) == 0:
            continue
        put(attributes, moving, limits, a, va, ta, -1.0)
        before = linked(attributes, limits, moving, a, va, ta)
        put(attributes, moving, limits, b, vb, tb, -1.0)
        before += linked(attributes, limits, moving, b, vb, tb)
        done = False
        if fits(attributes, limits, moving, a, vb, tb):
            after = linked(attributes, limits, moving, a, vb, tb)
            put(attributes, moving, limits, a, vb, tb, 1.0)
            if fits(attributes, limits, moving, b, va, ta):
                after += linked(attributes, limits, moving, b, va, ta)
                if rough + after - before < -1e-9 * abs(one[va, ta]):
                    put(attributes, moving, limits, b, va, ta, 1.0)
                    done = True
                    swapped += 1
            if not done:
                put(attributes, moving, limits, a, vb, tb, -1.0)
        if not done:
            put(attributes, moving, limits, a, va, ta, 1.0)
            put(attributes, moving, limits, b, vb, tb, 1.0)
    return swapped


@njit(cache=True, nogil=True, error_model="numpy")
def ruin(
    attributes: Attributes,
    limits: Limits,
    moving: Moving,
    tables: Tables,
    prices: Tables,
    region_start: Array,
    region_members: Array,
    tries: Integer,
    random: Array,
    heat: float,
) -> float:
    """Take some clusters of a region out and put them back; return by how much costs fell.

    Ruin and recreate (Schrimpf et al. 2000): 4 to 12 clusters are put back one after the other,
    each where it fits cheapest at the cost of `tables` plus a random part of the prices in
    `prices`; what is dearer is taken back unless an annealing at `heat` lets it pass.
    """
    periods, options = len(tables.wait), attributes.product.shape[0]
    base, priced, own = (
        np.empty(periods),
        np.empty((options, periods)),
        np.empty((options, periods)),
    )
    taken = np.empty(12, np.int64)
    old_v, old_t = np.empty(12, np.int64), np.empty(12, np.int64)
    new_v, new_t = np.empty(12, np.int64), np.empty(12, np.int64)
    saved = 0.0
    clusters = len(moving.option)
    for _ in range(tries):
        seed = _below(random, clusters)
        region = attributes.region[seed]
        first, count = region_start[region], region_start[region + 1] - region_start[region]
        size = min(4 + _below(random, 9), count)
        chosen = 0
        while chosen < size:
            taken[chosen] = region_members[first + _below(random, count)]
            again = False
            for k in range(chosen):
                again |= taken[k] == taken[chosen]
            chosen += 0 if again else 1
        before = 0.0
        for k in range(size):
            cluster = taken[k]
            old_v[k], old_t[k] = moving.option[cluster], moving.period[cluster]
            if old_v[k] >= 0:
                put(attributes, moving, limits, cluster, old_v[k], old_t[k], -1.0)
                price_choices(attributes, tables, cluster, base, own)
                before += own[old_v[k], old_t[k]]
                before += linked(attributes, limits, moving, cluster, old_v[k], old_t[k])
            else:
                before += attributes.penalty[cluster]
        noise = 2.0 * _part(random)
        after = 0.0
        for k in range(size):
            cluster = taken[k]
            price_choices(attributes, tables, cluster, base, own)
            price_choices(attributes, prices, cluster, base, priced)
            best = attributes.penalty[cluster]
            spare = _most_saved(attributes, limits, moving, cluster)
            v, t = -1, -1
            for i in range(options):
                for j in range(periods):
                    if math.isinf(own[i, j]):
                        continue
                    value = own[i, j] + noise * (priced[i, j] - own[i, j])
                    if value >= best + spare:
                        continue
                    value += linked(attributes, limits, moving, cluster, i, j)
                    if value < best and fits(attributes, limits, moving, cluster, i, j):
                        best, v, t = value, i, j
            new_v[k], new_t[k] = v, t
            if v >= 0:
                after += own[v, t] + linked(attributes, limits, moving, cluster, v, t)
                put(attributes, moving, limits, cluster, v, t, 1.0)
            else:
                after += attributes.penalty[cluster]
        gain = before - after
        if gain >= 0 or (heat > 0 and _part(random) < math.exp(gain / heat)):
            saved += gain
            continue
        for k in range(size):
            if new_v[k] >= 0:
                put(attributes, moving, limits, taken[k], new_v[k], new_t[k], -1.0)
        for k in range(size):
            if old_v[k] >= 0:
                put(attributes, moving, limits, taken[k], old_v[k], old_t[k], 1.0)
    return saved


@njit(cache=True, nogil=True, error_model="numpy")
def _most_saved(attributes: Attributes, limits: Limits, moving: Moving, cluster: Integer) -> float:
    """Return the most that a choice can save of lacking milestones."""
    found = 0.0
    for j in range(len(limits.milestone_need)):
        weight = attributes.weights[cluster, limits.milestone_weight[j]]
        lack = max(limits.milestone_need[j] - moving.milestones[j], 0.0)
        found += limits.milestone_price[j] * min(weight, lack)
    return found
