"""Observed weights as people use them: described, as a table, and as labelled arrays."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calibration._arrays import as_floating
from calibration.clock import Clock
from calibration.observations import Observations
from calibration.score_table import POOLED, Score, csv_text
from camjax.weights import entropy, herfindahl_hirschman

if TYPE_CHECKING:
    import xarray

OBSERVED = "observed"
"""What describes observed weights in the columns `mode` and `model` of a metrics table."""


def describe(observations: Observations) -> list[Score]:
    """Mean, standard deviation, extremes, first and last weight of each deposit; concentration.

    The Herfindahl-Hirschman index and the entropy are means over rows, pooled over deposits.

    Args:
      observations: T rows; deposits not under allocation have no weights and are left out.
    """
    flags = np.array(observations.allocated)
    names = [name for name, flag in zip(observations.names, flags, strict=True) if flag]
    weights = observations.weights[:, flags]
    by_deposit = {
        "mean": weights.mean(axis=0),
        "std": _deviation(weights),
        "min": weights.min(axis=0),
        "max": weights.max(axis=0),
        "first": weights[0],
        "last": weights[-1],
    }
    concentration = {
        "herfindahl_hirschman": herfindahl_hirschman(as_floating(weights, OBSERVED)),
        "entropy": entropy(as_floating(weights, OBSERVED)),
    }
    return [
        Score(OBSERVED, OBSERVED, name, 0, metric, float(value))
        for metric, values in by_deposit.items()
        for name, value in zip(names, values, strict=True)
    ] + [
        Score(OBSERVED, OBSERVED, POOLED, 0, metric, float(np.mean(np.asarray(values))))
        for metric, values in concentration.items()
    ]


def _deviation(weights: NDArray) -> NDArray:
    """Sample standard deviation over rows, divided by T - 1; NaN of a single one."""
    if len(weights) < 2:
        return np.full_like(weights[0], np.nan)
    found: NDArray = weights.std(axis=0, ddof=1)
    return found


def weights_csv(observations: Observations) -> str:
    """Weights as a wide table: `time` and one column a deposit under allocation, in full precision.

    It can be read again as a table of observations.
    """
    flags = np.array(observations.allocated)
    names = [name for name, flag in zip(observations.names, flags, strict=True) if flag]
    times = [observations.clock.stamp(day) for day in observations.times_days]
    rows = zip(times, observations.weights[:, flags].tolist(), strict=True)
    return csv_text(("time", *names), [(time, *weights) for time, weights in rows])


def observations_dataset(observations: Observations, token: str = "FEI") -> "xarray.Dataset":
    """Observations with the names, units and meanings of their axes.

    Args:
      observations: T rows over N deposits.
      token: unit of balances.

    Returns:
      A dataset with the dimensions row (0 to T - 1) and deposit, and the coordinates `time` in
      days, `date` where there is a calendar, and `allocated`.
    """
    import xarray

    dims = ("row", "deposit")
    variables = {
        "observed_weight": (observations.weights, "1", "weight that observed balances imply"),
        "observed_balance": (observations.balances, token, "balance observed in all venues"),
        "observed_yield_rate": (observations.yield_rates, "1/year", "yield rate observed"),
        "was_observed": (observations.mask.astype(np.int8), "1", "1 where nothing was filled in"),
    }
    dataset = xarray.Dataset(
        {
            name: (dims, values, {"units": unit, "long_name": long_name})
            for name, (values, unit, long_name) in variables.items()
        },
        {
            "row": ("row", np.arange(len(observations.times_days)), {"long_name": "row observed"}),
            "deposit": ("deposit", list(observations.names), {"long_name": "deposit"}),
            "allocated": ("deposit", np.array(observations.allocated, np.int8)),
        },
    )
    return dataset.assign_coords(
        time_coordinates(observations.clock, observations.times_days, "row")
    )


def time_coordinates(
    clock: Clock, days: np.ndarray, dim: str
) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
    """Coordinates along a dimension of observed rows: time in days, and the date if known."""
    attributes = {"units": "days", "long_name": "time since day 0"}
    coordinates = {"time": (dim, days, attributes)}
    dates = clock.dates(days)
    if dates is not None:
        coordinates["date"] = (dim, dates, {"long_name": "date"})
    return coordinates
