"""How much to trust a stress run: its assumptions, the bound beside it, what it leaves out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from indranet.runs.exposure_tables import provenance_table
from indranet.runs.markup import Html, element, joined, table
from indranet.runs.run import Table
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_services import not_considered
from indranet.runs.stress_terminal import MEASURE_WORDS
from indranet.runs.stress_words import NOTHING, is_random
from indranet.runs.words import counted, listed, number, percent
from indranet.studies.calibration import calibration_words

_AS_ASKED = "as asked"
_TOLD = ("production", "final_consumption")
"""Measures among whose losses the one that moves most is looked for."""
_SLIGHTLY = 0.02
"""A change of the loss by less of itself is none to speak of."""
_PARAMETERS = {
    "stock_days": "Days of stock",
    "adjustment_days": "Days to close a gap in stock",
    "order_basis": "What plants order by",
    "need_share": "Share of a need that must be left",
    "unknown status": "Products that nobody vouches for",
}
_BASES = {
    "planned": "demand, as far as capacity goes",
    "realised": "what they made the day before",
    "initial": "what is usual",
}


def trust_stress_section(answer: StressAnswer, level: int) -> Html:
    """Return the sensitivity table, the bound, the limits and how the rows came to be known.

    Parameters
    ----------
    answer
        What the run found.
    level
        Level of a heading here.
    """
    return joined(
        [
            element(f"h{level}", "If an assumption were another"),
            *_sensitivity(answer),
            element(f"h{level}", "The least that would be lost"),
            element("p", _bound_words(answer)),
            element(f"h{level}", "What the model leaves out"),
            element("ul", *(element("li", text) for text in _limits(answer)), class_="limits"),
            *_not_considered(answer, level),
            element(f"h{level}", "How the rows of the case came to be known"),
            *(element("p", str(text)) for text in answer.manifest["warnings"]),
            provenance_table(answer.manifest["provenance_shares"]),
        ]
    )


def _not_considered(answer: StressAnswer, level: int) -> list[Html]:
    told = not_considered(answer)
    if not told:
        return []
    items = (element("li", text) for text in told)
    return [
        element(f"h{level}", "What was not considered"),
        element("ul", *items, class_="limits"),
    ]


def _sensitivity(answer: StressAnswer) -> list[Html]:
    rows = answer.tables["sensitivity"]
    measures = [m for m, row in answer.summary["measures"].items() if row["usual"]]
    variants = list(dict.fromkeys(zip(rows["parameter"], rows["value"], strict=True)))
    lost = shares(rows)
    if len(variants) < 2:
        return [element("p", "The case is too large to run it again under other assumptions.")]
    lines = [
        (
            _parameter_words(parameter),
            _value_words(parameter, value),
            *(_share(lost[parameter, value, measure]) for measure in measures),
        )
        for parameter, value in variants
    ]
    usual = " Drawn durations are at their middle." if is_random(answer) else ""
    heads = ("Assumption", "Taken as", *(_head(measure) for measure in measures))
    return [
        element("p", mover_words(answer)),
        table(
            f"Part of the usual lost over all days, one assumption changed at a time.{usual}",
            heads,
            lines,
            numbers=range(2, len(heads)),
        ),
    ]


def shares(rows: Table) -> dict[tuple[str, str, str], float]:
    """Return the lost share of each (parameter, value, measure)."""
    keys = zip(*(rows[c].tolist() for c in ("parameter", "value", "measure")), strict=True)
    return dict(zip(keys, rows["lost_share"].tolist(), strict=True))


def _head(measure: str) -> str:
    words = MEASURE_WORDS.get(measure, measure)
    return words[:1].upper() + words[1:]


def _share(share: float) -> str:
    if abs(share) <= NOTHING:
        return "nothing"
    return percent(share) if share > 0 else f"{percent(-share)} gained"


def _parameter_words(parameter: str) -> str:
    return "As asked" if parameter == _AS_ASKED else _PARAMETERS.get(parameter, parameter)


def _value_words(parameter: str, value: str) -> str:
    if parameter == "stock_days":
        factor = float(value.removeprefix("x "))
        return {0.5: "half", 2.0: "twice"}.get(factor, f"{factor:g} times")
    if parameter == "adjustment_days":
        return counted(float(value), "day")
    if parameter == "need_share":
        return percent(float(value))
    return _BASES.get(value, value)


def mover_words(answer: StressAnswer) -> str:
    """Return the assumption that moves the loss most, in a sentence."""
    lost = shares(answer.tables["sensitivity"])
    asked = {
        measure: share for (parameter, _, measure), share in lost.items() if parameter == _AS_ASKED
    }
    told = [m for m in _TOLD if asked.get(m) is not None] or list(asked)
    moves = {
        key: abs(share - asked[key[2]])
        for key, share in lost.items()
        if key[0] != _AS_ASKED and key[2] in told
    }
    parameter, value, measure = key = max(moves, key=lambda k: moves[k])
    words = MEASURE_WORDS.get(measure, measure)
    if moves[key] <= _SLIGHTLY * max(asked[measure], 1e-3):
        return "None of these assumptions moves what is lost to speak of."
    return (
        f"The answer hangs most on this: {_parameter_words(parameter).lower()}. Taken as "
        f"{_value_words(parameter, value)}, what is lost of {words} is {_share(lost[key])}, "
        f"against {_share(asked[measure])} as asked."
    )


def _bound_words(answer: StressAnswer) -> str:
    rows = answer.tables["bounds"]
    if not len(rows["lost"]):
        return (
            "It is not known: the case is too large for the linear program, or plants act as "
            "industries."
        )
    lost, least = (float(rows[name][0]) for name in ("lost", "lost_at_least"))
    if np.isnan(least):
        return "It is not known: the linear program was given up."
    course = "in the usual course of events" if is_random(answer) else "here"
    least_words = (
        f"USD {number(least)} would still be lost" if least > 1 else "nothing would be lost"
    )
    return (
        "Suppose that everybody knew beforehand what comes, and sold to whom it helps most: of "
        "what consumers and operators use, who draw on their stocks, "
        f"{least_words}. {course.capitalize()} it is USD {number(max(lost, 0.0))}. Whoever "
        "acts more wisely than the rules of the model loses less than that, and nobody less than "
        f"the bound. {_met_words(float(rows['days_met'][0]))} (Linear program of Simchi-Levi et "
        "al. 2015.)"
    )


def _met_words(days: float) -> str:
    still = "while what the scenario stops at its worst stands still"
    if np.isinf(days):
        return f"All demand could be met for any length of time {still}."
    if days < 1:
        return f"Not for one day could all demand be met {still}."
    return f"All demand could be met for {counted(round(days, 1), 'day')} {still}."


def _limits(answer: StressAnswer) -> list[str]:
    summary: Mapping[str, Any] = answer.summary
    made_up = float(answer.manifest["provenance_shares"].get("synthetic", 0.0))
    basis = _BASES.get(str(summary["order_basis"]), str(summary["order_basis"]))
    limits = [
        "There are no prices: nothing gets dearer, nobody buys less because of it, and money is "
        "counted at the prices of the case.",
        "Nobody learns: plants go by the same rules on the first day and on the last.",
        "Who buys from whom stays as it is, unless the scenario lets plants look for other makers "
        "(resourcing_days).",
        f"The results hang on the days of stock, on how fast gaps in it are ordered, and on what "
        f"plants order by (here: {basis}). Stocks that a case does not state are 15 days.",
        f"{calibration_words()} Compare scenarios with each other before you quote one number.",
        "Only what the case holds can fail. A plant that it does not know is neither lost nor does "
        "it help.",
        "Less is never better: harm that comes from what stays up (towers that keep phones from "
        "another network's emergency calls) is seen only where the case has a need for it.",
        "What is lost is what is not made up later within the days looked at.",
    ]  # fmt: skip
    if summary["production"] == "ario":
        limits.append(
            "Plants act as industries (ARIO): some overproduction, proportional rationing."
        )
    if answer.counts_services:
        limits.append(
            "Users are people, counted once for each service that they use: the numbers compare "
            "days and scenarios, and do not count heads."
        )
    force = list(map(str, summary["agreements_in_force"]))
    if force:
        limits.append(f"Agreements in force: {listed(force, 20)}.")
    if made_up:
        limits.insert(
            0,
            f"{percent(made_up)} of the rows are synthetic: made up to be plausible. What rests on "
            "them shows how such a world would fare, not how this one does.",
        )
    return limits
