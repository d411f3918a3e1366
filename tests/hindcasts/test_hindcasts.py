"""What happened, against what the model says: the page holds what the runs give, misses too."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.hindcasts.measures import (
    CALIBRATED,
    EVENTS,
    FEW,
    FOLDER,
    Observed,
    Predicted,
    line,
    observed,
    predicted,
    run,
    told,
    verdict,
    with_range,
)

from indranet.model.case import check, read
from indranet.model.scenario import read_scenario
from indranet.studies.calibration import EVENT, calibration
from indranet.studies.exposure import exposure

REPOSITORY = FOLDER.parents[1]
PAGE = (REPOSITORY / "docs" / "hindcasts.md").read_text(encoding="utf-8")
HITS = {
    "suez": {"growth of the queue", "ships waiting on 1 April"},
    "red_sea": {"Suez, volume", "days longer", "days Suzuki stood still at Esztergom"},
    "thai_floods": {
        "all makers, second of 2012", "Western Digital, fourth quarter of 2011",
    },
    "tohoku": {
        "output, April", "area that was hit, March", "area that was hit, April",
    },
    "chips": set(),
    "gallium": {"loss with both cut"},
}  # fmt: skip
TOO_WIDE = {f"output, {month}" for month in ("May", "June", "July", "March to July together")}
VARIANTS: dict[str, dict[str, Any]] = {
    "as fixed beforehand": {},
    "no wafer replaces another": {"replaceable": False},
    "demand up 17 %, shares in proportion": {"scenario": "scenario-demand.toml"},
    "demand up 17 %, priority": {"scenario": "scenario-demand.toml", "rationing": "priority"},
    "demand up 17 %, no wafer replaces another": {
        "scenario": "scenario-demand.toml", "replaceable": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS)
def test_every_case_is_sound_and_every_row_has_its_source(event: str) -> None:
    assert check(FOLDER / event / "case") == []
    network = read(FOLDER / event / "case")
    for name in network.present:
        rows = network[name]
        assert all(rows.text("provenance")), name
        assert all(rows.text("source")), name
    assert read_scenario(FOLDER / event / "scenario.toml").seed == 0
    assert "**Fixed beforehand.**" in (FOLDER / event / "README.md").read_text(encoding="utf-8")
    for seen in observed(event).values():
        assert seen.low <= seen.value <= seen.high
        assert seen.source
        assert seen.strength


@pytest.mark.parametrize("event", EVENTS)
def test_the_page_says_what_the_run_gives_hits_and_misses_alike(event: str) -> None:
    said, seen = predicted(event, run(event)), observed(event)
    assert set(said) == set(seen)
    verdicts = {measure: verdict(said[measure], seen[measure]) for measure in seen}
    assert {measure for measure, word in verdicts.items() if word == "hit"} == HITS[event]
    wide = TOO_WIDE if event == "tohoku" else set()
    assert {measure for measure, word in verdicts.items() if word == "too wide"} == wide
    for measure in seen:
        assert line(event, measure) in PAGE


def test_the_page_counts_hits_and_misses() -> None:
    hits, misses, wide = (PAGE.count(f"| {word} |") for word in ("hit", "miss", "too wide"))
    counted = hits + misses + wide
    assert counted == sum(len(observed(event)) for event in EVENTS)
    said = f"Of {counted} measures {hits} are hits, {misses} are misses, and {wide} have a range"
    assert said in " ".join(PAGE.split())


def test_a_verdict_is_strict() -> None:
    seen = Observed(-10, -12, -9, "", "", "")
    assert verdict(Predicted(-10.9, -10.9, -10.9), seen) == "hit"
    assert verdict(Predicted(-6, -9, -5), seen) == "hit"
    assert verdict(Predicted(-6, -8.9, -5), seen) == "miss"
    assert verdict(Predicted(-10, -21, 0), seen) == "too wide"


def test_the_queue_at_suez_is_arithmetic() -> None:
    waiting = run("suez").result.tables["queues"]["waiting"]
    usual, most = 51.4, 81
    # On the first day the canal is open until 05:40, and then passes at most its part of 81.
    assert waiting[1] == pytest.approx(usual - most * 0.236)
    assert np.diff(waiting)[1:6] == pytest.approx([usual] * 5)
    assert np.diff(waiting)[7:16] == pytest.approx([usual - most] * 9)


def test_calibrated_on_tohoku_and_tried_on_the_floods() -> None:
    together = "output, March to July together"
    factors = []
    for stock in (1.0, CALIBRATED):
        said = predicted("tohoku", run("tohoku", stock=stock))[together].value
        factors.append(said / observed("tohoku")[together].value)
    assert f"factor is {factors[0]:.1f}" in PAGE
    assert calibration() == {
        "event": EVENT,
        "predicted_over_observed": pytest.approx(factors[0], abs=0.05),
        "stock_factor_that_fits_it": CALIBRATED,
    }
    assert f"with stocks times 0.75 it is {factors[1]:.1f}" in PAGE
    plain, tried = (
        predicted("thai_floods", run("thai_floods", stock=stock, draws=draws))
        for stock, draws in ((1.0, 0), (CALIBRATED, FEW))
    )
    fourth = "all makers, fourth quarter of 2011"
    assert told(plain[fourth].value) == told(tried[fourth].value)
    fifth = predicted("tohoku", run("tohoku", stock=0.2, draws=FEW))
    march, april = (told(fifth[f"output, {month}"].value) for month in ("March", "April"))
    assert f"with a fifth of the stocks March is {march} and April {april}" in PAGE


def test_the_page_tells_what_other_readings_of_the_chips_give() -> None:
    for words, changes in VARIANTS.items():
        said = predicted("chips", run("chips", **changes))
        numbers = [
            with_range(said[measure].value, said[measure].low, said[measure].high)
            for measure in observed("chips")
        ]
        assert f"| {words} | {' | '.join(numbers)} |" in PAGE


def test_a_plant_with_twelve_days_of_stock_stands_for_three() -> None:
    said = predicted("red_sea", run("red_sea", stock=0.8))
    assert said["days Volvo stood still at Ghent"].value == pytest.approx(3)


def test_germanium_is_lost_only_if_half_is_needed() -> None:
    tables = exposure(read(FOLDER / "gallium" / "case"), by=["territory"]).tables
    lost: dict[float, int] = {}
    for table, share in ((tables["reach"], 0.5), (tables["need_share"], None)):
        mine = (table["id"] == "CHN") & (table["horizon"] == "resourced")
        shares = [share] * int(mine.sum()) if share else table["need_share"][mine].tolist()
        lost |= dict(zip(shares, table["services_lost"][mine].tolist(), strict=True))
    assert lost == {0.3: 1, 0.5: 2, 0.8: 2}


def test_the_net_of_tohoku_is_what_its_tool_writes(tmp_path: Path) -> None:
    tool = REPOSITORY / "tools" / "hindcasts" / "tohoku.py"
    subprocess.run([sys.executable, str(tool), "--into", str(tmp_path)], check=True)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 7
    for path in written:
        committed = FOLDER / "tohoku" / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes()
    settings = tomllib.loads((FOLDER / "tohoku" / "scenario.toml").read_text(encoding="utf-8"))
    hit = run("tohoku").usual[run("tohoku").of(*[e["what"] for e in settings["event"]])]
    assert hit.sum() == pytest.approx(9.92, abs=0.05)
