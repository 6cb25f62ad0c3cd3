"""The fit: many searches at once, the best of them, and what it predicts."""

import dataclasses
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from calibration.fit.descent import End, descend
from calibration.fit.levenberg_marquardt import (
    RUNNING,
    STATUS,
    Options,
    Search,
    advance,
    begin,
)
from calibration.fit.objectives import LOSSES, RESIDUALS, Compared
from calibration.fit.problem import Data, Problem
from calibration.fit.starts import wide_starts
from camjax.errors import CamjaxError, refusal

ITERATIONS_PER_REPORT = 20
"""Steps between two reports of progress."""

WARM_UP = "ilr"
"""Sum of squares from whose minima other losses are searched."""

LANES_OF_DESCENT = 4
"""How many of the best of them."""

Progress = Callable[[str, float], None]
"""Takes what is being done and the share of it that is done."""


@dataclasses.dataclass(frozen=True)
class Lane:
    """One search.

    Attributes:
      start: [K] values it began at.
      values: [K] values it ended at.
      cost: of the end; half a sum of squares, or a mean loss.
      status: one of `STATUS`.
      iterations: steps tried.
    """

    start: np.ndarray
    values: np.ndarray
    cost: float
    status: str
    iterations: int


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
    """The best point found, and every search that was made.

    Attributes:
      problem: what was fitted.
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
        """Residuals of rows that count."""
        return int(np.asarray(self.compared.counts).sum()) * self.residuals.shape[1]


def fit(
    problem: Problem,
    *,
    objective: str = "ilr",
    num_starts: int = 16,
    seed: int = 0,
    starts: ArrayLike | None = None,
    options: Options | None = None,
    progress: Progress = lambda activity, share: None,
) -> Fit:
    """Search for the free numbers from several starts at once.

    Sums of squares by Levenberg-Marquardt; the first start is the scenario's own, so a fit is never
    worse than the scenario. Other losses by Adam and L-BFGS, from the best ends of an ilr fit.

    Args:
      problem: from `pose`.
      objective: a name in `RESIDUALS` or `LOSSES`.
      num_starts: S.
      seed: of the starts.
      starts: [S, D] coordinates to begin at, in place of wide ones.
      options: when searches stop.
      progress: told every now and then what is being done and how much of it is done.

    Raises:
      CamjaxError: no such objective, fewer rows than free numbers, or no search ends at a finite
        loss.
    """
    if objective not in (*RESIDUALS, *LOSSES):
        raise CamjaxError(refusal("objective", " or ".join((*RESIDUALS, *LOSSES)), objective))
    num_coordinates = len(problem.free.coordinates)
    if int(problem.data.counts.sum()) <= num_coordinates:
        expected = f"more rows that count than the {num_coordinates} free numbers"
        raise CamjaxError(refusal("observations", expected, int(problem.data.counts.sum())))
    options = options or Options()
    if starts is None:
        starts = wide_starts(problem.free, num_starts, seed)
    starts = jnp.asarray(starts, problem.data.balances.dtype)
    squares = objective if objective in RESIDUALS else WARM_UP
    ends: Search | End = search_squares(problem, squares, starts, options, progress)
    precision = None
    if isinstance(ends, Search) and objective in LOSSES:
        best_first = jnp.argsort(jnp.where(jnp.isfinite(ends.cost), ends.cost, jnp.inf))
        starts = ends.coordinates[best_first[:LANES_OF_DESCENT]]
        ends = descend(problem, objective, starts, options, progress)
    found, costs = ends.coordinates, np.asarray(ends.cost)
    if not np.isfinite(costs).any():
        remedy = "Begin elsewhere with --set, or free fewer numbers."
        raise CamjaxError(refusal("fit", "a finite loss from some start", "none", remedy))
    best = int(np.nanargmin(np.where(np.isfinite(costs), costs, np.nan)))
    if isinstance(ends, End) and objective == "dirichlet":
        precision = float(jnp.exp(ends.log_precision[best]))
    values, began = (np.asarray(jax.vmap(problem.free.constrain)(z)) for z in (found, starts))
    return Fit(
        problem=problem,
        objective=objective,
        coordinates=np.asarray(found[best]),
        precision=precision,
        lanes=tuple(
            Lane(start, end, float(cost), STATUS[int(status)], int(iterations))
            for start, end, cost, status, iterations in zip(
                began, values, costs, ends.status, ends.iterations, strict=True
            )
        ),
        best=best,
        compared=jax.jit(problem.compare)(found[best], problem.data),
    )


def search_squares(
    problem: Problem, objective: str, starts: Array, options: Options, progress: Progress
) -> Search:
    """Levenberg-Marquardt from every start [S, D], batched."""

    def residuals(data: Data) -> Callable[[Array], Array]:
        return partial(problem.residuals, data=data, objective=objective)

    @jax.jit
    def first(starts: Array, data: Data) -> Search:
        return jax.vmap(partial(begin, residuals(data)))(starts)

    @jax.jit
    def more(searches: Search, data: Data, iterations: Array) -> Search:
        return jax.vmap(lambda search: advance(residuals(data), search, options, iterations))(
            searches
        )

    progress("compiling", 0.0)
    searches = first(starts, problem.data)
    for done in range(0, options.max_iterations, ITERATIONS_PER_REPORT):
        running = float((searches.status == RUNNING).mean())
        if running == 0:
            break
        progress("searching", max(1 - running, done / options.max_iterations))
        limit = min(done + ITERATIONS_PER_REPORT, options.max_iterations)
        searches = more(searches, problem.data, jnp.asarray(limit, jnp.int32))
    return searches
