"""A map in SVG: coastlines and places, framed on the places and whole across ±180°."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.runs.markup import Html, element, joined

Floats = npt.NDArray[np.float64]

WIDTH = 2400
"""Width of every map in its own units; the page scales it."""
WHOLE = 60
"""Shares are kept in sixtieths: fine enough to read, and quarters are whole numbers of them."""

_FARTHEST = 84.0
_NARROWEST, _FLATTEST, _TALLEST = 6.0, 0.46, 0.66
_MARGIN = 0.045
_COVERED = 0.02
_RADIUS = (6.0, 40.0)
_BEYOND = 40.0


@dataclass(frozen=True)
class Frame:
    """What part of the world a map shows, in the Miller projection.

    Attributes
    ----------
    west
        Longitude of the left edge, degrees.
    span
        Degrees of longitude shown, at most 360.
    top
        Projected latitude of the upper edge, radians.
    height
        Height in map units.
    """

    west: float
    span: float
    top: float
    height: float

    @property
    def scale(self) -> float:
        """Map units a radian."""
        return float(WIDTH / np.radians(self.span))


def miller(lat: npt.ArrayLike) -> Floats:
    """Return the projected latitude, radians (Miller 1942: y = 5/4 ln tan(π/4 + 2φ/5)).

    >>> miller([45, 80]).round(4).tolist()
    [0.8428, 1.8324]
    """
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    return np.asarray(1.25 * np.log(np.tan(np.pi / 4 + 0.4 * phi)))


def frame(lat: Floats, lon: Floats) -> Frame:
    """Frame a map on places.

    The cut goes through the widest stretch of longitude without a place, so that an ocean with
    places on both shores stays whole.

    Parameters
    ----------
    lat, lon
        Degrees, shape (places,).

    Raises
    ------
    ValueError
        When there is no place.
    """
    if not len(lat):
        raise ValueError("a map is framed on at least one place")
    around = np.unique(np.mod(lon, 360.0))
    gaps = np.diff(np.append(around, around[0] + 360.0))
    widest = int(np.argmax(gaps))
    first, reach = around[(widest + 1) % len(around)], 360.0 - gaps[widest]
    span = min(max(reach * (1 + 2 * _MARGIN), reach + 2.0, _NARROWEST), 360.0)
    west = first - (span - reach) / 2
    west = (west + 180.0) % 360.0 - 180.0
    low, high = miller(np.clip([lat.min(), lat.max()], -_FARTHEST, _FARTHEST))
    wide = np.radians(span)
    tall = np.clip((high - low) + 2 * _MARGIN * wide, _FLATTEST * wide, None)
    if tall > _TALLEST * wide:
        span = float(min(np.degrees(tall / _TALLEST), 360.0))
        west -= (span - np.degrees(wide)) / 2
        wide = np.radians(span)
    top, bottom = (high + low + tall) / 2, (high + low - tall) / 2
    upper, lower = miller([_FARTHEST, -_FARTHEST])
    top, bottom = min(top, upper), max(bottom, lower)
    return Frame(float(west), float(span), float(top), float((top - bottom) * WIDTH / wide))


def project(shown: Frame, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Return map units from the left and from the top, shape (places,) each."""
    x = np.radians(np.mod(lon - shown.west, 360.0)) * shown.scale
    return x, (shown.top - miller(lat)) * shown.scale


def land_paths(shown: Frame, rings: Sequence[Floats]) -> str:
    """Return closed rings of land as SVG path data, cut at the frame.

    Parameters
    ----------
    shown
        The frame.
    rings
        Longitude and latitude, degrees, shape (points, 2) each.
    """
    parts = []
    for points in _copies(shown, rings):
        for axis, limit, sign in _limits(shown):
            points = _cut_ring(points, axis, limit, sign)  # noqa: PLW2901
        parts.append(_data(points, closed=True))
    return "".join(dict.fromkeys(parts))


def coast_paths(shown: Frame, lines: Sequence[Floats]) -> str:
    """Return lines as SVG path data, those parts of them that lie within the frame.

    Parameters
    ----------
    shown
        The frame.
    lines
        Longitude and latitude, degrees, shape (points, 2) each.
    """
    parts = []
    for points in _copies(shown, lines):
        inside = np.ones(len(points), dtype=bool)
        for axis, limit, sign in _limits(shown):
            inside &= sign * (points[:, axis] - limit) >= 0
        # One point beyond the edge is kept at each end, so that a line leaves the frame.
        kept = inside | np.append(inside[1:], False) | np.append(False, inside[:-1])
        for run in np.split(np.arange(len(points)), np.flatnonzero(np.diff(kept)) + 1):
            if kept[run[0]]:
                parts.append(_data(points[run], closed=False))
    return "".join(dict.fromkeys(parts))


def graticule_paths(shown: Frame) -> str:
    """Return meridians and parallels, 30, 10 or 2 degrees apart, as SVG path data."""
    step = 30 if shown.span > 120 else 10 if shown.span > 30 else 2
    meridians = np.arange(np.ceil(shown.west / step), (shown.west + shown.span) / step) * step
    x = np.radians(meridians - shown.west) * shown.scale
    parallels = np.arange(-90 + step, 90, step)
    y = (shown.top - miller(parallels)) * shown.scale
    y = y[(y > 0) & (y < shown.height)]
    return "".join(
        [f"M{at:.0f} 0V{shown.height:.0f}" for at in x] + [f"M0 {at:.0f}H{WIDTH}" for at in y]
    )


def _limits(shown: Frame) -> Iterator[tuple[int, float, int]]:
    """Yield axis, limit and the side that is inside, a little beyond each edge of the frame."""
    yield 0, -_BEYOND, 1
    yield 0, WIDTH + _BEYOND, -1
    yield 1, -_BEYOND, 1
    yield 1, shown.height + _BEYOND, -1


def _copies(shown: Frame, lines: Sequence[Floats]) -> Iterator[Floats]:
    """Yield each line in map units, once for every turn of the world that meets the frame.

    Lines come cut at the date line, so that none of them jumps round the world.
    """
    for line in lines:
        lon = line[:, 0]
        y = (shown.top - miller(np.clip(line[:, 1], -89.0, 89.0))) * shown.scale
        if y.max() < -_BEYOND or y.min() > shown.height + _BEYOND:
            continue
        first = int(np.ceil((shown.west - lon.max()) / 360.0))
        last = int(np.floor((shown.west + shown.span - lon.min()) / 360.0))
        for turn in range(first, last + 1):
            x = np.radians(lon + 360.0 * turn - shown.west) * shown.scale
            yield np.column_stack([x, y])


def _cut_ring(points: Floats, axis: int, limit: float, sign: int) -> Floats:
    """Cut a closed ring at one straight edge (Sutherland and Hodgman 1974)."""
    away = sign * (points[:, axis] - limit)
    inside, after = away >= 0, np.roll(points, -1, axis=0)
    if inside.all() or not inside.any():
        return points if inside.all() else points[:0]
    crosses = inside != np.roll(inside, -1)
    step = np.where(crosses, away - np.roll(away, -1), 1.0)
    cut = points + (after - points) * (away / step)[:, None]
    both = np.stack([points, cut], axis=1).reshape(-1, 2)
    return np.asarray(both[np.column_stack([inside, crosses]).ravel()])


def _data(points: Floats, closed: bool) -> str:
    """Return path data on whole units, relative to the point before; an islet becomes a dot."""
    if not len(points):
        return ""
    at = np.rint(points).astype(np.int64)
    at = at[np.append(True, np.any(np.diff(at, axis=0) != 0, axis=1))]
    if closed and len(at) > 1 and np.all(at[0] == at[-1]):
        at = at[:-1]
    start = f"M{at[0, 0]} {at[0, 1]}"
    if len(at) < 2 + closed:
        return start + "h0"
    moves = "".join(f"l{x} {y}" for x, y in np.diff(at, axis=0).tolist()).replace(" -", "-")
    return start + moves + ("z" if closed else "")


def radii(weight: Floats, shown: Frame) -> Floats:
    """Return the radius of each place's circle, map units; its area grows with the weight.

    Together the circles cover a small part of the map, however many there are.
    """
    total = weight.sum()
    if not total:
        return np.full(len(weight), _RADIUS[0])
    radius = np.sqrt(_COVERED * WIDTH * shown.height * weight / total / np.pi)
    radius *= min(1.0, _RADIUS[1] / radius.max())
    return np.asarray(np.maximum(radius, _RADIUS[0]))


def share_codes(share: Floats) -> npt.NDArray[np.int64]:
    """Return each share in sixtieths; only nothing is 0 and only the whole is 60.

    >>> share_codes(np.array([0, .001, .25, .999, 1])).tolist()
    [0, 1, 15, 59, 60]
    """
    share = np.asarray(share, dtype=np.float64)
    part = np.clip(np.rint(share * WHOLE), 1, WHOLE - 1)
    return np.where(share <= 0, 0, np.where(share >= 1 - 1e-9, WHOLE, part)).astype(np.int64)


def share_class(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the class of shares in sixtieths: 0 nothing, 1 to 4 quarters, 5 all.

    >>> share_class(np.array([0, 1, 15, 16, 45, 59, 60])).tolist()
    [0, 1, 1, 2, 3, 4, 5]
    """
    return np.where(codes == WHOLE, 5, -(-codes * 4 // WHOLE)).astype(np.int64)


def circles(
    x: Floats, y: Floats, radius: Floats, classes: npt.NDArray[np.int64], titles: Sequence[str]
) -> Html:
    """Return one circle a place with its words, in the order given, shape (places,) each."""
    return joined(
        element(
            "circle", element("title", title), class_=f"c{code}", cx=round(at), cy=round(down),
            r=f"{size:.1f}".removesuffix(".0"),
        )
        for at, down, size, code, title in zip(
            x.tolist(), y.tolist(), radius.tolist(), classes.tolist(), titles, strict=True
        )
    )  # fmt: skip


def svg(
    shown: Frame, land: Sequence[Floats], coast: Sequence[Floats], places: Html, words: str
) -> Html:
    """Return the whole map.

    Parameters
    ----------
    shown
        The frame.
    land, coast
        Rings to fill and lines to draw, longitude and latitude in degrees, shape (points, 2) each.
    places
        What stands on it.
    words
        What it shows, for those who do not see it.
    """
    return element(
        "svg",
        element("rect", class_="sea", width=WIDTH, height=round(shown.height)),
        element("path", class_="graticule", d=graticule_paths(shown)),
        element("path", class_="land", fill_rule="evenodd", d=land_paths(shown, land)),
        element("path", class_="coast", d=coast_paths(shown, coast)),
        element("g", places, class_="places"),
        viewBox=f"0 0 {WIDTH} {round(shown.height)}",
        role="img",
        aria_label=words,
    )
