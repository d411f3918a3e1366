"""What must be replaced: clusters of sites, what stands there for which function, and whom it serves."""

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES
from indranet.studies.exclusions import excluded_firms, exclusions
from indranet.studies.groundwork import Groundwork

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ACCESS = np.array([FUNCTIONS.index(name) for name in FUNCTION_GROUPS["access"]])
RADIO = TABLES["sites"].column("kind").choices.index("radio")
NATIONAL = TABLES["sites"].column("class").choices.index("national_security")


@dataclass(frozen=True, eq=False)
class Swaps:
    """The clusters of some operators that hold what must go.

    Attributes
    ----------
    operators
        Firms that plan, shape (operators,).
    mine
        Rows of equipment of these operators, shape (equipment,).
    goes
        Rows of equipment that must go, shape (equipment,).
    gone
        Firms whose equipment must go somewhere, shape (firms,).
    names
        Cluster of sites; the operator's name goes before where several have one of that name.
    operator
        Place of each cluster's operator among `operators`, shape (clusters,).
    region, regions
        Region of each cluster; names of the regions.
    sites, people
        Real sites and persons served where something must go, shape (clusters,).
    structural
        Real sites with structural work, shape (clusters,).
    of_row
        Cluster of each row of equipment, -1 where nothing of its cluster must go, (equipment,).
    functions
        Functions of what must go, shape (functions,).
    amounts
        Units that must go, shape (clusters, functions).
    lat, lon
        Where it is, NaN where nobody says, shape (clusters,).
    """

    operators: Codes
    mine: Flags
    goes: Flags
    gone: Flags
    names: tuple[str, ...]
    operator: Codes
    region: Codes
    regions: tuple[str, ...]
    sites: Floats
    people: Floats
    structural: Floats
    of_row: Codes
    functions: Codes
    amounts: Floats
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.names)


def swaps(ground: Groundwork, goal: Goal) -> Swaps:
    """Find what must go, cluster by cluster.

    A site without a cluster is one of its own.

    Parameters
    ----------
    ground
        The case.
    goal
        Whose equipment is to be replaced.

    Raises
    ------
    UsageError
        When the goal names an operator, country, firm, function or authority that is not there, or
        nothing must go.
    """
    network, equipment = ground.network, ground.equipment
    operators = _operators(network, goal)
    at = equipment["site"].astype(np.int64)
    runs = network["sites"]["operator"].astype(np.int64)[at]
    mine = np.isin(runs, operators)
    goes, gone = _goes(ground, goal, mine)
    if not goes.any():
        raise UsageError(f"{goal.name}: nothing of what must go stands at a site of the goal's")
    label = _labels(network)
    key = np.unique(runs[goes] * len(label) + label[at[goes]])
    of_row = np.searchsorted(key, runs * len(label) + label[at])
    inside = of_row < len(key)
    inside &= key[np.minimum(of_row, len(key) - 1)] == runs * len(label) + label[at]
    of_row = np.where(inside & mine, of_row, -1)
    functions = np.unique(equipment["function"][goes]).astype(np.int64)
    count = len(key)
    real = network["sites"]["stands_for"]
    amounts = np.zeros((count, len(functions)))
    place = np.searchsorted(functions, equipment["function"][goes])
    np.add.at(amounts, (of_row[goes], place), (equipment["quantity"] * real[at])[goes])
    site = np.unique(at[goes])
    of_site = np.zeros(len(real), dtype=np.int64)
    of_site[at[goes]] = of_row[goes]
    here = of_site[site]

    def total(values: Floats) -> Floats:
        return np.bincount(here, weights=values[site], minlength=count)

    flagged = network["sites"]["structural"].astype(bool)
    any_flag = flagged[np.isin(network["sites"]["operator"], operators)].any()
    share = flagged.astype(np.float64) if any_flag else np.full(len(real), goal.practice.structural_share)
    region, regions = _regions(network, site, here, count)
    operator = np.searchsorted(operators, key // len(label))
    return Swaps(
        operators=operators, mine=mine, goes=goes, gone=gone,
        names=_names(network, label, key, operators), operator=operator, region=region,
        regions=regions, sites=total(real), people=total(network["sites"]["people"]),
        structural=total(real * share), of_row=of_row, functions=functions, amounts=amounts,
        lat=_mean(network["sites"]["lat"], site, here, count),
        lon=_mean(network["sites"]["lon"], site, here, count),
    )  # fmt: skip


def _operators(network: Network, goal: Goal) -> Codes:
    sites = network["sites"]
    if goal.operator is not None:
        found = np.flatnonzero(network.names["firm"] == goal.operator)
        if not len(found):
            raise UsageError(_unknown("operator", goal.operator, network.names["firm"]))
        return found.astype(np.int64)
    found = np.flatnonzero(network.names["country"] == goal.country)
    if not len(found):
        raise UsageError(_unknown("country", str(goal.country), network.names["country"]))
    runs = sites["operator"][(sites["country"] == found[0]) & (sites["operator"] >= 0)]
    return np.unique(runs).astype(np.int64)


def _unknown(what: str, name: str, known: npt.NDArray[np.object_]) -> str:
    near = get_close_matches(name, [str(k) for k in known], n=1)
    return f"no {what} {name!r} in the case" + (f": did you mean {near[0]!r}?" if near else "")


def _goes(ground: Groundwork, goal: Goal, mine: Flags) -> tuple[Flags, Flags]:
    """Return which rows of equipment must go, and whose products."""
    network, equipment = ground.network, ground.equipment
    maker = network["products"]["firm"].astype(np.int64)[equipment["product"]]
    asked = goal.replace
    if asked.authority is not None:
        last = goal.starts(network.first_day)[-1]
        found = exclusions(ground, asked.authority, last)
        sets = np.column_stack([np.stack(found.sets), np.zeros(len(found.sets), dtype=bool)])
        goes = sets[found.of_row, maker] & mine
    else:
        firms = np.zeros(len(network["firms"]), dtype=bool)
        for name in asked.firms:
            place = np.flatnonzero(network.names["firm"] == name)
            if not len(place):
                raise UsageError(_unknown("firm", name, network.names["firm"]))
            firms |= excluded_firms(network, network.offset("firm") + int(place[0]))
        goes = np.append(firms, False)[maker] & mine
    if asked.functions:
        unknown = [name for name in asked.functions if name not in FUNCTIONS]
        if unknown:
            known = np.array(FUNCTIONS, dtype=object)
            raise UsageError(_unknown("function", unknown[0], known))
        goes &= np.isin(equipment["function"], [FUNCTIONS.index(f) for f in asked.functions])
    gone = np.zeros(len(network["firms"]), dtype=bool)
    gone[maker[goes]] = True
    return goes, gone


def _labels(network: Network) -> Codes:
    """Return a number for the cluster of each site; a site without one has its own."""
    cluster = network["sites"]["cluster"].astype(np.int64)
    return np.where(cluster >= 0, cluster, cluster.max(initial=-1) + 1 + np.arange(len(cluster)))


def _names(network: Network, label: Codes, key: Codes, operators: Codes) -> tuple[str, ...]:
    words, number = network["sites"].words["cluster"], key % len(label)
    first = int(network["sites"]["cluster"].max(initial=-1)) + 1
    sites = network.names["site"]
    bare = [str(words[n]) if n < first else str(sites[n - first]) for n in number.tolist()]
    seen = {name for name, times in Counter(bare).items() if times > 1 and len(operators) > 1}
    firms = network.names["firm"]
    return tuple(
        f"{firms[of]}/{name}" if name in seen else name
        for name, of in zip(bare, (key // len(label)).tolist(), strict=True)
    )


def _regions(
    network: Network, site: Codes, of: Codes, count: int
) -> tuple[Codes, tuple[str, ...]]:
    """Return the region of each cluster, that of its first site, and the names of regions."""
    region = network["sites"]["region"].astype(np.int64)[site]
    _, first = np.unique(of, return_index=True)
    mine = region[first]
    used = np.unique(mine)
    words = np.append(network["sites"].words["region"], "")
    return np.searchsorted(used, mine), tuple(str(words[code]) for code in used.tolist())


def _mean(values: Floats, site: Codes, of: Codes, count: int) -> Floats:
    known = np.isfinite(values[site])
    total = np.bincount(of[known], weights=values[site][known], minlength=count)
    number = np.bincount(of[known], minlength=count)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
