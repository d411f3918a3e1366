"""Coastlines and land of the world, without any boundary between countries.

Natural Earth, 1:50m. Lines that two countries share are left out when the file is made, so that no
drawing made from it can take sides on a border.
"""

import json
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@cache
def land() -> tuple[Floats, ...]:
    """Return closed rings around all land, cut at the date line.

    Each is read-only, longitude and latitude in degrees, shape (points, 2), its last point equal to
    its first. Filled by the even-odd rule they give the land: an inland sea is a ring in another.
    """
    packed = json.loads(files("indranet.data").joinpath("map/land.json").read_text("utf-8"))
    scale, corner = np.array(packed["scale"]), np.array(packed["corner"])
    rings = []
    for steps in packed["rings"]:
        ring = np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * scale + corner
        ring[:, 0] = ring[:, 0].clip(-180, 180)
        rings.append(_frozen(np.concatenate([ring, ring[:1]])))
    return tuple(rings)


@cache
def coastlines() -> tuple[Floats, ...]:
    """Return the coastlines, none of which crosses the date line.

    Each is read-only, longitude and latitude in degrees, shape (points, 2). The edges that only
    close a ring of `land`, along the date line and at the south pole, are left out.
    """
    return tuple(line for ring in land() for line in _without_closing_edges(ring))


def _without_closing_edges(ring: Floats) -> list[Floats]:
    dateline = np.abs(ring[:, 0]) > 180 - 1e-6
    pole = ring[:, 1] < -89.9
    closing = (dateline[:-1] & dateline[1:]) | (pole[:-1] & pole[1:])
    if not closing.any():
        return [ring]
    # Start after a closing edge, so that no line is broken where its ring happens to begin.
    first = int(closing.argmax()) + 1
    points = np.concatenate([ring[first:-1], ring[: first + 1]])
    lines = np.split(points, np.flatnonzero(np.roll(closing, -first)) + 1)
    return [_frozen(line.copy()) for line in lines if len(line) > 1]


def _frozen(array: Floats) -> Floats:
    array.flags.writeable = False
    return array
