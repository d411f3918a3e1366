"""Clusters get an option and a period each at nearly least cost, under rows that link them all."""

from indranet.engines.assignment.blame import Blame, blame
from indranet.engines.assignment.borders import Borders
from indranet.engines.assignment.check import Broken, broken
from indranet.engines.assignment.entries import Entries
from indranet.engines.assignment.entry import assign, loosest
from indranet.engines.assignment.late import Late
from indranet.engines.assignment.problem import (
    Caps,
    Milestones,
    Plan,
    Problem,
    Uses,
    as_announced,
    objective,
    own_costs,
    problem,
    uses,
)
from indranet.engines.assignment.solve import Assignment

__all__ = [
    "Assignment", "Blame", "Borders", "Broken", "Caps", "Entries", "Late", "Milestones", "Plan",
    "Problem", "Uses", "as_announced", "assign", "blame", "broken", "loosest", "objective",
    "own_costs", "problem", "uses",
]  # fmt: skip
