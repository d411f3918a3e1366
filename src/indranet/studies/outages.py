"""When what is watched is down: spans of hours, and what they make of each day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.engines.gates.timed import Changes

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HOURS = 24


@dataclass(frozen=True, eq=False)
class Outages:
    """Spans of hours in which things are down.

    Attributes
    ----------
    what
        Place of each among the things watched, ascending, each thing's spans in order of time.
    begins, ends
        Hours; what is still down at the end is down until infinity.
    """

    what: Codes
    begins: Floats
    ends: Floats

    def __len__(self) -> int:
        """Return the number of spans."""
        return len(self.what)

    @property
    def things(self) -> Codes:
        """Return what is ever down, ascending."""
        return np.unique(self.what)

    def of(self, things: Codes) -> "Outages":
        """Return the spans of some things."""
        kept = np.isin(self.what, things)
        return Outages(self.what[kept], self.begins[kept], self.ends[kept])

    def down_at(self, what: Codes, hour: Floats) -> Flags:
        """Return whether each thing is down at the hour beside it."""
        if not len(self):
            return np.zeros(len(what), dtype=bool)
        # The last span that has begun: spans of one thing do not overlap.
        order = np.lexsort((hour, what))
        key = np.searchsorted(self.what, what[order], side="left")
        found = np.zeros(len(what), dtype=bool)
        last = np.searchsorted(self.what, what[order], side="right")
        for place, (low, high, at) in enumerate(
            zip(key.tolist(), last.tolist(), hour[order].tolist(), strict=True)
        ):
            begun = low + int(np.searchsorted(self.begins[low:high], at, side="right")) - 1
            found[order[place]] = begun >= low and self.ends[begun] > at
        return found


def outages_of(changes: Changes, usual: Flags) -> Outages:
    """Return the spans that changes tell of.

    Parameters
    ----------
    changes
        Of what is watched, in order of time.
    usual
        Whether each of what is watched is up before anything happens; what is not is down for good.
    """
    never = np.flatnonzero(~usual)
    order = np.argsort(changes.what, kind="stable")
    what, hour, up = changes.what[order], changes.hour[order], changes.up[order]
    begins = np.flatnonzero(~up)
    follows = np.minimum(begins + 1, max(len(what) - 1, 0))
    back = (begins + 1 < len(what)) & (what[follows] == what[begins]) if len(what) else begins > 0
    ends = np.where(back, hour[follows] if len(what) else 0.0, np.inf)
    thing = np.concatenate([never, what[begins]]).astype(np.int64)
    first = np.concatenate([np.full(len(never), -np.inf), hour[begins]])
    last = np.concatenate([np.full(len(never), np.inf), ends])
    sequence = np.lexsort((first, thing))
    return Outages(thing[sequence], first[sequence], last[sequence])


def up_by_day(outages: Outages, days: int, which: Codes) -> Floats:
    """Return the part of each day for which some of what is watched is up, shape (days, which)."""
    return up_by(outages, days, which)


def up_by(
    outages: Outages, periods: int, which: Codes, *, hours: float = HOURS, first: float = 0.0
) -> Floats:
    """Return the part of each period for which things are up, shape (periods, which).

    Parameters
    ----------
    outages
        When what is watched is down.
    periods
        How many periods.
    which
        Places among what is watched.
    hours, first
        Length of a period, and the hour at which the first begins.
    """
    things = np.unique(which)
    mine = outages.of(things)
    column = np.searchsorted(things, mine.what)
    down = np.zeros((periods, len(things)))
    for place, begin, end in zip(
        column.tolist(), mine.begins.tolist(), mine.ends.tolist(), strict=True
    ):
        since, until = max(begin - first, 0.0) / hours, min((end - first) / hours, float(periods))
        if since >= until:
            continue
        edges = np.clip(np.arange(int(since), int(np.ceil(until)) + 1), since, until)
        down[int(since) : int(np.ceil(until)), place] += np.diff(edges)
    return np.clip(1.0 - down, 0.0, 1.0)[:, np.searchsorted(things, which)]
