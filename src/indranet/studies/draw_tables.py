"""What draws found, as tables that name things: pieces of some draws, one after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import KINDS
from indranet.model.stored import Chunks
from indranet.studies.ensemble import Draw, Parts
from indranet.studies.groundwork import Groundwork, expand
from indranet.studies.outages import HOURS
from indranet.studies.prepared import WATCHED, Prepared
from indranet.studies.reportable import reportable

Table = Mapping[str, npt.NDArray[Any]]

_MANY = 20_000_000
"""Rows of the table of services above which it holds only those that are ever down."""
_OUTAGE = ("draw", "thing", "from_hour", "to_hour", "because", "reportable")
_PIECE = 64
"""Draws of one piece of a long table."""


def _numbers(first: int, sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the number of the draw of each row, for draws with so many rows each."""
    return np.repeat(np.arange(first, first + len(sizes)), np.array(sizes, dtype=np.int64))


def long_tables(ready: Prepared, draws: Sequence[Draw] | Parts) -> dict[str, Chunks]:
    """Return the tables that grow with the draws, in pieces of some draws."""
    makers: dict[str, tuple[tuple[str, ...], Callable[[Prepared, int, list[Draw]], Table]]] = {
        "totals": (("draw", "day", "measure", "value"), _totals),
        "services": (("draw", "day", "service", "up"), _service_days),
        "outages": (
            ("draw", "thing", "from_hour", "to_hour", "because", "reportable"),
            _outage_rows,
        ),
        "stockouts": (("draw", "day", "plant", "product", "because"), stockout_rows),
        "queues": (("draw", "day", "passage", "waiting"), _queue_rows),
    }
    if ready.model.detail:
        makers["production"] = (("draw", "day", "plant", "production"), _production_rows)

    def pieces(make: Callable[[Prepared, int, list[Draw]], Table]) -> Callable[[], Iterator[Table]]:
        def each() -> Iterator[Table]:
            for first in range(0, len(draws), _PIECE):
                some = [draws[n] for n in range(first, min(first + _PIECE, len(draws)))]
                yield make(ready, first, some)

        return each

    return {name: Chunks(columns, pieces(make)) for name, (columns, make) in makers.items()}


def _totals(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    days, measures = ready.model.days, ready.model.measures
    count = len(measures)
    return {
        "draw": _numbers(first, [days * count] * len(draws)),
        "day": np.tile(np.repeat(np.arange(days), count), len(draws)),
        "measure": np.tile(np.array(measures, dtype=object), days * len(draws)),
        "value": np.concatenate([draw["totals"].ravel() for draw in draws]),
    }


def _service_days(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    days, names = ready.model.days, ready.network.names["service"]
    whole = len(names) * days * ready.scenario.draws <= _MANY
    parts = []
    for draw in draws:
        if whole:
            up = np.ones((days, len(names)))
            up[:, draw["service"]] = draw["service_up"]
            parts.append((names, up))
        else:
            parts.append((names[draw["service"]], draw["service_up"]))
    sizes = [up.size for _, up in parts]
    return {
        "draw": _numbers(first, sizes),
        "day": np.concatenate([np.repeat(np.arange(days), up.shape[1]) for _, up in parts]),
        "service": np.concatenate([np.tile(some, days) for some, _ in parts]).astype(object),
        "up": np.concatenate([up.ravel() for _, up in parts]),
    }


class Seen(NamedTuple):
    """Things whose outages are told: code over all kinds, place of its gate among the watched."""

    of: npt.NDArray[np.int64]
    gate: npt.NDArray[np.int64]


def things_watched(ready: Prepared) -> Seen:
    """Return the things that exist and whose outages are told."""
    network, place = ready.network, ready.model.watched.place
    gate = np.concatenate([place[kind] for kind in WATCHED])
    things = np.concatenate([np.arange(network.size)[network.span(kind)] for kind in WATCHED])
    there = np.concatenate([_there(ready.ground, kind) for kind in WATCHED])
    return Seen(things[there], gate[there])


def _outage_rows(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    network = ready.network
    things, owner = things_watched(ready)
    by_gate = np.argsort(owner, kind="stable")
    start = np.searchsorted(owner[by_gate], np.arange(len(ready.model.timed.watch) + 1))
    outages = [draw["outage"] for draw in draws]
    gate, cause = np.concatenate([np.zeros((0, 2), dtype=np.int64), *outages]).T.astype(np.int64)
    hours = np.concatenate([np.zeros((0, 2)), *(draw["outage_hours"] for draw in draws)])
    row, at = expand(start[gate], start[gate + 1] - start[gate])
    thing = things[by_gate[at]]
    begins, ends = hours[row, 0], hours[row, 1]
    span = network.span("service")
    service = np.where((thing >= span.start) & (thing < span.stop), thing - span.start, -1)
    words = np.array(_causes(ready), dtype=object)
    return {
        "draw": _numbers(first, [len(of) for of in outages])[row],
        "thing": names_of(network)[thing],
        "from_hour": begins,
        "to_hour": np.where(ends < HOURS * ready.model.days, ends, np.nan),
        "because": words[cause[row]],
        "reportable": np.array(reportable(network, service, begins, ends), dtype=object),
    }


def _there(ground: Groundwork, kind: str) -> npt.NDArray[np.bool_]:
    tables = {"plant": "plants", "lane": "lanes", "site": "sites", "service": "services",
              "facility": "facilities"}  # fmt: skip
    if kind not in tables:
        return np.ones(len(ground.network.names[kind]), dtype=bool)
    return ground.exists(tables[kind])


def names_of(network: Network) -> npt.NDArray[np.object_]:
    """Return how each thing is written: its identifier, with its kind where several have it."""
    parts = [network.names[kind].astype(object) for kind in KINDS]
    names = np.concatenate(parts)
    _, of, count = np.unique(names.astype(str), return_inverse=True, return_counts=True)
    kinds = np.repeat(np.array(KINDS, dtype=object), [len(part) for part in parts])
    shared = count[of] > 1
    names[shared] = [f"{k}:{n}" for k, n in zip(kinds[shared], names[shared], strict=True)]
    return names


def _causes(ready: Prepared) -> list[str]:
    """Return causes in words: events, and from the end what none does alone, failures, stocks."""
    model = ready.model
    words = [effect.words for effect in model.effects]
    several = len(words) + len(model.stocked) + model.random > 1
    together = "several causes together" if several else ""
    return [*words, *model.stock_words[::-1], "failures", together]


def stockout_rows(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    """Return what ran out when, for whom and why, in some draws from number `first` on."""
    network, flow = ready.network, ready.model.flow
    plants, firms = network.names["plant"], network.names["firm"]
    products = network.names["product"]
    buyers = np.append(plants, firms[flow.operator]).astype(object)
    words = [*(effect.words for effect in ready.model.effects), "an outage of what it needs"]
    rows = np.concatenate([draw["stockout"] for draw in draws])
    because = [
        f"{words[cause] if cause >= 0 else 'orders ran ahead of supply'}, through {plants[seller]}"
        for cause, seller in rows[:, 3:5].tolist()
    ]
    return {
        "draw": _numbers(first, [len(draw["stockout"]) for draw in draws]),
        "day": rows[:, 0],
        "plant": buyers[rows[:, 1]],
        "product": products[rows[:, 2]].astype(object),
        "because": np.array(because, dtype=object),
    }


def _queue_rows(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    """Return what waits: ships where the case says how many usually pass, else days' worth."""
    network, flow, days = ready.network, ready.model.flow, ready.model.days
    closings = [effect.closing for effect in ready.model.effects if effect.closing is not None]
    names = names_of(network)
    things = sorted({closings[group[0]].thing for gate in flow.gates for group in gate.closings})
    span = network.span("passage")
    parts = []
    for draw in draws:
        waiting = np.zeros((days, len(things)))
        for number, gate in enumerate(flow.gates):
            thing = closings[gate.closings[0][0]].thing
            waiting[:, things.index(thing)] += draw["queue"][:, number]
        parts.append(waiting)
    ships = np.ones(len(things))
    for place, thing in enumerate(things):
        if span.start <= thing < span.stop:
            row = {name: network["passages"][name][thing - span.start] for name in _SHIPS}
            known = [value for value in row.values() if not np.isnan(value)]
            ships[place] = known[0] if known else 1.0
    return {
        "draw": _numbers(first, [days * len(things)] * len(draws)),
        "day": np.tile(np.repeat(np.arange(days), len(things)), len(draws)),
        "passage": np.tile(names[things], days * len(draws)).astype(object),
        "waiting": np.concatenate([(part * ships).ravel() for part in parts]),
    }


_SHIPS = ("usual_ships_per_day", "ships_per_day")


def _production_rows(ready: Prepared, first: int, draws: list[Draw]) -> Table:
    there = np.flatnonzero(ready.ground.exists("plants"))
    names, days = ready.network.names["plant"][there].astype(object), ready.model.days
    return {
        "draw": _numbers(first, [days * len(names)] * len(draws)),
        "day": np.tile(np.repeat(np.arange(days), len(names)), len(draws)),
        "plant": np.tile(names, days * len(draws)),
        "production": np.concatenate([draw["production"][:, there].ravel() for draw in draws]),
    }
