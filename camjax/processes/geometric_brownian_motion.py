"""Geometric Brownian motion."""

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree


@pytree
class GeometricBrownianMotion:
    """Geometric Brownian motion, dX / X = μ dt + σ dW: a price that never reaches zero.

    X_{t+1} = X_t exp((μ − σ²/2) Δt + σ √Δt Z_{t+1}),  Z standard normal

    The transition is exact at any Δt. After a time s: mean X_0 exp(μ s), variance
    X_0² exp(2 μ s) (exp(σ² s) − 1); log X_s has mean log X_0 + (μ − σ²/2) s and variance σ² s.

    References:
      Glasserman (2003), Monte Carlo Methods in Financial Engineering, 3.2.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> doubling = GeometricBrownianMotion(initial=1.0, drift=jax.numpy.log(2.0), volatility=0.0)
    >>> sample_path(doubling, jax.random.key(0), steps=2, dt_days=1.0).round(4).tolist()
    [1.0, 2.0, 4.0]
    """

    gaussian: ClassVar[bool] = True
    random: ClassVar[bool] = True

    initial: Array  # [] row 0
    drift: Array  # [] per day, of the mean
    volatility: Array  # [] per √day, of the logarithm

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> None:
        """Nothing besides the normals."""

    def start(self, normal: Array, innovation: None) -> tuple[Array, Array]:
        """Row 0 is `initial`; its normal is not used."""
        value = jnp.asarray(self.initial)
        return value, value

    def advance(
        self, state: Array, normal: Array, innovation: None, dt_days: float
    ) -> tuple[Array, Array]:
        """Multiply by one log-normal factor."""
        growth = (self.drift - self.volatility**2 / 2) * dt_days
        value = state * jnp.exp(growth + self.volatility * math.sqrt(dt_days) * normal)
        return value, value
