"""Rebuild the case of Tohoku 2011: python tools/hindcasts/tohoku.py [--into DIR]."""

import argparse
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indranet.model.case import write_case

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "hindcasts" / "tohoku"
SEED = 0
FIRMS = 200
AREA = 0.0992
"""Part of mining and manufacturing in the municipalities under the Disaster Relief Act."""
EVERY = 10
"""Of the plants of an industry by size, every tenth stands in the area."""
PARETO = 1.06
SUPPLIERS = 2
"""Suppliers of each input of a firm: about four in all, as firms in Japan report."""
MEDIAN, SIGMA = 18.8, 1.48
"""Days a plant stands still: 64 % back after 32 days, 90 % after 126."""
OUTPUT = {
    "materials": 0.40,
    "electronics": 0.13,
    "machinery": 0.07,
    "vehicles": 0.15,
    "other": 0.25,
}
INPUTS = {
    "materials": {"materials": 0.17},
    "electronics": {"materials": 0.07, "electronics": 0.11, "other": 0.02},
    "machinery": {"materials": 0.09, "electronics": 0.05, "machinery": 0.05, "other": 0.01},
    "vehicles": {"materials": 0.06, "electronics": 0.02, "vehicles": 0.20, "other": 0.01},
    "other": {"materials": 0.04, "other": 0.09},
}
"""What an industry buys of another in Japan for a unit of output, rounded."""
TABLE = "WIOD 2013, Japan 2011, rounded: doi 10.1111/roie.12178"
DRAWN = "tools/hindcasts/tohoku.py"

Columns = dict[str, list[Any]]


@dataclass
class Plant:
    """A plant: industry, output a day, whether it stands in the area, what it may still sell."""

    name: str
    industry: str
    output: float
    hit: bool
    left: float


def plants(rng: random.Random) -> list[Plant]:
    """Return plants of each industry, of Pareto sizes; those hit make their part of its output."""
    found: list[Plant] = []
    for industry, part in OUTPUT.items():
        count = round(FIRMS * part)
        sizes = [(1 - (i + 0.5) / count) ** (-1 / PARETO) for i in range(count)]
        whole = sum(sizes)
        first = rng.randrange(EVERY)
        hit = set(range(first, count, EVERY))
        inside = sum(sizes[j] for j in hit)
        for i, size in enumerate(sizes):
            scale = AREA / inside if i in hit else (1 - AREA) / (whole - inside)
            output = round(100 * part * size * scale, 4)
            name = f"{industry}-{i:02}"
            found.append(Plant(name, industry, output, i in hit, output))
    return found


def supplies(all_plants: list[Plant], rng: random.Random) -> Columns:
    """Return who buys how much from whom: suppliers are drawn by what they may still sell."""
    rows: Columns = {"supplier": [], "customer": [], "quantity_per_day": []}
    for buyer in rng.sample(all_plants, len(all_plants)):
        for industry, part in INPUTS[buyer.industry].items():
            sellers = [p for p in all_plants if p.industry == industry and p is not buyer]
            for _ in range(SUPPLIERS):
                each = round(buyer.output * part / SUPPLIERS, 6)
                able = [p for p in sellers if p.left >= each]
                seller = rng.choices(able, [p.left for p in able])[0]
                seller.left -= each
                sellers.remove(seller)
                rows["supplier"].append(seller.name)
                rows["customer"].append(buyer.name)
                rows["quantity_per_day"].append(each)
    return rows


def tables() -> dict[str, Columns]:
    """Return every table of the case."""
    rng = random.Random(SEED)
    made = plants(rng)
    sold = supplies(made, rng)
    pairs = [(a, b) for a, bought in INPUTS.items() for b in bought]
    return {
        "countries": _shown({"country": ["JPN"], "name": ["Japan"]}, "real", "one country"),
        "products": _shown(
            {"product": list(OUTPUT), "kind": ["sector"] * len(OUTPUT)}, "derived", TABLE
        ),
        "components": _shown(
            {"product": [a for a, _ in pairs], "component": [b for _, b in pairs]}, "derived", TABLE
        ),
        "plants": _shown(
            {
                "plant": [p.name for p in made],
                "product": [p.industry for p in made],
                "country": ["JPN"] * len(made),
                "place": ["hit" if p.hit else "elsewhere" for p in made],
                "final_demand_per_day": [round(max(p.left, 0.0), 6) for p in made],
            },
            "synthetic", DRAWN,
        ),
        "supplies": _shown(sold, "synthetic", DRAWN),
    }  # fmt: skip


def scenario(made: list[Plant]) -> str:
    """Return the scenario: every plant in the area stops on 11 March, each for its own time."""
    head = (
        'name = "The earthquake of 11 March"\ndays = 184\ndraws = 96\nseed = 0\n\n'
        "# Each plant in the area stops at 14:46 in Japan; how long is drawn for each.\n"
    )
    lasts = f'{{ law = "lognormal", median = {MEDIAN}, sigma = {SIGMA} }}'
    events = [
        f'[[event]]\ndo = "halt"\nwhat = "{p.name}"\nday = 10.6\nlasts_days = {lasts}\n'
        for p in made
        if p.hit
    ]
    return head + "\n".join(events)


def build(folder: Path) -> None:
    """Write case and scenario into a folder."""
    write_case(
        folder / "case", "Japan, spring of 2011", date(2011, 3, 1),
        "Mining and manufacturing as 200 plants in five industries; output of all is 100 a day.",
        tables(),
    )  # fmt: skip
    (folder / "scenario.toml").write_text(scenario(plants(random.Random(SEED))), encoding="utf-8")


def _shown(columns: Columns, provenance: str, source: str) -> Columns:
    rows = len(next(iter(columns.values())))
    return {**columns, "provenance": [provenance] * rows, "source": [source] * rows}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder to write into")
    build(parser.parse_args().into)
