"""A report: one page that holds everything it shows and needs no network."""

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from indranet.errors import UsageError
from indranet.model.schema import MARKINGS
from indranet.runs.diversify_page import DiversifyAnswer, diversify_article, read_diversify
from indranet.runs.exercise_page import ExerciseAnswer, exercise_article, read_exercise
from indranet.runs.exposure_page import exposure_article
from indranet.runs.findings import Answer, read_answer
from indranet.runs.markup import Html, element, joined
from indranet.runs.partners_page import PartnersAnswer, partners_article, read_partners
from indranet.runs.plan_page import PlanAnswer, plan_article, read_plan
from indranet.runs.run import Run
from indranet.runs.stress_findings import StressAnswer, read_stress
from indranet.runs.stress_page import stress_article
from indranet.runs.words import listed

REPORTED = ("exposure", "stress", "plan", "diversify", "partners", "exercise")
"""Commands whose runs can be reported, in the order in which a page tells them."""
Answers = Answer | StressAnswer | PlanAnswer | DiversifyAnswer | PartnersAnswer | ExerciseAnswer
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_MADE_BY = element("meta", name="generator", content="Indranet")


def report(runs: Sequence[Run], out: Path) -> None:
    """Write one HTML file that tells what some runs found; an existing one is replaced.

    Parameters
    ----------
    runs
        Finished runs, told in this order, those of one command together.
    out
        File to write, whole or not at all.

    Raises
    ------
    UsageError
        When there is no run, a run is of a command that cannot be reported, or `out` is a folder or
        a file that is no report.
    InputError
        When a run lacks something that the report reads.
    """
    if not runs:
        raise UsageError("a report needs at least one run")
    for run in runs:
        command = str(run.manifest.get("command", ""))
        if command not in REPORTED:
            known = listed(REPORTED, len(REPORTED))
            raise UsageError(f"{run.folder}: a run of {command!r} has no report; {known} have")
    if out.is_dir():
        raise UsageError(f"{out} is a folder: name the file to write")
    if out.exists() and not _is_report(out):
        raise UsageError(f"{out} is no report of ours, and is left as it is: choose another --out")
    told = sorted(runs, key=lambda run: REPORTED.index(str(run.manifest["command"])))
    text = _page([_read(run) for run in told])
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return str(_MADE_BY).encode() in file.read(1000)


def _read(run: Run) -> Answers:
    if run.manifest["command"] == "plan":
        return read_plan(run)
    if run.manifest["command"] == "diversify":
        return read_diversify(run)
    if run.manifest["command"] == "partners":
        return read_partners(run)
    if run.manifest["command"] == "exercise":
        return read_exercise(run)
    return read_stress(run) if run.manifest["command"] == "stress" else read_answer(run)


def _page(answers: Sequence[Answers]) -> Html:
    marking = max((str(answer.manifest["marking"]) for answer in answers), key=MARKINGS.index)
    cases = list(dict.fromkeys(str(answer.manifest["case"]) for answer in answers))
    title = listed(cases, 4)
    style = "".join(
        map(_file, ("report.css", "only_section.css", "tiers_section.css", "stress.css"))
    )
    script = "".join(map(_file, ("report.js", "tiers_section.js", "stress.js")))
    # Only a marking of the protocol comes here, never a text from data.
    paper = f'@page {{ @top-right {{ content: "{marking}"; font: 700 8.5pt sans-serif; }} }}'
    alone = len(answers) == 1
    articles = [
        _article(answer, f"run{at}", 1 if alone else 2) for at, answer in enumerate(answers, 1)
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        _MADE_BY,
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title}: {_subject(answers)} ({marking})"),
        element("style", Html(style + paper)),
    )
    body = element(
        "body",
        _banner(marking, title),
        element("main", "" if alone else _contents(answers, title), *articles),
        element(
            "footer",
            element(
                "p",
                "Made by Indranet, which needs no network to make or to read this page. "
                "Coastlines: Natural Earth, in the public domain.",
            ),
        ),
        element("p", marking, class_="marked on-paper", aria_hidden="true"),
        element("script", Html(script)),
    )
    return joined([Html("<!DOCTYPE html>\n"), element("html", head, body, lang="en"), Html("\n")])


def _banner(marking: str, title: str) -> Html:
    colour = marking.removeprefix("TLP:").partition("+")[0].lower()
    return element(
        "header",
        element(
            "div",
            element("strong", marking, class_=f"tlp-{colour}"),
            element("span", element("bdi", title)),
        ),
        class_="marking",
    )


def _article(answer: Answers, key: str, level: int) -> Html:
    if isinstance(answer, StressAnswer):
        return stress_article(answer, key, level)
    if isinstance(answer, PlanAnswer):
        return plan_article(answer, key, level)
    if isinstance(answer, DiversifyAnswer):
        return diversify_article(answer, key, level)
    if isinstance(answer, PartnersAnswer):
        return partners_article(answer, key, level)
    if isinstance(answer, ExerciseAnswer):
        return exercise_article(answer, key, level)
    return exposure_article(answer, key, level)


def _subject(answers: Sequence[Answers]) -> str:
    """Return what a page tells, in words."""
    depends = ["what it depends on"] if any(isinstance(a, Answer) for a in answers) else []
    return listed([*depends, *(_name(a) for a in answers if not isinstance(a, Answer))], 3)


def _contents(answers: Sequence[Answers], title: str) -> Html:
    links = [
        element("li", element("a", element("bdi", _name(answer)), href=f"#run{at}"))
        for at, answer in enumerate(answers, 1)
    ]
    return joined(
        [
            element("p", f"{len(answers):,} runs", class_="overline"),
            element("h1", title),
            element("nav", element("ol", *links), aria_label="Runs"),
        ]
    )


def _name(answer: Answers) -> str:
    if isinstance(answer, StressAnswer):
        return str(answer.summary["scenario"])
    if isinstance(answer, PlanAnswer):
        return str(answer.summary["goal"])
    if isinstance(answer, DiversifyAnswer):
        return "what to buy first"
    if isinstance(answer, PartnersAnswer):
        return f"what agreements are worth: {answer.summary['question']}"
    if isinstance(answer, ExerciseAnswer):
        return f"exercise: {answer.summary['exercise']}"
    return str(answer.manifest["case"])


def _file(name: str) -> str:
    return resources.files("indranet.runs").joinpath(name).read_text(encoding="utf-8")
