"""What agreements are worth, drawn and told: all that the tables hold, whatever they are called."""

from pathlib import Path

import pytest
from tests.made_up import network_of
from tests.runs.sections import parsed, tables, text
from tests.studies.test_partners import asked, island

from indranet.runs.partners_page import partners_article, read_partners
from indranet.runs.partners_terminal import partners_lines
from indranet.runs.report import report
from indranet.runs.run import Run, open_run, write_run
from indranet.runs.workbook import workbook
from indranet.studies.partners import partners

HOSTILE = "<b>&fund</b>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    made = island()
    made["lanes"] = {**made["lanes"], "agreement": ["", HOSTILE]}
    agreements = dict(made["agreements"])
    agreements["agreement"] = ["ships", "spares", HOSTILE, "talks"]
    made["agreements"] = agreements
    network = network_of(folder / "case", **made)
    found = partners(network, asked())
    write_run(
        folder / "run", "partners", network, found.tables, found.summary, inputs=[], seconds=1.0
    )
    return open_run(folder / "run")


def test_the_page_tells_what_the_tables_hold(run: Run) -> None:
    body = parsed(partners_article(read_partners(run), "run1", 1))
    said = text(body)
    assert (
        "Together they are worth 20,000 people-days: 20,000 are lost without any of them, 0 with "
        "all." in said
    )
    assert f"Most is worth {HOSTILE}: 14,700 people-days." in said
    held = tables(body)
    worth = {row[0]: row[1:] for row in held[0][1:]}
    assert worth[HOSTILE] == ["14,700", "14,700", "14,700", "20,000", "4,000"]
    assert worth["ships"] == ["2,667", "2,667", "2,667", "0", "0"]
    matrix = held[-1]
    assert matrix[0] == ["", "BBB", "CCC", "ISL"]
    assert matrix[1:] == [
        ["BBB", "", "", "0"], ["CCC", "", "", "20,000"], ["ISL", "0", "20,000", ""],
    ]  # fmt: skip
    assert "talks: no row hangs on it" in said


def test_a_report_of_it(run: Run, tmp_path: Path) -> None:
    report([run], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert HOSTILE not in page
    assert "what agreements are worth: s" in page


def test_lines_for_a_terminal(run: Run) -> None:
    lines = partners_lines(run)
    assert lines[0] == "s: 3 agreements, all sets of them, 1 draw, 6 outcomes"
    assert (
        f"  {HOSTILE} is worth 14,700 people-days in this scenario; alone 20,000, last of all 4,000"
        in lines
    )
    assert "  CCC: 10,000 people-days" in lines
    assert any(
        line.startswith("  talks: no row hangs on it, and it says no days") for line in lines
    )


def test_a_workbook_of_it(run: Run, tmp_path: Path) -> None:
    workbook([run], tmp_path / "book.xlsx")
    assert (tmp_path / "book.xlsx").stat().st_size > 5000
