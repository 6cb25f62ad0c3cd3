"""Expected shortfall from few paths: its bias taken out, its interval from the bootstrap."""

import numpy as np
from numpy.typing import NDArray

from camjax.intervals import LEVEL, normal_reach, order_statistic, quantile_ranks

RESAMPLES = 999
SEED = 0

FEWEST, MANY = 5, 1000
"""Paths beyond the value at risk from which on its shortfall has an interval, and from which on
the interval is that of a normal."""

ROUNDING = 1e-9
"""Of a number of paths: 5 % of 100 paths are 5 of them, not a little less."""


def shortfall(
    ordered: NDArray, probability: float, level: float = LEVEL
) -> tuple[NDArray, NDArray, NDArray]:
    """Mean of the largest P (1 − p) losses less its bias, and the ends of its interval.

    ES = Σ_i w_i L_(i) / Σ_i w_i,  w the weights of the largest losses, the last of them cut

    Of few paths the plain mean is too low, since what they miss of the tail is large. Resamples of
    the paths tell by how much: with ES* of a resample and its standard error s*,

    bias = mean(ES*) − ES,  interval from ES − s q(1 − α) to ES − s q(α),  q of (ES* − ES) / s*

    and no lower than the interval of the value at risk, which the shortfall exceeds. All cells
    share the resampled ranks. Where fewer than `FEWEST` paths lie beyond the value at risk the
    interval is NaN and the bias is left, for the resamples do not know the tail either.

    Args:
      ordered: [P, ...] losses, ascending along the first axis.
      probability: p.
      level: 1 − 2 α.

    Returns:
      [...] each.

    References:
      Efron and Tibshirani 1993, 12.5 (the bootstrap-t interval), 10.2 (bias).
    """
    num_paths = len(ordered)
    beyond = num_paths * (1 - probability)
    if beyond < FEWEST - ROUNDING:
        plain, _ = _statistics(ordered[::-1], np.ones((1, num_paths)), beyond, num_paths)
        unknown = np.full_like(plain[0], np.nan)
        return plain[0], unknown, unknown.copy()
    depth = min(num_paths, int(beyond + 8 * np.sqrt(beyond) + 8))
    worst = ordered[-depth:][::-1]
    own, error = _statistics(worst, np.ones((1, depth)), beyond, num_paths)
    if beyond > MANY:
        reach = normal_reach(level) * error[0]
        return own[0], own[0] - reach, own[0] + reach
    counts = _resampled_counts(depth, num_paths)
    resampled, errors = _statistics(worst, counts, beyond, num_paths)
    moved = resampled - own
    with np.errstate(divide="ignore", invalid="ignore"):  # resamples of one path alone
        scaled = np.where(moved == 0, 0.0, moved / errors)
    tail = (1 - level) / 2
    below, above = np.quantile(scaled, [tail, 1 - tail], axis=0, method="inverted_cdf")
    low, high = (own[0] - _times(error[0], end) for end in (above, below))
    least = order_statistic(ordered, quantile_ranks(num_paths, probability, level)[0])
    return own[0] - moved.mean(axis=0), np.fmax(low, least), high


def _resampled_counts(depth: int, num_paths: int) -> NDArray:
    """[R, depth] how often each of the worst paths is drawn among as many paths as there are."""
    shares = np.full(depth + 1, 1 / num_paths)
    shares[-1] = max(1 - depth / num_paths, 0.0)
    drawn = np.random.default_rng(SEED).multinomial(num_paths, shares, RESAMPLES)
    return drawn[:, :-1].astype(np.float64)


def _statistics(
    worst: NDArray, counts: NDArray, beyond: float, num_paths: int
) -> tuple[NDArray, NDArray]:
    """[R, ...] mean of the worst losses and its standard error, from how often each is counted.

    The variance of max(L − VaR, 0) over (1 − p)²: VaR's own error is of second order (Manistre and
    Hancock 2005).
    """
    before = np.cumsum(counts, axis=1) - counts
    weights = np.clip(beyond - before, 0.0, counts)
    cells = worst.reshape(len(worst), -1)
    # From the largest down: sums of squares around a value near all of them do not cancel.
    depths = cells[0] - cells
    last = np.argmax(before + counts >= beyond - ROUNDING, axis=1)
    first, second = weights @ depths, weights @ depths**2
    at_risk = depths[last]
    total = weights.sum(axis=1, keepdims=True)
    mean = at_risk * total - first  # Σ w (L − VaR)
    squares = second - 2 * at_risk * first + at_risk**2 * total
    variance = np.maximum(squares / num_paths - (mean / num_paths) ** 2, 0.0) / num_paths
    shape = (len(counts), *worst.shape[1:])
    found = cells[0] - first / total
    return found.reshape(shape), (np.sqrt(variance) * num_paths / beyond).reshape(shape)


def _times(error: NDArray, quantile: NDArray) -> NDArray:
    """Their product; an end that resamples do not reach is open, NaN."""
    known = np.isfinite(quantile)
    return np.where(known, error * np.where(known, quantile, 0.0), np.nan)
