"""The network: frozen arrays, found by name, changed only by replace."""

from datetime import date

import numpy as np
import pytest

from indranet.model.case import read, write_case
from indranet.model.network import Network, Rows, row_starts


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("cases") / "two"
    write_case(
        folder,
        "two firms",
        date(2025, 1, 1),
        "",
        {
            "countries": {"country": ["IND", "JPN"]},
            "firms": {"firm": ["A", "B"], "country": ["JPN", ""], "name": ["Alpha", None]},
            "products": {"product": ["radio", "A"], "kind": ["equipment", "part"]},
            "sites": {"site": ["s1", "s2", "s3"], "operator": ["B", "B", "A"]},
            "equipment": {
                "site": ["s3", "s1", "s3"],
                "function": ["RU", "RU", "DU"],
                "product": ["radio", "radio", "radio"],
                "quantity": [1, 2, 3],
            },
        },
    )
    return read(folder)


def bytes_of(network: Network) -> dict[tuple[str, str], bytes]:
    return {
        (name, column): rows[column].tobytes()
        for name, rows in network.tables.items()
        for column in rows
    }


def test_codes_count_over_all_kinds(network: Network) -> None:
    assert network.size == 2 + 2 + 2 + 3
    assert network.offset("country") == 0
    assert network.offset("site") == 6
    assert [network.thing(code) for code in (0, 2, 5, 8)] == [
        ("country", "IND"),
        ("firm", "A"),
        ("product", "A"),
        ("site", "s3"),
    ]
    with pytest.raises(IndexError):
        network.thing(9)
    with pytest.raises(IndexError):
        network.thing(-1)


def test_things_are_found_with_or_without_their_kind(network: Network) -> None:
    assert network.find("s2") == 7
    assert network.find("firm:A") == 2
    assert network.find("product:A") == 5
    for unknown in ("A", "s9", "firm:s1", "passage:"):
        with pytest.raises(KeyError):
            network.find(unknown)


def test_rows_of_one_owner_lie_together(network: Network) -> None:
    equipment = network["equipment"]
    assert equipment["site"].tolist() == [0, 2, 2]
    assert equipment["quantity"].tolist() == [2, 1, 3]
    assert network.start["equipment"].tolist() == [0, 1, 1, 3]
    assert network.owners("equipment") == 3
    assert network.owners("needs") == network.size


def test_row_starts_cover_owners_without_rows() -> None:
    assert row_starts(np.array([0, 0, 3]), 5).tolist() == [0, 2, 2, 2, 3, 3]
    assert row_starts(np.array([], dtype=np.int32), 2).tolist() == [0, 0, 0]


def test_texts_and_choices_come_back_as_words(network: Network) -> None:
    assert network["firms"].text("name") == ["Alpha", ""]
    assert network["products"].text("kind") == ["equipment", "part"]
    assert network["firms"].text("firm") == ["A", "B"]


def test_nothing_can_be_written(network: Network) -> None:
    arrays = [rows[column] for rows in network.tables.values() for column in rows]
    arrays += [words for rows in network.tables.values() for words in rows.words.values()]
    arrays += [*network.names.values(), *network.start.values()]
    arrays += [array for pair in network.lists.values() for array in pair]
    assert not any(array.flags.writeable for array in arrays)
    with pytest.raises(ValueError, match="read-only"):
        network["sites"]["people"][0] = 7
    with pytest.raises(TypeError):
        network.tables["sites"] = network["firms"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        network.name = "other"  # type: ignore[misc]


def test_replace_leaves_the_original_as_it_was(network: Network) -> None:
    before = bytes_of(network)
    sites = network["sites"].with_column("people", np.array([1, 2, 3]))
    equipment = network["equipment"].where(np.array([True, False, True]))
    changed = network.replace(sites=sites, equipment=equipment)
    assert bytes_of(network) == before
    assert changed["sites"]["people"].tolist() == [1, 2, 3]
    assert changed["sites"]["people"].dtype == np.float64
    assert changed.start["equipment"].tolist() == [0, 1, 1, 2]
    assert changed["firms"] is network["firms"]


def test_replace_sorts_rows_by_their_owner(network: Network) -> None:
    turned = network["equipment"].where(np.array([2, 0, 1]))
    changed = network.replace(equipment=turned)
    assert changed["equipment"]["site"].tolist() == [0, 2, 2]
    assert changed["equipment"]["quantity"].tolist() == [2, 3, 1]


def test_the_hash_follows_the_change(network: Network) -> None:
    def with_people(people: int) -> str:
        column = np.full(3, people)
        return network.replace(sites=network["sites"].with_column("people", column)).case_hash

    assert with_people(1) == with_people(1)
    assert len({network.case_hash, with_people(1), with_people(2)}) == 3


def test_replace_refuses_what_would_break_references(network: Network) -> None:
    with pytest.raises(ValueError, match="keep its rows"):
        network.replace(sites=network["sites"].where(np.array([0])))
    with pytest.raises(ValueError, match="no table"):
        network.replace(sites=network["firms"])
    with pytest.raises(ValueError, match="no table"):
        network.replace(vendors=Rows("vendors", {}, {}))


def test_a_column_keeps_its_length_and_name(network: Network) -> None:
    with pytest.raises(ValueError, match="no column"):
        network["sites"].with_column("people", np.zeros(2))
    with pytest.raises(ValueError, match="no column"):
        network["sites"].with_column("persons", np.zeros(3))


def test_a_table_without_columns_has_no_rows() -> None:
    assert len(Rows("sites", {}, {})) == 0
