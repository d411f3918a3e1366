"""What every horizon of one study shares: rows in force, classes of sites, groups of needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.network import Network, Rows
from indranet.model.schema import KINDS, MEASURES, TABLES
from indranet.studies.lanes import LaneRoutes, lane_routes
from indranet.studies.site_classes import SiteClasses, site_classes

REACHES = TABLES["needs"].column("how").choices.index("reaches")
_WORKS, _TRUSTED = (
    TABLES["needs"].column("plane").choices.index(plane) for plane in ("works", "trusted")
)
WANTED = TABLES["products"].column("kind").choices.index("wanted")
"""Kind of a product that stands for equipment of which a project has not chosen the maker."""
USED = ("site", "service", "facility")
"""Kinds of thing that trust travels through; below them it hangs on makers alone."""


@dataclass(frozen=True)
class Pairs:
    """Each operator's units of one product, which run and stop together.

    Attributes
    ----------
    of
        Pair of each row of equipment, shape (rows,).
    operator, product
        Of each pair, operator -1 for none, shape (pairs,).
    """

    of: npt.NDArray[np.int64]
    operator: npt.NDArray[np.int64]
    product: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Groups:
    """Groups of needs, in order of user.

    Attributes
    ----------
    rows
        Needs on one plane, each group together; one site stands for its class.
    of
        Group of each row, ascending, shape (rows,).
    first
        First row of each group, shape (groups,).
    user, needed
        User, a code over all kinds, and capacity to keep, of each group, shape (groups,).
    reaches
        Whether the group's inputs must be reached, shape (groups,).
    """

    rows: Rows
    of: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    user: npt.NDArray[np.int64]
    needed: npt.NDArray[np.float64]
    reaches: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Groundwork:
    """A case made ready to be compiled, at any horizon.

    Attributes
    ----------
    network, routes
        The case, without rows of agreements that are not in force, and the routes of its lanes.
        Things that such a row declares stay, so that codes are those of the case: see `exists`.
    force
        Which agreements are in force, shape (agreements,).
    wanted
        Whether what projects want stands as if it were there.
    components, supplies, equipment
        Rows that exist.
    alone
        Rows of equipment that stop one by one, as in failures or attacks, shape (equipment,).
    pairs, classes, groups
        See the classes; `groups` are the needs on the plane of what works.
    trusted_groups
        Needs over which trust travels, of installed units, sites, services and facilities.
    """

    network: Network
    routes: LaneRoutes
    force: npt.NDArray[np.bool_]
    wanted: bool
    components: Rows
    supplies: Rows
    equipment: Rows
    alone: npt.NDArray[np.bool_]
    pairs: Pairs
    classes: SiteClasses
    groups: Groups
    trusted_groups: Groups

    def exists(self, table: str) -> npt.NDArray[np.bool_]:
        """Return which rows of a table exist under the agreements in force, shape (rows,).

        A plant exists only with its product, equipment with its site, a contract with its plant.
        What is wanted does not: equipment of such a product, a site with no other equipment, a
        lane to such a site.
        """
        return _exists(self.network, table, self.force, self.wanted)


def groundwork(
    network: Network,
    *,
    on: np.datetime64 | None = None,
    agreements: Sequence[str] | None = None,
    apart: bool | npt.NDArray[np.bool_] = False,
    failing: bool = False,
    alone: npt.NDArray[np.bool_] | None = None,
    routes: LaneRoutes | None = None,
    wanted: bool = False,
) -> Groundwork:
    """Make a case ready to be compiled.

    Parameters
    ----------
    network
        The case.
    on
        Day that decides which agreements are in force; the case's first day by default.
    agreements
        Only these, where they are in force; all by default.
    apart
        Sites that get a gate of their own, so that they can be taken away one by one: all, none, or
        as given, shape (sites,).
    failing
        Give one to every site that the table of failures names.
    alone
        Products whose installed units stop one by one, each with a gate of its own where time is
        looked at, shape (products,); none by default.
    routes
        Those of its lanes, where they are known: they hang on no agreement.
    wanted
        Let what projects want stand as if it were there, as whoever plans them must.

    Raises
    ------
    UsageError
        When one of the agreements is not in the case.
    """
    force = in_force(network, network.first_day if on is None else on)
    if agreements is not None:
        force = force & chosen(network, agreements)
    network = _standing(network, force)
    rows = {
        name: network[name].where(np.flatnonzero(_exists(network, name, force, wanted)))
        for name in ("components", "supplies", "equipment")
    }
    rows["needs"] = network["needs"].where(np.flatnonzero(_needed(network, force, wanted)))
    pairs = pairs_of(network, rows["equipment"])
    single = np.zeros(len(rows["equipment"]), dtype=bool)
    if alone is not None:
        single = alone[rows["equipment"]["product"]]
        apart = np.zeros(len(network["sites"]), dtype=bool) | apart
        apart[rows["equipment"]["site"][single]] = True
    classes = site_classes(
        network, rows["equipment"], rows["needs"], pairs.of,
        _sites_apart(network, rows["needs"], force, wanted, apart, failing),
    )  # fmt: skip
    return Groundwork(
        network=network,
        routes=lane_routes(network) if routes is None else routes,
        force=force,
        wanted=wanted,
        components=rows["components"],
        supplies=rows["supplies"],
        equipment=rows["equipment"],
        alone=single,
        pairs=pairs,
        classes=classes,
        groups=_groups(network, rows["needs"], classes, plane=_WORKS),
        trusted_groups=_groups(network, rows["needs"], classes, plane=_TRUSTED),
    )


def in_force(network: Network, on: np.datetime64) -> npt.NDArray[np.bool_]:
    """Return which agreements are in force on a day, ends included, shape (agreements,)."""
    agreements = network["agreements"]
    begun = np.isnat(agreements["from"]) | (agreements["from"] <= on)
    return begun & (np.isnat(agreements["until"]) | (agreements["until"] >= on))


def chosen(network: Network, agreements: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which agreements are among some, shape (agreements,).

    Raises
    ------
    UsageError
        When one of them is not in the case.
    """
    known = network.names["agreement"].tolist()
    for name in agreements:
        if name not in known:
            raise UsageError(f"no agreement {name!r} in the case")
    return np.isin(network.names["agreement"], list(agreements))


def _standing(network: Network, force: npt.NDArray[np.bool_]) -> Network:
    """Return a case without the rows of agreements that are not in force.

    Things stay, so that codes do; exclusions, whose authority a command may name nevertheless; and
    measures, without which what they would build would be there.
    """
    kept = {}
    for name, rows in network.tables.items():
        if not TABLES[name].declares and name not in _KEPT and len(rows):
            there = np.append(force, True)[rows["agreement"]]
            if not there.all():
                kept[name] = rows.where(np.flatnonzero(there))
    return network.replace(**kept) if kept else network


_KEPT = ("exclusions", "measures")
BUILT = {"lanes": ("link", "lane"), "sites": ("link", "site"),
          "facilities": ("link", "facility"), "plants": ("plant", "plant")}  # fmt: skip
"""Tables of what measures build: the kind of measure, and of thing."""


def not_yet(network: Network, table: str) -> npt.NDArray[np.bool_]:
    """Return which rows of a table stand for what only a measure would build, shape (rows,).

    A lane, site or facility that a link names; a plant of no capacity that a measure lets grow.
    """
    rows, measures = network[table], network["measures"]
    found = np.zeros(len(rows), dtype=bool)
    if table not in BUILT or not len(measures):
        return found
    kind, thing = BUILT[table]
    first = network.offset(thing)
    mine = measures["thing"][measures["kind"] == tuple(MEASURES).index(kind)] - first
    found[mine[(mine >= 0) & (mine < len(rows))]] = True
    return found & (rows["capacity_per_day"] == 0) if table == "plants" else found


_STANDS_WITH = {
    "plants": ("product", "products"),
    "equipment": ("site", "sites"),
    "supplies": ("supplier", "plants"),
}
"""Tables whose rows exist only with the row of another: the column that names it, its table."""


def wanted_rows(network: Network) -> npt.NDArray[np.bool_]:
    """Return which rows of equipment are wanted by a project, shape (equipment,)."""
    return np.asarray((network["products"]["kind"] == WANTED)[network["equipment"]["product"]])


def wanted_sites(network: Network) -> npt.NDArray[np.bool_]:
    """Return which sites hold nothing but what is wanted, shape (sites,)."""
    rows, at = wanted_rows(network), network["equipment"]["site"]
    found = np.zeros(len(network["sites"]), dtype=bool)
    found[at[rows]] = True
    found[at[~rows]] = False
    return found


def wanted_lanes(network: Network) -> npt.NDArray[np.bool_]:
    """Return which lanes begin or end at a site that is wanted, shape (lanes,)."""
    lanes, span = network["lanes"], network.span("site")
    at = np.zeros(network.size, dtype=bool)
    at[span] = wanted_sites(network)
    return np.asarray(at[lanes["origin"]] | at[lanes["destination"]])


_WANTED: Mapping[str, Callable[[Network], npt.NDArray[np.bool_]]] = {
    "products": lambda network: np.asarray(network["products"]["kind"] == WANTED),
    "sites": wanted_sites,
    "equipment": wanted_rows,
    "lanes": wanted_lanes,
}
"""Tables with rows that projects may want, and which these are."""


def _exists(
    network: Network, table: str, force: npt.NDArray[np.bool_], wanted: bool
) -> npt.NDArray[np.bool_]:
    rows = network[table]
    if table == "agreements":
        return np.ones(len(rows), dtype=bool)
    found = np.append(force, True)[rows["agreement"]] & ~not_yet(network, table)
    if table in _STANDS_WITH:
        column, other = _STANDS_WITH[table]
        found &= _exists(network, other, force, wanted)[rows[column]]
    if table in _WANTED and not wanted:
        found &= ~_WANTED[table](network)
    return found


def _needed(network: Network, force: npt.NDArray[np.bool_], wanted: bool) -> npt.NDArray[np.bool_]:
    """Return which rows of needs exist, shape (needs,).

    What is wanted or not built yet is no input, and no part of the capacity of which a share is
    asked, where its group has others; alone it stays: the user waits for it.
    """
    needs = network["needs"]
    found = _exists(network, "needs", force, wanted)
    waits = np.zeros(network.size, dtype=bool)
    for table, (_, kind) in BUILT.items():
        waits[network.span(kind)] = not_yet(network, table)
    for kind, table in (("site", "sites"), ("lane", "lanes")) if not wanted else ():
        waits[network.span(kind)] |= _WANTED[table](network)
    waiting = waits[needs["input"]] & found
    if not waiting.any():
        return found
    keys = np.stack([needs["user"].astype(np.int64), needs["need"].astype(np.int64)], axis=1)
    group = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    others = np.zeros(group.max(initial=-1) + 1, dtype=bool)
    others[group[found & ~waiting]] = True
    return found & ~(waiting & others[group])


def seats(network: Network) -> npt.NDArray[np.int64]:
    """Return the country of each plant and firm, code over all kinds, -1 for none or others."""
    found = np.full(network.size, -1, dtype=np.int64)
    for kind, table in (("plant", "plants"), ("firm", "firms")):
        country = network[table]["country"].astype(np.int64)
        found[network.span(kind)] = np.where(country >= 0, network.offset("country") + country, -1)
    return found


def pairs_of(network: Network, equipment: Rows) -> Pairs:
    """Return each operator's units of a product, given the rows of equipment that exist."""
    operator = network["sites"]["operator"][equipment["site"]].astype(np.int64)
    products = max(len(network["products"]), 1)
    key = (operator + 1) * products + equipment["product"]
    used = np.zeros((len(network["firms"]) + 1) * products, dtype=bool)
    used[key] = True
    keys = np.flatnonzero(used)
    place = np.zeros(len(used), dtype=np.int64)
    place[keys] = np.arange(len(keys))
    return Pairs(place[key], keys // products - 1, keys % products)


def with_equipment(ground: Groundwork, equipment: Rows) -> Groundwork:
    """Return the groundwork with other products in the rows of equipment that exist, or other days.

    Rules alone may be asked of it: classes and needs stay those of what stood there.
    """
    return replace(ground, equipment=equipment, pairs=pairs_of(ground.network, equipment))


def _sites_apart(
    network: Network,
    needs: Rows,
    force: npt.NDArray[np.bool_],
    wanted: bool,
    some: bool | npt.NDArray[np.bool_],
    failing: bool,
) -> npt.NDArray[np.bool_]:
    """Return the sites that need a gate of their own, shape (sites,)."""
    apart = ~_exists(network, "sites", force, wanted) | some
    first = network.offset("site")
    for codes in (
        network["lanes"]["origin"],
        network["lanes"]["destination"],
        needs["user"][needs["how"] == REACHES],
        network["failures"]["thing"][: None if failing else 0],
    ):
        inside = (codes >= first) & (codes < first + len(apart))
        apart[codes[inside] - first] = True
    return apart


def _groups(network: Network, needs: Rows, classes: SiteClasses, plane: int) -> Groups:
    first = network.offset("site")
    stands = np.ones(network.size, dtype=bool)
    stands[network.span("site")] = False
    stands[first + classes.representative] = True
    if plane == _TRUSTED:
        for kind in KINDS:
            if kind not in (*USED, "product"):
                stands[network.span(kind)] = False
    other = _WORKS if plane == _TRUSTED else _TRUSTED
    needs = needs.where(np.flatnonzero((needs["plane"] != other) & stands[needs["user"]]))
    needs = needs.where(np.lexsort((needs["need"], needs["user"])))
    new = np.ones(len(needs), dtype=bool)
    new[1:] = (np.diff(needs["user"]) != 0) | (np.diff(needs["need"]) != 0)
    group = np.cumsum(new) - 1
    total = np.bincount(group, weights=needs["capacity"])
    asked = needs["at_least"][new]
    reaches = np.zeros(len(total), dtype=bool)
    reaches[group[needs["how"] == REACHES]] = True
    return Groups(
        rows=needs,
        of=group,
        first=np.flatnonzero(new),
        user=needs["user"][new].astype(np.int64),
        needed=np.where(np.isnan(asked), total, np.where(asked < 1, asked * total, asked)),
        reaches=reaches,
    )


def plant_output(network: Network, supplies: Rows) -> npt.NDArray[np.float64]:
    """Return each plant's output, units a day, shape (plants,).

    Its capacity where given, else its sales and final demand; where that leaves a product with no
    output at all, those of its plants whose capacity is not given count equally.

    Parameters
    ----------
    network
        The case.
    supplies
        Its rows that exist.
    """
    plants = network["plants"]
    sales = np.bincount(
        supplies["supplier"], weights=supplies["quantity_per_day"], minlength=len(plants)
    )
    output = plants["capacity_per_day"].copy()
    given = ~np.isnan(output)
    output[~given] = (sales + plants["final_demand_per_day"])[~given]
    total = np.bincount(plants["product"], weights=output, minlength=len(network["products"]))
    output[~given & (total[plants["product"]] == 0)] = 1.0
    return np.maximum(output, np.finfo(np.float64).tiny)


def expand(
    start: npt.NDArray[np.integer], count: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return owner and row of every row in runs of rows, one run an owner.

    >>> expand(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    owner = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - start, count)
    return owner, row
