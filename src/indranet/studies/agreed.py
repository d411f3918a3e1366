"""What an agreement does by its kind: whom it binds, what it covers, how many days sooner."""

import numpy as np
import numpy.typing as npt

from indranet.model.network import Network
from indranet.model.schema import TABLES

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_KINDS = TABLES["agreements"].column("kind").choices


def of_kind(network: Network, kind: str, force: Flags) -> list[int]:
    """Return the agreements of a kind that are in force, as positions."""
    return np.flatnonzero(force & (network["agreements"]["kind"] == _KINDS.index(kind))).tolist()


def parties(network: Network, agreement: int) -> Codes:
    """Return the countries and firms that an agreement binds, codes over all kinds."""
    start, codes = network.lists["agreements", "parties"]
    return codes[start[agreement] : start[agreement + 1]].astype(np.int64)


def party_of_firms(network: Network, agreement: int) -> Codes:
    """Return the party that each firm belongs to: itself, or its seat; -1 for none, (firms,)."""
    bound = parties(network, agreement)
    span = network.span("firm")
    own = np.arange(span.start, span.stop)
    seat = network["firms"]["country"].astype(np.int64)
    seat = np.where(seat >= 0, network.offset("country") + seat, -1)
    return np.where(np.isin(own, bound), own, np.where(np.isin(seat, bound), seat, -1))


def days_of(network: Network, agreement: int) -> float:
    """Return the days by which something is sooner under an agreement, 0 where it says none."""
    days = float(network["agreements"]["days"][agreement])
    return 0.0 if np.isnan(days) else days


def covered(network: Network, agreement: int) -> Flags:
    """Return the products that an agreement covers, shape (products,).

    A word of `covers` is a product (industries are products as well) or a kind of product; all are
    covered where there is none.
    """
    words = network["agreements"].text("covers")[agreement].split(";")
    named = {word.strip() for word in words} - {""}
    kinds = network["products"].text("kind")
    names = network.names["product"].tolist()
    return np.array(
        [not named or name in named or kind in named
         for name, kind in zip(names, kinds, strict=True)],
        dtype=bool,
    )  # fmt: skip


def patched_sooner(
    network: Network, force: Flags, operator: Codes, country: Codes, flawed: Codes, unit: Codes
) -> Floats:
    """Return the days by which patching starts sooner where threats are shared, shape (units,).

    An agreement helps an operator that is a party, or is seated in one: it is who patches, wherever
    its sites stand. A site of no known operator counts by where it stands. It helps against flaws
    in what it covers, and in units that it covers. Of several the one with the most days counts.

    Parameters
    ----------
    network
        The case.
    force
        Which agreements are in force, shape (agreements,).
    operator, country
        Who runs each unit and where it stands, -1 where not known, shape (units,).
    flawed, unit
        Product that has the flaw, and product that is installed, shape (units,).
    """
    sooner = np.zeros(len(operator))
    for agreement in of_kind(network, "threat_sharing", force):
        runs = np.append(party_of_firms(network, agreement) >= 0, False)[operator]
        code = network.offset("country") + country
        stands = (country >= 0) & np.isin(code, parties(network, agreement))
        what = covered(network, agreement)
        mine = np.where(operator >= 0, runs, stands) & (what[flawed] | what[unit])
        sooner[mine] = np.maximum(sooner[mine], days_of(network, agreement))
    return sooner
