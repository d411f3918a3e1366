"""What two runs or cases differ in, on a terminal: first what was asked, then what came out."""

from collections.abc import Mapping
from typing import Any

from indranet.runs.run import Run
from indranet.runs.words import counted, number

_WIDTH, _HASH = 60, 12
_WHAT = {"case_hash": "what the case holds", "inputs": "asked", "first_day": "first day"}
"""What is told in other words than those of run.json."""


def asked_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return what was asked otherwise, a line each."""
    if not summary["asked"]:
        return ["The same was asked of the same case."]
    return [
        f"  {_WHAT.get(row['what'], row['what'])}: {_told(row, 'one')} → {_told(row, 'other')}"
        for row in summary["asked"]
    ]


def counts_words(summary: Mapping[str, Any]) -> str:
    """Return how much differs, in a sentence."""
    changed = summary["changed"]
    if not changed:
        return "Nothing differs."
    told = [f"{name} {counted(count, 'change')}" for name, count in changed.items()]
    return f"What differs: {', '.join(told)}."


def change_words(change: Mapping[str, Any]) -> str:
    """Return one change in words, its difference with the interval where it has one."""
    what = f"{change['key']}, {change['column']}" if change["column"] else change["key"]
    said = f"{change['table']}: {what}: {_short(change['one'])} → {_short(change['other'])}"
    difference = change["difference"]
    if difference is None:
        return said
    sign = "+" if difference > 0 else ""
    low, high = change["low"], change["high"]
    width = "" if low is None or low == high else f", {number(low)} to {number(high)}"
    return f"{said} ({sign}{number(difference)}{width})"


def compare_lines(run: Run) -> list[str]:
    """Return what differs as lines of plain text.

    Parameters
    ----------
    run
        A finished run of `compare`.
    """
    summary = run.manifest["summary"]
    lines = [f"{summary['one']} → {summary['other']}", "", *asked_lines(summary), ""]
    lines.append(counts_words(summary))
    return [*lines, *(f"  {change_words(change)}" for change in summary["first"])]


def _told(row: Mapping[str, str], side: str) -> str:
    text = row[side]
    return text[:_HASH] if row["what"] == "case_hash" else _short(text)


def _short(text: str) -> str:
    if not text:
        return "nothing"
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
