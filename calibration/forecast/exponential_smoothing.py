"""Exponential smoothing of log-ratio coordinates, with a damped trend."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.coordinates import from_ilr, moves
from calibration.forecast.history import History
from calibration.forecast.libraries import load_library


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Level ℓ and trend b of K coordinates, corrected by one-step errors e.

    ẑ_t = ℓ_{t−1} + φ b_{t−1};  ℓ_t = ẑ_t + α e_t;  b_t = φ b_{t−1} + α β e_t

    Each starts at the first row with no trend.

    Attributes:
      level: [K] α.
      trend: [K] β.
      damping: [K] φ.
    """

    level: np.ndarray
    trend: np.ndarray
    damping: np.ndarray

    def filter(self, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Last level and trend [K] of coordinates [t, K], and the errors [t−1, K] on the way."""
        level, trend = coordinates[0], np.zeros_like(coordinates[0])
        errors = []
        for row in coordinates[1:]:
            error = row - level - self.damping * trend
            level, trend = self._advance(level, trend, error)
            errors.append(error)
        return level, trend, np.array(errors)

    def paths(self, level: np.ndarray, trend: np.ndarray, shocks: np.ndarray) -> np.ndarray:
        """Carry on along shocks [..., H, K] -> coordinates [..., H, K]."""
        rows = []
        for step in range(shocks.shape[-2]):
            shock = shocks[..., step, :]
            rows.append(level + self.damping * trend + shock)
            level, trend = self._advance(level, trend, shock)
        return np.stack(rows, axis=-2)

    def _advance(
        self, level: np.ndarray, trend: np.ndarray, error: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        damped = self.damping * trend
        return level + damped + self.level * error, damped + self.level * self.trend * error


@dataclass(frozen=True)
class ExponentialSmoothing:
    """Damped-trend smoothing of each ilr coordinate, its parameters estimated by statsmodels.

    The point is the path without shocks; samples redraw the one-step errors of whole rows.
    Parameters are taken as known once they are estimated.

    Attributes:
      num_samples: S.
      seed: of the redrawing.

    References:
      Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, 2.5.
    """

    num_samples: int = 500
    seed: int = 0

    name: ClassVar[str] = "exponential_smoothing"
    mode: ClassVar[Mode] = "ex-ante"

    def fit(self, history: History, horizon: int) -> Predictor:
        """Estimate the smoothing parameters."""
        history.require(10, "exponential smoothing")
        fitted = Smoothing(*np.transpose([_estimate(series) for series in history.coordinates.T]))
        return lambda seen: self._forecast(fitted, seen, horizon)

    def _forecast(self, fitted: Smoothing, history: History, horizon: int) -> Forecast:
        history.require(3, "exponential smoothing")
        level, trend, errors = fitted.filter(history.coordinates)
        drawn = history.generator(self.seed).integers(len(errors), size=(self.num_samples, horizon))
        weights = from_ilr(fitted.paths(level, trend, np.zeros((horizon, len(level)))))
        samples = fitted.paths(level, trend, (errors - errors.mean(axis=0))[drawn])
        return Forecast.ensemble(from_ilr(samples), weights)


def _estimate(series: np.ndarray) -> tuple[float, float, float]:
    """α, β and φ that make the squared one-step errors of a series [t] least."""
    if not moves(series):
        return 1.0, 0.0, 1.0
    model = load_library("statsmodels.tsa.api").Holt(
        series,
        damped_trend=True,
        initialization_method="known",
        initial_level=float(series[0]),
        initial_trend=0.0,
    )
    with warnings.catch_warnings():
        # A search that ends early still ends at parameters; how good they are, its scores tell.
        warnings.simplefilter("ignore")
        found = model.fit().params
    return found["smoothing_level"], found["smoothing_trend"], found["damping_trend"]
