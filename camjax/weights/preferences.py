"""What holders make of yields and risks: a score for every deposit."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from camjax._fusion import derivative_once
from camjax._pytree import pytree
from camjax.vector import Vector, at_least, positive_or, quotient, reciprocal
from camjax.weights.base import View
from camjax.weights.memory import FLOOR, Statistics


@pytree
class Preferences:
    """Holders' tastes. Neutral values in brackets reproduce the reference.

    s_i = f_i max(ȳ_i, 1e-18)^η / (1 + λ_a e_i ρ + risk_i + λ_q q_i),  q_i = sd_i / (m_i + 1e-18)

    with yields that include the convenience yield c_i. A mean below zero counts as zero in q_i.

    Numbers that differ between deposits are kept as vectors, so that a scan over steps neither
    slices arrays nor, backwards, pads them. `Vector.split` makes one of an array.

    Args:
      factor: [N] f (1).
      exposure: [N] e to the volatile-asset risk (1 for pool and money market, 0 otherwise).
      convenience_yield: [N] c in 1/year (0), value of holding FEI there beyond the quote.
      asset_risk_aversion: [] λ_a (1).
      yield_risk_aversion: [] λ_q (1).
      elasticity: [] η; None for 1, which spares a power per deposit and step.

    References:
      Specification, 3.5 and 4.2.
    """

    factor: Vector
    exposure: Vector
    convenience_yield: Vector
    asset_risk_aversion: Array
    yield_risk_aversion: Array
    elasticity: Array | None = None

    @classmethod
    def neutral(cls, exposure: Sequence[float] | Array) -> "Preferences":
        """Preferences that reproduce the reference, given each deposit's exposure [N].

        >>> Preferences.neutral([1.0, 1.0, 0.0, 0.0]).asset_risk_aversion
        Array(1., dtype=float...)
        """
        exposure = jnp.asarray(exposure)
        one = jnp.ones((), exposure.dtype)
        return cls(
            factor=Vector.split(jnp.ones_like(exposure)),
            exposure=Vector.split(exposure),
            convenience_yield=Vector.split(jnp.zeros_like(exposure)),
            asset_risk_aversion=one,
            yield_risk_aversion=one,
        )

    def scores(self, statistics: Statistics, view: View) -> Vector:
        """Scores s [N] of this step, up to a common factor; 0 for closed deposits."""
        statistics = derivative_once(statistics, view.step)
        # A mean of exactly 0 counts as held at 0: its derivative is 0, as that of its appeal is.
        mean = statistics.mean.map(lambda m: jnp.where(m <= 0, 0, m) + FLOOR)
        danger = self.exposure * (self.asset_risk_aversion * view.volatile_asset_risk)
        if view.risk is not None:
            danger = danger + view.risk
        reward = self.factor * self._appeal(statistics, view.open)
        spread = statistics.deviation * self.yield_risk_aversion
        scores = reward.map(_score, mean, danger, spread)
        count = statistics.count
        if count is not None:
            scores = scores.map(lambda score: jnp.where(count > 0, score, 1))
        scores = derivative_once(scores, view.step)
        return scores if view.open is None else scores * view.open

    def _appeal(self, statistics: Statistics, open_: Vector | None) -> Vector:
        """max(ȳ, 1e-18)^η over 1e-18, in units in which no product with it underflows.

        They are 1/year, or, where η is given, the largest ȳ to the power η among the deposits that
        can have a score: others must not set the unit, or what can could vanish beside them.
        """
        if self.elasticity is None:
            return statistics.average.map(partial(at_least, FLOOR)) * (1 / FLOOR)
        elasticity = self.elasticity
        counts = self.factor if open_ is None else self.factor * open_
        yields = logarithms(statistics)
        candidates = yields.map(lambda y, count: jnp.where(count > 0, y, -jnp.inf), counts)
        largest = jax.lax.stop_gradient(candidates.stack().max())
        excess = yields.map(lambda y, count: jnp.where(count > 0, y - largest, 0), counts)
        return excess.map(lambda y: jnp.exp(elasticity * y)) * (1 / FLOOR)


@jax.custom_jvp
def _score(reward: Array, mean: Array, danger: Array, spread: Array) -> Array:
    """Reward / (1 + danger + spread/m) as reward m / fear, fear = m (1 + danger) + spread.

    One division instead of two, none by a ratio that may be huge, and last: XLA computes the result
    of a division once and what comes before it again for each use.
    """
    return reward * mean / (mean + mean * danger + spread)


@_score.defjvp
def _score_jvp(
    primals: tuple[Array, Array, Array, Array], tangents: tuple[Array, Array, Array, Array]
) -> tuple[Array, Array]:
    """With ψ = m/fear: ψ dreward + reward/fear (spread/fear dm - ψ (dspread + m ddanger)).

    Without the square of fear, which float32 cannot hold at the floor, and without the difference
    of dm/fear and ψ (1 + danger) dm/fear, which is nothing but rounding where there is no spread.
    """
    reward, mean, danger, spread = primals
    reward_dot, mean_dot, danger_dot, spread_dot = tangents
    inverse = reciprocal(mean + mean * danger + spread)
    ratio = mean * inverse
    calmed = (spread * inverse) * mean_dot - ratio * (spread_dot + mean * danger_dot)
    return _score(*primals), ratio * reward_dot + reward * (inverse * calmed)


def logarithms(statistics: Statistics) -> Vector:
    """Logarithms of max(ȳ, 1e-18); 0 for all while nothing is remembered."""
    yields = statistics.average.map(lambda y: jnp.log(at_least(FLOOR, y)))
    count = statistics.count
    return yields if count is None else yields.map(lambda y: jnp.where(count > 0, y, 0))


def relative_advantage(
    score: Array, other: Array, gain: Array | None, log_odds: Array | None = None
) -> Array:
    """How much better a score is than another, in [-1, 1].

    a = (s^γ - o^γ) / (s^γ + o^γ) = tanh(½ γ log(s/o)), computed from the ratio of the smaller to
    the larger, so that it depends on no common scale; 0 where both are 0.

    Args:
      score: s, at least 0.
      other: o, at least 0, same shape.
      gain: [] γ; None for 1.
      log_odds: what log(s/o) is to be raised by where neither is 0; None: nothing.

    References:
      Specification, 4.5.
    """
    ahead = score > other
    larger = positive_or(jnp.where(ahead, score, other))
    ratio = quotient(jnp.where(ahead, other, score), larger)
    comparable = ratio > 0
    if gain is not None or log_odds is not None:
        distance = jnp.log(positive_or(ratio))  # at most 0
        if log_odds is not None:
            raised = log_odds + jnp.where(ahead, -distance, distance)
            ahead = jnp.where(comparable, raised > 0, ahead)
            distance = jnp.where(raised > 0, -raised, raised)
        power = distance if gain is None else gain * distance
        ratio = jnp.where(comparable, jnp.exp(power), 0)
    advantage = (1 - ratio) / (1 + ratio)
    both_zero = (score <= 0) & (other <= 0)
    return jnp.where(both_zero, 0, jnp.where(ahead, advantage, -advantage))
