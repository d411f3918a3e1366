"""How much of a net of firms stops in the end when some of them stop: systemic risk."""

from indranet.engines.systemic import twin
from indranet.engines.systemic.bound import Recipe, days_survived, least_loss
from indranet.engines.systemic.net import RiskNet, risk_net
from indranet.engines.systemic.risk import Risk, systemic_risk

__all__ = [
    "Recipe", "Risk", "RiskNet", "days_survived", "least_loss", "risk_net", "systemic_risk", "twin",
]  # fmt: skip
