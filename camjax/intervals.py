"""Confidence intervals of what independent paths estimate: one for each kind of number.

An end that paths cannot tell is NaN, on its own side: it is open, which is another thing than
infinite.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from camjax.rounding import tolerance

LEVEL = 0.95

FEW_CARRY = "Few paths carry the mean: its interval is likely too narrow; more paths tell more."
"""What is said wherever the interval of a mean is told that `is_skewed` doubts."""

DOUBTED = "*"
"""Stands behind such an interval in a table, and before what is said below it."""


def student_interval(
    mean: ArrayLike, std: ArrayLike, number: ArrayLike, level: float = LEVEL
) -> tuple[NDArray, NDArray]:
    """Interval of a mean: x̄ ± t s / √n, with Student's t at n − 1 degrees of freedom.

    Exact for normal values and close for others as n grows; `is_skewed` says where it is not.

    Args:
      mean: x̄ of n values.
      std: s, their sample standard deviation, divided by n − 1.
      number: n; of fewer than two values nothing is known.
      level: of the interval.

    >>> low, high = student_interval(2.0, 1.0, 3)
    >>> round(float(low), 3), round(float(high), 3)
    (-0.484, 4.484)
    """
    mean, number = np.asarray(mean, np.float64), np.asarray(number)
    known = np.where(number > 1, number, np.nan)
    reach = student_reach(known - 1, level) * np.asarray(std, np.float64) / np.sqrt(known)
    return mean - reach, mean + reach


def student_reach(degrees: ArrayLike, level: float = LEVEL) -> NDArray:
    """Half of the central interval of Student's t; of a standard normal where degrees are infinite.

    >>> student_reach([1, 10, np.inf]).round(2).tolist()
    [12.71, 2.23, 1.96]
    """
    degrees = np.asarray(degrees, np.float64)
    finite = special.stdtrit(np.where(np.isinf(degrees), 1.0, degrees), 0.5 + level / 2)
    return np.where(np.isinf(degrees), normal_reach(level), finite)


def normal_reach(level: float = LEVEL) -> float:
    """Half of the central interval of a standard normal: 1.96 for 0.95."""
    return float(special.ndtri(0.5 + level / 2))


def is_skewed(values: NDArray) -> NDArray[np.bool_]:
    """Whether Student's interval of the mean over the first axis is likely too narrow.

    See `few_carry`. Values that are not finite are left out; those that vary by rounding alone
    are alike.

    >>> bool(is_skewed(np.arange(30.0))), bool(is_skewed(np.exp(np.arange(30.0))))
    (False, True)
    """
    known = np.isfinite(values)
    number = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values, 0.0)
    largest = np.maximum(centred.max(axis=0), -centred.min(axis=0))
    centred -= centred.sum(axis=0) / number
    centred *= known
    spread = np.sqrt(np.einsum("p...,p...->...", centred, centred) / number)
    varies = spread > tolerance(largest, "float64")
    centred /= np.where(varies, spread, np.inf)
    return few_carry(np.einsum("p...,p...,p...->...", centred, centred, centred) / number, number)


def few_carry(skewness: ArrayLike, number: ArrayLike) -> NDArray[np.bool_]:
    """Whether few of n paths carry a mean, by the sample skewness g of what it is the mean of.

    n < 25 g²,  and |g| > 2 √(6 / n), which is more than chance

    What the paths miss of the longer tail is then missing from the interval of the mean too.

    References:
      Cochran 1977, Sampling techniques, 2.15.

    >>> few_carry([0.1, 2.0], 30).tolist(), few_carry(2.0, 1000).item()
    ([False, True], False)
    """
    size, number = np.abs(np.asarray(skewness, np.float64)), np.asarray(number)
    return (number < 25 * size**2) & (size > 2 * np.sqrt(6 / number))


def probability_interval(
    successes: ArrayLike, trials: ArrayLike, level: float = LEVEL
) -> tuple[NDArray, NDArray]:
    """Clopper and Pearson's interval of a probability, from successes in independent trials.

    The ends are the probabilities at which as many successes, or as few, would come by chance
    with half of 1 - level. It holds the true probability at least as often as the level says,
    whatever that probability and the number of trials; the lower end of no success is 0, the
    upper end of nothing else is 1.

    Args:
      successes: k, or an array of them; NaN gives NaN.
      trials: n, at least 1.
      level: of the interval.

    References:
      Clopper and Pearson 1934.

    >>> low, high = probability_interval(0, 100)
    >>> float(low), round(float(high), 4)
    (0.0, 0.0362)
    """
    k, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    tail = (1 - level) / 2
    low = special.betaincinv(np.maximum(k, 1), n - k + 1, tail)
    high = special.betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail)
    return np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)


def quantile_ranks(number: int, probability: float, level: float = LEVEL) -> tuple[int, int]:
    """Ranks of the two order statistics between which a quantile lies with the level.

    How many of n values lie below the true quantile is Binomial(n, p), whatever they are
    distributed like; at most half of 1 - level is left out on each side.

    Returns:
      Ranks from 1 to n; 0 or n + 1 where that end is open, since n is too small.

    References:
      Conover 1999, Practical nonparametric statistics, 3.2.

    >>> quantile_ranks(30, 0.95), quantile_ranks(100, 0.95)
    ((26, 31), (90, 100))
    """
    tail = (1 - level) / 2
    below, above = (_binomial_quantile(share, number, probability) for share in (tail, 1 - tail))
    return below, above + 1


def paths_for_quantile(probability: float, level: float = LEVEL) -> int:
    """How many paths give a quantile both ends of its interval.

    >>> paths_for_quantile(0.95), paths_for_quantile(0.5)
    (72, 6)
    """
    outside = max(probability, 1 - probability)
    return math.ceil(math.log((1 - level) / 2) / math.log(outside))


def order_statistic(ordered: NDArray, rank: int) -> NDArray:
    """The value of a rank from 1 to n along the first axis; NaN, open, for any other."""
    if 1 <= rank <= len(ordered):
        return np.asarray(ordered[rank - 1])
    return np.full_like(ordered[0], np.nan)


def half_width(low: float, high: float) -> float:
    """Half of an interval's width; infinite where an end is open."""
    width = (high - low) / 2
    return width if math.isfinite(width) else math.inf


def _binomial_quantile(share: float, number: int, probability: float) -> int:
    """The smallest k with P(X ≤ k) ≥ share."""
    near = max(math.ceil(special.bdtrik(share, number, probability)) - 1, 0)
    while special.bdtr(near, number, probability) < share:
        near += 1
    return near
