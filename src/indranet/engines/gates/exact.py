"""Exact probabilities of failure, by decision diagrams, and which leaves they hang on."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from indranet.engines.gates.order import (
    Bools,
    Codes,
    Gates,
    Ints,
    Ordered,
    check_range,
    frozen,
    order,
)
from indranet.engines.gates.states import up
from indranet.engines.gates.work import Array, Integer

Floats = npt.NDArray[np.float64]

NODES = 1 << 22
"""Nodes of a diagram allowed unless the caller says otherwise; they take about 300 MB."""
SECONDS = 10.0
LEAST_SECONDS = 1.0
"""What one diagram may take in any case while time is left: its process has to start as well."""
GIVE_UP = 6
"""After so many diagrams in a row that were not there in time, the larger ones are not tried."""
LEAVES = 100_000
"""Most leaves of one diagram: a chain of a million crashes the library."""
BUILDER = Path(__file__).with_name("diagram.py")
OVER = "its decision diagram was not there in the time allowed"


@dataclass(frozen=True, eq=False)
class Exact:
    """How likely each watched node is down, and which leaves that hangs on.

    Attributes
    ----------
    probability
        That the node is down, NaN where a limit stopped it, shape (watched nodes,).
    why
        Which limit that was, empty where the probability is exact, text, shape (watched nodes,).
    watched, leaf
        Pairs in which the leaf matters to the node: position among the watched nodes and among the
        leaves, int64 in ascending order, shape (pairs,).
    birnbaum
        P(node down | leaf down) - P(node down | leaf up), shape (pairs,).
    fussell_vesely
        (P(node down) - P(node down | leaf up)) / P(node down), 0 for 0 / 0, shape (pairs,).
    """

    probability: Floats
    why: npt.NDArray[Any]
    watched: Ints
    leaf: Ints
    birnbaum: Floats
    fussell_vesely: Floats


def exact(
    gates: Gates,
    leaves: npt.ArrayLike,
    probability: npt.ArrayLike,
    watch: npt.ArrayLike,
    *,
    always: npt.ArrayLike = (),
    nodes: int = NODES,
    seconds: float = SECONDS,
) -> Exact:
    """Compute how likely each watched node is down when leaves fail independently.

    A leaf that fails is forced down, whatever its inputs. Each watched node gets a decision diagram
    over the leaves below it (Bryant 1986; Rauzy 1993), built in a process of its own that is
    stopped when its time is over; cycles are as `Gates.least` says. A sweep up the diagram gives
    the probability, one down the importance of each leaf: Birnbaum 1969, On the importance of
    different components in a multicomponent system; Fussell 1975, How to hand-calculate system
    reliability and safety characteristics, as what goes with a leaf that never fails.

    Parameters
    ----------
    gates
        The net.
    leaves
        Nodes that fail, each named once, shape (leaves,).
    probability
        Probability that each is down, shape (leaves,).
    watch
        Nodes to report, shape (watched nodes,).
    always
        Nodes that are down in any case.
    nodes
        Most nodes of a diagram, together with those on the way to it.
    seconds
        For all watched nodes together. Those with least below them come first, and each may take
        an even share of the time that is left, or a second of it if that is more. When several in a
        row have not been there in time, the rest, which have more below them, is not tried.

    Returns
    -------
    Probabilities and importances. Numbers agree to rounding, whatever the numbering; how far one
    gets within the limits may hang on the machine and, seldom, on the numbering.

    Raises
    ------
    ValueError
        When a node or probability is out of range, a leaf is named twice, or lengths disagree.
    """
    failing, watched, chances = _checked(len(gates), leaves, watch, probability)
    if nodes < 1 or not seconds >= 0:
        raise ValueError("nodes: 1 or more; seconds: 0 or more")
    ordered = order(gates)
    none_and_all = np.array([0, 0, len(failing)]), failing
    state = up(ordered, none_and_all, always=always)[:, 0]
    before, after = (state & np.uint64(1)) > 0, (state & np.uint64(2)) > 0
    net = _varying(ordered, before & ~after, after, failing)
    found = np.where(before[watched], 0.0, 1.0)
    why = np.full(len(watched), "", dtype=object)
    parts: list[tuple[Ints, Ints, Floats]] = []
    roots = ordered.position[watched]
    for root, answer in _answers(net, np.unique(roots[net.varies[roots]]), chances, nodes, seconds):
        places = np.flatnonzero(roots == root)
        found[places], why[places] = answer.probability, answer.why
        for place in places.tolist():
            parts.append((np.full(len(answer.leaf), place), answer.leaf, answer.birnbaum))
    return _result(found, why, parts, chances)


def _checked(
    nodes: int, leaves: npt.ArrayLike, watch: npt.ArrayLike, probability: npt.ArrayLike
) -> tuple[Codes, Codes, Floats]:
    failing = frozen("leaves", leaves, np.int32)
    watched = frozen("watch", watch, np.int32)
    chances = frozen("probability", probability, np.float64)
    for name, codes in (("leaves", failing), ("watch", watched)):
        check_range(name, codes, 0, nodes - 1)
    if len(failing) != len(chances) or len(np.unique(failing)) != len(failing):
        raise ValueError("leaves: each once, with one probability")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("probability: values must lie from 0 to 1")
    return failing, watched, chances


def _result(
    found: Floats,
    why: npt.NDArray[Any],
    parts: list[tuple[Ints, Ints, Floats]],
    chances: Floats,
) -> Exact:
    nothing = np.zeros(0, dtype=np.int64)
    columns = zip((nothing, nothing, np.zeros(0)), *parts, strict=True)
    watched, leaf, birnbaum = (np.concatenate(column) for column in columns)
    by_place = np.lexsort((leaf, watched))
    watched, leaf, birnbaum = watched[by_place], leaf[by_place], birnbaum[by_place]
    # P = p P(down | leaf down) + (1 - p) P(down | leaf up), so P - P(down | leaf up) = p birnbaum.
    gone, whole = chances[leaf] * birnbaum, found[watched]
    share = np.divide(gone, whole, out=np.zeros(len(gone)), where=whole > 0)
    return Exact(found, why, watched, leaf, birnbaum, share)


class _Varying(NamedTuple):
    """The part of a net that is up when no leaf fails and down when all do, inputs first.

    Nodes, links and cycles are as in `Ordered`; a node is down once the weight of its inputs that
    are down reaches its margin. Links to nodes that never change are gone.
    """

    varies: Bools
    leaf: Codes  # position among the leaves, -1 for none
    margin: Ints
    start: Ints
    inputs: Codes
    weights: Codes
    ordered: Ordered


def _varying(ordered: Ordered, varies: Bools, stays: Bools, failing: Codes) -> _Varying:
    """Leave out of a net what never changes; `stays` are the nodes that are up in any case.

    A node at its value in all alternatives may be replaced by that value, also within a cycle
    (Bekic's principle of simultaneous fixed points).
    """
    nodes, net = len(ordered), ordered.gates
    caller = np.empty(nodes, dtype=np.int64)
    caller[ordered.position] = np.arange(nodes)
    varies, stays = varies[caller], stays[caller]
    owner = np.repeat(np.arange(nodes), np.diff(net.start))
    kept = varies[owner] & varies[net.inputs]
    counted = np.where(kept | stays[net.inputs], net.weights, 0)
    most = np.bincount(owner, weights=counted, minlength=nodes).astype(np.int64)
    leaf = np.full(nodes, -1, dtype=np.int32)
    leaf[ordered.position[failing]] = np.arange(len(failing))
    return _Varying(
        varies=varies,
        leaf=leaf,
        margin=most - net.threshold + 1,
        start=np.append(0, np.cumsum(np.bincount(owner[kept], minlength=nodes))),
        inputs=net.inputs[kept],
        weights=net.weights[kept],
        ordered=ordered,
    )


class _Answer(NamedTuple):
    """The probability of one node, or why there is none; leaves that matter and their Birnbaum."""

    probability: float
    why: str
    leaf: Ints
    birnbaum: Floats


def _answers(
    net: _Varying, roots: Codes, chances: Floats, nodes: int, seconds: float
) -> Iterator[tuple[int, _Answer]]:
    """Yield each root with its answer, those with least below them first."""
    size = np.empty(len(net.margin), dtype=np.float64)
    _sizes(net.start, net.inputs, size)
    roots = roots[np.argsort(size[roots], kind="stable")]
    end = time.monotonic() + seconds
    met = np.full(len(size), -1, dtype=np.int32)
    with tempfile.TemporaryDirectory(prefix="indranet-") as folder, _Builder() as builder:
        file = Path(folder) / "diagram"
        limits = {"nodes": nodes, "path": str(file)}
        missed = 0
        for place, root in enumerate(roots.tolist()):
            left = end - time.monotonic()
            if left <= 0 or missed == GIVE_UP:
                yield root, _no_answer(OVER)
                continue
            below = np.sort(_below(net.start, net.inputs, root, met))
            leaf = net.leaf[below].astype(np.int64)
            if np.count_nonzero(leaf >= 0) > LEAVES:
                yield root, _no_answer(f"more than {LEAVES:,} things below it can fail")
                continue
            share = max(left / (len(roots) - place), min(left, LEAST_SECONDS))
            reply = builder.ask(_cone(net, root, below) | limits, share)
            missed = missed + 1 if reply.get("why") == OVER else 0
            if "why" in reply:
                yield root, _no_answer(reply["why"])
                continue
            leaf = leaf[np.array(reply["order"])]
            probability, occurring, birnbaum = evaluate(file, chances[leaf])
            yield root, _Answer(probability, "", leaf[occurring], birnbaum)


def _no_answer(why: str) -> _Answer:
    return _Answer(np.nan, why, np.zeros(0, dtype=np.int64), np.zeros(0))


def _cone(net: _Varying, root: int, below: Codes) -> dict[str, Any]:
    """Return the fields of `diagram.Cone` for a root and the nodes below it, ascending."""
    count = net.start[below + 1] - net.start[below]
    start = np.append(0, np.cumsum(count))
    link = np.arange(start[-1]) + np.repeat(net.start[below] - start[:-1], count)
    ranges = {}
    for name, first, last in (
        ("cycles", net.ordered.cycle_first, net.ordered.cycle_last),
        ("groups", net.ordered.group_first, net.ordered.group_last),
    ):
        spans = np.searchsorted(below, np.column_stack([first, last]))
        ranges[name] = spans[spans[:, 0] < spans[:, 1]].tolist()
    return {
        "root": int(np.searchsorted(below, root)),
        "leaf": (net.leaf[below] >= 0).tolist(),
        "margin": net.margin[below].tolist(),
        "start": start.tolist(),
        "inputs": np.searchsorted(below, net.inputs[link]).tolist(),
        "weights": net.weights[link].tolist(),
        **ranges,
    }


class _Builder:
    """A process that builds diagrams, started when first asked and again after it was stopped."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "_Builder":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer to a question of `engines.gates.diagram`, or `why` there is none."""
        line = json.dumps(question).encode() + b"\n"
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own file, by our own Python
                [sys.executable, "-P", str(BUILDER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process, reply = self._process, b""
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), process.kill)
        begun = time.monotonic()
        timer.start()
        with suppress(OSError):  # it may die at any time
            process.stdin.write(line)
            process.stdin.flush()
            reply = process.stdout.readline()
        timer.cancel()
        over = time.monotonic() - begun >= seconds
        whole = reply.endswith(b"\n")
        if over or not whole:
            self._stop()
        if whole:
            return dict(json.loads(reply))
        return {"why": OVER if over else "the process that builds decision diagrams ended"}

    def _stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()


def evaluate(file: Path, chances: Floats) -> tuple[float, Ints, Floats]:
    """Evaluate a diagram.

    Parameters
    ----------
    file
        The diagram as text in the DDDMP format: a row "id variable then else" a node, children
        first, variables numbered among those that occur.
    chances
        Probability that each variable is true, from the top down, shape (variables,).

    Returns
    -------
    The probability of the diagram, the variables that occur in it, and their Birnbaum importances.
    """
    head, _, body = file.read_bytes().partition(b".nodes\n")
    occurring = next(line for line in head.splitlines() if line.startswith(b".ids"))
    variables = np.array(occurring.split()[1:], dtype=np.int64)
    chances = chances[variables]
    first, _, rows = body.split(b"\n", 2)
    table = np.fromstring(rows.partition(b".end")[0].decode(), dtype=np.int64, sep=" ")
    _, rank, then, otherwise = table.reshape(-1, 4).T
    value = np.zeros(len(rank) + 2)
    value[0 if b"T" in first else 1] = 1.0
    birnbaum = np.zeros(len(chances))
    _sweep(rank, then - 1, otherwise - 1, chances, value, birnbaum)
    return float(value[-1]), variables, birnbaum


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(
    variable: Array, then: Array, otherwise: Array, chances: Array, value: Array, birnbaum: Array
) -> None:
    """Fill value, shape (terminals and nodes,), going up and birnbaum going down.

    Going up: the probability that a node leads to true. Going down: the probability that the
    failures lead to a node; it makes the difference between the two ways on from there.
    """
    terminals = len(value) - len(variable)
    for row in range(len(variable)):
        chance = chances[variable[row]]
        value[terminals + row] = chance * value[then[row]] + (1.0 - chance) * value[otherwise[row]]
    reach = np.zeros(len(value))
    reach[-1] = 1.0
    for row in range(len(variable) - 1, -1, -1):
        here = reach[terminals + row]
        chance = chances[variable[row]]
        reach[then[row]] += here * chance
        reach[otherwise[row]] += here * (1.0 - chance)
        birnbaum[variable[row]] += here * (value[then[row]] - value[otherwise[row]])


@njit(cache=True, nogil=True, error_model="numpy")
def _sizes(start: Array, inputs: Array, size: Array) -> None:
    """Fill in how many nodes each node leads to, counted once a path, back links left out."""
    for node in range(len(size)):
        total = 1.0
        for e in range(start[node], start[node + 1]):
            if inputs[e] < node:
                total += size[inputs[e]]
        size[node] = min(total, 1e300)


@njit(cache=True, nogil=True, error_model="numpy")
def _below(start: Array, inputs: Array, root: Integer, met: Array) -> Codes:
    """Return the nodes that a root leads to, itself too; `met` holds the root that met a node."""
    below = np.empty(64, dtype=np.int32)
    below[0] = root
    met[root] = root
    found, looked = 1, 0
    while looked < found:
        node = below[looked]
        looked += 1
        for e in range(start[node], start[node + 1]):
            source = inputs[e]
            if met[source] != root:
                met[source] = root
                if found == len(below):
                    below = np.append(below, np.empty_like(below))
                below[found] = source
                found += 1
    return below[:found]
