"""Goals: every fault at its line, periods, bundled ones."""

from pathlib import Path

import numpy as np
import pytest

from indranet.errors import InputError, UsageError
from indranet.model.goal import Goal, bundled_goals, find_goal, read_goal

WHOLE = """name = "g"
operator = "telco"
period = "month"
periods = 4

[replace]
authority = "list"

[limits.vendor_share]
limit = 0.4

[uncertainty]
permit_days = { law = "fixed", days = 3 }
"""


def test_a_goal_is_read_with_its_defaults(tmp_path: Path) -> None:
    file = tmp_path / "goal.toml"
    file.write_text(WHOLE)
    goal = read_goal(file)
    assert (goal.operator, goal.months, goal.practice.freeze_days) == ("telco", 1, 30)
    assert goal.limits.vendor_share is not None
    assert goal.limits.vendor_share.per == "sites"
    starts = goal.starts(np.datetime64("2026-11-15"))
    assert starts.astype(str).tolist() == [
        "2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("periods = 4", "periods = 0"), "goal.toml:4 periods '0' does not fit"),
        (("operator =", "operater ="), "goal.toml:2 operater is not known here; did you mean"),
        (('authority = "list"', 'firms = []'), "takes authority, firms or wanted, one of them"),
        (("limit = 0.4", "limit = 1.4"), "goal.toml:10 limits.vendor_share.limit '1.4' does not"),
        (('period = "month"', 'period = "week"'), "write 'month' or 'quarter'"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_lines(
    change: tuple[str, str], told: str, tmp_path: Path
) -> None:
    file = tmp_path / "goal.toml"
    file.write_text(WHOLE.replace(*change))
    with pytest.raises(InputError) as caught:
        read_goal(file)
    assert told in str(caught.value)


def test_bundled_goals_are_found_by_name() -> None:
    assert bundled_goals()
    for name in bundled_goals():
        assert isinstance(find_goal(name), Goal)
    with pytest.raises(UsageError, match="did you mean"):
        find_goal("bsnl-two-vendor")
