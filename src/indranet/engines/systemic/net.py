"""Firms, what they sell each other, and how a loss passes on a link."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Array = npt.NDArray[Any]

ESSENTIAL, DEFERRABLE, NEGLIGIBLE = 0, 1, 2
"""How an input binds production."""


@dataclass(frozen=True, eq=False)
class RiskNet:
    """A net of firms as the engine keeps it.

    Attributes
    ----------
    sector, sells, buys
        Product of each firm; its sales, final demand included, and its purchases; shape (firms,).
    out, client, down, group
        Links by supplier in compressed rows: the client of each link, what a full loss of the
        supplier takes of the client's input, and the group (client, input) that it belongs to.
    into, supplier, up
        Links by client in compressed rows: the supplier of each link, and what a full loss of the
        client takes of the supplier's sales.
    of, essential
        Client of each group, and whether its input binds it, shape (groups,).
    """

    sector: Codes
    sells: Floats
    buys: Floats
    out: Ints
    client: Codes
    down: Floats
    group: Codes
    into: Ints
    supplier: Codes
    up: Floats
    of: Codes
    essential: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of firms."""
        return len(self.sector)


def risk_net(
    supplier: npt.ArrayLike,
    client: npt.ArrayLike,
    flow: npt.ArrayLike,
    sector: npt.ArrayLike,
    *,
    need: npt.ArrayLike = ESSENTIAL,
    final: npt.ArrayLike = 0.0,
    input_: npt.ArrayLike | None = None,
) -> RiskNet:
    """Build a net.

    Parameters
    ----------
    supplier, client, flow
        Of each link: firms, and what is sold a day, above 0, in money; shape (links,).
    sector
        What each firm makes, whole numbers from 0, shape (firms,).
    need
        How the input binds the client: ESSENTIAL, DEFERRABLE or NEGLIGIBLE; one a link, the same
        for all links of a client and input.
    final
        Final demand of each firm, which never falls; 0 is the paper.
    input_
        Which input of its client a link brings, whole numbers from 0: what comes as one input can
        stand in for one another. By default what the supplier makes.

    Raises
    ------
    ValueError
        When shapes or ranges are wrong.
    """
    sector = np.asarray(sector, dtype=np.int32)
    firms = len(sector)
    supplier, client = np.asarray(supplier, dtype=np.int64), np.asarray(client, dtype=np.int64)
    links = len(supplier)
    flow = np.asarray(flow, dtype=np.float64)
    need = np.broadcast_to(np.asarray(need, dtype=np.int64), (links,))
    final = np.broadcast_to(np.asarray(final, dtype=np.float64), (firms,))
    if client.shape != (links,) or flow.shape != (links,):
        raise ValueError("risk_net: supplier, client, flow are of different lengths")
    for name, codes in (("supplier", supplier), ("client", client)):
        if links and (codes.min() < 0 or codes.max() >= firms):
            raise ValueError(f"risk_net: {name} is not among the {firms} firms of sector")
    if not np.all(np.isfinite(flow)) or np.any(flow <= 0):
        raise ValueError("risk_net: flow holds something else than numbers above 0")
    if not np.all(np.isfinite(final)) or np.any(final < 0):
        raise ValueError("risk_net: final holds something else than numbers from 0 up")
    if firms and sector.min() < 0:
        raise ValueError("risk_net: sector holds a number below 0")
    if links and (need.min() < ESSENTIAL or need.max() > NEGLIGIBLE):
        raise ValueError("risk_net: need is ESSENTIAL, DEFERRABLE or NEGLIGIBLE")
    sells = np.bincount(supplier, weights=flow, minlength=firms) + final
    buys = np.bincount(client, weights=flow, minlength=firms).astype(np.float64)
    brought = sector[supplier] if input_ is None else np.asarray(input_, dtype=np.int64)
    if brought.shape != (links,) or (links and brought.min() < 0):
        raise ValueError("risk_net: input_ holds one whole number from 0 a link")
    kinds = int(brought.max(initial=0)) + 1
    keys, group = np.unique(client * kinds + brought, return_inverse=True)
    kind = np.zeros(len(keys), dtype=np.int64)
    kind[group] = need
    if np.any(kind[group] != need):
        raise ValueError("risk_net: links of one client and input disagree on need")
    whole = np.bincount(group, weights=flow, minlength=len(keys))
    of_input = np.where(kind[group] == ESSENTIAL, whole[group], buys[client])
    down = np.where(kind[group] == NEGLIGIBLE, 0.0, flow / of_input)
    by_supplier, by_client = np.lexsort((client, supplier)), np.lexsort((supplier, client))
    return RiskNet(
        sector=sector,
        sells=sells,
        buys=buys,
        out=np.searchsorted(supplier[by_supplier], np.arange(firms + 1)),
        client=client[by_supplier].astype(np.int32),
        down=down[by_supplier],
        group=group[by_supplier].astype(np.int32),
        into=np.searchsorted(client[by_client], np.arange(firms + 1)),
        supplier=supplier[by_client].astype(np.int32),
        up=(flow / sells[supplier])[by_client],
        of=(keys // kinds).astype(np.int32),
        essential=kind == ESSENTIAL,
    )
