"""Cases worked by hand: each folder of tests/cases holds a case, its answers, and the working."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from indranet.model.case import read
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST
from indranet.studies.exposure import exposure
from indranet.studies.groundwork import groundwork
from indranet.studies.shares import shares

CASES = Path(__file__).resolve().parent.parent / "cases"
WORKED = sorted(p.parent for p in CASES.glob("*/expected.csv"))


@pytest.mark.parametrize("folder", WORKED, ids=lambda p: p.name)
def test_losses_are_as_worked_by_hand(folder: Path) -> None:
    found = exposure(read(folder), by=DEFAULT_KINDS + KINDS_ON_REQUEST).tables
    with (folder / "expected.csv").open() as file:
        expected = list(csv.DictReader(file))
    assert expected
    for row in expected:
        share = float(row.get("need_share", 0.5))
        table = found["reach"] if share == 0.5 else found["need_share"]
        at = (
            (table["kind"] == row["kind"])
            & (table["id"] == row["id"])
            & (table["horizon"] == row["horizon"])
        )
        if share != 0.5:
            at &= table["need_share"] == share
        assert at.sum() == 1, row
        for column in ("services_lost", "sites_lost", "people_lost"):
            if column in row:
                assert table[column][at][0] == float(row[column]), (row, column)


def test_shares_are_as_worked_by_hand() -> None:
    folder = CASES / "every_tier"
    tables = shares(groundwork(read(folder)))
    told = {
        row[2:5]: row[5]
        for row in zip(*tables["shares"].values(), strict=True)
        if row[:2] == ("telco", "RU")
    }
    with (folder / "expected_shares.csv").open() as file:
        expected = {
            (int(row["tier"]), row["by"], row["id"]): int(row["of_195"]) / 195
            for row in csv.DictReader(file)
        }
    assert expected
    for key, share in expected.items():
        assert told[key] == pytest.approx(share, abs=1e-12), key
    # What is worked for a tier and a view is all that there is.
    seen = {key[:2] for key in expected}
    assert {key for key in told if key[:2] in seen} == set(expected)


def test_concentration_is_as_worked_by_hand() -> None:
    folder = CASES / "every_tier"
    table = shares(groundwork(read(folder)))["concentration"]
    with (folder / "expected_concentration.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        at = (table["operator"] == "telco") & (table["tier"] == int(row["tier"]))
        (place,) = np.flatnonzero(at & (table["by"] == row["by"]))
        for column in ("hhi_low", "hhi_high", "unknown", "top_share"):
            assert table[column][place] == pytest.approx(float(row[column]), abs=1e-12), column
        assert table["top"][place] == row["top"]


@pytest.mark.parametrize("folder", WORKED, ids=lambda p: p.name)
def test_every_answer_has_its_working(folder: Path) -> None:
    assert len((folder / "README.md").read_text()) > 400


@pytest.mark.parametrize("folder", WORKED, ids=lambda p: p.name)
def test_a_study_leaves_its_network_as_it_was(folder: Path) -> None:
    network = read(folder)
    before = {
        (name, column): rows[column].tobytes()
        for name, rows in network.tables.items()
        for column in rows
    }
    exposure(network)
    for (name, column), bytes_before in before.items():
        assert network[name][column].tobytes() == bytes_before


def test_nothing_is_down_before_anything_is_taken_away() -> None:
    for folder in WORKED:
        summary = exposure(read(folder)).summary
        assert summary["down_before"] == {"now": [], "in time": [], "resourced": []}


def test_people_are_summed_over_sites_where_there_are_no_services(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASES / "one_operator", folder)
    (folder / "services.csv").unlink()
    (folder / "needs.csv").unlink()
    found = exposure(read(folder), by=["site"])
    assert found.summary["people_counted_by"] == "sites"
    reach = found.tables["reach"]
    now = reach["horizon"] == "now"
    lost = dict(zip(reach["id"][now], reach["people_lost"][now], strict=True))
    assert lost == {"hill": 100, "town": 300, "lab": 400}
    assert (reach["services_lost"] == 0).all()
