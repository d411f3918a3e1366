"""What everything depends on: what each loss takes away, at every tier, and why."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.studies.candidates import DEFAULT_KINDS, candidates
from indranet.studies.description import absent_tables
from indranet.studies.exclusions import excluded_words, exclusions
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.lanes import detours
from indranet.studies.reach import NEED_SHARE, Table, reach
from indranet.studies.reasons import reasons as reasons_of
from indranet.studies.worst import names_table


@dataclass(frozen=True)
class Exposure:
    """What each candidate's loss takes away, and what lies behind it.

    Attributes
    ----------
    tables
        `reach` (kind, id, horizon, plane, services_lost, sites_lost, people_lost, people_share);
        `need_share` (the same losses where a product counts as supplied with 30 or 80 % of its
        contracted flow left); `reach_countries` (losses by country of the service); `services`
        (services lost), `places` and `losses` (sites gathered at places, and the share lost there),
        both for the first cause of each of the worst; `names` (kind, id, name); `detours` (what the
        closing of each passage does to the lanes that use it); `reasons` (why things are lost).
        With an authority `untrusted` (what works and is not trusted).
    summary
        Totals, the worst dependences now and in time, what was down before, what is not known.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def exposure(
    network: Network,
    *,
    by: Sequence[str] = DEFAULT_KINDS,
    on: np.datetime64 | None = None,
    authority: str | None = None,
    reasons: str | None = None,
    executor: Executor | None = None,
) -> Exposure:
    """Take away each candidate in turn and count what stops; tell what lies behind it.

    Parameters
    ----------
    network
        The case.
    by
        Kinds of candidate (see `studies.candidates.candidates`).
    on
        Day that decides which agreements are in force and whom an authority excludes; the case's
        first day by default.
    authority
        Whose exclusions the trusted plane holds; nothing is excluded without one.
    reasons
        Thing or candidate whose reasons are told in full (see `studies.reasons.reasons`).
    executor
        Threads to spread the work over; results do not depend on their number.

    Returns
    -------
    Tables and summary.

    Raises
    ------
    UsageError
        When a kind of candidate, an authority or an identifier is unknown.
    """
    asked = candidates(network, by)
    day = network.first_day if on is None else on
    ground = groundwork(network, on=day, apart="site" in by)
    excluded = None if authority is None else exclusions(ground, authority, day)
    found = reach(ground, asked, exclusions=excluded, executor=executor)
    tables = {
        **found.tables,
        "names": names_table(network),
        "detours": detours(network, ground.routes),
        "reasons": reasons_of(network, found, reasons, authority or ""),
    }
    unknown = found.nets["in time"][0].unknown
    summary = {**_summary(ground, unknown, day), **found.summary}
    if excluded is not None:
        summary["excluded"] = excluded_words(network, excluded)
    return Exposure(tables, summary)


def _summary(
    ground: Groundwork, unknown: npt.NDArray[np.int32], on: np.datetime64
) -> dict[str, Any]:
    network = ground.network
    services, sites = network["services"], network["sites"]
    rows = services if len(services) else sites
    return {
        "on": str(on),
        "services": len(services),
        "site_rows": len(sites),
        "sites": float(sites["stands_for"].sum()),
        "people": float(rows["people"].sum()),
        "people_counted_by": "services" if len(services) else "sites",
        "need_share": NEED_SHARE,
        "unknown_products": network.names["product"][unknown].tolist(),
        "unplaced_lanes": network.names["lane"][ground.routes.unplaced].tolist(),
        "agreements_in_force": network.names["agreement"][ground.force].tolist(),
        "absent_tables": absent_tables(network),
    }
