"""The services of one draw on their way through time, moved on from day to day."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.engines.gates import draw as draw_lots
from indranet.engines.gates.starting import dark, fewest_starts
from indranet.engines.gates.steps import Walk
from indranet.engines.gates.timed import Changes, Course, Hold, Timed, advance, begin, hold
from indranet.engines.returns import Returning
from indranet.studies.courses import Course as When
from indranet.studies.draw_model import Model
from indranet.studies.events import Effect
from indranet.studies.outages import HOURS, Outages, outages_of, up_by, up_by_day

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BY_ITSELF = -2
"""Cause of an outage: what fails by itself."""
SHORT = -3
"""Cause of an outage: stocks that ran out; stock k is SHORT - k."""
MOST_HOURS = 14 * HOURS
"""Hours told one by one at most."""
_LOTS = 1024
"""Lots are drawn for so many draws at once."""


class Running:
    """What runs in one draw.

    Attributes
    ----------
    holds
        What each event holds down, with the event's number.
    """

    def __init__(
        self,
        model: Model,
        holds: Sequence[tuple[int, Hold]],
        draw: int | None,
        known: dict[Any, Outages],
        walked: Walk | None = None,
    ) -> None:
        self.model, self.draw, self._known = model, draw, known
        self.holds = holds
        fails = model.random and draw is not None
        self.timed = model.quiet if fails else model.timed
        self._course: Course | None = None
        if walked is None:
            self._course = begin(
                self.timed, [one for _, one in holds], seed=model.seed,
                draw=draw if fails else None, periods=model.days, hours=float(HOURS),
            )  # fmt: skip
        self._walked = None if walked is None else Walk(walked.tally, _in_order(walked.changes))
        self._seen = 0
        self._down_since: dict[int, float] = {}
        self._short = np.zeros(len(model.stocked), dtype=bool)
        self._short_since = np.zeros(len(model.stocked))
        self._shortages: list[tuple[int, float, float]] = []

    def move(self, day: int) -> tuple[Codes, Floats]:
        """Go on to the end of a day; return plants that were down in it, and the part left."""
        if self._course is not None:
            advance(self.timed, self._course, float((day + 1) * HOURS))
        lost: dict[int, float] = {}
        first, last = float(day * HOURS), float((day + 1) * HOURS)
        for part in self._parts(day):
            plants = self.model.plant_of[part.what]
            for row in np.flatnonzero(plants >= 0).tolist():
                plant, hour = int(plants[row]), float(part.hour[row])
                if not part.up[row]:
                    self._down_since[plant] = hour
                elif plant in self._down_since:
                    since = max(self._down_since.pop(plant), first)
                    lost[plant] = lost.get(plant, 0.0) + hour - since
        for plant, since in self._down_since.items():
            lost[plant] = lost.get(plant, 0.0) + last - max(since, first)
        codes = np.array(sorted(lost), dtype=np.int64)
        return codes, np.array([1.0 - lost[code] / HOURS for code in codes.tolist()])

    def _parts(self, day: int) -> list[Changes]:
        """Return what changed on a day, which is told once."""
        if self._course is not None:
            parts = self._course.changes[self._seen :]
            self._seen = len(self._course.changes)
            return parts
        told = self._walk().changes
        first, last = np.searchsorted(told.hour, [day * HOURS, (day + 1) * HOURS])
        return [told.of(slice(int(first), int(last)))]

    def _walk(self) -> Walk:
        """Return the whole course: what it lost by day, and what changed."""
        if self._course is not None:
            return Walk(self._course.tally, self._course.told())
        if self._walked is None:
            raise ValueError("a draw goes in steps or at exact times")
        return self._walked

    def stock(self, day: int, short: Flags) -> None:
        """Say which stocks do not last for the day that now begins."""
        hour = float(day * HOURS)
        again, gone = np.flatnonzero(self._short & ~short), np.flatnonzero(short & ~self._short)
        if self._course is None or not (len(again) or len(gone)):
            return
        leaves = self.model.stocked
        hold(self.timed, self._course, leaves[gone], release=leaves[again])
        self._shortages += [(k, float(self._short_since[k]), hour) for k in again.tolist()]
        self._short_since[gone] = hour
        self._short = short.copy()

    def found(self) -> dict[str, npt.NDArray[Any]]:
        """Return people served and sites up by day, services and outages, at the end."""
        model, watched, days = self.model, self.model.watched, self.model.days
        usual = self.timed.usual[model.timed.watch]
        tally, changes = self._walk()
        together = outages_of(changes, usual)
        service = np.flatnonzero(np.isin(watched.place["service"], together.things))
        up = up_by_day(together, days, watched.place["service"][service])
        totals = model.usual_lots - tally / HOURS
        if model.hosted is not None:
            totals[:, 0] += model.hosted.carried(together, np.arange(days + 1.0) * HOURS)
        waiting, late = self._returning(together, days)
        if len(late):
            totals[:, 0] -= self._waiting_people(together, late, waiting)
            rows = np.flatnonzero(np.isin(watched.place["service"], late))
            service, up = self._served(together, np.union1d(service, rows), late, waiting)
        kept = (together.begins < together.ends) & ~watched.down[together.what]
        spans = Outages(together.what[kept], together.begins[kept], together.ends[kept])
        found: dict[str, npt.NDArray[Any]] = {
            "served": totals,
            "service": service,
            "service_up": up,
            "outage": np.column_stack([spans.what, self._causes(spans)]),
            "outage_hours": np.column_stack([spans.begins, spans.ends]),
        }
        if model.nations is not None:
            found["served_by"] = self._by_country(model.nations, together, late, waiting)
        if self.draw is None:
            found |= {
                "gate": together.things,
                "gate_up": up_by_day(together, days, together.things),
            }
            found |= self._dark(self._course) | self._by_hour(together)
        return found

    def _by_country(
        self, nations: Floats, together: Outages, late: Codes, waiting: Floats
    ) -> Floats:
        """Return persons served by day and country, shape (days, countries + 1)."""
        days = self.model.days
        things = np.intersect1d(together.things, np.flatnonzero(nations.any(axis=1)))
        served = nations.sum(axis=0) - (1.0 - up_by_day(together, days, things)) @ nations[things]
        if self.model.hosted is not None:
            edges = np.arange(days + 1.0) * HOURS
            served += self.model.hosted.carried_by(together, edges, nations.shape[1] - 1)
        if len(late):
            served -= np.minimum(waiting, up_by_day(together, days, late)) @ nations[late]
        return np.asarray(served)

    def _by_hour(self, together: Outages) -> dict[str, npt.NDArray[Any]]:
        """Return users served hour by hour, from the day on which that first changes."""
        model = self.model
        people = model.watched.people
        mine = together.of(np.flatnonzero((people > 0) & ~model.watched.down))
        if not len(mine):
            return {"hours": np.zeros((0, 2))}
        first = float(HOURS * (max(mine.begins.min(), 0.0) // HOURS))
        count = min(model.days * HOURS - int(first), MOST_HOURS)
        things = mine.things
        up = up_by(mine, count, things, hours=1.0, first=first)
        waiting, late = self._returning(together, count, 1.0, first)
        served = people.sum() - ((1.0 - up) * people[things]).sum(axis=1)
        if model.hosted is not None:
            served += model.hosted.carried(together, first + np.arange(count + 1.0))
        if len(late):
            runs = up_by(together, count, late, hours=1.0, first=first)
            served -= (np.minimum(waiting, runs) * people[late]).sum(axis=1)
        return {"hours": np.column_stack([first + np.arange(count), served])}

    def _dark(self, course: Course | None) -> dict[str, npt.NDArray[Any]]:
        """Return what is down at the end though nothing holds it down any more, by position.

        Also the fewest of it to start so that all of it comes back, and whether fewer will not do.
        What people use is not started: what it needs is.
        """
        watch = self.timed.watch
        if course is None:
            raise ValueError("what stays dark is told at exact times")
        lacks = np.flatnonzero(dark(self.timed, course)[watch])
        things = np.setdiff1d(lacks, self.model.watched.place["service"])
        found = fewest_starts(self.timed, course, watch[things if len(things) else lacks])
        return {
            "dark": lacks,
            "starts": np.flatnonzero(np.isin(watch, found.nodes)),
            "fewest": np.array([found.fewest]),
        }

    def _causes(self, spans: Outages) -> Codes:
        """Return why each outage began: the first event, or the stocks, that do it alone.

        -1 where none does.
        """
        causes = np.full(len(spans), -1, dtype=np.int64)
        numbers = list(dict.fromkeys(number for number, _ in self.holds))
        fails = self.timed is not self.model.timed
        if len(numbers) == 1 and not fails and not len(self.model.stocked):
            return np.full(len(spans), numbers[0], dtype=np.int64)
        for number in numbers:
            alone = self.alone(number)
            open_ = np.flatnonzero(causes == -1)
            hit = alone.down_at(spans.what[open_], spans.begins[open_])
            causes[open_[hit]] = number
        shortages = self._all_shortages()
        if shortages:
            gates = self.model.stocked
            alone = _run(
                self.model.timed, [Hold(b, e, gates[[k]]) for k, b, e in shortages], self.model.days
            )
            open_ = np.flatnonzero(causes == -1)
            hit = alone.down_at(spans.what[open_], spans.begins[open_])
            for row in open_[hit].tolist():
                begun = [(b, k) for k, b, e in shortages if b <= spans.begins[row] < e]
                latest = max(begun, default=(0.0, shortages[0][0]))
                causes[row] = SHORT - latest[1]
        if fails:
            causes[causes == -1] = BY_ITSELF
        return causes

    def _all_shortages(self) -> list[tuple[int, float, float]]:
        lasting = np.flatnonzero(self._short).tolist()
        return self._shortages + [(k, float(self._short_since[k]), np.inf) for k in lasting]

    def alone(self, number: int) -> Outages:
        """Return what one event does alone."""
        holds = [one for event, one in self.holds if event == number]
        key = tuple((one.begins, one.ends, one.waits, one.gates.tobytes()) for one in holds)
        if key not in self._known:
            self._known[key] = _run(self.model.timed, holds, self.model.days)
        return self._known[key]

    def _returning(
        self, together: Outages, periods: int, hours: float = HOURS, first: float = 0.0
    ) -> tuple[Floats, Codes]:
        """Return the part of the people that waits to be registered again, and for what.

        Shape (periods, things); things are places among what is watched, ascending. The queue
        begins to move when the outage ends that the event had part in. Who waits after several
        events waits for the longest.
        """
        model = self.model
        parts: dict[int, Floats] = {}
        for number in dict.fromkeys(number for number, _ in self.holds):
            event = model.effects[number].event
            if event.registrations_per_hour is None:
                continue
            alone = self.alone(number)
            mine = alone.of(np.flatnonzero(model.watched.people > 0))
            if not len(mine):
                continue
            ends = _really_back(together, mine)
            people = float(model.watched.people[mine.things].sum())
            queue = Returning(
                people if event.devices is None else event.devices, event.registrations_per_hour,
                event.attempts_per_hour or np.inf, event.attempt_load or 0.0,
            )  # fmt: skip
            for what, end in ends.items():
                waits = _waiting(queue, end, first + np.arange(periods + 1.0) * hours)
                parts[what] = np.maximum(parts.get(what, 0.0), waits)
        late = np.array(sorted(parts), dtype=np.int64)
        empty = np.zeros((periods, 0))
        return (np.column_stack([parts[k] for k in late.tolist()]) if len(late) else empty), late

    def _waiting_people(self, together: Outages, late: Codes, waiting: Floats) -> Floats:
        """Return persons who wait though what they use is up, by day."""
        up = up_by_day(together, self.model.days, late)
        return np.asarray((np.minimum(waiting, up) * self.model.watched.people[late]).sum(axis=1))

    def _served(
        self, together: Outages, services: Codes, late: Codes, waiting: Floats
    ) -> tuple[Codes, Floats]:
        """Return services that do not always serve everybody, and the part that they serve."""
        place = self.model.watched.place["service"][services]
        up = up_by_day(together, self.model.days, place)
        at = np.minimum(np.searchsorted(late, place), len(late) - 1)
        waits = np.where(late[at] == place, waiting[:, at], 0.0)
        return services, np.maximum(up - waits, 0.0)


def _really_back(together: Outages, alone: Outages) -> dict[int, float]:
    """Return when each thing that an event takes down alone is up again, all things considered."""
    ends = {}
    for what, first, last in zip(
        alone.what.tolist(), alone.begins.tolist(), alone.ends.tolist(), strict=True
    ):
        low, high = np.searchsorted(together.what, [what, what + 1])
        part = slice(int(low), int(high))
        spans = (together.begins[part] <= first) & (together.ends[part] > first)
        ends[what] = float(together.ends[part][spans].max(initial=last))
    return ends


def _waiting(queue: Returning, begins: float, edges: Floats) -> Floats:
    """Return the mean part of the devices that wait between hours, from an hour on."""
    since = (edges - begins).tolist()
    until = [queue.device_hours(max(hour, 0.0)) if np.isfinite(hour) else 0.0 for hour in since]
    return np.diff(until) / np.diff(edges) / max(queue.devices, 1e-300)


def _run(timed: Timed, holds: Sequence[Hold], days: int) -> Outages:
    course = begin(timed, holds)
    advance(timed, course, float(days * HOURS))
    return outages_of(course.told(), timed.usual[timed.watch])


def _in_order(changes: Changes) -> Changes:
    return changes.of(np.argsort(changes.hour, kind="stable"))


def holds_of(model: Model, courses: Sequence[When], draw: int | None) -> list[tuple[int, Hold]]:
    """Return what each event holds down in a draw, with the event's number."""
    found = []
    lot = 0 if draw is None else draw
    for number, (effect, when) in enumerate(zip(model.effects, courses, strict=True)):
        if not when.happens or when.ends <= when.begins or when.begins >= model.days:
            continue
        if effect.attack is not None:
            found += [(number, one) for one in _taken(model, effect, when, lot)]
            continue
        gates, ends = _held(model, effect, lot), when.ends
        waits = -1 if effect.waits < 0 else int(model.gate[effect.waits])
        if len(gates):
            found.append((number, Hold(when.begins * HOURS, ends * HOURS, gates, waits)))
    return found


def _held(model: Model, effect: Effect, draw: int) -> npt.NDArray[np.int32]:
    """Return the gates that an event holds down for as long as it lasts."""
    things = effect.things
    if effect.by_lot:
        things = things[_by_lot(model, effect, draw)]
    elif effect.event.share < 1:
        things = things[:0]
    gates = np.concatenate([model.own[things], model.units[effect.pairs]])
    return np.unique(gates).astype(np.int32)


def _taken(model: Model, effect: Effect, when: When, draw: int) -> list[Hold]:
    """Return what each unit that a flaw takes holds down: its own leaf, until it is mended."""
    attack = effect.attack
    if attack is None:
        return []
    hit, mend, taken = attack.spans(when.begins, when.ends, effect.event.share, model.seed, draw)
    rows = np.flatnonzero(taken)
    leaf = np.where(attack.untrusted, model.sound[attack.rows], model.installed[attack.rows])
    single = len(attack.rows) - len(attack.managed)
    return [
        Hold(
            float(hit[row]),
            float(mend[row]),
            leaf[row : row + 1] if row < single else model.units[attack.managed[row - single]],
        )
        for row in rows.tolist()
        if row < single or not attack.untrusted[row]
    ]


def _by_lot(model: Model, effect: Effect, draw: int) -> Flags:
    things = effect.things
    first = draw // _LOTS * _LOTS
    keys = model.keys[things] ^ np.uint64(_key(effect.key))
    shares = np.full(len(things), effect.event.share)
    words = draw_lots(shares, keys, model.seed, first, draw - first + 1)
    at = np.uint64((draw - first) % 64)
    down: Flags = ((words[:, -1] >> at) & np.uint64(1)).astype(bool)
    return down


def _key(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
