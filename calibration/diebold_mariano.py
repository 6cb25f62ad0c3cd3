"""Is one forecast better than another by more than chance? The Diebold-Mariano test."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from camjax.errors import CamjaxError, refusal


class DieboldMariano(NamedTuple):
    """Outcome of the test.

    Attributes:
      statistic: negative where the first forecast loses less; NaN where the test has no value.
      p_value: two-sided, of equal expected losses; NaN likewise.
    """

    statistic: float
    p_value: float


def diebold_mariano(
    losses: ArrayLike, reference_losses: ArrayLike, horizon: int = 1, lags: int | None = None
) -> DieboldMariano:
    """Test whether two forecasts have the same expected loss.

    S = d̄ √(c n / V),  d_t = L_t - L'_t,  c = (n + 1 - 2h + h(h-1)/n) / n
    p = P(|t| > |S|) for Student's t of n - 1 degrees of freedom

    V is `long_run_variance(d, K)`: losses of successive times may be correlated. c is the
    small-sample correction of Harvey, Leybourne and Newbold. Forecasts that never differ have
    S = 0 and p = 1.

    Args:
      losses: [n] loss of a forecast at each time, ascending and evenly spaced, such as |e_t|.
      reference_losses: [n] of the forecast it is compared with.
      horizon: h, steps ahead; forecasts of h steps overlap and their errors are correlated.
      lags: K; None: `default_lags`.

    Returns:
      Statistic and p-value; NaN for both where n is too small for the horizon, a loss is NaN, or
      the difference never varies without being 0 (no variance to judge it by).

    Raises:
      CamjaxError: the losses are not two series of one length, or the horizon is below 1.

    References:
      Diebold and Mariano, Journal of Business & Economic Statistics 13, 1995; Harvey, Leybourne
      and Newbold, International Journal of Forecasting 13, 1997; Newey and West, Econometrica 55,
      1987.

    >>> diebold_mariano([1.0, 2.0, 1.0, 2.0], [3.0, 3.0, 4.0, 2.0], lags=0).statistic
    -2.3...
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (losses, reference_losses))
    if first.ndim != 1 or first.shape != second.shape:
        got = f"shapes {first.shape} and {second.shape}"
        raise CamjaxError(refusal("losses", "two series [n] of one length", got))
    if horizon < 1 or (lags is not None and lags < 0):
        expected = "a horizon of at least 1 and lags of at least 0"
        raise CamjaxError(refusal("diebold_mariano", expected, f"{horizon} and {lags}"))
    difference = first - second
    count = len(difference)
    correction = count + 1 - 2 * horizon + horizon * (horizon - 1) / max(count, 1)
    if count < 2 or correction <= 0 or np.isnan(difference).any():
        return DieboldMariano(np.nan, np.nan)
    if not difference.any():
        return DieboldMariano(0.0, 1.0)
    variance = long_run_variance(difference, default_lags(count, horizon) if lags is None else lags)
    if variance <= np.finfo(np.float64).eps * (difference**2).mean():
        return DieboldMariano(np.nan, np.nan)
    from scipy.stats import t as student

    statistic = float(difference.mean() * np.sqrt(correction / variance))
    return DieboldMariano(statistic, float(2 * student.sf(abs(statistic), count - 1)))


def default_lags(count: int, horizon: int = 1) -> int:
    """Lags for n observations: max(h - 1, ⌊n^(1/3)⌋), but fewer than n."""
    return min(max(horizon - 1, int(np.cbrt(count))), count - 1)


def long_run_variance(values: ArrayLike, lags: int) -> float:
    """Variance of the mean of n autocorrelated values, times n.

    V = γ_0 + 2 Σ_{k=1…K} (1 - k/(K+1)) γ_k,  γ_k = (1/n) Σ_t (x_t - x̄)(x_{t-k} - x̄)

    With Bartlett's weights it is never negative.

    Args:
      values: [n].
      lags: K; there are none beyond n - 1.

    Returns:
      V ≥ 0, in the square of the unit.
    """
    array = np.asarray(values, dtype=np.float64)
    deviations = array - array.mean()
    count = len(deviations)
    known = range(min(lags + 1, count))
    covariances = [deviations[lag:] @ deviations[: count - lag] / count for lag in known]
    weights = 2 * (1 - np.array(known) / (lags + 1))
    weights[0] = 1.0
    return float(weights @ np.array(covariances))
