"""The best of many searches, and which of the others ended at the same loss."""

import numpy as np

from calibration.fit.descent import End
from calibration.fit.levenberg_marquardt import CONVERGED, Search
from calibration.fit.problem import Problem
from camjax.rounding import tolerance

SAME_MINIMUM = 1e-6
"""Ends whose loss is this close to the least, relatively, are of one minimum: a deviance that is
less by 1e-6 a residual tells no two points apart."""


def best_end(problem: Problem, ends: Search | End, squares: bool) -> tuple[np.ndarray, int]:
    """Which ends have the least loss, and the best of them.

    Ends are of one minimum where losses differ by less than `SAME_MINIMUM` of the least, or, of
    sums of squares, where all residuals are rounding. Along a flat valley such ends may lie orders
    of magnitude apart; of those that converged, or of all if none did, the one nearest to the
    scenario is the best, in halves of the range that starts are spread over.

    Args:
      problem: whose scenario it is.
      ends: of S searches, some of them with a finite loss.
      squares: whether losses are half a sum of squares.

    Returns:
      [S] booleans, and the position of the best.
    """
    costs = np.where(np.isfinite(ends.cost), ends.cost, np.inf)
    least = costs.min()
    rounding = 0.5 * problem.data.seen.size * float(tolerance(1.0, "float64")) ** 2
    close = SAME_MINIMUM * abs(least) + (rounding if squares else 0.0)
    at_best = costs <= least + close
    converged = at_best & (np.asarray(ends.status) == CONVERGED)
    lower, upper = problem.free.box()
    away = (np.asarray(ends.coordinates) - np.asarray(problem.free.start)) / ((upper - lower) / 2)
    distance = np.linalg.norm(away, axis=1)
    chosen = converged if converged.any() else at_best
    return at_best, int(np.argmin(np.where(chosen, distance, np.inf)))
