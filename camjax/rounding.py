"""What is a difference between two results, and what is only how numbers round."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

RELATIVE = {"float32": 1e-5, "float64": 1e-9}
"""Share of a result's scale that rounding may reach, by precision.

float64 is held to this by the golden cases. A step of float32 rounds by 6e-8; over a year of steps
that adds up to about 1e-6, and the rest is a margin.
"""


def tolerance(scale: ArrayLike, precision: str) -> NDArray[np.float64]:
    """Largest difference that may be rounding alone.

    relative(precision) · |scale|

    Args:
      scale: size of what the compared numbers were computed from, in their unit: all user FEI for
        balances, 1 for shares, the largest of the values themselves where nothing else is known.
        Not the difference, and not one of two numbers that may be 0.
      precision: "float32" or "float64".

    Returns:
      Shape of `scale`, in its unit, at least 0.

    >>> float(tolerance(225e6, "float64"))
    0.225
    """
    return RELATIVE[precision] * np.abs(np.asarray(scale, np.float64))


def without_rounding(difference: ArrayLike, scale: ArrayLike, precision: str) -> NDArray:
    """Differences, with 0 for those that may be rounding alone; NaN stays.

    >>> without_rounding([1e-12, -0.25], 1.0, "float64")
    array([ 0.  , -0.25])
    """
    difference = np.asarray(difference, np.float64)
    return np.where(np.abs(difference) <= tolerance(scale, precision), 0.0, difference)


def are_one(values: ArrayLike, precision: str) -> bool:
    """Whether arrays [N, ...] are the same N times but for rounding, NaN in the same places.

    Their scale is that of the largest finite one.

    >>> are_one([[1.0, np.nan], [1.0 + 1e-12, np.nan]], "float64")
    True
    """
    values = np.asarray(values, np.float64)
    largest = np.max(np.abs(values), initial=0.0, where=np.isfinite(values))
    reach = float(tolerance(largest, precision))
    return bool(np.allclose(values, values[:1], rtol=0, atol=reach, equal_nan=True))
