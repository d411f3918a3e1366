"""The debrief of an exercise in a report: the course of it, the turns, and what they were worth."""

from datetime import date

import numpy as np

from indranet.runs.article import Told, article
from indranet.runs.diversify_terminal import loss_words
from indranet.runs.exercise_terminal import (
    agreements_words,
    best_decisions,
    better_words,
    hindsight_words,
    lost_lines,
)
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.run import Run
from indranet.runs.stress_chart import Curve, chart, day_ticks
from indranet.runs.stress_course import common_scale
from indranet.runs.words import counted, number, percent

_LINES = ("people_served", "without", "hindsight")
_CHOICES = {"buy": "buys", "sign": "signs", "withhold": "withholds", "pass": "passes"}


def read_exercise(run: Run) -> Told:
    """Read what the page tells of an exercise.

    Raises
    ------
    InputError
        When the run lacks a table.
    """
    names = ("turns", "told", "days", "decisions", "scores")
    return Told(run.manifest, {name: run.table(name) for name in names})


def exercise_article(answer: Told, key: str, level: int) -> Html:
    """Return the article of one run.

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
        ("course", "Who was served, day by day", _course(answer)),
        ("turns", "What happened, and what was done", _turns(answer)),
        ("decisions", "What each decision was worth", _decisions(answer)),
        ("scores", "The score", _scores(answer)),
    ]
    summary = answer.summary
    teams = counted(len(summary["teams"]), "team")
    how = (
        f"Small print: {teams}, {counted(len(summary['turns']), 'turn')} in "
        f"{counted(summary['days'], 'day')}, {counted(summary['draws'], 'draw')}. Each day is that "
        "of a run with what acts and is in force on it; all runs meet the same draws. People count "
        "once for each service that they use."
    )
    head = joined([
        element("p", "Exercise", class_="overline"),
        element(f"h{level}", element("bdi", str(summary["exercise"]))),
        element("p", " ".join(lost_lines(summary)), class_="answer"),
        element("p", how, class_="soft small"),
    ])  # fmt: skip
    about = f"Sections on the exercise {summary['exercise']}"
    return article(head, sections, key, level, about, "exercise")


def _course(answer: Told) -> Html:
    """Return people served by day, in all and in each team's country, as played and otherwise."""
    days, summary = answer.tables["days"], answer.summary
    count = summary["days"]
    every = {name: days[name].reshape(count, -1) for name in _LINES}
    countries = days["country"].reshape(count, -1)[0].tolist() if len(days["day"]) else []
    shown = [("All countries", {name: values.sum(axis=1) for name, values in every.items()})]
    for team in summary["teams"]:
        if team["country"] in countries:
            at = countries.index(team["country"])
            shown.append((team["team"], {name: every[name][:, at] for name in _LINES}))
    # Before the first turn nothing has happened that the script tells of.
    parts = {title: {n: v / (v[0] or 1.0) for n, v in lines.items()} for title, lines in shown}
    moving = {
        title: lines
        for title, lines in parts.items()
        if any(np.abs(v - 1.0).max() > 0 for v in lines.values())
    }
    still = [title for title in parts if title not in moving]
    said = [element("p", f"Nobody goes without in: {', '.join(still)}.")] if still else []
    first = date.fromisoformat(str(answer.manifest["first_day"]))
    begins = [(float(turn["day"]), float(turn["day"])) for turn in summary["turns"]]
    figures = []
    for title, lines in moving.items():
        curves = [Curve(v, v, v) for v in lines.values()]
        least = float(lines["people_served"].min())
        words = f"least as played {percent(least)} of the first day's users"
        beside = [(name, lines[name]) for name in _LINES[1:]]
        figures.append(element(
            "figure",
            element("figcaption", element("strong", title), " ", element("span", words)),
            chart(curves[0], common_scale(curves), day_ticks(first, count), begins,
                  f"Users served in {title}: {words}", beside=beside),
        ))  # fmt: skip
    legend = (
        "Solid: as played. Dotted: nobody does anything. Dashed: with hindsight. Upright lines are "
        "the turns."
    )
    return joined([
        *([element("p", legend)] if figures else []), *said,
        element("div", *figures, class_="charts") if figures else Html(""),
    ])  # fmt: skip


def _turns(answer: Told) -> Html:
    turns, told, parts = answer.tables["turns"], answer.tables["told"], []
    for turn in answer.summary["turns"]:
        day = turn["day"]
        cells = [
            (str(turns["team"][i]), _CHOICES[str(turns["choice"][i])], str(turns["what"][i]),
             number(float(turns["cost_usd"][i])) if turns["cost_usd"][i] else "")
            for i in np.flatnonzero(turns["day"] == day).tolist()
        ]  # fmt: skip
        heads = ("Team", "Does", "What", "USD")
        rows = np.flatnonzero(told["day"] == day).tolist()
        knew = [
            (str(told["team"][i]), *(number(float(told[name][i])) for name in
             ("people_served", "lost", "forecast", "forecast_abroad")),
             f"{told['stockouts'][i]:,}", f"{told['stockouts_ahead'][i]:,}",
             number(float(told["money_left_usd"][i])))
            for i in rows
        ]  # fmt: skip
        known = ("Team", "Served that day", "People-days lost so far", "By the end",
                 "By the end, abroad", "Stocks run out", "Still to", "USD left")  # fmt: skip
        parts += [
            element("p", element("strong", f"Day {day}. "), str(turn["words"])),
            table(f"What was done on day {day}", heads, cells, numbers={3}),
            block("What each team was told", table("If nothing more is done", known, knew,
                                                   numbers=set(range(1, 8)))),
        ]  # fmt: skip
    return joined(parts)


def _decisions(answer: Told) -> Html:
    summary = answer.summary
    rows = best_decisions(summary)
    if not rows:
        return element("p", "Nobody did anything.")
    cells = [
        (f"{row['team']} {_CHOICES[row['do']]} {row['what']}", f"{row['day']}",
         loss_words(row["worth"], row["unit"]), better_words(row).removeprefix("; "))
        for row in rows
    ]  # fmt: skip
    text = (
        "Each decision is left out alone, all others being as they were: two that save the same "
        "are worth nothing each, and each signature under an agreement is worth all of it."
    )
    heads = ("Decision", "Day", "Worth", "Earlier")
    return joined([
        element("p", text),
        table("What would have been lost more without it", heads, cells, numbers={1, 2}),
        element("p", agreements_words(summary)),
    ])  # fmt: skip


def _scores(answer: Told) -> Html:
    summary = answer.summary
    names = ("lost", "without", "hindsight", "saved", "spent_usd", "budget_usd")
    cells = [
        ("All countries" if not row["country"] else str(row["team"]),
         *(number(float(row[name])) for name in names))
        for row in summary["scores"]
    ]  # fmt: skip
    heads = ("Team", "Lost", "Nobody does anything", "Hindsight", "Saved", "Spent, USD",
             "Of, USD")  # fmt: skip
    return joined([
        table("People-days by team, and money", heads, cells, numbers=set(range(1, 7))),
        element("p", hindsight_words(summary)),
    ])  # fmt: skip
