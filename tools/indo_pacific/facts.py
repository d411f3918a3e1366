"""Reading the authored facts, and the small words that every part of the case shares."""

import csv
import math
import unicodedata
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeVar

FACTS = Path(__file__).resolve().parent / "facts"
SEED = 20240701
"""Seed of the synthetic draws of the bundled case; a draw is keyed by what it is about, so that
rows do not move when others are added."""
_SEED = ContextVar("seed", default=SEED)

Value = str | float | int
Row = dict[str, Value]
Tables = dict[str, list[Row]]
Fact = dict[str, str]
Key = TypeVar("Key", bound=Hashable)


@cache
def read_facts(name: str) -> tuple[Fact, ...]:
    """Return the rows of facts/<name>.csv as text."""
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, strict=True))


def slug(name: str) -> str:
    """Return a name as an identifier: plain lower-case letters, digits and hyphens.

    >>> slug("Ōita New Town")
    'oita-new-town'
    """
    plain = unicodedata.normalize("NFKD", name.replace("Đ", "D").replace("đ", "d"))
    plain = plain.encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in plain.lower()).split())


@contextmanager
def drawn_with(seed: int) -> Iterator[None]:
    """Take another seed for the synthetic draws."""
    before = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(before)


def random_for(*key: str) -> Random:
    """Return a generator of its own for one thing that is drawn."""
    return Random(":".join((str(_SEED.get()), *key)))


def significant(value: float, digits: int = 6) -> float:
    """Return a number rounded to so many significant digits.

    >>> significant(0.000123456789)
    0.000123457
    """
    return float(f"{value:.{digits}g}")


def shares(weights: dict[Key, float]) -> dict[Key, float]:
    """Return weights as shares that sum to 1."""
    total = math.fsum(weights.values())
    return {key: weight / total for key, weight in weights.items()}


def evidence(provenance: str, source: str) -> Row:
    """Return the two cells that say how a row came to be known and from where."""
    return {"provenance": provenance, "source": source}
