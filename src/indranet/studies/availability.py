"""How often each service is down, from how often things fail: exact, or else sampled."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from indranet.engines.gates import Ordered, order, sample, up
from indranet.engines.gates.exact import SECONDS, Exact, exact
from indranet.model.network import Network
from indranet.studies.compile import Compiled, Horizon, compile_network
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.reach import stacked
from indranet.studies.worst import names_in_words

BOUNDS: dict[Horizon, str] = {
    "now": "every battery, stock and spare holds: services are down at least this often",
    "in time": "every battery, stock and spare has run out: services are down at most this often",
}
"""The horizons asked, and on which side of what happens each stands."""
CONFIDENCE = 0.95
FEWEST_DRAWS, MOST_DRAWS = 1 << 14, 1 << 20
WORK = 1 << 36
"""Links looked at over all draws, about five seconds, as far as fewest and most draws allow."""
CUT_LEAVES = 180
"""Likeliest failures that are tried alone and in pairs: no more work than the fewest draws."""
LARGEST = 20
"""Things named for each service."""
HOURS_A_YEAR = 8766

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Availability:
    """How often each service is down, and what that hangs on.

    Attributes
    ----------
    tables
        `availability` (service, horizon, unavailability, low, high, method, draws, why): share of
        the time that a service is down, with the 95 % interval of what was sampled; an exact one
        has no width and no draws. `importance` (service, horizon, thing, kind, birnbaum,
        fussell_vesely): the things that each exact unavailability hangs on most. `left_out` (thing,
        kind): what fails without the figures to say how often.
    summary
        How many services are exact, how many sampled; the worst at each horizon; what was left out.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def availability(
    ground: Groundwork,
    *,
    on: np.datetime64 | None = None,
    seed: int = 0,
    seconds: float = SECONDS,
    executor: Executor | None = None,
) -> Availability:
    """Compute how often each service is down when things fail independently.

    A thing is down for the share of the time that the case states, or for repair_hours /
    (mtbf_hours + repair_hours). Horizon "now" takes every autonomy to hold, which is a lower bound
    of what happens; "in time" takes every autonomy to have run out, an upper bound. Where no
    diagram gives the exact answer within the limits, failures are drawn, the same for all services
    (`engines.gates.sample`); the interval is that of Clopper and Pearson 1934, The use of
    confidence or fiducial limits illustrated in the case of the binomial. What no draw has seen is
    reported at the upper end of its interval, never as 0.

    Parameters
    ----------
    ground
        The case, made ready.
    on
        The day that it was made ready for; the case's first day by default.
    seed
        Of the draws.
    seconds
        For the diagrams of one horizon.
    executor
        Threads to spread the draws over; results do not depend on their number.

    Returns
    -------
    Tables and summary. Importances and unavailabilities are rounded to twelve digits, so that they
    do not depend on the order of rows. Importances are given for exact services only.
    """
    failures = _failures(ground)
    ground = _apart(ground, failures.thing, on)
    found, important = [], []
    for horizon in BOUNDS:
        compiled = compile_network(ground, horizon=horizon)
        watch = compiled.gate[ground.network.span("service")]
        solved = exact(
            compiled.gates,
            compiled.own[failures.thing],
            failures.chance,
            watch,
            always=compiled.absent,
            seconds=seconds,
        )
        table = _exact_rows(ground.network, horizon, solved)
        missing = np.flatnonzero(np.isnan(solved.probability))
        if len(missing):
            _fill_in(table, missing, _sampled(compiled, failures, watch[missing], seed, executor))
        found.append(table)
        important.append(_importance(ground.network, horizon, failures, solved))
    tables = {
        "availability": stacked(found),
        "importance": stacked(important),
        "left_out": _things(ground.network, failures.left_out),
    }
    return Availability(tables, _summary(ground.network, failures, tables))


class _Failures(NamedTuple):
    """What fails: codes over all kinds, the share of the time that each is down, kinds and names.

    Things that are never down are not among them; `left_out` are those without figures.
    """

    thing: npt.NDArray[np.int64]
    chance: Floats
    kind: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    left_out: npt.NDArray[np.int64]


def _failures(ground: Groundwork) -> _Failures:
    rows = ground.network["failures"]
    rows = rows.where(np.flatnonzero(ground.exists("failures")))
    from_times = rows["repair_hours"] / (rows["mtbf_hours"] + rows["repair_hours"])
    chance = np.where(np.isnan(rows["unavailability"]), from_times, rows["unavailability"])
    thing = rows["thing"].astype(np.int64)
    fails = np.flatnonzero(chance > 0)
    named = _things(ground.network, thing[fails])
    return _Failures(
        thing[fails], chance[fails], named["kind"], named["thing"], thing[np.isnan(chance)]
    )


def _things(network: Network, codes: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Return name and kind of codes over all kinds, each of shape (codes,)."""
    both = [network.thing(code) for code in codes.tolist()]
    return {
        "thing": np.array([name for _, name in both], dtype=object),
        "kind": np.array([kind for kind, _ in both], dtype=object),
    }


def _apart(
    ground: Groundwork, thing: npt.NDArray[np.int64], on: np.datetime64 | None
) -> Groundwork:
    """Return the ground with a gate of its own for each site that fails."""
    network, class_of = ground.network, ground.classes.class_of
    span = network.span("site")
    sites = thing[(thing >= span.start) & (thing < span.stop)] - span.start
    if (np.bincount(class_of)[class_of[sites]] == 1).all():
        return ground
    return groundwork(network, on=on, failing=True)


def _exact_rows(network: Network, horizon: Horizon, solved: Exact) -> dict[str, npt.NDArray[Any]]:
    services = len(solved.probability)
    depends = np.zeros(services, dtype=bool)
    depends[solved.watched] = True
    why = solved.why.copy()
    certain = ~depends & ~np.isnan(solved.probability)
    why[certain & (solved.probability == 0)] = "nothing that the case says can fail stops it"
    why[certain & (solved.probability == 1)] = "it is down before anything fails"
    value = _rounded(solved.probability)
    return {
        "service": network.names["service"].astype(object),
        "horizon": np.full(services, horizon, dtype=object),
        "unavailability": value,
        "low": value.copy(),
        "high": value.copy(),
        "method": np.full(services, "exact", dtype=object),
        "draws": np.zeros(services, dtype=np.int64),
        "why": why,
    }


def _rounded(values: Floats) -> Floats:
    return np.array([float(f"{value:.12g}") for value in values.tolist()], dtype=np.float64)


class _Sampled(NamedTuple):
    """What draws say of some services, arrays of shape (services,)."""

    draws: int
    hits: npt.NDArray[np.int64]
    low: Floats
    high: Floats


def _sampled(
    compiled: Compiled,
    failures: _Failures,
    watch: npt.NDArray[np.int32],
    seed: int,
    executor: Executor | None,
) -> _Sampled:
    """Draw failures and count how often services are down; bound what was not seen by a cut."""
    ordered = order(compiled.gates)
    leaves, draws = compiled.own[failures.thing], draws_for(len(compiled.gates.inputs))
    keys = np.array(
        [
            int.from_bytes(blake2b(f"{kind}:{name}".encode(), digest_size=8).digest(), "little")
            for kind, name in zip(failures.kind, failures.name, strict=True)
        ],
        dtype=np.uint64,
    )
    hits = sample(
        ordered, leaves, failures.chance, keys, watch,
        seed=seed, draws=draws, always=compiled.absent, executor=executor,
    )  # fmt: skip
    low, high = interval(hits, draws)
    unseen = np.flatnonzero(hits == 0)
    if len(unseen):
        likely = np.lexsort((failures.name, failures.kind, -failures.chance))[:CUT_LEAVES]
        low[unseen] = _likeliest_cut(
            ordered, leaves[likely], failures.chance[likely], watch[unseen],
            compiled.absent, executor,
        )  # fmt: skip
        high = np.maximum(low, high)
    return _Sampled(draws, hits, low, high)


def draws_for(links: int) -> int:
    """Return how many draws a net of so many links gets: a power of two that hangs on nothing else.

    >>> draws_for(5_000_000), draws_for(500_000), draws_for(5_000)
    (16384, 131072, 1048576)
    """
    affordable = 1 << max((WORK // max(links, 1)).bit_length() - 1, 0)
    return min(max(affordable, FEWEST_DRAWS), MOST_DRAWS)


def interval(hits: npt.NDArray[np.int64], draws: int) -> tuple[Floats, Floats]:
    """Return the 95 % interval of a share from how often it was seen, two arrays like hits.

    It is that of Clopper and Pearson 1934. What was seen never, or always, has one side open: there
    all of the doubt stands on the other, and the bound is 1 - 0.05^(1/draws), about 3 / draws.
    """
    side = (1 - CONFIDENCE) / 2
    low, high = np.zeros(len(hits)), np.ones(len(hits))
    never, ever = hits == 0, hits == draws
    some = ~never & ~ever
    seen = hits[some]
    low[some] = beta.ppf(side, seen, draws - seen + 1)
    high[some] = beta.ppf(1 - side, seen + 1, draws - seen)
    one_sided = -np.expm1(np.log1p(-CONFIDENCE) / draws)
    high[never], low[ever] = one_sided, 1 - one_sided
    return low, high


def _likeliest_cut(
    ordered: Ordered,
    leaves: npt.NDArray[np.int32],
    chance: Floats,
    watch: npt.NDArray[np.int32],
    always: npt.NDArray[np.int32],
    executor: Executor | None,
) -> Floats:
    """Return the probability of the likeliest leaf or pair that takes each node down, 0 for none.

    It is a lower bound of the probability that the node is down.
    """
    cuts = [(i,) for i in range(len(leaves))] + list(combinations(range(len(leaves)), 2))
    start = np.cumsum([0, *(len(cut) for cut in cuts)])
    members = np.array([i for cut in cuts for i in cut], dtype=np.int64)
    states = up(ordered, (start, leaves[members]), always=always, watch=watch, executor=executor)
    is_up = np.unpackbits(states.view(np.uint8), axis=1, count=len(cuts), bitorder="little")
    product = np.multiply.reduceat(chance[members], start[:-1])
    likeliest: Floats = np.where(is_up == 0, product, 0.0).max(axis=1)
    return likeliest


def _fill_in(
    table: dict[str, npt.NDArray[Any]], services: npt.NDArray[np.int64], sampled: _Sampled
) -> None:
    """Enter what was sampled into the rows of services that have no exact answer."""
    draws, hits = sampled.draws, sampled.hits
    table["unavailability"][services] = np.where(hits > 0, hits / draws, sampled.high)
    table["low"][services], table["high"][services] = sampled.low, sampled.high
    table["method"][services], table["draws"][services] = "sampled", draws
    for service, seen in zip(services.tolist(), hits.tolist(), strict=True):
        said = {0: f"; not seen in {draws:,} draws: this is a bound",
                draws: f"; never seen up in {draws:,} draws: low is a bound"}  # fmt: skip
        table["why"][service] += said.get(seen, "")


def _importance(
    network: Network, horizon: Horizon, failures: _Failures, solved: Exact
) -> dict[str, npt.NDArray[Any]]:
    """Return the things that matter most to each service, most first, ties by kind and name."""
    share, birnbaum = _rounded(solved.fussell_vesely), _rounded(solved.birnbaum)
    kind, name = failures.kind[solved.leaf], failures.name[solved.leaf]
    sequence = np.lexsort((name, kind, -birnbaum, -share, solved.watched))
    service = solved.watched[sequence]
    rank = np.arange(len(service)) - np.searchsorted(service, service)
    top = sequence[rank < LARGEST]
    return {
        "service": network.names["service"].astype(object)[solved.watched[top]],
        "horizon": np.full(len(top), horizon, dtype=object),
        "thing": name[top],
        "kind": kind[top],
        "birnbaum": birnbaum[top],
        "fussell_vesely": share[top],
    }


def _summary(network: Network, failures: _Failures, tables: Mapping[str, Table]) -> dict[str, Any]:
    table = tables["availability"]
    left_out = tables["left_out"]
    return {
        "services": len(network["services"]),
        "things_that_fail": len(failures.thing),
        "bounds": dict(BOUNDS),
        "exact": int(np.count_nonzero(table["method"] == "exact")),
        "sampled": int(np.count_nonzero(table["method"] == "sampled")),
        "worst": {horizon: list(_worst(network, table, horizon)) for horizon in BOUNDS},
        "left_out": [
            f"{kind}:{thing}"
            for kind, thing in zip(left_out["kind"], left_out["thing"], strict=True)
        ],
    }


def _worst(
    network: Network, table: Table, horizon: Horizon, at_most: int = 10
) -> Iterator[dict[str, Any]]:
    """Yield the services that are down most of the time, most first, ties by name."""
    names = names_in_words(network, "service", np.arange(len(network["services"])))
    rows = np.flatnonzero((table["horizon"] == horizon) & (table["high"] > 0))
    worst = np.lexsort((table["service"][rows], -table["unavailability"][rows]))
    for row in rows[worst][:at_most].tolist():
        down = float(table["unavailability"][row])
        yield {
            "service": str(table["service"][row]),
            "name": names[row % len(names)],
            "unavailability": down,
            "hours_a_year": down * HOURS_A_YEAR,
            "low": float(table["low"][row]),
            "high": float(table["high"][row]),
            "method": str(table["method"][row]),
        }
