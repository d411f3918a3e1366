"""A program in named blocks, and the answer to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Status = Literal["best", "time limit", "infeasible", "unbounded", "stopped", "failed"]


@dataclass(frozen=True, eq=False)
class Variables:
    """A block of variables.

    Attributes
    ----------
    name
        Of the block.
    cost, lower, upper
        Of each, infinite bounds for none, shape (variables,).
    whole
        Whether they are whole numbers.
    """

    name: str
    cost: Floats
    lower: Floats
    upper: Floats
    whole: bool = False

    def __len__(self) -> int:
        """Return the number of variables."""
        return len(self.cost)


@dataclass(frozen=True, eq=False)
class Rows:
    """A block of rows: lower <= sum of terms <= upper.

    Attributes
    ----------
    name
        Of the block.
    terms
        Block of variables to its coefficients, shape (rows, variables).
    lower, upper
        Of each row, infinite for none, shape (rows,).
    """

    name: str
    terms: Mapping[str, sparse.csr_array]
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lower)


@dataclass(frozen=True, eq=False)
class Program:
    """Blocks of variables and rows, and values to begin with, by block."""

    variables: Sequence[Variables]
    rows: Sequence[Rows]
    start: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known when the time is over.

    Attributes
    ----------
    status
        `best`: proven within the gap; `time limit`: the best found so far, if any; `infeasible`,
        `unbounded`; `stopped`: the process did not end in time and was killed; `failed`.
    cost, bound, gap
        Cost of the answer, and what none can cost less than; (cost - bound) / |cost|. NaN for none.
    seconds
        That it took, with all that was solved beside it.
    values
        Block to its variables, empty where no answer was found.
    prices
        Block of rows to what one more of each limit saves, of programs without whole numbers.
    conflict
        Rows that cannot hold together, as block and position, where infeasible: a set of which none
        can be left out.
    """

    status: Status
    cost: float
    bound: float
    gap: float
    seconds: float
    values: Mapping[str, Floats]
    prices: Mapping[str, Floats]
    conflict: Sequence[tuple[str, int]]

    def words(self) -> str:
        """Return the answer in a sentence."""
        said = {
            "best": f"proven within {self.gap:.2%}",
            "time limit": f"time was over, {self.gap:.2%} from the bound"
            if self.values else "time was over before an answer was found",
            "infeasible": "nothing meets all rows"
            + (f": {', '.join(sorted({name for name, _ in self.conflict}))} cannot hold together"
               if self.conflict else ""),
            "unbounded": "costs fall without end",
            "stopped": "the solver did not keep to its time and was stopped",
            "failed": "the solver failed",
        }  # fmt: skip
        return said[self.status]
