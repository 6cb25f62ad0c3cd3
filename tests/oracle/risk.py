"""Section 3.1: the volatile-asset risk metric."""

import numpy as np


def volatile_asset_risk(prices: np.ndarray, window: int) -> np.ndarray:
    """ρ_t for t = 1…T from prices [T+1]: how steeply the price has been falling, in [0, 1]."""
    risks = []
    lowest = highest = 0.0
    for t in range(1, len(prices)):
        mean_price = prices[1 : t + 1].mean()
        count = min(t, window) - 1
        slope = least_squares_slope(prices[t - 1 - count : t - 1])
        if abs(slope) < 1e-12 * mean_price:
            slope = 0.0
        raw = -slope / mean_price
        lowest, highest = min(lowest, raw), max(highest, raw)
        risks.append((raw - lowest) / (highest - lowest) if highest > lowest else raw)
    return np.array(risks)


def least_squares_slope(values: np.ndarray) -> float:
    """Slope per step of the straight line fitted to the values; 0 for fewer than two."""
    if len(values) < 2:
        return 0.0
    centred = np.arange(len(values)) - (len(values) - 1) / 2
    return float(centred @ (values - values.mean()) / (centred @ centred))
