"""What agreements are worth: a small case worked by hand, and what must hold for any."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.studies.test_agreed import ASKED, everything
from tests.studies.test_agreed import scenario as of_events
from tests.studies.test_plan import goal

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.executors import ThisThread
from indranet.studies.partner_acts import NOBODY, with_nobody
from indranet.studies.partner_worth import Outcome, worth_of
from indranet.studies.partners import Partners, _played, partners
from indranet.studies.stress import stress

CUT = {
    "do": "cut", "what": "cable", "day": 1,
    "repair": {"spare": "rope", "quantity": 5, "level": "major", "work_days": 4, "by": "land"},
}  # fmt: skip
DAYS = 21


def island(**more: Columns) -> dict[str, Columns]:
    """An island whose one cable is cut; CCC has who mends it, on the spot, BBB what it takes.

    A second cable is there only under an agreement. Mended after 4 days, else down for 20.
    """
    return {
        "countries": {"country": ["ISL", "AAA", "BBB", "CCC"]},
        "firms": {"firm": ["cableco"], "country": ["ISL"]},
        "products": {"product": ["rope"], "kind": ["part"]},
        "sites": {
            "site": ["isle", "hub"], "country": ["ISL", "AAA"],
            "operator": ["cableco", ""], "kind": ["landing"] * 2, "lat": [0.0, 0.0],
            "lon": [0.0, 10.0],
        },
        "lanes": {
            "lane": ["cable", "second"], "origin": ["isle"] * 2, "destination": ["hub"] * 2,
            "mode": ["cable"] * 2, "km": [1100] * 2, "agreement": ["", "fund"],
        },
        "services": {
            "service": ["internet"], "country": ["ISL"], "people": [1000],
            "value_usd_per_day": [50],
        },
        "needs": {"user": ["internet"], "need": ["out"], "input": ["hub"], "how": ["reaches"]},
        "facilities": {
            "facility": ["yard"], "country": ["CCC"], "lat": [0.0], "lon": [5.0],
            "repair": ["major"],
        },
        "stocks": {"holder": ["BBB"], "product": ["rope"], "quantity": [9]},
        "agreements": {
            "agreement": ["ships", "spares", "fund", "talks"],
            "kind": ["access", "access", "funding", "early_warning"],
            "parties": ["ISL;CCC", "ISL;BBB", "ISL;CCC", "ISL;BBB"],
        },
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def isle(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network_of(tmp_path_factory.mktemp("case") / "isle", **island())


def asked(*events: dict[str, Any], **more: Any) -> Scenario:
    return of_events(*(events or (CUT,)), **{"days": DAYS, **more})


def rows(found: Partners, table: str, unit: str, *columns: str) -> dict[str, list[float]]:
    """Return columns of a table by its first one, in one unit."""
    held = found.tables[table]
    key = next(iter(held))
    return {
        str(held[key][row]): [float(held[column][row]) for column in columns]
        for row in np.flatnonzero(held["unit"] == unit).tolist()
    }


ALL = ("value", "low", "high", "first_in", "last_in")


def test_ships_and_spares_and_a_second_cable(isle: Network) -> None:
    """Together ships and spares save 16,000 person-days, the second cable alone all 20,000.

    The cable adds 20 (thousands) in four orders of six and 4 in two, ships 16 in one of six.
    """
    found = partners(isle, asked())
    told = rows(found, "values", "people-days", *ALL)
    assert told["fund"] == pytest.approx([44_000 / 3] * 3 + [20_000, 4_000])
    assert told["ships"] == pytest.approx([8_000 / 3] * 3 + [0, 0], abs=1e-9)
    assert told["spares"] == pytest.approx(told["ships"])
    money = rows(found, "values", "USD", "value", "last_in")
    assert money["fund"] == pytest.approx([44 / 3 * 50, 4 * 50])
    assert found.summary["together"]["people-days"] == pytest.approx(
        {"with": 21_000, "without": 1_000, "worth": 20_000, "usual": 21_000}
    )
    assert "no days" in found.summary["left_out"]["talks"]


def test_a_country_takes_all_its_agreements_with_it(isle: Network) -> None:
    """Without ISL there is none; with CCC there are ships and the cable, which saves all."""
    found = partners(isle, asked())
    told = rows(found, "countries", "people-days", "value", "first_in", "last_in")
    assert told["ISL"] == pytest.approx([10_000, 0, 20_000])
    assert told["CCC"] == pytest.approx([10_000, 0, 20_000])
    assert told["BBB"] == pytest.approx([0, 0, 0])
    assert "AAA" not in told
    table = found.tables["matrix"]
    pairs = {
        (table["country"][i], table["other"][i]): table["value"][i]
        for i in np.flatnonzero(table["unit"] == "people-days")
    }
    assert pairs == pytest.approx({("ISL", "CCC"): 20_000, ("ISL", "BBB"): 0.0})


def test_twelve_parties_of_one_agreement_share_it_equally(tmp_path: Path) -> None:
    """More than ten countries are no reason to draw lots where agreements are few."""
    nations = ["ISL", *(f"{letter * 3}" for letter in "ABCDEFGHJKL")]
    made = island(countries={"country": nations})
    made["agreements"] = {
        **made["agreements"],
        "parties": ["ISL;CCC", "ISL;BBB", ";".join(nations), ""],
    }
    found = partners(network_of(tmp_path / "c", **made), asked(agreements=("fund",)))
    told = rows(found, "countries", "people-days", "value", "low", "high")
    assert set(told) == set(nations)
    assert np.array(list(told.values())) == pytest.approx(np.full((12, 3), 20_000 / 12))
    assert found.summary["orders"] == [0, 0]


def test_what_acts_on_nothing_is_worth_nothing_where_it_is_asked_for(isle: Network) -> None:
    found = partners(isle, asked(), agreements=["talks", "fund"])
    told = rows(found, "values", "people-days", *ALL)
    assert told["talks"] == [0.0] * 5
    # Ships and spares are not valued and stay in force.
    assert told["fund"] == pytest.approx([4_000] * 5)
    assert found.summary["always"] == ["ships", "spares"]


def test_which_clause_makes_the_difference(tmp_path: Path) -> None:
    """One agreement lends ships and pays for the second cable: without the cable 4 days are lost.

    Without its ships nothing is: the second cable carries all.
    """
    made = island()
    made["agreements"] = {
        "agreement": ["pact", "spares"], "kind": ["access"] * 2, "parties": ["ISL;CCC", "ISL;BBB"],
    }  # fmt: skip
    made["lanes"] = {**made["lanes"], "agreement": ["", "pact"]}
    found = partners(network_of(tmp_path / "c", **made), asked())
    table = found.tables["clauses"]
    told = {
        (table["agreement"][i], table["clause"][i]): table["value"][i]
        for i in np.flatnonzero(table["unit"] == "people-days")
    }
    assert told == pytest.approx(
        {("pact", "lanes"): 4_000, ("pact", "access"): 0.0, ("spares", "access"): 0.0}
    )
    assert rows(found, "values", "people-days", "value")["pact"] == pytest.approx([20_000])


def test_every_kind_of_agreement_and_all_shared_out(tmp_path: Path) -> None:
    """What each is worth sums to what all are, in the game of agreements and that of countries."""
    network = network_of(tmp_path / "c", **everything())
    found = partners(network, ASKED)
    for unit in ("people-days", "USD"):
        whole = found.summary["together"][unit]["worth"]
        for table in ("values", "countries"):
            told = rows(found, table, unit, "value")
            assert sum(value for (value,) in told.values()) == pytest.approx(whole)
    people = rows(found, "values", "people-days", "value")
    money = rows(found, "values", "USD", "value")
    assert people["threat_sharing"][0] > 0 < people["roaming"][0]
    assert money["supply"][0] > 0 < money["early_warning"][0]
    assert set(found.summary["left_out"]) == {"certification", "joint_development", "funding"}


def test_sets_that_make_the_same_case_come_to_the_same(isle: Network) -> None:
    """Sixteen sets make six cases; what is taken for the same is the same when computed."""
    question, here = asked(), ThisThread()
    worth = worth_of(isle, question)
    names = isle.names["agreement"].tolist()
    found: dict[str, list[float]] = {}
    for mask in range(16):
        trial = worth(isle, [name for at, name in enumerate(names) if mask >> at & 1])
        found.setdefault(trial.key, []).append(float(trial.run(here).result().value[0, 0]))
    assert len(found) == 6
    assert all(len(set(values)) == 1 for values in found.values())
    assert {values[0] for values in found.values()} == {1_000.0, 17_000.0, 21_000.0}


def test_draws_are_the_same_for_every_set(tmp_path: Path) -> None:
    """The value of one agreement is the mean difference, draw by draw; the interval is theirs."""
    network = network_of(tmp_path / "c", **everything())
    outage = {
        "do": "outage", "what": "a", "day": 3,
        "lasts_days": {"law": "uniform", "low": 1, "high": 9},
    }  # fmt: skip
    question = of_events(outage, days=20, draws=6)
    each = []
    for force in (("roaming",), ()):
        held = stress(network, question.model_copy(update={"agreements": force})).tables["totals"]
        mine = held["measure"] == "people_served"
        each.append(np.bincount(held["draw"][mine], weights=held["value"][mine]))
    differs = each[0] - each[1]
    half = 2.570582 * differs.std(ddof=1) / np.sqrt(6)
    only = question.model_copy(update={"agreements": ("roaming",)})
    with ThreadPoolExecutor(2) as threads:
        found = partners(network, only, executor=threads)
    value, low, high = rows(found, "values", "people-days", "value", "low", "high")["roaming"]
    assert value == pytest.approx(differs.mean())
    assert value > 0
    assert (low, high) == pytest.approx((value - half, value + half), rel=1e-5)


def test_a_goal_is_valued_between_bound_and_cost(tmp_path: Path) -> None:
    """Funding lets what cannot be paid for be swapped; a plan that nobody changes is the same."""
    network = network_of(tmp_path / "c", **everything())
    found = partners(network, goal(periods=6), agreements=["funding", "supply"], seconds=1)
    told = rows(found, "values", "USD", *ALL)
    value, low, high, first, last = told["funding"]
    assert low <= value <= high
    assert value == first == last > 0
    assert told["supply"] == [0.0] * 5
    people = rows(found, "values", "people", "value")["funding"][0]
    assert people > 0
    # Six months from January, and a week until the last swap counts: nobody waits longer.
    waited = rows(found, "values", "people-days", "value")["funding"][0]
    assert 0 < waited < people * (181 + 7)
    assert 0 <= rows(found, "values", "days", "value")["funding"][0] < 181 + 7
    assert rows(found, "values", "probability", "value")["funding"][0] > 0.5


def test_more_players_than_sets_can_be_looked_at() -> None:
    """Twelve that add up, in two units and three draws: exact, and as wide as the draws."""
    worth = np.arange(12.0)
    factor = np.array([0.5, 1.0, 1.5])

    def values(masks: Sequence[int]) -> tuple[list[Outcome], list[str]]:
        found = []
        for mask in masks:
            total = 100.0 + sum(worth[i] for i in range(12) if mask >> i & 1)
            value = np.array([total * factor, 2 * total * factor])
            found.append(Outcome(value, value, value, np.full(2, np.nan)))
        return found, [str(mask) for mask in masks]

    game = _played(values, 12, seed=1)
    assert game.pairs == 200
    assert game.value == pytest.approx(np.column_stack([worth, 2 * worth]))
    assert game.last == pytest.approx(game.value)
    half = 4.302653 * 0.5 / np.sqrt(3)
    assert game.high[:, 0] == pytest.approx(worth * (1 + half), rel=1e-5)
    assert game.low[:, 1] == pytest.approx(2 * worth * (1 - half), rel=1e-5)


def test_one_agreement_more_changes_nothing(tmp_path: Path) -> None:
    """Clauses are left out by hanging them on an agreement of nobody: the answer stays."""
    network = network_of(tmp_path / "c", **everything())
    more = with_nobody(network)
    assert more.names["agreement"].tolist() == [*network.names["agreement"].tolist(), NOBODY]
    question = ASKED.model_copy(update={"agreements": tuple(network.names["agreement"])})
    one, other = stress(network, question).tables, stress(more, question).tables
    for name in ("totals", "outages", "stockouts"):
        for column in one[name]:
            np.testing.assert_array_equal(one[name][column], other[name][column])


@pytest.mark.parametrize(
    ("asks", "force", "said"),
    [
        (["shops"], None, "no agreement 'shops' in the case"),
        (["fund"], ("ships",), "'fund' is not in force here"),
    ],
)
def test_agreements_that_cannot_be_valued(
    isle: Network, asks: list[str], force: tuple[str, ...] | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        partners(isle, asked(agreements=force), agreements=asks)


def test_nothing_to_value(isle: Network) -> None:
    found = partners(isle, asked({"do": "outage", "what": "hub", "day": 1}, agreements=("talks",)))
    assert found.summary["agreements"] == []
    assert found.summary["outcomes"] == 0
    assert {len(next(iter(table.values()))) for table in found.tables.values()} == {0}
