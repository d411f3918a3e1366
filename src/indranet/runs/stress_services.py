"""What stays dark, what must be reported, what was not considered, in a report."""

from collections import Counter

from indranet.runs.markup import Html, element, table
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.words import counted, listed

_NAMED = 12
_SHOWN = 30


def dark_section(answer: StressAnswer, level: int) -> list[Html]:
    """Return what is down at the end though nothing holds it down, and what would start it."""
    count = int(answer.summary["ever_dark"])
    if not count:
        return []
    dark, starts = (list(map(str, answer.summary[name])) for name in ("dark", "black_start"))
    names = listed([answer.name(thing) for thing in dark], _NAMED)
    parts = [
        element(f"h{level}", "What does not come back by itself"),
        element(
            "p",
            f"{counted(count, 'thing')} stay down at the end although nothing holds them down any "
            "more: each waits for another (",
            element("bdi", names),
            ").",
        ),
    ]
    if starts:
        few = "no fewer will do" if answer.summary["fewest_starts"] else "fewer may do"
        named = listed([answer.name(thing) for thing in starts], _NAMED)
        parts.append(
            element(
                "p",
                f"To bring all of it back it takes a start of {counted(len(starts), 'thing')} from "
                f"outside; {few}: ",
                element("bdi", named),
                ".",
            )
        )
    return parts


def reportable_section(answer: StressAnswer, level: int) -> list[Html]:
    """Return the rules by which outages must be reported, with how many of which services."""
    rows = answer.tables["outages"]
    found: dict[str, Counter[str]] = {}
    for thing, rules in zip(rows["thing"].tolist(), rows["reportable"].tolist(), strict=True):
        for rule in filter(None, str(rules).split("; ")):
            found.setdefault(rule, Counter())[str(thing)] += 1
    if not found:
        return []
    lines = [
        (
            rule,
            f"{sum(things.values()):,}",
            element("bdi", listed([answer.name(t) for t, _ in things.most_common(_SHOWN)], 5)),
        )
        for rule, things in sorted(found.items())
    ]
    several = ", over all draws" if answer.draws > 1 else ""
    return [
        element(f"h{level}", "Outages that must be reported"),
        table(
            f"Thresholds crossed, each outage of each service by itself{several}.",
            ("Rule", "Outages", "Services"), lines, numbers={1},
        ),
    ]  # fmt: skip


def not_considered(answer: StressAnswer) -> list[str]:
    """Return what the answer leaves out for want of a table or by request, as sentences."""
    tables = {str(name): str(off) for name, off in answer.summary["not_considered"].items()}
    return [f"{name[:1].upper() + name[1:]}: {off}." for name, off in tables.items()]
