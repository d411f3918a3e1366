"""The tables of a case, as data: names, types, units, defaults, ranges, references, meaning.

Checks, templates, the data dictionary and the reader all follow from `TABLES`; nothing else in
the project repeats a column's name, range or default.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "text", "number", "integer", "flag", "date", "choice", "choices", "reference", "references"
]

FUNCTION_GROUPS: dict[str, tuple[str, ...]] = {
    "access": ("RU", "DU", "CU", "gNB", "eNB", "OLT"),
    "core": (
        "AMF", "SMF", "UPF", "AUSF", "UDM", "NRF", "NSSF", "PCF", "NEF", "SEPP", "NWDAF", "EPC", "IMS",
    ),
    "management": ("OSS", "EMS", "MANO", "RIC", "LI"),
    "transport": ("router", "optical", "microwave", "timing", "cable"),
    "power": ("power",),
    "compute": ("server", "GPU"),
    "iot": ("module", "gateway"),
}  # fmt: skip
"""Functions by group (3GPP TS 23.501, TS 38.401; O-RAN)."""

FUNCTIONS: tuple[str, ...] = tuple(f for group in FUNCTION_GROUPS.values() for f in group)
IMPORTANCE = ("essential", "deferrable", "negligible")
GENERATIONS = ("2G", "3G", "4G", "5G", "5G-Advanced", "fixed", "iot", "ai")
APPROVALS = {
    "uncertified": "certificate", "unlicensed": "licence", "unevaluated": "evaluation",
    "undesignated": "designation", "unnotified": "notice",
}  # fmt: skip
"""What a rule may count, and the kind of approval that takes it out of the count."""
MEASURES: dict[str, tuple[str, ...]] = {
    "second_source": ("share",), "stockpile": ("day", "unit"), "plant": ("unit a day",),
    "battery": ("hour",), "spare": ("unit",), "link": ("link",), "crew": ("crew",),
    "roaming": ("share",),
}  # fmt: skip
"""Kinds of measure, and the units in which each counts, the usual one first."""
MEASURE_UNITS = tuple(dict.fromkeys(unit for units in MEASURES.values() for unit in units))
MARKINGS = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
"""Traffic Light Protocol 2.0 (FIRST), least to most restrictive."""
PROVENANCES = ("real", "derived", "calibrated", "synthetic", "authored", "inferred")

KINDS: tuple[str, ...] = (
    "country", "firm", "product", "plant", "passage", "lane", "site", "service", "facility",
    "agreement", "thing",
)  # fmt: skip
"""Kinds of identifier; a `thing` exists only in failures and as an input of needs."""
ANY = KINDS
USERS = ("product", "plant", "lane", "site", "service", "facility")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, type, doc, unit
        Column name; type of a cell; meaning in one sentence; unit of a number.
    default
        What an empty cell or an absent column means; None where it means "not known".
    required
        The column must be there and every cell filled.
    minimum, maximum, above
        Range of a number, ends included; `above` excludes its end.
    choices
        Allowed values of a choice, or of a list of choices.
    refers
        Kinds of identifier that a reference may name.
    words
        Values a reference may hold instead of an identifier.
    label
        Rows are grouped or found by this text, so it holds no hidden characters.
    """

    name: str
    type: ColumnType
    doc: str
    unit: str = ""
    default: str | float | int | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    label: bool = False


@dataclass(frozen=True)
class Table:
    """One table of a case.

    Attributes
    ----------
    name, doc
        File name without its ending; what a row is.
    declares
        Kind of identifier that the first column declares, empty for a table of links.
    key
        Columns that together name a row; no two rows share them.
    columns
        Columns in the order of a template.
    sorted_by
        Column whose owner's rows lie together in a `Network` (compressed sparse rows).
    """

    name: str
    doc: str
    declares: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sorted_by: str = ""

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        KeyError
            When the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _identifier(kind: str) -> Column:
    return Column(kind, "text", f"Identifier of the {kind}.", required=True)


def _country(doc: str) -> Column:
    return Column("country", "reference", doc, refers=("country",))


_COMMON = (
    Column("provenance", "choice", "How the row came to be known.", choices=PROVENANCES),
    Column("source", "text", "Where the row's facts come from."),
    Column("marking", "choice", "Traffic Light Protocol 2.0 marking of the row.", choices=MARKINGS, default="TLP:CLEAR"),
    Column("agreement", "reference", "The row exists only while this agreement is in force.", refers=("agreement",)),
)  # fmt: skip
_LAT = Column("lat", "number", "Latitude, WGS 84.", unit="degree", minimum=-90, maximum=90)
_LON = Column("lon", "number", "Longitude, WGS 84.", unit="degree", minimum=-180, maximum=180)


def _table(
    name: str, doc: str, declares: str, key: tuple[str, ...], *columns: Column, sorted_by: str = ""
) -> Table:
    common = tuple(c for c in _COMMON if c.name not in {column.name for column in columns})
    return Table(name, doc, declares, key, columns + common, sorted_by)


_ALL = (
    _table(
        "countries", "A country; its territory is what stands there.", "country", ("country",),
        Column("country", "text", "ISO 3166-1 alpha-3 code, three capital letters.", required=True),
        Column("name", "text", "Name in words."),
        Column("population", "number", "Inhabitants.", unit="person", minimum=0),
        Column("gdp_usd", "number", "Gross domestic product.", unit="USD a year", minimum=0),
    ),
    _table(
        "firms", "A firm: vendor, operator, maker of parts or owner of others.", "firm", ("firm",),
        _identifier("firm"),
        Column("name", "text", "Name in words."),
        _country("Country of the seat: whose law binds the firm."),
        Column("parent", "reference", "Firm that controls this one.", refers=("firm",)),
    ),
    _table(
        "products", "A product: equipment, part, material, tool, software, service or sector; or what a project wants.", "product", ("product",),
        _identifier("product"),
        Column("name", "text", "Name in words."),
        Column("kind", "choice", "What sort of product it is; wanted stands for equipment that is not there yet.", default="equipment",
               choices=("equipment", "part", "material", "tool", "software", "service", "sector", "wanted")),
        Column("firm", "reference", "Maker; empty for a generic product that any firm may make.", refers=("firm",)),
        Column("function", "choice", "Function that an installed unit serves.", choices=FUNCTIONS),
        Column("version", "text", "Version, as the maker writes it."),
        Column("identity", "text", "Package URL or CPE name."),
        Column("release", "integer", "3GPP release that the product supports.", minimum=1, maximum=99),
        Column("unit_cost_usd", "number", "Cost of one unit.", unit="USD", minimum=0),
        Column("bill", "choice", "How much of its bill of materials the components table holds.",
               choices=("complete", "partial", "unknown"), default="unknown"),
    ),
    _table(
        "components", "A product inside another: chip, board or software alike.", "", ("product", "component"),
        Column("product", "reference", "The product that contains it.", required=True, refers=("product",)),
        Column("component", "reference", "The product contained.", required=True, refers=("product",)),
        Column("quantity", "number", "Units in one unit of the product.", unit="unit", default=1, above=0),
        Column("importance", "choice", "What its lack does to making the product: stops it, slows it, nothing.",
               choices=IMPORTANCE, default="essential"),
        Column("choice", "text", "Rows of one product with the same choice are alternatives.", label=True),
        Column("at_least", "integer", "How many of the choice are needed.", default=1, minimum=1),
        sorted_by="product",
    ),
    _table(
        "plants", "A plant: where a firm makes one product.", "plant", ("plant",),
        _identifier("plant"),
        Column("product", "reference", "What it makes.", required=True, refers=("product",)),
        Column("firm", "reference", "Firm that runs it; empty means the maker of its product.", refers=("firm",)),
        _country("Territory on which it stands."),
        Column("place", "text", "Town or district."),
        _LAT, _LON,
        Column("capacity_per_day", "number", "Most it can make; empty means sales and final demand, with no spare.",
               unit="unit a day", minimum=0),
        Column("final_demand_per_day", "number", "Demand from outside the case.", unit="unit a day", default=0, minimum=0),
        Column("stock", "number", "Finished units in store.", unit="unit", default=0, minimum=0),
        Column("margin_usd", "number", "Profit on one unit.", unit="USD", default=0),
    ),
    _table(
        "supplies", "Who supplies whom, and how much.", "", ("supplier", "customer", "lane"),
        Column("supplier", "reference", "Plant that ships.", required=True, refers=("plant",)),
        Column("customer", "reference", "Plant or operator that receives.", required=True, refers=("plant", "firm")),
        Column("lane", "reference", "Lane that the goods take; empty means one that nothing closes.", refers=("lane",)),
        Column("quantity_per_day", "number", "Daily flow; 0 means a potential link, used in re-sourcing only.",
               unit="unit a day", default=0, minimum=0),
        Column("max_per_day", "number", "Most the contract allows.", unit="unit a day", minimum=0),
        Column("stock_days", "number", "Stock that the customer keeps.", unit="day", default=15, minimum=0),
        Column("transit_days", "number", "Time under way; empty means the lane's, else 0.", unit="day", minimum=0),
        Column("priority", "integer", "Who is served first in a shortage; 1 is first.", default=1, minimum=1),
        sorted_by="customer",
    ),
    _table(
        "passages", "A passage of the sea: strait, canal or cape.", "passage", ("passage",),
        _identifier("passage"),
        Column("name", "text", "Name in words."),
        _LAT, _LON,
        Column("kind", "choice", "What sort of passage it is.", choices=("strait", "canal", "cape"), default="strait"),
        Column("ships_per_day", "number", "Most ships that it can pass; empty means no limit.", unit="ship a day", minimum=0),
        Column("usual_ships_per_day", "number", "Ships that usually pass: what the case sends through it on a usual day "
               "counts as these; empty means ships_per_day.", unit="ship a day", above=0),
    ),
    _table(
        "lanes", "A way for goods or signals between two places.", "lane", ("lane",),
        _identifier("lane"),
        Column("origin", "reference", "Where it starts.", required=True, refers=("site", "plant", "facility", "country")),
        Column("destination", "reference", "Where it ends.", required=True, refers=("site", "plant", "facility", "country")),
        Column("mode", "choice", "How it travels.", default="sea",
               choices=("sea", "air", "land", "cable", "microwave", "satellite")),
        Column("km", "number", "Length; empty at sea means measured on the sea network.", unit="km", minimum=0),
        Column("transit_days", "number", "Time under way; empty at sea means km / 600.", unit="day", minimum=0),
        Column("passages", "references", "Passages on its way, with ';' between; empty at sea means derived from the "
               "sea network; none means no passage.", refers=("passage",), words=("none",)),
        Column("detour_days", "number", "Extra days of a way round its passages; empty means found on the sea network, "
               "or no way round.", unit="day", minimum=0),
        Column("capacity", "number", "What it can carry.", unit="Gb/s, or units a day", minimum=0),
    ),
    _table(
        "sites", "A place where an operator runs equipment, or a power region.", "site", ("site",),
        _identifier("site"),
        Column("operator", "reference", "Firm that runs it.", refers=("firm",)),
        _country("Territory on which it stands."),
        Column("region", "text", "Region of the country.", label=True),
        Column("cluster", "text", "Cluster in which its equipment is swapped together.", label=True),
        Column("kind", "choice", "What sort of site it is.", default="radio",
               choices=("radio", "aggregation", "core", "datacentre", "landing", "gateway", "exchange", "power", "fleet")),
        Column("class", "choice", "How sensitive it is.", choices=("normal", "critical", "national_security"),
               default="normal"),
        _LAT, _LON,
        Column("people", "number", "Persons served by the whole row.", unit="person", default=0, minimum=0),
        Column("stands_for", "number", "Real sites that the row represents.", unit="site", default=1, above=0),
        Column("structural", "flag", "Needs structural work before a swap.", default=0),
    ),
    _table(
        "equipment", "A product installed at a site for a function.", "", ("site", "function", "product"),
        Column("site", "reference", "Where it is installed.", required=True, refers=("site",)),
        Column("function", "choice", "What it does there.", required=True, choices=FUNCTIONS),
        Column("product", "reference", "What is installed.", required=True, refers=("product",)),
        Column("quantity", "number", "Units installed at one real site.", unit="unit", default=1, above=0),
        Column("installed", "date", "Day of installation."),
        Column("generation", "choice", "Generation of network that it serves.", choices=GENERATIONS),
        Column("traffic_share", "number", "Share of its site's traffic; empty means by quantity.", unit="share",
               minimum=0, maximum=1),
        sorted_by="site",
    ),
    _table(
        "services", "A service: what people or other services use.", "service", ("service",),
        _identifier("service"),
        Column("name", "text", "Name in words."),
        Column("sector", "text", "Sector it belongs to.", label=True),
        _country("Country whose people use it."),
        Column("region", "text", "Region of the country; empty means all of it.", label=True),
        Column("people", "number", "Persons served.", unit="person", default=0, minimum=0),
        Column("value_usd_per_day", "number", "Value lost on a day without it.", unit="USD a day", default=0, minimum=0),
    ),
    _table(
        "needs", "What must hold for something to run: one input of one group.", "", ("user", "need", "input"),
        Column("user", "reference", "What needs it; for a product, each installed unit.", required=True, refers=USERS),
        Column("need", "text", "Name of the group of inputs.", required=True, label=True),
        Column("input", "reference", "What is needed: a thing that works, or a product that can be delivered.",
               required=True, refers=ANY),
        Column("capacity", "number", "What this input adds to its group.", unit="any, one for the group", default=1,
               above=0),
        Column("at_least", "number", "Capacity that the group must keep; below 1 a share of the group's; empty means all. "
               "All rows of a group agree.", unit="as capacity", above=0),
        Column("autonomy_hours", "number", "How long the user runs without this input.", unit="hour", default=0, minimum=0),
        Column("how", "choice", "The input works, or it works and is reached over working lanes.",
               choices=("works", "reaches"), default="works"),
        Column("plane", "choice", "Plane on which loss travels.", choices=("works", "trusted", "both"), default="both"),
        Column("starts_without", "flag", "The user can start before this input is back.", default=0),
        Column("kind", "choice", "Sort of dependence.", choices=("physical", "cyber", "geographic", "logical"),
               default="physical"),
        sorted_by="user",
    ),
    _table(
        "failures", "How often a thing fails and how long it stays down.", "", ("thing",),
        Column("thing", "reference", "Any identifier of the case, or a thing that is only here and an input of needs.",
               required=True, refers=ANY),
        Column("mtbf_hours", "number", "Mean time up between failures.", unit="hour", above=0),
        Column("repair_hours", "number", "Mean time down.", unit="hour", minimum=0),
        Column("repair_law", "choice", "Law of the time down.", choices=("exponential", "fixed"), default="exponential"),
        Column("unavailability", "number", "Probability of being down, instead of the times.", unit="probability",
               minimum=0, maximum=1),
        Column("crew_pool", "text", "Crews that repair it; empty means as many as it takes.", label=True),
        Column("repair_needs", "reference", "What must work for its repair to begin and to go on.", refers=ANY),
    ),
    _table(
        "vulnerabilities", "A flaw in a product, and how fast it is used and mended.", "", ("vulnerability", "product"),
        Column("vulnerability", "text", "Name of the flaw, such as a CVE id.", required=True, label=True),
        Column("product", "reference", "Product that has it, and with it all that contains the product.", required=True,
               refers=("product",)),
        Column("versions", "text", "Versions that have it, with ';' between ranges and ',' between the bounds of one "
               "(>=2.1,<2.4); empty means all."),
        Column("exploited_from", "date", "First day on which it is used; empty means from when a scenario says."),
        Column("exploit_per_day", "number", "Rate at which each unit that has it is taken; empty means all at once.",
               unit="1/day", above=0),
        Column("patch_days", "number", "Mean time until a unit is mended.", unit="day", default=21, above=0),
        Column("effect", "choice", "What happens to a unit that is taken: it stops, or runs and is not to be trusted.",
               choices=("down", "untrusted"), default="down"),
        Column("status", "choice", "Whether the product has the flaw, as its maker says; under investigation counts both "
               "ways.", choices=("affected", "not_affected", "fixed", "under_investigation"),
               default="under_investigation"),
    ),
    _table(
        "crews", "Crews that repair or swap, from a day on.", "", ("pool", "from"),
        Column("pool", "text", "Name of the pool.", required=True, label=True),
        Column("from", "date", "First day; empty means always."),
        Column("region", "text", "Region in which they work; empty means everywhere.", label=True),
        Column("crews", "integer", "Number of crews.", default=1, minimum=1),
        Column("crew_days_per_week", "number", "Days that one crew works in a week.", unit="day", default=5, above=0,
               maximum=7),
        Column("usd_per_day", "number", "Cost of one crew.", unit="USD a day", default=0, minimum=0),
    ),
    _table(
        "hazards", "What strikes by chance, how often and for how long.", "", ("hazard",),
        Column("hazard", "text", "Name of the hazard.", required=True, label=True),
        Column("do", "choice", "What it does, as an event of a scenario.", choices=("halt", "outage", "close", "cut"),
               default="outage"),
        Column("thing", "reference", "What it strikes; empty means all within km of lat, lon.", refers=ANY),
        _LAT, _LON,
        Column("km", "number", "Radius of what it strikes.", unit="km", above=0),
        Column("per_year", "number", "How often it strikes.", unit="1/year", required=True, minimum=0),
        Column("law", "choice", "Law of how long it lasts.", choices=("fixed", "exponential", "lognormal"),
               default="fixed"),
        Column("lasts_days", "number", "How long it lasts: mean, or median of the lognormal law.", unit="day",
               required=True, above=0),
        Column("sigma", "number", "Standard deviation of the logarithm, for the lognormal law.", above=0),
    ),
    _table(
        "facilities", "A port, base, depot, yard or airfield.", "facility", ("facility",),
        _identifier("facility"),
        Column("name", "text", "Name in words."),
        _country("Territory on which it stands."),
        Column("kind", "choice", "What sort of facility it is.", default="port",
               choices=("port", "base", "depot", "yard", "airfield")),
        _LAT, _LON,
        Column("repair", "choice", "Repairs that it can do.", choices=("none", "limited", "moderate", "major"),
               default="none"),
        Column("fuel", "flag", "Gives fuel.", default=0),
        Column("provisions", "flag", "Gives provisions.", default=0),
    ),
    _table(
        "stocks", "What somebody holds in store for days of shortage.", "", ("holder", "product"),
        Column("holder", "reference", "Who holds it: a plant or operator for itself, a country for all who buy there.",
               required=True, refers=("plant", "firm", "facility", "country")),
        Column("product", "reference", "What is held.", required=True, refers=("product",)),
        Column("quantity", "number", "Units in store.", unit="unit", required=True, minimum=0),
    ),
    _table(
        "agreements", "An agreement between countries or firms.", "agreement", ("agreement",),
        _identifier("agreement"),
        Column("name", "text", "Name in words."),
        Column("kind", "choice", "What it does.", default="supply",
               choices=("supply", "access", "threat_sharing", "roaming", "certification", "joint_development",
                        "early_warning", "funding")),
        Column("parties", "references", "Countries or firms bound by it, with ';' between.", refers=("country", "firm")),
        Column("from", "date", "First day in force; empty means always."),
        Column("until", "date", "Last day in force; empty means for good."),
        Column("days", "number", "Days earlier that something happens under it.", unit="day", minimum=0),
        Column("covers", "text", "Products and sectors covered, with ';' between; empty means all."),
    ),
    _table(
        "exclusions", "Whom an authority excludes; nobody is until a command names the authority.", "",
        ("authority", "firm", "by", "functions", "from"),
        Column("authority", "text", "Name of the set of exclusions, as a command names it.", required=True, label=True),
        Column("firm", "reference", "Excluded firm with what it controls; of a country, the firms seated there and what they control.",
               required=True, refers=("firm", "country")),
        Column("by", "reference", "Operator, or country of the sites, that it binds; empty means all.", refers=("firm", "country")),
        Column("functions", "choices", "Functions below which it holds, with ';' between; empty means all.", choices=FUNCTIONS),
        Column("from", "date", "First day on which it holds; empty means always."),
        Column("until", "date", "Last day on which it holds; empty means for good."),
    ),
    _table(
        "rules", "A dated rule: what the share, number or cover of something must be.", "", ("rule", "from"),
        Column("rule", "text", "Name of the rule.", required=True, label=True),
        Column("from", "date", "First day on which it holds.", required=True),
        Column("until", "date", "Last day on which it holds; empty means for good."),
        Column("per", "choice", "Whom it binds: each operator by itself, or the country's networks together.",
               choices=("operator", "country"), default="operator"),
        Column("country", "reference", "Country whose networks it binds; empty means all.", refers=("country",)),
        Column("who", "choice", "Whose products it speaks of: of firms that the chosen authority excludes, of one firm, of the "
               "firms seated in a country, of all.", choices=("excluded", "firm", "country", "all"), default="excluded"),
        Column("firm", "reference", "The firm, with what it controls, or the country of the firms.", refers=("firm", "country")),
        Column("functions", "choices", "Functions that it speaks of, with ';' between; empty means all.", choices=FUNCTIONS),
        Column("generation", "choice", "Generation of network that it speaks of; empty means all.", choices=GENERATIONS),
        Column("class", "choice", "Class of sites that it speaks of; empty means all.",
               choices=("normal", "critical", "national_security")),
        Column("tier", "integer", "Tier at which makers count: 0 the equipment, 1 its components, and so on.", default=0,
               minimum=0, maximum=9),
        Column("what", "choice", "What of theirs counts: what they made; what they have remote access to; what they made and "
               "no approval of that kind covers.", choices=("made", "supported", *APPROVALS), default="made"),
        Column("installed_from", "date", "Speaks only of what was installed on this day or later; empty means all."),
        Column("after_months", "integer", "Months from the day on which a firm is excluded until it counts.", unit="month",
               default=0, minimum=0),
        Column("metric", "choice", "What is measured.", required=True,
               choices=("share", "count", "hhi", "vendors", "days_of_cover", "people_without_any_one_vendor")),
        Column("weight", "choice", "What a share or a count counts.", default="sites",
               choices=("sites", "traffic", "people", "instances", "units", "spend")),
        Column("comparison", "choice", "How the value stands to the limit.", choices=("<=", "<", ">=", ">", "="), default="<="),
        Column("limit", "number", "The limit.", unit="as the metric", required=True),
        Column("status", "choice", "Whether it binds, or is only proposed.", choices=("in_force", "proposed"), default="in_force"),
    ),
    _table(
        "approvals", "What an authority has approved, or refused: a product, or what stands at a site.", "",
        ("kind", "thing", "country", "from"),
        Column("kind", "choice", "What sort of approval it is.", required=True, choices=tuple(APPROVALS.values())),
        Column("thing", "reference", "Product, wherever it stands, or site, with all that stands there.", required=True,
               refers=("product", "site")),
        Column("country", "reference", "Country in which it holds; empty means all.", refers=("country",)),
        Column("status", "choice", "Whether it was given.", choices=("given", "refused"), default="given"),
        Column("from", "date", "First day on which it holds; empty means always."),
        Column("until", "date", "Last day on which it holds; empty means for good."),
    ),
    _table(
        "offers", "A product that can replace what does a function, at what cost and pace.", "",
        ("product", "replaces", "operator", "from"),
        Column("product", "reference", "Product offered.", required=True, refers=("product",)),
        Column("replaces", "choice", "Function that it takes over.", required=True, choices=FUNCTIONS),
        Column("operator", "reference", "Operator to whom it is offered; empty means all.", refers=("firm",)),
        Column("unit_cost_usd", "number", "Price of one unit, put to work.", unit="USD", required=True, minimum=0),
        Column("removal_cost_usd", "number", "Cost of taking one old unit away, with disposal.", unit="USD", default=0, minimum=0),
        Column("yearly_cost_usd", "number", "Cost of running one unit.", unit="USD a year", default=0, minimum=0),
        Column("crew_days", "number", "Work of one crew for one unit.", unit="day", default=1, minimum=0),
        Column("lead_days", "number", "Time from order to delivery.", unit="day", default=0, minimum=0),
        Column("units_per_month", "number", "Most that the maker delivers, ramp over; empty means no limit.",
               unit="unit a month", minimum=0),
        Column("ramp_months", "number", "Time until it delivers that many, growing evenly.", unit="month", default=0, minimum=0),
        Column("from", "date", "First day on which it can be ordered; empty means always."),
        Column("until", "date", "Last day on which it can be ordered; empty means for good."),
    ),
    _table(
        "interoperability", "Whether two products work together over an interface.", "", ("product", "other", "interface"),
        Column("product", "reference", "One product.", required=True, refers=("product",)),
        Column("other", "reference", "The other.", required=True, refers=("product",)),
        Column("interface", "choice", "Interface between them.", required=True, choices=("7.2x", "X2", "Xn", "EMS")),
        Column("status", "choice", "What is known of it.", choices=("certified", "trial", "none"), default="none"),
    ),
    _table(
        "budgets", "Money that an operator may have spent by a day, and what it gets back.", "", ("operator", "from", "agreement"),
        Column("operator", "reference", "Operator that spends.", required=True, refers=("firm",)),
        Column("from", "date", "Day from which the sum is there.", required=True),
        Column("usd", "number", "Own money to date, all earlier sums included.", unit="USD", required=True, minimum=0),
        Column("refund_share", "number", "Part of what is spent that is paid back.", unit="share", default=0, minimum=0, maximum=1),
        Column("refund_lag_days", "number", "Time until it is paid back.", unit="day", default=0, minimum=0),
    ),
    _table(
        "measures", "What can be bought against a loss: its effect is there once it is bought, and not before.", "",
        ("measure",),
        Column("measure", "text", "Name of the measure.", required=True, label=True),
        Column("kind", "choice", "What it does.", required=True, choices=tuple(MEASURES)),
        Column("thing", "reference", "What it acts on: the plant that delivers or grows; the product or holder of a stock; "
               "who gets batteries; the lane, site or facility that is built; the operator whose users roam.", refers=ANY),
        Column("product", "reference", "What a holder keeps in store.", refers=("product",)),
        Column("host", "reference", "Operator that carries who roams.", refers=("firm",)),
        Column("pool", "text", "Pool of crews that grows.", label=True),
        Column("need", "text", "Group of needs that batteries bridge; empty means power.", label=True),
        Column("amount", "number", "How much.", unit="as unit", default=1, above=0),
        Column("unit", "choice", "Of the amount; empty means what is usual for the kind.",
               choices=MEASURE_UNITS),
        Column("cost_usd", "number", "Cost of buying it.", unit="USD", required=True, minimum=0),
        Column("yearly_cost_usd", "number", "Cost of keeping it.", unit="USD a year", default=0, minimum=0),
        Column("lead_days", "number", "Time from the order until it acts.", unit="day", default=0, minimum=0),
    ),
    _table(
        "progress", "How far the swap of a cluster is.", "", ("cluster",),
        Column("cluster", "text", "Cluster of sites.", required=True, label=True),
        Column("state", "choice", "Still open, promised for a period, or done.", choices=("free", "committed", "done"),
               default="free"),
        Column("product", "reference", "Product chosen for it.", refers=("product",)),
        Column("period", "date", "First day of the period in which it is, or was, swapped."),
    ),
    _table(
        "neighbours", "Clusters that touch; without this table they are found from positions.", "", ("cluster", "other"),
        Column("cluster", "text", "One cluster.", required=True, label=True),
        Column("other", "text", "The other.", required=True, label=True),
        Column("borders", "integer", "Pairs of cells across their border.", unit="pair", default=1, minimum=0),
    ),
    _table(
        "roaming", "A host that carries an operator's users while it cannot.", "", ("operator", "host", "country"),
        Column("operator", "reference", "Operator whose users roam.", required=True, refers=("firm",)),
        Column("host", "reference", "Operator that carries them.", required=True, refers=("firm",)),
        Column("country", "reference", "Country in which it does; empty means all.", refers=("country",)),
        Column("share", "number", "Share of the operator's users that the host can carry.", unit="share", default=0, minimum=0,
               maximum=1),
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Every table of a case by its name."""

DECLARED_BY: dict[str, str] = {t.declares: t.name for t in _ALL if t.declares}
"""Table that declares each kind of identifier."""
