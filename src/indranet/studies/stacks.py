"""What can replace it: one offer for each function, put together where they work together."""

from dataclasses import dataclass
from itertools import chain, combinations
from itertools import product as every

import numpy as np
import numpy.typing as npt

from indranet.engines.choices import cheapest
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS, TABLES
from indranet.studies.groundwork import Groundwork
from indranet.studies.swaps import Swaps

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST = 64
"""Stacks of one kind of cluster that are kept: the cheapest, and the cheapest with each offer that
is in none of these, since a limit on what one vendor holds needs others."""

_STATUS = TABLES["interoperability"].column("status").choices.index("certified")
_INTERFACES = TABLES["interoperability"].column("interface").choices
_LTE = ("eNB",)
_NR = ("gNB", "CU", "DU")
_BASEBAND = ("gNB", "DU")
BASEBAND = np.array([FUNCTIONS.index(name) for name in (*_BASEBAND, *_LTE)])
"""Functions whose maker a cluster hands its users over by."""
_PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("RU",), _BASEBAND, "7.2x"),
    (_LTE, _NR, "X2"),
    (("EMS",), (*_BASEBAND, *_LTE), "EMS"),
)
"""Functions that one vendor does at a site, unless two products are certified over an interface.

A radio hangs on its baseband unless both speak 7.2x (O-RAN fronthaul); LTE anchors the NR of a
network that is not standalone over X2; a manager manages its vendor's products.
"""


@dataclass(frozen=True, eq=False)
class Stacks:
    """Options of the plan: an offer for each function that a kind of cluster needs.

    Attributes
    ----------
    offers
        Rows of the table of offers that count, shape (offers,).
    functions
        Functions that may be replaced, shape (functions,).
    offer
        Place in `offers` of what each stack puts for each function, -1 for none, shape (stacks,
        functions).
    amounts
        Units of each function, those included that are replaced because what comes beside them does
        not work with what is there, shape (clusters, functions).
    kind
        Kind of each cluster, shape (clusters,).
    of_kind
        Kind of each stack, shape (stacks,).
    lacks
        Kinds of cluster that no stack fits: functions to be replaced, in words.
    """

    offers: Codes
    functions: Codes
    offer: Codes
    amounts: Floats
    kind: Codes
    of_kind: Codes
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class _Kind:
    """What is alike of some clusters: functions that go, and what stays beside them."""

    goes: tuple[int, ...]
    stays: tuple[tuple[int, int], ...]  # function and product
    operator: int = -1  # where it matters


def stacks(ground: Groundwork, goal: Goal, found: Swaps) -> Stacks:
    """Put offers together for each kind of cluster.

    Where what stays beside a new product does not work with it, it is replaced as well: a new
    vendor for 4G takes the 5G of the site with it, and the other way round, unless the pair is
    certified or the operator has no 4G core to anchor on.
    """
    network = ground.network
    rows = _offers(network, goal, found)
    certified = _certified(network)
    kinds, of, units = _kinds(ground, found, goal.practice.gate_usd > 0 or goal.replace.wanted)
    functions = np.unique(
        np.concatenate([found.functions, *(np.array([f for f, _ in k.stays]) for k in kinds)])
    ).astype(np.int64)
    amounts = np.zeros((len(found), len(functions)))
    amounts[:, np.searchsorted(functions, found.functions)] = found.amounts
    table: list[list[int]] = []
    of_kind: list[int] = []
    lacks = []
    for number, kind in enumerate(kinds):
        made = _stacks_of(network, rows, kind, functions, certified, found, of == number)
        if not made:
            lacks.append(", ".join(FUNCTIONS[f] for f in kind.goes))
        table += made
        of_kind += [number] * len(made)
    offer = np.array(table, dtype=np.int64).reshape(len(table), len(functions))
    extra = np.searchsorted(functions, sorted({f for k in kinds for f, _ in k.stays}))
    for place in extra.tolist():
        taken = np.unique(np.array(of_kind, dtype=np.int64)[offer[:, place] >= 0])
        rows_here = np.isin(of, taken) & (amounts[:, place] == 0)
        amounts[rows_here, place] = units[rows_here, functions[place]]
    return Stacks(
        rows, functions, offer, amounts, of, np.array(of_kind, dtype=np.int64), tuple(lacks)
    )


def _offers(network: Network, goal: Goal, found: Swaps) -> Codes:
    """Return the offers of vendors that may come, to operators that plan."""
    offers = network["offers"]
    maker = network["products"]["firm"].astype(np.int64)[offers["product"]]
    kept = ~np.append(found.gone, False)[maker]
    kept &= (offers["operator"] < 0) | np.isin(offers["operator"], found.operators)
    kept &= ~(offers["until"] < goal.starts(network.first_day)[0])
    if goal.limits.partners:
        seats = np.append(network["firms"]["country"], -1)[maker]
        names = np.append(network.names["country"], "")[seats]
        kept &= np.isin(names.astype(str), goal.limits.partners)
    return np.flatnonzero(kept).astype(np.int64)


def _certified(network: Network) -> frozenset[tuple[int, int, str]]:
    rows = network["interoperability"]
    both = np.flatnonzero(rows["status"] == _STATUS)
    found = set()
    for row in both.tolist():
        pair = int(rows["product"][row]), int(rows["other"][row])
        word = _INTERFACES[rows["interface"][row]]
        found |= {(*pair, word), (*pair[::-1], word)}
    return frozenset(found)


def _kinds(ground: Groundwork, found: Swaps, apart: bool) -> tuple[list[_Kind], Codes, Floats]:
    """Return the kinds of clusters, each one's kind, and units that stay, by function.

    Operators have kinds of their own where what each has let in before counts.
    """
    network, equipment = ground.network, ground.equipment
    coupled = sorted({f for one, other, _ in _PAIRS for f in (*one, *other)})
    codes = [FUNCTIONS.index(name) for name in coupled]
    beside = (found.of_row >= 0) & ~found.goes & np.isin(equipment["function"], codes)
    rows = np.flatnonzero(beside)
    real = network["sites"]["stands_for"]
    held = np.zeros((len(found.groups), len(FUNCTIONS)))
    amount = equipment["quantity"][rows] * real[equipment["site"][rows]]
    np.add.at(held, (found.of_row[rows], equipment["function"][rows]), amount)
    units = held[found.group] * found.share[:, None]
    stays: list[set[tuple[int, int]]] = [set() for _ in found.groups]
    for row in rows.tolist():
        pair = int(equipment["function"][row]), int(equipment["product"][row])
        stays[int(found.of_row[row])].add(pair)
    anchored = _anchored(ground, found)
    kinds: dict[_Kind, int] = {}
    of = np.zeros(len(found), dtype=np.int64)
    for cluster in range(len(found)):
        goes = tuple(found.functions[found.amounts[cluster] > 0].tolist())
        kept = (
            tuple(sorted(stays[found.group[cluster]])) if anchored[found.operator[cluster]] else ()
        )
        whose = int(found.operator[cluster]) if apart else -1
        of[cluster] = kinds.setdefault(_Kind(goes, _touching(goes, kept), whose), len(kinds))
    return list(kinds), of, units


def _anchored(ground: Groundwork, found: Swaps) -> npt.NDArray[np.bool_]:
    """Return which operators run a 4G core, on which 5G that is not standalone hangs."""
    equipment = ground.equipment
    core = equipment["function"] == FUNCTIONS.index("EPC")
    runs = ground.network["sites"]["operator"][equipment["site"][core]]
    return np.isin(found.operators, runs)


def _touching(
    goes: tuple[int, ...], stays: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    """Return what stays and has an interface, over others that stay, with what goes."""
    near, found = set(goes), set[tuple[int, int]]()
    while True:
        more = {
            (f, p) for f, p in stays if (f, p) not in found and any(_interface(f, g) for g in near)
        }
        if not more:
            return tuple(sorted(found))
        found |= more
        near |= {f for f, _ in more}


def _interface(one: int, other: int) -> str:
    names = FUNCTIONS[one], FUNCTIONS[other]
    for left, right, word in _PAIRS:
        if (names[0] in left and names[1] in right) or (names[1] in left and names[0] in right):
            return word
    return ""


def _stacks_of(
    network: Network,
    rows: Codes,
    kind: _Kind,
    functions: Codes,
    certified: frozenset[tuple[int, int, str]],
    found: Swaps,
    here: Flags,
) -> list[list[int]]:
    """Return the offers of each stack of one kind by function, -1 for none; cheapest first."""
    offers = network["offers"]
    runs = found.operators[np.unique(found.operator[here])]
    of_function: dict[int, list[int]] = {}
    for place, row in enumerate(rows.tolist()):
        open_to = offers["operator"][row] < 0 or np.isin(offers["operator"][row], runs)
        if open_to:
            of_function.setdefault(int(offers["replaces"][row]), []).append(place)
    stays: dict[int, list[int]] = {}
    for function, product in kind.stays:
        stays.setdefault(function, []).append(product)
    market = _Market(
        {f: offers["unit_cost_usd"][rows[places]] for f, places in of_function.items()},
        {f: offers["product"][rows[places]].tolist() for f, places in of_function.items()},
        network["products"]["firm"].tolist(),
        certified,
    )
    made: list[tuple[float, list[int]]] = []

    def add(asked: tuple[int, ...], found: list[tuple[int, ...]]) -> None:
        for chosen in found:
            places = {f: of_function[f][c] for f, c in zip(asked, chosen, strict=True)}
            line = [places.get(int(f), -1) for f in functions]
            cost = sum(float(offers["unit_cost_usd"][rows[p]]) for p in places.values())
            made.append((cost, line))

    sets = _wider(market, kind.goes, stays)
    for asked, kept in sets:
        add(asked, market.stacks(asked, kept))
    made = sorted(made)[:MOST]
    if len(made) == MOST:
        there = {p for _, line in made for p in line}
        for asked, kept in sets:
            for f in asked:
                for choice, place in enumerate(of_function[f]):
                    if place not in there:
                        add(asked, market.stacks(asked, kept, most=1, held=(f, choice)))
    kept_lines = {tuple(line): cost for cost, line in made}
    return [list(line) for line in sorted(kept_lines, key=lambda one: (kept_lines[one], one))]


def _wider(
    market: "_Market", goes: tuple[int, ...], stays: dict[int, list[int]]
) -> list[tuple[tuple[int, ...], dict[int, list[int]]]]:
    """Return sets of functions that stacks may replace, with what stays beside each.

    What goes, and with it whatever stays and does not work with some stack of a set.
    """
    waiting, seen, found = [goes], {goes}, []
    while waiting:
        asked = waiting.pop()
        kept = {f: products for f, products in stays.items() if f not in asked}
        found.append((asked, kept))
        for wrong in _subsets(kept):
            more = tuple(sorted({*asked, *wrong}))
            if more not in seen and market.clash(asked, kept, wrong):
                seen.add(more)
                waiting.append(more)
    return found


def _subsets(kept: dict[int, list[int]]) -> list[frozenset[int]]:
    every = (combinations(sorted(kept), size) for size in range(1, len(kept) + 1))
    return [frozenset(some) for some in chain.from_iterable(every)]


@dataclass(frozen=True, eq=False)
class _Market:
    """What is offered for each function, and who works with whom.

    Attributes
    ----------
    costs, products
        Of the offers for each function, shape (offers,) each.
    maker
        Of each product.
    certified
        Pairs of products, both ways round, and the interface over which they are.
    """

    costs: dict[int, Floats]
    products: dict[int, list[int]]
    maker: list[int]
    certified: frozenset[tuple[int, int, str]]

    def stacks(
        self,
        asked: tuple[int, ...],
        kept: dict[int, list[int]],
        most: int = MOST,
        held: tuple[int, int] | None = None,
    ) -> list[tuple[int, ...]]:
        """Return the cheapest stacks for some functions that work together and with what stays.

        As places among the offers for each function, by rising cost; only those with a place held
        for one function where that is asked.
        """
        costs, fits, works = self._told(asked, kept)
        if held is not None:
            costs[held[0]][np.arange(len(costs[held[0]])) != held[1]] = np.inf
        for (f, _), flags in works.items():
            costs[f][~flags] = np.inf
        return cheapest([costs[f] for f in asked], fits, most)

    def clash(
        self, asked: tuple[int, ...], kept: dict[int, list[int]], wrong: frozenset[int]
    ) -> bool:
        """Return whether a stack works together, and with all that stays but for just `wrong`."""
        costs, fits, works = self._told(asked, kept)
        for (f, g), flags in works.items():
            if g not in wrong:
                costs[f][~flags] = np.inf
        near = [[f for f in asked if (f, g) in works] for g in sorted(wrong)]
        # What stays is in the way of one function at least: each may be the one.
        for blamed in every(*near):
            left = {f: cost.copy() for f, cost in costs.items()}
            for g, f in zip(sorted(wrong), blamed, strict=True):
                left[f][works[f, g]] = np.inf
            if cheapest([left[f] for f in asked], fits, 1):
                return True
        return False

    def _told(
        self, asked: tuple[int, ...], kept: dict[int, list[int]]
    ) -> tuple[dict[int, Floats], dict[tuple[int, int], Flags], dict[tuple[int, int], Flags]]:
        """Return costs of offers, pairs of them that work, and which work with what stays.

        Of pairs by places in `asked`; of what stays by the two functions, where they have an
        interface.
        """
        costs = {f: self.costs.get(f, np.zeros(0)).copy() for f in asked}
        products = {f: self.products.get(f, []) for f in asked}
        fits = {
            (a, b): self._works(products[f], products[g], word)
            for a, f in enumerate(asked)
            for b, g in enumerate(asked[:a])
            if (word := _interface(f, g))
        }
        works = {
            (f, g): np.asarray(self._works(products[f], kept[g], word).all(axis=1))
            for f in asked
            for g in kept
            if (word := _interface(f, g))
        }
        return costs, fits, works

    def _works(self, one: list[int], other: list[int], word: str) -> Flags:
        """Return which products work together over an interface, shape (one, other)."""
        found = [
            self.maker[p] == self.maker[q] or (p, q, word) in self.certified
            for p in one
            for q in other
        ]
        return np.array(found, dtype=bool).reshape(len(one), len(other))
