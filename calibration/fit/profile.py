"""Profile likelihood: how far a number can go while all others make up for it."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.levenberg_marquardt import Options, least_squares
from calibration.fit.objectives import RESIDUALS
from calibration.fit.problem import Data
from calibration.fit.search import Fit
from calibration.fit.uncertainty import NORMAL_97_5, Uncertainty
from camjax.errors import CamjaxError, refusal

REACH = 4.0
"""Standard errors up to which a number is moved each way."""
POINTS = 8
"""Places on each side at which the others are fitted again."""
ITERATIONS = 30
"""Steps of each of those fits, which begin near their end."""


class Profile(NamedTuple):
    """How the deviance rises along every number."""

    limits: np.ndarray
    """[K, 2] 95 %, at the end of what is allowed where the deviance does not rise that far."""
    places: np.ndarray
    """[K, G] tried, in the units of the values."""
    deviance: np.ndarray
    """[K, G] M log(‖r‖²/‖r̂‖²), and by how much ‖p‖² of priors has risen."""
    rise: np.ndarray
    """[K] of the deviance at a limit: 3.84, or more where errors last."""


def profile_limits(result: Fit, found: Uncertainty) -> Profile:
    """95 % limits of every number by its profile likelihood, all fits at once.

    A number is held at places along its unbounded scale, the other coordinates are fitted again,
    and the limit is where the deviance M log(‖r‖²/‖r̂‖²) reaches 3.84; with priors, the rise of
    ‖p‖² is added, and the profile is that of the posterior. Where errors last the deviance rises
    too fast, by the factor by which they widen the number's variance: the limit is where it reaches
    q² σ²/σ₀², σ₀ the standard error of independent errors, q Student's quantile.

    Args:
      result: a least-squares fit.
      found: its covariance.

    Raises:
      CamjaxError: the objective is no sum of squares.

    References:
      Venzon and Moolgavkar, A method for computing profile-likelihood-based confidence intervals,
      1988. Pace, Salvan and Sartori, Adjusting composite likelihood ratio statistics, 2011.
    """
    if result.objective not in RESIDUALS:
        raise CamjaxError(refusal("objective", "a sum of squares", result.objective))
    problem, free = result.problem, result.problem.free
    point = jnp.asarray(result.coordinates)
    slopes, line = np.asarray(free.slopes(point)), np.asarray(free.line(free.constrain(point)))
    errors = np.where(np.isfinite(found.line_errors), found.line_errors, 1.0)
    errors = errors * found.reach / NORMAL_97_5
    rise = np.square(found.reach) * found.inflation
    shifts = REACH * np.concatenate([np.arange(-POINTS, 0), np.arange(1, POINTS + 1)]) / POINTS
    starts, directions = _starts(found.covariance, slopes, errors, shifts)

    @partial(jax.jit, static_argnames="num_shifts")
    def squares(
        point: Array, starts: Array, directions: Array, data: Data, num_shifts: int
    ) -> tuple[Array, Array]:
        def lane(start: Array, basis: Array) -> tuple[Array, Array]:
            def residuals(inside: Array) -> Array:
                place = point + start + basis @ inside
                return problem.penalised(place, data, result.objective)

            options = Options(tolerance=1e-9, max_iterations=ITERATIONS)
            end = least_squares(residuals, jnp.zeros(basis.shape[1]), options)
            priors = problem.priors.residuals(point + start + basis @ end.coordinates)
            known = priors @ priors
            return 2 * end.cost - data.noise**2 * known, known

        return jax.vmap(lane)(starts, jnp.repeat(directions, num_shifts, axis=0))

    ends = squares(point, starts, directions, problem.data, num_shifts=len(shifts))
    own, known = (np.asarray(part).reshape(len(line), -1) for part in ends)
    # Residuals of 0 have no logarithm; of the least number there is, all others are infinitely far.
    tiny = np.finfo(float).tiny
    least = np.maximum(np.square(result.residuals).sum(), tiny)
    deviance = result.num_residuals * (np.log(np.maximum(own, tiny)) - np.log(least))
    deviance = deviance + known - float(jnp.square(problem.priors.residuals(point)).sum())
    places = line[:, None] + shifts[None, :] * errors[:, None]
    limits = np.array(
        [
            [_crossing(at - centre, rises, side, limit) + centre for side in (-1, 1)]
            for at, rises, centre, limit in zip(places, deviance, line, rise, strict=True)
        ]
    )
    back = jax.vmap(free.from_line, 1, 1)
    in_units = np.sort(np.asarray(back(jnp.asarray(limits))), axis=1)
    return Profile(in_units, np.asarray(back(jnp.asarray(places))), deviance, rise)


def _starts(
    covariance: np.ndarray, slopes: np.ndarray, errors: np.ndarray, shifts: np.ndarray
) -> tuple[Array, Array]:
    """Where each constrained fit begins, [K G, D], and bases [K, D, D − 1] of where it may go."""
    known = np.where(np.isfinite(covariance), covariance, 0)
    starts, bases = [], []
    for slope, error in zip(slopes, errors, strict=True):
        # Along the valley that the quadratic approximation has, so that fits begin near their end.
        variance = slope @ known @ slope
        along = known @ slope / variance if variance > 0 else slope / (slope @ slope)
        starts.append(np.outer(shifts * error, along))
        bases.append(np.linalg.svd(slope[None, :])[2][1:].T)
    return jnp.asarray(np.concatenate(starts)), jnp.asarray(np.stack(bases))


def _crossing(offsets: np.ndarray, deviance: np.ndarray, side: int, limit: float) -> float:
    """Offset on one side at which the deviance reaches the limit, from its root, nearly linear."""
    on_side = np.sign(offsets) == side
    order = np.argsort(np.abs(offsets[on_side]))
    distance = np.abs(offsets[on_side])[order]
    root = np.sqrt(np.maximum(np.nan_to_num(deviance[on_side], nan=0.0), 0))[order]
    distance, root = np.append(0.0, distance), np.append(0.0, root)
    beyond = np.flatnonzero(root >= np.sqrt(limit))
    if len(beyond) == 0:
        return side * np.inf
    last = beyond[0]
    pair = slice(last - 1, last + 1)
    reached = float(np.interp(np.sqrt(limit), root[pair], distance[pair]))
    return side * reached
