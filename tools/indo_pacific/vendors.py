"""Whose equipment stands where: drawn per operator and block from shares of the market."""

import math
from random import Random

from tools.indo_pacific.facts import random_for, read_facts, shares

DRAWS = 20
"""Draws of which the closest to an operator's own shares is taken."""


class VendorMix:
    """Shares of vendors by scope (operator, country, "*") and layer, with their evidence."""

    def __init__(self) -> None:
        self.weights: dict[tuple[str, str], dict[str, float]] = {}
        self.evidence: dict[tuple[str, str], tuple[str, str]] = {}
        for fact in read_facts("vendor_shares"):
            key = fact["scope"], fact["layer"]
            self.weights.setdefault(key, {})[fact["vendor"]] = float(fact["weight"])
            self.evidence[key] = fact["provenance"], fact["source"]

    def scope(self, operator: str, country: str, *layers: str) -> tuple[str, str]:
        """Return the closest scope and layer with shares: operator, country, everywhere."""
        for place in (operator, country, "*"):
            for layer in layers:
                if (place, layer) in self.weights:
                    return place, layer
        raise KeyError(layers)

    def draw(self, operator: str, key: tuple[str, str], blocks: dict[str, float]) -> dict[str, str]:
        """Return the vendor of each block.

        Systematic sampling: the blocks lie in random order on a line as long as their sizes, and a
        random start cuts the line by the vendors' shares, so that an operator with many blocks
        keeps the shares and one with a single block draws by them. Where the shares are the
        operator's own, the closest of some draws is taken.
        """
        random = random_for("vendor", operator, key[1], key[0])
        mix = shares(self.weights[key])
        draws = [_drawn(random, mix, blocks) for _ in range(DRAWS if key[0] == operator else 1)]
        return min(draws, key=lambda drawn: _off(drawn, mix, blocks))


def _drawn(random: Random, mix: dict[str, float], blocks: dict[str, float]) -> dict[str, str]:
    names = sorted(blocks)
    random.shuffle(names)
    total = math.fsum(blocks.values())
    start = random.random()
    drawn, done = {}, 0.0
    for name in names:
        middle = (start + (done + blocks[name] / 2) / total) % 1.0
        done += blocks[name]
        drawn[name] = _at(mix, middle)
    return drawn


def _off(drawn: dict[str, str], mix: dict[str, float], blocks: dict[str, float]) -> float:
    """Return how far the shares drawn are from those asked for, summed over vendors."""
    total = math.fsum(blocks.values())
    off = dict(mix)
    for name, vendor in drawn.items():
        off[vendor] -= blocks[name] / total
    return round(math.fsum(abs(left) for left in off.values()), 9)


def _at(mix: dict[str, float], place: float) -> str:
    reached = 0.0
    for vendor, share in mix.items():
        reached += share
        if place < reached:
            return vendor
    return vendor
