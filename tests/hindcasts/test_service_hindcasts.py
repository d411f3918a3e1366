"""Outages that happened, against what the model says: the page holds what the runs give."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tools.hindcasts.measures import FOLDER, observed, verdict
from tools.hindcasts.services import (
    EVENTS,
    PAGE,
    SPREAD,
    begins,
    case,
    last_back,
    line,
    outage,
    predicted,
    refreshed,
    run,
    spans,
    waiting_at,
)

from indranet.engines.returns import Returning
from indranet.model.case import check
from indranet.model.scenario import read_scenario
from indranet.studies.groundwork import groundwork
from indranet.studies.repair import mending

REPOSITORY = FOLDER.parents[1]
TEXT = PAGE.read_text(encoding="utf-8")
HITS = {
    "tonga": {"days without the cable between the islands, first year"},
    "matsu": {"hours without internet, January 2025"},
    "kddi": set(),
    "att": set(),
    "rogers": {"comes back without people on the spot (1: yes)"},
    "viasat": {"wind farms back on 1 April", "wind farms back on 19 April"},
    "crowdstrike": {"days until 97 % work"},
    "tohoku_sites": {"stations down, 12 March, 17:00"},
    "noto": {"hours until most stations are down"},
    "puerto_rico": {"sites down, 27 September", "sites down, 1 October"},
}  # fmt: skip
TOO_WIDE = {
    "att": {"hours until the last is back"},
    "rogers": {"hours until the last is back"},
    "crowdstrike": {"computers still down, 25 July"},
}
MANY = ("tohoku_sites", "noto", "puerto_rico", "viasat")


@pytest.mark.parametrize("event", EVENTS)
def test_every_case_is_sound_and_every_row_has_its_source(event: str) -> None:
    assert check(FOLDER / event / "case") == []
    network = case(event)
    for name in network.present:
        rows = network[name]
        assert all(rows.text("provenance")), name
        assert all(rows.text("source")), name
    for file in (FOLDER / event).glob("scenario*.toml"):
        assert read_scenario(file).seed == 0
    readme = (FOLDER / event / "README.md").read_text(encoding="utf-8")
    for part in ("Fixed beforehand", "Predicted", "Compared"):
        assert f"**{part}.**" in readme
    for seen in observed(event).values():
        assert seen.low <= seen.value <= seen.high
        assert seen.source
        assert seen.strength


@pytest.mark.parametrize("event", EVENTS)
def test_the_page_says_what_the_run_gives_hits_and_misses_alike(event: str) -> None:
    said, seen = predicted(event), observed(event)
    assert set(said) == set(seen)
    verdicts = {measure: verdict(said[measure], seen[measure]) for measure in seen}
    assert {measure for measure, word in verdicts.items() if word == "hit"} == HITS[event]
    wide = {measure for measure, word in verdicts.items() if word == "too wide"}
    assert wide == TOO_WIDE.get(event, set())
    for measure in seen:
        assert line(event, measure) in TEXT


def test_the_page_is_what_its_tool_writes_and_counts_hits_and_misses() -> None:
    assert refreshed(TEXT) == TEXT
    hits, misses, wide = (TEXT.count(f"| {word} |") for word in ("hit", "miss", "too wide"))
    counted = hits + misses + wide
    assert counted == sum(len(observed(event)) for event in EVENTS)
    said = f"Of {counted} measures {hits} are hits, {misses} are misses, and {wide} have a range"
    assert said in " ".join(TEXT.split())


def test_without_the_loan_the_cable_is_not_mended() -> None:
    alone = run("tonga", agreements=("ship",))
    assert outage(alone, "tongatapu-online")[1] == np.inf
    assert "59 cable-abroad lacking" in alone.summary["events"][0]["words"]
    assert "59 km are lacking" in TEXT
    both = run("tonga").summary["events"][0]["words"]
    assert "from moresby with spares of tonga-cable and apia" in both


def test_what_the_page_says_of_queues() -> None:
    own = run("kddi", pace=0.1)
    assert f"back after {last_back(own) - begins('kddi'):.1f} hours" in " ".join(TEXT.split())
    lines = float(case("kddi")["services"]["people"].sum())
    for scenario, attempts in (("", 2), ("-quick", 4)):
        pace = read_scenario(FOLDER / "kddi" / f"scenario{scenario}.toml").event[0]
        assert pace.registrations_per_hour is not None
        stuck, moves = (
            Returning(lines, pace.registrations_per_hour, n, 0.05).collapses
            for n in (attempts, attempts - 1)
        )
        assert (stuck, moves) == (True, False)


def test_the_last_is_back_when_the_queue_has_ended() -> None:
    """125 million, 2 hours, 12.5 million an hour: 12 hours, and after 7.5 of them 55 % are back."""
    fitted = run("att", "-fitted")
    assert last_back(fitted) - begins("att") == pytest.approx(12, abs=0.02)
    assert waiting_at(fitted, begins("att") + 7.5) == pytest.approx(0.45, abs=0.005)


@pytest.mark.parametrize("event", SPREAD)
def test_slow_and_quick_differ_from_the_middle_by_what_is_not_known(event: str) -> None:
    slow, middle, quick = (
        read_scenario(FOLDER / event / f"scenario{name}.toml").event[-1]
        for name in ("-slow", "", "-quick")
    )
    rates = [one.registrations_per_hour or 0.0 for one in (slow, middle, quick)]
    assert rates == sorted(rates)
    if event != "crowdstrike":
        users = float(case(event)["services"]["people"].sum())
        shares = [rate / users for rate in rates]
        assert shares == pytest.approx([0.0177, 0.0553, 0.173], rel=0.005)


@pytest.mark.parametrize("event", MANY)
def test_rows_stand_for_all_sites(event: str) -> None:
    whole = {"tohoku_sites": 11_000 * 4.09 / 5.01, "noto": 839, "puerto_rico": 2670, "viasat": 1349}
    sites = case(event)["sites"]
    real = [not name.startswith("grid-") for name in case(event).names["site"].tolist()]
    assert sites["stands_for"][real].sum() == pytest.approx(whole[event], rel=1e-4)
    assert spans(event).draws == 50


def test_the_cases_of_many_stations_are_what_the_tool_writes(tmp_path: Path) -> None:
    tool = REPOSITORY / "tools" / "hindcasts" / "services_page.py"
    subprocess.run([sys.executable, str(tool), "--cases", str(tmp_path)], check=True)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path).parts[0] for path in written} == set(MANY)
    for path in written:
        committed = FOLDER / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes(), committed


@pytest.mark.parametrize(
    ("agreements", "quantity", "days"),
    [
        # By sea 4,772 km to the depot on Samoa and 1,492 on to the break, at 600 km a day.
        (("ship", "loan"), 87, 5 + (4772 + 1492) / 600 + 8),
        (("ship",), 87, np.inf),
        (("loan",), 87, np.inf),
        ((), 87, np.inf),
        # Had Tonga's own 28 km been enough: 4,389 km straight from Port Moresby.
        (("ship",), 28, 5 + 4389 / 600 + 8),
    ],
)
def test_days_without_the_cable_as_worked_by_hand(
    agreements: tuple[str, ...], quantity: float, days: float
) -> None:
    network = case("tonga")
    event = read_scenario(FOLDER / "tonga" / "scenario.toml").event[0]
    assert event.repair is not None
    ground = groundwork(network, agreements=agreements)
    spare = network.names["product"].tolist().index("cable-abroad")
    repair = event.repair.model_copy(update={"quantity": quantity})
    found = mending(ground, network.find("lane:abroad"), repair, spare)
    assert found.days == pytest.approx(days, abs=0.01)
