"""Some draws of a scenario, day by day: what is made, what runs out, what is up.

A draw is a function of the model and its number alone. Draws of one batch move side by side.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import State, SupplyNet, begin, step
from indranet.engines.flows.ario import Industries
from indranet.engines.gates.steps import Walk, walk
from indranet.studies.courses import Course, course, losses
from indranet.studies.draw_model import Model
from indranet.studies.outages import HOURS, Outages
from indranet.studies.outside import Outside
from indranet.studies.running import Running, holds_of
from indranet.studies.sectors import run_industries
from indranet.studies.stockouts import LEAST, Stockouts

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Draw = dict[str, npt.NDArray[Any]]


def compute(
    model: Model,
    draws: Sequence[int | None],
    *,
    threads: Executor | None = None,
    blame: bool = True,
) -> list[Draw]:
    """Return what happens in each of some draws.

    Services and flows move together from day to day: what a plant needs and lacks in a day takes
    its part of that day's capacity, and what a customer no longer has on hand in the morning is
    lacking, as an input or as a spare, until the morning on which it has it again.

    Parameters
    ----------
    model
        What they share.
    draws
        Their numbers; [None] is the usual course of events (see `courses.course`).
    threads
        For each day of the flows; the answer does not hang on them.
    blame
        Whether to watch what runs out and why; else nothing does.

    Returns
    -------
    For each draw: `totals` (days, measures); `service` and `service_up` (days, services), of the
    services that do not serve everybody all the time; `outage` (gate watched, cause, see `running`)
    and `outage_hours` (from, to); `stockout` (day, buyer, product, cause, supplier) by position, -1
    for what is not known; `queue` (days, gates), what waits in usual days' worth; with detail
    `production` (days, plants). The usual course of events also has `gate` and `gate_up` (days,
    gates), of the gates watched that are ever down; `dark`, those that stay down though nothing
    holds them down, `starts`, fewest of them to start, and whether fewer will not do (`fewest`);
    `traced` (days, plants traced); `wait` (stages), the most that waits, in days of the contract's
    flow.
    """
    courses, running = _begun(model, draws)
    moved = _flows(model, courses, running, threads, blame=blame)
    found = []
    for one, more in zip(running, moved, strict=True):
        draw = dict(one.found())
        draw["totals"] = np.column_stack([more.pop("totals"), draw.pop("served")])
        found.append(draw | more)
    return found


def services_alone(model: Model) -> tuple[Draw, bool]:
    """Return the usual course of services, and whether a plant is ever down for what it needs.

    Where none is, and nothing waits for stocks, flows and services do not hang on each other.
    """
    _, (running,) = _begun(model, [None])
    stops = len(model.stocked) > 0
    for day in range(model.days):
        stops |= len(running.move(day)[0]) > 0 and model.coupled
    draw = dict(running.found())
    served = draw.pop("served")
    draw["totals"] = np.column_stack([np.zeros((model.days, 3)), served])
    return draw, stops


def _begun(model: Model, draws: Sequence[int | None]) -> tuple[list[list[Course]], list[Running]]:
    """Return when events happen in each draw, and its services before anything happens."""
    courses = [[course(effect, model.seed, draw) for effect in model.effects] for draw in draws]
    known: dict[Any, Outages] = {}
    holds = [holds_of(model, of, draw) for draw, of in zip(draws, courses, strict=True)]
    walked: list[Walk | None] = [None] * len(draws)
    if model.stepped is not None:
        by_draw = dict(zip(draws, holds, strict=True))
        some = [draw for draw in draws if draw is not None]
        per_day = round(HOURS / model.stepped.hours)
        walks = walk(
            model.stepped, per_day * model.days, some,
            holds=lambda draw: [one for _, one in by_draw[draw]], seed=model.seed,
            periods=model.days, per_period=per_day,
        )  # fmt: skip
        walked = [None if draw is None else next(walks) for draw in draws]
    running = [
        Running(model, held, draw, known, steps)
        for draw, held, steps in zip(draws, holds, walked, strict=True)
    ]
    return courses, running


def summed(values: Floats) -> Floats:
    """Return the sum of each row, in an order that does not hang on the number of rows."""
    return np.asarray(np.ascontiguousarray(values).sum(axis=-1))


def _flows(
    model: Model,
    courses: Sequence[Sequence[Course]],
    running: Sequence[Running],
    threads: Executor | None,
    *,
    blame: bool,
) -> list[dict[str, npt.NDArray[Any]]]:
    """Move services and flows of all draws from day to day; return what flows give to each draw."""
    flow, days, wide = model.flow, model.days, len(courses)
    lost = losses(model.effects, courses, days)
    today = Outside(model, lost)
    if model.economy is not None:
        return _industries(model, model.economy, today, running)
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
        if day > 0 and len(model.stocked):
            short = _short(model, state)
            for number, one in enumerate(running):
                one.stock(day, short[:, number])
        before, used = _over(state.stock, user_links), _over(state.made, users)
        outside = today(day, _plants_up(model, running, day))
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
    found = []
    for number, one in enumerate(running):
        draw = {
            "totals": totals[:, number], "stockout": watch.found(number),
            "queue": queue[:, :, number].copy(),
        }  # fmt: skip
        if model.detail:
            draw["production"] = made[:, :, number].copy()
        if one.draw is None:
            draw |= {"traced": traced, "wait": wait, "used": used_up}
        found.append(draw)
    return found


def _industries(
    model: Model, economy: Industries, today: Outside, running: Sequence[Running]
) -> list[dict[str, npt.NDArray[Any]]]:
    """Return what industries make and sell in each draw."""
    flow, days = model.flow, model.days
    capacity, demand = (np.ones((flow.plants, days, len(running))) for _ in range(2))
    for day in range(days):
        outside = today(day, _plants_up(model, running, day))
        for factors, values in ((capacity, outside.capacity), (demand, outside.demand)):
            if values is not None:
                factors[:, day] = values[: flow.plants]
    found = []
    for number, one in enumerate(running):
        totals, made = run_industries(economy, capacity[:, :, number], demand[:, :, number])
        draw = {
            "totals": totals, "stockout": np.zeros((0, 5), dtype=np.int64),
            "queue": np.zeros((days, 0)),
        }  # fmt: skip
        if model.detail:
            draw["production"] = made
        if one.draw is None:
            draw |= {"traced": made[:, model.traced], "wait": np.zeros(len(flow.net.stages))}
        found.append(draw)
    return found


def _over(values: Floats, rows: Codes) -> Floats:
    """Return the sum over some rows in each draw."""
    return summed(values[rows].T)


def _plants_up(model: Model, running: Sequence[Running], day: int) -> list[tuple[Codes, Floats]]:
    """Move services on by a day; return for each draw plants that were down, and the part left."""
    moved = [one.move(day) for one in running]
    return moved if model.coupled else [(codes[:0], part[:0]) for codes, part in moved]


def _short(model: Model, state: State) -> Flags:
    """Return which stocks do not hold this morning what a day must have, shape (stocks, draws).

    It must have the share of a day's use that counts as supplied (`Model.need_share`).
    """
    net = model.flow.net
    needed = model.need_share * net.whole[model.stock_of] * (1.0 - LEAST)
    held = np.array([_on_hand(net, state, group) for group in model.stock_of.tolist()])
    short: Flags = held < needed[:, np.newaxis]
    return short


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


def _lacking(net: SupplyNet, state: State, group: int) -> Floats:
    """Return what a buyer will lack today of a day's use, after what arrives today."""
    lacking: Floats = np.maximum(0.0, net.whole[group] - _on_hand(net, state, group))
    return lacking


def _on_hand(net: SupplyNet, state: State, group: int) -> Floats:
    """Return what a buyer has this morning: its stock less yesterday's use, and what arrives."""
    links = slice(net.links[group], net.links[group + 1])
    held = state.stock[links].sum(axis=0)
    client = int(np.searchsorted(net.groups, group, side="right")) - 1
    usual = net.usual[client] if net.usual[client] > 0 else 1.0
    used = np.minimum(held, state.made[client] / usual * net.whole[group])
    slot = net.last[links] + state.day % net.last_room[links]
    on_hand: Floats = held - used + state.cells[slot].sum(axis=0)
    return on_hand
