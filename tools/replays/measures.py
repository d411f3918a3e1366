"""What the plans of past programmes give: chances of dates, money, blame, who is done by when."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from tools.replays import bt, us

from indranet.engines.assignment import blame
from indranet.model.case import read, write_case
from indranet.model.goal import Goal
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.plan import Planning, plan
from indranet.studies.plan_problem import planned

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


def _planned(tables: bt.Tables, goal: Goal) -> Planning:
    network = network_of(tables, str(goal.first_day))
    return plan(network, goal, seconds=SECONDS, gap=1e-3, front=False)


def british() -> British:
    """Plan BT's programme."""
    found = _planned(bt.tables(), bt.goal())
    rows = found.tables["dates"]
    names = [str(name) for name in rows["rule"]]
    return British(
        dict(zip(names, rows["probability"].tolist(), strict=True)),
        dict(zip(names, rows["late"].astype(str).tolist(), strict=True)),
        (found.summary["spend_low_usd"], found.summary["spend_high_usd"]),
    )


def american() -> American:
    """Plan the American programme: within its term, and until the report."""
    term = planned(groundwork(network_of(us.tables(), us.FIRST_DAY)), us.goal(TERM_QUARTERS))
    short = blame(term.problem, term.swaps.people)
    found = _planned(us.tables(), us.goal(QUARTERS))
    chance = found.tables["dates"]["probability"]
    families = {name: part for name, part in short.families.items() if part > 0}
    return American(short.share, families, float(np.nansum(chance)))


def main() -> None:
    """Print what the plans give."""
    print(british())
    print(american())


if __name__ == "__main__":
    main()
