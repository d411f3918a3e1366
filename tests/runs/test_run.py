"""A run folder is whole or not there, and says where its numbers come from."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from indranet import __version__
from indranet.errors import InputError, UsageError
from indranet.model.case import read, write_case
from indranet.model.network import Network
from indranet.runs.run import check_run, free_folder, open_run, write_run

ROWS = {"id": np.array(["a", "NA", ""], dtype=object), "lost": np.array([1.5, 0.0, np.nan])}


@pytest.fixture
def network(tmp_path: Path) -> Network:
    services = {
        "service": ["a", "b"], "marking": ["TLP:GREEN", "TLP:AMBER"], "provenance": ["real", ""],
    }  # fmt: skip
    write_case(tmp_path / "case", "Two", date(2026, 1, 1), "", {"services": services})
    return read(tmp_path / "case")


def test_a_run_holds_what_was_asked_and_of_which_case(tmp_path: Path, network: Network) -> None:
    run = write_run(
        tmp_path / "run", "exposure", network, {"reach": ROWS}, {"people": 3},
        inputs=["case"], seconds=0.5, seed=7, warnings=["mind"],
    )  # fmt: skip
    opened = open_run(run.folder)
    assert opened.manifest == json.loads((tmp_path / "run" / "run.json").read_text())
    expected = {
        "command": "exposure", "version": __version__, "seed": 7, "case_hash": network.case_hash,
        "inputs": ["case"], "seconds": 0.5, "warnings": ["mind"], "summary": {"people": 3},
    }  # fmt: skip
    assert {key: opened.manifest[key] for key in expected} == expected
    table = opened.table("reach")
    assert table["id"].tolist() == ["a", "NA", ""]
    assert table["lost"][0] == 1.5
    assert np.isnan(table["lost"][2])
    assert check_run(run.folder) == []


def test_the_highest_marking_follows_into_the_run(tmp_path: Path, network: Network) -> None:
    run = write_run(
        tmp_path / "run", "exposure", network, {"reach": ROWS}, {}, inputs=[], seconds=0
    )
    assert run.manifest["marking"] == "TLP:AMBER"
    assert run.manifest["provenance_shares"] == {"not stated": 0.5, "real": 0.5}


def test_a_run_never_overwrites(tmp_path: Path, network: Network) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_text("keep")
    with pytest.raises(UsageError, match="exists"):
        write_run(tmp_path / "run", "exposure", network, {}, {}, inputs=[], seconds=0)
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["mine"]


def test_a_failed_run_leaves_nothing(tmp_path: Path, network: Network) -> None:
    uneven = {"id": np.array(["a"], dtype=object), "lost": np.zeros(2)}
    with pytest.raises(ValueError, match="length"):
        write_run(
            tmp_path / "out" / "run", "exposure", network, {"reach": ROWS, "bad": uneven}, {},
            inputs=[], seconds=0,
        )  # fmt: skip
    assert list((tmp_path / "out").iterdir()) == []


def test_damage_is_listed(tmp_path: Path, network: Network) -> None:
    tables = {"reach": ROWS, "places": ROWS, "losses": ROWS}
    folder = write_run(
        tmp_path / "run", "exposure", network, tables, {}, inputs=[], seconds=0
    ).folder
    (folder / "reach.parquet").unlink()
    (folder / "places.parquet").write_bytes(b"no parquet")
    assert {fault.file for fault in check_run(folder)} == {"reach.parquet", "places.parquet"}
    (folder / "run.json").write_text("{")
    assert len(check_run(folder)) == 1
    with pytest.raises(InputError):
        open_run(tmp_path / "nowhere")


def test_runs_are_numbered(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert free_folder("exposure") == Path("runs/exposure-1")
    write_run(free_folder("exposure"), "exposure", network, {}, {}, inputs=[], seconds=0)
    assert free_folder("exposure") == Path("runs/exposure-2")
