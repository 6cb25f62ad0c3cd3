"""Pictures of forecasts: what was observed, what was forecast, and how wrong it was."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.forecast.base import LEVELS
from calibration.forecast.history import History
from calibration.forecast.rolling_origin import RollingForecasts
from calibration.forecast.tables import target_times
from calibration.metrics import mean_absolute_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL_INCHES = (8.0, 2.4)
SHADES = (0.35, 0.15)
"""Opacity of the band of each level."""

SHOWN_HORIZONS = 4
"""Observed rows before a single origin are shown for so many times the horizon."""


def weights_figure(history: History, forecasts: RollingForecasts) -> "Figure":
    """Observed weights by deposit, and forecasts with their intervals.

    From one origin: all horizons. From many: the longest horizon, over the days forecast.
    """
    from matplotlib.figure import Figure

    count = len(forecasts.deposits)
    width, height = PANEL_INCHES
    figure = Figure(figsize=(width, height * count), layout="constrained")
    panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    times = target_times(history, forecasts)
    single = len(forecasts.origins) == 1
    horizon = forecasts.weights.shape[1]
    chosen = (0, slice(None)) if single else (slice(None), -1)
    rows = SHOWN_HORIZONS * horizon if single else history.num_rows
    for i, (panel, deposit) in enumerate(zip(panels, forecasts.deposits, strict=True)):
        panel.plot(history.times_days[-rows:], history.weights[-rows:, i], "k", lw=1)
        _bands(panel, times[chosen], forecasts, chosen, i)
        panel.set_ylabel(deposit)
    ahead = f"{horizon} rows ahead" if not single else f"1 to {horizon} rows ahead"
    figure.suptitle(f"{forecasts.model} ({forecasts.mode}), {ahead}; black: observed weights")
    panels[-1].set_xlabel("days")
    return figure


def error_figure(methods: Sequence[RollingForecasts]) -> "Figure":
    """Mean absolute error of each method by horizon."""
    from matplotlib.figure import Figure

    width, height = PANEL_INCHES
    figure = Figure(figsize=(width, 2 * height), layout="constrained")
    panel = figure.subplots()
    for method in methods:
        errors = method.errors
        pooled = np.asarray(mean_absolute_error(errors, axis=(0, 2), where=~np.isnan(errors)))
        horizons = np.arange(len(pooled)) + 1
        panel.plot(horizons, pooled, marker="o", ms=3, label=method.label)
    panel.set_xlabel("rows ahead")
    panel.set_ylabel("mean absolute error of weights")
    panel.legend()
    return figure


def _bands(
    panel: Any, days: np.ndarray, forecasts: RollingForecasts, chosen: tuple[Any, Any], i: int
) -> None:
    """One deposit's forecasts and intervals over the days they are for."""
    origins, horizons = chosen
    panel.plot(days, forecasts.weights[origins, horizons, i], "C0", lw=1)
    for level, shade in zip(range(len(LEVELS)), SHADES, strict=True):
        lower = forecasts.lower[origins, level, horizons, i]
        upper = forecasts.upper[origins, level, horizons, i]
        panel.fill_between(days, lower, upper, color="C0", alpha=shade, lw=0)
