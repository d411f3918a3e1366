"""Scripts of exercises and answers: what is read, and every fault at its place."""

import json
from pathlib import Path
from typing import get_args

import pytest
from tests.made_up import network_of
from tests.studies.test_exercise import tables

from indranet import read
from indranet.errors import InputError
from indranet.model.exercise import (
    Measure,
    Script,
    bundled_answers,
    bundled_scripts,
    find_answers,
    find_script,
    read_answers,
    read_script,
    schema,
)
from indranet.model.more_measures import with_measures
from indranet.model.network import Network
from indranet.model.schema import MEASURES, TABLES
from indranet.studies.exercise import exercise
from indranet.studies.exercise_courses import Courses
from indranet.studies.exercise_game import decisions_of, made_ready
from indranet.studies.measures import bought

SCRIPT = """\
name = "an island"
days = 21
not_in_force = ["ships", "spares"]

[[team]]
country = "ISL"
name = "island"
budget_usd = 100
measures = ["cable-2"]
agreements = ["ships", "spares"]

[[team]]
country = "BBB"
agreements = ["spares"]

[[team]]
country = "CCC"
agreements = ["ships"]

[[measure]]
measure = "cable-2"
kind = "link"
thing = "second"
cost_usd = 80
lead_days = 2.5

[[inject]]
day = 1
words = "The cable is cut."

[[inject.event]]
do = "cut"
what = "cable"

[inject.event.repair]
spare = "rope"
quantity = 5
level = "major"
work_days = 4
by = "land"

[[inject]]
day = 6
words = "Still nothing."
"""
HEAD = "day,team,do,what\n"


@pytest.fixture(scope="module")
def isle(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "isle", **tables())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,isle,pass,", "did.csv:2 team 'isle' is no team; teams are island, BBB, CCC"),
        ("2,island,pass,", "day '2' is no day of an inject; the teams decide on days 1, 6"),
        ("1,BBB,buy,cable-2", "what 'cable-2' is not among the measures of team 'BBB'; it has no"),
        ("1,island,buy,cable", "of team 'island'; did you mean 'cable-2'?"),
        ("1,island,sign,fund", "what 'fund' is not among the agreements of team 'island'"),
        ("1,island,withhold,ships", "what 'ships' is not signed by the team; leave the answer out"),
        ("1,island,pass,ships", "what 'ships' is named, and passing does nothing; empty it"),
        ("1,island,sell,ships", "did.csv:2 do 'sell' does not fit; input should be 'buy'"),
        ("one,island,pass,", "did.csv:2 day 'one' does not fit; input should be a valid integer"),
        ("1,island,buy,cable-2\n6,island,buy,cable-2", "did.csv:3 what 'cable-2' was bought by"),
        ("1,island,sign,ships\n1,island,sign,ships", "did.csv:3 what 'ships' is signed by the"),
    ],
)
def test_a_wrong_answer(tmp_path: Path, isle: Network, row: str, said: str) -> None:
    (tmp_path / "did.csv").write_text(f"{HEAD}{row}\n")
    (tmp_path / "script.toml").write_text(SCRIPT)
    with pytest.raises(InputError) as found:
        exercise(isle, read_script(tmp_path / "script.toml"), read_answers(tmp_path / "did.csv"))
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('do = "cut"\nwhat = "cable"', 'do = "cut"\nwhat = "cabel"',
         "script.toml:33 inject 1, event 1: what 'cabel' is not in the case"),
        ("day = 6", "day = 1", "script.toml:43 inject 2: day '1' does not come after day 1"),
        ("day = 6", "day = 21", "inject 2: day '21' is not among the 21 days"),
        ('do = "cut"', 'do = "cut"\nday = 0', "inject 1, event 1: day '0' is before the inject's"),
        ('country = "BBB"', 'country = "BBC"', "script.toml:13 team 2: country 'BBC' is not in"),
        ('country = "BBB"', 'country = "BBB"\nname = "island"', "name 'island' is another team's"),
        ('measures = ["cable-2"]', 'measures = ["cable2"]', "did you mean 'cable-2'?"),
        ('agreements = ["spares"]', 'agreements = ["ships"]', "'ships' does not bind the team's"),
        ('agreements = ["spares"]', "", "team 2: agreements 'spares' binds this team too"),
        ('not_in_force = ["ships"', 'not_in_force = ["shops"', "not_in_force 'shops' is not in"),
        ('thing = "second"', 'thing = "secnd"', "measure 1: thing 'secnd' is no one thing of the"),
        ('thing = "second"', 'thing = "rope"', "is nothing that a link acts on; name a lane or"),
        ('kind = "link"', 'kind = "lnk"', "script.toml:22 measure.kind 'lnk' is not a choice"),
        ('words = "Still nothing."', "", "inject.words is missing; add it"),
        ('what = "cable"', 'what = "cable"\nwat = 1', "did you mean 'what'?"),
        ("days = 21", "days = 0", "script.toml:2 days '0' does not fit"),
    ],
)  # fmt: skip
def test_a_script_at_fault(tmp_path: Path, isle: Network, old: str, new: str, said: str) -> None:
    assert old in SCRIPT
    (tmp_path / "script.toml").write_text(SCRIPT.replace(old, new, 1))
    with pytest.raises(InputError) as found:
        exercise(isle, read_script(tmp_path / "script.toml"))
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[answer]]\nday = 1\nteam = "isle"\ndo = "pass"\n', "did.toml:3 team 'isle' is no"),
        ('[[answer]]\nday = 1\nteam = "island"\n', "answer.do is missing; add it"),
        ("[[answer]]\nwho = 1\n", "did.toml:2 answer.who is not known here"),
        ("answer = 1\n", "did.toml:1 answer '1' does not fit"),
    ],
)
def test_answers_as_toml_at_fault(tmp_path: Path, isle: Network, text: str, said: str) -> None:
    (tmp_path / "did.toml").write_text(text)
    (tmp_path / "script.toml").write_text(SCRIPT)
    with pytest.raises(InputError) as found:
        exercise(isle, read_script(tmp_path / "script.toml"), read_answers(tmp_path / "did.toml"))
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "did.csv:1 has no column 'day'; write the columns day, team, do, what"),
        (b"day,team,do,what,why\n", "has a column 'why'"),
        (b'day,team,do,what\n1,"island,pass,\n', "did.csv cannot be read as CSV"),
        ("day".encode("utf-16"), "did.csv is no UTF-8 text"),
        (b"#" * (1 << 21), "did.csv is larger than 1 MB"),
    ],
)
def test_files_that_hold_no_answers(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "did.csv").write_bytes(content)
    with pytest.raises(InputError) as found:
        read_answers(tmp_path / "did.csv")
    assert said in str(found.value)
    with pytest.raises(InputError, match="does not exist"):
        read_answers(tmp_path / "nowhere.csv")


def test_the_schema_knows_every_key() -> None:
    found = json.loads(schema())
    assert set(found["properties"]) == set(Script.model_fields)
    assert all(part.get("description") for part in found["properties"].values())
    assert {"Team", "Inject", "Measure", "Event"} <= set(found["$defs"])


def test_a_measure_has_the_columns_of_its_table() -> None:
    about = {"provenance", "source", "marking", "agreement"}
    assert set(Measure.model_fields) == {c.name for c in TABLES["measures"].columns} - about
    assert get_args(Measure.model_fields["kind"].annotation) == tuple(MEASURES)


def test_measures_of_a_script_stand_beside_those_of_the_case(tmp_path: Path) -> None:
    old = {"measure": "old", "kind": "spare", "thing": "BBB", "product": "rope", "cost_usd": 7,
           "source": "a book"}  # fmt: skip
    made = tables(measures={name: [cell] for name, cell in old.items()})
    network = network_of(tmp_path / "case", **made)
    more = [Measure(measure="new", kind="stockpile", thing="AAA", product="rope", unit="unit",
                    amount=3, cost_usd=2, need=None, pool="x", host=None,
                    yearly_cost_usd=0, lead_days=4)]  # fmt: skip
    found, faults = with_measures(network, more)
    assert faults == []
    rows = found["measures"]
    assert rows.text("measure") == ["old", "new"]
    assert rows.text("unit") == ["", "unit"]
    assert rows.text("source") == ["a book", ""]
    assert rows.text("pool") == ["", "x"]
    assert [network.thing(int(code))[1] for code in rows["thing"]] == ["BBB", "AAA"]
    assert rows["lead_days"].tolist() == [0, 4]
    assert bought(found, ["new"])["stocks"]["quantity"].tolist() == [9, 3]
    again, faults = with_measures(found, more)
    assert again is found
    assert "measure 1: measure 'new' is a measure already" in str(faults[0])


def test_bundled_scripts_and_answers_fit_the_bundled_case() -> None:
    network = read("indo-pacific")
    assert set(bundled_answers()) <= {f"{name}-answers" for name in bundled_scripts()}
    for name in bundled_scripts():
        game = made_ready(network, find_script(name))
        assert {team.country for team in game.script.team} == {"AUS", "IND", "JPN", "USA"}
        assert 4 <= len(game.days) <= 6
        decisions = decisions_of(game, find_answers(f"{name}-answers"))
        assert len({one.team for one in decisions}) == 4
        # The events fit, too, and some of them take users away.
        courses = Courses(game)
        nothing = courses.of([])
        assert nothing.served.sum() < courses.usual.sum() * game.script.days
