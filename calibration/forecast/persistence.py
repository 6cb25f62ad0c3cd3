"""Tomorrow is like today."""

from dataclasses import dataclass
from typing import ClassVar

from calibration import baselines
from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.history import History


@dataclass(frozen=True)
class Persistence:
    """The last weights, held; see `calibration.baselines.persistence`. Intervals: conformal."""

    name: ClassVar[str] = "persistence"
    mode: ClassVar[Mode] = "ex-ante"

    def fit(self, history: History, horizon: int) -> Predictor:
        """Nothing to learn."""
        del history
        return lambda seen: Forecast(baselines.persistence(seen.weights, horizon))
