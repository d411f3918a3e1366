"""The rows of a network as a spreadsheet would show them: names in the place of codes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import TABLES, Column

Array = npt.NDArray[Any]


def decoded(network: Network, table: str) -> dict[str, Array]:
    """Return the columns of a table with identifiers and words in the place of codes.

    Numbers, flags and dates stay; what is empty is an empty text, NaN or NaT; shape (rows,) each.
    """
    rows = network[table]
    found = {}
    for column in TABLES[table].columns:
        if column.name not in rows.columns:
            continue
        values = rows[column.name]
        if column.type in ("number", "integer", "flag", "date"):
            found[column.name] = values
        elif column.type == "reference":
            found[column.name] = _identifiers(network, column, values)
        else:
            found[column.name] = np.array(rows.text(column.name), dtype=object)
    return found


def _identifiers(network: Network, column: Column, codes: Array) -> Array:
    if len(column.refers) == 1:
        names = network.names[column.refers[0]]
    else:
        names = np.concatenate(list(network.names.values()))
    return np.append(names, "").astype(object)[codes]
