"""Coverage becomes needs: who is reached by hand, and files that are wrong."""

from pathlib import Path

import numpy as np
import pytest

from indranet import exposure
from indranet.cli import run
from indranet.errors import InputError, UsageError
from indranet.geography.radio import cell_radius
from indranet.intake.coverage import cover, read_places
from indranet.model.case import read, write_case

DEGREE_M = 6_371_008.8 * np.pi / 180
"""Length of a degree along a meridian."""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Two radio sites on a meridian, 4 km apart: one of release 15, one of release 17."""
    import datetime

    folder = tmp_path / "case"
    write_case(
        folder,
        "line",
        datetime.date(2026, 1, 1),
        "Two sites.",
        {
            "firms": {"firm": ["one", "two", "maker"]},
            "products": {
                "product": ["old", "new"], "kind": ["equipment"] * 2, "firm": ["maker"] * 2,
                "release": [15, 17],
            },
            "sites": {
                "site": ["south", "north"], "operator": ["one", "two"], "lat": [0, 4000 / DEGREE_M],
                "lon": [10, 10], "people": [0, 0],
            },
            "equipment": {
                "site": ["south", "north"], "function": ["gNB"] * 2, "product": ["old", "new"],
            },
            "services": {"service": ["bank"], "people": [5]},
            "needs": {"user": ["bank"], "need": ["site"], "input": ["south"]},
        },
    )  # fmt: skip
    return folder


def places(tmp_path: Path, *rows: tuple[str, float, int, str]) -> Path:
    file = tmp_path / "places.csv"
    lines = [
        f"{name},{metres / DEGREE_M!r},10,{people},{area}" for name, metres, people, area in rows
    ]
    file.write_text("place,lat,lon,people,area\n" + "\n".join(lines) + "\n")
    return file


def test_a_place_hangs_on_the_sites_that_reach_it(case: Path, tmp_path: Path) -> None:
    rural, urban = cell_radius("RMa", 0.8, 130.0), cell_radius("UMa", 0.8, 130.0)
    assert 1000 < urban < 2000 < rural < 4000
    file = places(
        tmp_path,
        ("middle", 2000, 100, "rural"),
        ("edge", -(rural - 1), 30, ""),
        ("beyond", -(rural + 1), 7, "rural"),
        ("town", 2000, 50, "urban"),
    )
    cover([case, file], tmp_path / "covered")
    network = read(tmp_path / "covered")
    assert network.names["service"].tolist() == ["bank", "middle", "edge"]
    assert "left out: 2, with 57 persons" in network.description
    assert network.description.startswith("Two sites. ")
    found = exposure(network, by=("site",))
    reach = {
        str(name): people
        for name, people, horizon, plane in zip(
            *(found.tables["reach"][c] for c in ("id", "people_lost", "horizon", "plane")),
            strict=True,
        )
        if horizon == "now" and plane == "works"
    }
    assert reach == {"south": 35, "north": 0}


def test_a_device_is_served_from_its_release_on(case: Path, tmp_path: Path) -> None:
    file = places(tmp_path, ("middle", 2000, 100, "rural"))
    cover([case, file], tmp_path / "redcap", device="RedCap")
    needs = read(tmp_path / "redcap")["needs"]
    assert needs["input"].shape == (2,)
    with pytest.raises(UsageError, match="no radio site"):
        cover([case, file], tmp_path / "none", device="5G-Advanced")
    assert not (tmp_path / "none").exists()


def test_one_operator_alone(case: Path, tmp_path: Path) -> None:
    file = places(tmp_path, ("middle", 2000, 100, "rural"), ("far", 4000 + 100, 9, "rural"))
    arguments = ["import", "coverage", str(case), str(file), "--into", str(tmp_path / "one")]
    assert run([*arguments, "--operator", "one", "--quiet"]) == 0
    network = read(tmp_path / "one")
    assert network.names["service"].tolist() == ["bank", "middle"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("place,lat,lon\na,1,2\n", "people is missing"),
        ("place,lat,lon,people,sort\na,1,2,3,4\n", "sort is unknown"),
        ("place,lat,lon,people\na,91,2,3\n", "lat '91' is not in range"),
        ("place,lat,lon,people\na,1,2,-3\n", "people '-3' is not in range"),
        ("place,lat,lon,people\na,1,x,3\n", "lon 'x' is not in range"),
        ("place,lat,lon,people\n,1,2,3\n", "place is empty"),
        ("place,lat,lon,people\na,1,2,3\na,1,2,3\n", "place 'a' is in row 2 as well"),
        ("place,lat,lon,people,area\na,1,2,3,hills\n", "area 'hills' is not known"),
        ("place,lat,lon,people\na,1,2\n", "has 3 cells where the header has 4"),
    ],
)
def test_faults_of_places_are_named(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_places(file)
    assert told in str(caught.value)


def test_a_place_that_takes_a_name_of_the_case_is_a_fault(case: Path, tmp_path: Path) -> None:
    file = places(tmp_path, ("bank", 0, 1, "rural"))
    with pytest.raises(InputError, match="bank"):
        cover([case, file], tmp_path / "twice")
    assert not (tmp_path / "twice").exists()


@pytest.mark.parametrize("wrong", [{"device": "6G"}, {"operator": "three"}, {"ghz": 200.0}])
def test_what_cannot_be_asked_is_refused(
    case: Path, tmp_path: Path, wrong: dict[str, float]
) -> None:
    file = places(tmp_path, ("middle", 0, 1, "rural"))
    with pytest.raises(UsageError):
        cover([case, file], tmp_path / "out", **wrong)  # type: ignore[arg-type]
