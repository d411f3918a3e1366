"""Numbers drawn from laws: the inverse distributions of those that scenarios and goals may name."""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from indranet.model.scenario import Law

Floats = npt.NDArray[np.float64]


def drawn(law: Law, uniform: Floats) -> Floats:
    """Return what a law gives at numbers between 0 and 1, uniform ones: its inverse distribution.

    Parameters
    ----------
    law
        Which, with its numbers.
    uniform
        Between 0 and 1, neither of them, any shape.
    """
    if law.law == "fixed":
        return np.full_like(uniform, float(law.days or 0.0))
    if law.law == "exponential":
        return np.asarray(-float(law.mean or 0.0) * np.log1p(-uniform))
    if law.law == "lognormal":
        return np.asarray(float(law.median or 0.0) * np.exp((law.sigma or 0.0) * ndtri(uniform)))
    low, high = float(law.low or 0.0), float(law.high or 0.0)
    if law.law == "uniform" or high == low:
        return np.asarray(low + uniform * (high - low))
    mode = float(law.mode or 0.0)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - mode))
    return np.asarray(np.where(uniform < turn, rising, falling))
