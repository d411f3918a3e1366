"""What still works: nets of monotone weighted-threshold gates, 64 alternatives a machine word.

`order` a net once; then `up` says which nodes are up when nodes are removed, `lost` what that takes
down, `dark` what would not come back from dark, `failing_paths` why, and `cut_sets` which smallest
sets do it. `sample` says how often random failures, made by `draw`, take nodes down, and `exact`
says the same without drawing. Numbers in and out are those of the caller.
"""

from indranet.engines.gates.cuts import CutSets, cut_sets
from indranet.engines.gates.draws import draw
from indranet.engines.gates.exact import Exact, exact
from indranet.engines.gates.order import Gates, Ordered, order
from indranet.engines.gates.paths import failing_paths
from indranet.engines.gates.states import dark, lost, sample, up

__all__ = [
    "CutSets", "Exact", "Gates", "Ordered", "cut_sets", "dark", "draw", "exact", "failing_paths",
    "lost", "order", "sample", "up",
]  # fmt: skip
