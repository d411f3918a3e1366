"""How the model's losses compare with a loss that was observed: beside every total."""

from typing import Any

EVENT = "industrial output of Japan from March to July 2011"
"""What was held against the model; see docs/hindcasts.md."""
PREDICTED_OVER_OBSERVED = 0.7
"""Loss that the model says with its defaults, of the loss that was observed."""
STOCK_FACTOR = 0.75
"""Stocks times this bring the factor to 1: fitted to this event, and to no other."""


def calibration() -> dict[str, Any]:
    """Return the factor as plain data, for a summary."""
    return {
        "event": EVENT,
        "predicted_over_observed": PREDICTED_OVER_OBSERVED,
        "stock_factor_that_fits_it": STOCK_FACTOR,
    }


def calibration_words() -> str:
    """Return the factor in a sentence."""
    return (
        f"Held against {EVENT}, the model says {PREDICTED_OVER_OBSERVED:g} of the loss that was "
        f"observed; stocks times {STOCK_FACTOR:g} would fit it, and were fitted to it."
    )
