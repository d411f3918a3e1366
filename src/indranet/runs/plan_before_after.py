"""What a plan says of a project before and after, on a terminal and on a page."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from indranet.runs.findings import HORIZON_WORDS
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Table
from indranet.runs.words import counted, listed, people, percent

_ROWS = 60
_KIND_WORDS = {"territory": "what stands in", "jurisdiction": "firms of"}


def before_after_lines(project: Mapping[str, Any]) -> list[str]:
    """Return what the people of a project's country hang on, before and after, as lines.

    Parameters
    ----------
    project
        What the summary of a plan holds of it.
    """
    lines = [f"Before and after in {listed(project['countries'], 4)}: {_counted(project)}"]
    for one in project["served"]:
        lines.append(
            f"  {HORIZON_WORDS[one['horizon']]}: {_people(one['people_before'])} served before, "
            f"{_people(one['people_after'])} after; {_left(one)}"
        )
    for words, rows in (("less", project["less"]), ("more", project["more"])):
        lines += [f"  hangs {words} on {_thing(one)}: {_change(one)}" for one in rows]
    if project["still_wanted"]:
        lines.append(f"  {counted(project['still_wanted'], 'site')} still wanted, not there")
    return lines


def _counted(project: Mapping[str, Any]) -> str:
    if project["people_counted_by"] == "services":
        return "people, counted once for each service that they use"
    return "people at their sites"


def _people(value: float) -> str:
    return people(value) if value else "nobody"


def _left(one: Mapping[str, Any]) -> str:
    before, after = (_maker(one[f"vendor_{when}"]) for when in ("before", "after"))
    return f"without any one maker {before} before, {after} after"


def _thing(one: Mapping[str, Any]) -> str:
    kind = _KIND_WORDS.get(one["kind"])
    return f"{kind} {one['id']}" if kind else f"{one['id']} ({one['kind']})"


def _change(one: Mapping[str, Any]) -> str:
    return f"{_people(one['people_before'])} before, {_people(one['people_after'])} after, in time"


def before_after_section(project: Mapping[str, Any], tables: Mapping[str, Table]) -> Html:
    """Return the section of a project's page on what its country hangs on, before and after.

    Parameters
    ----------
    project
        What the summary of a plan holds of it.
    tables
        `exposed`, `served` and `mix` of the plan.
    """
    served = [
        (HORIZON_WORDS[one["horizon"]], one["country"], _people(one["people_before"]),
         _people(one["people_after"]), _maker(one["vendor_before"]), _maker(one["vendor_after"]))
        for one in project["served"]
    ]  # fmt: skip
    heads = ("Horizon", "Country", "Served before", "After", "Left without the worst maker before",
             "After")  # fmt: skip
    text = (
        f"Counted are {_counted(project)}. What is only wanted is not there before: nobody is "
        "served by it, and nothing hangs on it."
    )
    still = project["still_wanted"]
    return joined([
        element("p", text),
        *([element("p", f"{counted(still, 'site')} still wanted, not there after.")]
          if still else []),
        table("Who is served", heads, served, numbers={2, 3, 4, 5}, named_by=1),
        _exposed(tables["exposed"]),
        _mix(tables["mix"]),
    ])  # fmt: skip


def _maker(one: Mapping[str, Any]) -> str:
    return f"{_people(one['left'])} ({one['id']})" if one["id"] else _people(one["left"])


def _exposed(rows: Table) -> Html:
    """Return what takes other people in time than before, most first, then what takes the same."""
    late = np.flatnonzero(rows["horizon"] == "in time")
    if not len(late):
        return element("p", "In time nothing takes anybody, before or after.")
    change = np.abs(rows["people_after"] - rows["people_before"])[late]
    worst = np.maximum(rows["people_after"], rows["people_before"])[late]
    order = late[np.lexsort((-worst, -change))]
    told = [
        (str(rows["id"][i]), str(rows["kind"][i]), str(rows["country"][i]),
         _people(float(rows["people_before"][i])), _people(float(rows["people_after"][i])))
        for i in order[:_ROWS].tolist()
    ]  # fmt: skip
    more = len(order) - _ROWS
    note = f"{more:,} more rows stand in the table exposed of the run." if more > 0 else ""
    heads = ("Without", "Kind", "Country", "People lost before", "After")
    return joined([
        block("Whom the loss of each thing takes in time, what changes most first",
              table("People lost", heads, told, numbers={3, 4}, tall=True)),
        *([element("p", note, class_="soft small")] if note else []),
    ])  # fmt: skip


def _mix(rows: Table) -> Html:
    told = [
        (str(rows["function"][i]), str(rows["by"][i]), str(rows["id"][i]), str(rows["country"][i]),
         percent(float(rows["before"][i])), percent(float(rows["after"][i])))
        for i in range(len(rows["id"]))
    ]  # fmt: skip
    heads = ("Function", "By", "Who", "Country", "Before", "After")
    return table("Shares of units in the country, by maker and by the maker's seat", heads, told,
                 numbers={4, 5})  # fmt: skip
