"""What countries can make alone, in the report: every figure as in the tables of the run."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.made_up import network_of
from tests.runs.sections import answer_of, parsed, tables, text, texts

from indranet.model.case import read
from indranet.runs.findings import Answer
from indranet.runs.markup import Html, joined
from indranet.runs.only_section import only_lead, only_section

CASE = Path(__file__).resolve().parent.parent / "cases" / "partners_alone"
NONE = "\u2013"
AMF = "access and mobility management (AMF)"
BARE = "not known: what is in it is not listed"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    network, folder = read(CASE), tmp_path_factory.mktemp("runs")
    return {
        asked: answer_of(network, folder / asked, by=["firm"], only=asked.split("-"))
        for asked in ("AAA-BBB", "AAA", "AAA-BBB-CCC")
    }


@pytest.fixture(scope="module")
def both(answers: dict[str, Answer]) -> Answer:
    return answers["AAA-BBB"]


def whole(answer: Answer, level: int) -> Html:
    """Return the lead of the report and what stands behind it."""
    return joined([*only_lead(answer), only_section(answer, level)])


def with_tables(answer: Answer, **changed: Mapping[str, Any]) -> Answer:
    """Return an answer with some columns of some tables replaced."""
    return replace(
        answer,
        tables={
            **answer.tables,
            **{
                name: {
                    **answer.tables[name],
                    **{
                        column: np.array(values, dtype=None if values else object)
                        for column, values in columns.items()
                    },
                }
                for name, columns in changed.items()
            },
        },
    )


def test_the_matrix_is_as_worked_by_hand(both: Answer) -> None:
    assert tables(parsed(whole(both, 3)))[0] == [
        ["Layer", "AlandAAA", "BlandBBB", "Together"],
        ["Access", "1 of 1 none whole", NONE, "0 of 1"],
        ["Core", NONE, NONE, "0 of 1"],
        ["Management", "1 of 1 none whole", NONE, "1 of 1"],
        ["Transport", "1 of 1 none whole", NONE, "0 of 1"],
        ["Compute", NONE, "1 of 1 none whole", "1 of 1"],
        ["Boards and chips", "2 of 8 1 unlisted", "2 of 8 1 unlisted", "0 of 8 2 unlisted"],
        ["Other software", "1 of 1 none whole", NONE, "1 of 1"],
        ["All layers", "6 of 14 1 unlisted", "3 of 14 1 unlisted", "3 of 14 2 unlisted"],
    ]


def test_the_last_row_counts_what_the_summary_counts(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        asked = answer.summary["only"]
        *_, together = tables(parsed(whole(answer, 3)))[0][-1]
        sure, bare = asked["listed"], asked["made"] - asked["listed"]
        words = f"{sure} of {asked['products']}" + (f" {bare} unlisted" if bare else "")
        assert together == words


def test_shades_say_which_part_can_be_made_whole(both: Answer) -> None:
    grid = next(parsed(whole(both, 3)).iter("table"))
    classes = {text(row[0]): [cell.get("class") for cell in row[1:]] for row in grid.iter("tr")}
    assert classes["Access"] == [None, "none", None]
    assert classes["Management"] == [None, "none", "s5"]
    assert classes["Boards and chips"] == [None, None, None]
    assert classes["All layers"] == [None, None, "s1"]


def test_each_number_of_the_matrix_names_its_products(both: Answer) -> None:
    section = parsed(whole(both, 3))
    titles = [cell.get("title") for cell in section.iter("td") if cell.get("title")]
    assert "Lead battery and Tower" in titles
    listing = tables(section)[1]
    assert listing[0] == ["Layer", "Where", "Products"]
    assert ["Boards and chips", "Aland", "Lead battery and Tower"] in listing
    assert ["Boards and chips", "Whole, or unlisted", "Lead battery and Lithium battery"] in listing
    assert ["Core", "Aland", ""] not in listing


def test_what_is_lacking_says_what_would_make_it(both: Answer) -> None:
    rows = tables(parsed(whole(both, 3)))[2][1:]
    assert rows == [
        ["Logic chip (packaged)", "3", "2", "any one of chip-bbb, chip-ccc"],
        ["Ghost Not known", "2", "1", "nobody in the case makes Ghost"],
        ["Mobile core", "0", "1", "its maker, rival"],
        ["Antenna", "0", "0", "antenna-ccc"],
        ["Mast Not known", "0", "0", "mast-aaa"],
    ]


def test_what_a_lacking_product_lacks_besides_is_counted(answers: dict[str, Answer]) -> None:
    rows = {row[0]: row[3] for row in tables(parsed(whole(answers["AAA"], 3)))[2]}
    assert rows["Board"] == "any one of board-bbb, board-ccc; besides it lacks 1 other thing"
    assert rows["Mobile core"] == "its maker, rival; besides it lacks 1 other thing"


def test_functions_say_what_is_missing(both: Answer) -> None:
    rows = tables(parsed(whole(both, 3)))[3]
    assert rows[0] == [
        "Function", "Can be made", "Products that can", "Units a quarter", "What is missing",
    ]  # fmt: skip
    radio = "Radio unit: Logic chip (packaged) Logic chip (packaged): any one of chip-bbb, chip-ccc"
    assert rows[1:] == [
        ["radio units (RU)", "no", "0 of 1", "none", radio.replace(") L", ")L", 1)],
        [AMF, "no", "0 of 1", "none", "Mobile core: rival (maker)"],
        ["element management (EMS)", "yes", "1 of 1", "5,475", "nothing"],
        ["routers", "no", "0 of 1", "none", "nobody in the case makes Ghost"],
        ["servers", "yes", "1 of 1", "2,738", "nothing"],
    ]


def test_functions_of_which_the_same_is_said_stand_together(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        countries={"country": ["AAA"]},
        products={"product": ["core"], "kind": ["software"], "function": ["AMF"]},
        sites={"site": ["s"]},
        equipment={"site": ["s", "s"], "function": ["SMF", "UPF"], "product": ["core", "core"]},
    )
    answer = answer_of(network, tmp_path / "run", by=["firm"], only=["AAA"])
    section = parsed(whole(answer, 3))
    functions, products = tables(section)[2:]
    assert functions[1:] == [
        [
            f"{AMF}, session management (SMF) and the user plane (UPF)",
            BARE,
            "1 of 1",
            "no limit known",
            "nothing",
        ],
    ]
    assert products[1][:4] == ["core", BARE, "no limit known", NONE]
    assert tables(section)[0][0] == ["Layer", "AAAAAA", "Made whole"]
    assert any(p.startswith("Kept are the plants that stand in this") for p in texts(section, "p"))


def test_every_product_is_told_as_in_its_table(answers: dict[str, Answer]) -> None:
    section = parsed(whole(answers["AAA"], 3))
    assert "Every product: 14 products" in texts(section, "summary")
    rows = {row[0]: row[1:] for row in tables(section)[4]}
    assert rows["Lead battery"] == [BARE, "2,190", "itself", "nothing is missing", NONE]
    able, units, bound, restored, sets = rows["Radio unit"]
    assert (able, units, bound, sets) == ("no", "none", NONE, "4")
    assert restored == (
        "Logic chip (packaged) and Board"
        "Logic chip (packaged): any one of chip-bbb, chip-ccc"
        "Board: any one of board-bbb, board-ccc"
    )
    assert rows["Tower"] == [
        "not known", "none", NONE, "nothing would: nobody in the case makes Ghost", NONE,
    ]  # fmt: skip
    with_third = tables(parsed(whole(answers["AAA-BBB-CCC"], 3)))[4]
    assert ["Radio unit", BARE, "730", "Lead battery", "nothing is missing", NONE] in with_third


def test_bills_that_are_not_listed_are_marked(both: Answer) -> None:
    section = parsed(whole(both, 3))
    said = [p for p in texts(section, "p") if p.startswith("Not known")]
    assert said == [
        "Not known what Lead battery and Lithium battery are made of, down to the last tier. "
        "Nothing that is listed is lacking, so each of them might be made whole."
    ]
    marked = [row[0] for row in tables(section)[-1] if row[1] == BARE]
    assert marked == ["Lead battery", "Lithium battery"]
    only = both.tables["only"]
    whole_bills = with_tables(both, only={"listed": only["can_be_made"].tolist()})
    told = texts(parsed(whole(whole_bills, 3)), "p")
    assert not any(p.startswith("Not known") for p in told)


def test_more_than_twelve_lacking_products_stand_in_a_block(both: Answer) -> None:
    lacking = {
        "product": ["chip"] * 14, "products": list(range(14, 0, -1)), "functions": [0] * 14,
        "unknown": [False] * 14,
    }  # fmt: skip
    section = parsed(whole(with_tables(both, only_lacking=lacking), 3))
    assert "2 more products without a maker that takes part" in texts(section, "summary")
    first, rest = tables(section)[2:4]
    assert [row[1] for row in first[1:] + rest[1:]] == [str(n) for n in range(14, 0, -1)]
    assert len(first) == 13


def test_nothing_lacking_is_said_in_words(both: Answer) -> None:
    none: dict[str, list[Any]] = {c: [] for c in ("product", "products", "functions", "unknown")}
    section = parsed(whole(with_tables(both, only_lacking=none), 3))
    assert "Every product of the case has a maker among them." in texts(section, "p")


def test_a_case_without_products_says_so(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", countries={"country": ["AAA"]})
    answer = answer_of(network, tmp_path / "run", by=["firm"], only=["AAA"])
    section = parsed(only_section(answer, 3))
    assert texts(section, "p") == ["The case has no products, so there is nothing to make."]
    assert not tables(section)


@pytest.mark.parametrize(
    ("missing", "size", "told"),
    [
        ("57 plants and makers", 57, "57 plants and makers"),
        ("odd; id: one of a, b", 1, "odd; id: one of a, b"),
        ("one way: chip: chip-ccc", 1, "Logic chip (packaged) (enough; fewer may do)"),
        ("chip: x or board: y", 1, "Logic chip (packaged)"),
        ("firm:rival; chip: x", 2, "Logic chip (packaged) and rival (maker)"),
    ],
)
def test_what_is_missing_is_read_only_where_it_can_be(
    both: Answer, missing: str, size: int, told: str
) -> None:
    only = both.tables["only"]
    at = only["product"].tolist().index("board")
    changed = {
        "missing": [*only["missing"]], "restored_by": [*only["restored_by"]],
        "sets": [*only["sets"]],
    }  # fmt: skip
    changed["missing"][at], changed["restored_by"][at] = missing, size
    changed["sets"][at] = 10**18
    rows = {
        row[0]: row[-2:] for row in tables(parsed(whole(with_tables(both, only=changed), 3)))[-1]
    }
    assert rows["Board"][0].startswith(told)
    assert rows["Board"][1] == "over a trillion"
    if " or " in missing:
        assert rows["Board"][0] == "Logic chip (packaged)Logic chip (packaged): xorBoard: y"


def test_many_countries_stand_by_their_codes(both: Answer) -> None:
    codes = [f"C{i:02d}" for i in range(9)]
    cells = {
        "layer": ["access"] * 10, "country": [*codes, ""], "made": [1] * 10, "alone": [0] * 10,
        "listed": [0] * 10, "of": [2] * 10, "products": ["radio"] * 10,
    }  # fmt: skip
    asked = {**both.summary["only"], "countries": codes, "names": [f"Land {c}" for c in codes]}
    answer = replace(with_tables(both, only_layers=cells), summary={**both.summary, "only": asked})
    section = parsed(whole(answer, 3))
    assert tables(section)[0][0] == ["Layer", *codes, "Together"]
    assert [a.get("title") for a in section.iter("abbr")] == asked["names"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"&'", "</td>", "日本電気"])
def test_names_from_data_stay_text(both: Answer, name: str) -> None:
    asked = {**both.summary["only"], "names": [name, "Bland"]}
    answer = replace(
        both,
        names=dict.fromkeys(both.names, name),
        summary={**both.summary, "only": asked},
    )
    html = whole(answer, 3)
    assert "<script>" not in html
    section = parsed(html)
    assert tables(section)[2][1][0] == name
    assert tables(section)[0][0][1] == f"{name}AAA"


def test_headings_captions_and_scopes_are_in_order(both: Answer) -> None:
    section = parsed(whole(both, 4))
    assert {e.tag for e in section.iter() if re.fullmatch("h[1-6]", e.tag)} == {"h4"}
    assert all(head.get("scope") for head in section.iter("th"))
    assert len(texts(section, "caption")) == len(tables(section)) == 5
