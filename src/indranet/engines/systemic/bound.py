"""What a halt costs at least, with perfect planning: time to recover and time to survive."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from indranet.engines.systemic.net import Floats, Ints

UNBOUNDED = 3
"""What the solver says where there is no largest value."""


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
    """

    capacity: Floats
    demand: Floats
    stock: Floats
    margin: Floats
    supplier: Ints
    client: Ints
    input: Ints
    per_unit: Floats


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
    """
    plants = len(recipe.capacity)
    balance, room, used = _constraints(recipe)
    links = balance.shape[1] - plants
    # Variables: what flows on each link, what each plant makes, demand lost.
    serve = hstack([_of_output(links, plants, -1.0), -eye_array(plants)])
    rows = vstack([_wider(balance, plants), _wider(used, plants), serve], format="csr")
    found = linprog(
        np.concatenate([np.zeros(links + plants), recipe.margin]),
        A_ub=rows,
        b_ub=np.concatenate([room, recipe.stock, recipe.stock - recipe.demand * days]),
        bounds=_bounds(recipe, halted, days, links) + [(0, None)] * plants,
        method="highs",
    )  # fmt: skip
    return float(np.asarray(found.x)[-plants:] @ recipe.margin)


def days_survived(recipe: Recipe, halted: npt.ArrayLike) -> float:
    """Return for how many days some plants may stand still with all demand met, inf for ever.

    The time-to-survive model of the same paper.

    Parameters
    ----------
    recipe, halted
        As for `least_loss`.
    """
    plants = len(recipe.capacity)
    balance, room, used = _constraints(recipe)
    links = balance.shape[1] - plants
    still = np.asarray(halted, dtype=bool)
    nothing = np.zeros(links)
    # Variables: flows, output, and the days.
    most = np.where(still, 0.0, recipe.capacity)
    rows = vstack(
        [
            _wider(balance, 1),
            _wider(used, 1),
            hstack([_of_output(links, plants, -1.0), csr_array(recipe.demand[:, np.newaxis])]),
            hstack([_of_output(links, plants, 1.0), csr_array(-most[:, np.newaxis])]),
        ],
        format="csr",
    )
    found = linprog(
        np.concatenate([nothing, np.zeros(plants), [-1.0]]),
        A_ub=rows,
        b_ub=np.concatenate([room, recipe.stock, recipe.stock, np.zeros(plants)]),
        bounds=[(0, None)] * (links + plants + 1),
        method="highs",
    )
    return np.inf if found.status == UNBOUNDED else float(np.asarray(found.x)[-1])


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
    flows = coo_array((-np.ones(links), (input_, np.arange(links))), shape=(inputs, links))
    output = coo_array((per_unit, (np.arange(inputs), keys // span)), shape=(inputs, plants))
    balance = hstack([flows, output])
    sent = coo_array((np.ones(links), (recipe.supplier, np.arange(links))), shape=(plants, links))
    used = hstack([sent, -eye_array(plants)])
    return csr_array(balance), np.zeros(inputs), csr_array(used)


def _bounds(
    recipe: Recipe, halted: npt.ArrayLike, days: float, links: int
) -> list[tuple[float, float | None]]:
    most = np.where(np.asarray(halted, dtype=bool), 0.0, recipe.capacity * days)
    flows: list[tuple[float, float | None]] = [(0.0, None)] * links
    return flows + [(0.0, float(value)) for value in most]
