"""What portfolios of measures lose in the draws of some scenarios, each simulated once."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from indranet.model.network import Network
from indranet.model.scenario import Scenario
from indranet.studies.measures import bought
from indranet.studies.partner_acts import standing
from indranet.studies.partner_worth import Outcome, Outcomes, worth_of
from indranet.studies.plan_time import DAYS_A_YEAR
from indranet.studies.portfolios import NOTHING, Portfolio

Floats = npt.NDArray[np.float64]

UNITS = ("people-days", "USD")
"""In what a loss is counted: people, or money where no person is ever unserved."""
_LEVEL = 0.95


class Losses:
    """What portfolios lose in every draw of every scenario, each simulated once."""

    def __init__(
        self,
        network: Network,
        scenarios: Sequence[Scenario],
        names: Sequence[str],
        executor: Executor,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.network, self.scenarios, self.names = network, scenarios, names
        # Of one scenario alone the number of outcomes tells how far it is.
        self._outcomes = [Outcomes(worth_of(network, one), executor, progress) for one in scenarios]
        self._force = [standing(network, one) for one in scenarios]
        self._known: dict[Portfolio, list[Outcome]] = {}
        self.unit = 0
        self.usual: list[float] = []

    def ask(self, portfolios: Sequence[Portfolio]) -> None:
        """Simulate portfolios that are not known."""
        new = [one for one in dict.fromkeys(portfolios) if one not in self._known]
        cases = [bought(self.network, [self.names[m] for m in sorted(one)]) for one in new]
        found = [
            outcomes.of_cases([(case, force) for case in cases])[0]
            for outcomes, force in zip(self._outcomes, self._force, strict=True)
        ]
        for at, one in enumerate(new):
            self._known[one] = [some[at] for some in found]

    def settle(self, count: str | None = None) -> None:
        """Fix what is counted, and from what a loss counts: all that is served on a usual day.

        `count` is one of `UNITS`; by default the first of which anything is lost.
        """
        both = (NOTHING, frozenset(range(len(self.names))))
        for unit in (1, 0) if count is None else (UNITS.index(count),):
            usual = [
                max(float(self._known[one][at].usual[unit]) for one in both)
                for at in range(len(self.scenarios))
            ]
            nothing = self._known[NOTHING]
            lost = [u - o.value[unit].min() for u, o in zip(usual, nothing, strict=True)]
            if unit == 1 or count is not None or max(lost) > 1e-6 * max(*usual, 1.0):
                self.unit, self.usual = unit, usual

    def by_draw(self, portfolio: Portfolio) -> list[Floats]:
        """Return the loss in every draw of each scenario, shape (draws,) each."""
        return [
            usual - outcome.value[self.unit]
            for usual, outcome in zip(self.usual, self._known[portfolio], strict=True)
        ]

    def risk(self, portfolio: Portfolio, tail: float | None) -> float:
        """Return the mean of the draws, or of the worst of them; scenarios count alike."""
        parts = self.by_draw(portfolio)
        if tail is None:
            return float(np.mean([part.mean() for part in parts]))
        loss = np.concatenate(parts)
        weight = np.concatenate([np.full(len(p), 1.0 / len(p) / len(parts)) for p in parts])
        worst = np.argsort(-loss, kind="stable")
        before = np.concatenate([[0.0], np.cumsum(weight[worst])[:-1]])
        counted = np.clip(tail - before, 0.0, weight[worst])
        return float((loss[worst] * counted).sum() / counted.sum())

    def avoided(self, portfolio: Portfolio) -> dict[str, float]:
        """Return what a portfolio avoids in the mean, with its interval over paired draws."""
        both = zip(self.by_draw(NOTHING), self.by_draw(portfolio), strict=True)
        parts = [without - with_it for without, with_it in both]
        mean, half = float(np.mean([part.mean() for part in parts])), half_width(parts)
        return {"value": mean, "low": mean - half, "high": mean + half}

    def a_year(self, portfolio: Portfolio) -> float:
        """Return the mean loss in a year, where each scenario is a time in which hazards strike."""
        years = [one.days / DAYS_A_YEAR for one in self.scenarios]
        parts = zip(self.by_draw(portfolio), years, strict=True)
        return float(np.mean([part.mean() / year for part, year in parts]))

    def lacking(self, portfolio: Portfolio) -> Floats:
        """Return on how many days each service is down, in the mean of the scenarios."""
        return np.asarray(np.mean([one.lacking for one in self._known[portfolio]], axis=0))

    def __len__(self) -> int:
        """How many different runs there were."""
        return sum(len(one) for one in self._outcomes)


def half_width(parts: Sequence[Floats]) -> float:
    """Return half the interval of the mean of means (Student's t), 0 where one draw says all."""
    many = [part for part in parts if len(part) > 1]
    free = sum(len(part) - 1 for part in many)
    if not free:
        return 0.0
    variance = sum(part.var(ddof=1) / len(part) for part in many) / len(parts) ** 2
    return float(student.ppf(0.5 + _LEVEL / 2, free) * np.sqrt(variance))
