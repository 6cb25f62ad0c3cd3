"""Regression of what weights will do on what weights and yields did, by scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from calibration.forecast.base import Forecast, Mode, Predictor
from calibration.forecast.coordinates import from_ilr
from calibration.forecast.history import History
from calibration.forecast.libraries import load_library

Regressor = Literal["ridge", "boosted_trees"]


@dataclass(frozen=True)
class MachineLearning:
    """One regression for each horizon: the change of ilr coordinates, on lagged ones and yields.

    z_{t+h} − z_t = f_h(z_t, z_t − z_{t−1}, …, y_t)

    Missing yields are filled and features scaled inside the fold: by means and deviations of the
    rows that the regression is fitted to. Intervals: conformal.

    Attributes:
      regressor: ridge regression, or gradient boosting of trees.
      lags: rows of weights that are features, at least 1.
      penalty: of ridge regression, on standardised features.
      seed: of the trees.
    """

    regressor: Regressor = "ridge"
    lags: int = 3
    penalty: float = 10.0
    seed: int = 0

    mode: ClassVar[Mode] = "ex-ante"

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "machine_learning" if self.regressor == "ridge" else self.regressor

    def fit(self, history: History, horizon: int) -> Predictor:
        """Fit a regression for each horizon to all rows whose future is known."""
        features = _features(history, self.lags)
        history.require(self.lags + horizon + 2 * features.shape[1], "a regression")
        coordinates = history.coordinates[self.lags - 1 :]
        regressions = []
        for ahead in range(1, horizon + 1):
            changes = coordinates[ahead:] - coordinates[:-ahead]
            regressions.append(self._pipeline().fit(features[:-ahead], changes))
        return lambda seen: self._forecast(regressions, seen)

    def _pipeline(self) -> Any:
        """Fill, scale, regress: fitted together, on the same rows."""
        scale = load_library("sklearn.preprocessing").StandardScaler()
        fill = load_library("sklearn.impute").SimpleImputer(keep_empty_features=True)
        regress = load_library("sklearn.linear_model").Ridge(alpha=self.penalty)
        if self.regressor == "boosted_trees":
            trees = load_library("sklearn.ensemble").GradientBoostingRegressor(
                n_estimators=50, max_depth=3, min_samples_leaf=10, random_state=self.seed
            )
            regress = load_library("sklearn.multioutput").MultiOutputRegressor(trees)
        return load_library("sklearn.pipeline").make_pipeline(fill, scale, regress)

    def _forecast(self, regressions: Sequence[Any], history: History) -> Forecast:
        history.require(self.lags, "the lags of a regression")
        latest = _features(history.recent(self.lags), self.lags)
        # Of one coordinate, scikit-learn drops the axis.
        changes = [regression.predict(latest).ravel() for regression in regressions]
        return Forecast(from_ilr(history.coordinates[-1] + np.stack(changes)))


def _features(history: History, lags: int) -> np.ndarray:
    """[t − lags + 1, F]: coordinates, their earlier changes, yields of allocated deposits."""
    coordinates = history.coordinates
    changes = np.diff(coordinates, axis=0)
    last_row = history.num_rows
    columns = [coordinates[lags - 1 :]]
    columns += [changes[lags - 1 - lag : last_row - lag] for lag in range(1, lags)]
    columns.append(history.yield_rates[lags - 1 :, np.array(history.allocated)])
    return np.concatenate(columns, axis=1)
