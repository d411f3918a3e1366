"""Cases worked by hand: each folder of tests/cases holds a case, its answers, and the working."""

import csv
import shutil
from pathlib import Path

import pytest

from indranet.model.case import read
from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST
from indranet.studies.exposure import exposure

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
