"""Bills of materials: what goes into each product, what can be made of it, and how much.

Only essential components count: what is deferrable or negligible does not stop the making.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve

from indranet.engines.gates import Ordered, order, up
from indranet.model.schema import IMPORTANCE, TABLES
from indranet.studies.builder import Builder
from indranet.studies.groundwork import WANTED, Groundwork

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PLAIN_ROUNDS = 24
"""Rounds of plain substitution; bills deeper than this, and circles, are then solved at once."""
_MOST_ROUNDS = 1000
"""Rounds in all; policy iteration takes a handful."""
_STILL = 1e-10
"""A fall by less than this share of the value is rounding."""
_TIED = 1e-9
"""Limits that differ by less than this share are one."""


@dataclass(frozen=True, eq=False)
class Bill:
    """The essential components of every product of a case.

    Products are numbered by name, and rows lie by product and component: nothing that is computed
    from a bill hangs on the order of the rows of the case.

    Attributes
    ----------
    names
        Identifiers of the products, ascending, shape (products,).
    code
        Position of each among the network's products, shape (products,).
    owner
        Product of each component group, ascending, shape (groups,).
    needed
        How many alternatives of the group one unit takes, shape (groups,).
    start
        First row of each group, shape (groups + 1,).
    component, quantity
        Product contained, and units of it in one unit, shape (rows,).
    short
        Products of which a group lists fewer alternatives than it needs, because rows hang on
        agreements that are not in force; nobody can make them, shape (products,).
    """

    names: npt.NDArray[np.object_]
    code: Ints
    owner: Ints
    needed: Ints
    start: Ints
    component: Ints
    quantity: Floats
    short: Bools

    @property
    def group(self) -> Ints:
        """Group of each row, ascending, shape (rows,)."""
        return np.repeat(np.arange(len(self.owner)), np.diff(self.start))

    def keep(self, rows: Bools) -> "Bill":
        """Return the bill with some alternatives left out; each group keeps as many as it needs."""
        left = np.bincount(self.group[rows], minlength=len(self.owner))
        return replace(
            self,
            start=np.concatenate([[0], np.cumsum(left)]),
            component=self.component[rows],
            quantity=self.quantity[rows],
        )


def bill_of_materials(ground: Groundwork) -> Bill:
    """Return the bill of every product that somebody makes, under the agreements in force.

    Rows of one product that share a choice are the alternatives of one group; a row without a
    choice is a group of its own.
    """
    names = ground.network.names["product"]
    code = np.argsort(names).astype(np.int64)
    code = code[ground.network["products"]["kind"][code] != WANTED]
    place = np.full(len(names), -1, dtype=np.int64)
    place[code] = np.arange(len(code))
    rows = ground.components
    rows = rows.where(np.flatnonzero(rows["importance"] == IMPORTANCE.index("essential")))
    product, component = place[rows["product"]], place[rows["component"]]
    choice = rows["choice"].astype(np.int64)
    choice = np.where(choice >= 0, len(code) + choice, component)
    _, group = np.unique(product * (len(code) + len(rows) + 1) + choice, return_inverse=True)
    first = np.full(len(rows), len(code))
    np.minimum.at(first, group, component)
    by_name = np.lexsort((component, first[group], product))
    new = np.ones(len(rows), dtype=bool)
    new[1:] = np.diff(group[by_name]) != 0
    start = np.append(np.flatnonzero(new), len(rows))
    owner = product[by_name][new]
    size, needed = np.diff(start), rows["at_least"][by_name][new].astype(np.int64)
    short = np.zeros(len(code), dtype=bool)
    short[owner[needed > size]] = True
    return Bill(
        names=names[code],
        code=code,
        owner=owner,
        needed=np.minimum(needed, size),
        start=start,
        component=component[by_name],
        quantity=rows["quantity"][by_name],
        short=short,
    )


def listed(ground: Groundwork, bill: Bill) -> Bools:
    """Return whether the case says what each product is made of, shape (products,).

    It does where it lists components, where the bill is complete, and of materials and tools, which
    are taken to contain nothing more.
    """
    products = ground.network["products"]
    schema = TABLES["products"]
    bare = [schema.column("kind").choices.index(kind) for kind in ("material", "tool")]
    said = np.isin(products["kind"], bare)
    said |= products["bill"] == schema.column("bill").choices.index("complete")
    said[ground.components["product"]] = True
    return said[bill.code]


def making_net(bill: Bill, product: Ints, purpose: Ints, purposes: int) -> Ordered:
    """Return who can be made as gates: products, then component groups, then purposes.

    A product takes all its groups, a group so many of its alternatives, and a purpose any of the
    products that serve it.

    Parameters
    ----------
    bill
        The bill.
    product, purpose
        Which product serves which purpose, shape (pairs,).
    purposes
        How many purposes there are.
    """
    builder = Builder()
    products = builder.add(len(bill.names))
    groups = builder.add(len(bill.owner))
    served = builder.add(purposes)
    builder.need(products[bill.owner], groups)
    builder.need(groups[bill.group], products[bill.component])
    builder.at_least(groups, bill.needed)
    builder.need(served[purpose], products[product])
    builder.at_least(served, 1)
    return order(builder.finish()[0])


def makeable(net: Ordered, able: Bools) -> Bools:
    """Return which products can be made whole, at the greatest fixed point.

    A product can be made where somebody is able to make it and every group of its components has
    enough alternatives that can be made. A circle that lacks nothing can be made.

    Parameters
    ----------
    net
        From `making_net`.
    able
        Whether somebody could make each product had they its components, shape (alternatives,
        products).

    Returns
    -------
    bool, shape (alternatives, products).
    """
    start = np.concatenate([[0], np.cumsum((~able).sum(axis=1))])
    words = up(net, (start, np.nonzero(~able)[1]), watch=np.arange(able.shape[1]))
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    return bits[:, : len(able)].T.astype(bool)


def units_of(bill: Bill, capacity: Floats) -> tuple[Floats, Ints]:
    """Return how much of each product can be made, and whose capacity binds.

    U(p) = min(capacity of p, supply of each group), the greatest solution. The supply of a group
    that needs one of its alternatives is the sum of U(a) / quantity; of one that needs k different
    ones for each unit it is the greatest x with sum of min(U(a) / quantity, x) >= k x. Each product
    is counted for itself: components are not shared out among their users.

    Solved by substitution, and where that does not settle (circles) by policy iteration from above:
    the limits that bind are solved as linear equations, until none falls (Costan, Gaubert,
    Goubault, Martel and Putot, "A policy iteration algorithm for computing fixed points in static
    analysis of programs", CAV 2005). A circle that takes more of a product than it gives ends at 0.

    Parameters
    ----------
    bill
        The bill.
    capacity
        Of the plants of each product, units a day; 0 where it cannot be made, infinite where no
        limit is known; shape (products,).

    Returns
    -------
    Units a day, infinite where no limit is known, and the product whose own capacity binds: of
    several that bind alike the first by name, -1 where none does; shape (products,) each.
    """
    units = capacity.copy()
    for turn in range(_MOST_ROUNDS):
        supply, weight = _supplies(bill, units[bill.component] / bill.quantity)
        limit = np.full(len(units), np.inf)
        np.minimum.at(limit, bill.owner, supply)
        limit = np.minimum(capacity, limit)
        if not (limit < units * (1 - _STILL)).any():
            break
        units = limit if turn < _PLAIN_ROUNDS else _solved(bill, units, limit, supply, weight)
    return units, _binding(bill, capacity, units, supply, weight)


def _supplies(bill: Bill, rate: Floats) -> tuple[Floats, Floats]:
    """Return the supply of each group, and the weight in it of each alternative.

    With the rates r in descending order, the greatest x with sum of min(r, x) >= k x is the
    smallest of (r_j + r_j+1 + ...) / (k - j) over j = 0 .. k-1: the j first are cut off at x.
    """
    weight = np.ones(len(rate))
    supply = np.zeros(len(bill.owner))
    if len(rate):
        supply = np.add.reduceat(rate, bill.start[:-1])
    several = np.flatnonzero(bill.needed > 1)
    if not len(several):
        return supply, weight
    size = np.diff(bill.start)[several]
    line = np.repeat(np.arange(len(several)), size)
    row = np.repeat(bill.start[several], size) + (
        np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    )
    row = row[np.lexsort((bill.component[row], -rate[row], line))]
    column = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    sorted_rates = np.zeros((len(several), int(size.max())))
    sorted_rates[line, column] = rate[row]
    rest = np.cumsum(sorted_rates[:, ::-1], axis=1)[:, ::-1]
    short = bill.needed[several, np.newaxis] - np.arange(rest.shape[1])
    level = np.where(short > 0, rest / np.maximum(short, 1), np.inf)
    cut = np.argmin(level, axis=1)
    supply[several] = level[np.arange(len(several)), cut]
    weight[row] = (column >= cut[line]) / short[line, cut[line]]
    return supply, weight


def _solved(bill: Bill, units: Floats, limit: Floats, supply: Floats, weight: Floats) -> Floats:
    """Return the units once the limits that make them fall hold as equations.

    The equations are those of what falls and of all that follows it. What falls lies strictly above
    its limits, so they have one solution, which is no less than the answer.
    """
    row = np.flatnonzero(weight > 0)
    of, component = bill.group[row], bill.component[row]
    factor = weight[row] / bill.quantity[row]
    rate = factor * units[component]
    # What adds next to nothing stays as it is: carried along it makes the equations singular.
    notable = rate > _STILL * supply[of]
    group = _following(bill, units, limit, supply, row[notable])
    which = bill.owner[group]
    place = np.full(len(units), -1)
    place[which] = np.arange(len(which))
    line, column = place[bill.owner[of]], place[component]
    taken = np.isin(of, group)
    inside = taken & notable & (column >= 0)
    outside = taken & ~inside
    given = np.bincount(line[outside], rate[outside], minlength=len(which))
    links = csr_array(
        (factor[inside], (line[inside], column[inside])), shape=(len(which), len(which))
    )
    solution = spsolve((eye_array(len(which)) - links).tocsc(), given)
    solved = limit.copy()
    solved[which] = np.minimum(limit[which], np.maximum(solution, 0.0))
    return solved


def _following(bill: Bill, units: Floats, limit: Floats, supply: Floats, row: Ints) -> Ints:
    """Return the group that binds each product that falls, or that follows one along its limit.

    Parameters
    ----------
    bill, units, limit, supply
        As for `_solved`.
    row
        Rows along which a product follows its component.
    """
    moves = np.isfinite(units) & (limit < units * (1 - _STILL))
    tight = (np.isfinite(units) & (units > 0))[bill.owner] & (supply <= limit[bill.owner])
    row = row[tight[bill.group[row]]]
    of, component = bill.group[row], bill.component[row]
    chosen = np.flatnonzero(tight & moves[bill.owner])
    while True:
        chosen = chosen[np.unique(bill.owner[chosen], return_index=True)[1]]
        moves[bill.owner[chosen]] = True
        following = np.unique(of[moves[component] & ~moves[bill.owner[of]]])
        if not len(following):
            return chosen
        chosen = np.concatenate([chosen, following])


def _binding(bill: Bill, capacity: Floats, units: Floats, supply: Floats, weight: Floats) -> Ints:
    """Return the product whose own capacity binds each: along the limits that are reached.

    Alternatives that share a limit all bind; of several the first by name is told.
    """
    nobody = len(units)
    bound = np.isfinite(units)
    reached = units * (1 + _TIED)
    binding = np.where(bound & (capacity <= reached), np.arange(nobody), nobody)
    group = bill.group
    gives = (weight > 0) & ((units[bill.component] > 0) | (supply[group] == 0))
    row = np.flatnonzero((bound[bill.owner] & (supply <= reached[bill.owner]))[group] & gives)
    owner, component = bill.owner[group[row]], bill.component[row]
    while True:
        before = binding.copy()
        np.minimum.at(binding, owner, before[component])
        if (binding == before).all():
            return np.where(binding == nobody, -1, binding)
