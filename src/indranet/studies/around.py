"""What a thing needs at first hand, and what needs it: the net without the gates in between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.studies.compile import Compiled
from indranet.studies.groundwork import Groundwork, expand

Codes = npt.NDArray[np.int64]

_THINGS = ("thing", "reaching", "units", "excluded")
"""Roles of gates at which a step ends: each stands for a thing, units for their product."""
_PATHS = ("reach", "hop")
"""Roles of gates of paths over lanes: no step leads through them, or all would be near to all."""


@dataclass(frozen=True, eq=False)
class Links:
    """The links of a net, both ways.

    Attributes
    ----------
    compiled, ground
        The case as gates, and what they were made of.
    start, users
        Gates that take each gate as an input, compressed sparse rows.
    """

    compiled: Compiled
    ground: Groundwork
    start: npt.NDArray[np.int64]
    users: npt.NDArray[np.int32]


def links(ground: Groundwork, compiled: Compiled) -> Links:
    """Return the links of a net, both ways."""
    gates = compiled.gates
    user = np.repeat(np.arange(len(gates.threshold)), np.diff(gates.start))
    by_input = np.argsort(gates.inputs, kind="stable")
    start = np.searchsorted(gates.inputs[by_input], np.arange(len(gates.threshold) + 1))
    return Links(compiled, ground, start.astype(np.int64), user[by_input].astype(np.int32))


def needed_by(net: Links, members: Codes) -> Codes:
    """Return what some things need at first hand, codes over all kinds, ascending.

    Units that a site has installed are told as their product; a place that must be reached over
    lanes is told, the lanes are not.

    Parameters
    ----------
    net
        The links.
    members
        Codes over all kinds; above them stand positions in `Groundwork.pairs`, as in
        `studies.candidates.Candidates`. They are not among the answer.
    """
    gates = net.compiled.gates
    found, paths = _walk(net, members, gates.start, gates.inputs)
    targets = net.compiled.labels.by[paths]
    return np.setdiff1d(np.concatenate([found, targets]), members)


def users_of(net: Links, members: Codes) -> Codes:
    """Return what needs some things at first hand, codes over all kinds, ascending.

    Parameters
    ----------
    net, members
        As for `needed_by`.
    """
    found, _ = _walk(net, members, net.start, net.users)
    groups = net.ground.groups
    reached = groups.reaches[groups.of] & np.isin(groups.rows["input"], members)
    return np.setdiff1d(np.concatenate([found, groups.user[groups.of[reached]]]), members)


def _walk(
    net: Links, members: Codes, start: npt.NDArray[np.int64], linked: npt.NDArray[np.int32]
) -> tuple[Codes, Codes]:
    """Follow links from the gates of some things until each path meets another thing.

    Returns
    -------
    The things met, and the gates of paths over lanes at which it went no further.
    """
    compiled, labels = net.compiled, net.compiled.labels
    ends, paths = (
        np.isin(labels.role, [i for i, role in enumerate(labels.roles) if role in some])
        for some in (_THINGS, _PATHS)
    )
    seen = np.zeros(len(labels.role), dtype=bool)
    own, gate = (np.concatenate([some, compiled.units]) for some in (compiled.own, compiled.gate))
    front = np.unique(np.concatenate([own[members], gate[members]]))
    seen[front] = True
    things: list[npt.NDArray[np.integer]] = [np.zeros(0, dtype=np.int64)]
    stopped: list[npt.NDArray[np.integer]] = [np.zeros(0, dtype=np.int64)]
    while len(front):
        _, at = expand(start[front], start[front + 1] - start[front])
        reached = np.unique(linked[at])
        reached = reached[~seen[reached]]
        seen[reached] = True
        end = ends[reached] & ~np.isin(labels.of[reached], members)
        path = paths[reached]
        things.append(labels.of[reached[end]])
        stopped.append(reached[path])
        front = reached[~end & ~path]
    return np.concatenate(things).astype(np.int64), np.concatenate(stopped).astype(np.int64)
