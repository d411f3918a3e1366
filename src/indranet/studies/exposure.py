"""What everything depends on: what each loss takes away, at every tier, and why."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from indranet.model.network import Network
from indranet.studies.availability import availability as availability_of
from indranet.studies.candidates import Candidates, candidates
from indranet.studies.compile import HORIZONS, Horizon
from indranet.studies.cut_sets import service_cut_sets
from indranet.studies.description import absent_tables
from indranet.studies.exclusions import excluded_words, exclusions
from indranet.studies.groundwork import Groundwork, groundwork
from indranet.studies.lanes import detours
from indranet.studies.only import only as partners_alone
from indranet.studies.pairs import pairs as pairs_of
from indranet.studies.reach import NEED_SHARE, Reach, Table, reach, stacked
from indranet.studies.reasons import Question, question
from indranet.studies.reasons import reasons as reasons_of
from indranet.studies.rules import counts as rules_counted
from indranet.studies.rules import rules as rules_of
from indranet.studies.shares import first_questions, shares
from indranet.studies.systemic import TOLERANCE, Weight
from indranet.studies.systemic import systemic as systemic_of
from indranet.studies.worst import names_table

CUT_COLUMNS = ("lost", "horizon", "set", "size", "kind", "id")
"""Columns of the table of cut sets."""


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
        `shares`, `concentration`, `unknowns`, `product_shares`, `product_concentration`, `steps`
        and `spend` are those of `studies.shares.shares`; `rules` and `rule_questions` those of
        `studies.rules.rules`, where the case has rules. As asked: `only` and what stands beside it
        (`studies.only.only`), `untrusted` (what works and is not trusted), `pairs`
        (`studies.pairs.pairs`), `cut_sets` (`studies.cut_sets`), `systemic`
        (`studies.systemic.systemic`), `availability`, `importance` and `left_out`
        (`studies.availability.availability`).
    summary
        Totals, the worst dependences now and in time, what was down before, what is not known.
    """

    tables: Mapping[str, Table]
    summary: Mapping[str, Any]


def exposure(
    network: Network,
    *,
    by: Sequence[str] = (),
    only: Sequence[str] = (),
    authority: str | None = None,
    on: np.datetime64 | None = None,
    pairs: bool = False,
    reasons: str | None = None,
    availability: bool = False,
    systemic: bool = False,
    tolerance: float = TOLERANCE,
    weight: Weight = "sales",
    seed: int = 0,
    executor: Executor | None = None,
) -> Exposure:
    """Take away each candidate in turn and count what stops; tell what lies behind it.

    Parameters
    ----------
    network
        The case.
    by
        Kinds of candidate (see `studies.candidates.candidates`), its `default_kinds` if none.
    only
        Countries of which to tell what they can make alone (see `studies.only.only`).
    authority
        Whose exclusions the trusted plane holds; nothing is excluded without one.
    on
        Day that decides which agreements are in force and whom an authority excludes; the case's
        first day by default.
    pairs
        Take the candidates away two by two as well (see `studies.pairs.pairs`).
    reasons
        Thing or candidate whose reasons are told in full (see `studies.reasons.reasons`), with the
        smallest sets of things without which a thing is lost (see `studies.cut_sets`).
    availability
        Compute how often each service is down (see `studies.availability.availability`).
    systemic, tolerance, weight
        Compute how much of all production stops in the end (see `studies.systemic.systemic`).
    seed
        Of the draws that availability may take.
    executor
        Threads to spread the work over; results do not depend on their number.

    Returns
    -------
    Tables and summary.

    Raises
    ------
    UsageError
        When a kind of candidate, a country, an authority or an identifier is unknown.
    """
    day = network.first_day if on is None else on
    ground = groundwork(
        network, on=day, apart="site" in by, failing=availability or reasons is not None
    )
    asked = candidates(network, by, ground)
    excluded = None if authority is None else exclusions(ground, authority, day)
    asked_for = None if reasons is None else question(network, asked, reasons)
    alone = partners_alone(ground, only) if only else None
    found = reach(ground, asked, exclusions=excluded, executor=executor)
    tables: dict[str, Table] = {
        **found.tables,
        "names": names_table(network),
        "detours": detours(network, ground.routes),
    }
    if pairs:
        two = pairs_of(asked, found.nets, found.counts, executor=executor)
        tables["pairs"] = two.table
    tables["reasons"] = reasons_of(network, found, asked_for, authority or "", tables.get("pairs"))
    tables |= shares(ground)
    told = rules_of(ground, authority=authority, day=day) if len(network["rules"]) else None
    summary = {**_summary(ground, found, day), **found.summary}
    summary["first_questions"] = first_questions(network, tables)
    if told is not None:
        tables |= {"rules": told.rules, "rule_questions": told.questions}
        summary["rules"] = rules_counted(told, day)
    if alone is not None:
        tables |= alone.tables
        summary["only"] = dict(alone.summary)
    if excluded is not None:
        summary["excluded"] = excluded_words(network, excluded)
        summary["untrusted"] = {horizon: _untrusted(tables, horizon) for horizon in HORIZONS}
    if asked_for is not None:
        summary["reasons_of"] = _asked_words(network, asked, asked_for)
        tables["cut_sets"], summary["cut_sets"] = _cuts(ground, found, asked_for.thing, executor)
    if pairs:
        summary["pairs_left_out"] = two.left_out
        summary["worst_pairs"] = {horizon: _worst_pair(two.table, horizon) for horizon in HORIZONS}
    if systemic:
        risk = systemic_of(ground, tolerance=tolerance, weight=weight, executor=executor)
        tables["systemic"] = risk.table
        summary["systemic"] = {"tolerance": tolerance, "weight": weight, "worst": risk.worst()}
    if availability:
        down = availability_of(ground, on=day, seed=seed, executor=executor)
        tables |= down.tables
        summary["availability"] = dict(down.summary)
    return Exposure(tables, summary)


def _cuts(
    ground: Groundwork, found: Reach, thing: int, executor: Executor | None
) -> tuple[Table, dict[str, Any]]:
    """Return the minimal cut sets of a thing at each horizon, and to what size they are whole.

    A candidate that is no thing of the case, as a territory, has none (-1).
    """
    complete: dict[str, Any] = {}
    parts: list[Table] = []
    for horizon, (compiled, ordered) in found.nets.items() if thing >= 0 else ():
        cuts = service_cut_sets(ground, compiled, ordered, thing, horizon, executor=executor)
        parts.append(cuts.table)
        complete[horizon] = {
            "complete_to": cuts.complete_to, "tried": cuts.tried, "down_before": cuts.down_before,
        }  # fmt: skip
    empty: Table = {name: np.array([], dtype=object) for name in CUT_COLUMNS}
    return stacked(parts) if parts else empty, complete


def _asked_words(network: Network, asked: Candidates, question: Question) -> dict[str, Any]:
    """Return what reasons were asked for, as plain data: kind, identifier, lost, stops."""
    if question.thing >= 0:
        kind, identifier = network.thing(question.thing)
    else:
        kind, identifier = str(asked.kind[question.candidate]), str(asked.id[question.candidate])
    return {
        "kind": kind,
        "id": identifier,
        "lost": question.thing >= 0,
        "stops": question.candidate >= 0,
    }


def _worst_pair(table: Table, horizon: Horizon) -> dict[str, Any] | None:
    """Return the first pair of a horizon that takes more than its two take one by one."""
    more = (table["services_more"] > 0) | (table["people_more"] > 0) | (table["sites_more"] > 0)
    rows = np.flatnonzero((table["horizon"] == horizon) & more)
    if not len(rows):
        return None
    return {column: values[rows[:1]].tolist()[0] for column, values in table.items()}


def _untrusted(tables: Mapping[str, Table], horizon: Horizon) -> dict[str, float]:
    """Count what works and is not trusted: services, real sites, users of the services."""
    table = tables["untrusted"]
    mine = table["horizon"] == horizon
    services = mine & (table["kind"] == "service")
    return {
        "services": int(services.sum()),
        "people": float(table["people"][services].sum()),
        "sites": float(table["sites"][mine].sum()),
    }


def _summary(ground: Groundwork, found: Reach, on: np.datetime64) -> dict[str, Any]:
    network, unknown = ground.network, found.nets["in time"][0].unknown
    sites = network["sites"].where(ground.exists("sites"))
    services = network["services"].where(ground.exists("services") & ~found.waiting)
    rows = services if len(network["services"]) else sites
    return {
        "on": str(on),
        "services": len(services),
        "site_rows": len(sites),
        "sites": float(sites["stands_for"].sum()),
        "people": float(rows["people"].sum()),
        "people_counted_by": rows.name,
        "need_share": NEED_SHARE,
        "unknown_products": network.names["product"][unknown].tolist(),
        "unplaced_lanes": network.names["lane"][ground.routes.unplaced].tolist(),
        "agreements_in_force": network.names["agreement"][ground.force].tolist(),
        "absent_tables": absent_tables(network),
    }
