"""A new case to fill in: every table with its header, and a worked row in each."""

import csv
import io
from importlib.resources.abc import Traversable
from pathlib import Path

from indranet.model.dictionary import dictionary
from indranet.model.examples import example_folder
from indranet.model.files import SETTINGS, whole_folder
from indranet.model.schema import TABLES

SCENARIO, SCENARIOS = "scenario.toml", "scenarios"
"""A scenario to begin with, and a folder of more, beside the tables."""
GOAL, GOALS = "goal.toml", "goals"
"""The same of goals."""
EXERCISES = "exercises"
"""A folder of scripts of exercises."""


def write_template(folder: Path, example: str = "starter") -> None:
    """Write a new case from an example: full headers, its rows, the data dictionary, scenarios.

    Parameters
    ----------
    folder
        Where to; must not exist, or be empty.
    example
        Which of `indranet.model.examples.EXAMPLES`.

    Raises
    ------
    UsageError
        When there is no such example, or the folder holds something already.
    """
    source = example_folder(example)
    with_all = {
        f"{name}.csv": _with_every_column(source / f"{name}.csv", tuple(c.name for c in t.columns))
        for name, t in TABLES.items()
    }
    written = {
        SETTINGS: (source / SETTINGS).read_text(encoding="utf-8"),
        "DICTIONARY.md": dictionary(),
        **with_all,
    }
    for file in ("README.md", SCENARIO, GOAL):
        if (source / file).is_file():
            written[file] = (source / file).read_text(encoding="utf-8")
    for several in (SCENARIOS, GOALS, EXERCISES):
        if (source / several).is_dir():
            for found in (source / several).iterdir():
                written[f"{several}/{found.name}"] = found.read_text(encoding="utf-8")
    with whole_folder(folder) as partial:
        for name, text in written.items():
            (partial / name).parent.mkdir(exist_ok=True)
            (partial / name).write_text(text, encoding="utf-8", newline="")


def _with_every_column(file: Traversable, columns: tuple[str, ...]) -> str:
    rows: list[dict[str, str]] = []
    if file.is_file():
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
