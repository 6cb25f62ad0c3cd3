"""The endogenous rule: capital goes where risk-adjusted yields are."""

from typing import Any

from camjax._pytree import pytree
from camjax.vector import Vector
from camjax.weights.base import Target, View
from camjax.weights.memory import YieldMemory
from camjax.weights.preferences import Preferences
from camjax.weights.simplex import normalised


@pytree
class EndogenousRule:
    """Target weights proportional to scores, W_i = s_i / Σ_j s_j.

    Args:
      preferences: what makes a score of yields and risks.
      memory: which quotes count.

    References:
      Specification, 3.5 and 4.2.
    """

    preferences: Preferences
    memory: YieldMemory

    def init(self, like: Vector) -> Any:
        """Empty yield memory."""
        return self.memory.init(like)

    def target(self, memory: Any, view: View) -> Target:
        """Normalised scores; where no open deposit has one, what is in them stays in them."""
        convenience_yield = self.preferences.convenience_yield
        statistics = self.memory.statistics(memory, convenience_yield, view)
        scores = self.preferences.scores(statistics, view)
        can_vanish = view.open is not None or self.preferences.elasticity is not None
        return Target(weights=normalised(scores, view.unclaimed if can_vanish else None))

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """Record this step's quotes."""
        return self.memory.remember(memory, yield_rates, dt_days)
