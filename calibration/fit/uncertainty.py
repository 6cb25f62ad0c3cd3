"""How sure a fit is, from how the loss curves around it: standard errors and intervals."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from calibration.fit.autocorrelation import Whiteness, whiteness
from calibration.fit.information import lasting_slopes, root_of_information
from calibration.fit.objectives import RESIDUALS, log_ratio_residuals
from calibration.fit.sandwich import Lasting, lasting_variance
from calibration.fit.search import Fit
from camjax.errors import CamjaxError, refusal
from camjax.intervals import normal_reach, student_reach

NORMAL_97_5 = normal_reach()
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
      covariance: [D, D] of coordinates from the curvature, as of independent errors, priors
        counted; infinite along directions that nothing depends on.
      line_errors: [K] standard errors of the values on their unbounded scale.
      degrees: [K] of Student's t that intervals are of; infinite for the normal.
      standard_errors: [K] in the units of the values.
      intervals: [K, 2] 95 %, Wald's on the unbounded scale and mapped back.
      whiteness: whether errors last from row to row; None where that cannot be tested.
      lasting: whether standard errors are those of errors that last.
      inflation: [K] variance of the values over that of independent errors.
    """

    jacobian: np.ndarray
    noise: float
    covariance: np.ndarray
    line_errors: np.ndarray
    degrees: np.ndarray
    standard_errors: np.ndarray
    intervals: np.ndarray
    whiteness: Whiteness | None
    lasting: bool
    inflation: np.ndarray

    @property
    def reach(self) -> np.ndarray:
        """[K] half the width of a 95 % interval in standard errors."""
        return student_reach(self.degrees)


def uncertainty(result: Fit, *, lasting: bool | None = None) -> Uncertainty:
    """Standard errors and intervals of a fit by least squares or a Dirichlet likelihood.

    Where errors of rows are independent, Σ = (JᵀJ/s² + PᵀP)⁻¹ with s² = ‖r‖²/(M − D), taken as
    known, and P the slopes of priors; of a Dirichlet law the inverse of its Fisher information.
    Where they last, see `lasting_variance`; of a Dirichlet law, the slope of the likelihood has
    the variance of its slowest waves. A 95 % interval is g⁻¹(g(x) ± q σ_g) with g the unbounded
    scale of the number (logarithm, logit of the rate, …), so it never leaves the range that is
    allowed, and q the normal's quantile, or Student's of the degrees that waves have.

    Args:
      result: a fit.
      lasting: whether errors last; None: as the test of Ljung and Box says at 5 %.

    Raises:
      CamjaxError: the objective is no likelihood.
    """
    free, problem = result.problem.free, result.problem
    point = jnp.asarray(result.coordinates)
    if result.objective in RESIDUALS:
        residuals = partial(problem.residuals, objective=result.objective)
        jacobian = np.asarray(jax.jit(jax.jacfwd(residuals))(point, problem.data))
        degrees = max(result.num_residuals - len(point), 1)
        noise = float(np.sqrt(np.square(result.residuals).sum() / degrees))
    elif result.objective == "dirichlet":
        jacobian, noise = root_of_information(result), 1.0
    else:
        remedy = "Bootstrap gives intervals for every objective."
        raise CamjaxError(refusal("objective", "a likelihood", result.objective, remedy))
    # In units of the noise, in which residuals of priors are too.
    priors = np.asarray(jax.jacfwd(problem.priors.residuals)(point))
    covariance = inverse_square(np.concatenate([jacobian / (noise or 1.0), priors]))
    if noise == 0:  # what fits exactly is known exactly, where anything depends on it
        covariance = np.where(np.isfinite(covariance), 0.0, covariance)
    slopes = np.asarray(free.slopes(point))
    independent = errors_along(slopes, covariance)
    tested = whiteness_of(result)
    if lasting is None:
        lasting = tested is not None and tested.speaks
    errors, freedom = independent, np.full(len(slopes), np.inf)
    if lasting:
        known = np.where(np.isfinite(covariance), covariance, 0)
        told = _lasting(result, jacobian, noise, known, slopes)
        beside = np.square(slopes @ known @ priors.T).sum(axis=1)
        errors = np.where(np.isfinite(independent), np.sqrt(told.variance + beside), np.inf)
        freedom = told.degrees
    ends, units = _in_units(result, errors * student_reach(freedom))
    # What is known exactly is so in any units, where a large value's slope overflows too.
    in_units = np.where(errors > 0, units, 0.0) * _finite(errors)
    usable = np.isfinite(independent) & (independent > 0)
    ratio = np.where(usable, errors, 1.0) / np.where(usable, independent, 1.0)
    return Uncertainty(
        jacobian=jacobian,
        noise=noise,
        covariance=covariance,
        line_errors=errors,
        degrees=freedom,
        standard_errors=np.where(np.isfinite(errors), in_units, np.inf),
        intervals=ends,
        whiteness=tested,
        lasting=lasting,
        inflation=np.square(ratio),
    )


def whiteness_of(result: Fit) -> Whiteness | None:
    """Whether log-ratio residuals of the rows that were fitted last, whatever the objective."""
    residuals = np.asarray(log_ratio_residuals(result.compared))
    return whiteness(residuals, np.asarray(result.problem.data.counts))


def _lasting(
    result: Fit, jacobian: np.ndarray, noise: float, known: np.ndarray, slopes: np.ndarray
) -> Lasting:
    counts = np.asarray(result.problem.data.counts)
    if result.objective not in RESIDUALS:
        return lasting_slopes(result, known, slopes)
    residuals = result.residuals
    by_row = jacobian.reshape(*residuals.shape, -1)
    inverse = known / noise**2
    influence = np.einsum("kd,tmd->ktm", slopes @ inverse, by_row)
    return lasting_variance(influence, residuals, by_row, inverse, counts)


def _in_units(result: Fit, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends [K, 2] so far from the values on their lines, and |dx/dg| [K]."""
    free = result.problem.free
    line = np.asarray(free.line(jnp.asarray(result.values)))
    ends = [np.asarray(free.from_line(jnp.asarray(line + sign * reach))) for sign in (-1, 1)]
    # Entry by entry, so the derivative along ones is that of each.
    _, units = jax.jvp(free.from_line, (jnp.asarray(line),), (jnp.ones(len(line)),))
    return np.sort(np.stack(ends, axis=1), axis=1), np.abs(np.asarray(units))


def _finite(errors: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(errors), errors, 0.0)


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
