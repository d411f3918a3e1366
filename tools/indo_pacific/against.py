"""Modelled against published counts of base stations: how good the laws of the case are.

Nothing here enters the case; the pairs are those that were not used to fix what they test.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.indo_pacific.facts import Fact, read_facts, shares
from tools.indo_pacific.people import STATE_EXPONENT, cities
from tools.indo_pacific.radio import (
    Operator,
    modelled_stations,
    operators,
    people_served,
    published_counts,
    shares_total,
    subscribers,
)

PREFECTURES = (
    "Hokkaido", "Aomori", "Iwate", "Miyagi", "Akita", "Yamagata", "Fukushima", "Ibaraki",
    "Tochigi", "Gunma", "Saitama", "Chiba", "Tokyo", "Kanagawa", "Niigata", "Toyama", "Ishikawa",
    "Fukui", "Yamanashi", "Nagano", "Gifu", "Shizuoka", "Aichi", "Mie", "Shiga", "Kyoto", "Osaka",
    "Hyogo", "Nara", "Wakayama", "Tottori", "Shimane", "Okayama", "Hiroshima", "Yamaguchi",
    "Tokushima", "Kagawa", "Ehime", "Kochi", "Fukuoka", "Saga", "Nagasaki", "Kumamoto", "Oita",
    "Miyazaki", "Kagoshima", "Okinawa",
)  # fmt: skip
"""Regions of Japan in the order of their codes (JIS X 0401), from 1."""


@dataclass(frozen=True)
class Pair:
    """A published count of base stations and the model's value of the same.

    Attributes
    ----------
    kind
        What was tested: state, prefecture, operator or country.
    name
        Of which state, prefecture, operator or country.
    published, modelled
        Base stations.
    """

    kind: str
    name: str
    published: float
    modelled: float


def fit(pairs: Iterable[Pair]) -> float:
    """Return the part of the variance of ln(published) that the model explains (R²)."""
    points = [(math.log(pair.published), math.log(pair.modelled)) for pair in pairs]
    mean = sum(published for published, _ in points) / len(points)
    left = sum((published - modelled) ** 2 for published, modelled in points)
    return 1.0 - left / sum((published - mean) ** 2 for published, _ in points)


def spread(pairs: Iterable[Pair]) -> float:
    """Return by which factor the model is off, typically (root mean square of logarithms)."""
    off = [math.log(pair.modelled / pair.published) ** 2 for pair in pairs]
    return math.exp(math.sqrt(sum(off) / len(off)))


def states() -> list[Pair]:
    """Return India's states with a published count, beside the law between states without it.

    Each state is left out in turn: the law divides what the other published states leave.
    """
    regions = [fact for fact in read_facts("regions") if fact["country"] == "IND"]
    nation = next(fact for fact in read_facts("countries") if fact["country"] == "IND")
    published = {r["region"]: float(r["stations"]) for r in regions if r["stations"]}
    sizes = {r["region"]: float(r["city_population"]) ** STATE_EXPONENT for r in regions}
    pairs = []
    for name, count in published.items():
        known = {other: n for other, n in published.items() if other != name}
        left = float(nation["stations"]) - sum(known.values())
        part = shares({other: size for other, size in sizes.items() if other not in known})
        pairs.append(Pair("state", name, count, part[name] * left))
    return pairs


def prefectures(licences: Path) -> list[Pair]:
    """Return Rakuten Mobile's licences in Japan's prefectures, beside the law of Indian states.

    Parameters
    ----------
    licences
        Folder of the files of licences by municipality; they are not part of the project.
    """
    published = dict.fromkeys(PREFECTURES, 0.0)
    for path in sorted(licences.glob("[01]*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                # A row without a municipality sums others, not always all of them.
                if row["市区町村名"]:
                    published[_prefecture(row["団体コード"])] += float(row["開設局数"])
    sizes = {
        fact["region"]: float(fact["population"]) ** STATE_EXPONENT
        for fact in read_facts("regions")
        if fact["country"] == "JPN"
    }
    total = sum(published.values())
    return [
        Pair("prefecture", name, published[name], part * total)
        for name, part in shares(sizes).items()
    ]


def _prefecture(code: str) -> str:
    """Return the prefecture of a municipality's code: six digits, leading zeros lost."""
    return PREFECTURES[int(code) // 10_000 - 1]


def firms() -> list[Pair]:
    """Return operators with a published count, beside the law by people and gross product."""
    people = _people()
    published = published_counts("total") | published_counts("check")
    return [
        Pair("operator", o.firm, published[o.firm], modelled_stations(o.country, people[o.firm]))
        for o in operators()
        if o.firm in published and people[o.firm] and _gross_product(o.country)
    ]


def countries() -> list[Pair]:
    """Return countries with published counts, beside the law fitted without each of them."""
    points = _points()
    pairs = []
    for name, (gross, people, published) in points.items():
        factor, exponent = _line([p for other, p in points.items() if other != name])
        pairs.append(Pair("country", name, published, people * factor * gross**exponent / 1e6))
    return pairs


def law_of_countries() -> tuple[float, float]:
    """Return factor and exponent of base stations a million people by gross product a head."""
    return _line(list(_points().values()))


Point = tuple[float, float, float]


def _points() -> dict[str, Point]:
    """Return gross product a head, people served and published base stations, by country."""
    people = _people()
    own = published_counts("total")
    found = {}
    for nation in read_facts("countries"):
        here = [o for o in operators() if o.country == nation["country"]]
        counted = [o for o in here if o.firm in own]
        total = sum(own[o.firm] for o in counted)
        if nation["stations"]:
            counted = [o for o in here if shares_total(o, nation)]
            total = float(nation["stations"])
        served = sum(people[o.firm] for o in counted)
        if served and nation["gdp_usd"]:
            found[nation["country"]] = (_gross_product(nation["country"]), served, total)
    return found


def _line(points: list[Point]) -> tuple[float, float]:
    """Return factor and exponent of a least-squares line through logarithms."""
    along = [math.log(gross) for gross, _, _ in points]
    up = [math.log(count / people * 1e6) for _, people, count in points]
    centre, height = sum(along) / len(along), sum(up) / len(up)
    slope = sum((x - centre) * (y - height) for x, y in zip(along, up, strict=True)) / sum(
        (x - centre) ** 2 for x in along
    )
    return math.exp(height - slope * centre), slope


def _people() -> dict[str, float]:
    served_by: list[Operator] = operators()
    places = cities()
    return people_served(subscribers(served_by, places), places)


def _gross_product(country: str) -> float:
    nation: Fact = next(f for f in read_facts("countries") if f["country"] == country)
    return float(nation["gdp_usd"] or 0) / float(nation["population"])
