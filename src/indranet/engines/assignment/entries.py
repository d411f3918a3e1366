"""What must happen once before some options may be used: its dates, its money, what comes first.

An entry opens options from one of a few dates on, or never. It is taken as late as the plan allows:
that date follows from the plan, so that a plan says all.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

MOST_DATES = 8
"""Dates of one entry at most, never not counted."""
SHUT = -1
"""Date of an entry that is not taken."""


@dataclass(frozen=True, eq=False)
class Entries:
    """Entries, each with dates from which its options may be used.

    Attributes
    ----------
    options
        Which options wait for each, shape (entries, options).
    money
        What it costs, once, shape (entries,).
    purse
        Who pays, shape (entries,).
    start
        Period in which it is paid, and until which what comes before it is done, by rising date,
        shape (entries, dates).
    first
        Period from which its options may be used, by rising date, shape (entries, dates).
    before
        Clusters that are done before it, shape (entries, clusters).
    """

    options: Flags = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    money: Floats = field(default_factory=lambda: np.zeros(0))
    purse: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    start: Codes = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    first: Codes = field(default_factory=lambda: np.zeros((0, 0), np.int32))
    before: Flags = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.money)

    @property
    def dates(self) -> int:
        """Number of dates of each."""
        return int(self.first.shape[1])


def check_entries(entries: Entries, clusters: int, options: int, purses: int, periods: int) -> None:
    """Raise ValueError when shapes disagree or dates are none."""
    count = len(entries)
    if not count:
        return
    shapes = {
        "options": (count, options), "purse": (count,), "start": (count, entries.dates),
        "first": (count, entries.dates), "before": (count, clusters),
    }  # fmt: skip
    for name, shape in shapes.items():
        given: Array = getattr(entries, name)
        if given.shape != shape:
            raise ValueError(f"entries: {name} of shape {given.shape} where {shape} is meant")
    if not 1 <= entries.dates <= MOST_DATES:
        raise ValueError(f"entries: from 1 to {MOST_DATES} dates")
    if not np.isfinite(entries.money).all() or (entries.money < 0).any():
        raise ValueError("entries: finite money of 0 or more")
    if entries.purse.min() < 0 or entries.purse.max() >= purses:
        raise ValueError("entries: purse out of range")
    if entries.start.min() < 0 or entries.start.max() >= periods:
        raise ValueError("entries: start out of range")
    if (np.diff(entries.start, axis=1) < 0).any() or (np.diff(entries.first, axis=1) < 0).any():
        raise ValueError("entries: dates rise")


def dates_taken(entries: Entries, option: Codes, period: Codes) -> tuple[Codes, Flags]:
    """Return the date of each entry that a plan takes, and which entries it lacks.

    The last date that opens the options no later than their first use, after all that comes before
    it; `SHUT` where none is used. An entry is lacking where its options are used and no date will
    do.

    Parameters
    ----------
    entries
        The entries.
    option, period
        Of each cluster, -1 for none, shape (clusters,).
    """
    taken = np.full(len(entries), SHUT, dtype=np.int32)
    lacking = np.zeros(len(entries), dtype=bool)
    done = option >= 0
    for entry in range(len(entries)):
        using = done & np.append(entries.options[entry], False)[option]
        if not using.any():
            continue
        ahead = entries.before[entry]
        fits = entries.first[entry] <= period[using].min()
        fits &= entries.start[entry] >= period[ahead].max(initial=0)
        fits &= bool(done[ahead].all())
        lacking[entry] = not fits.any()
        if fits.any():
            taken[entry] = np.flatnonzero(fits)[-1]
    return taken, lacking


def spent_on(entries: Entries, taken: Codes, shape: tuple[int, int]) -> Floats:
    """Return the money spent on entries in each period, shape (purses, periods)."""
    money = np.zeros(shape)
    for entry in np.flatnonzero(taken >= 0).tolist():
        at = entries.start[entry, taken[entry]]
        money[entries.purse[entry], at] += entries.money[entry]
    return money
