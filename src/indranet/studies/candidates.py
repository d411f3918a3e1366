"""What may be taken away: one candidate is a thing, or all that goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.attacks import MANAGES, containing, domain, reached_by
from indranet.studies.compile import Compiled
from indranet.studies.groundwork import Groundwork
from indranet.studies.reaches import signal_lanes

DEFAULT_KINDS: tuple[str, ...] = (
    "firm", "territory", "jurisdiction", "control", "product", "plant", "passage", "lane",
)  # fmt: skip
KINDS_ON_REQUEST: tuple[str, ...] = ("site", "service", "facility")
UNITS: tuple[str, ...] = ("vulnerability", "domain")
"""Kinds, on request as well, that take away installed units of products."""

_SOFTWARE = TABLES["products"].column("kind").choices.index("software")
_SAME = {"vendor": "firm", "operator": "firm", "component": "product", "country": "territory",
         "cable": "lane"}  # fmt: skip


@dataclass(frozen=True)
class Candidates:
    """Things to take away, one after the other.

    Attributes
    ----------
    kind, id
        Kind and identifier of each candidate, shape (candidates,).
    country
        Country of the candidate (seat of a firm, territory of a plant ...), position among the
        countries, -1 for none, shape (candidates,).
    start, things
        Codes over all kinds of what goes with each candidate, compressed sparse rows; above them
        stand positions in `Groundwork.pairs` for units that go.
    """

    kind: npt.NDArray[np.object_]
    id: npt.NDArray[np.object_]
    country: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    things: npt.NDArray[np.int64]

    def gates(self, compiled: Compiled) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return the gates to force down for each candidate, compressed sparse rows."""
        return self.start, np.concatenate([compiled.own, compiled.units])[self.things]

    def pick(self, which: npt.NDArray[np.integer]) -> "Candidates":
        """Return some of the candidates, in the order given."""
        parts = [self.things[self.start[i] : self.start[i + 1]] for i in which.tolist()]
        return Candidates(
            self.kind[which], self.id[which], self.country[which], *_sparse_rows(parts)
        )


def _sparse_rows(
    parts: Sequence[npt.NDArray[np.integer]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    start = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return start, np.concatenate([np.zeros(0, dtype=np.int64), *parts]).astype(np.int64)


def joined(some: Candidates, sets: Sequence[Sequence[int]]) -> Candidates:
    """Return candidates of kind `pair`, each of which takes away a set of others at once.

    Parameters
    ----------
    some
        The others.
    sets
        Positions among them; the identifier of a set joins theirs, as in `firm:f + lane:l`.
    """
    parts = [
        np.unique(np.concatenate([some.things[some.start[i] : some.start[i + 1]] for i in chosen]))
        for chosen in sets
    ]
    names = [" + ".join(f"{some.kind[i]}:{some.id[i]}" for i in chosen) for chosen in sets]
    return Candidates(
        np.full(len(sets), "pair", dtype=object),
        np.array(names, dtype=object),
        np.full(len(sets), -1),
        *_sparse_rows(parts),
    )


def default_kinds(network: Network) -> tuple[str, ...]:
    """Return the kinds to take away where none are named.

    Sites, services and facilities are only where a case has nothing that stands behind them.
    """
    behind = [kind for kind in DEFAULT_KINDS if len(network.names.get(kind, ()))]
    return DEFAULT_KINDS if behind else KINDS_ON_REQUEST


def candidates(
    network: Network, by: Sequence[str] = (), ground: Groundwork | None = None
) -> Candidates:
    """Return every candidate of some kinds, of `default_kinds` where none are named.

    Of lanes only those that carry signals are taken away by default: goods that find one way closed
    take another, and what closes ways is a passage. Who names lanes has them all.

    - firm: the firm; what it controls stops with it.
    - control: all that a parent controls, at any depth, without the parent.
    - territory: what stands in a country.
    - jurisdiction: firms seated in a country, and what they control, wherever it stands.
    - product: its making, everywhere; installed units run on.
    - plant, passage, lane, site, service, facility: the thing itself.
    - vulnerability: all installed units that it reaches, those that nobody vouches for included.
    - domain: an operator's units under one manager, or with one software in them.

    The last two need the case made ready, `ground`.

    Raises
    ------
    UsageError
        When a kind is unknown.
    """
    kinds: list[str] = []
    ids: list[str] = []
    countries: list[int] = []
    parts: list[npt.NDArray[np.integer]] = []
    for kind in dict.fromkeys(by or default_kinds(network)):
        if kind in UNITS and ground is not None:
            found = _units(ground, kind)
        else:
            found = _of_kind(network, kind)
        if kind == "lane" and not by:
            carries = signal_lanes(network)
            found = [row for row, kept in zip(found, carries.tolist(), strict=True) if kept]
        for identifier, country, things in found:
            kinds.append(kind)
            ids.append(identifier)
            countries.append(country)
            parts.append(things)
    start, things = _sparse_rows(parts)
    return Candidates(
        np.array(kinds, dtype=object),
        np.array(ids, dtype=object),
        np.array(countries, dtype=np.int64),
        start,
        things,
    )


def _of_kind(network: Network, kind: str) -> list[tuple[str, int, npt.NDArray[np.integer]]]:
    """Return identifier, country and things of each candidate of one kind."""
    if kind == "territory":
        first = network.offset("country")
        return [
            (str(name), i, np.array([first + i])) for i, name in enumerate(network.names["country"])
        ]
    if kind == "jurisdiction":
        seats, first = network["firms"]["country"], network.offset("firm")
        return [
            (str(network.names["country"][c]), c, first + np.flatnonzero(seats == c))
            for c in np.unique(seats[seats >= 0]).tolist()
        ]
    if kind == "control":
        return _controlled(network)
    if kind == "product":
        return _products(network)
    if kind not in (*DEFAULT_KINDS, *KINDS_ON_REQUEST):
        kinds = (*DEFAULT_KINDS, *KINDS_ON_REQUEST, *UNITS)
        known = ", ".join(kinds)
        near = get_close_matches(kind.lower(), kinds, n=1)
        meant = _SAME.get(kind.lower(), near[0] if near else "")
        hint = f"{kind} is written {meant}; " if meant else ""
        raise UsageError(f"nothing of kind {kind!r} can be taken away: {hint}choose from {known}")
    first = network.offset(kind)
    country = _countries(network, kind)
    return [
        (str(name), int(country[i]), np.array([first + i]))
        for i, name in enumerate(network.names[kind])
    ]


def _units(ground: Groundwork, kind: str) -> list[tuple[str, int, npt.NDArray[np.integer]]]:
    """Return identifier, country and units of each vulnerability or domain that reaches any."""
    network = ground.network
    if kind == "vulnerability":
        flaws = sorted(set(network["vulnerabilities"].text("vulnerability")))
        found = [(name, -1, network.size + reached_by(ground, name)) for name in flaws]
        return [row for row in found if len(row[2])]
    firms, products, seats = (
        network.names["firm"], network.names["product"], network["firms"]["country"],
    )  # fmt: skip
    return [
        (f"{firms[operator]}/{products[product]}", int(seats[operator]), network.size + units)
        for operator, product, units in _domains(ground)
    ]


def _domains(ground: Groundwork) -> list[tuple[int, int, npt.NDArray[np.int64]]]:
    """Return operator, product and units of each domain: of managers, and of software."""
    network, pairs = ground.network, ground.pairs
    soft = network["products"]["kind"] == _SOFTWARE
    shared = np.isin(network["products"]["function"], MANAGES) | soft
    found = []
    for product in np.flatnonzero(shared).tolist():
        held = containing(network, np.arange(len(shared)) == product)[pairs.product]
        for operator in np.unique(pairs.operator[held & (pairs.operator >= 0)]).tolist():
            found.append((operator, product, domain(ground, operator, product)))
    return found


def _countries(network: Network, kind: str) -> npt.NDArray[np.int64]:
    tables = {"firm": "firms", "plant": "plants", "site": "sites", "service": "services",
              "facility": "facilities"}  # fmt: skip
    if kind not in tables:
        return np.full(len(network.names[kind]), -1)
    return network[tables[kind]]["country"].astype(np.int64)


def _controlled(network: Network) -> list[tuple[str, int, npt.NDArray[np.integer]]]:
    parent = network["firms"]["parent"]
    first = network.offset("firm")
    below: dict[int, list[int]] = {}
    for firm in range(len(parent)):
        above = int(parent[firm])
        while above >= 0:
            below.setdefault(above, []).append(firm)
            above = int(parent[above])
    seat = network["firms"]["country"]
    return [
        (str(network.names["firm"][owner]), int(seat[owner]), first + np.array(firms))
        for owner, firms in sorted(below.items())
    ]


def _products(network: Network) -> list[tuple[str, int, npt.NDArray[np.integer]]]:
    made = network["plants"]["product"]
    order = np.argsort(made, kind="stable")
    start = np.searchsorted(made[order], np.arange(len(network["products"]) + 1))
    first, plant = network.offset("product"), network.offset("plant")
    return [
        (str(name), -1, np.append(first + i, plant + order[start[i] : start[i + 1]]))
        for i, name in enumerate(network.names["product"])
    ]
