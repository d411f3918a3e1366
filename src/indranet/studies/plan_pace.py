"""Deliveries as a stress run has them: what of its usual pace each product is made at, by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.errors import UsageError
from indranet.model.network import Network
from indranet.studies.flow_net import flow_net
from indranet.studies.groundwork import Groundwork
from indranet.studies.plan_time import DAY
from indranet.studies.stacks import Stacks

Table = Mapping[str, npt.NDArray[Any]]
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_NOTICED = 1e-6
"""Part of the usual pace below which a difference is rounding."""
_BACK = 0.99
"""Part of it from which on a product is told as back to its usual pace."""


@dataclass(frozen=True, eq=False)
class Pace:
    """What of its usual pace some offers' products are made at.

    Attributes
    ----------
    first
        Day of the first column of `share`.
    offers
        Offers of products that are made at another pace, place in `Stacks.offers`, shape (some,).
    share
        Part of the usual pace in each draw and on each day, shape (draws, some, days). Before the
        first day it is 1, after the last as on the last but at most 1: catching up ends.
    """

    first: np.datetime64
    offers: Codes
    share: Floats

    def of(self, draw: int | None) -> Floats:
        """Return the shares of one draw, of their number modulo the draws there are, or the mean.

        Shape (some, days).
        """
        if draw is None:
            return np.asarray(self.share.mean(axis=0))
        return np.asarray(self.share[draw % len(self.share)])


def pace_of(ground: Groundwork, made: Stacks, production: Table, first: np.datetime64) -> Pace:
    """Return at what pace the plants of a stress run make what is offered.

    The share of a product is what its plants make together over what they make without any event.
    What no plant makes is delivered as offered.

    Parameters
    ----------
    ground
        The case.
    made
        What is offered.
    production
        Table of a stress run: draw, day, plant, production, USD a day.
    first
        Its day 0.

    Raises
    ------
    UsageError
        When it holds no plant, or one that the case does not.
    """
    network = ground.network
    if not len(production["plant"]):
        raise UsageError("the stress run has no plants: it says nothing on deliveries")
    names, plant = np.unique(production["plant"].astype(str), return_inverse=True)
    order = np.argsort(network.names["plant"].astype(str))
    known = network.names["plant"].astype(str)[order]
    place = np.minimum(np.searchsorted(known, names), max(len(known) - 1, 0))
    strange = names if not len(known) else names[known[place] != names]
    if len(strange):
        raise UsageError(
            f"the stress run is of another case: this one has no plant {str(strange[0])!r}"
        )
    code = order[place]
    offered = np.unique(network["offers"]["product"][made.offers])
    product = network["plants"]["product"][code]
    usual = _usual(ground)[code]
    total = np.bincount(product, weights=usual, minlength=len(network["products"]))
    draw, day = (production[name].astype(np.int64) for name in ("draw", "day"))
    draws, days = int(draw.max(initial=-1)) + 1, int(day.max(initial=-1)) + 1
    share = np.ones((draws, len(offered), days))
    for column, one in enumerate(offered.tolist()):
        rows = np.flatnonzero((product == one)[plant])
        if total[one] > 0:
            there = np.bincount(
                draw[rows] * days + day[rows], weights=production["production"][rows],
                minlength=draws * days,
            )  # fmt: skip
            share[:, column] = there.reshape(draws, days) / total[one]
    other = np.flatnonzero((np.abs(share - 1.0) > _NOTICED).any(axis=(0, 2)))
    sold = network["offers"]["product"][made.offers]
    mine = np.flatnonzero(np.isin(sold, offered[other]))
    return Pace(first, mine, share[:, np.searchsorted(offered, sold[mine])])


def _usual(ground: Groundwork) -> Floats:
    """Return what each plant makes without any event, USD a day, shape (plants,)."""
    flow = flow_net(ground)
    usual = np.zeros(len(flow.net.plant))
    usual[flow.net.plant] = flow.net.usual
    return usual[: flow.plants]


def pace_told(
    network: Network,
    made: Stacks,
    pace: Pace,
    periods: tuple[Floats, Floats],
    starts: npt.NDArray[np.datetime64],
) -> dict[str, Any]:
    """Return what is delivered otherwise than offered: least share, units fewer by the end.

    Parameters
    ----------
    network, made, pace
        The case, what is offered and at what pace it is made.
    periods
        Units until each period as offered and as made, shape (offers, periods) each.
    starts
        First day of each period, and the day after the last, shape (periods + 1,).
    """
    usual, now = (units[:, -1] for units in periods)
    product = network["offers"]["product"][made.offers[pace.offers]]
    told: list[dict[str, Any]] = []
    share = pace.of(None) if len(product) else np.zeros((0, 1))
    for one in np.unique(product).tolist():
        rows = np.flatnonzero(product == one)
        places = pace.offers[rows]
        day = int(share[rows[0]].argmin())
        limited = places[np.isfinite(usual[places])]
        told.append({
            "product": str(network.names["product"][one]),
            "least_share": float(share[rows[0], day]),
            "least_day": str(pace.first + day * DAY),
            "units_fewer": float((usual[limited] - now[limited]).sum()) if len(limited) else None,
            "last_share": float(share[rows[0], -1]),
        })  # fmt: skip
    last = pace.first + (pace.share.shape[2] - 1) * DAY
    return {
        "draws": len(pace.share), "until": str(last), "products": told,
        "unlimited": sorted({one["product"] for one in told if one["units_fewer"] is None}),
        "lasting": sorted({
            one["product"] for one in told if one["last_share"] < _BACK and last + DAY < starts[-1]
        }),
        "over_before": bool(last < starts[0]),
    }  # fmt: skip
