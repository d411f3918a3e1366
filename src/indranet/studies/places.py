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
_GRIDS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Degrees to which positions are rounded until at most `_MOST` places are left."""


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
    for grid in _GRIDS:
        at = np.column_stack([lat, lon])
        if grid:
            at = np.rint(at / grid) * grid
        different, place_of = np.unique(at, axis=0, return_inverse=True)
        place_of = place_of.ravel()
        if len(different) <= _MOST:
            break
    real = sites["stands_for"][site]
    count = np.bincount(place_of, minlength=len(different))
    table = {
        "place": np.arange(len(different)),
        "lat": np.bincount(place_of, weights=lat, minlength=len(different)) / count,
        "lon": np.bincount(place_of, weights=lon, minlength=len(different)) / count,
        "sites": np.bincount(place_of, weights=real, minlength=len(different)),
        "people": np.bincount(place_of, weights=sites["people"][site], minlength=len(different)),
    }
    return Places(table, site, place_of, real, network.offset("site"))
