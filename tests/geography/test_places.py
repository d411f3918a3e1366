"""Towns, ports, country codes and distance."""

from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.geography.places import (
    ALPHA3,
    EARTH_RADIUS_KM,
    cities,
    haversine_km,
    ports,
    unit_vectors,
)

# Known answers


def test_haversine_gives_published_distances() -> None:
    # Veness, "Calculate distance, bearing and more": Land's End to John o' Groats, 968.9 km on a
    # sphere of 6,371 km.
    ends = 50 + 3 / 60 + 59 / 3600, -(5 + 42 / 60 + 53 / 3600), 58 + 38 / 60 + 38 / 3600
    assert haversine_km(*ends, -(3 + 4 / 60 + 12 / 3600)) == pytest.approx(968.9, abs=0.1)


def test_haversine_of_quarters_and_antipodes() -> None:
    half = np.pi * EARTH_RADIUS_KM
    assert haversine_km(0, 0, 0, 90) == pytest.approx(half / 2)
    assert haversine_km(90, 17, -90, 130) == pytest.approx(half)
    assert haversine_km(0, 179.5, 0, -179.5) == pytest.approx(half / 180)
    assert haversine_km(12.5, 77.6, 12.5, 77.6) == 0


def test_haversine_broadcasts() -> None:
    lat, lon = np.array([0.0, 10.0, 20.0]), np.array([0.0, 5.0, 9.0])
    square = haversine_km(lat[:, None], lon[:, None], lat, lon)
    assert square.shape == (3, 3)
    assert square == pytest.approx(square.T)


@pytest.mark.parametrize(
    ("country", "town", "population"),
    [
        ("IND", "Mumbai", 12_691_836),
        ("JPN", "Tokyo", 8_000_000),
        ("IDN", "Jakarta", 8_540_121),
        ("FJI", "Suva", 77_366),
        ("PLW", "Koror", 0),
        ("SGP", "Singapore", 3_000_000),
    ],
)
def test_towns_that_must_be_there(country: str, town: str, population: int) -> None:
    there = cities().of(country)
    row = there.name.tolist().index(town)
    assert there.population[row] >= population


def test_towns_are_the_largest_of_their_country() -> None:
    towns = cities()
    count = {c: int((towns.country == c).sum()) for c in set(towns.country.tolist())}
    assert count["IND"] == 1000
    assert count["JPN"] == 500
    assert max(n for c, n in count.items() if c not in ("IND", "JPN")) == 400
    assert count["FJI"] == 14
    assert len(count) == 47
    for country in count:
        there = towns.of(country)
        assert (np.diff(there.population) <= 0).all(), country


def test_ports_lie_where_they_should() -> None:
    yokohama, nhava_sheva = ports().position("JPYOK"), ports().position("INNSA")
    assert haversine_km(*yokohama, 35.45, 139.65) < 5
    assert haversine_km(*nhava_sheva, 18.95, 72.95) < 10
    row = ports().port.tolist().index("SGSIN")
    assert (ports().name[row], ports().country[row]) == ("Singapore", "SGP")


# Properties

_LAT, _LON = st.floats(-90, 90), st.floats(-180, 180)


@settings(deadline=None)
@given(_LAT, _LON, _LAT, _LON)
def test_haversine_is_the_angle_between_unit_vectors(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    chord = float(np.linalg.norm(unit_vectors(lat1, lon1) - unit_vectors(lat2, lon2)))
    km = haversine_km(lat1, lon1, lat2, lon2)
    assert 2 * EARTH_RADIUS_KM * np.arcsin(min(chord / 2, 1)) == pytest.approx(km, abs=0.5)
    assert haversine_km(lat2, lon2, lat1, lon1) == pytest.approx(km)


def test_columns_are_of_one_length_within_range_and_read_only() -> None:
    for table, columns in (
        (cities(), ("name", "country", "admin1", "lat", "lon", "population")),
        (ports(), ("port", "name", "country", "lat", "lon")),
    ):
        lengths = {len(getattr(table, column)) for column in columns}
        assert len(lengths) == 1
        assert np.abs(table.lat).max() <= 90
        assert np.abs(table.lon).max() <= 180
        for column in columns:
            with pytest.raises(ValueError, match="read-only"):
                getattr(table, column)[0] = 0
    assert cities().population.min() > 0
    assert ports().port.tolist() == sorted(set(ports().port.tolist()))


def test_country_codes_are_one_to_one() -> None:
    assert len(ALPHA3) == 249  # ISO 3166-1 has 249 codes
    assert len(set(ALPHA3.values())) == 249
    assert (ALPHA3["IN"], ALPHA3["JP"], ALPHA3["TW"], ALPHA3["KM"]) == ("IND", "JPN", "TWN", "COM")


def test_bundled_folders_are_all_attributed_and_small() -> None:
    data = files("indranet.data")
    attribution = data.joinpath("ATTRIBUTION.md").read_text("utf-8")
    for folder in ("sea", "map", "places"):
        assert f"`{folder}" in attribution
        kept = [file for file in data.joinpath(folder).iterdir() if file.is_file()]
        assert sum(len(file.read_bytes()) for file in kept) < 700_000
    assert data.joinpath("sea/LICENCE.txt").is_file()
    assert data.joinpath("map/LICENSE").is_file()
    assert data.joinpath("places/LICENSE").is_file()


# Broken input


@pytest.mark.parametrize("port", ["", "JPXXX", "ZZZZZ", "jpyok"])
def test_unknown_port_is_a_key_error(port: str) -> None:
    with pytest.raises(KeyError):
        ports().position(port)


def test_country_without_towns_has_no_rows() -> None:
    assert len(cities().of("NOR").name) == 0
