"""How shortage travels: the daily flow of goods between plants that keep stocks."""

from indranet.engines.flows import twin
from indranet.engines.flows.net import (
    DEFERRABLE,
    ESSENTIAL,
    NEGLIGIBLE,
    Passages,
    SupplyNet,
    supply_net,
)
from indranet.engines.flows.rules import Rules, Today
from indranet.engines.flows.run import Totals, simulate, step
from indranet.engines.flows.state import State, begin

__all__ = [
    "DEFERRABLE", "ESSENTIAL", "NEGLIGIBLE", "Passages", "Rules", "State", "SupplyNet", "Today",
    "Totals", "begin", "simulate", "step", "supply_net", "twin",
]  # fmt: skip
