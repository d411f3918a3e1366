"""Published facts beside what the bundled case says of the same."""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.indo_pacific.facts import FACTS, Fact, read_facts, slug

from indranet.geography.sea import route, sea_graph

CASE = FACTS.parents[2] / "src" / "indranet" / "data" / "indo-pacific"
SHARES = frozenset({"share", "part longer"})
"""Units of which the difference is told in points of a hundred."""

Tables = Mapping[str, list[Fact]]


@dataclass(frozen=True)
class Compared:
    """A published fact and the value of the case.

    Attributes
    ----------
    words, unit, source
        What it is, in what unit, and who published it.
    published, value
        The two values: numbers, or days as text.
    used
        The case was made to meet it; else it is a check.
    within
        How far apart they may be: points of a share, else part of the published value.
    """

    words: str
    unit: str
    source: str
    published: float | str
    value: float | str
    used: bool
    within: float

    @property
    def difference(self) -> float:
        """How far the case is from what was published, in the measure of `within`."""
        if isinstance(self.published, str) or isinstance(self.value, str):
            return 0.0 if self.published == self.value else math.inf
        if self.unit in SHARES:
            return self.value - self.published
        return self.value / self.published - 1.0


def case_tables(folder: Path = CASE) -> Tables:
    """Return the tables of the case as text."""
    found = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file, strict=True))
    return found


def compared(tables: Tables) -> Iterator[Compared]:
    """Yield every published fact of facts/published.csv beside the value of the case.

    Parameters
    ----------
    tables
        Those of the case.
    """
    for fact in read_facts("published"):
        asked = dict(part.split("=") for part in fact["of"].split(";"))
        published: float | str = fact["published"]
        if fact["unit"] != "day":
            published = float(fact["published"])
        yield Compared(
            words=fact["words"],
            unit=fact["unit"],
            source=fact["source"],
            published=published,
            value=MEASURES[fact["measure"]](tables, asked),
            used=fact["used"] == "yes",
            within=float(fact["within"]),
        )


def _where(rows: list[Fact], **asked: str) -> list[Fact]:
    """Return the rows whose cells are among those asked for, divided by +."""
    return [
        row for row in rows if all(row[name] in text.split("+") for name, text in asked.items())
    ]


def _stations(tables: Tables, asked: Mapping[str, str]) -> float:
    """Count base stations: of operators, of a country, of a region."""
    return math.fsum(
        float(row["stands_for"]) for row in _where(tables["sites"], kind="radio", **asked)
    )


def _subscribers(tables: Tables, asked: Mapping[str, str]) -> float:
    """Return an operator's part of the people of its country."""
    radio = _where(tables["sites"], kind="radio", country=asked["country"])
    mine = math.fsum(float(row["people"]) for row in _where(radio, operator=asked["operator"]))
    return mine / math.fsum(float(row["people"]) for row in radio)


def _people(tables: Tables, asked: Mapping[str, str]) -> float:
    """Count the people whom the radio sites serve."""
    radio = _where(tables["sites"], kind="radio", **asked)
    return math.fsum(float(row["people"]) for row in radio)


def _made_in(tables: Tables, asked: Mapping[str, str]) -> float:
    """Return the part of a product's output that comes from a country, or from a firm.

    `country` is where the plant stands, `seat` where its firm is seated.
    """
    seat = {row["firm"]: row["country"] for row in tables["firms"]}
    plants = [
        row | {"seat": seat.get(row["firm"], "")}
        for row in _where(tables["plants"], product=asked["product"])
    ]
    output = {row["plant"]: float(row["final_demand_per_day"] or 0) for row in plants}
    for row in tables["supplies"]:
        if row["supplier"] in output:
            output[row["supplier"]] += float(row["quantity_per_day"])
    rest = {name: text for name, text in asked.items() if name != "product"}
    mine = math.fsum(output[row["plant"]] for row in _where(plants, **rest))
    return mine / math.fsum(output.values())


def _installed(tables: Tables, asked: Mapping[str, str]) -> float:
    """Return the part of the units of a function that some makers made, of operators or countries.

    `maker` names the makers; the other cells are those of equipment and sites.
    """
    maker = {row["product"]: row["firm"] for row in tables["products"]}
    sites = {row["site"]: row for row in tables["sites"]}
    of_site = {name: asked[name] for name in ("operator", "country") if name in asked}
    of_unit = {name: asked[name] for name in ("function", "generation") if name in asked}
    mine = whole = 0.0
    for row in _where(tables["equipment"], **of_unit):
        site = sites[row["site"]]
        if not _where([site], **of_site):
            continue
        units = float(row["quantity"]) * float(site["stands_for"])
        whole += units
        mine += units * (maker[row["product"]] in asked["maker"].split("+"))
    return mine / whole


def _cable(tables: Tables, asked: Mapping[str, str]) -> float:
    """Sum the length of a cable system, or of its segments between two landings."""
    start = f"cable-{slug(asked['system'])}-"
    ends = asked.get("between", "").split("+")
    return math.fsum(
        float(row["km"])
        for row in tables["lanes"]
        if row["lane"].startswith(start)
        and (ends == [""] or {row["origin"], row["destination"]} == {f"landing-{e}" for e in ends})
    )


def _at(tables: Tables, port: str) -> tuple[float, float]:
    row = next(row for row in tables["facilities"] if row["facility"] == f"port-{port}")
    return float(row["lat"]), float(row["lon"])


def _by_sea(tables: Tables, asked: Mapping[str, str]) -> float:
    """Return the length of the shortest way by sea between two ports, km."""
    way = route(sea_graph(), _at(tables, asked["from"]), _at(tables, asked["to"]))
    return math.nan if way is None else way.km


def _longer(tables: Tables, asked: Mapping[str, str]) -> float:
    """Return by what part the way by sea gets longer when a passage is closed."""
    ends = _at(tables, asked["from"]), _at(tables, asked["to"])
    usual = route(sea_graph(), *ends)
    other = route(sea_graph(), *ends, closed=[asked["closed"]])
    return math.nan if usual is None or other is None else other.km / usual.km - 1.0


def _cell(tables: Tables, asked: Mapping[str, str]) -> float | str:
    """Return one cell: `table`, `column`, and what names the row."""
    rest = {name: text for name, text in asked.items() if name not in {"table", "column"}}
    (row,) = _where(tables[asked["table"]], **rest)
    cell = row[asked["column"]]
    return cell if asked["column"] == "from" else float(cell)


def _makers(tables: Tables, asked: Mapping[str, str]) -> float:
    """Count the firms that make a product."""
    return float(len({row["firm"] for row in _where(tables["plants"], **asked)}))


MEASURES: Mapping[str, Callable[[Tables, Mapping[str, str]], float | str]] = {
    "stations": _stations,
    "subscribers": _subscribers,
    "people": _people,
    "made in": _made_in,
    "installed": _installed,
    "cable": _cable,
    "by sea": _by_sea,
    "longer": _longer,
    "cell": _cell,
    "makers": _makers,
}
"""How the value of the case is found, by the word in facts/published.csv."""
