"""Tables out of DuckDB and back: what a run holds, and what people and spreadsheets read."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from indranet.errors import Fault, InputError
from indranet.model.cells import literal, quoted
from indranet.model.tables import connected, parquet, path_literal

Array = npt.NDArray[Any]

_FORMULA = r"^[=+@\t\r-]"


def write_rows(path: Path, columns: Mapping[str, Array]) -> None:
    """Write one table as CSV or Parquet, by the suffix of its path, whole or not at all.

    In CSV a text that a spreadsheet would take for a formula (it begins with =, +, -, @, tab or
    carriage return) gets an apostrophe before it; numbers and Parquet stay as they are. A file so
    written is for people and spreadsheets. A case, whose identifiers must come back unchanged, is
    written by `indranet.model.case.write_case`.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    columns
        Name to values, all of shape (rows,): numbers, flags, days, texts. NaN, NaT and None are
        written as empty.

    Raises
    ------
    ValueError
        When the suffix is neither .csv nor .parquet, there is no column, or lengths differ.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}.{os.urandom(4).hex()}.{path.name}")
    try:
        with connected() as connection:
            copy_rows(connection, beside, columns, neutral=True)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@dataclass(frozen=True)
class Chunks:
    """A long table in pieces, which need not all be in memory at once.

    Attributes
    ----------
    columns
        Names of its columns.
    pieces
        Gives the pieces anew, one after the other, each one array a column.
    """

    columns: tuple[str, ...]
    pieces: Callable[[], Iterator[Mapping[str, Array]]]

    def whole(self) -> dict[str, Array]:
        """Return the whole table."""
        parts = list(self.pieces())
        return {name: np.concatenate([part[name] for part in parts]) for name in self.columns}


def write_chunks(path: Path, table: Chunks) -> None:
    """Write a long table as Parquet, piece by piece, whole or not at all.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    table
        At least one piece.
    """
    with (
        tempfile.TemporaryDirectory(prefix=".pieces-", dir=path.parent) as folder,
        connected() as at,
    ):
        files = []
        for number, piece in enumerate(table.pieces()):
            files.append(Path(folder) / f"{number:06d}.parquet")
            copy_rows(at, files[-1], piece, neutral=False)
        beside = Path(folder) / "whole.parquet"
        listed = ", ".join(path_literal(file) for file in files)
        at.execute(
            f"COPY (SELECT * FROM read_parquet([{listed}], hive_partitioning = false)) "
            f"TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)"
        )
        beside.replace(path)


def read_rows(path: Path) -> dict[str, Array]:
    """Return the columns of a Parquet file that `write_rows` wrote, all of shape (rows,).

    An empty text is "", an empty number NaN, an empty day NaT.

    Raises
    ------
    InputError
        When there is no such file, or it is not Parquet.
    """
    with connected() as connection:
        try:
            fetched = connection.execute(f"SELECT * FROM {parquet(path)}").fetchnumpy()
        except duckdb.Error:
            problem = "cannot be read as Parquet" if path.exists() else "is missing"
            fault = Fault(path.name, problem=problem, remedy="make the run again")
            raise InputError([fault]) from None
    return {str(name): _filled(values) for name, values in fetched.items()}


def _filled(values: Array) -> Array:
    if values.dtype.kind == "M":
        return np.ma.filled(values, np.datetime64("NaT")).astype("M8[D]")
    if not np.ma.isMaskedArray(values):
        return values
    if values.dtype.kind == "O":
        return np.ma.filled(values, "")
    return np.ma.filled(values.astype(np.float64), np.nan)


def copy_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: Mapping[str, Array],
    *,
    neutral: bool,
) -> None:
    """Write one table as `write_rows` does, straight to its path; `neutral` disarms formulas."""
    if path.suffix not in (".csv", ".parquet") or not columns:
        raise ValueError(f"{path.name}: a table is written as .csv or .parquet, with columns")
    prepared = {name: _storable(np.asarray(values)) for name, values in columns.items()}
    if len({len(values) for values in prepared.values()}) != 1:
        raise ValueError(f"{path.name}: the columns differ in length")
    write = _written if path.suffix == ".csv" else _stored
    chosen = ", ".join(
        f"{write(quoted(name), values, neutral)} AS {quoted(name)}"
        for name, values in prepared.items()
    )
    options = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    connection.register("written", prepared)
    try:
        connection.execute(
            f"COPY (SELECT {chosen} FROM written) TO {literal(str(path))} ({options})"
        )
    finally:
        connection.unregister("written")


def _storable(values: Array) -> Array:
    if values.dtype.kind == "M":
        return values.astype("M8[us]")
    if values.dtype.kind in "US":
        return values.astype(object)
    return np.ascontiguousarray(values)


def _stored(name: str, values: Array, _neutral: bool) -> str:
    return f"{name}::DATE" if values.dtype.kind == "M" else name


def _written(name: str, values: Array, neutral: bool) -> str:
    if values.dtype.kind == "f":
        whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
        return f"CASE WHEN {whole} THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END"
    if values.dtype.kind == "b":
        return f"{name}::TINYINT"
    if values.dtype.kind == "O":
        name = f"nullif({name}, '')"
        if not neutral:
            return name
        formula = f"regexp_matches({name}, '{_FORMULA}')"
        return f"CASE WHEN {formula} THEN chr(39) || {name} ELSE {name} END"
    return _stored(name, values, neutral)
