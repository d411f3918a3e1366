"""Versions and ranges of them, as in the versions of a vulnerability: >=2.1,<2.4;3.0."""

import re
from itertools import zip_longest

_PART = re.compile(r"\d+|[a-z]+")
_BOUND = re.compile(r"(<=|>=|<|>|=)?\s*([0-9A-Za-z][0-9A-Za-z.+_~-]*)")


def in_range(version: str, versions: str) -> bool | None:
    """Return whether a version lies in ranges; None where that is not known.

    Parameters
    ----------
    version
        Compared part by part, numbers as numbers and letters as text; a version that goes on where
        another ends comes after it (2.1 < 2.1.3), and a number after letters (2.1.rc < 2.1.0).
    versions
        Ranges with `;` between, each of bounds with `,` between, all of which hold: <, <=, >, >=,
        or the version itself. Empty: all versions.

    Raises
    ------
    ValueError
        When the ranges cannot be read.
    """
    ranges = bounds(versions)
    if not ranges:
        return True
    if not version.strip():
        return None
    return any(
        all(_holds(sign, _compared(version, other)) for sign, other in some) for some in ranges
    )


def bounds(versions: str) -> list[list[tuple[str, str]]]:
    """Return the bounds of each range, as signs and versions.

    Raises
    ------
    ValueError
        When there is a bound that is none.
    """
    found = []
    for part in filter(None, (text.strip() for text in versions.split(";"))):
        some = []
        for text in part.split(","):
            match = _BOUND.fullmatch(text.strip())
            if not match:
                raise ValueError(f"{text.strip()!r} is no version and no bound of one")
            some.append((match[1] or "=", match[2]))
        found.append(some)
    return found


def _holds(sign: str, order: int) -> bool:
    return {
        "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "=": order == 0,
    }[sign]  # fmt: skip


def _compared(one: str, other: str) -> int:
    """Return -1, 0 or 1: one comes before, with, or after the other."""
    for a, b in zip_longest(_PART.findall(one.lower()), _PART.findall(other.lower())):
        if a == b:
            continue
        if a is None or b is None:
            return -1 if a is None else 1
        if a.isdigit() and b.isdigit():
            if int(a) != int(b):
                return -1 if int(a) < int(b) else 1
            continue
        if a.isdigit() or b.isdigit():
            return 1 if a.isdigit() else -1
        return -1 if a < b else 1
    return 0
