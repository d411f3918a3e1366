"""What the kernels work on: the arrays of a net, a base state, the memory of one block.

A row holds for one node a bit for each alternative: 1 where the node is lost, which means up in the
base state and down in the alternative. Rows of nodes that lose nothing are neither written nor
read; `code` says which those are.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Integer = int | np.integer[Any]

# What is known of a node in this block.
KEPT = np.uint8(0)  # up in the base state and in every alternative
LOST = np.uint8(1)  # up in the base state, lost in some alternative: its row counts
DOWN = np.uint8(2)  # down in the base state, hence in every alternative

# What takes a node down, given the base state.
NEVER = np.uint8(0)
ANY = np.uint8(1)  # the loss of any input that was up
ALL = np.uint8(2)  # the loss of all of them
SOME = np.uint8(3)  # the loss of a certain weight of them
ALWAYS = np.uint8(4)

PLANES = 64  # bits of a counter: no sum of weights needs more


class Net(NamedTuple):
    """The arrays of an ordered net; see `Ordered`."""

    start: Array
    inputs: Array
    weights: Array
    cycle_first: Array
    cycle_last: Array
    member: Array
    user_start: Array
    users: Array
    group_of: Array
    group_first: Array
    group_last: Array
    group_start: Array


class Base(NamedTuple):
    """The state that alternatives are compared with.

    `code` (uint8, KEPT or DOWN), `margin` (int64, lost weight of inputs that takes the node down)
    and `shape` (uint8, NEVER to ALWAYS), each of shape (nodes,).
    """

    code: Array
    margin: Array
    shape: Array


class Work(NamedTuple):
    """Memory of one worker: `code` (nodes,), `rows` (nodes, words) and scratch."""

    code: Array
    rows: Array
    total: Array  # (words,) the row being made
    scratch: Array  # (3, PLANES, words) counters; carries that wait for a second one; a carry
    pending: Array  # nodes of the cycle to be looked at, one bit each
    bounds: Array  # (2,) first and last word of pending that may hold a bit
    forced: Array  # nodes of the cycle's groups that are removed somewhere
    removed: Array  # their rows
    before: Array  # rows of the group as they were
    queue: Array  # groups of the cycle to be looked at
    queued: Array
    queue_bounds: Array  # (2,) next to look at, number waiting
