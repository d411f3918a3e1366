"""A scenario: what happens, when, to what, and how the answer is computed."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    model_validator,
)

from indranet.errors import Fault
from indranet.model.toml import Strict, bundled_files, find_model, read_model

Do = Literal[
    "halt", "outage", "close", "cut", "embargo", "exclude", "misconfigure", "exploit", "surge",
]  # fmt: skip
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=36_525, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]


class Law(Strict):
    """How long something lasts, drawn anew in each draw; all in days."""

    law: Literal["fixed", "uniform", "triangular", "lognormal", "exponential"]
    median: Positive | None = Field(None, description="lognormal: its median.")
    sigma: Positive | None = Field(None, description="lognormal: sd of the logarithm.")
    mean: Positive | None = Field(None, description="exponential: its mean.")
    low: Days | None = Field(None, description="uniform, triangular: the least.")
    mode: Days | None = Field(None, description="triangular: the likeliest.")
    high: Days | None = Field(None, description="uniform, triangular: the most.")
    days: Days | None = Field(None, description="fixed: so many.")

    @model_validator(mode="after")
    def _whole(self) -> "Law":
        needed = LAWS[self.law]
        given = {name for name in LAW_NUMBERS if getattr(self, name) is not None}
        if given != set(needed):
            raise ValueError(f"law {self.law!r} takes {', '.join(needed)} and nothing else")
        low, mode, high = (getattr(self, name) for name in ("low", "mode", "high"))
        bounds = [value for value in (low, mode, high) if value is not None]
        if bounds != sorted(bounds):
            raise ValueError("low, mode and high come in this order")
        return self


def _branch(value: Any) -> str:
    return "(law)" if isinstance(value, dict | Law) else "(days)"


Lasting = Annotated[
    Annotated[Days, Tag("(days)")] | Annotated[Law, Tag("(law)")], Discriminator(_branch)
]
"""A number of days, or the law that it is drawn from."""
LAWS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("days",),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "lognormal": ("median", "sigma"),
    "exponential": ("mean",),
}
"""The numbers of each law."""
LAW_NUMBERS = ("days", "low", "mode", "high", "median", "sigma", "mean")


class Circle(Strict):
    """All that lies within some distance of a place."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    km: Positive


class Repair(Strict):
    """What it takes to mend something: a crew or ship that comes from somewhere, and spares."""

    spare: Name | None = Field(None, description="Product that it takes.")
    quantity: Positive = Field(1.0, description="How much of it.")
    work_days: Days = Field(0.0, description="Days of work on the spot.")
    permit_days: Days = Field(0.0, description="Days until the work may begin.")
    ready_days: Days = Field(0.0, description="Days until whoever mends it sets out.")
    level: Literal["limited", "moderate", "major"] = Field(
        "limited", description="Least repairs that the facility can do from which it comes."
    )
    by: Literal["sea", "land"] = Field("sea", description="How it travels.")
    km_per_day: Positive | None = Field(None, description="How fast; 600 by sea and land.")


class Event(Strict):
    """One thing that happens."""

    do: Do = Field(description="What happens; see the table of events.")
    what: Name | None = Field(
        None, description="Identifier of the thing; KIND:ID if several have it."
    )
    within: Circle | None = Field(None, description="Instead: all within some distance.")
    region: Name | None = Field(None, description="Instead: all sites of a region.")
    share: Share = Field(1.0, description="Part of the capacity that is lost.")
    day: Days = Field(0.0, description="Day on which it begins; may be fractional.")
    lasts_days: Lasting | None = Field(None, description="How long it lasts; for good if absent.")
    recovery: Literal["sudden", "linear", "exponential"] = Field(
        "sudden", description="How it ends."
    )
    recovery_days: Positive | None = Field(
        None, description="Length of a linear recovery, or mean."
    )
    chance: Share = Field(1.0, description="Probability that it happens in a draw.")
    only: tuple[Name, ...] = Field((), description="close: to these countries alone.")
    but: tuple[Name, ...] = Field((), alias="except", description="close: not to these countries.")
    origin: tuple[Name, ...] = Field((), alias="from", description="embargo: from these countries.")
    to: tuple[Name, ...] = Field((), description="embargo: to these countries.")
    products: tuple[Name, ...] = Field((), description="embargo: of these products; all if absent.")
    by: tuple[Name, ...] = Field((), description="exclude: by these countries or operators.")
    reversed_after_hours: Positive | None = Field(
        None, description="misconfigure: taken back after."
    )
    reversal_needs: Name | None = Field(
        None, description="misconfigure: what must work for it to be taken back."
    )
    patch: Literal["exponential", "fixed"] | None = Field(
        None, description="exploit: units are mended one by one (default), or all on one day."
    )
    devices: Positive | None = Field(
        None, description="Devices that register again afterwards; persons cut off if absent."
    )
    registrations_per_hour: Positive | None = Field(
        None, description="How many the core registers; nobody waits if absent."
    )
    attempts_per_hour: Positive | None = Field(
        None, description="Attempts of a waiting device; always ready if absent."
    )
    attempt_load: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="What a refused attempt costs, as a part of a registration."
    )
    repair: Repair | None = Field(None, description="cut, outage: mended as the case allows.")
    factor: Positive | None = Field(None, description="surge: demand times this.")
    territory: Name | None = Field(None, description="surge: in this country alone.")

    @model_validator(mode="after")
    def _fits(self) -> "Event":
        for name, (doing, needed) in ONLY_OF.items():
            given = getattr(self, name) not in (None, ())
            if given and self.do not in doing:
                raise ValueError(f"{_SPOKEN.get(name, name)} belongs to {' or '.join(doing)}")
            if needed and not given and self.do in doing:
                raise ValueError(f"do = {self.do!r} takes {_SPOKEN.get(name, name)}")
        aims = [name for name in ("what", "within", "region") if getattr(self, name) is not None]
        if self.do == "embargo" and not (self.origin or self.to):
            raise ValueError("do = 'embargo' takes from, to, or both")
        if self.do != "embargo" and len(aims) != 1:
            raise ValueError(f"do = {self.do!r} takes one of what, within, region")
        self._ends()
        if (self.recovery == "sudden") != (self.recovery_days is None):
            raise ValueError("recovery_days goes with recovery linear or exponential")
        return self

    def _ends(self) -> None:
        """Check that an event ends in one way, and that what it says of returning is whole."""
        ways = [self.lasts_days, self.reversed_after_hours, self.repair]
        if sum(way is not None for way in ways) > 1:
            raise ValueError("give one of lasts_days, reversed_after_hours, repair")
        if self.do == "misconfigure" and (self.share < 1 or self.recovery != "sudden"):
            raise ValueError("do = 'misconfigure' takes down all of its domain, and ends at once")
        if self.reversal_needs is not None and self.reversed_after_hours is None:
            raise ValueError("reversal_needs goes with reversed_after_hours")
        if self.registrations_per_hour is None and not (
            self.devices is self.attempts_per_hour is self.attempt_load is None
        ):
            raise ValueError("devices and attempts go with registrations_per_hour")
        if self.attempt_load and self.attempts_per_hour is None:
            raise ValueError("attempt_load goes with attempts_per_hour")


_RETURNING: tuple[Do, ...] = ("misconfigure", "outage")
ONLY_OF: Mapping[str, tuple[tuple[Do, ...], bool]] = {
    "only": (("close",), False),
    "but": (("close",), False),
    "origin": (("embargo",), False),
    "to": (("embargo",), False),
    "products": (("embargo",), False),
    "by": (("exclude",), True),
    "reversed_after_hours": (("misconfigure",), False),
    "reversal_needs": (("misconfigure",), False),
    "patch": (("exploit",), False),
    "devices": (_RETURNING, False),
    "registrations_per_hour": (_RETURNING, False),
    "attempts_per_hour": (_RETURNING, False),
    "attempt_load": (_RETURNING, False),
    "repair": (("cut", "outage"), False),
    "factor": (("surge",), True),
    "territory": (("surge",), False),
}
"""What belongs to some kinds of event alone, and whether these must have it."""
_SPOKEN = {"but": "except", "origin": "from"}


SCENARIO = "scenario"
"""File of faults of a scenario that was read from none."""


class Scenario(Strict):
    """What happens, and how the answer is computed."""

    name: Name = Field(description="What it is called.")
    days: Annotated[int, Field(ge=1, le=36_525)] = Field(description="Days to look at.")
    draws: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1, description="Draws of what is random."
    )
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="Seed of the draws.")
    authority: Name | None = Field(None, description="Whose exclusions decide on trust.")
    agreements: tuple[str, ...] | None = Field(
        None, description="Agreements in force; all if absent."
    )
    order_basis: Literal["planned", "realised", "initial"] = Field("planned", description="Orders.")
    rationing: Literal["priority", "proportional", "clients_first"] = Field(
        "priority", description="Who is served when a supplier is short."
    )
    adjustment_days: Positive = Field(6.0, description="Days over which a gap in stock is ordered.")
    production: Literal["leontief", "ario"] = Field("leontief", description="How inputs bind.")
    resourcing_days: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Days short after which other makers are asked; never if absent."
    )
    need_share: Annotated[float, Field(gt=0, le=1)] = Field(0.5, description="As for exposure.")
    coupled: bool = Field(True, description="Services and supply act on each other.")
    random_failures: bool = Field(False, description="Things fail as the table of failures says.")
    hazards: bool = Field(False, description="Hazards strike as their table says.")
    event: tuple[Event, ...] = Field((), description="What happens.")
    _file: str = PrivateAttr(SCENARIO)
    _lines: Mapping[tuple[Any, ...], int] = PrivateAttr(default_factory=dict)

    def placed(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults found with a case in hand, those of the scenario with its file and line."""
        return [self._placed(fault) if fault.file == SCENARIO else fault for fault in faults]

    def _placed(self, fault: Fault) -> Fault:
        of_event = re.fullmatch(r"event (\d+): (\w+)", fault.column)
        path: tuple[Any, ...] = (fault.column,)
        if of_event:
            path = ("event", int(of_event[1]) - 1, of_event[2])
        line = self._lines.get(path, self._lines.get(path[:-1], 0))
        return replace(fault, file=self._file, row=line)


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    InputError
        With every fault, and the line of each.
    """
    found, lines = read_model(path, Scenario, "scenario", _NESTED)
    found._file, found._lines = Path(path).name, lines
    return found


def find_scenario(name: str) -> Scenario:
    """Read a scenario: a file, or one that comes with the package.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled scenario of that name.
    """
    return find_model(name, "scenario", bundled_scenarios(), read_scenario)


def bundled_scenarios() -> dict[str, Traversable]:
    """Return the scenarios that come with the package, by name: those of the Indo-Pacific case."""
    return bundled_files("scenarios")


def schema() -> str:
    """Return the JSON Schema of a scenario, for editors that check while one types."""
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Scenario.model_json_schema(),
    }
    return json.dumps(found, indent=2) + "\n"


_NESTED: Mapping[str, type[BaseModel]] = {
    "event": Event,
    "lasts_days": Law,
    "within": Circle,
    "repair": Repair,
}
"""Tables inside a scenario, by their keys."""


EVENTS: tuple[str, ...] = get_args(Do)
"""What an event may do."""
