"""Hazards: down time and exceedance worked by hand, the same strokes in every set of agreements."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import Columns, network_of
from tests.runs.sections import parsed, tables, text

from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.runs.partners_terminal import partners_lines
from indranet.runs.run import Run, write_run
from indranet.runs.stress_findings import read_stress
from indranet.runs.stress_page import stress_article
from indranet.runs.stress_terminal import reached, stress_lines
from indranet.runs.stress_year import year_section
from indranet.runs.words import number
from indranet.studies.days import compute
from indranet.studies.exceedance import exceedance
from indranet.studies.partners import partners
from indranet.studies.prepared import prepare
from indranet.studies.stress import stress

YEAR = 365.25
PEOPLE = 1000.0
DRAWS, DAYS = 200, 40
"""Few days, struck often: the laws hold for any length."""


def isle(folder: Path, **hazards: list[Any]) -> Network:
    """A place whose service hangs on one cable; a second one is there under an agreement."""
    tables: dict[str, Columns] = {
        "countries": {"country": ["ISL", "AAA"]},
        "firms": {"firm": ["telco"], "country": ["ISL"]},
        "sites": {"site": ["isle", "hub"], "country": ["ISL", "AAA"], "kind": ["landing"] * 2},
        "lanes": {
            "lane": ["cable", "second"], "origin": ["isle"] * 2, "destination": ["hub"] * 2,
            "mode": ["cable"] * 2, "km": [1000] * 2, "agreement": ["", "fund"],
        },
        "services": {
            "service": ["internet"], "country": ["ISL"], "people": [PEOPLE],
            "value_usd_per_day": [50],
        },
        "needs": {"user": ["internet"], "need": ["out"], "input": ["hub"], "how": ["reaches"]},
        "stocks": {"holder": ["telco"], "product": ["rope"], "quantity": [1],
                   "agreement": ["spares"]},
        "products": {"product": ["rope"], "kind": ["part"]},
        "agreements": {"agreement": ["fund", "spares"], "kind": ["funding", "access"],
                       "parties": ["ISL;AAA"] * 2},
        "hazards": hazards,
    }  # fmt: skip
    return network_of(folder, **tables)


def cuts(per_year: list[float], **more: list[Any]) -> dict[str, list[Any]]:
    """Hazards that cut the first cable."""
    names = [f"fault{number}" for number in range(len(per_year))]
    count = len(per_year)
    return {"hazard": names, "do": ["cut"] * count, "thing": ["cable"] * count,
            "per_year": per_year, **more}  # fmt: skip


def of_chance(days: int = DAYS, draws: int = DRAWS, **more: Any) -> Scenario:
    asked = {"name": "chance", "days": days, "draws": draws, "hazards": True, **more}
    return Scenario.model_validate({"agreements": (), **asked})


def lost(network: Network, asked: Scenario) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the people-days that each draw loses."""
    model = prepare(network, asked).model
    people = model.measures.index("people_served")
    draws = compute(model, range(asked.draws), blame=False)
    return np.array([PEOPLE * asked.days - draw["totals"][:, people].sum() for draw in draws])


def hangs(kind: str, days: float, until: float, sigma: float = 0.0) -> float:
    """Return the integral of P(D > x) from nothing on, for a law of lengths."""
    x = np.linspace(0.0, until, 20_001)
    if kind == "fixed":
        return min(until, days)
    if kind == "exponential":
        return float(days * -np.expm1(-until / days))
    from scipy.stats import lognorm

    return float(np.trapezoid(lognorm.sf(x, sigma, scale=days), x))


def expected(rates: list[float], law: str, lengths: list[float], sigma: float, days: int) -> float:
    """Return mean people-days lost: people times the integral of 1 - exp(-sum of r m(t))."""
    t = np.linspace(0.0, days, 400)
    busy = [
        sum(r / YEAR * hangs(law, d, float(at), sigma) for r, d in zip(rates, lengths, strict=True))
        for at in t
    ]
    return float(PEOPLE * np.trapezoid(-np.expm1(-np.array(busy)), t))


@pytest.mark.parametrize(
    ("law", "rates", "lengths", "sigma"),
    [
        ("fixed", [18.0], [1.0], None),
        ("fixed", [72.0], [6.0], None),
        ("fixed", [18.0, 45.0], [1.0, 2.0], None),
        ("exponential", [27.0], [3.0], None),
        ("lognormal", [27.0], [1.2], 0.8),
    ],
)
def test_people_days_are_people_times_the_mean_down_time(
    tmp_path: Path, law: str, rates: list[float], lengths: list[float], sigma: float | None
) -> None:
    """Overlaps counted once: a queue with servers for all (Takacs 1962)."""
    count = len(rates)
    more: dict[str, list[Any]] = {"law": [law] * count, "lasts_days": lengths}
    if sigma is not None:
        more["sigma"] = [sigma] * count
    network = isle(tmp_path / "isle", **cuts(rates, **more))
    each = lost(network, of_chance())
    mean = expected(rates, law, lengths, sigma or 0.0, DAYS)
    error = each.std(ddof=1) / np.sqrt(DRAWS)
    assert each.mean() == pytest.approx(mean, abs=4 * error)
    # Without overlaps it would be more, and where they are many the draws can tell.
    longer = np.exp((sigma or 0.0) ** 2 / 2)
    busy = sum(r * d * longer for r, d in zip(rates, lengths, strict=True)) / YEAR
    plain = PEOPLE * DAYS * busy
    assert mean < plain
    if rates == [72.0]:
        assert each.mean() < plain - 4 * error
        assert mean == pytest.approx(PEOPLE * (
            (DAYS - 6) * -np.expm1(-72 * 6 / YEAR)
            + 6 + YEAR / 72 * np.expm1(-72 * 6 / YEAR)
        ), rel=1e-3)  # fmt: skip


def test_one_stroke_comes_as_often_as_its_hazard(tmp_path: Path) -> None:
    """A share 1 - exp(-r T) of draws loses anything, so that this loss comes r times a year."""
    rate = 6.0
    network = isle(tmp_path / "isle", **cuts([rate], lasts_days=[3.0]))
    curve = exceedance(("people_served",), lost(network, of_chance())[:, np.newaxis], DAYS)
    mine = curve["loss"] > 0
    often = float(curve["per_year"][mine].max())
    share = -np.expm1(-rate * DAYS / YEAR)
    spread = np.sqrt(share * (1 - share) / DRAWS) / (1 - share) * YEAR / DAYS
    assert often == pytest.approx(rate, abs=4 * spread)
    # Who is struck once, and not at the very end, loses its whole length.
    assert PEOPLE * 3.0 in np.round(curve["loss"][mine], 6)


def test_a_level_is_the_largest_loss_reached_so_often() -> None:
    found = exceedance(("m",), np.array([[4.0], [0.0], [2.0], [0.0]]), 365)
    loss, often = found["loss"], found["per_year"]
    assert often[:2] == pytest.approx([-np.log(0.75) * YEAR / 365, -np.log(0.5) * YEAR / 365])
    assert reached(loss, often, 0.5) == 2.0
    assert reached(loss, often, float(often[0])) == 4.0
    assert reached(loss, often, 2.0) == 0.0
    assert reached(loss, often, 0.1) is None


def test_strokes_hang_on_their_own_hazard_and_draw_alone(tmp_path: Path) -> None:
    """A hazard more, another set of agreements and more draws move no stroke."""
    one = isle(tmp_path / "one", **cuts([20.0], law=["exponential"], lasts_days=[1.0]))
    more: dict[str, list[Any]] = {
        "hazard": ["other", "fault0"], "do": ["cut"] * 2, "thing": ["second", "cable"],
        "per_year": [40.0, 20.0], "law": ["exponential"] * 2, "lasts_days": [2.0, 1.0],
    }  # fmt: skip
    two = isle(tmp_path / "two", **more)

    def strokes(network: Network, **more: Any) -> list[tuple[int, float]]:
        asked = of_chance(**{"draws": 20, **more})
        ready = prepare(network, asked)
        gate = ready.model.watched.place["lane"][0]
        found = []
        for at, draw in enumerate(compute(ready.model, range(asked.draws))[:20]):
            mine = draw["outage"][:, 0] == gate
            found += [(at, float(hour)) for hour in draw["outage_hours"][mine, 0]]
        return found

    alone = strokes(one)
    assert len(alone) > 20
    assert strokes(two) == alone
    assert strokes(one, draws=30) == alone
    assert strokes(one, agreements=("fund", "spares")) == alone
    assert strokes(two, agreements=("fund",)) == alone
    assert strokes(one, seed=1) != alone


def test_an_agreement_is_worth_what_its_cable_saves_each_year(tmp_path: Path) -> None:
    """The second cable is never struck: with it nothing is lost, draw by draw."""
    network = isle(tmp_path / "isle", **cuts([20.0], lasts_days=[1.5]))
    asked = of_chance(draws=40, agreements=None)
    found = partners(network, asked, agreements=("fund", "spares"))
    without = lost(network, of_chance(draws=40))
    told = {(row["agreement"], row["unit"]): row for row in found.summary["agreements"]}
    fund, money = told["fund", "people-days"], told["fund", "USD"]
    assert fund["value"] == pytest.approx(without.mean())
    assert fund["low"] < fund["value"] < fund["high"]
    assert fund["a_year"]["value"] == pytest.approx(without.mean() * YEAR / DAYS)
    assert fund["a_year"]["high"] == pytest.approx(fund["high"] * YEAR / DAYS)
    assert money["value"] == pytest.approx(without.mean() / PEOPLE * 50)
    # Sets that differ in what acts on nothing are one outcome: four sets, two of them.
    assert told["spares", "people-days"]["value"] == 0.0
    assert found.summary["outcomes"] == 2
    assert found.summary["together"]["people-days"]["a_year"] == pytest.approx(
        without.mean() * YEAR / DAYS
    )
    assert set(found.tables["values"]) == {
        "agreement", "value", "low", "high", "first_in", "last_in", "unit"
    }  # fmt: skip
    run = write_run(
        tmp_path / "run", "partners", network, found.tables, found.summary,
        inputs=["case", "s.toml"], seconds=0.0, seed=0,
    )  # fmt: skip
    assert any("a year; alone" in line for line in partners_lines(run))


def test_what_happens_once_is_worth_nothing_by_the_year(tmp_path: Path) -> None:
    network = isle(tmp_path / "isle", **cuts([20.0], lasts_days=[1.5]))
    cut = {"do": "cut", "what": "cable", "day": 1, "lasts_days": 5}
    asked = of_chance(days=20, draws=1, agreements=None, hazards=False, event=(cut,))
    found = partners(network, asked, agreements=("fund",))
    assert found.summary["agreements"][0]["value"] == pytest.approx(5 * PEOPLE)
    assert "a_year" not in found.summary["agreements"][0]
    calm = stress(network, asked)
    assert "lost_a_year" not in calm.summary["measures"]["people_served"]
    assert len(calm.tables["a_year"]["measure"]) == 0
    assert calm.summary["hazards"] == []


def written(network: Network, asked: Scenario, folder: Path) -> Run:
    found = stress(network, asked)
    short = {name: found.tables[name] for name in found.tables if name not in found.long}
    return write_run(
        folder, "stress", network, {**short, **found.long}, found.summary,
        inputs=["case", "s.toml"], seconds=0.0, seed=asked.seed,
    )  # fmt: skip


def test_the_page_and_the_terminal_tell_the_year(tmp_path: Path) -> None:
    network = isle(tmp_path / "isle", **cuts([20.0, 5.0], lasts_days=[1.5, 0.5]))
    run = written(network, of_chance(draws=60), tmp_path / "run")
    answer = read_stress(run)
    summary = run.manifest["summary"]
    # Each hazard once, none of them as an event of the scenario.
    assert [row["per_year"] for row in summary["hazards"]] == [20.0, 5.0]
    assert summary["events"] == []
    each = lost(network, of_chance(draws=60))
    year = summary["measures"]["people_served"]["lost_a_year"]
    assert year["mean"] == pytest.approx(each.mean() * YEAR / DAYS)
    assert 0 < year["low"] < year["mean"] < year["high"]
    table = run.table("a_year")
    row = table["measure"].tolist().index("people_served")
    assert {name: float(table[name][row]) for name in year} == year
    section = parsed(year_section(answer))
    means, hazards = tables(section)
    assert means[1][:2] == ["users served, user-days", number(year["mean"])]
    assert [row[0] for row in hazards[1:]] == ["Hazard fault0: cut", "Hazard fault1: cut"]
    page = text(parsed(stress_article(answer, "run1", 1)))
    assert "What a year loses by chance" in page
    assert "2 hazards of the case strike by chance, 25.0 times a year in all." in page
    lines = "\n".join(stress_lines(run))
    assert "What a year loses on average (90 % interval of that mean):" in lines
    assert f"users served: {number(year['mean'])} user-days ({number(year['low'])} to" in lines


def test_a_chance_in_the_scenario_gives_a_curve_without_years(tmp_path: Path) -> None:
    network = isle(tmp_path / "isle", **cuts([20.0], lasts_days=[1.5]))
    cut = {"do": "cut", "what": "cable", "day": 1, "chance": 0.5,
           "lasts_days": {"law": "uniform", "low": 2, "high": 8}}  # fmt: skip
    asked = of_chance(days=20, draws=40, hazards=False, event=(cut,))
    page = text(
        parsed(stress_article(read_stress(written(network, asked, tmp_path / "r")), "r", 1))
    )
    assert "How likely losses of each size are" in page
    assert "A year loses" not in page
