"""What a run tells of each function, tier by tier: shares, their flow, what to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from indranet.runs import flow, worldmap
from indranet.runs.findings import Answer
from indranet.runs.flow import Layout, Node, Ribbon
from indranet.runs.run import Table
from indranet.runs.words import counted, listed, percent
from indranet.studies.shares import ENDS, UNKNOWN

Shares: TypeAlias = Mapping[str, float]
Cell: TypeAlias = str | tuple[str, str]
"""Text of a cell; with a class of its own where it is not that of the column."""
Row: TypeAlias = Sequence[Cell]

FUNCTION_WORDS = {
    "RU": "radio units",
    "DU": "distributed units",
    "CU": "central units",
    "gNB": "5G base stations",
    "eNB": "4G base stations",
    "OLT": "optical line terminals",
    "AMF": "access and mobility management",
    "SMF": "session management",
    "UPF": "the user plane",
    "AUSF": "authentication",
    "UDM": "subscriber data",
    "NRF": "the directory of core functions",
    "NSSF": "slice selection",
    "PCF": "policy control",
    "NEF": "exposure to applications",
    "SEPP": "protection at the roaming edge",
    "NWDAF": "network data analytics",
    "EPC": "the 4G core",
    "IMS": "the voice core",
    "OSS": "operations support",
    "EMS": "element management",
    "MANO": "orchestration",
    "RIC": "radio intelligent controllers",
    "LI": "lawful interception",
    "router": "routers",
    "optical": "optical transport",
    "microwave": "microwave transport",
    "timing": "timing",
    "cable": "submarine cables",
    "power": "power at sites",
    "server": "servers",
    "GPU": "graphics processors",
    "module": "cellular modules",
    "gateway": "gateways for connected things",
}
"""Function to what it is in words (3GPP TS 23.501, TS 38.401; O-RAN)."""

VIEWS = {
    "component": "Component",
    "maker": "Maker",
    "seat": "Seat of the maker",
    "territory": "Made in",
    "passage": "Passages on the way",
}
"""What shares are told by, to the head of its column."""
_KINDS = {"component": "product", "maker": "firm", "seat": "country", "territory": "country"}
_DOWN = ("At tier 0", "One tier down", "Two tiers down", "Three tiers down", "Four tiers down")
_FACTS = {
    "cost": "What one unit of {} costs",
    "alternatives": "In what proportions the alternative components of {} are used",
    "bill": "What {} is made of",
    "maker": "Which firm makes {}",
    "seat": "In which country the maker of {} is seated",
    "plants": "In which countries {} is made",
    "output": "How much of {} each of its plants makes",
    "contract": "From which plants, and over which lanes, {} is bought",
}
OPERATOR_TIERS = (1, 2, 3, 4)
"""Tiers that are told operator by operator."""
OPERATORS = 60
"""Most operators told of one function."""
_DONE = 0.01
_MOST, _LEAST = 8, 0.001
_LISTED = 0.005
_ASKED = 5


@dataclass(frozen=True)
class _Case:
    """The tables of a run, found by function.

    Attributes
    ----------
    spend
        Function to its part of all spend, the largest first.
    shares, ranges
        (function, tier, by) to shares by id, and to the range of the index and the part that has
        not ended; of all operators.
    steps
        (function, tier) to what moves: product, component, share.
    operators
        Function to its operators and the part that each spends of all that is spent on it.
    territories
        (function, operator, tier) to shares by territory.
    unknowns
        Function to what is not known: product, fact, tier, share, part that has not ended, by how
        much it narrows.
    """

    spend: Mapping[str, float]
    shares: Mapping[tuple[str, int, str], Shares]
    ranges: Mapping[tuple[str, int, str], tuple[float, float, float]]
    steps: Mapping[tuple[str, int], Sequence[tuple[str, str, float]]]
    operators: Mapping[str, Sequence[tuple[str, float]]]
    territories: Mapping[tuple[str, str, int], Shares]
    unknowns: Mapping[str, Sequence[tuple[str, str, int, float, float, float]]]

    def share(self, function: str, tier: int, identifier: str) -> float:
        """Return the share of a component, of `unknown` or of `ends`."""
        return self.shares[function, tier, "component"].get(identifier, 0.0)

    def rest(self, function: str, tier: int) -> float:
        """Return the share that is neither unknown nor has ended."""
        gone = self.share(function, tier, UNKNOWN) + self.share(function, tier, ENDS)
        return max(0.0, 1.0 - gone)

    def tiers(self, function: str) -> range:
        """Return the tiers to tell: down to the one at which all but nothing moves any more."""
        last = 0
        while self.rest(function, last) >= _DONE and (function, last + 1, "component") in (
            self.shares
        ):
            last += 1
        return range(last + 1)


class _Hangs(NamedTuple):
    """What hangs on a fact at one tier, told by one view; it narrows the part that is left."""

    tier: int
    share: float
    narrows: float


@dataclass(frozen=True)
class Panel:
    """What is told of one function; the rows are those of tables, the items those of a list."""

    name: str
    option: str
    sentence: str
    flow: Layout
    tiers: Sequence[Row]
    shares: Sequence[Row]
    questions: Sequence[tuple[str, str]]
    operators: Sequence[Row]


def function_words(function: str) -> str:
    """Return a function in words, with its letters where it is known by them.

    >>> function_words("RU"), function_words("router")
    ('radio units (RU)', 'routers')
    """
    words = FUNCTION_WORDS.get(function, function)
    return words if function.islower() or words == function else f"{words} ({function})"


def _case(tables: Mapping[str, Table]) -> _Case:
    """Return the tables found by function."""
    shares, concentration = tables["shares"], tables["concentration"]
    everyone = shares["operator"] == ""
    by_territory = ~everyone & (shares["by"] == "territory")
    by_territory &= np.isin(shares["tier"], OPERATOR_TIERS)
    spend = _lists(tables["spend"], ("function",), ("operator", "share"))
    total = {function: fsum(part for _, part in rows) for (function,), rows in spend.items()}
    steps = _lists(tables["steps"], ("function", "tier"), ("product", "component", "share"))
    unknown = tables["unknowns"]["operator"] == ""
    asked = ("product", "fact", "tier", "share", "left", "narrows")
    ranges = _lists(
        concentration, ("function", "tier", "by"), ("hhi_low", "hhi_high", "left"),
        concentration["operator"] == "",
    )  # fmt: skip
    return _Case(
        spend={f: total[f] for f in sorted(total, key=lambda f: (-total[f], f))},
        shares=_by_id(shares, ("function", "tier", "by"), everyone),
        ranges={key: rows[0] for key, rows in ranges.items()},
        steps=steps,
        operators={
            function: sorted(
                ((operator, part / total[function]) for operator, part in rows),
                key=lambda row: (-row[1], row[0]),
            )
            for (function,), rows in spend.items()
        },
        territories=_by_id(shares, ("function", "operator", "tier"), by_territory),
        unknowns={
            function: rows
            for (function,), rows in _lists(
                tables["unknowns"], ("function",), asked, unknown
            ).items()
        },
    )


def _lists(
    table: Table,
    keys: Sequence[str],
    values: Sequence[str],
    kept: npt.NDArray[np.bool_] | None = None,
) -> dict[Any, list[Any]]:
    """Return the rows of a table, or those kept, by key."""
    found: dict[Any, list[Any]] = {}
    rows = slice(None) if kept is None else kept
    columns = (table[column][rows].tolist() for column in (*keys, *values))
    for cells in zip(*columns, strict=True):
        found.setdefault(cells[: len(keys)], []).append(cells[len(keys) :])
    return found


def _by_id(table: Table, keys: Sequence[str], kept: npt.NDArray[np.bool_]) -> dict[Any, Shares]:
    """Return shares by id, by key, without the last digits that sums leave behind."""
    lists = _lists(table, keys, ("id", "share"), kept)
    return {key: {i: round(share, 12) for i, share in rows} for key, rows in lists.items()}


def panels(answer: Answer) -> list[Panel]:
    """Return what is told of each function that something is installed for, largest spend first.

    Parameters
    ----------
    answer
        What the run found.
    """
    case = _case(answer.tables)
    return [_panel(answer, case, function) for function in case.spend]


def _panel(answer: Answer, case: _Case, function: str) -> Panel:
    name = function_words(function)
    part = percent(case.spend[function])
    return Panel(
        name=name,
        option=f"{name[0].upper()}{name[1:]}: {part} of spend",
        sentence=_sentence(answer, case, function),
        flow=_flow(answer, case, function),
        tiers=_tier_rows(answer, case, function),
        shares=_share_rows(answer, case, function),
        questions=_function_questions(answer, case, function),
        operators=_operator_rows(answer, case, function),
    )


def _sentence(answer: Answer, case: _Case, function: str) -> str:
    """Return what one function's money goes into, four tiers down or as far as anything moves."""
    tier = _telling_tier(case, function)
    unknown, ended = (case.share(function, tier, word) for word in (UNKNOWN, ENDS))
    rest, spent = case.rest(function, tier), f"what is spent on {function_words(function)}"
    hidden = "goes into what the case does not know"
    parts = []
    if unknown:
        parts.append(f"{_all_of(unknown)} {spent} {hidden}")
    if ended:
        whose = f"{percent(ended)}" if parts else f"{_all_of(ended)} {spent}"
        parts.append(f"{whose} has ended in materials and tools")
    if not parts:
        parts.append(f"the case knows what all of {spent} goes into")
    first = f"{_DOWN[tier]}, {listed(parts)}."
    if rest < _LISTED:
        return first
    of = f"Of the other {percent(rest)}" if unknown or ended else "Of it"
    return f"{first} {_made_in(answer, case, function, tier, of)}"


def _telling_tier(case: _Case, function: str) -> int:
    """Return the tier to tell of: the deepest at which much moves, or where it all turns dark."""
    deepest = min(case.tiers(function)[-1], len(_DOWN) - 1)
    moving = [t for t in range(1, deepest + 1) if case.rest(function, t) >= _LISTED]
    if not moving:
        return min(deepest, 1)
    lost = case.share(function, deepest, UNKNOWN) - case.share(function, moving[-1], UNKNOWN)
    return deepest if lost >= _DONE else moving[-1]


def _all_of(share: float) -> str:
    return "all of" if share >= 1 - 1e-9 else f"{percent(share)} of"


def _made_in(answer: Answer, case: _Case, function: str, tier: int, of: str) -> str:
    """Return where the most of what still moves is made, and for how much that is not known."""
    shares, rest = case.shares[function, tier, "territory"], case.rest(function, tier)
    dark = shares.get(UNKNOWN, 0.0) - case.share(function, tier, UNKNOWN)
    top = _largest(shares)
    if top is None:
        return f"{of}, the case does not know where it is made."
    lacking = f"; for {percent(dark / rest)} the place is not known" if dark / rest > _DONE else ""
    where = answer.name("country", top)
    part = percent(shares[top])
    return f"{of}, the largest part is made in {where}: {part} of the whole{lacking}."


def _largest(shares: Shares) -> str | None:
    """Return the largest of what is known, the first by name of equals."""
    known = [identifier for identifier in shares if identifier not in {UNKNOWN, ENDS}]
    return min(known, key=lambda i: (-shares[i], i), default=None)


def _flow(answer: Answer, case: _Case, function: str) -> Layout:
    """Return how the money moves: the largest products of each tier, the others as one."""
    tiers = case.tiers(function)
    nodes: list[Node] = []
    stands: list[dict[str, int]] = []
    for tier in tiers:
        here, place = _tier_nodes(answer, case.shares[function, tier, "component"], tier)
        stands.append({identifier: len(nodes) + at for identifier, at in place.items()})
        nodes += here
    moved: dict[tuple[int, int], list[float]] = {}
    for tier in tiers[:-1]:
        stay = [(w, w, case.share(function, tier, w)) for w in (UNKNOWN, ENDS)]
        for product, component, share in (*case.steps.get((function, tier), ()), *stay):
            if share:
                tie = stands[tier][product], stands[tier + 1][component]
                moved.setdefault(tie, []).append(share)
    return flow.layout(
        nodes, [Ribbon(*tie, round(fsum(parts), 12)) for tie, parts in sorted(moved.items())]
    )


def _tier_nodes(answer: Answer, shares: Shares, tier: int) -> tuple[list[Node], dict[str, int]]:
    """Return the nodes of a tier, and which of them each id of its shares belongs to."""
    known = sorted(shares.keys() - {UNKNOWN, ENDS}, key=lambda i: (-shares[i], i))
    large = [identifier for identifier in known if shares[identifier] >= _LEAST]
    large = large if len(large) <= _MOST + 1 else large[:_MOST]
    small = known[len(large) :]
    nodes = [Node(tier, i, answer.name("product", i), shares[i]) for i in large]
    place = {identifier: at for at, identifier in enumerate(large)}
    if small:
        place |= dict.fromkeys(small, len(nodes))
        together = fsum(shares[identifier] for identifier in small)
        nodes.append(Node(tier, "", counted(len(small), "other"), together, flow.OTHER))
    for word, name, kind in ((ENDS, "Ended", flow.ENDS), (UNKNOWN, "Not known", flow.UNKNOWN)):
        if word in shares:
            place[word] = len(nodes)
            nodes.append(Node(tier, "", name, shares[word], kind))
    return nodes, place


def _named(answer: Answer, by: str, identifier: str) -> str:
    """Return what a share belongs to, in words."""
    if by != "passage":
        return answer.name(_KINDS[by], identifier)
    if identifier == "none":
        return "No passage"
    return ", ".join(answer.name("passage", passage) for passage in identifier.split(";"))


def _tier_rows(answer: Answer, case: _Case, function: str) -> list[Row]:
    """Return one row a tier: the largest of each view with the range of its index, the rest."""
    return [
        [
            f"Tier {tier}",
            *(_largest_cell(answer, case, (function, tier, by)) for by in VIEWS),
            percent(case.share(function, tier, UNKNOWN)),
            percent(case.share(function, tier, ENDS)),
        ]
        for tier in case.tiers(function)
    ]


def _largest_cell(answer: Answer, case: _Case, key: tuple[str, int, str]) -> str:
    function, tier, by = key
    shares = case.shares[key]
    top = _largest(shares)
    unknown = shares.get(UNKNOWN, 0.0)
    if top is not None:
        lines = [f"{_named(answer, by, top)}, {percent(shares[top])}"]
    else:
        lines = ["not known" if unknown else "ended"]
    # The index is of what has not ended; there is none where all has.
    if key in case.ranges:
        low, high, _ = case.ranges[key]
        lines.append(f"HHI\u00a0{_range_words(low, high)}")
    if top is not None and unknown >= case.share(function, tier, UNKNOWN) + _LEAST:
        lines.append(f"{percent(unknown)} not known")
    return "\n".join(lines)


def _range_words(low: float, high: float) -> str:
    r"""Return the range of an index.

    >>> _range_words(0.1894, 0.7159), _range_words(0.231, 0.231)
    ('0.19\xa0to\xa00.72', '0.23')
    """
    least, most = f"{low:.2f}", f"{high:.2f}"
    return least if least == most else f"{least}\u00a0to\u00a0{most}"


def _share_rows(answer: Answer, case: _Case, function: str) -> list[Row]:
    """Return one row a tier: what each view divides it into, the largest first."""
    return [
        [f"Tier {tier}"]
        + [_listed_shares(answer, by, case.shares[function, tier, by]) for by in VIEWS]
        for tier in case.tiers(function)
    ]


def _listed_shares(answer: Answer, by: str, shares: Shares) -> str:
    known = [i for i in shares if i not in {UNKNOWN, ENDS} and shares[i] >= _LISTED]
    known.sort(key=lambda i: (-shares[i], i))
    lines = [f"{percent(shares[i])} {_named(answer, by, i)}" for i in known]
    for word, name in ((UNKNOWN, "not known"), (ENDS, "ended")):
        if shares.get(word, 0.0) >= _LISTED:
            lines.append(f"{percent(shares[word])} {name}")
    return "\n".join(lines)


def _function_questions(answer: Answer, case: _Case, function: str) -> list[tuple[str, str]]:
    """Return the facts that narrow a function's ranges the most, and by how much."""
    width = fsum(
        left * (high - low)
        for (of, _, _), (low, high, left) in case.ranges.items()
        if of == function
    )
    facts: dict[tuple[str, str], list[_Hangs]] = {}
    for product, fact, tier, share, left, narrower in case.unknowns.get(function, ()):
        facts.setdefault((product, fact), []).append(_Hangs(tier, share, left * narrower))
    narrows = {asked: fsum(row.narrows for row in rows) for asked, rows in facts.items()}
    telling = [asked for asked in narrows if width and narrows[asked] / width >= _LEAST]
    telling.sort(key=lambda asked: (-round(narrows[asked], 12), asked))
    items = []
    for product, fact in telling[:_ASKED]:
        rows, part = facts[product, fact], percent(narrows[product, fact] / width)
        most, first = max(row.share for row in rows), min(row.tier for row in rows)
        note = (
            f"{percent(round(most, 12))} of this money hangs on it, from tier {first} on. Once "
            f"known, all ranges together are narrower by {part} or more."
        )
        items.append((_FACTS[fact].format(answer.name("product", product)), note))
    return items


def case_questions(answer: Answer) -> list[tuple[str, str]]:
    """Return the facts of the whole case to ask for first, and by how much they narrow."""
    spend, found = answer.tables["spend"], answer.tables["concentration"]
    weight = {
        key: rows[0][0] for key, rows in _lists(spend, ("operator", "function"), ("share",)).items()
    }
    operators = zip(found["operator"].tolist(), found["function"].tolist(), strict=True)
    of = np.array([weight.get(key, 0.0) for key in operators])
    width = fsum((of * found["left"] * (found["hhi_high"] - found["hhi_low"])).tolist())
    return [
        (
            _FACTS[asked["fact"]].format(answer.name("product", asked["product"])),
            "Once known, all ranges together are narrower by "
            f"{percent(float(asked['narrows']) / width)} or more.",
        )
        for asked in answer.summary["first_questions"]
        if width and float(asked["narrows"]) / width >= _LEAST
    ]


def _operator_rows(answer: Answer, case: _Case, function: str) -> list[Row]:
    """Return one row an operator: the territory that most comes from at each tier, shaded."""
    rows: list[Row] = []
    for operator, part in case.operators[function][:OPERATORS]:
        name = "not stated" if operator == UNKNOWN else answer.name("firm", operator)
        cells: list[Cell] = [name, percent(part)]
        for tier in OPERATOR_TIERS:
            cells += _territory_cells(answer, case.territories.get((function, operator, tier), {}))
        rows.append(cells)
    return rows


def _territory_cells(answer: Answer, shares: Shares) -> list[Cell]:
    """Return the largest territory and how much is unknown."""
    top = _largest(shares)
    unknown = percent(shares[UNKNOWN]) if UNKNOWN in shares else "\u2013"
    if top is None:
        return [("\u2013", "none"), unknown]
    shade = int(worldmap.share_class(worldmap.share_codes(np.array([shares[top]])))[0])
    return [(f"{answer.name('country', top)} {percent(shares[top])}", f"s{shade}"), unknown]
