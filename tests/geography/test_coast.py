"""Land and coastlines: what must be there, what must not, and the date line."""

import numpy as np
import numpy.typing as npt
import pytest

from indranet.geography.coast import coastlines, land
from indranet.geography.places import cities, haversine_km

Floats = npt.NDArray[np.float64]


def _inside(rings: tuple[Floats, ...], lat: float, lon: float) -> bool:
    """Even-odd rule, by the edges that a ray to the east crosses."""
    crossings = 0
    for ring in rings:
        (x, y), (u, v) = ring[:-1].T, ring[1:].T
        spans = (y > lat) != (v > lat)
        x, y, u, v = x[spans], y[spans], u[spans], v[spans]
        crossings += int((x + (lat - y) / (v - y) * (u - x) > lon).sum())
    return crossings % 2 == 1


@pytest.mark.parametrize(
    ("place", "lat", "lon"),
    [
        ("Delhi", 28.6, 77.2),
        ("Singapore", 1.36, 103.8),
        ("Babeldaob, Palau", 7.5, 134.57),
        ("Viti Levu, Fiji", -17.8, 178.0),
        ("Taveuni, Fiji, west of the date line", -16.83, 179.97),
        ("Guam", 13.45, 144.75),
        ("Chukotka, east of the date line", 67.0, -178.0),
        ("South Pole", -89.5, 30.0),
        ("Alice Springs", -23.7, 133.9),
    ],
)
def test_land_is_land(place: str, lat: float, lon: float) -> None:
    assert _inside(land(), lat, lon), place


@pytest.mark.parametrize(
    ("place", "lat", "lon"),
    [
        ("Bay of Bengal", 15.0, 88.0),
        ("Malacca Strait", 4.0, 99.8),
        ("Caspian Sea", 42.0, 50.5),
        ("Pacific on the date line", 0.0, 179.999),
        ("Pacific on the other side", 0.0, -179.999),
        ("Ross Sea", -75.0, -175.0),
    ],
)
def test_sea_is_sea(place: str, lat: float, lon: float) -> None:
    assert not _inside(land(), lat, lon), place


@pytest.mark.parametrize(
    ("border", "lat", "lon"),
    [
        ("India and Pakistan", 31.6, 74.57),
        ("Kashmir", 34.5, 76.5),
        ("Arunachal Pradesh", 28.0, 93.5),
        ("France and Germany", 48.97, 8.2),
        ("Korea", 38.0, 127.2),
        ("Western Sahara", 27.67, -8.67),
    ],
)
def test_no_line_runs_where_countries_meet(border: str, lat: float, lon: float) -> None:
    points = np.concatenate(coastlines())
    assert haversine_km(lat, lon, points[:, 1], points[:, 0]).min() > 50, border


def test_no_line_crosses_the_date_line_or_follows_it() -> None:
    for line in coastlines():
        assert len(line) > 1
        steps = np.abs(np.diff(line[:, 0]))
        assert steps.max() < 10
        edge = np.abs(line[:, 0]) > 180 - 1e-6
        assert not (edge[:-1] & edge[1:]).any()
        assert line[:, 1].min() > -89


def test_rings_are_closed_within_the_map_and_read_only() -> None:
    for ring in land():
        assert len(ring) > 3
        assert (ring[0] == ring[-1]).all()
        assert np.abs(ring[:, 0]).max() <= 180
        assert np.abs(ring[:, 1]).max() <= 90
    for array in (*land(), *coastlines()):
        assert not array.flags.writeable


def test_coastlines_hold_every_edge_of_land_but_those_that_only_close_a_ring() -> None:
    closing = edges = 0
    for ring in land():
        dateline, pole = np.abs(ring[:, 0]) > 180 - 1e-6, ring[:, 1] < -89.9
        closing += int(((dateline[:-1] & dateline[1:]) | (pole[:-1] & pole[1:])).sum())
        edges += len(ring) - 1
    assert sum(len(line) - 1 for line in coastlines()) == edges - closing
    assert 0 < closing < 40


def test_large_coastal_towns_lie_on_land_or_close_by() -> None:
    points = np.concatenate(coastlines())
    for country in ("SGP", "PLW", "GUM", "FJI", "JPN", "PHL"):
        towns = cities().of(country)
        for lat, lon in zip(towns.lat[:5].tolist(), towns.lon[:5].tolist(), strict=True):
            near = haversine_km(lat, lon, points[:, 1], points[:, 0]).min()
            assert near < 25 or _inside(land(), lat, lon)
