"""The least that a scenario can cost, whatever anybody does: the bound beside what is simulated."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import ESSENTIAL
from indranet.engines.systemic import Recipe, days_survived, least_loss
from indranet.studies.flow_net import FlowNet

Floats = npt.NDArray[np.float64]

MOST_LINKS = 100_000
"""Links of the largest net for which the linear program is solved."""


@dataclass(frozen=True)
class BestCase:
    """What cannot be avoided.

    Attributes
    ----------
    lost
        USD of final consumption that is lost at least.
    days
        For how many days all of it could be met while what the scenario stops at its worst stands
        still, infinite for ever.
    """

    lost: float
    days: float


def best_case(
    flow: FlowNet, capacity: Floats, link: Floats, *, resourcing: bool
) -> BestCase | None:
    """Return the best case of a scenario; None where the net is too large to ask.

    The linear program of Simchi-Levi et al. 2015 (see `engines.systemic.least_loss`) over the whole
    span at once: everybody knows what comes, sells whatever to whom it helps, stocks and goods
    under way included, and only what consumers and operators do not get counts. No course of the
    simulation can lose less.

    Parameters
    ----------
    flow
        The case.
    capacity
        Factor on the capacity of each plant and user on each day, shape (plants + users, days).
    link
        The same on each contract, shape (links, days).
    resourcing
        Whether potential contracts may be used.
    """
    net = flow.net
    if len(net.link) > MOST_LINKS:
        return None
    if not net.final.any():
        return BestCase(0.0, np.inf)
    days = capacity.shape[1]
    recipe, whole = _recipe(flow, capacity, link, resourcing=resourcing)
    none = np.zeros(len(whole.capacity), dtype=bool)
    worst = np.append(capacity.min(axis=1)[net.plant] < 1e-9, none[len(net) :])
    return BestCase(least_loss(recipe, none, days), days_survived(whole, worst))


def _recipe(
    flow: FlowNet, capacity: Floats, link: Floats, *, resourcing: bool
) -> tuple[Recipe, Recipe]:
    """Return the recipe of the whole span, and that of a usual day.

    Consumers of a plant are a node of their own, which buys from it.
    """
    net = flow.net
    plants = len(net)
    group = net.group.astype(np.int64)
    client = np.repeat(np.arange(plants), np.diff(net.groups))[group]
    binds = (net.need[group] == ESSENTIAL) & (net.whole[group] > 0)
    if not resourcing:
        binds &= net.flow > 0
    kept = np.flatnonzero(binds)
    usual = np.where(net.usual > 0, net.usual, 1.0)
    is_user = net.plant >= flow.plants
    buyers = np.flatnonzero((net.final > 0) & ~is_user)
    node = plants + np.arange(len(buyers))
    supplier = np.append(net.supplier[kept].astype(np.int64), buyers)
    factor = link[net.link[kept]]
    limited = np.where(factor < 1, factor * net.flow[kept, np.newaxis], np.inf).mean(axis=1)
    final = net.final[buyers]
    demand = np.concatenate([np.where(is_user, net.final, 0.0), final])
    stock = net.stock if len(net.stock) else np.zeros(plants)
    common = {
        "demand": demand,
        "stock": np.append(stock, np.zeros(len(buyers))),
        "margin": np.ones(plants + len(buyers)),
        "supplier": supplier,
        "client": np.append(client[kept], node),
        "input": np.append(group[kept], len(net.whole) + np.arange(len(buyers))),
        "per_unit": np.append((net.whole[group] / usual[client])[kept], np.ones(len(buyers))),
        "held": np.append(
            (net.days[group] * net.flow + (net.transit + 1.0) * net.flow)[kept],
            np.zeros(len(buyers)),
        ),
    }
    most = np.where(is_user, net.final, net.capacity)
    mean = capacity[net.plant].mean(axis=1)
    span = Recipe(
        capacity=np.append(most * mean, final),
        most=np.append(limited, np.full(len(buyers), np.inf)),
        **common,
    )
    return span, Recipe(capacity=np.append(most, final), **common)
