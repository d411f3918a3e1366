"""What a plan says of an earlier one: how much is told otherwise, and what was not kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Table
from indranet.runs.words import counted, listed, number, people

_ROWS = 400


def change_lines(changes: Mapping[str, Any]) -> list[str]:
    """Return how much is told otherwise than announced, as sentences.

    Parameters
    ----------
    changes
        What the summary of a plan holds of them.
    """
    told = counted(changes["announced"], "cluster")
    if not changes["clusters"]:
        return [f"Nothing changes against what {told} had been told."]
    moved = (
        f"Against what {told} had been told, {changes['clusters']:,} with "
        f"{people(changes['people'])} people are told otherwise, at USD "
        f"{number(changes['cost_usd'])}: {_kinds(changes)}."
    )
    days = changes["days_moved"]
    mean = f"Those with another period are {abs(days):,.0f} days {_way(days)} on average."
    return [moved, mean] if changes["other_period"] else [moved]


def _way(days: float) -> str:
    return "later" if days > 0 else "earlier"


def _kinds(changes: Mapping[str, Any]) -> str:
    parts = [
        f"{changes[key]:,} {words}"
        for key, words in (
            ("other_period", "in another period"), ("other_product", "with another product"),
            ("not_swapped", "not swapped any more"),
        )
        if changes[key]
    ]  # fmt: skip
    return ", ".join(parts)


def change_warnings(summary: Mapping[str, Any]) -> list[str]:
    """Return what could not be kept of what was announced, one sentence each."""
    changes = summary["changes"]
    if changes is None:
        return []
    told = (
        ("frozen_moved", "announced before {frozen_until} and to stay, cannot be kept: {names}."),
        ("past", "announced for a period that is past, and neither done nor promised in progress, "
                 "planned anew: {names}."),
        ("not_offered", "announced with products that are no longer offered for it: {names}."),
        ("gone", "announced and no longer among those with something to replace: {names}."),
    )  # fmt: skip
    return [
        f"{counted(len(changes[key]), 'cluster')} "
        + words.format(frozen_until=changes["frozen_until"], names=listed(changes[key], 5))
        for key, words in told
        if changes[key]
    ]


def changes_section(changes: Mapping[str, Any], rows: Table) -> Html:
    """Return the section of a page on what is told otherwise than announced."""
    order = np.lexsort((
        rows["cluster"].astype(str), rows["period_before"].astype("datetime64[D]"),
    ))  # fmt: skip
    told = [
        (
            str(rows["cluster"][i]), str(rows["function"][i]), _date(rows["period_before"][i]),
            _date(rows["period_after"][i]), str(rows["product_before"][i]) or "none",
            str(rows["product_after"][i]) or "none",
        )
        for i in order[:_ROWS].tolist()
    ]  # fmt: skip
    heads = ("Cluster", "Function", "Announced from", "Now from", "Announced product",
             "Product now")  # fmt: skip
    more = len(order) - _ROWS
    frozen = (
        f"{counted(changes['frozen'], 'cluster')} announced before {changes['frozen_until']} "
        "stay as announced unless a limit makes that impossible."
    )
    return joined([
        *(element("p", line) for line in change_lines(changes)),
        *([element("p", frozen)] if changes["frozen"] else []),
        *(element("p", line) for line in change_warnings({"changes": changes})),
        *([block(counted(len(order), "row"), table("What is told otherwise", heads, told,
                                                   tall=True))] if told else []),
        *([element("p", f"{more:,} more rows stand in the table changes of the run.",
                   class_="soft small")] if more > 0 else []),
    ])  # fmt: skip


def _date(value: Any) -> str:
    return "never" if np.isnat(np.datetime64(value)) else str(np.datetime64(value, "D"))
