"""What plants do: how they order, who is served first; and what happens to them from outside."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from indranet.engines.flows.net import Floats

OrderBasis = Literal["planned", "realised", "initial"]
Rationing = Literal["priority", "proportional", "clients_first"]
ORDER_BASES: tuple[OrderBasis, ...] = ("planned", "realised", "initial")
RATIONINGS: tuple[Rationing, ...] = ("priority", "proportional", "clients_first")
SNAP = 1e-9
"""Activity, orders and deferrable inputs this close to the usual are the usual. Orders amplify what
they react to, and in a circle of plants the rounding of numbers would grow day by day without it;
an input a rounding below its usual would take away whatever a plant makes above it."""


@dataclass(frozen=True)
class Rules:
    """How plants order and ration.

    Attributes
    ----------
    order_basis
        What a plant orders for: `planned`, its demand as far as it has capacity; `realised`, what
        it produced the day before (the papers; a plant that once stood still stays so); `initial`,
        as realised, but stocks are kept at their first target.
    rationing
        Who gets what when a supplier is short: `priority`, all clients are filled in step relative
        to what they usually take (Inoue & Todo 2017); `proportional` to orders; `clients_first`,
        proportional with final demand last.
    adjustment_days
        Days over which a gap in stock is ordered.
    resourcing_days
        Days short after which spare links are used, less what `supply_net` takes as `earlier`;
        None for never.

    Raises
    ------
    ValueError
        When a word is unknown or a number is not positive.
    """

    order_basis: OrderBasis = "planned"
    rationing: Rationing = "priority"
    adjustment_days: float = 6.0
    resourcing_days: int | None = None

    def __post_init__(self) -> None:
        if self.order_basis not in ORDER_BASES or self.rationing not in RATIONINGS:
            raise ValueError(
                f"rules: order_basis is one of {ORDER_BASES}, rationing of {RATIONINGS}"
            )
        if not self.adjustment_days > 0:
            raise ValueError("rules: adjustment_days is above 0")
        if self.resourcing_days is not None and self.resourcing_days < 0:
            raise ValueError("rules: resourcing_days is not below 0")


@dataclass(frozen=True, eq=False)
class Today:
    """What happens from outside on one day; None leaves everything as usual.

    Attributes
    ----------
    capacity, demand
        Factors on capacity and on final demand, in the caller's numbering, shape (plants,
        scenarios).
    link
        Most of a link's usual flow that may be ordered on it, shape (links, scenarios); 1 or more
        binds nothing. On a spare link (flow 0) a factor on what may be asked of it: what its
        supplier has left and what it sent there the day before, at most its `most`.
    passage
        Room of each passage, in units of load, shape (passages, scenarios); infinite where open.
    """

    capacity: npt.NDArray[np.float64] | None = None
    demand: Floats | None = None
    link: Floats | None = None
    passage: Floats | None = None
