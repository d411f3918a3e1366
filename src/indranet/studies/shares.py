"""Whose and whence everything comes, tier by tier: shares, their concentration, what to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.concentration import concentration, narrows
from indranet.studies.groundwork import Groundwork, expand
from indranet.studies.market import (
    Amounts,
    Codes,
    Market,
    Names,
    market,
    named_code,
    ranks,
    summed,
)
from indranet.studies.tiers import (
    BILL,
    BOUGHT,
    COST,
    FACTS,
    TIERS,
    Chain,
    Matrix,
    Spending,
    Start,
    chain,
    start,
    walk,
)
from indranet.studies.views import View, views

Table = Mapping[str, npt.NDArray[Any]]

UNKNOWN = "unknown"
ENDS = "ends"
LEAST = 1e-12
"""Smaller shares are left out."""
LEAST_STEP = 1e-6
"""Smaller steps are left out."""
ASK = {
    "cost": "What does one unit of {} cost?",
    "alternatives": "In what proportions are the alternative components of {} used?",
    "bill": "What is {} made of?",
    "maker": "Which firm makes {}?",
    "seat": "In which country is the maker of {} seated?",
    "plants": "In which countries is {} made?",
    "output": "How much of {} does each of its plants make?",
    "contract": "From which plants, and over which lanes, is {} bought?",
}
"""The question to ask for each fact of a product."""


@dataclass(frozen=True)
class _Installed:
    """Units of each product that each operator runs for each function, shape (rows,).

    Rows are in order of operator (-1 for none, else a firm), function and product (a position among
    the market's). A question is an operator and a function; those of all operators together come
    first, one a function.

    Attributes
    ----------
    operator, function, product, units
        Of each row.
    question, of_all
        Its question, and that of all operators for its function.
    """

    operator: Codes
    function: Codes
    product: Codes
    units: Amounts
    question: Codes
    of_all: Codes


def shares(ground: Groundwork, products: Sequence[str] | None = None) -> dict[str, Table]:
    """Return whose and whence everything comes, for each operator, function and tier.

    Tier 0 is what is installed, weighed by quantity x stands_for x unit cost. Each tier beneath is
    what the one above is made of, weighed by quantity x cost, down to tier 9. A component comes
    from the plants that its maker has contracts with, else from all in proportion to their output.
    What is not known is a share of its own, `unknown`, and so is `ends`, what nothing more goes
    into: each tier sums to 1.

    Parameters
    ----------
    ground
        The case, made ready.
    products
        Products to tell one by one; by default those installed and those that a need names.

    Returns
    -------
    `shares` (operator, function, tier, by, id, share) and `concentration` (operator, function,
    tier, by, hhi_low, hhi_high, unknown, left, top, top_share; of the part left, which has not
    ended), by maker, seat (of the maker), territory (of the plant), component and passage (those on
    the goods' usual way, joined by ";"). Operator "" is all operators together, by spend; operator
    `unknown` has the sites that name none.

    `unknowns` (operator, function, tier, by, product, fact, share, left, narrows): the share that
    hangs on each fact, and by how much the range of the index is sure to narrow once that share is
    known.

    `product_shares` and `product_concentration`: as the first two, for a product bought without a
    contract instead of an operator and a function.

    `steps` (function, tier, product, component, share): what moves from a product to a component in
    the next tier, over all operators.

    `spend` (operator, function, share): parts of the whole case's spend at tier 0, where a product
    without a cost counts at the mean cost of a unit.

    Raises
    ------
    UsageError
        When a product asked for is not in the case.
    """
    network = ground.network
    trade = market(ground)
    moves = chain(ground, trade)
    told_by = views(network, trade, moves)
    names = network.names["product"][trade.products]
    installed = _installed(ground)
    keys = _keys(network, installed)
    cost = network["products"]["unit_cost_usd"][trade.products]
    begin = _begin(network, trade, moves, installed, cost)
    asked = _asked(ground, installed, products)
    alone = _alone(trade, moves, asked)
    of_products = _tell(moves, told_by, alone, {"product": names[asked]}, names)
    return {
        **_tell(moves, told_by, begin, keys, names),
        "product_shares": of_products["shares"],
        "product_concentration": of_products["concentration"],
        "steps": _steps(trade, moves, begin, keys, names),
        "spend": _spend(installed, cost, keys),
    }


def first_questions(
    network: Network, tables: Mapping[str, Table], at_most: int = 10
) -> list[dict[str, Any]]:
    """Return the facts of the whole case to ask for first.

    Each counts what it is sure to narrow, summed over tiers, each in proportion to what has not
    ended there, over what shares are told by, and over operators and functions in proportion to
    spend.

    Parameters
    ----------
    network
        The case.
    tables
        What `shares` returned: `unknowns` and `spend` are read.
    at_most
        Questions to return.

    Returns
    -------
    One entry a fact (product, fact, narrows, words), the most telling first.
    """
    spend, unknowns = tables["spend"], tables["unknowns"]
    weight = {
        (operator, function): share
        for operator, function, share in zip(
            *(spend[c].tolist() for c in ("operator", "function", "share")), strict=True
        )
    }
    sums: dict[tuple[str, str], float] = {}
    columns = ("operator", "function", "product", "fact", "left", "narrows")
    for operator, function, product, fact, left, width in zip(
        *(unknowns[c].tolist() for c in columns), strict=True
    ):
        if operator:
            told = sums.get((product, fact), 0.0)
            sums[product, fact] = told + weight[operator, function] * left * width
    first = sorted(sums, key=lambda asked: (-round(sums[asked], 12), asked))[:at_most]
    spoken = dict(
        zip(network.names["product"].tolist(), network["products"].text("name"), strict=True)
    )
    return [
        {
            "product": product,
            "fact": fact,
            "narrows": sums[product, fact],
            "words": ASK[fact].format(spoken[product] or product),
        }
        for product, fact in first
    ]


def _installed(ground: Groundwork) -> _Installed:
    """Return what is installed at the sites that exist."""
    network, rows, pairs = ground.network, ground.equipment, ground.pairs
    real = np.where(ground.exists("sites"), network["sites"]["stands_for"], 0.0)
    units = _summable(rows["quantity"] * real[rows["site"]])
    key = pairs.of * len(FUNCTIONS) + rows["function"]
    total = summed(key, units, len(pairs.product) * len(FUNCTIONS))
    kept = np.flatnonzero(total > 0)
    pair, function = np.divmod(kept, len(FUNCTIONS))
    operator = pairs.operator[pair]
    product = ranks(network.names["product"])[pairs.product[pair]]
    place = np.append(ranks(network.names["firm"]), -1)
    order = np.lexsort((product, function, place[operator]))
    operator, function = operator[order], function[order]
    new = np.diff(operator, prepend=-2) != 0
    new |= np.diff(function, prepend=-1) != 0
    functions, of_all = np.unique(function, return_inverse=True)
    return _Installed(
        operator=operator,
        function=function,
        product=product[order],
        units=total[kept][order],
        question=len(functions) + np.cumsum(new) - 1,
        of_all=of_all.astype(np.int64),
    )


def _summable(values: Amounts) -> Amounts:
    """Return values rounded to a step so large that their sums are exact, whatever the order."""
    _, exponent = np.frexp(values.max(initial=0.0) * len(values))
    step = np.ldexp(1.0, exponent - (np.finfo(np.float64).nmant + 1))
    rounded: Amounts = np.rint(values / step) * step
    return rounded


def _keys(network: Network, installed: _Installed) -> dict[str, Names]:
    """Return operator and function of each question in words, shape (questions,)."""
    functions = np.unique(installed.function)
    _, first = np.unique(installed.question, return_index=True)
    firms = np.append(network.names["firm"], UNKNOWN)
    everyone = np.full(len(functions), "", dtype=object)
    words = np.array(FUNCTIONS, dtype=object)
    return {
        "operator": np.append(everyone, firms[installed.operator[first]]),
        "function": words[np.append(functions, installed.function[first])],
    }


def _begin(
    network: Network, trade: Market, moves: Chain, installed: _Installed, cost: Amounts
) -> Start:
    """Return the money of tier 0: each row counts for its operator and for all of them.

    An operator's money divides over products by units x cost; with one product no cost is needed.
    Where the cost of one of several is missing, or they cost nothing, all the money hangs on the
    costs that are missing, or on all of them.
    """
    firm = network.offset("firm") + np.maximum(installed.operator, 0)
    customer = np.where(installed.operator >= 0, named_code(network, firm), -1)
    owner = np.append(installed.of_all, installed.question)
    owners = int(owner.max(initial=-1)) + 1
    product, units = np.tile(installed.product, 2), np.tile(installed.units, 2)
    pair, row_of, rows = np.unique(
        owner * len(cost) + product, return_inverse=True, return_counts=True
    )
    products = np.bincount(pair // max(len(cost), 1), minlength=owners)
    worth = np.where(products[owner] > 1, units * cost[product], units)
    missing = np.isnan(worth)
    whole = summed(owner, np.where(missing, 0.0, worth), owners)
    lacking = summed(owner, missing, owners) > 0
    missing |= (~lacking & (whole == 0))[owner]
    lacking = (lacking | (whole == 0))[owner]
    weight = np.where(lacking, missing / rows[row_of], worth)
    share = weight / summed(owner, weight, owners)[owner]
    spending = Spending(owner, product, share, np.where(lacking, COST, BOUGHT))
    return start(moves, trade, np.tile(customer, 2), spending, owners)


def _alone(trade: Market, moves: Chain, asked: Codes) -> Start:
    """Return money spent on each product by a buyer without contracts."""
    rows, nobody = np.arange(len(asked)), np.full(len(asked), -1)
    spending = Spending(rows, asked, np.ones(len(asked)), np.full(len(asked), BOUGHT))
    return start(moves, trade, nobody, spending, len(asked))


def _asked(ground: Groundwork, installed: _Installed, products: Sequence[str] | None) -> Codes:
    """Return the products to tell one by one, in order of name."""
    network = ground.network
    place = ranks(network.names["product"])
    if products is None:
        named = np.zeros(network.size, dtype=bool)
        named[network["needs"]["input"][ground.exists("needs")]] = True
        return np.union1d(installed.product, place[named[network.span("product")]])
    known = dict(zip(network.names["product"].tolist(), place.tolist(), strict=True))
    strange = sorted(set(products) - set(known))
    if strange:
        raise UsageError(f"the case has no product {', '.join(map(repr, strange))}")
    return np.unique(np.array([known[product] for product in products], dtype=np.int64))


def _tell(
    moves: Chain,
    told_by: Sequence[View],
    begin: Start,
    keys: Mapping[str, Names],
    products: Names,
) -> dict[str, Table]:
    """Return shares, concentration and unknowns of each question at each tier.

    Parameters
    ----------
    moves, told_by, begin
        How money moves, what shares are told by, and where the money starts.
    keys
        Columns that say what each question is about, shape (questions,).
    products
        Names of the products.
    """
    blocks: dict[str, list[Table]] = {"shares": [], "concentration": [], "unknowns": []}
    for tier, (mass, goods) in enumerate(walk(moves, begin)):
        for view in told_by:
            found = goods if view.label is None else _gathered(mass, view.label)
            for name, table in _block(found, moves.ends, view.ids, products).items():
                size = len(table["question"])
                at = {"tier": np.full(size, tier), "by": np.full(size, view.by, dtype=object)}
                blocks[name].append({**at, **table})
    return {name: _joined(tables, keys) for name, tables in blocks.items()}


def _joined(blocks: Sequence[Table], keys: Mapping[str, Names]) -> dict[str, npt.NDArray[Any]]:
    """Return blocks, each in order of question, as one table: question by question, by tier."""
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    question = columns.pop("question")
    order = np.argsort(question, kind="stable")
    told = {name: words[question[order]] for name, words in keys.items()}
    return told | {name: values[order] for name, values in columns.items()}


def _gathered(mass: Matrix, label: Codes) -> Matrix:
    """Return mass by label of its states, shape (questions, labels)."""
    shape = (mass.shape[0], int(label.max()) + 1)
    gathered: Matrix = csr_array(
        (mass.data.copy(), label[mass.indices], mass.indptr.copy()), shape=shape
    )
    gathered.sum_duplicates()
    return gathered


def _block(mass: Matrix, ends: int, ids: Names, products: Names) -> dict[str, Table]:
    """Return what is told at one tier by one view, with the question of each row.

    Parameters
    ----------
    mass
        Of each question and label, shape (questions, labels).
    ends, ids
        The label of what has ended; identifiers of the labels after it.
    products
        Names of the products.
    """
    mass.sort_indices()
    count = mass.shape[0]
    question = np.repeat(np.arange(count), np.diff(mass.indptr))
    label = mass.indices.astype(np.int64)
    share = mass.data
    unknown = summed(question[label < ends], share[label < ends], count)
    told = share >= LEAST
    known, ended = np.flatnonzero(told & (label > ends)), np.flatnonzero(told & (label == ends))
    item = label[known] - ends - 1
    found = concentration(question[known], item, share[known], unknown)
    left = np.flatnonzero(found.left >= LEAST)
    hidden = np.flatnonzero(unknown >= LEAST)
    whose = np.concatenate([question[known], hidden, question[ended]])
    words = np.array([UNKNOWN] * len(hidden) + [ENDS] * len(ended), dtype=object)
    order = np.argsort(whose, kind="stable")
    asked = np.flatnonzero(told & (label < ends))
    of = question[asked]
    return {
        "shares": {
            "question": whose[order],
            "id": np.append(ids[item], words)[order],
            "share": np.concatenate([share[known], unknown[hidden], share[ended]])[order],
        },
        "concentration": {
            "question": left,
            "hhi_low": found.low[left],
            "hhi_high": found.high[left],
            "unknown": found.unknown[left],
            "left": found.left[left],
            "top": np.append(ids, "")[found.top[left]],
            "top_share": found.top_share[left],
        },
        "unknowns": {
            "question": of,
            "product": products[label[asked] // len(FACTS)],
            "fact": np.array(FACTS, dtype=object)[label[asked] % len(FACTS)],
            "share": share[asked],
            "left": found.left[of],
            "narrows": narrows(
                found.unknown[of],
                found.top_share[of],
                share[asked] / found.left[of],
                label[asked] % len(FACTS) <= BILL,
            ),
        },
    }


def _steps(
    trade: Market, moves: Chain, begin: Start, keys: Mapping[str, Names], products: Names
) -> dict[str, npt.NDArray[Any]]:
    """Return what moves from products to components, over all operators of each function."""
    everyone = np.flatnonzero(keys["operator"] == "")
    count, live = len(products), moves.ends + 1
    makes = np.append(np.arange(count), trade.makes)[moves.node]
    into = np.append(np.full(live, count), makes)
    into[moves.ends] = count + 1
    buys = _gathered(moves.buys, into)
    totals = Start(begin.mass[everyone], begin.goods[everyone])
    rows = [
        _step(mass, buys, np.append(np.zeros(live, dtype=np.int64), makes), live)
        for mass, _ in islice(walk(moves, totals), TIERS - 1)
    ]
    tier = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
    function, product, component, share = (np.concatenate(c) for c in zip(*rows, strict=True))
    order = np.lexsort((tier, function))
    words = np.append(products, [UNKNOWN, ENDS])
    return {
        "function": keys["function"][everyone][function[order]],
        "tier": tier[order],
        "product": products[product[order]],
        "component": words[component[order]],
        "share": share[order],
    }


def _step(
    mass: Matrix, buys: Matrix, makes: Codes, live: int
) -> tuple[Codes, Codes, Codes, Amounts]:
    """Return function, product, component and share of what moves in one step, in that order."""
    function = np.repeat(np.arange(mass.shape[0]), np.diff(mass.indptr))
    at = np.flatnonzero(mass.indices >= live)
    state = mass.indices[at]
    owner, link = expand(buys.indptr[state], np.diff(buys.indptr)[state])
    width = buys.shape[1]
    key = (function[at[owner]] * width + makes[state[owner]]) * width + buys.indices[link]
    keys, row = np.unique(key, return_inverse=True)
    share = summed(row, mass.data[at[owner]] * buys.data[link], len(keys))
    kept = np.flatnonzero(share >= LEAST_STEP)
    first, component = np.divmod(keys[kept], width)
    function, product = np.divmod(first, width)
    return function, product, component, share[kept]


def _spend(
    installed: _Installed, cost: Amounts, keys: Mapping[str, Names]
) -> dict[str, npt.NDArray[Any]]:
    """Return each operator's and function's part of the whole spend at tier 0."""
    of, units = cost[installed.product], installed.units
    known = ~np.isnan(of)
    spent = float((units * of)[known].sum())
    mean = spent / float(units[known].sum()) if spent > 0 else 1.0
    of = np.where(known & (spent > 0), of, mean)
    own = np.flatnonzero(keys["operator"] != "")
    total = summed(installed.question, units * of, len(keys["operator"]))[own]
    return {
        "operator": keys["operator"][own],
        "function": keys["function"][own],
        "share": total / total.sum(),
    }
