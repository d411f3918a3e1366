"""A report: one page that holds everything it shows and needs no network."""

import os
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from indranet.errors import UsageError
from indranet.model.schema import MARKINGS
from indranet.runs.compare_page import compare_article, read_comparison
from indranet.runs.diversify_page import diversify_article, read_diversify
from indranet.runs.exercise_page import exercise_article, read_exercise
from indranet.runs.exposure_page import exposure_article
from indranet.runs.findings import read_answer
from indranet.runs.markup import Html, element, joined
from indranet.runs.partners_page import partners_article, read_partners
from indranet.runs.plan_page import plan_article, read_plan
from indranet.runs.run import Run
from indranet.runs.stress_findings import read_stress
from indranet.runs.stress_page import stress_article
from indranet.runs.words import listed


class _Kind(NamedTuple):
    """How the runs of one command are told: what is read, drawn, and what they are called."""

    read: Callable[[Run], Any]
    article: Callable[[Any, str, int], Html]
    name: Callable[[Run], str]


_KINDS = {
    "exposure": _Kind(read_answer, exposure_article, lambda run: str(run.manifest["case"])),
    "stress": _Kind(read_stress, stress_article, lambda run: _said(run, "scenario")),
    "plan": _Kind(read_plan, plan_article, lambda run: _said(run, "goal")),
    "diversify": _Kind(
        read_diversify, diversify_article, lambda run: f"what to buy first: {_asked(run)}"
    ),
    "partners": _Kind(
        read_partners, partners_article,
        lambda run: f"what agreements are worth: {_said(run, 'question')}",
    ),
    "exercise": _Kind(
        read_exercise, exercise_article, lambda run: f"exercise: {_said(run, 'exercise')}"
    ),
    "compare": _Kind(read_comparison, compare_article, lambda _: "what changed"),
}  # fmt: skip
REPORTED = tuple(_KINDS)
"""Commands whose runs can be reported, in the order in which a page tells them."""
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
    text = _page(told)
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


def _page(runs: Sequence[Run]) -> Html:
    answers = [_KINDS[_command(run)].read(run) for run in runs]
    marking = max((str(run.manifest["marking"]) for run in runs), key=MARKINGS.index)
    cases = list(dict.fromkeys(str(run.manifest["case"]) for run in runs))
    title = listed(cases, 4)
    style = "".join(
        map(_file, ("report.css", "only_section.css", "tiers_section.css", "stress.css"))
    )
    script = "".join(map(_file, ("report.js", "tiers_section.js", "stress.js")))
    # Only a marking of the protocol comes here, never a text from data.
    paper = f'@page {{ @top-right {{ content: "{marking}"; font: 700 8.5pt sans-serif; }} }}'
    alone = len(runs) == 1
    articles = [
        _KINDS[_command(run)].article(answer, f"run{at}", 1 if alone else 2)
        for at, (run, answer) in enumerate(zip(runs, answers, strict=True), 1)
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        _MADE_BY,
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title}: {_subject(runs)} ({marking})"),
        element("style", Html(style + paper)),
    )
    body = element(
        "body",
        _banner(marking, title),
        element("main", "" if alone else _contents(runs, title), *articles),
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


def _command(run: Run) -> str:
    return str(run.manifest["command"])


def _name(run: Run) -> str:
    return _KINDS[_command(run)].name(run)


def _asked(run: Run) -> str:
    summary = run.manifest["summary"]
    return listed(summary["scenarios"] or summary["only"]["countries"], 2)


def _said(run: Run, key: str) -> str:
    return str(run.manifest["summary"][key])


def _subject(runs: Sequence[Run]) -> str:
    """Return what a page tells, in words."""
    others = [_name(run) for run in runs if _command(run) != "exposure"]
    depends = ["what it depends on"] if len(others) < len(runs) else []
    return listed([*depends, *others], 3)


def _contents(runs: Sequence[Run], title: str) -> Html:
    links = [
        element("li", element("a", element("bdi", _name(run)), href=f"#run{at}"))
        for at, run in enumerate(runs, 1)
    ]
    return joined(
        [
            element("p", f"{len(runs):,} runs", class_="overline"),
            element("h1", title),
            element("nav", element("ol", *links), aria_label="Runs"),
        ]
    )


def _file(name: str) -> str:
    return resources.files("indranet.runs").joinpath(name).read_text(encoding="utf-8")
