"""A goal: whose equipment is to be replaced by when, within what, and how the plan is sought."""

from collections.abc import Mapping
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field, PrivateAttr, model_validator

from indranet.model.scenario import Law, Name, Positive, Share
from indranet.model.toml import Lines, Strict, bundled_files, find_model, read_model

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10_000)]


def _law(law: str, **numbers: float) -> Law:
    return Law.model_validate({"law": law, **numbers})


class Replace(Strict):
    """What must go: what an authority excludes, what some firms made, or what nobody makes yet.

    A project stands in the case with the functions that its sites are to hold, as products without
    a maker: these are wanted, and nothing goes for them.
    """

    authority: Name | None = Field(None, description="Whose exclusions say what must go.")
    firms: tuple[Name, ...] = Field((), description="Instead: firms, with what they control.")
    wanted: bool = Field(False, description="Instead: products without a maker, of a project.")
    functions: tuple[Name, ...] = Field((), description="Functions; all if absent.")
    by: date | None = Field(None, description="Day by which all of it is done, besides the rules.")

    @model_validator(mode="after")
    def _one(self) -> "Replace":
        if (self.authority is not None) + bool(self.firms) + self.wanted != 1:
            raise ValueError("takes authority, firms or wanted, one of them")
        if self.wanted and not self.functions:
            raise ValueError("wanted takes functions as well: which a project's sites are to hold")
        return self


class Cost(Strict):
    """What counts as cost."""

    discount_rate: Number = Field(0.05, description="Part of its worth that money loses in a year.")
    exposure_usd_per_person_day: Number = Field(
        0.0, description="What a day is worth on which a person hangs on what must go."
    )
    overtime_factor: Number = Field(1.5, description="Price of overtime over that of usual work.")
    overtime_share: Share = Field(0.2, description="Most overtime, as a part of usual work.")
    change_usd_per_person: Number = Field(
        1.0, description="Price of telling a cluster otherwise than announced, by its people."
    )
    milestone_usd_per_unit: Number | None = Field(
        None, description="Cost of each unit of a dated rule that is missed; by default ten swaps."
    )


class Cap(Strict):
    """The most that one vendor or country may hold."""

    limit: Share = Field(description="Most of the whole.")
    per: Literal["sites", "people", "units"] = Field("sites", description="What is counted.")
    start: date | None = Field(
        None, alias="from", description="Day from which it holds; the end of the plan by default."
    )


class Goals(Strict):
    """Limits on the network as planned."""

    vendor_share: Cap | None = Field(None, description="Most of one vendor.")
    country_share: Cap | None = Field(None, description="Most made in one country.")
    survive_any_one_vendor: Share | None = Field(
        None, description="People, as a part of all, who are served without any one vendor."
    )
    service_floor: Share = Field(
        0.85, description="People of a region, as a part of all, who are not under change."
    )
    partners: tuple[Name, ...] = Field((), description="Only vendors seated in these countries.")


class Practice(Strict):
    """How swaps are done."""

    gate_days: Count = Field(
        90, description="Days in which a vendor's core and management are joined before its swaps."
    )
    gate_usd: Number = Field(
        0.0, description="Cost of that, once for each vendor and operator at which it is new."
    )
    freeze_days: Count = Field(
        30, description="Days from the first one for which what was announced stays."
    )
    acceptance_days: Count = Field(7, description="Days until a swap is accepted.")
    removal_days: Count = Field(
        0, description="Days from then until the old equipment is removed and that is certified."
    )
    removed_counts: tuple[Name, ...] | Literal["all"] = Field(
        (), description="Rules that count what is removed, not what is swapped."
    )
    disposal_usd: Number = Field(
        0.0, description="Cost of disposing of a site's old equipment, certified."
    )
    disposal_crew_days: Number = Field(0.0, description="Its work.")
    structural_share: Share = Field(
        0.1, description="Part of sites with structural work, where sites do not say."
    )
    structural_usd: Number = Field(15_000.0, description="Cost of structural work at one site.")
    structural_crew_days: Number = Field(4.0, description="Its work.")
    dual_running_usd_per_day: Number = Field(
        0.0, description="Cost of a site's old equipment running beside the new, a day."
    )
    dual_running_days: Count = Field(30, description="Days that it does.")
    season: tuple[Number, ...] = Field(
        (1.0,) * 12, min_length=12, max_length=12, description="Work in each month, January first."
    )
    largest_cluster_sites: Positive = Field(
        300.0, description="Sites above which a cluster is swapped in parts, one after the other."
    )
    margin_days: Count = Field(
        0, description="Days before each date by which the plan itself meets it."
    )
    mixed_border_usd: Number = Field(
        0.0, description="Cost of each border between clusters whose basebands differ in maker."
    )
    neighbours_apart: bool = Field(True, description="Neighbours are not swapped in one period.")


class Uncertainty(Strict):
    """What is drawn to tell how likely each date is."""

    draws: Annotated[int, Field(ge=0, le=100_000)] = Field(400, description="Draws.")
    delivery_slip_days: Law = Field(
        _law("lognormal", median=20.0, sigma=0.9), description="By how much a vendor is late."
    )
    crew_factor: Law = Field(
        _law("triangular", low=0.7, mode=0.95, high=1.05),
        description="Part of the planned crews that is there.",
    )
    season_factor: Law = Field(
        _law("triangular", low=0.7, mode=1.0, high=1.1), description="How good a year is."
    )
    permit_days: Law = Field(
        _law("lognormal", median=10.0, sigma=1.0), description="Delay of a cluster's permits."
    )
    refund_factor: Law = Field(
        _law("triangular", low=0.6, mode=1.0, high=1.0), description="Part of refunds paid."
    )
    refund_late_days: Law = Field(
        _law("lognormal", median=60.0, sigma=0.8), description="By how much they are late."
    )
    cost_factor: Law = Field(
        _law("triangular", low=0.8, mode=1.0, high=1.5), description="Prices over those offered."
    )


class Robust(Strict):
    """Late deliveries that the plan itself reckons with; without them they are only drawn after."""

    draws: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Draws of late deliveries that the plan is made for; 0 for none."
    )
    tail: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1, description="Part of the worst draws whose mean cost counts; 1 for all of them."
    )
    late_usd_per_unit_day: Number = Field(
        20.0, description="Cost of a day on which a unit that is planned is not there."
    )


class Solve(Strict):
    """When the search stops."""

    seconds: Positive = Field(60.0, description="Time.")
    gap: Share = Field(1e-3, description="(cost - bound) / cost that is enough.")


class Goal(Strict):
    """Whose equipment is to be replaced by when, within what, and how the plan is sought."""

    name: Name = Field(description="Name of the goal.")
    operator: Name | None = Field(None, description="Operator that plans.")
    country: Name | None = Field(None, description="Instead: all operators of a country.")
    first_day: date | None = Field(None, description="First day; the case's by default.")
    period: Literal["month", "quarter"] = Field("quarter", description="Length of a period.")
    periods: Annotated[int, Field(ge=1, le=120)] = Field(16, description="Number of periods.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="Seed.")
    replace: Replace = Field(description="What must go.")
    meet: tuple[Name, ...] | Literal["all"] = Field("all", description="Rules to be met.")
    agreements: tuple[Name, ...] | None = Field(
        None, description="Agreements that act; all if absent."
    )
    cost: Cost = Field(default=Cost.model_validate({}), description="What counts as cost.")
    limits: Goals = Field(
        default=Goals.model_validate({}), description="Limits on the network as planned."
    )
    practice: Practice = Field(
        default=Practice.model_validate({}), description="How swaps are done."
    )
    uncertainty: Uncertainty = Field(
        default=Uncertainty.model_validate({}), description="What is drawn."
    )
    robust: Robust = Field(
        default=Robust.model_validate({}), description="Late deliveries it reckons with."
    )
    solve: Solve = Field(default=Solve.model_validate({}), description="When the search stops.")
    _file: str = PrivateAttr("goal.toml")
    _lines: Lines = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _whose(self) -> "Goal":
        if (self.operator is None) == (self.country is None):
            raise ValueError("a goal takes operator or country, one of them")
        return self

    @property
    def months(self) -> int:
        """Months of a period."""
        return 1 if self.period == "month" else 3

    def starts(self, first_day: np.datetime64) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
        """Return the first day of each period, and the day after the last, shape (periods + 1,).

        Periods are calendar months or quarters of three; the first one holds `first_day`.
        """
        day = np.datetime64(self.first_day, "D") if self.first_day else first_day
        month = day.astype("datetime64[M]")
        steps = np.arange(self.periods + 1) * self.months
        return np.asarray((month + steps).astype("datetime64[D]"))


_NESTED: Mapping[str, type[BaseModel]] = {
    "replace": Replace, "cost": Cost, "limits": Goals, "practice": Practice, "solve": Solve,
    "robust": Robust,
    "uncertainty": Uncertainty, "vendor_share": Cap, "country_share": Cap,
    "delivery_slip_days": Law, "crew_factor": Law, "season_factor": Law, "permit_days": Law,
    "refund_factor": Law, "refund_late_days": Law, "cost_factor": Law,
}  # fmt: skip
"""Tables inside a goal, by their keys."""


def read_goal(path: str | Path) -> Goal:
    """Read a goal.

    Raises
    ------
    InputError
        With every fault, and the line of each.
    """
    found, lines = read_model(path, Goal, "goal", _NESTED)
    found._file, found._lines = Path(path).name, lines
    return found


def bundled_goals() -> dict[str, Traversable]:
    """Return the goals that come with the package, by name: those of the Indo-Pacific case."""
    return bundled_files("goals")


def find_goal(name: str) -> Goal:
    """Read a goal: a file, or one that comes with the package.

    Raises
    ------
    InputError
        When the file is at fault.
    UsageError
        When there is neither a file nor a bundled goal of that name.
    """
    return find_model(name, "goal", bundled_goals(), read_goal)
