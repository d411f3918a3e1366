"""Published figures that made-up cases are calibrated on, and the authored ones between them.

Shares need not add up to one: whoever uses them takes them as parts of their sum.
"""

from dataclasses import dataclass

SOURCES = {
    "radio shares": "Dell'Oro 2020",
    "optical shares": "optical transport vendor shares 2023",
    "stations": "DoT India July 2024",
    "licences": "Rakuten licences Japan",
    "chips": "CSET ETO 2022",
    "costs": "pysim5g defaults 2019",
    "batteries": "Tohoku 2011",
    "population": "World Bank 2024",
    "towns": "GeoNames CC BY 4.0",
    "seats": "public knowledge",
    "sea": "bundled sea network",
    "authored": "authored",
}
"""Where the figures behind a generated row come from, as its source column says it. `authored` is
an order of magnitude that no published figure at hand gives."""

POPULATION = {
    "ASM": 46_765, "AUS": 27_196_812, "BGD": 173_562_364, "BRN": 462_721, "BTN": 791_524,
    "CHN": 1_408_975_000, "FJI": 928_784, "FSM": 113_160, "GUM": 167_777, "HKG": 7_524_100,
    "IDN": 283_487_931, "IND": 1_450_935_791, "JPN": 123_975_371, "KHM": 17_638_801,
    "KIR": 134_518, "KOR": 51_751_065, "LAO": 7_769_819, "LKA": 21_916_000, "MAC": 687_000,
    "MDV": 527_799, "MHL": 37_548, "MMR": 54_500_091, "MNP": 44_278, "MYS": 35_557_673,
    "NCL": 292_639, "NPL": 29_651_054, "NRU": 11_947, "NZL": 5_287_500, "PHL": 115_843_670,
    "PLW": 17_695, "PNG": 10_576_502, "PYF": 281_807, "SGP": 6_036_860, "SLB": 819_198,
    "THA": 71_668_011, "TLS": 1_400_638, "TON": 104_175, "TUV": 9_646, "USA": 340_110_988,
    "VNM": 100_987_686, "VUT": 327_777, "WSM": 218_019,
}  # fmt: skip
"""Inhabitants in 2024 (World Bank), by country."""

SITES_BY_POPULATION = {"IND": (0.97, "stations"), "JPN": (0.68, "licences")}
"""Exponent of stations on population, and its source: Indian states, Japanese municipalities."""
ELSEWHERE = SITES_BY_POPULATION["IND"]
REGION_SD = 0.47
"""Standard deviation of ln(stations) between Indian states about that law."""

OPERATORS = 4
"""Operators of a country; their shares fall as 1 / rank (authored)."""
SHARE_5G = 0.5
"""Share of radio sites with 5G, in the largest towns first (authored)."""
STRUCTURAL_SHARE = 0.1
SITES_PER_HUB = 100
"""Radio sites behind one aggregation site (authored)."""
RING_HUBS = 8
"""Most aggregation sites on one ring (authored)."""
BATTERY_HOURS = {"radio": 3.0, "aggregation": 8.0, "core": 72.0}
"""Radio: Tohoku 2011; the rest authored."""
CONTROL_HOURS = 12.0
"""How long a power region runs without telecoms to steer it (authored)."""
TILL_HOURS = 8.0
"""How long payments run without power from the grid (authored)."""
CAPACITY_SHARE = 0.5
"""Part of the capacity of a region that an operator's service must keep (authored)."""
LIFE_DAYS = 3650.0
"""Life of equipment, ten years (pysim5g)."""


@dataclass(frozen=True)
class Vendor:
    """A maker of equipment: seat, shares of the radio market, and where its plants stand."""

    name: str
    seat: str
    share: float
    share_in_china: float
    plants: tuple[tuple[str, float], ...]


VENDORS = {
    "ericsson": Vendor("Ericsson", "SWE", 37, 29, (("SWE", 0.2), ("CHN", 0.4), ("IND", 0.4))),
    "nokia": Vendor("Nokia", "FIN", 27, 19, (("FIN", 0.3), ("CHN", 0.3), ("IND", 0.4))),
    "huawei": Vendor("Huawei", "CHN", 21, 33, (("CHN", 1.0),)),
    "samsung": Vendor("Samsung", "KOR", 8, 6, (("KOR", 0.6), ("VNM", 0.4))),
    "zte": Vendor("ZTE", "CHN", 3, 10, (("CHN", 1.0),)),
    "nec": Vendor("NEC", "JPN", 1, 0.75, (("JPN", 1.0),)),
    "fujitsu": Vendor("Fujitsu", "JPN", 1, 0.75, (("JPN", 1.0),)),
    "mavenir": Vendor("Mavenir", "USA", 1, 0.75, (("IND", 1.0),)),
    "tejas": Vendor("Tejas Networks", "IND", 1, 0.75, (("IND", 1.0),)),
    "cisco": Vendor("Cisco", "USA", 0, 0, (("CHN", 0.5), ("USA", 0.5))),
    "juniper": Vendor("Juniper", "USA", 0, 0, (("CHN", 0.5), ("TWN", 0.5))),
    "ciena": Vendor("Ciena", "USA", 0, 0, (("USA", 0.5), ("TWN", 0.5))),
}
"""Radio shares of the world outside China and of the whole world (Dell'Oro 2020); what they leave
goes in equal parts to the four smallest. Plants are authored."""

RADIO_VENDORS = (
    "ericsson", "nokia", "huawei", "samsung", "zte", "nec", "fujitsu", "mavenir", "tejas",
)  # fmt: skip
CORE_VENDORS = ("ericsson", "nokia", "huawei", "samsung", "zte", "mavenir")
ROUTER_SHARES = {"cisco": 1.0, "nokia": 1.0, "huawei": 1.0, "juniper": 1.0}
"""Authored: no published shares at hand."""
OPTICAL_SHARES = {"huawei": 30.0, "nokia": 20.0, "ciena": 19.0}
"""Optical transport 2023."""
NOT_IN = {"AUS": ("huawei", "zte"), "JPN": ("huawei", "zte"), "USA": ("huawei", "zte")}
"""Vendors without 5G equipment in a country."""

CORE_FUNCTIONS = ("AMF", "SMF", "UPF", "AUSF", "UDM", "NRF", "NSSF", "PCF", "IMS")


@dataclass(frozen=True)
class Recipe:
    """A product: sort, cost of a unit, what goes into it, and where its plants stand.

    Equipment and software with a vendor have no plants here: they stand at the vendor's.
    """

    name: str
    kind: str
    cost_usd: float
    parts: tuple[tuple[str, float], ...] = ()
    plants: tuple[tuple[str, float], ...] = ()
    cost_source: str = "authored"
    share_source: str = "authored"


EQUIPMENT = {
    "RU": Recipe("radio unit", "equipment", 4_000,
                 (("rf-power-amplifier", 8), ("rf-filter", 8), ("fpga", 1), ("data-converter", 4),
                  ("optical-module", 1), ("circuit-board", 3), ("capacitor", 800),
                  ("power-supply", 1)), cost_source="costs"),
    "DU": Recipe("distributed unit", "equipment", 10_000,
                 (("advanced-logic", 4), ("fpga", 2), ("memory", 16), ("optical-module", 6),
                  ("circuit-board", 2), ("power-supply", 1)), cost_source="costs"),
    "gNB": Recipe("5G base station software", "software", 5_000),
    "eNB": Recipe("4G base station software", "software", 2_500),
    "router": Recipe("router", "equipment", 15_000,
                     (("advanced-logic", 4), ("memory", 16), ("optical-module", 24),
                      ("circuit-board", 4), ("power-supply", 2)), cost_source="costs"),
    "optical": Recipe("optical transport", "equipment", 10_000,
                      (("mature-logic", 8), ("laser", 8), ("optical-module", 16),
                       ("circuit-board", 2), ("power-supply", 2)), cost_source="costs"),
    "OSS": Recipe("operations support", "software", 200_000),
    **{f: Recipe(f"{f} software", "software", 100_000) for f in CORE_FUNCTIONS},
}  # fmt: skip
"""Products that vendors make, by function."""

GENERIC = {
    "server": Recipe("server", "equipment", 8_000,
                     (("advanced-logic", 8), ("memory", 32), ("circuit-board", 1),
                      ("optical-module", 2), ("power-supply", 2)),
                     (("TWN", 0.5), ("CHN", 0.3), ("USA", 0.2))),
    "power-supply": Recipe("power supply", "part", 150,
                           (("mature-logic", 4), ("capacitor", 40), ("circuit-board", 0.2)),
                           (("CHN", 0.6), ("TWN", 0.2), ("VNM", 0.2))),
    "optical-module": Recipe("optical module", "part", 60,
                             (("laser", 2), ("mature-logic", 1), ("circuit-board", 0.05)),
                             (("CHN", 0.5), ("USA", 0.2), ("MYS", 0.3))),
    "rf-power-amplifier": Recipe("radio power amplifier", "part", 60,
                                 (("gallium-nitride-wafer", 0.005), ("packaging", 1)),
                                 (("JPN", 0.4), ("USA", 0.4), ("CHN", 0.2))),
    "rf-filter": Recipe("radio filter", "part", 40, (("mature-logic", 0.2),),
                        (("CHN", 0.5), ("JPN", 0.3), ("USA", 0.2))),
    "data-converter": Recipe("data converter", "part", 80, (("mature-logic", 1),),
                             (("USA", 0.8), ("JPN", 0.2))),
    "fpga": Recipe("field-programmable gate array", "part", 500, (("advanced-logic", 1),),
                   (("TWN", 0.9), ("CHN", 0.1))),
    "laser": Recipe("laser", "part", 10, (("indium-phosphide-wafer", 0.001), ("packaging", 1)),
                    (("JPN", 0.5), ("USA", 0.3), ("CHN", 0.2))),
    "circuit-board": Recipe("printed circuit board", "part", 50, (("copper-laminate", 1),),
                            (("CHN", 0.5), ("TWN", 0.3), ("KOR", 0.1), ("JPN", 0.1))),
    "capacitor": Recipe("ceramic capacitor", "part", 0.02, (("barium-titanate", 0.001),),
                        (("JPN", 0.5), ("KOR", 0.25), ("CHN", 0.25))),
    "advanced-logic": Recipe("advanced logic chip", "part", 300,
                             (("wafer", 0.01), ("photomask", 0.0001), ("resist", 0.01),
                              ("process-gas", 0.01), ("euv-lithography", 0.01),
                              ("design-software", 0.1), ("packaging", 1)),
                             (("TWN", 0.7), ("KOR", 0.3))),
    "mature-logic": Recipe("mature logic chip", "part", 5,
                           (("wafer", 0.002), ("photomask", 0.00001), ("resist", 0.002),
                            ("process-gas", 0.002), ("packaging", 1)),
                           (("CHN", 0.3), ("TWN", 0.3), ("USA", 0.2), ("JPN", 0.1), ("DEU", 0.1))),
    "memory": Recipe("memory chip", "part", 10,
                     (("wafer", 0.003), ("resist", 0.003), ("process-gas", 0.003),
                      ("euv-lithography", 0.0001), ("packaging", 1)),
                     (("KOR", 0.7), ("USA", 0.1), ("JPN", 0.1), ("TWN", 0.1))),
    "packaging": Recipe("chip packaging", "service", 1, (("assembly-tool", 0.01),),
                        (("TWN", 0.4), ("CHN", 0.3), ("MYS", 0.3))),
    "wafer": Recipe("silicon wafer", "material", 100, (),
                    (("JPN", 56), ("TWN", 16), ("DEU", 14), ("KOR", 10)), share_source="chips"),
    "resist": Recipe("photoresist", "material", 1_000, (("resist-processing", 1),),
                     (("JPN", 0.9), ("USA", 0.1))),
    "resist-processing": Recipe("hour of a resist processing tool", "tool", 60, (),
                                (("JPN", 96), ("DEU", 4)), share_source="chips"),
    "photomask": Recipe("photomask", "material", 5_000, (),
                        (("TWN", 0.4), ("JPN", 0.4), ("USA", 0.2))),
    "process-gas": Recipe("process gas", "material", 200, (),
                          (("JPN", 0.4), ("USA", 0.3), ("KOR", 0.3))),
    "gallium-nitride-wafer": Recipe("gallium nitride wafer", "material", 2_000,
                                    (("gallium", 0.01),), (("JPN", 0.5), ("USA", 0.5))),
    "indium-phosphide-wafer": Recipe("indium phosphide wafer", "material", 1_500,
                                     (("indium", 0.05),), (("JPN", 0.6), ("DEU", 0.4))),
    "gallium": Recipe("gallium", "material", 500, (), (("CHN", 0.98), ("JPN", 0.02))),
    "indium": Recipe("indium", "material", 300, (), (("CHN", 0.6), ("KOR", 0.3), ("JPN", 0.1))),
    "barium-titanate": Recipe("barium titanate", "material", 10, (), (("JPN", 0.8), ("CHN", 0.2))),
    "copper-laminate": Recipe("copper-clad laminate", "material", 10, (),
                              (("CHN", 0.5), ("TWN", 0.4), ("JPN", 0.1))),
    "euv-lithography": Recipe("hour of extreme ultraviolet lithography", "tool", 2_300, (),
                              (("NLD", 100),), share_source="chips"),
    "design-software": Recipe("hour of chip design software", "software", 100, (),
                              (("USA", 96), ("DEU", 4)), share_source="chips"),
    "assembly-tool": Recipe("hour of an assembly tool", "tool", 12, (), (("CHN", 98), ("JPN", 2)),
                            share_source="chips"),
}  # fmt: skip
"""Products without a maker of their own. Where one country's published share leaves a rest, the
country that the rest is put in is authored. Tools count by the hour of their life of ten years."""

COUNTRIES = {
    "AUS": "Australia", "BGD": "Bangladesh", "CHN": "China", "DEU": "Germany", "FIN": "Finland",
    "FJI": "Fiji", "IDN": "Indonesia", "IND": "India", "JPN": "Japan", "KHM": "Cambodia",
    "KOR": "Republic of Korea", "LKA": "Sri Lanka", "MMR": "Myanmar", "MYS": "Malaysia",
    "NLD": "Netherlands", "NPL": "Nepal", "NZL": "New Zealand", "PHL": "Philippines",
    "PLW": "Palau", "PNG": "Papua New Guinea", "SGP": "Singapore", "SWE": "Sweden",
    "THA": "Thailand", "TON": "Tonga", "TWN": "Taiwan", "USA": "United States", "VNM": "Viet Nam",
}  # fmt: skip

PORTS = {
    "CHN": "CNSHA", "DEU": "DEHAM", "FIN": "FIHEL", "IND": "INNSA", "JPN": "JPYOK",
    "KOR": "KRPUS", "MYS": "MYPKG", "NLD": "NLRTM", "SWE": "SEGOT", "TWN": "TWKHH",
    "USA": "USLAX", "VNM": "VNSGN", "AUS": "AUSYD", "SGP": "SGSIN",
}  # fmt: skip
"""UN/LOCODE of the port that stands for a country; elsewhere the one nearest its largest town."""


def population_source(country: str) -> str:
    """Return where a country's population comes from: where none is published, its towns'."""
    return SOURCES["population" if country in POPULATION else "towns"]
