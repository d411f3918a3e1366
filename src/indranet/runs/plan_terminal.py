"""The answer of a plan on a terminal: cost interval and chances first, bound and gap last."""

from collections.abc import Mapping
from typing import Any

from indranet.runs.plan_before_after import before_after_lines
from indranet.runs.plan_changes import change_lines
from indranet.runs.plan_deliveries import delivery_lines
from indranet.runs.run import Run
from indranet.runs.words import counted, day, listed, number, people, percent

_PRICES = 5


def cost_words(summary: Mapping[str, Any]) -> str:
    """Return what the plan costs, with its interval."""
    low, high = number(summary["spend_low_usd"]), number(summary["spend_high_usd"])
    return f"USD {number(summary['spend_usd'])}, from {low} to {high} in nine draws of ten"


def date_words(one: Mapping[str, Any]) -> str:
    """Return how likely one dated rule is met, and what would raise that."""
    told = "; ".join(filter(None, (one["operator"] or one["country"], one["standing"])))
    whose = f" ({told})" if told else ""
    raised = CAUSE_WORDS.get(one["raises_most"], "")
    more = f"; {percent(one['raised_to'])} {raised}" if raised else ""
    said = (
        f"{one['rule']}{whose} by {day(one['date'])}: met with probability "
        f"{percent(one['probability'])}{more}"
    )
    if one["planned"] == one["at_best"]:
        return said
    return f"{said}; what is not known of makers, generations or approvals keeps it from being sure"


CAUSE_WORDS = {
    "delivery_slip_days": "if makers delivered on time",
    "crew_factor": "if all crews were there",
    "season_factor": "if seasons were as usual",
    "permit_days": "if permits came at once",
    "refund": "if refunds came in full and on time",
}
"""Cause to what the chance would be without it."""


def plan_lines(run: Run) -> list[str]:
    """Return the answer of a plan as lines of plain text.

    Parameters
    ----------
    run
        A finished plan.
    """
    summary = run.manifest["summary"]
    swapped = summary["clusters"] - summary["unswapped"] - summary["done_before"]
    lines = [
        f"{summary['goal']}: {cost_words(summary)}",
        *(f"  {date_words(one)}" for one in summary["dates"]),
    ]
    if not summary["dates"]:
        lines.append("  no dated rule that a swap can meet")
    lines.append(
        f"  {counted(swapped, 'cluster')} of {summary['clusters']:,} swapped for "
        f"{listed(summary['operators'], 4)}"
        + (f", {summary['done_before']:,} done before" if summary["done_before"] else "")
    )
    if summary["unswapped"]:
        lines.append(
            f"  not swapped: {counted(summary['unswapped'], 'cluster')} with "
            f"{people(summary['unswapped_people'])} people"
        )
    lines += [
        f"  {one['words']}: {'not before ' + day(one['planned']) if one['planned'] else 'never'}"
        for one in summary["limits_from"]
        if not one["planned"] or one["planned"] > one["date"]
    ]
    lines += [f"  {entry_words(one)}" for one in summary["entries"]]
    if (mixed := summary["mixed_borders"]) is not None:
        lines.append(
            f"  {mixed['mixed']:,.0f} of {mixed['borders']:,.0f} borders between clusters have "
            f"makers that differ: USD {number(mixed['usd'])}"
        )
    if summary["lacks_offers"]:
        lines.append(f"  no offer replaces: {listed(summary['lacks_offers'], 4)}")
    if "project" in summary:
        lines += ["", *before_after_lines(summary["project"])]
    if summary["changes"] is not None:
        lines += ["", *change_lines(summary["changes"])]
    if summary["deliveries"] is not None:
        lines += ["", *delivery_lines(summary["deliveries"])]
    if summary["blame"]:
        lines += ["", *summary["blame"]["words"]]
    if summary["binding"]:
        lines += ["", "What binds:"]
        lines += [f"  {one['words']}" for one in summary["binding"][:_PRICES]]
    if "sweep" in summary:
        lines += sweep_lines(summary["sweep"])
    if summary["new_dependences"] and "project" not in summary:
        lines += ["", "The network as planned hangs more on:"]
        lines += [
            f"  {one['id']} ({one['kind']}, {one['horizon']}): "
            f"{people(one['people_lost_more'])} more people"
            for one in summary["new_dependences"]
        ]
    if summary["broken_as_planned"]:
        lines += ["", "The network as planned breaks:"]
        lines += [f"  {words}" for words in summary["broken_as_planned"]]
    lines += [
        "",
        f"Proof: no plan costs less than {number(summary['bound'])}; this one is "
        f"{summary['gap']:.3%} above, all counted ({summary['status']})",
    ]
    return lines


def entry_words(one: Mapping[str, Any]) -> str:
    """Return in words when a vendor is let in at an operator, or a new network has its core."""
    if not one["vendor"]:
        if not one["begins"]:
            return f"no core and no access of {one['operator']}"
        return f"the core of {one['operator']} first; access from {day(one['swaps_from'])} on"
    if not one["begins"]:
        return f"{one['vendor']} is not let in at {one['operator']}"
    return (
        f"{one['vendor']} is let in at {one['operator']} from {day(one['begins'])} on for USD "
        f"{number(one['usd'])}; swaps from {day(one['swaps_from'])} on"
    )


def sweep_lines(swept: Mapping[str, Any]) -> list[str]:
    """Return what a plan costs at other dates or caps, a line for each, and what that says."""
    lines = ["", *swept["words"]]
    for point in swept["points"]:
        here = " (asked for)" if point["value"] == swept["asked"] else ""
        left = f", {counted(point['unswapped'], 'cluster')} not swapped"
        lines.append(
            f"  {point['words']}{here}: USD {number(point['cost_usd'])}, all dates met with "
            f"probability {percent(point['together'])}{left if point['unswapped'] else ''}"
        )
    return lines
