"""Linear programs with whole numbers, in named blocks, solved by HiGHS in a process of its own."""

from indranet.engines.milp.model import Answer, Program, Rows, Variables
from indranet.engines.milp.process import solve, solve_each

__all__ = ["Answer", "Program", "Rows", "Variables", "solve", "solve_each"]
