"""The logit rule: holders choose among deposits by what they yield, each with tastes of his own."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree
from camjax.vector import Vector
from camjax.weights.base import Target, View
from camjax.weights.memory import YieldMemory
from camjax.weights.simplex import normalised

LARGEST_EXPONENT = 80.0
"""Of a deposit that has no claim, whose exponential may not overflow in float32."""


@pytree
class LogitRule:
    """Discrete choice among deposits: what differs by a yield of 1/β is e times as popular.

    W_i ∝ f_i exp(β (ȳ_i + c_i - λ_a e_i ρ - λ_q sd_i))

    Yields are quotes as they were made, without a floor: 0 and below are yields like others, and
    equal ones leave W ∝ f. Unlike ratios of yields, differences have a scale, β.

    Args:
      factor: [N] f (1).
      exposure: [N] e to the volatile-asset risk (1 for pool and money market, 0 otherwise).
      convenience_yield: [N] c in 1/year (0), value of holding FEI there beyond the quote.
      sensitivity: [] β in years (20).
      asset_risk_aversion: [] λ_a in 1/year (0), yield that makes up for a risk ρ of 1.
      yield_risk_aversion: [] λ_q (0), yield that makes up for a deviation of one.
      memory: which quotes count.

    References:
      Specification, 6.2. Multinomial logit: McFadden 1974.
    """

    factor: Vector
    exposure: Vector
    convenience_yield: Vector
    sensitivity: Array
    asset_risk_aversion: Array
    yield_risk_aversion: Array
    memory: YieldMemory

    def init(self, like: Vector) -> Any:
        """Empty yield memory."""
        return self.memory.init(like)

    def target(self, memory: Any, view: View) -> Target:
        """Shares of those who choose each deposit; where none can be chosen, capital stays."""
        scores = self._scores(memory, view)
        return Target(weights=normalised(scores, None if view.open is None else view.unclaimed))

    def remember(self, memory: Any, yield_rates: Vector, dt_days: float) -> Any:
        """Record this step's quotes."""
        return self.memory.remember(memory, yield_rates, dt_days)

    def _scores(self, memory: Any, view: View) -> Vector:
        """F exp(β u) [N] in units in which the largest is 1; 0 for closed deposits."""
        unmoved = self.convenience_yield.map(jnp.zeros_like)
        quotes = self.memory.statistics(memory, unmoved, view)
        danger = self.exposure * (self.asset_risk_aversion * view.volatile_asset_risk)
        doubt = quotes.deviation * self.yield_risk_aversion
        utility = quotes.average + self.convenience_yield - danger - doubt
        exponents = utility * self.sensitivity

        claims = self.factor if view.open is None else self.factor * view.open
        unit = jax.lax.stop_gradient(exponents.map(_logarithm, claims).stack().max())
        unit = jnp.where(jnp.isfinite(unit), unit, 0)
        scores = self.factor * exponents.map(lambda one, claim: _power(one - unit, claim), claims)
        count = quotes.count
        if count is not None:
            scores = scores.map(lambda score: jnp.where(count > 0, score, 1))
        return scores if view.open is None else scores * view.open


def _logarithm(exponent: Array, claim: Array) -> Array:
    """Log of claim · exp(exponent), -∞ where there is no claim."""
    has_claim = claim > 0
    return jnp.where(has_claim, exponent + jnp.log(jnp.where(has_claim, claim, 1)), -jnp.inf)


def _power(excess: Array, claim: Array) -> Array:
    """E to the excess, kept finite where there is no claim, so that its product with 0 is 0."""
    limit = jnp.where(claim > 0, excess, LARGEST_EXPONENT)
    return jnp.exp(jnp.where(excess < limit, excess, limit))
