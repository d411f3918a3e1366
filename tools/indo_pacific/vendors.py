"""Whose equipment stands where: drawn per operator and block from shares of the market."""

import math

from tools.indo_pacific.facts import random_for, read_facts, shares


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
        keeps the shares and one with a single block draws by them.
        """
        random = random_for("vendor", operator, key[1], key[0])
        names = sorted(blocks)
        random.shuffle(names)
        total = math.fsum(blocks.values())
        start = random.random()
        mix = shares(self.weights[key])
        drawn, done = {}, 0.0
        for name in names:
            middle = (start + (done + blocks[name] / 2) / total) % 1.0
            done += blocks[name]
            drawn[name] = _at(mix, middle)
        return drawn


def _at(mix: dict[str, float], place: float) -> str:
    reached = 0.0
    for vendor, share in mix.items():
        reached += share
        if place < reached:
            return vendor
    return vendor
