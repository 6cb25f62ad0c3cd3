"""The forecasters there are, by name."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType

import camjax
from calibration.forecast.base import Forecaster
from calibration.forecast.drift import Drift
from calibration.forecast.exponential_smoothing import ExponentialSmoothing
from calibration.forecast.machine_learning import MachineLearning
from calibration.forecast.persistence import Persistence
from calibration.forecast.simulation import Camjax
from calibration.forecast.var import VectorAutoregression
from calibration.forecast.window_mean import WindowMean


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a forecaster may have to be told.

    Attributes:
      seed: of all that is drawn.
      scenario: the model of camjax; None: every deposit a venue whose yield is given.
      observation_noise: error of observed ilr coordinates that camjax reckons with.
    """

    seed: int = 0
    scenario: camjax.Scenario | None = None
    observation_noise: float = 0.0


FORECASTERS: Mapping[str, Callable[[Settings], Forecaster]] = MappingProxyType(
    {
        "persistence": lambda settings: Persistence(),
        "window_mean": lambda settings: WindowMean(),
        "drift": lambda settings: Drift(seed=settings.seed),
        "var": lambda settings: VectorAutoregression(seed=settings.seed),
        "exponential_smoothing": lambda settings: ExponentialSmoothing(seed=settings.seed),
        "machine_learning": lambda settings: MachineLearning(),
        "boosted_trees": lambda settings: MachineLearning("boosted_trees", seed=settings.seed),
        "camjax": lambda settings: Camjax(**vars(settings)),
    }
)
"""Name -> what makes the forecaster. A new forecaster is one file and one line here."""
