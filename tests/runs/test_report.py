"""The report: it holds what the run found, needs nothing else, and survives any name."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indranet.errors import InputError, UsageError
from indranet.model.stored import write_rows
from indranet.runs.report import report
from indranet.runs.run import MANIFEST, Run, Table
from indranet.runs.words import one_sentence, table_lines, worst_lines
from indranet.runs.workbook import workbook

HORIZONS = ("now", "in time", "resourced")
SERVICES, PEOPLE_EACH = 12, 1_000_000.0
COUNTRIES = ("FJI", "IND", "JPN")
VOID = {"br", "hr", "input", "meta"}
WHOLE = {"html", "head", "body", "main", "article", "section", "div", "svg", "g"}
"""Elements whose text is not looked at: it would be the whole page, over and over."""

Cause = tuple[str, str, str]
"""Kind, identifier, name."""


def group(causes: Sequence[Cause], lost: int, sites: float = 40, spread: int = 0) -> dict[str, Any]:
    """Return one of the worst dependences as a manifest holds it."""
    people = [(lost - spread) * PEOPLE_EACH, lost * PEOPLE_EACH]
    # Of what a country takes away a third is its own.
    own = lost // 3 if causes[0][0] in {"territory", "jurisdiction"} else 0
    return {
        "things": [{"kind": k, "id": i, "name": n} for k, i, n in causes],
        "services_lost": lost,
        "people_lost": lost * PEOPLE_EACH,
        "services_elsewhere": lost - own,
        "people_elsewhere": (lost - own) * PEOPLE_EACH,
        "sites_lost": sites,
        "hangs_on_need_share": spread > 0,
        "place_range": [1, 3] if spread else [1],
        "people_lost_range": people if spread else people[1:],
        "services_lost_range": [lost - spread, lost] if spread else [lost],
    }


def usual_worst() -> dict[str, list[dict[str, Any]]]:
    chain = [("firm", "asml", "ASML"), ("product", "euv", "EUV lithography"),
             ("territory", "NLD", "Netherlands"), ("plant", "veldhoven", "veldhoven"),
             ("passage", "malacca", "Strait of Malacca")]  # fmt: skip
    return {
        "now": [
            group([("jurisdiction", "JPN", "Japan")], 6),
            group([("lane", "cable-fiji", "cable-fiji")], 1),
        ],
        "in time": [
            group(chain, 12),
            group([("firm", "tsmc", "TSMC")], 9, spread=4),
            group([("product", "radio", "Radio unit"), ("plant", "gumi", "gumi")], 7),
            group([("product", "gallium", "Gallium")], 5),
            group([("passage", "sunda", "Sunda Strait")], 3),
            group([("firm", "sixth", "The sixth")], 2),
        ],
        "resourced": [group(chain, 12)],
    }


def stacked(rows: Sequence[Sequence[Any]], columns: str) -> Table:
    """Return rows as columns; names that end in a colon and f or i are numbers."""
    table: dict[str, Any] = {}
    for at, column in enumerate(columns.split()):
        name, _, kind = column.partition(":")
        cells = [row[at] for row in rows]
        table[name] = np.array(cells, dtype={"f": np.float64, "i": np.int64}.get(kind, object))
    return table


def make_tables(worst: dict[str, list[dict[str, Any]]], places: int) -> dict[str, Table]:
    reach, need_share, countries, services, losses = [], [], [], [], []
    for horizon, found in worst.items():
        for rank, entry in enumerate(found):
            lost = entry["services_lost"]
            for thing in entry["things"]:
                key = thing["kind"], thing["id"], horizon
                people = entry["people_lost"]
                share = people / (SERVICES * PEOPLE_EACH)
                reach.append((*key, "works", lost, entry["sites_lost"], people, share))
                need_share += [(*key, s, lost, people) for s in (0.3, 0.8) if horizon != "now"]
                countries += [(*key, c, lost // 3, people / 3) for c in COUNTRIES]
            first = entry["things"][0]
            key = first["kind"], first["id"], horizon
            services += [(*key, f"service-{s}", PEOPLE_EACH) for s in range(lost)]
            losses += [(*key, p, 1 / (1 + (p + rank) % 5)) for p in range(0, places, 2)]
    around = np.random.default_rng(7)
    at = np.arange(places)
    things = [thing for found in worst.values() for entry in found for thing in entry["things"]]
    kinds = {"territory": "country", "jurisdiction": "country"}
    names = {(kinds.get(t["kind"], t["kind"]), t["id"], t["name"]) for t in things}
    names.add(("service", "service-0", "First <service>"))
    return {
        "reach": stacked(
            reach,
            "kind id horizon plane services_lost:i sites_lost:f people_lost:f people_share:f",
        ),
        "need_share": stacked(
            need_share, "kind id horizon need_share:f services_lost:i people_lost:f"
        ),
        "reach_countries": stacked(countries, "kind id horizon country rows_lost:i people_lost:f"),
        "services": stacked(services, "kind id horizon service people:f"),
        "losses": stacked(losses, "kind id horizon place:i share:f"),
        "places": {
            "place": at,
            "lat": around.uniform(-35, 45, places),
            "lon": np.where(at % 3 == 0, around.uniform(-179, -120, places), 65.0 + at % 110),
            "sites": np.full(places, 12.0),
            "people": around.lognormal(11, 1, places),
        },
        "names": stacked(sorted(names), "kind id name"),
        **tier_tables(),
        "reasons": stacked(
            [row for h, found in worst.items() for entry in found for row in path_of(h, entry)],
            "kind id horizon plane lost step:i thing_kind thing why known ask told",
        ),
        "detours": stacked(
            [("sunda", 12, 2, 640.4, 1200.0, 2.0), ("panama", 3, 3, np.nan, np.nan, np.nan)],
            "passage lanes:i lanes_lost:i extra_km_median:f extra_km_most:f extra_days_most:f",
        ),
    }


def path_of(horizon: str, entry: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the failing path of one dependence: a service, a site, what was taken away."""
    thing = entry["things"][0]
    key = thing["kind"], thing["id"], horizon, "works", "service-0"
    return [
        (*key, 0, "service", "service-0", "lost", "authored", "", "worst"),
        (*key, 1, "site", "mast", "its need \u201cradio\u201d: none of 3 left", "synthetic",
         "With how much of its need does First <service> still run?", "worst"),
        (*key, 2, thing["kind"], thing["id"], "it stands there; taken away", "real", "", "worst"),
    ]  # fmt: skip


def tier_tables() -> dict[str, Table]:
    """Return shares of one function over two tiers: two radios, of a chip and something else."""
    by = ("maker", "seat", "territory", "component", "passage")
    tops = {0: ("tsmc", 0.6, 0.0), 1: ("asml", 0.7, 0.3)}
    told = {("component", 0): "radio", ("component", 1): "chip"}
    shares = [("", "RU", t, b, told.get((b, t), i), s) for t, (i, s, _) in tops.items() for b in by]
    shares += [("", "RU", 0, b, "other", 0.4) for b in by]
    shares += [("", "RU", 1, b, "unknown", 0.3) for b in by]
    index = "operator function tier:i by hhi_low:f hhi_high:f unknown:f left:f top top_share:f"
    return {
        "shares": stacked(shares, "operator function tier:i by id share:f"),
        "concentration": stacked(
            [("", "RU", t, b, s * s, (s + u) ** 2, u, 1.0, told.get((b, t), i), s)
             for t, (i, s, u) in tops.items() for b in by],
            index,
        ),
        "unknowns": stacked(
            [("", "RU", 1, b, "radio", "bill", 0.3, 1.0, 0.2) for b in by],
            "operator function tier:i by product fact share:f left:f narrows:f",
        ),
        "steps": stacked(
            [("RU", 0, "radio", "chip", 0.7), ("RU", 0, "radio", "unknown", 0.3)],
            "function tier:i product component share:f",
        ),
        "spend": stacked([("telco", "RU", 1.0)], "operator function share:f"),
    }  # fmt: skip


def make_run(
    folder: Path,
    worst: dict[str, list[dict[str, Any]]] | None = None,
    places: int = 30,
    services: int = SERVICES,
    **manifest: Any,
) -> Run:
    """Write a run of exposure as a study would leave it."""
    worst = usual_worst() if worst is None else worst
    tables = make_tables(worst, places)
    folder.mkdir(parents=True)
    for name, columns in tables.items():
        write_rows(folder / f"{name}.parquet", columns)
    held = {
        "command": "exposure", "version": "0.1.0", "seed": None, "case": "Three islands",
        "case_hash": "0123456789abcdef" * 4, "first_day": "2026-04-01", "inputs": ["islands"],
        "seconds": 1.5, "warnings": [], "marking": "TLP:AMBER",
        "provenance_shares": {"not stated": 0.1, "real": 0.6, "synthetic": 0.3},
        "rows": {"services": services, "sites": 90, "needs": 400},
        "tables": {name: sorted(columns) for name, columns in tables.items()},
        "summary": {
            "on": "2026-04-01", "services": services, "site_rows": 90, "sites": 360.0,
            "people": services * PEOPLE_EACH,
            "people_counted_by": "services" if services else "sites", "need_share": 0.5,
            "worst": worst, "agreements_in_force": [],
            "down_before": {"now": [], "in time": ["old-exchange"], "resourced": []},
            "unknown_products": ["gallium"], "unplaced_lanes": ["sea-x"], "taken_away": 24,
            "near_misses": [
                {"kind": "plant", "id": "near", "name": "near", "services_lost": 2,
                 "people_lost": 2.0},
            ],
            "first_questions": [
                {"product": "radio", "fact": "bill", "narrows": 0.2, "words": "What is in it?"},
            ],
            "absent_tables": {"failures": "no probability can be given"},
        },
    } | manifest  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(held), encoding="utf-8")
    return Run(folder, held)


class Page(HTMLParser):
    """A page read back: its elements in order, its text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open) - WHOLE:
            self.texts[tag][-1] += data

    def having(self, tag: str, class_: str) -> list[dict[str, str | None]]:
        return [
            a for t, a in self.elements if t == tag and class_ in (a.get("class") or "").split()
        ]


def written(run: Run, out: Path) -> str:
    report([run], out)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("usual")
    report([make_run(folder / "run")], folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(usual: Path) -> Page:
    return Page(usual.read_text(encoding="utf-8"))


def test_the_page_needs_nothing_from_elsewhere(usual: Path) -> None:
    text = usual.read_text(encoding="utf-8")
    assert not re.search(r"https?:|\bsrc\s*=|url\(|@import|<link|<iframe|<img|\bimport\b", text)
    policy = next(a for tag, a in Page(text).elements if tag == "meta" and "http-equiv" in a)
    assert (policy["content"] or "").startswith(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    )


def test_the_page_is_in_order_for_every_reader(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert ("html", {"lang": "en"}) in page.elements
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert heads
    assert all(head.get("scope") for head in heads)
    assert len(page.texts["table"]) == len(page.texts["caption"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(a.get("href") or "").lstrip("#") for tag, a in page.elements if tag == "a"}
    assert targets <= set(ids)


def test_the_five_worst_are_told_now_and_in_time(page: Page) -> None:
    names = [text.strip() for text in page.texts["p"]]
    for cause in ("Japan jurisdiction", "cable-fiji lane", "ASML firm", "TSMC firm",
                  "Radio unit product", "Gallium product", "Sunda Strait passage"):  # fmt: skip
        assert cause in names
    assert not any(name.startswith("The sixth") for name in names)
    assert (
        "or any one of 4 more: EUV lithography (product), Netherlands (territory) and 2 more"
        in [text.strip() for text in page.texts["summary"]]
    )
    assert any("The sixth (firm)" in text for text in page.texts["table"])


def test_the_answer_is_one_sentence_in_plain_words(page: Page) -> None:
    assert any(
        text.replace("\xa0", " ").startswith(
            "Taking away Japan (jurisdiction) stops 4 of 12 services for 33 % of all users "
            "elsewhere at once. Once stocks, spares and support have run out, the loss of any "
            "one of ASML (firm), EUV lithography (product) and 3 more stops all 12 services for "
            "100 % of all users."
        )
        for text in page.texts["p"]
    )


def test_assumptions_gaps_and_made_up_rows_are_marked(page: Page) -> None:
    notes = [text.replace("\xa0", " ") for text in page.texts["p"] + page.texts["li"]]
    for note in (
        "Hangs on an assumption 5 to 9 services, 5 million to 9 million users, place 1 "
        "to 3 among all losses, as 30 to 80 % of a supply must be left.",
        "Not known who makes Gallium: taken as available.",
        "Synthetic rows 30 % of the rows of the case are made up; each reason says what it rests "
        "on.",
        "Counted outside the country itself; with it 6 services and 6 million users.",
        "Just as much with any maker allowed.",
        "Not examined with any maker allowed.",
        "The case has no failures: no probability can be given.",
        "1 product in use that nobody in the case makes, taken as available: gallium.",
        "1 lane by sea without a position at one end, so that no passage closes them: sea-x.",
    ):
        assert note in notes
    assert any("old-exchange" in note for note in notes)


def test_tables_hold_exact_numbers(page: Page) -> None:
    reach = next(text for text in page.texts["table"] if "18 rows of 18" in text)
    assert "12,000,000" in reach
    assert "75.00\xa0%" in reach


def test_every_place_has_a_circle(page: Page) -> None:
    drawn = [a for tag, a in page.elements if tag == "circle"]
    assert len(drawn) == 30 + 6
    assert len(page.having("figcaption", "caption")) == 1
    held = json.loads(next(t for t in page.texts["script"] if t.startswith("{")))
    assert len(held["captions"]) == len(held["drawn"]) == 9
    assert all(len(text) <= 30 for text in held["shares"])


def test_the_first_map_shows_the_loss_that_takes_the_most(page: Page) -> None:
    chosen = [a for tag, a in page.elements if tag == "option" and "selected" in a]
    assert [a["value"] for a in chosen] == ["2"]
    classes = {a["class"] for tag, a in page.elements if tag == "circle"}
    assert {"c0", "c1", "c2", "c5"} <= classes


def test_the_marking_is_on_the_page_and_on_paper(usual: Path, page: Page) -> None:
    assert page.having("strong", "tlp-amber")
    assert "TLP:AMBER" in page.texts["title"][0]
    assert '@top-right { content: "TLP:AMBER"' in usual.read_text(encoding="utf-8")


def test_of_several_runs_the_highest_marking_holds(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "a", marking="TLP:GREEN", case="North"),
            make_run(tmp_path / "b", marking="TLP:AMBER+STRICT", case="South")]  # fmt: skip
    report(runs, tmp_path / "both.html")
    page = Page((tmp_path / "both.html").read_text(encoding="utf-8"))
    assert page.texts["strong"][0] == "TLP:AMBER+STRICT"
    assert (page.texts["h1"] + page.texts["h2"])[:3] == [
        "North and South", "North", "South",
    ]  # fmt: skip
    assert len(page.texts["article"]) == 2
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "[/F99]", "\"&'", "</script><b>", "<!--", "]]>", "日本電気"],
)
def test_names_from_data_stay_text(tmp_path: Path, name: str) -> None:
    worst = {
        "now": [group([("firm", name, name)], 2)],
        "in time": [group([("product", f"p{name}", name), ("plant", name, "b")] * 3, 3)],
        "resourced": [],
    }
    run = make_run(tmp_path / "run", worst, case=name, warnings=[name], inputs=[name])
    page = Page(written(run, tmp_path / "out.html"))
    assert page.texts["h1"] == [name]
    # What the map and the tiers draw from, and the program.
    assert len(page.texts["script"]) == 3
    assert f"{name} firm" in page.texts["p"]
    assert name in page.texts["li"]
    held = json.loads(next(t for t in page.texts["script"] if t.startswith("{")))
    assert any(name in caption for caption in held["captions"])


def test_a_case_in_which_nothing_is_lost(tmp_path: Path) -> None:
    worst: dict[str, list[dict[str, Any]]] = {"now": [], "in time": [], "resourced": []}
    run = make_run(tmp_path / "run", worst, places=0)
    page = Page(written(run, tmp_path / "out.html"))
    assert "Nothing that was taken away stops a service, at once or in time." in page.texts["p"]
    assert page.texts["p"].count("Nothing is lost.") == 2
    assert not page.having("div", "map")
    assert "No loss is known by country." in page.texts["p"]


def test_places_without_a_loss_still_make_a_map(tmp_path: Path) -> None:
    worst: dict[str, list[dict[str, Any]]] = {"now": [], "in time": [], "resourced": []}
    page = Page(written(make_run(tmp_path / "run", worst, places=3), tmp_path / "out.html"))
    assert {a["class"] for tag, a in page.elements if tag == "circle"} >= {"c0"}


def test_a_case_without_services_is_counted_at_its_sites(tmp_path: Path) -> None:
    lost = group([("firm", "f", "Maker")], 0, sites=90.0)
    run = make_run(tmp_path / "run", {"now": [], "in time": [lost], "resourced": []}, services=0)
    page = Page(written(run, tmp_path / "out.html"))
    answer = next(text for text in page.texts["p"] if text.startswith("Nothing that"))
    assert answer == (
        "Nothing that was taken away stops a site at once. Once stocks, spares and support have "
        "run out, the loss of Maker (firm) stops 90 of 360 sites."
    )
    assert "25\xa0% of sites" in page.texts["span"]


def test_a_national_case_keeps_the_page_within_bounds(tmp_path: Path) -> None:
    worst = {
        horizon: [
            group([("firm", f"{horizon}-{rank}", f"Firm number {rank}"),
                   *[("plant", f"p{rank}-{i}", f"plant-{rank}-{i}") for i in range(30)]],
                  300 - rank)
            for rank in range(40)
        ]
        for horizon in HORIZONS
    }  # fmt: skip
    text = written(make_run(tmp_path / "run", worst, 4000, 300), tmp_path / "out.html")
    assert len(text.encode()) < 4_000_000
    page = Page(text)
    assert sum(tag == "circle" for tag, _ in page.elements) == 4006
    assert any("the first 2,000 stand here" in t.lower() for t in page.texts["caption"])


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert written(run, tmp_path / "a.html") == written(run, tmp_path / "b.html")


def test_what_cannot_be_reported_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    with pytest.raises(UsageError, match="at least one"):
        report([], tmp_path / "out.html")
    other = Run(run.folder, {**run.manifest, "command": "describe"})
    with pytest.raises(UsageError, match="'describe' has no report; exposure, stress, "):
        report([other], tmp_path / "out.html")
    with pytest.raises(UsageError, match="is a folder"):
        report([run], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_all_that_a_run_lacks_is_named_at_once(tmp_path: Path) -> None:
    whole = make_run(tmp_path / "run")
    summary = {k: v for k, v in whole.manifest["summary"].items() if k != "worst"}
    lacking = {**whole.manifest, "summary": summary, "marking": "secret"}
    out = tmp_path / "out.html"
    earlier = written(whole, out)
    (whole.folder / "places.parquet").unlink()
    (whole.folder / "losses.parquet").write_bytes(b"not a table")
    write_rows(whole.folder / "services.parquet", {"kind": np.zeros(1)})
    with pytest.raises(InputError) as caught:
        report([Run(whole.folder, lacking)], out)
    told = str(caught.value)
    assert "summary.worst" in told
    assert "'secret'" in told
    assert "places.parquet is missing" in told
    assert "losses.parquet cannot be read" in told
    assert "services.parquet horizon is missing" in told
    assert out.read_text(encoding="utf-8") == earlier


def test_a_file_that_is_no_report_is_left_as_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    for write, name in ((report, "sites.csv"), (workbook, "mine.xlsx")):
        mine = tmp_path / name
        mine.write_text("site\nhill\n", encoding="utf-8")
        with pytest.raises(UsageError, match="is left as it is: choose another --out"):
            write([run], mine)
        assert mine.read_text(encoding="utf-8") == "site\nhill\n"
        mine.unlink()
        write([run], mine)
        first = mine.read_bytes()
        write([run], mine)
        # A workbook holds the second in which it was written, packed: a byte more or less.
        assert abs(len(mine.read_bytes()) - len(first)) <= 16


def test_a_run_of_another_edition_is_refused(tmp_path: Path) -> None:
    worst = usual_worst()
    del worst["now"][0]["people_elsewhere"]
    with pytest.raises(InputError, match=r"summary\.worst\.people_elsewhere is missing"):
        report([make_run(tmp_path / "run", worst)], tmp_path / "out.html")
    assert not (tmp_path / "out.html").exists()


def test_the_command_line_tells_the_same_in_plain_text(tmp_path: Path) -> None:
    manifest = make_run(tmp_path / "run").manifest
    lines = [line.replace("\xa0", " ") for line in worst_lines(manifest)]
    assert lines[0] == one_sentence(manifest).replace("\xa0", " ")
    assert "4 of 12 services for 33 % of all users elsewhere at once." in lines[0]
    assert lines[2:4] == [
        "At once:",
        "  1. Japan (jurisdiction): 4 of 12 services, 4 million users elsewhere",
    ]
    assert "  2. TSMC (firm): 9 of 12 services, 9 million users (hangs on an assumption)" in lines
    assert sum(line.startswith("  ") for line in lines) == 7
    assert not any("sixth" in line for line in lines)


def test_passages_say_how_much_longer_lanes_get(page: Page) -> None:
    cells = page.texts["td"] + page.texts["th"]
    for cell in ("Sunda Strait", "640", "1,200", "2.0", "panama", "not measured"):
        assert cell in cells


def test_causes_of_one_loss_are_told_together(tmp_path: Path) -> None:
    two = group([("firm", "e", "Ericsson"), ("jurisdiction", "SWE", "Sweden")], 3)
    same = group([("firm", "s", "Samsung"), ("control", "s", "Samsung")], 2)
    alike = group([("plant", "p1", "Gumi"), ("plant", "p2", "Gumi"), ("lane", "x", "x")], 1)
    worst = {"now": [two, same, alike], "in time": [], "resourced": []}
    lines = worst_lines(make_run(tmp_path / "run", worst).manifest)
    assert [line.partition(": ")[0].strip() for line in lines[3:6]] == [
        "1. either Ericsson (firm) or Sweden (jurisdiction)",
        "2. Samsung (firm or subsidiaries)",
        "3. any one of Gumi, p1 (plant), Gumi, p2 (plant) and 1 more",
    ]


def test_nothing_lost_is_told_in_plain_text(tmp_path: Path) -> None:
    manifest = make_run(tmp_path / "run", {"now": [], "in time": [], "resourced": []}).manifest
    lines = worst_lines(manifest)
    assert lines[2:5] == ["At once: nothing is lost", "", "In time: nothing is lost"]


def test_tables_are_told_in_lines_of_one_width() -> None:
    entries = [
        {"table": "sites", "rows": 12345, "provenance": {"real": 0.25, "synthetic": 0.75}},
        {"table": "needs", "rows": 7, "provenance": {"not stated": 1.0}},
    ]
    assert [line.replace("\xa0", " ") for line in table_lines(entries)] == [
        "sites  12,345 rows  75 % synthetic, 25 % real",
        "needs       7 rows  100 % not stated",
    ]
    assert table_lines([]) == []


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_a_network(
    browser: Any, usual: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    told: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    tab.on("pageerror", lambda error: told.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(usual.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert told == []
    assert asked == [usual.as_uri()]
    context.close()


def test_choosing_a_loss_colours_the_map(browser: Any, usual: Path) -> None:
    tab = browser.new_page()
    tab.goto(usual.as_uri())
    classes = "[...document.querySelectorAll('.places circle')].map((c) => c.className.baseVal)"
    title = "document.querySelector('.places circle title').textContent"
    before, first = tab.evaluate(classes), tab.evaluate(title)
    tab.locator(".map .chooser select").select_option(label="2. TSMC (firm)")
    after = tab.evaluate(classes)
    assert len(after) == 30
    assert after != before
    assert "TSMC" in tab.locator(".map .caption").inner_text()
    assert tab.evaluate(title) != first
    tab.close()


def test_the_table_is_sorted_and_filtered(browser: Any, usual: Path) -> None:
    tab = browser.new_page()
    tab.goto(usual.as_uri())
    table = tab.locator(".reach table")
    rows = "[...document.querySelectorAll('.reach tbody tr')].filter((r) => !r.hidden)"
    people = f"{rows}.map((r) => +r.cells[5].textContent.replaceAll(',', ''))"
    table.get_by_role("button", name="People", exact=True).click()
    assert tab.evaluate(people) == sorted(tab.evaluate(people), reverse=True)
    table.get_by_role("button", name="People", exact=True).click()
    assert tab.evaluate(people) == sorted(tab.evaluate(people))
    tab.get_by_label("Name contains").fill("sunda")
    assert tab.evaluate(f"{rows}.map((r) => r.cells[0].textContent)") == ["Sunda Strait"]
    assert tab.locator(".filters output").inner_text() == "1 of 18 rows"
    tab.get_by_label("Name contains").fill("")
    tab.get_by_label("When").select_option("At once")
    assert tab.evaluate(f"{rows}.length") == 2
    tab.close()


def test_it_reads_without_scripts_and_prints(browser: Any, usual: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(usual.as_uri())
    assert not any(chooser.is_visible() for chooser in tab.locator(".chooser").all())
    assert not tab.locator(".filters").is_visible()
    assert tab.locator(".places circle").count() == 30
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    context.close()
