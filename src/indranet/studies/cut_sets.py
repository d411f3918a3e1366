"""What must fail together for a service to stop: its minimal cut sets, in the names of a case."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, up
from indranet.engines.gates.cuts import MOST, CutSets, cut_sets
from indranet.model.schema import KINDS
from indranet.studies.compile import Compiled, Horizon
from indranet.studies.groundwork import Groundwork
from indranet.studies.reach import Table

EVENT_KINDS = ("firm", "plant", "passage", "lane")


@dataclass(frozen=True)
class ServiceCuts:
    """The minimal cut sets of a service at one horizon.

    Attributes
    ----------
    table
        lost (identifier of the service), horizon, set (from 1), size, kind, id; one row a member.
        Smaller sets come first, then those whose members come first by kind and identifier.
    complete_to
        All sets of up to so many members are there, and none of more.
    tried
        Sets that were tried, see `engines.gates.cuts.CutSets`.
    down_before
        The service is down though nothing was taken away: no set is listed.
    """

    table: Table
    complete_to: int
    tried: int
    down_before: bool


def service_cut_sets(
    ground: Groundwork,
    compiled: Compiled,
    ordered: Ordered,
    service: int,
    horizon: Horizon,
    *,
    kinds: Sequence[str] = EVENT_KINDS,
    order: int = 3,
    most: int = MOST,
    executor: Executor | None = None,
) -> ServiceCuts:
    """Find the smallest sets of things without which a service stops.

    A set counts if the loss of all its members stops the service and the loss of all but any one
    does not. That what one member takes down holds another changes nothing: a plant and the firm
    that runs it may each be a member of a set of their own, and never of one.

    Parameters
    ----------
    ground
        The case, made ready; with sites apart if the loss of a site is an event.
    compiled, ordered
        The case as gates at one horizon, and their order.
    service
        Code over all kinds of the service, or of any other thing.
    horizon
        The horizon, for the table.
    kinds
        Kinds of thing whose loss is an event. So is that of each thing in `failures`.
    order
        Most members of a set, 1 to 3.
    most
        Sets to try, and to return, at most (see `engines.gates.cuts.cut_sets`).
    executor
        Threads to spread the work over; results do not depend on their number.

    Raises
    ------
    ValueError
        When a site whose loss is an event shares its gate with others, or `order` is out of range.
    """
    events, kind, name = _events(ground, kinds, service)
    watch, down = int(compiled.gate[service]), compiled.down
    sets = np.zeros((0, 3), dtype=np.int64)
    found = CutSets(sets, complete_to=order, tried=0)
    before = up(ordered, ([0, 0], []), always=down, watch=[watch], executor=executor)
    if before.any():
        removed = np.arange(len(events) + 1), compiled.own[events]
        found = cut_sets(
            ordered, removed, watch, order=order, always=down, most=most, executor=executor
        )
    row, place = np.nonzero(found.sets >= 0)
    member = found.sets[row, place]
    table = {
        "lost": np.full(len(row), ground.network.thing(service)[1], dtype=object),
        "horizon": np.full(len(row), horizon, dtype=object),
        "set": row + 1,
        "size": np.bincount(row, minlength=len(found.sets))[row],
        "kind": kind[member],
        "id": name[member],
    }
    return ServiceCuts(table, found.complete_to, found.tried, not before.any())


def _events(
    ground: Groundwork, kinds: Sequence[str], itself: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return code, kind and identifier of each thing whose loss is an event, by the last two.

    The loss of the thing itself explains nothing and is none.
    """
    network = ground.network
    failing = network["failures"].where(ground.exists("failures"))["thing"].astype(np.int64)
    spans = [np.arange(network.size)[network.span(kind)] for kind in kinds]
    events = np.setdiff1d(np.concatenate([failing, *spans]), [itself])
    of = np.repeat(np.array(KINDS, dtype=object), [len(network.names[kind]) for kind in KINDS])
    kind = of[events]
    name = np.concatenate([network.names[kind] for kind in KINDS])[events]
    classes = ground.classes.class_of[events[kind == "site"] - network.offset("site")]
    if (np.bincount(ground.classes.class_of)[classes] > 1).any():
        raise ValueError("sites whose loss is an event share gates: make the case ready with apart")
    named = np.lexsort((name.astype(str), kind.astype(str)))
    return events[named], kind[named], name[named]
