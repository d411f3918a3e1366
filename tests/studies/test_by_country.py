"""Persons served by country: they sum to all, whoever is carried or waits, and by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import network_of
from tests.studies.test_agreed import ASKED, OUT, everything, hosting, scenario
from tests.studies.test_in_time import operators

from indranet.studies.days import compute
from indranet.studies.prepared import prepare

QUEUE = {"do": "misconfigure", "what": "a", "day": 1, "reversed_after_hours": 2,
         "registrations_per_hour": 100}  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "asked"),
    [
        (hosting(), scenario(*OUT)),
        (everything(), ASKED),
        (operators(), scenario(QUEUE, {"do": "outage", "what": "core-b", "day": 1.5})),
    ],
    ids=["hosts", "everything", "a queue"],
)
def test_countries_sum_to_all(tmp_path: Path, tables: Any, asked: Any) -> None:
    ready = prepare(network_of(tmp_path / "c", **tables), asked, by_country=True)
    for draw in compute(ready.model, [None, 0, 1]):
        people = draw["totals"][:, ready.model.measures.index("people_served")]
        assert people.min() < people.max()
        np.testing.assert_allclose(draw["served_by"].sum(axis=1), people, rtol=1e-12)


def test_hosts_carry_users_where_they_are(tmp_path: Path) -> None:
    ready = prepare(network_of(tmp_path / "c", **hosting()), scenario(*OUT), by_country=True)
    served = compute(ready.model, [None])[0]["served_by"]
    # As on the page on agreements: 25 of 80 for six hours, then nobody's host is up.
    assert served[:8, 0].tolist() == [160, 160, 96.25, 130, 160, 160, 160, 160]
    assert served[:8, 1].tolist() == [40] * 6 + [0, 40]
    assert not served[:, 2].any()


def test_nobody_asks_by_country_unless_told(tmp_path: Path) -> None:
    ready = prepare(network_of(tmp_path / "c", **hosting()), scenario(*OUT))
    assert "served_by" not in compute(ready.model, [None])[0]
