"""Versions and ranges of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from indranet.model.versions import bounds, in_range


@pytest.mark.parametrize(
    ("version", "versions", "answer"),
    [
        ("2.3", ">=2.1,<2.4", True),
        ("2.4", ">=2.1,<2.4", False),
        ("2.10", ">=2.9", True),
        ("2.1.3", ">2.1", True),
        ("2.1.rc1", "<2.1.0", True),
        ("3.0", ">=2.1,<2.4; 3.0", True),
        ("v3.0", "v3.0", True),
        ("3.00", "3.0", True),
        ("R22B", "R22A;R22B", True),
        ("", "", True),
        ("9", "", True),
        ("", "<2", None),
    ],
)
def test_ranges(version: str, versions: str, answer: bool | None) -> None:
    assert in_range(version, versions) is answer


@pytest.mark.parametrize("versions", ["<", ">=2,,<3", "2 to 3", "=>2", "~2"])
def test_what_is_no_range_is_refused(versions: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        bounds(versions)


@given(some.lists(some.integers(0, 30), min_size=1, max_size=4), some.integers(0, 30))
def test_a_later_number_is_a_later_version(parts: list[int], more: int) -> None:
    version = ".".join(map(str, parts))
    later = ".".join(map(str, [*parts[:-1], parts[-1] + more + 1]))
    assert in_range(version, f"<{later}")
    assert not in_range(later, f"<={version}")
    assert in_range(version, f">={version},<={version}")
