"""Who is covered: path loss, data rates, and which places are still reached.

Median losses over land without terrain or buildings of its own: enough to say which places a site
reaches and who still reaches them when it is dark or being swapped, not to plan a cell. Frequencies
are in GHz, distances and heights in m, losses in dB.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from indranet.geography.places import EARTH_RADIUS_KM, haversine_km, unit_vectors

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Scenario = Literal["UMa", "RMa"]

LIGHT = 3e8
"""Metres a second, as TR 38.901 rounds it."""
SHADOW = {
    "UMa": {"los": 4.0, "nlos": 6.0},
    "RMa": {"los": 4.0, "los_far": 6.0, "nlos": 8.0},
}
"""Standard deviation of the shadow fading, dB (TR 38.901, table 7.4.1-1)."""
OVERHEAD = {"DL FR1": 0.14, "DL FR2": 0.18, "UL FR1": 0.08, "UL FR2": 0.10}
"""Part of the resources that carries no data (TS 38.306, clause 4.1.2)."""
MODULATION = {"QPSK": 2, "16QAM": 4, "64QAM": 6, "256QAM": 8}
"""Bits of a symbol."""


@dataclass(frozen=True)
class Device:
    """A class of devices: the 3GPP release from which on networks serve it, and its carrier.

    `blocks` resource blocks, `numerology`, `layers` and `bits` of a symbol are those of its peak
    rate (`data_rate`); 0 blocks where TS 38.306 does not give it.
    """

    release: int
    blocks: int = 0
    numerology: int = 0
    layers: int = 1
    bits: int = 6

    @property
    def rate(self) -> float:
        """Peak rate down, Mb/s; NaN where TS 38.306 does not give it."""
        if not self.blocks:
            return float("nan")
        return data_rate(self.blocks, self.numerology, self.layers, self.bits)


DEVICES = {
    "LTE-M": Device(13),
    "NB-IoT": Device(13),
    "NR": Device(15, 273, 1, 4, 8),
    "RedCap": Device(17, 51, 1, 1, 6),
    "eRedCap": Device(18),
    "5G-Advanced": Device(18, 273, 1, 4, 8),
    "Ambient IoT": Device(19),
}
"""Classes of devices by the release that brought them; 5G from release 18 on is 5G-Advanced."""


def breakpoint_uma(ghz: npt.ArrayLike, base: float = 25.0, user: float = 1.5) -> Floats:
    """Return the breakpoint distance of UMa, m (TR 38.901, table 7.4.1-1, note 1).

    4 h'BS h'UT fc / c, heights less 1 m, for users below 13 m, where that height is certain.
    """
    _check("user", user, 1.5, 13.0)
    hertz = np.asarray(ghz, dtype=np.float64) * 1e9
    return np.asarray(4 * (base - 1.0) * (user - 1.0) * hertz / LIGHT)


def breakpoint_rma(ghz: npt.ArrayLike, base: float = 35.0, user: float = 1.5) -> Floats:
    """Return the breakpoint distance of RMa, m (TR 38.901, table 7.4.1-1, note 5)."""
    hertz = np.asarray(ghz, dtype=np.float64) * 1e9
    return np.asarray(2 * np.pi * base * user * hertz / LIGHT)


def uma(
    metres: npt.ArrayLike, ghz: npt.ArrayLike, *, los: bool, base: float = 25.0, user: float = 1.5
) -> Floats:
    """Return the median path loss of UMa, dB (TR 38.901, table 7.4.1-1).

    Parameters
    ----------
    metres
        Distance on the ground, 10 to 5,000, any shape.
    ghz
        Carrier, 0.5 to 100.
    los
        Whether base and user see each other.
    base, user
        Heights, m: 25 for the base, 1.5 to 13 for the user.

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    far, carrier = _asked(metres, ghz, 5_000.0, 0.5, 100.0)
    _check("base", base, 25.0, 25.0)
    _check("user", user, 1.5, 13.0)
    slant = np.hypot(far, base - user)
    turn = breakpoint_uma(carrier, base, user)
    near = 28.0 + 22 * np.log10(slant) + 20 * np.log10(carrier)
    beyond = (
        28.0 + 40 * np.log10(slant) + 20 * np.log10(carrier)
        - 9 * np.log10(turn**2 + (base - user) ** 2)
    )  # fmt: skip
    seen: Floats = np.where(far <= turn, near, beyond)
    if los:
        return seen
    hidden = 13.54 + 39.08 * np.log10(slant) + 20 * np.log10(carrier) - 0.6 * (user - 1.5)
    return np.asarray(np.maximum(seen, hidden))


def rma(
    metres: npt.ArrayLike,
    ghz: npt.ArrayLike,
    *,
    los: bool,
    base: float = 35.0,
    user: float = 1.5,
    building: float = 5.0,
    street: float = 20.0,
) -> Floats:
    """Return the median path loss of RMa, dB (TR 38.901, table 7.4.1-1).

    Parameters
    ----------
    metres
        Distance on the ground, 10 to 10,000 where seen, to 5,000 where not.
    ghz
        Carrier, 0.5 to 30.
    los
        Whether base and user see each other.
    base, user, building, street
        Heights of base (10 to 150), user (1 to 10) and buildings (5 to 50), width of streets (5 to
        50), m.

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    far, carrier = _asked(metres, ghz, 10_000.0 if los else 5_000.0, 0.5, 30.0)
    for name, value, low, high in (
        ("base", base, 10, 150), ("user", user, 1, 10), ("building", building, 5, 50),
        ("street", street, 5, 50),
    ):  # fmt: skip
        _check(name, value, low, high)
    slant = np.hypot(far, base - user)
    turn = breakpoint_rma(carrier, base, user)
    beyond = _rma_near(turn, carrier, building) + 40 * np.log10(slant / turn)
    seen: Floats = np.where(far <= turn, _rma_near(slant, carrier, building), beyond)
    if los:
        return seen
    hidden = (
        161.04 - 7.1 * np.log10(street) + 7.5 * np.log10(building)
        - (24.37 - 3.7 * (building / base) ** 2) * np.log10(base)
        + (43.42 - 3.1 * np.log10(base)) * (np.log10(slant) - 3) + 20 * np.log10(carrier)
        - (3.2 * np.log10(11.75 * user) ** 2 - 4.97)
    )  # fmt: skip
    return np.asarray(np.maximum(seen, hidden))


def _rma_near(slant: Floats, carrier: Floats, building: float) -> Floats:
    return np.asarray(
        20 * np.log10(40 * np.pi * slant * carrier / 3)
        + min(0.03 * building**1.72, 10) * np.log10(slant)
        - min(0.044 * building**1.72, 14.77)
        + 0.002 * np.log10(building) * slant
    )


def seen_uma(metres: npt.ArrayLike) -> Floats:
    """Return the probability of line of sight in UMa, for users below 13 m (table 7.4.2-1)."""
    far = np.asarray(metres, dtype=np.float64)
    beyond = np.maximum(far, 18.0)
    near = 18 / beyond
    return np.where(far <= 18, 1.0, near + np.exp(-beyond / 63) * (1 - near))


def seen_rma(metres: npt.ArrayLike) -> Floats:
    """Return the probability of line of sight in RMa (table 7.4.2-1)."""
    far = np.asarray(metres, dtype=np.float64)
    return np.where(far <= 10, 1.0, np.exp(-(far - 10) / 1000))


def data_rate(
    blocks: int,
    numerology: int,
    layers: int,
    bits: int,
    *,
    overhead: float = OVERHEAD["DL FR1"],
    scaling: float = 1.0,
) -> float:
    """Return the peak data rate of one carrier, Mb/s (TS 38.306, clause 4.1.2).

    Time in which a TDD carrier sends the other way is not taken off.

    Parameters
    ----------
    blocks
        Resource blocks of the carrier.
    numerology
        0 for 15 kHz between subcarriers, 1 for 30, 2 for 60, 3 for 120.
    layers
        Spatial layers.
    bits
        Bits of a symbol, see `MODULATION`.
    overhead
        See `OVERHEAD`.
    scaling
        1, 0.8, 0.75 or 0.4.

    Raises
    ------
    ValueError
        When a number is out of range.
    """
    _check("blocks", blocks, 1, 275)
    _check("numerology", numerology, 0, 4)
    _check("layers", layers, 1, 8)
    _check("overhead", overhead, 0.0, 1.0)
    if scaling not in (1.0, 0.8, 0.75, 0.4):
        raise ValueError("scaling: 1, 0.8, 0.75 or 0.4")
    if bits not in MODULATION.values():
        raise ValueError(f"bits: one of {', '.join(map(str, MODULATION.values()))}")
    symbol = 1e-3 / (14 * 2**numerology)
    resources = blocks * 12 / symbol
    return float(1e-6 * layers * bits * scaling * (948 / 1024) * resources * (1 - overhead))


def throughput(sinr_db: npt.ArrayLike, *, uplink: bool = False) -> Floats:
    """Return the average throughput, bit/s/Hz (TR 36.942, annex A.2: a truncated Shannon bound)."""
    sinr = np.asarray(sinr_db, dtype=np.float64)
    part, most = (0.4, 2.0) if uplink else (0.6, 4.4)
    bound = np.minimum(part * np.log2(1 + 10 ** (sinr / 10)), most)
    return np.where(sinr < -10, 0.0, bound)


def cell_radius(scenario: Scenario, ghz: float, most_db: float, *, los: bool = False) -> float:
    """Return the largest distance at which the median loss stays within a bound, m.

    Loss grows with distance, so bisection finds it; 0 where even ten metres lose more.
    """
    loss = {"UMa": uma, "RMa": rma}[scenario]
    low, high = 10.0, 10_000.0 if scenario == "RMa" and los else 5_000.0
    if float(loss(low, ghz, los=los)) > most_db:
        return 0.0
    if float(loss(high, ghz, los=los)) <= most_db:
        return high
    while high - low > 1e-6:
        middle = (low + high) / 2
        if float(loss(middle, ghz, los=los)) <= most_db:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, eq=False)
class Coverage:
    """Which sites reach which places.

    Attributes
    ----------
    start, sites
        Sites that reach each place, nearest first, compressed sparse rows.
    km
        Distance of each, shape (links,).
    """

    start: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]
    km: Floats


def coverage(
    places: tuple[npt.ArrayLike, npt.ArrayLike],
    sites: tuple[npt.ArrayLike, npt.ArrayLike],
    radius_m: npt.ArrayLike,
) -> Coverage:
    """Return which sites reach which places.

    Parameters
    ----------
    places, sites
        Latitude and longitude, degree.
    radius_m
        How far each site reaches, such as `cell_radius`, shape (sites,).

    Raises
    ------
    ValueError
        When a position or radius is not a finite number, or a radius is negative.
    """
    (lat, lon), (at, by) = (
        tuple(np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in pair)
        for pair in (places, sites)
    )
    radius = np.broadcast_to(np.asarray(radius_m, dtype=np.float64), at.shape) / 1000
    if not all(np.isfinite(part).all() for part in (lat, lon, at, by, radius)):
        raise ValueError("positions and radius_m: finite numbers")
    if (radius < 0).any():
        raise ValueError("radius_m: 0 or more")
    if not len(lat) or not len(at):
        return Coverage(np.zeros(len(lat) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    tree = cKDTree(unit_vectors(lat, lon))
    chord = 2 * np.sin(np.minimum(radius / EARTH_RADIUS_KM, np.pi) / 2) * (1 + 1e-12) + 1e-15
    near = tree.query_ball_point(unit_vectors(at, by), chord, return_sorted=True)
    count = np.array([len(found) for found in near], dtype=np.int64)
    site = np.repeat(np.arange(len(at)), count)
    place = np.concatenate([np.zeros(0, np.int64), *(np.asarray(f, np.int64) for f in near)])
    km = haversine_km(lat[place], lon[place], at[site], by[site])
    kept = km <= radius[site]
    site, place, km = site[kept], place[kept], km[kept]
    order = np.lexsort((site, km, place))
    start = np.searchsorted(place[order], np.arange(len(lat) + 1)).astype(np.int64)
    return Coverage(start, site[order], km[order])


def still_covered(found: Coverage, up: npt.ArrayLike) -> Flags:
    """Return which places some site that is up reaches, shape (places,).

    Raises
    ------
    ValueError
        When there is a site of which nobody says whether it is up.
    """
    state = np.asarray(up, dtype=bool)
    if len(found.sites) and int(found.sites.max()) >= len(state):
        raise ValueError("up: one for each site")
    total = np.concatenate([[0], np.cumsum(state[found.sites])])
    covered: Flags = total[found.start[1:]] > total[found.start[:-1]]
    return covered


def _asked(
    metres: npt.ArrayLike, ghz: npt.ArrayLike, most: float, low: float, high: float
) -> tuple[Floats, Floats]:
    far, carrier = np.asarray(metres, dtype=np.float64), np.asarray(ghz, dtype=np.float64)
    for name, values, least, largest in (("metres", far, 10.0, most), ("ghz", carrier, low, high)):
        if not ((values >= least) & (values <= largest)).all():
            raise ValueError(f"{name}: values must lie from {least:g} to {largest:g}")
    return far, carrier


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name}: must lie from {low:g} to {high:g}")
