"""How far a stress run can be trusted: other assumptions, and the least that must be lost."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.flows import Rules
from indranet.engines.flows.rules import ORDER_BASES
from indranet.studies.best_case import best_case
from indranet.studies.courses import course, losses
from indranet.studies.days import compute, services_alone
from indranet.studies.draw_model import Model
from indranet.studies.ensemble import Draw
from indranet.studies.events import effects
from indranet.studies.outside import Outside
from indranet.studies.prepared import Prepared, model_of

Table = Mapping[str, npt.NDArray[Any]]

_SLOW = 2_000_000_000
"""Links times days above which the sensitivity table is left out."""
STOCK_FACTORS, ADJUSTMENTS, NEED_SHARES = (0.5, 2.0), (0.5, 2.0), (0.3, 0.8)


def usual_values(model: Model) -> npt.NDArray[np.float64]:
    """Return each measure on a day without any event, shape (measures,)."""
    flow, net = model.flow, model.flow.net
    plants = net.plant < flow.plants
    sold = net.final[~plants].sum() if model.economy is None else 0.0
    final = net.final[plants].sum() + sold
    if model.economy is not None:
        final = model.economy.final.sum()
    made = net.usual[plants]
    return np.array([made.sum(), (net.value[plants] * made).sum(), final, *model.usual_lots])


def lost_of(model: Model, draw: Draw) -> npt.NDArray[np.float64]:
    """Return what is lost of each measure over all days: the usual less what there is."""
    lost: npt.NDArray[np.float64] = (usual_values(model) - draw["totals"]).sum(axis=0)
    return np.where(np.abs(lost) < 1e-9 * usual_values(model) * model.days, 0.0, lost)


def sensitivity(ready: Prepared, usual: Draw) -> Table:
    """Return what the usual course of events costs under other assumptions, one changed at a time.

    Stock days and adjustment days halved and doubled, the other order bases, other need shares, and
    products of which nobody knows whether they have a flaw as not affected.
    """
    model = ready.model
    runs: list[tuple[str, str, Draw]] = [("as asked", "", usual)]
    if len(model.flow.net.link) * model.days <= _SLOW:
        variants = _variants(ready, usual)
        # Few at a time: each holds a state of its own.
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as threads:
            draws = list(threads.map(lambda variant: variant[2](), variants))
        runs += [(*names[:2], draw) for names, draw in zip(variants, draws, strict=True)]
    whole = usual_values(model) * model.days
    rows = [
        (parameter, value, measure, lost, lost / total if total else 0.0)
        for parameter, value, draw in runs
        for measure, lost, total in zip(
            model.measures, lost_of(model, draw).tolist(), whole.tolist(), strict=True
        )
    ]
    columns = list(zip(*rows, strict=True))
    names = ("parameter", "value", "measure", "lost", "lost_share")
    kinds = (object, object, object, np.float64, np.float64)
    return {
        name: np.array(column, dtype=kind)
        for name, column, kind in zip(names, columns, kinds, strict=True)
    }


def _variants(ready: Prepared, usual: Draw) -> list[tuple[str, str, Callable[[], Draw]]]:
    """Return other assumptions, and what computes the usual course under each."""
    model, scenario = replace(ready.model, detail=False), ready.scenario
    found: list[tuple[str, str, Callable[[], Draw]]] = [
        ("stock_days", f"x {factor:g}", partial(_with_stock, ready, factor))
        for factor in STOCK_FACTORS
    ]
    if model.economy is None:
        for factor in ADJUSTMENTS:
            days = scenario.adjustment_days * factor
            rules = replace(model.rules, adjustment_days=days)
            found.append(("adjustment_days", f"{days:g}", partial(_again, model, rules)))
        for basis in ORDER_BASES:
            if basis != scenario.order_basis:
                rules = replace(model.rules, order_basis=basis)
                found.append(("order_basis", basis, partial(_again, model, rules)))
    if any(effect.attack is not None and effect.attack.unsure for effect in model.effects):
        found.append(("unknown status", "not affected", partial(_vouched, ready)))
    for share in NEED_SHARES:
        found.append(("need_share", f"{share:g}", partial(_with_need, ready, usual, share)))
    return found


def _again(model: Model, rules: Rules) -> Draw:
    return compute(replace(model, rules=rules), [None], blame=False)[0]


def _with_stock(ready: Prepared, factor: float) -> Draw:
    effects = ready.model.effects
    model = model_of(ready.ground, ready.scenario, effects, False, stock_factor=factor)
    return compute(model, [None], blame=False)[0]


def _vouched(ready: Prepared) -> Draw:
    """Compute the usual course as if what nobody knows to be affected were not."""
    found = effects(ready.ground, ready.scenario, unsure=False)
    model = model_of(ready.ground, ready.scenario, found, False)
    return compute(model, [None], blame=False)[0]


def _with_need(ready: Prepared, usual: Draw, share: float) -> Draw:
    asked = ready.scenario.model_copy(update={"need_share": share})
    model = model_of(ready.ground, asked, ready.model.effects, False)
    draw, stops = services_alone(model)
    if stops or services_alone(ready.model)[1]:
        return compute(model, [None], blame=False)[0]
    draw["totals"][:, :3] = usual["totals"][:, :3]
    return draw


def bounds(ready: Prepared, usual: Draw) -> Table:
    """Return what consumers and operators lack for use, beside the least, whatever is done."""
    model = ready.model
    names = ("measure", "lost", "lost_at_least", "days_met")
    empty: Table = {
        name: np.array([], dtype=object if name == "measure" else np.float64) for name in names
    }
    if model.economy is not None:
        return empty
    courses = [[course(effect, model.seed, None) for effect in model.effects]]
    lost = losses(model.effects, courses, model.days)
    outside = Outside(model, lost)
    capacity = np.ones((len(model.flow.made), model.days))
    link = np.ones((len(model.flow.row), model.days))
    for day in range(model.days):
        today = outside(day)
        for factors, values in ((capacity, today.capacity), (link, today.link)):
            if values is not None:
                factors[:, day] = values[:, 0]
    found = best_case(
        model.flow, capacity, link, resourcing=ready.scenario.resourcing_days is not None
    )
    if found is None:
        return empty
    usual_use = usual_values(model)[model.measures.index("final_consumption")]
    return {
        "measure": np.array(["final use"], dtype=object),
        "lost": np.array([(usual_use - usual["used"]).sum()]),
        "lost_at_least": np.array([found.lost]),
        "days_met": np.array([found.days]),
    }
