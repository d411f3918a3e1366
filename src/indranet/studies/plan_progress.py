"""What has happened and what is promised: clusters that are done, and what they have used."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.engines.assignment import Plan, Problem, uses
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.stacks import Stacks
from indranet.studies.swaps import Swaps

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_FREE, _COMMITTED, _DONE = TABLES["progress"].column("state").choices


@dataclass(frozen=True, eq=False)
class Progress:
    """How far each cluster is, shape (clusters,) each.

    Attributes
    ----------
    done, promised
        Clusters that are swapped, and those that have a period which stays.
    period, product
        Of both: the period, -1 for none or one before the first; the product, -1 for none.
    """

    done: Flags
    promised: Flags
    period: Codes
    product: Codes


def progress_of(
    network: Network, found: Swaps, starts: npt.NDArray[np.datetime64], now: int = 0
) -> Progress:
    """Return how far each cluster is; what is promised for a period before `now` is free again."""
    rows = network["progress"]
    place = {name: number for number, name in enumerate(found.groups)}
    done, promised = np.zeros((2, len(found)), dtype=bool)
    period, product = np.full((2, len(found)), -1, dtype=np.int64)
    for row, (cluster, state) in enumerate(
        zip(rows.text("cluster"), rows.text("state"), strict=True)
    ):
        at, day = place.get(cluster, -1), rows["period"][row]
        if at < 0 or state == _FREE:
            continue
        mine = found.group == at
        when = -1 if np.isnat(day) else int(np.searchsorted(starts, day, side="right")) - 1
        period[mine], product[mine] = min(when, len(starts) - 2), rows["product"][row]
        done[mine] = state == _DONE
        promised[mine] = state == _COMMITTED and when >= now
    return Progress(done, promised, period, product)


def hold_to_progress(
    network: Network,
    made: Stacks,
    cost: Floats,
    earliest: npt.NDArray[np.int32],
    latest: npt.NDArray[np.int32],
    told: Progress,
) -> None:
    """Leave clusters that are promised their period and the stacks with their product."""
    offered = np.append(network["offers"]["product"][made.offers], -1)[made.offer]
    for cluster in np.flatnonzero(told.promised).tolist():
        earliest[cluster] = latest[cluster] = told.period[cluster]
        with_it = (offered == told.product[cluster]).any(axis=1) & np.isfinite(cost[cluster])
        if with_it.any():
            cost[cluster, ~with_it] = np.inf


def settled_of(network: Network, made: Stacks, cost: Floats, told: Progress) -> Plan:
    """Return what clusters that are done were given: the cheapest stack with their product.

    The period is -1 where it lies before the first or nobody says.
    """
    offered = np.append(network["offers"]["product"][made.offers], -1)[made.offer]
    option = np.full(len(cost), -1, dtype=np.int32)
    for cluster in np.flatnonzero(told.done & (told.product >= 0)).tolist():
        with_it = np.flatnonzero((offered == told.product[cluster]).any(axis=1))
        if len(with_it) and np.isfinite(cost[cluster, with_it]).any():
            option[cluster] = with_it[np.argmin(cost[cluster, with_it])]
    return Plan(option, np.where(told.done, told.period, -1).astype(np.int32))


def what_is_left(asked: Problem, settled: Plan) -> tuple[Problem, Floats]:
    """Return the problem without what clusters that are done have used, and the units they took.

    Deliveries, crews and money count from the first period on: what was used before it is not in
    them. Shares of vendors count whenever it was.

    Parameters
    ----------
    asked
        The problem.
    settled
        Option and period of clusters that are done, -1 where not known.
    """
    known = (settled.option >= 0) & (settled.period >= 0)
    used = uses(asked, Plan(
        np.where(known, settled.option, -1).astype(np.int32),
        np.where(known, settled.period, -1).astype(np.int32),
    ))  # fmt: skip
    begun = Plan(settled.option, np.where(settled.option >= 0, 0, -1).astype(np.int32))
    scenarios = [free_units(units, used.deliveries) for units in asked.late.deliveries]
    late = replace(asked.late, deliveries=np.array(scenarios)) if scenarios else asked.late
    over = np.maximum(used.crews - asked.crews, 0.0)
    held = np.maximum(asked.caps.limit - uses(asked, begun).caps, 0.0)
    left = replace(
        asked, deliveries=free_units(asked.deliveries, used.deliveries),
        crews=np.maximum(asked.crews - used.crews, 0.0),
        overtime=np.maximum(asked.overtime - over, 0.0),
        cash=np.maximum(asked.cash - used.cash, 0.0), caps=replace(asked.caps, limit=held),
        late=late,
    )  # fmt: skip
    return left, used.deliveries


def free_units(deliveries: Floats, taken: Floats) -> Floats:
    """Return units until each period that may still be taken, so that none is lacking later."""
    left = np.maximum(deliveries - taken, 0.0)
    return np.asarray(np.minimum.accumulate(left[:, ::-1], axis=1)[:, ::-1])
