"""The tables of a report on an exposure run: by country, every loss, what the data is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indranet.model.schema import PROVENANCES, TABLES
from indranet.runs import worldmap
from indranet.runs.findings import (
    HORIZON_WORDS,
    KIND_WORDS,
    Answer,
    Dependence,
    Losses,
)
from indranet.runs.markup import Html, block, element, joined, scrolling, table
from indranet.runs.words import (
    brief,
    counted,
    exact,
    listed,
    near_words,
    people,
    percent,
    short_cause,
    warnings,
)

_MATRIX_ROWS, _MATRIX_COLUMNS = 10, 26
_REACH_ROWS = 2000
_SERVICES_SHOWN = 40
_ROWS_ON_PAPER = 100
_NAMES_SHOWN = 12

_PROVENANCE_NOTES = {
    "real": "stands in a source as it is",
    "derived": "worked out from real rows",
    "calibrated": "made to agree with published totals",
    "authored": "written down from common knowledge",
    "inferred": "concluded from other rows",
    "synthetic": "made up to be plausible: not observed",
    "not stated": "the case does not say",
}


def country_section(answer: Answer) -> Html:
    """Return a matrix of the worst dependences and the countries that feel them."""
    worst, by_country = answer.worst, answer.countries
    shown = {h: list(worst[h][:_MATRIX_ROWS]) for h in ("now", "in time") if worst[h]}
    losses = {
        (d.horizon, rank): _by_country(d, by_country)
        for h in shown
        for rank, d in enumerate(shown[h])
    }
    measure = _measure(by_country)
    most: dict[str, float] = {}
    for country, lost in zip(by_country["country"], by_country[measure].tolist(), strict=True):
        most[country] = max(most.get(country, 0.0), lost)
    felt = {country for lost in losses.values() for country in lost}
    countries = sorted(felt, key=lambda country: (-most[country], country))
    if not countries:
        return element("p", "No loss is known by country.")
    columns = countries[:_MATRIX_COLUMNS]
    unit = "people" if measure == "people_lost" else "rows"
    left_out = "" if len(countries) == len(columns) else (
        f" {counted(len(countries) - len(columns), 'smaller country', 'smaller countries')} left "
        "out; all are in reach_countries.parquet."
    )  # fmt: skip
    caption = (
        f"The worst dependences, and how many {unit} each country loses to them (k thousand, m "
        "million, bn billion). The shade compares a loss with the most that any single loss takes "
        f"from that country: stronger is more of it, and bold is all.{left_out}"
    )
    body = [
        part
        for horizon, found in shown.items()
        for part in (
            element(
                "tr",
                element(
                    "th", HORIZON_WORDS[horizon], scope="rowgroup", colspan=len(columns) + 1,
                    class_="group",
                ),
            ),
            *(
                _matrix_row(dependence, losses[horizon, rank], columns, most)
                for rank, dependence in enumerate(found)
            ),
        )
    ]  # fmt: skip
    heads = [
        element("th", element("abbr", c, title=answer.name("country", c)), scope="col", class_="n")
        for c in columns
    ]
    grid = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", element("th", "Without", scope="col"), *heads)),
        element("tbody", *body),
    )
    return joined(
        [
            scrolling(grid, "Losses by country", "scroll matrix"),
        ]
    )


def _measure(by_country: Losses) -> str:
    """Return what is counted by country: people, or rows where the case counts nobody."""
    return "people_lost" if by_country["people_lost"].any() else "rows_lost"


def _by_country(dependence: Dependence, by_country: Losses) -> dict[str, float]:
    """Return what each country loses to one dependence."""
    rows = by_country.of(dependence.things[0], dependence.horizon)
    lost = by_country[_measure(by_country)][rows]
    return dict(zip(by_country["country"][rows].tolist(), lost.astype(float).tolist(), strict=True))


def _matrix_row(
    dependence: Dependence,
    lost: Mapping[str, float],
    columns: Sequence[str],
    most: Mapping[str, float],
) -> Html:
    cells = []
    for country in columns:
        value = lost.get(country, 0.0)
        if not value:
            cells.append(element("td", "\u2013", class_="none"))
            continue
        code = worldmap.share_codes(np.array([value / most[country]]))
        shade = f"s{worldmap.share_class(code)[0]}"
        cells.append(element("td", brief(value), class_=shade, title=exact(value)))
    return element("tr", element("th", short_cause(dependence), scope="row"), *cells)


def tables_section(answer: Answer, level: int) -> Html:
    """Return every loss, how it hangs on the share of a supply, and the services that stop.

    Parameters
    ----------
    answer
        What the run found.
    level
        Level of a heading here.
    """
    return joined(
        [
            element(f"h{level}", "Every loss that takes something away"),
            _reach_table(answer),
            element(f"h{level}", "How much of a supply must be left"),
            _need_share_table(answer),
            element(f"h{level}", "If a passage of the sea closes"),
            _detours_table(answer),
            element(f"h{level}", "Which services stop"),
            *(
                _services_block(HORIZON_WORDS[horizon], found, answer)
                for horizon, found in answer.worst.items()
            ),
        ]
    )


def _reach_table(answer: Answer) -> Html:
    reach = answer.reach
    lost = (reach["people_lost"] > 0) | (reach["services_lost"] > 0) | (reach["sites_lost"] > 0)
    rows = np.flatnonzero(lost)
    order = np.lexsort(
        (
            rows,
            -reach["sites_lost"][rows],
            -reach["services_lost"][rows],
            -reach["people_lost"][rows],
        )
    )
    rows = rows[order]
    shown = rows[:_REACH_ROWS]
    caption = (
        f"{counted(len(rows), 'row')} of {len(reach['id']):,} take something away, largest first. "
        "What a country loses itself is in its row."
    )
    if len(rows) > len(shown):
        caption += f" The first {len(shown):,} stand here; all are in reach.parquet."
    else:
        caption += " Those that take nothing away are in reach.parquet."
    kinds = list(dict.fromkeys(_kind_words(reach["kind"][shown])))
    horizons = list(dict.fromkeys(_horizon_words(reach, shown)))
    cells = zip(
        map(answer.name, reach["kind"][shown].tolist(), reach["id"][shown].tolist()),
        _kind_words(reach["kind"][shown]),
        _horizon_words(reach, shown),
        *(
            [exact(value) for value in reach[column][shown].tolist()]
            for column in ("services_lost", "sites_lost", "people_lost")
        ),
        [f"{100 * share:.2f}\u00a0%" for share in reach["people_share"][shown].tolist()],
        strict=True,
    )
    heads = ("Without", "Kind", "When", "Services", "Sites", "People", "Share of people")
    return element(
        "div",
        _filters(kinds, horizons),
        table(caption, heads, cells, numbers={3, 4, 5, 6}, tall=True),
        element(
            "p",
            f"On paper the first {min(len(shown), _ROWS_ON_PAPER):,} rows are printed.",
            class_="on-paper soft",
        ),
        class_="reach",
    )


def _kind_words(kinds: npt.NDArray[Any]) -> list[str]:
    return [KIND_WORDS.get(str(kind), str(kind)) for kind in kinds]


def _horizon_words(reach: Losses, rows: npt.NDArray[np.int64]) -> list[str]:
    """Return when each row loses, and on which plane where that is not whether things work."""
    return [
        HORIZON_WORDS.get(horizon, horizon) + ("" if plane == "works" else f", {plane}")
        for horizon, plane in zip(reach["horizon"][rows], reach["plane"][rows], strict=True)
    ]


def _filters(kinds: Sequence[str], horizons: Sequence[str]) -> Html:
    def choice(name: str, every: str, values: Sequence[str]) -> Html:
        options = [element("option", every, value="")]
        options += [element("option", value, value=value) for value in values]
        return element("label", name, element("select", *options, autocomplete="off"))

    return element(
        "div",
        element("label", "Name contains", element("input", type="search", autocomplete="off")),
        choice("Kind", "every kind", kinds),
        choice("When", "at any time", horizons),
        element("output", class_="small soft"),
        class_="filters",
        hidden=True,
    )


def _need_share_table(answer: Answer) -> Html:
    need_share, found = answer.need_share, answer.worst["in time"]
    usual = float(answer.summary["need_share"])
    hanging = [dependence for dependence in found if dependence.hangs]
    note = (
        f"A product counts as supplied while {percent(usual)} of its contracted flow is left. That "
        "share is an assumption, so every loss is counted at 30 and 80\u00a0% as well."
    )
    near = near_words(answer.summary)
    note = f"{note} {near}" if near else note
    if not hanging:
        fixed = "None of the worst dependences in time hangs on it."
        return element("p", f"{note} {fixed if found else ''}")
    shares = sorted({usual, *np.unique(need_share["need_share"]).tolist()})
    rows = []
    for dependence in hanging:
        cells = [short_cause(dependence)]
        at = need_share.of(dependence.things[0], dependence.horizon)
        for share in shares:
            row = at[np.isclose(need_share["need_share"][at], share)]
            if np.isclose(share, usual):
                cells += [exact(dependence.services), exact(dependence.people)]
            elif len(row):
                cells += [exact(need_share[c][row[0]]) for c in ("services_lost", "people_lost")]
            else:
                cells += ["", ""]
        rows.append(cells)
    heads = ["Without"]
    for share in shares:
        heads += [f"Services, {percent(share)} left", f"People, {percent(share)} left"]
    caption = (
        f"{len(hanging):,} of the {len(found):,} worst dependences in time hang on it: what stops "
        "if so much of a supply must be left."
    )
    return joined([element("p", note), table(caption, heads, rows, numbers=range(1, len(heads)))])


def _detours_table(answer: Answer) -> Html:
    """Return how much longer the lanes get that lead through each passage, most used first."""
    found = answer.tables["detours"]
    note = (
        "A lane with a way round is late, not lost: it counts as working above. Ways are measured "
        "on the sea network; a ship goes 600\u00a0km a day."
    )
    if not len(found["passage"]):
        return element("p", "No lane of the case is known to lead through a passage.")
    order = np.lexsort((-found["extra_km_most"], -found["lanes"]))
    rows = [
        (
            answer.name("passage", str(found["passage"][i])),
            exact(found["lanes"][i]),
            exact(found["lanes_lost"][i]),
            *(
                "not measured" if np.isnan(found[column][i]) else f"{found[column][i]:,.{digits}f}"
                for column, digits in (
                    ("extra_km_median", 0),
                    ("extra_km_most", 0),
                    ("extra_days_most", 1),
                )
            ),
        )
        for i in order.tolist()
    ]
    heads = ("Passage", "Lanes through it", "No way round", "Longer by (median, km)",
             "At most (km)", "At most (days)")  # fmt: skip
    caption = "What the closing of one passage does to the lanes whose usual way leads through it."
    return joined([element("p", note), table(caption, heads, rows, numbers=range(1, 6))])


def _services_block(title: str, found: Sequence[Dependence], answer: Answer) -> Html:
    services = answer.services
    if not found or not len(services["service"]):
        return Html("")
    seen: dict[tuple[str, ...], int] = {}
    parts = []
    for rank, dependence in enumerate(found, 1):
        rows = services.of(dependence.things[0], dependence.horizon)
        rows = rows[np.argsort(-services["people"][rows], kind="stable")]
        names = tuple(answer.name("service", s) for s in services["service"][rows].tolist())
        if names in seen:
            inside = element("p", f"The same services as number {seen[names]}.", class_="small")
        else:
            inside = _services_list(names, services["people"][rows].tolist())
            seen[names] = rank
        summary = f"{rank}. {short_cause(dependence)}: {counted(len(names), 'service')}"
        parts.append(element("details", element("summary", summary), inside))
    return block(title, *parts)


def _services_list(names: Sequence[str], persons: Sequence[float]) -> Html:
    items = [
        element("li", element("span", name), element("span", people(count), title=exact(count)))
        for name, count in zip(names[:_SERVICES_SHOWN], persons, strict=False)
    ]
    if len(names) > _SERVICES_SHOWN:
        more = f"{len(names) - _SERVICES_SHOWN:,} more in services.parquet"
        items.append(element("li", element("span", more)))
    return element("ul", *items, class_="services")


def data_section(manifest: Mapping[str, Any], level: int) -> Html:
    """Return what the answer rests on: kinds of row, tables, and what is not known.

    Parameters
    ----------
    manifest
        Manifest of the run.
    level
        Level of a heading here.
    """
    rows = sorted(manifest["rows"].items(), key=lambda item: (-item[1], item[0]))
    return joined(
        [
            element(f"h{level}", "How its rows came to be known"),
            provenance_table(manifest["provenance_shares"]),
            element(f"h{level}", "What is not known, and what that means"),
            element("ul", *(element("li", item) for item in _gaps(manifest)), class_="limits"),
            element(f"h{level}", "What the case holds"),
            table(
                "Rows of each table of the case.",
                ("Table", "Rows", "A row is"),
                [
                    (name, exact(count), TABLES[name].doc if name in TABLES else "")
                    for name, count in rows
                ],
                numbers={1},
            ),
        ]
    )


def provenance_table(shares: Mapping[str, float]) -> Html:
    """Return how the rows of a case came to be known, from the share of each kind."""
    names = [name for name in (*PROVENANCES, "not stated") if shares.get(name)]
    names.sort(key=list(_PROVENANCE_NOTES).index)
    classes = {name: f"p-{name.replace(' ', '-')}" for name in names}
    pieces = [
        element("div", class_=classes[name], style=f"width:{100 * shares[name]:.3f}%")
        for name in names
    ]
    rows = [
        (
            joined([element("span", class_=f"swatch {classes[name]}"), name]),
            f"{100 * shares[name]:.1f}\u00a0%",
            _PROVENANCE_NOTES[name],
        )
        for name in names
    ]
    if not rows:
        return element("p", "The case has no rows.")
    bar = element("div", *pieces, class_="stack", aria_hidden="true")
    return joined(
        [bar, table("Share of all rows.", ("Kind", "Share", "Meaning"), rows, numbers={1})]
    )


def _gaps(manifest: Mapping[str, Any]) -> list[str]:
    """Return what is missing, absent or down before anything is taken away, in sentences."""
    summary = manifest["summary"]
    gaps = list(dict.fromkeys([*map(str, manifest["warnings"]), *warnings(summary)]))
    unknown, lanes = summary["unknown_products"], summary["unplaced_lanes"]
    if unknown:
        gaps.append(
            f"{counted(len(unknown), 'product')} in use that nobody in the case makes, taken as "
            f"available: {listed(unknown, _NAMES_SHOWN)}."
        )
    if lanes:
        gaps.append(
            f"{counted(len(lanes), 'lane')} by sea without a position at one end, so that no "
            f"passage closes them: {listed(lanes, _NAMES_SHOWN)}."
        )
    gaps += [f"The case has no {name}: {off}." for name, off in summary["absent_tables"].items()]
    return gaps or ["No table is missing, and every product in use has a maker in the case."]


def limits_section(answer: Answer) -> Html:
    """Return what the answer does not say."""
    manifest = answer.manifest
    usual = percent(float(manifest["summary"]["need_share"]))
    made_up = manifest["provenance_shares"].get("synthetic", 0.0)
    limits = [
        "What is lost is what stops, not when nor at what price: there are no days, no prices and "
        "no rationing in it. \u201cIn time\u201d is when batteries, stocks and spares are used up, "
        "however long that takes.",
        "A thing works or it does not. Nothing runs slower, and no loss ever helps something else "
        "to work.",
        f"{usual} of a supply has to be left for it to count. Where the answer changes between 30 "
        "and 80\u00a0% the line says so. How much of a need must be left is what the case says, "
        "row by row, and is not varied.",
        "People are summed over services. One person who uses three of them is counted three "
        "times, so the numbers compare losses and do not count heads."
        if manifest["summary"]["people_counted_by"] == "services"
        else "People are those whom the lost sites serve; nobody says what for.",
        "Goods that have a way round a closed passage count as arriving. They arrive later.",
        "One loss at a time is taken away, or two where pairs were asked for. More at once can "
        "take more than all of them one by one.",
        "A line says that much hangs on a thing, not that the thing is unsafe or likely to fail.",
    ]
    if made_up:
        limits.insert(
            0,
            f"{percent(made_up)} of the rows are synthetic: made up to be plausible. What rests on "
            "them shows how such a country would fare, not how this one does.",
        )
    return element("ul", *(element("li", limit) for limit in limits), class_="limits")
