"""Confidence intervals of what is estimated from independent paths."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def normal_quantile(level: float) -> float:
    """Reach of the central interval of a standard normal, in standard deviations: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def normal_interval(
    estimate: NDArray, standard_error: NDArray, level: float = 0.95
) -> tuple[NDArray, NDArray]:
    """Estimate ± z standard errors, by the central limit theorem."""
    reach = normal_quantile(level) * standard_error
    return estimate - reach, estimate + reach


def wilson_interval(
    successes: NDArray, trials: int, level: float = 0.95
) -> tuple[NDArray, NDArray]:
    """Interval for a probability from successes in independent trials.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    Never empty and never beyond [0, 1], also for 0 or all successes.

    References:
      Wilson 1927.

    >>> low, high = wilson_interval(np.array(0), 100)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.037)
    """
    z = normal_quantile(level)
    share = np.asarray(successes) / trials
    centre = share + z * z / (2 * trials)
    reach = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    shrink = 1 + z * z / trials
    low, high = (centre - reach) / shrink, (centre + reach) / shrink
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def half_width(low: float, high: float) -> float:
    """Half of an interval's width; infinite where it is not defined."""
    width = (high - low) / 2
    return width if math.isfinite(width) else math.inf
