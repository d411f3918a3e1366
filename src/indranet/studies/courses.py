"""When events happen in a draw, and how much they take from day to day."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from indranet.model.scenario import Event, Law
from indranet.studies.events import DAYS_A_YEAR, Effect
from indranet.studies.laws import drawn

Floats = npt.NDArray[np.float64]

HOURS = 24


@dataclass(frozen=True)
class Course:
    """When an event happens in one draw.

    Attributes
    ----------
    begins, ends
        Days, fractions of a day included; `ends` is infinite where it lasts for good.
    happens
        Whether it happens at all.
    """

    begins: float
    ends: float
    happens: bool


def course(effect: Effect, seed: int, draw: int | None) -> Course:
    """Return when an event happens in one draw; without a draw, as it happens usually.

    Draws hang on the seed, the event's key and the draw alone. Usually an event happens if its
    chance is a half or more, and lasts for the median of its law.
    """
    event = effect.event
    if effect.strikes[1]:
        return _strike(effect, seed, draw)
    luck, last = (0.5, 0.5) if draw is None else _uniform(effect.key, seed, draw)
    happens = event.chance >= 1 or (luck <= event.chance if draw is None else luck < event.chance)
    return Course(event.day, event.day + _length(event, last), happens)


def _length(event: Event, uniform: float) -> float:
    """Return for how many days an event lasts."""
    if event.reversed_after_hours is not None:
        return event.reversed_after_hours / HOURS
    lasts = event.lasts_days
    return np.inf if lasts is None else _drawn(lasts, uniform) if isinstance(lasts, Law) else lasts


def _drawn(law: Law, uniform: float) -> float:
    return float(drawn(law, np.array([uniform]))[0])


def _strike(effect: Effect, seed: int, draw: int | None) -> Course:
    """Return when a hazard strikes for the n-th time: gaps are exponential (a Poisson process)."""
    if draw is None:
        return Course(0.0, 0.0, happens=False)
    per_year, number = effect.strikes
    day = 0.0
    for strike in range(1, number + 1):
        gap, last = _uniform(f"{effect.key}|{strike}", seed, draw)
        day -= np.log(gap) * DAYS_A_YEAR / per_year
    return Course(day, day + _length(effect.event, last), happens=True)


def _uniform(key: str, seed: int, draw: int) -> tuple[float, float]:
    digest = sha256(f"{seed}|{key}|{draw}".encode()).digest()
    first, second = (int.from_bytes(digest[i : i + 8], "big") for i in (0, 8))
    return (first + 0.5) / 2**64, (second + 0.5) / 2**64


def lost_by_day(event: Event, when: Course, days: int) -> Floats:
    """Return the part of its aim that an event takes on each day, shape (days,).

    A day that an event covers in part counts for that part; while what was lost comes back, linear
    or exponential, a day counts for its mean.
    """
    if not when.happens:
        return np.zeros(days)
    edges = np.arange(days + 1, dtype=np.float64)
    # Differences of times that are no whole days may pass one day by a rounding.
    part = np.clip(np.diff(_elapsed(event, when, edges)), 0.0, 1.0)
    return np.asarray(event.share * part, dtype=np.float64)


def _elapsed(event: Event, when: Course, until: Floats) -> Floats:
    """Return the integral of the part lost (1 at most) from the beginning to each time."""
    whole = np.clip(until - when.begins, 0.0, when.ends - when.begins)
    if event.recovery == "sudden" or np.isinf(when.ends):
        return whole
    after, back = np.maximum(until - when.ends, 0.0), float(event.recovery_days or 0.0)
    if event.recovery == "linear":
        rest = np.minimum(after, back)
        return whole + rest - rest**2 / (2 * back)
    return np.asarray(whole - back * np.expm1(-after / back), dtype=np.float64)


def losses(effects: Sequence[Effect], courses: Sequence[Sequence[Course]], days: int) -> Floats:
    """Return what each event takes of its aim on each day, shape (draws, events, days)."""
    found = np.zeros((len(courses), len(effects), days))
    for draw, row in enumerate(courses):
        for number, (effect, when) in enumerate(zip(effects, row, strict=True)):
            found[draw, number] = lost_by_day(effect.event, when, days)
    return found
