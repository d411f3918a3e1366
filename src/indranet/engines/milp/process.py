"""HiGHS in a process of its own, with somebody who watches the clock.

HiGHS does not always keep to its time limit, and a process can be ended whatever it is doing.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from indranet.engines.milp.model import Answer, Floats, Program, Rows, Variables

_ROUNDED = 1e-6
"""Part of a cost by which rounding may change it."""
GRACE = 3.0
"""Seconds beyond its time after which the process is ended."""


def solve(
    variables: Sequence[Variables],
    rows: Sequence[Rows],
    *,
    seconds: float,
    gap: float = 0.0,
    start: Mapping[str, Floats] | None = None,
) -> Answer:
    """Return the values that cost least.

    Parameters
    ----------
    variables, rows
        The program, in blocks of different names.
    seconds
        Time that it may take.
    gap
        (cost - bound) / |cost| that is enough.
    start
        Values to begin with, by block; those left out are found.

    Raises
    ------
    ValueError
        When a block is named twice or a term names no block.
    """
    program = Program(variables, rows, start or {})
    return solve_each([program], seconds=seconds, each=seconds, gap=gap)[0]


def solve_each(
    programs: Sequence[Program], *, seconds: float, each: float, gap: float = 0.0
) -> list[Answer]:
    """Return the answers to several programs, solved one after the other in one process.

    Starting a process takes longer than a small program does. Those that the time does not reach
    are `stopped`.

    Parameters
    ----------
    programs
        In the order in which they are solved.
    seconds
        Time that all may take together.
    each
        Time that one may take.
    gap
        (cost - bound) / |cost| that is enough.

    Raises
    ------
    ValueError
        When a block is named twice or a term names no block.
    """
    for program in programs:
        _check(program)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="indranet-") as folder:
        files = [(Path(folder) / f"asked{i}.npz", Path(folder) / f"told{i}.npz")
                 for i in range(len(programs))]  # fmt: skip
        for program, (asked, _) in zip(programs, files, strict=True):
            np.savez(asked, **_arrays(program, each, gap))
        # By its file, not as a module: it needs none of the package, whose import takes longer.
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py")), str(seconds)]
        command += [str(path) for pair in files for path in pair]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own module
        try:
            process.wait(seconds + GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
        taken = time.monotonic() - begun
        found = [
            _read(program, told, taken, taken > seconds)
            for program, (_, told) in zip(programs, files, strict=True)
        ]
    for number, (program, answer) in enumerate(zip(programs, found, strict=True)):
        if answer.bound == -np.inf and answer.values and program.start and taken < seconds:
            # With a start and its presolve HiGHS 1.16 may tell a cost that is not that of its
            # values, and stop at it.
            plain = Program(program.variables, program.rows)
            found[number] = solve_each([plain], seconds=seconds - taken, each=each, gap=gap)[0]
    return found


def _check(program: Program) -> None:
    variables, rows = program.variables, program.rows
    names = [block.name for block in variables]
    if len(set(names)) < len(names) or len({row.name for row in rows}) < len(rows):
        raise ValueError("variables and rows: each block by another name")
    unknown = {term for row in rows for term in row.terms} - set(names)
    if unknown:
        raise ValueError(f"terms of unknown blocks: {', '.join(sorted(unknown))}")


def _read(program: Program, told: Path, taken: float, late: bool) -> Answer:
    if not told.exists():
        nan = float("nan")
        return Answer("stopped" if late else "failed", nan, nan, nan, taken, {}, {}, ())
    with np.load(told) as found:
        return _answer(program.variables, program.rows, dict(found), taken)


def _arrays(program: Program, seconds: float, gap: float) -> dict[str, Any]:
    variables, rows, start = program.variables, program.rows, program.start

    def joined(parts: Sequence[Any]) -> Floats:
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    grid = [
        [
            row.terms[block.name] if block.name in row.terms
            else sparse.csr_array((len(row), len(block)), dtype=np.float64)
            for block in variables
        ]
        for row in rows
    ]  # fmt: skip
    size = sum(len(block) for block in variables)
    matrix = sparse.csr_array(sparse.block_array(grid)) if grid else sparse.csr_array((0, size))
    begun = np.full(size, np.nan)
    first = 0
    for block in variables:
        if block.name in start:
            begun[first : first + len(block)] = start[block.name]
        first += len(block)
    return {
        "cost": joined([b.cost for b in variables]), "lower": joined([b.lower for b in variables]),
        "upper": joined([b.upper for b in variables]),
        "whole": np.repeat([b.whole for b in variables], [len(b) for b in variables]).astype(bool),
        "row_lower": joined([r.lower for r in rows]), "row_upper": joined([r.upper for r in rows]),
        "index": matrix.indices.astype(np.int32), "pointer": matrix.indptr.astype(np.int32),
        "value": matrix.data.astype(np.float64), "start": begun,
        "seconds": np.array(seconds), "gap": np.array(gap),
    }  # fmt: skip


def _answer(
    variables: Sequence[Variables], rows: Sequence[Rows], found: Mapping[str, Any], taken: float
) -> Answer:
    values = _cut([(b.name, len(b)) for b in variables], found["values"])
    prices = _cut([(r.name, len(r)) for r in rows], found["prices"])
    place = [(row.name, number) for row in rows for number in range(len(row))]
    cost, bound = float(found["cost"]), float(found["bound"])
    if values:
        costs = sum(float(block.cost @ values[block.name]) for block in variables)
        if abs(costs - cost) > _ROUNDED * max(abs(costs), 1.0):
            cost, bound = costs, -np.inf
    gap = (cost - bound) / max(abs(cost), 1e-12) if np.isfinite(cost) else float("nan")
    return Answer(
        str(found["status"]), cost, bound, max(gap, 0.0) if np.isfinite(gap) else gap, taken,  # type: ignore[arg-type]
        values, prices, tuple(place[i] for i in found["conflict"].tolist()),
    )  # fmt: skip


def _cut(blocks: Sequence[tuple[str, int]], values: Floats) -> dict[str, Floats]:
    if not len(values):
        return {}
    ends = np.cumsum([size for _, size in blocks])
    parts = np.split(values, ends[:-1])
    return {name: part for (name, _), part in zip(blocks, parts, strict=True)}
