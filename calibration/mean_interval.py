"""How well a mean is known from values that follow each other in time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

WAVES_OF_MANY = 0.41
"""Waves are this times n^(2/3), which keeps the error of an interval's coverage small."""


def mean_interval(
    values: ArrayLike, overlap: int = 1, level: float = 0.95
) -> tuple[NDArray, NDArray]:
    """Ends of the interval of the means of series whose values may be correlated in time.

    x̄ ± t_{ν, (1+level)/2} √(Ω / n),  Ω = (1/ν) Σ_{j=1…ν} Λ_j²
    Λ_j = √(2/n) Σ_t x_t cos(π j (t − ½) / n),  ν = ⌊0.41 n^(2/3)⌋, at least 1

    Ω is the variance of the mean times n, from the slowest ν cosine waves, which carry what lasts.
    With as few waves as that, Student's t of ν degrees says how surely Ω itself is known.

    Args:
      values: [n, ...] evenly spaced along the first axis.
      overlap: values that overlap; waves faster than four times that are left out.
      level: of the interval.

    Returns:
      Lower and upper ends, [...] each; NaN where n < 2.

    References:
      Lazarus, Lewis, Stock and Watson, HAR inference: recommendations for practice, Journal of
      Business & Economic Statistics 36, 2018.

    >>> low, high = mean_interval([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0])
    >>> bool(low < 1.5 < high)
    True
    """
    mean, error, waves = mean_and_error(values, overlap)
    reach = special.stdtrit(waves, 0.5 + level / 2) * error
    return mean - reach, mean + reach


def mean_and_error(values: ArrayLike, overlap: int = 1) -> tuple[NDArray, NDArray, int]:
    """Means of series, their standard errors √(Ω / n), and the ν of Student's t.

    Args:
      values: [n, ...], as `mean_interval`.
      overlap: as `mean_interval`.

    Returns:
      Means and errors, [...] each, and ν; NaN for both where n < 2.
    """
    array = np.asarray(values, np.float64)
    count = len(array)
    if count < 2:
        nowhere = np.full(array.shape[1:], np.nan)
        return nowhere, nowhere, 1
    waves = num_waves(count, overlap)
    parts = np.tensordot(slow_waves(count, waves), array, 1)
    variance = (parts * parts).mean(axis=0)
    return array.mean(axis=0), np.sqrt(variance / count), waves


def num_waves(count: int, overlap: int = 1) -> int:
    """How many of the slowest waves ν say what lasts in n values."""
    return max(1, min(int(WAVES_OF_MANY * count ** (2 / 3)), count // (2 * overlap)))


def slow_waves(count: int, waves: int) -> NDArray:
    """The slowest ν cosine waves [ν, n] of n values: √(2/n) cos(π j (t − ½)/n)."""
    turns = np.arange(1, waves + 1)[:, None] * (np.arange(count) + 0.5) / count
    found: NDArray = np.sqrt(2 / count) * np.cos(np.pi * turns)
    return found
