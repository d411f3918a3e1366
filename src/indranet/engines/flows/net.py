"""A net of plants and links, grouped by client and product for the kernels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Array = npt.NDArray[Any]

ESSENTIAL, DEFERRABLE, NEGLIGIBLE = 0, 1, 2
"""How an input binds production."""


@dataclass(frozen=True, eq=False)
class Passages:
    """Where goods under way pass something that may hold them up.

    A stage is one passage on the way of one link. The first stage of a link comes `before` days
    after departure; each further one at least a day after the one before it.

    Attributes
    ----------
    link, passage
        Whose way, and which passage, shape (stages,); stages of a link in the order of its way.
    before
        Days from departure, or from the passage before, shape (stages,).
    load
        What one unit of the link takes of a passage's room, shape (stages,).
    detour
        Days that a way round takes longer, -1 for none, shape (stages,).
    """

    link: npt.ArrayLike
    passage: npt.ArrayLike
    before: npt.ArrayLike
    load: npt.ArrayLike
    detour: npt.ArrayLike


@dataclass(frozen=True, eq=False)
class Stages:
    """Stages in the order of the links of a `SupplyNet`; see `Passages`.

    Attributes
    ----------
    link, passage, before, load, detour
        As given, links numbered as in the net.
    start, room
        First cell and number of cells of the leg before each passage.
    to, to_room
        The same of the leg after it.
    after
        Days of the leg after it.
    """

    link: Ints
    passage: Ints
    before: Ints
    load: Floats
    detour: Ints
    start: Ints
    room: Ints
    to: Ints
    to_room: Ints
    after: Ints

    def __len__(self) -> int:
        """Return the number of stages."""
        return len(self.link)


@dataclass(frozen=True, eq=False)
class SupplyNet:
    """Plants and the links between them, as the engine keeps them.

    Plants are numbered anew by descending number of links, which keeps what is read often close
    together; links by client and product.

    Attributes
    ----------
    plant, link
        The caller's number of each plant and each link.
    usual, capacity, final, value
        Output a day without any event, most output a day, final demand a day, value added of a unit
        of output; shape (plants,).
    steady
        Whether a plant orders for its final demand, whatever it got, shape (plants,).
    stock
        Finished units on hand, shape (plants,); empty where no plant has any.
    groups
        Groups of each plant: (client, product) pairs, compressed rows, shape (plants + 1,).
    links
        Links of each group, compressed rows, shape (groups + 1,).
    need, whole, part
        How each group binds, its flow a day, its part of all inputs of its client, shape (groups,).
    days, lag
        Days of stock that each group aims at and its days under way, shape (groups,).
    earlier
        Days by which each group turns to spare links sooner, shape (groups,).
    supplier, flow, transit, rank
        Of each link; flow is 0 for a link that is used only when others fail. Clients of lower rank
        are served first.
    most
        Most units a day that may be ordered on each link; empty where nothing limits any.
    out, out_links
        Links of each supplier, compressed rows.
    group
        Group of each link.
    delay
        Days from departure to the first passage of each link, else to the client.
    cell, room
        First cell and number of cells of the goods that leave on each link.
    last, last_room
        The same of the leg that ends at the client; equal but for links with passages.
    cells
        Cells in all.
    stages
        Passages on the way.
    """

    plant: Ints
    link: Ints
    usual: Floats
    capacity: Floats
    final: Floats
    value: Floats
    steady: npt.NDArray[np.bool_]
    stock: Floats
    groups: Ints
    links: Ints
    need: npt.NDArray[np.int8]
    whole: Floats
    part: Floats
    days: Floats
    lag: Floats
    earlier: npt.NDArray[np.int16]
    supplier: Codes
    flow: Floats
    transit: Codes
    rank: npt.NDArray[np.int8]
    most: Floats
    out: Ints
    out_links: Codes
    group: Codes
    delay: Codes
    cell: Ints
    room: Codes
    last: Ints
    last_room: Codes
    cells: int
    stages: Stages

    def __len__(self) -> int:
        """Return the number of plants."""
        return len(self.plant)

    @property
    def at_once(self) -> bool:
        """Whether everything arrives the day after it left."""
        return self.cells == len(self.supplier)

    @property
    def has_spare_links(self) -> bool:
        """Whether some links are used only when others fail."""
        return bool((self.flow == 0).any())


def supply_net(
    supplier: npt.ArrayLike,
    client: npt.ArrayLike,
    product: npt.ArrayLike,
    flow: npt.ArrayLike,
    final: npt.ArrayLike,
    *,
    stock_days: npt.ArrayLike = 15.0,
    transit: npt.ArrayLike = 0,
    rank: npt.ArrayLike = 0,
    need: npt.ArrayLike = ESSENTIAL,
    capacity: npt.ArrayLike | None = None,
    value: npt.ArrayLike = 1.0,
    steady: npt.ArrayLike = False,
    stock: npt.ArrayLike = 0.0,
    most: npt.ArrayLike = np.inf,
    earlier: npt.ArrayLike = 0,
    passages: Passages | None = None,
) -> SupplyNet:
    """Build a net.

    Parameters
    ----------
    supplier, client, product, flow
        Of each link: plants, any number for the product, units a day; shape (links,). A flow of 0
        makes a link that is used only when the others of its client and product fail.
    final
        Final demand of each plant, units a day, shape (plants,).
    stock_days
        Stock that the client of a link aims at, days of its flow. What comes from several suppliers
        of one product is one stock, whose days are the mean over their flows.
    transit
        Whole days under way; 0 arrives on the day after.
    rank
        Clients of lower rank are served first when a supplier is short, 0 to 100.
    need
        How the product binds the client: ESSENTIAL, DEFERRABLE or NEGLIGIBLE; one value a link, the
        same for all links of a client and product.
    capacity
        Most units a day of each plant; its usual output by default.
    value
        Value added of a unit of output, shape (plants,).
    steady
        Whether a plant only uses what it gets: its orders follow its final demand, whatever it
        got; shape (plants,). What it draws from stock is still what it makes.
    stock
        Finished units on hand, shape (plants,). They are shipped as far as a plant makes less than
        is wanted of it, and never refilled.
    most
        Most units a day that may be ordered on each link, of its flow at least, shape (links,).
    earlier
        Whole days by which the client of a link turns to spare links sooner than
        `Rules.resourcing_days`, shape (links,); of the links of one client and product the most.
    passages
        What may hold goods up on their way.

    Raises
    ------
    ValueError
        When shapes or ranges are wrong.
    """
    final = _floats("final", final, None, 0.0)
    plants = len(final)
    supplier, client, product = (np.asarray(a, dtype=np.int64) for a in (supplier, client, product))
    links = len(supplier)
    if client.shape != (links,) or product.shape != (links,):
        raise ValueError("supply_net: supplier, client, product are of different lengths")
    for name, codes in (("supplier", supplier), ("client", client)):
        if links and (codes.min() < 0 or codes.max() >= plants):
            raise ValueError(f"supply_net: {name} is not among the {plants} plants of final")
    flow = _floats("flow", flow, links, 0.0)
    stock_days = _floats("stock_days", stock_days, links, 0.0)
    transit = _whole("transit", transit, links, 0, 10_000)
    rank = _whole("rank", rank, links, 0, 100)
    need = _whole("need", need, links, ESSENTIAL, NEGLIGIBLE)
    value = _floats("value", value, plants, 0.0)
    usual = np.bincount(supplier, weights=flow, minlength=plants) + final
    capacity = usual if capacity is None else _floats("capacity", capacity, plants, 0.0)
    stock = _floats("stock", stock, plants, 0.0)
    most = _floats("most", most, links, 0.0, finite=False)
    if np.any(most < flow):
        raise ValueError("supply_net: most is below the flow of its link")
    earlier = _whole("earlier", earlier, links, 0, 10_000)
    degree = np.bincount(supplier, minlength=plants) + np.bincount(client, minlength=plants)
    plant = np.lexsort((np.arange(plants), -degree))
    place = np.empty(plants, dtype=np.int64)
    place[plant] = np.arange(plants)
    order = np.lexsort((np.arange(links), place[supplier], product, place[client]))
    supplier, client, product = place[supplier[order]], place[client[order]], product[order]
    flow, stock_days, transit = flow[order], stock_days[order], transit[order]
    new = np.flatnonzero(np.diff(client, prepend=-1).astype(bool) | _changes(product))
    group = np.cumsum(np.isin(np.arange(links), new)) - 1
    need = need[order]
    if links and np.any(need != need[new][group]):
        raise ValueError("supply_net: links of one client and product disagree on need")
    whole = np.bincount(group, weights=flow, minlength=len(new)).astype(np.float64)
    inputs = np.bincount(client[new], weights=whole, minlength=plants)
    safe = np.where(whole > 0, whole, 1.0)
    sooner = np.zeros(len(new), dtype=np.int16)
    np.maximum.at(sooner, group, earlier[order].astype(np.int16))
    delay, first, room, last, last_room, cells, stages = _cells(order, transit, passages)
    return SupplyNet(
        plant=plant,
        link=order,
        usual=usual[plant],
        capacity=capacity[plant],
        final=final[plant],
        value=value[plant],
        steady=np.broadcast_to(np.asarray(steady, dtype=np.bool_), (plants,))[plant],
        stock=stock[plant] if stock.any() else stock[:0],
        groups=np.searchsorted(client[new], np.arange(plants + 1)),
        links=np.append(new, links),
        need=need[new].astype(np.int8),
        whole=whole,
        part=whole / np.where(inputs > 0, inputs, 1.0)[client[new]],
        days=np.bincount(group, weights=flow * stock_days, minlength=len(new)) / safe,
        lag=np.bincount(group, weights=flow * transit, minlength=len(new)) / safe,
        earlier=sooner,
        supplier=supplier.astype(np.int32),
        flow=flow,
        transit=transit.astype(np.int32),
        rank=rank[order].astype(np.int8),
        most=most[order] if np.isfinite(most).any() else most[:0],
        out=np.searchsorted(np.sort(supplier), np.arange(plants + 1)),
        out_links=np.argsort(supplier, kind="stable").astype(np.int32),
        group=group.astype(np.int32),
        delay=delay.astype(np.int32),
        cell=first,
        room=room.astype(np.int32),
        last=last,
        last_room=last_room.astype(np.int32),
        cells=cells,
        stages=stages,
    )


def _changes(values: Ints) -> npt.NDArray[np.bool_]:
    changes: npt.NDArray[np.bool_] = np.append(True, np.diff(values) != 0)[: len(values)]
    return changes


def _cells(
    order: Ints, transit: Ints, passages: Passages | None
) -> tuple[Ints, Ints, Ints, Ints, Ints, int, Stages]:
    """Return where goods under way are kept: a cell for each day of each leg of each link."""
    links = len(order)
    if passages is None:
        passages = Passages(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
    count = len(np.asarray(passages.link))
    place = np.empty(links, dtype=np.int64)
    place[order] = np.arange(links)
    given = _whole("passages: link", passages.link, count, 0, links - 1)
    turn = np.argsort(place[given], kind="stable")
    link = place[given][turn]
    passage = _whole("passages: passage", passages.passage, count, 0, 2**31)[turn]
    before = _whole("passages: before", passages.before, count, 0, 10_000)[turn]
    load = _floats("passages: load", passages.load, count, 0.0)[turn]
    detour = _whole("passages: detour", passages.detour, count, -1, 10_000)[turn]
    opens = _changes(link)
    if np.any(before[~opens] < 1):
        raise ValueError("passages: a further passage comes at least a day after the one before")
    left = transit.copy()
    np.subtract.at(left, link, before)
    if np.any(left < 0):
        raise ValueError("passages: a link passes something after it has arrived")
    # A leg keeps one more cell than its longest way has days; one more tells what left yesterday.
    longer = np.zeros(links, dtype=np.int64)
    np.maximum.at(longer, link, np.maximum(detour, 0))
    own_room = np.where(np.isin(np.arange(links), link), left + longer + 2, left + 1)
    own = np.cumsum(np.append(0, own_room))
    ends = np.append(opens, True)[1:] if count else opens
    stage_room = before + 2
    stage_room[~opens] += np.maximum(detour, 0)[np.flatnonzero(~opens) - 1]
    stage = own[-1] + np.cumsum(np.append(0, stage_room))
    first, room = own[:-1].copy(), own_room.copy()
    first[link[opens]], room[link[opens]] = stage[:-1][opens], stage_room[opens]
    delay = transit.copy()
    delay[link[opens]] = before[opens]
    follows = np.minimum(np.arange(count) + 1, max(count - 1, 0))
    stages = Stages(
        link=link,
        passage=passage,
        before=before,
        load=load,
        detour=detour,
        start=stage[:-1],
        room=stage_room,
        to=np.where(ends, own[:-1][link], stage[:-1][follows]),
        to_room=np.where(ends, own_room[link], stage_room[follows]),
        after=np.where(ends, left[link], before[follows]),
    )
    return delay, first, room, own[:-1], own_room, int(stage[-1]), stages


def _floats(
    name: str, values: npt.ArrayLike, length: int | None, least: float, finite: bool = True
) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if length is not None:
        array = np.broadcast_to(array, (length,)).copy()
    sound = np.all(np.isfinite(array)) if finite else not np.any(np.isnan(array))
    if array.ndim != 1 or not sound or np.any(array < least):
        raise ValueError(f"supply_net: {name} holds something else than numbers from {least:g} up")
    return array


def _whole(name: str, values: npt.ArrayLike, length: int, least: int, most: int) -> Ints:
    array = np.broadcast_to(np.asarray(values), (length,)).astype(np.int64)
    if np.any(array != np.broadcast_to(np.asarray(values), (length,))):
        raise ValueError(f"supply_net: {name} holds something else than whole numbers")
    if np.any(array < least) or np.any(array > most):
        raise ValueError(f"supply_net: {name} is not between {least} and {most}")
    return array
