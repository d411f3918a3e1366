"""Sites gathered at places, so that a loss can be drawn on a map of any case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from indranet.model.network import Network
from indranet.studies.candidates import Candidates
from indranet.studies.compile import Horizon
from indranet.studies.site_classes import SiteClasses

_MOST = 4000
_STEPS = (0, 1, 10, 50, 250, 500, 1000, 2000, 5000)
"""Thousandths of a degree to which positions are rounded until at most `_MOST` places are left;
0 rounds to a ten-millionth, which tells all positions apart."""


@dataclass(frozen=True)
class Places:
    """Sites with a position, gathered.

    Attributes
    ----------
    table
        place, lat, lon, sites (real ones), people; one row a place.
    classes
        Share of each place's real sites that is of each class, shape (places, classes), sparse.
    """

    table: Mapping[str, npt.NDArray[Any]]
    classes: csr_array

    def losses(
        self, leaders: Candidates, horizon: Horizon, gone: npt.NDArray[np.bool_]
    ) -> Mapping[str, npt.NDArray[Any]]:
        """Return the share of each place's sites that each candidate takes away, where above 0.

        Parameters
        ----------
        leaders, horizon
            The candidates, and when they were taken away.
        gone
            Whether each takes away the sites of each class, shape (classes, candidates).
        """
        share = (self.classes @ gone.astype(np.float64)).T
        candidate, place = np.nonzero(share)
        return {
            "kind": leaders.kind[candidate],
            "id": leaders.id[candidate],
            "horizon": np.full(len(candidate), horizon, dtype=object),
            "place": place,
            "share": np.minimum(share[candidate, place], 1.0),
        }


def lost_bits(state: npt.NDArray[np.uint64], alternatives: int) -> npt.NDArray[np.bool_]:
    """Return what bit 0 holds up and bit a + 1 does not, shape (rows, alternatives)."""
    bits = np.unpackbits(state.view(np.uint8), axis=1, bitorder="little").astype(bool)
    lost: npt.NDArray[np.bool_] = bits[:, :1] & ~bits[:, 1 : alternatives + 1]
    return lost


def places_of(network: Network, classes: SiteClasses) -> Places:
    """Gather the sites of a network that have a position at up to 4,000 places.

    Parameters
    ----------
    network
        The case.
    classes
        Its sites, grouped by what they depend on.
    """
    sites = network["sites"]
    site = np.flatnonzero(~np.isnan(sites["lat"]) & ~np.isnan(sites["lon"]))
    lat, lon = sites["lat"][site], sites["lon"][site]
    place_of = _gathered(lat, lon)
    places = int(place_of.max(initial=-1)) + 1
    real = sites["stands_for"][site]
    count = np.bincount(place_of, minlength=places)
    total = np.bincount(place_of, weights=real, minlength=places)
    table = {
        "place": np.arange(places),
        "lat": np.bincount(place_of, weights=lat, minlength=places) / count,
        "lon": np.bincount(place_of, weights=lon, minlength=places) / count,
        "sites": total,
        "people": np.bincount(place_of, weights=sites["people"][site], minlength=places),
    }
    share = coo_array(
        (real / total[place_of], (place_of, classes.class_of[site])),
        shape=(places, len(classes.representative)),
    )
    return Places(table, share.tocsr())


def _gathered(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the place of each position, on the finest grid that leaves at most `_MOST`."""
    place_of = np.arange(len(lat))
    for step in _STEPS:
        fine = 1e7 if step == 0 else 1000 / step
        row = np.rint((lat + 90) * fine).astype(np.int64)
        column = np.rint((lon + 180) * fine).astype(np.int64)
        _, first, place = np.unique(
            row * 3_600_000_001 + column, return_index=True, return_inverse=True
        )
        place_of = place[place_of]
        if len(first) <= _MOST:
            break
        # A coarser grid is laid over one position of each place: fewer to look at each time.
        lat, lon = lat[first], lon[first]
    return place_of
