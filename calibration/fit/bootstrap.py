"""Moving-block bootstrap: fits of histories put together from blocks of the residuals."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.composition import ilr_inverse
from calibration.fit.descent import minimise
from calibration.fit.levenberg_marquardt import CONVERGED, STALLED, Options, least_squares
from calibration.fit.objectives import RESIDUALS, coordinates, log_ratio_residuals
from calibration.fit.problem import Data
from calibration.fit.search import Fit
from calibration.fit.size import check_copies_fit
from camjax.errors import CamjaxError, refusal


@dataclasses.dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates from resampled histories.

    Attributes:
      values: [B, K] estimates, one row a resample.
      intervals: [K, 2] 95 % percentile intervals over the resamples that converged.
      block_rows: length of the blocks.
      num_failed: resamples whose fit did not converge.
    """

    values: np.ndarray
    intervals: np.ndarray
    block_rows: int
    num_failed: int


def block_bootstrap(
    result: Fit, num_resamples: int = 200, *, block_rows: int | None = None, seed: int = 0
) -> Bootstrap:
    """Fit again histories whose errors are blocks of the residuals, all at once.

    w* = ilr⁻¹(ilr ŵ − e*), e* blocks of the fit's centred log-ratio residuals of rows observed
    whole, drawn with replacement and joined; they are fitted with the fit's own objective. What
    every step starts from stays as observed. Errors that last longer than a row widen the
    intervals, as those of the covariance do not.

    Args:
      result: a fit, whatever its objective.
      num_resamples: B.
      block_rows: length of a block; None: the cube root of the rows, rounded up.
      seed: of the draws.

    Raises:
      CamjaxError: fewer rows observed whole than a block has, or more resamples than fit in
        memory.

    References:
      Künsch, The jackknife and the bootstrap for general stationary observations, 1989.
    """
    problem, data, objective = result.problem, result.problem.data, result.objective
    check_copies_fit(problem, num_resamples, "resamples")
    rows = np.flatnonzero(np.asarray(data.counts))
    length = block_rows or int(np.ceil(np.cbrt(len(rows))))
    whole = np.flatnonzero(np.asarray(data.counts & data.seen.all(axis=1)))
    if len(whole) < length:
        expected = f"at least {length} rows in which every deposit was observed"
        raise CamjaxError(refusal("bootstrap", expected, len(whole)))
    residuals = np.asarray(log_ratio_residuals(result.compared))[whole]
    residuals = residuals - residuals.mean(axis=0)
    rng = np.random.default_rng(seed)
    num_blocks = -(-len(rows) // length)
    begin = rng.integers(0, len(whole) - length + 1, (num_resamples, num_blocks, 1))
    drawn = (begin + np.arange(length)).reshape(num_resamples, -1)[:, : len(rows)]
    places = np.asarray(coordinates(result.compared.weights))
    histories = np.repeat(np.asarray(data.observed)[None], num_resamples, axis=0)
    histories[:, rows] = ilr_inverse(places[rows][None] - residuals[drawn])

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
    ends = np.quantile(kept, [0.025, 0.975], axis=0).T if good.any() else np.full((1, 2), np.nan)
    return Bootstrap(np.asarray(values), ends, length, int((~good).sum()))
