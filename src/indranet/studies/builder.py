"""Gates collected piece by piece: a list under construction that ends as engine arrays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Gates

Codes = npt.NDArray[np.integer]
Amounts = npt.NDArray[np.floating]

EXACT = 1 << 20
"""Largest integer weight; finer capacities are rounded to this many steps of the largest."""
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Labels:
    """What each gate stands for, in codes: the gates know no words.

    Attributes
    ----------
    roles
        Names of the roles, the empty one first: a gate that joins others and stands for nothing.
    role
        Role of each gate, a position in `roles`, shape (gates,).
    of, by
        What the role is about, codes whose meaning hangs on the role, -1 for none, shape (gates,).
    needed
        Capacity that a group of capacities must keep, NaN for other gates, shape (gates,).
    capacity
        Capacity of each input before it became a weight, shape (links,) of the gates.
    """

    roles: tuple[str, ...]
    role: npt.NDArray[np.int8]
    of: npt.NDArray[np.int32]
    by: npt.NDArray[np.int32]
    needed: npt.NDArray[np.float64]
    capacity: npt.NDArray[np.float64]


class Builder:
    """Gates under construction; a new gate needs all its inputs unless told otherwise."""

    def __init__(self) -> None:
        self.size = 0
        self._labels: list[tuple[int, int, str, Codes | int, Codes | int]] = []
        self._links: list[tuple[Codes, Codes, Codes, Amounts | Codes]] = []
        self._needed: list[tuple[Codes, Amounts]] = []
        self._thresholds: list[tuple[Codes, Codes]] = []
        self._least: list[Codes] = []

    def add(self, count: int, role: str = "", of: Codes | int = -1, by: Codes | int = -1) -> Codes:
        """Return the numbers of `count` new gates, shape (count,).

        Parameters
        ----------
        count
            How many.
        role, of, by
            What they stand for; see `Labels`.
        """
        first = self.size
        self.size += count
        if role:
            self._labels.append((first, count, role, of, by))
        return np.arange(first, self.size)

    def need(self, gates: Codes, inputs: Codes) -> None:
        """Let each gate take the input beside it; all of one shape (links,)."""
        gates, inputs, ones = np.broadcast_arrays(gates, inputs, 1)
        self._links.append((gates.ravel(), inputs.ravel(), ones.ravel(), ones.ravel()))

    def at_least(self, gates: Codes, thresholds: Codes | int) -> None:
        """Let each gate be up once the weight of its inputs that are up reaches a threshold."""
        gates, thresholds = np.broadcast_arrays(gates, thresholds)
        self._thresholds.append((gates.ravel(), thresholds.ravel()))

    def least(self, gates: Codes) -> None:
        """Let gates be up only if something outside their own circle holds them up."""
        self._least.append(gates)

    def groups(
        self,
        group: Codes,
        inputs: Codes,
        capacity: Amounts,
        needed: Amounts,
        role: str = "",
        of: Codes | int = -1,
        by: Codes | int = -1,
    ) -> Codes:
        """Add one gate a group: up when enough capacity of its inputs is up.

        Parameters
        ----------
        group
            Group of each link, 0 .. groups-1 in ascending order, shape (links,).
        inputs, capacity
            Gate and capacity (above 0) of each link, shape (links,).
        needed
            Capacity that each group must keep, shape (groups,).
        role, of, by
            As for `add`.

        Returns
        -------
        Gate of each group, shape (groups,).
        """
        gates = self.add(len(needed), role, of, by)
        weights, thresholds = integer_weights(group, capacity, needed)
        self._links.append((gates[group], inputs, weights, capacity))
        self._needed.append((gates, needed))
        self.at_least(gates, thresholds)
        return gates

    def finish(self) -> tuple[Gates, Labels]:
        """Return the engine's arrays, and what the gates stand for."""
        gate = _joined([link[0] for link in self._links])
        source = _joined([link[1] for link in self._links])
        weight = _joined([link[2] for link in self._links])
        order = np.argsort(gate, kind="stable")
        start = np.searchsorted(gate[order], np.arange(self.size + 1)).astype(np.int64)
        threshold = np.bincount(gate, weights=weight, minlength=self.size).astype(np.int64)
        for places, values in self._thresholds:
            threshold[places] = values
        least = np.zeros(self.size, dtype=bool)
        for places in self._least:
            least[places] = True
        gates = Gates(
            threshold=threshold,
            start=start,
            inputs=source[order].astype(np.int32),
            weights=weight[order].astype(np.int32),
            least=least,
        )
        capacity = np.concatenate([np.zeros(0), *(link[3] for link in self._links)])
        return gates, self._finish_labels(capacity[order].astype(np.float64))

    def _finish_labels(self, capacity: npt.NDArray[np.float64]) -> Labels:
        roles = ("", *sorted({label[2] for label in self._labels}))
        role = np.zeros(self.size, dtype=np.int8)
        of = np.full(self.size, -1, dtype=np.int32)
        by = np.full(self.size, -1, dtype=np.int32)
        for first, count, name, subject, other in self._labels:
            here = slice(first, first + count)
            role[here], of[here], by[here] = roles.index(name), subject, other
        needed = np.full(self.size, np.nan)
        for gates, amounts in self._needed:
            needed[gates] = amounts
        return Labels(roles, role, of, by, needed, capacity)


def _joined(parts: list[Codes]) -> Codes:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def integer_weights(group: Codes, capacity: Amounts, needed: Amounts) -> tuple[Codes, Codes]:
    """Return integer weights and thresholds that decide as the capacities do.

    A capacity above what is needed counts as what is needed. Where a group's capacities have up to
    three decimals and a common measure, the integers are exact; otherwise they are rounded to
    `EXACT` steps of the group's largest, and the threshold gives way by the most that rounding can
    take, so that a group that just meets its need keeps meeting it.

    Parameters
    ----------
    group
        Group of each capacity, ascending, shape (links,).
    capacity
        Above 0, shape (links,).
    needed
        Capacity that each group must keep, shape (groups,).

    Returns
    -------
    Weights of shape (links,) and thresholds of shape (groups,), both int64.
    """
    if not len(group):
        return np.zeros(0, dtype=np.int64), np.zeros(len(needed), dtype=np.int64)
    starts = np.searchsorted(group, np.arange(len(needed)))
    ceiling = np.where(needed >= 0.001, np.ceil(needed * 1000 - 1e-6) / 1000, needed)
    capped = np.minimum(capacity, ceiling[group])
    thousandths = np.rint(capped * 1000)
    fits = (np.abs(capped * 1000 - thousandths) <= 1e-6) & (thousandths >= 1)
    measure = np.gcd.reduceat(np.where(fits, thousandths, 1).astype(np.int64), starts)
    exact = np.logical_and.reduceat(fits, starts)
    largest = np.maximum.reduceat(capped, starts)
    exact &= np.rint(largest * 1000) <= measure * EXACT
    rounded = np.maximum(np.rint(capped / largest[group] * EXACT), 1)
    weights = np.where(exact[group], thousandths // measure[group], rounded).astype(np.int64)
    slack = np.bincount(group, minlength=len(needed)) / 2
    thresholds = np.where(
        exact,
        np.ceil(needed * 1000 / measure * (1 - _TOLERANCE)),
        np.ceil(needed / largest * EXACT * (1 - _TOLERANCE) - slack),
    )
    return weights, np.maximum(thresholds, 1).astype(np.int64)
