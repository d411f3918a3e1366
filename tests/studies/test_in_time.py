"""Services in time: shortages and outages, bad changes, flaws, hazards, failures, repair."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of

from indranet.engines.returns import Returning
from indranet.errors import InputError
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import Scenario, read_scenario
from indranet.studies import in_time
from indranet.studies.exceedance import exceedance, yearly
from indranet.studies.stress import Stress, stress

CASES = Path(__file__).resolve().parent.parent / "cases"
Tables = dict[str, Columns]


def scenario(*events: dict[str, Any], days: int = 10, **more: Any) -> Scenario:
    return Scenario.model_validate({"name": "s", "days": days, "event": events, **more})


def series(found: Stress, measure: str, draw: int = 0) -> list[float]:
    totals = found.tables["totals"]
    mine = (totals["measure"] == measure) & (totals["draw"] == draw)
    return [float(value) for value in totals["value"][mine]]


def outages(found: Stress, draw: int = 0) -> dict[str, list[tuple[float, float, str]]]:
    rows = found.tables["outages"]
    told: dict[str, list[tuple[float, float, str]]] = {}
    for row in np.flatnonzero(rows["draw"] == draw).tolist():
        ends = float(rows["to_hour"][row])
        told.setdefault(str(rows["thing"][row]), []).append(
            (float(rows["from_hour"][row]), np.inf if np.isnan(ends) else ends,
             str(rows["because"][row]))
        )  # fmt: skip
    return told


def test_a_shortage_becomes_an_outage_becomes_a_shortage() -> None:
    """Worked by hand in the folder of the case."""
    folder = CASES / "shortage_and_outage"
    network, asked = read(folder), read_scenario(folder / "scenario.toml")
    found = stress(network, asked, detail=True)
    made = [40, 40, 40, 30, 30, 30, 10, 20, *[50] * 6]
    assert series(found, "production") == pytest.approx(made, abs=1e-9)
    assert series(found, "people_served") == [1000] * 3 + [0] * 4 + [1000] * 7
    detail = found.tables["production"]
    for plant, by_day in (
        ("assembly", [30] * 6 + [0, 0] + [30] * 6),
        ("fab", [10] * 3 + [0] * 4 + [10] * 7),
    ):
        mine = detail["production"][detail["plant"] == plant]
        assert mine.tolist() == pytest.approx(by_day, abs=1e-9)
    dark = (72.0, 168.0, "no fuel at gridco")
    assert outages(found) == {
        "refinery": [(0.0, 144.0, "halt refinery")],
        "station": [dark], "light": [dark], "fab": [dark],
    }  # fmt: skip
    out = found.tables["stockouts"]
    assert list(zip(out["day"], out["plant"], out["product"], strict=True)) == [
        (2, "gridco", "fuel"), (6, "assembly", "chip"),
    ]  # fmt: skip
    assert out["because"][1] == "an outage of what it needs, through fab"
    apart = stress(network, asked.model_copy(update={"coupled": False}))
    assert series(apart, "production") == pytest.approx([40] * 6 + [50] * 8)
    assert series(apart, "people_served") == [1000] + [0] * 5 + [1000] * 8


def operators() -> Tables:
    """Two operators with a core and two radio sites each; one runs a manager of its vendor."""
    sites = [f"{kind}-{op}{n}" for op in "ab" for kind, n in (("core", ""), ("ru", 1), ("ru", 2))]
    return {
        "countries": {"country": ["AAA"]},
        "firms": {"firm": ["a", "b", "v", "w"], "country": ["AAA"] * 4},
        "products": {
            "product": ["core-v", "radio-v", "radio-w", "manager-v", "library"],
            "kind": ["software", "equipment", "equipment", "software", "software"],
            "firm": ["v", "v", "w", "v", ""], "function": ["AMF", "RU", "RU", "EMS", ""],
            "version": ["5.1", "2.0", "7", "1", "1.2.3"],
        },
        "components": {"product": ["radio-v", "core-v"], "component": ["library", "library"]},
        "sites": {
            "site": sites, "operator": ["a"] * 3 + ["b"] * 3, "country": ["AAA"] * 6,
            "kind": ["core", "radio", "radio"] * 2,
        },
        "equipment": {
            "site": [*sites, "core-a"],
            "function": ["AMF", "RU", "RU", "AMF", "RU", "RU", "EMS"],
            "product": ["core-v", *["radio-v"] * 2, "core-v", *["radio-w"] * 2, "manager-v"],
        },
        "services": {
            "service": ["call-a", "call-b"], "country": ["AAA"] * 2, "people": [800, 200],
            "sector": ["telecom"] * 2,
        },
        "needs": {
            "user": ["call-a", "call-a", "call-b", "call-b"], "need": ["radio"] * 4,
            "input": ["ru-a1", "ru-a2", "ru-b1", "ru-b2"], "at_least": [1.0] * 4,
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Network:
    tables = operators()
    tables["vulnerabilities"] = {
        "vulnerability": ["flaw", "worm", "rumour", "old"],
        "product": ["library", "radio-w", "radio-w", "library"],
        "exploit_per_day": ["", 1 / 30, "", ""], "patch_days": [2, 21, 2, 2],
        "status": ["affected", "affected", "", "affected"], "versions": ["", "", "", "<1.2"],
    }  # fmt: skip
    return network_of(tmp_path_factory.mktemp("case") / "two", **tables)


@pytest.mark.parametrize(
    ("domain", "down"),
    [
        ("a>radio-v", {"ru-a1", "ru-a2", "call-a"}),
        ("a", {"core-a", "ru-a1", "ru-a2", "call-a"}),
        ("core-v", {"core-a", "core-b", "ru-a1", "ru-a2", "ru-b1", "ru-b2", "call-a", "call-b"}),
        ("b>radio-w", {"ru-b1", "ru-b2", "call-b"}),
        ("a>manager-v", {"core-a", "ru-a1", "ru-a2", "call-a"}),
        ("b>library", {"core-b", "ru-b1", "ru-b2", "call-b"}),
    ],
)
def test_a_bad_change_takes_down_its_domain(two: Network, domain: str, down: set[str]) -> None:
    event = {"do": "misconfigure", "what": domain, "day": 1, "reversed_after_hours": 6}
    found = outages(stress(two, scenario(event)))
    assert set(found) == down
    assert {spans[0][:2] for spans in found.values()} == {(24.0, 30.0)}


def test_people_come_back_through_a_queue(two: Network) -> None:
    """800 devices, 100 registrations an hour, 2 h outage from hour 24: back from 26 to 34."""
    event = {"do": "misconfigure", "what": "a", "day": 1, "reversed_after_hours": 2,
             "registrations_per_hour": 100}  # fmt: skip
    served = series(stress(two, scenario(event, days=3)), "people_served")
    # Lost: 800 for 2 hours, then half of 800 over 8 hours.
    assert served == pytest.approx([1000, 1000 - (800 * 2 + 400 * 8) / 24, 1000])
    loaded = {**event, "registrations_per_hour": 1000, "attempts_per_hour": 4, "attempt_load": 0.05}
    slower = series(stress(two, scenario(loaded, days=3)), "people_served")
    queue = Returning(800, 1000, 4, 0.05)
    lost = 800 * 2 + queue.device_hours(22)
    assert queue.waiting(22) < 1e-9
    assert slower == pytest.approx([1000, 1000 - lost / 24, 1000])
    collapsed = {**loaded, "devices": 8e6, "registrations_per_hour": 1e6, "day": 0.0,
                 "reversed_after_hours": 24.0}  # fmt: skip
    lasting = series(stress(two, scenario(collapsed, days=3)), "people_served")
    assert lasting == pytest.approx([200, 200, 200])  # the queue never moves


def test_the_queue_moves_when_the_service_is_really_up(two: Network) -> None:
    change = {"do": "misconfigure", "what": "a", "day": 1, "reversed_after_hours": 2,
              "registrations_per_hour": 100}  # fmt: skip
    wait = {**change, "reversal_needs": "core-b"}
    cut = {"do": "outage", "what": "core-b", "day": 1, "lasts_days": 0.5}
    longer = {"do": "outage", "what": "core-a", "day": 1, "lasts_days": 0.5}
    for events, up in (([wait, cut], 38), ([change, longer], 36)):
        hours = stress(two, scenario(*events, days=3)).tables["hours"]
        served = dict(zip(hours["hour"].tolist(), hours["people_served"].tolist(), strict=True))
        assert served[up] == pytest.approx(250)  # on average over the hour
        assert served[up + 3] - served[up + 2] == pytest.approx(100)
        assert served[up + 8] == pytest.approx(1000)
        assert served[up + 7] < 1000


def test_taking_a_change_back_may_need_what_it_took_down(two: Network) -> None:
    event = {"do": "misconfigure", "what": "a", "day": 1, "reversed_after_hours": 6}
    itself = {**event, "reversal_needs": "core-a"}
    found = outages(stress(two, scenario(itself)))
    assert found["call-a"][0][:2] == (24.0, np.inf)
    stuck = stress(two, scenario(itself))
    assert stuck.summary["dark"] == ["call-a", "core-a", "ru-a1", "ru-a2"]
    other = {**event, "reversal_needs": "core-b"}
    cut = {"do": "outage", "what": "core-b", "day": 1.125, "lasts_days": 0.5}
    found = outages(stress(two, scenario(other, cut)))
    assert found["call-a"][0][:2] == (24.0, 42.0)  # 3 hours done, 12 of waiting, 3 more


def test_a_flaw_is_a_common_cause_of_all_that_contains_it(two: Network) -> None:
    event = {"do": "exploit", "what": "flaw", "day": 1, "patch": "fixed"}
    found = outages(stress(two, scenario(event)))
    assert set(found) == {
        "core-a", "core-b", "ru-a1", "ru-a2", "ru-b1", "ru-b2", "call-a", "call-b",
    }  # fmt: skip
    assert {spans[0][:2] for spans in found.values()} == {(24.0, 72.0)}
    old = {"do": "exploit", "what": "old"}
    assert outages(stress(two, scenario(old))) == {}  # of another version


@pytest.mark.parametrize(("patch", "part"), [("exponential", 0.4117647), ("fixed", 0.5034147)])
def test_exploit_and_patch_race(
    tmp_path_factory: pytest.TempPathFactory, patch: str, part: float
) -> None:
    sites = [f"s{n}" for n in range(400)]
    network = network_of(
        tmp_path_factory.mktemp("case") / "fleet",
        countries={"country": ["AAA"]},
        products={"product": ["module"], "function": ["module"]},
        sites={"site": sites, "country": ["AAA"] * 400, "kind": ["fleet"] * 400},
        equipment={"site": sites, "function": ["module"] * 400, "product": ["module"] * 400},
        vulnerabilities={
            "vulnerability": ["worm"], "product": ["module"], "exploit_per_day": [1 / 30],
            "patch_days": [21], "status": ["affected"],
        },
    )  # fmt: skip
    event = {"do": "exploit", "what": "worm", "patch": patch}
    found = stress(network, scenario(event, days=2000, draws=20))
    rows = found.tables["outages"]
    taken = len(set(zip(rows["draw"].tolist(), rows["thing"].tolist(), strict=True)))
    sigma = np.sqrt(part * (1 - part) / 8_000)
    assert taken / 8_000 == pytest.approx(part, abs=4 * sigma)


def test_what_nobody_vouches_for_is_run_both_ways(two: Network) -> None:
    event = {"do": "exploit", "what": "rumour", "day": 1, "patch": "fixed"}
    found = stress(two, scenario(event))
    table = found.tables["sensitivity"]
    people = table["measure"] == "people_served"
    lost = dict(zip(table["parameter"][people], table["lost"][people], strict=True))
    assert lost["as asked"] == 400  # 200 persons, 2 days
    assert lost["unknown status"] == 0


def test_repairs_wait_for_crews_and_for_spares(tmp_path: Path) -> None:
    """Twenty units fail, one crew mends one after the other, and none without a spare."""
    sites = [f"s{n}" for n in range(20)]
    tables: Tables = {
        "countries": {"country": ["AAA"]},
        "firms": {"firm": ["a", "v"], "country": ["AAA"] * 2},
        "products": {"product": ["radio"], "function": ["RU"], "firm": ["v"]},
        "plants": {"plant": ["works"], "product": ["radio"], "country": ["AAA"]},
        "supplies": {"supplier": ["works"], "customer": ["a"], "quantity_per_day": [2],
                     "stock_days": [3]},
        "sites": {"site": sites, "operator": ["a"] * 20, "country": ["AAA"] * 20},
        "equipment": {"site": sites, "function": ["RU"] * 20, "product": ["radio"] * 20},
        "failures": {"thing": ["radio"], "mtbf_hours": [240], "repair_hours": [2],
                     "repair_law": ["fixed"], "crew_pool": ["north"]},
        "crews": {"pool": ["north"], "crews": [1]},
    }  # fmt: skip
    network = network_of(tmp_path / "spares", **tables)
    well = stress(network, scenario(days=60, draws=3, random_failures=True))
    halted = {"do": "halt", "what": "works", "day": 10, "lasts_days": 10}
    short = stress(network, scenario(halted, days=60, draws=3, random_failures=True))
    for draw in range(3):
        usual, less = (series(found, "sites_up", draw) for found in (well, short))
        assert np.mean(usual) == pytest.approx(20 * 240 / 242.2, abs=0.35)
        # Three days of stock from day 10 on: nothing is mended from day 13 to the morning of 21.
        assert usual[:13] == less[:13]
        assert min(less[20:21]) < min(usual) - 3
        assert np.mean(less[30:]) == pytest.approx(np.mean(usual[30:]), abs=0.6)
    # Installed units fail at their rate without spares: n e^(-rate t) are left.
    left = np.mean([series(short, "sites_up", draw)[20] for draw in range(3)])
    assert left == pytest.approx(20 * np.exp(-7.5 * 24 / 240), abs=4 * np.sqrt(20 * 0.25 / 3))
    again = stress(network, scenario(halted, days=60, draws=3, random_failures=True))
    assert again.tables["totals"]["value"].tolist() == short.tables["totals"]["value"].tolist()


def test_hazards_strike_as_often_as_they_say(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "storms",
        countries={"country": ["AAA"]},
        sites={"site": ["s"], "country": ["AAA"], "lat": [0.0], "lon": [0.0]},
        hazards={"hazard": ["storm"], "lat": [0.1], "lon": [0.0], "km": [50], "per_year": [6],
                 "lasts_days": [0.5]},
    )  # fmt: skip
    found = stress(network, scenario(days=365, draws=200, hazards=True))
    rows = found.tables["outages"]
    strikes = len(rows["thing"]) / 200
    assert strikes == pytest.approx(6, abs=4 * np.sqrt(6 / 200))
    assert set(rows["because"]) <= {"outage by storm", "several causes together"}
    assert found.summary["not_considered"].keys() >= {"failures", "vulnerabilities", "facilities"}
    # Six strikes of half a day each: three site-days a year, a little less where strikes overlap.
    lost = found.summary["measures"]["sites_up"]["lost_a_year"]
    assert lost["low"] < 3.0 < lost["high"] * 1.05
    assert lost["mean"] == pytest.approx(3.0, rel=0.1)
    curve = found.tables["exceedance"]
    mine = curve["measure"] == "sites_up"
    assert (np.diff(curve["loss"][mine]) <= 0).all()
    assert curve["chance"][mine][-1] == 1.0
    assert np.isnan(curve["per_year"][mine][-1])


def test_a_curve_of_known_losses() -> None:
    lost = np.array([[1.0], [4.0], [2.0], [3.0]])
    found = exceedance(("people_served",), lost, 365)
    assert found["loss"].tolist() == [4.0, 3.0, 2.0, 1.0]
    assert found["chance"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found["per_year"][:3] == pytest.approx(-np.log([0.75, 0.5, 0.25]) * 365.25 / 365)
    mean = yearly(lost[:, 0], 365)
    # The 95 % quantile of Student's t with three degrees of freedom is 2.353.
    half = 2.353363 * np.std(lost, ddof=1) / 2
    assert mean["high"] - mean["mean"] == pytest.approx(half * 365.25 / 365, rel=1e-5)


def islands(**more: Columns) -> Tables:
    return {
        "countries": {"country": ["TON", "FJI", "PNG", "FRA"]},
        "firms": {"firm": ["cableco"], "country": ["TON"]},
        "products": {"product": ["cable-km"], "kind": ["part"]},
        "sites": {"site": ["tonga", "fiji"], "country": ["TON", "FJI"], "operator": ["cableco", ""],
                  "kind": ["landing"] * 2, "lat": [-21.1, -18.1], "lon": [-175.2, 178.4]},
        "lanes": {"lane": ["cable"], "origin": ["tonga"], "destination": ["fiji"],
                  "mode": ["cable"], "km": [827]},
        "services": {"service": ["internet"], "country": ["TON"], "people": [100_000]},
        "needs": {"user": ["internet"], "need": ["out"], "input": ["fiji"], "how": ["reaches"]},
        "facilities": {"facility": ["moresby", "noumea"], "country": ["PNG", "FRA"],
                       "lat": [-9.5, -22.3], "lon": [147.1, 166.4], "repair": ["major"] * 2},
        "stocks": {"holder": ["cableco", "noumea"], "product": ["cable-km"] * 2,
                   "quantity": [28, 59]},
        "agreements": {"agreement": ["ships", "spares"], "kind": ["access"] * 2,
                       "parties": ["TON;PNG", "TON;FRA"]},
        **more,
    }  # fmt: skip


def test_a_cut_cable_waits_for_a_ship_and_for_enough_cable(tmp_path: Path) -> None:
    network = network_of(tmp_path / "tonga", **islands())
    repair = {"spare": "cable-km", "quantity": 87, "work_days": 15, "level": "major"}
    cut = {"do": "cut", "what": "cable", "day": 1, "repair": repair}
    found = stress(network, scenario(cut, days=60))
    begin, end, _ = outages(found)["internet"][0]
    assert begin == 24
    # A ship from Noumea, about 2,000 km away, where the borrowed cable lies too.
    assert 15 + 2.5 < (end - begin) / 24 < 15 + 4.5
    assert "from noumea with spares of noumea and cableco" in found.summary["events"][0]["words"]
    own = scenario(cut, days=60, agreements=("ships",))
    alone = stress(network, own)
    assert outages(alone)["internet"][0][:2] == (24.0, np.inf)
    assert "59 cable-km lacking" in alone.summary["events"][0]["words"]
    short = {**cut, "repair": {**repair, "quantity": 20}}
    far = stress(network, scenario(short, days=60, agreements=("ships",)))
    assert "from moresby with spares of cableco" in far.summary["events"][0]["words"]
    assert outages(far)["internet"][0][1] > end  # Port Moresby is farther than Noumea
    nobody = stress(network, scenario(short, days=60, agreements=()))
    assert "nobody who can do it may come" in nobody.summary["events"][0]["words"]


def test_what_does_not_come_back_by_itself_is_told(tmp_path: Path) -> None:
    """The telecom-power cycle: 20 hours of repair outlast both batteries."""
    tables: Tables = {
        "countries": {"country": ["AAA"]},
        "sites": {"site": ["telecom", "power"], "country": ["AAA"] * 2, "kind": ["core", "power"]},
        "services": {"service": ["call"], "people": [10], "country": ["AAA"]},
        "needs": {"user": ["telecom", "power", "call"], "need": ["power", "control", "telecom"],
                  "input": ["power", "telecom", "telecom"], "autonomy_hours": [6, 12, 0],
                  "starts_without": [0, 0, 0]},
    }  # fmt: skip
    network = network_of(tmp_path / "cycle", **tables)
    answers: dict[int, dict[str, tuple[float, float]]] = {4: {}, 8: {"telecom": (30.0, 32.0)}}
    for hours, down in answers.items():
        event = {"do": "outage", "what": "power", "day": 1, "lasts_days": hours / 24}
        found = stress(network, scenario(event))
        told = {k: v[0][:2] for k, v in outages(found).items() if k != "power"}
        assert told.pop("call", None) == down.get("telecom")
        assert told == down
        assert found.summary["dark"] == []
    event = {"do": "outage", "what": "power", "day": 1, "lasts_days": 20 / 24}
    stuck = stress(network, scenario(event))
    assert outages(stuck)["telecom"][0][:2] == (30.0, np.inf)
    assert stuck.summary["dark"] == ["call", "power", "telecom"]
    assert len(stuck.summary["black_start"]) == 1
    assert stuck.summary["fewest_starts"]
    tables["needs"] = {**tables["needs"], "starts_without": [0, 1, 0]}
    starting = stress(network_of(tmp_path / "starting", **tables), scenario(event))
    assert outages(starting)["telecom"][0][:2] == (30.0, 44.0)
    assert starting.summary["dark"] == []


def test_outages_that_must_be_reported(tmp_path: Path) -> None:
    tables: Tables = {
        "countries": {"country": ["JPN", "USA"]},
        "sites": {"site": ["j", "u"], "country": ["JPN", "USA"]},
        "services": {"service": ["few", "many", "us"], "country": ["JPN", "JPN", "USA"],
                     "people": [29_000, 31_000, 31_000], "sector": ["telecom"] * 3},
        "needs": {"user": ["few", "many", "us"], "need": ["site"] * 3, "input": ["j", "j", "u"]},
    }  # fmt: skip
    network = network_of(tmp_path / "report", **tables)
    events = [{"do": "outage", "what": what, "lasts_days": 1.1 / 24} for what in ("j", "u")]
    found = stress(network, scenario(*events)).tables["outages"]
    told = dict(zip(found["thing"], found["reportable"], strict=True))
    assert told["few"] == ""
    assert "serious incident" in told["many"]
    assert "47 CFR" in told["us"]
    events = [{"do": "outage", "what": what, "lasts_days": 0.9 / 24} for what in ("j", "u")]
    found = stress(network, scenario(*events)).tables["outages"]
    told = dict(zip(found["thing"], found["reportable"], strict=True))
    assert told["many"] == ""
    assert "47 CFR" in told["us"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"do": "exploit", "what": "flow"}, "did you mean 'flaw'"),
        ({"do": "misconfigure", "what": "a>radio-w"}, "nothing installed under it"),
        ({"do": "misconfigure", "what": "a>core-x"}, "did you mean"),
        ({"do": "misconfigure", "what": "core-a"}, "is a site"),
        ({"do": "misconfigure", "what": "a", "reversed_after_hours": 1.0,
          "reversal_needs": "nowhere"}, "is not in the case"),
        ({"do": "outage", "region": "r", "repair": {}}, "holds no"),
    ],
)  # fmt: skip
def test_what_names_nothing_is_a_fault(two: Network, event: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        stress(two, scenario(event))


@pytest.mark.parametrize("asked", ["random_failures", "hazards"])
def test_what_the_case_does_not_hold_is_a_fault(two: Network, asked: str) -> None:
    with pytest.raises(InputError, match="needs the table"):
        stress(two, scenario(**{asked: True}))


@pytest.mark.parametrize("hours", [6, 20])
def test_exact_times_and_steps_give_the_same_answer(
    two: Network, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        {"do": "misconfigure", "what": "a>radio-v", "day": 1, "reversed_after_hours": hours},
        {"do": "outage", "what": "core-b", "day": 1.25, "lasts_days": 0.5},
        {"do": "exploit", "what": "flaw", "day": 4, "patch": "fixed"},
    ]
    exact = stress(two, scenario(*events))
    monkeypatch.setattr(in_time, "MANY", 0)
    steps = stress(two, scenario(*events))
    services = {name: spans for name, spans in outages(exact).items() if name.startswith("call")}
    assert outages(steps) == services  # of sites, steps tell the sum alone
    for table in ("totals", "services", "hours"):
        for name, column in exact.tables[table].items():
            assert column.tolist() == steps.tables[table][name].tolist()
