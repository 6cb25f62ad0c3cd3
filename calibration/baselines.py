"""Forecasts of weights that know nothing of yields: what a model has to beat.

Each maps a history of weights and a horizon to forecasts on the simplex, in NumPy and float64, and
looks at nothing but that history. `BASELINES` names them all.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from camjax.errors import CamjaxError, refusal

WINDOW_ROWS = 7
"""Rows that `window_mean` averages unless told otherwise: a week of daily observations."""


class Baseline(Protocol):
    """A forecast of weights from past weights alone."""

    def __call__(self, history: ArrayLike, horizon: int) -> np.ndarray:
        """Weights [T, N] up to now -> forecasts [H, N] of the H rows to come."""


def persistence(history: ArrayLike, horizon: int) -> np.ndarray:
    """The last weights, held: x_{T+h} = x_T.

    Args:
      history: [T, N] weights, T at least 1; rows are closed to sum to 1.
      horizon: H, rows ahead, at least 1.

    Returns:
      [H, N] dimensionless, rows sum to 1.

    Raises:
      CamjaxError: the history or the horizon is none.

    >>> persistence([[0.5, 0.5], [0.25, 0.75]], 2).tolist()
    [[0.25, 0.75], [0.25, 0.75]]
    """
    weights = _closed(history, horizon)
    return _held(weights[-1], horizon)


def window_mean(history: ArrayLike, horizon: int, window: int = WINDOW_ROWS) -> np.ndarray:
    """The mean weights of the last K rows, held: x_{T+h} = (1/K) Σ x_{T-k}, k = 0…K-1.

    Args:
      history: [T, N] as `persistence`.
      horizon: H.
      window: K, rows; all there are where the history is shorter.

    Returns:
      [H, N] dimensionless, rows sum to 1.

    Raises:
      CamjaxError: as `persistence`, or a window of no rows.
    """
    weights = _closed(history, horizon)
    if window < 1:
        raise CamjaxError(refusal("window", "at least 1 row", window))
    return _held(weights[-window:].mean(axis=0), horizon)


def ilr_drift(history: ArrayLike, horizon: int, floor: float | None = None) -> np.ndarray:
    """The mean change of the history, in ilr coordinates, carried on from the last weights.

    ilr(x_{T+h}) = ilr(x_T) + h (ilr(x_T) - ilr(x_1)) / (T - 1); no drift where T = 1

    Computed with logarithms of the parts, which gives the same for any orthonormal basis.

    Args:
      history: [T, N] as `persistence`; only its first and last row are used.
      horizon: H.
      floor: the share that stands for an empty deposit; None refuses zeros in those two rows.

    Returns:
      [H, N] dimensionless, positive, rows sum to 1.

    Raises:
      CamjaxError: as `persistence`, or a weight is zero and no floor is given.
    """
    weights = _closed(history, horizon)
    ends = weights[[0, -1]] if floor is None else np.maximum(weights[[0, -1]], floor)
    if not (ends > 0).all():
        remedy = "Pass floor=, the share that stands for empty, or leave the deposit out."
        raise CamjaxError(
            refusal("history", "positive weights in its first and last row", 0.0, remedy)
        )
    first, last = np.log(ends)
    drift = (last - first) / max(len(weights) - 1, 1)
    ahead = np.arange(1, horizon + 1)[:, np.newaxis]
    logarithms = last + ahead * drift
    parts = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def equal_weights(history: ArrayLike, horizon: int) -> np.ndarray:
    """The same weight for every deposit, whatever the history: x_{T+h} = 1/N.

    Arguments, result and errors as `persistence`.
    """
    weights = _closed(history, horizon)
    num_deposits = weights.shape[1]
    return np.full((horizon, num_deposits), 1 / num_deposits)


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "persistence": persistence,
        "window_mean": window_mean,
        "ilr_drift": ilr_drift,
        "equal_weights": equal_weights,
    }
)
"""Name in a metrics table -> baseline. A new baseline is one function and one line here."""


def _closed(history: ArrayLike, horizon: int) -> np.ndarray:
    """The history as weights that sum to 1, checked."""
    weights = np.asarray(history, dtype=np.float64)
    if weights.ndim != 2 or 0 in weights.shape:
        expected = "weights [T, N] with at least one row and one deposit"
        raise CamjaxError(refusal("history", expected, f"shape {weights.shape}"))
    if not (np.isfinite(weights) & (weights >= 0)).all() or not (weights.sum(axis=1) > 0).all():
        raise CamjaxError(
            refusal("history", "non-negative weights, not all zero in any row", "others")
        )
    if horizon < 1:
        raise CamjaxError(refusal("horizon", "at least 1 row", horizon))
    return weights / weights.sum(axis=1, keepdims=True)


def _held(weights: np.ndarray, horizon: int) -> np.ndarray:
    """One composition at every row ahead."""
    return np.tile(weights, (horizon, 1))
