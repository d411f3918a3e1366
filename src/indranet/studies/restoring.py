"""What would have to be brought in so that a product can be made: the smallest sets.

An element is an outside plant, or the consent of an outside maker where plants that take part are
there. A lack is met by one element: any of a product's outside plants, or the one maker, who may
meet the lack of several products.

Two nets bound each answer. What stops a product though all else is brought in is in every set: the
lower bound. With each group of alternatives narrowed to those that lack least, there is one way
left, which will do: the upper bound. Where the two meet, that is the only smallest set. Otherwise
the choices that are open are settled as an integer programme, once for all products that share
them: minimise the lacks met, where a product stands on what it lacks and on enough alternatives of
each group. It is solved again without the sets found, until they get larger.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from itertools import product as combinations
from math import prod

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from indranet.engines.gates import Ordered, up
from indranet.studies.bills import Bill, Bools, Ints, makeable, making_net

MOST_SETS = 20
"""Sets that are looked for and listed for each product."""
LISTED = 50
"""Lacks of one product that are listed; where there are more, they are counted."""
MOST_ROWS = 1_000_000
"""Rows of listed sets, for all products together."""
MOST_PROBLEMS = 300
"""Open choices that are solved; those of fewest lacks first."""
MOST_PRODUCTS = 400
"""Products in one such choice."""
MOST_NODES = 10_000
"""Branches of one integer programme."""
MANY = 10**18
"""Sets are counted up to this number."""
_BLOCK = 4096
_NOTHING = np.zeros(0, dtype=np.int64)

Lacks = tuple[int, ...]
"""Lacks of one set, ascending."""


@dataclass(frozen=True, eq=False)
class Elements:
    """What may be brought in.

    Attributes
    ----------
    lack
        What each product lacks, a position in `labels`, -1 for nothing, shape (products,).
    labels
        Name of each lack, ascending: the product that has no plant, or the maker as `firm:id`.
    options
        Elements that meet each lack, any one of which will do, ascending.
    nobody
        Products whose lack nothing meets, shape (products,).
    """

    lack: Ints
    labels: Sequence[str]
    options: Sequence[tuple[str, ...]]
    nobody: Bools


@dataclass(frozen=True, eq=False)
class Restored:
    """What would restore each product, arrays of shape (products,).

    Attributes
    ----------
    number
        Elements of a set that will do: 0 where the product can be made, -1 where nothing restores
        it.
    at_least
        Elements that any set needs; equal to `number` where that is proven to be the smallest.
    sets
        Smallest sets, `MANY` for that many or more: every way to meet the lacks of up to
        `MOST_SETS` sets of lacks. Where the smallest number is not proven, those of the set known.
    missing
        The same in words.
    table
        `product`, `set` (from 1) and `plant` (or maker): the members of up to `MOST_SETS` sets.
    unlisted
        Products whose sets are too large, or too many, to be in the table.
    unproven
        Products whose smallest number is not proven.
    """

    number: Ints
    at_least: Ints
    sets: Ints
    missing: npt.NDArray[np.object_]
    table: dict[str, npt.NDArray[np.object_] | Ints]
    unlisted: int
    unproven: int


def restore(bill: Bill, net: Ordered, made: Bools, elements: Elements, first: Bools) -> Restored:
    """Find the smallest sets of elements that let each product be made.

    Parameters
    ----------
    bill, net
        The bill, and its net from `making_net`.
    made
        Products that can be made already, shape (products,).
    elements
        What may be brought in.
    first
        Products whose sets are listed before those of others, shape (products,).
    """
    nobody = np.flatnonzero(elements.nobody)
    ever = makeable(net, ~elements.nobody[np.newaxis])[0]
    asked, never = np.flatnonzero(ever & ~made), np.flatnonzero(~ever)
    by_lack = _removals(elements.lack, len(elements.labels))
    least = _cuts(net, by_lack, asked, nobody)
    narrow = making_net(_narrowed(bill, ever, least), _NOTHING, _NOTHING, 0)
    known = _cuts(narrow, by_lack, asked, _NOTHING)
    blocked = _cuts(narrow, (np.arange(len(nobody) + 1), nobody), never, _NOTHING)

    number, at_least, sets = (np.zeros(len(ever), dtype=np.int64) for _ in range(3))
    number[asked], at_least[asked] = known.count, least.count
    number[never] = at_least[never] = -1
    found = {
        p: [known.members(i)] for i, p in enumerate(asked.tolist()) if known.count[i] <= LISTED
    }
    for p, lacks in _settled(bill, made, elements.lack, least, known):
        found[p] = lacks
        number[p] = at_least[p] = len(lacks[0])
    for p, lacks in found.items():
        ways = sum(prod(len(elements.options[k]) for k in one) for one in lacks)
        sets[p] = min(ways, MANY)
    missing = _words(bill, elements, number, at_least, found)
    for i, p in enumerate(never.tolist()):
        missing[p] = _nobody_words(bill, nobody, blocked, i)
    table, left_out = _listed(bill, elements, found, first)
    return Restored(
        number=number,
        at_least=at_least,
        sets=sets,
        missing=missing,
        table=table,
        unlisted=left_out + int((known.count > LISTED).sum()),
        unproven=int((at_least < number).sum()),
    )


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Which removals, each by itself, take down each watched product.

    Attributes
    ----------
    watch
        Products, ascending, shape (watched,).
    count
        Removals that take each down, shape (watched,).
    start, removal
        Those removals, ascending, compressed sparse rows; none are held where there are more than
        `LISTED`.
    """

    watch: Ints
    count: Ints
    start: Ints
    removal: Ints

    def members(self, place: int) -> Lacks:
        """Return the removals that take down one of the watched."""
        return tuple(self.removal[self.start[place] : self.start[place + 1]].tolist())


def _removals(lack: Ints, lacks: int) -> tuple[Ints, Ints]:
    """Return the products that have each lack, compressed sparse rows."""
    by_lack = np.argsort(lack, kind="stable")
    by_lack = by_lack[lack[by_lack] >= 0]
    return np.searchsorted(lack[by_lack], np.arange(lacks + 1)), by_lack


def _cuts(net: Ordered, removals: tuple[Ints, Ints], watch: Ints, always: Ints) -> _Cuts:
    """Return which removals, each by itself, take down each watched product.

    Parameters
    ----------
    net
        From `making_net`.
    removals
        Products removed together, compressed sparse rows.
    watch
        Products to report; all are up with only `always` removed.
    always
        Products removed every time.
    """
    start, nodes = removals
    count = np.zeros(len(watch), dtype=np.int64)
    places, found = [_NOTHING], [_NOTHING]
    for begin in range(0, len(start) - 1, _BLOCK):
        part = start[begin : begin + _BLOCK + 1]
        rows = part - part[0], nodes[part[0] : part[-1]]
        down = ~up(net, rows, always=always, watch=watch)
        if (len(part) - 1) % 64:
            down[:, -1] &= np.uint64((1 << ((len(part) - 1) % 64)) - 1)
        count += np.bitwise_count(down).sum(axis=1, dtype=np.int64)
        place, word = np.nonzero(down)
        few = count[place] <= LISTED
        place, word = place[few], word[few]
        octets = down[place, word].view(np.uint8).reshape(-1, 8)
        which, bit = np.nonzero(np.unpackbits(octets, axis=1, bitorder="little"))
        places.append(place[which])
        found.append(begin + 64 * word[which] + bit)
    place, removal = np.concatenate(places), np.concatenate(found)
    kept = count[place] <= LISTED
    place, removal = place[kept], removal[kept]
    by_place = np.lexsort((removal, place))
    return _Cuts(
        watch=watch,
        count=count,
        start=np.searchsorted(place[by_place], np.arange(len(watch) + 1)),
        removal=removal[by_place],
    )


def _narrowed(bill: Bill, ever: Bools, least: _Cuts) -> Bill:
    """Return the bill with as many alternatives in each group as it needs: those that lack least.

    What can never be made comes last; of alternatives that lack alike, the first by name is kept.
    """
    lacks = np.zeros(len(bill.names), dtype=np.int64)
    lacks[least.watch] = least.count
    group = bill.group
    order = np.lexsort((bill.component, lacks[bill.component], ~ever[bill.component], group))
    kept = np.zeros(len(group), dtype=bool)
    kept[order] = np.arange(len(group)) - bill.start[group] < bill.needed[group]
    return bill.keep(kept)


def _settled(
    bill: Bill, made: Bools, lack: Ints, least: _Cuts, known: _Cuts
) -> Iterator[tuple[int, list[Lacks]]]:
    """Yield the products whose choices are open and can be settled, with their sets of lacks."""
    choices = _Choices(bill, made, lack, least, least.count == known.count)
    open_ = np.flatnonzero((least.count < known.count) & (known.count <= LISTED))
    for i in open_[np.lexsort((open_, known.count[open_]))].tolist():
        p = int(least.watch[i])
        extra = choices.settle(p)
        if extra is not None:
            paid = least.members(i)
            yield p, sorted(tuple(sorted({*paid, *more})) for more in extra)


class _Choices:
    """The choices that are open, each solved once for all products that share it."""

    def __init__(self, bill: Bill, made: Bools, lack: Ints, least: _Cuts, settled: Bools) -> None:
        self.bill = bill
        self.made = made
        self.lack = lack
        self.least = least
        self.settled = settled
        self.place = np.full(len(made), -1)
        self.place[least.watch] = np.arange(len(least.watch))
        self.group_start = np.searchsorted(bill.owner, np.arange(len(bill.names) + 1))
        self.of_group: dict[int, tuple[int, list[int]]] = {}
        self.around: dict[frozenset[int], dict[int, bool] | None] = {}
        self.solved: dict[tuple[frozenset[int], frozenset[int]], list[Lacks] | None] = {}

    def settle(self, wanted: int) -> list[Lacks] | None:
        """Return the lacks that each smallest set meets beside those in every set.

        None where the choice is too large, or too many were solved before it.
        """
        paid = set(self._lacks(wanted))
        roots = self._roots(wanted, paid)
        if not roots:
            return [()]
        around = self._around(roots)
        if around is None:
            return None
        concerned = {lack for p, whole in around.items() for lack in self._own(p, whole)}
        key = roots, frozenset(paid & concerned)
        if key not in self.solved:
            if len(self.solved) >= MOST_PROBLEMS:
                return None
            self.solved[key] = self._solve(around, *key)
        return self.solved[key]

    def _lacks(self, p: int) -> Lacks:
        """Return the lacks in every set of a product; of a settled one, all that it lacks."""
        return self.least.members(int(self.place[p]))

    def _own(self, p: int, whole: bool) -> Lacks:
        return self._lacks(p) if whole else tuple(k for k in [int(self.lack[p])] if k >= 0)

    def _groups(self, p: int) -> Iterator[tuple[int, int, list[int]]]:
        """Yield each group of a product that lacks: how many more it needs, and of which."""
        for group in range(int(self.group_start[p]), int(self.group_start[p + 1])):
            if group not in self.of_group:
                rows = slice(self.bill.start[group], self.bill.start[group + 1])
                members = self.bill.component[rows]
                needed = int(self.bill.needed[group] - self.made[members].sum())
                self.of_group[group] = needed, members[self.place[members] >= 0].tolist()
            needed, others = self.of_group[group]
            if needed > 0:
                yield group, needed, others

    def _open(self, others: list[int], paid: set[int]) -> list[int]:
        """Return the alternatives that what is paid does not restore by itself."""
        return [
            p for p in others
            if not (self._is_settled(p) and self._count(p) <= LISTED and paid >= {*self._lacks(p)})
        ]  # fmt: skip

    def _is_settled(self, p: int) -> bool:
        return bool(self.settled[self.place[p]])

    def _count(self, p: int) -> int:
        return int(self.least.count[self.place[p]])

    def _roots(self, wanted: int, paid: set[int]) -> frozenset[int]:
        """Return the groups with a choice that the product cannot do without."""
        roots, seen, waiting = set(), {wanted}, [wanted]
        while waiting:
            for group, needed, others in self._groups(waiting.pop()):
                left = self._open(others, paid)
                still = needed - (len(others) - len(left))
                if still == len(left):
                    waiting += [p for p in left if p not in seen]
                    seen |= {*left}
                elif still > 0:
                    roots.add(group)
        return frozenset(roots)

    def _around(self, roots: frozenset[int]) -> dict[int, bool] | None:
        """Return the products that may help to meet some groups, and whether each is settled.

        An alternative that lacks more than is listed is in no smallest set that is asked for.
        """
        if roots not in self.around:
            self.around[roots] = self._walk(roots)
        return self.around[roots]

    def _walk(self, roots: frozenset[int]) -> dict[int, bool] | None:
        around: dict[int, bool] = {}
        waiting = [p for group in sorted(roots) for p in self.of_group[group][1]]
        while waiting:
            p = waiting.pop()
            if p in around or self._count(p) > LISTED:
                continue
            around[p] = self._is_settled(p)
            if len(around) > MOST_PRODUCTS:
                return None
            if not around[p]:
                waiting += [q for _, _, others in self._groups(p) for q in others]
        return around

    def _solve(
        self, around: dict[int, bool], roots: frozenset[int], paid: frozenset[int]
    ) -> list[Lacks] | None:
        """Return every smallest set of lacks that meets some groups, up to `MOST_SETS`.

        Variables: y of each product, made or not; z of each lack, met or not. Each row below reads
        sum of coefficient x variable >= least.
        """
        products = sorted(around)
        lacks = sorted({k for p in products for k in self._own(p, around[p])} - paid)
        y = {p: i for i, p in enumerate(products)}
        z = {k: len(products) + i for i, k in enumerate(lacks)}
        rows: list[tuple[list[tuple[int, int]], int]] = []
        for p in products:
            for k in self._own(p, around[p]):
                if k in z:
                    rows.append(([(z[k], 1), (y[p], -1)], 0))
            if not around[p]:
                for _, needed, others in self._groups(p):
                    rows.append(([*((y[q], 1) for q in others if q in y), (y[p], -needed)], 0))
        for group in sorted(roots):
            needed, others = self.of_group[group]
            rows.append(([(y[q], 1) for q in others if q in y], needed))
        return _smallest(rows, len(products), lacks)


def _smallest(
    rows: list[tuple[list[tuple[int, int]], int]], products: int, lacks: list[int]
) -> list[Lacks] | None:
    """Return every smallest set of lacks, up to `MOST_SETS`, None where none is proven.

    Parameters
    ----------
    rows
        (variable, coefficient) pairs and the least that their sum may be; 0/1 variables, one a
        product and then one a lack.
    products
        Number of products.
    lacks
        Number of each lack.
    """
    size = products + len(lacks)
    cost = np.repeat([0.0, 1.0], [products, len(lacks)])
    found: list[Lacks] = []
    rows = list(rows)
    while len(found) < MOST_SETS:
        line = np.repeat(np.arange(len(rows)), [len(terms) for terms, _ in rows])
        column, factor = np.array([t for terms, _ in rows for t in terms]).reshape(-1, 2).T
        table = coo_array((factor.astype(float), (line, column)), shape=(len(rows), size))
        answer = milp(
            cost,
            integrality=np.ones(size, dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(table.tocsr(), [least for _, least in rows], np.inf),
            options={"mip_rel_gap": 0.0, "node_limit": MOST_NODES},
        )
        if answer.status != 0:
            break
        chosen = np.flatnonzero(answer.x[products:] > 0.5)
        if not found:
            # From here on no set may be larger than the first.
            rows.append(([(products + i, -1) for i in range(len(lacks))], -len(chosen)))
        found.append(tuple(lacks[i] for i in chosen.tolist()))
        # Nor may one hold all of a set that was found.
        rows.append(([(products + i, -1) for i in chosen.tolist()], 1 - len(chosen)))
    return found or None


def _words(
    bill: Bill, elements: Elements, number: Ints, at_least: Ints, found: dict[int, list[Lacks]]
) -> npt.NDArray[np.object_]:
    """Return what is missing in words: each lack and what meets it; several sets with "or"."""
    spoken = [
        label if options == (label,) else f"{label}: {_any_of(options)}"
        for label, options in zip(elements.labels, elements.options, strict=True)
    ]
    said: dict[tuple[Lacks, ...], str] = {}
    words = np.full(len(bill.names), "", dtype=object)
    for p in np.flatnonzero(number > 0).tolist():
        if p not in found:
            words[p] = f"{number[p]:,} plants and makers"
            continue
        sets = tuple(found[p])
        if sets not in said:
            said[sets] = " or ".join("; ".join(spoken[k] for k in lacks) for lacks in sets)
        words[p] = said[sets] if at_least[p] == number[p] else f"one way: {said[sets]}"
    return words


def _any_of(options: tuple[str, ...]) -> str:
    return options[0] if len(options) == 1 else f"one of {', '.join(options)}"


def _nobody_words(bill: Bill, nobody: Ints, blocked: _Cuts, place: int) -> str:
    many = int(blocked.count[place])
    names = bill.names[nobody[list(blocked.members(place))]]
    return f"nobody in the case makes: {', '.join(names) if len(names) else f'{many:,} products'}"


def _listed(
    bill: Bill, elements: Elements, found: dict[int, list[Lacks]], first: Bools
) -> tuple[dict[str, npt.NDArray[np.object_] | Ints], int]:
    """Return the members of the sets of each product, and of how many products they are left out.

    Sets of lacks come in order of their names, and within one the last element changes first.
    """
    products: list[int] = []
    numbers: list[int] = []
    plants: list[str] = []
    left_out = 0
    by_name = sorted(found, key=lambda p: (not first[p], p))
    for p in by_name:
        if len(plants) >= MOST_ROWS:
            left_out += 1
            continue
        ways = (
            way for lacks in found[p] for way in combinations(*(elements.options[k] for k in lacks))
        )
        for number, way in enumerate(islice(ways, MOST_SETS), 1):
            products += [p] * len(way)
            numbers += [number] * len(way)
            plants += way
    return {
        "product": bill.names[np.array(products, dtype=np.int64)],
        "set": np.array(numbers, dtype=np.int64),
        "plant": np.array(plants, dtype=object),
    }, left_out
