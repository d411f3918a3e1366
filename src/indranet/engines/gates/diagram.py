"""Binary decision diagrams, built in a process of its own: one question a line.

`engines.gates.exact` starts this file as a script. It imports nothing but the library of diagrams,
so it is there at once; it may be killed at any moment, and then one answer is lost. A question is a
line of JSON: the fields of `Cone`, `nodes` (the limit) and `path` (where to write the diagram). The
answer is a line with either `order`, the leaf of each variable, or `why` there is no diagram.

Diagrams are ordered and reduced (Bryant 1986, Graph-based algorithms for Boolean function
manipulation), as fault trees first were by Rauzy 1993 (New algorithms for fault trees analysis).
They have no complemented edges: a probability is then a sum of positive terms, and one of 1e-13
keeps its digits.
"""

import json
import signal
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import accumulate
from operator import and_, or_
from typing import Any, NamedTuple

from oxidd.bdd import BDDFunction, BDDManager
from oxidd.util import DDMemoryError

STATES = 1 << 18
"""Most states that counting the inputs of one gate may take."""
FIRST_SHARE = 8
"""Each order of variables is first tried with this part of the nodes allowed."""

Links = list[tuple[int, int]]
"""Inputs of one node, each with its weight."""


class Cone(NamedTuple):
    """What one node, the root, depends on; inputs first.

    A node is down if it is a leaf that fails, or once the weight of its inputs that are down
    reaches its margin. The nodes of a cycle stand together, and so do those of a group, which is a
    part of a cycle whose nodes are up only while something outside it holds them up.

    Attributes
    ----------
    root
        The node asked about.
    leaf, margin
        Whether it may fail by itself, and its margin, of each node.
    start, inputs, weights
        Inputs of each node and their weights in compressed sparse rows.
    cycles, groups
        First and past-the-last node of each.
    """

    root: int
    leaf: list[bool]
    margin: list[int]
    start: list[int]
    inputs: list[int]
    weights: list[int]
    cycles: list[list[int]]
    groups: list[list[int]]


class TooWideError(Exception):
    """Counting the inputs of a gate takes more than `STATES` states."""


def diagram(cone: Cone, nodes: int) -> tuple[BDDManager, BDDFunction, list[int]]:
    """Build the diagram of "the root is down".

    How large a diagram is hangs on the order of its variables. They stand as a depth-first search
    over inputs meets them, which takes large inputs first, or small ones, or those that most others
    share. Each of the three is tried with an eighth of the nodes allowed, then each with all.

    Parameters
    ----------
    cone
        The net below the root.
    nodes
        Most nodes that the diagram and those on the way to it may have together.

    Returns
    -------
    The manager, the diagram, and the leaf of each variable from the top down.

    Raises
    ------
    DDMemoryError
        When no order makes do with the nodes allowed.
    TooWideError
        When a gate takes too many states to count.
    """
    for limit in (nodes // FIRST_SHARE, nodes):
        for key in _preferences(cone):
            links = _links(cone, key)
            order = _variables(cone, links)
            manager = BDDManager(limit, max(limit // 4, 1024), 1)
            try:
                manager.add_vars(len(order))
                return manager, _Down(cone, links, order, manager).top(), order
            except DDMemoryError:
                continue
    raise DDMemoryError


def _preferences(cone: Cone) -> Iterator[Callable[[int], Any]]:
    """Yield what inputs are sorted by: large first, small first, shared by most first."""
    size: list[float] = []
    users = [0] * len(cone.leaf)
    for node in range(len(cone.leaf)):
        inputs = cone.inputs[cone.start[node] : cone.start[node + 1]]
        size.append(min(1.0 + sum(size[i] for i in inputs if i < node), 1e300))
        for i in inputs:
            users[i] += 1
    yield lambda i: -size[i]
    yield lambda i: size[i]
    yield lambda i: (-users[i], size[i])


def _links(cone: Cone, key: Callable[[int], Any]) -> list[Links]:
    """Return the links of each node, sorted by what they lead to."""
    pairs = list(zip(cone.inputs, cone.weights, strict=True))
    return [
        sorted(pairs[first:last], key=lambda link: key(link[0]))
        for first, last in zip(cone.start[:-1], cone.start[1:], strict=True)
    ]


def _variables(cone: Cone, links: list[Links]) -> list[int]:
    """Return the leaves as a depth-first search over links from the root meets them."""
    met = [False] * len(links)
    order: list[int] = []
    waiting = [cone.root]
    while waiting:
        node = waiting.pop()
        if not met[node]:
            met[node] = True
            if cone.leaf[node]:
                order.append(node)
            waiting.extend(source for source, _ in reversed(links[node]))
    return order


class _Down:
    """For each node of a cone, the diagram of the failures that take it down."""

    def __init__(
        self, cone: Cone, links: list[Links], order: list[int], manager: BDDManager
    ) -> None:
        self.cone = cone
        self.links = links
        self.manager = manager
        self.fails = {leaf: manager.var(level) for level, leaf in enumerate(order)}
        self.down = [manager.false()] * len(links)

    def top(self) -> BDDFunction:
        """Return the diagram of the root."""
        done = 0
        for first, last in [*self.cone.cycles, [len(self.down)] * 2]:
            for node in range(done, first):
                self.down[node] = self._gate(node)
            self._cycle(first, last)
            done = last
        return self.down[self.cone.root]

    def _gate(self, node: int) -> BDDFunction:
        """Return the diagram of one node, given those of its inputs."""
        weights: dict[BDDFunction, int] = {}
        for source, weight in self.links[node]:
            found = self.down[source]
            # Inputs that go down together count as one: of many sites on one grid, say.
            weights[found] = weights.get(found, 0) + weight
        counted = reaches(list(weights.items()), self.cone.margin[node], self.manager)
        return self.fails[node] | counted if node in self.fails else counted

    def _cycle(self, first: int, last: int) -> None:
        """Settle a cycle: sweep until nothing changes, for all combinations of failures at once.

        Nodes start as never down and rise: what is up is the greatest fixed point (Tarski 1955, A
        lattice-theoretical fixpoint theorem). A group starts as always down and falls, anew each
        time that something it stands on has risen: within it what is up is the least.
        """
        groups = {begin: end for begin, end in self.cone.groups if first <= begin < last}
        users: list[list[int]] = [[] for _ in range(first, last)]
        for node in range(first, last):
            for source, _ in self.links[node]:
                if source >= first:
                    users[source - first].append(node)
        stale = set(range(first, last))
        while stale:
            node = first
            while node < last:
                end = groups.get(node, node + 1)
                if node in groups and not stale.isdisjoint(range(node, end)):
                    self.down[node:end] = [self.manager.true()] * (end - node)
                    stale.update(range(node, end))
                    while not stale.isdisjoint(range(node, end)):
                        self._sweep(node, end, first, users, stale)
                elif node not in groups:
                    self._sweep(node, end, first, users, stale)
                node = end

    def _sweep(
        self, begin: int, end: int, first: int, users: list[list[int]], stale: set[int]
    ) -> None:
        """Look at the stale nodes of a range once; users of what changes become stale."""
        for node in range(begin, end):
            if node in stale:
                stale.remove(node)
                found = self._gate(node)
                if found != self.down[node]:
                    self.down[node] = found
                    stale.update(users[node - first])


def reaches(inputs: list[tuple[BDDFunction, int]], needed: int, manager: BDDManager) -> BDDFunction:
    """Return the diagram of "the weights of the inputs that hold sum to what is needed or more".

    Inputs are decided one after the other. What is still needed after the first few does not matter
    in itself, only which subsets of the rest reach it: one diagram serves a whole interval of needs
    (Abio et al. 2012, A new look at BDDs for pseudo-Boolean constraints).

    Parameters
    ----------
    inputs
        Diagram and weight (1 or more) of each.
    needed
        Weight needed.
    manager
        Manager of the diagrams.

    Raises
    ------
    TooWideError
        When more than `STATES` intervals are met.
    """
    total, least = sum(weight for _, weight in inputs), min((w for _, w in inputs), default=0)
    if 0 < needed <= least:
        return reduce(or_, (holds for holds, _ in reversed(inputs)))
    if total - least < needed <= total:
        return reduce(and_, (holds for holds, _ in reversed(inputs)))
    left = [*accumulate((weight for _, weight in reversed(inputs)), initial=0)][::-1]
    beyond = total + abs(needed) + 1
    known: list[list[tuple[int, int, BDDFunction]]] = [[] for _ in inputs]
    states = 0

    def decide(position: int, still: int) -> tuple[int, int, BDDFunction]:
        """Return highest and lowest need (excluded) with the same diagram from here, and it."""
        nonlocal states
        if still <= 0:
            return 0, -beyond, manager.true()
        if still > left[position]:
            return beyond, left[position], manager.false()
        place = bisect_left(known[position], still, key=lambda interval: interval[0])
        if place < len(known[position]) and known[position][place][1] < still:
            return known[position][place]
        states += 1
        if states > STATES:
            raise TooWideError
        holds, weight = inputs[position]
        high, low, then = decide(position + 1, still - weight)
        other_high, other_low, otherwise = decide(position + 1, still)
        found = (
            min(high + weight, other_high),
            max(low + weight, other_low),
            holds.ite(then, otherwise),
        )
        known[position].insert(place, found)
        return found

    return decide(0, needed)[2]


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question; see the module."""
    nodes, path = question.pop("nodes"), question.pop("path")
    try:
        manager, top, order = diagram(Cone(**question), nodes)
    except DDMemoryError:
        return {"why": f"its decision diagram takes more than {nodes:,} nodes"}
    except TooWideError:
        return {"why": f"a gate below it takes more than {STATES:,} states to count"}
    manager.export_dddmp(path, [top], ascii=True)
    return {"order": order}


def main() -> None:
    """Answer the questions on standard input until it closes; Ctrl-C is for the caller."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(1 << 30)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
