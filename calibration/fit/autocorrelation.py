"""Do errors last from one row to the next? A test of it, and how strongly."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from camjax.rounding import tolerance

MOST_LAGS = 10
"""Lags whose autocorrelations are tested together, of fewer rows a fifth of them."""
ROWS_PER_LAG = 5
SPEAKS = 0.05
"""p-value below which errors count as lasting."""
LONGEST_MEMORY = 0.99
"""Largest autocorrelation from one row to the next that is reckoned with."""


class Whiteness(NamedTuple):
    """Whether residuals are independent of those of earlier rows."""

    autocorrelation: NDArray
    """[L, m] of every coordinate at lags 1…L; NaN of one that never varies."""
    statistic: float
    """Of the portmanteau test."""
    degrees: int
    """Of the χ² that it has where rows are independent."""
    p_value: float
    rows: int
    """That were fitted, n."""

    @property
    def speaks(self) -> bool:
        """Whether the test says that errors last."""
        return self.p_value < SPEAKS


def whiteness(residuals: NDArray, counts: NDArray) -> Whiteness | None:
    """The test of Ljung and Box for several coordinates at once, Hosking's.

    Q = n² Σ_{h=1…L} tr(C_hᵀ C₀⁻¹ C_h C₀⁻¹)/(n − h),  C_h = (1/n) Σ_t e_t e_{t−h}ᵀ

    is χ² of m² L degrees where rows are independent.

    Args:
      residuals: [T, m] of successive rows, 0 in those that do not count.
      counts: [T] booleans.

    Returns:
      None where there is nothing to test: fewer than ten rows, or residuals that are rounding.

    References:
      Ljung and Box, On a measure of lack of fit in time series models, 1978. Hosking, The
      multivariate portmanteau statistic, 1980.
    """
    number = int(counts.sum())
    lags = min(MOST_LAGS, number // ROWS_PER_LAG)
    if lags < 2 or np.sqrt(np.square(residuals).mean()) <= tolerance(1.0, "float64"):
        return None
    now = _covariance(residuals, 0, number)
    inverse = np.linalg.pinv(now, hermitian=True)
    size = np.linalg.matrix_rank(now, hermitian=True)
    terms, found = [], []
    variance = np.diagonal(now)
    varies = variance > 0
    for lag in range(1, lags + 1):
        then = _covariance(residuals, lag, number)
        terms.append(np.trace(then.T @ inverse @ then @ inverse) / (number - lag))
        ratio = np.diagonal(then) / np.where(varies, variance, 1)
        found.append(np.where(varies, ratio, np.nan))
    statistic = float(number**2 * np.sum(terms))
    degrees = int(size**2 * lags)
    p_value = float(special.chdtrc(degrees, statistic))
    return Whiteness(np.array(found), statistic, degrees, p_value, number)


def memory(residuals: NDArray, counts: NDArray, num_fitted: int) -> float:
    """Autocorrelation φ of errors from one row to the next, alike in all coordinates.

    φ̂ = tr(C₁ C₀⁻¹)/m is too small where D numbers were fitted to n rows, by about
    (d + (d + 2) φ)/n with d = D/m, which is added.

    Args:
      residuals: [T, m], 0 in rows that do not count.
      counts: [T] booleans.
      num_fitted: D.

    References:
      Kendall, Note on bias in the estimation of autocorrelation, 1954.
    """
    number = int(counts.sum())
    now, then = (_covariance(residuals, lag, number) for lag in (0, 1))
    size = max(int(np.linalg.matrix_rank(now, hermitian=True)), 1)
    found = float(np.trace(then @ np.linalg.pinv(now, hermitian=True))) / size
    fitted = num_fitted / size
    corrected = found + (fitted + (fitted + 2) * found) / number
    return float(np.clip(corrected, -LONGEST_MEMORY, LONGEST_MEMORY))


def _covariance(residuals: NDArray, lag: int, number: int) -> NDArray:
    """C_h [m, m], of a row with the one h before."""
    found: NDArray = residuals[lag:].T @ residuals[: len(residuals) - lag] / number
    return found
