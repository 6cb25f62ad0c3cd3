"""Numbers without a likelihood, such as volatilities inside a model, by simulated moments."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.levenberg_marquardt import STATUS, Options, least_squares
from calibration.fit.objectives import coordinates
from calibration.fit.problem import Data, Problem
from calibration.fit.size import check_copies_fit
from calibration.fit.starts import wide_starts
from calibration.fit.uncertainty import inverse_square
from camjax.errors import CamjaxError, refusal

MOMENTS = ("mean", "variance of changes", "autocovariance of changes")
"""Of every log-ratio, over rows; changes are from one row to the next, the lag is one row."""


@dataclasses.dataclass(frozen=True, eq=False)
class MomentsFit:
    """Free numbers whose simulated moments are those observed, as nearly as can be.

    Attributes:
      coordinates: [D] of the best point.
      values: [K] free numbers there, in the units of the scenario's file.
      line_errors: [K] standard errors of the values on their unbounded scale.
      observed: [L] moments of the observations, those of `MOMENTS` one after another.
      simulated: [L] their mean over paths at the best point.
      deviations: [L] standard deviation of a moment from path to path.
      cost: half the sum of squared differences, in those deviations.
      status: how the best search ended, one of `STATUS`.
    """

    coordinates: np.ndarray
    values: np.ndarray
    line_errors: np.ndarray
    observed: np.ndarray
    simulated: np.ndarray
    deviations: np.ndarray
    cost: float
    status: str


def fit_moments(problem: Problem, num_starts: int = 8, seed: int = 0) -> MomentsFit:
    """Fit free numbers so that moments of simulated paths are those of the history.

    min_z Σ_l ((m̄_l(z) − m_l) / s_l)²,  m̄ the mean over paths with the same draws at every z,

    so that m̄ is a smooth function of z, and s_l how much a path's moment varies at the scenario's
    own numbers. Errors are those of one history of random draws and of as many paths as are drawn,
    Σ = (1 + 1/P) G⁺ S G⁺ᵀ with G the slopes of m̄ and S the covariance over paths, at the end.

    Args:
      problem: a free run of a random scenario, every row observed whole.
      num_starts: searches, the first from the scenario's own numbers.
      seed: of the starts.

    Raises:
      CamjaxError: nothing is random, steps start from observed balances, rows are missing or held
        out, there are fewer moments than free numbers, or no search ends at finite moments.

    References:
      McFadden, A method of simulated moments, 1989. Duffie and Singleton, Simulated moments
      estimation of Markov models of asset prices, 1993.
    """
    _check(problem)
    free, data = problem.free, problem.data
    observed = moments_of(data.observed[None])[0]
    deviations = jax.jit(partial(simulated_moments, problem))(free.start, data).std(axis=0)

    def residuals(point: Array, data: Data) -> Array:
        return (simulated_moments(problem, point, data).mean(axis=0) - observed) / deviations

    @jax.jit
    def searched(starts: Array, data: Data) -> tuple[Array, Array, Array]:
        ends = jax.vmap(lambda z: least_squares(partial(residuals, data=data), z, Options()))(
            starts
        )
        return ends.coordinates, ends.cost, ends.status

    check_copies_fit(problem, num_starts, "starts")
    starts = jnp.asarray(wide_starts(free, num_starts, seed), data.balances.dtype)
    ends, costs, status = (np.asarray(part) for part in searched(starts, data))
    if not np.isfinite(costs).any():
        remedy = "Begin elsewhere with --set, or free fewer numbers."
        raise CamjaxError(refusal("moments", "finite ones from some start", "none", remedy))
    best = int(np.nanargmin(np.where(np.isfinite(costs), costs, np.nan)))
    end = jnp.asarray(ends[best])
    paths = np.asarray(jax.jit(partial(simulated_moments, problem))(end, data))
    slopes = np.asarray(jax.jit(jax.jacfwd(residuals))(end, data))
    scaled = (paths - paths.mean(axis=0)) / np.asarray(deviations)
    spread = scaled.T @ scaled / (len(paths) - 1)
    along = inverse_square(slopes) @ slopes.T
    covariance = (1 + 1 / len(paths)) * along @ spread @ along.T
    line = np.asarray(free.slopes(end))
    return MomentsFit(
        coordinates=ends[best],
        values=np.asarray(free.constrain(end)),
        line_errors=np.sqrt(np.diagonal(line @ covariance @ line.T)),
        observed=np.asarray(observed),
        simulated=paths.mean(axis=0),
        deviations=np.asarray(deviations),
        cost=float(costs[best]),
        status=STATUS[int(status[best])],
    )


def simulated_moments(problem: Problem, point: Array, data: Data) -> Array:
    """Moments [P, L] of every path at coordinates [D]; differentiable in them."""
    held = problem.simulated(point, data)
    return moments_of(held / held.sum(axis=-1, keepdims=True))


def moments_of(weights: Array) -> Array:
    """`MOMENTS` [P, 3 (K − 1)] of the log-ratios of weights [P, T, K]."""
    places = coordinates(weights)
    changes = jnp.diff(places, axis=1)
    away = changes - changes.mean(axis=1, keepdims=True)
    return jnp.concatenate(
        [
            places.mean(axis=1),
            jnp.square(away).mean(axis=1),
            (away[:, 1:] * away[:, :-1]).mean(axis=1),
        ],
        axis=-1,
    )


def _check(problem: Problem) -> None:
    """Refuse a problem that has no moments, or too few."""
    data = problem.data
    if data.keys is None:
        remedy = "Of one that is not, fit() fits predictions."
        raise CamjaxError(refusal("scenario", "one that is random", "none of it is", remedy))
    if problem.mode != "free-run":
        remedy = 'Pose it with mode="free-run".'
        raise CamjaxError(refusal("mode", "free-run", problem.mode, remedy))
    whole = int((data.counts & data.seen.all(axis=1)).sum())
    if whole < len(data.counts):
        expected = f"all {len(data.counts)} rows observed whole, none held out"
        raise CamjaxError(refusal("observations", expected, whole))
    num_moments = len(MOMENTS) * (data.observed.shape[1] - 1)
    if num_moments < len(problem.free.coordinates):
        expected = f"at most as many free numbers as there are moments, {num_moments}"
        raise CamjaxError(refusal("free", expected, len(problem.free.coordinates)))
