"""What the sites and services of a made-up case need, and the cables between its sites."""

from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.geography.places import haversine_km
from indranet.intake import calibration as facts
from indranet.intake.layout import Layout

Array = npt.NDArray[Any]
Table = dict[str, Array]
Names = dict[str, Array]
"""Identifiers by kind of site: radio, aggregation, core and power."""

_CABLE_DETOUR = 1.3
"""Length of a cable beside the distance on the globe (authored)."""

# What the schema takes an empty cell for is left empty: millions of rows would repeat it.
_ROW = {
    "capacity": 1.0, "at_least": np.nan, "autonomy_hours": 0.0, "how": None, "kind": None,
    "provenance": "synthetic", "source": facts.SOURCES["authored"],
}  # fmt: skip


def rows(count: int, **columns: Any) -> Table:
    """Return a table of so many rows; a single value, or None for empty, fills its column."""
    return {name: _column(count, value) for name, value in columns.items()}


def _column(count: int, value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    return np.full(count, value, dtype=object if isinstance(value, str | None) else None)


def stacked(*blocks: Table) -> Table:
    """Return tables of the same columns, one under the other."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _block(user: Array, need: str, inputs: Array, **columns: Any) -> Table:
    return rows(len(user), user=user, need=need, input=inputs, **{**_ROW, **columns})


def needs_table(layout: Layout, names: Names) -> Table:
    """Return what every site and service needs, a row for each input.

    Radio sites need their aggregation site and their region's power; aggregation sites a way over
    cables to their operator's core; power regions any operator's telecoms in the region, which
    closes the circle. A service of an operator in a region needs half of the radio capacity there,
    counted in persons; an emergency call any operator's.
    """
    return stacked(*_site_needs(layout, names), *_service_needs(layout, names))


def _site_needs(layout: Layout, names: Names) -> list[Table]:
    operators = len(layout.operators)
    radio, hubs, core = names["radio"], names["aggregation"], names["core"]
    core_region = layout.country.region[layout.core_town]
    hub, site = np.nonzero(layout.hubs.cell[:, None] % operators == layout.core_operator)
    _, first = np.unique(layout.hubs.cell, return_index=True)
    hours = facts.BATTERY_HOURS
    return [
        _block(radio, "transport", hubs[layout.radio.hub]),
        _block(radio, "power", names["power"][layout.radio.cell // operators],
               autonomy_hours=hours["radio"], source=facts.SOURCES["batteries"]),
        _block(hubs, "power", names["power"][layout.hubs.cell // operators],
               autonomy_hours=hours["aggregation"]),
        _block(core, "power", names["power"][core_region], autonomy_hours=hours["core"]),
        _block(hubs[hub], "core", core[site], at_least=1.0, how="reaches"),
        _block(np.repeat(names["power"], operators), "control", hubs[first], at_least=1.0,
               autonomy_hours=facts.CONTROL_HOURS, kind="cyber"),
    ]  # fmt: skip


def _service_needs(layout: Layout, names: Names) -> list[Table]:
    operators, regions = len(layout.operators), len(layout.country.regions)
    service = {kind: service_ids(layout, kind) for kind in ("access", "data", "voice")}
    shared = {kind: service_ids(layout, kind) for kind in ("emergency", "payments")}
    cell = np.arange(operators * regions)
    at, site = np.nonzero(cell[:, None] % operators == layout.core_operator)
    capacity = np.maximum(layout.radio.people, 1).astype(np.float64)
    behind = np.maximum(layout.hubs.people, 1).astype(np.float64)
    each = {kind: np.repeat(ids, operators) for kind, ids in shared.items()}
    half = facts.CAPACITY_SHARE
    return [
        _block(service["access"][layout.radio.cell], "radio", names["radio"], capacity=capacity,
               at_least=half),
        _block(service["data"], "access", service["access"]),
        _block(service["data"][layout.hubs.cell], "transport", names["aggregation"],
               capacity=behind, at_least=half),
        _block(service["voice"], "access", service["access"]),
        _block(service["data"][at], "core", names["core"][site], at_least=1.0),
        _block(service["voice"][at], "core", names["core"][site], at_least=1.0),
        _block(each["emergency"], "access", service["access"], at_least=1.0),
        _block(each["payments"], "data", service["data"], at_least=1.0),
        _block(shared["payments"], "power", names["power"], autonomy_hours=facts.TILL_HOURS),
    ]  # fmt: skip


def service_ids(layout: Layout, kind: str) -> Array:
    """Return identifiers of a service in each cell, or in each region for a shared one."""
    regions = layout.country.regions
    if kind in ("emergency", "payments"):
        return np.array([f"{kind}-{region}" for region in regions], dtype=object)
    return np.array(
        [f"{kind}-{region}-{operator.rpartition('-')[2]}" for region in regions
         for operator in layout.operators], dtype=object,
    )  # fmt: skip


_SERVICES = {
    "access": ("Radio access", "telecoms"),
    "data": ("Mobile data", "telecoms"),
    "voice": ("Voice", "telecoms"),
    "emergency": ("Emergency call", "public safety"),
    "payments": ("Payments", "finance"),
}


def services_table(layout: Layout) -> Table:
    """Return the services.

    Persons add up to those served for each of mobile data, voice, emergency call and payments;
    radio access, which these need, counts none of its own.
    """
    operators, regions = len(layout.operators), layout.country.regions
    in_cell = np.bincount(
        layout.radio.cell, weights=layout.radio.people, minlength=operators * len(regions)
    ).astype(np.int64)
    blocks = []
    for kind, (name, sector) in _SERVICES.items():
        ids = service_ids(layout, kind)
        each = len(ids) // len(regions)
        people = in_cell.reshape(-1, operators // each).sum(axis=1)
        region = np.repeat(regions, each)
        whose = np.tile([f" of {operator}" for operator in layout.operators], len(regions))
        words = whose if each > 1 else np.full(len(ids), "", dtype=object)
        blocks.append(
            rows(
                len(ids),
                service=ids,
                name=np.array([f"{name}{w} in {r}" for w, r in zip(words, region, strict=True)]),
                sector=sector,
                country=layout.country.code,
                region=region,
                people=people * (kind != "access"),
                provenance="synthetic",
                source=facts.population_source(layout.country.code),
            )
        )
    return stacked(*blocks)


def cables_table(layout: Layout, names: Names) -> Table:
    """Return the cables: rings of aggregation sites, each ring from one core site to another.

    A ring with its two core sites has two ways out of every aggregation site. The core sites of an
    operator are joined pair by pair.
    """
    ends = np.concatenate([_core_pairs(layout), _ring_links(layout)])
    ids = np.concatenate([names["core"], names["aggregation"]])
    towns, town = layout.country.towns, layout.core_town
    lat = np.concatenate([towns.lat[town], layout.hubs.lat])
    lon = np.concatenate([towns.lon[town], layout.hubs.lon])
    a, b = ends.T
    return rows(
        len(ends),
        lane=np.array([f"cable-{i + 1:06d}" for i in range(len(ends))], dtype=object),
        origin=ids[a],
        destination=ids[b],
        mode="cable",
        km=np.round(haversine_km(lat[a], lon[a], lat[b], lon[b]) * _CABLE_DETOUR, 1),
        passages="",
        provenance="synthetic",
        source=facts.SOURCES["authored"],
    )


def _core_pairs(layout: Layout) -> Array:
    """Return the pairs of core sites of one operator, positions among the core sites."""
    same = layout.core_operator[:, None] == layout.core_operator
    return np.argwhere(np.triu(same, k=1))


def _ring_links(layout: Layout) -> Array:
    """Return the links of the rings; an aggregation site counts on from the core sites."""
    hubs, towns = layout.hubs, layout.country.towns
    first = np.searchsorted(hubs.cell, hubs.cell)
    place = (np.arange(len(hubs.cell)) - first) % facts.RING_HUBS
    opens = place == 0
    closes = np.append(opens[1:], True)
    far = haversine_km(
        hubs.lat[:, None], hubs.lon[:, None],
        towns.lat[layout.core_town], towns.lon[layout.core_town],
    )  # fmt: skip
    far[hubs.cell[:, None] % len(layout.operators) != layout.core_operator] = np.inf
    near = np.argsort(far, axis=1, kind="stable")
    hub = np.arange(len(hubs.cell)) + len(layout.core_town)
    start = np.cumsum(opens) - 1
    gate = near[np.flatnonzero(opens)[start], 0]
    other = np.where(near[:, 0] != gate, near[:, 0], near[:, 1])
    return np.concatenate([
        np.column_stack([near[opens, 0], hub[opens]]),
        np.column_stack([hub[~closes], hub[~closes] + 1]),
        np.column_stack([hub[closes], other[closes]]),
    ])  # fmt: skip
