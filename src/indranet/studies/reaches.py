"""Whether one place reaches another over working lanes."""

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.builder import Builder, Codes

_MODES = TABLES["lanes"].column("mode").choices
_LAND = _MODES.index("land")
_SIGNAL_MODES = tuple(_MODES.index(mode) for mode in ("land", "cable", "microwave", "satellite"))


def signal_lanes(network: Network) -> npt.NDArray[np.bool_]:
    """Return which lanes carry signals, shape (lanes,).

    By cable, microwave and satellite; by land where both ends are sites, else it is a road.
    """
    lanes, first = network["lanes"], network.offset("site")
    ends = np.stack([lanes["origin"], lanes["destination"]])
    sites = ((ends >= first) & (ends < first + len(network["sites"]))).all(axis=0)
    carries: npt.NDArray[np.bool_] = np.isin(lanes["mode"], _SIGNAL_MODES)
    carries &= sites | (lanes["mode"] != _LAND)
    return carries


def reach_gates(
    network: Network,
    builder: Builder,
    gate: Codes,
    own: Codes,
    there: npt.NDArray[np.bool_],
    users: Codes,
    targets: Codes,
) -> Codes:
    """Return one gate a row: the target works and a path of working lanes leads to it.

    `signal_lanes` work both ways; every place between must run, but need not itself reach anything.
    A service starts from its country's place on the lanes, else from any site of its country (and
    region) that a lane touches and that runs.

    Parameters
    ----------
    network
        The case.
    builder
        Where the gates are written.
    gate, own
        Gate of each thing, with and without what it must itself reach, shape (things,).
    there
        Which lanes exist, shape (lanes,).
    users, targets
        Who must reach what, codes over all kinds, shape (rows,).
    """
    lanes = network["lanes"]
    used = np.flatnonzero(there & signal_lanes(network))
    lane_codes = np.tile(network.offset("lane") + used, 2)
    lane_gate = gate[lane_codes[: len(used)]]
    tail = np.concatenate([lanes["origin"][used], lanes["destination"][used]]).astype(np.int64)
    head = np.concatenate([lanes["destination"][used], lanes["origin"][used]]).astype(np.int64)
    lane_gate = np.concatenate([lane_gate, lane_gate])
    places = np.unique(tail)
    result = np.empty(len(users), dtype=np.int64)
    for target in np.unique(targets).tolist():
        reach = builder.add(len(places), "reach", places, target)
        hop = builder.add(len(tail), "hop", lane_codes, head)
        builder.least(reach)
        builder.least(hop)
        builder.need(reach[np.searchsorted(places, tail)], hop)
        builder.at_least(reach, 1)
        builder.need(hop, lane_gate)
        last = head == target
        builder.need(hop[last], gate[target])
        builder.need(hop[~last], own[head[~last]])
        builder.need(hop[~last], reach[np.searchsorted(places, head[~last])])
        rows = np.flatnonzero(targets == target)
        place = np.minimum(np.searchsorted(places, users[rows]), max(len(places) - 1, 0))
        direct = np.isin(users[rows], places) & (users[rows] != target)
        result[rows[direct]] = reach[place[direct]]
        for row in rows[~direct].tolist():
            result[row] = _from(network, builder, places, reach, int(users[row]), target, gate, own)
    return result


def _from(
    network: Network,
    builder: Builder,
    places: Codes,
    reach: Codes,
    user: int,
    target: int,
    gate: Codes,
    own: Codes,
) -> int:
    if user == target:
        return int(gate[target])
    starts = _starts(network, places, user)
    others = np.array([place for place in starts if place != target], dtype=np.int64)
    some = builder.add(1, "reach", user, target)
    builder.at_least(some, 1)
    begin = builder.add(len(others), "reach", others, target)
    builder.need(begin, own[others])
    builder.need(begin, reach[np.searchsorted(places, others)])
    builder.need(np.repeat(some, len(others)), begin)
    if target in starts:
        builder.need(some, gate[target])
    return int(some[0])


def _starts(network: Network, places: Codes, user: int) -> list[int]:
    """Return the places on the lanes from which a user sets out, codes over all kinds."""
    kind, _ = network.thing(user)
    if kind != "service":
        return [user] if user in places else []
    services, row = network["services"], user - network.offset("service")
    country = int(services["country"][row])
    if country >= 0 and network.offset("country") + country in places:
        return [network.offset("country") + country]
    first, sites = network.offset("site"), network["sites"]
    at = places[(places >= first) & (places < first + len(sites))] - first
    near = sites["country"][at] == country
    region = int(services["region"][row])
    if region >= 0:
        same = np.flatnonzero(sites.words["region"] == services.words["region"][region])
        near &= np.isin(sites["region"][at], same)
    return [int(place) for place in first + at[near]]
