"""A flow: heights are shares, ribbons conserve what goes through, nothing lies over another."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import fsum
from random import Random
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.runs import flow
from indranet.runs.flow import Layout, Node, Ribbon, draw, layout, legend, packed

NEAR = 0.02
"""Lengths are kept to a hundredth, and a few of them add up."""


def made_flow(counts: Sequence[int], feet: Sequence[bool], seed: int) -> Layout:
    """Return the layout of a made-up flow with so many nodes in each column."""
    around = np.random.default_rng(seed)
    nodes: list[Node] = []
    ribbons: list[Ribbon] = []
    share = around.dirichlet(np.full(counts[0], 0.4))
    before = np.arange(counts[0])
    for column, count in enumerate(counts):
        if column:
            ties = share[:, None] * around.dirichlet(np.full(count, 0.3), len(share))
            here = np.arange(len(nodes), len(nodes) + count)
            ribbons += [
                Ribbon(int(before[s]), int(here[t]), float(ties[s, t]))
                for s in range(len(share))
                for t in range(count)
                if ties[s, t] > 0
            ]
            share, before = ties.sum(axis=0), here
        kinds = [flow.MADE] * count
        if feet[column % len(feet)] and count > 2:
            kinds[-2:] = [flow.ENDS, flow.UNKNOWN]
        nodes += [
            Node(column, f"n{at}", f"Name {at}", float(share[at]), kinds[at]) for at in range(count)
        ]
    return layout(nodes, ribbons)


flows = st.builds(
    made_flow,
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.lists(st.booleans(), min_size=1, max_size=3),
    st.integers(0, 10_000),
)


def columns_of(shown: Layout) -> list[list[int]]:
    last = shown.nodes[-1].column
    return [[i for i, n in enumerate(shown.nodes) if n.column == c] for c in range(last + 1)]


def crossing(ties: Sequence[tuple[int, int, float]]) -> float:
    """Return the mass that crosses, pair by pair."""
    return fsum(
        a * b
        for (s, t, a), (u, v, b) in combinations(ties, 2)
        if (s < u and t > v) or (s > u and t < v)
    )


def crossing_of(shown: Layout, places: Sequence[int]) -> float:
    """Return the mass that crosses where the nodes stand at the places given."""
    return fsum(
        crossing(
            [
                (places[r.source], places[r.target], r.share)
                for r in shown.ribbons
                if shown.nodes[r.source].column == column
            ]
        )
        for column in range(shown.nodes[-1].column)
    )


@settings(deadline=None)
@given(flows)
def test_heights_are_in_proportion_to_shares(shown: Layout) -> None:
    for node, height in zip(shown.nodes, shown.heights, strict=True):
        assert height == pytest.approx(node.share * flow.WHOLE, abs=NEAR)


@settings(deadline=None)
@given(flows)
def test_what_goes_into_a_node_is_as_high_as_it_and_so_is_what_goes_out(shown: Layout) -> None:
    last = shown.nodes[-1].column
    for at, node in enumerate(shown.nodes):
        ties = list(zip(shown.ribbons, shown.thicknesses, strict=True))
        out = fsum(thick for ribbon, thick in ties if ribbon.source == at)
        into = fsum(thick for ribbon, thick in ties if ribbon.target == at)
        if node.column < last:
            assert out == pytest.approx(shown.heights[at], abs=0.1)
        if node.column > 0:
            assert into == pytest.approx(shown.heights[at], abs=0.1)


@settings(deadline=None)
@given(flows)
def test_neither_nodes_nor_their_labels_overlap_or_leave_the_picture(shown: Layout) -> None:
    for column in columns_of(shown):
        boxes = [(shown.tops[at], shown.tops[at] + shown.heights[at]) for at in column]
        labels = [((a + b - flow.LABEL) / 2, (a + b + flow.LABEL) / 2) for a, b in boxes]
        for spans in (boxes, labels):
            assert spans[0][0] > 15
            assert spans[-1][1] <= shown.height + NEAR
            assert all(above[1] <= below[0] + NEAR for above, below in pairwise(spans))


@settings(deadline=None)
@given(flows)
def test_what_is_unknown_stands_at_the_foot_of_each_column(shown: Layout) -> None:
    for column in columns_of(shown):
        kinds = [shown.nodes[at].kind for at in column]
        assert kinds == sorted(kinds)
        if kinds[-1] == flow.UNKNOWN:
            top, height = shown.tops[column[-1]], shown.heights[column[-1]]
            foot = max(top + height, top + height / 2 + flow.LABEL / 2)
            assert foot == pytest.approx(shown.height, abs=NEAR)


@settings(deadline=None)
@given(flows)
def test_no_more_crosses_than_where_each_column_is_sorted_by_share(shown: Layout) -> None:
    by_share = sorted(
        range(len(shown.nodes)),
        key=lambda i: (shown.nodes[i].kind, -shown.nodes[i].share, shown.nodes[i].id),
    )
    places = [by_share.index(at) for at in range(len(shown.nodes))]
    own = list(range(len(shown.nodes)))
    assert crossing_of(shown, own) <= crossing_of(shown, places) + 1e-9


def test_two_ribbons_that_need_not_cross_do_not() -> None:
    nodes = [Node(0, "a", "A", 0.6), Node(0, "b", "B", 0.4), Node(1, "x", "X", 0.4),
             Node(1, "y", "Y", 0.6), Node(2, "p", "P", 0.6), Node(2, "q", "Q", 0.4)]  # fmt: skip
    ties = [Ribbon(0, 2, 0.4), Ribbon(0, 3, 0.2), Ribbon(1, 3, 0.4), Ribbon(2, 5, 0.4),
            Ribbon(3, 4, 0.6)]  # fmt: skip
    shown = layout(nodes, ties)
    assert crossing_of(shown, range(6)) == 0
    assert [node.id for node in shown.nodes] == ["a", "b", "x", "y", "q", "p"]


@settings(deadline=None)
@given(flows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(shown: Layout, shuffler: Random) -> None:
    order = list(range(len(shown.nodes)))
    shuffler.shuffle(order)
    place = {at: new for new, at in enumerate(order)}
    ties = [Ribbon(place[r.source], place[r.target], r.share) for r in shown.ribbons]
    shuffler.shuffle(ties)
    again = layout([shown.nodes[at] for at in order], ties)
    assert draw(again, "Tier", "words") == draw(shown, "Tier", "words")


def drawn(shown: Layout) -> ElementTree.Element:
    return ElementTree.fromstring(draw(shown, "Tier", "words"))


def two_columns(name: str = "Part") -> Layout:
    nodes = [Node(0, "w", "Whole", 1.0), Node(1, "p", name, 0.25),
             Node(1, "", "Not known", 0.75, flow.UNKNOWN)]  # fmt: skip
    return layout(nodes, [Ribbon(0, 1, 0.25), Ribbon(0, 2, 0.75)])


def test_the_picture_has_a_box_a_node_and_a_band_a_ribbon() -> None:
    shown = two_columns()
    picture = drawn(shown)
    boxes = picture.findall("./g/rect")
    assert [float(box.get("height", "")) for box in boxes] == [340, 85, 255]
    assert [float(box.get("x", "")) for box in boxes] == [0, shown.pitch, shown.pitch]
    titles = [
        title.text.replace("\xa0", " ") for title in picture.findall("./g/title") if title.text
    ]
    assert titles == ["Whole to Part: 25 %", "Whole to Not known: 75 %", "Whole: 100 %",
                      "Part: 25 %", "Not known: 75 %"]  # fmt: skip
    heads = [text.text for text in picture.findall("./text")]
    assert heads == ["Tier 0", "Tier 1"]


def test_ribbons_lie_one_under_the_other_where_they_leave_a_node() -> None:
    shown = two_columns()
    first, second = (path.get("d", "") for path in drawn(shown).findall("./g[@class]/path[1]")[:2])
    assert first.startswith(f"M11 {shown.tops[0]:g}C")
    assert second.startswith(f"M11 {shown.tops[0] + 85:g}C")


def test_only_what_is_unknown_is_hatched_and_within_its_ribbon() -> None:
    shown = two_columns()
    groups = [
        group for group in drawn(shown).iter("g") if group.find("path[@class='hatch']") is not None
    ]
    assert [group.get("class") for group in groups] == ["ribbon unknown", "node unknown"]
    lines = groups[0].find("path[@class='hatch']")
    assert lines is not None
    starts = [part.split("v") for part in lines.get("d", "").split("M")[1:]]
    assert len(starts) > 100
    for start, down in starts:
        x, y = map(float, start.split())
        assert 11 < x < shown.pitch
        assert shown.tops[0] + 85 - NEAR <= y <= shown.tops[2] + NEAR
        assert float(down) == 255


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "]]>", "<!--"])
def test_names_stay_text(name: str) -> None:
    picture = drawn(two_columns(name))
    assert picture.find(".//script") is None
    assert any(title.text == f"{name}: 25\xa0%" for title in picture.iter("title"))


def test_a_long_name_stands_on_two_lines_and_in_full_for_the_pointer() -> None:
    name = "Logic chip from EUV wafers, packaged and tested"
    nodes = [Node(c, "n", name, 1.0) for c in range(7)]
    shown = layout(nodes, [Ribbon(c, c + 1, 1.0) for c in range(6)])
    lines = ["".join(line.itertext()) for line in drawn(shown).findall("./g/text/tspan")[:2]]
    assert lines == ["Logic chip from EUV", "wafers, pack… 100\xa0%"]
    assert f"{name}: 100\xa0%" in [title.text for title in drawn(shown).iter("title")]
    height, pitch, packed_nodes, packed_ribbons = packed(shown)
    assert (height, pitch) == (shown.height, shown.pitch)
    assert isinstance(packed_nodes, list)
    assert packed_nodes[0][4:] == [name, "100\xa0%", "Logic chip from EUV", "wafers, pack…"]
    assert packed_ribbons == [[c, c + 1, 340, "100\xa0%"] for c in range(6)]


def test_one_column_is_a_picture_too() -> None:
    shown = layout([Node(0, "", "Not known", 1.0, flow.UNKNOWN)], [])
    assert shown.heights == (340,)
    assert len(drawn(shown).findall("./g")) == 1


def test_the_legend_hatches_what_is_unknown() -> None:
    items = ElementTree.fromstring(legend(("a", "b", "c", "d"))).findall("li")
    assert ["".join(item.itertext()) for item in items] == ["a", "b", "c", "d"]
    assert [item.find(".//path") is not None for item in items] == [False, False, False, True]
