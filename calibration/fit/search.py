"""The fit: many searches at once, the best of them, and what it predicts."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from calibration.fit.best import best_end
from calibration.fit.checkpoint import Unsaved, about_fit
from calibration.fit.descent import End, descend
from calibration.fit.drawn import refuse_drawn
from calibration.fit.levenberg_marquardt import STATUS, Options, Search
from calibration.fit.objectives import LIKELIHOODS, LOSSES, RESIDUALS, Compared, num_residuals
from calibration.fit.problem import Problem
from calibration.fit.size import check_copies_fit
from calibration.fit.squares import Progress, SquaresSearch
from calibration.fit.starts import wide_starts
from camjax.errors import CamjaxError, refusal

WARM_UP = "ilr"
"""Sum of squares from whose minima other losses are searched."""

LANES_OF_DESCENT = 4
"""How many of the best of them."""


@dataclasses.dataclass(frozen=True)
class Lane:
    """One search.

    Attributes:
      start: [K] values it began at.
      values: [K] values it ended at.
      cost: of the end; half a sum of squares, or a mean loss.
      status: one of `STATUS`.
      iterations: steps tried.
      at_best: whether the loss is that of the best point, see `best_end`.
    """

    start: np.ndarray
    values: np.ndarray
    cost: float
    status: str
    iterations: int
    at_best: bool


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
    """The best point found, and every search that was made.

    Attributes:
      problem: what was fitted; its noise is the one that priors were weighed by.
      objective: its name.
      coordinates: [D] of the best point.
      precision: Dirichlet precision κ fitted beside them; None under other objectives.
      lanes: one a start.
      best: which of them is the best.
      compared: predictions at the best point, and observations.
    """

    problem: Problem
    objective: str
    coordinates: np.ndarray
    precision: float | None
    lanes: tuple[Lane, ...]
    best: int
    compared: Compared

    @property
    def values(self) -> np.ndarray:
        """[K] free numbers at the best point, in the units of the scenario's file."""
        return np.asarray(self.problem.free.constrain(jnp.asarray(self.coordinates)))

    @property
    def cost(self) -> float:
        """Of the best point."""
        return self.lanes[self.best].cost

    @property
    def residuals(self) -> np.ndarray:
        """[T, M] of a least-squares objective at the best point, 0 in rows that do not count."""
        return np.asarray(RESIDUALS[self.objective](self.compared))

    @property
    def num_residuals(self) -> int:
        """Of rows that count, see `calibration.fit.objectives.num_residuals`."""
        return int(num_residuals(self.objective, self.compared))


def fit(
    problem: Problem,
    *,
    objective: str = "ilr",
    num_starts: int = 16,
    seed: int = 0,
    starts: ArrayLike | None = None,
    options: Options | None = None,
    progress: Progress = lambda activity, share: None,
    checkpoint: Unsaved | None = None,
) -> Fit:
    """Search for the free numbers from several starts at once.

    Sums of squares by Levenberg-Marquardt; the first start is the scenario's own, so a fit is never
    worse than the scenario. Among ends of one loss, see `best_end`, the one nearest the scenario is
    taken. Other losses by Adam and L-BFGS, from the best ends of an ilr fit.

    Priors enter as residuals p beside those of the observations: what is made small is
    ‖r(z)‖² + σ² ‖p(z)‖², σ² = ‖r‖²/M settled by turns with z, which is the mode of the posterior
    of z and log σ. To a likelihood, ½ ‖p‖² is added.

    Args:
      problem: from `pose`.
      objective: a name in `RESIDUALS` or `LOSSES`.
      num_starts: S.
      seed: of the starts.
      starts: [S, D] coordinates to begin at, in place of wide ones.
      options: when searches stop.
      progress: told every now and then what is being done and how much of it is done.
      checkpoint: where the searches are saved as they go, and continue from.

    Raises:
      CamjaxError: no such objective, a free number of what is drawn, priors beside one that is no
        likelihood, fewer rows than free numbers, the checkpoint is of another fit, no search ends
        at a finite loss, or more starts than fit in memory.
    """
    _check(problem, objective)
    options = options or Options()
    check_copies_fit(problem, num_starts, "starts")
    if starts is None:
        starts = wide_starts(problem.free, num_starts, seed)
    starts = jnp.asarray(starts, problem.data.balances.dtype)
    checkpoint = checkpoint or Unsaved()
    checkpoint.begin(about_fit(problem, objective, starts))
    squares = objective if objective in RESIDUALS else WARM_UP
    search = SquaresSearch(problem, squares, options, progress, checkpoint)
    squared = search(starts, problem.data)
    ends: Search | End = squared
    if objective in LOSSES:
        best_first = jnp.argsort(jnp.where(jnp.isfinite(squared.cost), squared.cost, jnp.inf))
        starts = squared.coordinates[best_first[:LANES_OF_DESCENT]]
        ends = descend(problem, objective, starts, options, progress, checkpoint)
    elif problem.priors.positions:
        ends, data = search.with_priors(squared)
        problem = dataclasses.replace(problem, data=data)
    return _best_of(problem, objective, starts, ends)


def _check(problem: Problem, objective: str) -> None:
    """Refuse what no search could answer."""
    if objective not in (*RESIDUALS, *LOSSES):
        raise CamjaxError(refusal("objective", " or ".join((*RESIDUALS, *LOSSES)), objective))
    if problem.priors.positions and objective not in LIKELIHOODS:
        remedy = "Beside a loss that is no likelihood a prior has no weight."
        raise CamjaxError(refusal("objective", " or ".join(LIKELIHOODS), objective, remedy))
    refuse_drawn(problem)
    num_coordinates = len(problem.free.coordinates)
    if int(problem.data.counts.sum()) <= num_coordinates:
        expected = f"more rows that count than the {num_coordinates} free numbers"
        raise CamjaxError(refusal("observations", expected, int(problem.data.counts.sum())))


def _best_of(problem: Problem, objective: str, starts: Array, ends: Search | End) -> Fit:
    """The best end, and what is predicted there."""
    found, costs = ends.coordinates, np.asarray(ends.cost)
    if not np.isfinite(costs).any():
        remedy = problem.free.begin_elsewhere
        raise CamjaxError(refusal("fit", "a finite loss from some start", "none", remedy))
    at_best, best = best_end(problem, ends, objective in RESIDUALS)
    precision = None
    if isinstance(ends, End) and objective == "dirichlet":
        precision = float(jnp.exp(ends.log_precision[best]))
    values, began = (np.asarray(jax.vmap(problem.free.constrain)(z)) for z in (found, starts))
    return Fit(
        problem=problem,
        objective=objective,
        coordinates=np.asarray(found[best]),
        precision=precision,
        lanes=tuple(
            Lane(start, end, float(cost), STATUS[int(status)], int(iterations), bool(at))
            for start, end, cost, status, iterations, at in zip(
                began, values, costs, ends.status, ends.iterations, at_best, strict=True
            )
        ),
        best=best,
        compared=jax.jit(problem.compare)(found[best], problem.data),
    )
