"""What two losses take away together, and how much of it neither takes alone."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, lost
from indranet.engines.gates.meetings import Meetings, joint, meetings, pair_blocks
from indranet.studies.candidates import Candidates
from indranet.studies.compile import Compiled, Horizon
from indranet.studies.reach import Table, stacked
from indranet.studies.worst import FINE, PEOPLE, SERVICES, SITES, Counts

MOST_CANDIDATES = 1000
MOST_PAIRS = 5000

Ints = npt.NDArray[np.int64]

_ROWS = 1 << 12
_DIGIT = 40
"""Bits of a weight that are multiplied at once: with `_ROWS` rows all sums stay below 2**53."""


@dataclass(frozen=True)
class PairLosses:
    """What pairs of candidates take away.

    Attributes
    ----------
    table
        a, b, horizon, services_lost, people_lost, sites_lost, a_kind, b_kind, services_more,
        people_more, sites_more; one row a pair and horizon. `more` is what falls only when both are
        lost.
    left_out
        Candidates that did not enter.
    """

    table: Table
    left_out: int


def pairs(
    asked: Candidates,
    nets: Mapping[Horizon, tuple[Compiled, Ordered]],
    counts: Mapping[Horizon, Counts],
    *,
    executor: Executor | None = None,
) -> PairLosses:
    """Take away the candidates two by two and count what stops.

    At most `MOST_CANDIDATES` enter: those that alone, at their worst horizon, take most people,
    then services, then sites, then gates of any kind. At each horizon at most `MOST_PAIRS` pairs
    are returned. First come pairs that take more together than one by one, ordered by how many
    people, then services, then sites more. Pairs that only add up fill what is left, ordered by
    people, services, sites lost; last are those of which one takes down all that the other is (a
    plant and its territory). Pairs that take nothing are not returned. Equals are ordered by kind
    and identifier, as the two of a pair are.

    Parameters
    ----------
    asked
        What may be taken away.
    nets
        The gates of each horizon, compiled and ordered.
    counts
        What the loss of gates counts at each horizon; none of the first three sums below 0.
    executor
        Threads to spread the work over; results do not depend on their number.

    Returns
    -------
    The pairs, and how many candidates were left out.
    """
    counted = {
        horizon: Counts(table.gates, np.ascontiguousarray(table.weights[:, :3]))
        for horizon, table in counts.items()
    }
    chosen = _entering(asked, nets, counted, executor)
    some = asked.pick(chosen)
    parts = [
        _rows(some, horizon, *_worst(some, compiled, ordered, counted[horizon], executor))
        for horizon, (compiled, ordered) in nets.items()
    ]
    return PairLosses(stacked(parts), len(asked.id) - len(chosen))


def _entering(
    asked: Candidates,
    nets: Mapping[Horizon, tuple[Compiled, Ordered]],
    counted: Mapping[Horizon, Counts],
    executor: Executor | None,
) -> Ints:
    """Return the candidates that enter, in order of kind and identifier."""
    named = np.lexsort((asked.id.astype(str), asked.kind.astype(str)))
    if len(named) <= MOST_CANDIDATES:
        return named
    alone = np.zeros((len(named), 4), dtype=np.int64)
    for horizon, (compiled, ordered) in nets.items():
        table = np.zeros((len(ordered), 4), dtype=np.int64)
        table[counted[horizon].gates, :3] = counted[horizon].weights
        table[:, 3] = 1
        removed = asked.gates(compiled)
        sums = lost(ordered, removed, table, always=compiled.down, executor=executor)
        np.maximum(alone, sums, out=alone)
    services, people, sites, gates = -alone[named][:, [SERVICES, PEOPLE, SITES, 3]].T
    worst = np.lexsort((gates, sites, services, people))
    return named[np.sort(worst[:MOST_CANDIDATES])]


def _worst(
    some: Candidates,
    compiled: Compiled,
    ordered: Ordered,
    counted: Counts,
    executor: Executor | None,
) -> tuple[Ints, Ints, Ints]:
    """Return the worst pairs of one horizon, worst first.

    Candidates of shape (pairs, 2), what both take and what they take more, of shape (pairs, 3).
    """
    removed = some.gates(compiled)
    some_counts = (counted.weights != 0).any(axis=1)
    at, weights = counted.gates[some_counts], counted.weights[some_counts]
    met = meetings(ordered, removed, always=compiled.down, watch=at, executor=executor)
    apart = _either(met, weights, len(some.id))
    found = [(np.zeros((0, 2), dtype=np.int64), *np.zeros((2, 0, 3), dtype=np.int64))]
    for a, b in pair_blocks(met.meets):
        both = lost(
            ordered, joint(removed, a, b), weights, of=at, always=compiled.down, executor=executor
        )
        more = both - apart[:, a, b].T
        grows = np.flatnonzero((more > 0).any(axis=1))
        found.append((np.stack([a, b], axis=1)[grows], both[grows], more[grows]))
    pair, both, more = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = np.lexsort((*pair.T[::-1], *_rising(both), *_rising(more)))[:MOST_PAIRS]
    plain = _adding_up(apart, met, pair)[: MOST_PAIRS - len(kept)]
    taken = apart[:, plain[:, 0], plain[:, 1]].T
    return (
        np.concatenate([pair[kept], plain]),
        np.concatenate([both[kept], taken]),
        np.concatenate([more[kept], np.zeros_like(taken)]),
    )


def _rising(sums: Ints) -> Ints:
    """Return keys for `np.lexsort` that put most people first, then services, then sites."""
    return -sums[:, [SITES, SERVICES, PEOPLE]].T


def _either(met: Meetings, weights: Ints, candidates: int) -> Ints:
    """Return what falls with one or the other of two candidates, shape (3, candidates, candidates).

    It is the sum of what each takes less what both of them take, which a product of 0/1 matrices
    counts: |A or B| = |A| + |B| - |A and B|.
    """
    rows, of = np.unique(met.lost, axis=0, return_inverse=True)
    total = np.zeros((len(rows), weights.shape[1]), dtype=np.int64)
    np.add.at(total, of.ravel(), weights)
    shared = np.zeros((weights.shape[1], candidates, candidates), dtype=np.int64)
    for first in range(0, len(rows), _ROWS):
        bits = _unpacked(rows[first : first + _ROWS], candidates).astype(np.float64)
        for column, values in enumerate(total[first : first + _ROWS].T):
            for shift in range(0, int(values.max(initial=0)).bit_length(), _DIGIT):
                digit = (values >> shift) & ((1 << _DIGIT) - 1)
                product = (bits * digit[:, np.newaxis]).T @ bits
                shared[column] += product.astype(np.int64) << shift
    alone = np.diagonal(shared, axis1=1, axis2=2)
    return alone[:, :, np.newaxis] + alone[:, np.newaxis, :] - shared


def _unpacked(words: npt.NDArray[np.uint64], candidates: int) -> npt.NDArray[np.bool_]:
    """Return the bits of some rows, shape (rows, candidates)."""
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little", count=candidates)
    return bits.astype(np.bool_)


def _adding_up(apart: Ints, met: Meetings, found: Ints) -> Ints:
    """Return the pairs that take something, and what each takes, worst first, without those found.

    Pairs of which one takes down all that the other is come last.
    """
    candidates = apart.shape[1]
    wanted = np.triu((apart > 0).any(axis=0), 1)
    wanted[found[:, 0], found[:, 1]] = False
    a, b = np.nonzero(wanted)
    within = _unpacked(met.within, candidates)
    inside = within[a, b] | within[b, a]
    order = np.lexsort((b, a, *_rising(apart[:, a, b].T), inside))
    return np.stack([a, b], axis=1)[order]


def _rows(some: Candidates, horizon: Horizon, pair: Ints, both: Ints, more: Ints) -> Table:
    a, b = pair.T
    return {
        "a": some.id[a],
        "b": some.id[b],
        "horizon": np.full(len(pair), horizon, dtype=object),
        "services_lost": both[:, SERVICES],
        "people_lost": both[:, PEOPLE] / FINE,
        "sites_lost": both[:, SITES] / FINE,
        "a_kind": some.kind[a],
        "b_kind": some.kind[b],
        "services_more": more[:, SERVICES],
        "people_more": more[:, PEOPLE] / FINE,
        "sites_more": more[:, SITES] / FINE,
    }
