"""Merton's jump diffusion."""

import math
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree

# How many counts were passed, the logarithm of the last one's mass, the mass so far, the counts.
Carry = tuple[Array, Array, Array, Array]


@pytree
class JumpDiffusion:
    """Merton's jump diffusion: geometric Brownian motion with log-normal jumps, compensated.

    X_{t+1} = X_t exp((μ − σ²/2 − λ κ) Δt + σ √Δt Z_{t+1} + J_{t+1}),  κ = exp(a + δ²/2) − 1
    J | n ~ Normal(n a, n δ²),  n ~ Poisson(λ Δt),  Z standard normal

    The transition is exact at any Δt. After a time s the mean is X_0 exp(μ s); log X_s has mean
    log X_0 + (μ − σ²/2 − λ κ + λ a) s, variance (σ² + λ (a² + δ²)) s, third central moment
    λ (a³ + 3 a δ²) s and fourth cumulant λ (a⁴ + 6 a² δ² + 3 δ⁴) s.

    Only the diffusion's normals Z can be correlated with other drivers; jumps are the driver's own.
    Derivatives are those of a path at fixed draws. The number of jumps is piecewise constant in λ,
    so a derivative with respect to λ is that of the compensator alone: do not read it as the
    derivative of an expectation. The others may be read so.

    References:
      Merton (1976), Option pricing when underlying stock returns are discontinuous.
      Glasserman (2003), Monte Carlo Methods in Financial Engineering, 3.5.1.

    >>> from camjax.processes import sample_path
    >>> import jax
    >>> calm = JumpDiffusion(
    ...     initial=1.0, drift=0.0, volatility=0.0, jump_intensity=0.0, jump_mean=-0.1, jump_std=0.2
    ... )
    >>> sample_path(calm, jax.random.key(0), steps=2, dt_days=1.0).tolist()
    [1.0, 1.0, 1.0]
    """

    gaussian: ClassVar[bool] = True
    random: ClassVar[bool] = True

    initial: Array  # [] row 0
    drift: Array  # [] per day, of the mean
    volatility: Array  # [] per √day, of the logarithm between jumps
    jump_intensity: Array  # [] jumps per day
    jump_mean: Array  # [] of a jump's logarithm
    jump_std: Array  # [] of a jump's logarithm

    def innovations(self, key: Array, num_rows: int, dt_days: float) -> Array:
        """[T+1] sum of the logarithms of all jumps in each step."""
        count_key, size_key = jax.random.split(key)
        dtype = jnp.result_type(*jax.tree.leaves(self))
        mean_count = jax.lax.stop_gradient(jnp.asarray(self.jump_intensity, dtype) * dt_days)
        count = poisson_counts(count_key, mean_count, num_rows)
        size = jax.random.normal(size_key, (num_rows,), dtype)
        return count * self.jump_mean + jnp.sqrt(count) * self.jump_std * size

    def start(self, normal: Array, innovation: Array) -> tuple[Array, Array]:
        """Row 0 is `initial`; its draws are not used."""
        value = jnp.asarray(self.initial)
        return value, value

    def advance(
        self, state: Array, normal: Array, innovation: Array, dt_days: float
    ) -> tuple[Array, Array]:
        """Multiply by one log-normal factor and by the jumps of the step."""
        mean_jump = jnp.expm1(self.jump_mean + self.jump_std**2 / 2)
        growth = self.drift - self.volatility**2 / 2 - self.jump_intensity * mean_jump
        noise = self.volatility * math.sqrt(dt_days) * normal
        value = state * jnp.exp(growth * dt_days + noise + innovation)
        return value, value


def poisson_counts(key: Array, mean: Array, num_rows: int) -> Array:
    """Independent Poisson counts by inversion of their distribution function.

    n = #{k : U ≥ P(N ≤ k)},  U uniform on [0, 1)

    One uniform a count and a loop as long as the largest count: for the few jumps that a step sees
    this is several times faster than `jax.random.poisson`, and it takes keys of any kind. The law
    is exact up to the spacing of the uniforms.

    Args:
      key: of these counts.
      mean: [] not negative.
      num_rows: T+1.

    Returns:
      [T+1] whole numbers in the dtype of `mean`.
    """
    uniform = jax.random.uniform(key, (num_rows,), mean.dtype)

    def unfinished(carry: Carry) -> Array:
        count, log_mass, distribution, _ = carry
        # Rounding may leave the sum of all masses below a uniform near 1: stop where it stands.
        grows = (distribution + jnp.exp(log_mass) > distribution) | (count < mean)
        return jnp.any(uniform >= distribution) & grows

    def one_more(carry: Carry) -> Carry:
        count, log_mass, distribution, counts = carry
        counts = counts + (uniform >= distribution).astype(mean.dtype)
        log_mass = log_mass + jnp.log(mean / (count + 1))
        return count + 1, log_mass, distribution + jnp.exp(log_mass), counts

    none = jnp.zeros_like(mean)
    carry = (none, -mean, jnp.exp(-mean), jnp.zeros_like(uniform))
    return jax.lax.while_loop(unfinished, one_more, carry)[-1]
