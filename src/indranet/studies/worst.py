"""Which dependences are worst, causes of one and the same loss told together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.studies.candidates import KINDS_ON_REQUEST, Candidates

NAMED = {
    "country": "countries",
    "firm": "firms",
    "product": "products",
    "passage": "passages",
    "service": "services",
    "facility": "facilities",
}
"""Kinds of thing that have a name in words, and their tables."""
FINE = 1000
"""People and real sites are counted in thousandths, so that sums are exact in any order."""


def elsewhere(
    asked: Candidates, sums: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return what each candidate takes from others: people (thousandths) and services or sites.

    What a country takes from its own people when it is gone itself is no dependence on another: for
    territories and jurisdictions the loss of the own country is left out.

    Parameters
    ----------
    asked
        The candidates.
    sums
        Losses of each, shape (candidates, sums): services, people, sites, then people and rows for
        each country in turn.
    """
    people, rows = sums[:, 1].copy(), np.where(sums[:, 0] > 0, sums[:, 0], sums[:, 2])
    own = np.flatnonzero(np.isin(asked.kind, ("territory", "jurisdiction")) & (asked.country >= 0))
    people[own] -= sums[own, 3 + 2 * asked.country[own]]
    in_services = sums[own, 4 + 2 * asked.country[own]]
    rows[own] -= np.where(sums[own, 0] > 0, in_services, rows[own])
    return people, rows


def worst_groups(
    asked: Candidates, sums: npt.NDArray[np.int64], at_most: int = 40
) -> list[list[int]]:
    """Return the worst dependences, worst first; candidates of equal loss stand together.

    They are ordered by the people that they take elsewhere (see `elsewhere`). Sites, services and
    facilities asked for one by one are left out of this order, not of the tables.

    Parameters
    ----------
    asked, sums
        The candidates and their losses, as for `elsewhere`.
    at_most
        Groups to return.
    """
    people, rows = elsewhere(asked, sums)
    fit = ~np.isin(asked.kind, KINDS_ON_REQUEST) & ((people > 0) | (rows > 0))
    groups: dict[tuple[int, ...], list[int]] = {}
    for candidate in np.lexsort((np.arange(len(rows)), -rows, -people)).tolist():
        if fit[candidate]:
            key = (int(people[candidate]), int(rows[candidate]), *sums[candidate, :2].tolist())
            groups.setdefault(key, []).append(candidate)
    return list(groups.values())[:at_most]


def describe_group(
    network: Network,
    asked: Candidates,
    group: list[int],
    spread: Mapping[float, npt.NDArray[np.int64]],
) -> dict[str, Any]:
    """Return one dependence as plain data: its things, its loss, and how that hangs on need_share.

    Parameters
    ----------
    network, asked
        The case and its candidates.
    group
        Candidates of equal loss.
    spread
        need_share to the losses of all candidates, as for `worst_groups`.
    """
    first = group[0]
    losses = next(iter(spread.values()))
    sums = losses[first]
    people_elsewhere, rows_elsewhere = elsewhere(asked, losses)
    people = sorted({int(some[first, 1]) / FINE for some in spread.values()})
    services = sorted({int(some[first, 0]) for some in spread.values()})
    return {
        "things": [
            {"kind": str(asked.kind[i]), "id": str(asked.id[i]), "name": _name(network, asked, i)}
            for i in group
        ],
        "services_lost": int(sums[0]),
        "people_lost": int(sums[1]) / FINE,
        "services_elsewhere": int(rows_elsewhere[first]) if sums[0] else 0,
        "people_elsewhere": int(people_elsewhere[first]) / FINE,
        "sites_lost": int(sums[2]) / FINE,
        "hangs_on_need_share": len(people) > 1 or len(services) > 1,
        "people_lost_range": [people[0], people[-1]],
        "services_lost_range": [services[0], services[-1]],
    }


def _name(network: Network, asked: Candidates, candidate: int) -> str:
    """Return the name in words of a candidate, its identifier where it has none."""
    kind, identifier = str(asked.kind[candidate]), str(asked.id[candidate])
    kind = {"territory": "country", "jurisdiction": "country", "control": "firm"}.get(kind, kind)
    if kind not in NAMED:
        return identifier
    row = np.flatnonzero(network.names[kind] == identifier)
    return names_in_words(network, kind, row)[0] or identifier


def names_in_words(network: Network, kind: str, rows: npt.NDArray[np.integer]) -> list[str]:
    """Return the names of some things of a kind, empty where they have none.

    Services of one name differ by where they are used: region and country follow in brackets.
    """
    table = network[NAMED[kind]].where(rows)
    names = table.text("name")
    if kind != "service":
        return names
    countries = np.append(network.names["country"], "")[table["country"]].tolist()
    spoken = dict(zip(network.names["country"], network["countries"].text("name"), strict=True))
    where = [
        ", ".join(part for part in (region, spoken.get(country) or country) if part)
        for region, country in zip(table.text("region"), countries, strict=True)
    ]
    return [
        f"{name} ({place})" if name and place else name
        for name, place in zip(names, where, strict=True)
    ]


def names_table(network: Network) -> dict[str, npt.NDArray[Any]]:
    """Return the names in words of all things that have one: kind, id, name."""
    rows = [
        (kind, str(identifier), name)
        for kind in NAMED
        for identifier, name in zip(
            network.names[kind],
            names_in_words(network, kind, np.arange(len(network.names[kind]))),
            strict=True,
        )
        if name
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        column: np.array(values, dtype=object)
        for column, values in zip(("kind", "id", "name"), columns, strict=True)
    }
