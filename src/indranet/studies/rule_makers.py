"""Who makes what is installed, or what it is made of, for the rules that ask so."""

from dataclasses import dataclass
from itertools import islice

import numpy as np

from indranet.studies.groundwork import Groundwork
from indranet.studies.market import Amounts, Codes, market, named_code, ranks, summed
from indranet.studies.tiers import BOUGHT, FACTS, MAKER, Spending, chain, start, walk
from indranet.studies.views import views

LEAST = 1e-12
"""Smaller shares are left out."""


@dataclass(frozen=True)
class Makers:
    """Who makes each operator's units of a product at one tier, by money.

    Attributes
    ----------
    first
        First entry of each pair of `Groundwork.pairs`, shape (pairs + 1,).
    firm, share
        Maker, -1 where it is not known, and its part of the money, shape (entries,).
    product, fact
        Where the maker is not known, what to ask of which product, a position in `tiers.FACTS`;
        -1 elsewhere, shape (entries,).
    left
        Part of the money that has not ended above the tier, shape (pairs,).
    """

    first: Codes
    firm: Codes
    share: Amounts
    product: Codes
    fact: Codes
    left: Amounts


def makers(ground: Groundwork, tier: int) -> Makers:
    """Return who makes each operator's units of a product, or what they are made of.

    At tier 0 the maker is that of the product; a generic product has none that is known. Beneath,
    money moves as in `studies.shares`.

    Parameters
    ----------
    ground
        The case, made ready.
    tier
        0 what is installed, 1 its components, and so on to 9.
    """
    return _beneath(ground, tier) if tier else _installed(ground)


def _installed(ground: Groundwork) -> Makers:
    pairs = ground.pairs
    firm = ground.network["products"]["firm"][pairs.product].astype(np.int64)
    return Makers(
        first=np.arange(len(firm) + 1),
        firm=firm,
        share=np.ones(len(firm)),
        product=np.where(firm < 0, pairs.product, -1),
        fact=np.where(firm < 0, MAKER, -1),
        left=np.ones(len(firm)),
    )


def _beneath(ground: Groundwork, tier: int) -> Makers:
    network, pairs = ground.network, ground.pairs
    trade = market(ground)
    moves = chain(ground, trade)
    label = next(view.label for view in views(network, trade, moves) if view.by == "maker")
    assert label is not None
    rows = np.arange(len(pairs.product))
    buyer = named_code(network, network.offset("firm") + np.maximum(pairs.operator, 0))
    spent = Spending(
        owner=rows,
        product=ranks(network.names["product"])[pairs.product],
        share=np.ones(len(rows)),
        fact=np.full(len(rows), BOUGHT),
    )
    begin = start(moves, trade, np.where(pairs.operator >= 0, buyer, -1), spent, len(rows))
    mass = next(islice(walk(moves, begin), tier, None))[0].tocoo()
    kept = np.flatnonzero(mass.data >= LEAST)
    pair, state, share = mass.coords[0][kept], mass.coords[1][kept], mass.data[kept]
    left = summed(pair[state != moves.ends], share[state != moves.ends], len(rows))
    going = np.flatnonzero(state != moves.ends)
    order = going[np.lexsort((state[going], pair[going]))]
    told = label[state[order]]
    hidden = told < moves.ends
    firms = np.argsort(ranks(network.names["firm"]))
    firm = np.full(len(order), -1, dtype=np.int64)
    firm[~hidden] = firms[told[~hidden] - moves.ends - 1]
    return Makers(
        first=np.searchsorted(pair[order], np.arange(len(rows) + 1)),
        firm=firm,
        share=share[order],
        product=np.where(hidden, trade.products[np.where(hidden, told // len(FACTS), 0)], -1),
        fact=np.where(hidden, told % len(FACTS), -1),
        left=left,
    )
