"""Sites that nothing tells apart: they run and stop together, so one gate serves them all."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.network import Array, Network, Rows
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES

_RADIO = TABLES["sites"].column("kind").choices.index("radio")
_WORKS, _TRUSTED = (
    TABLES["needs"].column("plane").choices.index(plane) for plane in ("works", "trusted")
)


@dataclass(frozen=True)
class SiteClasses:
    """Sites grouped by what they depend on.

    Attributes
    ----------
    class_of
        Class of each site, shape (sites,).
    representative
        First site of each class, shape (classes,).
    takes_core, trusts_core
        Whether the core rule binds the class on the plane of what works and on that of trust: radio
        sites whose own needs on that plane name no core site, shape (classes,).
    """

    class_of: npt.NDArray[np.int64]
    representative: npt.NDArray[np.int64]
    takes_core: npt.NDArray[np.bool_]
    trusts_core: npt.NDArray[np.bool_]


def site_classes(
    network: Network,
    equipment: Rows,
    needs: Rows,
    pair: Array,
    apart: npt.NDArray[np.bool_],
) -> SiteClasses:
    """Group the sites that have the same operator, country, equipment, needs and core rule.

    Sites are compared by a 128-bit signature: the sum over their rows of a hash of each row.

    Parameters
    ----------
    network
        The case.
    equipment, needs
        Its rows that exist.
    pair
        Operator and product of each row of equipment as one number, shape (rows,).
    apart
        Sites that get a class of their own, shape (sites,).
    """
    sites = network["sites"]
    first = network.offset("site")
    at_site = np.flatnonzero((needs["user"] >= first) & (needs["user"] < first + len(sites)))
    needs = needs.where(at_site)
    user = needs["user"] - first
    core = _sites_with_core(equipment, len(sites))
    named = np.zeros(network.size, dtype=bool)
    named[first : first + len(sites)] = core
    radio, of_core = sites["kind"] == _RADIO, named[needs["input"]]
    takes_core, trusts_core = radio.copy(), radio.copy()
    takes_core[user[of_core & (needs["plane"] != _TRUSTED)]] = False
    trusts_core[user[of_core & (needs["plane"] != _WORKS)]] = False
    own = np.where(apart, np.arange(1, len(sites) + 1), 0)
    signature = np.zeros((len(sites), 2), dtype=np.uint64)
    for salt in (0, 1):
        signature[:, salt] = mixed(
            salt, sites["operator"], sites["country"], takes_core, trusts_core, own
        )
        for owner, rows in (
            (equipment["site"], (equipment["function"], pair)),
            (user, tuple(needs[c] for c in ("need", "input", "capacity", "at_least",
                                            "autonomy_hours", "how", "plane", "starts_without"))),
        ):  # fmt: skip
            np.add.at(signature[:, salt], owner, mixed(salt, *rows))
    order = np.lexsort((signature[:, 1], signature[:, 0]))
    new = np.append(True, (np.diff(signature[order], axis=0) != 0).any(axis=1))[: len(sites)]
    class_of = np.empty(len(sites), dtype=np.int64)
    class_of[order] = np.cumsum(new) - 1
    representative = order[new]
    return SiteClasses(
        class_of, representative, takes_core[representative], trusts_core[representative]
    )


def _sites_with_core(equipment: Rows, sites: int) -> npt.NDArray[np.bool_]:
    core = [
        FUNCTIONS.index(f) in {FUNCTIONS.index(c) for c in FUNCTION_GROUPS["core"]}
        for f in FUNCTIONS
    ]
    found = np.zeros(sites, dtype=bool)
    found[equipment["site"][np.array(core)[equipment["function"]]]] = True
    return found


def mixed(salt: int, *columns: Array) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each row of columns (the finaliser of SplitMix64, Steele 2014)."""
    words = np.full(len(columns[0]), 0x9E3779B97F4A7C15 * (salt + 1) % 2**64, dtype=np.uint64)
    for column in columns:
        if column.dtype.kind == "f":
            word = (column + 0.0).view(np.uint64)
        else:
            word = column.astype(np.int64).view(np.uint64)
        words = (words ^ word) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
        words ^= words >> np.uint64(31)
    return words


def hashed(numbers: Array) -> npt.NDArray[np.int64]:
    """Return a hash of each number: sums of them tell sets of numbers apart, shape (n,)."""
    return mixed(2, numbers).view(np.int64)
