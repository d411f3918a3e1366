import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.errors import Fault, InputError, UsageError
from indranet.intake.input_output import InputOutputTable, read_table
from indranet.intake.trade import DAYS, trade
from indranet.model.case import check, read
from indranet.model.network import Network
from indranet.model.schema import KINDS

# Two countries with two sectors each. Sales and final demand of a row add up to OUT; purchases,
# taxes and value added of a column too.
ICIO = """\
V1,AUS_A01,AUS_C26,CN1_A01,CN1_C26,AUS_HFCE,AUS_INVNT,CHN_HFCE,OUT
AUS_A01,10,20,5,15,40,-5,15,100
AUS_C26,30,0,0,20,100,0,50,200
CN1_A01,0,40,50,60,0,10,140,300
CN1_C26,20,60,70,0,50,0,200,400
TLS,5,10,15,5,0,0,0,0
VA,35,70,160,300,0,0,0,0
OUT,100,200,300,400,0,0,0,0
"""
LABELS = ["AUS_A01", "AUS_C26", "CN1_A01", "CN1_C26"]
FLOWS = np.array([[10, 20, 5, 15], [30, 0, 0, 20], [0, 40, 50, 60], [20, 60, 70, 0]], dtype=float)
FINAL = np.array([50, 150, 150, 250], dtype=float)
ADDED = np.array([40, 80, 175, 305], dtype=float)


def written(folder: Path, text: str, name: str = "2018_SML.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def imported(folder: Path, *files: Path, smallest_share: float = 0.0) -> Network:
    trade(files, folder / "case", smallest_share=smallest_share)
    assert check(folder / "case") == []
    return read(folder / "case")


def sold(network: Network) -> np.ndarray:
    """Return what each plant sells each a day, shape (plants, plants)."""
    count, supplies = len(network["plants"]), network["supplies"]
    offset = sum(len(network.names[kind]) for kind in KINDS[: KINDS.index("plant")])
    matrix = np.zeros((count, count))
    np.add.at(
        matrix,
        (supplies["supplier"], supplies["customer"] - offset),
        supplies["quantity_per_day"],
    )
    return matrix


def faults_of(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        trade([path], path.parent / "case")
    assert not (path.parent / "case").exists()
    assert all(fault.problem and fault.remedy for fault in caught.value.faults)
    return caught.value.faults


def test_icio_by_hand(tmp_path: Path) -> None:
    network = imported(tmp_path, written(tmp_path, ICIO))
    assert network.names["plant"].tolist() == LABELS
    assert sold(network) == pytest.approx(FLOWS / 365, rel=1e-15)
    assert network["plants"]["final_demand_per_day"] == pytest.approx(FINAL / 365, rel=1e-15)
    assert str(network.first_day) == "2018-01-01"
    assert network.names["country"].tolist() == ["AUS", "CHN"]
    assert network["plants"]["country"].tolist() == [0, 0, 1, 1]
    assert network.names["product"].tolist() == ["A01", "C26"]
    assert set(network["products"]["unit_cost_usd"]) == {1e6}
    assert set(network["products"].text("kind")) == {"sector"}
    for table in network.present:
        assert set(network[table].text("provenance")) == {"derived"}
        assert set(network[table].text("source")) == {"2018_SML.csv"}


def test_components_are_what_all_makers_buy(tmp_path: Path) -> None:
    """A01 makes 100 + 300, and takes 10 + 5 + 50 of A01, 30 + 0 + 20 + 70 of C26 for it."""
    components = imported(tmp_path, written(tmp_path, ICIO))["components"]
    pairs = zip(components["product"].tolist(), components["component"].tolist(), strict=True)
    found = dict(zip(pairs, components["quantity"].tolist(), strict=True))
    assert found == pytest.approx(
        {(0, 0): 65 / 400, (0, 1): 120 / 400, (1, 0): 135 / 600, (1, 1): 80 / 600}
    )


def test_value_added_is_the_tables_own(tmp_path: Path) -> None:
    path = written(tmp_path, ICIO)
    table = read_table(path)
    assert table.added.tolist() == ADDED.tolist()
    assert table.notes == ()
    network = imported(tmp_path, path)
    flows = sold(network)
    output = flows.sum(axis=1) + network["plants"]["final_demand_per_day"]
    assert (output - flows.sum(axis=0)) * DAYS == pytest.approx(ADDED)


def as_wiod(region_of: dict[str, str]) -> str:
    names = [f"{region_of[x[:3]]}:{x[4:]}" for x in LABELS]
    regions = list(region_of.values())
    lines = [",".join(["", *names, *(f"FD:{region}" for region in regions), "output"])]
    for name, flows, final in zip(names, FLOWS.tolist(), FINAL.tolist(), strict=True):
        cells = [*flows, final - 10, 10, sum(flows) + final]
        lines.append(",".join([name, *map(repr, cells)]))
    return "\n".join(lines) + "\n"


def as_pymrio(folder: Path, saved: bool) -> Path:
    """Write the table as pymrio saves one, or as its own small example stands there."""
    folder.mkdir()
    units = [] if saved else ["Mill USD"]
    names = [[label[:3], label[4:], *units] for label in LABELS]
    blank = [""] * (len(names[0]) - 1)
    for kind, values, columns in (
        ("Z", FLOWS, [label[:2] for label in names]),
        ("Y", np.column_stack([FINAL - 10, np.full(4, 10)]), [["AUS", "hh"], ["CN1", "hh"]]),
    ):
        file = f"{kind}.txt" if saved else f"trade_{kind}.txt"
        lines = [
            [level if saved else "", *blank, *(column[k] for column in columns)]
            for k, level in enumerate(("region", "sector"))
        ]
        if saved:
            lines.append(["region", "sector", *[""] * len(columns)])
        lines += [
            [*name, *map(repr, row)] for name, row in zip(names, values.tolist(), strict=True)
        ]
        (folder / file).write_text("\n".join("\t".join(line) for line in lines) + "\n")
    if saved:
        files = {kind: {"name": f"{kind}.txt"} for kind in ("Z", "Y", "unit")}
        (folder / "file_parameters.json").write_text(json.dumps({"files": files}))
        rows = ["region\tsector\tunit"] + [f"{a}\t{b}\tM.EUR" for a, b in names]
        (folder / "unit.txt").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize("layout", ["wiod", "pymrio saved", "pymrio example"])
def test_every_layout_gives_the_same_case(layout: str, tmp_path: Path) -> None:
    if layout == "wiod":
        path = written(tmp_path, as_wiod({"AUS": "AUS", "CN1": "CN1"}), "wiot2011.csv")
    else:
        path = as_pymrio(tmp_path / "table", saved=layout == "pymrio saved")
    network = imported(tmp_path, path)
    first = imported(tmp_path / "icio", written(make(tmp_path / "icio"), ICIO))
    assert [name.replace(":", "_") for name in network.names["plant"]] == LABELS
    assert sold(network).tolist() == sold(first).tolist()
    assert network["plants"]["final_demand_per_day"].tolist() == (FINAL / 365).tolist()
    assert network["components"]["quantity"].tolist() == first["components"]["quantity"].tolist()
    assert set(network["products"]["unit_cost_usd"]) == {1e6}
    assert str(network.first_day)[:4] == ("2011" if layout == "wiod" else "2000")


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def table_of(flows: Sequence[Sequence[float]], final: Sequence[float]) -> str:
    names = [f"AAA_s{i}" for i in range(len(final))]
    lines = [",".join(["V1", *names, "AAA_FD"])]
    for name, row, last in zip(names, flows, final, strict=True):
        lines.append(",".join([name, *map(repr, row), repr(last)]))
    return "\n".join(lines) + "\n"


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    lines = [line.split(",") for line in ICIO.splitlines()]
    order = [0, 3, 7, 1, 8, 4, 5, 2, 6]
    text = "\n".join(",".join(line[k] for k in order) for line in lines)
    network = imported(tmp_path, written(tmp_path, text))
    assert sold(network) == pytest.approx(FLOWS / 365, rel=1e-15)


def test_taken_from_stores(tmp_path: Path) -> None:
    """Final demand below 0 becomes 0; the description says how much."""
    path = written(tmp_path, table_of([[0, 10], [4, 0]], [-3, 6]))
    network = imported(tmp_path, path)
    assert network["plants"]["final_demand_per_day"].tolist() == [0, 6 / 365]
    assert "taken as 0: 1, of 3 a year" in network.description


def test_an_industry_that_sells_nothing_is_left_out(tmp_path: Path) -> None:
    """What it bought counts as final demand of its sellers, whose output stays."""
    path = written(tmp_path, table_of([[0, 10, 2], [4, 0, 3], [0, 0, 5]], [1, 6, 0]))
    network = imported(tmp_path, path)
    assert network.names["plant"].tolist() == ["AAA_s0", "AAA_s1"]
    assert network["plants"]["final_demand_per_day"] == pytest.approx([3 / 365, 9 / 365])
    assert "Industries that sell nothing to others, left out: 1." in network.description


def test_an_industry_that_buys_nothing_is_a_source(tmp_path: Path) -> None:
    network = imported(tmp_path, written(tmp_path, table_of([[0, 10], [0, 0]], [1, 6])))
    assert sold(network).tolist() == [[0, 10 / 365], [0, 0]]
    assert network["components"]["product"].tolist() == [1]


def test_small_flows_may_be_left_out(tmp_path: Path) -> None:
    """Column 2 buys 1 and 99: the 1 is below 2 %, and its seller's output stays."""
    path = written(tmp_path, table_of([[0, 5, 1], [5, 0, 99], [0, 5, 0]], [10, 10, 10]))
    network = imported(tmp_path, path, smallest_share=0.02)
    assert sold(network) * 365 == pytest.approx(np.array([[0, 5, 0], [5, 0, 99], [0, 5, 0]]))
    assert network["plants"]["final_demand_per_day"] * 365 == pytest.approx([11, 10, 10])
    assert "Flows below 0.02 of their buyer's purchases" in network.description


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_is_a_share(share: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smallest share"):
        trade([written(tmp_path, ICIO)], tmp_path / "case", smallest_share=share)


def test_one_table_at_a_time(tmp_path: Path) -> None:
    path = written(tmp_path, ICIO)
    with pytest.raises(UsageError, match="2 tables given"):
        trade([path, path], tmp_path / "case")


def test_regions_become_countries(tmp_path: Path) -> None:
    """Two letters are ISO 3166-1 alpha-2; what is no country gets a code free for users."""
    regions = ["IN", "RoW", "EU", "ROM", "XAA", "WF"]
    names = [f"{region}:s" for region in regions]
    lines = [",".join(["", *names, "FD:IN"])]
    lines += [",".join([name, *"111111", "1"]) for name in names]
    network = imported(tmp_path, written(tmp_path, "\n".join(lines)))
    country = network.names["country"][network["plants"]["country"]]
    assert country.tolist() == ["IND", "ROW", "XAB", "ROU", "XAA", "XAC"]
    named = dict(zip(network.names["country"], network["countries"].text("name"), strict=True))
    assert named["XAB"] == "EU"
    assert named["XAC"] == "WF"


def test_labels_that_a_case_could_not_hold_as_they_are(tmp_path: Path) -> None:
    text = '"","AUS:gas; mains","FD:AUS"\n"AUS:gas; mains",1,2\n'
    network = imported(tmp_path, written(tmp_path, text))
    assert network.names["plant"].tolist() == ["AUS:gas, mains"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert len(imported(tmp_path, written(tmp_path, "\ufeff" + ICIO))["plants"]) == 4


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        trade([written(tmp_path, ICIO)], tmp_path / name)
    for file in sorted((tmp_path / "a").iterdir()):
        other = (tmp_path / "b" / file.name).read_bytes()
        assert file.read_bytes().replace(b'"a"', b'"b"', 1) == other


def test_what_does_not_quite_add_up_is_told(tmp_path: Path) -> None:
    """The output column is 2 % above, value added 20 of 400 too low: sales and purchases count."""
    text = ICIO.replace("40,-5,15,100", "40,-5,15,102").replace("160,300", "160,280")
    table = read_table(written(tmp_path, text))
    assert table.notes == (
        "In the table the column of output differs from sales and final demand, which count, by "
        "up to 2 % of output.",
        "In the table value added differs from output less purchases, which count, by up to 5 % "
        "of output.",
    )


HEADER = "V1,AUS_A,AUS_B,AUS_HFCE,OUT"
B = "AUS_B,1,2,3,6\n"
BROKEN = {
    # text; row, column, value; problem
    "no number": (f"{HEADER}\nAUS_A,1,x,3,4\n{B}", (2, "AUS_B", "x"), "no number"),
    "thousands": (f'{HEADER}\nAUS_A,1,"1,0",3,4\n{B}', (2, "AUS_B", "1,0"), "no number"),
    "underscore": (f"{HEADER}\nAUS_A,1,1_0,3,4\n{B}", (2, "AUS_B", "1_0"), "no number"),
    "nan": (f"{HEADER}\nAUS_A,1,nan,3,4\n{B}", (2, "AUS_B", "nan"), "no number"),
    "infinite": (f"{HEADER}\nAUS_A,1,1e999,3,4\n{B}", (2, "AUS_B", "1e999"), "no number"),
    "empty": (f"{HEADER}\nAUS_A,1,,3,4\n{B}", (2, "AUS_B", ""), "is empty"),
    "ragged": (f"{HEADER}\nAUS_A,1,2,3\n{B}", (2, "", ""), "has 4 cells where"),
    "negative": (f"{HEADER}\nAUS_A,1,-2,3,2\n{B}", (2, "AUS_B", "-2"), "below 0"),
    "row twice": (f"{HEADER}\nAUS_A,1,2,3,6\n{B}AUS_A,1,2,3,6\n", (4, "", "AUS_A"),
                  "repeats row 2"),
    "column twice": ("V1,AUS_A,AUS_A,AUS_HFCE\nAUS_A,1,2,3\n", (1, "", "AUS_A"), "repeats"),
    "no column": (f"{HEADER}\nAUS_A,1,2,3,6\n{B}AUS_C,1,2,3,6\n", (4, "", "AUS_C"),
                  "without a column"),
    "no row": (f"{HEADER}\nAUS_A,1,2,3,6\n", (1, "AUS_B", ""), "without a row"),
    "no sales": ("V1,AUS_A,AUS_HFCE\nAUS_A,5,0\n", (0, "", ""), "sells anything"),
    "does not add up": (f"{HEADER}\nAUS_A,1,2,3,9\n{B}", (2, "OUT", "9"), "add up to, 6"),
    "no final demand": ("V1,AUS_A\nAUS_A,1\n", (0, "", ""), "no column of final demand"),
    "no industry": ("V1,AUS_HFCE\nVA,1\n", (0, "", ""), "no industry"),
    "no region": ("V1,A,HFCE\nA,1,2\n", (2, "", "A"), "no region"),
    "no sector": ("V1,AUS_,HFCE\nAUS_,1,2\n", (2, "", "AUS_"), "no region"),
    "reserved": ("V1,AUS:none,FD:AUS\nAUS:none,1,2\n", (2, "", "AUS:none"), "meaning of its own"),
    "hidden": ("V1,AUS:a\u200bb,FD:AUS\nAUS:a\u200bb,1,2\n", (2, "", "AUS:a\u200bb"), "not show"),
    "one cell a row": ("a;b\n1;2\n", (0, "", ""), "no table"),
    "header alone": (f"{HEADER}\n", (0, "", ""), "no table"),
    "nothing": ("", (0, "", ""), "no table"),
    "open quote": (f'{HEADER}\nAUS_A,"1,2\n', (2, "", ""), "cannot be read as CSV"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_tables(name: str, tmp_path: Path) -> None:
    text, where, problem = BROKEN[name]
    (found,) = faults_of(written(tmp_path, text))
    assert found.file == "2018_SML.csv"
    assert (found.row, found.column, found.value) == where
    assert problem in found.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("V1,AUS_\xc4\nAUS_\xc4,1\n".encode("latin-1"), "not UTF-8"),
        (ICIO.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04", "zip or a spreadsheet"),
    ],
)
def test_other_files(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    (found,) = faults_of(path)
    assert problem in found.problem


def test_all_faults_at_once(tmp_path: Path) -> None:
    text = f"{HEADER}\nAUS_A,x,,3,6\nAUS_B,1,2,3\nAUS_B,1,2,3,y\n"
    found = faults_of(written(tmp_path, text))
    assert [(fault.row, fault.column) for fault in found] == [
        (2, "AUS_A"), (2, "AUS_B"), (3, ""), (4, "OUT"),
    ]  # fmt: skip


def test_many_faults_are_cut(tmp_path: Path) -> None:
    rows = "\n".join(f"AUS_{i},x,y,z,w" for i in range(1_000))
    with pytest.raises(InputError) as caught:
        read_table(written(tmp_path, f"{HEADER}\n{rows}\n"))
    assert len(caught.value.faults) == 1_000
    assert caught.value.more


def test_a_missing_file_and_a_large_one(tmp_path: Path) -> None:
    (found,) = faults_of(tmp_path / "missing.csv")
    assert "cannot be read" in found.problem
    with pytest.raises(InputError, match="more than the 10 allowed"):
        read_table(written(tmp_path, ICIO), max_bytes=10)


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return folder


PYMRIO_BROKEN = {
    "no number": ("Z.txt", "\t30.0\t", "\tx\t", "Z.txt", "no number"),
    "row of Y": ("Y.txt", "CN1\tC26\t", "CN1\tC27\t", "Y.txt", "missing among the rows"),
    "column of Z": ("Z.txt", "A01\tC26\tA01\tC26\n", "A01\tC26\tA01\tC27\n", "Z.txt",
                    "missing among the columns"),
    "units": ("unit.txt", "AUS\tA01\tM.EUR", "AUS\tA01\ttonnes", "unit.txt", "mixes units"),
    "no name": ("file_parameters.json", '"Y"', '"y"', "file_parameters.json", "file of Y"),
    "parquet": ("file_parameters.json", "Z.txt", "Z.parquet", "table", "as Parquet"),
    "not json": ("file_parameters.json", "{", "", "file_parameters.json", "file of Z"),
    "gone": ("file_parameters.json", "Z.txt", "Q.txt", "Q.txt", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", PYMRIO_BROKEN)
def test_broken_folders(name: str, tmp_path: Path) -> None:
    file, old, new, at, problem = PYMRIO_BROKEN[name]
    folder = changed(as_pymrio(tmp_path / "table", saved=True), file, old, new)
    found = faults_of(folder)[0]
    assert Path(found.file).name == at
    assert problem in found.problem


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    found = faults_of(make(tmp_path / "table"))
    assert [fault.problem for fault in found] == ["holds no files of Z", "holds no files of Y"]


def test_too_many_regions_that_are_no_country(tmp_path: Path) -> None:
    names = [f"r{i}_s" for i in range(700)]
    lines = [",".join(["", *names, "FD"])]
    lines += [",".join([name, *["0"] * 700, "1"]) for name in names]
    (found,) = faults_of(written(tmp_path, "\n".join(lines)))
    assert "700 regions that are no country, more than 676" in found.problem


amounts = st.one_of(st.just(0.0), st.floats(1e-3, 1e9))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_table_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Supplies are the table's flows a day; output less purchases is that of the table."""
    count = data.draw(st.integers(1, 5))
    row = st.lists(amounts, min_size=count, max_size=count)
    flows = np.array(data.draw(st.lists(row, min_size=count, max_size=count)))
    final = np.array(data.draw(st.lists(st.floats(0.1, 1e9), min_size=count, max_size=count)))
    folder = tmp_path_factory.mktemp("table")
    network = imported(folder, written(folder, table_of(flows.tolist(), final.tolist())))
    assert sold(network) == pytest.approx(flows / 365, rel=1e-12)
    assert network["plants"]["final_demand_per_day"] == pytest.approx(final / 365, rel=1e-12)
    purchases = flows.sum(axis=0) / 365
    output = sold(network).sum(axis=1) + network["plants"]["final_demand_per_day"]
    expected = (flows.sum(axis=1) + final - flows.sum(axis=0)) / 365
    assert output - purchases == pytest.approx(expected, rel=1e-9, abs=1e-9 * flows.sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(ICIO)), st.integers(0, 30), st.binary(max_size=8))
def test_a_damaged_table_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, put: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = ICIO.encode()
    (folder / "t.csv").write_bytes(content[:at] + put + content[at + cut :])
    refused: tuple[Fault, ...] = ()
    try:
        trade([folder / "t.csv"], folder / "case")
    except InputError as error:
        refused = error.faults
    assert all(fault.problem and fault.remedy for fault in refused)
    assert (folder / "case").exists() == (not refused)
    assert refused or check(folder / "case") == []


def adds_up(network: Network, table: InputOutputTable) -> None:
    expected = table.flows / 365
    assert sold(network) == pytest.approx(expected, rel=1e-12)
    final = np.maximum(table.final, 0) / 365
    assert network["plants"]["final_demand_per_day"] == pytest.approx(final, rel=1e-12)


def test_wiod(tmp_path: Path, shared: Path) -> None:
    path = shared / "data" / "wiod2013" / "derived_wiot2011_10regions.csv"
    table, network = read_table(path), imported(tmp_path, path)
    assert len(network["plants"]) == 10 * 22
    assert len(network["products"]) == 22
    adds_up(network, table)
    assert "up to 1.2 % of output" in network.description
    flows = sold(network)
    added = flows.sum(axis=1) + network["plants"]["final_demand_per_day"] - flows.sum(axis=0)
    assert (added > 0).all()


def test_pymrio(tmp_path: Path, shared: Path) -> None:
    path = shared / "data" / "pymrio-test"
    table, network = read_table(path), imported(tmp_path, path)
    assert len(network["plants"]) == 6 * 8
    assert table.unit == "Mill USD"
    assert network.names["country"].tolist() == ["XAA", "XAB", "XAC", "XAD", "XAE", "XAF"]
    assert table.flows[0, 0] == 23697.221
    adds_up(network, table)
