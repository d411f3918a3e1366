"""Who is able to make what, when only some countries take part."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.schema import TABLES
from indranet.studies.bills import Bill, Bools, Floats, Ints
from indranet.studies.groundwork import Groundwork

INSIDE, UNKNOWN, OUTSIDE = range(3)
"""Whether a firm or a plant takes part; of several reasons the greatest counts."""
_KINDS = TABLES["products"].column("kind").choices
_WITHOUT_PLANT = tuple(_KINDS.index(kind) for kind in ("software", "service"))


@dataclass(frozen=True, eq=False)
class Makers:
    """Who makes each product and where, under the agreements in force.

    Products are numbered as in the bill, plants by name, firms and countries as in the network;
    -1 where the case does not say.

    Attributes
    ----------
    seat, parent
        Country and parent of each firm, shape (firms,).
    maker
        Firm whose product it is, shape (products,).
    plantless
        Software and services for which the case lists no plant: making them takes none, shape
        (products,).
    unlisted
        Other products for which the case lists no plant: nothing says who makes them, shape
        (products,).
    gone
        Products that nobody can make whatever is brought in: they, their maker or too many of their
        alternatives hang on an agreement that is not in force, shape (products,).
    plants
        Identifiers of the plants, ascending, shape (plants,).
    product, firm, country
        What each plant makes, who runs it, where it stands, shape (plants,).
    output
        Most that each plant can make: its capacity, else its sales and final demand; infinite where
        the case gives none of these; units a day, shape (plants,).
    """

    seat: Ints
    parent: Ints
    maker: Ints
    plantless: Bools
    unlisted: Bools
    gone: Bools
    plants: npt.NDArray[np.object_]
    product: Ints
    firm: Ints
    country: Ints
    output: Floats


@dataclass(frozen=True, eq=False)
class Ability:
    """Who is able to make what in some countries, had they the components.

    Attributes
    ----------
    plant
        `INSIDE`, `UNKNOWN` or `OUTSIDE`, shape (plants,).
    maker
        The same of each product's maker, `INSIDE` where it has none, shape (products,).
    placed
        A plant takes part, or none is needed, shape (products,).
    known, possible
        The product can be made as far as is known, and if all that is not known were favourable,
        shape (products,).
    """

    plant: Ints
    maker: Ints
    placed: Bools
    known: Bools
    possible: Bools


def makers_of(ground: Groundwork, bill: Bill) -> Makers:
    """Return who makes each product of a case and where."""
    network = ground.network
    firms, products, plants = network["firms"], network["products"], network["plants"]
    parent = firms["parent"].astype(np.int64)
    absent = _worst_above((~ground.exists("firms")).astype(np.int64), parent) > 0
    gone_firm = np.append(absent, False)
    maker = products["firm"].astype(np.int64)
    firm = np.where(plants["firm"] >= 0, plants["firm"], maker[plants["product"]])
    there = ground.exists("plants") & ~gone_firm[firm]
    there &= np.append(ground.exists("countries"), True)[plants["country"]]
    named = network.names["plant"]
    kept = np.argsort(named)
    kept = kept[there[kept]]
    place = np.full(len(products), -1, dtype=np.int64)
    place[bill.code] = np.arange(len(bill.code))
    listed = np.zeros(len(bill.code), dtype=bool)
    listed[place[plants["product"]]] = True
    immaterial = np.isin(products["kind"][bill.code], _WITHOUT_PLANT)
    return Makers(
        seat=firms["country"].astype(np.int64),
        parent=parent,
        maker=maker[bill.code],
        plantless=immaterial & ~listed,
        unlisted=~immaterial & ~listed,
        gone=(~ground.exists("products") | gone_firm[maker])[bill.code] | bill.short,
        plants=named[kept],
        product=place[plants["product"][kept]],
        firm=firm[kept].astype(np.int64),
        country=plants["country"][kept].astype(np.int64),
        output=_outputs(ground)[kept],
    )


def _outputs(ground: Groundwork) -> Floats:
    plants, supplies = ground.network["plants"], ground.supplies
    # Summed from the smallest up: the same sum in whatever order the rows lie.
    small_first = np.argsort(supplies["quantity_per_day"], kind="stable")
    sales = np.bincount(
        supplies["supplier"][small_first],
        weights=supplies["quantity_per_day"][small_first],
        minlength=len(plants),
    )
    used = sales + plants["final_demand_per_day"]
    capacity = plants["capacity_per_day"]
    return np.where(np.isnan(capacity), np.where(used > 0, used, np.inf), capacity)


def _worst_above(own: Ints, parent: Ints) -> Ints:
    """Return the greatest value of each firm and every firm above it, shape (firms,)."""
    worst = own
    while True:
        passed = np.maximum(worst, np.append(worst, 0)[parent])
        if (passed == worst).all():
            return worst
        worst = passed


def ability(makers: Makers, countries: Ints) -> Ability:
    """Return who is able to make what with the plants and firms of some countries alone.

    A firm takes part if it and every firm above it are seated in one of the countries; a plant if
    it stands there and its firm takes part; a product's making also takes its maker.

    Parameters
    ----------
    makers
        Who makes what.
    countries
        Positions among the network's countries.
    """
    # One place more than the highest number: -1, not known, reads the last.
    there = np.full(max(makers.seat.max(initial=0), makers.country.max(initial=0)) + 2, OUTSIDE)
    there[countries[countries < len(there) - 1]] = INSIDE
    there[-1] = UNKNOWN
    firm = _worst_above(there[makers.seat], makers.parent)
    plant = np.maximum(there[makers.country], np.append(firm, UNKNOWN)[makers.firm])
    maker = np.append(firm, INSIDE)[makers.maker]
    placed = makers.plantless.copy()
    placed[makers.product[plant == INSIDE]] = True
    perhaps = makers.plantless | makers.unlisted
    perhaps[makers.product[plant <= UNKNOWN]] = True
    return Ability(
        plant=plant,
        maker=maker,
        placed=placed,
        known=placed & (maker == INSIDE) & ~makers.gone,
        possible=perhaps & (maker <= UNKNOWN) & ~makers.gone,
    )


def capacities(makers: Makers, can: Ability, made: Bools) -> Floats:
    """Return the capacity of the plants that take part, units a day, shape (products,).

    It is 0 where the product is not made, and infinite where no limit is known: no plant is needed,
    or the output of one of the plants is not given.
    """
    part = can.plant == INSIDE
    total = np.bincount(
        makers.product[part], weights=makers.output[part], minlength=len(makers.maker)
    )
    return np.where(made, np.where(makers.plantless, np.inf, total), 0.0)
