"""Events made ready: what each of them acts on, and how strongly from day to day in a draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

from indranet.errors import Fault, InputError
from indranet.model.network import Network, Rows
from indranet.model.scenario import SCENARIO, Event, Scenario
from indranet.model.schema import KINDS
from indranet.studies.attacks import Attack, attack, domain
from indranet.studies.exclusions import excluded_firms
from indranet.studies.flow_net import Closing
from indranet.studies.groundwork import Groundwork
from indranet.studies.lanes import positions
from indranet.studies.repair import mending

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EARTH_KM = 6371.0
DAYS_A_YEAR = 365.25
_NONE: Codes = np.zeros(0, dtype=np.int64)
_AIMS: dict[str, tuple[str, ...]] = {
    "halt": ("plant", "firm", "country", "product"),
    "outage": ("site", "facility", "service", "lane", "thing", "plant"),
    "close": ("passage", "facility", "site"),
    "cut": ("lane",),
    "exclude": ("firm", "country"),
    "surge": ("product", "country"),
    "misconfigure": ("firm", "product"),
}
"""Kinds of thing that each sort of event acts on."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One event made ready.

    Attributes
    ----------
    event
        As the scenario has it.
    words
        It in words.
    key
        What its draws hang on, beside seed and draw.
    plants
        Plants that lose the share of their capacity.
    contracts
        Rows of `Groundwork.supplies` that lose the share of their flow.
    things
        Codes over all kinds of what is down while the whole share is lost.
    by_lot
        Whether only the share of `things` is down, drawn by lot.
    closing
        What it closes; None for other events.
    product, territory
        Whose final demand it multiplies, positions, -1 for any.
    pairs
        Operators' units of products that a bad change takes down, positions in `Groundwork.pairs`.
    waits
        What must work for it to end, a code over all kinds, -1 for nothing.
    attack
        What a flaw reaches; None for other events.
    strikes
        For a hazard: how often it strikes in a year, and which of its strikes this is; else 0, 0.
    """

    event: Event
    words: str
    key: str
    plants: Codes = field(default_factory=_NONE.copy)
    contracts: Codes = field(default_factory=_NONE.copy)
    things: Codes = field(default_factory=_NONE.copy)
    by_lot: bool = False
    closing: Closing | None = None
    product: int = -1
    territory: int = -1
    pairs: Codes = field(default_factory=_NONE.copy)
    waits: int = -1
    attack: Attack | None = None
    strikes: tuple[float, int] = (0.0, 0)


def effects(ground: Groundwork, scenario: Scenario, *, unsure: bool = True) -> list[Effect]:
    """Return what each event of a scenario acts on, each exclusion of its authority, each hazard.

    Parameters
    ----------
    ground, scenario
        The case, and what happens to it.
    unsure
        Whether products of which nobody says whether they have a flaw count as affected.

    Raises
    ------
    InputError
        With every event that names what the case does not hold, or cannot act on it.
    """
    found: list[Effect] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, event in enumerate(scenario.event, 1):
        try:
            effect = _effect(ground, event, number, unsure=unsure)
        except InputError as error:
            faults += error.faults
            continue
        count = seen[effect.key] = seen.get(effect.key, 0) + 1
        found.append(_renamed(effect, f"{effect.key}#{count}"))
    if scenario.authority is not None:
        try:
            found += _exclusions(ground, scenario.authority, scenario.days)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return found + (hazard_effects(ground, scenario.days) if scenario.hazards else [])


def touched_sites(network: Network, scenario: Scenario) -> Flags:
    """Return which sites an event takes down by themselves, shape (sites,)."""
    touched = np.zeros(len(network["sites"]), dtype=bool)
    span = network.span("site")
    for number, event in enumerate(scenario.event, 1):
        if event.do in ("outage", "close"):
            try:
                things = _aimed(network, event, number)
            except InputError:
                continue  # Told with all other faults when the events are made ready.
            touched[things[_is(network, things, "site")] - span.start] = True
    if scenario.hazards:
        struck = [_struck(network, row) for row in range(len(network["hazards"]))]
        things = np.concatenate([_NONE, *struck])
        touched[things[_is(network, things, "site")] - span.start] = True
    return touched


def hazard_effects(ground: Groundwork, days: int) -> list[Effect]:
    """Return each strike of each hazard that is not too unlikely, as an event of its own.

    A hazard strikes as a Poisson process. So many strikes are made ready that more happen within
    the days with a probability below a millionth.
    """
    network = ground.network
    rows = network["hazards"]
    found = []
    for row in np.flatnonzero(ground.exists("hazards")).tolist():
        per_year = float(rows["per_year"][row])
        things = _struck(network, row)
        name, do = rows.text("hazard")[row], rows.text("do")[row]
        most = int(poisson.isf(1e-6, per_year * days / DAYS_A_YEAR)) if per_year > 0 else 0
        for strike in range(1, most + 1):
            event = Event.model_validate(
                {"do": do, "what": name, "lasts_days": _hazard_law(rows, row)}
            )
            closing = None
            if do == "close":
                closing = Closing(int(things[0]), np.ones(len(network["lanes"]), dtype=bool))
            plants = _halted(network, things) if do == "halt" else _NONE
            contracts = _NONE
            if do == "cut":
                lanes = things[_is(network, things, "lane")] - network.offset("lane")
                contracts = np.flatnonzero(np.isin(ground.supplies["lane"], lanes))
            down = np.unique(np.append(things, network.offset("plant") + plants))
            found.append(
                Effect(
                    event, f"{do} by {name}", f"hazard|{name}", plants=plants, contracts=contracts,
                    things=down, closing=closing, strikes=(per_year, strike),
                )
            )  # fmt: skip
    return found


def _struck(network: Network, row: int) -> Codes:
    """Return what a hazard strikes: one thing, or all sites, facilities and services near."""
    rows = network["hazards"]
    if rows["thing"][row] >= 0:
        return np.array([rows["thing"][row]], dtype=np.int64)
    lat, lon = positions(network)
    near = np.flatnonzero(_near(lat, lon, rows["lat"][row], rows["lon"][row], rows["km"][row]))
    kinds = [_is(network, near, kind) for kind in ("site", "facility", "service")]
    return near[np.any(kinds, axis=0)].astype(np.int64)


def _hazard_law(rows: Rows, row: int) -> dict[str, Any]:
    law, days = rows.text("law")[row], float(rows["lasts_days"][row])
    if law == "exponential":
        return {"law": law, "mean": days}
    if law == "lognormal":
        return {"law": law, "median": days, "sigma": float(rows["sigma"][row])}
    return {"law": "fixed", "days": days}


def _renamed(effect: Effect, key: str) -> Effect:
    values = {name: getattr(effect, name) for name in effect.__dataclass_fields__}
    return Effect(**{**values, "key": key})


def _effect(ground: Groundwork, event: Event, number: int, *, unsure: bool) -> Effect:
    network = ground.network
    words = _words(event)
    key = f"{event.do}|{words}"
    if event.do == "misconfigure":
        needs = (event.reversal_needs,) if event.reversal_needs else ()
        waits = _named(network, needs, KINDS, "reversal_needs", number)
        pairs = _domain(ground, event, number)
        return Effect(event, words, key, pairs=pairs, waits=int(waits[0]) if needs else -1)
    if event.do == "exploit":
        return Effect(event, words, key, attack=_attack(ground, event, number, unsure))
    things = _aimed(network, event, number)
    if event.repair is not None:
        event, said = _mended(ground, event, things, number)
        words += said
    if event.do == "halt":
        plants = _halted(network, things)
        down = np.append(things, network.offset("plant") + plants)
        return Effect(event, words, key, plants=plants, things=np.unique(down))
    if event.do == "outage":
        many = event.within is not None or event.region is not None
        return Effect(event, words, key, things=things, by_lot=many and event.share < 1)
    if event.do == "close":
        closing = Closing(int(things[0]), _lanes_closed(network, event, number))
        return Effect(event, words, key, things=things, closing=closing)
    if event.do == "cut":
        return Effect(event, words, key, contracts=_cut(ground, event, number), things=things)
    if event.do == "embargo":
        return Effect(event, words, key, contracts=_embargoed(ground, event, number))
    if event.do == "exclude":
        firms = np.zeros(len(network["firms"]), dtype=bool)
        for thing in things.tolist():
            firms |= excluded_firms(network, thing)
        by = _named(network, event.by, ("country", "firm"), "by", number)
        return Effect(event, words, key, contracts=_excluded(ground, firms, by, frozenset()))
    product, territory = -1, -1
    if len(things):
        kind, _ = network.thing(int(things[0]))
        code = int(things[0]) - network.offset(kind)
        product, territory = (code, -1) if kind == "product" else (-1, code)
    if event.territory is not None:
        territory = int(_named(network, (event.territory,), ("country",), "territory", number)[0])
    return Effect(event, words, key, product=product, territory=territory)


def _aimed(network: Network, event: Event, number: int) -> Codes:
    """Return what an event aims at: one thing, or all within a circle or region."""
    if event.do == "cut" and event.what is not None and ">" in event.what:
        return _NONE
    if event.what is not None:
        return _named(network, (event.what,), _AIMS[event.do], "what", number)
    if event.do == "embargo":
        return _NONE
    kinds = [kind for kind in _AIMS[event.do] if kind in ("plant", "site", "facility", "service")]
    if event.do == "outage":
        kinds.remove("plant")
    if event.do not in ("halt", "outage"):
        raise InputError(
            [_fault(number, "what", "", f"do = {event.do!r} takes one thing: name it")]
        )
    if event.within is not None:
        lat, lon = positions(network)
        found = np.flatnonzero(_near(lat, lon, event.within.lat, event.within.lon, event.within.km))
    else:
        found = _in_region(network, str(event.region))
    kept = [found[_is(network, found, kind)] for kind in kinds]
    things = np.unique(np.concatenate([_NONE, *kept]))
    if not len(things):
        where = "within" if event.within is not None else "region"
        raise InputError(
            [_fault(number, where, str(event.region or ""), f"holds no {' or '.join(kinds)}")]
        )
    return things


def _mended(ground: Groundwork, event: Event, things: Codes, number: int) -> tuple[Event, str]:
    """Return an event that lasts until what it broke is mended, and how that is done in words."""
    asked = event.repair
    if asked is None or len(things) != 1:
        raise InputError([_fault(number, "repair", "", "mends one thing", "name it with what")])
    network = ground.network
    spare = -1
    if asked.spare is not None:
        named = _named(network, (asked.spare,), ("product",), "spare", number)
        spare = int(named[0]) - network.offset("product")
    how = mending(ground, int(things[0]), asked, spare)
    if how.lacking > 0:
        return event, f", not mended: {how.lacking:g} {asked.spare} lacking"
    if np.isinf(how.days):
        return event, ", not mended: nobody who can do it may come"
    said = f", mended in {how.days:.1f} days"
    if how.facility >= 0:
        said += f" from {network.thing(how.facility)[1]}"
    if how.holders:
        said += f" with spares of {' and '.join(network.thing(h)[1] for h in how.holders)}"
    return event.model_copy(update={"lasts_days": how.days}), said


def _domain(ground: Groundwork, event: Event, number: int) -> Codes:
    """Return the units that a bad change takes down: of OPERATOR>PRODUCT, or of either."""
    network, what = ground.network, str(event.what)
    operator, product = -1, -1
    if event.what is None:
        raise InputError([_fault(number, "what", "", "names no domain", "write OPERATOR>PRODUCT")])
    if ">" in what:
        first, _, second = (part.strip() for part in what.partition(">"))
        operator = int(_named(network, (first,), ("firm",), "what", number)[0])
        product = int(_named(network, (second,), ("product",), "what", number)[0])
    else:
        thing = int(_named(network, (what,), _AIMS["misconfigure"], "what", number)[0])
        of_firm = network.thing(thing)[0] == "firm"
        operator, product = (thing, -1) if of_firm else (-1, thing)
    pairs = domain(
        ground,
        operator - network.offset("firm") if operator >= 0 else -1,
        product - network.offset("product") if product >= 0 else -1,
    )
    if not len(pairs):
        remedy = "name an operator, or a product that is installed, part of one, or manages one"
        raise InputError([_fault(number, "what", what, "has nothing installed under it", remedy)])
    return pairs


def _attack(ground: Groundwork, event: Event, number: int, unsure: bool) -> Attack:
    """Return what a flaw reaches."""
    network, name = ground.network, str(event.what or "")
    known = sorted(set(network["vulnerabilities"].text("vulnerability")))
    if name not in known:
        near = get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
        raise InputError([_fault(number, "what", name, "is not in vulnerabilities", meant)])
    return attack(ground, name, fixed=event.patch == "fixed", unsure=unsure)


def _near(lat: Floats, lon: Floats, at: float, by: float, km: float) -> Flags:
    a, b, c, d = (np.radians(value) for value in (lat, lon, at, by))
    half = np.sin((a - c) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((b - d) / 2) ** 2
    near: Flags = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))) <= km
    return near


def _in_region(network: Network, region: str) -> Codes:
    found = [_NONE]
    named = (("site", "sites", "region"), ("service", "services", "region"))
    for kind, table, column in (*named, ("plant", "plants", "place")):
        rows = network[table]
        if column in rows.words:
            code = np.flatnonzero(rows.words[column] == region)
            found.append(network.offset(kind) + np.flatnonzero(np.isin(rows[column], code)))
    return np.concatenate(found).astype(np.int64)


def _is(network: Network, things: Codes, kind: str) -> Flags:
    span = network.span(kind)
    inside: Flags = (things >= span.start) & (things < span.stop)
    return inside


def _named(
    network: Network, names: Sequence[str], kinds: Sequence[str], column: str, number: int
) -> Codes:
    """Return codes of identifiers of some kinds; `territory:X` is the country X."""
    codes, faults = [], []
    for name in names:
        written = name.removeprefix("territory:")
        found = [
            network.offset(kind) + int(row)
            for kind in kinds
            for row in np.flatnonzero(network.names[kind] == _bare(written, kind))
        ]
        if len(found) == 1:
            codes += found
            continue
        if found:
            said = " or ".join(f"{network.thing(code)[0]}:{written}" for code in found)
            faults.append(_fault(number, column, name, "is several things", f"write {said}"))
            continue
        faults.append(_fault(number, column, name, *_unknown(network, written, kinds)))
    if faults:
        raise InputError(faults)
    return np.array(codes, dtype=np.int64)


def _bare(name: str, kind: str) -> str:
    head, _, rest = name.partition(":")
    if rest and head == kind:
        return rest
    return "" if rest and head in KINDS else name


def _unknown(network: Network, name: str, kinds: Sequence[str]) -> tuple[str, str]:
    other = [kind for kind in KINDS if (network.names[kind] == _bare(name, kind)).any()]
    if other:
        return f"is a {other[0]}", f"name a {' or '.join(kinds)}"
    known = [str(one) for kind in kinds for one in network.names[kind]]
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"name a {' or '.join(kinds)} of the case"
    return "is not in the case", meant


def _fault(number: int, column: str, value: str, problem: str, remedy: str = "") -> Fault:
    place = f"event {number}: {column}"
    return Fault(SCENARIO, 0, place, value, problem, remedy or "correct the event")


def _words(event: Event) -> str:
    """Return an event in words: what is done, to what."""
    if event.do == "embargo":
        route = [
            f"{word} {', '.join(who)}"
            for word, who in (("from", event.origin), ("to", event.to))
            if who
        ]
        goods = f" of {', '.join(event.products)}" if event.products else ""
        return f"embargo{goods} {' '.join(route)}"
    aim = event.what or event.region or ""
    if event.within is not None:
        place = event.within
        aim = f"within {place.km:g} km of {place.lat:g}, {place.lon:g}"
    words = f"{event.do} {aim}"
    if event.by:
        words += f" by {', '.join(event.by)}"
    if event.only or event.but:
        words += f" to {', '.join(event.only)}" if event.only else f" but to {', '.join(event.but)}"
    if event.territory:
        words += f" in {event.territory}"
    return words


def _halted(network: Network, things: Codes) -> Codes:
    """Return the plants that a halt of some things stops: of a firm, with what it controls."""
    plants = network["plants"]
    stopped = np.zeros(len(plants), dtype=bool)
    maker = network["products"]["firm"][plants["product"]]
    runs = np.where(plants["firm"] >= 0, plants["firm"], maker)
    for thing in things.tolist():
        kind, _ = network.thing(thing)
        code = thing - network.offset(kind)
        if kind == "plant":
            stopped[code] = True
        elif kind == "country":
            stopped |= plants["country"] == code
        elif kind == "product":
            stopped |= plants["product"] == code
        else:
            stopped |= np.append(excluded_firms(network, thing), False)[runs]
    return np.flatnonzero(stopped).astype(np.int64)


def _lanes_closed(network: Network, event: Event, number: int) -> Flags:
    """Return the lanes that a closing holds up: all, or those of some countries' trade.

    A lane is a country's where it begins or ends there.
    """
    lanes = network["lanes"]
    if not (event.only or event.but):
        return np.ones(len(lanes), dtype=bool)
    where = _countries(network)
    ends = np.stack([where[lanes["origin"]], where[lanes["destination"]]])
    named = _named(network, event.only or event.but, ("country",), "only", number)
    touched: Flags = np.asarray(np.isin(ends, named).any(axis=0))
    return touched if event.only else ~touched


def _countries(network: Network) -> Codes:
    """Return the country of each thing that stands somewhere, shape (things,), -1 for others."""
    where = np.full(network.size, -1, dtype=np.int64)
    where[network.span("country")] = np.arange(len(network["countries"]))
    for kind, table in (
        ("plant", "plants"), ("site", "sites"), ("facility", "facilities"), ("firm", "firms"),
        ("service", "services"),
    ):  # fmt: skip
        where[network.span(kind)] = network[table]["country"]
    return where


def _cut(ground: Groundwork, event: Event, number: int) -> Codes:
    """Return the contracts over a lane, or those of SUPPLIER>CUSTOMER."""
    network, supplies = ground.network, ground.supplies
    what = str(event.what)
    if ">" not in what:
        lane = _named(network, (what,), ("lane",), "what", number)[0] - network.offset("lane")
        return np.flatnonzero(supplies["lane"] == lane)
    seller, _, buyer = (part.strip() for part in what.partition(">"))
    supplier = _named(network, (seller,), ("plant",), "what", number)[0] - network.offset("plant")
    customer = _named(network, (buyer,), ("plant", "firm"), "what", number)[0]
    found = np.flatnonzero((supplies["supplier"] == supplier) & (supplies["customer"] == customer))
    if not len(found):
        raise InputError([_fault(number, "what", what, "is no row of supplies")])
    return found


def _embargoed(ground: Groundwork, event: Event, number: int) -> Codes:
    """Return the contracts that an embargo holds back.

    From and to are countries: where the plant that sells or the customer stands, or with
    `jurisdiction:` those of firms seated there and what they control, wherever they stand.
    """
    network, supplies = ground.network, ground.supplies
    plants = network["plants"]
    supplier = network.offset("plant") + supplies["supplier"].astype(np.int64)
    sells = _of_countries(ground, supplier, event.origin, "from", number)
    buys = _of_countries(ground, supplies["customer"].astype(np.int64), event.to, "to", number)
    held = sells & buys
    if event.products:
        named = _named(network, event.products, ("product",), "products", number)
        made = network.offset("product") + plants["product"][supplies["supplier"]]
        held &= np.isin(made, named)
    return np.flatnonzero(held).astype(np.int64)


def _of_countries(
    ground: Groundwork, things: Codes, names: Sequence[str], column: str, number: int
) -> Flags:
    network = ground.network
    if not names:
        return np.ones(len(things), dtype=bool)
    bound = np.zeros(network.size, dtype=bool)
    where = _countries(network)
    for name in names:
        law = name.startswith("jurisdiction:")
        country = _named(
            network, (name.removeprefix("jurisdiction:"),), ("country",), column, number
        )
        if law:
            firms = excluded_firms(network, int(country[0]))
            bound[network.span("firm")] |= firms
            bound[network.span("plant")] |= np.append(firms, False)[_owner(network)]
        else:
            bound |= where == country[0]
    return bound[things]


def _owner(network: Network) -> Codes:
    """Return the firm that runs each plant, -1 where nobody is named, shape (plants,)."""
    plants = network["plants"]
    maker = network["products"]["firm"][plants["product"]]
    return np.where(plants["firm"] >= 0, plants["firm"], maker).astype(np.int64)


def _excluded(ground: Groundwork, firms: Flags, by: Codes, functions: frozenset[int]) -> Codes:
    """Return the contracts for what some firms make or run, with customers who exclude them.

    Parameters
    ----------
    firms
        Who is excluded, shape (firms,).
    by
        Countries and operators, codes over all kinds; nobody in particular means everybody.
    functions
        Functions that the goods serve; any if empty.
    """
    network, supplies = ground.network, ground.supplies
    products, plants = network["products"], network["plants"]
    made = plants["product"][supplies["supplier"]]
    out = np.append(firms, False)
    held = out[_owner(network)[supplies["supplier"]]] | out[products["firm"][made]]
    customer = supplies["customer"].astype(np.int64)
    if len(by):
        held &= np.isin(customer, by) | np.isin(_countries(network)[customer], by)
    if functions:
        held &= np.isin(products["function"][made], sorted(functions))
    return np.flatnonzero(held).astype(np.int64)


def _exclusions(ground: Groundwork, authority: str, days: int) -> list[Effect]:
    """Return the exclusions of an authority as events: no deliveries while a row holds."""
    network = ground.network
    rows = network["exclusions"]
    known = sorted(set(rows.text("authority")))
    if authority not in known:
        near = get_close_matches(authority, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
        fault = Fault(SCENARIO, 0, "authority", authority, "is not in exclusions", meant)
        raise InputError([fault])
    start, codes = network.lists["exclusions", "functions"]
    named = np.array([name == authority for name in rows.text("authority")], dtype=bool)
    found = []
    for row in np.flatnonzero(named & ground.exists("exclusions")).tolist():
        first, last = rows["from"][row], rows["until"][row]
        day = 0.0 if np.isnat(first) else max(0.0, float((first - network.first_day).astype(int)))
        end = np.inf if np.isnat(last) else float((last - network.first_day).astype(int)) + 1
        if end <= day or day >= days:
            continue
        by = np.array([rows["by"][row]], dtype=np.int64)
        who = network.thing(int(by[0]))[1] if by[0] >= 0 else "all"
        asked: dict[str, Any] = {
            "do": "exclude", "what": network.thing(int(rows["firm"][row]))[1], "day": day,
            "by": (who,), "lasts_days": None if np.isinf(end) else end - day,
        }  # fmt: skip
        event = Event.model_validate(asked)
        contracts = _excluded(
            ground, excluded_firms(network, int(rows["firm"][row])), by[by >= 0],
            frozenset(codes[start[row] : start[row + 1]].tolist()),
        )  # fmt: skip
        words = f"{_words(event)} ({authority})"
        found.append(Effect(event, words, f"{words}|{row}", contracts=contracts))
    return found
