"""Which dependences are worst; causes that stop the same services are told together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network, Rows
from indranet.studies.candidates import Candidates

NAMED = {
    "country": "countries",
    "firm": "firms",
    "product": "products",
    "plant": "plants",
    "passage": "passages",
    "service": "services",
    "facility": "facilities",
}
"""Kinds of thing that have a name in words, and their tables."""
FINE = 1000
"""People and real sites are counted in thousandths, so that sums are exact in any order."""
SERVICES, PEOPLE, SITES, SERVICE_SET, SITE_SET, COUNTRIES = range(6)
"""What is summed for each candidate. The two sets are sums of a hash of each thing lost: equal sums
mean equal sets. From `COUNTRIES` on stand people, services (or sites) and sites of each country."""
BY_COUNTRY = 3
_FIRST_TOLD = (
    "firm",
    "territory",
    "jurisdiction",
    "plant",
    "passage",
    "lane",
    "control",
    "product",
)
"""Order of causes of one loss: who before where before what; that nobody at all makes a product any
more is the least telling of them."""
_COUNTRY_KINDS = ("territory", "jurisdiction")


class Counts(NamedTuple):
    """What the loss of some gates adds to each sum: gates, and weights of shape (gates, sums)."""

    gates: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int64]


class Elsewhere(NamedTuple):
    """What each candidate takes from others: people and sites in thousandths, and services."""

    people: npt.NDArray[np.int64]
    services: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]


def elsewhere(network: Network, asked: Candidates, sums: npt.NDArray[np.int64]) -> Elsewhere:
    """Return what each candidate takes from others, arrays of shape (candidates,).

    What a country takes from its own people when it is gone itself is no dependence on another, nor
    is the loss of a service to those who use just that service: both are left out.

    Parameters
    ----------
    network, asked
        The case and its candidates.
    sums
        Losses of each, shape (candidates, sums).
    """
    people, services, sites = (sums[:, i].copy() for i in (PEOPLE, SERVICES, SITES))
    own = np.flatnonzero(np.isin(asked.kind, _COUNTRY_KINDS) & (asked.country >= 0))
    at = COUNTRIES + BY_COUNTRY * asked.country[own]
    people[own] -= sums[own, at]
    services[own] -= np.where(services[own] > 0, sums[own, at + 1], 0)
    sites[own] -= sums[own, at + 2]
    itself = np.flatnonzero((asked.kind == "service") & (services > 0))
    served = network["services"]["people"][
        asked.things[asked.start[itself]] - network.offset("service")
    ]
    people[itself] -= np.rint(served * FINE).astype(np.int64)
    services[itself] -= 1
    return Elsewhere(people, services, sites)


def standing(
    network: Network,
    asked: Candidates,
    sums: npt.NDArray[np.int64],
    then: npt.NDArray[np.int64] | None,
) -> npt.NDArray[np.int64]:
    """Return the place of each candidate among all, 1 for the worst, shape (candidates,).

    One more than the number of different losses that come before it in the order of `worst_groups`:
    by people, then by services, then by sites.

    Parameters
    ----------
    network, asked, sums, then
        As `worst_groups` takes them.
    """
    others = elsewhere(network, asked, sums)
    people = others.people
    if then is not None:
        people = people + elsewhere(network, asked, then).people
    keys = np.stack([-people, -others.services, -others.sites], axis=1)
    _, place = np.unique(keys, axis=0, return_inverse=True)
    return np.asarray(place.reshape(-1) + 1, dtype=np.int64)


def by_name(asked: Candidates) -> npt.NDArray[np.int64]:
    """Return the place of each candidate in the order of kinds and identifiers."""
    place = np.empty(len(asked.id), dtype=np.int64)
    place[np.lexsort((asked.id.astype(str), asked.kind.astype(str)))] = np.arange(len(place))
    return place


def worst_groups(
    network: Network,
    asked: Candidates,
    sums: npt.NDArray[np.int64],
    alike: Sequence[npt.NDArray[np.int64]],
    then: npt.NDArray[np.int64] | None = None,
    at_most: int = 40,
) -> list[list[int]]:
    """Return the worst dependences, worst first; causes that stop the same services together.

    They are ordered by what they take elsewhere: people, then services, then sites. Causes that
    stop no service stand together if they stop the same sites; a country that takes something from
    itself stands alone. People whose loss lasts though any
    maker may step in count once more: what cannot be worked round comes first.

    Within a group products come first, then plants, firms and countries.

    Parameters
    ----------
    network, asked, sums
        As for `elsewhere`.
    alike
        Losses under other assumptions, in which causes that stand together must be alike as well.
    then
        Losses with any maker allowed, None where that is no question.
    at_most
        Groups to return.
    """
    others = elsewhere(network, asked, sums)
    people = others.people
    if then is not None:
        people = people + elsewhere(network, asked, then).people
    fit = (others.people > 0) | (others.services > 0) | (others.sites > 0)
    sets = [
        np.where(some[:, SERVICES] > 0, some[:, SERVICE_SET], some[:, SITE_SET])
        for some in (sums, *alike)
    ]
    # What a country takes from itself is left out of its figures: it stands by itself.
    own = [sums[:, PEOPLE] - others.people, sums[:, SERVICES] - others.services]
    keys = np.stack([*sets, *own], axis=1)
    place = by_name(asked)
    order = np.lexsort((place, -others.sites, -others.services, -people))
    groups: dict[tuple[int, ...], list[int]] = {}
    for candidate in order[fit[order]].tolist():
        groups.setdefault(tuple(keys[candidate].tolist()), []).append(candidate)
    rank = {kind: at for at, kind in enumerate(_FIRST_TOLD)}
    turn = {candidate: at for at, candidate in enumerate(order.tolist())}
    return [
        sorted(group, key=lambda i: (rank.get(str(asked.kind[i]), len(rank)), turn[i]))
        for group in list(groups.values())[:at_most]
    ]


def describe_group(
    network: Network,
    asked: Candidates,
    group: list[int],
    spread: Mapping[float, npt.NDArray[np.int64]],
    places: Mapping[float, npt.NDArray[np.int64]],
) -> dict[str, Any]:
    """Return one dependence as plain data: its things, its loss, and how that hangs on need_share.

    Parameters
    ----------
    network, asked
        The case and its candidates.
    group
        Causes that stop the same, the one that takes most elsewhere first.
    spread
        need_share to the losses of all candidates; the usual share first.
    places
        need_share to the standing of all candidates.
    """
    first = asked.pick(np.array(group[:1]))
    losses = [some[group[:1]] for some in spread.values()]
    others = elsewhere(network, first, losses[0])
    each = [elsewhere(network, first, some) for some in losses]
    people = sorted({int(some.people[0]) / FINE for some in each})
    services = sorted({int(some.services[0]) for some in each})
    place = sorted({int(some[group[0]]) for some in places.values()})
    return {
        "things": [_thing(network, asked, i) for i in group],
        "services_lost": int(losses[0][0, SERVICES]),
        "people_lost": int(losses[0][0, PEOPLE]) / FINE,
        "services_elsewhere": int(others.services[0]),
        "people_elsewhere": int(others.people[0]) / FINE,
        "sites_lost": int(losses[0][0, SITES]) / FINE,
        "hangs_on_need_share": len(people) > 1 or len(services) > 1,
        "place_range": [place[0], place[-1]],
        "people_lost_range": [people[0], people[-1]],
        "services_lost_range": [services[0], services[-1]],
    }


def near_misses(
    network: Network,
    asked: Candidates,
    usual: npt.NDArray[np.int64],
    strict: npt.NDArray[np.int64],
    at_most: int = 20,
) -> list[dict[str, Any]]:
    """Return what stops a service only if more of a supply must be left than usual, worst first.

    Parameters
    ----------
    network, asked
        The case and its candidates.
    usual, strict
        Losses at the usual need_share and at a higher one, shape (candidates, sums).
    at_most
        Things to return.
    """
    missed = np.flatnonzero((usual[:, SERVICES] == 0) & (strict[:, SERVICES] > 0))
    place = by_name(asked)[missed]
    order = np.lexsort((place, -strict[missed, SERVICES], -strict[missed, PEOPLE]))
    return [
        {
            **_thing(network, asked, i),
            "services_lost": int(strict[i, SERVICES]),
            "people_lost": int(strict[i, PEOPLE]) / FINE,
        }
        for i in missed[order][:at_most].tolist()
    ]


def _thing(network: Network, asked: Candidates, candidate: int) -> dict[str, str]:
    name = _name(network, asked, candidate)
    return {"kind": str(asked.kind[candidate]), "id": str(asked.id[candidate]), "name": name}


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

    Services of one name differ by where they are used: region and country follow in brackets. A
    plant whose place is known is named after what it makes, where, and who runs it.
    """
    table = network[NAMED[kind]].where(rows)
    if kind == "plant":
        return _plant_names(network, table)
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


def _plant_names(network: Network, plants: Rows) -> list[str]:
    def said(kind: str, codes: npt.NDArray[np.integer]) -> list[str]:
        names = network[NAMED[kind]].text("name")
        identifiers = network.names[kind].tolist()
        return [(names[code] or identifiers[code]) if code >= 0 else "" for code in codes.tolist()]

    maker = network["products"]["firm"][plants["product"]]
    firms = said("firm", np.where(plants["firm"] >= 0, plants["firm"], maker))
    return [
        f"{product} from {place}{f' ({firm})' if firm else ''}" if place else ""
        for product, place, firm in zip(
            said("product", plants["product"]), plants.text("place"), firms, strict=True
        )
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
