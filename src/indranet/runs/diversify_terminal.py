"""What to buy first, on a terminal: in words, and what money cannot buy."""

from collections.abc import Mapping
from typing import Any

from indranet.runs.run import Run
from indranet.runs.words import counted, listed, number

_ROWS = 12
_FIRST = 3


def loss_words(value: float, unit: str) -> str:
    """Return a loss as people read it."""
    return f"USD {number(value)}" if unit == "USD" else f"{number(value)} {unit}"


def answer_words(summary: Mapping[str, Any]) -> str:
    """Return the answer in a sentence or two: what to buy first, and what that avoids."""
    unit, loss = summary["unit"], summary["loss"]
    if not loss["without"] > 0:
        return "Nothing is lost in what was asked: there is nothing to buy against."
    if not summary["measures"]:
        left = "no measure for sale avoids any of it" if loss["all"] >= loss["without"] else (
            f"the cheapest measure that avoids any of it, {summary['cheapest']['measure']}, costs "
            f"USD {number(summary['cheapest']['cost_usd'])}" if summary["cheapest"] else
            "none of the measures for sale avoids any of it alone"
        )  # fmt: skip
        return f"{loss_words(loss['without'], unit)} are lost, and {left}."
    first = [row["measure"] for row in summary["measures"][:_FIRST]]
    more = len(summary["measures"]) - len(first)
    rest = f", and {counted(more, 'more measure')}" if more else ""
    return (
        f"Buy first: {', then '.join(first)}{rest}, for USD {number(summary['cost_usd'])}. "
        f"{_avoided(summary)} of {loss_words(loss['without'], unit)} are avoided"
        f"{' in the worst draws' if summary['tail'] else ''}."
    )


def _avoided(summary: Mapping[str, Any]) -> str:
    if summary["tail"]:
        loss = summary["loss"]
        return number(loss["without"] - loss["chosen"])
    found = summary["avoided"]
    told, low, high = (number(found[name]) for name in ("value", "low", "high"))
    return told if low == high == told else f"{told} ({low} to {high})"


def rest_words(summary: Mapping[str, Any]) -> list[str]:
    """Return what no money buys, and what does nothing here."""
    unit, loss = summary["unit"], summary["loss"]
    lines = []
    if loss["without"] > 0:
        every = f"With all {counted(summary['for_sale'], 'measure')} for sale"
        rest = f": {_services(summary)}" if summary["left"] else ""
        if loss["all"] > 1e-9 * loss["without"]:
            lines.append(f"{every} {loss_words(loss['all'], unit)} would still be lost{rest}.")
        else:
            lines.append(f"{every} nothing would be lost.")
    if summary["idle"]:
        idle = listed(summary["idle"], _ROWS)
        lines.append(f"Avoiding no {unit} here, alone or beside all others: {idle}.")
    if summary.get("a_year"):
        year = summary["a_year"]
        lines.append(
            f"A year loses {loss_words(year['without'], unit)} on average, "
            f"{loss_words(year['chosen'], unit)} with what is chosen."
        )
    return lines


def _services(summary: Mapping[str, Any]) -> str:
    told = [f"{row['service']} {number(row['days'])} days" for row in summary["left"]]
    return listed(told, 5)


def how_words(summary: Mapping[str, Any]) -> str:
    """Return how the answer was found."""
    how = "all portfolios" if summary["tried_all"] else f"{summary['tried']:,} portfolios"
    many = counted(len(summary["scenarios"]), "scenario")
    worst = f", the worst {summary['tail']:.0%} of draws" if summary["tail"] else ""
    return (
        f"{many} of {counted(summary['for_sale'], 'measure')}, {how} tried, "
        f"{summary['outcomes']:,} different runs{worst}; costs count "
        f"{number(summary['years'])} years of keeping"
    )


def only_words(only: Mapping[str, Any]) -> str:
    """Return what countries could build for themselves with measures."""
    return (
        f"Alone {listed(only['countries'], 8)} make {only['made_already']:,} of "
        f"{counted(only['products'], 'product')} whole; with the plants for sale they could make "
        f"{only['made_with_measures']:,} more, and {only['made_with_none']:,} they could not."
    )


def diversify_lines(run: Run) -> list[str]:
    """Return what to buy as lines of plain text.

    Parameters
    ----------
    run
        A finished run of `diversify`.
    """
    summary = run.manifest["summary"]
    lines = []
    if summary["scenarios"]:
        lines += [f"{listed(summary['scenarios'], 5)}: {how_words(summary)}", ""]
        lines += [answer_words(summary), ""]
        lines += [
            f"  {row['order']}. {row['measure']}: USD {number(row['cost_usd'])}, alone it avoids "
            f"{number(row['alone'])}, beside what else is bought {number(row['last_in'])}"
            f"{', after ' + number(row['lead_days']) + ' days' if row['lead_days'] else ''}"
            for row in summary["measures"][:_ROWS]
        ]
        lines += ["", *rest_words(summary)]
    if "only" in summary:
        lines += ["", only_words(summary["only"])]
        table = run.table("only_measures")
        for row in list(zip(*table.values(), strict=True))[:_ROWS]:
            product, measures, cost, ready, _ = row
            lines.append(f"  {product}: {measures}; USD {number(cost)}, after {number(ready)} days")
    return lines
