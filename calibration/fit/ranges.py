"""How far around the scenario's own numbers starts are spread."""

import numpy as np

from calibration.fit.bijectors import (
    Bijector,
    Log,
    Logit,
    LogLogit,
    PrecisionAndMean,
    RateOfDuration,
    ZeroSumLog,
)

WIDE_RATES = (0.03, 0.9)
"""Rates of rebalancing a step between which starts are spread."""
WIDE_RATIO = 10.0
"""How far starts of a positive number go from the scenario's, up and down."""
WIDE_CONTRAST = 1.5
"""How far starts of a log-ratio go from the scenario's."""
WIDE_NUMBER = 0.1
"""How far starts of a number of any sign go from the scenario's, if that is not farther from 0."""
WIDE_SHARES = (0.02, 0.98)
"""Shares of the way between two bounds between which starts are spread."""


def wide_range(bijector: Bijector, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the coordinates that wide starts take around the scenario's own."""
    match bijector:
        case RateOfDuration():
            low, high = (np.log(rate / (1 - rate)) for rate in WIDE_RATES)
            return np.minimum(start, low), np.maximum(start, high)
        case Logit() | LogLogit():
            low, high = (np.log(share / (1 - share)) for share in WIDE_SHARES)
            return np.minimum(start, low), np.maximum(start, high)
        case Log():
            width = np.full_like(start, np.log(WIDE_RATIO))
        case ZeroSumLog():
            width = np.full_like(start, WIDE_CONTRAST)
        case PrecisionAndMean():
            width = np.full_like(start, WIDE_CONTRAST)
            width[0] = np.log(WIDE_RATIO)
        case _:
            width = np.maximum(np.abs(start), WIDE_NUMBER)
    return start - width, start + width
