"""Industries beside BoARIO, where that is installed: the same shock on the same made-up table.

BoARIO and pymrio are not among the project's dependencies: `pip install boario pymrio progressbar2
country_converter numexpr` beside it, and this module measures both. `python -m benchmarks.ario
TABLE` does so on an input-output table that `indranet import trade` reads, its industries region by
region, each region with the same sectors.
"""

import importlib.util
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.flows.ario import ArioRules, begin, industries, step
from indranet.intake.input_output import read_table
from indranet.intake.trade import settled

SIZES = ((8, 6), (20, 15), (40, 30))
"""Regions and sectors."""
DAYS, SHOCK_DAYS, SHOCK = 120, 60, 0.3
FIRST, LAST = 2, 63
"""Days on which an event of the peer that begins on day 1 and lasts 60 lowers output."""

Floats = npt.NDArray[np.float64]


def rows() -> list[dict[str, Any]]:
    """Measure a day at each size, and how far the two are apart at most; nothing without BoARIO."""
    if importlib.util.find_spec("boario") is None:
        return []
    return [_beside(*_table(*size), *size) for size in SIZES]


def _beside(flows: Floats, final: Floats, regions: int, sectors: int) -> dict[str, Any]:
    ours, made = _ours(flows, final, sectors)
    theirs, other = _theirs(flows, final, regions, sectors)
    # An industry that makes nothing is as far apart as the largest makes it.
    usual = np.where(made[0] > 0, made[0], made[0].max())
    apart = float((np.abs(made - other) / usual).max())
    return {
        "work": f"industries: {regions * sectors:,}, one day", "ours": 1e3 * ours,
        "unit": "ms", "target": "", "peer": "BoARIO", "peer_value": 1e3 * theirs,
        "ratio": theirs / ours,
        "note": f"output at most {apart:.1g} apart on any of {DAYS} days; no rebuilding, "
        "overproduction off",
    }  # fmt: skip


def _of_file(path: Path) -> dict[str, Any]:
    table = read_table(path)
    flows, final, _ = settled(table)
    sectors = len(dict.fromkeys(table.sector.tolist()))
    return _beside(flows, final, len(final) // sectors, sectors)


def _table(regions: int, sectors: int) -> tuple[Floats, Floats]:
    """Draw what industries sell each other and to consumers in a year."""
    random = np.random.default_rng(0)
    count = regions * sectors
    return random.exponential(1.0, (count, count)), random.exponential(0.8 * count, count)


def _ours(flows: Floats, final: Floats, sectors: int) -> tuple[float, Floats]:
    product = np.arange(len(final)) % sectors
    economy, rules = industries(flows / 365, final / 365, product), ArioRules(most=1.0)
    state, damage = begin(economy, rules), np.zeros(len(final))
    damage[0] = SHOCK
    back = np.argsort(economy.industry)
    made = np.empty((DAYS, len(final)))
    begun = time.perf_counter()
    for day in range(DAYS):
        step(economy, rules, state, damage if FIRST <= day <= LAST else 0.0)
        made[day] = state.made[back]
    return (time.perf_counter() - begun) / DAYS, made


def _theirs(flows: Floats, final: Floats, regions: int, sectors: int) -> tuple[float, Floats]:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    pandas, pymrio = importlib.import_module("pandas"), importlib.import_module("pymrio")
    places = [f"r{i}" for i in range(regions)]
    index = pandas.MultiIndex.from_product(
        [places, [f"s{i:02d}" for i in range(sectors)]], names=["region", "sector"]
    )
    demand = pandas.DataFrame(
        0.0, index=index,
        columns=pandas.MultiIndex.from_product([places, ["fd"]], names=["region", "category"]),
    )  # fmt: skip
    for row, place in enumerate(np.repeat(np.arange(regions), sectors).tolist()):
        demand.iloc[row, place] = final[row]
    table = pymrio.IOSystem(Z=pandas.DataFrame(flows, index=index, columns=index), Y=demand)
    table.calc_all()
    model = importlib.import_module("boario.extended_models").ARIOPsiModel(
        table, order_type="noalt", alpha_max=1.0, main_inv_dur=90, inventory_restoration_tau=60,
        psi_param=0.8, monetary_factor=1,
    )  # fmt: skip
    event = importlib.import_module("boario.event").EventArbitraryProd(
        impact=pandas.Series(SHOCK, index=index[:1]), occurrence=1, duration=SHOCK_DAYS,
    )  # fmt: skip
    simulation = importlib.import_module("boario.simulation").Simulation(
        model, n_temporal_units_to_sim=DAYS
    )
    simulation.add_event(event)
    begun = time.perf_counter()
    simulation.loop()
    seconds = (time.perf_counter() - begun) / DAYS
    made = pandas.DataFrame(simulation.production_realised)[list(index)].to_numpy()
    return seconds, made


if __name__ == "__main__":
    for row in [_of_file(Path(name)) for name in sys.argv[1:]] or rows():
        print(row)
