from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indranet.cli import run
from indranet.errors import InputError, UsageError
from indranet.intake import firms as made_up
from indranet.intake.firms import FirmNetwork, firm_network, firms, made_up_table
from indranet.intake.input_output import read_table
from indranet.intake.trade import settled
from indranet.model.case import check, read
from indranet.model.schema import KINDS

TABLE = """\
V1,AUS_A01,AUS_C26,JPN_A01,JPN_C26,AUS_HFCE,JPN_HFCE
AUS_A01,10,20,5,15,35,15
AUS_C26,30,0,0,20,100,50
JPN_A01,0,40,50,60,10,140
JPN_C26,20,60,70,0,0,0
"""


def added_up(network: FirmNetwork, industries: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what industries sell each other and to final demand, as the firms do."""
    flows = np.zeros((industries, industries))
    ends = network.industry[network.supplier], network.industry[network.customer]
    np.add.at(flows, ends, network.flow)
    return flows, np.bincount(network.industry, network.final, industries)


def output(network: FirmNetwork) -> np.ndarray:
    count = len(network.industry)
    return np.bincount(network.supplier, network.flow, count) + network.final


def bought(network: FirmNetwork) -> np.ndarray:
    return np.bincount(network.customer, network.flow, len(network.industry))


def tail_exponent(values: np.ndarray, tail: int) -> float:
    """Exponent of P(value > v), by the estimator of Hill 1975 on the largest values."""
    largest = np.sort(values)[::-1][: tail + 1].astype(np.float64)
    return float(1 / np.log(largest[:-1] / largest[-1]).mean())


def test_two_firms_by_hand() -> None:
    """One firm an industry: the table itself is the only network."""
    flows, final = np.array([[0.0, 3.0], [2.0, 0.0]]), np.array([5.0, 0.0])
    network = firm_network(flows, final, firms=2, seed=0)
    assert network.industry.tolist() == [0, 1]
    links = zip(network.supplier, network.customer, network.flow, strict=True)
    assert [tuple(link) for link in links] == [(0, 1, 3.0), (1, 0, 2.0)]
    assert network.final.tolist() == [5.0, 0.0]


def test_nobody_is_its_own_supplier() -> None:
    """An industry that sells to itself has two firms, which supply each other."""
    network = firm_network(np.array([[4.0]]), np.array([1.0]), firms=2, seed=3)
    links = zip(network.supplier.tolist(), network.customer.tolist(), strict=True)
    assert list(links) == [(0, 1), (1, 0)]
    assert network.flow.sum() == pytest.approx(4.0, rel=1e-8)


@pytest.mark.parametrize("count", [80, 100, 1_000, 20_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_firms_add_up_to_the_table(count: int, seed: int) -> None:
    table = made_up_table(seed)
    network = firm_network(table.flows, table.final, firms=count, seed=seed)
    flows, final = added_up(network, len(table.final))
    assert flows == pytest.approx(table.flows, rel=1e-7)
    assert final == pytest.approx(table.final, rel=1e-7)
    assert (output(network) > 0).all()
    assert (network.flow > 0).all()
    pairs = network.supplier * count + network.customer
    assert (np.diff(pairs) > 0).all()
    assert (network.supplier != network.customer).all()


def test_sizes_and_degrees_follow_published_laws() -> None:
    """Axtell 2001: 1.059; Fujiwara and Aoyama 2010: 1.26 customers, 1.35 suppliers."""
    table, count = made_up_table(4), 100_000
    network = firm_network(table.flows, table.final, firms=count, seed=4)
    customers = np.bincount(network.supplier, minlength=count)
    suppliers = np.bincount(network.customer, minlength=count)
    assert customers.mean() == pytest.approx(5, abs=0.02)
    assert customers.min() >= 1
    assert suppliers.min() >= 1
    assert tail_exponent(output(network), 1_000) == pytest.approx(1.059, abs=0.1)
    # Sectors that differ, and one link in any case, blur the laws of the ends.
    assert tail_exponent(customers, 1_000) == pytest.approx(1.26, abs=0.2)
    assert tail_exponent(suppliers, 1_000) == pytest.approx(1.35, abs=0.2)
    assert (bought(network) <= output(network)).all()


def test_large_firms_are_no_freaks() -> None:
    table = made_up_table(5)
    network = firm_network(table.flows, table.final, firms=50_000, seed=5)
    largest = np.zeros(len(table.final))
    np.maximum.at(largest, network.industry, output(network))
    whole = table.flows.sum(axis=1) + table.final
    assert (largest[whole > whole.max() / 10] < 0.4 * whole[whole > whole.max() / 10]).all()


def test_seeds_differ() -> None:
    table = made_up_table(1)
    one, same, other = (
        firm_network(table.flows, table.final, firms=500, seed=seed) for seed in (1, 1, 2)
    )
    assert one.flow.tolist() == same.flow.tolist()
    assert one.flow.tolist() != other.flow.tolist()
    assert made_up_table(1).flows.tolist() != made_up_table(2).flows.tolist()


def test_the_made_up_table_is_an_economy() -> None:
    """Final demand is a trillion USD; every sector adds 30 to 70 % of its output."""
    table = made_up_table(7)
    whole = table.flows.sum(axis=1) + table.final
    assert table.final.sum() == pytest.approx(1e12)
    part = 1 - table.flows.sum(axis=0) / whole
    assert part.min() >= 0.3 - 1e-9
    assert part.max() <= 0.7 + 1e-9
    assert (table.flows > 0).mean() == pytest.approx(0.85, abs=0.04)


def test_too_few_firms() -> None:
    flows, final = np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1.0, 1.0])
    assert len(firm_network(flows, final, firms=3, seed=0).industry) == 3
    with pytest.raises(UsageError, match="--firms 2 is too few: the table's 2 industries need 3"):
        firm_network(flows, final, firms=2, seed=0)
    with pytest.raises(UsageError, match="too few"):
        firm_network(np.zeros((1, 1)), np.zeros(1), firms=5, seed=0)


def test_an_economy_without_trade() -> None:
    network = firm_network(np.zeros((2, 2)), np.array([3.0, 0.0]), firms=4, seed=0)
    assert len(network.flow) == 0
    assert network.industry.tolist() == [0, 0, 0, 0]
    assert network.final.sum() == pytest.approx(3.0, rel=1e-8)


amounts = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(0, 1 << 32))
def test_any_table(data: st.DataObject, seed: int) -> None:
    count = data.draw(st.integers(1, 6))
    row = st.lists(amounts, min_size=count, max_size=count)
    flows = np.array(data.draw(st.lists(row, min_size=count, max_size=count)))
    final = np.array(data.draw(row))
    # What sells nothing buys nothing, and what it bought is final demand, as `settled` sees to.
    idle = flows.sum(axis=1) + final == 0
    final += flows[:, idle].sum(axis=1)
    flows[:, idle] = 0.0
    if not (flows.sum() + final.sum()):
        return
    firms_wanted = data.draw(st.integers(2 * count, 300))
    network = firm_network(flows, final, firms=firms_wanted, seed=seed)
    found, rest = added_up(network, count)
    assert len(network.industry) == firms_wanted
    assert found == pytest.approx(flows, rel=1e-7)
    assert rest == pytest.approx(final, rel=1e-7)
    assert (output(network) > 0).all()
    assert (network.supplier != network.customer).all()
    assert (np.diff(network.supplier * firms_wanted + network.customer) > 0).all()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("firms")
    (folder / "2018.csv").write_text(TABLE)
    firms(folder / "case", firms=300, seed=7, table=folder / "2018.csv")
    return folder / "case"


def test_the_case_adds_up_to_the_table(case: Path) -> None:
    assert check(case) == []
    network, table = read(case), read_table(case.parent / "2018.csv")
    plants, supplies = network["plants"], network["supplies"]
    names = [
        f"{network.names['country'][c]}_{network.names['product'][p]}"
        for c, p in zip(plants["country"], plants["product"], strict=True)
    ]
    industry = np.array([table.label.tolist().index(name) for name in names])
    offset = sum(len(network.names[kind]) for kind in KINDS[: KINDS.index("plant")])
    ends = industry[supplies["supplier"]], industry[supplies["customer"] - offset]
    flows = np.zeros((4, 4))
    np.add.at(flows, ends, supplies["quantity_per_day"])
    assert flows * 365 == pytest.approx(table.flows, rel=1e-6)
    final = np.bincount(industry, plants["final_demand_per_day"], 4) * 365
    assert final == pytest.approx(table.final, rel=1e-6)


def test_the_case_says_what_it_is(case: Path) -> None:
    network = read(case)
    assert network.names["firm"][122] == "f0000123"
    assert network.names["plant"][122] == "p0000123"
    assert network["plants"]["firm"].tolist() == list(range(300))
    assert network["firms"]["country"].tolist() == network["plants"]["country"].tolist()
    assert network.names["product"].tolist() == ["A01", "C26"]
    assert set(network["products"]["unit_cost_usd"]) == {1e6}
    assert "add up to 2018.csv" in network.description
    for table in network.present:
        assert set(network[table].text("provenance")) == {"synthetic"}
        assert set(network[table].text("source")) == {"generate firms, seed 7; 2018.csv"}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        firms(tmp_path / name, firms=200, seed=1)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_made_up_economy_is_in_no_country(tmp_path: Path) -> None:
    firms(tmp_path / "case", firms=90, seed=2)
    assert check(tmp_path / "case") == []
    network = read(tmp_path / "case")
    assert "countries" not in network.present
    assert len(network["products"]) == made_up.SECTORS


def test_negative_final_demand_and_idle_industries(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "V1,A_x,A_y,A_z,A_HFCE\nA_x,1,8,2,-4\nA_y,3,0,1,9\nA_z,0,0,0,0\n"
    )
    firms(tmp_path / "case", firms=50, seed=2, table=tmp_path / "t.csv")
    assert check(tmp_path / "case") == []
    network = read(tmp_path / "case")
    flows, final, _ = settled(read_table(tmp_path / "t.csv"))
    assert final.tolist() == [2, 10, 0]
    assert network.names["product"].tolist() == ["x", "y"]
    day = network["supplies"]["quantity_per_day"].sum()
    assert day * 365 == pytest.approx(flows.sum(), rel=1e-6)


@pytest.mark.parametrize(("count", "seed"), [(1, 1), (100, -1)])
def test_refused_arguments(count: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        firms(tmp_path / "case", firms=count, seed=seed)
    assert not (tmp_path / "case").exists()


def test_a_broken_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE.replace("30", "x"))
    with pytest.raises(InputError):
        firms(tmp_path / "case", firms=100, seed=1, table=tmp_path / "t.csv")
    assert not (tmp_path / "case").exists()


def test_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    assert run(["import", "trade", "t.csv", "--into", "trade", "--smallest-share", "0.01"]) == 0
    assert run(["check", "trade"]) == 0
    firms_of = ["generate", "firms", "--seed", "1", "--table", "t.csv", "--into"]
    assert run([*firms_of, "made", "--firms", "100", "--json"]) == 0
    assert run(["check", "made", "--quiet"]) == 0
    assert capsys.readouterr().out.endswith('{"case": "made"}\n')
    assert run([*firms_of, "few", "--firms", "3"]) == 2
    assert "--firms 3 is too few" in capsys.readouterr().err
    assert run(["import", "faulttree", "t.csv", "--into", "x", "--smallest-share", "0.1"]) == 2
    assert run([*firms_of, "made", "--firms", "100"]) == 2
