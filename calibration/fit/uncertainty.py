"""How sure a fit is, from how the loss curves around it: standard errors and intervals."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import polygamma

from calibration.fit.objectives import RESIDUALS, softened
from calibration.fit.problem import Data
from calibration.fit.search import Fit
from camjax.errors import CamjaxError, refusal

NORMAL_97_5 = 1.959963984540054
"""Quantile of the standard normal: half the width of a 95 % interval in standard errors."""

SINGULAR = 1e-12
"""Singular values of the scaled Jacobian below this share of the largest count as zero."""


@dataclasses.dataclass(frozen=True, eq=False)
class Uncertainty:
    """Covariance of a fit and what follows from it.

    Attributes:
      jacobian: [M, D] of residuals by coordinates; of a likelihood, a root of its information.
        What data tell, without priors.
      noise: standard deviation of a residual; 1 for likelihoods.
      covariance: [D, D] of coordinates, priors counted; infinite along directions that nothing
        depends on.
      line_errors: [K] standard errors of the values on their unbounded scale.
      standard_errors: [K] in the units of the values.
      intervals: [K, 2] 95 %, Wald's on the unbounded scale and mapped back.
    """

    jacobian: np.ndarray
    noise: float
    covariance: np.ndarray
    line_errors: np.ndarray
    standard_errors: np.ndarray
    intervals: np.ndarray


def uncertainty(result: Fit) -> Uncertainty:
    """Gauss-Newton covariance of least squares, inverse Fisher information of a likelihood.

    Σ = (JᵀJ/s² + PᵀP)⁻¹ with s² = ‖r‖²/(M − D), taken as known, and P the slopes of
    priors. A 95 % interval is g⁻¹(g(x) ± 1.96 σ_g) with g the unbounded scale of the number
    (logarithm, logit of the rate, …), so it never leaves the range that is allowed.

    Raises:
      CamjaxError: the objective is no likelihood.
    """
    free = result.problem.free
    point = jnp.asarray(result.coordinates)
    if result.objective in RESIDUALS:
        residuals = partial(result.problem.residuals, objective=result.objective)
        jacobian = np.asarray(jax.jit(jax.jacfwd(residuals))(point, result.problem.data))
        degrees = max(result.num_residuals - len(point), 1)
        noise = float(np.sqrt(np.square(result.residuals).sum() / degrees))
    elif result.objective == "dirichlet":
        jacobian, noise = _root_of_information(result), 1.0
    else:
        remedy = "Bootstrap gives intervals for every objective."
        raise CamjaxError(refusal("objective", "a likelihood", result.objective, remedy))
    # In units of the noise, in which residuals of priors are too.
    priors = np.asarray(jax.jacfwd(result.problem.priors.residuals)(point))
    covariance = inverse_square(np.concatenate([jacobian / noise, priors]))
    slopes = np.asarray(free.slopes(point))
    line_errors = errors_along(slopes, covariance)
    values = free.constrain(point)
    line = np.asarray(free.line(values))
    ends = [
        np.asarray(free.from_line(jnp.asarray(line + sign * NORMAL_97_5 * line_errors)))
        for sign in (-1, 1)
    ]
    # Entry by entry, so the derivative along ones is that of each.
    _, units = jax.jvp(free.from_line, (jnp.asarray(line),), (jnp.ones(len(line)),))
    return Uncertainty(
        jacobian=jacobian,
        noise=noise,
        covariance=covariance,
        line_errors=line_errors,
        standard_errors=np.abs(np.asarray(units)) * line_errors,
        intervals=np.sort(np.stack(ends, axis=1), axis=1),
    )


def inverse_square(jacobian: np.ndarray) -> np.ndarray:
    """(JᵀJ)⁻¹ [D, D] by singular values; infinite variance along directions J does not see."""
    scale = np.linalg.norm(jacobian, axis=0)
    scale = np.where(scale > 0, scale, 1)
    _, singular, directions = np.linalg.svd(jacobian / scale, full_matrices=False)
    seen = singular > SINGULAR * max(singular.max(), np.finfo(float).tiny)
    roots = directions[seen].T / singular[seen] / scale[:, None]
    inverse: np.ndarray = roots @ roots.T
    unseen = np.abs(directions[~seen]).max(axis=0, initial=0) > np.sqrt(SINGULAR)
    inverse[unseen, unseen] = np.inf
    return inverse


def errors_along(slopes: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Standard errors [K] of linear functions [K, D] of coordinates, infinite where one is."""
    variance = np.diagonal(covariance)
    unknown = np.isinf(variance)
    known = np.where(unknown[:, None] | unknown[None, :], 0, covariance)
    errors = np.sqrt(np.maximum(np.einsum("kd,de,ke->k", slopes, known, slopes), 0))
    return np.where((np.abs(slopes[:, unknown]) > 0).any(axis=1), np.inf, errors)


def _root_of_information(result: Fit) -> np.ndarray:
    """R with RᵀR the Fisher information of a Dirichlet fit, its precision κ fitted beside.

    I = Σ_t Aᵀ (diag ψ'(α_i) − ψ'(Σ α)) A,  A = dα/d(z, log κ), α = κ ŵ of the parts observed

    The expected information, not the Hessian at the end: the two differ by a term of mean 0, which
    moves standard errors by less than a tenth, but this one needs first derivatives alone and has
    a root wherever a fit ends, at a bound or along a flat valley too, where a Hessian may have
    none.
    """
    problem = result.problem
    assert result.precision is not None
    point = jnp.append(jnp.asarray(result.coordinates), jnp.log(result.precision))

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

    matrix = np.asarray(information(point, problem.data))
    others, cross, own = matrix[:-1, :-1], matrix[:-1, -1], matrix[-1, -1]
    profiled = others - np.outer(cross, cross) / own
    values, vectors = np.linalg.eigh(0.5 * (profiled + profiled.T))
    root: np.ndarray = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    return root
