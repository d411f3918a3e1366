"""Linear programs with whole numbers, in named blocks, solved by HiGHS in a process of its own."""

from indranet.engines.milp.model import Answer, Rows, Variables
from indranet.engines.milp.process import solve

__all__ = ["Answer", "Rows", "Variables", "solve"]
