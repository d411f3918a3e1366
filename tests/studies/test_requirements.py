"""What a plan must bring about: rows that count, and the days on which a schedule meets it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.studies.groundwork import groundwork
from indranet.studies.requirements import (
    Requirement,
    first_day_broken,
    first_day_met,
    requirement,
)
from indranet.studies.rules import rules, rules_told

TODAY = np.datetime64("2026-01-01")

# Of 10 real sites of `one`, `a` (3) has two units of `east`, `b` (2) one, `c` (5) one of a maker
# that is not known; `two` has one site of `east`.
CASE: dict[str, Columns] = {
    "countries": {"country": ["AAA"]},
    "firms": {"firm": ["one", "two", "east"], "country": ["AAA", "AAA", ""]},
    "products": {"product": ["radio-e", "base-e", "radio-x"], "firm": ["east", "east", ""]},
    "sites": {
        "site": ["a", "b", "c", "d"], "operator": ["one", "one", "one", "two"],
        "country": ["AAA"] * 4, "stands_for": [3, 2, 5, 1],
        "people": [40, 10, 50, 7],
    },
    "equipment": {
        "site": ["a", "a", "b", "c", "d"], "function": ["RU", "DU", "RU", "RU", "RU"],
        "product": ["radio-e", "base-e", "radio-e", "radio-x", "radio-e"],
        "quantity": [3, 1, 3, 3, 3],
    },
    "exclusions": {"authority": ["ours"], "firm": ["east"]},
}  # fmt: skip
CAP = {"rule": "cap", "from": "2026-06-01", "metric": "share", "limit": 0.25}


def case(folder: Path, **rule: Any) -> Network:
    return network_of(folder, **{**CASE, "rules": {n: [v] for n, v in {**CAP, **rule}.items()}})


def asked(network: Network, operator: str = "one", **more: Any) -> Requirement:
    ground = groundwork(network)
    found = requirement(ground, rules_told(ground, TODAY), authority="ours", day=TODAY, **more)
    firms = network.names["firm"].tolist()
    return next(r for r in found if r.operator == (firms.index(operator) if operator else -1))


def gone(**days: str) -> Any:
    """Return the days on which rows of equipment no longer count, by site and function."""
    at = [
        f"{s}_{f}"
        for s, f in zip(CASE["equipment"]["site"], CASE["equipment"]["function"], strict=True)
    ]
    return np.array([days.get(row, "NaT") for row in at], dtype="M8[D]")


def test_rows_weights_and_total(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c"))
    assert found.counts.tolist() == [True, True, True, False, False]
    assert found.may_count.tolist() == [False, False, False, True, False]
    assert sorted(found.weight.tolist()) == [2, 3, 5]
    assert (found.total, found.limit, str(found.due)) == (10, 0.25, "2026-06-01")
    units = asked(case(tmp_path / "d", weight="units"))
    assert (sorted(units.weight.tolist()), units.total) == ([3, 6, 9, 15], 33)
    count = asked(case(tmp_path / "e", metric="count"))
    assert count.total == 1


def test_a_site_counts_until_its_last_unit_is_gone(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c"))
    schedule = gone(a_RU="2026-02-01", a_DU="2026-04-01")
    days, values = found.steps(schedule)
    assert [str(day) for day in days] == ["NaT", "2026-04-01"]
    assert values.tolist() == pytest.approx([0.5, 0.2])
    assert first_day_met(found, schedule, TODAY) == np.datetime64("2026-04-01")
    assert np.isnat(first_day_broken(found, schedule, TODAY))


def test_what_is_late_breaks_the_rule_from_its_first_day(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c"))
    late = gone(a_RU="2026-07-01", a_DU="2026-07-01")
    assert first_day_broken(found, late, TODAY) == np.datetime64("2026-06-01")
    assert first_day_met(found, late, TODAY) == np.datetime64("2026-07-01")
    never = gone(b_RU="2026-02-01")
    assert np.isnat(first_day_met(found, never, TODAY))
    after = np.datetime64("2026-08-01")
    assert np.isnat(first_day_broken(found, late, after))
    assert first_day_met(found, late, after) == after


def test_a_rule_that_has_ended_is_not_broken(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c", until="2026-06-30"))
    assert np.isnat(first_day_broken(found, gone(), np.datetime64("2026-07-01")))
    assert first_day_broken(found, gone(), TODAY) == np.datetime64("2026-06-01")


def test_what_is_not_known_counts_where_asked(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c"))
    schedule = gone(a_RU="2026-02-01", a_DU="2026-02-01")
    assert first_day_met(found, schedule, TODAY) == np.datetime64("2026-02-01")
    assert np.isnat(first_day_met(found, schedule, TODAY, unknown_counts=True))
    both = gone(a_RU="2026-02-01", a_DU="2026-02-01", c_RU="2026-03-01")
    found_day = first_day_met(found, both, TODAY, unknown_counts=True)
    assert found_day == np.datetime64("2026-03-01")


def test_a_schedule_starts_where_the_rule_is_measured(tmp_path: Path) -> None:
    for number, weight in enumerate(("sites", "people", "traffic", "instances", "units")):
        network = case(tmp_path / f"c{number}", weight=weight)
        table = rules(groundwork(network), authority="ours", day=TODAY).rules
        for operator in ("one", "two"):
            row = table["operator"].tolist().index(operator)
            found = asked(network, operator)
            for unknown, column in ((False, "value"), (True, "high")):
                value = found.steps(gone(), unknown_counts=unknown)[1][0]
                assert value == pytest.approx(table[column][row]), (weight, operator, column)


def test_a_share_of_what_weighs_nothing_is_met_when_all_of_it_is_gone(tmp_path: Path) -> None:
    """`d` serves nobody: no share of people can be told."""
    sites = {**CASE["sites"], "people": [40, 10, 50, 0]}
    rule = {name: [cell] for name, cell in {**CAP, "weight": "people"}.items()}
    found = asked(network_of(tmp_path / "c", **{**CASE, "sites": sites, "rules": rule}), "two")
    assert np.isnat(first_day_met(found, gone(), TODAY))
    assert first_day_met(found, gone(d_RU="2026-03-01"), TODAY) == np.datetime64("2026-03-01")


def test_a_country_is_one_party(tmp_path: Path) -> None:
    found = asked(case(tmp_path / "c", per="country"), "")
    assert (found.total, int(found.counts.sum())) == (11, 4)


def test_only_rows_looked_at_count(tmp_path: Path) -> None:
    kept = np.array([True, True, False, False, True])
    found = asked(case(tmp_path / "c"), equipment=kept)
    assert (found.counts.tolist(), found.total) == ([True, True, False, False, False], 3)


def test_what_is_no_sum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rule 'cap' measures vendors"):
        asked(case(tmp_path / "c", metric="vendors"))
    ground = groundwork(case(tmp_path / "d"))
    with pytest.raises(UsageError, match="name an authority"):
        requirement(ground, rules_told(ground, TODAY), authority=None, day=TODAY)
