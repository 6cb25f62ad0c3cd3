"""How long blocks of a series must be, so that what lasts stays inside them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLEAR = 2.0
"""Standard errors, widened by √log10 n, beyond which an autocorrelation is none of chance."""
LONGEST_SHARE = 3
"""A block is at most 3 √n and a third of the rows long."""


def block_length(series: ArrayLike) -> int:
    """Length of the blocks of a circular block bootstrap that know the mean's variance best.

    b = (2 G²/D)^(1/3) n^(1/3),  G = Σ λ(k/M) |k| R(k),  D = (4/3) (Σ λ(k/M) R(k))²

    over lags −M…M with a flat-topped window λ; M is twice the lag after which no autocorrelation is
    clear of chance. Of several series the longest, and at least the cube root of n.

    Args:
      series: [n, m].

    References:
      Politis and White, Automatic block-length selection for the dependent bootstrap, 2004; Patton,
      Politis and White, Correction, 2009.

    >>> block_length(np.random.default_rng(0).normal(size=(1000, 1)))
    10
    """
    values = np.asarray(series, np.float64)
    count = len(values)
    floor = int(np.ceil(round(np.cbrt(count), 9)))
    most = max(min(int(np.ceil(3 * np.sqrt(count))), count // LONGEST_SHARE), 1)
    longest = max((_best(column) for column in values.T if np.ptp(column) > 0), default=0.0)
    return int(np.clip(np.ceil(longest), min(floor, most), most))


def _best(series: NDArray) -> float:
    count = len(series)
    away = series - series.mean()
    quiet = max(5, int(np.ceil(np.sqrt(np.log10(count)))))
    last = min(int(np.ceil(np.sqrt(count))) + quiet, count - 1)
    covariances = np.array([away[lag:] @ away[: count - lag] / count for lag in range(last + 1)])
    clear = np.abs(covariances[1:] / covariances[0]) >= CLEAR * np.sqrt(np.log10(count) / count)
    after = next(
        (lag for lag in range(len(clear)) if not clear[lag : lag + quiet].any()), len(clear)
    )
    widest = min(2 * max(after, 1), last)
    lags = np.arange(1, widest + 1)
    window = np.minimum(1.0, 2 * (1 - lags / widest)) if widest > 1 else np.ones(1)
    weighed = 2 * window * covariances[1 : widest + 1]
    spread = 4 / 3 * (covariances[0] + weighed.sum()) ** 2
    if spread <= 0:
        return 0.0
    return float(np.cbrt(2 * (lags @ weighed) ** 2 / spread * count))
