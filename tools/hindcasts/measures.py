"""What happened, against what the model says: runs, measures, verdicts."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import read_scenario
from indranet.studies.stress import Stress, stress

Floats = npt.NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "hindcasts"
EVENTS = ("suez", "red_sea", "thai_floods", "tohoku", "chips", "gallium")
STOCKS = (0.5, 2.0)
"""Factors on the stocks of customers whose predictions stand beside, and of how many draws."""
FEW = 24
CALIBRATED = 0.75
"""Factor on stocks with which Tohoku's output from March to July comes out as observed."""
NEAR = 0.1
"""A prediction that is off by this part of what was observed is a hit."""


@dataclass(frozen=True)
class Observed:
    """What was observed: value, lowest and highest of what is said, unit, source, strength."""

    value: float
    low: float
    high: float
    unit: str
    source: str
    strength: str


@dataclass(frozen=True)
class Predicted:
    """What is predicted: median and 5 to 95 % of the draws."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Run:
    """One run: the case, the answer, output of each plant, shape (draws, days, plants)."""

    network: Network
    result: Stress
    made: Floats
    usual: Floats

    def of(self, *plants: str) -> npt.NDArray[np.bool_]:
        """Return which plants have names that begin so."""
        names = self.network.names["plant"]
        return np.array([str(name).startswith(plants) for name in names])

    def lost(self, plants: npt.NDArray[np.bool_], first: int, last: int) -> Floats:
        """Return what some plants made less than usual on some days, shape (draws,)."""
        less: Floats = (self.usual - self.made)[:, first:last, plants].sum(axis=(1, 2))
        return less


@cache
def run(
    event: str,
    scenario: str = "scenario.toml",
    *,
    stock: float = 1.0,
    rationing: str = "",
    replaceable: bool = True,
    draws: int = 0,
) -> Run:
    """Run an event's scenario.

    Parameters
    ----------
    event, scenario
        Folder and file.
    stock
        Factor on the stocks of all customers.
    rationing
        Instead of the scenario's.
    replaceable
        Whether components of one choice replace each other.
    draws
        Instead of the scenario's.
    """
    network = read(FOLDER / event / "case")
    supplies, components = network["supplies"], network["components"]
    days = supplies["stock_days"] * stock
    network = network.replace(supplies=supplies.with_column("stock_days", days))
    if not replaceable:
        none = np.full(len(components), -1)
        network = network.replace(components=components.with_column("choice", none))
    asked = read_scenario(FOLDER / event / scenario)
    if rationing:
        asked = asked.model_copy(update={"rationing": rationing})
    if draws:
        asked = asked.model_copy(update={"draws": min(draws, asked.draws)})
    result = stress(network, asked, detail=True)
    cost = network["products"]["unit_cost_usd"][network["plants"]["product"]]
    made = result.tables["production"]["production"].reshape(asked.draws, asked.days, -1)
    made = made / np.where(np.isnan(cost), 1.0, cost)
    usual = network["plants"]["final_demand_per_day"].copy()
    np.add.at(usual, supplies["supplier"], supplies["quantity_per_day"])
    return Run(network, result, made, usual)


def suez(found: Run) -> dict[str, Floats]:
    """Return ships that wait, and how fast they go."""
    waiting = found.result.tables["queues"]["waiting"]
    day = 51.4
    # The ship came free at 13:05 GMT on 29 March; the table holds what waits when a day ends.
    at_the_end = waiting[6] + day * 13.08 / 24
    passed = day - np.diff(waiting)
    return {
        "ships waiting at the end": np.array([at_the_end]),
        "growth of the queue": np.diff(waiting)[4:6].mean(keepdims=True),
        "ships waiting on 1 April": waiting[9:10],
        "days until all who waited have passed": np.array([at_the_end / passed[7:10].mean()]),
    }


def red_sea(found: Run) -> dict[str, Floats]:
    """Return the volume that leaves Suez, the delay, and days that plants stand still."""
    lanes = found.result.tables["lanes"]
    before, cape = 4.7, 4.0  # million t a day, PortWatch
    late = float(lanes["usual_usd_per_day"].sum())
    days = found.made[0, :, found.of("gruenheide", "ghent", "esztergom", "without-stock")]
    stands = [_first_stop(plant) for plant in days / days.max()]
    return {
        "Suez, volume": np.array([-100 * late / before]),
        "Cape of Good Hope, volume": np.array([100 * late / cape]),
        "days longer": np.array([stands[3]]),
        "days Tesla stood still at Gruenheide": np.array([stands[0]]),
        "days Volvo stood still at Ghent": np.array([stands[1]]),
        "days Suzuki stood still at Esztergom": np.array([stands[2]]),
    }


def _first_stop(part: Floats) -> float:
    """Return the days of output that the first halt of a plant takes."""
    less = 1.0 - part
    begin = np.flatnonzero(less > 0.01)[:1]
    if not len(begin):
        return 0.0
    back = np.flatnonzero(less[begin[0] :] <= 0.01)
    end = begin[0] + back[0] if len(back) else len(less)
    return float(less[begin[0] : end].sum())


QUARTERS = {
    "fourth quarter of 2011": (0, 92), "first of 2012": (92, 183), "second of 2012": (183, 274),
}  # fmt: skip
MAKERS = {
    "Western Digital": "wd", "Seagate": "seagate", "Hitachi": "hitachi", "Toshiba": "toshiba",
    "Samsung": "samsung",
}  # fmt: skip


def thai_floods(found: Run) -> dict[str, Floats]:
    """Return millions of drives fewer than in the third quarter of 2011."""

    # The third quarter has 92 days, the others may have 91: all are held against it as they are.
    def fewer(days: tuple[int, int], *makers: str) -> Floats:
        plants = found.of(*makers)
        made = found.made[:, slice(*days), plants].sum(axis=(1, 2))
        less: Floats = (92 * found.usual[plants].sum() - made) / 1000
        return less

    fourth = QUARTERS["fourth quarter of 2011"]
    rows = {
        f"all makers, {quarter}": fewer(days, *MAKERS.values())
        for quarter, days in QUARTERS.items()
    }
    return rows | {
        f"{maker}, fourth quarter of 2011": fewer(fourth, prefix)
        for maker, prefix in MAKERS.items()
    }


MONTHS = {
    "March": (0, 31),
    "April": (31, 61),
    "May": (61, 92),
    "June": (92, 122),
    "July": (122, 153),
}


def tohoku(found: Run) -> dict[str, Floats]:
    """Return output by month against February, in the area that was hit and elsewhere."""
    hit = np.array([place == "hit" for place in found.network["plants"].text("place")])

    def change(plants: npt.NDArray[np.bool_], month: str) -> Floats:
        first, last = MONTHS[month]
        usual = float(found.usual[plants].sum())
        part: Floats = -100 * found.lost(plants, first, last) / (usual * (last - first))
        return part

    everywhere = np.ones(len(hit), dtype=bool)
    rows = {f"output, {month}": change(everywhere, month) for month in MONTHS}
    rows["output, March to July together"] = np.sum(list(rows.values()), axis=0)
    for where, plants in (("area that was hit", hit), ("elsewhere", ~hit)):
        rows |= {f"{where}, {month}": change(plants, month) for month in ("March", "April")}
    return rows


def chips(found: Run) -> dict[str, Floats]:
    """Return millions of cars that are not built."""
    spans = {"in 2021": (0, 365), "first quarter": (0, 90), "second quarter": (90, 181)}
    return {
        f"cars not built, {when}": found.lost(found.of("cars"), *days) / 1000
        for when, days in spans.items()
    }


def gallium(found: Run) -> dict[str, Floats]:
    """Return value added that is lost, billion USD."""
    totals = found.result.tables["totals"]
    value = totals["value"][totals["measure"] == "value_added"]
    usual = float(found.result.summary["measures"]["value_added"]["usual"])
    return {"loss with both cut": np.array([(usual - value).sum() / 1e9])}


MEASURES: Mapping[str, Callable[[Run], dict[str, Floats]]] = {
    "suez": suez, "red_sea": red_sea, "thai_floods": thai_floods, "tohoku": tohoku, "chips": chips,
    "gallium": gallium,
}  # fmt: skip


def observed(event: str) -> dict[str, Observed]:
    """Return what was observed of an event; without a range, low and high are the value."""
    with (FOLDER / event / "observed.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["measure"]: Observed(
            float(row["value"]), float(row["low"] or row["value"]),
            float(row["high"] or row["value"]), row["unit"], row["source"], row["strength"],
        )
        for row in rows
    }  # fmt: skip


def predicted(event: str, found: Run) -> dict[str, Predicted]:
    """Return what a run predicts of each measure."""
    return {
        measure: Predicted(*(float(v) for v in np.quantile(values, (0.5, 0.05, 0.95))))
        for measure, values in MEASURES[event](found).items()
    }


def verdict(said: Predicted, seen: Observed) -> str:
    """Return hit or miss, or too wide.

    A hit: the range of the draws meets the range of what was observed, or the prediction is within
    a tenth of the observed value. A range of more than twice the observed value tests nothing.
    """
    if said.high - said.low > 2 * abs(seen.value):
        return "too wide"
    meets = said.low <= seen.high and said.high >= seen.low
    near = abs(said.value - seen.value) <= NEAR * abs(seen.value)
    return "hit" if meets or near else "miss"


def told(value: float) -> str:
    """Return a number for the page."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def with_range(value: float, low: float, high: float) -> str:
    """Return a number for the page, with its range where it has one."""
    if told(low) == told(high):
        return told(value)
    return f"{told(value)} ({told(low)} to {told(high)})"


def line(event: str, measure: str) -> str:
    """Return the beginning of the page's line on a measure, up to the verdict."""
    said, seen = predicted(event, run(event))[measure], observed(event)[measure]
    others = [
        told(predicted(event, run(event, stock=stock, draws=FEW))[measure].value)
        for stock in STOCKS
    ]
    return (
        f"| {measure}, {seen.unit} | {with_range(said.value, said.low, said.high)} "
        f"| {', '.join(others)} | {with_range(seen.value, seen.low, seen.high)} "
        f"| {verdict(said, seen)} |"
    )
