"""Scenarios: what may be written, and what is said of what may not."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.errors import InputError
from indranet.model.scenario import EVENTS, LAWS, Law, Scenario, read_scenario, schema

HEAD = 'name = "a"\ndays = 30\n'


def read(folder: Path, text: str) -> Scenario:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(path)


def told(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD)
    assert (found.draws, found.seed, found.order_basis, found.rationing) == (
        1, 0, "planned", "priority",
    )  # fmt: skip
    assert (found.adjustment_days, found.need_share, found.event) == (6.0, 0.5, ())


def test_an_event_of_each_kind(tmp_path: Path) -> None:
    events = [
        'do = "halt"\nwhat = "tsmc"\nshare = 0.5\nrecovery = "linear"\nrecovery_days = 20',
        'do = "outage"\nwithin = { lat = 35.0, lon = 140.0, km = 80 }\nlasts_days = 3',
        'do = "close"\nwhat = "malacca"\nexcept = ["IND"]',
        'do = "cut"\nwhat = "cable"\nlasts_days = { law = "lognormal", median = 30, sigma = 0.5 }',
        'do = "embargo"\nfrom = ["CHN"]\nto = ["USA"]\nproducts = ["gallium"]',
        'do = "exclude"\nwhat = "firm"\nby = ["AAA"]\nday = 10',
        'do = "misconfigure"\nwhat = "domain"\nreversed_after_hours = 4',
        'do = "exploit"\nwhat = "hole"\nchance = 0.1',
        'do = "surge"\nwhat = "chip"\nfactor = 2\nterritory = "IND"',
    ]
    found = read(tmp_path, HEAD + "".join(f"[[event]]\n{event}\n" for event in events))
    assert tuple(event.do for event in found.event) == EVENTS
    assert found.event[4].origin == ("CHN",)
    assert found.event[2].but == ("IND",)
    assert found.event[1].within is not None
    lasting = found.event[3].lasts_days
    assert isinstance(lasting, Law)
    assert (lasting.law, lasting.median, lasting.sigma) == ("lognormal", 30, 0.5)


def test_all_faults_are_told_with_their_lines(tmp_path: Path) -> None:
    text = (
        'name = "a"\ndays = 0\ndras = 3\norder_basis = "plan"\n\n'
        '[[event]]\ndo = "close"\nwhat = "malacca"\nday = -1\n\n'
        '[[event]]\ndo = "closed"\nwhat = "x"\n'
        '[[event]]\ndo = "surge"\nwhat = "y"\n'
    )
    assert told(tmp_path, text) == [
        "scenario.toml:2 days '0' does not fit; input should be greater than or equal to 1",
        "scenario.toml:3 dras is not known here; did you mean 'draws'?",
        "scenario.toml:4 order_basis 'plan' is not a choice; write 'planned', 'realised' or "
        "'initial'",
        "scenario.toml:9 event.day '-1' does not fit; input should be greater than or equal to 0",
        "scenario.toml:12 event.do 'closed' is not a choice; write 'halt', 'outage', 'close', "
        "'cut', 'embargo', 'exclude', 'misconfigure', 'exploit' or 'surge'",
        "scenario.toml:14 event do = 'surge' takes factor; correct the event",
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ('do = "halt"', "takes one of what, within, region"),
        ('do = "halt"\nwhat = "a"\nregion = "b"', "takes one of what, within, region"),
        ('do = "embargo"', "takes from, to, or both"),
        ('do = "exclude"\nwhat = "a"', "takes by"),
        ('do = "halt"\nwhat = "a"\nfactor = 2', "factor belongs to surge"),
        ('do = "halt"\nwhat = "a"\nexcept = ["IND"]', "except belongs to close"),
        ('do = "halt"\nwhat = "a"\nshare = 1.5', "less than or equal to 1"),
        ('do = "halt"\nwhat = "a"\nshare = -0.1', "greater than or equal to 0"),
        ('do = "halt"\nwhat = "a"\nday = -1', "greater than or equal to 0"),
        ('do = "halt"\nwhat = "a"\nlasts_days = -2', "greater than or equal to 0"),
        ('do = "halt"\nwhat = "a"\nshare = nan', "does not fit"),
        ('do = "halt"\nwhat = ""', "at least 1 character"),
        ('do = "halt"\nwhat = "a"\nrecovery = "linear"', "recovery_days goes with"),
        ('do = "halt"\nwhat = "a"\nrecovery_days = 2', "recovery_days goes with"),
        ('do = "halt"\nwhat = "a"\nlasts_days = "long"', "valid number"),
        ('do = "halt"\nwhat = "a"\nlasts_days = { law = "fixed" }', "takes days and nothing"),
        ('do = "halt"\nwhat = "a"\nlasts_days = { law = "poisson" }', "is not a choice"),
        ('do = "halt"\nwhat = "a"\nlasts_days = { law = "uniform", low = 3, high = 1 }', "in this"),
        ('do = "halt"\nwhat = "a"\nsahre = 1', "did you mean 'share'?"),
        ('do = "halt"\nwithin = { lat = 100, lon = 0, km = 1 }', "less than or equal to 90"),
        ('what = "a"', "is missing; add it"),
    ],
)
def test_an_event_that_does_not_fit(tmp_path: Path, event: str, said: str) -> None:
    found = told(tmp_path, f"{HEAD}[[event]]\n{event}\n")
    assert any(said in line for line in found), found
    assert all(re.match(r"scenario\.toml:\d+ ", line) for line in found)


def test_files_that_are_no_scenario(tmp_path: Path) -> None:
    assert told(tmp_path, "name = \n") == [
        "scenario.toml:1 is no TOML: Invalid value; correct the line"
    ]
    with pytest.raises(InputError, match="does not exist"):
        read_scenario(tmp_path / "nowhere.toml")
    (tmp_path / "wide.toml").write_bytes('name = "a"'.encode("utf-16"))
    with pytest.raises(InputError, match="no UTF-8"):
        read_scenario(tmp_path / "wide.toml")
    (tmp_path / "large.toml").write_text("#" * (1 << 21))
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_scenario(tmp_path / "large.toml")


def test_the_schema_knows_every_key() -> None:
    found = json.loads(schema())
    assert set(found["properties"]) == set(Scenario.model_fields)
    event = found["$defs"]["Event"]["properties"]
    assert {"from", "except", "do"} <= set(event)
    assert event["do"]["enum"] == list(EVENTS)
    assert all(part.get("description") for part in found["properties"].values())


@settings(max_examples=100)
@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused(tmp_path_factory: Any, text: str) -> None:
    folder = tmp_path_factory.mktemp("s")
    with suppress(InputError):
        read(folder, text)


def test_every_law_says_what_it_takes() -> None:
    for law, numbers in LAWS.items():
        values = {"law": law, **dict.fromkeys(numbers, 1.0)}
        assert Law.model_validate(values).law == law
