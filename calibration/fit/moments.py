"""Numbers without a likelihood, such as volatilities inside a model, by simulated moments."""

import dataclasses
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy import special

from calibration.fit.free import FreeParameters
from calibration.fit.levenberg_marquardt import CONVERGED, STATUS, Options, least_squares
from calibration.fit.objectives import coordinates
from calibration.fit.problem import Data, Problem
from calibration.fit.size import check_copies_fit
from calibration.fit.starts import wide_starts
from calibration.fit.uncertainty import NORMAL_97_5, errors_along, inverse_square
from camjax.errors import CamjaxError, refusal
from camjax.rounding import tolerance

MOMENTS = ("mean", "variance of changes", "autocovariance of changes")
"""Of every log-ratio, over rows; changes are from one row to the next, the lag is one row."""
PATHS_OF_WEIGHTS = 512
"""Paths from which the covariance of moments is estimated, once for all searches."""
DEPENDENT = 1e-8
"""Share of the largest variance below which a combination of moments says nothing of its own."""


@dataclasses.dataclass(frozen=True, eq=False)
class MomentsFit:
    """Free numbers whose simulated moments are those observed, as nearly as can be.

    Attributes:
      problem: what was fitted.
      coordinates: [D] of the best point.
      values: [K] free numbers there, in the units of the scenario's file.
      line_errors: [K] standard errors of the values on their unbounded scale.
      standard_errors: [K] in the units of the values.
      intervals: [K, 2] 95 %, symmetric on the unbounded scale and mapped back.
      observed: [L] moments of the observations, those of `MOMENTS` one after another.
      simulated: [L] their mean over paths at the best point.
      deviations: [L] standard deviation of a moment from path to path there.
      j_statistic: of the test that the model has the moments observed.
      j_degrees: moments that are not combinations of others less free numbers; 0: no test.
      j_p_value: of χ² of so many degrees; NaN where there is no test.
      status: how the best search ended, one of `STATUS`.
      statuses: how every search ended.
    """

    problem: Problem
    coordinates: np.ndarray
    values: np.ndarray
    line_errors: np.ndarray
    standard_errors: np.ndarray
    intervals: np.ndarray
    observed: np.ndarray
    simulated: np.ndarray
    deviations: np.ndarray
    j_statistic: float
    j_degrees: int
    j_p_value: float
    status: str
    statuses: tuple[str, ...]


class Searched(NamedTuple):
    """Ends of searches."""

    coordinates: Array
    """[S, D]."""
    cost: Array
    """[S]."""
    status: Array
    """[S]."""


def fit_moments(problem: Problem, num_starts: int = 8, seed: int = 0) -> MomentsFit:
    """Fit free numbers so that moments of simulated paths are those of the history.

    min_z d(z)ᵀ W d(z),  d = m̄(z) − m,  m̄ the mean over P paths with the same draws at every z,

    so that m̄ is a smooth function of z. First W is that of the moments' own deviations at the
    scenario's numbers; then the inverse of their covariance S over 512 other paths at the first
    estimate, or at the scenario's numbers if paths do not vary there, with the noise of the P
    paths added: W⁻¹ = (1 + 1/P) S. Errors are those of one history and of as many paths as are
    drawn, Σ = (GᵀWG)⁻¹ with G the slopes of m̄. Where the model is right J = dᵀ W d is χ² of L − D
    degrees, L the moments that are not combinations of others.

    Args:
      problem: a free run of a random scenario, every row observed whole.
      num_starts: searches, the first from the scenario's own numbers.
      seed: of the starts.

    Raises:
      CamjaxError: nothing is random, steps start from observed balances, rows are missing or held
        out, there are priors, there are fewer moments than free numbers, or no search ends at
        finite moments.

    References:
      McFadden, A method of simulated moments, 1989. Duffie and Singleton, Simulated moments
      estimation of Markov models of asset prices, 1993. Hansen, Large sample properties of
      generalized method of moments estimators, 1982 (J).
    """
    _check(problem)
    free, data = problem.free, problem.data
    observed = moments_of(data.observed[None])[0]
    check_copies_fit(problem, num_starts, "starts")
    search = jax.jit(partial(search_moments, problem))
    many = jax.jit(partial(simulated_moments, problem))
    others = dataclasses.replace(data, keys=_other_keys(data))
    starts = jnp.asarray(wide_starts(free, num_starts, seed), data.balances.dtype)
    own = np.asarray(many(free.start, others))
    alone = np.diag(_scales(own))
    first = search(starts, jnp.asarray(alone), observed, data)
    point = first.coordinates[_best(first, free)]
    root, rank = weighing_at(np.asarray(many(point, others)), own, num_paths(data))
    if rank < len(point):
        expected = f"at least as many moments that vary as free numbers, {len(point)}"
        raise CamjaxError(refusal("moments", expected, rank))
    ends = search(first.coordinates, jnp.asarray(root), observed, data)
    best = _best(ends, free)
    end = ends.coordinates[best]
    paths = np.asarray(many(end, data))
    slopes = np.asarray(jax.jit(jax.jacfwd(lambda z: many(z, data).mean(axis=0)))(end))
    errors = errors_along(np.asarray(free.slopes(end)), inverse_square(root @ slopes))
    statistic, degrees = 2 * float(ends.cost[best]), rank - len(end)
    line = np.asarray(free.line(free.constrain(end)))
    sides = [free.from_line(jnp.asarray(line + s * NORMAL_97_5 * errors)) for s in (-1, 1)]
    _, units = jax.jvp(free.from_line, (jnp.asarray(line),), (jnp.ones(len(line)),))
    finite = np.isfinite(errors)
    return MomentsFit(
        problem=problem,
        coordinates=np.asarray(end),
        values=np.asarray(free.constrain(end)),
        line_errors=errors,
        standard_errors=np.where(
            finite, np.abs(np.asarray(units)) * np.where(finite, errors, 0), np.inf
        ),
        intervals=np.sort(np.stack([np.asarray(side) for side in sides], axis=1), axis=1),
        observed=np.asarray(observed),
        simulated=paths.mean(axis=0),
        deviations=paths.std(axis=0, ddof=1),
        j_statistic=statistic,
        j_degrees=degrees,
        j_p_value=float(special.chdtrc(degrees, statistic)) if degrees else np.nan,
        status=STATUS[int(ends.status[best])],
        statuses=tuple(STATUS[int(status)] for status in ends.status),
    )


def search_moments(
    problem: Problem, starts: Array, root: Array, observed: Array, data: Data
) -> Searched:
    """Make ½ ‖R (m̄(z) − m)‖² small from every start.

    Args:
      problem: whose paths they are.
      starts: [S, D].
      root: R [L, L], W = RᵀR.
      observed: m [L].
      data: with P keys.
    """

    def residuals(point: Array) -> Array:
        return root @ (simulated_moments(problem, point, data).mean(axis=0) - observed)

    ends = jax.vmap(lambda start: least_squares(residuals, start, Options()))(starts)
    return Searched(ends.coordinates, ends.cost, ends.status)


def weighing_at(there: NDArray, own: NDArray, paths: int) -> tuple[NDArray, int]:
    """`weighing` by moments at an estimate, or at the scenario's own numbers if they vary more.

    At an estimate without noise all paths are alike, and no moment could be weighed.

    Args:
      there: [N, L] at the estimate.
      own: [N, L] at the scenario's own numbers.
      paths: as `weighing`.
    """
    found, usual = weighing(there, paths), weighing(own, paths)
    return usual if found[1] < usual[1] else found


def weighing(moments: NDArray, paths: int) -> tuple[NDArray, int]:
    """R [L, L] with RᵀR = ((1 + 1/P) S)⁻¹, S the covariance of moments [N, L], and its rank.

    Combinations that hardly vary beside the others, and moments that never do, are left out.

    Args:
      moments: of N paths.
      paths: P, over which the mean is taken that they weigh.
    """
    scale = _scales(moments)
    scaled = (moments - moments.mean(axis=0)) * scale
    values, vectors = np.linalg.eigh(scaled.T @ scaled / (len(moments) - 1))
    used = values > DEPENDENT * values.max()
    roots = np.where(used, 1 / np.sqrt(np.where(used, values, 1)), 0)
    root: NDArray = roots[:, None] * vectors.T * scale / np.sqrt(1 + 1 / paths)
    return root, int(used.sum()) if scale.any() else 0


def _scales(moments: NDArray) -> NDArray:
    """1 over the standard deviation [L] of moments [N, L]; 0 for those that vary by rounding."""
    apart = moments.std(axis=0, ddof=1)
    varies = apart > tolerance(moments.mean(axis=0), "float64")
    found: NDArray = np.where(varies, 1 / np.where(varies, apart, 1), 0)
    return found


def num_paths(data: Data) -> int:
    """P."""
    assert data.keys is not None
    return len(data.keys)


def _other_keys(data: Data) -> Array:
    """Keys of paths that no search sees."""
    assert data.keys is not None
    return jax.random.split(jax.random.fold_in(data.keys[0], 1), PATHS_OF_WEIGHTS)


def _best(ends: Searched, free: FreeParameters) -> int:
    """Position of the least finite cost, of searches that converged if it is theirs."""
    costs = np.asarray(ends.cost)
    if not np.isfinite(costs).any():
        expected = "finite ones from some start"
        raise CamjaxError(refusal("moments", expected, "none", free.begin_elsewhere))
    finite = np.where(np.isfinite(costs), costs, np.inf)
    tied = (finite <= finite.min() * (1 + 1e-9)) & (np.asarray(ends.status) == CONVERGED)
    return int(np.argmax(tied)) if tied.any() else int(finite.argmin())


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
        remedy = "Other objectives fit predictions."
        raise CamjaxError(refusal("scenario", "one that is random", "none of it is", remedy))
    if problem.mode != "free-run":
        remedy = 'Pose it with mode="free-run", or leave --mode out.'
        raise CamjaxError(refusal("mode", "free-run", problem.mode, remedy))
    if problem.priors.positions:
        raise CamjaxError(refusal("priors", "none beside moments", len(problem.priors.positions)))
    whole = int((data.counts & data.seen.all(axis=1)).sum())
    if whole < len(data.counts):
        expected = f"all {len(data.counts)} rows observed whole, none held out"
        raise CamjaxError(refusal("observations", expected, whole))
    num_moments = len(MOMENTS) * (data.observed.shape[1] - 1)
    if num_moments < len(problem.free.coordinates):
        expected = f"at most as many free numbers as there are moments, {num_moments}"
        raise CamjaxError(refusal("free", expected, len(problem.free.coordinates)))
