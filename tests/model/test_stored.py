"""Tables in pieces: as in one, whole or not at all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indranet.model.stored import Chunks, read_rows, write_chunks, write_rows

PIECES = [
    {
        "day": np.array([0, 1]),
        "name": np.array(["a", ""], dtype=object),
        "x": np.array([0.5, np.nan]),
    },
    {"day": np.zeros(0, dtype=np.int64), "name": np.zeros(0, dtype=object), "x": np.zeros(0)},
    {"day": np.array([7]), "name": np.array(["=1+1"], dtype=object), "x": np.array([-3.0])},
]


def test_pieces_read_as_one_table(tmp_path: Path) -> None:
    table = Chunks(("day", "name", "x"), lambda: iter(PIECES))
    write_chunks(tmp_path / "pieces.parquet", table)
    write_rows(tmp_path / "whole.parquet", table.whole())
    one, other = (read_rows(tmp_path / f"{name}.parquet") for name in ("pieces", "whole"))
    assert one["day"].tolist() == other["day"].tolist() == [0, 1, 7]
    assert one["name"].tolist() == other["name"].tolist() == ["a", "", "=1+1"]
    np.testing.assert_array_equal(one["x"], other["x"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pieces.parquet", "whole.parquet"]


def test_a_stop_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    def pieces() -> Iterator[Mapping[str, Any]]:
        yield PIECES[0]
        raise KeyboardInterrupt

    write_rows(tmp_path / "table.parquet", PIECES[2])
    with pytest.raises(KeyboardInterrupt):
        write_chunks(tmp_path / "table.parquet", Chunks(("day", "name", "x"), pieces))
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
    assert read_rows(tmp_path / "table.parquet")["day"].tolist() == [7]
