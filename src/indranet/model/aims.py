"""Checks of what hazards, measures and rules are about: pure functions from tables to faults."""

import numpy as np

from indranet.errors import Fault
from indranet.model.coded import Array, Tables
from indranet.model.network import Rows
from indranet.model.schema import MEASURE_UNITS, MEASURES, TABLES, USERS


def hazard_aims(tables: Tables) -> list[Fault]:
    """Find hazards that strike nothing or two things, or whose law lacks its number."""
    rows, sound = tables.rows["hazards"], tables.sound["hazards"]
    thing, circle = rows["thing"] >= 0, ~np.isnan(rows["lat"]) & ~np.isnan(rows["km"])
    lognormal = rows["law"] == TABLES["hazards"].column("law").choices.index("lognormal")
    area = TABLES["hazards"].column("do").choices.index("outage")
    faults = []
    for column, wrong, problem, remedy in (
        ("thing", ~thing & ~circle, "is empty, and so is lat, lon or km", "give one or the other"),
        ("thing", thing & circle, "is given beside lat, lon, km", "give one or the other"),
        (
            "do", ~thing & circle & (rows["do"] != area),
            "strikes one thing, and lat, lon, km name an area", "name the thing, or write outage",
        ),
        ("sigma", lognormal & np.isnan(rows["sigma"]), "is empty", "the lognormal law takes it"),
    ):  # fmt: skip
        faults += tables.faults("hazards", column, np.flatnonzero(wrong & sound), problem, remedy)
    return faults


_HOLDERS = ("plant", "firm", "facility", "country")
_ACTS_ON = {
    "second_source": ("plant",), "stockpile": ("product", *_HOLDERS), "plant": ("plant",),
    "battery": (*USERS, "firm", "country"), "spare": _HOLDERS,
    "link": ("lane", "site", "facility"), "crew": (), "roaming": ("firm",),
}  # fmt: skip
"""Kinds of thing that each kind of measure acts on, none where it acts on crews."""


def measure_aims(tables: Tables) -> list[Fault]:
    """Find measures that act on nothing, on the wrong kind of thing, or count in a wrong unit."""
    rows, sound = tables.rows["measures"], tables.sound["measures"]
    if not len(rows):
        return []
    found: list[tuple[str, Array, str, str]] = []
    units = TABLES["measures"].column("unit").choices
    for number, (kind, known) in enumerate(MEASURES.items()):
        mine = sound & (rows["kind"] == number)
        thing, told = rows["thing"], kind.replace("_", " ")
        kinds = _ACTS_ON[kind]
        if kinds:
            wrong = mine & ~tables.of_kinds(thing, kinds)
            found.append(("thing", wrong, f"is nothing that a {told} acts on",
                          f"name a {' or '.join(kinds)}"))  # fmt: skip
        codes = [units.index(unit) for unit in known]
        wrong = mine & (rows["unit"] >= 0) & ~np.isin(rows["unit"], codes)
        found.append(("unit", wrong, f"is no unit of a {told}", f"write {' or '.join(known)}"))
        if known == ("share",):
            found.append(("amount", mine & (rows["amount"] > 1), "is more than all of it",
                          "write a share from 0 to 1"))  # fmt: skip
    found += _measures_lack(tables, rows, sound)
    return [
        fault
        for column, wrong, problem, remedy in found
        for fault in tables.faults("measures", column, np.flatnonzero(wrong), problem, remedy)
    ]


def _measures_lack(tables: Tables, rows: Rows, sound: Array) -> list[tuple[str, Array, str, str]]:
    """Return which measures lack what their kind needs beside the thing."""
    of = {kind: sound & (rows["kind"] == at) for at, kind in enumerate(MEASURES)}
    holder = tables.of_kinds(rows["thing"], _HOLDERS)
    by_unit = rows["unit"] == MEASURE_UNITS.index("unit")
    empty = rows["product"] < 0
    found = [
        ("product", (of["stockpile"] | of["spare"]) & holder & empty, "is empty",
         "name what is held"),
        ("unit", of["stockpile"] & by_unit & tables.of_kinds(rows["thing"], ("product",)),
         "says nothing of who holds it", "write day, or name a holder and the product"),
        ("unit", of["stockpile"] & ~by_unit & tables.of_kinds(rows["thing"], ("facility",)),
         "says nothing of a facility, which uses nothing", "write unit"),
        ("host", of["roaming"] & (rows["host"] < 0), "is empty", "name who carries them"),
        ("amount", of["crew"] & (rows["amount"] % 1 != 0), "is no whole number", "write crews"),
    ]  # fmt: skip
    if "supplies" in tables.whole:
        first = tables.offset("plant")
        sells = np.isin(rows["thing"] - first, tables.rows["supplies"]["supplier"])
        found.append(("thing", of["second_source"] & tables.of_kinds(rows["thing"], ("plant",))
                      & ~sells, "has no row in supplies",
                      "write one with quantity 0 for each customer"))  # fmt: skip
    if "crews" in tables.whole:
        pools = set(tables.rows["crews"].text("pool"))
        lacks = np.array([pool not in pools for pool in rows.text("pool")])
        found.append(("pool", of["crew"] & lacks, "is no pool of the table crews",
                      "name one of them"))  # fmt: skip
    return found


def rule_aims(tables: Tables) -> list[Fault]:
    """Find rules that name a firm where none is meant, none where one is, or a tier too deep."""
    rows, sound = tables.rows["rules"], tables.sound["rules"]
    who = TABLES["rules"].column("who").choices
    named = rows["firm"] >= 0
    seats = rows["firm"] >= len(tables.names["country"])
    firm, country = (rows["who"] == who.index(word) for word in ("firm", "country"))
    faults = []
    for wrong, problem, remedy in (
        ((firm | country) & ~named, "is empty, and the rule speaks of one", "name it"),
        (~(firm | country) & named, "is named, and the rule speaks of no one", "correct who"),
        (firm & named & ~seats, "is a country, and the rule speaks of a firm", "correct who"),
        (country & named & seats, "is a firm, and the rule speaks of a country", "correct who"),
    ):
        records = np.flatnonzero(wrong & sound)
        faults += tables.faults("rules", "firm", records, problem, remedy)
    metrics = TABLES["rules"].column("metric").choices
    whole = [metrics.index(m) for m in ("days_of_cover", "people_without_any_one_vendor")]
    deep = np.flatnonzero(np.isin(rows["metric"], whole) & (rows["tier"] > 0) & sound)
    problem, remedy = "is above 0, and the metric is of what is installed", "write 0"
    return faults + tables.faults("rules", "tier", deep, problem, remedy)


def rule_subjects(tables: Tables) -> list[Fault]:
    """Find rules on what is approved or supported that measure what such facts do not tell."""
    rows, sound = tables.rows["rules"], tables.sound["rules"]
    schema = TABLES["rules"]
    facts = (rows["what"] != schema.column("what").choices.index("made")) & sound
    sums = [schema.column("metric").choices.index(word) for word in ("share", "count")]
    excluded = rows["who"] == schema.column("who").choices.index("excluded")
    faults = []
    for column, wrong, problem, remedy in (
        (
            "metric", facts & ~np.isin(rows["metric"], sums),
            "is of makers alone, and the rule speaks of what else is told of them",
            "write share or count, or what = made",
        ),
        (
            "tier", facts & (rows["tier"] > 0),
            "is above 0, and what is approved or supported is what is installed", "write 0",
        ),
        (
            "after_months", sound & ~excluded & (rows["after_months"] > 0),
            "is above 0, and the rule speaks of no excluded firms", "write 0, or who = excluded",
        ),
    ):  # fmt: skip
        faults += tables.faults("rules", column, np.flatnonzero(wrong), problem, remedy)
    return faults
