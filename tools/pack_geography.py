"""Pack open geography into the files that the package carries.

Run as ``python tools/pack_geography.py SOURCES [INTO]``, where SOURCES holds the folders
searoute-marnet, natural-earth-world-atlas, geonames-cities and sea-ports-npm. The same sources give
the same bytes.
"""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from indranet.geography.places import ALPHA3, EARTH_RADIUS_KM, haversine_km, unit_vectors

TOWNS_PER_COUNTRY = {"IN": 1000, "JP": 500}
TOWNS_ELSEWHERE = 400
PORTS_APART_KM = 50.0
"""Ports that two sources place farther apart than this are left out: one of them is wrong."""
PORT_TO_SHORE_KM = 50.0

Point = tuple[float, float]
Points = npt.NDArray[np.float64]
Cell = tuple[int, int]
"""A point on the grid of a quantised map."""


def pack_cities(source: Path, into: Path) -> None:
    """Write the largest towns of each country, by country and falling population."""
    with source.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    rows.sort(key=lambda r: (ALPHA3[r["iso2"]], -int(r["population"]), r["name"], r["geonameid"]))
    taken: dict[str, int] = {}
    packed = []
    for row in rows:
        country = row["iso2"]
        taken[country] = taken.get(country, 0) + 1
        if taken[country] <= TOWNS_PER_COUNTRY.get(country, TOWNS_ELSEWHERE):
            lat, lon = _short(row["lat"], 4), _short(row["lon"], 4)
            packed.append((row["name"], country, row["admin1"], lat, lon, row["population"]))
    _write(into, ("name", "iso2", "admin1", "lat", "lon", "population"), packed)


def pack_sea(source: Path, into: Path) -> None:
    """Write the sea network as points and the edges between them, with the source's labels.

    Longitudes that go beyond 180 are brought back, so that lines which end on either side of the
    date line meet in one point.
    """
    point: dict[Point, int] = {}
    label: dict[tuple[int, int], str] = {}
    for feature in json.loads(source.read_text())["features"]:
        passage = feature["properties"].get("passage") or ""
        for line in _lines(feature["geometry"]):
            codes = [point.setdefault(_wrapped(lonlat), len(point)) for lonlat in line]
            for a, b in pairwise(codes):
                if a != b:
                    edge = (min(a, b), max(a, b))
                    label[edge] = label.get(edge) or passage
    _write(into / "points.csv", ("lon", "lat"), ((_short(x, 6), _short(y, 6)) for x, y in point))
    edges = sorted(label.items())
    _write(into / "edges.csv", ("point", "other", "label"), ((a, b, p) for (a, b), p in edges))


def pack_land(source: Path, into: Path) -> None:
    """Write rings around all land on the source's own grid, each point as a step from the last.

    An arc that two countries share is a boundary and belongs to no ring of the merged land.
    """
    topology = json.loads(source.read_text())
    arcs = [list(_summed(arc)) for arc in topology["arcs"]]
    users = Counter(
        arc
        for country in topology["objects"]["countries"]["geometries"]
        for arc in {code if code >= 0 else ~code for ring in _rings(country) for code in ring}
    )
    width = round(360 / topology["transform"]["scale"][0])
    rings = []
    for shape in topology["objects"]["land"]["geometries"]:
        for codes in _rings(shape):
            if any(users[code if code >= 0 else ~code] != 1 for code in codes):
                raise ValueError("the merged land holds a boundary between countries")
            ring: list[Cell] = []
            for code in codes:
                arc = arcs[code] if code >= 0 else arcs[~code][::-1]
                ring += arc[1:] if ring else arc
            rings += _cut_at_dateline(ring[:-1], width)
    packed = {
        "corner": topology["transform"]["translate"],
        "scale": topology["transform"]["scale"],
        "rings": [_steps(ring) for ring in rings],
    }
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_text(json.dumps(packed, separators=(",", ":")) + "\n", encoding="utf-8")


def pack_ports(lines: Path, others: Path, shore: Points, into: Path) -> None:
    """Write the ports of both sources that lie by the sea, by UN/LOCODE.

    `shore` holds latitude and longitude of points by the sea, shape (points, 2).
    """
    first = {
        f["properties"]["port"]: (f["properties"]["name"], f["geometry"]["coordinates"])
        for f in json.loads(lines.read_text())["features"]
    }
    second = {
        port: (entry["name"], entry["coordinates"])
        for port, entry in json.loads(others.read_text()).items()
        if "coordinates" in entry
    }
    tree = cKDTree(unit_vectors(shore[:, 0], shore[:, 1]))
    packed = []
    for port in sorted(first.keys() | second.keys()):
        name, (lon, lat) = first.get(port) or second[port]
        if len(port) != 5 or port[:2] not in ALPHA3 or not (abs(lat) <= 90 and abs(lon) <= 180):
            continue
        if port in first and port in second:
            other_lon, other_lat = second[port][1]
            if haversine_km(lat, lon, other_lat, other_lon) > PORTS_APART_KM:
                continue
        near, _ = tree.query(unit_vectors(lat, lon))
        if near * EARTH_RADIUS_KM <= PORT_TO_SHORE_KM:
            packed.append((port, name.strip(), _short(lat, 4), _short(lon, 4)))
    _write(into, ("port", "name", "lat", "lon"), packed)


def _lines(geometry: dict[str, Any]) -> list[list[list[float]]]:
    coordinates: list[Any] = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "LineString" else coordinates


def _rings(shape: dict[str, Any]) -> list[list[int]]:
    """Return the rings of a polygon or several as codes of arcs; ~code is the arc backwards."""
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


def _summed(steps: Iterable[Sequence[int]]) -> Iterator[Cell]:
    x = y = 0
    for dx, dy in steps:
        x, y = x + dx, y + dy
        yield x, y


def _steps(ring: list[Cell]) -> list[int]:
    before = [(0, 0), *ring[:-1]]
    return [step for (x, y), (u, v) in zip(ring, before, strict=True) for step in (x - u, y - v)]


def _cut_at_dateline(ring: list[Cell], width: int) -> list[list[Cell]]:
    """Return a ring as rings that lie between 0 and `width`, where the date line is at both.

    A ring that goes round the south pole is closed along the date line and the bottom of the grid;
    what only runs along the bottom is no land.
    """
    x, y = np.array(ring).T
    if not y.any():
        return []
    jumps = np.rint(np.diff(x, append=x[0]) / width).astype(int)
    if not jumps.any():
        return [ring]
    first = int(np.abs(jumps).argmax()) + 1
    x, y, jumps = np.roll(x, -first), np.roll(y, -first), np.roll(jumps, -first)
    x = x - width * np.concatenate([[0], np.cumsum(jumps)[:-1]])
    unrolled = list(zip(x.tolist(), y.tolist(), strict=True))
    if jumps.sum():
        end = unrolled[0][0] - width * int(jumps.sum())
        unrolled += [(end, unrolled[0][1]), (end, 0), (unrolled[0][0], 0)]
    parts = []
    for turn in (-1, 0, 1):
        part = _right_of([(u + turn * width, v) for u, v in unrolled], 0)
        part = [(width - u, v) for u, v in _right_of([(width - u, v) for u, v in part], 0)]
        if len({u for u, _ in part}) > 1:
            parts.append(part)
    return parts


def _right_of(ring: list[Cell], edge: int) -> list[Cell]:
    """Return the part of a ring where x is not below an edge (Sutherland and Hodgman 1974)."""
    kept: list[Cell] = []
    for (x, y), (u, v) in zip(ring, ring[1:] + ring[:1], strict=True):
        if x >= edge:
            kept.append((x, y))
        if (x < edge) != (u < edge):
            kept.append((edge, round(y + (v - y) * (edge - x) / (u - x))))
    return kept


def _wrapped(lonlat: Sequence[float]) -> Point:
    lon = round((lonlat[0] + 180) % 360 - 180, 6)
    return (-180.0 if lon == 180 else lon) + 0.0, round(lonlat[1], 6) + 0.0


def _short(value: str | float, digits: int) -> str:
    return f"{round(float(value), digits) + 0.0:.{digits}f}".rstrip("0").rstrip(".")


def _write(into: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _shore(network: Path, land: Path) -> Points:
    """Return the points of the sea network and of the rings around land."""
    sea = np.loadtxt(network, delimiter=",", skiprows=1)
    packed = json.loads(land.read_text())
    rings = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) for ring in packed["rings"]]
    coast = np.concatenate(rings) * packed["scale"] + packed["corner"]
    return np.concatenate([sea, coast])[:, ::-1]


def main(sources: Path, into: Path) -> None:
    """Pack everything."""
    marnet, ports = sources / "searoute-marnet", sources / "sea-ports-npm"
    atlas, towns = sources / "natural-earth-world-atlas", sources / "geonames-cities"
    sea, land, places = into / "sea", into / "map", into / "places"
    pack_sea(marnet / "marnet_searoute.geojson", sea)
    pack_land(atlas / "countries-50m.json", land / "land.json")
    pack_cities(towns / "cities500_indopacific_noUS_CN_full.csv", places / "cities.csv")
    shore = _shore(sea / "points.csv", land / "land.json")
    pack_ports(marnet / "ports.geojson", ports / "ports.json", shore, places / "ports.csv")
    for licence, folder in (
        (marnet / "LICENCE.txt", sea),
        (atlas / "LICENSE", land),
        (ports / "LICENSE", places),
    ):
        (folder / licence.name).write_bytes(licence.read_bytes())


if __name__ == "__main__":
    bundled = Path(__file__).resolve().parent.parent / "src" / "indranet" / "data"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else bundled)
