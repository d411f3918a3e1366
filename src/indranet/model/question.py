"""A question that may be a scenario or a goal: which of them a file or a name is."""

import tomllib
from difflib import get_close_matches
from pathlib import Path

from indranet.errors import UsageError
from indranet.model.goal import Goal, bundled_goals, find_goal, read_goal
from indranet.model.scenario import Scenario, bundled_scenarios, find_scenario, read_scenario


def find_question(name: str) -> Scenario | Goal:
    """Read a scenario or a goal: a file, or one that comes with the package.

    A file that says what to replace is a goal.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled scenario or goal of that name.
    """
    path = Path(name)
    if path.is_file() or name.endswith(".toml"):
        return read_goal(path) if _replaces(path) else read_scenario(path)
    if name in bundled_goals():
        return find_goal(name)
    if name in bundled_scenarios():
        return find_scenario(name)
    known = sorted({*bundled_scenarios(), *bundled_goals()})
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}?" if near else f"bundled are {', '.join(known)}"
    raise UsageError(f"no scenario or goal {name!r}: give a TOML file, or a bundled one; {meant}")


def _replaces(path: Path) -> bool:
    """Return whether a file is a goal; one that is no TOML at all is told of as a scenario."""
    try:
        return "replace" in tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return False
