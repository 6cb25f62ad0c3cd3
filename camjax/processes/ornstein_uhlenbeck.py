"""Ornstein–Uhlenbeck process."""

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree

# Below this the quotient in `mean_decay` loses digits, and seven terms of its series are exact.
SERIES_BELOW = 0.01


@pytree
class OrnsteinUhlenbeck:
    """Ornstein–Uhlenbeck process, dX = θ (m − X) dt + σ dW: noise that remembers and returns.

    X_{t+1} = m + (X_t − m) exp(−θ Δt) + σ √((1 − exp(−2 θ Δt)) / (2 θ)) Z_{t+1},  Z standard normal

    The transition is exact at any Δt, and as θ → 0 it becomes Brownian motion, derivatives
    included. After a time s: mean m + (X_0 − m) exp(−θ s), variance σ² (1 − exp(−2 θ s)) / (2 θ);
    covariance of times s ≤ s' the variance at s times exp(−θ (s' − s)).

    References:
      Glasserman (2003), Monte Carlo Methods in Financial Engineering, 3.3.1.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> halving = OrnsteinUhlenbeck(
    ...     initial=1.0, mean=0.0, reversion_rate=jax.numpy.log(2.0), volatility=0.0
    ... )
    >>> sample_path(halving, jax.random.key(0), steps=2, dt_days=1.0).round(4).tolist()
    [1.0, 0.5, 0.25]
    """

    gaussian: ClassVar[bool] = True
    random: ClassVar[bool] = True

    initial: Array  # [] row 0
    mean: Array  # [] where it returns to
    reversion_rate: Array  # [] per day
    volatility: Array  # [] per √day

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> None:
        """Nothing besides the normals."""

    def start(self, normal: Array, innovation: None) -> tuple[Array, Array]:
        """Row 0 is `initial`; its normal is not used."""
        value = jnp.asarray(self.initial)
        return value, value

    def advance(
        self, state: Array, normal: Array, innovation: None, dt_days: float
    ) -> tuple[Array, Array]:
        """Decay towards the mean and add the noise gathered over the step."""
        decay = self.reversion_rate * dt_days
        std = self.volatility * math.sqrt(dt_days) * jnp.sqrt(mean_decay(2 * decay))
        value = self.mean + (state - self.mean) * jnp.exp(-decay) + std * normal
        return value, value


def mean_decay(x: Array) -> Array:
    """Mean of exp(−u) over u from 0 to x, smooth through x = 0.

    φ(x) = (1 − exp(−x)) / x,  φ(0) = 1

    Args:
      x: [] dimensionless.

    Returns:
      [] positive.
    """
    small = jnp.abs(x) < SERIES_BELOW
    near = jnp.where(small, x, 0.0)
    far = jnp.where(small, 1.0, x)
    series = jnp.ones_like(near)
    for order in (7, 6, 5, 4, 3, 2):
        series = 1 - near / order * series
    return jnp.where(small, series, -jnp.expm1(-far) / far)
