"""What a report says of one plan: cost and chances, who is swapped when and why, what binds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.geography.coast import coastlines, land
from indranet.runs import worldmap
from indranet.runs.article import Told, article
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.plan_before_after import before_after_section
from indranet.runs.plan_changes import change_lines, changes_section
from indranet.runs.plan_deliveries import delivery_lines, delivery_warnings
from indranet.runs.plan_sweep_section import SWEEP_TITLES, sweep_section
from indranet.runs.plan_terminal import CAUSE_WORDS, cost_words
from indranet.runs.rules_section import with_standing
from indranet.runs.run import Run, Table
from indranet.runs.words import counted, day, listed, number, people, percent

_WIDTH, _ROW, _LEFT, _TOP = 920, 22, 190, 26
_ROWS = 400
_SHADES = 5


def read_plan(run: Run) -> Told:
    """Read what the page tells of a plan.

    Raises
    ------
    InputError
        When the run lacks a table.
    """
    names = (
        "schedule", "dates", "pareto", "spend", "clusters", "shares", "independence", "rules",
    )  # fmt: skip
    more = ("changes", "sweep", "exposed", "served", "mix")
    asked = tuple(name for name in more if name in run.tables)
    return Told(run.manifest, {name: run.table(name) for name in (*names, *asked)})


def plan_article(answer: Told, key: str, level: int) -> Html:
    """Return the article of one plan.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page.
    level
        Level of its title among the headings of the page.
    """
    sections = [
        ("dates", "Which dates are met", _dates(answer)),
        ("when", "Who is swapped when", joined([_gantt(answer), _map(answer)])),
        *_changes(answer),
        ("money", "Money", joined([_spend(answer), _front(answer)])),
        *_project(answer),
        ("shares", "Who is there before and after", _shares(answer)),
        ("binds", "What binds, and what it is worth", _binding(answer)),
        *(
            [("sweep", SWEEP_TITLES[answer.summary["sweep"]["by"]], sweep_section(answer.summary))]
            if "sweep" in answer.tables else []
        ),
        ("why", "Why each cluster is in its period", _why(answer)),
    ]  # fmt: skip
    return article(
        _head(answer, level), sections, key, level, f"Sections on {answer.summary['goal']}", "plan"
    )


def _project(answer: Told) -> list[tuple[str, str, Html]]:
    if "project" not in answer.summary:
        return []
    body = before_after_section(answer.summary["project"], answer.tables)
    return [("project", "What the country hangs on before and after", body)]


def _changes(answer: Told) -> list[tuple[str, str, Html]]:
    if "changes" not in answer.tables:
        return []
    body = changes_section(answer.summary["changes"], answer.tables["changes"])
    return [("changes", "What is told otherwise than announced", body)]


def _head(answer: Told, level: int) -> Html:
    summary = answer.summary
    chances = [
        f"{percent(one['probability'])} for {with_standing(one['rule'], one['standing'])} by "
        f"{day(one['date'])}"
        for one in summary["dates"][:3]
    ]
    said = f"It costs {cost_words(summary)}."
    said += f" Chances to be in time: {listed(chances, 3)}." if chances else ""
    if summary["unswapped"]:
        said += (
            f" {counted(summary['unswapped'], 'cluster')} with "
            f"{people(summary['unswapped_people'])} people cannot be swapped in this plan."
        )
    changes = summary["changes"]
    said += f" {change_lines(changes)[0]}" if changes else ""
    proof = (
        f"Small print: no plan costs less than USD {number(summary['bound'])} with all counted; "
        f"this one is {summary['gap']:.3%} above ({summary['status']}). The schedule is not the "
        "weak part: prices and dates are."
    )
    blame = summary["blame"]
    return joined([
        element("p", "Plan", class_="overline"),
        element(f"h{level}", element("bdi", str(summary["goal"]))),
        element("p", said, class_="answer"),
        *([element("p", " ".join(blame["words"]))] if blame else []),
        *_delivered(answer),
        element("p", proof, class_="soft small"),
    ])  # fmt: skip


def _delivered(answer: Told) -> list[Html]:
    delivered = answer.summary["deliveries"]
    if delivered is None:
        return []
    first, *rows = delivery_lines(delivered)
    said = [element("p", line) for line in delivery_warnings(answer.summary)]
    told = [element("ul", *(element("li", row.strip()) for row in rows))] if rows else []
    return [element("p", first), *told, *said]


def _dates(answer: Told) -> Html:
    rows = answer.tables["dates"]
    told = [
        (
            with_standing(str(rows["rule"][i]), str(rows["standing"][i])),
            str(rows["operator"][i]) or str(rows["country"][i]) or "all", str(rows["date"][i]),
            _date(rows["planned"][i]), _date(rows["at_best"][i]),
            percent(float(rows["probability"][i])),
            _date(rows["late"][i]),
            f"{percent(float(rows['raised_to'][i]))} {CAUSE_WORDS[str(rows['raises_most'][i])]}"
            if str(rows["raises_most"][i]) else "",
        )
        for i in range(len(rows["rule"]))
    ]  # fmt: skip
    heads = ("Rule", "Binds", "Date", "Planned", "At best", "Probability", "Middle of the draws",
             "What would raise it most")  # fmt: skip
    return joined([
        table("Dated rules", heads, told, numbers={5}) if told
        else element("p", "No dated rule that a swap can meet binds this goal."),
        _limits(answer),
        _entries(answer),
        _rules(answer),
    ])  # fmt: skip


def _limits(answer: Told) -> Html:
    told = [
        (one["words"], one["date"], one["planned"] or "never")
        for one in answer.summary["limits_from"]
    ]
    if not told:
        return Html("")
    return table("Limits that hold from a day on", ("Limit", "From", "Kept from, as planned"), told)


def _entries(answer: Told) -> Html:
    told = [
        (one["vendor"] or "core of the new network", one["operator"], number(one["usd"]),
         one["begins"] or "never", one["swaps_from"] or "never")
        for one in answer.summary["entries"]
    ]  # fmt: skip
    if not told:
        return Html("")
    heads = ("Who", "Operator", "USD", "Begins", "Swaps from")
    return table("What comes before swaps", heads, told, numbers={2})


def _rules(answer: Told) -> Html:
    rows = answer.tables["rules"]
    told = [
        (with_standing(str(rows["rule"][i]), str(rows["standing"][i])),
         str(rows["operator"][i]) or str(rows["country"][i]), f"{float(rows['limit'][i]):g}",
         _holds(rows, "before", i), _holds(rows, "after", i))
        for i in range(len(rows["rule"]))
    ]  # fmt: skip
    if not told:
        return Html("")
    heads = ("Rule", "Binds", "Limit", "Without the plan", "As planned")
    return table("All rules of the case at the end of the plan", heads, told, numbers={2})


def _holds(rows: Table, when: str, place: int) -> str:
    words = {"true": "holds", "false": "broken"}
    value = float(rows[f"value_{when}"][place])
    told = words.get(str(rows[f"holds_{when}"][place]), "unknown")
    return told if np.isnan(value) else f"{told}, {value:.3g}"


def _date(value: Any) -> str:
    return "never" if np.isnat(np.datetime64(value)) else str(np.datetime64(value, "D"))


def _gantt(answer: Told) -> Html:
    """Return who is swapped when, a row a region: the darker, the more of its people."""
    rows = answer.tables["clusters"]
    periods = np.unique(answer.tables["spend"]["period"]).astype("datetime64[D]")
    regions = sorted({str(r) for r in rows["region"]})
    total = {r: float(rows["people"][rows["region"] == r].sum()) or 1.0 for r in regions}
    step = (_WIDTH - _LEFT) / max(len(periods), 1)
    height = _TOP + _ROW * len(regions) + 6
    marks: list[Html] = []
    for number_, region in enumerate(regions):
        y = _TOP + number_ * _ROW
        name = region or "no region"
        label = name if len(name) <= 24 else f"{name[:23]}…"
        marks.append(element("text", label, x=_LEFT - 8, y=y + 15, text_anchor="end"))
        for at, period in enumerate(periods):
            mine = (rows["region"] == region) & (rows["period"] == period)
            if not mine.any():
                continue
            part = float(rows["people"][mine].sum()) / total[region]
            held = counted(int(mine.sum()), "cluster")
            title = f"{name}, from {period}: {held}, {percent(part)} of its people"
            shade = min(int(np.ceil(part * 2 * _SHADES)), _SHADES)
            marks.append(
                element("rect", element("title", title), class_=f"c{max(shade, 1)}",
                        x=f"{_LEFT + at * step:.1f}", y=y + 2, width=f"{max(step - 1.5, 1):.1f}",
                        height=_ROW - 4)
            )  # fmt: skip
    for at, period in enumerate(periods):
        month = period.astype("datetime64[M]").astype(int) % 12
        if month < 3 and (
            at == 0 or periods[at - 1].astype("datetime64[Y]") != period.astype("datetime64[Y]")
        ):
            x = f"{_LEFT + at * step:.1f}"
            marks.append(element("text", str(period.astype("datetime64[Y]")), x=x, y=16))
            marks.append(element("path", class_="rule", d=f"M{x} 20V{height}"))
    words = "Who is swapped when: a row for each region, a column for each period."
    picture = element(
        "svg", *marks, viewBox=f"0 0 {_WIDTH} {height}", role="img", aria_label=words,
        class_="chart gantt",
    )  # fmt: skip
    return element(
        "figure",
        element("figcaption", f"{words} The darker, the larger the part of its people."),
        picture,
    )


def _map(answer: Told) -> Html:
    """Return where and when: the darker a cluster, the later."""
    rows = answer.tables["clusters"]
    known = np.flatnonzero(np.isfinite(rows["lat"]) & np.isfinite(rows["lon"]))
    if not len(known):
        return Html("")
    lat, lon = rows["lat"][known], rows["lon"][known]
    period = rows["period"][known].astype("datetime64[D]")
    periods = np.unique(period[~np.isnat(period)])
    place = np.searchsorted(periods, period)
    shade = np.where(np.isnat(period), 0, 1 + place * _SHADES // max(len(periods), 1))
    shown = worldmap.frame(lat, lon)
    x, y = worldmap.project(shown, lat, lon)
    titles = [
        f"{name}: {before} to {after or 'nothing'}, "
        + ("not swapped" if np.isnat(when) else f"from {when}")
        for name, before, after, when in zip(
            rows["cluster"][known], rows["before"][known], rows["after"][known], period, strict=True
        )
    ]
    radius = worldmap.radii(rows["people"][known] + 1.0, shown)
    marks = worldmap.circles(x, y, radius, np.clip(shade, 0, _SHADES).astype(np.int64), titles)
    words = "Where: the darker a circle, the later its cluster is swapped; hollow is not swapped."
    return element(
        "figure", element("figcaption", f"{words} Coastlines only."),
        worldmap.svg(shown, land(), coastlines(), marks, words), class_="map days-map",
    )  # fmt: skip


def _spend(answer: Told) -> Html:
    rows = answer.tables["spend"]
    told = []
    for operator in dict.fromkeys(rows["operator"].tolist()):
        mine = np.flatnonzero(rows["operator"] == operator)
        for i in mine.tolist():
            cash = float(rows["cash_usd"][i])
            told.append((
                str(operator), str(rows["period"][i]), number(float(rows["planned_usd"][i])),
                "no limit" if np.isnan(cash) else number(cash),
            ))  # fmt: skip
    heads = ("Operator", "Period from", "Spent by its end, refunds off, USD", "Money by then, USD")
    return block(
        "Spend against money, by period", table("Spend", heads, told, numbers={2, 3}, named_by=1)
    )


def _front(answer: Told) -> Html:
    rows = answer.tables["pareto"]
    if not len(rows["weight"]):
        return Html("")
    told = [
        (f"{float(rows['weight'][i]):g}", number(float(rows["cost_usd"][i])),
         number(float(rows["exposure_person_days"][i])), f"{float(rows['gap'][i]):.2%}")
        for i in range(len(rows["weight"]))
    ]  # fmt: skip
    heads = ("USD a person and day of exposure", "Cost, USD", "Person-days exposed", "Gap")
    return table(
        "Faster costs more: plans at other prices of a day on which a person hangs on what must go",
        heads, told, numbers={0, 1, 2, 3},
    )  # fmt: skip


def _shares(answer: Told) -> Html:
    rows, changed = answer.tables["shares"], answer.summary["new_dependences"]
    told = [
        (str(rows["id"][i]), str(rows["operator"][i]), percent(float(rows["before"][i])),
         percent(float(rows["after"][i])))
        for i in np.lexsort((-rows["after"], rows["operator"].astype(str))).tolist()
    ]  # fmt: skip
    more = [
        f"{one['id']} ({one['kind']}, {one['horizon']}): "
        f"{people(one['people_lost_more'])} more people"
        for one in changed
    ]
    text = (
        "A plan that trades one dependence for another says so. The network as planned hangs more "
        f"on: {listed(more, 5)}."
        if more else "The network as planned hangs on nothing more than it does today."
    )  # fmt: skip
    return joined([
        table("Vendors' shares of units for the functions concerned",
              ("Vendor", "Operator", "Before", "After"), told, numbers={2, 3}),
        element("p", text),
    ])  # fmt: skip


def _binding(answer: Told) -> Html:
    found = answer.summary["binding"]
    if not found:
        return element("p", "Nothing binds but dates and offers: more of anything saves nothing.")
    return element("ul", *(element("li", one["words"]) for one in found))


def _why(answer: Told) -> Html:
    rows = answer.tables["schedule"]
    order = np.lexsort((rows["cluster"].astype(str), rows["period"].astype("datetime64[D]")))
    told = _rows(rows, order[:_ROWS])
    heads = ("Cluster", "Function", "New product", "Period from", "USD", "Because")
    more = len(order) - _ROWS
    note = f"{more:,} more rows stand in the table schedule of the run." if more > 0 else ""
    return joined([
        block(f"{counted(len(order), 'row')} of the schedule",
              table("Schedule", heads, told, numbers={4}, tall=True)),
        *([element("p", note, class_="soft small")] if note else []),
    ])  # fmt: skip


def _rows(rows: Table, order: npt.NDArray[np.integer]) -> Sequence[tuple[str, ...]]:
    return [
        (str(rows["cluster"][i]), str(rows["function"][i]), str(rows["product"][i]) or "none",
         _date(rows["period"][i]), number(float(rows["cost_usd"][i])), str(rows["because"][i]))
        for i in order.tolist()
    ]  # fmt: skip
