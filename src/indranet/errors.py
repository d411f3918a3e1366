"""The errors a user can meet, each with what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with an input, and how to put it right.

    Attributes
    ----------
    file
        File as the user knows it, relative to the case folder.
    row
        Record as a spreadsheet numbers it (the header is row 1), 0 for the file as a whole.
    column
        Column name, empty when the whole row or file is meant.
    value
        The offending value as it stands in the file.
    problem
        What is wrong.
    remedy
        What to do.
    line
        Line of the file where it differs from `row` (a cell with a line break), else 0.
    """

    file: str
    row: int = 0
    column: str = ""
    value: str = ""
    problem: str = ""
    remedy: str = ""
    line: int = 0

    def __str__(self) -> str:
        """One line: file, row, column, value, problem; remedy."""
        where = self.file + (f":{self.row}" if self.row else "")
        if self.line and self.line != self.row:
            where += f" (line {self.line})"
        what = " ".join(
            part for part in (self.column, repr(self.value) if self.value else "") if part
        )
        return f"{where} {what + ' ' if what else ''}{self.problem}; {self.remedy}"


class InputError(Exception):
    """An input is at fault (exit code 1); `faults` lists everything found.

    Parameters
    ----------
    faults
        Every fault found.
    more
        True when the list was cut at its limit.
    """

    def __init__(self, faults: list[Fault], more: bool = False) -> None:
        self.faults = tuple(faults)
        self.more = more
        super().__init__("\n".join(map(str, self.faults)) + ("\n... and more" if more else ""))


class UsageError(Exception):
    """The command was called in a way it cannot answer (exit code 2)."""


class NoAnswerError(Exception):
    """No answer exists within the limits given (exit code 3)."""
