"""A vector autoregression of log-ratio coordinates."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.coordinates import from_ilr
from calibration.forecast.history import History
from calibration.forecast.libraries import load_library

ROWS_PER_COEFFICIENT = 3
"""Rows that a lag must have for each coefficient that it adds to an equation."""


@dataclass(frozen=True, eq=False)
class Autoregression:
    """z_t = c + Σ_k A_k z_{t−k} + ε_t, for K coordinates.

    Attributes:
      intercept: [K] c.
      coefficients: [p, K, K] A, nearest lag first.
      shocks: [n, K] residuals, scaled to be unbiased in variance.
    """

    intercept: np.ndarray
    coefficients: np.ndarray
    shocks: np.ndarray

    def paths(self, coordinates: np.ndarray, shocks: np.ndarray) -> np.ndarray:
        """Carry coordinates [t, K] on along shocks [..., H, K] -> [..., H, K]."""
        num_lags, horizon = len(self.coefficients), shocks.shape[-2]
        recent = [np.broadcast_to(row, shocks[..., 0, :].shape) for row in coordinates[-num_lags:]]
        for step in range(horizon):
            row = self.intercept + shocks[..., step, :]
            for lag, matrix in enumerate(self.coefficients, start=1):
                row = row + recent[-lag] @ matrix.T
            recent.append(row)
        return np.stack(recent[-horizon:], axis=-2)


@dataclass(frozen=True)
class VectorAutoregression:
    """A VAR in ilr coordinates, estimated by statsmodels, its order chosen by AIC.

    The point is the path without shocks; samples redraw the residuals of whole rows. Parameters
    are taken as known once they are estimated. Of two deposits there is one coordinate, and it is
    an autoregression.

    Attributes:
      max_lags: largest order considered; less where the history is short.
      num_samples: S.
      seed: of the redrawing.

    References:
      Lütkepohl (2005), New Introduction to Multiple Time Series Analysis, 2 and 4.3.
    """

    max_lags: int = 4
    num_samples: int = 500
    seed: int = 0

    name: ClassVar[str] = "var"
    mode: ClassVar[Mode] = "ex-ante"

    def fit(self, history: History, horizon: int) -> Predictor:
        """Choose the order and estimate."""
        num_coordinates = len(history.deposits) - 1
        rows_per_lag = ROWS_PER_COEFFICIENT * (num_coordinates + 1)
        history.require(2 + 2 * rows_per_lag, "a vector autoregression")
        max_lags = min(self.max_lags, history.num_rows // rows_per_lag - 1)
        estimate = _estimate_one if num_coordinates == 1 else _estimate_several
        fitted = estimate(history.coordinates, max_lags)
        return lambda seen: self._forecast(fitted, seen, horizon)

    def _forecast(self, fitted: Autoregression, history: History, horizon: int) -> Forecast:
        num_lags, num_coordinates = fitted.coefficients.shape[:2]
        history.require(num_lags, "the lags of a vector autoregression")
        drawn = history.generator(self.seed).integers(
            len(fitted.shocks), size=(self.num_samples, horizon)
        )
        still = np.zeros((horizon, num_coordinates))
        weights = from_ilr(fitted.paths(history.coordinates, still))
        return Forecast.ensemble(
            from_ilr(fitted.paths(history.coordinates, fitted.shocks[drawn])), weights
        )


def _estimate_several(coordinates: np.ndarray, max_lags: int) -> Autoregression:
    """Least squares on coordinates [t, K], K at least 2."""
    model = load_library("statsmodels.tsa.api").VAR(coordinates)
    result = model.fit(maxlags=max_lags, ic="aic", trend="c")
    if result.k_ar == 0:
        result = model.fit(1, trend="c")
    return Autoregression(result.intercept, result.coefs, _unbiased(result.resid, result.df_model))


def _estimate_one(coordinates: np.ndarray, max_lags: int) -> Autoregression:
    """Least squares on the one coordinate [t, 1]; orders are compared on the same rows."""
    autoregression = load_library("statsmodels.tsa.ar_model").AutoReg
    series = coordinates[:, 0]
    orders = range(1, max_lags + 1)
    criteria = [autoregression(series, lags, hold_back=max_lags).fit().aic for lags in orders]
    result = autoregression(series, orders[int(np.argmin(criteria))]).fit()
    intercept, *lags = result.params
    return Autoregression(
        intercept=np.array([intercept]),
        coefficients=np.reshape(lags, (-1, 1, 1)),
        shocks=_unbiased(result.resid[:, np.newaxis], len(result.params)),
    )


def _unbiased(residuals: np.ndarray, num_parameters: int) -> np.ndarray:
    """Residuals [n, K] scaled up for the parameters that each equation has spent."""
    num_rows = len(residuals)
    return residuals * np.sqrt(num_rows / max(num_rows - num_parameters, 1))
