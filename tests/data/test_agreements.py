"""The agreements of the bundled case: each acts, or its page says that nothing hangs on it."""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indranet.model.case import read
from indranet.model.goal import Goal, find_goal
from indranet.model.network import Network
from indranet.model.scenario import Repair
from indranet.model.schema import TABLES
from indranet.studies.agreed import days_of
from indranet.studies.attacks import attack
from indranet.studies.exposure import exposure
from indranet.studies.flow_net import flow_net
from indranet.studies.groundwork import groundwork
from indranet.studies.plan_agreed import in_plan
from indranet.studies.repair import mending

PAGE = Path(__file__).resolve().parents[2] / "docs" / "agreements.md"
SHIP = Repair.model_validate({"level": "major", "work_days": 8, "by": "sea"})


@cache
def bundled() -> Network:
    return read(Path(str(files("indranet.data") / "indo-pacific")))


def mended(thing: str) -> Callable[[tuple[str, ...]], Any]:
    def days(agreements: tuple[str, ...]) -> float:
        ground = groundwork(bundled(), agreements=agreements)
        return mending(ground, bundled().find(thing), SHIP, -1).days

    return days


def patched(agreements: tuple[str, ...]) -> list[float]:
    ground = groundwork(bundled(), agreements=agreements)
    sooner = attack(ground, "hypothetical-ericsson-manager").sooner
    return [float(days) for days in sooner]


def rules_of_2026(agreements: tuple[str, ...]) -> list[float]:
    rows = bundled()["agreements"]
    until = rows["until"].copy()
    until[~np.isin(bundled().names["agreement"], agreements)] = np.datetime64("2020-01-01")
    case = bundled().replace(agreements=rows.with_column("until", until))
    found = exposure(case, by=("passage",), on=np.datetime64("2026-06-01")).tables["rules"]
    mine = (found["rule"] == "jpn-any-one-vendor-gone") & (found["operator"] == "rakuten-mobile")
    return [float(value) for value in found["high"][mine]]


def offered(goal: Goal) -> Callable[[tuple[str, ...]], Any]:
    def told(agreements: tuple[str, ...]) -> dict[str, Any]:
        asked = goal.model_copy(update={"agreements": agreements})
        case = in_plan(bundled(), asked)
        kept = np.flatnonzero(groundwork(case).exists("offers"))
        return {
            "lead": case["offers"]["lead_days"][kept].tolist(),
            "usd": case["budgets"]["usd"].tolist(),
        }

    return told


def contracts(agreements: tuple[str, ...]) -> list[int]:
    """Return days of early warning of each input of who buys, and how many contracts there are."""
    net = flow_net(groundwork(bundled(), agreements=agreements)).net
    return [len(net.supplier), *(int(days) for days in net.earlier)]


VI = find_goal("partners-only")
PROBES: dict[str, Callable[[tuple[str, ...]], Any]] = {
    "in-jp-cyber": patched,
    "in-jp-ict": offered(VI),
    "quad-open-ran": offered(VI),
    "quad-palau-open-ran": offered(VI),
    "tuvalu-cable": offered(VI),
    "au-tuvalu-cable": offered(VI),
    "in-jp-acsa": mended("landing-mumbai"),
    "us-jp-acsa": mended("cable-hawaii-domestic-makaha-hilo"),
    "jp-roaming": rules_of_2026,
    "scri": contracts,
    "ipef-supply": contracts,
}
"""What shows that an agreement acts."""


@cache
def whole(probe: Callable[[tuple[str, ...]], Any]) -> Any:
    return probe(tuple(bundled().names["agreement"].tolist()))


@pytest.mark.parametrize("agreement", PROBES)
def test_without_it_something_changes(agreement: str) -> None:
    probe = PROBES[agreement]
    others = tuple(name for name in bundled().names["agreement"].tolist() if name != agreement)
    assert probe(others) != whole(probe)


def test_every_kind_acts() -> None:
    kinds = dict(
        zip(bundled().names["agreement"], bundled()["agreements"].text("kind"), strict=True)
    )
    assert {kinds[name] for name in PROBES} == set(TABLES["agreements"].column("kind").choices)


def test_of_the_others_the_page_says_that_nothing_hangs_on_them() -> None:
    others = sorted(set(bundled().names["agreement"].tolist()) - set(PROBES))
    page = PAGE.read_text(encoding="utf-8").partition("## In the bundled case")[2]
    told = dict(re.findall(r"^\| `([a-z-]+)` \| .* \| (.+) \|$", page, re.MULTILINE))
    assert set(told) == set(bundled().names["agreement"].tolist())
    assert [name for name in others if not told[name].startswith("nothing")] == []
    assert [name for name in PROBES if told[name].startswith("nothing")] == []
    for name in bundled().present - {"agreements"}:
        carried = np.unique(bundled()[name]["agreement"])
        assert not set(bundled().names["agreement"][carried[carried >= 0]]) & set(others), name
    for probe in {PROBES[name] for name in PROBES} - {rules_of_2026}:
        assert probe(tuple(PROBES)) == whole(probe)


def test_days_are_given_where_a_kind_acts_by_them() -> None:
    rows = bundled()["agreements"]
    by_days = ("threat_sharing", "certification", "early_warning")
    for place, kind in enumerate(rows.text("kind")):
        assert (days_of(bundled(), place) > 0) == (kind in by_days)
