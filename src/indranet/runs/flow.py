"""A flow in SVG: what goes from each column into the next, as heights and ribbons."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from math import floor, fsum
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt

from indranet.runs.markup import Html, element, joined
from indranet.runs.words import percent

WIDTH = 1000
"""Width of every flow in its own units; the page scales it."""
WHOLE = 340.0
"""Height of all that goes through a column."""
NODE = 11
"""Width of a node."""
LABEL = 29.0
"""Height of a label: a name, and a share beneath it."""
KINDS = ("made", "other", "ends", "unknown")
"""What a node may be. The last two stand at the foot of each column, the last one lowest."""
MADE, OTHER, ENDS, UNKNOWN = range(len(KINDS))

_HEAD = 30.0
_GAP = 7.0
_SWEEPS = 12
_TICK = 5
_LETTER = 6.3
_BESIDE = 6
_LAST = 124
"""Room for the last column and its labels."""

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Node:
    """One thing in one column.

    Attributes
    ----------
    column
        Its column, counted from 0.
    id, name
        What it stands for, only once in a column and kind, and what it is called.
    share
        Its part of what goes through the column, 0 to 1.
    kind
        Position in `KINDS`.
    """

    column: int
    id: str
    name: str
    share: float
    kind: int = MADE


@dataclass(frozen=True)
class Ribbon:
    """What goes from one node to a node of the next column.

    Attributes
    ----------
    source, target
        Positions among the nodes.
    share
        Its part of all that goes through a column, 0 to 1.
    """

    source: int
    target: int
    share: float


@dataclass(frozen=True)
class Layout:
    """Where everything stands. Lengths are in units of the drawing, to a hundredth.

    Attributes
    ----------
    nodes
        Column by column, each from top to bottom.
    ribbons
        By source and then by target: where several meet at a node they lie in this order.
    tops, heights
        Of each node, shape (nodes,).
    thicknesses
        Of each ribbon, shape (ribbons,).
    pitch
        From one column to the next.
    height
        Of the whole drawing.
    """

    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    tops: tuple[float, ...]
    heights: tuple[float, ...]
    thicknesses: tuple[float, ...]
    pitch: float
    height: float


def layout(nodes: Sequence[Node], ribbons: Sequence[Ribbon]) -> Layout:
    """Place nodes and ribbons.

    Heights are in proportion to shares, and labels do not touch. Columns are sorted by the mean
    position of what each node is tied to, back and forth (Sugiyama, Tagawa and Toda 1981, IEEE
    Transactions on Systems, Man, and Cybernetics 11, section IV), and the order is kept in which
    the least mass crosses.

    Parameters
    ----------
    nodes
        At least one, in any order; no column is left out.
    ribbons
        Each from a column into the next.
    """
    columns = _sorted_columns(nodes, _weights(len(nodes), ribbons))
    turn = [at for column in columns for at in column]
    place = {at: new for new, at in enumerate(turn)}
    ties = sorted((place[tie.source], place[tie.target], tie.share) for tie in ribbons)
    stacks = [[_rounded(nodes[at].share * WHOLE) for at in column] for column in columns]
    feet = [sum(nodes[at].kind >= ENDS for at in column) for column in columns]
    height = _rounded(_HEAD + max(map(_extent, stacks)))
    tops = [_tops(stack, count, height) for stack, count in zip(stacks, feet, strict=True)]
    return Layout(
        nodes=tuple(nodes[at] for at in turn),
        ribbons=tuple(Ribbon(*tie) for tie in ties),
        tops=tuple(chain.from_iterable(tops)),
        heights=tuple(chain.from_iterable(stacks)),
        thicknesses=tuple(_rounded(share * WHOLE) for _, _, share in ties),
        pitch=_rounded((WIDTH - _LAST) / max(len(columns) - 1, 1)),
        height=height,
    )


def _rounded(value: float) -> float:
    """Return a length to a hundredth; a script rounds in the same way."""
    return floor(value * 100 + 0.5) / 100


def _weights(nodes: int, ribbons: Sequence[Ribbon]) -> Weights:
    """Return what goes from each node to each, shape (nodes, nodes)."""
    found = np.zeros((nodes, nodes))
    for ribbon in ribbons:
        found[ribbon.source, ribbon.target] = ribbon.share
    return found


def _sorted_columns(nodes: Sequence[Node], weights: Weights) -> list[list[int]]:
    """Return the nodes of each column from top to bottom, so that little mass crosses."""
    turn = sorted(range(len(nodes)), key=lambda at: _first_key(nodes[at]))
    columns = [list(column) for _, column in groupby(turn, key=lambda at: nodes[at].column)]
    best, least = columns, _crossings(columns, weights)
    for sweep in range(_SWEEPS):
        columns = _swept(columns, nodes, weights, forward=sweep % 2 == 0)
        crossing = _crossings(columns, weights)
        if crossing < least:
            best, least = columns, crossing
    return best


def _first_key(node: Node) -> tuple[int, int, float, str]:
    return node.column, node.kind, -node.share, node.id


def _swept(
    columns: list[list[int]], nodes: Sequence[Node], weights: Weights, forward: bool
) -> list[list[int]]:
    """Return columns sorted one after the other by where what they are tied to stands."""
    ties = weights.T if forward else weights
    found = list(columns)
    turn = range(1, len(found)) if forward else range(len(found) - 2, -1, -1)
    for at in turn:
        before = found[at - 1 if forward else at + 1]
        own, far = _middles(found[at], nodes), _middles(before, nodes)
        tied = ties[np.ix_(found[at], before)]
        whole = tied.sum(axis=1)
        mean = np.where(whole > 0, tied @ far / np.where(whole > 0, whole, 1.0), own)
        middle = dict(zip(found[at], mean.round(9).tolist(), strict=True))
        found[at] = sorted(
            found[at], key=lambda node: (nodes[node].kind, middle[node], nodes[node].id)
        )
    return found


def _middles(column: Sequence[int], nodes: Sequence[Node]) -> Weights:
    """Return how much of a column lies above the middle of each of its nodes."""
    share = np.array([nodes[at].share for at in column])
    return np.cumsum(share) - share / 2


def _crossings(columns: Sequence[Sequence[int]], weights: Weights) -> float:
    """Return the mass that crosses, each pair of ribbons counted by the product of its shares."""
    total = 0.0
    for left, right in pairwise(columns):
        tied = weights[np.ix_(left, right)]
        # Of each pair: what starts below it, then of that what ends above it.
        below = tied.sum(axis=0) - np.cumsum(tied, axis=0)
        above = np.cumsum(below, axis=1) - below
        total += float((tied * above).sum())
    return round(total, 12)


def _gap(above: float, below: float) -> float:
    """Return the space between two nodes: some, and so much that labels do not touch."""
    return max(_GAP, LABEL - (above + below) / 2)


def _edge(height: float) -> float:
    """Return by how much the label of a node stands out beyond it."""
    return max(0.0, (LABEL - height) / 2)


def _extent(stack: Sequence[float]) -> float:
    gaps = fsum(_gap(above, below) for above, below in pairwise(stack))
    return _edge(stack[0]) + fsum(stack) + gaps + _edge(stack[-1])


def _tops(stack: Sequence[float], feet: int, height: float) -> list[float]:
    """Return the top of each node of a column: the last few stand at its foot."""
    tops, floating = [0.0] * len(stack), len(stack) - feet
    at = _HEAD + _edge(stack[0])
    for i in range(floating):
        at += _gap(stack[i - 1], stack[i]) if i else 0.0
        tops[i] = _rounded(at)
        at += stack[i]
    at = height - _edge(stack[-1])
    for i in range(len(stack) - 1, floating - 1, -1):
        at -= stack[i]
        tops[i] = _rounded(at)
        at -= _gap(stack[i - 1], stack[i]) if i else 0.0
    return tops


def label(name: str, share: str, room: float) -> tuple[str, str]:
    """Return a name on the first of two lines, and what of it stands before a share on the second.

    Parameters
    ----------
    name, share
        What is to be told.
    room
        Width of each line, in units of the drawing.

    >>> label("Antenna", "68 %", 100), label("Silicon carbide substrate", "5 %", 100)
    (('Antenna', ''), ('Silicon carbide', 'substrate'))
    >>> label("Logic chip from EUV wafers", "30 %", 80), label("Silicon-carbide", "5 %", 50)
    (('Logic chip', 'from E…'), ('Silico…', ''))
    """
    if _wide(name) <= room:
        return name, ""
    words = name.split(" ")
    fits = sum(_wide(" ".join(words[: at + 1])) <= room for at in range(len(words)))
    if not fits:
        return _cut(name, room), ""
    return " ".join(words[:fits]), _cut(" ".join(words[fits:]), room - _wide(f" {share}"))


def _wide(text: str) -> float:
    """Return about how wide a text is."""
    return _LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, room: float) -> str:
    """Return a text that fits, with an ellipsis where it is cut."""
    if _wide(text) <= room:
        return text
    fits = sum(_wide(text[: at + 1]) + _LETTER <= room for at in range(len(text)))
    return f"{text[:fits].rstrip(' ,-')}…"


def packed(shown: Layout) -> list[object]:
    """Return what a script draws the same flow from.

    Returns
    -------
    Height and pitch; then each node: column, top, height, kind, name, share in words, and the two
    lines of its label where the name does not stand on the first; then each ribbon: source, target,
    thickness, share in words.
    """
    nodes = []
    for node, top, height in zip(shown.nodes, shown.tops, shown.heights, strict=True):
        cells = [node.column, top, height, node.kind, node.name, percent(node.share)]
        lines = _label(shown, node)
        nodes.append(cells if lines == (node.name, "") else [*cells, *lines])
    ribbons = [
        [ribbon.source, ribbon.target, thickness, percent(ribbon.share)]
        for ribbon, thickness in zip(shown.ribbons, shown.thicknesses, strict=True)
    ]
    return [shown.height, shown.pitch, nodes, ribbons]


def _label(shown: Layout, node: Node) -> tuple[str, str]:
    last = node.column == shown.nodes[-1].column
    room = (_LAST if last else shown.pitch) - NODE - 2 * _BESIDE
    return label(node.name, percent(node.share), room)


def draw(shown: Layout, head: str, words: str) -> Html:
    """Return the flow as an SVG picture.

    Parameters
    ----------
    shown
        Where everything stands.
    head
        Stands above each column, with its number.
    words
        What it shows, for those who do not see it.
    """
    columns = shown.nodes[-1].column + 1
    heads = (
        element("text", f"{head} {at}", class_="head", x=_text(at * shown.pitch), y=13)
        for at in range(columns)
    )
    return element(
        "svg",
        *_ribbons(shown),
        *_nodes(shown),
        *heads,
        viewBox=f"0 0 {WIDTH} {_text(shown.height)}",
        role="img",
        aria_label=words,
    )


def _text(value: float) -> str:
    return str(_rounded(value)).removesuffix(".0")


def _ribbons(shown: Layout) -> list[Html]:
    out, into = list(shown.tops), list(shown.tops)
    drawn = []
    for ribbon, thick in zip(shown.ribbons, shown.thicknesses, strict=True):
        source, target = shown.nodes[ribbon.source], shown.nodes[ribbon.target]
        left, right = source.column * shown.pitch + NODE, target.column * shown.pitch
        start, end = out[ribbon.source], into[ribbon.target]
        out[ribbon.source] += thick
        into[ribbon.target] += thick
        drawn.append(
            element(
                "g",
                element("title", f"{source.name} to {target.name}: {percent(ribbon.share)}"),
                element("path", d=_band(left, right, start, end, thick)),
                *_hatch(target, _ticks(left, right, start, end, thick)),
                class_=f"ribbon {KINDS[target.kind]}",
            )
        )
    return drawn


def _band(left: float, right: float, start: float, end: float, thick: float) -> str:
    """Return a ribbon that is as thick everywhere, measured straight down.

    With the inner points at thirds a point moves evenly from left to right, so that
    y = start + (end - start) (3 s^2 - 2 s^3) at the part s of the way.
    """
    third = (right - left) / 3
    one, two = _text(left + third), _text(right - third)
    over, under = _text(start + thick), _text(end + thick)
    return (
        f"M{_text(left)} {_text(start)}C{one} {_text(start)} {two} {_text(end)} "
        f"{_text(right)} {_text(end)}V{under}C{two} {under} {one} {over} {_text(left)} {over}Z"
    )


def _ticks(left: float, right: float, start: float, end: float, thick: float) -> str:
    """Return lines straight down through a ribbon."""
    count = floor((right - left) / _TICK)
    parts = []
    for at in range(1, count):
        way = at / count
        down = start + (end - start) * way * way * (3 - 2 * way)
        parts.append(f"M{_text(left + (right - left) * way)} {_text(down)}v{_text(thick)}")
    return "".join(parts)


def _nodes(shown: Layout) -> list[Html]:
    drawn = []
    for node, top, height in zip(shown.nodes, shown.tops, shown.heights, strict=True):
        left, middle = node.column * shown.pitch, top + height / 2
        beside, share = _text(left + NODE + _BESIDE), percent(node.share)
        box = element("rect", x=_text(left), y=_text(top), width=NODE, height=_text(height))
        lines = "".join(
            f"M{_text(left)} {_text(top + _TICK * at)}h{NODE}"
            for at in range(1, floor(height / _TICK) + 1)
        )
        first, second = _label(shown, node)
        below = [f"{second} "] if second else []
        drawn.append(
            element(
                "g",
                element("title", f"{node.name}: {share}"),
                box,
                *_hatch(node, lines),
                element(
                    "text",
                    element("tspan", first, x=beside, y=_text(middle - 2)),
                    element(
                        "tspan",
                        *below,
                        element("tspan", share, class_="share"),
                        x=beside,
                        y=_text(middle + 11),
                    ),
                ),
                class_=f"node {KINDS[node.kind]}",
            )
        )
    return drawn


def _hatch(node: Node, lines: str) -> list[Html]:
    """Return lines over what is unknown, so that it is not told by its colour alone."""
    return [element("path", class_="hatch", d=lines)] if node.kind == UNKNOWN else []


def legend(words: Sequence[str]) -> Html:
    """Return what each kind of node is, in the words given, shape (kinds,)."""
    items = []
    for kind, text in zip(KINDS, words, strict=True):
        hatch = [element("path", class_="hatch", d="M0 5h14M0 9h14")]
        sign = element(
            "svg",
            element(
                "g",
                element("rect", x=0.5, y=0.5, width=13, height=13),
                *(hatch if kind == "unknown" else []),
                class_=f"node {kind}",
            ),
            viewBox="0 0 14 14",
            aria_hidden="true",
        )
        items.append(element("li", joined([sign]), text))
    return element("ul", *items, class_="legend")
