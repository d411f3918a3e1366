"""Which outages somebody would have to report, by thresholds that are published."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network

Floats = npt.NDArray[np.float64]
_TELECOM = ("telecom", "telecoms", "telecommunications")


@dataclass(frozen=True)
class Threshold:
    """When an outage of a telecommunication service must be reported.

    Attributes
    ----------
    country, rule
        Whose rule, and its name.
    users, hours, user_minutes
        Least persons, hours and product of persons and minutes; all must be met.
    source
        Where this is said.
    """

    country: str
    rule: str
    users: float
    hours: float
    user_minutes: float
    source: str


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(
        "JPN", "serious incident, Telecommunications Business Act", 30_000, 1.0, 0.0,
        "japantimes.co.jp 2021-10-19: services that handle emergency calls",
    ),
    Threshold(
        "USA", "outage report, 47 CFR part 4", 0.0, 0.5, 900_000.0,
        "hermanwhiteaker.com, outage reporting requirements",
    ),
)  # fmt: skip
"""What is known of thresholds in numbers. India asks for every incident on notified critical
infrastructure within six hours (rules of 2024), which is no threshold."""


def reportable(
    network: Network, services: npt.NDArray[np.int64], begins: Floats, ends: Floats
) -> Sequence[str]:
    """Return the rules by which each outage of a service is reportable, with '; ' between.

    Each outage of each service counts by itself, as if all its persons lacked it.

    Parameters
    ----------
    network
        The case.
    services
        Service of each outage, -1 for other things, shape (outages,).
    begins, ends
        Hours, ends infinite where it lasts.
    """
    rows = network["services"]
    sectors = [name.lower() in _TELECOM for name in rows.text("sector")]
    countries = network.names["country"].tolist()
    found = []
    for service, hours in zip(services.tolist(), (ends - begins).tolist(), strict=True):
        if service < 0 or not sectors[service] or rows["country"][service] < 0:
            found.append("")
            continue
        country, users = countries[rows["country"][service]], float(rows["people"][service])
        crossed = [
            f"{one.country}: {one.rule}"
            for one in THRESHOLDS
            if one.country == country
            and users >= one.users
            and hours >= one.hours
            and users * hours * 60 >= one.user_minutes
        ]
        found.append("; ".join(crossed))
    return found
