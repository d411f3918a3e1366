"""The process that asks HiGHS: reads programs, writes what was found."""

import sys
import time
from pathlib import Path
from typing import Any

import highspy
import numpy as np

_STATUS = {
    highspy.HighsModelStatus.kOptimal: "best",
    highspy.HighsModelStatus.kTimeLimit: "time limit",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
}
CONFLICT_ROWS = 20_000
"""Rows up to which a conflict is looked for."""


_SAME = ("cost", "lower", "upper", "index", "pointer", "value", "whole")
"""What two programs have alike that differ in the limits of their rows alone."""


def main(seconds: float, pairs: list[tuple[str, str]]) -> None:
    """Solve the program in the first file of each pair and write the answer to the second.

    A linear program that differs from the one before in limits alone begins where that ended. None
    is begun when the time for all is over.
    """
    until = time.monotonic() + seconds
    solver, before = highspy.Highs(), dict[str, Any]()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    for asked, told in pairs:
        left = until - time.monotonic()
        if left <= 0:
            return
        with np.load(asked) as given:
            program: dict[str, Any] = dict(given)
        alike = not program["whole"].any() and all(
            name in before and np.array_equal(before[name], program[name]) for name in _SAME
        )
        if alike:
            rows = np.arange(len(program["row_lower"]), dtype=np.int32)
            low, high = program["row_lower"], program["row_upper"]
            solver.changeRowsBounds(len(rows), rows, low, high)  # type: ignore[attr-defined]
        else:
            solver.passModel(_model(program))
        _solve(solver, program, told, min(left, float(program["seconds"])))
        before = program


def _solve(solver: highspy.Highs, program: dict[str, Any], told: str, seconds: float) -> None:
    # The time of a solver runs on from one program to the next.
    solver.setOptionValue("time_limit", solver.getRunTime() + seconds)
    solver.setOptionValue("mip_rel_gap", float(program["gap"]))
    known = np.flatnonzero(~np.isnan(program["start"]))
    if len(known):
        solver.setSolution(len(known), known.astype(np.int32), program["start"][known])
    solver.run()
    status = _STATUS.get(solver.getModelStatus(), "failed")
    info, solution = solver.getInfo(), solver.getSolution()
    there = info.primal_solution_status == 2
    whole = bool(program["whole"].any())
    cost = info.objective_function_value if there else np.nan
    conflict = np.zeros(0, dtype=np.int64)
    if status == "infeasible" and len(program["row_lower"]) <= CONFLICT_ROWS:
        conflict = _conflict(solver)
    # Named when it is whole: this process may be ended at any time.
    part = f"{told}.part.npz"
    np.savez(
        part,
        status=np.array(status),
        cost=np.array(cost),
        bound=np.array(info.mip_dual_bound if whole else cost),
        values=np.array(solution.col_value) if there else np.zeros(0),
        prices=np.zeros(0) if whole or not there else -np.array(solution.row_dual),
        conflict=conflict,
    )
    Path(part).replace(told)


def _model(program: dict[str, Any]) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program["cost"]), len(program["row_lower"])
    model.col_cost_, model.col_lower_ = program["cost"], program["lower"]
    model.col_upper_ = program["upper"]
    model.row_lower_, model.row_upper_ = program["row_lower"], program["row_upper"]
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = program["pointer"]
    model.a_matrix_.index_, model.a_matrix_.value_ = program["index"], program["value"]
    if program["whole"].any():
        kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
        model.integrality_ = [kinds[int(whole)] for whole in program["whole"]]
    return model


def _conflict(solver: highspy.Highs) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return rows that cannot hold together, of which none can be left out."""
    solver.setOptionValue("iis_strategy", 2)
    status, found = solver.getIis()
    return (
        np.array(found.row_index_, dtype=np.int64)
        if status != highspy.HighsStatus.kError
        else np.zeros(0, dtype=np.int64)
    )


if __name__ == "__main__":
    main(float(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2], strict=True)))
