"""Which dependences are worst, causes of one and the same loss told together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import TABLES
from indranet.studies.candidates import Candidates

FINE = 1000
"""People and real sites are counted in thousandths, so that sums are exact in any order."""
_RADIO = TABLES["sites"].column("kind").choices.index("radio")


def worst_groups(
    network: Network, asked: Candidates, sums: npt.NDArray[np.int64], at_most: int = 40
) -> list[list[int]]:
    """Return the worst dependences, worst first; candidates of equal loss stand together.

    What a country takes from its own people when it is gone itself is no dependence on another, nor
    is the loss of a mobile operator to its own customers: both are left out of this order, not of
    the tables. Sites, services and facilities asked for one by one are left out as well.

    Parameters
    ----------
    network, asked
        The case and its candidates.
    sums
        Losses of each candidate, shape (candidates, sums): services, people, sites, then people
        and rows for each country in turn.
    at_most
        Groups to return.
    """
    whole = np.isin(asked.kind, ("territory", "jurisdiction"))
    own = np.flatnonzero(whole & (asked.country >= 0))
    people, rows = sums[:, 1].copy(), np.where(sums[:, 0] > 0, sums[:, 0], sums[:, 2])
    people[own] -= sums[own, 3 + 2 * asked.country[own]]
    rows[own] -= np.where(sums[own, 0] > 0, sums[own, 4 + 2 * asked.country[own]], rows[own])
    mobile = _mobile_operators(network)
    fit = np.array(
        [
            kind not in {"site", "service", "facility"}
            and not (kind in {"firm", "control"} and name in mobile)
            for kind, name in zip(asked.kind, asked.id, strict=True)
        ],
        dtype=bool,
    )
    fit &= (people > 0) | (rows > 0)
    groups: dict[tuple[int, ...], list[int]] = {}
    for candidate in np.lexsort((np.arange(len(rows)), -rows, -people)).tolist():
        if fit[candidate]:
            key = (int(people[candidate]), *sums[candidate, :3].tolist())
            groups.setdefault(key, []).append(candidate)
    return list(groups.values())[:at_most]


def _mobile_operators(network: Network) -> set[str]:
    """Return the firms that run radio sites, and the firms above them."""
    sites, parent = network["sites"], network["firms"]["parent"]
    found = set(np.unique(sites["operator"][sites["kind"] == _RADIO]).tolist()) - {-1}
    for firm in list(found):
        above = int(parent[firm])
        while above >= 0:
            found.add(above)
            above = int(parent[above])
    return {str(network.names["firm"][firm]) for firm in found}


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
    sums = next(iter(spread.values()))[first]
    people = sorted({int(losses[first, 1]) / FINE for losses in spread.values()})
    services = sorted({int(losses[first, 0]) for losses in spread.values()})
    return {
        "things": [
            {"kind": str(asked.kind[i]), "id": str(asked.id[i]), "name": _name(network, asked, i)}
            for i in group
        ],
        "services_lost": int(sums[0]),
        "people_lost": int(sums[1]) / FINE,
        "sites_lost": int(sums[2]) / FINE,
        "hangs_on_need_share": len(people) > 1 or len(services) > 1,
        "people_lost_range": [people[0], people[-1]],
        "services_lost_range": [services[0], services[-1]],
    }


def _name(network: Network, asked: Candidates, candidate: int) -> str:
    """Return the name in words of a candidate, its identifier where it has none."""
    kind, identifier = str(asked.kind[candidate]), str(asked.id[candidate])
    kind = {"territory": "country", "jurisdiction": "country", "control": "firm"}.get(kind, kind)
    table = {"country": "countries", "firm": "firms", "product": "products", "passage": "passages",
             "service": "services", "facility": "facilities"}.get(kind)  # fmt: skip
    if table is None:
        return identifier
    row = int(np.flatnonzero(network.names[kind] == identifier)[0])
    code = int(network[table]["name"][row])
    return str(network[table].words["name"][code]) if code >= 0 else identifier
