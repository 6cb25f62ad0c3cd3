"""Forecasts as a table and as a labelled dataset."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibration.forecast.base import LEVELS
from calibration.forecast.history import History
from calibration.forecast.rolling_origin import RollingForecasts
from calibration.observed_weights import time_coordinates

if TYPE_CHECKING:
    import xarray

HEADER = (
    *("mode", "model", "origin_time", "horizon", "time", "deposit", "weight"),
    *(f"{end}_{100 * level:g}" for level in LEVELS for end in ("lower", "upper")),
    "observed",
)
"""Columns of forecasts.csv; `observed` is blank where nothing was, or not yet."""


def forecast_rows(history: History, forecasts: RollingForecasts) -> Iterator[tuple[object, ...]]:
    """Rows of forecasts.csv: one for each origin from which there is one, horizon and deposit."""
    ends = np.stack([forecasts.lower, forecasts.upper], axis=2)  # [O, L, 2, H, N]
    times = target_times(history, forecasts)
    for o, origin in enumerate(forecasts.origins):
        if np.isnan(forecasts.weights[o]).any():
            continue
        for h in range(forecasts.weights.shape[1]):
            for n, deposit in enumerate(forecasts.deposits):
                yield (
                    forecasts.mode,
                    forecasts.model,
                    history.clock.stamp(history.times_days[origin]),
                    h + 1,
                    history.clock.stamp(times[o, h]),
                    deposit,
                    forecasts.weights[o, h, n],
                    *ends[o, :, :, h, n].ravel(),
                    forecasts.observed[o, h, n],
                )


def target_times(history: History, forecasts: RollingForecasts) -> np.ndarray:
    """[O, H] days that forecasts are for; beyond the observations, as far apart as those are."""
    horizon = forecasts.weights.shape[1]
    beyond = history.times_days[-1] + history.dt_days * np.arange(1, horizon + 1)
    times = np.concatenate([history.times_days, beyond])
    return times[forecasts.origins[:, np.newaxis] + np.arange(1, horizon + 1)]


def forecast_dataset(
    history: History, forecasts: Sequence[RollingForecasts], attributes: dict[str, object]
) -> "xarray.Dataset":
    """Forecasts of several methods from the same origins, with names and units.

    Args:
      history: what they were made from.
      forecasts: one for each method.
      attributes: of the dataset.

    Returns:
      weight [model, origin, horizon, deposit], lower and upper [model, origin, level, horizon,
      deposit], observed [origin, horizon, deposit], target_time [origin, horizon], all that was
      observed, observed_weight [row, deposit] at `time`, and for each method that makes samples
      those from the last origin, sample_<model> [sample, horizon, deposit]. A model's ex-post
      forecasts bear its name with `_ex_post`.
    """
    import xarray

    first = forecasts[0]
    dims = ("origin", "horizon", "deposit")
    stacked = {
        "weight": (dims, [f.weights for f in forecasts], "forecast weight"),
        "lower": (("origin", "level", *dims[1:]), [f.lower for f in forecasts], "lower end"),
        "upper": (("origin", "level", *dims[1:]), [f.upper for f in forecasts], "upper end"),
    }
    variables = {
        name: (("model", *axes), np.stack(arrays), {"units": "1", "long_name": meaning})
        for name, (axes, arrays, meaning) in stacked.items()
    }
    observed = {"units": "1", "long_name": "observed weight"}
    variables["observed"] = (dims, first.observed, observed)
    variables["observed_weight"] = (("row", "deposit"), history.weights, observed)
    targets = {"units": "days", "long_name": "time that is forecast, since day 0"}
    variables["target_time"] = (dims[:2], target_times(history, first), targets)
    for each in forecasts:
        if each.samples is not None:
            axes = (f"sample_of_{each.label}", "horizon", "deposit")
            meaning = {"units": "1", "long_name": "equally likely weights after the last origin"}
            variables[f"sample_{each.label}"] = (axes, each.samples[-1], meaning)
    days = {"units": "days", "long_name": "time of the origin since day 0"}
    dataset = xarray.Dataset(
        variables,
        {
            "model": [each.label for each in forecasts],
            "origin": ("origin", history.times_days[first.origins], days),
            "horizon": ("horizon", np.arange(first.weights.shape[1]) + 1, {"units": "rows"}),
            "deposit": list(first.deposits),
            "level": ("level", np.array(LEVELS), {"long_name": "probability of the interval"}),
            "mode": ("model", [each.mode for each in forecasts]),
        },
        attributes,
    )
    return dataset.assign_coords(time_coordinates(history.clock, history.times_days, "row"))
