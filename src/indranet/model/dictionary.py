"""The data dictionary: every table and column in words, made from the schema."""

from indranet.model.schema import FUNCTION_GROUPS, TABLES, Column, Table


def dictionary() -> str:
    """Return the data dictionary of a case as Markdown."""
    parts = [
        "# Data dictionary",
        "",
        "A case is a folder: `case.toml` and one file per table, `.csv` or `.parquet`. A table is "
        "needed only if something refers to it; `services` and `needs` may stand alone. "
        "Identifiers are text in one namespace; where two kinds share one it is written with its "
        "kind, as in `plant:p0`. An empty cell and an absent column are the same: the default "
        "holds.",
        "",
        "`case.toml` holds `name`, `first_day` (YYYY-MM-DD) and, if you like, `description`. Money "
        "is in USD.",
        "",
        *[part for table in TABLES.values() for part in _table(table)],
        "## Functions",
        "",
        *[f"- **{group}**: {', '.join(names)}" for group, names in FUNCTION_GROUPS.items()],
        "",
        "Names follow 3GPP TS 23.501 and TS 38.401, and O-RAN.",
        "",
    ]
    return "\n".join(parts)


def _table(table: Table) -> list[str]:
    return [
        f"## {table.name}",
        "",
        f"{table.doc} A row is named by: {', '.join(f'`{c}`' for c in table.key)}.",
        "",
        "| column | type | unit | default | range | meaning |",
        "| --- | --- | --- | --- | --- | --- |",
        *[_row(column) for column in table.columns],
        "",
    ]


def _row(column: Column) -> str:
    default = "required" if column.required else ("" if column.default is None else column.default)
    cells = (f"`{column.name}`", _type(column), column.unit, default, _range(column), column.doc)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _type(column: Column) -> str:
    kinds = "any identifier" if len(column.refers) > 8 else " or ".join(column.refers)
    if column.type == "reference":
        return f"reference to {kinds}"
    if column.type == "references":
        words = "".join(f", or `{word}`" for word in column.words)
        return f"references to {kinds}, `;` between{words}"
    return {
        "flag": "0 or 1",
        "date": "date YYYY-MM-DD",
        "choice": "choice",
        "choices": "choices, `;` between",
    }.get(column.type, column.type)


def _range(column: Column) -> str:
    if column.choices:
        return ", ".join(column.choices)
    bounds = []
    if column.above is not None:
        bounds.append(f"above {column.above:g}")
    if column.minimum is not None:
        bounds.append(f"at least {column.minimum:g}")
    if column.maximum is not None:
        bounds.append(f"at most {column.maximum:g}")
    return ", ".join(bounds)
