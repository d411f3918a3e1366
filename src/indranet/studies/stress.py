"""What a scenario does, day by day, to supply, sites and services, with its uncertainty."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet import __version__
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.model.stored import Chunks
from indranet.studies.calibration import calibration
from indranet.studies.days import compute
from indranet.studies.description import not_considered
from indranet.studies.draw_model import Model
from indranet.studies.draw_tables import long_tables, names_of, stockout_rows, things_watched
from indranet.studies.ensemble import Draw, Job, Parts, quantiles, run_draws
from indranet.studies.events import Effect
from indranet.studies.exceedance import exceedance, years_table
from indranet.studies.prepared import Prepared, prepare
from indranet.studies.scenery import lane_table, map_tables
from indranet.studies.sensitivity import bounds, lost_of, sensitivity, usual_values
from indranet.studies.worst import names_table

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

BATCH = 8
_NAMED = 100
"""Things named in the summary at most."""
_LARGE = 2_000_000
"""Links times draws that move side by side at most."""
_WIDE = 50_000
"""Links from which on threads move one course faster."""


@dataclass(frozen=True)
class Stress:
    """What a scenario does.

    Attributes
    ----------
    tables
        `totals` (draw, day, measure, value), `quantiles` (day, measure, mean, q05, q50, q95),
        `services` (draw, day, service, up: part of the day), `outages` (draw, thing, from_hour,
        to_hour, because, reportable: the rules by which it must be reported; a `to_hour` that is
        empty: down to the end; of what fails by itself without the sites), `stockouts` (draw, day,
        plant, product, because; the first day of each time that less than a day's use is on hand;
        `plant` may be an operator), `queues` (draw, day, passage, waiting), `sensitivity`
        (parameter, value, measure, lost, lost_share), `bounds` (measure, lost, lost_at_least,
        days_met), `lanes`, `places`, `place_days`, `plants`, `plant_days` (what the usual course of
        events does on the map), `hours` (hour, people_served: from the day on which that first
        changes in the usual course, 14 days at most); with detail `production` (draw, day, plant,
        production).
        `exceedance` and `a_year` say how often losses of each size come, and what a year loses on
        average (see `studies.exceedance`; `a_year` is empty where nothing comes at a rate).
        `names` are those in words. Amounts are USD a day, persons and real sites.
    long
        Those of them that come in pieces.
    summary
        The answer in short, as plain data.
    """

    tables: Mapping[str, Table]
    long: Mapping[str, Chunks]
    summary: Mapping[str, Any]


class _Tables(Mapping[str, Table]):
    """Tables by name; a long one is put together when asked for."""

    def __init__(self, short: Mapping[str, Table], long: Mapping[str, Chunks]) -> None:
        self._short, self._long = short, long

    def __getitem__(self, name: str) -> Table:
        return self._long[name].whole() if name in self._long else self._short[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._long, *self._short))

    def __len__(self) -> int:
        return len(self._long) + len(self._short)


def stress(
    network: Network,
    scenario: Scenario,
    *,
    executor: Executor | None = None,
    folder: Path | None = None,
    detail: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Stress:
    """Run a scenario.

    Flows are those of `engines.flows`: Hallegatte 2008, Inoue & Todo 2019, with what the module
    adds; services are greatest fixed points of the gates by the hour (`studies.clock`). What is
    drawn is which events happen and how long they last.

    Parameters
    ----------
    network, scenario
        The case and what happens.
    executor
        Where to compute draws; default in this thread. The answer does not hang on it.
    folder
        Where finished draws are kept, so that a run that was stopped goes on where it was; default
        nowhere.
    detail
        Keep the output of every plant on every day.
    progress
        Called with the number of draws done.

    Raises
    ------
    InputError
        When an event names what the case does not hold, or asks for what there is not.
    """
    ready = prepare(network, scenario, detail)
    links = max(len(ready.model.flow.net.link), 1)
    with _threads(links) as threads:
        usual = compute(ready.model, [None], threads=threads)[0]
    if scenario.draws == 1 and not ready.model.by_chance:
        return _answer(ready, [usual], usual)
    key = _key(ready)
    job = Job(compute, ready.model, key)
    batch = max(1, min(BATCH, _LARGE // links))
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="indranet-") as scratch:
            parts = run_draws(
                job, scenario.draws, Path(scratch), executor=executor, batch=batch,
                progress=progress,
            )  # fmt: skip
            return _answer(ready, list(parts), usual)
    parts = run_draws(
        job, scenario.draws, folder, executor=executor, batch=batch, progress=progress
    )
    return _answer(ready, parts, usual)


@contextmanager
def _threads(links: int) -> Iterator[Executor | None]:
    """Give threads for the days of one course, where they are worth their while."""
    if links < _WIDE:
        yield None
        return
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        yield threads


def _key(ready: Prepared) -> str:
    """Return a hash of all that decides the draws: version, case, scenario but for their number."""
    asked = ready.scenario.model_dump_json(exclude={"draws", "name"})
    text = f"{__version__}|{ready.network.case_hash}|{asked}|{ready.model.detail}"
    return sha256(text.encode()).hexdigest()


def _answer(ready: Prepared, draws: Sequence[Draw] | Parts, usual: Draw) -> Stress:
    """Return the tables and the summary of all draws."""
    small: dict[str, Table] = {"quantiles": _quantiles(ready.model, draws)}
    small["sensitivity"] = sensitivity(ready, usual)
    small["bounds"] = bounds(ready, usual)
    small["lanes"] = lane_table(ready.ground, ready.model.flow, usual)
    small["hours"] = {"hour": usual["hours"][:, 0], "people_served": usual["hours"][:, 1]}
    small |= map_tables(ready.ground, ready.model, usual)
    small["names"] = names_table(ready.network)
    lost = np.array([lost_of(ready.model, draw) for draw in draws])
    small["exceedance"] = exceedance(ready.model.measures, lost, ready.model.days)
    known = lost if _at_a_rate(ready) else lost[:0]
    small["a_year"] = years_table(ready.model.measures, known, ready.model.days)
    long = long_tables(ready, draws)
    return Stress(_Tables(small, long), long, _summary(ready, lost, usual, small))


def _quantiles(model: Model, draws: Sequence[Draw] | Parts) -> Table:
    values = np.empty((len(draws), model.days * len(model.measures)))
    for number, draw in enumerate(draws):
        values[number] = draw["totals"].ravel()
    found = quantiles(values)
    return {
        "day": np.repeat(np.arange(model.days), len(model.measures)),
        "measure": np.tile(np.array(model.measures, dtype=object), model.days),
        "mean": found.mean, "q05": found.q05, "q50": found.q50, "q95": found.q95,
    }  # fmt: skip


def _summary(
    ready: Prepared, lost: Floats, usual: Draw, tables: Mapping[str, Table]
) -> dict[str, Any]:
    """Return the answer in short."""
    model, scenario, network = ready.model, ready.scenario, ready.network
    whole = usual_values(model)
    low, middle, high = np.quantile(lost, (0.05, 0.5, 0.95), axis=0)
    worst: dict[str, Any] = {}
    table = tables["quantiles"]
    for number, measure in enumerate(model.measures):
        least = table["q50"][table["measure"] == measure]
        day = int(np.argmin(least))
        worst[measure] = {
            "usual": float(whole[number]),
            "lost": float(middle[number]), "lost_low": float(low[number]),
            "lost_high": float(high[number]),
            "lost_share": float(middle[number] / max(whole[number] * model.days, 1e-300)),
            "worst_day": day, "worst_value": float(least[day]),
        }  # fmt: skip
    for row, measure in enumerate(tables["a_year"]["measure"].tolist()):
        worst[measure]["lost_a_year"] = {
            name: float(tables["a_year"][name][row]) for name in ("mean", "low", "high")
        }
    first = stockout_rows(ready, 0, [usual])
    watched = model.watched
    # What is down before anything happens goes down of nothing here.
    goes = usual["service"][~watched.down[watched.place["service"][usual["service"]]]]
    return {
        "scenario": scenario.name,
        "days": model.days,
        "draws": scenario.draws,
        "seed": scenario.seed,
        "events": [_event_words(effect) for effect in model.effects if not effect.strikes[1]],
        "hazards": [
            {**_event_words(effect), "per_year": effect.strikes[0]}
            for effect in model.effects if effect.strikes[1] == 1
        ],
        "measures": worst,
        "first_stockouts": [
            {name: values[row].item() if hasattr(values[row], "item") else values[row]
             for name, values in first.items() if name != "draw"}
            for row in range(min(10, len(first["day"])))
        ],
        "stockouts": len(first["day"]),
        "services_down": network.names["service"][goes].tolist()[:100],
        "services_ever_down": len(goes),
        "service_value_lost": _value_lost(network, usual),
        **_in_time(ready, usual),
        "agreements_in_force": network.names["agreement"][ready.ground.force].tolist(),
        "order_basis": scenario.order_basis,
        "production": scenario.production,
        "calibration": calibration(),
    }  # fmt: skip


def _at_a_rate(ready: Prepared) -> bool:
    """Return whether what goes wrong comes at a rate, so that more days lose more in proportion."""
    return ready.scenario.hazards or ready.model.random


def _value_lost(network: Network, usual: Draw) -> float:
    """Return the value of services while they are down, USD."""
    value = network["services"]["value_usd_per_day"][usual["service"]]
    return float(np.nansum(value * (1.0 - usual["service_up"]).sum(axis=0)))


def _in_time(ready: Prepared, usual: Draw) -> dict[str, Any]:
    """Return what stays down though nothing holds it down, and what the answer leaves out."""
    things = names_of(ready.network)
    watched = things_watched(ready)

    def named(places: npt.NDArray[Any]) -> list[str]:
        found = watched.of[np.isin(watched.gate, places)]
        return sorted(str(name) for name in things[found])

    dark = named(usual["dark"])
    return {
        "dark": dark[:_NAMED],
        "ever_dark": len(dark),
        "black_start": named(usual["starts"])[:_NAMED],
        "fewest_starts": bool(usual["fewest"][0]),
        "random_failures": ready.model.random,
        "step_hours": None if ready.model.stepped is None else ready.model.stepped.hours,
        "not_considered": {**not_considered(ready.network), **ready.left_out},
    }


def _event_words(effect: Effect) -> dict[str, Any]:
    event = effect.event
    lasts = event.lasts_days
    return {
        "words": effect.words, "share": event.share, "day": event.day, "chance": event.chance,
        "lasts_days": lasts if lasts is None or isinstance(lasts, float | int)
        else lasts.model_dump(exclude_none=True),
        "recovery": event.recovery, "recovery_days": event.recovery_days,
    }  # fmt: skip
