"""The program that packs the bundled geography: the same bytes, and its cut at the date line."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLED = REPOSITORY / "src" / "indranet" / "data"
WIDTH = 100


def _load() -> ModuleType:
    path = REPOSITORY / "tools" / "pack_geography.py"
    spec = importlib.util.spec_from_file_location("pack_geography", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pack = _load()


def test_packing_gives_the_bundled_bytes(shared: Path, tmp_path: Path) -> None:
    pack.main(shared / "data", tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(written) == 8
    for path in written:
        assert (tmp_path / path).read_bytes() == (BUNDLED / path).read_bytes(), path


def _area(ring: list[tuple[int, int]]) -> float:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2


@settings(deadline=None)
@given(west=st.integers(80, 99), east=st.integers(101, 120), south=st.integers(1, 20))
def test_box_over_the_date_line_becomes_two(west: int, east: int, south: int) -> None:
    box = [(west, south), (east - WIDTH, south), (east - WIDTH, 30), (west, 30)]
    parts = pack._cut_at_dateline(box, WIDTH)
    assert len(parts) == 2
    assert all(0 <= x <= WIDTH for part in parts for x, _ in part)
    assert sum(map(_area, parts)) == (east - west) * (30 - south)


def test_ring_round_the_pole_is_closed_along_the_bottom() -> None:
    ring = [(0, 10), (30, 20), (60, 10), (90, 20)]
    (part,) = pack._cut_at_dateline(ring, WIDTH)
    assert {x for x, _ in part} == {0, 30, 60, 90, WIDTH}
    assert min(y for _, y in part) == 0
    assert _area(part) == pytest.approx(15 * 90 + 15 * 10)


def test_ring_along_the_bottom_is_no_land() -> None:
    assert pack._cut_at_dateline([(0, 0), (40, 0), (80, 0)], WIDTH) == []


def test_ring_that_holds_a_boundary_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "map.json"
    square = {"type": "Polygon", "arcs": [[0]]}
    source.write_text(
        json.dumps(
            {
                "transform": {"scale": [0.1, 0.1], "translate": [-180, -90]},
                "arcs": [[[0, 5], [9, 0], [0, 9], [-9, 0], [0, -9]]],
                "objects": {
                    "countries": {"geometries": [square, square]},
                    "land": {"geometries": [square]},
                },
            }
        )
    )
    with pytest.raises(ValueError, match="boundary between countries"):
        pack.pack_land(source, tmp_path / "land.json")
    assert not (tmp_path / "land.json").exists()
