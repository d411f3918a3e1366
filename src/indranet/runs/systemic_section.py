"""How much of all production stops in the end, in a report."""

import numpy as np

from indranet.runs.findings import KIND_WORDS, Answer
from indranet.runs.markup import Html, element, joined, table
from indranet.runs.words import percent

SHOWN = 25
"""Causes shown; the run holds all."""


def systemic_section(answer: Answer) -> Html:
    """Return the causes without which most of all production stops in the end.

    Parameters
    ----------
    answer
        What the run found, with the table `systemic`.
    """
    rows = answer.tables["systemic"]
    some = np.flatnonzero(rows["systemic_risk"] > 0)
    summary = answer.summary["systemic"]
    counted = "sales" if summary["weight"] == "sales" else "the larger of sales and purchases"
    note = (
        f"The part of all {counted} of plants that stops once a loss has spread as far as it does: "
        "down to who lacks an input, up to who cannot sell. Of an input with several makers only "
        "the part of the one is lost. Days of cover: stocks and transit on the shortest way from "
        "what stops to an operator, as if nothing else supplied it."
    )
    if not len(some):
        return joined([element("p", note), element("p", "No plant takes another's production.")])
    lines = [
        (
            f"{answer.name(kind, name)} ({KIND_WORDS.get(kind, kind)})",
            percent(float(rows["systemic_risk"][row])),
            percent(float(rows["downstream"][row])),
            percent(float(rows["upstream"][row])),
            "\u2013" if np.isnan(days := float(rows["cover_days"][row])) else f"{days:,.0f}",
        )
        for row in some[:SHOWN].tolist()
        for kind, name in [(str(rows["kind"][row]), str(rows["id"][row]))]
    ]
    more = f" {len(some) - SHOWN:,} more are in systemic.parquet." if len(some) > SHOWN else ""
    heads = ("Without", "Stops in the end", "Lacking inputs", "Not selling", "Days of cover")
    grid = table(f"The worst first.{more}", heads, lines, numbers={1, 2, 3, 4})
    return joined([element("p", note), grid])
