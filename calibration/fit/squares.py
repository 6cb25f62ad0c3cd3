"""Sums of squares made small from many starts at once, beside priors too."""

import dataclasses
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.checkpoint import ITERATIONS_PER_REPORT, Unsaved, stage_of
from calibration.fit.levenberg_marquardt import RUNNING, Options, Search, advance, begin
from calibration.fit.objectives import RESIDUALS, num_residuals
from calibration.fit.problem import Data, Problem

SETTLED = 1e-10
"""Relative change of the noise that is none; priors are weighed by it."""

MOST_ROUNDS = 50
"""Searches, each with the noise that the one before has left."""

Progress = Callable[[str, float], None]
"""Takes what is being done and the share of it that is done."""


class SquaresSearch:
    """Levenberg-Marquardt from many starts at once, compiled once.

    Args:
      problem: whose residuals they are.
      objective: a name in `RESIDUALS`.
      options: when searches stop.
      progress: told every now and then what is being done and how much of it is done.
      checkpoint: where the searches are saved as they go, and continue from.
    """

    def __init__(
        self,
        problem: Problem,
        objective: str,
        options: Options,
        progress: Progress,
        checkpoint: Unsaved,
    ) -> None:
        def residuals(data: Data) -> Callable[[Array], Array]:
            return partial(problem.penalised, data=data, objective=objective)

        @jax.jit
        def first(starts: Array, data: Data) -> Search:
            return jax.vmap(partial(begin, residuals(data)))(starts)

        @jax.jit
        def more(searches: Search, data: Data, iterations: Array) -> Search:
            return jax.vmap(lambda search: advance(residuals(data), search, options, iterations))(
                searches
            )

        self._problem, self._objective = problem, objective
        self._options, self._progress, self._checkpoint = options, progress, checkpoint
        self._first, self._more = first, more
        self._compare = jax.jit(problem.compare)

    def __call__(self, starts: Array, data: Data, turn: int = 0) -> Search:
        """Search from every start [S, D].

        Args:
          starts: where.
          data: observations.
          turn: how many searches were made before.
        """
        self._progress("compiling", 0.0)
        stage = f"{stage_of(self._problem, self._objective)} {turn}"
        most = self._options.max_iterations

        def begun() -> tuple[Search, Array]:
            return self._first(starts, data), jnp.zeros((), jnp.int32)

        searches, done = self._checkpoint.state(stage, begun)
        while int(done) < most:
            running = float((searches.status == RUNNING).mean())
            if running == 0:
                break
            self._progress("searching", max(1 - running, int(done) / most))
            done = jnp.minimum(done + ITERATIONS_PER_REPORT, most)
            searches = self._more(searches, data, done)
            self._checkpoint.keep(stage, (searches, done))
        return searches

    def with_priors(self, ends: Search) -> tuple[Search, Data]:
        """Search on from ends without priors, priors weighed by a noise that settles.

        Returns:
          Ends, and the problem's data with the noise. Iterations are those of all rounds.
        """
        data, searches = self._problem.data, ends
        noise = float(data.noise)
        for turn in range(1, MOST_ROUNDS + 1):
            if not np.isfinite(searches.cost).any():
                break
            best = searches.coordinates[int(jnp.nanargmin(searches.cost))]
            before, noise = noise, self._noise_at(best)
            if abs(noise - before) <= SETTLED * noise:
                break
            data = dataclasses.replace(data, noise=jnp.asarray(noise, data.noise.dtype))
            spent = searches.iterations
            searches = self(searches.coordinates, data, turn)
            searches = searches._replace(iterations=searches.iterations + spent)
        return searches, data

    def _noise_at(self, coordinates: Array) -> float:
        """Root mean square [] of the residuals of rows that count."""
        compared = self._compare(coordinates, self._problem.data)
        residuals = RESIDUALS[self._objective](compared)
        number = int(num_residuals(self._objective, compared))
        return float(jnp.sqrt(jnp.square(residuals).sum() / number))
