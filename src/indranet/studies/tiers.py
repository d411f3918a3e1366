"""From products to what they are made of, one tier a step.

Money spent on a product moves to its components in proportion to what they cost, and over the
plants of each component in proportion to what the buyer takes from them. That is a Markov chain:
its states are plants, products at no known plant, and two ways to stop: something is not known, or
nothing more goes in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from indranet.model.schema import TABLES
from indranet.studies.groundwork import Groundwork, expand
from indranet.studies.market import Amounts, Codes, Market, contracted, deliveries, ranks, summed

Matrix: TypeAlias = "csr_array[np.float64, tuple[int, int]]"

TIERS = 10
"""Tiers that are told, 0 to 9."""
FACTS = ("cost", "alternatives", "bill", "maker", "seat", "plants", "output", "contract")
"""What may not be known of a product. The first three stop the chain."""
COST, ALTERNATIVES, BILL, MAKER, SEAT, PLANTS, OUTPUT, CONTRACT = range(len(FACTS))
BOUGHT = -1
"""Stands for a fact where nothing is amiss and the product is bought."""
LARGEST_CIRCLE = 12
"""Products in a circle that is left at a product's second turn; larger ones are sector tables."""

_KINDS = TABLES["products"].column("kind").choices
_LEAVES = [_KINDS.index(kind) for kind in ("material", "tool")]
_COMPLETE = TABLES["products"].column("bill").choices.index("complete")
_NEAR = 1e-9


@dataclass(frozen=True)
class Chain:
    """Money spent on products, on its way down the tiers.

    The states: what is not known, product by product and fact by fact as in `FACTS`; then `ends`;
    then products at no known plant and plants, once for each set of products of its circle that led
    to it.

    Attributes
    ----------
    ends
        The state of money that buys nothing more.
    node
        Product or plant of each state after `ends`, numbered as in `market.Deliveries`.
    entry
        State of each node that no product of its circle led to, shape (nodes,).
    buys
        Where the money of each state goes; rows sum to 1.
    settles
        From each product at large to the plants that share what is bought without a contract.
    goods
        How what the money of each state buys comes: labels up to `ends` are those states, the
        market's ways follow; rows sum to 1.
    """

    ends: int
    node: Codes
    entry: Codes
    buys: Matrix
    settles: Matrix
    goods: Matrix


class Start(NamedTuple):
    """Money at tier 0, one row a question: the states it is in, and how the goods come."""

    mass: Matrix
    goods: Matrix


class Spending(NamedTuple):
    """Where money goes, shape (rows,).

    Attributes
    ----------
    owner
        Whose money.
    product
        Position of the product among the market's.
    share
        Part of the owner's money.
    fact
        What is not known of the product, `BOUGHT` where it is bought.
    """

    owner: Codes
    product: Codes
    share: Amounts
    fact: Codes


def start(
    chain: Chain, market: Market, customer: Codes, spending: Spending, questions: int
) -> Start:
    """Return money about to walk down a chain.

    Parameters
    ----------
    chain, market
        How money moves; who makes what and who buys it.
    customer
        Who spends each row, code as `market.named_code` gives it, -1 for nobody, shape (rows,).
    spending
        What is spent; the owner is the question.
    questions
        Number of questions.
    """
    asked = np.flatnonzero(spending.fact != BOUGHT)
    bought = np.flatnonzero(spending.fact == BOUGHT)
    product = spending.product[bought]
    got = deliveries(market, customer[bought], product)
    stopped = spending.product[asked] * len(FACTS) + spending.fact[asked]
    row = np.concatenate([spending.owner[asked], spending.owner[bought[got.owner]]])
    share = np.concatenate([spending.share[asked], spending.share[bought[got.owner]] * got.share])
    label = _label(chain.ends, product[got.owner], got.way)
    states, labels = chain.goods.shape
    return Start(
        _matrix(row, np.append(stopped, chain.entry[got.node]), share, (questions, states)),
        _matrix(row, np.append(stopped, label), share, (questions, labels)),
    )


def walk(chain: Chain, start: Start) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield for each tier in turn where the money is and how the goods came there.

    Yields
    ------
    Matrices of shape (questions, states) and (questions, labels); rows sum to 1.
    """
    mass, goods = start.mass @ chain.settles, start.goods
    yield mass, goods
    for _ in range(1, TIERS):
        goods = mass @ chain.goods
        mass = mass @ chain.buys @ chain.settles
        yield mass, goods


def _label(ends: int, product: Codes, way: Codes) -> Codes:
    return np.where(way >= 0, ends + 1 + way, product * len(FACTS) + CONTRACT)


def _matrix(row: Codes, column: Codes, share: Amounts, shape: tuple[int, int]) -> Matrix:
    return csr_array((share, (row, column)), shape=shape)


class _Bill(NamedTuple):
    """Components of all products, in order of their names, shape (rows,).

    `group` numbers the alternatives of one choice, product by product; a row without a choice is a
    group of its own. `first_group` is that of each product, shape (products + 1,).
    """

    product: Codes
    component: Codes
    quantity: Amounts
    at_least: Amounts
    unit_cost: Amounts
    group: Codes
    first_group: Codes


def _bill(ground: Groundwork) -> _Bill:
    place = ranks(ground.network.names["product"])
    rows = ground.components
    rows = rows.where(np.lexsort((place[rows["component"]], place[rows["product"]])))
    product = place[rows["product"]]
    choice = rows["choice"].astype(np.int64)
    own = choice < 0
    choice[own] = choice.max(initial=-1) + 1 + np.flatnonzero(own)
    key = product * (choice.max(initial=0) + 1) + choice
    _, opening, group = np.unique(key, return_index=True, return_inverse=True)
    return _Bill(
        product=product,
        component=place[rows["component"]],
        quantity=rows["quantity"].astype(np.float64),
        at_least=np.where(own, 1.0, rows["at_least"]),
        unit_cost=ground.network["products"]["unit_cost_usd"][rows["component"]],
        group=group.astype(np.int64),
        first_group=np.searchsorted(product[opening], np.arange(len(place) + 1)),
    )


def _spending(market: Market, bill: _Bill, customer: Codes, product: Codes) -> Spending:
    """Return how the money spent on each product divides over its components.

    A component weighs quantity x cost, an alternative at_least x fraction x quantity x cost, where
    the fractions are of the units used. Where the weights cannot be formed, all the money hangs on
    what is not known: the costs that are missing, or how the product's alternatives are used. A
    choice that weighs the same whatever is chosen holds back only its own weight.

    Parameters
    ----------
    market, bill
        Who makes what and who buys it; what it is made of.
    customer, product
        Who makes it (-1 for nobody known), and what, shape (owners,).
    """
    owners = len(product)
    first = np.searchsorted(bill.product, product)
    owner, row = expand(first, np.searchsorted(bill.product, product, side="right") - first)
    component, quantity = bill.component[row], bill.quantity[row]
    groups = np.diff(bill.first_group)[product]
    offset = np.cumsum(groups) - groups - bill.first_group[product]
    group = offset[owner] + bill.group[row]
    size = np.bincount(group, minlength=int(groups.sum()))
    flow = contracted(market, customer[owner], component)
    fraction = _fractions(group, size, flow, market.total[component], quantity)

    hidden = np.isnan(fraction)
    fraction[hidden] = 1 / size[group[hidden]]
    used = fraction > 0
    # One component alone takes all whatever it costs; so does one thing that is not known.
    weighed = _any(owner, owners, ~hidden) & (summed(owner, used, owners)[owner] > 1)
    worth = np.where(weighed, quantity * bill.unit_cost[row], 1.0)
    missing = used & np.isnan(worth)
    worth = np.nan_to_num(worth)
    weight = bill.at_least[row] * fraction * worth
    nothing = summed(owner, weight, owners)[owner] == 0
    missing |= used & nothing & ~_any(owner, owners, missing)
    lacking = _any(owner, owners, missing)
    uneven = _any(owner, owners, hidden & ~_even(group, len(size), worth)) & ~lacking

    weight = np.where(lacking, missing, np.where(uneven, 1.0, weight))
    fact = np.where(lacking, COST, np.where(hidden | uneven, ALTERNATIVES, BOUGHT))
    kept = np.flatnonzero(weight > 0)
    total = summed(owner, weight, owners)
    return Spending(
        owner=owner[kept],
        product=np.where(fact == ALTERNATIVES, bill.product[row], component)[kept],
        share=weight[kept] / total[owner[kept]],
        fact=fact[kept],
    )


def _any(owner: Codes, owners: int, told: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for each row whether any row of its owner is told."""
    found = np.zeros(owners, dtype=bool)
    found[owner[told]] = True
    return found[owner]


def _fractions(
    group: Codes, size: Codes, flow: Amounts, output: Amounts, quantity: Amounts
) -> Amounts:
    """Return which part of the units that a choice uses each alternative is, NaN where not known.

    By the maker's contracts if it has any, else by what is made of each alternative, both in units
    of the choice: divided by the quantity.
    """
    by_contract = summed(group, flow, len(size)) > 0
    told = by_contract | (summed(group, output > 0, len(size)) == size)
    units = np.where(by_contract[group], flow, output) / quantity
    total = summed(group, units, len(size))
    fraction = np.full(len(group), np.nan)
    known = told[group]
    fraction[known] = units[known] / total[group[known]]
    fraction[size[group] == 1] = 1.0
    return fraction


def _even(group: Codes, groups: int, worth: Amounts) -> npt.NDArray[np.bool_]:
    """Return for each row whether all alternatives of its choice are worth the same."""
    least, most = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(least, group, worth)
    np.maximum.at(most, group, worth)
    even: npt.NDArray[np.bool_] = (most - least <= _NEAR * most)[group]
    return even


@dataclass(frozen=True)
class _Turns:
    """Each product with each set of products of its circle that may have led to it.

    Attributes
    ----------
    circle
        Circle of each product, -1 for none, shape (products,).
    mark
        Each product's bit in the sets of its circle, 0 without one, shape (products,).
    key
        Product and set (which holds the product) as one number, ascending, shape (turns,).
    start
        First turn of each product, shape (products + 1,).
    """

    circle: Codes
    mark: Codes
    key: Codes
    start: Codes


def _turns(products: int, product: Codes, component: Codes) -> _Turns:
    """Return the turns of products that are made of each other, links of shape (links,)."""
    links = (np.ones(len(product)), (product, component))
    graph = coo_array(links, shape=(products, products))
    knot = connected_components(graph, connection="strong")[1].astype(np.int64)
    size = np.bincount(knot, minlength=products)
    circular = size[knot] > 1
    circular[product[product == component]] = True
    circle = np.where(circular & (size[knot] <= LARGEST_CIRCLE), knot, -1)
    inside = np.flatnonzero(circle >= 0)
    order = inside[np.argsort(circle[inside], kind="stable")]
    mark = np.zeros(products, dtype=np.int64)
    mark[order] = 1 << (np.arange(len(order)) - np.searchsorted(circle[order], circle[order]))
    within = (circle[product] >= 0) & (circle[product] == circle[component])
    key = _led_to(mark, product[within], component[within])
    return _Turns(circle, mark, key, np.searchsorted(key, _key(np.arange(products + 1), 0)))


def _key(product: Codes, led: Codes | int) -> Codes:
    return product << LARGEST_CIRCLE | led


def _led(key: Codes) -> Codes:
    return key & ((1 << LARGEST_CIRCLE) - 1)


def _led_to(mark: Codes, product: Codes, component: Codes) -> Codes:
    """Return the keys of all turns, found breadth first over links inside circles."""
    fresh = _key(np.arange(len(mark)), mark)
    found = fresh
    while len(fresh):
        at = fresh >> LARGEST_CIRCLE
        first = np.searchsorted(product, at)
        owner, link = expand(first, np.searchsorted(product, at, side="right") - first)
        into, led = component[link], _led(fresh)[owner]
        new = (led & mark[into]) == 0
        into, led = into[new], led[new]
        fresh = np.setdiff1d(_key(into, led | mark[into]), found)
        found = np.union1d(found, fresh)
    return found


def _next_turns(
    turns: _Turns, product: Codes, component: Codes, turn: Codes
) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Return the turn that each link leads to, and whether the component came up before."""
    led = np.where(turns.circle[product] == turns.circle[component], _led(turns.key[turn]), 0)
    again = (led & turns.mark[component]) != 0
    key = _key(component, led | turns.mark[component])
    return np.searchsorted(turns.key, key), again


class _Links(NamedTuple):
    """What each maker buys, shape (links,).

    `target` is a node, or a state where the money `stops`; `label` says how the goods come, as in
    `Chain.goods`.
    """

    node: Codes
    target: Codes
    share: Amounts
    label: Codes
    stops: npt.NDArray[np.bool_]


def _links(ground: Groundwork, market: Market, bill: _Bill, makes: Codes) -> _Links:
    """Return what each node buys: components, as `_spending` weighs them, from their plants.

    What has no components ends if it is a material, a tool or has a complete bill; otherwise its
    bill is not known.
    """
    ends = len(market.products) * len(FACTS)
    customer = np.concatenate([np.full(len(market.products), -1), market.customer])
    spent = _spending(market, bill, customer, makes)
    bought, asked = np.flatnonzero(spent.fact == BOUGHT), np.flatnonzero(spent.fact != BOUGHT)
    got = deliveries(market, customer[spent.owner[bought]], spent.product[bought])
    by = bought[got.owner]
    products = ground.network["products"]
    leaf = np.isin(products["kind"], _LEAVES) | (products["bill"] == _COMPLETE)
    bare = np.flatnonzero(np.diff(bill.first_group)[makes] == 0)
    without = np.where(leaf[market.products], ends, np.arange(len(leaf)) * len(FACTS) + BILL)
    stopped = np.concatenate(
        [spent.product[asked] * len(FACTS) + spent.fact[asked], without[makes[bare]]]
    )
    return _Links(
        node=np.concatenate([spent.owner[by], spent.owner[asked], bare]),
        target=np.concatenate([got.node, stopped]),
        share=np.concatenate([spent.share[by] * got.share, spent.share[asked], np.ones(len(bare))]),
        label=np.concatenate([_label(ends, spent.product[by], got.way), stopped]),
        stops=np.arange(len(by) + len(stopped)) >= len(by),
    )


def chain(ground: Groundwork, market: Market) -> Chain:
    """Return how money moves from each product and plant to what is bought for it.

    Where products are made of each other the money follows every way round and ends where a product
    would come up a second time; in a circle of more than `LARGEST_CIRCLE` products it goes on.
    """
    bill, products = _bill(ground), len(market.products)
    makes = np.concatenate([np.arange(products), market.makes])
    links = _links(ground, market, bill, makes)
    turns = _turns(products, bill.product, bill.component)
    ends = products * len(FACTS)
    count = np.diff(turns.start)[makes]
    first = ends + 1 + np.cumsum(count) - count
    node = np.repeat(np.arange(len(makes)), count)
    states, labels = ends + 1 + len(node), ends + 1 + len(market.ways)

    # Each link stands once for each turn of what its maker makes.
    link, turn = expand(turns.start[makes[links.node]], count[links.node])
    shift = first - turns.start[makes]
    source, target, label = shift[links.node[link]] + turn, links.target[link], links.label[link]
    onward = np.flatnonzero(~links.stops[link])
    into = target[onward]
    wanted, again = _next_turns(turns, makes[links.node[link[onward]]], makes[into], turn[onward])
    target[onward] = np.where(again, ends, shift[into] + wanted)
    label[onward[again]] = ends
    stay = np.arange(ends + 1)
    source = np.concatenate([stay, source])
    share = np.concatenate([np.ones(len(stay)), links.share[link]])
    return Chain(
        ends=ends,
        node=node,
        entry=shift + np.searchsorted(turns.key, _key(makes, turns.mark[makes])),
        buys=_matrix(source, np.append(stay, target), share, (states, states)),
        settles=_settles(market, turns, shift, states),
        goods=_matrix(source, np.append(stay, label), share, (states, labels)),
    )


def _settles(market: Market, turns: _Turns, shift: Codes, states: int) -> Matrix:
    """Return the way from products to their plants, in proportion to output where it is known.

    Parameters
    ----------
    market, turns
        Who makes what; the turns of each product.
    shift
        What leads from a turn to the state of a node, shape (nodes,).
    states
        Number of states.
    """
    plant = np.flatnonzero(market.settled[market.makes])
    product = market.makes[plant]
    whole = market.total[product]
    part = np.where(whole > 0, market.output[plant] / np.where(whole > 0, whole, 1), 1.0)
    owner, turn = expand(turns.start[product], np.diff(turns.start)[product])
    source = shift[product[owner]] + turn
    target = shift[len(market.products) + plant[owner]] + turn
    stay = np.setdiff1d(np.arange(states), source)
    return _matrix(
        np.concatenate([source, stay]),
        np.concatenate([target, stay]),
        np.concatenate([part[owner], np.ones(len(stay))]),
        (states, states),
    )
