"""What must be replaced: clusters of sites, what does what there, and whom they serve."""

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
from indranet.studies.groundwork import WANTED, Groundwork

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
        Firms whose equipment must go, wherever any stands, shape (firms,).
    of_row
        Group of each row of equipment: its cluster in the case, -1 where nothing of that must go,
        shape (equipment,).
    group
        Group of each cluster: large ones are swapped in parts, shape (clusters,).
    share
        Part of its group that each cluster is, shape (clusters,).
    groups
        Names of the groups; the operator's goes before where several have one of that name.
    operator
        Place of each cluster's operator among `operators`, shape (clusters,).
    region, regions
        Region of each cluster; names of the regions.
    sites, people
        Real sites and persons served where something must go, shape (clusters,).
    structural
        Real sites with structural work, shape (clusters,).
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
    of_row: Codes
    group: Codes
    share: Floats
    groups: tuple[str, ...]
    operator: Codes
    region: Codes
    regions: tuple[str, ...]
    sites: Floats
    people: Floats
    structural: Floats
    functions: Codes
    amounts: Floats
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        """Return the number of clusters."""
        return len(self.group)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each cluster, with the number of its part where its group is swapped in parts."""
        first = np.searchsorted(self.group, self.group)
        number = np.arange(len(self)) - first + 1
        return tuple(
            self.groups[g] if s >= 1 else f"{self.groups[g]} {n}"
            for g, s, n in zip(
                self.group.tolist(), self.share.tolist(), number.tolist(), strict=True
            )
        )

    def spread(self, rows: Flags, weight: Floats) -> Floats:
        """Return what rows of equipment weigh, cluster by cluster, shape (clusters,).

        Parameters
        ----------
        rows
            Which rows count, shape (equipment,).
        weight
            What each weighs, shape (equipment,).
        """
        mine = np.flatnonzero(rows & (self.of_row >= 0))
        total = np.bincount(self.of_row[mine], weights=weight[mine], minlength=len(self.groups))
        return np.asarray(total[self.group] * self.share)


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
    operators = planning(network, goal)
    at = equipment["site"].astype(np.int64)
    runs = network["sites"]["operator"].astype(np.int64)[at]
    mine = np.isin(runs, operators)
    goes, gone = _goes(ground, goal, mine)
    if not goes.any():
        wants = "; what is wanted is of kind wanted in products" if goal.replace.wanted else ""
        raise UsageError(
            f"{goal.name}: nothing of what must go stands at a site of the goal's{wants}"
        )
    label = _labels(network)
    base = int(label.max()) + 1
    key = np.unique(runs[goes] * base + label[at[goes]])
    of_row = np.searchsorted(key, runs * base + label[at])
    inside = of_row < len(key)
    inside &= key[np.minimum(of_row, len(key) - 1)] == runs * base + label[at]
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
        return np.bincount(here, weights=values[site], minlength=count).astype(np.float64)

    flagged = network["sites"]["structural"].astype(bool)
    any_flag = flagged[np.isin(network["sites"]["operator"], operators)].any()
    usual = 0.0 if goal.replace.wanted else goal.practice.structural_share
    needs_work = np.where(any_flag, flagged, usual)
    region, regions = _regions(network, site, here, count)
    operator = np.searchsorted(operators, key // base)
    sites_ = total(real)
    parts = np.ceil(sites_ / goal.practice.largest_cluster_sites - 1e-9).astype(np.int64)
    parts = np.maximum(parts, 1)
    group = np.repeat(np.arange(count), parts)
    share = 1.0 / parts[group]
    return Swaps(
        operators=operators, mine=mine, goes=goes, gone=gone, of_row=of_row, group=group,
        share=share, groups=_names(network, key % base, operators[operator]),
        operator=operator[group], region=region[group], regions=regions,
        sites=sites_[group] * share, people=total(network["sites"]["people"])[group] * share,
        structural=total(real * needs_work)[group] * share, functions=functions,
        amounts=amounts[group] * share[:, None],
        lat=_mean(network["sites"]["lat"], site, here, count)[group],
        lon=_mean(network["sites"]["lon"], site, here, count)[group],
    )  # fmt: skip


def planning(network: Network, goal: Goal) -> Codes:
    """Return the operators that plan, as positions among the firms.

    Raises
    ------
    UsageError
        When the goal names an operator or country that is not there.
    """
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
    firms = np.zeros(len(network["firms"]), dtype=bool)
    if asked.authority is not None:
        last = goal.starts(network.first_day)[-1]
        found = exclusions(ground, asked.authority, last)
        sets = np.column_stack([np.stack(found.sets), np.zeros(len(found.sets), dtype=bool)])
        goes = sets[found.of_row, maker] & mine
        for bound in np.unique(found.of_row[mine]).tolist():
            firms |= found.sets[bound]
    elif asked.wanted:
        goes = (network["products"]["kind"] == WANTED)[equipment["product"]] & mine
    else:
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
    return goes, firms


def _labels(network: Network) -> Codes:
    """Return a number for the cluster of each site; a site without one has its own."""
    cluster = network["sites"]["cluster"].astype(np.int64)
    return np.where(cluster >= 0, cluster, cluster.max(initial=-1) + 1 + np.arange(len(cluster)))


def _names(network: Network, number: Codes, operator: Codes) -> tuple[str, ...]:
    """Return the names of clusters by their numbers; several of one name have the operator's."""
    words = network["sites"].words["cluster"]
    first = int(network["sites"]["cluster"].max(initial=-1)) + 1
    sites = network.names["site"]
    bare = [str(words[n]) if n < first else str(sites[n - first]) for n in number.tolist()]
    twice = {name for name, times in Counter(bare).items() if times > 1}
    firms = network.names["firm"]
    return tuple(
        f"{firms[of]}/{name}" if name in twice else name
        for name, of in zip(bare, operator.tolist(), strict=True)
    )


def _regions(network: Network, site: Codes, of: Codes, count: int) -> tuple[Codes, tuple[str, ...]]:
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
