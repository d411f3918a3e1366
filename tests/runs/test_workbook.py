"""The workbook holds the tables as they are, and nothing that a spreadsheet would run."""

import re
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from indranet.model.case import read, write_case
from indranet.runs import workbook as module
from indranet.runs.run import Run, write_run
from indranet.runs.workbook import workbook


@pytest.fixture
def run(tmp_path: Path) -> Run:
    write_case(tmp_path / "case", "One", date(2026, 1, 1), "", {"services": {"service": ["a"]}})
    table = {
        "id": np.array(["=1+1", "NA", "@cmd", "<b>", "http://a.b"], dtype=object),
        "lost": np.array([1.5, np.nan, 3, 4, 1e12]),
        "up": np.array([True, False, True, True, False]),
        "until": np.array(["2027-12-31", "NaT", "NaT", "NaT", "NaT"], dtype="M8[D]"),
    }
    return write_run(
        tmp_path / "run", "exposure", read(tmp_path / "case"), {"reach": table}, {},
        inputs=[], seconds=0,
    )  # fmt: skip


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".xml")}


def test_tables_are_sheets(run: Run, tmp_path: Path) -> None:
    workbook([run], tmp_path / "out" / "book.xlsx")
    found = parts(tmp_path / "out" / "book.xlsx")
    assert re.findall(r'<sheet name="([^"]+)"', found["xl/workbook.xml"]) == ["about", "reach"]
    sheet = found["xl/worksheets/sheet2.xml"]
    assert "1000000000000" in sheet or "1E+12" in sheet
    assert "=1+1" in sheet
    assert "&lt;b&gt;" in sheet
    assert "2027-12-31" in sheet
    assert '"NA"' not in sheet
    assert "NA" in sheet


def test_nothing_is_run_or_fetched(run: Run, tmp_path: Path) -> None:
    workbook([run], tmp_path / "book.xlsx")
    found = parts(tmp_path / "book.xlsx")
    assert not any("<f>" in text for text in found.values())
    assert not any("<hyperlink" in text for text in found.values())


def test_a_table_too_long_is_cut_and_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    workbook([run], tmp_path / "book.xlsx")
    found = parts(tmp_path / "book.xlsx")
    assert "the first 2 stand here" in found["xl/worksheets/sheet1.xml"]
    assert found["xl/worksheets/sheet2.xml"].count("<row ") == 3


def test_two_runs_have_sheets_of_their_own_and_nothing_is_left_beside(
    run: Run, tmp_path: Path
) -> None:
    workbook([run, run], tmp_path / "new" / "book.xlsx")
    found = parts(tmp_path / "new" / "book.xlsx")
    names = re.findall(r'<sheet name="([^"]+)"', found["xl/workbook.xml"])
    assert names == ["about", "1 reach", "2 reach"]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["book.xlsx"]
