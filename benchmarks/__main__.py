"""Measure everything and write the table that the documentation shows."""

import datetime
import os
import platform
from pathlib import Path
from typing import Any

from benchmarks import (
    ario,
    diversify,
    exposure,
    flows,
    gates,
    generate,
    in_time,
    partners,
    plan,
    reading,
    stress,
)
from indranet import __version__

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEAD = """# Speed

Written by `make bench`: each row measures ours and the peer in the same run on the same machine.
Medians; a peer that is too slow for the whole work is measured on a part of it, as the note says.

"""


def main() -> None:
    """Run every benchmark and write the page."""
    found = {}
    # A child's peak memory is never below its parent's when it was born: memory is measured first.
    every = (
        reading,
        generate,
        in_time,
        flows,
        ario,
        gates,
        exposure,
        stress,
        plan,
        diversify,
        partners,
    )
    for module in every:
        found[module] = module.rows()
        for row in found[module]:
            print(row["work"], _number(row["ours"]), row["unit"], flush=True)
    shown = (
        gates,
        in_time,
        exposure,
        stress,
        plan,
        diversify,
        partners,
        flows,
        ario,
        reading,
        generate,
    )
    table = [row for module in shown for row in found[module]]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    day = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        HEAD + f"Indranet {__version__}, {machine}, {day}.",
        "",
        "| work | ours | target | peer | peer's figure | peer / ours | note |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *[_line(row) for row in table],
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print(f"written to {PAGE.name}")


def _line(row: dict[str, Any]) -> str:
    peer = f"{_number(row['peer_value'])} {row['unit']}" if row["peer_value"] is not None else ""
    ratio = f"{_number(row['ratio'])}x" if row["ratio"] is not None else ""
    ours = f"{_number(row['ours'])} {row['unit']}"
    target = row["target"] if isinstance(row["target"], str) else ""
    if isinstance(row["target"], int | float):
        target = f"{_number(row['target'])} {row['unit']}"
    cells = (row["work"], ours, target, row["peer"], peer, ratio, row["note"])
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
