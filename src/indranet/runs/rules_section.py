"""Which rules hold, which are broken and which nobody can tell, as a part of the report."""

import numpy as np
import numpy.typing as npt

from indranet.runs.findings import Answer
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.words import counted, day, exact, percent

_SHARES = ("share", "people_without_any_one_vendor")
_VERDICTS = {"false": "Broken", "unknown": "Not known", "true": "Holds"}
"""What is said of a rule, in the order in which it is told."""
_QUESTIONS = 40
_PLACES = 6
"""Decimals of a percentage at most."""


def rules_section(answer: Answer, level: int) -> Html:
    """Return whether each rule of the case holds, on what evidence, and what to ask.

    Parameters
    ----------
    answer
        What the run found, with the tables `rules` and `rule_questions`.
    level
        Level of a heading here.
    """
    on = np.datetime64(str(answer.summary["on"]))
    found = answer.tables["rules"]
    begun = found["from"] <= on
    return joined(
        [
            element("p", _lead(answer)),
            element("p", _whose(answer), class_="soft small"),
            _rulings(answer, np.flatnonzero(begun), "Rules in force", level),
            _rulings(answer, np.flatnonzero(~begun), "Rules still to come", level),
            _questions(answer, level),
        ]
    )


def _lead(answer: Answer) -> str:
    told = answer.summary["rules"]
    coming = told["to_come"]
    later = sum(coming.values())
    words = (
        f"On {day(answer.summary['on'])}, counted once for each whom a rule binds: "
        f"{told['holds']:,} hold, {told['broken']:,} are broken, and of {told['unknown']:,} it is "
        "not known."
    )
    if not later:
        return words
    return (
        f"{words} Of {later:,} still to come, {coming['holds']:,} would hold today, "
        f"{coming['broken']:,} would be broken, and of {coming['unknown']:,} it is not known."
    )


def _whose(answer: Answer) -> str:
    words = (
        "A rule and its limit are those of whoever set them, as the source says; this report rates "
        "no vendor and no country. "
    )
    if "excluded" in answer.summary:
        authority = answer.summary["excluded"]["authority"]
        return f"{words}Firms are excluded as {authority} says, who was named by whoever asked."
    return (
        f"{words}No authority was named, so that of rules on excluded firms nothing is known: name "
        "one with --authority."
    )


def _rulings(answer: Answer, rows: npt.NDArray[np.int64], title: str, level: int) -> Html:
    if not len(rows):
        return Html("")
    found = answer.tables["rules"]
    parts: list[Html] = [element(f"h{level}", title)]
    for holds, verdict in _VERDICTS.items():
        mine = rows[found["holds"][rows] == holds]
        if not len(mine):
            continue
        lines = [_line(answer, row) for row in mine.tolist()]
        heads = ("Rule", "From", "Binds", "Asks", "Value", "Limit", "Margin", "Evidence", "Source")
        caption = f"{verdict}: {counted(len(mine), 'ruling')}."
        grid = table(caption, heads, lines, numbers={4, 5, 6})
        parts.append(grid if holds == "false" else block(caption, grid, open_on_paper=True))
    return joined(parts)


def _line(answer: Answer, row: int) -> tuple[str, ...]:
    found = answer.tables["rules"]
    metric = str(found["metric"][row])
    low, high, limit, margin = (
        float(found[column][row]) for column in ("low", "high", "limit", "margin")
    )
    return (
        str(found["rule"][row]),
        str(found["from"][row]),
        _binds(answer, row),
        str(found["says"][row]),
        value_words(metric, low, high, limit),
        f"{found['comparison'][row]} {amount_words(metric, limit)}",
        "\u2013" if np.isnan(margin) else _signed(metric, margin),
        str(found["evidence"][row]),
        str(found["source"][row]),
    )


def _binds(answer: Answer, row: int) -> str:
    """Return whom a ruling binds, in words."""
    found = answer.tables["rules"]
    country, operator = str(found["country"][row]), str(found["operator"][row])
    where = answer.name("country", country)
    if not operator:
        return where or "everywhere"
    who = answer.name("firm", operator)
    return f"{who}, {where}" if where else who


def value_words(metric: str, low: float, high: float, limit: float) -> str:
    r"""Return the range in which a value lies, as people read it beside a limit.

    >>> value_words("share", 0.3, 0.3, 0.5), value_words("count", 2.0, float("inf"), 0.0)
    ('30\xa0%', '2 or more')
    >>> value_words("share", 0.4996, 0.4996, 0.5)
    '49.96\xa0%'
    """
    least, most = (amount_words(metric, end, limit) for end in (low, high))
    if low == high:
        return least
    return f"{least} or more" if np.isinf(high) else f"{least} to {most}"


def amount_words(metric: str, amount: float, beside: float | None = None) -> str:
    r"""Return one amount of a metric as people read it, told apart from another beside it.

    >>> amount_words("hhi", 0.417), amount_words("vendors", 2.0)
    ('0.417', '2')
    """
    if np.isinf(amount):
        return "no end"
    if metric not in _SHARES or not 0 <= amount <= 1:
        return f"{amount:.3f}" if metric == "hhi" else exact(amount)
    words = percent(amount)
    if beside is None or amount == beside or words != percent(beside):
        return words
    places = next((n for n in range(1, _PLACES) if round(100 * (amount - beside), n)), _PLACES)
    return f"{100 * amount:.{places}f}\u00a0%"


def _signed(metric: str, margin: float) -> str:
    return ("\u2212" if margin < 0 else "") + amount_words(metric, abs(margin))


def _questions(answer: Answer, level: int) -> Html:
    found = answer.tables["rule_questions"]
    if not len(found["rule"]):
        return Html("")
    order = np.lexsort((np.arange(len(found["rule"])), -found["effect"]))[:_QUESTIONS]
    lines = [
        (
            str(found["question"][row]),
            str(found["rule"][row]),
            answer.name("firm", operator) if (operator := str(found["operator"][row])) else "",
            answer.name("country", str(found["country"][row])),
            f"{found['effect'][row]:.3g}",
        )
        for row in order.tolist()
    ]
    left = len(found["rule"]) - len(lines)
    more = f" {left:,} more are in rule_questions.parquet." if left else ""
    caption = (
        "What to find out, the most telling first. The effect is how much of the range between the "
        f"least and the most hangs on it, as the metric.{more}"
    )
    heads = ("Question", "Rule", "Operator", "Country", "Effect")
    return joined(
        [
            element(f"h{level}", "What would settle what is not known"),
            table(caption, heads, lines, numbers={4}),
        ]
    )
