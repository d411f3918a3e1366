"""Cells as SQL: what a sound cell looks like, and how its text becomes a value."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.files import suggestion
from indranet.model.schema import KINDS, Column, Table

Array = npt.NDArray[Any]
Remedy = Callable[[str], str] | str

EMPTY = -1
"""Code of an empty reference, text or choice."""

RESERVED = ("none", "unknown", "ends")
"""Words that stand for no thing, in cells and in answers."""
HIDDEN = r"[\p{C}\p{Zl}\p{Zp}\x{00A0}\x{1680}\x{2000}-\x{200F}\x{202F}\x{205F}\x{3000}\x{FEFF}]"
"""Characters that do not show, or look like a plain space, as a regular expression."""

_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NO_DAY = np.iinfo(np.int64).min

DTYPES: dict[str, Any] = {
    "number": np.float64,
    "integer": np.int64,
    "flag": np.bool_,
    "date": np.int64,
    "choice": np.int8,
}
"""Type of array for each type of column that holds values, not names."""
CODED = ("text", "choices", "reference", "references")
"""Types of column that hold names, kept as codes."""
LISTS = ("choices", "references")
"""Types of column whose cells hold several names with ';' between."""


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Rule:
    """A condition under which cells of one column are at fault.

    Attributes
    ----------
    column, condition
        Column name; SQL that is true for a cell at fault.
    problem, remedy
        For the fault; a remedy may depend on the cell.
    """

    column: str
    condition: str
    problem: str
    remedy: Remedy


def rules(schema: Table, column: Column) -> Iterator[Rule]:
    """Yield what makes a cell of a column a fault; a table keeps both text and value of a cell."""
    name = quoted(column.name)

    def rule(condition: str, problem: str, remedy: Remedy) -> Rule:
        return Rule(column.name, condition, problem, remedy)

    if column.required:
        yield rule(f"{name} IS NULL", "is empty", "fill this cell")
    if column.type == "text":
        yield rule(
            f"starts_with({name}, '=')",
            "is a formula, or begins like one",
            "put the value itself into the cell",
        )
    identifies = bool(schema.declares) and column == schema.columns[0]
    if identifies or column.label:
        yield from _identifier_rules(schema if identifies else None, name, rule)
    elif column.type == "text":
        yield rule(f"contains({name}, chr(0))", "holds a NUL byte", "remove it")
    elif column.type in ("number", "integer"):
        yield from _number_rules(column, name, rule)
    elif column.type == "flag":
        yield rule(f"{name} NOT IN ('0', '1')", "is neither 0 nor 1", "write 0 or 1")
    elif column.type == "date":
        value = quoted(value_name(column))
        yield rule(
            f"{name} IS NOT NULL AND {value} IS NULL", "is not a day", "write it as YYYY-MM-DD"
        )
    elif column.type == "choice":
        listed = ", ".join(map(literal, column.choices))

        def nearest(value: str) -> str:
            return not_a_choice(value, column)[1]

        yield rule(f"{_choice(column)} NOT IN ({listed})", "is not a choice", nearest)


def not_a_choice(value: str, column: Column) -> tuple[str, str]:
    """Return problem and remedy of a word that is not among the choices of a column."""
    near = suggestion(value, column.choices)
    return "is not a choice", f"use one of {', '.join(column.choices)}{near}"


def _identifier_rules(
    schema: Table | None, name: str, rule: Callable[[str, str, Remedy], Rule]
) -> Iterator[Rule]:
    yield rule(
        f"regexp_matches({name}, '{HIDDEN}') OR {name} <> trim({name})",
        "holds a hidden character or a space at its end",
        "type it again without",
    )
    yield rule(
        f"nfc_normalize({name}) <> {name}",
        "is not in Unicode normal form C",
        "type its accented letters again, each as one character",
    )
    if schema is None:
        return
    yield rule(f"contains({name}, ';')", "holds ';'", "';' separates identifiers: use another sign")
    kinds = "|".join(KINDS)
    yield rule(
        f"regexp_matches({name}, '^({kinds}):')",
        "begins with a kind and ':'",
        "that form names a thing of that kind: leave the kind out",
    )
    words = ", ".join(map(literal, RESERVED))
    yield rule(
        f"{name} IN ({words})",
        "is a word with a meaning of its own",
        "use another identifier; what is not known is left empty where it is referred to",
    )
    if schema.declares == "country":
        yield rule(
            f"NOT regexp_full_match({name}, '[A-Z]{{3}}')",
            "is not three capital letters",
            "use the ISO 3166-1 alpha-3 code, such as IND",
        )


def _number_rules(
    column: Column, name: str, rule: Callable[[str, str, Remedy], Rule]
) -> Iterator[Rule]:
    value = quoted(value_name(column))
    what, finite = "a whole number", f"{value} IS NOT NULL"
    if column.type == "number":
        what, finite = "a number", f"isfinite({value})"
    yield rule(
        f"{name} IS NOT NULL AND NOT coalesce({finite}, false)",
        f"is not {what}",
        "write digits, with a decimal point where needed, and nothing else",
    )
    unit = f" {column.unit}" if column.unit else ""
    for bound, sign, problem, remedy in (
        (column.minimum, "<", "is below", "give {} or more"),
        (column.above, "<=", "is not above", "give more than {}"),
        (column.maximum, ">", "is above", "give {} or less"),
    ):
        if bound is not None:
            yield rule(
                f"{finite} AND {value} {sign} {bound:g}",
                f"{problem} {bound:g}",
                remedy.format(f"{bound:g}{unit}"),
            )


def value_name(column: Column) -> str:
    """Return the name of the column that holds a column's numbers or days beside its texts."""
    return f"value of {column.name}"


def parsed(column: Column) -> str:
    """Return the expression of a cell's number or day, NULL where it is none; empty for a text."""
    name = quoted(column.name)
    if column.type == "number":
        cast = f"TRY_CAST({name} AS DOUBLE)"
        written = f"regexp_full_match({name}, '{_NUMBER}')"
    elif column.type == "integer":
        cast = f"TRY_CAST({name} AS BIGINT)"
        written = f"regexp_full_match({name}, '[+-]?[0-9]+')"
    elif column.type == "date":
        cast = f"TRY_CAST({name} AS DATE)"
        written = f"regexp_full_match({name}, '{_DAY}') AND {name} >= '0001'"
    else:
        return ""
    return f"CASE WHEN {written} THEN {cast} END"


def _choice(column: Column) -> str:
    name = quoted(column.name)
    prefix = "TLP:"
    if all(choice.startswith(prefix) for choice in column.choices):
        return (
            f"CASE WHEN starts_with({name}, '{prefix}') THEN {name} ELSE '{prefix}' || {name} END"
        )
    return name


def default_column(column: Column, rows: int) -> Array:
    """Return what an absent column means, shape (rows,)."""
    if column.type in CODED:
        return np.full(rows, EMPTY, dtype=np.int32)
    return as_type(column, np.full(rows, _default(column), dtype=DTYPES[column.type]))


def _default(column: Column) -> float | int:
    if column.type == "number":
        return float("nan") if column.default is None else float(column.default)
    if column.type == "date":
        return _NO_DAY
    if column.type == "choice":
        return EMPTY if column.default is None else column.choices.index(str(column.default))
    if column.default is None:
        return 0 if column.type == "flag" else EMPTY
    return int(column.default)


def as_type(column: Column, values: Array) -> Array:
    """Return values, a day as days since 1970, as the type that a `Network` keeps."""
    values = np.ascontiguousarray(values, dtype=DTYPES[column.type])
    return values.view("M8[D]") if column.type == "date" else values


def typed(column: Column) -> str:
    """Return the expression that makes a cell a value, its default where it is empty or broken."""
    name = quoted(column.name)
    default = _default(column)
    value = quoted(value_name(column))
    if column.type == "number":
        empty = repr(default) if default == default else "'nan'::DOUBLE"  # noqa: PLR0124
        return f"coalesce({value}, {empty})"
    if column.type == "integer":
        return f"coalesce({value}, {default})"
    if column.type == "flag":
        return f"coalesce({name} = '1', {bool(default)})"
    if column.type == "date":
        return f"coalesce(date_diff('day', DATE '1970-01-01', {value}), {_NO_DAY + 1} - 1)"
    listed = ", ".join(map(literal, column.choices))
    position = f"coalesce(list_position([{listed}], {_choice(column)}), {int(default) + 1})"
    return f"({position} - 1)::TINYINT"


def text_of_stored(column: Column, stored: str) -> str:
    """Return the expression that writes a Parquet column as a CSV file would, empty if none."""
    name = quoted(column.name)
    whole = re.fullmatch(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)", stored) is not None
    real = stored in ("FLOAT", "DOUBLE") or stored.startswith("DECIMAL")
    if stored == "VARCHAR" or stored.startswith("ENUM"):
        return f"nullif({name}::VARCHAR, '')"
    if column.type == "number" and (whole or real):
        return f"{name}::VARCHAR"
    if column.type in ("integer", "flag") and whole:
        return f"{name}::VARCHAR"
    if column.type in ("integer", "flag") and real:
        is_whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
        return f"CASE WHEN {is_whole} THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END"
    if column.type == "flag" and stored == "BOOLEAN":
        return f"{name}::TINYINT::VARCHAR"
    if column.type == "date" and stored == "DATE":
        return f"{name}::VARCHAR"
    if column.type == "date" and stored.startswith("TIMESTAMP") and "ZONE" not in stored:
        midnight = f"{name} = date_trunc('day', {name})"
        return f"CASE WHEN {midnight} THEN {name}::DATE::VARCHAR ELSE {name}::VARCHAR END"
    return ""
