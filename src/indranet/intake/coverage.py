"""Who is covered becomes services and needs: a place hangs on the sites that reach it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.geography.radio import DEVICES, Coverage, Scenario, cell_radius, coverage
from indranet.intake.sheets import Reading, records
from indranet.model.case import extend_case, read
from indranet.model.network import Network
from indranet.model.schema import FUNCTION_GROUPS, FUNCTIONS, TABLES

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]

_COLUMNS = ("place", "lat", "lon", "people", "name", "country", "region", "area")
_REQUIRED = 4
_AREAS: dict[str, Scenario] = {"rural": "RMa", "urban": "UMa"}
_RANGE = {"lat": 90.0, "lon": 180.0, "people": np.inf}
_MAX_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Populated:
    """Places where people are: texts and numbers as they stand in the file, shape (places,)."""

    place: list[str]
    lat: Floats
    lon: Floats
    people: Floats
    name: list[str]
    country: list[str]
    region: list[str]
    area: list[str]


def cover(
    files: Sequence[Path],
    folder: Path,
    *,
    ghz: float = 0.8,
    loss_db: float = 130.0,
    device: str = "",
    operator: str = "",
) -> None:
    """Write a case with a service for each place, which runs while some site reaches the place.

    A site reaches the places within the distance at which its median loss, not in sight, stays
    within the bound (TR 38.901: RMa for rural places, UMa for urban ones). The service needs one of
    the sites that reach its place, whatever operator runs them unless one is named. Places that no
    site reaches are left out, and the description says how many people they hold.

    Parameters
    ----------
    files
        A case, and a CSV file of places: place, lat, lon, people; name, country, region, area
        (rural by default, or urban).
    folder
        Case folder to make.
    ghz
        Carrier.
    loss_db
        Largest median loss at which a user is still served, dB.
    device
        A class of `indranet.geography.radio.DEVICES`: only sites count with access equipment of its
        release or later; empty counts all.
    operator
        Only this operator's sites; empty counts all.

    Raises
    ------
    InputError
        With every fault of the case or of the places.
    UsageError
        When the files are not a case and a table of places, a name is unknown, a number is out of
        range, no site is left, or the folder holds something.
    """
    if len(files) != 2:
        raise UsageError(f"{len(files)} files given: give a case, then a CSV file of places")
    case, table = files
    network, places = read(case), read_places(table)
    sites = _sites(network, device, operator)
    reached = _reached(network, sites, places, ghz, loss_db)
    _write(case, folder, network, places, reached, _told(ghz, loss_db, device, operator))


def read_places(file: Path) -> Populated:
    """Read a CSV file of places.

    Raises
    ------
    InputError
        With every fault: a column that is missing or unknown, a cell that is empty or out of range,
        a place given twice.
    """
    reading = Reading(_MAX_BYTES)
    found = list(records(reading, file))
    reading.stop_if_faulty()
    head = [cell.strip() for cell in found[0][2]] if found else []
    for name in _COLUMNS[:_REQUIRED]:
        if name not in head:
            remedy = f"add it; the columns are {', '.join(_COLUMNS)}"
            reading.note(file.name, 1, name, problem="is missing", remedy=remedy)
    for name in head:
        if name not in _COLUMNS or head.count(name) > 1:
            remedy = f"leave it out; the columns are {', '.join(_COLUMNS)}"
            reading.note(file.name, 1, name, problem="is unknown or there twice", remedy=remedy)
    reading.stop_if_faulty()
    columns: dict[str, list[str]] = {name: [] for name in _COLUMNS}
    seen: dict[str, int] = {}
    for row, line, cells in found[1:]:
        if len(cells) != len(head):
            problem = f"has {len(cells)} cells where the header has {len(head)}"
            reading.note(file.name, row, problem=problem, remedy="fill it up", line=line)
            continue
        values = dict.fromkeys(_COLUMNS, "") | {
            name: cell.strip() for name, cell in zip(head, cells, strict=True)
        }
        _check_place(reading, file.name, row, line, values)
        first = seen.setdefault(values["place"], row)
        if first != row:
            reading.note(
                file.name, row, "place", values["place"], problem=f"is in row {first} as well",
                remedy="keep one", line=line,
            )  # fmt: skip
        for name in _COLUMNS:
            columns[name].append(values[name])
        if reading.full:
            break
    reading.stop_if_faulty()
    lat, lon, people = (np.array(columns[name], dtype=np.float64) for name in _RANGE)
    texts = [columns[name] for name in _COLUMNS if name not in _RANGE]
    return Populated(texts[0], lat, lon, people, *texts[1:])


def _check_place(reading: Reading, file: str, row: int, line: int, values: dict[str, str]) -> None:
    def note(column: str, problem: str, remedy: str) -> None:
        reading.note(file, row, column, values[column], problem=problem, remedy=remedy, line=line)

    if not values["place"]:
        note("place", "is empty", "give the place an identifier")
    for name, largest in _RANGE.items():
        least = 0.0 if name == "people" else -largest
        try:
            sound = least <= float(values[name]) <= largest and np.isfinite(float(values[name]))
        except ValueError:
            sound = False
        if not sound:
            bounds = "0 or more" if name == "people" else f"from {least:g} to {largest:g}"
            note(name, "is not in range", f"write a number, {bounds}")
    if values["area"] not in ("", *_AREAS):
        note("area", "is not known", f"write {' or '.join(_AREAS)}")


def _sites(network: Network, device: str, operator: str) -> Codes:
    """Return the radio sites that count."""
    if device and device not in DEVICES:
        raise UsageError(f"no device {device!r}: choose from {', '.join(DEVICES)}")
    sites, equipment = network["sites"], network["equipment"]
    kinds = TABLES["sites"].column("kind").choices
    kept = sites["kind"] == kinds.index("radio")
    kept &= np.isfinite(sites["lat"]) & np.isfinite(sites["lon"])
    if operator:
        firms = [str(name) for name in network.names["firm"]]
        if operator not in firms:
            raise UsageError(f"no firm {operator!r} in the case: name one of its operators")
        kept &= sites["operator"] == firms.index(operator)
    if device:
        access = np.isin(
            equipment["function"], [FUNCTIONS.index(f) for f in FUNCTION_GROUPS["access"]]
        )
        release = network["products"]["release"][equipment["product"]]
        able = np.zeros(len(sites), dtype=bool)
        able[equipment["site"][access & (release >= DEVICES[device].release)]] = True
        kept &= able
    found = np.flatnonzero(kept)
    if not len(found):
        raise UsageError(
            "no radio site with a position is left: fill sites.lat and sites.lon"
            + (", and products.release" if device else "")
        )
    return found


def _reached(
    network: Network, sites: Codes, places: Populated, ghz: float, loss_db: float
) -> Coverage:
    """Return the sites, as rows of the table, that reach each place."""
    try:
        radius = {area: cell_radius(model, ghz, loss_db) for area, model in _AREAS.items()}
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    lat, lon = network["sites"]["lat"][sites], network["sites"]["lon"][sites]
    place, site, km = [], [], []
    for area in _AREAS:
        mine = np.array([(found or "rural") == area for found in places.area], dtype=bool)
        here = np.flatnonzero(mine)
        found = coverage((places.lat[here], places.lon[here]), (lat, lon), radius[area])
        place.append(here[np.repeat(np.arange(len(here)), np.diff(found.start))])
        site.append(sites[found.sites])
        km.append(found.km)
    of, at, far = np.concatenate(place), np.concatenate(site), np.concatenate(km)
    order = np.lexsort((at, far, of))
    start = np.searchsorted(of[order], np.arange(len(places.place) + 1)).astype(np.int64)
    return Coverage(start, at[order].astype(np.int64), far[order])


def _told(ghz: float, loss_db: float, device: str, operator: str) -> str:
    told = f"coverage within {loss_db:g} dB at {ghz:g} GHz (TR 38.901, not in sight)"
    told += f", {device}" if device else ""
    return told + (f", sites of {operator}" if operator else "")


def _write(
    case: Path, folder: Path, network: Network, places: Populated, reached: Coverage, told: str
) -> None:
    count = np.diff(reached.start)
    kept = np.flatnonzero(count).tolist()
    services: dict[str, Sequence[Any]] = {
        name: [values[i] for i in kept]
        for name, values in (
            ("service", places.place), ("name", places.name), ("country", places.country),
            ("region", places.region), ("people", places.people.tolist()),
        )
    }  # fmt: skip
    users = np.repeat(np.arange(len(count)), count).tolist()
    names = network.names["site"]
    needs: dict[str, Sequence[Any]] = {
        "user": [f"service:{places.place[i]}" for i in users],
        "need": ["coverage"] * len(users),
        "input": [f"site:{names[i]}" for i in reached.sites],
        "at_least": [1] * len(users),
    }
    both = {"provenance": "derived", "source": told}
    services |= {"sector": ["coverage"] * len(kept)}
    services |= {name: [text] * len(kept) for name, text in both.items()}
    needs |= {name: [text] * len(users) for name, text in both.items()}
    bare = places.people[count == 0]
    note = (
        f"Services of sector coverage: {told}; places reached: {len(kept):,}; reached by no site "
        f"and left out: {len(bare):,}, with {bare.sum():,.0f} persons."
    )
    extend_case(case, folder, note, {"services": services, "needs": needs})
