"""The answer of an exposure run on a terminal: each question asked, answered in a few lines."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np

from indranet.runs.findings import HORIZON_WORDS, KIND_WORDS
from indranet.runs.rules_section import amount_words, first_questions, value_words
from indranet.runs.run import Run
from indranet.runs.words import counted, listed, people, percent, worst_lines

Names = Mapping[tuple[str, str], str]
"""Kind and identifier to a name in words."""

_CHAINS = 8
"""Reasons told on a terminal; the run holds all."""
_CUTS = 8
_BROKEN = 4
"""Those who break one rule that are named on its line."""
_ASKED = 3
"""Questions told on a terminal; the run holds all."""


def answer_lines(run: Run) -> list[str]:
    """Return the answers of an exposure run as lines of plain text.

    What the partners can make alone comes first where that was asked, then the worst dependences;
    then pairs, trust, rules, reasons and availability, as asked.

    Parameters
    ----------
    run
        A finished exposure run.
    """
    summary = run.manifest["summary"]
    parts = [worst_lines(run.manifest)]
    if "only" in summary:
        parts.insert(0, ["What can they make alone?", summary["only"]["sentence"], ""])
        parts.insert(1, ["What stops, without what?"])
    names = _names(run)
    if "worst_pairs" in summary:
        parts.append(_pair_lines(summary, names))
    if "excluded" in summary:
        parts.append(_trust_lines(summary, names))
    if "rules" in summary:
        parts.append(_rule_lines(run, names))
    if "cut_sets" in summary:
        parts += [_reason_lines(run, names), _cut_lines(run, names)]
    if "systemic" in summary:
        parts.append(_systemic_lines(summary["systemic"], names))
    if "availability" in summary:
        parts.append(_availability_lines(summary["availability"]))
    return [line for part in parts for line in part]


def _names(run: Run) -> Names:
    """Return the name in words of each thing that has one, by the kind it is taken away as."""
    table = run.table("names")
    names = {
        (kind, identifier): name
        for kind, identifier, name in zip(
            *(table[c].tolist() for c in ("kind", "id", "name")), strict=True
        )
    }
    also = {"country": ("territory", "jurisdiction"), "firm": ("control",)}
    return names | {
        (kind, identifier): name
        for (of, identifier), name in names.items()
        for kind in also.get(of, ())
    }


def _called(names: Names, kind: str, identifier: str) -> str:
    return f"{names.get((kind, identifier), identifier)} ({KIND_WORDS.get(kind, kind)})"


def _pair_lines(summary: Mapping[str, Any], names: Names) -> list[str]:
    lines = ["", "Two at once, more than one by one:"]
    unit = "people" if summary["people_counted_by"] == "sites" else "users"
    for horizon, pair in summary["worst_pairs"].items():
        if pair is None:
            lines.append(f"  {HORIZON_WORDS[horizon]}: no pair takes more")
            continue
        told = " and ".join(_called(names, pair[f"{side}_kind"], pair[side]) for side in "ab")
        more = [counted(pair["services_more"], "more service")] if pair["services_more"] else []
        more += [f"{people(pair['people_more'])} more {unit}"] if pair["people_more"] else []
        more = more or [counted(pair["sites_more"], "more site")]
        lines.append(f"  {HORIZON_WORDS[horizon]}: {told}: {listed(more)} than one by one")
    return lines


def _trust_lines(summary: Mapping[str, Any], names: Names) -> list[str]:
    excluded = summary["excluded"]
    firms = [names.get(("firm", firm), firm) for firm in excluded["firms"]]
    lines = [
        "",
        f"Not trusted where {excluded['authority']} excludes {listed(firms, 4)}:",
    ]
    if not firms:
        return ["", f"No row of {excluded['authority']} excludes anybody on this day."]
    if not excluded["binds"]:
        lines.append("  its rows that hold bind nothing in the case: see by and functions")
    for horizon, lost in summary["untrusted"].items():
        if not (lost["services"] or lost["sites"]):
            lines.append(f"  {HORIZON_WORDS[horizon]}: nothing")
            continue
        services, sites = counted(lost["services"], "service"), counted(lost["sites"], "site")
        lines.append(f"  {HORIZON_WORDS[horizon]}: {services} and {sites} that work")
    return lines


def _rule_lines(run: Run, names: Names) -> list[str]:
    """Return how many rules hold, one line for each that is broken, and what to find out first."""
    told = run.manifest["summary"]["rules"]
    table = run.table("rules")
    on = np.datetime64(run.manifest["summary"]["on"])
    broken: dict[str, list[str]] = {}
    proposed = np.array(["proposed" in text for text in table["standing"]], dtype=bool)
    begun = (table["from"] <= on) | proposed
    for row in np.flatnonzero((table["holds"] == "false") & begun).tolist():
        operator, country = str(table["operator"][row]), str(table["country"][row])
        kind, thing = ("firm", operator) if operator else ("country", country)
        metric = str(table["metric"][row])
        low, high, limit = (float(table[column][row]) for column in ("low", "high", "limit"))
        rule = (
            f"{table['rule'][row]} ({metric.replace('_', ' ')} {table['comparison'][row]} "
            f"{amount_words(metric, limit)}"
            f"{'; ' if table['standing'][row] else ''}{table['standing'][row]})"
        )
        value = value_words(metric, low, high, limit)
        verb = "would break" if proposed[row] else "broken"
        broken.setdefault(f"{verb}: {rule}", []).append(
            f"{names.get((kind, thing), thing)} {value}"
        )
    counts = f"{told['holds']:,} hold, {told['broken']:,} broken, {told['unknown']:,} not known"
    lines = [f"  {rule}: {listed(some, _BROKEN)}" for rule, some in broken.items()]
    asked = first_questions(run.table("rule_questions"))[:_ASKED]
    lines += ["  to find out first:"] * bool(asked) + [f"    {words}" for words, *_ in asked]
    return ["", f"Rules: {counts}, counted once for each whom they bind", *lines]


def _reason_lines(run: Run, names: Names) -> list[str]:
    """Return the reasons that were asked for, the chains that are told first."""
    asked = run.manifest["summary"]["reasons_of"]
    table = run.table("reasons")
    rows = list(zip(*(values.tolist() for values in table.values()), strict=True))
    told = list(table).index("told")
    name = _called(names, asked["kind"], asked["id"])
    lines: list[str] = []
    for sort, some, none in (
        ("lost", f"Why {name} is lost", f"Nothing that was taken away takes {name} away."),
        ("stops", f"What {name} stops, and why", f"Without {name} nothing else stops."),
    ):
        chains = [
            list(steps)
            for _, steps in groupby((r for r in rows if r[told] == sort), key=lambda row: row[:5])
        ]
        if not asked[sort]:
            continue
        lines += ["", f"{some}: {counted(len(chains), 'reason')}" if chains else none]
        lines += [f"  {line}" for chain in chains[:_CHAINS] for line in _chain(chain, names)]
        if len(chains) > _CHAINS:
            lines.append(f"  {len(chains) - _CHAINS:,} more in reasons.parquet")
    return lines


def _chain(steps: list[tuple[Any, ...]], names: Names) -> Iterator[str]:
    kind, identifier, horizon, _, lost = steps[0][:5]
    cause = _called(names, kind, identifier)
    yield f"{HORIZON_WORDS[horizon]}, without {cause}: {names.get((steps[0][6], lost), lost)}"
    for step in steps[1:]:
        yield f"    \u2190 {_called(names, step[6], step[7])}: {step[8]}"


def _cut_lines(run: Run, names: Names) -> list[str]:
    table = run.table("cut_sets")
    columns = ("horizon", "set", "kind", "id")
    rows = list(zip(*(table[column].tolist() for column in columns), strict=True))
    lines = []
    for horizon, whole in run.manifest["summary"]["cut_sets"].items():
        mine = [row for row in rows if row[0] == horizon]
        sets = [list(members) for _, members in groupby(mine, key=lambda row: row[1])]
        told = [" with ".join(_called(names, *row[2:4]) for row in some) for some in sets]
        if whole["down_before"]:
            lines.append(f"  {HORIZON_WORDS[horizon]}: it is down before anything is taken away")
            continue
        lines.append(
            f"  {HORIZON_WORDS[horizon]}: {counted(len(sets), 'set')} of up to "
            f"{whole['complete_to']}{': ' if told else ''}{listed(told, _CUTS)}"
        )
    return ["", "Smallest sets of things without which it stops:", *lines] if lines else []


def _systemic_lines(summary: Mapping[str, Any], names: Names) -> list[str]:
    lines = ["", "Most of all production stops in the end without:"]
    for row in summary["worst"][:5]:
        days = "" if row["cover_days"] is None else f", felt after {row['cover_days']:.0f} days"
        cause = _called(names, row["kind"], row["id"])
        lines.append(f"  {cause}: {percent(row['systemic_risk'])}{days}")
    return lines if summary["worst"] else ["", "No plant's stop takes any other's production."]


def _availability_lines(summary: Mapping[str, Any]) -> list[str]:
    worst = summary["worst"]["in time"][:3]
    told = [
        f"{entry['name'] or entry['service']} ({entry['hours_a_year']:.1f} hours a year)"
        for entry in worst
    ]
    return [
        "",
        f"Down most, once nothing bridges an outage: {listed(told)}."
        if told
        else "Nothing that fails stops a service.",
    ]
