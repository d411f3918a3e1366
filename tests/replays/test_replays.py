"""Programmes of the past, planned again: the page holds what the plans give, misses too."""

from pathlib import Path

import pytest
from tools.replays import us
from tools.replays.measures import american, british

PAGE = (Path(__file__).parents[2] / "docs" / "replays.md").read_text(encoding="utf-8")


def test_bt_is_late_with_its_sites_and_not_with_its_core() -> None:
    found = british()
    assert found.chances == {"core": 1.0, "cap": 0.0, "all": 0.0}
    assert {rule: day[:7] for rule, day in found.days.items()} == {
        "core": "2022-04", "cap": "2025-08", "all": "2030-03",
    }  # fmt: skip
    for words in ("met in April 2022", "met in August 2025", "met in March 2030"):
        assert words in PAGE
    assert [round(money, -7) / 1e6 for money in found.money] == pytest.approx([440, 700])
    assert "440 to 700 million pounds" in PAGE


def test_the_american_programme_lacks_money() -> None:
    found = american()
    assert found.undone == pytest.approx(0.875, abs=5e-4)
    assert "at least 87.5 %, proven" in PAGE
    assert found.families == pytest.approx({"cash": 1.0})
    assert found.finished == pytest.approx(1.6, abs=0.2)
    assert "1.6 of 126 expected" in PAGE
    assert f"{us.STATED:.0%}".replace("%", " %") in PAGE


def test_recipients_have_all_locations_together() -> None:
    sizes = us.sizes()
    assert len(sizes) == us.RECIPIENTS
    assert sum(sizes) == us.LOCATIONS
    assert min(sizes) >= 1
