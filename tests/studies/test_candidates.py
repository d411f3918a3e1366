"""What is taken away where nothing is asked."""

from pathlib import Path

from tests.made_up import network_of

from indranet.studies.candidates import DEFAULT_KINDS, KINDS_ON_REQUEST, default_kinds
from indranet.studies.exposure import exposure


def test_services_alone_are_taken_away_one_by_one(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        services={"service": ["power", "water"], "people": [10, 7]},
        needs={"user": ["water"], "need": ["pumps"], "input": ["power"]},
    )
    assert default_kinds(network) == KINDS_ON_REQUEST
    worst = exposure(network).summary["worst"]["now"]
    assert [entry["things"][0]["id"] for entry in worst] == ["power"]


def test_what_stands_behind_is_taken_away_where_there_is_any(tmp_path: Path) -> None:
    network = network_of(tmp_path / "c", services={"service": ["power"]}, firms={"firm": ["grid"]})
    assert default_kinds(network) == DEFAULT_KINDS
    kinds = set(exposure(network).tables["reach"]["kind"].tolist())
    assert kinds == {"firm"}
