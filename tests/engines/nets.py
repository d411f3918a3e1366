"""Small nets, fault trees and their answers, shared by the tests of the gate engine."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Gates
from indranet.model.network import Network

Array = npt.NDArray[Any]
Row = tuple[int, list[tuple[int, int]], bool]

TREES = Path(__file__).parents[1] / "intake" / "faulttrees"
BY_HAND = {  # tests/intake/faulttrees/README.md
    "series": {"top": 0.28},
    "parallel": {"top": 0.02},
    "two_of_three": {"top": 0.098},
    "bridge": {"no-way-through": 1 - 0.97848},
    "theatre": {"dark": 0.00207, "no-generator": 0.069},
    "two_trains": {"no-flow": 0.7225, "plant.train-1.stops": 0.85},
    "counted_twice": {"top": 0.154, "spare-top": 0.2},
}


def net(rows: list[Row]) -> Gates:
    """Gates from (threshold, [(input, weight), ...], least) a node."""
    links = [link for _, row, _ in rows for link in row]
    return Gates(
        threshold=np.array([threshold for threshold, _, _ in rows], dtype=np.int64),
        start=np.cumsum([0] + [len(row) for _, row, _ in rows]),
        inputs=np.array([node for node, _ in links], dtype=np.int32),
        weights=np.array([weight for _, weight in links], dtype=np.int32),
        least=np.array([least for _, _, least in rows], dtype=np.bool_),
    )


def needs(*inputs: int, at_least: int | None = None, least: bool = False) -> Row:
    """A node that needs all of its inputs, or so many."""
    threshold = len(inputs) if at_least is None else at_least
    return threshold, [(node, 1) for node in inputs], least


def sparse(table: Array) -> tuple[Array, Array]:
    """Row starts and nodes of a bool table (alternatives, nodes)."""
    return np.concatenate([[0], np.cumsum(table.sum(axis=1))]), np.nonzero(table)[1]


def compiled(network: Network) -> Gates:
    """Compile services and things of a fault tree, whose codes are the nodes, to gates."""
    rows = network["needs"]
    assert len(np.unique(rows["need"])) == 1  # one group of inputs a service
    capacity = rows["capacity"].astype(np.int32)
    start = network.start["needs"]
    threshold = np.add.reduceat(np.append(capacity, 0), start[:-1]) * (np.diff(start) > 0)
    asked = np.full(network.size, np.nan)
    asked[rows["user"]] = rows["at_least"]
    threshold = np.where(np.isnan(asked), threshold, asked).astype(np.int64)
    least = np.zeros(network.size, dtype=bool)
    return Gates(threshold, start, rows["input"].astype(np.int32), capacity, least)
