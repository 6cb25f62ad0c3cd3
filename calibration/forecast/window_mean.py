"""The weights of late, on average."""

from dataclasses import dataclass
from typing import ClassVar

from calibration import baselines
from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.history import History


@dataclass(frozen=True)
class WindowMean:
    """The mean of the last rows, held; see `calibration.baselines.window_mean`.

    Intervals: conformal.

    Attributes:
      window: rows.
    """

    window: int = baselines.WINDOW_ROWS

    name: ClassVar[str] = "window_mean"
    mode: ClassVar[Mode] = "ex-ante"

    def fit(self, history: History, horizon: int) -> Predictor:
        """Nothing to learn."""
        del history
        return lambda seen: Forecast(baselines.window_mean(seen.weights, horizon, self.window))
