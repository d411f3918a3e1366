"""What else a case tells of equipment: who approved it, and who has remote access to it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.schema import TABLES
from indranet.studies.groundwork import Groundwork
from indranet.studies.market import Amounts, Codes

Flags = npt.NDArray[np.bool_]

_KINDS = TABLES["approvals"].column("kind").choices
_GIVEN = TABLES["approvals"].column("status").choices.index("given")
_WORKS = TABLES["needs"].column("plane").choices.index("works")


class Units(NamedTuple):
    """Products at sites, as installed or as they might be, shape (units,).

    Attributes
    ----------
    site, country, product
        Where each stands, country -1 where it is not known, and what it is.
    bound
        Set of exclusions that binds each.
    """

    site: Codes
    country: Codes
    product: Codes
    bound: Codes


def lacking(ground: Groundwork, units: Units, kind: str, day: np.datetime64) -> tuple[Flags, Flags]:
    """Return which units surely lack an approval on a day, and of which nothing is told.

    One that is given and holds on the day is enough, whether of the product or of the site. Of what
    was refused, or has ended or not begun, it is known that it lacks it.

    Parameters
    ----------
    ground
        The case.
    units
        What is asked about.
    kind
        Kind of approval, as the table names it.
    day
        The day.
    """
    network, table = ground.network, ground.network["approvals"]
    mine = ground.exists("approvals") & (table["kind"] == _KINDS.index(kind))
    begun = np.isnat(table["from"]) | (table["from"] <= day)
    there = begun & (np.isnat(table["until"]) | (table["until"] >= day))
    countries = len(network["countries"]) + 1
    key = table["thing"].astype(np.int64) * countries + table["country"] + 1
    valid = key[mine & there & (table["status"] == _GIVEN)]
    looked = [
        (network.offset(sort) + of) * countries + where + 1
        for sort, of in (("site", units.site), ("product", units.product))
        for where in (np.full(len(units.site), -1), units.country)
    ]
    approved = np.logical_or.reduce([np.isin(one, valid) for one in looked])
    told = np.logical_or.reduce([np.isin(one, key[mine]) for one in looked])
    return told & ~approved, ~told


class Access(NamedTuple):
    """Firms with remote access to some units, of all firms told: shape (units,) each.

    Attributes
    ----------
    surely, possibly
        Part of the firms told that are those asked about, surely and possibly.
    told
        Whether any firm is told.
    """

    surely: Amounts
    possibly: Amounts
    told: Flags


def access(ground: Groundwork, units: Units, certain: Flags, possible: Flags) -> Access:
    """Return who has remote access to units: the firms that they need on the trusted plane.

    A need of a site or of a product names such a firm as its input; who supports itself names
    itself.

    Parameters
    ----------
    ground
        The case.
    units
        What is asked about.
    certain, possible
        Firms asked about, by set of exclusions, shape (sets, firms + 1).
    """
    network, needs = ground.network, ground.network["needs"]
    firm = needs["input"].astype(np.int64) - network.offset("firm")
    rows = np.flatnonzero(
        ground.exists("needs") & (needs["plane"] != _WORKS)
        & (firm >= 0) & (firm < len(network["firms"]))
    )  # fmt: skip
    users, place = np.unique(needs["user"][rows], return_inverse=True)
    wanted = [network.offset("site") + units.site, network.offset("product") + units.product]
    sums = np.zeros((3, len(units.site)))
    if len(users):
        counts = np.zeros((3, len(certain), len(users)))
        for bound in range(len(certain)):
            for at, flags in enumerate((certain, possible)):
                counts[at, bound] = np.bincount(
                    place, weights=flags[bound, firm[rows]], minlength=len(users)
                )
            counts[2, bound] = np.bincount(place, minlength=len(users))
        for code in wanted:
            found = np.minimum(np.searchsorted(users, code), len(users) - 1)
            sums += np.where(users[found] == code, counts[:, units.bound, found], 0.0)
    whole = np.maximum(sums[2], 1.0)
    return Access(sums[0] / whole, sums[1] / whole, sums[2] > 0)
