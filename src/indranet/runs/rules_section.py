"""Which rules hold, which are broken and which nobody can tell, as a part of the report."""

import numpy as np
import numpy.typing as npt

from indranet.runs.findings import Answer
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Table
from indranet.runs.words import counted, day, exact, listed, percent

_SHARES = ("share", "people_without_any_one_vendor")
_VERDICTS = {"false": "Broken", "unknown": "Not known", "true": "Holds"}
"""What is said of a rule, in the order in which it is told."""
_QUESTIONS = 40
_FEW = 4
"""Rules, operators or countries of a question that are named."""
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
    proposed = np.array(["proposed" in text for text in found["standing"]], dtype=bool)
    begun = found["from"] <= on
    return joined(
        [
            element("p", _lead(answer)),
            element("p", _whose(answer), class_="soft small"),
            _rulings(answer, np.flatnonzero(begun & ~proposed), "Rules in force", level),
            _rulings(answer, np.flatnonzero(~begun & ~proposed), "Rules still to come", level),
            _rulings(answer, np.flatnonzero(proposed), "Rules that are only proposed", level),
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
        with_standing(str(found["rule"][row]), str(found["standing"][row])),
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


def with_standing(rule: str, standing: str) -> str:
    """Return a rule's name with what is to be said of it wherever it is named.

    >>> with_standing("cap", ""), with_standing("cap", "unverified")
    ('cap', 'cap (unverified)')
    """
    return f"{rule} ({standing})" if standing else rule


def first_questions(found: Table) -> list[tuple[str, list[int], float]]:
    """Return each question once, the most telling first: words, rows that ask it, what it settles.

    What it settles are parts of the ranges of rulings that are not known, added up: 2 is as much
    as two rulings.

    Parameters
    ----------
    found
        The table `rule_questions`.
    """
    rows: dict[str, list[int]] = {}
    for row, question in enumerate(found["question"].tolist()):
        rows.setdefault(question, []).append(row)
    told = [(words, at, float(found["settles"][at].sum())) for words, at in rows.items()]
    return sorted(told, key=lambda one: (-round(one[2], 9), one[0]))


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
    asked = first_questions(found)
    lines = [
        (words, *(_each(answer, rows, of) for of in ("rule", "operator", "country")), f"{part:.3g}")
        for words, rows, part in asked[:_QUESTIONS]
    ]
    left = len(asked) - len(lines)
    more = f" {left:,} more are in rule_questions.parquet." if left else ""
    caption = (
        "What to find out, the most telling first. What it settles is how much of the range "
        "between the least and the most hangs on it, added up over the rulings that are not known: "
        f"2 is as much as two of them.{more}"
    )
    heads = ("Question", "Rules", "Operators", "Countries", "Settles")
    return joined(
        [
            element(f"h{level}", "What would settle what is not known"),
            table(caption, heads, lines, numbers={4}),
        ]
    )


def _each(answer: Answer, rows: list[int], of: str) -> str:
    """Return the rules, operators or countries of some questions, each once."""
    found = answer.tables["rule_questions"]
    names = list(dict.fromkeys(str(name) for name in found[of][rows] if name))
    if of == "rule":
        return listed(names, _FEW)
    kind = "firm" if of == "operator" else "country"
    return listed([answer.name(kind, name) for name in names], _FEW)
