"""A case as a net that moves through time: what fails, who repairs it, what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from indranet.engines.gates.steps import Stepped, stepped
from indranet.engines.gates.timed import NO_UNITS, Timed, Units, timed
from indranet.model.network import Network
from indranet.model.schema import KINDS, TABLES
from indranet.studies.attacks import row_keys
from indranet.studies.compile import Compiled
from indranet.studies.events import Effect
from indranet.studies.flow_net import FlowNet
from indranet.studies.groundwork import Groundwork

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MANY = 5000
"""Units that fail from which on draws go in steps."""
STEPS = (1.0, 0.5, 0.25)
"""Lengths of a step, hours: the longest is taken of which all supports last a whole number."""
_WHOLE = 1e-9
_FIXED = TABLES["failures"].column("repair_law").choices.index("fixed")


@dataclass(frozen=True)
class Failing:
    """What fails, as the case says.

    Attributes
    ----------
    units
        For the engine.
    crews
        Crews of each pool.
    without_times
        Things whose unavailability is given and no times: they do not fail in time.
    without_crews
        Pools of which the case holds no crews: as many as it takes.
    """

    units: Units
    crews: npt.NDArray[np.int64]
    without_times: tuple[str, ...]
    without_crews: tuple[str, ...]


def failing_products(network: Network) -> Flags:
    """Return the products whose installed units fail one by one, shape (products,)."""
    span, things = network.span("product"), network["failures"]["thing"]
    found = np.zeros(span.stop - span.start, dtype=bool)
    found[things[(things >= span.start) & (things < span.stop)] - span.start] = True
    return found


def failing(ground: Groundwork, compiled: Compiled) -> Failing:
    """Return what fails by itself, how long it stays down, who repairs it and what that takes.

    A row about a product speaks of each of its installed units: each row of equipment fails and is
    repaired by itself, and where its operator buys the product under a contract the repair takes
    one on hand (`Compiled.stocked`). Any other row speaks of the thing itself.

    Parameters
    ----------
    ground
        The case; `Groundwork.alone` holds for the products that fail.
    compiled
        Its gates by the hour.
    """
    network = ground.network
    rows = network["failures"]
    rows = rows.where(np.flatnonzero(ground.exists("failures")))
    timed_rows = ~np.isnan(rows["mtbf_hours"])
    named = [network.thing(code) for code in rows["thing"][~timed_rows].tolist()]
    rows = rows.where(np.flatnonzero(timed_rows))
    pool, crews, unknown = _pools(ground, rows.text("crew_pool"))
    thing = rows["thing"].astype(np.int64)
    span = network.span("product")
    installed = (thing >= span.start) & (thing < span.stop)
    needs = rows["repair_needs"].astype(np.int64)
    waits = np.where(needs >= 0, compiled.gate[needs], -1)
    at = np.flatnonzero(~installed)
    keys = [f"{kind}:{name}" for kind, name in (network.thing(c) for c in thing[at].tolist())]
    unit, row, spare, more = _installed(ground, compiled, thing, installed)
    gate = np.concatenate([compiled.own[thing[at]], unit])
    of = np.concatenate([at, row])
    return Failing(
        Units(
            gate=gate.astype(np.int32),
            mean_up=rows["mtbf_hours"][of],
            mean_down=rows["repair_hours"][of],
            fixed=rows["repair_law"][of] == _FIXED,
            pool=pool[of].astype(np.int32),
            waits=np.concatenate([waits[at], np.where(waits[row] >= 0, waits[row], spare)]).astype(
                np.int32
            ),
            key=np.concatenate([np.array([hashed(k) for k in keys], dtype=np.uint64), more]),
        ),
        crews,
        tuple(f"{kind}:{name}" for kind, name in named),
        unknown,
    )


def hashed(text: str) -> int:
    """Return 64 bits of a hash of a text."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def _pools(
    ground: Groundwork, names: list[str]
) -> tuple[Codes, npt.NDArray[np.int64], tuple[str, ...]]:
    """Return the pool of each row, -1 for none, crews in each pool, and pools without crews."""
    network = ground.network
    rows = network["crews"].where(np.flatnonzero(ground.exists("crews")))
    begun = np.isnat(rows["from"]) | (rows["from"] <= network.first_day)
    crews: dict[str, int] = {}
    latest: dict[tuple[str, str], tuple[np.datetime64, int]] = {}
    for name, region, first, count, there in zip(
        rows.text("pool"), rows.text("region"), rows["from"], rows["crews"].tolist(),
        begun.tolist(), strict=True,
    ):  # fmt: skip
        known = latest.get((name, region))
        if there and (known is None or np.isnat(known[0]) or known[0] < first):
            latest[name, region] = (first, int(count))
    for (name, _), (_, count) in latest.items():
        crews[name] = crews.get(name, 0) + count
    order = sorted({name for name in names if crews.get(name, 0) > 0})
    place = {name: number for number, name in enumerate(order)}
    unknown = tuple(sorted({name for name in names if name and name not in place}))
    return (
        np.array([place.get(name, -1) for name in names], dtype=np.int64),
        np.array([crews[name] for name in order], dtype=np.int64),
        unknown,
    )


def _installed(
    ground: Groundwork, compiled: Compiled, thing: Codes, installed: Flags
) -> tuple[Codes, Codes, Codes, npt.NDArray[np.uint64]]:
    """Return leaf, row of failures, gate of spares (-1 for none) and key of each unit."""
    network, equipment = ground.network, ground.equipment
    first = network.offset("product")
    row_of = np.full(len(network["products"]), -1, dtype=np.int64)
    row_of[thing[installed] - first] = np.flatnonzero(installed)
    leaf = compiled.installed
    rows = np.flatnonzero((leaf >= 0) & (row_of[equipment["product"]] >= 0))
    product, site = equipment["product"][rows].astype(np.int64), equipment["site"][rows]
    operator = network["sites"]["operator"][site].astype(np.int64)
    stocked = compiled.stocked
    products = max(len(network["products"]), 1)
    known = stocked.customer * products + stocked.product
    wanted = (network.offset("firm") + operator) * products + product
    place = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    spare = np.full(len(rows), -1, dtype=np.int64)
    if len(known):
        has = (known[place] == wanted) & (operator >= 0)
        spare[has] = stocked.gate[place[has]]
    return leaf[rows].astype(np.int64), row_of[product], spare, row_keys(ground, rows)


def moving(
    compiled: Compiled, failures: Failing | None, watch: npt.NDArray[np.int32], weights: Floats
) -> Timed:
    """Return a net compiled by the hour, ready to move.

    Parameters
    ----------
    compiled
        The net.
    failures
        What fails by itself; None for nothing.
    watch
        Gates to look at.
    weights
        What each node counts for, shape (nodes, sums).
    """
    return timed(
        compiled.gates, always=compiled.down, supports=compiled.supports, starts=compiled.starts,
        units=NO_UNITS if failures is None else failures.units,
        crews=() if failures is None else failures.crews, watch=watch, weights=weights,
    )  # fmt: skip


def quieter(system: Timed, told: Flags) -> Timed:
    """Return the same net, which tells of some of what is watched alone, shape (watched,)."""
    watch_of = system.net.watch_of.copy()
    watch_of[system.watch[~told]] = -1
    watch_of.flags.writeable = False
    return replace(system, net=system.net._replace(watch_of=watch_of))


def in_steps(system: Timed, effects: Sequence[Effect], stocks: int) -> Stepped | None:
    """Return a net in steps where many units fail and nothing that happens in it comes back on it.

    A step is an hour, or a half or a quarter of one where supports last no whole number of hours.
    None where exact times are taken: few units fail, repairs or events wait for something, or
    stocks that flows take from matter.

    Parameters
    ----------
    system
        The net.
    effects
        What happens.
    stocks
        How many stocks matter.
    """
    waits = bool((system.units.waits >= 0).any()) or any(one.waits >= 0 for one in effects)
    if len(system.units.gate) < MANY or waits or stocks:
        return None
    for hours in STEPS:
        parts = system.supports.hours / hours
        if (np.abs(parts - np.rint(parts)) < _WHOLE).all():
            break
    return stepped(system, hours)


def stocks_that_matter(
    network: Network, flow: FlowNet, compiled: Compiled, system: Timed
) -> tuple[npt.NDArray[np.int32], Codes, tuple[str, ...]]:
    """Return leaves of what customers have on hand that something needs, and their flows' groups.

    Something needs them as an input, or as spares for its repair. Also each in words.
    """
    stocked, net = compiled.stocked, flow.net
    user_start = system.net.user_start
    used = user_start[stocked.gate + 1] > user_start[stocked.gate]
    used |= np.isin(stocked.gate, system.units.waits)
    products = max(len(network["products"]), 1)
    client = np.repeat(np.arange(len(net)), np.diff(net.groups))[net.group]
    known = net.plant[client].astype(np.int64) * products + flow.made[net.plant[net.supplier]]
    keys, first = np.unique(known, return_index=True)
    users = {
        (int(firm), int(product)): flow.plants + place
        for place, (firm, product) in enumerate(
            zip(flow.operator.tolist(), flow.product.tolist(), strict=True)
        )
    }
    gates, groups, words = [], [], []
    for row in np.flatnonzero(used).tolist():
        customer, product = int(stocked.customer[row]), int(stocked.product[row])
        kind, name = network.thing(customer)
        buyer = customer - network.offset("plant")
        if kind == "firm":
            buyer = users.get((customer - network.offset("firm"), product), -1)
        place = int(np.searchsorted(keys, buyer * products + product))
        if buyer >= 0 and place < len(keys) and keys[place] == buyer * products + product:
            gates.append(int(stocked.gate[row]))
            groups.append(int(net.group[first[place]]))
            words.append(f"no {network.names['product'][product]} at {name}")
    return np.array(gates, dtype=np.int32), np.array(groups, dtype=np.int64), tuple(words)


def thing_keys(ground: Groundwork) -> npt.NDArray[np.uint64]:
    """Return a hash of each thing, for drawing lots, shape (things,)."""
    names = ground.network.names
    return np.array(
        [hashed(f"{kind}:{name}") for kind in KINDS for name in names[kind]], dtype=np.uint64
    )
