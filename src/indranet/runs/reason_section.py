"""Why things are lost: failing paths as lists, what to find out to be sure, smallest cuts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from indranet.runs.findings import HORIZON_WORDS, KIND_WORDS, Answer, Dependence
from indranet.runs.markup import Html, block, element, joined, table
from indranet.runs.words import counted, listed

_CHAINS = 200
_CUTS = 200


@dataclass(frozen=True)
class Step:
    """One thing on a failing path.

    Attributes
    ----------
    kind, name
        Its kind, and its name in words.
    why, known, ask
        How the step before hangs on it, how that is known, and what to find out to be sure.
    """

    kind: str
    name: str
    why: str
    known: str
    ask: str


@dataclass(frozen=True)
class Chain:
    """One failing path.

    Attributes
    ----------
    kind, id, horizon
        What was taken away, and when; the kind `exclusion` has the name of the authority.
    lost
        Identifier of what is lost.
    told
        For what it is told: `lost`, `stops`, `worst`, `pair`, `trust`.
    steps
        From what is lost down to what was taken away.
    """

    kind: str
    id: str
    horizon: str
    lost: str
    told: str
    steps: tuple[Step, ...]


def chains(answer: Answer) -> list[Chain]:
    """Return the failing paths of a run, in its order."""
    reasons = answer.tables["reasons"]
    columns = (
        "kind", "id", "horizon", "lost", "told", "thing_kind", "thing", "why", "known", "ask",
    )  # fmt: skip
    rows = zip(*(reasons[column].tolist() for column in columns), strict=True)
    found = []
    for (kind, name, horizon, lost, told), steps in groupby(rows, key=lambda row: row[:5]):
        path = tuple(
            Step(step[5], answer.name(step[5], step[6]), step[7], step[8], step[9])
            for step in steps
        )
        found.append(Chain(kind, name, horizon, lost, told, path))
    return found


def why_line(found: Sequence[Chain], dependence: Dependence) -> list[Html]:
    """Return why one of the worst dependences takes what it takes, to be opened by the reader.

    Parameters
    ----------
    found
        Failing paths of the run.
    dependence
        One loss.
    """
    first = dependence.things[0]
    cause = first.kind, first.id, dependence.horizon
    mine = [chain for chain in found if (chain.kind, chain.id, chain.horizon) == cause]
    # The same loss may have been asked for, and is told once.
    chosen = [chain for chain in mine if chain.told == "worst"] or mine
    return [
        element("details", element("summary", "Why"), *chain_parts(chain), class_="reason on-print")
        for chain in chosen[:1]
    ]


def chain_parts(chain: Chain) -> list[Html]:
    """Return a path as a list, what it rests on, and what to find out to be sure of it."""
    return [_steps(chain), *_to_be_sure(chain)]


def _steps(chain: Chain) -> Html:
    """Return a path as a list, from what is lost down."""
    lost = chain.steps[0]
    gone = "is not trusted" if chain.kind == "exclusion" else "stops"
    items = [element("li", element("bdi", lost.name), f" {gone}, because of")]
    items += [
        element(
            "li",
            element("bdi", step.name),
            " ",
            element("span", KIND_WORDS.get(step.kind, step.kind), class_="kind"),
            element("span", step.why, class_="because"),
        )
        for step in chain.steps[1:]
    ]
    return element("ol", *items, class_="path")


def _to_be_sure(chain: Chain) -> list[Html]:
    """Return what a path rests on, and what would have to be known to be sure of it."""
    known = sorted({word for step in chain.steps for word in step.known.split(", ") if word})
    asks = list(dict.fromkeys(step.ask for step in chain.steps if step.ask))
    parts = [element("p", f"It rests on rows that are {listed(known, 6)}.", class_="small soft")]
    if asks:
        items = [element("li", ask) for ask in asks]
        parts.append(element("p", "To be sure, find out:", class_="small"))
        parts.append(element("ul", *items, class_="small asks"))
    return parts


def reasons_section(answer: Answer, level: int) -> Html:
    """Return why what was asked for is lost, what it stops, and the smallest sets that stop it.

    Parameters
    ----------
    answer
        What the run found.
    level
        Level of a heading here.
    """
    asked = answer.summary["reasons_of"]
    name = answer.name(asked["kind"], asked["id"])
    found = chains(answer)
    parts: list[Html] = []
    for sort, title, none in (
        ("lost", "What it is lost to", f"Nothing that was taken away takes {name} away."),
        ("stops", "What it stops", f"Without {name} nothing else stops."),
    ):
        if asked[sort]:
            mine = [chain for chain in found if chain.told == sort]
            parts += [element(f"h{level}", title), _lines(answer, mine, none)]
    if asked["lost"]:
        parts += [element(f"h{level}", "Smallest sets that stop it"), *_cuts(answer)]
    return joined(parts)


def _lines(answer: Answer, found: Sequence[Chain], none: str) -> Html:
    """Return paths that the reader opens, each told in a line."""
    if not found:
        return element("p", none)
    lines = [
        element("details", element("summary", _title(answer, chain)), *chain_parts(chain))
        for chain in found[:_CHAINS]
    ]
    note = (
        "Each line is one loss, at the first moment at which it is enough. The path leads from "
        "what is lost to what was taken away, each time over the last straw: the input whose loss "
        "left too little."
    )
    if len(found) > _CHAINS:
        note += f" {len(found) - _CHAINS:,} more are in reasons.parquet."
    return joined([element("p", note), element("div", *lines, class_="reasons")])


def _title(answer: Answer, chain: Chain) -> str:
    cause = f"{answer.name(chain.kind, chain.id)} ({KIND_WORDS.get(chain.kind, chain.kind)})"
    steps = counted(len(chain.steps) - 1, "step")
    return f"{HORIZON_WORDS[chain.horizon]}, without {cause}: {chain.steps[0].name}, {steps}"


def _cuts(answer: Answer) -> Iterator[Html]:
    cuts = answer.tables["cut_sets"]
    columns = ("horizon", "set", "kind", "id")
    rows = list(zip(*(cuts[column].tolist() for column in columns), strict=True))
    for horizon, whole in answer.summary["cut_sets"].items():
        mine = [row for row in rows if row[0] == horizon]
        sets = [list(members) for _, members in groupby(mine, key=lambda row: row[1])]
        body = [
            (
                f"{number}",
                f"{len(members)}",
                " with ".join(
                    f"{answer.name(kind, name)} ({KIND_WORDS.get(kind, kind)})"
                    for *_, kind, name in members
                ),
            )
            for number, members in enumerate(sets[:_CUTS], 1)
        ]
        more = f" The first {_CUTS} stand here." if len(sets) > _CUTS else ""
        caption = (
            f"{counted(len(sets), 'set')} of up to {whole['complete_to']} things: all of a set "
            f"stop it, all but any one do not.{more}"
        )
        if whole["down_before"]:
            said = "it is down before anything is taken away."
            yield element("p", f"{HORIZON_WORDS[horizon]}: {said}")
        elif body:
            grid = table(caption, ("Set", "Members", "Without"), body, numbers={0, 1}, named_by=2)
            yield block(f"{HORIZON_WORDS[horizon]}: {counted(len(sets), 'set')}", grid)
        else:
            size = whole["complete_to"]
            yield element("p", f"{HORIZON_WORDS[horizon]}: no set of up to {size} things stops it.")
