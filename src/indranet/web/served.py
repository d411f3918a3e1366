"""A case as the page asks it: found by name, looked at, taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from threading import Lock

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.geography.coast import coastlines, land
from indranet.model.network import Network
from indranet.model.schema import DECLARED_BY
from indranet.runs import worldmap
from indranet.runs.run import source_of
from indranet.studies import taking
from indranet.studies.around import Links, links, needed_by, users_of
from indranet.studies.reach import NEED_SHARE
from indranet.studies.reason_words import Words
from indranet.studies.taking import TAKEN, Plane, Ready, Sums, ready, take, trusting
from indranet.studies.worst import FINE, NAMED, names_in_words
from indranet.web import answers

MOST_FOUND = 50
MOST_AROUND = 60
MOST_SERVICES = 500
_STANDS = {"territory": "country", "jurisdiction": "country", "control": "firm"}
"""Kinds of candidate that bear the name of a thing of another kind."""
_NO_PLACE = float("nan")


@dataclass(frozen=True, eq=False)
class Served:
    """A case ready to be asked.

    Attributes
    ----------
    case
        The case, compiled and ordered.
    words
        Names of its things.
    names
        Name in words of each candidate, its identifier where it has none.
    sought
        What a search looks through for each candidate: name and identifier, in small letters.
    links
        What hangs on what in time.
    drawing
        The map.
    trusted
        Authority to the plane that it trusts, made when it is first asked for.
    making
        Held while a plane is made.
    """

    case: Ready
    words: Words
    names: Sequence[str]
    sought: Sequence[str]
    links: Links
    drawing: answers.Drawing
    trusted: dict[str, Plane] = field(default_factory=dict)
    making: Lock = field(default_factory=Lock)


def served(network: Network) -> Served:
    """Make a case ready to be asked; see `studies.taking.ready`."""
    case = ready(network)
    names = _names(case)
    sought = [
        f"{name}\n{identifier}".casefold()
        for name, identifier in zip(names, case.asked.id.tolist(), strict=True)
    ]
    in_time = case.works.nets["in time"][0]
    return Served(case, Words(network), names, sought, links(case.ground, in_time), _drawing(case))


def _names(case: Ready) -> list[str]:
    asked, network = case.asked, case.network
    names = [str(identifier) for identifier in asked.id]
    for kind in np.unique(asked.kind.astype(str)).tolist():
        stands = _STANDS.get(kind, kind)
        if stands not in NAMED:
            continue
        at = np.flatnonzero(asked.kind == kind)
        code = {name: row for row, name in enumerate(network.names[stands].tolist())}
        rows = np.array([code[identifier] for identifier in asked.id[at].tolist()], dtype=np.int64)
        for place, name in zip(at.tolist(), names_in_words(network, stands, rows), strict=True):
            names[place] = name or names[place]
    return names


def _drawing(case: Ready) -> answers.Drawing:
    places = case.places.table
    lat, lon = places["lat"], places["lon"]
    # A case without a position still has a page: its map is the whole world.
    shown = worldmap.frame(lat, lon) if len(lat) else worldmap.Frame(-30.0, 360.0, 2.2, 1500.0)
    x, y = worldmap.project(shown, lat, lon)
    weight = places["people"] if places["people"].any() else places["sites"]
    columns = [x.round(1), y.round(1), worldmap.radii(weight, shown).round(1), lat, lon,
               places["sites"], places["people"]]  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), strict=True)
    keys = ("x", "y", "radius", "lat", "lon", "sites", "people")
    return answers.Drawing(
        width=worldmap.WIDTH,
        height=round(shown.height),
        graticule=worldmap.graticule_paths(shown),
        land=worldmap.land_paths(shown, land()),
        coast=worldmap.coast_paths(shown, coastlines()),
        places=[answers.Place(**dict(zip(keys, row, strict=True))) for row in rows],
    )


def about(case: Served) -> answers.Case:
    """Return what is served: name, counts, marking."""
    network, ready_case = case.case.network, case.case
    source = source_of(network)
    counted = ready_case.counted
    kinds, number = np.unique(ready_case.asked.kind.astype(str), return_counts=True)
    return answers.Case(
        name=network.name,
        description=network.description,
        first_day=str(network.first_day),
        on=str(ready_case.day),
        case_hash=network.case_hash,
        marking=source.marking,
        provenance_shares=dict(source.provenance_shares),
        rows=dict(source.rows),
        counted=answers.Counted(
            services=counted.total_services,
            people=counted.total_people,
            sites=float(counted.sites.sum()) / FINE,
        ),
        people_counted_by="services" if counted.by_service else "sites",
        need_share=NEED_SHARE,
        kinds=dict(zip(kinds.tolist(), number.tolist(), strict=True)),
        authorities=sorted(set(network["exclusions"].text("authority"))),
    )


def search(case: Served, text: str, kind: str | None) -> answers.Things:
    """Return the things whose name or identifier holds every word of a text.

    First come those that are called so, then those that begin so, then those of which a word
    begins so; the shorter before the longer, then in the order of kinds, and by name.

    Raises
    ------
    UsageError
        When the kind is unknown.
    """
    if kind is not None and kind not in TAKEN:
        raise UsageError(f"nothing of kind {kind!r} can be taken away: choose from {_all_kinds()}")
    wanted = text.casefold().split()
    whole = " ".join(wanted)
    kinds = case.case.asked.kind.tolist()
    found = []
    for at, sought in enumerate(case.sought):
        if (kind is None or kinds[at] == kind) and all(word in sought for word in wanted):
            rank = _rank(sought, whole)
            found.append((rank, len(case.names[at]), TAKEN.index(kinds[at]), sought, at))
    found.sort()
    shown = [_found(case, at) for *_, at in found[:MOST_FOUND]]
    return answers.Things(found=len(found), things=shown)


def _rank(sought: str, whole: str) -> int:
    lines = sought.split("\n")
    if whole in lines:
        return 0
    if sought.startswith(whole) or lines[-1].startswith(whole):
        return 1
    return 2 if f" {whole}" in sought or f"-{whole}" in sought else 3


def thing(case: Served, kind: str, identifier: str) -> answers.Thing:
    """Return a thing, what goes with it, what it needs and what needs it.

    Raises
    ------
    UsageError
        When there is no such thing.
    """
    at = position(case, f"{kind}:{identifier}")
    asked, network = case.case.asked, case.case.network
    members = asked.things[asked.start[at] : asked.start[at + 1]]
    lat, lon = _position(network, members)
    own = members[members < network.size]
    itself = len(members) == 1 and len(own) == 1
    return answers.Thing(
        **_found(case, at).model_dump(),
        lat=None if np.isnan(lat) else lat,
        lon=None if np.isnan(lon) else lon,
        takes=_others(case, own[:0] if itself else own),
        needs=_others(case, needed_by(case.links, members)),
        users=_others(case, users_of(case.links, members)),
    )


def _position(network: Network, members: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return where a thing lies, NaN where it is several things or has no position."""
    if len(members) == 1 and members[0] < network.size:
        kind, _ = network.thing(int(members[0]))
        rows = network[DECLARED_BY[kind]] if kind in DECLARED_BY else None
        if rows is not None and "lat" in rows.columns:
            row = int(members[0]) - network.offset(kind)
            return float(rows["lat"][row]), float(rows["lon"][row])
    return _NO_PLACE, _NO_PLACE


def position(case: Served, name: str) -> int:
    """Return the position of a candidate, written as kind:identifier.

    Raises
    ------
    UsageError
        When there is none.
    """
    kind, _, identifier = name.partition(":")
    at = case.case.row.get((kind, identifier))
    if at is not None:
        return at
    if kind not in TAKEN:
        raise UsageError(f"nothing of kind {kind!r} can be taken away: choose from {_all_kinds()}")
    known = [other for of, other in case.case.row if of == kind]
    near = get_close_matches(identifier, known, n=1)
    meant = f": did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"the case has no {kind} {identifier!r}{meant}")


def loss(case: Served, asked: answers.Loss) -> answers.Lost:
    """Return what stops without some things, all taken away together.

    Raises
    ------
    UsageError
        When there is no such thing or authority, or the plane of trust is nobody's.
    """
    which = [position(case, name) for name in dict.fromkeys(asked.things)]
    found = take(case.case, which, asked.horizon, _plane(case, asked))
    network, words = case.case.network, case.words
    countries = network.names["country"].tolist()
    stopped = found.services[:MOST_SERVICES]
    rows = stopped - network.offset("service")
    of = network["services"]["country"][rows].tolist() if len(rows) else []
    people = network["services"]["people"][rows].tolist() if len(rows) else []
    hit = np.flatnonzero((found.people > 0) | (found.rows > 0) | (found.sites > 0))
    hit = hit[np.lexsort((-found.sites[hit], -found.rows[hit], -found.people[hit]))]
    return answers.Lost(
        things=[_named(case, at) for at in which],
        horizon=asked.horizon,
        plane=asked.plane,
        totals={at: _sums(sums) for at, sums in found.totals.items()},
        more={at: _sums(sums) for at, sums in found.more.items()},
        services=[
            answers.ServiceLost(
                id=str(words.names[code]), name=words.name(code),
                country=str(countries[country]) if country >= 0 else "", people=persons,
            )
            for code, country, persons in zip(stopped.tolist(), of, people, strict=True)
        ],
        countries=[
            answers.CountryLost(
                country=str(countries[row]), name=words.name(network.offset("country") + row),
                rows_lost=int(found.rows[row]), people_lost=float(found.people[row]),
                people_share=float(found.people[row] / max(found.served[row], 1e-9)),
                sites_lost=float(found.sites[row]),
            )
            for row in hit.tolist()
        ],
        shares=found.shares.round(4).tolist(),
    )  # fmt: skip


def why(case: Served, asked: answers.Why) -> answers.Reason:
    """Return why a thing stops without others, no step where it does not; see `taking.why`.

    Raises
    ------
    UsageError
        When there is no such thing, or it is no one thing.
    """
    which = [position(case, name) for name in dict.fromkeys(asked.things)]
    at = position(case, asked.thing)
    code = case.case.asked.things[case.case.asked.start[at]]
    if code >= case.case.network.size or case.words.kind(code) != asked.thing.partition(":")[0]:
        raise UsageError("a reason is told of one thing: a service, site, plant, firm and the like")
    found = taking.why(case.case, case.words, which, asked.horizon, int(code))
    if found is None:
        return answers.Reason(steps=[])
    columns = ("thing_kind", "thing", "why", "known")
    rows = zip(*(found[column].tolist() for column in columns), strict=True)
    return answers.Reason(steps=[
        answers.Step(kind=_kind(kind), id=name, name=_said(case, kind, name), why=told, known=known)
        for kind, name, told, known in rows
    ])  # fmt: skip


def _said(case: Served, kind: str, name: str) -> str:
    return case.words.name(case.case.network.find(f"{kind}:{name}"))


def _kind(kind: str) -> str:
    """Return the kind of candidate that a kind of thing is."""
    return "territory" if kind == "country" else kind


def _sums(found: Sums) -> answers.Sums:
    return answers.Sums(
        services_lost=found.services_lost, people_lost=found.people_lost,
        sites_lost=found.sites_lost,
    )  # fmt: skip


def _plane(case: Served, asked: answers.Loss) -> Plane:
    if asked.plane == "works":
        return case.case.works
    if asked.authority is None:
        raise UsageError("the plane of trust is that of an authority: name one")
    with case.making:
        if asked.authority not in case.trusted:
            case.trusted[asked.authority] = trusting(case.case, asked.authority)
    return case.trusted[asked.authority]


def _named(case: Served, at: int) -> answers.Named:
    asked = case.case.asked
    return answers.Named(kind=str(asked.kind[at]), id=str(asked.id[at]), name=case.names[at])


def _found(case: Served, at: int) -> answers.Found:
    network, country = case.case.network, int(case.case.asked.country[at])
    where = case.words.name(network.offset("country") + country) if country >= 0 else ""
    return answers.Found(**_named(case, at).model_dump(), country=where)


def _others(case: Served, codes: npt.NDArray[np.int64]) -> answers.Others:
    shown = []
    for code in codes[:MOST_AROUND].tolist():
        kind, words = case.words.kind(code), case.words
        shown.append(
            answers.Named(kind=_kind(kind), id=str(words.names[code]), name=words.name(code))
        )
    return answers.Others(found=len(codes), things=shown)


def _all_kinds() -> str:
    return ", ".join(TAKEN)
