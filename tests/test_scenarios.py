"""The bundled scenarios and their pages: what stands on a page is what a run gives."""

from pathlib import Path

import pytest
from tools.scenarios import BEGIN, END, INDEX, PAGES, figures, index_line, page_with

from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import bundled_scenarios, find_scenario
from indranet.studies.prepared import prepare
from indranet.studies.stress import stress

NAMES = sorted(bundled_scenarios())
MIRRORS = {
    "gallium-germanium-stopped": "photoresist-fluoride-stopped",
    "design-software-stopped": "tungsten-stopped",
    "vendor-excluded-by-four": "vendor-of-the-four-excluded",
}
FLAWS = {
    "manager-exploited": "manager-of-the-excluded-exploited",
    "module-worm": "module-worm-mirror",
}
QUICK = (
    "grid-failure",
    "core-change",
    "fiji-cables-cut",
    "malacca-closed",
    "taiwan-strait-closed",
    "vendor-of-the-four-excluded",
)
"""Scenarios that are run here; `tools/scenarios.py --check` runs all."""


@pytest.fixture(scope="module")
def network() -> Network:
    return read("indo-pacific")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_scenario_has_a_page_and_a_line() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == NAMES
    for name in NAMES:
        page = text_of(PAGES / f"{name}.md")
        for part in (
            f"indranet stress indo-pacific {name}", "## What is fact, what is assumed",
            "## Why, and when it would be wrong", f"scenarios/{name}.toml", "| production | ",
        ):  # fmt: skip
            assert part in page, (name, part)
        assert f"(scenarios/{name}.md)" in text_of(INDEX)
        assert f"\nscenarios/{name}\n" in text_of(INDEX)


def test_a_flaw_of_one_maker_has_a_mirror_of_another() -> None:
    for name, mirror in FLAWS.items():
        one, other = find_scenario(name), find_scenario(mirror)
        assert (one.days, one.draws) == (other.days, other.draws)
        for first, second in zip(one.event, other.event, strict=True):
            assert first.model_copy(update={"what": second.what}) == second
        assert f"[{mirror}]({mirror}.md)" in text_of(PAGES / f"{name}.md")


def test_where_a_state_acts_there_is_a_mirror_of_the_same_form() -> None:
    acting = {
        name
        for name in NAMES
        if any(event.do in ("embargo", "exclude") for event in find_scenario(name).event)
    }
    assert acting == {*MIRRORS, *MIRRORS.values()}
    for name, mirror in MIRRORS.items():
        one, other = find_scenario(name), find_scenario(mirror)
        assert (one.days, one.draws) == (other.days, other.draws)
        for first, second in zip(one.event, other.event, strict=True):
            assert (first.do, first.day, first.share) == (second.do, second.day, second.share)
            assert (first.lasts_days, first.recovery) == (second.lasts_days, second.recovery)
        for here, there in ((name, mirror), (mirror, name)):
            assert f"[{there}]({there}.md)" in text_of(PAGES / f"{here}.md")


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_fits_the_case(name: str, network: Network) -> None:
    ready = prepare(network, find_scenario(name))
    for effect in ready.model.effects:
        taken = () if effect.attack is None else effect.attack.rows
        aims = (effect.plants, effect.things, effect.contracts, effect.pairs, taken)
        assert any(len(aim) for aim in aims) or effect.product >= 0 or effect.territory >= 0


@pytest.mark.parametrize("name", QUICK)
def test_the_figures_of_a_page_are_those_of_a_run(name: str, network: Network) -> None:
    answer = stress(network, find_scenario(name))
    page = text_of(PAGES / f"{name}.md")
    assert page_with(page, figures(answer)) == page
    assert index_line(name, answer) in text_of(INDEX)


def test_only_what_stands_between_the_marks_is_written() -> None:
    assert page_with(f"a\n{BEGIN}\nold\n{END}\nb\n", "new\n") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb\n"
