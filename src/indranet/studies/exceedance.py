"""How often losses of a size come, from draws, and what a year loses on average."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from indranet.studies.plan_time import DAYS_A_YEAR

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

_POINTS = 200
"""Points of a curve at most."""


def exceedance(measures: tuple[str, ...], lost: Floats, days: int) -> Table:
    """Return exceedance curves: losses of each measure, and how often one at least so large comes.

    Of n draws the k-th largest loss is reached with a chance of k / n in the days looked at; were
    such losses independent strokes (a Poisson process), they would come -ln(1 - chance) times in
    that time. The largest, reached in all draws, gets no rate.

    Parameters
    ----------
    measures
        Names.
    lost
        What each draw loses of each, shape (draws, measures).
    days
        That each draw looks at.
    """
    draws = len(lost)
    rank = np.unique(np.linspace(1, draws, min(draws, _POINTS)).round().astype(np.int64))
    chance = rank / draws
    with np.errstate(divide="ignore"):
        rate = -np.log1p(-chance) * DAYS_A_YEAR / days
    loss = -np.sort(-lost, axis=0)[rank - 1]
    return {
        "measure": np.repeat(np.array(measures, dtype=object), len(rank)),
        "loss": loss.T.ravel(),
        "chance": np.tile(chance, len(measures)),
        "per_year": np.tile(np.where(np.isfinite(rate), rate, np.nan), len(measures)),
    }


def yearly(lost: Floats, days: int) -> dict[str, float]:
    """Return what a year loses on average, with a 90 % interval of that mean (Student's t).

    Parameters
    ----------
    lost
        What each draw loses, shape (draws,).
    days
        That each draw looks at.
    """
    years = days / DAYS_A_YEAR
    mean = float(lost.mean())
    if len(lost) < 2:
        return {"mean": mean / years, "low": mean / years, "high": mean / years}
    half = float(student.ppf(0.95, len(lost) - 1) * lost.std(ddof=1) / np.sqrt(len(lost)))
    return {"mean": mean / years, "low": (mean - half) / years, "high": (mean + half) / years}


def years_table(measures: tuple[str, ...], lost: Floats, days: int) -> Table:
    """Return what a year loses of each measure on average (see `yearly`); no rows without draws.

    Parameters
    ----------
    measures
        Names.
    lost
        What each draw loses of each, shape (draws, measures).
    days
        That each draw looks at.
    """
    known = [yearly(column, days) for column in lost.T] if len(lost) else []
    return {
        "measure": np.array(measures[: len(known)], dtype=object),
        **{name: np.array([one[name] for one in known]) for name in ("mean", "low", "high")},
    }
