"""The map of a stress run: places and plants on a chosen day, and some days side by side."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indranet.geography.coast import coastlines, land
from indranet.runs import worldmap
from indranet.runs.markup import Html, element, joined
from indranet.runs.stress_findings import StressAnswer
from indranet.runs.stress_words import is_random, on_day
from indranet.runs.words import counted, number, people, percent

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

MORE = 61
"""Code of a plant that makes more than usual; others are the share lost, in sixtieths."""
SLIGHT = 0.01
"""A plant whose output differs by less is as usual."""
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STEPS = 366
_STILLS = 4
_CORNER, _SMALL_MAP = 1.6, 2.0
"""How much larger a plant's diamond is than a circle would be, and marks on a small map."""
_LEGEND = (
    "as usual", "up to 25\u00a0% less", "up to 50\u00a0% less", "up to 75\u00a0% less",
    "even less", "nothing works",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What stands on the map, and how it fares from day to day.

    Attributes
    ----------
    place, plant
        Rows of the tables of places and plants that have a position, in drawing order.
    place_days, plant_days
        Day, position in `place` or `plant`, and code of what is not as usual.
    output
        Part of the output of all plants that is missing on each day, shape (days,).
    sites
        Part of all sites that is down on each day, shape (days,).
    """

    place: Codes
    plant: Codes
    place_days: tuple[Codes, Codes, Codes]
    plant_days: tuple[Codes, Codes, Codes]
    output: Floats
    sites: Floats

    @property
    def worst(self) -> int:
        """The day on which most is missing, sites and output added; the first of several."""
        return int(np.argmax(self.output + self.sites))

    def codes(self, day: int) -> Codes:
        """Return the code of each mark on a day: places, then plants."""
        found = np.zeros(len(self.place) + len(self.plant), dtype=np.int64)
        for (days, position, code), offset in (
            (self.place_days, 0), (self.plant_days, len(self.place)),
        ):  # fmt: skip
            rows = slice(*np.searchsorted(days, (day, day + 1)))
            found[position[rows] + offset] = code[rows]
        return found


def scene(answer: StressAnswer) -> Scene:
    """Return what a map of a run shows."""
    places, plants = answer.tables["places"], answer.tables["plants"]
    place = np.lexsort((places["place"], -place_weight(answer)))
    there = np.flatnonzero(~np.isnan(plants["lat"]) & ~np.isnan(plants["lon"]))
    plant = there[np.argsort(-plants["usual"][there], kind="stable")]
    rows = answer.tables["place_days"]
    at_place = _positions(rows["place"], places["place"])
    lost = 1.0 - rows["up"]
    sites = _by_day(answer, rows["day"], lost * places["sites"][at_place], places["sites"])
    place_days = _sorted(rows["day"], _inverse(place, len(places["place"]))[at_place],
                         worldmap.share_codes(lost))  # fmt: skip
    rows = answer.tables["plant_days"]
    at_plant = _positions(rows["plant"], plants["plant"])
    missing = 1.0 - rows["part"]
    output = _by_day(answer, rows["day"], missing * plants["usual"][at_plant], plants["usual"])
    position = _inverse(plant, len(plants["plant"]))[at_plant]
    kept = (np.abs(missing) >= SLIGHT) & (position >= 0)
    code = np.where(missing < 0, MORE, worldmap.share_codes(missing))
    plant_days = _sorted(rows["day"][kept], position[kept], code[kept])
    return Scene(place, plant, place_days, plant_days, output, sites)


def place_weight(answer: StressAnswer) -> Floats:
    """Return what the area of a place stands for: people, or sites where nobody is counted."""
    places = answer.tables["places"]
    weight: Floats = places["people"] if places["people"].any() else places["sites"]
    return weight


def _positions(asked: npt.NDArray[np.generic], known: npt.NDArray[np.generic]) -> Codes:
    """Return the row of each thing in the table that lists all."""
    row = {thing: at for at, thing in enumerate(known.tolist())}
    return np.array([row[thing] for thing in asked.tolist()], dtype=np.int64)


def _inverse(order: Codes, count: int) -> Codes:
    """Return the position of each row in an order, -1 where it is not in it."""
    found = np.full(count, -1, dtype=np.int64)
    found[order] = np.arange(len(order))
    return found


def _by_day(answer: StressAnswer, day: Codes, lost: Floats, whole: Floats) -> Floats:
    total = float(whole.sum())
    found = np.bincount(day.astype(np.int64), lost, answer.days)
    return found / total if total else np.zeros(answer.days)


def _sorted(day: Codes, position: Codes, code: Codes) -> tuple[Codes, Codes, Codes]:
    order = np.argsort(day, kind="stable")
    return day[order].astype(np.int64), position[order], code[order]


def map_section(answer: StressAnswer, key: str) -> Html:
    """Return the map of the worst day with a slider over all days, and some other days.

    Parameters
    ----------
    answer
        What the run found.
    key
        Prefix of the identifiers on the page.
    """
    found = scene(answer)
    if not (len(found.place) + len(found.plant)):
        return element("p", "No site and no plant of the case has a position: there is no map.")
    if not (len(found.place_days[0]) + len(found.plant_days[0])):
        return element(
            "p", "On no day does any place or plant on the map fare otherwise than usual."
        )
    stills = still_days(found)
    steps = _steps(answer.days, [found.worst, *stills])
    return element(
        "div",
        element("p", _intro(answer)),
        _slider(answer, steps, found.worst, key),
        element(
            "figure",
            element(
                "figcaption", _caption(answer, found, found.worst), class_="caption",
                aria_live="polite",
            ),
            _drawing(answer, found, key),
            _legend(bool(len(found.place)), bool(len(found.plant))),
            element("p", _area_words(answer, found), class_="soft small"),
        ),
        _stills(answer, found, stills, key),
        _data(answer, found, steps),
        class_="days-map",
    )  # fmt: skip


def _intro(answer: StressAnswer) -> str:
    usual = (
        " It shows one course of events: each happens if its chance is a half or more, and lasts "
        "for the middle of its law."
        if is_random(answer)
        else ""
    )
    return (
        "Circles are places with sites, coloured by the part of them that is down. Diamonds are "
        "plants, coloured by the part of the usual output that is missing; less than 1\u00a0% "
        f"counts as usual.{usual} Coastlines only: no boundary is drawn or meant."
    )


def still_days(found: Scene) -> list[int]:
    """Return some days beside the worst, in order, from the first to the last that differ."""
    differs = np.unique(np.concatenate([found.place_days[0], found.plant_days[0]]))
    asked = np.rint(np.linspace(differs[0], differs[-1], _STILLS)).astype(np.int64)
    return sorted({*asked.tolist()} - {found.worst})


def _steps(days: int, kept: Sequence[int]) -> list[int]:
    """Return the days of the slider: all of them, or some that hold those to be kept."""
    some = np.rint(np.linspace(0, days - 1, min(days, _STEPS))).astype(np.int64)
    return sorted({*some.tolist(), *kept})


def _slider(answer: StressAnswer, steps: Sequence[int], worst: int, key: str) -> Html:
    return element(
        "p",
        element("label", "Day", for_=f"{key}-day"),
        element(
            "input", type="range", id=f"{key}-day", min=0, max=len(steps) - 1,
            value=steps.index(worst), step=1, autocomplete="off",
        ),
        element("output", on_day(answer, worst), for_=f"{key}-day"),
        class_="chooser slider", hidden=True,
    )  # fmt: skip


def _caption(answer: StressAnswer, found: Scene, day: int) -> str:
    codes = found.codes(day)
    places, plants = codes[: len(found.place)], codes[len(found.place) :]
    told = []
    if len(places):
        share = float(found.sites[day])
        where = f"sites are down at {counted(int((places > 0).sum()), 'place')}"
        told.append(f"{where}, {percent(share)} of all sites" if share > 0 else "all sites are up")
    if len(plants):
        less = int(((plants > 0) & (plants != MORE)).sum())
        more = int((plants == MORE).sum())
        told.append(f"{counted(less, 'plant')} of {len(plants):,} make less than usual")
        if more:
            told.append(f"{number(more)} make more")
    worst = ", the worst day" if day == found.worst else ""
    return f"{on_day(answer, day)} (day\u00a0{day}{worst}): {'; '.join(told)}."


def _short_caption(answer: StressAnswer, found: Scene, day: int) -> str:
    output, sites = float(found.output[day]), float(found.sites[day])
    told = []
    if len(found.plant):
        change = f"{percent(abs(output))} {'less' if output > 0 else 'more'}"
        told.append(f"output {change}" if abs(output) >= 1e-4 else "output as usual")
    if len(found.place):
        told.append(f"{percent(sites)} of sites down" if sites > 0 else "all sites up")
    return f"{on_day(answer, day)} (day\u00a0{day}): {', '.join(told)}"


def _positions_of(answer: StressAnswer, found: Scene) -> tuple[Floats, Floats]:
    places, plants = answer.tables["places"], answer.tables["plants"]
    lat, lon = (
        np.concatenate([places[name][found.place], plants[name][found.plant]])
        for name in ("lat", "lon")
    )
    return lat, lon


def _sizes(answer: StressAnswer, found: Scene, shown: worldmap.Frame) -> Floats:
    """Return the radius of each mark: places, then plants (from the middle to a corner)."""
    parts = [
        factor * worldmap.radii(weight, shown)
        for weight, factor in (
            (place_weight(answer)[found.place], 1.0),
            (answer.tables["plants"]["usual"][found.plant], _CORNER),
        )
        if len(weight)
    ]
    return np.concatenate(parts)


def drawing_order(found: Scene) -> tuple[Codes, int]:
    """Return the marks in the order of drawing, and how many of them are always as usual.

    These lie beneath the others; plants lie above places.
    """
    differs = np.zeros(len(found.place) + len(found.plant), dtype=bool)
    differs[found.place_days[1]] = True
    differs[found.plant_days[1] + len(found.place)] = True
    return np.argsort(differs, kind="stable"), int((~differs).sum())


def _drawing(answer: StressAnswer, found: Scene, key: str) -> Html:
    """Return the large map, on the worst day; its ground is drawn once for all maps."""
    shown = worldmap.frame(*_positions_of(answer, found))
    ground = element(
        "g",
        element("rect", class_="sea", width=worldmap.WIDTH, height=round(shown.height)),
        element("path", class_="graticule", d=worldmap.graticule_paths(shown)),
        element("path", class_="land", fill_rule="evenodd", d=worldmap.land_paths(shown, land())),
        element("path", class_="coast", d=worldmap.coast_paths(shown, coastlines())),
        id=f"{key}-ground",
    )
    codes = found.codes(found.worst)
    order, _ = drawing_order(found)
    marks = _marks(answer, found, shown, codes, order, _titles(answer, found, codes))
    return element(
        "svg", ground, element("g", marks, class_="marks"),
        viewBox=f"0 0 {worldmap.WIDTH} {round(shown.height)}", role="img",
        aria_label=f"Map. {_caption(answer, found, found.worst)}",
    )  # fmt: skip


def _marks(
    answer: StressAnswer,
    found: Scene,
    shown: worldmap.Frame,
    codes: Codes,
    order: Codes,
    titles: Sequence[str] | None = None,
) -> Html:
    """Return circles and diamonds in an order; without titles they are for a small map."""
    x, y = worldmap.project(shown, *_positions_of(answer, found))
    size = _sizes(answer, found, shown) * (1.0 if titles else _SMALL_MAP)
    parts = []
    for at in order.tolist():
        inside = [element("title", titles[at])] if titles else []
        across, down, r = round(float(x[at])), round(float(y[at])), f"{size[at]:.1f}"
        class_ = mark_class(int(codes[at]))
        if at < len(found.place):
            parts.append(element("circle", *inside, class_=class_, cx=across, cy=down, r=r))
        else:
            shape = f"M{across} {down}m0-{r}l{r} {r}l-{r} {r}l-{r}-{r}z"
            parts.append(element("path", *inside, class_=class_, d=shape))
    return joined(parts)


def mark_class(code: int) -> str:
    """Return the class of a mark.

    >>> [mark_class(code) for code in (0, 1, 60, 61)]
    ['c0', 'c1', 'c5', 'more']
    """
    if code == MORE:
        return "more"
    return f"c{worldmap.share_class(np.array([code]))[0]}"


def _titles(answer: StressAnswer, found: Scene, codes: Codes) -> list[str]:
    places, plants = answer.tables["places"], answer.tables["plants"]
    titles = []
    for at, code in zip(found.place.tolist(), codes.tolist(), strict=False):
        persons = float(places["people"][at])
        served = f", {people(persons)} people" if persons else ""
        where = _where(float(places["lat"][at]), float(places["lon"][at]))
        words = f"{where}: {number(float(places['sites'][at]))} sites{served}"
        titles.append(f"{words} \u2014 {_fate(code, plant=False)}")
    for at, code in zip(found.plant.tolist(), codes[len(found.place) :].tolist(), strict=True):
        name = answer.name(str(plants["plant"][at]), "plant")
        usual = f"usually USD {number(float(plants['usual'][at]))} a day"
        titles.append(f"{name}: {usual} \u2014 {_fate(code, plant=True)}")
    return titles


def _where(lat: float, lon: float) -> str:
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.1f}°\u00a0{north} {abs(lon):.1f}°\u00a0{east}"


def _fate(code: int, *, plant: bool) -> str:
    """Return how a mark fares; the script of the page says the same."""
    if code == MORE:
        return "makes more than usual"
    if code in {0, worldmap.WHOLE}:
        return ("stands still" if plant else "all down") if code else "as usual"
    share = f"about {round(code * 100 / worldmap.WHOLE)}\u00a0%"
    return f"{share} less than usual" if plant else f"{share} down"


def _legend(places: bool, plants: bool) -> Html:
    entries = [(f"c{code}", words, places) for code, words in enumerate(_LEGEND)]
    if plants:
        entries.append(("more", "makes more than usual", False))
    items = []
    for class_, words, circle in entries:
        shapes = [element("circle", class_=class_, cx=8, cy=8, r=6)] if circle else []
        if plants:
            at = 8 + 17 * len(shapes)
            shapes.append(element("path", class_=class_, d=f"M{at} 1l7 7l-7 7l-7-7z"))
        icon = element(
            "svg", *shapes, viewBox=f"0 0 {17 * len(shapes) - 1} 16", aria_hidden="true",
            style=f"width:{1.1 * len(shapes):.1f}rem",
        )  # fmt: skip
        items.append(element("li", icon, words))
    label = "Sites down at a place, output missing at a plant"
    return element("ul", *items, class_="legend", aria_label=label)


def _area_words(answer: StressAnswer, found: Scene) -> str:
    parts = []
    if len(found.place):
        unit = "people served there" if answer.tables["places"]["people"].any() else "sites there"
        parts.append(
            f"The area of a circle ({counted(len(found.place), 'place')}) grows with the {unit}."
        )
    if len(found.plant):
        count = counted(len(found.plant), "plant")
        parts.append(f"The area of a diamond ({count}) grows with the plant's usual output.")
    missing = len(answer.tables["plants"]["plant"]) - len(found.plant)
    if missing:
        parts.append(f"{counted(missing, 'plant')} without a position are left out.")
    return " ".join(parts)


def _stills(answer: StressAnswer, found: Scene, days: Sequence[int], key: str) -> Html:
    """Return small maps of some days, which need no script."""
    shown = worldmap.frame(*_positions_of(answer, found))
    figures = []
    for day in days:
        caption, codes = _short_caption(answer, found, day), found.codes(day)
        marks = _marks(answer, found, shown, codes, np.flatnonzero(codes))
        drawn = element(
            "svg", element("use", href=f"#{key}-ground"), element("g", marks, class_="marks"),
            viewBox=f"0 0 {worldmap.WIDTH} {round(shown.height)}", role="img",
            aria_label=f"Map. {caption}",
        )  # fmt: skip
        figures.append(element("figure", element("figcaption", caption), drawn))
    return element("div", *figures, class_="stills") if figures else Html("")


def _data(answer: StressAnswer, found: Scene, steps: Sequence[int]) -> Html:
    """Return what the script draws from: of each mark that ever differs one letter a step."""
    order, still = drawing_order(found)
    texts = [
        "".join(_ALPHABET[code] for code in found.codes(day)[order[still:]].tolist()).rstrip("0")
        for day in steps
    ]
    kept = list(dict.fromkeys(texts))
    held = {
        "days": [on_day(answer, day) for day in steps],
        "captions": [_caption(answer, found, day) for day in steps],
        "still": still,
        "drawn": [kept.index(text) for text in texts],
        "shares": kept,
    }
    # Inside a script nothing is markup but its own end.
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", Html(text), type="application/json")
