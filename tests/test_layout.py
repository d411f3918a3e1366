"""The layout is the architecture: imports point one way, modules stay small."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "indranet"

LEVELS = {
    "errors": 0,
    "model": 1,
    "geography": 1,
    "engines": 1,
    "intake": 2,
    "studies": 2,
    "runs": 3,
    "web": 4,
    "cli": 5,
    "__init__": 6,
    "__main__": 6,
}
"""A module imports only from a lower level, or from its own room."""
CLOSED = {"engines": {"engines", "errors"}, "geography": {"geography", "errors", "data"}}
"""Rooms that know nothing of tables."""


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports are absolute"
            names = [node.module]
            if node.module == "indranet":
                names = [f"indranet.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("indranet.")}
    return found - {"__version__"}


def wrong_imports(room: str, text: str) -> set[str]:
    allowed = {other for other, level in LEVELS.items() if level < LEVELS[room]} | {room, "data"}
    return imported_rooms(text) - (CLOSED.get(room, allowed))


def modules() -> list[Path]:
    return [p for p in SOURCE.rglob("*.py") if room_of(p) != "data"]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    assert not wrong_imports(room_of(path), path.read_text())


def test_a_reversed_import_is_found() -> None:
    assert wrong_imports("model", "from indranet.studies.compile import compile_network")
    assert wrong_imports("engines", "import indranet.model.schema")
    assert wrong_imports("studies", "from indranet import cli")
    assert not wrong_imports("studies", "from indranet.model.network import Network")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 620


def test_the_lock_names_no_file_of_a_machine() -> None:
    lock = (SOURCE.parent.parent / "requirements.lock").read_text()
    assert "file:" not in lock
    assert "--hash=sha256:" in lock
    assert "index-url" not in lock
