"""Data centres and places of AI compute."""

from tools.indo_pacific.facts import Fact, Row, Tables, evidence, slug
from tools.indo_pacific.rows import SYNTHETIC, located, place_row, power_need, unit_row

SERVERS = 1000
"""Servers in a data centre of the case, synthetic."""
GPUS_PER_SERVER = 8


def datacentre(fact: Fact) -> str:
    """Return the identifier of the data centre at a place."""
    return f"datacentre-{slug(fact['place'])}"


def ai_site(fact: Fact) -> str:
    """Return the identifier of the AI compute site at a place."""
    return f"ai-{slug(fact['place'])}"


def ai_servers(fact: Fact) -> int:
    """Return the servers of an AI compute site, eight chips each."""
    return round(int(fact["gpus"]) / GPUS_PER_SERVER)


def tables(zones: set[tuple[str, str]]) -> Tables:
    """Return data centres and AI compute for sites, equipment and needs.

    Parameters
    ----------
    zones
        Countries and zones with a power region.
    """
    places = [(datacentre(f), f) for f in located("datacentres")]
    places += [(ai_site(f), f) for f in located("ai_sites")]
    equipment = [
        unit_row(datacentre(f), "server", "server", SERVERS, "", SYNTHETIC)
        for f in located("datacentres")
    ] + [_ai_row(f) for f in located("ai_sites")]
    return {
        "sites": [place_row(site, "datacentre", fact) for site, fact in places],
        "equipment": equipment,
        "needs": [
            power_need(site, fact["country"], fact["zone"], "datacentre")
            for site, fact in places
            if (fact["country"], fact["zone"]) in zones
        ],
    }


def _ai_row(fact: Fact) -> Row:
    shown = evidence(fact["provenance"], fact["source"])
    return unit_row(ai_site(fact), "GPU", "gpu-server", ai_servers(fact), "ai", shown)
