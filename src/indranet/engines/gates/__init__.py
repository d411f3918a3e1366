"""What still works: nets of monotone weighted-threshold gates, 64 alternatives a machine word.

`order` a net once; then `up` says which nodes are up when nodes are removed, `lost` what that takes
down, `dark` what would not come back from dark, and `sample` how often random failures, made by
`draw`, take nodes down. Numbers in and out are those of the caller.
"""

from indranet.engines.gates.draws import draw
from indranet.engines.gates.order import Gates, Ordered, order
from indranet.engines.gates.states import dark, lost, sample, up

__all__ = ["Gates", "Ordered", "dark", "draw", "lost", "order", "sample", "up"]
