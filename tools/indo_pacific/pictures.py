"""Pictures of the bundled case for its page: where things stand, and how well counts are met."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tools.indo_pacific.facts import Value

from indranet.geography.coast import land
from indranet.runs import worldmap
from indranet.runs.markup import Html, element, joined

Floats = npt.NDArray[np.float64]

STYLE = (
    ".sea{fill:#f3f6f8}.land{fill:#dfe3e0}.graticule{fill:none;stroke:#e4e9ec;stroke-width:1.5}"
    "circle{stroke:#fff;stroke-width:1.2}"
    ".a{fill:#1f6f8b}.b{fill:#c8553d}.c{fill:#7a5195}.d{fill:#588157}"
    ".cable{fill:none;stroke:#1f6f8b;stroke-width:4}.land-line{fill:none;stroke:#c8553d;"
    "stroke-width:3}.beam{fill:none;stroke:#7a5195;stroke-width:3;stroke-dasharray:10 8}"
    "text{font:30px sans-serif;fill:#22303a}.axis{fill:none;stroke:#8a979f;stroke-width:2}"
    ".line{fill:none;stroke:#8a979f;stroke-width:2;stroke-dasharray:8 8}"
)
_LINES = {"cable": "cable", "land": "land-line", "microwave": "beam", "satellite": "beam"}


def radio_map(sites: Sequence[Mapping[str, Value]]) -> Html:
    """Return a map of the clusters of radio sites, each as large as its count of base stations."""
    rows = [row for row in sites if row["kind"] == "radio"]
    count = np.array([float(row["stands_for"]) for row in rows])
    order = np.argsort(-count, kind="stable")
    lat, lon = (np.array([float(row[c]) for row in rows])[order] for c in ("lat", "lon"))
    shown = worldmap.frame(lat, lon)
    words = f"Map of {len(rows):,} clusters of radio sites, {round(count.sum()):,} base stations."
    return _map(shown, [_marks(shown, lat, lon, worldmap.radii(count[order], shown), "a")], words)


def ways_map(sites: Sequence[Mapping[str, Value]], lanes: Sequence[Mapping[str, Value]]) -> Html:
    """Return a map of the cables and links between sites."""
    at = {str(row["site"]): (float(row["lat"]), float(row["lon"])) for row in sites}
    ways = [
        row
        for row in lanes
        # A way is a route over others; a lane of goods has no site at its end.
        if row["mode"] in _LINES and row["origin"] in at and not str(row["lane"]).startswith("way-")
    ]
    ends = np.array([[at[str(row[end])] for end in ("origin", "destination")] for row in ways])
    lat, lon = ends[:, :, 0], ends[:, :, 1]
    shown = worldmap.frame(lat.ravel(), lon.ravel())
    x, y = worldmap.project(shown, lat, lon)
    lines = [
        element("path", class_=_LINES[str(row["mode"])], d=f"M{a:.0f} {b:.0f}L{c:.0f} {d:.0f}")
        for row, (a, c), (b, d) in zip(ways, x.tolist(), y.tolist(), strict=True)
        # The way round the back of the map would cross all of it.
        if abs(a - c) < worldmap.WIDTH / 2
    ]
    words = f"Map of {len(ways):,} cables, land lines, microwave and satellite links."
    return _map(shown, lines, words)


def plants_map(plants: Sequence[Mapping[str, Value]], kind_of: Mapping[str, str]) -> Html:
    """Return a map of the plants: equipment, parts, materials, tools and software."""
    classes = {"equipment": "a", "part": "b", "material": "d"}
    lat, lon = (np.array([float(row[c]) for row in plants]) for c in ("lat", "lon"))
    shown = worldmap.frame(lat, lon)
    marks = []
    for kind in ("equipment", "part", "material", "other"):
        mine = np.array(
            [(k if (k := kind_of[str(row["product"])]) in classes else "other") == kind
             for row in plants]
        )  # fmt: skip
        size = np.full(int(mine.sum()), 11.0)
        marks.append(_marks(shown, lat[mine], lon[mine], size, classes.get(kind, "c")))
    return _map(shown, marks, f"Map of {len(plants):,} plants.")


def scatter(published: Floats, modelled: Floats, named: Sequence[str], words: str) -> Html:
    """Return modelled against published counts on logarithmic axes.

    Parameters
    ----------
    published, modelled
        Counts, shape (places,).
    named
        Name of each place, told where the pointer rests.
    words
        What the picture shows.
    """
    size, edge = 1000, 110
    low = np.floor(np.log10(min(published.min(), modelled.min())))
    high = np.ceil(np.log10(max(published.max(), modelled.max())))
    span = size - 2 * edge
    x = edge + span * (np.log10(published) - low) / (high - low)
    y = size - edge - span * (np.log10(modelled) - low) / (high - low)
    marks = [
        element("circle", element("title", name), class_="a", cx=round(a), cy=round(b), r=9)
        for name, a, b in zip(named, x.tolist(), y.tolist(), strict=True)
    ]
    ticks = []
    for power in range(int(low), int(high) + 1):
        at = edge + span * (power - low) / (high - low)
        label = f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"
        ticks.append(element("text", label, x=round(at), y=size - edge + 45, text_anchor="middle"))
        ticks.append(
            element("text", label, x=edge - 15, y=round(size - at + 10), text_anchor="end")
        )
    frame = f"M{edge} {edge}V{size - edge}H{size - edge}"
    return element(
        "svg",
        element("style", Html(STYLE)),
        element("path", class_="axis", d=frame),
        element("path", class_="line", d=f"M{edge} {size - edge}L{size - edge} {edge}"),
        *marks,
        *ticks,
        element("text", "published", x=size // 2, y=size - 20, text_anchor="middle"),
        element("text", "modelled", x=edge, y=edge - 30, text_anchor="middle"),
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {size} {size}",
        role="img", aria_label=words,
    )  # fmt: skip


def write(folder: Path, pictures: Mapping[str, Html]) -> None:
    """Write pictures as files of a folder."""
    for name, picture in pictures.items():
        (folder / f"indo-pacific-{name}.svg").write_text(f"{picture}\n", encoding="utf-8")


def _marks(shown: worldmap.Frame, lat: Floats, lon: Floats, radius: Floats, kind: str) -> Html:
    x, y = worldmap.project(shown, lat, lon)
    return joined(
        element("circle", class_=kind, cx=round(a), cy=round(b), r=f"{r:.0f}")
        for a, b, r in zip(x.tolist(), y.tolist(), radius.tolist(), strict=True)
    )


def _map(shown: worldmap.Frame, marks: Sequence[Html], words: str) -> Html:
    return element(
        "svg",
        element("style", Html(STYLE)),
        element("rect", class_="sea", width=worldmap.WIDTH, height=round(shown.height)),
        element("path", class_="graticule", d=worldmap.graticule_paths(shown)),
        element("path", class_="land", fill_rule="evenodd", d=worldmap.land_paths(shown, land())),
        *marks,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {worldmap.WIDTH} {round(shown.height)}",
        role="img", aria_label=words,
    )  # fmt: skip
