"""Prediction intervals from the errors a method has made before."""

import math

import numpy as np

from calibration.forecast.base import LEVELS


def conformal_intervals(
    weights: np.ndarray, observed: np.ndarray, origins: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals around forecast weights, by rolling conformal prediction.

    w ± q clipped to [0, 1], where q is the ⌈(n+1)·level⌉-th smallest of the n absolute errors, one
    deposit and one horizon at a time, that earlier origins have made and that are known by now:
    origin j counts at origin i if j + h ≤ i. Where n is too small for a level (below 4 for 80 %, 19
    for 95 %) there is no interval. For exchangeable errors the coverage is at least the level;
    errors that grow or cluster are covered less, so coverage is to be measured.

    Args:
      weights: [O, H, N] forecasts, origins ascending.
      observed: [O, H, N] what came; NaN where it is not known, and not looked at where it was not
        known at the origin that the interval is for.
      origins: [O] rows.

    Returns:
      Lower and upper ends, [O, L, H, N] each for the L levels; NaN where there is no interval.

    References:
      Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), Distribution-free predictive inference.
    """
    num_origins, horizon, num_deposits = weights.shape
    errors = np.abs(weights - observed)
    widths = np.full((num_origins, len(LEVELS), horizon, num_deposits), np.nan)
    for i, origin in enumerate(origins):
        for h in range(horizon):
            known = errors[: np.searchsorted(origins, origin - h - 1, side="right"), h]
            known = np.sort(known[~np.isnan(known).any(axis=1)], axis=0)
            for k, level in enumerate(LEVELS):
                rank = math.ceil((len(known) + 1) * level - 1e-9)
                if rank <= len(known):
                    widths[i, k, h] = known[rank - 1]
    centre = weights[:, np.newaxis]
    return np.clip(centre - widths, 0, 1), np.clip(centre + widths, 0, 1)
