"""Broken tables: every fault is found, named with file, row, column and value, and remedied."""

import csv
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.errors import Fault, InputError
from indranet.model.case import LIMITS, Limits, check, read
from indranet.model.stored import write_rows

SETTINGS = 'name = "broken"\nfirst_day = 2025-01-01\n'
NEAR = "did you mean"


def faults_of(
    folder: Path, tables: Mapping[str, str | bytes], limits: Limits = LIMITS
) -> list[Fault]:
    for name, text in {"case.toml": SETTINGS, **tables}.items():
        file = name if "." in name else f"{name}.csv"
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        read(folder, limits=limits)
    assert check(folder, limits=limits) == list(error.value.faults)
    assert all(fault.file and fault.problem and fault.remedy for fault in error.value.faults)
    return list(error.value.faults)


def places(faults: list[Fault]) -> list[tuple[str, int, str, str]]:
    return [(fault.file, fault.row, fault.column, fault.value) for fault in faults]


HEADERS = {
    "unknown column": ("service,peple\na,1\n", 1, "peple", "did you mean 'people'?"),
    "column twice": ("service,name,name\na,b,c\n", 1, "name", "remove or rename"),
    "column without name": ("service,,people\na,,1\n", 1, "", "name it"),
    "missing column": ("name,people\na,1\n", 1, "service", "add this column"),
    "no header": ("a,1\nb,2\n", 1, "", "write the header first"),
    "semicolons": ("service;people\na;1\n", 1, "", "save as CSV with commas"),
    "tabs": ("service\tpeople\na\t1\n", 1, "", "save as CSV with commas"),
    "nothing": ("", 1, "", "write a header"),
    "blank": ("\n \n", 1, "", "write a header"),
    "byte order mark": ("\ufeffservice\na\n", 1, "", "as plain UTF-8"),
    "quotation mark astray in header": ('"service,people\na,1\n', 1, "", "quotation marks"),
}


@pytest.mark.parametrize(("text", "row", "column", "remedy"), HEADERS.values(), ids=HEADERS)
def test_headers(text: str, row: int, column: str, remedy: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, {"services": text})
    assert (fault.file, fault.row, fault.column) == ("services.csv", row, column)
    assert remedy in fault.remedy


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(encoding: str, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, {"services": "service\na\n".encode(encoding)})
    assert "UTF-16" in fault.problem


ROWS = {
    "too few cells": (b"service,name,people\na,b,1\nc,d\n", 3, 3, "has 2 cells"),
    "too many cells": (b"service,name,people\na,b,1,2\nc,d,1\n", 2, 2, "has 4 cells"),
    "an empty cell too many": (b"service,name,people\na,,b,\n", 2, 2, "has 4 cells"),
    "comma unquoted": (b'service,name,people\n"a,b",x,1\na,b,x,1\n', 3, 3, "has 4 cells"),
    "quotation mark astray": (b'service,name\na,"b"c\n', 2, 2, "is not CSV"),
    "quotation mark inside": (b'service,name\na,b\nc,5" pipe\n', 3, 3, "quotation mark inside"),
    "space before quotation": (b'service,name\na, "b"\n', 2, 2, "quotation mark inside"),
    "open quotation mark": (b'service,name\na,b\nc,"d\ne,f\n', 3, 3, "is not CSV"),
    "not UTF-8": (b"service,name\na,b\nc,caf\xe9\n", 3, 3, "not UTF-8"),
    "NUL byte": (b"service,name\na,b\nc,d\0\n", 3, 3, "NUL"),
    "line after a cell of two lines": (b'service,name\na,"1\n2\n3"\nb,c,d\n', 3, 5, "3 cells"),
    "blank lines before": (b"service,name\n\n\na,b,c\n", 4, 4, "3 cells"),
    "mixed line ends": (b"service,name\na,b\r\nc,d\n", 2, 2, "ends its line in another way"),
    "blank line of another end": (b"service,name\na,b\n\r\nc,d\n", 3, 3, "ends its line"),
    "NUL byte in the header": (b"service,n\0me\na,b\n", 1, 1, "NUL"),
    "lone carriage return": (b"service,name\na,b\rc,d\ne,f\n", 2, 2, "ends its line"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "row", "line", "problem"), ROWS.values(), ids=ROWS)
def test_rows(text: bytes, row: int, line: int, problem: str, tmp_path: Path) -> None:
    fault = min(faults_of(tmp_path, {"services": text}), key=lambda f: f.column)
    assert (fault.file, fault.row, fault.line or fault.row) == ("services.csv", row, line)
    assert problem in fault.problem


def test_every_ragged_row_is_listed(tmp_path: Path) -> None:
    text = "service,name\n" + "a,b\n" * 3 + "c\n" + "d,e,f\n"
    assert [fault.row for fault in faults_of(tmp_path, {"services": text})] == [5, 6]


def test_a_row_that_slid_to_the_right_is_found_among_quoted_commas(tmp_path: Path) -> None:
    text = 'service,name,sector\n"a,1","b,2",c\nb,,name,\n'
    (fault,) = faults_of(tmp_path, {"services": text})
    assert (fault.row, fault.problem) == (3, "has 4 cells where the header has 3")


CELLS = {
    "no number": ("services", "service,people\na,many\n", "people", "many", "not a number"),
    "thousands": ("services", 'service,people\na,"1,000"\n', "people", "1,000", "not a number"),
    "underscore": ("services", "service,people\na,1_000\n", "people", "1_000", "not a number"),
    "space in number": ("services", "service,people\na, 1\n", "people", " 1", "not a number"),
    "infinite": ("services", "service,people\na,inf\n", "people", "inf", "not a number"),
    "no number by name": ("services", "service,people\na,nan\n", "people", "nan", "not a number"),
    "too big": ("services", "service,people\na,1e999\n", "people", "1e999", "not a number"),
    "hexadecimal": ("services", "service,people\na,0x1F\n", "people", "0x1F", "not a number"),
    "other digits": ("services", "service,people\na,١٢\n", "people", "١٢", "not a number"),
    "below": ("services", "service,people\na,-1\n", "people", "-1", "is below 0"),
    "above": ("facilities", "facility,lat,lon\na,90.5,0\n", "lat", "90.5", "is above 90"),
    "not above": ("sites", "site,stands_for\na,0\n", "stands_for", "0", "is not above 0"),
    "no whole number": ("products", "product,release\na,17.5\n", "release", "17.5", "not a whole"),
    "too big a whole number": ("products", f"product,release\na,{10**30}\n", "release",
                               str(10**30), "not a whole"),
    "whole number below": ("products", "product,release\na,0\n", "release", "0", "is below 1"),
    "no flag": ("sites", "site,structural\na,yes\n", "structural", "yes", "neither 0 nor 1"),
    "no day": ("agreements", "agreement,from\na,2025-02-30\n", "from", "2025-02-30", "not a day"),
    "day in words": ("agreements", "agreement,from\na,epoch\n", "from", "epoch", "not a day"),
    "day short": ("agreements", "agreement,from\na,2025-1-1\n", "from", "2025-1-1", "not a day"),
    "day turned": ("agreements", "agreement,from\na,1/2/2025\n", "from", "1/2/2025", "not a day"),
    "no choice": ("sites", "site,kind\na,Radio\n", "kind", "Radio", "not a choice"),
    "no marking": ("services", "service,marking\na,TLP:BLACK\n", "marking", "TLP:BLACK", "choice"),
    "empty identifier": ("services", "service,name\n,b\n", "service", "", "is empty"),
    "space before": ("services", 'service,name\n" a",b\n', "service", " a", "hidden character"),
    "space after": ("services", "service,name\na ,b\n", "service", "a ", "hidden character"),
    "zero width": ("services", "service\na\u200bb\n", "service", "a\u200bb", "hidden character"),
    "no-break space": ("services", "service\na\u00a0b\n", "service", "a\u00a0b", "hidden"),
    "control": ("services", 'service,name\n"a\tb",c\n', "service", "a\tb", "hidden character"),
    "line in identifier": ("services", 'service,name\n"a\nb",c\n', "service", "a\nb", "hidden"),
    "decomposed": ("services", "service\ncafe\u0301\n", "service", "cafe\u0301", "form C"),
    "formula": ("services", "service,name\na,=1+1\n", "name", "=1+1", "is a formula"),
    "formula as identifier": ("services", "service\n=A1\n", "service", "=A1", "is a formula"),
    "list sign": ("firms", "firm\na;b\n", "firm", "a;b", "holds ';'"),
    "kind before": ("firms", "firm\nplant:a\n", "firm", "plant:a", "begins with a kind"),
    "word": ("passages", "passage\nnone\n", "passage", "none", "meaning of its own"),
    "word of an answer": ("firms", "firm\nunknown\n", "firm", "unknown", "meaning of its own"),
    "no country code": ("countries", "country\nind\n", "country", "ind", "three capital letters"),
    "hidden in a group's name": ("sites", "site,region\na,R1 \n", "region", "R1 ", "hidden"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "text", "column", "value", "problem"), CELLS.values(), ids=CELLS)
def test_cells(
    table: str, text: str, column: str, value: str, problem: str, tmp_path: Path
) -> None:
    faults = faults_of(tmp_path, {table: text})
    assert places(faults) == [(f"{table}.csv", 2, column, value)]
    assert problem in faults[0].problem


def test_nearest_choice_is_suggested(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, {"sites": "site,kind\na,Radio\n"})
    assert "did you mean 'radio'?" in fault.remedy


def test_a_required_cell(tmp_path: Path) -> None:
    tables = {
        "services": "service\na\nb\n",
        "needs": "user,need,input\na,,b\n",
    }
    assert places(faults_of(tmp_path, tables)) == [("needs.csv", 2, "need", "")]


def test_rows_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    text = 'service,name,people\na,"1\n2",1\n\nb,c,x\nc,"1\r\n2",y\n'
    faults = faults_of(tmp_path, {"services": text})
    assert [(fault.row, fault.line, fault.value) for fault in faults] == [(4, 5, "x"), (5, 6, "y")]
    assert "services.csv:4 (line 5) people 'x'" in str(faults[0])


def test_one_column_with_blank_lines(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, {"services": 'service\na\n\nb c\n""\na\n\n'})
    assert places(faults) == [("services.csv", 6, "service", "a")]
    assert "row 2" in faults[0].problem


REPEATS = {
    "identifier": (
        {"services": "service\na\nb\na\n"},
        ("services.csv", 4, "service", "a"),
        "row 2",
    ),
    "link": (
        {
            "services": "service\na\nb\n",
            "needs": "user,need,input\na,n,b\nb,n,a\na,n,service:b\n",
        },
        ("needs.csv", 4, "user", "a, n, service:b"),
        "row 2",
    ),
    "link with an empty part": (
        {
            "products": "product\np\n",
            "firms": "firm\nf\n",
            "plants": "plant,product\na,p\n",
            "supplies": "supplier,customer\na,f\na,f\n",
        },
        ("supplies.csv", 3, "supplier", "a, f"),
        "row 2",
    ),
    "failure": (
        {
            "services": "service\na\n",
            "failures": "thing,unavailability\na,.1\nservice:a,.2\n",
        },
        ("failures.csv", 3, "thing", "service:a"),
        "row 2",
    ),
}


@pytest.mark.parametrize(("tables", "place", "problem"), REPEATS.values(), ids=REPEATS)
def test_repeated_keys(
    tables: dict[str, str], place: tuple[str, int, str, str], problem: str, tmp_path: Path
) -> None:
    faults = faults_of(tmp_path, tables)
    assert places(faults) == [place]
    assert problem in faults[0].problem


def test_many_repeats_name_the_first_of_each(tmp_path: Path) -> None:
    rows = "".join(f"a,n{i % 3},b\n" for i in range(8))
    tables = {"services": "service\na\nb\n", "needs": f"user,need,input\n{rows}"}
    faults = faults_of(tmp_path, tables)
    assert [(f.row, f.problem) for f in faults] == [
        (5, "repeats row 2"),
        (6, "repeats row 3"),
        (7, "repeats row 4"),
        (8, "repeats row 2"),
        (9, "repeats row 3"),
    ]


WORLD = {
    "countries": "country\nIND\nTWN\n",
    "firms": "firm,country\nF1,IND\nF2,TWN\nIND,IND\n",
    "products": "product,firm\nradio,F1\nx,F2\n",
    "plants": "plant,product\np1,radio\nx,radio\n",
    "services": "service,country\ncall,IND\n",
}

REFERENCES = {
    "one kind": ("sites", "site,operator\na,F9\n", "operator", "F9", "is not in firms.csv", "'F1'"),
    "other letters": ("sites", "site,country\na,ind\n", "country", "ind", "countries.csv", "'IND'"),
    "nothing near": ("sites", "site,operator\na,zzzzzz\n", "operator", "zzzzzz", "firms.csv", ""),
    "two kinds": ("supplies", "supplier,customer\np1,F3\n", "customer", "F3",
                  "is not in plants.csv or firms.csv", "'F1'"),
    "a third table": ("lanes", "lane,origin,destination\na,IND,TWM\n", "destination", "TWM",
                      "and there is no sites.csv or facilities.csv", "'TWN'"),
    "kind not allowed": ("lanes", "lane,origin,destination\na,IND,firm:F1\n", "destination",
                         "firm:F1", "is not in", ""),
    "prefix of nothing": ("supplies", "supplier,customer\np1,plant:p9\n", "customer", "plant:p9",
                          "is not in", ""),
    "ambiguous": ("needs", "user,need,input\ncall,n,x\n", "input", "x",
                  "is the identifier of a product and of a plant", "'product:x' or 'plant:x'"),
    "ambiguous in a list": ("agreements", "agreement,parties\na,TWN;IND\n", "parties", "IND",
                            "of a country and of a firm", "'country:IND' or 'firm:IND'"),
    "unknown in a list": ("agreements", "agreement,parties\na,TWN;F3\n", "parties", "F3",
                          "is not in countries.csv or firms.csv", "'F1'"),
    "twice in a list": ("agreements", "agreement,parties\na,TWN;F1;TWN\n", "parties", "TWN",
                        "in its list twice", ""),
    "gap in a list": ("agreements", "agreement,parties\na,TWN;\n", "parties", "", "empty place",
                      ""),
    "word in a list": ("lanes", "lane,origin,destination,passages\na,IND,TWN,none;none\n",
                       "passages", "none", "means no list", ""),
    "no choice in a list": ("exclusions", "authority,firm,functions\na,F1,RU;Radio\n", "functions",
                            "Radio", "is not a choice", "use one of RU, DU"),
    "near a choice in a list": ("exclusions", "authority,firm,functions\na,F1,RU;Gnb\n",
                                "functions", "Gnb", "is not a choice", "'gNB'"),
    "choice twice in a list": ("exclusions", "authority,firm,functions\na,F1,RU;DU;RU\n",
                               "functions", "RU", "in its list twice", ""),
    "firm or country": ("exclusions", "authority,firm\na,p1\n", "firm", "p1",
                        "is not in firms.csv or countries.csv", "'F1'"),
    "need of nothing": ("needs", "user,need,input\ncall,n,mains\n", "input", "mains",
                        "no identifier of the case", ""),
    "hidden character": ("sites", "site,operator\na,F1\u200b\n", "operator", "F1\u200b",
                         "is not in", "'F1'"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "text", "column", "value", "problem", "near"), REFERENCES.values(), ids=REFERENCES
)
def test_references(
    table: str, text: str, column: str, value: str, problem: str, near: str, tmp_path: Path
) -> None:
    faults = faults_of(tmp_path, {**WORLD, table: text})
    assert places(faults) == [(f"{table}.csv", 2, column, value)]
    assert problem in faults[0].problem
    assert near in faults[0].remedy
    assert near or NEAR not in faults[0].remedy


def test_a_day_is_part_of_what_names_a_row(tmp_path: Path) -> None:
    head = "authority,firm,by,functions,from\n"
    rows = "a,F1,TWN,RU,\na,F1,TWN,RU,2020-01-01\na,F1,TWN,RU,2021-01-01\na,F1,TWN,DU,\n"
    again = head + rows + "a,F1,TWN,RU,2020-01-01\na,F1,TWN,RU,\n"
    faults = faults_of(tmp_path, {**WORLD, "exclusions": again})
    assert [(fault.row, fault.problem) for fault in faults] == [
        (6, "repeats row 3"),
        (7, "repeats row 2"),
    ]


def test_an_identifier_is_ambiguous_only_among_the_kinds_allowed(tmp_path: Path) -> None:
    tables = {
        **WORLD,
        "supplies": "supplier,customer\np1,x\n",
        "components": "product,component\nradio,radio\n",
    }
    faults = faults_of(tmp_path, tables)
    assert "cycle" in faults[0].problem
    assert len(faults) == 1


def test_a_thing_must_be_an_input(tmp_path: Path) -> None:
    tables = {**WORLD, "failures": "thing,unavailability\nmains,0.1\ncall,.1\n"}
    (fault,) = faults_of(tmp_path, tables)
    assert places([fault]) == [("failures.csv", 2, "thing", "mains")]
    assert "needs.csv as an input" in fault.remedy
    needs = "user,need,input\ncall,n,mains\n"
    (tmp_path / "needs.csv").write_text(needs)
    assert read(tmp_path).names["thing"].tolist() == ["mains"]


def test_a_missing_table_is_named_once(tmp_path: Path) -> None:
    tables = {
        "firms": "firm,country\nF1,\nF2,IND\nF3,TWN\n",
        "services": "service,country\na,IND\n",
        "sites": "site,cluster\na,1\nb,2\n",
    }
    (fault,) = faults_of(tmp_path, tables)
    assert places([fault]) == [("countries.csv", 0, "", "")]
    assert "is missing, and firms.csv row 3 refers to it" in fault.problem
    assert "'IND'" in fault.remedy


def test_a_table_that_cannot_be_read_makes_no_faults_elsewhere(tmp_path: Path) -> None:
    for broken in ("country\nIND,\n", "country;name\nIND;\n", "name\nIndia\n"):
        faults = faults_of(tmp_path, {**WORLD, "countries": broken})
        assert {fault.file for fault in faults} == {"countries.csv"}


def test_everything_is_found_at_once_in_order(tmp_path: Path) -> None:
    tables = {
        "case.toml": "name = 3\n",
        "vendors.csv": "vendor\na\n",
        "needs": "user,need,input,at_least\ncall,n,q,-1\nxall,n,call,\n",
        "services": "service,people\ncall,x\ncall,1\n",
        "firms": "firm,parent\nA,B\nB,A\n",
    }
    assert places(faults_of(tmp_path, tables)) == [
        ("case.toml", 0, "first_day", ""),
        ("case.toml", 1, "name", "3"),
        ("vendors.csv", 0, "", ""),
        ("firms.csv", 2, "parent", "B"),
        ("services.csv", 2, "people", "x"),
        ("services.csv", 3, "service", "call"),
        ("needs.csv", 2, "input", "q"),
        ("needs.csv", 2, "at_least", "-1"),
        ("needs.csv", 3, "user", "xall"),
    ]


def test_the_list_stops_at_its_limit(tmp_path: Path) -> None:
    rows = "".join(f"s{i},x\n" for i in range(50))
    tables = {"services": f"service,people\n{rows}"}
    assert len(faults_of(tmp_path, tables)) == 50
    with pytest.raises(InputError, match="and more") as error:
        read(tmp_path, limits=Limits(faults=20))
    assert [fault.row for fault in error.value.faults] == list(range(2, 22))
    ragged = {"services": "service,people\n" + "a\n" * 50}
    assert len(faults_of(tmp_path, ragged, Limits(faults=20))) == 20


def test_suggestions_come_from_the_whole_table(tmp_path: Path) -> None:
    firms = "".join(f"firm{i:05}\n" for i in range(20_000))
    tables = {"firms": f"firm\n{firms}", "sites": "site,operator\na,firm19x99\n"}
    (fault,) = faults_of(tmp_path, tables)
    assert "did you mean 'firm19099'?" in fault.remedy


def test_parquet_is_checked_alike(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text(SETTINGS)
    write_rows(
        tmp_path / "services.parquet",
        {
            "service": np.array(["a", "a", "b "], dtype=object),
            "people": np.array([1.0, np.inf, -2]),
            "nation": np.array(["x", "y", "z"], dtype=object),
            "name": np.array(["x\0", "y", "z"], dtype=object),
        },
    )
    faults = check(tmp_path)
    assert places(faults) == [
        ("services.parquet", 1, "nation", ""),
        ("services.parquet", 2, "name", "x\0"),
        ("services.parquet", 3, "service", "a"),
        ("services.parquet", 3, "people", "inf"),
        ("services.parquet", 4, "service", "b "),
        ("services.parquet", 4, "people", "-2.0"),
    ]


def test_columns_of_parquet_have_the_type_of_the_schema(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text(SETTINGS)
    write_rows(
        tmp_path / "agreements.parquet",
        {
            "agreement": np.arange(2),
            "from": np.array([20250101, 20250102]),
            "days": np.array(["1", "x"], dtype=object),
        },
    )
    write_rows(
        tmp_path / "products.parquet",
        {"product": np.array(["a"], dtype=object), "release": np.array([17.5])},
    )
    assert places(check(tmp_path)) == [
        ("products.parquet", 2, "release", "17.5"),
        ("agreements.parquet", 1, "agreement", ""),
        ("agreements.parquet", 1, "from", ""),
        ("agreements.parquet", 3, "days", "x"),
    ]


def test_broken_parquet(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, {"services.parquet": b"PAR1 no such thing PAR1"})
    assert (fault.file, fault.problem) == ("services.parquet", "cannot be read as Parquet")


SOUND = b'service,name,people\na,"x, y",1\nb,"two\nlines",2.5\nc,,\n'


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SOUND)),
            st.integers(0, 4),
            st.sampled_from(
                [
                    b"",
                    b",",
                    b'"',
                    b"\n",
                    b"\r",
                    b"\r\n",
                    b";",
                    b"\0",
                    b"\xff",
                    b" ",
                    b"a",
                    b"1",
                    b"\xc3\xa9",
                ]
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_read_is_what_stands_there(edits: list[tuple[int, int, bytes]]) -> None:
    text = SOUND
    for at, cut, put in edits:
        text = text[:at] + put + text[at + cut :]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "case.toml").write_text(SETTINGS)
        (folder / "services.csv").write_bytes(text)
        if check(folder):
            return
        network = read(folder)
    rows = csv.reader(io.StringIO(text.decode(), newline=""), strict=True)
    header, *cells = [row for row in rows if row]
    columns = dict(zip(header, zip(*cells, strict=True), strict=True))
    assert network.names["service"].tolist() == list(columns["service"])
    if "name" in columns:
        assert network["services"].text("name") == list(columns["name"])
    if "people" in columns:
        expected = [float(cell or 0) for cell in columns["people"]]
        assert network["services"]["people"].tolist() == expected
