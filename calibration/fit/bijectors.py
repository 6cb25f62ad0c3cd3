"""Maps from unconstrained coordinates to numbers that a scenario allows, and back.

Each maps a vector z [D] to values [K]. `line` maps values to an unbounded scale entry by entry,
on which a standard error makes sense; on it every value is a linear function of z.
"""

import math
from typing import Protocol

import jax
import jax.numpy as jnp
from jax import Array

from calibration.composition import ilr_basis
from camjax import pytree, static


class Bijector(Protocol):
    """A smooth one-to-one map of z [D] onto the values [K] that are allowed."""

    def forward(self, coordinates: Array) -> Array:
        """Values [K] of z [D]."""

    def inverse(self, values: Array) -> Array:
        """Coordinates z [D] of values [K]."""

    def line(self, values: Array) -> Array:
        """Values [K] on the unbounded scale of intervals, entry by entry."""

    def from_line(self, places: Array) -> Array:
        """Inverse of `line`."""

    def log_volume(self, coordinates: Array) -> Array:
        """Logarithm [] of the volume that a unit of z takes up among the values."""


@pytree
class Identity:
    """Any number: x = z."""

    def forward(self, coordinates: Array) -> Array:
        """X = z."""
        return coordinates

    def inverse(self, values: Array) -> Array:
        """Z = x."""
        return values

    line = inverse
    from_line = forward

    def log_volume(self, coordinates: Array) -> Array:
        """0."""
        return jnp.zeros_like(coordinates.sum())


@pytree
class Log:
    """Positive numbers: x = exp(z)."""

    def forward(self, coordinates: Array) -> Array:
        """X = exp(z)."""
        return jnp.exp(coordinates)

    def inverse(self, values: Array) -> Array:
        """Z = log x."""
        return jnp.log(values)

    line = inverse
    from_line = forward

    def log_volume(self, coordinates: Array) -> Array:
        """Σ z."""
        return coordinates.sum()


@pytree
class Logit:
    """Numbers between two bounds: x = a + (b - a) σ(z)."""

    lower: float = static(default=0.0)
    upper: float = static(default=1.0)

    def forward(self, coordinates: Array) -> Array:
        """X = a + (b - a) σ(z)."""
        return self.lower + (self.upper - self.lower) * jax.nn.sigmoid(coordinates)

    def inverse(self, values: Array) -> Array:
        """Z = log((x - a)/(b - x))."""
        return jnp.log((values - self.lower) / (self.upper - values))

    line = inverse
    from_line = forward

    def log_volume(self, coordinates: Array) -> Array:
        """Σ log(b - a) + log σ(z) + log σ(-z)."""
        width = jnp.log(jnp.asarray(self.upper - self.lower, coordinates.dtype))
        return (width - jax.nn.softplus(coordinates) - jax.nn.softplus(-coordinates)).sum()


@pytree
class LogLogit:
    """Positive numbers between two bounds, even in their logarithm: x = a (b/a)^σ(z)."""

    lower: float = static()
    upper: float = static()

    @property
    def _log(self) -> Logit:
        return Logit(lower=math.log(self.lower), upper=math.log(self.upper))

    def forward(self, coordinates: Array) -> Array:
        """X = a (b/a)^σ(z)."""
        return jnp.exp(self._log.forward(coordinates))

    def inverse(self, values: Array) -> Array:
        """Z = logit of log(x/a)/log(b/a)."""
        return self._log.inverse(jnp.log(values))

    line = inverse
    from_line = forward

    def log_volume(self, coordinates: Array) -> Array:
        """Σ log x + that of the logit."""
        return self._log.forward(coordinates).sum() + self._log.log_volume(coordinates)


@pytree
class RateOfDuration:
    """Rebalance durations through the rate r = σ(z) that they mean: no rate is 1 or more.

    τ = Δt / r² under the square-root law, Δt / -log(1 - r) under the exponential one.

    References:
      Specification, 3.7 and 4.3.
    """

    dt_days: float = static()
    law: str = static(default="sqrt")

    def forward(self, coordinates: Array) -> Array:
        """Durations τ in days."""
        if self.law == "sqrt":
            return self.dt_days * jnp.exp(2 * jax.nn.softplus(-coordinates))
        return self.dt_days / jax.nn.softplus(coordinates)

    def inverse(self, values: Array) -> Array:
        """Z = logit r."""
        if self.law == "sqrt":
            return -_log_expm1(0.5 * jnp.log(values / self.dt_days))
        return _log_expm1(self.dt_days / values)

    line = inverse
    from_line = forward

    def log_volume(self, coordinates: Array) -> Array:
        """Σ log |dτ/dz|."""
        values = self.forward(coordinates)
        if self.law == "sqrt":
            return (jnp.log(2 * values) - jax.nn.softplus(coordinates)).sum()
        slope = 2 * jnp.log(values / self.dt_days) - jax.nn.softplus(-coordinates)
        return (slope + jnp.log(jnp.asarray(self.dt_days, values.dtype))).sum()


@pytree
class ZeroSumLog:
    """K positive factors of which only ratios matter: log x = c + Vᵀ z, V of `ilr_basis`.

    A common factor exp(c) changes no weight, so it has no coordinate and stays; D = K - 1.

    Args:
      common: c, logarithm of the geometric mean.
    """

    common: float = static(default=0.0)

    def forward(self, coordinates: Array) -> Array:
        """X = exp(c + Vᵀ z)."""
        return jnp.exp(self.common + coordinates @ _basis(len(coordinates) + 1, coordinates))

    def inverse(self, values: Array) -> Array:
        """Z = V log x, whatever the common factor."""
        return _basis(len(values), values) @ jnp.log(values)

    def line(self, values: Array) -> Array:
        """Logarithms."""
        return jnp.log(values)

    def from_line(self, places: Array) -> Array:
        """Exponentials."""
        return jnp.exp(places)

    def log_volume(self, coordinates: Array) -> Array:
        """½ log det(JᵀJ) of the surface of factors, J = diag(x) Vᵀ."""
        jacobian = self.forward(coordinates)[:, None] * _basis(len(coordinates) + 1, coordinates).T
        return 0.5 * jnp.linalg.slogdet(jacobian.T @ jacobian)[1]


@pytree
class PrecisionAndMean:
    """Dirichlet concentrations α = κ m: precision κ = exp(z_1), mean m = ilr⁻¹(z_2…)."""

    def forward(self, coordinates: Array) -> Array:
        """Concentrations α [K]."""
        mean = coordinates[1:] @ _basis(len(coordinates), coordinates)
        return jnp.exp(coordinates[0] + jax.nn.log_softmax(mean))

    def inverse(self, values: Array) -> Array:
        """Z = (log Σ α, ilr α)."""
        contrasts = _basis(len(values), values) @ jnp.log(values)
        return jnp.concatenate([jnp.log(values.sum(keepdims=True)), contrasts])

    def line(self, values: Array) -> Array:
        """Logarithms."""
        return jnp.log(values)

    def from_line(self, places: Array) -> Array:
        """Exponentials."""
        return jnp.exp(places)

    def log_volume(self, coordinates: Array) -> Array:
        """Logarithm of |det dα/dz| = √K ∏ α."""
        values = self.forward(coordinates)
        return jnp.log(values).sum() + 0.5 * jnp.log(jnp.asarray(float(len(values)), values.dtype))


def _basis(num_parts: int, like: Array) -> Array:
    return jnp.asarray(ilr_basis(num_parts), like.dtype)


def _log_expm1(value: Array) -> Array:
    """Log(exp(x) - 1) for x > 0 without overflow."""
    return value + jnp.log(-jnp.expm1(-value))
