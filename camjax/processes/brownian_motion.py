"""Arithmetic Brownian motion."""

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree


@pytree
class BrownianMotion:
    """Arithmetic Brownian motion with drift, dX = μ dt + σ dW.

    X_{t+1} = X_t + μ Δt + σ √Δt Z_{t+1},  Z standard normal

    The transition is exact at any Δt. After a time s: mean X_0 + μ s, variance σ² s, covariance of
    two times σ² min(s, s'). The default volatile asset of the specification follows it.

    References:
      Glasserman (2003), Monte Carlo Methods in Financial Engineering, 3.1. Specification, 2.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> line = BrownianMotion(initial=1.0, drift=0.5, volatility=0.0)
    >>> sample_path(line, jax.random.key(0), steps=2, dt_days=1.0).tolist()
    [1.0, 1.5, 2.0]
    """

    gaussian: ClassVar[bool] = True
    random: ClassVar[bool] = True

    initial: Array  # [] row 0
    drift: Array  # [] per day
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
        """Add one Gaussian increment."""
        value = state + self.drift * dt_days + self.volatility * math.sqrt(dt_days) * normal
        return value, value
