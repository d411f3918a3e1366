"""Made-up networks of firms of any size that add up to an input-output table."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.intake.input_output import InputOutputTable, read_table
from indranet.intake.layout import apportioned
from indranet.intake.needs import Table, rows
from indranet.intake.trade import DAYS, countries_of, sector_tables, settled
from indranet.model.case import write_case

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

SECTORS = 40
"""Sectors of the made-up table."""
SUPPLIERS = 5.0
"""Suppliers, and so customers, of a firm on average (Japan: a million firms, five million links;
Chakraborty et al. 2018, PLoS ONE 13:e0202739)."""
SIZE_EXPONENT = 1.059
"""P(size > s) falls as s to this power (Axtell 2001, Science 293:1818)."""
CUSTOMERS_EXPONENT, SUPPLIERS_EXPONENT = 1.26, 1.35
"""The same of the number of customers and of suppliers; densities fall with one more (Fujiwara and
Aoyama 2010, European Physical Journal B 77:565)."""

_FIRST_DAY = datetime.date(2025, 1, 1)
_ROUNDS = 12
_SHORT = 0.002
"""Part of the links that may be lacking: drawing the last ones again is not worth its time."""
_SPENT = 0.97
"""Part of its output that a firm may spend on supplies where firms are brought to gain."""
_DIGITS = 9


@dataclass(frozen=True, eq=False)
class FirmNetwork:
    """Firms, each of one industry, and who supplies whom.

    Attributes
    ----------
    industry
        Industry of each firm, ascending, shape (firms,).
    final
        What each sells to final demand in a year, shape (firms,).
    supplier, customer
        Firms of each link, no pair twice, ordered by supplier and customer, shape (links,).
    flow
        What is sold on each link in a year, above 0, shape (links,).
    """

    industry: Codes
    final: Floats
    supplier: Codes
    customer: Codes
    flow: Floats


def firms(folder: Path, *, firms: int, seed: int, table: Path | None = None) -> None:
    """Write a case with a made-up network of firms that adds up to an input-output table.

    Parameters
    ----------
    folder
        Case folder to make.
    firms
        Number of firms, each with one plant.
    seed
        Every draw follows from it: the same arguments give the same bytes.
    table
        A table that `indranet.intake.input_output.read_table` reads; a made-up one of 40 sectors,
        drawn with the seed, where none is given.

    Raises
    ------
    InputError
        With every fault of the table.
    UsageError
        When there are too few firms for the industries, the seed is negative, or the folder holds
        something.
    """
    if seed < 0:
        raise UsageError(f"--seed {seed} is below 0")
    economy = made_up_table(seed) if table is None else read_table(table)
    flows, final, notes = settled(economy)
    network = firm_network(flows, final, firms=firms, seed=seed)
    known = {"provenance": "synthetic", "source": f"generate firms, seed {seed}"}
    if table is not None:
        known["source"] += f"; {economy.source}"
    tables = _tables(economy, flows, final, network, table is not None, known)
    words = _words(economy, network, seed, notes)
    write_case(folder, f"{firms:,} made-up firms", _FIRST_DAY, words, tables)


def made_up_table(seed: int) -> InputOutputTable:
    """Return a made-up table of 40 sectors in one economy, USD a year.

    What a sector buys for a unit of its output is log-normal over sectors of which it uses 85 %,
    and adds up to 30 to 70 %; final demand is log-normal and adds up to a trillion USD. Output
    follows from both (Leontief 1936).
    """
    random = _random(seed, 0)
    shape = (SECTORS, SECTORS)
    part = random.lognormal(0.0, 1.5, shape) * (random.random(shape) < 0.85)
    part *= random.uniform(0.3, 0.7, SECTORS) / part.sum(axis=0)
    final = random.lognormal(0.0, 1.0, SECTORS)
    final *= 1e12 / final.sum()
    output = final
    # Purchases are at most 0.7 of output, so each round adds at most 0.7 of the one before.
    for _ in range(120):
        output = (part * output).sum(axis=1) + final
    names = np.array([f"s{i:02d}" for i in range(1, SECTORS + 1)], dtype=object)
    return InputOutputTable(
        label=names,
        region=np.full(SECTORS, "", dtype=object),
        sector=names,
        flows=part * output,
        final=final,
        added=np.full(SECTORS, np.nan),
        unit="USD",
        scale=1.0,
        source=f"a table of {SECTORS} made-up sectors",
    )


def firm_network(flows: Floats, final: Floats, *, firms: int, seed: int) -> FirmNetwork:
    """Draw firms and links that add up to an input-output table.

    Firms are shared out to industries by output, their sizes follow a Pareto law. Each firm of an
    industry that sells to others has a customer, each of one that buys a supplier, each cell of the
    table a link; further links, to five a firm, are drawn by firm size within cells. Each cell is
    then spread over its links so that firms buy and sell about in proportion to their size
    (iterative proportional fitting, Deming and Stephan 1940) and, where links allow it, no more
    than they sell.

    Parameters
    ----------
    flows
        What each industry (row) sells each other and itself (column) in a year, not below 0, shape
        (industries, industries).
    final
        What each sells to final demand, not below 0, shape (industries,).
    firms
        Number of firms.
    seed
        Every draw follows from it.

    Raises
    ------
    UsageError
        When there are fewer firms than industries need: one each, two where an industry sells to
        itself.
    """
    output = flows.sum(axis=1) + final
    least = (output > 0).astype(np.int64) + (np.diag(flows) > 0)
    if firms < least.sum() or not least.any():
        raise UsageError(
            f"--firms {firms} is too few: the table's {int((least > 0).sum())} industries need "
            f"{int(least.sum())} (two where an industry sells to itself)"
        )
    draw = _Draw.of(flows, output, least + apportioned(firms - int(least.sum()), output), seed)
    supplier, customer = _links(draw, firms)
    return _spread(draw, flows, final, supplier, customer)


@dataclass(frozen=True, eq=False)
class _Draw:
    """What links are drawn from.

    Attributes
    ----------
    random
        The source of randomness.
    first
        First firm of each industry, and their number at the end.
    industry, size
        Of each firm; sizes are parts of the industry's output.
    seller, buyer, amount
        Of each filled cell of the table, in the order of its rows.
    """

    random: np.random.Generator
    first: Codes
    industry: Codes
    size: Floats
    seller: Codes
    buyer: Codes
    amount: Floats

    @classmethod
    def of(cls, flows: Floats, output: Floats, count: Codes, seed: int) -> "_Draw":
        random = _random(seed, 1)
        industry = np.repeat(np.arange(len(output)), count)
        first = np.concatenate([[0], np.cumsum(count)])
        # One draw from each of as many equal parts of the law: no industry is all one freak firm.
        rank = np.arange(len(industry)) - first[industry]
        above = np.maximum(rank + random.random(len(industry)), 0.5) / count[industry]
        size = above ** (-1 / SIZE_EXPONENT)
        seller, buyer = np.nonzero(flows)
        size /= _sum(industry, size, len(output))[industry]
        return cls(random, first, industry, size, seller, buyer, flows[seller, buyer])


def _links(draw: _Draw, firms: int) -> tuple[Codes, Codes]:
    """Return supplier and customer of each link."""
    cells, industries = np.arange(len(draw.amount)), np.arange(len(draw.first))
    if not len(cells):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    by_row = np.searchsorted(draw.seller, industries)
    column = np.argsort(draw.buyer, kind="stable")
    by_column = np.searchsorted(draw.buyer[column], industries)
    selling = np.flatnonzero(np.diff(by_row)[draw.industry] > 0)
    buying = np.flatnonzero(np.diff(by_column)[draw.industry] > 0)
    sold = _picked(draw.random, draw.amount, by_row, draw.industry[selling])
    bought = column[_picked(draw.random, draw.amount[column], by_column, draw.industry[buying])]
    pairs = _distinct(
        _pairs(draw, cells),
        _pairs(draw, sold, supplier=selling),
        _pairs(draw, bought, customer=buying),
    )
    count = np.diff(draw.first)
    purchases = _sum(draw.buyer, draw.amount, len(count))
    weight = draw.amount / purchases[draw.buyer] * count[draw.buyer]
    for _ in range(_ROUNDS):
        lacking = int(SUPPLIERS * firms) - len(pairs)
        if lacking <= _SHORT * SUPPLIERS * firms:
            break
        more = np.repeat(cells, apportioned(lacking, weight))
        pairs = _distinct(pairs, _pairs(draw, more))
    supplier, customer = np.divmod(pairs, firms)
    return supplier, customer


def _pairs(
    draw: _Draw, cell: Codes, *, supplier: Codes | None = None, customer: Codes | None = None
) -> Codes:
    """Return a link in each of these cells as one number, its ends drawn where not given."""
    if supplier is None:
        weight = draw.size ** (SIZE_EXPONENT / CUSTOMERS_EXPONENT)
        supplier = _picked(draw.random, weight, draw.first, draw.seller[cell])
    if customer is None:
        weight = draw.size ** (SIZE_EXPONENT / SUPPLIERS_EXPONENT)
        customer = _picked(draw.random, weight, draw.first, draw.buyer[cell])
    # Nobody is its own supplier: the next firm of the industry takes its place.
    first = draw.first[draw.industry[supplier]]
    count = draw.first[draw.industry[supplier] + 1] - first
    beside = first + (supplier - first + 1) % count
    customer = np.where(customer == supplier, beside, customer)
    return supplier * len(draw.industry) + customer


def _picked(random: np.random.Generator, weight: Floats, first: Codes, group: Codes) -> Codes:
    """Return for each group asked for one of its members, drawn in proportion to their weight."""
    steps = np.concatenate([[0.0], np.cumsum(weight)])
    low, high = steps[first[group]], steps[first[group + 1]]
    drawn = np.searchsorted(steps, low + random.random(len(group)) * (high - low), side="right")
    members: Codes = np.clip(drawn - 1, first[group], first[group + 1] - 1)
    return members


def _distinct(*numbers: Codes) -> Codes:
    ordered = np.sort(np.concatenate(numbers))
    different: Codes = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    return different


def _spread(
    draw: _Draw, flows: Floats, final: Floats, supplier: Codes, customer: Codes
) -> FirmNetwork:
    """Spread each cell of the table over its links, and final demand over firms."""
    industries, firms = len(final), len(draw.industry)
    output = flows.sum(axis=1) + final
    place = draw.industry[supplier] * industries + draw.industry[customer]
    cell = np.searchsorted(draw.seller * industries + draw.buyer, place)
    sells = flows.sum(axis=1)[draw.industry] * draw.size
    buys = flows.sum(axis=0)[draw.industry] * draw.size

    def scaled(flow: Floats) -> Floats:
        return flow * (draw.amount / _sum(cell, flow, len(draw.amount)))[cell]

    def fitted(flow: Floats, firm: Codes, wanted: Floats) -> Floats:
        return flow * (wanted / np.maximum(_sum(firm, flow, firms), 1e-300))[firm]

    flow = scaled(draw.size[supplier] * draw.size[customer])
    for _ in range(_ROUNDS):
        flow = fitted(flow, customer, buys)
        flow = scaled(fitted(flow, supplier, sells))
    for _ in range(_ROUNDS):
        bought, sold = _sum(customer, flow, firms), _sum(supplier, flow, firms)
        made = sold + _remainder(draw, output, final, sold)
        if (bought <= made).all():
            break
        flow = scaled(flow * np.minimum(1, _SPENT * made / np.maximum(bought, 1e-300))[customer])
    flow = _rounded(flow)
    rest = _remainder(draw, output, final, _sum(supplier, flow, firms))
    return FirmNetwork(draw.industry, _rounded(rest), supplier, customer, flow)


def _sum(of: Codes, values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(of, weights=values, minlength=count), dtype=np.float64)


def _remainder(draw: _Draw, output: Floats, final: Floats, sold: Floats) -> Floats:
    """Return final demand of each firm: what brings its output near its size."""
    # A little in any case: a firm whose customers take all would leave an industry without.
    lacking = np.maximum(output[draw.industry] * draw.size - sold, 1e-9 * draw.size)
    whole = _sum(draw.industry, lacking, len(final))
    return lacking * (final / np.maximum(whole, 1e-300))[draw.industry]


def _rounded(values: Floats) -> Floats:
    """Round to so many digits that sums hold to 1e-8 and files stay small."""
    digits = _DIGITS - 1 - np.floor(np.log10(np.maximum(values, 1e-300)))
    step = 10.0 ** np.clip(digits, -300, 300)
    rounded: Floats = np.round(values * step) / step
    return rounded


def _tables(
    economy: InputOutputTable,
    flows: Floats,
    final: Floats,
    network: FirmNetwork,
    with_countries: bool,
    known: dict[str, str],
) -> dict[str, Table]:
    count = len(network.industry)
    firm, plant = _numbered("f", count), _numbered("p", count)
    output = flows.sum(axis=1) + final
    where: dict[str, Any] = {}
    tables: dict[str, Table] = {}
    if with_countries:
        country, countries = countries_of(economy, np.flatnonzero(output > 0))
        where = {"country": country[network.industry]}
        tables["countries"] = rows(len(countries["country"]), **countries, **known)
    return {
        **tables,
        "firms": rows(count, firm=firm, **where, **known),
        **sector_tables(economy, flows, output, **known),
        "plants": rows(
            count,
            plant=plant,
            product=economy.sector[network.industry],
            firm=firm,
            **where,
            final_demand_per_day=_rounded(network.final / DAYS),
            **known,
        ),
        "supplies": rows(
            len(network.flow),
            supplier=plant[network.supplier],
            customer=plant[network.customer],
            quantity_per_day=_rounded(network.flow / DAYS),
            **known,
        ),
    }


def _numbered(prefix: str, count: int) -> Array:
    """Return identifiers such as f0000123, one for each number from 1."""
    width = max(7, len(str(count)))
    number = np.arange(1, count + 1)
    letters = np.empty((count, width + 1), dtype="U1")
    letters[:, 0] = prefix
    digits = np.array(list("0123456789"))
    for place in range(width):
        letters[:, width - place] = digits[number // 10**place % 10]
    return letters.view(f"U{width + 1}").ravel().astype(object)


def _random(seed: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, purpose])


def _words(economy: InputOutputTable, network: FirmNetwork, seed: int, notes: list[str]) -> str:
    count = len(network.industry)
    sold = _sum(network.supplier, network.flow, count) + network.final
    losing = int((_sum(network.customer, network.flow, count) > sold).sum())
    sentences = [
        f"{count:,} made-up firms with {len(network.flow):,} links, seed {seed}, that add up to "
        f"{economy.source}.",
        f"A unit is one {economy.unit}, quantities a day are a year's flow / {DAYS}.",
        "Sizes, numbers of customers and of suppliers follow published laws; who supplies whom is "
        "drawn.",
        *notes,
    ]
    if losing:
        sentences.append(f"Firms that buy more than they sell: {losing:,}.")
    return " ".join(sentences)
