"""A project before and after, drawn and told: what its tables hold."""

import re
import zipfile
from pathlib import Path

import pytest
from tests.runs.sections import parsed, tables, text
from tests.studies.test_projects import goal, island

from indranet.runs.plan_page import plan_article, read_plan
from indranet.runs.plan_terminal import plan_lines
from indranet.runs.run import Run, open_run, write_run
from indranet.runs.words import warnings
from indranet.runs.workbook import workbook
from indranet.studies.exposure import exposure
from indranet.studies.plan import plan


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    network = island(folder)
    found = plan(network, goal(), seconds=2, front=False)
    write_run(folder / "run", "plan", network, found.tables, found.summary, inputs=[], seconds=1.0)
    return open_run(folder / "run")


def test_the_terminal_tells_both(run: Run) -> None:
    said = plan_lines(run)
    assert (
        "  In time: 1,000 served before, 1,300 after; without any one maker nobody (oldco) before, "
        "1,000 (chips) after" in said
    )
    assert "  hangs less on old (lane): 1,000 before, nobody after, in time" in said
    assert "  hangs more on chips (firm): nobody before, 300 after, in time" in said
    assert not [line for line in said if "still wanted" in line]


def test_the_page_tells_both(run: Run) -> None:
    body = parsed(plan_article(read_plan(run), "run1", 1))
    assert "What the country hangs on before and after" in text(body)
    rows = [row for one in tables(body) for row in one]
    assert ["In time", "ISL", "1,000", "1,300", "nobody (oldco)", "1,000 (chips)"] in rows
    assert ["old", "lane", "ISL", "1,000", "nobody"] in rows
    assert ["cable", "maker", "fibre", "ISL", "0 %", "50 %"] in rows


def test_the_workbook_holds_the_tables(run: Run, tmp_path: Path) -> None:
    workbook([run], tmp_path / "book.xlsx")
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        names = re.findall(r'<sheet name="([^"]+)"', archive.read("xl/workbook.xml").decode())
    assert {"exposed", "served", "mix"} <= set(names)


def test_exposure_says_what_it_leaves_out(tmp_path: Path) -> None:
    said = warnings(exposure(island(tmp_path)).summary)
    assert said == [
        "2 sites wanted by projects, not there: 5 units and 1,300 people; left out with them: "
        "1 lane to them (new) and 1 service for 300 (answers)."
    ]
