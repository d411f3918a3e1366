"""The verb partners: what each agreement, and each country in them, is worth in a question."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from indranet.engines.games import (
    merged,
    sampled_shapley,
    shapley_weights,
    value_range,
)
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.agreed import parties
from indranet.studies.executors import ThisThread
from indranet.studies.partner_acts import (
    clauses,
    standing,
    wanted,
    why_not,
    with_nobody,
    without_clause,
)
from indranet.studies.partner_worth import Outcome, Outcomes, units_of, worth_of, years_of

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

EXACT = 10
"""Players up to which every set of them is looked at."""
EXACT_COUNTRIES = 16
"""Countries up to which that is done where every set of agreements is known anyway."""
_HALF_WIDTH = 0.05
"""Of all that players are worth together, the half-width at which no more orders are drawn."""
_LEVEL = 0.95
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Partners:
    """What agreements are worth.

    Attributes
    ----------
    tables
        `values` (agreement, value, low, high, first_in, last_in, unit), `countries` (country, and
        the same), `matrix` (country, other, value, unit: what is lost when all agreements to which
        both are parties end), `clauses` (agreement, clause, value, unit: what is lost without it).
    summary
        The answer in short: what all are worth together, who plays, who does not and why; where
        what strikes comes at a rate (hazards, random failures) each worth by the year as well.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class _Game:
    """Players with what each is worth, shape (players, units) each."""

    value: Floats
    low: Floats
    high: Floats
    first: Floats
    last: Floats
    pairs: int


Values = Callable[[Sequence[int]], tuple[list[Outcome], list[str]]]
"""Coalitions, bit i for player i, to their outcomes and the hashes of what decided them."""


def partners(
    network: Network,
    asked: Scenario | Goal,
    *,
    agreements: Sequence[str] = (),
    executor: Executor | None = None,
    seconds: float | None = None,
    gap: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Partners:
    """Value agreements, and the countries in them, by what a study comes to without them.

    The value of an agreement is what it adds on average over all orders in which agreements may
    come into force (Shapley 1953), so that the values of all sum to what they are worth together:
    in every set up to ten players, beyond in orders drawn by lot. In the game of countries an
    agreement is in force if all its parties that are countries are in; what is nobody's party is
    always there.

    Parameters
    ----------
    network, asked
        The case, and the scenario or goal.
    agreements
        Those to value; by default those in force that can change the answer. All others that are
        in force stay so.
    executor
        Where to compute draws of a scenario, or threads for a goal; default in this thread.
    seconds, gap
        When the search of each plan stops; the goal's by default.
    progress
        Called with the number of different outcomes known.

    Raises
    ------
    UsageError
        When an agreement is not in the case or not in force, or the question names what the case
        does not hold.
    InputError
        When an event of the scenario does.
    """
    force = standing(network, asked)
    worth = worth_of(network, asked, seconds, gap)
    outcomes = Outcomes(worth, executor or ThisThread(), progress)
    left_out: dict[str, str] = {}
    if agreements:
        players = wanted(network, force, tuple(agreements))
    else:
        players, left_out = _acting(network, asked, force, outcomes)
    always = [name for name in force if name not in players]
    values = partial(_values, network, force, players, outcomes)
    units = units_of(asked)
    game = national = _nobody(len(units))
    nations, needs = _countries(network, players)
    if players:
        game = _played(values, len(players), asked.seed)
    if nations:
        most = EXACT_COUNTRIES if len(players) <= EXACT else EXACT
        national = _played(values, len(nations), asked.seed, partial(_agreed, needs), most)
    tables = {
        "values": _table("agreement", players, game, units),
        "countries": _table("country", nations, national, units),
        "matrix": _matrix(values, nations, needs, units),
        "clauses": _clauses(network, asked, force, players, game, outcomes),
    }
    summary = _summary(asked, values, players, left_out, always, (game, national), tables)
    summary["outcomes"] = len(outcomes)
    return Partners(tables, summary)


def _acting(
    network: Network, asked: Scenario | Goal, force: list[str], outcomes: Outcomes
) -> tuple[list[str], dict[str, str]]:
    """Return the agreements that can change the answer, and why the others cannot.

    Those with a clause are put in force alone, last of all, and beside any one other: who makes the
    same case each time acts on nothing.
    """
    having = [name for name in force if clauses(network, asked, name)]
    left_out = {name: why_not(network, asked, name) for name in force if name not in having}

    def key(some: set[str]) -> str:
        return outcomes.key(network, [n for n in force if n in left_out or n in some])

    everything = set(having)
    alone = {name: key({name}) for name in having}
    nothing, whole = key(set()), key(everything)
    quiet = {n for n in having if alone[n] == nothing and key(everything - {n}) == whole}
    for one in sorted(quiet):
        beside = (key({one, other}) != alone[other] for other in having if other != one)
        if any(beside):
            quiet.discard(one)
    told = "it changes nothing here, be it alone, last of all, or beside any one other"
    left_out |= dict.fromkeys(sorted(quiet), told)
    return [name for name in having if name not in quiet], {
        name: left_out[name] for name in force if name in left_out
    }


def _values(
    network: Network, force: list[str], players: list[str], outcomes: Outcomes, masks: Sequence[int]
) -> tuple[list[Outcome], list[str]]:
    """Return what coalitions of agreements come to; others that are in force stay so."""
    place = {name: at for at, name in enumerate(players)}
    sets = [
        [name for name in force if name not in place or mask >> place[name] & 1] for mask in masks
    ]
    return outcomes.of(network, sets)


def _agreed(needs: list[int], mask: int) -> int:
    """Return the coalition of agreements whose parties are all among some countries."""
    return sum(1 << at for at, parties in enumerate(needs) if parties & mask == parties)


def _countries(network: Network, players: list[str]) -> tuple[list[str], list[int]]:
    """Return the countries in some agreements, and those that each needs, bit i for country i."""
    names = network.names["agreement"].tolist()
    span = network.span("country")
    bound = [
        [int(c) - span.start for c in parties(network, names.index(name)) if c < span.stop
         and c >= span.start]
        for name in players
    ]  # fmt: skip
    used = sorted({country for some in bound for country in some})
    place = {country: at for at, country in enumerate(used)}
    needs = [sum(1 << place[country] for country in some) for some in bound]
    return [str(network.names["country"][country]) for country in used], needs


def _nobody(units: int) -> _Game:
    empty = np.zeros((0, units))
    return _Game(empty, empty, empty, empty, empty, 0)


def _itself(mask: int) -> int:
    return mask


def _played(
    values: Values,
    players: int,
    seed: int,
    agreed: Callable[[int], int] = _itself,
    exact: int = EXACT,
) -> _Game:
    """Return what each player of a game is worth, with an interval.

    The interval holds the mean of all draws, and of all orders where these are drawn, with a
    probability of 95 % (Student's t), widened by what the bounds of plans leave open.

    Parameters
    ----------
    values
        Of coalitions of agreements.
    players, seed
        How many there are; seed of the orders.
    agreed
        Coalition of players to the agreements that it brings into force.
    exact
        Players up to which every set of them is looked at.
    """
    orders = _orders(values, players, seed, agreed, exact)
    weights, half = orders.weights, orders.half_width
    found, keys = values(orders.masks)
    value, low, high = (_rounded(_stack(found, name)) for name in ("value", "low", "high"))
    # Weights sum to nothing: what all sets have in common goes out, and with it its rounding.
    value, low, high = (some - value[-1] for some in (value, low, high))
    each, least, most = ([] for _ in range(3))
    for unit in range(value.shape[1]):
        same = [one.same[unit] if one.same else key for one, key in zip(found, keys, strict=True)]
        summed, first = merged(weights, np.unique(same, return_inverse=True)[1])
        each.append(summed @ value[first, unit])
        ends = value_range(summed, low[first, unit].mean(axis=1), high[first, unit].mean(axis=1))
        least.append(ends[0])
        most.append(ends[1])
    by_draw = np.stack(each, axis=1)
    draws = by_draw.shape[2]
    if draws > 1:
        spread = by_draw.std(axis=2, ddof=1) / np.sqrt(draws)
        half = np.hypot(half, student.ppf(0.5 + _LEVEL / 2, draws - 1) * spread)
    # Sums of large numbers that cancel leave a trace that is nobody's worth.
    trace = _ROUNDING * np.abs(_stack(found, "value")).max(axis=(0, 2))

    def clean(some: Floats) -> Floats:
        return np.where(np.abs(some) <= trace, 0.0, some)

    mean = clean(by_draw.mean(axis=2))
    first_in, last_in = _ends(values, players, agreed)
    return _Game(
        mean, mean + clean(np.stack(least, axis=1) - half - mean),
        mean + clean(np.stack(most, axis=1) + half - mean), clean(first_in), clean(last_in),
        orders.pairs,
    )  # fmt: skip


class _Orders(NamedTuple):
    """What each set of agreements counts for, and how sure that is, by unit."""

    weights: Floats
    masks: list[int]
    pairs: int
    half_width: Floats


def _orders(
    values: Values, players: int, seed: int, agreed: Callable[[int], int], exact: int
) -> _Orders:
    """Return weights of all coalitions, or of those in orders drawn by lot."""
    if players <= exact:
        masks = [agreed(mask) for mask in range(1 << players)]
        weights, first = merged(shapley_weights(players), np.array(masks))
        return _Orders(weights, [masks[at] for at in first.tolist()], 0, np.zeros(()))
    found = sampled_shapley(
        lambda some: _stack(values([agreed(m) for m in some])[0], "value").mean(axis=2),
        players, seed=seed, half_width=_HALF_WIDTH, level=_LEVEL,
    )  # fmt: skip
    masks = [agreed(mask) for mask in found.masks]
    return _Orders(found.weights, masks, found.pairs, found.half_width)


def _ends(values: Values, players: int, agreed: Callable[[int], int]) -> tuple[Floats, Floats]:
    """Return what each player adds to nobody, and what to all others, shape (players, units)."""
    everyone = (1 << players) - 1
    alone = [1 << player for player in range(players)]
    asked = [0, *alone, *(everyone ^ mask for mask in alone), everyone]
    mean = _rounded(_stack(values([agreed(m) for m in asked])[0], "value")).mean(axis=2)
    return mean[1 : 1 + players] - mean[0], mean[-1] - mean[1 + players : -1]


def _stack(outcomes: Sequence[Outcome], name: str) -> Floats:
    """Return one side of outcomes, shape (outcomes, units, draws)."""
    return np.array([getattr(outcome, name) for outcome in outcomes])


def _rounded(values: Floats) -> Floats:
    """Return values with those that differ from the last by rounding alone set to it."""
    near = np.abs(values - values[-1]) <= _ROUNDING * np.abs(values[-1])
    return np.where(near, values[-1], values)


def _table(kind: str, names: list[str], game: _Game, units: tuple[str, ...]) -> Table:
    """Return the worth of players, a row for each of them and each unit."""
    count = len(units)
    return {
        kind: np.repeat(np.array(names, dtype=object), count),
        "value": game.value.ravel(), "low": game.low.ravel(), "high": game.high.ravel(),
        "first_in": game.first.ravel(), "last_in": game.last.ravel(),
        "unit": np.tile(np.array(units, dtype=object), len(names)),
    }  # fmt: skip


def _matrix(values: Values, nations: list[str], needs: list[int], units: tuple[str, ...]) -> Table:
    """Return what is lost when all agreements to which two countries are parties end."""
    everyone = (1 << len(needs)) - 1
    rows: list[tuple[str, str, int]] = []
    for one in range(len(nations)):
        for other in range(one + 1, len(nations)):
            both = 1 << one | 1 << other
            shared = sum(1 << at for at, parties in enumerate(needs) if parties & both == both)
            if shared:
                rows.append((nations[one], nations[other], everyone ^ shared))
    masks = [mask for *_, mask in rows]
    count = len(units)
    mean = np.zeros((1, count))
    if rows:
        mean = _rounded(_stack(values([*masks, everyone])[0], "value")).mean(axis=2)
    return {
        "country": np.repeat(np.array([a for a, _, _ in rows], dtype=object), count),
        "other": np.repeat(np.array([b for _, b, _ in rows], dtype=object), count),
        "value": (mean[-1] - mean[:-1]).ravel(),
        "unit": np.tile(np.array(units, dtype=object), len(rows)),
    }


def _clauses(
    network: Network,
    asked: Scenario | Goal,
    force: list[str],
    players: list[str],
    game: _Game,
    outcomes: Outcomes,
) -> Table:
    """Return what is lost without each clause of each agreement, all else being in force."""
    units = units_of(asked)
    rows: list[tuple[str, str, str, float]] = []
    held = {name: clauses(network, asked, name) for name in players}
    several = [name for name in players if len(held[name]) > 1]
    more = with_nobody(network) if several else network
    whole = outcomes.of(more, [force])[0] if several else []
    for place, name in enumerate(players):
        for clause, table in held[name].items():
            lost = game.last[place]
            if name in several:
                kept = force if table else [other for other in force if other != name]
                found = outcomes.of(without_clause(more, name, table), [kept])[0]
                mean = _rounded(_stack([*found, *whole], "value")).mean(axis=2)
                lost = mean[1] - mean[0]
            rows += [(name, clause, u, float(v)) for u, v in zip(units, lost, strict=True)]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return {
        "agreement": np.array(columns[0], dtype=object),
        "clause": np.array(columns[1], dtype=object),
        "value": np.array(columns[3], dtype=np.float64),
        "unit": np.array(columns[2], dtype=object),
    }


def _summary(
    asked: Scenario | Goal,
    values: Values,
    players: list[str],
    left_out: dict[str, str],
    always: list[str],
    games: tuple[_Game, _Game],
    tables: Mapping[str, Table],
) -> dict[str, Any]:
    units = units_of(asked)
    together = _together(values, len(players), units) if players else {}
    told = _told(tables["values"], "agreement"), _told(tables["countries"], "country")
    part = years_of(asked)
    if part is not None:
        for row in (*told[0], *told[1]):
            row["a_year"] = {name: row[name] / part for name in ("value", "low", "high")}
        for one in together.values():
            one["a_year"] = one["worth"] / part
    return {
        "question": asked.name,
        "of": "scenario" if isinstance(asked, Scenario) else "goal",
        "draws": asked.draws if isinstance(asked, Scenario) else 1,
        "units": list(units),
        "together": together,
        "agreements": told[0],
        "countries": told[1],
        "orders": [game.pairs * 2 for game in games],
        "left_out": left_out,
        "always": [name for name in always if name not in left_out],
    }


def _together(values: Values, players: int, units: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return what there is with all and without any, by unit."""
    found, _ = values([0, (1 << players) - 1])
    without, whole = _rounded(_stack(found, "value")).mean(axis=2)
    usual = found[-1].usual
    return {
        unit: {
            "with": float(whole[at]), "without": float(without[at]),
            "worth": float(whole[at] - without[at]),
            "usual": None if np.isnan(usual[at]) else float(usual[at]),
        }
        for at, unit in enumerate(units)
    }  # fmt: skip


def _told(table: Table, kind: str) -> list[dict[str, Any]]:
    """Return a table as rows of plain data, those of each unit by their worth."""
    rows = [
        {name: v.item() if hasattr(v, "item") else v
         for name, v in zip(table, row, strict=True)}
        for row in zip(*table.values(), strict=True)
    ]  # fmt: skip
    units = list(dict.fromkeys(table["unit"].tolist()))
    return sorted(rows, key=lambda row: (units.index(row["unit"]), -row["value"], row[kind]))
