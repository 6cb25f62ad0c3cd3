"""Whether forecasts fit in memory, told before they are made."""

from collections.abc import Sequence

import numpy as np

from calibration.forecast.base import LEVELS, Forecaster
from camjax.memory import check_fits


def check_forecasts_fit(
    methods: Sequence[Forecaster], num_origins: int, horizon: int, num_deposits: int
) -> None:
    """Refuse forecasts that are more than the memory holds.

    Of each origin and row ahead at least the weights are held, the ends of their intervals, and the
    samples of a method that makes some; once as they are made, and once put together.

    Args:
      methods: whose forecasts are held together.
      num_origins: from which each forecasts.
      horizon: H, rows ahead.
      num_deposits: N.

    Raises:
      CamjaxError: they do not fit.
    """
    values = sum(1 + 2 * len(LEVELS) + getattr(each, "num_samples", 0) for each in methods)
    needed = 2 * num_origins * horizon * num_deposits * values * np.dtype(np.float64).itemsize
    several = num_origins > 1
    what = f"forecasts of {horizon:,} rows" + (f" from {num_origins:,} origins" if several else "")
    fewer = ", or from fewer origins: --step" if several else ""
    check_fits(needed, what, f"Forecast fewer rows ahead{fewer}.")
