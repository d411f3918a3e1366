"""Games of players who join: what each is worth, from the value of every set of them."""

from indranet.engines.games.exact import (
    first_in,
    interactions,
    last_in,
    merged,
    shapley,
    shapley_weights,
    value_range,
)
from indranet.engines.games.sampled import Sampled, sampled_shapley

__all__ = [
    "Sampled",
    "first_in",
    "interactions",
    "last_in",
    "merged",
    "sampled_shapley",
    "shapley",
    "shapley_weights",
    "value_range",
]
