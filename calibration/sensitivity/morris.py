"""Screening: elementary effects along few trajectories (Morris)."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from calibration.sensitivity.box import Box, check_points_fit
from calibration.sensitivity.inert import Rounding, own_size
from calibration.sensitivity.sobol import Evaluate
from camjax.errors import CamjaxError, refusal
from camjax.intervals import student_reach

LEVELS = 4
"""Of the grid on which trajectories lie."""


@dataclasses.dataclass(frozen=True)
class MorrisResult:
    """Effects on Q outputs of K parameters, each over its whole range."""

    box: Box
    mean: NDArray
    """[Q, K] of effects, which may cancel."""
    mean_absolute: NDArray
    """[Q, K] of effects' sizes: how much a parameter matters."""
    reach: NDArray
    """[Q, K] half the width of Student's 95 % interval of `mean_absolute`."""
    std: NDArray
    """[Q, K] how much an effect depends on where it is looked at."""
    trajectories: int
    evaluations: int
    not_finite: NDArray
    """[Q] at how many points each output is not a finite number."""


def morris(
    box: Box,
    evaluate: Evaluate,
    trajectories: int,
    *,
    seed: int = 0,
    rounding: Rounding = own_size,
) -> MorrisResult:
    """Elementary effects over a box.

    Args:
      box: of K parameters.
      evaluate: called once, with all points.
      trajectories: r; r (K + 1) evaluations.
      seed: of trajectories.
      rounding: of outputs; a parameter that moves one by no more does not move it.

    Raises:
      CamjaxError: fewer than 2 trajectories.

    References:
      Morris 1991; Campolongo, Cariboni & Saltelli 2007.
    """
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as design

    if trajectories < 2:
        raise CamjaxError(refusal("samples", "at least 2 trajectories", trajectories))
    check_points_fit(box, trajectories * (len(box.names) + 1))
    # The seed 0 would be taken for none.
    points = design.sample(box.problem, trajectories, num_levels=LEVELS, seed=seed + 1)
    values = np.asarray(evaluate(points), np.float64)
    not_finite = (~np.isfinite(values)).sum(axis=0)
    values = _without_rounding(values, trajectories, rounding(values))
    found = [
        analysis.analyze(
            box.problem, points, np.ascontiguousarray(column), num_levels=LEVELS, seed=seed + 1
        )
        for column in values.T
    ]

    def table(key: str) -> NDArray:
        return np.array([np.asarray(each[key], np.float64) for each in found])

    mean, mean_absolute, std = (table(key) for key in ("mu", "mu_star", "sigma"))
    return MorrisResult(
        box=box,
        mean=mean,
        mean_absolute=mean_absolute,
        reach=_reach(mean, mean_absolute, std, trajectories),
        std=std,
        trajectories=trajectories,
        evaluations=len(points),
        not_finite=not_finite,
    )


def _without_rounding(values: NDArray, trajectories: int, rounding: NDArray) -> NDArray:
    """[r (K + 1), Q] outputs along trajectories, which moves of rounding alone leave as they are.

    An output that is not finite somewhere stays as it is.
    """
    along = values.reshape(trajectories, -1, values.shape[1])
    with np.errstate(invalid="ignore"):  # infinity less infinity
        steps = np.diff(along, axis=1)
        steps = np.where(np.abs(steps) <= rounding, 0.0, steps)
        walked = along[:, :1] + np.cumsum(steps, axis=1)
    found = np.concatenate([along[:, :1], walked], axis=1).reshape(values.shape)
    return np.where(np.isfinite(values).all(axis=0), found, values)


def _reach(mean: NDArray, mean_absolute: NDArray, std: NDArray, trajectories: int) -> NDArray:
    """Half of Student's interval of the mean of effects' sizes, from the moments of the effects.

    t_{r-1} s / √r,  (r - 1) s² = Σ e² - r mean|e|²,  Σ e² = (r - 1) std² + r mean²
    """
    number = trajectories
    squares = (number - 1) * std**2 + number * (mean**2 - mean_absolute**2)
    spread = np.sqrt(np.maximum(squares, 0.0) / (number - 1))
    return student_reach(number - 1) * spread / np.sqrt(number)
