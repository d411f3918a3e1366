"""By what shares are told: makers, their seats, territories, components, passages."""

from dataclasses import dataclass

import numpy as np

from indranet.model.network import Network
from indranet.studies.market import Codes, Market, Names, ranks
from indranet.studies.tiers import FACTS, MAKER, OUTPUT, PLANTS, SEAT, Chain


@dataclass(frozen=True)
class View:
    """One way to tell shares.

    Attributes
    ----------
    by
        Its name.
    ids
        Identifiers, in order of name.
    label
        Of each state of the chain: below `ends` what is not known, then `ends`, then ids; shape
        (states,). None where goods on their way bear such labels themselves.
    """

    by: str
    ids: Names
    label: Codes | None


def views(network: Network, market: Market, chain: Chain) -> tuple[View, ...]:
    """Return all ways to tell shares.

    The maker is the product's, else the firm that runs the plant; the seat is the maker's country,
    the territory the plant's. A product at no known plant has what all its plants have in common.
    """
    firms, plants = network["firms"], network["plants"]
    own = network["products"]["firm"][market.products].astype(np.int64)
    run_by = plants["firm"][market.plants].astype(np.int64)
    made_by = _known(np.where(own[market.makes] >= 0, own[market.makes], run_by), MAKER)
    makers = np.where(own >= 0, own, _common(market, made_by, MAKER))
    seat = _known(firms["country"].astype(np.int64), SEAT)
    seated = _of(seat, made_by)
    seats = np.where(own >= 0, _of(seat, own), _common(market, seated, MAKER))
    stands = _known(plants["country"][market.plants].astype(np.int64), PLANTS)
    territories = _common(market, stands, PLANTS)
    makes = np.append(market.products, market.products[market.makes])
    found = [
        _view(by, network.names[kind], of_node, market, chain)
        for by, kind, of_node in (
            ("maker", "firm", np.append(makers, made_by)),
            ("seat", "country", np.append(seats, seated)),
            ("territory", "country", np.append(territories, stands)),
            ("component", "product", makes),
        )
    ]
    return (*found, View("passage", market.ways, None))


def _known(code: Codes, fact: int) -> Codes:
    """Return codes, with -1 - fact where there is none: what to ask for."""
    return np.where(code >= 0, code, -1 - fact)


def _of(table: Codes, code: Codes) -> Codes:
    """Return what a table says of each code; what is to be asked for stays."""
    found = code.copy()
    found[code >= 0] = table[code[code >= 0]]
    return found


def _common(market: Market, of_plant: Codes, without_plants: int) -> Codes:
    """Return what all plants of each product have in common, or -1 - the fact to ask for.

    Parameters
    ----------
    market
        Who makes what.
    of_plant
        A code, or -1 - fact, of each plant, shape (plants,).
    without_plants
        Fact to ask for where no plant is known.
    """
    count = len(market.products)
    least = np.full(count, np.iinfo(np.int64).max)
    most = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(least, market.makes, of_plant)
    np.maximum.at(most, market.makes, of_plant)
    differ = np.where(least < most, -1 - OUTPUT, least)
    return np.where(least > most, -1 - without_plants, np.where(least < 0, least, differ))


def _view(by: str, names: Names, of_node: Codes, market: Market, chain: Chain) -> View:
    """Return a view, given the code among the names, or -1 - fact, of each node."""
    place = ranks(names)
    product = np.append(np.arange(len(market.products)), market.makes)
    label = product * len(FACTS) - 1 - of_node
    told = of_node >= 0
    label[told] = chain.ends + 1 + place[of_node[told]]
    stopped = np.arange(chain.ends + 1)
    return View(by, names[np.argsort(place)], np.append(stopped, label[chain.node]))
