"""How well a mean is known from values that follow each other in time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camjax.intervals import LEVEL, student_reach

WAVES_OF_MANY = 0.41
"""Waves are this times n^(2/3), which keeps the error of an interval's coverage small."""
FEWEST_MEMORIES = 8
"""Times that n values must hold the length 1/(1 − φ) of what lasts: longer is taken for a trend."""


def mean_interval(
    values: ArrayLike, overlap: int = 1, level: float = LEVEL
) -> tuple[NDArray, NDArray]:
    """Ends of the interval of the means of series whose values may be correlated in time.

    x̄ ± t_{d, (1+level)/2} √(Ω / n),  Ω = Σ_{j=1…ν} Λ_j² / Σ_j f_j,  d = (Σ f_j)² / Σ f_j²
    Λ_j = √(2/n) Σ_t x_t cos(π j (t − ½) / n),  ν = ⌊0.41 n^(2/3)⌋, at least 1
    f_j = (1 − φ)² / (1 − 2 φ cos(π j / n) + φ²)

    Ω is the variance of the mean times n, from the slowest ν cosine waves, which carry what lasts.
    The faster of them carry less of it: of an autoregressive law with φ, the parts f_j. Student's t
    of d degrees, ν where nothing lasts, says how surely Ω itself is known. Where the law is
    another, Ω is still consistent.

    Args:
      values: [n, ...] evenly spaced along the first axis.
      overlap: values that overlap; waves faster than four times that are left out, and φ is what
        lasts beyond them.
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
    mean, error, degrees = mean_and_error(values, overlap)
    reach = student_reach(degrees, level) * error
    return mean - reach, mean + reach


def mean_and_error(values: ArrayLike, overlap: int = 1) -> tuple[NDArray, NDArray, NDArray]:
    """Means of series, their standard errors √(Ω / n), and the degrees d of Student's t.

    Args:
      values: [n, ...], as `mean_interval`.
      overlap: as `mean_interval`.

    Returns:
      [...] each; NaN where n < 2.
    """
    array = np.asarray(values, np.float64)
    count = len(array)
    if count < 2:
        nowhere = np.full(array.shape[1:], np.nan)
        return nowhere, nowhere, nowhere
    waves = num_waves(count, overlap)
    parts = np.tensordot(slow_waves(count, waves), array, 1)
    carried = _carried(_memory(array, overlap), waves, count)
    variance = (parts * parts).sum(axis=0) / carried.sum(axis=0)
    degrees = carried.sum(axis=0) ** 2 / (carried * carried).sum(axis=0)
    return array.mean(axis=0), np.sqrt(variance / count), degrees


def num_waves(count: int, overlap: int = 1) -> int:
    """How many of the slowest waves ν say what lasts in n values."""
    return max(1, min(int(WAVES_OF_MANY * count ** (2 / 3)), count // (2 * overlap)))


def slow_waves(count: int, waves: int) -> NDArray:
    """The slowest ν cosine waves [ν, n] of n values: √(2/n) cos(π j (t − ½)/n)."""
    turns = np.arange(1, waves + 1)[:, None] * (np.arange(count) + 0.5) / count
    found: NDArray = np.sqrt(2 / count) * np.cos(np.pi * turns)
    return found


def _memory(values: NDArray, overlap: int) -> NDArray:
    """φ [...] of series [n, ...], at least 0: the root of what a value leaves to that h later.

    φ^h = r_h + (1 + 3 r_h) / n,  φ ≤ 1 − 8/n,  h the overlap, from which on values share nothing

    Autocorrelations r around the mean of the values themselves are too small by the last part.

    References:
      Kendall, Note on bias in the estimation of autocorrelation, 1954.
    """
    count = len(values)
    away = values - values.mean(axis=0)
    square, later = (away * away).sum(axis=0), (away[overlap:] * away[:-overlap]).sum(axis=0)
    left = later / np.where(square > 0, square, 1)
    left = np.where(square > 0, left + (1 + 3 * left) / count, 0)
    longest = max(1 - FEWEST_MEMORIES / count, 0)
    return np.clip(left, 0, longest**overlap) ** (1 / overlap)


def _carried(memory: NDArray, waves: int, count: int) -> NDArray:
    """Parts [ν, ...] that waves carry of what the slowest there is would."""
    turns = np.pi * np.arange(1, waves + 1) / count
    turns = turns.reshape(-1, *(1,) * memory.ndim)
    found: NDArray = (1 - memory) ** 2 / (1 - 2 * memory * np.cos(turns) + memory**2)
    return found
