"""What some countries can make alone: the question behind `exposure --only`.

Kept are the plants that stand in the countries and are run by firms that nobody outside controls,
and the makers whom nobody outside controls. Contracts and lanes do not matter: any maker that takes
part may supply any other. It is a question of who makes, not of who owns the patents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import Ordered, lost
from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES
from indranet.studies.bills import (
    Bill,
    Bools,
    Floats,
    Ints,
    bill_of_materials,
    listed,
    makeable,
    making_net,
    units_of,
)
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.makers import INSIDE, Ability, Makers, ability, capacities, makers_of
from indranet.studies.restoring import Elements, Restored, restore
from indranet.studies.worst import names_in_words

Table = Mapping[str, npt.NDArray[Any]]

DAYS_PER_QUARTER = 365 / 4
MOST_LACKING = 12
"""Lacking products that the summary names."""

_KINDS = TABLES["products"].column("kind").choices
_INSTALLED_KINDS = ("equipment", "software")
_KIND_LAYERS = {
    "equipment": "other equipment",
    "part": "boards and chips",
    "material": "materials",
    "tool": "tools",
    "software": "other software",
    "service": "services",
    "sector": "sectors",
}
"""Layer of a product that no function places, by kind, in their order."""
_WITH_ARTICLE = ("United ", "Netherlands", "Philippines")
LAYERS: tuple[str, ...] = (*FUNCTION_GROUPS, *_KIND_LAYERS.values())
"""From what an operator installs down to what that is made of."""


@dataclass(frozen=True)
class Only:
    """What some countries can make alone.

    Attributes
    ----------
    tables
        `only` (product, can_be_made, units_per_quarter, missing, unknown, binding, restored_by,
        at_least, sets): whether each product can be made whole; how many, each product for itself
        (NaN: no limit is known) and the product whose own capacity binds; what is missing; whether
        it could be made if all that the case does not say were favourable; elements of a set that
        restores it (0: none needed, -1: nothing does), the least that any such set has, and how
        many smallest sets there are.
        `only_sets` (product, set, plant): members of up to 20 of these, plants or `firm:id`.
        `only_functions` (function, products, makeable, can_be_made, unknown, units_per_quarter,
        nearest, missing): the products that serve each function; where none can be made, the one
        that lacks least and what it lacks.
        `only_layers` (layer, country, made, alone, of, products): how many products of each layer
        are made in each country, how many it can make whole alone, of how many, and the names of
        those made; country empty: what all can make whole together.
        `only_lacking` (product, name, unknown, products, functions): products without a maker that
        takes part, and how many others cannot be made, or functions served, without each.
    summary
        Countries, counts, what is lacking most, and the answer in a sentence.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def only(case: Network | Groundwork, countries: Sequence[str]) -> Only:
    """Find what some countries can make with their own plants and firms.

    A product can be made if its maker takes part, if a plant of it takes part (software and
    services for which the case lists no plant take none), and if so many alternatives of each
    essential component group as it needs can be made, at the greatest fixed point: a circle that
    lacks nothing can be made. A firm takes part if it and every firm above it are seated in one of
    the countries; a plant if it stands there and its firm takes part.

    Parameters
    ----------
    case
        The case, or its groundwork.
    countries
        Codes of the countries.

    Returns
    -------
    Tables and summary.

    Raises
    ------
    UsageError
        When no country is given, or one is not in the case.
    """
    ground = case if isinstance(case, Groundwork) else groundwork(case)
    network = ground.network
    chosen = positions(network, countries)
    bill = bill_of_materials(ground)
    makers = makers_of(ground, bill)
    product, function = _serving(ground, bill)
    net = making_net(bill, product, function, len(FUNCTIONS))
    can = ability(makers, chosen)
    each = [ability(makers, chosen[i : i + 1]).known for i in range(len(chosen))]
    said = listed(ground, bill)
    able = [can.known, can.possible, *each]
    whole = makeable(net, np.stack([*able, *(some & said for some in able)]))
    (made, favourable, *alone), (sure, _, *sure_alone) = np.split(whole, 2)
    units, binding = units_of(bill, capacities(makers, can, made))
    installed = np.zeros(len(made), dtype=bool)
    installed[product] = True
    restored = restore(bill, net, made, _elements(network, bill, makers, can), installed)
    table = _products_table(bill, made, sure, favourable & ~made, units, binding, restored)
    functions = _functions_table(table, can.maker != INSIDE, product, function)
    layers = _layers_table(
        network.names["country"][chosen].tolist(),
        bill,
        _layers(network, bill, product, function),
        _present(makers, can, chosen),
        [*alone, made],
        [*sure_alone, sure],
    )
    lacking = _lacking_table(network, bill, net, can)
    summary = _summary(network, chosen, table, functions, layers, lacking, installed, restored)
    return Only(
        tables={
            "only": table,
            "only_sets": restored.table,
            "only_functions": functions,
            "only_layers": layers,
            "only_lacking": lacking,
        },
        summary={**summary, "sentence": only_sentence(summary)},
    )


def positions(network: Network, countries: Sequence[str]) -> Ints:
    """Return the positions of the countries asked for, each once."""
    known = {str(code): i for i, code in enumerate(network.names["country"])}
    spoken = dict(zip(network["countries"].text("name"), known, strict=True))
    asked = list(dict.fromkeys(countries))
    faults = []
    for code in asked:
        if code not in known:
            near = get_close_matches(code.upper(), known, n=1) or [
                spoken[name] for name in get_close_matches(code.title(), spoken, n=1)
            ]
            faults.append(f"{code!r}" + (f" (did you mean {near[0]}?)" if near else ""))
    if faults:
        raise UsageError(f"the case has no country {', '.join(faults)}")
    if not asked:
        raise UsageError("no country is given: name those that are to make everything alone")
    return np.array([known[code] for code in asked], dtype=np.int64)


def _serving(ground: Groundwork, bill: Bill) -> tuple[Ints, Ints]:
    """Return which product serves which function: its own, and those that it is installed for."""
    equipment, own = ground.equipment, ground.network["products"]["function"]
    serves = np.zeros((len(ground.network["products"]), len(FUNCTIONS)), dtype=bool)
    serves[equipment["product"], equipment["function"]] = True
    given = np.flatnonzero(own >= 0)
    serves[given, own[given]] = True
    product, function = np.nonzero(serves[bill.code])
    return product, function


def _elements(network: Network, bill: Bill, makers: Makers, can: Ability) -> Elements:
    """Return what each product lacks, and what would meet it.

    Where a plant takes part, or none is needed, only the maker's consent is lacking. Otherwise a
    plant is: any that does not take part, and it comes with its maker's consent.
    """
    firms = network.names["firm"]
    outside = np.flatnonzero(can.plant != INSIDE)
    outside = outside[np.argsort(makers.product[outside], kind="stable")]
    start = np.searchsorted(makers.product[outside], np.arange(len(can.known) + 1))
    labelled: dict[int, str] = {}
    options: dict[str, tuple[str, ...]] = {}
    nobody = makers.gone.copy()
    for p in np.flatnonzero(~can.known & ~makers.gone).tolist():
        plants = makers.plants[outside[start[p] : start[p + 1]]]
        if can.placed[p]:
            labelled[p] = f"firm:{firms[makers.maker[p]]}"
            options[labelled[p]] = (labelled[p],)
        elif len(plants):
            labelled[p] = str(bill.names[p])
            options[labelled[p]] = tuple(plants.tolist())
        else:
            nobody[p] = True
    labels = sorted(options)
    place = {label: i for i, label in enumerate(labels)}
    lack = np.full(len(can.known), -1, dtype=np.int64)
    for p, label in labelled.items():
        lack[p] = place[label]
    return Elements(lack, labels, [options[label] for label in labels], nobody)


def _products_table(
    bill: Bill,
    made: Bools,
    sure: Bools,
    unknown: Bools,
    units: Floats,
    binding: Ints,
    restored: Restored,
) -> Table:
    quarter = units * DAYS_PER_QUARTER
    return {
        "product": bill.names,
        "can_be_made": made,
        "listed": sure,
        "units_per_quarter": np.where(np.isinf(quarter), np.nan, quarter),
        "missing": restored.missing,
        "unknown": unknown,
        "binding": np.append(bill.names, "")[np.where(made, binding, -1)],
        "restored_by": restored.number,
        "at_least": restored.at_least,
        "sets": restored.sets,
    }


def _functions_table(table: Table, outside: Bools, product: Ints, function: Ints) -> Table:
    """Return the functions that any product serves: what can be made for each.

    Units are summed over its products, by name; one installed unit of each is enough. What is
    missing is told of the product that needs least, of those whose maker takes part if there are
    any.
    """
    rows = []
    for served in np.unique(function).tolist():
        mine = product[function == served]
        made, number = table["can_be_made"][mine], table["restored_by"][mine]
        turn = np.lexsort((mine, np.where(number < 0, np.inf, number), outside[mine]))
        nearest = mine[turn[0]]
        rows.append(
            (
                FUNCTIONS[served],
                len(mine),
                int(made.sum()),
                int(table["listed"][mine].sum()),
                bool(made.any()),
                bool(table["unknown"][mine].any() and not made.any()),
                float(table["units_per_quarter"][mine[made]].sum()),
                "" if made.any() else str(table["product"][nearest]),
                "" if made.any() else str(table["missing"][nearest]),
            )
        )
    types = {
        "function": object, "products": np.int64, "makeable": np.int64, "listed": np.int64,
        "can_be_made": bool,
        "unknown": bool, "units_per_quarter": np.float64, "nearest": object, "missing": object,
    }  # fmt: skip
    return _columns(types, rows)


def _columns(types: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> Table:
    return {
        name: np.array([row[i] for row in rows], dtype=type_)
        for i, (name, type_) in enumerate(types.items())
    }


def _layers(network: Network, bill: Bill, product: Ints, function: Ints) -> Ints:
    """Return the layer of each product, a position in `LAYERS`, shape (products,).

    Equipment and software stand in the group of their function, or of the first that they are
    installed for; the rest, and those without, in the layer of their kind.
    """
    groups = list(FUNCTION_GROUPS)
    group_of = np.array([groups.index(g) for g, some in FUNCTION_GROUPS.items() for _ in some])
    of_kind = np.array([
        LAYERS.index(_KIND_LAYERS[kind]) if kind in _KIND_LAYERS else -1 for kind in _KINDS
    ])  # fmt: skip
    kind = network["products"]["kind"][bill.code]
    own = network["products"]["function"][bill.code].astype(np.int64)
    first = np.full(len(bill.code), len(FUNCTIONS))
    np.minimum.at(first, product, function)
    own = np.where(own >= 0, own, np.where(first < len(FUNCTIONS), first, -1))
    placed = np.isin(kind, [_KINDS.index(k) for k in _INSTALLED_KINDS]) & (own >= 0)
    layer = of_kind[kind]
    layer[placed] = group_of[own[placed]]
    return layer


def _present(makers: Makers, can: Ability, chosen: Ints) -> Bools:
    """Return which products are made in each country, shape (countries, products).

    A plant there takes part; for products without plants, their maker is seated there.
    """
    seat = np.append(makers.seat, -1)[makers.maker]
    there = np.zeros((len(chosen), len(makers.maker)), dtype=bool)
    for i, country in enumerate(chosen.tolist()):
        there[i, makers.product[(can.plant == INSIDE) & (makers.country == country)]] = True
        there[i] |= makers.plantless & can.known & (seat == country)
    return there


def _layers_table(
    codes: Sequence[str],
    bill: Bill,
    layer: Ints,
    there: Bools,
    whole: Sequence[Bools],
    sure: Sequence[Bools],
) -> Table:
    """Return what each layer has in each country, and what all can make of it together.

    `made` counts products with a plant in the country that takes part, or without plants and with a
    maker seated there; `products` names them. Together it counts what can be made whole. `alone`
    counts what the country makes whole by itself, `listed` how many of these have a bill that is
    listed down to the last tier.
    """
    rows = []
    for place in np.unique(layer).tolist():
        mine = layer == place
        for at, code in enumerate([*codes, ""]):
            has = there[at] if code else whole[at]
            names = bill.names[mine & has]
            counts = (len(names), *(int((mine & some[at]).sum()) for some in (whole, sure)))
            rows.append((LAYERS[place], code, *counts, int(mine.sum()), ";".join(names.tolist())))
    types = {
        "layer": object, "country": object, "made": np.int64, "alone": np.int64,
        "listed": np.int64, "of": np.int64, "products": object,
    }  # fmt: skip
    return _columns(types, rows)


def _lacking_table(network: Network, bill: Bill, net: Ordered, can: Ability) -> Table:
    """Return the products without a maker that takes part, those that stop most first.

    `products` and `functions` count what cannot be made or served without it, whatever else is
    brought in; itself not counted.
    """
    lacking = np.flatnonzero(~can.known)
    products, groups = len(bill.names), len(bill.owner)
    weights = np.zeros((products + groups + len(FUNCTIONS), 2), dtype=np.int64)
    weights[:products, 0] = 1
    weights[products + groups :, 1] = 1
    stopped = lost(net, (np.arange(len(lacking) + 1), lacking), weights)
    stopped[:, 0] -= 1
    order = np.lexsort((lacking, -stopped[:, 1], -stopped[:, 0]))
    codes = bill.code[lacking[order]]
    spoken = names_in_words(network, "product", codes)
    names = bill.names[lacking[order]]
    return {
        "product": names,
        "name": np.array(
            [said or str(name) for said, name in zip(spoken, names, strict=True)], dtype=object
        ),
        "unknown": can.possible[lacking[order]],
        "products": stopped[order, 0],
        "functions": stopped[order, 1],
    }


def _summary(
    network: Network,
    chosen: Ints,
    table: Table,
    functions: Table,
    layers: Table,
    lacking: Table,
    installed: Bools,
    restored: Restored,
) -> dict[str, Any]:
    codes = network.names["country"][chosen].tolist()
    spoken = network["countries"].where(chosen).text("name")
    inner = np.isin(layers["layer"], ["boards and chips", "materials", "tools"])
    inner &= layers["country"] == ""
    return {
        "countries": codes,
        "names": [name or code for name, code in zip(spoken, codes, strict=True)],
        "products": len(installed),
        "made": int(table["can_be_made"].sum()),
        "listed": int(table["listed"].sum()),
        "unknown": int(table["unknown"].sum()),
        "installed": int(installed.sum()),
        "installed_made": int(table["can_be_made"][installed].sum()),
        "installed_listed": int(table["listed"][installed].sum()),
        "installed_unknown": int(table["unknown"][installed].sum()),
        "functions": len(functions["function"]),
        "functions_made": int(functions["can_be_made"].sum()),
        "functions_listed": int((functions["listed"] > 0).sum()),
        "inner": int(layers["of"][inner].sum()),
        "inner_made": int(layers["made"][inner].sum()),
        "inner_listed": int(layers["listed"][inner].sum()),
        "lacking": _first_rows(lacking, ~lacking["unknown"]),
        "lacking_count": int((~lacking["unknown"]).sum()),
        "maker_unknown": _first_rows(lacking, lacking["unknown"]),
        "maker_unknown_count": int(lacking["unknown"].sum()),
        "never": int((restored.number < 0).sum()),
        "sets_unlisted": restored.unlisted,
        "sets_unproven": restored.unproven,
    }


def _first_rows(lacking: Table, which: Bools) -> list[dict[str, Any]]:
    rows = np.flatnonzero(which)[:MOST_LACKING]
    columns = ("product", "name", "products", "functions")
    values = zip(*(lacking[column][rows].tolist() for column in columns), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def only_sentence(summary: Mapping[str, Any]) -> str:
    """Return what some countries can make alone in a sentence, from the summary of a run.

    Parameters
    ----------
    summary
        As `only` gives it.
    """
    if not summary["products"]:
        return "The case has no products, so there is nothing to make."
    countries = [
        f"the {name}" if name.startswith(_WITH_ARTICLE) else name for name in summary["names"]
    ]
    certain = " for certain" if summary["unknown"] else ""
    said = (
        f"With the plants and firms of {_listed(countries, len(countries), 6)} alone, "
        f"{_made_words(summary)} can be made whole{certain}"
    )
    of = "installed_" if summary["installed"] else ""
    bare = summary[f"{of}made"] - summary[f"{of}listed"]
    if bare:
        lacks = "lacks" if bare == 1 else "lack"
        said += f"; {bare:,} more {lacks} nothing only as the case does not list what is in "
        said += "it" if bare == 1 else "them"
    if summary["lacking"]:
        names = [_spoken(row, hang=not i) for i, row in enumerate(summary["lacking"])]
        have = "has" if summary["lacking_count"] == 1 else "have"
        said += f"; {_listed(names, summary['lacking_count'], 3)} {have} no maker "
        said += "among them" if len(countries) > 1 else "there"
    elif summary["maker_unknown"]:
        names = [_spoken(row) for row in summary["maker_unknown"]]
        what = _listed(names, summary["maker_unknown_count"], 3)
        said += f"; whether they make {what} is not known"
    if summary["inner"]:
        inner = _counted(summary["inner"], "part, material or tool", "parts, materials and tools")
        some = f"{summary['inner_listed']:,}" if summary["inner_listed"] else "none"
        said += f"; of {inner} {some} can be"
    return f"{said}."


def _made_words(summary: Mapping[str, Any]) -> str:
    """Return how many installed products, or products, and functions can be made."""
    if summary["installed"]:
        words = _part(summary["installed_listed"], summary["installed"], "installed product")
    else:
        words = _part(summary["listed"], summary["products"], "product")
    if not summary["functions"]:
        return words
    if not (summary["installed_listed"] or summary["functions_listed"]):
        return f"{words}, and no function,"
    return f"{words} and {_part(summary['functions_listed'], summary['functions'], 'function')}"


def _part(some: int, total: int, noun: str) -> str:
    if total == 1:
        return f"the one {noun}" if some else f"no {noun}"
    if some in {0, total}:
        return f"{'all' if some else 'none of'} {_counted(total, noun)}"
    return f"{some:,} of {_counted(total, noun)}"


def _counted(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def _listed(names: Sequence[str], total: int, at_most: int) -> str:
    """Return the first names as a list, the others of all as their number."""
    shown = list(names[:at_most])
    if total > len(shown):
        shown.append(f"{total - len(shown):,} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def _spoken(row: Mapping[str, Any], hang: bool = False) -> str:
    """Return the name of a lacking product without commas, and how many products hang on it."""
    name, _, detail = row["name"].partition(", ")
    count = row["products"]
    notes = [detail] if detail else []
    if hang and count:
        notes.append(f"{_counted(count, 'product')} {'hangs' if count == 1 else 'hang'} on it")
    return f"{name} ({'; '.join(notes)})" if notes else name
