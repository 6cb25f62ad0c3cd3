"""The yield window, a whole number, profiled exactly: every window fitted, all at once."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from calibration.fit.levenberg_marquardt import Options, least_squares
from calibration.fit.objectives import RESIDUALS
from calibration.fit.problem import Data, Problem
from calibration.fit.size import check_copies_fit
from calibration.fit.starts import wide_starts
from camjax import AnyWindowMemory, Model, WindowMemory
from camjax.errors import CamjaxError, refusal

STARTS = 4
"""Searches for each window, from the same points."""


def profile_windows(
    problem: Problem, longest: int, *, objective: str = "ilr", seed: int = 0
) -> np.ndarray:
    """The least loss that each window from 1 to the longest allows, the free numbers fitted again.

    Args:
      problem: of a scenario whose holders remember a window of yields.
      longest: steps.
      objective: a sum of squares.
      seed: of the starts.

    Returns:
      [longest] half a sum of squares, infinite where no search ended at a finite one; entry k − 1
      belongs to a window of k steps.

    Raises:
      CamjaxError: holders remember otherwise, the objective is no sum of squares, or windows are
        longer than the rows observed.
    """
    rule = problem.scenario.model.weights.rule
    if not isinstance(getattr(rule, "memory", None), WindowMemory):
        forgets = problem.scenario.document.weights.yield_half_life_days is not None
        remedy = "Leave weights.yield_half_life_days out." if forgets else ""
        expected = "a scenario with weights.yield_window"
        raise CamjaxError(refusal("windows", expected, "none", remedy))
    if objective not in RESIDUALS:
        raise CamjaxError(refusal("objective", " or ".join(RESIDUALS), objective))
    rows = len(problem.data.observed)
    if not 1 <= longest <= rows:
        remedy = "Longer windows than there are rows all say the same."
        raise CamjaxError(refusal("windows", f"1 to {rows} steps", longest, remedy))
    check_copies_fit(problem, longest * STARTS, "fits of windows")
    starts = jnp.asarray(wide_starts(problem.free, STARTS, seed), problem.data.balances.dtype)

    @jax.jit
    def costs(windows: Array, starts: Array, data: Data) -> Array:
        def lane(window: Array, start: Array) -> Array:
            changed = dataclasses.replace(
                problem, remembering=partial(_with_window, window=window, longest=longest)
            )
            residuals = partial(changed.residuals, data=data, objective=objective)
            return least_squares(residuals, start, Options(tolerance=1e-9)).cost

        return jax.vmap(lambda window: jax.vmap(partial(lane, window))(starts))(windows)

    windows = jnp.arange(1, longest + 1).astype(starts.dtype)
    ends = np.asarray(costs(windows, starts, problem.data))
    least: np.ndarray = np.where(np.isfinite(ends), ends, np.inf).min(axis=1)
    return least


def _with_window(model: Model, window: Array, longest: int) -> Model:
    """The model with holders who remember a window that is a number of the batch."""
    memory = AnyWindowMemory(window=window, longest=longest)
    rule: Any = model.weights.rule
    rule = dataclasses.replace(rule, memory=memory)
    return dataclasses.replace(model, weights=dataclasses.replace(model.weights, rule=rule))
