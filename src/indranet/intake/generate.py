"""Made-up cases of any size, calibrated on published figures."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.intake import calibration as facts
from indranet.intake.layout import Layout, lay_out
from indranet.intake.needs import (
    Names,
    Table,
    cables_table,
    needs_table,
    rows,
    services_table,
    stacked,
)
from indranet.intake.supply import product_id, supply_tables
from indranet.model.case import write_case

Array = npt.NDArray[Any]

_FIRST_DAY = datetime.date(2025, 1, 1)
_SECTORS = 3
_SERVERS = 10
# Equipment that no vendor is named for has vendor 0.
_VENDORS = ("", *facts.VENDORS)
_FUNCTIONS = (*facts.EQUIPMENT, "server")
_PRODUCTS = np.array([[product_id(v, f) for f in _FUNCTIONS] for v in _VENDORS], dtype=object)


def country(folder: Path, *, sites: int, seed: int, country: str = "IND") -> None:
    """Write a made-up national case of any size.

    Real towns carry the sites; their number, vendors, vendors' plants and people follow published
    figures, which each row's source names. The same arguments give the same bytes.

    Parameters
    ----------
    folder
        Case folder to make.
    sites
        Rows of the sites table: radio, aggregation, core and power sites.
    seed
        Every draw follows from it.
    country
        ISO 3166-1 alpha-3 code of a country of the Indo-Pacific.

    Raises
    ------
    UsageError
        When there are too few sites, the seed is negative, no town of the country is known, or
        the folder holds something.
    """
    layout = lay_out(country, sites, seed)
    names = _names(layout)
    equipment, installed = _equipment(layout, names)
    supply = supply_tables(installed, country, layout.country.towns)
    lanes = {c: np.array(v, dtype=object) for c, v in supply["lanes"].items()}
    tables: dict[str, Mapping[str, Any]] = {
        **supply,
        "sites": _sites(layout, names),
        "equipment": equipment,
        "services": services_table(layout),
        "needs": needs_table(layout, names),
        "lanes": stacked(lanes, cables_table(layout, names)),
        "firms": stacked(_operators(layout), {c: np.array(v) for c, v in supply["firms"].items()}),
    }
    tables["countries"] = _countries(layout, tables)
    title = facts.COUNTRIES.get(country, country)
    write_case(folder, f"{title}: made up", _FIRST_DAY, _description(layout, seed), tables)


def _names(layout: Layout) -> Names:
    return {
        "radio": _numbered("r", len(layout.radio.cell)),
        "aggregation": _numbered("a", len(layout.hubs.cell)),
        "core": _numbered("c", len(layout.core_town)),
        "power": np.array([f"power-{region}" for region in layout.country.regions], dtype=object),
    }


def _numbered(prefix: str, count: int) -> Array:
    width = max(3, len(str(count)))
    return np.array([f"{prefix}{i:0{width}d}" for i in range(1, count + 1)], dtype=object)


def _sites(layout: Layout, names: Names) -> Table:
    radio, hubs, place = layout.radio, layout.hubs, layout.country
    operators = len(layout.operators)
    core_towns = place.towns.lat[layout.core_town], place.towns.lon[layout.core_town]
    # Towns lie largest first: the first of each region is where its power is steered from.
    _, seat = np.unique(place.region, return_index=True)
    clusters = _numbered("k", len(hubs.cell))
    _, law = facts.SITES_BY_POPULATION.get(place.code, facts.ELSEWHERE)
    kinds = [
        ("radio", layout.operators[radio.cell % operators], radio.cell // operators,
         radio.lat, radio.lon, law),
        ("aggregation", layout.operators[hubs.cell % operators], hubs.cell // operators,
         hubs.lat, hubs.lon, "authored"),
        ("core", layout.operators[layout.core_operator], place.region[layout.core_town],
         *core_towns, "towns"),
        ("power", _utilities(layout), np.arange(len(seat)),
         place.towns.lat[seat], place.towns.lon[seat], "towns"),
    ]  # fmt: skip
    blocks = [
        rows(
            len(names[kind]),
            site=names[kind],
            operator=operator,
            country=place.code,
            region=place.regions[region],
            cluster=clusters[radio.hub] if kind == "radio" else "",
            kind=kind,
            **{"class": "critical" if kind == "core" else None},
            lat=lat,
            lon=lon,
            people=radio.people if kind == "radio" else 0,
            structural=radio.structural.astype(np.int64) if kind == "radio" else 0,
            provenance="synthetic",
            source=facts.SOURCES[source],
        )
        for kind, operator, region, lat, lon, source in kinds
    ]
    return stacked(*blocks)


def _equipment(layout: Layout, names: Names) -> tuple[Table, dict[tuple[str, str, str], float]]:
    """Return the equipment rows, and units by (operator, vendor, function)."""
    installed: dict[tuple[str, str, str], float] = {}
    blocks = []
    for site, operator, vendor, function, quantity, generation, source in (
        _radio_equipment(layout, names),
        _hub_equipment(layout, names),
        _core_equipment(layout, names),
    ):
        blocks.append(
            rows(
                len(site),
                site=site,
                function=np.array(_FUNCTIONS, dtype=object)[function],
                product=_PRODUCTS[vendor, function],
                quantity=quantity,
                generation=generation,
                provenance="synthetic",
                source=source,
            )
        )
        shape = (len(layout.operators), len(_VENDORS), len(_FUNCTIONS))
        units = np.bincount(np.ravel_multi_index((operator, vendor, function), shape), quantity)
        for key in np.flatnonzero(units):
            o, v, f = np.unravel_index(key, shape)
            installed[str(layout.operators[o]), _VENDORS[v], _FUNCTIONS[f]] = float(units[key])
    return stacked(*blocks), installed


_Rows = tuple[Array, Array, Array, Array, Array, Array | str, Array | str]
"""Site, codes of operator, vendor and function, units, generation, source; of shape (rows,)."""


def _radio_equipment(layout: Layout, names: Names) -> _Rows:
    """Return radio units, a distributed unit and base station software for each radio site."""
    radio = layout.radio
    software = np.where(radio.has_5g, _code("gNB"), _code("eNB"))
    units = [np.full(len(software), _code("RU")), np.full(len(software), _code("DU")), software]
    generation = np.array(["4G", "5G"], dtype=object)[radio.has_5g.astype(np.int64)]
    return (
        np.repeat(names["radio"], 3),
        np.repeat(radio.cell % len(layout.operators), 3),
        np.repeat(_vendor_codes(layout.radio_vendor)[radio.cell], 3),
        np.column_stack(units).ravel(),
        np.tile([_SECTORS, 1, 1], len(software)),
        np.repeat(generation, 3),
        facts.SOURCES["radio shares"],
    )


def _hub_equipment(layout: Layout, names: Names) -> _Rows:
    """Return a router and optical transport for each aggregation site."""
    cell = layout.hubs.cell
    vendors = [
        _vendor_codes(layout.router_vendor)[cell],
        _vendor_codes(layout.optical_vendor)[cell],
    ]
    sources = np.array([facts.SOURCES["authored"], facts.SOURCES["optical shares"]], dtype=object)
    return (
        np.repeat(names["aggregation"], 2),
        np.repeat(cell % len(layout.operators), 2),
        np.column_stack(vendors).ravel(),
        np.tile([_code("router"), _code("optical")], len(cell)),
        np.ones(2 * len(cell), dtype=np.int64),
        "",
        np.tile(sources, len(cell)),
    )


def _core_equipment(layout: Layout, names: Names) -> _Rows:
    """Return each core function, operations support and servers for each core site."""
    functions = np.array([_code(f) for f in (*facts.CORE_FUNCTIONS, "OSS", "server")])
    operator = np.repeat(layout.core_operator, len(functions))
    function = np.tile(functions, len(layout.core_town))
    server = function == _code("server")
    return (
        np.repeat(names["core"], len(functions)),
        operator,
        np.where(server, 0, _vendor_codes(layout.core_vendor)[operator]),
        function,
        np.where(server, _SERVERS, 1),
        "5G",
        facts.SOURCES["radio shares"],
    )


def _code(function: str) -> int:
    return _FUNCTIONS.index(function)


def _vendor_codes(vendors: Array) -> Array:
    return np.array([_VENDORS.index(vendor) for vendor in vendors])


def _utilities(layout: Layout) -> Array:
    return np.array([f"utility-{region}" for region in layout.country.regions], dtype=object)


def _operators(layout: Layout) -> Table:
    """Return the firms that run sites: operators, and a power utility for each region."""
    regions = layout.country.regions
    firms = [(o, f"Operator {o.rpartition('-')[2]}") for o in layout.operators]
    firms += [
        (u, f"Power utility of {r}") for u, r in zip(_utilities(layout), regions, strict=True)
    ]
    return rows(
        len(firms),
        firm=np.array([firm for firm, _ in firms], dtype=object),
        name=np.array([name for _, name in firms], dtype=object),
        country=layout.country.code,
        provenance="synthetic",
        source=facts.SOURCES["authored"],
    )


def _countries(layout: Layout, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return every country that a firm, plant or port of the case is in."""
    code = layout.country.code
    used = {str(c) for table in ("firms", "plants", "facilities") for c in tables[table]["country"]}
    codes = sorted(used | {code})
    return {
        "country": codes,
        "name": [facts.COUNTRIES.get(c, "") for c in codes],
        "population": [facts.POPULATION.get(c) for c in codes],
        "provenance": ["synthetic"] * len(codes),
        "source": [
            facts.SOURCES["population" if c in facts.POPULATION else "authored"] for c in codes
        ],
    }


def _description(layout: Layout, seed: int) -> str:
    place = layout.country
    return (
        f"A made-up network of {place.code}, seed {seed}: {len(layout.radio.cell)} radio sites in "
        f"{len(place.regions)} regions serve {place.people} persons. Towns are real; sites, "
        "vendors, plants and flows are not, and follow published figures where the source column "
        "names one."
    )
