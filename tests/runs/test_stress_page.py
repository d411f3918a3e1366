"""A stress run drawn: what the page says is what the tables hold, whatever they hold."""

import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.runs.sections import parsed, tables, text

from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.runs.report import report
from indranet.runs.run import Run, open_run, write_run
from indranet.runs.stress_course import course_section, curve
from indranet.runs.stress_findings import StressAnswer, read_stress
from indranet.runs.stress_first import first_section
from indranet.runs.stress_lanes import lanes_section
from indranet.runs.stress_map import map_section
from indranet.runs.stress_page import stress_article
from indranet.runs.stress_trust import trust_stress_section
from indranet.runs.workbook import workbook
from indranet.studies.calibration import calibration_words
from indranet.studies.exposure import exposure
from indranet.studies.stress import stress

HOSTILE = "<b>&\"'</b>"
LAW = {"law": "lognormal", "median": 20.0, "sigma": 0.5}


def tables_of(**more: Columns) -> dict[str, Columns]:
    """A mine, a fab beyond a strait, an operator with a radio site and a service."""
    return {
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {"firm": ["telco", "maker"], "name": ["", HOSTILE], "country": ["BBB", "AAA"]},
        "products": {
            "product": ["metal", "radio"], "name": ["", HOSTILE],
            "kind": ["material", "equipment"], "unit_cost_usd": [1.0, 10.0],
        },
        "components": {"product": ["radio"], "component": ["metal"]},
        "plants": {
            "plant": ["mine", "fab"], "product": ["metal", "radio"], "firm": ["", "maker"],
            "country": ["AAA", "BBB"], "lat": [5.0, 10.0], "lon": [95.0, 100.0],
        },
        "supplies": {
            "supplier": ["mine", "fab"], "customer": ["fab", "telco"], "lane": ["way", ""],
            "quantity_per_day": [100, 10], "stock_days": [5, 5],
        },
        "passages": {"passage": ["strait"], "lat": [5.0], "lon": [98.0], "kind": ["strait"]},
        "lanes": {
            "lane": ["way"], "origin": ["mine"], "destination": ["fab"], "mode": ["sea"],
            "transit_days": [4], "passages": ["strait"], "detour_days": [None],
        },
        "sites": {
            "site": ["hill"], "operator": ["telco"], "country": ["BBB"], "kind": ["radio"],
            "lat": [10.0], "lon": [101.0], "people": [500], "stands_for": [3],
        },
        "services": {"service": ["call"], "people": [500]},
        "needs": {"user": ["call"], "need": ["radio"], "input": ["hill"]},
        **more,
    }  # fmt: skip


def scenario(*events: dict[str, Any], days: int = 40, **more: Any) -> Scenario:
    return Scenario.model_validate(
        {"name": f"Trouble {HOSTILE}", "days": days, "event": events, **more}
    )


def words(html: str) -> str:
    """Return the text of a page or a part of it; attributes without a value are no XML."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).replace("\xa0", " ").split())


def written(network: Network, asked: Scenario, folder: Path) -> Run:
    found = stress(network, asked)
    short = {name: found.tables[name] for name in found.tables if name not in found.long}
    return write_run(
        folder, "stress", network, {**short, **found.long}, found.summary,
        inputs=["case", "s.toml"], seconds=0.0, seed=asked.seed,
    )  # fmt: skip


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "case", **tables_of())


@pytest.fixture(scope="module")
def run(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Run:
    events = (
        {"do": "halt", "what": "mine", "day": 2.0, "lasts_days": LAW},
        {"do": "close", "what": "strait", "day": 3.0, "lasts_days": 4.0},
        {"do": "outage", "what": "hill", "day": 6.25, "lasts_days": 0.5},
    )
    asked = scenario(*events, draws=12)
    return written(network, asked, tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def answer(run: Run) -> StressAnswer:
    return read_stress(run)


def test_every_measure_is_told_as_its_table_holds_it(answer: StressAnswer) -> None:
    section = parsed(course_section(answer))
    shown = tables(section)
    assert shown
    quantiles = answer.tables["quantiles"]
    for measure, row in answer.summary["measures"].items():
        found = curve(answer, measure, row)
        mine = quantiles["measure"] == measure
        order = np.argsort(quantiles["day"][mine])
        for name, values in (("q05", found.low), ("q50", found.middle), ("q95", found.high)):
            expected = quantiles[name][mine][order] / row["usual"]
            assert np.asarray(values) == pytest.approx(expected), (measure, name)


def test_what_ran_out_stands_with_its_cause(answer: StressAnswer) -> None:
    said = text(parsed(first_section(answer, 2)))
    rows = answer.tables["stockouts"]
    assert len(rows["day"])
    assert set(rows["product"]) == {"metal", "radio"}
    assert "metal" in said
    assert "mine" in said
    assert HOSTILE in said  # The name in words of what ran out, as text.
    assert "hill" in said or "call" in said


def test_lanes_and_queues(answer: StressAnswer) -> None:
    said = text(parsed(lanes_section(answer, 2)))
    assert "way" in said
    assert "strait" in said
    waiting = answer.tables["queues"]["waiting"]
    assert waiting.max() > 0


def test_how_far_to_trust_it(answer: StressAnswer) -> None:
    section = parsed(trust_stress_section(answer, 2))
    said = text(section)
    assert calibration_words() in said
    assert "Simchi-Levi" in said
    rows = answer.tables["sensitivity"]
    asked = set(zip(rows["parameter"].tolist(), rows["value"].tolist(), strict=True))
    assert len(tables(section)[0]) == 1 + len(asked)


@pytest.mark.parametrize("least", [np.nan, 0.0, 1e6])
def test_a_bound_that_was_not_found_is_said(answer: StressAnswer, least: float) -> None:
    bounds = {**answer.tables["bounds"], "lost_at_least": np.array([least])}
    other = StressAnswer(
        answer.manifest, answer.summary, {**answer.tables, "bounds": bounds}, answer.names
    )
    said = text(parsed(trust_stress_section(other, 2)))
    assert ("It is not known" in said) == bool(np.isnan(least))
    assert "nan" not in said.lower().split()
    assert "nan" not in words(stress_article(other, "run1", 1)).lower().split()


def test_the_map_has_a_mark_for_every_place_and_plant(answer: StressAnswer) -> None:
    html = map_section(answer, "run1")
    assert words(html)
    data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert data
    json.loads(data[1])
    marks = len(answer.tables["places"]["place"]) + len(answer.tables["plants"]["plant"])
    assert html.count("<title>") >= marks


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing happens": ({}, {}),
    "nothing is lost": ({"do": "surge", "what": "metal", "factor": 1.0}, {}),
    "one draw by chance": ({"do": "halt", "what": "mine", "lasts_days": LAW}, {"draws": 1}),
    "for good": ({"do": "halt", "what": "fab"}, {}),
    "industries": ({"do": "halt", "what": "mine"}, {"production": "ario"}),
    "one day": ({"do": "halt", "what": "mine"}, {"days": 1}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_run_reads_well(name: str, network: Network, tmp_path: Path) -> None:
    event, more = CASES[name]
    made = written(network, scenario(*([event] if event else []), **more), tmp_path / "run")
    out = tmp_path / "page.html"
    report([made], out)
    page = out.read_text(encoding="utf-8")
    # Nothing is fetched, and names are text, not markup.
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert "<b>&" not in page
    said = words(stress_article(read_stress(made), "run1", 1)).lower().split()
    assert not {"nan", "inf", "none,", "-inf"} & set(said)


def test_a_case_of_services_alone(tmp_path: Path) -> None:
    alone = network_of(
        tmp_path / "case", services={"service": ["a", "b"], "people": [5, 7]},
        needs={"user": ["a"], "need": ["n"], "input": ["b"], "autonomy_hours": [6]},
    )  # fmt: skip
    made = written(alone, scenario({"do": "outage", "what": "b", "day": 1.0}), tmp_path / "run")
    report([made], tmp_path / "page.html")
    assert "a" in text(parsed(first_section(read_stress(made), 2)))


def test_exposure_and_stress_on_one_page_and_in_one_workbook(
    network: Network, run: Run, tmp_path: Path
) -> None:
    found = exposure(network)
    exposed = write_run(
        tmp_path / "exposure", "exposure", network, found.tables, found.summary,
        inputs=["case"], seconds=0.0,
    )  # fmt: skip
    report([run, exposed], tmp_path / "both.html")
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert page.count("<article") == 2
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in identifiers
    workbook([run, exposed], tmp_path / "both.xlsx")
    assert (tmp_path / "both.xlsx").stat().st_size > 5000


def test_a_damaged_run_is_refused(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "quantiles.parquet").unlink()
    with pytest.raises(Exception, match=r"quantiles\.parquet is missing"):
        report([open_run(tmp_path / "run")], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
