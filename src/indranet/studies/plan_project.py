"""A project before and after: what the people of its country hang on, and who makes what there."""

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS
from indranet.studies.candidates import candidates
from indranet.studies.groundwork import groundwork, wanted_rows, wanted_sites
from indranet.studies.plan_problem import Planned
from indranet.studies.reach import Plain, plain_reach

Table = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

KINDS = ("firm", "territory", "jurisdiction", "product")
"""What is taken away of a network as planned."""
WAYS = ("passage", "lane")
"""What is taken away as well where a project may lay a cable."""
_MOST = 5
_UNKNOWN = "unknown"


def both_reaches(
    made: Planned, after: Network, executor: Executor | None = None
) -> tuple[Plain, Plain]:
    """Return what is lost with each thing before a plan and once it is carried out.

    Of a project passages and lanes are taken away as well, and the sites of its countries.

    Parameters
    ----------
    made
        The plan's problem.
    after
        The network as planned.
    executor
        Threads; answers do not hang on their number.
    """
    project = made.goal.replace.wanted
    here = _in_countries(made) if project else np.zeros(len(after["sites"]), dtype=bool)

    def reaches(network: Network) -> Plain:
        asked = candidates(network, (*KINDS, *WAYS, "site") if project else KINDS)
        kept = asked.kind != "site"
        if project:
            kept[~kept] = here
        ground = groundwork(network, apart=here)
        return plain_reach(ground, asked.pick(np.flatnonzero(kept)), executor)

    return reaches(made.ground.network), reaches(after)


def project_tables(made: Planned, after: Network, both: tuple[Plain, Plain]) -> dict[str, Table]:
    """Return the exposure of the countries of a project before and after.

    Parameters
    ----------
    made
        The project, ready to be planned.
    after
        The network as planned.
    both
        What is lost with each thing before and after.

    Returns
    -------
    `exposed` (country, kind, id, horizon, people_before, people_after): whom the loss of a thing
    takes, where it takes anybody. `served` (country, horizon, people_before, people_after). `mix`
    (country, function, by {maker, seat}, id, before, after): shares of units of the functions that
    are wanted, over all operators of the country.
    """
    names = _countries(made)
    return {
        "exposed": _exposed(both, names),
        "served": _served(both, names),
        "mix": _mix(made, after, names),
    }


def _in_countries(made: Planned) -> npt.NDArray[np.bool_]:
    """Return which sites stand in the countries of a project, shape (sites,)."""
    network = made.ground.network
    names = np.append(network.names["country"], "").astype(str)
    return np.isin(names[network["sites"]["country"]], _countries(made))


def _countries(made: Planned) -> list[str]:
    """Return the countries in which something is wanted that the plan is about."""
    network = made.ground.network
    at = made.ground.equipment["site"][made.swaps.goes]
    codes = np.unique(network["sites"]["country"][at])
    return [str(network.names["country"][code]) for code in codes.tolist() if code >= 0]


def _exposed(both: tuple[Plain, Plain], names: list[str]) -> Table:
    found: dict[tuple[str, str, str, str], list[float]] = {}
    for place, one in enumerate(both):
        rows = one.countries
        for i in np.flatnonzero(np.isin(rows["country"].astype(str), names)).tolist():
            country, kind, thing, horizon = (
                str(rows[column][i]) for column in ("country", "kind", "id", "horizon")
            )
            if rows["people_lost"][i] > 0:
                ends = found.setdefault((country, kind, thing, horizon), [0.0, 0.0])
                ends[place] = float(rows["people_lost"][i])
    keys = sorted(found)
    text = {
        column: np.array([key[place] for key in keys], dtype=object)
        for place, column in enumerate(("country", "kind", "id", "horizon"))
    }
    people = np.array([found[key] for key in keys]).reshape(-1, 2)
    return {**text, "people_before": people[:, 0], "people_after": people[:, 1]}


def _served(both: tuple[Plain, Plain], names: list[str]) -> Table:
    now, then = (one.served for one in both)
    rows = np.flatnonzero(np.isin(now["country"].astype(str), names))
    return {
        "country": now["country"][rows], "horizon": now["horizon"][rows],
        "people_before": now["people"][rows], "people_after": then["people"][rows],
    }  # fmt: skip


def _mix(made: Planned, after: Network, names: list[str]) -> Table:
    """Return shares of units by maker and by the maker's seat, function by function."""
    found: dict[tuple[str, str, str, str], Floats] = {}
    network = made.ground.network
    exists = made.ground.exists("equipment")
    wanted = np.isin(network["equipment"]["function"], made.swaps.functions)
    at = network["equipment"]["site"].astype(np.int64)
    units = network["equipment"]["quantity"] * network["sites"]["stands_for"][at]
    firms = np.append(network.names["firm"], _UNKNOWN).astype(str)
    seats = np.append(network.names["country"], _UNKNOWN).astype(str)
    seat_of = np.append(network["firms"]["country"].astype(np.int64), -1)
    for place, one in enumerate((network, after)):
        maker = one["products"]["firm"].astype(np.int64)[one["equipment"]["product"]]
        there = exists & wanted & ~wanted_rows(one)
        for name in names:
            here = network.names["country"][network["sites"]["country"][at]] == name
            for function in made.swaps.functions.tolist():
                rows = np.flatnonzero(there & here & (network["equipment"]["function"] == function))
                total = float(units[rows].sum())
                for by, ids in (("maker", firms[maker]), ("seat", seats[seat_of[maker]])):
                    for label in np.unique(ids[rows]).tolist():
                        key = name, FUNCTIONS[function], by, str(label)
                        mine = float(units[rows][ids[rows] == label].sum())
                        found.setdefault(key, np.zeros(2))[place] = mine / total
    keys = sorted(found)
    text = {
        column: np.array([key[place] for key in keys], dtype=object)
        for place, column in enumerate(("country", "function", "by", "id"))
    }
    share = np.array([found[key] for key in keys]).reshape(-1, 2)
    return {**text, "before": share[:, 0], "after": share[:, 1]}


def project_told(
    made: Planned, after: Network, both: tuple[Plain, Plain], tables: Mapping[str, Table]
) -> dict[str, Any]:
    """Return a project before and after as plain data.

    Returns
    -------
    `countries`; `people_counted_by`; `served`, and of each country and horizon the `vendor` without
    which fewest are left, before and after; `more` and `less`: what in time takes most more, and
    most fewer, people than before; `still_wanted`: real sites that stay so.
    """
    network = made.ground.network
    exposed, served = tables["exposed"], tables["served"]
    makers = _makers(network)
    change = exposed["people_after"] - exposed["people_before"]
    late = exposed["horizon"] == "in time"

    def told(rows: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
        return [{column: _plain(exposed[column][i]) for column in exposed} for i in rows.tolist()]

    # Of what changes alike, what nobody hangs on at the other end says most.
    rises = np.lexsort((exposed["people_before"], -change))
    falls = np.lexsort((exposed["people_after"], change))
    more = [i for i in rises.tolist() if change[i] > 0 and late[i]]
    less = [i for i in falls.tolist() if change[i] < 0 and late[i]]
    mine = np.isin(network["sites"]["operator"], made.swaps.operators)
    return {
        "countries": _countries(made),
        "people_counted_by": "services" if len(network["services"]) else "sites",
        "served": [
            {
                **{column: _plain(served[column][i]) for column in served},
                "vendor_before": _worst_maker(exposed, makers, served, i, "before"),
                "vendor_after": _worst_maker(exposed, makers, served, i, "after"),
            }
            for i in range(len(served["country"]))
        ],
        "more": told(np.array(more[:_MOST], dtype=np.int64)),
        "less": told(np.array(less[:_MOST], dtype=np.int64)),
        "still_wanted": float(network["sites"]["stands_for"][wanted_sites(after) & mine].sum()),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)


def _makers(network: Network) -> set[str]:
    """Return the firms that make something and run no site."""
    made = np.unique(network["products"]["firm"])
    runs = np.unique(network["sites"]["operator"])
    firms = np.setdiff1d(made[made >= 0], runs)
    return set(network.names["firm"][firms].astype(str).tolist())


def _worst_maker(
    exposed: Table, makers: set[str], served: Table, place: int, when: str
) -> dict[str, Any]:
    """Return the maker whose loss leaves fewest people, and how many are left without it."""
    rows = [
        i
        for i in np.flatnonzero(
            (exposed["kind"] == "firm")
            & (exposed["country"] == served["country"][place])
            & (exposed["horizon"] == served["horizon"][place])
        ).tolist()
        if exposed["id"][i] in makers and exposed[f"people_{when}"][i] > 0
    ]
    people = float(served[f"people_{when}"][place])
    if not rows:
        return {"id": "", "left": people}
    worst = max(rows, key=lambda i: float(exposed[f"people_{when}"][i]))
    return {
        "id": str(exposed["id"][worst]),
        "left": people - float(exposed[f"people_{when}"][worst]),
    }
