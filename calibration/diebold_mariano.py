"""Is one forecast better than another by more than chance? The Diebold-Mariano test."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from calibration.mean_interval import mean_and_error
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
    losses: ArrayLike, reference_losses: ArrayLike, horizon: int = 1
) -> DieboldMariano:
    """Test whether two forecasts have the same expected loss.

    S = d̄ / √(Ω / n),  d_t = L_t - L'_t,  p = P(|t_ν| > |S|)

    Ω and its degrees ν are those of `calibration.mean_interval`: the variance of a mean of what
    lasts, from the slowest cosine waves of d, none faster than what forecasts of h steps share.
    Hence p is below 0.05 where the 95 % interval of the mean difference leaves 0 out. Forecasts
    that never differ have S = 0 and p = 1.

    Args:
      losses: [n] loss of a forecast at each time, ascending and evenly spaced, such as |e_t|.
      reference_losses: [n] of the forecast it is compared with.
      horizon: h, how many successive forecasts overlap: steps ahead, if there is one each step.

    Returns:
      Statistic and p-value; NaN for both where n is below 2 h or 2, a loss is NaN, or the
      difference never varies without being 0 (no variance to judge it by).

    Raises:
      CamjaxError: the losses are not two series of one length, or the horizon is below 1.

    References:
      Diebold and Mariano, Journal of Business & Economic Statistics 13, 1995; Lazarus, Lewis, Stock
      and Watson, Journal of Business & Economic Statistics 36, 2018.

    >>> diebold_mariano([1.0, 2.0, 1.0, 2.0], [3.0, 3.0, 4.0, 2.5]).statistic < 0
    True
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (losses, reference_losses))
    if first.ndim != 1 or first.shape != second.shape:
        got = f"shapes {first.shape} and {second.shape}"
        raise CamjaxError(refusal("losses", "two series [n] of one length", got))
    if horizon < 1:
        raise CamjaxError(refusal("diebold_mariano", "a horizon of at least 1", horizon))
    difference = first - second
    if len(difference) < max(2, 2 * horizon) or np.isnan(difference).any():
        return DieboldMariano(np.nan, np.nan)
    if not difference.any():
        return DieboldMariano(0.0, 1.0)
    mean, error, degrees = mean_and_error(difference, horizon)
    if len(difference) * error**2 <= np.finfo(np.float64).eps * (difference**2).mean():
        return DieboldMariano(np.nan, np.nan)
    statistic = float(mean / error)
    return DieboldMariano(statistic, float(2 * special.stdtr(degrees, -abs(statistic))))


def holm(p_values: ArrayLike) -> np.ndarray:
    """p-values [m] of as many tests, adjusted so that any is below α with probability α at most.

    The k-th smallest becomes the largest of (m + 1 - i) p_(i) over i ≤ k, at most 1, where all m
    hypotheses hold or any of them, whatever the dependence between tests. NaN is no test.

    References:
      Holm, Scandinavian Journal of Statistics 6, 1979.

    >>> holm([0.01, 0.04, float("nan"), 0.03]).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted = np.array(p_values, dtype=np.float64)
    tests = np.flatnonzero(~np.isnan(adjusted))
    order = tests[np.argsort(adjusted[tests], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * adjusted[order]), 1.0)
    return adjusted
