"""Sites gathered at places, so that a loss can be drawn on a map of any case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.studies.candidates import Candidates
from indranet.studies.compile import Compiled, Horizon

_MOST = 4000
_STEPS = (1, 10, 50, 250, 500, 1000, 2000, 5000)
"""Thousandths of a degree to which positions are rounded until at most `_MOST` places are left."""


@dataclass(frozen=True)
class Places:
    """Sites with a position, gathered.

    Attributes
    ----------
    table
        place, lat, lon, sites (real ones), people; one row a place.
    site
        Sites with a position, shape (n,).
    place_of
        Place of each of them, shape (n,).
    sites
        Real sites that each stands for, shape (n,).
    first
        Code over all kinds of the first site.
    """

    table: Mapping[str, npt.NDArray[Any]]
    site: npt.NDArray[np.int64]
    place_of: npt.NDArray[np.int64]
    sites: npt.NDArray[np.float64]
    first: int

    def losses(
        self,
        leaders: Candidates,
        horizon: Horizon,
        compiled: Compiled,
        state: npt.NDArray[np.uint64],
    ) -> Mapping[str, npt.NDArray[Any]]:
        """Return the share of each place's sites that each candidate takes away, where above 0.

        Parameters
        ----------
        leaders
            The candidates.
        horizon, compiled
            What they were taken away from.
        state
            State of each gate: bit 0 with nothing away, then one bit a candidate, shape (gates,
            words).
        """
        gone = lost_bits(state[compiled.gate[self.first + self.site]], len(leaders.id))
        total = self.table["sites"]
        candidate, place, share = [], [], []
        for i in range(len(leaders.id)):
            lost = np.bincount(self.place_of, weights=self.sites * gone[:, i], minlength=len(total))
            hit = np.flatnonzero(lost > 0)
            candidate.append(np.full(len(hit), i))
            place.append(hit)
            share.append(lost[hit] / total[hit])
        which = np.concatenate([np.zeros(0, dtype=np.int64), *candidate])
        return {
            "kind": leaders.kind[which],
            "id": leaders.id[which],
            "horizon": np.full(len(which), horizon, dtype=object),
            "place": np.concatenate([np.zeros(0, dtype=np.int64), *place]),
            "share": np.concatenate([np.zeros(0), *share]),
        }


def lost_bits(state: npt.NDArray[np.uint64], alternatives: int) -> npt.NDArray[np.bool_]:
    """Return what bit 0 holds up and bit a + 1 does not, shape (rows, alternatives)."""
    bits = np.unpackbits(state.view(np.uint8), axis=1, bitorder="little").astype(bool)
    lost: npt.NDArray[np.bool_] = bits[:, :1] & ~bits[:, 1 : alternatives + 1]
    return lost


def places_of(network: Network) -> Places:
    """Gather the sites of a network that have a position at up to 4,000 places."""
    sites = network["sites"]
    site = np.flatnonzero(~np.isnan(sites["lat"]) & ~np.isnan(sites["lon"]))
    lat, lon = sites["lat"][site], sites["lon"][site]
    if len(np.unique(lat + 1j * lon)) <= _MOST:
        _, place_of = np.unique(lat + 1j * lon, return_inverse=True)
    else:
        place_of = _gathered(lat, lon)
    places = int(place_of.max(initial=-1)) + 1
    real = sites["stands_for"][site]
    count = np.bincount(place_of, minlength=places)
    table = {
        "place": np.arange(places),
        "lat": np.bincount(place_of, weights=lat, minlength=places) / count,
        "lon": np.bincount(place_of, weights=lon, minlength=places) / count,
        "sites": np.bincount(place_of, weights=real, minlength=places),
        "people": np.bincount(place_of, weights=sites["people"][site], minlength=places),
    }
    return Places(table, site, place_of, real, network.offset("site"))


def _gathered(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the place of each position, on the finest grid that leaves at most `_MOST`."""
    place_of = np.arange(len(lat))
    for step in _STEPS:
        row = np.rint((lat + 90) * 1000 / step).astype(np.int64)
        column = np.rint((lon + 180) * 1000 / step).astype(np.int64)
        _, first, place = np.unique(
            row * 1_000_000 + column, return_index=True, return_inverse=True
        )
        place_of = place[place_of]
        if len(first) <= _MOST:
            break
        # A coarser grid is laid over one position of each place: fewer to look at each time.
        lat, lon = lat[first], lon[first]
    return place_of
