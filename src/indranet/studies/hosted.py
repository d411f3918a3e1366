"""Users of an operator that is down whom hosts carry, as the table of roaming says."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.schema import TABLES
from indranet.studies.groundwork import Groundwork, expand
from indranet.studies.outages import Outages

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_RADIO = TABLES["sites"].column("kind").choices.index("radio")


@dataclass(frozen=True, eq=False)
class Hosted:
    """Whose users may be carried, by whom.

    Attributes
    ----------
    place
        Place among what is watched of each thing that a network serves, ascending, shape (things,).
    network
        Network of each: an operator in a country.
    country
        Country of each network, -1 where not known, shape (networks,).
    people
        Persons whom each serves.
    total
        Persons whom each network serves, shape (networks,).
    user, host, share
        Network whose users roam, network that carries them, and the part of them that it can carry,
        shape (rows,).
    """

    place: Codes
    network: Codes
    country: Codes
    people: Floats
    total: Floats
    user: Codes
    host: Codes
    share: Floats

    def carried(self, outages: Outages, edges: Floats) -> Floats:
        """Return the persons whom hosts carry, the mean of each period, shape (periods,).

        At each moment min(D, sum of s N (1 - d)) of a network with N users of whom D are without,
        over hosts that can carry the part s and are down for the part d of their own.

        Parameters
        ----------
        outages
            When what is watched is down.
        edges
            Hours at which periods begin, and the last one ends.
        """
        times, taken = self._taken(outages, edges)
        hours = taken.sum(axis=1) * np.diff(times)
        period = np.searchsorted(edges, times[:-1], side="right") - 1
        person_hours = np.bincount(period, weights=hours, minlength=len(edges) - 1)
        return np.asarray(person_hours / np.diff(edges))

    def carried_by(self, outages: Outages, edges: Floats, countries: int) -> Floats:
        """Return the same by country, those of none last, shape (periods, countries + 1)."""
        times, taken = self._taken(outages, edges)
        hours = taken * np.diff(times)[:, np.newaxis]
        period = np.searchsorted(edges, times[:-1], side="right") - 1
        found = np.zeros((len(edges) - 1, countries + 1))
        np.add.at(found, (period[:, np.newaxis], self.country[np.newaxis, :]), hours)
        return np.asarray(found / np.diff(edges)[:, np.newaxis])

    def _taken(self, outages: Outages, edges: Floats) -> tuple[Floats, Floats]:
        """Return times between which nothing changes, and whom hosts carry in each network."""
        mine = outages.of(self.place)
        first = np.searchsorted(self.place, mine.what, side="left")
        span, row = expand(first, np.searchsorted(self.place, mine.what, side="right") - first)
        begins, ends = (np.clip(t, edges[0], edges[-1])[span] for t in (mine.begins, mine.ends))
        times = np.unique(np.concatenate([edges, begins, ends]))
        change = np.zeros((len(times), len(self.total)))
        for hours, sign in ((begins, 1.0), (ends, -1.0)):
            at = np.searchsorted(times, hours)
            np.add.at(change, (at, self.network[row]), sign * self.people[row])
        without = np.clip(np.cumsum(change, axis=0)[:-1], 0.0, self.total)
        left = 1.0 - without / np.maximum(self.total, 1e-300)
        room = np.zeros(without.shape)
        for user, host, share in zip(
            self.user.tolist(), self.host.tolist(), self.share.tolist(), strict=True
        ):
            room[:, user] += share * self.total[user] * left[:, host]
        return times, np.minimum(without, room)


def hosted(ground: Groundwork, place: Mapping[str, Codes], down: Flags) -> Hosted | None:
    """Return whose users hosts may carry, None where the table of roaming says of nobody.

    A service is that of the operator whose radio sites it needs, where these are all one's. Without
    services, users are those of radio sites.

    Parameters
    ----------
    ground
        The case.
    place
        Kind to the place of each of its things among what is watched.
    down
        Whether each of what is watched is down before anything happens, shape (watched,).
    """
    network = ground.network
    rows = network["roaming"]
    if not len(rows):
        return None
    kind, table = ("service", "services") if len(network["services"]) else ("site", "sites")
    operator = _operators(ground) if kind == "service" else _radio(ground)
    things = network[table]
    country = things["country"].astype(np.int64)
    kept = (operator >= 0) & ground.exists(table) & (things["people"] > 0) & ~down[place[kind]]
    thing = np.flatnonzero(kept)
    thing = thing[np.argsort(place[kind][thing], kind="stable")]
    both = np.column_stack([operator[thing], country[thing]])
    networks, of = np.unique(both, axis=0, return_inverse=True)
    of = of.reshape(-1)
    people = things["people"][thing].astype(np.float64)
    number = {(int(o), int(c)): at for at, (o, c) in enumerate(networks.tolist())}
    found = [
        (number[one, where], number[host, where], share)
        for one, host, only, share in zip(
            *(rows[name].tolist() for name in ("operator", "host", "country", "share")), strict=True
        )
        for (whose, where) in number
        if whose == one and only in (-1, where) and (host, where) in number
    ]
    if not found:
        return None
    user, by, share = (np.array(column) for column in zip(*found, strict=True))
    return Hosted(
        place=place[kind][thing], network=of.astype(np.int64), country=networks[:, 1],
        people=people,
        total=np.bincount(of, weights=people, minlength=len(networks)).astype(np.float64),
        user=user, host=by, share=share.astype(np.float64),
    )  # fmt: skip


def _radio(ground: Groundwork) -> Codes:
    """Return the operator of each radio site, -1 for other sites."""
    sites = ground.network["sites"]
    return np.where(sites["kind"] == _RADIO, sites["operator"], -1).astype(np.int64)


def _operators(ground: Groundwork) -> Codes:
    """Return the operator of each service, -1 where it needs radio sites of several, or none."""
    network = ground.network
    needs, span, sites = network["needs"], network.span("service"), network.span("site")
    mine = (needs["user"] >= span.start) & (needs["user"] < span.stop)
    mine &= (needs["input"] >= sites.start) & (needs["input"] < sites.stop)
    service = needs["user"][mine].astype(np.int64) - span.start
    runs = np.append(_radio(ground), -1)[needs["input"][mine].astype(np.int64) - sites.start]
    service, runs = service[runs >= 0], runs[runs >= 0]
    least = np.full(span.stop - span.start, np.iinfo(np.int64).max)
    most = np.full(span.stop - span.start, -1, dtype=np.int64)
    np.minimum.at(least, service, runs)
    np.maximum.at(most, service, runs)
    return np.where(least == most, most, -1)
