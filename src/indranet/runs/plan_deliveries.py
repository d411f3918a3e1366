"""What a plan says of a stress run by which its deliveries go."""

from collections.abc import Mapping
from typing import Any

from indranet.runs.words import counted, day, listed, number, percent

_PRODUCTS = 5


def delivery_lines(delivered: Mapping[str, Any]) -> list[str]:
    """Return what is delivered otherwise than offered, as sentences.

    Parameters
    ----------
    delivered
        What the summary of a plan holds of it.
    """
    if not delivered["products"]:
        return ["In the stress run everything offered is made at its usual pace."]
    products = sorted(delivered["products"], key=lambda one: float(one["least_share"]))
    draws = counted(delivered["draws"], "draw")
    lines = [f"Deliveries go by a stress run, on average over {draws}:"]
    for one in products[:_PRODUCTS]:
        fewer = one["units_fewer"]
        units = ""
        if fewer is not None:
            units = f", {number(abs(fewer))} units {'fewer' if fewer >= 0 else 'more'} by the end"
        lines.append(
            f"  {one['product']} at {percent(one['least_share'])} of its usual pace at the least, "
            f"on {day(one['least_day'])}{units}"
        )
    more = len(products) - _PRODUCTS
    return [*lines, f"  and {counted(more, 'product')} more"] if more > 0 else lines


def delivery_warnings(summary: Mapping[str, Any]) -> list[str]:
    """Return what the stress run leaves open, one sentence each."""
    delivered = summary["deliveries"]
    if delivered is None:
        return []
    said = []
    if delivered["over_before"]:
        said.append(
            f"The stress run ends on {day(delivered['until'])}, before the first day of the plan: "
            "only what its last day lacks counts."
        )
    if delivered["lasting"]:
        said.append(
            f"The stress run ends on {day(delivered['until'])} with less than usual of "
            f"{listed(delivered['lasting'], 5)}: the plan takes it that this lasts. Run it longer."
        )
    if delivered["unlimited"]:
        said.append(
            f"The offers of {listed(delivered['unlimited'], 5)} say no units_per_month: their "
            "deliveries have no limit, whatever the plants make."
        )
    return said
