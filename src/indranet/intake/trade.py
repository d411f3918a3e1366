"""An input-output table becomes a case: a plant for each industry, supplies between them."""

import datetime
import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError, UsageError
from indranet.geography.places import ALPHA3
from indranet.intake.input_output import MAX_BYTES, InputOutputTable, read_table
from indranet.intake.needs import Table, rows
from indranet.model.case import write_case

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DAYS = 365
"""Days of a year of flows."""

_OTHER_CODES = {"CN1": "CHN", "CN2": "CHN", "MX1": "MEX", "MX2": "MEX", "ROM": "ROU", "WF": ""}
"""Parts of countries in tables of the OECD; Romania in WIOD; the rest of Africa in EXIOBASE."""
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")
_NO_YEAR = 2000


def trade(
    files: Sequence[Path],
    folder: Path,
    *,
    smallest_share: float = 0.0,
    max_bytes: int = MAX_BYTES,
) -> None:
    """Write a case from an input-output table.

    Each industry is a plant, each sector a product of kind sector that plants of any country make,
    each flow a supply of so many units of the table's money a day (a year's flow / 365), what an
    industry sells to itself included. Where more was taken from stores than was bought for final
    demand, final demand is 0. An industry that sells nothing to others is left out, and what it
    bought counts as final demand.

    Parameters
    ----------
    files
        One wide CSV file (OECD ICIO, WIOD), or one folder of pymrio.
    folder
        Case folder to make.
    smallest_share
        A flow below this share of all that its buyer purchases is left out, and counts as final
        demand of its seller, whose output so stays; 0 keeps all.
    max_bytes
        Largest size of a file, in bytes.

    Raises
    ------
    InputError
        With every fault of the table, see `indranet.intake.input_output.read_table`.
    UsageError
        When there is not one table, the share is not from 0 to 1, or the folder holds something.
    """
    if len(files) != 1:
        raise UsageError(f"{len(files)} tables given: give one CSV file, or one folder of pymrio")
    if not 0 <= smallest_share < 1:
        raise UsageError(f"smallest share {smallest_share} is not from 0 to below 1")
    table = read_table(files[0], max_bytes=max_bytes)
    flows, final, notes = settled(table)
    cut = flows < smallest_share * flows.sum(axis=0)
    final += np.where(cut, flows, 0.0).sum(axis=1)
    dropped = int((cut & (flows > 0)).sum())
    flows[cut] = 0.0
    notes += _if(
        dropped,
        f"Flows below {smallest_share:g} of their buyer's purchases, counted as final demand: "
        f"{dropped:,}.",
    )
    write_case(
        folder,
        folder.name,
        _first_day(table),
        " ".join((_opening(table), *notes)),
        _tables(table, flows, final),
    )


def settled(table: InputOutputTable) -> tuple[Floats, Floats, list[str]]:
    """Return flows and final demand that a case can hold, and in sentences what was changed.

    Final demand is not below 0, and an industry that sells nothing to others buys nothing: its
    purchases count as final demand of their sellers.

    Raises
    ------
    InputError
        When no industry sells anything to others.
    """
    flows, final = table.flows.copy(), np.maximum(table.final, 0.0)
    taken = table.final < 0
    customers = (flows > 0).sum(axis=1) - (np.diag(flows) > 0)
    idle = (customers == 0) & (final == 0)
    if idle.all():
        problem = "has no industry that sells anything to others"
        raise InputError([Fault(table.source, problem=problem, remedy="give a table with flows")])
    final += np.where(idle, flows, 0.0).sum(axis=1)
    final[idle] = 0.0
    flows[:, idle] = 0.0
    notes = [*table.notes]
    notes += _if(
        taken.any(),
        f"Industries from whose stores more was taken than final demand bought, taken as 0: "
        f"{int(taken.sum())}, of {-table.final[taken].sum():.6g} a year.",
    )
    notes += _if(
        idle.any(), f"Industries that sell nothing to others, left out: {int(idle.sum())}."
    )
    return flows, final, notes


def _if(holds: Any, sentence: str) -> list[str]:
    return [sentence] if holds else []


def _tables(table: InputOutputTable, flows: Floats, final: Floats) -> Mapping[str, Table]:
    seller, buyer = np.nonzero(flows)
    output = flows.sum(axis=1) + final
    kept = np.flatnonzero(output > 0)
    known = {"provenance": "derived", "source": table.source}
    country, countries = countries_of(table, kept)
    return {
        "countries": rows(len(countries["country"]), **countries, **known),
        **sector_tables(table, flows, output, **known),
        "plants": rows(
            len(kept),
            plant=table.label[kept],
            product=table.sector[kept],
            country=country[kept],
            final_demand_per_day=final[kept] / DAYS,
            **known,
        ),
        "supplies": rows(
            len(seller),
            supplier=table.label[seller],
            customer=table.label[buyer],
            quantity_per_day=flows[seller, buyer] / DAYS,
            **known,
        ),
    }


def countries_of(table: InputOutputTable, kept: Array) -> tuple[Array, Table]:
    """Return the country of each industry, and the countries with the table's names for them.

    Two-letter codes become three-letter ones. A region that is no country gets a code that ISO
    3166-1 leaves to its users: XAA, XAB, ...
    """
    regions = list(dict.fromkeys(table.region.tolist()))
    code_of = {region: _code(region) for region in regions}
    free = (f"X{a}{b}" for a, b in product(ascii_uppercase, ascii_uppercase))
    unused = [code for code in free if code not in code_of.values()]
    others = [region for region in regions if not code_of[region]]
    if len(others) > len(unused):
        problem = f"has {len(others)} regions that are no country, more than {len(unused)}"
        raise InputError([Fault(table.source, problem=problem, remedy="add some of them up")])
    code_of |= dict(zip(others, unused, strict=False))
    country = np.array([code_of[region] for region in table.region.tolist()], dtype=object)
    named: dict[str, str] = {}
    for region in dict.fromkeys(table.region[kept].tolist()):
        code = code_of[region]
        named.setdefault(code, "" if region == code or _OTHER_CODES.get(region) else region)
    return country, {
        "country": np.array(list(named), dtype=object),
        "name": np.array(list(named.values()), dtype=object),
    }


def _code(region: str) -> str:
    upper = region.upper()
    if upper in _OTHER_CODES:
        return _OTHER_CODES[upper]
    return upper if re.fullmatch("[A-Z]{3}", upper) else ALPHA3.get(upper, "")


def sector_tables(
    table: InputOutputTable, flows: Floats, output: Floats, **known: str
) -> dict[str, Table]:
    """Return products, one for each sector, and as their components what all their makers buy.

    The quantity of a component is what all industries of a sector buy of it for one unit of their
    output.
    """
    sectors, which = np.unique(table.sector[output > 0].astype(str), return_inverse=True)
    kept = np.flatnonzero(output > 0)
    count = len(sectors)
    seller, buyer = np.nonzero(flows[np.ix_(kept, kept)])
    bought = np.bincount(
        which[seller] * count + which[buyer],
        weights=flows[kept[seller], kept[buyer]],
        minlength=count * count,
    ).reshape(count, count)
    component, made = np.nonzero(bought)
    quantity = bought[component, made] / np.bincount(which, weights=output[kept])[made]
    names = sectors.astype(object)
    products = rows(
        count, product=names, kind="sector", unit_cost_usd=table.scale, bill="complete", **known
    )
    components = rows(
        len(made), product=names[made], component=names[component], quantity=quantity, **known
    )
    return {"products": products, "components": components}


def _first_day(table: InputOutputTable) -> datetime.date:
    years = {found.group() for found in _YEAR.finditer(table.source)}
    return datetime.date(int(next(iter(years))) if len(years) == 1 else _NO_YEAR, 1, 1)


def _opening(table: InputOutputTable) -> str:
    return (
        f"Input-output table from {table.source}: {len(table.label):,} industries. A unit is one "
        f"{table.unit}, quantities a day are a year's flow / {DAYS}, money is not converted."
    )
