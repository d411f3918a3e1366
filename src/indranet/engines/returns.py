"""People who come back through a queue: registrations after an outage, and retries that load it.

Devices that were cut off ask to be registered again, all at once. A core registers so many an hour;
those that it refuses ask again, and each refusal costs it a part of what a registration costs. So
an outage outlives its cause, and where refusals take all that the core can do nobody comes back.
It is a fluid: so many devices that each counts for little (Newell 1982, Applications of queueing
theory, chapter 2), with the work of the core conserved: registrations + load x refusals = capacity.
"""

from dataclasses import dataclass
from math import exp, expm1, inf, isinf, log, log1p

_NOTHING = 1e-9
"""A load below this is none: its effect is lost in rounding."""


@dataclass(frozen=True)
class Returning:
    """A queue of devices that come back.

    Attributes
    ----------
    devices
        How many are cut off.
    per_hour
        Registrations that the core can do in an hour.
    attempts
        Attempts of each waiting device in an hour; infinite: whoever waits is always ready.
    load
        What a refused attempt costs the core, as a part of a registration, 0 to below 1.

    Raises
    ------
    ValueError
        When a number is out of range, or refusals cost something while attempts are infinite.
    """

    devices: float
    per_hour: float
    attempts: float = inf
    load: float = 0.0

    def __post_init__(self) -> None:
        if not (self.devices >= 0 and self.per_hour > 0 and self.attempts > 0):
            raise ValueError("devices 0 or more, per_hour and attempts above 0")
        if not 0 <= self.load < 1 or (self.load > 0 and isinf(self.attempts)):
            raise ValueError("load from 0 to below 1, and 0 where attempts are infinite")

    @property
    def collapses(self) -> bool:
        """Whether refusals take all that the core can do, so that nobody comes back."""
        return self.load > 0 and self.load * self.attempts * self.devices >= self.per_hour

    @property
    def overloaded_hours(self) -> float:
        """Hours until every attempt succeeds, infinite if never."""
        free = 0.0 if isinf(self.attempts) else self.per_hour / self.attempts
        if self.devices <= free:
            return 0.0
        if self.collapses:
            return inf
        if self.load < _NOTHING:
            return (self.devices - free) / self.per_hour
        stuck = self.per_hour / (self.load * self.attempts)
        return log1p((self.devices - free) / (stuck - self.devices)) / self._growth

    @property
    def hours(self) -> float:
        """Hours until less than one device waits, infinite if never."""
        over = self.overloaded_hours
        if isinf(over) or isinf(self.attempts):
            return over
        left = min(self.devices, self.per_hour / self.attempts)
        return over + max(log(left), 0.0) / self.attempts if left > 0 else 0.0

    def waiting(self, hour: float) -> float:
        """Return how many devices wait so many hours after the queue began to move."""
        over = self.overloaded_hours
        if hour < over:
            return self._while_overloaded(max(hour, 0.0))
        if isinf(self.attempts):
            return 0.0
        left = min(self.devices, self.per_hour / self.attempts)
        return left * exp(-self.attempts * (hour - over))

    def device_hours(self, until: float) -> float:
        """Return the integral of the devices that wait, from 0 to an hour (0 or more)."""
        over = self.overloaded_hours
        first = min(until, over)
        total = self.devices * first
        if self.devices > 0 and first > 0 and not self.collapses:
            total -= self._returned_hours(first)
        if until > over and not isinf(self.attempts):
            left = min(self.devices, self.per_hour / self.attempts)
            total -= left * expm1(-self.attempts * (until - over)) / self.attempts
        return total

    @property
    def _growth(self) -> float:
        """Rate at which the queue's distance from collapse grows, an hour."""
        return self.load * self.attempts / (1 - self.load)

    def _while_overloaded(self, hour: float) -> float:
        if self.collapses:
            return self.devices
        if self.load < _NOTHING:
            return self.devices - self.per_hour * hour
        growth, free = self._growth, self.per_hour / (1 - self.load)
        return self.devices * exp(growth * hour) - free * expm1(growth * hour) / growth

    def _returned_hours(self, hour: float) -> float:
        """Return the integral of the devices that are back, while the core is overloaded."""
        if self.load < _NOTHING:
            return self.per_hour * hour**2 / 2
        growth, free = self._growth, self.per_hour / (1 - self.load)
        back = expm1(growth * hour) / growth - hour
        return (free / growth - self.devices) * back
