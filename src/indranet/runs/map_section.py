"""The map of a report: places, and the share of each that a chosen loss takes away."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from indranet.geography.coast import coastlines, land
from indranet.runs import worldmap
from indranet.runs.findings import HORIZON_WORDS, Answer, Dependence, Losses
from indranet.runs.markup import Html, element, joined
from indranet.runs.run import Table
from indranet.runs.words import (
    FIRST,
    cause_list,
    counted,
    loss_words,
    number,
    people,
    short_cause,
)

_GOOD_PART = 0.75
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LEGEND = (
    "nothing lost", "up to 25\u00a0%", "up to 50\u00a0%", "up to 75\u00a0%", "more", "all lost",
)  # fmt: skip


def map_section(answer: Answer, key: str) -> Html:
    """Return the map of a run's places with its worst losses to choose from.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page.
    """
    worst, places = answer.worst, answer.tables["places"]
    if not len(places["place"]):
        return element("p", "No site of the case has a position, so there is no map.")
    chosen = [dependence for found in worst.values() for dependence in found]
    order = np.lexsort((places["place"], -_weight(places)))
    codes = [_codes(dependence, answer.losses, len(order))[order] for dependence in chosen]
    weight = _weight(places)[order]
    # One of the worst opens the map: the reader has just read of these.
    told = {id(dependence) for found in worst.values() for dependence in found[:FIRST]}
    drawn = max(
        (at for at, dependence in enumerate(chosen) if id(dependence) in told),
        key=lambda at: _telling(chosen[at], codes[at], weight),
        default=0,
    )
    captions = [_caption(dependence) for dependence in chosen] or ["Nothing is lost."]
    first = codes[drawn] if codes else np.zeros(len(order), dtype=np.int64)
    return element(
        "div",
        element(
            "p",
            "Each circle is a place with sites of the case. Its colour says which part of them "
            "stops. Coastlines only: no boundary is drawn or meant.",
        ),
        _chooser(worst, drawn, key),
        element(
            "figure",
            element("figcaption", captions[drawn], class_="caption", aria_live="polite"),
            _drawing(places, order, first, captions[drawn]),
            _legend(),
            element("p", _area_words(places), class_="soft small"),
        ),
        _data(codes, captions),
        class_="map",
    )


def _telling(
    dependence: Dependence, codes: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> tuple[bool, bool, float]:
    """Return how much a loss says on a map before a choice is made, and on paper.

    One that spares a good part says more than one that takes all, and that more than none.
    """
    lost = float(weight[codes > 0].sum())
    return 0 < lost < _GOOD_PART * weight.sum(), lost > 0, dependence.part[0]


def _weight(places: Table) -> npt.NDArray[np.float64]:
    """Return what the area of a circle stands for: people, or sites where nobody is counted."""
    return places["people"] if places["people"].any() else places["sites"]


def _area_words(places: Table) -> str:
    weight = _weight(places)
    unit = "people served there" if places["people"].any() else "sites"
    return (
        f"{counted(len(weight), 'place')}. The area of a circle grows with the number of {unit}; "
        f"the largest stands for {number(float(weight.max()))}."
    )


def _codes(dependence: Dependence, losses: Losses, places: int) -> npt.NDArray[np.int64]:
    """Return the share that each place loses, in sixtieths, shape (places,)."""
    rows = losses.of(dependence.things[0], dependence.horizon)
    share = np.zeros(places)
    share[losses["place"][rows].astype(np.int64)] = losses["share"][rows]
    return worldmap.share_codes(share)


def _caption(dependence: Dependence) -> str:
    horizon, cause = HORIZON_WORDS[dependence.horizon], cause_list(dependence)[0]
    others = len(cause_list(dependence)) - 1
    also = f" The same services stop without {counted(others, 'other thing')}." if others else ""
    return f"{horizon}, without {cause}: {loss_words(dependence)}.{also}"


def _chooser(worst: Mapping[str, Sequence[Dependence]], drawn: int, key: str) -> Html:
    groups, at = [], 0
    for horizon, found in worst.items():
        options = []
        for rank, dependence in enumerate(found, 1):
            words = f"{rank}. {short_cause(dependence)}"
            options.append(element("option", words, value=at, selected=at == drawn))
            at += 1
        if options:
            groups.append(element("optgroup", *options, label=HORIZON_WORDS[horizon]))
    return element(
        "p",
        element("label", "Take away", for_=f"{key}-choice"),
        element("select", *groups, id=f"{key}-choice", autocomplete="off"),
        class_="chooser",
        hidden=True,
    )


def _drawing(
    places: Table,
    order: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int64],
    words: str,
) -> Html:
    lat, lon = places["lat"][order], places["lon"][order]
    shown = worldmap.frame(lat, lon)
    x, y = worldmap.project(shown, lat, lon)
    size = worldmap.radii(_weight(places)[order], shown)
    titles = [
        f"{_where(at, along)}: {number(sites)} sites"
        + (f", {people(persons)} people" if persons else "")
        + f" \u2014 {_lost_words(code)}"
        for at, along, sites, persons, code in zip(
            lat.tolist(), lon.tolist(), places["sites"][order].tolist(),
            places["people"][order].tolist(), codes.tolist(), strict=True,
        )
    ]  # fmt: skip
    marks = worldmap.circles(x, y, size, worldmap.share_class(codes), titles)
    return worldmap.svg(shown, land(), coastlines(), marks, f"Map. {words}")


def _where(lat: float, lon: float) -> str:
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.1f}°\u00a0{north} {abs(lon):.1f}°\u00a0{east}"


def _lost_words(code: int) -> str:
    if code in {0, worldmap.WHOLE}:
        return "all lost" if code else "nothing lost"
    return f"about {round(code * 100 / worldmap.WHOLE)}\u00a0% lost"


def _legend() -> Html:
    return element(
        "ul",
        *(
            element(
                "li",
                element(
                    "svg",
                    element("circle", class_=f"c{code}", cx=8, cy=8, r=6),
                    viewBox="0 0 16 16",
                    aria_hidden="true",
                ),
                words,
            )
            for code, words in enumerate(_LEGEND)
        ),
        class_="legend",
        aria_label="Share of a place's sites that stops",
    )


def _data(codes: Sequence[npt.NDArray[np.int64]], captions: Sequence[str]) -> Html:
    """Return what the script draws from: each place's share as one letter, each text once."""
    texts = ["".join(_ALPHABET[c] for c in code.tolist()).rstrip("0") for code in codes] or [""]
    kept = list(dict.fromkeys(texts))
    held = {"captions": captions, "drawn": [kept.index(text) for text in texts], "shares": kept}
    # Inside a script nothing is markup but its own end.
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", joined([Html(text)]), type="application/json")
