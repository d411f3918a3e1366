"""What the plans of past programmes give: chances of dates, money, blame, who is done by when."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from tools.replays import bt, us

from indranet.engines.assignment import assign, blame
from indranet.model.case import read, write_case
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_draws import Dates, dates
from indranet.studies.plan_problem import Planned, planned

QUARTERS = 15
"""From the first quarter of the American programme until the middle of 2026."""
TERM_QUARTERS = 4
SECONDS = 5.0


@dataclass(frozen=True)
class British:
    """Chance of each date, the median day on which it is met, and money (5 %, 95 %)."""

    chances: Mapping[str, float]
    days: Mapping[str, str]
    money: tuple[float, float]


@dataclass(frozen=True)
class American:
    """Part that no plan can do within its term, blame by family, recipients done by the report."""

    undone: float
    families: Mapping[str, float]
    finished: float


def network_of(tables: bt.Tables, first_day: str) -> Network:
    """Return a case made of tables."""
    with tempfile.TemporaryDirectory() as folder:
        write_case(Path(folder) / "case", "replay", date.fromisoformat(first_day), "", tables)
        return read(Path(folder) / "case")


def _drawn(tables: bt.Tables, goal: Goal) -> tuple[Planned, Dates]:
    """Return a goal made ready, and what draws of its plan give."""
    made = planned(groundwork(network_of(tables, str(goal.first_day))), goal)
    return made, dates(made, assign(made.problem, seconds=SECONDS, gap=1e-3).plan)


def british() -> British:
    """Plan BT's programme."""
    made, found = _drawn(bt.tables(), bt.goal())
    names = [rule.rule for rule in made.rules]
    low, high = np.quantile(found.cost, [0.05, 0.95]).tolist()
    return British(
        dict(zip(names, found.probability.tolist(), strict=True)),
        dict(zip(names, found.late.astype(str).tolist(), strict=True)), (low, high),
    )  # fmt: skip


def american() -> American:
    """Plan the American programme: within its term, and until the report."""
    term = planned(groundwork(network_of(us.tables(), us.FIRST_DAY)), us.goal(TERM_QUARTERS))
    short = blame(term.problem, term.swaps.people)
    _, found = _drawn(us.tables(), us.goal(QUARTERS))
    families = {name: part for name, part in short.families.items() if part > 0}
    return American(short.share, families, float(np.nansum(found.probability)))


def main() -> None:
    """Print what the plans give."""
    print(british())
    print(american())


if __name__ == "__main__":
    main()
