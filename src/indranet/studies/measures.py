"""What can be bought against a loss, each measure as a change of the case's own tables."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.cells import default_column
from indranet.model.network import Network, Rows
from indranet.model.schema import MEASURE_UNITS, MEASURES, TABLES
from indranet.studies.groundwork import in_force, seats

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_KINDS = tuple(MEASURES)
POWER = "power"
"""Group of needs that batteries bridge where the case names none."""


def measures_of(network: Network) -> list[str]:
    """Return the measures that can be bought on the case's first day, in order of the case."""
    rows = network["measures"]
    there = np.append(in_force(network, network.first_day), True)[rows["agreement"]]
    return [name for name, yes in zip(rows.text("measure"), there.tolist(), strict=True) if yes]


def costs_of(network: Network, years: float) -> Floats:
    """Return what each measure costs to buy and to keep for some years, USD, shape (measures,)."""
    rows = network["measures"]
    return np.asarray(rows["cost_usd"] + years * rows["yearly_cost_usd"])


def bought(network: Network, measures: Sequence[str]) -> Network:
    """Return a case in which some measures are bought and act from its first day.

    What a measure builds is there from then on (`groundwork.not_yet`). Plants grow first, then
    contracts move, then stocks are laid in: so the order in which measures are named does not
    matter.

    - second_source: of what each customer of the plant buys of its product, so large a share moves
      to the plant from all others alike; no more than the plant can make beside what it sells.
    - stockpile: the stock of everybody who buys the product, of the holder, or of all in the
      country, lasts so many days longer; or the holder keeps so many units more.
    - plant: it makes so many units a day more.
    - battery: the thing, all sites of the operator or all sites in the country run so many hours
      longer without what is in the group of needs.
    - spare: the holder keeps so many units more.
    - link: the lane, site or facility is there.
    - crew: the pool has so many crews more.
    - roaming: the host carries so large a share of the operator's users more.

    Parameters
    ----------
    network
        The case.
    measures
        Names.

    Raises
    ------
    UsageError
        When the case has no such measure.
    """
    rows = network["measures"]
    names = rows.text("measure")
    for name in measures:
        if name not in names:
            known = ", ".join(names) or "none"
            raise UsageError(f"no measure {name!r} in the case, which has {known}")
    chosen = np.isin(np.array(names, dtype=object), list(measures))
    if not chosen.any():
        return network
    changed: dict[str, Rows] = {"measures": rows.where(~chosen & ~_built_by(rows, chosen))}
    for kind, effect in _EFFECTS.items():
        mine = np.flatnonzero(chosen & (rows["kind"] == _KINDS.index(kind)))
        if len(mine):
            effect(network, changed, rows.where(mine))
    return network.replace(**changed)


def _built_by(rows: Rows, chosen: Flags) -> Flags:
    """Return which measures would build what chosen ones build as well."""
    link = rows["kind"] == _KINDS.index("link")
    return np.asarray(link & np.isin(rows["thing"], rows["thing"][chosen & link]))


Changed = dict[str, Rows]


def _grow_plants(network: Network, changed: Changed, rows: Rows) -> None:
    plants = network["plants"]
    capacity = plants["capacity_per_day"].copy()
    np.add.at(capacity, rows["thing"] - network.offset("plant"), rows["amount"])
    changed["plants"] = plants.with_column("capacity_per_day", capacity)


def _second_sources(network: Network, changed: Changed, rows: Rows) -> None:
    plants, supplies = changed.get("plants", network["plants"]), network["supplies"]
    supplier = supplies["supplier"].astype(np.int64)
    product = plants["product"][supplier].astype(np.int64)
    quantity = supplies["quantity_per_day"].astype(np.float64)
    group = _positions(supplies["customer"].astype(np.int64) * len(network["products"]) + product)
    whole = _sums(group, quantity)
    share = np.zeros(len(plants))
    np.add.at(share, rows["thing"] - network.offset("plant"), rows["amount"])
    mine = share[supplier] > 0
    theirs = _sums(group, quantity * ~mine)
    # Lanes from one plant to one customer share what moves alike.
    lanes = _alike(group, supplier, mine)
    wanted = np.where(mine, share[supplier] * whole[group] / lanes, 0.0)
    asked = _sums(group, wanted)
    wanted *= np.minimum(1.0, _over(theirs, asked))[group]
    sold = _sums(supplier, quantity, len(plants))
    room = np.maximum(plants["capacity_per_day"] - sold - plants["final_demand_per_day"], 0.0)
    room[np.isnan(room)] = np.inf
    more = _sums(supplier, wanted, len(plants))
    wanted *= np.minimum(1.0, _over(room, more))[supplier]
    moved = _sums(group, wanted)
    left = quantity * np.where(mine, 1.0, 1.0 - _over(moved, theirs, 0.0)[group])
    now = left + wanted
    most = supplies["max_per_day"]
    changed["supplies"] = supplies.with_column("quantity_per_day", now).with_column(
        "max_per_day", np.where(np.isnan(most), most, np.maximum(most, now))
    )


def _sums(of: Codes, amounts: Floats, size: int = 0) -> Floats:
    return np.bincount(of, weights=amounts, minlength=size).astype(np.float64)


def _positions(keys: Codes) -> Codes:
    return np.asarray(np.unique(keys, return_inverse=True)[1]).reshape(-1)


def _alike(group: Codes, supplier: Codes, mine: Flags) -> Floats:
    """Return of how many rows of the same plant and customer each is one, at least 1."""
    pair = _positions(group * (int(supplier.max(initial=0)) + 1) + supplier)
    return np.asarray(np.maximum(np.bincount(pair, weights=mine)[pair], 1.0))


def _over(above: Floats, below: Floats, otherwise: float = 1.0) -> Floats:
    """Return above / below, something else where nothing is below."""
    result = np.full(len(below), otherwise)
    np.divide(above, below, out=result, where=below > 0)
    return result


def _lay_in(network: Network, changed: Changed, rows: Rows) -> None:
    by_day = rows["unit"] != MEASURE_UNITS.index("unit")
    supplies = changed.get("supplies", network["supplies"])
    days = supplies["stock_days"].astype(np.float64).copy()
    bought_ = network["plants"]["product"][supplies["supplier"]]
    customer, where = supplies["customer"].astype(np.int64), seats(network)
    products = network.span("product")
    for row in np.flatnonzero(by_day).tolist():
        thing, product = int(rows["thing"][row]), int(rows["product"][row])
        if products.start <= thing < products.stop:
            hit = bought_ == thing - products.start
        else:
            hit = (bought_ == product) & ((customer == thing) | (where[customer] == thing))
        days[hit] += rows["amount"][row]
    changed["supplies"] = supplies.with_column("stock_days", days)
    if not by_day.all():
        _hold(network, changed, rows.where(~by_day))


def _hold(network: Network, changed: Changed, rows: Rows) -> None:
    stocks = changed.get("stocks", network["stocks"])
    for holder, product, amount in zip(
        *(rows[name].tolist() for name in ("thing", "product", "amount")), strict=True
    ):
        same = (stocks["holder"] == holder) & (stocks["product"] == product)
        stocks = _added(stocks, same, "quantity", amount, {"holder": holder, "product": product})
    changed["stocks"] = stocks


def _added(
    rows: Rows, same: Flags, column: str, amount: float, key: dict[str, Any], most: float = np.inf
) -> Rows:
    """Return rows with an amount added where they are the same, or one row more."""
    if not same.any():
        return _appended(rows, {**key, column: min(amount, most)})
    values = rows[column].copy()
    first = int(np.flatnonzero(same)[0])
    values[first] = min(values[first] + amount, most)
    return rows.with_column(column, values)


def _appended(rows: Rows, values: dict[str, Any]) -> Rows:
    """Return rows with one more, whose other cells are empty or what empty means."""
    columns = {}
    for column in TABLES[rows.name].columns:
        if column.name in rows.columns:
            cell = default_column(column, 1).copy()
            cell[:] = values.get(column.name, cell)
            array = rows[column.name]
            columns[column.name] = np.append(array, cell.astype(array.dtype))
    return Rows(rows.name, columns, rows.words)


def _bridge(network: Network, changed: Changed, rows: Rows) -> None:
    needs, sites = network["needs"], network["sites"]
    hours = needs["autonomy_hours"].astype(np.float64).copy()
    user, group = needs["user"].astype(np.int64), np.array(needs.text("need"), dtype=object)
    wanted = rows.text("need")
    span, firms, countries = (network.span(kind) for kind in ("site", "firm", "country"))
    for row, (thing, amount) in enumerate(
        zip(rows["thing"].tolist(), rows["amount"].tolist(), strict=True)
    ):
        if firms.start <= thing < firms.stop:
            users = span.start + np.flatnonzero(sites["operator"] == thing - firms.start)
        elif countries.start <= thing < countries.stop:
            users = span.start + np.flatnonzero(sites["country"] == thing - countries.start)
        else:
            users = np.array([thing])
        hours[np.isin(user, users) & (group == (wanted[row] or POWER))] += amount
    changed["needs"] = needs.with_column("autonomy_hours", hours)


def _train(network: Network, changed: Changed, rows: Rows) -> None:
    crews = network["crews"]
    pools, more = np.array(crews.text("pool"), dtype=object), crews["crews"].copy()
    for pool, amount in zip(rows.text("pool"), rows["amount"].tolist(), strict=True):
        more[pools == pool] += int(amount)
    changed["crews"] = crews.with_column("crews", more)


def _carry(network: Network, changed: Changed, rows: Rows) -> None:
    roaming, first = network["roaming"], network.offset("firm")
    for thing, host, amount in zip(
        *(rows[name].tolist() for name in ("thing", "host", "amount")), strict=True
    ):
        same = (roaming["operator"] == thing - first) & (roaming["host"] == host)
        same &= roaming["country"] < 0
        key = {"operator": thing - first, "host": host}
        roaming = _added(roaming, same, "share", amount, key, most=1.0)
    changed["roaming"] = roaming


_EFFECTS: dict[str, Callable[[Network, Changed, Rows], None]] = {
    "plant": _grow_plants, "second_source": _second_sources, "stockpile": _lay_in,
    "spare": _hold, "battery": _bridge, "crew": _train, "roaming": _carry,
}  # fmt: skip
"""What each kind does, in the order in which kinds act; a link is there once its row is not."""
