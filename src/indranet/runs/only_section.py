"""What some countries can make alone, as a part of the report: layers, what is lacking, why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from indranet.runs import worldmap
from indranet.runs.findings import Answer
from indranet.runs.markup import Html, block, element, joined, scrolling, table
from indranet.runs.tiers_told import function_words
from indranet.runs.words import counted, exact, listed, number

_FIRST_LACKING = 12
_NAMED_AT_ONCE = 3
_NAMES_IN_A_CELL = 12
_SETS_IN_A_CELL = 3
_ROWS = 500
_MOST_SPELT_OUT = 8
"""Countries whose names head the columns in full; where there are more, their codes do."""
_MANY_SETS = 10**12

_ONE_WAY = "one way: "
_NOBODY = "nobody in the case makes: "
_MAKER = "firm:"
_LAYER_WORDS = {"iot": "IoT"}
_LEFT_OUT = (
    "Each product is asked for by itself. That two can be made does not say that there is enough "
    "for both, and units a quarter are those of a product that gets all there is.",
    "There are no prices, no licences and no contracts in it. Whoever takes part may supply "
    "whoever else does, at any distance: lanes and passages do not matter.",
    "It asks who makes, not who owns the patents, nor how long a new plant takes to build.",
    "Only what is listed can be lacking. Where a bill is not listed, the table of unknowns says "
    "for which product it matters most (unknowns.parquet, fact \u201cbill\u201d).",
)


class _Lack(NamedTuple):
    """One thing that is lacking: a product, or a maker as `firm:id`, and what would meet it."""

    label: str
    met_by: str


class _Names:
    """Names of products and makers in words, and the place of each product among the lacking."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.products = frozenset(answer.tables["only"]["product"].tolist())
        lacking = answer.tables["only_lacking"]["product"].tolist()
        self.place = {product: place for place, product in enumerate(lacking)}

    def product(self, identifier: str) -> str:
        """Return the name of a product without commas, so that it can stand in a list."""
        name, _, detail = self.answer.name("product", identifier).partition(", ")
        return f"{name} ({detail})" if detail else name

    def lack(self, label: str) -> str:
        """Return the name of what is lacking."""
        if label.startswith(_MAKER):
            return f"{self.answer.name('firm', label.removeprefix(_MAKER))} (maker)"
        return self.product(label)

    def plants(self, met_by: str) -> str:
        """Return the plants that would meet a lack by place and firm, from `one of a, b`."""
        some = met_by.removeprefix("one of ")
        told = []
        for identifier in some.split(", ") if some else []:
            name = self.answer.name("plant", identifier)
            told.append(name.partition(" from ")[2] or name)
        return ("any one of " if some != met_by else "") + ", ".join(told)

    def order(self, label: str) -> tuple[int, str]:
        """Return a key that puts what most things hang on first."""
        return self.place.get(label, len(self.place)), label


def only_lead(answer: Answer) -> list[Html]:
    """Return what the countries that were asked for can make alone: a sentence, and the matrix.

    Parameters
    ----------
    answer
        What the run found; nothing is returned where it was not asked what countries can make.
    """
    if "only" not in answer.tables:
        return []
    sentence = element("p", str(answer.summary["only"]["sentence"]), class_="answer")
    if not len(answer.tables["only"]["product"]):
        return [sentence]
    return [sentence, _matrix(answer, _Names(answer))]


def only_section(answer: Answer, level: int) -> Html:
    """Return what lies behind the answer to what countries can make alone (see `only_lead`).

    Parameters
    ----------
    answer
        What the run found, with the tables `only`, `only_functions`, `only_layers` and
        `only_lacking`.
    level
        Level of a heading here.
    """
    if not len(answer.tables["only"]["product"]):
        return element("p", "The case has no products, so there is nothing to make.")
    names = _Names(answer)
    return joined(
        [
            element("p", _asked_words(answer)),
            *_bare_words(answer, names),
            _makers_block(answer, names),
            element(f"h{level}", "What is lacking"),
            _lacking(answer, names),
            element(f"h{level}", "What can be built for each function"),
            _functions(answer, names),
            _products_block(answer, names),
            element(f"h{level}", "What the question leaves out"),
            element("ul", *(element("li", text) for text in _LEFT_OUT), class_="limits"),
        ]
    )


def _asked_words(answer: Answer) -> str:
    countries = len(answer.summary["only"]["countries"])
    where, seat = (
        ("this country", "there")
        if countries == 1
        else (f"these {countries:,} countries", "in one of them")
    )
    return (
        f"Kept are the plants that stand in {where} and are run by firms seated {seat} that nobody "
        "outside controls. A product can be made whole if all its essential inputs that are listed "
        "can be made as well, down to materials and tools."
    )


def _bare_words(answer: Answer, names: _Names) -> list[Html]:
    """Return which products lack nothing only as the case does not list what is in them."""
    only = answer.tables["only"]
    bare = only["product"][only["can_be_made"] & ~only["listed"]].tolist()
    if not bare:
        return []
    tag = element("span", "Not known", class_="tag")
    told = listed(sorted(map(names.product, bare)), _NAMED_AT_ONCE)
    said = (
        f" what {told} {'is' if len(bare) == 1 else 'are'} made of, down to the last tier. Nothing "
        f"that is listed is lacking, so {'it' if len(bare) == 1 else 'each of them'} might be made "
        "whole."
    )
    return [element("p", tag, said, class_="small")]


def _matrix(answer: Answer, names: _Names) -> Html:
    """Return layers by countries: how many products have a maker, how many can be made whole."""
    cells, layers = _cells(answer)
    asked = answer.summary["only"]
    codes = asked["countries"]
    several = len(codes) > 1
    together = "Together" if several else "Made whole"
    heads = [
        _country_head(code, name, len(codes))
        for code, name in zip(codes, asked["names"], strict=True)
    ]
    body = [
        element(
            "tr",
            element("th", _layer_words(layer), scope="row"),
            *(_country_cell(cells[layer, code], names) for code in codes),
            _together_cell(cells[layer, ""], names),
        )
        for layer in layers
    ]
    total = [_sum(cells[layer, code] for layer in layers) for code in codes]
    foot = element(
        "tr",
        element("th", "All layers", scope="row"),
        *(_country_cell(cell, names) for cell in total),
        _together_cell(_sum(cells[layer, ""] for layer in layers), names),
    )
    last = (
        f"{together}: made whole with one another\u2019s parts. "
        if several
        else f"{together}: the same number by itself. "
    )
    caption = (
        "How many products of each layer have a maker in a country that takes part; beneath, how "
        f"many of them it can make whole alone. {last}Unlisted: lacking nothing, only as the case "
        "does not list what is in them. Stronger shade: more of the layer can be made whole; bold: "
        "all of it. A dash: no maker."
    )
    grid = element(
        "table",
        element("caption", caption),
        element(
            "thead",
            element(
                "tr",
                element("th", "Layer", scope="col"),
                *heads,
                element("th", together, scope="col", class_="n"),
            ),
        ),
        element("tbody", *body),
        element("tfoot", foot),
    )
    few = " few" if len(codes) <= _MOST_SPELT_OUT else ""
    return scrolling(grid, "What each country can make of each layer", f"scroll matrix alone{few}")


class _Cell(NamedTuple):
    """Products of a layer: with a maker, made whole, and in all; identifiers of the first.

    Those unlisted lack nothing only as the case does not list what is in them.
    """

    made: int
    whole: int
    unlisted: int
    of: int
    products: tuple[str, ...]


def _cells(answer: Answer) -> tuple[dict[tuple[str, str], _Cell], list[str]]:
    """Return (layer, country) to its cell, and the layers in their order."""
    rows = answer.tables["only_layers"]
    named = ("layer", "country", "made", "alone", "listed", "of", "products")
    columns = (rows[column].tolist() for column in named)
    cells = {
        (layer, country): _Cell(
            made, whole, alone - whole, of, tuple(filter(None, products.split(";")))
        )
        for layer, country, made, alone, whole, of, products in zip(*columns, strict=True)
    }
    return cells, list(dict.fromkeys(layer for layer, _ in cells))


def _sum(cells: Iterable[_Cell]) -> _Cell:
    found = list(cells)
    return _Cell(
        sum(cell.made for cell in found),
        sum(cell.whole for cell in found),
        sum(cell.unlisted for cell in found),
        sum(cell.of for cell in found),
        tuple(product for cell in found for product in cell.products),
    )


def _layer_words(layer: str) -> str:
    return _LAYER_WORDS.get(layer, layer[:1].upper() + layer[1:])


def _country_head(code: str, name: str, countries: int) -> Html:
    short = element("abbr", code, title=name)
    if countries > _MOST_SPELT_OUT:
        return element("th", short, scope="col", class_="n")
    spelt = element("span", name, class_="spelt")
    return element("th", spelt, element("span", short, class_="brief"), scope="col", class_="n")


def _country_cell(cell: _Cell, names: _Names) -> Html:
    if not cell.made:
        return element("td", "\u2013", class_="none")
    whole = [f"{cell.whole:,} whole"] if cell.whole else []
    whole = whole or ([] if cell.unlisted else ["none whole"])
    return element(
        "td",
        f"{cell.made:,} of {cell.of:,} ",
        element("small", ", ".join([*whole, *_unlisted_words(cell)])),
        class_=_shade(cell),
        title=_product_words(cell, names),
    )


def _together_cell(cell: _Cell, names: _Names) -> Html:
    return element(
        "td",
        f"{cell.whole:,} of {cell.of:,}",
        *(element("small", f" {words}") for words in _unlisted_words(cell)),
        class_=_shade(cell),
        title=_product_words(cell, names) if cell.products else None,
    )


def _unlisted_words(cell: _Cell) -> list[str]:
    return [f"{cell.unlisted:,} unlisted"] if cell.unlisted else []


def _shade(cell: _Cell) -> str | None:
    """Return the class of the share that can be made whole; nothing has none."""
    if not cell.whole:
        return None
    code = worldmap.share_codes(np.array([cell.whole / cell.of]))
    return f"s{worldmap.share_class(code)[0]}"


def _product_words(cell: _Cell, names: _Names) -> str:
    return listed([names.product(product) for product in cell.products], _NAMES_IN_A_CELL)


def _makers_block(answer: Answer, names: _Names) -> Html:
    """Return the products behind each number of the matrix, by name."""
    cells, layers = _cells(answer)
    asked = answer.summary["only"]
    spoken = dict(zip(asked["countries"], asked["names"], strict=True))
    spoken[""] = "Whole, or unlisted"
    rows = [
        (
            _layer_words(layer),
            spoken[country],
            _product_words(cells[layer, country], names),
        )
        for layer in layers
        for country in spoken
        if cells[layer, country].products
    ]
    caption = (
        "The products that have a maker in each country, and those that all of them together can "
        "make whole as far as what is in them is listed. All names are in only_layers.parquet."
    )
    return block(
        "Which products these are", table(caption, ("Layer", "Where", "Products"), rows, tall=True)
    )


def _lacking(answer: Answer, names: _Names) -> Html:
    """Return the products without a maker that takes part, those that stop most first."""
    rows = answer.tables["only_lacking"]
    if not len(rows["product"]):
        return element("p", "Every product of the case has a maker among them.")
    only = answer.tables["only"]
    at = {product: row for row, product in enumerate(only["product"].tolist())}
    shown = _FIRST_LACKING + _ROWS
    columns = ("product", "products", "functions", "unknown")
    lines = [
        (
            _named(names.product(product), unknown),
            exact(products),
            exact(functions),
            _outside(product, _row(only, at[product]), names),
        )
        for product, products, functions, unknown in zip(
            *(rows[column][:shown].tolist() for column in columns), strict=True
        )
    ]
    heads = (
        "Nobody who takes part makes",
        "Products that hang on it",
        "Functions",
        "What would make it",
    )
    caption = (
        "How many other products and functions cannot be had without it, whatever else is brought "
        "in. A product may have a plant among them and still lack its maker."
    )
    first = table(caption, heads, lines[:_FIRST_LACKING], numbers={1, 2})
    rest, count = lines[_FIRST_LACKING:], len(rows["product"])
    if not rest:
        return first
    title = f"{counted(count - _FIRST_LACKING, 'more product')} without a maker that takes part"
    more = " All are in only_lacking.parquet." if count > shown else ""
    return joined(
        [
            first,
            block(title, table(f"{caption}{more}", heads, rest, numbers={1, 2}, tall=True)),
        ]
    )


def _named(name: str, unknown: bool) -> Html:
    tag = element("span", "Not known", class_="tag")
    return joined([name, " ", tag] if unknown else [name])


def _row(columns: Mapping[str, Any], row: int) -> dict[str, Any]:
    return {name: values[row] for name, values in columns.items()}


def _outside(product: str, row: Mapping[str, Any], names: _Names) -> Html:
    """Return the outside plants or the maker that a product itself lacks."""
    missing = str(row["missing"])
    if row["restored_by"] < 0:
        return element("span", _nobody_words(missing, names), class_="lack")
    sets = _sets(missing, int(row["restored_by"]), names)
    if not sets:
        return element("span", missing, class_="lack")
    own = [lack for lack in sets[0] if lack.label == product or lack.label.startswith(_MAKER)]
    own = [lack for lack in own if lack.label == product] or own
    words = _met_words(own[0], names) if own else missing
    others = len(sets[0]) - 1
    if own and others:
        words += f"; besides it lacks {counted(others, 'other thing')}"
    return element("span", words, class_="lack")


def _met_words(lack: _Lack, names: _Names) -> str:
    if lack.label.startswith(_MAKER):
        return f"its maker, {names.answer.name('firm', lack.label.removeprefix(_MAKER))}"
    return lack.met_by


def _nobody_words(missing: str, names: _Names) -> str:
    """Return whom nothing in the case would restore, from `nobody in the case makes: ...`."""
    products = missing.removeprefix(_NOBODY).split(", ")
    if missing.startswith(_NOBODY) and names.products.issuperset(products):
        return f"nobody in the case makes {listed([names.product(p) for p in products])}"
    return missing


def _sets(missing: str, size: int, names: _Names) -> list[list[_Lack]]:
    """Return the sets of lacks that `missing` lists, what most things hang on first.

    Empty where it only counts them, or where an identifier holds the marks between them.
    """
    found = []
    for part in missing.removeprefix(_ONE_WAY).split(" or "):
        lacks = []
        for piece in part.split("; "):
            label, _, met_by = piece.partition(": ")
            lacks.append(_Lack(label, names.plants(met_by)))
        known = all(k.label in names.products or k.label.startswith(_MAKER) for k in lacks)
        if len(lacks) != size or not known:
            return []
        found.append(sorted(lacks, key=lambda lack: names.order(lack.label)))
    return found


def _functions(answer: Answer, names: _Names) -> Html:
    """Return the functions of the case: whether anything can be built for each, and what lacks."""
    rows = answer.tables["only_functions"]
    only = answer.tables["only"]
    at = {product: row for row, product in enumerate(only["product"].tolist())}
    alike: dict[tuple[str, ...], list[str]] = {}
    for place in range(len(rows["function"])):
        row = _row(rows, place)
        nearest, can = str(row["nearest"]), bool(row["can_be_made"])
        told = (
            _can_words(can, bool(row["listed"]), bool(row["unknown"])),
            f"{row['makeable']:,} of {row['products']:,}",
            _units_words(can, float(row["units_per_quarter"])),
            _missing(_row(only, at[nearest]), names, f"{names.product(nearest)}: ")
            if nearest
            else "nothing",
        )
        alike.setdefault(told, []).append(function_words(str(row["function"])))
    lines = [(listed(found, len(found)), *told) for told, found in alike.items()]
    if not lines:
        return element("p", "No product of the case serves a function.")
    caption = (
        "Functions of a network, and whether a product that serves them can be made whole; those "
        "of which the same is to be said stand together. Where none can, what is missing is told "
        "of the product that lacks least, of those whose maker takes part if there are any."
    )
    heads = ("Function", "Can be made", "Products that can", "Units a quarter", "What is missing")
    return table(caption, heads, lines, numbers={2, 3})


def _can_words(can: bool, whole: bool, unknown: bool) -> str:
    if can:
        return "yes" if whole else "not known: what is in it is not listed"
    return "not known" if unknown else "no"


def _units_words(can: bool, units: float) -> str:
    r"""Return units a quarter as people read them.

    >>> _units_words(True, float("nan")), _units_words(True, 1234567), _units_words(True, 0.01)
    ('no limit known', '1.2\xa0million', 'under 0.1')
    """
    if not can:
        return "none"
    if np.isnan(units):
        return "no limit known"
    return "under 0.1" if 0 < units < 0.1 else number(units)


def _missing(row: Mapping[str, Any], names: _Names, before: str = "") -> Html:
    """Return the smallest set that would restore a product: names at once, all on demand."""
    missing, size = str(row["missing"]), int(row["restored_by"])
    if size < 0:
        return element("span", _nobody_words(missing, names), class_="lack")
    sets = _sets(missing, size, names)
    if not sets:
        return element("span", before, missing, class_="lack")
    spoken = [names.lack(lack.label) for lack in sets[0]]
    proven = "" if not missing.startswith(_ONE_WAY) else " (enough; fewer may do)"
    summary = f"{before}{listed(spoken, _NAMED_AT_ONCE)}{proven}"
    if not any(lack.met_by for lacks in sets for lack in lacks) and len(sets[0]) == 1:
        return element("span", summary, class_="lack")
    shown = sets[:_SETS_IN_A_CELL]
    inside = [part for lacks in shown for part in (element("p", "or"), _set_list(lacks, names))]
    if len(sets) > len(shown):
        inside.append(element("p", f"or {counted(len(sets) - len(shown), 'other way')}"))
    return element("details", element("summary", summary), *inside[1:], class_="lack")


def _set_list(lacks: Sequence[_Lack], names: _Names) -> Html:
    items = [
        element("li", ": ".join(filter(None, (names.lack(lack.label), lack.met_by))))
        for lack in lacks
    ]
    return element("ul", *items)


def _products_block(answer: Answer, names: _Names) -> Html:
    """Return every product: can it be made, how many, what binds, what would restore it."""
    only = answer.tables["only"]
    products = only["product"].tolist()
    order = sorted(
        range(len(products)),
        key=lambda row: (names.product(products[row]).casefold(), products[row]),
    )
    lines = [_product_line(_row(only, row), names) for row in order[:_ROWS]]
    cut = len(order) > len(lines)
    caption = (
        "Units a quarter are those of a product that gets all there is; they are bound by the "
        "capacity of one product. The smallest set names what would have to be brought in from "
        "outside, a plant or a maker each, and how many such sets there are."
        + (f" The first {len(lines):,} stand here; all are in only.parquet." if cut else "")
    )
    heads = (
        "Product", "Can be made", "Units a quarter", "Bound by", "Smallest set that restores it",
        "Such sets",
    )  # fmt: skip
    return block(
        f"Every product: {counted(len(order), 'product')}",
        table(caption, heads, lines, numbers={2, 5}, tall=True),
    )


def _product_line(row: Mapping[str, Any], names: _Names) -> tuple[str, ...]:
    product, can, size = str(row["product"]), bool(row["can_be_made"]), int(row["restored_by"])
    able = _can_words(can, bool(row["listed"]), bool(row["unknown"]))
    binding = str(row["binding"])
    if can:
        restored: str = "nothing is missing"
    elif size < 0:
        restored = f"nothing would: {_nobody_words(str(row['missing']), names)}"
    else:
        restored = _missing(row, names)
    return (
        names.product(product),
        able,
        _units_words(can, float(row["units_per_quarter"])),
        "itself" if binding == product else names.product(binding) if binding else "\u2013",
        restored,
        _sets_words(int(row["sets"])),
    )


def _sets_words(sets: int) -> str:
    if not sets:
        return "\u2013"
    return exact(sets) if sets < _MANY_SETS else "over a trillion"
