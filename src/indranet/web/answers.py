"""What is asked of the page's server, and what it answers: the shapes of the JSON."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from indranet.studies.compile import Horizon

MOST_TAKEN = 64
"""Things that can be taken away together."""


class Named(BaseModel):
    """A thing: kind and identifier, as commands take them, and its name in words."""

    kind: str
    id: str
    name: str


class Found(Named):
    """A thing that was searched for, and the country where it stands or is seated."""

    country: str


class Things(BaseModel):
    """What a search found, best first; `found` counts those that are not shown as well."""

    found: int
    things: list[Found]


class Counted(BaseModel):
    """Services, people and real sites."""

    services: int
    people: float
    sites: float


class Case(BaseModel):
    """What is served: a case, how much it counts, and how it is marked."""

    name: str
    description: str
    first_day: str
    on: str
    case_hash: str
    marking: str
    provenance_shares: dict[str, float]
    rows: dict[str, int]
    counted: Counted
    people_counted_by: str
    need_share: float
    kinds: dict[str, int]
    authorities: list[str]


class Place(BaseModel):
    """A place on the map: where it is drawn, how large, and what stands there."""

    x: float
    y: float
    radius: float
    lat: float
    lon: float
    sites: float
    people: float


class Drawing(BaseModel):
    """The map: its size, lines as SVG path data, and the places, in the order of every answer."""

    width: int
    height: int
    graticule: str
    land: str
    coast: str
    places: list[Place]


class Others(BaseModel):
    """Things at first hand; `found` counts those that are not shown as well."""

    found: int
    things: list[Named]


class Thing(Found):
    """A thing, where it is, what goes with it, what it needs and what needs it."""

    lat: float | None
    lon: float | None
    takes: Others
    needs: Others
    users: Others


class Loss(BaseModel):
    """A question: what stops without some things, all taken away together."""

    model_config = ConfigDict(extra="forbid")
    things: list[Annotated[str, Field(max_length=500)]] = Field(
        max_length=MOST_TAKEN, description="Kind and identifier of each, as firm:tsmc."
    )
    horizon: Horizon = Field(default="in time", description="When lists and places are told.")
    plane: Literal["works", "trusted"] = Field(
        default="works", description="What is counted: what works, or what is trusted."
    )
    authority: str | None = Field(
        default=None, max_length=200, description="Whose exclusions hold on the trusted plane."
    )


class Sums(BaseModel):
    """What is lost, as in the table `reach`."""

    services_lost: int
    people_lost: float
    sites_lost: float


class ServiceLost(BaseModel):
    """A service that stops."""

    id: str
    name: str
    country: str
    people: float


class CountryLost(BaseModel):
    """What a country loses; `rows_lost` counts services, sites where the case has none."""

    country: str
    name: str
    rows_lost: int
    people_lost: float
    people_share: float
    sites_lost: float


class Lost(BaseModel):
    """What stops: sums at every horizon; services, countries and places at the one asked for.

    `more` is what of the totals no one of the things takes alone; `services` holds at most 500;
    `shares` the lost share of each place of the map, in its order.
    """

    things: list[Named]
    horizon: Horizon
    plane: str
    totals: dict[Horizon, Sums]
    more: dict[Horizon, Sums]
    services: list[ServiceLost]
    countries: list[CountryLost]
    shares: list[float]


class Why(BaseModel):
    """A question: why does this thing stop without those, all taken away together."""

    model_config = ConfigDict(extra="forbid")
    thing: str = Field(max_length=500, description="Kind and identifier, as service:payments-ind.")
    things: list[Annotated[str, Field(max_length=500)]] = Field(max_length=MOST_TAKEN)
    horizon: Horizon = "in time"


class Step(Named):
    """A step of a reason: how the one before hangs on this, and how that is known."""

    why: str
    known: str


class Reason(BaseModel):
    """The shortest way in which a loss comes about, from what stops down to what is away.

    There is no step where the thing does not stop.
    """

    steps: list[Step]


class RunRow(BaseModel):
    """A run in the list."""

    name: str
    command: str
    case: str
    marking: str
    seconds: float
    reported: bool


class Runs(BaseModel):
    """The runs of the folder that is served, by name, and the folders that could not be read."""

    runs: list[RunRow]
    damaged: list[str]


class TableRows(BaseModel):
    """Some rows of a table of a run, and how many it has."""

    columns: list[str]
    total: int
    offset: int
    rows: list[list[Any]]
