"""Speed of the planner: gap, bound and time on made-up programmes, beside HiGHS and CP-SAT.

Six vendors, 24 periods and 20 regions, as the tests make them; peers get the same program and the
same time. A peer that finds no plan is told as such. CP-SAT runs where OR-Tools is installed.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np
from tests.engines.made_problems import programme

from benchmarks.gates import row
from indranet.engines import milp
from indranet.engines.assignment import Assignment, Late, assign
from indranet.engines.assignment.dual import Pricing, best_bound
from indranet.engines.assignment.finish import Columns, program

Result = TypeVar("Result")

SIZES = (
    (1_000, 60.0, 1e-3),
    (10_000, 60.0, 1e-3),
    (100_000, 60.0, 1e-3),
    (1_000_000, 180.0, 1.5e-3),
)
"""Clusters, seconds, and the gap that the design sets as a target."""
SEEDS = (0, 1, 2)
PEER_SECONDS = 60.0
SCENARIOS = 200
TIGHT = 0.48
"""Part of the money at which it binds: at more other rows bind before."""


def rows() -> list[dict[str, Any]]:
    """Measure; each row is one line of the table of benchmarks."""
    found = []
    for clusters, seconds, target in SIZES:
        told = [_apart(clusters, seed, seconds, target, 1.0) for seed in SEEDS]
        gap, taken, memory = (float(np.median(column)) for column in zip(*told, strict=True))
        worst = max(one[0] for one in told)
        peer, value = ("", None)
        if clusters <= 10_000:
            peer, value = "HiGHS, same time", _aside(_highs_gap, clusters)
        found.append(row(
            f"plan: {clusters:,} clusters x 6 x 24, proven gap", 100 * gap, "%",
            target=100 * target, peer=peer, peer_value=value,
            note=f"median of {len(SEEDS)} seeds, worst {worst:.2%}; {taken:.0f} s, {memory:.2f} GB"
            + ("; HiGHS found no plan" if peer and value is None else "")
            + (_aside(_cp_sat_words, clusters) if peer else ""),
        ))  # fmt: skip
    told = [_apart(10_000, seed, 120.0, 1e-2, TIGHT) for seed in SEEDS]
    found.append(row(
        f"plan: 10,000 clusters, money short (times {TIGHT:g}), proven gap",
        100 * float(np.median([one[0] for one in told])), "%", target=1.0,
        note=f"worst {max(one[0] for one in told):.2%}; two minutes",
    ))  # fmt: skip
    plain = [_apart(10_000, seed, 60.0, 1e-3, 1.0) for seed in SEEDS]
    robust = [_apart(10_000, seed, 60.0, 1e-3, 1.0, SCENARIOS) for seed in SEEDS]
    times = [float(np.median([one[1] for one in many])) for many in (plain, robust)]
    found.append(row(
        f"plan: 10,000 clusters, {SCENARIOS} scenarios of late deliveries, worst tenth",
        times[1], "s", target=3 * times[0], peer="the same plan without", peer_value=times[0],
        note=f"gap {float(np.median([one[0] for one in robust])):.2%}",
    ))  # fmt: skip
    return found


def _apart(
    clusters: int, seed: int, seconds: float, gap: float, budget: float, draws: int = 0
) -> tuple[float, float, float]:
    """Return gap, seconds and gigabytes of one plan, found in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_planned, (clusters, seed, seconds, gap, budget, draws))


def _aside(work: Callable[[int], Result], clusters: int) -> Result:
    """Return what a peer gives in a process of its own: its memory counts for nobody else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (clusters,))


def _planned(
    clusters: int, seed: int, seconds: float, gap: float, budget: float, draws: int
) -> tuple[float, float, float]:
    asked = programme(clusters, seed, budget=budget)
    if draws:
        random = np.random.default_rng(seed)
        there = asked.deliveries[None] * random.uniform(0.6, 1.05, (draws, asked.options, 1))
        late = Late(there, np.full(asked.options, 20.0), np.full(draws, 1 / draws), 0.1)
        asked = replace(asked, late=late)
    with ThreadPoolExecutor(2) as threads:
        assign(programme(50), seconds=1.0, executor=threads)  # compiled before it is timed
        found: Assignment = assign(asked, seconds=seconds, gap=gap, seed=seed, executor=threads)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found.gap, found.seconds, peak


def _everything(clusters: int) -> tuple[list[milp.Variables], list[milp.Rows]]:
    """Return the whole program, all columns in it."""
    pricing = Pricing(programme(clusters, 0))
    asked = pricing.asked
    kept = np.argwhere(np.isfinite(asked.cost)[:, :, None] & np.ones(asked.periods, dtype=bool))
    cluster, option, period = (np.ascontiguousarray(column) for column in kept.T)
    return program(pricing, Columns(cluster, option, period, all=True))


def _highs_gap(clusters: int) -> float | None:
    """Return the gap in % that HiGHS proves in the same time, None where it finds no plan.

    Its plan is held against our bound, which is not worse than its own.
    """
    variables, blocks = _everything(clusters)
    answer = milp.solve(variables, blocks, seconds=PEER_SECONDS, gap=1e-3)
    if not answer.values:
        return None
    bound = max(answer.bound, best_bound(Pricing(programme(clusters, 0))).value)
    return 100 * (answer.cost - bound) / answer.cost


def _cp_sat_words(clusters: int) -> str:
    if find_spec("ortools") is None:
        return ""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - where it is installed

    variables, blocks = _everything(clusters)
    model = cp_model.CpModel()
    named: dict[str, list[Any]] = {}
    for block in variables:
        large = 10**9
        named[block.name] = [
            model.new_int_var(0, 1 if block.whole else large, "") for _ in range(len(block))
        ]
    for group in blocks:
        parts = {name: matrix.tocsr() for name, matrix in group.terms.items()}
        for at in range(len(group)):
            terms = []
            for name, matrix in parts.items():
                for e in range(matrix.indptr[at], matrix.indptr[at + 1]):
                    scale = 1 if name in {"choices", "none"} else 1e-3
                    weight = round(float(matrix.data[e]) * 1000 * scale)
                    terms.append(weight * named[name][matrix.indices[e]])
            low, high = (
                round(float(v) * 1000) if np.isfinite(v) else None
                for v in (group.lower[at], group.upper[at])
            )
            model.add_linear_constraint(
                sum(terms),
                low if low is not None else -(2**50),
                high if high is not None else 2**50,
            )
    model.minimize(
        sum(
            round(float(c)) * x
            for block in variables
            for c, x in zip(block.cost, named[block.name], strict=True)
        )
    )
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = PEER_SECONDS
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return "; CP-SAT found no plan"
    bound = best_bound(Pricing(programme(clusters, 0))).value
    gap = (solver.objective_value - bound) / solver.objective_value
    return f"; CP-SAT {gap:.1%} above our bound"


if __name__ == "__main__":
    begun = time.monotonic()
    for one in rows():
        print(one, f"{time.monotonic() - begun:.0f} s", flush=True)
