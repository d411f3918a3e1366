"""Which nodes are up, and what is lost, in many alternatives."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.gates import kernels
from indranet.engines.gates.draws import BLOCK, check_chances, draw_block, seed_word
from indranet.engines.gates.order import (
    Codes,
    Ints,
    Ordered,
    Words,
    check_range,
    check_rows,
    frozen,
)
from indranet.engines.gates.work import DOWN, KEPT, LOST, PLANES, Array, Base, Net, Work

Removed = tuple[npt.ArrayLike, npt.ArrayLike]
"""Nodes removed in each alternative: row starts of shape (alternatives + 1,), nodes."""

JOBS = 32
"""Most jobs that one call hands to an executor; each takes its own memory once."""


def up(
    ordered: Ordered,
    removed: Removed,
    *,
    always: npt.ArrayLike = (),
    watch: npt.ArrayLike | None = None,
    least_everywhere: bool = False,
    executor: Executor | None = None,
) -> Words:
    """Find which nodes are up in each alternative.

    In a cycle, least nodes are at the least fixed point for what the others are, and the others at
    the greatest fixed point with that (nu X. mu Y); see `Gates.least`.

    Parameters
    ----------
    ordered
        The net; nodes are numbered here as the caller numbered them.
    removed
        int64 row starts of shape (alternatives + 1,) and the int32 nodes that are removed in each
        alternative.
    always
        Nodes removed in every alternative.
    watch
        Nodes to report, default all.
    least_everywhere
        Take the least fixed point of all nodes: what comes up from all down.
    executor
        Where to run blocks of 1,024 alternatives; default in this thread.

    Returns
    -------
    uint64, shape (watched nodes, ceil(alternatives / 64)); bit a % 64 of word a // 64 is 1 where
    the node is up in alternative a, unused bits 0.

    Raises
    ------
    ValueError
        When a node or a row start is out of range.
    """
    start, nodes = rows_of(ordered, "removed", removed)
    watched = _positions(ordered, "watch", np.arange(len(ordered)) if watch is None else watch)
    base = _base(ordered, always, least_everywhere)
    job = partial(_up_job, ordered, least_everywhere, base, start, nodes, watched)
    states = np.empty((len(watched), (len(start) + 62) // 64), dtype=np.uint64)
    at = 0
    for part in _over_blocks(job, len(start) - 1, executor):
        states[:, at : at + part.shape[1]] = part
        at += part.shape[1]
    return states


def dark(
    ordered: Ordered,
    removed: Removed,
    *,
    always: npt.ArrayLike = (),
    watch: npt.ArrayLike | None = None,
    executor: Executor | None = None,
) -> Words:
    """Find the dark set of each alternative: up once up, but unable to come up from all down.

    It is `up` without what is up under `least_everywhere`; parameters, result and errors as there.
    """
    stays = up(ordered, removed, always=always, watch=watch, executor=executor)
    returns = up(
        ordered, removed, always=always, watch=watch, least_everywhere=True, executor=executor
    )
    return stays & ~returns


def lost(
    ordered: Ordered,
    removed: Removed,
    weights: npt.ArrayLike,
    *,
    of: npt.ArrayLike | None = None,
    always: npt.ArrayLike = (),
    executor: Executor | None = None,
) -> Ints:
    """Sum the weights of what each alternative takes down.

    Counted are the nodes that are up with only `always` removed and down in the alternative. Blocks
    are summed and let go, so memory does not grow with the number of alternatives. Sums
    are exact as long as they fit 64 bits.

    Parameters
    ----------
    ordered, removed, always, executor
        As for `up`.
    weights
        int64, shape (nodes counted, sums), any unit.
    of
        Nodes counted, each once; default all.

    Returns
    -------
    int64, shape (alternatives, sums).

    Raises
    ------
    ValueError
        When a node, a row start or a shape is wrong.
    """
    start, nodes = rows_of(ordered, "removed", removed)
    table = np.asarray(weights)
    positions = _positions(ordered, "of", np.arange(len(ordered)) if of is None else of)
    if table.ndim != 2 or len(table) != len(positions) or table.dtype.kind not in "iu":
        raise ValueError("weights: integers of shape (nodes counted, sums) expected")
    check_range("weights", table, -(2**63), 2**63 - 1)
    weighted = np.flatnonzero((table != 0).any(axis=1))
    weighted = weighted[np.argsort(positions[weighted])]
    chosen = _read_only(np.ascontiguousarray(table[weighted], dtype=np.int64))
    positions = _read_only(np.ascontiguousarray(positions[weighted]))
    base = _base(ordered, always, False)
    job = partial(_lost_job, ordered, base, start, nodes, positions, chosen)
    parts = _over_blocks(job, len(start) - 1, executor)
    return np.concatenate([np.empty((0, table.shape[1]), dtype=np.int64), *parts])


def sample(
    ordered: Ordered,
    leaves: npt.ArrayLike,
    probability: npt.ArrayLike,
    keys: npt.ArrayLike,
    watch: npt.ArrayLike,
    *,
    seed: int,
    draws: int,
    always: npt.ArrayLike = (),
    executor: Executor | None = None,
) -> Ints:
    """Count in how many draws of random failures each watched node is down.

    Parameters
    ----------
    ordered, always, executor
        As for `up`.
    leaves
        Nodes that fail, each named once, shape (leaves,).
    probability, keys, seed
        As for `draw`.
    watch
        Nodes to report.
    draws
        Number of draws, from draw 0.

    Returns
    -------
    int64, shape (watched nodes,).

    Raises
    ------
    ValueError
        When a node or probability is out of range, a leaf is named twice, or lengths disagree.
    """
    failing = _positions(ordered, "leaves", leaves)
    chances, names = check_chances(probability, keys)
    if len(failing) != len(names) or len(np.unique(failing)) != len(failing):
        raise ValueError("leaves: each once, with one probability and key")
    if draws < 0:
        raise ValueError("draws: 0 or more")
    watched = _positions(ordered, "watch", watch)
    base = _base(ordered, always, False)
    job = partial(
        _sample_job, ordered, base, failing, chances, names, seed_word(seed), watched, draws
    )
    counts = np.zeros(len(watched), dtype=np.int64)
    for part in _over_blocks(job, draws, executor):
        counts += part
    return counts


def _over_blocks(
    job: Callable[[range], Array], alternatives: int, executor: Executor | None
) -> Iterator[Array]:
    """Yield what the job makes of each of a few ranges of blocks, in order."""
    blocks = -(-alternatives // BLOCK)
    jobs = min(blocks, JOBS)
    ranges = [range(blocks * j // jobs, blocks * (j + 1) // jobs) for j in range(jobs)]
    return executor.map(job, ranges) if executor else map(job, ranges)


def _up_job(
    ordered: Ordered,
    least_everywhere: bool,
    base: Base,
    start: Array,
    nodes: Array,
    watched: Array,
    blocks: range,
) -> Words:
    alternatives = len(start) - 1
    net, work = net_of(ordered, least_everywhere), _work(ordered, least_everywhere, alternatives)
    last = min(blocks.stop * BLOCK, alternatives)
    words = (last + 63) // 64 - blocks.start * (BLOCK // 64)
    states = np.empty((len(watched), words), dtype=np.uint64)
    for block in blocks:
        count = _solve_removed(ordered, net, base, work, start, nodes, block)
        at = (block - blocks.start) * (BLOCK // 64)
        part = np.empty((len(watched), (count + 63) // 64), dtype=np.uint64)
        kernels.read_up(work, watched, count, part)
        states[:, at : at + part.shape[1]] = part
    return states


def _lost_job(
    ordered: Ordered,
    base: Base,
    start: Array,
    nodes: Array,
    positions: Array,
    weights: Array,
    blocks: range,
) -> Ints:
    net, work = net_of(ordered, False), _work(ordered, False, len(start) - 1)
    parts = []
    for block in blocks:
        count = _solve_removed(ordered, net, base, work, start, nodes, block)
        sums = np.zeros((weights.shape[1], work.rows.shape[1] * 64), dtype=np.int64)
        kernels.add_lost(work, positions, weights, sums)
        parts.append(sums[:, :count].T)
    return np.concatenate(parts)


def _sample_job(
    ordered: Ordered,
    base: Base,
    failing: Array,
    probability: Array,
    keys: Array,
    seed: np.uint64,
    watched: Array,
    draws: int,
    blocks: range,
) -> Ints:
    net, work = net_of(ordered, False), _work(ordered, False, BLOCK)
    counts = np.zeros(len(watched), dtype=np.int64)
    for block in blocks:
        work.code[:] = base.code
        _fail(work, failing, probability, keys, seed, block)
        kernels.solve(net, base, work, False)
        kernels.count_lost(work, watched, min(draws - block * BLOCK, BLOCK), counts)
    return counts


def _solve_removed(
    ordered: Ordered, net: Net, base: Base, work: Work, start: Array, nodes: Array, block: int
) -> int:
    """Settle one block of alternatives; return how many it holds."""
    first = block * BLOCK
    last = min(first + BLOCK, len(start) - 1)
    work.code[:] = base.code
    kernels.remove(work, _read_only(ordered.position), start, nodes, first, last)
    kernels.solve(net, base, work, False)
    return last - first


@njit(cache=True, nogil=True)
def _fail(
    work: Work, failing: Array, probability: Array, keys: Array, seed: Any, block: int
) -> None:
    """Enter the failures of one block of draws into an empty block."""
    row = np.empty(work.rows.shape[1], dtype=np.uint64)
    for leaf in range(len(failing)):
        node = failing[leaf]
        if work.code[node] == KEPT and draw_block(probability[leaf], keys[leaf], seed, block, row):
            work.code[node] = LOST
            for word in range(len(row)):
                work.rows[node, word] = row[word]


def _base(ordered: Ordered, always: npt.ArrayLike, least_everywhere: bool) -> Base:
    """Find the state with only `always` removed, and what takes each node down from there."""
    gone = _positions(ordered, "always", always)
    net, work = net_of(ordered, least_everywhere), _work(ordered, least_everywhere, 1)
    work.code[:] = KEPT
    all_up = _relative(ordered, net, work.code)
    work.code[gone] = LOST
    work.rows[gone] = ~np.uint64(0)
    kernels.solve(net, all_up, work, True)
    down = work.code == LOST
    return _relative(ordered, net, np.where(down, DOWN, KEPT))


def _relative(ordered: Ordered, net: Net, code: Array) -> Base:
    margin = np.empty(len(ordered), dtype=np.int64)
    shape = np.empty(len(ordered), dtype=np.uint8)
    code = _read_only(code.copy())
    kernels.margins(net, _read_only(ordered.gates.threshold), code, margin, shape)
    return Base(code, _read_only(margin), _read_only(shape))


def net_of(ordered: Ordered, least_everywhere: bool = False) -> Net:
    """Return the arrays of a net; with `least_everywhere` each cycle is one group."""
    o = ordered
    groups: tuple[Array, ...] = (o.group_of, o.group_first, o.group_last, o.group_start)
    if least_everywhere:
        number = np.arange(len(o.member))
        group_of = np.repeat(number[:-1], np.diff(o.member)).astype(np.int32)
        groups = (group_of, o.cycle_first, o.cycle_last, number)
    links: tuple[Array, ...] = (o.gates.start, o.gates.inputs, o.gates.weights)
    cycles: tuple[Array, ...] = (o.cycle_first, o.cycle_last, o.member, o.user_start, o.users)
    return Net(*(_read_only(array) for array in links + cycles + groups))


def _work(ordered: Ordered, least_everywhere: bool, alternatives: int) -> Work:
    """Return the memory for blocks of that many alternatives, 1,024 at most."""
    words = min(-(-alternatives // 64), BLOCK // 64)
    cycle = int((ordered.cycle_last - ordered.cycle_first).max(initial=0))
    grouped = cycle if least_everywhere or len(ordered.group_first) else 0
    lines = np.empty(len(ordered) * words + 8, dtype=np.uint64)
    skip = -lines.ctypes.data % 64 // 8  # rows begin with a cache line
    return Work(
        code=np.empty(len(ordered), dtype=np.uint8),
        rows=lines[skip : skip + len(ordered) * words].reshape(len(ordered), words),
        total=np.empty(words, dtype=np.uint64),
        scratch=np.empty((3, PLANES, words), dtype=np.uint64),
        pending=np.zeros(cycle // 64 + 1, dtype=np.uint64),
        bounds=np.empty(2, dtype=np.int64),
        forced=np.empty(grouped, dtype=np.uint8),
        removed=np.empty((grouped, words), dtype=np.uint64),
        before=np.empty((grouped, words), dtype=np.uint64),
        queue=np.empty(grouped, dtype=np.int32),
        queued=np.zeros(grouped, dtype=np.uint8),
        queue_bounds=np.empty(2, dtype=np.int64),
    )


def rows_of(ordered: Ordered, name: str, rows: Removed) -> tuple[Ints, Codes]:
    """Return row starts and nodes as arrays.

    Raises
    ------
    ValueError
        When a node or a row start is out of range; the name says whose.
    """
    start, nodes = frozen(name, rows[0], np.int64), frozen(name, rows[1], np.int32)
    check_rows(name, start, len(nodes))
    check_range(name, nodes, 0, len(ordered) - 1)
    return start, nodes


def _positions(ordered: Ordered, name: str, nodes: npt.ArrayLike) -> Codes:
    codes = frozen(name, nodes, np.int32)
    check_range(name, codes, 0, len(ordered) - 1)
    positions: Codes = _read_only(ordered.position[codes])
    return positions


def _read_only(array: Array) -> Array:
    """Return a read-only view: kernels are compiled once, for inputs that they cannot change."""
    view = array.view()
    view.flags.writeable = False
    return view
