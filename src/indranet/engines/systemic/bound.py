"""What a halt costs at least, with perfect planning: time to recover and time to survive."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from indranet.engines.systemic.net import Floats, Ints

SOLVED, UNBOUNDED = 0, 3
"""What the solver says when it is done, and where there is no largest value."""
METHODS: tuple[Literal["highs-ds"], Literal["highs-ipm"]] = ("highs-ds", "highs-ipm")
"""Tried in turn: where quantities lie many powers of ten apart, one may give up."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What plants can make, hold and sell, and what goes into it.

    Attributes
    ----------
    capacity, demand
        Units a day of each plant, shape (plants,).
    stock
        Finished units on hand, shape (plants,).
    margin
        Profit lost with each unit of demand that is not met, shape (plants,).
    supplier, client, input, per_unit
        Of each link: plants, which input of the client it brings (any number), and units of that
        input in a unit of the client's output; shape (links,).
    held
        Units that the client of each link has on hand of it, or that are under way, shape (links,).
    most
        Most units a day on each link, shape (links,).
    """

    capacity: Floats
    demand: Floats
    stock: Floats
    margin: Floats
    supplier: Ints
    client: Ints
    input: Ints
    per_unit: Floats
    held: Floats | float = 0.0
    most: Floats | float = np.inf


def least_loss(recipe: Recipe, halted: npt.ArrayLike, days: float) -> float:
    """Return the least profit lost while some plants stand still for some days.

    The time-to-recover model of Simchi-Levi et al. 2015, "Identifying risks and mitigating
    disruptions in the automotive supply chain", Interfaces 45:375: min sum f_j l_j, where a plant
    makes what its inputs and capacity allow, stocks are used up, and l_j of its demand is not met.

    Parameters
    ----------
    recipe
        The plants.
    halted
        Whether each stands still, shape (plants,).
    days
        For how long.

    Returns
    -------
    The loss, NaN where the solver gives up.
    """
    plants = len(recipe.capacity)
    balance, room, used = _constraints(recipe)
    links = balance.shape[1] - plants
    # Variables: what flows on each link, what each plant makes, demand lost; of the largest demand.
    serve = hstack([_of_output(links, plants, -1.0), -eye_array(plants)])
    rows = vstack([_wider(balance, plants), _wider(used, plants), serve], format="csr")
    unit = float((recipe.demand * days).max(initial=0.0)) or 1.0
    right = np.concatenate([room, recipe.stock, recipe.stock - recipe.demand * days]) / unit
    most = [(0.0, high / unit) for _, high in _bounds(recipe, halted, days, links)]
    cost = np.concatenate([np.zeros(links + plants), recipe.margin])
    for method in METHODS:
        found = linprog(
            cost, A_ub=rows, b_ub=right, bounds=[*most, *[(0, None)] * plants], method=method
        )
        if found.status == SOLVED:
            return unit * float(np.asarray(found.x)[-plants:] @ recipe.margin)
    return float("nan")


def days_survived(recipe: Recipe, halted: npt.ArrayLike) -> float:
    """Return for how many days some plants may stand still with all demand met, inf for ever.

    The time-to-survive model of the same paper.

    Parameters
    ----------
    recipe, halted
        As for `least_loss`.

    Returns
    -------
    Days, NaN where the solver gives up.
    """
    plants = len(recipe.capacity)
    balance, room, used = _constraints(recipe)
    links = balance.shape[1] - plants
    still = np.asarray(halted, dtype=bool)
    nothing = np.zeros(links)
    # Variables: flows and output, of the largest demand, and the days.
    unit = float(recipe.demand.max(initial=0.0)) or 1.0
    most = np.where(still, 0.0, recipe.capacity)
    rows = vstack(
        [
            _wider(balance, 1),
            _wider(used, 1),
            hstack(
                [_of_output(links, plants, -1.0), csr_array(recipe.demand[:, np.newaxis] / unit)]
            ),
            hstack([_of_output(links, plants, 1.0), csr_array(-most[:, np.newaxis] / unit)]),
        ],
        format="csr",
    )
    right = np.concatenate([room, recipe.stock, recipe.stock, np.zeros(plants)]) / unit
    free: list[tuple[float, float | None]] = [(0.0, None)] * (links + plants + 1)
    for method in METHODS:
        found = linprog(
            np.concatenate([nothing, np.zeros(plants), [-1.0]]),
            A_ub=rows,
            b_ub=right,
            bounds=free,
            method=method,
        )
        if found.status == SOLVED:
            return float(np.asarray(found.x)[-1])
        if found.status == UNBOUNDED:
            return float("inf")
    return float("nan")


def _wider(rows: csr_array, columns: int) -> csr_array:
    return csr_array(hstack([rows, csr_array((rows.shape[0], columns))]))


def _of_output(links: int, plants: int, sign: float) -> csr_array:
    return csr_array(hstack([csr_array((plants, links)), sign * eye_array(plants)]))


def _constraints(recipe: Recipe) -> tuple[csr_array, Floats, csr_array]:
    """Return what binds flows and output.

    Returns
    -------
    u_j r_kj <= sum of flows of each input, with its right side; flows of each plant <= u_i + s_i.
    """
    plants, links = len(recipe.capacity), len(recipe.supplier)
    span = int(recipe.input.max(initial=0)) + 1
    keys, input_ = np.unique(recipe.client * span + recipe.input, return_inverse=True)
    inputs = len(keys)
    per_unit = np.zeros(inputs)
    per_unit[input_] = recipe.per_unit
    held = np.bincount(input_, np.broadcast_to(recipe.held, (links,)), inputs).astype(np.float64)
    flows = coo_array((-np.ones(links), (input_, np.arange(links))), shape=(inputs, links))
    output = coo_array((per_unit, (np.arange(inputs), keys // span)), shape=(inputs, plants))
    balance = hstack([flows, output])
    sent = coo_array((np.ones(links), (recipe.supplier, np.arange(links))), shape=(plants, links))
    used = hstack([sent, -eye_array(plants)])
    return csr_array(balance), held, csr_array(used)


def _bounds(
    recipe: Recipe, halted: npt.ArrayLike, days: float, links: int
) -> list[tuple[float, float]]:
    most = np.where(np.asarray(halted, dtype=bool), 0.0, recipe.capacity * days)
    flows = np.broadcast_to(recipe.most, (links,)) * days
    return [(0.0, float(value)) for value in (*flows, *most)]
