"""Crossings and peaks of an output as a function of one number, on common random paths."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from camjax.questions.estimate import Estimated, estimate
from camjax.questions.evaluations import Evaluations

POINTS = 33
"""Evaluated at once: a round of bisection makes a bracket 32 times as narrow."""

FINEST = 1e-11
"""Width, as a part of the range, at which bisection ends."""

RESAMPLES = 500

End = Literal["value", "lowest", "highest"]


class Margin:
    """How far a condition is held, with its interval, as a function of the number.

    Args:
      evaluations: of one parameter and one output.
      ends: of the range.
      falling: whether to look from the upper end downwards.
      level: of intervals.
    """

    def __init__(
        self, evaluations: Evaluations, ends: tuple[float, float], *, falling: bool, level: float
    ) -> None:
        self.evaluations, self.level = evaluations, level
        low, high = ends
        self.start, self.stop = (high, low) if falling else (low, high)
        self.grid = np.linspace(self.start, self.stop, POINTS)
        self.found = self._estimates(self.grid)

    def crossing(self, end: End) -> float | None:
        """Where an estimate, or an end of its interval, first is at or above 0; None: nowhere.

        An upper end that is open may be anything, so it is; a lower end that is open is not.
        """
        holds = np.array([getattr(each, end) >= 0 for each in self.found])
        if not holds.any():
            return None
        place = int(holds.argmax())
        if place == 0:
            return self.start
        before, at = float(self.grid[place - 1]), float(self.grid[place])
        while abs(at - before) > FINEST * abs(self.stop - self.start):
            points = np.linspace(before, at, POINTS)
            inner = [getattr(each, end) >= 0 for each in self._estimates(points[1:])]
            place = inner.index(True) if True in inner else POINTS - 2
            narrower = float(points[place]), float(points[place + 1])
            if narrower == (before, at):
                break
            before, at = narrower
        return at

    def nearest(self) -> tuple[float, float]:
        """The number at which the condition comes nearest to holding, and its margin there."""
        values = [each.value for each in self.found]
        place = int(np.argmax(values))
        return float(self.grid[place]), values[place]

    def _estimates(self, points: NDArray) -> list[Estimated]:
        padded = np.resize(points, POINTS)
        values = self.evaluations.path_values(padded[:, None])[: len(points)]
        outputs = self.evaluations.outputs
        (tree,) = outputs.trees
        terms = outputs.watch.terms
        if values.shape[1] == 1:
            numbers = self.evaluations.combine(values)
            return [Estimated(float(number), float(number), float(number)) for number in numbers]
        return [
            estimate(tree, dict(zip(terms, each.T, strict=True)), self.level) for each in values
        ]


def peak(
    evaluations: Evaluations, ends: tuple[float, float], seed: int
) -> tuple[float, float, float]:
    """Where an output is largest, and the ends of that number's 95 % interval over paths.

    The best of a grid brackets the peak. Within the bracket the root of the exact derivative is
    found by bisection or, where probabilities have none on given paths, the grid is made finer
    around its best. The interval is from bootstrap resamples of the paths.

    Args:
      evaluations: of one parameter and one output.
      ends: of the range.
      seed: of resamples.
    """
    grid = np.linspace(*ends, POINTS)
    values = evaluations.path_values(grid[:, None])
    place = int(np.argmax(evaluations.combine(values)))
    bracket = float(grid[max(place - 1, 0)]), float(grid[min(place + 1, POINTS - 1)])
    finer = np.linspace(*bracket, POINTS)
    refined = evaluations.path_values(finer[:, None])
    low, high = _resampled(
        evaluations, np.concatenate([grid, finer]), np.concatenate([values, refined]), seed
    )
    if evaluations.outputs.num_comparisons or not evaluations.outputs.is_smooth:
        best = _best_of_finer_grids(evaluations, bracket, ends)
    else:
        best = _root_of_slope(evaluations, bracket, ends)
    return best, min(low, best), max(high, best)


def _root_of_slope(
    evaluations: Evaluations, bracket: tuple[float, float], ends: tuple[float, float]
) -> float:
    """Where the derivative passes from above 0 to below it; an end where it does not."""
    low, high = bracket
    while high - low > FINEST * (ends[1] - ends[0]):
        points = np.linspace(low, high, POINTS)
        _, slopes = evaluations.gradients(points[:, None])
        rises = slopes[:, 0, 0] > 0
        if rises.all():
            return high
        place = int((~rises).argmax())
        if place == 0:
            return low
        narrower = float(points[place - 1]), float(points[place])
        if narrower == (low, high):
            break
        low, high = narrower
    return (low + high) / 2


def _best_of_finer_grids(
    evaluations: Evaluations, bracket: tuple[float, float], ends: tuple[float, float]
) -> float:
    low, high = bracket
    best = low
    while high - low > 1e-8 * (ends[1] - ends[0]):
        points = np.linspace(low, high, POINTS)
        place = int(np.argmax(evaluations.values(points[:, None])[:, 0]))
        best = float(points[place])
        low, high = float(points[max(place - 1, 0)]), float(points[min(place + 1, POINTS - 1)])
    return best


def _resampled(
    evaluations: Evaluations, points: NDArray, values: NDArray, seed: int
) -> tuple[float, float]:
    """Ends of the central 95 % of the best points over resamples of the paths."""
    num_paths = values.shape[1]
    generator = np.random.default_rng([seed, 3])
    best = []
    for _ in range(RESAMPLES if num_paths > 1 else 0):
        rows = generator.integers(num_paths, size=num_paths)
        best.append(float(points[np.argmax(evaluations.combine(values[:, rows]))]))
    if not best:
        return float("inf"), float("-inf")
    low, high = np.quantile(best, [0.025, 0.975])
    return float(low), float(high)
