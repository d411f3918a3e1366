"""What a case holds and what it lacks, in counts and words."""

from typing import Any

import numpy as np

from indranet.model.network import Network
from indranet.model.schema import PROVENANCES
from indranet.studies.groundwork import WANTED, wanted_rows, wanted_sites

_TURNS_OFF = {
    "lanes": "no passage or lane can be taken away, and nothing can be reached over lanes",
    "supplies": "products are bought at large, not by contract",
    "plants": "where products are made is not known",
    "components": "dependence ends at the first tier",
    "services": "people are counted by site",
    "failures": "no probability of an outage can be given",
    "agreements": "nothing hangs on an agreement",
    "passages": "no passage can be taken away",
}
"""What the absence of a table turns off."""
_IN_TIME = {
    "failures": "nothing fails by itself, and nothing says how long repairs take",
    "vulnerabilities": "no flaw can be exploited",
    "facilities": "nothing says from where cables and sites are mended",
    "stocks": "nobody holds spares or supplies beyond what contracts keep",
    "crews": "as many crews as it takes repair at once",
    "hazards": "nothing strikes by chance but what the scenario says",
}
"""What the absence of a table turns off in the course of time."""


def describe(network: Network) -> dict[str, Any]:
    """Return tables with their counts and provenance, and the gaps in words.

    Returns
    -------
    `tables`: one entry a table that is there (table, rows, provenance shares); `gaps`: sentences.
    """
    tables = []
    for name, rows in network.tables.items():
        if not len(rows):
            continue
        counts = np.bincount(rows["provenance"].astype(int) + 1, minlength=len(PROVENANCES) + 1)
        shares = {
            word: round(float(count) / len(rows), 4)
            for word, count in zip(("not stated", *PROVENANCES), counts, strict=True)
            if count
        }
        tables.append({"table": name, "rows": len(rows), "provenance": shares})
    return {
        "name": network.name,
        "first_day": str(network.first_day),
        "case_hash": network.case_hash,
        "tables": tables,
        "gaps": _gaps(network),
    }


def absent_tables(network: Network) -> dict[str, str]:
    """Return the tables that a case lacks and that matter, with what their absence turns off."""
    return {name: off for name, off in _TURNS_OFF.items() if not len(network[name])}


def not_considered(network: Network) -> dict[str, str]:
    """Return the tables that a case lacks and that matter in time, and what that turns off."""
    return {name: off for name, off in _IN_TIME.items() if not len(network[name])}


def _gaps(network: Network) -> list[str]:
    needed = np.zeros(network.size, dtype=bool)
    needed[network["needs"]["user"]] = True
    without = ~needed[network.span("service")]
    gaps = [f"no {name}: {off}" for name, off in absent_tables(network).items()]
    products, plants = network["products"], network["plants"]
    wanted, rows = wanted_sites(network), wanted_rows(network)
    if rows.any():
        gaps.append(f"{wanted.sum():,} of {len(wanted):,} sites are wanted by projects, not there")
    products = products.where(np.flatnonzero(products["kind"] != WANTED))
    installed = np.unique(network["equipment"]["product"][~rows])
    made = np.isin(installed, np.concatenate([plants["product"], network["components"]["product"]]))
    for count, of, what in (
        (int((~made).sum()), len(installed), "installed products have no plant and no components"),
        (
            int((products["bill"] != 0).sum()),
            len(products),
            "bills of materials are not complete",
        ),
        (int((products["firm"] < 0).sum()), len(products), "products have no maker"),
        (
            int(np.isnan(network["sites"]["lat"]).sum()),
            len(network["sites"]),
            "sites have no position",
        ),
        (int(np.isnan(plants["lat"]).sum()), len(plants), "plants have no position"),
        (int((plants["country"] < 0).sum()), len(plants), "plants have no territory"),
        (int((network["firms"]["country"] < 0).sum()), len(network["firms"]), "firms have no seat"),
        (int(without.sum()), len(without), "services need nothing, so nothing stops them"),
        (
            int((network["services"]["people"] == 0).sum()),
            len(network["services"]),
            "services serve nobody that is counted",
        ),
    ):
        if count:
            gaps.append(f"{count:,} of {of:,} {what}")
    return gaps
