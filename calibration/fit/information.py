"""The information of a Dirichlet likelihood, and what each row adds to its slope."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import polygamma
from numpy.typing import NDArray

from calibration.fit.objectives import dirichlet_rows, softened
from calibration.fit.problem import Data
from calibration.fit.sandwich import Lasting, span
from calibration.fit.search import Fit
from calibration.mean_interval import num_waves, slow_waves


def root_of_information(result: Fit) -> NDArray:
    """R [D, D] with RᵀR the Fisher information of a Dirichlet fit, its precision κ fitted beside.

    The expected information, not the Hessian at the end: the two differ by a term of mean 0, which
    moves standard errors by less than a tenth, but this one needs first derivatives alone and has
    a root wherever a fit ends, at a bound or along a flat valley too, where a Hessian may have
    none.
    """
    matrix = _information(result)
    others, cross, own = matrix[:-1, :-1], matrix[:-1, -1], matrix[-1, -1]
    profiled = others - np.outer(cross, cross) / own
    values, vectors = np.linalg.eigh(0.5 * (profiled + profiled.T))
    root: NDArray = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    return root


def lasting_slopes(result: Fit, covariance: NDArray, slopes: NDArray) -> Lasting:
    """Variance of K numbers where what rows add to the slope of the likelihood is correlated.

    A number's error is the sum over rows of g Σ u_t, u_t the slope of a row's log-likelihood less
    what the fitted κ takes of it; the sum has the variance of its slowest waves, known to as many
    degrees of freedom as there are waves.

    Args:
      result: a Dirichlet fit.
      covariance: Σ [D, D] of coordinates as of independent rows.
      slopes: g [K, D] of the numbers.
    """
    problem = result.problem
    matrix = _information(result)

    @jax.jit
    def rows(point: Array, data: Data) -> Array:
        def each(point: Array) -> Array:
            return dirichlet_rows(problem.compare(point[:-1], data), point[-1])

        return jax.jacfwd(each)(point)

    counts = span(np.asarray(problem.data.counts))
    by_row = np.asarray(rows(_point(result), problem.data))[counts]
    own = by_row[:, :-1] - by_row[:, -1:] * matrix[:-1, -1] / matrix[-1, -1]
    series = own @ (slopes @ covariance).T
    waves = slow_waves(len(series), num_waves(len(series)))
    variance = len(series) / len(waves) * np.square(waves @ series).sum(axis=0)
    return Lasting(variance, np.full(len(slopes), float(len(waves))))


def _point(result: Fit) -> Array:
    assert result.precision is not None
    return jnp.append(jnp.asarray(result.coordinates), jnp.log(result.precision))


def _information(result: Fit) -> NDArray:
    """Fisher information [D + 1, D + 1] of coordinates and log κ.

    I = Σ_t Aᵀ (diag ψ'(α_i) − ψ'(Σ α)) A,  A = dα/d(z, log κ), α = κ ŵ of the parts observed
    """
    problem = result.problem

    @jax.jit
    def information(point: Array, data: Data) -> Array:
        def concentrations(point: Array) -> Array:
            return jnp.exp(point[-1]) * softened(problem.compare(point[:-1], data).weights)

        parts = data.seen & data.counts[:, None]
        slopes = jnp.where(parts[..., None], jax.jacfwd(concentrations)(point), 0)
        each = polygamma(1, concentrations(point))[..., None] * slopes
        whole = jnp.where(parts, concentrations(point), 0).sum(axis=1)
        whole = jnp.where(data.counts, whole, 1)
        total = polygamma(1, whole)[:, None] * slopes.sum(axis=1)
        return jnp.einsum("tkd,tke->de", slopes, each) - slopes.sum(axis=1).T @ total

    return np.asarray(information(_point(result), problem.data))
