"""Exercises: an island worked by hand, and what must hold for any."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_agreed import ASKED, KINDS, everything
from tests.studies.test_partners import island

from indranet.model.exercise import Answers, Script
from indranet.model.network import Network
from indranet.studies.exercise import Exercise, exercise
from indranet.studies.exercise_courses import Courses
from indranet.studies.exercise_game import Decision, made_ready

CUT = {
    "do": "cut", "what": "cable",
    "repair": {"spare": "rope", "quantity": 5, "level": "major", "work_days": 4, "by": "land"},
}  # fmt: skip
SCRIPT: dict[str, Any] = {
    "name": "an island", "days": 21, "not_in_force": ["ships", "spares"],
    "team": [
        {"country": "ISL", "name": "island", "budget_usd": 100, "measures": ["cable-2"],
         "agreements": ["ships", "spares"]},
        {"country": "BBB", "agreements": ["spares"]},
        {"country": "CCC", "agreements": ["ships"]},
    ],
    "inject": [
        {"day": 1, "words": "The cable is cut.", "event": [CUT]},
        {"day": 6, "words": "Still nothing."},
    ],
    "measure": [{"measure": "cable-2", "kind": "link", "thing": "second", "cost_usd": 80,
                 "lead_days": 2.5}],
}  # fmt: skip
BOTH = [
    (1, "island", "sign", "ships"), (1, "CCC", "sign", "ships"), (6, "island", "sign", "spares"),
    (6, "BBB", "sign", "spares"),
]  # fmt: skip


def tables(**more: Columns) -> dict[str, Columns]:
    """The island of the page on partners, whose second cable hangs on a measure alone."""
    made = island(**more)
    made["lanes"] = {name: c for name, c in made["lanes"].items() if name != "agreement"}
    return made


def script(**more: Any) -> Script:
    return Script.model_validate_json(json.dumps({**SCRIPT, **more}))


def answers(*rows: tuple[Any, ...]) -> Answers:
    names = ("day", "team", "do", "what")
    made = [dict(zip(names, row, strict=False)) for row in rows]
    return Answers.model_validate_json(json.dumps({"answer": made}))


@pytest.fixture(scope="module")
def isle(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "isle", **tables())


def lost(found: Exercise) -> dict[str, float]:
    return dict(found.summary["lost"]["people-days"])


def course(found: Exercise, name: str = "people_served") -> list[float]:
    days = found.tables["days"]
    return [float(value) for value in days[name][days["country"] == "ISL"]]


def test_a_ship_sets_out_once_both_agreements_are_there(isle: Network) -> None:
    found = exercise(isle, script(), answers(*BOTH))
    # Cut on day 1; whoever may come sets out on day 6 and works for 4 days: up again on day 10.
    assert course(found) == [1000.0] + [0.0] * 9 + [1000.0] * 11
    assert course(found, "without") == [1000.0] + [0.0] * 20
    # The second cable, bought on day 1, is there on the morning of day 4 (2.5 days, in whole ones);
    # ships and spares bring the first one back on day 5. Both: 3 days are lost.
    assert lost(found) == {"played": 9000, "without": 20000, "hindsight": 3000}
    worth = found.summary["decisions"]
    people = [row for row in worth if row["unit"] == "people-days"]
    assert [row["worth"] for row in people] == [11000] * 4
    # Spares signed for on day 1, by both: up again on day 5, worth 20,000 - 4,000.
    assert [row["better_day"] for row in people] == [None, None, 1, 1]
    assert [row["better_worth"] for row in people][2:] == [16000, 16000]
    assert found.summary["agreements_added"]["people-days"] == 11000
    # Nothing is made here; the service gives 50 USD a day.
    assert [row["worth"] for row in worth if row["unit"] == "USD"] == [550] * 4
    assert found.summary["hindsight"]["sought"] == "all sets"
    assert {row["what"] for row in found.summary["hindsight"]["decisions"]} == {"cable-2"}


def test_a_measure_acts_after_its_days_and_is_paid(isle: Network) -> None:
    found = exercise(isle, script(), answers((1, "island", "buy", "cable-2")))
    assert course(found) == [1000.0] + [0.0] * 3 + [1000.0] * 17
    row = found.summary["scores"][0]
    assert (row["team"], row["lost"], row["saved"]) == ("island", 3000, 17000)
    assert (row["spent_usd"], row["budget_usd"]) == (80, 100)
    assert found.summary["scores"][-1]["team"] == "all"
    assert found.summary["scores"][-1]["spent_usd"] == 80
    late = exercise(isle, script(), answers((6, "island", "buy", "cable-2")))
    assert lost(late)["played"] == 8000
    better = late.summary["decisions"][0]
    assert (better["worth"], better["better_day"], better["better_worth"]) == (12000, 1, 17000)


def test_what_each_team_is_told(isle: Network) -> None:
    found = exercise(isle, script(), answers((1, "island", "buy", "cable-2")))
    told = found.tables["told"]
    mine = [row for row in zip(*told.values(), strict=True) if row[0] == "island"]
    first, second = (dict(zip(told, row, strict=True)) for row in mine)
    assert (first["people_served"], first["lost"], first["forecast"]) == (0, 0, 20000)
    assert (second["people_served"], second["lost"], second["forecast"]) == (1000, 3000, 3000)
    assert (first["money_left_usd"], second["money_left_usd"]) == (100, 20)
    abroad = [row for row in zip(*told.values(), strict=True) if row[0] == "BBB"]
    assert dict(zip(told, abroad[1], strict=True))["lost_abroad"] == 3000


def test_what_a_party_withholds_ends_and_a_ship_under_way_comes(isle: Network) -> None:
    begun = script(not_in_force=[])
    stays = exercise(isle, begun, answers())
    assert lost(stays) == {"played": 4000, "without": 4000, "hindsight": 3000}
    # Withheld on the day of the cut, nobody comes.
    ends = exercise(isle, begun, answers((1, "CCC", "withhold", "ships")))
    assert lost(ends)["played"] == 20000
    assert ends.summary["decisions"][0]["worth"] == -16000
    # Withheld on day 3, the ship has set out.
    turns = [*SCRIPT["inject"][:1], {"day": 3, "words": "A quarrel."}]
    late = exercise(isle, script(not_in_force=[], inject=turns),
                    answers((3, "CCC", "withhold", "ships")))  # fmt: skip
    assert lost(late)["played"] == 4000


def test_one_signature_of_two_is_none(isle: Network) -> None:
    found = exercise(isle, script(), answers(*BOTH[:3]))
    assert lost(found)["played"] == 20000
    assert found.summary["agreements_added"]["people-days"] == 0


def test_a_turn_changes_no_day_before_it(isle: Network) -> None:
    choices = [("buy", "cable-2"), ("sign", "ships"), ("sign", "spares")]
    made = script(
        inject=[*SCRIPT["inject"], {"day": 9, "words": "Again.", "event": [{"do": "outage",
                "what": "hub", "lasts_days": 2}]}],
    )  # fmt: skip
    nothing = course(exercise(isle, made, answers()))
    # What happens later is hidden: the days before it are those of the script without it.
    assert nothing[:9] == course(exercise(isle, script(), answers()))[:9]
    for day in (1, 6, 9):
        for first in (0, 2):
            rows = [(day, "island", *choice) for choice in choices[first:]]
            rows += [(day, "BBB", "sign", "spares"), (day, "CCC", "sign", "ships")]
            assert course(exercise(isle, made, answers(*rows)))[:day] == nothing[:day]


def test_what_was_told_is_what_the_debrief_says_of_those_days(isle: Network) -> None:
    found = exercise(isle, script(), answers(*BOTH))
    told = found.tables["told"]
    served = course(found)
    for team, day, lost in zip(told["team"], told["day"], told["lost"], strict=True):
        if team == "island":
            assert lost == sum(1000 - value for value in served[:day])


@pytest.mark.parametrize("most", [0, 6])
def test_hindsight_one_by_one_finds_what_all_sets_find(
    isle: Network, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indranet.studies.exercise_hindsight.MOST_TRIED", most)
    # Without the cable only both agreements together save anything.
    teams = [{**SCRIPT["team"][0], "budget_usd": 79}, *SCRIPT["team"][1:]]
    found = exercise(isle, script(team=teams), answers()).summary
    assert found["lost"]["people-days"]["hindsight"] == 4000
    assert {row["what"] for row in found["hindsight"]["decisions"]} == {"ships", "spares"}
    assert found["hindsight"]["sought"] == ("all sets" if most else "one by one")


def flawed(**more: Columns) -> dict[str, Columns]:
    """An island with one mast that has a flaw; two countries share threats three days ahead."""
    return {
        "countries": {"country": ["ISL", "AAA"]},
        "firms": {"firm": ["net"], "country": ["ISL"]},
        "products": {"product": ["radio"]},
        "sites": {"site": ["mast"], "operator": ["net"], "country": ["ISL"], "kind": ["radio"],
                  "people": [500]},
        "equipment": {"site": ["mast"], "function": ["gNB"], "product": ["radio"]},
        "vulnerabilities": {"vulnerability": ["flaw"], "product": ["radio"], "patch_days": [8],
                            "effect": ["down"], "status": ["affected"]},
        "agreements": {"agreement": ["tell"], "kind": ["threat_sharing"], "parties": ["ISL;AAA"],
                       "days": [3]},
        **more,
    }  # fmt: skip


def test_threats_shared_on_the_day_of_the_attack_come_too_late(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **flawed())
    made = script(
        not_in_force=["tell"], measure=[],
        team=[{"country": "ISL", "agreements": ["tell"]}, {"country": "AAA",
              "agreements": ["tell"]}],
        inject=[{"day": 1, "words": "Rumours."}, {"day": 5, "words": "Attack.", "event": [
                {"do": "exploit", "what": "flaw", "patch": "fixed"}]},
                {"day": 7, "words": "Still down."}],
    )  # fmt: skip
    lost_by_day = {
        day: lost(exercise(network, made, answers((day, "ISL", "sign", "tell"),
                                                  (day, "AAA", "sign", "tell"))))["played"]
        for day in (1, 5, 7)
    }  # fmt: skip
    # All units are mended 8 days after the attack, of those warned 3 days sooner.
    assert lost_by_day == {1: 5 * 500, 5: 8 * 500, 7: 8 * 500}


def test_all_courses_meet_the_same_draws(isle: Network) -> None:
    perhaps = [{"day": 1, "words": "Perhaps.", "event": [{**CUT, "chance": 0.5}]}]
    asked = script(inject=perhaps, draws=12, seed=3)
    found = lost(exercise(isle, asked, answers((1, "island", "buy", "cable-2"))))
    often = found["without"] / 20000
    assert 0 < often < 1
    assert found["played"] == pytest.approx(often * 3000, abs=0.01)


def chain() -> dict[str, Columns]:
    """A maker in AAA keeps chips for five days, of which the one plant stands in BBB."""
    return {
        "countries": {"country": ["AAA", "BBB"]},
        "firms": {"firm": ["one"], "country": ["AAA"]},
        "products": {"product": ["chip", "radio"], "kind": ["part", "equipment"],
                     "unit_cost_usd": [1, 5]},
        "components": {"product": ["radio"], "component": ["chip"]},
        "plants": {"plant": ["fab", "maker"], "product": ["chip", "radio"],
                   "country": ["BBB", "AAA"], "final_demand_per_day": [0, 10]},
        "supplies": {"supplier": ["fab"], "customer": ["maker"], "quantity_per_day": [10],
                     "stock_days": [5]},
        "measures": {"measure": ["more"], "kind": ["stockpile"], "thing": ["product:chip"],
                     "amount": [10], "cost_usd": [9], "lead_days": [1]},
    }  # fmt: skip


def test_a_stockpile_that_comes_in_time(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", **chain())
    made = script(
        not_in_force=[], measure=[],
        team=[{"country": "AAA", "budget_usd": 9, "measures": ["more"]}, {"country": "BBB"}],
        inject=[{"day": 2, "words": "The fab stands still.", "event": [
                 {"do": "halt", "what": "fab", "lasts_days": 12}]},
                {"day": 12, "words": "Two more days."}],
    )  # fmt: skip
    nothing = exercise(network, made, answers())
    told = nothing.tables["told"]
    assert told["stockouts"].tolist() == [0, 0, 1, 0]
    assert told["stockouts_ahead"].tolist() == [1, 0, 0, 0]
    # Ten days more than five outlast twelve: nothing runs out, and nobody makes less.
    bought = exercise(network, made, answers((2, "AAA", "buy", "more")))
    assert bought.tables["told"]["stockouts"].tolist() == [0] * 4
    money = bought.summary["lost"]["USD"]
    # The fab itself loses 12 days of 10 USD. With stock for five days the maker stands still from
    # day 7 on, until what is made on day 14 comes on day 15: 8 days of 10 * (5 - 1) USD.
    assert money == {"played": 120, "without": 440, "hindsight": 120}


@pytest.fixture(scope="module")
def of_all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Courses:
    """Two teams that may withhold one agreement of each kind, and something happens to each."""
    network = network_of(tmp_path_factory.mktemp("case") / "all", **everything())
    events = [event.model_dump(exclude_unset=True, by_alias=True) for event in ASKED.event]
    made = script(
        days=30, not_in_force=[], measure=[], resourcing_days=8,
        team=[{"country": "AAA", "agreements": KINDS}, {"country": "BBB", "agreements": KINDS}],
        inject=[{"day": day, "words": "News.", "event": [e for e in events if e["day"] == day]}
                for day in (1, 2, 3, 6, 8, 12)],
    )  # fmt: skip
    return Courses(made_ready(network, made))


@pytest.mark.parametrize(
    ("day", "changing"),
    [
        # Nobody is served by the cable that access mends; the others do nothing in stress.
        (1, {"roaming", "supply", "early_warning", "threat_sharing"}),
        (3, {"roaming", "supply", "early_warning", "threat_sharing"}),
        # The flaw is used from this day on, and those who were warned have begun to patch.
        (8, {"roaming", "supply", "early_warning"}),
    ],
)
def test_what_is_withheld_changes_what_comes_after(
    of_all_kinds: Courses, day: int, changing: set[str]
) -> None:
    before = of_all_kinds.of([])
    found = set()
    for kind in KINDS:
        after = of_all_kinds.of([Decision(day, "AAA", "withhold", kind)])
        for one, other in ((before.served, after.served), (before.value, after.value)):
            assert (one[:day] == other[:day]).all()
            if (one != other).any():
                found.add(kind)
    assert found == changing
