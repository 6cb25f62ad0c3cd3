"""Forecasts of weights: methods behind one protocol, scored from rolling origins.

Sizes in shapes: t rows seen, N deposits under allocation, D deposits observed, H rows ahead,
O origins, L levels of prediction intervals, S samples.
"""

from calibration.forecast.base import LEVELS, Forecast, Forecaster, Mode, Predictor
from calibration.forecast.drift import Drift
from calibration.forecast.exponential_smoothing import ExponentialSmoothing
from calibration.forecast.history import History
from calibration.forecast.machine_learning import MachineLearning
from calibration.forecast.persistence import Persistence
from calibration.forecast.prescribed import Prescribed, prescribed, prescribed_ensemble
from calibration.forecast.present import forecast_now
from calibration.forecast.registry import FORECASTERS, Settings
from calibration.forecast.rolling_origin import RollingForecasts, RollingOrigin, rolling_origin
from calibration.forecast.scores import forecast_scores
from calibration.forecast.simulation import Camjax
from calibration.forecast.study import Study, study
from calibration.forecast.tables import forecast_dataset, forecast_rows
from calibration.forecast.var import VectorAutoregression
from calibration.forecast.window_mean import WindowMean

__all__ = [
    "FORECASTERS",
    "LEVELS",
    "Camjax",
    "Drift",
    "ExponentialSmoothing",
    "Forecast",
    "Forecaster",
    "History",
    "MachineLearning",
    "Mode",
    "Persistence",
    "Predictor",
    "Prescribed",
    "RollingForecasts",
    "RollingOrigin",
    "Settings",
    "Study",
    "VectorAutoregression",
    "WindowMean",
    "forecast_dataset",
    "forecast_now",
    "forecast_rows",
    "forecast_scores",
    "prescribed",
    "prescribed_ensemble",
    "rolling_origin",
    "study",
]
