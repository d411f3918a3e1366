"""What the usual course of events does to lanes and on the map, as tables to draw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.studies.draw_model import Model
from indranet.studies.ensemble import Draw
from indranet.studies.flow_net import FlowNet
from indranet.studies.groundwork import Groundwork
from indranet.studies.places import places_of

Table = Mapping[str, npt.NDArray[Any]]

LESS = 1e-3
"""What loses less than this of its usual is not listed day by day."""


def lane_table(ground: Groundwork, flow: FlowNet, usual: Draw) -> Table:
    """Return what closings do to the goods on each lane that they hold up.

    Returns
    -------
    lane, passages (on its usual way), usual_usd_per_day, extra_days (of its way round, NaN where
    there is none), waits_days (the most that waits, in days of its flow).
    """
    network, net = ground.network, flow.net
    stages = net.stages
    lanes = ground.supplies["lane"][flow.row[net.link]]
    rows: dict[int, list[float]] = {}
    for stage, link in enumerate(stages.link.tolist()):
        row = rows.setdefault(int(lanes[link]), [0.0, -1.0, 0.0])
        row[1] = max(row[1], float(stages.detour[stage]))
        row[2] = max(row[2], float(usual["wait"][stage]))
    total = np.bincount(lanes[lanes >= 0], net.flow[lanes >= 0], len(network["lanes"]))
    found = sorted(rows, key=lambda lane: -total[lane])
    names = network.names["passage"]
    usual_way = dict(
        zip(ground.routes.lane[::-1].tolist(), ground.routes.passages[::-1], strict=True)
    )
    extra = np.array([rows[lane][1] for lane in found])
    return {
        "lane": network.names["lane"][found].astype(object),
        "passages": np.array(
            ["; ".join(names[list(usual_way[lane])]) for lane in found], dtype=object
        ),
        "usual_usd_per_day": total[found],
        "extra_days": np.where(extra < 0, np.nan, extra),
        "waits_days": np.array([rows[lane][2] for lane in found]),
    }


def map_tables(ground: Groundwork, model: Model, usual: Draw) -> dict[str, Table]:
    """Return places with their sites, plants, and what is left of each from day to day.

    Returns
    -------
    `places` (place, lat, lon, sites, people), `place_days` (day, place, up: part of its sites that
    is up, where not all are), `plants` (plant, product, country, lat, lon, usual: USD a day),
    `plant_days` (day, plant, part: of the usual output, where it is another).
    """
    network, flow = ground.network, model.flow
    places = places_of(network, ground.classes)
    first = model.watched.place["site"][ground.classes.representative]
    up = np.ones((model.days, len(model.timed.watch)))
    up[:, usual["gate"]] = usual["gate_up"]
    share = (places.classes @ up[:, first].T).T if len(places.table["place"]) else np.ones((0, 0))
    day, place = np.nonzero(share < 1 - LESS)
    made = np.empty(len(flow.net))
    made[flow.net.plant] = flow.net.usual
    whole = made[model.traced]
    part = np.divide(usual["traced"], whole, out=np.ones_like(usual["traced"]), where=whole > 0)
    when, plant = np.nonzero(np.abs(part - 1.0) > LESS)
    rows = network["plants"]
    names = network.names["plant"][model.traced].astype(object)
    country = np.append(network.names["country"], "").astype(object)[rows["country"][model.traced]]
    return {
        "places": places.table,
        "place_days": {"day": day, "place": place, "up": share[day, place]},
        "plants": {
            "plant": names,
            "product": network.names["product"][rows["product"][model.traced]].astype(object),
            "country": country,
            "lat": rows["lat"][model.traced],
            "lon": rows["lon"][model.traced],
            "usual": whole,
        },
        "plant_days": {"day": when, "plant": names[plant], "part": part[when, plant]},
    }
