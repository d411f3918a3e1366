"""Systemic risk of many firms or groups, each spread over the links it touches and no others."""

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.systemic.net import Array, Floats, RiskNet
from indranet.engines.systemic.twin import AVAILABLE

JOBS = 32
"""Most jobs that one call hands to an executor."""


class Risk(NamedTuple):
    """Part of the whole net's weight that is lost in the end, shape (shocks,) each.

    Attributes
    ----------
    total, downstream, upstream
        By whichever is worse for each firm; by what it lacks; by what it cannot sell.
    rounds
        Rounds of spreading.
    """

    total: Floats
    downstream: Floats
    upstream: Floats
    rounds: npt.NDArray[np.int64]


def systemic_risk(
    net: RiskNet,
    shocks: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    *,
    weight: npt.ArrayLike | None = None,
    tolerance: float = 1e-2,
    threshold: float = 0.0,
    replaceable: bool = True,
    executor: Executor | None = None,
) -> Risk:
    """Return the economic systemic risk index of each of some shocks.

    Diem, Borsos, Reisch, Kertesz & Thurner 2022, "Quantifying firm-level economic systemic risk
    from nation-wide supply networks", Scientific Reports 12:7719. Only firms that have lost
    something are looked at, which changes nothing but the order of sums.

    Parameters
    ----------
    net
        Of `risk_net`.
    shocks
        Row starts of shape (shocks + 1,), the firms that each shock hits, and the part of their
        production that they lose, 0 to 1.
    weight
        What the loss of each firm counts, shape (firms,); its sales by default.
    tolerance
        The spreading ends when no firm loses more than this in a round; the papers take 1e-2.
    threshold
        Losses of a firm up to this are not passed on. 0 is exact; 1e-5 changes the index little and
        is many times faster.
    replaceable
        A supplier counts by its part of what its sector still makes.
    executor
        Threads; results do not hang on their number.

    Raises
    ------
    ValueError
        When shapes or ranges are wrong.
    """
    start, firms = np.asarray(shocks[0], dtype=np.int64), np.asarray(shocks[1], dtype=np.int64)
    part = np.asarray(shocks[2], dtype=np.float64)
    counts = net.sells if weight is None else np.asarray(weight, dtype=np.float64)
    if firms.shape != part.shape or not len(start) or start[0] or start[-1] != len(firms):
        raise ValueError("systemic_risk: shocks are row starts, firms and parts of one length")
    if len(firms) and (firms.min() < 0 or firms.max() >= len(net)):
        raise ValueError("systemic_risk: shocks name a firm that is not there")
    if np.any(np.isnan(part)) or np.any(part < 0) or np.any(part > 1):
        raise ValueError("systemic_risk: a shock takes from 0 to 1 of a firm")
    some = len(net) == 0 or counts.sum() > 0
    if counts.shape != (len(net),) or not np.all(np.isfinite(counts)) or not some:
        raise ValueError("systemic_risk: weight holds one number a firm, some above 0")
    if tolerance < 0 or threshold < 0:
        raise ValueError("systemic_risk: tolerance and threshold are not below 0")
    sectors = np.bincount(net.sector, weights=net.sells).astype(np.float64)
    amount = len(start) - 1
    jobs = min(amount, JOBS)

    def job(number: int) -> Array:
        first, last = amount * number // jobs, amount * (number + 1) // jobs
        found = np.zeros((last - first, 4))
        _spread(
            net.sector, net.sells, net.out, net.client, net.down, net.group, net.into,
            net.supplier, net.up, net.of, net.essential, sectors, start, firms, part, counts,
            tolerance, threshold, replaceable, AVAILABLE, first, found,
        )  # fmt: skip
        return found

    parts = list((executor.map if executor else map)(job, range(jobs)))
    found = np.concatenate([np.zeros((0, 4)), *parts])
    if len(net):
        found[:, :3] /= counts.sum()
    total, below, above = np.ascontiguousarray(found[:, :3].T)
    return Risk(total, below, above, found[:, 3].astype(np.int64))


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(
    sector: Array, sells: Array, out: Array, client: Array, down_part: Array, group: Array,
    into: Array, supplier: Array, up_part: Array, of: Array, essential: Array, sectors: Array,
    start: Array, firms: Array, part: Array, weight: Array, tolerance: float, threshold: float,
    replaceable: bool, available: float, first: int, found: Array,
) -> None:  # fmt: skip
    """Spread each of some shocks until nothing falls any more; write what is lost.

    `found` has shape (shocks, 4): weight lost in all, by inputs, by sales; rounds.
    """
    count = len(sector)
    shock, lost_down, lost_up = np.zeros(count), np.zeros(count), np.zeros(count)
    next_down, next_up = np.zeros(count), np.zeros(count)
    worst, slowed, unsold = np.zeros(count), np.zeros(count), np.zeros(count)
    lacking, gone = np.zeros(len(of)), np.zeros(len(sectors))
    below, above = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    seen_below, seen_above = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    groups = np.empty(len(of), dtype=np.int32)
    seen_group = np.zeros(len(of), dtype=np.bool_)
    for at in range(len(found)):
        downs, ups, touched = 0, 0, 0
        for e in range(start[first + at], start[first + at + 1]):
            firm = firms[e]
            shock[firm] = max(shock[firm], part[e])
            lost_down[firm] = lost_up[firm] = shock[firm]
            if not seen_below[firm]:
                seen_below[firm] = seen_above[firm] = True
                below[downs] = above[ups] = firm
                downs += 1
                ups += 1
        rounds = 0
        drop = 2.0
        while drop > tolerance:
            rounds += 1
            drop = 0.0
            for n in range(downs):
                gone[sector[below[n]]] = 0.0
            for n in range(downs):
                firm = below[n]
                gone[sector[firm]] += lost_down[firm] * sells[firm]
            known, reached = downs, touched
            for n in range(known):
                firm = below[n]
                loss = lost_down[firm]
                if loss <= threshold:
                    continue
                if replaceable:
                    left = sectors[sector[firm]] - gone[sector[firm]]
                    if left > available:
                        loss *= min(1.0, sells[firm] / left)
                for e in range(out[firm], out[firm + 1]):
                    if down_part[e] == 0.0:
                        continue
                    if not seen_group[group[e]]:
                        seen_group[group[e]] = True
                        groups[reached] = group[e]
                        reached += 1
                    lacking[group[e]] += down_part[e] * loss
            touched = reached
            for n in range(touched):
                firm = of[groups[n]]
                if not seen_below[firm]:
                    seen_below[firm] = True
                    below[downs] = firm
                    downs += 1
                if essential[groups[n]]:
                    worst[firm] = max(worst[firm], lacking[groups[n]])
                else:
                    slowed[firm] += lacking[groups[n]]
                lacking[groups[n]] = 0.0
            for n in range(downs):
                firm = below[n]
                next_down[firm] = min(1.0, max(shock[firm], worst[firm], slowed[firm]))
                drop = max(drop, next_down[firm] - lost_down[firm])
                lost_down[firm] = next_down[firm]
                worst[firm] = slowed[firm] = 0.0
            known = ups
            for n in range(known):
                firm = above[n]
                if lost_up[firm] <= threshold:
                    continue
                for e in range(into[firm], into[firm + 1]):
                    other = supplier[e]
                    if not seen_above[other]:
                        seen_above[other] = True
                        above[ups] = other
                        ups += 1
                    unsold[other] += up_part[e] * lost_up[firm]
            for n in range(ups):
                firm = above[n]
                next_up[firm] = min(1.0, max(shock[firm], unsold[firm]))
                drop = max(drop, next_up[firm] - lost_up[firm])
                lost_up[firm] = next_up[firm]
                unsold[firm] = 0.0
        for n in range(downs):
            firm = below[n]
            found[at, 0] += weight[firm] * max(lost_down[firm], lost_up[firm])
            found[at, 1] += weight[firm] * lost_down[firm]
            gone[sector[firm]] = 0.0
        for n in range(ups):
            firm = above[n]
            found[at, 2] += weight[firm] * lost_up[firm]
            if not seen_below[firm]:
                found[at, 0] += weight[firm] * lost_up[firm]
        found[at, 3] = rounds
        for n in range(downs):
            firm = below[n]
            seen_below[firm] = False
            shock[firm] = lost_down[firm] = 0.0
        for n in range(ups):
            firm = above[n]
            seen_above[firm] = False
            shock[firm] = lost_up[firm] = 0.0
        for n in range(touched):
            seen_group[groups[n]] = False
