"""A random walk with drift on log-ratio coordinates."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from calibration import baselines
from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.coordinates import from_ilr, to_ilr
from calibration.forecast.history import History


@dataclass(frozen=True)
class Drift:
    """z_{t+h} = z_t + h μ + Σ ε in ilr coordinates, μ the mean change of the history.

    Points are those of `calibration.baselines.ilr_drift`. Samples redraw the history's changes with
    replacement, all coordinates of a row together; they are widened by √(1 + h/n), since the mean
    of n changes is known only so well: Var = σ² (h + h²/n).

    Attributes:
      num_samples: S.
      seed: of the redrawing.
    """

    num_samples: int = 500
    seed: int = 0

    name: ClassVar[str] = "drift"
    mode: ClassVar[Mode] = "ex-ante"

    def fit(self, history: History, horizon: int) -> Predictor:
        """Nothing to learn: the drift is that of the history at hand."""
        del history
        return lambda seen: self._forecast(seen, horizon)

    def _forecast(self, history: History, horizon: int) -> Forecast:
        history.require(3, "a drift and its spread")
        weights = baselines.ilr_drift(history.weights, horizon, history.floor)
        changes = np.diff(history.coordinates, axis=0)
        num_changes = len(changes)
        shocks = (changes - changes.mean(axis=0)) * np.sqrt(num_changes / (num_changes - 1))
        drawn = history.generator(self.seed).integers(num_changes, size=(self.num_samples, horizon))
        widening = np.sqrt(1 + np.arange(1, horizon + 1) / num_changes)
        wander = shocks[drawn].cumsum(axis=1) * widening[:, np.newaxis]
        return Forecast.ensemble(from_ilr(to_ilr(weights) + wander), weights)
