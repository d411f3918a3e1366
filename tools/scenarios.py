"""Write the figures of the bundled scenarios into their pages: python tools/scenarios.py [--check].

A page is written by hand but for what stands between its marks; docs/scenarios.md has the figures
of all side by side. --check writes nothing, and fails where a page is not what the runs give.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indranet.model.case import read
from indranet.model.network import Network
from indranet.model.scenario import bundled_scenarios, find_scenario
from indranet.runs.stress_terminal import MEASURE_WORDS, amount, lost_amount, lost_words
from indranet.runs.words import counted, number, percent
from indranet.studies.ensemble import local_executor
from indranet.studies.stress import Stress, stress

PAGES = Path(__file__).resolve().parents[1] / "docs" / "scenarios"
INDEX = PAGES.parent / "scenarios.md"
BEGIN, END = "<!-- figures: written by tools/scenarios.py -->", "<!-- end of figures -->"
_STOCKOUTS = 5
_TOLD = ("production", "final_consumption", "people_served", "sites_up")


def found(network: Network, name: str) -> Stress:
    """Return what a bundled scenario does to the bundled case."""
    with local_executor() as executor:
        return stress(network, find_scenario(name), executor=executor)


def figures(answer: Stress) -> str:
    """Return the figures of a page: losses, what ran out, lanes, and the least lost."""
    summary = answer.summary
    draws = counted(int(summary["draws"]), "draw")
    lines = [
        f"{counted(int(summary['days']), 'day')}, {draws}"
        + ("; the median, and 5 to 95 % of the draws." if summary["draws"] > 1 else "."),
        "",
        "| measure | lost | worst day |",
        "| --- | --- | --- |",
        *(_measure(measure, summary["measures"][measure]) for measure in _TOLD),
        "",
        *_years(summary["measures"]),
        *_services(summary),
        *_stockouts(summary),
        *_lanes(answer.tables["lanes"]),
        *_least(answer.tables["bounds"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _measure(measure: str, row: Mapping[str, Any]) -> str:
    usual, worst = float(row["usual"]), float(row["worst_value"])
    less = 1.0 - worst / usual if usual else 0.0
    day = f"day {row['worst_day']}, {percent(less)} below {amount(measure, usual)}"
    lost = lost_words(measure, row).split("; ")[0]
    return f"| {MEASURE_WORDS[measure]} | {lost} | {day if less > 1e-9 else 'none'} |"


def _years(measures: Mapping[str, Any]) -> list[str]:
    """Return what a year loses on average, where what strikes comes at a rate."""
    rows = {m: row["lost_a_year"] for m, row in measures.items() if "lost_a_year" in row}
    if not rows:
        return []
    told = (
        f"| {MEASURE_WORDS[m]} | {lost_amount(m, rows[m]['mean'])} | {number(rows[m]['low'])} to "
        f"{number(rows[m]['high'])} |"
        for m in _TOLD
    )
    return [
        "| lost in a year | on average | 90 % interval of that mean |", "| --- | --- | --- |",
        *told, "",
    ]  # fmt: skip


def _stockouts(summary: Mapping[str, Any]) -> list[str]:
    first: Sequence[Mapping[str, Any]] = summary["first_stockouts"][:_STOCKOUTS]
    if not first:
        return ["In the usual course no stock runs out.", ""]
    rows = (
        f"| {row['day']} | {row['product']} | {row['plant']} | {row['because']} |" for row in first
    )
    return [
        f"In the usual course {counted(int(summary['stockouts']), 'stock')} run out, first:",
        "", "| day | of | at | because |", "| --- | --- | --- | --- |", *rows, "",
    ]  # fmt: skip


def _lanes(rows: Mapping[str, Any]) -> list[str]:
    longer = rows["extra_days"][~np.isnan(rows["extra_days"])]
    if not len(rows["lane"]):
        return []
    waits = int((rows["waits_days"] > 1e-9).sum())
    words = f"{counted(len(rows['lane']), 'lane')} of the case pass here"
    if len(longer):
        words += f"; {len(longer):,} have a way round, {_span(longer.min(), longer.max())} longer"
    return [f"{words}. On {waits or 'none'} of them goods wait.", ""]


def _span(low: float, high: float) -> str:
    return counted(low, "day") if low == high else f"{low:g} to {high:g} days"


def _services(summary: Mapping[str, Any]) -> list[str]:
    """Return what goes down, what stays down, and what it is worth."""
    if not summary["services_ever_down"]:
        return []
    words = f"{counted(int(summary['services_ever_down']), 'service')} are down at some time"
    if summary["service_value_lost"] > 0:
        words += f", worth USD {number(summary['service_value_lost'])} in that time"
    dark = int(summary["ever_dark"])
    stays = f"{counted(dark, 'thing')} do not come back by themselves" if dark else ""
    rest = stays or "all come back by themselves"
    return [f"In the usual course {words}; {rest}.", ""]


def _least(rows: Mapping[str, Any]) -> list[str]:
    if not len(rows["lost"]) or np.isnan(rows["lost_at_least"][0]):
        return []
    lost, least = (max(float(rows[name][0]), 0.0) for name in ("lost", "lost_at_least"))
    return [
        f"Of what is used, operators' stocks drawn on, USD {number(lost)} is lost in the usual "
        f"course; with all known beforehand it would be USD {number(least)}."
    ]


def page_with(page: str, text: str) -> str:
    """Return a page with other figures between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}"


def index_line(name: str, answer: Stress) -> str:
    """Return the line of a scenario in the table of all."""
    row = answer.summary["measures"]["production"]
    used = answer.tables["bounds"]["lost"]
    lost = f"USD {number(max(float(used[0]), 0.0))}" if len(used) else ""
    made = lost_words("production", row).split("; ")[0]
    users = lost_words("people_served", answer.summary["measures"]["people_served"])
    cells = f"`{name}` | {made} | {answer.summary['stockouts']:,} | {lost} | {users}"
    return f"| [{answer.summary['scenario']}](scenarios/{name}.md) | {cells} |"


def main(arguments: Sequence[str]) -> int:
    """Write or check all pages; return how many are not what the runs give."""
    network, changed, lines = read("indo-pacific"), 0, []
    for name in bundled_scenarios():
        answer = found(network, name)
        lines.append(index_line(name, answer))
        changed += _put(PAGES / f"{name}.md", figures(answer), arguments)
    head = ["| scenario | name | production lost | stocks that run out | use lost | users lost |"]
    table = "\n".join([*head, "| --- | --- | --- | --- | --- | --- |", *lines]) + "\n"
    return changed + _put(INDEX, table, arguments)


def _put(page: Path, text: str, arguments: Sequence[str]) -> int:
    before = page.read_text(encoding="utf-8")
    after = page_with(before, text)
    if after != before and "--check" not in arguments:
        page.write_text(after, encoding="utf-8")
    if after != before:
        print(page.name)
    return int(after != before)


if __name__ == "__main__":
    differing = main(sys.argv[1:])
    sys.exit(1 if differing and "--check" in sys.argv else 0)
