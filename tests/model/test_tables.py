"""Tables in and out: exact arrays, the same from CSV, Parquet, folder and zip."""

import csv
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indranet.errors import InputError, UsageError
from indranet.model.case import check, read, write_case
from indranet.model.network import Network
from indranet.model.schema import FUNCTIONS, KINDS, TABLES
from indranet.model.stored import read_rows, write_rows

SETTINGS = 'name = "small"\nfirst_day = 2025-01-01\n'

SMALL: dict[str, str] = {
    "case.toml": 'name = "small"\nfirst_day = 2025-01-01\ndescription = "known answer"\n',
    "countries.csv": "country,population\nIND,1.4e9\nTWN,\n",
    "firms.csv": "country,firm,name,parent\nTWN,007,NA,\n,F2,,007\n",
    "products.csv": (
        "product,kind,firm,unit_cost_usd,release\n"
        "radio,,007,1000,17\nchip,part,,20.5,\nP,software,F2,0,\n"
    ),
    "components.csv": (
        "product,component,quantity,importance,choice,at_least\n"
        "radio,chip,2,,,\nP,chip,.5,negligible,core,1\nradio,P,1,deferrable,,\n"
    ),
    "plants.csv": "plant,product,country,lat,lon\nP,radio,IND,12.5,-77\np2,chip,TWN,,\n",
    "supplies.csv": (
        "supplier,customer,lane,quantity_per_day,priority\n"
        "plant:P,F2,,1,2\np2,plant:P,l1,6,\np2,F2,,,\n"
    ),
    "passages.csv": "passage,kind\nmalacca,strait\nsuez,canal\n",
    "lanes.csv": (
        "lane,origin,destination,passages\n"
        "l1,TWN,IND,malacca;suez\nl2,p2,plant:P,none\nl3,IND,TWN,\nl4,IND,TWN,suez\n"
    ),
    "services.csv": "service,people\ncall,5\n",
    "needs.csv": (
        "user,need,input,at_least,starts_without\n"
        "radio,power,mains,,1\ncall,a,p2,0.5,0\ncall,b,thing:mains,,\n"
    ),
    "failures.csv": "thing,unavailability,mtbf_hours,repair_hours\np2,0.1,,\nmains,,99,1\n",
    "agreements.csv": "agreement,parties,from,until\nA,IND; 007,2020-02-29,\n",
}


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("cases") / "small", SMALL)


@pytest.fixture(scope="module")
def small(small_folder: Path) -> Network:
    return read(small_folder)


def assert_same(left: Network, right: Network) -> None:
    assert left.names.keys() == right.names.keys()
    for kind in KINDS:
        assert left.names[kind].tolist() == right.names[kind].tolist()
    for name in TABLES:
        for column in left[name]:
            assert left[name][column].dtype == right[name][column].dtype
            np.testing.assert_array_equal(left[name][column], right[name][column], column)
        for column, words in left[name].words.items():
            assert words.tolist() == right[name].words[column].tolist()
    for key, (start, codes) in left.lists.items():
        assert start.tolist() == right.lists[key][0].tolist()
        assert codes.tolist() == right.lists[key][1].tolist()


def test_head_of_the_case(small: Network) -> None:
    assert (small.name, small.description) == ("small", "known answer")
    assert small.first_day == np.datetime64("2025-01-01")
    assert small.present == {Path(name).stem for name in SMALL if name.endswith(".csv")}


def test_identifiers_stay_as_written(small: Network) -> None:
    assert small.names["firm"].tolist() == ["007", "F2"]
    assert small["firms"].text("name") == ["NA", ""]
    assert small.names["thing"].tolist() == ["mains"]
    assert all(isinstance(name, str) for name in small.names["plant"])


def test_numbers_with_and_without_default(small: Network) -> None:
    np.testing.assert_array_equal(small["countries"]["population"], [1.4e9, np.nan])
    np.testing.assert_array_equal(small["plants"]["lat"], [12.5, np.nan])
    assert small["plants"]["stock"].tolist() == [0, 0]
    assert small["components"]["quantity"].tolist() == [2, 1, 0.5]
    assert small["supplies"]["stock_days"].tolist() == [15, 15, 15]


def test_integers_flags_days_and_choices(small: Network) -> None:
    assert small["products"]["release"].tolist() == [17, -1, -1]
    assert small["supplies"]["priority"].tolist() == [2, 1, 1]
    assert small["needs"]["starts_without"].tolist() == [True, False, False]
    assert small["agreements"]["from"].tolist() == [date(2020, 2, 29)]
    assert np.isnat(small["agreements"]["until"]).all()
    assert small["products"].text("kind") == ["equipment", "part", "software"]
    assert small["products"]["function"].tolist() == [-1, -1, -1]
    assert {c: small["products"][c].dtype.name for c in ("release", "kind", "firm", "name")} == {
        "release": "int64",
        "kind": "int8",
        "firm": "int32",
        "name": "int32",
    }
    assert small["agreements"]["from"].dtype == np.dtype("M8[D]")
    assert small["needs"]["starts_without"].dtype == bool


def test_references_to_one_kind(small: Network) -> None:
    assert small["firms"]["country"].tolist() == [1, -1]
    assert small["firms"]["parent"].tolist() == [-1, 0]
    assert small["components"]["product"].tolist() == [0, 0, 2]
    assert small["components"]["component"].tolist() == [1, 2, 1]
    assert small.start["components"].tolist() == [0, 2, 2, 3]


def test_references_to_several_kinds(small: Network) -> None:
    found = [small.thing(code) for code in small["supplies"]["customer"].tolist()]
    assert found == [("firm", "F2"), ("firm", "F2"), ("plant", "P")]
    assert [small.thing(c) for c in small["lanes"]["origin"].tolist()][:2] == [
        ("country", "TWN"),
        ("plant", "p2"),
    ]
    assert [small.thing(c) for c in small["needs"]["user"].tolist()] == [
        ("product", "radio"),
        ("service", "call"),
        ("service", "call"),
    ]
    assert [small.thing(c) for c in small["needs"]["input"].tolist()] == [
        ("thing", "mains"),
        ("plant", "p2"),
        ("thing", "mains"),
    ]
    assert [small.thing(c) for c in small["failures"]["thing"].tolist()] == [
        ("plant", "p2"),
        ("thing", "mains"),
    ]


def test_texts_are_codes_of_sorted_words(small: Network) -> None:
    assert small["needs"].words["need"].tolist() == ["a", "b", "power"]
    assert small["needs"]["need"].tolist() == [2, 0, 1]
    assert small["components"]["choice"].tolist() == [-1, -1, 0]


def test_lists_are_compressed_rows(small: Network) -> None:
    start, codes = small.lists["lanes", "passages"]
    assert start.tolist() == [0, 2, 2, 2, 3]
    assert codes.tolist() == [0, 1, 1]
    assert small["lanes"].text("passages") == ["malacca;suez", "none", "", "suez"]
    start, codes = small.lists["agreements", "parties"]
    assert [small.thing(code) for code in codes.tolist()] == [("country", "IND"), ("firm", "007")]


def test_lists_of_choices_are_positions_among_the_choices(tmp_path: Path) -> None:
    files = {
        "case.toml": SETTINGS,
        "firms.csv": "firm\na\n",
        "exclusions.csv": "authority,firm,functions\nx,a,DU; AMF\ny,a,\n",
    }
    network = read(write_files(tmp_path / "case", files))
    start, codes = network.lists["exclusions", "functions"]
    assert start.tolist() == [0, 2, 2]
    assert [FUNCTIONS[code] for code in codes.tolist()] == ["DU", "AMF"]


def test_absent_tables_have_typed_columns_without_rows(small: Network) -> None:
    for name in ("sites", "equipment", "facilities"):
        assert len(small[name]) == 0
        assert set(small[name]) == {column.name for column in TABLES[name].columns}
    assert small["sites"]["people"].dtype == np.float64
    assert small.start["equipment"].tolist() == [0]


def test_services_and_needs_stand_alone(tmp_path: Path) -> None:
    files = {
        "case.toml": SETTINGS,
        "services.csv": "service\na\nb\n",
        "needs.csv": "user,need,input\na,x,b\nb,x,a\n",
        "README.md": "not a table",
    }
    network = read(write_files(tmp_path, files))
    assert network["needs"]["input"].tolist() == [1, 0]


def test_a_zip_is_its_folder(small_folder: Path, small: Network, tmp_path: Path) -> None:
    for inside in ("", "small/"):
        path = tmp_path / f"{len(inside)}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(small_folder.iterdir(), reverse=True):
                archive.write(file, inside + file.name)
            archive.writestr("__MACOSX/._case.toml", "x")
            archive.writestr(f"{inside}notes/firms.csv", "not,this\n")
        network = read(path)
        assert network.case_hash == small.case_hash
        assert_same(network, small)


def test_the_hash_is_of_names_and_bytes(small_folder: Path, small: Network, tmp_path: Path) -> None:
    copy = write_files(tmp_path / "copy", SMALL)
    (copy / "notes.txt").write_text("no part of the case")
    assert read(copy).case_hash == small.case_hash
    with (copy / "case.toml").open("a") as file:
        file.write("# a comment\n")
    assert read(copy).case_hash != small.case_hash


def test_folders_are_taken_literally(tmp_path: Path) -> None:
    for name in ("a[1]", "country=IND", "b*", "it's", 'x"y', "é;ü", "{a,b}"):
        folder = write_files(tmp_path / name, SMALL)
        assert len(read(folder)["firms"]) == 2


def test_columns_come_in_any_order_and_lines_may_end_in_crlf(
    small: Network, tmp_path: Path
) -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in SMALL.items()}
    files["firms.csv"] = "parent,name,country,firm\r\n,NA,TWN,007\r\n\r\n007,,,F2"
    assert_same(read(write_files(tmp_path, files)), small)


def test_markings_may_leave_their_prefix_out(tmp_path: Path) -> None:
    text = "service,marking\na,TLP:RED\nb,RED\nc,\nd,AMBER+STRICT\n"
    network = read(write_files(tmp_path, {"case.toml": SETTINGS, "services.csv": text}))
    assert network["services"].text("marking") == [
        "TLP:RED",
        "TLP:RED",
        "TLP:CLEAR",
        "TLP:AMBER+STRICT",
    ]


def as_parquet(network_folder: Path, into: Path) -> None:
    into.mkdir()
    for path in network_folder.iterdir():
        if path.suffix != ".csv":
            (into / path.name).write_bytes(path.read_bytes())
            continue
        with path.open(newline="") as file:
            header, *rows = csv.reader(file)
        columns: dict[str, Any] = {}
        for name, cells in zip(header, zip(*rows, strict=True), strict=True):
            kind = TABLES[path.stem].column(name).type
            if kind == "number":
                columns[name] = np.array([float(c) if c else np.nan for c in cells])
            elif kind == "date":
                columns[name] = np.array([c or "NaT" for c in cells], dtype="M8[D]")
            elif kind == "flag":
                columns[name] = np.array([c == "1" for c in cells])
            else:
                columns[name] = np.array([c or None for c in cells], dtype=object)
        write_rows(into / f"{path.stem}.parquet", columns)


def test_parquet_gives_the_same_network(small_folder: Path, small: Network, tmp_path: Path) -> None:
    as_parquet(small_folder, tmp_path / "parquet")
    assert_same(read(tmp_path / "parquet"), small)


def test_numbers_of_parquet_may_be_whole_where_whole_is_meant(tmp_path: Path) -> None:
    write_files(tmp_path, {"case.toml": SETTINGS})
    write_rows(
        tmp_path / "products.parquet",
        {
            "product": np.array(["a", "b"], dtype=object),
            "release": np.array([17.0, np.nan]),
            "unit_cost_usd": np.array([3, 4], dtype=np.int32),
            "name": np.array([None, None], dtype=object),
        },
    )
    products = read(tmp_path)["products"]
    assert products["release"].tolist() == [17, -1]
    assert products["unit_cost_usd"].tolist() == [3, 4]


def test_the_order_of_rows_changes_numbering_alone(small: Network, tmp_path: Path) -> None:
    files = dict(SMALL)
    for name, text in SMALL.items():
        if name.endswith(".csv"):
            header, *rows = text.splitlines()
            files[name] = "\n".join([header, *reversed(rows)]) + "\n"
    turned = read(write_files(tmp_path, files))

    def meaning(network: Network) -> dict[str, set[tuple[Any, ...]]]:
        tables = {}
        for name, rows in network.tables.items():
            columns = []
            for column in TABLES[name].columns:
                values = rows[column.name].tolist()
                if column.type in ("text", "choice", "references"):
                    values = rows.text(column.name)
                elif column.type == "reference" and len(column.refers) == 1:
                    names = network.names[column.refers[0]]
                    values = [names[v] if v >= 0 else "" for v in values]
                elif column.type == "reference":
                    values = [network.thing(v) if v >= 0 else "" for v in values]
                columns.append([str(value) for value in values])
            tables[name] = set(zip(*columns, strict=True))
        return tables

    assert meaning(turned) == meaning(small)
    assert turned.names["firm"].tolist() == ["F2", "007"]


def test_long_tables_keep_their_order(tmp_path: Path) -> None:
    rows = 300_000
    numbers = np.random.default_rng(1).permutation(rows)
    sites = np.char.add("s", numbers.astype(str)).astype(object)
    tables: dict[str, dict[str, Any]] = {
        "sites": {"site": sites, "people": numbers, "region": np.char.mod("%d", numbers % 7)},
        "products": {"product": ["p"]},
        "equipment": {
            "site": sites[::-1],
            "function": np.full(rows, "RU"),
            "product": np.full(rows, "p"),
            "quantity": numbers[::-1] + 1,
        },
    }
    write_case(tmp_path / "long", "long", date(2025, 1, 1), "", tables)
    network = read(tmp_path / "long")
    assert (network.names["site"] == sites).all()
    assert (network["sites"]["people"] == numbers).all()
    assert network["sites"].text("region") == [str(n) for n in (numbers % 7).tolist()]
    assert (network["equipment"]["site"] == np.arange(rows)).all()
    assert (network["equipment"]["quantity"] == numbers + 1).all()


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
).filter(lambda text: not text.startswith("="))
PLAIN = st.text(st.sampled_from("abXY019 _-=+@.'\"#,/éüन日"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip() and not text.startswith("=")
)
IDENTIFIERS = st.lists(
    PLAIN
    | st.sampled_from(["NA", "007", "null", "NULL", "nan", "1e5", "TRUE", "+1+1", '"', "a,b"]),
    min_size=1,
    max_size=6,
    unique=True,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    identifiers=IDENTIFIERS,
    data=st.data(),
)
def test_what_was_written_is_read(
    identifiers: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = len(identifiers)
    column = st.lists(TEXT | st.none(), min_size=rows, max_size=rows)
    numbers = st.lists(
        st.floats(0, 1e300) | st.none() | st.integers(0, 10**6), min_size=rows, max_size=rows
    )
    days = st.lists(st.dates() | st.none(), min_size=rows, max_size=rows)
    names, sources = data.draw(column), data.draw(column)
    people, given_days = data.draw(numbers), data.draw(days)
    folder = tmp_path_factory.mktemp("case") / "case"
    title = data.draw(TEXT.filter(lambda text: bool(text.strip())))
    write_case(
        folder,
        title,
        date(2025, 1, 1),
        "".join(name or "" for name in names),
        {
            "services": {"service": identifiers, "name": names, "people": people},
            "agreements": {"agreement": identifiers, "source": sources, "from": given_days},
            "needs": {
                "user": identifiers,
                "need": ["n"] * rows,
                "input": [f"service:{name}" for name in reversed(identifiers)],
            },
        },
    )
    network = read(folder)
    assert network.name == title
    assert network.description == "".join(name or "" for name in names)
    assert network.names["service"].tolist() == identifiers
    assert network["services"].text("name") == [name or "" for name in names]
    assert network["agreements"].text("source") == [source or "" for source in sources]
    assert network["services"]["people"].tolist() == [float(p or 0) for p in people]
    assert network["agreements"]["from"].tolist() == given_days
    inputs = [network.thing(code) for code in network["needs"]["input"].tolist()]
    assert inputs == [("service", name) for name in reversed(identifiers)]


def test_the_same_case_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    tables: dict[str, dict[str, Any]] = {
        "sites": {
            "site": ["b", "a"],
            "people": np.array([1.5, 2]),
            "structural": np.array([True, False]),
            "kind": np.array(["core", "radio"]),
        },
        "agreements": {"until": np.array(["2025-01-01", "NaT"], "M8[D]"), "agreement": [1, 2]},
    }
    for name in ("one", "two"):
        write_case(tmp_path / name, "n", date(2025, 1, 1), "d", tables)
    for file in ("case.toml", "sites.csv", "agreements.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert (tmp_path / "one" / "sites.csv").read_text() == (
        "site,kind,people,structural\nb,core,1.5,1\na,radio,2,0\n"
    )
    assert (tmp_path / "one" / "agreements.csv").read_text() == (
        "agreement,until\n1,2025-01-01\n2,\n"
    )


def test_a_folder_in_use_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        write_case(tmp_path, "n", date(2025, 1, 1), "", {})
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]
    (tmp_path / "empty").mkdir()
    write_case(tmp_path / "empty", "n", date(2025, 1, 1), "", {"firms": {"firm": ["F"]}})
    assert len(read(tmp_path / "empty")["firms"]) == 1


@pytest.mark.parametrize(
    "tables",
    [
        {"firms": {"firm": ["a"]}, "vendors": {"vendor": ["a"]}},
        {"firms": {"firm": ["a"], "nation": ["IND"]}},
        {"countries": {"country": ["IND"]}, "firms": {"firm": ["a", "b"], "name": ["A"]}},
    ],
)
def test_a_case_is_written_whole_or_not_at_all(tables: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"column|differ"):
        write_case(tmp_path / "case", "n", date(2025, 1, 1), "", tables)
    assert not list(tmp_path.iterdir())


def test_rows_come_back_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "new" / "reach.parquet"
    columns = {
        "id": np.array(["=a", None, ""], dtype=object),
        "kind": np.array(["x", "y", "z"]),
        "share": np.array([0.1, np.nan, 1.0]),
        "count": np.array([1, 2, -3]),
        "up": np.array([True, False, True]),
        "day": np.array(["2025-01-01", "NaT", "0001-01-01"], dtype="M8[D]"),
    }
    write_rows(path, columns)
    back = read_rows(path)
    assert back["id"].tolist() == ["=a", "", ""]
    assert back["kind"].tolist() == ["x", "y", "z"]
    for name in ("share", "count", "up", "day"):
        np.testing.assert_array_equal(back[name], columns[name])
        assert back[name].dtype == columns[name].dtype
    write_rows(path, {"id": np.empty(0, dtype=object)})
    assert read_rows(path)["id"].tolist() == []
    assert [p.name for p in path.parent.iterdir()] == ["reach.parquet"]


def test_formulas_are_disarmed_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "reach.csv"
    texts = ["=1+1", "+a", "-b", "@c", "\td", "plain", "a=b", "", None]
    numbers = np.array([-1.0, 2.5, np.nan, 1e300, 1 / 3, 0, 7, 8, 9])
    write_rows(path, {"id": np.array(texts, dtype=object), "value": numbers})
    lines = path.read_text().splitlines()
    assert lines[1:6] == ["'=1+1,-1", "'+a,2.5", "'-b,", "'@c,1e+300", "'\td,0.3333333333333333"]
    assert lines[6:] == ["plain,0", "a=b,7", ",8", ",9"]


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "reach.parquet"
    write_rows(path, {"a": np.arange(3)})
    before = path.read_bytes()
    for columns in ({"a": np.arange(3), "b": np.arange(2)}, {}):
        with pytest.raises(ValueError, match="reach"):
            write_rows(path, columns)
    with pytest.raises(ValueError, match="written as"):
        write_rows(tmp_path / "reach.xlsx", {"a": np.arange(3)})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["reach.parquet"]


def test_rows_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "reach.parquet").write_bytes(b"PAR1 broken PAR1")
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "reach.parquet")
    with pytest.raises(InputError, match="missing"):
        read_rows(tmp_path / "shares.parquet")


def test_a_sound_case_has_no_faults(small_folder: Path) -> None:
    assert check(small_folder) == []
