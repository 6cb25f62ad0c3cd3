"""How fast capital moves, said in all the ways people read it."""

import math
from typing import NamedTuple

from calibration.fit.free import DURATION
from calibration.fit.search import Fit


class Speed(NamedTuple):
    """One rebalance duration in its three forms."""

    duration_days: float
    """τ."""
    rate: float
    """r, share of the gap that is closed in a step."""
    half_life_steps: float
    """Steps after which half of a gap is closed: log ½ / log(1 − r)."""

    def __str__(self) -> str:
        return (
            f"τ = {self.duration_days:.4g} days closes {self.rate:.1%} of a gap in a step:"
            f" half of it in {self.half_life_steps:.3g} steps"
        )


def speed_of(duration_days: float, dt_days: float, law: str) -> Speed:
    """τ, the rate it means and the half-life that follows.

    r = √(Δt/τ) or 1 − exp(−Δt/τ)

    References:
      Specification, 3.7 and 4.3.

    >>> round(speed_of(30.0, 1.0, "sqrt").half_life_steps, 1)
    3.4
    """
    share = dt_days / duration_days
    rate = math.sqrt(share) if law == "sqrt" else -math.expm1(-share)
    half_life = 0.0 if rate >= 1 else math.log(0.5) / math.log1p(-rate)
    return Speed(duration_days, rate, half_life)


def speed(result: Fit) -> Speed:
    """The speed of rebalancing at the best point of a fit, free or not."""
    names = result.problem.free.names
    rebalancing = result.problem.scenario.model.rebalancing
    duration = float(rebalancing.duration_days)
    if DURATION in names:
        duration = float(result.values[names.index(DURATION)])
    return speed_of(duration, result.problem.scenario.dt_days, rebalancing.law)
