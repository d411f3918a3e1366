"""What two losses take away together, as a part of the report."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indranet.runs.findings import HORIZON_WORDS, KIND_WORDS, Answer
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.reason_section import chain_parts, chains
from indranet.runs.words import counted, exact, listed, number, people, percent

_WORST = 10
_LISTED = 200
_LINES = 40
_ALIKE = 8
_WHEN = {"now": " at once", "in time": " in time", "resourced": " in time, with any maker allowed"}
_TOLD_FIRST = (
    "firm", "product", "territory", "passage", "facility", "plant", "jurisdiction", "control",
    "lane", "site",
)  # fmt: skip
"""Order of kinds among pairs that take the same."""

_Thing = tuple[str, str]
"""Kind and identifier."""
_Side = tuple[_Thing, ...]


class _Line(NamedTuple):
    """Pairs told in one line: any one of one side with any one of the other."""

    one: _Side
    other: _Side


def pairs_section(answer: Answer, level: int) -> Html:
    """Return which losses take more together than one by one.

    Parameters
    ----------
    answer
        What the run found, with the table `pairs`.
    level
        Level of a heading here.
    """
    left_out = int(answer.summary.get("pairs_left_out", 0))
    return joined(
        [
            element(
                "p",
                "Two things are taken away at once. Here stand only pairs that stop more together "
                "than both do one by one: what would have held if one of the two had been left.",
            ),
            *([element("p", _left_out_words(left_out), class_="soft small")] if left_out else []),
            *(
                part
                for horizon in HORIZON_WORDS
                for part in (
                    element(f"h{level}", HORIZON_WORDS[horizon]),
                    _of_horizon(answer, horizon),
                )
            ),
        ]
    )


def _left_out_words(count: int) -> str:
    were = "was" if count == 1 else "were"
    takes = "that takes" if count == 1 else "that take"
    return (
        f"{counted(count, 'thing')} {takes} least alone {were} not tried in pairs, so what can "
        "fall only with one of those is not seen here."
    )


def _of_horizon(answer: Answer, horizon: str) -> Html:
    found = answer.tables["pairs"]
    more = (found["services_more"] > 0) | (found["people_more"] > 0) | (found["sites_more"] > 0)
    rows = np.flatnonzero((found["horizon"] == horizon) & more).tolist()
    if not rows:
        return element("p", "No two of the things that were tried take more than one by one.")
    losses = _gathered(answer, rows)
    lines = [_lines(answer, same) for same in losses]
    shown = losses[:_WORST]
    cells = [
        (_cause_cell(answer, lines[rank], len(same)), *_amounts(answer, same[0]))
        for rank, same in enumerate(shown)
    ]
    most = (
        f"The {len(shown):,} largest of {len(losses):,} losses" if len(losses) > 1 else "The loss"
    )
    caption = (
        f"{most} that only two things at once cause, from {counted(len(rows), 'pair')}. Pairs that "
        "take the same numbers stand together."
    )
    heads = ("Without", "Beyond what each takes alone", "Together")
    return joined(
        [
            element("p", _sentence(answer, horizon, lines[0][0], losses[0][0])),
            table(caption, heads, cells),
            *_whys(answer, horizon),
            _listing(answer, rows),
        ]
    )


def _whys(answer: Answer, horizon: str) -> list[Html]:
    """Return why the first pairs of a horizon stop what neither of the two stops alone."""
    found = [c for c in chains(answer) if c.kind == "pair" and c.horizon == horizon]
    return [
        element(
            "details",
            element("summary", f"Why {_pair_words(answer, chain.id)}"),
            *chain_parts(chain),
            class_="reason",
        )
        for chain in found
    ]


def _pair_words(answer: Answer, identifier: str) -> str:
    """Return the two things of a pair by name, from `kind:id + kind:id`."""
    sides = [side.partition(":") for side in identifier.split(" + ")]
    return " and ".join(
        f"{answer.name(kind, name)} ({KIND_WORDS.get(kind, kind)})" for kind, _, name in sides
    )


def _gathered(answer: Answer, rows: Sequence[int]) -> list[list[int]]:
    """Return the rows that take the same numbers together, in the order of the first of each.

    Sites count only where nothing else tells losses apart: a pair that stops no more services.
    """
    found = answer.tables["pairs"]
    same: dict[tuple[float, ...], list[int]] = {}
    for row in rows:
        keys = ["services_lost", "people_lost", "services_more", "people_more"]
        if not (found["services_more"][row] or found["people_more"][row]):
            keys += ["sites_lost", "sites_more"]
        same.setdefault(tuple(float(found[key][row]) for key in keys), []).append(row)
    return list(same.values())


def _lines(answer: Answer, rows: Sequence[int]) -> list[_Line]:
    """Fold pairs into lines: things that go with the same others stand on one side.

    Every pair of a line is one of the pairs, and every pair is in one line.
    """
    found = answer.tables["pairs"]
    partners: dict[_Thing, set[_Thing]] = {}
    for row in rows:
        a = str(found["a_kind"][row]), str(found["a"][row])
        b = str(found["b_kind"][row]), str(found["b"][row])
        partners.setdefault(a, set()).add(b)
        partners.setdefault(b, set()).add(a)
    alike: dict[frozenset[_Thing], list[_Thing]] = {}
    for thing, others in partners.items():
        alike.setdefault(frozenset(others), []).append(thing)
    side = {thing: tuple(sorted(same, key=_turn)) for same in alike.values() for thing in same}
    lines = {
        _Line(*sorted((side[thing], side[other]), key=_side_turn))
        for thing, others in partners.items()
        for other in others
    }
    return sorted(lines, key=lambda line: (_rank(line), line))


def _turn(thing: _Thing) -> tuple[int, str, str]:
    kind, identifier = thing
    turn = _TOLD_FIRST.index(kind) if kind in _TOLD_FIRST else len(_TOLD_FIRST)
    return turn, kind, identifier


def _side_turn(side: _Side) -> tuple[int, str, str]:
    return _turn(side[0])


def _rank(line: _Line) -> int:
    return _turn(line.one[0])[0] + _turn(line.other[0])[0]


def _side_words(answer: Answer, side: _Side) -> list[str]:
    """Return the things of one side, each name with the kinds of thing that bear it.

    Different things of one kind that share a name are told apart by their identifiers.
    """
    often = Counter((kind, answer.name(kind, identifier)) for kind, identifier in side)
    kinds: dict[str, list[str]] = {}
    for kind, identifier in side:
        name = answer.name(kind, identifier)
        told = name if often[kind, name] == 1 else f"{name}, {identifier}"
        kinds.setdefault(told, []).append(KIND_WORDS.get(kind, kind))
    return [f"{name} ({listed(words, joined_by='or')})" for name, words in kinds.items()]


def _first_of(answer: Answer, line: _Line) -> tuple[str, str]:
    """Return the first thing of each side of a line, in words."""
    one, other = (_side_words(answer, side[:1])[0] for side in line)
    return one, other


def _line_words(answer: Answer, line: _Line) -> str:
    parts = []
    for side in line:
        words = _side_words(answer, side)
        any_of = {1: "", 2: "either "}.get(len(words), "any one of ")
        parts.append(f"{any_of}{listed(words, _ALIKE, joined_by='or')}")
    return " with ".join(parts) if max(map(len, line)) > 1 else " and ".join(parts)


def _cause_cell(answer: Answer, lines: Sequence[_Line], size: int) -> Html:
    """Return the first pair of a loss, and the others on demand."""
    one, other = _first_of(answer, lines[0])
    first = joined([element("bdi", one), " and ", element("bdi", other)])
    if size == 1:
        return first
    items = [element("li", element("bdi", _line_words(answer, line))) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        items.append(element("li", f"{len(lines) - _LINES:,} more such lines in pairs.parquet"))
    summary = f"and {counted(size - 1, 'more pair')} with the same loss"
    more = element("details", element("summary", summary), element("ul", *items), class_="small")
    return joined([first, " ", more])


def _amounts(answer: Answer, row: int) -> tuple[str, str]:
    """Return what a pair takes beyond what each takes alone, and together, in words."""
    found = answer.tables["pairs"]
    by_service = found["services_more"][row] > 0
    unit = "users" if answer.summary["services"] else "people"
    told = []
    for part in ("more", "lost"):
        count = float(found[f"{'services' if by_service else 'sites'}_{part}"][row])
        persons = float(found[f"people_{part}"][row])
        words = counted(count, "service" if by_service else "site")
        told.append(f"{words}, {people(persons)} {unit}" if persons else words)
    return told[0], told[1]


def _sentence(answer: Answer, horizon: str, line: _Line, row: int) -> str:
    """Return what the worst pair of a horizon takes together and apart, in plain words."""
    found, summary = answer.tables["pairs"], answer.summary
    noun = "service" if found["services_more"][row] > 0 else "site"
    lost, more = (float(found[f"{noun}s_{part}"][row]) for part in ("lost", "more"))
    total = float(summary[f"{noun}s"])
    one, other = _first_of(answer, line)
    together = _of_all(lost, total, noun)
    persons = float(found["people_lost"][row])
    if persons and summary["people"]:
        users = "users" if summary["services"] else "people"
        together += f", for {percent(persons / float(summary['people']))} of all {users}"
    reach = answer.reach.columns
    alone = reach[f"{noun}s_lost"][(reach["horizon"] == horizon) & (reach["plane"] == "works")]
    when = _WHEN[horizon]
    if not (alone > 0).any():
        return (
            f"No single loss that was tried stops a {noun}{when}, but {one} and {other} together "
            f"stop {together}."
        )
    if lost == more:
        return (
            f"Neither {one} nor {other} alone stops a {noun}{when}; together they stop {together}."
        )
    apart = counted(lost - more, noun)
    return f"One by one, {one} and {other} stop {apart}{when}; together they stop {together}."


def _of_all(lost: float, total: float, noun: str) -> str:
    if lost == total:
        return f"the one {noun}" if total == 1 else f"all {counted(total, noun)}"
    return f"{number(lost)} of {counted(total, noun)}"


def _listing(answer: Answer, rows: Sequence[int]) -> Html:
    """Return the first pairs one by one, with exact numbers."""
    found = answer.tables["pairs"]
    shown = rows[:_LISTED]
    cells = [
        (
            *(_side_words(answer, ((str(found[f"{x}_kind"][row]), str(found[x][row])),))[0]
              for x in ("a", "b")),
            *(exact(float(found[f"{what}_{part}"][row]))
              for part in ("more", "lost") for what in ("services", "people", "sites")),
        )
        for row in shown
    ]  # fmt: skip
    heads = (
        "Without", "and", "Services more", "People more", "Sites more", "Services together",
        "People together", "Sites together",
    )  # fmt: skip
    caption = (
        "\u201cMore\u201d is what falls only when both are lost. All pairs of the run are in "
        "pairs.parquet."
    )
    title = (
        f"The first {len(shown):,} of {len(rows):,} pairs, one by one"
        if len(rows) > len(shown)
        else f"{counted(len(rows), 'pair')}, one by one"
    )
    return block(title, table(caption, heads, cells, numbers=range(2, 8), tall=True))
