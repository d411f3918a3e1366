"""Who sells what to whom a day, in money, how it binds the buyer, and how long it is under way."""

import numpy as np
import numpy.typing as npt

from indranet.model.schema import IMPORTANCE, TABLES
from indranet.studies.groundwork import Groundwork
from indranet.studies.lanes import KM_PER_DAY

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

ESSENTIAL = IMPORTANCE.index("essential")
_NEGLIGIBLE = IMPORTANCE.index("negligible")
_SEA = TABLES["lanes"].column("mode").choices.index("sea")


def unit_costs(ground: Groundwork) -> Floats:
    """Return what a unit of each product costs, USD; 1 where the case does not say, or says 0."""
    cost = ground.network["products"]["unit_cost_usd"]
    return np.where(np.isnan(cost) | (cost <= 0), 1.0, cost)


def bindings(ground: Groundwork, made: Codes, bought: Codes) -> tuple[Codes, Codes]:
    """Return how each purchase binds, and which input it is; what is one choice is one input.

    What a plant buys that the bill of its product does not list is negligible; of a product without
    a bill everything binds.

    Parameters
    ----------
    ground
        The case.
    made, bought
        Product that the buyer makes and product that it buys, shape (purchases,).
    """
    components = ground.components
    count = max(len(ground.network["products"]), 1)
    key = components["product"].astype(np.int64) * count + components["component"]
    order = np.lexsort((components["importance"], key))
    keys, first = np.unique(key[order], return_index=True)
    row = order[first]
    asked = made * count + bought
    at = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
    listed = keys[at] == asked if len(keys) else np.zeros(len(asked), dtype=bool)
    billed = np.zeros(count, dtype=bool)
    billed[components["product"]] = True
    need = np.where(billed[made], _NEGLIGIBLE, ESSENTIAL)
    input_ = bought.copy()
    if len(keys):
        found = row[at]
        need = np.where(listed, components["importance"][found], need)
        choice = np.where(listed, components["choice"][found].astype(np.int64), -1)
        input_ = np.where(choice >= 0, count + choice, input_)
    # Of one input the strictest way to bind counts.
    groups, group = np.unique(made * (2 * count + 2) + input_, return_inverse=True)
    strictest = np.full(len(groups), _NEGLIGIBLE)
    np.minimum.at(strictest, group, need)
    return strictest[group].astype(np.int64), input_


def transit_days(ground: Groundwork) -> Floats:
    """Return the days under way of each contract: its own, else its lane's, else those by sea."""
    network, supplies = ground.network, ground.supplies
    lanes = network["lanes"]
    by_lane = lanes["transit_days"].copy()
    by_sea = lanes["mode"] == _SEA
    _, first = np.unique(ground.routes.lane, return_index=True)
    km = np.where(np.isnan(lanes["km"]), ground.routes.km[first], lanes["km"])
    missing = np.isnan(by_lane) & by_sea
    by_lane[missing] = km[missing] / KM_PER_DAY
    of_lane = np.append(by_lane, 0.0)[supplies["lane"]]
    found = np.where(np.isnan(supplies["transit_days"]), of_lane, supplies["transit_days"])
    days: Floats = np.where(np.isnan(found), 0.0, found)
    return days
