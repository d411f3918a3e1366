"""Down every tier: what is told is what the tables say, for each function, with any names."""

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indranet.runs.findings import Answer, Losses
from indranet.runs.markup import Html, element
from indranet.runs.tiers_section import tiers_section

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
NOTHING = Losses({}, {})

Rows = Sequence[Sequence[Any]]

# A radio unit is chips (4/7) and a board (3/7). Chips are made in Taiwan (70) and Korea (30); the
# board's maker and bill are unknown. A chip is a wafer (.4) and a gas (4/7 - .4), which ends. The
# wafer is made in Taiwan (.28), the rest of it nobody knows where.
CHIP, BOARD, GAS = 4 / 7, 3 / 7, 4 / 7 - 0.4
RADIO: list[Mapping[str, Mapping[str, float]]] = [
    {
        "component": {"radio": 1.0},
        "maker": {"north": 0.6, "south": 0.4},
        "seat": {"FIN": 1.0},
        "territory": {"FIN": 1.0},
        "passage": {"none": 1.0},
    },
    {
        "component": {"chip": CHIP, "board": BOARD},
        "maker": {"fab": CHIP, "unknown": BOARD},
        "seat": {"TWN": CHIP, "unknown": BOARD},
        "territory": {"TWN": 0.4, "KOR": CHIP - 0.4, "unknown": BOARD},
        "passage": {"malacca;suez": 0.4, "none": CHIP - 0.4, "unknown": BOARD},
    },
    {
        "component": {"wafer": 0.4, "gas": GAS, "unknown": BOARD},
        "maker": {"fab": 0.4 + GAS, "unknown": BOARD},
        "seat": {"TWN": 0.4 + GAS, "unknown": BOARD},
        "territory": {"TWN": 0.28, "UKR": GAS, "unknown": BOARD + 0.12},
        "passage": {"unknown": 1.0},
    },
    {
        "component": {"sand": 0.4, "ends": GAS, "unknown": BOARD},
        "maker": {"mine": 0.4, "ends": GAS, "unknown": BOARD},
        "seat": {"USA": 0.4, "ends": GAS, "unknown": BOARD},
        "territory": {"USA": 0.28, "ends": GAS, "unknown": BOARD + 0.12},
        "passage": {"ends": GAS, "unknown": 0.4 + BOARD},
    },
    {
        by: {"ends": CHIP, "unknown": BOARD}
        for by in ("component", "maker", "seat", "territory", "passage")
    },
]
RADIO_STEPS: Rows = [
    (0, "radio", "chip", CHIP), (0, "radio", "board", BOARD), (1, "chip", "wafer", 0.4),
    (1, "chip", "gas", GAS), (1, "board", "unknown", BOARD), (2, "wafer", "sand", 0.4),
    (2, "gas", "ends", GAS), (3, "sand", "ends", 0.4),
]  # fmt: skip
DARK: list[Mapping[str, Mapping[str, float]]] = [
    {by: {"unknown": 1.0} for by in ("component", "maker", "seat", "territory", "passage")}
]
KNOWN: list[Mapping[str, Mapping[str, float]]] = [
    {
        "component": {"core": 1.0},
        "maker": {"north": 1.0},
        "seat": {"FIN": 1.0},
        "territory": {"FIN": 1.0},
        "passage": {"none": 1.0},
    }
]
NAMES = {
    ("product", "radio"): "Radio unit",
    ("product", "chip"): "Chip",
    ("product", "board"): "Board",
    ("firm", "op"): "The operator",
    ("firm", "fab"): "Fab",
    ("country", "TWN"): "Taiwan",
    ("country", "KOR"): "Korea",
    ("country", "FIN"): "Finland",
    ("country", "USA"): "United States",
    ("passage", "malacca"): "Strait of Malacca",
    ("passage", "suez"): "Suez Canal",
}


class Case:
    """A run in the making: what each function divides into, tier by tier."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Sequence[Any]]] = {
            name: [] for name in ("shares", "concentration", "unknowns", "steps", "spend")
        }
        self.questions: list[dict[str, Any]] = []

    def add(
        self,
        function: str,
        tiers: Sequence[Mapping[str, Mapping[str, float]]],
        steps: Rows = (),
        unknowns: Rows = (),
        spend: float = 1.0,
        operator: str = "op",
    ) -> "Case":
        for of in ("", operator):
            for tier, views in enumerate(tiers):
                for by, shares in views.items():
                    key = (of, function, tier, by)
                    self.rows["shares"] += [(*key, i, share) for i, share in shares.items()]
                    self.rows["concentration"] += concentrated(key, shares)
            for *row, share, narrows in unknowns:
                left = 1 - tiers[row[0]][row[1]].get("ends", 0.0)
                self.rows["unknowns"].append((of, function, *row, share, left, narrows))
        self.rows["steps"] += [(function, *row) for row in steps]
        self.rows["spend"].append((operator, function, spend))
        return self

    def answer(
        self, names: Mapping[tuple[str, str], str] = NAMES, shuffled: int | None = None
    ) -> Answer:
        columns = {
            "shares": "operator function tier:i by id share:f",
            "concentration": "operator function tier:i by hhi_low:f hhi_high:f unknown:f left:f "
            "top "
            "top_share:f",
            "unknowns": "operator function tier:i by product fact share:f left:f narrows:f",
            "steps": "function tier:i product component share:f",
            "spend": "operator function share:f",
        }
        tables = {name: stacked(self.rows[name], words) for name, words in columns.items()}
        if shuffled is not None:
            around = np.random.default_rng(shuffled)
            for table in tables.values():
                order = around.permutation(len(next(iter(table.values()))))
                table.update({name: values[order] for name, values in table.items()})
        return Answer(
            {}, {"first_questions": self.questions}, {}, NOTHING, NOTHING, NOTHING, NOTHING,
            NOTHING, tables, names,
        )  # fmt: skip


def concentrated(
    key: tuple[str, str, int, str], shares: Mapping[str, float]
) -> list[tuple[Any, ...]]:
    """Return the range of the index of what has not ended; none where all has."""
    left = 1 - shares.get("ends", 0.0)
    if left < 1e-12:
        return []
    known = {i: share / left for i, share in shares.items() if i not in {"unknown", "ends"}}
    unknown = shares.get("unknown", 0.0) / left
    top = max(known, key=lambda i: known[i], default="")
    low, most = sum(share**2 for share in known.values()), known.get(top, 0.0)
    return [(*key, low, low - most**2 + (most + unknown) ** 2, unknown, left, top, most)]


def stacked(rows: Rows, columns: str) -> dict[str, Any]:
    """Return rows as columns; names that end in a colon and f or i are numbers."""
    table: dict[str, Any] = {}
    for at, column in enumerate(columns.split()):
        name, _, kind = column.partition(":")
        dtype = {"f": np.float64, "i": np.int64}.get(kind, object)
        table[name] = np.array([row[at] for row in rows], dtype=dtype)
    return table


def radio_case() -> Case:
    unknowns = [
        (1, "maker", "board", "maker", BOARD, 0.5265), (1, "seat", "board", "maker", BOARD, 0.5),
        (2, "component", "board", "bill", BOARD, 0.25), (1, "seat", "chip", "cost", 0.1, -1e-16),
    ]  # fmt: skip
    case = Case().add("RU", RADIO, RADIO_STEPS, unknowns, spend=0.75)
    case.questions = [
        {"product": "board", "fact": "maker", "narrows": 0.5, "words": "Which firm makes Board?"}
    ]
    return case.add("AMF", KNOWN, spend=0.25)


class Page(HTMLParser):
    """The section read back: every element is closed, and each has its own text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        name, attributes, parts = self.open.pop()
        assert name == tag
        self.found.append((tag, attributes, "".join(parts)))

    def handle_data(self, data: str) -> None:
        for _, _, parts in self.open:
            parts.append(data.replace("\xa0", " "))

    def texts(self, tag: str, class_: str = "") -> list[str]:
        return [
            text
            for name, attributes, text in self.found
            if name == tag and (not class_ or class_ in (attributes.get("class") or "").split())
        ]


def page_of(case: Case) -> Page:
    return Page(tiers_section(case.answer(), "run1", 3))


@pytest.fixture(scope="module")
def page() -> Page:
    return page_of(radio_case())


def rows_of(text: str, part: str) -> list[list[str]]:
    """Return the lines of each cell of a table, joined by a stroke."""
    body = text.partition(f'data-part="{part}">')[2].partition("</tbody>")[0]
    return [
        [
            "|".join(line.split("<")[0] for line in cell.split("<span>")[1:]).replace("\xa0", " ")
            for cell in row.replace("<th", "<td").split("<td")[1:]
        ]
        for row in body.split("<tr>")[1:]
    ]


def test_the_sentence_tells_what_is_unknown_what_has_ended_and_where_the_rest_is_made(
    page: Page,
) -> None:
    assert page.texts("p", "told") == [
        "Three tiers down, 43 % of what is spent on radio units (RU) goes into what the case does "
        "not know and 17 % has ended in materials and tools. Of the other 40 %, the largest part "
        "is made in United States: 28 % of the whole; for 30 % the place is not known."
    ]


def test_functions_are_chosen_by_spend_the_largest_first(page: Page) -> None:
    assert page.texts("option") == [
        "Radio units (RU): 75 % of spend",
        "Access and mobility management (AMF): 25 % of spend",
    ]
    chooser = next(a for name, a, _ in page.found if name == "p" and a.get("class") == "chooser")
    assert "hidden" in chooser


def test_each_tier_has_its_largest_its_range_and_what_is_not_known() -> None:
    rows = rows_of(tiers_section(radio_case().answer(), "run1", 3), "tiers")
    # At tier 1 the index of territories is .1894 to .7159, worked out in the design.
    assert rows[1] == [
        "Tier 1", "Chip, 57 %|HHI 0.51", "Fab, 57 %|HHI 0.33 to 1.00|43 % not known",
        "Taiwan, 57 %|HHI 0.33 to 1.00|43 % not known",
        "Taiwan, 40 %|HHI 0.19 to 0.72|43 % not known",
        "Strait of Malacca, Suez Canal, 40 %|HHI 0.19 to 0.72|43 % not known", "0 %", "0 %",
    ]  # fmt: skip
    assert rows[2][1:2] + rows[2][4:] == [
        "wafer, 40 %|HHI 0.19 to 0.72",
        "Taiwan, 28 %|HHI 0.11 to 0.72|55 % not known",
        "not known|HHI 0.00 to 1.00", "43 %", "0 %",
    ]  # fmt: skip
    assert rows[4] == ["Tier 4", *["not known|HHI 0.00 to 1.00"] * 5, "43 %", "57 %"]
    assert len(rows) == 5


def test_all_shares_of_a_tier_stand_in_a_block_largest_first() -> None:
    rows = rows_of(tiers_section(radio_case().answer(), "run1", 3), "shares")
    assert rows[1][4] == "40 % Taiwan|17 % Korea|43 % not known"
    assert rows[3][1] == "40 % sand|43 % not known|17 % ended"


def test_every_ribbon_stands_in_a_table_and_what_is_gone_is_carried_on() -> None:
    rows = rows_of(tiers_section(radio_case().answer(), "run1", 3), "moves")
    assert sorted(rows, key=lambda row: row[1]) == [
        ["Radio unit", "0", "Chip", "57 %"], ["Radio unit", "0", "Board", "43 %"],
        ["Chip", "1", "wafer", "40 %"], ["Chip", "1", "gas", "17 %"],
        ["Board", "1", "Not known", "43 %"], ["wafer", "2", "sand", "40 %"],
        ["gas", "2", "Ended", "17 %"], ["Not known", "2", "Not known", "43 %"],
        ["sand", "3", "Ended", "40 %"], ["Ended", "3", "Ended", "17 %"],
        ["Not known", "3", "Not known", "43 %"],
    ]  # fmt: skip


def test_what_to_ask_first_says_how_much_it_narrows(page: Page) -> None:
    whole, own = page.texts("ol", "asks")
    rows = radio_case().answer().tables["concentration"]
    width = rows["left"] * (rows["hhi_high"] - rows["hhi_low"])
    ru = float(width[(rows["function"] == "RU") & (rows["operator"] == "")].sum())
    # The whole case is one operator: its radio units are three quarters of its spend.
    assert f"narrower by {50 / (0.75 * ru):.1f}".removesuffix(".0") in whole
    assert whole.startswith("Which firm makes Board")
    assert own.startswith("Which firm makes Board43 % of this money hangs on it, from tier 1 on.")
    assert f"narrower by {102.65 / ru:.1f} % or more" in own
    assert "What Board is made of" in own
    assert "Chip" not in own


def test_each_operator_has_its_largest_territory_shaded_by_its_share() -> None:
    text = tiers_section(radio_case().answer(), "run1", 3)
    assert rows_of(text, "operators") == [
        ["The operator", "100 %", "Taiwan 40 %", "43 %", "Taiwan 28 %", "55 %",
         "United States 28 %", "55 %", "\u2013", "43 %"],
    ]  # fmt: skip
    assert '<td class="s2"><span>Taiwan 40' in text


def test_small_components_stand_together() -> None:
    parts = {f"p{at:02}": 0.02 for at in range(20)} | {"big": 0.5995, "dust": 0.0005}
    first = {"component": {"whole": 1.0}, "territory": {"FIN": 1.0}}
    views = {by: {"unknown": 1.0} for by in ("maker", "seat", "passage")}
    tiers = [{**first, **views}, {"component": parts, "territory": {"FIN": 1.0}, **views}]
    steps = [(0, "whole", part, share) for part, share in parts.items()]
    page = page_of(Case().add("RU", tiers, steps))
    titles = page.texts("title")
    assert "13 others: 24 %" not in titles
    assert "14 others: 26 %" in titles
    assert "whole to 14 others: 26 %" in titles
    assert "big: 60 %" in titles


def test_a_function_with_one_tier_is_told() -> None:
    page = page_of(Case().add("router", KNOWN))
    assert page.texts("p", "told") == [
        "At tier 0, the case knows what all of what is spent on routers goes into. Of it, the "
        "largest part is made in Finland: 100 % of the whole."
    ]
    assert page.texts("title") == ["core: 100 %"]


def test_a_function_of_which_all_is_unknown_is_told() -> None:
    page = page_of(Case().add("RU", DARK))
    assert page.texts("p", "told") == [
        "At tier 0, all of what is spent on radio units (RU) goes into what the case does not know."
    ]
    assert page.texts("title") == ["Not known: 100 %"]


@pytest.mark.parametrize(("known", "down"), [(1, "One tier"), (2, "Two tiers")])
def test_where_all_turns_dark_the_sentence_says_so(known: int, down: str) -> None:
    steps = [(tier, "core", "core", 1.0) for tier in range(known - 1)]
    steps.append((known - 1, "core", "unknown", 1.0))
    page = page_of(Case().add("OSS", [*KNOWN * known, *DARK], steps))
    assert page.texts("p", "told") == [
        f"{down} down, all of what is spent on operations support (OSS) goes into what the "
        "case does not know."
    ]


def test_a_case_without_equipment_says_so() -> None:
    assert tiers_section(Case().answer(), "run1", 3) == (
        "<p>No equipment is installed at a site of the case, so there are no tiers to tell.</p>"
    )


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "</script><b>", "日本電気"])
def test_names_from_data_stay_text(name: str) -> None:
    named = dict.fromkeys(NAMES, name)
    page = Page(tiers_section(radio_case().answer(named), "run1", 3))
    assert len(page.texts("script")) == 1
    assert f"{name} to {name}: 57 %" in page.texts("title")
    held = json.loads(page.texts("script")[0])
    assert held["operators"]["held"][0][0][0] == name


def test_headings_tables_and_boxes_are_in_order_for_every_reader(page: Page) -> None:
    assert [n for n, _, _ in page.found if n in {"h3", "h4"}] == ["h3", "h3", "h4", "h4"]
    assert len(page.texts("table")) == len(page.texts("caption")) == 4
    assert all(a.get("scope") for name, a, _ in page.found if name == "th")
    pictures = [a for name, a, _ in page.found if name == "svg" and "aria-hidden" not in a]
    assert [a.get("role") for a in pictures] == ["img"]
    assert all(a.get("aria-label") for a in pictures)
    label = next(a for name, a, _ in page.found if name == "label")
    assert label["for"] == "run1-function"


def test_what_functions_have_in_common_is_held_once() -> None:
    case = Case().add("RU", RADIO, RADIO_STEPS, spend=0.5)
    case.add("DU", RADIO, RADIO_STEPS, spend=0.3).add("AMF", KNOWN, spend=0.2)
    held = json.loads(page_of(case).texts("script")[0])
    assert [name for name, _ in held["functions"]] == [
        "radio units (RU)", "distributed units (DU)", "access and mobility management (AMF)",
    ]  # fmt: skip
    for part in ("flow", "tiers", "shares", "operators"):
        assert held[part]["of"] == [0, 0, 1]
        assert len(held[part]["held"]) == 2


def test_the_same_run_gives_the_same_bytes_in_any_order_of_rows() -> None:
    alike = {by: {f"{by}-{at}": 0.25 for at in "abcd"} for by in KNOWN[0]}
    steps = [(0, f"component-{at}", "unknown", 0.25) for at in "abcd"]
    case = radio_case().add("UPF", [alike, *DARK], steps, spend=0.75)
    first = tiers_section(case.answer(), "run1", 3)
    assert "maker-a, 25\u00a0%" in first
    assert tiers_section(case.answer(), "run1", 3) == first
    for seed in range(5):
        assert tiers_section(case.answer(shuffled=seed), "run1", 3) == first


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def file(name: str) -> Html:
        return Html(resources.files("indranet.runs").joinpath(name).read_text(encoding="utf-8"))

    out = tmp_path_factory.mktemp("tiers") / "page.html"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("style", file("report.css"), file("tiers_section.css")),
    )
    section = tiers_section(radio_case().answer(), "run1", 3)
    body = element("body", element("main", section), element("script", file("tiers_section.js")))
    page = element("html", head, body, lang="en")
    out.write_text(f"<!DOCTYPE html>\n{page}", encoding="utf-8")
    return out


@pytest.mark.parametrize("width", [1280, 360])
def test_a_browser_shows_it_within_the_page_and_without_complaint(
    browser: Any, written: Path, width: int
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 800})
    told: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    tab.on("pageerror", lambda error: told.append(str(error)))
    tab.goto(written.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    tab.get_by_label("What the money is spent on").select_option(index=1)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert told == []
    tab.close()


def test_choosing_a_function_shows_it_and_choosing_back_draws_the_same(
    browser: Any, written: Path
) -> None:
    tab = browser.new_page()
    tab.goto(written.as_uri())
    whole = "document.querySelector('.tiers').innerHTML"
    before = tab.evaluate(whole)
    choice = tab.get_by_label("What the money is spent on")
    choice.select_option(index=1)
    assert "management (AMF)" in tab.locator(".told").inner_text()
    assert tab.locator(".drawing svg g.node").count() == 1
    assert tab.locator("[data-part=tiers] tr").count() == 1
    assert tab.locator(".tiers .without").is_visible()
    assert set(tab.locator(".tiers .function").all_text_contents()) == {
        "access and mobility management (AMF)"
    }
    choice.select_option(index=0)
    assert tab.evaluate(whole) == before
    tab.close()


def test_it_reads_without_scripts(browser: Any, written: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(written.as_uri())
    assert not tab.locator(".chooser").is_visible()
    assert tab.locator(".drawing svg g.ribbon").count() == 11
    assert tab.get_by_text("Without scripts").is_visible()
    assert tab.locator("[data-part=tiers] tr").count() == 5
    context.close()
