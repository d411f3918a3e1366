"""Indranet: what networks and critical services depend on, and what a loss takes away."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indranet.model.case import read
    from indranet.model.exercise import Script
    from indranet.model.goal import Goal
    from indranet.model.network import Network
    from indranet.model.scenario import Scenario
    from indranet.runs.run import Run
    from indranet.studies.diversify import Diversified, diversify
    from indranet.studies.exercise import Exercise, exercise
    from indranet.studies.exposure import Exposure, exposure
    from indranet.studies.partners import Partners, partners
    from indranet.studies.plan import Planning, plan
    from indranet.studies.stress import Stress, stress

__version__ = "0.1.0"
__all__ = [
    "Diversified", "Exercise", "Exposure", "Goal", "Network", "Partners", "Planning", "Run",
    "Scenario", "Script", "Stress", "diversify", "exercise", "exposure", "partners", "plan", "read",
    "stress",
]  # fmt: skip

_HOMES = {
    "read": "indranet.model.case",
    "Network": "indranet.model.network",
    "Scenario": "indranet.model.scenario",
    "Script": "indranet.model.exercise",
    "Run": "indranet.runs.run",
    "Diversified": "indranet.studies.diversify",
    "diversify": "indranet.studies.diversify",
    "Exercise": "indranet.studies.exercise",
    "exercise": "indranet.studies.exercise",
    "Exposure": "indranet.studies.exposure",
    "exposure": "indranet.studies.exposure",
    "Goal": "indranet.model.goal",
    "Planning": "indranet.studies.plan",
    "plan": "indranet.studies.plan",
    "Partners": "indranet.studies.partners",
    "partners": "indranet.studies.partners",
    "Stress": "indranet.studies.stress",
    "stress": "indranet.studies.stress",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without the engines."""
    if name not in _HOMES:
        raise AttributeError(f"module 'indranet' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
