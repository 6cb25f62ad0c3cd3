"""Block bootstrap: fits of histories put together from blocks of what residuals are made of."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy import signal

from calibration.composition import ilr_inverse
from calibration.fit.blocks import block_length
from calibration.fit.descent import minimise
from calibration.fit.levenberg_marquardt import CONVERGED, STALLED, Options, least_squares
from calibration.fit.objectives import RESIDUALS, coordinates, log_ratio_residuals
from calibration.fit.problem import Data
from calibration.fit.sandwich import WorkingLaw, shrinkage, working_law
from calibration.fit.search import Fit
from calibration.fit.size import check_copies_fit
from calibration.fit.uncertainty import inverse_square, whiteness_of
from camjax.errors import CamjaxError, refusal

FORGOTTEN = 1e-3
"""Share of an error that is left where a drawn history has forgotten how it began."""


@dataclasses.dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates from resampled histories.

    Attributes:
      values: [B, K] estimates, one row a resample.
      intervals: [K, 2] 95 % percentile intervals over the resamples that converged.
      block_rows: length of the blocks.
      memory: φ, what an error leaves to that of the next row; 0 where the test says none.
      num_failed: resamples whose fit did not converge.
    """

    values: np.ndarray
    intervals: np.ndarray
    block_rows: int
    memory: float
    num_failed: int


def block_bootstrap(
    result: Fit, num_resamples: int = 200, *, block_rows: int | None = None, seed: int = 0
) -> Bootstrap:
    """Fit again histories whose errors are made of blocks of the residuals, all at once.

    w* = ilr⁻¹(ilr ŵ − e*),  e*_t = φ e*_{t−1} + ε*_t

    ε* are blocks of ε_t = r_t − φ r_{t−1}, drawn with replacement around a circle and joined, r the
    log-ratio residuals of rows observed whole, divided by what fitting has taken of them
    (`shrinkage`). φ is their corrected memory where the test of Ljung and Box says that they last,
    and 0 otherwise: blocks carry what such errors leave, and alone would carry too little of what
    lasts for many rows. Histories are fitted with the fit's own objective; what every step starts
    from stays as observed. Ends of intervals have the ranks k/(B + 1).

    Args:
      result: a fit, whatever its objective.
      num_resamples: B.
      block_rows: length of a block; None: `block_length` of ε.
      seed: of the draws.

    Raises:
      CamjaxError: fewer rows observed whole than a block has, or more resamples than fit in
        memory.

    References:
      Politis and Romano, A circular block-resampling procedure for stationary data, 1992. Davison
      and Hinkley, Bootstrap methods and their application, 1997, section 8.2 (post-blackening).
    """
    problem, data, objective = result.problem, result.problem.data, result.objective
    check_copies_fit(problem, num_resamples, "resamples")
    rows = np.flatnonzero(np.asarray(data.counts))
    whole = np.flatnonzero(np.asarray(data.counts & data.seen.all(axis=1)))
    least = max(block_rows or 0, 3)
    if len(whole) < least:
        expected = f"at least {least} rows in which every deposit was observed"
        raise CamjaxError(refusal("bootstrap", expected, len(whole)))
    point = jnp.asarray(result.coordinates)
    jacobian = np.asarray(jax.jit(jax.jacfwd(problem.residuals))(point, data))
    jacobian = jacobian.reshape(len(data.counts), -1, len(point))[whole]
    residuals = np.asarray(log_ratio_residuals(result.compared))[whole]
    tested = whiteness_of(result)
    errors, memory = errors_of(residuals, jacobian, tested is not None and tested.speaks)
    length = block_rows or block_length(errors[1:] - memory * errors[:-1])
    drawn = draw_errors(errors, memory, (num_resamples, len(rows)), length, seed)
    places = np.asarray(coordinates(result.compared.weights))
    histories = np.repeat(np.asarray(data.observed)[None], num_resamples, axis=0)
    histories[:, rows] = ilr_inverse(places[rows][None] - drawn)

    def squares(data: Data, start: Array) -> tuple[Array, Array]:
        residuals = partial(problem.penalised, data=data, objective=objective)
        found = least_squares(residuals, start[:-1], Options(tolerance=1e-9))
        return found.coordinates, found.status == CONVERGED

    def loss(data: Data, start: Array) -> tuple[Array, Array]:
        found = minimise(
            lambda point: problem.loss(point[:-1], point[-1], data, objective), start, Options()
        )
        # At a kink, where losses of absolute errors have their minima, a search ends stalled.
        return found.coordinates, (found.status == CONVERGED) | (found.status == STALLED)

    @jax.jit
    def refit(histories: Array, data: Data, start: Array) -> tuple[Array, Array]:
        def lane(observed: Array) -> tuple[Array, Array]:
            other = dataclasses.replace(data, observed=observed)
            found, ended = (squares if objective in RESIDUALS else loss)(other, start)
            return problem.free.constrain(found), ended

        return jax.vmap(lane)(histories)

    start = jnp.append(jnp.asarray(result.coordinates), jnp.log(result.precision or 1.0))
    with jax.numpy_dtype_promotion("standard"):  # optax relies on it
        values, ended = refit(jnp.asarray(histories), data, start)
    good = np.asarray(ended)
    kept = np.asarray(values)[good]
    ends = np.full((values.shape[1], 2), np.nan)
    if good.any():
        ends = np.quantile(kept, [0.025, 0.975], axis=0, method="weibull").T
    return Bootstrap(np.asarray(values), ends, length, memory, int((~good).sum()))


def errors_of(residuals: NDArray, jacobian: NDArray, lasting: bool) -> tuple[NDArray, float]:
    """Errors [n, m] that residuals are what fitting has left of, and their memory φ.

    Args:
      residuals: [n, m] of rows observed whole.
      jacobian: [n, m, D] of theirs.
      lasting: whether errors last; φ is 0 otherwise.
    """
    num_fitted = jacobian.shape[-1]
    law = WorkingLaw(0.0, np.eye(residuals.shape[1]))
    if lasting:
        law = working_law(residuals, np.ones(len(residuals), bool), num_fitted)
    inverse = inverse_square(jacobian.reshape(-1, num_fitted))
    inverse = np.where(np.isfinite(inverse), inverse, 0)
    return residuals / shrinkage(jacobian, inverse, law), law.memory


def draw_errors(
    errors: NDArray, memory: float, shape: tuple[int, int], length: int, seed: int
) -> NDArray:
    """Errors [B, n, m] of B histories of n rows.

    Args:
      errors: [n', m], from `errors_of`.
      memory: φ.
      shape: B and n.
      length: rows of a block.
      seed: of the draws.
    """
    innovations = errors[1:] - memory * errors[:-1]
    innovations = innovations - innovations.mean(axis=0)
    num_resamples, num_rows = shape
    begun = int(np.ceil(np.log(FORGOTTEN) / np.log(abs(memory)))) if memory else 0
    num_blocks = -(-(num_rows + begun) // length)
    rng = np.random.default_rng(seed)
    begin = rng.integers(0, len(innovations), (num_resamples, num_blocks, 1))
    places = (begin + np.arange(length)) % len(innovations)
    drawn = innovations[places.reshape(num_resamples, -1)[:, : num_rows + begun]]
    found: NDArray = signal.lfilter([1.0], [1.0, -memory], drawn, axis=1)[:, begun:]
    return found
