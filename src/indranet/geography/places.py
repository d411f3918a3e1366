"""Towns and ports with their positions, country codes, and distance on the globe."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG 1980)."""

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_ISO_3166 = """
AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AQ ATA AR ARG AS ASM AT AUT AU AUS AW ABW
AX ALA AZ AZE BA BIH BB BRB BD BGD BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BL BLM BM BMU BN BRN
BO BOL BQ BES BR BRA BS BHS BT BTN BV BVT BW BWA BY BLR BZ BLZ CA CAN CC CCK CD COD CF CAF CG COG
CH CHE CI CIV CK COK CL CHL CM CMR CN CHN CO COL CR CRI CU CUB CV CPV CW CUW CX CXR CY CYP CZ CZE
DE DEU DJ DJI DK DNK DM DMA DO DOM DZ DZA EC ECU EE EST EG EGY EH ESH ER ERI ES ESP ET ETH FI FIN
FJ FJI FK FLK FM FSM FO FRO FR FRA GA GAB GB GBR GD GRD GE GEO GF GUF GG GGY GH GHA GI GIB GL GRL
GM GMB GN GIN GP GLP GQ GNQ GR GRC GS SGS GT GTM GU GUM GW GNB GY GUY HK HKG HM HMD HN HND HR HRV
HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND IO IOT IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM
JO JOR JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO
LB LBN LC LCA LI LIE LK LKA LR LBR LS LSO LT LTU LU LUX LV LVA LY LBY MA MAR MC MCO MD MDA ME MNE
MF MAF MG MDG MH MHL MK MKD ML MLI MM MMR MN MNG MO MAC MP MNP MQ MTQ MR MRT MS MSR MT MLT MU MUS
MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM NC NCL NE NER NF NFK NG NGA NI NIC NL NLD NO NOR NP NPL
NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG PH PHL PK PAK PL POL PM SPM PN PCN PR PRI
PS PSE PT PRT PW PLW PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA SA SAU SB SLB SC SYC SD SDN
SE SWE SG SGP SH SHN SI SVN SJ SJM SK SVK SL SLE SM SMR SN SEN SO SOM SR SUR SS SSD ST STP SV SLV
SX SXM SY SYR SZ SWZ TC TCA TD TCD TF ATF TG TGO TH THA TJ TJK TK TKL TL TLS TM TKM TN TUN TO TON
TR TUR TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA UM UMI US USA UY URY UZ UZB VA VAT VC VCT VE VEN
VG VGB VI VIR VN VNM VU VUT WF WLF WS WSM YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE
"""

ALPHA3: dict[str, str] = dict(re.findall(r"(\w{2}) (\w{3})", _ISO_3166))
"""ISO 3166-1 alpha-2 code to alpha-3 code."""


@dataclass(frozen=True, eq=False)
class Cities:
    """Towns of the Indo-Pacific, by country and falling population.

    A large city and a district of it may both be rows, so that populations of one country do not
    add up to its own.

    Attributes
    ----------
    name, country, admin1
        Name; ISO 3166-1 alpha-3 code; GeoNames code of the first-order division, empty where it
        has none; text, shape (towns,).
    lat, lon
        Position, degree, WGS 84, shape (towns,).
    population
        Inhabitants, integer, shape (towns,).
    """

    name: Array
    country: Array
    admin1: Array
    lat: Floats
    lon: Floats
    population: npt.NDArray[np.int64]

    def of(self, country: str) -> "Cities":
        """Return the towns of one country (alpha-3 code), largest first."""
        rows = self.country == country
        return Cities(
            *(_frozen(column[rows]) for column in (self.name, self.country, self.admin1)),
            *(_frozen(column[rows]) for column in (self.lat, self.lon, self.population)),
        )


@dataclass(frozen=True, eq=False)
class Ports:
    """Sea ports of the world, by UN/LOCODE.

    Attributes
    ----------
    port, name, country
        UN/LOCODE; name; ISO 3166-1 alpha-3 code; text, shape (ports,).
    lat, lon
        Position, degree, WGS 84, shape (ports,).
    """

    port: Array
    name: Array
    country: Array
    lat: Floats
    lon: Floats

    def position(self, port: str) -> tuple[float, float]:
        """Return latitude and longitude of a port by its UN/LOCODE.

        Raises
        ------
        KeyError
            When no port has that code.
        """
        row = int(np.searchsorted(self.port, port))
        if row == len(self.port) or self.port[row] != port:
            raise KeyError(port)
        return float(self.lat[row]), float(self.lon[row])


@cache
def cities() -> Cities:
    """Return the bundled towns: GeoNames, Indo-Pacific, the largest of each country."""
    name, iso2, admin1, lat, lon, population = zip(*_rows("places/cities.csv"), strict=True)
    return Cities(
        _texts(name),
        _texts([ALPHA3[code] for code in iso2]),
        _texts(admin1),
        _numbers(lat),
        _numbers(lon),
        _frozen(np.array(population, dtype=np.int64)),
    )


@cache
def ports() -> Ports:
    """Return the bundled sea ports of the world."""
    port, name, lat, lon = zip(*_rows("places/ports.csv"), strict=True)
    country = [ALPHA3[code[:2]] for code in port]
    return Ports(_texts(port), _texts(name), _texts(country), _numbers(lat), _numbers(lon))


def haversine_km(
    lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike
) -> Floats:
    """Return the distance on the globe between two positions, km.

    Sinnott 1984, "Virtues of the haversine", on a sphere of `EARTH_RADIUS_KM`.

    Parameters
    ----------
    lat1, lon1, lat2, lon2
        Positions in degrees, of shapes that broadcast together.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_lon = np.radians(np.subtract(lon2, lon1)) / 2
    square = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(square, 1.0))))


def unit_vectors(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """Return positions in degrees, shape (points,), as vectors of length 1, shape (points, 3)."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], -1)


def _rows(name: str) -> Iterator[list[str]]:
    text = files("indranet.data").joinpath(name).read_text("utf-8")
    reader = csv.reader(text.splitlines(), strict=True)
    next(reader)
    yield from reader


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _texts(values: Any) -> Array:
    return _frozen(np.array(values, dtype=np.str_))


def _numbers(values: Any) -> Floats:
    return _frozen(np.array(values, dtype=np.float64))
