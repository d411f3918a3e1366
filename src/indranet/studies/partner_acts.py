"""Which agreements can change an answer, by what clauses, and a case with one clause less."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.goal import Goal
from indranet.model.network import Network, Rows
from indranet.model.scenario import Scenario
from indranet.model.schema import TABLES
from indranet.studies.agreed import days_of
from indranet.studies.groundwork import in_force

Codes = npt.NDArray[np.int64]

NOBODY = "(none)"
"""Stands for an agreement that is never in force: rows of a clause that is left out hang on it."""
_BY_DAYS = {"stress": ("early_warning", "threat_sharing"), "plan": ("certification",)}
"""Kinds that act by their days, in each study."""


def standing(network: Network, asked: Scenario | Goal) -> list[str]:
    """Return the agreements that the question finds in force, in order of the case.

    In a scenario those of the case's first day, in a plan those of any day of it; of these only
    those that the question names, where it names any.
    """
    rows = network["agreements"]
    if isinstance(asked, Scenario):
        there = in_force(network, network.first_day)
    else:
        days = asked.starts(network.first_day)
        there = np.isnat(rows["from"]) | (rows["from"] < days[-1])
        there &= np.isnat(rows["until"]) | (rows["until"] >= days[0])
    names = [str(name) for name in network.names["agreement"][there]]
    return [n for n in names if asked.agreements is None or n in asked.agreements]


def wanted(network: Network, force: list[str], agreements: tuple[str, ...]) -> list[str]:
    """Return the agreements that were asked for, in order of the case.

    Raises
    ------
    UsageError
        When one is not in the case, or not in force.
    """
    known = network.names["agreement"].tolist()
    for name in agreements:
        if name not in known:
            told = ", ".join(map(str, known)) or "none"
            raise UsageError(f"no agreement {name!r} in the case, which has {told}")
        if name not in force:
            raise UsageError(
                f"agreement {name!r} is not in force here: look at its from and until, and at the "
                "agreements that the question names"
            )
    return [name for name in force if name in agreements]


def clauses(network: Network, asked: Scenario | Goal, agreement: str) -> dict[str, str]:
    """Return what an agreement does in a question: clause to table, empty for what it does itself.

    Itself it acts by its kind, or where something needs it.
    """
    code = network.names["agreement"].tolist().index(agreement)
    found = {}
    kind = network["agreements"].text("kind")[code]
    study = "stress" if isinstance(asked, Scenario) else "plan"
    if kind in _BY_DAYS[study] and days_of(network, code) > 0:
        found["days"] = ""
    if kind == "access" and isinstance(asked, Scenario):
        # Access lets crews and spares come: nothing else asks for it.
        found |= {"access": ""} if any(event.repair is not None for event in asked.event) else {}
    if (
        study == "stress"
        and (network["needs"]["input"] == network.offset("agreement") + code).any()
    ):
        found["needed"] = ""
    for name, rows in network.tables.items():
        if name != "agreements" and len(rows) and (rows["agreement"] == code).any():
            found[name] = name
    return found


def why_not(network: Network, asked: Scenario | Goal, agreement: str) -> str:
    """Return why an agreement that has no clause acts on nothing."""
    code = network.names["agreement"].tolist().index(agreement)
    kind = network["agreements"].text("kind")[code]
    days = (*_BY_DAYS["stress"], *_BY_DAYS["plan"])
    if kind in days and not days_of(network, code) > 0:
        return f"no row hangs on it, and it says no days ({kind.replace('_', ' ')})"
    if kind == "access" and isinstance(asked, Scenario):
        return "no row hangs on it, and nothing is mended in the scenario (access)"
    return f"no row hangs on it, and nothing here asks for {kind.replace('_', ' ') or 'its kind'}"


def with_nobody(network: Network) -> Network:
    """Return a case with one agreement more, of nobody about nothing and never in force."""
    span = network.span("agreement")
    if span.start == span.stop:
        raise ValueError("a case without agreements has no clauses to leave out")

    def moved(codes: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        return np.where(codes >= span.stop, codes + 1, codes).astype(codes.dtype)

    tables = {}
    for name, rows in network.tables.items():
        columns = dict(rows.columns)
        for column in TABLES[name].columns:
            # A reference to one kind alone counts within that kind.
            if column.type == "reference" and len(column.refers) > 1 and column.name in columns:
                columns[column.name] = moved(columns[column.name])
        tables[name] = Rows(name, columns, rows.words)
    more = network["agreements"].where(np.append(np.arange(len(network["agreements"])), 0))
    until = more["until"].copy()
    until[-1] = np.datetime64("0001-01-01")
    tables["agreements"] = more.with_column("until", until)
    lists = {key: (start, moved(codes)) for key, (start, codes) in network.lists.items()
             if len(TABLES[key[0]].column(key[1]).refers) > 1}  # fmt: skip
    lists = {**network.lists, **lists}
    for key in [key for key in lists if key[0] == "agreements"]:
        start, codes = lists[key]
        lists[key] = (np.append(start, start[-1]), codes)
    names = {**network.names, "agreement": np.append(network.names["agreement"], NOBODY)}
    return replace(network, tables=tables, names=names, lists=lists)


def without_clause(network: Network, agreement: str, table: str) -> Network:
    """Return a case `with_nobody` in which an agreement lacks a clause, while it is in force.

    Parameters
    ----------
    network
        As `with_nobody` returns it.
    agreement
        Whose.
    table
        The clause: its rows in a table, or empty for what it does itself; then its rows hang on
        nothing, and it must not be in force.
    """
    code = network.names["agreement"].tolist().index(agreement)
    changed = {}
    for name, rows in network.tables.items():
        if name == "agreements" or not len(rows) or (table and name != table):
            continue
        mine = rows["agreement"] == code
        if mine.any():
            to = len(network.names["agreement"]) - 1 if table else -1
            changed[name] = rows.with_column("agreement", np.where(mine, to, rows["agreement"]))
    return network.replace(**changed) if changed else network
