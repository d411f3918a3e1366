"""How far the worst dependences of the bundled case hang on its synthetic draws."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.indo_pacific.case import build
from tools.indo_pacific.facts import SEED

from indranet.model.case import read
from indranet.model.network import Network
from indranet.studies.candidates import candidates
from indranet.studies.compile import Horizon
from indranet.studies.groundwork import groundwork
from indranet.studies.reach import NEED_SHARE, OTHER_NEED_SHARES, Reach, reach
from indranet.studies.worst import standing

SEEDS = tuple(range(1, 21))
WORST = 10

Key = tuple[str, str]
Places = Mapping[Key, int]


@dataclass(frozen=True)
class Steady:
    """How one of the worst dependences ranks when what is assumed or drawn changes.

    Attributes
    ----------
    name
        What is taken away, in words.
    others
        Causes that stop the same.
    services, people
        What it stops: services and their users elsewhere.
    place
        Its place in the bundled case, 1 for the worst.
    by_share
        Its place where 30 % and where 80 % of a supply must be left.
    by_seed
        Its place in each case drawn with another seed, those in which it has none left out.
    """

    name: str
    others: tuple[str, ...]
    services: int
    people: float
    place: int
    by_share: tuple[int, ...]
    by_seed: tuple[int, ...]


def steadiness(
    horizons: Sequence[Horizon] = ("now", "in time"), seeds: Sequence[int] = SEEDS
) -> dict[Horizon, list[Steady]]:
    """Return the worst dependences of the bundled case at each horizon, and how steady they are.

    Parameters
    ----------
    horizons
        When.
    seeds
        Of the cases to draw beside the bundled one.
    """
    own = _reached(SEED)
    drawn: dict[Horizon, list[Places]] = {horizon: [] for horizon in horizons}
    for seed in seeds:
        other = _reached(seed)
        for horizon in horizons:
            drawn[horizon].append(_places(other, horizon, NEED_SHARE))
    return {horizon: _steady(own, horizon, drawn[horizon]) for horizon in horizons}


def _steady(own: tuple[Network, Reach], horizon: Horizon, drawn: Sequence[Places]) -> list[Steady]:
    places = {share: _places(own, horizon, share) for share in (NEED_SHARE, *OTHER_NEED_SHARES)}
    found = []
    for group in own[1].summary["worst"][horizon][:WORST]:
        first = group["things"][0]
        key = first["kind"], first["id"]
        found.append(
            Steady(
                name=f"{first['name']} ({first['kind']})",
                others=tuple(f"{t['name']} ({t['kind']})" for t in group["things"][1:]),
                services=group["services_elsewhere"],
                people=group["people_elsewhere"],
                place=places[NEED_SHARE][key],
                by_share=tuple(places[share][key] for share in OTHER_NEED_SHARES),
                by_seed=tuple(some[key] for some in drawn if key in some),
            )
        )
    return found


def _reached(seed: int) -> tuple[Network, Reach]:
    with tempfile.TemporaryDirectory() as beside:
        folder = Path(beside) / "case"
        build(folder, seed)
        network = read(folder)
    return network, reach(groundwork(network), candidates(network))


def _places(reached: tuple[Network, Reach], horizon: Horizon, share: float) -> Places:
    """Return the place of each candidate: that of its losses among all different ones."""
    network, found = reached
    share = NEED_SHARE if horizon == "now" else share
    sums = found.losses[horizon, share]
    then = found.losses["resourced", NEED_SHARE] if horizon == "in time" else None
    place = standing(network, found.asked, sums, then)
    keys = zip(found.asked.kind.tolist(), found.asked.id.tolist(), strict=True)
    return dict(zip(keys, place.tolist(), strict=True))
