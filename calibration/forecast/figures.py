"""Pictures of forecasts: what was observed, what was forecast, and how wrong it was."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.backtest.run import MODEL
from calibration.figures import COLOURS, stacked_panels
from calibration.forecast.base import LEVELS
from calibration.forecast.history import History
from calibration.forecast.rolling_origin import RollingForecasts
from calibration.forecast.tables import target_times
from calibration.metrics import mean_absolute_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERROR_INCHES = 4.8
"""Height of the picture of errors."""

SHADES = (0.35, 0.15)
"""Opacity of the band of each level."""

SHOWN_HORIZONS = 4
"""Observed rows before a single origin are shown for so many times the horizon."""


def weights_figure(history: History, forecasts: RollingForecasts) -> "Figure":
    """Observed weights by deposit, and forecasts with their intervals.

    From one origin: all horizons. From many: the longest horizon, over the days forecast.
    """
    times = target_times(history, forecasts)
    single = len(forecasts.origins) == 1
    horizon = forecasts.weights.shape[1]
    chosen = (0, slice(None)) if single else (slice(None), -1)
    rows = SHOWN_HORIZONS * horizon if single else history.num_rows
    figure, panels = stacked_panels([f"weight of {name}" for name in forecasts.deposits], "day")
    for i, panel in enumerate(panels):
        observed = history.weights[-rows:, i]
        panel.plot(history.times_days[-rows:], observed, COLOURS["observed"], label="observed")
        _bands(panel, times[chosen], forecasts, chosen, i)
    panels[0].legend(loc="best", frameon=False, fontsize="small")
    ahead = f"1 to {horizon} rows ahead" if single else f"{horizon} rows ahead"
    figure.suptitle(f"{forecasts.model} ({forecasts.mode}), {ahead}")
    return figure


def error_figure(methods: Sequence[RollingForecasts]) -> "Figure":
    """Mean absolute error of each method by horizon."""
    figure, (panel,) = stacked_panels(["mean absolute error of weights"], "rows ahead")
    figure.set_figheight(ERROR_INCHES)
    for method in methods:
        errors = method.errors
        pooled = np.asarray(mean_absolute_error(errors, axis=(0, 2), where=~np.isnan(errors)))
        horizons = np.arange(len(pooled)) + 1
        panel.plot(horizons, pooled, marker="o", ms=3, label=method.label)
    panel.legend(frameon=False)
    return figure


def _bands(
    panel: Any, days: np.ndarray, forecasts: RollingForecasts, chosen: tuple[Any, Any], i: int
) -> None:
    """One deposit's forecasts and intervals over the days they are for."""
    origins, horizons = chosen
    colour = COLOURS[MODEL]
    panel.plot(days, forecasts.weights[origins, horizons, i], colour, lw=1, label="forecast")
    for at, (level, shade) in enumerate(zip(LEVELS, SHADES, strict=True)):
        lower = forecasts.lower[origins, at, horizons, i]
        upper = forecasts.upper[origins, at, horizons, i]
        name = f"{level:.0%} interval"
        panel.fill_between(days, lower, upper, color=colour, alpha=shade, lw=0, label=name)
