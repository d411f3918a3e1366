"""The command that shows what there is: the bundled case, asked its questions in order."""

import json
import shutil
from pathlib import Path

import typer

from indranet.cli.asking import run_exposure, run_plan, run_stress, write_report
from indranet.cli.buying import run_diversify
from indranet.cli.shared import Json, Quiet, finish, read_case
from indranet.cli.valuing import run_partners
from indranet.errors import UsageError

_CASE = "indo-pacific"
_PARTNERS = ("IND", "JPN", "USA", "AUS", "ISR")
"""Countries of which the demo asks what they can make alone."""
_SCENARIO = "memory-shortage"
"""What the demo lets happen."""
_GOAL = "bsnl-two-vendors"
"""What the demo plans."""
_SECONDS = 20.0
"""Time for its plan; it is near enough long before."""
_AGAINST = ("fiji-cables-cut", "grid-failure")
"""Against what the demo buys measures."""
_BUDGET = 2e9
"""What they may cost, USD."""
_AGREED = {"manager-exploited": 8, "fiji-cables-mended": 20}
"""In what the demo values agreements, and in how many draws."""


def demo(json_only: Json = False, quiet: Quiet = False) -> None:
    """Ask the bundled Indo-Pacific case its questions; write demo-run/report.html."""
    from indranet.model.goal import find_goal
    from indranet.model.scenario import find_scenario
    from indranet.runs.partners_terminal import partners_sentence

    folder, silent = Path("demo-run"), quiet or json_only
    _clear(folder)
    network = read_case(Path(_CASE), silent)
    asked = {"only": _PARTNERS, "pairs": True, "availability": True}
    inputs = [_CASE, "--only", ",".join(_PARTNERS), "--pairs", "--availability"]
    scenario, goal = find_scenario(_SCENARIO), find_goal(_GOAL)
    runs = [
        run_exposure(network, folder / "exposure", inputs, silent, asked),
        run_stress(network, scenario, folder / "stress", [_CASE, _SCENARIO], silent),
        run_plan(network, goal, folder / "plan", [_CASE, _GOAL], silent, _SECONDS),
        run_diversify(
            network, [find_scenario(name) for name in _AGAINST], folder / "diversify",
            [_CASE, *_AGAINST, "--budget", f"{_BUDGET:g}"], silent, _BUDGET,
            {"years": 5.0, "tail": None, "within_days": None, "count": None},
        ),
    ]  # fmt: skip
    valued = []
    for name, draws in _AGREED.items():
        question = find_scenario(name).model_copy(update={"draws": draws})
        inputs = [_CASE, name, "--draws", str(draws)]
        into = folder / f"partners-{name}"
        valued.append(run_partners(network, question, into, inputs, silent))
    if json_only:
        told = {run.manifest["command"]: run.manifest["summary"] for run in runs}
        worth = [run.manifest["summary"] for run in valued]
        typer.echo(json.dumps({**told, "partners": worth}))
    for run in [] if silent else runs:
        finish(run, json_only, quiet)
        typer.echo()
    for run in [] if silent else valued:
        typer.echo(partners_sentence(run.manifest["summary"]))
        typer.echo()
    write_report([*runs, *valued], folder / "report.html", silent)


def _clear(folder: Path) -> None:
    """Remove an earlier demo, and nothing else."""
    if not folder.exists():
        return
    mine = {"exposure", "stress", "plan", "diversify", "report.html"}
    mine |= {f"partners-{name}" for name in _AGREED}
    if {p.name for p in folder.iterdir()} - mine:
        raise UsageError(f"{folder} holds files that are not the demo's: move it away")
    shutil.rmtree(folder)
