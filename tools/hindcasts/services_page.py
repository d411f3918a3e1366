"""Write docs/service-hindcasts.md's numbers anew, or the cases of many stations.

python tools/hindcasts/services_page.py [--cases DIR]
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

# Run as a script, Python looks for modules beside this file, not in the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.hindcasts.services import PAGE, refreshed

from indranet.model.case import write_case

Columns = dict[str, list[Any]]

ROWS = 100
"""Rows that stand for all stations, about."""


@dataclass(frozen=True)
class Station:
    """A row that stands for stations.

    Attributes
    ----------
    name, count
        Identifier, stations that it stands for.
    battery
        Hours that it runs without its grid; None where it is itself what breaks.
    lasts
        How long what it hangs on is down, as a scenario says it; empty for good.
    """

    name: str
    count: float
    battery: float | None
    lasts: str

    @property
    def broken(self) -> str:
        """Return what breaks: the station's grid, or the station."""
        return self.name if self.battery is None else f"grid-{self.name}"


def between(low: float, high: float) -> str:
    """Return the law of a time at which all hours between two are alike, in hours."""
    return f'{{ law = "uniform", low = {low / 24:.4f}, high = {high / 24:.4f} }}'


def restored(without: Sequence[tuple[float, float]]) -> list[tuple[float, str]]:
    """Return parts of the customers without power, and how long each of these lacks it.

    Parameters
    ----------
    without
        Hours since the beginning, and how many have no power then, in order of time.
    """
    found = []
    for (first, more), (last, fewer) in pairwise(without):
        found.append((more - fewer, between(first, last)))
    return [*found, (without[-1][1], "")]


TOHOKU_SERVED = 5.01
TOHOKU_WITHOUT = (
    (21.2, 4.09), (31.2, 2.14), (55.2, 1.31), (96.9, 0.80), (103.2, 0.614), (112.2, 0.582),
    (221.2, 0.244), (649.2, 0.159),
)  # fmt: skip
"""Hours after 14:46 on 11 March 2011, and million customers of Tohoku Electric without power."""
TOHOKU_STATIONS = 11_000


def tohoku_sites() -> list[Station]:
    """Return stations of Docomo in the north-east."""
    found = []
    for number, (customers, lasts) in enumerate(restored(TOHOKU_WITHOUT)):
        part = customers / TOHOKU_SERVED
        rows = max(1, round(ROWS * part))
        each = TOHOKU_STATIONS * part / rows
        found += [Station(f"wave-{number}-{row:02}", each, 3, lasts) for row in range(rows)]
    return found


NOTO_WITHOUT = ((0, 39_900), (194.8, 14_900), (523.8, 5_100), (667.8, 3_300), (720, 2_500))
"""Hours after 16:10 on 1 January 2024, and homes without power."""
NOTO_STATIONS, NOTO_CABLES, NOTO_CABLE_DAYS = 839, 57, 9.9


def noto() -> list[Station]:
    """Return stations that went down: some lack their cable, the others power."""
    each = NOTO_STATIONS / ROWS
    law = f'{{ law = "exponential", mean = {NOTO_CABLE_DAYS} }}'
    found = [Station(f"cable-{row:02}", each, None, law) for row in range(NOTO_CABLES)]
    homes = NOTO_WITHOUT[0][1]
    left = NOTO_STATIONS * (1 - NOTO_CABLES / ROWS)
    for number, (count, lasts) in enumerate(restored(NOTO_WITHOUT)):
        part = count / homes
        rows = max(1, round((ROWS - NOTO_CABLES) * part))
        found += [
            Station(f"power-{number}-{row:02}", left * part / rows, 24, lasts)
            for row in range(rows)
        ]
    return found


MARIA_WITHOUT = ((0, 100), (318, 93), (726, 82), (846, 75))
"""Hours after 06:15 on 20 September 2017, and customers without power in a hundred."""
MARIA_SITES, MARIA_GENERATORS = 2_670, 51
MARIA_FUEL = (24, 36, 48, 60, 72)
MARIA_BATTERY = 8


def puerto_rico() -> list[Station]:
    """Return sites, in a hundred rows: who has a generator does not hang on who gets power back."""
    waves = [lasts for part, lasts in restored(MARIA_WITHOUT) for _ in range(round(part))]
    each = MARIA_SITES / ROWS
    found = []
    for row in range(ROWS):
        # 37 and 100 have no common factor: each row gets another wave.
        lasts = waves[row * 37 % ROWS]
        fuel = MARIA_FUEL[row % len(MARIA_FUEL)] if row < MARIA_GENERATORS else MARIA_BATTERY
        found.append(Station(f"site-{row:02}", each, fuel, lasts))
    return found


def viasat_tables() -> dict[str, Columns]:
    """Return wind farms with one modem each, and its flaw."""
    farms = [f"farm-{row:02}" for row in range(ROWS)]
    enercon = "icsstrive.com, 5 April 2022: 1,156 wind farms back, 193 not"
    return {
        "countries": _shown({"country": ["DEU"], "name": ["Germany"]}, "authored",
                            "stands for Central Europe"),
        "firms": _shown({"firm": ["enercon", "viasat"], "name": ["Enercon", "Viasat"],
                         "country": ["DEU", ""]}, "real", enercon),
        "products": _shown({"product": ["modem"], "name": ["Modem for KA-SAT"], "firm": ["viasat"],
                            "function": ["gateway"]}, "real",
                           "viasat.com, KA-SAT Network cyber attack overview"),
        "sites": _shown({"site": farms, "operator": ["enercon"] * ROWS, "country": ["DEU"] * ROWS,
                         "kind": ["fleet"] * ROWS, "stands_for": [13.49] * ROWS}, "derived",
                        enercon),
        "equipment": _shown({"site": farms, "function": ["gateway"] * ROWS,
                             "product": ["modem"] * ROWS}, "real",
                            "modernpowersystems.com 9935239"),
        "vulnerabilities": _shown({"vulnerability": ["wiped"], "product": ["modem"],
                                   "status": ["affected"]}, "real",
                                  "viasat.com, KA-SAT Network cyber attack overview"),
    }  # fmt: skip


@dataclass(frozen=True)
class Stations:
    """An event of many stations: what its case is called, and where its facts come from."""

    name: str
    first_day: date
    description: str
    country: tuple[str, str]
    source: str
    begins: float
    days: int
    rows: list[Station]


def events_of_stations() -> dict[str, Stations]:
    """Return the events whose cases are written here."""
    return {
        "tohoku_sites": Stations(
            "Tohoku, radio sites, March 2011", date(2011, 3, 11),
            "Stations of one operator in six prefectures, each with a grid of its own.",
            ("JPN", "Japan"),
            "ntt-east.co.jp 20110330: 11,000 stations; in step with customers of Tohoku Electric,"
            " see README", 14.77 / 24, 20, tohoku_sites(),
        ),
        "noto": Stations(
            "Noto, January 2024", date(2024, 1, 1),
            "Base stations of four operators that went down: cable or power.", ("JPN", "Japan"),
            "soumu.go.jp nd112120: 839 stations; NHK, 30 June 2024: 57 % of cables; see README",
            16.17 / 24, 40, noto(),
        ),
        "puerto_rico": Stations(
            "Puerto Rico, September 2017", date(2017, 9, 20),
            "Cell sites, each with a grid of its own; batteries and generators.",
            ("PRI", "Puerto Rico"),
            "convergedigest.com, 28 September 2017: 2,411 sites are 90.3 %; caribbeanbusiness.com"
            " 865000: what runs without the grid; see README", 6.25 / 24, 36, puerto_rico(),
        ),
    }  # fmt: skip


def station_tables(of: Stations) -> dict[str, Columns]:
    """Return the tables of a case of stations."""
    rows = of.rows
    powered = [row for row in rows if row.battery is not None]
    names = [row.name for row in rows] + [row.broken for row in powered]
    country = of.country[0]
    return {
        "countries": _shown({"country": [country], "name": [of.country[1]]}, "real", "ISO 3166-1"),
        "sites": _shown(
            {
                "site": names, "country": [country] * len(names),
                "kind": ["radio"] * len(rows) + ["power"] * len(powered),
                "stands_for": [round(row.count, 3) for row in rows] + [1] * len(powered),
            },
            "derived", of.source,
        ),
        "needs": _shown(
            {
                "user": [row.name for row in powered], "need": ["power"] * len(powered),
                "input": [row.broken for row in powered],
                "autonomy_hours": [row.battery for row in powered],
            },
            "derived", of.source,
        ),
    }  # fmt: skip


def station_scenario(of: Stations) -> str:
    """Return the scenario: what each row hangs on breaks at once and comes back in its time."""
    head = f'name = "{of.name}"\ndays = {of.days}\ndraws = 50\nseed = 0\n'
    events = []
    for row in of.rows:
        ends = f"lasts_days = {row.lasts}\n" if row.lasts else ""
        events.append(
            f'[[event]]\ndo = "outage"\nwhat = "{row.broken}"\nday = {of.begins:.4f}\n{ends}'
        )
    return "\n".join([head, *events])


VIASAT = """\
name = "Modems wiped"
days = 60
draws = 50
seed = 0

[[event]]
do = "exploit"
what = "wiped"
day = 0
"""


def write_cases(folder: Path) -> None:
    """Write the cases and scenarios of the events of many stations into a folder."""
    for event, of in events_of_stations().items():
        write_case(
            folder / event / "case", of.name, of.first_day, of.description, station_tables(of)
        )
        (folder / event / "scenario.toml").write_text(station_scenario(of), encoding="utf-8")
    write_case(
        folder / "viasat" / "case", "Viasat, February 2022", date(2022, 2, 24),
        "Wind farms whose remote control hangs on one modem each.", viasat_tables(),
    )  # fmt: skip
    (folder / "viasat" / "scenario.toml").write_text(VIASAT, encoding="utf-8")


def _shown(columns: Columns, provenance: str, source: str) -> Columns:
    """Return columns with how their rows came to be known."""
    length = len(next(iter(columns.values())))
    return {**columns, "provenance": [provenance] * length, "source": [source] * length}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=Path, help="write the cases into this folder instead")
    into = parser.parse_args().cases
    if into is not None:
        write_cases(into)
    else:
        PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
