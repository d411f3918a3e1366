"""Systemic risk: how much of all production stops in the end without a plant, a firm, a country."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from indranet.engines.gates import order
from indranet.engines.systemic import RiskNet, risk_net, systemic_risk
from indranet.studies.candidates import candidates
from indranet.studies.compile import compile_network
from indranet.studies.groundwork import Groundwork
from indranet.studies.places import lost_bits
from indranet.studies.reach import states
from indranet.studies.trade import ESSENTIAL, bindings, transit_days, unit_costs

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]
Weight = Literal["sales", "largest"]
WEIGHTS: tuple[Weight, ...] = ("sales", "largest")
KINDS = ("plant", "firm", "territory", "jurisdiction", "product")
TOLERANCE = 0.01
_SHORTEST = 1e-9
"""Days of a link that takes none: the search takes a length of 0 for no link."""


class _Trade(NamedTuple):
    """What is sold in money: links between plants, and what goes to others.

    Attributes
    ----------
    supplier, client, flow, need, input
        Of each link between plants.
    final
        Sales of each plant to others than plants, and its final demand.
    """

    supplier: npt.NDArray[np.int64]
    client: npt.NDArray[np.int64]
    flow: Floats
    need: npt.NDArray[np.int64]
    input: npt.NDArray[np.int64]
    final: Floats


@dataclass(frozen=True)
class Systemic:
    """How much stops in the end without each plant, firm, country, product and passage.

    Attributes
    ----------
    table
        kind, id, systemic_risk, downstream, upstream (parts of all sales, or of the weight chosen),
        cover_days (until the loss reaches an operator, NaN where it reaches none), the worst first.
    """

    table: Table

    def worst(self, at_most: int = 10) -> list[dict[str, Any]]:
        """Return the first rows that lose anything, as plain data."""
        some = np.flatnonzero(self.table["systemic_risk"] > 0)[:at_most]
        columns = {name: values[some].tolist() for name, values in self.table.items()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return [
            {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124
            for row in rows
        ]


def systemic(
    ground: Groundwork,
    *,
    tolerance: float = TOLERANCE,
    weight: Weight = "sales",
    executor: Executor | None = None,
) -> Systemic:
    """Return the systemic risk of each candidate.

    What a candidate takes down at once is the shock; what the plants that are left make in the end
    is that of `engines.systemic.systemic_risk` (Diem et al. 2022). Sales are in money. An input
    binds as the bill of materials says; what is a choice comes as one input. Sales to operators and
    final demand never fall. A passage takes from each plant the part of its sales that usually goes
    through it, as if there were no way round.

    Days of cover: the shortest sum of stock and transit over essential links from a plant that is
    hit to an operator, as if nothing else supplied it.

    Parameters
    ----------
    ground
        The case, made ready.
    tolerance
        The spreading ends when no plant loses more than this in a round.
    weight
        What a plant's loss counts: its sales, or the larger of sales and purchases.
    executor
        Threads to spread the work over; results do not depend on their number.
    """
    network = ground.network
    trade = _trade(ground)
    net = risk_net(
        trade.supplier, trade.client, trade.flow,
        network["plants"]["product"].astype(np.int64),
        need=trade.need, final=trade.final, input_=trade.input,
    )  # fmt: skip
    kind, name, start, plants, part = _shocks(ground)
    found = systemic_risk(
        net, (start, plants, part), weight=_weights(net, weight), tolerance=tolerance,
        executor=executor,
    )  # fmt: skip
    cover = _cover(ground, trade)
    days = np.full(len(name), np.inf)
    owner = np.repeat(np.arange(len(name)), np.diff(start))
    np.minimum.at(days, owner, cover[plants])
    sequence = np.lexsort((name.astype(str), kind.astype(str), -found.total.round(12)))
    columns = {
        "kind": kind,
        "id": name,
        "systemic_risk": found.total,
        "downstream": found.downstream,
        "upstream": found.upstream,
        "cover_days": np.where(np.isinf(days), np.nan, days),
    }
    return Systemic({column: values[sequence] for column, values in columns.items()})


def _weights(net: RiskNet, weight: Weight) -> Floats:
    weights = net.sells if weight == "sales" else np.maximum(net.sells, net.buys)
    # Where nothing is sold, nothing can be lost: every plant counts the same, and none falls.
    return weights if weights.sum() > 0 else np.ones(len(net))


def _trade(ground: Groundwork) -> _Trade:
    """Return who sells what to whom a day, in money; 1 where a product has no cost."""
    network, supplies = ground.network, ground.supplies
    product = network["plants"]["product"].astype(np.int64)
    cost = unit_costs(ground)[product]
    there = ground.exists("plants")
    money = supplies["quantity_per_day"] * cost[supplies["supplier"]]
    span = network.span("plant")
    customer = supplies["customer"].astype(np.int64)
    between = (customer >= span.start) & (customer < span.stop) & (money > 0)
    final = network["plants"]["final_demand_per_day"] * cost * there
    np.add.at(final, supplies["supplier"][~between], money[~between])
    supplier = supplies["supplier"][between].astype(np.int64)
    client = customer[between] - span.start
    need, input_ = bindings(ground, product[client], product[supplier])
    return _Trade(supplier, client, money[between], need, input_, final)


def _shocks(ground: Groundwork) -> tuple[Any, Any, Any, Any, Floats]:
    """Return kind and identifier of each candidate, and the plants that it hits, in sparse rows."""
    network = ground.network
    asked = candidates(network, KINDS)
    compiled = compile_network(ground, horizon="now")
    state = states(order(compiled.gates), asked, compiled, None)
    there = ground.exists("plants")
    gone = lost_bits(state[compiled.gate[network.span("plant")]], len(asked.id))
    gone &= there[:, np.newaxis]
    plant, candidate = np.nonzero(gone)
    by_candidate = np.argsort(candidate, kind="stable")
    start = np.searchsorted(candidate[by_candidate], np.arange(len(asked.id) + 1))
    through = _through(ground)
    passage, seller = np.nonzero(through)
    first = np.searchsorted(passage, np.arange(len(network.names["passage"]) + 1))
    names = network.names["passage"].astype(object)
    return (
        np.append(asked.kind, np.full(len(names), "passage", dtype=object)),
        np.append(asked.id, names),
        np.append(start, start[-1] + first[1:]),
        np.append(plant[by_candidate], seller),
        np.append(np.ones(len(plant)), through[passage, seller]),
    )


def _through(ground: Groundwork) -> Floats:
    """Return the part of each plant's sales that usually goes through each passage."""
    network, supplies = ground.network, ground.supplies
    plants, passages = len(network["plants"]), len(network.names["passage"])
    routes = ground.routes
    sold = np.bincount(
        supplies["supplier"], weights=supplies["quantity_per_day"], minlength=plants
    ) + np.where(ground.exists("plants"), network["plants"]["final_demand_per_day"], 0.0)
    lanes, first = np.unique(routes.lane, return_index=True)
    passed = dict(
        zip(lanes.tolist(), (routes.passages[row] for row in first.tolist()), strict=True)
    )
    through = np.zeros((passages, plants))
    for supplier, lane, quantity in zip(
        supplies["supplier"].tolist(), supplies["lane"].tolist(),
        supplies["quantity_per_day"].tolist(), strict=True,
    ):  # fmt: skip
        for passage in passed.get(lane, ()):
            through[passage, supplier] += quantity
    part: Floats = np.divide(through, sold, out=np.zeros_like(through), where=sold > 0)
    return np.minimum(part, 1.0)


def _cover(ground: Groundwork, trade: _Trade) -> Floats:
    """Return the days from each plant's stop to the first operator that feels it, inf for none."""
    network, supplies = ground.network, ground.supplies
    plants, span = len(network["plants"]), network.span("plant")
    days = _SHORTEST + supplies["stock_days"] + transit_days(ground)
    customer = supplies["customer"].astype(np.int64)
    between = (customer >= span.start) & (customer < span.stop)
    binds = np.zeros(len(supplies), dtype=bool)
    binds[np.flatnonzero(between & (supplies["quantity_per_day"] > 0))] = True
    product = network["plants"]["product"].astype(np.int64)
    rows = np.flatnonzero(between)
    need, _ = bindings(
        ground, product[customer[rows] - span.start], product[supplies["supplier"][rows]]
    )
    binds[rows] &= need == ESSENTIAL
    ends = ~between & (supplies["quantity_per_day"] > 0)
    kept = np.flatnonzero(binds | ends)
    # From the operators, all one node, back to the plants.
    source = np.where(between, customer - span.start, plants)[kept]
    shortest: dict[tuple[int, int], float] = {}
    for a, b, length in zip(
        source.tolist(), supplies["supplier"][kept].tolist(), days[kept].tolist(), strict=True
    ):
        shortest[a, b] = min(length, shortest.get((a, b), np.inf))
    ends_of = np.array(list(shortest), dtype=np.int64).reshape(-1, 2)
    graph = csr_array(
        (np.array(list(shortest.values())), (ends_of[:, 0], ends_of[:, 1])),
        shape=(plants + 1, plants + 1),
    )
    found: Floats = np.asarray(dijkstra(graph, indices=[plants]))[0, :plants]
    return np.where(np.isinf(found), np.inf, np.round(found, 6))
