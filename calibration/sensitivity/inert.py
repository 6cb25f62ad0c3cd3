"""Parameters that move an output by no more than its numbers round: they do not move it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from camjax.rounding import tolerance

Rounding = Callable[[NDArray], NDArray]
"""Maps outputs [S, Q] to the largest differences [Q] of each that may be rounding alone."""


def own_size(values: NDArray) -> NDArray:
    """[Q] what float64 rounds by in outputs [S, Q] of which nothing but their size is known."""
    sizes = np.max(np.abs(values), axis=0, initial=0.0, where=np.isfinite(values))
    return tolerance(sizes, "float64")


def moved(before: NDArray, after: NDArray, rounding: NDArray | float) -> NDArray:
    """What came after a move: what was before, where rounding alone tells the two apart."""
    with np.errstate(invalid="ignore"):  # infinity less infinity
        return np.where(np.abs(after - before) <= rounding, before, after)
