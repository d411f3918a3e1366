"""The map: the projection, the frame, nothing drawn across it."""

import re

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indranet.geography.coast import coastlines, land
from indranet.runs import worldmap

Floats = npt.NDArray[np.float64]

DELHI, CHENNAI, TOKYO, SUVA, HONOLULU, KOROR = (
    (28.6, 77.2), (13.1, 80.3), (35.7, 139.7), (-18.1, 178.4), (21.3, -157.9), (7.3, 134.5),
)  # fmt: skip


def arrays(*places: tuple[float, float]) -> tuple[Floats, Floats]:
    at = np.array(places, dtype=np.float64).reshape(-1, 2)
    return at[:, 0], at[:, 1]


def segments(path: str) -> Floats:
    """Return the straight pieces of path data: x, y from, x, y to."""
    pieces = []
    for part in re.findall(r"M[^M]+", path):
        numbers = [int(n) for n in re.findall(r"-?\d+", part.split("h0")[0])]
        at = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
        pieces.append(np.hstack([at[:-1], at[1:]]))
        if part.endswith("z"):
            pieces.append(np.hstack([at[-1:], at[:1]]))
    return np.concatenate([np.zeros((0, 4)), *pieces])


def test_the_projection_is_miller_s() -> None:
    # Snyder, Map projections: a working manual (1987), numerical example of the Miller cylindrical.
    assert worldmap.miller(50.0) == pytest.approx(0.9536371, abs=1e-6)


def test_the_pacific_is_whole() -> None:
    lat, lon = arrays(DELHI, TOKYO, SUVA, HONOLULU, KOROR)
    x, y = worldmap.project(worldmap.frame(lat, lon), lat, lon)
    assert np.argsort(x).tolist() == [0, 4, 1, 2, 3]
    assert np.argsort(y).tolist() == [1, 0, 3, 4, 2]


def test_a_map_of_one_place_has_it_in_the_middle() -> None:
    lat, lon = arrays(SUVA)
    shown = worldmap.frame(lat, lon)
    x, y = worldmap.project(shown, lat, lon)
    assert (x[0], y[0]) == pytest.approx((worldmap.WIDTH / 2, shown.height / 2))


def test_a_map_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one place"):
        worldmap.frame(*arrays())


@given(
    st.lists(
        st.tuples(st.floats(-89, 89), st.floats(-180, 180)), min_size=1, max_size=12, unique=True
    )
)
def test_every_place_is_on_its_map(places: list[tuple[float, float]]) -> None:
    lat, lon = arrays(*places)
    lat = np.clip(lat, -80, 80)
    shown = worldmap.frame(lat, lon)
    x, y = worldmap.project(shown, lat, lon)
    assert 0 < shown.span <= 360
    assert np.all((x >= -1e-6) & (x <= worldmap.WIDTH + 1e-6))
    assert np.all((y >= -1e-6) & (y <= shown.height + 1e-6))


@pytest.mark.parametrize(
    "places",
    [(SUVA,), (DELHI, TOKYO, SUVA, HONOLULU), (DELHI, CHENNAI), ((-17, 179.9), (-17, -179.9))],
    ids=["Fiji", "Indo-Pacific", "India", "both sides of 180"],
)
def test_no_line_is_drawn_across_the_map(places: tuple[tuple[float, float], ...]) -> None:
    shown = worldmap.frame(*arrays(*places))
    for path, closed in (
        (worldmap.coast_paths(shown, coastlines()), False),
        (worldmap.land_paths(shown, land()), True),
    ):
        lines = segments(path)
        assert len(lines) > 20
        if closed:
            # What closes a ring beyond the edges of the map is not seen.
            inside = (lines[:, 0::2] >= 0) & (lines[:, 0::2] <= worldmap.WIDTH)
            inside &= (lines[:, 1::2] >= 0) & (lines[:, 1::2] <= shown.height)
            lines = lines[inside.all(axis=1)]
        assert np.abs(lines[:, 2] - lines[:, 0]).max() < worldmap.WIDTH / 2


def test_what_is_cut_at_the_date_line_meets_there() -> None:
    shown = worldmap.frame(*arrays(SUVA, HONOLULU))
    west = np.array([[178.0, -17.0], [180.0, -16.0]])
    east = np.array([[-180.0, -16.0], [-178.0, -15.5]])
    first, second = segments(worldmap.coast_paths(shown, [west, east]))
    assert first[2:].tolist() == second[:2].tolist()
    assert first[0] < first[2] < second[2] < worldmap.WIDTH / 2


def test_land_all_round_the_world_fills_the_map_and_little_more() -> None:
    shown = worldmap.frame(*arrays(DELHI, TOKYO))
    lon = np.linspace(-180, 180, 9)
    ring = np.concatenate(
        [np.column_stack([lon, np.full(9, -80.0)]), np.column_stack([lon[::-1], np.full(9, 80.0)])]
    )
    cut = segments(worldmap.land_paths(shown, [ring]))
    x, y = cut[:, 0::2], cut[:, 1::2]
    assert -100 < x.min() <= 0 < worldmap.WIDTH <= x.max() < worldmap.WIDTH + 100
    assert -100 < y.min() <= 0 < shown.height <= y.max() < shown.height + 100


def test_the_smallest_islands_are_there() -> None:
    for lat, lon in (KOROR, (1.35, 103.8), (13.45, 144.8)):
        shown = worldmap.frame(*arrays((lat, lon)))
        lines = segments(worldmap.land_paths(shown, land()))
        x, y = worldmap.project(shown, *arrays((lat, lon)))
        away = np.hypot(lines[:, 0] - x, lines[:, 1] - y)
        assert away.min() < worldmap.WIDTH / 8


def test_nothing_is_nothing_and_all_is_all() -> None:
    share = np.array([0.0, 1e-9, 0.2, 0.5, 0.999999, 1.0])
    codes = worldmap.share_codes(share)
    assert codes.tolist() == [0, 1, 12, 30, 59, 60]
    assert worldmap.share_class(codes).tolist() == [0, 1, 1, 2, 4, 5]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_is_never_drawn_as_a_smaller_one(first: float, second: float) -> None:
    low, high = sorted((first, second))
    codes = worldmap.share_codes(np.array([low, high]))
    assert codes[0] <= codes[1]
    assert np.diff(worldmap.share_class(codes))[0] >= 0


def test_the_area_of_a_circle_grows_with_what_it_stands_for() -> None:
    shown = worldmap.frame(*arrays(DELHI, TOKYO))
    weight = np.append(np.full(400, 10.0), [20.0, 40.0, 0.0])
    radius = worldmap.radii(weight, shown)
    assert (radius[401] / radius[0]) ** 2 == pytest.approx(4)
    assert radius[402] == radius.min() > 0


def test_circles_without_weight_are_alike() -> None:
    shown = worldmap.frame(*arrays(DELHI))
    assert np.ptp(worldmap.radii(np.zeros(3), shown)) == 0


def test_a_map_has_a_circle_for_every_place_and_its_words() -> None:
    lat, lon = arrays(DELHI, TOKYO, SUVA)
    shown = worldmap.frame(lat, lon)
    x, y = worldmap.project(shown, lat, lon)
    marks = worldmap.circles(
        x, y, np.full(3, 9.0), np.array([0, 3, 5]), ["Delhi", "<b>Tokyo</b>", "Suva"]
    )
    drawn = worldmap.svg(shown, land(), coastlines(), marks, 'the "map"')
    assert drawn.count("<circle") == 3
    assert re.findall(r'class="(c\d)"', drawn) == ["c0", "c3", "c5"]
    assert "<title>&lt;b&gt;Tokyo&lt;/b&gt;</title>" in drawn
    assert 'aria-label="the &quot;map&quot;"' in drawn
