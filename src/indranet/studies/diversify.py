"""The verb diversify: which measures to buy first against some scenarios, within a budget."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.executors import ThisThread
from indranet.studies.measures import costs_of, measures_of
from indranet.studies.portfolio_logic import best_built, building, cuts, logic
from indranet.studies.portfolio_losses import UNITS, Losses, half_width
from indranet.studies.portfolios import NOTHING, Portfolio, Searched, search

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

YEARS = 5.0
"""Years for which a measure is kept, by default."""
_LEFT = 8
"""Services told that no measure helps."""


@dataclass(frozen=True)
class Diversified:
    """What to buy.

    Attributes
    ----------
    tables
        `portfolio` (measure, chosen, order, alone, last_in, cost_usd, kind, lead_days): of each
        measure whether to buy it and as which, 0 for not; loss that it avoids where it is the only
        one, and beside all others that are chosen. `frontier` (cost_usd, loss, low, high,
        measures): portfolios that none beats by costing and losing less. `by_scenario` (scenario,
        without, chosen, all): loss without any measure, with those chosen, with all there are.
        `left` (service, days, of_days): how long services are down whatever is bought.
    summary
        The answer in short.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def diversify(
    network: Network,
    scenarios: Sequence[Scenario],
    budget_usd: float,
    *,
    years: float = YEARS,
    tail: float | None = None,
    within_days: float | None = None,
    count: str | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Diversified:
    """Choose measures that lose least in some scenarios, within a budget.

    A loss is that of a simulated run with the measures bought: days on which people are not served
    that would be on a usual day with everything bought, or where no person is ever unserved, USD.
    Scenarios count alike; all portfolios meet the same draws. What the gates say of what is built
    (see `portfolio_logic`) names portfolios to try; no loss that is told comes from there.

    Parameters
    ----------
    network, scenarios
        The case, with its table of measures, and what may happen.
    budget_usd
        What the measures chosen may cost together, USD.
    years
        Years of yearly cost that count as cost.
    tail
        Look at the mean of the worst draws, so large a part of all (CVaR, Rockafellar and Uryasev
        2000); by default at the mean of all.
    within_days
        Only what acts so many days after it is ordered; by default everything.
    count
        `people-days` or `USD`; by default people-days where any are lost.
    executor
        Where to compute draws; default in this thread.
    progress
        Called with the number of different outcomes known.

    Raises
    ------
    UsageError
        When there is no scenario or measure, a number is out of range, or a scenario names what
        the case does not hold.
    InputError
        When an event does.
    """
    names, cost = for_sale(network, years, within_days)
    _check(scenarios, names, budget_usd, tail, count)
    losses = Losses(network, scenarios, names, executor or ThisThread(), progress)
    every = frozenset(range(len(names)))
    losses.ask([NOTHING, every])
    losses.settle(count)

    def risk(some: Sequence[Portfolio]) -> list[float]:
        losses.ask(some)
        return [losses.risk(one, tail) for one in some]

    told, seeds = _by_gates(network, scenarios, names, cost, budget_usd)
    found = search(cost, budget_usd, risk, seeds=seeds)
    order = _order(found.best, cost, risk)
    table = _portfolio(network, names, cost, found, order, risk)
    tables = {
        "portfolio": table,
        "frontier": _frontier(names, cost, found, losses, tail),
        "by_scenario": _by_scenario(scenarios, losses, found.best, every),
        "left": _left(network, losses, every),
    }
    summary = _summary(scenarios, budget_usd, years, tail, found, losses, tables)
    summary["logic"] = told
    return Diversified(tables, summary)


def for_sale(network: Network, years: float, within_days: float | None) -> tuple[list[str], Floats]:
    """Return names and costs of the measures that can be bought and act in time."""
    rows = network["measures"]
    place = {name: at for at, name in enumerate(rows.text("measure"))}
    cost = costs_of(network, years)
    kept = [
        name for name in measures_of(network)
        if within_days is None or rows["lead_days"][place[name]] <= within_days
    ]  # fmt: skip
    return kept, cost[[place[name] for name in kept]].astype(np.float64)


def _check(
    scenarios: Sequence[Scenario],
    names: list[str],
    budget_usd: float,
    tail: float | None,
    count: str | None,
) -> None:
    if not scenarios:
        raise UsageError("name a scenario: what is bought depends on what may happen")
    if not names:
        raise UsageError("no measure can be bought: write some in the case's table measures")
    if not budget_usd >= 0:
        raise UsageError(f"a budget of {budget_usd} USD is none: give 0 or more")
    if count is not None and count not in UNITS:
        raise UsageError(f"{count!r} cannot be counted: {' or '.join(UNITS)} can")
    if tail is not None and not 0 < tail <= 1:
        raise UsageError(f"a tail of {tail} is no part of all draws: give more than 0, at most 1")


def _by_gates(
    network: Network, scenarios: Sequence[Scenario], names: Sequence[str], cost: Floats,
    budget: float,
) -> tuple[list[dict[str, Any]], list[Portfolio]]:  # fmt: skip
    """Return what the gates say of what is built in each scenario, and portfolios worth trying."""
    builds = building(network, names)
    place = [names.index(name) for name in builds]
    told, seeds = [], []
    for scenario in scenarios if builds else ():
        found = cuts(logic(network, scenario, builds))
        best = best_built(found, cost[place], budget)
        chosen = np.flatnonzero(best.chosen).tolist()
        seeds.append(frozenset(place[at] for at in chosen))
        told.append({
            "scenario": scenario.name, "measures": [builds[at] for at in chosen],
            "people_kept": best.value, "bound": best.bound, "proven": best.proven,
            "cuts": len(found.sets), "order": found.order,
        })  # fmt: skip
    return told, seeds


def _order(
    chosen: Portfolio, cost: Floats, risk: Callable[[Sequence[Portfolio]], list[float]]
) -> list[int]:
    """Return what is chosen in the order in which to buy it: most avoided for each USD first."""
    order: list[int] = []
    while len(order) < len(chosen):
        now = frozenset(order)
        left = sorted(chosen - now)
        before = risk([now])[0]
        gains = [before - after for after in risk([now | {m} for m in left])]
        each = [gain / max(cost[m], 1e-9) for gain, m in zip(gains, left, strict=True)]
        order.append(left[int(np.argmax(each))])
    return order


def _portfolio(
    network: Network, names: Sequence[str], cost: Floats, found: Searched, order: list[int],
    risk: Callable[[Sequence[Portfolio]], list[float]],
) -> Table:  # fmt: skip
    best, rows = found.best, network["measures"]
    place = {name: at for at, name in enumerate(rows.text("measure"))}
    kinds = rows.text("kind")
    nothing, whole = risk([NOTHING, best])
    alone = nothing - np.array(risk([frozenset({m}) for m in range(len(names))]))
    without = risk([best - {m} if m in best else best | {m} for m in range(len(names))])
    last = [(other - whole) if m in best else (whole - other) for m, other in enumerate(without)]
    number = {m: at for at, m in enumerate(order, 1)}
    first = sorted(range(len(names)), key=lambda m: (number.get(m, len(names) + 1), -alone[m], m))
    return {
        "measure": np.array([names[m] for m in first], dtype=object),
        "chosen": np.array([m in best for m in first]),
        "order": np.array([number.get(m, 0) for m in first], dtype=np.int64),
        "alone": alone[first], "last_in": np.array(last)[first], "cost_usd": cost[first],
        "kind": np.array([kinds[place[names[m]]] for m in first], dtype=object),
        "lead_days": rows["lead_days"][[place[names[m]] for m in first]],
    }  # fmt: skip


def _frontier(
    names: Sequence[str], cost: Floats, found: Searched, losses: Losses, tail: float | None
) -> Table:
    """Return the portfolios tried that no other one beats, the cheapest first.

    Of measures that do something alone or last of all: others only cost.
    """
    acting = frozenset(found.acting)
    spent = {one: float(cost[sorted(one)].sum()) for one in found.known if one <= acting}
    kept: list[Portfolio] = []
    least = np.inf
    for one in sorted(spent, key=lambda one: (spent[one], found.known[one], len(one), sorted(one))):
        if found.known[one] < least - 1e-9 * abs(found.known[NOTHING]):
            kept.append(one)
            least = found.known[one]
    loss = np.array([losses.risk(one, tail) for one in kept])
    half = np.array([half_width(losses.by_draw(one)) if tail is None else np.nan for one in kept])
    return {
        "cost_usd": np.array([spent[one] for one in kept]),
        "loss": loss, "low": loss - half, "high": loss + half,
        "measures": np.array(
            ["; ".join(names[m] for m in sorted(one)) for one in kept], dtype=object
        ),
    }  # fmt: skip


def _by_scenario(
    scenarios: Sequence[Scenario], losses: Losses, best: Portfolio, every: Portfolio
) -> Table:
    means = [[part.mean() for part in losses.by_draw(one)] for one in (NOTHING, best, every)]
    return {
        "scenario": np.array([one.name for one in scenarios], dtype=object),
        **{name: np.array(mean)
           for name, mean in zip(("without", "chosen", "all"), means, strict=True)},
    }  # fmt: skip


def _left(network: Network, losses: Losses, every: Portfolio) -> Table:
    """Return the services that are down for some time whatever is bought, the longest first."""
    days = losses.lacking(every)
    people = np.nan_to_num(network["services"]["people"][: len(days)])
    some = np.flatnonzero(days > 1e-9)
    some = some[np.lexsort((some, -(days * people)[some]))]
    return {
        "service": network.names["service"][some].astype(object), "days": days[some],
        "of_days": np.full(len(some), np.mean([one.days for one in losses.scenarios])),
    }  # fmt: skip


def _cheapest(table: Table, whole: float) -> dict[str, Any] | None:
    """Return the cheapest measure that avoids something alone, None where none does."""
    helps = np.flatnonzero(table["alone"] > 1e-9 * abs(whole))
    if not len(helps):
        return None
    at = int(helps[np.argmin(table["cost_usd"][helps])])
    return {"measure": str(table["measure"][at]), "cost_usd": float(table["cost_usd"][at])}


def _summary(
    scenarios: Sequence[Scenario], budget: float, years: float, tail: float | None,
    found: Searched, losses: Losses, tables: Mapping[str, Table],
) -> dict[str, Any]:  # fmt: skip
    table, every = tables["portfolio"], frozenset(range(len(losses.names)))
    chosen = table["chosen"]
    stay = {one: losses.risk(one, tail) for one in (NOTHING, found.best, every)}
    summary: dict[str, Any] = {
        "scenarios": [one.name for one in scenarios],
        "draws": [one.draws for one in scenarios],
        "unit": UNITS[losses.unit], "tail": tail, "budget_usd": budget, "years": years,
        "cost_usd": float(table["cost_usd"][chosen].sum()),
        "loss": {"without": stay[NOTHING], "chosen": stay[found.best], "all": stay[every],
                 "chosen_half_width": half_width(losses.by_draw(found.best))},
        "avoided": losses.avoided(found.best),
        "measures": [
            {"measure": str(table["measure"][i]), "order": int(table["order"][i]),
             "alone": float(table["alone"][i]), "last_in": float(table["last_in"][i]),
             "cost_usd": float(table["cost_usd"][i]), "lead_days": float(table["lead_days"][i])}
            for i in np.flatnonzero(chosen).tolist()
        ],
        "cheapest": _cheapest(table, stay[NOTHING]),
        "for_sale": len(chosen),
        "idle": [losses.names[m] for m in sorted(every - set(found.acting))],
        "tried": len(found.known), "tried_all": found.tried_all, "outcomes": len(losses),
        "left": [
            {"service": str(s), "days": float(d)}
            for s, d in zip(tables["left"]["service"][:_LEFT], tables["left"]["days"][:_LEFT],
                            strict=True)
        ],
    }  # fmt: skip
    if all(one.hazards for one in scenarios):
        summary["a_year"] = {
            "without": losses.a_year(NOTHING), "chosen": losses.a_year(found.best)
        }  # fmt: skip
    return summary
