"""A vector autoregression of log-ratio coordinates."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.coordinates import from_ilr, moving_directions
from calibration.forecast.history import History

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
    """A VAR in ilr coordinates, estimated by least squares, its order chosen by AIC.

    The point is the path without shocks; samples redraw the residuals of whole rows. Parameters
    are taken as known once they are estimated. Of two deposits there is one coordinate, and it is
    an autoregression. Directions in which coordinates never moved, as where two deposits keep their
    ratio, are left out and stay as they are.

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
        rows_per_lag = ROWS_PER_COEFFICIENT * len(history.deposits)
        history.require(2 + 2 * rows_per_lag, "a vector autoregression")
        max_lags = min(self.max_lags, history.num_rows // rows_per_lag - 1)
        directions = moving_directions(history.coordinates)
        fitted = _estimate(history.coordinates @ directions.T, max_lags)
        return lambda seen: self._forecast(fitted, directions, seen, horizon)

    def _forecast(
        self, fitted: Autoregression, directions: np.ndarray, history: History, horizon: int
    ) -> Forecast:
        history.require(len(fitted.coefficients), "the lags of a vector autoregression")
        moving = history.coordinates @ directions.T
        still = history.coordinates[-1] - moving[-1] @ directions
        shape = (self.num_samples, horizon)
        drawn = history.generator(self.seed).integers(len(fitted.shocks), size=shape)
        shocks = np.concatenate([np.zeros((1, horizon, len(directions))), fitted.shocks[drawn]])
        weights, *samples = from_ilr(fitted.paths(moving, shocks) @ directions + still)
        return Forecast.ensemble(np.stack(samples), weights)


def _estimate(coordinates: np.ndarray, max_lags: int) -> Autoregression:
    """The order of least AIC, compared on the same rows, estimated on all there are.

    AIC = ln |Σ| + 2 p K² / n, Σ the mean product of residuals
    """
    num_coordinates = coordinates.shape[1]

    def criterion(lags: int) -> float:
        _, residuals = _least_squares(coordinates[max_lags - lags :], lags)
        covariance = residuals.T @ residuals / len(residuals)
        penalty = 2 * lags * num_coordinates**2 / len(residuals)
        return float(np.linalg.slogdet(covariance).logabsdet) + penalty

    order = min(range(1, max_lags + 1), key=criterion)
    coefficients, residuals = _least_squares(coordinates, order)
    num_parameters = len(coefficients)
    scale = np.sqrt(len(residuals) / max(len(residuals) - num_parameters, 1))
    lagged = coefficients[1:].reshape(order, num_coordinates, num_coordinates)
    return Autoregression(coefficients[0], lagged.swapaxes(1, 2), residuals * scale)


def _least_squares(coordinates: np.ndarray, lags: int) -> tuple[np.ndarray, np.ndarray]:
    """Intercept and coefficients [1 + p K, K] of lags, nearest first, and residuals [t − p, K]."""
    num_rows = len(coordinates)
    past = [coordinates[lags - lag : num_rows - lag] for lag in range(1, lags + 1)]
    design = np.hstack([np.ones((num_rows - lags, 1)), *past])
    found = np.linalg.lstsq(design, coordinates[lags:], rcond=None)[0]
    return found, coordinates[lags:] - design @ found
