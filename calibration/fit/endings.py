"""How searches ended: which is the best, how many found it, and whether it is one to believe."""

import math

import jax.numpy as jnp
import numpy as np

from calibration.fit.drawn import drawn
from calibration.fit.free import Bounds, FreeParameters
from calibration.fit.levenberg_marquardt import CONVERGED, STATUS
from calibration.fit.naming import group
from calibration.fit.search import Fit

KINKED = ("mae", "balance-mae")
"""Losses whose minima lie at kinks, where a search stalls."""
BESIDE = 1e-6
"""Share of the range of the starts by which a number may lie beside it unnoticed."""
ENDINGS = {
    "stalled": "stalled: no step was better, yet the slope is not 0",
    "max_iter": "had not come to an end when its steps were spent",
}


def endings(result: Fit) -> list[str]:
    """Warnings of a fit whose best search found no minimum, or one far from where all began."""
    return [
        *_unfinished(result),
        *drawn(result.problem),
        *outside(result.problem.free, result.coordinates, result.problem.bounds),
    ]


def _unfinished(result: Fit) -> list[str]:
    status = result.lanes[result.best].status
    if status == STATUS[CONVERGED] or (status == "stalled" and result.objective in KINKED):
        return []
    return [
        f"the best of {len(result.lanes)} searches {ENDINGS[status]}. The numbers are where it"
        " stopped; standard errors, intervals and limits suppose a minimum and may not hold."
    ]


def outside(free: FreeParameters, coordinates: np.ndarray, bounds: Bounds) -> list[str]:
    """Numbers that lie outside the box that starts are spread over.

    Args:
      free: the numbers.
      coordinates: where they ended.
      bounds: that were given.
    """
    lower, upper = free.box()
    slack = BESIDE * (upper - lower)
    out = (coordinates < lower - slack) | (coordinates > upper + slack)
    values = np.asarray(free.constrain(jnp.asarray(coordinates)))
    ends = free.box_of_values()
    warnings, first, number = [], 0, 0
    for i, block in enumerate(free.blocks):
        here = slice(number, number + len(block.names))
        if out[first : first + len(block.coordinates)].any():
            at = ", ".join(map(_short, values[here]))
            among = ", ".join(f"{low:.3g} to {high:.3g}" for low, high in ends[here])
            hold = ", or hold it with --bounds" if len(block.names) == 1 else ""
            if block.names[0] in bounds:
                hold = ", or give it other --bounds"
            warnings.append(
                f"{group(free, i)} ended at {at}, outside the range that starts are spread over,"
                f" {among}: begin nearer with --set{hold}, and see whether it comes there again."
            )
        first, number = first + len(block.coordinates), number + len(block.names)
    return warnings


def _short(value: float) -> str:
    """A number for people, where the search went too far for one too.

    >>> _short(2.5), _short(float("inf"))
    ('2.5', 'beyond 1e308')
    """
    return f"{value:.3g}" if math.isfinite(value) else "beyond 1e308"
