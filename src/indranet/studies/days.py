"""Some draws of a scenario, day by day: what is made, what runs out, what is up.

A draw is a function of the model and its number alone. Draws of one batch move side by side.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import State, begin, step
from indranet.engines.flows.ario import Industries
from indranet.engines.gates import draw as draw_lots
from indranet.studies.clock import Hold, Moments, outages, run_clock, up_by_day
from indranet.studies.courses import HOURS, Course, course, losses
from indranet.studies.draw_model import Model
from indranet.studies.events import Effect
from indranet.studies.outside import Outside
from indranet.studies.sectors import run_industries
from indranet.studies.stockouts import Stockouts

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Draw = dict[str, npt.NDArray[Any]]

MEASURES = ("production", "value_added", "final_consumption", "people_served", "sites_up")
"""What is summed up each day: USD a day, USD a day, USD a day, persons, real sites."""
_LOTS = 1024
"""Lots are drawn for so many draws at once."""


def compute(
    model: Model,
    draws: Sequence[int | None],
    *,
    threads: Executor | None = None,
    blame: bool = True,
) -> list[Draw]:
    """Return what happens in each of some draws.

    Parameters
    ----------
    model
        What they share.
    draws
        Their numbers; [None] is the usual course of events (see `events.course`).
    threads
        For each day of the flows; the answer does not hang on them.
    blame
        Whether to watch what runs out and why; else nothing does.

    Returns
    -------
    For each draw: `totals` (days, measures); `service` and `service_up` (days, services), of the
    services that are ever down; `outage` (gate watched, cause) and `outage_hours` (from, to);
    `stockout` (day, buyer, product, cause, supplier) by position, -1 for what is not known; `queue`
    (days, gates), what waits in usual days' worth; with detail `production` (days, plants).
    The usual course of events also has `gate` and `gate_up` (days, gates), of the gates watched
    that are ever down; `traced` (days, plants traced); `wait` (stages), the most that waits, in
    days of the contract's flow.
    """
    courses, found, services = _through_time(model, draws)
    _flows(model, courses, services, found, threads, blame=blame)
    return found


def services_alone(model: Model) -> tuple[Draw, bool]:
    """Return the usual course of services, and whether a plant is ever down for what it needs.

    Where none is, flows do not hang on services at all.
    """
    _, (draw,), services = _through_time(model, [None])
    return draw, bool(len(_plants_up(model, services)[0][0]))


def _through_time(
    model: Model, draws: Sequence[int | None]
) -> tuple[list[list[Course]], list[Draw], list[Moments]]:
    """Return when events happen in each draw, what that does to services, and their moments."""
    courses = [[course(effect, model.seed, draw) for effect in model.effects] for draw in draws]
    moments: dict[Any, Moments] = {}
    found: list[Draw] = []
    services = []
    for draw, courses_of in zip(draws, courses, strict=True):
        holds = _holds(model, courses_of, draw)
        together = _timed(model, holds, moments)
        services.append(together)
        found.append(_services(model, holds, together, moments))
        if draw is None:
            changes = np.flatnonzero(~together.up.all(axis=0))
            found[-1] |= {"gate": changes, "gate_up": up_by_day(together, model.days, changes)}
    return courses, found, services


def _holds(model: Model, courses: Sequence[Course], draw: int | None) -> list[tuple[int, Hold]]:
    """Return what each event holds down in a draw, with the event's number."""
    found = []
    for number, (effect, when) in enumerate(zip(model.effects, courses, strict=True)):
        things = effect.things
        if not when.happens or not len(things) or (effect.event.share < 1 and not effect.by_lot):
            continue
        if effect.by_lot:
            things = things[_by_lot(model, effect, 0 if draw is None else draw)]
        gates = np.unique(model.own[things]).astype(np.int32)
        if len(gates) and when.ends > when.begins:
            found.append((number, Hold(when.begins * HOURS, when.ends * HOURS, gates)))
    return found


def _by_lot(model: Model, effect: Effect, draw: int) -> Flags:
    things = effect.things
    first = draw // _LOTS * _LOTS
    keys = model.keys[things] ^ np.uint64(_key(effect.key))
    shares = np.full(len(things), effect.event.share)
    words = draw_lots(shares, keys, model.seed, first, draw - first + 1)
    at = np.uint64((draw - first) % 64)
    down: Flags = ((words[:, -1] >> at) & np.uint64(1)).astype(bool)
    return down


def _key(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def _timed(model: Model, holds: Sequence[tuple[int, Hold]], known: dict[Any, Moments]) -> Moments:
    """Return the course of the gates, from those known if it was asked for before."""
    key = tuple((hold.begins, hold.ends, hold.gates.tobytes()) for _, hold in holds)
    if key not in known:
        until = float(HOURS * model.days)
        known[key] = run_clock(model.clock, [hold for _, hold in holds], until)
    return known[key]


def _services(
    model: Model,
    holds: Sequence[tuple[int, Hold]],
    together: Moments,
    known: dict[Any, Moments],
) -> Draw:
    """Return people served and sites up, services and outages of one draw."""
    watched, days = model.watched, model.days
    totals = np.zeros((days, len(MEASURES)))
    changes = np.flatnonzero(~together.up.all(axis=0))
    down = 1.0 - up_by_day(together, days, changes)
    # What is never down adds its whole; the rest for the part of the day that it is up.
    for column, weight in ((3, watched.people), (4, watched.sites)):
        totals[:, column] = weight.sum() - summed(down * weight[changes])
    service = np.flatnonzero(np.isin(watched.place["service"], changes))
    up = up_by_day(together, days, watched.place["service"][service])
    rows = [row for row in outages(together) if row[1] < row[2] and not watched.down[row[0]]]
    causes = _causes(model, holds, rows, known)
    return {
        "totals": totals,
        "service": service,
        "service_up": up,
        "outage": np.array(
            [(row[0], cause) for row, cause in zip(rows, causes, strict=True)], dtype=np.int64
        ).reshape(len(rows), 2),
        "outage_hours": np.array([row[1:] for row in rows]).reshape(len(rows), 2),
    }


def summed(values: Floats) -> Floats:
    """Return the sum of each row, in an order that does not hang on the number of rows."""
    return np.asarray(np.ascontiguousarray(values).sum(axis=-1))


def _causes(
    model: Model,
    holds: Sequence[tuple[int, Hold]],
    rows: Sequence[tuple[int, float, float]],
    known: dict[Any, Moments],
) -> list[int]:
    """Return the first event that alone takes each thing down at that time, -1 where none does."""
    causes = [-1] * len(rows)
    if len(holds) == 1:
        return [holds[0][0]] * len(rows)
    for hold in holds:
        alone = _timed(model, [hold], known)
        for row, (place, hour, _) in enumerate(rows):
            at = int(np.searchsorted(alone.hour, hour, side="right")) - 1
            if causes[row] < 0 and not alone.up[at, place]:
                causes[row] = hold[0]
    return causes


def _flows(
    model: Model,
    courses: Sequence[Sequence[Course]],
    services: Sequence[Moments],
    found: list[Draw],
    threads: Executor | None,
    *,
    blame: bool,
) -> None:
    """Move the flows of all draws from day to day, and add what they give to each draw."""
    flow, days, wide = model.flow, model.days, len(courses)
    lost = losses(model.effects, courses, days)
    today = Outside(model, lost, _plants_up(model, services))
    if model.economy is not None:
        _industries(model, model.economy, today, found)
        return
    state = begin(flow.net, model.rules, wide)
    watch = Stockouts(model, wide)
    user_links = np.flatnonzero(flow.client[flow.net.link] >= flow.plants)
    users = np.flatnonzero(flow.net.plant >= flow.plants)
    plants = np.flatnonzero(flow.net.plant < flow.plants)
    usual = float(summed(flow.net.final[users]))
    totals = np.zeros((days, wide, 3))
    queue = np.zeros((days, len(flow.gates), wide))
    made = np.zeros((days if model.detail else 0, flow.plants, wide))
    place = np.argsort(flow.net.plant)[model.traced]
    traced = np.zeros((days, len(place)))
    used_up = np.zeros(days)
    wait = np.zeros(len(flow.net.stages))
    piles = np.repeat(flow.piles.amount[:, np.newaxis], wide, axis=1)
    for day in range(days):
        _release(model, state, piles)
        before, used = _over(state.stock, user_links), _over(state.made, users)
        outside = today(day)
        step(flow.net, model.rules, state, outside, threads)
        # What reaches an operator is what it used and what its stock grew by, but for rounding.
        reached = np.maximum(_over(state.stock, user_links) - before + used, 0.0)
        reached = np.where(np.abs(reached - usual) < 1e-9 * usual, usual, reached)
        totals[day, :, 0] = _over(state.made, plants)
        totals[day, :, 1] = _over(flow.net.value[:, np.newaxis] * state.made, plants)
        totals[day, :, 2] = _over(state.consumed, plants) + reached
        if blame:
            watch.look(day, state, outside)
        stages = flow.net.stages
        if len(stages):
            np.add.at(queue[day], stages.passage, stages.load[:, np.newaxis] * state.waiting)
            usual_flow = np.maximum(flow.net.flow[stages.link], np.finfo(float).tiny)
            wait = np.maximum(wait, state.waiting[:, 0] / usual_flow)
        traced[day] = state.made[place, 0]
        used_up[day] = (_over(state.consumed, plants) + _over(state.made, users))[0]
        if model.detail:
            made[day, flow.net.plant[plants]] = state.made[plants]
    for number, draw in enumerate(found):
        draw["totals"][:, :3] = totals[:, number]
        draw["stockout"] = watch.found(number)
        draw["queue"] = queue[:, :, number].copy()
        if model.detail:
            draw["production"] = made[:, :, number].copy()
        if "gate" in draw:
            draw |= {"traced": traced, "wait": wait, "used": used_up}


def _industries(model: Model, economy: Industries, today: "Outside", found: list[Draw]) -> None:
    """Add what industries make and sell to each draw."""
    flow, days = model.flow, model.days
    for number, draw in enumerate(found):
        capacity, demand = (np.ones((flow.plants, days)) for _ in range(2))
        for day in range(days):
            outside = today(day)
            for factors, values in ((capacity, outside.capacity), (demand, outside.demand)):
                if values is not None:
                    factors[:, day] = values[: flow.plants, number]
        draw["totals"][:, :3], made = run_industries(economy, capacity, demand)
        draw["stockout"] = np.zeros((0, 5), dtype=np.int64)
        draw["queue"] = np.zeros((days, 0))
        if model.detail:
            draw["production"] = made
        if "gate" in draw:
            draw |= {"traced": made[:, model.traced], "wait": np.zeros(len(flow.net.stages))}


def _over(values: Floats, rows: Codes) -> Floats:
    """Return the sum over some rows in each draw."""
    return summed(values[rows].T)


def _plants_up(model: Model, services: Sequence[Moments]) -> list[tuple[Codes, Floats]]:
    """Return for each draw the plants that are ever down, and their part of each day up."""
    place = model.watched.place["plant"]
    found = []
    for moments in services:
        fails = ~np.asarray(moments.up.all(axis=0) | model.watched.down)[place]
        down = np.flatnonzero(fails & model.coupled)
        found.append((down, up_by_day(moments, model.days, place[down])))
    return found


def _release(model: Model, state: State, piles: Floats) -> None:
    """Give from what is in store to those who would else have less than a day's use on hand."""
    entries = model.flow.piles
    if not len(entries.amount) or not (piles > 0).any():
        return
    net = model.flow.net
    for pile in range(len(entries.amount)):
        groups = entries.group[entries.pile == pile]
        lacking = np.array([_lacking(net, state, int(group)) for group in groups])
        total = lacking.sum(axis=0)
        part = np.minimum(
            1.0, np.divide(piles[pile], total, out=np.zeros_like(total), where=total > 0)
        )
        for group, given in zip(groups.tolist(), lacking * part, strict=True):
            state.stock[net.links[group]] += given
        piles[pile] = np.maximum(piles[pile] - (lacking * part).sum(axis=0), 0.0)


def _lacking(net: Any, state: State, group: int) -> Floats:
    """Return what a buyer will lack today of a day's use, after what arrives today."""
    links = slice(net.links[group], net.links[group + 1])
    held = state.stock[links].sum(axis=0)
    client = int(np.searchsorted(net.groups, group, side="right")) - 1
    usual = net.usual[client] if net.usual[client] > 0 else 1.0
    used = np.minimum(held, state.made[client] / usual * net.whole[group])
    slot = net.last[links] + state.day % net.last_room[links]
    lacking: Floats = np.maximum(
        0.0, net.whole[group] - (held - used + state.cells[slot].sum(axis=0))
    )
    return lacking
