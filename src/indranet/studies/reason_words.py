"""What a failing path says: the things on it, how each hangs on the next, how that is known."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import DECLARED_BY, FUNCTIONS, KINDS, PROVENANCES
from indranet.studies.compile import Compiled, Horizon
from indranet.studies.worst import NAMED, names_in_words

_THINGS = ("thing", "units", "reaching", "excluded")
"""Roles of gates that stand for a thing; the others say how one thing hangs on the next."""
_MOST_DIGITS = 6
_TINY = 1e-9
_OBSERVED = {PROVENANCES.index("real"), PROVENANCES.index("derived")}
_OF_USER = ("need", "served")
"""Roles of gates that are about the thing that needs them."""
_SAYS = {
    ("plant", "country"): "it stands there",
    ("site", "country"): "it stands there",
    ("facility", "country"): "it stands there",
    ("plant", "firm"): "it runs the plant or makes its product",
    ("product", "firm"): "it makes the product",
    ("site", "firm"): "it runs the site",
    ("firm", "firm"): "it controls the firm",
    ("lane", "facility"): "the lane ends there",
    ("lane", "passage"): "every way leads through it",
}  # fmt: skip
"""How a thing hangs on the next one where no gate lies between."""


@dataclass(frozen=True)
class Lost:
    """One lost thing, and the alternative in which it is lost.

    Attributes
    ----------
    kind, id
        What was taken away; the kind `exclusion` has the name of the authority.
    horizon
        When.
    thing
        What is lost, a code over all kinds.
    alternative
        Position of what was taken away among the alternatives.
    """

    kind: str
    id: str
    horizon: Horizon
    thing: int
    alternative: int


class Words:
    """Names in words of the things of a network, and what its gates say."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.ends = np.cumsum([len(network.names[kind]) for kind in KINDS])
        self.names = np.concatenate([network.names[kind] for kind in KINDS])
        self.spoken: dict[int, str] = {}

    def kind(self, code: int) -> str:
        """Return the kind of a thing."""
        return KINDS[int(np.searchsorted(self.ends, code, side="right"))]

    def name(self, code: int) -> str:
        """Return the name in words of a thing, its identifier where it has none."""
        if code not in self.spoken:
            kind, name = self.kind(code), ""
            if kind in NAMED:
                row = np.array([code - self.network.offset(kind)])
                name = names_in_words(self.network, kind, row)[0]
            self.spoken[code] = name or str(self.names[code])
        return self.spoken[code]

    def order(self) -> npt.NDArray[np.int64]:
        """Return the place of each thing in the order of kinds and identifiers, shape (things,)."""
        place = np.empty(len(self.names) + 1, dtype=np.int64)
        begin = 0
        for kind in KINDS:
            names = self.network.names[kind]
            place[begin + np.argsort(names.astype(str), kind="stable")] = begin + np.arange(
                len(names)
            )
            begin += len(names)
        place[-1] = -1
        return place


Step = tuple[str, str, str, str, str]
"""Kind and identifier of a thing, how the step before hangs on it, how that is known, and what to
ask to be sure of it (empty where it was observed)."""


def steps(
    words: Words, compiled: Compiled, path: Sequence[int], left: Sequence[float], item: Lost
) -> list[Step]:
    """Return the things on a failing path, from what is lost down.

    Parameters
    ----------
    words
        Names of the network's things.
    compiled
        The case as gates.
    path
        Gates, each an input of the one before.
    left
        Capacity of its inputs that each still had when it fell.
    item
        What is lost, and without what.
    """
    labels = compiled.labels
    gone = "not trusted" if item.kind == "exclusion" else "lost"
    found = [_step(words, item.thing, gone, [], [])]
    before = item.thing
    between: list[str] = []
    asks: list[str] = []
    rows: set[int] = set()
    need = -1
    for place, (gate, still) in enumerate(zip(path, left, strict=True)):
        role, of = labels.roles[labels.role[gate]], int(labels.of[gate])
        if role not in _THINGS:
            by = int(labels.by[gate])
            # Sites that nothing tells apart share a gate: its label names one of them.
            about = before if role in _OF_USER else of
            between += _condition(words, compiled, gate, still, item)
            rests_on = _rests_on(words.network, role, about, by)
            # How much of a need must be left is no question where nothing is left of it.
            idle = role == "need" and still <= 0
            asks += _question(words, role, about, by) if rests_on - _OBSERVED and not idle else []
            rows |= rests_on
            need = by if role == "need" else -1
        elif place and of != before:
            of = _one_of(words, compiled, gate, of, before, need)
            pair = words.kind(before), words.kind(of)
            why = "; ".join(between) or _SAYS.get(pair, "it takes it")
            why += f"; excluded by {item.id}" if role == "excluded" else ""
            found.append(_step(words, of, why, rows, asks))
            before, between, rows, asks, need = of, [], set(), [], -1
    if item.kind != "exclusion" and len(found) > 1:
        kind, name, why, known, ask = found[-1]
        found[-1] = kind, name, f"{why}; taken away{_with(words, item)}", known, ask
    return found


def _with(words: Words, item: Lost) -> str:
    """Return what ties the last step to what was taken away, where that is another thing."""
    tie = {"jurisdiction": ("country", "seated in"), "control": ("firm", "controlled by")}
    if item.kind not in tie:
        return ""
    kind, how = tie[item.kind]
    return f", {how} {words.name(words.network.find(f'{kind}:{item.id}'))}"


def _one_of(words: Words, compiled: Compiled, gate: int, thing: int, user: int, need: int) -> int:
    """Return the thing of a gate; of sites that share it the first by name that the user needs."""
    if words.kind(thing) != "site":
        return thing
    network = words.network
    span = network.span("site")
    if need >= 0:
        rows = _of_owner(network, "needs", user)
        inputs = network["needs"]["input"][rows[network["needs"]["need"][rows] == need]]
        inputs = inputs[(inputs >= span.start) & (inputs < span.stop)]
    else:
        inputs = np.arange(span.start, span.stop)
    shared = (compiled.gate[inputs] == gate) | (compiled.own[inputs] == gate)
    shared |= compiled.trusted[inputs] == gate
    return min(inputs[shared].tolist(), key=lambda code: str(words.names[code]), default=thing)


def _step(words: Words, thing: int, why: str, rows: Iterable[int], asks: Iterable[str]) -> Step:
    """Return one step; the row of the thing counts among what it rests on."""
    network, kind = words.network, words.kind(thing)
    known = set(rows)
    if kind in DECLARED_BY:
        known.add(int(network[DECLARED_BY[kind]]["provenance"][thing - network.offset(kind)]))
    names = ("not stated", *PROVENANCES)
    told = ", ".join(names[k + 1] for k in sorted(known))
    return kind, str(words.names[thing]), why, told, " ".join(asks)


def _rests_on(network: Network, role: str, of: int, by: int) -> set[int]:
    """Return the provenances of the rows that a gate between two things rests on."""
    if role == "contract":
        rows = _of_owner(network, "supplies", by)
        product = network["plants"]["product"][network["supplies"]["supplier"][rows]]
        return _provenances(network, "supplies", rows[product == of - network.offset("product")])
    if role == "output":
        made = network["plants"]["product"] == of - network.offset("product")
        return _provenances(network, "plants", np.flatnonzero(made))
    if role == "need":
        rows = _of_owner(network, "needs", of)
        return _provenances(network, "needs", rows[network["needs"]["need"][rows] == by])
    if role == "served":
        rows = _of_owner(network, "equipment", of - network.offset("site"))
        served = network["equipment"]["function"][rows] == by
        return _provenances(network, "equipment", rows[served])
    return set()


def _provenances(network: Network, table: str, rows: npt.NDArray[np.int64]) -> set[int]:
    return set(network[table]["provenance"][rows].tolist())


def _question(words: Words, role: str, of: int, by: int) -> list[str]:
    """Return what would have to be known to be sure of what a gate says."""
    if role == "contract":
        return [f"Which plants really supply {words.name(of)} to {words.name(by)}?"]
    if role == "output":
        return [f"Who else makes {words.name(of)}, and how much?"]
    if role == "need":
        need = str(words.network["needs"].words["need"][by])
        return [
            f"How much of its need \u201c{need}\u201d must be left for {words.name(of)} to run?"
        ]
    if role == "served":
        return [f"What does {words.name(of)} really have installed for {FUNCTIONS[by]}?"]
    return []


def _of_owner(network: Network, table: str, owner: int) -> npt.NDArray[np.int64]:
    start = network.start[table]
    return np.arange(start[owner], start[owner + 1])


def _condition(words: Words, compiled: Compiled, gate: int, left: float, item: Lost) -> list[str]:
    """Return what fails at a gate that stands between two things, in words."""
    labels, gates = compiled.labels, compiled.gates
    role, of, by = labels.roles[labels.role[gate]], int(labels.of[gate]), int(labels.by[gate])
    capacity = labels.capacity[gates.start[gate] : gates.start[gate + 1]]
    alone = len(capacity) == 1
    rest = ""
    if not np.isnan(labels.needed[gate]):
        total = float(capacity.sum())
        rest = _rest(left / total, float(labels.needed[gate]) / total, len(capacity))
    fit = "trusted" if item.kind == "exclusion" else "left"
    if role == "need":
        need = str(words.network["needs"].words["need"][by])
        return [f"its need \u201c{need}\u201d{rest}"]
    if role == "served":
        return [f"nothing {fit} that serves {FUNCTIONS[by]}"]
    if role == "core function":
        return [f"no site of {words.name(of)} {fit} that runs {FUNCTIONS[by]}"]
    if role == "contract":
        if alone:
            return [f"the only supplier of {words.name(of)} to {words.name(by)}"]
        return [f"{words.name(of)} under contract with {words.name(by)}{rest}"]
    if role == "any maker":
        return ["no contract holds and too little is made at large"]
    if role == "output":
        return ["its only plant"] if alone else [f"its plants{rest}"]
    if role == "ways":
        return ["no way round"]
    return []


def _rest(left: float, needed: float, inputs: int) -> str:
    if inputs == 1:
        return ""
    if left == 0:
        return f": none of {inputs} left"
    if needed > 1 - 1e-9:
        return f": all {inputs} are needed"
    digits = 0
    # What is left is rounded down, what is needed up: they must not read as equal.
    while digits < _MOST_DIGITS and _floor(left, digits) >= _ceiling(needed, digits):
        digits += 1
    return (
        f": {_floor(left, digits):.{digits}f}\u00a0% left, "
        f"{_ceiling(needed, digits):.{digits}f}\u00a0% needed"
    )


def _floor(share: float, digits: int) -> float:
    fine = 10.0**digits
    return math.floor(share * 100 * fine + _TINY) / fine


def _ceiling(share: float, digits: int) -> float:
    fine = 10.0**digits
    return math.ceil(share * 100 * fine - _TINY) / fine
