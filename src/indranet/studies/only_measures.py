"""Which measures would let some countries make a product by themselves, by when, at what cost."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.engines.hitting import Bools, cheapest_that_holds
from indranet.model.network import Network
from indranet.studies.bills import bill_of_materials, makeable, making_net, units_of
from indranet.studies.groundwork import groundwork
from indranet.studies.lanes import LaneRoutes, lane_routes
from indranet.studies.makers import ability, capacities, makers_of
from indranet.studies.measures import bought, costs_of
from indranet.studies.only import DAYS_PER_QUARTER, positions
from indranet.studies.portfolio_logic import building

Table = Mapping[str, npt.NDArray[Any]]


class Made(NamedTuple):
    """What can be made alone, and how much of it in a quarter."""

    can: Mapping[str, bool]
    units: Mapping[str, float]


def restoring_measures(
    network: Network, countries: Sequence[str], names: Sequence[str], years: float
) -> tuple[Table, dict[str, Any]]:
    """Return the cheapest measures with which some countries can make each product alone.

    Only what is built counts, as in `studies.only` contracts do not: plants that a measure builds.
    More plants never make less, so the cheapest set is found by hitting what must not be missing
    together (`engines.hitting.cheapest_that_holds`).

    Parameters
    ----------
    network, countries
        The case, and who makes.
    names
        Measures that can be bought.
    years
        Years of yearly cost that count as cost.

    Returns
    -------
    A row for each product that cannot be made without measures and can be with all (product,
    measures, cost_usd, ready_days, units_per_quarter), and how many products there are of each
    sort.

    Raises
    ------
    UsageError
        When a country is not in the case.
    """
    rows = network["measures"]
    place = [rows.text("measure").index(name) for name in building(network, names)]
    builds = [rows.text("measure")[at] for at in place]
    cost, lead = costs_of(network, years)[place], rows["lead_days"][place]
    known: dict[frozenset[int], Made] = {}
    routes = lane_routes(network)

    def made(chosen: Bools) -> Made:
        key = frozenset(np.flatnonzero(chosen).tolist())
        if key not in known:
            case = bought(network, [builds[at] for at in sorted(key)])
            known[key] = _made(case, countries, routes)
        return known[key]

    nothing, whole = made(np.zeros(len(builds), bool)), made(np.ones(len(builds), bool))
    found = []
    for product in sorted(whole.can):
        if nothing.can[product] or not whole.can[product]:
            continue
        hit = cheapest_that_holds(
            lambda chosen, product=product: made(chosen).can[product],  # type: ignore[misc]
            cost,
        )
        assert hit is not None  # with all measures it can be made
        at = np.flatnonzero(hit.chosen)
        found.append((
            product, "; ".join(builds[m] for m in at.tolist()), float(cost[at].sum()),
            float(lead[at].max(initial=0.0)), made(hit.chosen).units[product],
        ))  # fmt: skip
    columns = list(zip(*found, strict=True)) or [()] * 5
    table = {
        "product": np.array(columns[0], dtype=object),
        "measures": np.array(columns[1], dtype=object),
        **{name: np.array(columns[at], dtype=np.float64)
           for at, name in enumerate(("cost_usd", "ready_days", "units_per_quarter"), 2)},
    }  # fmt: skip
    told = {
        "countries": list(countries), "products": len(whole.can),
        "made_already": sum(nothing.can.values()), "made_with_measures": len(found),
        "made_with_none": len(whole.can) - sum(whole.can.values()), "plants_for_sale": len(builds),
    }  # fmt: skip
    return table, told


def _made(case: Network, countries: Sequence[str], routes: LaneRoutes) -> Made:
    """Return what `studies.only` says can be made, and how much, without its reasons."""
    ground = groundwork(case, routes=routes)
    bill, none = bill_of_materials(ground), np.zeros(0, dtype=np.int64)
    makers = makers_of(ground, bill)
    can = ability(makers, positions(case, countries))
    made = makeable(making_net(bill, none, none, 0), can.known[np.newaxis])[0]
    units, _ = units_of(bill, capacities(makers, can, made))
    names = [str(name) for name in bill.names]
    return Made(
        dict(zip(names, made.tolist(), strict=True)),
        dict(zip(names, (units * DAYS_PER_QUARTER).tolist(), strict=True)),
    )
