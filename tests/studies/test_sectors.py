"""Input-output tables under stress: an imported case gives what the engine gives on its table."""

from pathlib import Path

import numpy as np
import pytest

from indranet.engines.flows.ario import ArioRules, begin, industries, step
from indranet.intake.input_output import read_table
from indranet.intake.trade import DAYS, settled, trade
from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.stress import stress

# Two countries with two sectors each, sales to oneself among them.
TABLE = """\
V1,AUS_A01,AUS_C26,JPN_A01,JPN_C26,AUS_HFCE,JPN_HFCE
AUS_A01,10,20,5,15,40,10
AUS_C26,30,15,0,20,100,50
JPN_A01,0,40,50,60,0,150
JPN_C26,20,60,70,25,50,200
"""
SHOCK, SHOCK_DAYS, LENGTH = 0.3, 20, 60


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "small.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path / "small.csv"


@pytest.fixture
def wiod(shared: Path) -> Path:
    return shared / "data" / "wiod2013" / "derived_wiot2011_10regions.csv"


def imported(table: Path, folder: Path) -> Network:
    trade([table], folder / "case")
    return read(folder / "case")


def shock(network: Network, production: str) -> Scenario:
    event = {"do": "halt", "what": f"plant:{network.names['plant'][0]}", "share": SHOCK}
    return Scenario.model_validate(
        {
            "name": "s", "days": LENGTH, "production": production,
            "event": ({**event, "lasts_days": float(SHOCK_DAYS)},),
        }
    )  # fmt: skip


def of_the_table(path: Path) -> np.ndarray:
    """Return output of each industry on each day by the engine alone, in USD."""
    table = read_table(path)
    flows, final = (table.scale * amount for amount in settled(table)[:2])
    product = np.unique(table.sector.astype(str), return_inverse=True)[1]
    economy = industries(flows / DAYS, final / DAYS, product, stock_days=15.0)
    rules, back = ArioRules(), np.argsort(economy.industry)
    state, damage = begin(economy, rules), np.zeros(len(final))
    damage[0] = SHOCK
    made = np.empty((LENGTH, len(final)))
    for day in range(LENGTH):
        step(economy, rules, state, damage if day < SHOCK_DAYS else 0.0)
        made[day] = state.made[back]
    return made


@pytest.mark.parametrize("name", ["small", "wiod"])
def test_industries_of_an_imported_table(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Table, case, network and engine keep every industry's output on every day."""
    path = request.getfixturevalue(name)
    network = imported(path, tmp_path)
    rows = stress(network, shock(network, "ario"), detail=True).tables["production"]
    expected = of_the_table(path)
    assert len(rows["production"]) == expected.size
    order = {plant: place for place, plant in enumerate(network.names["plant"].tolist())}
    made = np.empty(expected.shape)
    made[rows["day"], [order[plant] for plant in rows["plant"]]] = rows["production"]
    assert made == pytest.approx(expected, rel=1e-9)
    table = read_table(path)
    usual = table.scale * (table.flows[0].sum() + table.final[0]) / DAYS
    assert made[0, 0] == pytest.approx((1 - SHOCK) * usual)


@pytest.mark.parametrize("name", ["small", "wiod"])
def test_firms_of_an_imported_table(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Who sells to itself stands still as usual without events, and falls with one."""
    network = imported(request.getfixturevalue(name), tmp_path)
    calm = Scenario.model_validate({"name": "s", "days": 30})
    totals = stress(network, calm).tables["totals"]
    usual = totals["value"][totals["measure"] == "production"]
    assert usual == pytest.approx(np.full(30, usual[0]), rel=1e-12)
    totals = stress(network, shock(network, "leontief")).tables["totals"]
    assert (totals["value"][totals["measure"] == "production"][:SHOCK_DAYS] < usual[0]).all()
