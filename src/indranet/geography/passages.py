"""The passages of the sea that may close: straits, canals and capes."""

from dataclasses import dataclass
from typing import Literal

CLOSED_TO_TRADE = frozenset({"northwest"})
"""Passages that routes never take unless a graph is changed to allow it: ice most of the year."""


@dataclass(frozen=True)
class Passage:
    """A passage of the sea.

    Attributes
    ----------
    passage, name, kind
        Identifier, name in words, sort.
    lat, lon
        Position, degree.
    gate
        A line across it as (longitude, latitude, longitude, latitude): edges that cross the line
        run through the passage. None where the edges that the network's source labels do.
    """

    passage: str
    name: str
    kind: Literal["strait", "canal", "cape"]
    lat: float
    lon: float
    gate: tuple[float, float, float, float] | None = None


PASSAGES: tuple[Passage, ...] = (
    Passage("malacca", "Strait of Malacca", "strait", 3.6, 100.2),
    Passage("singapore", "Singapore Strait", "strait", 1.2, 103.75, (103.75, 1.45, 103.75, 0.9)),
    Passage("sunda", "Sunda Strait", "strait", -5.93, 105.8),
    Passage("lombok", "Lombok Strait", "strait", -8.75, 115.7, (115.2, -8.75, 116.2, -8.75)),
    Passage("makassar", "Makassar Strait", "strait", -2.0, 117.9, (116.3, -2.0, 119.6, -2.0)),
    Passage(
        "ombai_wetar", "Ombai and Wetar Straits", "strait", -8.8, 125.2, (125.2, -8.3, 125.2, -9.3)
    ),
    Passage("torres", "Torres Strait", "strait", -10.4, 142.35, (142.3, -9.1, 142.4, -11.0)),
    Passage(
        "south_china_sea",
        "South China Sea at 12° N",
        "strait",
        12.1,
        114.0,
        (109.4, 12.0, 119.9, 12.3),
    ),
    Passage("luzon", "Luzon Strait", "strait", 20.2, 121.3, (120.8, 22.0, 121.8, 18.3)),
    Passage("taiwan", "Taiwan Strait", "strait", 24.5, 119.6, (118.2, 24.6, 120.9, 24.4)),
    Passage("korea", "Korea Strait", "strait", 34.5, 129.9, (129.3, 35.3, 130.5, 33.6)),
    Passage("eight_degree", "Eight Degree Channel", "strait", 7.7, 73.0, (73.0, 8.3, 73.0, 7.0)),
    Passage("ormuz", "Strait of Hormuz", "strait", 26.5, 56.6, (56.65, 27.2, 56.65, 26.2)),
    Passage("babalmandab", "Bab-el-Mandeb", "strait", 12.6, 43.45),
    Passage("suez", "Suez Canal", "canal", 30.3, 32.45, (32.2, 30.25, 32.7, 30.28)),
    Passage("bosporus", "Bosporus", "strait", 41.13, 29.06, (28.9, 41.13, 29.2, 41.13)),
    Passage("dardanelles", "Dardanelles", "strait", 40.2, 26.4, (26.4, 39.9, 26.4, 40.5)),
    Passage("gibraltar", "Strait of Gibraltar", "strait", 35.95, -5.6, (-5.6, 36.1, -5.6, 35.75)),
    Passage("south_africa", "Cape of Good Hope", "cape", -35.0, 21.0, (21.0, -34.0, 21.0, -75.0)),
    Passage("panama", "Panama Canal", "canal", 9.12, -79.77, (-79.77, 9.0, -79.77, 9.25)),
    Passage(
        "chili",
        "Cape Horn and Strait of Magellan",
        "cape",
        -55.8,
        -70.2,
        (-70.2, -52.0, -70.2, -75.0),
    ),
    Passage("bering", "Bering Strait", "strait", 65.7, -169.0, (-172.0, 65.7, -167.0, 65.7)),
    Passage("northwest", "Northwest Passage", "strait", 74.2, -92.0),
)
"""Passages of the bundled network.

Identifiers are the labels of the network's source where it has one, else the name without
"strait". The gates are authored and approximate. `lombok` includes the Badung Strait beside it,
`south_africa` all water between the cape and Antarctica, `chili` the Drake Passage. `singapore`
does not include the Durian and Riau Straits: closing it costs some 140 km.
"""
